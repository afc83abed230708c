//! How much of the book somebody had before them when they signed: a frontier as a fact keeps it.
//!
//! Handover sheets, daily reports and month seals sign one. What is not covered by it was recorded, or arrived, later
//! (补录): the signed sheet never changes, and the difference can be shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::FactId;
use crate::time::Timestamp;

/// For every writer of the named volumes, the last entry that was known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct Known {
    /// Volume → writer (hex) → how far.
    pub volumes: BTreeMap<String, BTreeMap<String, Reached>>,
}

/// One writer's last known entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Reached {
    /// Its number.
    #[specta(type = f64)]
    pub seq: u64,
    /// Its hash, hex. Through the chain it stands for every entry before it.
    pub hash: String,
}

/// A ledger line and the entry that brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLine {
    /// When, by its writer's clock.
    pub at: Timestamp,
    /// The fact.
    pub fact: FactId,
    /// The kind of its record.
    pub kind: String,
    /// The volume it stands in.
    pub volume: String,
    /// The entry's writer, hex.
    pub writer: String,
    /// The entry.
    pub entry: Reached,
}

impl Known {
    /// Takes in that an entry is known, and through the chain all before it.
    pub fn reach(&mut self, volume: &str, writer: &str, entry: &Reached) {
        let reached =
            self.volumes.entry(volume.into()).or_default().entry(writer.into()).or_insert_with(|| entry.clone());
        if reached.seq < entry.seq {
            *reached = entry.clone();
        }
    }

    /// Whether an entry was known.
    #[must_use]
    pub fn covers(&self, volume: &str, writer: &str, seq: u64) -> bool {
        self.volumes.get(volume).and_then(|writers| writers.get(writer)).is_some_and(|reached| seq <= reached.seq)
    }

    /// SHA-256 over the volumes, writers, numbers and hashes in order, hex: short enough for a printed sheet.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (volume, writers) in &self.volumes {
            for (writer, reached) in writers {
                hash.update(format!("{volume} {writer} {} {}\n", reached.seq, reached.hash));
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_up_to_the_last_entry_and_no_other_writer() {
        let reached = Reached { seq: 3, hash: "ab".into() };
        let known = Known { volumes: [("demo/duty/2026-06".into(), [("w1".into(), reached)].into())].into() };
        assert!(known.covers("demo/duty/2026-06", "w1", 3));
        assert!(!known.covers("demo/duty/2026-06", "w1", 4));
        assert!(!known.covers("demo/duty/2026-06", "w2", 1) && !known.covers("demo/duty/2026-07", "w1", 1));
        assert_ne!(known.digest(), Known::default().digest());
    }
}
