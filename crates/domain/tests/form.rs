//! Printed forms (A3): every form is there once, an empty one has all its columns, and a version is of what is said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use dutybook_domain::form::{self, Of, Paper, Part, Source, Span};
use dutybook_domain::site::{Site, file};
use dutybook_domain::{Timestamp, kinds};

const NOW: Timestamp = Timestamp(1_781_136_000_000);

fn source(site: &Site, month: &str) -> form::Form {
    let source = Source { site, span: Span::month(month).unwrap(), records: &[], lines: &[], now: NOW };
    source.form(form::find("roster").unwrap())
}

#[test]
fn names_are_words_and_stand_for_one_form_each() {
    let names: BTreeSet<&str> = form::ALL.iter().map(|sheet| sheet.name).collect();
    assert_eq!(names.len(), form::ALL.len());
    for sheet in form::ALL.iter() {
        assert!(form::find(sheet.name).is_some_and(|found| found.name == sheet.name));
        let heading = (sheet.heading)();
        assert!(!heading.zh.contains('《') && !heading.en.is_empty());
        if let Of::Record(kind) | Of::Records(kind) = sheet.of {
            assert!(kinds::find(kind).is_some(), "{kind}");
        }
    }
}

#[test]
fn a_form_of_nothing_is_an_empty_sheet_with_all_its_columns() {
    let site = Site::default();
    for sheet in form::ALL.iter().filter(|sheet| !matches!(sheet.of, Of::Record(_) | Of::AnyRecord)) {
        let span = Span::month("2026-11").unwrap();
        let form = Source { site: &site, span, records: &[], lines: &[], now: NOW }.form(sheet);
        let Part::Table { columns, rows, .. } = &form.parts[0] else { panic!("{} is a table", sheet.name) };
        let least = if form.paper == Paper::Poster { 2 } else { 5 };
        assert!(rows.is_empty() && columns.len() > least, "{}", sheet.name);
        assert_eq!(form.version.len(), 16);
    }
}

#[test]
fn a_roster_has_a_row_for_each_person_and_a_mark_for_each_day() {
    let site = file::parse(include_str!("../../../demo/site.toml")).unwrap().site;
    let form = source(&site, "2026-11");
    let Part::Table { columns, rows, .. } = &form.parts[0] else { panic!("a roster is a table") };
    assert_eq!(columns.len(), 31, "the name and thirty days");
    let people = site.rosters.values().find(|roster| roster.month == "2026-11").unwrap().rows.len();
    assert_eq!(rows.len(), people);
    assert!(rows.iter().all(|row| row.cells.len() == columns.len()));
    assert!(form.notes[0].zh.starts_with("班次说明"));
}

#[test]
fn the_version_changes_when_and_only_when_the_sheet_says_something_else() {
    let site = file::parse(include_str!("../../../demo/site.toml")).unwrap().site;
    let first = source(&site, "2026-11");
    assert_eq!(first.version, source(&site, "2026-11").version);
    let mut other = site.clone();
    let roster = other.rosters.values_mut().find(|roster| roster.month == "2026-11").unwrap();
    let marks = roster.rows.values_mut().next().unwrap();
    *marks = marks.chars().rev().collect();
    assert_ne!(first.version, source(&other, "2026-11").version);
    assert_ne!(first.version, source(&site, "2026-12").version);
}

#[test]
fn a_month_has_its_days() {
    let days = |text| Span::month(text).map(|span| (span.from.to_string(), span.to.to_string()));
    assert_eq!(days("2024-02"), Some(("2024-02-01".into(), "2024-02-29".into())));
    assert_eq!(days("2026-12"), Some(("2026-12-01".into(), "2026-12-31".into())));
    for wrong in ["2026-13", "2026", "11-2026x", ""] {
        assert_eq!(days(wrong), None, "{wrong}");
    }
}
