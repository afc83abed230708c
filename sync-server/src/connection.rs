//! One WebSocket, driven by a session.
//!
//! Invariants
//! - Sending never keeps this side from receiving: frames go to a task of their own. Its queue is bounded by the
//!   session's window, and while a peer does not take its acknowledgements nothing more is read from it.
//! - Whatever the reason for the end, the other side is told before the socket closes: as a `Goodbye`, and for programs
//!   that speak something else as the WebSocket's close reason.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use bytes::Bytes;
use dutybook_log::DeviceKey;
use dutybook_store::{IncomingBatch, IncomingPart};
use dutybook_sync::{
    Batch, Book, Effect, Event, FRAME_BYTES, Goodbye, GoodbyeCode, HELLO_BYTES, LogChunk, ReadLog, Scope, Session,
    TARGET_BYTES, WINDOW_BYTES,
};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio_tungstenite::tungstenite;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::intake::{Handed, Job};
use crate::line::{Caller, Pass, TooMuch};
use crate::server::{Presence, Server};

/// How often the session is told the time.
const TICK: Duration = Duration::from_secs(5);
/// How long a line may be silent before it is asked whether it still stands.
const PING_AFTER_MS: u64 = 20_000;
/// How long it may stay silent after that.
const SILENT_MS: u64 = 60_000;
/// Bytes that may wait for a peer to take them: its window and far more acknowledgements than it has a use for.
const OUTBOX_BYTES: usize = 4 * WINDOW_BYTES;
/// How many refusals or forks of one message are written down each by itself: nobody fills the disk with them.
const TOLD: usize = 4;
/// How long a peer has to take the last words.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs a connection to its end.
pub(crate) async fn run(server: Arc<Server>, socket: WebSocket, challenge: [u8; 32], caller: Caller) {
    let (sink, stream) = socket.split();
    let (events, answers) = unbounded_channel();
    let outbox = Outbox::start(sink);
    let mut connection = Connection {
        session: Session::answer(server.replica(), challenge),
        committed: server.log.subscribe(),
        restate: server.restate.subscribe(),
        server,
        events,
        outbox,
        presence: None,
        heard_ms: 0,
        pinged: false,
        from: caller.from.to_string(),
        pass: caller.pass,
        replaced: CancellationToken::new(),
    };
    connection.run(stream, answers).await;
}

struct Connection {
    server: Arc<Server>,
    session: Session,
    committed: watch::Receiver<u64>,
    restate: watch::Receiver<u64>,
    /// Where the other threads answer.
    events: UnboundedSender<Event>,
    outbox: Outbox,
    /// Set once the device is known.
    presence: Option<Presence>,
    heard_ms: u64,
    pinged: bool,
    from: String,
    /// Until the device is known this is a stranger's connection.
    pass: Arc<Pass>,
    /// Cancelled when the device has connected again too often.
    replaced: CancellationToken,
}

/// What a connection waits for next.
enum Next {
    Event(Event),
    Message(Option<Result<Message, axum::Error>>),
    Restate,
    Tick,
    Room,
}

impl Connection {
    async fn run(&mut self, mut stream: SplitStream<WebSocket>, mut answers: UnboundedReceiver<Event>) {
        self.heard_ms = self.server.clock.forward_ms();
        let mut ticks = tokio::time::interval(TICK);
        let shutdown = self.server.shutdown.clone();
        let mut over = self.handle(Event::Opened).await;
        let mut stopping = false;
        while !over {
            let replaced = self.replaced.clone();
            let may_read = self.session.unstored_bytes() <= WINDOW_BYTES && self.outbox.waiting() < OUTBOX_BYTES;
            let next = tokio::select! {
                () = shutdown.cancelled(), if !stopping => {
                    stopping = true;
                    let text = "the server is being stopped; the device connects again by itself";
                    Next::Event(Event::End(Goodbye::new(GoodbyeCode::ShuttingDown, text)))
                }
                () = replaced.cancelled() => {
                    let text = "this device has too many connections; the oldest of them ends";
                    Next::Event(Event::End(Goodbye::new(GoodbyeCode::Busy, text)))
                }
                Some(event) = answers.recv() => Next::Event(event),
                Ok(()) = self.committed.changed() => {
                    Next::Event(Event::Committed { arrival: *self.committed.borrow_and_update() })
                }
                Ok(()) = self.restate.changed() => Next::Restate,
                message = stream.next(), if may_read => Next::Message(message),
                () = self.outbox.room.notified(), if !may_read => Next::Room,
                _ = ticks.tick() => Next::Tick,
            };
            over = match next {
                Next::Event(event) => self.handle(event).await,
                Next::Message(message) => self.receive(message).await,
                Next::Restate => self.say_again().await,
                Next::Tick => self.tick(may_read).await,
                Next::Room => false,
            };
        }
        self.finish(stream).await;
    }

    /// Lets the peer take the last words, then closes. A socket closed with unread bytes in it would take them back.
    async fn finish(&mut self, mut stream: SplitStream<WebSocket>) {
        if self.replaced.is_cancelled() && self.outbox.waiting() > TARGET_BYTES {
            // It has not read for a while, and there is a newer connection: what waits for it is not kept.
            return;
        }
        let _ = tokio::time::timeout(LAST_WORDS, self.outbox.finish()).await;
        let drained = async { while let Some(Ok(_)) = stream.next().await {} };
        let _ = tokio::time::timeout(LAST_WORDS, drained).await;
        if let Some(presence) = &self.presence {
            self.server.intake.hand_in(Job::Contact { peer: presence.device() });
        }
    }

    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> bool {
        self.heard_ms = self.server.clock.forward_ms();
        self.pinged = false;
        let wrong = |text: &str| Event::End(Goodbye::new(GoodbyeCode::Malformed, text));
        match message {
            Some(Ok(Message::Binary(frame))) => self.handle(Event::Received(frame)).await,
            Some(Ok(Message::Text(_))) => {
                let text = "this address speaks the Dutybook sync protocol in binary messages, not in text";
                self.handle(wrong(text)).await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => false,
            Some(Err(error)) if is_too_large(&error) => {
                let limit = if self.presence.is_some() { FRAME_BYTES } else { HELLO_BYTES };
                let text = format!("a message may have {limit} bytes here");
                self.handle(Event::End(Goodbye::new(GoodbyeCode::FrameTooLarge, text))).await
            }
            Some(Err(error)) => {
                tracing::debug!(from = %self.from, %error, "the line broke");
                true
            }
            Some(Ok(Message::Close(_))) | None => {
                tracing::debug!(from = %self.from, "the other side closed");
                true
            }
        }
    }

    async fn tick(&mut self, may_read: bool) -> bool {
        let now_ms = self.server.clock.forward_ms();
        if !may_read {
            // It may have said a lot: it was not listened to.
            self.heard_ms = now_ms;
        }
        let silent_ms = now_ms.saturating_sub(self.heard_ms);
        if silent_ms > SILENT_MS {
            let text = "the device has not been heard of for too long";
            return self.handle(Event::End(Goodbye::new(GoodbyeCode::Timeout, text))).await;
        }
        if silent_ms > PING_AFTER_MS && !self.pinged {
            self.pinged = true;
            self.outbox.send(Message::Ping(Bytes::new()));
        }
        if self.is_revoked().await {
            return self.handle(Event::End(revoked())).await;
        }
        self.handle(Event::Tick { now_ms }).await
    }

    /// Whether the device was taken out of use while it is connected.
    async fn is_revoked(&self) -> bool {
        let Some(device) = self.presence.as_ref().map(Presence::device) else { return false };
        let looked_up = self.server.blocking(move |server| server.store.device(device)).await;
        looked_up.is_ok_and(|device| device.is_none_or(|device| device.revoked))
    }

    async fn say_again(&mut self) -> bool {
        self.restate.mark_unchanged();
        match self.server.blocking(|server| server.store.frontiers()).await {
            Ok(held) => self.handle(Event::Restate(held)).await,
            Err(error) => self.handle(Event::End(unavailable(&error))).await,
        }
    }

    /// Carries out what the session wants. True: the connection is over.
    async fn handle(&mut self, event: Event) -> bool {
        if let (Event::Stored(receipt), Some(presence)) = (&event, &self.presence)
            && !receipt.refused.is_empty()
        {
            let mut patience = self.server.patience.lock().unwrap_or_else(PoisonError::into_inner);
            patience.refused(presence.device(), receipt.refused.len(), Instant::now());
        }
        let mut effects = self.session.handle(event);
        let mut over = false;
        let mut forks = 0;
        while !effects.is_empty() {
            let mut answers = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Send(frame) => self.outbox.send(Message::Binary(frame)),
                    Effect::Authorise { device, scope } => {
                        let event = self.authorise(device, scope).await;
                        answers.extend(self.session.handle(event));
                    }
                    Effect::Store(batch) => {
                        if !self.hand_in(batch).await {
                            over = true;
                        }
                    }
                    Effect::ReadLog(request) => {
                        if let Some(chunk) = self.server.log.recent(&request) {
                            answers.extend(self.session.handle(Event::LogRead(chunk)));
                        } else {
                            self.read_log(request);
                        }
                    }
                    Effect::Stated(held) => self.holds(held, true),
                    Effect::Acked(held) => self.holds(held, false),
                    Effect::Refused(refused) => {
                        if refused.len() > TOLD {
                            tracing::warn!(from = %self.from, entries = refused.len(), "a device does not take entries");
                        }
                        for refusal in refused.into_iter().take(TOLD) {
                            tracing::warn!(
                                from = %self.from, volume = %refusal.volume, writer = %refusal.writer, seq = refusal.seq,
                                code = %refusal.code, reason = %refusal.text, "a device does not take an entry"
                            );
                        }
                    }
                    Effect::Forked { .. } if forks >= TOLD => {}
                    Effect::Forked { volume, writer, ours, theirs } => {
                        forks += 1;
                        tracing::warn!(
                            from = %self.from, %volume, %writer, ours = ours.seq, theirs = theirs.seq,
                            "a writer has two branches: a device was cloned or restored"
                        );
                    }
                    Effect::InSync => tracing::debug!(from = %self.from, "in sync"),
                    Effect::Close { goodbye, by_peer } => {
                        self.close(&goodbye, by_peer);
                        over = true;
                    }
                }
            }
            effects = answers;
        }
        over
    }

    async fn authorise(&mut self, device: DeviceKey, scope: Scope) -> Event {
        let looked_up = self
            .server
            .blocking(move |server| {
                let Some(device) = server.store.device(device)? else { return Ok(None) };
                let scope = Scope::of_role(&device.role).narrowed(&scope);
                let (volumes, arrival) = server.store.book(&|volume| scope.includes(volume))?;
                Ok(Some((device, Book { scope, volumes, arrival })))
            })
            .await;
        match looked_up {
            Err(error) => Event::End(unavailable(&error)),
            Ok(None) => Event::End(Goodbye::new(
                GoodbyeCode::UnknownDevice,
                "this device is not enrolled at this site; make a token on the server and enrol it",
            )),
            Ok(Some((device, _))) if device.revoked => {
                tracing::warn!(from = %self.from, device = %device.prefix, "a revoked device was turned away");
                Event::End(revoked())
            }
            Ok(Some((known, book))) => {
                tracing::info!(from = %self.from, device = %known.prefix, role = %known.role, "connected");
                self.from = format!("{} {}", known.prefix, self.from);
                let presence = self.server.present(device);
                self.replaced = presence.replaced();
                self.presence = Some(presence);
                self.pass.is_known();
                self.server.intake.hand_in(Job::Contact { peer: device });
                Event::Authorised(book)
            }
        }
    }

    /// Reads the entries here, beside the other connections, and hands them in to be written.
    async fn hand_in(&self, batch: Batch) -> bool {
        let bytes = batch.frame_bytes();
        // Whoever sends what has to be refused waits; the others do not wait for it.
        let wait = self.presence.as_ref().and_then(|presence| {
            let patience = self.server.patience.lock().unwrap_or_else(PoisonError::into_inner);
            patience.waits(presence.device(), Instant::now())
        });
        if let Some(wait) = wait {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.replaced.cancelled() => return false,
                () = self.server.shutdown.cancelled() => {}
            }
        }
        let Some(permit) = self.server.intake.room(bytes).await else { return false };
        let parts =
            batch.parts().map(|part| IncomingPart::read(*part.volume(), part.heads(), part.entries())).collect();
        let from = self.presence.as_ref().map(Presence::device);
        self.server.intake.hand_in(Job::Store(Handed {
            ticket: batch.ticket(),
            batch: IncomingBatch { from, received_ms: clock::wall_ms(), parts },
            bytes,
            reply: self.events.clone(),
            permit,
        }));
        true
    }

    fn read_log(&self, request: ReadLog) {
        let (server, events) = (Arc::clone(&self.server), self.events.clone());
        // Not awaited: while the database is read the connection goes on receiving.
        self.server.tasks.spawn(async move {
            let read: Result<LogChunk, _> = server.blocking(move |server| server.log.read(&request)).await;
            let event = read.map_or_else(|error| Event::End(unavailable(&error)), Event::LogRead);
            let _ = events.send(event);
        });
    }

    fn holds(&self, held: Vec<dutybook_sync::Held>, stated: bool) {
        if let Some(presence) = &self.presence {
            self.server.intake.hand_in(Job::Held { peer: presence.device(), held, stated });
        }
    }

    fn close(&self, goodbye: &Goodbye, by_peer: bool) {
        tracing::info!(from = %self.from, code = %goodbye.code, reason = %goodbye.text, by_peer, "connection ends");
        let code = if goodbye.code.may_pass() { close_code::AWAY } else { close_code::POLICY };
        // A close frame carries at most 123 bytes.
        let mut reason = format!("{}: {}", goodbye.code, goodbye.text);
        let end = (0..=reason.len().min(123)).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or(0);
        reason.truncate(end);
        self.outbox.send(Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from(reason) })));
    }
}

fn revoked() -> Goodbye {
    let text = "this device was taken out of use at this site; ask whoever keeps the server";
    Goodbye::new(GoodbyeCode::RevokedDevice, text)
}

fn unavailable(error: &dutybook_store::Error) -> Goodbye {
    tracing::error!(%error, "the book cannot be read");
    Goodbye::new(GoodbyeCode::StorageUnavailable, format!("the server cannot read its book at the moment ({error})"))
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(tungstenite::Error::Capacity(_)) = error.downcast_ref() {
            return true;
        }
        let io = error.downcast_ref::<std::io::Error>().or_else(|| match error.downcast_ref() {
            Some(tungstenite::Error::Io(io)) => Some(io),
            _ => None,
        });
        if io.and_then(std::io::Error::get_ref).is_some_and(|inner| inner.is::<TooMuch>()) {
            return true;
        }
        source = error.source();
    }
    false
}

// ---- sending --------------------------------------------------------------------------------------------------------

/// Frames on their way to the socket.
struct Outbox {
    frames: Option<UnboundedSender<Message>>,
    waiting: Arc<AtomicUsize>,
    room: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Outbox {
    fn start(mut sink: SplitSink<WebSocket, Message>) -> Self {
        let (frames, mut queue) = unbounded_channel::<Message>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let room = Arc::new(Notify::new());
        let task = tokio::spawn({
            let (waiting, room) = (Arc::clone(&waiting), Arc::clone(&room));
            async move {
                while let Some(frame) = queue.recv().await {
                    let mut bytes = size(&frame);
                    let mut sent = sink.feed(frame).await;
                    // What else is there goes into the same packets.
                    while sent.is_ok() {
                        let Ok(frame) = queue.try_recv() else { break };
                        bytes += size(&frame);
                        sent = sink.feed(frame).await;
                    }
                    let sent = match sent {
                        Ok(()) => sink.flush().await,
                        Err(error) => Err(error),
                    };
                    if sent.is_err() {
                        // The reading half notices the same as soon as it reads again.
                        waiting.store(0, Ordering::Relaxed);
                        room.notify_one();
                        return;
                    }
                    waiting.fetch_sub(bytes, Ordering::Relaxed);
                    room.notify_one();
                }
                let _ = sink.close().await;
            }
        });
        Self { frames: Some(frames), waiting, room, task }
    }

    fn send(&self, frame: Message) {
        let bytes = size(&frame);
        if self.frames.as_ref().is_some_and(|frames| frames.send(frame).is_ok()) {
            self.waiting.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Sends everything that is left.
    async fn finish(&mut self) {
        self.frames = None;
        let _ = (&mut self.task).await;
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        // A peer that does not take its last words keeps nobody here.
        self.task.abort();
    }
}

fn size(message: &Message) -> usize {
    match message {
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Text(text) => text.len(),
        Message::Close(_) => 0,
    }
}
