//! Every entry of a record: who, when, on which device, and what it wrote; and what was set aside.
//!
//! Invariant: nothing is left out. Entries that are not in their record, and things that are not in the log, are listed
//! with the reason.

use dutybook_domain::{FactId, RecordId};
use dutybook_log::{AuthorId, ChangeHash, DeviceKey, EntryHash, Recorded, SealedEntry, VolumeId, WriterId, inspect};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::book::{from_sql, volume_name};
use crate::contents;
use crate::error::{Error, Result};
use crate::materialise::doc_id;
use crate::query::record_id;
use crate::store::Store;

/// Whether an entry is in its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Applied,
    /// It was not looked at yet.
    Pending,
    /// It builds on entries that have not arrived.
    Waiting,
    /// It was refused and is kept in the log only.
    Marked {
        /// For programs.
        code: String,
        /// For people.
        reason: String,
    },
}

/// One entry of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Its place in this device's own order.
    pub arrival: u64,
    /// Where it stands.
    pub volume: VolumeId,
    /// Its writer.
    pub writer: WriterId,
    /// Its number there.
    pub seq: u64,
    /// Its hash.
    pub hash: EntryHash,
    /// The device that wrote it.
    pub device: DeviceKey,
    /// What people call the device; empty when the server does not know it.
    pub device_label: String,
    /// The prefix of its numbers; likewise.
    pub device_prefix: String,
    /// The person; nil when the device itself acted.
    pub author: AuthorId,
    /// When, by the device's account.
    pub recorded: Recorded,
    /// The change's own hash.
    pub change: ChangeHash,
    /// Bytes of the entry.
    pub bytes: usize,
    /// The facts it wrote.
    pub facts: Vec<FactId>,
    /// All it wrote, as keys of the record: `meta/number`, `fact/…`, `field/level`, `text/report`.
    pub keys: Vec<String>,
    /// Whether it is in the record.
    pub standing: Standing,
}

/// Something refused that is kept for a person to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Names it in this list.
    pub id: i64,
    /// Who handed it over; `None` when it came from a file, or is our own branch of a forked writer.
    pub peer: Option<DeviceKey>,
    /// The volume it was offered for.
    pub volume: VolumeId,
    /// For programs.
    pub code: String,
    /// For people.
    pub reason: String,
    /// When, by our clock.
    pub at_ms: i64,
    /// How many bytes; [`Store::quarantined_bytes`] has them.
    pub len: usize,
}

/// An entry that waits to be taken into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The volume.
    pub volume: VolumeId,
    /// The writer.
    pub writer: WriterId,
    /// Its number.
    pub seq: u64,
    /// For programs.
    pub code: String,
    /// For people.
    pub reason: String,
    /// When it came, by our clock.
    pub at_ms: i64,
}

/// An entry of the log that is not in its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The record.
    pub record: RecordId,
    /// Its place in this device's own order.
    pub arrival: u64,
    /// Why.
    pub standing: Standing,
}

impl Store {
    /// Every entry of a record in arrival order.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn entries_of(&self, record: RecordId) -> Result<Vec<EntryRow>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT entry.arrival, writer.device, coalesce(device.label, ''), coalesce(device.prefix, ''), entry.bytes,
                        marked.code, marked.reason, waiting.arrival IS NOT NULL,
                        entry.arrival > coalesce(document_state.through, 0)
                 FROM document JOIN entry ON entry.document = document.id JOIN writer ON writer.id = entry.writer
                 LEFT JOIN device ON device.key = writer.device
                 LEFT JOIN document_state ON document_state.document = document.id
                 LEFT JOIN marked ON marked.document = document.id AND marked.arrival = entry.arrival
                 LEFT JOIN waiting ON waiting.document = document.id AND waiting.arrival = entry.arrival
                 WHERE document.doc = ?1 ORDER BY entry.arrival",
            )?;
            let mut rows = query.query([doc_id(record).0])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(entry_row(row)?);
            }
            Ok(entries)
        })
    }

    /// What was refused, the latest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn quarantine(&self) -> Result<Vec<Quarantined>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, peer, volume, code, reason, at_ms, length(bytes) FROM quarantine ORDER BY id DESC",
            )?;
            let mut rows = query.query([])?;
            let mut list = Vec::new();
            while let Some(row) = rows.next()? {
                list.push(Quarantined {
                    id: row.get(0)?,
                    peer: row.get::<_, Option<[u8; 32]>>(1)?.map(DeviceKey),
                    volume: volume_name(&row.get::<_, String>(2)?)?,
                    code: row.get(3)?,
                    reason: row.get(4)?,
                    at_ms: row.get(5)?,
                    len: usize::try_from(from_sql(row.get(6)?)).unwrap_or(usize::MAX),
                });
            }
            Ok(list)
        })
    }

    /// The bytes of something refused, as they came.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn quarantined_bytes(&self, id: i64) -> Result<Option<Vec<u8>>> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT bytes FROM quarantine WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()?)
        })
    }

    /// What waits to be taken into the log, in the order in which it came.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn parked(&self) -> Result<Vec<Parked>> {
        self.read(|connection| {
            let mut query =
                connection.prepare_cached("SELECT volume, writer, seq, code, reason, at_ms FROM parked ORDER BY id")?;
            let mut rows = query.query([])?;
            let mut list = Vec::new();
            while let Some(row) = rows.next()? {
                list.push(Parked {
                    volume: volume_name(&row.get::<_, String>(0)?)?,
                    writer: WriterId(row.get(1)?),
                    seq: from_sql(row.get(2)?),
                    code: row.get(3)?,
                    reason: row.get(4)?,
                    at_ms: row.get(5)?,
                });
            }
            Ok(list)
        })
    }

    /// Entries of the log that are not in their record: marked ones, then waiting ones.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn marked(&self) -> Result<Vec<SetAside>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT document.doc, marked.arrival, marked.code, marked.reason
                 FROM marked JOIN document ON document.id = marked.document
                 UNION ALL
                 SELECT document.doc, waiting.arrival, NULL, NULL
                 FROM waiting JOIN document ON document.id = waiting.document",
            )?;
            let rows = query.query_map([], |row| {
                let standing = match (row.get(2)?, row.get(3)?) {
                    (Some(code), Some(reason)) => Standing::Marked { code, reason },
                    _ => Standing::Waiting,
                };
                Ok(SetAside { record: record_id(row, 0)?, arrival: from_sql(row.get(1)?), standing })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The exact bytes of an entry.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn entry_bytes(&self, arrival: u64) -> Result<Option<Vec<u8>>> {
        self.read(|connection| read_bytes(connection, arrival))
    }
}

fn read_bytes(connection: &Connection, arrival: u64) -> Result<Option<Vec<u8>>> {
    Ok(connection
        .prepare_cached("SELECT bytes FROM entry WHERE arrival = ?1")?
        .query_row([crate::book::to_sql(arrival)?], |row| row.get(0))
        .optional()?)
}

fn entry_row(row: &Row<'_>) -> Result<EntryRow> {
    let arrival = from_sql(row.get(0)?);
    let sealed = SealedEntry::parse(row.get::<_, Vec<u8>>(4)?)
        .map_err(|error| Error::Inconsistent(format!("entry {arrival} cannot be read back: {error}")))?;
    let entry = sealed.entry();
    let facts = inspect(sealed.change())
        .map_err(|error| Error::Inconsistent(format!("entry {arrival} cannot be read back: {error}")))?;
    let carried = contents::decode(sealed.change()).as_ref().and_then(contents::contents).unwrap_or_default();
    let standing = match (row.get(5)?, row.get(6)?) {
        (Some(code), Some(reason)) => Standing::Marked { code, reason },
        _ if row.get(7)? => Standing::Waiting,
        _ if row.get(8)? => Standing::Pending,
        _ => Standing::Applied,
    };
    Ok(EntryRow {
        arrival,
        volume: entry.volume,
        writer: entry.writer,
        seq: entry.seq,
        hash: sealed.hash(),
        device: DeviceKey(row.get(1)?),
        device_label: row.get(2)?,
        device_prefix: row.get(3)?,
        author: entry.author,
        recorded: entry.recorded,
        change: facts.hash,
        bytes: sealed.bytes().len(),
        facts: carried.fact_ids().collect(),
        keys: carried.keys,
        standing,
    })
}
