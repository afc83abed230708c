//! Devices at work without a network: each writes into its own documents through the kinds, and they merge when told.
#![allow(dead_code, unreachable_pub)] // every test binary uses its own part of it

use std::collections::BTreeMap;

use automerge::Automerge;
use dutybook_domain::engine::{Acting, Offer, Projection, Refusal};
use dutybook_domain::role::{PersonRef, Role, Signer};
use dutybook_domain::site::Site;
use dutybook_domain::{Day, RecordId, Timestamp, doc, kinds};
use serde_json::{Value, json};
use uuid::Uuid;

/// 2026-06-11 08:00 at the site.
pub const MORNING: Timestamp = Timestamp(1_781_136_000_000);

/// Somebody with a role; the same name is the same person everywhere.
pub fn signer(name: &str, role: Role) -> Signer {
    Signer { person: person(name).person, name: name.into(), role }
}

pub fn person(name: &str) -> PersonRef {
    PersonRef { person: RecordId::derived(&["person", name]), name: name.into() }
}

pub struct Device {
    prefix: &'static str,
    /// Facts of devices with a lower rank come first where nobody saw the other.
    rank: u128,
    made: u128,
    numbers: u32,
    pub now: Timestamp,
    pub site: Site,
    pub docs: BTreeMap<RecordId, Automerge>,
}

impl Device {
    pub fn new(prefix: &'static str, rank: u8) -> Self {
        let rank = u128::from(rank) << 100;
        Self { prefix, rank, made: 0, numbers: 0, now: MORNING, site: Site::default(), docs: BTreeMap::new() }
    }

    pub fn later(&mut self, minutes: i64) -> &mut Self {
        self.now = self.now.plus_minutes(minutes);
        self
    }

    /// Starts a new record.
    pub fn start(&mut self, who: &Signer, kind: &str, action: Value) -> Result<RecordId, Refusal> {
        self.made += 1;
        let record = RecordId(Uuid::from_u128(self.rank + (1 << 90) + self.made));
        self.perform(who, kind, record, action)?;
        Ok(record)
    }

    /// Does something with a record; gives the records written to.
    pub fn perform(
        &mut self,
        who: &Signer,
        kind: &str,
        record: RecordId,
        action: Value,
    ) -> Result<Vec<RecordId>, Refusal> {
        let before = self.docs.get(&record).map(|doc| doc::read(doc, record));
        let (rank, prefix) = (self.rank, self.prefix);
        let (made, numbers) = (&mut self.made, &mut self.numbers);
        let mut ids = || {
            *made += 1;
            Uuid::from_u128(rank + *made)
        };
        let mut number = |day: Day| {
            *numbers += 1;
            format!("{prefix}-{}-{numbers:03}", day.mmdd())
        };
        let lookup = |_: RecordId| None;
        let mut cx = Acting {
            who: who.clone(),
            now: self.now,
            site: &self.site,
            record,
            ids: &mut ids,
            number: &mut number,
            lookup: &lookup,
        };
        let steps = kinds::find(kind).unwrap().act(before.as_ref(), action, &mut cx)?;
        for step in &steps {
            assert_eq!(step.day, self.now.day(self.site.settings.zone));
            let doc = self.docs.entry(step.record).or_default();
            let bytes = doc::write(doc, step.record, &step.writes, self.prefix.as_bytes()).unwrap();
            let change = automerge::Change::from_bytes(bytes).unwrap();
            doc::lawful(&change).unwrap();
        }
        Ok(steps.iter().map(|step| step.record).collect())
    }

    pub fn project(&self, record: RecordId) -> Projection {
        kinds::project(&doc::read(&self.docs[&record], record))
    }

    pub fn offers(&self, who: &Signer, record: RecordId) -> Vec<Offer> {
        let projection = self.project(record);
        kinds::find(&projection.kind).unwrap().offers(Some(&projection.view), who, &self.site)
    }

    pub fn offered(&self, who: &Signer, record: RecordId) -> Vec<String> {
        self.offers(who, record).into_iter().map(|offer| offer.action).collect()
    }

    /// Takes in what the other has.
    pub fn hear(&mut self, other: &Self) {
        for (record, theirs) in &other.docs {
            let mut theirs = theirs.clone();
            self.docs.entry(*record).or_default().merge(&mut theirs).unwrap();
        }
        self.now = self.now.max(other.now);
    }
}

/// Both have what each had.
pub fn meet(one: &mut Device, other: &mut Device) {
    one.hear(other);
    other.hear(one);
}

/// An action without fields.
pub fn just(action: &str) -> Value {
    json!({ "do": action })
}

pub fn codes(projection: &Projection) -> Vec<&str> {
    projection.anomalies.iter().map(|anomaly| anomaly.code.as_str()).collect()
}
