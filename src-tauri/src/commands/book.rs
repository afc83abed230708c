//! The device, who is signed in, sync.

use dutybook_client::shown::{AppState, PersonTile, SignedIn, SyncShown};
use dutybook_domain::RecordId;
use tauri::State;

use crate::{Book, Failure};

/// What every screen needs to know.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn app_state(book: State<'_, Book>) -> Result<AppState, Failure> {
    Ok(book.client()?.app_state()?)
}

/// Takes this device into a site with the one-time token of its server.
#[tauri::command]
#[specta::specta]
pub(crate) async fn enrol(
    app: tauri::AppHandle,
    book: State<'_, Book>,
    url: String,
    token: String,
    label: String,
) -> Result<(), Failure> {
    book.enrol(&app, &url, &token, &label).await
}

/// Who may sign in here.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn people(book: State<'_, Book>) -> Result<Vec<PersonTile>, Failure> {
    Ok(book.client()?.people()?)
}

/// The people, and which of them usually do what was reported.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn people_for(book: State<'_, Book>, report: String) -> Result<Vec<PersonTile>, Failure> {
    Ok(book.client()?.people_for(&report)?)
}

/// Signs a person in, offline.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sign_in(book: State<'_, Book>, person: RecordId, pin: String) -> Result<SignedIn, Failure> {
    Ok(book.client()?.sign_in(person, &pin)?)
}

/// Signs out.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sign_out(book: State<'_, Book>) -> Result<(), Failure> {
    Ok(book.client()?.sign_out()?)
}

/// The sync word and number.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sync_shown(book: State<'_, Book>) -> Result<SyncShown, Failure> {
    Ok(book.client()?.sync_shown()?)
}

/// Tries to reach the server now instead of at the next turn.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sync_now(book: State<'_, Book>) -> Result<(), Failure> {
    book.client()?.sync_now();
    Ok(())
}
