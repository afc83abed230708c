//! 《考勤表》: a month of everybody, 姓名 × 日期, in codes and sums (D3.5).
//!
//! Invariant: nothing is 迟, 早 or 旷 before a person has decided so; until then the cell says 核.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::DutyVerdict;
use super::plan::record_of;
use super::view::{AttendanceView, DutyPresence};
use crate::ids::RecordId;
use crate::role::PersonRef;
use crate::roster::{CalendarMonth, LEAVE, OFF, RosterCause, in_force, shift_by_mark};
use crate::site::Site;
use crate::time::Timestamp;

/// What one day of one person was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SheetCode {
    /// √.
    Present,
    /// 调: there by a swap or as an approved cover.
    Swapped,
    /// 迟.
    Late,
    /// 早.
    EarlyLeave,
    /// 旷.
    Absent,
    /// 脱.
    Abandoned,
    /// 假.
    Leave,
    /// 休.
    Off,
    /// 核: to be verified.
    ToVerify,
    /// Not yet.
    Open,
}

impl SheetCode {
    /// The one character of the printed sheet.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Present => "√",
            Self::Swapped => "调",
            Self::Late => "迟",
            Self::EarlyLeave => "早",
            Self::Absent => "旷",
            Self::Abandoned => "脱",
            Self::Leave => "假",
            Self::Off => "休",
            Self::ToVerify => "核",
            Self::Open => "",
        }
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SheetCell {
    /// What it was.
    pub code: SheetCode,
    /// The character that is printed.
    pub mark: String,
    /// The shift's record, where there is one to look at or decide on.
    pub record: Option<RecordId>,
}

/// 合计.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SheetSums {
    /// 应出勤.
    pub owed: u16,
    /// 出勤.
    pub present: u16,
    /// 迟到.
    pub late: u16,
    /// 早退.
    pub early: u16,
    /// 旷工 and 脱岗.
    pub absent: u16,
    /// 请假.
    pub leave: u16,
    /// 待核实.
    pub to_verify: u16,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SheetRow {
    /// Who.
    pub person: PersonRef,
    /// 部门.
    pub team: String,
    /// One cell a day.
    pub cells: Vec<SheetCell>,
    /// 合计.
    pub sums: SheetSums,
}

/// 《考勤表》.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MonthSheet {
    /// The month.
    pub month: CalendarMonth,
    /// By team, then name.
    pub rows: Vec<SheetRow>,
}

/// The month's sheet as it stands at `now`. `views` are the records that were begun.
#[must_use]
pub fn month_sheet(
    site: &Site,
    month: CalendarMonth,
    now: Timestamp,
    views: &BTreeMap<RecordId, AttendanceView>,
) -> MonthSheet {
    let plan = in_force(site, month);
    // Shifts that were begun, by person and day: also those the roster does not have (any more).
    let mut begun: BTreeMap<(RecordId, crate::time::Day), (RecordId, &AttendanceView)> = BTreeMap::new();
    for (record, view) in views {
        let Some(plan) = view.plan.as_ref().filter(|plan| CalendarMonth::of(plan.day) == month) else { continue };
        let there = begun.entry((plan.person.person, plan.day)).or_insert((*record, view));
        // Of two on one day, the one that was rostered is the day's.
        if plan.rostered {
            *there = (*record, view);
        }
    }
    let mut rows: Vec<SheetRow> = site
        .people
        .iter()
        .filter(|(person, _)| {
            plan.is_some_and(|rows| rows.contains_key(person)) || begun.keys().any(|(who, _)| who == *person)
        })
        .map(|(person, known)| {
            let marks: Vec<char> =
                plan.and_then(|rows| rows.get(person)).map(|row| row.chars().collect()).unwrap_or_default();
            let cells: Vec<SheetCell> = month
                .days()
                .enumerate()
                .map(|(at, day)| {
                    let mark = marks.get(at).copied();
                    let swapped = swapped(site, month, *person, at);
                    cell(site, *person, day, mark, swapped, begun.get(&(*person, day)).copied(), now)
                })
                .collect();
            SheetRow {
                person: PersonRef { person: *person, name: known.name.clone() },
                team: known.team.clone(),
                sums: sums(&cells),
                cells,
            }
        })
        .collect();
    rows.sort_by(|a, b| (&a.team, &a.person.name).cmp(&(&b.team, &b.person.name)));
    MonthSheet { month, rows }
}

/// Whether a day came to somebody by an approved swap or cover.
fn swapped(site: &Site, month: CalendarMonth, person: RecordId, at: usize) -> bool {
    let changes = site.sheets.get(&month).map(|sheet| sheet.changes.as_slice()).unwrap_or_default();
    changes.iter().any(|change| {
        matches!(change.cause, RosterCause::Absence { .. })
            && change.cells.iter().any(|cell| cell.person.person == person && usize::from(cell.day) == at + 1)
    })
}

fn cell(
    site: &Site,
    person: RecordId,
    day: crate::time::Day,
    mark: Option<char>,
    swapped: bool,
    begun: Option<(RecordId, &AttendanceView)>,
    now: Timestamp,
) -> SheetCell {
    let made = |code: SheetCode, record: Option<RecordId>| SheetCell { code, mark: code.mark().into(), record };
    if let Some((record, view)) = begun {
        return made(code_of(view, swapped, now), Some(record));
    }
    match mark {
        Some(LEAVE) => made(SheetCode::Leave, None),
        Some(OFF) => made(SheetCode::Off, None),
        Some(mark) => match shift_by_mark(site, mark) {
            Some((_, shift)) => {
                let zone = site.settings.zone;
                let since = crate::roster::assigned(site, day).iter().any(|it| it.person.person == person && it.known);
                let over = day.at(i64::from(shift.to.0), zone) <= now;
                let record = Some(record_of(person, day, &shift.mark)).filter(|_| since);
                made(if over && since { SheetCode::ToVerify } else { SheetCode::Open }, record)
            }
            None => made(SheetCode::Open, None),
        },
        None => made(SheetCode::Open, None),
    }
}

fn code_of(view: &AttendanceView, swapped: bool, now: Timestamp) -> SheetCode {
    let there = if swapped { SheetCode::Swapped } else { SheetCode::Present };
    match view.verdict() {
        Some(DutyVerdict::Regular | DutyVerdict::NotEarly) => there,
        Some(DutyVerdict::Excused) if view.presence == DutyPresence::Expected => SheetCode::Leave,
        Some(DutyVerdict::Excused) => there,
        Some(DutyVerdict::CoverAllowed) => SheetCode::Swapped,
        Some(DutyVerdict::Late) => SheetCode::Late,
        Some(DutyVerdict::EarlyLeave) => SheetCode::EarlyLeave,
        Some(DutyVerdict::Absent) => SheetCode::Absent,
        Some(DutyVerdict::Abandoned | DutyVerdict::CoverNotAllowed) => SheetCode::Abandoned,
        None if view.to_verify() => SheetCode::ToVerify,
        None if view.presence != DutyPresence::Expected => there,
        None if view.plan.as_ref().is_some_and(|plan| plan.timed && plan.to <= now) => SheetCode::ToVerify,
        None => SheetCode::Open,
    }
}

fn sums(cells: &[SheetCell]) -> SheetSums {
    let count = |wanted: &[SheetCode]| {
        u16::try_from(cells.iter().filter(|cell| wanted.contains(&cell.code)).count()).unwrap_or(u16::MAX)
    };
    use SheetCode::{Abandoned, Absent, EarlyLeave, Late, Leave, Open, Present, Swapped, ToVerify};
    SheetSums {
        owed: count(&[Present, Swapped, Late, EarlyLeave, Absent, Abandoned, Leave, ToVerify])
            + u16::try_from(cells.iter().filter(|cell| cell.code == Open && cell.record.is_some()).count())
                .unwrap_or(u16::MAX),
        present: count(&[Present, Swapped, Late, EarlyLeave]),
        late: count(&[Late]),
        early: count(&[EarlyLeave]),
        absent: count(&[Absent, Abandoned]),
        leave: count(&[Leave]),
        to_verify: count(&[ToVerify]),
    }
}
