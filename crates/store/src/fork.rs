//! A writer that went two ways: its device was cloned, or an old copy of its database was put back unnoticed.
//!
//! Two replicas hold different entries under the same numbers. Neither branch is wrong, and nobody can tell which is
//! the older. So that everybody ends with everything, one of them gives way: it enters what stands in its branch once
//! more, in a writer of its own, and takes the other branch into the old writer. Who gives way:
//!
//! - the device whose writer it is, whoever holds the other branch: it alone may hold its own;
//! - anybody else only to the server, which never gives way to others in a writer that is not its own.
//!
//! Between two replicas of which neither is the server or the writer's device, both keep what they have, and the other
//! branch is in quarantine until one of them meets the server.
//!
//! Invariants
//! - Nothing is lost: the changes of a branch that was given up stand in another writer, its bytes in quarantine.
//! - What the server acknowledged, by hash, is common to both branches and stays where it is.
//! - A writer of our own that was given up is never written again.
//! - What another device wrote is entered again with its entry and signature (`log::Carried`): the names of its facts are
//!   that device's, and nobody else may give them.
//! - Entering again is idempotent: a change that stands in the log of its record is not entered a second time.

use std::collections::BTreeSet;

use dutybook_log::{
    Admission, Carried, DeviceKey, Draft, Opening, Position, Proof, QuarantineReason, SealedEntry, VolumeId, WriterId,
};
use rusqlite::{OptionalExtension as _, params};

use crate::book::{from_sql, to_sql};
use crate::cache::RowId;
use crate::contents;
use crate::error::{Error, Result};
use crate::ingest::{Aside, GIVEN_UP, hash_of};
use crate::store::{Store, Work};

impl Store {
    /// A peer refuses entries of this writer as a fork, or holds another entry at the same place. Answers `true` when this
    /// device gave its branch up, so that what it holds should be said again on its connections.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn refused_as_fork(&self, peer: DeviceKey, writer: &WriterId) -> Result<bool> {
        self.within(|work| work.give_up(writer, Some(peer)))
    }
}

impl Work<'_> {
    /// Gives up the branches that the batch shows to be forked, where it is on us to give way. `true`: the batch should
    /// be admitted again.
    pub(crate) fn give_up_forked(
        &mut self,
        entries: &[SealedEntry],
        admission: &Admission,
        from: Option<DeviceKey>,
    ) -> Result<bool> {
        let mut any = false;
        for (index, reason) in &admission.quarantined {
            if matches!(reason, QuarantineReason::Fork) {
                any |= self.give_up(&entries[*index].entry().writer, from)?;
            }
        }
        Ok(any)
    }

    /// What still forks after that in a writer of our own is a third branch; its changes are entered again as well.
    pub(crate) fn enter_own_forks(&mut self, entries: &[SealedEntry], admission: &Admission) -> Result<()> {
        let mut forked: Vec<SealedEntry> = Vec::new();
        for (index, reason) in &admission.quarantined {
            if matches!(reason, QuarantineReason::Fork) {
                let entry = &entries[*index];
                let own = self.writer(&entry.entry().writer)?.is_some_and(|known| known.opening.device == self.device);
                if own {
                    forked.push(entry.clone());
                }
            }
        }
        forked.sort_by_key(|entry| entry.entry().seq);
        self.enter_again(forked.iter().map(Again::own).collect())
    }

    fn give_up(&mut self, writer: &WriterId, to: Option<DeviceKey>) -> Result<bool> {
        let (Some(known), Some(identity)) = (self.writer(writer)?, self.identity) else { return Ok(false) };
        let own = known.opening.device == self.device;
        let to_server = to == Some(identity.server) && identity.server != self.device;
        if !own && !to_server {
            return Ok(false);
        }
        let keep = self.acknowledged_by_server(known.row)?;
        let branch = self.entries_after(known.row, keep)?;
        if branch.is_empty() {
            return Ok(false);
        }
        tracing::warn!(%writer, entries = branch.len(), "a writer went two ways; its branch here is entered again");
        let volume = known.opening.volume;
        // Asked for before the last entries go, so that no arrival number is given twice.
        self.last_arrival()?;
        for Written { arrival, sealed, .. } in &branch {
            let aside = Aside { peer: None, volume, at_ms: sealed.entry().recorded.wall_ms };
            self.quarantine(&aside, sealed.bytes(), GIVEN_UP, "its writer went two ways; it was entered again")?;
            for table in ["fact_source", "waiting", "marked"] {
                self.tx.execute(&format!("DELETE FROM {table} WHERE arrival = ?1"), [arrival])?;
            }
            self.tx.prepare_cached("DELETE FROM entry WHERE arrival = ?1")?.execute([arrival])?;
        }
        let written_here = self.instance_of(writer)?.is_some_and(|instance| instance == self.mark.instance);
        self.rewind(writer, known.row, volume, keep)?;
        if written_here {
            self.become_new_instance(false)?;
        }
        let documents = self.documents_of(&branch)?;
        let again = branch.iter().map(|written| match own {
            true => Again::own(&written.sealed),
            false => Again::of(written, known.opening),
        });
        self.enter_again(again.collect())?;
        for document in documents {
            self.learn_facts_anew(document)?;
        }
        Ok(true)
    }

    fn documents_of(&mut self, branch: &[Written]) -> Result<BTreeSet<RowId>> {
        let mut documents = BTreeSet::new();
        for Written { sealed, .. } in branch {
            documents.extend(self.find_place(&sealed.entry().doc)?.map(|place| place.document));
        }
        Ok(documents)
    }

    /// The entry that had brought a fact may be gone while another one with the same change stays.
    fn learn_facts_anew(&self, document: RowId) -> Result<()> {
        self.tx.prepare_cached("DELETE FROM fact_source WHERE document = ?1")?.execute([document])?;
        let mut query = self.tx.prepare_cached(
            "SELECT entry.arrival, entry.bytes FROM entry JOIN document_state ON document_state.document = entry.document
             WHERE entry.document = ?1 AND entry.arrival <= document_state.through
               AND NOT EXISTS (SELECT 1 FROM marked WHERE marked.document = ?1 AND marked.arrival = entry.arrival)
               AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.document = ?1 AND waiting.arrival = entry.arrival)
             ORDER BY entry.arrival",
        )?;
        let mut rows = query.query([document])?;
        while let Some(row) = rows.next()? {
            let Ok(sealed) = SealedEntry::parse(row.get::<_, Vec<u8>>(1)?) else { continue };
            let contents = contents::decode(sealed.change()).as_ref().and_then(contents::contents);
            self.learn_facts(document, row.get(0)?, &contents.unwrap_or_default())?;
        }
        Ok(())
    }

    /// How far the server holds the writer just as we do, at a signed entry.
    fn acknowledged_by_server(&self, writer: RowId) -> Result<u64> {
        let Some(identity) = self.identity else { return Ok(0) };
        let seq: Option<i64> = self
            .tx
            .prepare_cached(
                "SELECT max(entry.seq) FROM peer JOIN peer_frontier ON peer_frontier.peer = peer.id
                 JOIN entry ON entry.writer = peer_frontier.writer AND entry.seq <= peer_frontier.proven
                 WHERE peer.device = ?1 AND peer_frontier.writer = ?2 AND entry.signature IS NOT NULL",
            )?
            .query_row(params![identity.server.0, writer], |row| row.get(0))
            .optional()?
            .flatten();
        Ok(from_sql(seq.unwrap_or_default()))
    }

    fn entries_after(&self, writer: RowId, seq: u64) -> Result<Vec<Written>> {
        let mut query = self.tx.prepare_cached(
            "SELECT arrival, bytes, signature FROM entry WHERE writer = ?1 AND seq > ?2 ORDER BY seq",
        )?;
        let mut rows = query.query(params![writer, to_sql(seq)?])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let sealed = SealedEntry::parse(row.get::<_, Vec<u8>>(1)?)
                .map_err(|error| Error::Inconsistent(format!("an entry cannot be read back: {error}")))?;
            entries.push(Written { arrival: row.get(0)?, sealed, signature: row.get(2)? });
        }
        Ok(entries)
    }

    /// Sets a writer back to `seq`; nobody writes in it any more.
    fn rewind(&mut self, writer: &WriterId, row: RowId, volume: VolumeId, seq: u64) -> Result<()> {
        self.frontier(&volume)?;
        let position = if seq == 0 {
            self.tx.execute("DELETE FROM peer_frontier WHERE writer = ?1", [row])?;
            self.tx.execute("DELETE FROM writer WHERE id = ?1", [row])?;
            self.caches.writers.remove(writer);
            None
        } else {
            let bytes: Vec<u8> = self.tx.query_row(
                "SELECT bytes FROM entry WHERE writer = ?1 AND seq = ?2",
                params![row, to_sql(seq)?],
                |row| row.get(0),
            )?;
            let hash = hash_of(&bytes);
            self.tx.execute(
                "UPDATE writer SET seq = ?2, hash = ?3, instance = NULL, period = '' WHERE id = ?1",
                params![row, to_sql(seq)?, hash.0],
            )?;
            self.tx.execute(
                "UPDATE peer_frontier SET seq = min(seq, ?2), proven = min(proven, ?2) WHERE writer = ?1",
                params![row, to_sql(seq)?],
            )?;
            Some(Position { seq, hash })
        };
        if let Some(frontier) = self.caches.frontiers.get_mut(&volume) {
            let nowhere = Position { seq: 0, hash: dutybook_log::EntryHash([0; 32]) };
            frontier.set(*writer, position.unwrap_or(nowhere));
        }
        Ok(())
    }

    /// Puts changes into the log once more, in our present writers, as they were: author, time and change. What is proven
    /// together is entered together, or not at all.
    fn enter_again(&mut self, entries: Vec<Again>) -> Result<()> {
        let mut proof = Proof::default();
        let mut together: Vec<&Again> = Vec::new();
        for again in &entries {
            if !proof.goes_on(again.carried.as_ref()) {
                tracing::warn!(doc = %again.draft.doc, "what another device wrote cannot be shown to be its own");
                (proof, together) = (Proof::default(), Vec::new());
                continue;
            }
            together.push(again);
            if proof.is_whole() {
                self.enter_together(&std::mem::take(&mut together))?;
            }
        }
        Ok(())
    }

    fn enter_together(&mut self, entries: &[&Again]) -> Result<()> {
        let (mut documents, mut new) = (Vec::new(), false);
        for again in entries {
            let volume = self.volume(&again.volume)?;
            let document = self.place(&again.draft.doc, volume)?.document;
            new |= !self.stands_in_log(document, &again.change)?;
            documents.push(document);
        }
        if let (Some(first), true) = (entries.first(), new) {
            let drafts = entries.iter().map(|again| again.draft.clone()).collect();
            self.append(first.volume, drafts, first.draft.recorded)?;
            for document in documents {
                self.make_dirty(document)?;
            }
        }
        Ok(())
    }

    fn stands_in_log(&self, document: RowId, change: &[u8]) -> Result<bool> {
        let mut query = self.tx.prepare_cached("SELECT bytes FROM entry WHERE document = ?1")?;
        let mut rows = query.query([document])?;
        while let Some(row) = rows.next()? {
            let stored = SealedEntry::parse(row.get::<_, Vec<u8>>(0)?);
            if stored.is_ok_and(|stored| stored.change() == change) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// An entry of a branch that is given up.
struct Written {
    arrival: i64,
    sealed: SealedEntry,
    signature: Option<[u8; 64]>,
}

/// What is to be entered once more.
struct Again {
    volume: VolumeId,
    draft: Draft,
    change: Vec<u8>,
    carried: Option<Carried>,
}

impl Again {
    /// What this device wrote itself, or carried already.
    fn own(sealed: &SealedEntry) -> Self {
        let entry = sealed.entry().clone();
        Self {
            volume: entry.volume,
            change: sealed.change().to_vec(),
            carried: sealed.carried().cloned(),
            draft: Draft {
                author: entry.author,
                recorded: entry.recorded,
                witness: entry.witness,
                doc: entry.doc,
                change: entry.change,
            },
        }
    }

    /// What another device wrote in the writer with this opening.
    fn of(written: &Written, opening: Opening) -> Self {
        let carried = Carried { opening, entry: written.sealed.clone(), signature: written.signature };
        Self {
            volume: opening.volume,
            change: written.sealed.change().to_vec(),
            draft: carried.draft(),
            carried: Some(carried),
        }
    }
}
