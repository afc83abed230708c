//! Devices of a small site without a store or a network: they act through the kinds, write real documents, and merge
//! when told.

// Every test binary includes this file and uses its own part of it. Helpers of a test may unwrap like the test itself.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;

use automerge::{Automerge, Change};
use dutybook_domain::engine::{Acting, AnyKind, Book, Class, Found, Names, Offer, Projection, Refusal, Step};
use dutybook_domain::ids::Home;
use dutybook_domain::known::{Known, KnownLine, Reached};
use dutybook_domain::record::{RawFact, RecordDoc, Write, in_causal_order};
use dutybook_domain::role::{PersonRef, Role, Signer};
use dutybook_domain::site::Site;
use dutybook_domain::{Day, FactId, RecordId, Timestamp, doc, kinds};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// 2026-06-11 08:00 at the site.
pub(crate) const MORNING: Timestamp = Timestamp(1_781_136_000_000);

/// Somebody called `name`; the same name is the same person everywhere.
pub(crate) fn signer(name: &str, role: Role) -> Signer {
    Signer { person: person(name).person, name: name.into(), role }
}

/// That person without a role.
pub(crate) fn person(name: &str) -> PersonRef {
    PersonRef { person: RecordId::derived(&Home::standing("person"), &[name]), name: name.into() }
}

/// New names of one device. What a refused action took is given back.
#[derive(Clone)]
struct OwnNames {
    prefix: String,
    rank: u8,
    now: Timestamp,
    drawn: u16,
    counted: u32,
}

impl OwnNames {
    fn key(&self) -> [u8; 32] {
        [self.rank; 32]
    }
}

impl Names for OwnNames {
    fn fact(&mut self) -> FactId {
        self.drawn += 1;
        // Four bits, eight, six and eight of these bytes stand in the id.
        let [high, low] = self.drawn.to_be_bytes();
        FactId::new(&self.key(), self.now, [self.rank, high, 0, low])
    }

    fn random(&mut self) -> [u8; 16] {
        self.drawn += 1;
        let mut bytes = [0; 16];
        bytes[4] = self.rank;
        bytes[14..].copy_from_slice(&self.drawn.to_be_bytes());
        bytes
    }

    fn number(&mut self, day: Day) -> String {
        self.counted += 1;
        format!("{}-{}-{:03}", self.prefix, day.mmdd(), self.counted)
    }

    fn secret(&self, label: &str) -> [u8; 32] {
        let mut bytes = [self.rank; 32];
        for (at, byte) in label.bytes().enumerate() {
            bytes[at % 32] = bytes[at % 32].wrapping_mul(31).wrapping_add(byte);
        }
        bytes
    }
}

/// One device with its own copy of the documents.
#[derive(Clone)]
pub(crate) struct Device {
    names: OwnNames,
    /// Who is signed in.
    pub(crate) who: Signer,
    /// What its clock says.
    pub(crate) now: Timestamp,
    /// Its copy of the site's data.
    pub(crate) site: Site,
    pub(crate) docs: BTreeMap<RecordId, Automerge>,
}

impl Device {
    /// A device that has nothing yet, in the morning. Of facts of the same moment where nobody saw the other, those of
    /// the lower rank come first; it also tells devices apart.
    pub(crate) fn new(prefix: &str, rank: u8) -> Self {
        let names = OwnNames { prefix: prefix.into(), rank, now: MORNING, drawn: 0, counted: 0 };
        let who = signer("王值班", Role::DutyOfficer);
        Self { names, who, now: MORNING, site: Site::default(), docs: BTreeMap::new() }
    }

    /// A device that has nothing yet, of this site, in somebody's hands.
    pub(crate) fn of(rank: u8, site: Site, who: Signer, now: Timestamp) -> Self {
        Self { who, now, site, ..Self::new(&format!("T{rank}"), rank) }
    }

    /// What only this device can compute.
    pub(crate) fn secret(&self, label: &str) -> [u8; 32] {
        self.names.secret(label)
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

    /// Lets its clock go on.
    pub(crate) fn later(&mut self, minutes: i64) -> &mut Self {
        self.at(self.now.plus_minutes(minutes))
    }

    /// Starts a new record.
    pub(crate) fn start(&mut self, who: &Signer, kind: &str, action: Value) -> Result<RecordId, Refusal> {
        let home = Home { class: known_kind(kind).class(), day: self.now.day(self.site.settings.zone), kind };
        let record = RecordId::fresh(&home, self.names.random());
        self.perform(who, kind, record, action)?;
        Ok(record)
    }

    /// Acts as somebody else than who is signed in.
    pub(crate) fn perform(
        &mut self,
        who: &Signer,
        kind: &str,
        record: RecordId,
        action: Value,
    ) -> Result<Vec<Step>, Refusal> {
        let before = self.read(record);
        let mut names = OwnNames { now: self.now, ..self.names.clone() };
        let mut cx =
            Acting { who: who.clone(), now: self.now, site: &self.site, record, names: &mut names, book: &*self };
        let steps = known_kind(kind).act(before.as_ref(), action, &mut cx)?;
        self.names = names;
        let today = self.now.day(self.site.settings.zone);
        // As in the store: a step that writes nothing is no change.
        for step in steps.iter().filter(|step| !step.writes.is_empty()) {
            // What is planned lives where its plan says; what is begun beside it is born today.
            let begun = step.record != record && !self.docs.contains_key(&step.record);
            assert!(!begun || lives_in(step.record, known_kind(step.kind).class(), today), "{}", step.kind);
            self.write(step.record, &step.writes);
        }
        Ok(steps)
    }

    /// Acts, and writes what the action says: what the client does, without its store.
    pub(crate) fn act(&mut self, kind: &str, record: RecordId, action: Value) -> Result<Vec<Step>, Refusal> {
        self.perform(&self.who.clone(), kind, record, action)
    }

    /// The code of the refusal, or `ok`; for tables.
    pub(crate) fn outcome(&mut self, kind: &str, record: RecordId, action: Value) -> String {
        self.act(kind, record, action).map_or_else(|refusal| refusal.code, |_| "ok".into())
    }

    /// Writes a fact past the rules, as a changed, older or newer program might, and points fields at it.
    pub(crate) fn write_raw(
        &mut self,
        record: RecordId,
        kind: &str,
        body: Map<String, Value>,
        fields: &[&'static str],
    ) -> FactId {
        self.names.now = self.now;
        let id = self.names.fact();
        let mut writes = vec![Write::Fact { id, kind: kind.into(), at: self.now, by: self.who.clone(), body }];
        writes.extend(fields.iter().map(|name| Write::Field { name, fact: id }));
        self.write(record, &writes);
        id
    }

    /// Everything that is written is what other devices would take in.
    fn write(&mut self, record: RecordId, writes: &[Write]) {
        let doc = self.docs.entry(record).or_default();
        let bytes = match doc::write(doc, record, writes, &[self.names.rank; 16]) {
            // As in the store: a text saved again as it stands is no change.
            Err(doc::WriteError::Nothing) => return,
            written => written.expect("it can be written"),
        };
        let change = Change::from_bytes(bytes).expect("it reads back");
        doc::lawful(&change, record, &self.names.key()).expect("it is lawful");
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

    /// What is offered on the record, which need not be begun.
    pub(crate) fn offers(&self, who: &Signer, record: RecordId) -> Vec<Offer> {
        let kind =
            kinds::ALL.iter().find(|kind| record.is_of_kind(kind.name())).expect("a record of a registered kind");
        let view = self.read(record).map(|doc| kinds::project(&doc).view);
        kind.offers(view.as_ref(), who, &self.site)
    }

    /// The same by name.
    pub(crate) fn offered(&self, who: &Signer, record: RecordId) -> Vec<String> {
        self.offers(who, record).into_iter().map(|offer| offer.action).collect()
    }

    /// Takes in everything `other` has.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (id, theirs) in &other.docs {
            let mut theirs = theirs.clone();
            self.docs.entry(*id).or_default().merge(&mut theirs).expect("documents merge");
        }
    }

    /// The same, when the other device comes by: from then on it is no earlier here than there.
    pub(crate) fn hear(&mut self, other: &Self) {
        self.merge(other);
        self.now = self.now.max(other.now);
    }

    fn found(&self, kind: &str, wanted: impl Fn(&Projection) -> bool) -> Vec<Found> {
        let mut found: Vec<Found> = self
            .docs
            .keys()
            .map(|record| (*record, self.project(*record)))
            .filter(|(_, projection)| projection.kind == kind && wanted(projection))
            .map(|(record, Projection { card, view, .. })| Found { record, card, view })
            .collect();
        found.sort_by_key(|found| found.card.born);
        found
    }
}

impl Book for Device {
    fn view(&self, record: RecordId) -> Option<Value> {
        self.read(record).map(|doc| kinds::project(&doc).view)
    }

    fn open(&self, kind: &str) -> Vec<Found> {
        self.found(kind, |projection| projection.card.open)
    }

    fn born(&self, kind: &str, from: Timestamp, to: Timestamp) -> Vec<Found> {
        self.found(kind, |projection| (from..to).contains(&projection.card.born))
    }

    // These devices keep no log.
    fn known(&self, _: Class) -> Known {
        Known::default()
    }

    /// Every line as if it had come by a writer of its own.
    fn lines(&self, class: Class, from: Timestamp, to: Timestamp) -> Vec<KnownLine> {
        let projections = self.docs.keys().map(|record| self.project(*record));
        let of_class = projections.filter(|it| kinds::find(&it.kind).is_some_and(|kind| kind.class() == class));
        of_class
            .flat_map(|it| it.lines.into_iter().map(move |line| (it.kind.clone(), line)))
            .filter(|(_, line)| (from..to).contains(&line.at))
            .map(|(kind, line)| {
                let (writer, volume) = (line.fact.to_string(), "demo/duty".to_owned());
                let entry = Reached { seq: 1, hash: writer.clone() };
                KnownLine { at: line.at, fact: line.fact, kind, volume, writer, entry }
            })
            .collect()
    }
}

/// Both have what each had.
pub(crate) fn meet(one: &mut Device, other: &mut Device) {
    one.hear(other);
    other.hear(one);
}

/// An action without fields.
pub(crate) fn just(action: &str) -> Value {
    json!({ "do": action })
}

pub(crate) fn codes(projection: &Projection) -> Vec<&str> {
    projection.anomalies.iter().map(|anomaly| anomaly.code.as_str()).collect()
}

/// Whether an id says that its record lives in the volume of this class and of the day's month.
pub(crate) fn lives_in(record: RecordId, class: Class, day: Day) -> bool {
    let neighbour = RecordId::fresh(&Home { class, day, kind: "" }, [0; 16]);
    record.0.as_bytes()[..2] == neighbour.0.as_bytes()[..2]
}

fn known_kind(name: &str) -> &'static dyn AnyKind {
    kinds::find(name).expect("a registered kind")
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
