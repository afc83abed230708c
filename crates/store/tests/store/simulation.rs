//! Session and store together under faults, everything drawn from one number.
//!
//! Real stores on a disk and real sessions, over a network in memory: a server and tablets that write, connect, lose
//! connections in the middle of a frame's way, crash, get frames twice, out of order or damaged, jump a year in time,
//! are put back from an old copy, are cloned, and carry bundles that are cut off. Then the faults end, everybody meets
//! the server, and it is looked at what is left.
//!
//! Invariants, after every run
//! - An acknowledgement never names what the other side does not durably hold. (A device that was cloned or put back may
//!   give up a branch afterwards, and says again what it holds; the server never does.)
//! - Everybody ends with the same log, the same records and the same ledger; every store passes its own check.
//! - What stood on any disk when the faults ended stands on all of them.
//!
//! `DUTYBOOK_SEEDS=100000 cargo test -p dutybook-store --test store simulation` runs so many; `DUTYBOOK_SEED=17` runs
//! that one alone and tells what it did.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use dutybook_domain::device::AppRole;
use dutybook_domain::{FactId, RecordId, Timestamp};
use dutybook_log::{DeviceKey, Frontier, VolumeId};
use dutybook_store::{IncomingBatch, IncomingPart, Store};
use dutybook_sync::{
    Batch, Book, BundleError, BundleHead, BundleReader, Effect, Event, Goodbye, GoodbyeCode, LogChunk, LogEntry,
    ReadLog, Receipt, Refusal, Replica, Scope, Session, write_bundle,
};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Desk, Dice, MORNING, derived, site};

/// Steps under faults in one run.
const STEPS: u64 = 160;
/// Rounds of meeting the server after which everybody must hold the same.
const ROUNDS: usize = 12;
const YEAR_MIN: i64 = 365 * 24 * 60;
const SERVER: usize = 0;

struct Machine {
    folder: PathBuf,
    /// None only while it is being started again.
    desk: Option<Desk>,
    now: Timestamp,
    /// How often its program was started.
    starts: u64,
    /// A copy of its folder from some time ago.
    saved: Option<PathBuf>,
}

struct End {
    machine: usize,
    peer: Option<DeviceKey>,
    session: Session,
    inbox: VecDeque<Bytes>,
    work: VecDeque<Effect>,
    closed: bool,
    /// A frame to it was not what had been sent: nothing but TLS can tell what an acknowledgement said then, and what is
    /// written down of it holds until the other side states anew what it has.
    garbled: bool,
}

struct World {
    seed: u64,
    told: bool,
    home: TempDir,
    dice: Dice,
    machines: Vec<Machine>,
    connections: Vec<[End; 2]>,
    orders: Vec<RecordId>,
    challenges: u64,
    clones: usize,
    /// Whether a device lives twice, or again as it was: it may give up a branch that it had acknowledged to hold.
    copies: bool,
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

impl World {
    fn new(seed: u64, told: bool) -> Self {
        // Whether bytes reach a disk is another test's matter (powercut.rs); here thousands of runs want to end.
        let memory = Path::new("/dev/shm");
        let home = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        let mut world = Self {
            seed,
            told,
            home,
            dice: Dice::new(seed.wrapping_add(77)),
            machines: Vec::new(),
            connections: Vec::new(),
            orders: Vec::new(),
            challenges: 0,
            clones: 0,
            copies: false,
        };
        let tablets = 2 + world.dice.roll() % 2;
        for number in 0..=tablets {
            let folder = world.home.path().join(format!("{number}"));
            world.machines.push(Machine { folder, desk: None, now: MORNING, starts: 0, saved: None });
            world.start(usize::try_from(number).unwrap());
        }
        let server = world.desk(SERVER).key();
        world.desk(SERVER).identify(server, "S", AppRole::Admin);
        for tablet in 1..world.machines.len() {
            let prefix = format!("T{tablet}");
            let key = world.desk(tablet).key();
            world.desk(tablet).identify(server, &prefix, AppRole::Tablet);
            world.with(SERVER, |desk| desk.enrol(key, &prefix));
        }
        world
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            eprintln!("{}: {}", self.seed, what());
        }
    }

    fn draw(&mut self, below: usize) -> usize {
        usize::try_from(self.dice.roll() % below.max(1) as u64).unwrap()
    }

    fn desk(&self, machine: usize) -> &Desk {
        self.machines[machine].desk.as_ref().unwrap()
    }

    fn store<T>(&self, machine: usize, ask: impl FnOnce(&Store) -> T) -> T {
        ask(&self.desk(machine).store)
    }

    /// Something that a person does at a machine.
    fn with<T>(&mut self, machine: usize, work: impl FnOnce(&mut Desk) -> T) -> T {
        work(self.machines[machine].desk.as_mut().unwrap())
    }

    /// Starts a machine's program; what it had in memory is gone.
    fn start(&mut self, machine: usize) {
        let seed = self.seed;
        let it = &mut self.machines[machine];
        it.desk = None;
        it.starts += 1;
        let starts = seed.wrapping_mul(1_000).wrapping_add(machine as u64 * 50).wrapping_add(it.starts);
        let mut desk = Desk::open(&it.folder, starts).unwrap();
        desk.now = it.now;
        it.desk = Some(desk);
    }

    /// Ends all connections of a machine without a word.
    fn unplug(&mut self, machine: usize) {
        self.connections.retain(|ends| ends.iter().all(|end| end.machine != machine));
    }

    fn connect(&mut self, tablet: usize) {
        if self.connections.iter().any(|ends| ends[0].machine == tablet) {
            return;
        }
        self.challenges += 1;
        let mut challenge = [0; 32];
        challenge[..8].copy_from_slice(&self.challenges.to_be_bytes());
        let nonce = self.dice.bytes();
        let (dialling, answering) = (self.desk(tablet), self.desk(SERVER));
        let server = answering.key();
        let book = book_of(&dialling.store);
        let replica = |desk: &Desk| Replica { site: site(), device: Arc::new(desk.store.secret().clone()) };
        let dialled = Session::dial(replica(dialling), server, challenge, nonce, book);
        let answered = Session::answer(replica(answering), challenge);
        let end = |machine, peer, session| End {
            machine,
            peer,
            session,
            inbox: VecDeque::new(),
            work: VecDeque::new(),
            closed: false,
            garbled: false,
        };
        self.connections.push([end(tablet, Some(server), dialled), end(SERVER, None, answered)]);
        let connection = self.connections.len() - 1;
        for side in 0..2 {
            self.event(connection, side, Event::Opened);
        }
    }

    fn event(&mut self, connection: usize, side: usize, event: Event) {
        let ends = &mut self.connections[connection];
        let effects = ends[side].session.handle(event);
        for effect in effects {
            match effect {
                Effect::Send(frame) => ends[1 - side].inbox.push_back(frame),
                Effect::Close { .. } => ends[side].closed = true,
                work => ends[side].work.push_back(work),
            }
        }
    }

    /// Tells a machine's sessions that its log has grown.
    fn grown(&mut self, machine: usize) {
        let arrival = self.store(machine, Store::last_arrival).unwrap();
        for connection in 0..self.connections.len() {
            for side in 0..2 {
                if self.connections[connection][side].machine == machine {
                    self.event(connection, side, Event::Committed { arrival });
                }
            }
        }
    }

    /// Delivers a frame, or does a piece of a host's work. False when there is neither.
    fn move_on(&mut self, connection: usize, side: usize) -> bool {
        if let Some(effect) = self.connections[connection][side].work.pop_front() {
            let machine = self.connections[connection][side].machine;
            let before = self.store(machine, Store::last_arrival).unwrap();
            for event in self.perform(connection, side, effect) {
                self.event(connection, side, event);
            }
            if self.store(machine, Store::last_arrival).unwrap() > before {
                self.grown(machine);
            }
            return true;
        }
        match self.connections[connection][side].inbox.pop_front() {
            Some(frame) => {
                self.event(connection, side, Event::Received(frame));
                true
            }
            None => false,
        }
    }

    /// What a host does for a session: the tablet's as in the client, the server's as in the server.
    fn perform(&mut self, connection: usize, side: usize, effect: Effect) -> Vec<Event> {
        let machine = self.connections[connection][side].machine;
        let peer = self.connections[connection][side].peer;
        if let Effect::Authorise { device, .. } = &effect {
            self.connections[connection][side].peer = Some(*device);
        }
        let desk = self.desk(machine);
        let store = &desk.store;
        let is_server = machine == SERVER;
        match effect {
            Effect::Authorise { device, scope } => match store.device(device).unwrap() {
                Some(found) if !found.revoked => {
                    let (volumes, arrival) = store.book(&|volume| scope.includes(volume)).unwrap();
                    vec![Event::Authorised(Book { scope, volumes, arrival })]
                }
                _ => vec![Event::End(Goodbye::new(GoodbyeCode::UnknownDevice, "not of this site"))],
            },
            Effect::Store(batch) => {
                let (receipt, restate) = taken(desk, &batch, peer, is_server);
                let mut events = vec![Event::Stored(receipt)];
                events.extend(restate.then(|| Event::Restate(store.frontiers().unwrap())));
                events
            }
            Effect::ReadLog(asked) => vec![Event::LogRead(read(store, &asked))],
            Effect::Stated(held) => {
                if let Some(peer) = peer {
                    store.forget_peer_frontier(peer).unwrap();
                    store.set_peer_frontier(peer, &held).unwrap();
                }
                Vec::new()
            }
            Effect::Acked(held) => {
                let other = self.connections[connection][1 - side].machine;
                let excused = self.connections[connection][side].garbled || (other != SERVER && self.copies);
                let theirs: BTreeMap<VolumeId, Frontier> =
                    self.store(other, |store| store.frontiers()).unwrap().into_iter().collect();
                for (volume, frontier) in &held {
                    for (writer, position) in frontier {
                        let there = theirs.get(volume).and_then(|frontier| frontier.get(writer));
                        assert!(
                            excused || there.is_some_and(|there| there.seq >= position.seq),
                            "seed {}: {writer} up to {} acknowledged by {other} to {machine}, held {there:?}",
                            self.seed,
                            position.seq
                        );
                    }
                }
                if let Some(peer) = peer {
                    store.set_peer_frontier(peer, &held).unwrap();
                }
                Vec::new()
            }
            Effect::Refused(refused) => {
                let forks = refused.iter().filter(|refusal| refusal.code == "fork" && !is_server);
                let given_up = forks.filter(|refusal| gave_up(store, peer, &refusal.writer)).count();
                (given_up > 0).then(|| Event::Restate(store.frontiers().unwrap())).into_iter().collect()
            }
            Effect::Forked { writer, .. } if !is_server && gave_up(store, peer, &writer) => {
                vec![Event::Restate(store.frontiers().unwrap())]
            }
            Effect::InSync if !is_server => {
                store.in_sync_with_server().unwrap();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// The server brings its records up to date while nobody waits.
    fn tend(&mut self) {
        let desk = self.desk(SERVER);
        let changed = desk.settle();
        if changed.entries > 0 {
            let held = desk.store.frontiers().unwrap();
            self.grown(SERVER);
            for connection in 0..self.connections.len() {
                self.event(connection, 1, Event::Restate(held.clone()));
            }
        }
    }

    fn sweep(&mut self) {
        self.connections.retain(|ends| {
            let done = |end: &End| end.closed || (end.inbox.is_empty() && end.work.is_empty());
            !(ends.iter().any(|end| end.closed) && ends.iter().all(done))
        });
    }

    /// Lets everything on the network happen.
    fn quiet(&mut self) {
        for _ in 0..200_000 {
            self.sweep();
            let busy = (0..self.connections.len()).flat_map(|connection| [(connection, 0), (connection, 1)]).find(
                |(connection, side)| {
                    let end = &self.connections[*connection][*side];
                    !end.inbox.is_empty() || !end.work.is_empty()
                },
            );
            match busy {
                Some((connection, side)) => {
                    self.move_on(connection, side);
                }
                None => return,
            }
        }
        panic!("seed {}: the network does not come to rest", self.seed);
    }

    // ---- faults ---------------------------------------------------------------------------------------------------------

    fn step(&mut self) {
        let machine = self.draw(self.machines.len());
        let tablet = 1 + self.draw(self.machines.len() - 1);
        match self.dice.roll() % 100 {
            0..=21 => self.write(tablet),
            22..=31 => self.connect(tablet),
            32..=71 => {
                for _ in 0..6 {
                    if !self.connections.is_empty() {
                        let (connection, side) = (self.draw(self.connections.len()), self.draw(2));
                        self.move_on(connection, side);
                        self.sweep();
                    }
                }
            }
            72..=77 => self.tend(),
            78..=81 => {
                let connection = self.draw(self.connections.len());
                if connection < self.connections.len() {
                    self.connections.swap_remove(connection);
                }
            }
            82..=85 => self.damage(),
            86..=89 => {
                self.tell(|| format!("{machine} crashes"));
                self.unplug(machine);
                self.start(machine);
            }
            90..=91 => {
                let minutes = if self.dice.roll().is_multiple_of(2) { YEAR_MIN } else { -YEAR_MIN };
                self.tell(|| format!("the clock of {machine} jumps {minutes} minutes"));
                self.machines[machine].now = self.machines[machine].now.plus_minutes(minutes);
                self.unplug(machine);
                self.start(machine);
            }
            92..=93 => self.save(machine),
            94 => self.put_back(machine),
            95 => self.clone_of(tablet),
            96..=98 => self.carry(machine, tablet),
            _ => {
                for connection in 0..self.connections.len() {
                    for side in 0..2 {
                        self.event(connection, side, Event::Tick { now_ms: 100_000 });
                    }
                }
                self.sweep();
            }
        }
    }

    fn write(&mut self, tablet: usize) {
        let pick = self.draw(self.orders.len() + 1);
        let known = self.orders.get(pick).copied();
        let known = known.filter(|order| self.store(tablet, |store| store.doc(*order)).unwrap().is_some());
        let text = self.dice.roll();
        let order = self.with(tablet, |desk| match known {
            Some(order) => {
                desk.tell(order, "noted", json!({ "text": format!("第{text}条") }));
                order
            }
            None => desk.order("三栋跑水"),
        });
        if known.is_none() {
            self.orders.push(order);
        }
        self.machines[tablet].now = self.machines[tablet].now.plus_minutes(1);
        self.grown(tablet);
    }

    /// A frame comes twice, before another, not at all, or not as it was sent.
    fn damage(&mut self) {
        let connection = self.draw(self.connections.len());
        let (side, how, at) = (self.draw(2), self.draw(4), self.draw(4_096));
        let Some(ends) = self.connections.get_mut(connection) else { return };
        let inbox = &mut ends[side].inbox;
        let Some(frame) = inbox.front().cloned() else { return };
        match how {
            0 => inbox.push_front(frame),
            1 => {
                inbox.pop_front();
            }
            2 if inbox.len() > 1 => inbox.swap(0, 1),
            _ => {
                let mut bytes = frame.to_vec();
                let at = at % bytes.len();
                bytes[at] ^= 0x40;
                inbox[0] = bytes.into();
                ends[side].garbled = true;
            }
        }
    }

    fn save(&mut self, machine: usize) {
        self.unplug(machine);
        self.machines[machine].desk = None;
        let to = self.home.path().join(format!("saved-{machine}-{}", self.dice.roll()));
        copy_folder(&self.machines[machine].folder, &to);
        self.machines[machine].saved = Some(to);
        self.start(machine);
    }

    fn put_back(&mut self, machine: usize) {
        let Some(saved) = self.machines[machine].saved.clone() else { return };
        self.tell(|| format!("{machine} is put back from an old copy"));
        self.copies = true;
        self.unplug(machine);
        self.machines[machine].desk = None;
        let folder = self.machines[machine].folder.clone();
        fs::remove_dir_all(&folder).unwrap();
        copy_folder(&saved, &folder);
        self.start(machine);
    }

    fn clone_of(&mut self, tablet: usize) {
        if self.clones == 2 {
            return;
        }
        self.clones += 1;
        self.copies = true;
        self.tell(|| format!("{tablet} is cloned"));
        self.unplug(tablet);
        self.machines[tablet].desk = None;
        let folder = self.home.path().join(format!("clone-{}", self.clones));
        copy_folder(&self.machines[tablet].folder, &folder);
        let now = self.machines[tablet].now;
        self.machines.push(Machine { folder, desk: None, now, starts: 25, saved: None });
        self.start(tablet);
        self.start(self.machines.len() - 1);
    }

    /// A stick goes from one to another, and may be pulled out too early.
    fn carry(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        let giver = self.desk(from);
        let head = BundleHead {
            site: site(),
            device: giver.key(),
            label: "stick".into(),
            written_ms: giver.now.0,
            held: Vec::new(),
        };
        let mut file = Vec::new();
        write_bundle::<BundleError>(&mut file, &head, &[], |asked| Ok(read(&giver.store, asked))).unwrap();
        if self.dice.roll().is_multiple_of(2) {
            let cut = self.draw(file.len());
            file.truncate(cut);
        }
        let Ok(mut bundle) = BundleReader::open(file.as_slice()) else { return };
        while let Ok(Some(batch)) = bundle.next_batch() {
            taken(self.desk(to), &batch, None, to == SERVER);
        }
        self.grown(to);
    }

    // ---- the end --------------------------------------------------------------------------------------------------------

    fn facts(&self, machine: usize) -> BTreeSet<(RecordId, FactId)> {
        let mut facts = BTreeSet::new();
        for order in &self.orders {
            let doc = self.store(machine, |store| store.doc(*order)).unwrap();
            facts.extend(doc.into_iter().flat_map(|doc| doc.facts).map(|fact| (*order, fact.id)));
        }
        facts
    }

    /// The faults end: everybody comes to the server until all hold the same.
    fn heal(mut self) {
        let seed = self.seed;
        self.connections.clear();
        let mut expected = BTreeSet::new();
        for machine in 0..self.machines.len() {
            self.desk(machine).settle();
            expected.extend(self.facts(machine));
        }
        let together = |world: &Self| {
            let digests: BTreeSet<[u8; 32]> =
                (0..world.machines.len()).map(|machine| world.store(machine, Store::book_digest).unwrap()).collect();
            digests.len() == 1
        };
        for _ in 0..ROUNDS {
            for tablet in 1..self.machines.len() {
                self.connect(tablet);
            }
            self.quiet();
            self.tend();
            self.quiet();
            // Those that were sent away or stopped talking come again.
            self.connections.clear();
            if together(&self) {
                break;
            }
        }
        assert!(together(&self), "seed {seed}: the books stay apart");
        let first = derived(self.desk(SERVER));
        for machine in 0..self.machines.len() {
            let desk = self.desk(machine);
            desk.settle();
            let report = desk.store.check().unwrap();
            assert!(report.ok, "seed {seed}, machine {machine}: {:#?}", report.problems);
            let missing: Vec<_> = expected.difference(&self.facts(machine)).copied().collect();
            assert!(missing.is_empty(), "seed {seed}, machine {machine} lacks {missing:?}");
            assert!(derived(desk) == first, "seed {seed}: machine {machine} reads something else than the server");
        }
    }
}

fn gave_up(store: &Store, peer: Option<DeviceKey>, writer: &dutybook_log::WriterId) -> bool {
    peer.is_some_and(|peer| store.refused_as_fork(peer, writer).unwrap())
}

fn book_of(store: &Store) -> Book {
    let (volumes, arrival) = store.book(&|_| true).unwrap();
    Book { scope: Scope::everything(), volumes, arrival }
}

fn read(store: &Store, asked: &ReadLog) -> LogChunk {
    let read = store
        .read_log(asked.after, asked.limit_bytes, &|volume, writer| asked.coverage.wanted_after(volume, writer))
        .unwrap();
    let entries = read.entries.into_iter().map(|entry| LogEntry {
        arrival: entry.arrival,
        volume: entry.volume,
        writer: entry.writer,
        seq: entry.seq,
        bytes: entry.bytes.into(),
        head: entry.head,
    });
    LogChunk { after: asked.after, entries: entries.collect(), through: read.through, end: read.end }
}

/// Takes a batch in: a tablet brings its records up to date at once and tries again what had to wait, the server later.
fn taken(desk: &Desk, batch: &Batch, from: Option<DeviceKey>, is_server: bool) -> (Receipt, bool) {
    let store = &desk.store;
    let parts = batch.parts().map(|part| IncomingPart::read(*part.volume(), part.heads(), part.entries())).collect();
    let incoming = IncomingBatch { from, received_ms: desk.now.0, parts };
    let mut receipt = store.ingest(&incoming).unwrap();
    let mut restate = receipt.restate;
    if !is_server {
        restate |= desk.settle().entries > 0;
        if receipt.parked > 0 {
            receipt = store.ingest(&incoming).unwrap();
            restate |= receipt.restate | (desk.settle().entries > 0);
        }
    }
    let sent: Vec<(VolumeId, Frontier)> = batch
        .parts()
        .map(|part| (*part.volume(), part.heads().iter().map(|head| (head.writer(), head.position)).collect()))
        .collect();
    if let Some(peer) = from {
        store.set_peer_frontier(peer, &sent).unwrap();
    }
    let refused = receipt.refused.into_iter().map(|refused| Refusal {
        volume: refused.volume,
        writer: refused.writer,
        seq: refused.seq,
        code: refused.code.into(),
        text: refused.text,
    });
    (Receipt { ticket: batch.ticket(), held: receipt.held, refused: refused.collect() }, restate)
}

fn run(seed: u64, told: bool) {
    let mut world = World::new(seed, told);
    for _ in 0..STEPS {
        world.step();
    }
    world.heal();
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A part of the seeds, so that several run side by side.
fn seeds(part: u64) {
    if let Some(seed) = asked("DUTYBOOK_SEED") {
        if part == 0 {
            run(seed, true);
        }
        return;
    }
    let all = asked("DUTYBOOK_SEEDS").unwrap_or(1_000);
    for seed in (0..all).filter(|seed| seed % PARTS == part) {
        run(seed, false);
    }
}

const PARTS: u64 = 8;

macro_rules! parts {
    ($($name:ident = $part:literal),+ $(,)?) => {
        $(#[test]
        fn $name() {
            seeds($part);
        })+
    };
}

parts! {
    whatever_fails_everybody_ends_with_the_same_0 = 0,
    whatever_fails_everybody_ends_with_the_same_1 = 1,
    whatever_fails_everybody_ends_with_the_same_2 = 2,
    whatever_fails_everybody_ends_with_the_same_3 = 3,
    whatever_fails_everybody_ends_with_the_same_4 = 4,
    whatever_fails_everybody_ends_with_the_same_5 = 5,
    whatever_fails_everybody_ends_with_the_same_6 = 6,
    whatever_fails_everybody_ends_with_the_same_7 = 7,
}
