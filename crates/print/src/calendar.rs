//! A roster as iCalendar (RFC 5545), for the calendars of people's telephones (D2.4.2).

use chrono::{DateTime, Utc};
use dutybook_domain::Timestamp;
use dutybook_domain::roster::Assigned;
use icalendar::{Calendar, Component, Event, EventLike};

use crate::text::{Language, word};

/// Shifts as a calendar. One person's calendar names the shifts; several people's name the people as well.
///
/// A shift keeps its identity from version to version, so a calendar taken in again moves what it already has. What has
/// been taken off the roster is for the reader to remove: a file cannot take back what another one said.
#[must_use]
pub fn calendar(shifts: &[Assigned], centre: &str, version: u16, at: Timestamp, language: Language) -> String {
    let alone = shifts.iter().all(|shift| shift.person == shifts[0].person);
    let name = word(language, "客服排班表", "Duty roster");
    let mut calendar = Calendar::new();
    calendar.append_property(("PRODID", "-//Dutybook//Roster//ZH"));
    calendar.name(&match shifts.first().filter(|_| alone) {
        Some(shift) => format!("{name} {}", shift.person.name),
        None => name.to_owned(),
    });
    for shift in shifts {
        let Assigned { person, day, shift_name, from, to, .. } = shift;
        let summary = if alone { shift_name.clone() } else { format!("{shift_name} {}", person.name) };
        let mut event = Event::new();
        event
            .uid(&format!("{day}.{}.{}@dutybook", shift.shift, person.person))
            .sequence(u32::from(version))
            .timestamp(moment(at))
            .summary(&summary)
            .starts(moment(*from))
            .ends(moment(*to));
        if !centre.is_empty() {
            event.location(centre);
        }
        calendar.push(event.done());
    }
    calendar.to_string()
}

fn moment(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use dutybook_domain::ids::Home;
    use dutybook_domain::role::PersonRef;
    use dutybook_domain::{Day, RecordId};
    use icalendar::{CalendarDateTime, DatePerhapsTime};

    use super::*;

    fn night(name: &str, day: &str) -> Assigned {
        let id = |kind: &'static str, text: &str| RecordId::derived(&Home::standing(kind), &[text]);
        let day = Day(day.parse().unwrap());
        Assigned {
            person: PersonRef { person: id("person", name), name: name.into() },
            day,
            shift: id("shift", "夜"),
            shift_name: "夜班".into(),
            mark: "夜".into(),
            from: day.at(22 * 60, Default::default()),
            to: day.at(32 * 60, Default::default()),
            known: true,
        }
    }

    #[test]
    fn every_shift_is_an_event_that_keeps_its_identity() {
        let shifts = [night("何𠮷;甲", "2026-11-30"), night("乙", "2026-12-01")];
        let parse = |version| {
            let text = calendar(&shifts, "客服中心, 3 幢", version, Timestamp(1_796_000_000_000), Language::Chinese);
            assert!(text.lines().all(|line| line.len() <= 75), "lines are folded: {text}");
            text.parse::<Calendar>().unwrap()
        };
        let (first, second) = (parse(1), parse(2));
        let ids = |calendar: &Calendar| {
            calendar.events().map(|event| event.get_uid().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&first), ids(&second));
        let event = second.events().next().unwrap();
        assert_eq!((event.get_summary(), event.get_sequence()), (Some("夜班 何𠮷;甲"), Some(2)));
        let at = |at: Timestamp| DatePerhapsTime::DateTime(CalendarDateTime::Utc(moment(at)));
        assert_eq!((event.get_start(), event.get_end()), (Some(at(shifts[0].from)), Some(at(shifts[0].to))));
    }

    #[test]
    fn one_persons_calendar_does_not_repeat_the_name() {
        let text = calendar(&[night("甲", "2026-11-30")], "", 0, Timestamp(0), Language::Chinese);
        let calendar: Calendar = text.parse().unwrap();
        assert_eq!(calendar.events().next().unwrap().get_summary(), Some("夜班"));
        assert_eq!(calendar.get_name(), Some("客服排班表 甲"));
        assert_eq!(super::calendar(&[], "", 0, Timestamp(0), Language::English).matches("BEGIN").count(), 1);
    }
}
