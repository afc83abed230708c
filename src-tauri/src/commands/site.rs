//! The site's data.

use dutybook_client::shown::EmergencyShown;
use dutybook_domain::site::units::UnitHit;
use tauri::State;

use crate::{Book, Failure};

/// Units as people type them.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn search_units(book: State<'_, Book>, typed: String, most: u32) -> Result<Vec<UnitHit>, Failure> {
    Ok(book.client()?.search_units(&typed, most as usize))
}

/// The emergency contacts; also without anybody signed in.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn emergency_contacts(book: State<'_, Book>) -> Result<Vec<EmergencyShown>, Failure> {
    Ok(book.client()?.emergency_contacts())
}
