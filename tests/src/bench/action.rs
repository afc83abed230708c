//! One action from call to durable, on a book that holds thousands of records, beside a bare commit.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use dutybook_client::Target;
use dutybook_domain::patrol_run::runs_of;
use dutybook_domain::{RecordId, Timestamp, Zone};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::book::{FilledBook, STARTS, person};
use crate::bench::floor::Bare;
use crate::bench::numbers::{median, ms, quantile, rounded, times};
use crate::fleet::{Device, at};

/// Actions before measuring, so that caches and files are as they are on a running device.
const WARM_UP: usize = 10;
/// Bytes of the floor's row: about an entry of one action.
const ROW_BYTES: usize = 512;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// One sort of action beside the floor.
#[derive(Debug)]
pub struct Latency {
    name: &'static str,
    records: u64,
    ours: Vec<f64>,
    floor: Vec<f64>,
}

/// Something to be done, and when by the device's clock.
struct Doing {
    at: Timestamp,
    target: Target,
    action: Value,
}

/// Dispatches orders on the desk and scans checkpoints on the tablet, `count` times each. The server is off, as it is
/// for a device in a cellar.
///
/// # Errors
/// When an action is refused.
pub async fn act_on_the_book(mut book: FilledBook, tablet: &Device, count: usize) -> Result<Vec<Latency>> {
    book.fleet.stop_server().await?;
    tablet.sign_in("秩序维护员甲")?;
    let dispatches = dispatches(&book, count + WARM_UP)?;
    let scans = scans(tablet, count + WARM_UP)?;
    let folder = TempDir::new()?;
    let mut floor = Bare::create(&folder.path().join("floor.sqlite"))?;
    Ok(vec![
        Latency::measure("work order: dispatch", &book.desk, dispatches, &mut floor)?,
        Latency::measure("patrol: scan a checkpoint", tablet, scans, &mut floor)?,
    ])
}

/// Dispatches of orders from all over the book, as they lie in the database and not in a cache.
fn dispatches(book: &FilledBook, count: usize) -> Result<Vec<Doing>> {
    let worker = person(&book.desk, "维修员甲")?;
    ensure!(book.orders.len() >= count, "{} orders are too few for {count} dispatches", book.orders.len());
    let step = book.orders.len() / count;
    let doings = book.orders.iter().step_by(step).take(count).map(|order| Doing {
        at: book.desk.client.now(),
        target: Target { kind: "work_order".into(), record: Some(*order) },
        action: json!({ "do": "dispatch", "to": [worker], "precautions": [] }),
    });
    Ok(doings.collect())
}

/// Scans of night after night, stop by stop, each at the time the plan wants it.
fn scans(tablet: &Device, count: usize) -> Result<Vec<Doing>> {
    let site = tablet.client.site();
    let mut doings = Vec::new();
    let mut night = at(STARTS)?;
    while doings.len() < count {
        let before = doings.len();
        for run in runs_of((*site).as_ref(), night.day(Zone::default())) {
            if !run.route_name.contains("夜间巡更") {
                continue;
            }
            doings.extend(run.stops.iter().map(|stop| Doing {
                at: stop.opens,
                target: patrol(run.record),
                action: json!({ "do": "scan", "code": stop.code, "method": "qr" }),
            }));
        }
        ensure!(doings.len() > before, "nobody walks at night");
        night = Timestamp(night.0 + DAY_MS);
    }
    doings.truncate(count);
    Ok(doings)
}

fn patrol(record: RecordId) -> Target {
    Target { kind: "patrol_run".into(), record: Some(record) }
}

impl Latency {
    fn measure(name: &'static str, device: &Device, doings: Vec<Doing>, floor: &mut Bare) -> Result<Self> {
        let records = device.client.store().counts()?.records;
        let before = device.client.store().counts()?.entries;
        let (doc, row) = ([7; 16], [7; ROW_BYTES]);
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        let count = doings.len();
        for (index, Doing { at, target, action }) in doings.into_iter().enumerate() {
            device.clock.set_wall(at);
            let started = Instant::now();
            device.client.act(&target, action).with_context(|| format!("{name}, number {index}"))?;
            let acted = started.elapsed();
            let started = Instant::now();
            floor.write([(&doc, &row[..])])?;
            let written = started.elapsed();
            if index >= WARM_UP {
                ours.push(ms(acted));
                bare.push(ms(written));
            }
        }
        let written = device.client.store().counts()?.entries - before;
        ensure!(written >= count as u64, "{count} actions made {written} entries");
        Ok(Self { name, records, ours, floor: bare })
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "action": self.name,
            "records": self.records,
            "samples": self.ours.len(),
            "median_ms": rounded(median(&self.ours)),
            "p99_ms": rounded(quantile(&self.ours, 0.99)),
            "floor_median_ms": rounded(median(&self.floor)),
            "floor_p99_ms": rounded(quantile(&self.floor, 0.99)),
            "times_the_floor": rounded(times(median(&self.ours), median(&self.floor))),
            "own_work_ms": rounded(median(&self.ours) - median(&self.floor)),
        })
    }
}

/// For people.
#[must_use]
pub fn table(rows: &[Latency]) -> String {
    let mut text = String::from(
        "One action, call to durable, beside one row committed to bare SQLite (ms)\n\
         \x20                             records  samples   median      p99   bare median   bare p99   times the floor   own work\n",
    );
    for row in rows {
        let (ours, floor) = (median(&row.ours), median(&row.floor));
        let _ = writeln!(
            text,
            "  {:<26} {:>8} {:>8} {:>8.2} {:>8.2} {:>13.2} {:>10.2} {:>17.2} {:>10.2}",
            row.name,
            row.records,
            row.ours.len(),
            ours,
            quantile(&row.ours, 0.99),
            floor,
            quantile(&row.floor, 0.99),
            times(ours, floor),
            ours - floor,
        );
    }
    text
}
