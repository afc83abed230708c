//! What two people did without seeing each other.

use anyhow::Result;
use dutybook_tests::fleet::Fleet;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_set_the_responsible_person_offline_and_both_values_show() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let (desk, tablet) = (fleet.desk().await?, fleet.tablet("白班平板", "值班员乙").await?);
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道灯不亮", "description": "楼道灯不亮",
        "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "electric", "urgency": "normal" });
    let order = desk.act("work_order", None, report)?.record;
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.stop_server().await?;

    let set = |person| json!({ "do": "set_responsible", "person": person, "reason": "手上没有别的活" });
    desk.act("work_order", Some(order), set(desk.person("维修员甲")?))?;
    tablet.act("work_order", Some(order), set(tablet.person("维修员乙")?))?;
    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;

    for device in [&desk, &tablet] {
        let opened = device.open(order)?;
        assert_eq!(opened.shown.card.responsible.len(), 2, "both values stand side by side");
        assert!(opened.anomalies.iter().any(|anomaly| anomaly.code == "side_by_side"));
        assert_eq!(device.order(order)?.responsible.len(), 2);
    }
    // A named role decides; the other value stays in the history.
    let chosen = desk.order(order)?.responsible[0].clone();
    desk.act("work_order", Some(order), json!({ "do": "decide_responsible", "fact": chosen.fact }))?;
    fleet.meet(&[&desk, &tablet]).await?;
    let decided = tablet.open(order)?;
    assert_eq!(decided.shown.card.responsible.len(), 1);
    assert_eq!(decided.shown.card.responsible[0].person, chosen.person.person);
    let said = tablet.client.history(order)?.iter().filter(|row| row.fact.kind == "responsible_set").count();
    assert!(said >= 2, "both settings stay readable");
    fleet.finish(&[&desk, &tablet]).await
}

/// A record as it was: what was decided later is not in it, two values stand side by side again, and a clock that is a
/// year ahead does not tear a fact away from what it was written upon.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_opens_as_it_was_at_a_moment() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let (desk, tablet) = (fleet.desk().await?, fleet.tablet("白班平板", "值班员乙").await?);
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道灯不亮", "description": "楼道灯不亮",
        "place": "3栋2单元5层", "reporter_name": "业户", "reporter_phone": "", "category": "electric", "urgency": "normal" });
    let before = desk.client.now().plus_minutes(-1);
    let order = desk.act("work_order", None, report)?.record;
    let reported = desk.client.now();
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.stop_server().await?;
    for device in [&desk, &tablet] {
        device.clock.advance_minutes(10);
    }
    let set = |person| json!({ "do": "set_responsible", "person": person, "reason": "手上没有别的活" });
    desk.act("work_order", Some(order), set(desk.person("维修员甲")?))?;
    tablet.act("work_order", Some(order), set(tablet.person("维修员乙")?))?;
    let both = desk.client.now();
    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    desk.clock.advance_minutes(10);
    let chosen = desk.order(order)?.responsible[0].clone();
    desk.act("work_order", Some(order), json!({ "do": "decide_responsible", "fact": chosen.fact }))?;
    fleet.meet(&[&desk, &tablet]).await?;

    for device in [&desk, &tablet] {
        let at = |moment| device.client.record_at(order, moment);
        assert!(at(before).is_err(), "nothing had been written");
        let then = at(reported)?;
        assert_eq!((then.facts.len(), then.later, then.card.responsible.len()), (1, 3, 0));
        let then = at(both)?;
        assert_eq!((then.later, then.card.responsible.len()), (1, 2), "both values stood side by side");
        assert!(then.anomalies.iter().any(|anomaly| anomaly.code == "side_by_side"));
        let now = device.open(order)?;
        let then = at(device.client.now().plus_minutes(60))?;
        assert_eq!((then.later, &then.card), (0, &now.shown.card));
    }

    // A device whose clock is a year ahead notes something, and another builds on it by its own clock.
    tablet.clock.advance_minutes(365 * 24 * 60);
    tablet.act("work_order", Some(order), json!({ "do": "dispatch", "to": [tablet.person("维修员甲")?] }))?;
    fleet.meet(&[&desk, &tablet]).await?;
    desk.clock.advance_minutes(5);
    desk.act("work_order", Some(order), set(desk.person("维修员乙")?))?;
    fleet.meet(&[&desk, &tablet]).await?;
    let then = tablet.client.record_at(order, desk.client.now())?;
    assert_eq!(then.later, 0, "what the desk built upon was there when it did");
    fleet.finish(&[&desk, &tablet]).await
}
