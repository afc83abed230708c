//! From entries to documents: the second gate.
//!
//! Invariants
//! - A change gets into a document only when it breaks no append-only rule (`domain::doc::lawful`) and when the document
//!   can be saved and loaded with it (`log::apply`). What fails is marked with the reason, stays in the log, and the
//!   document stays at its last good state.
//! - Nothing waits inside Automerge: an entry whose change builds on unknown ones is in `waiting` and tried again with
//!   every new entry of its document.
//! - State, `fact_source`, marks and projection move in the same transaction.

use dutybook_domain::{RecordId, doc};
use dutybook_log::{DeviceKey, DocId, SealedEntry};
use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;

use crate::cache::{OpenDocument, RowId};
use crate::contents;
use crate::error::{Error, Result};
use crate::store::{Store, Work};

/// What a transaction changed, in the domain's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Records that read differently now, with their kinds.
    pub records: Vec<(RecordId, String)>,
    /// Entries added to the log.
    pub entries: usize,
    /// The last arrival number of the log.
    pub arrival: u64,
}

/// Why an entry that is in the log is not in its document.
pub(crate) struct Mark {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

/// An entry on its way into a document.
struct Pending {
    arrival: i64,
    waited: bool,
    /// Whose writer it stands in.
    device: DeviceKey,
    sealed: SealedEntry,
    contents: contents::Contents,
}

/// What became of a document's pending entries.
pub(crate) struct Settled {
    /// The kind, when the document reads differently now.
    pub(crate) kind: Option<String>,
    /// The server itself said something new in it.
    pub(crate) by_server: bool,
}

impl Store {
    /// Brings up to `limit` documents up to date with the entries that arrived for them. `true`: there are more.
    ///
    /// When a new device becomes known on the way, entries of it that were parked are taken into the log, which
    /// [`Changed::entries`] and [`Changed::arrival`] show.
    ///
    /// # Errors
    /// When it cannot be written; nothing has happened then.
    pub fn materialise(&self, limit: usize) -> Result<(Changed, bool)> {
        self.within(|work| {
            let mut documents = work.dirty(limit.saturating_add(1))?;
            let mut more = documents.len() > limit;
            documents.truncate(limit);
            let mut changed = Changed::default();
            for document in documents {
                let settled = work.settle(document)?;
                if let Some(kind) = settled.kind {
                    changed.records.push((work.record_of(document)?, kind));
                }
                if settled.by_server {
                    work.project_device(document)?;
                }
            }
            changed.entries = work.release_parked()?;
            more |= changed.entries > 0;
            changed.arrival = work.arrival()?;
            Ok((changed, more))
        })
    }
}

impl Work<'_> {
    pub(crate) fn dirty(&self, limit: usize) -> Result<Vec<RowId>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut query = self.tx.prepare_cached("SELECT document FROM dirty ORDER BY document LIMIT ?1")?;
        let rows = query.query_map([limit], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn is_dirty(&self, document: RowId) -> Result<bool> {
        Ok(self.tx.prepare_cached("SELECT 1 FROM dirty WHERE document = ?1")?.exists([document])?)
    }

    pub(crate) fn record_of(&self, document: RowId) -> Result<RecordId> {
        let doc: [u8; 16] = self
            .tx
            .prepare_cached("SELECT doc FROM document WHERE id = ?1")?
            .query_row([document], |row| row.get(0))?;
        Ok(RecordId(Uuid::from_bytes(doc)))
    }

    /// The document as it stands, from memory or from its saved state.
    pub(crate) fn open_document(&mut self, document: RowId) -> Result<OpenDocument> {
        if let Some(open) = self.caches.documents.take(document) {
            return Ok(open);
        }
        let saved = self
            .tx
            .prepare_cached("SELECT through, state FROM document_state WHERE document = ?1")?
            .query_row([document], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        Ok(match saved {
            None => OpenDocument { doc: automerge::Automerge::new(), through: 0 },
            Some((through, state)) => OpenDocument { doc: load(&state)?, through },
        })
    }

    /// Takes a document's pending entries through the second gate.
    pub(crate) fn settle(&mut self, document: RowId) -> Result<Settled> {
        let server = self.identity.map(|identity| identity.server);
        let mut open = self.open_document(document)?;
        let (pending, through) = self.pending(document, open.through)?;
        let changes = pending.iter().map(|entry| entry.sealed.change());
        let applied = dutybook_log::apply(&mut open.doc, changes);
        for index in &applied.waiting {
            self.tx
                .prepare_cached("INSERT OR IGNORE INTO waiting (document, arrival) VALUES (?1, ?2)")?
                .execute(params![document, pending[*index].arrival])?;
        }
        for (index, refusal) in &applied.rejected {
            let mark = Mark { code: refusal.code(), reason: refusal.to_string() };
            self.mark(document, pending[*index].arrival, &mark)?;
        }
        let mut by_server = false;
        for index in &applied.applied {
            let entry = &pending[*index];
            by_server |= server == Some(entry.device);
            self.learn_facts(document, entry.arrival, &entry.contents)?;
        }
        for entry in pending.iter().filter(|entry| entry.waited) {
            let still = applied.waiting.iter().any(|index| pending[*index].arrival == entry.arrival);
            if !still {
                self.tx
                    .prepare_cached("DELETE FROM waiting WHERE document = ?1 AND arrival = ?2")?
                    .execute(params![document, entry.arrival])?;
            }
        }
        open.through = through;
        let fresh = applied.saved.is_some();
        match applied.saved {
            Some(state) => self.save_state(document, &open, &state)?,
            None => {
                let moved = self
                    .tx
                    .prepare_cached("UPDATE document_state SET through = ?2 WHERE document = ?1")?
                    .execute(params![document, through])?;
                if moved == 0 {
                    // Everything waits: remembered as an empty document, which is not listed.
                    self.save_state(document, &open, &dutybook_log::save(&open.doc))?;
                }
            }
        }
        self.tx.prepare_cached("DELETE FROM dirty WHERE document = ?1")?.execute([document])?;
        let kind = if fresh {
            let record = self.record_of(document)?;
            Some(self.project(document, record, &open.doc)?)
        } else {
            None
        };
        self.caches.documents.put(document, open);
        Ok(Settled { kind, by_server })
    }

    /// Entries not yet in the document, in arrival order, and the arrival up to which they reach.
    fn pending(&mut self, document: RowId, after: i64) -> Result<(Vec<Pending>, i64)> {
        let mut entries = Vec::new();
        let mut through = after;
        let mut marks = Vec::new();
        {
            // Two halves, each by index: what waited before, and what is new.
            let mut query = self.tx.prepare_cached(
                "SELECT entry.arrival, 1, writer.device, entry.bytes
                 FROM waiting JOIN entry USING (arrival) JOIN writer ON writer.id = entry.writer
                 WHERE waiting.document = ?1
                 UNION ALL
                 SELECT entry.arrival, 0, writer.device, entry.bytes
                 FROM entry JOIN writer ON writer.id = entry.writer
                 WHERE entry.document = ?1 AND entry.arrival > ?2
                 ORDER BY 1",
            )?;
            let mut rows = query.query(params![document, after])?;
            while let Some(row) = rows.next()? {
                let arrival: i64 = row.get(0)?;
                let waited: bool = row.get(1)?;
                let device = DeviceKey(row.get(2)?);
                through = through.max(arrival);
                let bytes: Vec<u8> = row.get(3)?;
                let sealed = SealedEntry::parse(bytes)
                    .map_err(|error| Error::Inconsistent(format!("entry {arrival} cannot be read back: {error}")))?;
                match examine(&sealed, device) {
                    Ok(contents) => entries.push(Pending { arrival, waited, device, sealed, contents }),
                    Err(mark) => marks.push((arrival, mark)),
                }
            }
        }
        for (arrival, mark) in marks {
            self.mark(document, arrival, &mark)?;
        }
        Ok((entries, through))
    }

    fn mark(&self, document: RowId, arrival: i64, mark: &Mark) -> Result<()> {
        tracing::warn!(arrival, code = mark.code, reason = %mark.reason, "an entry does not go into its record");
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO marked (document, arrival, code, reason) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![document, arrival, mark.code, mark.reason])?;
        Ok(())
    }

    /// Remembers which entry brought a fact.
    pub(crate) fn learn_facts(&self, document: RowId, arrival: i64, contents: &contents::Contents) -> Result<()> {
        for fact in contents.fact_ids() {
            self.tx
                .prepare_cached("INSERT OR IGNORE INTO fact_source (document, fact, arrival) VALUES (?1, ?2, ?3)")?
                .execute(params![document, fact.0.into_bytes(), arrival])?;
        }
        Ok(())
    }

    /// Writes a document's state; `state` is the same document saved.
    pub(crate) fn save_state(&self, document: RowId, open: &OpenDocument, state: &[u8]) -> Result<()> {
        self.tx
            .prepare_cached(
                "INSERT INTO document_state (document, through, heads, state) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (document) DO UPDATE
                 SET through = excluded.through, heads = excluded.heads, state = excluded.state",
            )?
            .execute(params![document, open.through, heads(&open.doc), state])?;
        Ok(())
    }

    /// The last arrival number of the log.
    pub(crate) fn arrival(&mut self) -> Result<u64> {
        Ok(crate::book::from_sql(self.last_arrival()?))
    }
}

/// Whether an entry of `device`'s writer may go into its document at all, decided from the entry alone, and what its
/// change holds.
pub(crate) fn examine(sealed: &SealedEntry, device: DeviceKey) -> Result<contents::Contents, Mark> {
    let unreadable = || Mark { code: "apply_unreadable", reason: "the change cannot be read".into() };
    let change = contents::decode(sealed.change()).ok_or_else(unreadable)?;
    let record = RecordId(sealed.entry().doc.into());
    doc::lawful(&change, record, sealed.written_by(device).as_bytes())
        .map_err(|breach| Mark { code: "unlawful", reason: breach.to_string() })?;
    contents::contents(&change).ok_or_else(unreadable)
}

/// A document from its saved state.
pub(crate) fn load(state: &[u8]) -> Result<automerge::Automerge> {
    automerge::Automerge::load(state)
        .map_err(|error| Error::Inconsistent(format!("a saved record cannot be read back: {error}")))
}

/// A document's heads, one after the other.
pub(crate) fn heads(doc: &automerge::Automerge) -> Vec<u8> {
    let mut heads = doc.get_heads();
    heads.sort_unstable();
    heads.iter().flat_map(|head| head.0).collect()
}

/// The log's name of a record.
pub(crate) fn doc_id(record: RecordId) -> DocId {
    DocId::from(record.0)
}
