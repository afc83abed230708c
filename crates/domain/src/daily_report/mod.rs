//! The daily report 《服务中心日报表》 (D1.1.3): filled by itself from 00:00, only its narrative is typed.
//!
//! Invariants
//! - Nobody types a number. [`numbers::of_day`] computes them from what the book holds, as it stood at a given moment, so
//!   the same book gives the same report on every device, today and in three years.
//! - A signature holds the numbers and words as they were, over a frontier. What arrives later never changes them: it
//!   makes another version beside the signed one, and [`differences()`] says what differs.

mod differences;
mod facts;
pub(crate) mod form;
pub mod numbers;
mod rules;
mod view;

pub use differences::differences;
pub use facts::{Narrative, ReportAction, ReportFact, SignedReport};
pub use numbers::{
    CarriedOver, ClosingInspection, Complaints, Contacts, DayNumbers, Mention, Orders, Rounds, StateCount, TopicCount,
};
pub use rules::record_of;
pub use view::{DailyReportView, ReportState, ReportVersion, Review};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct DailyReport;

impl Kind for DailyReport {
    const NAME: &'static str = "daily_report";
    const CLASS: Class = Class::Duty;
    type Fact = ReportFact;
    type Action = ReportAction;
    type View = DailyReportView;

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
