//! The benchmark: what the real parts cost, each beside a floor measured in the same run. `docs/performance.md` says
//! what the numbers mean.
//!
//! | module | owns |
//! |---|---|
//! | [`ingest`] | entries a second that become durable on the server |
//! | [`reconnect`] | bytes and round trips of coming back with nothing new |
//! | [`action`] | one action from call to durable |
//! | [`burst`] | many devices handing in at once |
//! | [`floor`] | bare SQLite: what the disk and the database cost without us |
//! | [`book`] | a site whose book holds thousands of orders |
//! | [`proxy`], [`machine`], [`numbers`] | counting bytes; what it ran on; medians |
//!
//! Invariants
//! - Nothing asserts an absolute time. What is asserted does not depend on the machine: bytes and round trips.
//! - Our work and its floor take turns within one run, so that a busy machine slows both.

pub mod action;
pub mod book;
pub mod burst;
pub mod floor;
pub mod ingest;
pub mod machine;
pub mod numbers;
pub mod proxy;
pub mod reconnect;

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::action::{Latency, act_on_the_book};
use crate::bench::book::{FilledBook, NewDevice};
use crate::bench::burst::Burst;
use crate::bench::ingest::Ingest;
use crate::bench::machine::Machine;
use crate::bench::reconnect::Reconnect;

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Work orders in the book at each reconnect, rising.
    pub orders: Vec<usize>,
    /// Rounds of ingest; each measures every size of batch once.
    pub rounds: usize,
    /// Actions of each sort.
    pub actions: usize,
    /// Devices that hand in at once.
    pub devices: usize,
}

impl Plan {
    /// What `docs/performance.md` shows.
    #[must_use]
    pub fn full() -> Self {
        Self { orders: vec![100, 1_000, 10_000], rounds: 7, actions: 500, devices: 50 }
    }

    /// Less of everything, to see that it works.
    #[must_use]
    pub fn quick() -> Self {
        Self { orders: vec![100, 1_000], rounds: 2, actions: 50, devices: 5 }
    }
}

/// What was measured.
#[derive(Debug)]
pub struct Report {
    machine: Machine,
    ingest: Ingest,
    reconnect: Reconnect,
    new_device: NewDevice,
    actions: Vec<Latency>,
    burst: Burst,
}

/// Measures everything in `plan`, telling on stderr what it is at.
///
/// # Errors
/// When a real part fails.
pub async fn measure(plan: &Plan) -> Result<Report> {
    let machine = Machine::look()?;
    eprintln!("· ingest");
    let ingest = Ingest::measure(plan.rounds).context("ingest")?;
    let mut book = FilledBook::new().await?;
    let mut reconnect = Reconnect::default();
    for orders in &plan.orders {
        eprintln!("· a book with {orders} work orders, and reconnecting with it");
        book.fill(*orders).await?;
        reconnect.measure(&mut book).await?;
    }
    eprintln!("· a new device fetches the book");
    let new_device = book.new_device().await?;
    eprintln!("· actions");
    let actions = act_on_the_book(book, &new_device.tablet, plan.actions).await.context("actions")?;
    eprintln!("· {} devices at once", plan.devices);
    let burst = Burst::measure(plan.devices).await.context("burst")?;
    Ok(Report { machine: machine.with_load_at_the_end(), ingest, reconnect, new_device, actions, burst })
}

impl Report {
    /// What must hold on every machine and does not.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        self.reconnect.failures()
    }

    /// One object for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "machine": self.machine.json(),
            "ingest": self.ingest.json(),
            "reconnect": self.reconnect.json(),
            "new_device": self.new_device.json(),
            "actions": self.actions.iter().map(Latency::json).collect::<Vec<_>>(),
            "burst": self.burst.json(),
            "failures": self.failures(),
        })
    }

    /// Tables for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing into a String does not fail.
        let _ = writeln!(text, "{}", self.machine.table());
        let _ = writeln!(text, "{}", self.ingest.table());
        let _ = writeln!(text, "{}", self.reconnect.table());
        let _ = writeln!(text, "{}", self.new_device.table());
        let _ = writeln!(text, "{}", action::table(&self.actions));
        let _ = write!(text, "{}", self.burst.table());
        text
    }
}
