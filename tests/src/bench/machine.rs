//! What it ran on. Everything that the system does not say is left out.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::numbers::{median, ms, rounded};

/// Machine, versions and how busy the machine was.
#[derive(Debug)]
pub struct Machine {
    cores: usize,
    processor: Option<String>,
    kernel: Option<String>,
    file_system: Option<String>,
    flush_ms: f64,
    commit: Option<String>,
    rustc: Option<String>,
    load: [Option<String>; 2],
}

impl Machine {
    /// Looks at the machine, and how long its disk takes to take 4 KiB for good.
    ///
    /// # Errors
    /// When nothing can be written to the folder for temporary files.
    pub fn look() -> Result<Self> {
        let folder = TempDir::new()?;
        let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        });
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned());
        Ok(Self {
            cores: std::thread::available_parallelism()?.get(),
            processor,
            kernel,
            file_system: file_system(folder.path()),
            flush_ms: flush_ms(folder.path())?,
            commit: said_by(Command::new("git").args(["describe", "--always", "--dirty", "--exclude", "*"])),
            rustc: said_by(Command::new("rustc").arg("--version")),
            load: [load(), None],
        })
    }

    /// Notes how busy the machine is now.
    #[must_use]
    pub fn with_load_at_the_end(mut self) -> Self {
        self.load[1] = load();
        self
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "cores": self.cores,
            "processor": self.processor,
            "kernel": self.kernel,
            "file_system": self.file_system,
            "flush_4_kib_ms": rounded(self.flush_ms),
            "dutybook": env!("CARGO_PKG_VERSION"),
            "commit": self.commit,
            "sqlite": rusqlite::version(),
            "rustc": self.rustc,
            "optimised": !cfg!(debug_assertions),
            "load_before_and_after": self.load,
        })
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".into());
        let mut text = format!(
            "Dutybook {} ({}), SQLite {}, {}\n{} cores, {}, Linux {}, {}; 4 KiB to the disk for good: {:.2} ms\n\
             load before and after: {} · {}\n",
            env!("CARGO_PKG_VERSION"),
            said(&self.commit),
            rusqlite::version(),
            said(&self.rustc),
            self.cores,
            said(&self.processor),
            said(&self.kernel),
            said(&self.file_system),
            self.flush_ms,
            said(&self.load[0]),
            said(&self.load[1]),
        );
        if cfg!(debug_assertions) {
            text.push_str("Not optimised: the times below say nothing.\n");
        }
        text
    }
}

fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next().map(str::to_owned)
}

fn said_by(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The type of the file system that `path` is on: that of the longest mount point above it.
fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    fs::read_to_string("/proc/mounts")
        .ok()?
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            let (point, kind) = (words.next()?, words.next()?);
            path.starts_with(point).then(|| (point.len(), kind.to_owned()))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

fn flush_ms(folder: &Path) -> Result<f64> {
    let mut file = fs::File::create(folder.join("flush"))?;
    let mut took = Vec::new();
    for _ in 0..50 {
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        took.push(ms(started.elapsed()));
    }
    Ok(median(&took))
}
