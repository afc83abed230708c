//! Registers and supervision: an instruction that comes back when it is overdue (D3.7), a regulation that all but one
//! have read (D2.1), a spot check that nobody could know of and everybody can verify (D2.3.1).

use anyhow::{Context, Result};
use dutybook_domain::kinds::AnyView;
use dutybook_domain::register::EntryView;
use dutybook_domain::spot_check::SpotPlanView;
use dutybook_domain::spot_check::draw::Nonce;
use dutybook_domain::{RecordId, Timestamp};
use dutybook_tests::fleet::{Device, Fleet, at};
use serde_json::json;

fn entry(device: &Device, kind: &str, record: RecordId) -> Result<EntryView> {
    let entries = device.client.entries(kind, None, 0)?;
    let found = entries.into_iter().find(|entry| entry.shown.id == record).context("it is not in the register")?;
    Ok(found.view)
}

fn mine(device: &Device) -> Result<Vec<RecordId>> {
    Ok(device.client.my_entries()?.into_iter().map(|entry| entry.shown.id).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_is_taken_on_at_a_tablet_and_back_with_its_giver_when_overdue() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("工程平板", "维修员甲").await?;
    let office = fleet.tablet("主任平板", "客服主任").await?;
    let due: Timestamp = at("2026-11-24 11:00")?;
    let written = json!({ "do": "write", "giver": desk.person("客服主任")?, "source": "spoken",
        "content": "上午把南门路灯全部修好", "owner": [desk.person("维修员甲")?], "due": due });
    let record = desk.act("instruction", None, written)?.record;
    fleet.meet(&[&desk, &tablet, &office]).await?;

    assert_eq!(mine(&tablet)?, [record], "it waits for the worker");
    assert!(mine(&office)?.is_empty());
    // Nobody takes it on within half an hour: the desk rings.
    desk.clock.advance_minutes(31);
    assert!(desk.client.alarms()?.iter().any(|alarm| alarm.record == record));
    tablet.clock.advance_minutes(31);
    tablet.act("instruction", Some(record), json!({ "do": "acknowledge" }))?;
    fleet.meet(&[&desk, &tablet, &office]).await?;
    assert!(desk.client.alarms()?.iter().all(|alarm| alarm.record != record), "it was taken on");

    // At eleven it is not done: it is back with whoever gave it.
    for device in [&desk, &tablet, &office] {
        device.clock.advance_minutes(120);
    }
    assert_eq!(mine(&office)?, [record]);
    assert!(desk.client.alarms()?.iter().any(|alarm| alarm.record == record));
    let later = at("2026-11-24 16:00")?;
    office.act("instruction", Some(record), json!({ "do": "extend", "due": later, "reason": "等配件" }))?;
    fleet.meet(&[&desk, &tablet, &office]).await?;
    assert!(mine(&office)?.is_empty());
    tablet.act("instruction", Some(record), json!({ "do": "complete", "result": "八盏全亮" }))?;
    fleet.meet(&[&desk, &tablet, &office]).await?;
    desk.act("instruction", Some(record), json!({ "do": "report", "answer": "已当面报告客服主任" }))?;
    assert_eq!(entry(&desk, "instruction", record)?.state, "closed");
    let ledger = desk.client.ledger(&dutybook_client::LedgerAsked { record: Some(record), ..Default::default() })?;
    assert_eq!(ledger.len(), 5, "every step is a line of the ledger");
    fleet.finish(&[&desk, &tablet, &office]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regulation_says_who_has_not_read_it() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let office = fleet.tablet("主任平板", "客服主任").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("巡逻平板", "秩序维护员甲").await?;
    let names = ["值班员甲", "秩序维护员甲", "维修员甲"];
    let readers = names.map(|name| office.person(name)).into_iter().collect::<Result<Vec<_>>>()?;
    let publish = json!({ "do": "write", "name": "值班纪律", "version": "2026-2", "body": "一、准时到岗。",
        "readers": readers });
    let record = office.act("regulation", None, publish)?.record;
    fleet.meet(&[&office, &desk, &tablet]).await?;
    // Two read it on devices that do not see each other.
    fleet.stop_server().await?;
    desk.act("regulation", Some(record), json!({ "do": "read" }))?;
    tablet.act("regulation", Some(record), json!({ "do": "read" }))?;
    fleet.start_server().await?;
    fleet.meet(&[&office, &desk, &tablet]).await?;
    let view = entry(&office, "regulation", record)?;
    let missing: Vec<&str> = view
        .readers
        .iter()
        .filter(|reader| reader.signed.is_none())
        .map(|reader| reader.person.name.as_str())
        .collect();
    assert_eq!((view.state.as_str(), missing.len()), ("reading", 1));
    assert!(missing[0].starts_with("维修员甲"));
    assert!(office.act("regulation", Some(record), json!({ "do": "read" })).is_err(), "nobody reads for somebody else");
    fleet.finish(&[&office, &desk, &tablet]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spot_check_is_secret_until_due_signed_by_both_and_verified_afterwards() -> Result<()> {
    let fleet = Fleet::demo("2026-11-01 09:00").await?;
    let office = fleet.device(dutybook_domain::device::AppRole::Desk, "主任电脑").await?;
    office.sign_in("客服主任")?;
    let desk = fleet.desk().await?;
    let plan = office.client.spot_plan();
    office.act("spot_plan", Some(plan), json!({ "do": "draw" }))?;
    fleet.meet(&[&office, &desk]).await?;
    assert!(office.client.spot_due()?.is_empty(), "not even the supervisor knows");

    // The month goes by until the first time has come.
    let mut waited = 0;
    let due = loop {
        if let Some(due) = office.client.spot_due()?.into_iter().next() {
            break due;
        }
        assert!(waited < 31 * 24, "no time of the month has come");
        office.clock.advance_minutes(60);
        waited += 1;
    };
    assert!(due.at <= office.client.now());
    assert!(office.client.alarms()?.iter().any(|alarm| alarm.record == plan), "it rings at the supervisor's");
    let view = |device: &Device| -> Result<SpotPlanView> {
        match device.client.record(plan)?.view {
            Some(AnyView::SpotPlan(view)) => Ok(*view),
            _ => anyhow::bail!("{plan} is no plan"),
        }
    };
    assert!(view(&desk)?.draws[0].slots.iter().all(|slot| slot.at.is_none()), "nothing is told before");

    let check = json!({ "do": "check", "drawn": { "plan": due.plan, "draw": due.draw, "slot": due.slot },
        "person": office.person("值班员甲")?, "shift": "早班", "items": [{ "item": "到岗", "verdict": "good" }] });
    let record = office.act("spot_check", None, check)?.record;
    office.act("spot_check", Some(record), json!({ "do": "sign" }))?;
    fleet.meet(&[&office, &desk]).await?;
    desk.act("spot_check", Some(record), json!({ "do": "sign", "opinion": "无异议" }))?;
    fleet.meet(&[&office, &desk]).await?;
    assert_eq!(office.open(record)?.shown.card.state, "closed");

    // Anybody verifies: the number fits the hash that stood there on the first, and the time follows from it.
    let seen = view(&desk)?;
    let slot = &seen.draws[0].slots[usize::from(due.slot)];
    let nonce = Nonce::read(slot.nonce.as_deref().context("it was not revealed")?).context("no nonce")?;
    assert_eq!(nonce.commitment(), slot.commitment);
    assert_eq!(nonce.time(slot.part, &seen.draws[0].urn), Some(due.at));
    assert_eq!(seen.draws[0].slots.iter().filter(|slot| slot.at.is_some()).count(), 1, "the others stay secret");
    fleet.finish(&[&office, &desk]).await
}
