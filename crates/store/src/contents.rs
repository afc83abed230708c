//! What a single change carries, read from the change alone, without merging it with anything.
//!
//! The history names what each entry wrote, and trust must not depend on a merge: which devices belong to the site is
//! read from the server's own changes only, so nothing that somebody else puts into the same document can hide it.
//!
//! Invariant: total. A change that passed both gates has contents; any other has none, without a panic.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{Change, ObjType, ScalarValue};
use dutybook_domain::FactId;

/// What one change wrote.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Keys of the record's root that it set, in order, each once: `meta/kind`, `fact/<id>`, `field/level`.
    pub(crate) keys: Vec<String>,
    /// The facts among them with their texts (`type`, `key`, …); other values are left out.
    pub(crate) facts: Vec<(FactId, BTreeMap<String, String>)>,
    /// Texts of the creator's values.
    pub(crate) meta: BTreeMap<String, String>,
}

impl Contents {
    /// The facts it brought.
    pub(crate) fn fact_ids(&self) -> impl Iterator<Item = FactId> {
        self.facts.iter().map(|(id, _)| *id)
    }
}

/// Decodes a change chunk.
pub(crate) fn decode(change: &[u8]) -> Option<Change> {
    catch_unwind(AssertUnwindSafe(|| Change::from_bytes(change.to_vec()).ok())).ok().flatten()
}

/// Reads what a change carries.
pub(crate) fn contents(change: &Change) -> Option<Contents> {
    catch_unwind(AssertUnwindSafe(|| read(change))).ok()
}

fn read(change: &Change) -> Contents {
    let decoded = change.decode();
    let mut contents = Contents::default();
    let mut facts: HashMap<OpId, usize> = HashMap::new();
    for (counter, op) in (decoded.start_op.get()..).zip(&decoded.operations) {
        let Key::Map(key) = &op.key else { continue };
        match (&op.obj, &op.action) {
            (ObjectId::Root, action) => {
                if !contents.keys.iter().any(|known| known == key.as_str()) {
                    contents.keys.push(key.to_string());
                }
                match (key.split_once('/'), action) {
                    (Some(("fact", id)), OpType::Make(ObjType::Map)) => {
                        if let Ok(id) = id.parse() {
                            facts.insert(OpId::new(counter, &decoded.actor_id), contents.facts.len());
                            contents.facts.push((id, BTreeMap::new()));
                        }
                    }
                    (Some(("meta", name)), OpType::Put(ScalarValue::Str(text))) => {
                        contents.meta.insert(name.to_owned(), text.to_string());
                    }
                    _ => {}
                }
            }
            (ObjectId::Id(id), OpType::Put(ScalarValue::Str(text))) => {
                if let Some((_, fields)) = facts.get(id).and_then(|at| contents.facts.get_mut(*at)) {
                    fields.insert(key.to_string(), text.to_string());
                }
            }
            _ => {}
        }
    }
    contents
}
