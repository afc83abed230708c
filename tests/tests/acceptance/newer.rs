//! What a newer version wrote: kept, shown as unknown, passed on, never dropped; and a newer database is left alone.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use automerge::transaction::{Transactable as _, Transaction};
use automerge::{Automerge, AutomergeError, ObjType, ROOT, ScalarValue};
use dutybook_client::{Client, SystemClock};
use dutybook_domain::{FactId, RecordId};
use dutybook_store::{Standing, Store};
use dutybook_sync::GoodbyeCode;
use dutybook_tests::fleet::{Device, Fleet, readings};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use dutybook_tests::rogue::{DUTY, Rogue, change, document, duty_record, fact_of};

const MORNING: &str = "2026-11-24 09:00";
const AT: i64 = 1_795_482_000_000;

/// A desk, a tablet, a tablet with a newer program, and a work order that all of them hold.
struct Scene {
    fleet: Fleet,
    desk: Device,
    tablet: Device,
    newer: Device,
    order: RecordId,
}

impl Scene {
    async fn set() -> Result<Self> {
        let fleet = Fleet::demo(MORNING).await?;
        let desk = fleet.desk().await?;
        let tablet = fleet.tablet("白班平板", "维修员甲").await?;
        let newer = fleet.tablet("新版平板", "维修员乙").await?;
        let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道漏水", "description": "楼道漏水",
            "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "water", "urgency": "normal" });
        let order = desk.act("work_order", None, report)?.record;
        let dispatch = json!({ "do": "dispatch", "to": [desk.person("维修员甲")?], "precautions": [] });
        desk.act("work_order", Some(order), dispatch)?;
        fleet.meet(&[&desk, &tablet, &newer]).await?;
        Ok(Self { fleet, desk, tablet, newer, order })
    }

    /// The id of a fact that the newer program writes.
    fn fact(&self, number: u8) -> FactId {
        fact_of(self.newer.client.store().device_key(), number)
    }

    /// The newer program writes into the record.
    async fn write(
        &self,
        record: RecordId,
        edit: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
    ) -> Result<()> {
        let mut doc = document(self.newer.client.store(), record)?;
        let mut rogue = Rogue::of(&self.newer, DUTY, 1)?;
        rogue.write(record, change(&mut doc, 0x33, edit)?);
        let told = rogue.sync(&self.fleet.url()?).await?;
        anyhow::ensure!(told.refused.is_empty() && told.goodbye.is_none(), "{told:?}");
        self.fleet.meet(&[&self.desk, &self.tablet, &self.newer]).await
    }

    /// Everything derived is derived anew, as after an update; somebody joins; work goes on; all read the same.
    async fn goes_on(self) -> Result<()> {
        let Self { fleet, desk, tablet, newer, order } = self;
        let before = readings(desk.client.store())?;
        desk.client.store().rebuild_projections()?;
        assert_eq!(readings(desk.client.store())?, before, "a rebuilt projection shows the same");
        let late = fleet.tablet("后来的平板", "维修员乙").await?;
        for (record, reading) in &before {
            assert_eq!(readings(late.client.store())?.get(record), Some(reading), "whoever joins later reads the same");
        }
        tablet.act("work_order", Some(order), json!({ "do": "accept" }))?;
        fleet.meet(&[&desk, &tablet, &newer, &late]).await?;
        assert_eq!(desk.open(order)?.shown.card.state, "accepted");
        fleet.finish_reading_the_same(&[&desk, &tablet, &newer, &late]).await
    }

    /// The device's own database once more, as the program finds it at its next start.
    fn restart_desk(self) -> Result<Self> {
        let (folder, clock) = self.desk.switch_off();
        Ok(Self { desk: Device::start(folder, clock)?, ..self })
    }
}

/// A fact as any version writes it.
fn put_fact(
    tx: &mut Transaction<'_>,
    id: FactId,
    kind: &str,
    role: &str,
    fields: &[(&str, ScalarValue)],
) -> Result<(), AutomergeError> {
    let fact = tx.put_object(ROOT, format!("fact/{id}"), ObjType::Map)?;
    tx.put(&fact, "type", kind)?;
    tx.put(&fact, "at", AT)?;
    tx.put(&fact, "by", Uuid::from_u128(0xabc).to_string())?;
    tx.put(&fact, "by_name", "新来的人")?;
    tx.put(&fact, "by_role", role)?;
    for (name, value) in fields {
        tx.put(&fact, *name, value.clone())?;
    }
    Ok(())
}

fn text(value: &str) -> ScalarValue {
    ScalarValue::Str(value.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_an_unknown_kind_is_kept_shown_and_passed_on() -> Result<()> {
    let scene = Scene::set().await?;
    let flight = duty_record("drone_flight", 0x1001);
    scene
        .write(flight, |tx| {
            tx.put(ROOT, "meta/kind", "drone_flight")?;
            tx.put(ROOT, "meta/number", "T3-1124-777")?;
            tx.put(ROOT, "meta/created_at", AT)?;
            tx.put(ROOT, "meta/battery", 0.75)?;
            tx.put(ROOT, "field/pilot", "somebody")?;
            put_fact(
                tx,
                scene.fact(1),
                "took_off",
                "worker",
                &[("height", ScalarValue::Int(30)), ("note", text("楼顶"))],
            )
        })
        .await?;
    let scene = scene.restart_desk()?;
    for device in [&scene.desk, &scene.tablet, &scene.newer] {
        let opened = device.open(flight)?;
        assert_eq!((opened.shown.kind.as_str(), opened.shown.card.state.as_str()), ("drone_flight", "unknown"));
        assert_eq!(opened.shown.card.number.as_deref(), Some("T3-1124-777"));
        assert!(opened.shown.card.state_words.zh.contains("升级"), "it says what to do");
        assert!(opened.view.is_none() && opened.shown.offers.is_empty());
        assert!(device.all("drone_flight")?.contains(&flight), "lists have it");
        // What was understood of it can be read: who, when, what word, which fields.
        let history = device.client.history(flight)?;
        assert_eq!(history.len(), 1);
        assert_eq!((history[0].fact.kind.as_str(), history[0].fact.known), ("took_off", false));
        assert_eq!(history[0].fact.by.name, "新来的人");
        assert_eq!(history[0].fact.body, json!({ "height": 30, "note": "楼顶" }));
        assert_eq!(history[0].device, "新版平板 T2");
        assert!(device.act("drone_flight", Some(flight), json!({ "do": "note", "text": "?" })).is_err());
    }
    scene.goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_fact_in_a_known_record_is_shown_as_unknown_and_the_rest_counts() -> Result<()> {
    let scene = Scene::set().await?;
    let order = scene.order;
    scene
        .write(order, |tx| {
            put_fact(
                tx,
                scene.fact(2),
                "teleported",
                "worker",
                &[("to", text("3栋")), ("with.json", text("[1,{\"a\":true}]"))],
            )?;
            // A known word with a value that only a newer version has.
            put_fact(tx, scene.fact(3), "dispatched", "duty_officer", &[("to.json", text("{\"robot\":7}"))])
        })
        .await?;
    let scene = scene.restart_desk()?;
    for device in [&scene.desk, &scene.tablet, &scene.newer] {
        let opened = device.open(order)?;
        assert_eq!(opened.shown.card.state, "dispatched");
        let unknown: Vec<_> = opened.anomalies.iter().filter(|anomaly| anomaly.code == "unknown_fact").collect();
        assert_eq!(unknown.len(), 2, "{:?}", opened.anomalies);
        assert!(unknown.iter().all(|anomaly| anomaly.words.zh.contains("更新的版本")));
        let history = device.client.history(order)?;
        let row = history.iter().find(|row| row.fact.kind == "teleported").context("it is in the history")?;
        assert!(!row.fact.known && row.fact.words.zh.contains("teleported"));
        assert_eq!(row.fact.body, json!({ "to": "3栋", "with": [1, { "a": true }] }));
        assert!(row.delivered);
        let row = history.iter().find(|row| row.fact.kind == "dispatched" && !row.fact.known);
        assert_eq!(row.context("shown as unknown")?.fact.body, json!({ "to": { "robot": 7 } }));
        let ledger =
            device.client.ledger(&dutybook_client::LedgerAsked { record: Some(order), ..Default::default() })?;
        assert!(ledger.iter().any(|line| line.line.subject.zh.contains("teleported")), "and in the ledger");
    }
    scene.goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_field_of_a_known_fact_stays_with_it() -> Result<()> {
    let scene = Scene::set().await?;
    let order = scene.order;
    let fields = [("text", text("已与业户联系")), ("mood", text("calm")), ("heart_rate", ScalarValue::Int(72))];
    scene.write(order, |tx| put_fact(tx, scene.fact(4), "noted", "worker", &fields)).await?;
    let scene = scene.restart_desk()?;
    for device in [&scene.desk, &scene.tablet, &scene.newer] {
        let history = device.client.history(order)?;
        let noted = &history.iter().find(|row| row.fact.kind == "noted").context("the remark counts")?.fact;
        assert!(noted.known);
        assert_eq!(noted.body, json!({ "text": "已与业户联系", "mood": "calm", "heart_rate": 72 }));
        assert_eq!(device.open(order)?.shown.card.state, "dispatched");
    }
    scene.goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_signed_in_an_unknown_role_is_kept_and_shown_and_has_no_force() -> Result<()> {
    let scene = Scene::set().await?;
    let order = scene.order;
    scene
        .write(order, |tx| {
            put_fact(tx, scene.fact(5), "accepted", "night_robot", &[])?;
            tx.put(ROOT, "sketch/roof", "a part of a newer version")?;
            tx.put_object(ROOT, "meta/geo", ObjType::Map).map(drop)
        })
        .await?;
    let scene = scene.restart_desk()?;
    for device in [&scene.desk, &scene.tablet, &scene.newer] {
        let opened = device.open(order)?;
        assert_eq!(opened.shown.card.state, "dispatched", "nobody is taken to have accepted");
        let unknown: Vec<_> = opened.anomalies.iter().filter(|anomaly| anomaly.code == "unknown_part").collect();
        let fact = format!("fact/{}", scene.fact(5));
        assert!(unknown.iter().any(|anomaly| anomaly.words.en.contains(&fact)), "{unknown:?}");
        assert!(unknown.iter().any(|anomaly| anomaly.words.en.contains("role")));
        assert!(unknown.iter().any(|anomaly| anomaly.words.en.contains("sketch/roof")));
        let entries = device.client.store().entries_of(order)?;
        let theirs = entries.iter().find(|entry| entry.keys.contains(&fact)).context("the entry is listed")?;
        assert_eq!((theirs.standing.clone(), theirs.device_label.as_str()), (Standing::Applied, "新版平板"));
    }
    scene.goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_newer_format_is_refused_by_that_name_and_stays_with_its_sender() -> Result<()> {
    let mut scene = Scene::set().await?;
    let url = scene.fleet.url()?;
    let mut doc = Automerge::new();
    let change = change(&mut doc, 0x34, |tx| tx.put(ROOT, "meta/kind", "work_order"))?;
    let mut rogue = Rogue::of(&scene.newer, DUTY, 2)?;
    rogue.write(duty_record("work_order", 0x2001), change.clone());
    // The same entry as version 2, with one element more.
    let mut later = Rogue::of(&scene.newer, DUTY, 3)?;
    let mut bytes = later.entry(duty_record("work_order", 0x2002), change);
    assert_eq!((bytes[0], bytes[1]), (0x8a, 0x01), "an array of ten that begins with the version");
    (bytes[0], bytes[1]) = (0x8b, 0x02);
    bytes.push(0xf6);
    later.append(1, bytes.clone());
    rogue.carry(&later);
    for _ in 0..2 {
        let told = rogue.sync(&url).await?;
        assert!(told.goodbye.is_none(), "{told:?}");
        let refusal = told.refused.first().context("it is refused")?;
        assert_eq!(refusal.code, "newer_version", "{told:?}");
        assert!(refusal.text.contains("newer") || refusal.text.contains("version"), "{}", refusal.text);
    }
    scene.fleet.meet(&[&scene.desk, &scene.tablet, &scene.newer]).await?;
    assert!(scene.desk.client.store().record(duty_record("work_order", 0x2001))?.is_some(), "the rest went through");
    scene.fleet.stop_server().await?;
    {
        let server = scene.fleet.server_book()?;
        let aside = server.quarantine()?;
        assert_eq!(aside.len(), 1);
        assert_eq!(server.quarantined_bytes(aside[0].id)?, Some(bytes));
    }
    scene.fleet.start_server().await?;
    scene.goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_a_newer_protocol_is_told_which_to_update() -> Result<()> {
    let scene = Scene::set().await?;
    let rogue = Rogue::of(&scene.newer, DUTY, 4)?;
    let mut line = rogue.dial(&scene.fleet.url()?).await?;
    let mut hello = minicbor::Encoder::new(Vec::new());
    hello.array(3)?.u32(0)?.u64(2)?.map(1)?.str("everything")?.str("is different")?;
    line.say(Message::Binary(hello.into_writer().into())).await?;
    let goodbye = line.told.goodbye.take().context("it is told why")?;
    assert_eq!(goodbye.code, GoodbyeCode::WrongProtocol);
    assert!(goodbye.text.contains("version 2") && goodbye.text.contains("update"), "{goodbye}");
    // A message of a type that this version does not know is skipped; a newer side may ask for more.
    let mut line = rogue.dial(&scene.fleet.url()?).await?;
    line.open().await?;
    let mut unknown = minicbor::Encoder::new(Vec::new());
    unknown.array(2)?.u32(77)?.str("how are you")?;
    line.send(Message::Binary(unknown.into_writer().into())).await?;
    let mut further = Rogue::of(&scene.newer, DUTY, 4)?;
    let mut doc = Automerge::new();
    further.write(
        duty_record("work_order", 0x3001),
        change(&mut doc, 0x35, |tx| tx.put(ROOT, "meta/kind", "work_order"))?,
    );
    let frame = line.frame_of(&further).await?;
    line.say(Message::Binary(frame)).await?;
    assert!(line.told.goodbye.is_none(), "the connection went on");
    scene.fleet.meet(&[&scene.desk]).await?;
    assert!(scene.desk.client.store().record(duty_record("work_order", 0x3001))?.is_some());
    scene.goes_on().await
}

// ---- databases ------------------------------------------------------------------------------------------------------

/// The format of a book as this version writes it.
const FORMAT: i64 = 3;

/// Makes the book say that a newer program wrote it, and answers its bytes.
fn raise_version(folder: &std::path::Path) -> Result<Vec<u8>> {
    let path = Store::path_in(folder);
    let book = rusqlite::Connection::open(&path)?;
    book.pragma_update(None, "user_version", 99)?;
    book.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    book.close().map_err(|(_, error)| error)?;
    Ok(std::fs::read(path)?)
}

fn lower_version(folder: &std::path::Path) -> Result<()> {
    let book = rusqlite::Connection::open(Store::path_in(folder))?;
    Ok(book.pragma_update(None, "user_version", FORMAT)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused_in_words_and_left_untouched() -> Result<()> {
    let mut scene = Scene::set().await?;
    let (folder, clock) = scene.desk.switch_off();
    let bytes = raise_version(&folder)?;
    let refused = Client::open(&folder, Arc::new(SystemClock::new())).err().context("it must not open")?;
    assert_eq!(refused.code(), "newer");
    assert!(refused.words().en.contains("update the program"), "{}", refused.words().en);
    assert_eq!(std::fs::read(Store::path_in(&folder))?, bytes, "not a byte was changed");

    scene.fleet.stop_server().await?;
    let server = scene.fleet.server_folder();
    let version: i64 =
        rusqlite::Connection::open(Store::path_in(&server))?
            .pragma_query_value(None, "user_version", |row| row.get(0))?;
    assert_eq!(version, FORMAT, "this test puts it back to that");
    let theirs = raise_version(&server)?;
    scene.fleet.start_server().await?;
    let refused = scene.fleet.stop_server().await.err().context("it must not serve")?;
    assert!(refused.to_string().contains("newer version") && refused.to_string().contains("update"), "{refused}");
    let token = dutybook_sync_server::new_token(&server, dutybook_domain::device::AppRole::Tablet, "x");
    assert!(token.err().context("nor make tokens")?.to_string().contains("newer version"));
    assert_eq!(std::fs::read(Store::path_in(&server))?, theirs, "not a byte was changed");

    // With the newer program all is there; this one stands in for it.
    lower_version(&folder)?;
    lower_version(&server)?;
    scene.desk = Device::start(folder, clock)?;
    scene.fleet.start_server().await?;
    scene.goes_on().await
}
