//! Several devices and a real server in one process: the demo site, real SQLite files, a real socket on loopback, and
//! clocks that the test turns.
//!
//! Every acceptance test ends with [`Fleet::finish`], which brings all devices to the server, checks every replica
//! (`dutybook check`) and compares what they hold.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use dutybook_client::shown::{Done, RecordOpened};
use dutybook_client::{Client, RecordsAsked, SetClock, Target, enrol};
use dutybook_domain::device::AppRole;
use dutybook_domain::kinds::AnyView;
use dutybook_domain::patrol_run::PatrolRunView;
use dutybook_domain::site::{Site, file};
use dutybook_domain::work_order::WorkOrderView;
use dutybook_domain::{Day, RecordId, Timestamp, Zone};
use dutybook_store::{OpenOptions, Store};
use dutybook_sync_server::{Config, init, new_token, serve};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const SITE_FILE: &str = include_str!("../../demo/site.toml");
/// PINs of the demo site, by title.
const PINS: [(&str, &str); 14] = [
    ("值班员甲", "2580"),
    ("值班员乙", "1470"),
    ("值班员丙", "3690"),
    ("中控室值班员甲", "2460"),
    ("秩序维护员甲", "1357"),
    ("秩序维护员乙", "1358"),
    ("维修员甲", "8520"),
    ("维修员乙", "8521"),
    ("客服主任", "9630"),
    ("客服部经理", "9631"),
    ("项目经理", "8640"),
    ("总值班员甲", "7530"),
    ("总值班员乙", "7531"),
    ("公司值班领导", "8641"),
];

/// A site with its server and devices.
pub struct Fleet {
    folder: TempDir,
    address: Option<SocketAddr>,
    running: Option<Running>,
    starts: Timestamp,
    admin: Option<Device>,
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), dutybook_sync_server::ServeError>>,
}

/// One device of the site.
#[derive(Clone)]
pub struct Device {
    /// Its book.
    pub client: Client,
    /// Its clock.
    pub clock: Arc<SetClock>,
    /// Its data folder.
    pub folder: PathBuf,
}

/// An instant of the demo site's civil clock: `2026-11-24 21:55`.
///
/// # Errors
/// When the text is not of that form.
pub fn at(text: &str) -> Result<Timestamp> {
    let (day, time) = text.split_once(' ').context("write YYYY-MM-DD HH:MM")?;
    let time: dutybook_domain::TimeOfDay = time.parse().map_err(anyhow::Error::msg)?;
    Ok(Day(day.parse()?).at(i64::from(time.0), Zone::default()))
}

impl Fleet {
    /// The demo site, set up at `starts`, with its server running.
    ///
    /// # Errors
    /// When anything real fails.
    pub async fn demo(starts: &str) -> Result<Self> {
        Self::with_site(starts, SITE_FILE).await
    }

    /// The site that a site file describes, set up at `starts`, with its server running. Its code is `demo`.
    ///
    /// # Errors
    /// When anything real fails.
    pub async fn with_site(starts: &str, site_file: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        init(&folder.path().join("server"), "demo".parse()?, "示范小区")?;
        let mut fleet = Self { folder, address: None, running: None, starts: at(starts)?, admin: None };
        fleet.start_server().await?;
        let admin = fleet.device(AppRole::Admin, "管理机").await?;
        admin.client.sign_in_as_admin()?;
        let file = file::parse(site_file).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let actions = file
            .items()?
            .into_iter()
            .map(|(record, kind, action)| (Target { kind: kind.into(), record: Some(record) }, action));
        admin.client.act_all(actions)?;
        admin.sync(&fleet.url()?).await?;
        fleet.admin = Some(admin);
        Ok(fleet)
    }

    /// Starts the server, on the port it had before.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_server(&mut self) -> Result<()> {
        let wanted = self.address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = TcpListener::bind(wanted).await?;
        self.address = Some(listener.local_addr()?);
        let stop = CancellationToken::new();
        let config = Config { data: self.folder.path().join("server") };
        let task = tokio::spawn(serve(listener, config, stop.clone()));
        self.running = Some(Running { stop, task });
        Ok(())
    }

    /// Stops the server as an office switches it off in the evening.
    ///
    /// # Errors
    /// When it had failed.
    pub async fn stop_server(&mut self) -> Result<()> {
        if let Some(running) = self.running.take() {
            running.stop.cancel();
            running.task.await??;
        }
        Ok(())
    }

    /// Where the server listens.
    ///
    /// # Errors
    /// Before it was started.
    pub fn url(&self) -> Result<String> {
        Ok(format!("http://{}", self.address.context("the server was never started")?))
    }

    /// Enrols a device as an administrator would, and fetches the book.
    ///
    /// # Errors
    /// When the server is not running.
    pub async fn device(&self, role: AppRole, name: &str) -> Result<Device> {
        let token = new_token(&self.folder.path().join("server"), role, name)?;
        let clock = Arc::new(SetClock::at(self.starts));
        let folder = self.folder.path().join(format!("{}-{name}", role.word()));
        let client = enrol(&folder, &self.url()?, &token, name, clock.clone()).await?;
        let device = Device { client, clock, folder };
        device.sync(&self.url()?).await?;
        Ok(device)
    }

    /// A desk with the duty officer signed in.
    ///
    /// # Errors
    /// As [`Fleet::device`].
    pub async fn desk(&self) -> Result<Device> {
        let desk = self.device(AppRole::Desk, "前台").await?;
        desk.sign_in("值班员甲")?;
        Ok(desk)
    }

    /// A tablet with `person` signed in.
    ///
    /// # Errors
    /// As [`Fleet::device`].
    pub async fn tablet(&self, name: &str, person: &str) -> Result<Device> {
        let tablet = self.device(AppRole::Tablet, name).await?;
        tablet.sign_in(person)?;
        Ok(tablet)
    }

    /// Brings every device to the server and back, twice, so that all hold what all wrote.
    ///
    /// # Errors
    /// When the server is not running.
    pub async fn meet(&self, devices: &[&Device]) -> Result<()> {
        for _ in 0..2 {
            for device in devices.iter().copied().chain(&self.admin) {
                device.sync(&self.url()?).await?;
            }
        }
        Ok(())
    }

    /// Brings everybody together, stops the server, checks every replica and compares what they hold.
    ///
    /// # Errors
    /// What differs, in words.
    pub async fn finish(mut self, devices: &[&Device]) -> Result<()> {
        if self.running.is_none() {
            self.start_server().await?;
        }
        self.meet(devices).await?;
        self.stop_server().await?;
        let random: fn(&mut [u8]) = |bytes| bytes.copy_from_slice(&vec![7; bytes.len()]);
        let options = OpenOptions { actor: [7; 16], random: Box::new(random) };
        let server = Store::open(&self.folder.path().join("server"), options)?;
        while server.materialise(1_000)?.1 {}
        let report = server.check()?;
        ensure!(report.ok, "the server: {:?}", report.problems);
        for device in devices.iter().copied().chain(&self.admin) {
            let theirs = device.client.store().check()?;
            let label = &device.client.identity().label;
            ensure!(theirs.ok, "{label}: {:?}", theirs.problems);
            ensure!(theirs.digest == report.digest, "{label} holds something else than the server");
            ensure!(theirs.records == report.records, "{label} has {} records of {}", theirs.records, report.records);
            ensure!(device.client.sync_shown()?.undelivered == 0, "{label} says that something is undelivered");
        }
        Ok(())
    }
}

impl Device {
    /// Signs in somebody of the demo site by title.
    ///
    /// # Errors
    /// When there is nobody of that title.
    pub fn sign_in(&self, name: &str) -> Result<()> {
        let people = self.client.people()?;
        let found =
            people.iter().find(|tile| tile.name.starts_with(name)).with_context(|| format!("nobody is {name}"))?;
        let pin = PINS.iter().find(|(title, _)| *title == name).with_context(|| format!("no PIN of {name}"))?.1;
        self.client.sign_in(found.person, pin)?;
        Ok(())
    }

    /// The person of that title.
    ///
    /// # Errors
    /// When there is nobody of that title.
    pub fn person(&self, name: &str) -> Result<Value> {
        let people = self.client.people()?;
        let found =
            people.iter().find(|tile| tile.name.starts_with(name)).with_context(|| format!("nobody is {name}"))?;
        Ok(serde_json::json!({ "person": found.person, "name": found.name }))
    }

    /// Does one thing to a record, or makes a new one of `kind`.
    ///
    /// # Errors
    /// When the rules do not allow it.
    pub fn act(&self, kind: &str, record: Option<RecordId>, action: Value) -> Result<Done> {
        Ok(self.client.act(&Target { kind: kind.into(), record }, action)?)
    }

    /// Exchanges everything with the server.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn sync(&self, url: &str) -> Result<()> {
        Ok(self.client.sync_once(url).await?)
    }

    /// The run of the route called `route` that begins at `start` (`22:00`) today or tomorrow.
    ///
    /// # Errors
    /// When none is planned then.
    pub fn run(&self, route: &str, start: &str) -> Result<PatrolRunView> {
        let site = self.client.site();
        let site: &Site = (*site).as_ref();
        let start: dutybook_domain::TimeOfDay = start.parse().map_err(anyhow::Error::msg)?;
        let today = self.client.today();
        let run = [today, today.before()]
            .into_iter()
            .flat_map(|day| dutybook_domain::patrol_run::runs_of(site, day))
            .find(|run| run.route_name.contains(route) && run.slot == start.0)
            .with_context(|| format!("no run of {route} at {start}"))?;
        self.patrol(run.record)
    }

    /// A patrol run as this device knows it.
    ///
    /// # Errors
    /// When there is none.
    pub fn patrol(&self, record: RecordId) -> Result<PatrolRunView> {
        match self.client.record(record)?.view {
            Some(AnyView::PatrolRun(view)) => Ok(*view),
            _ => anyhow::bail!("{record} is no patrol run"),
        }
    }

    /// A work order as this device knows it.
    ///
    /// # Errors
    /// When there is none.
    pub fn order(&self, record: RecordId) -> Result<WorkOrderView> {
        match self.client.record(record)?.view {
            Some(AnyView::WorkOrder(view)) => Ok(*view),
            _ => anyhow::bail!("{record} is no work order"),
        }
    }

    /// A record opened.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(&self, record: RecordId) -> Result<RecordOpened> {
        Ok(self.client.record(record)?)
    }

    /// Ids of all records of a kind, open or not.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn all(&self, kind: &str) -> Result<Vec<RecordId>> {
        let asked = RecordsAsked { kind: Some(kind.into()), limit: 10_000, ..RecordsAsked::default() };
        Ok(self.client.records(&asked)?.into_iter().map(|row| row.id).collect())
    }
}

// ---- what tests of bad input and of copies need besides -------------------------------------------------------------

/// What a replica reads in every record: the kind, the view, what is not clear.
pub type Readings = std::collections::BTreeMap<RecordId, (String, Value, Value)>;

/// What stands in a book, record by record.
///
/// # Errors
/// When it cannot be read.
pub fn readings(store: &Store) -> Result<Readings> {
    let rows = store.records(&dutybook_store::RecordFilter::default())?;
    rows.into_iter().map(|row| Ok((row.id, (row.kind, row.view, serde_json::to_value(row.anomalies)?)))).collect()
}

impl Fleet {
    /// The folder all replicas lie in.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The server's folder.
    #[must_use]
    pub fn server_folder(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// The device that keeps the site's data.
    ///
    /// # Errors
    /// Before it was made.
    pub fn admin(&self) -> Result<&Device> {
        self.admin.as_ref().context("there is no administrator's device")
    }

    /// The book of the server while it is stopped, with everything in it brought up to date.
    ///
    /// # Errors
    /// While it runs.
    pub fn server_book(&self) -> Result<Store> {
        ensure!(self.running.is_none(), "the server is running");
        let store = Store::open(&self.server_folder(), server_options())?;
        while store.materialise(1_000)?.1 {}
        Ok(store)
    }

    /// Brings everybody together, stops the server, and compares what every replica reads in every record, before
    /// [`Fleet::finish`] does the rest.
    ///
    /// # Errors
    /// What differs, in words.
    pub async fn finish_reading_the_same(mut self, devices: &[&Device]) -> Result<()> {
        if self.running.is_none() {
            self.start_server().await?;
        }
        self.meet(devices).await?;
        self.stop_server().await?;
        let server = readings(&self.server_book()?)?;
        for device in devices.iter().copied().chain(&self.admin) {
            let theirs = readings(device.client.store())?;
            let label = &device.client.identity().label;
            for (record, reading) in &server {
                ensure!(theirs.get(record) == Some(reading), "{label} reads {record} otherwise than the server");
            }
            ensure!(theirs.len() == server.len(), "{label} lists records that the server does not");
        }
        self.finish(devices).await
    }
}

impl Device {
    /// Opens the book in a folder, as after the program was started again.
    ///
    /// # Errors
    /// When it does not open.
    pub fn start(folder: PathBuf, clock: Arc<SetClock>) -> Result<Self> {
        Ok(Self { client: Client::open(&folder, clock.clone())?, clock, folder })
    }

    /// Switches the program off. The folder stays.
    #[must_use]
    pub fn switch_off(self) -> (PathBuf, Arc<SetClock>) {
        (self.folder, self.clock)
    }
}

/// What a test opens the book of a stopped server with.
#[must_use]
pub fn server_options() -> OpenOptions {
    let random: fn(&mut [u8]) = |bytes| bytes.fill(9);
    OpenOptions { actor: [9; 16], random: Box::new(random) }
}

/// Copies a folder that no program has open, over what lies at the other place.
///
/// # Errors
/// When a file cannot be copied.
pub fn copy_folder(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}
