//! The log as a sync session reads it: frontiers, and entries in arrival order.
//!
//! Invariants
//! - Finding what another replica lacks costs a look at the writers and at the missing entries, never at all entries or
//!   documents.
//! - A chunk that is not cut by its limit ends where every writer ends at a signed head, because every transaction does.

use std::collections::{BTreeMap, BinaryHeap};

use dutybook_log::{DeviceKey, EntryHash, Frontier, Head, Opening, Position, VolumeId, WriterId, book_digest};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::book::{from_sql, position, to_sql, volume_name};
use crate::cache::RowId;
use crate::error::Result;
use crate::ingest::hash_of;
use crate::store::Store;

/// Rows looked at in one reading, so that a reader which wants little gives way to others.
const ROWS: usize = 20_000;
/// When fewer than one in this many entries is wanted, they are looked up one by one instead of read past.
const SPARSE: u64 = 8;

/// When at most so many entries came after the last one read, they are read with their writers, of which there may be
/// thousands that have nothing new.
const RECENT: u64 = 32;

/// After which of a writer's entries somebody wants more; `None` for nothing at all.
pub type WantedAfter<'a> = &'a dyn Fn(&VolumeId, &WriterId) -> Option<u64>;

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place in this device's own order.
    pub arrival: u64,
    /// The volume.
    pub volume: VolumeId,
    /// The writer.
    pub writer: WriterId,
    /// Its number in the writer's log.
    pub seq: u64,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// The signed head, where this entry ended a commit.
    pub head: Option<Head>,
}

/// A part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRead {
    /// The wanted entries in arrival order.
    pub entries: Vec<LogEntry>,
    /// The arrival up to which, inclusive, the log has been read.
    pub through: u64,
    /// Whether there was nothing after `through`.
    pub end: bool,
}

struct LogWriter {
    row: RowId,
    writer: WriterId,
    opening: Opening,
    seq: u64,
}

impl Store {
    /// How far every volume is held, and the last arrival number, in one moment.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn book(&self, includes: &dyn Fn(&VolumeId) -> bool) -> Result<(BTreeMap<VolumeId, Frontier>, u64)> {
        self.read(|connection| {
            let mut frontiers = read_frontiers(connection)?;
            frontiers.retain(|volume, _| includes(volume));
            Ok((frontiers, read_arrival(connection)?))
        })
    }

    /// How far every volume is held.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn frontiers(&self) -> Result<Vec<(VolumeId, Frontier)>> {
        self.read(|connection| Ok(read_frontiers(connection)?.into_iter().collect()))
    }

    /// One digest over all frontiers.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn book_digest(&self) -> Result<[u8; 32]> {
        self.read(|connection| Ok(book_digest(read_frontiers(connection)?.iter())))
    }

    /// The last arrival number of the log.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn last_arrival(&self) -> Result<u64> {
        self.read(read_arrival)
    }

    /// The least arrival among the entries somebody wants.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn first_missing_arrival(&self, wanted_after: WantedAfter<'_>) -> Result<Option<u64>> {
        self.read(|connection| {
            let mut first = None;
            for writer in read_writers(connection)? {
                let Some(after) = wanted_after(&writer.opening.volume, &writer.writer) else { continue };
                if after >= writer.seq {
                    continue;
                }
                let arrival = arrival_of(connection, writer.row, after.saturating_add(1))?;
                first = match (first, arrival) {
                    (Some(first), Some(arrival)) => Some(u64::min(first, arrival)),
                    (first, arrival) => first.or(arrival),
                };
            }
            Ok(first)
        })
    }

    /// Entries that arrived after `after` and are wanted, until they have `limit_bytes` bytes or enough rows were looked
    /// at.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_log(&self, after: u64, limit_bytes: usize, wanted_after: WantedAfter<'_>) -> Result<LogRead> {
        self.read(|connection| {
            let last = read_arrival(connection)?;
            if last.saturating_sub(after) <= RECENT {
                return read_recent(connection, after, limit_bytes, wanted_after, last);
            }
            let writers = read_writers(connection)?;
            let wanted: Vec<(LogWriter, u64)> = writers
                .into_iter()
                .filter_map(|writer| {
                    let after = wanted_after(&writer.opening.volume, &writer.writer)?;
                    (after < writer.seq).then_some((writer, after))
                })
                .collect();
            let lacking: u64 = wanted.iter().map(|(writer, after)| writer.seq - after).sum();
            if lacking.saturating_mul(SPARSE) < last.saturating_sub(after) {
                read_sparse(connection, after, limit_bytes, wanted, last)
            } else {
                read_dense(connection, after, limit_bytes, &wanted, last)
            }
        })
    }
}

/// Reads the few entries at the end of the log, as every live connection does at every commit.
fn read_recent(
    connection: &Connection,
    after: u64,
    limit_bytes: usize,
    wanted_after: WantedAfter<'_>,
    last: u64,
) -> Result<LogRead> {
    let mut read = LogRead { entries: Vec::new(), through: after, end: false };
    let mut query = connection.prepare_cached(
        "SELECT entry.arrival, entry.writer, entry.seq, entry.signature, entry.bytes,
                writer.writer, writer.device, writer.nonce, volume.name
         FROM entry JOIN writer ON writer.id = entry.writer JOIN volume ON volume.id = writer.volume
         WHERE entry.arrival > ?1 ORDER BY entry.arrival",
    )?;
    let mut rows = query.query([to_sql(after)?])?;
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        read.through = from_sql(row.get(0)?);
        let (writer, seq) = (WriterId(row.get(5)?), from_sql(row.get(2)?));
        let volume = volume_name(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)?;
        if wanted_after(&volume, &writer).is_some_and(|after| seq > after) {
            let opening = Opening { volume, device: DeviceKey(row.get(6)?), nonce: row.get(7)? };
            let entry = log_entry(row, &LogWriter { row: row.get(1)?, writer, opening, seq }, read.through, seq)?;
            bytes += entry.bytes.len();
            read.entries.push(entry);
        }
        if bytes >= limit_bytes {
            break;
        }
    }
    read.end = read.through >= last;
    Ok(read)
}

/// Reads on from `after` and leaves out what is not wanted.
fn read_dense(
    connection: &Connection,
    after: u64,
    limit_bytes: usize,
    wanted: &[(LogWriter, u64)],
    last: u64,
) -> Result<LogRead> {
    let by_row: std::collections::HashMap<RowId, &(LogWriter, u64)> =
        wanted.iter().map(|entry| (entry.0.row, entry)).collect();
    let mut read = LogRead { entries: Vec::new(), through: after, end: false };
    let mut query = connection.prepare_cached(
        "SELECT arrival, writer, seq, signature, bytes FROM entry WHERE arrival > ?1 ORDER BY arrival",
    )?;
    let mut rows = query.query([to_sql(after)?])?;
    let (mut bytes, mut looked_at) = (0, 0);
    while let Some(row) = rows.next()? {
        read.through = from_sql(row.get(0)?);
        looked_at += 1;
        let seq = from_sql(row.get(2)?);
        if let Some((writer, after)) = by_row.get(&row.get(1)?)
            && seq > *after
        {
            let entry = log_entry(row, writer, read.through, seq)?;
            bytes += entry.bytes.len();
            read.entries.push(entry);
        }
        if bytes >= limit_bytes || looked_at >= ROWS {
            break;
        }
    }
    read.end = read.through >= last;
    Ok(read)
}

/// Looks wanted entries up one by one: a writer's entries have rising arrivals, so its next one is all that matters.
fn read_sparse(
    connection: &Connection,
    after: u64,
    limit_bytes: usize,
    wanted: Vec<(LogWriter, u64)>,
    last: u64,
) -> Result<LogRead> {
    use std::cmp::Reverse;
    let mut read = LogRead { entries: Vec::new(), through: after, end: false };
    // The next wanted entry of every writer, the earliest arrival first.
    let mut next: BinaryHeap<Reverse<(u64, usize, u64)>> = BinaryHeap::new();
    for (at, (writer, wanted_after)) in wanted.iter().enumerate() {
        if let Some((arrival, seq)) = next_of(connection, writer.row, *wanted_after, after)? {
            next.push(Reverse((arrival, at, seq)));
        }
    }
    let mut query =
        connection.prepare_cached("SELECT arrival, writer, seq, signature, bytes FROM entry WHERE arrival = ?1")?;
    let mut bytes = 0;
    while let Some(Reverse((arrival, at, seq))) = next.pop() {
        let (writer, _) = &wanted[at];
        let mut rows = query.query([to_sql(arrival)?])?;
        if let Some(row) = rows.next()? {
            let entry = log_entry(row, writer, arrival, seq)?;
            bytes += entry.bytes.len();
            read.entries.push(entry);
            read.through = arrival;
        }
        if let Some(following) = arrival_of(connection, writer.row, seq + 1)? {
            next.push(Reverse((following, at, seq + 1)));
        }
        if bytes >= limit_bytes || read.entries.len() >= ROWS {
            break;
        }
    }
    if next.is_empty() {
        // Nothing else is wanted up to the end of the log as this reading saw it.
        read.through = read.through.max(last);
    }
    read.end = read.through >= last;
    Ok(read)
}

/// The first entry of a writer behind both a number and an arrival.
fn next_of(connection: &Connection, writer: RowId, after_seq: u64, after: u64) -> Result<Option<(u64, u64)>> {
    // Mostly the first wanted entry is behind the cursor already; only a reading under way has to look further.
    let first = arrival_of(connection, writer, after_seq.saturating_add(1))?;
    if let Some(arrival) = first.filter(|arrival| *arrival > after) {
        return Ok(Some((arrival, after_seq + 1)));
    }
    if first.is_none() {
        return Ok(None);
    }
    // Arrivals rise with numbers: halve the range.
    let last: i64 =
        connection.prepare_cached("SELECT seq FROM writer WHERE id = ?1")?.query_row([writer], |row| row.get(0))?;
    let (mut low, mut high) = (after_seq + 1, from_sql(last) + 1);
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match arrival_of(connection, writer, middle)? {
            Some(arrival) if arrival > after => high = middle,
            _ => low = middle,
        }
    }
    Ok(arrival_of(connection, writer, high)?.map(|arrival| (arrival, high)))
}

fn arrival_of(connection: &Connection, writer: RowId, seq: u64) -> Result<Option<u64>> {
    Ok(connection
        .prepare_cached("SELECT arrival FROM entry WHERE writer = ?1 AND seq = ?2")?
        .query_row(params![writer, to_sql(seq)?], |row| row.get(0))
        .optional()?
        .map(from_sql))
}

fn log_entry(row: &Row<'_>, writer: &LogWriter, arrival: u64, seq: u64) -> Result<LogEntry> {
    let signature: Option<[u8; 64]> = row.get(3)?;
    let bytes: Vec<u8> = row.get(4)?;
    let head = signature.map(|signature| Head {
        opening: writer.opening,
        position: Position { seq, hash: hash_of(&bytes) },
        signature,
    });
    Ok(LogEntry { arrival, volume: writer.opening.volume, writer: writer.writer, seq, bytes, head })
}

fn read_writers(connection: &Connection) -> Result<Vec<LogWriter>> {
    let mut names: BTreeMap<RowId, VolumeId> = BTreeMap::new();
    {
        let mut query = connection.prepare_cached("SELECT id, name FROM volume")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            names.insert(row.get(0)?, volume_name(&row.get::<_, String>(1)?)?);
        }
    }
    let mut query = connection.prepare_cached("SELECT id, volume, writer, device, nonce, seq FROM writer")?;
    let mut rows = query.query([])?;
    let mut writers = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(volume) = names.get(&row.get(1)?) else { continue };
        writers.push(LogWriter {
            row: row.get(0)?,
            writer: WriterId(row.get(2)?),
            opening: Opening { volume: *volume, device: DeviceKey(row.get(3)?), nonce: row.get(4)? },
            seq: from_sql(row.get(5)?),
        });
    }
    Ok(writers)
}

/// The frontiers of all volumes with entries.
pub(crate) fn read_frontiers(connection: &Connection) -> Result<BTreeMap<VolumeId, Frontier>> {
    let mut frontiers: BTreeMap<VolumeId, Frontier> = BTreeMap::new();
    let mut query = connection.prepare_cached(
        "SELECT volume.name, writer.writer, writer.seq, writer.hash FROM writer JOIN volume ON volume.id = writer.volume
         ORDER BY writer.volume",
    )?;
    let mut rows = query.query([])?;
    let mut current: Option<(String, VolumeId)> = None;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let volume = match &current {
            Some((known, volume)) if known == name => *volume,
            _ => {
                let volume = volume_name(name)?;
                current = Some((name.to_owned(), volume));
                volume
            }
        };
        frontiers.entry(volume).or_default().set(WriterId(row.get(1)?), position(row, 2)?);
    }
    Ok(frontiers)
}

pub(crate) fn read_arrival(connection: &Connection) -> Result<u64> {
    let last: i64 =
        connection.prepare_cached("SELECT coalesce(max(arrival), 0) FROM entry")?.query_row([], |row| row.get(0))?;
    Ok(from_sql(last))
}

/// The hash of the entry at `seq`, whatever is asked for.
pub(crate) fn hash_at(connection: &Connection, writer: RowId, seq: u64) -> Result<Option<EntryHash>> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT bytes FROM entry WHERE writer = ?1 AND seq = ?2")?
        .query_row(params![writer, to_sql(seq)?], |row| row.get(0))
        .optional()?;
    Ok(bytes.map(|bytes| hash_of(&bytes)))
}
