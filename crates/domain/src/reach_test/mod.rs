//! Whether a number or a person can be reached: emergency numbers verified by calling them (D1.1.6), and the managers'
//! reachability on holidays (通联测试, D1.1.9, D2.8.4).
//!
//! Invariants
//! - A number counts as verified by a call that was answered, with the initials of who called; typing a date does not
//!   verify it.
//! - On a holiday every line of the managers' call list is owed one test, at a moment that follows from line and day:
//!   the same on every device, and not to be guessed by who is tested.

mod facts;
mod rules;
mod view;

pub use facts::{ReachTestAction, ReachTestFact, Subject};
pub use view::{Answered, ReachTestState, ReachTestView};

use chrono::Datelike;

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::{Home, RecordId};
use crate::record::Story;
use crate::role::{PersonRef, Signer};
use crate::site::{Settings, Site};
use crate::time::Day;

/// The kind.
pub struct ReachTest;

/// The hours in which holiday tests fall, as minutes after midnight.
const FROM_MIN: u32 = 9 * 60;
const MINUTES: u32 = 12 * 60;

impl Kind for ReachTest {
    const NAME: &'static str = "reach_test";
    const CLASS: Class = Class::Duty;
    type Fact = ReachTestFact;
    type Action = ReachTestAction;
    type View = ReachTestView;

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
        if !site.settings.holidays.contains(&day) {
            return Vec::new();
        }
        let planned = |(line, on_call): (&RecordId, &crate::site::ManagerOncall)| {
            let person = site.people.get(&on_call.person)?;
            let home = Home { class: Self::CLASS, day, kind: Self::NAME };
            let record = RecordId::derived(&home, &[&line.to_string(), &day.to_string()]);
            let bytes = record.0.as_bytes();
            let minute = FROM_MIN + (u32::from(bytes[14]) * 256 + u32::from(bytes[15]) + day.0.day()) % MINUTES;
            let born = day.at(i64::from(minute), site.settings.zone);
            let person = PersonRef { person: on_call.person, name: person.name.clone() };
            Some((record, ReachTestView::owed(Subject::Person { person }, born)))
        };
        site.oncall.iter().filter_map(planned).collect()
    }
}
