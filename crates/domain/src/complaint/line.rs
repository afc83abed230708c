//! What the ledger (台账) says of each fact of a complaint.

use super::facts::ComplaintFact;
use crate::engine::LineText;
use crate::words;
use crate::words::Words;
use crate::work_order::{followed_up, listed};

/// What the ledger says of a fact.
pub(super) fn line(fact: &ComplaintFact) -> LineText {
    let same = |text: &str| Words::same(text);
    let judged = |value: Words, reason: &str, decided: bool| {
        let (zh, en) = (&value.zh, &value.en);
        let value = if decided { words!("选定{zh}", "decided: {en}") } else { value };
        listed([value, same(reason)])
    };
    let detail = match fact {
        ComplaintFact::Lodged(lodged) => listed([
            lodged.way.words(),
            same(&lodged.unit_label),
            same(&lodged.name),
            same(&lodged.topic),
            same(&lodged.summary),
            lodged.grade.words(),
        ]),
        ComplaintFact::Notified { to, method } | ComplaintFact::Reported { to, method } => {
            listed([same(&to.name), method.words()])
        }
        ComplaintFact::Assigned { duty, reason, decided } => judged(same(&duty.text()), reason, *decided),
        ComplaintFact::Graded { grade, reason, decided } => judged(grade.words(), reason, *decided),
        ComplaintFact::Judged { validity, reason, decided } => judged(validity.words(), reason, *decided),
        ComplaintFact::Planned { plan, .. } => same(plan),
        ComplaintFact::ToldBack { method, said, outgoing, .. } => {
            listed([method.words(), same(said), outgoing.words()])
        }
        ComplaintFact::Worked { process, .. } => same(process),
        ComplaintFact::Settled { result } => same(result),
        ComplaintFact::OpinionTaken { opinion, words, method, outgoing } => {
            listed([opinion.words(), same(words), method.words(), outgoing.words()])
        }
        ComplaintFact::FollowedUp(said) => followed_up(said),
        ComplaintFact::Closed { without_followup_reason: Some(reason) } => {
            words!("未回访:{reason}", "without follow-up: {reason}")
        }
        ComplaintFact::Reopened { reason }
        | ComplaintFact::NotReached { reason }
        | ComplaintFact::NextContactSet { reason, .. } => same(reason),
        ComplaintFact::Commented { text } | ComplaintFact::ChaseAnswered { text, .. } => same(text),
        ComplaintFact::Chased { department, text } => listed([same(department), same(text)]),
        ComplaintFact::Acknowledged | ComplaintFact::Closed { without_followup_reason: None } => Words::default(),
    };
    LineText { subject: words!("投诉 ", "complaint: ").then(fact.event().past()), detail }
}
