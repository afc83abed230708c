//! Which team usually does which work (工种): words that tell the work, and the team that is asked first.

use serde::{Deserialize, Serialize};

/// A sort of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct WorkCategory {
    /// Stable key.
    pub key: String,
    /// What it is called, such as 给排水.
    pub name: String,
    /// The team that does it, as its people have it.
    pub team: String,
    /// Words in a report that tell it, such as 漏 or 堵.
    pub signs: Vec<String>,
}

/// The teams that the words of a report call for: the one that most of the words tell first; of equals, as the site
/// lists them.
#[must_use]
pub fn teams_for<'a>(categories: &'a [WorkCategory], report: &str) -> Vec<&'a str> {
    let report = report.to_lowercase();
    let told = |it: &WorkCategory| it.signs.iter().filter(|sign| report.contains(&sign.to_lowercase())).count();
    let mut found: Vec<(usize, &str)> =
        categories.iter().map(|it| (told(it), it.team.as_str())).filter(|(told, _)| *told > 0).collect();
    found.sort_by_key(|(told, _)| std::cmp::Reverse(*told));
    let mut teams: Vec<&str> = Vec::new();
    for (_, team) in found {
        if !teams.contains(&team) {
            teams.push(team);
        }
    }
    teams
}
