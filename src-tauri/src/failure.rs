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

    pub(crate) fn program(error: &str) -> Self {
        Self::new("program_error", words!("程序错误:{error}", "Program error: {error}"))
    }
}

impl From<dutybook_client::Error> for Failure {
    fn from(error: dutybook_client::Error) -> Self {
        Self::new(error.code(), error.words())
    }
}
