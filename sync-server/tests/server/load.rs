//! Many at once, and some that are slow.

use dutybook_domain::device::AppRole;
use dutybook_domain::engine::Class;
use dutybook_sync::{TARGET_BYTES, WINDOW_BYTES};

use crate::harness::{Manner, Site, dial, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn all_that_comes_during_a_commit_goes_into_the_next() {
    const DEVICES: u64 = 8;
    let site = Site::open().await;
    let mut devices = Vec::new();
    for number in 0..DEVICES {
        devices.push(site.device(AppRole::Tablet, &format!("巡逻{number}")).await);
    }
    let mut links = Vec::new();
    for device in &devices {
        let mut link = device.connect(&site).await;
        link.in_sync().await;
        links.push(link);
    }
    let before = site.health().await;
    // Another program holds the database: the first batch waits, and the others behind it.
    let other = rusqlite::Connection::open(site.data().join("book.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (device, link) in devices.iter().zip(&mut links) {
        let sent = link.state().sent;
        device.write(Class::Duty, 1, 100);
        link.until(|state| state.sent > sent).await;
    }
    other.execute_batch("ROLLBACK").unwrap();
    for device in &devices {
        eventually("everything is acknowledged, everywhere", || {
            device.undelivered() == 0 && device.entries() == 2 * DEVICES
        })
        .await;
    }
    assert!(devices.windows(2).all(|pair| pair[0].frontiers() == pair[1].frontiers()));
    let after = site.health().await;
    let grown = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
    assert_eq!(grown("batches"), DEVICES);
    assert!(grown("commits") < DEVICES, "{} commits", grown("commits"));
    assert_eq!(after["entries"], 2 * DEVICES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_does_not_answer_costs_a_window_and_holds_up_nobody() {
    let site = Site::open().await;
    let deaf = site.device(AppRole::Tablet, "deaf").await;
    let writer = site.device(AppRole::Tablet, "writer").await;
    let reader = site.device(AppRole::Desk, "reader").await;
    let mut reading = reader.connect(&site).await;
    reading.in_sync().await;
    // It proves who it is, and from then on neither stores nor acknowledges.
    let (socket, challenge) = dial(&site).await;
    let mut stuck = deaf.drive(socket, challenge, "demo", site.key, Manner::Silent);
    site.health_until(|health| health["connected"] == 2).await;
    writer.write(Class::Duty, 200, 60_000);
    let mut writing = writer.connect(&site).await;
    writing.in_sync().await;
    eventually("everything is acknowledged", || writer.undelivered() == 0).await;
    eventually("the others have it", || reader.frontiers() == writer.frontiers()).await;
    assert!(site.health().await["entries"].as_u64().unwrap() > 200);
    // Twelve megabytes were written; what was sent to it is a window.
    let state = stuck.until(|state| state.received_bytes >= WINDOW_BYTES).await;
    assert!(state.received_bytes < WINDOW_BYTES + 3 * TARGET_BYTES, "{}", state.received_bytes);
    assert!(!stuck.state().over);
}
