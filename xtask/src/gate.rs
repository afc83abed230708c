//! `test` and `check`: every part runs although another failed, unless it stands on it.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::counts::{Counts, Report};
use crate::place::{Place, answer_of, ci};
use crate::steps::{Name, Step, Steps, span};

/// One part of a gate.
struct Part<'a> {
    step: Step,
    report: Report<'a>,
    /// Keys of the parts without which it cannot run.
    needs: &'static [&'static str],
}

/// How a part went; `None` when something it stands on had failed.
struct Went {
    key: &'static str,
    name: Name,
    counts: Option<Counts>,
    took: Duration,
}

/// Everything: what must pass before anything is merged, here and in CI.
/// Whether all passed is in the answer.
pub(crate) fn test(place: &Place, steps: &Steps) -> Result<bool> {
    let vitest = place.scratch().join("vitest.json");
    // The counts of an earlier run must not be taken for this one's.
    match fs::remove_file(&vitest) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).context("the last report of the UI's tests cannot be removed");
        }
        _ => {}
    }
    let parts = vec![
        ui_build(place),
        ui_check(place),
        Part {
            step: Step {
                key: "ui-test",
                name: Name { zh: "界面测试", en: "tests of the UI" },
                command: {
                    let mut command = place.npm(["run", "test", "--"]);
                    command
                        .args(["--reporter=default", "--reporter=json"])
                        .arg(format!("--outputFile.json={}", vitest.display()));
                    command
                },
                what_to_do: "`npm test` in ui/ shows the same; `npx vitest NAME` runs one file",
                tail: 60,
            },
            report: Report::Vitest(&vitest),
            needs: &[],
        },
        format(place),
        Part {
            step: Step {
                key: "build",
                name: Name { zh: "编译", en: "compile everything" },
                // With the targets of the tests at once: the same selection of features for
                // programs and tests, so that nothing is compiled twice.
                command: place.cargo(["build", "--workspace", "--all-targets"]),
                what_to_do: "mend what the compiler says above",
                tail: 60,
            },
            report: Report::Whole,
            needs: &["ui-build"],
        },
        Part {
            step: Step {
                key: "tests",
                name: Name {
                    zh: "测试 (含真实程序的端到端测试)", en: "tests, the real apps end to end among them"
                },
                command: nextest(place, None),
                what_to_do: "`cargo nextest run NAME` runs one test; pictures, page and log of a failed \
                             end-to-end test lie in target/e2e/<test>/",
                tail: 250,
            },
            report: Report::Nextest,
            needs: &["build"],
        },
        Part {
            step: Step {
                key: "doc-tests",
                name: Name { zh: "文档中的例子", en: "examples in the docs" },
                command: place.cargo(["test", "--workspace", "--doc"]),
                what_to_do: "`cargo test --doc -p CRATE` runs those of one crate",
                tail: 60,
            },
            report: Report::CargoTest,
            needs: &["build"],
        },
        clippy(place),
    ];
    through(steps, parts)
}

/// The quick part of `test`: everything that needs no windows. Whether all passed is in the answer.
pub(crate) fn check(place: &Place, steps: &Steps) -> Result<bool> {
    let mut parts = vec![
        ui_build(place),
        ui_check(place),
        format(place),
        clippy(place),
        Part {
            step: Step {
                key: "unit-tests",
                name: Name { zh: "单元测试", en: "tests without windows" },
                command: nextest(place, Some("not binary(e2e)")),
                what_to_do: "`cargo nextest run NAME` runs one test",
                tail: 250,
            },
            report: Report::Nextest,
            needs: &["ui-build"],
        },
    ];
    if answer_of("cargo", &["deny", "--version"]).is_some() {
        parts.push(Part {
            step: Step {
                key: "deny",
                name: Name { zh: "依赖的许可与来源", en: "licences and sources of dependencies" },
                // Advisories come over the network, and this gate also runs without one.
                command: place.cargo(["deny", "check", "bans", "licenses", "sources"]),
                what_to_do: "deny.toml says what is allowed and why",
                tail: 80,
            },
            report: Report::Whole,
            needs: &[],
        });
    } else {
        eprintln!("(未安装 cargo-deny,略过许可检查 · cargo-deny is not installed: licences not checked)");
    }
    through(steps, parts)
}

fn ui_build(place: &Place) -> Part<'static> {
    Part { step: ui_build_step(place), report: Report::Whole, needs: &[] }
}

/// The app contains the built screens, so this comes before any cargo command that compiles it.
pub(crate) fn ui_build_step(place: &Place) -> Step {
    Step {
        key: "ui-build",
        name: Name { zh: "构建界面", en: "build the UI" },
        command: place.npm(["run", "build"]),
        what_to_do: "`npm run build` in ui/ shows the same",
        tail: 40,
    }
}

fn ui_check(place: &Place) -> Part<'static> {
    Part {
        step: Step {
            key: "ui-check",
            name: Name { zh: "检查界面代码", en: "types and lints of the UI" },
            command: place.npm(["run", "check"]),
            what_to_do: "`npm run check` in ui/ shows the same",
            tail: 60,
        },
        report: Report::Whole,
        needs: &[],
    }
}

fn format(place: &Place) -> Part<'static> {
    Part {
        step: Step {
            key: "format",
            name: Name { zh: "代码格式", en: "format" },
            command: place.cargo(["fmt", "--all", "--check", "--", "--color", "never"]),
            what_to_do: "`cargo fmt --all` mends it",
            tail: 40,
        },
        report: Report::Whole,
        needs: &[],
    }
}

fn clippy(place: &Place) -> Part<'static> {
    Part {
        step: Step {
            key: "clippy",
            name: Name { zh: "静态检查", en: "lints" },
            command: place.cargo(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
            what_to_do: "mend what clippy says above; an exception needs a reason beside it",
            tail: 60,
        },
        report: Report::Whole,
        needs: &["ui-build"],
    }
}

fn nextest(place: &Place, filter: Option<&str>) -> Command {
    let mut command = place.cargo(["nextest", "run", "--workspace", "--no-fail-fast"]);
    if ci() {
        command.args(["--profile", "ci"]);
    }
    if let Some(filter) = filter {
        command.args(["--filterset", filter]);
    }
    // The drivers of the windows listen on this machine; a proxy must not come between.
    let own = "127.0.0.1,localhost";
    let hosts = match env::var("NO_PROXY").or_else(|_| env::var("no_proxy")) {
        Ok(others) => format!("{others},{own}"),
        Err(_) => own.to_owned(),
    };
    command.env("NO_PROXY", &hosts).env("no_proxy", hosts);
    command
}

fn through(steps: &Steps, parts: Vec<Part<'_>>) -> Result<bool> {
    let begun = Instant::now();
    let mut went: Vec<Went> = Vec::with_capacity(parts.len());
    for Part { step, report, needs } in parts {
        let (key, name) = (step.key, step.name);
        let missing = needs
            .iter()
            .find(|need| went.iter().any(|part| part.key == **need && part.counts.is_none_or(|c| c.failed > 0)));
        if let Some(missing) = missing {
            eprintln!("– {name}: 未运行 · not run, because `{missing}` failed");
            went.push(Went { key, name, counts: None, took: Duration::ZERO });
            continue;
        }
        let ended = steps.run(step)?;
        let counts = report.read(ended.succeeded, &ended.log)?;
        went.push(Went { key, name, counts: Some(counts), took: ended.took });
    }
    Ok(sum_up(&went, begun.elapsed()))
}

/// The summary; its last line is the counts alone, for programs that read it.
fn sum_up(went: &[Went], took: Duration) -> bool {
    println!("\n{:>8} {:>8} {:>8} {:>8}", "passed", "failed", "skipped", "time");
    for part in went {
        match part.counts {
            Some(Counts { passed, failed, skipped }) => {
                println!("{passed:>8} {failed:>8} {skipped:>8} {:>8}  {}", span(part.took), part.name);
            }
            None => println!("{:>8} {:>8} {:>8} {:>8}  {}", "-", "-", "-", "not run", part.name),
        }
    }
    let sum: Counts = went.iter().map(|part| part.counts.unwrap_or(Counts::ONE_SKIPPED)).sum();
    println!("{:>35}  总用时 · all of it", span(took));
    if sum.failed > 0 {
        println!("上面标 ✘ 的行说明原因和办法 · the lines marked ✘ above say why and what to do");
    }
    println!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    sum.failed == 0
}
