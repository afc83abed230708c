//! What is sealed of a month.

use serde::{Deserialize, Serialize};

use crate::known::Known;

/// A month's lines as far as they were known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Seal {
    /// How much of the book was known.
    pub known: Known,
    /// How many lines are numbered by it.
    pub lines: u32,
    /// SHA-256 over the frontier and the lines, hex.
    pub root: String,
}

/// Facts of a month's seal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SealFact {
    /// 封存.
    Sealed(Seal),
    /// 补录编号: numbers what arrived since, behind what was sealed.
    Supplemented(Seal),
}

/// What people can do with a month that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum SealAction {
    /// 封存.
    Seal,
    /// 补录编号.
    Supplement,
}
