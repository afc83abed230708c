//! A whole shift without any network (A8 a).

use anyhow::Result;
use dutybook_tests::fleet::Fleet;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_shift_in_airplane_mode_loses_nothing() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 21:55").await?;
    let (desk, tablet) = (fleet.desk().await?, fleet.tablet("夜班平板", "秩序维护员甲").await?);
    fleet.stop_server().await?;

    // The tablet signs out and in, walks a round with one abnormality, and makes the order of it.
    tablet.client.sign_out()?;
    tablet.sign_in("秩序维护员甲")?;
    tablet.clock.advance_minutes(6);
    let run = tablet.run("夜间巡更", "22:00")?;
    for stop in &run.stops {
        let scan = json!({ "do": "scan", "code": stop.code, "method": "qr" });
        tablet.act("patrol_run", Some(run.record), scan)?;
        tablet.act("patrol_run", Some(run.record), json!({ "do": "all_normal", "stop": stop.index }))?;
        tablet.clock.advance_minutes(2);
    }
    let item = &run.stops[0].checklist[0];
    let found = tablet.act(
        "patrol_run",
        Some(run.record),
        json!({ "do": "report_finding", "stop": 0, "item_key": item.key, "description": "阀门滴水", "urgency": "urgent",
            "make_order": true }),
    )?;
    let order = found.records.iter().find(|touched| touched.kind == "work_order").map(|touched| touched.id).unwrap();
    tablet.act(
        "patrol_run",
        Some(run.record),
        json!({ "do": "finish", "missed": [], "note": "", "signature": null }),
    )?;

    // The desk takes a call, makes the order and sends somebody, in one go.
    let plumber = desk.person("维修员甲")?;
    let call = json!({ "do": "register", "way": "call", "rings": 2, "unit_label": "3-2-1502", "name": "业户", "phone": "",
        "category": "repair", "summary": "厨房跑水", "urgency": "critical", "make_order": true, "dispatch_to": [plumber] });
    let taken = desk.act("contact_record", None, call)?;
    assert!(taken.records.iter().any(|touched| touched.kind == "work_order"));
    assert!(!desk.client.emergency_contacts().is_empty(), "the emergency contacts need no network");
    assert!(!desk.client.search_units("3d2dy1502", 5).is_empty());
    assert!(desk.client.sync_shown()?.undelivered > 0, "and the screen says what has not been delivered");
    assert!(tablet.sync(&fleet.url()?).await.is_err(), "there is no server");

    // The whole shift later both come back.
    for device in [&desk, &tablet] {
        device.clock.advance_minutes(8 * 60);
    }
    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    for device in [&desk, &tablet] {
        assert_eq!(device.all("work_order")?.len(), 2);
        assert_eq!(device.all("contact_record")?, [taken.record]);
        let order = device.order(order)?;
        assert!(order.number.is_some_and(|number| number.starts_with("T1-")), "its number was final at birth");
        let view = device.patrol(run.record)?;
        assert!(view.finished_at.is_some() && view.stops.iter().all(|stop| stop.visited_at.is_some()));
        assert_eq!(view.stops[0].findings.len(), 1);
    }
    assert_eq!(
        desk.client.ledger(&dutybook_client::LedgerAsked { limit: 1_000, ..Default::default() })?,
        tablet.client.ledger(&dutybook_client::LedgerAsked { limit: 1_000, ..Default::default() })?,
        "both show the same book"
    );
    fleet.finish(&[&desk, &tablet]).await
}
