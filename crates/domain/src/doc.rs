//! The only module that touches Automerge: documents ⇄ plain data.
//!
//! Layout of a document's root map (flat, so that two devices never create the same container at once):
//! `meta/<name>` scalar · `fact/<uuid>` map of scalars written once (lists and maps inside a fact as one JSON value under
//! `<name>.json`) · `field/<name>` scalar that may conflict · `text/<name>` text.
//!
//! Invariants
//! - [`write()`] makes exactly one change.
//! - [`lawful`] is the append-only rule for foreign changes, decided from the change alone: nothing is deleted, no fact
//!   and no creator's value is overwritten, no fact is written under another device's name, no object of another change
//!   is touched except a text.
//! - [`read`] is total: it never fails and never leaves anything out silently.

use std::collections::HashSet;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, AutomergeError, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use serde_json::{Map, Value};

use crate::ids::{FactId, RecordId};
use crate::record::{RawFact, RecordDoc, Write, in_causal_order};
use crate::role::Signer;
use crate::time::Timestamp;

/// Marks a fact's field that is a list or a map, kept as JSON text.
const STRUCTURED: &str = ".json";

/// A document could not be written. The document is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Automerge refused.
    #[error("the record could not be written: {0}")]
    Automerge(#[from] AutomergeError),
    /// Nothing was to be written.
    #[error("there is nothing to write")]
    Nothing,
}

/// Why a foreign change breaks the append-only rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlawful {
    /// A fact or a creator's value was overwritten or written twice.
    #[error("it changes {0}, which may only be written once")]
    Overwrites(String),
    /// Something was deleted.
    #[error("it deletes {0}")]
    Deletes(String),
    /// A fact was given an id that belongs to another device.
    #[error("it writes {0} under a name that is not its device's to give")]
    NotItsName(String),
    /// A record of one kind was called another.
    #[error("it calls the record “{0}”, which its id says it is not")]
    OtherKind(String),
    /// An object that another change made was touched.
    #[error("it reaches into a part of the record that another entry wrote")]
    Reaches,
    /// The change does not decode.
    #[error("it cannot be decoded")]
    Undecodable,
}

/// Reads a document as plain data, facts in causal order.
#[must_use]
pub fn read(doc: &Automerge, id: RecordId) -> RecordDoc {
    let mut record = RecordDoc::empty(id);
    let mut facts = Vec::new();
    // In one walk: a seek for every key, into every fact, is most of the work otherwise.
    for item in doc.map_range(ROOT, ..) {
        let key = item.key.to_string();
        let values = if item.conflict {
            doc.get_all(ROOT, key.as_str()).unwrap_or_default()
        } else {
            let id = item.id();
            vec![(item.value.into_value(), id)]
        };
        let (prefix, name) = key.split_once('/').unwrap_or(("", key.as_str()));
        match prefix {
            "meta" => {
                let said: Vec<Value> = values.iter().map(|(value, _)| scalar(value)).collect();
                if let Some(value) = one_value(id, name, &said) {
                    record.meta.insert(name.into(), value);
                }
                if said.iter().any(|value| *value != said[0]) {
                    record.unknown.push((key.clone(), "written twice, differently".into()));
                }
            }
            "field" => {
                let all = values.iter().map(|(value, _)| scalar(value)).collect();
                record.fields.insert(name.into(), all);
            }
            "text" => match whole_text(doc, &values) {
                Some(text) => {
                    record.texts.insert(name.into(), text);
                }
                None => record.unknown.push((key.clone(), "not a text".into())),
            },
            "fact" => match values.as_slice() {
                [(automerge::Value::Object(ObjType::Map), obj)] => match fact(doc, name, obj) {
                    Ok(fact) => facts.push(fact),
                    Err(reason) => record.unknown.push((key.clone(), reason)),
                },
                [_] => record.unknown.push((key.clone(), "not a fact".into())),
                _ => record.unknown.push((key.clone(), "written by two devices under one id".into())),
            },
            _ => record.unknown.push((key.clone(), "a part this version does not know".into())),
        }
    }
    record.facts = in_causal_order(facts);
    record
}

/// What a creator's value is, also when two devices wrote it without seeing each other. Planned records are begun on
/// several devices alike; anything else is a mistake or hostile, and decided by nothing that a writer could aim at: the
/// kind is the one that the record's id was made for, the earliest time is the time, and two numbers both stay.
fn one_value(record: RecordId, name: &str, said: &[Value]) -> Option<Value> {
    match name {
        "kind" => said.iter().find(|kind| kind.as_str().is_some_and(|kind| record.is_of_kind(kind))).cloned(),
        "created_at" => said.iter().filter_map(Value::as_i64).min().map(Value::from),
        "number" => {
            let mut numbers: Vec<&str> = said.iter().filter_map(Value::as_str).collect();
            numbers.sort_unstable();
            numbers.dedup();
            (!numbers.is_empty()).then(|| Value::String(numbers.join(" / ")))
        }
        _ => said.last().cloned(),
    }
}

/// A text that two people began without seeing each other is both, one after the other in an order that is the same on
/// every replica; whoever writes next makes one of it.
fn whole_text(doc: &Automerge, values: &[(automerge::Value<'_>, ObjId)]) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for (value, obj) in values {
        let automerge::Value::Object(ObjType::Text) = value else { return None };
        let part = doc.text(obj).unwrap_or_default();
        if !part.trim().is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    Some(parts.join("\n"))
}

fn fact(doc: &Automerge, name: &str, obj: &ObjId) -> Result<RawFact, String> {
    let id: FactId = name.parse().map_err(|_| "its id is not a UUID".to_owned())?;
    let mut body = Map::new();
    for item in doc.map_range(obj, ..) {
        let value = scalar(&item.value.into_value());
        match (item.key.strip_suffix(STRUCTURED), &value) {
            (Some(name), Value::String(text)) => {
                let inner = serde_json::from_str(text).map_err(|_| format!("its field {name} cannot be read"))?;
                body.insert(name.into(), inner);
            }
            _ => {
                body.insert(item.key.into_owned(), value);
            }
        }
    }
    let mut text = |name: &str| match body.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let kind = text("type").ok_or("it does not say what happened")?;
    let after = text("after").unwrap_or_default();
    let by = (|| {
        let role = serde_json::from_value(Value::String(text("by_role")?)).ok()?;
        Some(Signer { person: text("by")?.parse().ok()?, name: text("by_name")?, role })
    })()
    .ok_or("it does not say who signed it, or in a role this version does not know")?;
    let after = after.split_whitespace().filter_map(|id| id.parse().ok()).collect();
    let at = Timestamp(body.remove("at").and_then(|at| at.as_i64()).unwrap_or_default());
    Ok(RawFact { id, kind, at, by, after, body })
}

fn scalar(value: &automerge::Value<'_>) -> Value {
    let automerge::Value::Scalar(scalar) = value else {
        return Value::Null;
    };
    match scalar.as_ref() {
        ScalarValue::Str(text) => Value::String(text.to_string()),
        ScalarValue::Int(number) | ScalarValue::Timestamp(number) => Value::from(*number),
        ScalarValue::Uint(number) => Value::from(*number),
        ScalarValue::F64(number) => Value::from(*number),
        ScalarValue::Counter(counter) => Value::from(i64::from(counter)),
        ScalarValue::Boolean(flag) => Value::Bool(*flag),
        ScalarValue::Bytes(_) | ScalarValue::Unknown { .. } | ScalarValue::Null => Value::Null,
    }
}

/// The document as it was when it held the wanted changes: those and what they were written upon, nothing else. What a
/// writer had before their eyes was there, whatever their clock said.
///
/// # Errors
/// When Automerge cannot put the changes together again.
pub fn only(doc: &Automerge, wanted: impl Fn(&ChangeHash) -> bool) -> Result<Automerge, AutomergeError> {
    let changes = doc.get_changes(&[]);
    let mut kept: HashSet<ChangeHash> = HashSet::new();
    // What a change was written upon comes before it.
    for change in changes.iter().rev() {
        if kept.contains(&change.hash()) || wanted(&change.hash()) {
            kept.insert(change.hash());
            kept.extend(change.deps());
        }
    }
    let mut then = Automerge::new();
    then.apply_changes(changes.into_iter().filter(|change| kept.contains(&change.hash())))?;
    Ok(then)
}

/// Applies `writes` as one change and returns its raw, uncompressed bytes.
///
/// `actor` must be random per process start and never stored for reuse.
///
/// # Errors
/// [`WriteError`]; the document is then as it was.
pub fn write(doc: &mut Automerge, id: RecordId, writes: &[Write], actor: &[u8]) -> Result<Vec<u8>, WriteError> {
    if writes.is_empty() {
        return Err(WriteError::Nothing);
    }
    doc.set_actor(ActorId::from(actor));
    let mut after = read(doc, id).fact_heads();
    let mut tx = doc.transaction();
    for write in writes {
        put_write(&mut tx, write, &mut after)?;
    }
    // The entry around the change says when; a second clock inside it would only invite doubt.
    let (hash, _) = tx.commit_with(CommitOptions::default().with_time(0));
    let hash = hash.ok_or(WriteError::Nothing)?;
    let change = doc.get_change_by_hash(&hash).ok_or(WriteError::Nothing)?;
    Ok(change.raw_bytes().to_vec())
}

fn put_write<T: Transactable>(tx: &mut T, write: &Write, after: &mut Vec<FactId>) -> Result<(), AutomergeError> {
    match write {
        Write::Meta { name, value } => tx.put(ROOT, format!("meta/{name}"), to_scalar(value)),
        Write::Field { name, fact } => tx.put(ROOT, format!("field/{name}"), fact.to_string()),
        Write::Text { name, text } => {
            let key = format!("text/{name}");
            let standing = tx.get_all(ROOT, key.as_str())?;
            let obj = match standing.as_slice() {
                [(automerge::Value::Object(ObjType::Text), obj)] => obj.clone(),
                _ => tx.put_object(ROOT, key, ObjType::Text)?,
            };
            tx.update_text(&obj, text)
        }
        Write::Fact { id, kind, at, by, body } => {
            let fact = tx.put_object(ROOT, format!("fact/{id}"), ObjType::Map)?;
            tx.put(&fact, "type", kind.as_str())?;
            tx.put(&fact, "at", at.0)?;
            tx.put(&fact, "by", by.person.to_string())?;
            tx.put(&fact, "by_name", by.name.as_str())?;
            let role = serde_json::to_value(by.role).unwrap_or_default();
            tx.put(&fact, "by_role", to_scalar(&role))?;
            if !after.is_empty() {
                let earlier: Vec<String> = after.iter().map(ToString::to_string).collect();
                tx.put(&fact, "after", earlier.join(" "))?;
            }
            for (name, value) in body {
                match value {
                    // A fact never changes, so its inside needs no merging: one value, and nothing to reach into.
                    Value::Array(_) | Value::Object(_) => {
                        tx.put(&fact, format!("{name}{STRUCTURED}"), value.to_string())?;
                    }
                    flat => tx.put(&fact, name.clone(), to_scalar(flat))?,
                }
            }
            *after = vec![*id];
            Ok(())
        }
    }
}

fn to_scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Bool(flag) => ScalarValue::Boolean(*flag),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| ScalarValue::F64(number.as_f64().unwrap_or_default()), ScalarValue::Int)
        }
        Value::String(text) => ScalarValue::Str(text.as_str().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => ScalarValue::Null,
    }
}

/// The append-only rule for a change of `record` that `device` wrote, decided from the change alone, whatever it arrives
/// after.
///
/// # Errors
/// [`Unlawful`]: what it would do to what was written before.
pub fn lawful(change: &Change, record: RecordId, device: &[u8; 32]) -> Result<(), Unlawful> {
    use automerge::legacy::{Key, ObjectId, OpType};
    // `decode` may panic on bytes made by hand; gate 2 has its own guard, this one is for callers without it.
    let decoded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| change.decode()))
        .map_err(|_| Unlawful::Undecodable)?;
    let mut own = std::collections::HashSet::new();
    for (counter, op) in (decoded.start_op.get()..).zip(&decoded.operations) {
        let place = match &op.key {
            Key::Map(key) => key.to_string(),
            Key::Seq(_) => String::from("an element"),
        };
        let in_root = op.obj == ObjectId::Root;
        let in_own = matches!(&op.obj, ObjectId::Id(id) if own.contains(id));
        if in_root {
            let once = place.starts_with("fact/") || place.starts_with("meta/");
            if matches!(op.action, OpType::Delete) {
                return Err(Unlawful::Deletes(place));
            }
            if once && !op.pred.is_empty() {
                return Err(Unlawful::Overwrites(place));
            }
            // A UUID can be spelled in several ways; a fact has one name.
            let own_name = |name: &str| name.parse().is_ok_and(|id: FactId| id.is_of(device) && id.to_string() == name);
            if place.strip_prefix("fact/").is_some_and(|id| !own_name(id)) {
                return Err(Unlawful::NotItsName(place));
            }
            if place == "meta/kind" && !record.is_of_kind(&op_text(&op.action)) {
                return Err(Unlawful::OtherKind(op_text(&op.action)));
            }
        } else if !in_own && !edits_text(&op.action, &op.key) {
            return Err(Unlawful::Reaches);
        }
        if matches!(op.action, OpType::Make(_)) {
            own.insert(automerge::legacy::OpId::new(counter, &decoded.actor_id));
        }
    }
    Ok(())
}

fn op_text(action: &automerge::legacy::OpType) -> String {
    match action {
        automerge::legacy::OpType::Put(ScalarValue::Str(text)) => text.to_string(),
        _ => String::new(),
    }
}

/// Inserting and deleting characters is how a text is edited before it is signed. Texts are the only sequences in our
/// documents: lists inside facts are kept as one value, so nothing else can be reached this way.
fn edits_text(action: &automerge::legacy::OpType, key: &automerge::legacy::Key) -> bool {
    use automerge::legacy::{Key, OpType};
    matches!(key, Key::Seq(_)) && matches!(action, OpType::Put(ScalarValue::Str(_)) | OpType::Delete)
}
