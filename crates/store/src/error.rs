//! What can go wrong, in words for the person at the device, and in codes where the caller does something about it.

use std::path::{Path, PathBuf};

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The duty book could not be opened, read or written. Nothing was changed unless the variant says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no database at the path.
    #[error("there is no duty book at {}", .0.display())]
    Missing(PathBuf),
    /// A newer program wrote it.
    #[error(
        "the duty book at {} was written by a newer version of the program (its format is {found}, this program knows up \
         to {supported}); it was left untouched - please update the program", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format this program knows.
        supported: i64,
    },
    /// A SQLite database of another program.
    #[error("the file {} belongs to another program; it was left untouched", .0.display())]
    Foreign(PathBuf),
    /// The file is damaged or no database at all.
    #[error(
        "the duty book at {} is damaged ({detail}); the file was not deleted - keep it, restore the latest backup and \
         connect to the server or another device, which will send back what the backup lacks", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The device's secret key is not beside the database.
    #[error("the device's key file {} is missing; without it this device cannot sign anything", .0.display())]
    KeyMissing(PathBuf),
    /// The key file is not the one this database was made with, or is damaged.
    #[error("the key file {} is not the one this duty book was made with", .0.display())]
    KeyWrong(PathBuf),
    /// Another program held the database for too long.
    #[error("the duty book is busy: another program is using it")]
    Busy,
    /// No space left.
    #[error("the disk is full; nothing was saved")]
    Full,
    /// The disk did not write or flush.
    #[error("the disk failed; nothing was saved ({0})")]
    Disk(rusqlite::Error),
    /// A file operation failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The device does not belong to a site yet.
    #[error("this device has not been enrolled yet")]
    NotEnrolled,
    /// A record's id names no volume that it could live in.
    #[error("the id {0} names no volume that its record could live in")]
    Homeless(String),
    /// The document could not be written.
    #[error(transparent)]
    Write(#[from] dutybook_domain::doc::WriteError),
    /// Our own entry would be refused by every replica (too large, say).
    #[error("this cannot be saved: {0}")]
    Append(#[from] dutybook_log::AppendError),
    /// Our own change would break the append-only rule.
    #[error("this cannot be saved: {0}")]
    Unlawful(#[from] dutybook_domain::doc::Unlawful),
    /// What stands in the database contradicts itself; `dutybook check` says more.
    #[error("the duty book contradicts itself: {0}")]
    Inconsistent(String),
    /// Anything else SQLite says.
    #[error("the database refused: {0}")]
    Sqlite(rusqlite::Error),
}

impl Error {
    /// A stable word for callers that act on it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Newer { .. } => "newer",
            Self::Foreign(_) => "foreign",
            Self::Damaged { .. } => "damaged",
            Self::KeyMissing(_) | Self::KeyWrong(_) => "key",
            Self::Busy => "busy",
            Self::Full => "disk_full",
            Self::Disk(_) => "disk_failed",
            Self::Io { .. } => "io",
            Self::NotEnrolled => "not_enrolled",
            Self::Homeless(_) | Self::Write(_) | Self::Append(_) | Self::Unlawful(_) => "refused",
            Self::Inconsistent(_) => "inconsistent",
            Self::Sqlite(_) => "database",
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<'_> {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// Gives errors that mean a damaged file the file's name.
    pub(crate) fn of_file(error: rusqlite::Error, path: &Path) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged { path: path.to_owned(), detail: error.to_string() }
            }
            _ => error.into(),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::SystemIoFailure) => Self::Disk(error),
            _ => Self::Sqlite(error),
        }
    }
}
