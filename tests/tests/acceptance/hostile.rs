//! What somebody gets who does not play by the rules: a server that is not ours, noise on the line, and an enrolled
//! device whose program is not. Each time: a reason in words, nothing lost, the rest goes on.

use anyhow::{Context as _, Result};
use automerge::transaction::Transactable as _;
use automerge::{Automerge, ObjType, ROOT, ReadDoc as _, ScalarValue};
use bytes::Bytes;
use dutybook_client::{Client, SystemClock};
use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use dutybook_domain::ids::Home;
use dutybook_store::{Identity, OpenOptions, SetAside, Standing, Store};
use dutybook_sync::{FRAME_BYTES, GoodbyeCode};
use dutybook_tests::fleet::{Device, Fleet, readings};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_util::sync::CancellationToken;

use dutybook_tests::rogue::{DUTY, Rogue, bomb, change, document, duty_record, remark};

const MORNING: &str = "2026-11-24 09:00";

/// A desk, an honest tablet, a tablet in the wrong hands, and a work order that all of them hold.
struct Scene {
    fleet: Fleet,
    desk: Device,
    tablet: Device,
    stolen: Device,
    order: RecordId,
}

impl Scene {
    async fn set() -> Result<Self> {
        let fleet = Fleet::demo(MORNING).await?;
        let desk = fleet.desk().await?;
        let tablet = fleet.tablet("白班平板", "维修员甲").await?;
        let stolen = fleet.tablet("丢失的平板", "维修员乙").await?;
        let order = report(&desk, "楼道漏水")?;
        desk.act(
            "work_order",
            Some(order),
            json!({ "do": "dispatch", "to": [desk.person("维修员甲")?], "precautions": [] }),
        )?;
        fleet.meet(&[&desk, &tablet, &stolen]).await?;
        Ok(Self { fleet, desk, tablet, stolen, order })
    }

    fn devices(&self) -> [&Device; 3] {
        [&self.desk, &self.tablet, &self.stolen]
    }

    /// Work goes on, and ends with everybody holding and reading the same.
    async fn goes_on(self) -> Result<()> {
        let Self { fleet, desk, tablet, stolen, order } = self;
        tablet.act("work_order", Some(order), json!({ "do": "accept" }))?;
        fleet.meet(&[&desk, &tablet, &stolen]).await?;
        assert_eq!(desk.open(order)?.shown.card.state, "accepted", "the others go on");
        fleet.finish_reading_the_same(&[&desk, &tablet, &stolen]).await
    }
}

fn report(desk: &Device, title: &str) -> Result<RecordId> {
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": title, "description": title,
        "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "water", "urgency": "normal" });
    Ok(desk.act("work_order", None, report)?.record)
}

fn record(number: u128) -> RecordId {
    duty_record("work_order", number)
}

// ---- servers that are not ours --------------------------------------------------------------------------------------

/// A server of any site, with nothing in it.
async fn other_server(
    site: &str,
) -> Result<(tempfile::TempDir, String, CancellationToken, tokio::task::JoinHandle<()>)> {
    let folder = tempfile::tempdir()?;
    dutybook_sync_server::init(folder.path(), site.parse()?, "另一个小区")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let config = dutybook_sync_server::Config { data: folder.path().to_owned() };
    let serving = dutybook_sync_server::serve(listener, config, stop.clone());
    let task = tokio::spawn(async move { serving.await.unwrap() });
    Ok((folder, url, stop, task))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_site_or_with_another_key_gets_nothing() -> Result<()> {
    let fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    report(&desk, "楼道灯不亮")?;
    let undelivered = desk.client.sync_shown()?.undelivered;
    assert!(undelivered > 0);
    for (site, code) in [("riverside", "wrong-site"), ("demo", "bad-proof")] {
        let (folder, url, stop, task) = other_server(site).await?;
        let refused = desk.client.sync_once(&url).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        let words = refused.words();
        assert!(words.en.contains("another site") || words.en.contains("enrol the device again"), "{}", words.en);
        assert_eq!(desk.client.sync_shown()?.undelivered, undelivered, "what it was told counts for nothing");
        stop.cancel();
        task.await?;
        let random: fn(&mut [u8]) = |bytes| bytes.fill(1);
        let theirs = Store::open(folder.path(), OpenOptions { actor: [1; 16], random: Box::new(random) })?;
        assert_eq!(theirs.counts()?.entries, 0, "nothing of ours is over there");
        assert!(theirs.quarantine()?.is_empty() && theirs.parked()?.is_empty());
    }
    fleet.finish(&[&desk]).await
}

/// Whoever listens in the server's place: `answers` is said after each frame.
async fn impostor(with_challenge: bool, answers: Vec<Message>) -> Result<(String, tokio::task::JoinHandle<usize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // The library's own type.
        #[allow(clippy::result_large_err)]
        let greet = |_: &Request, mut response: Response| {
            if with_challenge {
                response.headers_mut().insert("x-dutybook-challenge", "07".repeat(32).parse().unwrap());
            }
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, greet).await.unwrap();
        let mut heard = 0;
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Binary(frame) = message {
                heard += frame.len();
                for answer in &answers {
                    let _ = socket.send(answer.clone()).await;
                }
            }
        }
        heard
    });
    Ok((url, task))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_speaks_something_else_is_named_as_such() -> Result<()> {
    let fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    report(&desk, "门禁坏了")?;

    let (url, chat) = impostor(false, vec![]).await?;
    let refused = desk.client.sync_once(&url).await.unwrap_err();
    assert_eq!(refused.code(), "offline");
    assert!(refused.words().en.contains("no Dutybook"), "{refused}");
    assert_eq!(chat.await?, 0, "not a byte was said to it");

    for noise in [&b"hello, this is a chat"[..], &[], &[0x82, 0x01], &[0xff; 4096], &[0x9b; 64]] {
        let (url, chat) = impostor(true, vec![Message::Binary(Bytes::copy_from_slice(noise))]).await?;
        let refused = desk.client.sync_once(&url).await.unwrap_err();
        assert_eq!(refused.code(), "malformed", "{refused}");
        assert!(chat.await? < 1024, "it heard a greeting and a goodbye, no entries");
    }
    assert!(desk.client.sync_shown()?.undelivered > 0);
    fleet.finish(&[&desk]).await
}

/// The greeting is answered as our server would, but the signature is not our server's.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_claims_to_be_ours_gets_nothing_and_the_screen_says_so() -> Result<()> {
    let fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    report(&desk, "电梯停运")?;
    let server = desk.client.identity().server;
    let mut welcome = minicbor::Encoder::new(Vec::new());
    welcome.array(5)?.u32(1)?.encode(server)?.bytes(&[7; 64])?;
    welcome.array(3)?.u8(7)?.null()?.array(0)?;
    welcome.array(0)?;
    let welcome = Bytes::from(welcome.into_writer());

    let (url, theirs) = impostor(true, vec![Message::Binary(welcome.clone())]).await?;
    let refused = desk.client.sync_once(&url).await.unwrap_err();
    assert_eq!(refused.code(), "bad-proof", "{refused}");
    assert!(refused.words().en.contains("nothing was sent"), "{}", refused.words().en);
    assert!(theirs.await? < 1024, "no entries");

    // The program that stays connected says it on the screen: waiting longer would not help.
    let (url, theirs) = impostor(true, vec![Message::Binary(welcome)]).await?;
    desk.client.store().set_setting("server_url", Some(&url))?;
    let stop = CancellationToken::new();
    let mut link = desk.client.link();
    let running = tokio::spawn(desk.client.clone().keep_synced(stop.clone()));
    let seen = tokio::time::timeout(std::time::Duration::from_secs(20), link.wait_for(|link| link.trouble.is_some()));
    assert!(seen.await.is_ok(), "the screen has to say that this is not our server");
    let shown = desk.client.sync_shown()?;
    assert!(shown.trouble.is_some_and(|words| words.en.contains("nothing was sent")));
    stop.cancel();
    running.await?;
    theirs.await?;
    fleet.finish(&[&desk]).await
}

// ---- noise from an enrolled device ----------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn broken_frames_end_the_connection_in_words_and_store_nothing() -> Result<()> {
    let scene = Scene::set().await?;
    let url = scene.fleet.url()?;
    let mut rogue = Rogue::of(&scene.stolen, DUTY, 1)?;
    // A connection with nothing to say, then an entry that only its frame is wanted of.
    let empty = Rogue::of(&scene.stolen, DUTY, 1)?;
    rogue.write(record(0x11), remark(30)?);
    let mut line = empty.dial(&url).await?;
    line.open().await?;
    let whole = line.frame_of(&rogue).await?;

    let binary = |bytes: &[u8]| Message::Binary(Bytes::copy_from_slice(bytes));
    let cases: Vec<(Message, GoodbyeCode)> = vec![
        (binary(&whole[..whole.len() / 2]), GoodbyeCode::Malformed),
        (binary(&whole[..whole.len() - 1]), GoodbyeCode::Malformed),
        (binary(&[]), GoodbyeCode::Malformed),
        (binary(&[0xff; 1000]), GoodbyeCode::Malformed),
        (binary(&[0x9b; 100_000]), GoodbyeCode::Malformed),
        // An array of very many entries, of which none comes.
        (binary(&[0x82, 0x03, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), GoodbyeCode::Malformed),
        (binary(&vec![0; FRAME_BYTES + 1]), GoodbyeCode::FrameTooLarge),
        (Message::Text("{\"hello\":1}".into()), GoodbyeCode::Malformed),
    ];
    for (noise, code) in cases {
        let mut line = empty.dial(&url).await?;
        line.open().await?;
        let what = format!("{:.20}", format!("{noise:?}"));
        line.say(noise).await.with_context(|| what.clone())?;
        let goodbye = line.told.goodbye.take().context("it has to be told why")?;
        assert_eq!(goodbye.code, code, "{what}: {goodbye}");
        assert!(goodbye.text.len() > 20, "{what}: {goodbye}");
    }
    // What the socket itself refuses gets an end and no words.
    let mut line = empty.dial(&url).await?;
    line.open().await?;
    let heard = line.say(binary(&vec![0; FRAME_BYTES * 4])).await;
    assert!(heard.is_err() || line.told.goodbye.is_some(), "a frame of {} bytes", FRAME_BYTES * 4);
    // Noise before anybody said who they are.
    let mut line = empty.dial(&url).await?;
    line.say(binary(&[0xff; 100])).await?;
    assert_eq!(line.told.goodbye.take().map(|goodbye| goodbye.code), Some(GoodbyeCode::Malformed));
    // The entry that never came whole comes when it is sent whole.
    for device in scene.devices() {
        assert!(device.client.store().record(record(0x11))?.is_none());
    }
    assert!(rogue.sync(&url).await?.refused.is_empty());
    scene.fleet.meet(&scene.devices()).await?;
    assert!(scene.desk.client.store().record(record(0x11))?.is_some());
    scene.goes_on().await
}

// ---- hostile changes from an enrolled device ------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_would_burst_is_kept_aside_with_a_reason() -> Result<()> {
    let mut scene = Scene::set().await?;
    let url = scene.fleet.url()?;
    let before = readings(scene.desk.client.store())?;
    let too_large = remark(256 * 1024 + 90)?;
    assert!(too_large.len() > 256 * 1024 && too_large.len() < 256 * 1024 + 300);
    let cases = [
        ("an entry that only just holds too much", too_large, "change_too_large", "more than"),
        ("an entry that is far too large", remark(1024 * 1024)?, "bad_encoding", "bytes"),
        ("a hundred bytes that would be ten million operations", bomb(10_000_000), "change_too_many_ops", "more than"),
        ("no change at all", b"not a change".to_vec(), "change_malformed", "Automerge"),
    ];
    for (at, (what, change, code, says)) in cases.into_iter().enumerate() {
        let mut rogue = Rogue::of(&scene.stolen, DUTY, 0x20 + at as u8)?;
        let good = record(0x2000 + at as u128);
        rogue.write(good, remark(30)?);
        let bytes = rogue.write(record(0x2100), change);
        rogue.write(record(0x2200), remark(33)?);
        let told = rogue.sync(&url).await?;
        assert!(told.goodbye.is_none(), "{what}: the connection stays");
        let refusal = told.refused.iter().find(|refusal| refusal.code == code);
        let refusal = refusal.with_context(|| format!("{what}: {:?}", told.refused))?;
        assert!(refusal.text.contains(says), "{what}: {}", refusal.text);
        // It is offered again at the next connection, as long as the device keeps it, and refused again.
        assert!(rogue.sync(&url).await?.refused.iter().any(|refusal| refusal.code == code), "{what}");

        scene.fleet.stop_server().await?;
        let server = scene.fleet.server_book()?;
        let kept: Vec<_> = server.quarantine()?.into_iter().filter(|aside| aside.len == bytes.len()).collect();
        assert_eq!(kept.len(), 1, "{what}: kept once");
        assert_eq!(server.quarantined_bytes(kept[0].id)?, Some(bytes), "{what}: kept as it came");
        assert_eq!((kept[0].code.as_str(), kept[0].peer), (code, Some(scene.stolen.client.store().device_key())));
        assert!(kept[0].reason.contains(says));
        drop(server);
        scene.fleet.start_server().await?;
        scene.fleet.meet(&scene.devices()).await?;
        assert!(scene.desk.client.store().record(record(0x2100))?.is_none(), "{what}: it reached nobody");
    }
    let after = readings(scene.desk.client.store())?;
    assert!(before.iter().all(|(record, reading)| after.get(record) == Some(reading)), "nothing else was touched");
    scene.goes_on().await
}

/// The device's own honest program holds such an entry: a newer version with other limits wrote it.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_keeps_what_the_server_refuses_and_says_that_it_is_undelivered() -> Result<()> {
    let mut scene = Scene::set().await?;
    let mut rogue = Rogue::of(&scene.stolen, DUTY, 2)?;
    let bytes = rogue.write(record(0x31), bomb(6_000));
    let (folder, clock) = scene.stolen.switch_off();
    {
        let database = rusqlite::Connection::open(Store::path_in(&folder))?;
        rogue.plant(&database)?;
    }
    scene.stolen = Device::start(folder, clock)?;
    let holds = |device: &Device| -> Result<bool> {
        let store = device.client.store();
        Ok((1..=store.last_arrival()?).any(|at| store.entry_bytes(at).unwrap().is_some_and(|held| held == bytes)))
    };
    for _ in 0..2 {
        scene.stolen.sync(&scene.fleet.url()?).await?;
        assert!(holds(&scene.stolen)?, "the sender keeps it");
        assert_eq!(scene.stolen.client.sync_shown()?.undelivered, 1, "and says that it is not delivered");
    }
    // The rest of its work is not held up.
    let order = scene.order;
    scene.stolen.act("work_order", Some(order), json!({ "do": "note", "text": "已到现场查看" }))?;
    scene.stolen.sync(&scene.fleet.url()?).await?;
    assert_eq!(scene.stolen.client.sync_shown()?.undelivered, 1);
    scene.fleet.meet(&[&scene.desk, &scene.tablet]).await?;
    assert_eq!(scene.desk.client.history(order)?.iter().filter(|row| row.fact.kind == "noted").count(), 1);
    assert!(!holds(&scene.desk)? && !holds(&scene.tablet)?);
    scene.fleet.stop_server().await?;
    assert_eq!(scene.fleet.server_book()?.quarantine()?.len(), 1);
    scene.fleet.finish_reading_the_same(&[&scene.desk, &scene.tablet]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_overwrites_or_deletes_is_marked_and_changes_no_record() -> Result<()> {
    let mut scene = Scene::set().await?;
    let url = scene.fleet.url()?;
    let order = scene.order;
    let before = readings(scene.desk.client.store())?;
    let clean = document(scene.stolen.client.store(), order)?;
    let fact = clean.keys(ROOT).find(|key| key.starts_with("fact/")).context("the order has facts")?;
    let (_, inside) = clean.get(ROOT, fact.as_str())?.context("a fact")?;
    let fork = || clean.clone();
    let attempts = [
        ("overwrites a fact", change(&mut fork(), 0x61, |tx| tx.put_object(ROOT, &fact, ObjType::Map).map(drop))?),
        ("overwrites a fact with a scalar", change(&mut fork(), 0x62, |tx| tx.put(ROOT, &fact, "nothing happened"))?),
        ("overwrites the kind", change(&mut fork(), 0x63, |tx| tx.put(ROOT, "meta/kind", "patrol_run"))?),
        ("deletes a fact", change(&mut fork(), 0x64, |tx| tx.delete(ROOT, &fact))?),
        ("deletes the number", change(&mut fork(), 0x65, |tx| tx.delete(ROOT, "meta/number"))?),
        ("changes who signed a fact", change(&mut fork(), 0x66, |tx| tx.put(&inside, "by_name", "别人"))?),
        ("deletes inside a fact", change(&mut fork(), 0x67, |tx| tx.delete(&inside, "type"))?),
        ("adds to a fact", change(&mut fork(), 0x68, |tx| tx.put(&inside, "result", "ok"))?),
    ];
    let count = attempts.len();
    let mut rogue = Rogue::of(&scene.stolen, DUTY, 3)?;
    for (_, change) in attempts {
        rogue.write(order, change);
    }
    let told = rogue.sync(&url).await?;
    assert!(told.refused.is_empty(), "an entry that is chained and signed is evidence, and is stored: {told:?}");
    scene.fleet.meet(&scene.devices()).await?;
    scene.fleet.stop_server().await?;
    let server = scene.fleet.server_book()?;
    for store in scene.devices().map(|device| &**device.client.store()).into_iter().chain([&server]) {
        let marked = store.marked()?;
        assert_eq!(marked.len(), count, "{marked:?}");
        for aside in &marked {
            assert_eq!(aside.record, order);
            let Standing::Marked { code, reason } = &aside.standing else { panic!("{aside:?}") };
            assert_eq!(code, "unlawful");
            assert!(["changes", "deletes", "reaches"].iter().any(|word| reason.contains(word)), "{reason}");
        }
        assert_eq!(readings(store)?, before, "every record stands as it stood");
        let report = store.check()?;
        assert!(report.ok, "{:?}", report.problems);
        let entries = store.entries_of(order)?;
        let named = entries.iter().filter(|entry| matches!(entry.standing, Standing::Marked { .. }));
        assert!(named.clone().count() == count && named.into_iter().all(|entry| entry.device_label == "丢失的平板"));
    }
    drop(server);
    assert_eq!(scene.desk.client.sync_shown()?.set_aside, count as u32, "the screen says that something was set aside");
    scene.fleet.start_server().await?;
    scene.goes_on().await
}

/// The rule can only see what a change itself says, and this one says that it overwrites nothing: but the names it uses
/// are another device's.
#[tokio::test(flavor = "multi_thread")]
async fn a_fact_written_again_as_if_unseen_takes_nothing_out_of_force() -> Result<()> {
    let mut scene = Scene::set().await?;
    let url = scene.fleet.url()?;
    let order = scene.order;
    let clean = document(scene.stolen.client.store(), order)?;
    let facts: Vec<String> = clean.keys(ROOT).filter(|key| key.starts_with("fact/")).collect();
    let before = readings(scene.desk.client.store())?;
    let opened = scene.desk.open(order)?;
    let mut rogue = Rogue::of(&scene.stolen, DUTY, 4)?;
    let again = change(&mut Automerge::new(), 0x71, |tx| {
        tx.put(ROOT, "meta/kind", "patrol_run")?;
        tx.put(ROOT, "meta/number", "T9-9999-999")?;
        for fact in &facts {
            let map = tx.put_object(ROOT, fact, ObjType::Map)?;
            tx.put(&map, "type", "voided")?;
        }
        Ok(())
    })?;
    let only_facts = change(&mut Automerge::new(), 0x72, |tx| {
        // With one of its own among them.
        for fact in [&format!("fact/{}", rogue.fact(1)), &facts[0]] {
            let map = tx.put_object(ROOT, fact, ObjType::Map)?;
            tx.put(&map, "type", "voided")?;
        }
        Ok(())
    })?;
    let only_kind = change(&mut Automerge::new(), 0x73, |tx| tx.put(ROOT, "meta/kind", "patrol_run"))?;
    for change in [again, only_facts, only_kind] {
        rogue.write(order, change);
    }
    let told = rogue.sync(&url).await?;
    assert!(told.refused.is_empty(), "an entry that is chained and signed is evidence, and is stored: {told:?}");
    scene.fleet.meet(&scene.devices()).await?;
    scene.fleet.stop_server().await?;
    let server = scene.fleet.server_book()?;
    for store in scene.devices().map(|device| &**device.client.store()).into_iter().chain([&server]) {
        let marked = store.marked()?;
        let said = |aside: &SetAside| match &aside.standing {
            Standing::Marked { code, reason } if code == "unlawful" && aside.record == order => reason.clone(),
            other => panic!("{other:?}"),
        };
        let reasons: Vec<String> = marked.iter().map(said).collect();
        let words = ["patrol_run", "not its device's to give", "patrol_run"];
        assert_eq!(reasons.len(), words.len(), "{reasons:?}");
        assert!(reasons.iter().zip(words).all(|(reason, word)| reason.contains(word)), "{reasons:?}");
        assert_eq!(readings(store)?, before, "every record stands as it stood");
    }
    drop(server);
    scene.fleet.start_server().await?;
    for device in scene.devices() {
        let after = device.open(order)?;
        assert_eq!(after.shown.kind, opened.shown.kind, "the record stays what it is");
        assert_eq!(after.shown.card.number, opened.shown.card.number);
        assert_eq!(after.shown.card.state, opened.shown.card.state, "what was in force stays in force");
        assert_eq!(device.client.history(order)?.len(), facts.len(), "every fact can still be read");
    }
    scene.goes_on().await
}

/// A record lives in one volume, and its id says in which. Whoever hears of it for the first time through an entry in
/// another one must come to the same opinion as everybody else.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_in_the_wrong_volume_moves_no_record() -> Result<()> {
    let mut scene = Scene::set().await?;
    let url = scene.fleet.url()?;
    let standing = |number: u128| RecordId::fresh(&Home::standing("work_order"), number.to_be_bytes());
    // The stolen tablet speaks about standing data a little earlier than about the order, so that the volumes of one
    // message come in another order than the entries.
    let order = report(&scene.desk, "地下室积水")?;
    let mut rogue = Rogue::of(&scene.stolen, "demo/standing", 5)?;
    rogue.write(standing(0x41), remark(30)?);
    assert!(rogue.sync(&url).await?.refused.is_empty());
    scene.fleet.meet(&scene.devices()).await?;
    let before = readings(scene.desk.client.store())?;
    for (nonce, order) in [(6, scene.order), (7, order)] {
        let said = change(&mut document(scene.stolen.client.store(), order)?, 0x72, |tx| {
            tx.put(ROOT, "field/level", ScalarValue::Str("x".into()))
        })?;
        let mut rogue = Rogue::of(&scene.stolen, "demo/standing", nonce)?;
        rogue.write(order, said);
        rogue.write(standing(0x42), remark(30)?);
        let told = rogue.sync(&url).await?;
        assert!(told.goodbye.is_none(), "the connection stays: {told:?}");
        let codes: Vec<&str> = told.refused.iter().map(|refusal| refusal.code.as_str()).collect();
        assert_eq!(codes, ["misplaced", "behind_refused"]);
        assert!(told.refused[0].text.contains("another volume"), "{told:?}");
    }
    scene.fleet.meet(&scene.devices()).await?;
    // Somebody who joins later hears everything in one go.
    let late = scene.fleet.tablet("新平板", "维修员甲").await?;
    scene.fleet.meet(&[&late]).await?;
    scene.fleet.stop_server().await?;
    {
        let server = scene.fleet.server_book()?;
        let mut codes: Vec<String> = server.quarantine()?.into_iter().map(|aside| aside.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, ["behind_refused", "behind_refused", "misplaced", "misplaced"]);
        assert_eq!(server.marked()?, []);
    }
    for device in scene.devices().into_iter().chain([&late]) {
        let store = device.client.store();
        assert_eq!((store.marked()?, store.quarantine()?.len()), (vec![], 0), "it reached nobody");
        assert!(store.record(standing(0x41))?.is_some() && store.record(standing(0x42))?.is_none());
        let now = readings(store)?;
        assert!(before.iter().all(|(record, reading)| now.get(record) == Some(reading)), "no record moved");
        assert_eq!(device.open(order)?.shown.card.title, "地下室积水");
    }
    scene.fleet.start_server().await?;
    let Scene { fleet, desk, tablet, stolen, .. } = scene;
    fleet.finish_reading_the_same(&[&desk, &tablet, &stolen, &late]).await
}

// ---- who does not belong here ---------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_not_enrolled_is_sent_away_in_words() -> Result<()> {
    let fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    let folder = fleet.folder().join("unknown");
    {
        let random: fn(&mut [u8]) = |bytes| bytes.fill(0x3c);
        let store = Store::open(&folder, OpenOptions { actor: [2; 16], random: Box::new(random) })?;
        let ours = desk.client.identity();
        store.set_identity(&Identity {
            label: "冒充的平板".into(),
            prefix: "T9".into(),
            role: AppRole::Tablet,
            ..ours.clone()
        })?;
    }
    let unknown = Client::open(&folder, std::sync::Arc::new(SystemClock::new()))?;
    let refused = unknown.sync_once(&fleet.url()?).await.unwrap_err();
    assert_eq!(refused.code(), "unknown-device");
    assert!(refused.words().en.contains("not enrolled"), "{}", refused.words().en);
    assert_eq!(unknown.store().counts()?.entries, 0, "and it has learnt nothing");
    fleet.finish(&[&desk]).await
}

/// Entries of a device nobody knows wait, whoever brings them; when the device is enrolled they count.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_unknown_device_wrote_waits_until_it_is_enrolled() -> Result<()> {
    let mut scene = Scene::set().await?;
    let url = scene.fleet.url()?;
    let random: fn(&mut [u8]) = |bytes| bytes.fill(0x4d);
    let folder = scene.fleet.folder().join("tablet-后来的平板");
    let secret = {
        let store = Store::open(&folder, OpenOptions { actor: [4; 16], random: Box::new(random) })?;
        dutybook_log::DeviceSecret::from_bytes(store.secret().to_bytes())
    };
    let mut unknown = Rogue::with_key(&secret, scene.desk.client.identity().server, DUTY, 6)?;
    unknown.write(record(0x51), remark(30)?);
    unknown.write(record(0x52), remark(30)?);
    let mut carrier = Rogue::of(&scene.stolen, DUTY, 7)?;
    carrier.carry(&unknown);
    carrier.write(record(0x53), remark(30)?);
    let told = carrier.sync(&url).await?;
    assert!(told.goodbye.is_none() && told.refused.is_empty(), "{told:?}");
    scene.fleet.meet(&scene.devices()).await?;
    assert!(scene.desk.client.store().record(record(0x53))?.is_some(), "what the carrier wrote itself is there");
    assert!(scene.desk.client.store().record(record(0x51))?.is_none());
    scene.fleet.stop_server().await?;
    let parked = scene.fleet.server_book()?.parked()?;
    assert!(parked.len() == 2 && parked.iter().all(|entry| entry.code == "unknown_device"), "{parked:?}");
    assert!(parked[0].reason.contains("not known"));
    scene.fleet.start_server().await?;
    let late = scene.fleet.tablet("后来的平板", "维修员甲").await?;
    scene.fleet.meet(&scene.devices()).await?;
    for device in scene.devices().into_iter().chain([&late]) {
        assert!(device.client.store().record(record(0x51))?.is_some());
        assert!(device.client.store().record(record(0x52))?.is_some());
    }
    let Scene { fleet, desk, tablet, stolen, .. } = scene;
    fleet.finish_reading_the_same(&[&desk, &tablet, &stolen, &late]).await
}
