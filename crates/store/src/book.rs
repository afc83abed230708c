//! Rows of the log: volumes, writers, entries, and where documents live. The only place that inserts into them.
//!
//! Invariants
//! - `writer.seq`/`writer.hash` are those of the writer's last row in `entry`, always in the same transaction.
//! - Arrival numbers only grow; a writer's entries have rising arrivals.
//! - When a transaction ends, every writer's last entry carries a signature.
//! - A document's home is the volume in which it was first seen.

use dutybook_log::{DocId, EntryHash, Frontier, Opening, Position, VolumeId, WriterId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::cache::{KnownWriter, Place, RowId};
use crate::error::{Error, Result};
use crate::store::Work;

/// Reads a volume's name as it stands in the database.
pub(crate) fn volume_name(text: &str) -> Result<VolumeId> {
    text.parse().map_err(|_| Error::Inconsistent(format!("“{text}” is no volume")))
}

/// SQLite counts in `i64`. No writer reaches its end.
pub(crate) fn to_sql(seq: u64) -> Result<i64> {
    i64::try_from(seq).map_err(|_| Error::Inconsistent(format!("the number {seq} is out of range")))
}

/// Counts in the database are never negative; a damaged one reads as nothing.
pub(crate) fn from_sql(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or_default()
}

/// `seq, hash` from two neighbouring columns.
pub(crate) fn position(row: &Row<'_>, at: usize) -> rusqlite::Result<Position> {
    Ok(Position { seq: from_sql(row.get(at)?), hash: EntryHash(row.get(at + 1)?) })
}

/// The frontier of one volume.
pub(crate) fn read_frontier(connection: &Connection, volume: RowId) -> Result<Frontier> {
    let mut query = connection.prepare_cached("SELECT writer, seq, hash FROM writer WHERE volume = ?1")?;
    let rows = query.query_map([volume], |row| Ok((WriterId(row.get(0)?), position(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Work<'_> {
    /// The volume's row, if there is one.
    pub(crate) fn find_volume(&mut self, volume: &VolumeId) -> Result<Option<RowId>> {
        if let Some(row) = self.caches.volumes.get(volume) {
            return Ok(Some(*row));
        }
        let row: Option<RowId> = self
            .tx
            .prepare_cached("SELECT id FROM volume WHERE name = ?1")?
            .query_row([volume.to_string()], |row| row.get(0))
            .optional()?;
        if let Some(row) = row {
            self.caches.volumes.insert(*volume, row);
        }
        Ok(row)
    }

    /// The volume's row, made if need be.
    pub(crate) fn volume(&mut self, volume: &VolumeId) -> Result<RowId> {
        if let Some(row) = self.find_volume(volume)? {
            return Ok(row);
        }
        self.tx.prepare_cached("INSERT INTO volume (name) VALUES (?1)")?.execute([volume.to_string()])?;
        let row = self.tx.last_insert_rowid();
        self.caches.volumes.insert(*volume, row);
        Ok(row)
    }

    /// How far each writer of the volume is known.
    pub(crate) fn frontier(&mut self, volume: &VolumeId) -> Result<&Frontier> {
        if !self.caches.frontiers.contains_key(volume) {
            let frontier = match self.find_volume(volume)? {
                Some(row) => read_frontier(self.tx, row)?,
                None => Frontier::new(),
            };
            self.caches.frontiers.insert(*volume, frontier);
        }
        self.caches.frontiers.get(volume).ok_or_else(|| Error::Inconsistent("a frontier was lost".into()))
    }

    /// A writer that has entries here.
    pub(crate) fn writer(&mut self, writer: &WriterId) -> Result<Option<KnownWriter>> {
        if let Some(known) = self.caches.writers.get(writer) {
            return Ok(Some(*known));
        }
        let found = self
            .tx
            .prepare_cached(
                "SELECT writer.id, volume.name, device, nonce
                 FROM writer JOIN volume ON volume.id = writer.volume WHERE writer = ?1",
            )?
            .query_row([writer.0], |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, [u8; 32]>(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((row, volume, device, nonce)) = found else { return Ok(None) };
        let opening = Opening { volume: volume_name(&volume)?, device: dutybook_log::DeviceKey(device), nonce };
        let known = KnownWriter { row, opening };
        self.caches.writers.insert(*writer, known);
        Ok(Some(known))
    }

    /// Moves a writer forward, making its row for its first entries. Its entries follow in the same transaction.
    pub(crate) fn move_writer(
        &mut self,
        opening: &Opening,
        to: Position,
        own: Option<(&crate::instance::Instance, &str)>,
    ) -> Result<RowId> {
        let id = opening.writer();
        let row = if let Some(known) = self.writer(&id)? {
            self.tx.prepare_cached("UPDATE writer SET seq = ?2, hash = ?3 WHERE id = ?1")?.execute(params![
                known.row,
                to_sql(to.seq)?,
                to.hash.0
            ])?;
            known.row
        } else {
            let volume = self.volume(&opening.volume)?;
            let (instance, period) = own.unzip();
            self.tx
                .prepare_cached(
                    "INSERT INTO writer (volume, writer, device, nonce, seq, hash, instance, period)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    volume,
                    id.0,
                    opening.device.0,
                    opening.nonce,
                    to_sql(to.seq)?,
                    to.hash.0,
                    instance,
                    period.unwrap_or_default(),
                ])?;
            let row = self.tx.last_insert_rowid();
            self.caches.writers.insert(id, KnownWriter { row, opening: *opening });
            row
        };
        self.frontier(&opening.volume)?;
        if let Some(frontier) = self.caches.frontiers.get_mut(&opening.volume) {
            frontier.set(id, to);
        }
        Ok(row)
    }

    /// The arrival of the last entry; 0 in an empty log.
    pub(crate) fn last_arrival(&mut self) -> Result<i64> {
        if let Some(last) = self.caches.last_arrival {
            return Ok(last);
        }
        let last =
            self.tx.prepare_cached("SELECT coalesce(max(arrival), 0) FROM entry")?.query_row([], |row| row.get(0))?;
        self.caches.last_arrival = Some(last);
        Ok(last)
    }

    /// Adds an entry behind everything that is here.
    pub(crate) fn insert_entry(
        &mut self,
        writer: RowId,
        seq: u64,
        document: RowId,
        signature: Option<&[u8; 64]>,
        bytes: &[u8],
    ) -> Result<i64> {
        let arrival = self.last_arrival()? + 1;
        self.tx
            .prepare_cached(
                "INSERT INTO entry (arrival, writer, seq, document, signature, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![arrival, writer, to_sql(seq)?, document, signature, bytes])?;
        self.caches.last_arrival = Some(arrival);
        Ok(arrival)
    }

    /// Where a document stands, if it was ever heard of.
    pub(crate) fn find_place(&mut self, doc: &DocId) -> Result<Option<Place>> {
        if let Some(place) = self.caches.place(doc) {
            return Ok(Some(place));
        }
        let place = self
            .tx
            .prepare_cached("SELECT id, volume FROM document WHERE doc = ?1")?
            .query_row([doc.0], |row| Ok(Place { document: row.get(0)?, volume: row.get(1)? }))
            .optional()?;
        if let Some(place) = place {
            self.caches.learn_place(*doc, place);
        }
        Ok(place)
    }

    /// Where a document stands; a new one goes into `volume`.
    pub(crate) fn place(&mut self, doc: &DocId, volume: RowId) -> Result<Place> {
        if let Some(place) = self.find_place(doc)? {
            return Ok(place);
        }
        self.tx
            .prepare_cached("INSERT INTO document (doc, volume) VALUES (?1, ?2)")?
            .execute(params![doc.0, volume])?;
        let place = Place { document: self.tx.last_insert_rowid(), volume };
        self.caches.learn_place(*doc, place);
        Ok(place)
    }
}
