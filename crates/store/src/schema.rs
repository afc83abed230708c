//! Opening the database file: what it may be, what is done to it, what is left alone.
//!
//! Invariants
//! - A file that is newer, damaged or another program's is recognised through a read-only connection, before anything
//!   could write to it. No file is ever deleted or replaced.
//! - Every migration runs in one transaction with its `user_version`.
//! - Projections are not migrated: see projection.rs.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::{Error, Result};

/// "Dtbk": what `file(1)` and we recognise the database by.
const APPLICATION_ID: i32 = 0x4474_626b;

/// In order; a file's `user_version` is how many of them it has seen.
const MIGRATIONS: &[&str] =
    &[include_str!("schema/0001_log.sql"), include_str!("schema/0002_claim.sql"), include_str!("schema/0003_file.sql")];

/// How long to wait for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// What lies at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or a file that a power cut left before its first transaction.
    Nothing,
    /// A duty book of this or an older version.
    Book,
}

/// Looks without touching.
pub(crate) fn probe(path: &Path) -> Result<Found> {
    let length = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(Error::io(path)(error)),
    };
    if length == 0 {
        return Ok(Found::Nothing);
    }
    let look = || -> rusqlite::Result<(i64, i64, i64)> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok((
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
            connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?,
        ))
    };
    let (application, version, tables) = look().map_err(|error| Error::of_file(error, path))?;
    let supported = MIGRATIONS.len() as i64;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(Found::Nothing),
        (application, _) if application != i64::from(APPLICATION_ID) => Err(Error::Foreign(path.to_owned())),
        (_, found) if found > supported => Err(Error::Newer { path: path.to_owned(), found, supported }),
        _ => Ok(Found::Book),
    }
}

/// The one connection that writes. The file must have been probed.
pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // An entry is acknowledged after COMMIT: it must be on the disk then, not only in the system's cache.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update_and_check(None, "journal_size_limit", 64 * 1024 * 1024, |_| Ok(()))?;
        // Pages. Moving the log into the file costs flushes of its own; a larger log costs little, also after a power cut.
        connection.pragma_update_and_check(None, "wal_autocheckpoint", 4000, |_| Ok(()))?;
        tune(&connection)?;
        Ok(connection)
    };
    open().map_err(|error| Error::of_file(error, path))
}

/// A connection that cannot write.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        tune(&connection)?;
        Ok(connection)
    };
    open().map_err(|error| Error::of_file(error, path))
}

fn tune(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // 16 MiB each, in KiB when negative.
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Brings the file to this program's format; `first` fills a new one in the same transaction.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    first: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<()>,
) -> Result<()> {
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| Error::of_file(error, path))?;
    // Asked again under the lock: another process may have been here since the probe.
    let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let supported = MIGRATIONS.len() as i64;
    if version > supported {
        return Err(Error::Newer { path: path.to_owned(), found: version, supported });
    }
    let seen = usize::try_from(version).unwrap_or_default();
    for (at, migration) in MIGRATIONS.iter().enumerate().skip(seen) {
        tracing::info!(version = at + 1, "migrating the duty book");
        tx.execute_batch(migration)?;
    }
    if version < supported {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", supported)?;
    }
    if version == 0 {
        first(&tx)?;
    }
    tx.commit()?;
    Ok(())
}
