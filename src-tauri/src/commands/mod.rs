//! Commands and events of the web view, by noun. Each is a line: the client does the work.

mod book;
mod carry;
mod duty;
mod emergency;
mod near;
mod papers;
mod pictures;
mod print;
mod registers;
mod shift;
mod site;
mod work;

pub(crate) use book::*;
pub(crate) use carry::*;
pub(crate) use duty::*;
pub(crate) use emergency::*;
pub(crate) use near::*;
pub(crate) use papers::*;
pub(crate) use pictures::*;
pub(crate) use print::*;
pub(crate) use registers::*;
pub(crate) use shift::*;
pub(crate) use site::*;
pub(crate) use work::*;

use dutybook_client::shown::{BookChanged, SyncShown};
use serde::{Deserialize, Serialize};

/// Something in the book changed.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct BookChangedEvent(pub BookChanged);

/// The sync word or number changed.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct SyncChangedEvent(pub SyncShown);
