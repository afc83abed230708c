//! Attendance (考勤): one record for every person, day and shift of the roster (D1.1.1, D1.2.1, D1.2.2, D1.2.4, D2.9.1,
//! D3.5), with leaving the post and coming back.
//!
//! Invariants
//! - A shift exists before anybody writes to it: nobody has to create it, so a missing duty officer rings everywhere.
//! - The program counts minutes; whether somebody was late or left the post is decided by a person (待核实).
//! - Somebody who signs in without being rostered begins a record of its own, which rings at once.

mod facts;
pub(crate) mod form;
pub mod plan;
mod rules;
mod sheet;
mod view;
mod watch;

pub use facts::{AttendanceAction, AttendanceFact, DutyPlan, DutyVerdict, Leaving};
pub use plan::{record_of, shifts_of};
pub use sheet::{MonthSheet, SheetCell, SheetCode, SheetRow, SheetSums, month_sheet};
pub use view::{AttendanceView, Away, AwayState, DutyPresence, Finding, ShiftExplanation, SignIn, VerdictGiven};
pub use watch::{DutyNow, DutyState, duty_at, on_now};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct Attendance;

impl Kind for Attendance {
    const NAME: &'static str = "attendance";
    const CLASS: Class = Class::Duty;
    type Fact = AttendanceFact;
    type Action = AttendanceAction;
    type View = AttendanceView;

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
        shifts_of(site, day)
    }
}
