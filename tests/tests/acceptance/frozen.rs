//! What every released version wrote stays readable: tests/frozen/VERSION holds a device's and a server's folder as
//! that version left them, and what was in them. Each is opened, checked, read record by record, and synced by the program
//! of today. (Recorded conversations of the same versions are replayed in crates/sync/tests/sync/vectors.rs.)
//!
//! `cargo xtask freeze` adds the present version, once, before it ships. A frozen folder is never written anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use automerge::transaction::Transactable as _;
use automerge::{Automerge, ROOT};
use dutybook_client::SetClock;
use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use dutybook_store::Store;
use dutybook_sync_server::{Config, serve};
use dutybook_tests::fleet::{Device, Fleet, at, copy_folder, server_options};
use dutybook_tests::rogue::{DUTY, Rogue, change, duty_record};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const MORNING: &str = "2026-11-24 09:00";
/// A site as small as it may be: a frozen folder stays in the repository for ever.
const SITE: &str = r#"
[site]
code = "demo"
name = "示范苑"
centre = "示范苑物业服务中心"
zone = "+08:00"

[[person]]
key = "duty-a"
name = "值班员甲"
roles = ["值班员"]
pin = "2580"

[[person]]
key = "repair-a"
name = "维修员甲"
roles = ["维修员"]
pin = "8520"
"#;

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen")
}

/// What stands in a book, in the words that are least likely to change.
fn contents(device: &Device) -> Result<Value> {
    let store = device.client.store();
    let mut records = Vec::new();
    for row in store.records(&dutybook_store::RecordFilter::default())? {
        let history = device.client.history(row.id)?;
        let facts: Vec<Value> = history
            .iter()
            .map(|line| json!([line.fact.kind, line.fact.known, line.fact.at, line.fact.by.name]))
            .collect();
        records.push(json!({
            "id": row.id, "kind": row.kind, "number": row.card.number, "title": row.card.title,
            "state": row.card.state, "facts": facts,
        }));
    }
    records.sort_by_key(|record| record["id"].to_string());
    let report = store.check()?;
    ensure!(report.ok, "{:?}", report.problems);
    Ok(json!({
        "records": records,
        "entries": report.entries,
        "book": data_encoding::HEXLOWER.encode(&report.digest),
        "undelivered": device.client.sync_shown()?.undelivered,
        "prefix": device.client.identity().prefix,
    }))
}

/// Leaves a folder as small as it gets: one file, smaller pages, none of them free. The program sets the rest anew
/// whenever it opens a file.
fn compact(folder: &Path) -> Result<()> {
    let book = rusqlite::Connection::open(Store::path_in(folder))?;
    book.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    book.execute_batch("PRAGMA page_size = 2048; VACUUM")?;
    book.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn keep(from: &Path, to: &Path) -> Result<()> {
    compact(from)?;
    fs::create_dir_all(to)?;
    for file in ["book.sqlite", "book.instance", "device.key"] {
        fs::copy(from.join(file), to.join(file)).with_context(|| format!("{file} of {}", from.display()))?;
    }
    let bytes = fs::metadata(to.join("book.sqlite"))?.len();
    ensure!(bytes <= 200 * 1024, "{bytes} bytes are too many to keep for ever");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes the folder of the present version; `cargo xtask freeze` calls it"]
async fn freeze() -> Result<()> {
    let to = frozen().join(env!("CARGO_PKG_VERSION"));
    ensure!(!to.join("device").exists(), "{} is frozen already; a shipped version is never written anew", to.display());
    let mut fleet = Fleet::with_site(MORNING, SITE).await?;
    let desk = fleet.device(AppRole::Desk, "前台").await?;
    desk.sign_in("值班员甲")?;
    let report = |title: &str| {
        json!({ "do": "report", "source": { "from": "desk" }, "title": title, "description": title,
        "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "water", "urgency": "normal" })
    };
    let order = desk.act("work_order", None, report("楼道漏水"))?.record;
    let dispatch = json!({ "do": "dispatch", "to": [desk.person("维修员甲")?], "precautions": [] });
    desk.act("work_order", Some(order), dispatch)?;
    // A record of a kind that this version does not know, and an entry that it refuses.
    let mut newer = Rogue::of(&desk, DUTY, 1)?;
    let flight = change(&mut Automerge::new(), 0x33, |tx| {
        tx.put(ROOT, "meta/kind", "drone_flight")?;
        tx.put(ROOT, "meta/number", "D1-1124-777")
    })?;
    newer.write(duty_record("drone_flight", 0x1001), flight);
    let mut broken = Rogue::of(&desk, DUTY, 2)?;
    broken.write(duty_record("work_order", 0x1002), b"not a change".to_vec());
    newer.carry(&broken);
    newer.sync(&fleet.url()?).await?;
    fleet.meet(&[&desk]).await?;
    // And something that the server has not heard of yet.
    fleet.stop_server().await?;
    desk.act("work_order", Some(order), json!({ "do": "note", "text": "已与业户联系" }))?;
    let there = contents(&desk)?;
    let (server, (device, _)) = (fleet.server_folder(), desk.switch_off());
    keep(&device, &to.join("device"))?;
    keep(&server, &to.join("server"))?;
    fs::write(to.join("contents.json"), format!("{there:#}\n"))?;
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors/conversation.json");
    fs::copy(vectors, to.join("conversation.json"))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_released_version_wrote_is_read_checked_and_synced() -> Result<()> {
    let mut versions = 0;
    for version in fs::read_dir(frozen())? {
        let version = version?.path();
        opens_and_goes_on(&version).await.with_context(|| version.display().to_string())?;
        versions += 1;
    }
    ensure!(versions > 0, "0.1.0 is there");
    Ok(())
}

async fn opens_and_goes_on(version: &Path) -> Result<()> {
    let home = tempfile::tempdir()?;
    let (folder, server) = (home.path().join("device"), home.path().join("server"));
    copy_folder(&version.join("device"), &folder)?;
    copy_folder(&version.join("server"), &server)?;
    let clock = Arc::new(SetClock::at(at("2026-11-24 10:00")?));
    let device = Device::start(folder, clock)?;
    let expected: Value = serde_json::from_str(&fs::read_to_string(version.join("contents.json"))?)?;
    let there = contents(&device)?;
    ensure!(there == expected, "it reads otherwise than it was written:\n{there:#}");
    ensure!(expected["undelivered"].as_u64().is_some_and(|count| count > 0), "something is left to be synced");

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, Config { data: server.clone() }, stop.clone()));
    device.sync(&url).await?;
    ensure!(device.client.sync_shown()?.undelivered == 0, "what was left is delivered now");
    // The program of today goes on in it.
    device.sign_in("值班员甲")?;
    let order = device.all("work_order")?.into_iter().next().context("the order is there")?;
    device.act("work_order", Some(order), json!({ "do": "note", "text": "升级后继续" }))?;
    device.sync(&url).await?;
    stop.cancel();
    serving.await??;

    let server = Store::open(&server, server_options())?;
    while server.materialise(1_000)?.1 {}
    let (ours, theirs) = (device.client.store().check()?, server.check()?);
    ensure!(ours.ok && theirs.ok, "{:?} {:?}", ours.problems, theirs.problems);
    ensure!(ours.digest == theirs.digest && ours.entries == theirs.entries, "both hold the same");
    ensure!(server.quarantine()?.len() == 1, "what was refused then is still kept");
    let unknown: RecordId = duty_record("drone_flight", 0x1001);
    let opened = device.open(unknown)?;
    ensure!(opened.shown.kind == "drone_flight", "what is not known is kept and shown");
    Ok(())
}
