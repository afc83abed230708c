//! Taking in what another replica sends.
//!
//! Invariants
//! - `dutybook_log::admit` decides; nothing else lets an entry in.
//! - The receipt is made from what was committed: whoever acknowledges with it acknowledges what is on the disk.
//! - No document is opened here. Documents with new entries become `dirty`; `materialise` does the rest.
//! - Everything that is not taken is kept with a reason, up to a bound: parked entries until what they wait for is
//!   here, quarantined ones for a person. What exceeds the bound stays with the sender, who was not told it is held.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use dutybook_log::{
    Accepted, Admission, DeviceKey, EntryError, EntryHash, Frontier, Head, Known, SealedEntry, VolumeId, WriterId,
    admit,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use crate::cache::RowId;
use crate::error::{Error, Result};
use crate::store::{Store, Work};

/// Room in `parked`.
const PARKED: Room = Room { rows: 10_000, bytes: 64 * 1024 * 1024 };
/// Room in `quarantine`.
const QUARANTINE: Room = Room { rows: 10_000, bytes: 256 * 1024 * 1024 };

/// Why an entry of a branch that was given up is in quarantine.
pub(crate) const GIVEN_UP: &str = "given_up";

/// How much still fits into a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    rows: i64,
    bytes: i64,
}

impl Room {
    fn is_full(self) -> bool {
        self.rows <= 0 || self.bytes <= 0
    }

    fn take(&mut self, bytes: usize) {
        self.rows -= 1;
        self.bytes -= i64::try_from(bytes).unwrap_or(i64::MAX);
    }
}

/// Entries from another replica, read outside any lock.
#[derive(Clone, Debug, Default)]
pub struct IncomingBatch {
    /// Who hands them over, once it has shown who it is; `None` for a file.
    pub from: Option<DeviceKey>,
    /// Our clock.
    pub received_ms: i64,
    /// Volume by volume.
    pub parts: Vec<IncomingPart>,
}

/// The entries of one volume in a batch.
#[derive(Clone, Debug)]
pub struct IncomingPart {
    volume: VolumeId,
    heads: Vec<Head>,
    entries: Vec<SealedEntry>,
    unreadable: Vec<(Vec<u8>, EntryError)>,
}

impl IncomingPart {
    /// Reads the entries' bytes. This is the expensive half and needs no store.
    #[must_use]
    pub fn read<'a>(volume: VolumeId, heads: &[Head], entries: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut part = Self { volume, heads: heads.to_vec(), entries: Vec::new(), unreadable: Vec::new() };
        for bytes in entries {
            match SealedEntry::parse(bytes) {
                Ok(entry) => part.entries.push(entry),
                Err(error) => part.unreadable.push((bytes.to_vec(), error)),
            }
        }
        part
    }
}

/// What became of a batch, after COMMIT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// What is durably held now of the writers in the batch.
    pub held: Vec<(VolumeId, Frontier)>,
    /// What went to quarantine.
    pub refused: Vec<Refused>,
    /// Entries taken, of the batch and of what was parked and waited for it.
    pub accepted: usize,
    /// Entries that were here already.
    pub duplicates: usize,
    /// Entries that wait for others.
    pub parked: usize,
    /// Entries that would have to wait but for which there is no room; they stay with the sender.
    pub dropped: usize,
    /// What this side holds should be said again on its connections: it gave up its branch of a writer that others hold
    /// differently, and wants theirs.
    pub restate: bool,
    /// The last arrival number of the log.
    pub arrival: u64,
}

/// An entry that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The volume it was offered for.
    pub volume: VolumeId,
    /// Its writer; zeros when it could not be read.
    pub writer: WriterId,
    /// Its number; 0 when it could not be read.
    pub seq: u64,
    /// The reason for programs.
    pub code: &'static str,
    /// The reason for people.
    pub text: String,
}

impl Store {
    /// Takes in one batch: durable when this returns.
    ///
    /// # Errors
    /// When it cannot be written; nothing was taken then and nothing may be acknowledged.
    pub fn ingest(&self, batch: &IncomingBatch) -> Result<Receipt> {
        Ok(self.ingest_many(std::slice::from_ref(batch))?.pop().unwrap_or_default())
    }

    /// Takes in batches of several senders in one transaction, with a receipt for each in the same order.
    ///
    /// # Errors
    /// When it cannot be written; nothing was taken then and nothing may be acknowledged.
    pub fn ingest_many(&self, batches: &[IncomingBatch]) -> Result<Vec<Receipt>> {
        self.within(|work| batches.iter().map(|batch| work.ingest(batch)).collect())
    }

    /// Lets in what a device that the site no longer knows wrote, after a person has looked at it. Answers how many
    /// entries were taken.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn release_parked_of(&self, device: DeviceKey) -> Result<usize> {
        self.within(|work| work.release(&Trust { also: Some(device), server: true }))
    }
}

/// Whose signatures count beyond the devices known now.
struct Trust {
    also: Option<DeviceKey>,
    /// The server hands it over: it vouches for what devices wrote before it sent them away.
    server: bool,
}

impl Work<'_> {
    fn ingest(&mut self, batch: &IncomingBatch) -> Result<Receipt> {
        let identity = self.identity.ok_or(Error::NotEnrolled)?;
        let trust = Trust { also: None, server: batch.from == Some(identity.server) };
        let mut receipt = Receipt::default();
        for part in &batch.parts {
            let aside = Aside { peer: batch.from, volume: part.volume, at_ms: batch.received_ms };
            for (bytes, error) in &part.unreadable {
                self.quarantine(&aside, bytes, error.code(), &error.to_string())?;
                receipt.refused.push(aside.refused(WriterId([0; 16]), 0, error.code(), error.to_string()));
            }
            if part.volume.site == identity.site {
                self.ingest_part(&aside, part, &trust, &mut receipt)?;
            } else {
                for entry in &part.entries {
                    let text = "it belongs to another site".to_owned();
                    self.quarantine(&aside, entry.bytes(), "other_site", &text)?;
                    let entry = entry.entry();
                    receipt.refused.push(aside.refused(entry.writer, entry.seq, "other_site", text));
                }
            }
        }
        receipt.arrival = self.arrival()?;
        Ok(receipt)
    }

    fn ingest_part(&mut self, aside: &Aside, part: &IncomingPart, trust: &Trust, receipt: &mut Receipt) -> Result<()> {
        let mut admission = self.admit(&part.volume, &part.entries, &part.heads, trust)?;
        if self.give_up_forked(&part.entries, &admission, aside.peer)? {
            receipt.restate = true;
            admission = self.admit(&part.volume, &part.entries, &part.heads, trust)?;
        }
        self.accept(&part.entries, &admission)?;
        self.enter_own_forks(&part.entries, &admission)?;
        receipt.accepted += admission.accepted.len();
        receipt.duplicates += admission.duplicates;
        self.park(aside, part, &admission, receipt)?;
        for (index, reason) in &admission.quarantined {
            let entry = &part.entries[*index];
            self.quarantine(aside, entry.bytes(), reason.code(), &reason.to_string())?;
            let entry = entry.entry();
            receipt.refused.push(aside.refused(entry.writer, entry.seq, reason.code(), reason.to_string()));
        }
        let mut writers: BTreeSet<WriterId> = part.entries.iter().map(|entry| entry.entry().writer).collect();
        writers.extend(part.heads.iter().map(Head::writer));
        receipt.accepted += self.retry(&part.volume, &writers, trust)?;
        let frontier = self.frontier(&part.volume)?;
        let held: Frontier = writers.into_iter().filter_map(|writer| Some((writer, frontier.get(&writer)?))).collect();
        receipt.held.push((part.volume, held));
        Ok(())
    }

    fn admit(
        &mut self,
        volume: &VolumeId,
        entries: &[SealedEntry],
        heads: &[Head],
        trust: &Trust,
    ) -> Result<Admission> {
        self.frontier(volume)?;
        self.known_devices()?;
        let (Some(frontier), Some(devices)) = (self.caches.frontiers.get(volume), &self.caches.devices) else {
            return Err(Error::Inconsistent("the frontier was lost".into()));
        };
        let failed = Cell::new(None);
        let known = Known {
            volume,
            frontier,
            device: &|device| {
                devices.current.contains(device)
                    || trust.also == Some(*device)
                    || (trust.server && devices.revoked.contains(device))
            },
            stored: &|writer, seq| {
                stored_hash(self.tx, writer, seq).unwrap_or_else(|error| {
                    failed.set(Some(error));
                    None
                })
            },
        };
        let admission = admit(&known, entries, heads);
        match failed.into_inner() {
            Some(error) => Err(error),
            None => Ok(admission),
        }
    }

    /// Puts accepted entries into the log.
    pub(crate) fn accept(&mut self, entries: &[SealedEntry], admission: &Admission) -> Result<()> {
        let mut writers: HashMap<WriterId, RowId> = HashMap::new();
        let mut dirty: HashSet<RowId> = HashSet::new();
        for Accepted { index, signature, opening, .. } in &admission.accepted {
            let sealed = &entries[*index];
            let entry = sealed.entry();
            let writer = match writers.get(&entry.writer) {
                Some(row) => *row,
                None => {
                    let to = admission.frontier.get(&entry.writer).ok_or_else(|| {
                        Error::Inconsistent("an entry was admitted without a place in the frontier".into())
                    })?;
                    if opening.device == self.device {
                        self.own_entries_came_back(&entry.writer)?;
                    }
                    let row = self.move_writer(opening, to, None)?;
                    writers.insert(entry.writer, row);
                    row
                }
            };
            let volume = self.volume(&entry.volume)?;
            let document = self.place(&entry.doc, volume)?.document;
            self.insert_entry(writer, entry.seq, document, signature.as_ref(), sealed.bytes())?;
            dirty.insert(document);
        }
        for document in dirty {
            self.make_dirty(document)?;
        }
        Ok(())
    }

    pub(crate) fn make_dirty(&self, document: RowId) -> Result<()> {
        self.tx.prepare_cached("INSERT OR IGNORE INTO dirty (document) VALUES (?1)")?.execute([document])?;
        Ok(())
    }

    /// Somebody holds later entries of our own writer than we do: this database is an older copy.
    fn own_entries_came_back(&mut self, writer: &WriterId) -> Result<()> {
        if self.instance_of(writer)? == Some(self.mark.instance) {
            self.become_new_instance(false)?;
        }
        Ok(())
    }

    /// The copy of the database that writes in one of our writers; `None` when none does.
    pub(crate) fn instance_of(&self, writer: &WriterId) -> Result<Option<[u8; 16]>> {
        Ok(self
            .tx
            .prepare_cached("SELECT instance FROM writer WHERE writer = ?1")?
            .query_row([writer.0], |row| row.get(0))
            .optional()?
            .flatten())
    }

    fn park(&mut self, aside: &Aside, part: &IncomingPart, admission: &Admission, receipt: &mut Receipt) -> Result<()> {
        if admission.parked.is_empty() {
            return Ok(());
        }
        let mut room = self.room("SELECT count(*), coalesce(sum(length(bytes)), 0) FROM parked", PARKED)?;
        let volume = part.volume.to_string();
        let mut waiting = HashSet::new();
        for (index, reason) in &admission.parked {
            let sealed = &part.entries[*index];
            let entry = sealed.entry();
            if room.is_full() && !self.is_parked(sealed)? {
                receipt.dropped += 1;
                continue;
            }
            let added = self
                .tx
                .prepare_cached(
                    "INSERT OR IGNORE INTO parked (volume, writer, seq, hash, code, reason, at_ms, bytes)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    volume,
                    entry.writer.0,
                    crate::book::to_sql(entry.seq)?,
                    sealed.hash().0,
                    reason.code(),
                    reason.to_string(),
                    aside.at_ms,
                    sealed.bytes(),
                ])?;
            if added > 0 {
                room.take(sealed.bytes().len());
            }
            receipt.parked += 1;
            waiting.insert(entry.writer);
        }
        for head in part.heads.iter().filter(|head| waiting.contains(&head.writer())) {
            self.tx
                .prepare_cached(
                    "INSERT OR REPLACE INTO parked_head (volume, writer, seq, head) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![volume, head.writer().0, crate::book::to_sql(head.position.seq)?, head.encode()])?;
        }
        Ok(())
    }

    fn is_parked(&self, sealed: &SealedEntry) -> Result<bool> {
        Ok(self.tx.prepare_cached("SELECT 1 FROM parked WHERE hash = ?1")?.exists([sealed.hash().0])?)
    }

    /// Keeps what was refused. The same bytes make one row; beyond the bound only the sender keeps them.
    pub(crate) fn quarantine(&mut self, aside: &Aside, bytes: &[u8], code: &str, reason: &str) -> Result<()> {
        let mut room = match self.caches.quarantine_room {
            Some(room) => room,
            None => self.room("SELECT count(*), coalesce(sum(length(bytes)), 0) FROM quarantine", QUARANTINE)?,
        };
        // What this device itself had and gave up is evidence nobody else may hold.
        if room.is_full() && code != GIVEN_UP {
            tracing::warn!(code, reason, "quarantine is full; the sender keeps the entry");
            return Ok(());
        }
        let added = self
            .tx
            .prepare_cached(
                "INSERT OR IGNORE INTO quarantine (hash, peer, volume, code, reason, at_ms, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                hash_of(bytes).0,
                aside.peer.map(|peer| peer.0),
                aside.volume.to_string(),
                code,
                reason,
                aside.at_ms,
                bytes,
            ])?;
        if added > 0 {
            room.take(bytes.len());
        }
        self.caches.quarantine_room = Some(room);
        Ok(())
    }

    fn room(&self, used: &str, all: Room) -> Result<Room> {
        Ok(self.tx.prepare_cached(used)?.query_row([], |row| {
            Ok(Room { rows: all.rows - row.get::<_, i64>(0)?, bytes: all.bytes - row.get::<_, i64>(1)? })
        })?)
    }

    /// Tries all that is parked again when other devices count now. Answers how many entries were taken.
    pub(crate) fn release_parked(&mut self) -> Result<usize> {
        if !std::mem::take(&mut self.devices_changed) {
            return Ok(0);
        }
        self.release(&Trust { also: None, server: false })
    }

    fn release(&mut self, trust: &Trust) -> Result<usize> {
        let mut volumes: BTreeMap<VolumeId, BTreeSet<WriterId>> = BTreeMap::new();
        {
            let mut query = self.tx.prepare_cached("SELECT DISTINCT volume, writer FROM parked")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let volume = crate::book::volume_name(&row.get::<_, String>(0)?)?;
                volumes.entry(volume).or_default().insert(WriterId(row.get(1)?));
            }
        }
        let mut accepted = 0;
        for (volume, writers) in volumes {
            accepted += self.retry(&volume, &writers, trust)?;
        }
        Ok(accepted)
    }

    /// Tries again what is parked of these writers. Answers how many entries were taken.
    fn retry(&mut self, volume: &VolumeId, writers: &BTreeSet<WriterId>, trust: &Trust) -> Result<usize> {
        let name = volume.to_string();
        let mut parked: Vec<(i64, i64, SealedEntry)> = Vec::new();
        let mut heads = Vec::new();
        let mut emptied = Vec::new();
        for writer in writers {
            let mut query = self
                .tx
                .prepare_cached("SELECT id, at_ms, bytes FROM parked WHERE volume = ?1 AND writer = ?2 ORDER BY id")?;
            let mut rows = query.query(params![name, writer.0])?;
            let before = parked.len();
            while let Some(row) = rows.next()? {
                let entry = SealedEntry::parse(row.get::<_, Vec<u8>>(2)?)
                    .map_err(|error| Error::Inconsistent(format!("a parked entry cannot be read back: {error}")))?;
                parked.push((row.get(0)?, row.get(1)?, entry));
            }
            if parked.len() == before {
                continue;
            }
            emptied.push(*writer);
            let mut query = self.tx.prepare_cached("SELECT head FROM parked_head WHERE volume = ?1 AND writer = ?2")?;
            let mut rows = query.query(params![name, writer.0])?;
            while let Some(row) = rows.next()? {
                heads.extend(Head::decode(&row.get::<_, Vec<u8>>(0)?).ok());
            }
        }
        if parked.is_empty() {
            return Ok(0);
        }
        // In the order in which they came, across writers.
        parked.sort_by_key(|(id, _, _)| *id);
        let (rows, entries): (Vec<(i64, i64)>, Vec<SealedEntry>) =
            parked.into_iter().map(|(id, at_ms, entry)| ((id, at_ms), entry)).unzip();
        let admission = self.admit(volume, &entries, &heads, trust)?;
        self.accept(&entries, &admission)?;
        for (index, reason) in &admission.quarantined {
            let aside = Aside { peer: None, volume: *volume, at_ms: rows[*index].1 };
            self.quarantine(&aside, entries[*index].bytes(), reason.code(), &reason.to_string())?;
        }
        let still: HashSet<usize> = admission.parked.iter().map(|(index, _)| *index).collect();
        for (index, (id, _)) in rows.iter().enumerate() {
            if !still.contains(&index) {
                self.tx.prepare_cached("DELETE FROM parked WHERE id = ?1")?.execute([id])?;
            }
        }
        for writer in emptied {
            self.tx
                .prepare_cached(
                    "DELETE FROM parked_head WHERE volume = ?1 AND writer = ?2
                     AND NOT EXISTS (SELECT 1 FROM parked WHERE volume = ?1 AND writer = ?2)",
                )?
                .execute(params![name, writer.0])?;
        }
        Ok(admission.accepted.len())
    }
}

/// Where something that is set aside came from.
pub(crate) struct Aside {
    pub(crate) peer: Option<DeviceKey>,
    pub(crate) volume: VolumeId,
    pub(crate) at_ms: i64,
}

impl Aside {
    fn refused(&self, writer: WriterId, seq: u64, code: &'static str, text: String) -> Refused {
        Refused { volume: self.volume, writer, seq, code, text }
    }
}

/// The hash of a stored entry.
pub(crate) fn stored_hash(connection: &Connection, writer: &WriterId, seq: u64) -> Result<Option<EntryHash>> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached(
            "SELECT bytes FROM entry WHERE writer = (SELECT id FROM writer WHERE writer = ?1) AND seq = ?2",
        )?
        .query_row(params![writer.0, crate::book::to_sql(seq)?], |row| row.get(0))
        .optional()?;
    Ok(bytes.map(|bytes| hash_of(&bytes)))
}

/// SHA-256: what the log knows an entry by.
pub(crate) fn hash_of(bytes: &[u8]) -> EntryHash {
    EntryHash(Sha256::digest(bytes).into())
}
