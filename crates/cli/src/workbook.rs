//! `dutybook site import FILE.xlsx`: a workbook read, or every bad cell named.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use dutybook_client::Client;
use dutybook_domain::site::Site;
use dutybook_print::import::{self, CellProblem, Imported};

use crate::output::Output;

/// The workbook, or none when cells are wrong; both say what they found.
pub(crate) fn read(path: &Path, client: &Client, current: &Site, output: &Output) -> anyhow::Result<Option<Imported>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    match import::read(&bytes, client.identity().site.as_str(), current) {
        Ok(read) => {
            if !read.warnings.is_empty() && !output.json {
                eprint!("{}", text(&read.warnings, output));
            }
            Ok(Some(read))
        }
        Err(problems) => {
            output.print(&problems, |problems| text(problems, output))?;
            Ok(None)
        }
    }
}

fn text(problems: &[CellProblem], output: &Output) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let place = [problem.sheet.as_str(), problem.cell.as_str()].join(" ");
        let hint = problem.hint.as_ref().map(|hint| format!(" ({})", output.say(hint))).unwrap_or_default();
        let _ = writeln!(text, "{}: {}{hint}", place.trim(), output.say(&problem.words));
        text
    })
}
