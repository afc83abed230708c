//! `hostile [--short] [--json]`: hostile peers against the real server process, and a table of what came of it.
//!
//! `cargo xtask hostile` builds it optimised and calls it. Exit code 1: the server took too much memory, the honest
//! desk's work was held up too much, or something was taken that cannot be read (see the failures at the end).

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};
use dutybook_tests::hostile::{Plan, run};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let (mut plan, mut json) = (Plan::full(), false);
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--short" => plan = Plan::short(),
            "--json" => json = true,
            other => bail!("{other} is not known; usage: hostile [--short] [--json]"),
        }
    }
    let report = run(plan).await?;
    if json {
        println!("{}", report.json());
    } else {
        println!("{}", report.table());
    }
    let failures = report.failures();
    for failure in &failures {
        eprintln!("✘ {failure}");
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
