//! Many devices that come back in one moment, each with what it wrote while the server was off.

use std::time::Instant;

use anyhow::{Result, ensure};
use dutybook_domain::device::AppRole;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::bench::book::{STARTS, order, report};
use crate::bench::floor::Bare;
use crate::bench::numbers::{median, rounded, times};
use crate::fleet::Fleet;

/// Actions of each device while the server is off, each with a signature of its own.
const EACH: usize = 20;
/// Bytes of the floor's rows: about what an order is as an entry.
const ROW_BYTES: usize = 1_024;

/// What it took.
#[derive(Debug)]
pub struct Burst {
    devices: usize,
    entries: u64,
    seconds: f64,
    half_seconds: f64,
    floor_seconds: f64,
}

impl Burst {
    /// Enrols `devices`, lets each write, and brings all of them back at once.
    ///
    /// # Errors
    /// When anything real fails, or something did not arrive.
    pub async fn measure(devices: usize) -> Result<Self> {
        let mut fleet = Fleet::demo(STARTS).await?;
        let mut crowd = Vec::new();
        for number in 1..=devices {
            let desk = fleet.device(AppRole::Desk, &format!("前台{number}")).await?;
            desk.sign_in("值班员甲")?;
            crowd.push(desk);
        }
        // All know each other before it counts.
        fleet.meet(&crowd.iter().collect::<Vec<_>>()).await?;
        fleet.stop_server().await?;
        for desk in &crowd {
            for number in 0..EACH {
                desk.client.act(&order(), report(number))?;
            }
        }
        fleet.start_server().await?;

        let url = fleet.url()?;
        let mut coming = JoinSet::new();
        let started = Instant::now();
        for desk in &crowd {
            let (desk, url) = (desk.clone(), url.clone());
            coming.spawn(async move { desk.sync(&url).await.map(|()| started.elapsed().as_secs_f64()) });
        }
        let took = coming.join_all().await.into_iter().collect::<Result<Vec<f64>>>()?;
        let entries = (devices * EACH) as u64;
        for desk in &crowd {
            ensure!(
                desk.client.sync_shown()?.undelivered == 0,
                "a device came back and still has something to deliver"
            );
        }
        Ok(Self {
            devices,
            entries,
            seconds: took.iter().copied().fold(0.0, f64::max),
            half_seconds: median(&took),
            floor_seconds: floor_seconds(devices)?,
        })
    }

    fn rate(&self) -> f64 {
        times(self.entries as f64, self.seconds)
    }

    fn floor_rate(&self) -> f64 {
        times(self.entries as f64, self.floor_seconds)
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "devices": self.devices,
            "entries": self.entries,
            "seconds_until_the_last_is_in_sync": rounded(self.seconds),
            "seconds_until_half_are_in_sync": rounded(self.half_seconds),
            "entries_per_second": rounded(self.rate()),
            "floor_entries_per_second": rounded(self.floor_rate()),
            "share_of_the_floor": rounded(times(self.rate(), self.floor_rate())),
        })
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        format!(
            "{} devices come back at once with {} entries each, in this same process\n  half of them in sync after {:.2} s, all after \
             {:.2} s: {:.0} entries/s; bare SQLite, a transaction a device: {:.0} rows/s; {:.2} of the floor\n",
            self.devices,
            EACH,
            self.half_seconds,
            self.seconds,
            self.rate(),
            self.floor_rate(),
            times(self.rate(), self.floor_rate()),
        )
    }
}

/// The same number of rows into bare SQLite, a transaction for each device.
fn floor_seconds(devices: usize) -> Result<f64> {
    let folder = TempDir::new()?;
    let mut bare = Bare::create(&folder.path().join("floor.sqlite"))?;
    let (doc, row) = ([7; 16], [7; ROW_BYTES]);
    let started = Instant::now();
    for _ in 0..devices {
        bare.write((0..EACH).map(|_| (&doc, &row[..])))?;
    }
    Ok(started.elapsed().as_secs_f64())
}
