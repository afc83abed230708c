//! The bound registers and spot checks.

use dutybook_client::shown::{EntryShown, RegisterShown};
use dutybook_domain::spot_check::SpotDue;
use tauri::State;

use crate::{Book, Failure};

/// The registers on the shelf.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn registers(book: State<'_, Book>) -> Result<Vec<RegisterShown>, Failure> {
    Ok(book.client()?.registers()?)
}

/// The rows of a register, the newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn entries(
    book: State<'_, Book>,
    kind: String,
    text: Option<String>,
    limit: u32,
) -> Result<Vec<EntryShown>, Failure> {
    Ok(book.client()?.entries(&kind, text.as_deref(), limit)?)
}

/// What waits in the registers for the person signed in.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn my_entries(book: State<'_, Book>) -> Result<Vec<EntryShown>, Failure> {
    Ok(book.client()?.my_entries()?)
}

/// Spot checks whose time has come.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn spot_due(book: State<'_, Book>) -> Result<Vec<SpotDue>, Failure> {
    Ok(book.client()?.spot_due()?)
}

/// The items of a spot check, as the site wants them.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn spot_items(book: State<'_, Book>) -> Result<Vec<String>, Failure> {
    Ok(book.client()?.spot_items())
}
