//! Records: lists, one opened, its history, the ledger, alarms, and the one way to write.

use dutybook_client::shown::{Alarm, Done, HistoryShown, LedgerShown, RecordOpened, RecordShown, RecordThen, RunNow};
use dutybook_client::{LedgerAsked, RecordsAsked, Target};
use dutybook_domain::contact_record::Repeat;
use dutybook_domain::engine::CommonAction;
use dutybook_domain::follow_up::FollowUpRow;
use dutybook_domain::kinds::AnyAction;
use dutybook_domain::patrol_run::RunStatus;
use dutybook_domain::{Day, RecordId, Timestamp};
use serde_json::Value;
use tauri::State;

use crate::{Book, Failure};

/// Does one thing to a record, or makes a new one; durable when it returns.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn act(book: State<'_, Book>, record: Option<RecordId>, action: AnyAction) -> Result<Done, Failure> {
    let (target, action) = parts(record, action)?;
    Ok(book.client()?.act(&target, action)?)
}

/// The same by another person at this device, who confirms it with their own PIN; who is signed in stays signed in.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn act_as(
    book: State<'_, Book>,
    person: RecordId,
    pin: String,
    record: Option<RecordId>,
    action: AnyAction,
) -> Result<Done, Failure> {
    let (target, action) = parts(record, action)?;
    Ok(book.client()?.act_as(person, &pin, &target, action)?)
}

fn parts(record: Option<RecordId>, action: AnyAction) -> Result<(Target, Value), Failure> {
    let parts = serde_json::to_value(action).map_err(|error| Failure::program(&error.to_string()))?;
    let kind = parts.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((Target { kind, record }, parts.get("action").cloned().unwrap_or_default()))
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

/// A record as it was at a moment.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn record_at(book: State<'_, Book>, id: RecordId, at: Timestamp) -> Result<RecordThen, Failure> {
    Ok(book.client()?.record_at(id, at)?)
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

/// How a patrol run stands now, or how it stood at another moment.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn run_now(book: State<'_, Book>, id: RecordId, at: Option<Timestamp>) -> Result<RunNow, Failure> {
    Ok(book.client()?.run_now(id, at)?)
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

/// 《回访记录表》 of these days.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn follow_ups(book: State<'_, Book>, from: Day, to: Day) -> Result<Vec<FollowUpRow>, Failure> {
    Ok(book.client()?.follow_ups(from, to)?)
}

/// What waits to be followed up.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn follow_ups_due(book: State<'_, Book>) -> Result<Vec<RecordShown>, Failure> {
    Ok(book.client()?.follow_ups_due()?)
}

/// Calls of the last days from the same unit or telephone.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn repeats(book: State<'_, Book>, unit_label: String, phone: String) -> Result<Vec<Repeat>, Failure> {
    Ok(book.client()?.repeats(&unit_label, &phone)?)
}

/// The ledger, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn ledger(book: State<'_, Book>, asked: LedgerAsked) -> Result<Vec<LedgerShown>, Failure> {
    Ok(book.client()?.ledger(&asked)?)
}
