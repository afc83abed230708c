//! The desk's watch over the rounds: plan and records side by side, at a given moment.
//!
//! Invariants
//! - A run that nobody has written to is watched like any other; the plan alone is enough to ring (A8 h).
//! - A run that has begun is watched by the plan it remembers, also when its route was changed or retired since.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PatrolRun;
use super::plan::runs_of;
use super::view::{PatrolRunView, RunState, StopState, StopView, planned_view, run_state, stop_state};
use crate::engine::{Book, Kind, Tone, days_around};
use crate::ids::RecordId;
use crate::role::PersonRef;
use crate::site::{RouteKind, Site};
use crate::time::{Day, Timestamp};
use crate::words::Words;

/// An alarm that nobody answered stays on the desk over midnight for this long.
const ALARM_STAYS_MIN: i64 = 12 * 60;

/// One run as the desk sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RunStatus {
    /// Its record, whether or not anybody has written to it.
    pub record: RecordId,
    /// The route.
    pub route: RecordId,
    /// The route's name.
    pub route_name: String,
    /// What the route is for.
    pub kind: RouteKind,
    /// The post that walks it.
    pub post: RecordId,
    /// The day it belongs to.
    pub day: Day,
    /// Its start in minutes after the day's midnight.
    pub slot: u16,
    /// When it is to start.
    pub start: Timestamp,
    /// When its last window closes.
    pub end: Timestamp,
    /// How it stands.
    pub state: RunState,
    /// The state as read.
    pub state_words: Words,
    /// How it looks.
    pub tone: Tone,
    /// How many stops it has (应巡), without exempted ones.
    pub stops_total: u16,
    /// How many were visited (实巡), late and made up ones too.
    pub done: u16,
    /// How many were visited late or made up, or are late now (迟).
    pub late: u16,
    /// How many are missed (漏), explained ones too.
    pub missed: u16,
    /// How many things were found (异常).
    pub findings: u16,
    /// Where the walkers go next.
    pub next: Option<NextStop>,
    /// Who walks.
    pub walkers: Vec<PersonRef>,
    /// Missed stops nobody has explained: these ring.
    pub alarms: Vec<MissedStop>,
    /// Whether the supervisor's signature is still to come (fire patrols).
    pub wants_countersignature: bool,
}

/// The stop a run goes to next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct NextStop {
    /// Its number.
    pub stop: u16,
    /// Its name.
    pub name: String,
    /// When its window opens.
    pub opens: Timestamp,
    /// When its window closes.
    pub closes: Timestamp,
    /// How it stands.
    pub state: StopState,
}

/// A missed stop that rings at the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MissedStop {
    /// Its number.
    pub stop: u16,
    /// Its name.
    pub name: String,
    /// The place's name.
    pub place_name: String,
    /// Whether it is a key area (重点部位).
    pub key_area: bool,
    /// Since when it counts as missed.
    pub since: Timestamp,
}

/// Today's runs, those of the days before that reach into today or whose alarm nobody has answered yet, and those of
/// tomorrow that can begin already; by start.
#[must_use]
pub fn monitor(site: &Site, now: Timestamp, runs: &BTreeMap<RecordId, PatrolRunView>) -> Vec<RunStatus> {
    let today = now.day(site.settings.zone);
    let midnight = today.at(0, site.settings.zone);
    let mut views = views_around(site, today, runs);
    views.retain(|view| {
        let reaches_today = view.stops.iter().any(|stop| stop.missed_at >= midnight);
        let still_rings = || alarms(view, now).any(|stop| stop.missed_at.plus_minutes(ALARM_STAYS_MIN) >= now);
        match view.day.cmp(&today) {
            Ordering::Less => reaches_today || still_rings(),
            Ordering::Equal => true,
            // Shortly before midnight the first run of the new day may begin.
            Ordering::Greater => run_state(view, now) != RunState::NotYet,
        }
    });
    views.sort_by_key(|view| (view.start, view.route, view.record));
    views.iter().map(|view| status(view, now)).collect()
}

/// The runs that begin from `since` until before `until`, started or not, as they stand at `now`: what a shift's sheet
/// and a day's report count. Those of the days around `now` only.
#[must_use]
pub fn runs_between(
    site: &Site,
    now: Timestamp,
    since: Timestamp,
    until: Timestamp,
    runs: &BTreeMap<RecordId, PatrolRunView>,
) -> Vec<RunStatus> {
    let mut views = views_around(site, now.day(site.settings.zone), runs);
    views.retain(|view| (since..until).contains(&view.start));
    views.sort_by_key(|view| (view.start, view.route, view.record));
    views.iter().map(|view| status(view, now)).collect()
}

/// The runs of a day, whenever that was: what was begun, and what nobody set out on; by start.
#[must_use]
pub fn runs_on(book: &dyn Book, site: &Site, day: Day) -> Vec<(RecordId, PatrolRunView)> {
    let zone = site.settings.zone;
    let begun = book.born(PatrolRun::NAME, day.at(0, zone), day.after().at(0, zone));
    let mut runs: Vec<(RecordId, PatrolRunView)> =
        begun.into_iter().filter_map(|found| Some((found.record, found.read::<PatrolRun>()?))).collect();
    for run in runs_of(site, day) {
        if !runs.iter().any(|(known, _)| *known == run.record) {
            runs.push((run.record, planned_view(&run)));
        }
    }
    runs.sort_by_key(|(record, view)| (view.start, *record));
    runs
}

/// When the next stop will count as missed unless somebody comes by: until then the desk need not look again.
#[must_use]
pub fn next_alarm_at(site: &Site, now: Timestamp, runs: &BTreeMap<RecordId, PatrolRunView>) -> Option<Timestamp> {
    let views = views_around(site, now.day(site.settings.zone), runs);
    let owed = views.iter().flat_map(|view| &view.stops).filter(|stop| stop.owed());
    // One millisecond on: the last instant of the grace still belongs to the walker.
    owed.map(|stop| Timestamp(stop.missed_at.0.saturating_add(1))).filter(|at| *at > now).min()
}

fn views_around(site: &Site, today: Day, runs: &BTreeMap<RecordId, PatrolRunView>) -> Vec<PatrolRunView> {
    let days = days_around(today);
    let mut views: BTreeMap<RecordId, PatrolRunView> =
        days.into_iter().flat_map(|day| runs_of(site, day)).map(|run| (run.record, planned_view(&run))).collect();
    // A record whose plan cannot be read says nothing better than the plan.
    let begun = runs.iter().filter(|(_, view)| days.contains(&view.day) && !view.stops.is_empty());
    views.extend(begun.map(|(record, view)| (*record, view.clone())));
    views.into_values().collect()
}

fn alarms(view: &PatrolRunView, now: Timestamp) -> impl Iterator<Item = &StopView> {
    view.stops.iter().filter(move |stop| stop.owed() && stop_state(stop, now) == StopState::Missed)
}

fn status(view: &PatrolRunView, now: Timestamp) -> RunStatus {
    let states: Vec<StopState> = view.stops.iter().map(|stop| stop_state(stop, now)).collect();
    let count = |wanted: &[StopState]| small(states.iter().filter(|state| wanted.contains(state)).count());
    let state = run_state(view, now);
    RunStatus {
        record: view.record,
        route: view.route,
        route_name: view.route_name.clone(),
        kind: view.kind,
        post: view.post,
        day: view.day,
        slot: view.slot,
        start: view.start,
        end: view.end,
        state,
        state_words: state.words(),
        tone: state.tone(),
        stops_total: small(states.iter().filter(|state| **state != StopState::Exempted).count()),
        done: count(&[StopState::OnTime, StopState::Late, StopState::MadeUp]),
        late: count(&[StopState::Late, StopState::MadeUp, StopState::Overdue]),
        missed: count(&[StopState::Missed]),
        findings: small(view.stops.iter().map(|stop| stop.findings.len()).sum()),
        next: view.next_stop().map(|stop| NextStop {
            stop: stop.index,
            name: stop.name.clone(),
            opens: stop.opens,
            closes: stop.closes,
            state: stop_state(stop, now),
        }),
        walkers: view.walkers.clone(),
        alarms: alarms(view, now)
            .map(|stop| MissedStop {
                stop: stop.index,
                name: stop.name.clone(),
                place_name: stop.place_name.clone(),
                key_area: stop.key_area,
                since: stop.missed_at,
            })
            .collect(),
        wants_countersignature: view.wants_countersignature(),
    }
}

fn small(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
