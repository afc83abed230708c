//! The fold over an incident's facts.
//!
//! Invariants: total, and the same for the same facts; what is not in force becomes an anomaly, never silence. Late or
//! concurrent entries count: people write down what they did when they can.

use super::facts::{Discovery, IncidentFact, Presence};
use super::rules::Event;
use super::view::{GradeVersion, IncidentState, IncidentView, Noted, PlanRun, Responder, Stated, StepRun, TaskView};
use crate::engine::Anomaly;
use crate::escalation;
use crate::ids::FactId;
use crate::record::{RawFact, Story};
use crate::role::PersonRef;
use crate::site::IncidentCategory;
use crate::words;
use crate::words::Words;
use crate::work_order::{OrderRef, Stamp};

/// Folds the facts of an incident.
pub(super) fn fold(story: &Story<'_, IncidentFact>) -> (IncidentView, Vec<Anomaly>) {
    let mut fold = Fold {
        view: IncidentView { number: story.doc.number().map(Into::into), ..IncidentView::default() },
        anomalies: Vec::new(),
        grades: Vec::new(),
    };
    for (raw, fact) in story.in_force() {
        fold.take(raw, fact);
    }
    fold.end(story)
}

struct Fold {
    view: IncidentView,
    anomalies: Vec<Anomaly>,
    grades: Vec<GradeVersion>,
}

impl Fold {
    fn take(&mut self, raw: &RawFact, fact: &IncidentFact) {
        let event = fact.event();
        let name = &raw.by.name;
        let what = event.words();
        let (zh, en) = (&what.zh, &what.en);
        if !event.role_may(raw.by.role) {
            let text =
                words!("{name}的「{zh}」未生效:此角色无权。", "“{en}” by {name} is not in force: not in this role.");
            return self.anomalies.push(Anomaly::of(raw, "no_role", text));
        }
        let birth = matches!(event, Event::Start | Event::Sos);
        if birth == self.view.found.is_some() || !self.apply(raw, fact) {
            let text = words!(
                "{name}的「{zh}」没有对应的前一步,请核对。",
                "“{en}” by {name} has nothing that it follows; please check."
            );
            self.anomalies.push(Anomaly::of(raw, "not_legal_here", text));
        }
    }

    /// Works one fact in; `false` when what it points at is not there.
    fn apply(&mut self, raw: &RawFact, fact: &IncidentFact) -> bool {
        let stamp = Stamp::from(raw);
        let noted = |text: &str| Noted { stamp: Stamp::from(raw), text: text.to_owned() };
        let view = &mut self.view;
        match fact {
            IncidentFact::Found(said) => {
                view.born = raw.at;
                view.grade = said.grade;
                view.scanned_at = said.scanned_at;
                view.found = Some(stamp);
                describe(view, said);
            }
            IncidentFact::SosHeld { place, scanned_at } => {
                view.born = raw.at;
                view.sos = true;
                view.place.clone_from(place);
                view.scanned_at = *scanned_at;
                view.found = Some(stamp);
            }
            IncidentFact::Described(said) => describe(view, said),
            IncidentFact::Responded { person, presence, eta_min } => {
                self.responded(raw, person, *presence, *eta_min);
            }
            IncidentFact::Controlled { measure } => view.measures.push(noted(measure)),
            IncidentFact::PlanStarted { plan, name, steps, never } => {
                let steps = steps.iter().map(|text| StepRun { text: text.clone(), done: None, note: String::new() });
                view.plans.push(PlanRun {
                    stamp,
                    plan: *plan,
                    name: name.clone(),
                    steps: steps.collect(),
                    never: never.clone(),
                });
            }
            IncidentFact::StepDone { card, step, note } => {
                let run = view.plans.iter_mut().find(|run| run.stamp.fact == *card);
                let Some(found) = run.and_then(|run| run.steps.get_mut(usize::from(*step))) else { return false };
                // Two who did the same step apart: the first one in causal order stands, both are in the history.
                if found.done.is_none() {
                    found.done = Some(stamp);
                    found.note.clone_from(note);
                }
            }
            IncidentFact::TaskGiven(task) => {
                view.tasks.push(TaskView { stamp, task: task.clone(), acknowledged: None, done: None });
            }
            IncidentFact::TaskAcknowledged { task, note } => {
                let Some(found) = view.tasks.iter_mut().find(|one| one.stamp.fact == *task) else { return false };
                found.acknowledged.get_or_insert(noted(note));
            }
            IncidentFact::TaskDone { task, result } => {
                let Some(found) = view.tasks.iter_mut().find(|one| one.stamp.fact == *task) else { return false };
                found.done.get_or_insert(noted(result));
            }
            IncidentFact::OrderMade { order, number, .. } => {
                view.orders.push(OrderRef { stamp, order: *order, number: number.clone() });
            }
            IncidentFact::EvidenceKept(said) => view.evidence.push(Stated { stamp, said: said.clone() }),
            IncidentFact::OutsideCalled(said) => view.outside.push(Stated { stamp, said: said.clone() }),
            IncidentFact::LossesNoted(said) => view.losses.push(Stated { stamp, said: said.clone() }),
            IncidentFact::GradeSet { grade, reason } => self.grades.push(GradeVersion {
                fact: raw.id,
                grade: *grade,
                by: raw.by.clone(),
                at: raw.at,
                reason: reason.clone(),
            }),
            IncidentFact::Cleared { words } => {
                view.cleared.get_or_insert(noted(words));
            }
            IncidentFact::FalseAlarm { reason } => {
                view.false_alarm.get_or_insert(noted(reason));
            }
            IncidentFact::WrittenUp(said) => view.written.push(Stated { stamp, said: said.clone() }),
            IncidentFact::Reviewed { words } => view.reviewed.push(noted(words)),
            IncidentFact::Archived => {
                view.archived.get_or_insert(stamp);
            }
        }
        let takes = matches!(
            fact,
            IncidentFact::Controlled { .. }
                | IncidentFact::PlanStarted { .. }
                | IncidentFact::Cleared { .. }
                | IncidentFact::FalseAlarm { .. }
        );
        if takes {
            self.view.taken.get_or_insert(Stamp::from(raw));
        }
        true
    }

    fn responded(&mut self, raw: &RawFact, person: &PersonRef, presence: Presence, eta_min: Option<u16>) {
        let caller = self.view.found.as_ref().map(|found| found.by.person);
        if caller != Some(raw.by.person) && presence != Presence::Left {
            self.view.taken.get_or_insert(Stamp::from(raw));
        }
        let there = (presence == Presence::There).then_some(raw.at);
        match self.view.responders.iter_mut().find(|one| one.person.person == person.person) {
            Some(one) => {
                one.presence = presence;
                one.eta_min = eta_min;
                one.since = raw.at;
                one.arrived_at = one.arrived_at.or(there);
            }
            None => self.view.responders.push(Responder {
                person: person.clone(),
                presence,
                eta_min,
                since: raw.at,
                arrived_at: there,
            }),
        }
    }

    fn end(mut self, story: &Story<'_, IncidentFact>) -> (IncidentView, Vec<Anomaly>) {
        let ids: Vec<FactId> = self.grades.iter().map(|version| version.fact).collect();
        let latest = story.doc.latest_of(&ids);
        let mut standing: Vec<GradeVersion> = Vec::new();
        for version in self.grades.iter().filter(|version| latest.contains(&version.fact)) {
            if standing.iter().all(|other| other.grade != version.grade) {
                standing.push(version.clone());
            }
        }
        let view = &mut self.view;
        view.grade = standing.iter().map(|version| version.grade).max().unwrap_or(view.grade);
        if standing.len() > 1 {
            view.grade_side_by_side = standing;
            self.anomalies.push(Anomaly {
                fact: None,
                code: "side_by_side".into(),
                words: words!("级别有两个定法,请主管选定。", "There are two grades; a supervisor decides."),
            });
        }
        let reports = escalation::fold(story.doc).0;
        let standing: Vec<_> = reports.iter().filter(|report| report.withdrawn.is_none()).collect();
        view.reported = !standing.is_empty();
        view.report_acknowledged = view.reported && standing.iter().all(|report| report.acknowledged());
        view.gaps = gaps(view);
        view.state = state(view);
        if view.archived.is_some() && !view.gaps.is_empty() {
            self.anomalies.push(Anomaly {
                fact: view.archived.as_ref().map(|stamp| stamp.fact),
                code: "not_closable".into(),
                words: words!(
                    "归档之后又有未完成的事,重新打开。",
                    "Something was left to do when it was filed; it is open again."
                ),
            });
        }
        view.expected = view.next().map(|event| event.action().to_owned());
        (self.view, self.anomalies)
    }
}

/// What is known replaces what was not; a place or words once said are replaced by better ones, and stay in the
/// history.
fn describe(view: &mut IncidentView, said: &Discovery) {
    if said.category != IncidentCategory::Other {
        view.category = said.category;
    }
    for (now, new) in
        [(&mut view.place, &said.place), (&mut view.words, &said.words), (&mut view.reporter, &said.reporter)]
    {
        if !new.trim().is_empty() {
            new.trim().clone_into(now);
        }
    }
    view.happened_at = said.happened_at.or(view.happened_at);
}

/// D2.6.2 and D2.6.3: what must stand there before it is filed.
fn gaps(view: &IncidentView) -> Vec<Words> {
    let mut gaps = Vec::new();
    if view.measures.is_empty() {
        gaps.push(words!("没有写控制措施", "no control measure is written down"));
    }
    if !view.reported {
        gaps.push(words!("没有上报", "it was not reported"));
    } else if !view.report_acknowledged {
        gaps.push(words!("上报还没有人确认", "a report was not acknowledged"));
    }
    if view.written.is_empty() {
        gaps.push(words!("没有书面报告", "there is no written report"));
    }
    gaps
}

fn state(view: &IncidentView) -> IncidentState {
    use IncidentState as S;
    let reached = [
        (view.archived.is_some() && view.gaps.is_empty(), S::Archived),
        (view.false_alarm.is_some(), S::FalseAlarm),
        (!view.reviewed.is_empty(), S::Reviewed),
        (!view.written.is_empty(), S::Written),
        (view.cleared.is_some(), S::Cleared),
        (!view.plans.is_empty(), S::InPlan),
        (view.reported, S::Reported),
        (!view.measures.is_empty(), S::Controlled),
    ];
    reached.into_iter().find(|(there, _)| *there).map_or(S::Found, |(_, state)| state)
}
