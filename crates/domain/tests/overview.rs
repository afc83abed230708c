//! The overview: figures that can be counted by hand from what was written.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, just, person, signer};
use dutybook_domain::engine::Urgency;
use dutybook_domain::overview::{Leg, Overview, overview};
use dutybook_domain::patrol_run::runs_of;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{Site, file};
use dutybook_domain::work_order::State;
use dutybook_domain::{Day, RecordId, Zone};
use serde_json::{Value, json};

fn today() -> Day {
    MORNING.day(Zone::default())
}

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn demo() -> Site {
    file::parse(include_str!("../../../demo/site.toml")).unwrap().site
}

fn seen(device: &Device, from: Day, to: Day) -> Overview {
    overview(device, &device.site, (from, to), device.now)
}

fn order(device: &mut Device, urgency: &str) -> RecordId {
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道灯", "description": "不亮", "place": "3栋",
        "reporter_name": "业户", "reporter_phone": "", "category": "electric", "urgency": urgency });
    device.start(&officer(), "work_order", report).unwrap()
}

/// Sends it out and has it done; each step so many minutes after the one before.
fn work(device: &mut Device, order: RecordId, minutes: &[(&str, i64)]) {
    let hand = signer("钱师傅", Role::Worker);
    for (step, after) in minutes {
        device.later(*after);
        let (who, action): (Signer, Value) = match *step {
            "dispatch" => (officer(), json!({ "do": "dispatch", "to": [person("钱师傅")] })),
            "finish" => (hand.clone(), json!({ "do": "finish", "process": "换灯管" })),
            step => (hand.clone(), just(step)),
        };
        device.perform(&who, "work_order", order, action).unwrap();
    }
}

#[test]
fn response_times_are_those_of_the_steps() {
    let mut device = Device::new("D1", 1);
    for (accept, arrive) in [(2, 10), (4, 20), (40, 15)] {
        let one = order(&mut device, "critical");
        work(&mut device, one, &[("dispatch", 1), ("accept", accept), ("arrive", arrive), ("finish", 30)]);
    }
    let seen = seen(&device, today(), today());
    let row = |leg| seen.response.iter().find(|row| row.leg == leg && row.urgency == Urgency::Critical).unwrap();
    let timers = &device.site.settings.timers;
    let accept = row(Leg::Accept);
    assert_eq!((accept.count, accept.median_min, accept.p90_min), (3, 4, 40));
    assert_eq!(accept.limit_min, Some(timers.accept_min));
    assert_eq!(accept.within, Some([2, 4, 40].into_iter().filter(|it| *it <= timers.accept_min).count() as u32));
    assert_eq!((row(Leg::Arrive).median_min, row(Leg::Arrive).p90_min), (15, 20));
    assert_eq!((row(Leg::Finish).median_min, row(Leg::Finish).limit_min), (55, None), "43, 55 and 86 minutes");
    assert_eq!((seen.days[0].orders, seen.days[0].finished), (3, 3));
}

#[test]
fn open_work_stands_by_state_and_age() {
    let mut device = Device::new("D1", 1);
    let old = order(&mut device, "normal");
    work(&mut device, old, &[("dispatch", 5), ("accept", 5)]);
    device.later(30 * 60);
    let new = order(&mut device, "normal");
    let voided = order(&mut device, "normal");
    device.perform(&officer(), "work_order", voided, json!({ "do": "void", "reason": "重复" })).unwrap();
    device.later(30);
    // The old one is older than the days asked for, and stands there all the same.
    let tomorrow = today().after();
    let seen = seen(&device, tomorrow, tomorrow);
    let rows: Vec<_> = seen.work.iter().map(|row| (row.state, row.by_age.clone())).collect();
    assert_eq!(rows, [(State::Pending, vec![1, 0, 0, 0, 0]), (State::Accepted, vec![0, 0, 0, 1, 0])]);
    let waiting: Vec<_> = seen.waiting.iter().map(|it| (it.record, it.due.is_some())).collect();
    assert_eq!(waiting, [(old, true), (new, true)], "the oldest first, a voided one not at all");
    assert_eq!(seen.ages.len(), 5);
    assert_eq!(seen.work[1].overdue, 1, "nobody arrived");
    assert_eq!(seen.days[0].orders, 1, "a voided one was none");
}

#[test]
fn what_nobody_walked_is_missed_once_its_time_is_over() {
    let site = demo();
    let mut device = Device::of(1, site, officer(), MORNING);
    let stops: Vec<_> = runs_of(&device.site, today()).into_iter().flat_map(|run| run.stops).collect();
    device.at(today().after().after().at(0, Zone::default()));
    let all = seen(&device, today(), today());
    let cells = || all.patrol.iter().flat_map(|row| &row.hours);
    assert_eq!(cells().map(|cell| cell.owed as usize).sum::<usize>(), stops.len());
    assert_eq!(cells().map(|cell| cell.missed as usize).sum::<usize>(), stops.len());
    assert!(all.patrol.iter().all(|row| row.hours.windows(2).all(|pair| pair[0].hour < pair[1].hour)));

    let two = seen(&device, today().before(), today());
    let twice: usize = two.patrol.iter().flat_map(|row| &row.hours).map(|cell| cell.owed as usize).sum();
    let before = runs_of(&device.site, today().before()).into_iter().map(|run| run.stops.len()).sum::<usize>();
    assert_eq!(twice, stops.len() + before);

    // In the morning nothing of the evening is owed yet, and nothing is owed from before there was a book.
    device.at(MORNING);
    let early = seen(&device, today(), today());
    assert!(early.patrol.iter().flat_map(|row| &row.hours).all(|cell| cell.hour <= 9), "{:?}", early.patrol);
    device.at(today().after().at(0, Zone::default()));
    let begun: Vec<_> = device.site.routes.keys().map(|route| (*route, device.now)).collect();
    device.site.routes_since.extend(begun);
    assert!(seen(&device, today(), today()).patrol.is_empty(), "no route had begun");
}

#[test]
fn calls_and_complaints_stand_on_their_days() {
    let mut device = Device::new("D1", 1);
    for (rings, category) in [(2, "enquiry"), (5, "complaint"), (3, "complaint")] {
        let call = json!({ "do": "register", "way": "call", "rings": rings, "category": category, "unit_label": "3-2-1502",
            "name": "陈女士", "phone": "13800138000", "summary": "楼道脏", "urgency": "normal" });
        device.start(&officer(), "contact_record", call).unwrap();
    }
    device.later(24 * 60);
    let seen = seen(&device, today(), today().after());
    let [first, second] = &seen.days[..] else { panic!("two days: {:?}", seen.days) };
    assert_eq!((first.calls, first.rings_counted, first.within_three_rings, first.complaints), (3, 3, 2, 2));
    assert_eq!((second.calls, second.complaints, second.complaints_closed), (0, 0, 0));
    assert_eq!(seen.complaints.iter().map(|it| it.count).sum::<u32>(), 2, "both are open");
    assert_eq!(seen.topics.iter().map(|it| it.count).sum::<u32>(), 2);
}
