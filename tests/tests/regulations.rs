//! Each clause of the regulations has its place in the program and the test that shows it (docs/regulations.md).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The keys of the clauses, from the texts themselves.
fn clauses() -> BTreeSet<String> {
    ["1", "2", "3"]
        .iter()
        .flat_map(|text| read(&format!("docs/regulations/{text}.txt")).lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split_whitespace().next().unwrap_or_default().to_owned())
        .collect()
}

/// Clause → the cells of its row: where it is in the apps, and the tests.
fn rows() -> BTreeMap<String, (String, Vec<String>)> {
    let mut rows = BTreeMap::new();
    for line in read("docs/regulations.md").lines().filter(|line| line.starts_with("| D")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [clause, _, place, tests] = cells.as_slice() else { panic!("four columns are wanted: {line}") };
        let tests = tests.split("<br>").map(|test| test.trim().trim_matches('`').to_owned()).collect();
        assert!(rows.insert((*clause).to_owned(), ((*place).to_owned(), tests)).is_none(), "{clause} stands twice");
    }
    rows
}

#[test]
fn every_clause_has_a_row_and_every_row_a_clause() {
    let (clauses, rows) = (clauses(), rows());
    let listed: BTreeSet<String> = rows.keys().cloned().collect();
    assert!(clauses.len() > 50, "the texts were not read: {clauses:?}");
    assert_eq!(clauses.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "clauses without a row");
    assert_eq!(listed.difference(&clauses).collect::<Vec<_>>(), Vec::<&String>::new(), "rows without a clause");
    for (clause, (place, _)) in rows {
        assert!(place.chars().count() > 3, "{clause} says nothing of where it is in the apps");
    }
}

/// Letter of A8 → the tests under it.
fn letters() -> BTreeMap<String, Vec<String>> {
    let mut letters = BTreeMap::new();
    for line in read("docs/regulations.md").lines().filter(|line| line.starts_with("| A8 ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [letter, _, tests] = cells.as_slice() else { panic!("three columns are wanted: {line}") };
        let tests = tests.split("<br>").map(|test| test.trim().trim_matches('`').to_owned()).collect();
        assert!(letters.insert((*letter).to_owned(), tests).is_none(), "{letter} stands twice");
    }
    letters
}

#[test]
fn every_letter_of_the_acceptance_list_is_shown() {
    let wanted: Vec<String> = ('a'..='l').map(|letter| format!("A8 {letter}")).collect();
    assert_eq!(letters().into_keys().collect::<Vec<_>>(), wanted);
}

#[test]
fn every_named_test_exists() {
    let clauses = rows().into_iter().map(|(clause, (_, tests))| (clause, tests));
    for (clause, tests) in clauses.chain(letters()) {
        assert!(tests.iter().any(|test| !test.is_empty()), "{clause} names no test");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{clause}: “{test}” is no file::test"));
            let text = read(file);
            let at = text.find(&format!("fn {name}(")).or_else(|| text.find(&format!("it('{name}'")));
            let at = at.unwrap_or_else(|| panic!("{clause}: there is no test {name} in {file}"));
            // A test that never runs shows nothing.
            let before: Vec<&str> = text[..at].lines().rev().take(4).collect();
            assert!(!before.iter().any(|line| line.contains("#[ignore")), "{clause}: {name} is not run");
        }
    }
}
