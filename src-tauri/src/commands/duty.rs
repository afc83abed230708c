//! Who is on duty: rosters, attendance, leave.

use dutybook_client::duty::{DutyBoard, MyDuty, RosterMonth};
use dutybook_domain::attendance::MonthSheet;
use dutybook_domain::roster::CalendarMonth;
use tauri::State;

use crate::{Book, Failure};

/// A month's roster with its checks.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn roster(book: State<'_, Book>, month: CalendarMonth) -> Result<RosterMonth, Failure> {
    Ok(book.client()?.roster(month)?)
}

/// Who is on duty, late, missing or away now, and what is to be decided.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn duty_board(book: State<'_, Book>) -> Result<DutyBoard, Failure> {
    Ok(book.client()?.duty_board()?)
}

/// 《考勤表》 of a month.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn month_sheet(book: State<'_, Book>, month: CalendarMonth) -> Result<MonthSheet, Failure> {
    Ok(book.client()?.month_sheet(month)?)
}

/// What the person signed in has to do with the roster.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn my_duty(book: State<'_, Book>) -> Result<MyDuty, Failure> {
    Ok(book.client()?.my_duty()?)
}
