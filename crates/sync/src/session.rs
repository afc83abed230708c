//! One connection between two replicas.
//!
//! Invariants
//! - **A connection is a reader of the log, never a queue.** What is to be sent is the log after `cursor`, without what
//!   the other side has said it holds. A slow reader costs one window of memory, however much is written meanwhile.
//! - **An acknowledgement follows a receipt.** `Ack` is sent for [`Event::Stored`] only, and that event means COMMIT.
//! - **The cursor stops only where every writer read so far ends at a signed head**, so every `Entries` message can be
//!   admitted by itself.
//! - **Nothing is believed about the other side but to its own loss.** What it claims to hold is not sent to it; what
//!   it sends is admitted by the store, by chain and signature.
//! - Both sides run the same code. Only who says `Hello` differs.
//!
//! ```text
//!   dialling side                      answering side
//!      Opened ──── Hello{book} ───────────▶  Authorise → Authorised
//!             ◀─── Welcome{equal} ────────        both in sync: one round trip
//!        or   ◀─── Welcome{volumes} ──────
//!             ──── Frontiers{differing} ──▶
//!             ──── Entries… ──────────────▶  Store → Stored
//!             ◀─── Ack… ──────────────────
//!             ◀─── Entries… ──────────────   and the same the other way, from then on for every commit
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use dutybook_log::{DeviceKey, DeviceSecret, Frontier, Head, Position, SiteCode, VolumeId, WriterId, book_digest};

use crate::coverage::Coverage;
use crate::goodbye::{Goodbye, GoodbyeCode};
use crate::message::{
    self, Ack, Batch, BatchPart, FRAME_BYTES, FRAME_ENTRIES, FrameError, HELLO_BYTES, Held, Hello, Message, Refusal,
    Welcome,
};
use crate::outgoing::{frame_of, pieces};
use crate::scope::Scope;

/// Bytes of entries that make a message worth sending.
pub const TARGET_BYTES: usize = 256 * 1024;
/// Bytes of entries from which a message is cut where it can be.
pub(crate) const MESSAGE_BYTES: usize = 2 * TARGET_BYTES;
/// Bytes of entries on the way without an acknowledgement before the reader stops. One message more may be on the way
/// than this, at most [`FRAME_BYTES`] where a single commit is that large.
pub const WINDOW_BYTES: usize = 1024 * 1024;
/// Messages of entries on the way before the reader stops: under many small commits the next message then carries all
/// that came meanwhile.
pub const WINDOW_MESSAGES: usize = 8;
/// How long a side may take to say who it is.
pub const HANDSHAKE_MS: u64 = 15_000;
/// How long an acknowledgement may take.
pub const STALL_MS: u64 = 60_000;

/// Writers that a side may speak of on one connection: bounds what is remembered of it.
const WRITERS: usize = 200_000;
/// Refusals in one `Ack`, which keeps it far below the frame limit.
const ACK_REFUSALS: usize = 256;
const HELLO_CONTEXT: &[u8] = b"dutybook/hello/1";
const WELCOME_CONTEXT: &[u8] = b"dutybook/welcome/1";

/// Signs with the device's key: whoever runs the session keeps the secret where it keeps it.
pub trait Sign: Send + Sync {
    /// The public half.
    fn device(&self) -> DeviceKey;
    /// Signs `message` in `context`.
    fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64];
}

impl Sign for DeviceSecret {
    fn device(&self) -> DeviceKey {
        self.public()
    }

    fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64] {
        Self::sign(self, context, message)
    }
}

/// What stays the same for all connections of a replica.
#[derive(Clone)]
pub struct Replica {
    /// The site whose book this replica keeps.
    pub site: SiteCode,
    /// Its device.
    pub device: Arc<dyn Sign>,
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replica({} {:?})", self.site, self.device.device())
    }
}

/// What a replica holds at one moment.
#[derive(Clone, Debug)]
pub struct Book {
    /// The volumes the connection is about, as this side sees it: what it wants and what the other side may see.
    pub scope: Scope,
    /// How far they are held. Volumes outside the scope are left out of consideration.
    pub volumes: BTreeMap<VolumeId, Frontier>,
    /// The last arrival number of the log in the same moment (0: empty).
    pub arrival: u64,
}

impl Book {
    fn narrow(&mut self, scope: &Scope, site: &SiteCode) {
        self.scope = self.scope.narrowed(scope);
        let kept = &self.scope;
        self.volumes.retain(|volume, _| volume.site == *site && kept.includes(volume));
    }

    fn digest(&self) -> [u8; 32] {
        book_digest(self.volumes.iter())
    }
}

/// One entry of the log, as a reader finds it.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// Its place in this replica's own order.
    pub arrival: u64,
    /// The volume.
    pub volume: VolumeId,
    /// The writer.
    pub writer: WriterId,
    /// Its number in the writer's log.
    pub seq: u64,
    /// Its exact bytes.
    pub bytes: Bytes,
    /// The signed head, where this entry ended a commit.
    pub head: Option<Head>,
}

/// Where to read on.
#[derive(Clone, Debug)]
pub struct ReadLog {
    /// Read entries that arrived after this one. 0 comes at the start of a catch-up: a store may begin at the first
    /// arrival that `coverage` wants.
    pub after: u64,
    /// Stop when the entries read have at least this many bytes.
    pub limit_bytes: usize,
    /// What to leave out. Entries that it does not want may be left out or not; leaving them out saves copying.
    pub coverage: Arc<Coverage>,
}

/// What a reader found.
#[derive(Clone, Debug)]
pub struct LogChunk {
    /// [`ReadLog::after`] of the request this answers.
    pub after: u64,
    /// Entries in arrival order.
    pub entries: Vec<LogEntry>,
    /// The arrival up to which (inclusive) the log has been read.
    pub through: u64,
    /// Whether there was nothing after `through`.
    pub end: bool,
}

/// What became of a [`Batch`], after COMMIT.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// [`Batch::ticket`]. Receipts come in the order of the batches.
    pub ticket: u64,
    /// What is durably held now of the writers in the batch.
    pub held: Vec<Held>,
    /// What went to quarantine. Entries that merely wait for others are neither held nor refused.
    pub refused: Vec<Refusal>,
}

/// What happens to a session.
#[derive(Clone, Debug)]
pub enum Event {
    /// The connection is there.
    Opened,
    /// A frame came.
    Received(Bytes),
    /// The answer to [`Effect::Authorise`]: the device belongs to the site; the book is narrowed to what it may see.
    Authorised(Book),
    /// The answer to [`Effect::ReadLog`].
    LogRead(LogChunk),
    /// The answer to [`Effect::Store`].
    Stored(Receipt),
    /// The own log has grown, by whatever path; its last arrival number.
    Committed {
        /// The last arrival number.
        arrival: u64,
    },
    /// What this side holds is to be said again and counted from there: entries that waited or were dropped while
    /// waiting can be taken now.
    Restate(Vec<Held>),
    /// Time passes; any clock that only goes forward, in milliseconds.
    Tick {
        /// The clock.
        now_ms: u64,
    },
    /// This side ends the connection.
    End(Goodbye),
}

/// What a session wants done, in this order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send a frame.
    Send(Bytes),
    /// Somebody who owns this key wants to sync: answer with [`Event::Authorised`], or with [`Event::End`].
    Authorise {
        /// The device.
        device: DeviceKey,
        /// What it asks for.
        scope: Scope,
    },
    /// Store the batch, then [`Event::Stored`].
    Store(Batch),
    /// Read the log, then [`Event::LogRead`]. At most one is outstanding.
    ReadLog(ReadLog),
    /// The other side said all that it durably holds of the volumes named. A writer that is not in there it does not
    /// hold at all, whatever it acknowledged before: its disk may be an older copy.
    Stated(Vec<Held>),
    /// The other side durably holds this much of the writers named: it acknowledged it, or sent it itself.
    Acked(Vec<Held>),
    /// The other side will not take these. They are not sent again on this connection.
    Refused(Vec<Refusal>),
    /// Both sides have the same writer at the same length with different entries: the device was cloned or restored.
    Forked {
        /// The volume.
        volume: VolumeId,
        /// The writer.
        writer: WriterId,
        /// What this side holds.
        ours: Position,
        /// What the other side holds.
        theirs: Position,
    },
    /// This side has all that the other side had said it holds, and the other side has acknowledged all of this side's
    /// log. Comes again whenever that becomes true again.
    InSync,
    /// Close the connection after everything sent so far. The last effect of a session.
    Close {
        /// Why.
        goodbye: Goodbye,
        /// Whether the other side said so.
        by_peer: bool,
    },
}

/// What only the dialling side knows before it says `Hello`.
#[derive(Clone, Debug)]
struct Dial {
    peer: DeviceKey,
    nonce: [u8; 32],
    book: Book,
}

#[derive(Debug)]
enum State {
    /// Not opened yet; the dialling side has something to say then.
    Fresh(Option<Box<Dial>>),
    /// Answering: waits for `Hello`.
    AwaitHello,
    /// Answering: the host looks whether it knows the device.
    AwaitAuthorised(Box<Hello>),
    /// Answering: the books differ, waits for the other side's frontiers.
    AwaitFrontiers(Box<Book>),
    /// Dialling: waits for `Welcome`.
    AwaitWelcome(Box<Dial>),
    /// Reading and receiving.
    Live,
    Closed,
}

/// A message of entries on its way.
#[derive(Debug)]
struct Sent {
    bytes: usize,
}

/// A batch at the store.
#[derive(Debug)]
struct Unstored {
    ticket: u64,
    bytes: usize,
    /// How far the sender says each writer goes after this batch.
    ends: Vec<(VolumeId, WriterId, Position)>,
    /// What was kept from the store: the device has no business in these volumes.
    refused: Vec<Refusal>,
}

/// One connection between two replicas. See the module's text.
#[derive(Debug)]
pub struct Session {
    replica: Replica,
    challenge: [u8; 32],
    peer: Option<DeviceKey>,
    state: State,
    coverage: Arc<Coverage>,
    /// Everything up to here was read, and sent where wanted.
    cursor: u64,
    /// The last arrival known of the own log.
    log_end: u64,
    reading: bool,
    limit_bytes: usize,
    sent: VecDeque<Sent>,
    sent_bytes: usize,
    sent_through: u64,
    acked_through: u64,
    unstored: VecDeque<Unstored>,
    unstored_bytes: usize,
    received: u64,
    stored: u64,
    /// What the other side said it has beyond this side, until it was received.
    awaited: BTreeMap<(VolumeId, WriterId), u64>,
    /// How far the other side sent writers whose entries are not taken yet: they wait here for others.
    offered: BTreeMap<(VolumeId, WriterId), Position>,
    /// `InSync` was said, and no entries went either way since.
    in_sync: bool,
    clock: Clock,
}

/// Since when nothing moved while something should have.
#[derive(Debug, Default)]
struct Clock {
    since_ms: Option<u64>,
    moved: bool,
}

impl Session {
    /// The dialling side. `challenge` came with the answer to the connection request and `nonce` is 32 random bytes;
    /// neither is used twice. `book` is what this side holds, `peer` the key of the device it wants to talk to.
    #[must_use]
    pub fn dial(replica: Replica, peer: DeviceKey, challenge: [u8; 32], nonce: [u8; 32], mut book: Book) -> Self {
        let scope = book.scope.clone();
        book.narrow(&scope, &replica.site);
        let mut session = Self::fresh(replica, challenge, Some(Box::new(Dial { peer, nonce, book })));
        session.peer = Some(peer);
        session
    }

    /// The answering side. `challenge` is what it sent with its answer to the connection request: 32 random bytes,
    /// never used twice.
    #[must_use]
    pub fn answer(replica: Replica, challenge: [u8; 32]) -> Self {
        Self::fresh(replica, challenge, None)
    }

    fn fresh(replica: Replica, challenge: [u8; 32], dial: Option<Box<Dial>>) -> Self {
        Self {
            replica,
            challenge,
            peer: None,
            state: State::Fresh(dial),
            coverage: Arc::new(Coverage::new(Scope::everything())),
            cursor: 0,
            log_end: 0,
            reading: false,
            limit_bytes: TARGET_BYTES,
            sent: VecDeque::new(),
            sent_bytes: 0,
            sent_through: 0,
            acked_through: 0,
            unstored: VecDeque::new(),
            unstored_bytes: 0,
            received: 0,
            stored: 0,
            awaited: BTreeMap::new(),
            offered: BTreeMap::new(),
            in_sync: false,
            clock: Clock::default(),
        }
    }

    /// The device at the other end, once it has shown that it is.
    #[must_use]
    pub fn peer(&self) -> Option<DeviceKey> {
        match self.state {
            State::AwaitFrontiers(_) | State::Live => self.peer,
            _ => None,
        }
    }

    /// Bytes of entries sent and not yet acknowledged.
    #[must_use]
    pub const fn unacknowledged_bytes(&self) -> usize {
        self.sent_bytes
    }

    /// Bytes of frames handed out as [`Effect::Store`] and not yet stored. A host stops reading its socket while this
    /// is above [`WINDOW_BYTES`], so that a fast sender waits and is not cut off.
    #[must_use]
    pub const fn unstored_bytes(&self) -> usize {
        self.unstored_bytes
    }

    /// Takes what happened, says what to do.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        if matches!(self.state, State::Closed) {
            return effects;
        }
        let result = match event {
            Event::Opened => self.opened(&mut effects),
            Event::Received(frame) => self.received(frame, &mut effects),
            Event::Authorised(book) => self.authorised(book, &mut effects),
            Event::LogRead(chunk) => self.log_read(chunk, &mut effects),
            Event::Stored(receipt) => self.stored(receipt, &mut effects),
            Event::Committed { arrival } => {
                self.log_end = self.log_end.max(arrival);
                Ok(())
            }
            Event::Restate(held) => self.restate(&held, &mut effects),
            Event::Tick { now_ms } => self.tick(now_ms),
            Event::End(goodbye) => Err(goodbye),
        };
        match result {
            Ok(()) => self.advance(&mut effects),
            Err(goodbye) => self.end(goodbye, &mut effects),
        }
        effects
    }

    fn end(&mut self, goodbye: Goodbye, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send(message::encode_goodbye(&goodbye)));
        effects.push(Effect::Close { goodbye, by_peer: false });
        self.state = State::Closed;
    }

    // ---- getting to know each other ---------------------------------------------------------------------------------

    fn opened(&mut self, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        match std::mem::replace(&mut self.state, State::AwaitHello) {
            State::Fresh(None) => Ok(()),
            State::Fresh(Some(dial)) => {
                let hello = Hello {
                    site: self.replica.site.as_str().to_owned(),
                    device: self.replica.device.device(),
                    nonce: dial.nonce,
                    proof: self.replica.device.sign(HELLO_CONTEXT, &hello_proof(&self.challenge, &dial.peer)),
                    scope: dial.book.scope.clone(),
                    book: dial.book.digest(),
                };
                effects.push(Effect::Send(message::encode_hello(&hello)));
                self.state = State::AwaitWelcome(dial);
                Ok(())
            }
            other => {
                self.state = other;
                Err(out_of_turn("the connection was opened twice"))
            }
        }
    }

    fn received(&mut self, frame: Bytes, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        let limit = match self.state {
            State::Fresh(_) | State::AwaitHello | State::AwaitAuthorised(_) => HELLO_BYTES,
            _ => FRAME_BYTES,
        };
        if frame.len() > limit {
            return Err(Goodbye::new(
                GoodbyeCode::FrameTooLarge,
                format!("a frame of {} bytes came; {limit} are allowed here", frame.len()),
            ));
        }
        let message = message::decode(&frame).map_err(|error| {
            let code = match error {
                FrameError::Protocol(_) => GoodbyeCode::WrongProtocol,
                FrameError::Malformed(_) => GoodbyeCode::Malformed,
            };
            Goodbye::new(code, error.to_string())
        })?;
        self.clock.moved = true;
        match message {
            Message::Unknown => Ok(()),
            Message::Goodbye(goodbye) => {
                self.state = State::Closed;
                effects.push(Effect::Close { goodbye, by_peer: true });
                Ok(())
            }
            Message::Hello(hello) => self.hello(hello, effects),
            Message::Welcome(welcome) => self.welcome(*welcome, effects),
            Message::Frontiers(volumes) => self.frontiers(volumes, effects),
            Message::Entries(parts) => self.entries(frame, parts, effects),
            Message::Ack(ack) => self.ack(ack, effects),
        }
    }

    fn hello(&mut self, hello: Box<Hello>, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        if !matches!(self.state, State::AwaitHello) {
            return Err(out_of_turn("Hello came twice or from the wrong side"));
        }
        if hello.site != self.replica.site.as_str() {
            return Err(Goodbye::new(
                GoodbyeCode::WrongSite,
                format!("this is site {}; the device belongs to another site", self.replica.site),
            ));
        }
        let proof = hello_proof(&self.challenge, &self.replica.device.device());
        if !hello.device.verify(HELLO_CONTEXT, &proof, &hello.proof) {
            return Err(Goodbye::new(
                GoodbyeCode::BadProof,
                "the signature does not fit the device key and this server's key; enrol the device again",
            ));
        }
        effects.push(Effect::Authorise { device: hello.device, scope: hello.scope.clone() });
        self.state = State::AwaitAuthorised(hello);
        Ok(())
    }

    fn authorised(&mut self, mut book: Book, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        let hello = match std::mem::replace(&mut self.state, State::AwaitHello) {
            State::AwaitAuthorised(hello) => hello,
            other => {
                self.state = other;
                return Err(out_of_turn("an authorisation that nobody asked for"));
            }
        };
        book.narrow(&hello.scope, &self.replica.site);
        self.peer = Some(hello.device);
        self.log_end = self.log_end.max(book.arrival);
        self.coverage = Arc::new(Coverage::new(book.scope.clone()));
        let equal = book.digest() == hello.book;
        let welcome = Welcome {
            device: self.replica.device.device(),
            proof: self
                .replica
                .device
                .sign(WELCOME_CONTEXT, &welcome_proof(&hello.nonce, &hello.device, &self.challenge)),
            scope: book.scope.clone(),
            volumes: (!equal)
                .then(|| book.volumes.iter().map(|(volume, frontier)| (*volume, frontier.clone())).collect()),
        };
        send(message::encode_welcome(&welcome), effects)?;
        if equal {
            self.go_live_equal(book, effects);
        } else {
            self.state = State::AwaitFrontiers(Box::new(book));
        }
        Ok(())
    }

    fn welcome(&mut self, welcome: Welcome, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        let dial = match std::mem::replace(&mut self.state, State::AwaitHello) {
            State::AwaitWelcome(dial) => *dial,
            other => {
                self.state = other;
                return Err(out_of_turn("Welcome came twice or from the wrong side"));
            }
        };
        let proof = welcome_proof(&dial.nonce, &self.replica.device.device(), &self.challenge);
        if welcome.device != dial.peer || !welcome.device.verify(WELCOME_CONTEXT, &proof, &welcome.proof) {
            return Err(Goodbye::new(
                GoodbyeCode::BadProof,
                "the answering side is not the one this device was enrolled with; nothing was sent to it",
            ));
        }
        let mut book = dial.book;
        book.narrow(&welcome.scope, &self.replica.site);
        self.log_end = self.log_end.max(book.arrival);
        self.coverage = Arc::new(Coverage::new(book.scope.clone()));
        match welcome.volumes {
            None => self.go_live_equal(book, effects),
            Some(theirs) => {
                let mut theirs: BTreeMap<_, _> = theirs.into_iter().collect();
                theirs.retain(|volume, _| volume.site == self.replica.site && book.scope.includes(volume));
                // What is not listed is held as the other side said; a volume it has and this side has not is listed
                // as empty.
                let nothing = Frontier::default();
                let differing: Vec<(&VolumeId, &Frontier)> = book
                    .volumes
                    .iter()
                    .filter(|(volume, frontier)| theirs.get(*volume) != Some(*frontier))
                    .chain(theirs.keys().filter(|volume| !book.volumes.contains_key(*volume)).map(|v| (v, &nothing)))
                    .collect();
                send(message::encode_frontiers(differing.into_iter()), effects)?;
                self.go_live(&book, theirs, effects);
            }
        }
        Ok(())
    }

    fn frontiers(&mut self, mut volumes: Vec<Held>, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        match std::mem::replace(&mut self.state, State::AwaitHello) {
            State::AwaitFrontiers(book) => {
                let mut theirs = book.volumes.clone();
                theirs.extend(volumes);
                theirs.retain(|volume, _| volume.site == self.replica.site && book.scope.includes(volume));
                self.go_live(&book, theirs, effects);
                Ok(())
            }
            State::Live => {
                self.state = State::Live;
                let coverage = Arc::make_mut(&mut self.coverage);
                volumes.retain(|(volume, _)| volume.site == self.replica.site && coverage.scope().includes(volume));
                for (volume, frontier) in &volumes {
                    coverage.restate(volume, frontier);
                }
                bounded(coverage)?;
                // What was read under the old coverage is read again; a chunk on its way no longer fits the cursor.
                self.cursor = 0;
                self.in_sync = false;
                effects.push(Effect::Stated(volumes));
                Ok(())
            }
            other => {
                self.state = other;
                Err(out_of_turn("Frontiers came before the two sides knew each other"))
            }
        }
    }

    /// Both hold the same: nothing is read, nothing is awaited.
    fn go_live_equal(&mut self, book: Book, effects: &mut Vec<Effect>) {
        let coverage = Arc::make_mut(&mut self.coverage);
        for (volume, frontier) in &book.volumes {
            coverage.restate(volume, frontier);
        }
        self.cursor = book.arrival;
        self.state = State::Live;
        effects.push(Effect::Stated(book.volumes.into_iter().collect()));
    }

    fn go_live(&mut self, book: &Book, theirs: BTreeMap<VolumeId, Frontier>, effects: &mut Vec<Effect>) {
        let nothing = Frontier::default();
        let mut forks = Vec::new();
        let mut to_send = false;
        let coverage = Arc::make_mut(&mut self.coverage);
        for (volume, their) in &theirs {
            coverage.restate(volume, their);
            let our = book.volumes.get(volume).unwrap_or(&nothing);
            for (writer, theirs) in their.iter() {
                match our.get(writer) {
                    Some(ours) if ours.seq == theirs.seq && ours.hash != theirs.hash => {
                        forks.push(Effect::Forked { volume: *volume, writer: *writer, ours, theirs: *theirs })
                    }
                    Some(ours) if ours.seq >= theirs.seq => {}
                    _ => {
                        self.awaited.insert((*volume, *writer), theirs.seq);
                    }
                }
            }
        }
        for (volume, our) in &book.volumes {
            to_send |= our.iter().any(|(writer, ours)| coverage.wants(volume, writer, ours.seq));
        }
        self.cursor = if to_send { 0 } else { book.arrival };
        self.state = State::Live;
        effects.extend(forks);
        effects.push(Effect::Stated(theirs.into_iter().collect()));
    }

    fn restate(&mut self, held: &[Held], effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        // Before the two sides know each other their frontiers are still to come.
        if matches!(self.state, State::Live) {
            self.taken(held, effects);
            let scope = self.coverage.scope();
            let held: Vec<_> = held.iter().filter(|(volume, _)| scope.includes(volume)).map(|(v, f)| (v, f)).collect();
            send(message::encode_frontiers(held.into_iter()), effects)?;
        }
        Ok(())
    }

    // ---- receiving --------------------------------------------------------------------------------------------------

    fn entries(&mut self, frame: Bytes, mut parts: Vec<BatchPart>, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        if !matches!(self.state, State::Live) {
            return Err(out_of_turn("Entries came before the two sides knew each other"));
        }
        self.unstored_bytes += frame.len();
        // An honest sender counts entry bytes only, and one message may be as large as a frame.
        if self.unstored_bytes > 2 * WINDOW_BYTES + FRAME_BYTES {
            return Err(Goodbye::new(
                GoodbyeCode::WindowExceeded,
                "more unacknowledged entries than the window allows",
            ));
        }
        self.received += 1;
        let ticket = self.received;
        let mut unstored = Unstored { ticket, bytes: frame.len(), ends: Vec::new(), refused: Vec::new() };
        let coverage = Arc::make_mut(&mut self.coverage);
        let (site, scope) = (&self.replica.site, coverage.scope().clone());
        parts.retain(|part| {
            let ours = part.volume.site == *site && scope.includes(&part.volume);
            for head in &part.heads {
                let (writer, seq) = (head.writer(), head.position.seq);
                if ours {
                    coverage.reach(&part.volume, writer, seq);
                    unstored.ends.push((part.volume, writer, head.position));
                } else {
                    unstored.refused.push(Refusal {
                        volume: part.volume,
                        writer,
                        seq,
                        code: "no-access".to_owned(),
                        text: format!("the device has no access to volume {}", part.volume),
                    });
                }
            }
            ours
        });
        bounded(coverage)?;
        self.unstored.push_back(unstored);
        self.in_sync = false;
        effects.push(Effect::Store(Batch { ticket, frame, parts }));
        Ok(())
    }

    fn stored(&mut self, receipt: Receipt, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        let Some(unstored) = self.unstored.pop_front().filter(|unstored| unstored.ticket == receipt.ticket) else {
            return Err(Goodbye::new(GoodbyeCode::Internal, "a receipt came for another batch"));
        };
        self.unstored_bytes -= unstored.bytes;
        self.stored = receipt.ticket;
        for (volume, writer, end) in unstored.ends {
            let key = (volume, writer);
            if self.awaited.get(&key).is_some_and(|awaited| *awaited <= end.seq) {
                self.awaited.remove(&key);
            }
            self.offered.insert(key, end);
        }
        self.taken(&receipt.held, effects);
        for refusal in &receipt.refused {
            let key = (refusal.volume, refusal.writer);
            self.awaited.remove(&key);
            self.offered.remove(&key);
        }
        let mut refused = unstored.refused;
        refused.extend(receipt.refused);
        let mut held = receipt.held;
        loop {
            let rest = refused.split_off(refused.len().min(ACK_REFUSALS));
            let ack = Ack { through: self.stored, held: std::mem::take(&mut held), refused };
            send(message::encode_ack(&ack), effects)?;
            if rest.is_empty() {
                return Ok(());
            }
            refused = rest;
        }
    }

    /// What the other side sent and this side has taken, the other side holds.
    fn taken(&mut self, held: &[Held], effects: &mut Vec<Effect>) {
        let mut theirs: Vec<Held> = Vec::new();
        for (volume, frontier) in held {
            let of_volume = (*volume, WriterId([0; 16]))..=(*volume, WriterId([0xff; 16]));
            let taken: Frontier = self
                .offered
                .range(of_volume)
                .filter(|((_, writer), end)| frontier.covers(writer, end.seq))
                .map(|((_, writer), end)| (*writer, *end))
                .collect();
            if !taken.is_empty() {
                for (writer, _) in &taken {
                    self.offered.remove(&(*volume, *writer));
                }
                theirs.push((*volume, taken));
            }
        }
        if !theirs.is_empty() {
            effects.push(Effect::Acked(theirs));
        }
    }

    fn ack(&mut self, ack: Ack, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        if !matches!(self.state, State::Live) || ack.through > self.sent_through || ack.through < self.acked_through {
            return Err(out_of_turn("an Ack for messages that were not sent"));
        }
        for _ in self.acked_through..ack.through {
            if let Some(sent) = self.sent.pop_front() {
                self.sent_bytes -= sent.bytes;
            }
        }
        self.acked_through = ack.through;
        if !ack.refused.is_empty() {
            let coverage = Arc::make_mut(&mut self.coverage);
            for refusal in &ack.refused {
                coverage.refuse(&refusal.volume, refusal.writer);
            }
            // The names may be made up.
            bounded(coverage)?;
        }
        if !ack.held.is_empty() {
            effects.push(Effect::Acked(ack.held));
        }
        if !ack.refused.is_empty() {
            effects.push(Effect::Refused(ack.refused));
        }
        Ok(())
    }

    // ---- sending ----------------------------------------------------------------------------------------------------

    fn log_read(&mut self, chunk: LogChunk, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        if !self.reading {
            return Err(Goodbye::new(GoodbyeCode::Internal, "a part of the log that nobody asked for"));
        }
        self.reading = false;
        if chunk.after != self.cursor {
            // The other side restated what it holds meanwhile; this was read under what it said before.
            return Ok(());
        }
        let wanted: Vec<&LogEntry> = chunk
            .entries
            .iter()
            .filter(|entry| entry.arrival > self.cursor && self.coverage.wants(&entry.volume, &entry.writer, entry.seq))
            .collect();
        let cut = pieces(&wanted);
        for range in &cut.ranges {
            self.send_entries(wanted.get(range.clone()).unwrap_or_default(), effects)?;
        }
        let whole = cut.whole;
        let before = self.cursor;
        if whole {
            self.cursor = self.cursor.max(chunk.through);
        } else if let Some(last) = cut.ranges.last().and_then(|range| wanted.get(range.end.checked_sub(1)?)) {
            self.cursor = last.arrival;
        }
        if self.cursor > before {
            self.limit_bytes = TARGET_BYTES;
        } else if !whole && !chunk.end {
            // A commit larger than what was read: the whole of it has to come in one message.
            if self.limit_bytes >= FRAME_BYTES {
                return Err(Goodbye::new(GoodbyeCode::Internal, "one commit of the log is larger than a frame"));
            }
            self.limit_bytes = (self.limit_bytes * 2).min(FRAME_BYTES);
        } else {
            // Nothing more to find until the log grows; asking again would go round in circles.
            self.log_end = self.cursor;
        }
        if chunk.end {
            self.log_end = self.log_end.max(self.cursor);
        }
        Ok(())
    }

    fn send_entries(&mut self, entries: &[&LogEntry], effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
        if entries.len() > FRAME_ENTRIES {
            return Err(Goodbye::new(
                GoodbyeCode::Internal,
                "one commit of the log has more entries than a frame may carry",
            ));
        }
        let (frame, bytes) = frame_of(entries);
        send(frame, effects)?;
        let coverage = Arc::make_mut(&mut self.coverage);
        for entry in entries {
            coverage.reach(&entry.volume, entry.writer, entry.seq);
        }
        self.in_sync = false;
        self.sent.push_back(Sent { bytes });
        self.sent_bytes += bytes;
        self.sent_through += 1;
        Ok(())
    }

    fn advance(&mut self, effects: &mut Vec<Effect>) {
        if !matches!(self.state, State::Live) {
            return;
        }
        let behind = self.cursor < self.log_end;
        if behind && !self.reading && self.sent_bytes < WINDOW_BYTES && self.sent.len() < WINDOW_MESSAGES {
            self.reading = true;
            effects.push(Effect::ReadLog(ReadLog {
                after: self.cursor,
                limit_bytes: self.limit_bytes,
                coverage: Arc::clone(&self.coverage),
            }));
        }
        let in_sync =
            !behind && !self.reading && self.sent.is_empty() && self.unstored.is_empty() && self.awaited.is_empty();
        if in_sync && !self.in_sync {
            self.in_sync = true;
            effects.push(Effect::InSync);
        }
    }

    // ---- time -------------------------------------------------------------------------------------------------------

    fn tick(&mut self, now_ms: u64) -> Result<(), Goodbye> {
        let limit_ms = match self.state {
            State::AwaitHello | State::AwaitWelcome(_) | State::AwaitFrontiers(_) => HANDSHAKE_MS,
            State::Live if !self.sent.is_empty() => STALL_MS,
            _ => {
                self.clock = Clock::default();
                return Ok(());
            }
        };
        match self.clock.since_ms {
            Some(since_ms) if !self.clock.moved => {
                if now_ms.saturating_sub(since_ms) > limit_ms {
                    return Err(Goodbye::new(GoodbyeCode::Timeout, "the other side has not answered for too long"));
                }
            }
            _ => self.clock = Clock { since_ms: Some(now_ms), moved: false },
        }
        Ok(())
    }
}

fn send(frame: Bytes, effects: &mut Vec<Effect>) -> Result<(), Goodbye> {
    if frame.len() > FRAME_BYTES {
        return Err(Goodbye::new(
            GoodbyeCode::Internal,
            format!("a message of {} bytes does not fit a frame", frame.len()),
        ));
    }
    effects.push(Effect::Send(frame));
    Ok(())
}

fn bounded(coverage: &Coverage) -> Result<(), Goodbye> {
    if coverage.writers() > WRITERS {
        return Err(Goodbye::new(GoodbyeCode::Malformed, "more writers than any site has"));
    }
    Ok(())
}

fn out_of_turn(text: &str) -> Goodbye {
    Goodbye::new(GoodbyeCode::Malformed, text)
}

fn hello_proof(challenge: &[u8; 32], answering: &DeviceKey) -> [u8; 64] {
    let mut message = [0; 64];
    message[..32].copy_from_slice(challenge);
    message[32..].copy_from_slice(&answering.0);
    message
}

fn welcome_proof(nonce: &[u8; 32], dialling: &DeviceKey, challenge: &[u8; 32]) -> [u8; 96] {
    let mut message = [0; 96];
    message[..32].copy_from_slice(nonce);
    message[32..64].copy_from_slice(&dialling.0);
    message[64..].copy_from_slice(challenge);
    message
}
