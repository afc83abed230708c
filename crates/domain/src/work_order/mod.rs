//! Work orders (服务派工单): from the report to the follow-up call (D1.1.4, D3.2).
//!
//! Invariants
//! - One table, `table::rule`, says which fact is legal in which state, who may write it and what state follows. The
//!   fold over the facts and the offers to people both read it; there is no second opinion.
//! - Nobody's work is lost: a step that came too late for the order still counts in its writer's own hours.
//! - Who is responsible and how urgent it is are never decided by who wrote last: values set without seeing each other
//!   stand side by side until somebody with the right decides.

mod facts;
mod fold;
pub(crate) mod form;
mod line;
mod rules;
mod table;
mod view;

pub use crate::chase::Chasing;
pub use facts::{
    Charge, Confirm, Dispatch, Finish, FollowUp, FollowUpMethod, Material, Opinion, PauseWhy, PhotoPhase, Report,
    Source, WorkOrderAction, WorkOrderFact,
};
pub(crate) use line::{followed_up, listed};
pub use rules::{Made, made, precautions};
pub use view::{
    Closing, Confirmation, CrewMember, Dispatched, FollowedUp, MaterialLine, OrderRef, Pausing, PhotoNote, Refused,
    Stamp, State, StepMark, Transferred, UrgencyVersion, Version, Voided, WorkOrderView,
};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};

/// The kind.
pub struct WorkOrder;

impl Kind for WorkOrder {
    const NAME: &'static str = "work_order";
    const CLASS: Class = Class::Duty;
    type Fact = WorkOrderFact;
    type Action = WorkOrderAction;
    type View = WorkOrderView;

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
