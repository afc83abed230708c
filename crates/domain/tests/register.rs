//! Bound registers: every sheet is in order, what it offers is what it takes, and merges of devices that acted apart.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/duty.rs"]
mod duty;

use std::collections::BTreeSet;

use common::{Device, MORNING, codes, just, meet, person, shuffled, signer};
use duty::{at, day, rostered};
use dutybook_domain::register::sheet::{Holds, Sheet};
use dutybook_domain::register::{CellValue, EntryView, SHEETS, find};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::Settings;
use dutybook_domain::{RecordId, kinds};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}
fn manager() -> Signer {
    signer("项目经理", Role::ProjectManager)
}
fn worker() -> Signer {
    signer("老李", Role::Worker)
}

/// An instruction of the manager to 老李, due in two hours.
fn instruction() -> Value {
    json!({ "do": "write", "giver": [person("项目经理")], "source": "spoken", "content": "今天把南门的灯全部修好",
        "owner": [person("老李")], "due": MORNING.plus_minutes(120) })
}

fn cell<'v>(view: &'v EntryView, key: &str) -> &'v [CellValue] {
    &view.cells.iter().find(|cell| cell.key == key).unwrap().values
}

/// Values that a person might give for every column of a form.
fn filled(columns: impl Iterator<Item = &'static dutybook_domain::register::sheet::Column>) -> Map<String, Value> {
    columns
        .map(|column| {
            let value = match column.holds {
                Holds::Person | Holds::People => json!([person("老李")]),
                Holds::Moment => json!(MORNING.plus_minutes(90)),
                Holds::Day => json!("2026-06-11"),
                Holds::Count(_) => json!(2),
                Holds::Choice(options) => json!(options[0].0),
                _ => json!(format!("{}的内容", column.words.0)),
            };
            (column.key.to_owned(), value)
        })
        .collect()
}

fn action(name: &str, mut values: Map<String, Value>) -> Value {
    values.insert("do".into(), name.into());
    Value::Object(values)
}

/// Everybody who could have a part in an entry that was written by `filled`.
fn cast() -> Vec<Signer> {
    vec![
        officer(),
        worker(),
        signer("工程主任", Role::DeptHead),
        signer("客服主任", Role::CsSupervisor),
        manager(),
        signer("档案员", Role::Archivist),
        signer("管理员", Role::Admin),
    ]
}

fn written(sheet: &'static Sheet) -> (Device, RecordId) {
    let mut device = Device::new("D1", 1);
    let writer = cast()
        .into_iter()
        .find(|who| sheet.writers.iter().any(|by| by.by_role(who.role) == Some(true)))
        .expect("somebody writes into it");
    let record = device.start(&writer, sheet.kind, action("write", filled(sheet.entry_columns()))).unwrap();
    (device, record)
}

#[test]
fn every_sheet_is_in_order() {
    let faults: Vec<String> = SHEETS.iter().flat_map(|sheet| sheet.faults()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let names: BTreeSet<&str> = SHEETS.iter().map(|sheet| sheet.kind).collect();
    assert_eq!(names.len(), SHEETS.len());
    for sheet in SHEETS {
        assert!(kinds::find(sheet.kind).is_some(), "{} is no kind of record", sheet.kind);
        assert_eq!(find(sheet.kind).unwrap().kind, sheet.kind);
    }
}

#[test]
fn the_headings_and_columns_are_those_of_the_regulations() {
    let printed: Vec<String> = SHEETS
        .iter()
        .map(|sheet| {
            let columns: Vec<&str> = sheet.columns.iter().map(|column| column.words.0).collect();
            format!("《{}》{}", sheet.heading.0, columns.join("·"))
        })
        .collect();
    insta::assert_snapshot!(printed.join("\n"));
}

/// The whole of every sheet: each state is reached, and there exactly the offered steps are taken, by everybody who
/// could have a part in it.
#[test]
fn what_is_offered_is_what_is_taken() {
    for sheet in SHEETS {
        let (device, record) = written(sheet);
        let mut reached = BTreeSet::new();
        let mut open = vec![device];
        while let Some(device) = open.pop() {
            let state = device.view::<EntryView>(record).state;
            if !reached.insert(state.clone()) {
                continue;
            }
            for who in cast() {
                let offered = device.offered(&who, record);
                for step in sheet.steps {
                    let mut next = device.clone();
                    let done = next.perform(&who, sheet.kind, record, action(step.name, filled(step.asks.iter())));
                    let (kind, name) = (sheet.kind, step.name);
                    assert_eq!(
                        done.is_ok(),
                        offered.contains(&step.name.into()),
                        "{kind}: {name} in {state} by {}: {done:?}",
                        who.name
                    );
                    if let Err(refusal) = done {
                        assert!(["no_role", "not_offered"].contains(&refusal.code.as_str()), "{}", refusal.code);
                        continue;
                    }
                    assert!(codes(&next.project(record)).is_empty(), "{kind}: {name}");
                    let view: EntryView = next.view(record);
                    assert!(view.taken.iter().any(|taken| taken.step == step.name), "{kind}: {name} is not in force");
                    open.push(next);
                }
            }
        }
        let all: BTreeSet<String> = sheet.states.iter().map(|state| state.name.into()).collect();
        assert_eq!(reached, all, "{}: states that nothing leads to", sheet.kind);
    }
}

#[test]
fn a_column_takes_what_it_holds_and_nothing_else() {
    let table: [(&str, Value, &str); 12] = [
        ("content", json!(""), "missing"),
        ("content", json!("   "), "missing"),
        ("content", json!(7), "unreadable_value"),
        ("owner", json!([]), "missing"),
        ("owner", json!([{ "name": "老李" }]), "unreadable_value"),
        ("owner", json!(person("老李")), "ok"),
        ("due", Value::Null, "missing"),
        ("due", json!("明天"), "unreadable_value"),
        ("due", json!(-1), "unreadable_value"),
        ("source", json!("by_pigeon"), "unreadable_value"),
        ("source", json!(""), "ok"),
        ("colour", json!("red"), "unknown_column"),
    ];
    for (key, value, expected) in table {
        let mut device = Device::new("D1", 1);
        let mut sent = instruction();
        sent[key] = value.clone();
        let done = device.start(&officer(), "instruction", sent);
        assert_eq!(done.as_ref().map_or_else(|refusal| refusal.code.as_str(), |_| "ok"), expected, "{key}: {value}");
    }
    let mut device = Device::new("D1", 1);
    let refused = device.start(&worker(), "instruction", instruction()).unwrap_err();
    assert_eq!(refused.code, "no_role", "a worker gives no instructions");
    let refused = device.start(&officer(), "instruction", just("acknowledge")).unwrap_err();
    assert_eq!(refused.code, "no_such_record");
}

#[test]
fn an_instruction_from_its_giver_to_the_report_back() {
    let mut device = Device::new("D1", 1);
    let record = device.start(&officer(), "instruction", instruction()).unwrap();
    let settings = Settings::default();
    let clocks =
        |device: &Device| kinds::find("instruction").unwrap().deadlines(&device.project(record).view, &settings);
    let due: Vec<_> = clocks(&device).into_iter().map(|clock| (clock.code, clock.due)).collect();
    assert_eq!(
        due,
        [("acknowledge".into(), MORNING.plus_minutes(30)), ("due".into(), MORNING.plus_minutes(120))],
        "30 minutes to take it on"
    );
    let card = device.project(record).card;
    assert_eq!(card.number.as_deref(), Some("D1-0611-001"));
    assert_eq!(card.responsible, [person("老李")]);

    device.later(10);
    device.perform(&worker(), "instruction", record, just("acknowledge")).unwrap();
    let said = json!({ "do": "progress", "progress": "修好六盏,还差两盏" });
    device.perform(&worker(), "instruction", record, said).unwrap();
    device.perform(&worker(), "instruction", record, json!({ "do": "complete", "result": "八盏全亮" })).unwrap();
    let view: EntryView = device.view(record);
    assert_eq!(view.state, "done");
    assert_eq!(cell(&view, "progress"), [CellValue::Text("修好六盏,还差两盏".into())]);
    assert_eq!(cell(&view, "done_at"), [CellValue::Moment(MORNING.plus_minutes(10))]);
    assert_eq!(cell(&view, "giver"), [CellValue::People(vec![person("项目经理")])]);
    assert!(clocks(&device).is_empty(), "no clock runs on what is done");

    device.perform(&officer(), "instruction", record, json!({ "do": "report", "answer": "已报项目经理" })).unwrap();
    let projection = device.project(record);
    assert!(!projection.card.open);
    let lines: Vec<String> =
        projection.lines.iter().map(|line| format!("{} | {}", line.subject.zh, line.detail.zh)).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_overdue_instruction_is_back_with_whoever_gave_it() {
    let mut device = Device::new("D1", 1);
    let record = device.start(&officer(), "instruction", instruction()).unwrap();
    device.perform(&worker(), "instruction", record, just("acknowledge")).unwrap();
    let sheet = find("instruction").unwrap();
    let settings = Settings::default();
    let waits = |device: &Device, who: &Signer, minutes: i64| {
        sheet.waits_for(&device.view(record), &settings, who, MORNING.plus_minutes(minutes))
    };
    assert!(waits(&device, &worker(), 60) && !waits(&device, &manager(), 60));
    assert!(waits(&device, &worker(), 120) && waits(&device, &manager(), 120), "its time ran out");

    // The giver sets another time: it is with the worker again.
    device.later(121);
    let extend = json!({ "do": "extend", "due": MORNING.plus_minutes(300), "reason": "等配件" });
    assert_eq!(device.perform(&worker(), "instruction", record, extend.clone()).unwrap_err().code, "no_role");
    device.perform(&manager(), "instruction", record, extend).unwrap();
    assert!(!waits(&device, &manager(), 200) && waits(&device, &worker(), 200));
    assert_eq!(cell(&device.view(record), "due"), [CellValue::Moment(MORNING.plus_minutes(300))]);

    // The desk may also give it back outright; then it waits for the giver alone.
    device.perform(&officer(), "instruction", record, json!({ "do": "hand_back", "reason": "缺灯具" })).unwrap();
    let card = device.project(record).card;
    assert_eq!((card.state.as_str(), card.responsible), ("back", vec![person("项目经理")]));
    let redirect = json!({ "do": "redirect", "owner": [person("老张")], "reason": "老张有灯具" });
    device.perform(&manager(), "instruction", record, redirect).unwrap();
    assert_eq!(device.project(record).card.responsible, [person("老张")]);
    let refused = device.perform(&worker(), "instruction", record, just("acknowledge")).unwrap_err();
    assert_eq!(refused.code, "no_role", "it is no longer his");
}

#[test]
fn two_who_redirect_apart_stand_side_by_side_until_somebody_decides() {
    let mut one = Device::new("D1", 1);
    let record = one.start(&officer(), "instruction", instruction()).unwrap();
    let mut other = Device::new("D2", 2);
    meet(&mut one, &mut other);
    let redirect = |name: &str| json!({ "do": "redirect", "owner": [person(name)], "reason": "更近" });
    one.perform(&manager(), "instruction", record, redirect("老张")).unwrap();
    other.perform(&signer("客服主任", Role::CsSupervisor), "instruction", record, redirect("老赵")).unwrap();
    meet(&mut one, &mut other);

    assert_eq!(one.project(record), other.project(record));
    assert_eq!(codes(&one.project(record)), ["side_by_side"]);
    let view: EntryView = one.view(record);
    assert_eq!(view.owners, [person("老张"), person("老赵")]);
    assert_eq!(cell(&view, "owner").len(), 2, "both stand in the printed row");
    assert!(!one.offered(&officer(), record).contains(&"decide".into()));
    assert_eq!(one.offered(&manager(), record)[0], "decide");

    let sides = &view.undecided[0].sides;
    let decide = |of, reason: &str| json!({ "do": "decide", "of": of, "reason": reason });
    for (sent, code) in [
        (decide(json!(sides[1].stamp.fact), ""), "missing"),
        (decide(json!(view.written.as_ref().unwrap().fact), "随便"), "missing"),
    ] {
        assert_eq!(one.perform(&manager(), "instruction", record, sent).unwrap_err().code, code);
    }
    let chosen = decide(json!(sides[1].stamp.fact), "老赵在现场");
    assert_eq!(one.perform(&officer(), "instruction", record, chosen.clone()).unwrap_err().code, "no_role");
    one.perform(&manager(), "instruction", record, chosen).unwrap();
    let view: EntryView = one.view(record);
    assert_eq!(view.owners, [person("老赵")]);
    assert!(view.undecided.is_empty() && codes(&one.project(record)).is_empty());
    assert_eq!(view.taken.len(), 2, "what was not chosen stays in the history");
}

#[test]
fn a_regulation_is_read_when_everybody_has_read_it() {
    let mut desk = Device::new("D1", 1);
    let supervisor = signer("客服主任", Role::CsSupervisor);
    let (a, b) = (signer("甲", Role::Guard), signer("乙", Role::Worker));
    let publish = json!({ "do": "write", "name": "值班纪律", "version": "2026-1", "body": "一、准时到岗。",
        "readers": [person("甲"), person("乙")] });
    assert_eq!(desk.start(&officer(), "regulation", publish.clone()).unwrap_err().code, "no_role");
    let record = desk.start(&supervisor, "regulation", publish).unwrap();
    let mut tablet = Device::new("T1", 2);
    meet(&mut desk, &mut tablet);
    // Both read it on devices that do not see each other; one even twice.
    desk.perform(&a, "regulation", record, just("read")).unwrap();
    tablet.perform(&b, "regulation", record, just("read")).unwrap();
    let mut third = Device::new("T2", 3);
    third.merge(&tablet);
    assert_eq!(desk.project(record).card.responsible, [person("乙")], "one is still missing");
    assert_eq!(desk.outcome("regulation", record, just("read")), "no_role", "the duty officer is not on the list");
    meet(&mut desk, &mut tablet);
    let view: EntryView = desk.view(record);
    assert_eq!(view.state, "read");
    assert_eq!(cell(&view, "read_by"), [CellValue::People(vec![person("甲"), person("乙")])]);
    assert!(desk.offered(&a, record).is_empty());
    assert!(desk.project(record).lines.is_empty(), "a regulation does not bury the ledger");
    assert_eq!(codes(&desk.project(record)), Vec::<&str>::new());
}

#[test]
fn a_resolution_becomes_an_instruction_with_one_tap() {
    let mut device = Device::new("D1", 1);
    let minutes = json!({ "do": "write", "at": MORNING, "place": "会议室", "chair": [person("项目经理")],
        "people": [person("项目经理"), person("老李")], "topic": "汛期准备", "resolution": "一周内清完雨水井。" });
    let record = device.start(&officer(), "minutes", minutes).unwrap();
    let resolve = json!({ "do": "resolve", "content": "清完雨水井", "owner": [person("老李")],
        "due": MORNING.plus_minutes(7 * 24 * 60), "giver": [person("项目经理")] });
    let steps = device.perform(&officer(), "minutes", record, resolve).unwrap();
    assert_eq!(steps.len(), 2, "one transaction");
    let view: EntryView = device.view(record);
    let began = view.taken[0].began.clone().unwrap();
    assert_eq!((began.record, began.kind.as_str()), (steps[1].record, "instruction"));
    let instruction: EntryView = device.view(began.record);
    assert_eq!(instruction.title, "清完雨水井");
    assert_eq!(instruction.giver, Some(person("项目经理")));
    assert_eq!(instruction.origin.unwrap().record, record);
    assert_eq!(instruction.number, Some(began.number));
}

#[test]
fn a_correction_changes_one_cell_and_both_values_stay() {
    let mut device = Device::new("D1", 1);
    let record = device.start(&officer(), "instruction", instruction()).unwrap();
    let view: EntryView = device.view(record);
    let amend = json!({ "do": "amend", "of": view.written.unwrap().fact, "field": "content", "value": "今天把北门的灯全部修好",
        "reason": "听错了" });
    device.perform(&officer(), "instruction", record, amend).unwrap();
    let view: EntryView = device.view(record);
    assert_eq!(cell(&view, "content"), [CellValue::Text("今天把北门的灯全部修好".into())]);
    let history = kinds::find("instruction").unwrap().history(&device.read(record).unwrap());
    assert_eq!(history[0].amended[0].was, json!("今天把南门的灯全部修好"));
}

#[test]
fn what_nobody_had_a_right_to_is_shown_and_not_in_force() {
    let mut device = Device::new("D1", 1);
    let record = device.start(&officer(), "instruction", instruction()).unwrap();
    let raw = |values: Value| -> Map<String, Value> { serde_json::from_value(values).unwrap() };
    device.signed_in(signer("过路人", Role::Guard));
    device.write_raw(record, "stepped", raw(json!({ "step": "complete", "zone": 480, "result": "好了" })), &[]);
    device.write_raw(record, "stepped", raw(json!({ "step": "explode", "zone": 480 })), &[]);
    device.write_raw(record, "written", raw(json!({ "zone": 480, "content": "另一条" })), &[]);
    let projection = device.project(record);
    assert_eq!(codes(&projection), ["no_role", "not_legal_here", "not_legal_here"]);
    assert_eq!(projection.card.state, "waiting");
    // A value of the wrong type is shown as it stands, and nothing fails.
    let mut other = Device::new("D2", 2);
    let strange = RecordId(record.0);
    other.merge(&device);
    other.signed_in(officer());
    other.write_raw(strange, "stepped", raw(json!({ "step": "progress", "zone": 480, "progress": 7 })), &[]);
    let view: EntryView = other.view(strange);
    assert_eq!(view.state, "waiting");
}

/// What devices do apart, in every order of merging, comes to one and the same row.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Take,
    Say,
    Finish,
    Report,
    Redirect,
    Extend,
    Back,
    Withdraw,
}

fn deeds() -> impl Strategy<Value = Vec<(u8, Deed)>> {
    use Deed::{Back, Extend, Finish, Redirect, Report, Say, Take, Withdraw};
    let deed = prop::sample::select(vec![Take, Say, Finish, Report, Redirect, Extend, Back, Withdraw]);
    prop::collection::vec((0u8..3, deed), 1..12)
}

/// D2.7.3: on every shift of the desk one test of the lines is owed, and rings when it is missing; what is written on
/// that shift is that one, and a second test is a row of its own.
#[test]
fn a_line_test_is_owed_once_on_every_shift_of_the_desk() {
    let kind = kinds::find("line_test").unwrap();
    let mut desk = Device::of(1, rostered(), signer("甲", Role::DutyOfficer), at("2026-06-11 09:00"));
    let owed = kind.planned(&desk.site, day("2026-06-11"));
    let titles: Vec<&str> = owed.iter().map(|it| it.card.title.as_str()).collect();
    assert_eq!(titles, ["线路测试 早班", "线路测试 晚班", "线路测试 夜班"]);
    let early = &owed[0];
    let clock = kind.deadlines(&early.view, &desk.site.settings).remove(0);
    assert_eq!((clock.due.minutes_since(clock.since), clock.rings), (60, true));
    assert!(early.card.open && kind.offers(Some(&early.view), &desk.who, &desk.site)[0].action == "write");

    let test = json!({ "do": "write", "hotline": "fine", "second": "dead", "handling": "已报电信" });
    let who = desk.who.clone();
    desk.start(&who, "line_test", test.clone()).unwrap();
    let done = desk.project(early.record);
    assert!(!done.card.open && done.view["due"].is_null());
    desk.start(&who, "line_test", test.clone()).unwrap();
    let rows: Vec<RecordId> = desk.docs.keys().copied().filter(|it| it.is_of_kind("line_test")).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| codes(&desk.project(*row)).is_empty()));
    desk.act("line_test", early.record, json!({ "do": "restored", "restored": "电信已修复" })).unwrap();

    // Somebody who does not run the desk writes none.
    let guard = signer("岗", Role::Guard);
    assert_eq!(desk.start(&guard, "line_test", test).unwrap_err().code, "no_role");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_facts_give_the_same_row_in_any_order(
        deeds in deeds(),
        meetings in prop::collection::vec((0usize..3, 0usize..3), 0..6),
        order in prop::collection::vec(any::<u16>(), 40),
    ) {
        let mut devices: Vec<Device> = (1..=3).map(|rank| Device::new(&format!("D{rank}"), rank)).collect();
        let record = devices[0].start(&officer(), "instruction", instruction()).unwrap();
        for at in 1..3 {
            let first = devices[0].clone();
            devices[at].hear(&first);
        }
        let mut meetings = meetings.into_iter();
        for (at, deed) in deeds {
            let device = &mut devices[usize::from(at)];
            device.later(1);
            let (who, action) = match deed {
                Deed::Take => (worker(), just("acknowledge")),
                Deed::Say => (worker(), json!({ "do": "progress", "progress": "在做" })),
                Deed::Finish => (worker(), json!({ "do": "complete", "result": "好了" })),
                Deed::Report => (officer(), json!({ "do": "report", "answer": "已报" })),
                Deed::Redirect => (manager(), json!({ "do": "redirect", "owner": [person("老张"), person("老李")], "reason": "忙" })),
                Deed::Extend => (manager(), json!({ "do": "extend", "due": device.now.plus_minutes(60), "reason": "等件" })),
                Deed::Back => (officer(), json!({ "do": "hand_back", "reason": "缺件" })),
                Deed::Withdraw => (manager(), json!({ "do": "withdraw", "reason": "不用了" })),
            };
            let _ = device.perform(&who, "instruction", record, action);
            if let Some((a, b)) = meetings.next() {
                let other = devices[b].clone();
                devices[a].hear(&other);
            }
        }
        for _ in 0..2 {
            for at in 0..3 {
                let next = devices[(at + 1) % 3].clone();
                devices[at].hear(&next);
            }
        }
        let whole = devices[0].project(record);
        prop_assert_eq!(&whole, &devices[1].project(record));
        prop_assert_eq!(&whole, &devices[2].project(record));
        let order: Vec<usize> = order.into_iter().map(usize::from).collect();
        let found_otherwise = shuffled(&devices[0].read(record).unwrap(), &order);
        prop_assert_eq!(whole, kinds::project(&found_otherwise));
    }
}
