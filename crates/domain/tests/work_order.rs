//! Work orders, in the words of A4 and D3.2.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, just, meet, person, signer};
use dutybook_domain::engine::{Deadline, Urgency, Weight};
use dutybook_domain::record::{RawFact, RecordDoc, Story, in_causal_order};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{Settings, Timers};
use dutybook_domain::work_order::{Material, State, WorkOrder, WorkOrderView, precautions};
use dutybook_domain::{FactId, RecordId, Timestamp, doc, kinds};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

const KIND: &str = "work_order";

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn supervisor() -> Signer {
    signer("赵主任", Role::CsSupervisor)
}

fn zhang() -> Signer {
    signer("张师傅", Role::Worker)
}

fn li() -> Signer {
    signer("李师傅", Role::Worker)
}

fn report(urgency: &str) -> Value {
    json!({
        "do": "report",
        "source": { "from": "desk" },
        "title": "厨房跑水",
        "description": "水槽下软管脱落",
        "place": "厨房",
        "unit_label": "3-2-1502",
        "reporter_name": "陈女士",
        "reporter_phone": "13800000000",
        "category": "水",
        "urgency": urgency,
    })
}

fn dispatch(names: &[&str]) -> Value {
    let to: Vec<_> = names.iter().map(|name| person(name)).collect();
    json!({ "do": "dispatch", "to": to, "team": "工程部", "precautions": ["先关阀"] })
}

fn finish() -> Value {
    json!({
        "do": "finish", "process": "更换软管", "minutes": 25, "labour_fen": 3000, "charge": "cash",
        "materials": [{ "name": "软管", "spec": "40cm", "quantity_milli": 1500, "unit": "根", "price_fen": 1250 }],
    })
}

fn confirm() -> Value {
    json!({ "do": "confirm", "opinion": "satisfied", "comment": "很快", "signature": "M0 0L9 9", "signer_name": "陈女士" })
}

fn follow_up(satisfied: bool) -> Value {
    json!({ "do": "follow_up", "method": "phone", "attitude": "satisfied", "timeliness": "basically",
            "quality": "satisfied", "opinion": "无", "satisfied": satisfied })
}

/// A valid action of each name.
fn action(name: &str) -> Value {
    match name {
        "report" => report("normal"),
        "dispatch" => dispatch(&["李师傅"]),
        "refuse" => json!({ "do": "refuse", "reason": "在别处抢修" }),
        "pause" => json!({ "do": "pause", "why": "material", "note": "缺软管" }),
        "transfer" => json!({ "do": "transfer", "to": [person("李师傅")], "reason": "专业不符" }),
        "finish" => finish(),
        "use_material" => {
            json!({ "do": "use_material", "name": "生料带", "quantity_milli": 1000, "unit": "卷", "price_fen": 200 })
        }
        "confirm" => confirm(),
        "follow_up" => follow_up(true),
        "close" => json!({ "do": "close", "without_followup_reason": "公共部位,无业户" }),
        "void" => json!({ "do": "void", "reason": "重复报修" }),
        "set_urgency" => json!({ "do": "set_urgency", "urgency": "urgent", "reason": "水大" }),
        "set_responsible" => json!({ "do": "set_responsible", "person": person("李师傅"), "reason": "替班" }),
        "decide_responsible" => json!({ "do": "decide_responsible", "fact": Uuid::nil() }),
        "chase" => json!({ "do": "chase", "text": "到哪了" }),
        "answer_chase" => json!({ "do": "answer_chase", "text": "十分钟到" }),
        "photo" => json!({ "do": "photo", "phase": "before", "caption": "漏点" }),
        plain => just(plain),
    }
}

const ACTIONS: [&str; 21] = [
    "report",
    "dispatch",
    "accept",
    "refuse",
    "depart",
    "arrive",
    "start",
    "pause",
    "resume",
    "transfer",
    "finish",
    "use_material",
    "confirm",
    "follow_up",
    "close",
    "void",
    "set_urgency",
    "set_responsible",
    "decide_responsible",
    "chase",
    "photo",
];

/// How 张师傅's order comes into each state.
const WAYS: [(State, &[&str]); 12] = [
    (State::Pending, &[]),
    (State::Dispatched, &["dispatch"]),
    (State::Accepted, &["dispatch", "accept"]),
    (State::EnRoute, &["dispatch", "accept", "depart"]),
    (State::Arrived, &["dispatch", "accept", "arrive"]),
    (State::Working, &["dispatch", "accept", "start"]),
    (State::Paused, &["dispatch", "accept", "start", "pause"]),
    (State::Finished, &["dispatch", "accept", "arrive", "finish"]),
    (State::AwaitingFollowup, &["dispatch", "accept", "start", "finish", "confirm"]),
    (State::FollowedUp, &["dispatch", "accept", "start", "finish", "confirm", "follow_up"]),
    (State::Closed, &["dispatch", "accept", "start", "finish", "confirm", "follow_up", "close"]),
    (State::Voided, &["void"]),
];

/// An order on `device`, brought along `way` by 王值班 and 张师傅.
fn order(device: &mut Device, way: &[&str]) -> RecordId {
    let record = device.start(&officer(), KIND, report("normal")).unwrap();
    go(device, record, way);
    record
}

fn go(device: &mut Device, record: RecordId, way: &[&str]) {
    for name in way {
        let (who, action) = match *name {
            "dispatch" => (officer(), dispatch(&["张师傅"])),
            "follow_up" | "close" | "void" => (officer(), action(name)),
            name => (zhang(), action(name)),
        };
        device.later(1).perform(&who, KIND, record, action).unwrap();
    }
}

fn view(device: &Device, record: RecordId) -> WorkOrderView {
    serde_json::from_value(device.project(record).view).unwrap()
}

fn responsible(device: &Device, record: RecordId) -> Vec<String> {
    view(device, record).responsible.into_iter().map(|version| version.person.name).collect()
}

/// Who may do what in which state, and what state follows (`action>state`, none when it stays).
#[rustfmt::skip]
const TABLE: &[(State, &str, &str)] = &[
    (State::Pending, "lead", "accept>accepted photo"),
    (State::Pending, "stranger", "accept>accepted photo"),
    (State::Pending, "officer", "dispatch>dispatched accept>accepted chase set_urgency set_responsible void>voided photo"),
    (State::Pending, "supervisor", "dispatch>dispatched accept>accepted chase set_urgency set_responsible void>voided photo"),
    (State::Dispatched, "lead", "accept>accepted refuse>pending photo"),
    (State::Dispatched, "stranger", "photo"),
    (State::Dispatched, "officer", "accept>accepted transfer chase set_urgency set_responsible void>voided photo"),
    (State::Dispatched, "supervisor", "accept>accepted transfer chase set_urgency set_responsible void>voided photo"),
    (State::Accepted, "lead", "depart>en_route arrive>arrived start>working refuse>pending photo"),
    (State::Accepted, "stranger", "photo"),
    (State::Accepted, "officer", "dispatch depart>en_route arrive>arrived start>working transfer>dispatched chase set_urgency set_responsible photo"),
    (State::Accepted, "supervisor", "dispatch depart>en_route arrive>arrived start>working transfer>dispatched chase set_urgency set_responsible photo void>voided"),
    (State::EnRoute, "lead", "arrive>arrived start>working refuse>pending photo"),
    (State::EnRoute, "stranger", "photo"),
    (State::EnRoute, "officer", "dispatch arrive>arrived start>working transfer>dispatched chase set_urgency set_responsible photo"),
    (State::EnRoute, "supervisor", "dispatch arrive>arrived start>working transfer>dispatched chase set_urgency set_responsible photo void>voided"),
    (State::Arrived, "lead", "start>working pause>paused finish>finished use_material photo"),
    (State::Arrived, "stranger", "photo"),
    (State::Arrived, "officer", "dispatch start>working pause>paused finish>finished use_material transfer>dispatched chase set_urgency set_responsible photo"),
    (State::Arrived, "supervisor", "dispatch start>working pause>paused finish>finished use_material transfer>dispatched chase set_urgency set_responsible photo void>voided"),
    (State::Working, "lead", "pause>paused finish>finished use_material photo"),
    (State::Working, "stranger", "photo"),
    (State::Working, "officer", "dispatch pause>paused finish>finished use_material transfer>dispatched chase set_urgency set_responsible photo"),
    (State::Working, "supervisor", "dispatch pause>paused finish>finished use_material transfer>dispatched chase set_urgency set_responsible photo void>voided"),
    (State::Paused, "lead", "resume>working use_material photo"),
    (State::Paused, "stranger", "photo"),
    (State::Paused, "officer", "dispatch resume>working use_material transfer>dispatched chase set_urgency set_responsible photo"),
    (State::Paused, "supervisor", "dispatch resume>working use_material transfer>dispatched chase set_urgency set_responsible photo void>voided"),
    (State::Finished, "lead", "confirm>awaiting_followup use_material photo"),
    (State::Finished, "stranger", "photo"),
    (State::Finished, "officer", "dispatch>dispatched confirm>awaiting_followup follow_up>followed_up close>closed use_material set_responsible photo"),
    (State::Finished, "supervisor", "dispatch>dispatched confirm>awaiting_followup follow_up>followed_up close>closed use_material set_responsible photo void>voided"),
    (State::AwaitingFollowup, "lead", "photo"),
    (State::AwaitingFollowup, "stranger", "photo"),
    (State::AwaitingFollowup, "officer", "dispatch>dispatched follow_up>followed_up close>closed set_responsible photo"),
    (State::AwaitingFollowup, "supervisor", "dispatch>dispatched follow_up>followed_up close>closed set_responsible photo void>voided"),
    (State::FollowedUp, "lead", "photo"),
    (State::FollowedUp, "stranger", "photo"),
    (State::FollowedUp, "officer", "dispatch>dispatched follow_up close>closed set_responsible photo"),
    (State::FollowedUp, "supervisor", "dispatch>dispatched follow_up close>closed set_responsible photo void>voided"),
    (State::Closed, "lead", ""),
    (State::Closed, "stranger", ""),
    (State::Closed, "officer", ""),
    (State::Closed, "supervisor", "void>voided"),
    (State::Voided, "lead", ""),
    (State::Voided, "stranger", ""),
    (State::Voided, "officer", ""),
    (State::Voided, "supervisor", ""),
];

/// Everybody who shares a row of the table.
fn actors(row: &str) -> Vec<Signer> {
    let roles: &[Role] = match row {
        "lead" => return vec![zhang()],
        "stranger" => &[Role::Worker, Role::Guard, Role::DeptHead],
        "officer" => &[Role::DutyOfficer],
        _ => &[Role::CsSupervisor, Role::CsManager, Role::DutyManager, Role::ProjectManager, Role::CompanyOncall],
    };
    roles.iter().map(|role| signer("别人", *role)).collect()
}

#[test]
fn the_table_says_who_may_do_what_where() {
    for (state, way) in WAYS {
        let mut device = Device::new("D1", 1);
        let record = order(&mut device, way);
        assert_eq!(view(&device, record).state, state);
        assert_eq!(codes(&device.project(record)), Vec::<&str>::new());
        let rows: Vec<_> = TABLE.iter().filter(|row| row.0 == state).collect();
        assert_eq!(rows.len(), 4, "{state:?}");
        for (_, row, cells) in rows {
            for who in actors(row) {
                check_row(&device, record, state, &who, cells);
            }
        }
        for role in [Role::Archivist, Role::Admin] {
            check_row(&device, record, state, &signer("别人", role), "");
        }
    }
}

fn check_row(device: &Device, record: RecordId, state: State, who: &Signer, cells: &str) {
    let mut expected: Vec<(String, &str)> = cells
        .split_whitespace()
        .map(|cell| cell.split_once('>').map_or((cell.to_owned(), state.name()), |(name, then)| (name.into(), then)))
        .collect();
    expected.sort();
    let mut found = Vec::new();
    for name in ACTIONS {
        let mut copy = Device::new("D1", 2);
        copy.hear(device);
        match copy.perform(who, KIND, record, action(name)) {
            Ok(_) => found.push((name.to_owned(), view(&copy, record).state.name())),
            Err(refusal) => assert!(
                ["not_offered", "no_role", "not_yours"].contains(&refusal.code.as_str()),
                "{name} of {who:?} in {state:?}: {refusal:?}"
            ),
        }
    }
    found.sort();
    assert_eq!(found, expected, "{who:?} in {state:?}");
    let mut offered = device.offered(who, record);
    offered.sort();
    assert_eq!(offered, expected.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), "{who:?} in {state:?}");
}

#[test]
fn the_expected_next_step_comes_first() {
    let cases: &[(State, Signer, Option<&str>)] = &[
        (State::Pending, officer(), Some("dispatch")),
        (State::Pending, li(), Some("accept")),
        (State::Dispatched, zhang(), Some("accept")),
        (State::Dispatched, officer(), None),
        (State::Dispatched, li(), None),
        (State::Accepted, zhang(), Some("depart")),
        (State::EnRoute, zhang(), Some("arrive")),
        (State::Arrived, zhang(), Some("start")),
        (State::Working, zhang(), Some("finish")),
        (State::Working, officer(), None),
        (State::Paused, zhang(), Some("resume")),
        (State::Finished, zhang(), Some("confirm")),
        (State::Finished, officer(), Some("follow_up")),
        (State::AwaitingFollowup, officer(), Some("follow_up")),
        (State::FollowedUp, officer(), Some("close")),
        (State::Closed, officer(), None),
    ];
    for (state, who, expected) in cases {
        let mut device = Device::new("D1", 1);
        let way = WAYS.iter().find(|(other, _)| other == state).unwrap().1;
        let record = order(&mut device, way);
        let offers = device.offers(who, record);
        let primary: Vec<_> = offers.iter().filter(|offer| offer.weight == Weight::Primary).collect();
        assert_eq!(primary.iter().map(|offer| offer.action.as_str()).next(), *expected, "{state:?} {who:?}");
        assert!(primary.len() <= 1);
        for offer in offers {
            assert!(!offer.words.zh.is_empty() && !offer.words.en.is_empty() && offer.words.zh != offer.words.en);
        }
    }
    let none = kinds::find(KIND).unwrap();
    let site = dutybook_domain::site::Site::default();
    assert_eq!(none.offers(None, &zhang(), &site)[0].action, "report");
    assert!(none.offers(None, &signer("档案员", Role::Archivist), &site).is_empty());
}

#[test]
fn the_form_is_filled_from_the_facts() {
    let mut device = Device::new("D1", 1);
    let record = device.start(&officer(), KIND, report("urgent")).unwrap();
    go(&mut device, record, &["dispatch", "accept", "depart", "arrive", "start", "use_material", "pause"]);
    device.later(9);
    go(&mut device, record, &["resume", "finish", "confirm", "follow_up", "close"]);
    let projection = device.project(record);
    assert_eq!(codes(&projection), Vec::<&str>::new());
    let view = view(&device, record);
    assert_eq!(view.number.as_deref(), Some("D1-0611-001"));
    assert_eq!((view.source_words.zh.as_str(), view.reporter_name.as_str()), ("登记台", "陈女士"));
    assert_eq!((view.unit_label.as_str(), view.place.as_str()), ("3-2-1502", "厨房"));
    assert_eq!(view.reported.unwrap().at, MORNING);
    let dispatched = view.dispatched.unwrap();
    assert_eq!(dispatched.stamp.by, officer());
    assert_eq!(dispatched.precautions, ["先关阀"]);
    assert_eq!(view.crew.len(), 1);
    let member = &view.crew[0];
    assert!(member.lead && !member.left);
    assert_eq!((member.person.name.as_str(), member.minutes), ("张师傅", 25));
    let at = |minutes| Some(MORNING.plus_minutes(minutes));
    assert_eq!(
        [member.accepted_at, member.arrived_at, member.started_at, member.finished_at],
        [at(2), at(4), at(5), at(18)]
    );
    assert_eq!(view.pauses.len(), 1);
    assert_eq!((view.pauses[0].stamp.at, view.pauses[0].until), (MORNING.plus_minutes(7), at(17)));
    assert_eq!(view.process, "更换软管");
    let lines: Vec<_> = view.materials.iter().map(|line| (line.material.name.as_str(), line.amount_fen)).collect();
    assert_eq!(lines, [("生料带", 200), ("软管", 1875)]);
    assert_eq!((view.materials_fen, view.labour_fen, view.total_fen, view.minutes), (2075, 3000, 5075, 25));
    assert_eq!(view.confirmation.unwrap().said.signature.as_deref(), Some("M0 0L9 9"));
    assert_eq!(view.follow_ups.len(), 1);
    assert_eq!(view.closed.unwrap().stamp.at, MORNING.plus_minutes(21));
    assert_eq!(view.responsible.len(), 1);
    let steps: Vec<_> = view.steps.iter().map(|mark| (mark.step.as_str(), mark.state.name())).collect();
    assert_eq!(steps[..3], [("reported", "pending"), ("dispatched", "dispatched"), ("accepted", "accepted")]);
    assert_eq!(steps.len(), 13);
    assert_eq!(projection.card.tone, dutybook_domain::engine::Tone::Done);
    assert!(!projection.card.open);
    assert!(projection.search.contains("3-2-1502") && projection.search.contains("软管"));
}

#[test]
fn quantities_and_sums_are_exact() {
    let amount = |quantity_milli, price_fen| Material { quantity_milli, price_fen, ..Material::default() }.amount_fen();
    assert_eq!([amount(1500, 1250), amount(1, 499), amount(1, 500), amount(0, 9)], [1875, 0, 1, 0]);
    assert_eq!(amount(u32::MAX, u32::MAX), u32::MAX);
    let quantity = |quantity_milli| Material { quantity_milli, ..Material::default() }.quantity();
    assert_eq!([quantity(1500), quantity(2000), quantity(5), quantity(0)], ["1.5", "2", "0.005", "0"]);
}

#[test]
fn what_must_be_said_must_be_said() {
    let cases = [
        (&["dispatch"][..], zhang(), json!({ "do": "refuse", "reason": " " })),
        (&[], officer(), json!({ "do": "dispatch", "to": [], "team": "" })),
        (&["dispatch"], officer(), json!({ "do": "transfer", "to": [], "reason": "忙" })),
        (&["dispatch"], officer(), json!({ "do": "transfer", "to": [person("李师傅")], "reason": "" })),
        (&["dispatch", "accept", "start"], zhang(), json!({ "do": "finish", "process": "" })),
        (&["dispatch", "accept", "start"], zhang(), json!({ "do": "use_material", "name": "管", "quantity_milli": 0 })),
        (&["dispatch", "accept", "start", "finish"], officer(), just("close")),
        (
            &["dispatch", "accept", "start", "finish", "confirm"],
            officer(),
            json!({ "do": "close", "without_followup_reason": " " }),
        ),
        (&[], officer(), json!({ "do": "void", "reason": "" })),
        (&[], officer(), json!({ "do": "chase", "text": "" })),
    ];
    for (way, who, action) in cases {
        let mut device = Device::new("D1", 1);
        let record = order(&mut device, way);
        let before = device.project(record);
        let refusal = device.perform(&who, KIND, record, action.clone()).unwrap_err();
        assert_eq!(refusal.code, "missing", "{action}");
        assert_eq!(device.project(record), before);
    }
    let mut device = Device::new("D1", 1);
    assert_eq!(device.start(&officer(), KIND, json!({ "do": "report" })).unwrap_err().code, "missing");
    let refusal = device.start(&signer("档案员", Role::Archivist), KIND, report("normal")).unwrap_err();
    assert_eq!(refusal.code, "no_role");
}

/// D1.1.4: closing without a follow-up needs a reason; after one it does not.
#[test]
fn closing_without_follow_up_needs_a_reason() {
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &["dispatch", "accept", "start", "finish"]);
    device.perform(&officer(), KIND, record, action("close")).unwrap();
    assert_eq!(view(&device, record).closed.unwrap().without_followup_reason.as_deref(), Some("公共部位,无业户"));
    let record = order(&mut device, &["dispatch", "accept", "start", "finish"]);
    device.perform(&officer(), KIND, record, follow_up(true)).unwrap();
    device.perform(&officer(), KIND, record, just("close")).unwrap();
    assert_eq!(view(&device, record).state, State::Closed);
}

#[test]
fn a_bad_follow_up_sends_somebody_again() {
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &["dispatch", "accept", "start", "finish", "confirm"]);
    device.perform(&officer(), KIND, record, follow_up(false)).unwrap();
    let offers = device.offers(&officer(), record);
    assert_eq!((offers[0].action.as_str(), offers[0].words.zh.as_str()), ("dispatch", "返工派工"));
    device.perform(&officer(), KIND, record, dispatch(&["李师傅"])).unwrap();
    assert_eq!(responsible(&device, record), ["李师傅"]);
    device
        .perform(&officer(), KIND, record, json!({ "do": "transfer", "to": [person("张师傅")], "reason": "原班" }))
        .unwrap();
    go(&mut device, record, &["accept", "start", "finish"]);
    let view = view(&device, record);
    assert_eq!((view.state, view.process.as_str()), (State::Finished, "更换软管\n更换软管"));
    assert_eq!((view.crew.len(), view.minutes, view.labour_fen), (1, 50, 6000));
    assert_eq!(codes(&device.project(record)), Vec::<&str>::new());
}

/// The runner-up of "what no comparable system offers": 并发抢单不丢.
#[test]
fn two_who_took_it_offline_both_keep_their_hours() {
    let (mut one, mut two) = (Device::new("T1", 1), Device::new("T2", 2));
    let record = order(&mut one, &[]);
    two.hear(&one);
    for (device, who) in [(&mut one, zhang()), (&mut two, li())] {
        for step in ["accept", "depart", "arrive", "start", "finish"] {
            device.later(3).perform(&who, KIND, record, action(step)).unwrap();
        }
    }
    meet(&mut one, &mut two);
    assert_eq!(one.project(record), two.project(record));
    let projection = one.project(record);
    let mut found = codes(&projection);
    found.sort_unstable();
    assert_eq!(found, ["labour_twice", "two_accepted"]);
    let view = view(&one, record);
    assert_eq!(view.state, State::Finished);
    let crew: Vec<_> = view.crew.iter().map(|it| (it.person.name.as_str(), it.lead, it.minutes)).collect();
    assert_eq!(crew, [("张师傅", true, 25), ("李师傅", false, 25)]);
    assert!(view.crew.iter().all(|it| it.accepted_at.is_some() && it.finished_at.is_some() && it.started_at.is_some()));
    assert_eq!((view.minutes, view.labour_fen, view.materials.len()), (50, 3000, 2));
    assert_eq!(responsible(&one, record), ["张师傅"]);
}

#[test]
fn two_sent_together_may_both_come() {
    let mut device = Device::new("D1", 1);
    let record = device.start(&officer(), KIND, report("normal")).unwrap();
    device.perform(&officer(), KIND, record, dispatch(&["张师傅", "李师傅"])).unwrap();
    device.perform(&li(), KIND, record, just("accept")).unwrap();
    device.perform(&zhang(), KIND, record, just("accept")).unwrap();
    let view = view(&device, record);
    let crew: Vec<_> = view.crew.iter().map(|it| (it.person.name.as_str(), it.lead)).collect();
    assert_eq!(crew, [("张师傅", true), ("李师傅", false)]);
    assert_eq!(codes(&device.project(record)), Vec::<&str>::new());
    // One gives it back, the other goes on.
    device.perform(&li(), KIND, record, action("refuse")).unwrap();
    assert_eq!(device.project(record).card.state, "accepted");
    assert_eq!(responsible(&device, record), ["张师傅"]);
}

#[test]
fn who_refused_is_responsible_no_more() {
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &["dispatch"]);
    assert_eq!(responsible(&device, record), ["张师傅"]);
    device.later(1).perform(&zhang(), KIND, record, action("refuse")).unwrap();
    assert_eq!(responsible(&device, record), Vec::<String>::new());
    assert_eq!(device.project(record).card.state, "pending");
    assert_eq!(view(&device, record).state_since, device.now);
    device.perform(&officer(), KIND, record, dispatch(&["张师傅"])).unwrap();
    assert_eq!(responsible(&device, record), ["张师傅"]);
}

#[test]
fn the_desk_writes_for_those_who_call_in() {
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &["dispatch"]);
    for name in ["accept", "arrive", "finish"] {
        device.perform(&officer(), KIND, record, action(name)).unwrap();
    }
    let view = view(&device, record);
    assert_eq!(view.crew.len(), 1);
    assert_eq!((view.crew[0].person.name.as_str(), view.crew[0].minutes), ("张师傅", 25));
    assert_eq!(view.finished.unwrap().by, officer());
}

#[test]
fn two_desks_that_sent_two_people_stand_side_by_side_until_one_is_chosen() {
    for (urgency, decider, wrong) in [("normal", officer(), zhang()), ("critical", supervisor(), officer())] {
        let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
        let record = one.start(&officer(), KIND, report(urgency)).unwrap();
        two.hear(&one);
        one.perform(&officer(), KIND, record, dispatch(&["张师傅"])).unwrap();
        two.perform(&signer("孙值班", Role::DutyOfficer), KIND, record, dispatch(&["李师傅"])).unwrap();
        meet(&mut one, &mut two);
        assert_eq!(one.project(record), two.project(record));
        let projection = one.project(record);
        assert_eq!(codes(&projection), ["side_by_side"]);
        assert_eq!(responsible(&one, record), ["张师傅", "李师傅"]);
        assert_eq!(projection.card.responsible, [person("张师傅"), person("李师傅")]);
        let versions = view(&one, record).responsible;
        assert_eq!((versions[0].by.name.as_str(), versions[1].by.name.as_str()), ("王值班", "孙值班"));
        // Both may accept meanwhile.
        assert!(one.offered(&zhang(), record).contains(&"accept".into()));
        assert!(one.offered(&li(), record).contains(&"accept".into()));

        assert!(!one.offered(&wrong, record).contains(&"decide_responsible".into()));
        assert!(!one.offered(&wrong, record).contains(&"set_responsible".into()));
        let choose = json!({ "do": "decide_responsible", "fact": versions[1].fact, "reason": "近" });
        assert_eq!(one.perform(&wrong, KIND, record, choose.clone()).unwrap_err().code, "no_role");
        assert_eq!(one.offers(&decider, record)[0].action, "decide_responsible");
        one.perform(&decider, KIND, record, choose).unwrap();
        assert_eq!(responsible(&one, record), ["李师傅"]);
        assert_eq!(codes(&one.project(record)), Vec::<&str>::new());
        assert!(!one.offered(&decider, record).contains(&"decide_responsible".into()));
        // Both facts stay in the history.
        assert_eq!(one.project(record).lines.len(), 4);
    }
}

#[test]
fn responsible_set_twice_offline_is_never_the_last_writer_s() {
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = order(&mut one, &["dispatch", "accept"]);
    two.hear(&one);
    let set = |name: &str| json!({ "do": "set_responsible", "person": person(name), "reason": "调整" });
    one.perform(&officer(), KIND, record, set("李师傅")).unwrap();
    two.later(500).perform(&officer(), KIND, record, set("周师傅")).unwrap();
    meet(&mut one, &mut two);
    assert_eq!(responsible(&one, record), ["李师傅", "周师傅"]);
    assert_eq!(responsible(&two, record), ["李师傅", "周师傅"]);
    // The same choice on both sides is no question.
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = order(&mut one, &["dispatch"]);
    two.hear(&one);
    one.perform(&officer(), KIND, record, set("李师傅")).unwrap();
    two.perform(&officer(), KIND, record, set("李师傅")).unwrap();
    meet(&mut one, &mut two);
    assert_eq!(responsible(&one, record), ["李师傅"]);
}

#[test]
fn a_decision_on_a_critical_order_is_a_supervisor_s_even_when_forced() {
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = one.start(&officer(), KIND, report("critical")).unwrap();
    two.hear(&one);
    one.perform(&officer(), KIND, record, dispatch(&["张师傅"])).unwrap();
    two.perform(&officer(), KIND, record, dispatch(&["李师傅"])).unwrap();
    meet(&mut one, &mut two);
    force(
        &mut one,
        record,
        &officer(),
        "responsible_set",
        json!({ "person": person("李师傅"), "decided": true }),
        &["responsible"],
    );
    assert_eq!(responsible(&one, record), ["张师傅", "李师傅"]);
    assert_eq!(codes(&one.project(record)), ["no_role", "side_by_side"]);
}

#[test]
fn of_two_urgencies_the_more_urgent_counts_until_one_is_chosen() {
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = order(&mut one, &[]);
    two.hear(&one);
    let set = |urgency: &str| json!({ "do": "set_urgency", "urgency": urgency, "reason": "看过现场" });
    one.perform(&officer(), KIND, record, set("planned")).unwrap();
    two.perform(&officer(), KIND, record, set("urgent")).unwrap();
    meet(&mut one, &mut two);
    let both = view(&two, record);
    assert_eq!((both.urgency, both.urgency_side_by_side.len()), (Urgency::Urgent, 2));
    assert_eq!(codes(&two.project(record)), ["side_by_side"]);
    let offers = two.offers(&officer(), record);
    assert!(offers.iter().any(|offer| offer.action == "set_urgency" && offer.words.zh == "选定紧急程度"));
    two.perform(&officer(), KIND, record, set("planned")).unwrap();
    let chosen = view(&two, record);
    assert_eq!((chosen.urgency, chosen.urgency_side_by_side.len()), (Urgency::Planned, 0));

    // One of them critical: then a supervisor chooses.
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = order(&mut one, &[]);
    two.hear(&one);
    one.perform(&officer(), KIND, record, set("critical")).unwrap();
    two.perform(&officer(), KIND, record, set("planned")).unwrap();
    meet(&mut one, &mut two);
    assert!(!one.offered(&officer(), record).contains(&"set_urgency".into()));
    assert!(one.offered(&supervisor(), record).contains(&"set_urgency".into()));
}

/// Writes a fact past the rules, as a changed or older program might.
fn force(device: &mut Device, record: RecordId, who: &Signer, kind: &str, body: Value, fields: &[&'static str]) {
    let Value::Object(body) = body else { panic!("a fact's body is an object") };
    device.signed_in(who.clone()).write_raw(record, kind, body, fields);
}

#[test]
fn what_is_not_legal_shows_in_calm_words_and_changes_nothing() {
    let cases: &[(&[&str], Signer, &str, Value, &str)] = &[
        (&["dispatch"], zhang(), "finished", json!({ "process": "好了" }), "not_legal_here"),
        (
            &["dispatch", "accept", "start", "finish"],
            zhang(),
            "finished",
            json!({ "process": "又好了" }),
            "not_legal_here",
        ),
        (&["dispatch", "accept"], zhang(), "accepted", json!({}), "not_legal_here"),
        (&[], zhang(), "resumed", json!({}), "not_legal_here"),
        (&["dispatch", "accept", "start", "finish"], officer(), "closed", json!({}), "reason_missing"),
        (&["dispatch", "accept"], zhang(), "voided", json!({ "reason": "不想做" }), "no_role"),
        (&["dispatch", "accept"], officer(), "voided", json!({ "reason": "重复" }), "no_role"),
        (&[], zhang(), "dispatched", json!({ "to": [person("李师傅")] }), "no_role"),
        (&["dispatch"], signer("档案员", Role::Archivist), "accepted", json!({}), "no_role"),
        (&["dispatch"], li(), "refused", json!({ "reason": "忙" }), "not_asked"),
        (&[], officer(), "reported", json!({ "title": "另一件" }), "not_legal_here"),
        (&["void"], officer(), "voided", json!({ "reason": "再次" }), "not_legal_here"),
    ];
    for (way, who, kind, body, code) in cases {
        let mut device = Device::new("D1", 1);
        let record = order(&mut device, way);
        let before = view(&device, record);
        force(&mut device, record, who, kind, body.clone(), &[]);
        let projection = device.project(record);
        assert_eq!(codes(&projection), [*code], "{kind} after {way:?}");
        assert_eq!(view(&device, record), before, "{kind} after {way:?}");
        let words = &projection.anomalies[0].words;
        assert!(!words.zh.contains("可疑") && !words.en.is_empty() && words.zh != words.en);
        // It still stands in the ledger: nothing is hidden.
        assert!(projection.lines.iter().any(|line| Some(line.fact) == projection.anomalies[0].fact));
    }
}

#[test]
fn work_on_an_order_that_was_voided_meanwhile_still_counts_as_hours() {
    let (mut desk, mut tablet) = (Device::new("D1", 1), Device::new("T1", 2));
    let record = order(&mut desk, &["dispatch"]);
    tablet.hear(&desk);
    desk.perform(&officer(), KIND, record, action("void")).unwrap();
    go(&mut tablet, record, &["accept", "start", "finish"]);
    meet(&mut desk, &mut tablet);
    let view = view(&desk, record);
    assert_eq!(view.state, State::Voided);
    assert_eq!((view.crew.len(), view.minutes), (1, 25));
    let projection = desk.project(record);
    assert!(codes(&projection).iter().all(|code| ["hours_only", "labour_twice"].contains(code)));
    assert!(codes(&projection).contains(&"hours_only"));
}

#[test]
fn transferred_while_the_first_was_working_keeps_the_first_s_hours() {
    let (mut desk, mut tablet) = (Device::new("D1", 1), Device::new("T1", 2));
    let record = order(&mut desk, &["dispatch", "accept"]);
    tablet.hear(&desk);
    desk.perform(&officer(), KIND, record, action("transfer")).unwrap();
    go(&mut tablet, record, &["start", "finish"]);
    meet(&mut desk, &mut tablet);
    let now = view(&desk, record);
    assert_eq!(now.state, State::Dispatched);
    assert_eq!(now.awaited, [person("李师傅")]);
    assert_eq!(responsible(&desk, record), ["李师傅"]);
    let first = now.crew.iter().find(|member| member.person == person("张师傅")).unwrap();
    assert!(first.left && first.minutes == 25 && first.finished_at.is_some());
    assert!(codes(&desk.project(record)).contains(&"hours_only"));
    desk.perform(&li(), KIND, record, just("accept")).unwrap();
    let then = view(&desk, record);
    assert_eq!((then.state, then.crew[0].person.name.as_str(), then.crew[0].lead), (State::Accepted, "李师傅", true));
}

#[test]
fn somebody_else_took_what_was_sent_to_another() {
    let (mut desk, mut tablet) = (Device::new("D1", 1), Device::new("T1", 2));
    let record = order(&mut desk, &[]);
    tablet.hear(&desk);
    desk.perform(&officer(), KIND, record, dispatch(&["张师傅"])).unwrap();
    tablet.perform(&li(), KIND, record, just("accept")).unwrap();
    meet(&mut desk, &mut tablet);
    assert_eq!(codes(&desk.project(record)), ["accepted_by_other"]);
    assert_eq!(view(&desk, record).state, State::Accepted);
    assert_eq!(responsible(&desk, record), ["张师傅"]);
}

#[test]
fn a_voided_step_takes_the_order_back() {
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &["dispatch", "accept", "start", "finish"]);
    let finished = view(&device, record).finished.unwrap().fact;
    device.perform(&zhang(), KIND, record, json!({ "do": "void_fact", "of": finished, "reason": "点错单" })).unwrap();
    assert_eq!(view(&device, record).state, State::Working);
    assert!(device.project(record).lines.iter().any(|line| line.voided));
}

#[test]
fn a_report_voided_as_a_fact_leaves_nothing_to_do() {
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &["dispatch"]);
    let reported = view(&device, record).reported.unwrap().fact;
    let void = json!({ "do": "void_fact", "of": reported, "reason": "测试单" });
    device.perform(&officer(), KIND, record, void).unwrap();
    let projection = device.project(record);
    assert!(!projection.card.open && projection.card.next.is_none());
    assert_eq!(codes(&projection), ["not_legal_here"]);
    assert!(device.offered(&officer(), record).is_empty());
    assert!(clocks(&device, record, &Timers::default()).is_empty());
}

fn clocks(device: &Device, record: RecordId, timers: &Timers) -> Vec<Deadline> {
    let settings = Settings { timers: timers.clone(), ..Settings::default() };
    kinds::find(KIND).unwrap().deadlines(&device.project(record).view, &settings)
}

/// Urgency, way, and the one clock: its code, and since when and until when it runs in minutes after the report.
type ClockCase = (&'static str, &'static [&'static str], Option<(&'static str, i64, i64)>);

#[test]
fn every_clock_runs_in_its_own_state() {
    let cases: &[ClockCase] = &[
        ("critical", &[], Some(("dispatch", 0, 2))),
        ("urgent", &[], Some(("dispatch", 0, 10))),
        ("planned", &[], Some(("dispatch", 0, 10))),
        ("critical", &["dispatch"], Some(("accept", 1, 6))),
        ("normal", &["dispatch"], Some(("accept", 1, 6))),
        ("critical", &["dispatch", "accept"], Some(("arrive", 2, 12))),
        ("urgent", &["dispatch", "accept"], Some(("arrive", 2, 32))),
        ("normal", &["dispatch", "accept"], Some(("arrive", 2, 122))),
        ("normal", &["dispatch", "accept", "depart"], Some(("arrive", 2, 122))),
        ("planned", &["dispatch", "accept"], None),
        ("normal", &["dispatch", "accept", "arrive"], None),
        ("normal", &["dispatch", "accept", "start"], None),
        ("normal", &["dispatch", "accept", "start", "pause"], None),
        ("critical", &["dispatch", "accept", "start", "finish"], Some(("follow_up", 4, 124))),
        ("normal", &["dispatch", "accept", "start", "finish"], Some(("follow_up", 4, 4 + 1440))),
        ("normal", &["dispatch", "accept", "start", "finish", "confirm"], Some(("follow_up", 4, 4 + 1440))),
        ("normal", &["dispatch", "accept", "start", "finish", "follow_up"], None),
        ("normal", &["void"], None),
        ("normal", &["dispatch", "refuse"], Some(("dispatch", 2, 12))),
        ("normal", &["dispatch", "accept", "refuse"], Some(("dispatch", 3, 13))),
    ];
    for (urgency, way, expected) in cases {
        let mut device = Device::new("D1", 1);
        let record = device.start(&officer(), KIND, report(urgency)).unwrap();
        go(&mut device, record, way);
        let found = clocks(&device, record, &Timers::default());
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.code.as_str(), it.since.minutes_since(MORNING), it.due.minutes_since(MORNING), it.rings))
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|(code, since, due)| (*code, *since, *due, *urgency == "critical")).collect();
        assert_eq!(found, expected, "{urgency} after {way:?}");
    }
}

#[test]
fn an_appointment_sets_the_hour_of_arrival_except_where_it_is_urgent() {
    for (urgency, by_appointment) in [("critical", false), ("urgent", false), ("normal", true), ("planned", true)] {
        let mut device = Device::new("D1", 1);
        let mut report = report(urgency);
        report["appointment"] = json!(MORNING.plus_minutes(600));
        let record = device.start(&officer(), KIND, report).unwrap();
        go(&mut device, record, &["dispatch", "accept"]);
        let due = clocks(&device, record, &Timers::default())[0].due;
        assert_eq!(due == MORNING.plus_minutes(600), by_appointment, "{urgency}");
    }
}

#[test]
fn the_clocks_are_the_site_s() {
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &[]);
    let timers = Timers { dispatch_min: 0, ..Timers::default() };
    assert_eq!(clocks(&device, record, &timers)[0].due, MORNING);
    // A transfer begins the acceptance anew.
    go(&mut device, record, &["dispatch"]);
    device.later(3).perform(&officer(), KIND, record, action("transfer")).unwrap();
    assert_eq!(clocks(&device, record, &timers)[0].since, device.now);
}

#[test]
fn the_ledger_reads_in_both_languages() {
    let mut device = Device::new("D1", 1);
    let record = order(
        &mut device,
        &[
            "dispatch",
            "accept",
            "depart",
            "arrive",
            "start",
            "use_material",
            "pause",
            "resume",
            "photo",
            "finish",
            "confirm",
            "follow_up",
        ],
    );
    device.perform(&officer(), KIND, record, action("close")).unwrap();
    let other = order(&mut device, &["dispatch"]);
    for name in ["chase", "set_urgency", "set_responsible", "transfer", "void"] {
        device.perform(&officer(), KIND, other, action(name)).unwrap();
    }
    let third = order(&mut device, &["dispatch", "refuse"]);
    let lines: Vec<String> = [record, other, third]
        .into_iter()
        .flat_map(|record| device.project(record).lines)
        .map(|line| format!("{} | {} || {} | {}", line.subject.zh, line.detail.zh, line.subject.en, line.detail.en))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_to_mind_comes_from_the_work_and_the_place() {
    let first = |category: &str, place: &str| -> Vec<String> {
        precautions(category, place).into_iter().map(|words| words.zh.chars().take(3).collect()).collect()
    };
    assert_eq!(first("楼道灯", "3栋2层"), ["先断电", "登高系"]);
    assert_eq!(first("插座", "3-2-1502"), ["先断电", "入户穿", "进门前"]);
    assert_eq!(first("外墙", ""), ["登高系"]);
    assert_eq!(first("捉狗", "花园"), ["进门前"]);
    assert_eq!(first("水泵", "B1 水泵房"), Vec::<String>::new());
    let mut device = Device::new("D1", 1);
    let record = order(&mut device, &[]);
    assert_eq!(view(&device, record).suggested_precautions.len(), 2);
}

/// A document from facts alone, as a strange device might have written it.
fn strange(facts: Vec<RawFact>) -> RecordDoc {
    let mut doc = RecordDoc::empty(RecordId(Uuid::nil()));
    doc.meta.insert("kind".into(), KIND.into());
    doc.facts = in_causal_order(facts);
    doc
}

fn people() -> [Signer; 6] {
    [officer(), supervisor(), zhang(), li(), signer("钱队员", Role::Guard), signer("档案员", Role::Archivist)]
}

prop_compose! {
    fn any_fact()(
        kind in prop::sample::select(vec![
            "reported", "dispatched", "refused", "accepted", "departed", "arrived", "started", "paused", "resumed",
            "transferred", "finished", "material_used", "confirmed", "followed_up", "closed", "voided", "urgency_set",
            "responsible_set", "chased", "chase_answered", "photo_placeholder", "amended", "fact_voided", "noted", "from_the_future",
        ]),
        who in 0..6_usize,
        other in 0..6_usize,
        number in any::<u32>(),
        urgency in prop::sample::select(vec!["critical", "urgent", "normal", "planned"]),
        decided in any::<bool>(),
        after in prop::collection::vec(0..40_u128, 0..3),
        of in 0..40_u128,
        at in any::<i64>(),
    ) -> (String, usize, Value, Vec<u128>, i64) {
        let person = dutybook_domain::role::PersonRef::from(&people()[other]);
        let material = json!({ "name": "管", "quantity_milli": number, "price_fen": number });
        let body = match kind {
            "reported" => json!({ "title": "x", "urgency": urgency, "unit_label": "1-1" }),
            "dispatched" => json!({ "to": if decided { vec![person] } else { vec![] } }),
            "transferred" => json!({ "to": [person], "reason": "r" }),
            "refused" | "voided" => json!({ "reason": "r" }),
            "paused" => json!({ "why": "approval" }),
            "finished" => json!({ "process": "p", "minutes": number, "labour_fen": number, "materials": [material] }),
            "material_used" => material,
            "followed_up" => json!({ "satisfied": decided }),
            "closed" => if decided { json!({ "without_followup_reason": "r" }) } else { json!({}) },
            "urgency_set" => json!({ "urgency": urgency }),
            "responsible_set" => json!({ "person": person, "decided": decided }),
            "chased" | "noted" => json!({ "text": "t" }),
            "chase_answered" => json!({ "chase": Uuid::from_u128(of), "text": "t" }),
            "photo_placeholder" => json!({ "phase": "after" }),
            "amended" => json!({ "of": Uuid::from_u128(of), "field": "urgency", "value": urgency, "reason": "r" }),
            "fact_voided" => json!({ "of": Uuid::from_u128(of), "reason": "r" }),
            _ => json!({}),
        };
        (kind.to_owned(), who, body, after, at)
    }
}

fn raw(facts: Vec<(String, usize, Value, Vec<u128>, i64)>) -> Vec<RawFact> {
    let people = people();
    let mut raw = Vec::new();
    for (index, (kind, who, body, after, at)) in facts.into_iter().enumerate() {
        let Value::Object(body) = body else { panic!("a fact's body is an object") };
        let id = FactId(Uuid::from_u128(index as u128));
        // Mostly a story that goes on, sometimes a strange one (it may even point at itself).
        let mut after: Vec<FactId> = after.into_iter().map(|id| FactId(Uuid::from_u128(id))).collect();
        if at % 4 != 0 {
            after = index.checked_sub(1).map(|before| FactId(Uuid::from_u128(before as u128))).into_iter().collect();
        }
        raw.push(RawFact { id, kind, at: Timestamp(at), by: people[who].clone(), after, body });
    }
    raw
}

fn everything(doc: &RecordDoc) -> dutybook_domain::engine::Projection {
    let projection = kinds::project(doc);
    for who in people() {
        let view = Some(&projection.view);
        kinds::find(KIND).unwrap().offers(view, &who, &dutybook_domain::site::Site::default());
    }
    kinds::find(KIND).unwrap().deadlines(&projection.view, &Settings::default());
    projection
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_facts_makes_the_view_fail_and_their_order_on_the_way_is_nothing(
        facts in prop::collection::vec(any_fact(), 0..40),
        seed in any::<prop::sample::Index>(),
    ) {
        let facts = raw(facts);
        let whole = everything(&strange(facts.clone()));
        let mut turned = facts.clone();
        turned.reverse();
        prop_assert_eq!(&everything(&strange(turned)), &whole);
        let mut cut = facts;
        let middle = seed.index(cut.len().max(1)).min(cut.len());
        cut.rotate_left(middle);
        prop_assert_eq!(&everything(&strange(cut)), &whole);
        // The view survives being stored.
        let view: WorkOrderView = serde_json::from_value(whole.view.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(view).unwrap(), whole.view);
    }

}

proptest! {
    // Real documents: slower, and each case is long.
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn devices_that_merge_in_any_order_agree(
        acts in prop::collection::vec((0..3_usize, 0..5_usize, prop::sample::select(ACTIONS.to_vec()), 0..8_u8), 1..40),
    ) {
        let mut devices = [Device::new("D1", 1), Device::new("T1", 2), Device::new("T2", 3)];
        let record = devices[0].start(&officer(), KIND, report("urgent")).unwrap();
        for other in 1..3 {
            let (first, rest) = devices.split_at_mut(1);
            rest[other - 1].hear(&first[0]);
        }
        for (device, who, name, meets) in acts {
            let who = &people()[who];
            let offered = devices[device].offered(who, record).contains(&name.to_owned());
            let done = devices[device].later(1).perform(who, KIND, record, action(name));
            // A decision needs the fact it is about, which this list of actions does not know.
            if name != "decide_responsible" {
                prop_assert_eq!(done.is_ok(), offered, "{} by {:?}: {:?}", name, who, done);
            }
            if meets < 3 && usize::from(meets) != device {
                let mut other = std::mem::replace(&mut devices[usize::from(meets)], Device::new("", 0));
                meet(&mut devices[device], &mut other);
                devices[usize::from(meets)] = other;
            }
        }
        let [one, two, three] = &devices;
        let mut forward = Device::new("X", 9);
        for device in [one, two, three] {
            forward.hear(device);
        }
        let mut backward = Device::new("Y", 9);
        for device in [three, two, one] {
            backward.hear(device);
        }
        prop_assert_eq!(forward.project(record), backward.project(record));
        // Where nothing was strange, what the field says and what the facts say is the same.
        let doc = doc::read(&forward.docs[&record], record);
        let (view, anomalies) = <WorkOrder as dutybook_domain::engine::Kind>::view(&Story::read(&doc));
        let pointed = doc.field_facts("responsible");
        let usual = view.refusals.is_empty() && anomalies.iter().all(|anomaly| anomaly.code == "side_by_side");
        if usual && !pointed.is_empty() {
            prop_assert!(view.responsible.iter().all(|version| pointed.contains(&version.fact)));
            prop_assert!(!view.responsible.is_empty());
        }
    }
}

#[test]
fn people_added_by_a_desk_that_did_not_know_of_a_transfer_change_nobody_s_responsibility() {
    let who = officer();
    let mut desk = Device::new("D1", 1);
    let record = desk.start(&who, KIND, report("urgent")).unwrap();
    for name in ["accept", "depart"] {
        desk.later(1).perform(&who, KIND, record, action(name)).unwrap();
    }
    let mut other = Device::new("T2", 3);
    other.hear(&desk);
    other.later(1).perform(&who, KIND, record, action("arrive")).unwrap();
    desk.hear(&other);
    for name in ["transfer", "set_responsible"] {
        desk.later(1).perform(&who, KIND, record, action(name)).unwrap();
    }
    other.later(1).perform(&who, KIND, record, action("dispatch")).unwrap();
    desk.hear(&other);
    let doc = doc::read(&desk.docs[&record], record);
    let (view, _) = <WorkOrder as dutybook_domain::engine::Kind>::view(&Story::read(&doc));
    let said: Vec<_> = view.responsible.iter().map(|version| version.fact).collect();
    assert_eq!(said, doc.field_facts("responsible"), "the field and the facts say the same");
}
