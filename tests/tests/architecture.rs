//! The layers of ARCHITECTURE.md, asserted from what cargo and the source files say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our crates each of our crates may name among its dependencies.
const MAY_DEPEND_ON: [(&str, &[&str]); 12] = [
    ("dutybook-log", &[]),
    ("dutybook-domain", &["dutybook-log"]),
    ("dutybook-sync", &["dutybook-log"]),
    ("dutybook-store", &["dutybook-log", "dutybook-domain"]),
    ("dutybook-files", &["dutybook-domain"]),
    ("dutybook-client", &["dutybook-log", "dutybook-domain", "dutybook-sync", "dutybook-store", "dutybook-files"]),
    ("dutybook-print", &["dutybook-domain"]),
    ("dutybook-app", &["dutybook-client", "dutybook-domain", "dutybook-print"]),
    ("dutybook-sync-server", &["dutybook-log", "dutybook-domain", "dutybook-sync", "dutybook-store", "dutybook-files"]),
    ("dutybook-cli", &["dutybook-log", "dutybook-domain", "dutybook-store", "dutybook-client", "dutybook-print"]),
    ("xtask", &[]),
    (
        "dutybook-tests",
        &[
            "dutybook-log",
            "dutybook-domain",
            "dutybook-sync",
            "dutybook-store",
            "dutybook-client",
            "dutybook-files",
            "dutybook-print",
            "dutybook-sync-server",
            "xtask",
        ],
    ),
];

const SQLITE: [&str; 2] = ["rusqlite", "libsqlite3-sys"];
const NETWORK: [&str; 7] = ["tokio", "axum", "hyper", "reqwest", "tungstenite", "tokio-tungstenite", "mio"];
const TAURI: [&str; 3] = ["tauri", "wry", "tao"];

/// What a crate knows nothing of, not even through something it uses.
fn must_not_reach() -> [(&'static str, Vec<&'static str>); 7] {
    let pure = || [&SQLITE[..], &NETWORK, &TAURI].concat();
    [
        ("dutybook-log", pure()),
        ("dutybook-domain", pure()),
        ("dutybook-sync", pure()),
        ("dutybook-store", [&NETWORK[..], &TAURI].concat()),
        ("dutybook-client", TAURI.to_vec()),
        ("dutybook-print", pure()),
        // The layout engine is large; a server sets no forms.
        ("dutybook-sync-server", vec!["typst"]),
    ]
}

/// Normal and build dependencies of every package of the build, by package id.
struct Dependencies {
    /// Package id to name.
    names: BTreeMap<String, String>,
    /// Package id to the ids it depends on.
    edges: BTreeMap<String, BTreeSet<String>>,
    /// Ids of our own packages.
    ours: BTreeSet<String>,
}

impl Dependencies {
    fn read() -> Self {
        // Only this platform's: the crates of the others are not on this machine.
        let versions = output_of("rustc", &["--version", "--verbose"]);
        let platform = versions.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let metadata = output_of(
            env!("CARGO"),
            &["metadata", "--format-version", "1", "--offline", "--filter-platform", platform],
        );
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let names = list(&metadata["packages"]).map(|package| (text(&package["id"]), text(&package["name"]))).collect();
        let edges = list(&metadata["resolve"]["nodes"])
            .map(|node| {
                let targets = list(&node["deps"])
                    .filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"] != "dev"))
                    .map(|dep| text(&dep["pkg"]))
                    .collect();
                (text(&node["id"]), targets)
            })
            .collect();
        let ours = list(&metadata["workspace_members"]).map(text).collect();
        Self { names, edges, ours }
    }

    fn id(&self, name: &str) -> &str {
        self.ours.iter().find(|id| self.names[*id] == name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// How `from` comes to use a package named `to`, first to last, when it does.
    fn path<'a>(&'a self, from: &str, to: &'a str) -> Option<Vec<&'a str>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut todo = vec![self.id(from)];
        while let Some(id) = todo.pop() {
            if self.names[id] == to {
                let mut path = vec![to];
                let mut at = id;
                while let Some(before) = came_from.get(at) {
                    path.push(&self.names[*before]);
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            for next in &self.edges[id] {
                if next != self.id(from) && !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, id);
                    todo.push(next);
                }
            }
        }
        None
    }
}

#[test]
fn crates_depend_only_on_the_layers_below() {
    let dependencies = Dependencies::read();
    let listed: BTreeSet<&str> = MAY_DEPEND_ON.iter().map(|(name, _)| *name).collect();
    let members: BTreeSet<&str> = dependencies.ours.iter().map(|id| dependencies.names[id].as_str()).collect();
    assert_eq!(members, listed, "a new crate needs its line in MAY_DEPEND_ON");

    for (name, allowed) in MAY_DEPEND_ON {
        for id in dependencies.edges[dependencies.id(name)].intersection(&dependencies.ours) {
            let used = dependencies.names[id].as_str();
            assert!(allowed.contains(&used), "{name} must not depend on {used}");
        }
    }
}

#[test]
fn crates_do_not_reach_what_they_know_nothing_of() {
    let dependencies = Dependencies::read();
    for (name, forbidden) in must_not_reach() {
        for other in forbidden {
            if let Some(path) = dependencies.path(name, other) {
                panic!("{name} must know nothing of {other}: {}", path.join(" → "));
            }
        }
    }
    // The walk does find what is there, through several steps.
    assert!(dependencies.path("dutybook-app", "tao").is_some());
    assert!(dependencies.path("dutybook-app", "libsqlite3-sys").is_some());
}

#[test]
fn only_the_ipc_folder_of_the_ui_imports_tauri() {
    let sources = sources(&root().join("ui/src"), &["ts", "js", "svelte"]);
    let (ipc, others): (Vec<_>, Vec<_>) =
        sources.into_iter().partition(|(file, _)| file.starts_with(root().join("ui/src/ipc")));
    assert!(!others.is_empty());
    assert!(ipc.iter().any(|(_, text)| text.contains("@tauri-apps/")), "ui/src/ipc is where the UI speaks to the app");
    for (file, text) in others {
        assert!(!text.contains("@tauri-apps/"), "{}: only ui/src/ipc may", file.display());
    }
}

#[test]
fn only_doc_rs_of_the_domain_knows_automerge() {
    let folder = root().join("crates/domain/src");
    let (doc, others): (Vec<_>, Vec<_>) =
        sources(&folder, &["rs"]).into_iter().partition(|(file, _)| *file == folder.join("doc.rs"));
    assert!(names_automerge(&doc[0].1), "doc.rs is where records are read and written");
    assert!(!others.is_empty());
    for (file, text) in others {
        assert!(!names_automerge(&text), "{}: only doc.rs may name automerge", file.display());
    }
}

/// Whether code, comments aside, names the crate.
fn names_automerge(source: &str) -> bool {
    source.lines().map(|line| line.split("//").next().unwrap_or(line)).any(|line| {
        line.split(|character: char| !character.is_alphanumeric() && character != '_').any(|word| word == "automerge")
    })
}

/// All files below `folder` with one of `endings`, and their texts.
fn sources(folder: &Path, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
