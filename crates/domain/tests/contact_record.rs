//! Calls and visits, in the words of D1.1.3, D2.5, D2.7.2 and D3.1.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, just, meet, person, signer};
use dutybook_domain::contact_record::{ContactState, ContactView, repeats};
use dutybook_domain::engine::Urgency;
use dutybook_domain::record::{RawFact, RecordDoc, in_causal_order};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{Settings, Site};
use dutybook_domain::work_order::{Source, WorkOrderView};
use dutybook_domain::{FactId, RecordId, Timestamp, kinds};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

const KIND: &str = "contact_record";

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn guard() -> Signer {
    signer("钱队员", Role::Guard)
}

fn call(category: &str) -> Value {
    json!({ "do": "register", "way": "call", "rings": 2, "category": category, "unit_label": "3-2-1502",
            "name": "陈女士", "phone": "13800000000", "summary": "厨房跑水,快来", "urgency": "urgent" })
}

fn action(name: &str) -> Value {
    match name {
        "register" => call("repair"),
        "complete" => json!({ "do": "complete", "name": "陈女士" }),
        "make_order" => just("make_order"),
        "answer" => json!({ "do": "answer", "result": "已告知缴费时间" }),
        "follow_up" => json!({ "do": "follow_up", "method": "visit", "opinion": "满意" }),
        "reopen" => json!({ "do": "reopen", "reason": "又来电" }),
        "set_next_contact" => json!({ "do": "set_next_contact", "next_contact": MORNING.plus_minutes(600) }),
        "chase" => json!({ "do": "chase", "department": "工程部", "text": "几点能到" }),
        "answer_chase" => json!({ "do": "answer_chase", "text": "九点" }),
        "call_back" => json!({ "do": "call_back", "reached": true, "category": "repair", "summary": "水管漏" }),
        "mark_repeat" => json!({ "do": "mark_repeat", "record": Uuid::nil(), "number": "D1-0610-004" }),
        plain => just(plain),
    }
}

fn view(device: &Device, record: RecordId) -> ContactView {
    serde_json::from_value(device.project(record).view).unwrap()
}

#[rustfmt::skip]
const TABLE: &[(ContactState, &[&str], &str, &str)] = &[
    (ContactState::Open, &[], "guard", "complete make_order>converted mark_repeat"),
    (ContactState::Open, &[], "desk", "complete make_order>converted answer>answered mark_repeat set_next_contact chase"),
    (ContactState::Converted, &["make_order"], "guard", "complete make_order mark_repeat"),
    (ContactState::Converted, &["make_order"], "desk", "complete make_order answer>answered follow_up close>closed mark_repeat"),
    (ContactState::Answered, &["answer"], "guard", "complete make_order>converted mark_repeat"),
    (ContactState::Answered, &["answer"], "desk", "complete make_order>converted answer follow_up close>closed mark_repeat"),
    (ContactState::Closed, &["answer", "close"], "guard", "complete"),
    (ContactState::Closed, &["answer", "close"], "desk", "complete reopen>open"),
];

#[test]
fn the_table_says_who_may_do_what_where() {
    const ACTIONS: [&str; 13] = [
        "register",
        "complete",
        "make_order",
        "answer",
        "follow_up",
        "close",
        "reopen",
        "mark_repeat",
        "make_complaint",
        "call_back",
        "set_next_contact",
        "chase",
        "answer_chase",
    ];
    for (state, way, row, cells) in TABLE {
        let mut device = Device::new("D1", 1);
        let record =
            device.start(&officer(), KIND, json!({ "do": "register", "way": "visit", "category": "repair" })).unwrap();
        for name in *way {
            device.perform(&officer(), KIND, record, action(name)).unwrap();
        }
        assert_eq!(view(&device, record).state, *state);
        let roles: &[Role] = match *row {
            "guard" => &[Role::Guard, Role::Worker, Role::DeptHead],
            _ => &[Role::DutyOfficer, Role::CsSupervisor, Role::CsManager, Role::DutyManager, Role::ProjectManager],
        };
        let none = [Role::Archivist, Role::Admin];
        for (role, cells) in roles.iter().map(|role| (role, *cells)).chain(none.iter().map(|role| (role, ""))) {
            let who = signer("别人", *role);
            let mut expected: Vec<(String, &str)> = cells
                .split_whitespace()
                .map(|cell| {
                    cell.split_once('>').map_or((cell.into(), state.name()), |(name, then)| (name.into(), then))
                })
                .collect();
            expected.sort();
            let mut found = Vec::new();
            for name in ACTIONS {
                let mut copy = Device::new("D1", 2);
                copy.hear(&device);
                match copy.perform(&who, KIND, record, action(name)) {
                    Ok(_) => found.push((name.to_owned(), view(&copy, record).state.name())),
                    Err(refusal) => assert!(["not_offered", "no_role"].contains(&refusal.code.as_str()), "{refusal:?}"),
                }
            }
            found.sort();
            assert_eq!(found, expected, "{who:?} in {state:?}");
            let mut offered = device.offered(&who, record);
            offered.sort();
            assert_eq!(offered, expected.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), "{who:?} in {state:?}");
        }
    }
}

/// D3: the ten-second record. A way and a chip are enough; the rest follows.
#[test]
fn a_way_and_a_category_are_enough_and_the_rest_may_follow() {
    let mut device = Device::new("T1", 1);
    let record = device.start(&guard(), KIND, json!({ "do": "register", "way": "visit", "category": "help" })).unwrap();
    let missing: Vec<String> = view(&device, record).missing.into_iter().map(|words| words.zh).collect();
    assert_eq!(missing, ["房号/单位", "业户姓名", "联系电话", "内容摘要"]);
    let rest = json!({ "do": "complete", "unit_label": "3-2-1502", "name": "陈女士", "phone": "13800000000", "summary": "迷路老人", "handling": " " });
    device.later(5).perform(&guard(), KIND, record, rest).unwrap();
    let view = view(&device, record);
    assert!(view.missing.is_empty());
    assert_eq!((view.name.as_str(), view.summary.as_str(), view.handling.as_str()), ("陈女士", "迷路老人", ""));
    assert_eq!(view.at, MORNING);
    assert!(!device.offered(&guard(), record).contains(&"complete".into()));
    let other = json!({ "do": "register", "way": "call", "category": "other" });
    assert_eq!(device.start(&officer(), KIND, other).unwrap_err().code, "missing");
    assert!(device.start(&officer(), KIND, json!({ "do": "register", "way": "call" })).is_err());
    assert_eq!(device.start(&signer("档案员", Role::Archivist), KIND, call("repair")).unwrap_err().code, "no_role");
}

#[test]
fn what_was_written_first_stays() {
    let (mut desk, mut tablet) = (Device::new("D1", 1), Device::new("T1", 2));
    let record = desk
        .start(&officer(), KIND, json!({ "do": "register", "way": "call", "category": "repair", "phone": "1" }))
        .unwrap();
    let refusal = desk.perform(&officer(), KIND, record, json!({ "do": "complete", "phone": "2" })).unwrap_err();
    assert_eq!(refusal.code, "already_given");
    assert_eq!(
        desk.perform(&officer(), KIND, record, json!({ "do": "complete", "name": " " })).unwrap_err().code,
        "missing"
    );
    tablet.hear(&desk);
    desk.perform(&officer(), KIND, record, json!({ "do": "complete", "name": "陈女士" })).unwrap();
    tablet.perform(&guard(), KIND, record, json!({ "do": "complete", "name": "程女士", "summary": "门锁坏" })).unwrap();
    meet(&mut desk, &mut tablet);
    assert_eq!(desk.project(record), tablet.project(record));
    let both = view(&desk, record);
    assert_eq!((both.name.as_str(), both.summary.as_str()), ("陈女士", "门锁坏"));
    let projection = desk.project(record);
    assert_eq!(codes(&projection), ["already_given"]);
    // Both names stay readable, and a correction settles it.
    let received = view(&desk, record).received.unwrap().fact;
    let amend = json!({ "do": "amend", "of": received, "field": "name", "value": "程女士", "reason": "听错" });
    desk.perform(&officer(), KIND, record, amend).unwrap();
    assert_eq!(view(&desk, record).name, "程女士");
}

/// D1.1.3: one record feeds the next; nothing is typed twice.
#[test]
fn saved_and_dispatched_in_one_action() {
    let mut device = Device::new("D1", 1);
    let mut register = call("repair");
    register["dispatch_to"] = json!([person("张师傅"), person("李师傅")]);
    let record = device.start(&officer(), KIND, register).unwrap();
    let contact = view(&device, record);
    assert_eq!((contact.state, contact.orders.len()), (ContactState::Converted, 1));
    let (order, number) = (contact.orders[0].order, contact.orders[0].number.clone());
    assert_eq!((contact.number.as_deref(), number.as_str()), (Some("D1-0611-001"), "D1-0611-002"));
    let projection = device.project(order);
    assert_eq!((projection.kind.as_str(), projection.card.number.as_deref()), ("work_order", Some("D1-0611-002")));
    assert!(projection.anomalies.is_empty());
    let work: WorkOrderView = serde_json::from_value(projection.view).unwrap();
    assert_eq!(work.state.name(), "dispatched");
    assert_eq!(work.source, Source::Contact { record, number: "D1-0611-001".into() });
    assert_eq!((work.title.as_str(), work.unit_label.as_str()), ("厨房跑水,快来", "3-2-1502"));
    assert_eq!((work.reporter_name.as_str(), work.reporter_phone.as_str()), ("陈女士", "13800000000"));
    assert_eq!((work.category.as_str(), work.urgency), ("报修", Urgency::Urgent));
    assert_eq!(work.awaited, [person("张师傅"), person("李师傅")]);
    assert_eq!(projection.card.responsible, [person("张师傅")]);
    assert_eq!(device.docs.len(), 2);
}

#[test]
fn a_guard_makes_an_order_but_does_not_dispatch_it() {
    let mut device = Device::new("T1", 1);
    let mut register = call("repair");
    register["make_order"] = json!(true);
    let record = device.start(&guard(), KIND, register.clone()).unwrap();
    assert_eq!(device.project(view(&device, record).orders[0].order).card.state, "pending");
    let before = device.docs.len();
    register["dispatch_to"] = json!([person("张师傅")]);
    assert_eq!(device.start(&guard(), KIND, register.clone()).unwrap_err().code, "no_role");
    register["dispatch_to"] = json!([]);
    register["result"] = json!("已修");
    assert_eq!(device.start(&guard(), KIND, register).unwrap_err().code, "no_role");
    // Nothing is written by half.
    assert_eq!(device.docs.len(), before);
}

#[test]
fn an_order_made_later_takes_what_was_completed() {
    let mut device = Device::new("D1", 1);
    let record =
        device.start(&officer(), KIND, json!({ "do": "register", "way": "call", "category": "repair" })).unwrap();
    device
        .perform(&officer(), KIND, record, json!({ "do": "complete", "summary": "灯不亮\n二楼", "unit_label": "大堂" }))
        .unwrap();
    device.perform(&officer(), KIND, record, json!({ "do": "make_order", "urgency": "critical" })).unwrap();
    let card = device.project(view(&device, record).orders[0].order).card;
    assert_eq!(
        (card.title.as_str(), card.urgency, card.place.as_deref()),
        ("灯不亮", Some(Urgency::Critical), Some("大堂"))
    );
    let offers = device.offers(&officer(), record);
    assert!(offers.iter().any(|offer| offer.action == "make_order" && offer.words.zh == "再派一单"));
    // A chip alone makes an order that says what it is.
    let record = device
        .start(&officer(), KIND, json!({ "do": "register", "way": "call", "category": "repair", "make_order": true }))
        .unwrap();
    assert_eq!(device.project(view(&device, record).orders[0].order).card.title, "报修");
}

/// D2.5.1: an enquiry may be settled on the spot.
#[test]
fn an_enquiry_answered_on_the_spot_is_one_action() {
    let mut device = Device::new("D1", 1);
    let mut register = call("enquiry");
    register["result"] = json!("周一至周五 9 点");
    let record = device.start(&officer(), KIND, register).unwrap();
    let view = view(&device, record);
    assert_eq!((view.state, view.answers[0].result.as_str()), (ContactState::Answered, "周一至周五 9 点"));
    assert_eq!(device.offered(&officer(), record)[0], "close");
}

#[test]
fn orders_made_in_two_places_are_both_kept_and_shown() {
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = one.start(&officer(), KIND, call("repair")).unwrap();
    two.hear(&one);
    one.perform(&officer(), KIND, record, just("make_order")).unwrap();
    two.perform(&officer(), KIND, record, just("make_order")).unwrap();
    meet(&mut one, &mut two);
    assert_eq!(view(&one, record).orders.len(), 2);
    assert_eq!(codes(&one.project(record)), ["two_orders"]);
    // A second order on purpose is no question.
    let record = one.start(&officer(), KIND, call("repair")).unwrap();
    one.perform(&officer(), KIND, record, just("make_order")).unwrap();
    one.perform(&officer(), KIND, record, just("make_order")).unwrap();
    assert_eq!(codes(&one.project(record)), Vec::<&str>::new());
}

#[test]
fn closed_in_one_place_and_answered_in_another() {
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = one.start(&officer(), KIND, call("enquiry")).unwrap();
    one.perform(&officer(), KIND, record, action("answer")).unwrap();
    two.hear(&one);
    one.perform(&officer(), KIND, record, just("close")).unwrap();
    two.later(1).perform(&officer(), KIND, record, action("answer")).unwrap();
    two.later(1).perform(&officer(), KIND, record, action("follow_up")).unwrap();
    meet(&mut one, &mut two);
    let view = view(&one, record);
    assert_eq!((view.state, view.answers.len(), view.follow_ups.len()), (ContactState::Closed, 2, 1));
    assert_eq!(codes(&one.project(record)), Vec::<&str>::new());
    one.perform(&officer(), KIND, record, action("reopen")).unwrap();
    assert_eq!(one.project(record).card.state, "open");
}

/// D2.7.2: answered within three rings.
#[test]
fn three_rings() {
    for (way, rings, expected) in [
        ("call", json!(1), Some(true)),
        ("call", json!(3), Some(true)),
        ("call", json!(4), Some(false)),
        ("call", Value::Null, None),
        ("visit", json!(1), None),
    ] {
        let mut device = Device::new("D1", 1);
        let mut register = call("repair");
        register["way"] = json!(way);
        register["rings"] = rings;
        let record = device.start(&officer(), KIND, register).unwrap();
        assert_eq!(view(&device, record).within_three_rings, expected);
    }
}

#[test]
fn a_record_does_not_repeat_itself() {
    let mut device = Device::new("D1", 1);
    let first = device.start(&officer(), KIND, call("repair")).unwrap();
    let again = device.start(&officer(), KIND, call("repair")).unwrap();
    let mark = |record: RecordId| json!({ "do": "mark_repeat", "record": record, "number": "D1-0611-001" });
    assert_eq!(device.perform(&officer(), KIND, first, mark(first)).unwrap_err().code, "itself");
    device.perform(&officer(), KIND, again, mark(first)).unwrap();
    assert_eq!(view(&device, again).repeat_of.unwrap().record, first);
    assert!(!device.offered(&officer(), again).contains(&"mark_repeat".into()));
}

#[test]
fn somebody_has_to_be_sent_in_time() {
    for (category, urgency, way, expected) in [
        ("repair", "critical", None, Some((2, true))),
        ("repair", "urgent", None, Some((10, false))),
        ("help", "normal", None, Some((10, false))),
        ("enquiry", "critical", None, None),
        ("repair", "critical", Some("make_order"), None),
        ("help", "normal", Some("answer"), None),
    ] {
        let mut device = Device::new("D1", 1);
        let mut register = call(category);
        register["urgency"] = json!(urgency);
        let record = device.start(&officer(), KIND, register).unwrap();
        if let Some(name) = way {
            device.perform(&officer(), KIND, record, action(name)).unwrap();
        }
        let clocks = kinds::find(KIND).unwrap().deadlines(&device.project(record).view, &Settings::default());
        let clock = clocks.iter().find(|clock| clock.code == "dispatch");
        let found = clock.map(|clock| (clock.due.minutes_since(MORNING), clock.rings));
        assert_eq!(found, expected, "{category} {urgency}");
    }
}

#[test]
fn the_columns_and_the_ledger_read_in_both_languages() {
    let mut device = Device::new("D1", 1);
    let mut register = call("repair");
    register["at_start"] = json!(MORNING.plus_minutes(-3));
    register["handling"] = json!("工程部");
    let record = device.start(&officer(), KIND, register).unwrap();
    for name in ["make_order", "answer", "follow_up", "mark_repeat", "close", "reopen"] {
        device.later(1).perform(&officer(), KIND, record, action(name)).unwrap();
    }
    let brief =
        device.start(&officer(), KIND, json!({ "do": "register", "way": "visit", "category": "suggestion" })).unwrap();
    device
        .perform(
            &officer(),
            KIND,
            brief,
            json!({ "do": "complete", "name": "何先生", "summary": "加装扶手", "unit_label": "1-1-101" }),
        )
        .unwrap();
    let view = view(&device, record);
    assert_eq!(view.at, MORNING.plus_minutes(-3));
    assert_eq!(view.received.unwrap().by, officer());
    assert_eq!((view.orders[0].number.as_str(), view.answers.len(), view.follow_ups.len()), ("D1-0611-002", 1, 1));
    assert_eq!(view.repeat_of.unwrap().number, "D1-0610-004");
    let lines: Vec<String> = [record, brief]
        .into_iter()
        .flat_map(|record| device.project(record).lines)
        .map(|line| format!("{} | {} || {} | {}", line.subject.zh, line.detail.zh, line.subject.en, line.detail.en))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// D2.7.2, D2.7.3: a missed call is called back in five minutes, from the line that is for it.
#[test]
fn a_missed_call_is_called_back_from_the_second_line() {
    let clock = |device: &Device, record: RecordId| {
        let clocks = kinds::find(KIND).unwrap().deadlines(&device.project(record).view, &Settings::default());
        clocks.first().map(|clock| (clock.code.clone(), clock.due.minutes_since(MORNING), clock.rings))
    };
    let mut device = Device::new("D1", 1);
    let missed = json!({ "do": "register", "way": "call", "missed": true, "category": "other", "line": "值班热线" });
    assert_eq!(device.start(&officer(), KIND, missed.clone()).unwrap_err().code, "missing");
    let mut missed = missed;
    missed["phone"] = json!("5550-8821");
    let record = device.start(&officer(), KIND, missed.clone()).unwrap();
    assert_eq!(clock(&device, record), Some(("call_back".into(), 5, true)));
    assert_eq!(device.offered(&officer(), record)[0], "call_back");
    assert_eq!(device.project(record).card.title, "未接来电");
    for not_yet in ["make_order", "answer", "close"] {
        assert_eq!(device.outcome(KIND, record, action(not_yet)), "not_offered", "{not_yet}");
    }

    let from = |line: &str, reason: &str, reached: bool| {
        json!({ "do": "call_back", "reached": reached, "category": "repair", "summary": "水管漏", "urgency": "critical",
                "outgoing": { "line": line, "hotline_reason": reason } })
    };
    assert_eq!(device.outcome(KIND, record, from("值班热线", " ", true)), "hotline_reason_missing");
    device.later(3).perform(&officer(), KIND, record, from("回访专线", "", false)).unwrap();
    assert_eq!(clock(&device, record), Some(("call_back".into(), 8, true)), "nobody answered: once more");
    device.later(1).perform(&officer(), KIND, record, from("值班热线", "回访专线故障", true)).unwrap();
    let view = view(&device, record);
    assert_eq!((view.summary.as_str(), view.urgency, view.call_backs.len()), ("水管漏", Urgency::Critical, 2));
    assert_eq!(clock(&device, record), Some(("dispatch".into(), 6, true)), "now it is a call like any other");
    assert_eq!(device.offered(&officer(), record)[0], "make_order");
    assert_eq!(device.outcome(KIND, record, action("close")), "not_offered");
    assert_eq!(device.outcome(KIND, record, action("call_back")), "not_offered");

    // It was a complaint: it is one at once.
    let record = device.start(&officer(), KIND, missed.clone()).unwrap();
    let complains = json!({ "do": "call_back", "reached": true, "category": "complaint", "summary": "电话打不进" });
    device.perform(&officer(), KIND, record, complains).unwrap();
    let complaint = self::view(&device, record).complaint.unwrap().complaint;
    assert_eq!(device.project(complaint).card.title, "投诉:电话打不进");

    // Nobody answers there, or they have called again: it may be left.
    let record = device.start(&officer(), KIND, missed.clone()).unwrap();
    device.perform(&officer(), KIND, record, from("回访专线", "", false)).unwrap();
    assert_eq!(device.outcome(KIND, record, action("close")), "ok");
    let record = device.start(&officer(), KIND, missed).unwrap();
    device.perform(&officer(), KIND, record, action("mark_repeat")).unwrap();
    assert_eq!(device.offered(&officer(), record)[0], "close");
    assert_eq!(device.outcome(KIND, record, action("close")), "ok");
}

/// D2.5.6: everything that is open has an hour at which they hear from us again.
#[test]
fn what_is_open_has_a_next_contact() {
    let at = MORNING.plus_minutes(45);
    #[rustfmt::skip]
    type Row<'a> = (&'a str, Value, &'a [&'a str], &'a [(&'a str, i64, bool)]);
    let rows: &[Row<'_>] = &[
        ("suggestion", Value::Null, &[], &[("next_contact", 120, false)]),
        ("suggestion", json!(at), &[], &[("next_contact", 45, true)]),
        ("suggestion", json!(at), &["set_next_contact"], &[("next_contact", 600, true)]),
        ("suggestion", json!(at), &["answer"], &[]),
        ("repair", json!(at), &[], &[("dispatch", 10, false), ("next_contact", 45, true)]),
        ("repair", json!(at), &["make_order"], &[("next_contact", 45, true)]),
        ("repair", Value::Null, &["make_order"], &[]),
        ("suggestion", json!(at), &["chase"], &[("next_contact", 45, true), ("chase", 15, true)]),
        ("suggestion", json!(at), &["chase", "answer_chase"], &[("next_contact", 45, true)]),
    ];
    for (category, next, steps, expected) in rows {
        let mut device = Device::new("D1", 1);
        let mut register = call(category);
        register["next_contact"] = next.clone();
        let record = device.start(&officer(), KIND, register).unwrap();
        for name in *steps {
            device.perform(&officer(), KIND, record, action(name)).unwrap();
        }
        let clocks = kinds::find(KIND).unwrap().deadlines(&device.project(record).view, &Settings::default());
        let found: Vec<(&str, i64, bool)> =
            clocks.iter().map(|clock| (clock.code.as_str(), clock.due.minutes_since(MORNING), clock.rings)).collect();
        assert_eq!(&found, expected, "{category} {steps:?}");
    }
    let mut device = Device::new("D1", 1);
    let mut register = call("suggestion");
    register["next_contact"] = json!(MORNING);
    assert_eq!(device.start(&officer(), KIND, register).unwrap_err().code, "not_ahead");
}

/// D1.1.4: the call ends with its order, and the follow-up of the order is the call's too.
#[test]
fn a_call_is_closed_with_the_last_of_its_orders() {
    let mut device = Device::new("D1", 1);
    let record = device.start(&officer(), KIND, call("repair")).unwrap();
    for _ in 0..2 {
        device.perform(&officer(), KIND, record, action("make_order")).unwrap();
    }
    let orders: Vec<RecordId> = view(&device, record).orders.iter().map(|it| it.order).collect();
    let order = |device: &mut Device, order: RecordId, action: Value| {
        device.later(1).perform(&officer(), "work_order", order, action).unwrap();
    };
    for one in &orders {
        order(&mut device, *one, json!({ "do": "accept" }));
        order(&mut device, *one, json!({ "do": "arrive" }));
        order(&mut device, *one, json!({ "do": "finish", "process": "已修" }));
    }
    order(
        &mut device,
        orders[0],
        json!({ "do": "follow_up", "method": "phone", "opinion": "很快", "satisfied": true }),
    );
    let followed = view(&device, record);
    assert_eq!((followed.follow_ups.len(), followed.follow_ups[0].of), (1, Some(orders[0])));
    order(&mut device, orders[0], just("close"));
    assert_eq!(view(&device, record).state, ContactState::Converted, "the other order is not over");
    order(&mut device, orders[1], json!({ "do": "close", "without_followup_reason": "公共区域" }));
    let closed = view(&device, record);
    assert_eq!((closed.state, closed.closed.unwrap().by), (ContactState::Closed, officer()));

    // An order that was voided is over too; a device that does not have the call leaves it alone.
    let record = device.start(&officer(), KIND, call("repair")).unwrap();
    device.perform(&officer(), KIND, record, action("make_order")).unwrap();
    let only = view(&device, record).orders[0].order;
    let mut other = Device::new("D2", 2);
    other.docs.insert(only, device.docs[&only].clone());
    other.perform(&officer(), "work_order", only, json!({ "do": "accept" })).unwrap();
    other.perform(&officer(), "work_order", only, json!({ "do": "arrive" })).unwrap();
    other.perform(&officer(), "work_order", only, json!({ "do": "finish", "process": "已修" })).unwrap();
    let steps = other
        .perform(&officer(), "work_order", only, json!({ "do": "close", "without_followup_reason": "无人" }))
        .unwrap();
    assert_eq!(steps.len(), 1);
}

#[test]
fn calls_of_the_same_unit_or_number_are_suggested() {
    let mut device = Device::new("D1", 1);
    let mut ids = Vec::new();
    for (unit, phone) in
        [("3-2-1502", "138-0000-0000"), ("1-1-0101", "13800000000"), ("3-2-1503", "13911111111"), ("", "110")]
    {
        let mut register = call("enquiry");
        register["unit_label"] = json!(unit);
        register["phone"] = json!(phone);
        ids.push(device.later(1).start(&officer(), KIND, register).unwrap());
    }
    device.perform(&officer(), KIND, ids[1], action("answer")).unwrap();
    device.perform(&officer(), KIND, ids[1], just("close")).unwrap();
    let all = || ids.iter().map(|id| (*id, device.project(*id).card, view(&device, *id)));
    let found = repeats(all(), " 3-2-1502", "13800000000");
    assert_eq!(found.iter().map(|it| it.record).collect::<Vec<_>>(), [ids[0], ids[1]], "open ones first");
    assert_eq!((found[0].same_unit, found[0].same_phone), (true, true));
    assert_eq!((found[1].same_unit, found[1].same_phone), (false, true));
    assert!(repeats(all(), "", "110").is_empty(), "three digits are nobody's number");
    assert!(repeats(all(), "", "").is_empty());

    // Chosen at registration, it is one transaction.
    let mut again = call("repair");
    again["repeat_of"] = json!({ "record": ids[0], "number": "D1-0611-001" });
    let record = device.start(&officer(), KIND, again).unwrap();
    assert_eq!(view(&device, record).repeat_of.unwrap().record, ids[0]);
}

prop_compose! {
    fn any_fact()(
        kind in prop::sample::select(vec![
            "received", "completed", "converted", "answered", "followed_up", "closed", "reopened", "repeat_of",
            "called_back", "chased", "chase_answered", "complained", "next_contact_set", "amended", "fact_voided", "noted", "from_the_future",
        ]),
        role in prop::sample::select(vec![Role::DutyOfficer, Role::Guard, Role::Archivist]),
        text in "[a-c]{0,2}",
        rings in any::<Option<u8>>(),
        after in prop::collection::vec(0..30_u128, 0..3),
        of in 0..30_u128,
        at in any::<i64>(),
    ) -> (String, Role, Value, Vec<u128>, i64) {
        let body = match kind {
            "received" => json!({ "way": "call", "category": "repair", "name": text, "rings": rings, "missed": at % 3 == 0 }),
            "completed" => json!({ "name": text, "summary": text, "rings": rings }),
            "converted" => json!({ "order": Uuid::from_u128(of), "number": text }),
            "answered" => json!({ "result": text }),
            "followed_up" => json!({ "method": "phone" }),
            "reopened" => json!({ "reason": text }),
            "repeat_of" => json!({ "record": Uuid::from_u128(of) }),
            "noted" | "chased" => json!({ "text": text }),
            "called_back" => json!({ "reached": rings.is_some(), "category": "complaint", "summary": text }),
            "chase_answered" => json!({ "chase": Uuid::from_u128(of), "text": text }),
            "complained" => json!({ "complaint": Uuid::from_u128(of) }),
            "next_contact_set" => json!({ "next_contact": at }),
            "amended" => json!({ "of": Uuid::from_u128(of), "field": "name", "value": text, "reason": "r" }),
            "fact_voided" => json!({ "of": Uuid::from_u128(of), "reason": "r" }),
            _ => json!({}),
        };
        (kind.to_owned(), role, body, after, at)
    }
}

fn strange(facts: &[(String, Role, Value, Vec<u128>, i64)], turned: bool) -> RecordDoc {
    let mut raw = Vec::new();
    for (index, (kind, role, body, after, at)) in facts.iter().enumerate() {
        let mut after: Vec<FactId> = after.iter().map(|id| FactId(Uuid::from_u128(*id))).collect();
        if at % 4 != 0 {
            after = index.checked_sub(1).map(|before| FactId(Uuid::from_u128(before as u128))).into_iter().collect();
        }
        raw.push(RawFact {
            id: FactId(Uuid::from_u128(index as u128)),
            kind: kind.clone(),
            at: Timestamp(*at),
            by: signer("某人", *role),
            after,
            body: body.as_object().unwrap().clone(),
        });
    }
    if turned {
        raw.reverse();
    }
    let mut doc = RecordDoc::empty(RecordId(Uuid::nil()));
    doc.meta.insert("kind".into(), KIND.into());
    doc.facts = in_causal_order(raw);
    doc
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_facts_makes_the_view_fail_and_their_order_on_the_way_is_nothing(
        facts in prop::collection::vec(any_fact(), 0..30),
    ) {
        let projection = kinds::project(&strange(&facts, false));
        prop_assert_eq!(&kinds::project(&strange(&facts, true)), &projection);
        let kind = kinds::find(KIND).unwrap();
        kind.offers(Some(&projection.view), &officer(), &Site::default());
        kind.deadlines(&projection.view, &Settings::default());
        let view: ContactView = serde_json::from_value(projection.view.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(view).unwrap(), projection.view);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn devices_that_merge_in_any_order_agree(
        acts in prop::collection::vec((0..3_usize, any::<bool>(), prop::sample::select(vec![
            "complete", "make_order", "answer", "follow_up", "close", "reopen", "mark_repeat", "chase", "answer_chase",
            "set_next_contact", "call_back",
        ]), 0..6_usize), 1..24),
    ) {
        let mut devices = [Device::new("D1", 1), Device::new("T1", 2), Device::new("T2", 3)];
        let record = devices[0].start(&officer(), KIND, json!({ "do": "register", "way": "call", "category": "help" })).unwrap();
        for (device, desk, name, other) in acts {
            let who = if desk { officer() } else { guard() };
            if devices[device].docs.contains_key(&record) {
                let offered = devices[device].offered(&who, record).contains(&name.to_owned());
                let done = devices[device].later(1).perform(&who, KIND, record, action(name));
                prop_assert_eq!(done.is_ok(), offered, "{} by {:?}: {:?}", name, who, done);
            }
            if other < 3 && other != device {
                let mut met = std::mem::replace(&mut devices[other], Device::new("", 0));
                meet(&mut devices[device], &mut met);
                devices[other] = met;
            }
        }
        let (mut forward, mut backward) = (Device::new("X", 9), Device::new("Y", 9));
        devices.iter().for_each(|device| forward.hear(device));
        devices.iter().rev().for_each(|device| backward.hear(device));
        prop_assert_eq!(forward.docs.len(), backward.docs.len());
        for record in forward.docs.keys() {
            prop_assert_eq!(forward.project(*record), backward.project(*record));
        }
    }
}
