//! Patrol runs (巡查): one record for each walk of a route, from its plan to both signatures (D1.1.5, D1.1.7).
//!
//! A run exists before anybody writes to it: [`plan::runs_of`] gives it, [`view::planned_view`] shows it, and the first
//! action creates its record under the id every replica computes. [`monitor`](mod@monitor) puts plan and records
//! together for the desk, which rings for a missed checkpoint whether or not the tablet lives (A8 h).

pub mod facts;
mod fold;
pub(crate) mod form;
mod ledger;
pub mod monitor;
pub mod plan;
pub mod rules;
pub mod view;

pub use facts::{CannotScanReason, ItemResult, MissedReason, Outcome, PhotoPlaceholder, ScanMethod};
pub use monitor::{MissedStop, NextStop, RunStatus, monitor, next_alarm_at, runs_between, runs_on};
pub use plan::{PlannedRun, PlannedStop, record_of, runs_of};
pub use rules::{PatrolAction, StopReason};
pub use view::{
    FindingView, PatrolRunView, Progress, Proof, RunNow, RunState, StopNow, StopState, StopView, VisitOutcome, outcome,
    planned_view, run_now, run_state, stop_state,
};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct PatrolRun;

impl Kind for PatrolRun {
    const NAME: &'static str = "patrol_run";
    const CLASS: Class = Class::Duty;
    type Fact = facts::PatrolFact;
    type Action = PatrolAction;
    type View = PatrolRunView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        fold::fold(story)
    }

    fn card(view: &Self::View) -> Card {
        rules::card(view)
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
        Some(ledger::line(fact))
    }

    fn planned(site: &Site, day: Day) -> Vec<(RecordId, Self::View)> {
        runs_of(site, day).iter().map(|run| (run.record, planned_view(run))).collect()
    }
}
