//! Asking a department how it goes (催办/询办) and the answer (D2.8.3): what orders, calls and complaints share.
//!
//! A question that nobody answers in time goes to the head of the department.

use serde::{Deserialize, Serialize};

use crate::engine::Deadline;
use crate::ids::FactId;
use crate::record::RawFact;
use crate::site::Timers;
use crate::words;
use crate::work_order::Stamp;

/// One 催办 / 询办.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Chasing {
    /// Who asked, and when.
    pub stamp: Stamp,
    /// What was asked.
    pub text: String,
    /// The department asked; empty when it was whoever has the work.
    #[serde(default)]
    pub department: String,
    /// What they said.
    #[serde(default)]
    pub answer: Option<ChaseAnswer>,
}

/// What somebody answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ChaseAnswer {
    /// Who answered, or took the answer down, and when.
    pub stamp: Stamp,
    /// The answer.
    pub text: String,
}

impl Chasing {
    pub(crate) fn new(raw: &RawFact, text: &str, department: &str) -> Self {
        Self { stamp: raw.into(), text: text.into(), department: department.into(), answer: None }
    }
}

/// Puts an answer to its question; whether there is such a question. The first answer stays.
pub(crate) fn answered(chases: &mut [Chasing], raw: &RawFact, chase: FactId, text: &str) -> bool {
    let found = chases.iter_mut().find(|it| it.stamp.fact == chase);
    found.is_some_and(|it| {
        it.answer.get_or_insert_with(|| ChaseAnswer { stamp: raw.into(), text: text.into() });
        true
    })
}

/// The questions nobody has answered yet, oldest first.
pub(crate) fn unanswered(chases: &[Chasing]) -> impl Iterator<Item = &Chasing> {
    chases.iter().filter(|it| it.answer.is_none())
}

/// The clock of the oldest question without an answer.
pub(crate) fn deadline(chases: &[Chasing], timers: &Timers) -> Option<Deadline> {
    let oldest = unanswered(chases).min_by_key(|it| it.stamp.at)?;
    let department = &oldest.department;
    let words = if department.is_empty() {
        words!("询办答复(逾时找部门主任)", "answer to a question (then the department head)")
    } else {
        words!("{department}答复询办(逾时找部门主任)", "answer from {department} (then the department head)")
    };
    Some(Deadline {
        code: "chase".into(),
        words,
        since: oldest.stamp.at,
        due: oldest.stamp.at.plus_minutes(i64::from(timers.chase_answer_min)),
        rings: true,
    })
}
