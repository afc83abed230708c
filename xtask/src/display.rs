//! A virtual screen for machines that have none.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::Running;

/// Larger than the largest window that is tried (1920 × 1080, portrait tablets 800 × 1280).
const SCREEN: &str = "1920x1400x24";

/// An X server without a monitor; ends with the value.
#[derive(Debug)]
pub struct VirtualDisplay {
    _server: Running,
    name: String,
}

impl VirtualDisplay {
    /// Starts one on the first free display number and waits until it answers.
    pub fn start() -> Result<Self> {
        // -noreset: without it the server starts over when its last client leaves, and a window
        // that opens in that moment dies ("Failed to initialize GTK", 6 of 400 starts).
        let mut server = Running::start(
            "Xvfb",
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )
        .context("`cargo xtask setup` installs it (package xvfb)")?;
        let stdout = server.child().stdout.take().context("Xvfb has no output")?;
        let mut number = String::new();
        BufReader::new(stdout).read_line(&mut number).context("Xvfb said nothing")?;
        let number = number.trim();
        ensure!(!number.is_empty(), "Xvfb ended before it was ready; `Xvfb -displayfd 1` in a terminal says why");
        Ok(Self { name: format!(":{number}"), _server: server })
    }

    /// The value for `DISPLAY`, for example `:3`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn several_at_once_have_their_own_numbers() {
        let displays: Vec<_> = (0..3).map(|_| VirtualDisplay::start().unwrap()).collect();
        let names: HashSet<_> = displays.iter().map(VirtualDisplay::name).collect();
        assert_eq!(names.len(), 3);
        assert!(names.iter().all(|name| name.starts_with(':')));
    }
}
