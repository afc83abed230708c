//! Incidents (突发事件): from the first tap to the file (D1.1.8, D2.5.3, D2.5.4, D2.6.2, D2.6.3, D2.8.2).
//!
//! Invariants
//! - Control, report, evidence, paper, in this order on the screen; nothing that is written down late, or by two people
//!   apart, is ever refused for its place in that order. How far the incident is follows from what happened.
//! - Saving is never refused. Closing (归档) is, until control measures are written down, every report was acknowledged
//!   and the written report is there.
//! - An action card keeps the steps it had when it was started.
//! - SOS is one tap: the incident and its report are one change, also when nobody is signed in.

mod facts;
mod fold;
pub(crate) mod form;
mod line;
mod rules;
mod view;

pub use facts::{
    Discovery, Evidence, EvidenceSort, IncidentAction, IncidentFact, IncidentGrade, Losses, OutsideCall, Presence,
    Task, Written,
};
pub use view::{GradeVersion, IncidentState, IncidentView, Noted, PlanRun, Responder, Stated, StepRun, TaskView};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};

/// The kind.
pub struct Incident;

impl Kind for Incident {
    const NAME: &'static str = "incident";
    const CLASS: Class = Class::Duty;
    type Fact = IncidentFact;
    type Action = IncidentAction;
    type View = IncidentView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        fold::fold(story)
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
        Some(line::line(fact))
    }
}
