//! The attacks, each going on until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use automerge::Automerge;
use automerge::transaction::Transactable as _;
use bytes::Bytes;
use dutybook_log::{AuthorId, DeviceKey, DeviceSecret, Entry, EntryHash, Head, Opening, Position, Recorded, WriterId};
use dutybook_sync::GoodbyeCode;
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use crate::hostile::{DEADLINE, Plan, Scene};
use crate::rogue::{self, DUTY, Rogue, bomb, change, chunk, duty_record, remark};

/// How long a slow attacker waits between two bytes.
const DRIP: Duration = Duration::from_millis(200);
/// How long whoever was cut off waits before it comes again.
const AGAIN: Duration = Duration::from_secs(2);
/// The start of a WebSocket frame of the client's with 4 MiB in it: final, binary, masked, length in eight bytes.
const FOUR_MIB: [u8; 14] = [0x82, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 7, 7, 7, 7];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What is done to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    Nothing,
    Bombs,
    Lies,
    ManyHeads,
    Forks,
    HalfRequests,
    SlowBodies,
    SilentSockets,
    HalfFrames,
    NeverReading,
    SlowReaders,
    EndlessFrames,
    OversizedFrames,
    Noise,
    UnknownMessages,
    MadeUpNames,
    StatusPages,
}

/// What attackers count.
#[derive(Debug, Default)]
struct Count {
    tried: AtomicU64,
    ended: AtomicU64,
}

/// An attack under way.
pub(crate) struct Running {
    stop: CancellationToken,
    count: Arc<Count>,
    task: JoinHandle<()>,
}

impl Running {
    /// Ends it. Answers what was tried, and how much of it the server ended or refused.
    pub(crate) async fn end(self) -> (u64, u64) {
        self.stop.cancel();
        // An attacker that failed has done what it could.
        let _ = self.task.await;
        (self.count.tried.load(Ordering::Relaxed), self.count.ended.load(Ordering::Relaxed))
    }
}

/// What every attacker has.
#[derive(Clone)]
struct Attacker {
    url: String,
    address: SocketAddr,
    server: DeviceKey,
    keys: Vec<[u8; 32]>,
    connections: usize,
    stop: CancellationToken,
    count: Arc<Count>,
    /// Told once the attack is in full swing.
    begun: Arc<Notify>,
}

impl Attack {
    pub(crate) const ALL: [Self; 17] = [
        Self::Nothing,
        Self::Bombs,
        Self::Lies,
        Self::ManyHeads,
        Self::Forks,
        Self::HalfRequests,
        Self::SlowBodies,
        Self::SilentSockets,
        Self::HalfFrames,
        Self::NeverReading,
        Self::SlowReaders,
        Self::EndlessFrames,
        Self::OversizedFrames,
        Self::Noise,
        Self::UnknownMessages,
        Self::MadeUpNames,
        Self::StatusPages,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "(nothing: what the machine itself does)",
            Self::Bombs => "deflate and run-length bombs, entries far too large",
            Self::Lies => "wrong hashes, forged heads, others' writers",
            Self::ManyHeads => "a frame full of heads with false signatures",
            Self::Forks => "one writer that goes two ways, over and over",
            Self::HalfRequests => "half a request, a byte now and then",
            Self::SlowBodies => "half an enrolment, a byte now and then",
            Self::SilentSockets => "connections that never say who they are",
            Self::HalfFrames => "strangers that send all but the end of 4 MiB",
            Self::NeverReading => "enrolled, many connections, nothing is ever read",
            Self::SlowReaders => "enrolled, many connections, read a byte at a time",
            Self::EndlessFrames => "a message in pieces that never ends",
            Self::OversizedFrames => "frames of 5 MiB, and of 2^62 bytes",
            Self::Noise => "garbage after the handshake",
            Self::UnknownMessages => "messages of unknown types without end",
            Self::MadeUpNames => "frontiers and refusals full of made-up writers",
            Self::StatusPages => "the status page, over and over",
        }
    }

    /// Starts it, and returns once it is in full swing.
    pub(crate) async fn start(self, scene: &Scene, plan: Plan) -> Result<Running> {
        let attacker = Attacker {
            url: scene.url.clone(),
            address: scene.address,
            server: scene.desk.client.identity().server,
            keys: scene.stolen.iter().map(|device| device.client.store().secret().to_bytes()).collect(),
            connections: plan.connections,
            stop: CancellationToken::new(),
            count: Arc::default(),
            begun: Arc::default(),
        };
        let (stop, count, begun) = (attacker.stop.clone(), Arc::clone(&attacker.count), Arc::clone(&attacker.begun));
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = self.go_on(attacker) => {}
            }
        });
        tokio::time::timeout(DEADLINE, begun.notified()).await.context("the attack could not begin")?;
        Ok(Running { stop, count, task })
    }

    async fn go_on(self, attacker: Attacker) {
        let a = &attacker;
        match self {
            Self::Nothing => {
                a.begun.notify_one();
                std::future::pending().await
            }
            Self::Bombs => a.over_and_over(|round| a.bombs(round)).await,
            Self::Lies => a.over_and_over(|round| a.lies(round)).await,
            Self::ManyHeads => a.over_and_over(|round| a.many_heads(round)).await,
            Self::Forks => a.over_and_over(|round| a.forks(round)).await,
            Self::HalfRequests => a.drip(b"GET /sync HTTP/1.1\r\nHost: dutybook\r\nX-").await,
            Self::SlowBodies => {
                let start = b"POST /enrol HTTP/1.1\r\nHost: dutybook\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{";
                a.drip(start).await;
            }
            Self::SilentSockets => a.crowd(|a, _| async move { a.upgrade().await }, hold_open).await,
            Self::HalfFrames => a.crowd(|a, _| async move { a.half_frame().await }, hold_open).await,
            Self::NeverReading => a.crowd(|a, number| async move { a.enrolled(number).await }, hold_deaf).await,
            Self::SlowReaders => a.crowd(|a, number| async move { a.enrolled(number).await }, read_slowly).await,
            Self::EndlessFrames => a.crowd(|a, _| async move { a.upgrade().await }, send_pieces).await,
            Self::OversizedFrames => a.over_and_over(|round| a.oversized(round)).await,
            Self::Noise => a.over_and_over(|round| a.noise(round)).await,
            Self::UnknownMessages => a.over_and_over(|round| a.unknown_messages(round)).await,
            Self::MadeUpNames => a.over_and_over(|round| a.made_up_names(round)).await,
            Self::StatusPages => a.over_and_over(|_| a.status_page()).await,
        }
    }
}

/// A place and number for what each round writes, so that no two are the same.
fn nonce(round: u64) -> [u8; 16] {
    let mut nonce = [0xaa; 16];
    nonce[8..].copy_from_slice(&round.to_be_bytes());
    nonce
}

impl Attacker {
    fn tried(&self, count: u64) {
        self.count.tried.fetch_add(count, Ordering::Relaxed);
    }

    fn ended(&self, count: u64) {
        self.count.ended.fetch_add(count, Ordering::Relaxed);
    }

    /// Does something again and again. What goes wrong is the attacker's bad luck.
    async fn over_and_over<F: Future<Output = Result<()>>>(&self, mut attack: impl FnMut(u64) -> F) {
        for round in 0.. {
            if let Err(error) = attack(round).await {
                self.ended(1);
                // Whoever was sent away comes again, but not in a circle that only heats this machine.
                let _ = error;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.begun.notify_one();
        }
    }

    /// Opens many connections and does something with each for as long as it stands; whoever is cut off comes again.
    async fn crowd<T, O, H>(
        &self,
        open: impl Fn(Self, usize) -> O + Clone + Send + 'static,
        then: impl Fn(T) -> H + Clone + Send + 'static,
    ) where
        T: Send + 'static,
        O: Future<Output = Result<T>> + Send + 'static,
        H: Future<Output = ()> + Send + 'static,
    {
        let mut crowd = JoinSet::new();
        let up = Arc::new(AtomicU64::new(0));
        for number in 0..self.connections {
            let (attacker, open, then, up) = (self.clone(), open.clone(), then.clone(), Arc::clone(&up));
            crowd.spawn(async move {
                loop {
                    attacker.tried(1);
                    let opened = open(attacker.clone(), number).await;
                    if up.fetch_add(1, Ordering::Relaxed) + 1 >= attacker.connections as u64 {
                        attacker.begun.notify_one();
                    }
                    if let Ok(opened) = opened {
                        then(opened).await;
                    }
                    attacker.ended(1);
                    tokio::time::sleep(AGAIN).await;
                }
            });
        }
        while crowd.join_next().await.is_some() {}
    }

    /// Many connections that send a start and then a byte at a time, for ever.
    async fn drip(&self, start: &'static [u8]) {
        let open = move |a: Self, _| async move {
            let mut stream = TcpStream::connect(a.address).await?;
            stream.write_all(start).await?;
            Ok(stream)
        };
        let then = |mut stream: TcpStream| async move {
            let mut heard = [0; 64];
            loop {
                tokio::select! {
                    read = stream.read(&mut heard) => if !matches!(read, Ok(1..)) { return },
                    () = tokio::time::sleep(DRIP) => if stream.write_all(b"a").await.is_err() { return },
                }
            }
        };
        self.crowd(open, then).await;
    }

    async fn upgrade(&self) -> Result<Socket> {
        let address = format!("{}/sync", self.url.replacen("http", "ws", 1));
        Ok(tokio_tungstenite::connect_async(address).await?.0)
    }

    /// Everything of a large frame but its end.
    async fn half_frame(&self) -> Result<Socket> {
        let mut socket = self.upgrade().await?;
        if let MaybeTlsStream::Plain(stream) = socket.get_mut() {
            stream.write_all(&FOUR_MIB).await?;
            let piece = vec![0; 64 * 1024];
            for _ in 0..63 {
                // A server that does not read on is waited for a little, and then left as it is.
                let written = tokio::time::timeout(Duration::from_millis(500), stream.write_all(&piece)).await;
                if !matches!(written, Ok(Ok(()))) {
                    break;
                }
            }
        }
        Ok(socket)
    }

    fn key(&self, number: usize) -> DeviceSecret {
        DeviceSecret::from_bytes(self.keys[number % self.keys.len()])
    }

    fn rogue(&self, number: usize, nonce: [u8; 16]) -> Result<Rogue> {
        Rogue::with_nonce(&self.key(number), self.server, DUTY, nonce)
    }

    /// A connection of an enrolled device that asks for everything.
    async fn enrolled(&self, number: usize) -> Result<rogue::Line> {
        let rogue = self.rogue(number, [0; 16])?;
        let mut line = rogue.dial(&self.url).await?;
        line.ask_for_everything().await?;
        Ok(line)
    }

    async fn bombs(&self, round: u64) -> Result<()> {
        let deflated = chunk(2, &[0x4b, 0x04, 0x00].repeat(20_000));
        let mut column = vec![0, 16];
        column.extend([1; 16]);
        column.extend([1, 1, 0, 0, 0, 1, 0x4a, 3, 0x4b, 0x04, 0x00]);
        let too_large = remark(256 * 1024 + 90)?;
        let hostile: [(&str, Vec<u8>); 6] = [
            ("change_too_many_ops", bomb(10_000_000)),
            ("change_too_many_ops", bomb(5_001)),
            ("change_compressed", deflated),
            ("change_compressed", chunk(1, &column)),
            ("change_too_large", too_large),
            ("bad_encoding", remark(1024 * 1024)?),
        ];
        for (at, (code, change)) in hostile.into_iter().enumerate() {
            let number = round * 8 + at as u64;
            let mut rogue = self.rogue(at, nonce(number))?;
            rogue.write(duty_record("work_order", u128::from(number)), change);
            self.tried(1);
            let told = rogue.sync(&self.url).await?;
            ensure!(told.refused.iter().any(|refusal| refusal.code == code), "{code}: {told:?}");
            self.ended(1);
        }
        Ok(())
    }

    async fn lies(&self, round: u64) -> Result<()> {
        let record = duty_record("work_order", u128::from(round));
        let plain = change(&mut Automerge::new(), 0x41, |tx| tx.put(automerge::ROOT, "meta/kind", "work_order"))?;
        // A chain that does not follow, a signature over something else, a writer that another device opened, a
        // stranger's writer.
        for at in 0..4 {
            let mut rogue = self.rogue(at, nonce(round))?;
            match at {
                0 => rogue.write_after(EntryHash([7; 32]), record, plain.clone()),
                1 => rogue.write_badly_signed(record, plain.clone()),
                2 => {
                    rogue.pretend(DeviceSecret::from_bytes([0x77; 32]).public());
                    rogue.write(record, plain.clone());
                }
                _ => {
                    let stranger = DeviceSecret::from_bytes([0x78; 32]);
                    let mut theirs = Rogue::with_nonce(&stranger, self.server, DUTY, nonce(round))?;
                    theirs.write(record, plain.clone());
                    rogue.carry(&theirs);
                }
            }
            self.tried(1);
            let told = rogue.sync(&self.url).await?;
            if !told.refused.is_empty() || told.goodbye.is_some() {
                self.ended(1);
            }
        }
        Ok(())
    }

    /// As many signature checks as fit into a frame.
    async fn many_heads(&self, round: u64) -> Result<()> {
        let key = self.key(0).public();
        let (mut heads, mut entries) = (Vec::new(), Vec::new());
        for number in 0..2_000_u64 {
            let opening = Opening { volume: DUTY.parse()?, device: key, nonce: nonce(round * 2_000 + number) };
            let entry = Entry {
                volume: opening.volume,
                writer: opening.writer(),
                seq: 1,
                prev: opening.genesis(),
                witness: None,
                author: AuthorId::DEVICE,
                recorded: Recorded { wall_ms: 0, boot: [0; 16], monotonic_ms: 0 },
                doc: dutybook_log::DocId::from(duty_record("work_order", u128::from(number)).0),
                change: Vec::new(),
            };
            let bytes = minicbor::to_vec(&entry)?;
            heads.push(Head {
                opening,
                position: Position { seq: 1, hash: EntryHash::of(&bytes) },
                signature: [1; 64],
            });
            entries.push(bytes);
        }
        let mut e = minicbor::Encoder::new(Vec::new());
        e.array(2)?.u32(3)?.array(1)?.array(3)?.str(DUTY)?.encode(&heads)?.array(entries.len() as u64)?;
        for entry in &entries {
            e.bytes(entry)?;
        }
        let mut line = self.rogue(0, [1; 16])?.dial(&self.url).await?;
        line.open().await?;
        self.tried(1);
        line.send(Message::Binary(e.into_writer().into())).await?;
        line.hear_refusals().await?;
        self.ended(1);
        Ok(())
    }

    async fn forks(&self, round: u64) -> Result<()> {
        let mut told = Vec::new();
        for branch in 0..2_u8 {
            let mut rogue = self.rogue(1, nonce(round))?;
            for at in 0..10 {
                let record = duty_record("work_order", u128::from(round * 100 + at));
                let change = change(&mut Automerge::new(), 0x42 + branch, |tx| {
                    tx.put(automerge::ROOT, "meta/kind", "work_order")
                })?;
                rogue.write(record, change);
            }
            self.tried(1);
            told = rogue.sync(&self.url).await?.refused;
        }
        ensure!(told.iter().any(|refusal| refusal.code == "fork"), "{told:?}");
        self.ended(1);
        Ok(())
    }

    async fn oversized(&self, round: u64) -> Result<()> {
        let mut line = self.rogue(round as usize, nonce(round))?.dial(&self.url).await?;
        line.open().await?;
        self.tried(1);
        if round.is_multiple_of(2) {
            let _ = line.send(Message::Binary(Bytes::from(vec![0; 5 * 1024 * 1024]))).await;
        } else if let Some(stream) = line.stream() {
            // Final, binary, masked, 2^62 bytes.
            stream.write_all(&[0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 1, 2, 3]).await?;
        }
        let _ = line.listen_to_the_end().await;
        self.ended(1);
        Ok(())
    }

    async fn noise(&self, round: u64) -> Result<()> {
        let mut line = self.rogue(round as usize, nonce(round))?.dial(&self.url).await?;
        line.open().await?;
        let mut garbage = vec![0; 32 * 1024];
        let mut state = round | 1;
        for byte in &mut garbage {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (state >> 56) as u8;
        }
        self.tried(1);
        if round.is_multiple_of(2) {
            line.send(Message::Binary(garbage.into())).await?;
            line.listen_to_the_end().await?;
            ensure!(
                line.told.goodbye.as_ref().is_some_and(|told| told.code == GoodbyeCode::Malformed),
                "{:?}",
                line.told
            );
        } else {
            // Not even WebSocket.
            if let Some(stream) = line.stream() {
                stream.write_all(&garbage).await?;
            }
            let _ = line.listen_to_the_end().await;
        }
        self.ended(1);
        Ok(())
    }

    async fn unknown_messages(&self, round: u64) -> Result<()> {
        let mut line = self.rogue(round as usize, nonce(round))?.dial(&self.url).await?;
        line.open().await?;
        let mut unknown = minicbor::Encoder::new(Vec::new());
        unknown.array(2)?.u32(77)?.bytes(&[7; 1024])?;
        let unknown = Bytes::from(unknown.into_writer());
        for _ in 0..2_000 {
            line.send(Message::Binary(unknown.clone())).await?;
            self.tried(1);
        }
        Ok(())
    }

    /// All that a frame can name, as what is held and as what is refused.
    async fn made_up_names(&self, round: u64) -> Result<()> {
        let mut line = self.rogue(round as usize, nonce(round))?.dial(&self.url).await?;
        line.open().await?;
        for message in 0..6_u64 {
            let names = 40_000_u64;
            let name = |number: u64| {
                let mut id = [0; 16];
                id[..8].copy_from_slice(&(message * names + number).to_be_bytes());
                WriterId(id)
            };
            let mut e = minicbor::Encoder::new(Vec::new());
            if message.is_multiple_of(2) {
                e.array(2)?.u32(2)?.array(1)?.array(2)?.str(DUTY)?.map(names)?;
                for number in 0..names {
                    e.encode(name(number))?.encode(Position { seq: u64::MAX, hash: EntryHash([7; 32]) })?;
                }
            } else {
                e.array(4)?.u32(4)?.u64(0)?.array(0)?.array(names)?;
                for number in 0..names {
                    e.array(5)?.str(DUTY)?.encode(name(number))?.u64(1)?.str("x")?.str("")?;
                }
            }
            self.tried(1);
            if line.send(Message::Binary(e.into_writer().into())).await.is_err() {
                break;
            }
        }
        let _ = tokio::time::timeout(DRIP, line.listen_to_the_end()).await;
        if line.told.goodbye.is_some() {
            self.ended(1);
        }
        Ok(())
    }

    async fn status_page(&self) -> Result<()> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: dutybook\r\nConnection: close\r\n\r\n").await?;
        let mut page = Vec::new();
        stream.read_to_end(&mut page).await?;
        self.tried(1);
        Ok(())
    }
}

/// Reads what comes and says nothing, until the server has had enough.
async fn hold_open(mut socket: Socket) {
    while let Some(Ok(_)) = socket.next().await {}
}

/// Never reads. Whether it was cut off it finds out by sending pings.
async fn hold_deaf(mut line: rogue::Line) {
    loop {
        tokio::time::sleep(DRIP * 5).await;
        if line.send(Message::Ping(Bytes::new())).await.is_err() {
            return;
        }
    }
}

/// Reads a byte now and then.
async fn read_slowly(mut line: rogue::Line) {
    let Some(stream) = line.stream() else { return };
    let mut byte = [0];
    while matches!(stream.read(&mut byte).await, Ok(1)) {
        tokio::time::sleep(DRIP).await;
    }
}

/// A message in pieces of 64 KiB and of nothing, without an end.
async fn send_pieces(mut socket: Socket) {
    let mut first = true;
    let MaybeTlsStream::Plain(stream) = socket.get_mut() else { return };
    let mut piece = vec![0x00, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 7, 7, 7, 7];
    piece.resize(14 + 64 * 1024, 7);
    loop {
        // Binary at first, then continuations.
        piece[0] = if std::mem::take(&mut first) { 0x02 } else { 0x00 };
        if stream.write_all(&piece).await.is_err() || stream.write_all(&[0x00, 0x80, 7, 7, 7, 7]).await.is_err() {
            return;
        }
        tokio::time::sleep(DRIP).await;
    }
}
