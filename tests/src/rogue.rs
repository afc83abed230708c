//! An enrolled device in the wrong hands: it has a real key and a real connection, and says what no honest program
//! would.
//!
//! What it does is for tests: a step that cannot be made panics.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "only tests and the attacks call this")]
#![allow(clippy::missing_errors_doc, reason = "every error means that the connection is gone")]

use std::sync::Arc;
use std::time::Duration;

use crate::fleet::Device;
use anyhow::{Context as _, Result, bail};
use automerge::transaction::{CommitOptions, Transactable as _, Transaction};
use automerge::{ActorId, Automerge, Change, ROOT};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use dutybook_domain::engine::Class;
use dutybook_domain::ids::Home;
use dutybook_domain::{Day, FactId, RecordId, Timestamp};
use dutybook_log::{
    AuthorId, DeviceKey, DeviceSecret, DocId, Entry, EntryHash, Frontier, Head, Opening, Position, Recorded,
    SealedEntry, VolumeId,
};
use dutybook_store::{Standing, Store};
use dutybook_sync::{
    Batch, Book, CHALLENGE_HEADER, Effect, Event, Goodbye, LogChunk, LogEntry, Receipt, Refusal, Replica, Scope,
    Session,
};
use futures_util::{SinkExt as _, StreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Nothing here takes this long; a test that waits for it has failed.
const DEADLINE: Duration = Duration::from_secs(30);

/// The month that the demo site's tests play in.
pub const DUTY: &str = "demo/duty/2026-11";

/// A writer of its own with a stolen key, and a log in which anything may stand.
pub struct Rogue {
    secret: Arc<DeviceSecret>,
    server: DeviceKey,
    opening: Opening,
    position: Position,
    log: Vec<LogEntry>,
}

/// What a connection came to.
#[derive(Debug, Default)]
pub struct Told {
    /// What the server refused.
    pub refused: Vec<Refusal>,
    /// Its last words, when it ended the connection.
    pub goodbye: Option<Goodbye>,
    in_sync: bool,
}

/// A connection to the server.
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Session,
    log: Vec<LogEntry>,
    /// Frames kept back instead of being sent.
    kept_back: Option<Vec<Bytes>>,
    /// What it came to so far.
    pub told: Told,
}

impl Rogue {
    /// With `device`'s key, in a writer that its honest program knows nothing of.
    pub fn of(device: &Device, volume: &str, nonce: u8) -> Result<Self> {
        Self::with_key(device.client.store().secret(), device.client.identity().server, volume, nonce)
    }

    /// With any key.
    pub fn with_key(secret: &DeviceSecret, server: DeviceKey, volume: &str, nonce: u8) -> Result<Self> {
        Self::with_nonce(secret, server, volume, [nonce; 16])
    }

    /// With any key, in a writer of that nonce.
    pub fn with_nonce(secret: &DeviceSecret, server: DeviceKey, volume: &str, nonce: [u8; 16]) -> Result<Self> {
        let opening = Opening { volume: volume.parse()?, device: secret.public(), nonce };
        let secret = Arc::new(DeviceSecret::from_bytes(secret.to_bytes()));
        Ok(Self { secret, server, opening, position: opening.start(), log: Vec::new() })
    }

    /// The id of a fact that the stolen key may give.
    pub fn fact(&self, number: u8) -> FactId {
        fact_of(self.opening.device, number)
    }

    /// Puts a change into the log, whatever it is, chained and signed as the rules want it. Answers the entry's bytes.
    pub fn write(&mut self, record: RecordId, change: Vec<u8>) -> Vec<u8> {
        let bytes = self.entry(record, change);
        self.append(self.position.seq + 1, bytes.clone());
        bytes
    }

    /// As if the entry before had been another one.
    pub fn write_after(&mut self, before: EntryHash, record: RecordId, change: Vec<u8>) {
        self.position.hash = before;
        self.write(record, change);
    }

    /// With a signature that is none.
    pub fn write_badly_signed(&mut self, record: RecordId, change: Vec<u8>) {
        self.write(record, change);
        if let Some(head) = self.log.last_mut().and_then(|entry| entry.head.as_mut()) {
            head.signature[5] ^= 1;
        }
    }

    /// From here on in the name of another device.
    pub fn pretend(&mut self, device: DeviceKey) {
        self.opening.device = device;
        self.position = self.opening.start();
    }

    /// The bytes of the next entry.
    pub fn entry(&self, record: RecordId, change: Vec<u8>) -> Vec<u8> {
        let entry = Entry {
            volume: self.opening.volume,
            writer: self.opening.writer(),
            seq: self.position.seq + 1,
            prev: self.position.hash,
            witness: None,
            author: AuthorId::DEVICE,
            recorded: Recorded { wall_ms: 1_795_000_000_000, boot: [3; 16], monotonic_ms: 1 },
            doc: DocId::from(record.0),
            change,
        };
        minicbor::to_vec(&entry).unwrap()
    }

    /// Puts any bytes into the log as the next entry, signed.
    pub fn append(&mut self, seq: u64, bytes: Vec<u8>) {
        self.position = Position { seq, hash: EntryHash(Sha256::digest(&bytes).into()) };
        let signed = minicbor::to_vec((1u64, self.opening, self.position)).unwrap();
        let signature = self.secret.sign(b"dutybook/head/1", &signed);
        self.log.push(LogEntry {
            arrival: self.log.len() as u64 + 1,
            volume: self.opening.volume,
            writer: self.opening.writer(),
            seq,
            bytes: Bytes::from(bytes),
            head: Some(Head { opening: self.opening, position: self.position, signature }),
        });
    }

    /// Hands over what somebody else wrote, as any device does for others.
    pub fn carry(&mut self, other: &Self) {
        for entry in &other.log {
            self.log.push(LogEntry { arrival: self.log.len() as u64 + 1, ..entry.clone() });
        }
    }

    /// Puts the log into a book that no program has open, past everything that would refuse it.
    pub fn plant(&self, book: &rusqlite::Connection) -> Result<()> {
        let volume = self.opening.volume.to_string();
        book.execute(
            "INSERT INTO writer (volume, writer, device, nonce, seq, hash, period)
             SELECT id, ?2, ?3, ?4, ?5, ?6, '' FROM volume WHERE name = ?1",
            rusqlite::params![
                volume,
                self.opening.writer().0,
                self.opening.device.0,
                self.opening.nonce,
                self.position.seq as i64,
                self.position.hash.0
            ],
        )?;
        let writer = book.last_insert_rowid();
        for entry in &self.log {
            let doc = SealedEntry::parse(entry.bytes.to_vec())?.entry().doc;
            book.execute(
                "INSERT OR IGNORE INTO document (doc, volume) SELECT ?1, id FROM volume WHERE name = ?2",
                rusqlite::params![doc.0, volume],
            )?;
            book.execute(
                "INSERT INTO entry (arrival, writer, seq, document, signature, bytes)
                 SELECT (SELECT max(arrival) + 1 FROM entry), ?1, ?2, id, ?3, ?4 FROM document WHERE doc = ?5",
                rusqlite::params![
                    writer,
                    entry.seq as i64,
                    entry.head.map(|head| head.signature),
                    entry.bytes.as_ref(),
                    doc.0
                ],
            )?;
        }
        Ok(())
    }

    fn book(&self) -> Book {
        let mut volumes: std::collections::BTreeMap<VolumeId, Frontier> = std::collections::BTreeMap::new();
        for entry in &self.log {
            let hash = EntryHash(Sha256::digest(&entry.bytes).into());
            volumes.entry(entry.volume).or_default().set(entry.writer, Position { seq: entry.seq, hash });
        }
        Book { scope: Scope::everything(), volumes, arrival: self.log.len() as u64 }
    }

    /// Connects, and does not say anything yet.
    pub async fn dial(&self, url: &str) -> Result<Line> {
        let address = format!("{}/sync", url.replacen("http", "ws", 1));
        let (socket, response) = tokio_tungstenite::connect_async(address).await?;
        let challenge = response.headers().get(CHALLENGE_HEADER).context("no challenge")?;
        let challenge = HEXLOWER.decode(challenge.as_bytes())?.try_into().ok().context("a challenge of 32 bytes")?;
        let replica = Replica { site: self.opening.volume.site, device: self.secret.clone() };
        let session = Session::dial(replica, self.server, challenge, [5; 32], self.book());
        Ok(Line { socket, session, log: self.log.clone(), kept_back: None, told: Told::default() })
    }

    /// Connects and says all it has to say, until both sides agree or the server has had enough.
    pub async fn sync(&self, url: &str) -> Result<Told> {
        let mut line = self.dial(url).await?;
        line.open().await?;
        let _ = line.socket.close(None).await;
        Ok(line.told)
    }
}

impl Line {
    /// Says who it is and goes on until both sides agree.
    pub async fn open(&mut self) -> Result<()> {
        self.handle(Event::Opened).await?;
        self.listen().await
    }

    /// Listens until both sides agree or the server has ended the connection.
    pub async fn listen(&mut self) -> Result<()> {
        let listening = async {
            while !self.told.in_sync && self.told.goodbye.is_none() {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(frame))) => self.handle(Event::Received(frame)).await?,
                    Some(Ok(Message::Close(_))) | None => bail!("the server closed without a word"),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                }
            }
            Ok(())
        };
        tokio::time::timeout(DEADLINE, listening).await.context("the server did not answer")?
    }

    /// Says who it is, and that it holds nothing; what comes then is not looked at.
    pub async fn ask_for_everything(&mut self) -> Result<()> {
        self.handle(Event::Opened).await?;
        let answered = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(frame))) => return self.handle(Event::Received(frame)).await,
                    Some(Ok(Message::Close(_))) | None => bail!("the server closed without a word"),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                }
            }
        };
        tokio::time::timeout(DEADLINE, answered).await.context("the server did not answer")??;
        anyhow::ensure!(self.told.goodbye.is_none(), "{:?}", self.told);
        Ok(())
    }

    /// Listens until something is refused.
    pub async fn hear_refusals(&mut self) -> Result<()> {
        while let Some(Ok(message)) = self.socket.next().await {
            // The session knows nothing of what was sent behind its back, so the frame alone is looked at: an ack.
            match message {
                Message::Binary(frame) if frame.starts_with(&[0x84, 4]) => return Ok(()),
                Message::Binary(frame) if frame.starts_with(&[0x83, 5]) => bail!("goodbye"),
                _ => {}
            }
        }
        bail!("the server closed without a word")
    }

    /// Listens until the server has ended the connection.
    pub async fn listen_to_the_end(&mut self) -> Result<()> {
        let listening = async {
            while self.told.goodbye.is_none() {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(frame))) => self.handle(Event::Received(frame)).await?,
                    Some(Ok(Message::Close(_))) | None => return Ok(()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                }
            }
            Ok(())
        };
        tokio::time::timeout(DEADLINE, listening).await.context("the server did not end it")?
    }

    /// What is below the WebSocket.
    pub fn stream(&mut self) -> Option<&mut TcpStream> {
        match self.socket.get_mut() {
            MaybeTlsStream::Plain(stream) => Some(stream),
            _ => None,
        }
    }

    /// Sends something.
    pub async fn send(&mut self, message: Message) -> Result<()> {
        Ok(self.socket.send(message).await?)
    }

    /// Sends something, and hears the server out.
    pub async fn say(&mut self, message: Message) -> Result<()> {
        self.told.in_sync = false;
        self.send(message).await?;
        self.listen().await
    }

    /// The frame in which a further entry of `rogue` would be sent.
    pub async fn frame_of(&mut self, rogue: &Rogue) -> Result<Bytes> {
        self.log.clone_from(&rogue.log);
        self.kept_back = Some(Vec::new());
        self.handle(Event::Committed { arrival: self.log.len() as u64 }).await?;
        self.kept_back.take().and_then(|frames| frames.into_iter().next()).context("nothing was to be sent")
    }

    async fn handle(&mut self, event: Event) -> Result<()> {
        let mut effects = self.session.handle(event);
        while !effects.is_empty() {
            let mut answers = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Send(frame) => match &mut self.kept_back {
                        Some(kept_back) => kept_back.push(frame),
                        None => self.socket.send(Message::Binary(frame)).await?,
                    },
                    Effect::Store(batch) => {
                        answers.extend(self.session.handle(Event::Stored(all_of(&batch))));
                    }
                    Effect::ReadLog(asked) => {
                        let entries = self.log.iter().filter(|entry| entry.arrival > asked.after).cloned().collect();
                        let through = self.log.len() as u64;
                        let chunk = LogChunk { after: asked.after, entries, through, end: true };
                        answers.extend(self.session.handle(Event::LogRead(chunk)));
                    }
                    Effect::Refused(refused) => self.told.refused.extend(refused),
                    Effect::InSync => self.told.in_sync = true,
                    Effect::Close { goodbye, .. } => self.told.goodbye = Some(goodbye),
                    Effect::Stated(_) | Effect::Acked(_) | Effect::Forked { .. } | Effect::Authorise { .. } => {}
                }
            }
            effects = answers;
        }
        Ok(())
    }
}

/// The receipt of somebody who keeps nothing, and says that they do.
#[must_use]
pub fn all_of(batch: &Batch) -> Receipt {
    let held = batch
        .parts()
        .map(|part| (*part.volume(), part.heads().iter().map(|head| (head.writer(), head.position)).collect()));
    Receipt { ticket: batch.ticket(), held: held.collect(), refused: Vec::new() }
}

/// A fact that this device may write.
pub fn fact_of(device: DeviceKey, number: u8) -> FactId {
    FactId::new(device.as_bytes(), Timestamp(1_795_000_000_000), [0, 0, 0, number])
}

/// A record that lives in [`DUTY`].
pub fn duty_record(kind: &str, number: u128) -> RecordId {
    let day = Day("2026-11-24".parse().unwrap());
    RecordId::fresh(&Home { class: Class::Duty, day, kind }, number.to_be_bytes())
}

// ---- changes --------------------------------------------------------------------------------------------------------

/// A record's document as a device holds it.
pub fn document(store: &Store, record: RecordId) -> Result<Automerge> {
    let mut doc = Automerge::new();
    for row in store.entries_of(record)?.into_iter().filter(|row| row.standing == Standing::Applied) {
        let bytes = store.entry_bytes(row.arrival)?.context("an entry has bytes")?;
        let sealed = SealedEntry::parse(bytes)?;
        doc.apply_changes([Change::from_bytes(sealed.entry().change.clone())?])?;
    }
    Ok(doc)
}

/// One change, made by the hands of `actor`.
pub fn change(
    doc: &mut Automerge,
    actor: u8,
    edit: impl FnOnce(&mut Transaction<'_>) -> Result<(), automerge::AutomergeError>,
) -> Result<Vec<u8>> {
    doc.set_actor(ActorId::from(&[actor; 16][..]));
    let mut tx = doc.transaction();
    edit(&mut tx)?;
    tx.commit_with(CommitOptions::default().with_time(0)).0.context("the edit did nothing")?;
    Ok(doc.get_last_local_change().context("a change was made")?.raw_bytes().to_vec())
}

/// A change that any record could begin with, with a text of so many bytes in it.
pub fn remark(bytes: usize) -> Result<Vec<u8>> {
    change(&mut Automerge::new(), 0x51, |tx| {
        tx.put(ROOT, "meta/kind", "work_order")?;
        tx.put(ROOT, "meta/created_at", 1_795_000_000_000_i64)?;
        tx.put(ROOT, "meta/remark", "长".repeat(bytes / 3))
    })
}

/// A chunk of Automerge's binary format with a right checksum.
pub fn chunk(chunk_type: u8, body: &[u8]) -> Vec<u8> {
    let hashed = [&[chunk_type][..], &uleb(body.len() as u64), body].concat();
    [&[0x85, 0x6f, 0x4a, 0x83], &Sha256::digest(&hashed)[..4], &hashed].concat()
}

/// `rows` times "set key k to null", in about a hundred bytes: what run-length columns allow.
pub fn bomb(rows: i64) -> Vec<u8> {
    let run = |value: &[u8]| [sleb(rows), value.to_vec()].concat();
    let columns: [(u8, Vec<u8>); 5] =
        [(0x15, run(&[1, b'k'])), (0x34, uleb(rows as u64)), (0x42, run(&[1])), (0x56, run(&[0])), (0x70, run(&[0]))];
    let mut body = vec![0, 16];
    body.extend([1; 16]);
    // Sequence and first operation 1, time 0, no message, no other actors.
    body.extend([1, 1, 0, 0, 0, columns.len() as u8]);
    for (specification, data) in &columns {
        body.extend(uleb(u64::from(*specification)));
        body.extend(uleb(data.len() as u64));
    }
    body.extend(columns.iter().flat_map(|(_, data)| data));
    chunk(1, &body)
}

fn uleb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn sleb(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
