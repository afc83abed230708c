//! Start, stop, and how the server says it is doing.

use dutybook_domain::device::AppRole;
use dutybook_domain::engine::Class;
use dutybook_sync::GoodbyeCode;

use crate::harness::{Manner, Site};

#[tokio::test(flavor = "multi_thread")]
async fn stopping_says_goodbye_to_everybody_and_leaves_one_file() {
    let mut site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    let desk = site.device(AppRole::Desk, "前台").await;
    tablet.write(Class::Duty, 20, 100);
    let mut links = [tablet.connect(&site).await, desk.connect(&site).await];
    for link in &mut links {
        link.in_sync().await;
    }
    site.stop().await;
    for link in &mut links {
        let (goodbye, by_peer) = link.until(|state| state.over).await.goodbye.unwrap();
        assert_eq!((&goodbye.code, by_peer), (&GoodbyeCode::ShuttingDown, true));
        assert!(goodbye.code.may_pass());
    }
    let wal = site.data().join("book.sqlite-wal");
    assert!(std::fs::metadata(wal).map_or(0, |meta| meta.len()) == 0, "everything is in the database file");
    // And it goes on.
    site.start().await;
    let mut link = tablet.connect(&site).await;
    let state = link.in_sync().await;
    assert_eq!(state.received, 1, "nothing had been lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_does_not_wait_for_a_device_that_does_not_listen() {
    let mut site = Site::open().await;
    let desk = site.device(AppRole::Desk, "前台").await;
    let (socket, challenge) = crate::harness::dial(&site).await;
    let _deaf = desk.drive(socket, challenge, "demo", site.key, Manner::Deaf);
    site.health_until(|health| health["connected"] == 1).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_not_acknowledged() {
    let site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    let mut link = tablet.connect(&site).await;
    link.in_sync().await;
    // Something in the database is damaged.
    let other = rusqlite::Connection::open(site.data().join("book.sqlite")).unwrap();
    other.busy_timeout(crate::harness::PATIENCE).unwrap();
    other.execute_batch("ALTER TABLE dirty RENAME TO damaged").unwrap();
    tablet.write(Class::Duty, 1, 100);
    let (goodbye, by_peer) = link.until(|state| state.over).await.goodbye.unwrap();
    assert_eq!((&goodbye.code, by_peer), (&GoodbyeCode::StorageUnavailable, true));
    assert!(goodbye.code.may_pass(), "the device comes again by itself");
    assert_eq!(tablet.undelivered(), 1);
    let answer = reqwest::get(site.url("/healthz")).await.unwrap();
    assert_eq!(answer.status(), 503);
    let health: serde_json::Value = answer.json().await.unwrap();
    assert_eq!((&health["ok"], &health["disk"]["state"]), (&false.into(), &"failed".into()));
    other.execute_batch("ALTER TABLE damaged RENAME TO dirty").unwrap();
    let mut link = tablet.connect(&site).await;
    link.in_sync().await;
    assert_eq!(tablet.undelivered(), 0);
    site.health_until(|health| health["ok"] == true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_does_not_wait_for_half_a_request() {
    use tokio::io::AsyncWriteExt as _;
    let mut site = Site::open().await;
    let mut stream = tokio::net::TcpStream::connect(site.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-").await.unwrap();
    site.health().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_status_tell_how_it_is() {
    let site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "<巡逻1>").await;
    site.device(AppRole::Desk, "前台").await;
    tablet.write(Class::Duty, 5, 100);
    let mut link = tablet.connect(&site).await;
    link.in_sync().await;
    let health = site.health().await;
    assert_eq!(health["ok"], true);
    assert_eq!(health["site"], "demo");
    assert_eq!(health["entries"], 7, "five remarks, two devices");
    assert_eq!((&health["devices"], &health["connected"]), (&2.into(), &1.into()));
    assert_eq!(health["quarantined"], 0);
    assert!(health["disk"]["free_bytes"].as_u64().unwrap() > 0);
    let page = site.page_until(|page| page.contains("在线")).await;
    for shown in ["值班簿服务器", "Dutybook server", "示范小区 Demo Court", "&lt;巡逻1&gt;", "T1", "D1", "在线", "从未"]
    {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("<巡逻1>"), "a name is text");
    assert!(page.find("值班簿服务器") < page.find("Dutybook server"), "Chinese first");
    link.cut();
    site.health_until(|health| health["connected"] == 0).await;
    // The last contact is remembered.
    let page = site.page_until(|page| page.contains("just now")).await;
    assert!(!page.contains("在线 <small>connected"));
}
