//! Finds what this machine lacks and installs it.
//!
//! A machine that has everything is left alone: nothing is downloaded and no administrator's rights
//! are asked for. Whatever cannot be installed from here ends in a message with the command to type.

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::geteuid;

use crate::place::{Place, answer_of};
use crate::steps::{Name, Step, Steps};

/// System packages: the window library, the driver and screen of the end-to-end tests, a font with
/// Chinese characters, a C compiler for SQLite. The same names on Debian and Ubuntu.
const PACKAGES: [&str; 7] = [
    "libwebkit2gtk-4.1-dev",
    "webkit2gtk-driver",
    "xvfb",
    "fonts-noto-cjk",
    "build-essential",
    "pkg-config",
    "poppler-utils",
];

/// Known to build with the Rust version of this project.
const NEXTEST: &str = "0.9.143";

const NODE_ADVICE: &str = "install Node.js 20.19 or newer with npm, for example from https://nodejs.org/en/download";

/// Makes this machine ready for `run` and `test`.
pub(crate) fn run(place: &Place, steps: &Steps) -> Result<()> {
    system_packages(steps)?;
    node()?;
    npm_packages(place, steps)?;
    rust_components(steps)?;
    nextest(place, steps)?;
    Ok(())
}

fn system_packages(steps: &Steps) -> Result<()> {
    if answer_of("dpkg-query", &["--version"]).is_none() {
        return other_system();
    }
    let missing: Vec<&str> = PACKAGES.into_iter().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("缺少系统软件包 · missing system packages: {}", missing.join(" "));
    let rights = rights(&missing)?;
    steps.must(Step {
        key: "apt-update",
        name: Name { zh: "更新软件包目录", en: "refresh the package lists" },
        command: rights.apt(&["update"]),
        what_to_do: "check the network and /etc/apt/sources.list, then run the same command again",
        tail: 15,
    })?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(&missing);
    steps.must(Step {
        key: "apt-install",
        name: Name { zh: "安装系统软件包", en: "install system packages" },
        command: rights.apt(&arguments),
        what_to_do: "Debian 12 or newer and Ubuntu 22.04 or newer have these packages (Ubuntu: with \
                     `universe` switched on); older systems do not",
        tail: 25,
    })?;
    Ok(())
}

fn installed(package: &str) -> bool {
    answer_of("dpkg-query", &["--show", "--showformat=${db:Status-Status}", package])
        .is_some_and(|status| status == "installed")
}

/// On a system without apt, what counts is whether the pieces are there.
fn other_system() -> Result<()> {
    let mut missing = Vec::new();
    if answer_of("pkg-config", &["--exists", "webkit2gtk-4.1"]).is_none() {
        missing.push("WebKitGTK 4.1 with its headers, and pkg-config");
    }
    for program in ["WebKitWebDriver", "Xvfb", "cc"] {
        if !on_path(program) {
            missing.push(program);
        }
    }
    ensure!(
        missing.is_empty(),
        "missing: {}. They are installed for you on Debian 12 and Ubuntu 22.04 or newer; on this \
         system please install them (and a font with Chinese characters) by hand",
        missing.join(", ")
    );
    Ok(())
}

fn on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// How this process may install system packages.
#[derive(Debug)]
enum Rights {
    Root,
    Sudo,
}

impl Rights {
    fn apt(&self, arguments: &[&str]) -> Command {
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.arg("env");
                sudo
            }
        };
        command
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
            // A machine that has just been started may be updating itself.
            .args(["-o", "DPkg::Lock::Timeout=300"])
            .args(arguments);
        command
    }
}

fn rights(missing: &[&str]) -> Result<Rights> {
    if geteuid().is_root() {
        return Ok(Rights::Root);
    }
    let has_sudo = on_path("sudo");
    if has_sudo && answer_of("sudo", &["-n", "true"]).is_some() {
        return Ok(Rights::Sudo);
    }
    if has_sudo && io::stdin().is_terminal() {
        eprintln!("安装需要管理员密码 · installing them needs your password:");
        let asked = Command::new("sudo").arg("-v").status().context("sudo cannot be started")?;
        if asked.success() {
            return Ok(Rights::Sudo);
        }
    }
    let sudo = if has_sudo { "sudo " } else { "" };
    bail!(
        "安装系统软件包需要管理员。请让管理员执行一次下面的命令,再运行原来的命令:\n\
         installing system packages needs an administrator: have this typed once{}, then run the same command \
         again:\n\n    {sudo}apt-get update && {sudo}apt-get install --yes --no-install-recommends {}\n",
        if has_sudo { "" } else { " (as root)" },
        missing.join(" ")
    );
}

fn node() -> Result<()> {
    let version = answer_of("node", &["--version"]).with_context(|| format!("Node.js is not there: {NODE_ADVICE}"))?;
    ensure!(node_suffices(&version), "Node.js {version} is too old for Vite: {NODE_ADVICE}");
    ensure!(answer_of("npm", &["--version"]).is_some(), "npm is not there: {NODE_ADVICE}");
    Ok(())
}

/// Vite's own requirement: `^20.19 || >=22.12`.
fn node_suffices(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else { return false };
    match major {
        20 => minor >= 19,
        22 => minor >= 12,
        _ => major > 22,
    }
}

/// `npm ci` when package-lock.json is not the one that was installed last.
fn npm_packages(place: &Place, steps: &Steps) -> Result<()> {
    let lock = place.ui().join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    let stamp = place.scratch().join("npm-ci.package-lock.json");
    // npm writes its own list last, so an installation that broke off does not have it.
    let in_place = place.ui().join("node_modules/.package-lock.json").is_file()
        && fs::read(&stamp).is_ok_and(|installed| installed == wanted);
    if in_place {
        return Ok(());
    }
    forget(&stamp)?;
    steps.must(Step {
        key: "npm-ci",
        name: Name { zh: "安装界面的软件包", en: "install the packages of the UI" },
        command: place.npm(["ci", "--no-audit", "--no-fund"]),
        what_to_do: "check the network (`npm ping`) and run the same command again; when the lock file is out of step \
                     with package.json, `npm install` in ui/ mends it",
        tail: 100,
    })?;
    fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}

/// A stamp must not survive an attempt that fails half-way.
fn forget(stamp: &Path) -> Result<()> {
    match fs::remove_file(stamp) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", stamp.display()))
        }
        _ => Ok(()),
    }
}

fn rust_components(steps: &Steps) -> Result<()> {
    for (component, probe) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if answer_of("cargo", &[probe, "--version"]).is_some() {
            continue;
        }
        ensure!(
            on_path("rustup"),
            "cargo {probe} is not there, and neither is rustup: install {component} the way Rust was \
             installed, or Rust from https://rustup.rs"
        );
        let mut command = Command::new("rustup");
        command.args(["component", "add", component]);
        steps.must(Step {
            key: "rustup",
            name: Name { zh: "安装 Rust 组件", en: "install a Rust component" },
            command,
            what_to_do: "check the network, then try `rustup component add rustfmt clippy`",
            tail: 15,
        })?;
    }
    Ok(())
}

fn nextest(place: &Place, steps: &Steps) -> Result<()> {
    if answer_of("cargo", &["nextest", "--version"]).is_some() {
        return Ok(());
    }
    steps.must(Step {
        key: "nextest",
        name: Name {
            zh: "安装 cargo-nextest (只做一次,需要几分钟)",
            en: "install cargo-nextest (once, takes some minutes)",
        },
        command: place.cargo(["install", "cargo-nextest", "--locked", "--version", NEXTEST]),
        what_to_do: "check the network; https://nexte.st/docs/installation has ready programs too",
        tail: 25,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_that_vite_takes() {
        for (version, suffices) in [
            ("v18.20.4", false),
            ("v20.18.9", false),
            ("v20.19.0", true),
            ("v21.7.0", false),
            ("v22.11.0", false),
            ("v22.12.0", true),
            ("v24.0.1", true),
            ("", false),
            ("v20", false),
        ] {
            assert_eq!(node_suffices(version), suffices, "{version}");
        }
    }

    #[test]
    fn as_root_apt_is_called_without_sudo() {
        assert_eq!(Rights::Root.apt(&["update"]).get_program(), "env");
        assert_eq!(Rights::Sudo.apt(&["update"]).get_program(), "sudo");
    }
}
