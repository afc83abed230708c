//! Long steps: shown while they run, kept in a log, explained when they fail.
//!
//! On a terminal a step is one line with its time and the last line of its output; elsewhere (CI) it
//! is plain lines. The full output is always in `target/xtask/<step>.log`.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, PipeReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::termios::tcgetwinsize;

use crate::place::ci;

/// How often the program is looked at and a terminal's line is drawn again.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often a log without a terminal hears that a step still runs.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(30);
/// How long output is waited for after a program has ended: something it started may still hold
/// the pipe.
const OUTPUT_AFTER_END: Duration = Duration::from_secs(1);

/// A name for people, in the project's two languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} · {}", self.zh, self.en)
    }
}

/// One program to run to its end.
#[derive(Debug)]
pub(crate) struct Step {
    /// Names the log file.
    pub(crate) key: &'static str,
    pub(crate) name: Name,
    pub(crate) command: Command,
    /// What somebody does when it fails.
    pub(crate) what_to_do: &'static str,
    /// How many of the last lines are printed when it fails.
    pub(crate) tail: usize,
}

/// How a step ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) succeeded: bool,
    pub(crate) took: Duration,
    pub(crate) log: PathBuf,
}

/// Runs steps one after the other.
#[derive(Debug)]
pub(crate) struct Steps {
    logs: PathBuf,
    /// Columns of the terminal, or `None` when there is no terminal.
    terminal: Option<usize>,
}

impl Steps {
    /// Logs go to `logs`, which is made when it is missing.
    pub(crate) fn new(logs: &Path) -> Result<Self> {
        fs::create_dir_all(logs).with_context(|| format!("{} cannot be made", logs.display()))?;
        let stderr = io::stderr();
        let terminal = (stderr.is_terminal() && !ci())
            .then(|| tcgetwinsize(&stderr).map_or(80, |size| usize::from(size.ws_col.max(20))));
        Ok(Self { logs: logs.to_owned(), terminal })
    }

    /// Compiles something, which `command` says.
    pub(crate) fn compile(&self, key: &'static str, name: Name, command: Command) -> Result<()> {
        self.must(Step { key, name, command, what_to_do: "mend what the compiler says above", tail: 60 })?;
        Ok(())
    }

    /// Runs `step` and fails with what to do when it fails.
    pub(crate) fn must(&self, step: Step) -> Result<Ended> {
        let (name, what_to_do) = (step.name, step.what_to_do);
        let ended = self.run(step)?;
        anyhow::ensure!(ended.succeeded, "{name}: {what_to_do}");
        Ok(ended)
    }

    /// Runs `step`; whether it succeeded is in the answer. An error means that it could not be run.
    pub(crate) fn run(&self, mut step: Step) -> Result<Ended> {
        let log = self.logs.join(format!("{}.log", step.key));
        let begun = Instant::now();
        if self.terminal.is_none() {
            eprintln!("▶ {}", step.name);
        }
        let (status, tail) = self.watch(&mut step, &log, begun)?;
        let took = begun.elapsed();
        self.clear_line();
        if status.success() {
            eprintln!("✔ {}  {}", step.name, span(took));
        } else {
            eprintln!("✘ {}  {}  ({status})", step.name, span(took));
            for line in &tail {
                eprintln!("  │ {line}");
            }
            eprintln!("  全部输出 · full output: {}", log.display());
            eprintln!("  怎么办 · what to do: {}", step.what_to_do);
        }
        Ok(Ended { succeeded: status.success(), took, log })
    }

    fn watch(&self, step: &mut Step, log: &Path, begun: Instant) -> Result<(ExitStatus, VecDeque<String>)> {
        let (reader, writer) = io::pipe().context("no pipe")?;
        let mut file =
            BufWriter::new(File::create(log).with_context(|| format!("{} cannot be written", log.display()))?);
        let mut child = step
            .command
            .stdin(Stdio::null())
            .stdout(writer.try_clone().context("no pipe")?)
            .stderr(writer)
            .spawn()
            .with_context(|| format!("{}: {} is not there", step.name, step.command.get_program().display()))?;
        // The command keeps its ends of the pipe, and the output would never end.
        step.command.stdout(Stdio::null()).stderr(Stdio::null());

        let lines = lines_of(reader);
        let mut tail = VecDeque::new();
        let mut signs_of_life = 0;
        let mut next_look = Instant::now();
        let mut ended_at: Option<Instant> = None;
        loop {
            match lines.recv_timeout(LOOK_EVERY) {
                Ok(line) => {
                    writeln!(file, "{line}").context("the log cannot be written")?;
                    if !line.trim().is_empty() {
                        if tail.len() == step.tail {
                            tail.pop_front();
                        }
                        tail.push_back(line);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = Instant::now();
            if now < next_look {
                continue;
            }
            next_look = now + LOOK_EVERY;
            let took = now - begun;
            let last = tail.back().map_or("", |line: &String| line.trim());
            self.draw(step.name, took, last);
            if self.terminal.is_none() && took > SIGN_OF_LIFE_EVERY * (signs_of_life + 1) {
                signs_of_life += 1;
                eprintln!("  … {}  {last}", span(took));
            }
            match ended_at {
                None if child.try_wait().context("cannot be waited for")?.is_some() => {
                    ended_at = Some(now);
                }
                Some(at) if now - at > OUTPUT_AFTER_END => break,
                _ => {}
            }
        }
        file.flush().context("the log cannot be written")?;
        let status = child.wait().context("cannot be waited for")?;
        Ok((status, tail))
    }

    fn draw(&self, name: Name, took: Duration, last: &str) {
        let Some(columns) = self.terminal else { return };
        let line = format!("⏳ {name}  {}  {}", span(took), last);
        eprint!("\r\x1b[2K{}", fit(&line, columns - 1));
        // A terminal that cannot be written to does not stop the step.
        let _ = io::stderr().flush();
    }

    fn clear_line(&self) {
        if self.terminal.is_some() {
            eprint!("\r\x1b[2K");
        }
    }
}

/// Reads `output` to its end on a thread of its own, line by line; a carriage return ends a line as
/// well, because that is how programs draw progress.
fn lines_of(mut output: PipeReader) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut rest = Vec::new();
        let mut buffer = [0; 8192];
        while let Ok(count) = output.read(&mut buffer) {
            if count == 0 {
                break;
            }
            rest.extend_from_slice(&buffer[..count]);
            while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line[..end]).into_owned();
                if sender.send(line).is_err() {
                    return;
                }
            }
        }
        if !rest.is_empty() {
            // The receiver goes only when the step is over.
            let _ = sender.send(String::from_utf8_lossy(&rest).into_owned());
        }
    });
    lines
}

/// `3s`, `1m02s`, `1h00m`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// As much of `line` as fits into `columns`, without what a terminal would take for a command.
/// Chinese characters and the marks used here take two columns.
fn fit(line: &str, columns: usize) -> String {
    let mut left = columns;
    let mut fitting = String::new();
    for character in line.chars().filter(|character| !character.is_control()) {
        let width = if character < '\u{1100}' { 1 } else { 2 };
        if left < width {
            break;
        }
        left -= width;
        fitting.push(character);
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> (Steps, PathBuf) {
        let folder = std::env::temp_dir().join(format!("xtask-steps-{}", std::process::id()));
        (Steps::new(&folder).unwrap(), folder)
    }

    fn shell(key: &'static str, script: &str) -> Step {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Step { key, name: Name { zh: "试", en: "try" }, command, what_to_do: "look at the script", tail: 3 }
    }

    #[test]
    fn a_failing_step_says_what_to_do_and_keeps_its_whole_output() {
        let (steps, folder) = steps();
        let error = steps.must(shell("fails", "seq 1 20; echo last >&2; exit 3")).unwrap_err().to_string();
        assert!(error.contains("look at the script"), "{error}");
        let log = fs::read_to_string(folder.join("fails.log")).unwrap();
        assert_eq!(log.lines().count(), 21);
        assert!(log.ends_with("20\nlast\n"), "{log}");
    }

    #[test]
    fn a_step_ends_although_something_it_started_keeps_its_output_open() {
        let (steps, _) = steps();
        let ended = steps.run(shell("leaves", "sleep 8 & echo done")).unwrap();
        assert!(ended.succeeded);
        assert!(ended.took < Duration::from_secs(6), "{:?}", ended.took);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let (steps, _) = steps();
        let mut step = shell("missing", "");
        step.command = Command::new("no-such-program");
        let error = format!("{:#}", steps.run(step).unwrap_err());
        assert!(error.contains("no-such-program"), "{error}");
    }

    #[test]
    fn times_are_short() {
        assert_eq!(span(Duration::from_secs(59)), "59s");
        assert_eq!(span(Duration::from_secs(62)), "1m02s");
        assert_eq!(span(Duration::from_secs(3600)), "1h00m");
    }

    #[test]
    fn a_line_never_wraps_and_carries_no_terminal_commands() {
        assert_eq!(fit("值班 abc", 6), "值班 a");
        assert_eq!(fit("值班", 3), "值");
        assert_eq!(fit("a\x1b[31mb", 20), "a[31mb");
    }
}
