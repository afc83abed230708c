//! What lists are asked for.

use dutybook_domain::known::Known;
use dutybook_domain::{Day, RecordId, Timestamp};
use serde::{Deserialize, Serialize};

/// Which records, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct RecordsAsked {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only those somebody still has to do something about, or only the others.
    pub open: Option<bool>,
    /// Only in these states.
    pub states: Vec<String>,
    /// Only those the person signed in is responsible for.
    pub mine: bool,
    /// Only with this in number, title, place, people or ledger text.
    pub text: Option<String>,
    /// How many at most; 0 means 200.
    pub limit: u32,
    /// How many to pass over.
    pub offset: u32,
}

/// Which lines of the ledger, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct LedgerAsked {
    /// Only lines before this cursor.
    pub before: Option<String>,
    /// Only with this in them.
    pub text: Option<String>,
    /// Only of this record.
    pub record: Option<RecordId>,
    /// Only of this day.
    pub day: Option<Day>,
    /// Only of records of this kind.
    pub kind: Option<String>,
    /// Only signed by this person.
    pub person: Option<RecordId>,
    /// Only at or after this instant.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub to: Option<Timestamp>,
    /// Only what this signed frontier does not cover: recorded, or arrived, after the signature (封存后补录).
    pub beyond: Option<Known>,
    /// How many at most; 0 means 100.
    pub limit: u32,
}
