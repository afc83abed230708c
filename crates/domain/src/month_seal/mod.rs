//! The seal of a month of 《客服工作台帐》 (D2.8.5): what the book held when it was closed, to be proven in year three.
//!
//! Invariants
//! - A seal signs a frontier. Which lines it covers, their gap-free numbers (册内流水号) and the root follow from the
//!   frontier and the raw entries alone, so every replica computes the same, and a changed byte is found by anybody.
//! - A line that arrives later is 补录. It is numbered by a supplement, behind everything sealed before it; no number
//!   that was ever given changes.

mod facts;
pub(crate) mod form;
mod numbering;
mod rules;
mod view;

pub use facts::{Seal, SealAction, SealFact};
pub use numbering::{LineNumber, NumberedLine, Sealing, numbered, root_of};
pub use rules::{Month, record_of};
pub use view::{MonthSealView, SealState, SealVersion};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct MonthSeal;

impl Kind for MonthSeal {
    const NAME: &'static str = "month_seal";
    const CLASS: Class = Class::Duty;
    type Fact = SealFact;
    type Action = SealAction;
    type View = MonthSealView;

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

    fn deadlines(view: &Self::View, settings: &Settings) -> Vec<Deadline> {
        rules::deadlines(view, settings)
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
