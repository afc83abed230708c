//! `run`: the product as a person first meets it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};
use xtask::command_line::CommandLine;
use xtask::demo::{self, Demo};
use xtask::display::VirtualDisplay;
use xtask::process::Running;
use xtask::programs::Programs;

use crate::gate::ui_build_step;
use crate::headless;
use crate::place::Place;
use crate::setup;
use crate::steps::{Name, Steps};

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What `run` was asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Wishes {
    /// 不开窗口,走一遍主要流程 · No windows: do the main job and print it
    #[arg(long, conflicts_with_all = ["screenshots", "fresh"])]
    headless: bool,
    /// 把两边的界面存成 PNG 后结束 · Leave pictures of both apps in DIR, and end
    #[arg(long, value_name = "DIR")]
    screenshots: Option<PathBuf>,
    /// 数据目录 (默认 .dutybook) · Where the data is kept
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 优化编译 · Build optimised
    #[arg(long)]
    release: bool,
    /// 用已编译好的程序 · Install and build nothing: use what is built already
    #[arg(long)]
    no_build: bool,
    /// 另起一份数据,旧的挪到一边 · Start anew; the old data is moved aside, never deleted
    #[arg(long)]
    fresh: bool,
    /// 服务器端口 (默认自选) · Port of the server
    #[arg(long)]
    port: Option<u16>,
}

pub(crate) fn run(place: &Place, steps: &Steps, wishes: &Wishes) -> Result<bool> {
    if !wishes.no_build {
        setup::run(place, steps)?;
        build(place, steps, wishes.release)?;
    }
    let profile = if wishes.release { "release" } else { "debug" };
    let programs = Programs::in_folder(&place.target.join(profile));
    let site_file = place.root.join("demo/site.toml");
    if wishes.headless {
        let folder = headless_folder(place, wishes.data.as_deref())?;
        return headless::play(&programs, &site_file, &folder);
    }
    let folder = wishes.data.clone().unwrap_or_else(|| place.root.join(".dutybook"));
    if wishes.fresh {
        move_aside(&folder)?;
    }
    let mut demo = Demo::bring_up(&programs, &site_file, &folder, wishes.port)?;
    eprintln!("✔ 同步服务器 · sync server: {}  (数据 · data: {})", demo.server.url(), folder.display());
    let outcome = match &wishes.screenshots {
        Some(pictures) => screenshots(&programs, &demo, pictures),
        None => windows(&programs, &demo),
    };
    // The server is stopped in good order also when the windows made trouble.
    demo.server.stop()?;
    eprintln!("✔ 同步服务器已停止 · the sync server is stopped");
    outcome?;
    Ok(true)
}

fn build(place: &Place, steps: &Steps, release: bool) -> Result<()> {
    steps.must(ui_build_step(place))?;
    // The whole workspace: with a part of it, cargo would choose other features for what is shared,
    // and `test` would compile all of that once more.
    let mut command = place.cargo(["build", "--workspace", "--bins"]);
    if release {
        command.args(["--release", "--features", "dutybook-app/custom-protocol"]);
    }
    steps.compile(
        "build",
        Name { zh: "编译程序 (第一次需要几分钟)", en: "compile the programs (minutes, the first time)" },
        command,
    )
}

/// The data of a headless run is scratch: each one starts from nothing.
fn headless_folder(place: &Place, wanted: Option<&Path>) -> Result<PathBuf> {
    let folder = match wanted {
        Some(folder) => {
            let empty = !folder.exists() || fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_none());
            ensure!(empty, "{} is not empty; --headless starts from nothing: name a new folder", folder.display());
            folder.to_owned()
        }
        None => {
            let folder = place.scratch().join("headless");
            if folder.exists() {
                fs::remove_dir_all(&folder).context("the data of the last headless run cannot be removed")?;
            }
            folder
        }
    };
    Ok(folder)
}

/// Moves what is in `folder` into a folder of its own beside the new data.
fn move_aside(folder: &Path) -> Result<()> {
    const ASIDE: &str = "earlier-";
    if !folder.exists() {
        return Ok(());
    }
    let _in_use = demo::lock(folder)?;
    let aside = (1..)
        .map(|number| folder.join(format!("{ASIDE}{number}")))
        .find(|aside| !aside.exists())
        .context("no name is left for the old data")?;
    fs::create_dir(&aside).with_context(|| format!("{} cannot be made", aside.display()))?;
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry.context("the data folder cannot be read")?;
        let name = entry.file_name();
        if name != demo::IN_USE && !name.to_string_lossy().starts_with(ASIDE) {
            fs::rename(entry.path(), aside.join(name))
                .with_context(|| format!("{} cannot be moved aside", entry.path().display()))?;
        }
    }
    eprintln!("旧数据挪到 · the old data is now in {}", aside.display());
    Ok(())
}

/// The screen to open windows on: the person's own, or a virtual one.
fn display() -> Result<Option<VirtualDisplay>> {
    let has_screen =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    if has_screen {
        return Ok(None);
    }
    let display = VirtualDisplay::start()?;
    eprintln!(
        "没有显示器,窗口开在虚拟屏幕 {0} 上(看界面:--screenshots DIR)\n\
         no display here: the windows are on the virtual screen {0} (to see them: --screenshots DIR)",
        display.name()
    );
    Ok(Some(display))
}

fn windows(programs: &Programs, demo: &Demo) -> Result<()> {
    let asked_to_end = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&asked_to_end)).context("Ctrl-C cannot be watched")?;
    }
    let display = display()?;
    let app = programs.app()?;
    let mut open = Vec::new();
    for (name, device) in [("前台 · desk", &demo.desk), ("平板 · tablet", &demo.tablet)] {
        let mut command = Command::new(&app);
        command.arg("--data-dir").arg(device.data()).stdin(Stdio::null());
        if let Some(display) = &display {
            command.env("DISPLAY", display.name());
        }
        open.push((name, Running::start(name, &mut command)?));
        eprintln!("✔ 窗口已打开 · window open: {name}");
    }
    eprintln!(
        "登录用的姓名和密码见 demo/README.md;关掉两个窗口或按 Ctrl-C 结束\n\
         names and PINs to sign in with: demo/README.md; close both windows or press Ctrl-C to end"
    );
    while !open.is_empty() && !asked_to_end.load(Ordering::Relaxed) {
        let mut still_open = Vec::with_capacity(open.len());
        for (name, mut window) in open {
            match window.ended()? {
                None => still_open.push((name, window)),
                Some(status) if status.success() => eprintln!("窗口已关闭 · window closed: {name}"),
                Some(status) => eprintln!("✘ 窗口异常结束 · the window ended badly: {name} ({status})"),
            }
        }
        open = still_open;
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Both apps, driven through WebKitWebDriver by a program that brings the driver's client along.
fn screenshots(programs: &Programs, demo: &Demo, pictures: &Path) -> Result<()> {
    fs::create_dir_all(pictures).with_context(|| format!("{} cannot be made", pictures.display()))?;
    let folder = |device: &CommandLine| device.data().to_owned();
    let status = Command::new(programs.folder().join("screenshots"))
        .arg(folder(&demo.desk))
        .arg(folder(&demo.tablet))
        .arg(pictures)
        .stdin(Stdio::null())
        .status()
        .context("the program that takes the screenshots cannot be started")?;
    ensure!(status.success(), "the screenshots failed; the lines above say why");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_anew_keeps_the_old_data() {
        let folder = env::temp_dir().join(format!("xtask-run-{}", std::process::id()));
        move_aside(&folder).unwrap();
        for (generation, text) in [(1, "first"), (2, "second")] {
            fs::create_dir_all(folder.join("desk")).unwrap();
            fs::write(folder.join("desk/book"), text).unwrap();
            move_aside(&folder).unwrap();
            let kept = folder.join(format!("earlier-{generation}/desk/book"));
            assert_eq!(fs::read_to_string(kept).unwrap(), text);
            assert!(!folder.join("desk").exists());
        }
        assert_eq!(fs::read_to_string(folder.join("earlier-1/desk/book")).unwrap(), "first");
        fs::remove_dir_all(folder).unwrap();
    }
}
