//! The papers: daily report, overview, work log, sealed months.

use dutybook_client::shown::{DayLog, DayReport, ExportedPackage, MonthVerified};
use dutybook_domain::Day;
use dutybook_domain::month_seal::Month;
use dutybook_domain::overview::Overview;
use dutybook_domain::site::PlanNow;
use tauri::{Manager, State};

use crate::{Book, Failure};

/// A day's report as it stands, with what differs from what was signed.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn day_report(book: State<'_, Book>, day: Day) -> Result<DayReport, Failure> {
    Ok(book.client()?.day_report(day)?)
}

/// The last so many days in figures.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn overview(book: State<'_, Book>, days: u16) -> Result<Overview, Failure> {
    Ok(book.client()?.overview(days)?)
}

/// The plans of the site with what stands where.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn floor_plans(book: State<'_, Book>) -> Result<Vec<PlanNow>, Failure> {
    Ok(book.client()?.floor_plans()?)
}

/// A day's work log as it stands.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn day_log(book: State<'_, Book>, day: Day) -> Result<DayLog, Failure> {
    Ok(book.client()?.day_log(day)?)
}

/// A draft of a day's work log, from the day's ledger.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn work_log_draft(book: State<'_, Book>, day: Day) -> Result<String, Failure> {
    Ok(book.client()?.work_log_draft(day)?)
}

/// Writes the package of a signed work log into `folder`, or into the documents folder.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn export_work_log(
    app: tauri::AppHandle,
    book: State<'_, Book>,
    day: Day,
    folder: Option<String>,
) -> Result<ExportedPackage, Failure> {
    let folder = match folder.filter(|folder| !folder.trim().is_empty()) {
        Some(folder) => folder.trim().into(),
        None => app.path().document_dir().map_err(|error| Failure::program(&error.to_string()))?,
    };
    Ok(book.client()?.export_work_log(day, &folder)?)
}

/// Recomputes a sealed month from the raw log.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn verify_month(book: State<'_, Book>, month: Month) -> Result<MonthVerified, Failure> {
    Ok(book.client()?.verify_month(month)?)
}
