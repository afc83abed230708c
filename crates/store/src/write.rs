//! The local write path.
//!
//! Invariants
//! - One action is one transaction: entries, signed heads, document states, projections and numbers, or nothing.
//! - One change per record, whatever the action writes into it.
//! - Nothing leaves this device that every other replica would refuse: an own change passes the append-only rule and
//!   gate 1 before it gets its entry.
//! - A writer's log is continued only by the copy of the database that opened it (see instance.rs), and only within the
//!   month (in the standing volume: the year) it was opened for.

use std::cell::RefCell;

use chrono::{DateTime, Datelike as _};
use dutybook_domain::engine::{Book, Class as DomainClass, Found, Step};
use dutybook_domain::known::{Known, KnownLine, Reached};
use dutybook_domain::record::{RecordDoc, Write};
use dutybook_domain::{RecordId, Timestamp, doc};
use dutybook_log::{AuthorId, Class, DocId, Draft, LocalWriter, Month, Opening, Recorded, SealedEntry, VolumeId};
use rusqlite::types::Value as SqlValue;
use rusqlite::{OptionalExtension as _, params, params_from_iter};
use serde_json::Value;

use crate::book::{position, read_frontier, volume_name};
use crate::cache::{OpenDocument, OwnWriter, RowId};
use crate::contents::{self, Contents};
use crate::error::{Error, Result};
use crate::materialise::{Changed, doc_id};
use crate::proof;
use crate::store::{Store, Work};

/// Who acts, and when by this device's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The person; nil when the device itself acts.
    pub author: AuthorId,
    /// When.
    pub recorded: Recorded,
}

/// The book inside a transaction, for whoever decides what is to be written.
///
/// Its methods take `&self`, so that several of them can be lent out at once. When one of them fails, the whole
/// transaction fails with that error, whatever is made of the answer.
pub struct Writing<'a> {
    inside: RefCell<&'a mut (dyn Inside + 'a)>,
    failed: RefCell<Option<Error>>,
    /// The device's clock.
    wall_ms: i64,
}

impl std::fmt::Debug for Writing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing").finish_non_exhaustive()
    }
}

/// What of a transaction is shown to whoever decides.
trait Inside {
    fn doc(&mut self, record: RecordId) -> Result<Option<RecordDoc>>;
    fn view(&mut self, record: RecordId) -> Result<Option<Value>>;
    fn found(&mut self, kind: &str, which: Which) -> Result<Vec<Found>>;
    fn known(&mut self, class: Class, wall_ms: i64) -> Result<Known>;
    fn lines(&mut self, class: Class, from: Timestamp, to: Timestamp) -> Result<Vec<KnownLine>>;
    fn next_number(&mut self, series: &str) -> Result<u32>;
}

/// Which records of a kind.
#[derive(Clone, Copy)]
enum Which {
    /// Those somebody still has to do something about.
    Open,
    /// Those born from the first instant until before the second.
    Born(Timestamp, Timestamp),
    /// Those in which something was written at or after an instant.
    Touched(Timestamp),
}

impl Book for Writing<'_> {
    fn view(&self, record: RecordId) -> Option<Value> {
        self.ask(|inside| inside.view(record)).flatten()
    }

    fn open(&self, kind: &str) -> Vec<Found> {
        self.ask(|inside| inside.found(kind, Which::Open)).unwrap_or_default()
    }

    fn born(&self, kind: &str, from: Timestamp, to: Timestamp) -> Vec<Found> {
        self.ask(|inside| inside.found(kind, Which::Born(from, to))).unwrap_or_default()
    }

    fn known(&self, class: DomainClass) -> Known {
        self.ask(|inside| inside.known(log_class(class), self.wall_ms)).unwrap_or_default()
    }

    fn touched(&self, kind: &str, since: Timestamp) -> Vec<Found> {
        self.ask(|inside| inside.found(kind, Which::Touched(since))).unwrap_or_default()
    }

    fn lines(&self, class: DomainClass, from: Timestamp, to: Timestamp) -> Vec<KnownLine> {
        self.ask(|inside| inside.lines(log_class(class), from, to)).unwrap_or_default()
    }
}

impl Writing<'_> {
    /// A record as it stands, with everything that has arrived for it; `None` for one nobody has written to.
    #[must_use]
    pub fn doc(&self, record: RecordId) -> Option<RecordDoc> {
        self.ask(|inside| inside.doc(record)).flatten()
    }

    /// The next number of a series, from 1; given back when the transaction is not saved.
    #[must_use]
    pub fn next_number(&self, series: &str) -> u32 {
        self.ask(|inside| inside.next_number(series)).unwrap_or_default()
    }

    fn ask<T>(&self, question: impl FnOnce(&mut (dyn Inside + '_)) -> Result<T>) -> Option<T> {
        match question(&mut **self.inside.borrow_mut()) {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.failed.borrow_mut().get_or_insert(error);
                None
            }
        }
    }
}

impl Store {
    /// The one way to write: `decide` sees the book as it stands in this transaction and answers what to write. Its own
    /// error rolls everything back, given numbers too, and comes back as it is.
    ///
    /// `decide` may read the store besides, but must not write to it: it runs inside the one writing transaction.
    ///
    /// # Errors
    /// When it cannot be written; nothing has happened then.
    pub fn transact<E>(
        &self,
        stamp: Stamp,
        decide: impl FnOnce(&Writing<'_>) -> Result<Vec<Step>, E>,
    ) -> Result<Result<Changed, E>> {
        self.within_or(|work| {
            let decided = {
                let (inside, failed) = (RefCell::new(&mut *work as &mut dyn Inside), RefCell::new(None));
                let writing = Writing { inside, failed, wall_ms: stamp.recorded.wall_ms };
                let decided = decide(&writing);
                if let Some(error) = writing.failed.into_inner() {
                    return Err(error);
                }
                decided
            };
            match decided {
                Ok(steps) => work.write_steps(steps, stamp).map(Ok),
                Err(refused) => Ok(Err(refused)),
            }
        })
    }

    /// The next number of a series by itself, outside any action.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn next_number(&self, series: &str) -> Result<u32> {
        self.within(|work| work.next_number(series))
    }
}

impl Inside for Work<'_> {
    fn doc(&mut self, record: RecordId) -> Result<Option<RecordDoc>> {
        let Some(place) = self.find_place(&doc_id(record))? else { return Ok(None) };
        self.bring_up_to_date(place.document)?;
        let open = self.open_document(place.document)?;
        let plain = (!open.doc.is_empty()).then(|| doc::read(&open.doc, record));
        self.caches.documents.put(place.document, open);
        Ok(plain)
    }

    fn view(&mut self, record: RecordId) -> Result<Option<Value>> {
        let Some(place) = self.find_place(&doc_id(record))? else { return Ok(None) };
        self.bring_up_to_date(place.document)?;
        let view: Option<String> = self
            .tx
            .prepare_cached("SELECT view FROM record WHERE document = ?1")?
            .query_row([place.document], |row| row.get(0))
            .optional()?;
        view.map(|view| crate::query::from_json(&view)).transpose()
    }

    fn found(&mut self, kind: &str, which: Which) -> Result<Vec<Found>> {
        self.settle_everything()?;
        let columns =
            "SELECT doc, card, view FROM record JOIN document ON document.id = record.document WHERE kind = ?1";
        let (query, from, to) = match which {
            Which::Open => (format!("{columns} AND open = 1 ORDER BY born_ms, document.id"), None, None),
            Which::Born(from, to) => {
                let query = format!("{columns} AND born_ms >= ?2 AND born_ms < ?3 ORDER BY born_ms, document.id");
                (query, Some(from.0), Some(to.0))
            }
            Which::Touched(since) => {
                let query = format!("{columns} AND touched_ms >= ?2 ORDER BY born_ms, document.id");
                (query, Some(since.0), None)
            }
        };
        let arguments =
            std::iter::once(SqlValue::from(kind.to_owned())).chain([from, to].into_iter().flatten().map(Into::into));
        let mut query = self.tx.prepare_cached(&query)?;
        let mut rows = query.query(params_from_iter(arguments))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (card, view): (String, String) = (row.get(1)?, row.get(2)?);
            found.push(Found {
                record: crate::query::record_id(row, 0)?,
                card: crate::query::from_json(&card)?,
                view: crate::query::from_json(&view)?,
            });
        }
        Ok(found)
    }

    fn known(&mut self, class: Class, wall_ms: i64) -> Result<Known> {
        self.settle_everything()?;
        let mut volumes: Vec<(VolumeId, RowId, bool)> = Vec::new();
        {
            let mut query = self.tx.prepare_cached(
                "SELECT name, id, EXISTS (SELECT 1 FROM record JOIN document ON document.id = record.document
                                          WHERE document.volume = volume.id AND record.open = 1) FROM volume",
            )?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let name: String = row.get(0)?;
                volumes.push((volume_name(&name)?, row.get(1)?, row.get(2)?));
            }
        }
        volumes.retain(|(volume, ..)| volume.class == class);
        let newest = volumes.iter().filter_map(|(volume, ..)| volume.month).max();
        let since = still_moving_since(wall_ms, newest);
        let mut known = Known::default();
        for (volume, row, still_open) in volumes {
            // A volume moves while a record of it is open, and through the month after its own.
            if !still_open && volume.month.is_some_and(|month| months(month) < since) {
                continue;
            }
            let frontier = read_frontier(self.tx, row)?;
            let writers = frontier.iter().map(|(writer, position)| {
                (writer.to_string(), Reached { seq: position.seq, hash: position.hash.to_string() })
            });
            known.volumes.insert(volume.to_string(), writers.collect());
        }
        Ok(known)
    }

    fn lines(&mut self, class: Class, from: Timestamp, to: Timestamp) -> Result<Vec<KnownLine>> {
        self.settle_everything()?;
        proof::known_lines(self.tx, class, from, to)
    }

    fn next_number(&mut self, series: &str) -> Result<u32> {
        Work::next_number(self, series)
    }
}

/// The class of a volume as the log calls it.
pub(crate) fn log_class(class: DomainClass) -> Class {
    match class {
        DomainClass::Standing => Class::Standing,
        DomainClass::Duty => Class::Duty,
        DomainClass::Personnel => Class::Personnel,
    }
}

/// A record being written.
struct Target {
    record: RecordId,
    document: RowId,
    open: OpenDocument,
    contents: Contents,
    volume: VolumeId,
    change: Vec<u8>,
}

impl Work<'_> {
    /// What arrived goes in first, so that what a signature covers is what was there to be read.
    fn settle_everything(&mut self) -> Result<()> {
        for document in self.dirty(usize::MAX)? {
            self.bring_up_to_date(document)?;
        }
        Ok(())
    }

    /// What arrived for the document goes in first, so that nobody writes in ignorance of what this device holds.
    fn bring_up_to_date(&mut self, document: RowId) -> Result<()> {
        if self.is_dirty(document)? {
            let settled = self.settle(document)?;
            if let Some(kind) = settled.kind {
                self.caught_up.push((self.record_of(document)?, kind));
            }
            if settled.by_server {
                self.project_device(document)?;
            }
        }
        Ok(())
    }

    fn write_steps(&mut self, steps: Vec<Step>, stamp: Stamp) -> Result<Changed> {
        let mut targets: Vec<Target> = Vec::new();
        for step in in_one_change_each(steps) {
            targets.extend(self.write_document(&step)?);
        }
        let mut changed = Changed::default();
        let mut volumes: Vec<VolumeId> = targets.iter().map(|target| target.volume).collect();
        volumes.sort_unstable();
        volumes.dedup();
        let mut arrivals = vec![0; targets.len()];
        for volume in volumes {
            let drafts: Vec<(usize, Draft)> = targets
                .iter_mut()
                .enumerate()
                .filter(|(_, target)| target.volume == volume)
                .map(|(at, target)| {
                    let change = std::mem::take(&mut target.change);
                    let (author, recorded) = (stamp.author, stamp.recorded);
                    (at, Draft { author, recorded, witness: None, doc: doc_id(target.record), change })
                })
                .collect();
            let (targets_of, drafts): (Vec<usize>, Vec<Draft>) = drafts.into_iter().unzip();
            for (at, arrival) in targets_of.into_iter().zip(self.append(volume, drafts, stamp.recorded)?) {
                arrivals[at] = arrival;
            }
        }
        for (mut target, arrival) in targets.into_iter().zip(arrivals) {
            target.open.through = arrival;
            let state = dutybook_log::save(&target.open.doc);
            self.save_state(target.document, &target.open, &state)?;
            self.learn_facts(target.document, arrival, &target.contents)?;
            let kind = self.project(target.document, target.record, &target.open.doc)?;
            if self.identity.is_some_and(|identity| identity.server == self.device) {
                self.project_device(target.document)?;
            }
            self.caches.documents.put(target.document, target.open);
            changed.records.push((target.record, kind));
            changed.entries += 1;
        }
        for (record, kind) in std::mem::take(&mut self.caught_up) {
            if !changed.records.iter().any(|(written, _)| *written == record) {
                changed.records.push((record, kind));
            }
        }
        changed.entries += self.release_parked()?;
        changed.arrival = self.arrival()?;
        Ok(changed)
    }

    /// `None` when the record would read as before: a text saved again as it stands is no change.
    fn write_document(&mut self, step: &Step) -> Result<Option<Target>> {
        let site = self.identity.ok_or(Error::NotEnrolled)?.site;
        let doc = doc_id(step.record);
        let volume = doc.home(site).ok_or_else(|| Error::Homeless(step.record.to_string()))?;
        let document = match self.find_place(&doc)? {
            Some(place) => {
                self.bring_up_to_date(place.document)?;
                place.document
            }
            None => {
                let row = self.volume(&volume)?;
                self.place(&doc, row)?.document
            }
        };
        let mut open = self.open_document(document)?;
        let change = match doc::write(&mut open.doc, step.record, &step.writes, &self.actor) {
            Err(doc::WriteError::Nothing) => {
                self.caches.documents.put(document, open);
                return Ok(None);
            }
            written => written?,
        };
        let decoded = contents::decode(&change).ok_or(dutybook_domain::doc::Unlawful::Undecodable)?;
        doc::lawful(&decoded, step.record, self.device.as_bytes())?;
        let contents = contents::contents(&decoded).ok_or(dutybook_domain::doc::Unlawful::Undecodable)?;
        Ok(Some(Target { record: step.record, document, open, contents, volume, change }))
    }

    /// Adds entries to this device's writer of the volume and signs the last one. Answers their arrivals.
    pub(crate) fn append(&mut self, volume: VolumeId, drafts: Vec<Draft>, recorded: Recorded) -> Result<Vec<i64>> {
        let mut own = self.own_writer(volume, recorded)?;
        let opening = *own.writer.opening();
        let mut sealed: Vec<SealedEntry> = Vec::with_capacity(drafts.len());
        for draft in drafts {
            sealed.push(own.writer.append(draft)?);
        }
        let head = own.writer.head(self.secret).map_err(|error| Error::Inconsistent(error.to_string()))?;
        let instance = self.mark.instance;
        let writer = self.move_writer(&opening, own.writer.position(), Some((&instance, &own.period)))?;
        let last = sealed.len().saturating_sub(1);
        let mut arrivals = Vec::with_capacity(sealed.len());
        for (at, entry) in sealed.iter().enumerate() {
            let document = self.place_in(&entry.entry().doc, volume)?;
            let signature = (at == last).then_some(&head.signature);
            arrivals.push(self.insert_entry(writer, entry.entry().seq, document, signature, entry.bytes())?);
        }
        self.caches.own.insert(volume, own);
        self.count_local_commit()?;
        Ok(arrivals)
    }

    fn place_in(&mut self, doc: &DocId, volume: VolumeId) -> Result<RowId> {
        let row = self.volume(&volume)?;
        Ok(self.place(doc, row)?.document)
    }

    /// The marker file follows after COMMIT.
    fn count_local_commit(&mut self) -> Result<()> {
        self.tx.prepare_cached("UPDATE meta SET local_commits = local_commits + 1")?.execute([])?;
        self.mark.local_commits += 1;
        Ok(())
    }

    /// The writer to go on in, or a new one.
    fn own_writer(&mut self, volume: VolumeId, recorded: Recorded) -> Result<OwnWriter> {
        let period = period(volume.class, recorded.wall_ms);
        if let Some(own) = self.caches.own.get(&volume).filter(|own| own.period == period) {
            return Ok(own.clone());
        }
        let row = self.volume(&volume)?;
        let found = self
            .tx
            .prepare_cached(
                "SELECT nonce, seq, hash FROM writer
                 WHERE volume = ?1 AND device = ?2 AND instance = ?3 AND period = ?4 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(params![row, self.device.0, self.mark.instance, period], |row| {
                Ok((row.get::<_, [u8; 16]>(0)?, position(row, 1)?))
            })
            .optional()?;
        let device = self.device;
        let writer = match found {
            Some((nonce, position)) => LocalWriter::resume(Opening { volume, device, nonce }, position),
            None => LocalWriter::open(Opening { volume, device, nonce: self.random() }),
        };
        Ok(OwnWriter { period, writer })
    }
}

/// Several steps on one record become one change; steps that write nothing are left out.
fn in_one_change_each(steps: Vec<Step>) -> Vec<Step> {
    let mut merged: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        match merged.iter_mut().find(|earlier| earlier.record == step.record) {
            Some(earlier) => earlier.writes.extend::<Vec<Write>>(step.writes),
            None => merged.push(step),
        }
    }
    merged.retain(|step| !step.writes.is_empty());
    merged
}

/// The month before this one, in months. This one is the clock's; where the clock is ahead of everything that was ever
/// written, the newest volume's. So neither a wrong clock here nor somebody's volume of the far future leaves out what
/// moves.
fn still_moving_since(wall_ms: i64, newest: Option<Month>) -> i32 {
    // At the other end of the world it is still yesterday.
    let day = DateTime::from_timestamp_millis(wall_ms.saturating_sub(24 * 60 * 60 * 1_000)).unwrap_or_default();
    let this = day.year() * 12 + day.month0() as i32;
    newest.map_or(this, |newest| months(newest).min(this)) - 1
}

fn months(month: Month) -> i32 {
    i32::from(month.year()) * 12 + i32::from(month.month()) - 1
}

/// The month, or for the standing volume the year, that a writer is opened for. The device's clock decides; a wrong one
/// costs a writer more, nothing else.
fn period(class: Class, wall_ms: i64) -> String {
    let date = DateTime::from_timestamp_millis(wall_ms).unwrap_or_default();
    if class.has_month() { format!("{:04}-{:02}", date.year(), date.month()) } else { format!("{:04}", date.year()) }
}
