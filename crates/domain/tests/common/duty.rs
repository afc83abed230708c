//! A small site with shifts, people and the rosters of June and July 2026, for the tests of rosters, attendance and
//! absence.

// Every test takes what it needs.
#![allow(dead_code, clippy::unwrap_used)]

use dutybook_domain::ids::Home;
use dutybook_domain::role::Role;
use dutybook_domain::roster::{CalendarMonth, record_of};
use dutybook_domain::site::{Person, Roster, Shift, Site};
use dutybook_domain::{Day, RecordId, Timestamp};

use super::{Device, person};

/// People and their usual roles.
pub(crate) const PEOPLE: [(&str, Role); 7] = [
    ("甲", Role::DutyOfficer),
    ("乙", Role::DutyOfficer),
    ("丙", Role::DutyOfficer),
    ("主任", Role::CsSupervisor),
    ("经理", Role::CsManager),
    ("工程主任", Role::DeptHead),
    ("维修", Role::Worker),
];

pub(crate) fn shift(name: &str, mark: &str, from: &str, to: &str) -> (RecordId, Shift) {
    let id = RecordId::derived(&Home::standing("shift"), &[name]);
    let shift = Shift {
        name: name.into(),
        mark: mark.into(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        posts: Vec::new(),
    };
    (id, shift)
}

/// Shifts and people, nothing rostered.
pub(crate) fn bare() -> Site {
    let mut site = Site::default();
    site.shifts.extend([
        shift("早班", "早", "08:30", "17:30"),
        shift("晚班", "晚", "17:30", "22:00"),
        shift("夜班", "夜", "22:00", "32:30"),
    ]);
    for (name, role) in PEOPLE {
        let it = Person {
            name: name.into(),
            roles: vec![role],
            team: "客服组".into(),
            phone: String::new(),
            pin_hash: String::new(),
        };
        site.people.insert(person(name).person, it);
    }
    site
}

/// 甲 works early, 乙 late, 丙 nights, six days and one off in turn; the others work early all the week.
pub(crate) fn rostered() -> Site {
    let mut site = bare();
    for text in ["2026-06", "2026-07"] {
        let month: CalendarMonth = text.parse().unwrap();
        let row = |mark: char, off: u32| {
            (1..=month.length()).map(|day| if day % 7 == off { '休' } else { mark }).collect::<String>()
        };
        let rows = [("甲", row('早', 0)), ("乙", row('晚', 1)), ("丙", row('夜', 2)), ("维修", row('早', 3))];
        let rows = rows.into_iter().map(|(name, row)| (person(name).person, row)).collect();
        let id = RecordId::derived(&Home::standing("roster"), &[text]);
        site.rosters.insert(id, Roster { month: text.into(), rows });
    }
    site
}

/// Takes the rosters that were begun into the device's site, as the client does.
pub(crate) fn refresh(device: &mut Device) {
    let sheets: Vec<RecordId> = device.docs.keys().copied().filter(|id| id.is_of_kind("roster_sheet")).collect();
    for id in sheets {
        let view = device.project(id).view;
        device.site.take(id, "roster_sheet", &view);
    }
}

pub(crate) fn month(text: &str) -> CalendarMonth {
    text.parse().unwrap()
}

pub(crate) fn sheet(text: &str) -> RecordId {
    record_of(month(text))
}

pub(crate) fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

/// `2026-06-11 08:30` at the site.
pub(crate) fn at(text: &str) -> Timestamp {
    let (on, time) = text.split_once(' ').unwrap();
    let time: dutybook_domain::TimeOfDay = time.parse().unwrap();
    day(on).at(i64::from(time.0), Default::default())
}
