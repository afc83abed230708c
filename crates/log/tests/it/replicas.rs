//! Replicas that exchange frontiers and entries over a bad network end equal.
//!
//! A replica here is the smallest thing that keeps the rules: `admit` decides, accepted entries
//! are kept in arrival order with their signatures, `apply` makes the documents.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, Automerge};
use dutybook_log::{
    DeviceKey, DeviceSecret, DocId, EntryHash, Frontier, Head, Known, LocalWriter, Opening, ParkReason, Position,
    QuarantineReason, SealedEntry, WriterId, admit, apply, book_digest, inspect,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{add_fact, doc_id, draft, volume};

#[derive(Debug, Clone)]
struct Stored {
    entry: SealedEntry,
    signature: Option<[u8; 64]>,
    opening: Opening,
}

impl Stored {
    fn head(&self) -> Option<Head> {
        let position = Position { seq: self.entry.entry().seq, hash: self.entry.hash() };
        self.signature.map(|signature| Head { opening: self.opening, position, signature })
    }
}

#[derive(Debug, Clone, Default)]
struct Replica {
    log: Vec<Stored>,
    frontier: Frontier,
    docs: BTreeMap<DocId, Automerge>,
    /// Changes whose basis is not here yet.
    waiting: BTreeMap<DocId, Vec<Vec<u8>>>,
    parked: Vec<SealedEntry>,
    parked_heads: Vec<Head>,
    quarantine: BTreeMap<EntryHash, (SealedEntry, QuarantineReason)>,
    /// Writers of which this replica has seen two branches.
    forked: BTreeSet<WriterId>,
}

impl Replica {
    fn stored(&self, writer: &WriterId, seq: u64) -> Option<EntryHash> {
        self.log
            .iter()
            .map(|stored| &stored.entry)
            .find(|entry| entry.entry().writer == *writer && entry.entry().seq == seq)
            .map(SealedEntry::hash)
    }

    fn receive(&mut self, entries: Vec<SealedEntry>, heads: Vec<Head>, devices: &BTreeSet<DeviceKey>) {
        let mut batch = std::mem::take(&mut self.parked);
        batch.extend(entries);
        let mut all_heads = std::mem::take(&mut self.parked_heads);
        all_heads.extend(heads);

        let volume = volume();
        let admission = admit(
            &Known {
                volume: &volume,
                frontier: &self.frontier,
                device: &|device| devices.contains(device),
                stored: &|writer, seq| self.stored(writer, seq),
            },
            &batch,
            &all_heads,
        );
        let told =
            admission.accepted.len() + admission.duplicates + admission.parked.len() + admission.quarantined.len();
        assert_eq!(told, batch.len(), "every entry is told of once");

        for accepted in admission.accepted {
            let entry = batch[accepted.index].clone();
            assert_eq!(accepted.facts, inspect(&entry.entry().change).unwrap());
            let before = self.frontier.get(&entry.entry().writer).unwrap_or(accepted.opening.start());
            assert_eq!((entry.entry().seq, entry.entry().prev), (before.seq + 1, before.hash));
            self.keep(Stored { entry, signature: accepted.signature, opening: accepted.opening });
        }
        assert_eq!(self.frontier, admission.frontier);
        for (_, position) in &self.frontier {
            let last = self.log.iter().find(|stored| stored.entry.hash() == position.hash).unwrap();
            last.head().expect("a writer's last entry is signed").verify().unwrap();
        }
        for (index, reason) in admission.quarantined {
            let entry = batch[index].clone();
            if reason == QuarantineReason::Fork {
                self.forked.insert(entry.entry().writer);
            }
            self.quarantine.insert(entry.hash(), (entry, reason));
        }
        for (index, reason) in admission.parked {
            assert_ne!(reason, ParkReason::UnknownDevice);
            self.parked.push(batch[index].clone());
        }
        if !self.parked.is_empty() {
            self.parked_heads = all_heads;
        }
    }

    fn keep(&mut self, stored: Stored) {
        let entry = stored.entry.entry();
        self.frontier.set(entry.writer, Position { seq: entry.seq, hash: stored.entry.hash() });
        let (doc, change) = (entry.doc, entry.change.clone());
        self.log.push(stored);
        let mut changes = self.waiting.remove(&doc).unwrap_or_default();
        changes.push(change);
        let applied = apply(self.docs.entry(doc).or_default(), changes.iter().map(Vec::as_slice));
        assert!(applied.rejected.is_empty());
        // When a batch was lost, a change may be here before what it builds on.
        if !applied.waiting.is_empty() {
            self.waiting.insert(doc, applied.waiting.iter().map(|n| changes[*n].clone()).collect());
        }
    }

    /// What the other side lacks, by what it says it has, in arrival order, cut where told.
    fn lacking(&self, theirs: &Frontier, cut: usize) -> Vec<(Vec<SealedEntry>, Vec<Head>)> {
        let forked = |writer: &WriterId| {
            self.forked.contains(writer)
                || theirs
                    .get(writer)
                    .is_some_and(|position| self.stored(writer, position.seq).is_some_and(|hash| hash != position.hash))
        };
        let lacking: Vec<&Stored> = self
            .log
            .iter()
            .filter(|stored| {
                let entry = stored.entry.entry();
                forked(&entry.writer) || !theirs.covers(&entry.writer, entry.seq)
            })
            .collect();
        lacking
            .chunks(cut)
            .map(|batch| {
                (
                    batch.iter().map(|stored| stored.entry.clone()).collect(),
                    batch.iter().filter_map(|stored| stored.head()).collect(),
                )
            })
            .collect()
    }

    fn heads_of_documents(&self) -> BTreeMap<DocId, Vec<automerge::ChangeHash>> {
        self.docs.iter().map(|(id, doc)| (*id, doc.get_heads())).collect()
    }

    fn logged(&self) -> BTreeSet<EntryHash> {
        self.log.iter().map(|stored| stored.entry.hash()).collect()
    }

    fn holds(&self) -> BTreeSet<EntryHash> {
        let mut all = self.logged();
        all.extend(self.quarantine.keys());
        all
    }
}

/// A device with its replica.
#[derive(Debug, Clone)]
struct Node {
    secret: DeviceSecret,
    writer: LocalWriter,
    actor: u8,
    replica: Replica,
}

impl Node {
    /// One action on a record: some changes in one commit, signed at the end.
    fn write(&mut self, doc: DocId, entries: u8, label: u32) {
        for n in 0..entries {
            let record = self.replica.docs.entry(doc).or_default();
            record.set_actor(ActorId::from([self.actor; 16]));
            let change = add_fact(record, &format!("fact/{label}-{n}"), "written");
            self.append(doc, change, n + 1 == entries);
        }
    }

    /// Goes on behind what is stored: a copy of this device may have moved the writer on.
    fn append(&mut self, doc: DocId, change: Vec<u8>, last: bool) {
        let opening = *self.writer.opening();
        let tip = self.replica.frontier.get(&self.writer.writer()).unwrap_or(opening.start());
        self.writer = LocalWriter::resume(opening, tip);
        let entry = self.writer.append(draft(doc, change)).unwrap();
        let signature = last.then(|| self.writer.head(&self.secret).unwrap().signature);
        self.replica.keep(Stored { entry, signature, opening: *self.writer.opening() });
    }

    /// The device's answer to a fork of its own: everything that stands in its own writers on
    /// either branch goes once more into a new one.
    fn answer_forks(&mut self, nonce: u8) {
        let own = |writer: &WriterId, replica: &Replica| {
            let known = |stored: &Stored| stored.opening.device == self.secret.public();
            replica.log.iter().any(|stored| stored.entry.entry().writer == *writer && known(stored))
        };
        let forked: Vec<WriterId> =
            self.replica.forked.iter().copied().filter(|writer| own(writer, &self.replica)).collect();
        if forked.is_empty() {
            return;
        }
        let of_forked = |entry: &&SealedEntry| forked.contains(&entry.entry().writer);
        let stored = self.replica.log.iter().map(|stored| &stored.entry);
        let aside = self.replica.quarantine.values().map(|(entry, _)| entry);
        let mut again: Vec<SealedEntry> = stored.chain(aside).filter(of_forked).cloned().collect();
        // Causal on each branch; across the branches documents put themselves in order.
        again.sort_by_key(|entry| entry.entry().seq);
        let opening = Opening { volume: volume(), device: self.secret.public(), nonce: [nonce; 16] };
        self.writer = LocalWriter::open(opening);
        let last = again.len() - 1;
        for (n, entry) in again.into_iter().enumerate() {
            let entry = entry.entry().clone();
            self.append(entry.doc, entry.change, n == last);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Write {
        node: Index,
        doc: u8,
        entries: u8,
    },
    /// One side sends the other what it lacks: cut into batches, some lost, some twice, and
    /// perhaps the last batch first.
    Send {
        from: Index,
        to: Index,
        cut: usize,
        lost: u16,
        twice: u16,
        reversed: bool,
    },
    /// A device's disk is copied onto another device: one identity, two devices.
    Clone {
        from: Index,
        to: Index,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (any::<Index>(), 0u8..3, 1u8..4).prop_map(|(node, doc, entries)| Step::Write { node, doc, entries });
    let send = (any::<Index>(), any::<Index>(), 1usize..8, any::<u16>(), any::<u16>(), any::<bool>())
        .prop_map(|(from, to, cut, lost, twice, reversed)| Step::Send { from, to, cut, lost, twice, reversed });
    let clone = (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Step::Clone { from, to });
    prop::collection::vec(prop_oneof![6 => write, 8 => send, 1 => clone], 1..30)
}

const NODES: u8 = 4;

struct World {
    nodes: Vec<Node>,
    devices: BTreeSet<DeviceKey>,
    actors: u8,
    facts: u32,
}

impl World {
    fn new() -> Self {
        let nodes: Vec<Node> = (0..NODES)
            .map(|n| {
                let secret = DeviceSecret::from_bytes([n + 1; 32]);
                let opening = Opening { volume: volume(), device: secret.public(), nonce: [0; 16] };
                Node { writer: LocalWriter::open(opening), secret, actor: n, replica: Replica::default() }
            })
            .collect();
        let devices = nodes.iter().map(|node| node.secret.public()).collect();
        Self { nodes, devices, actors: NODES, facts: 0 }
    }

    fn step(&mut self, step: &Step, with_clones: bool) {
        match step {
            Step::Write { node, doc, entries } => {
                self.facts += 1;
                let node = node.index(self.nodes.len());
                self.nodes[node].write(doc_id(*doc), *entries, self.facts);
            }
            Step::Send { from, to, cut, lost, twice, reversed } => {
                let (from, to) = (from.index(self.nodes.len()), to.index(self.nodes.len()));
                let frontier = self.nodes[to].replica.frontier.clone();
                let mut batches = self.nodes[from].replica.lacking(&frontier, *cut);
                if *reversed {
                    batches.reverse();
                }
                for (n, (entries, heads)) in batches.into_iter().enumerate() {
                    let bit = 1 << (n % 16);
                    if lost & bit != 0 {
                        continue;
                    }
                    let entries = again(entries);
                    if twice & bit != 0 {
                        self.nodes[to].replica.receive(entries.clone(), heads.clone(), &self.devices);
                    }
                    self.nodes[to].replica.receive(entries, heads, &self.devices);
                }
            }
            Step::Clone { from, to } => {
                let (from, to) = (from.index(self.nodes.len()), to.index(self.nodes.len()));
                if with_clones && from != to {
                    // A new process on the copied disk draws a new actor.
                    let actor = self.actors;
                    self.actors += 1;
                    self.nodes[to] = Node { actor, ..self.nodes[from].clone() };
                }
            }
        }
    }

    fn device_of(&self, writer: &WriterId) -> Option<DeviceKey> {
        let mut all = self.nodes.iter().flat_map(|node| &node.replica.log);
        all.find(|stored| stored.entry.entry().writer == *writer).map(|stored| stored.opening.device)
    }

    /// Everybody with everybody, nothing lost, until nothing new comes.
    fn settle(&mut self) {
        loop {
            let before: Vec<_> = self.nodes.iter().map(|node| node.replica.holds().len()).collect();
            for from in 0..self.nodes.len() {
                for to in 0..self.nodes.len() {
                    let frontier = self.nodes[to].replica.frontier.clone();
                    for (entries, heads) in self.nodes[from].replica.lacking(&frontier, usize::MAX) {
                        self.nodes[to].replica.receive(entries, heads, &self.devices);
                    }
                }
            }
            let after: Vec<_> = self.nodes.iter().map(|node| node.replica.holds().len()).collect();
            if before == after {
                return;
            }
        }
    }
}

/// Through the wire: bytes only.
fn again(entries: Vec<SealedEntry>) -> Vec<SealedEntry> {
    entries.into_iter().map(|entry| SealedEntry::parse(entry.into_bytes()).unwrap()).collect()
}

/// The way of one fork from beginning to end, so that the properties below are not empty words.
#[test]
fn what_a_cloned_device_wrote_twice_is_everywhere_in_the_end() {
    let mut world = World::new();
    world.nodes[0].write(doc_id(0), 2, 1);
    world.settle();
    world.nodes[1] = Node { actor: 50, ..world.nodes[0].clone() };
    world.nodes[0].write(doc_id(0), 2, 2);
    world.nodes[1].write(doc_id(0), 1, 3);
    world.nodes[1].write(doc_id(1), 2, 4);
    world.settle();

    let writer = world.nodes[0].writer.writer();
    let aside = |node: &Node| node.replica.quarantine.len();
    assert!(world.nodes.iter().all(|node| node.replica.forked == BTreeSet::from([writer])));
    assert_eq!((aside(&world.nodes[0]), aside(&world.nodes[1])), (3, 2));
    assert_ne!(world.nodes[0].replica.heads_of_documents(), world.nodes[1].replica.heads_of_documents());

    world.nodes[0].answer_forks(1);
    world.nodes[1].answer_forks(2);
    world.settle();
    for node in &world.nodes {
        assert_eq!(node.replica.heads_of_documents(), world.nodes[0].replica.heads_of_documents());
        assert_eq!(node.replica.docs.len(), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn replicas_end_equal(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step, false);
        }
        let written: BTreeSet<EntryHash> = world.nodes.iter().flat_map(|node| node.replica.holds()).collect();
        world.settle();
        let volume = volume();
        let first = &world.nodes[0].replica;
        for node in &world.nodes {
            let replica = &node.replica;
            prop_assert_eq!(&replica.frontier, &first.frontier);
            prop_assert_eq!(replica.frontier.digest(), first.frontier.digest());
            prop_assert_eq!(
                book_digest([(&volume, &replica.frontier)].into_iter()),
                book_digest([(&volume, &first.frontier)].into_iter())
            );
            prop_assert_eq!(replica.heads_of_documents(), first.heads_of_documents());
            prop_assert_eq!(replica.holds(), written.clone());
            prop_assert!(replica.quarantine.is_empty());
            prop_assert!(replica.parked.is_empty());
            prop_assert!(replica.waiting.is_empty());
        }
    }

    #[test]
    fn forks_are_set_aside_everywhere_and_nothing_is_lost(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step, true);
        }
        let logged: BTreeSet<EntryHash> = world.nodes.iter().flat_map(|node| node.replica.logged()).collect();
        world.settle();
        let mut writers: BTreeMap<WriterId, BTreeSet<Position>> = BTreeMap::new();
        for node in &world.nodes {
            prop_assert!(node.replica.holds().is_superset(&logged));
            prop_assert!(node.replica.quarantine.values().all(|(_, why)| *why == QuarantineReason::Fork));
            for (writer, position) in &node.replica.frontier {
                writers.entry(*writer).or_default().insert(*position);
            }
        }
        let mut device_is_gone = false;
        for (writer, tips) in &writers {
            for node in &world.nodes {
                // Two branches that stand in logs are known as a fork to everybody; of a writer
                // with one branch everybody holds all.
                prop_assert!(tips.len() == 1 || node.replica.forked.contains(writer));
                prop_assert!(node.replica.frontier.get(writer).is_some());
            }
            let devices = world.nodes.iter().map(|node| node.secret.public());
            device_is_gone |= tips.len() > 1 && !devices.into_iter().any(|d| world.device_of(writer) == Some(d));
        }
        for (n, node) in world.nodes.iter_mut().enumerate() {
            node.answer_forks(100 + n as u8);
        }
        world.settle();
        for node in &world.nodes {
            if !device_is_gone {
                prop_assert!(node.replica.waiting.is_empty());
                prop_assert_eq!(node.replica.heads_of_documents(), world.nodes[0].replica.heads_of_documents());
            }
        }
    }

    /// Whatever is done to the bytes on the way: only what was written is ever accepted.
    #[test]
    fn damaged_entries_are_never_accepted(
        steps in steps(),
        damage in prop::collection::vec((any::<Index>(), any::<Index>(), 1u8..), 1..20),
        damaged_heads in prop::collection::vec((any::<Index>(), 0usize..64, 1u8..), 0..5),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.step(step, false);
        }
        let written: BTreeSet<EntryHash> = world.nodes.iter().flat_map(|node| node.replica.holds()).collect();
        let mut receiver = Replica::default();
        for node in &world.nodes {
            for (entries, mut heads) in node.replica.lacking(&Frontier::new(), usize::MAX) {
                let mut bytes: Vec<Vec<u8>> = entries.into_iter().map(SealedEntry::into_bytes).collect();
                for (entry, at, bits) in &damage {
                    let entry = entry.index(bytes.len());
                    let at = at.index(bytes[entry].len());
                    bytes[entry][at] ^= bits;
                }
                for (head, at, bits) in &damaged_heads {
                    if !heads.is_empty() {
                        let head = head.index(heads.len());
                        heads[head].signature[*at] ^= bits;
                    }
                }
                let readable = bytes.into_iter().filter_map(|bytes| SealedEntry::parse(bytes).ok()).collect();
                receiver.receive(readable, heads, &world.devices);
            }
        }
        let accepted: BTreeSet<EntryHash> = receiver.log.iter().map(|stored| stored.entry.hash()).collect();
        prop_assert!(accepted.is_subset(&written));
        // And when the same comes undamaged, nothing stands in its way.
        world.nodes.push(Node { replica: receiver, ..world.nodes[0].clone() });
        world.settle();
        let last = &world.nodes[NODES as usize].replica;
        prop_assert_eq!(&last.frontier, &world.nodes[0].replica.frontier);
        prop_assert_eq!(last.heads_of_documents(), world.nodes[0].replica.heads_of_documents());
    }
}
