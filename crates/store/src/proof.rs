//! What proves the ledger: the entry behind each line, and whether the log is still the one that was sealed.
//!
//! Invariant: nothing here trusts what is derived. Hashes are computed from the stored bytes each time.

use std::collections::BTreeMap;

use dutybook_domain::engine::{Class as DomainClass, LedgerLine};
use dutybook_domain::known::{Known, KnownLine, Reached};
use dutybook_domain::{FactId, RecordId, Timestamp};
use dutybook_log::{Class, EntryHash, SealedEntry, WriterId};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::book::{from_sql, to_sql, volume_name};
use crate::error::Result;
use crate::query::from_json;
use crate::store::Store;
use crate::write::log_class;

/// An entry that is not the one that was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The volume.
    pub volume: String,
    /// The writer, hex.
    pub writer: String,
    /// The entry.
    pub seq: u64,
    /// Whether it is not there at all.
    pub missing: bool,
}

/// A line that corrects or voids another.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointing {
    /// The record both stand in.
    pub record: RecordId,
    /// The line.
    pub line: LedgerLine,
}

impl Store {
    /// The ledger lines of a class written from `from` until before `to`, in any order, each with the entry that brought
    /// it and that entry's hash as its bytes give it now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn known_lines(&self, class: DomainClass, from: Timestamp, to: Timestamp) -> Result<Vec<KnownLine>> {
        self.read(|connection| known_lines(connection, log_class(class), from, to))
    }

    /// The entries under a frontier that are no longer what they were when it was signed: each writer's log is followed
    /// backwards from the hash that was signed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn damaged_under(&self, known: &Known) -> Result<Vec<Damaged>> {
        self.read(|connection| {
            let mut damaged = Vec::new();
            for (volume, writers) in &known.volumes {
                for (writer, reached) in writers {
                    damaged.extend(walk_back(connection, volume, writer, reached)?);
                }
            }
            Ok(damaged)
        })
    }

    /// The ledger lines of these facts; a fact that has none is left out.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn ledger_lines(&self, facts: &[(RecordId, FactId)]) -> Result<Vec<LedgerLine>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT line.line FROM document JOIN ledger_line AS line ON line.document = document.id
                 WHERE document.doc = ?1 AND line.fact = ?2",
            )?;
            let mut lines = Vec::new();
            for (record, fact) in facts {
                let line: Option<String> = query
                    .query_row(params![record.0.into_bytes(), fact.0.into_bytes()], |row| row.get(0))
                    .optional()?;
                lines.extend(line.map(|line| from_json(&line)).transpose()?);
            }
            Ok(lines)
        })
    }

    /// The corrections and voidings in these records.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn pointing_lines(&self, records: &[RecordId]) -> Result<Vec<Pointing>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT line.line FROM document JOIN ledger_line AS line ON line.document = document.id
                 WHERE document.doc = ?1 AND json_extract(line.line, '$.about') IS NOT NULL ORDER BY line.at_ms, line.fact",
            )?;
            let mut pointing = Vec::new();
            for record in records {
                let lines = query
                    .query_map([record.0.into_bytes()], |row| row.get::<_, String>(0))?
                    .collect::<rusqlite::Result<Vec<_>>>()?;
                for line in lines {
                    pointing.push(Pointing { record: *record, line: from_json(&line)? });
                }
            }
            Ok(pointing)
        })
    }
}

pub(crate) fn known_lines(
    connection: &Connection,
    class: Class,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<KnownLine>> {
    let mut query = connection.prepare_cached(
        "SELECT line.at_ms, line.fact, record.kind, volume.name, writer.writer, entry.seq, entry.arrival
         FROM ledger_line AS line JOIN record ON record.document = line.document
         JOIN document ON document.id = line.document JOIN volume ON volume.id = document.volume
         JOIN fact_source AS source ON source.document = line.document AND source.fact = line.fact
         JOIN entry ON entry.arrival = source.arrival JOIN writer ON writer.id = entry.writer
         WHERE line.at_ms >= ?1 AND line.at_ms < ?2",
    )?;
    // An entry often brings several lines; its bytes are read and hashed once.
    let mut hash = connection.prepare_cached("SELECT bytes FROM entry WHERE arrival = ?1")?;
    let mut hashes: BTreeMap<i64, String> = BTreeMap::new();
    let mut rows = query.query(params![from.0, to.0])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let volume: String = row.get(3)?;
        if volume_name(&volume)?.class != class {
            continue;
        }
        let arrival: i64 = row.get(6)?;
        let hash = match hashes.get(&arrival) {
            Some(hash) => hash.clone(),
            None => {
                let bytes: Vec<u8> = hash.query_row([arrival], |row| row.get(0))?;
                let text = EntryHash::of(&bytes).to_string();
                hashes.insert(arrival, text.clone());
                text
            }
        };
        lines.push(KnownLine {
            at: Timestamp(row.get(0)?),
            fact: FactId(Uuid::from_bytes(row.get(1)?)),
            kind: row.get(2)?,
            volume,
            writer: WriterId(row.get(4)?).to_string(),
            entry: Reached { seq: from_sql(row.get(5)?), hash },
        });
    }
    Ok(lines)
}

fn walk_back(connection: &Connection, volume: &str, writer: &str, reached: &Reached) -> Result<Vec<Damaged>> {
    let damaged = |seq, missing| Damaged { volume: volume.into(), writer: writer.into(), seq, missing };
    let Ok(id) = writer.parse::<WriterId>() else { return Ok(vec![damaged(reached.seq, true)]) };
    let mut query = connection.prepare_cached(
        "SELECT entry.seq, entry.bytes FROM entry JOIN writer ON writer.id = entry.writer
         WHERE writer.writer = ?1 AND entry.seq <= ?2 ORDER BY entry.seq DESC",
    )?;
    let mut rows = query.query(params![id.0, to_sql(reached.seq)?])?;
    let mut found = Vec::new();
    let mut awaited = reached.seq;
    // None behind an entry that cannot be read: what its `prev` said is lost, and the one before it is taken as it is.
    let mut expected: Option<String> = Some(reached.hash.clone());
    while let Some(row) = rows.next()? {
        let seq = from_sql(row.get(0)?);
        if seq != awaited {
            found.extend((seq + 1..=awaited).rev().map(|seq| damaged(seq, true)));
            expected = None;
        }
        let bytes: Vec<u8> = row.get(1)?;
        if expected.is_some_and(|expected| expected != EntryHash::of(&bytes).to_string()) {
            found.push(damaged(seq, false));
        }
        expected = SealedEntry::parse(bytes).ok().map(|sealed| sealed.entry().prev.to_string());
        awaited = seq.saturating_sub(1);
    }
    found.extend((1..=awaited).rev().map(|seq| damaged(seq, true)));
    Ok(found)
}
