//! What bad input gets: a clear message, nothing lost, the rest goes on.

use std::sync::Arc;

use anyhow::Result;
use dutybook_client::{Client, Error, SystemClock};
use dutybook_tests::fleet::Fleet;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_years_off_changes_neither_order_nor_acceptance() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let (desk, tablet) = (fleet.desk().await?, fleet.tablet("白班平板", "维修员甲").await?);
    desk.clock.set_wall(dutybook_tests::fleet::at("2031-01-01 00:00")?);
    tablet.clock.set_wall(dutybook_tests::fleet::at("2019-01-01 00:00")?);
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "漏水", "description": "漏水", "place": "3-2-1502",
        "reporter_name": "业户", "reporter_phone": "", "category": "water", "urgency": "normal" });
    let order = desk.act("work_order", None, report)?.record;
    desk.act(
        "work_order",
        Some(order),
        json!({ "do": "dispatch", "to": [desk.person("维修员甲")?], "precautions": [] }),
    )?;
    fleet.meet(&[&desk, &tablet]).await?;
    tablet.act("work_order", Some(order), json!({ "do": "accept" }))?;
    fleet.meet(&[&desk, &tablet]).await?;
    let opened = desk.open(order)?;
    assert_eq!(opened.shown.card.state, "accepted", "the acceptance comes after the dispatch it saw");
    assert!(opened.anomalies.is_empty(), "{:?}", opened.anomalies);
    fleet.finish(&[&desk, &tablet]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_refused_in_words_and_left_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("book.sqlite");
    std::fs::write(&file, vec![0x5a; 4096])?;
    let refused = Client::open(folder.path(), Arc::new(SystemClock::new())).err().expect("it must not open");
    assert!(matches!(refused, Error::Store(_)), "{refused}");
    assert!(!refused.words().zh.is_empty());
    assert_eq!(std::fs::read(&file)?, vec![0x5a; 4096]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_dutybook_server_is_named_as_such() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let foreign = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut asked = [0; 1024];
            let _ = socket.read(&mut asked).await;
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await;
        }
    });
    let refused = desk.client.sync_once(&format!("http://{address}")).await.unwrap_err();
    assert_eq!(refused.code(), "offline");
    foreign.abort();
    fleet.finish(&[&desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_and_an_unknown_action_are_refused_without_a_trace() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let before = desk.client.store().counts()?.entries;
    let people = desk.client.people()?;
    assert!(matches!(desk.client.sign_in(people[0].person, "0000"), Err(Error::WrongPin)));
    let unknown = desk.act("work_order", None, json!({ "do": "explode" })).unwrap_err();
    assert!(unknown.to_string().contains("explode") || unknown.to_string().contains("action"), "{unknown}");
    assert!(desk.act("no_such_kind", None, json!({})).is_err());
    assert_eq!(desk.client.store().counts()?.entries, before);
    fleet.finish(&[&desk]).await
}
