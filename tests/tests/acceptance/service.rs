//! Calls, complaints and follow-ups (D2.5.6, D2.7.2, D2.7.3, D3.4, A8 g).

use anyhow::{Context, Result};
use dutybook_client::shown::{Alarm, Done};
use dutybook_domain::RecordId;
use dutybook_domain::complaint::{ComplaintState, ComplaintView, Grade};
use dutybook_domain::contact_record::{ContactState, ContactView};
use dutybook_domain::device::AppRole;
use dutybook_domain::kinds::AnyView;
use dutybook_tests::fleet::{Device, Fleet};
use serde_json::{Value, json};

const KIND: &str = "complaint";

fn complains(grade: &str) -> Value {
    json!({ "do": "register", "way": "call", "rings": 2, "category": "complaint", "unit_label": "3-2-1502",
            "name": "何女士", "phone": "5550-8821", "summary": "楼上深夜装修,无人管",
            "complaint": { "topic": "噪声", "grade": grade } })
}

fn complaint_of(done: &Done) -> Result<RecordId> {
    let found = done.records.iter().find(|touched| touched.kind == KIND);
    Ok(found.context("the call is no complaint")?.id)
}

fn complaint(device: &Device, record: RecordId) -> Result<ComplaintView> {
    match device.open(record)?.view {
        Some(AnyView::Complaint(view)) => Ok(*view),
        _ => anyhow::bail!("{record} is no complaint"),
    }
}

fn call(device: &Device, record: RecordId) -> Result<ContactView> {
    match device.open(record)?.view {
        Some(AnyView::ContactRecord(view)) => Ok(*view),
        _ => anyhow::bail!("{record} is no call"),
    }
}

fn alarms(device: &Device, record: RecordId) -> Result<Vec<Alarm>> {
    Ok(device.client.alarms()?.into_iter().filter(|alarm| alarm.record == record).collect())
}

/// What rings for a record, by the clock's name.
fn ringing(device: &Device, record: RecordId) -> Result<Vec<String>> {
    let name = |alarm: Alarm| alarm.id.rsplit('/').next().unwrap_or_default().to_owned();
    let mut names: Vec<String> = alarms(device, record)?.into_iter().map(name).collect();
    names.sort();
    Ok(names)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_from_the_call_to_its_closing() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let office = fleet.device(AppRole::Desk, "经理电脑").await?;
    office.sign_in("客服部经理")?;

    // 登记: one transaction, one number, nothing typed twice.
    let done = desk.act("contact_record", None, complains("general"))?;
    let (record, contact) = (complaint_of(&done)?, done.record);
    let numbers: Vec<_> = done.records.iter().map(|touched| touched.number.clone()).collect();
    assert_eq!(numbers[0], numbers[1]);
    assert_eq!(complaint(&desk, record)?.contact.context("no call")?.record, contact);

    // 通知客服经理, within ten minutes; afterwards the desk rings until somebody has.
    desk.clock.advance_minutes(9);
    assert!(ringing(&desk, record)?.is_empty());
    desk.clock.advance_minutes(1);
    assert_eq!(ringing(&desk, record)?, ["notify"]);
    desk.act(KIND, Some(record), json!({ "do": "notify", "method": "phone" }))?;
    assert!(ringing(&desk, record)?.is_empty());
    assert_eq!(complaint(&desk, record)?.manager.context("nobody knows")?.person.name, "客服部经理");

    // 规定时间内出方案: a day.
    fleet.meet(&[&desk, &office]).await?;
    desk.clock.advance_minutes(24 * 60 - 10);
    assert_eq!(ringing(&desk, record)?, ["plan"]);
    office.clock.advance_minutes(24 * 60);
    office.act(KIND, Some(record), json!({ "do": "assign", "department": "秩序维护部" }))?;
    office.act(KIND, Some(record), json!({ "do": "judge", "validity": "valid", "reason": "监控属实" }))?;
    office.act(KIND, Some(record), json!({ "do": "plan", "plan": "当晚劝止,书面告知装修时间" }))?;
    fleet.meet(&[&desk, &office]).await?;
    assert!(ringing(&desk, record)?.is_empty());

    // 规定时间内反馈投诉人: a day from the plan; from the second line, and saying when they hear from us again.
    desk.clock.advance_minutes(24 * 60);
    assert_eq!(ringing(&desk, record)?, ["tell_back"]);
    let tell = |line: &str, next: u32| {
        let next = desk.client.now().plus_minutes(i64::from(next));
        json!({ "do": "tell_back", "method": "phone", "said": "已告知方案,同意", "next_contact": next,
                "outgoing": { "line": line } })
    };
    let refused = desk.act(KIND, Some(record), tell("值班热线", 60)).unwrap_err().to_string();
    assert!(refused.contains("incoming"), "{refused}");
    desk.act(KIND, Some(record), tell("回访专线", 60))?;
    desk.clock.advance_minutes(60);
    assert_eq!(ringing(&desk, record)?, ["next_contact"], "they were promised to hear from us");

    // 处理, 结果; no closing before the complainant was asked.
    let next = desk.client.now().plus_minutes(600);
    desk.act(KIND, Some(record), json!({ "do": "work", "process": "已上门劝止", "next_contact": next }))?;
    desk.act(KIND, Some(record), json!({ "do": "settle", "result": "22:00 后不再施工" }))?;
    let too_soon = desk.client.act(
        &dutybook_client::Target { kind: KIND.into(), record: Some(record) },
        json!({ "do": "close", "without_followup_reason": "已办好" }),
    );
    assert!(too_soon.unwrap_err().to_string().contains("opinion"));

    // 不满意: it begins anew under its number. Then 满意, followed up and closed; the call closes with it.
    desk.act(KIND, Some(record), json!({ "do": "take_opinion", "opinion": "unsatisfied", "words": "第二天又响" }))?;
    assert_eq!(complaint(&desk, record)?.state, ComplaintState::Notified);
    let next = desk.client.now().plus_minutes(600);
    for step in [
        json!({ "do": "plan", "plan": "夜间加巡,违规停工" }),
        json!({ "do": "tell_back", "method": "visit", "said": "同意", "next_contact": next }),
        json!({ "do": "work", "process": "已停工三日" }),
        json!({ "do": "settle", "result": "未再发生" }),
        json!({ "do": "take_opinion", "opinion": "satisfied", "words": "谢谢" }),
    ] {
        desk.act(KIND, Some(record), step)?;
    }
    let due: Vec<RecordId> = desk.client.follow_ups_due()?.into_iter().map(|shown| shown.id).collect();
    assert_eq!(due, [record]);
    let said = json!({ "do": "follow_up", "method": "phone", "satisfied": true, "opinion": "满意",
                       "outgoing": { "line": "回访专线" } });
    desk.act(KIND, Some(record), said)?;
    assert!(desk.client.follow_ups_due()?.is_empty());
    assert_eq!(call(&desk, contact)?.state, ContactState::Converted);
    desk.act(KIND, Some(record), json!({ "do": "close" }))?;
    let (closed, contact) = (complaint(&desk, record)?, call(&desk, contact)?);
    assert_eq!((closed.state, contact.state), (ComplaintState::Closed, ContactState::Closed));
    assert_eq!((closed.reopened.len(), closed.opinions.len()), (1, 2));
    assert_eq!(closed.number, contact.number);

    // 《回访记录表》 has it once, though both records were followed up by it.
    let today = desk.client.today();
    let rows = desk.client.follow_ups(today, today)?;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].record, rows[0].number.as_str(), rows[0].satisfied),
        (record, closed.number.as_deref().unwrap_or_default(), Some(true))
    );
    assert!(desk.client.follow_ups(today.before(), today.before())?.is_empty());
    fleet.finish(&[&desk, &office]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_major_complaint_reaches_the_project_manager_and_says_when_it_has_not_yet() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let theirs = fleet.tablet("项目经理平板", "项目经理").await?;
    fleet.stop_server().await?;

    let record = complaint_of(&desk.act("contact_record", None, complains("major"))?)?;
    let ringing_here = alarms(&desk, record)?;
    assert_eq!(ringing_here.len(), 1, "it rings at once, nothing is late");
    assert!(ringing_here[0].at_once && ringing_here[0].words.zh.starts_with("重大投诉"), "{:?}", ringing_here[0]);
    assert!(!ringing_here[0].delivered, "未送达 while the server is away");
    assert!(!desk.open(record)?.shown.delivered);
    assert!(theirs.client.alarms()?.iter().all(|alarm| alarm.record != record));

    // One sync of each, and it rings where the project manager is.
    fleet.start_server().await?;
    desk.sync(&fleet.url()?).await?;
    assert!(alarms(&desk, record)?[0].delivered);
    theirs.sync(&fleet.url()?).await?;
    let ringing_there = alarms(&theirs, record)?;
    assert_eq!(ringing_there.len(), 1);
    assert!(ringing_there[0].at_once);
    assert_eq!(theirs.open(record)?.shown.offers[0].action, "acknowledge");

    // Read there, it is quiet here after one sync, and says who knows since when.
    theirs.clock.advance_minutes(2);
    theirs.act(KIND, Some(record), json!({ "do": "acknowledge" }))?;
    theirs.sync(&fleet.url()?).await?;
    desk.sync(&fleet.url()?).await?;
    assert!(alarms(&desk, record)?.is_empty());
    let knows = complaint(&desk, record)?.project_manager.context("nobody knows")?;
    assert_eq!((knows.person.name.as_str(), knows.method), ("项目经理", None));
    // The customer-service manager does not know yet.
    desk.clock.advance_minutes(10);
    assert_eq!(ringing(&desk, record)?, ["notify"]);
    desk.clock.advance_minutes(110);
    assert_eq!(ringing(&desk, record)?, ["notify", "plan"], "a plan within two hours");
    fleet.finish(&[&desk, &theirs]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_natures_of_one_complaint_are_decided_by_the_manager() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let office = fleet.device(AppRole::Desk, "主任电脑").await?;
    office.sign_in("客服主任")?;
    let record = complaint_of(&desk.act("contact_record", None, complains("general"))?)?;
    fleet.meet(&[&desk, &office]).await?;
    fleet.stop_server().await?;

    desk.act(KIND, Some(record), json!({ "do": "grade", "grade": "important", "reason": "第二次来电" }))?;
    office.act(KIND, Some(record), json!({ "do": "grade", "grade": "major", "reason": "业主群里有人要找媒体" }))?;

    fleet.start_server().await?;
    fleet.meet(&[&desk, &office]).await?;
    for device in [&desk, &office] {
        let view = complaint(device, record)?;
        assert_eq!((view.grade, view.grade_side_by_side.len()), (Grade::Major, 2), "the graver counts until then");
        assert_eq!(device.open(record)?.anomalies.len(), 1);
        assert!(device.open(record)?.shown.offers.iter().all(|offer| offer.action != "decide"));
    }
    office.sign_in("客服部经理")?;
    let values = complaint(&office, record)?.grade_side_by_side;
    let major = values.iter().find(|it| it.value == Grade::Major).context("no major")?.fact;
    office.act(KIND, Some(record), json!({ "do": "decide", "fact": major, "reason": "属实" }))?;
    fleet.meet(&[&desk, &office]).await?;
    let view = complaint(&desk, record)?;
    assert_eq!((view.grade, view.grade_side_by_side.len()), (Grade::Major, 0));
    assert!(desk.open(record)?.anomalies.is_empty());
    assert_eq!(view.manager.context("the manager decided, so knows")?.person.name, "客服部经理");
    fleet.finish(&[&desk, &office]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_is_called_back_and_what_was_asked_is_answered() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let missed = json!({ "do": "register", "way": "call", "missed": true, "category": "other", "line": "值班热线",
                         "phone": "5550-8821" });
    let record = desk.act("contact_record", None, missed)?.record;
    desk.clock.advance_minutes(5);
    assert_eq!(ringing(&desk, record)?, ["call_back"]);
    let back = |line: &str| {
        json!({ "do": "call_back", "reached": true, "category": "enquiry", "summary": "装修垃圾何时清运",
                "outgoing": { "line": line } })
    };
    assert!(desk.act("contact_record", Some(record), back("值班热线")).is_err(), "the hotline is only answered");
    desk.act("contact_record", Some(record), back("回访专线"))?;
    assert!(ringing(&desk, record)?.is_empty());

    // The same number again: suggested, not decided.
    let found = desk.client.repeats("", "5550 8821")?;
    assert_eq!(found.iter().map(|repeat| repeat.record).collect::<Vec<_>>(), [record]);
    desk.clock.advance_minutes(8 * 24 * 60);
    assert!(desk.client.repeats("", "5550 8821")?.is_empty(), "a week ago is another matter");

    // 询办: without an answer in a quarter of an hour it rings for the department head.
    desk.act("contact_record", Some(record), json!({ "do": "chase", "department": "保洁部", "text": "哪天清运" }))?;
    desk.clock.advance_minutes(15);
    assert_eq!(ringing(&desk, record)?, ["chase"]);
    desk.act("contact_record", Some(record), json!({ "do": "answer_chase", "text": "周五上午" }))?;
    assert!(ringing(&desk, record)?.is_empty());
    fleet.finish(&[&desk]).await
}
