//! One WebSocket, driven by a session: with the server or with another device, whoever dialled.
//!
//! Invariants
//! - What is said of the server (delivered, in sync, whose branch of a fork stays) is said by the server only. Another
//!   device that holds an entry is a second copy, never a delivery.
//! - A line that is silent for too long is given up, so that a tablet carried out of reach does not stay "connected".

use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use dutybook_log::DeviceKey;
use dutybook_sync::{
    CHALLENGE_HEADER, DEVICE_HEADER, Effect, Event, FRAME_BYTES, Goodbye, GoodbyeCode, Session, WINDOW_BYTES,
};
use futures_util::StreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use super::outbox::{LAST_WORDS, Outbox};
use super::{Link, Taken, read_log};
use crate::client::Client;
use crate::error::Error;
use crate::shown::BookChanged;

const TICK: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long a line may be silent before it is asked whether it still stands.
const PING_AFTER: Duration = Duration::from_secs(20);
/// How long it may stay silent after that.
const SILENT: Duration = Duration::from_secs(60);
/// Bytes that may wait for the other side to take them before nothing more is read from it.
const OUTBOX_BYTES: usize = 4 * WINDOW_BYTES;

/// A connection that was answered, before a word was said.
pub(crate) struct Dialled {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// To be signed in the first message.
    pub(crate) challenge: [u8; 32],
    /// The key that the answering side says it has; it has to show it later.
    pub(crate) device: Option<DeviceKey>,
}

/// Frames as large as the session allows.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(FRAME_BYTES)).max_frame_size(Some(FRAME_BYTES))
}

/// Connects to whoever serves the book at `url`.
pub(crate) async fn dial(url: &str) -> Result<Dialled, Error> {
    let address = format!("{}/sync", url.trim_end_matches('/').replacen("http", "ws", 1));
    let dialled = tokio_tungstenite::connect_async_with_config(address.as_str(), Some(config()), true);
    let (socket, response) = tokio::time::timeout(CONNECT_WITHIN, dialled)
        .await
        .map_err(|_| offline(&"there was no answer in time"))?
        .map_err(|error| offline(&error))?;
    let header = |name: &str| -> Option<[u8; 32]> {
        HEXLOWER.decode(response.headers().get(name)?.as_bytes()).ok()?.try_into().ok()
    };
    let challenge = header(CHALLENGE_HEADER).ok_or_else(|| offline(&"what answered there is no Dutybook"))?;
    Ok(Dialled { challenge, device: header(DEVICE_HEADER).map(DeviceKey), socket })
}

/// When to leave a connection that works.
pub(crate) enum Until {
    /// When both sides hold the same.
    InSync,
    /// When told to.
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

/// A connection with its session.
pub(crate) struct Connection {
    client: Client,
    session: Session,
    /// Who is at the other end, once it is known.
    peer: Option<DeviceKey>,
    /// Whether another device has shown that it is the one, and is counted as here.
    met: bool,
    until: Until,
}

enum Performed {
    Nothing,
    Answers(Vec<Event>),
    InSync,
    Closed(Result<(), Error>),
}

enum Next {
    Event(Event),
    Frame(Option<Result<Message, tungstenite::Error>>),
    Tick,
    Room,
}

impl Connection {
    /// `peer` is whom the session dialled; none for one that was answered.
    pub(crate) const fn new(client: Client, session: Session, peer: Option<DeviceKey>, until: Until) -> Self {
        Self { client, session, peer, met: false, until }
    }

    /// Runs to the end. What was exchanged until then stays exchanged.
    ///
    /// # Errors
    /// [`Error::Offline`] when the line broke; [`Error::SentAway`] when coming again will not help.
    pub(crate) async fn run<S>(mut self, socket: WebSocketStream<S>) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sink, mut stream) = socket.split();
        let mut outbox = Outbox::start(sink);
        let outcome = self.converse(&mut outbox, &mut stream).await;
        if let Some(peer) = self.peer.filter(|_| self.met) {
            self.client.parted(peer);
        }
        outbox.finish().await;
        // A socket closed with unread bytes in it would take the last words back.
        let drained = async { while let Some(Ok(_)) = stream.next().await {} };
        let _ = tokio::time::timeout(LAST_WORDS, drained).await;
        outcome
    }

    async fn converse<T>(&mut self, outbox: &mut Outbox, stream: &mut T) -> Result<(), Error>
    where
        T: futures_util::Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
    {
        let mut link: watch::Receiver<Link> = self.client.link();
        let started = Instant::now();
        let mut heard = started;
        let mut pinged = false;
        let mut ticks = tokio::time::interval(TICK);
        if let Some(outcome) = self.handle(Event::Opened, outbox).await? {
            return outcome;
        }
        loop {
            let may_read = self.session.unstored_bytes() <= WINDOW_BYTES && outbox.waiting() < OUTBOX_BYTES;
            let next = tokio::select! {
                frame = stream.next(), if may_read => Next::Frame(frame),
                () = outbox.room.notified(), if !may_read => Next::Room,
                changed = link.changed() => {
                    changed.map_err(|error| offline(&error))?;
                    let arrival = link.borrow_and_update().committed;
                    Next::Event(Event::Committed { arrival })
                }
                _ = ticks.tick() => Next::Tick,
                () = self.until.stopped() => {
                    Next::Event(Event::End(Goodbye::new(GoodbyeCode::ShuttingDown, "the app is closing")))
                }
            };
            let event = match next {
                Next::Event(event) => event,
                Next::Room => continue,
                Next::Frame(frame) => {
                    (heard, pinged) = (Instant::now(), false);
                    match frame {
                        Some(Ok(Message::Binary(frame))) => Event::Received(frame),
                        Some(Ok(Message::Close(_))) | None => return Err(offline(&"the connection was closed")),
                        Some(Ok(_)) => continue,
                        Some(Err(error)) => return Err(offline(&error)),
                    }
                }
                Next::Tick => {
                    if !may_read {
                        // It may have said a lot: it was not listened to.
                        heard = Instant::now();
                    }
                    if heard.elapsed() > SILENT {
                        Event::End(Goodbye::new(
                            GoodbyeCode::Timeout,
                            "the other side has not been heard of for too long",
                        ))
                    } else {
                        if heard.elapsed() > PING_AFTER && !pinged {
                            pinged = true;
                            outbox.send(Message::Ping(Bytes::new()));
                        }
                        Event::Tick { now_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX) }
                    }
                }
            };
            if let Some(outcome) = self.handle(event, outbox).await? {
                return outcome;
            }
        }
    }

    /// Carries out what the session wants. An answer: the connection is over.
    async fn handle(&mut self, event: Event, outbox: &Outbox) -> Result<Option<Result<(), Error>>, Error> {
        let mut effects = self.session.handle(event);
        while !effects.is_empty() {
            let mut next = Vec::new();
            for effect in effects {
                match self.perform(effect, outbox).await? {
                    Performed::Nothing => {}
                    Performed::Answers(answers) => {
                        next.extend(answers.into_iter().flat_map(|answer| self.session.handle(answer)));
                    }
                    Performed::InSync if matches!(self.until, Until::InSync) => return Ok(Some(Ok(()))),
                    Performed::InSync => {}
                    Performed::Closed(outcome) => return Ok(Some(outcome)),
                }
            }
            effects = next;
        }
        Ok(None)
    }

    fn is_server(&self, peer: DeviceKey) -> bool {
        peer == self.client.identity().server
    }

    fn peer(&self) -> Result<DeviceKey, Error> {
        self.peer.ok_or_else(|| offline(&"the other side has not said who it is"))
    }

    async fn perform(&mut self, effect: Effect, outbox: &Outbox) -> Result<Performed, Error> {
        let client = self.client.clone();
        match effect {
            Effect::Send(frame) => outbox.send(Message::Binary(frame)),
            Effect::Authorise { device, .. } => {
                let event = blocking(move || client.authorise(device)).await?;
                if matches!(event, Event::Authorised(_)) {
                    self.peer = Some(device);
                }
                return Ok(Performed::Answers(vec![event]));
            }
            Effect::Store(batch) => {
                let peer = self.peer()?;
                let entries = batch.parts().map(|part| part.entries().len()).sum::<usize>();
                let Taken { receipt, restate } = blocking(move || client.take_in(&batch, Some(peer))).await?;
                if !self.is_server(peer) {
                    self.client.received_from(peer, entries);
                }
                let mut answers = vec![Event::Stored(receipt)];
                if restate {
                    answers.push(self.say_again()?);
                }
                return Ok(Performed::Answers(answers));
            }
            Effect::ReadLog(asked) => {
                let chunk = blocking(move || read_log(client.store(), &asked)).await?;
                return Ok(Performed::Answers(vec![Event::LogRead(chunk)]));
            }
            Effect::Stated(held) => {
                let (peer, now) = (self.peer()?, client.now());
                // A server that came back from an older copy holds less than it once acknowledged.
                blocking(move || {
                    client.store().forget_peer_frontier(peer)?;
                    client.store().set_peer_frontier(peer, &held)?;
                    Ok(client.store().set_last_contact(peer, now.0)?)
                })
                .await?;
                // It says so again whenever what it holds is to be counted anew.
                if !self.is_server(peer) && !std::mem::replace(&mut self.met, true) {
                    self.client.met(peer);
                }
                self.client.inner.link.send_modify(|_| {});
            }
            Effect::Acked(held) => {
                let (peer, now) = (self.peer()?, client.now());
                blocking(move || Ok(client.store().set_peer_frontier(peer, &held)?)).await?;
                if self.is_server(peer) {
                    self.client.inner.link.send_modify(|link| link.last_contact = Some(now));
                }
                // What lists say of delivery has changed, of which records only the store knows.
                self.client.announce(BookChanged::default());
            }
            Effect::InSync => {
                let (peer, now) = (self.peer()?, client.now());
                if self.is_server(peer) {
                    client.store().in_sync_with_server()?;
                    client.inner.link.send_modify(|link| {
                        link.connected = true;
                        link.in_sync = true;
                        link.offline_since = None;
                        link.trouble = None;
                        link.last_contact = Some(now);
                    });
                } else {
                    client.in_sync_with(peer);
                }
                return Ok(Performed::InSync);
            }
            Effect::Refused(refused) => {
                let peer = self.peer()?;
                let mut restate = false;
                for refusal in refused {
                    tracing::warn!(code = %refusal.code, text = %refusal.text, "the other side set an entry aside");
                    restate |= refusal.code == "fork" && client.store().refused_as_fork(peer, &refusal.writer)?;
                }
                if restate {
                    return Ok(Performed::Answers(vec![self.say_again()?]));
                }
            }
            Effect::Forked { volume, writer, .. } => {
                tracing::warn!(%volume, %writer, "the same writer has two branches: a device was cloned or restored");
                if client.store().refused_as_fork(self.peer()?, &writer)? {
                    return Ok(Performed::Answers(vec![self.say_again()?]));
                }
            }
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

    fn say_again(&self) -> Result<Event, Error> {
        Ok(Event::Restate(self.client.store().frontiers()?))
    }
}

pub(crate) fn offline(error: &dyn std::fmt::Display) -> Error {
    Error::Offline(error.to_string())
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Error::Offline(error.to_string())),
    }
}
