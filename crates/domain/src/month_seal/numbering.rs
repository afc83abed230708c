//! Which line has which number, and the root over them: pure, and the same on every replica.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::rules::Month;
use crate::known::{Known, KnownLine};

/// A line's place in the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum LineNumber {
    /// 册内流水号, from 1.
    Sealed {
        /// The number.
        number: u32,
    },
    /// 补录, numbered by a supplement, from 1.
    Late {
        /// The number.
        number: u32,
    },
    /// Not sealed yet, or arrived after the last seal.
    Unsealed,
}

/// A line with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedLine {
    /// The number.
    pub number: LineNumber,
    /// The line.
    pub line: KnownLine,
}

/// One seal as numbering needs it: the first closes the month, every further one is a supplement.
pub struct Sealing<'a> {
    /// How much it covers.
    pub known: &'a Known,
}

/// Numbers a month's lines under its seals. In the order of the volume: sealed ones, late ones, the rest; among those
/// of one seal by time, then by fact.
#[must_use]
pub fn numbered(mut lines: Vec<KnownLine>, seals: &[Sealing<'_>]) -> Vec<NumberedLine> {
    lines.sort_by_key(|line| (line.at, line.fact));
    let mut found: Vec<(usize, KnownLine)> = lines
        .into_iter()
        .map(|line| {
            let covers = |seal: &Sealing<'_>| seal.known.covers(&line.volume, &line.writer, line.entry.seq);
            (seals.iter().position(covers).unwrap_or(seals.len()), line)
        })
        .collect();
    found.sort_by_key(|(seal, _)| *seal);
    let (mut sealed, mut late) = (0, 0);
    found
        .into_iter()
        .map(|(seal, line)| {
            let number = match seal {
                at if at == seals.len() => LineNumber::Unsealed,
                0 => {
                    sealed += 1;
                    LineNumber::Sealed { number: sealed }
                }
                _ => {
                    late += 1;
                    LineNumber::Late { number: late }
                }
            };
            NumberedLine { number, line }
        })
        .collect()
}

/// The root of one seal: SHA-256, hex, over the month, the root before it, the frontier, and for each line its number,
/// fact, time and the hash of the entry that brought it. An entry's hash covers every byte of the entry and, through the
/// chain, every entry before it.
#[must_use]
pub fn root_of<'a>(
    month: Month,
    previous: &str,
    known: &Known,
    lines: impl IntoIterator<Item = &'a KnownLine>,
) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("dutybook/month-seal/1\n{month}\n{previous}\n{}\n", known.digest()));
    for (at, line) in lines.into_iter().enumerate() {
        let number = at + 1;
        hash.update(format!("{number} {} {} {}\n", line.fact, line.at.0, line.entry.hash));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
