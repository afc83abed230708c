//! The handover of a shift (交接班, D2.9.1–D2.9.3) with what is read before it (D1.1.2): one record for each change of
//! shift at a post, from the preparation to both signatures 《交接班记录表》《岗位公物清点表》.
//!
//! A handover exists before anybody writes to it: [`plan`] gives it. The five steps (三表, 遗留, 公物, 指示, 双签) may
//! be done in any order; [`sheet::compose`] says at any moment how the sheet reads and what still stands before a plain
//! signature. The incoming person's signature seals the sheet together with the frontier of the book: what arrives later
//! is 补录, the sheet stays as it was, and from that instant the incoming person is responsible (A5 9.6, 12).
//!
//! Nothing here ever stands before an SOS, a call or a scan: a handover blocks its own signatures only.

mod facts;
pub(crate) mod form;
pub mod plan;
mod rules;
pub mod sheet;
mod view;

pub use facts::{
    DifferenceExplanation, Disposition, HandoverAction, HandoverFact, HandoverPreparation, HandoverRefusalReason,
    ItemCondition, ItemCount, TakenItem,
};
pub use plan::{PlannedHandover, handovers_of, record_of};
pub use sheet::{
    ClosingCheck, HandoverGap, HandoverSheet, HandoverStep, SheetCount, SheetItem, ShiftForms, compose, items_of,
};
pub use view::{
    ArrivalPunctuality, CountLine, CountedItem, DifferenceAnswer, HandoverArrival, HandoverPrepared, HandoverRefusal,
    HandoverSeal, HandoverSignature, HandoverState, HandoverView, SaidBy, ShiftReading, planned_view,
};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct Handover;

impl Kind for Handover {
    const NAME: &'static str = "handover";
    const CLASS: Class = Class::Duty;
    type Fact = HandoverFact;
    type Action = HandoverAction;
    type View = HandoverView;

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

    fn planned(site: &Site, day: Day) -> Vec<(RecordId, Self::View)> {
        plan::handovers_of(site, day).iter().map(|plan| (plan.record, planned_view(plan))).collect()
    }
}
