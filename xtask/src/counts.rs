//! How many tests passed, read from what the test programs report.

use std::fs;
use std::iter::Sum;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Counts of one part, or of several together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    pub(crate) const ONE_PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub(crate) const ONE_FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub(crate) const ONE_SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            passed: sum.passed + one.passed,
            failed: sum.failed + one.failed,
            skipped: sum.skipped + one.skipped,
        })
    }
}

/// Who reports, and in which form.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Report<'a> {
    /// Nothing is counted inside: the part as a whole passes or fails.
    Whole,
    /// cargo-nextest's summary line in the log.
    Nextest,
    /// The `test result:` lines of cargo test in the log.
    CargoTest,
    /// Vitest's JSON report.
    Vitest(&'a Path),
}

impl Report<'_> {
    /// The counts of a part that has ended; a part that failed never counts as all passed.
    pub(crate) fn read(self, succeeded: bool, log: &Path) -> Result<Counts> {
        let counts = match self {
            Self::Whole if succeeded => return Ok(Counts::ONE_PASSED),
            Self::Whole => return Ok(Counts::ONE_FAILED),
            Self::Nextest => nextest(&text(log)?),
            Self::CargoTest => cargo_test(&text(log)?),
            Self::Vitest(report) => vitest(&text(report)?),
        };
        match counts {
            Some(counts) if succeeded || counts.failed > 0 => Ok(counts),
            // It ended before or beside its tests: a compile error, a test file that does not load.
            Some(counts) => Ok([counts, Counts::ONE_FAILED].into_iter().sum()),
            None if succeeded => Err(anyhow::anyhow!("no test counts in the output of a part that succeeded")),
            None => Ok(Counts::ONE_FAILED),
        }
    }
}

fn text(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        text => text.with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// `Summary [   1.2s] 15 tests run: 13 passed (2 slow), 1 failed, 1 timed out, 3 skipped`
fn nextest(log: &str) -> Option<Counts> {
    let summary = log.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let (run, results) = summary.split_once(" run: ")?;
    let run: u64 = run.rsplit(' ').find_map(|word| word.split('/').next()?.parse().ok())?;
    let passed = number_before(results, " passed")?;
    Some(Counts {
        passed,
        // Failed, timed out, leaky that counts as failed, exec failed: all that ran and did not pass.
        failed: run.checked_sub(passed)?,
        skipped: number_before(results, " skipped").unwrap_or(0),
    })
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`, once per crate.
fn cargo_test(log: &str) -> Option<Counts> {
    let mut results = log.lines().filter_map(|line| line.trim().strip_prefix("test result: ")).peekable();
    results.peek()?;
    results
        .map(|result| {
            Some(Counts {
                passed: number_before(result, " passed")?,
                failed: number_before(result, " failed")?,
                skipped: number_before(result, " ignored")?,
            })
        })
        .sum()
}

fn vitest(report: &str) -> Option<Counts> {
    let report: Value = serde_json::from_str(report).ok()?;
    let number = |key: &str| report.get(key).and_then(Value::as_u64);
    Some(Counts {
        passed: number("numPassedTests")?,
        failed: number("numFailedTests")?,
        skipped: number("numPendingTests")? + number("numTodoTests")?,
    })
}

/// The number that stands right before `word`.
fn number_before(text: &str, word: &str) -> Option<u64> {
    let end = text.find(word)?;
    text[..end].rsplit(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_summaries() {
        for (summary, passed, failed, skipped) in [
            ("     Summary [   0.069s] 12 tests run: 12 passed, 0 skipped", 12, 0, 0),
            ("     Summary [ 181.2s] 15 tests run: 13 passed (2 slow), 1 failed, 1 timed out, 3 skipped", 13, 2, 3),
            ("     Summary [   1.0s] 1 test run: 1 passed (1 flaky), 20 skipped", 1, 0, 20),
            ("     Summary [   1.0s] 2/9 tests run: 0 passed, 2 failed, 1 skipped", 0, 2, 1),
        ] {
            let log = format!("PASS something\n{summary}\nerror: test run failed\n");
            assert_eq!(nextest(&log), Some(Counts { passed, failed, skipped }), "{summary}");
        }
        assert_eq!(nextest("error[E0308]: mismatched types"), None);
    }

    #[test]
    fn doc_tests_of_all_crates_are_added_up() {
        let log = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
                   \n\
                   test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(cargo_test(log), Some(Counts { passed: 5, failed: 1, skipped: 1 }));
        assert_eq!(cargo_test("error: could not compile"), None);
    }

    #[test]
    fn vitest_reports() {
        let report = r#"{"numPassedTests":4,"numFailedTests":1,"numPendingTests":2,"numTodoTests":1}"#;
        assert_eq!(vitest(report), Some(Counts { passed: 4, failed: 1, skipped: 3 }));
    }

    #[test]
    fn a_part_that_failed_never_counts_as_all_passed() {
        let log = std::env::temp_dir().join(format!("xtask-counts-{}.log", std::process::id()));
        fs::write(&log, "Summary [ 1s] 2 tests run: 2 passed, 0 skipped\n").unwrap();
        assert_eq!(Report::Nextest.read(true, &log).unwrap().failed, 0);
        assert_eq!(Report::Nextest.read(false, &log).unwrap().failed, 1);
        fs::write(&log, "nothing\n").unwrap();
        assert_eq!(Report::Nextest.read(false, &log).unwrap(), Counts::ONE_FAILED);
        assert!(Report::Nextest.read(true, &log).is_err());
        fs::remove_file(&log).unwrap();
    }
}
