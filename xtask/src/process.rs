//! Child processes that end with their owner, children of theirs included.

use std::fs;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How often a condition is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A started program. When the value goes, the program and everything it started goes with it.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts `command`; `name` is how messages call it.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("{name}: {} could not be started", command.get_program().display()))?;
        Ok(Self { name: name.to_owned(), child })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child process itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended, or `None` while it runs.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("{}: cannot be waited for", self.name))
    }

    /// Asks it to end (`SIGTERM`) and waits; it is an error when it does not end within `patience`,
    /// and it is killed then.
    pub fn stop(mut self, patience: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        signal(self.child.id(), Signal::TERM)?;
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!("{}: still running {patience:?} after it was asked to end", self.name);
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Ends it and all that it started at once (`SIGKILL`), as a power cut would.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        kill_descendants(self.child.id());
        // An error here means that it has ended already, which is what is wanted.
        let _ = self.child.kill();
        self.child.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure, and there is nothing else to try.
        let _ = self.kill();
    }
}

/// Sends `signal` to the process `id`.
pub fn signal(id: u32, signal: Signal) -> Result<()> {
    let pid = pid(id).with_context(|| format!("{id} is not a process id"))?;
    kill_process(pid, signal).with_context(|| format!("process {id} cannot be signalled"))
}

/// Kills every process that `id` has started, and theirs, youngest last.
///
/// WebKitWebDriver leaves the program under test running when it is killed itself, so whoever kills
/// a driver calls this first.
pub fn kill_descendants(id: u32) {
    for child in children(id) {
        kill_descendants(child);
        if let Some(pid) = pid(child) {
            // It may have ended by itself in between.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The processes that `id` has started and that still run.
pub fn children(id: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else { return Vec::new() };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|ids| ids.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Whether a process with this id runs (a zombie does not).
pub fn runs(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
}

/// Looks at `condition` until it gives a value, at most for `patience`; `what` is named when it
/// does not come.
pub fn wait_for<T>(what: &str, patience: Duration, mut condition: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = condition()? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("{what}: waited for {patience:?} in vain");
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn what_a_program_started_ends_with_its_owner() {
        let mut shell =
            Running::start("shell", Command::new("sh").args(["-c", "sleep 600 & wait"]).stdin(Stdio::null())).unwrap();
        let grandchild = wait_for("the sleeper", SOON, || {
            assert!(shell.ended()?.is_none());
            Ok(children(shell.id()).first().copied())
        })
        .unwrap();
        assert!(runs(grandchild));
        drop(shell);
        wait_for("the end of the sleeper", SOON, || Ok((!runs(grandchild)).then_some(()))).unwrap();
    }

    #[test]
    fn a_program_that_does_not_end_when_asked_is_an_error_and_is_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
        let mut stubborn = Running::start("stubborn", command.stdout(Stdio::piped()).stdin(Stdio::null())).unwrap();
        let mut ready = String::new();
        let stdout = stubborn.child().stdout.take().unwrap();
        io::BufRead::read_line(&mut io::BufReader::new(stdout), &mut ready).unwrap();
        let id = stubborn.id();
        let error = stubborn.stop(Duration::from_millis(200)).unwrap_err();
        assert!(error.to_string().contains("stubborn"), "{error}");
        assert!(!runs(id));
    }

    #[test]
    fn a_program_that_ends_when_asked_says_so() {
        let sleeper = Running::start("sleeper", Command::new("sleep").arg("600").stdin(Stdio::null())).unwrap();
        let status = sleeper.stop(SOON).unwrap();
        assert!(!status.success());
    }
}
