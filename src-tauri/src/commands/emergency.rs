//! Emergencies: SOS, the cards, the managers' call list. All but the last also without anybody signed in.

use dutybook_client::shown::{Done, OncallShown, PlanShown};
use tauri::State;

use crate::{Book, Failure};

/// The response plans with their action cards.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn response_plans(book: State<'_, Book>) -> Result<Vec<PlanShown>, Failure> {
    Ok(book.client()?.response_plans())
}

/// The managers' call list.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn oncall(book: State<'_, Book>) -> Result<Vec<OncallShown>, Failure> {
    Ok(book.client()?.oncall())
}

/// SOS: an incident, reported up at once; durable when it returns.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sos(book: State<'_, Book>) -> Result<Done, Failure> {
    Ok(book.client()?.sos()?)
}

/// Notes that the reports which call the person signed in were shown to them (已送达).
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn receive_calls(book: State<'_, Book>) -> Result<bool, Failure> {
    Ok(book.client()?.receive_calls()?)
}
