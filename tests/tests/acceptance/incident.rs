//! Emergencies: SOS, reports up the chain of command, command of an incident, numbers (D1.1.6, D1.1.8, D1.1.9, D1.2.5,
//! D2.5.3, D2.5.4, D2.6, D2.8.4).

use anyhow::{Context, Result, bail, ensure};
use dutybook_client::FormAsked;
use dutybook_client::shown::{Alarm, AlarmWhat, EscalationShown};
use dutybook_domain::RecordId;
use dutybook_domain::form::{Cell, Part};
use dutybook_domain::incident::{IncidentState, IncidentView};
use dutybook_domain::kinds::AnyView;
use dutybook_tests::fleet::{Device, Fleet};
use serde_json::json;

const INCIDENT: &str = "incident";

fn incident(device: &Device, record: RecordId) -> Result<IncidentView> {
    match device.open(record)?.view {
        Some(AnyView::Incident(view)) => Ok(*view),
        _ => anyhow::bail!("{record} is no incident"),
    }
}

fn report(device: &Device, record: RecordId) -> Result<EscalationShown> {
    device.open(record)?.escalations.into_iter().next().context("it was not reported")
}

fn ringing(device: &Device, record: RecordId, what: AlarmWhat) -> Result<Vec<Alarm>> {
    let alarms = device.client.alarms()?;
    Ok(alarms.into_iter().filter(|alarm| alarm.record == record && alarm.what == what).collect())
}

/// Who is delivered, by name, line after line.
fn delivered(report: &EscalationShown) -> Vec<(&str, bool)> {
    let people = report.report.lines.iter().flat_map(|line| &line.people);
    people.map(|one| (one.person.name.as_str(), one.received.is_some())).collect()
}

/// D2.5.3, and what no network may prevent: SOS on a tablet where nobody is signed in, with the server away.
#[tokio::test(flavor = "multi_thread")]
async fn sos_without_anybody_signed_in_and_without_network_rings_everywhere_once_devices_meet() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 22:10").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    let manager = fleet.tablet("总值班手机", "总值班员甲").await?;
    let other = fleet.tablet("二号平板", "秩序维护员乙").await?;
    fleet.stop_server().await?;

    tablet.client.sign_out()?;
    let done = tablet.client.sos()?;
    let record = done.record;
    ensure!(tablet.client.sos()?.record == record, "held twice is one SOS");
    let seen = incident(&tablet, record)?;
    assert!(seen.sos && seen.calls_for_help());
    assert_eq!(seen.found.unwrap().by.name, "本机(一号平板)");
    assert_eq!(seen.place, "一号平板", "no scan says more");
    assert_eq!(ringing(&tablet, record, AlarmWhat::Sos)?.len(), 1);
    assert!(!report(&tablet, record)?.delivered, "it says that it has not left the device");
    assert!(!tablet.client.response_plans().is_empty() && !tablet.client.emergency_contacts().is_empty());
    assert!(tablet.client.act_all([]).is_err(), "nothing else is written without a person");

    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet, &manager, &other]).await?;
    for device in [&desk, &manager, &other] {
        let sos = ringing(device, record, AlarmWhat::Sos)?;
        assert_eq!(sos.len(), 1, "{}", device.client.identity().label);
        assert_eq!(sos[0].words.zh, "SOS:一号平板 · 本机(一号平板)");
    }
    assert!(report(&tablet, record)?.delivered);
    // It was also reported up: to the manager's own device, to the desk, and not to the guard's.
    assert!(ringing(&manager, record, AlarmWhat::Called)?[0].for_me);
    assert_eq!(ringing(&desk, record, AlarmWhat::Called)?.len(), 1);
    assert!(ringing(&other, record, AlarmWhat::Called)?.is_empty());

    // Somebody else takes it: SOS is quiet everywhere.
    other.act(INCIDENT, Some(record), json!({ "do": "respond", "presence": "coming", "eta_min": 2 }))?;
    fleet.meet(&[&desk, &tablet, &manager, &other]).await?;
    for device in [&desk, &manager, &other, &tablet] {
        assert!(ringing(device, record, AlarmWhat::Sos)?.is_empty());
        assert_eq!(incident(device, record)?.taken.unwrap().by.name, "秩序维护员乙");
    }
    fleet.finish(&[&desk, &tablet, &manager, &other]).await
}

/// The place of an SOS comes from the caller's last scan.
#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_an_sos_is_where_they_last_scanned() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 22:00").await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    let run = tablet.run("夜间巡更", "22:00")?;
    let start = json!({ "do": "start", "route": run.route, "day": run.day, "slot": run.slot });
    tablet.act("patrol_run", Some(run.record), start)?;
    tablet.clock.advance_minutes(5);
    let scanned = tablet.client.now();
    tablet.act("patrol_run", Some(run.record), json!({ "do": "scan", "code": run.stops[0].code, "method": "qr" }))?;
    tablet.clock.advance_minutes(5);
    let record = tablet.client.sos()?.record;
    let seen = incident(&tablet, record)?;
    assert!(seen.place.contains(&run.stops[0].name), "{}", seen.place);
    assert_eq!(seen.scanned_at, Some(scanned));
    assert_eq!(seen.found.unwrap().by.name, "秩序维护员甲");
    fleet.finish(&[&tablet]).await
}

/// D1.2.5, D1.1.8: parallel call, repeat, next person; delivered, not delivered and acknowledged per person, by devices
/// that were apart, on any kind of record.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_up_until_acknowledged_and_says_who_had_it() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 22:10").await?;
    let desk = fleet.desk().await?;
    let first = fleet.tablet("总值班甲手机", "总值班员甲").await?;
    let second = fleet.tablet("总值班乙手机", "总值班员乙").await?;
    let company = fleet.tablet("公司手机", "公司值班领导").await?;
    let devices = [&desk, &first, &second, &company];
    fleet.stop_server().await?;

    let call = json!({ "do": "register", "way": "call", "category": "help", "summary": "三栋电梯困人" });
    let record = desk.act("contact_record", None, call)?.record;
    let kind = "contact_record";
    desk.act(kind, Some(record), json!({ "do": "escalate", "level": "sudden", "words": "三人被困" }))?;
    let alarm = ringing(&desk, record, AlarmWhat::Called)?.remove(0);
    assert!(alarm.words.zh.contains("总值班员甲") && alarm.words.zh.contains("公司值班领导"), "{}", alarm.words.zh);
    assert!(!alarm.for_me);
    // Seen quiets this round; the next one rings anew.
    desk.client.alarm_seen(&alarm.id);
    assert!(ringing(&desk, record, AlarmWhat::Called)?[0].seen);
    desk.clock.advance_minutes(3);
    assert!(!ringing(&desk, record, AlarmWhat::Called)?[0].seen);
    // The desk telephones meanwhile, and says so.
    let shown = report(&desk, record)?;
    assert!(!shown.delivered && shown.may_phone && !shown.for_me);
    let manager = shown.report.lines[0].people[0].person.clone();
    let of = shown.report.fact;
    desk.act(
        kind,
        Some(record),
        json!({ "do": "phone_escalation", "of": of, "person": manager.person, "reached": false, "note": "关机" }),
    )?;

    // The server comes back, after the next one was due; only the second manager's device comes by at first.
    for device in devices {
        device.clock.advance_minutes(if device.client.now() == desk.client.now() { 3 } else { 6 });
    }
    fleet.start_server().await?;
    fleet.meet(&[&desk, &second]).await?;
    let call = ringing(&second, record, AlarmWhat::Called)?.remove(0);
    assert!(call.for_me, "the next one of the line is called as well");
    assert!(second.client.receive_calls()?, "it is shown, and that is noted");
    assert!(!second.client.receive_calls()?, "once");
    second.act(kind, Some(record), json!({ "do": "acknowledge_escalation", "of": of, "words": "十分钟到场" }))?;
    fleet.meet(&[&desk, &second]).await?;
    let shown = report(&desk, record)?;
    assert!(shown.delivered);
    assert_eq!(delivered(&shown)[..2], [("总值班员甲", false), ("总值班员乙", true)], "who had it, person by person");
    assert_eq!(shown.report.lines[0].acknowledged.as_ref().unwrap().words, "十分钟到场");
    assert!(shown.report.lines[1].acknowledged.is_none() && shown.report.waiting());
    assert!(ringing(&desk, record, AlarmWhat::Called)?[0].words.zh.ends_with("正呼叫公司值班领导"));

    // The company's device was away all the time; now both lines end.
    fleet.meet(&devices).await?;
    assert!(ringing(&first, record, AlarmWhat::Called)?.is_empty(), "their line was answered");
    assert!(company.client.receive_calls()?);
    company.act(kind, Some(record), json!({ "do": "acknowledge_escalation", "of": of }))?;
    fleet.meet(&devices).await?;
    for device in devices {
        assert!(report(device, record)?.report.acknowledged());
        assert!(ringing(device, record, AlarmWhat::Called)?.is_empty());
        assert!(device.open(record)?.anomalies.is_empty());
    }
    fleet.finish(&devices).await
}

/// D1.1.8, D2.5.4, D2.6.2, D2.6.3: an incident commanded by the desk and worked by tablets that are apart.
#[tokio::test(flavor = "multi_thread")]
async fn an_incident_is_controlled_reported_and_filed_only_when_complete() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 22:10").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    let manager = fleet.tablet("总值班手机", "总值班员甲").await?;
    let company = fleet.tablet("公司手机", "公司值班领导").await?;
    let devices = [&desk, &tablet, &manager, &company];
    fleet.stop_server().await?;

    let start = json!({ "do": "start", "category": "fire", "place": "B1 配电房", "words": "冒烟" });
    let record = tablet.act(INCIDENT, None, start)?.record;
    tablet.act(INCIDENT, Some(record), json!({ "do": "control", "measure": "已断电,灭火器扑救" }))?;
    tablet.act(INCIDENT, Some(record), json!({ "do": "report" }))?;
    let plan = tablet.client.response_plans().into_iter().find(|one| one.plan.name.starts_with("火灾")).unwrap();
    assert!(plan.call.iter().any(|contact| contact.phones.contains(&"119".into())), "the card has the numbers");
    tablet.act(INCIDENT, Some(record), json!({ "do": "start_plan", "plan": plan.id }))?;
    let card = incident(&tablet, record)?.plans[0].stamp.fact;
    tablet.act(INCIDENT, Some(record), json!({ "do": "tick", "card": card, "step": 0 }))?;

    fleet.start_server().await?;
    fleet.meet(&devices).await?;
    let task = json!({ "do": "give_task", "department": "工程部", "what": "切断 B1 非消防电源" });
    desk.act(INCIDENT, Some(record), task)?;
    desk.clock.advance_minutes(6);
    let late = ringing(&desk, record, AlarmWhat::Overdue)?;
    assert!(late.iter().any(|alarm| alarm.words.zh.contains("工程部任务确认")), "{late:?}");
    fleet.stop_server().await?;
    // Apart again: the desk clears, the tablet keeps evidence. Neither is lost.
    desk.act(INCIDENT, Some(record), json!({ "do": "clear", "words": "无明火,持续看守" }))?;
    let evidence = json!({ "do": "keep_evidence", "sort": "photo", "note": "烧毁的电缆", "file_name": "1.jpg", "sha256": "0a".repeat(32) });
    tablet.act(INCIDENT, Some(record), evidence)?;
    fleet.start_server().await?;
    fleet.meet(&devices).await?;

    manager.act(INCIDENT, Some(record), json!({ "do": "write_up", "course": "22:10 发现", "result": "已处理" }))?;
    let refused = manager.act(INCIDENT, Some(record), json!({ "do": "archive" })).unwrap_err().to_string();
    assert!(refused.contains("not acknowledged"), "{refused}");
    for device in [&manager, &company] {
        let of = report(device, record)?.report.fact;
        device.act(INCIDENT, Some(record), json!({ "do": "acknowledge_escalation", "of": of }))?;
        fleet.meet(&devices).await?;
    }
    manager.act(INCIDENT, Some(record), json!({ "do": "archive" }))?;
    fleet.meet(&devices).await?;
    for device in devices {
        let seen = incident(device, record)?;
        assert_eq!(seen.state, IncidentState::Archived);
        assert_eq!((seen.evidence.len(), seen.measures.len(), seen.gaps.len()), (1, 1, 0));
        assert!(!device.open(record)?.shown.card.open);
    }
    fleet.finish(&devices).await
}

/// D1.1.6: amber after ninety days, fresh again after a call that somebody answered, with initials, on every device.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_verified_by_a_call_and_shown_to_everybody() -> Result<()> {
    let fleet = Fleet::demo("2027-02-01 09:00").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    let police = |device: &Device| device.client.emergency_contacts().remove(0);
    let before = police(&desk);
    assert!(before.stale && before.contact.name == "辖区派出所" && before.contact.verified_by == "客服主任");
    let verify = |reached: bool| json!({ "do": "verify", "contact": before.id, "phone": "110", "reached": reached, "note": "占线" });
    desk.act("reach_test", None, verify(false))?;
    assert!(police(&desk).stale, "a call that nobody answered verifies nothing");
    desk.act("reach_test", None, verify(true))?;
    fleet.meet(&[&desk, &tablet]).await?;
    for device in [&desk, &tablet] {
        let after = police(device);
        assert!(!after.stale);
        assert_eq!(after.contact.verified_by, "值班员甲");
        assert_eq!(after.contact.verified_on, Some(device.client.today()));
        // On paper too, with who called and when; the notice says from when on its numbers are good.
        let paper = |form: &str| device.client.form(&FormAsked { form: form.into(), ..FormAsked::default() });
        let Part::Table { rows, .. } = &paper("emergency_contacts")?.parts[0] else { bail!("a table") };
        let (day, by) = (Cell::Day(device.client.today()), Cell::typed("值班员甲"));
        assert_eq!(rows[0].cells[5..], [day, by]);
        assert!(paper("emergency_poster")?.notes[1].zh.contains("不早于 2026-10-20"), "the others are older");
    }
    tablet.client.sign_out()?;
    assert!(!tablet.client.emergency_contacts().is_empty(), "also on the lock screen");
    fleet.finish(&[&desk, &tablet]).await
}

/// D1.1.9, D2.8.4: on a holiday every manager on the list is owed a test; one that nobody began rings at the desk.
#[tokio::test(flavor = "multi_thread")]
async fn managers_are_tested_on_holidays() -> Result<()> {
    let fleet = Fleet::demo("2027-01-01 08:00").await?;
    let desk = fleet.desk().await?;
    let manager = fleet.tablet("总值班手机", "总值班员甲").await?;
    let owed = desk.client.on_day("reach_test", desk.client.today())?;
    assert_eq!(owed.len(), desk.client.oncall().len());
    let mine = owed.iter().find(|row| row.card.responsible[0].name == "总值班员甲").context("not on the list")?;
    desk.clock.advance_minutes(u32::try_from(mine.card.born.minutes_since(desk.client.now()) + 11)?);
    assert_eq!(ringing(&desk, mine.id, AlarmWhat::Overdue)?.len(), 1, "nobody has begun it");
    desk.act("reach_test", Some(mine.id), json!({ "do": "ask" }))?;
    fleet.meet(&[&desk, &manager]).await?;
    let call = ringing(&manager, mine.id, AlarmWhat::Called)?.remove(0);
    assert!(call.for_me && ringing(&desk, mine.id, AlarmWhat::Overdue)?.is_empty());
    manager.act("reach_test", Some(mine.id), json!({ "do": "answer" }))?;
    fleet.meet(&[&desk, &manager]).await?;
    assert_eq!(desk.open(mine.id)?.shown.card.state, "reached");
    fleet.finish(&[&desk, &manager]).await
}
