//! `bench [--quick] [--json]`: measures the real parts and says what they cost, each beside a floor.
//!
//! `cargo xtask bench` builds it optimised and calls it. Exit code 1: something that must hold on every machine does
//! not (see the failures at the end), or a part failed.

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};
use dutybook_tests::bench::{Plan, measure};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let (mut plan, mut json) = (Plan::full(), false);
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--quick" => plan = Plan::quick(),
            "--json" => json = true,
            other => bail!("{other} is not known; usage: bench [--quick] [--json]"),
        }
    }
    let report = measure(&plan).await?;
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
