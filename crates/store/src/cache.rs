//! What the writing side keeps in memory between transactions.
//!
//! Invariants
//! - Nothing here is the only copy of anything.
//! - A transaction takes the caches away and gives them back after COMMIT; when it fails they are gone. So they never
//!   hold what was rolled back.
//! - Their size is bounded, except for writers (about 200 bytes for each device, volume and month).

use std::collections::{HashMap, HashSet};

use automerge::Automerge;
use dutybook_log::{DeviceKey, DocId, Frontier, LocalWriter, Opening, VolumeId, WriterId};

/// Documents kept open. A patrol or a dispatch desk works on a few at a time.
const OPEN_DOCUMENTS: usize = 64;
/// Known places of documents; forgotten all at once when full.
const PLACES: usize = 50_000;

/// A row of `volume`, `writer` or `document`.
pub(crate) type RowId = i64;

/// A writer as the database knows it; its position is in the volume's frontier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownWriter {
    pub(crate) row: RowId,
    pub(crate) opening: Opening,
}

/// One of our own writers, ready to go on.
#[derive(Clone, Debug)]
pub(crate) struct OwnWriter {
    pub(crate) period: String,
    pub(crate) writer: LocalWriter,
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) document: RowId,
    pub(crate) volume: RowId,
}

#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) volumes: HashMap<VolumeId, RowId>,
    pub(crate) writers: HashMap<WriterId, KnownWriter>,
    pub(crate) frontiers: HashMap<VolumeId, Frontier>,
    pub(crate) own: HashMap<VolumeId, OwnWriter>,
    pub(crate) devices: Option<KnownDevices>,
    pub(crate) last_arrival: Option<i64>,
    pub(crate) quarantine_room: Option<crate::ingest::Room>,
    pub(crate) documents: OpenDocuments,
    places: HashMap<DocId, Place>,
}

/// Whose signatures count.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownDevices {
    /// This device, the server, and whom the server took in.
    pub(crate) current: HashSet<DeviceKey>,
    /// Whom the server sent away again.
    pub(crate) revoked: HashSet<DeviceKey>,
}

impl Caches {
    pub(crate) fn place(&self, doc: &DocId) -> Option<Place> {
        self.places.get(doc).copied()
    }

    pub(crate) fn learn_place(&mut self, doc: DocId, place: Place) {
        if self.places.len() >= PLACES {
            self.places.clear();
        }
        self.places.insert(doc, place);
    }
}

/// The documents used last.
#[derive(Default)]
pub(crate) struct OpenDocuments {
    open: HashMap<RowId, (u64, OpenDocument)>,
    tick: u64,
}

/// A document in memory, as `document_state` has it.
pub(crate) struct OpenDocument {
    pub(crate) doc: Automerge,
    /// Entries up to this arrival went through the second gate.
    pub(crate) through: i64,
}

impl OpenDocuments {
    /// Takes a document out; whoever changes it puts it back.
    pub(crate) fn take(&mut self, document: RowId) -> Option<OpenDocument> {
        self.open.remove(&document).map(|(_, open)| open)
    }

    pub(crate) fn put(&mut self, document: RowId, open: OpenDocument) {
        self.tick += 1;
        self.open.insert(document, (self.tick, open));
        if self.open.len() > OPEN_DOCUMENTS {
            let oldest = self.open.iter().min_by_key(|(_, (tick, _))| *tick).map(|(document, _)| *document);
            if let Some(oldest) = oldest {
                self.open.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_used_last_stay_open() {
        let mut documents = OpenDocuments::default();
        for document in 0..100 {
            documents.put(document, OpenDocument { doc: Automerge::new(), through: document });
            if let Some(first) = documents.take(0) {
                documents.put(0, first);
            }
        }
        assert_eq!(documents.open.len(), OPEN_DOCUMENTS);
        assert!(documents.take(0).is_some(), "used all the time");
        assert!(documents.take(99).is_some(), "used last");
        assert!(documents.take(1).is_none(), "not used for long");
    }
}
