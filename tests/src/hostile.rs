//! Hostile peers against the real server process, while an honest desk goes on working.
//!
//! Each attack runs as long as the desk needs for its actions. What has to hold: the server's memory stays below
//! [`MEMORY_MIB`], the desk's acknowledged actions take at most a few times what they take without the attack in the same
//! run, and whatever was taken can be read by somebody who joins afterwards.
//!
//! `cargo xtask hostile` runs all of it on a release build, tests/tests/hostile.rs a short form.

mod attack;

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dutybook_client::{Client, SetClock, Target, enrol};
use dutybook_domain::site::file;
use dutybook_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use xtask::demo::DeviceRole;
use xtask::programs::Programs;
use xtask::server::{Server, free_port};

use crate::bench::numbers::{median, ms, quantile};
use crate::fleet::{Device, SITE_FILE, at, readings, server_options};
use crate::hostile::attack::Attack;
use crate::rogue::{DUTY, Rogue, duty_record, remark};

/// What the server may take, whatever comes.
pub const MEMORY_MIB: u64 = 512;
/// No action of the desk takes this long, and no attack takes this long to begin; what does has failed.
const DEADLINE: Duration = Duration::from_secs(60);
/// Actions before anything is measured.
const WARM_UP: usize = 10;

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Actions of the desk before and during each attack.
    pub actions: usize,
    /// Connections of the attacks that open many.
    pub connections: usize,
    /// How many times as long as without attacks the desk's actions may take, p99 over all of them.
    pub ratio: f64,
}

impl Plan {
    /// What `cargo xtask hostile` does.
    #[must_use]
    pub const fn full() -> Self {
        Self { actions: 100, connections: 500, ratio: 2.0 }
    }

    /// What the test run does: the same attacks, on a debug build that shares its processors with other tests.
    #[must_use]
    pub const fn short() -> Self {
        Self { actions: 12, connections: 500, ratio: 20.0 }
    }
}

/// How one attack went.
#[derive(Debug)]
struct Round {
    name: &'static str,
    calm_ms: Vec<f64>,
    attacked_ms: Vec<f64>,
    /// Connections or messages of the attack, and how many of them the server ended or refused.
    tried: u64,
    ended: u64,
    memory_mib: u64,
}

/// What all of them came to.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    rounds: Vec<Round>,
    problems: Vec<String>,
}

/// The scene of the attacks.
pub(crate) struct Scene {
    folder: TempDir,
    server: Server,
    url: String,
    address: SocketAddr,
    desk: Device,
    syncing: JoinHandle<()>,
    stop: CancellationToken,
    /// Devices whose keys are in the wrong hands.
    pub(crate) stolen: Vec<Device>,
    log: PathBuf,
}

impl Scene {
    async fn set() -> Result<Self> {
        let folder = TempDir::new()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let log = folder.path().join("server.log");
        let mut server = Server::new(&Programs::of_this_build()?, &folder.path().join("server"), address, &log)?;
        server.init("demo", "示范小区")?;
        server.start()?;
        let url = server.url();
        let admin = device(&folder, &server, DeviceRole::Admin, "管理机").await?;
        admin.client.sign_in_as_admin()?;
        let file = file::parse(SITE_FILE).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let actions = file
            .items()?
            .into_iter()
            .map(|(record, kind, action)| (Target { kind: kind.into(), record: Some(record) }, action));
        admin.client.act_all(actions)?;
        admin.sync(&url).await?;
        let desk = device(&folder, &server, DeviceRole::Desk, "前台").await?;
        desk.sign_in("值班员甲")?;
        let mut stolen = Vec::new();
        for number in 1..=3 {
            stolen.push(device(&folder, &server, DeviceRole::Tablet, &format!("丢失的平板{number}")).await?);
        }
        // More than a window, so that whoever does not read has something not to read.
        let mut bulky = Rogue::of(&stolen[0], DUTY, 0xb0)?;
        for number in 0..24 {
            bulky.write(duty_record("work_order", 0xb000 + number), remark(90_000)?);
        }
        bulky.sync(&url).await?;
        let stop = CancellationToken::new();
        let syncing = tokio::spawn(desk.client.clone().keep_synced(stop.clone()));
        let scene = Self { folder, server, url, address, desk, syncing, stop, stolen, log };
        let mut link = scene.desk.client.link();
        tokio::time::timeout(DEADLINE, link.wait_for(|link| link.in_sync))
            .await
            .context("the desk never connected")??;
        for number in 0..WARM_UP {
            scene.act(number).await?;
        }
        Ok(scene)
    }

    /// One action of the desk, from the tap to the server's acknowledgement.
    async fn act(&self, number: usize) -> Result<f64> {
        let mut link = self.desk.client.link();
        let client = &self.desk.client;
        let server = client.identity().server;
        let began = Instant::now();
        link.mark_unchanged();
        let report = json!({ "do": "report", "source": { "from": "desk" }, "title": format!("第{number}单"),
            "description": "漏水", "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "water",
            "urgency": "normal" });
        self.desk.act("work_order", None, report)?;
        let acknowledged = async {
            while client.store().undelivered(server)? > 0 {
                link.changed().await?;
            }
            Ok::<_, anyhow::Error>(())
        };
        let waited = tokio::time::timeout(DEADLINE, acknowledged).await;
        waited.with_context(|| {
            format!("action {number} of the desk was not acknowledged; see {}", self.log.display())
        })??;
        Ok(ms(began.elapsed()))
    }

    async fn act_often(&self, count: usize) -> Result<Vec<f64>> {
        let mut took = Vec::with_capacity(count);
        for number in 0..count {
            took.push(self.act(number).await?);
        }
        Ok(took)
    }

    /// The most that the server's process ever held in memory.
    fn memory_mib(&self) -> Result<u64> {
        let id = self.server.process_id().context("the server does not run")?;
        let status = fs::read_to_string(format!("/proc/{id}/status")).context("the server has ended")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM in its status")?;
        let kib: u64 = peak.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024)
    }

    async fn round(&self, attack: Attack, plan: Plan) -> Result<Round> {
        let calm_ms = self.act_often(plan.actions).await?;
        let running = attack.start(self, plan).await.with_context(|| attack.name())?;
        let attacked_ms = self.act_often(plan.actions).await.with_context(|| attack.name())?;
        let (tried, ended) = running.end().await;
        let memory_mib = self.memory_mib().with_context(|| attack.name())?;
        Ok(Round { name: attack.name(), calm_ms, attacked_ms, tried, ended, memory_mib })
    }

    /// Everybody stops; what the server took is looked through, and read by somebody who joins now.
    async fn finish(mut self, problems: &mut Vec<String>) -> Result<()> {
        let late = device(&self.folder, &self.server, DeviceRole::Desk, "后来的前台").await?;
        late.sync(&self.url).await?;
        self.stop.cancel();
        self.syncing.await?;
        self.desk.sync(&self.url).await?;
        self.server.stop()?;
        let server = Store::open(self.server.data(), server_options())?;
        while server.materialise(1_000)?.1 {}
        let mut look = |who: &str, store: &Store| -> Result<()> {
            let report = store.check()?;
            if !report.ok {
                problems.push(format!("{who}: the check found {:?}", report.problems));
            }
            Ok(())
        };
        look("the server", &server)?;
        look("the desk", self.desk.client.store())?;
        look("a desk that joined afterwards", late.client.store())?;
        let (theirs, ours) = (readings(late.client.store())?, readings(&server)?);
        for (record, reading) in &ours {
            if theirs.get(record) != Some(reading) {
                problems.push(format!("{record} is read otherwise by a desk that joined afterwards"));
            }
        }
        if self.desk.client.sync_shown()?.undelivered > 0 {
            problems.push("the desk says that something is undelivered".into());
        }
        Ok(())
    }
}

async fn device(folder: &TempDir, server: &Server, role: DeviceRole, name: &str) -> Result<Device> {
    let token = server.token(role, name)?;
    let clock = Arc::new(SetClock::at(at("2026-11-24 09:00")?));
    let folder = folder.path().join(name);
    let client: Client = enrol(&folder, &server.url(), &token, name, clock.clone()).await?;
    let device = Device { client, clock, folder };
    device.sync(&server.url()).await?;
    Ok(device)
}

/// Runs every attack.
///
/// # Errors
/// When the scene cannot be set, or the desk's work was held up for good.
pub async fn run(plan: Plan) -> Result<Report> {
    let scene = Scene::set().await?;
    let mut report = Report { plan, rounds: Vec::new(), problems: Vec::new() };
    // The first attacks nothing, so that the table says what is noise.
    for attack in Attack::ALL {
        let round = scene.round(attack, plan).await?;
        eprintln!("{}", round.line());
        report.rounds.push(round);
    }
    scene.finish(&mut report.problems).await?;
    Ok(report)
}

impl Round {
    fn line(&self) -> String {
        let (calm, attacked) = (&self.calm_ms, &self.attacked_ms);
        let ratio = quantile(attacked, 0.99) / quantile(calm, 0.99);
        format!(
            "  {:<58} {:>8} {:>8} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>7.2} {:>7}",
            self.name,
            self.tried,
            self.ended,
            median(calm),
            median(attacked),
            quantile(calm, 0.99),
            quantile(attacked, 0.99),
            ratio,
            self.memory_mib,
        )
    }
}

impl Report {
    fn samples(&self, of: impl Fn(&Round) -> &Vec<f64>) -> Vec<f64> {
        self.rounds.iter().flat_map(|round| of(round).iter().copied()).collect()
    }

    /// The desk's p99 under attack in terms of its own without, over all rounds but the first, which attacks nothing.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let attacked: Vec<f64> =
            self.rounds.iter().skip(1).flat_map(|round| round.attacked_ms.iter().copied()).collect();
        quantile(&attacked, 0.99) / quantile(&self.samples(|round| &round.calm_ms), 0.99)
    }

    /// The most that the server held in memory, in MiB.
    #[must_use]
    pub fn memory_mib(&self) -> u64 {
        self.rounds.iter().map(|round| round.memory_mib).max().unwrap_or(0)
    }

    /// What does not hold.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = self.problems.clone();
        if self.memory_mib() >= MEMORY_MIB {
            failures.push(format!("the server took {} MiB; {MEMORY_MIB} are allowed", self.memory_mib()));
        }
        if self.ratio() > self.plan.ratio {
            failures.push(format!(
                "the desk's acknowledged actions took {:.2} times as long under attack (p99); {} are allowed",
                self.ratio(),
                self.plan.ratio
            ));
        }
        for round in self.rounds.iter().skip(1) {
            if round.tried == 0 {
                failures.push(format!("{}: the attack did nothing", round.name));
            }
        }
        failures
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!(
            "{} actions of a desk before and during each attack, tap to acknowledgement (ms); the server's peak memory (MiB)\n  {:<58} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7}\n",
            self.plan.actions, "attack", "tried", "ended", "calm", "attacked", "p99", "p99", "ratio", "memory"
        );
        for round in &self.rounds {
            let _ = writeln!(text, "{}", round.line());
        }
        let _ = writeln!(
            text,
            "  p99 under attack / p99 without: {:.2}    peak memory: {} MiB",
            self.ratio(),
            self.memory_mib()
        );
        text
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let rounds: Vec<Value> = self
            .rounds
            .iter()
            .map(|round| {
                json!({
                    "attack": round.name, "tried": round.tried, "ended": round.ended, "memory_mib": round.memory_mib,
                    "calm_p99_ms": quantile(&round.calm_ms, 0.99), "attacked_p99_ms": quantile(&round.attacked_ms, 0.99),
                })
            })
            .collect();
        json!({ "rounds": rounds, "ratio": self.ratio(), "memory_mib": self.memory_mib(), "failures": self.failures() })
    }
}
