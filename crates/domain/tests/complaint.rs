//! Complaints, in the words of D3.4 and 《投诉处理记录》.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, just, meet, person, signer};
use dutybook_domain::complaint::{ComplaintState, ComplaintView, Grade, Validity};
use dutybook_domain::contact_record::{ContactState, ContactView};
use dutybook_domain::engine::{Tone, Urgency};
use dutybook_domain::record::{RawFact, RecordDoc, in_causal_order};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{Settings, Site};
use dutybook_domain::{FactId, RecordId, Timestamp, kinds};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

const KIND: &str = "complaint";

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn manager() -> Signer {
    signer("周经理", Role::CsManager)
}

fn project_manager() -> Signer {
    signer("郑经理", Role::ProjectManager)
}

fn action(name: &str) -> Value {
    let soon = MORNING.plus_minutes(7 * 24 * 60);
    match name {
        "lodge" => json!({ "do": "lodge", "way": "letter", "name": "何女士", "unit_label": "3-2-1502",
                           "topic": "保洁", "summary": "楼道三天没有打扫" }),
        "notify" => json!({ "do": "notify", "to": person("周经理"), "method": "phone" }),
        "report" => json!({ "do": "report", "to": person("郑经理"), "method": "in_person" }),
        "assign" => json!({ "do": "assign", "department": "保洁部", "person": person("孙主管") }),
        "grade" => json!({ "do": "grade", "grade": "important", "reason": "第二次" }),
        "judge" => json!({ "do": "judge", "validity": "valid", "reason": "现场属实" }),
        "plan" => json!({ "do": "plan", "plan": "今日补扫,每日两次检查" }),
        "tell_back" => json!({ "do": "tell_back", "method": "phone", "said": "已告知方案", "next_contact": soon }),
        "work" => json!({ "do": "work", "process": "已补扫" }),
        "settle" => json!({ "do": "settle", "result": "楼道已清洁" }),
        "take_opinion" => json!({ "do": "take_opinion", "opinion": "satisfied", "words": "可以" }),
        "displeased" => json!({ "do": "take_opinion", "opinion": "unsatisfied", "words": "只扫了一层" }),
        "not_reached" => json!({ "do": "not_reached", "reason": "匿名来函" }),
        "follow_up" => json!({ "do": "follow_up", "method": "phone", "satisfied": true }),
        "close" => json!({ "do": "close", "without_followup_reason": "投诉人不愿再被打扰" }),
        "reopen" => json!({ "do": "reopen", "reason": "又脏了" }),
        "comment" => json!({ "do": "comment", "text": "加强检查" }),
        "set_next_contact" => json!({ "do": "set_next_contact", "next_contact": soon }),
        "chase" => json!({ "do": "chase", "department": "保洁部", "text": "扫完了吗" }),
        "answer_chase" => json!({ "do": "answer_chase", "text": "下午四点前" }),
        plain => just(plain),
    }
}

fn view(device: &Device, record: RecordId) -> ComplaintView {
    device.view(record)
}

fn lodged(device: &mut Device, steps: &[&str]) -> RecordId {
    let record = device.start(&officer(), KIND, action("lodge")).unwrap();
    for name in steps {
        device.later(1).perform(&officer(), KIND, record, action(name)).unwrap();
    }
    record
}

const TO_SETTLED: [&str; 5] = ["notify", "plan", "tell_back", "work", "settle"];
const ACTIONS: [&str; 20] = [
    "not_reached",
    "notify",
    "report",
    "acknowledge",
    "assign",
    "grade",
    "judge",
    "plan",
    "tell_back",
    "work",
    "settle",
    "take_opinion",
    "follow_up",
    "close",
    "reopen",
    "comment",
    "set_next_contact",
    "chase",
    "answer_chase",
    "lodge",
];

/// State, how one comes there, and what each role may do there: `action>state` when it leads elsewhere.
#[rustfmt::skip]
const TABLE: &[(ComplaintState, &[&str], &str, &str)] = &[
    (ComplaintState::Lodged, &[], "officer", "notify>notified assign grade judge chase"),
    (ComplaintState::Lodged, &[], "manager", "acknowledge>notified assign>notified grade>notified judge>notified plan>planned comment>notified chase>notified"),
    (ComplaintState::Lodged, &[], "worker", ""),
    (ComplaintState::Notified, &["notify"], "officer", "assign grade judge plan>planned tell_back work set_next_contact chase"),
    (ComplaintState::Notified, &["notify"], "head", "plan>planned work"),
    (ComplaintState::Notified, &["notify"], "worker", "work"),
    (ComplaintState::Planned, &["notify", "plan"], "officer", "assign grade judge plan tell_back>told_back work set_next_contact chase"),
    (ComplaintState::Planned, &["notify", "plan"], "manager", "assign grade judge plan tell_back>told_back not_reached>told_back work set_next_contact chase comment"),
    (ComplaintState::ToldBack, &["notify", "plan", "tell_back"], "officer", "assign grade judge plan>planned tell_back work>handling settle>settled set_next_contact chase"),
    (ComplaintState::Handling, &["notify", "plan", "tell_back", "work"], "officer", "assign grade judge plan>planned tell_back work settle>settled set_next_contact chase"),
    (ComplaintState::Handling, &["notify", "plan", "tell_back", "work"], "head", "plan>planned work settle>settled"),
    (ComplaintState::Settled, &TO_SETTLED, "officer", "assign grade judge take_opinion>answered set_next_contact chase"),
    (ComplaintState::Settled, &TO_SETTLED, "manager", "assign grade judge take_opinion>answered not_reached>answered set_next_contact chase comment"),
    (ComplaintState::Settled, &TO_SETTLED, "worker", ""),
    (ComplaintState::Answered, &["notify", "plan", "tell_back", "work", "settle", "take_opinion"], "officer",
        "assign grade judge follow_up>followed_up close>closed reopen>notified set_next_contact chase"),
    (ComplaintState::FollowedUp, &["notify", "plan", "tell_back", "work", "settle", "take_opinion", "follow_up"], "officer",
        "assign grade judge follow_up close>closed reopen>notified set_next_contact chase"),
    (ComplaintState::Closed, &["notify", "plan", "tell_back", "work", "settle", "take_opinion", "follow_up", "close"], "officer", "reopen>notified"),
    (ComplaintState::Closed, &["notify", "plan", "tell_back", "work", "settle", "take_opinion", "follow_up", "close"], "manager", "reopen>notified comment"),
];

#[test]
fn the_table_says_who_may_do_what_where() {
    for (state, way, row, cells) in TABLE {
        let mut device = Device::new("D1", 1);
        let record = lodged(&mut device, way);
        assert_eq!(view(&device, record).state, *state);
        let who = match *row {
            "manager" => manager(),
            "head" => signer("工程部主任", Role::DeptHead),
            "worker" => signer("张师傅", Role::Worker),
            _ => officer(),
        };
        let mut expected: Vec<(String, &str)> = cells
            .split_whitespace()
            .map(|cell| cell.split_once('>').map_or((cell.into(), state.name()), |(name, then)| (name.into(), then)))
            .collect();
        expected.sort();
        let mut offered = device.offered(&who, record);
        offered.sort();
        assert_eq!(offered, expected.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), "{state:?} {row}");
        for name in ACTIONS {
            let mut copy = device.clone();
            let done = copy.perform(&who, KIND, record, action(name));
            match expected.iter().find(|(offered, _)| offered == name) {
                Some((_, then)) => {
                    done.unwrap();
                    assert_eq!(copy.project(record).card.state, *then, "{state:?} {row} {name}");
                }
                None => assert!(done.is_err(), "{state:?} {row} {name}"),
            }
        }
        for role in [Role::Archivist, Role::Admin] {
            assert!(device.offered(&signer("别人", role), record).is_empty());
        }
    }
}

/// Nothing typed twice, one number, one transaction (D1.1.3, D3.4).
#[test]
fn a_call_that_is_a_complaint_is_one_from_its_first_moment() {
    let mut device = Device::new("D1", 1);
    let call = device
        .start(
            &officer(),
            "contact_record",
            json!({ "do": "register", "way": "call", "rings": 2, "category": "complaint", "unit_label": "3-2-1502",
                    "name": "何女士", "phone": "13800000000", "summary": "楼上深夜装修",
                    "complaint": { "topic": "噪声", "grade": "important" } }),
        )
        .unwrap();
    let contact: ContactView = device.view(call);
    let complaint = contact.complaint.unwrap().complaint;
    let view = view(&device, complaint);
    assert_eq!((view.number.as_deref(), contact.number.as_deref()), (Some("D1-0611-001"), Some("D1-0611-001")));
    assert_eq!(
        (view.name.as_str(), view.phone.as_str(), view.summary.as_str()),
        ("何女士", "13800000000", "楼上深夜装修")
    );
    assert_eq!((view.topic.as_str(), view.grade, view.unit_label.as_str()), ("噪声", Grade::Important, "3-2-1502"));
    assert_eq!(view.contact.unwrap().record, call);
    assert_eq!((contact.state, contact.state_words.zh.as_str()), (ContactState::Converted, "已转投诉处理"));

    // Followed up and closed, the call is too, without another tap.
    for name in TO_SETTLED.iter().chain(&["take_opinion", "follow_up", "close"]) {
        device.later(1).perform(&officer(), KIND, complaint, action(name)).unwrap();
    }
    let contact: ContactView = device.view(call);
    assert_eq!((contact.state, contact.follow_ups.len()), (ContactState::Closed, 1));
    // It opens again under its number.
    device.perform(&officer(), KIND, complaint, action("reopen")).unwrap();
    assert_eq!(device.project(complaint).card.number.as_deref(), Some("D1-0611-001"));
}

/// The call was written down as something else, and two desks found out at the same time.
#[test]
fn one_call_never_becomes_two_complaints() {
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let call = one
        .start(
            &officer(),
            "contact_record",
            json!({ "do": "register", "way": "call", "category": "enquiry", "summary": "吵" }),
        )
        .unwrap();
    let received = one.read(call).unwrap().facts[0].id;
    let amend = json!({ "do": "amend", "of": received, "field": "category", "value": "complaint", "reason": "听错" });
    one.perform(&officer(), "contact_record", call, amend).unwrap();
    two.hear(&one);
    for device in [&mut one, &mut two] {
        assert_eq!(device.offered(&officer(), call)[0], "make_complaint");
        device.perform(&officer(), "contact_record", call, just("make_complaint")).unwrap();
    }
    meet(&mut one, &mut two);
    let complaints: Vec<RecordId> = one.docs.keys().copied().filter(|id| id.is_of_kind(KIND)).collect();
    assert_eq!(complaints.len(), 1);
    assert_eq!(one.project(complaints[0]), two.project(complaints[0]));
    assert_eq!(codes(&one.project(complaints[0])), Vec::<&str>::new());
}

/// The clocks of D3.4: code and minutes from the morning, in each state.
#[test]
fn every_step_has_its_hour() {
    #[rustfmt::skip]
    type Row<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, i64)]);
    let rows: &[Row<'_>] = &[
        ("general", &[], &[("notify", 10), ("plan", 1440)]),
        ("major", &[], &[("report", 0), ("notify", 10), ("plan", 120)]),
        ("major", &["report"], &[("notify", 10), ("plan", 120)]),
        ("general", &["notify"], &[("plan", 1440)]),
        ("general", &["notify", "plan"], &[("tell_back", 1442)]),
        ("general", &["notify", "plan", "tell_back"], &[("next_contact", 7 * 1440)]),
        ("general", &["notify", "plan", "tell_back", "work", "settle"], &[("next_contact", 7 * 1440)]),
        ("general", &["notify", "plan", "tell_back", "work", "settle", "take_opinion"], &[("follow_up", 6 + 1440)]),
        (
            "major",
            &["report", "notify", "plan", "tell_back", "work", "settle", "take_opinion"],
            &[("follow_up", 7 + 120)],
        ),
        ("general", &["notify", "plan", "tell_back", "work", "settle", "displeased"], &[("plan", 6 + 1440)]),
        ("general", &["notify", "chase"], &[("plan", 1440), ("chase", 2 + 15)]),
        ("general", &["notify", "chase", "answer_chase"], &[("plan", 1440)]),
        ("general", &["notify", "plan", "tell_back", "work", "settle", "take_opinion", "follow_up"], &[]),
    ];
    for (grade, steps, expected) in rows {
        let mut device = Device::new("D1", 1);
        let mut lodge = action("lodge");
        lodge["grade"] = json!(grade);
        let record = device.start(&officer(), KIND, lodge).unwrap();
        for name in *steps {
            device.later(1).perform(&officer(), KIND, record, action(name)).unwrap();
        }
        let clocks = kinds::find(KIND).unwrap().deadlines(&device.project(record).view, &Settings::default());
        let found: Vec<(&str, i64)> =
            clocks.iter().map(|clock| (clock.code.as_str(), clock.due.minutes_since(MORNING))).collect();
        assert_eq!(&found, expected, "{grade} {steps:?}");
        assert!(clocks.iter().all(|clock| clock.rings));
    }
}

/// D3.4: a major complaint is the project manager's at once, and stays so until they know.
#[test]
fn a_major_complaint_waits_for_the_project_manager() {
    let mut device = Device::new("D1", 1);
    let record = lodged(&mut device, &["notify"]);
    device.perform(&officer(), KIND, record, json!({ "do": "grade", "grade": "major", "reason": "要上媒体" })).unwrap();
    let card = device.project(record).card;
    assert_eq!(
        (card.tone, card.urgency, card.next.unwrap().zh.as_str()),
        (Tone::Alert, Some(Urgency::Critical), "报项目经理")
    );
    assert_eq!(device.offered(&officer(), record)[0], "report");
    assert_eq!(device.offered(&project_manager(), record)[0], "acknowledge");
    // The customer-service manager knows already; reading is not theirs to do again.
    assert!(!device.offered(&manager(), record).contains(&"acknowledge".into()));
    device.perform(&project_manager(), KIND, record, just("acknowledge")).unwrap();
    let view = view(&device, record);
    assert!(!view.wants_project_manager());
    assert_eq!(view.project_manager.unwrap().method, None);
    assert_eq!(view.state, ComplaintState::Notified);
    assert!(!device.offered(&officer(), record).contains(&"report".into()));
}

/// Whoever is the site's manager is the one who was told, where nobody else is named.
#[test]
fn the_manager_of_the_site_need_not_be_named() {
    let mut device = Device::new("D1", 1);
    for (name, role) in [("周经理", "cs_manager"), ("郑经理", "project_manager"), ("钱队员", "guard")] {
        let one = serde_json::from_value(json!({ "name": name, "roles": [role] })).unwrap();
        device.site.people.insert(person(name).person, one);
    }
    let mut lodge = action("lodge");
    lodge["grade"] = json!("major");
    let record = device.start(&officer(), KIND, lodge).unwrap();
    for name in ["report", "notify"] {
        device.perform(&officer(), KIND, record, json!({ "do": name, "method": "message" })).unwrap();
    }
    let view = view(&device, record);
    assert_eq!(
        (view.manager.unwrap().person, view.project_manager.unwrap().person),
        (person("周经理"), person("郑经理"))
    );
}

/// The desk does not make a major complaint less by its own hand.
#[test]
fn what_is_major_is_made_less_by_the_manager_alone_and_with_a_reason() {
    let mut device = Device::new("D1", 1);
    let mut lodge = action("lodge");
    lodge["grade"] = json!("major");
    let record = device.start(&officer(), KIND, lodge).unwrap();
    device.signed_in(officer());
    assert_eq!(device.outcome(KIND, record, action("grade")), "no_role");
    device.signed_in(manager());
    assert_eq!(device.outcome(KIND, record, json!({ "do": "grade", "grade": "general" })), "missing");
    assert_eq!(device.outcome(KIND, record, action("grade")), "ok");
    assert_eq!(view(&device, record).grade, Grade::Important);
}

#[test]
fn refusals_say_what_is_missing() {
    let rows: &[(&[&str], Value, &str)] = &[
        (&[], json!({ "do": "notify" }), "missing"),
        (&["notify"], json!({ "do": "plan", "plan": " " }), "missing"),
        (&["notify"], json!({ "do": "judge", "validity": "invalid" }), "missing"),
        (&["notify"], json!({ "do": "assign", "department": " " }), "missing"),
        (&["notify"], json!({ "do": "chase", "text": "" }), "missing"),
        (&["notify"], action("close"), "opinion_missing"),
        (&TO_SETTLED, action("close"), "opinion_missing"),
        (&TO_SETTLED, json!({ "do": "take_opinion", "opinion": "unsatisfied" }), "missing"),
        (
            &TO_SETTLED,
            json!({ "do": "take_opinion", "opinion": "satisfied", "outgoing": { "line": "值班热线" } }),
            "hotline_reason_missing",
        ),
        (
            &["notify", "plan"],
            json!({ "do": "tell_back", "method": "phone", "said": "好", "next_contact": MORNING }),
            "not_ahead",
        ),
        (&["notify"], json!({ "do": "decide", "fact": Uuid::nil() }), "not_offered"),
        (&["notify"], action("answer_chase"), "not_offered"),
        (&[], action("plan"), "not_offered"),
    ];
    for (steps, refused, code) in rows {
        let mut device = Device::new("D1", 1);
        let record = lodged(&mut device, steps);
        assert_eq!(device.outcome(KIND, record, refused.clone()), *code, "{steps:?} {refused}");
    }
    let mut device = Device::new("D1", 1);
    assert_eq!(device.start(&officer(), KIND, json!({ "do": "lodge", "way": "letter" })).unwrap_err().code, "missing");
    let answered: Vec<&str> = TO_SETTLED.iter().copied().chain(["take_opinion"]).collect();
    let record = lodged(&mut device, &answered);
    assert_eq!(device.outcome(KIND, record, just("close")), "missing", "without a follow-up a reason is needed");
    let unhappy = json!({ "do": "follow_up", "method": "phone", "satisfied": false, "opinion": "还要道歉" });
    assert_eq!(device.outcome(KIND, record, unhappy), "ok");
    assert_eq!(device.outcome(KIND, record, action("close")), "not_content");
    assert_eq!(device.offered(&officer(), record)[0], "reopen");
}

/// 不满意 opens it again, whoever has heard something better meanwhile, and closing does not win over it.
#[test]
fn one_who_is_not_satisfied_opens_it_again_in_every_order() {
    for (first, second) in [(1, 2), (2, 1)] {
        let mut one = Device::new("D1", first);
        let answered: Vec<&str> = TO_SETTLED.to_vec();
        let record = lodged(&mut one, &answered);
        let mut two = Device::new("D2", second);
        two.hear(&one);
        one.later(1).perform(&officer(), KIND, record, action("displeased")).unwrap();
        for name in ["take_opinion", "follow_up", "close"] {
            two.later(1).perform(&officer(), KIND, record, action(name)).unwrap();
        }
        assert_eq!(view(&two, record).state, ComplaintState::Closed);
        meet(&mut one, &mut two);
        for device in [&one, &two] {
            let view = view(device, record);
            assert_eq!(view.state, ComplaintState::Notified, "{first} {second}");
            assert!(view.closed.is_none());
            assert_eq!(view.opinions.len(), 2);
        }
    }
}

/// Two natures, set apart: both stand until the customer-service manager decides; the graver counts meanwhile.
#[test]
fn two_natures_stand_side_by_side_until_the_manager_decides() {
    let (mut one, mut two) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = lodged(&mut one, &["notify"]);
    two.hear(&one);
    one.perform(&officer(), KIND, record, json!({ "do": "grade", "grade": "important", "reason": "第二次" })).unwrap();
    one.perform(&officer(), KIND, record, action("judge")).unwrap();
    one.perform(&officer(), KIND, record, action("assign")).unwrap();
    let supervisor = signer("吴主任", Role::CsSupervisor);
    two.perform(&supervisor, KIND, record, json!({ "do": "grade", "grade": "major", "reason": "集体投诉" })).unwrap();
    two.perform(&supervisor, KIND, record, json!({ "do": "judge", "validity": "invalid", "reason": "邻里纠纷" }))
        .unwrap();
    two.perform(&supervisor, KIND, record, json!({ "do": "assign", "department": "秩序部" })).unwrap();
    meet(&mut one, &mut two);
    let both = view(&one, record);
    assert_eq!((both.grade, both.grade_side_by_side.len()), (Grade::Major, 2));
    assert_eq!((both.validity.len(), both.duty.len()), (2, 2));
    assert_eq!(codes(&one.project(record)), ["side_by_side"; 3]);
    assert!(both.wants_project_manager());

    // Neither the desk nor its supervisor decides.
    for who in [officer(), supervisor] {
        let offered = one.offered(&who, record);
        for name in ["decide", "judge", "assign", "grade"] {
            assert!(!offered.contains(&name.into()), "{name}");
        }
        let fact = both.grade_side_by_side[0].fact;
        let refused = one.perform(&who, KIND, record, json!({ "do": "decide", "fact": fact })).unwrap_err();
        assert_eq!(refused.code, "no_role");
    }
    let decide = |one: &mut Device, fact: FactId| {
        one.perform(&manager(), KIND, record, json!({ "do": "decide", "fact": fact, "reason": "已核实" })).unwrap();
    };
    assert!(one.offered(&manager(), record).contains(&"decide".into()));
    let chosen = both.grade_side_by_side.iter().find(|it| it.value == Grade::Important).unwrap();
    decide(&mut one, chosen.fact);
    decide(&mut one, both.validity.iter().find(|it| it.value == Validity::Valid).unwrap().fact);
    decide(&mut one, both.duty.iter().find(|it| it.value.department == "保洁部").unwrap().fact);
    let after = view(&one, record);
    assert_eq!((after.grade, after.grade_side_by_side.len()), (Grade::Important, 0));
    assert_eq!((after.validity[0].value, after.validity.len(), after.duty.len()), (Validity::Valid, 1, 1));
    assert_eq!(one.project(record).card.responsible, [person("孙主管")]);
    assert_eq!(codes(&one.project(record)), Vec::<&str>::new());
    // What was not chosen stays in the history.
    let history = one.project(record).lines.iter().map(|line| line.detail.zh.clone()).collect::<Vec<_>>().join("\n");
    assert!(history.contains("集体投诉") && history.contains("邻里纠纷") && history.contains("选定重要"));
}

/// A decision by somebody who may not decide is kept and not in force.
#[test]
fn a_decision_by_the_desk_is_not_in_force() {
    let mut device = Device::new("D1", 1);
    let record = lodged(&mut device, &["notify", "grade"]);
    let body = json!({ "grade": "general", "reason": "", "decided": true });
    device.signed_in(officer()).write_raw(record, "graded", body.as_object().unwrap().clone(), &["grade"]);
    assert_eq!(view(&device, record).grade, Grade::Important);
    assert_eq!(codes(&device.project(record)), ["no_role"]);
}

#[test]
fn a_manager_who_acts_knows() {
    let mut device = Device::new("D1", 1);
    let record = lodged(&mut device, &[]);
    device.later(3).perform(&manager(), KIND, record, action("comment")).unwrap();
    let seen = view(&device, record);
    assert_eq!((seen.state, seen.manager.unwrap().stamp.at), (ComplaintState::Notified, MORNING.plus_minutes(3)));
}

#[test]
fn the_form_and_the_ledger_read_in_both_languages() {
    let mut device = Device::new("D1", 1);
    let steps = [
        "notify",
        "assign",
        "judge",
        "grade",
        "chase",
        "answer_chase",
        "plan",
        "tell_back",
        "work",
        "set_next_contact",
        "settle",
        "take_opinion",
        "follow_up",
        "close",
        "reopen",
    ];
    let record = lodged(&mut device, &steps);
    device.perform(&manager(), KIND, record, action("comment")).unwrap();
    let lines: Vec<String> = device
        .project(record)
        .lines
        .into_iter()
        .map(|line| format!("{} | {} || {} | {}", line.subject.zh, line.detail.zh, line.subject.en, line.detail.en))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

prop_compose! {
    fn any_fact()(
        kind in prop::sample::select(vec![
            "lodged", "notified", "reported", "acknowledged", "assigned", "graded", "judged", "planned", "told_back",
            "worked", "settled", "opinion_taken", "followed_up", "closed", "reopened", "commented", "chased",
            "chase_answered", "next_contact_set", "amended", "fact_voided", "from_the_future",
        ]),
        role in prop::sample::select(vec![
            Role::DutyOfficer, Role::CsManager, Role::ProjectManager, Role::Worker, Role::Archivist,
        ]),
        text in "[a-c]{0,2}",
        pick in 0..3_usize,
        after in prop::collection::vec(0..30_u128, 0..3),
        of in 0..30_u128,
        at in any::<i64>(),
    ) -> (String, Role, Value, Vec<u128>, i64) {
        let someone = json!({ "person": Uuid::from_u128(of), "name": text });
        let opinion = ["satisfied", "basically", "unsatisfied"][pick];
        let grade = ["major", "important", "general"][pick];
        let validity = ["valid", "invalid", "valid"][pick];
        let body = match kind {
            "lodged" => json!({ "summary": text, "grade": grade }),
            "notified" | "reported" => json!({ "to": someone }),
            "assigned" => json!({ "duty": { "department": text }, "decided": pick == 0 }),
            "graded" => json!({ "grade": grade, "decided": pick == 1 }),
            "judged" => json!({ "validity": validity }),
            "planned" => json!({ "plan": text }),
            "told_back" => json!({ "method": "phone", "said": text, "next_contact": at }),
            "worked" => json!({ "process": text }),
            "settled" => json!({ "result": text }),
            "opinion_taken" => json!({ "opinion": opinion, "words": text }),
            "followed_up" => json!({ "satisfied": pick == 0 }),
            "closed" => json!({ "without_followup_reason": (pick == 0).then_some(text) }),
            "reopened" => json!({ "reason": text }),
            "commented" | "chased" => json!({ "text": text }),
            "chase_answered" => json!({ "chase": Uuid::from_u128(of), "text": text }),
            "next_contact_set" => json!({ "next_contact": at }),
            "amended" => json!({ "of": Uuid::from_u128(of), "field": "grade", "value": "major", "reason": "r" }),
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
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_facts_makes_the_view_fail_and_their_order_on_the_way_is_nothing(
        facts in prop::collection::vec(any_fact(), 0..30),
    ) {
        let projection = kinds::project(&strange(&facts, false));
        prop_assert_eq!(&kinds::project(&strange(&facts, true)), &projection);
        let kind = kinds::find(KIND).unwrap();
        kind.offers(Some(&projection.view), &officer(), &Site::default());
        kind.deadlines(&projection.view, &Settings::default());
        let view: ComplaintView = serde_json::from_value(projection.view.clone()).unwrap();
        // Whatever came in: what is closed has the complainant's opinion.
        prop_assert!(view.state != ComplaintState::Closed || !view.opinions.is_empty());
        prop_assert_eq!(serde_json::to_value(view).unwrap(), projection.view);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn devices_that_merge_in_any_order_agree(
        acts in prop::collection::vec((0..3_usize, 0..3_usize, prop::sample::select(ACTIONS.to_vec()), 0..6_usize), 1..24),
    ) {
        let mut devices = [Device::new("D1", 1), Device::new("D2", 2), Device::new("D3", 3)];
        let record = lodged(&mut devices[0], &["notify"]);
        for (device, who, name, other) in acts {
            let who = [officer(), manager(), project_manager()][who].clone();
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
        prop_assert_eq!(forward.project(record), backward.project(record));
    }
}

/// A letter without a name has nobody to tell or to ask: a manager says so, with the reason, and it can be closed with
/// another one; the desk cannot do so by itself.
#[test]
fn an_anonymous_complaint_can_be_closed_by_a_manager_s_word() {
    let mut device = Device::new("D1", 1);
    let mut letter = action("lodge");
    letter["name"] = "".into();
    letter["unit_label"] = "".into();
    let record = device.start(&officer(), KIND, letter).unwrap();
    let mut step = |who: &Signer, name: &str| -> Result<(), String> {
        device.later(1).perform(who, KIND, record, action(name)).map(drop).map_err(|refusal| refusal.code)
    };
    for name in ["notify", "plan"] {
        step(&officer(), name).unwrap();
    }
    assert_eq!(step(&officer(), "not_reached"), Err("no_role".into()));
    step(&manager(), "not_reached").unwrap();
    for name in ["work", "settle"] {
        step(&officer(), name).unwrap();
    }
    assert_eq!(step(&officer(), "close"), Err("opinion_missing".into()));
    step(&manager(), "not_reached").unwrap();
    step(&officer(), "close").unwrap();
    let closed = view(&device, record);
    assert_eq!((closed.state, closed.not_reached.len(), closed.opinions.len()), (ComplaintState::Closed, 2, 0));
    assert_eq!(closed.closed.unwrap().without_followup_reason.as_deref(), Some("投诉人不愿再被打扰"));
    assert!(codes(&device.project(record)).is_empty());
}
