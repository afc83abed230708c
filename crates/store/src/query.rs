//! What screens and reports ask for: records, ledger lines, counts.
//!
//! Invariant: every query is one read transaction on a connection that cannot write.

use std::collections::{BTreeSet, HashSet};

use dutybook_domain::engine::{Anomaly, Card, LedgerLine};
use dutybook_domain::known::Known;
use dutybook_domain::record::RecordDoc;
use dutybook_domain::{FactId, RecordId, Timestamp};
use dutybook_log::{ChangeHash, VolumeId};
use rusqlite::types::Value as SqlValue;
use rusqlite::{OptionalExtension as _, Row, params_from_iter};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::book::{from_sql, volume_name};
use crate::error::{Error, Result};
use crate::materialise::{doc_id, load};
use crate::search;
use crate::store::Store;

/// Which records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordFilter<'a> {
    /// Of this kind.
    pub kind: Option<&'a str>,
    /// Open or closed ones.
    pub open: Option<bool>,
    /// Of kinds this program knows, or of others (a newer version wrote them).
    pub known: Option<bool>,
    /// In one of these states; all when empty.
    pub states: &'a [&'a str],
    /// For which this person is responsible.
    pub responsible: Option<RecordId>,
    /// In which all these words occur.
    pub text: Option<&'a str>,
    /// With this number (单号).
    pub number: Option<&'a str>,
    /// In this volume.
    pub volume: Option<VolumeId>,
    /// In which something is not clear (待核实).
    pub unclear: Option<bool>,
    /// Born at or after.
    pub born_from: Option<Timestamp>,
    /// Born before.
    pub born_to: Option<Timestamp>,
    /// In which something was written at or after.
    pub touched_from: Option<Timestamp>,
    /// In which order.
    pub order: Order,
    /// At most so many; 0 for all.
    pub limit: usize,
    /// After so many.
    pub offset: usize,
}

/// In which order records are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What was touched last comes first.
    #[default]
    Touched,
    /// What was born last comes first.
    Born,
    /// The most urgent first, among those the oldest (D1.1.4).
    Urgency,
}

/// A record as lists and cards show it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRow {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Whether this program knows the kind.
    pub known: bool,
    /// Where it lives.
    pub volume: VolumeId,
    /// What lists show.
    pub card: Card,
    /// The view as JSON.
    pub view: Value,
    /// What is not in force or not clear.
    pub anomalies: Vec<Anomaly>,
    /// When something last happened, by its writer's clock.
    pub touched: Timestamp,
}

/// A place in the ledger: lines are ordered by time, then by fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// The line's time.
    pub at: Timestamp,
    /// Its fact.
    pub fact: FactId,
}

/// Which ledger lines; the latest come first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LedgerFilter<'a> {
    /// Before this line.
    pub before: Option<Cursor>,
    /// After this line.
    pub after: Option<Cursor>,
    /// At or after this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Of this record.
    pub record: Option<RecordId>,
    /// Of records of this kind.
    pub kind: Option<&'a str>,
    /// Signed by this person.
    pub person: Option<RecordId>,
    /// Of the classes this frontier names, and whose entry it does not cover: what was recorded, or arrived, after it
    /// was signed (补录). A volume of these classes that it does not name was not known at all.
    pub beyond: Option<&'a Known>,
    /// Of records in which all these words occur.
    pub text: Option<&'a str>,
    /// At most so many; 0 for all.
    pub limit: usize,
}

/// A ledger line with its record.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerRow {
    /// Its place.
    pub cursor: Cursor,
    /// The record.
    pub record: RecordId,
    /// The record's kind.
    pub kind: String,
    /// The record's number; empty where the kind has none.
    pub number: String,
    /// The record's title.
    pub title: String,
    /// The arrival of the entry that brought the fact: later than a seal's means 补录.
    pub arrival: u64,
    /// The line.
    pub line: LedgerLine,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries in the log.
    pub entries: u64,
    /// Records.
    pub records: u64,
    /// Things refused and kept.
    pub quarantined: u64,
    /// Entries that wait to be taken into the log.
    pub parked: u64,
    /// Entries of the log that are not in their record: refused by it.
    pub marked: u64,
    /// Entries of the log that are not in their record: they wait for others.
    pub waiting: u64,
    /// Records with entries not looked at yet.
    pub dirty: u64,
    /// Devices of the site, revoked ones not counted.
    pub devices: u64,
}

const COLUMNS: &str =
    "document.doc, record.kind, record.known, volume.name, record.card, record.view, record.anomalies,
     record.touched_ms FROM record JOIN document ON document.id = record.document
     JOIN volume ON volume.id = document.volume";

impl Store {
    /// Records that fit the filter.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn records(&self, filter: &RecordFilter<'_>) -> Result<Vec<RecordRow>> {
        let mut arguments = Vec::new();
        let condition = filter.condition(&mut arguments);
        let order = match filter.order {
            Order::Touched => "record.touched_ms DESC, record.document DESC",
            Order::Born => "record.born_ms DESC, record.document DESC",
            Order::Urgency => "record.urgency, record.born_ms, record.document",
        };
        let page = page(filter.limit, filter.offset, &mut arguments);
        // The page is found among narrow columns; cards and views are read for its rows only.
        let query = format!(
            "SELECT {COLUMNS} WHERE record.document IN (SELECT document FROM record WHERE {condition} ORDER BY {order}{page})
             ORDER BY {order}"
        );
        self.read(|connection| {
            let mut query = connection.prepare_cached(&query)?;
            let mut rows = query.query(params_from_iter(arguments))?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                records.push(record_row(row)?);
            }
            Ok(records)
        })
    }

    /// How many records fit the filter, whatever its limit says.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn count_records(&self, filter: &RecordFilter<'_>) -> Result<u64> {
        let mut arguments = Vec::new();
        let condition = filter.condition(&mut arguments);
        let query = format!("SELECT count(*) FROM record WHERE {condition}");
        self.read(|connection| {
            let count: i64 =
                connection.prepare_cached(&query)?.query_row(params_from_iter(arguments), |row| row.get(0))?;
            Ok(from_sql(count))
        })
    }

    /// A record as lists show it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn record(&self, id: RecordId) -> Result<Option<RecordRow>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(&format!("SELECT {COLUMNS} WHERE document.doc = ?1"))?;
            let mut rows = query.query([doc_id(id).0])?;
            rows.next()?.map(record_row).transpose()
        })
    }

    /// A record's plain data, as it is; `None` when nothing of it is here.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn doc(&self, id: RecordId) -> Result<Option<RecordDoc>> {
        // An empty document stands for entries that all wait.
        let doc = self.document(id)?.filter(|doc| !doc.is_empty());
        Ok(doc.map(|doc| dutybook_domain::doc::read(&doc, id)))
    }

    /// A record's plain data when it held what these entries say, and what they were written upon; `None` when that is
    /// nothing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn doc_of(&self, id: RecordId, entries: &HashSet<ChangeHash>) -> Result<Option<RecordDoc>> {
        let Some(doc) = self.document(id)? else { return Ok(None) };
        let then = dutybook_domain::doc::only(&doc, |change| entries.contains(&ChangeHash::from(*change)));
        let then = then.map_err(|error| Error::Inconsistent(format!("a record's past cannot be read: {error}")))?;
        Ok((!then.is_empty()).then(|| dutybook_domain::doc::read(&then, id)))
    }

    fn document(&self, id: RecordId) -> Result<Option<automerge::Automerge>> {
        let state: Option<Vec<u8>> = self.read(|connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT state FROM document_state JOIN document ON document.id = document_state.document
                     WHERE document.doc = ?1",
                )?
                .query_row([doc_id(id).0], |row| row.get(0))
                .optional()?)
        })?;
        state.map(|state| load(&state)).transpose()
    }

    /// Everything in the standing volume, to assemble the site from: id, kind, view.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn standing_items(&self) -> Result<Vec<(RecordId, String, Value)>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT document.doc, record.kind, record.view FROM volume
                 JOIN document ON document.volume = volume.id JOIN record ON record.document = document.id
                 WHERE volume.name LIKE '%/standing' AND record.known = 1 ORDER BY document.id",
            )?;
            let mut rows = query.query([])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                items.push((record_id(row, 0)?, row.get(1)?, from_json(row.get_ref(2)?.as_str().map_err(sql)?)?));
            }
            Ok(items)
        })
    }

    /// Ledger lines that fit the filter, the latest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn ledger(&self, filter: &LedgerFilter<'_>) -> Result<Vec<LedgerRow>> {
        let mut arguments = Vec::new();
        let condition = filter.condition(&mut arguments);
        let page = page(filter.limit, 0, &mut arguments);
        let query = format!(
            "SELECT line.at_ms, line.fact, document.doc, record.kind, record.number,
                    coalesce(json_extract(record.card, '$.title'), ''), coalesce(source.arrival, 0), line.line
             FROM ledger_line AS line JOIN record ON record.document = line.document
             JOIN document ON document.id = line.document
             LEFT JOIN fact_source AS source ON source.document = line.document AND source.fact = line.fact
             WHERE {condition} ORDER BY line.at_ms DESC, line.fact DESC{page}"
        );
        self.read(|connection| {
            let mut query = connection.prepare_cached(&query)?;
            let mut rows = query.query(params_from_iter(arguments))?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next()? {
                lines.push(LedgerRow {
                    cursor: Cursor { at: Timestamp(row.get(0)?), fact: FactId(Uuid::from_bytes(row.get(1)?)) },
                    record: record_id(row, 2)?,
                    kind: row.get(3)?,
                    number: row.get(4)?,
                    title: row.get(5)?,
                    arrival: from_sql(row.get(6)?),
                    line: from_json(row.get_ref(7)?.as_str().map_err(sql)?)?,
                });
            }
            Ok(lines)
        })
    }

    /// How much there is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn counts(&self) -> Result<Counts> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT (SELECT coalesce(sum(seq), 0) FROM writer), (SELECT count(*) FROM record),
                            (SELECT count(*) FROM quarantine), (SELECT count(*) FROM parked),
                            (SELECT count(*) FROM marked), (SELECT count(*) FROM waiting), (SELECT count(*) FROM dirty),
                            (SELECT count(*) FROM device WHERE revoked = 0)",
                )?
                .query_row([], |row| {
                    let count = |at| row.get(at).map(from_sql);
                    Ok(Counts {
                        entries: count(0)?,
                        records: count(1)?,
                        quarantined: count(2)?,
                        parked: count(3)?,
                        marked: count(4)?,
                        waiting: count(5)?,
                        dirty: count(6)?,
                        devices: count(7)?,
                    })
                })?)
        })
    }
}

/// Conditions joined by `AND`, with their arguments.
struct Conditions<'a> {
    conditions: Vec<String>,
    arguments: &'a mut Vec<SqlValue>,
}

impl<'a> Conditions<'a> {
    fn new(arguments: &'a mut Vec<SqlValue>) -> Self {
        Self { conditions: Vec::new(), arguments }
    }

    /// `condition` with `{}` where the argument goes.
    fn add(&mut self, condition: &str, argument: Option<impl Into<SqlValue>>) {
        if let Some(argument) = argument {
            self.arguments.push(argument.into());
            let place = format!("?{}", self.arguments.len());
            self.conditions.push(condition.replace("{}", &place));
        }
    }

    fn text(&mut self, text: Option<&str>) {
        if let Some(condition) = text.and_then(|text| search::condition(text, self.arguments)) {
            self.conditions.push(condition);
        }
    }

    fn finish(self) -> String {
        if self.conditions.is_empty() { "true".into() } else { self.conditions.join(" AND ") }
    }
}

impl RecordFilter<'_> {
    fn condition(&self, arguments: &mut Vec<SqlValue>) -> String {
        let mut all = Conditions::new(arguments);
        all.add("record.kind = {}", self.kind.map(str::to_owned));
        all.add("record.open = {}", self.open);
        all.add("record.known = {}", self.known);
        if !self.states.is_empty() {
            let states = serde_json::to_string(self.states).unwrap_or_default();
            all.add("record.state IN (SELECT value FROM json_each({}))", Some(states));
        }
        all.add(
            "record.document IN (SELECT document FROM record_person WHERE person = {})",
            self.responsible.map(|person| person.0.into_bytes().to_vec()),
        );
        all.add("record.number = {}", self.number.map(str::to_owned));
        all.add(
            "record.document IN (SELECT document.id FROM document JOIN volume ON volume.id = document.volume
                                 WHERE volume.name = {})",
            self.volume.map(|volume| volume.to_string()),
        );
        all.add("(record.unclear > 0) = {}", self.unclear);
        all.add("record.born_ms >= {}", self.born_from.map(|at| at.0));
        all.add("record.born_ms < {}", self.born_to.map(|at| at.0));
        all.add("record.touched_ms >= {}", self.touched_from.map(|at| at.0));
        all.text(self.text);
        all.finish()
    }
}

impl LedgerFilter<'_> {
    fn condition(&self, arguments: &mut Vec<SqlValue>) -> String {
        let mut all = Conditions::new(arguments);
        for (cursor, than) in [(self.before, "<"), (self.after, ">")] {
            if let Some(cursor) = cursor {
                all.arguments.push(cursor.at.0.into());
                let at = all.arguments.len();
                let fact = cursor.fact.0.into_bytes().to_vec();
                all.add(&format!("(line.at_ms, line.fact) {than} (?{at}, {{}})"), Some(fact));
            }
        }
        all.add("line.at_ms >= {}", self.from.map(|at| at.0));
        all.add("line.at_ms < {}", self.to.map(|at| at.0));
        all.add("document.doc = {}", self.record.map(|record| record.0.into_bytes().to_vec()));
        all.add("record.kind = {}", self.kind.map(str::to_owned));
        all.add("line.person = {}", self.person.map(|person| person.0.into_bytes().to_vec()));
        if let Some(known) = self.beyond {
            all.add(
                "EXISTS (SELECT 1 FROM volume JOIN json_each({}) AS class ON volume.name GLOB '*/' || class.value || '*'
                         WHERE volume.id = document.volume)",
                Some(classes_of(known)),
            );
            // A line whose entry cannot be found was not known either.
            all.add(
                "NOT EXISTS (
                     SELECT 1 FROM entry JOIN writer ON writer.id = entry.writer JOIN volume ON volume.id = writer.volume
                     WHERE entry.arrival = source.arrival AND entry.seq <= json_extract(
                         {}, '$.\"' || volume.name || '\".\"' || lower(hex(writer.writer)) || '\".seq'))",
                Some(serde_json::to_string(known).unwrap_or_default()),
            );
        }
        all.text(self.text);
        all.finish()
    }
}

/// The classes whose volumes a frontier names, as a JSON list: `demo/duty/2026-06` is of `duty`.
fn classes_of(known: &Known) -> String {
    let classes: BTreeSet<&str> = known.volumes.keys().filter_map(|volume| volume.split('/').nth(1)).collect();
    serde_json::to_string(&classes).unwrap_or_default()
}

fn page(limit: usize, offset: usize, arguments: &mut Vec<SqlValue>) -> String {
    let limit = if limit == 0 { -1 } else { i64::try_from(limit).unwrap_or(i64::MAX) };
    arguments.push(limit.into());
    arguments.push(i64::try_from(offset).unwrap_or(i64::MAX).into());
    format!(" LIMIT ?{} OFFSET ?{}", arguments.len() - 1, arguments.len())
}

fn record_row(row: &Row<'_>) -> Result<RecordRow> {
    let text = |at: usize| row.get_ref(at)?.as_str().map_err(sql);
    Ok(RecordRow {
        id: record_id(row, 0)?,
        kind: row.get(1)?,
        known: row.get(2)?,
        volume: volume_name(text(3)?)?,
        card: from_json(text(4)?)?,
        view: from_json(text(5)?)?,
        anomalies: from_json(text(6)?)?,
        touched: Timestamp(row.get(7)?),
    })
}

pub(crate) fn record_id(row: &Row<'_>, at: usize) -> rusqlite::Result<RecordId> {
    Ok(RecordId(Uuid::from_bytes(row.get(at)?)))
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| Error::Inconsistent(format!("what is derived from a record cannot be read back: {error}")))
}

fn sql(error: rusqlite::types::FromSqlError) -> rusqlite::Error {
    error.into()
}
