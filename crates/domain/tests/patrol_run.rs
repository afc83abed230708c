//! Patrol runs: plans, windows, scans, merges, the desk's watch. Everything goes through the registered kind and real
//! documents, as in the apps.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::{Device, lives_in, shuffled, signer};
use dutybook_domain::engine::{Class, Kind, Step, Urgency};
use dutybook_domain::ids::Home;
use dutybook_domain::kinds;
use dutybook_domain::patrol_run::facts::{PatrolFact, StopRef};
use dutybook_domain::patrol_run::{
    CannotScanReason, ItemResult, MissedReason, Outcome, PatrolRun, PatrolRunView, PhotoPlaceholder, PlannedRun,
    Progress, Proof, RunState, RunStatus, ScanMethod, StopState, monitor, next_alarm_at, planned_view, record_of,
    run_now, run_state, runs_of, stop_state,
};
use dutybook_domain::record::{RawFact, RecordDoc, Write};
use dutybook_domain::role::Role;
use dutybook_domain::site::{Checklist, ChecklistItem, Checkpoint, Family, Place, Route, RouteKind, Site, Stop};
use dutybook_domain::{Day, FactId, RecordId, TimeOfDay, Timestamp};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

const KIND: &str = "patrol_run";

fn id(name: &str) -> RecordId {
    RecordId::derived(&Home::standing("test"), &[name])
}

/// 11 June 2026, a Thursday.
fn day() -> Day {
    Day("2026-06-11".parse().unwrap())
}

fn next_day() -> Day {
    Day("2026-06-12".parse().unwrap())
}

/// A time on that day; hours from 24 on are the next day's.
fn t(clock: &str) -> Timestamp {
    let minutes: TimeOfDay = clock.parse().unwrap();
    day().at(i64::from(minutes.0), Default::default())
}

fn ms(time: Timestamp, more: i64) -> Timestamp {
    Timestamp(time.0 + more)
}

fn item(key: &str, name: &str, unit: Option<&str>) -> ChecklistItem {
    ChecklistItem {
        key: key.into(),
        name: name.into(),
        standard: String::new(),
        family: Family::WaterPower,
        unit: unit.map(Into::into),
        order_urgency: None,
    }
}

/// Four places with a checkpoint each. The night route passes the gate twice; the lobby is on no route but the
/// before-closing one.
fn site() -> Site {
    let mut site = Site::default();
    let lists = [
        ("plain", vec![item("door", "门锁", None)]),
        ("pump", vec![item("pressure", "水压", Some("MPa")), item("leak", "无渗漏", None)]),
    ];
    for (name, items) in lists {
        site.checklists.insert(id(name), Checklist { name: name.into(), items });
    }
    for (name, key_area, list) in
        [("大门", false, "plain"), ("配电房", true, "plain"), ("水泵房", true, "pump"), ("大堂", false, "plain")]
    {
        let place = Place { name: format!("{name}一带"), key_area, area: String::new(), note: String::new() };
        site.places.insert(id(&format!("place {name}")), place);
        site.checkpoints.insert(
            id(name),
            Checkpoint {
                name: name.into(),
                place: id(&format!("place {name}")),
                code: format!("QR-{name}"),
                checklist: id(list),
            },
        );
    }
    let stop = |name: &str, from_min, to_min| Stop { checkpoint: id(name), from_min, to_min };
    let route = |name: &str, kind, starts: &[&str], stops| Route {
        name: name.into(),
        kind,
        post: id("post"),
        starts: starts.iter().map(|start| start.parse().unwrap()).collect(),
        weekdays: Vec::new(),
        stops,
    };
    let night = [stop("大门", 0, 20), stop("配电房", 10, 30), stop("水泵房", 20, 40), stop("大门", 40, 60)];
    site.routes.insert(id("night"), route("夜巡", RouteKind::GuardTour, &["22:00", "24:30"], night.to_vec()));
    site.routes.insert(id("fire"), route("防火巡查", RouteKind::Fire, &["10:00"], vec![stop("配电房", 0, 30)]));
    let closing = route("下班前巡检", RouteKind::BeforeClosing, &["17:00"], vec![stop("大堂", 0, 60)]);
    site.routes.insert(id("closing"), closing);
    site
}

fn run_at(route: &str, start: &str) -> RecordId {
    let start: TimeOfDay = start.parse().unwrap();
    record_of(id(route), day(), start.0)
}

fn night() -> RecordId {
    run_at("night", "22:00")
}

fn planned(record: RecordId) -> PlannedRun {
    runs_of(&site(), day()).into_iter().find(|run| run.record == record).unwrap()
}

fn guard(number: u8, name: &str) -> Device {
    Device::of(number, site(), signer(name, Role::Guard), t("22:00"))
}

fn start() -> Value {
    json!({"do": "start", "route": id("night"), "day": day(), "slot": 22 * 60})
}

fn scan(name: &str) -> Value {
    json!({"do": "scan", "code": format!("QR-{name}"), "method": "qr"})
}

fn scan_expecting(name: &str, stop: u16) -> Value {
    json!({"do": "scan", "code": format!("QR-{name}"), "method": "nfc", "expected_stop": stop})
}

fn result(key: &str, outcome: &str, note: &str) -> Value {
    json!({"key": key, "name": "", "outcome": outcome, "reading": null, "note": note})
}

fn view(device: &Device, record: RecordId) -> PatrolRunView {
    device.view(record)
}

fn states(view: &PatrolRunView, now: Timestamp) -> Vec<StopState> {
    view.stops.iter().map(|stop| stop_state(stop, now)).collect()
}

// ---------------------------------------------------------------- plan

#[test]
fn every_replica_plans_the_same_runs() {
    let runs = runs_of(&site(), day());
    assert_eq!(runs, runs_of(&site(), day()));
    let listed: Vec<_> = runs.iter().map(|run| (run.route_name.as_str(), run.slot, run.start, run.end)).collect();
    assert_eq!(
        listed,
        [
            ("防火巡查", 600, t("10:00"), t("10:30")),
            ("下班前巡检", 1020, t("17:00"), t("18:00")),
            ("夜巡", 1320, t("22:00"), t("23:00")),
            // 24:30 belongs to the night it is walked in, and lies on the next civil day.
            ("夜巡", 1470, t("24:30"), t("25:30")),
        ]
    );
    let stop = &runs[2].stops[2];
    assert_eq!(
        (stop.index, stop.name.as_str(), stop.place_name.as_str(), stop.key_area),
        (2, "水泵房", "水泵房一带", true)
    );
    assert_eq!((stop.opens, stop.closes, stop.missed_at), (t("22:20"), t("22:40"), t("22:55")));
    assert_eq!(stop.checklist.len(), 2);
    let mut records: Vec<_> = runs.iter().map(|run| run.record).collect();
    records.sort();
    records.dedup();
    assert_eq!(records.len(), runs.len());
}

#[test]
fn a_route_is_walked_on_its_weekdays() {
    for (weekdays, thursday) in [(vec![], true), (vec![4], true), (vec![1, 2, 3, 5, 6, 7], false), (vec![0, 9], false)]
    {
        let mut site = site();
        site.routes.get_mut(&id("night")).unwrap().weekdays = weekdays.clone();
        let walked = runs_of(&site, day()).iter().any(|run| run.route == id("night"));
        assert_eq!(walked, thursday, "{weekdays:?}");
    }
}

#[test]
fn a_start_put_in_during_the_day_moves_no_other_run() {
    let mut denser = site();
    let starts = ["20:00", "22:00", "22:00", "23:00", "24:30"];
    denser.routes.get_mut(&id("night")).unwrap().starts = starts.iter().map(|start| start.parse().unwrap()).collect();
    let of = |site: &Site| -> BTreeMap<RecordId, Timestamp> {
        runs_of(site, day()).into_iter().map(|run| (run.record, run.start)).collect()
    };
    let (before, after) = (of(&site()), of(&denser));
    for (record, start) in &before {
        assert_eq!(after.get(record), Some(start));
    }
    assert_eq!(after.len(), before.len() + 2, "the doubled start is one run");
}

#[test]
fn a_checkpoint_out_of_use_leaves_the_others_their_numbers() {
    let mut site = site();
    site.checkpoints.remove(&id("配电房"));
    let runs = runs_of(&site, day());
    let run = runs.iter().find(|run| run.record == night()).unwrap();
    assert_eq!(run.stops.iter().map(|stop| stop.index).collect::<Vec<_>>(), [0, 2, 3]);
    assert!(!runs.iter().any(|run| run.route == id("fire")), "nothing is left to walk or to miss there");
}

// ---------------------------------------------------------------- windows

#[test]
fn a_stop_at_the_edges_of_its_window() {
    use StopState::{Exempted, Late, MadeUp, Missed, NotYet, OnTime, Open, Overdue};
    // The pump room: 22:20–22:40, missed after 22:55.
    let unvisited = [
        (ms(t("22:20"), -1), NotYet),
        (t("22:20"), Open),
        (t("22:40"), Open),
        (ms(t("22:40"), 1), Overdue),
        (t("22:55"), Overdue),
        (ms(t("22:55"), 1), Missed),
        (t("47:00"), Missed),
    ];
    let mut stop = planned_view(&planned(night())).stops[2].clone();
    for (now, state) in unvisited {
        assert_eq!(stop_state(&stop, now), state, "unvisited at {now:?}");
    }
    let visited = [
        (t("22:05"), OnTime, "early is not late"),
        (t("22:20"), OnTime, ""),
        (t("22:40"), OnTime, "the last instant of the window"),
        (ms(t("22:40"), 1), Late, ""),
        (t("22:55"), Late, "the last instant of the grace"),
        (ms(t("22:55"), 1), MadeUp, ""),
    ];
    for (at, state, why) in visited {
        stop.visited_at = Some(at);
        for now in [at, t("47:00")] {
            assert_eq!(stop_state(&stop, now), state, "{why}");
        }
        assert!(!state.words().zh.is_empty());
    }
    stop.exempted = Some(
        serde_json::from_value(json!({"by": {"person": id("x"), "name": "x"}, "at": 0, "reason": "施工"})).unwrap(),
    );
    assert_eq!(stop_state(&stop, t("22:30")), MadeUp, "a visit is worth more than an exemption");
    stop.visited_at = None;
    assert_eq!(stop_state(&stop, t("23:59")), Exempted);
}

#[test]
fn visits_are_graded_by_when_and_how() {
    let scan_by = |method: &str| json!({"do": "scan", "code": "QR-水泵房", "method": method});
    let damaged = json!({"do": "cannot_scan", "stop": 2, "reason": "code_damaged"});
    for (clock, action, proof) in [
        ("22:30", scan_by("qr"), Proof::B),
        ("22:30", scan_by("nfc"), Proof::B),
        ("22:50", scan_by("nfc"), Proof::B),
        ("22:30", scan_by("manual_code"), Proof::C),
        ("22:30", damaged.clone(), Proof::C),
        ("22:56", scan_by("nfc"), Proof::D),
        ("22:56", damaged.clone(), Proof::D),
    ] {
        let mut device = guard(1, "张三");
        device.at(t(clock)).act(KIND, night(), action.clone()).unwrap();
        let stop = view(&device, night()).stops[2].clone();
        assert_eq!((stop.visited_at, stop.proof), (Some(t(clock)), Some(proof)), "{clock} {action}");
    }
}

#[test]
fn of_several_visits_the_best_for_the_walker_counts() {
    let mut device = guard(1, "张三");
    for (clock, action, at, proof) in [
        ("22:57", scan("水泵房"), "22:57", Proof::D),
        ("22:50", json!({"do": "cannot_scan", "stop": 2, "reason": "cannot_reach"}), "22:50", Proof::C),
        ("22:54", scan("水泵房"), "22:54", Proof::B),
        ("22:39", json!({"do": "scan", "code": "QR-水泵房", "method": "manual_code"}), "22:39", Proof::C),
        ("22:38", scan("水泵房"), "22:38", Proof::B),
        ("22:59", scan("水泵房"), "22:38", Proof::B),
    ] {
        device.at(t(clock)).act(KIND, night(), action).unwrap();
        let stop = view(&device, night()).stops[2].clone();
        assert_eq!((stop.visited_at, stop.proof), (Some(t(at)), Some(proof)), "after {clock}");
    }
}

#[test]
fn changing_the_sites_clocks_changes_no_run_that_has_begun() {
    let mut device = guard(1, "张三");
    device.at(t("22:00")).act(KIND, night(), start()).unwrap();
    device.site.settings.timers.patrol_missed_min = 1;
    device.at(t("22:50")).act(KIND, night(), scan("水泵房")).unwrap();
    let view = view(&device, night());
    assert_eq!(stop_state(&view.stops[2], t("23:30")), StopState::Late);
}

// ---------------------------------------------------------------- the run's state

#[test]
fn a_run_at_the_edges_of_its_time() {
    use RunState::{CanStart, Done, DoneInPart, InProgress, NotYet, Overdue};
    let untouched = planned_view(&planned(night()));
    let mut walked = guard(1, "张三");
    walked.act(KIND, night(), start()).unwrap();
    let begun = view(&walked, night());
    let mut signed = walked.clone();
    signed.at(t("22:05")).act(KIND, night(), json!({"do": "finish"})).unwrap();
    let signed = view(&signed, night());
    for (clock, name) in [("22:05", "大门"), ("22:15", "配电房"), ("22:25", "水泵房"), ("22:45", "大门")] {
        walked.at(t(clock)).act(KIND, night(), scan(name)).unwrap();
    }
    let walked_all = view(&walked, night());
    walked.act(KIND, night(), json!({"do": "finish"})).unwrap();
    let done = view(&walked, night());
    let mut boss = Device::of(9, site(), signer("主任", Role::CsSupervisor), t("21:00"));
    for stop in 0..4 {
        boss.act(KIND, night(), json!({"do": "exempt", "stop": stop, "reason": "台风"})).unwrap();
    }
    let exempted = view(&boss, night());
    boss.act(KIND, run_at("closing", "17:00"), json!({"do": "explain_missed", "stop": 0, "reason": "weather"}))
        .unwrap();
    let explained = view(&boss, run_at("closing", "17:00"));
    for (what, view, now, state) in [
        ("untouched", &untouched, ms(t("21:30"), -1), NotYet),
        ("untouched", &untouched, t("21:30"), CanStart),
        ("untouched", &untouched, t("22:35"), CanStart),
        ("untouched, first stop missed", &untouched, ms(t("22:35"), 1), Overdue),
        ("begun", &begun, t("22:00"), InProgress),
        ("begun, first stop missed", &begun, t("22:36"), InProgress),
        ("begun", &begun, t("23:15"), InProgress),
        ("begun, last stop missed", &begun, ms(t("23:15"), 1), Overdue),
        ("all walked, unsigned", &walked_all, t("24:30"), InProgress),
        ("done", &done, t("24:30"), Done),
        ("signed with stops left", &signed, t("22:06"), DoneInPart),
        ("all exempted", &exempted, t("23:30"), Done),
        ("explained", &explained, t("23:30"), DoneInPart),
    ] {
        assert_eq!(run_state(view, now), state, "{what} at {now:?}");
        let shown = run_now(view, now);
        assert_eq!((shown.state, shown.words, shown.tone), (state, state.words(), state.tone()));
    }
}

#[test]
fn what_the_patrol_screen_shows() {
    let mut device = guard(1, "张三");
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let shown = run_now(&view(&device, night()), t("22:32"));
    assert_eq!(shown.next, Some(1), "the window that closes first");
    let stops: Vec<_> = shown.stops.iter().map(|stop| (stop.words.zh.as_str(), stop.minutes_left)).collect();
    assert_eq!(stops, [("准时", None), ("迟,待巡", Some(-2)), ("待巡", Some(8)), ("未到时", Some(28))]);
}

// ---------------------------------------------------------------- scanning

#[test]
fn a_scan_finds_its_stop() {
    // (scanned before, clock, scan) → (stop, whether another one was meant)
    let none: &[(&str, &str)] = &[];
    let early: &[(&str, &str)] = &[("22:05", "大门")];
    let both: &[(&str, &str)] = &[("22:05", "大门"), ("22:45", "大门")];
    for (before, clock, action, stop, meant) in [
        (none, "22:05", scan("大门"), 0, None),
        (none, "22:15", scan("配电房"), 1, None),
        (none, "22:05", scan_expecting("大门", 0), 0, None),
        (none, "22:15", scan_expecting("配电房", 2), 1, Some("水泵房")),
        // The route passes the gate twice.
        (early, "22:30", scan("大门"), 3, None),
        (early, "22:45", scan("大门"), 3, None),
        (none, "22:45", scan("大门"), 0, None),
        (none, "22:45", scan_expecting("大门", 3), 3, None),
        (both, "22:50", scan("大门"), 3, None),
        (none, "22:05", json!({"do": "scan", "code": "  QR-大门 ", "method": "manual_code"}), 0, None),
    ] {
        let mut device = guard(1, "张三");
        for (clock, name) in before {
            device.at(t(clock)).act(KIND, night(), scan(name)).unwrap();
        }
        device.at(t(clock)).act(KIND, night(), action.clone()).unwrap();
        let view = view(&device, night());
        let last = view.last_scan.clone().unwrap();
        assert_eq!(last.stop, Some(stop), "{clock} {action}");
        let note = view.stop(stop).unwrap().notes.iter().find(|note| note.zh.contains("本想去"));
        assert_eq!(note.is_some(), meant.is_some(), "{clock} {action}");
        assert!(view.stop(stop).unwrap().visited_at.is_some());
        assert!(meant.is_none_or(|meant| note.unwrap().zh.contains(meant)));
        assert_eq!(device.project(night()).anomalies, [], "a scan is never suspicious");
    }
}

#[test]
fn a_point_off_the_route_is_put_down_calmly() {
    let mut device = guard(1, "张三");
    device.at(t("22:15")).act(KIND, night(), scan_expecting("大堂", 1)).unwrap();
    let seen = view(&device, night());
    assert_eq!(seen.state, Progress::Open, "who scans anything is on the round");
    assert!(seen.stops.iter().all(|stop| stop.visited_at.is_none()));
    assert_eq!(seen.wrong_points[0].name, "大堂");
    assert_eq!(seen.last_scan.unwrap().stop, None);
    assert!(seen.stops[1].notes[0].zh.contains("大堂"));
    assert_eq!(device.project(night()).anomalies, []);
}

#[test]
fn an_unknown_code_says_what_to_do_and_writes_nothing() {
    for code in ["nonsense", "", "  "] {
        let mut device = guard(1, "张三");
        let action = json!({"do": "scan", "code": code, "method": "qr"});
        let refusal = device.act(KIND, night(), action).unwrap_err();
        assert_eq!(refusal.code, "unknown_code");
        assert!(refusal.words.zh.contains("扫不了"));
        assert!(device.read(night()).is_none());
    }
}

#[test]
fn a_replaced_sticker_is_read_as_well_as_the_old_one() {
    let mut device = guard(1, "张三");
    device.act(KIND, night(), start()).unwrap();
    device.site.checkpoints.get_mut(&id("配电房")).unwrap().code = "NEW".into();
    for code in ["NEW", "QR-配电房"] {
        let mut device = device.clone();
        let action = json!({"do": "scan", "code": code, "method": "qr"});
        device.at(t("22:15")).act(KIND, night(), action).unwrap();
        assert_eq!(view(&device, night()).last_scan.unwrap().stop, Some(1), "{code}");
    }
}

// ---------------------------------------------------------------- who may do what

#[test]
fn refusals_in_the_workers_words() {
    let explain = |stop: u16, reason: &str, note: &str| json!({"do": "explain_missed", "stop": stop, "reason": reason, "note": note});
    let finding = |key: &str, text: &str| json!({"do": "report_finding", "stop": 2, "item_key": key, "description": text, "urgency": "normal", "make_order": false});
    // The gate has been scanned at 22:05.
    for (clock, action, code) in [
        ("22:06", scan("大门"), "ok"),
        ("22:06", start(), "not_offered"),
        ("22:06", json!({"do": "check", "stop": 0, "results": []}), "missing"),
        ("22:06", json!({"do": "check", "stop": 0, "results": [result("door", "normal", "")]}), "ok"),
        ("22:06", json!({"do": "check", "stop": 0, "results": [result("door", "not_applicable", " ")]}), "missing"),
        ("22:06", json!({"do": "check", "stop": 0, "results": [result("door", "not_applicable", "门已拆")]}), "ok"),
        ("22:06", json!({"do": "check", "stop": 0, "results": [result("leak", "normal", "")]}), "no_such_item"),
        ("22:06", json!({"do": "check", "stop": 2, "results": [result("leak", "normal", "")]}), "scan_first"),
        ("22:06", json!({"do": "all_normal", "stop": 2}), "scan_first"),
        ("22:06", json!({"do": "all_normal", "stop": 0}), "ok"),
        ("22:06", json!({"do": "all_normal", "stop": 77}), "no_such_stop"),
        ("22:06", json!({"do": "cannot_scan", "stop": 2, "reason": "other"}), "missing"),
        ("22:06", json!({"do": "cannot_scan", "stop": 2, "reason": "other", "note": "灯坏了"}), "ok"),
        ("22:06", finding("leak", ""), "missing"),
        ("22:06", finding("door", "漏水"), "no_such_item"),
        ("22:06", finding("leak", "漏水"), "ok"),
        ("22:06", finding("", "漏水"), "ok"),
        ("22:06", explain(0, "weather", ""), "visited"),
        ("22:06", explain(1, "other", ""), "missing"),
        ("22:06", explain(1, "weather", ""), "ok"),
        ("22:06", json!({"do": "exempt", "stop": 1, "reason": "施工"}), "not_offered"),
        ("22:06", json!({"do": "countersign"}), "not_offered"),
        ("22:06", json!({"do": "finish", "signature": "x".repeat(70_000)}), "signature_too_long"),
        ("22:06", json!({"do": "finish", "missed": [{"stop": 1, "reason": "other"}]}), "missing"),
        ("22:06", json!({"do": "finish", "missed": [{"stop": 9, "reason": "weather"}]}), "no_such_stop"),
        ("22:06", json!({"do": "finish", "missed": [{"stop": 0, "reason": "weather"}]}), "ok"),
        ("22:06", json!({"do": "dance"}), "unreadable_action"),
        ("22:06", json!({"do": "note", "text": "下雨"}), "ok"),
    ] {
        let mut device = guard(1, "张三");
        device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
        let before = device.read(night());
        assert_eq!(device.at(t(clock)).outcome(KIND, night(), action.clone()), code, "{action}");
        assert_eq!(device.read(night()) == before, code != "ok", "a refusal writes nothing: {action}");
    }
}

#[test]
fn a_run_is_not_begun_long_before_its_time() {
    for (clock, code) in [("21:29", "too_early"), ("21:30", "ok"), ("23:59", "ok"), ("30:00", "ok")] {
        for action in [start(), scan("大门")] {
            let mut device = guard(1, "张三");
            assert_eq!(device.at(t(clock)).outcome(KIND, night(), action), code, "{clock}");
        }
    }
    let mut device = guard(1, "张三");
    let refusal = device.at(t("20:00")).act(KIND, night(), start()).unwrap_err();
    assert!(refusal.words.zh.contains("22:00") && refusal.words.zh.contains("21:30"), "{}", refusal.words.zh);
    // What is planned elsewhere cannot be begun here.
    let action = json!({"do": "start", "route": id("night"), "day": day(), "slot": 5});
    assert_eq!(device.at(t("22:00")).outcome(KIND, night(), action), "no_such_run");
    assert_eq!(device.outcome(KIND, id("anything"), start()), "no_such_run");
}

#[test]
fn what_is_offered_is_what_is_possible() {
    let actions = [
        start(),
        scan("大门"),
        json!({"do": "check", "stop": 0, "results": [result("door", "abnormal", "")]}),
        json!({"do": "all_normal", "stop": 0}),
        json!({"do": "cannot_scan", "stop": 1, "reason": "code_damaged"}),
        json!({"do": "report_finding", "stop": 0, "description": "灯不亮", "urgency": "normal", "make_order": false}),
        json!({"do": "explain_missed", "stop": 2, "reason": "incident"}),
        json!({"do": "exempt", "stop": 2, "reason": "施工"}),
        json!({"do": "finish"}),
        json!({"do": "countersign"}),
    ];
    let none = Device::of(1, site(), signer("张三", Role::Guard), t("22:10"));
    let mut only_planned = none.clone();
    only_planned.act(KIND, night(), json!({"do": "explain_missed", "stop": 3, "reason": "weather"})).unwrap();
    let mut open = none.clone();
    open.act(KIND, night(), scan("大门")).unwrap();
    let mut finished = open.clone();
    finished.act(KIND, night(), json!({"do": "finish"})).unwrap();
    let mut countersigned = finished.clone();
    countersigned
        .signed_in(signer("主任", Role::CsSupervisor))
        .act(KIND, night(), json!({"do": "countersign"}))
        .unwrap();
    for device in [none, only_planned, open, finished, countersigned] {
        for role in [Role::Guard, Role::Worker, Role::DutyOfficer, Role::DeptHead, Role::CsSupervisor, Role::Archivist]
        {
            for name in ["张三", "李四"] {
                let mut device = device.clone();
                device.signed_in(signer(name, role));
                let offered = device.offered(&device.who, night());
                for action in &actions {
                    let verb = action["do"].as_str().unwrap();
                    let outcome = device.clone().outcome(KIND, night(), action.clone());
                    let possible = offered.iter().any(|offer| offer == verb);
                    assert_eq!(possible, outcome != "not_offered", "{role:?} {name} {verb}: {outcome}, {offered:?}");
                    // Before anybody was there, checking wants a scan first; nothing else is in the way.
                    assert!(["ok", "not_offered", "scan_first"].contains(&outcome.as_str()), "{verb}: {outcome}");
                }
            }
        }
    }
}

#[test]
fn facts_in_the_wrong_role_are_kept_and_not_in_force() {
    let mut device = guard(1, "张三");
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let stop = |stop: u16, name: &str| json!({"stop": stop, "checkpoint": id(name), "name": name});
    let body = |stop: Value, more: Value| -> Map<String, Value> {
        let mut body = stop.as_object().unwrap().clone();
        body.extend(more.as_object().unwrap().clone());
        body
    };
    for (role, kind, more) in [
        (Role::Worker, "scanned", json!({"method": "qr", "code": "QR-配电房"})),
        (Role::Archivist, "cannot_scan", json!({"reason": "code_damaged"})),
        (Role::Guard, "exempted", json!({"reason": "不想去"})),
        (Role::DutyOfficer, "exempted", json!({"reason": "不想去"})),
        (Role::Guard, "countersigned", json!({})),
    ] {
        let mut device = device.clone();
        device.signed_in(signer("王五", role)).write_raw(night(), kind, body(stop(1, "配电房"), more), &[]);
        let projection = device.project(night());
        let codes: Vec<_> = projection.anomalies.iter().map(|anomaly| anomaly.code.as_str()).collect();
        assert_eq!(codes, ["no_role"], "{role:?} {kind}");
        let view = view(&device, night());
        assert!(view.stops[1].owed() && view.countersigned.is_none());
        assert_eq!(view.walkers.len(), 1);
        assert!(projection.lines.iter().any(|line| line.by.name == "王五"), "the ledger keeps it");
    }
}

// ---------------------------------------------------------------- the whole walk

#[test]
fn a_round_from_the_first_scan_to_the_signature() {
    let mut device = guard(1, "张三");
    let steps = device.at(t("22:04")).act(KIND, night(), scan("大门")).unwrap();
    let kinds: Vec<_> = steps[0]
        .writes
        .iter()
        .filter_map(|write| match write {
            Write::Fact { kind, .. } => Some(kind.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, ["started", "scanned"], "nobody has to press start");
    device.act(KIND, night(), json!({"do": "all_normal", "stop": 0})).unwrap();
    device.at(t("22:35")).act(KIND, night(), scan("配电房")).unwrap();
    device.act(KIND, night(), json!({"do": "all_normal", "stop": 1})).unwrap();
    let photo = PhotoPlaceholder { taken_at: t("22:41"), caption: "地面积水".into(), file: None, original: None };
    device.at(t("22:41")).act(KIND, night(), scan("水泵房")).unwrap();
    let results = json!([
        {"key": "pressure", "name": "", "outcome": "normal", "reading": "0.35", "note": ""},
        result("leak", "abnormal", "法兰滴水"),
    ]);
    device.act(KIND, night(), json!({"do": "check", "stop": 2, "results": results})).unwrap();
    let finding = json!({"do": "report_finding", "stop": 2, "item_key": "leak", "description": "法兰滴水",
        "urgency": "urgent", "make_order": true, "photo": photo});
    let steps = device.at(t("22:42")).act(KIND, night(), finding).unwrap();
    assert_eq!(steps.iter().map(|step| step.kind).collect::<Vec<_>>(), ["patrol_run", "work_order"]);

    let order = device.project(steps[1].record);
    let found = view(&device, night()).stops[2].findings[0].clone();
    assert_eq!((found.order, found.order_number), (Some(steps[1].record), order.card.number.clone()));
    assert_eq!(found.item_name, "无渗漏");
    assert_eq!(order.card.urgency, Some(Urgency::Urgent));
    assert!(order.card.title.contains("法兰滴水"), "{}", order.card.title);
    assert_eq!(order.card.place.as_deref(), Some("水泵房一带"));

    let finish = json!({"do": "finish", "missed": [{"stop": 3, "reason": "called_away"}], "note": "去三栋帮忙", "signature": "M0 0L9 9"});
    device.at(t("22:58")).act(KIND, night(), finish).unwrap();
    let view = view(&device, night());
    use StopState::{Late, Missed, OnTime};
    assert_eq!(states(&view, t("24:00")), [OnTime, Late, Late, Missed]);
    assert_eq!(run_state(&view, t("24:00")), RunState::DoneInPart);
    assert_eq!((view.finished_at, view.signature.as_deref()), (Some(t("22:58")), Some("M0 0L9 9")));
    assert_eq!(view.finish_note, "去三栋帮忙");
    assert_eq!(view.stops[3].missed_reason.as_ref().unwrap().reason, MissedReason::CalledAway);
    assert_eq!(view.stops[2].results[0].reading.as_deref(), Some("0.35"));
    assert_eq!(view.stops[2].results[1].name, "无渗漏");
    assert!(view.stops[2].abnormal() && !view.stops[1].abnormal());
    let projection = device.project(night());
    assert_eq!(projection.anomalies, []);
    assert_eq!((projection.card.state.as_str(), projection.card.open), ("finished_in_part", false));
    assert_eq!(projection.card.title, "夜巡 22:00");
    assert_eq!(projection.card.born, t("22:00"));
    insta::assert_snapshot!("ledger_of_a_round", ledger(&device, night()));
}

fn ledger(device: &Device, record: RecordId) -> String {
    let lines = device.project(record).lines;
    lines
        .iter()
        .map(|line| {
            let (subject, detail) = (&line.subject, &line.detail);
            format!("{} {}\n  {} — {}\n", subject.zh, detail.zh, subject.en, detail.en)
        })
        .collect()
}

#[test]
fn what_comes_after_the_signature_is_a_make_up_visit() {
    let mut device = guard(1, "张三");
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let mut other = guard(2, "李四");
    other.merge(&device);
    device.at(t("22:16")).act(KIND, night(), json!({"do": "finish"})).unwrap();
    // Somebody who could not know of the signature was simply there in time.
    other.at(t("22:17")).act(KIND, night(), scan("配电房")).unwrap();
    device.merge(&other);
    device.at(t("22:25")).act(KIND, night(), scan("水泵房")).unwrap();
    let view = view(&device, night());
    use StopState::{MadeUp, NotYet, OnTime};
    assert_eq!(states(&view, t("22:30")), [OnTime, OnTime, MadeUp, NotYet]);
    assert_eq!(view.stops[2].proof, Some(Proof::D));
    assert_eq!(view.state, Progress::Finished);
    assert_eq!(device.project(night()).anomalies, []);
}

#[test]
fn a_fire_patrol_wants_a_second_signature_by_somebody_else() {
    let fire = run_at("fire", "10:00");
    let mut device = Device::of(1, site(), signer("主任", Role::CsSupervisor), t("10:05"));
    device.act(KIND, fire, scan("配电房")).unwrap();
    device.act(KIND, fire, json!({"do": "finish", "signature": "M"})).unwrap();
    assert_eq!(device.project(fire).card.next.unwrap().zh, "主管签名");
    assert_eq!(device.outcome(KIND, fire, json!({"do": "countersign"})), "not_offered", "not one's own walk");
    let mut forged = device.clone();
    forged.write_raw(fire, "countersigned", Map::new(), &[]);
    assert_eq!(forged.project(fire).anomalies[0].code, "own_countersignature");
    assert!(view(&forged, fire).countersigned.is_none());
    device
        .signed_in(signer("经理", Role::CsManager))
        .act(KIND, fire, json!({"do": "countersign", "note": "好"}))
        .unwrap();
    let seen = view(&device, fire);
    assert_eq!(seen.countersigned.unwrap().by.name, "经理");
    assert!(!device.project(fire).card.open);
    // Who countersigned makes up a stop: the signature under the walk of others stands.
    device.act(KIND, fire, scan("配电房")).unwrap();
    assert!(view(&device, fire).countersigned.is_some());
    assert_eq!(device.project(fire).anomalies, []);
}

#[test]
fn a_closing_round_is_checked_item_by_item() {
    let closing = run_at("closing", "17:00");
    let mut device = Device::of(1, site(), signer("值班员", Role::DutyOfficer), t("17:20"));
    device.act(KIND, closing, json!({"do": "all_normal", "stop": 0})).unwrap();
    let view = view(&device, closing);
    assert_eq!((view.stops[0].visited_at, view.stops[0].proof), (Some(t("17:20")), Some(Proof::C)));
    assert_eq!(view.stops[0].results[0].outcome, Outcome::Normal);
}

#[test]
fn explaining_or_exempting_makes_nobody_a_walker() {
    let mut desk = Device::of(1, site(), signer("主任", Role::CsSupervisor), t("21:00"));
    desk.act(KIND, night(), json!({"do": "exempt", "stop": 2, "reason": "施工封闭"})).unwrap();
    let seen = view(&desk, night());
    assert_eq!((seen.state, seen.walkers.len()), (Progress::Planned, 0));
    assert_eq!(seen.stops[2].exempted.as_ref().unwrap().reason, "施工封闭");
    let mut walker = guard(2, "张三");
    walker.merge(&desk);
    walker.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let seen = view(&walker, night());
    assert_eq!((seen.state, seen.walkers[0].name.as_str(), seen.walkers.len()), (Progress::Open, "张三", 1));
    assert_eq!(stop_state(&seen.stops[2], t("23:59")), StopState::Exempted);
    assert_eq!(seen.notes, [], "the plan that was remembered first is the one that is walked");
    // An exempted stop that is visited all the same is credited.
    walker.at(t("22:25")).act(KIND, night(), scan("水泵房")).unwrap();
    assert_eq!(stop_state(&view(&walker, night()).stops[2], t("23:59")), StopState::OnTime);
}

#[test]
fn corrections_are_followed() {
    let mut device = guard(1, "张三");
    device.at(t("22:25")).act(KIND, night(), scan("大门")).unwrap();
    device.act(KIND, night(), json!({"do": "explain_missed", "stop": 1, "reason": "weather"})).unwrap();
    let facts = device.read(night()).unwrap().facts;
    let find = |kind: &str| facts.iter().find(|fact| fact.kind == kind).unwrap().id;
    let amend =
        json!({"do": "amend", "of": find("missed_because"), "field": "reason", "value": "incident", "reason": "点错"});
    device.act(KIND, night(), amend).unwrap();
    assert_eq!(view(&device, night()).stops[1].missed_reason.as_ref().unwrap().reason, MissedReason::Incident);
    let void = |of: FactId| json!({"do": "void_fact", "of": of, "reason": "点错"});
    device.act(KIND, night(), void(find("missed_because"))).unwrap();
    assert!(view(&device, night()).stops[1].owed());
    // Voiding the start takes the walk back from nobody: the plan and the scan stay.
    device.act(KIND, night(), void(find("started"))).unwrap();
    let seen = view(&device, night());
    assert_eq!((seen.state, seen.stops.len(), seen.walkers.len()), (Progress::Open, 4, 1));
    assert!(seen.stops[0].visited_at.is_some());
    device.act(KIND, night(), void(find("scanned"))).unwrap();
    assert_eq!(view(&device, night()).state, Progress::Planned);
    device.act(KIND, night(), json!({"do": "note", "text": "重来"})).unwrap();
    assert_eq!(view(&device, night()).remarks[0].text, "重来");
}

// ---------------------------------------------------------------- several devices

#[test]
fn two_devices_begin_the_same_run() {
    let (mut one, mut two) = (guard(1, "张三"), guard(2, "李四"));
    let first = one.at(t("21:58")).act(KIND, night(), start()).unwrap();
    let second = two.at(t("22:06")).act(KIND, night(), scan("配电房")).unwrap();
    assert_eq!(first[0].record, second[0].record);
    let born = |step: &Step| -> Vec<Write> {
        step.writes.iter().filter(|write| matches!(write, Write::Meta { .. })).cloned().collect()
    };
    assert_eq!(born(&first[0]), born(&second[0]), "whoever creates the record writes the same");
    one.at(t("22:03")).act(KIND, night(), scan("大门")).unwrap();
    let (mut a, mut b) = (one.clone(), two.clone());
    a.merge(&two);
    b.merge(&one);
    assert_eq!(a.project(night()), b.project(night()));
    let seen = view(&a, night());
    assert_eq!(seen.walkers.iter().map(|walker| walker.name.as_str()).collect::<Vec<_>>(), ["张三", "李四"]);
    assert_eq!((seen.state, seen.started_at), (Progress::Open, Some(t("21:58"))));
    assert_eq!(seen.stops.iter().filter(|stop| stop.visited_at.is_some()).count(), 2);
    assert_eq!(a.project(night()).anomalies, []);
    assert_eq!(seen.notes.len(), 1);
    assert!(seen.notes[0].zh.contains("张三") && seen.notes[0].zh.contains("李四"), "{}", seen.notes[0].zh);
}

#[test]
fn a_run_over_midnight_is_created_in_one_volume() {
    // The night of 30 June to 1 July.
    let day = Day("2026-06-30".parse().unwrap());
    let at = |minutes: i64| day.at(minutes, Default::default());
    let late = record_of(id("night"), day, 24 * 60 + 30);
    let (mut one, mut other) = (guard(1, "张三"), guard(2, "李四"));
    let first = one.at(at(24 * 60 + 5)).act(KIND, late, scan("大门")).unwrap();
    let second = other.at(at(24 * 60 + 50)).act(KIND, late, scan("水泵房")).unwrap();
    assert_eq!((first[0].record, second[0].record), (late, late));
    assert!(lives_in(late, Class::Duty, day), "the day the run belongs to");
    assert!(!lives_in(late, Class::Duty, other.now.day(Default::default())), "not the clock's");
}

#[test]
fn a_route_changed_meanwhile_costs_nobody_a_visit() {
    // The new version leaves out the power room, passes the lobby, and has the pump room first.
    let mut new_site = site();
    let stop = |name: &str, from_min, to_min| Stop { checkpoint: id(name), from_min, to_min };
    new_site.routes.get_mut(&id("night")).unwrap().stops =
        vec![stop("水泵房", 0, 30), stop("大堂", 0, 30), stop("大门", 0, 60)];
    let mut old = guard(1, "张三");
    let mut new = guard(2, "李四");
    new.site = new_site;
    old.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    for (clock, name) in [("22:10", "水泵房"), ("22:12", "大堂")] {
        new.at(t(clock)).act(KIND, night(), scan(name)).unwrap();
    }
    let (mut a, mut b) = (old.clone(), new.clone());
    a.merge(&new);
    b.merge(&old);
    assert_eq!(a.project(night()), b.project(night()));
    let seen = view(&a, night());
    let visited: Vec<_> =
        seen.stops.iter().filter(|stop| stop.visited_at.is_some()).map(|stop| stop.name.as_str()).collect();
    assert_eq!(visited, ["大门", "水泵房", "大堂"], "the plan of the first start, and what was visited beyond it");
    let mut indexes: Vec<_> = seen.stops.iter().map(|stop| stop.index).collect();
    indexes.dedup();
    assert_eq!(indexes, [0, 1, 2, 3, 4]);
    assert_eq!(a.project(night()).anomalies, []);
    assert!(seen.notes.iter().any(|note| note.zh.contains("路线")));
    // The run goes on by the plan it remembers, wherever the route stands now.
    b.at(t("22:15")).act(KIND, night(), scan("配电房")).unwrap();
    assert!(view(&b, night()).stops[1].visited_at.is_some());
}

#[test]
fn an_abnormal_result_is_not_painted_over_by_somebody_who_had_not_seen_it() {
    let mut one = guard(1, "张三");
    one.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let mut two = guard(2, "李四");
    two.merge(&one);
    one.act(KIND, night(), json!({"do": "check", "stop": 0, "results": [result("door", "abnormal", "锁坏")]})).unwrap();
    two.act(KIND, night(), json!({"do": "all_normal", "stop": 0})).unwrap();
    one.merge(&two);
    let seen = view(&one, night()).stops[0].clone();
    assert_eq!(
        (seen.results.len(), seen.results[0].outcome, seen.results[0].note.as_str()),
        (1, Outcome::Abnormal, "锁坏")
    );
    assert!(seen.notes.iter().any(|note| note.zh.contains("门锁")));
    // Who has seen both decides.
    one.act(KIND, night(), json!({"do": "all_normal", "stop": 0})).unwrap();
    let seen = view(&one, night()).stops[0].clone();
    assert_eq!(seen.results[0].outcome, Outcome::Normal);
    assert!(!seen.notes.iter().any(|note| note.zh.contains("门锁")));
}

#[test]
fn an_action_prepared_before_a_merge_still_goes_through() {
    let (mut one, mut two) = (guard(1, "张三"), guard(2, "李四"));
    one.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    two.at(t("22:15")).act(KIND, night(), scan("配电房")).unwrap();
    one.merge(&two);
    // The finish page was opened before the other walker's visit came in.
    let finish =
        json!({"do": "finish", "missed": [{"stop": 1, "reason": "weather"}, {"stop": 2, "reason": "weather"}]});
    one.at(t("22:20")).act(KIND, night(), finish).unwrap();
    let seen = view(&one, night());
    assert!(seen.stops[1].missed_reason.is_none() && seen.stops[2].missed_reason.is_some());
    assert_eq!(one.project(night()).card.next.unwrap().zh, "补巡或说明:大门");
}

// ---------------------------------------------------------------- the desk's watch

fn watch(now: Timestamp, runs: &[&PatrolRunView]) -> Vec<RunStatus> {
    let runs = runs.iter().map(|view| (view.record, (*view).clone())).collect();
    monitor(&site(), now, &runs)
}

/// What rings of that day's runs; yesterday's, which nobody walked either, are left aside.
fn ringing(status: &[RunStatus]) -> Vec<(&str, &str)> {
    status
        .iter()
        .filter(|run| run.day == day())
        .flat_map(|run| run.alarms.iter().map(|alarm| (run.route_name.as_str(), alarm.name.as_str())))
        .collect()
}

#[test]
fn the_desk_rings_although_the_tablet_is_dead() {
    // A8 h: nothing was ever written.
    for (now, alarms) in [
        (t("10:45"), vec![]),
        (ms(t("10:45"), 1), vec![("防火巡查", "配电房")]),
        (t("22:36"), vec![("防火巡查", "配电房"), ("下班前巡检", "大堂"), ("夜巡", "大门")]),
    ] {
        assert_eq!(ringing(&watch(now, &[])), alarms, "at {now:?}");
    }
    let status = watch(t("11:00"), &[]);
    let fire = status.iter().find(|run| run.record == run_at("fire", "10:00")).unwrap();
    assert_eq!((fire.state, fire.missed, fire.done, fire.stops_total), (RunState::Overdue, 1, 0, 1));
    assert_eq!((fire.alarms[0].since, fire.alarms[0].key_area), (t("10:45"), true));
    assert!(fire.walkers.is_empty());
}

#[test]
fn the_desk_counts_a_run_as_it_goes() {
    let mut device = guard(1, "张三");
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    device.at(t("22:35")).act(KIND, night(), scan("配电房")).unwrap();
    let seen = view(&device, night());
    let status = watch(t("22:50"), &[&seen]);
    let run = status.iter().find(|run| run.record == night()).unwrap();
    assert_eq!((run.stops_total, run.done, run.late, run.missed), (4, 2, 2, 0), "one late visit, one late and due");
    assert_eq!(run.walkers[0].name, "张三");
    let next = run.next.as_ref().unwrap();
    assert_eq!((next.name.as_str(), next.state), ("水泵房", StopState::Overdue));
    let run = |now, view: &PatrolRunView| watch(now, &[view]).into_iter().find(|run| run.record == night()).unwrap();
    assert_eq!(run(t("22:56"), &seen).alarms.len(), 1);
    // An explanation, an exemption or a make-up visit stops the ringing; signing early does not.
    let mut explained = device.clone();
    explained.act(KIND, night(), json!({"do": "explain_missed", "stop": 2, "reason": "no_access"})).unwrap();
    assert_eq!(run(t("22:56"), &view(&explained, night())).alarms, []);
    assert_eq!(run(t("22:56"), &view(&explained, night())).missed, 1, "explained is still missed");
    let mut made_up = device.clone();
    made_up.at(t("22:57")).act(KIND, night(), scan("水泵房")).unwrap();
    assert_eq!(run(t("22:58"), &view(&made_up, night())).alarms, []);
    let mut exempted = device.clone();
    let boss = signer("主任", Role::CsSupervisor);
    exempted.signed_in(boss).act(KIND, night(), json!({"do": "exempt", "stop": 2, "reason": "检修"})).unwrap();
    assert_eq!(run(t("22:56"), &view(&exempted, night())).alarms, []);
    assert_eq!(run(t("22:56"), &view(&exempted, night())).stops_total, 3);
    device.at(t("22:40")).act(KIND, night(), json!({"do": "finish"})).unwrap();
    assert_eq!(run(t("22:56"), &view(&device, night())).alarms.len(), 1);
}

#[test]
fn runs_over_midnight_stay_on_the_desk() {
    let listed = |now| -> Vec<(Day, u16)> { watch(now, &[]).iter().map(|run| (run.day, run.slot)).collect() };
    let yesterday = day().before();
    // At noon: today's four, and last night's run of 24:30, which reached into today. Last evening's alarm of 22:00 is
    // half a day old and has left the desk.
    assert_eq!(listed(t("12:00")), [(yesterday, 1470), (day(), 600), (day(), 1020), (day(), 1320), (day(), 1470)]);
    // Just after midnight the evening's unanswered alarms still ring; what began at ten in the morning no longer does.
    let status = watch(t("24:05"), &[]);
    let old: Vec<_> = status.iter().filter(|run| run.day == day()).map(|run| (run.slot, run.alarms.len())).collect();
    assert_eq!(old, [(1020, 1), (1320, 4), (1470, 0)]);
    assert!(status.iter().any(|run| run.day == next_day()));
}

#[test]
fn the_first_run_of_tomorrow_can_begin_today() {
    let mut site = site();
    site.routes.get_mut(&id("night")).unwrap().starts = vec![TimeOfDay(10)];
    for (clock, listed) in [("23:39", false), ("23:40", true)] {
        let status = monitor(&site, t(clock), &BTreeMap::new());
        assert_eq!(status.iter().any(|run| run.day == next_day()), listed, "{clock}");
    }
}

#[test]
fn a_run_that_has_begun_is_watched_by_its_own_plan() {
    let mut device = guard(1, "张三");
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let seen = view(&device, night());
    let mut site = site();
    site.routes.remove(&id("night"));
    let runs = BTreeMap::from([(seen.record, seen)]);
    let status = monitor(&site, t("22:46"), &runs);
    let run = status.iter().find(|run| run.record == night()).unwrap();
    assert_eq!(run.alarms.iter().map(|alarm| alarm.name.as_str()).collect::<Vec<_>>(), ["配电房"]);
}

#[test]
fn the_next_alarm_is_the_moment_the_desk_begins_to_ring() {
    let mut device = guard(1, "张三");
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let seen = view(&device, night());
    let runs = BTreeMap::from([(seen.record, seen)]);
    let mut now = t("21:00");
    let mut moments = Vec::new();
    for _ in 0..4 {
        let next = next_alarm_at(&site(), now, &runs).unwrap();
        let count = |now| ringing(&monitor(&site(), now, &runs)).len();
        assert!(count(ms(next, -1)) <= count(now), "nothing begins to ring before");
        assert!(count(next) > count(ms(next, -1)));
        moments.push(next);
        now = next;
    }
    // Power room, pump room, gate again; then the run of 24:30 begins to be missed.
    assert_eq!(moments, ["22:45", "22:55", "23:15", "25:05"].map(|clock| ms(t(clock), 1)));
}

#[test]
fn deadlines_run_for_what_is_owed() {
    let mut device = guard(1, "张三");
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    device.act(KIND, night(), json!({"do": "explain_missed", "stop": 1, "reason": "weather"})).unwrap();
    let kind = kinds::find(KIND).unwrap();
    let deadlines = kind.deadlines(&device.project(night()).view, &site().settings);
    let listed: Vec<_> = deadlines.iter().map(|it| (it.code.as_str(), it.since, it.due, it.rings)).collect();
    assert_eq!(
        listed,
        [
            ("stop_window", t("22:20"), t("22:40"), false),
            ("stop_missed", t("22:40"), t("22:55"), true),
            ("stop_window", t("22:40"), t("23:00"), false),
            ("stop_missed", t("23:00"), t("23:15"), true),
        ]
    );
}

// ---------------------------------------------------------------- ledger and wire

/// One of each fact.
fn every_fact() -> Vec<PatrolFact> {
    let plan = planned(run_at("fire", "10:00"));
    let at_stop = StopRef::from(&plan.stops[0]);
    let photo = Some(PhotoPlaceholder { taken_at: t("10:02"), caption: "表盘".into(), file: None, original: None });
    let result = |outcome, note: &str| ItemResult {
        key: "door".into(),
        name: "门锁".into(),
        outcome,
        reading: None,
        note: note.into(),
    };
    vec![
        PatrolFact::Started { plan: plan.clone() },
        PatrolFact::Planned { plan },
        PatrolFact::Scanned {
            at_stop: at_stop.clone(),
            method: ScanMethod::Nfc,
            code: "QR-配电房".into(),
            expected: Some(2),
            expected_name: Some("水泵房".into()),
        },
        PatrolFact::Checked { at_stop: at_stop.clone(), results: vec![result(Outcome::Normal, "")], all_normal: true },
        PatrolFact::Checked {
            at_stop: at_stop.clone(),
            results: vec![result(Outcome::Abnormal, "锁坏"), result(Outcome::NotApplicable, "门已拆")],
            all_normal: false,
        },
        PatrolFact::WrongPoint {
            expected_stop: Some(0), scanned_checkpoint: id("大堂"), scanned_name: "大堂".into()
        },
        PatrolFact::CannotScan {
            at_stop: at_stop.clone(),
            reason: CannotScanReason::CodeDamaged,
            note: "只剩一半".into(),
            photo: photo.clone(),
        },
        PatrolFact::Finding {
            at_stop: at_stop.clone(),
            item_key: "door".into(),
            item_name: "门锁".into(),
            description: "锁芯松动".into(),
            urgency: Urgency::Urgent,
            photo,
            order: Some(id("order")),
            order_number: Some("T1-0611-001".into()),
        },
        PatrolFact::MissedBecause { at_stop: at_stop.clone(), reason: MissedReason::NoAccess, note: "换锁".into() },
        PatrolFact::Exempted { at_stop, reason: "停电检修".into() },
        PatrolFact::Finished { left_out: Vec::new(), note: String::new(), signature: None },
        PatrolFact::Finished {
            left_out: vec!["大门".into(), "水泵房".into()],
            note: "下雨".into(),
            signature: Some("M0 0".into()),
        },
        PatrolFact::Countersigned { note: String::new(), signature: Some("M1 1".into()) },
    ]
}

#[test]
fn facts_as_they_stand_on_disk() {
    insta::assert_json_snapshot!("facts", every_fact());
    for fact in every_fact() {
        let text = serde_json::to_string(&fact).unwrap();
        assert_eq!(serde_json::from_str::<PatrolFact>(&text).unwrap(), fact);
    }
}

#[test]
fn every_fact_reads_in_both_languages() {
    let lines: String = every_fact()
        .iter()
        .map(|fact| {
            let line = PatrolRun::line(fact).unwrap();
            format!("{} {}\n  {} — {}\n", line.subject.zh, line.detail.zh, line.subject.en, line.detail.en)
        })
        .collect();
    insta::assert_snapshot!("ledger_lines", lines);
}

// ---------------------------------------------------------------- hostile and unknown

fn raw(number: u128, kind: &str, who: &str, role: Role, after: &[u128], body: Value) -> RawFact {
    RawFact {
        id: FactId(Uuid::from_u128(number)),
        kind: kind.into(),
        at: t("22:10"),
        by: signer(who, role),
        after: after.iter().map(|number| FactId(Uuid::from_u128(*number))).collect(),
        body: body.as_object().unwrap().clone(),
    }
}

fn record_with(facts: Vec<RawFact>) -> RecordDoc {
    let mut record = RecordDoc::empty(night());
    record.meta.insert("kind".into(), KIND.into());
    record.facts = facts;
    shuffled(&record, &[])
}

fn codes(record: &RecordDoc) -> Vec<String> {
    kinds::project(record).anomalies.into_iter().map(|anomaly| anomaly.code).collect()
}

#[test]
fn strange_facts_are_kept_and_do_no_harm() {
    let plan = serde_json::to_value(planned(night())).unwrap();
    let foreign = serde_json::to_value(planned(run_at("fire", "10:00"))).unwrap();
    let mut empty = plan.clone();
    empty["stops"] = json!([]);
    let scan_of = |stop: u16, name: &str| json!({"stop": stop, "checkpoint": id(name), "name": name, "method": "qr", "code": "x"});
    let start = |body: &Value| raw(1, "started", "张三", Role::Guard, &[], json!({"plan": body}));
    let cases: Vec<(&str, Vec<RawFact>, Vec<&str>, usize)> = vec![
        ("nothing at all", vec![], vec![], 0),
        (
            "a newer fact",
            vec![start(&plan), raw(2, "flown", "张三", Role::Guard, &[1], json!({"drone": 4}))],
            vec!["unknown_fact"],
            0,
        ),
        (
            "a newer method",
            vec![
                start(&plan),
                raw(
                    2,
                    "scanned",
                    "张三",
                    Role::Guard,
                    &[1],
                    json!({"stop": 0, "checkpoint": id("大门"), "name": "大门", "method": "signed_nfc", "code": "x"}),
                ),
            ],
            vec!["unknown_fact"],
            0,
        ),
        (
            "another run's plan",
            vec![start(&foreign), raw(2, "scanned", "张三", Role::Guard, &[1], scan_of(1, "配电房"))],
            vec!["plan_of_another_run", "no_such_stop"],
            0,
        ),
        (
            "a plan without stops",
            vec![start(&empty), raw(2, "scanned", "张三", Role::Guard, &[1], scan_of(0, "大门"))],
            vec!["no_such_stop"],
            0,
        ),
        (
            "a stop that is not planned",
            vec![start(&plan), raw(2, "scanned", "张三", Role::Guard, &[1], scan_of(0, "大堂"))],
            vec!["no_such_stop"],
            0,
        ),
        (
            "a number that lies",
            vec![start(&plan), raw(2, "scanned", "张三", Role::Guard, &[1], scan_of(60_000, "大门"))],
            vec![],
            1,
        ),
        (
            "facts in a circle",
            vec![
                start(&plan),
                raw(2, "scanned", "张三", Role::Guard, &[3], scan_of(0, "大门")),
                raw(3, "finished", "张三", Role::Guard, &[2], json!({})),
            ],
            vec![],
            1,
        ),
        (
            "a start in the wrong role still says what was planned",
            vec![
                raw(1, "started", "王五", Role::Worker, &[], json!({"plan": plan})),
                raw(2, "scanned", "张三", Role::Guard, &[1], scan_of(0, "大门")),
            ],
            vec!["no_role"],
            1,
        ),
        (
            "a countersignature before the signature",
            vec![start(&plan), raw(2, "countersigned", "主任", Role::CsSupervisor, &[1], json!({}))],
            vec!["not_legal_here"],
            0,
        ),
        (
            "a scan half a day early",
            vec![
                start(&plan),
                RawFact { at: t("08:00"), ..raw(2, "scanned", "张三", Role::Guard, &[1], scan_of(0, "大门")) },
            ],
            vec!["early"],
            1,
        ),
    ];
    for (what, facts, expected, visited) in cases {
        let count = facts.len();
        let record = record_with(facts);
        assert_eq!(codes(&record), expected, "{what}");
        let projection = kinds::project(&record);
        assert_eq!(projection.lines.len(), count, "{what}: the ledger leaves nothing out");
        let view: PatrolRunView = serde_json::from_value(projection.view).unwrap();
        assert_eq!(view.stops.iter().filter(|stop| stop.visited_at.is_some()).count(), visited, "{what}");
    }
}

#[test]
fn a_record_whose_plan_cannot_be_read_is_begun_anew() {
    let mut device = guard(1, "张三");
    let mut newer = guard(2, "李四");
    newer.act(KIND, night(), json!({"do": "start", "route": id("night"), "day": day(), "slot": 1320})).unwrap();
    let doc = newer.read(night()).unwrap();
    let mut body = doc.facts[0].body.clone();
    body.insert("plan".into(), json!({"version": 2}));
    // What a newer program would have written in the place of the start.
    device.write_raw(night(), "started", body, &[]);
    device.at(t("22:05")).act(KIND, night(), scan("大门")).unwrap();
    let kind = kinds::find(KIND).unwrap();
    let seen: PatrolRunView = serde_json::from_value(kind.project(&device.read(night()).unwrap()).view).unwrap();
    assert_eq!(seen.stops.len(), 4);
    assert!(seen.stops[0].visited_at.is_some());
}

// ---------------------------------------------------------------- any order

/// What one of three people does, at some minute, on their own device.
#[derive(Clone, Debug)]
enum Deed {
    Act(usize, u16, Value),
    Merge(usize, usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let action = prop_oneof![
        Just(start()),
        prop::sample::select(vec!["大门", "配电房", "水泵房", "大堂", "?"]).prop_map(scan),
        (prop::sample::select(vec!["大门", "配电房"]), 0u16..5).prop_map(|(name, stop)| scan_expecting(name, stop)),
        (0u16..4).prop_map(|stop| json!({"do": "all_normal", "stop": stop})),
        prop::sample::select(vec!["normal", "abnormal"])
            .prop_map(|outcome| json!({"do": "check", "stop": 0, "results": [result("door", outcome, "")]})),
        (0u16..4).prop_map(|stop| json!({"do": "cannot_scan", "stop": stop, "reason": "code_damaged"})),
        (0u16..4).prop_map(|stop| {
            json!({"do": "report_finding", "stop": stop, "description": "灯不亮", "urgency": "normal", "make_order": stop == 2})
        }),
        (0u16..4, prop::sample::select(vec!["weather", "incident"]))
            .prop_map(|(stop, reason)| json!({"do": "explain_missed", "stop": stop, "reason": reason})),
        (0u16..4).prop_map(|stop| json!({"do": "exempt", "stop": stop, "reason": "施工"})),
        Just(json!({"do": "finish"})),
        Just(json!({"do": "countersign"})),
        Just(json!({"do": "note", "text": "说明"})),
    ];
    prop_oneof![
        4 => (0usize..3, 0u16..120, action).prop_map(|(who, minute, action)| Deed::Act(who, minute, action)),
        1 => (0usize..3, 0usize..3).prop_map(|(to, from)| Deed::Merge(to, from)),
    ]
}

fn play(deeds: &[Deed]) -> Vec<Device> {
    let mut changed = site();
    let route = changed.routes.get_mut(&id("night")).unwrap();
    route.stops.reverse();
    let mut devices = vec![
        guard(1, "张三"),
        Device::of(2, changed, signer("李四", Role::Guard), t("22:00")),
        Device::of(3, site(), signer("主任", Role::CsSupervisor), t("22:00")),
    ];
    for deed in deeds {
        match deed {
            Deed::Act(who, minute, action) => {
                // Whatever is refused just does not happen.
                let at = t("21:30").plus_minutes(i64::from(*minute));
                let _refused = devices[*who].at(at).act(KIND, night(), action.clone());
            }
            Deed::Merge(to, from) => {
                let from = devices[*from].clone();
                devices[*to].merge(&from);
            }
        }
    }
    devices
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_order_of_merging_gives_the_same_run(
        deeds in prop::collection::vec(deed(), 1..24),
        order in prop::collection::vec(0usize..1000, 64),
    ) {
        let devices = play(&deeds);
        let (mut there, mut back) = (guard(4, "a"), guard(5, "b"));
        for device in &devices {
            there.merge(device);
        }
        for device in devices.iter().rev() {
            back.merge(device);
        }
        if there.read(night()).is_some_and(|record| record.kind() == KIND) {
            let (one, other) = (there.project(night()), back.project(night()));
            prop_assert_eq!(&one, &other);
            let again = kinds::project(&shuffled(&there.read(night()).unwrap(), &order));
            prop_assert_eq!(&one, &again);
            // What was visited on any device stays visited.
            let merged: PatrolRunView = serde_json::from_value(one.view).unwrap();
            for device in &devices {
                if device.read(night()).is_none() {
                    continue;
                }
                for stop in view(device, night()).stops.iter().filter(|stop| stop.visited_at.is_some()) {
                    let credited = merged.stops.iter().any(|it| it.checkpoint == stop.checkpoint && it.visited_at.is_some());
                    prop_assert!(credited, "{} was visited", stop.name);
                }
            }
        }
    }

    #[test]
    fn no_set_of_facts_upsets_the_view(
        facts in prop::collection::vec((0u128..12, 0usize..13, 0u16..6, 0usize..4, prop::collection::vec(0u128..12, 0..3), any::<i64>()), 0..16),
        order in prop::collection::vec(0usize..1000, 16),
        now in any::<i64>(),
    ) {
        let samples = every_fact();
        let own = planned(night());
        let mut seen = std::collections::BTreeSet::new();
        let facts: Vec<RawFact> = facts
            .into_iter()
            .filter(|fact| seen.insert(fact.0))
            .map(|(number, which, stop, role, after, at)| {
                let mut body = serde_json::to_value(&samples[which]).unwrap();
                if body.get("plan").is_some() && stop % 2 == 0 {
                    body["plan"] = serde_json::to_value(&own).unwrap();
                }
                if body.get("stop").is_some() {
                    body["stop"] = stop.into();
                }
                let kind = body["type"].as_str().unwrap().to_owned();
                body.as_object_mut().unwrap().remove("type");
                let role = [Role::Guard, Role::Worker, Role::CsSupervisor, Role::DeptHead][role];
                RawFact { at: Timestamp(at), ..raw(number, &kind, &format!("{role:?}"), role, &after, body) }
            })
            .collect();
        let record = record_with(facts);
        let projection = kinds::project(&record);
        let view: PatrolRunView = serde_json::from_value(projection.view.clone()).unwrap();
        prop_assert_eq!(&projection, &kinds::project(&shuffled(&record, &order)));
        prop_assert_eq!(projection.lines.len(), record.facts.len());
        prop_assert_eq!(run_now(&view, Timestamp(now)).stops.len(), view.stops.len());
        kinds::find(KIND).unwrap().deadlines(&projection.view, &site().settings);
    }
}

#[test]
fn what_closed_before_the_route_was_defined_was_never_owed() {
    let mut site = site();
    let day = day();
    let all = dutybook_domain::patrol_run::runs_of(&site, day);
    let run = &all[0];
    let last = run.stops.iter().map(|stop| stop.closes).max().unwrap();
    site.routes_since.insert(run.route, last.plus_minutes(-1));
    let left = dutybook_domain::patrol_run::runs_of(&site, day);
    let same = left.iter().find(|other| other.record == run.record).unwrap();
    assert!(same.stops.iter().all(|stop| stop.closes == last));
    site.routes_since.insert(run.route, last);
    assert!(dutybook_domain::patrol_run::runs_of(&site, day).iter().all(|other| other.record != run.record));
}
