//! A connection about one document, with a log in memory and no database: one of many writers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use automerge::Automerge;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use dutybook_client::random;
use dutybook_domain::{RecordId, Timestamp, doc};
use dutybook_log::{DeviceSecret, LocalWriter, Month};
use dutybook_sync::{Book, CHALLENGE_HEADER, Classes, Effect, Event, LogChunk, LogEntry, Replica, Scope, Session};
use dutybook_tests::peers::{device, draft, fact, server, volume_of, writer};
use dutybook_tests::rogue::all_of;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// No document of the work lives in this month or after it.
const NEVER: (u16, u8) = (2099, 12);

pub(crate) struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Session,
    secret: Arc<DeviceSecret>,
    record: RecordId,
    document: Automerge,
    actor: [u8; 16],
    writer: LocalWriter,
    log: Vec<LogEntry>,
    unsent: Vec<Bytes>,
    /// How far the server has acknowledged.
    acknowledged: u64,
    in_sync: bool,
}

impl Line {
    /// Connects as device `number` and takes in what there is of the document's volume.
    pub(crate) async fn open(url: &str, number: usize, record: RecordId) -> Result<Self> {
        let secret = Arc::new(device(number));
        let volume = volume_of(record)?;
        // In its own month only, whatever else there is.
        let classes = Classes::NONE.with(volume.class);
        let since = Some(Month::new(NEVER.0, NEVER.1).context("a month")?);
        let scope = Scope { classes, since, also: [volume].into() };
        let address = format!("{url}/sync");
        let (socket, response) = tokio_tungstenite::connect_async_with_config(address, None, true).await?;
        let challenge = response.headers().get(CHALLENGE_HEADER).context("this is no Dutybook server")?;
        let challenge = HEXLOWER.decode(challenge.as_bytes())?.try_into().ok().context("a challenge of 32 bytes")?;
        let replica = Replica { site: volume.site, device: secret.clone() };
        let book = Book { scope, volumes: BTreeMap::new(), arrival: 0 };
        let session = Session::dial(replica, server(), challenge, random(), book);
        let writer = writer(record, secret.public(), random())?;
        let mut line = Self {
            socket,
            session,
            secret,
            record,
            document: Automerge::new(),
            actor: random(),
            writer,
            log: Vec::new(),
            unsent: Vec::new(),
            acknowledged: 0,
            in_sync: false,
        };
        line.handle(Event::Opened)?;
        line.flush().await?;
        while !line.in_sync {
            line.listen().await?;
        }
        Ok(line)
    }

    /// Writes one fact and hands it to the connection.
    pub(crate) fn write(&mut self, body: &Value) -> Result<()> {
        let at = Timestamp(crate::monotonic_us() as i64 / 1_000);
        let writes = [fact(&self.secret.public(), at, "mark", body)];
        let change = doc::write(&mut self.document, self.record, &writes, &self.actor)?;
        let sealed = self.writer.append(draft(self.record, at, change))?;
        let arrival = self.log.len() as u64 + 1;
        self.log.push(LogEntry {
            arrival,
            volume: sealed.entry().volume,
            writer: sealed.entry().writer,
            seq: sealed.entry().seq,
            bytes: Bytes::from(sealed.into_bytes()),
            head: Some(self.writer.head(&self.secret)?),
        });
        self.handle(Event::Committed { arrival })
    }

    /// Until the server has acknowledged everything.
    pub(crate) async fn acknowledged(&mut self) -> Result<()> {
        self.flush().await?;
        while self.acknowledged < self.writer.position().seq {
            self.listen().await?;
        }
        Ok(())
    }

    /// Listens for so long.
    pub(crate) async fn idle(&mut self, length: Duration) -> Result<()> {
        self.flush().await?;
        let until = tokio::time::Instant::now() + length;
        loop {
            match tokio::time::timeout_at(until, self.listen()).await {
                Ok(heard) => heard?,
                Err(_) => return Ok(()),
            }
        }
    }

    async fn listen(&mut self) -> Result<()> {
        match self.socket.next().await.context("the server closed the connection")?? {
            Message::Binary(frame) => self.handle(Event::Received(frame))?,
            Message::Close(why) => bail!("the server closed the connection: {why:?}"),
            _ => {}
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<()> {
        for frame in self.unsent.drain(..) {
            self.socket.feed(Message::Binary(frame)).await?;
        }
        Ok(self.socket.flush().await?)
    }

    fn handle(&mut self, event: Event) -> Result<()> {
        let mut effects = self.session.handle(event);
        while !effects.is_empty() {
            let mut answers = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Send(frame) => self.unsent.push(frame),
                    Effect::Store(batch) => answers.extend(self.session.handle(Event::Stored(all_of(&batch)))),
                    Effect::ReadLog(asked) => {
                        let after = usize::try_from(asked.after)?.min(self.log.len());
                        let through = self.log.len() as u64;
                        let chunk =
                            LogChunk { after: asked.after, entries: self.log[after..].to_vec(), through, end: true };
                        answers.extend(self.session.handle(Event::LogRead(chunk)));
                    }
                    Effect::Acked(held) => {
                        for (_, frontier) in held {
                            if let Some(position) = frontier.get(&self.writer.writer()) {
                                self.acknowledged = self.acknowledged.max(position.seq);
                            }
                        }
                    }
                    Effect::InSync => self.in_sync = true,
                    Effect::Close { goodbye, .. } => bail!("the connection ends: {goodbye:?}"),
                    Effect::Refused(refused) => bail!("the server refuses: {refused:?}"),
                    Effect::Stated(_) | Effect::Forked { .. } | Effect::Authorise { .. } => {}
                }
            }
            effects = answers;
        }
        Ok(())
    }
}
