//! Before a shift, and its handover.

use dutybook_client::BeforeShift;
use dutybook_domain::RecordId;
use dutybook_domain::carried::CarriedItem;
use dutybook_domain::handover::HandoverSheet;
use tauri::State;

use crate::{Book, Failure};

/// Everything that is open in the daily work, with person, next step and the time it is due.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn carried_over(book: State<'_, Book>) -> Result<Vec<CarriedItem>, Failure> {
    Ok(book.client()?.carried_over()?)
}

/// What the shift of a handover reads before it begins.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn before_shift(book: State<'_, Book>, handover: RecordId) -> Result<BeforeShift, Failure> {
    Ok(book.client()?.before_shift(handover)?)
}

/// The sheet of a handover as it reads now.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn handover_sheet(book: State<'_, Book>, handover: RecordId) -> Result<HandoverSheet, Failure> {
    Ok(book.client()?.handover_sheet(handover)?)
}
