//! Reporting up the chain of command, in the words of D1.2.5, D1.1.8, D2.7.2 and D2.8.4.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, meet, shuffled, signer};
use dutybook_domain::RecordId;
use dutybook_domain::engine::Class;
use dutybook_domain::escalation::{Escalation, Level, stored};
use dutybook_domain::ids::Home;
use dutybook_domain::kinds;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{EscalationRoute, ManagerOncall, Person, Roster, Shift, Site};
use dutybook_domain::{TimeOfDay, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const KIND: &str = "contact_record";

const PEOPLE: [(&str, Role); 9] = [
    ("王值班", Role::DutyOfficer),
    ("赵值班", Role::DutyOfficer),
    ("钱队员", Role::Guard),
    ("客服主任", Role::CsSupervisor),
    ("客服经理", Role::CsManager),
    ("总值班乙", Role::DutyManager),
    ("总值班甲", Role::DutyManager),
    ("项目经理", Role::ProjectManager),
    ("公司领导", Role::CompanyOncall),
];

fn who(name: &str) -> Signer {
    signer(name, PEOPLE.iter().find(|(other, _)| *other == name).unwrap().1)
}

fn site() -> Site {
    let mut site = Site::default();
    for (name, role) in PEOPLE {
        let (team, phone, pin_hash) = (String::new(), String::new(), String::new());
        let person = Person { name: name.into(), roles: vec![role], team, phone, pin_hash };
        site.people.insert(who(name).person, person);
    }
    // The call list puts 甲 before 乙, though 乙 comes first by name.
    for (order, name) in [(1, "总值班甲"), (2, "总值班乙")] {
        let line = ManagerOncall {
            person: who(name).person,
            post: "总值班员".into(),
            backup: String::new(),
            topics: String::new(),
            order,
        };
        site.oncall.insert(RecordId::derived(&Home::standing("manager_oncall"), &[name]), line);
    }
    site
}

fn device(name: &str, rank: u8) -> Device {
    Device::of(rank, site(), who(name), MORNING)
}

fn call(device: &mut Device) -> RecordId {
    let by = device.who.clone();
    let action = json!({ "do": "register", "way": "call", "category": "help", "summary": "三栋跑水" });
    device.start(&by, KIND, action).unwrap()
}

fn report(level: &str) -> Value {
    json!({ "do": "escalate", "level": level, "words": "水已进电梯井" })
}

fn reports(device: &Device, record: RecordId) -> Vec<Escalation> {
    stored(&device.project(record).view)
}

fn only(device: &Device, record: RecordId) -> Escalation {
    let mut all = reports(device, record);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn names(report: &Escalation) -> Vec<Vec<&str>> {
    report.lines.iter().map(|line| line.people.iter().map(|one| one.person.name.as_str()).collect()).collect()
}

fn called(report: &Escalation, now: Timestamp) -> Vec<&str> {
    report.called_now(now).into_iter().map(|one| one.person.name.as_str()).collect()
}

fn about(report: &Escalation, what: &str, more: Value) -> Value {
    let mut action = json!({ "do": what, "of": report.fact });
    action.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    action
}

/// A6: 一般 = the desk; 疑难 → L1; 重大 → L1 and L2 together; 突发 → L2 and L3 together.
#[test]
fn the_level_decides_whom_it_goes_to() {
    let table: [(&str, &[&[&str]]); 4] = [
        ("ordinary", &[&["王值班", "赵值班"]]),
        ("difficult", &[&["客服主任", "客服经理"]]),
        ("major", &[&["客服主任", "客服经理"], &["项目经理", "总值班甲", "总值班乙"]]),
        ("sudden", &[&["总值班甲", "总值班乙", "项目经理"], &["公司领导"]]),
    ];
    for (level, lines) in table {
        let mut tablet = device("钱队员", 1);
        let record = call(&mut tablet);
        tablet.act(KIND, record, report(level)).unwrap();
        assert_eq!(names(&only(&tablet, record)), lines, "{level}");
    }
}

#[test]
fn a_site_may_have_routes_of_its_own() {
    let mut tablet = device("钱队员", 1);
    let route = EscalationRoute {
        level: Level::Sudden,
        lines: vec![vec![Role::CsSupervisor], vec![Role::ProjectManager]],
        repeat_min: 1,
        next_min: 2,
    };
    tablet.site.escalation_routes.insert(RecordId::derived(&Home::standing("escalation_route"), &["突发"]), route);
    let record = call(&mut tablet);
    tablet.act(KIND, record, report("sudden")).unwrap();
    let report = only(&tablet, record);
    assert_eq!(names(&report), [["客服主任"], ["项目经理"]]);
    assert_eq!((report.repeat_min, report.next_min), (1, 2));
    // A route changed since changes nothing about who had to be called then.
    tablet.site.escalation_routes.clear();
    assert_eq!(only(&tablet, record), report);
}

/// D1.1.8: both at once; repeated at 3, the next one at 5 and at 10, until acknowledged.
#[test]
fn it_rings_again_and_goes_on_to_the_next_one_until_somebody_acknowledges() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let report = only(&desk, record);
    let after = |minutes: i64| MORNING.plus_minutes(minutes);
    for (minutes, expected, round) in [
        (0, vec!["总值班甲", "公司领导"], 1),
        (2, vec!["总值班甲", "公司领导"], 1),
        (3, vec!["总值班甲", "公司领导"], 2),
        (4, vec!["总值班甲", "公司领导"], 2),
        (5, vec!["总值班甲", "总值班乙", "公司领导"], 2),
        (10, vec!["总值班甲", "总值班乙", "项目经理", "公司领导"], 4),
        (600, vec!["总值班甲", "总值班乙", "项目经理", "公司领导"], 201),
        // A clock that is behind the writer's calls at least the first ones.
        (-30, vec!["总值班甲", "公司领导"], 1),
    ] {
        assert_eq!(called(&report, after(minutes)), expected, "after {minutes} min");
        assert_eq!(report.round(after(minutes)), round, "after {minutes} min");
    }
    let line = report.lines[0].at(&report, after(4));
    assert_eq!((line.again_at, line.next_at, line.exhausted), (Some(after(6)), Some(after(5)), false));
    let last = report.lines[0].at(&report, after(15));
    assert_eq!((last.called, last.next_at, last.exhausted), (3, None, true));

    // One line acknowledged: the other one goes on ringing.
    desk.later(6).signed_in(who("总值班乙"));
    desk.act(KIND, record, about(&report, "acknowledge_escalation", json!({ "words": "马上到,先断电" }))).unwrap();
    let report = only(&desk, record);
    assert!(report.waiting() && !report.acknowledged());
    assert_eq!(called(&report, after(30)), ["公司领导"]);
    let line = report.lines[0].at(&report, after(30));
    assert_eq!((line.called, line.round, line.again_at), (2, 3, None), "it stands still where it was answered");
    assert_eq!(report.lines[0].acknowledged.as_ref().unwrap().words, "马上到,先断电");

    desk.signed_in(who("公司领导"));
    desk.act(KIND, record, about(&report, "acknowledge_escalation", json!({}))).unwrap();
    let report = only(&desk, record);
    assert!(report.acknowledged() && called(&report, after(30)).is_empty());
}

/// A record that was closed stays on the lists while somebody still has to acknowledge.
#[test]
fn an_unanswered_report_keeps_its_record_open_and_shows_a_clock() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("difficult")).unwrap();
    for action in [json!({ "do": "answer", "result": "已关阀" }), json!({ "do": "close" })] {
        desk.act(KIND, record, action).unwrap();
    }
    let open = desk.project(record);
    assert!(open.card.open && open.card.state == "closed");
    let clocks = kinds::find(KIND).unwrap().deadlines(&open.view, &desk.site.settings);
    let clock = clocks.iter().find(|clock| clock.code == "escalation").unwrap();
    assert_eq!((clock.since, clock.due), (MORNING, MORNING.plus_minutes(3)));
    desk.signed_in(who("客服主任"));
    let report = only(&desk, record);
    desk.act(KIND, record, about(&report, "acknowledge_escalation", json!({}))).unwrap();
    let closed = desk.project(record);
    assert!(!closed.card.open);
    assert!(kinds::find(KIND).unwrap().deadlines(&closed.view, &desk.site.settings).is_empty());
}

#[test]
fn everything_about_a_report_is_a_line_of_the_ledger() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let report = only(&desk, record);
    let manager = who("总值班甲");
    let not = json!({ "person": manager.person, "reached": false, "note": "无人接" });
    desk.act(KIND, record, about(&report, "phone_escalation", not)).unwrap();
    desk.signed_in(manager);
    desk.act(KIND, record, about(&report, "receive_escalation", json!({}))).unwrap();
    desk.act(KIND, record, about(&report, "acknowledge_escalation", json!({ "words": "到场" }))).unwrap();
    let lines: Vec<String> = desk
        .project(record)
        .lines
        .into_iter()
        .skip(1)
        .map(|line| format!("{} {}", line.subject.zh, line.detail.zh).trim().to_owned())
        .collect();
    assert_eq!(
        lines,
        [
            "上报 突发;呼叫总值班甲、公司领导;水已进电梯井",
            "上报电话通知 总值班甲:未接通;无人接",
            "上报已送达",
            "上报已确认 到场",
        ]
    );
    let called = &only(&desk, record).lines[0].people[0];
    assert_eq!((called.received, called.phoned.len(), called.phoned[0].reached), (Some(MORNING), 1, false));
}

/// Reached by telephone is acknowledged, in words that say so.
#[test]
fn reached_by_telephone_ends_the_line_and_names_who_telephoned() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let report = only(&desk, record);
    let yes = json!({ "person": who("公司领导").person, "reached": true, "note": "要求随时报告" });
    desk.later(4).act(KIND, record, about(&report, "phone_escalation", yes)).unwrap();
    let end = only(&desk, record).lines[1].acknowledged.clone().unwrap();
    assert_eq!((end.person.name.as_str(), end.at), ("公司领导", MORNING.plus_minutes(4)));
    assert_eq!(end.by_telephone.unwrap().name, "王值班");
}

#[test]
fn what_is_refused() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let report_now = only(&desk, record);
    let ack = about(&report_now, "acknowledge_escalation", json!({}));
    let receive = about(&report_now, "receive_escalation", json!({}));
    let phone = |name: &str, reached: bool, note: &str| {
        about(&report_now, "phone_escalation", json!({ "person": who(name).person, "reached": reached, "note": note }))
    };
    let nothing = json!({ "do": "acknowledge_escalation", "of": uuid::Uuid::nil() });
    let manager = signer("总值班甲", Role::DutyManager);
    let archivist = signer("档案员", Role::Archivist);
    let table: [(&Signer, Value, &str); 9] = [
        (&archivist, report("difficult"), "no_role"),
        (&who("王值班"), ack.clone(), "not_called"),
        (&who("客服主任"), ack.clone(), "not_called"),
        (&who("客服主任"), receive.clone(), "not_called"),
        (&who("王值班"), phone("客服主任", true, ""), "not_called"),
        (&who("王值班"), phone("总值班甲", false, " "), "missing"),
        (&archivist, phone("总值班甲", true, ""), "no_role"),
        (&manager, nothing, "no_such_fact"),
        (&who("公司领导"), report("nonsense"), "unreadable_action"),
    ];
    for (by, action, code) in table {
        let found = desk.perform(by, KIND, record, action.clone()).map(|_| ()).unwrap_err();
        assert_eq!(found.code, code, "{by:?} {action}");
    }
    // The company's executive is the end of the chain: a report of this level would reach only the duty manager's line.
    desk.perform(&who("公司领导"), KIND, record, report("sudden")).unwrap();
    let lines: Vec<usize> = reports(&desk, record).iter().map(|report| report.lines.len()).collect();
    assert_eq!(lines, [2, 1]);
    let alone = desk.perform(&who("王值班"), KIND, record, report("ordinary")).map(|_| ()).unwrap_err();
    assert_eq!(alone.code, "nobody_above");

    desk.signed_in(manager);
    desk.act(KIND, record, receive.clone()).unwrap();
    assert_eq!(desk.outcome(KIND, record, receive), "nothing", "delivered once is delivered");
    desk.act(KIND, record, ack.clone()).unwrap();
    assert_eq!(desk.outcome(KIND, record, ack), "not_called", "acknowledged once is acknowledged");
}

/// Taken back (作废) by who reported: it rings no more, and nothing of it disappears.
#[test]
fn a_report_can_be_taken_back_and_stays_readable() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let report = only(&desk, record);
    let void = json!({ "do": "void_fact", "of": report.fact, "reason": "误报,演练" });
    assert_eq!(desk.perform(&who("钱队员"), KIND, record, void.clone()).unwrap_err().code, "not_yours");
    desk.act(KIND, record, void).unwrap();
    let report = only(&desk, record);
    assert!(!report.waiting() && !report.acknowledged() && report.called_now(MORNING).is_empty());
    assert_eq!(report.withdrawn.as_ref().unwrap().reason, "误报,演练");
    assert!(codes(&desk.project(record)).is_empty());
    let phone = json!({ "person": who("总值班甲").person, "reached": true });
    assert_eq!(desk.outcome(KIND, record, about(&report, "phone_escalation", phone)), "withdrawn");
}

/// Only who is on shift is asked for ordinary things, and who is on shift comes first everywhere.
#[test]
fn the_roster_decides_which_duty_officer_is_called() {
    let mut tablet = device("钱队员", 1);
    let shift = Shift {
        name: "早班".into(),
        mark: "早".into(),
        from: TimeOfDay(7 * 60),
        to: TimeOfDay(31 * 60),
        posts: Vec::new(),
    };
    tablet.site.shifts.insert(RecordId::derived(&Home::standing("shift"), &["early"]), shift);
    let days = |on: &str, off: &str| format!("{}{on}{}", off.repeat(10), off.repeat(19));
    let rows = [("赵值班", days("早", "休")), ("王值班", days("休", "早"))];
    let rows = rows.into_iter().map(|(name, row)| (who(name).person, row)).collect();
    let roster = Roster { month: "2026-06".into(), rows };
    tablet.site.rosters.insert(RecordId::derived(&Home::standing("roster"), &["2026-06"]), roster);
    // 06-11 08:00 belongs to 赵; 06-11 06:00 still to the shift that 王 began on 06-10; on 06-12 it is 王 again.
    for (minutes, expected) in [(0, "赵值班"), (-120, "王值班"), (24 * 60, "王值班")] {
        let mut tablet = tablet.clone();
        tablet.at(MORNING.plus_minutes(minutes));
        let record = call(&mut tablet);
        tablet.act(KIND, record, report("ordinary")).unwrap();
        assert_eq!(names(&only(&tablet, record)), [[expected]], "{minutes}");
    }
}

/// D2.8.4: whoever comes back says when; the record stays open until they are there, and the desk hears of it when
/// they are late.
#[test]
fn coming_back_to_the_site_has_a_clock_until_they_are_there() {
    let mut desk = device("王值班", 1);
    let asked = json!({ "do": "register", "way": "call", "category": "enquiry", "summary": "何时来电" });
    let record = desk.start(&who("王值班"), KIND, asked).unwrap();
    desk.act(KIND, record, report("sudden")).unwrap();
    let of = only(&desk, record);
    let ends = |who_comes: &str, more: Value| {
        let mut action = about(&of, "end_return", json!({ "person": who(who_comes).person, "arrived": true }));
        action.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        action
    };
    let clocks = |device: &Device| -> Vec<(String, i64, bool)> {
        let kind = kinds::find(KIND).unwrap();
        let all = kind.deadlines(&device.project(record).view, &device.site.settings);
        let back = all.into_iter().filter(|it| it.code.starts_with("return/"));
        back.map(|it| (it.words.zh, it.due.minutes_since(MORNING), it.rings)).collect()
    };
    assert_eq!(desk.outcome(KIND, record, ends("总值班甲", json!({}))), "not_coming");

    // One by telephone, one on a device of their own.
    let yes = json!({ "person": who("公司领导").person, "reached": true, "eta_min": 40 });
    desk.act(KIND, record, about(&of, "phone_escalation", yes)).unwrap();
    desk.signed_in(who("总值班甲"));
    let far = about(&of, "acknowledge_escalation", json!({ "eta_min": 1441 }));
    assert_eq!(desk.outcome(KIND, record, far), "too_far");
    desk.act(KIND, record, about(&of, "acknowledge_escalation", json!({ "words": "先断电", "eta_min": 25 }))).unwrap();
    assert!(only(&desk, record).acknowledged());
    assert_eq!(clocks(&desk), [("总值班甲返场".into(), 25, true), ("公司领导返场".into(), 40, true)]);

    // The matter itself is over; the record stays open for those on their way.
    desk.signed_in(who("王值班"));
    desk.act(KIND, record, json!({ "do": "answer", "result": "已送电" })).unwrap();
    desk.act(KIND, record, json!({ "do": "close" })).unwrap();
    assert!(desk.project(record).card.open);
    desk.act(KIND, record, ends("总值班甲", json!({ "note": "前台" }))).unwrap();
    assert_eq!(desk.outcome(KIND, record, ends("总值班甲", json!({}))), "not_coming");
    assert_eq!(desk.outcome(KIND, record, ends("公司领导", json!({ "arrived": false, "note": " " }))), "missing");
    assert_eq!(clocks(&desk).len(), 1);
    desk.act(KIND, record, ends("公司领导", json!({ "arrived": false, "note": "已送电" }))).unwrap();
    assert!(clocks(&desk).is_empty() && !desk.project(record).card.open);
    let back = only(&desk, record).lines[0].people[0].returning.clone().unwrap();
    assert!(back.ended.is_some_and(|end| end.arrived && end.by.name == "王值班"));
    let last: Vec<_> = desk.project(record).lines.into_iter().rev().take(2).map(|it| it.subject.zh).collect();
    assert_eq!(last, ["不用返场", "返场到场"]);
}

/// A site without anybody of a role: the line says so and holds nothing up.
#[test]
fn a_line_without_people_waits_for_nobody() {
    let mut desk = device("王值班", 1);
    desk.site.people.retain(|_, person| person.roles != [Role::CompanyOncall]);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let report = only(&desk, record);
    assert!(report.lines[1].people.is_empty() && !report.lines[1].waiting());
    desk.signed_in(who("总值班甲"));
    desk.act(KIND, record, about(&report, "acknowledge_escalation", json!({}))).unwrap();
    assert!(only(&desk, record).acknowledged());
}

/// What a changed program might write is kept, shown, and not in force.
#[test]
fn answers_by_people_who_were_not_called_are_not_in_force() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let body = |value: Value| value.as_object().unwrap().clone();
    let of = only(&desk, record).fact;
    desk.write_raw(record, "escalation_acknowledged", body(json!({ "of": of, "words": "" })), &[]);
    desk.signed_in(signer("档案员", Role::Archivist));
    let forged = json!({ "level": "sudden", "words": "", "lines": [], "repeat_min": 1, "next_min": 1 });
    desk.write_raw(record, "escalated", body(forged), &[]);
    let called = json!({ "of": of, "reached": true, "person": common::person("总值班甲") });
    desk.write_raw(record, "escalation_phoned", body(called), &[]);
    let report = only(&desk, record);
    assert!(report.waiting() && report.lines.iter().all(|line| line.acknowledged.is_none()));
    assert_eq!(codes(&desk.project(record)), ["not_called", "no_role", "not_called"]);
}

/// Two managers acknowledge without seeing each other: one ended the line, everybody agrees which, nobody is wrong.
#[test]
fn acknowledgements_apart_agree_when_they_meet() {
    let mut desk = device("王值班", 1);
    let record = call(&mut desk);
    desk.act(KIND, record, report("sudden")).unwrap();
    let report = only(&desk, record);
    let (mut one, mut other) = (device("总值班甲", 2), device("总值班乙", 3));
    for manager in [&mut one, &mut other] {
        manager.hear(&desk);
        manager.act(KIND, record, about(&report, "receive_escalation", json!({}))).unwrap();
        manager.act(KIND, record, about(&report, "acknowledge_escalation", json!({}))).unwrap();
    }
    meet(&mut one, &mut other);
    assert_eq!(only(&one, record), only(&other, record));
    let line = &only(&one, record).lines[0];
    assert!(line.acknowledged.is_some() && line.people[0].received.is_some() && line.people[1].received.is_some());
    assert!(codes(&one.project(record)).is_empty());
    assert_eq!(kinds::find(KIND).unwrap().class(), Class::Duty);
}

proptest! {
    /// The same facts give the same report, whatever order they arrived in.
    #[test]
    fn order_of_arrival_does_not_matter(order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle()) {
        let mut desk = device("王值班", 1);
        let record = call(&mut desk);
        desk.act(KIND, record, report("sudden")).unwrap();
        let of = only(&desk, record);
        let mut others = [device("总值班甲", 2), device("公司领导", 3)];
        for other in &mut others {
            other.hear(&desk);
            other.act(KIND, record, about(&of, "receive_escalation", json!({}))).unwrap();
            other.act(KIND, record, about(&of, "acknowledge_escalation", json!({}))).unwrap();
        }
        let yes = json!({ "person": who("公司领导").person, "reached": true });
        desk.act(KIND, record, about(&of, "phone_escalation", yes)).unwrap();
        for other in &others {
            desk.hear(other);
        }
        let doc = desk.read(record).unwrap();
        let (one, other) = (kinds::project(&doc), kinds::project(&shuffled(&doc, &order)));
        prop_assert_eq!(stored(&one.view), stored(&other.view));
        prop_assert_eq!(one.anomalies, other.anomalies);
    }

    /// Whoever was called once stays called until the line ends, and a line never calls somebody it does not have.
    #[test]
    fn calling_only_ever_grows(minutes in prop::collection::vec(-10i64..2000, 1..20)) {
        let mut desk = device("王值班", 1);
        let record = call(&mut desk);
        desk.act(KIND, record, report("major")).unwrap();
        let report = only(&desk, record);
        let mut minutes = minutes;
        minutes.sort_unstable();
        let mut before = 0;
        for now in minutes.into_iter().map(|minutes| MORNING.plus_minutes(minutes)) {
            let called = report.called_now(now).len();
            prop_assert!(called >= before && called <= 5);
            before = called;
        }
    }
}
