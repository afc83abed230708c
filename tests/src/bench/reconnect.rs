//! Coming back with nothing new: the real client and the real server through a proxy that counts.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::book::{FilledBook, order, report};
use crate::bench::proxy::{Proxy, Traffic, Way};

/// What coming back with nothing new may cost, both ways together.
pub const MOST_BYTES: u64 = 2_048;
/// By how much the bytes may differ between a small book and a large one.
pub const MARGIN_BYTES: u64 = 16;
/// The answer to the connection request, and the answer to `Hello`.
pub const ROUND_TRIPS: usize = 2;

/// Reconnects with books of rising size.
#[derive(Debug, Default)]
pub struct Reconnect {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    orders: usize,
    records: u64,
    nothing_new: Traffic,
    one_order: Traffic,
}

impl Reconnect {
    /// Measures with the book as it is: first with nothing new, then with one order written meanwhile.
    ///
    /// # Errors
    /// When the two cannot meet.
    pub async fn measure(&mut self, book: &mut FilledBook) -> Result<()> {
        let proxy = Proxy::before(book.server()?).await?;
        let (orders, records) = (book.orders.len(), book.desk.client.store().counts()?.records);
        let nothing_new = through(&proxy, book).await.context("with nothing new")?;
        let written = book.desk.client.act(&order(), report(orders))?;
        book.orders.push(written.record);
        let one_order = through(&proxy, book).await.context("with one new order")?;
        self.rows.push(Row { orders, records, nothing_new, one_order });
        Ok(())
    }

    /// What does not hold of: few bytes, as many with a large book as with a small one, two round trips. Also when
    /// the proxy cannot be believed.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        let Some(least) = self.rows.first() else { return vec!["no reconnect was measured".into()] };
        for row in &self.rows {
            let (bytes, first) = (row.nothing_new.total(), least.nothing_new.total());
            if bytes > MOST_BYTES {
                failures.push(format!("{bytes} bytes for nothing new with {} orders, over {MOST_BYTES}", row.orders));
            }
            if bytes.abs_diff(first) > MARGIN_BYTES {
                failures.push(format!(
                    "{bytes} bytes for nothing new with {} orders, but {first} with {}",
                    row.orders, least.orders
                ));
            }
            if row.nothing_new.round_trips() != ROUND_TRIPS {
                failures.push(format!(
                    "{} round trips for nothing new with {} orders, not {ROUND_TRIPS}: {}",
                    row.nothing_new.round_trips(),
                    row.orders,
                    row.nothing_new.spelled()
                ));
            }
            if row.one_order.bytes(Way::Up) <= row.nothing_new.bytes(Way::Up) {
                failures.push(format!("with {} orders a new one was delivered without any bytes", row.orders));
            }
        }
        failures
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let side = |traffic: &Traffic| {
            json!({
                "bytes_up": traffic.bytes(Way::Up),
                "bytes_down": traffic.bytes(Way::Down),
                "bytes": traffic.total(),
                "round_trips": traffic.round_trips(),
                "turns": traffic.spelled(),
            })
        };
        let rows = self.rows.iter().map(|row| {
            json!({
                "orders": row.orders,
                "records": row.records,
                "nothing_new": side(&row.nothing_new),
                "one_new_order": side(&row.one_order),
            })
        });
        rows.collect()
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::from(
            "Reconnect: bytes of HTTP and WebSocket both ways, round trips\n\
             \x20   orders  records   nothing new: up  down  together  trips   one new order: up  down  trips   nothing new, turn by turn\n",
        );
        for row in &self.rows {
            let (nothing, one) = (&row.nothing_new, &row.one_order);
            let _ = writeln!(
                text,
                "  {:>8} {:>8} {:>17} {:>5} {:>9} {:>6} {:>19} {:>5} {:>6}   {}",
                row.orders,
                row.records,
                nothing.bytes(Way::Up),
                nothing.bytes(Way::Down),
                nothing.total(),
                nothing.round_trips(),
                one.bytes(Way::Up),
                one.bytes(Way::Down),
                one.round_trips(),
                nothing.spelled(),
            );
        }
        text
    }
}

async fn through(proxy: &Proxy, book: &FilledBook) -> Result<Traffic> {
    let url = proxy.url()?;
    let (synced, traffic) = tokio::join!(book.desk.sync(&url), proxy.carry());
    synced?;
    traffic
}
