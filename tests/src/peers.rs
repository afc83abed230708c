//! The work on which other sync servers are measured, as this book does it: shared by the two programs
//! `tests/examples/peer-server` and `tests/examples/peer-client` (docs/performance.md, "Beside other servers").
//!
//! The work is language independent: every document is a script of thirty changes by three of twenty actors. A record of
//! ours takes a script up as every other system in the comparison does, in its own model: a change is a fact, by the
//! device that made it; the long text is a text. Its kind is one that this version does not know, so what is measured is
//! log, merging and documents, without the rules of a duty.
//!
//! Keys of devices are made from their numbers, so that a client can be filled before there is a server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use automerge::Automerge;
use dutybook_domain::device::{AppRole, record_of};
use dutybook_domain::engine::Class;
use dutybook_domain::ids::Home;
use dutybook_domain::record::Write;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::{Day, FactId, RecordId, Timestamp, doc};
use dutybook_log::{DeviceKey, DeviceSecret, DocId, Draft, LocalWriter, Opening, SiteCode, VolumeId};
use dutybook_store::{Identity, IncomingBatch, IncomingPart, OpenOptions, Stamp, Store};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::bench::ingest::{randomness, stamp};

/// Devices that are enrolled: the twenty actors of the scripts, and as many more as connect at once.
pub const DEVICES: usize = 64;
/// Documents that have a month of their own, so that a connection can be about one of them, as it is elsewhere.
pub const ALONE: usize = 50;
/// Changes of a document.
pub const CHANGES: usize = 30;

const SITE: &str = "peers";
/// Documents taken in with one transaction when a store is filled.
const AT_ONCE: usize = 16;

#[derive(Deserialize)]
struct Line {
    i: usize,
    id: String,
    kind: String,
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    actor: usize,
    t: i64,
    ops: Vec<(String, Vec<Value>, Value)>,
}

/// One document's script.
pub struct Script {
    /// The record that takes it up.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    changes: Vec<Change>,
}

/// The first `count` scripts of `scripts.jsonl` in `folder`.
///
/// # Errors
/// When there are fewer.
pub fn scripts(folder: &Path, count: usize) -> Result<Vec<Script>> {
    let file = File::open(folder.join("scripts.jsonl")).context("no scripts.jsonl in the corpus")?;
    let scripts: Vec<Script> =
        BufReader::new(file).lines().take(count).map(|line| script(&line?)).collect::<Result<_>>()?;
    ensure!(scripts.len() == count, "the corpus has {} documents of {count}", scripts.len());
    Ok(scripts)
}

fn script(line: &str) -> Result<Script> {
    let Line { i, id, kind, changes } = serde_json::from_str(line)?;
    let kind = format!("peers_{kind}");
    let day = if i < ALONE { format!("{}-{:02}-15", 2020 + i / 12, i % 12 + 1) } else { "2026-05-15".into() };
    let home = Home { class: Class::Duty, day: Day(day.parse()?), kind: &kind };
    let record = RecordId::fresh(&home, Uuid::parse_str(&id)?.into_bytes());
    Ok(Script { record, kind, changes })
}

/// The volume a record lives in.
///
/// # Errors
/// None for records of the scripts.
pub fn volume_of(record: RecordId) -> Result<VolumeId> {
    DocId::from(record.0).home(site()?).context("a record without a volume")
}

fn site() -> Result<SiteCode> {
    Ok(SITE.parse()?)
}

fn secret(name: &str) -> DeviceSecret {
    DeviceSecret::from_bytes(Sha256::digest(format!("dutybook beside other servers: {name}")).into())
}

/// The secret of a device.
#[must_use]
pub fn device(number: usize) -> DeviceSecret {
    secret(&format!("device {number}"))
}

/// The server's key.
#[must_use]
pub fn server() -> DeviceKey {
    secret("server").public()
}

/// A writer in nobody's store.
///
/// # Errors
/// None for records of the scripts.
pub fn writer(record: RecordId, device: DeviceKey, nonce: [u8; 16]) -> Result<LocalWriter> {
    Ok(LocalWriter::open(Opening { volume: volume_of(record)?, device, nonce }))
}

/// What a live change writes: one fact with a value under its name.
#[must_use]
pub fn fact(device: &DeviceKey, at: Timestamp, kind: &str, body: &Value) -> Write {
    let by = Signer { person: RecordId(Uuid::nil()), name: "M. Eide".into(), role: Role::DutyOfficer };
    let id = dutybook_client::new_fact_id(device, at);
    Write::Fact { id, kind: kind.into(), at, by, body: body.as_object().cloned().unwrap_or_default() }
}

/// A draft of a change.
#[must_use]
pub fn draft(record: RecordId, at: Timestamp, change: Vec<u8>) -> Draft {
    let Stamp { author, recorded } = stamp(at);
    Draft { author, recorded, witness: None, doc: DocId::from(record.0), change }
}

/// Opens the server's book in `folder`, with all devices enrolled.
///
/// # Errors
/// When it cannot be written.
pub fn open_server(folder: &Path) -> Result<()> {
    if Store::exists(folder)? {
        return Ok(());
    }
    drop(open(folder, &secret("server"))?);
    dutybook_sync_server::init(folder, site()?, "Beside other servers")?;
    enrol(&open(folder, &secret("server"))?)
}

/// Opens the book of a device in `folder`, making it at first.
///
/// # Errors
/// When it cannot be written.
pub fn open_device(folder: &Path, number: usize) -> Result<Store> {
    let store = open(folder, &device(number))?;
    store.set_identity(&Identity {
        site: site()?,
        site_name: "Beside other servers".into(),
        label: format!("device {number}"),
        prefix: format!("D{number}"),
        role: AppRole::Desk,
        server: server(),
    })?;
    Ok(store)
}

fn open(folder: &Path, secret: &DeviceSecret) -> Result<Store> {
    // A new book makes its key from the first bytes that it draws.
    let mut first = Some(secret.to_bytes());
    let random = Box::new(move |bytes: &mut [u8]| match first.take().filter(|key| key.len() == bytes.len()) {
        Some(key) => bytes.copy_from_slice(&key),
        None => bytes.copy_from_slice(&randomness(bytes.len())),
    });
    Ok(Store::open(folder, OpenOptions { actor: dutybook_client::random(), random })?)
}

/// Fills a device's book with all that the scripts say.
///
/// # Errors
/// When anything is not taken.
pub fn fill(store: &Store, scripts: &[Script]) -> Result<()> {
    enrol(store)?;
    let keys: Vec<DeviceSecret> = (0..DEVICES).map(device).collect();
    let mut writers: BTreeMap<(VolumeId, usize), LocalWriter> = BTreeMap::new();
    for some in scripts.chunks(AT_ONCE) {
        let mut entries: BTreeMap<VolumeId, Vec<Vec<u8>>> = BTreeMap::new();
        let mut wrote: BTreeSet<(VolumeId, usize)> = BTreeSet::new();
        for script in some {
            let volume = volume_of(script.record)?;
            let mut doc = Automerge::new();
            for (number, change) in script.changes.iter().enumerate() {
                let key = keys[change.actor].public();
                let at = Timestamp(change.t * 1_000);
                let writes = script.writes(number, change, &key, at);
                let bytes = doc::write(&mut doc, script.record, &writes, &key.0[..16])?;
                let place = (volume, change.actor);
                let writer = match writers.entry(place) {
                    std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
                    std::collections::btree_map::Entry::Vacant(new) => new.insert(writer(script.record, key, [1; 16])?),
                };
                entries.entry(volume).or_default().push(writer.append(draft(script.record, at, bytes))?.into_bytes());
                wrote.insert(place);
            }
        }
        let mut parts = Vec::new();
        for (volume, entries) in &entries {
            let heads = wrote.iter().filter(|(of, _)| of == volume).map(|place| writers[place].head(&keys[place.1]));
            let heads: Vec<_> = heads.collect::<Result<_, _>>()?;
            parts.push(IncomingPart::read(*volume, &heads, entries.iter().map(Vec::as_slice)));
        }
        take(store, parts)?;
    }
    settle(store)
}

impl Script {
    fn writes(&self, number: usize, change: &Change, device: &DeviceKey, at: Timestamp) -> Vec<Write> {
        let mut writes = Vec::new();
        if number == 0 {
            writes.push(Write::Meta { name: "kind", value: self.kind.as_str().into() });
        }
        let mut body = Map::new();
        for (op, path, value) in &change.ops {
            let path = path.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
            // Behind a dot: a fact has a `type`, an `at` and a `by` of its own.
            let path = format!(".{}", path.collect::<Vec<_>>().join("/"));
            match (op.as_str(), value.as_str()) {
                // There is one such text in a document.
                ("text", Some(text)) => writes.push(Write::Text { name: "notes", text: text.into() }),
                _ => {
                    body.insert(path, value.clone());
                }
            }
        }
        let by = Signer { person: RecordId(Uuid::nil()), name: "M. Eide".into(), role: Role::DutyOfficer };
        let id = FactId::new(device.as_bytes(), at, (number as u32).to_be_bytes());
        writes.push(Write::Fact { id, kind: "change".into(), at, by, body });
        writes
    }
}

/// Enrols all devices, in entries of the server that are the same wherever they are made.
fn enrol(store: &Store) -> Result<()> {
    let (server, at) = (secret("server"), Timestamp(1_780_000_000_000));
    let any = record_of(SITE, &device(0).public().to_string());
    let mut log = writer(any, server.public(), [1; 16])?;
    let mut entries = Vec::new();
    for number in 0..DEVICES {
        let key = device(number).public().to_string();
        let record = record_of(SITE, &key);
        let body = json!({ "key": key, "label": format!("device {number}"), "prefix": format!("D{number}"),
            "role": "desk" });
        let by = Signer { person: RecordId(Uuid::nil()), name: "server".into(), role: Role::Admin };
        let id = FactId::new(server.public().as_bytes(), at, (number as u32).to_be_bytes());
        let body = body.as_object().cloned().unwrap_or_default();
        let writes = [
            Write::Meta { name: "kind", value: "device".into() },
            Write::Fact { id, kind: "enrolled".into(), at, by, body },
        ];
        let change = doc::write(&mut Automerge::new(), record, &writes, &server.public().0[..16])?;
        entries.push(log.append(draft(record, at, change))?.into_bytes());
    }
    let volume = log.opening().volume;
    let head = log.head(&server)?;
    take(store, vec![IncomingPart::read(volume, &[head], entries.iter().map(Vec::as_slice))])?;
    settle(store)
}

fn take(store: &Store, parts: Vec<IncomingPart>) -> Result<()> {
    let receipt = store.ingest(&IncomingBatch { from: None, received_ms: 0, parts })?;
    ensure!(receipt.refused.is_empty() && receipt.parked == 0, "not everything was taken: {receipt:?}");
    Ok(())
}

fn settle(store: &Store) -> Result<()> {
    while store.materialise(500)?.1 {}
    let counts = store.counts()?;
    ensure!(counts.marked + counts.waiting + counts.quarantined == 0, "not every entry is in its record: {counts:?}");
    Ok(())
}
