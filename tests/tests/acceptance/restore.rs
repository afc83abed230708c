//! Copies: a tablet that was cloned, books put back from an older copy, on a device and on the server. What anybody
//! still holds comes back to everybody.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use dutybook_store::Store;
use dutybook_tests::fleet::{Device, Fleet, copy_folder};
use serde_json::json;

const MORNING: &str = "2026-11-24 09:00";

/// An order on which everybody leaves remarks.
async fn scene() -> Result<(Fleet, Device, Device, RecordId)> {
    let fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("白班平板", "维修员甲").await?;
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道漏水", "description": "楼道漏水",
        "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "water", "urgency": "normal" });
    let order = desk.act("work_order", None, report)?.record;
    fleet.meet(&[&desk, &tablet]).await?;
    Ok((fleet, desk, tablet, order))
}

fn remark(device: &Device, order: RecordId, text: &str) -> Result<()> {
    device.act("work_order", Some(order), json!({ "do": "note", "text": text }))?;
    Ok(())
}

/// The remarks on the order, in any order.
fn remarks(device: &Device, order: RecordId) -> Result<Vec<String>> {
    let history = device.client.history(order)?;
    let noted = history.iter().filter(|row| row.fact.kind == "noted");
    let mut texts: Vec<String> = noted.map(|row| row.fact.body["text"].as_str().unwrap_or_default().into()).collect();
    texts.sort();
    Ok(texts)
}

/// Comes by until the server has taken all that the device holds. A server that has to learn first which devices there
/// are lets their entries in after it has acknowledged, so once may not be enough.
async fn deliver(device: &Device, url: &str) -> Result<()> {
    let coming_by = async {
        loop {
            match device.client.sync_once(url).await {
                Ok(()) if device.client.sync_shown()?.undelivered == 0 => return Ok(()),
                Ok(()) => {}
                Err(error) if error.code() == "unknown-device" => {}
                Err(error) => return Err(error.into()),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), coming_by).await.context("the server never took it")?
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// Puts a backup in the place of a book that no program has open.
fn put_back(backup: &Path, folder: &Path) -> Result<()> {
    let book = Store::path_in(folder);
    for behind in ["-wal", "-shm"] {
        let mut name = book.clone().into_os_string();
        name.push(behind);
        let _ = std::fs::remove_file(name);
    }
    std::fs::copy(backup, book)?;
    Ok(())
}

/// Both tablets write under the same key and, at first, the same numbers.
async fn clone_and_write(by_first: usize, by_second: usize, second_meets_first: bool) -> Result<()> {
    let (fleet, desk, tablet, order) = scene().await?;
    remark(&tablet, order, "分身之前")?;
    tablet.sync(&fleet.url()?).await?;
    remark(&tablet, order, "分身之前,还没送出")?;
    let (folder, clock) = tablet.switch_off();
    let copy = fleet.folder().join("copied-tablet");
    copy_folder(&folder, &copy)?;
    let (first, second) = (Device::start(folder, clock.clone())?, Device::start(copy, clock)?);
    let mut expected = vec!["分身之前".to_owned(), "分身之前,还没送出".to_owned()];
    for (device, name, count) in [(&first, "甲", by_first), (&second, "乙", by_second)] {
        for at in 0..count {
            expected.push(format!("{name}写的第{at}条"));
            remark(device, order, expected.last().unwrap())?;
        }
    }
    let turns = if second_meets_first { [&second, &first] } else { [&first, &second] };
    for device in turns {
        device.sync(&fleet.url()?).await?;
    }
    // Both are used on.
    for (device, name) in [(&first, "甲"), (&second, "乙")] {
        expected.push(format!("{name}之后又写"));
        remark(device, order, expected.last().unwrap())?;
        device.sync(&fleet.url()?).await?;
    }
    fleet.meet(&[&desk, &first, &second]).await?;
    let expected = sorted(expected);
    for device in [&desk, &first, &second] {
        assert_eq!(remarks(device, order)?, expected, "{by_first} and {by_second}");
    }
    fleet.finish_reading_the_same(&[&desk, &first, &second]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloned_tablet_and_its_clone_lose_nothing_of_what_either_wrote() -> Result<()> {
    for (by_first, by_second, second_meets_first) in
        [(1, 1, false), (3, 1, false), (1, 3, false), (2, 2, true), (0, 2, true), (4, 0, false)]
    {
        clone_and_write(by_first, by_second, second_meets_first).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clones_connected_at_the_same_time_lose_nothing_either() -> Result<()> {
    let (fleet, desk, tablet, order) = scene().await?;
    let (folder, clock) = tablet.switch_off();
    let copy = fleet.folder().join("copied-tablet");
    copy_folder(&folder, &copy)?;
    let (first, second) = (Device::start(folder, clock.clone())?, Device::start(copy, clock)?);
    let mut expected = Vec::new();
    for round in 0..4 {
        for (device, name) in [(&first, "甲"), (&second, "乙"), (&first, "甲又")] {
            expected.push(format!("{name}{round}"));
            remark(device, order, expected.last().unwrap())?;
        }
        let url = fleet.url()?;
        let (one, two, three) = tokio::join!(first.sync(&url), second.sync(&url), desk.sync(&url));
        one?;
        two?;
        three?;
    }
    fleet.meet(&[&desk, &first, &second]).await?;
    let expected = sorted(expected);
    for device in [&desk, &first, &second] {
        assert_eq!(remarks(device, order)?, expected);
    }
    fleet.finish_reading_the_same(&[&desk, &first, &second]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tablet_put_back_from_an_older_copy_gets_back_what_it_had_delivered() -> Result<()> {
    for whole_folder in [false, true] {
        for writes_first in [false, true] {
            let (fleet, desk, tablet, order) = scene().await?;
            remark(&tablet, order, "备份之前")?;
            let backup = fleet.folder().join("tablet.backup");
            let older = fleet.folder().join("tablet.older");
            tablet.client.store().backup(&backup)?;
            let (folder, clock) = tablet.switch_off();
            copy_folder(&folder, &older)?;
            let tablet = Device::start(folder, clock)?;
            for text in ["备份之后一", "备份之后二"] {
                remark(&tablet, order, text)?;
            }
            tablet.sync(&fleet.url()?).await?;
            remark(&desk, order, "前台也写")?;

            let (folder, clock) = tablet.switch_off();
            if whole_folder {
                copy_folder(&older, &folder)?;
            } else {
                put_back(&backup, &folder)?;
            }
            let tablet = Device::start(folder, clock)?;
            assert_eq!(remarks(&tablet, order)?, ["备份之前"], "this is the older book");
            let mut expected = vec!["备份之前", "备份之后一", "备份之后二", "前台也写", "放回之后"];
            if writes_first {
                remark(&tablet, order, "放回之后")?;
            }
            tablet.sync(&fleet.url()?).await?;
            if !writes_first {
                remark(&tablet, order, "放回之后")?;
            }
            fleet.meet(&[&desk, &tablet]).await?;
            expected.sort_unstable();
            for device in [&desk, &tablet] {
                assert_eq!(remarks(device, order)?, expected, "folder {whole_folder}, writes {writes_first}");
            }
            fleet.finish_reading_the_same(&[&desk, &tablet]).await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_put_back_from_an_older_copy_is_filled_again_by_the_devices() -> Result<()> {
    let (mut fleet, desk, tablet, order) = scene().await?;
    let third = fleet.tablet("第三块平板", "维修员乙").await?;
    fleet.meet(&[&desk, &tablet, &third]).await?;
    fleet.stop_server().await?;
    let backup = fleet.folder().join("server.backup");
    fleet.server_book()?.backup(&backup)?;
    fleet.start_server().await?;

    // A fourth comes after the backup. Both write, and are never seen again.
    let fourth = fleet.tablet("第四块平板", "维修员乙").await?;
    remark(&third, order, "第三块写的")?;
    remark(&fourth, order, "第四块写的")?;
    for gone in [third, fourth] {
        gone.sync(&fleet.url()?).await?;
        let (folder, _) = gone.switch_off();
        std::fs::remove_dir_all(folder)?;
    }
    remark(&tablet, order, "平板写的")?;
    fleet.meet(&[&desk, &tablet]).await?;
    remark(&tablet, order, "平板写的,还没送出")?;

    fleet.stop_server().await?;
    put_back(&backup, &fleet.server_folder())?;
    let before = fleet.server_book()?.counts()?.entries;
    fleet.start_server().await?;
    // One device is enough to bring back what all had delivered.
    deliver(&desk, &fleet.url()?).await?;
    fleet.stop_server().await?;
    assert!(fleet.server_book()?.counts()?.entries > before);
    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;

    // A new device reads what those that are gone had written, and gets a prefix of its own.
    let fifth = fleet.tablet("第五块平板", "维修员乙").await?;
    let prefixes: Vec<String> = desk.client.store().devices()?.into_iter().map(|device| device.prefix).collect();
    assert!(!prefixes.contains(&fifth.client.identity().prefix), "{prefixes:?}");
    let expected = sorted(["第三块写的", "第四块写的", "平板写的", "平板写的,还没送出"].map(String::from).to_vec());
    for device in [&desk, &tablet, &fifth] {
        assert_eq!(remarks(device, order)?, expected, "{}", device.client.identity().label);
    }
    fleet.finish_reading_the_same(&[&desk, &tablet, &fifth]).await
}

/// What it signed before it was taken out of use counts, for those too who hear of both at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_revoked_tablet_had_written_reaches_whoever_joins_later() -> Result<()> {
    let (fleet, desk, tablet, order) = scene().await?;
    let lost = fleet.tablet("丢失的平板", "维修员乙").await?;
    remark(&lost, order, "丢失之前写的")?;
    lost.sync(&fleet.url()?).await?;
    dutybook_sync_server::revoke(&fleet.server_folder(), &lost.client.identity().prefix, "丢失")?;
    fleet.meet(&[&desk, &tablet]).await?;
    let fresh = fleet.tablet("新平板", "维修员乙").await?;
    fleet.meet(&[&desk, &tablet, &fresh]).await?;
    for device in [&desk, &tablet, &fresh] {
        assert_eq!(remarks(device, order)?, ["丢失之前写的"], "{}", device.client.identity().label);
    }
    fleet.finish_reading_the_same(&[&desk, &tablet, &fresh]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_and_revoked_tablet_wrote_survives_the_servers_older_copy() -> Result<()> {
    let (mut fleet, desk, tablet, order) = scene().await?;
    fleet.stop_server().await?;
    let backup = fleet.folder().join("server.backup");
    fleet.server_book()?.backup(&backup)?;
    fleet.start_server().await?;
    let lost = fleet.tablet("丢失的平板", "维修员乙").await?;
    remark(&lost, order, "丢失之前写的")?;
    lost.sync(&fleet.url()?).await?;
    fleet.meet(&[&desk, &tablet]).await?;
    let prefix = lost.client.identity().prefix.clone();
    dutybook_sync_server::revoke(&fleet.server_folder(), &prefix, "丢失")?;
    fleet.meet(&[&desk, &tablet]).await?;
    let device = lost.client.store().device_key();
    drop(lost);

    fleet.stop_server().await?;
    put_back(&backup, &fleet.server_folder())?;
    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    for device in [&desk, &tablet] {
        assert_eq!(remarks(device, order)?, ["丢失之前写的"], "who had it keeps it");
        assert_eq!(device.client.sync_shown()?.undelivered, 1, "and says that the server has not taken it");
    }
    // The server cannot know whether it was signed before or after the tablet was lost: a person decides.
    fleet.stop_server().await?;
    {
        let server = fleet.server_book()?;
        let parked = server.parked()?;
        assert_eq!(parked.len(), 1, "{parked:?}");
        assert_eq!(parked[0].code, "unknown_device");
        assert_eq!(server.release_parked_of(device)?, 1);
    }
    fleet.start_server().await?;
    deliver(&desk, &fleet.url()?).await?;
    let fresh = fleet.tablet("新平板", "维修员乙").await?;
    for device in [&desk, &tablet, &fresh] {
        assert_eq!(remarks(device, order)?, ["丢失之前写的"], "{}", device.client.identity().label);
    }
    fleet.finish_reading_the_same(&[&desk, &tablet, &fresh]).await
}

/// The server forgot that it ever took the device in.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_younger_than_the_servers_copy_is_known_again_once_anybody_else_has_come_by() -> Result<()> {
    let (mut fleet, desk, tablet, order) = scene().await?;
    fleet.stop_server().await?;
    let backup = fleet.folder().join("server.backup");
    fleet.server_book()?.backup(&backup)?;
    fleet.start_server().await?;
    let young = fleet.tablet("新平板", "维修员乙").await?;
    fleet.meet(&[&desk, &tablet, &young]).await?;
    remark(&young, order, "还没送出")?;
    fleet.stop_server().await?;
    put_back(&backup, &fleet.server_folder())?;
    fleet.start_server().await?;

    let refused = young.client.sync_once(&fleet.url()?).await.unwrap_err();
    assert_eq!(refused.code(), "unknown-device");
    assert_eq!(remarks(&young, order)?, ["还没送出"], "it keeps what it has");
    fleet.meet(&[&desk]).await?;
    deliver(&young, &fleet.url()?).await?;
    fleet.meet(&[&desk, &tablet, &young]).await?;
    assert_eq!(remarks(&tablet, order)?, ["还没送出"]);
    fleet.finish_reading_the_same(&[&desk, &tablet, &young]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_nobody_remembers_enrols_again_with_all_it_holds() -> Result<()> {
    let (mut fleet, desk, tablet, order) = scene().await?;
    fleet.stop_server().await?;
    let backup = fleet.folder().join("server.backup");
    fleet.server_book()?.backup(&backup)?;
    fleet.start_server().await?;
    let young = fleet.tablet("新平板", "维修员乙").await?;
    remark(&young, order, "送出了,别人还没取走")?;
    young.sync(&fleet.url()?).await?;
    remark(&young, order, "还没送出")?;
    fleet.stop_server().await?;
    put_back(&backup, &fleet.server_folder())?;
    fleet.start_server().await?;
    let refused = young.client.sync_once(&fleet.url()?).await.unwrap_err();
    assert_eq!(refused.code(), "unknown-device");
    assert!(refused.words().en.contains("make a token"), "{}", refused.words().en);

    // So a person makes a token and enrols it, as it was told.
    drop(young);
    let young = fleet.device(AppRole::Tablet, "新平板").await?;
    deliver(&young, &fleet.url()?).await?;
    fleet.meet(&[&desk, &tablet, &young]).await?;
    let expected = sorted(vec!["送出了,别人还没取走".into(), "还没送出".into()]);
    for device in [&desk, &tablet, &young] {
        assert_eq!(remarks(device, order)?, expected);
    }
    fleet.finish_reading_the_same(&[&desk, &tablet, &young]).await
}

/// Its machine is gone for good. What was kept in the safe is a copy of its key.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_server_with_the_old_key_is_filled_by_what_the_devices_hold() -> Result<()> {
    let (mut fleet, desk, tablet, order) = scene().await?;
    let third = fleet.tablet("第三块平板", "维修员乙").await?;
    remark(&third, order, "第三块写的,送出了")?;
    fleet.meet(&[&desk, &tablet, &third]).await?;
    remark(&tablet, order, "平板写的,还没送出")?;
    fleet.stop_server().await?;
    let key = std::fs::read(fleet.server_folder().join("device.key"))?;
    std::fs::remove_dir_all(fleet.server_folder())?;
    std::fs::create_dir_all(fleet.server_folder())?;
    std::fs::write(fleet.server_folder().join("device.key"), key)?;
    dutybook_sync_server::init(&fleet.server_folder(), desk.client.identity().site, "示范小区")?;
    fleet.start_server().await?;
    assert_eq!(desk.client.sync_once(&fleet.url()?).await.unwrap_err().code(), "unknown-device");

    // One device is enrolled again with all it holds, and brings word of the others.
    drop(desk);
    let desk = fleet.device(AppRole::Desk, "前台").await?;
    deliver(&desk, &fleet.url()?).await?;
    fleet.meet(&[&desk, &tablet, &third]).await?;
    let expected = sorted(vec!["第三块写的,送出了".into(), "平板写的,还没送出".into()]);
    for device in [&desk, &tablet, &third] {
        assert_eq!(remarks(device, order)?, expected, "{}", device.client.identity().label);
        assert!(device.client.gaps()?.is_empty(), "nobody speaks of anything that is missing");
    }
    fleet.finish_reading_the_same(&[&desk, &tablet, &third]).await
}
