//! Verifying numbers and testing reachability, in the words of D1.1.6, D1.1.9 and D2.8.4.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, just, meet, signer};
use dutybook_domain::engine::Kind;
use dutybook_domain::ids::Home;
use dutybook_domain::reach_test::{ReachTest, ReachTestState, ReachTestView};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{ContactCategory, EmergencyContact, ManagerOncall, Person, Site};
use dutybook_domain::{Day, RecordId, Zone, kinds};
use serde_json::{Value, json};

const KIND: &str = "reach_test";

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn manager() -> Signer {
    signer("总值班", Role::DutyManager)
}

fn police() -> RecordId {
    RecordId::derived(&Home::standing("emergency_contact"), &["police"])
}

fn site() -> Site {
    let mut site = Site::default();
    for (who, phone) in [(officer(), ""), (manager(), "5550-2021")] {
        let (team, pin_hash) = (String::new(), String::new());
        let person = Person { name: who.name.clone(), roles: vec![who.role], team, phone: phone.into(), pin_hash };
        site.people.insert(who.person, person);
    }
    let contact = EmergencyContact {
        name: "派出所".into(),
        category: ContactCategory::Police,
        phones: vec!["110".into(), "5550-1100".into()],
        when: String::new(),
        verified_on: None,
        person: String::new(),
        verified_by: String::new(),
    };
    site.contacts.insert(police(), contact);
    let line = ManagerOncall {
        person: manager().person,
        post: "总值班员".into(),
        backup: String::new(),
        topics: String::new(),
        order: 1,
    };
    site.oncall.insert(RecordId::derived(&Home::standing("manager_oncall"), &["a"]), line);
    site
}

fn desk() -> Device {
    Device::of(1, site(), officer(), MORNING)
}

fn verify(phone: &str, reached: bool, note: &str) -> Value {
    json!({ "do": "verify", "contact": police(), "phone": phone, "reached": reached, "note": note })
}

fn view(device: &Device, record: RecordId) -> ReachTestView {
    device.view(record)
}

/// D1.1.6: a call test with initials; only an answered one verifies.
#[test]
fn a_number_is_verified_by_a_call_that_was_answered() {
    let mut desk = desk();
    let record = desk.start(&officer(), KIND, verify("110", true, "")).unwrap();
    let seen = view(&desk, record);
    assert_eq!(seen.state, ReachTestState::Reached);
    assert_eq!((seen.answers[0].phone.as_str(), seen.answers[0].stamp.by.name.as_str()), ("110", "王值班"));
    let projection = desk.project(record);
    assert!(!projection.card.open);
    assert_eq!(projection.lines[0].detail.zh, "派出所 110;已接通");
    let other = desk.start(&officer(), KIND, verify("5550-1100", false, "空号")).unwrap();
    assert_eq!(view(&desk, other).state, ReachTestState::NotReached);
}

#[test]
fn what_is_refused() {
    let mut desk = desk();
    let table = [
        (officer(), verify("119", true, ""), "other_number"),
        (officer(), verify("110", false, " "), "missing"),
        (
            officer(),
            json!({ "do": "verify", "contact": manager().person, "phone": "110", "reached": true }),
            "no_such_line",
        ),
        (signer("钱队员", Role::Guard), verify("110", true, ""), "not_offered"),
        (officer(), json!({ "do": "ask" }), "missing"),
        (officer(), json!({ "do": "ask", "person": police() }), "no_such_line"),
        (officer(), just("answer"), "not_offered"),
        (officer(), json!({ "do": "telephone", "reached": true }), "not_offered"),
    ];
    for (who, action, code) in table {
        assert_eq!(desk.start(&who, KIND, action.clone()).unwrap_err().code, code, "{action}");
    }
    assert!(desk.docs.is_empty());
}

/// D1.1.9: asked, answered on their own device, or not within ten minutes.
#[test]
fn a_manager_answers_on_their_own_device_or_it_rings_at_the_desk() {
    let mut desk = desk();
    let record = desk.start(&officer(), KIND, json!({ "do": "ask", "person": manager().person })).unwrap();
    let clocks = kinds::find(KIND).unwrap().deadlines(&desk.project(record).view, &desk.site.settings);
    assert_eq!((clocks.len(), clocks[0].due, clocks[0].rings), (1, MORNING.plus_minutes(10), true));
    assert_eq!(desk.offered(&officer(), record), ["telephone"]);
    assert_eq!(desk.offered(&manager(), record)[0], "answer");
    let mut tablet = Device::of(2, site(), manager(), MORNING);
    tablet.hear(&desk);
    tablet.later(2).act(KIND, record, just("answer")).unwrap();
    // Meanwhile the desk telephoned in vain: the answer counts, both are kept.
    desk.later(3).act(KIND, record, json!({ "do": "telephone", "reached": false, "note": "无人接" })).unwrap();
    assert_eq!(view(&desk, record).state, ReachTestState::NotReached);
    meet(&mut desk, &mut tablet);
    for device in [&desk, &tablet] {
        let seen = view(device, record);
        assert_eq!((seen.state, seen.answers.len()), (ReachTestState::Reached, 2));
        assert!(codes(&device.project(record)).is_empty());
    }
}

/// On a holiday every line of the call list is owed a test, alike everywhere and not to be guessed.
#[test]
fn holidays_owe_tests_that_nobody_has_to_create() {
    let mut one = desk();
    let today = MORNING.day(Zone::default());
    assert!(ReachTest::planned(&one.site, today).is_empty(), "not on a working day");
    one.site.settings.holidays = vec![today];
    let planned = ReachTest::planned(&one.site, today);
    assert_eq!(planned, ReachTest::planned(&one.site, today));
    let (record, untouched) = &planned[0];
    let minute = untouched.born.minutes_since(today.at(0, Zone::default()));
    assert!((9 * 60..21 * 60).contains(&minute), "{minute}");
    let days: std::collections::BTreeSet<i64> = (1..=20)
        .map(|nth| {
            let day = Day(today.0.checked_add_days(chrono::Days::new(nth)).unwrap());
            one.site.settings.holidays = vec![day];
            ReachTest::planned(&one.site, day)[0].1.born.minutes_since(day.at(0, Zone::default()))
        })
        .collect();
    assert!(days.len() > 10, "the time of day is not the same every time: {days:?}");

    one.site.settings.holidays = vec![today];
    let mut other = Device::of(2, one.site.clone(), signer("赵值班", Role::DutyOfficer), MORNING);
    one.act(KIND, *record, just("ask")).unwrap();
    other.act(KIND, *record, json!({ "do": "telephone", "reached": true })).unwrap();
    meet(&mut one, &mut other);
    assert_eq!(view(&one, *record), view(&other, *record));
    assert_eq!(view(&one, *record).state, ReachTestState::Reached);
    assert_eq!(view(&one, *record).answers[0].phone, "5550-2021");
}
