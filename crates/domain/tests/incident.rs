//! Incidents, in the words of D1.1.8, D2.5.3, D2.5.4, D2.6.2, D2.6.3 and D2.8.2.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, just, meet, shuffled, signer};
use dutybook_domain::RecordId;
use dutybook_domain::engine::{Card, Deadline, Tone, Urgency};
use dutybook_domain::escalation::{Escalation, stored};
use dutybook_domain::ids::Home;
use dutybook_domain::incident::{IncidentGrade, IncidentState, IncidentView};
use dutybook_domain::kinds;
use dutybook_domain::role::{PersonRef, Role, Signer};
use dutybook_domain::site::{IncidentCategory, Person, ResponsePlan, Site};
use dutybook_domain::work_order::{Source, State, WorkOrderView};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

const KIND: &str = "incident";

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn guard() -> Signer {
    signer("钱队员", Role::Guard)
}

fn manager() -> Signer {
    signer("总值班", Role::DutyManager)
}

fn company() -> Signer {
    signer("公司领导", Role::CompanyOncall)
}

/// The device itself, as the program signs when nobody is.
fn nobody() -> Signer {
    Signer { person: RecordId(Uuid::nil()), name: "本机(一号平板)".into(), role: Role::Device }
}

fn plan_id() -> RecordId {
    RecordId::derived(&Home::standing("response_plan"), &["fire"])
}

fn site() -> Site {
    let mut site = Site::default();
    for who in [officer(), guard(), manager(), company(), signer("客服主任", Role::CsSupervisor)] {
        let (team, phone, pin_hash) = (String::new(), String::new(), String::new());
        let person = Person { name: who.name.clone(), roles: vec![who.role], team, phone, pin_hash };
        site.people.insert(who.person, person);
    }
    let plan = ResponsePlan {
        name: "火灾应急预案".into(),
        category: IncidentCategory::Fire,
        steps: vec!["报警".into(), "疏散".into()],
        never: vec!["不乘电梯".into()],
        call: Vec::new(),
    };
    site.plans.insert(plan_id(), plan);
    site
}

fn device(who: Signer, rank: u8) -> Device {
    Device::of(rank, site(), who, MORNING)
}

fn start(device: &mut Device) -> RecordId {
    let by = device.who.clone();
    let action = json!({ "do": "start", "category": "fire", "place": "3 栋地下室", "words": "配电间冒烟" });
    device.start(&by, KIND, action).unwrap()
}

fn view(device: &Device, record: RecordId) -> IncidentView {
    device.view(record)
}

fn card(device: &Device, record: RecordId) -> Card {
    device.project(record).card
}

fn clocks(device: &Device, record: RecordId) -> Vec<Deadline> {
    kinds::find(KIND).unwrap().deadlines(&device.project(record).view, &device.site.settings)
}

fn clock(device: &Device, record: RecordId, code: &str) -> Option<i64> {
    clocks(device, record).into_iter().find(|clock| clock.code == code).map(|clock| clock.due.minutes_since(MORNING))
}

fn report(device: &Device, record: RecordId) -> Escalation {
    stored(&device.project(record).view).remove(0)
}

fn acknowledge_all(device: &mut Device, record: RecordId) {
    for who in [manager(), company()] {
        let of = report(device, record).fact;
        device.perform(&who, KIND, record, json!({ "do": "acknowledge_escalation", "of": of })).unwrap();
    }
}

fn action(name: &str) -> Value {
    match name {
        "respond" => json!({ "do": "respond", "presence": "there" }),
        "control" => json!({ "do": "control", "measure": "已切断电源" }),
        "report" => json!({ "do": "report", "words": "" }),
        "start_plan" => json!({ "do": "start_plan", "plan": plan_id() }),
        "call_outside" => json!({ "do": "call_outside", "whom": "消防", "phone": "119", "reached": true }),
        "give_task" => json!({ "do": "give_task", "department": "工程部", "what": "断电" }),
        "make_order" => json!({ "do": "make_order", "title": "换配电间电缆", "urgency": "critical" }),
        "keep_evidence" => json!({ "do": "keep_evidence", "sort": "cctv", "note": "B1-07 10:00–10:20" }),
        "describe" => json!({ "do": "describe", "words": "配电间电缆冒烟" }),
        "note_losses" => json!({ "do": "note_losses", "injured": 1 }),
        "set_grade" => json!({ "do": "set_grade", "grade": "serious", "reason": "有明火" }),
        "clear" => json!({ "do": "clear", "words": "无复燃" }),
        "write_up" => json!({ "do": "write_up", "course": "经过", "result": "已处理" }),
        "review" => json!({ "do": "review", "words": "每周查电缆沟" }),
        "false_alarm" => json!({ "do": "false_alarm", "reason": "蒸汽误报" }),
        plain => just(plain),
    }
}

/// Actions that need nothing but themselves.
const ACTIONS: [&str; 16] = [
    "respond",
    "control",
    "report",
    "start_plan",
    "call_outside",
    "give_task",
    "make_order",
    "keep_evidence",
    "describe",
    "note_losses",
    "set_grade",
    "clear",
    "write_up",
    "review",
    "archive",
    "false_alarm",
];

const LATE: &str = "call_outside control describe keep_evidence note_losses";

#[rustfmt::skip]
const TABLE: &[(IncidentState, &[&str], &str, &str)] = &[
    (IncidentState::Found, &[], "guard", "call_outside control describe keep_evidence note_losses report respond start_plan"),
    (IncidentState::Found, &[], "desk", "call_outside clear control describe false_alarm give_task keep_evidence make_order note_losses report respond set_grade start_plan"),
    (IncidentState::Controlled, &["control"], "desk", "call_outside clear control describe false_alarm give_task keep_evidence make_order note_losses report respond set_grade start_plan"),
    (IncidentState::Reported, &["control", "report"], "supervisor", "call_outside clear control describe false_alarm give_task keep_evidence make_order note_losses report respond set_grade start_plan"),
    (IncidentState::InPlan, &["control", "report", "start_plan"], "guard", "call_outside control describe keep_evidence note_losses report respond start_plan tick"),
    (IncidentState::Cleared, &["control", "report", "clear"], "guard", LATE),
    (IncidentState::Cleared, &["control", "report", "clear"], "supervisor", "call_outside control describe keep_evidence make_order note_losses set_grade write_up"),
    (IncidentState::Written, &["control", "report", "clear", "write_up"], "desk", "call_outside control describe keep_evidence make_order note_losses set_grade write_up"),
    (IncidentState::Written, &["control", "report", "clear", "write_up"], "supervisor", "call_outside control describe keep_evidence make_order note_losses review set_grade write_up"),
    (IncidentState::Written, &["control", "report", "acknowledge", "clear", "write_up"], "supervisor", "archive call_outside control describe keep_evidence make_order note_losses review set_grade write_up"),
    (IncidentState::Reviewed, &["control", "report", "acknowledge", "clear", "write_up", "review"], "desk", "call_outside control describe keep_evidence make_order note_losses set_grade write_up"),
    (IncidentState::Archived, &["control", "report", "acknowledge", "clear", "write_up", "review", "archive"], "supervisor", ""),
    (IncidentState::FalseAlarm, &["false_alarm"], "supervisor", ""),
];

/// Nobody who is not on duty, and no device by itself, does anything to an incident that is there.
#[test]
fn the_table_says_who_may_do_what_where() {
    for (state, way, row, cells) in TABLE {
        let mut desk = device(officer(), 1);
        let record = start(&mut desk);
        for name in *way {
            if *name == "acknowledge" {
                acknowledge_all(&mut desk, record);
            } else {
                let by = if ["review", "archive"].contains(name) { manager() } else { officer() };
                desk.perform(&by, KIND, record, action(name)).unwrap();
            }
        }
        assert_eq!(view(&desk, record).state, *state);
        let who = match *row {
            "guard" => signer("孙队员", Role::Guard),
            "desk" => signer("赵值班", Role::DutyOfficer),
            _ => signer("客服经理", Role::CsManager),
        };
        let mut offered = desk.offered(&who, record);
        offered.sort();
        assert_eq!(offered, cells.split_whitespace().collect::<Vec<_>>(), "{row} in {state:?}");
        for name in ACTIONS {
            let mut copy = desk.clone();
            let done = copy.perform(&who, KIND, record, action(name)).is_ok();
            assert_eq!(done, offered.iter().any(|one| one == name), "{name} by {row} in {state:?}");
        }
        for nobody in [nobody(), signer("档案员", Role::Archivist)] {
            assert!(desk.offered(&nobody, record).is_empty(), "{nobody:?}");
        }
    }
}

/// D1.1.8: the first tap starts the clock; control, report, plan, and then the paper.
#[test]
fn one_next_step_at_a_time_in_the_order_of_the_regulation() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    let first = card(&desk, record);
    assert_eq!(first.number.as_deref(), Some("T1-0611-001"));
    assert_eq!((first.title.as_str(), first.place.as_deref()), ("火灾:配电间冒烟", Some("3 栋地下室")));
    assert_eq!((first.tone, first.open), (Tone::Alert, true));
    let steps = [
        ("control", "已采取控制措施"),
        ("report", "上报"),
        ("start_plan", "启动预案"),
        ("clear", "解除"),
        ("write_up", "书面报告"),
        ("review", "复盘"),
    ];
    for (name, words) in steps {
        assert_eq!(card(&desk, record).next.unwrap().zh, words);
        let offers = desk.offers(&manager(), record);
        assert_eq!(offers[0].action, name, "the expected step comes first");
        desk.later(1).perform(&manager(), KIND, record, action(name)).unwrap();
    }
    let report = report(&desk, record);
    assert_eq!(report.words, "3 栋地下室;火灾:配电间冒烟;已切断电源", "nobody has to type in an emergency");
    // The duty manager reported it himself: the company's line is left to acknowledge.
    assert_eq!(card(&desk, record).next, None);
    desk.perform(&company(), KIND, record, json!({ "do": "acknowledge_escalation", "of": report.fact })).unwrap();
    assert_eq!(card(&desk, record).next.unwrap().zh, "归档");
    desk.perform(&manager(), KIND, record, just("archive")).unwrap();
    assert_eq!((card(&desk, record).tone, card(&desk, record).open), (Tone::Done, false));
    assert!(codes(&desk.project(record)).is_empty());
}

/// D2.5.4: what has to be mended is a work order of its own, with the incident on it, made without typing anything twice.
#[test]
fn an_incident_makes_orders_and_each_knows_the_other() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    assert_eq!(desk.outcome(KIND, record, json!({ "do": "make_order", "title": " " })), "missing");
    let sent = PersonRef::from(&guard());
    let done = desk
        .perform(
            &officer(),
            KIND,
            record,
            json!({ "do": "make_order", "title": "换配电间电缆", "urgency": "critical", "dispatch_to": [sent] }),
        )
        .unwrap();
    let order = done.into_iter().map(|step| step.record).find(|made| *made != record).unwrap();
    let made = view(&desk, record).orders.remove(0);
    let work: WorkOrderView = desk.view(order);
    assert_eq!((made.order, Some(made.number.as_str())), (order, work.number.as_deref()));
    assert_eq!(
        (work.title.as_str(), work.place.as_str(), work.urgency),
        ("换配电间电缆", "3 栋地下室", Urgency::Critical)
    );
    assert_eq!(work.source, Source::Incident { record, number: "T1-0611-001".into() });
    assert_eq!(work.state, State::Dispatched);
    // One that is over may still leave something to mend; one that never was does not.
    desk.act(KIND, record, action("clear")).unwrap();
    desk.act(KIND, record, json!({ "do": "make_order", "title": "墙面补漆", "place": "3 栋大堂" })).unwrap();
    assert_eq!(view(&desk, record).orders.len(), 2);
    let mut other = device(officer(), 2);
    let nothing = start(&mut other);
    other.act(KIND, nothing, action("false_alarm")).unwrap();
    assert_eq!(other.outcome(KIND, nothing, action("make_order")), "not_offered");
}

/// D2.6.2, D2.6.3: saved always, closed only with control measures and the reporting chain.
#[test]
fn filing_is_refused_with_everything_that_is_missing() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    for name in ["clear", "write_up"] {
        desk.act(KIND, record, action(name)).unwrap();
    }
    let refused = |desk: &mut Device| desk.perform(&manager(), KIND, record, just("archive")).map(|_| ()).unwrap_err();
    let missing = refused(&mut desk);
    assert_eq!(missing.code, "not_closable");
    assert!(
        missing.words.zh.contains("没有写控制措施") && missing.words.zh.contains("没有上报"),
        "{}",
        missing.words.zh
    );
    desk.act(KIND, record, action("control")).unwrap();
    desk.act(KIND, record, json!({ "do": "escalate", "level": "sudden", "words": "补报" })).unwrap();
    let missing = refused(&mut desk);
    assert!(missing.words.zh.contains("上报还没有人确认") && !missing.words.zh.contains("控制措施"));
    acknowledge_all(&mut desk, record);
    desk.perform(&manager(), KIND, record, just("archive")).unwrap();
    assert_eq!(view(&desk, record).state, IncidentState::Archived);
}

/// A report that was still on its way opens what was filed.
#[test]
fn a_report_that_arrives_after_filing_opens_it_again() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    for name in ["control", "report"] {
        desk.act(KIND, record, action(name)).unwrap();
    }
    let mut tablet = device(guard(), 2);
    tablet.hear(&desk);
    tablet.act(KIND, record, action("report")).unwrap();
    acknowledge_all(&mut desk, record);
    for name in ["clear", "write_up", "review", "archive"] {
        desk.perform(&manager(), KIND, record, action(name)).unwrap();
    }
    assert_eq!(view(&desk, record).state, IncidentState::Archived);
    desk.hear(&tablet);
    assert_eq!(view(&desk, record).state, IncidentState::Reviewed);
    assert_eq!(codes(&desk.project(record)), ["not_closable"]);
    assert!(card(&desk, record).open);
}

#[test]
fn the_clocks() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    assert_eq!(clock(&desk, record, "report"), Some(3));
    assert_eq!(clock(&desk, record, "written"), Some(12 * 60));
    assert!(clocks(&desk, record).iter().all(|clock| clock.rings));
    desk.later(2).act(KIND, record, action("report")).unwrap();
    assert_eq!(clock(&desk, record, "report"), None);
    assert_eq!(clock(&desk, record, "escalation"), Some(5));
    desk.later(2).act(KIND, record, action("give_task")).unwrap();
    let task = view(&desk, record).tasks[0].stamp.fact;
    assert_eq!(clock(&desk, record, &format!("task/{task}")), Some(4 + 5));
    assert_eq!(clock(&desk, record, "written"), Some(12 * 60), "one department");
    desk.act(KIND, record, json!({ "do": "give_task", "department": "秩序维护部", "what": "引车" })).unwrap();
    assert_eq!(clock(&desk, record, "written"), Some(48 * 60), "several departments");
    desk.act(KIND, record, json!({ "do": "acknowledge_task", "task": task })).unwrap();
    assert_eq!(clock(&desk, record, &format!("task/{task}")), None);
    desk.act(KIND, record, action("write_up")).map(|_| ()).unwrap_err();
    desk.act(KIND, record, action("clear")).unwrap();
    desk.act(KIND, record, action("write_up")).unwrap();
    assert_eq!(clock(&desk, record, "written"), None);
}

/// D2.5.3: SOS with nobody signed in. One change, honest about who held it, and reported up at once.
#[test]
fn sos_is_one_change_that_is_reported_and_names_the_device() {
    let mut tablet = device(nobody(), 1);
    let record =
        tablet.start(&nobody(), KIND, json!({ "do": "sos", "place": "B1 水泵房", "scanned_at": MORNING.0 })).unwrap();
    let seen = view(&tablet, record);
    assert!(seen.sos && seen.calls_for_help() && seen.reported);
    assert_eq!(seen.found.as_ref().unwrap().by.name, "本机(一号平板)");
    assert_eq!(card(&tablet, record).title, "SOS 求助");
    let report = report(&tablet, record);
    assert_eq!(report.called_now(MORNING).len(), 2, "the duty manager and the company at once");
    assert_eq!(clock(&tablet, record, "sos"), Some(0), "it rings at once, everywhere");
    assert_eq!(tablet.read(record).unwrap().facts.len(), 2);
    assert!(codes(&tablet.project(record)).is_empty());

    // Whoever held it does not answer themselves.
    tablet.signed_in(guard());
    tablet.later(1).act(KIND, record, json!({ "do": "respond", "presence": "coming", "eta_min": 2 })).unwrap();
    assert_eq!(view(&tablet, record).taken.unwrap().by.name, "钱队员");
    assert_eq!(clock(&tablet, record, "sos"), None);
}

#[test]
fn who_held_sos_does_not_take_it_by_answering_themselves() {
    let mut tablet = device(guard(), 1);
    let record = tablet.start(&guard(), KIND, just("sos")).unwrap();
    tablet.act(KIND, record, action("respond")).unwrap();
    assert!(view(&tablet, record).calls_for_help());
    assert_eq!(card(&tablet, record).next.unwrap().zh, "我来处理");
    tablet.perform(&officer(), KIND, record, action("respond")).unwrap();
    assert!(!view(&tablet, record).calls_for_help());
}

/// A device by itself holds SOS, and nothing else; a changed program that says otherwise is not in force.
#[test]
fn a_device_by_itself_does_nothing_but_sos() {
    let mut tablet = device(nobody(), 1);
    assert_eq!(
        tablet.start(&nobody(), KIND, json!({ "do": "start", "category": "fire" })).unwrap_err().code,
        "no_role"
    );
    let record = tablet.start(&nobody(), KIND, just("sos")).unwrap();
    for name in ACTIONS {
        assert!(tablet.perform(&nobody(), KIND, record, action(name)).is_err(), "{name}");
    }
    let forged = json!({ "words": "没事" });
    tablet.write_raw(record, "cleared", forged.as_object().unwrap().clone(), &[]);
    assert!(view(&tablet, record).state.live());
    assert_eq!(codes(&tablet.project(record)), ["no_role"]);
}

/// The end of the chain of command calls for help all the same.
#[test]
fn sos_by_whom_nobody_is_above_is_written_down_too() {
    let mut site = site();
    site.people.retain(|_, person| person.roles == [Role::CompanyOncall]);
    let mut desk = Device::of(1, site, company(), MORNING);
    desk.site.escalation_routes.clear();
    let record = desk.start(&company(), KIND, just("sos")).unwrap();
    assert!(view(&desk, record).calls_for_help());
}

/// An action card keeps the steps it had; two who tick a step apart are both in the history and one stands.
#[test]
fn a_card_at_work_keeps_its_steps() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    desk.act(KIND, record, action("start_plan")).unwrap();
    desk.site.plans.get_mut(&plan_id()).unwrap().steps = vec!["新步骤".into()];
    let run = view(&desk, record).plans.remove(0);
    assert_eq!(run.steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>(), ["报警", "疏散"]);
    assert_eq!(run.never, ["不乘电梯"]);
    let tick = |step: u16| json!({ "do": "tick", "card": run.stamp.fact, "step": step });
    let mut tablet = device(guard(), 2);
    tablet.hear(&desk);
    desk.later(1).act(KIND, record, tick(0)).unwrap();
    tablet.later(1).act(KIND, record, tick(0)).unwrap();
    meet(&mut desk, &mut tablet);
    assert_eq!(view(&desk, record), view(&tablet, record));
    let run = view(&desk, record).plans.remove(0);
    assert!(run.steps[0].done.is_some() && run.steps[1].done.is_none());
    assert!(codes(&desk.project(record)).is_empty());
    assert_eq!(desk.outcome(KIND, record, tick(0)), "done");
    assert_eq!(desk.outcome(KIND, record, tick(7)), "no_such_step");
    assert_eq!(desk.outcome(KIND, record, json!({ "do": "start_plan", "plan": Uuid::nil() })), "no_such_plan");
}

/// D2.5.4: a task is taken by whom it was given to, or noted by the desk; the roll-call keeps when somebody was there.
#[test]
fn tasks_and_roll_call() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    let to = common::person("钱队员");
    desk.act(KIND, record, json!({ "do": "give_task", "department": "秩序维护部", "what": "引车", "to": [to] }))
        .unwrap();
    let task = view(&desk, record).tasks[0].stamp.fact;
    let take = json!({ "do": "acknowledge_task", "task": task });
    let other = signer("孙队员", Role::Guard);
    assert_eq!(desk.perform(&other, KIND, record, take.clone()).map(|_| ()).unwrap_err().code, "not_yours");
    desk.perform(&guard(), KIND, record, take.clone()).unwrap();
    assert_eq!(desk.outcome(KIND, record, take), "not_offered", "there is no other task to take");
    desk.perform(&guard(), KIND, record, json!({ "do": "finish_task", "task": task, "result": "消防车已到" })).unwrap();
    let seen = view(&desk, record).tasks.remove(0);
    assert_eq!(seen.acknowledged.unwrap().stamp.by.name, "钱队员");
    assert_eq!(seen.done.unwrap().text, "消防车已到");

    let coming = json!({ "do": "respond", "presence": "coming", "eta_min": 5, "person": common::person("总值班") });
    desk.act(KIND, record, coming).unwrap();
    desk.later(4).perform(&manager(), KIND, record, action("respond")).unwrap();
    desk.later(30).perform(&manager(), KIND, record, json!({ "do": "respond", "presence": "left" })).unwrap();
    let responders = view(&desk, record).responders;
    assert_eq!(responders.len(), 1, "one line for each person");
    assert_eq!(responders[0].arrived_at, Some(MORNING.plus_minutes(4)));
    assert_eq!(responders[0].eta_min, None);
}

/// Two grades set apart stand side by side; the graver counts until somebody who supervises decides.
#[test]
fn two_grades_stand_side_by_side_until_a_supervisor_decides() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    let mut office = device(signer("赵值班", Role::DutyOfficer), 2);
    office.hear(&desk);
    desk.act(KIND, record, action("set_grade")).unwrap();
    office.act(KIND, record, json!({ "do": "set_grade", "grade": "grave" })).unwrap();
    meet(&mut desk, &mut office);
    let seen = view(&desk, record);
    assert_eq!((seen.grade, seen.grade_side_by_side.len()), (IncidentGrade::Grave, 2));
    assert_eq!(codes(&desk.project(record)), ["side_by_side"]);
    assert_eq!(desk.outcome(KIND, record, action("set_grade")), "not_offered");
    desk.perform(&manager(), KIND, record, action("set_grade")).unwrap();
    let decided = view(&desk, record);
    assert_eq!((decided.grade, decided.grade_side_by_side.len()), (IncidentGrade::Serious, 0));
}

#[test]
fn what_must_be_given() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    let hash = "0".repeat(63);
    let table = [
        (json!({ "do": "control", "measure": " " }), "missing"),
        (json!({ "do": "give_task", "department": "", "what": "断电" }), "missing"),
        (json!({ "do": "give_task", "department": "工程部", "what": "" }), "missing"),
        (json!({ "do": "keep_evidence", "sort": "photo", "note": "" }), "missing"),
        (json!({ "do": "keep_evidence", "sort": "photo", "note": "烟", "sha256": hash }), "bad_hash"),
        (json!({ "do": "call_outside", "whom": "" }), "missing"),
        (json!({ "do": "clear", "words": "" }), "missing"),
        (json!({ "do": "false_alarm", "reason": "" }), "missing"),
        (json!({ "do": "describe", "place": "3 栋地下室", "words": "配电间冒烟", "category": "fire" }), "missing"),
        (json!({ "do": "acknowledge_task", "task": Uuid::nil() }), "not_offered"),
        (json!({ "do": "tick", "card": Uuid::nil(), "step": 0 }), "not_offered"),
        (json!({ "do": "sos" }), "not_offered"),
        (json!({ "do": "nonsense" }), "unreadable_action"),
    ];
    for (action, code) in table {
        assert_eq!(desk.outcome(KIND, record, action.clone()), code, "{action}");
    }
    assert_eq!(desk.read(record).unwrap().facts.len(), 1, "what is refused writes nothing");
    let full = "AB".repeat(32);
    desk.act(KIND, record, json!({ "do": "keep_evidence", "note": "现场", "file_name": "a.jpg", "sha256": full }))
        .unwrap();
    assert_eq!(view(&desk, record).evidence[0].said.sha256, "ab".repeat(32));
}

/// What points at nothing is kept, shown, and not in force.
#[test]
fn facts_without_what_they_follow_are_not_in_force() {
    let mut desk = device(officer(), 1);
    let record = start(&mut desk);
    let body = |value: Value| value.as_object().unwrap().clone();
    desk.write_raw(record, "task_done", body(json!({ "task": Uuid::nil(), "result": "" })), &[]);
    desk.write_raw(record, "step_done", body(json!({ "card": Uuid::nil(), "step": 3 })), &[]);
    desk.write_raw(record, "found", body(json!({ "category": "flood" })), &[]);
    assert_eq!(codes(&desk.project(record)), ["not_legal_here", "not_legal_here", "not_legal_here"]);
    assert_eq!(view(&desk, record).category, IncidentCategory::Fire);
    // The first tap voided: nothing is left to do, and nothing panics.
    let births: Vec<_> =
        desk.read(record).unwrap().facts.into_iter().filter(|fact| fact.kind == "found").map(|fact| fact.id).collect();
    for of in births {
        desk.act(KIND, record, json!({ "do": "void_fact", "of": of, "reason": "记错" })).unwrap();
    }
    let card = card(&desk, record);
    assert!(!card.open && card.tone == Tone::Off);
}

proptest! {
    /// The same facts give the same incident, whatever order they arrived in.
    #[test]
    fn order_of_arrival_does_not_matter(order in Just((0..14).collect::<Vec<usize>>()).prop_shuffle()) {
        let mut desk = device(officer(), 1);
        let record = start(&mut desk);
        let mut others = [device(guard(), 2), device(manager(), 3)];
        for other in &mut others {
            other.hear(&desk);
            for name in ["respond", "control", "report", "start_plan", "keep_evidence"] {
                other.later(1).act(KIND, record, action(name)).unwrap();
            }
        }
        desk.act(KIND, record, action("set_grade")).unwrap();
        desk.act(KIND, record, action("clear")).unwrap();
        for other in &others {
            desk.hear(other);
        }
        let doc = desk.read(record).unwrap();
        let (one, other) = (kinds::project(&doc), kinds::project(&shuffled(&doc, &order)));
        prop_assert_eq!(one.view, other.view);
        prop_assert_eq!(one.card, other.card);
        prop_assert_eq!(one.anomalies, other.anomalies);
    }
}
