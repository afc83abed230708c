//! What happens to a day's work log. Before the signature it is text that several people may edit.

use serde::{Deserialize, Serialize};

/// Facts of a work log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LogFact {
    /// 签名: 待发 from then on.
    Signed {
        /// The text as it was signed.
        text: String,
    },
    /// 已导出: a package was written for the company's site.
    Exported {
        /// The package's file.
        file: String,
        /// SHA-256 of the package, hex.
        sha256: String,
        /// How many telephone numbers were masked.
        masked: u32,
    },
    /// 已回执: the site has it.
    Receipted {
        /// What the site answered.
        receipt: String,
    },
}

/// What people can do with a work log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum LogAction {
    /// Keeps the text as it stands.
    Write {
        /// The whole text.
        text: String,
    },
    /// 签名.
    Sign,
    /// Notes that the package was written; whoever wrote the file says so.
    NoteExport {
        /// The package's file.
        file: String,
        /// SHA-256 of the package, hex.
        sha256: String,
        /// How many telephone numbers were masked.
        masked: u32,
    },
    /// 登记回执.
    NoteReceipt {
        /// What the site answered.
        receipt: String,
    },
}
