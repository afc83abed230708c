//! The running server: what all connections share, its start and its end.

use std::collections::BTreeMap;
use std::future::IntoFuture as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use data_encoding::HEXLOWER;
use dutybook_files::Files;
use dutybook_log::DeviceKey;
use dutybook_store::{Identity, Store};
use dutybook_sync::{CHALLENGE_HEADER, DEVICE_HEADER, FRAME_BYTES, Replica, SUBPROTOCOL, Sign};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{self, Clock};
use crate::intake::{Intake, Job, publish};
use crate::line::{Caller, Gate};
use crate::patience::Patience;
use crate::site::{self, SiteError};
use crate::tail::Log;
use crate::{connection, enrol, files, status};

/// Connections at once. A site has some dozens of devices.
const CONNECTIONS: usize = 1_000;
/// Connections of one device at once: an app, a command line, and lines that are gone without a word. The oldest ends
/// when one more comes.
const CONNECTIONS_OF_DEVICE: usize = 4;
/// Readings of the database at once: more would only take each other's processor.
const READERS: usize = 4;
/// How often the server looks whether another program (`dutybook-server revoke`) has written.
const LOOK: Duration = Duration::from_secs(5);
/// How long connections have to say goodbye when the server stops.
const FAREWELL: Duration = Duration::from_secs(5);
/// Bytes beyond the largest frame that are still read.
const FRAME_MARGIN: usize = 64 * 1024;
/// Bytes of a request that is no sync connection.
const BODY_BYTES: usize = 16 * 1024;

/// What a server needs to be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder made by [`init`](crate::init).
    pub data: PathBuf,
}

/// Why the server does not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The folder is not one to serve from.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The duty book cannot be read or written.
    #[error(transparent)]
    Store(#[from] dutybook_store::Error),
    /// The network or a thread failed.
    #[error("the server cannot run: {0}")]
    Io(#[from] std::io::Error),
}

/// What all connections share.
pub(crate) struct Server {
    pub(crate) store: Arc<Store>,
    pub(crate) identity: Identity,
    pub(crate) data: PathBuf,
    pub(crate) files: Files,
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    pub(crate) intake: Intake,
    pub(crate) restate: watch::Sender<u64>,
    /// Raised by whoever commits; the tail follows.
    committed: watch::Sender<u64>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
    readers: Semaphore,
    connections: Arc<Semaphore>,
    present: Arc<Mutex<BTreeMap<u64, Present>>>,
    entrances: AtomicU64,
    pub(crate) patience: Mutex<Patience>,
    pub(crate) enrolling: Mutex<()>,
}

/// The server's key, where the store keeps it.
struct Signing(Arc<Store>);

impl Sign for Signing {
    fn device(&self) -> DeviceKey {
        self.0.device_key()
    }

    fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64] {
        self.0.sign(context, message)
    }
}

struct Present {
    device: DeviceKey,
    replaced: CancellationToken,
}

/// A device that is connected, for as long as this lives.
pub(crate) struct Presence {
    entrance: u64,
    device: DeviceKey,
    replaced: CancellationToken,
    present: Arc<Mutex<BTreeMap<u64, Present>>>,
}

impl Presence {
    pub(crate) fn device(&self) -> DeviceKey {
        self.device
    }

    /// Cancelled when the device has connected again too often.
    pub(crate) fn replaced(&self) -> CancellationToken {
        self.replaced.clone()
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entrance);
    }
}

impl Server {
    pub(crate) fn replica(&self) -> Replica {
        Replica { site: self.identity.site, device: Arc::new(Signing(Arc::clone(&self.store))) }
    }

    /// Runs `work` where blocking is allowed; only a few at once.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> dutybook_store::Result<T> + Send + 'static,
    ) -> dutybook_store::Result<T> {
        // The semaphore is never closed.
        let _permit = self.readers.acquire().await;
        let server = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&server)).await {
            Ok(result) => result,
            Err(error) => Err(dutybook_store::Error::Inconsistent(error.to_string())),
        }
    }

    pub(crate) fn present(&self, device: DeviceKey) -> Presence {
        let entrance = self.entrances.fetch_add(1, Ordering::Relaxed);
        let replaced = CancellationToken::new();
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        present.insert(entrance, Present { device, replaced: replaced.clone() });
        let of_device: Vec<&Present> = present.values().filter(|present| present.device == device).collect();
        // In the order in which they came.
        for oldest in of_device.iter().rev().skip(CONNECTIONS_OF_DEVICE) {
            oldest.replaced.cancel();
        }
        Presence { entrance, device, replaced, present: Arc::clone(&self.present) }
    }

    /// The devices connected now; a device that is connected twice stands there twice.
    pub(crate) fn connected(&self) -> Vec<DeviceKey> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).values().map(|present| present.device).collect()
    }

    /// The log has grown by something that did not come through the intake.
    pub(crate) fn grown(&self, arrival: u64) {
        publish(&self.committed, arrival);
    }
}

/// Serves the site in `config.data` on `listener` until `shutdown`, then says goodbye to every device, writes down what
/// is on its way, and puts the write-ahead log into the database file.
///
/// # Errors
/// [`ServeError`] when it cannot start or the network fails for good.
pub async fn serve(listener: TcpListener, config: Config, shutdown: CancellationToken) -> Result<(), ServeError> {
    let data = config.data.clone();
    let opened = tokio::task::spawn_blocking(move || site::open(&data)).await.map_err(std::io::Error::other)?;
    let (store, identity) = opened?;
    let store = Arc::new(store);
    let arrival = store.last_arrival()?;
    let (committed, mut grown) = watch::channel(arrival);
    let restate = watch::Sender::new(0);
    let (intake, writing) = Intake::start(Arc::clone(&store), committed.clone(), restate.clone())?;
    let server = Arc::new(Server {
        log: Log::new(Arc::clone(&store), arrival),
        store,
        identity,
        files: Files::beside(&config.data),
        data: config.data,
        clock: Clock::start(),
        intake,
        restate,
        committed,
        shutdown: shutdown.clone(),
        tasks: TaskTracker::new(),
        readers: Semaphore::new(READERS),
        connections: Arc::new(Semaphore::new(CONNECTIONS)),
        present: Arc::default(),
        entrances: AtomicU64::new(0),
        patience: Mutex::default(),
        enrolling: Mutex::new(()),
    });
    let tail = tokio::spawn({
        let server = Arc::clone(&server);
        async move {
            let mut looks = tokio::time::interval(LOOK);
            loop {
                let arrival = tokio::select! {
                    changed = grown.changed() => match changed {
                        Ok(()) => *grown.borrow_and_update(),
                        Err(_) => return,
                    },
                    _ = looks.tick() => match server.blocking(|server| server.store.last_arrival()).await {
                        Ok(arrival) => arrival,
                        Err(_) => continue,
                    },
                };
                let reading = Arc::clone(&server);
                if tokio::task::spawn_blocking(move || reading.log.grown(arrival)).await.is_err() {
                    return;
                }
            }
        }
    });
    tracing::info!(
        site = %server.identity.site, address = %listener.local_addr()?, entries = arrival, "serving"
    );
    let app = routes(Arc::clone(&server)).into_make_service_with_connect_info::<Caller>();
    let listener = Gate::new(listener);
    let serving = axum::serve(listener, app).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let served = tokio::select! {
        served = serving.into_future() => served,
        // Somebody who never finishes a request keeps nobody waiting.
        () = async { shutdown.cancelled().await; tokio::time::sleep(FAREWELL).await } => Ok(()),
    };
    // Also when the network failed: nobody is left hanging.
    shutdown.cancel();
    server.tasks.close();
    if tokio::time::timeout(FAREWELL, server.tasks.wait()).await.is_err() {
        tracing::warn!("some connections did not close in time");
    }
    tail.abort();
    server.intake.hand_in(Job::Stop);
    let store = Arc::clone(&server.store);
    tokio::task::spawn_blocking(move || {
        if writing.join().is_err() {
            tracing::error!("the writing thread had failed");
        }
        store.checkpoint()
    })
    .await
    .map_err(std::io::Error::other)??;
    tracing::info!("stopped");
    served?;
    Ok(())
}

fn routes(server: Arc<Server>) -> Router {
    Router::new()
        .route("/", get(status::page))
        .route("/healthz", get(status::health))
        .route("/enrol", post(enrol::enrol))
        .route("/sync", get(sync))
        .route("/files", post(files::begin).options(files::able))
        .route("/files/{name}", any(files::one))
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(server)
}

async fn nothing_here() -> Response {
    let text = "这里是值班簿服务器,没有这个地址。状态页在 / 。\n\
                This is a Dutybook server; there is nothing at this address. Its status page is at / .\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

async fn sync(
    State(server): State<Arc<Server>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let text = format!(
                "这是值班簿的同步地址,请用值班簿程序连接;状态页在 / 。\n\
                 This address speaks the Dutybook sync protocol over WebSocket ({rejection}). \
                 The status page is at / .\n"
            );
            return (rejection.into_response().status(), text).into_response();
        }
    };
    let offered: Vec<&str> = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .collect();
    if !offered.is_empty() && !offered.contains(&SUBPROTOCOL) {
        let text = format!(
            "本服务器只支持协议 {SUBPROTOCOL},请升级程序。\n\
             This server speaks {SUBPROTOCOL}; the program offered {}. Update the older of the two.\n",
            offered.join(", ")
        );
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    let Ok(place) = Arc::clone(&server.connections).try_acquire_owned() else {
        let text = "连接已满,请稍后再试。\nThis server has no room for more connections; try again later.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let challenge: [u8; 32] = clock::random();
    let device = server.store.device_key();
    let tasks = server.tasks.clone();
    let mut response = upgrade
        .protocols([SUBPROTOCOL])
        // A little more than the session allows: what it refuses gets an answer, what the socket refuses only an end.
        .max_message_size(FRAME_BYTES + FRAME_MARGIN)
        .max_frame_size(FRAME_BYTES + FRAME_MARGIN)
        .on_upgrade(move |socket| {
            tasks.track_future(async move {
                connection::run(server, socket, challenge, caller).await;
                drop(place);
            })
        });
    for (name, bytes) in [(CHALLENGE_HEADER, &challenge), (DEVICE_HEADER, &device.0)] {
        // Hex is always a header value.
        if let Ok(value) = HeaderValue::from_str(&HEXLOWER.encode(bytes)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
