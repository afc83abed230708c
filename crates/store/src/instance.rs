//! Noticing that the database was copied back.
//!
//! A writer's log must never go two ways. When an old copy of the database takes the place of the current one, the
//! entries written since are gone here but others may hold them; the next entry would take a number that is taken. So
//! the database and a small marker file beside it both carry the name of this copy (`instance`) and the count of
//! transactions that wrote something of our own. A database that is behind its marker, or beside another one or none,
//! may have been copied back: it gets a new instance, and with it new writers.
//!
//! Invariants
//! - The database is committed first, the marker follows. A database ahead of its marker (power cut) is in order.
//! - The marker is never flushed to disk on purpose: losing its last writes only makes it older, which is in order.
//! - Anything doubtful counts as copied back. A needless new writer costs 100 bytes; a fork costs a person's time.
//!
//! When the marker was copied back together with the database this notices nothing; then the rule for forks (ingest.rs)
//! holds.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

const MAGIC: &[u8; 8] = b"dutybk01";

/// Name of one copy of a database.
pub(crate) type Instance = [u8; 16];

/// Which copy, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) instance: Instance,
    pub(crate) local_commits: i64,
}

/// The file beside the database.
pub(crate) struct Marker {
    path: PathBuf,
}

impl Marker {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("book.instance") }
    }

    /// Whether this device ever wrote here, whatever became of the database.
    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Is the database with `mark` the one that this device wrote last?
    pub(crate) fn agrees(&self, mark: Mark) -> bool {
        self.read().is_some_and(|file| file.instance == mark.instance && file.local_commits <= mark.local_commits)
    }

    fn read(&self) -> Option<Mark> {
        let bytes = fs::read(&self.path).ok()?;
        let rest = bytes.strip_prefix(MAGIC)?;
        let (instance, count) = rest.split_at_checked(16)?;
        Some(Mark { instance: instance.try_into().ok()?, local_commits: i64::from_be_bytes(count.try_into().ok()?) })
    }

    /// Follows the database after its commit.
    pub(crate) fn follow(&self, mark: Mark) -> Result<()> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(mark.instance);
        bytes.extend(mark.local_commits.to_be_bytes());
        // In place and in one piece: whoever is killed here leaves the old marker or the new one, not an empty file.
        let write =
            || fs::OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?.write_all(&bytes);
        write().map_err(Error::io(&self.path))
    }
}
