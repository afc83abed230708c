//! Recomputing everything that can be recomputed, and saying in words what differs.
//!
//! Invariants
//! - Nothing is written, and what is wrong is not repaired: entries are evidence.
//! - One read transaction: the report is about one moment, also while the book is in use.

use std::collections::{BTreeMap, BTreeSet};

use automerge::Automerge;
use dutybook_domain::RecordId;
use dutybook_log::{DeviceKey, Head, Opening, Position, SealedEntry, WriterId, book_digest};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::book::{from_sql, position, volume_name};
use crate::cache::RowId;
use crate::error::{Error, Result};
use crate::materialise::{examine, heads};
use crate::projection::{Json, LineColumns, RecordColumns, Rows, device_in};
use crate::query::record_id;
use crate::reading::read_frontiers;
use crate::store::{Identity, Store};

/// More problems than a person reads.
const PROBLEMS: usize = 200;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// Whether everything is as it should be.
    pub ok: bool,
    /// What is not, in words; the first two hundred.
    pub problems: Vec<String>,
    /// Entries looked at.
    pub entries: u64,
    /// Records looked at.
    pub records: u64,
    /// One digest over all frontiers, to compare with other replicas.
    pub digest: [u8; 32],
}

impl Store {
    /// Recomputes chains, signatures, frontiers and documents from the raw entries, and what is derived from the
    /// documents.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub fn check(&self) -> Result<CheckReport> {
        let identity = self.identity()?;
        self.read(|connection| {
            let mut check = Check { connection, problems: Vec::new(), entries: 0, records: 0 };
            check.file()?;
            check.writers()?;
            check.documents(identity.as_ref())?;
            let frontiers = read_frontiers(connection)?;
            Ok(CheckReport {
                ok: check.problems.is_empty(),
                problems: check.problems,
                entries: check.entries,
                records: check.records,
                digest: book_digest(frontiers.iter()),
            })
        })
    }

    /// Has SQLite look through the file's structure.
    ///
    /// # Errors
    /// [`Error::Damaged`] with what it found.
    pub fn quick_check(&self) -> Result<()> {
        let found = self.read(|connection| pragma_check(connection, "quick_check"))?;
        match found.first() {
            None => Ok(()),
            Some(first) => Err(Error::Damaged { path: Self::path_in(self.folder()), detail: first.clone() }),
        }
    }
}

fn pragma_check(connection: &Connection, pragma: &str) -> Result<Vec<String>> {
    let mut query = connection.prepare(&format!("PRAGMA {pragma}"))?;
    let rows = query.query_map([], |row| row.get::<_, String>(0))?;
    let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

struct Check<'a> {
    connection: &'a Connection,
    problems: Vec<String>,
    entries: u64,
    records: u64,
}

impl Check<'_> {
    fn problem(&mut self, text: String) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(text);
        }
    }

    fn file(&mut self) -> Result<()> {
        for line in pragma_check(self.connection, "integrity_check")? {
            self.problem(format!("the database file: {line}"));
        }
        let mut query = self.connection.prepare("PRAGMA foreign_key_check")?;
        let tables: BTreeSet<String> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for table in tables {
            self.problem(format!("the table {table} points at rows that are not there"));
        }
        Ok(())
    }

    fn writers(&mut self) -> Result<()> {
        let writers = {
            let mut query = self.connection.prepare(
                "SELECT writer.id, writer, volume.name, device, nonce, seq, hash
                 FROM writer JOIN volume ON volume.id = writer.volume ORDER BY writer.id",
            )?;
            query
                .query_map([], |row| {
                    let (row_id, name) = (row.get::<_, RowId>(0)?, WriterId(row.get(1)?));
                    let (volume, device) = (row.get::<_, String>(2)?, DeviceKey(row.get(3)?));
                    Ok((row_id, name, volume, device, row.get(4)?, position(row, 5)?))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?
        };
        for (row, name, volume, device, nonce, end) in writers {
            let opening = Opening { volume: volume_name(&volume)?, device, nonce };
            if opening.writer() != name {
                self.problem(format!("writer {name}: its name does not follow from its device and volume"));
            }
            self.chain(row, name, opening, end)?;
        }
        Ok(())
    }

    /// Follows one writer's log from its opening to its end.
    fn chain(&mut self, row: RowId, name: WriterId, opening: Opening, end: Position) -> Result<()> {
        let connection = self.connection;
        let mut query = connection.prepare_cached(
            "SELECT entry.arrival, entry.seq, document.doc, entry.signature, entry.bytes
             FROM entry JOIN document ON document.id = entry.document WHERE entry.writer = ?1 ORDER BY entry.seq",
        )?;
        let mut rows = query.query([row])?;
        let mut last = opening.start();
        let mut last_arrival = 0;
        let mut signed = true;
        while let Some(row) = rows.next()? {
            self.entries += 1;
            let arrival: i64 = row.get(0)?;
            let seq = from_sql(row.get(1)?);
            let here = format!("writer {name}, entry {seq}");
            let sealed = match SealedEntry::parse(row.get::<_, Vec<u8>>(4)?) {
                Ok(sealed) => sealed,
                Err(error) => {
                    self.problem(format!("{here}: {error}; what follows it cannot be proven"));
                    return Ok(());
                }
            };
            let entry = sealed.entry();
            if seq != last.seq + 1 {
                self.problem(format!("{here}: entries {} to {} are missing", last.seq + 1, seq.saturating_sub(1)));
            } else if entry.prev != last.hash {
                self.problem(format!("{here}: it does not follow the entry before it; one of them was changed"));
            }
            if entry.seq != seq || entry.writer != name || entry.volume != opening.volume {
                self.problem(format!("{here}: its bytes say that it belongs elsewhere"));
            }
            if entry.doc.0 != row.get::<_, [u8; 16]>(2)? {
                self.problem(format!("{here}: it stands under another record than its bytes say"));
            }
            if arrival <= last_arrival {
                self.problem(format!("{here}: it arrived before the entry it follows"));
            }
            last = Position { seq, hash: sealed.hash() };
            last_arrival = arrival;
            signed = false;
            if let Some(signature) = row.get::<_, Option<[u8; 64]>>(3)? {
                signed = true;
                if (Head { opening, position: last, signature }).verify().is_err() {
                    self.problem(format!("{here}: the signature is not that of the device"));
                }
            }
        }
        if !signed {
            self.problem(format!("writer {name}: its last entry is not signed"));
        }
        if last != end {
            self.problem(format!(
                "writer {name}: the frontier says entry {}, the log ends with entry {}{}",
                end.seq,
                last.seq,
                if last.seq == end.seq { " of another content" } else { "" }
            ));
        }
        Ok(())
    }

    fn documents(&mut self, identity: Option<&Identity>) -> Result<()> {
        let documents: Vec<(RowId, RecordId)> = {
            let mut query = self.connection.prepare("SELECT id, doc FROM document ORDER BY id")?;
            query.query_map([], |row| Ok((row.get(0)?, record_id(row, 1)?)))?.collect::<rusqlite::Result<_>>()?
        };
        for (document, record) in documents {
            self.document(document, record)?;
            if let Some(identity) = identity {
                self.device(document, record, identity.server)?;
            }
        }
        Ok(())
    }

    fn document(&mut self, document: RowId, record: RecordId) -> Result<()> {
        let saved: Option<(i64, Vec<u8>, Vec<u8>)> = self
            .connection
            .prepare_cached("SELECT through, heads, state FROM document_state WHERE document = ?1")?
            .query_row([document], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let (rebuilt, facts) = self.rebuild(document, record, saved.as_ref().map_or(0, |(through, ..)| *through))?;
        let Some((_, saved_heads, state)) = saved else {
            if self.stored_rows(document)?.is_some() {
                self.problem(format!("record {record}: it is listed but has no state"));
            }
            return Ok(());
        };
        self.records += 1;
        let doc = match Automerge::load(&state) {
            Ok(doc) => doc,
            Err(error) => {
                self.problem(format!("record {record}: its saved state cannot be read: {error}"));
                return Ok(());
            }
        };
        if heads(&doc) != saved_heads {
            self.problem(format!("record {record}: its saved state is not the one its heads name"));
        }
        if heads(&rebuilt) != saved_heads {
            self.problem(format!("record {record}: its state is not what its entries give"));
        }
        let stored_facts: BTreeMap<[u8; 16], i64> = self
            .connection
            .prepare_cached("SELECT fact, arrival FROM fact_source WHERE document = ?1")?
            .query_map([document], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        if stored_facts != facts {
            self.problem(format!(
                "record {record}: its facts are attributed to other entries than those that wrote them"
            ));
        }
        let stored = self.stored_rows(document)?;
        if doc.is_empty() {
            if stored.is_some() {
                self.problem(format!("record {record}: it is listed but nothing stands in it"));
            }
            return Ok(());
        }
        let expected = Rows::of(&doc, record)?;
        match stored {
            None => self.problem(format!("record {record}: it is missing from the lists")),
            Some(rows) if rows.record != expected.record => {
                self.problem(format!("record {record}: the lists show something else than the record says"));
            }
            Some(rows) if rows.people != expected.people => {
                self.problem(format!("record {record}: other people are listed as responsible than the record says"));
            }
            Some(rows) if rows.lines != expected.lines => {
                self.problem(format!("record {record}: the ledger has other lines than the record gives"));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The document anew from its raw entries, and which entry brought which fact.
    fn rebuild(
        &mut self,
        document: RowId,
        record: RecordId,
        through: i64,
    ) -> Result<(Automerge, BTreeMap<[u8; 16], i64>)> {
        let connection = self.connection;
        let mut query = connection.prepare_cached(
            "SELECT entry.arrival, entry.bytes, writer.device,
                    EXISTS (SELECT 1 FROM marked WHERE marked.document = ?1 AND marked.arrival = entry.arrival),
                    EXISTS (SELECT 1 FROM waiting WHERE waiting.document = ?1 AND waiting.arrival = entry.arrival),
                    EXISTS (SELECT 1 FROM dirty WHERE dirty.document = ?1)
             FROM entry JOIN writer ON writer.id = entry.writer
             WHERE entry.document = ?1 ORDER BY entry.arrival",
        )?;
        let mut rows = query.query(params![document])?;
        let mut changes: Vec<Vec<u8>> = Vec::new();
        let mut facts = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let arrival: i64 = row.get(0)?;
            if arrival > through {
                if !row.get::<_, bool>(5)? {
                    self.problem(format!("record {record}: entry {arrival} was forgotten"));
                }
                continue;
            }
            let set_aside = row.get::<_, bool>(3)? || row.get::<_, bool>(4)?;
            // Entries that do not parse were reported with their writer.
            let Ok(sealed) = SealedEntry::parse(row.get::<_, Vec<u8>>(1)?) else { continue };
            if set_aside {
                continue;
            }
            match examine(&sealed, DeviceKey(row.get(2)?)) {
                Ok(contents) => {
                    for fact in contents.fact_ids() {
                        facts.entry(fact.0.into_bytes()).or_insert(arrival);
                    }
                }
                Err(mark) => {
                    self.problem(format!("record {record}: entry {arrival} should be marked: {}", mark.reason))
                }
            }
            changes.push(sealed.change().to_vec());
        }
        let mut doc = Automerge::new();
        let applied = dutybook_log::apply(&mut doc, changes.iter().map(Vec::as_slice));
        if !applied.waiting.is_empty() || !applied.rejected.is_empty() {
            let count = applied.waiting.len() + applied.rejected.len();
            self.problem(format!("record {record}: {count} of its entries do not go into it"));
        }
        Ok((doc, facts))
    }

    fn stored_rows(&self, document: RowId) -> Result<Option<Rows>> {
        let record = self
            .connection
            .prepare_cached(
                "SELECT kind, known, number, state, open, urgency, born_ms, touched_ms, card, view, anomalies, unclear,
                        search FROM record WHERE document = ?1",
            )?
            .query_row([document], |row| {
                Ok(RecordColumns {
                    kind: row.get(0)?,
                    known: row.get(1)?,
                    number: row.get(2)?,
                    state: row.get(3)?,
                    open: row.get(4)?,
                    urgency: row.get(5)?,
                    born_ms: row.get(6)?,
                    touched_ms: row.get(7)?,
                    card: Json(row.get(8)?),
                    view: Json(row.get(9)?),
                    anomalies: Json(row.get(10)?),
                    unclear: row.get(11)?,
                    search: row.get(12)?,
                })
            })
            .optional()?;
        let Some(record) = record else { return Ok(None) };
        let people = self
            .connection
            .prepare_cached("SELECT person FROM record_person WHERE document = ?1 ORDER BY person")?
            .query_map([document], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let lines = self
            .connection
            .prepare_cached("SELECT fact, at_ms, person, line FROM ledger_line WHERE document = ?1 ORDER BY fact")?
            .query_map([document], |row| {
                Ok(LineColumns { fact: row.get(0)?, at_ms: row.get(1)?, person: row.get(2)?, line: Json(row.get(3)?) })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Some(Rows { record, people, lines }))
    }

    fn device(&mut self, document: RowId, record: RecordId, server: DeviceKey) -> Result<()> {
        let dirty = self.connection.prepare_cached("SELECT 1 FROM dirty WHERE document = ?1")?.exists([document])?;
        if dirty {
            return Ok(());
        }
        let expected = device_in(self.connection, document, server)?.map(|device| (device.key.0, device.revoked));
        let stored: Option<([u8; 32], bool)> = self
            .connection
            .prepare_cached("SELECT key, revoked FROM device WHERE document = ?1")?
            .query_row([document], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if stored != expected {
            self.problem(format!("record {record}: the table of devices says something else than the server did"));
        }
        Ok(())
    }
}
