//! Rounds: missed checkpoints, and one run walked by two (D1.1.5, A8 h).

use anyhow::{Context as _, Result};
use dutybook_client::shown::AlarmWhat;
use dutybook_domain::patrol_run::Progress;
use dutybook_tests::fleet::{Device, Fleet};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_checkpoint_alarms_on_the_desk_although_the_tablet_is_off() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 21:55").await?;
    let desk = fleet.desk().await?;
    assert!(desk.client.alarms()?.is_empty(), "nothing is owed yet");

    // No tablet was ever switched on; the desk knows the plan.
    desk.clock.advance_minutes(120);
    let alarms = desk.client.alarms()?;
    let run = desk.run("夜间巡更", "22:00")?;
    let missed: Vec<_> = alarms.iter().filter(|alarm| alarm.record == run.record).collect();
    assert_eq!(missed.len(), run.stops.len(), "every point of the 22:00 run rings");
    assert!(missed.iter().all(|alarm| alarm.words.zh.starts_with("漏巡")));

    // "Seen" keeps it on the screen and quiet; an explanation ends it.
    desk.client.alarm_seen(&missed[0].id);
    let after = desk.client.alarms()?;
    assert_eq!(after.len(), alarms.len());
    assert!(after.iter().any(|alarm| alarm.id == missed[0].id && alarm.seen));
    fleet.finish(&[&desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_start_the_same_run_offline_and_it_is_one_run() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 21:55").await?;
    let first = fleet.tablet("一号平板", "秩序维护员甲").await?;
    let second = fleet.tablet("二号平板", "秩序维护员乙").await?;
    fleet.stop_server().await?;

    let run = first.run("夜间巡更", "22:00")?;
    for device in [&first, &second] {
        device.clock.advance_minutes(6);
    }
    let start = json!({ "do": "start", "route": run.route, "day": run.day, "slot": run.slot });
    first.act("patrol_run", Some(run.record), start.clone())?;
    second.act("patrol_run", Some(run.record), start)?;
    let scan = |stop: usize| json!({ "do": "scan", "code": run.stops[stop].code, "method": "qr" });
    first.act("patrol_run", Some(run.record), scan(0))?;
    second.act("patrol_run", Some(run.record), scan(1))?;

    fleet.start_server().await?;
    fleet.meet(&[&first, &second]).await?;
    for device in [&first, &second] {
        assert_eq!(device.all("patrol_run")?, [run.record], "one run, not two");
        let view = device.patrol(run.record)?;
        assert_eq!(view.walkers.len(), 2);
        assert_eq!(view.state, Progress::Open);
        assert!(view.stops[0].visited_at.is_some() && view.stops[1].visited_at.is_some());
        assert!(device.open(run.record)?.anomalies.is_empty(), "nobody did anything wrong");
    }
    fleet.finish(&[&first, &second]).await
}

/// 加强巡视 ordered at the desk: the tablet plans the same further rounds as soon as it has heard of it, and what it
/// walks of them is a round like any other (D1.1.5).
#[tokio::test(flavor = "multi_thread")]
async fn strengthened_rounds_are_planned_on_every_device() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:05").await?;
    let desk = fleet.desk().await?;
    desk.sign_in("客服主任")?;
    let tablet = fleet.tablet("白班平板", "秩序维护员甲").await?;
    let more = |device: &Device| -> Result<Vec<String>> {
        let runs = device.client.monitor()?.into_iter().filter(|run| run.route_name.ends_with("(加强)"));
        Ok(runs.map(|run| run.record.to_string()).collect())
    };
    let until = desk.client.now().plus_minutes(12 * 60);
    let order = json!({ "do": "order", "until": until, "times": 2, "reason": "台风蓝色预警" });
    let order = desk.act("strengthened_patrol", None, order)?.record;
    assert!(!more(&desk)?.is_empty());
    assert!(more(&tablet)?.is_empty(), "it has not heard of it");
    fleet.meet(&[&desk, &tablet]).await?;
    assert_eq!(more(&tablet)?, more(&desk)?);

    // The guard walks one of them; the supervisor ends the rest.
    let run = tablet.client.monitor()?.into_iter().find(|run| run.route_name.ends_with("(加强)"));
    let run = run.context("a further round")?;
    let minutes = (run.start.0 - tablet.client.now().0) / 60_000;
    for device in [&desk, &tablet] {
        device.clock.advance_minutes(u32::try_from(minutes)?);
    }
    let start = json!({ "do": "start", "route": run.route, "day": run.day, "slot": run.slot });
    tablet.act("patrol_run", Some(run.record), start)?;
    desk.act("strengthened_patrol", Some(order), json!({ "do": "end", "reason": "预警解除" }))?;
    fleet.meet(&[&desk, &tablet]).await?;
    for device in [&desk, &tablet] {
        let ids = more(device)?;
        assert!(ids.contains(&run.record.to_string()), "what was begun stays");
        assert!(device.client.monitor()?.iter().all(|it| !it.route_name.ends_with("(加强)") || it.start <= run.start));
    }
    fleet.finish(&[&desk, &tablet]).await
}

/// Ten minutes before the window of the next point closes whoever walks is told, and nobody else (D1.1.5).
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_closes_soon_is_mentioned_to_whoever_walks() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 21:59").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("夜班平板", "秩序维护员甲").await?;
    let run = tablet.run("夜间巡更", "22:00")?;
    let start = json!({ "do": "start", "route": run.route, "day": run.day, "slot": run.slot });
    tablet.act("patrol_run", Some(run.record), start)?;
    fleet.meet(&[&desk, &tablet]).await?;
    let soon = |device: &Device| -> Result<Vec<String>> {
        let alarms = device.client.alarms()?.into_iter().filter(|alarm| alarm.what == AlarmWhat::Soon && alarm.for_me);
        Ok(alarms.map(|alarm| alarm.words.zh).collect())
    };
    let next = tablet.client.monitor()?.into_iter().find(|it| it.record == run.record);
    let next = next.and_then(|it| it.next).context("a next point")?;
    let minutes = (next.closes.0 - tablet.client.now().0) / 60_000 - 11;
    if minutes > 0 {
        for device in [&desk, &tablet] {
            device.clock.advance_minutes(u32::try_from(minutes)?);
        }
        assert!(soon(&tablet)?.is_empty(), "eleven minutes are enough");
    }
    for device in [&desk, &tablet] {
        device.clock.advance_minutes(2);
    }
    assert_eq!(soon(&tablet)?.len(), 1);
    assert!(soon(&tablet)?[0].starts_with(&next.name), "{:?}", soon(&tablet)?);
    assert!(soon(&desk)?.is_empty(), "the desk does not walk");
    let code = run.stops.iter().find(|stop| stop.index == next.stop).context("the point")?.code.clone();
    tablet.act("patrol_run", Some(run.record), json!({ "do": "scan", "code": code, "method": "qr" }))?;
    assert!(soon(&tablet)?.iter().all(|words| !words.starts_with(&next.name)), "there by now");
    fleet.finish(&[&desk, &tablet]).await
}
