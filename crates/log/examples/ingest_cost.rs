//! What it costs to take entries in: parse and admit, on one core, without any disk.
//!
//! `cargo run --release -p dutybook-log --example ingest_cost [entries] [writers]`
//!
//! Records of 30 changes each, written by several devices, arriving in batches of 256 KiB with
//! one head per writer, as sync sends them.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, AutomergeError, ObjType, ROOT, ScalarValue};
use dutybook_log::{
    AuthorId, DeviceSecret, DocId, Draft, EntryHash, Frontier, Head, Known, LocalWriter, Opening, Recorded,
    SealedEntry, VolumeId, WriterId, admit, inspect,
};

const BATCH_BYTES: usize = 256 * 1024;
const CHANGES_PER_RECORD: usize = 30;

struct Device {
    secret: DeviceSecret,
    writer: LocalWriter,
}

struct Batch {
    entries: Vec<Vec<u8>>,
    heads: Vec<Head>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let entries: usize = arguments.next().map_or(Ok(100_000), |n| n.parse())?;
    let writers: usize = arguments.next().map_or(Ok(20), |n| n.parse())?;
    let volume: VolumeId = "demo/duty/2026-11".parse()?;

    let batches = write(volume, entries, writers)?;
    let bytes: usize = batches.iter().flat_map(|batch| &batch.entries).map(Vec::len).sum();
    println!(
        "{entries} entries of {writers} writers, {} bytes each on average, {} batches",
        bytes / entries,
        batches.len()
    );

    for round in 1..=3 {
        let (parsing, admitting) = take_in(volume, &batches)?;
        let per_second = |time: Duration| entries as f64 / time.as_secs_f64();
        println!(
            "round {round}: parse {:>9.0}/s   admit {:>9.0}/s   both {:>9.0} entries/s   {:>5.0} MB/s",
            per_second(parsing),
            per_second(admitting),
            per_second(parsing + admitting),
            bytes as f64 / 1e6 / (parsing + admitting).as_secs_f64(),
        );
    }
    inspect_alone(&batches)?;
    Ok(())
}

/// Everything that a receiver does before it opens a transaction.
fn take_in(volume: VolumeId, batches: &[Batch]) -> Result<(Duration, Duration), Box<dyn std::error::Error>> {
    let mut frontier = Frontier::new();
    let mut stored: HashMap<(WriterId, u64), EntryHash> = HashMap::new();
    let (mut parsing, mut admitting) = (Duration::ZERO, Duration::ZERO);
    for batch in batches {
        let begin = Instant::now();
        let entries =
            batch.entries.iter().map(|bytes| SealedEntry::parse(&bytes[..])).collect::<Result<Vec<_>, _>>()?;
        let parsed = Instant::now();
        let known = Known {
            volume: &volume,
            frontier: &frontier,
            device: &|_| true,
            stored: &|writer, seq| stored.get(&(*writer, seq)).copied(),
        };
        let admission = admit(&known, &entries, &batch.heads);
        parsing += parsed - begin;
        admitting += parsed.elapsed();
        if admission.accepted.len() != entries.len() {
            return Err(format!("only {} of {} taken", admission.accepted.len(), entries.len()).into());
        }
        for entry in &entries {
            stored.insert((entry.entry().writer, entry.entry().seq), entry.hash());
        }
        frontier = admission.frontier;
    }
    Ok((parsing, admitting))
}

/// Gate 1 by itself.
fn inspect_alone(batches: &[Batch]) -> Result<(), Box<dyn std::error::Error>> {
    let changes = batches
        .iter()
        .flat_map(|batch| &batch.entries)
        .map(|bytes| Ok(SealedEntry::parse(&bytes[..])?.entry().change.clone()))
        .collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?;
    let begin = Instant::now();
    for change in &changes {
        inspect(change)?;
    }
    let time = begin.elapsed();
    println!("gate 1 alone: {:.2} microseconds a change", time.as_secs_f64() * 1e6 / changes.len() as f64);
    Ok(())
}

fn write(volume: VolumeId, entries: usize, writers: usize) -> Result<Vec<Batch>, Box<dyn std::error::Error>> {
    let mut devices: Vec<Device> = (0..writers)
        .map(|n| {
            let mut seed = [7; 32];
            seed[..8].copy_from_slice(&n.to_be_bytes());
            let secret = DeviceSecret::from_bytes(seed);
            let opening = Opening { volume, device: secret.public(), nonce: [0; 16] };
            Device { writer: LocalWriter::open(opening), secret }
        })
        .collect();
    let mut batches = Vec::new();
    let mut batch = Batch { entries: Vec::new(), heads: Vec::new() };
    let mut written_by: BTreeMap<usize, Head> = BTreeMap::new();
    let mut size = 0;
    let mut doc = Automerge::new();
    for n in 0..entries {
        let record = n / CHANGES_PER_RECORD;
        let by = record % writers;
        if n % CHANGES_PER_RECORD == 0 {
            doc = Automerge::new().with_actor(ActorId::from(record.to_be_bytes().to_vec()));
        }
        let device = &mut devices[by];
        let mut id = [0; 16];
        // Duty, and the 683rd month since December 1969: the volume above.
        id[..2].copy_from_slice(&[0x12, 0xab]);
        id[8..].copy_from_slice(&record.to_be_bytes());
        let entry = device.writer.append(Draft {
            author: AuthorId([1; 16]),
            recorded: Recorded { wall_ms: 1_793_500_000_000, boot: [2; 16], monotonic_ms: n as u64 },
            witness: None,
            doc: DocId(id),
            change: action(&mut doc, n)?,
        })?;
        size += entry.bytes().len();
        batch.entries.push(entry.into_bytes());
        written_by.insert(by, device.writer.head(&device.secret)?);
        if size >= BATCH_BYTES || n + 1 == entries {
            batch.heads = std::mem::take(&mut written_by).into_values().collect();
            batches.push(std::mem::replace(&mut batch, Batch { entries: Vec::new(), heads: Vec::new() }));
            size = 0;
        }
    }
    Ok(batches)
}

/// One action: a fact with its fields.
fn action(doc: &mut Automerge, n: usize) -> Result<Vec<u8>, AutomergeError> {
    let mut transaction = doc.transaction();
    let fact = transaction.put_object(ROOT, format!("fact/018f3d6e-0000-7000-8000-{n:012x}"), ObjType::Map)?;
    transaction.put(&fact, "type", "scanned")?;
    transaction.put(&fact, "at", ScalarValue::Timestamp(1_793_500_000_000))?;
    transaction.put(&fact, "place", "B2-pump-room")?;
    transaction.commit();
    Ok(doc.get_last_local_change().map(|change| change.raw_bytes().to_vec()).unwrap_or_default())
}
