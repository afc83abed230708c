//! Entries a second that become durable on the server: read, verified and stored by its store, beside a row per entry
//! in bare SQLite with the same bytes and the same transactions.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use dutybook_client::{new_fact_id, random};
use dutybook_domain::device::{AppRole, record_of};
use dutybook_domain::engine::{Class, Step};
use dutybook_domain::ids::Home;
use dutybook_domain::record::Write as RecordWrite;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::{RecordId, Timestamp, Zone};
use dutybook_log::{AuthorId, Draft, Entry, Head, LocalWriter, Opening, Recorded, SealedEntry, VolumeId};
use dutybook_store::{Error, Identity, IncomingBatch, IncomingPart, OpenOptions, Stamp, Store};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::bench::floor::Bare;
use crate::bench::numbers::{median, rounded, times};
use crate::fleet::at;

/// Entries in a transaction, and how many entries a round measures with it.
const SIZES: [(usize, usize); 3] = [(1, 200), (32, 1_600), (512, 4_096)];
/// Entries of one record.
const CHANGES: usize = 30;

/// What was measured with one size of transaction.
#[derive(Debug)]
struct Row {
    batch: usize,
    entries: usize,
    ours: Vec<f64>,
    floor: Vec<f64>,
    /// The share of our time that goes into reading and hashing the bytes.
    reading: Vec<f64>,
}

/// What becoming durable costs.
#[derive(Debug)]
pub struct Ingest {
    rows: Vec<Row>,
    change_bytes: usize,
    entry_bytes: usize,
    /// Entries a second made into records afterwards, which nobody waits for.
    materialised: f64,
}

/// One transaction: what a device hands over after signing once.
struct Batch {
    head: Head,
    entries: Vec<Vec<u8>>,
    docs: Vec<[u8; 16]>,
}

impl Ingest {
    /// Measures every size of transaction `rounds` times, ours and the floor taking turns.
    ///
    /// # Errors
    /// When anything real fails, or an entry is not taken.
    pub fn measure(rounds: usize) -> Result<Self> {
        let home = TempDir::new()?;
        let now = at(super::book::STARTS)?;
        let each: usize = SIZES.iter().map(|(_, entries)| entries).sum();
        let device = open(&home.path().join("device"))?;
        let server = open(&home.path().join("server"))?;
        for store in [&device, &server] {
            identify(store, &server)?;
        }
        enrol(&server, &device, now)?;
        let changes = changes(&device, rounds * each, now)?;
        let change_bytes = changes.iter().map(|entry| entry.change.len()).sum::<usize>() / changes.len();

        let volume = changes[0].volume;
        let opening = Opening { volume, device: device.device_key(), nonce: random() };
        let mut writer = LocalWriter::open(opening);
        let mut bare = Bare::create(&home.path().join("floor.sqlite"))?;
        let mut rows: Vec<Row> = SIZES
            .iter()
            .map(|(batch, entries)| Row {
                batch: *batch,
                entries: entries * rounds,
                ours: Vec::new(),
                floor: Vec::new(),
                reading: Vec::new(),
            })
            .collect();
        let mut rest = changes.into_iter();
        let mut bytes = 0;
        for round in 0..rounds {
            for (row, (size, entries)) in rows.iter_mut().zip(SIZES) {
                let batches: Vec<Batch> = (0..entries / size)
                    .map(|_| seal(&mut writer, &device, rest.by_ref().take(size)))
                    .collect::<Result<_>>()?;
                bytes += batches.iter().flat_map(|batch| &batch.entries).map(Vec::len).sum::<usize>();
                // Who goes first changes, so that neither always finds the disk as the other left it.
                if round % 2 == 0 {
                    row.ours(&server, &device, volume, now, &batches)?;
                    row.floor(&mut bare, &batches)?;
                } else {
                    row.floor(&mut bare, &batches)?;
                    row.ours(&server, &device, volume, now, &batches)?;
                }
            }
        }
        let total = rounds * each;
        let started = Instant::now();
        while server.materialise(500)?.1 {}
        let materialised = times(total as f64, started.elapsed().as_secs_f64());
        let counts = server.counts()?;
        ensure!(
            counts.marked + counts.waiting + counts.quarantined == 0,
            "not every entry is in its record: {counts:?}"
        );
        Ok(Self { rows, change_bytes, entry_bytes: bytes / total, materialised })
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({
                "entries_per_transaction": row.batch,
                "entries": row.entries,
                "entries_per_second": rounded(median(&row.ours)),
                "floor_entries_per_second": rounded(median(&row.floor)),
                "share_of_the_floor": rounded(row.share()),
                "share_of_time_reading": rounded(median(&row.reading)),
            })
        });
        json!({
            "change_bytes": self.change_bytes,
            "entry_bytes": self.entry_bytes,
            "changes_per_record": CHANGES,
            "rows": rows.collect::<Vec<_>>(),
            "made_into_records_per_second": rounded(self.materialised),
        })
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!(
            "Ingest: read, verified, durable; {CHANGES} changes a record, {} bytes a change, {} an entry\n\
             \x20 entries a transaction  entries   entries/s   bare SQLite rows/s   share of the floor   reading\n",
            self.change_bytes, self.entry_bytes
        );
        for row in &self.rows {
            let _ = writeln!(
                text,
                "  {:>21} {:>8} {:>11.0} {:>20.0} {:>20.2} {:>8.0}%",
                row.batch,
                row.entries,
                median(&row.ours),
                median(&row.floor),
                row.share(),
                median(&row.reading) * 100.0,
            );
        }
        let _ = writeln!(text, "  made into records afterwards: {:.0} entries/s", self.materialised);
        text
    }
}

impl Row {
    fn share(&self) -> f64 {
        times(median(&self.ours), median(&self.floor))
    }

    fn ours(
        &mut self,
        server: &Store,
        device: &Store,
        volume: VolumeId,
        now: Timestamp,
        batches: &[Batch],
    ) -> Result<()> {
        let (mut reading, mut taken) = (0.0, 0);
        let started = Instant::now();
        for batch in batches {
            let began = Instant::now();
            let part = IncomingPart::read(volume, &[batch.head], batch.entries.iter().map(Vec::as_slice));
            reading += began.elapsed().as_secs_f64();
            let incoming = IncomingBatch { from: Some(device.device_key()), received_ms: now.0, parts: vec![part] };
            taken += server.ingest(&incoming)?.accepted;
        }
        let took = started.elapsed().as_secs_f64();
        let entries: usize = batches.iter().map(|batch| batch.entries.len()).sum();
        ensure!(taken == entries, "the server took {taken} of {entries} entries");
        self.ours.push(times(entries as f64, took));
        self.reading.push(times(reading, took));
        Ok(())
    }

    fn floor(&mut self, bare: &mut Bare, batches: &[Batch]) -> Result<()> {
        let started = Instant::now();
        for batch in batches {
            bare.write(batch.docs.iter().zip(batch.entries.iter().map(Vec::as_slice)))?;
        }
        let took = started.elapsed().as_secs_f64();
        let entries: usize = batches.iter().map(|batch| batch.entries.len()).sum();
        self.floor.push(times(entries as f64, took));
        Ok(())
    }
}

fn open(folder: &Path) -> Result<Store> {
    let options =
        OpenOptions { actor: random(), random: Box::new(|bytes| bytes.copy_from_slice(&randomness(bytes.len()))) };
    Ok(Store::open(folder, options)?)
}

/// So many random bytes.
pub(crate) fn randomness(length: usize) -> Vec<u8> {
    std::iter::repeat_with(random::<16>).flatten().take(length).collect()
}

fn identify(store: &Store, server: &Store) -> Result<()> {
    store.set_identity(&Identity {
        site: "demo".parse()?,
        site_name: "示范小区".into(),
        label: "前台".into(),
        prefix: "D1".into(),
        role: AppRole::Desk,
        server: server.device_key(),
    })?;
    Ok(())
}

/// What a device itself writes then.
#[must_use]
pub fn stamp(now: Timestamp) -> Stamp {
    Stamp { author: AuthorId::DEVICE, recorded: Recorded { wall_ms: now.0, boot: [0; 16], monotonic_ms: 0 } }
}

fn fact(device: &Store, kind: &str, now: Timestamp, body: Value) -> RecordWrite {
    let by = Signer { person: RecordId(Uuid::nil()), name: "值班员甲".into(), role: Role::DutyOfficer };
    let id = new_fact_id(&device.device_key(), now);
    RecordWrite::Fact { id, kind: kind.into(), at: now, by, body: body.as_object().cloned().unwrap_or_default() }
}

/// As the server writes it when a device is enrolled.
fn enrol(server: &Store, device: &Store, now: Timestamp) -> Result<()> {
    let key = device.device_key().to_string();
    let record = record_of("demo", &key);
    let body = json!({ "key": key, "label": "前台", "prefix": "D1", "role": "desk" });
    let writes = vec![RecordWrite::Meta { name: "kind", value: "device".into() }, fact(server, "enrolled", now, body)];
    let step = Step { record, kind: "device", writes };
    server.transact(stamp(now), |_| Ok::<_, Error>(vec![step]))??;
    Ok(())
}

/// At least `count` entries: many records that grow side by side, each by one change after the other.
fn changes(device: &Store, count: usize, now: Timestamp) -> Result<Vec<Entry>> {
    let home = Home { class: Class::Duty, day: now.day(Zone::default()), kind: "work_order" };
    let records: Vec<RecordId> = (0..count.div_ceil(CHANGES)).map(|_| RecordId::fresh(&home, random())).collect();
    for change in 0..CHANGES {
        let steps = records.iter().map(|record| {
            let mut writes = Vec::new();
            if change == 0 {
                writes.push(RecordWrite::Meta { name: "kind", value: "work_order".into() });
            }
            writes.push(fact(device, "noted", now, json!({ "text": "已到现场,关阀" })));
            Step { record: *record, kind: "work_order", writes }
        });
        device.transact(stamp(now), |_| Ok::<_, Error>(steps.collect()))??;
    }
    let mut entries = Vec::new();
    let mut after = 0;
    loop {
        let read = device.read_log(after, usize::MAX, &|_, _| Some(0))?;
        for entry in read.entries {
            entries.push(SealedEntry::parse(entry.bytes)?.entry().clone());
        }
        after = read.through;
        if read.end {
            ensure!(entries.len() >= count, "{} entries were written, not {count}", entries.len());
            return Ok(entries);
        }
    }
}

/// The next entries of a log, signed once at the end.
fn seal(writer: &mut LocalWriter, device: &Store, entries: impl Iterator<Item = Entry>) -> Result<Batch> {
    let (mut sealed, mut docs) = (Vec::new(), Vec::new());
    for Entry { author, recorded, doc, change, .. } in entries {
        docs.push(doc.0);
        sealed.push(writer.append(Draft { author, recorded, witness: None, doc, change })?.into_bytes());
    }
    Ok(Batch { head: writer.head(device.secret()).context("signing")?, entries: sealed, docs })
}
