//! Leave and swaps: three signatures, what they change in the roster, and what happens when it is decided apart
//! (D1.2.3).

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/duty.rs"]
mod duty;

use common::{Device, codes, just, meet, person, shuffled, signer};
use duty::{at, day, refresh, rostered, sheet};
use dutybook_domain::RecordId;
use dutybook_domain::absence::{Absence, AbsenceState, AbsenceView};
use dutybook_domain::attendance::shifts_of;
use dutybook_domain::engine::Kind;
use dutybook_domain::kinds;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::roster::{RosterView, mark_meant, mark_of};
use proptest::prelude::*;
use serde_json::{Value, json};

const KIND: &str = "absence";

fn a() -> Signer {
    signer("甲", Role::DutyOfficer)
}

fn b() -> Signer {
    signer("乙", Role::DutyOfficer)
}

fn supervisor() -> Signer {
    signer("主任", Role::CsSupervisor)
}

fn device(rank: u8) -> Device {
    Device::of(rank, rostered(), a(), at("2026-06-11 09:00"))
}

/// 甲 is early on the 15th and off on the 14th and 21st; 乙 is late on the 14th and off on the 15th.
fn leave(from: &str, to: &str, cover: Option<&str>) -> Value {
    let form = json!({ "form": "leave", "leave": "personal", "from": from, "to": to });
    json!({ "do": "apply", "form": form, "cover": cover.map(person), "reason": "家中有事" })
}

fn swap(day: &str, back: Option<&str>, with: &str) -> Value {
    let form = json!({ "form": "swap", "day": day, "back": back });
    json!({ "do": "apply", "form": form, "cover": person(with), "reason": "考试" })
}

fn reject() -> Value {
    json!({ "do": "reject", "reason": "人手不足" })
}

fn state(device: &Device, record: RecordId) -> AbsenceState {
    device.view::<AbsenceView>(record).state
}

fn mark(device: &Device, name: &str, on: &str) -> Option<char> {
    mark_of(&device.site, person(name).person, day(on))
}

fn accepted(device: &mut Device, application: Value) -> RecordId {
    let record = device.start(&a(), KIND, application).unwrap();
    device.perform(&b(), KIND, record, just("accept_cover")).unwrap();
    record
}

#[test]
fn leave_with_three_signatures_is_in_force_in_the_roster() {
    let mut desk = device(1);
    let record = desk.start(&a(), KIND, leave("2026-06-14", "2026-06-15", Some("乙"))).unwrap();
    assert_eq!(state(&desk, record), AbsenceState::AwaitingCover);
    assert_eq!(desk.project(record).card.responsible, [person("乙")], "it is the cover's turn");
    desk.perform(&b(), KIND, record, just("accept_cover")).unwrap();
    assert_eq!(state(&desk, record), AbsenceState::AwaitingApproval);
    assert_eq!((mark(&desk, "甲", "2026-06-15"), mark(&desk, "乙", "2026-06-15")), (Some('早'), Some('休')));

    let steps = desk.perform(&supervisor(), KIND, record, just("approve")).unwrap();
    assert_eq!(steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [KIND, "roster_sheet"], "in one transaction");
    refresh(&mut desk);
    let view: AbsenceView = desk.view(record);
    assert_eq!(view.state, AbsenceState::Approved);
    assert_eq!(view.applied.unwrap().by, a());
    assert_eq!(view.accepted.unwrap().by, b());
    assert_eq!(view.decisions[0].stamp.by, supervisor());
    assert_eq!((mark(&desk, "甲", "2026-06-15"), mark(&desk, "乙", "2026-06-15")), (Some('假'), Some('早')));
    assert_eq!(mark(&desk, "甲", "2026-06-14"), Some('休'), "a day off stays one");
    // The cover owes the shift now, and the applicant does not.
    let owed: Vec<String> =
        shifts_of(&desk.site, day("2026-06-15")).into_iter().map(|(_, view)| view.plan.unwrap().person.name).collect();
    assert!(owed.contains(&"乙".into()) && !owed.contains(&"甲".into()));
    let changes = desk.view::<RosterView>(sheet("2026-06")).changes;
    assert_eq!(changes[0].cells.len(), 2);

    // 销假.
    desk.perform(&supervisor(), KIND, record, json!({ "do": "end", "from": "2026-06-15" })).unwrap();
    refresh(&mut desk);
    assert_eq!(state(&desk, record), AbsenceState::Ended);
    assert_eq!((mark(&desk, "甲", "2026-06-15"), mark(&desk, "乙", "2026-06-15")), (Some('早'), Some('休')));
}

/// D2.4.2: leave in a month whose roster is drawn up later stands in its draft, and is taken out with the leave.
#[test]
fn leave_in_a_month_that_is_not_drawn_up_yet_waits_in_its_draft() {
    let mut desk = device(1);
    let record = desk.start(&a(), KIND, leave("2026-08-03", "2026-08-04", None)).unwrap();
    desk.perform(&supervisor(), KIND, record, just("approve")).unwrap();
    refresh(&mut desk);
    let meant = |desk: &Device, on: &str| mark_meant(&desk.site, person("甲").person, day(on));
    assert_eq!(mark(&desk, "甲", "2026-08-03"), None, "nothing is in force");
    assert_eq!((meant(&desk, "2026-08-03"), meant(&desk, "2026-08-05")), (Some('假'), Some('·')));
    // Whoever draws up the month finds it; a second leave on the same days has nothing to change.
    let set = json!({ "do": "set", "cells": [{ "person": person("甲"), "day": 5, "mark": "早" }] });
    desk.perform(&supervisor(), "roster_sheet", sheet("2026-08"), set).unwrap();
    refresh(&mut desk);
    assert_eq!((meant(&desk, "2026-08-04"), meant(&desk, "2026-08-05")), (Some('假'), Some('早')));
    // Drawn up meanwhile: the shift of the day wants somebody who covers.
    assert_eq!(desk.start(&a(), KIND, leave("2026-08-05", "2026-08-05", None)).unwrap_err().code, "missing");
    desk.perform(&supervisor(), KIND, record, json!({ "do": "end", "from": "2026-08-04" })).unwrap();
    refresh(&mut desk);
    assert_eq!((meant(&desk, "2026-08-03"), meant(&desk, "2026-08-04")), (Some('假'), Some('·')));
}

#[test]
fn a_swap_exchanges_two_days_over_the_end_of_a_month() {
    let mut desk = device(1);
    // 乙 is off on 29 June, 甲 on 7 July: each works the other's shift.
    let record = accepted(&mut desk, swap("2026-06-29", Some("2026-07-07"), "乙"));
    desk.perform(&supervisor(), KIND, record, just("approve")).unwrap();
    refresh(&mut desk);
    assert_eq!((mark(&desk, "甲", "2026-06-29"), mark(&desk, "乙", "2026-06-29")), (Some('休'), Some('早')));
    assert_eq!((mark(&desk, "甲", "2026-07-07"), mark(&desk, "乙", "2026-07-07")), (Some('晚'), Some('休')));
    assert!(desk.read(sheet("2026-06")).is_some() && desk.read(sheet("2026-07")).is_some());
}

#[test]
fn what_cannot_be_applied_for() {
    let stranger = json!({ "do": "apply", "form": { "form": "swap", "day": "2026-06-15" }, "cover": person("路人"), "reason": "x" });
    let alone = json!({ "do": "apply", "form": { "form": "swap", "day": "2026-06-15" }, "reason": "x" });
    let no_reason =
        json!({ "do": "apply", "form": { "form": "swap", "day": "2026-06-15" }, "cover": person("乙"), "reason": "" });
    let table = [
        (leave("2026-06-15", "2026-06-15", None), "missing"),
        (leave("2026-06-14", "2026-06-14", None), "ok"),
        (leave("2026-06-16", "2026-06-16", Some("乙")), "cover_busy"),
        (leave("2026-06-15", "2026-06-14", Some("乙")), "wrong_days"),
        (leave("2026-06-15", "2026-12-31", Some("乙")), "wrong_days"),
        (leave("2026-06-08", "2026-06-08", Some("乙")), "past"),
        (leave("2026-06-15", "2026-06-15", Some("甲")), "missing"),
        (swap("2026-06-14", None, "乙"), "no_shift"),
        (swap("2026-06-15", Some("2026-06-15"), "乙"), "wrong_days"),
        (swap("2026-06-15", Some("2026-06-22"), "乙"), "no_shift"),
        (swap("2026-08-15", None, "乙"), "not_published"),
        (swap("2026-06-16", None, "乙"), "ok"),
        (stranger, "missing"),
        (alone, "missing"),
        (no_reason, "missing"),
    ];
    for (application, code) in table {
        let outcome =
            device(1).start(&a(), KIND, application.clone()).map_or_else(|refusal| refusal.code, |_| "ok".into());
        assert_eq!(outcome, code, "{application}");
    }
    // A worker keeps no post: leave without a cover is the supervisor's to judge.
    let mut worker = device(1);
    let record = worker.start(&signer("维修", Role::Worker), KIND, leave("2026-06-15", "2026-06-15", None)).unwrap();
    assert_eq!(state(&worker, record), AbsenceState::AwaitingApproval);
}

#[test]
fn who_may_do_what_in_which_state() {
    let people = [a(), b(), signer("丙", Role::DutyOfficer), supervisor()];
    let actions = ["accept_cover", "decline_cover", "approve", "reject", "withdraw", "end"];
    // Offered to: applicant, cover, a colleague, the supervisor.
    let states: [(AbsenceState, [&[&str]; 4]); 7] = [
        (AbsenceState::AwaitingCover, [&["withdraw"], &["accept_cover", "decline_cover"], &[], &["reject"]]),
        (AbsenceState::AwaitingApproval, [&["withdraw"], &[], &[], &["approve", "reject"]]),
        (AbsenceState::Approved, [&[], &[], &[], &["end"]]),
        (AbsenceState::CoverDeclined, [&[], &[], &[], &[]]),
        (AbsenceState::Rejected, [&[], &[], &[], &[]]),
        (AbsenceState::Withdrawn, [&[], &[], &[], &[]]),
        (AbsenceState::Ended, [&[], &[], &[], &[]]),
    ];
    for (wanted, offered) in states {
        let mut base = device(1);
        let record = base.start(&a(), KIND, leave("2026-06-15", "2026-06-15", Some("乙"))).unwrap();
        let path: &[(Signer, Value)] = &match wanted {
            AbsenceState::AwaitingCover => vec![],
            AbsenceState::AwaitingApproval => vec![(b(), just("accept_cover"))],
            AbsenceState::Approved => vec![(b(), just("accept_cover")), (supervisor(), just("approve"))],
            AbsenceState::CoverDeclined => vec![(b(), json!({ "do": "decline_cover", "reason": "有事" }))],
            AbsenceState::Rejected => vec![(supervisor(), reject())],
            AbsenceState::Withdrawn => vec![(a(), just("withdraw"))],
            _ => vec![
                (b(), just("accept_cover")),
                (supervisor(), just("approve")),
                (supervisor(), json!({ "do": "end", "from": "2026-06-15" })),
            ],
        };
        for (who, action) in path {
            base.perform(who, KIND, record, action.clone()).unwrap();
            refresh(&mut base);
        }
        assert_eq!(state(&base, record), wanted);
        for (who, offered) in people.iter().zip(offered) {
            let mut found = base.offered(who, record);
            found.sort();
            assert_eq!(found, offered, "{wanted:?} {}", who.name);
            for action in actions {
                let full = json!({ "do": action, "reason": "因故", "from": "2026-06-15" });
                let done = base.clone().perform(who, KIND, record, full).is_ok();
                assert_eq!(done, offered.contains(&action), "{wanted:?} {} {action}", who.name);
            }
        }
    }
}

#[test]
fn nobody_approves_what_they_take_part_in() {
    let mut site = rostered();
    let rows = &mut site.rosters.values_mut().find(|it| it.month == "2026-06").unwrap().rows;
    rows.insert(person("主任").person, "休".repeat(30));
    let mut desk = Device::of(1, site, a(), at("2026-06-11 09:00"));
    let record = desk.start(&a(), KIND, leave("2026-06-15", "2026-06-15", Some("主任"))).unwrap();
    desk.perform(&supervisor(), KIND, record, just("accept_cover")).unwrap();
    assert_eq!(desk.perform(&supervisor(), KIND, record, just("approve")).unwrap_err().code, "own");
    desk.perform(&signer("经理", Role::CsManager), KIND, record, just("approve")).unwrap();
}

#[test]
fn a_roster_that_has_changed_meanwhile_is_not_overwritten() {
    let mut desk = device(1);
    let record = accepted(&mut desk, leave("2026-06-15", "2026-06-15", Some("乙")));
    let cells = json!([{ "person": person("乙"), "day": 15, "mark": "夜" }]);
    desk.perform(
        &supervisor(),
        "roster_sheet",
        sheet("2026-06"),
        json!({ "do": "decide", "cells": cells, "reason": "急" }),
    )
    .unwrap();
    refresh(&mut desk);
    assert_eq!(desk.perform(&supervisor(), KIND, record, just("approve")).unwrap_err().code, "roster_changed");
}

/// D1.2.3: two approvals made apart that clash stand side by side.
#[test]
fn two_approvals_that_clash_stand_side_by_side_in_the_roster() {
    let (mut desk, mut office) = (device(1), device(2));
    // 甲 wants 乙 on the 15th; 丙 has 乙 in for the same day. 乙 said yes to both.
    let one = accepted(&mut desk, leave("2026-06-15", "2026-06-15", Some("乙")));
    let c = signer("丙", Role::DutyOfficer);
    let two = desk.start(&c, KIND, leave("2026-06-15", "2026-06-15", Some("乙"))).unwrap();
    desk.perform(&b(), KIND, two, just("accept_cover")).unwrap();
    meet(&mut desk, &mut office);
    desk.perform(&supervisor(), KIND, one, just("approve")).unwrap();
    office.perform(&signer("经理", Role::CsManager), KIND, two, just("approve")).unwrap();
    meet(&mut desk, &mut office);
    for device in [&mut desk, &mut office] {
        let project = device.project(sheet("2026-06"));
        assert_eq!(codes(&project), ["clash"]);
        assert_eq!(project.card.state, "clash");
        let view: RosterView = device.view(sheet("2026-06"));
        assert!(view.clashes());
        assert_eq!(view.side_by_side[0].person, person("乙"));
        assert_eq!(view.side_by_side[0].values.len(), 2);
        let clocks = dutybook_domain::roster::RosterSheet::deadlines(&view, &device.site.settings);
        assert!(clocks.iter().any(|clock| clock.code == "clash" && clock.rings));
        refresh(device);
        assert_eq!((mark(device, "甲", "2026-06-15"), mark(device, "丙", "2026-06-15")), (Some('假'), Some('假')));
    }
    assert_eq!(mark(&desk, "乙", "2026-06-15"), mark(&office, "乙", "2026-06-15"));
    let cells = json!([{ "person": person("乙"), "day": 15, "mark": "夜" }]);
    let decide = json!({ "do": "decide", "cells": cells, "reason": "早班由主任顶" });
    desk.perform(&supervisor(), "roster_sheet", sheet("2026-06"), decide).unwrap();
    refresh(&mut desk);
    assert!(!desk.view::<RosterView>(sheet("2026-06")).clashes());
    assert_eq!(mark(&desk, "乙", "2026-06-15"), Some('夜'));
}

#[test]
fn approved_here_and_rejected_there_is_settled_by_somebody_who_saw_both() {
    let (mut desk, mut office) = (device(1), device(2));
    let record = accepted(&mut desk, leave("2026-06-15", "2026-06-15", Some("乙")));
    meet(&mut desk, &mut office);
    let manager = signer("经理", Role::CsManager);
    desk.perform(&supervisor(), KIND, record, just("approve")).unwrap();
    office.perform(&manager, KIND, record, reject()).unwrap();
    meet(&mut desk, &mut office);
    assert_eq!(desk.project(record).view, office.project(record).view);
    assert_eq!(state(&desk, record), AbsenceState::TwoDecisions);
    assert_eq!(codes(&desk.project(record)), ["side_by_side"]);
    assert!(Absence::deadlines(&desk.view(record), &desk.site.settings)[0].rings);

    refresh(&mut desk);
    let mut kept = desk.clone();
    kept.perform(&supervisor(), KIND, record, just("approve")).unwrap();
    refresh(&mut kept);
    assert_eq!(state(&kept, record), AbsenceState::Approved);
    assert_eq!(mark(&kept, "甲", "2026-06-15"), Some('假'));

    desk.perform(&supervisor(), KIND, record, reject()).unwrap();
    refresh(&mut desk);
    assert_eq!(state(&desk, record), AbsenceState::Rejected);
    assert_eq!((mark(&desk, "甲", "2026-06-15"), mark(&desk, "乙", "2026-06-15")), (Some('早'), Some('休')));
    assert!(codes(&desk.project(record)).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// The order in which facts are found says nothing.
    #[test]
    fn any_order_gives_the_same_application(order in proptest::collection::vec(0usize..64, 10), acts in proptest::collection::vec(0usize..8, 8)) {
        let (mut one, mut other) = (device(1), device(2));
        let record = one.start(&a(), KIND, leave("2026-06-15", "2026-06-15", Some("乙"))).unwrap();
        meet(&mut one, &mut other);
        for act in acts {
            let device = if act % 2 == 0 { &mut one } else { &mut other };
            let (who, action) = match act {
                0 | 1 => (b(), just("accept_cover")),
                2 => (supervisor(), just("approve")),
                3 => (supervisor(), reject()),
                4 => (a(), just("withdraw")),
                5 => (supervisor(), just("approve")),
                _ => { meet(&mut one, &mut other); continue; }
            };
            refresh(device);
            let _ = device.later(1).perform(&who, KIND, record, action);
        }
        meet(&mut one, &mut other);
        let read = one.read(record).unwrap();
        prop_assert_eq!(kinds::project(&shuffled(&read, &order)).view, one.project(record).view);
        prop_assert_eq!(one.project(record).view, other.project(record).view);
    }
}
