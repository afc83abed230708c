//! `fuzz`, `hostile`, `freeze`: what bytes from elsewhere may do, and what released versions wrote.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::place::{Place, answer_of};
use crate::steps::{Name, Step, Steps, span};

/// Known to build with a nightly of this year.
const CARGO_FUZZ: &str = "0.13.2";
/// Megabytes that a decoder may take, far more than any frame is worth.
const RSS_MB: u32 = 1_024;

/// The target with a crate behind it that takes long to compile.
const SITE_FILE: &str = "site_file";

/// Runs every fuzz target for so many seconds, on the committed corpus and what earlier runs found. Whether none of them
/// broke anything is in the answer.
pub(crate) fn fuzz(place: &Place, steps: &Steps, seconds: u64, only: Option<&str>) -> Result<bool> {
    nightly(place, steps)?;
    let folder = place.root.join("fuzz");
    let mut targets: Vec<String> = fs::read_dir(folder.join("fuzz_targets"))
        .context("fuzz/fuzz_targets cannot be read")?
        .filter_map(|file| file.ok()?.file_name().to_str()?.strip_suffix(".rs").map(ToOwned::to_owned))
        .filter(|target| only.is_none_or(|only| only == target))
        .collect();
    targets.sort();
    ensure!(!targets.is_empty(), "there is no such fuzz target; they are in fuzz/fuzz_targets");
    let mut broken = Vec::new();
    for target in &targets {
        // New finds go to a folder of their own: what is committed is chosen by a person.
        let found = place.target.join("fuzz").join(target);
        fs::create_dir_all(&found).with_context(|| format!("{} cannot be made", found.display()))?;
        let cargo_fuzz = |verb: &str| {
            let mut command = std::process::Command::new("rustup");
            // The product has no unsafe code; a sanitizer would only take time.
            command.args(["run", "nightly", "cargo", "fuzz", verb, "--sanitizer", "none"]).current_dir(&folder);
            if target == SITE_FILE {
                command.args(["--features", "site"]);
            }
            command.arg(target);
            command
        };
        steps.compile("fuzz-build", Name { zh: "编译模糊测试", en: "compile the fuzz target" }, cargo_fuzz("build"))?;
        let mut run = cargo_fuzz("run");
        run.arg(&found).arg(folder.join("corpus").join(target)).arg("--");
        run.arg(format!("-max_total_time={seconds}")).arg(format!("-rss_limit_mb={RSS_MB}"));
        run.args(["-timeout=10", "-max_len=65536", "-print_final_stats=1"]);
        eprintln!("▶ {target}  {}", span(Duration::from_secs(seconds)));
        let ended = steps.run(Step {
            key: "fuzz",
            name: Name { zh: "模糊测试", en: "fuzz" },
            command: run,
            what_to_do: "the input that did it lies in fuzz/artifacts; put it into fuzz/corpus together with the fix",
            tail: 40,
        })?;
        if !ended.succeeded {
            broken.push(target.as_str());
        }
    }
    if broken.is_empty() {
        println!("✔ {} 个解码器,没有发现问题 · {} decoders, nothing found", targets.len(), targets.len());
    } else {
        eprintln!("✘ {}", broken.join(" "));
    }
    Ok(broken.is_empty())
}

fn nightly(place: &Place, steps: &Steps) -> Result<()> {
    let toolchains = answer_of("rustup", &["toolchain", "list"])
        .context("rustup is not there: fuzzing needs a nightly compiler beside the product's; see https://rustup.rs")?;
    if !toolchains.lines().any(|line| line.starts_with("nightly")) {
        let mut command = std::process::Command::new("rustup");
        command.args(["toolchain", "install", "nightly", "--profile", "minimal"]);
        steps.must(Step {
            key: "nightly",
            name: Name { zh: "安装 nightly 编译器", en: "install a nightly compiler" },
            command,
            what_to_do: "check the network, then try `rustup toolchain install nightly`",
            tail: 15,
        })?;
    }
    if answer_of("cargo", &["fuzz", "--version"]).is_none() {
        steps.must(Step {
            key: "cargo-fuzz",
            name: Name { zh: "安装 cargo-fuzz (只做一次)", en: "install cargo-fuzz (once)" },
            command: place.cargo(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ]),
            what_to_do: "check the network, then try `cargo install cargo-fuzz`",
            tail: 25,
        })?;
    }
    Ok(())
}

/// Hostile peers against the real server, optimised; its table goes straight to the caller.
pub(crate) fn hostile(place: &Place, steps: &Steps, arguments: &[String]) -> Result<bool> {
    // Together, so that both are built with the same features.
    const PROGRAMS: [&str; 8] =
        ["-p", "dutybook-tests", "--bin", "hostile", "-p", "dutybook-sync-server", "--bin", "dutybook-server"];
    let mut build = place.cargo(["build", "--release"]);
    build.args(PROGRAMS);
    steps.compile(
        "hostile-build",
        Name { zh: "编译服务器和攻击程序", en: "compile the server and its attackers" },
        build,
    )?;
    let program = place.target.join("release/hostile");
    let mut run = std::process::Command::new(&program);
    Ok(run.args(arguments).status().with_context(|| format!("{} cannot be started", program.display()))?.success())
}

/// Keeps the folders of a device and a server of the present version, and a conversation, for later versions to read.
pub(crate) fn freeze(place: &Place, steps: &Steps) -> Result<bool> {
    let mut command = place.cargo(["test", "-p", "dutybook-tests", "--test", "acceptance"]);
    command.args(["frozen::freeze", "--", "--ignored", "--exact"]);
    let ended = steps.run(Step {
        key: "freeze",
        name: Name { zh: "冻结当前版本的数据", en: "freeze what the present version writes" },
        command,
        what_to_do: "a version is frozen once; raise the version in Cargo.toml first",
        tail: 20,
    })?;
    Ok(ended.succeeded)
}
