//! 加强巡视: rounds two or three times as often for a while, the same on every device.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, meet, signer};
use dutybook_domain::patrol_run::{PlannedRun, runs_of};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{RouteKind, Site, file};
use dutybook_domain::strengthened::StrengthenedView;
use dutybook_domain::{Day, RecordId, Timestamp, Zone};
use serde_json::{Value, json};

const KIND: &str = "strengthened_patrol";

fn supervisor() -> Signer {
    signer("赵主任", Role::CsSupervisor)
}

fn site() -> Site {
    file::parse(include_str!("../../../demo/site.toml")).unwrap().site
}

fn device(rank: u8) -> Device {
    Device::of(rank, site(), supervisor(), MORNING)
}

fn today() -> Day {
    MORNING.day(Zone::default())
}

/// Acts, and takes the order into the site as the store does.
fn act(device: &mut Device, record: Option<RecordId>, action: Value) -> Result<RecordId, String> {
    let who = device.who.clone();
    let record = match record {
        None => device.start(&who, KIND, action).map_err(|refusal| refusal.code)?,
        Some(record) => {
            device.perform(&who, KIND, record, action).map_err(|refusal| refusal.code)?;
            record
        }
    };
    take(device, record);
    Ok(record)
}

fn take(device: &mut Device, record: RecordId) {
    let view = device.project(record).view;
    device.site.take(record, KIND, &view);
}

fn order(times: u8, hours: i64) -> Value {
    json!({ "do": "order", "until": MORNING.plus_minutes(hours * 60), "times": times, "reason": "台风蓝色预警" })
}

fn strengthened(site: &Site, day: Day) -> Vec<PlannedRun> {
    runs_of(site, day).into_iter().filter(|run| run.route_name.ends_with("(加强)")).collect()
}

#[test]
fn the_rounds_of_the_time_are_walked_twice_as_often() {
    let mut device = device(1);
    let before = runs_of(&device.site, today());
    assert!(strengthened(&device.site, today()).is_empty());
    act(&mut device, None, order(2, 48)).unwrap();
    let more = strengthened(&device.site, today());
    assert!(!more.is_empty());
    assert!(more.iter().all(|run| run.start >= MORNING), "nothing is owed from before it was ordered");
    assert!(more.iter().all(|run| run.kind != RouteKind::BeforeClosing), "the day is closed once");
    let after = runs_of(&device.site, today());
    assert!(before.iter().all(|run| after.contains(run)), "the usual rounds are as they were");
    assert_eq!(after.len(), before.len() + more.len());

    // Tomorrow lies in the time as a whole: one more between any two, and one in the night.
    let route = device.site.routes.values().find(|route| route.name.starts_with("日间巡更")).unwrap();
    let tomorrow = today().after();
    let usual = route.starts.len();
    let of_route =
        |runs: Vec<PlannedRun>| runs.into_iter().filter(|run| run.route_name.starts_with("日间巡更")).count();
    let further =
        strengthened(&device.site, tomorrow).into_iter().filter(|run| run.start < MORNING.plus_minutes(48 * 60));
    assert_eq!(of_route(further.collect()), usual);
    assert!(
        strengthened(&device.site, today().after().after()).iter().all(|run| run.start < MORNING.plus_minutes(48 * 60))
    );
}

#[test]
fn three_times_as_often_is_two_more_between_any_two() {
    let mut device = device(1);
    act(&mut device, None, order(3, 31 * 24)).unwrap();
    let day = today().after();
    let route = device.site.routes.values().find(|route| route.name.starts_with("日间巡更")).unwrap();
    let more = strengthened(&device.site, day);
    let more: Vec<_> = more.iter().filter(|run| run.route_name.starts_with("日间巡更")).collect();
    assert_eq!(more.len(), 2 * route.starts.len());
    assert!(more.iter().all(|run| run.slot % 5 == 0));
    let mut slots: Vec<u16> = more.iter().map(|run| run.slot).chain(route.starts.iter().map(|it| it.0)).collect();
    let all = slots.len();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), all, "no two rounds of a route begin together");
}

#[test]
fn it_ends_when_somebody_ends_it() {
    let mut device = device(1);
    let record = act(&mut device, None, order(2, 24 * 7)).unwrap();
    device.later(60);
    let end = device.now;
    act(&mut device, Some(record), json!({ "do": "end", "reason": "预警解除" })).unwrap();
    assert!(strengthened(&device.site, today()).iter().all(|run| run.start < end));
    assert!(strengthened(&device.site, today().after()).is_empty());
    assert_eq!(act(&mut device, Some(record), json!({ "do": "end", "reason": "又" })), Err("not_offered".into()));
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    let mut device = device(1);
    for (action, code) in [
        (json!({ "do": "order", "until": MORNING, "times": 2, "reason": "x" }), "until"),
        (json!({ "do": "order", "until": MORNING.plus_minutes(32 * 24 * 60), "times": 2, "reason": "x" }), "until"),
        (json!({ "do": "order", "until": MORNING.plus_minutes(60), "times": 1, "reason": "x" }), "times"),
        (json!({ "do": "order", "until": MORNING.plus_minutes(60), "times": 9, "reason": "x" }), "times"),
        (json!({ "do": "order", "until": MORNING.plus_minutes(60), "times": 2, "reason": " " }), "missing"),
    ] {
        assert_eq!(act(&mut device, None, action.clone()), Err(code.into()), "{action}");
    }
    for role in [Role::DutyOfficer, Role::Guard, Role::Worker, Role::Archivist] {
        device.signed_in(signer("无权", role));
        assert_eq!(act(&mut device, None, order(2, 5)), Err("no_role".into()), "{role:?}");
    }
}

#[test]
fn two_devices_that_met_plan_the_same_rounds_and_the_earlier_end_counts() {
    let (mut one, mut other) = (device(1), device(2));
    let record = act(&mut one, None, order(2, 72)).unwrap();
    meet(&mut one, &mut other);
    take(&mut other, record);
    assert_eq!(strengthened(&one.site, today()), strengthened(&other.site, today()));
    one.later(30);
    other.later(90);
    act(&mut one, Some(record), json!({ "do": "end", "reason": "雨停" })).unwrap();
    act(&mut other, Some(record), json!({ "do": "end", "reason": "积水退了" })).unwrap();
    let earlier = one.now;
    meet(&mut one, &mut other);
    for device in [&mut one, &mut other] {
        take(device, record);
        let view: StrengthenedView = device.view(record);
        assert_eq!((view.ends(), view.ended_reason.as_str()), (earlier, "雨停"));
        assert!(codes(&device.project(record)).is_empty());
    }
    assert_eq!(runs_of(&one.site, today().after()), runs_of(&other.site, today().after()));
    let nobody = Timestamp(0);
    assert!(!StrengthenedView::default().covers(nobody), "an order nobody wrote covers nothing");
}
