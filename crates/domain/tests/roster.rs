//! Rosters: drawing up, checks, publishing, reading, approved changes, and what happens when two people do it apart
//! (D2.4.1–D2.4.3, A8 d).

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/duty.rs"]
mod duty;

use std::collections::BTreeMap;

use common::{Device, codes, just, meet, person, shuffled, signer};
use duty::{at, bare, day, month, refresh, rostered, sheet};
use dutybook_domain::engine::Kind;
use dutybook_domain::form::{self, Cell, Part, Row, Source, Span};
use dutybook_domain::kinds;
use dutybook_domain::role::Role;
use dutybook_domain::roster::{RosterCheckKind, RosterSheet, RosterView, assigned, checks, in_force, mark_of};
use dutybook_domain::site::Site;
use dutybook_domain::{Words, words};
use proptest::prelude::*;
use serde_json::{Value, json};

const KIND: &str = "roster_sheet";

fn cell(name: &str, day: u8, mark: &str) -> Value {
    json!({ "person": person(name), "day": day, "mark": mark })
}

fn set(cells: &[Value]) -> Value {
    json!({ "do": "set", "cells": cells })
}

fn supervisor(site: Site, rank: u8) -> Device {
    Device::of(rank, site, signer("主任", Role::CsSupervisor), at("2026-06-24 09:00"))
}

fn view(device: &Device, text: &str) -> RosterView {
    device.view(sheet(text))
}

fn mark(view: &RosterView, name: &str, day: usize) -> char {
    view.draft()[&person(name).person].chars().nth(day - 1).unwrap()
}

#[test]
fn a_month_begins_as_the_site_file_has_it_and_is_published_in_versions() {
    let mut desk = supervisor(rostered(), 1);
    let july = sheet("2026-07");
    desk.act(KIND, july, set(&[cell("甲", 3, "晚"), cell("乙", 3, "早")])).unwrap();
    let drawn = view(&desk, "2026-07");
    assert_eq!((mark(&drawn, "甲", 3), mark(&drawn, "乙", 3), mark(&drawn, "甲", 2)), ('晚', '早', '早'));
    assert!(drawn.differs && drawn.from_file && drawn.version == 0);
    refresh(&mut desk);
    assert_eq!(mark_of(&desk.site, person("甲").person, day("2026-07-03")), Some('早'), "a draft is not in force");

    desk.act(KIND, july, json!({ "do": "publish", "note": "甲乙对调" })).unwrap();
    refresh(&mut desk);
    let published = view(&desk, "2026-07");
    assert_eq!((published.version, published.differs), (1, false));
    assert_eq!(mark_of(&desk.site, person("甲").person, day("2026-07-03")), Some('晚'));
    assert_eq!(desk.outcome(KIND, july, just("publish")), "not_offered", "nothing has changed since");

    // Whoever stands on it confirms having read this version, once.
    desk.signed_in(signer("甲", Role::DutyOfficer));
    assert_eq!(desk.offered(&desk.who.clone(), july), ["read"]);
    desk.act(KIND, july, just("read")).unwrap();
    assert_eq!(desk.outcome(KIND, july, just("read")), "not_offered");
    assert_eq!(view(&desk, "2026-07").reads[0].person, person("甲"));

    // A new version wants reading again.
    desk.signed_in(signer("主任", Role::CsSupervisor));
    desk.act(KIND, july, set(&[cell("甲", 4, "休")])).unwrap();
    desk.act(KIND, july, json!({ "do": "publish", "note": "缺口由主任补" })).unwrap();
    assert!(view(&desk, "2026-07").unread_by(person("甲").person));
    assert_eq!(view(&desk, "2026-07").version, 2);
}

#[test]
fn the_version_in_force_is_what_is_printed_with_how_it_came_to_be() {
    let mut desk = supervisor(rostered(), 1);
    let (july, on) = (sheet("2026-07"), Span::month("2026-07").unwrap());
    let printed = |desk: &Device| {
        let source = Source { site: &desk.site, span: on, records: &[], lines: &[], now: at("2026-06-24 09:00") };
        let form = source.form(form::find("roster").unwrap());
        let tables: Vec<Vec<Row>> = form
            .parts
            .iter()
            .map(|part| match part {
                Part::Table { rows, .. } => rows.clone(),
                Part::Fields { .. } => panic!("a roster is made of tables"),
            })
            .collect();
        (form, tables)
    };
    let of = |rows: &[Row], name: &str, day: usize| {
        rows.iter().find(|row| row.cells[0] == Cell::typed(name)).map(|row| row.cells[day].clone()).unwrap()
    };
    let (form, tables) = printed(&desk);
    assert_eq!(form.head[1].1, Cell::Text(words!("站点资料", "from the site file")));
    assert_eq!((of(&tables[0], "甲", 3), tables.len()), (Cell::typed("早"), 1), "nothing was changed yet");

    desk.act(KIND, july, set(&[cell("甲", 3, "晚"), cell("乙", 3, "")])).unwrap();
    refresh(&mut desk);
    assert_eq!(of(&printed(&desk).1[0], "甲", 3), Cell::typed("早"), "a draft is not printed");
    desk.act(KIND, july, json!({ "do": "publish", "note": "甲顶乙" })).unwrap();
    refresh(&mut desk);
    desk.act(KIND, july, json!({ "do": "decide", "cells": [cell("丙", 9, "早")], "reason": "急调" })).unwrap();
    refresh(&mut desk);
    let (form, tables) = printed(&desk);
    assert_eq!(form.head[1].1, Cell::Text(words!("第 1 版", "version 1")));
    assert_eq!((form.signatures[0].name.as_str(), form.signatures[1].name.as_str()), ("主任", ""));
    let grid = &tables[0];
    assert_eq!([of(grid, "甲", 3), of(grid, "乙", 3), of(grid, "丙", 9)], ["晚", "", "早"].map(Cell::typed));
    let changes: Vec<&[Cell]> = tables[1].iter().map(|row| &row.cells[2..4]).collect();
    let said = |zh: &str| Cell::Text(Words::same(zh));
    let zh = |cell: &Cell| match cell {
        Cell::Text(words) => said(&words.zh),
        other => other.clone(),
    };
    let changes: Vec<[Cell; 2]> = changes.iter().map(|it| [zh(&it[0]), zh(&it[1])]).collect();
    assert_eq!(changes, [["发布第 1 版", "甲顶乙"].map(said), ["丙 9 日改为早", "主管选定:急调"].map(said)]);
}

#[test]
fn who_may_do_what() {
    let table = [
        ("主任", Role::CsSupervisor, "ok", "ok"),
        ("经理", Role::CsManager, "ok", "ok"),
        ("工程主任", Role::DeptHead, "ok", "no_role"),
        ("甲", Role::DutyOfficer, "no_role", "no_role"),
        ("维修", Role::Worker, "no_role", "no_role"),
    ];
    for (name, role, may_set, may_publish) in table {
        let mut desk = supervisor(rostered(), 1);
        desk.act(KIND, sheet("2026-07"), set(&[cell("甲", 1, "早")])).unwrap();
        desk.act(KIND, sheet("2026-07"), set(&[cell("甲", 2, "晚")])).unwrap();
        desk.signed_in(signer(name, role));
        assert_eq!(desk.outcome(KIND, sheet("2026-07"), set(&[cell("甲", 5, "休")])), may_set, "{name}");
        let publish = json!({ "do": "publish", "note": "x" });
        assert_eq!(desk.outcome(KIND, sheet("2026-07"), publish), may_publish, "{name}");
    }
}

#[test]
fn what_is_refused() {
    let table = [
        ("2026-07", set(&[]), "missing"),
        ("2026-07", set(&[cell("甲", 32, "早")]), "no_such_day"),
        ("2026-07", set(&[cell("甲", 0, "早")]), "no_such_day"),
        ("2026-07", set(&[cell("甲", 1, "早早")]), "no_such_mark"),
        ("2026-07", set(&[cell("甲", 1, "x")]), "no_such_mark"),
        ("2026-07", set(&[cell("路人", 1, "早")]), "no_such_person"),
        ("2026-07", just("read"), "not_offered"),
        ("2026-07", just("publish"), "not_offered"),
        ("2026-07", json!({ "do": "decide", "cells": [cell("甲", 1, "晚")], "reason": " " }), "missing"),
        ("2026-05", set(&[cell("甲", 1, "早")]), "month_over"),
        ("2026-12", set(&[cell("甲", 1, "早")]), "no_such_month"),
    ];
    for (text, action, code) in table {
        let mut desk = supervisor(rostered(), 1);
        assert_eq!(desk.outcome(KIND, sheet(text), action.clone()), code, "{text} {action}");
        assert!(desk.docs.is_empty(), "nothing is written");
    }
}

#[test]
fn a_change_on_the_spot_is_in_force_without_a_new_version() {
    let mut desk = supervisor(rostered(), 1);
    desk.act(KIND, sheet("2026-06"), json!({ "do": "decide", "cells": [cell("甲", 25, "晚")], "reason": "急调" }))
        .unwrap();
    refresh(&mut desk);
    assert_eq!(mark_of(&desk.site, person("甲").person, day("2026-06-25")), Some('晚'));
    let shift = assigned(&desk.site, day("2026-06-25")).into_iter().find(|it| it.person == person("甲")).unwrap();
    assert_eq!((shift.shift_name.as_str(), shift.from), ("晚班", at("2026-06-25 17:30")));
    assert!(!view(&desk, "2026-06").differs, "the draft follows");
}

#[test]
fn two_marks_set_apart_stay_two_until_the_supervisor_decides() {
    let mut one = supervisor(rostered(), 1);
    one.act(KIND, sheet("2026-07"), set(&[cell("甲", 1, "早")])).unwrap();
    let mut other = Device::of(2, one.site.clone(), signer("工程主任", Role::DeptHead), one.now);
    other.merge(&one);
    one.act(KIND, sheet("2026-07"), set(&[cell("甲", 9, "晚"), cell("甲", 10, "休")])).unwrap();
    other.act(KIND, sheet("2026-07"), set(&[cell("甲", 9, "夜"), cell("甲", 10, "休")])).unwrap();
    meet(&mut one, &mut other);
    for device in [&one, &other] {
        let view = view(device, "2026-07");
        assert_eq!(view.side_by_side.len(), 1, "the same mark twice is one value");
        let marks: Vec<&str> = view.side_by_side[0].values.iter().map(|value| value.mark.as_str()).collect();
        assert_eq!(marks.len(), 2);
        assert!(marks.contains(&"晚") && marks.contains(&"夜"));
        assert_eq!(codes(&device.project(sheet("2026-07"))), ["side_by_side"]);
    }
    assert_eq!(one.outcome(KIND, sheet("2026-07"), json!({ "do": "publish", "note": "x" })), "two_values");
    assert_eq!(other.outcome(KIND, sheet("2026-07"), set(&[cell("甲", 9, "夜")])), "not_yours");
    one.act(KIND, sheet("2026-07"), set(&[cell("甲", 9, "夜")])).unwrap();
    assert!(view(&one, "2026-07").side_by_side.is_empty());
    assert_eq!(mark(&view(&one, "2026-07"), "甲", 9), '夜');
}

#[test]
fn two_publications_made_apart_are_pointed_out() {
    let mut one = supervisor(rostered(), 1);
    one.act(KIND, sheet("2026-07"), set(&[cell("甲", 1, "晚")])).unwrap();
    let mut other = Device::of(2, one.site.clone(), signer("经理", Role::CsManager), one.now);
    other.merge(&one);
    for device in [&mut one, &mut other] {
        device.act(KIND, sheet("2026-07"), json!({ "do": "publish", "note": "定稿" })).unwrap();
    }
    meet(&mut one, &mut other);
    assert_eq!(codes(&one.project(sheet("2026-07"))), ["two_versions"]);
    assert_eq!(one.project(sheet("2026-07")).view, other.project(sheet("2026-07")).view);
    one.act(KIND, sheet("2026-07"), set(&[cell("甲", 2, "休")])).unwrap();
    one.act(KIND, sheet("2026-07"), json!({ "do": "publish", "note": "核对后" })).unwrap();
    assert!(codes(&one.project(sheet("2026-07"))).is_empty());
    assert_eq!(view(&one, "2026-07").version, 2);
}

#[test]
fn what_a_role_may_not_write_is_kept_and_not_in_force() {
    let mut desk = supervisor(rostered(), 1);
    desk.act(KIND, sheet("2026-07"), set(&[cell("甲", 1, "晚")])).unwrap();
    desk.signed_in(signer("甲", Role::DutyOfficer));
    let body =
        json!({ "month": "2026-07", "cells": [cell("甲", 1, "休")], "cause": { "by": "decided", "reason": "自己改" } });
    desk.write_raw(sheet("2026-07"), "changed", body.as_object().unwrap().clone(), &[]);
    let view = view(&desk, "2026-07");
    assert_eq!(mark(&view, "甲", 1), '晚');
    assert_eq!(view.in_force[&person("甲").person].chars().next(), Some('早'));
    assert_eq!(codes(&desk.project(sheet("2026-07"))), ["no_role"]);
}

/// A8 d: next month's roster missing on the last day at 17:30 is red, on every device alike, with nothing written.
#[test]
fn a_missing_roster_rings_on_the_last_day_of_the_month_before() {
    let mut site = rostered();
    site.rosters.retain(|_, roster| roster.month == "2026-06");
    let owed = RosterSheet::planned(&site, day("2026-06-30"));
    assert_eq!(owed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [sheet("2026-06"), sheet("2026-07")]);
    let clocks: Vec<_> = owed.iter().map(|(_, view)| RosterSheet::deadlines(view, &site.settings)).collect();
    assert!(clocks[0].is_empty(), "June stands in the site file");
    let [clock] = clocks[1].as_slice() else { panic!("one clock on July") };
    assert_eq!((clock.due, clock.since, clock.rings), (at("2026-06-30 17:30"), at("2026-06-23 17:30"), true));
    assert!(RosterSheet::planned(&Site::default(), day("2026-06-30")).is_empty(), "nobody, nothing to roster");

    // Drawing it up does not end it; publishing does.
    let mut desk = supervisor(site, 1);
    desk.act(KIND, sheet("2026-07"), set(&[cell("甲", 1, "早")])).unwrap();
    let due = |desk: &Device| RosterSheet::deadlines(&view(desk, "2026-07"), &desk.site.settings);
    assert_eq!(due(&desk)[0].due, at("2026-06-30 17:30"));
    assert_eq!(desk.outcome(KIND, sheet("2026-07"), just("publish")), "checks_open");
    desk.act(KIND, sheet("2026-07"), json!({ "do": "publish", "note": "先发前半月" })).unwrap();
    assert!(due(&desk).is_empty());
    assert!(view(&desk, "2026-07").versions[0].open_checks > 0, "what was open stays readable");
}

#[test]
fn the_checks_of_a_month() {
    use RosterCheckKind::{DaysInRow, Overlap, ShortRest, Uncovered, UnknownMark, UnknownPerson, Unset};
    let full = |mark: char| std::iter::repeat_n(mark, 30).collect::<String>();
    let with = |at: usize, mark: char, row: String| {
        row.chars().enumerate().map(|(n, old)| if n + 1 == at { mark } else { old }).collect::<String>()
    };
    let week = |mark: char| (1..=30).map(|day| if day % 7 == 0 { '休' } else { mark }).collect::<String>();
    let mut site = bare();
    let long = duty::shift("加长班", "长", "08:00", "34:00");
    site.shifts.insert(long.0, long.1);
    let grid = |rows: &[(&str, String)]| -> BTreeMap<_, _> {
        rows.iter().map(|(name, row)| (person(name).person, row.clone())).collect()
    };
    let found = |rows: &[(&str, String)]| -> Vec<(RosterCheckKind, u8)> {
        checks(&site, month("2026-06"), &grid(rows)).into_iter().map(|check| (check.kind, check.day)).collect()
    };
    let desk = [("甲", full('早')), ("乙", full('晚')), ("丙", full('夜'))];
    let covered = found(&desk);
    assert!(covered.iter().all(|(kind, _)| *kind == DaysInRow), "{covered:?}");
    assert_eq!(covered.iter().filter(|(kind, _)| *kind == DaysInRow).count(), 3);

    type Row<'a> = (&'a str, Vec<(&'a str, String)>, (RosterCheckKind, u8));
    let table: Vec<Row<'_>> = vec![
        (
            "a night off",
            vec![("甲", full('早')), ("乙", full('晚')), ("丙", with(12, '休', full('夜')))],
            (Uncovered, 12),
        ),
        (
            "late, then early",
            vec![("甲", with(10, '夜', full('休'))), ("丙", with(10, '夜', with(11, '早', full('休'))))],
            (ShortRest, 11),
        ),
        ("shifts that overlap", vec![("甲", with(4, '长', with(5, '早', full('休'))))], (Overlap, 5)),
        ("a seventh day", vec![("维修", with(14, '早', week('早')))], (DaysInRow, 14)),
        ("somebody unknown", vec![("路人", full('早'))], (UnknownPerson, 1)),
        ("a mark of no shift", vec![("甲", with(8, '中', full('休')))], (UnknownMark, 8)),
        ("a day not set", vec![("甲", with(8, '·', full('休')))], (Unset, 8)),
    ];
    for (name, rows, wanted) in table {
        assert!(found(&rows).contains(&wanted), "{name}: {:?}", found(&rows));
    }
    // Enough rest, and six days, are well.
    let fine = found(&[("维修", week('早'))]);
    assert!(!fine.iter().any(|(kind, _)| matches!(kind, DaysInRow | ShortRest | Overlap)), "{fine:?}");
    // Workers do not keep the desk.
    assert!(found(&[("维修", full('早'))]).contains(&(Uncovered, 1)));
}

#[test]
fn the_last_days_of_the_month_before_count() {
    let mut site = rostered();
    let june: BTreeMap<_, _> = [(person("甲").person, "休".repeat(23) + "夜夜夜夜夜夜夜")].into();
    site.rosters.values_mut().find(|it| it.month == "2026-06").unwrap().rows = june;
    let july: BTreeMap<_, _> = [(person("甲").person, format!("早{}", "休".repeat(30)))].into();
    let found: Vec<_> = checks(&site, month("2026-07"), &july).into_iter().map(|it| (it.kind, it.day)).collect();
    assert!(found.contains(&(RosterCheckKind::ShortRest, 1)), "the night before ends at 08:30: {found:?}");
    assert!(!found.contains(&(RosterCheckKind::DaysInRow, 1)), "it was said of June already");
    assert_eq!(found.iter().filter(|(kind, _)| *kind == RosterCheckKind::Uncovered).count(), 1);
}

#[test]
fn the_site_file_counts_until_a_version_is_published() {
    let mut desk = supervisor(rostered(), 1);
    let before = in_force(&desk.site, month("2026-07")).cloned();
    desk.act(KIND, sheet("2026-07"), set(&[cell("甲", 1, "晚")])).unwrap();
    refresh(&mut desk);
    assert_eq!(in_force(&desk.site, month("2026-07")).cloned(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// The order in which facts are found says nothing.
    #[test]
    fn any_order_gives_the_same_roster(order in proptest::collection::vec(0usize..64, 12), days in proptest::collection::vec(1u8..6, 8)) {
        let mut one = supervisor(rostered(), 1);
        let mut other = Device::of(2, one.site.clone(), signer("经理", Role::CsManager), one.now);
        for (at, day) in days.iter().enumerate() {
            let mark = ["早", "晚", "夜", "休"][at % 4];
            let device = if at % 2 == 0 { &mut one } else { &mut other };
            device.act(KIND, sheet("2026-07"), set(&[cell("甲", *day, mark)])).unwrap();
            if at == 3 {
                meet(&mut one, &mut other);
            }
        }
        meet(&mut one, &mut other);
        let record = one.read(sheet("2026-07")).unwrap();
        let found = kinds::project(&shuffled(&record, &order));
        prop_assert_eq!(&found.view, &one.project(sheet("2026-07")).view);
        prop_assert_eq!(&found.view, &other.project(sheet("2026-07")).view);
    }
}
