//! A record as plain data: what stands in its document, in causal order.
//!
//! Invariants
//! - Facts are only ever added. A correction or a voiding is another fact that points at the first.
//! - The order of facts is causal: every fact names the latest facts its writer had seen (`after`); facts that did not
//!   see each other are ordered by id. Clocks decide nothing. The same set of facts gives the same order everywhere.
//! - Reading never fails: what this program does not understand is kept in [`RecordDoc::unknown`] and shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::escalation::EscalationFact;
use crate::ids::{FactId, RecordId};
use crate::role::Signer;
use crate::time::Timestamp;

/// One fact as it stands in the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawFact {
    /// Its own id.
    pub id: FactId,
    /// What happened: the kind's own word, such as `dispatched`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When, by the writer's clock.
    pub at: Timestamp,
    /// Who signed it.
    pub by: Signer,
    /// The latest facts the writer had seen.
    pub after: Vec<FactId>,
    /// The fact's own fields.
    pub body: Map<String, Value>,
}

/// Everything that stands in one record's document.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordDoc {
    /// The record.
    pub id: RecordId,
    /// Written once by the creator: `kind`, `schema`, `number`, `created_at`, …
    pub meta: BTreeMap<String, Value>,
    /// All facts in causal order.
    pub facts: Vec<RawFact>,
    /// Values that people may both set; more than one when they did so without seeing each other.
    pub fields: BTreeMap<String, Vec<Value>>,
    /// Long texts edited before signing.
    pub texts: BTreeMap<String, String>,
    /// Keys this program does not understand (a newer version wrote them, or somebody hostile), with the reason.
    pub unknown: Vec<(String, String)>,
}

impl RecordDoc {
    /// A record nobody has written to yet.
    #[must_use]
    pub fn empty(id: RecordId) -> Self {
        Self {
            id,
            meta: BTreeMap::new(),
            facts: Vec::new(),
            fields: BTreeMap::new(),
            texts: BTreeMap::new(),
            unknown: Vec::new(),
        }
    }

    /// The record's kind as its creator wrote it; empty for a document without one.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.meta.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// The number (单号), where the kind has one.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.meta.get("number").and_then(Value::as_str)
    }

    /// The facts no other fact has seen: what the next fact comes after.
    #[must_use]
    pub fn fact_heads(&self) -> Vec<FactId> {
        let seen: BTreeSet<FactId> = self.facts.iter().flat_map(|fact| fact.after.iter().copied()).collect();
        self.facts.iter().map(|fact| fact.id).filter(|id| !seen.contains(id)).collect()
    }

    /// Of these facts, the ones that no writer of another of them had seen: more than one when people wrote without
    /// seeing each other.
    #[must_use]
    pub fn latest_of(&self, facts: &[FactId]) -> Vec<FactId> {
        let after: HashMap<FactId, &[FactId]> =
            self.facts.iter().map(|fact| (fact.id, fact.after.as_slice())).collect();
        let mut seen = BTreeSet::new();
        let mut open: Vec<FactId> = facts.iter().filter_map(|id| after.get(id)).copied().flatten().copied().collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(after.get(&id).copied().into_iter().flatten());
            }
        }
        facts.iter().copied().filter(|id| !seen.contains(id)).collect()
    }

    /// The facts a field points at: one, or several when people set it without seeing each other.
    #[must_use]
    pub fn field_facts(&self, name: &str) -> Vec<FactId> {
        let mut ids: Vec<FactId> =
            self.fields.get(name).into_iter().flatten().filter_map(|value| value.as_str()?.parse().ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Puts facts into causal order: by depth in the `after` graph, then by id. Facts that only a hostile writer could
/// make (pointing in a circle) come last, by id.
#[must_use]
pub fn in_causal_order(mut facts: Vec<RawFact>) -> Vec<RawFact> {
    let index: HashMap<FactId, usize> = facts.iter().enumerate().map(|(at, fact)| (fact.id, at)).collect();
    let mut depth = vec![u32::MAX; facts.len()];
    let mut open: Vec<usize> = vec![0; facts.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); facts.len()];
    for (at, fact) in facts.iter().enumerate() {
        for earlier in fact.after.iter().filter_map(|id| index.get(id)) {
            open[at] += 1;
            followers[*earlier].push(at);
        }
    }
    let mut ready: Vec<usize> = (0..facts.len()).filter(|at| open[*at] == 0).collect();
    for at in &ready {
        depth[*at] = 0;
    }
    while let Some(at) = ready.pop() {
        for follower in followers[at].clone() {
            let deeper = depth[at].saturating_add(1);
            depth[follower] = if depth[follower] == u32::MAX { deeper } else { depth[follower].max(deeper) };
            open[follower] -= 1;
            if open[follower] == 0 {
                ready.push(follower);
            }
        }
    }
    // A fact in a circle, or behind one, was never fully released: it keeps no depth of its own.
    for at in 0..facts.len() {
        if open[at] > 0 {
            depth[at] = u32::MAX;
        }
    }
    let key: HashMap<FactId, u32> = facts.iter().enumerate().map(|(at, fact)| (fact.id, depth[at])).collect();
    facts.sort_by_key(|fact| (key[&fact.id], fact.id));
    facts
}

/// One thing to put into a record's document. A list of writes becomes one change.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// A creator's value, `meta/<name>`.
    Meta {
        /// Name without the prefix.
        name: &'static str,
        /// A scalar.
        value: Value,
    },
    /// A new fact, `fact/<id>`; `after` is filled in when it is written.
    Fact {
        /// Its id.
        id: FactId,
        /// Its word.
        kind: String,
        /// When.
        at: Timestamp,
        /// Who.
        by: Signer,
        /// Its own fields.
        body: Map<String, Value>,
    },
    /// A value that people may both set, `field/<name>`, pointing at the fact that says who and why.
    Field {
        /// Name without the prefix.
        name: &'static str,
        /// The fact in force.
        fact: FactId,
    },
    /// Long text, `text/<name>`, given whole; the difference to what stands there is written.
    Text {
        /// Name without the prefix.
        name: &'static str,
        /// The text as it should read.
        text: String,
    },
}

/// What a fact says, in the kind's own type, or as it stands when this program does not know it.
#[derive(Clone, Debug, PartialEq)]
pub enum Said<F> {
    /// Understood.
    Known(F),
    /// From a newer program: kept and shown as it is.
    Unknown,
}

/// A correction of one field of a fact (更正): both values stay readable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Amendment {
    /// The fact that corrects.
    pub by_fact: FactId,
    /// Who corrected.
    pub by: Signer,
    /// When.
    pub at: Timestamp,
    /// Which field.
    pub field: String,
    /// What it said before.
    #[specta(type = specta_typescript::Unknown)]
    pub was: Value,
    /// What it should say.
    #[specta(type = specta_typescript::Unknown)]
    pub is: Value,
    /// Why.
    pub reason: String,
}

/// A voiding (作废): the fact stays readable but is no longer in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Voiding {
    /// The fact that voids.
    pub by_fact: FactId,
    /// Who voided.
    pub by: Signer,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// One fact as a record kind reads it: corrected, and marked when it was voided.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<F> {
    /// The fact as it stands.
    pub raw: RawFact,
    /// What it says after corrections.
    pub said: Said<F>,
    /// Corrections in causal order.
    pub amended: Vec<Amendment>,
    /// Set when it was voided.
    pub voided: Option<Voiding>,
}

/// A record as its kind reads it.
#[derive(Clone, Debug)]
pub struct Story<'a, F> {
    /// The document's plain data.
    pub doc: &'a RecordDoc,
    /// The kind's own facts in causal order; voided ones are among them.
    pub told: Vec<Told<F>>,
    /// Facts common to all kinds that could not be followed (they point at nothing).
    pub stray: Vec<FactId>,
}

/// Facts that every kind of record shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Common {
    /// 更正.
    Amended {
        /// The fact corrected.
        of: FactId,
        /// Its field.
        field: String,
        /// The right value.
        value: Value,
        /// Why.
        reason: String,
    },
    /// 作废.
    FactVoided {
        /// The fact that is no longer in force.
        of: FactId,
        /// Why.
        reason: String,
    },
    /// A remark (说明), possible on everything.
    Noted {
        /// The remark.
        text: String,
    },
    /// 改期, when it was handed over (see `postponed`).
    Postponed {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: String,
    },
}

impl<'a, F: DeserializeOwned> Story<'a, F> {
    /// Reads a document as facts of type `F`, with corrections and voidings worked in.
    ///
    /// Only who signed a fact, or somebody who supervises, can void or correct it; anybody else's is left as a stray.
    #[must_use]
    pub fn read(doc: &'a RecordDoc) -> Self {
        let mut told: Vec<Told<F>> = Vec::with_capacity(doc.facts.len());
        let mut bodies: HashMap<FactId, (usize, Map<String, Value>)> = HashMap::new();
        let mut stray = Vec::new();
        let mut reports: Vec<&RawFact> = Vec::new();
        for raw in &doc.facts {
            if let Some(fact) = parse::<EscalationFact>(&raw.kind, &raw.body) {
                reports.extend(matches!(fact, EscalationFact::Escalated { .. }).then_some(raw));
                continue;
            }
            let common = parse::<Common>(&raw.kind, &raw.body);
            match common {
                Some(Common::Amended { of, field, value, reason }) => match bodies.get_mut(&of) {
                    Some((at, body)) if may_touch(&raw.by, &told[*at].raw) => {
                        let was = body.insert(field.clone(), value.clone()).unwrap_or(Value::Null);
                        let target = &mut told[*at];
                        target.amended.push(Amendment {
                            by_fact: raw.id,
                            by: raw.by.clone(),
                            at: raw.at,
                            field,
                            was,
                            is: value,
                            reason,
                        });
                        if let Some(fact) = parse(&target.raw.kind, body) {
                            target.said = Said::Known(fact);
                        }
                    }
                    _ => stray.push(raw.id),
                },
                Some(Common::FactVoided { of, reason }) => match bodies.get(&of) {
                    Some((at, _)) if may_touch(&raw.by, &told[*at].raw) => {
                        told[*at].voided.get_or_insert(Voiding {
                            by_fact: raw.id,
                            by: raw.by.clone(),
                            at: raw.at,
                            reason,
                        });
                    }
                    // A report taken back (see `escalation`).
                    _ if reports.iter().any(|report| report.id == of && may_touch(&raw.by, report)) => {}
                    _ => stray.push(raw.id),
                },
                Some(Common::Noted { .. } | Common::Postponed { .. }) => {}
                None => {
                    bodies.insert(raw.id, (told.len(), raw.body.clone()));
                    let said = parse(&raw.kind, &raw.body).map_or(Said::Unknown, Said::Known);
                    told.push(Told { raw: raw.clone(), said, amended: Vec::new(), voided: None });
                }
            }
        }
        Self { doc, told, stray }
    }

    /// The same where some facts stand as they were signed: those as first written, whatever was said of them since.
    pub fn in_force_or_signed(&self, stands: impl Fn(&F) -> bool) -> impl Iterator<Item = (&RawFact, F)>
    where
        F: Clone,
    {
        self.told.iter().filter_map(move |told| match parse::<F>(&told.raw.kind, &told.raw.body) {
            Some(fact) if stands(&fact) => Some((&told.raw, fact)),
            _ => match (&told.said, &told.voided) {
                (Said::Known(fact), None) => Some((&told.raw, fact.clone())),
                _ => None,
            },
        })
    }

    /// The facts that count: understood and not voided, in causal order.
    pub fn in_force(&self) -> impl Iterator<Item = (&RawFact, &F)> {
        self.told.iter().filter_map(|told| match (&told.said, &told.voided) {
            (Said::Known(fact), None) => Some((&told.raw, fact)),
            _ => None,
        })
    }
}

pub(crate) fn may_touch(who: &Signer, fact: &RawFact) -> bool {
    fact.by.person == who.person || who.role.supervises()
}

/// Reads a fact's word and fields as one tagged value.
pub(crate) fn parse<F: DeserializeOwned>(kind: &str, body: &Map<String, Value>) -> Option<F> {
    let mut tagged = body.clone();
    tagged.insert("type".into(), Value::String(kind.into()));
    serde_json::from_value(Value::Object(tagged)).ok()
}

/// The opposite of [`parse`]: a typed fact as word and fields.
///
/// # Errors
/// When `fact` does not serialize as a tagged object, which only a mistaken fact type can cause.
pub(crate) fn split<F: Serialize>(fact: &F) -> Result<(String, Map<String, Value>), serde_json::Error> {
    use serde::ser::Error;
    match serde_json::to_value(fact)? {
        Value::Object(mut body) => match body.remove("type") {
            Some(Value::String(kind)) => {
                body.retain(|_, value| !value.is_null());
                Ok((kind, body))
            }
            _ => Err(serde_json::Error::custom("a fact needs a tag named `type`")),
        },
        _ => Err(serde_json::Error::custom("a fact is an object")),
    }
}
