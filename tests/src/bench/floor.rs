//! The floor: a row per entry in bare SQLite, as durable as ours (WAL, `synchronous=FULL`), and nothing else: no
//! signatures, no hashes, no documents, no indexes.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, TransactionBehavior};

/// A database with one table.
#[derive(Debug)]
pub struct Bare {
    connection: Connection,
}

impl Bare {
    /// A new one at `path`.
    ///
    /// # Errors
    /// When SQLite cannot write there.
    pub fn create(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // As the store has it: the comparison is about our work, not about when the log is moved into the file.
        connection.pragma_update_and_check(None, "wal_autocheckpoint", 4000, |_| Ok(()))?;
        connection.execute_batch(
            "CREATE TABLE entry (arrival INTEGER NOT NULL PRIMARY KEY, doc BLOB NOT NULL, bytes BLOB NOT NULL) STRICT",
        )?;
        Ok(Self { connection })
    }

    /// One transaction with a row per entry; durable when this returns.
    ///
    /// # Errors
    /// When SQLite cannot write.
    pub fn write<'a>(&mut self, entries: impl IntoIterator<Item = (&'a [u8; 16], &'a [u8])>) -> Result<()> {
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO entry (doc, bytes) VALUES (?1, ?2)")?;
            for (doc, bytes) in entries {
                insert.execute((doc, bytes))?;
            }
        }
        tx.commit()?;
        Ok(())
    }
}
