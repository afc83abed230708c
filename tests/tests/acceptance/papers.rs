//! Daily report, ledger, seal and archive, with several devices (D1.1.3, D2.5.5, D2.8.5, D3.8; A8 b, c, i, j).

use anyhow::{Context as _, Result};
use dutybook_client::LedgerAsked;
use dutybook_domain::daily_report;
use dutybook_domain::kinds::AnyView;
use dutybook_domain::month_seal::{self, LineNumber, Month};
use dutybook_domain::work_log;
use dutybook_domain::{Day, RecordId};
use dutybook_store::Store;
use dutybook_tests::fleet::{Device, Fleet, at, copy_folder};
use serde_json::{Value, json};

fn day(text: &str) -> Result<Day> {
    Ok(Day(text.parse()?))
}

fn month(text: &str) -> Result<Month> {
    text.parse().map_err(anyhow::Error::msg)
}

fn call(summary: &str) -> Value {
    json!({ "do": "register", "way": "call", "rings": 2, "unit_label": "3-2-1502", "name": "业户", "phone": "13800138000",
            "category": "enquiry", "summary": summary, "urgency": "normal", "result": "已答复" })
}

fn entry(subject: &str) -> Value {
    json!({ "do": "enter", "subject": subject, "process": "已查看", "result": "正常" })
}

fn on_report(device: &Device, of: Day, action: Value) -> Result<()> {
    device.act("daily_report", Some(daily_report::record_of(of)), action)?;
    Ok(())
}

fn seal(device: &Device, of: Month, action: &str) -> Result<()> {
    device.act("month_seal", Some(month_seal::record_of(of)), json!({ "do": action }))?;
    Ok(())
}

/// The numbers of the month's lines by fact, as this device shows them.
fn numbers(device: &Device) -> Result<Vec<(String, LineNumber)>> {
    let rows = device.client.ledger(&LedgerAsked { limit: 10_000, ..LedgerAsked::default() })?;
    let mut numbers: Vec<_> = rows.into_iter().map(|row| (row.line.fact.to_string(), row.place)).collect();
    numbers.sort();
    Ok(numbers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_signed_before_a_late_merge_shows_both_versions_and_the_difference() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let (desk, tablet) = (fleet.desk().await?, fleet.tablet("白班平板", "值班员乙").await?);
    let of = day("2026-11-24")?;
    desk.act("contact_record", None, call("问物业费"))?;
    assert_eq!(desk.client.day_report(of)?.now.contacts.total, 1, "it fills itself before anybody has begun it");
    fleet.stop_server().await?;

    // The tablet takes two calls away from the network; the desk signs without them.
    for summary in ["问装修时间", "问停车"] {
        tablet.clock.advance_minutes(30);
        tablet.act("contact_record", None, call(summary))?;
    }
    desk.clock.advance_minutes(13 * 60);
    on_report(&desk, of, json!({ "do": "write", "weather": "晴", "tomorrow": "清洗水箱", "remark": "" }))?;
    on_report(&desk, of, json!({ "do": "sign" }))?;
    let signed = desk.client.day_report(of)?;
    assert!(signed.changes.is_empty() && signed.late.is_empty(), "{:?}", signed.changes);

    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    for device in [&desk, &tablet] {
        let report = device.client.day_report(of)?;
        assert_eq!(report.view.versions, signed.view.versions, "the signed sheet never changes");
        assert_eq!(report.view.versions[0].signed.numbers.contacts.total, 1);
        assert_eq!(report.now.contacts.total, 3);
        let changes: Vec<&str> = report.changes.iter().map(|words| words.zh.as_str()).collect();
        assert!(changes.contains(&"来电 1 → 3") && changes.contains(&"咨询 1 → 3"), "{changes:?}");
        let late: Vec<&str> = report.late.iter().map(|line| line.line.detail.zh.as_str()).collect();
        assert!(late.iter().any(|detail| detail.contains("问装修时间")), "{late:?}");
        assert!(late.iter().all(|detail| !detail.contains("问物业费")), "{late:?}");
    }
    // A new version beside the old one, and the supervisor reads it.
    on_report(&desk, of, json!({ "do": "sign_anew" }))?;
    on_report(&tablet, of, json!({ "do": "take_over" }))?;
    desk.sign_in("客服主任")?;
    on_report(&desk, of, json!({ "do": "review", "opinion": "已阅" }))?;
    fleet.meet(&[&desk, &tablet]).await?;
    // The rounds of a day are judged by the clock of whoever looks.
    tablet.clock.advance_minutes(12 * 60);
    let report = tablet.client.day_report(of)?;
    assert_eq!(report.view.versions.len(), 2);
    assert_eq!(report.view.versions[1].signed.numbers.contacts.total, 3);
    assert_eq!(report.view.taken_over.map(|stamp| stamp.by.name), Some("值班员乙".into()));
    assert!(report.changes.is_empty(), "{:?}", report.changes);
    fleet.finish(&[&desk, &tablet]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_line_is_corrected_by_another_line_and_both_lead_to_each_other() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let record = desk.act("journal", None, entry("2号梯异响"))?.record;
    let line = |device: &Device| -> Result<_> {
        let rows = device.client.ledger(&LedgerAsked { kind: Some("journal".into()), ..LedgerAsked::default() })?;
        Ok(rows.into_iter().filter(|row| row.record == record).collect::<Vec<_>>())
    };
    let first = line(&desk)?.remove(0);
    let amend =
        json!({ "do": "amend", "of": first.line.fact, "field": "subject", "value": "3号梯异响", "reason": "记错梯号" });
    desk.act("journal", Some(record), amend)?;
    let rows = line(&desk)?;
    assert_eq!(rows.len(), 2);
    let (old, new) =
        (rows.iter().find(|row| row.line.about.is_none()), rows.iter().find(|row| row.line.about.is_some()));
    let (old, new) = (old.context("the old line")?, new.context("the new line")?);
    assert_eq!(old.line.subject, first.line.subject, "what was written stays as it was written");
    assert_eq!(old.line.detail, first.line.detail);
    assert_eq!(old.amended_by.iter().map(|to| to.fact).collect::<Vec<_>>(), [new.line.fact]);
    assert_eq!(new.about.as_ref().map(|to| to.fact), Some(old.line.fact));
    // Found by Chinese words, by person and by record.
    let asked = |asked: LedgerAsked| -> Result<usize> { Ok(desk.client.ledger(&asked)?.len()) };
    assert_eq!(asked(LedgerAsked { text: Some("梯号".into()), ..LedgerAsked::default() })?, 2);
    let person = desk.client.signed_in().context("somebody")?.person;
    let (other, kind) = (RecordId(uuid::Uuid::nil()), Some("journal".to_owned()));
    assert_eq!(asked(LedgerAsked { person: Some(person), kind: kind.clone(), ..LedgerAsked::default() })?, 2);
    assert_eq!(asked(LedgerAsked { person: Some(other), kind, ..LedgerAsked::default() })?, 0);
    fleet.finish(&[&desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_month_verifies_offline_and_names_the_first_line_that_was_changed() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let (desk, tablet) = (fleet.desk().await?, fleet.tablet("白班平板", "值班员乙").await?);
    let november = month("2026-11")?;
    for subject in ["消防通道堆物", "B1 灯坏", "门禁断电"] {
        desk.clock.advance_minutes(10);
        tablet.clock.advance_minutes(11);
        desk.act("journal", None, entry(subject))?;
        tablet.act("journal", None, entry(&format!("{subject}(平板)")))?;
    }
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.stop_server().await?;
    // One line is written in November and brought in after the seal.
    tablet.clock.advance_minutes(60);
    tablet.act("journal", None, entry("地下室断网时记的"))?;

    desk.sign_in("客服主任")?;
    assert!(seal(&desk, november, "seal").is_err(), "November is not over");
    for device in [&desk, &tablet] {
        device.clock.set_wall(at("2026-12-01 12:30")?);
    }
    let owed = |device: &Device| -> Result<bool> {
        Ok(device.client.alarms()?.iter().any(|alarm| alarm.kind == "month_seal"))
    };
    assert!(owed(&desk)?, "a month that nobody sealed rings from noon of the 1st");
    seal(&desk, november, "seal")?;
    assert!(!owed(&desk)?);
    let verified = desk.client.verify_month(november)?;
    assert!(verified.ok, "{:?}", verified.problems);
    assert_eq!((verified.lines, verified.late), (6, 0));
    let sealed: Vec<_> = numbers(&desk)?;
    let mut given: Vec<u32> = sealed
        .iter()
        .filter_map(|(_, place)| match place {
            LineNumber::Sealed { number } => Some(*number),
            _ => None,
        })
        .collect();
    given.sort_unstable();
    assert_eq!(given, [1, 2, 3, 4, 5, 6], "no gaps");

    // The late line comes: it is 补录, gets no number of the seal, and renumbers nothing. All replicas say the same.
    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    assert_eq!(desk.client.verify_month(november)?.late, 1);
    seal(&desk, november, "supplement")?;
    fleet.meet(&[&desk, &tablet]).await?;
    assert_eq!(numbers(&desk)?, numbers(&tablet)?);
    let after = numbers(&tablet)?;
    for line in &sealed {
        assert!(matches!(line.1, LineNumber::Unsealed) || after.contains(line), "{line:?} was renumbered");
    }
    assert_eq!(after.iter().filter(|(_, place)| *place == LineNumber::Late { number: 1 }).count(), 1);
    assert_eq!(desk.client.verify_month(november)?, tablet.client.verify_month(november)?);
    assert!(desk.client.verify_month(november)?.ok);

    // A copy of the book in which somebody changed one byte of one entry.
    let changed = fleet.folder().join("changed");
    let (folder, clock) = tablet.switch_off();
    copy_folder(&folder, &changed)?;
    flip_a_byte_of(&changed, "消防通道堆物")?;
    let tablet = Device::start(folder, clock.clone())?;
    let suspect = Device::start(changed, clock)?;
    let verified = suspect.client.verify_month(november)?;
    assert!(!verified.ok);
    assert_eq!(verified.first, Some(LineNumber::Sealed { number: 2 }), "the tablet's own first line");
    let said = &verified.problems[0].zh;
    assert!(said.contains("第 2 条") && said.contains("消防通道堆物"), "{said}");
    assert!(!suspect.client.store().check()?.ok, "and the whole check sees it as well");
    fleet.finish(&[&desk, &tablet]).await
}

/// Changes one byte of the entry in which these words stand, as somebody with the file in hand could.
fn flip_a_byte_of(folder: &std::path::Path, words: &str) -> Result<()> {
    let book = rusqlite::Connection::open(Store::path_in(folder))?;
    let mut query = book.prepare("SELECT arrival, bytes FROM entry ORDER BY arrival")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    for row in rows {
        let (arrival, mut bytes) = row?;
        let found = bytes.windows(words.len()).position(|window| window == words.as_bytes());
        if let Some(place) = found {
            bytes[place] ^= 1;
            book.execute("UPDATE entry SET bytes = ?2 WHERE arrival = ?1", rusqlite::params![arrival, bytes])?;
            return Ok(());
        }
    }
    anyhow::bail!("no entry says {words}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_of_three_years_ago_opens_verifies_and_may_then_be_destroyed() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let november = month("2026-11")?;
    let record = desk.act("journal", None, entry("更换灭火器"))?.record;
    desk.sign_in("客服主任")?;
    desk.clock.set_wall(at("2026-12-01 08:00")?);
    seal(&desk, november, "seal")?;
    let items = desk.all("archive_item")?;
    assert_eq!(items.len(), 1, "the seal lists what it holds");
    let item = items[0];
    desk.act("archive_item", Some(item), json!({ "do": "receive", "place": "档案柜 2-3" }))?;
    let propose = json!({ "do": "propose_destruction", "basis": "保管期满三年" });
    let refused = desk.act("archive_item", Some(item), propose.clone());
    assert!(refused.is_err_and(|error| error.to_string().contains("2029-12-01")), "three years after the month's end");

    desk.clock.set_wall(at("2029-12-01 09:00")?);
    assert!(desk.client.verify_month(november)?.ok);
    assert!(matches!(desk.open(record)?.view, Some(AnyView::Journal(_))));
    desk.act("archive_item", Some(item), propose)?;
    let Some(AnyView::ArchiveItem(view)) = desk.open(item)?.view else { anyhow::bail!("no archive item") };
    assert!(view.destruction.is_some_and(|destruction| destruction.confirmed.is_none()), "a second person has to sign");
    assert!(!desk.open(item)?.shown.offers.iter().any(|offer| offer.action == "confirm_destruction"));
    fleet.finish(&[&desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_log_is_drafted_signed_and_exported_with_masked_numbers() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let of = day("2026-11-24")?;
    desk.act("contact_record", None, call("问物业费,回电 13800138000"))?;
    desk.act("journal", None, entry("清点消防器材"))?;
    on_report(&desk, of, json!({ "do": "write", "weather": "晴", "tomorrow": "清洗水箱" }))?;
    let draft = desk.client.work_log_draft(of)?;
    for part in ["天气:晴", "值班:", "问物业费", "清点消防器材", "清洗水箱", "遗留事项"] {
        assert!(draft.contains(part), "{part} in {draft}");
    }
    let log = work_log::record_of(of);
    let folder = fleet.folder().join("stick");
    assert!(desk.client.export_work_log(of, &folder).is_err(), "nothing is signed yet");
    desk.act("work_log", Some(log), json!({ "do": "write", "text": draft }))?;
    desk.act("work_log", Some(log), json!({ "do": "sign" }))?;
    assert_eq!(desk.client.export_work_log(of, &folder).map_err(|error| error.code().to_owned()), Err("folder".into()));
    std::fs::create_dir_all(&folder)?;
    let written = desk.client.export_work_log(of, &folder)?;
    let package: work_log::Package = serde_json::from_slice(&std::fs::read(&written.file)?)?;
    assert!(!package.text.contains("13800138000") && package.text.contains("138****8000"), "{}", package.text);
    assert_eq!((package.masked, package.day), (written.masked, of));
    let names: Vec<_> = std::fs::read_dir(&folder)?.map(|file| Ok(file?.file_name())).collect::<Result<_>>()?;
    assert_eq!(names.len(), 2, "the package and the same to read: {names:?}");
    desk.act("work_log", Some(log), json!({ "do": "note_receipt", "receipt": "网站编号 881" }))?;
    assert_eq!(desk.open(log)?.shown.card.state, "receipted");
    fleet.finish(&[&desk]).await
}
