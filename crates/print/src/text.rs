//! Cells as they read on paper, in one language.

use dutybook_domain::form::Cell;
use dutybook_domain::{Timestamp, Words, Zone};

/// In which language a form is printed; Chinese is the official one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The sentence in this language.
    #[must_use]
    pub fn say(self, words: &Words) -> &str {
        match self {
            Self::Chinese => &words.zh,
            Self::English => &words.en,
        }
    }
}

/// `2026-11-24 21:55`.
pub(crate) fn moment(at: Timestamp, zone: Zone) -> String {
    at.local(zone).format("%Y-%m-%d %H:%M").to_string()
}

/// A cell as running text.
pub(crate) fn of(cell: &Cell, zone: Zone, language: Language) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(words) => language.say(words).to_owned(),
        Cell::Code(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Quantity(milli) => decimal(*milli, 3),
        Cell::Money(fen) => {
            let sign = if *fen < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100)
        }
        Cell::Day(day) => day.to_string(),
        Cell::Clock(at) => at.clock(zone),
        Cell::Moment(at) => moment(*at, zone),
        Cell::Choice(all, chosen) => {
            let box_of = |at: usize| if chosen.map(usize::from) == Some(at) { "■" } else { "□" };
            let all = all.iter().enumerate().map(|(at, words)| format!("{}{}", box_of(at), language.say(words)));
            all.collect::<Vec<_>>().join("  ")
        }
    }
}

fn decimal(milli: i64, places: usize) -> String {
    let (whole, rest) = (milli.unsigned_abs() / 1000, milli.unsigned_abs() % 1000);
    let sign = if milli < 0 { "-" } else { "" };
    format!("{sign}{whole}.{rest:0places$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The form's own words on paper.
pub(crate) fn word(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Chinese => zh,
        Language::English => en,
    }
}
