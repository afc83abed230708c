//! The work log 《工作日志》 (D3.8): drafted from the day's ledger, signed, and sent to the company's site.
//!
//! Invariants
//! - What was signed is what is published, with telephone numbers masked; nothing else is changed on the way.
//! - Publishing needs no network: a package is exported to a folder, and somebody says when the site has it.

mod draft;
mod facts;
pub(crate) mod form;
mod package;
mod rules;
mod view;

pub use draft::{Drafting, draft_of};
pub use facts::{LogAction, LogFact};
pub use package::{Masked, Package, masked, package_of};
pub use rules::record_of;
pub use view::{Export, LogState, Receipt, SignedLog, WorkLogView};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct WorkLog;

impl Kind for WorkLog {
    const NAME: &'static str = "work_log";
    const CLASS: Class = Class::Duty;
    type Fact = LogFact;
    type Action = LogAction;
    type View = WorkLogView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        view::fold(story)
    }

    fn card(view: &Self::View) -> Card {
        view.card()
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        rules::offers(view, who)
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        rules::act(view, action, cx)
    }

    fn deadlines(_: &Self::View, _: &Settings) -> Vec<Deadline> {
        Vec::new()
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(rules::line(fact))
    }

    fn stands(fact: &Self::Fact) -> bool {
        rules::stands(fact)
    }

    fn planned(site: &Site, day: Day) -> Vec<(RecordId, Self::View)> {
        rules::planned(site, day)
    }
}
