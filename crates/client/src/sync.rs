//! Keeping in step with the server: one [`connection`] after another.
//!
//! Invariants
//! - Losing the connection loses nothing: what is to be sent is read from the log, and what the server holds is what it
//!   has acknowledged after its own COMMIT.
//! - Waiting before the next try grows and is drawn at random, so that twenty tablets do not come back in one moment.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dutybook_domain::{Timestamp, Words};
use dutybook_log::{DeviceKey, Frontier, VolumeId};
use dutybook_store::{IncomingBatch, IncomingPart, Store};
use dutybook_sync::{Batch, Book, LogChunk, LogEntry, ReadLog, Receipt, Refusal, Replica, Scope, Session, Sign};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) mod connection;
mod outbox;

use connection::{Connection, Dialled, Until, dial};

use crate::client::Client;
use crate::clock::random;
use crate::error::Error;
use crate::shown::{SyncShown, SyncWord};

/// Setting that holds the server's address.
pub(crate) const SERVER_URL: &str = "server_url";

const FIRST_WAIT_MS: u64 = 500;
const LONGEST_WAIT_MS: u64 = 30_000;

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
    pub trouble: Option<Words>,
    /// Last arrival in the own log.
    pub(crate) committed: u64,
    /// Raised to try at once.
    pub(crate) nudges: u64,
}

pub(crate) struct Signing(pub(crate) Arc<Store>);

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
            pictures: u32::try_from(self.inner.store.files_to_send()?.files).unwrap_or(u32::MAX),
            offline_since: link.offline_since,
            last_contact: link.last_contact,
            trouble: link.trouble,
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
                Err(error @ Error::SentAway { .. }) => self.lost(Some(error.words())),
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

    fn lost(&self, trouble: Option<Words>) {
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
        let Dialled { socket, challenge, .. } = dial(url).await?;
        let server = self.identity().server;
        let book = self.book(&Scope::everything())?;
        let session = Session::dial(self.replica(), server, challenge, random(), book);
        Connection::new(self.clone(), session, Some(server), until).run(socket).await
    }

    pub(crate) fn replica(&self) -> Replica {
        Replica { site: self.identity().site, device: Arc::new(Signing(self.inner.store.clone())) }
    }

    /// What this device holds of the volumes in `scope`.
    pub(crate) fn book(&self, scope: &Scope) -> Result<Book, Error> {
        let (volumes, arrival) = self.inner.store.book(&|volume| scope.includes(volume))?;
        self.inner.link.send_modify(|link| link.committed = link.committed.max(arrival));
        Ok(Book { scope: scope.clone(), volumes, arrival })
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
