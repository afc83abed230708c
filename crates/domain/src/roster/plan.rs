//! Who is to be on which shift: what every reader of a roster asks.
//!
//! Invariant: the version in force counts. Until a month's sheet was begun in the program, that is what the site file
//! says.

use std::collections::BTreeMap;

use super::RosterSheet;
use super::month::CalendarMonth;
use super::view::RosterView;
use crate::engine::Kind;
use crate::ids::{Home, RecordId};
use crate::role::PersonRef;
use crate::site::{Roster, Shift, Site};
use crate::time::{Day, Timestamp};

/// The record of a month's roster.
#[must_use]
pub fn record_of(month: CalendarMonth) -> RecordId {
    let home = Home { class: RosterSheet::CLASS, day: month.first(), kind: RosterSheet::NAME };
    RecordId::derived(&home, &[&month.to_string()])
}

/// The grid in force: person → one mark a day.
#[must_use]
pub fn in_force(site: &Site, month: CalendarMonth) -> Option<&BTreeMap<RecordId, String>> {
    match site.sheets.get(&month) {
        Some(sheet) if sheet.published() => Some(&sheet.in_force),
        _ => from_file(site, month).map(|(_, roster)| &roster.rows),
    }
}

/// What the site file says of the month.
pub(super) fn from_file(site: &Site, month: CalendarMonth) -> Option<(RecordId, &Roster)> {
    let text = month.to_string();
    site.rosters.iter().find(|(_, roster)| roster.month == text).map(|(id, roster)| (*id, roster))
}

/// The mark of a person's day in the version in force.
#[must_use]
pub fn mark_of(site: &Site, person: RecordId, day: Day) -> Option<char> {
    use chrono::Datelike;
    in_force(site, CalendarMonth::of(day))?.get(&person)?.chars().nth(day.0.day0() as usize)
}

/// Somebody's mark on a day as it is meant by now: in force, or in the draft of a month that is not published.
#[must_use]
pub fn mark_meant(site: &Site, person: RecordId, day: Day) -> Option<char> {
    use chrono::Datelike;
    let month = CalendarMonth::of(day);
    if in_force(site, month).is_some() {
        return mark_of(site, person, day);
    }
    let row = site.sheets.get(&month)?.rows.iter().find(|row| row.person.person == person)?;
    row.marks.chars().nth(day.0.day0() as usize)
}

/// The shift with this mark.
#[must_use]
pub fn shift_by_mark(site: &Site, mark: char) -> Option<(RecordId, &Shift)> {
    site.shifts.iter().find(|(_, shift)| shift.mark.chars().eq([mark])).map(|(id, shift)| (*id, shift))
}

/// One person's shift on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// Who.
    pub person: PersonRef,
    /// The day it begins on.
    pub day: Day,
    /// The shift's record.
    pub shift: RecordId,
    /// 班次.
    pub shift_name: String,
    /// Its mark.
    pub mark: String,
    /// Begins.
    pub from: Timestamp,
    /// Ends.
    pub to: Timestamp,
    /// Whether it was known before it began. What had begun before anybody had written a roster can be worked, and was
    /// owed by nobody.
    pub known: bool,
}

/// Everybody's shifts of a day by the version in force, by start, shift and name.
#[must_use]
pub fn assigned(site: &Site, day: Day) -> Vec<Assigned> {
    use chrono::Datelike;
    let month = CalendarMonth::of(day);
    let file = from_file(site, month).and_then(|(id, _)| site.rosters_since.get(&id)).copied();
    let published = || site.sheets.get(&month)?.versions.first().map(|first| first.stamp.at);
    let since = file.or_else(published).unwrap_or_default();
    let zone = site.settings.zone;
    let rows = in_force(site, month).into_iter().flatten();
    let mut assigned: Vec<Assigned> = rows
        .filter_map(|(person, marks)| {
            let (shift_id, shift) = shift_by_mark(site, marks.chars().nth(day.0.day0() as usize)?)?;
            let name = site.people.get(person)?.name.clone();
            let from = day.at(i64::from(shift.from.0), zone);
            Some(Assigned {
                person: PersonRef { person: *person, name },
                day,
                shift: shift_id,
                shift_name: shift.name.clone(),
                mark: shift.mark.clone(),
                from,
                to: day.at(i64::from(shift.to.0), zone),
                known: from >= since,
            })
        })
        .collect();
    assigned.sort_by(|a, b| (a.from, a.shift, &a.person.name).cmp(&(b.from, b.shift, &b.person.name)));
    assigned
}

/// The sheets owed around a day: its own month's and the next one's. A site without people has nobody to roster.
pub(super) fn owed(site: &Site, day: Day) -> Vec<(RecordId, RosterView)> {
    if site.people.is_empty() {
        return Vec::new();
    }
    let month = CalendarMonth::of(day);
    [month, month.next()].into_iter().map(|month| (record_of(month), RosterView::untouched(site, month))).collect()
}
