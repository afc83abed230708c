//! Devices of a small site without a store or a network: they act through the kinds, write real documents, and merge.

// Every test binary includes this file and uses its own part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;

use automerge::Automerge;
use dutybook_domain::engine::{Acting, Offer, Projection, Refusal, Step};
use dutybook_domain::record::{RawFact, RecordDoc, in_causal_order};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::Site;
use dutybook_domain::{FactId, RecordId, Timestamp, doc, kinds};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Somebody called `name`; the same name is the same person.
pub(crate) fn signer(name: &str, role: Role) -> Signer {
    Signer { person: RecordId::derived(&["person", name]), name: name.into(), role }
}

/// One device with its own copy of the documents.
#[derive(Clone)]
pub(crate) struct Device {
    /// Who is signed in.
    pub(crate) who: Signer,
    /// What its clock says.
    pub(crate) now: Timestamp,
    /// Its copy of the site's data.
    pub(crate) site: Site,
    number: u8,
    drawn: u64,
    counted: u32,
    docs: BTreeMap<RecordId, Automerge>,
}

impl Device {
    /// A device that has nothing yet. `number` tells it from the others.
    pub(crate) fn new(number: u8, site: Site, who: Signer, now: Timestamp) -> Self {
        Self { who, now, site, number, drawn: 0, counted: 0, docs: BTreeMap::new() }
    }

    /// Hands the device to somebody else.
    pub(crate) fn signed_in(&mut self, who: Signer) -> &mut Self {
        self.who = who;
        self
    }

    /// Sets its clock.
    pub(crate) fn at(&mut self, now: Timestamp) -> &mut Self {
        self.now = now;
        self
    }

    /// Acts, and writes what the action says: what the client does, without its store.
    pub(crate) fn act(&mut self, kind: &str, record: RecordId, action: Value) -> Result<Vec<Step>, Refusal> {
        let before = self.read(record);
        let (number, mut drawn, mut counted) = (self.number, self.drawn, self.counted);
        let mut ids = || {
            drawn += 1;
            Uuid::from_u128((u128::from(number) << 112) | u128::from(drawn))
        };
        let mut count = |day: dutybook_domain::Day| {
            counted += 1;
            format!("T{number}-{}-{counted:03}", day.mmdd())
        };
        let lookup = |id: RecordId| self.read(id).map(|doc| kinds::project(&doc).view);
        let steps = kinds::find(kind).expect("a registered kind").act(
            before.as_ref(),
            action,
            &mut Acting {
                who: self.who.clone(),
                now: self.now,
                site: &self.site,
                record,
                ids: &mut ids,
                number: &mut count,
                lookup: &lookup,
            },
        )?;
        (self.drawn, self.counted) = (drawn, counted);
        for step in &steps {
            let doc = self.docs.entry(step.record).or_default();
            doc::write(doc, step.record, &step.writes, &[self.number; 16]).expect("the step can be written");
        }
        Ok(steps)
    }

    /// The code of the refusal, or `ok`; for tables.
    pub(crate) fn outcome(&mut self, kind: &str, record: RecordId, action: Value) -> String {
        self.act(kind, record, action).map_or_else(|refusal| refusal.code, |_| "ok".into())
    }

    /// The record's plain data, if the device has it.
    pub(crate) fn read(&self, record: RecordId) -> Option<RecordDoc> {
        self.docs.get(&record).map(|doc| doc::read(doc, record))
    }

    /// All that is derived from the record.
    pub(crate) fn project(&self, record: RecordId) -> Projection {
        kinds::project(&self.read(record).expect("the device has the record"))
    }

    /// The record's view.
    pub(crate) fn view<V: DeserializeOwned>(&self, record: RecordId) -> V {
        serde_json::from_value(self.project(record).view).expect("the stored view reads back")
    }

    /// What is offered on the record, by name.
    pub(crate) fn offered(&self, kind: &str, record: RecordId) -> Vec<String> {
        let view = self.read(record).map(|doc| kinds::project(&doc).view);
        let offers = kinds::find(kind).expect("a registered kind").offers(view.as_ref(), &self.who, &self.site);
        offers.into_iter().map(|Offer { action, .. }| action).collect()
    }

    /// Takes in everything `other` has.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (id, theirs) in &other.docs {
            let mut theirs = theirs.clone();
            self.docs.entry(*id).or_default().merge(&mut theirs).expect("documents merge");
        }
    }

    /// Writes facts as only a foreign program would.
    pub(crate) fn write_raw(&mut self, record: RecordId, kind: &str, body: Map<String, Value>) -> FactId {
        self.drawn += 1;
        let id = FactId(Uuid::from_u128((u128::from(self.number) << 112) | u128::from(self.drawn)));
        let write =
            dutybook_domain::record::Write::Fact { id, kind: kind.into(), at: self.now, by: self.who.clone(), body };
        let doc = self.docs.entry(record).or_default();
        doc::write(doc, record, &[write], &[self.number; 16]).expect("the fact can be written");
        id
    }
}

/// The same record with its facts found in another order, then put into causal order as every reader does.
pub(crate) fn shuffled(record: &RecordDoc, order: &[usize]) -> RecordDoc {
    let mut keyed: Vec<(usize, RawFact)> = record
        .facts
        .iter()
        .enumerate()
        .map(|(at, fact)| (order.get(at).copied().unwrap_or(at), fact.clone()))
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    RecordDoc { facts: in_causal_order(keyed.into_iter().map(|(_, fact)| fact).collect()), ..record.clone() }
}
