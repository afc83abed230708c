//! What is derived from documents: cards, views, ledger lines, search, and the table of devices.
//!
//! Invariants
//! - A projection is a function of the document alone, the table of devices of the server's own changes alone. So both
//!   can be dropped and rebuilt at any time with the same result.
//! - Local writes and merged entries end in `Work::project`.
//! - Projections carry a version (the domain's and this file's); another one means drop and rebuild, never migrate.

use automerge::Automerge;
use dutybook_domain::RecordId;
use dutybook_domain::engine::{LedgerLine, Projection, Urgency};
use dutybook_domain::kinds::{self, PROJECTION_VERSION};
use dutybook_log::{DeviceKey, SealedEntry};
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;

use crate::cache::{KnownDevices, RowId};
use crate::contents;
use crate::error::{Error, Result};
use crate::materialise::load;
use crate::search::fold;
use crate::store::{Store, Work};

/// Raised when the tables of projection.sql or what this file puts into them change.
const TABLES_VERSION: u32 = 1;

/// What `meta.projection_version` says when the tables are as this program would fill them.
const VERSION: i64 = ((TABLES_VERSION as i64) << 32) | PROJECTION_VERSION as i64;

impl Store {
    /// Rebuilds the projections when another version of the program filled them.
    pub(crate) fn refresh_projections(&self) -> Result<()> {
        let found: i64 =
            self.within(|work| Ok(work.tx.query_row("SELECT projection_version FROM meta", [], |row| row.get(0))?))?;
        if found == VERSION { Ok(()) } else { self.rebuild_projections() }
    }

    /// Drops everything derived and derives it anew.
    ///
    /// # Errors
    /// When it cannot be written; the old projections stay then.
    pub fn rebuild_projections(&self) -> Result<()> {
        self.within(|work| {
            tracing::info!("rebuilding what is derived from the records");
            work.tx.execute_batch(include_str!("schema/projection.sql"))?;
            let documents: Vec<(RowId, RecordId)> = {
                let mut query = work.tx.prepare(
                    "SELECT document.id, document.doc FROM document JOIN document_state ON document = id ORDER BY id",
                )?;
                let rows =
                    query.query_map([], |row| Ok((row.get(0)?, RecordId(uuid::Uuid::from_bytes(row.get(1)?)))))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            for (document, record) in documents {
                let state: Vec<u8> = work
                    .tx
                    .prepare_cached("SELECT state FROM document_state WHERE document = ?1")?
                    .query_row([document], |row| row.get(0))?;
                let doc = load(&state)?;
                if !doc.is_empty() {
                    work.project(document, record, &doc)?;
                }
            }
            for document in work.documents_of_server()? {
                work.project_device(document)?;
            }
            work.caches.devices = None;
            work.tx.execute("UPDATE meta SET projection_version = ?1", [VERSION])?;
            Ok(())
        })
    }
}

/// JSON in a column. It counts by what it says: in which order the members of an object stand depends on how the program
/// that wrote it was built, and another one has to find nothing wrong with it.
#[derive(Debug)]
pub(crate) struct Json(pub(crate) String);

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        let said = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        self.0 == other.0 || said(&self.0).is_some_and(|one| said(&other.0) == Some(one))
    }
}

/// The columns of `record` as a projection fills them.
#[derive(Debug, PartialEq)]
pub(crate) struct RecordColumns {
    pub(crate) kind: String,
    pub(crate) known: bool,
    pub(crate) number: String,
    pub(crate) state: String,
    pub(crate) open: bool,
    pub(crate) urgency: i64,
    pub(crate) born_ms: i64,
    pub(crate) touched_ms: i64,
    pub(crate) card: Json,
    pub(crate) view: Json,
    pub(crate) anomalies: Json,
    pub(crate) unclear: i64,
    pub(crate) search: String,
}

/// A row of `ledger_line` as a projection fills it.
#[derive(Debug, PartialEq)]
pub(crate) struct LineColumns {
    pub(crate) fact: [u8; 16],
    pub(crate) at_ms: i64,
    pub(crate) person: [u8; 16],
    pub(crate) line: Json,
}

/// Everything one document puts into the projection tables.
#[derive(Debug, PartialEq)]
pub(crate) struct Rows {
    pub(crate) record: RecordColumns,
    /// Sorted.
    pub(crate) people: Vec<[u8; 16]>,
    /// Sorted by fact.
    pub(crate) lines: Vec<LineColumns>,
}

impl Rows {
    pub(crate) fn of(doc: &Automerge, record: RecordId) -> Result<Self> {
        let projection = kinds::project(&dutybook_domain::doc::read(doc, record));
        let mut people: Vec<[u8; 16]> =
            projection.card.responsible.iter().map(|person| person.person.0.into_bytes()).collect();
        people.sort_unstable();
        people.dedup();
        let mut lines = projection.lines.iter().map(LineColumns::of).collect::<Result<Vec<_>>>()?;
        lines.sort_by_key(|line| line.fact);
        lines.dedup_by(|a, b| a.fact == b.fact);
        Ok(Self { record: RecordColumns::of(&projection)?, people, lines })
    }
}

impl RecordColumns {
    fn of(projection: &Projection) -> Result<Self> {
        let card = &projection.card;
        Ok(Self {
            kind: projection.kind.clone(),
            known: projection.known,
            number: card.number.clone().unwrap_or_default(),
            state: card.state.clone(),
            open: card.open,
            urgency: urgency(card.urgency),
            born_ms: card.born.0,
            touched_ms: projection.touched.0,
            card: json(card)?,
            view: json(&projection.view)?,
            anomalies: json(&projection.anomalies)?,
            unclear: i64::try_from(projection.anomalies.len()).unwrap_or(i64::MAX),
            search: fold(&projection.search),
        })
    }
}

impl LineColumns {
    fn of(line: &LedgerLine) -> Result<Self> {
        Ok(Self {
            fact: line.fact.0.into_bytes(),
            at_ms: line.at.0,
            person: line.by.person.0.into_bytes(),
            line: json(line)?,
        })
    }
}

fn urgency(urgency: Option<Urgency>) -> i64 {
    match urgency {
        Some(Urgency::Critical) => 0,
        Some(Urgency::Urgent) => 1,
        Some(Urgency::Normal) => 2,
        Some(Urgency::Planned) => 3,
        None => 9,
    }
}

fn json(value: &impl Serialize) -> Result<Json> {
    serde_json::to_string(value)
        .map(Json)
        .map_err(|error| Error::Inconsistent(format!("what is derived from a record cannot be written: {error}")))
}

impl Work<'_> {
    /// Derives a document's rows anew and says its kind.
    pub(crate) fn project(&mut self, document: RowId, record: RecordId, doc: &Automerge) -> Result<String> {
        let Rows { record: new, people, lines } = Rows::of(doc, record)?;
        let tx = self.tx;
        let searched: Option<String> = tx
            .prepare_cached("SELECT search FROM record WHERE document = ?1")?
            .query_row([document], |row| row.get(0))
            .optional()?;
        tx.prepare_cached(
            "INSERT INTO record (document, kind, known, number, state, open, urgency, born_ms, touched_ms, card, view,
                                 anomalies, unclear, search)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (document) DO UPDATE SET
                 kind = excluded.kind, known = excluded.known, number = excluded.number, state = excluded.state,
                 open = excluded.open, urgency = excluded.urgency, born_ms = excluded.born_ms,
                 touched_ms = excluded.touched_ms, card = excluded.card, view = excluded.view,
                 anomalies = excluded.anomalies, unclear = excluded.unclear, search = excluded.search",
        )?
        .execute(params![
            document,
            new.kind,
            new.known,
            new.number,
            new.state,
            new.open,
            new.urgency,
            new.born_ms,
            new.touched_ms,
            new.card.0,
            new.view.0,
            new.anomalies.0,
            new.unclear,
            new.search,
        ])?;
        if searched.as_ref() != Some(&new.search) {
            if searched.is_some() {
                tx.prepare_cached("DELETE FROM record_search WHERE rowid = ?1")?.execute([document])?;
            }
            tx.prepare_cached("INSERT INTO record_search (rowid, search) VALUES (?1, ?2)")?
                .execute(params![document, new.search])?;
        }
        tx.prepare_cached("DELETE FROM record_person WHERE document = ?1")?.execute([document])?;
        for person in people {
            tx.prepare_cached("INSERT INTO record_person (person, document) VALUES (?1, ?2)")?
                .execute(params![person, document])?;
        }
        // Most lines stand already; those cost a look-up and no write.
        for line in &lines {
            tx.prepare_cached(
                "INSERT INTO ledger_line (document, fact, at_ms, person, line) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (document, fact) DO UPDATE
                 SET at_ms = excluded.at_ms, person = excluded.person, line = excluded.line
                 WHERE line <> excluded.line",
            )?
            .execute(params![document, line.fact, line.at_ms, line.person, line.line.0])?;
        }
        self.forget_lines_but(document, &lines)?;
        Ok(new.kind)
    }

    /// A line goes when its fact can no longer be read: two devices wrote under one id.
    fn forget_lines_but(&self, document: RowId, lines: &[LineColumns]) -> Result<()> {
        let standing: Vec<[u8; 16]> = self
            .tx
            .prepare_cached("SELECT fact FROM ledger_line WHERE document = ?1")?
            .query_map([document], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if standing.len() == lines.len() {
            return Ok(());
        }
        for fact in standing {
            if lines.binary_search_by(|line| line.fact.cmp(&fact)).is_err() {
                self.tx
                    .prepare_cached("DELETE FROM ledger_line WHERE document = ?1 AND fact = ?2")?
                    .execute(params![document, fact])?;
            }
        }
        Ok(())
    }

    /// Documents of the standing volumes in which the server itself wrote.
    fn documents_of_server(&self) -> Result<Vec<RowId>> {
        let Some(identity) = self.identity else { return Ok(Vec::new()) };
        let mut query = self.tx.prepare(
            "SELECT DISTINCT entry.document FROM writer JOIN entry ON entry.writer = writer.id WHERE writer.device = ?1",
        )?;
        let rows = query.query_map([identity.server.0], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Reads from the server's own changes which device a document is about.
    pub(crate) fn project_device(&mut self, document: RowId) -> Result<()> {
        let device = self.device_in(document)?;
        let before: Option<DeviceRow> = self
            .tx
            .prepare_cached("SELECT key, label, prefix, role, revoked FROM device WHERE document = ?1")?
            .query_row([document], |row| {
                Ok(DeviceRow {
                    key: DeviceKey(row.get(0)?),
                    label: row.get(1)?,
                    prefix: row.get(2)?,
                    role: row.get(3)?,
                    revoked: row.get(4)?,
                })
            })
            .optional()?;
        if device == before {
            return Ok(());
        }
        self.tx.prepare_cached("DELETE FROM device WHERE document = ?1")?.execute([document])?;
        if let Some(device) = device {
            // Should the server have taken a key in twice, the later document counts.
            self.tx
                .prepare_cached(
                    "INSERT OR REPLACE INTO device (key, document, label, prefix, role, revoked)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![device.key.0, document, device.label, device.prefix, device.role, device.revoked])?;
        }
        self.caches.devices = None;
        self.devices_changed = true;
        Ok(())
    }

    /// What the server's own changes in a document say of a device.
    pub(crate) fn device_in(&self, document: RowId) -> Result<Option<DeviceRow>> {
        let Some(identity) = self.identity else { return Ok(None) };
        device_in(self.tx, document, identity.server)
    }

    /// Whose signatures count.
    pub(crate) fn known_devices(&mut self) -> Result<&KnownDevices> {
        if self.caches.devices.is_none() {
            let mut known = KnownDevices::default();
            known.current.insert(self.device);
            known.current.extend(self.identity.map(|identity| identity.server));
            let mut query = self.tx.prepare_cached("SELECT key, revoked FROM device")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let key = DeviceKey(row.get(0)?);
                if row.get(1)? {
                    known.revoked.insert(key)
                } else {
                    known.current.insert(key)
                };
            }
            self.caches.devices = Some(known);
        }
        self.caches.devices.as_ref().ok_or_else(|| Error::Inconsistent("the devices were lost".into()))
    }
}

/// A row of `device`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceRow {
    pub(crate) key: DeviceKey,
    pub(crate) label: String,
    pub(crate) prefix: String,
    pub(crate) role: String,
    pub(crate) revoked: bool,
}

pub(crate) fn device_in(
    connection: &rusqlite::Connection,
    document: RowId,
    server: DeviceKey,
) -> Result<Option<DeviceRow>> {
    let mut query = connection.prepare_cached(
        "SELECT entry.bytes FROM entry JOIN writer ON writer.id = entry.writer JOIN document ON document.id = entry.document
         JOIN volume ON volume.id = document.volume
         WHERE entry.document = ?1 AND writer.device = ?2 AND writer.volume = document.volume
           AND volume.name LIKE '%/standing'
         ORDER BY entry.arrival",
    )?;
    let mut rows = query.query(params![document, server.0])?;
    let mut is_device = false;
    let mut device: Option<DeviceRow> = None;
    while let Some(row) = rows.next()? {
        let Ok(sealed) = SealedEntry::parse(row.get::<_, Vec<u8>>(0)?) else { continue };
        let contents = contents::decode(sealed.change()).as_ref().and_then(contents::contents);
        let Some(contents) = contents else { continue };
        is_device |= contents.meta.get("kind").is_some_and(|kind| kind == "device");
        if !is_device {
            return Ok(None);
        }
        for (_, fields) in &contents.facts {
            let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
            match fields.get("type").map(String::as_str) {
                Some("enrolled") => {
                    if let Ok(key) = text("key").parse() {
                        device = Some(DeviceRow {
                            key,
                            label: text("label"),
                            prefix: text("prefix"),
                            role: text("role"),
                            revoked: false,
                        });
                    }
                }
                Some("revoked") => {
                    if let Some(device) = &mut device {
                        device.revoked = true;
                    }
                }
                _ => {}
            }
        }
    }
    Ok(device)
}
