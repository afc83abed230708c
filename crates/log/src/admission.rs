//! The one rule of what a replica takes from another.
//!
//! Pure and linear: what is stored already comes in as [`Known`], what is to be done comes out as
//! [`Admission`]. The same function runs on a server, a tablet, and when a file is read in.
//!
//! Invariants
//! - Every entry of a batch ends in exactly one place: accepted, duplicate, parked or quarantined.
//! - An entry is authentic only when a verified head, at it or after it, covers it through the
//!   chain inside the batch. Nothing that is not authentic is accepted or called a fork.
//! - The stored branch stays. Of two new branches in one batch the longer one is taken.
//! - For every writer the last accepted entry has a verified signature, so that what is stored
//!   here can be proven to the next replica.
//! - Accepted entries come in causal order: the batch's own order, in which a writer's entries
//!   that stand the wrong way round are put right.
//! - One signature is checked for a writer whose batch is in order, however many entries and
//!   heads the batch has.

use std::collections::{HashMap, hash_map};

use crate::carried::Proof;
use crate::change::{self, ChangeFacts, ChangeRefusal};
use crate::entry::{EntryError, SealedEntry};
use crate::frontier::Frontier;
use crate::ids::{DeviceKey, EntryHash, VolumeId, WriterId};
use crate::writer::{Head, Opening, Position};

/// What the receiver already holds of the volume, and whom it knows.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The volume that the batch is for.
    pub volume: &'a VolumeId,
    /// How far its writers are stored here.
    pub frontier: &'a Frontier,
    /// Whether a device may write here.
    pub device: &'a dyn Fn(&DeviceKey) -> bool,
    /// The hash of a stored entry. Asked only for numbers below the frontier's, to tell a repeat
    /// from a fork.
    pub stored: &'a dyn Fn(&WriterId, u64) -> Option<EntryHash>,
}

/// What becomes of a batch. Every entry of the batch is in exactly one of the lists, or counted
/// in `duplicates`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// To be stored, in this order.
    pub accepted: Vec<Accepted>,
    /// Already stored, or twice in the batch.
    pub duplicates: usize,
    /// To be kept aside, within bounds, and given again with later batches, together with the
    /// heads that came with them.
    pub parked: Vec<(usize, ParkReason)>,
    /// To be kept aside for a person to look at.
    pub quarantined: Vec<(usize, QuarantineReason)>,
    /// The frontier once the accepted entries are stored.
    pub frontier: Frontier,
}

/// An entry to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its place in the batch.
    pub index: usize,
    /// What gate 1 learnt of its change.
    pub facts: ChangeFacts,
    /// The verified signature of the head that ends at this entry. The last accepted entry of
    /// every writer has one.
    pub signature: Option<[u8; 64]>,
    /// How its writer began.
    pub opening: Opening,
}

/// Why an entry has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParkReason {
    /// Entries before it have not come yet.
    #[error("earlier entries of the same writer have not arrived yet")]
    Gap,
    /// No signature covers it yet.
    #[error("the device's signature over it has not arrived yet")]
    NotYetSigned,
    /// The device that signed is not known here.
    #[error("the device that wrote it is not known here yet")]
    UnknownDevice,
}

/// Why an entry is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuarantineReason {
    /// Not an entry at all. Never given by [`admit`], which is handed entries; here so that the
    /// quarantine has one kind of reason.
    #[error(transparent)]
    Encoding(#[from] EntryError),
    /// It stands in another volume.
    #[error("it belongs to another volume")]
    WrongVolume,
    /// Its record lives in another volume than the one it was written into.
    #[error("its record lives in another volume than the one it was written into")]
    Misplaced,
    /// Signed, but another entry of the same writer has the same number, or comes before it.
    #[error("the device wrote two different entries with the same number; it was copied or restored")]
    Fork,
    /// The signature given for it is not the device's.
    #[error("the signature over it is not that of the device")]
    BadSignature,
    /// Signed, but its numbers do not follow each other.
    #[error("it does not follow the entry before it")]
    BrokenChain,
    /// It hands on what another device wrote, and that device's signature does not cover it.
    #[error("it hands on what another device wrote without that device's signature")]
    Unproven,
    /// Its change was refused.
    #[error(transparent)]
    Change(#[from] ChangeRefusal),
    /// It was signed together with, or comes after, an entry whose change was refused.
    #[error("entry {seq} of the same writer was refused, and this one cannot be taken without it")]
    BehindRefused {
        /// Number of the refused entry.
        seq: u64,
    },
}

impl ParkReason {
    /// A word for translation and for acting on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::NotYetSigned => "not_yet_signed",
            Self::UnknownDevice => "unknown_device",
        }
    }
}

impl QuarantineReason {
    /// A word for translation and for acting on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encoding(error) => error.code(),
            Self::WrongVolume => "wrong_volume",
            Self::Misplaced => "misplaced",
            Self::Fork => "fork",
            Self::BadSignature => "bad_signature",
            Self::BrokenChain => "broken_chain",
            Self::Unproven => "unproven",
            Self::Change(refusal) => refusal.code(),
            Self::BehindRefused { .. } => "behind_refused",
        }
    }
}

/// Decides over a batch: `entries` of one volume in the sender's arrival order, and the `heads`
/// that came with them.
#[must_use]
pub fn admit(known: &Known<'_>, entries: &[SealedEntry], heads: &[Head]) -> Admission {
    let mut batch = Batch::new(known, entries);
    let candidates = batch.candidates(heads);
    for of_writer in candidates.chunk_by(|a, b| a.writer == b.writer) {
        batch.decide_writer(of_writer);
    }
    batch.finish()
}

/// A head that stands on an entry of the batch, not verified yet.
struct Candidate<'a> {
    writer: WriterId,
    index: usize,
    seq: u64,
    head: &'a Head,
}

/// What is known of an entry so far.
enum Fate {
    /// Nothing; nobody's signature covers it.
    Open,
    /// A signature that is not the device's covers it.
    BadlySigned,
    /// Authentic. `base` is the earliest entry that its chain reaches inside the batch.
    Authentic {
        base: usize,
    },
    /// Its chain ends at an entry that does not follow the one before.
    Broken,
    Duplicate,
    Parked(ParkReason),
    Quarantined(QuarantineReason),
    Accepted {
        run: usize,
        place: usize,
    },
}

/// The accepted entries of one writer, in the writer's order.
struct Run {
    accepted: Vec<Option<Accepted>>,
    emitted: usize,
}

struct Batch<'a> {
    known: &'a Known<'a>,
    entries: &'a [SealedEntry],
    by_hash: HashMap<EntryHash, usize>,
    fates: Vec<Fate>,
    runs: Vec<Run>,
    frontier: Frontier,
}

impl<'a> Batch<'a> {
    /// Sets aside what is not for this volume, and what is held already.
    fn new(known: &'a Known<'a>, entries: &'a [SealedEntry]) -> Self {
        let mut by_hash = HashMap::with_capacity(entries.len());
        let mut fates = Vec::with_capacity(entries.len());
        for (index, sealed) in entries.iter().enumerate() {
            if sealed.entry().volume != *known.volume {
                fates.push(Fate::Quarantined(QuarantineReason::WrongVolume));
                continue;
            }
            fates.push(match by_hash.entry(sealed.hash()) {
                hash_map::Entry::Vacant(place) => {
                    place.insert(index);
                    if is_stored(known, sealed) { Fate::Duplicate } else { Fate::Open }
                }
                hash_map::Entry::Occupied(_) => Fate::Duplicate,
            });
        }
        Self { known, entries, by_hash, fates, runs: Vec::new(), frontier: known.frontier.clone() }
    }

    /// The heads that say something about new entries, by writer, the furthest first.
    fn candidates<'h>(&self, heads: &'h [Head]) -> Vec<Candidate<'h>> {
        let mut candidates = Vec::with_capacity(heads.len());
        for head in heads {
            let Some(&index) = self.by_hash.get(&head.position.hash) else {
                continue;
            };
            let entry = self.entries[index].entry();
            if matches!(self.fates[index], Fate::Open)
                && entry.seq == head.position.seq
                && head.opening.volume == *self.known.volume
                && head.writer() == entry.writer
            {
                candidates.push(Candidate { writer: entry.writer, index, seq: entry.seq, head });
            }
        }
        // Stable, so that among equals the batch's own order decides.
        candidates.sort_by(|a, b| a.writer.cmp(&b.writer).then(b.seq.cmp(&a.seq)));
        candidates
    }

    /// The entry before, when it is in the batch and still to be decided. `None` at the start of
    /// what is new; `Err` when the link is there but the numbers do not follow.
    fn before(&self, index: usize) -> Result<Option<usize>, QuarantineReason> {
        let entry = self.entries[index].entry();
        let Some(&before) = self.by_hash.get(&entry.prev) else {
            return Ok(None);
        };
        let previous = self.entries[before].entry();
        if previous.writer != entry.writer || previous.seq.checked_add(1) != Some(entry.seq) {
            return Err(QuarantineReason::BrokenChain);
        }
        Ok(match self.fates[before] {
            Fate::Duplicate => None,
            _ => Some(before),
        })
    }

    fn decide_writer(&mut self, candidates: &[Candidate<'_>]) {
        let mut ends = Vec::new();
        for candidate in candidates {
            if matches!(self.fates[candidate.index], Fate::Open | Fate::BadlySigned) {
                if candidate.head.verify().is_err() {
                    self.mark_badly_signed(candidate.index);
                } else if (self.known.device)(&candidate.head.opening.device) {
                    self.mark_authentic(candidate.index);
                    ends.push(candidate);
                } else {
                    self.park_unknown_device(candidate.index);
                }
            }
        }
        let Some(first) = ends.first() else { return };
        let start = first.head.opening.start();
        let mut tip = self.known.frontier.get(&first.writer).unwrap_or(start);

        let follows_tip = |end: &&&Candidate<'_>| match self.fates[end.index] {
            Fate::Authentic { base } => {
                let entry = self.entries[base].entry();
                tip.seq.checked_add(1) == Some(entry.seq) && entry.prev == tip.hash
            }
            _ => false,
        };
        if let Some(end) = ends.iter().find(follows_tip) {
            tip = self.take(end, candidates).unwrap_or(tip);
        }
        self.set_aside_rest(&ends, tip.seq, start.hash);
    }

    fn mark_badly_signed(&mut self, from: usize) {
        let mut at = Some(from);
        while let Some(index) = at {
            if !matches!(self.fates[index], Fate::Open) {
                return;
            }
            at = self.before(index).unwrap_or_default();
            self.fates[index] = Fate::BadlySigned;
        }
    }

    fn park_unknown_device(&mut self, from: usize) {
        let mut at = Some(from);
        while let Some(index) = at {
            if !matches!(self.fates[index], Fate::Open | Fate::BadlySigned) {
                return;
            }
            at = self.before(index).unwrap_or_default();
            self.fates[index] = Fate::Parked(ParkReason::UnknownDevice);
        }
    }

    /// Marks everything that a verified head covers.
    fn mark_authentic(&mut self, from: usize) {
        let mut path = vec![from];
        let mut index = from;
        let base = loop {
            match self.before(index) {
                Ok(None) => break Some(index),
                Err(_) => break None,
                Ok(Some(before)) => match self.fates[before] {
                    Fate::Open | Fate::BadlySigned => {
                        path.push(before);
                        index = before;
                    }
                    Fate::Authentic { base } => break Some(base),
                    _ => break None,
                },
            }
        };
        for index in path {
            self.fates[index] = match base {
                Some(base) => Fate::Authentic { base },
                None => Fate::Broken,
            };
        }
    }

    /// Accepts the chain up to `end` as far as gate 1 lets it, and returns the new tip.
    fn take(&mut self, end: &Candidate<'_>, candidates: &[Candidate<'_>]) -> Option<Position> {
        let mut chain = vec![end.index];
        let mut index = end.index;
        while let Ok(Some(before)) = self.before(index) {
            chain.push(before);
            index = before;
        }
        chain.reverse();

        let (facts, refusal) = gate(chain.iter().map(|index| &self.entries[*index]));
        let refused = refusal.map(|refusal| (chain[facts.len()], refusal));
        // A chain's numbers follow each other, so an entry's number says where in it it stands.
        let first_seq = self.entries[index].entry().seq;
        let place_of = |candidate: &Candidate<'_>| {
            let place = usize::try_from(candidate.seq.checked_sub(first_seq)?).ok()?;
            (chain.get(place) == Some(&candidate.index)).then_some(place)
        };
        let last = match refused {
            None => Some(end),
            // Only up to a place that can be proven without what was refused.
            Some(_) => candidates
                .iter()
                .find(|lower| place_of(lower).is_some_and(|place| place < facts.len()) && lower.head.verify().is_ok()),
        };
        let kept = last.and_then(place_of).map_or(0, |place| place + 1);
        if let Some((refused_at, refusal)) = refused {
            let seq = self.entries[refused_at].entry().seq;
            for &index in &chain[kept..] {
                self.fates[index] = Fate::Quarantined(if index == refused_at {
                    refusal.clone()
                } else {
                    QuarantineReason::BehindRefused { seq }
                });
            }
        }
        let last = last?;
        let mut run = Run { accepted: Vec::with_capacity(kept), emitted: 0 };
        for (facts, &index) in facts.into_iter().zip(&chain).take(kept) {
            self.fates[index] = Fate::Accepted { run: self.runs.len(), place: run.accepted.len() };
            run.accepted.push(Some(Accepted {
                index,
                facts,
                signature: (index == last.index).then_some(last.head.signature),
                opening: last.head.opening,
            }));
        }
        self.runs.push(run);
        self.frontier.set(last.writer, last.head.position);
        Some(last.head.position)
    }

    /// Decides over what is authentic and yet not on the branch that was taken.
    fn set_aside_rest(&mut self, ends: &[&Candidate<'_>], tip_seq: u64, genesis: EntryHash) {
        for end in ends {
            let mut at = Some(end.index);
            while let Some(index) = at {
                let Fate::Authentic { base } = self.fates[index] else {
                    break;
                };
                at = self.before(index).unwrap_or_default();
                let base = self.entries[base].entry();
                self.fates[index] = if base.seq == 1 && base.prev != genesis {
                    Fate::Broken
                } else if base.seq <= tip_seq.saturating_add(1) {
                    Fate::Quarantined(QuarantineReason::Fork)
                } else {
                    Fate::Parked(ParkReason::Gap)
                };
            }
        }
    }

    fn finish(mut self) -> Admission {
        let mut admission = Admission {
            accepted: Vec::with_capacity(self.runs.iter().map(|run| run.accepted.len()).sum()),
            duplicates: 0,
            parked: Vec::new(),
            quarantined: Vec::new(),
            frontier: self.frontier,
        };
        for (index, fate) in self.fates.into_iter().enumerate() {
            let quarantined = match fate {
                Fate::Accepted { run, place } => {
                    // Those of the same writer that come before it go first, wherever they
                    // stand in the batch.
                    let run = &mut self.runs[run];
                    while run.emitted <= place {
                        admission.accepted.extend(run.accepted[run.emitted].take());
                        run.emitted += 1;
                    }
                    continue;
                }
                Fate::Duplicate => {
                    admission.duplicates += 1;
                    continue;
                }
                Fate::Open | Fate::Authentic { .. } => {
                    admission.parked.push((index, ParkReason::NotYetSigned));
                    continue;
                }
                Fate::Parked(reason) => {
                    admission.parked.push((index, reason));
                    continue;
                }
                Fate::BadlySigned => QuarantineReason::BadSignature,
                Fate::Broken => QuarantineReason::BrokenChain,
                Fate::Quarantined(reason) => reason,
            };
            admission.quarantined.push((index, quarantined));
        }
        admission
    }
}

/// Gate 1 for authentic entries that follow each other: what it learns of each, up to the first that is refused.
fn gate<'e>(chain: impl Iterator<Item = &'e SealedEntry>) -> (Vec<ChangeFacts>, Option<QuarantineReason>) {
    let mut facts = Vec::new();
    let mut refused = None;
    let mut proof = Proof::default();
    // Up to here everything is proven that is carried.
    let mut whole = 0;
    for sealed in chain {
        match gate_one(sealed, &mut proof) {
            Ok(found) => facts.push(found),
            Err(refusal) => {
                refused = Some(refusal);
                break;
            }
        }
        if proof.is_whole() {
            whole = facts.len();
        }
    }
    if whole < facts.len() {
        facts.truncate(whole);
        refused = Some(QuarantineReason::Unproven);
    }
    (facts, refused)
}

fn gate_one<'e>(sealed: &'e SealedEntry, proof: &mut Proof<'e>) -> Result<ChangeFacts, QuarantineReason> {
    let entry = sealed.entry();
    if entry.doc.home(entry.volume.site) != Some(entry.volume) {
        return Err(QuarantineReason::Misplaced);
    }
    if !proof.goes_on(sealed.carried()) {
        return Err(QuarantineReason::Unproven);
    }
    Ok(change::inspect(sealed.change())?)
}

fn is_stored(known: &Known<'_>, sealed: &SealedEntry) -> bool {
    let entry = sealed.entry();
    match known.frontier.get(&entry.writer) {
        Some(tip) if entry.seq == tip.seq => tip.hash == sealed.hash(),
        Some(tip) if entry.seq < tip.seq => (known.stored)(&entry.writer, entry.seq) == Some(sealed.hash()),
        _ => false,
    }
}
