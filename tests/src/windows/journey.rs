//! A journey: a screen, data folders and windows of its own, and evidence when it fails.

use std::collections::BTreeSet;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result};
use futures_util::FutureExt;
use tempfile::TempDir;
use xtask::command_line::CommandLine;
use xtask::demo::Demo;
use xtask::display::VirtualDisplay;
use xtask::programs::Programs;
use xtask::round::with_a_round_for_now;

use super::window::{Window, lock};

/// What a journey plays on.
#[derive(Debug)]
pub struct Stage {
    programs: Programs,
    display: VirtualDisplay,
    data: TempDir,
    evidence: PathBuf,
    windows: Mutex<Vec<Window>>,
    /// Data folders that are checked when the journey has gone well.
    replicas: Mutex<BTreeSet<PathBuf>>,
}

impl Stage {
    /// Opens the app on the data folder called `name`, and waits for its first useful screen.
    pub async fn open(&self, name: &str) -> Result<Window> {
        let log = self.evidence.join(format!("{name}.log"));
        let window = Window::open(name, &self.programs.app()?, self.display.name(), &self.folder(name), &log).await?;
        lock(&self.windows).push(window.clone());
        Ok(window)
    }

    /// Brings the demo site up, with [`ROUND`](super::ROUND) added: its server, and the enrolled devices `desk` and
    /// `tablet`, which [`open`](Self::open) opens under these names.
    pub fn demo(&self) -> Result<Demo> {
        let site_file =
            with_a_round_for_now(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/site.toml"), self.data.path())?;
        let demo = Demo::bring_up(&self.programs, &site_file, self.data.path(), None)?;
        // Apps on one machine would find each other where a journey has no network.
        for device in [&demo.desk, &demo.tablet] {
            device.ask(&["device", "near", "off"])?;
        }
        let folders = [demo.server.data(), demo.desk.data(), demo.tablet.data()].map(Path::to_owned);
        lock(&self.replicas).extend(folders);
        Ok(demo)
    }

    /// The data folder called `name`; gone when the journey ends.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Where pictures, pages and logs of this journey lie.
    pub fn evidence(&self) -> &Path {
        &self.evidence
    }

    /// `dutybook check` on every device and the server, all of them down by now.
    fn check_replicas(&self) -> Result<()> {
        lock(&self.windows).clear();
        for folder in lock(&self.replicas).iter() {
            CommandLine::new(&self.programs, folder)?.check()?;
        }
        Ok(())
    }

    async fn keep_evidence(&self) {
        let windows = lock(&self.windows).clone();
        for window in windows.iter().filter(|window| window.is_open()) {
            let kept = self.keep_evidence_of(window).await;
            if let Err(error) = kept {
                eprintln!("{}: no evidence: {error:#}", window.name());
            }
        }
        eprintln!("evidence: {}", self.evidence.display());
    }

    async fn keep_evidence_of(&self, window: &Window) -> Result<()> {
        let file = |ending: &str| self.evidence.join(format!("{}.{ending}", window.name()));
        fs::write(file("html"), window.source().await?).context("the page cannot be saved")?;
        window.screenshot(&file("png")).await
    }
}

/// Plays `body` on a stage of its own; afterwards every replica of [`Stage::demo`] is checked. When it fails, by error or by panic, what each window shows
/// is kept in `target/e2e/<name>/`; everything that was started is ended either way.
pub async fn journey(name: &str, body: impl AsyncFnOnce(&Stage) -> Result<()>) -> Result<()> {
    let programs = Programs::of_this_build()?;
    let target = programs.folder().parent().context("the programs lie in no target folder")?;
    let evidence = target.join("e2e").join(name);
    if evidence.exists() {
        fs::remove_dir_all(&evidence).context("the evidence of the last run cannot be removed")?;
    }
    fs::create_dir_all(&evidence).with_context(|| format!("{} cannot be made", evidence.display()))?;
    let stage = Stage {
        programs,
        display: VirtualDisplay::start()?,
        data: tempfile::tempdir().context("no folder for data")?,
        evidence,
        windows: Mutex::default(),
        replicas: Mutex::default(),
    };
    match AssertUnwindSafe(body(&stage)).catch_unwind().await {
        Ok(Ok(())) => stage.check_replicas(),
        Ok(Err(error)) => {
            stage.keep_evidence().await;
            Err(error)
        }
        Err(panic) => {
            stage.keep_evidence().await;
            std::panic::resume_unwind(panic)
        }
    }
}
