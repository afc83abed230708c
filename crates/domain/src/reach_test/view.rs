//! A reachability test as its facts say.

use serde::{Deserialize, Serialize};

use super::facts::{ReachTestFact, Subject};
use super::rules::Event;
use crate::engine::{Anomaly, Card, Tone};
use crate::record::Story;
use crate::role::PersonRef;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ReachTestState {
    /// 待测试: owed, nobody has begun.
    #[default]
    Owed,
    /// 等待应答.
    Asked,
    /// 已接通.
    Reached,
    /// 未接通.
    NotReached,
}

impl ReachTestState {
    /// The stable word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Asked => "asked",
            Self::Reached => "reached",
            Self::NotReached => "not_reached",
        }
    }

    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Owed => words!("待测试", "to be tested"),
            Self::Asked => words!("等待应答", "waiting for an answer"),
            Self::Reached => words!("已接通", "reached"),
            Self::NotReached => words!("未接通", "not reached"),
        }
    }
}

/// How somebody was reached, or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Answered {
    /// Who and when: the person on their own device, or who telephoned.
    pub stamp: Stamp,
    /// The number, where it was by telephone.
    pub phone: String,
    /// Whether somebody answered.
    pub reached: bool,
    /// How it went.
    pub note: String,
}

/// A test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ReachTestView {
    /// What is tested.
    pub subject: Option<Subject>,
    /// Who asked, and when.
    pub asked: Option<Stamp>,
    /// Answers and calls, in causal order.
    pub answers: Vec<Answered>,
    /// Where it stands.
    pub state: ReachTestState,
    /// When it was born, or is owed.
    pub born: Timestamp,
}

impl ReachTestView {
    /// A planned test that nobody has begun.
    pub(super) fn owed(subject: Subject, born: Timestamp) -> Self {
        Self { subject: Some(subject), born, ..Self::default() }
    }

    /// Who is tested, where it is a person.
    #[must_use]
    pub fn person(&self) -> Option<&PersonRef> {
        match &self.subject {
            Some(Subject::Person { person }) => Some(person),
            _ => None,
        }
    }

    pub(super) fn card(&self) -> Card {
        let name = self.subject.as_ref().map(Subject::name).unwrap_or_default();
        let title = match &self.subject {
            Some(Subject::Contact { .. }) => format!("应急电话核验 {name}"),
            _ => format!("通联测试 {name}"),
        };
        Card {
            number: None,
            title,
            place: None,
            state: self.state.name().into(),
            state_words: self.state.words(),
            tone: match self.state {
                ReachTestState::Owed | ReachTestState::Asked => Tone::Waiting,
                ReachTestState::Reached => Tone::Done,
                ReachTestState::NotReached => Tone::Alert,
            },
            open: matches!(self.state, ReachTestState::Owed | ReachTestState::Asked) && self.subject.is_some(),
            urgency: None,
            responsible: self.person().cloned().into_iter().collect(),
            next: match self.state {
                ReachTestState::Owed => Some(Event::Ask.words()),
                ReachTestState::Asked => Some(Event::Answer.words()),
                _ => None,
            },
            born: self.born,
        }
    }
}

/// Folds the facts of a test.
pub(super) fn fold(story: &Story<'_, ReachTestFact>) -> (ReachTestView, Vec<Anomaly>) {
    let mut view = ReachTestView::default();
    let mut anomalies = Vec::new();
    for (raw, fact) in story.in_force() {
        let name = &raw.by.name;
        let no_role = |text: Words| Anomaly::of(raw, "no_role", text);
        let stamp = Stamp::from(raw);
        if view.answers.is_empty() && view.asked.is_none() {
            view.born = raw.at;
        }
        match fact {
            ReachTestFact::Asked { .. } | ReachTestFact::Telephoned { .. } if !raw.by.role.runs_the_desk() => {
                anomalies.push(no_role(words!("{name}无权做通联测试。", "{name} may not test reachability.")));
            }
            ReachTestFact::Asked { subject } => {
                view.subject.get_or_insert(subject.clone());
                view.asked.get_or_insert(stamp);
            }
            ReachTestFact::Telephoned { subject, phone, reached, note } => {
                view.subject.get_or_insert(subject.clone());
                let (phone, note) = (phone.clone(), note.clone());
                view.answers.push(Answered { stamp, phone, reached: *reached, note });
            }
            ReachTestFact::Answered if view.person().is_some_and(|one| one.person == raw.by.person) => {
                let (phone, note) = (String::new(), String::new());
                view.answers.push(Answered { stamp, phone, reached: true, note });
            }
            ReachTestFact::Answered => {
                let text = words!("{name}不是被测试的人。", "{name} is not who is tested.");
                anomalies.push(no_role(text));
            }
        }
    }
    view.state = match (view.answers.iter().any(|one| one.reached), view.answers.is_empty(), &view.asked) {
        (true, ..) => ReachTestState::Reached,
        (false, false, _) => ReachTestState::NotReached,
        (false, true, Some(_)) => ReachTestState::Asked,
        (false, true, None) => ReachTestState::Owed,
    };
    (view, anomalies)
}
