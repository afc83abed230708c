//! How fast entries from another replica become durable, and then documents.
//!
//! `cargo run --release -p dutybook-store --example ingest_rate -- [entries] [changes per record]`
//!
//! Prints entries per second for: reading the bytes, verifying and storing them in batches of 256 KiB (each a
//! transaction with `synchronous=FULL`), reading them back for another peer, and turning them into records.

use std::time::Instant;

use dutybook_domain::device::AppRole;
use dutybook_domain::engine::{Class, Step};
use dutybook_domain::ids::Home;
use dutybook_domain::record::Write;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::time::Zone;
use dutybook_domain::{FactId, RecordId, Timestamp};
use dutybook_log::{AuthorId, DeviceKey, Head, Recorded};
use dutybook_store::{
    Error, Identity, IncomingBatch, IncomingPart, LedgerFilter, LogEntry, OpenOptions, RecordFilter, Stamp, Store,
};
use serde_json::json;
use uuid::Uuid;

const BATCH_BYTES: usize = 256 * 1024;
const NOW: Timestamp = Timestamp(1_795_132_800_000);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let entries: usize = arguments.next().map_or(Ok(100_000), |count| count.parse())?;
    let each: usize = arguments.next().map_or(Ok(30), |count| count.parse())?;
    let home = tempfile::TempDir::new()?;

    let writer = open(&home.path().join("writer"), 1)?;
    let server = open(&home.path().join("server"), 2)?;
    identify(&writer, server.device_key())?;
    identify(&server, server.device_key())?;
    enrol(&server, writer.device_key())?;

    let started = Instant::now();
    write(&writer, entries, each)?;
    report("written by one device, one transaction a change", entries, started);

    let started = Instant::now();
    let log = writer.read_log(0, usize::MAX, &|_, _| Some(0))?;
    let mut rest = log.entries;
    let mut after = log.through;
    while rest.len() < entries {
        let more = writer.read_log(after, usize::MAX, &|_, _| Some(0))?;
        after = more.through;
        rest.extend(more.entries);
    }
    report("read back in arrival order", entries, started);
    let bytes: usize = rest.iter().map(|entry| entry.bytes.len()).sum();
    println!("{:>10} bytes an entry", bytes / entries);

    let started = Instant::now();
    let batches = batches(writer.device_key(), &rest);
    let parsing = started.elapsed();
    report("read from their bytes", entries, started);

    let ingesting = Instant::now();
    for batch in &batches {
        let receipt = server.ingest(batch)?;
        assert!(receipt.refused.is_empty() && receipt.parked == 0, "{receipt:?}");
    }
    report("verified and stored, FULL, 256 KiB a transaction", entries, ingesting);
    let both = parsing + ingesting.elapsed();
    println!("{:>10.0} entries/s read, verified and stored", entries as f64 / both.as_secs_f64());

    let started = Instant::now();
    while server.materialise(64)?.1 {}
    report("made into records", entries, started);
    println!("{:>10} records", server.counts()?.records);
    ask(&server)?;

    let started = Instant::now();
    server.rebuild_projections()?;
    report("derived anew", entries, started);

    let started = Instant::now();
    let found = server.check()?;
    report("checked", entries, started);
    assert!(found.ok, "{:#?}", found.problems);
    Ok(())
}

/// What screens ask for, once each.
fn ask(store: &Store) -> Result<(), Error> {
    let open = RecordFilter { open: Some(true), limit: 200, ..RecordFilter::default() };
    let text = |text| RecordFilter { text: Some(text), limit: 50, ..RecordFilter::default() };
    let timed = |what: &str, ask: &dyn Fn() -> Result<usize, Error>| -> Result<(), Error> {
        let started = Instant::now();
        let found = ask()?;
        println!("{:>10.2?} {what} ({found})", started.elapsed());
        Ok(())
    };
    timed("200 open records", &|| Ok(store.records(&open)?.len()))?;
    timed("how many are open", &|| Ok(store.count_records(&open)? as usize))?;
    timed("text of two characters", &|| Ok(store.records(&text("现场"))?.len()))?;
    timed("text of four characters", &|| Ok(store.records(&text("已到现场"))?.len()))?;
    timed("text that stands nowhere", &|| Ok(store.records(&text("消防水箱"))?.len()))?;
    timed("200 ledger lines", &|| Ok(store.ledger(&LedgerFilter { limit: 200, ..LedgerFilter::default() })?.len()))?;
    timed("what the server lacks", &|| Ok(store.undelivered(store.device_key())? as usize))?;
    timed("all frontiers and their digest", &|| Ok(store.book_digest()?.len()))
}

fn report(what: &str, entries: usize, started: Instant) {
    let took = started.elapsed();
    println!("{:>10.0} entries/s {what} ({took:.2?})", entries as f64 / took.as_secs_f64());
}

fn random(seed: u64) -> impl FnMut(&mut [u8]) + Send {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
        }
    }
}

fn open(folder: &std::path::Path, seed: u64) -> Result<Store, Error> {
    Store::open(folder, OpenOptions { actor: [seed as u8; 16], random: Box::new(random(seed)) })
}

fn identify(store: &Store, server: DeviceKey) -> Result<(), Box<dyn std::error::Error>> {
    store.set_identity(&Identity {
        site: "demo".parse()?,
        site_name: "demo".into(),
        label: "device".into(),
        prefix: "D1".into(),
        role: AppRole::Desk,
        server,
    })?;
    Ok(())
}

fn stamp() -> Stamp {
    Stamp { author: AuthorId::DEVICE, recorded: Recorded { wall_ms: NOW.0, boot: [0; 16], monotonic_ms: 0 } }
}

/// The `at`-th fact of a device.
fn fact(device: DeviceKey, at: usize, kind: &str, body: serde_json::Value) -> Write {
    let by = Signer { person: RecordId(Uuid::nil()), name: "张三".into(), role: Role::DutyOfficer };
    let body = body.as_object().cloned().unwrap_or_default();
    let id = FactId::new(device.as_bytes(), NOW.plus_minutes(at as i64), [0; 4]);
    Write::Fact { id, kind: kind.into(), at: NOW, by, body }
}

fn enrol(server: &Store, key: DeviceKey) -> Result<(), Error> {
    let record = dutybook_domain::device::record_of("demo", &key.to_string());
    let body = json!({ "key": key.to_string(), "label": "device", "prefix": "D1", "role": "desk" });
    let enrolled = fact(server.device_key(), 0, "enrolled", body);
    let writes = vec![Write::Meta { name: "kind", value: "device".into() }, enrolled];
    let step = Step { record, kind: "device", writes };
    server.transact(stamp(), |_| Ok::<_, Error>(vec![step]))?.map(drop)
}

fn write(store: &Store, entries: usize, each: usize) -> Result<(), Error> {
    let home = Home { class: Class::Duty, day: NOW.day(Zone::default()), kind: "work_order" };
    for at in 0..entries {
        let record = RecordId::fresh(&home, ((at / each) as u128).to_be_bytes());
        let mut writes = Vec::new();
        if at % each == 0 {
            writes.push(Write::Meta { name: "kind", value: "work_order".into() });
        }
        writes.push(fact(store.device_key(), at, "noted", json!({ "text": "已到现场" })));
        let step = Step { record, kind: "work_order", writes };
        store.transact(stamp(), |_| Ok::<_, Error>(vec![step]))??;
    }
    Ok(())
}

fn batches(from: DeviceKey, entries: &[LogEntry]) -> Vec<IncomingBatch> {
    let mut batches = Vec::new();
    let mut begin = 0;
    let mut bytes = 0;
    for (at, entry) in entries.iter().enumerate() {
        bytes += entry.bytes.len();
        if bytes >= BATCH_BYTES || at + 1 == entries.len() {
            let part = &entries[begin..=at];
            let heads: Vec<Head> = part.iter().filter_map(|entry| entry.head).next_back().into_iter().collect();
            let read = IncomingPart::read(entry.volume, &heads, part.iter().map(|entry| entry.bytes.as_slice()));
            batches.push(IncomingBatch { from: Some(from), received_ms: NOW.0, parts: vec![read] });
            (begin, bytes) = (at + 1, 0);
        }
    }
    batches
}
