//! What people read, in both languages at once.
//!
//! The program's two halves run in different processes and the ledger is printed years later, so a sentence about a
//! record is composed once, here, where the facts are; the screen picks the language. `docs/adr/0002` says why this is
//! not a message catalogue.

use serde::{Deserialize, Serialize};

/// One sentence in Chinese (the official one) and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Words {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The same text in both languages: names, numbers, what somebody typed.
    #[must_use]
    pub fn same(text: impl Into<String>) -> Self {
        let zh = text.into();
        Self { en: zh.clone(), zh }
    }

    /// This sentence followed by `other`.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.zh.push_str(&other.zh);
        self.en.push_str(&other.en);
        self
    }
}

/// `words!("由{name}接单", "taken by {name}")`: both format strings see the same variables.
#[macro_export]
macro_rules! words {
    ($zh:literal, $en:literal) => {
        $crate::words::Words { zh: format!($zh), en: format!($en) }
    };
}
