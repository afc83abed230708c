//! `peer-client --url ws://… --corpus FOLDER --n N [--store FOLDER]`: a device as the comparison with other sync servers
//! drives it, by commands on stdin and JSON lines on stdout.
//!
//! It is the apps' own client: what it is given to write is durable in its own database before it is sent, and what it
//! receives is verified, durable and in its document before it counts as there. Without `--store` its database lies in
//! memory (`/dev/shm`), as other clients keep theirs. The fifty writers of w5 hold one document each and have no
//! database at all.

mod line;

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use dutybook_client::{Client, SystemClock};
use dutybook_domain::RecordId;
use dutybook_domain::engine::Step;
use dutybook_store::Error;
use dutybook_tests::bench::ingest::stamp;
use dutybook_tests::peers::{CHANGES, Script, fact, fill, open_device, scripts, server};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::line::Line;

/// Devices that connect without a store of their own, beside one another.
const BESIDE: std::ops::Range<usize> = 2..10;
/// The first device of the fifty writers.
const WRITERS: usize = 10;
/// Ticks a second in which /proc counts processor time.
const TICKS: u64 = 100;

struct Program {
    url: String,
    folder: PathBuf,
    device: usize,
    scripts: Vec<Script>,
    client: Option<Client>,
    lines: Vec<Line>,
    began_ms: u64,
    latencies: Arc<Mutex<Vec<u64>>>,
    // Held while the program runs: its place on disk, and its name among those beside it.
    _home: Option<TempDir>,
    _name: Option<File>,
}

/// Microseconds of the clock that all programs of the comparison read.
pub(crate) fn monotonic_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1_000
}

fn say(event: &str, more: Value) {
    let mut line = json!({ "ev": event, "t": monotonic_us() });
    if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    println!("{line}");
    let _ = std::io::stdout().flush();
}

fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<u64>().ok()).sum();
    ticks * 1_000 / TICKS
}

fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1_024
}

/// `count` documents spread over all, the others than those of the other `which`.
fn spread(all: usize, count: usize, which: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |k| (2 * k + which) * all / (2 * count))
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut options: HashMap<String, String> = HashMap::new();
    let mut arguments = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        options.insert(name, value);
    }
    let mut program = Program::start(&options)?;
    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    while let Some(command) = commands.next_line().await? {
        let words: Vec<&str> = command.split_whitespace().collect();
        if words.first() == Some(&"quit") {
            break;
        }
        if let Err(error) = program.perform(&words).await {
            say("error", json!({ "msg": format!("{error:#}") }));
        }
    }
    Ok(())
}

impl Program {
    fn start(options: &HashMap<String, String>) -> Result<Self> {
        let option = |name: &str| options.get(name).with_context(|| format!("{name} is missing"));
        let count: usize = option("--n")?.parse()?;
        let (mut home, mut name) = (None, None);
        let (folder, device) = match options.get("--store").map(PathBuf::from) {
            Some(folder) => {
                let device = usize::from(!folder.ends_with("cli"));
                (folder, device)
            }
            None => {
                let memory = TempDir::with_prefix_in("dutybook-peer-", "/dev/shm")?;
                let folder = memory.path().to_owned();
                home = Some(memory);
                let (device, file) = name_beside()?;
                name = Some(file);
                (folder, device)
            }
        };
        Ok(Self {
            url: option("--url")?.clone(),
            folder,
            device,
            scripts: scripts(Path::new(option("--corpus")?), count)?,
            client: None,
            lines: Vec::new(),
            began_ms: 0,
            latencies: Arc::default(),
            _home: home,
            _name: name,
        })
    }

    async fn perform(&mut self, words: &[&str]) -> Result<()> {
        let number = |at: usize| -> Result<usize> { Ok(words.get(at).context("a number is missing")?.parse()?) };
        match *words.first().unwrap_or(&"") {
            "init" => {
                fill(&open_device(&self.folder, self.device)?, &self.scripts)?;
                say("init", json!({}));
            }
            "load" => {
                let from = monotonic_us();
                self.open()?;
                say("loaded", json!({ "ms": (monotonic_us() - from) as f64 / 1_000.0 }));
            }
            "open" => {
                drop(open_device(&self.folder, self.device)?);
                self.open()?;
                say("open", json!({}));
            }
            "connect" => {
                let client = self.client()?.clone();
                client.store().set_setting("server_url", Some(&self.url.replacen("ws", "http", 1)))?;
                self.began_ms = processor_ms();
                let from = monotonic_us();
                tokio::spawn(client.keep_synced(CancellationToken::new()));
                say("connected", json!({ "t0": from }));
            }
            "await_pushed" => {
                self.delivered(true).await?;
                say("pushed", json!({ "cpu_ms": processor_ms() - self.began_ms, "rss": memory_bytes() }));
            }
            "pull" => {
                let from = monotonic_us();
                self.delivered(true).await?;
                let until = monotonic_us();
                let used = processor_ms() - self.began_ms;
                let whole = self.scripts.iter().map(|script| self.facts(script.record));
                let there = whole.collect::<Result<Vec<_>>>()?.into_iter().filter(|facts| *facts >= CHANGES).count();
                say(
                    "pulled",
                    json!({ "t0": from, "t1": until, "ok": there, "n": self.scripts.len(), "cpu_ms": used,
                            "rss": memory_bytes() }),
                );
            }
            "edit" => {
                let tag = words.get(3).context("a tag is missing")?;
                for at in spread(self.scripts.len(), number(1)?, number(2)?) {
                    let body = json!({ "tag": tag, ".by": "M. Eide", "note": "checked, closed, key returned to desk" });
                    self.write(at, "upd", &body)?;
                }
                say("edited", json!({}));
            }
            "await_edit_acked" => {
                self.delivered(false).await?;
                say("edit_acked", json!({}));
            }
            "await_edits" => {
                self.edits(number(1)?, number(2)?, words.get(3).context("a tag is missing")?).await?;
                say("edits_seen", json!({}));
            }
            "w4read" => {
                self.latencies.lock().unwrap_or_else(PoisonError::into_inner).clear();
                // Documents may hold marks of earlier work.
                tokio::spawn(watch_marks(self.client()?.clone(), Arc::clone(&self.latencies), monotonic_us()));
                say("w4ready", json!({}));
            }
            "w4write" => {
                let mut drawn = 7_u64;
                for _ in 0..number(1)? {
                    drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let at = (drawn >> 33) as usize % self.scripts.len();
                    self.write(at, "mark", &json!({ "mark": monotonic_us() }))?;
                    let share = 0.5 + (drawn >> 40 & 1_023) as f64 / 1_024.0;
                    tokio::time::sleep(Duration::from_secs_f64(number(2)? as f64 / 1_000.0 * share)).await;
                }
                say("w4written", json!({}));
            }
            "w4wait" => {
                let latencies = self.latencies_settled(Duration::from_millis(number(1)? as u64)).await;
                say("w4lat", json!({ "lat": latencies }));
            }
            "w5open" => {
                for at in 0..number(1)? {
                    let script = self.scripts.get(at).context("there are fewer documents")?;
                    self.lines.push(Line::open(&self.url, WRITERS + at, script.record).await?);
                }
                say("w5open", json!({}));
            }
            "w5rate" => {
                let (every, seconds) = (Duration::from_millis(number(1)? as u64), number(2)? as u64);
                let sent = self.all_write(Some(every), Duration::from_secs(seconds)).await?;
                say("w5sent", json!({ "sent": sent.len() }));
            }
            "w5closed" => {
                self.began_ms = processor_ms();
                let sent = self.all_write(None, Duration::from_secs(number(1)? as u64)).await?;
                say("w5closed", json!({ "sent": sent.len(), "lat": sent, "cpu_ms": processor_ms() - self.began_ms }));
            }
            "flush" => say("flushed", json!({})),
            other => bail!("{other} is not known"),
        }
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        self.client = Some(Client::open(&self.folder, Arc::new(SystemClock::new()))?);
        Ok(())
    }

    fn client(&self) -> Result<&Client> {
        self.client.as_ref().context("the book is not open")
    }

    /// Until the server has all of it, and where `whole` this side all of the server's.
    async fn delivered(&self, whole: bool) -> Result<()> {
        let client = self.client()?;
        let mut link = client.link();
        loop {
            let now = link.borrow_and_update().clone();
            ensure!(now.trouble.is_none(), "the server sent us away: {:?}", now.trouble);
            if (now.in_sync || !whole) && now.connected && client.store().undelivered(server())? == 0 {
                return Ok(());
            }
            link.changed().await?;
        }
    }

    fn facts(&self, record: RecordId) -> Result<usize> {
        Ok(self.client()?.store().doc(record)?.map_or(0, |doc| doc.facts.len()))
    }

    fn write(&self, at: usize, kind: &str, body: &Value) -> Result<()> {
        let client = self.client()?;
        let script = self.scripts.get(at).context("there are fewer documents")?;
        let write = fact(&client.store().device_key(), client.now(), kind, body);
        let step = Step { record: script.record, kind: "peers", writes: vec![write] };
        let changed = client.store().transact(stamp(client.now()), |_| Ok::<_, Error>(vec![step]))??;
        Ok(client.written(&changed)?)
    }

    async fn edits(&self, count: usize, which: usize, tag: &str) -> Result<()> {
        let client = self.client()?;
        let mut changes = client.changes();
        let mut missing: Vec<RecordId> =
            spread(self.scripts.len(), count, which).map(|at| self.scripts[at].record).collect();
        let mut touched: Option<Vec<RecordId>> = None;
        loop {
            let mut still = Vec::new();
            for record in missing {
                let looked_at = touched.as_ref().is_none_or(|touched| touched.contains(&record));
                let doc = if looked_at { client.store().doc(record)? } else { None };
                let there =
                    doc.is_some_and(|doc| doc.facts.iter().any(|fact| fact.body.get("tag") == Some(&tag.into())));
                if !there {
                    still.push(record);
                }
            }
            missing = still;
            if missing.is_empty() {
                return Ok(());
            }
            touched = match changes.recv().await {
                Ok(changed) => Some(changed.records),
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => bail!("the book was closed"),
            };
        }
    }

    async fn latencies_settled(&self, most: Duration) -> Vec<u64> {
        let until = tokio::time::Instant::now() + most;
        let mut before = usize::MAX;
        loop {
            let seen = self.latencies.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if seen.len() == before || tokio::time::Instant::now() >= until {
                return seen;
            }
            before = seen.len();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// All lines write for `length`: one change `every` so often, or the next as soon as the one before is acknowledged.
    /// Answers how long each took, in microseconds.
    async fn all_write(&mut self, every: Option<Duration>, length: Duration) -> Result<Vec<u64>> {
        let lines = std::mem::take(&mut self.lines);
        let until = tokio::time::Instant::now() + length;
        let many = lines.len() as u32;
        let writing = lines.into_iter().enumerate().map(|(at, mut line)| {
            tokio::spawn(async move {
                let mut took = Vec::new();
                let begins = every.map_or(Duration::ZERO, |every| every * at as u32 / many.max(1));
                line.idle(begins).await?;
                while tokio::time::Instant::now() < until {
                    let from = monotonic_us();
                    line.write(&json!({ "mark": from }))?;
                    match every {
                        Some(every) => line.idle(every).await?,
                        None => line.acknowledged().await?,
                    }
                    took.push(monotonic_us() - from);
                }
                anyhow::Ok((line, took))
            })
        });
        let mut all = Vec::new();
        for writing in writing.collect::<Vec<_>>() {
            let (line, took) = writing.await??;
            self.lines.push(line);
            all.extend(took);
        }
        Ok(all)
    }
}

/// The first number that no other such program has now.
fn name_beside() -> Result<(usize, File)> {
    for device in BESIDE {
        let file = File::create(std::env::temp_dir().join(format!("dutybook-peer-device-{device}")))?;
        if file.try_lock().is_ok() {
            return Ok((device, file));
        }
    }
    bail!("too many clients beside one another")
}

/// Notes how old each mark made after `since` is when its document holds it.
async fn watch_marks(client: Client, latencies: Arc<Mutex<Vec<u64>>>, since: u64) -> Result<()> {
    let mut changes = client.changes();
    let mut newest: HashMap<RecordId, u64> = HashMap::new();
    loop {
        let changed = match changes.recv().await {
            Ok(changed) => changed,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return Ok(()),
        };
        for record in changed.records {
            let Some(doc) = client.store().doc(record)? else { continue };
            let seen = newest.entry(record).or_insert(since);
            let marks = doc.facts.iter().filter_map(|fact| fact.body.get("mark")?.as_u64());
            let fresh: Vec<u64> = marks.filter(|mark| mark > seen).collect();
            let now = monotonic_us();
            *seen = fresh.iter().copied().max().unwrap_or(*seen);
            let mut latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner);
            latencies.extend(fresh.iter().map(|mark| now.saturating_sub(*mark)));
        }
    }
}
