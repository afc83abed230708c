//! Keeping in step with the server: one connection after another, each driven by [`dutybook_sync::Session`].
//!
//! Invariants
//! - Losing the connection loses nothing: what is to be sent is read from the log, and what the server holds is what it
//!   has acknowledged after its own COMMIT.
//! - Waiting before the next try grows and is drawn at random, so that twenty tablets do not come back in one moment.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use dutybook_domain::{Timestamp, words};
use dutybook_log::{DeviceKey, Frontier, VolumeId, WriterId};
use dutybook_store::{IncomingBatch, IncomingPart, Store};
use dutybook_sync::{
    Batch, Book, Effect, Event, Goodbye, GoodbyeCode, LogChunk, LogEntry, ReadLog, Receipt, Refusal, Replica, Scope,
    Session, Sign,
};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::clock::random;
use crate::error::Error;
use crate::shown::{BookChanged, SyncShown, SyncWord};

/// Setting that holds the server's address.
pub(crate) const SERVER_URL: &str = "server_url";

const FIRST_WAIT_MS: u64 = 500;
const LONGEST_WAIT_MS: u64 = 30_000;
const TICK: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// What is known of the connection to the server.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Whether a session is open.
    pub connected: bool,
    /// Whether both sides last agreed that they hold the same.
    pub in_sync: bool,
    /// Since when there is no session.
    pub offline_since: Option<Timestamp>,
    /// When the server last said anything of what it holds.
    pub last_contact: Option<Timestamp>,
    /// Why there is no session, when coming again will not help: the server sent this device away, or what answers is
    /// not the server.
    pub trouble: Option<String>,
    /// Last arrival in the own log.
    pub(crate) committed: u64,
    /// Raised to try at once.
    pub(crate) nudges: u64,
}

struct Signing(Arc<Store>);

impl Sign for Signing {
    fn device(&self) -> DeviceKey {
        self.0.device_key()
    }

    fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64] {
        self.0.sign(context, message)
    }
}

impl Client {
    /// Watches the connection.
    #[must_use]
    pub fn link(&self) -> watch::Receiver<Link> {
        self.inner.link.subscribe()
    }

    /// Tries to reach the server now.
    pub fn sync_now(&self) {
        self.inner.link.send_modify(|link| link.nudges += 1);
    }

    /// The server's address as it was at enrolment or set since.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn server_url(&self) -> Result<Option<String>, Error> {
        Ok(self.inner.store.setting(SERVER_URL)?)
    }

    /// The sync word and number.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn sync_shown(&self) -> Result<SyncShown, Error> {
        let link = self.inner.link.borrow().clone();
        let undelivered = self.inner.store.undelivered(self.identity().server)?;
        let counts = self.inner.store.counts()?;
        let word = match (&link.trouble, link.connected, undelivered) {
            (Some(_), _, _) => SyncWord::Trouble,
            (None, false, _) => SyncWord::Offline,
            (None, true, 0) if link.in_sync => SyncWord::Synced,
            (None, true, _) => SyncWord::Sending,
        };
        Ok(SyncShown {
            word,
            undelivered,
            offline_since: link.offline_since,
            last_contact: link.last_contact,
            trouble: link.trouble.map(|text| words!("同步停止了:{text}", "Sync has stopped: {text}")),
            set_aside: u32::try_from(counts.quarantined + counts.marked).unwrap_or(u32::MAX),
        })
    }

    /// Stays connected to the server until told to stop, trying again whenever the connection is lost.
    pub async fn keep_synced(self, stop: CancellationToken) {
        let mut wait_ms = FIRST_WAIT_MS;
        let mut link = self.link();
        self.lost(None);
        while !stop.is_cancelled() {
            let outcome = match self.server_url() {
                Ok(Some(url)) => self.connect(&url, Until::Stopped(stop.clone())).await,
                Ok(None) => Err(Error::Offline("no server address".into())),
                Err(error) => Err(error),
            };
            let was_connected = self.inner.link.borrow().connected;
            if was_connected {
                wait_ms = FIRST_WAIT_MS;
            }
            match outcome {
                Ok(()) => self.lost(None),
                Err(Error::SentAway { text, .. }) => self.lost(Some(text)),
                Err(error) => {
                    tracing::debug!(%error, "no connection to the server");
                    self.lost(None);
                }
            }
            link.mark_unchanged();
            let nudges = link.borrow().nudges;
            let drawn = u64::from(u16::from_le_bytes(random()));
            let pause = tokio::time::sleep(Duration::from_millis(wait_ms / 2 + wait_ms * drawn / 131_072));
            tokio::select! {
                () = stop.cancelled() => return,
                () = pause => {}
                _ = link.wait_for(|link| link.nudges != nudges) => {}
            }
            wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
        }
    }

    fn lost(&self, trouble: Option<String>) {
        let now = self.now();
        self.inner.link.send_modify(|link| {
            link.connected = false;
            link.in_sync = false;
            link.offline_since.get_or_insert(now);
            link.trouble = trouble;
        });
    }

    /// Connects once and returns when both sides hold the same.
    ///
    /// # Errors
    /// [`Error::Offline`], [`Error::SentAway`]; what was exchanged until then stays exchanged.
    pub async fn sync_once(&self, url: &str) -> Result<(), Error> {
        let outcome = self.connect(url, Until::InSync).await;
        self.lost(None);
        outcome
    }

    async fn connect(&self, url: &str, until: Until) -> Result<(), Error> {
        let offline = |error: &dyn std::fmt::Display| Error::Offline(error.to_string());
        let address = format!("{}/sync", url.trim_end_matches('/').replacen("http", "ws", 1));
        let config = WebSocketConfig::default()
            .max_message_size(Some(dutybook_sync::FRAME_BYTES))
            .max_frame_size(Some(dutybook_sync::FRAME_BYTES));
        let dialled = tokio_tungstenite::connect_async_with_config(address.as_str(), Some(config), true);
        let (mut socket, response) = tokio::time::timeout(CONNECT_WITHIN, dialled)
            .await
            .map_err(|_| offline(&"the server did not answer in time"))?
            .map_err(|error| offline(&error))?;
        let challenge = response
            .headers()
            .get("x-dutybook-challenge")
            .and_then(|value| HEXLOWER.decode(value.as_bytes()).ok()?.try_into().ok())
            .ok_or_else(|| offline(&"what answered there is no Dutybook server"))?;
        let replica = Replica { site: self.identity().site, device: Arc::new(Signing(self.inner.store.clone())) };
        let book = self.book()?;
        let mut link = self.link();
        self.inner.link.send_modify(|link| link.committed = link.committed.max(book.arrival));
        let mut session = Session::dial(replica, self.identity().server, challenge, random(), book);
        let started = tokio::time::Instant::now();
        let mut ticks = tokio::time::interval(TICK);
        let mut event = Some(Event::Opened);
        loop {
            let mut effects = event.take().map(|event| session.handle(event)).unwrap_or_default();
            while !effects.is_empty() {
                let mut next = Vec::new();
                for effect in effects {
                    match self.perform(effect, &mut socket).await? {
                        Performed::Nothing => {}
                        Performed::Answers(answers) => {
                            next.extend(answers.into_iter().flat_map(|answer| session.handle(answer)));
                        }
                        Performed::InSync if matches!(until, Until::InSync) => {
                            let _ = socket.close(None).await;
                            return Ok(());
                        }
                        Performed::InSync => {}
                        Performed::Closed(outcome) => {
                            let _ = socket.close(None).await;
                            return outcome;
                        }
                    }
                }
                effects = next;
            }
            event = tokio::select! {
                frame = socket.next() => match frame {
                    Some(Ok(Message::Binary(frame))) => Some(Event::Received(frame)),
                    Some(Ok(Message::Close(_))) | None => return Err(offline(&"the connection was closed")),
                    Some(Ok(_)) => None,
                    Some(Err(error)) => return Err(offline(&error)),
                },
                changed = link.changed() => {
                    changed.map_err(|error| offline(&error))?;
                    let arrival = link.borrow_and_update().committed;
                    Some(Event::Committed { arrival })
                }
                _ = ticks.tick() => {
                    Some(Event::Tick { now_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX) })
                }
                () = until.stopped() => {
                    Some(Event::End(Goodbye::new(GoodbyeCode::ShuttingDown, "the app is closing")))
                }
            };
        }
    }

    fn book(&self) -> Result<Book, Error> {
        let scope = Scope::everything();
        let (volumes, arrival) = self.inner.store.book(&|volume| scope.includes(volume))?;
        Ok(Book { scope, volumes, arrival })
    }

    /// Stores what came and brings the documents up to it; the receipt is true when this returns. `from` is whoever
    /// handed it over, none for a file.
    pub(crate) fn take_in(&self, batch: &Batch, from: Option<DeviceKey>) -> Result<Taken, Error> {
        let parts =
            batch.parts().map(|part| IncomingPart::read(*part.volume(), part.heads(), part.entries())).collect();
        let incoming = IncomingBatch { from, received_ms: self.now().0, parts };
        let mut receipt = self.inner.store.ingest(&incoming)?;
        let sent: Vec<(VolumeId, Frontier)> = batch
            .parts()
            .map(|part| (*part.volume(), part.heads().iter().map(|head| (head.writer(), head.position)).collect()))
            .collect();
        let mut released = self.settle()?;
        if receipt.parked > 0 {
            // The batch itself may have said which devices there are, those taken out of use among them: what these
            // wrote counts because it is the server that hands it over, which what waits no longer knows.
            let restate = receipt.restate;
            receipt = self.inner.store.ingest(&incoming)?;
            receipt.restate |= restate;
            released |= self.settle()?;
        }
        // Who sends an entry has it. Only now: entries of a device that was not known yet have been let in.
        if let Some(peer) = from {
            self.inner.store.set_peer_frontier(peer, &sent)?;
        }
        self.inner.link.send_modify(|link| link.committed = link.committed.max(receipt.arrival));
        let refused = receipt
            .refused
            .into_iter()
            .map(|refused| Refusal {
                volume: refused.volume,
                writer: refused.writer,
                seq: refused.seq,
                code: refused.code.into(),
                text: refused.text,
            })
            .collect();
        let restate = receipt.restate || released;
        Ok(Taken { receipt: Receipt { ticket: batch.ticket(), held: receipt.held, refused }, restate })
    }

    fn forked(&self, writer: &WriterId) -> Result<bool, Error> {
        Ok(self.inner.store.refused_as_fork(self.identity().server, writer)?)
    }

    async fn perform<S>(&self, effect: Effect, socket: &mut S) -> Result<Performed, Error>
    where
        S: SinkExt<Message> + Unpin,
        S::Error: std::fmt::Display,
    {
        match effect {
            Effect::Send(frame) => {
                socket.send(Message::Binary(frame)).await.map_err(|error| Error::Offline(error.to_string()))?;
            }
            Effect::Store(batch) => {
                let client = self.clone();
                let server = self.identity().server;
                let Taken { receipt, restate } = blocking(move || client.take_in(&batch, Some(server))).await?;
                let mut answers = vec![Event::Stored(receipt)];
                if restate {
                    answers.push(Event::Restate(self.inner.store.frontiers()?));
                }
                return Ok(Performed::Answers(answers));
            }
            Effect::ReadLog(asked) => {
                let store = self.inner.store.clone();
                let chunk = blocking(move || read_log(&store, &asked)).await?;
                return Ok(Performed::Answers(vec![Event::LogRead(chunk)]));
            }
            Effect::Stated(held) => {
                let (store, server) = (self.inner.store.clone(), self.identity().server);
                // A server that came back from an older copy holds less than it once acknowledged.
                blocking(move || {
                    store.forget_peer_frontier(server)?;
                    Ok(store.set_peer_frontier(server, &held)?)
                })
                .await?;
                self.inner.link.send_modify(|_| {});
            }
            Effect::Acked(held) => {
                let (store, server, now) = (self.inner.store.clone(), self.identity().server, self.now());
                blocking(move || Ok(store.set_peer_frontier(server, &held)?)).await?;
                self.inner.link.send_modify(|link| link.last_contact = Some(now));
                // What lists say of delivery has changed, of which records only the store knows.
                self.announce(BookChanged::default());
            }
            Effect::InSync => {
                let now = self.now();
                self.inner.store.in_sync_with_server()?;
                self.inner.link.send_modify(|link| {
                    link.connected = true;
                    link.in_sync = true;
                    link.offline_since = None;
                    link.trouble = None;
                    link.last_contact = Some(now);
                });
                return Ok(Performed::InSync);
            }
            Effect::Refused(refused) => {
                let mut restate = false;
                for refusal in refused {
                    tracing::warn!(code = %refusal.code, text = %refusal.text, "the server set an entry aside");
                    restate |= refusal.code == "fork" && self.forked(&refusal.writer)?;
                }
                if restate {
                    return Ok(Performed::Answers(vec![Event::Restate(self.inner.store.frontiers()?)]));
                }
            }
            Effect::Forked { volume, writer, .. } => {
                tracing::warn!(%volume, %writer, "the same writer has two branches: a device was cloned or restored");
                if self.forked(&writer)? {
                    return Ok(Performed::Answers(vec![Event::Restate(self.inner.store.frontiers()?)]));
                }
            }
            Effect::Authorise { .. } => {}
            Effect::Close { goodbye, by_peer } => {
                let passes = goodbye.code.may_pass();
                let (code, text) = (goodbye.code.as_str().to_owned(), goodbye.text);
                return Ok(Performed::Closed(if !passes {
                    // Whoever said it: somebody else in the server's place does not become the server by waiting.
                    Err(Error::SentAway { code, text })
                } else if !by_peer && matches!(goodbye.code, GoodbyeCode::ShuttingDown) {
                    Ok(())
                } else {
                    Err(Error::Offline(text))
                }));
            }
        }
        Ok(Performed::Nothing)
    }
}

enum Performed {
    Nothing,
    Answers(Vec<Event>),
    InSync,
    Closed(Result<(), Error>),
}

enum Until {
    InSync,
    Stopped(CancellationToken),
}

impl Until {
    async fn stopped(&self) {
        match self {
            Self::InSync => std::future::pending().await,
            Self::Stopped(stop) => stop.cancelled().await,
        }
    }
}

/// What became of a batch.
pub(crate) struct Taken {
    /// What is to be answered.
    pub(crate) receipt: Receipt,
    /// Whether what this side holds is to be said again on its connection.
    pub(crate) restate: bool,
}

pub(crate) fn read_log(store: &Store, asked: &ReadLog) -> Result<LogChunk, Error> {
    let wanted = |volume: &_, writer: &_| asked.coverage.wanted_after(volume, writer);
    let read = store.read_log(asked.after, asked.limit_bytes, &wanted)?;
    let entries = read.entries.into_iter().map(|entry| LogEntry {
        arrival: entry.arrival,
        volume: entry.volume,
        writer: entry.writer,
        seq: entry.seq,
        bytes: Bytes::from(entry.bytes),
        head: entry.head,
    });
    Ok(LogChunk { after: asked.after, entries: entries.collect(), through: read.through, end: read.end })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Error::Offline(error.to_string())),
    }
}
