//! What bad input gets: a clear message, nothing lost, the rest goes on.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use dutybook_client::{Client, Error, SystemClock};
use dutybook_domain::device::AppRole;
use dutybook_domain::{RecordId, Timestamp};
use dutybook_tests::fleet::Fleet;
use serde_json::{Value, json};

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

/// Days and moments that cannot be meant, and signatures of somebody else: each is refused in words that say what to
/// do, and writes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn impossible_dates_and_other_peoples_signatures_are_refused_in_words() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let (now, cover) = (desk.client.now(), desk.person("值班员乙")?);
    let guard = desk.person("秩序维护员甲")?;
    let leave = |from: &str, to: &str| {
        json!({ "do": "apply", "cover": cover, "reason": "体检",
            "form": { "form": "leave", "leave": "sick", "from": from, "to": to } })
    };
    let swap = |day: &str| json!({ "do": "apply", "cover": cover, "reason": "考试", "form": { "form": "swap", "day": day, "back": null } });
    let order = |appointment: Value| {
        json!({ "do": "report", "source": { "from": "desk" }, "title": "漏水", "description": "漏水", "place": "3-2-1502",
            "reporter_name": "业户", "reporter_phone": "", "category": "water", "urgency": "normal", "appointment": appointment })
    };
    let instruction = |due: Value| {
        json!({ "do": "write", "giver": desk.person("客服主任").ok(), "source": "spoken", "content": "修好路灯",
            "owner": [guard], "due": due })
    };
    let (day, year) = (24 * 60, 366 * 24 * 60);
    let spot = |rectify_by: Value| {
        json!({ "do": "check", "person": cover, "shift": "早班", "items": [{ "item": "到岗", "verdict": "good" }],
            "rectify_by": rectify_by })
    };
    let table: Vec<(&str, Value, &str)> = vec![
        ("absence", leave("2026-02-30", "2026-03-01"), "unreadable_action"),
        ("absence", leave("2026-11-31", "2026-12-01"), "unreadable_action"),
        ("absence", leave("28.11.2026", "28.11.2026"), "unreadable_action"),
        ("absence", leave("2026-11-28", "2026-11-27"), "wrong_days"),
        ("absence", leave("9999-01-01", "9999-01-02"), "wrong_days"),
        ("absence", leave("2025-11-28", "2025-11-28"), "past"),
        ("absence", swap("2026-11-20"), "no_shift"),
        ("absence", swap("2026-13-01"), "unreadable_action"),
        ("work_order", order(json!("明天")), "unreadable_action"),
        ("work_order", order(json!(-1)), "no_such_time"),
        ("work_order", order(json!(now.plus_minutes(-2 * year))), "no_such_time"),
        ("work_order", order(json!(now.plus_minutes(50 * year))), "no_such_time"),
        ("instruction", instruction(json!("月底")), "unreadable_value"),
        ("instruction", instruction(json!(-5)), "unreadable_value"),
        ("instruction", instruction(json!(now.plus_minutes(50 * year))), "no_such_time"),
        ("spot_check", spot(json!("2026-02-30")), "unreadable_action"),
    ];
    // Of records that are there: a deadline that is over, and what only another person may sign.
    let call = json!({ "do": "register", "way": "call", "rings": 2, "category": "help", "unit_label": "3-2-1502",
        "name": "业户", "phone": "5550-8821", "summary": "楼上漏水" });
    let call = desk.act("contact_record", None, call)?.record;
    let asked = desk.act("absence", None, leave("2026-11-28", "2026-11-28"))?.record;
    let office = fleet.device(AppRole::Desk, "主任电脑").await?;
    office.sign_in("客服主任")?;
    let checked = office.act("spot_check", None, spot(Value::Null))?.record;
    fleet.meet(&[&desk, &office]).await?;
    let next = |at: Timestamp| json!({ "do": "set_next_contact", "next_contact": at, "reason": "业户不在" });
    let there: Vec<(&str, RecordId, Value, &str)> = vec![
        ("contact_record", call, next(now.plus_minutes(-day)), "not_ahead"),
        ("contact_record", call, next(now.plus_minutes(9 * year)), "no_such_time"),
        ("absence", asked, json!({ "do": "accept_cover" }), "not_yours"),
        ("absence", asked, json!({ "do": "approve", "opinion": "同意" }), "not_offered"),
        ("spot_check", checked, json!({ "do": "sign", "opinion": "替他签" }), "not_offered"),
    ];
    let before = desk.client.store().counts()?.entries;
    let all = table.into_iter().map(|(kind, action, code)| (kind, None, action, code));
    for (kind, record, action, code) in
        all.chain(there.into_iter().map(|(kind, record, action, code)| (kind, Some(record), action, code)))
    {
        let Err(refused) = desk.act(kind, record, action.clone()) else { bail!("{kind} takes {action}") };
        let refused = refused.downcast_ref::<Error>().context("what refuses is the book")?;
        assert_eq!(refused.code(), code, "{kind} {action}: {refused}");
        assert!(!refused.words().zh.is_empty() && !refused.words().en.is_empty());
    }
    assert_eq!(desk.client.store().counts()?.entries, before, "what is refused writes nothing");
    fleet.finish(&[&desk, &office]).await
}
