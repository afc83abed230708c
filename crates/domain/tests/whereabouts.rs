//! Whereabouts of managers (D3.6): declared, stale after a while, never tracked.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, meet, signer};
use dutybook_domain::engine::Kind;
use dutybook_domain::ids::Home;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{Person, Settings, Site};
use dutybook_domain::whereabouts::{Whereabouts, WhereaboutsView, sheet_of};
use dutybook_domain::{Day, RecordId, Zone};
use serde_json::{Value, json};

fn today() -> Day {
    MORNING.day(Zone::default())
}

fn id(name: &str) -> RecordId {
    RecordId::derived(&Home::standing("person"), &[name])
}

fn site() -> Site {
    let person = |name: &str, role| {
        let person = Person {
            name: name.into(),
            roles: vec![role],
            team: String::new(),
            phone: String::new(),
            pin_hash: String::new(),
        };
        (id(name), person)
    };
    let people = [
        person("项目经理", Role::ProjectManager),
        person("工程主任", Role::DeptHead),
        person("王值班", Role::DutyOfficer),
        person("老李", Role::Worker),
    ];
    Site { people: people.into(), ..Site::default() }
}

fn device(rank: u8, who: &Signer) -> Device {
    Device::of(rank, site(), who.clone(), MORNING)
}

fn head() -> Signer {
    signer("工程主任", Role::DeptHead)
}

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn declare(presence: &str, place: &str, back: Option<i64>) -> Value {
    json!({ "do": "declare", "presence": presence, "place": place, "reason": "",
        "back_at": back.map(|minutes| MORNING.plus_minutes(minutes)) })
}

#[test]
fn every_manager_has_a_sheet_for_every_day_and_nobody_else_has() {
    let planned = Whereabouts::planned(&site(), today());
    let names: Vec<&str> = planned.iter().map(|(_, view)| view.manager.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"项目经理") && names.contains(&"工程主任"));
    assert!(planned.iter().all(|(record, view)| *record == sheet_of(today(), view.manager.as_ref().unwrap().person)));
    let card = Whereabouts::card(&planned[0].1);
    assert_eq!((card.state.as_str(), card.state_words.zh.as_str()), ("undeclared", "未申报"));
}

#[test]
fn who_may_say_what() {
    let sheet = sheet_of(today(), id("工程主任"));
    let table: [(Signer, Value, &str); 9] = [
        (head(), declare("on_site", "", None), "ok"),
        (officer(), declare("out", "水务局", Some(60)), "ok"),
        (signer("项目经理", Role::ProjectManager), declare("on_site", "", None), "ok"),
        (signer("老李", Role::Worker), declare("on_site", "", None), "no_role"),
        (signer("保安主任", Role::DeptHead), declare("on_site", "", None), "no_role"),
        (head(), declare("out", "  ", None), "missing"),
        (head(), declare("meeting", "", None), "missing"),
        (head(), declare("leave", "", None), "missing"),
        (head(), declare("out", "水务局", Some(0)), "in_the_past"),
    ];
    for (who, action, expected) in table {
        let mut device = device(1, &who);
        assert_eq!(device.outcome("whereabouts", sheet, action.clone()), expected, "{} {action}", who.name);
    }
    // Nobody has a sheet for somebody who is no manager, and none for a person of another site.
    let mut device = device(1, &officer());
    let none = sheet_of(today(), id("老李"));
    assert_eq!(device.outcome("whereabouts", none, declare("on_site", "", None)), "no_such_record");
}

#[test]
fn what_was_said_last_counts_and_grows_stale() {
    let mut device = device(1, &head());
    let sheet = sheet_of(today(), id("工程主任"));
    device.act("whereabouts", sheet, declare("on_site", "", None)).unwrap();
    device.later(30).act("whereabouts", sheet, declare("out", "水务局", Some(300))).unwrap();
    let view: WhereaboutsView = device.view(sheet);
    assert_eq!(view.declared.len(), 2, "the day's sheet keeps every line");
    let card = device.project(sheet).card;
    assert_eq!((card.state.as_str(), card.place.as_deref()), ("out", Some("水务局")));
    let due = |view: &WhereaboutsView| Whereabouts::deadlines(view, &Settings::default())[0].due;
    assert_eq!(due(&view), MORNING.plus_minutes(300), "the words hold until the return that was promised");
    device.signed_in(officer()).later(1).act("whereabouts", sheet, declare("on_site", "", None)).unwrap();
    let view: WhereaboutsView = device.view(sheet);
    assert_eq!(due(&view), MORNING.plus_minutes(31 + 120), "grey after two hours");
    assert!(view.declared[2].told, "the duty officer wrote down what was told");
    assert!(!Whereabouts::deadlines(&view, &Settings::default())[0].rings, "nobody is rung up for it");
}

#[test]
fn a_leave_stands_on_the_sheets_of_all_its_days() {
    let mut device = device(1, &head());
    let until = 3 * 24 * 60 + 60;
    device.act("whereabouts", sheet_of(today(), id("工程主任")), declare("leave", "", Some(until))).unwrap();
    let days: Vec<Day> = std::iter::successors(Some(today()), |day| Some(day.after())).take(4).collect();
    for day in &days[..3] {
        let view: WhereaboutsView = device.view(sheet_of(*day, id("工程主任")));
        assert_eq!(view.day, Some(*day));
        assert_eq!(view.born, day.at(0, Zone::default()), "it belongs to its own day");
    }
    assert!(device.read(sheet_of(days[3], id("工程主任"))).is_none(), "back on the fourth day");
}

#[test]
fn two_declarations_at_once_are_both_kept_and_pointed_out() {
    let (mut desk, mut tablet) = (device(1, &officer()), device(2, &head()));
    let sheet = sheet_of(today(), id("工程主任"));
    desk.act("whereabouts", sheet, declare("out", "水务局", None)).unwrap();
    tablet.act("whereabouts", sheet, declare("on_site", "", None)).unwrap();
    meet(&mut desk, &mut tablet);
    assert_eq!(desk.project(sheet), tablet.project(sheet));
    assert_eq!(codes(&desk.project(sheet)), ["two_at_once"]);
    tablet.act("whereabouts", sheet, declare("on_site", "", None)).unwrap();
    desk.hear(&tablet);
    assert!(codes(&desk.project(sheet)).is_empty());
}

#[test]
fn a_declaration_for_somebody_else_is_not_in_force() {
    let mut device = device(1, &head());
    let sheet = sheet_of(today(), id("工程主任"));
    device.act("whereabouts", sheet, declare("on_site", "", None)).unwrap();
    let body = json!({ "manager": { "person": id("工程主任"), "name": "工程主任" }, "title": "dept_head", "day": today(),
        "begins": today().at(0, Zone::default()), "presence": "leave" });
    device.signed_in(signer("老李", Role::Worker));
    device.write_raw(sheet, "declared", serde_json::from_value(body).unwrap(), &[]);
    assert_eq!(codes(&device.project(sheet)), ["no_role"]);
    assert_eq!(device.project(sheet).card.state, "on_site");
}
