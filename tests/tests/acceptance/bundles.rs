//! A book carried on a stick: no server, no network (D1.2.4's evidence must not depend on either).

use std::path::PathBuf;

use anyhow::{Result, ensure};
use dutybook_client::Error;
use dutybook_sync::{BundleError, BundleHead, LogChunk, write_bundle};
use dutybook_tests::fleet::{Device, Fleet, readings};
use serde_json::{Value, json};

fn visit(what: &str) -> Value {
    json!({ "do": "register", "way": "visit", "category": "enquiry", "summary": what })
}

fn stick(fleet: &Fleet, name: &str) -> PathBuf {
    fleet.folder().join(format!("{name}.dutybundle"))
}

/// Two that never meet over a network hold the same, what one carries reaches the server through the other, and reading
/// a stick twice changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_carried_on_a_stick_is_merged_and_carried_on() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 21:50").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    fleet.stop_server().await?;
    let seen = tablet.act("contact_record", None, visit("地下室有积水"))?.record;
    let asked = desk.act("contact_record", None, visit("问车位"))?.record;
    let orders = json!({ "do": "make_order", "title": "抽水", "urgency": "urgent" });

    let file = stick(&fleet, "一号平板");
    let written = tablet.client.write_bundle(&file, false)?;
    let read = desk.client.read_bundle(&file)?;
    assert_eq!((read.entries, read.label.as_str()), (written.entries, "一号平板"));
    assert!(read.new > 0 && read.refused == 0 && read.waiting == 0 && read.trouble.is_none(), "{read:?}");
    // The desk goes on with what the tablet had written down, and hands the stick back.
    desk.act("contact_record", Some(seen), orders)?;
    let back = stick(&fleet, "前台");
    desk.client.write_bundle(&back, false)?;
    assert!(tablet.client.read_bundle(&back)?.new > 0);
    assert!(tablet.open(asked).is_ok());
    assert_eq!(readings(desk.client.store())?, readings(tablet.client.store())?, "one book");
    for (device, file) in [(&desk, &file), (&tablet, &back), (&tablet, &file)] {
        assert_eq!(device.client.read_bundle(file)?.new, 0, "read twice");
    }

    // The server hears of the tablet's work from the desk; the tablet itself is still in the basement.
    assert!(tablet.client.sync_shown()?.undelivered > 0);
    fleet.start_server().await?;
    desk.sync(&fleet.url()?).await?;
    let office = fleet.tablet("二号平板", "秩序维护员乙").await?;
    assert!(office.open(seen).is_ok());
    // What is left for a stick once the server has it is nothing.
    tablet.sync(&fleet.url()?).await?;
    let rest = stick(&fleet, "其余");
    assert_eq!(tablet.client.write_bundle(&rest, true)?.entries, 0);
    tablet.act("contact_record", None, visit("再来一次"))?;
    let only = tablet.client.write_bundle(&rest, true)?;
    assert!((1..5).contains(&only.entries), "{only:?}");
    fleet.finish(&[&desk, &tablet, &office]).await
}

/// Of a file that was pulled out too early what is there is taken, and the rest comes with the next one; what is no
/// bundle, or of another site, is refused in words that say what to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_stick_pulled_out_too_early_loses_nothing() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 21:50").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    fleet.stop_server().await?;
    for number in 0..40 {
        tablet.act("contact_record", None, visit(&format!("第{number}位")))?;
    }
    let file = stick(&fleet, "一号平板");
    tablet.client.write_bundle(&file, false)?;
    let whole = std::fs::read(&file)?;
    let torn = stick(&fleet, "半截");
    let mut last = 0;
    for share in [3, 2] {
        std::fs::write(&torn, &whole[..whole.len() - whole.len() / (share * 8)])?;
        let read = desk.client.read_bundle(&torn)?;
        let trouble = read.trouble.map(|words| words.zh).unwrap_or_default();
        ensure!(trouble.contains("请重新写一次"), "{trouble}");
        last = last.max(read.entries);
    }
    let read = desk.client.read_bundle(&file)?;
    assert!(read.trouble.is_none() && read.entries >= last);
    assert_eq!(readings(desk.client.store())?, readings(tablet.client.store())?);

    let refused = |device: &Device, bytes: &[u8]| -> Result<String> {
        std::fs::write(&torn, bytes)?;
        match device.client.read_bundle(&torn) {
            Err(error @ Error::Bundle(_)) => Ok(error.words().zh),
            other => anyhow::bail!("{other:?}"),
        }
    };
    assert!(refused(&desk, b"PK\x03\x04")?.contains("不是值班簿的数据包"));
    assert!(refused(&desk, b"dutybook bundle 9\n")?.contains("请先升级"));
    let mut other = Vec::new();
    let identity = desk.client.identity();
    let head = BundleHead {
        site: "elsewhere".parse()?,
        device: identity.server,
        label: "别处".into(),
        written_ms: 0,
        held: Vec::new(),
    };
    write_bundle::<BundleError>(&mut other, &head, &[], |asked| {
        Ok(LogChunk { after: asked.after, entries: Vec::new(), through: asked.after, end: true })
    })?;
    assert!(refused(&desk, &other)?.contains("「elsewhere」"));
    assert!(desk.client.read_bundle(&stick(&fleet, "没有")).is_err());
    let nowhere = fleet.folder().join("没有这个文件夹").join("a.dutybundle");
    assert!(matches!(tablet.client.write_bundle(&nowhere, false), Err(Error::Folder { .. })));
    fleet.finish(&[&desk, &tablet]).await
}
