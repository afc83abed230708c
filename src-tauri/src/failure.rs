//! What the web view gets when something cannot be done.

use dutybook_domain::Words;
use dutybook_domain::words;
use serde::{Deserialize, Serialize};

/// A code for the program and words for the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type, thiserror::Error)]
#[error("{}", words.en)]
pub struct Failure {
    /// Stable word.
    pub code: String,
    /// What a person reads.
    pub words: Words,
}

impl Failure {
    pub(crate) fn new(code: &str, words: Words) -> Self {
        Self { code: code.into(), words }
    }

    /// A file could not be written: the disk is full, or the folder is not ours.
    pub(crate) fn not_written(path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Self::new(
            "not_written",
            words!("文件没有存成({path}):{error}", "The file could not be written ({path}): {error}"),
        )
    }

    pub(crate) fn program(error: &str) -> Self {
        Self::new("program_error", words!("程序错误:{error}", "Program error: {error}"))
    }
}

impl From<dutybook_client::Error> for Failure {
    fn from(error: dutybook_client::Error) -> Self {
        Self::new(error.code(), error.words())
    }
}
