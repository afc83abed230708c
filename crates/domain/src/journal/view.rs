//! What the facts of a free entry amount to.

use serde::{Deserialize, Serialize};

use super::facts::{Entry, JournalFact};
use super::rules::{Event, rule};
use crate::engine::{Anomaly, Card, Tone};
use crate::record::Story;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where a free entry stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum JournalState {
    /// 跟进中: somebody is named and nobody has said what came of it.
    Following,
    /// 已记.
    #[default]
    Settled,
}

impl JournalState {
    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Following => words!("跟进中", "being followed up"),
            Self::Settled => words!("已记", "recorded"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Settled => "settled",
        }
    }
}

/// What was written about the matter later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Continuation {
    /// Who and when.
    pub stamp: Stamp,
    /// What went on, or what came of it.
    pub text: String,
    /// Whether it is the result (办结).
    pub result: bool,
}

/// A free entry as its facts say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct JournalView {
    /// Its number.
    pub number: Option<String>,
    /// The entry.
    pub entry: Entry,
    /// 记录人, and when.
    pub entered: Option<Stamp>,
    /// 续记 and 办结, in causal order.
    pub later: Vec<Continuation>,
    /// Where it stands.
    pub state: JournalState,
    /// When it was born.
    pub born: Timestamp,
}

pub(super) fn fold(story: &Story<'_, JournalFact>) -> (JournalView, Vec<Anomaly>) {
    let mut view = JournalView { number: story.doc.number().map(Into::into), ..JournalView::default() };
    let mut anomalies = Vec::new();
    for (raw, fact) in story.in_force() {
        let event = fact.event();
        if !event.role_may(raw.by.role) {
            anomalies.push(Anomaly::no_role(raw, &event.words()));
            continue;
        }
        match (fact, view.entered.is_some(), rule(view.state, event)) {
            (JournalFact::Entered(entry), false, _) => {
                view.entry = entry.clone();
                view.entered = Some(raw.into());
                view.born = raw.at;
                if entry.follower.is_some() && entry.result.trim().is_empty() {
                    view.state = JournalState::Following;
                }
            }
            (JournalFact::Continued { process }, true, Some(_)) => {
                view.later.push(Continuation { stamp: raw.into(), text: process.clone(), result: false });
            }
            (JournalFact::Settled { result }, true, Some(rule)) => {
                view.later.push(Continuation { stamp: raw.into(), text: result.clone(), result: true });
                view.state = rule.then;
            }
            _ => anomalies.push(Anomaly::not_legal_here(raw, &event.words(), &view.state.words())),
        }
    }
    if view.entered.is_none() {
        view.born = story.doc.facts.first().map_or_else(Timestamp::default, |fact| fact.at);
    }
    (view, anomalies)
}

impl JournalView {
    pub(super) fn card(&self) -> Card {
        let open = self.entered.is_some() && self.state == JournalState::Following;
        Card {
            number: self.number.clone(),
            title: self.entry.subject.clone(),
            place: None,
            state: self.state.name().into(),
            state_words: self.state.words(),
            tone: match (self.entered.is_some(), self.state) {
                (false, _) => Tone::Off,
                (true, JournalState::Following) => Tone::Waiting,
                (true, JournalState::Settled) => Tone::Done,
            },
            open,
            urgency: None,
            responsible: self.entry.follower.iter().cloned().collect(),
            next: open.then(|| Event::Settled.words()),
            born: self.born,
        }
    }
}
