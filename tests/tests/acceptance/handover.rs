//! Handing a shift over (D2.9.1–D2.9.3, A8 e, A8 l): the missing radio, and what arrives after both have signed.

use anyhow::{Context, Result};
use dutybook_client::shown::LedgerShown;
use dutybook_client::{LedgerAsked, Target};
use dutybook_domain::RecordId;
use dutybook_domain::handover::{ArrivalPunctuality, HandoverState, HandoverView};
use dutybook_domain::kinds::AnyView;
use dutybook_tests::fleet::{Device, Fleet, at};
use serde_json::{Value, json};

const KIND: &str = "handover";

/// The handover at the post called `post` that is due at `due`.
fn planned(device: &Device, post: &str, due: &str) -> Result<RecordId> {
    let due = at(due)?;
    let found = device.client.on_day(KIND, device.client.today())?;
    let found = found.into_iter().find(|shown| shown.card.title.contains(post) && shown.card.born == due);
    Ok(found.with_context(|| format!("no handover at {post}"))?.id)
}

fn view(device: &Device, record: RecordId) -> Result<HandoverView> {
    match device.open(record)?.view {
        Some(AnyView::Handover(view)) => Ok(*view),
        _ => anyhow::bail!("{record} is no handover"),
    }
}

/// The second person at the same device, with their own PIN.
fn second(
    device: &Device,
    name: &str,
    pin: &str,
    record: RecordId,
    action: Value,
) -> Result<(), dutybook_client::Error> {
    let people = device.client.people()?;
    let person = people.iter().find(|tile| tile.name == name).map(|tile| tile.person).unwrap();
    let target = Target { kind: KIND.into(), record: Some(record) };
    device.client.act_as(person, pin, &target, action).map(|_| ())
}

fn incoming(device: &Device, record: RecordId, action: Value) -> Result<(), dutybook_client::Error> {
    second(device, "值班员乙", "1470", record, action)
}

fn code(done: Result<(), dutybook_client::Error>) -> String {
    done.map_or_else(|error| error.code().to_owned(), |()| "ok".into())
}

/// Everything as it should be, but `missing` of the first thing of the post.
fn count(device: &Device, record: RecordId, missing: u16) -> Result<Value> {
    let counts: Vec<Value> = view(device, record)?
        .plan
        .inventory
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let short = if at == 0 { missing } else { 0 };
            let condition = if short > 0 { "missing" } else { "intact" };
            json!({ "name": item.name, "expected": item.expected, "actual": item.expected - short, "condition": condition })
        })
        .collect();
    Ok(json!({ "do": "count", "counts": counts }))
}

/// What the shift of a sealed sheet got afterwards (封存后补录).
fn late(device: &Device, view: &HandoverView) -> Result<Vec<LedgerShown>> {
    let seal = view.seals.first().context("it is not sealed")?;
    let asked = LedgerAsked {
        from: Some(seal.sheet.since),
        to: Some(seal.sheet.until),
        beyond: Some(seal.known.clone()),
        ..LedgerAsked::default()
    };
    Ok(device.client.ledger(&asked)?)
}

fn hand_over(desk: &Device, record: RecordId) -> Result<()> {
    let prepare = json!({ "do": "prepare", "summary": "全天平稳", "notices": "明早 9 点停水", "keys": "", "area": "" });
    desk.act(KIND, Some(record), prepare)?;
    incoming(desk, record, json!({ "do": "arrive" }))?;
    incoming(desk, record, json!({ "do": "read" }))?;
    incoming(desk, record, json!({ "do": "read_instructions" }))?;
    desk.act(KIND, Some(record), json!({ "do": "explain_inspection", "reason": "水泵房抢修,人手不足" }))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_of_four_radios_block_the_signatures_until_the_outgoing_person_explains() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 17:24").await?;
    let desk = fleet.desk().await?;
    fleet.stop_server().await?;
    let record = planned(&desk, "服务中心前台", "2026-11-24 17:30")?;

    // Somebody else's PIN confirms nothing, and the session stays whose it was.
    assert_eq!(code(second(&desk, "值班员乙", "2580", record, json!({ "do": "arrive" }))), "wrong_pin");
    hand_over(&desk, record)?;
    assert_eq!(desk.client.signed_in().map(|who| who.name), Some("值班员甲".into()));
    let arrival = view(&desk, record)?.arrival.context("nobody arrived")?;
    assert_eq!((arrival.by.name.as_str(), arrival.punctuality), ("值班员乙", ArrivalPunctuality::Early));

    incoming(&desk, record, count(&desk, record, 1)?)?;
    let sign = || json!({ "do": "sign", "signature": null });
    let refused = desk.act(KIND, Some(record), sign()).unwrap_err().to_string();
    assert!(refused.contains("对讲机") || refused.contains("3 of 4"), "{refused}");
    let answer = json!({ "do": "answer", "name": "对讲机", "whereabouts": "2 号机送修", "reason": "按键失灵", "responsible": "" });
    assert_eq!(code(incoming(&desk, record, answer.clone())), "not_outgoing");
    desk.act(KIND, Some(record), answer)?;
    desk.act(KIND, Some(record), sign())?;
    incoming(&desk, record, json!({ "do": "seal", "signature": null }))?;

    let sealed = view(&desk, record)?;
    assert_eq!(sealed.state, HandoverState::Sealed);
    let sheet = &sealed.seals[0].sheet;
    let radio = &sheet.counts[0];
    assert_eq!((radio.expected, radio.actual), (4, Some(3)));
    assert_eq!(radio.answer.as_ref().map(|answer| answer.explanation.whereabouts.as_str()), Some("2 号机送修"));
    // A8 l: the inspection that was not done stands on the sheet in words.
    assert_eq!(sheet.inspections.len(), 1);
    assert!(sheet.inspections[0].words.zh.contains("未做"), "{:?}", sheet.inspections[0].words);
    assert_eq!(sheet.inspections[0].explained.as_deref(), Some("水泵房抢修,人手不足"));
    fleet.finish(&[&desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_after_both_signed_is_shown_as_late_and_the_sheet_stays() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 16:40").await?;
    let (desk, tablet) = (fleet.desk().await?, fleet.tablet("白班平板", "值班员乙").await?);
    fleet.stop_server().await?;

    // A call in the shift, taken on the tablet, which is out of reach of the desk.
    let call = json!({ "do": "register", "way": "visit", "unit_label": "3-1-302", "name": "业户", "phone": "",
        "category": "enquiry", "summary": "问停水时间", "urgency": "normal", "result": "已答复" });
    tablet.act("contact_record", None, call)?;
    desk.clock.advance_minutes(46);
    let record = planned(&desk, "服务中心前台", "2026-11-24 17:30")?;
    hand_over(&desk, record)?;
    incoming(&desk, record, count(&desk, record, 0)?)?;
    desk.act(KIND, Some(record), json!({ "do": "sign", "signature": null }))?;
    incoming(&desk, record, json!({ "do": "seal", "signature": null }))?;
    let signed = view(&desk, record)?;
    assert_eq!(signed.seals[0].sheet.forms.contacts, 0, "the desk did not know of it");
    assert_eq!(late(&desk, &signed)?, [], "nothing has arrived since");

    // In the next shift the desk goes on writing, which is nobody's late entry.
    desk.clock.advance_minutes(30);
    tablet.clock.advance_minutes(76);
    let next = json!({ "do": "register", "way": "call", "rings": 1, "unit_label": "3-1-402", "name": "", "phone": "",
        "category": "enquiry", "summary": "问快递", "urgency": "normal" });
    desk.act("contact_record", None, next)?;

    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    for device in [&desk, &tablet] {
        let now = view(device, record)?;
        assert_eq!(now.seals, signed.seals, "the sheet is as it was signed");
        let late = late(device, &now)?;
        assert!(!late.is_empty() && late.iter().all(|row| row.kind == "contact_record"), "{late:?}");
        assert!(late.iter().all(|row| row.title.contains("停水")), "only what belongs to that shift: {late:?}");
    }
    assert_eq!(late(&desk, &signed)?, late(&tablet, &signed)?, "the same everywhere");
    fleet.finish_reading_the_same(&[&desk, &tablet]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn carried_over_items_come_again_at_every_shift_until_closed() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 17:24").await?;
    let desk = fleet.desk().await?;
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道灯不亮", "description": "楼道灯不亮",
        "place": "3栋2单元5层", "reporter_name": "", "reporter_phone": "", "category": "electric", "urgency": "normal" });
    let order = desk.act("work_order", None, report)?.record;
    let carried = desk.client.carried_over()?;
    assert_eq!(carried.iter().map(|item| item.record).collect::<Vec<_>>(), [order]);
    assert!(carried[0].next.is_some() && carried[0].due.is_some(), "with the next step and the time it is due");

    let record = planned(&desk, "服务中心前台", "2026-11-24 17:30")?;
    hand_over(&desk, record)?;
    incoming(&desk, record, count(&desk, record, 0)?)?;
    assert_eq!(
        desk.client.handover_sheet(record)?.gaps.iter().map(|gap| gap.code.as_str()).collect::<Vec<_>>(),
        ["items_open"]
    );
    incoming(&desk, record, json!({ "do": "take_all" }))?;
    desk.act(KIND, Some(record), json!({ "do": "sign", "signature": null }))?;
    incoming(&desk, record, json!({ "do": "seal", "signature": null }))?;

    desk.clock.advance_minutes(4 * 60 + 26);
    let night = planned(&desk, "服务中心前台", "2026-11-24 22:00")?;
    let items = desk.client.handover_sheet(night)?.items;
    assert_eq!(items.iter().map(|item| (item.item.record, item.taken.is_some())).collect::<Vec<_>>(), [(order, false)]);
    assert_eq!(desk.client.before_shift(night)?.day.to_string(), "2026-11-23");
    fleet.finish(&[&desk]).await
}
