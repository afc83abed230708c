//! `dutybook`, the command line, on the data of one device.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::programs::Programs;

/// One device's book, through the command line. Each call is a process of its own, as in a script.
#[derive(Debug, Clone)]
pub struct CommandLine {
    program: PathBuf,
    data: PathBuf,
}

/// What a call answered.
#[derive(Debug)]
pub struct Answer {
    /// The documented exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The JSON it printed; null when it printed none.
    pub value: Value,
    complaint: String,
}

impl CommandLine {
    /// The command line on the data folder `data`.
    pub fn new(programs: &Programs, data: &Path) -> Result<Self> {
        Ok(Self { program: programs.command_line()?, data: data.to_owned() })
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Calls `dutybook --json --data … arguments`, whatever comes of it.
    pub fn call(&self, arguments: &[&str]) -> Result<Answer> {
        let output = Command::new(&self.program)
            .arg("--json")
            .arg("--data")
            .arg(&self.data)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let value = match text.trim() {
            "" => Value::Null,
            text => serde_json::from_str(text).with_context(|| format!("not one JSON value: {text}"))?,
        };
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(Answer { code: output.status.code(), value, complaint })
    }

    /// The same, when anything but success is an error.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value> {
        let answer = self.call(arguments)?;
        if answer.code == Some(0) {
            return Ok(answer.value);
        }
        let Answer { code, value, complaint } = answer;
        bail!("dutybook {} ended with {code:?}: {value} {complaint}", arguments.join(" "));
    }

    /// Calls `dutybook check`; what differs is an error.
    pub fn check(&self) -> Result<()> {
        let answer = self.call(&["check"])?;
        if answer.code == Some(0) {
            return Ok(());
        }
        let problems: Vec<&Value> = answer.value["problems"].as_array().into_iter().flatten().collect();
        let first: Vec<String> = problems.iter().take(5).map(ToString::to_string).collect();
        bail!("`dutybook check` in {}: {} problems: {}", self.data.display(), problems.len(), first.join(", "));
    }
}
