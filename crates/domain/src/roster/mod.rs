//! A month's duty roster 《客服排班表》 (D2.4.1–D2.4.3, D1.2.3): drawn up cell by cell, published in versions, read and
//! confirmed, changed by approved leave and swaps.
//!
//! Invariants
//! - The sheets of this and the next month are owed whether or not anybody has begun them, so a missing one rings on
//!   every desk on the last day of the month before.
//! - Sheets live in the standing volume: every device knows who is on duty, for good, and the site as it stands carries
//!   the version in force. The site file's roster is what a month starts from.
//! - Two marks set without seeing each other stay two marks; so do two approvals.

pub mod checks;
mod facts;
pub(crate) mod form;
mod month;
pub mod plan;
mod rules;
mod view;

pub use checks::{RosterCheck, RosterCheckKind, checks};
pub use facts::{LEAVE, OFF, RosterAction, RosterCause, RosterCell, RosterFact, RosterRow, UNSET};
pub use month::CalendarMonth;
pub use plan::{Assigned, assigned, in_force, mark_meant, mark_of, record_of, shift_by_mark};
pub use rules::changed_step;
pub use view::{RosterChange, RosterChoice, RosterRead, RosterValue, RosterVersion, RosterView};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct RosterSheet;

impl Kind for RosterSheet {
    const NAME: &'static str = "roster_sheet";
    const CLASS: Class = Class::Standing;
    type Fact = RosterFact;
    type Action = RosterAction;
    type View = RosterView;

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
        rules::deadlines(view, &settings.timers)
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(rules::line(fact))
    }

    fn planned(site: &Site, day: Day) -> Vec<(RecordId, Self::View)> {
        plan::owed(site, day)
    }
}
