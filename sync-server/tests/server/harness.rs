//! A site with its server, and devices that connect to it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dutybook_domain::device::AppRole;
use dutybook_domain::engine::{Class, Step};
use dutybook_domain::ids::Home;
use dutybook_domain::record::Write;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::{FactId, RecordId, Timestamp, Zone};
use dutybook_log::{AuthorId, DeviceKey, Frontier, Recorded, VolumeId};
use dutybook_store::{Identity, IncomingBatch, IncomingPart, OpenOptions, Stamp, Store};
use dutybook_sync::{
    Book, CHALLENGE_HEADER, Effect, Event, Goodbye, LogChunk, LogEntry, ReadLog, Receipt, Replica, SUBPROTOCOL, Scope,
    Session, Sign,
};
use dutybook_sync_server::{Config, ServeError, init, new_token, serve};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Nothing in these tests takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const NOW_MS: i64 = 1_793_500_000_000;

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Waits until something is so, wherever it becomes so.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let asking = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while !condition() {
            ticks.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, asking).await.is_ok(), "it never came: {what}");
}

/// A site with a running server.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) key: DeviceKey,
    shutdown: CancellationToken,
    serving: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::open_in(tempfile::tempdir().unwrap()).await
    }

    /// A site whose server has this secret key.
    pub(crate) async fn with_key(secret: [u8; 32]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("device.key"), secret).unwrap();
        Self::open_in(folder).await
    }

    async fn open_in(folder: tempfile::TempDir) -> Self {
        let key = init(&folder.path().join("data"), "demo".parse().unwrap(), "示范小区 Demo Court").unwrap();
        let mut site = Self {
            folder,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            key,
            shutdown: CancellationToken::new(),
            serving: None,
        };
        site.start().await;
        site
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the server, on the port it had.
    pub(crate) async fn start(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        self.shutdown = CancellationToken::new();
        let config = Config { data: self.data() };
        self.serving = Some(tokio::spawn(serve(listener, config, self.shutdown.clone())));
    }

    /// Stops it in an orderly way.
    pub(crate) async fn stop(&mut self) {
        self.shutdown.cancel();
        let serving = self.serving.take().unwrap();
        tokio::time::timeout(PATIENCE, serving).await.unwrap().unwrap().unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn token(&self, role: AppRole, name: &str) -> String {
        new_token(&self.data(), role, name).unwrap()
    }

    pub(crate) async fn health(&self) -> Value {
        reqwest::get(self.url("/healthz")).await.unwrap().json().await.unwrap()
    }

    /// Asks until the answer is as it should be.
    pub(crate) async fn health_until(&self, condition: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            loop {
                let health = self.health().await;
                if condition(&health) {
                    return health;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap()
    }

    /// Reads the status page until it is as it should be.
    pub(crate) async fn page_until(&self, condition: impl Fn(&str) -> bool) -> String {
        let asking = async {
            loop {
                let page = reqwest::get(self.url("/")).await.unwrap().text().await.unwrap();
                if condition(&page) {
                    return page;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap()
    }

    pub(crate) async fn ask(&self, token: &str, key: &str, name: &str) -> reqwest::Response {
        let body = json!({ "token": token, "device_key": key, "name": name });
        reqwest::Client::new().post(self.url("/enrol")).json(&body).send().await.unwrap()
    }

    /// A new device, enrolled.
    pub(crate) async fn device(&self, role: AppRole, name: &str) -> Device {
        let device = Device::unknown(&self.folder.path().join(name), self.key);
        let token = self.token(role, name);
        let answer = self.ask(&token, &device.store.device_key().to_string(), "").await;
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["server_key"], self.key.to_string());
        device.set_identity(answer["prefix"].as_str().unwrap(), role);
        device
    }
}

/// A device with its own store.
pub(crate) struct Device {
    pub(crate) store: Arc<Store>,
    server: DeviceKey,
    committed: watch::Sender<u64>,
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

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

impl Device {
    /// A device that no server knows.
    pub(crate) fn unknown(folder: &Path, server: DeviceKey) -> Self {
        let random = Box::new(|bytes: &mut [u8]| getrandom::fill(bytes).unwrap());
        let store = Arc::new(Store::open(folder, OpenOptions { actor: self::random(), random }).unwrap());
        let arrival = store.last_arrival().unwrap();
        Self { store, server, committed: watch::Sender::new(arrival) }
    }

    pub(crate) fn set_identity(&self, prefix: &str, role: AppRole) {
        let identity = Identity {
            site: "demo".parse().unwrap(),
            site_name: "示范小区 Demo Court".to_owned(),
            label: prefix.to_owned(),
            prefix: prefix.to_owned(),
            role,
            server: self.server,
        };
        self.store.set_identity(&identity).unwrap();
    }

    /// Writes `count` records with a remark of `bytes` each into volumes of `class`.
    pub(crate) fn write(&self, class: Class, count: usize, bytes: usize) {
        for _ in 0..count {
            let home = Home { class, day: Timestamp(NOW_MS).day(Zone::default()), kind: "remark" };
            self.write_to(RecordId::fresh(&home, random()), bytes, true);
        }
    }

    /// Adds a remark to a record.
    pub(crate) fn write_to(&self, record: RecordId, bytes: usize, birth: bool) {
        let at = Timestamp(NOW_MS);
        let by = Signer { person: record, name: "王五".to_owned(), role: Role::DutyOfficer };
        let text: String = random::<32>().iter().cycle().take(bytes).map(|b| char::from(b'a' + b % 26)).collect();
        let body = json!({ "text": text }).as_object().unwrap().clone();
        let id = FactId::new(self.store.device_key().as_bytes(), at, random());
        let mut writes = vec![Write::Fact { id, kind: "noted".to_owned(), at, by, body }];
        if birth {
            writes.insert(0, Write::Meta { name: "kind", value: "remark".into() });
        }
        let stamp =
            Stamp { author: AuthorId::DEVICE, recorded: Recorded { wall_ms: NOW_MS, boot: [1; 16], monotonic_ms: 1 } };
        let step = Step { record, kind: "remark", writes };
        let changed = self.store.transact::<()>(stamp, |_| Ok(vec![step])).unwrap().unwrap();
        self.committed.send_replace(changed.arrival);
    }

    pub(crate) fn frontiers(&self) -> BTreeMap<VolumeId, Frontier> {
        self.store.frontiers().unwrap().into_iter().collect()
    }

    pub(crate) fn entries(&self) -> u64 {
        self.store.counts().unwrap().entries
    }

    pub(crate) fn undelivered(&self) -> u32 {
        self.store.undelivered(self.server).unwrap()
    }

    /// Connects and keeps in step until told otherwise.
    pub(crate) async fn connect(&self, site: &Site) -> Link {
        let (socket, challenge) = dial(site).await;
        self.drive(socket, challenge, "demo", self.server, Manner::Honest)
    }

    /// Connects as a device of any site would, to any server key.
    pub(crate) fn drive(
        &self,
        socket: Socket,
        challenge: [u8; 32],
        site: &str,
        server: DeviceKey,
        manner: Manner,
    ) -> Link {
        let replica = Replica { site: site.parse().unwrap(), device: Arc::new(Signing(Arc::clone(&self.store))) };
        let (volumes, arrival) = self.store.book(&|_| true).unwrap();
        let book = Book { scope: Scope::everything(), volumes, arrival };
        let session = Session::dial(replica, server, challenge, random(), book);
        let (sink, stream) = socket.split();
        let (state, watched) = watch::channel(LinkState::default());
        let runner = Runner {
            store: Arc::clone(&self.store),
            server: self.server,
            session,
            sink,
            committed: self.committed.subscribe(),
            grown: self.committed.clone(),
            state,
        };
        Link { watched, task: tokio::spawn(runner.run(stream, manner)) }
    }
}

/// How a device behaves once it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As it should.
    Honest,
    /// Reads everything, stores and acknowledges nothing.
    Silent,
    /// Does not even read.
    Deaf,
}

/// Opens the socket as the app does.
pub(crate) async fn dial(site: &Site) -> (Socket, [u8; 32]) {
    let mut request = format!("ws://{}/sync", site.address).into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse().unwrap());
    let (socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
    let challenge = response.headers()[CHALLENGE_HEADER].as_bytes();
    (socket, data_encoding::HEXLOWER.decode(challenge).unwrap().try_into().unwrap())
}

/// What is to be seen of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkState {
    pub(crate) in_sync: usize,
    pub(crate) sent: usize,
    pub(crate) received: usize,
    pub(crate) received_bytes: usize,
    pub(crate) goodbye: Option<(Goodbye, bool)>,
    pub(crate) over: bool,
}

/// A running connection.
pub(crate) struct Link {
    watched: watch::Receiver<LinkState>,
    task: JoinHandle<()>,
}

impl Link {
    pub(crate) async fn until(&mut self, condition: impl Fn(&LinkState) -> bool) -> LinkState {
        let waiting = self.watched.wait_for(|state| condition(state));
        tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap().clone()
    }

    pub(crate) async fn in_sync(&mut self) -> LinkState {
        self.until(|state| state.in_sync > 0).await
    }

    pub(crate) fn state(&self) -> LinkState {
        self.watched.borrow().clone()
    }

    /// The line is cut: no word to anybody.
    pub(crate) fn cut(self) {
        self.task.abort();
    }
}

struct Runner {
    store: Arc<Store>,
    server: DeviceKey,
    session: Session,
    sink: SplitSink<Socket, Message>,
    committed: watch::Receiver<u64>,
    grown: watch::Sender<u64>,
    state: watch::Sender<LinkState>,
}

impl Runner {
    async fn run(mut self, mut stream: SplitStream<Socket>, manner: Manner) {
        let (tell, mut frames) = mpsc::channel::<Option<Bytes>>(8);
        // Goes with this task, also when a test cuts the line.
        let _reading = AbortOnDropHandle::new(tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let frame = match message {
                    Message::Binary(frame) => frame,
                    Message::Close(_) => break,
                    _ => continue,
                };
                if tell.send(Some(frame)).await.is_err() {
                    return;
                }
            }
            let _ = tell.send(None).await;
        }));
        let mut events = vec![Event::Opened];
        let mut over = false;
        while !over {
            for event in std::mem::take(&mut events) {
                over |= self.handle(event).await;
            }
            if over {
                break;
            }
            match manner {
                Manner::Deaf if self.session.peer().is_some() => std::future::pending().await,
                Manner::Silent if self.session.peer().is_some() => {
                    while let Some(Some(frame)) = frames.recv().await {
                        self.count(&frame);
                    }
                    break;
                }
                _ => {}
            }
            tokio::select! {
                frame = frames.recv() => match frame.flatten() {
                    Some(frame) => {
                        self.count(&frame);
                        events.push(Event::Received(frame));
                    }
                    None => over = true,
                },
                Ok(()) = self.committed.changed() => {
                    let arrival = *self.committed.borrow_and_update();
                    events.push(Event::Committed { arrival });
                }
            }
        }
        self.state.send_modify(|state| state.over = true);
    }

    fn count(&self, frame: &Bytes) {
        self.state.send_modify(|state| {
            state.received += 1;
            state.received_bytes += frame.len();
        });
    }

    async fn handle(&mut self, event: Event) -> bool {
        let mut over = false;
        let mut effects = self.session.handle(event);
        while !effects.is_empty() {
            let mut answers = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Send(frame) => {
                        self.state.send_modify(|state| state.sent += 1);
                        // The other side may have closed with its last words still on their way here.
                        let _ = self.sink.send(Message::Binary(frame)).await;
                    }
                    Effect::Store(batch) => {
                        let (receipt, released) = self.store(&batch);
                        answers.extend(self.session.handle(Event::Stored(receipt)));
                        if released {
                            let held = self.store.frontiers().unwrap();
                            answers.extend(self.session.handle(Event::Restate(held)));
                        }
                    }
                    Effect::ReadLog(request) => {
                        let chunk = read_log(&self.store, &request);
                        answers.extend(self.session.handle(Event::LogRead(chunk)));
                    }
                    Effect::Stated(held) | Effect::Acked(held) => {
                        self.store.set_peer_frontier(self.server, &held).unwrap();
                    }
                    Effect::InSync => self.state.send_modify(|state| state.in_sync += 1),
                    Effect::Close { goodbye, by_peer } => {
                        self.state.send_modify(|state| state.goodbye = Some((goodbye, by_peer)));
                        over = true;
                    }
                    Effect::Refused(_) | Effect::Forked { .. } => {}
                    Effect::Authorise { .. } => unreachable!("the dialling side"),
                }
            }
            effects = answers;
        }
        over
    }

    /// True: entries that had waited for a device to become known were taken.
    fn store(&self, batch: &dutybook_sync::Batch) -> (Receipt, bool) {
        let parts =
            batch.parts().map(|part| IncomingPart::read(*part.volume(), part.heads(), part.entries())).collect();
        let batch_in = IncomingBatch { from: Some(self.server), received_ms: NOW_MS, parts };
        let receipt = self.store.ingest(&batch_in).unwrap();
        // As the app does: a device's record makes its entries welcome, also those that came before it.
        let (mut arrival, mut released) = (receipt.arrival, false);
        loop {
            let (changed, more) = self.store.materialise(100).unwrap();
            arrival = arrival.max(changed.arrival);
            released |= changed.entries > 0;
            if !more {
                break;
            }
        }
        self.grown.send_replace(arrival);
        (Receipt { ticket: batch.ticket(), held: receipt.held, refused: Vec::new() }, released)
    }
}

fn read_log(store: &Store, request: &ReadLog) -> LogChunk {
    let wanted_after = |volume: &_, writer: &_| request.coverage.wanted_after(volume, writer);
    let read = store.read_log(request.after, request.limit_bytes, &wanted_after).unwrap();
    let entries = read
        .entries
        .into_iter()
        .map(|entry| LogEntry {
            arrival: entry.arrival,
            volume: entry.volume,
            writer: entry.writer,
            seq: entry.seq,
            bytes: entry.bytes.into(),
            head: entry.head,
        })
        .collect();
    LogChunk { after: request.after, entries, through: read.through, end: read.end }
}
