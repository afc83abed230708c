//! Rounds: missed checkpoints, and one run walked by two (D1.1.5, A8 h).

use anyhow::Result;
use dutybook_domain::patrol_run::Progress;
use dutybook_tests::fleet::Fleet;
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
