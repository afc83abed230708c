//! Running numbers of this device, and its own settings.
//!
//! Invariants
//! - A number is given in the transaction that uses it: a rolled back action gives its number back, a saved one never.
//! - No number is given twice on one device, also not after an old copy of the database was put back: then every series
//!   leaves a gap, until the server was seen to know nothing of ours that we do not.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::{Error, Result};
use crate::store::{Store, Work};

/// More than a device gives of one series between two backups.
pub(crate) const GAP_AFTER_COPYING_BACK: i64 = 100;

impl Work<'_> {
    /// The next number of `series`, from 1.
    pub(crate) fn next_number(&mut self, series: &str) -> Result<u32> {
        let next: i64 = self
            .tx
            .prepare_cached(
                "INSERT INTO counter (series, last) SELECT ?1, number_floor + 1 FROM meta WHERE true
                 ON CONFLICT (series) DO UPDATE SET last = last + 1
                 RETURNING last",
            )?
            .query_row([series], |row| row.get(0))?;
        u32::try_from(next).map_err(|_| Error::Inconsistent(format!("the series {series} has run out of numbers")))
    }
}

impl Store {
    /// A setting of this device.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|connection| read_setting(connection, name))
    }

    /// Sets or, with `None`, forgets a setting of this device.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_setting(&self, name: &str, value: Option<&str>) -> Result<()> {
        self.within(|work| {
            match value {
                Some(value) => work.tx.execute(
                    "INSERT INTO setting (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    params![name, value],
                )?,
                None => work.tx.execute("DELETE FROM setting WHERE name = ?1", [name])?,
            };
            Ok(())
        })
    }
}

fn read_setting(connection: &Connection, name: &str) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}
