//! What is looked at before a roster is published (D2.4.1–D2.4.3): gaps, overlaps, rest, days in a row.
//!
//! Pure functions of a grid and the site. A check never blocks: it is shown in words, and publishing with one open
//! wants a reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::{OFF, UNSET};
use super::month::CalendarMonth;
use super::plan::{in_force, shift_by_mark};
use crate::ids::RecordId;
use crate::role::Role;
use crate::site::Site;
use crate::time::{Day, TimeOfDay, Timestamp};
use crate::words;
use crate::words::Words;

/// What is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RosterCheckKind {
    /// 无人值班: minutes without anybody at the desk.
    Uncovered,
    /// 重叠: one person on two shifts at once.
    Overlap,
    /// 休息不足: too little time between two shifts.
    ShortRest,
    /// 连续上班: too many days in a row.
    DaysInRow,
    /// 查无此人: nobody of this site.
    UnknownPerson,
    /// 不识的班次: no shift has this mark.
    UnknownMark,
    /// 未排: nothing said of some days.
    Unset,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterCheck {
    /// What.
    pub kind: RosterCheckKind,
    /// Whose row, where it is about one.
    pub person: Option<RecordId>,
    /// Day of the month, from 1.
    pub day: u8,
    /// What a person reads.
    pub words: Words,
}

/// Somebody's shift as an interval.
struct Block {
    day: Day,
    from: Timestamp,
    to: Timestamp,
}

/// Checks a month's grid, by day. The days before are those in force.
#[must_use]
pub fn checks(site: &Site, month: CalendarMonth, rows: &BTreeMap<RecordId, String>) -> Vec<RosterCheck> {
    let mut found = uncovered(site, month, rows);
    for (person, marks) in rows {
        let Some(known) = site.people.get(person) else {
            let words = words!("这一行的人不在本站点人员中。", "Nobody of this site belongs to this row.");
            found.push(RosterCheck { kind: RosterCheckKind::UnknownPerson, person: Some(*person), day: 1, words });
            continue;
        };
        found.extend(row_marks(site, *person, &known.name, marks));
        found.extend(row_times(site, month, *person, &known.name, marks));
    }
    found.sort_by_key(|check| (check.day, check.kind, check.person));
    found
}

fn row_marks(site: &Site, person: RecordId, name: &str, marks: &str) -> Vec<RosterCheck> {
    let mut found = Vec::new();
    let unset = marks.chars().filter(|mark| *mark == UNSET).count();
    if let Some(first) = marks.chars().position(|mark| mark == UNSET) {
        let words = words!("{name}有 {unset} 天未排。", "{name}: {unset} days are not set.");
        found.push(RosterCheck { kind: RosterCheckKind::Unset, person: Some(person), day: nth(first), words });
    }
    for (at, mark) in marks.chars().enumerate() {
        if ![UNSET, OFF, super::facts::LEAVE].contains(&mark) && shift_by_mark(site, mark).is_none() {
            let day = nth(at);
            let words = words!("{name} {day} 日:没有「{mark}」这个班次。", "{name}, day {day}: no shift “{mark}”.");
            found.push(RosterCheck { kind: RosterCheckKind::UnknownMark, person: Some(person), day, words });
        }
    }
    found
}

fn nth(index: usize) -> u8 {
    u8::try_from(index + 1).unwrap_or(u8::MAX)
}

fn number(month: CalendarMonth, day: Day) -> u8 {
    use chrono::Datelike;
    if CalendarMonth::of(day) == month { u8::try_from(day.0.day()).unwrap_or(u8::MAX) } else { 1 }
}

/// The shifts of a row with those of the week before it, in order.
fn blocks(site: &Site, month: CalendarMonth, person: RecordId, marks: &str) -> Vec<Block> {
    let zone = site.settings.zone;
    let before = month.before();
    let earlier = in_force(site, before).and_then(|rows| rows.get(&person));
    let last_week = earlier.into_iter().flat_map(|row| before.days().zip(row.chars())).filter(|(day, _)| {
        (month.first().0 - day.0).num_days() <= i64::from(site.settings.timers.roster_days_in_row.max(1)) + 1
    });
    last_week
        .chain(month.days().zip(marks.chars()))
        .filter_map(|(day, mark)| {
            let (_, shift) = shift_by_mark(site, mark)?;
            let (from, to) = (day.at(i64::from(shift.from.0), zone), day.at(i64::from(shift.to.0), zone));
            Some(Block { day, from, to })
        })
        .collect()
}

fn row_times(site: &Site, month: CalendarMonth, person: RecordId, name: &str, marks: &str) -> Vec<RosterCheck> {
    let timers = &site.settings.timers;
    let blocks = blocks(site, month, person, marks);
    let mut found = Vec::new();
    let mut in_row = 0u16;
    let mut last: Option<&Block> = None;
    for block in &blocks {
        let ours = CalendarMonth::of(block.day) == month;
        let day = number(month, block.day);
        in_row = if last.is_some_and(|last| last.day.after() == block.day) { in_row + 1 } else { 1 };
        if ours && in_row == timers.roster_days_in_row + 1 {
            let most = timers.roster_days_in_row;
            let words = words!(
                "{name}到 {day} 日已连续上班超过 {most} 天。",
                "{name} works more than {most} days in a row by day {day}."
            );
            found.push(RosterCheck { kind: RosterCheckKind::DaysInRow, person: Some(person), day, words });
        }
        if let Some(last) = last.filter(|_| ours) {
            let rest = block.from.minutes_since(last.to);
            if rest < 0 {
                let words = words!(
                    "{name} {day} 日的班与前一班重叠。",
                    "{name}: the shift of day {day} overlaps the one before."
                );
                found.push(RosterCheck { kind: RosterCheckKind::Overlap, person: Some(person), day, words });
            } else if rest < i64::from(timers.roster_rest_min) {
                let (hours, least) = (hours(rest), hours(i64::from(timers.roster_rest_min)));
                let words = words!(
                    "{name} {day} 日上班前只休息 {hours} 小时(应满 {least} 小时)。",
                    "{name}: only {hours} h of rest before day {day} (at least {least} h)."
                );
                found.push(RosterCheck { kind: RosterCheckKind::ShortRest, person: Some(person), day, words });
            }
        }
        last = Some(block);
    }
    found
}

fn hours(minutes: i64) -> String {
    if minutes % 60 == 0 { (minutes / 60).to_string() } else { format!("{:.1}", minutes as f64 / 60.0) }
}

/// Minutes of the month in which nobody who keeps the desk is on shift (D2.4.3: after the early shift somebody is
/// always there).
fn uncovered(site: &Site, month: CalendarMonth, rows: &BTreeMap<RecordId, String>) -> Vec<RosterCheck> {
    let zone = site.settings.zone;
    let desk = rows.iter().filter(|(person, _)| {
        site.people.get(person).is_some_and(|person| person.roles.first() == Some(&Role::DutyOfficer))
    });
    let mut covered: Vec<(Timestamp, Timestamp)> = desk
        .flat_map(|(person, marks)| blocks(site, month, *person, marks))
        .map(|block| (block.from, block.to))
        .collect();
    // Somebody who was on shift in the night before the first may not be on this month's grid at all.
    covered.extend(in_force(site, month.before()).into_iter().flatten().filter_map(|(person, marks)| {
        let role = site.people.get(person)?.roles.first()?;
        let (_, shift) = shift_by_mark(site, marks.chars().last()?).filter(|_| *role == Role::DutyOfficer)?;
        let last = month.before().last();
        Some((last.at(i64::from(shift.from.0), zone), last.at(i64::from(shift.to.0), zone)))
    }));
    covered.sort_unstable();
    let (begins, ends) = (month.first().at(0, zone), month.next().first().at(0, zone));
    let mut reached = begins;
    let mut gaps = Vec::new();
    for (from, to) in covered {
        if from > reached {
            gaps.push((reached, from.min(ends)));
        }
        reached = reached.max(to);
        if reached >= ends {
            break;
        }
    }
    if reached < ends {
        gaps.push((reached, ends));
    }
    // Without a roster of the month before, the night that reaches into the first day is not known.
    let known_before = in_force(site, month.before()).is_some();
    gaps.into_iter()
        .filter(|(from, to)| to > from && (known_before || *from > begins || *to == ends))
        .map(|(from, to)| {
            let day = number(month, from.day(zone));
            let (start, long) = (from.clock(zone), to.minutes_since(from));
            let until = until(site, from, to);
            let words = words!(
                "{day} 日 {start} 至 {until} 无人值班({long} 分钟)。",
                "Nobody on duty from {start} on day {day} until {until} ({long} min)."
            );
            RosterCheck { kind: RosterCheckKind::Uncovered, person: None, day, words }
        })
        .collect()
}

fn until(site: &Site, from: Timestamp, to: Timestamp) -> String {
    use chrono::Datelike;
    let zone = site.settings.zone;
    let (start, end) = (from.day(zone), to.day(zone));
    if start == end {
        return to.clock(zone);
    }
    if end == start.after() && to == end.at(0, zone) {
        return TimeOfDay(24 * 60).to_string();
    }
    format!("{}-{:02} {}", end.0.month(), end.0.day(), to.clock(zone))
}
