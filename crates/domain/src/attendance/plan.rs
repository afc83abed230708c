//! Shifts as the roster has them: one record for every person, day and shift, the same on every replica.

use super::Attendance;
use super::facts::DutyPlan;
use super::view::AttendanceView;
use crate::engine::Kind;
use crate::ids::{Home, RecordId};
use crate::role::Role;
use crate::roster::{Assigned, assigned};
use crate::site::Site;
use crate::time::{Day, Timestamp};

/// The record of a person's shift on a day.
#[must_use]
pub fn record_of(person: RecordId, day: Day, mark: &str) -> RecordId {
    let home = Home { class: Attendance::CLASS, day, kind: Attendance::NAME };
    RecordId::derived(&home, &[&person.to_string(), &day.to_string(), mark])
}

/// Everybody's shifts of a day, by start.
#[must_use]
pub fn shifts_of(site: &Site, day: Day) -> Vec<(RecordId, AttendanceView)> {
    let plan = |it: Assigned| {
        let record = record_of(it.person.person, day, &it.mark);
        (record, AttendanceView::untouched(plan_of(site, it, true)))
    };
    assigned(site, day).into_iter().map(plan).collect()
}

pub(super) fn plan_of(site: &Site, it: Assigned, rostered: bool) -> DutyPlan {
    let role = site.people.get(&it.person.person).and_then(|person| person.roles.first());
    DutyPlan {
        watched: it.known && role == Some(&Role::DutyOfficer),
        timed: it.known,
        person: it.person,
        day: it.day,
        shift: it.shift,
        shift_name: it.shift_name,
        mark: it.mark,
        from: it.from,
        to: it.to,
        rostered,
        early_min: site.settings.timers.shift_early_min,
    }
}

/// The shift with this record that was planned on `today` or up to two months before: an absence is decided when the
/// month is summed up, long after its day.
#[must_use]
pub fn planned_lately(site: &Site, record: RecordId, today: Day) -> Option<AttendanceView> {
    let mut day = today.after();
    for _ in 0..64 {
        if let Some((_, view)) = shifts_of(site, day).into_iter().find(|(id, _)| *id == record) {
            return Some(view);
        }
        day = day.before();
    }
    None
}

/// The shift that is on at `now`, for somebody who is not rostered: the one that began last, or begins within the time
/// in which one may sign in.
#[must_use]
pub fn shift_around(site: &Site, now: Timestamp, wanted: Option<RecordId>) -> Option<(RecordId, Day)> {
    let zone = site.settings.zone;
    let today = now.day(zone);
    let early = i64::from(site.settings.timers.shift_sign_in_min);
    [today, today.before()]
        .into_iter()
        .flat_map(|day| site.shifts.iter().map(move |(id, shift)| (*id, shift, day)))
        .filter(|(id, shift, day)| {
            let from = day.at(i64::from(shift.from.0), zone).plus_minutes(-early);
            let to = day.at(i64::from(shift.to.0), zone);
            wanted.is_none_or(|wanted| wanted == *id) && (from..to).contains(&now)
        })
        .max_by_key(|(id, shift, day)| (day.at(i64::from(shift.from.0), zone), *id))
        .map(|(id, _, day)| (id, day))
}
