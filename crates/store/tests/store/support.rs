//! Devices of a small site, each with its own folder, and a way for two of them to exchange what they lack.

use std::path::{Path, PathBuf};

use dutybook_domain::device::AppRole;
use dutybook_domain::engine::{Class, Step};
use dutybook_domain::ids::Home;
use dutybook_domain::kinds;
use dutybook_domain::record::Write;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::time::Zone;
use dutybook_domain::{FactId, RecordId, Timestamp};
use dutybook_log::{AuthorId, DeviceKey, Head, Recorded, SiteCode, VolumeId};
use dutybook_store::{
    Changed, Error, Identity, IncomingBatch, IncomingPart, LogEntry, OpenOptions, Receipt, Result, Stamp, Store,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// 2026-11-20 08:00 at the site.
pub(crate) const MORNING: Timestamp = Timestamp(1_795_132_800_000);

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.roll().to_le_bytes()[..chunk.len()]);
        }
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

pub(crate) fn site() -> SiteCode {
    "demo".parse().unwrap()
}

pub(crate) fn person(name: &str) -> RecordId {
    RecordId::derived(&Home::standing("person"), &[name])
}

/// A record that begins then: where its kind lives, and among duty records when no program here knows the kind.
pub(crate) fn record_at(now: Timestamp, kind: &str, random: [u8; 16]) -> RecordId {
    let class = kinds::find(kind).map_or(Class::Duty, |kind| kind.class());
    RecordId::fresh(&Home { class, day: now.day(Zone::default()), kind }, random)
}

pub(crate) fn signer(name: &str) -> Signer {
    Signer { person: person(name), name: name.into(), role: Role::DutyOfficer }
}

/// One device. Opening it anew is a restart of its program.
pub(crate) struct Desk {
    pub(crate) folder: PathBuf,
    pub(crate) store: Store,
    pub(crate) dice: Dice,
    /// The device's clock.
    pub(crate) now: Timestamp,
    pub(crate) _home: Option<TempDir>,
}

impl Desk {
    /// A device in a folder of its own, not enrolled yet.
    pub(crate) fn fresh(seed: u64) -> Self {
        let home = TempDir::new().unwrap();
        let mut desk = Self::open(home.path(), seed).unwrap();
        desk._home = Some(home);
        desk
    }

    pub(crate) fn open(folder: &Path, seed: u64) -> Result<Self> {
        let store = Store::open(folder, options(seed))?;
        Ok(Self { folder: folder.to_owned(), store, dice: Dice::new(seed), now: MORNING, _home: None })
    }

    /// Ends the program and starts it again.
    pub(crate) fn restart(self, seed: u64) -> Self {
        let Self { folder, store, now, _home, .. } = self;
        drop(store);
        let mut again = Self::open(&folder, seed).unwrap();
        again.now = now;
        again._home = _home;
        again
    }

    pub(crate) fn key(&self) -> DeviceKey {
        self.store.device_key()
    }

    pub(crate) fn identify(&self, server: DeviceKey, prefix: &str, role: AppRole) {
        self.store
            .set_identity(&Identity {
                site: site(),
                site_name: "演示小区".into(),
                label: format!("设备 {prefix}"),
                prefix: prefix.into(),
                role,
                server,
            })
            .unwrap();
    }

    pub(crate) fn stamp(&mut self) -> Stamp {
        self.now = self.now.plus_minutes(1);
        Self::stamp_at(self.now)
    }

    pub(crate) fn stamp_at(now: Timestamp) -> Stamp {
        Stamp {
            author: AuthorId::from(person("张三").0),
            recorded: Recorded { wall_ms: now.0, boot: [7; 16], monotonic_ms: 1 },
        }
    }

    pub(crate) fn write(&mut self, steps: Vec<Step>) -> Changed {
        self.try_write(steps).unwrap()
    }

    pub(crate) fn try_write(&mut self, steps: Vec<Step>) -> Result<Changed> {
        let stamp = self.stamp();
        self.store.transact(stamp, |_| Ok::<_, Error>(steps))?
    }

    /// A new work order; answers its record.
    pub(crate) fn order(&mut self, title: &str) -> RecordId {
        let record = self.record("work_order");
        let mut step = Self::step(record, "work_order");
        step.writes = birth("work_order", self.now, Some(&format!("KF-{}", self.dice.roll() % 1000)));
        step.writes.push(self.fact("reported", json!({ "title": title, "place": "B1 水泵房", "urgency": "urgent" })));
        self.write(vec![step]);
        record
    }

    /// A fact more on a work order.
    pub(crate) fn tell(&mut self, record: RecordId, kind: &str, body: Value) -> Changed {
        let mut step = Self::step(record, "work_order");
        step.writes = vec![self.fact(kind, body)];
        self.write(vec![step])
    }

    /// The same, where it may not be possible.
    pub(crate) fn try_tell(&mut self, record: RecordId, kind: &str, body: Value) -> Result<Changed> {
        let mut step = Self::step(record, "work_order");
        step.writes = vec![self.fact(kind, body)];
        self.try_write(vec![step])
    }

    /// The id of a new record, born now.
    pub(crate) fn record(&mut self, kind: &str) -> RecordId {
        record_at(self.now, kind, self.dice.bytes())
    }

    /// A step that writes nothing yet.
    pub(crate) fn step(record: RecordId, kind: &'static str) -> Step {
        Step { record, kind, writes: Vec::new() }
    }

    pub(crate) fn fact(&mut self, kind: &str, body: Value) -> Write {
        let Value::Object(body) = body else { unreachable!("facts are objects") };
        let id = FactId::new(self.key().as_bytes(), self.now, self.dice.bytes());
        Write::Fact { id, kind: kind.into(), at: self.now, by: signer("张三"), body }
    }

    /// The server takes a device in.
    pub(crate) fn enrol(&mut self, key: DeviceKey, prefix: &str) -> RecordId {
        let record = dutybook_domain::device::record_of("demo", &key.to_string());
        let mut step = Self::step(record, "device");
        step.writes = birth("device", self.now, None);
        let body =
            json!({ "key": key.to_string(), "label": format!("设备 {prefix}"), "prefix": prefix, "role": "tablet" });
        step.writes.push(self.fact("enrolled", body));
        self.write(vec![step]);
        record
    }

    /// The server sends a device away.
    pub(crate) fn revoke(&mut self, record: RecordId) {
        let mut step = Self::step(record, "device");
        step.writes = vec![self.fact("revoked", json!({ "reason": "丢失" }))];
        self.write(vec![step]);
    }

    /// Takes everything the other device has and this one lacks, as a sync session would; says once more what it holds
    /// when it is told to.
    pub(crate) fn pull(&self, from: &Desk) -> Receipt {
        let receipt = self.pull_once(from);
        if receipt.restate {
            self.pull_once(from);
        }
        receipt
    }

    fn pull_once(&self, from: &Desk) -> Receipt {
        let batch = from.offer(self);
        let receipt = self.store.ingest(&batch).unwrap();
        from.store.set_peer_frontier(self.key(), &receipt.held).unwrap();
        for refused in receipt.refused.iter().filter(|refused| refused.code == "fork") {
            from.store.refused_as_fork(self.key(), &refused.writer).unwrap();
        }
        receipt
    }

    /// Compares what both hold, as two sessions do when they begin.
    pub(crate) fn greet(&self, other: &Desk) {
        for (one, another) in [(self, other), (other, self)] {
            let theirs = another.store.frontiers().unwrap();
            one.store.set_peer_frontier(another.key(), &theirs).unwrap();
            let (ours, _) = one.store.book(&|_| true).unwrap();
            for (volume, frontier) in &theirs {
                for (writer, position) in frontier {
                    let ours = ours.get(volume).and_then(|ours| ours.get(writer));
                    if ours.is_some_and(|ours| ours.seq == position.seq && ours.hash != position.hash) {
                        one.store.refused_as_fork(another.key(), writer).unwrap();
                    }
                }
            }
        }
    }

    /// Everything this device has that the other lacks.
    pub(crate) fn offer(&self, to: &Desk) -> IncomingBatch {
        let (theirs, _) = to.store.book(&|_| true).unwrap();
        let read = self
            .store
            .read_log(0, usize::MAX, &|volume, writer| {
                Some(theirs.get(volume).and_then(|frontier| frontier.get(writer)).map_or(0, |at| at.seq))
            })
            .unwrap();
        assert!(read.end);
        batch(Some(self.key()), &read.entries)
    }

    pub(crate) fn settle(&self) -> Changed {
        let mut all = Changed::default();
        loop {
            let (changed, more) = self.store.materialise(7).unwrap();
            all.records.extend(changed.records);
            all.entries += changed.entries;
            all.arrival = changed.arrival;
            if !more {
                return all;
            }
        }
    }

    pub(crate) fn assert_sound(&self) {
        let report = self.store.check().unwrap();
        assert!(report.ok, "{:#?}", report.problems);
    }

    /// Raw access to the file, as an administrator with another program would have it.
    pub(crate) fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.join("book.sqlite")).unwrap()
    }
}

pub(crate) fn options(seed: u64) -> OpenOptions {
    let mut dice = Dice::new(seed.wrapping_add(1_000_003));
    let mut actor = [0; 16];
    dice.fill(&mut actor);
    OpenOptions { actor, random: Box::new(move |bytes| dice.fill(bytes)) }
}

pub(crate) fn birth(kind: &str, now: Timestamp, number: Option<&str>) -> Vec<Write> {
    let mut writes = vec![
        Write::Meta { name: "kind", value: kind.into() },
        Write::Meta { name: "schema", value: 1.into() },
        Write::Meta { name: "created_at", value: now.0.into() },
    ];
    writes.extend(number.map(|number| Write::Meta { name: "number", value: number.into() }));
    writes
}

/// Entries as they come over the wire: volume by volume, with the last head of every writer.
pub(crate) fn batch(from: Option<DeviceKey>, entries: &[LogEntry]) -> IncomingBatch {
    let mut volumes: Vec<VolumeId> = entries.iter().map(|entry| entry.volume).collect();
    volumes.dedup();
    volumes.sort();
    volumes.dedup();
    let parts = volumes.into_iter().map(|volume| {
        let of_volume: Vec<&LogEntry> = entries.iter().filter(|entry| entry.volume == volume).collect();
        let mut heads: Vec<Head> = Vec::new();
        for head in of_volume.iter().filter_map(|entry| entry.head) {
            heads.retain(|earlier| earlier.writer() != head.writer());
            heads.push(head);
        }
        IncomingPart::read(volume, &heads, of_volume.iter().map(|entry| entry.bytes.as_slice()))
    });
    IncomingBatch { from, received_ms: MORNING.0, parts: parts.collect() }
}

/// A server and tablets it has taken in, everybody up to date.
pub(crate) fn fleet(tablets: usize) -> Vec<Desk> {
    let server = Desk::fresh(1);
    server.identify(server.key(), "S", AppRole::Admin);
    let mut desks = vec![server];
    for tablet in 0..tablets {
        let desk = Desk::fresh(10 + tablet as u64);
        let prefix = format!("T{}", tablet + 1);
        desk.identify(desks[0].key(), &prefix, AppRole::Tablet);
        desks[0].enrol(desk.key(), &prefix);
        desks.push(desk);
    }
    let (server, tablets) = desks.split_at(1);
    for tablet in tablets {
        tablet.pull(&server[0]);
        tablet.settle();
    }
    desks
}

/// Both take what they lack until neither lacks anything.
pub(crate) fn exchange(a: &Desk, b: &Desk) {
    for _ in 0..10 {
        a.pull(b);
        b.pull(a);
        a.settle();
        b.settle();
        if a.store.book_digest().unwrap() == b.store.book_digest().unwrap() {
            return;
        }
    }
    panic!("two devices do not come together");
}

/// Everything derived, as rows of text: equal for equal logs, whatever way they came.
pub(crate) fn derived(desk: &Desk) -> Vec<String> {
    let sql = desk.sql();
    let mut rows = Vec::new();
    for query in [
        "SELECT hex(doc), kind, known, number, state, open, urgency, born_ms, touched_ms, card, view, anomalies, unclear,
                search FROM record JOIN document ON id = document ORDER BY 1",
        "SELECT hex(person), hex(doc) FROM record_person JOIN document ON id = document ORDER BY 1, 2",
        "SELECT hex(doc), hex(fact), at_ms, hex(person), line FROM ledger_line JOIN document ON id = document
         ORDER BY 1, 2",
        "SELECT hex(key), hex(doc), label, prefix, role, revoked FROM device JOIN document ON id = document ORDER BY 1",
    ] {
        let mut statement = sql.prepare(query).unwrap();
        let columns = statement.column_count();
        let found = statement
            .query_map([], |row| {
                let cells: Vec<String> = (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
                Ok(cells.join("|"))
            })
            .unwrap();
        rows.extend(found.map(|row| row.unwrap()));
    }
    rows
}

pub(crate) fn empty() -> Value {
    Value::Object(Map::new())
}

/// Every case here opens files and flushes them: a sixteenth of what `PROPTEST_CASES` asks for.
pub(crate) fn few_cases() -> proptest::test_runner::Config {
    let asked = proptest::test_runner::Config::default();
    proptest::test_runner::Config { cases: asked.cases.div_ceil(16), max_shrink_iters: 300, ..asked }
}
