//! Gate 2: how a foreign change gets into a document.
//!
//! A change that passed gate 1 may still be one that Automerge cannot live with: a damaged change
//! with a fixed-up checksum can make it panic, or leave a document that no longer loads. So every
//! change is decoded and encoded again, applied to a copy, and the copy must survive being saved
//! and loaded before it takes the document's place.
//!
//! Invariants
//! - The document is either left as it was or moved to a state that was saved and loaded again
//!   with the same heads.
//! - One bad change costs no good one: when a batch fails, it is cut in halves until the bad ones
//!   stand alone.
//! - A change is only given to Automerge when all that it depends on is in the document, so
//!   nothing ever waits inside Automerge. `load_incremental` is not used: it swallows errors.
//! - No panic gets out. A panic inside Automerge still reaches the process's panic hook.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change, ChangeHash};

use crate::change::{self, ChangeRefusal};

/// What became of changes; the numbers are places in what was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// In the document now, in the order in which they went in. Also those that it had before.
    pub applied: Vec<usize>,
    /// Depend on changes that are neither in the document nor among the good ones given.
    pub waiting: Vec<usize>,
    /// Will never be part of the document.
    pub rejected: Vec<(usize, ApplyRefusal)>,
    /// The document's saved bytes, the same that were loaded to check it. `None` when nothing
    /// was added.
    pub saved: Option<Vec<u8>>,
}

/// Why a change does not become part of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyRefusal {
    /// It does not even pass gate 1.
    #[error(transparent)]
    Change(#[from] ChangeRefusal),
    /// Automerge cannot read it.
    #[error("the change cannot be read: {0}")]
    Unreadable(String),
    /// Reading and writing it gives something else.
    #[error("the change is not written as Automerge would write it")]
    NotCanonical,
    /// Its operations are not numbered right behind those of the changes that it builds on. With
    /// numbers far ahead one change would leave none for anybody after it.
    #[error("the change's operations are numbered {found} and on, where {expected} comes next")]
    Misnumbered {
        /// Number of its first operation.
        found: u64,
        /// What that number has to be.
        expected: u64,
    },
    /// Automerge refuses it in this document.
    #[error("the change does not fit the record: {0}")]
    Refused(String),
    /// Automerge broke down over it.
    #[error("the change breaks the record")]
    Panicked,
    /// With it, the document could not be loaded again.
    #[error("with the change, the record could not be read back: {0}")]
    Unloadable(String),
}

impl ApplyRefusal {
    /// A word for translation and for acting on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Change(refusal) => refusal.code(),
            Self::Unreadable(_) => "apply_unreadable",
            Self::NotCanonical => "apply_not_canonical",
            Self::Misnumbered { .. } => "apply_misnumbered",
            Self::Refused(_) => "apply_refused",
            Self::Panicked => "apply_panicked",
            Self::Unloadable(_) => "apply_unloadable",
        }
    }
}

/// Applies changes of one document, given in any order.
pub fn apply<'a>(doc: &mut Automerge, changes: impl Iterator<Item = &'a [u8]>) -> Applied {
    let mut result = Applied::default();
    let mut fresh: Vec<Readable> = Vec::new();
    let mut repeated = Vec::new();
    let mut seen = HashSet::new();
    for (index, bytes) in changes.enumerate() {
        match read(bytes) {
            Err(refusal) => result.rejected.push((index, refusal)),
            Ok(change) if holds(doc, &change.hash()) => result.applied.push(index),
            Ok(change) if !seen.insert(change.hash()) => repeated.push((index, change.hash())),
            Ok(change) => fresh.push(Readable { index, change }),
        }
    }
    let ready = in_causal_order(doc, fresh, &mut result);
    apply_halving(doc, ready, &mut result);
    for (index, hash) in repeated {
        if holds(doc, &hash) {
            result.applied.push(index);
        } else {
            result.waiting.push(index);
        }
    }
    result.waiting.sort_unstable();
    result.rejected.sort_unstable_by_key(|(index, _)| *index);
    result
}

/// A document's bytes as they are kept beside the log. Not deflated: that was a fifth of what bringing a record up to
/// date cost, for a tenth of the database, where the log is the larger part.
#[must_use]
pub fn save(doc: &Automerge) -> Vec<u8> {
    doc.save_nocompress()
}

struct Readable {
    index: usize,
    change: Change,
}

/// Reads a change, and makes sure that it is written the way Automerge writes it.
fn read(bytes: &[u8]) -> Result<Change, ApplyRefusal> {
    let facts = change::inspect(bytes)?;
    guarded(|| {
        let change = Change::try_from(bytes).map_err(|error| ApplyRefusal::Unreadable(error.to_string()))?;
        let again = Change::from(change.decode());
        let same = change.raw_bytes() == bytes
            && again.raw_bytes() == bytes
            && change.hash() == facts.hash.into()
            && change.len() == facts.ops as usize;
        if same { Ok(change) } else { Err(ApplyRefusal::NotCanonical) }
    })
}

fn guarded<T>(work: impl FnOnce() -> Result<T, ApplyRefusal>) -> Result<T, ApplyRefusal> {
    // Whatever the work changes is a copy of its own, thrown away when it fails.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ApplyRefusal::Panicked))
}

fn holds(doc: &Automerge, hash: &ChangeHash) -> bool {
    last_op(doc, hash).is_some()
}

/// Number of the last operation up to a change of the document.
fn last_op(doc: &Automerge, hash: &ChangeHash) -> Option<u64> {
    doc.get_change_meta_by_hash(hash).map(|meta| meta.max_op)
}

/// Orders changes so that each comes behind what it depends on; the given order stays where it
/// can. What depends on something unknown waits.
fn in_causal_order(doc: &Automerge, fresh: Vec<Readable>, result: &mut Applied) -> Vec<Readable> {
    // With the number of the last operation up to each.
    let mut placed: HashMap<ChangeHash, u64> = HashMap::with_capacity(fresh.len());
    let mut held_up: HashMap<ChangeHash, Vec<Readable>> = HashMap::new();
    let mut ordered = Vec::with_capacity(fresh.len());
    for readable in fresh {
        let mut next = vec![readable];
        while let Some(readable) = next.pop() {
            let change = &readable.change;
            let last_ops: Result<Vec<u64>, ChangeHash> = change
                .deps()
                .iter()
                .map(|dep| placed.get(dep).copied().or_else(|| last_op(doc, dep)).ok_or(*dep))
                .collect();
            match last_ops {
                Err(missing) => held_up.entry(missing).or_default().push(readable),
                Ok(last_ops) => {
                    let expected = 1 + last_ops.into_iter().max().unwrap_or(0);
                    let found = change.start_op().get();
                    if found != expected {
                        result.rejected.push((readable.index, ApplyRefusal::Misnumbered { found, expected }));
                        continue;
                    }
                    let hash = change.hash();
                    placed.insert(hash, change.max_op());
                    ordered.push(readable);
                    next.extend(held_up.remove(&hash).into_iter().flatten().rev());
                }
            }
        }
    }
    result.waiting.extend(held_up.into_values().flatten().map(|readable| readable.index));
    ordered
}

/// Applies all, or else the halves one after the other.
fn apply_halving(doc: &mut Automerge, mut changes: Vec<Readable>, result: &mut Applied) {
    // A change before this half may have been rejected; what builds on it has to wait.
    let mut placed: HashSet<ChangeHash> = HashSet::with_capacity(changes.len());
    changes.retain(|Readable { index, change }| {
        let complete = change.deps().iter().all(|dep| placed.contains(dep) || holds(doc, dep));
        if complete {
            placed.insert(change.hash());
        } else {
            result.waiting.push(*index);
        }
        complete
    });
    if changes.is_empty() {
        return;
    }
    match try_apply(doc, &changes) {
        Ok((copy, saved)) => {
            *doc = copy;
            result.saved = Some(saved);
            result.applied.extend(changes.iter().map(|change| change.index));
        }
        Err(refusal) if changes.len() == 1 => {
            result.rejected.push((changes[0].index, refusal));
        }
        Err(_) => {
            let second = changes.split_off(changes.len() / 2);
            apply_halving(doc, changes, result);
            apply_halving(doc, second, result);
        }
    }
}

fn try_apply(doc: &Automerge, changes: &[Readable]) -> Result<(Automerge, Vec<u8>), ApplyRefusal> {
    guarded(|| {
        let mut copy = doc.clone();
        copy.apply_changes(changes.iter().map(|change| change.change.clone()))
            .map_err(|error| ApplyRefusal::Refused(error.to_string()))?;
        let saved = save(&copy);
        let loaded = Automerge::load(&saved).map_err(|error| ApplyRefusal::Unloadable(error.to_string()))?;
        if loaded.get_heads() != copy.get_heads() {
            return Err(ApplyRefusal::Unloadable("other heads".into()));
        }
        if changes.iter().any(|change| !holds(&copy, &change.change.hash())) {
            return Err(ApplyRefusal::Refused("not taken up".into()));
        }
        Ok((copy, saved))
    })
}
