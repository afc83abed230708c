//! What the other side need not be sent.

use std::collections::BTreeMap;

use dutybook_log::{Frontier, VolumeId, WriterId};

use crate::scope::Scope;

/// How far one writer's log is known to, or on its way to, the other side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reach {
    /// Everything up to here is held there, or was sent on this connection.
    seq: u64,
    /// The other side refused an entry of this writer: what follows it could only wait there for ever.
    refused: bool,
}

/// What the other side holds already, as far as this connection knows, and what it wants at all.
///
/// A reader of the log asks [`Coverage::wants`] before it copies an entry's bytes.
#[derive(Clone, Debug)]
pub struct Coverage {
    scope: Scope,
    volumes: BTreeMap<VolumeId, BTreeMap<WriterId, Reach>>,
}

impl Coverage {
    pub(crate) const fn new(scope: Scope) -> Self {
        Self { scope, volumes: BTreeMap::new() }
    }

    /// Whether entry `seq` of `writer` is to be sent.
    #[must_use]
    pub fn wants(&self, volume: &VolumeId, writer: &WriterId, seq: u64) -> bool {
        self.wanted_after(volume, writer).is_some_and(|after| seq > after)
    }

    /// The sequence number after which the other side wants `writer`'s entries; `None` if it wants none at all.
    /// With it a store finds the first entry to send by looking at its writers instead of its entries.
    #[must_use]
    pub fn wanted_after(&self, volume: &VolumeId, writer: &WriterId) -> Option<u64> {
        if !self.scope.includes(volume) {
            return None;
        }
        match self.volumes.get(volume).and_then(|writers| writers.get(writer)) {
            None => Some(0),
            Some(reach) if reach.refused => None,
            Some(reach) => Some(reach.seq),
        }
    }

    /// The volumes this connection is about.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// How many writers are remembered. Counts, so for now and then.
    pub(crate) fn writers(&self) -> usize {
        self.volumes.values().map(BTreeMap::len).sum()
    }

    /// The other side said what it holds of `volume`: that, and nothing sent before it, counts from now on.
    pub(crate) fn restate(&mut self, volume: &VolumeId, frontier: &Frontier) {
        let writers =
            frontier.iter().map(|(writer, position)| (*writer, Reach { seq: position.seq, refused: false })).collect();
        self.volumes.insert(*volume, writers);
    }

    /// Everything up to `seq` is there or on its way.
    pub(crate) fn reach(&mut self, volume: &VolumeId, writer: WriterId, seq: u64) {
        self.change(volume, writer, |reach| reach.seq = reach.seq.max(seq));
    }

    /// Nothing more of this writer on this connection.
    pub(crate) fn refuse(&mut self, volume: &VolumeId, writer: WriterId) {
        self.change(volume, writer, |reach| reach.refused = true);
    }

    fn change(&mut self, volume: &VolumeId, writer: WriterId, change: impl FnOnce(&mut Reach)) {
        change(self.volumes.entry(*volume).or_default().entry(writer).or_default());
    }
}
