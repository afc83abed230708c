//! Everything that connections want written, through one thread.
//!
//! Invariants
//! - What came from many connections meanwhile goes into **one transaction**, and their receipts leave after its COMMIT.
//!   The longer a COMMIT takes, the more the next one carries.
//! - Documents are materialised, and what peers acknowledged is written down, only while nothing waits to be
//!   acknowledged; under steady load once in a while all the same.
//! - Memory is bounded by who hands in: a job carries a permit for its bytes (see [`Intake::room`]).

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dutybook_log::{DeviceKey, Frontier, VolumeId};
use dutybook_store::{Error, IncomingBatch, Store};
use dutybook_sync::{Event, Goodbye, GoodbyeCode, Held, Receipt, Refusal};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::clock;

/// Bytes of batches, in KiB, that all connections together may have waiting.
const ROOM_KIB: usize = 32 * 1024;
/// Bytes that one transaction takes.
const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// Documents brought up to date in one step.
const DOCUMENTS: usize = 8;
/// How long nothing must have come before the work that can wait is done.
const QUIET: Duration = Duration::from_millis(20);
/// How long the database is left alone between two steps of it, for another program (`dutybook-server token`) that waits
/// for its turn: SQLite has no queue.
const BREATH: Duration = Duration::from_millis(2);
/// So many writers named are looked up one by one.
const NAMES: usize = 256;
/// How long that work waits under steady load.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something to be written.
pub(crate) enum Job {
    /// Entries, with a receipt to whoever handed them in.
    Store(Handed),
    /// What a peer said it holds.
    Held {
        peer: DeviceKey,
        held: Vec<Held>,
        /// All that it holds of these volumes; what it said before no longer counts.
        stated: bool,
    },
    /// A peer is or was connected.
    Contact { peer: DeviceKey },
    /// Nothing more will come.
    Stop,
}

/// A batch handed in.
pub(crate) struct Handed {
    pub(crate) ticket: u64,
    pub(crate) batch: IncomingBatch,
    pub(crate) bytes: usize,
    pub(crate) reply: UnboundedSender<Event>,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// How the disk is doing, as the last transaction found it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Why the last transaction failed; `None` while all is well.
    pub(crate) failure: Option<String>,
}

/// Counts since the program started.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Batches acknowledged.
    pub(crate) batches: AtomicU64,
    /// Transactions that it took.
    pub(crate) commits: AtomicU64,
}

/// The way in.
pub(crate) struct Intake {
    jobs: Sender<Job>,
    room: Arc<Semaphore>,
    pub(crate) meter: Arc<Meter>,
    tally: Arc<Mutex<Tally>>,
}

/// What the thread works with.
struct Writing {
    store: Arc<Store>,
    committed: watch::Sender<u64>,
    restate: watch::Sender<u64>,
    meter: Arc<Meter>,
    tally: Arc<Mutex<Tally>>,
    held: HashMap<DeviceKey, PeerHeld>,
    contacts: HashMap<DeviceKey, i64>,
    /// Whether documents wait to be brought up to date.
    dirty: bool,
    /// Whether bringing them up to date failed the last time.
    troubled: bool,
    tended: Instant,
}

/// What a peer said it holds, not yet written down.
#[derive(Default)]
struct PeerHeld {
    stated: Vec<Held>,
    acked: BTreeMap<VolumeId, Frontier>,
}

impl Intake {
    /// Starts the thread. `committed` carries the last arrival number; `restate` changes when all connections are to say
    /// again what this side holds.
    pub(crate) fn start(
        store: Arc<Store>,
        committed: watch::Sender<u64>,
        restate: watch::Sender<u64>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, waiting) = channel();
        let meter = Arc::new(Meter::default());
        let tally = Arc::new(Mutex::new(Tally::default()));
        let mut writing = Writing {
            store,
            committed,
            restate,
            meter: Arc::clone(&meter),
            tally: Arc::clone(&tally),
            held: HashMap::new(),
            contacts: HashMap::new(),
            dirty: true,
            troubled: false,
            tended: Instant::now(),
        };
        let thread = std::thread::Builder::new().name("intake".to_owned()).spawn(move || writing.run(&waiting))?;
        Ok((Self { jobs, room: Arc::new(Semaphore::new(ROOM_KIB)), meter, tally }, thread))
    }

    /// Waits until a batch of `bytes` may wait here. `None` when the server stops.
    pub(crate) async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        Arc::clone(&self.room).acquire_many_owned(kib).await.ok()
    }

    /// Hands in a job. After the end nothing is written and nothing answered.
    pub(crate) fn hand_in(&self, job: Job) {
        // The thread is gone only when the server has stopped, and then nobody waits for an answer.
        let _ = self.jobs.send(job);
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Writing {
    fn run(&mut self, waiting: &Receiver<Job>) {
        let mut quiet = false;
        loop {
            let idle = match (self.has_chores(), quiet) {
                (false, _) => Duration::from_secs(3600),
                // What failed is tried again, but not in a circle.
                (true, _) if self.troubled => PATIENCE,
                (true, false) => QUIET,
                (true, true) => BREATH,
            };
            let mut handed = Vec::new();
            let mut bytes = 0;
            let mut stop = false;
            let mut take = |job: Job, writing: &mut Self| match job {
                Job::Store(job) => {
                    bytes += job.bytes;
                    handed.push(job);
                    bytes < GROUP_BYTES
                }
                Job::Held { peer, held, stated } => {
                    writing.held.entry(peer).or_default().take(held, stated);
                    true
                }
                Job::Contact { peer } => {
                    writing.contacts.insert(peer, clock::wall_ms());
                    true
                }
                Job::Stop => {
                    stop = true;
                    false
                }
            };
            quiet = match waiting.recv_timeout(idle) {
                Ok(job) => {
                    let mut more = take(job, self);
                    while more {
                        match waiting.try_recv() {
                            Ok(job) => more = take(job, self),
                            Err(_) => break,
                        }
                    }
                    false
                }
                Err(RecvTimeoutError::Timeout) => true,
                Err(RecvTimeoutError::Disconnected) => {
                    stop = true;
                    false
                }
            };
            if !handed.is_empty() {
                self.store(handed);
            }
            if stop {
                self.write_held();
                return;
            }
            if self.has_chores() && (quiet || self.tended.elapsed() > PATIENCE) {
                self.tend();
            }
        }
    }

    fn has_chores(&self) -> bool {
        self.dirty || !self.held.is_empty() || !self.contacts.is_empty()
    }

    // ---- what somebody waits for ------------------------------------------------------------------------------------

    fn store(&mut self, handed: Vec<Handed>) {
        let (batches, replies): (Vec<_>, Vec<_>) =
            handed.into_iter().map(|job| (job.batch, (job.ticket, job.reply, job.permit))).unzip();
        let mut arrival = None;
        let mut restate = false;
        for ((ticket, reply, _permit), result) in replies.into_iter().zip(self.ingest(&batches)) {
            let event = match result {
                Ok(receipt) => {
                    self.meter.batches.fetch_add(1, Ordering::Relaxed);
                    arrival = Some(receipt.arrival);
                    restate |= receipt.restate;
                    self.dirty |= receipt.accepted > 0;
                    Event::Stored(receipt_of(ticket, receipt))
                }
                Err(text) => Event::End(Goodbye::new(GoodbyeCode::StorageUnavailable, text)),
            };
            // The connection may be gone; what it sent is stored all the same.
            let _ = reply.send(event);
        }
        if let Some(arrival) = arrival {
            publish(&self.committed, arrival);
        }
        if restate {
            self.restate.send_modify(|times| *times += 1);
        }
    }

    /// All in one transaction; if that fails each by itself, so that one connection cannot keep the others out.
    fn ingest(&self, batches: &[IncomingBatch]) -> Vec<Result<dutybook_store::Receipt, String>> {
        self.meter.commits.fetch_add(1, Ordering::Relaxed);
        match self.store.ingest_many(batches) {
            Ok(receipts) => {
                self.note(None);
                receipts.into_iter().map(Ok).collect()
            }
            Err(error) if batches.len() > 1 && !matches!(error, Error::Full | Error::Disk(_) | Error::Busy) => {
                batches.iter().flat_map(|batch| self.ingest(std::slice::from_ref(batch))).collect()
            }
            Err(error) => {
                tracing::error!(%error, "nothing could be stored");
                self.note(Some(&error));
                let text = format!("the server cannot store at the moment ({error}); everything stays on this device");
                batches.iter().map(|_| Err(text.clone())).collect()
            }
        }
    }

    fn note(&self, failure: Option<&Error>) {
        if matches!(failure, Some(Error::Busy)) {
            // Another program writes (somebody makes a token): that passes.
            return;
        }
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.is_some() || tally.failure.is_some() {
            tally.failure = failure.map(ToString::to_string);
        }
    }

    // ---- what can wait ----------------------------------------------------------------------------------------------

    fn tend(&mut self) {
        self.write_held();
        if self.dirty {
            match self.store.materialise(DOCUMENTS) {
                Ok((changed, more)) => {
                    self.dirty = more;
                    self.troubled = false;
                    self.note(None);
                    if changed.entries > 0 {
                        // Entries that waited for a device to become known went in. What there was no room for
                        // meanwhile is with its senders, who are told where this side stands.
                        publish(&self.committed, changed.arrival);
                        self.restate.send_modify(|times| *times += 1);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "records could not be brought up to date");
                    self.troubled = true;
                    self.note(Some(&error));
                }
            }
        }
        self.tended = Instant::now();
    }

    fn write_held(&mut self) {
        for (peer, PeerHeld { stated, acked }) in std::mem::take(&mut self.held) {
            let (stated, acked) = (self.known_here(stated), self.known_here(acked.into_iter().collect()));
            let written = if stated.is_empty() { Ok(()) } else { self.write_stated(peer, &stated) };
            let written = written
                .and_then(|()| if acked.is_empty() { Ok(()) } else { self.store.set_peer_frontier(peer, &acked) });
            if let Err(error) = written {
                tracing::warn!(%error, "what a device holds could not be written down");
            }
        }
        for (peer, at_ms) in std::mem::take(&mut self.contacts) {
            if let Err(error) = self.store.set_last_contact(peer, at_ms) {
                tracing::warn!(%error, "a contact could not be written down");
            }
        }
    }
}

impl Writing {
    /// What of this there is here. A peer can name writers that nobody ever opened, in any number; those are not looked
    /// for one by one in the middle of a transaction.
    fn known_here(&self, held: Vec<Held>) -> Vec<Held> {
        if held.iter().map(|(_, frontier)| frontier.len()).sum::<usize>() <= NAMES {
            return held;
        }
        let Ok(ours) = self.store.frontiers() else { return held };
        let ours: BTreeMap<VolumeId, Frontier> = ours.into_iter().collect();
        let here = |volume: &VolumeId, frontier: &Frontier| -> Frontier {
            let ours = ours.get(volume);
            frontier
                .iter()
                .filter(|(writer, _)| ours.is_some_and(|ours| ours.get(writer).is_some()))
                .map(|(writer, position)| (*writer, *position))
                .collect()
        };
        held.iter().map(|(volume, frontier)| (*volume, here(volume, frontier))).collect()
    }

    /// A peer said all it holds of some volumes: what it acknowledged before and no longer names, it has lost.
    fn write_stated(&self, peer: DeviceKey, stated: &[Held]) -> Result<(), Error> {
        let mut known: BTreeMap<VolumeId, Frontier> = self.store.peer_frontier(peer)?.into_iter().collect();
        let mut lost = false;
        for (volume, frontier) in stated {
            let before = known.remove(volume).unwrap_or_default();
            lost |= before.iter().any(|(writer, _)| frontier.get(writer).is_none());
        }
        if lost {
            tracing::warn!(device = %peer, "a device holds less than it had acknowledged; its disk may be an older copy");
            self.store.forget_peer_frontier(peer)?;
            self.store.set_peer_frontier(peer, &known.into_iter().collect::<Vec<_>>())?;
        }
        self.store.set_peer_frontier(peer, stated)
    }
}

impl PeerHeld {
    fn take(&mut self, held: Vec<Held>, stated: bool) {
        for (volume, frontier) in held {
            if stated {
                self.acked.remove(&volume);
                self.stated.retain(|(earlier, _)| *earlier != volume);
                self.stated.push((volume, frontier));
            } else {
                self.acked.entry(volume).or_default().merge(&frontier);
            }
        }
    }
}

/// Moves the watched arrival forward; it never goes back.
pub(crate) fn publish(committed: &watch::Sender<u64>, arrival: u64) {
    committed.send_if_modified(|current| {
        let grown = arrival > *current;
        *current = arrival.max(*current);
        grown
    });
}

fn receipt_of(ticket: u64, receipt: dutybook_store::Receipt) -> Receipt {
    let refused = receipt
        .refused
        .into_iter()
        .map(|refused| Refusal {
            volume: refused.volume,
            writer: refused.writer,
            seq: refused.seq,
            code: refused.code.to_owned(),
            text: refused.text,
        })
        .collect();
    Receipt { ticket, held: receipt.held, refused }
}
