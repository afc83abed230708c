//! 请假 and 调班 (D1.2.3): applicant → cover accepts → supervisor decides → in force in the roster, with all three
//! signatures; ended early by 销假.
//!
//! Invariants
//! - Approving writes the application and the rosters it changes in one transaction; neither is without the other.
//! - Approved here and rejected there stand side by side until a supervisor who saw both decides; two approvals that
//!   want the same day differently stand side by side in the roster.
//! - Records are duty records, not personnel ones: tablets do not hold personnel volumes, and the cover accepts on
//!   whatever device they carry. What is said of somebody's discipline is not written here.

mod facts;
pub(crate) mod form;
mod rules;
mod view;

pub use facts::{AbsenceAction, AbsenceFact, AbsenceForm, Application, DayChange, LeaveKind};
pub use view::{AbsenceState, AbsenceView, Decision};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};

/// The kind.
pub struct Absence;

impl Kind for Absence {
    const NAME: &'static str = "absence";
    const CLASS: Class = Class::Duty;
    type Fact = AbsenceFact;
    type Action = AbsenceAction;
    type View = AbsenceView;

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

    fn deadlines(view: &Self::View, _: &Settings) -> Vec<Deadline> {
        rules::deadlines(view)
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(rules::line(fact))
    }
}
