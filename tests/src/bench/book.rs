//! The demo site with thousands of work orders, on a desk and on the server.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result};
use dutybook_client::Target;
use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use serde_json::{Value, json};

use crate::bench::numbers::{rounded, times};
use crate::fleet::{Device, Fleet};

/// Orders written in one transaction while the book is filled. A transaction has to fit one frame of the network.
const AT_ONCE: usize = 500;
/// Who signs in on the desk.
const DUTY_OFFICER: &str = "值班员甲";
/// The site is set up then, so early in its month that rounds of several nights fit in.
pub const STARTS: &str = "2026-11-05 09:00";

/// A site, its desk, and the orders written there.
pub struct FilledBook {
    /// The site with its server.
    pub fleet: Fleet,
    /// The desk, with the duty officer signed in.
    pub desk: Device,
    /// The orders.
    pub orders: Vec<RecordId>,
}

impl FilledBook {
    /// The demo site without any order.
    ///
    /// # Errors
    /// When anything real fails.
    pub async fn new() -> Result<Self> {
        let fleet = Fleet::demo(STARTS).await?;
        let desk = fleet.device(AppRole::Desk, "前台").await?;
        desk.sign_in(DUTY_OFFICER)?;
        Ok(Self { fleet, desk, orders: Vec::new() })
    }

    /// Writes orders until there are `wanted`, and hands them to the server.
    ///
    /// # Errors
    /// When anything real fails.
    pub async fn fill(&mut self, wanted: usize) -> Result<()> {
        while self.orders.len() < wanted {
            let first = self.orders.len();
            let actions = (first..wanted.min(first + AT_ONCE)).map(|number| (order(), report(number)));
            let touched = self.desk.client.act_all(actions)?;
            self.orders.extend(touched.into_iter().filter(|touched| touched.kind == "work_order").map(|row| row.id));
        }
        self.desk.sync(&self.fleet.url()?).await
    }

    /// Where the server listens.
    ///
    /// # Errors
    /// When it was never started.
    pub fn server(&self) -> Result<SocketAddr> {
        let url = self.fleet.url()?;
        Ok(url.trim_start_matches("http://").parse()?)
    }

    /// Enrols a tablet, which fetches everything.
    ///
    /// # Errors
    /// When anything real fails.
    pub async fn new_device(&self) -> Result<NewDevice> {
        let started = Instant::now();
        let tablet = self.fleet.device(AppRole::Tablet, "夜班平板").await?;
        let seconds = started.elapsed().as_secs_f64();
        let counts = tablet.client.store().counts()?;
        anyhow::ensure!(counts.dirty == 0, "{} records of the new device are not up to date", counts.dirty);
        Ok(NewDevice { tablet, seconds, entries: counts.entries, records: counts.records })
    }
}

/// How long a new device took to hold everything.
pub struct NewDevice {
    /// The device.
    pub tablet: Device,
    seconds: f64,
    entries: u64,
    records: u64,
}

impl std::fmt::Debug for NewDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewDevice").field("seconds", &self.seconds).field("records", &self.records).finish()
    }
}

impl NewDevice {
    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "records": self.records,
            "entries": self.entries,
            "seconds": rounded(self.seconds),
            "entries_per_second": rounded(times(self.entries as f64, self.seconds)),
        })
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        format!(
            "A new device, enrolled, verified, every record readable\n  {} records, {} entries: {:.2} s, {:.0} entries/s\n",
            self.records,
            self.entries,
            self.seconds,
            times(self.entries as f64, self.seconds)
        )
    }
}

/// A work order that does not exist yet.
#[must_use]
pub fn order() -> Target {
    Target { kind: "work_order".into(), record: None }
}

/// An order as it is taken on the telephone.
#[must_use]
pub fn report(number: usize) -> Value {
    let (building, floor) = (number % 12 + 1, number / 12 % 28 + 1);
    json!({ "do": "report", "source": { "from": "desk" }, "title": format!("厨房水管漏水({number})"),
        "description": "水槽下方的接头滴水,住户已关总阀,请带生料带和软管", "place": format!("{building}栋2单元{floor}层"),
        "reporter_name": "业户", "reporter_phone": "13800000000", "category": "water", "urgency": "normal" })
}

/// The person of a title, as actions name people.
///
/// # Errors
/// When there is nobody of that title.
pub fn person(device: &Device, title: &str) -> Result<Value> {
    device.person(title).with_context(|| format!("the demo site has no {title}"))
}
