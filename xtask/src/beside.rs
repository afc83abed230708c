//! `cargo xtask beside`: other sync servers and this one on the same documents, one after the other in one run, and how
//! many times as long (or as little) each needs.
//!
//! The programs that drive the others lie in a folder of their own, which is named: building them takes twenty minutes
//! and three gigabytes, and nothing else here needs them. What they have to be is in docs/performance.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::place::Place;
use crate::steps::{Name, Steps};

const PROGRAMS: [&str; 5] = ["--release", "-p", "dutybook-tests", "--example", "peer-*"];
const OURS: &str = "ours";

/// What is compared: where it stands in a result, what it is called, and whether more is better.
const MEASURES: [(&str, &str, &str, bool); 7] = [
    ("w1", "t_acked_ms", "upload ms", false),
    ("w2", "t_pull_ms", "download ms", false),
    ("w3", "t_conv_ms", "reconnect ms", false),
    ("w4", "p50", "live p50 ms", false),
    ("w4", "p99", "live p99 ms", false),
    ("w5", "closed_per_s", "50 writers/s", true),
    ("w1", "srv_hwm", "server MB", false),
];

/// What is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Beside {
    /// The folder with run.py and the programs built.
    programs: PathBuf,
    /// How many documents.
    #[arg(long, default_value_t = 1_000)]
    documents: u32,
    /// Which others, as run.py calls them. `phys` is the floor: a log without signatures, chains or documents.
    #[arg(long, value_delimiter = ',', default_value = "phys,samod,am,hocus,yws,pouch,sub")]
    others: Vec<String>,
}

pub(crate) fn run(place: &Place, steps: &Steps, wishes: &Beside) -> Result<bool> {
    ensure!(
        wishes.programs.join("run.py").exists(),
        "there is no run.py in {}; name the folder that holds the other servers' programs, built",
        wishes.programs.display()
    );
    let mut build = place.cargo(["build"]);
    build.args(PROGRAMS);
    steps.compile(
        "beside-build",
        Name { zh: "编译对比用的程序", en: "compile the client and server that are compared" },
        build,
    )?;
    let results = wishes.programs.join("results.jsonl");
    let mut table = BTreeMap::new();
    let mut all = true;
    for name in wishes.others.iter().map(String::as_str).chain([OURS]) {
        let before = lines(&results)?.len();
        let mut command = Command::new("python3");
        command.current_dir(&wishes.programs).args(["run.py", name, "w1,w2,w3,w4,w5", &wishes.documents.to_string()]);
        let examples = place.target.join("release/examples");
        command.env("OURS_SERVER", examples.join("peer-server")).env("OURS_CLIENT", examples.join("peer-client"));
        // What another system cannot do of the work is left empty; ours has to do all of it.
        all &= command.status().context("python3 cannot be started")?.success() || name != OURS;
        table.insert(name.to_owned(), lines(&results)?.split_off(before));
    }
    print!("{}", shown(&table));
    Ok(all)
}

fn lines(results: &Path) -> Result<Vec<Value>> {
    if !results.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(results)?;
    text.lines().map(|line| serde_json::from_str(line).context("a result that cannot be read")).collect()
}

fn value(results: &[Value], (work, name, ..): (&str, &str, &str, bool)) -> Option<f64> {
    let found = results.iter().rev().find(|result| result["scn"] == work)?;
    found[name].as_f64().filter(|value| *value > 0.0)
}

/// A table: each value, and in brackets how many times as good ours is.
fn shown(table: &BTreeMap<String, Vec<Value>>) -> String {
    let mut text = format!("{:<8}", "");
    for (_, _, name, _) in MEASURES {
        let _ = write!(text, "{name:>20}");
    }
    text.push('\n');
    let none = Vec::new();
    let ours = table.get(OURS).unwrap_or(&none);
    for (name, results) in table {
        let _ = write!(text, "{name:<8}");
        for measure in MEASURES {
            let (theirs, ours) = (value(results, measure), value(ours, measure));
            let cell = match (theirs, ours) {
                (None, _) => "–".to_owned(),
                (Some(theirs), Some(ours)) if name != OURS => {
                    let times = if measure.3 { ours / theirs } else { theirs / ours };
                    format!("{theirs:.1} ({times:.2}×)")
                }
                (Some(theirs), _) => format!("{theirs:.1}"),
            };
            let _ = write!(text, "{cell:>20}");
        }
        text.push('\n');
    }
    text
}
