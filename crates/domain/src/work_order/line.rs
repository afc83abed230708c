//! What the ledger (台账) says of each fact of a work order.

use super::facts::{Finish, FollowUp, Report, WorkOrderFact};
use crate::engine::LineText;
use crate::role::PersonRef;
use crate::words;
use crate::words::Words;

/// The non-empty ones of `parts`, one after the other.
pub(crate) fn listed(parts: impl IntoIterator<Item = Words>) -> Words {
    let parts: Vec<Words> = parts.into_iter().filter(|part| !part.zh.trim().is_empty()).collect();
    let join = |parts: Vec<&str>, between: &str| parts.join(between);
    Words {
        zh: join(parts.iter().map(|part| part.zh.as_str()).collect(), ";"),
        en: join(parts.iter().map(|part| part.en.as_str()).collect(), "; "),
    }
}

fn names(people: &[PersonRef]) -> String {
    people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join("、")
}

/// Money as written, in yuan.
pub(super) fn yuan(fen: u32) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn same(text: &str) -> Words {
    Words::same(text)
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &WorkOrderFact) -> LineText {
    let detail = match fact {
        WorkOrderFact::Reported(report) => reported(report),
        WorkOrderFact::Dispatched(dispatch) => {
            let (to, mind) = (names(&dispatch.to), dispatch.precautions.join("、"));
            listed([
                if to.is_empty() { Words::default() } else { words!("派给{to}", "to {to}") },
                same(&dispatch.team),
                if mind.is_empty() { Words::default() } else { words!("注意:{mind}", "mind: {mind}") },
            ])
        }
        WorkOrderFact::Refused { reason } | WorkOrderFact::Voided { reason } => same(reason),
        WorkOrderFact::Paused { why, note } => listed([why.words(), same(note)]),
        WorkOrderFact::Transferred { to, reason } => {
            let to = names(to);
            listed([words!("转给{to}", "to {to}"), same(reason)])
        }
        WorkOrderFact::Finished(finish) => finished(finish),
        WorkOrderFact::MaterialUsed(material) => {
            let (quantity, unit, amount) = (material.quantity(), &material.unit, yuan(material.amount_fen()));
            let what = [material.name.as_str(), material.spec.as_str()].join(" ");
            let what = what.trim();
            words!("{what} {quantity}{unit},{amount}元", "{what} {quantity}{unit}, ¥{amount}")
        }
        WorkOrderFact::Confirmed(confirm) => {
            listed([confirm.opinion.words(), same(&confirm.comment), same(&confirm.signer_name)])
        }
        WorkOrderFact::FollowedUp(follow_up) => followed_up(follow_up),
        WorkOrderFact::Closed { without_followup_reason: Some(reason) } => {
            words!("未回访:{reason}", "without follow-up: {reason}")
        }
        WorkOrderFact::UrgencySet { urgency, reason } => listed([urgency.words(), same(reason)]),
        WorkOrderFact::ResponsibleSet { person, reason, decided } => {
            let name = &person.name;
            let who = if *decided { words!("选定{name}", "decided: {name}") } else { same(name) };
            listed([who, same(reason)])
        }
        WorkOrderFact::Chased { text, department } => listed([same(department), same(text)]),
        WorkOrderFact::ChaseAnswered { text, .. } => same(text),
        WorkOrderFact::PhotoPlaceholder { caption, .. } => same(caption),
        WorkOrderFact::Accepted
        | WorkOrderFact::Departed
        | WorkOrderFact::Arrived
        | WorkOrderFact::Started
        | WorkOrderFact::Resumed
        | WorkOrderFact::Closed { without_followup_reason: None } => Words::default(),
    };
    LineText { subject: words!("派工单 ", "work order: ").then(fact.event().past()), detail }
}

fn reported(report: &Report) -> Words {
    let source = report.source.words();
    let (zh, en) = (source.zh, source.en);
    listed([
        same(&report.unit_label),
        same(&report.place),
        same(&report.title),
        if report.description == report.title { Words::default() } else { same(&report.description) },
        report.urgency.words(),
        words!("来源:{zh}", "from: {en}"),
    ])
}

fn finished(finish: &Finish) -> Words {
    let (minutes, labour) = (finish.minutes, yuan(finish.labour_fen));
    let used = finish.materials.iter().map(|it| format!("{} {}{}", it.name, it.quantity(), it.unit));
    let used = used.collect::<Vec<_>>().join("、");
    listed([
        same(&finish.process),
        if used.is_empty() { Words::default() } else { words!("用料:{used}", "material: {used}") },
        if minutes == 0 { Words::default() } else { words!("工时{minutes}分钟", "{minutes} min") },
        if finish.labour_fen == 0 { Words::default() } else { words!("人工费{labour}元", "labour ¥{labour}") },
    ])
}

pub(crate) fn followed_up(follow_up: &FollowUp) -> Words {
    let (attitude, timeliness, quality) =
        (follow_up.attitude.words(), follow_up.timeliness.words(), follow_up.quality.words());
    listed([
        follow_up.method.words(),
        Words {
            zh: format!("态度{}、及时性{}、质量{}", attitude.zh, timeliness.zh, quality.zh),
            en: format!("attitude: {}, timeliness: {}, quality: {}", attitude.en, timeliness.en, quality.en),
        },
        same(&follow_up.opinion),
        follow_up.outgoing.words(),
        if follow_up.satisfied {
            words!("无遗留", "nothing left to do")
        } else {
            words!("需继续处理", "more to do")
        },
    ])
}
