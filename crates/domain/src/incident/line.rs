//! What the ledger (台账) says of each fact of an incident.

use super::facts::{Discovery, IncidentFact, Losses};
use crate::engine::LineText;
use crate::words;
use crate::words::Words;
use crate::work_order::listed;

fn same(text: &str) -> Words {
    Words::same(text)
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &IncidentFact) -> LineText {
    let subject = match fact {
        IncidentFact::Found(_) => words!("发现", "found"),
        IncidentFact::SosHeld { .. } => words!("SOS", "SOS"),
        IncidentFact::Responded { presence, .. } => presence.words(),
        IncidentFact::Controlled { .. } => words!("控制措施", "control measure"),
        other => other.event().words(),
    };
    let detail = match fact {
        IncidentFact::Found(said) | IncidentFact::Described(said) => found(said),
        IncidentFact::SosHeld { place, .. } => same(place),
        IncidentFact::Responded { person, eta_min, .. } => listed([
            same(&person.name),
            eta_min.map_or_else(Words::default, |minutes| words!("约{minutes}分钟到", "in about {minutes} min")),
        ]),
        IncidentFact::Controlled { measure } => same(measure),
        IncidentFact::PlanStarted { name, .. } => same(name),
        IncidentFact::StepDone { step, note, .. } => {
            let number = step.saturating_add(1);
            listed([words!("第{number}步", "step {number}"), same(note)])
        }
        IncidentFact::TaskGiven(task) => {
            let to = task.to.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join("、");
            listed([same(&task.department), same(&to), same(&task.what)])
        }
        IncidentFact::TaskAcknowledged { note, .. } => same(note),
        IncidentFact::TaskDone { result, .. } => same(result),
        IncidentFact::OrderMade { number, title, .. } => listed([same(number), same(title)]),
        IncidentFact::EvidenceKept(kept) => {
            let hash: String = kept.sha256.chars().take(12).collect();
            listed([
                kept.sort.words(),
                same(&kept.note),
                same(&kept.kept),
                same(&kept.file_name),
                if hash.is_empty() { Words::default() } else { words!("校验 {hash}…", "SHA-256 {hash}…") },
            ])
        }
        IncidentFact::OutsideCalled(call) => listed([
            same([call.whom.as_str(), call.phone.as_str()].join(" ").trim()),
            if call.reached { words!("已接通", "reached") } else { words!("未接通", "not reached") },
            same(&call.note),
        ]),
        IncidentFact::LossesNoted(losses) => lost(losses),
        IncidentFact::GradeSet { grade, reason } => listed([grade.words(), same(reason)]),
        IncidentFact::Cleared { words } | IncidentFact::Reviewed { words } => same(words),
        IncidentFact::FalseAlarm { reason } => same(reason),
        IncidentFact::WrittenUp(written) => {
            listed([same(&written.course), same(&written.cause), same(&written.result)])
        }
        IncidentFact::Archived => Words::default(),
    };
    LineText { subject: words!("突发事件 ", "incident: ").then(subject), detail }
}

fn found(said: &Discovery) -> Words {
    let reporter = &said.reporter;
    listed([
        said.category.words(),
        same(&said.place),
        same(&said.words),
        if reporter.is_empty() { Words::default() } else { words!("报告人:{reporter}", "reported by {reporter}") },
    ])
}

fn lost(losses: &Losses) -> Words {
    let Losses { injured, dead, damage_fen, .. } = losses;
    let (yuan, fen) = (damage_fen / 100, damage_fen % 100);
    listed([
        if *injured == 0 { Words::default() } else { words!("受伤{injured}人", "{injured} injured") },
        if *dead == 0 { Words::default() } else { words!("死亡{dead}人", "{dead} dead") },
        if *damage_fen == 0 {
            Words::default()
        } else {
            words!("损失约{yuan}.{fen:02}元", "damage about ¥{yuan}.{fen:02}")
        },
        same(&losses.note),
        if *losses == Losses::default() {
            words!("无伤亡损失", "no casualties, no losses")
        } else {
            Words::default()
        },
    ])
}
