//! Pictures: kept where they were taken, never in the way of a record, and in the end wherever somebody looks.

use anyhow::{Context, Result, ensure};
use dutybook_client::Error;
use dutybook_domain::RecordId;
use dutybook_domain::file::FileHash;
use dutybook_tests::fleet::{Device, Fleet};
use dutybook_tests::pictures::camera;
use serde_json::json;

const MORNING: &str = "2026-11-24 09:00";

fn order(device: &Device) -> Result<RecordId> {
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道漏水", "description": "楼道漏水",
        "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "water", "urgency": "normal" });
    Ok(device.act("work_order", None, report)?.record)
}

/// Takes a picture and has the order speak of it.
fn photograph(device: &Device, order: RecordId, seed: u32) -> Result<FileHash> {
    let kept = device.client.keep_picture(&camera(2400, 1800, seed), false)?;
    let action =
        json!({ "do": "photo", "phase": "before", "caption": "漏水处", "photo": kept.file, "original": kept.original });
    device.act("work_order", Some(order), action)?;
    ensure!((kept.width, kept.height) == (1600, 1200), "{kept:?}");
    Ok(kept.file)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_taken_in_the_basement_is_seen_at_the_desk() -> Result<()> {
    let mut fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("白班平板", "维修员甲").await?;
    let record = order(&desk)?;
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.stop_server().await?;
    let file = photograph(&tablet, record, 1)?;
    assert_eq!(tablet.client.sync_shown()?.pictures, 1);
    assert!(tablet.client.picture(file, true).await?.is_some(), "it is seen where it was taken");
    assert!(matches!(tablet.client.send_files().await, Err(Error::Offline(_))));
    assert_eq!(tablet.client.sync_shown()?.pictures, 1);

    // The record arrives first; the desk says that the picture is still on its way.
    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    let view = desk.order(record)?;
    assert_eq!(view.photos.first().context("the order speaks of a picture")?.photo, Some(file));
    assert_eq!(desk.client.picture(file, false).await?, None);

    tablet.client.send_files().await?;
    assert_eq!(tablet.client.sync_shown()?.pictures, 0);
    let seen = desk.client.picture(file, false).await?.context("it is there now")?;
    assert_eq!(FileHash::of(&seen), file);
    let small = desk.client.picture(file, true).await?.context("and small")?;
    assert!(small.len() < seen.len() / 4, "{} of {}", small.len(), seen.len());
    // What was seen once is seen without a network.
    fleet.stop_server().await?;
    assert!(desk.client.picture(file, false).await?.is_some());
    fleet.finish_reading_the_same(&[&desk, &tablet]).await
}

/// Sending and fetching go on where they were; a disk that forgets is noticed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_half_sent_goes_on_and_what_is_damaged_is_not_shown() -> Result<()> {
    let mut fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("白班平板", "维修员甲").await?;
    let record = order(&desk)?;
    fleet.meet(&[&desk, &tablet]).await?;
    let file = photograph(&tablet, record, 2)?;
    let bytes = tablet.client.picture(file, false).await?.context("it is here")?;
    fleet.stop_server().await?;
    let server = dutybook_files::Files::beside(&fleet.server_folder());
    server.begin(&file, bytes.len() as u64)?;
    server.append(&file, 0, &bytes[..10_000])?;
    fleet.start_server().await?;
    tablet.client.send_files().await?;
    assert_eq!(server.read(&file)?.as_deref(), Some(&bytes[..]));

    let desk_files = dutybook_files::Files::beside(&desk.folder);
    desk_files.begin(&file, bytes.len() as u64)?;
    desk_files.append(&file, 0, &bytes[..20_000])?;
    assert_eq!(desk.client.picture(file, false).await?.as_deref(), Some(&bytes[..]));
    std::fs::write(desk_files.path(&file), b"forgotten")?;
    assert_eq!(desk.client.picture(file, false).await?, None, "what the disk gives back is not shown");
    assert_eq!(desk_files.scan()?.damaged, [file]);
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.finish(&[&desk, &tablet]).await
}

/// Only devices in use are answered, and only in what they have signed.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_neither_see_nor_leave_pictures() -> Result<()> {
    let mut fleet = Fleet::demo(MORNING).await?;
    let desk = fleet.desk().await?;
    let lost = fleet.tablet("丢失的平板", "维修员甲").await?;
    let record = order(&desk)?;
    fleet.meet(&[&desk, &lost]).await?;
    let file = photograph(&desk, record, 3)?;
    desk.client.send_files().await?;
    let url = fleet.url()?;
    let web = reqwest::Client::new();
    let status = async |asked: reqwest::RequestBuilder| -> Result<u16> { Ok(asked.send().await?.status().as_u16()) };
    assert_eq!(status(web.get(format!("{url}/files/{file}"))).await?, 401);
    assert_eq!(status(web.patch(format!("{url}/files/{file}")).header("upload-offset", 0)).await?, 401);
    assert_eq!(status(web.get(format!("{url}/files/..%2fdevice.key"))).await?, 404);
    assert_eq!(status(web.post(format!("{url}/files"))).await?, 400);
    let able = web.request(reqwest::Method::OPTIONS, format!("{url}/files")).send().await?;
    assert_eq!(able.headers()["tus-version"], "1.0.0");

    photograph(&lost, record, 4)?;
    dutybook_sync_server::revoke(&fleet.server_folder(), &lost.client.identity().prefix, "丢失")?;
    assert!(matches!(lost.client.send_files().await, Err(Error::Offline(text)) if text.contains("停用")));
    assert!(matches!(desk.client.keep_picture(b"%PDF-1.7", false), Err(Error::Picture(_))));
    fleet.stop_server().await?;
    Ok(())
}
