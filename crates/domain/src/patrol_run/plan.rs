//! Runs as the routes plan them: the same on every replica, with no job on a server that creates them.
//!
//! Invariants
//! - A run's id comes from its route, day and slot alone. A route edited in the middle of the day keeps the runs that
//!   have begun: they remember their own plan, and the slot is the start itself, so a start put in before or after it
//!   does not move it.
//! - A run belongs to the day whose list of starts it stands in, also when it starts at 24:00 or later.
//! - Stops keep their place in the route as index, also when a checkpoint between them went out of use, or its window
//!   had closed before the route was first defined.

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::PatrolRun;
use crate::engine::Kind;
use crate::ids::{Home, RecordId};
use crate::site::{ChecklistItem, Route, RouteKind, Site};
use crate::strengthened::started_besides;
use crate::time::{Day, TimeOfDay, Timestamp};

/// How long before its start a run may be started. No regulation says; early is better than not at all.
pub const EARLY_MIN: i64 = 30;

/// One run of a route, as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PlannedRun {
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
    /// The day whose list of starts it stands in.
    pub day: Day,
    /// Which of the day's runs: its start in minutes after the day's midnight.
    pub slot: u16,
    /// When it starts.
    pub start: Timestamp,
    /// When the last window closes.
    pub end: Timestamp,
    /// Its stops in the usual order.
    pub stops: Vec<PlannedStop>,
}

/// One stop of a planned run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PlannedStop {
    /// Its place in the route.
    pub index: u16,
    /// The checkpoint.
    pub checkpoint: RecordId,
    /// The checkpoint's name.
    pub name: String,
    /// The place.
    pub place: RecordId,
    /// The place's name.
    pub place_name: String,
    /// Whether it is a key area (重点部位, D1.1.5).
    pub key_area: bool,
    /// The window opens.
    pub opens: Timestamp,
    /// The window closes; a scan at this very instant is on time.
    pub closes: Timestamp,
    /// From here on an unvisited stop counts as missed (漏), by the clocks in force when the plan was made.
    pub missed_at: Timestamp,
    /// What to look at.
    pub checklist: Vec<ChecklistItem>,
    /// What its code says.
    pub code: String,
}

/// The record of a run.
#[must_use]
pub fn record_of(route: RecordId, day: Day, slot: u16) -> RecordId {
    let home = Home { class: PatrolRun::CLASS, day, kind: PatrolRun::NAME };
    RecordId::derived(&home, &[&route.to_string(), &day.to_string(), &slot.to_string()])
}

/// All runs of a day, by start, then by route.
#[must_use]
pub fn runs_of(site: &Site, day: Day) -> Vec<PlannedRun> {
    let mut runs: Vec<PlannedRun> = site
        .routes
        .iter()
        .filter(|(_, route)| walked_on(route, day))
        .flat_map(|(id, route)| {
            let mut starts: Vec<TimeOfDay> = route.starts.clone();
            starts.sort_unstable();
            starts.dedup();
            let besides = started_besides(site, route, |start| day.at(i64::from(start.0), site.settings.zone));
            let usual = starts.into_iter().filter_map(|start| planned(site, *id, route, day, start));
            let besides =
                besides.into_iter().filter_map(|start| planned(site, *id, route, day, start)).map(|mut run| {
                    let name = run.route_name;
                    run.route_name = format!("{name}(加强)");
                    run
                });
            usual.chain(besides).collect::<Vec<_>>()
        })
        .collect();
    runs.sort_by_key(|run| (run.start, run.route, run.slot));
    runs
}

fn walked_on(route: &Route, day: Day) -> bool {
    let weekday = day.0.weekday().number_from_monday();
    route.weekdays.is_empty() || route.weekdays.iter().any(|wanted| u32::from(*wanted) == weekday)
}

fn planned(site: &Site, id: RecordId, route: &Route, day: Day, at: TimeOfDay) -> Option<PlannedRun> {
    let start = day.at(i64::from(at.0), site.settings.zone);
    // What closed before anybody had laid out the route was never owed: a site set up at nine in the evening has not
    // missed the rounds of the morning.
    let since = site.routes_since.get(&id).copied().unwrap_or_default();
    let stops: Vec<PlannedStop> = route
        .stops
        .iter()
        .enumerate()
        .filter_map(|(index, stop)| {
            let index = u16::try_from(index).ok()?;
            let point = site.checkpoints.get(&stop.checkpoint)?;
            let place = site.places.get(&point.place);
            let closes = start.plus_minutes(i64::from(stop.to_min.max(stop.from_min)));
            if closes <= since {
                return None;
            }
            Some(PlannedStop {
                index,
                checkpoint: stop.checkpoint,
                name: point.name.clone(),
                place: point.place,
                place_name: place.map(|place| place.name.clone()).unwrap_or_default(),
                key_area: place.is_some_and(|place| place.key_area),
                opens: start.plus_minutes(i64::from(stop.from_min)),
                closes,
                missed_at: closes.plus_minutes(i64::from(site.settings.timers.patrol_missed_min)),
                checklist: site.checklists.get(&point.checklist).map(|list| list.items.clone()).unwrap_or_default(),
                code: point.code.clone(),
            })
        })
        .collect();
    // A route without a single stop in use is nothing anybody could walk or miss.
    let end = stops.iter().map(|stop| stop.closes).max()?;
    Some(PlannedRun {
        record: record_of(id, day, at.0),
        route: id,
        route_name: route.name.clone(),
        kind: route.kind,
        post: route.post,
        day,
        slot: at.0,
        start,
        end,
        stops,
    })
}
