//! Which files were taken in here, and which of them the server has.

use dutybook_domain::file::FileHash;
use rusqlite::params;

use crate::book::{from_sql, to_sql};
use crate::error::Result;
use crate::store::Store;

/// Files that the server does not have yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesToSend {
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Store {
    /// A file was taken in and is on the disk. `urgent` ones are sent first.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file_kept(&self, hash: FileHash, length: u64, at_ms: i64, urgent: bool) -> Result<()> {
        self.within(|work| {
            work.tx
                .prepare_cached(
                    "INSERT INTO file (hash, length, at_ms, urgent, delivered) VALUES (?1, ?2, ?3, ?4, 0)
                     ON CONFLICT (hash) DO UPDATE SET urgent = max(urgent, excluded.urgent)",
                )?
                .execute(params![hash.0, to_sql(length)?, at_ms, urgent])?;
            Ok(())
        })
    }

    /// The server said that it has a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file_delivered(&self, hash: FileHash) -> Result<()> {
        self.within(|work| {
            work.tx.prepare_cached("UPDATE file SET delivered = 1 WHERE hash = ?1")?.execute([hash.0])?;
            Ok(())
        })
    }

    /// The next file to send: urgent ones first, then the oldest, but none of those to be passed over.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn next_file_to_send(&self, but: &[FileHash]) -> Result<Option<FileHash>> {
        self.read(|connection| {
            let mut query = connection
                .prepare_cached("SELECT hash FROM file WHERE delivered = 0 ORDER BY urgent DESC, at_ms, hash")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let hash = FileHash(row.get(0)?);
                if !but.contains(&hash) {
                    return Ok(Some(hash));
                }
            }
            Ok(None)
        })
    }

    /// How much there is to send.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn files_to_send(&self) -> Result<FilesToSend> {
        self.read(|connection| {
            let mut query =
                connection.prepare_cached("SELECT count(*), coalesce(sum(length), 0) FROM file WHERE delivered = 0")?;
            let (files, bytes) = query.query_row([], |row| Ok((from_sql(row.get(0)?), from_sql(row.get(1)?))))?;
            Ok(FilesToSend { files, bytes })
        })
    }
}
