//! Files that people take along.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Puts a file there whole or not at all.
pub(crate) fn whole_file(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<(), Error> {
    let written = || -> std::io::Result<()> {
        let part = PathBuf::from(format!("{}.part", path.display()));
        let mut file = File::create(&part)?;
        write(&mut file)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    written().map_err(|error| Error::Folder { path: path.display().to_string(), detail: error.to_string() })
}
