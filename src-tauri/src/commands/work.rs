//! Records: lists, one opened, its history, the ledger, alarms, and the one way to write.

use dutybook_client::shown::{Alarm, Done, HistoryShown, LedgerShown, RecordOpened, RecordShown, RunNow};
use dutybook_client::{LedgerAsked, RecordsAsked, Target};
use dutybook_domain::engine::CommonAction;
use dutybook_domain::kinds::AnyAction;
use dutybook_domain::patrol_run::RunStatus;
use dutybook_domain::{Day, RecordId};
use serde_json::Value;
use tauri::State;

use crate::{Book, Failure};

/// Does one thing to a record, or makes a new one; durable when it returns.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn act(book: State<'_, Book>, record: Option<RecordId>, action: AnyAction) -> Result<Done, Failure> {
    let parts = serde_json::to_value(action).map_err(|error| Failure::program(&error.to_string()))?;
    let kind = parts.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let action = parts.get("action").cloned().unwrap_or_default();
    Ok(book.client()?.act(&Target { kind, record }, action)?)
}

/// A remark, a correction or a voiding: possible on every kind of record.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn act_common(
    book: State<'_, Book>,
    kind: String,
    record: RecordId,
    action: CommonAction,
) -> Result<Done, Failure> {
    let action = serde_json::to_value(action).map_err(|error| Failure::program(&error.to_string()))?;
    Ok(book.client()?.act(&Target { kind, record: Some(record) }, action)?)
}

/// A list of records.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn records(book: State<'_, Book>, asked: RecordsAsked) -> Result<Vec<RecordShown>, Failure> {
    Ok(book.client()?.records(&asked)?)
}

/// One record opened.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn record(book: State<'_, Book>, id: RecordId) -> Result<RecordOpened, Failure> {
    Ok(book.client()?.record(id)?)
}

/// The records of a kind on a day, planned ones that nobody has written to among them.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn on_day(book: State<'_, Book>, kind: String, day: Day) -> Result<Vec<RecordShown>, Failure> {
    Ok(book.client()?.on_day(&kind, day)?)
}

/// Every fact of a record, with who, when and which device.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn history(book: State<'_, Book>, id: RecordId) -> Result<Vec<HistoryShown>, Failure> {
    Ok(book.client()?.history(id)?)
}

/// The patrol monitor: today's runs, started or not.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn monitor(book: State<'_, Book>) -> Result<Vec<RunStatus>, Failure> {
    Ok(book.client()?.monitor()?)
}

/// How a patrol run stands at this moment.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn run_now(book: State<'_, Book>, id: RecordId) -> Result<RunNow, Failure> {
    Ok(book.client()?.run_now(id)?)
}

/// What rings.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn alarms(book: State<'_, Book>) -> Result<Vec<Alarm>, Failure> {
    Ok(book.client()?.alarms()?)
}

/// Quiets one alarm on this device.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn alarm_seen(book: State<'_, Book>, id: String) -> Result<(), Failure> {
    book.client()?.alarm_seen(&id);
    Ok(())
}

/// The ledger, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn ledger(book: State<'_, Book>, asked: LedgerAsked) -> Result<Vec<LedgerShown>, Failure> {
    Ok(book.client()?.ledger(&asked)?)
}
