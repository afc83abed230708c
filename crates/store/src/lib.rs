//! One device's duty book in SQLite: the signed log, the documents made from it, and what is derived from them.
//!
//! | module | owns |
//! |---|---|
//! | `schema`, `store` | opening, migrations, the one writing connection, the readers |
//! | `key`, `instance` | the device's secret, and noticing that the database was copied back |
//! | `book` | rows of the log |
//! | `write` | the local write path |
//! | `ingest`, `fork` | entries from other replicas |
//! | `materialise`, `contents` | entries into documents |
//! | `projection` | documents into lists, ledger, search, devices |
//! | `reading`, `peers`, `gaps` | what a sync session asks for, and what it leaves open |
//! | `file` | which files were taken in, and which the server has |
//! | `query`, `history`, `check`, `backup` | what people ask for |
//!
//! Invariants
//! - An action, a batch, a round of materialising is one transaction with `synchronous=FULL`: entries, signatures,
//!   document states, projections, numbers. What was returned as saved is on the disk.
//! - Entries are the truth. Document states and projections are caches that can be rebuilt from them, and
//!   [`Store::check`] compares.
//! - Local writes and entries of others end in the same code, so equal logs give equal projections.
//! - No file is ever deleted or replaced by this crate, and a database from a newer program is not touched.
//! - Calls block; whoever runs on an async executor calls from a blocking thread.

mod backup;
mod book;
mod cache;
mod check;
mod contents;
mod counter;
mod error;
mod file;
mod fork;
mod gaps;
mod history;
mod ingest;
mod instance;
mod key;
mod materialise;
mod peers;
mod projection;
mod proof;
mod query;
mod reading;
mod schema;
mod search;
mod store;
mod write;

pub use check::CheckReport;
pub use error::{Error, Result};
pub use file::FilesToSend;
pub use gaps::Gap;
pub use history::{EntryRow, Parked, Quarantined, SetAside, Standing};
pub use ingest::{IncomingBatch, IncomingPart, Receipt, Refused};
pub use materialise::Changed;
pub use peers::{Device, Holders, Token};
pub use proof::{Damaged, Pointing};
pub use query::{Counts, Cursor, LedgerFilter, LedgerRow, Order, RecordFilter, RecordRow};
pub use reading::{LogEntry, LogRead, WantedAfter};
pub use store::{Identity, OpenOptions, Random, Store};
pub use write::{Stamp, Writing};
