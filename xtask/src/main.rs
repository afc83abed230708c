//! `cargo xtask …`: everything that is done with this project, in few commands.

mod beside;
mod counts;
mod gate;
mod headless;
mod place;
mod run;
mod setup;
mod steps;
mod wire;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use crate::place::Place;
use crate::steps::{Name, Step, Steps};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "值班簿 · Dutybook")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// 安装缺少的东西 · Find what this machine lacks and install it
    Setup,
    /// 运行 · Install, build, start the server, enrol a desk and a tablet, open both windows
    Run(run::Wishes),
    /// 全部测试 · Run every test, the real apps end to end among them
    Test,
    /// 快速检查 · Format, lints, types, and the tests that need no windows
    Check,
    /// 测量速度 · Measure, in a release build, and print the table
    Bench {
        /// Passed on to the measuring program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// 与其他同步服务器对比 · Other sync servers and this one on the same documents, in one run
    Beside(beside::Beside),
    /// 故障模拟 · Store and session under faults drawn from seeds: lost, damaged and doubled frames, crashes, clones, old copies
    Simulate {
        /// How many seeds.
        #[arg(long, default_value_t = 10_000)]
        seeds: u64,
        /// This one alone, telling what it does.
        #[arg(long, conflicts_with = "seeds")]
        seed: Option<u64>,
    },
    /// 磁盘与断电 · Power cuts, a full disk, a failing disk and kills, on the real store
    Faults {
        /// How many power cuts.
        #[arg(long, default_value_t = 10_000)]
        cuts: u64,
        /// How many kills.
        #[arg(long, default_value_t = 2_000)]
        kills: u64,
    },
    /// 模糊测试 · Let fuzzers loose on every decoder (needs a nightly compiler, installs what is missing)
    Fuzz {
        /// How long each.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// This one alone.
        target: Option<String>,
    },
    /// 敌意设备 · Attack the real server while an honest desk works on, and print the table
    Hostile {
        /// Passed on to the attacking program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// 冻结版本 · Keep what the present version writes, for later versions to read
    Freeze,
    /// 生成各表样张的图 · Print every form from a real evening's work and make pictures of them
    Forms,
    /// 生成界面用的类型 · Write the TypeScript side of the app's commands anew
    Bindings,
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("✘ {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether it went well; an error says what to do.
fn perform(task: Task) -> Result<bool> {
    let place = Place::find()?;
    let steps = Steps::new(&place.scratch())?;
    match task {
        Task::Setup => {
            setup::run(&place, &steps)?;
            eprintln!("✔ 需要的都有了 · everything that is needed is here");
            Ok(true)
        }
        Task::Run(wishes) => run::run(&place, &steps, &wishes),
        Task::Test => {
            setup::run(&place, &steps)?;
            gate::test(&place, &steps)
        }
        Task::Check => {
            setup::run(&place, &steps)?;
            gate::check(&place, &steps)
        }
        Task::Bench { arguments } => bench(&place, &steps, &arguments),
        Task::Beside(wishes) => beside::run(&place, &steps, &wishes),
        Task::Simulate { seeds, seed } => simulate(&place, &steps, seeds, seed),
        Task::Faults { cuts, kills } => faults(&place, &steps, cuts, kills),
        Task::Fuzz { seconds, target } => wire::fuzz(&place, &steps, seconds, target.as_deref()),
        Task::Hostile { arguments } => wire::hostile(&place, &steps, &arguments),
        Task::Freeze => wire::freeze(&place, &steps),
        Task::Forms => forms(&place, &steps),
        Task::Bindings => bindings(&place, &steps),
    }
}

fn bench(place: &Place, steps: &Steps, arguments: &[String]) -> Result<bool> {
    const PROGRAM: [&str; 5] = ["--release", "-p", "dutybook-tests", "--bin", "bench"];
    let mut build = place.cargo(["build"]);
    build.args(PROGRAM);
    steps.compile("bench-build", Name { zh: "编译测量程序", en: "compile the measuring program" }, build)?;
    // Its table is what was asked for, so it goes straight to the caller.
    let mut run = place.cargo(["run", "--quiet"]);
    Ok(run.args(PROGRAM).arg("--").args(arguments).status()?.success())
}

/// The store's tests, optimised.
const STORE_TESTS: [&str; 5] = ["--release", "-p", "dutybook-store", "--test", "store"];

fn compile_store_tests(place: &Place, steps: &Steps) -> Result<()> {
    let mut build = place.cargo(["test", "--no-run"]);
    build.args(STORE_TESTS);
    steps.compile("store-tests-build", Name { zh: "编译故障测试", en: "compile the tests of faults" }, build)
}

/// Runs those called `which`, long; what they print goes straight to the caller.
fn run_store_tests(place: &Place, which: &str, how_long: &[(&str, u64)]) -> Result<bool> {
    let mut run = place.cargo(["test", "--quiet"]);
    run.args(STORE_TESTS).args(["--", which, "--nocapture"]);
    run.envs(how_long.iter().map(|(name, count)| (*name, count.to_string())));
    Ok(run.status()?.success())
}

fn simulate(place: &Place, steps: &Steps, seeds: u64, seed: Option<u64>) -> Result<bool> {
    compile_store_tests(place, steps)?;
    let began = std::time::Instant::now();
    let how_long = seed.map_or(("DUTYBOOK_SEEDS", seeds), |seed| ("DUTYBOOK_SEED", seed));
    let held = run_store_tests(place, "simulation::", &[how_long])?;
    let (ran, seconds) = (if seed.is_some() { 1 } else { seeds }, began.elapsed().as_secs());
    if held {
        println!(
            "✔ {ran} 次模拟,{seconds} 秒,全部一致 · {ran} runs in {seconds} s, everybody held the same after each"
        );
    } else {
        eprintln!("✘ 见上面的 seed;单独重跑: cargo xtask simulate --seed N · run the seed named above by itself");
    }
    Ok(held)
}

fn faults(place: &Place, steps: &Steps, cuts: u64, kills: u64) -> Result<bool> {
    compile_store_tests(place, steps)?;
    let how_long = [("DUTYBOOK_CUTS", cuts), ("DUTYBOOK_KILLS", kills)];
    let rows = [
        (format!("断电 {cuts} 次 · {cuts} power cuts"), "faulty_disk::a_power_cut"),
        ("说谎的磁盘会被发现 · a disk that lies is noticed".to_owned(), "faulty_disk::a_disk_that_lies"),
        ("磁盘满、写入失败 · disk full, flush fails".to_owned(), "faulty_disk::a_disk_that_is_full"),
        (format!("强杀 {kills} 次 · {kills} kills"), "powercut::a_program_that_is_killed"),
        ("日志任意截断 · any prefix of the log".to_owned(), "powercut::any_prefix"),
    ];
    let mut all = true;
    let mut table = String::new();
    for (name, which) in rows {
        let began = std::time::Instant::now();
        let held = run_store_tests(place, which, &how_long)?;
        all &= held;
        let (mark, seconds) = (if held { '✔' } else { '✘' }, began.elapsed().as_secs());
        table += &format!("{mark} {seconds:>5} s  {name}\n");
    }
    print!("{table}");
    Ok(all)
}

fn forms(place: &Place, steps: &Steps) -> Result<bool> {
    let kept = place.scratch().join("forms");
    // The acceptance test that holds every form to its headings and columns keeps what it made.
    let mut command = place.cargo(["test", "-p", "dutybook-tests", "--test", "acceptance", "printing::every_form"]);
    command.env("DUTYBOOK_KEEP_FORMS", &kept);
    steps.must(Step {
        key: "forms",
        name: Name { zh: "打印各表", en: "print every form" },
        command,
        what_to_do: "mend what the test says above",
        tail: 60,
    })?;
    let pictures = place.root.join("docs/images/forms");
    std::fs::create_dir_all(&pictures)?;
    let mut page = String::from(
        "# 各表样张 · Every form as it is printed\n\n`cargo xtask forms` 由演示站点一个晚上的真实记录打印,每张表的第一页;不要手改。\n\n\
         Printed by `cargo xtask forms` from an evening at the demo site, the first page of each; not to be edited by hand.\n",
    );
    let headings = std::fs::read_to_string(kept.join("headings.tsv"))?;
    for line in headings.lines() {
        let [name, zh, en] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("headings.tsv has a line that is none: {line}");
        };
        let mut command = std::process::Command::new("pdftoppm");
        command.args(["-png", "-r", "60", "-gray", "-singlefile"]).arg(kept.join(format!("{name}.pdf")));
        command.arg(pictures.join(name));
        steps.must(Step {
            key: "form-picture",
            name: Name { zh: "样张转图片", en: "make its picture" },
            command,
            what_to_do: "install poppler-utils, which has pdftoppm",
            tail: 20,
        })?;
        page += &format!("\n## 《{zh}》 {en}\n\n![{zh}](images/forms/{name}.png)\n");
    }
    std::fs::write(place.root.join("docs/forms-pictures.md"), page)?;
    Ok(true)
}

fn bindings(place: &Place, steps: &Steps) -> Result<bool> {
    // The same test that fails in `test` when the committed file is stale writes it when asked to.
    let mut command = place.cargo(["test", "-p", "dutybook-app", "bindings"]);
    command.env("DUTYBOOK_WRITE_BINDINGS", "1");
    steps.must(Step {
        key: "bindings",
        name: Name { zh: "生成界面用的类型", en: "write the bindings of the UI" },
        command,
        what_to_do: "the app has to compile first; ui/dist has to be there (`npm run build` in ui/)",
        tail: 60,
    })?;
    Ok(true)
}
