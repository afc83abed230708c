//! A backup: one file with everything but the device's secret key.
//!
//! Invariants
//! - The file appears under its name only when it is complete and on the disk.
//! - It says of itself that it is a copy (`meta.instance` is zero): put back in place of a database, it makes this device
//!   continue in new writers.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::error::{Error, Result};
use crate::key::sync_folder;
use crate::store::Store;

impl Store {
    /// Writes a backup to `to`, which must not exist. The book stays in use meanwhile.
    ///
    /// # Errors
    /// When it cannot be written; there is no file under that name then.
    pub fn backup(&self, to: &Path) -> Result<()> {
        if to.exists() {
            let exists = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(Error::io(to)(exists));
        }
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        // What an earlier attempt left behind is nobody's backup.
        if let Err(error) = std::fs::remove_file(part)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(Error::io(part)(error));
        }
        let mut copy = Connection::open(part).map_err(|error| Error::of_file(error, part))?;
        self.read_plain(|connection| {
            // All pages in one step: in WAL mode writers are not kept waiting, and nothing has to be copied twice.
            Backup::new(connection, &mut copy)?.step(-1)?;
            Ok(())
        })?;
        let finish = || -> rusqlite::Result<()> {
            copy.pragma_update(None, "synchronous", "FULL")?;
            copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
            copy.execute("UPDATE meta SET instance = zeroblob(16)", [])?;
            Ok(())
        };
        finish().map_err(|error| Error::of_file(error, part))?;
        copy.close().map_err(|(_, error)| Error::of_file(error, part))?;
        let settle = || -> std::io::Result<()> {
            std::fs::File::open(part)?.sync_all()?;
            std::fs::rename(part, to)?;
            sync_folder(to)
        };
        settle().map_err(Error::io(to))
    }
}
