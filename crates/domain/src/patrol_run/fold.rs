//! From the facts of a run to its view.
//!
//! Invariants
//! - A visit that was recorded is never lost: after its time, or after the run was signed, it counts as 补巡; with
//!   another version of the route, at the checkpoint it names. Of several visits the one best for the walker counts.
//! - Results that were written without seeing each other never replace one another: 异常 is shown, the other noted.
//! - What two devices did without seeing each other is one run and nobody's fault: a note, not an anomaly.

use std::collections::{HashMap, HashSet};

use super::facts::{ItemResult, PatrolFact, ScanMethod, StopRef};
use super::plan::{EARLY_MIN, PlannedRun, record_of};
use super::view::{
    CannotScan, Countersignature, Exemption, FindingView, LastScan, MissedExplanation, PatrolRunView, Progress, Proof,
    Remark, StopView, WrongPoint, planned_stop, planned_view, unplanned,
};
use crate::engine::Anomaly;
use crate::ids::{FactId, RecordId};
use crate::record::{Common, RawFact, RecordDoc, Said, Story, parse};
use crate::role::{PersonRef, Role};
use crate::time::Timestamp;
use crate::words;

/// Whether somebody in `role` may make such a fact.
pub(super) fn may(fact: &PatrolFact, role: Role) -> bool {
    match fact {
        PatrolFact::Exempted { .. } => role.supervises(),
        PatrolFact::Countersigned { .. } => countersigns(role),
        _ => role.patrols(),
    }
}

pub(super) fn countersigns(role: Role) -> bool {
    role.supervises() || role == Role::DeptHead
}

/// Folds the facts of a run.
pub(super) fn fold(story: &Story<'_, PatrolFact>) -> (PatrolRunView, Vec<Anomaly>) {
    let mut fold = Fold::new(story);
    for (raw, fact) in story.in_force() {
        fold.take(raw, fact);
    }
    fold.close(story.doc)
}

/// The part of a run that is being put together.
struct Fold<'a> {
    view: PatrolRunView,
    anomalies: Vec<Anomaly>,
    causes: Causes<'a>,
    /// All plans that anybody remembered, in causal order.
    plans: Vec<&'a PlannedRun>,
    visits: Vec<Visit>,
    checks: Vec<Check>,
    starts: Vec<(FactId, PersonRef)>,
    finishes: Vec<(&'a RawFact, &'a PatrolFact)>,
    countersigns: Vec<(&'a RawFact, &'a PatrolFact)>,
    /// What made somebody a walker.
    walked: Vec<(FactId, RecordId)>,
}

struct Visit {
    stop: u16,
    fact: FactId,
    at: Timestamp,
    by: PersonRef,
    proof: Proof,
    /// Made by somebody who knew that the run was signed.
    after_finish: bool,
}

struct Check {
    stop: u16,
    fact: FactId,
    result: ItemResult,
}

impl<'a> Fold<'a> {
    fn new(story: &'a Story<'_, PatrolFact>) -> Self {
        let record = story.doc.id;
        let mut anomalies = Vec::new();
        // A plan is not a claim that somebody walked, so a voided start, or one in the wrong role, can still say what
        // was planned when nothing better does.
        let mut ranked: Vec<(bool, &PlannedRun)> = Vec::new();
        for told in &story.told {
            let Said::Known(PatrolFact::Started { plan } | PatrolFact::Planned { plan }) = &told.said else {
                continue;
            };
            if record_of(plan.route, plan.day, plan.slot) != record {
                anomalies.push(Anomaly::of(
                    &told.raw,
                    "plan_of_another_run",
                    words!("这份计划属于另一次巡查,未采用。", "This plan belongs to another run; it is not used."),
                ));
                continue;
            }
            ranked.push((told.voided.is_some() || !told.raw.by.role.patrols(), plan));
        }
        ranked.sort_by_key(|(second_best, _)| *second_best);
        let plans: Vec<_> = ranked.into_iter().map(|(_, plan)| plan).collect();
        let mut view = plans.first().map_or_else(|| unplanned(record), |plan| planned_view(plan));
        view.record = record;
        Self {
            view,
            anomalies,
            causes: Causes::of(story),
            plans,
            visits: Vec::new(),
            checks: Vec::new(),
            starts: Vec::new(),
            finishes: Vec::new(),
            countersigns: Vec::new(),
            walked: Vec::new(),
        }
    }

    fn take(&mut self, raw: &'a RawFact, fact: &'a PatrolFact) {
        if !may(fact, raw.by.role) {
            let (name, role) = (&raw.by.name, raw.by.role.words());
            let (zh, en) = (role.zh, role.en);
            self.anomalies.push(Anomaly::of(
                raw,
                "no_role",
                words!(
                    "{name}当时的身份是{zh},此项未生效,请主管核实。",
                    "{name} signed as {en}; not in force until a supervisor has looked at it."
                ),
            ));
            return;
        }
        let (at, by) = (raw.at, PersonRef::from(&raw.by));
        match fact {
            PatrolFact::Started { plan } => {
                if record_of(plan.route, plan.day, plan.slot) == self.view.record {
                    self.starts.push((raw.id, by.clone()));
                    let first = self.view.started_at.get_or_insert(at);
                    *first = at.min(*first);
                    self.joins(raw, by);
                }
            }
            PatrolFact::Planned { .. } => {}
            PatrolFact::Scanned { at_stop, method, expected, expected_name, .. } => {
                self.joins(raw, by.clone());
                let Some(index) = self.stop_of(raw, at_stop) else { return };
                let proof = if *method == ScanMethod::ManualCode { Proof::C } else { Proof::B };
                self.visited(raw, index, proof);
                if let (Some(name), Some(stop)) = (expected_name, self.stop_mut(index)) {
                    stop.notes.push(words!(
                        "本想去「{name}」,扫到的是这里,已记在这里。",
                        "“{name}” was meant; this one was scanned, so it counts here."
                    ));
                }
                let name = at_stop.name.clone();
                self.view.last_scan = Some(LastScan { by, at, stop: Some(index), name, expected_stop: *expected });
            }
            PatrolFact::Checked { at_stop, results, .. } => {
                self.joins(raw, by);
                let Some(index) = self.stop_of(raw, at_stop) else { return };
                self.visited(raw, index, Proof::C);
                for result in results {
                    let causes = &self.causes;
                    self.checks.retain(|earlier| {
                        earlier.stop != index
                            || earlier.result.key != result.key
                            || !causes.has_seen(raw.id, earlier.fact)
                    });
                    self.checks.push(Check { stop: index, fact: raw.id, result: result.clone() });
                }
                if let Some(stop) = self.stop_mut(index) {
                    stop.checked_at = stop.checked_at.max(Some(at));
                }
            }
            PatrolFact::WrongPoint { expected_stop, scanned_checkpoint, scanned_name } => {
                self.joins(raw, by.clone());
                if let Some(stop) = expected_stop.and_then(|index| self.stop_mut(index)) {
                    stop.notes.push(words!(
                        "在这里扫到过「{scanned_name}」,它不在本路线上。",
                        "“{scanned_name}” was scanned instead; it is not on this route."
                    ));
                }
                let name = scanned_name.clone();
                let expected_stop = *expected_stop;
                self.view.last_scan =
                    Some(LastScan { by: by.clone(), at, stop: None, name: name.clone(), expected_stop });
                self.view.wrong_points.push(WrongPoint {
                    by,
                    at,
                    expected_stop,
                    checkpoint: *scanned_checkpoint,
                    name,
                });
            }
            PatrolFact::CannotScan { at_stop, reason, note, photo } => {
                self.joins(raw, by);
                let Some(index) = self.stop_of(raw, at_stop) else { return };
                self.visited(raw, index, Proof::C);
                if let Some(stop) = self.stop_mut(index) {
                    stop.cannot_scan = Some(CannotScan { reason: *reason, note: note.clone(), photo: photo.clone() });
                }
            }
            PatrolFact::Finding { at_stop, item_key, item_name, description, urgency, photo, order, order_number } => {
                self.joins(raw, by.clone());
                let Some(index) = self.stop_of(raw, at_stop) else { return };
                if let Some(stop) = self.stop_mut(index) {
                    stop.findings.push(FindingView {
                        fact: raw.id,
                        at,
                        by,
                        item_key: item_key.clone(),
                        item_name: item_name.clone(),
                        description: description.clone(),
                        urgency: *urgency,
                        photo: photo.clone(),
                        order: *order,
                        order_number: order_number.clone(),
                    });
                }
            }
            PatrolFact::MissedBecause { at_stop, reason, note } => {
                let Some(index) = self.stop_of(raw, at_stop) else { return };
                if let Some(stop) = self.stop_mut(index) {
                    let later = MissedExplanation { by, at, reason: *reason, note: note.clone() };
                    if let Some(earlier) = stop.missed_reason.replace(later) {
                        let (name, words) = (earlier.by.name, earlier.reason.words());
                        let (zh, en) = (words.zh, words.en);
                        stop.notes.push(words!("{name}先前填的原因:{zh}。", "{name} had given: {en}."));
                    }
                }
            }
            PatrolFact::Exempted { at_stop, reason } => {
                let Some(index) = self.stop_of(raw, at_stop) else { return };
                if let Some(stop) = self.stop_mut(index) {
                    stop.exempted.get_or_insert(Exemption { by, at, reason: reason.clone() });
                }
            }
            PatrolFact::Finished { .. } => self.finishes.push((raw, fact)),
            PatrolFact::Countersigned { .. } => self.countersigns.push((raw, fact)),
        }
    }

    fn joins(&mut self, raw: &RawFact, who: PersonRef) {
        self.walked.push((raw.id, who.person));
        if !self.view.walkers.iter().any(|walker| walker.person == who.person) {
            self.view.walkers.push(who);
        }
    }

    fn stop_mut(&mut self, index: u16) -> Option<&mut StopView> {
        self.view.stops.iter_mut().find(|stop| stop.index == index)
    }

    /// The stop a fact means: by number and checkpoint, else by the checkpoint alone, since the writer may have had
    /// another version of the route. A checkpoint that only such a version has becomes one more stop.
    fn stop_of(&mut self, raw: &RawFact, named: &StopRef) -> Option<u16> {
        let stops = &self.view.stops;
        let same = |stop: &&StopView| stop.checkpoint == named.checkpoint;
        let exact = stops.iter().filter(same).find(|stop| stop.index == named.stop);
        if let Some(stop) = exact.or_else(|| stops.iter().find(same)) {
            return Some(stop.index);
        }
        let elsewhere = self.plans.iter().flat_map(|plan| &plan.stops).find(|stop| stop.checkpoint == named.checkpoint);
        if let Some(stop) = elsewhere {
            let next = stops.iter().map(|stop| stop.index).max().map_or(0, |last| last.saturating_add(1));
            let index = if stops.iter().any(|other| other.index == stop.index) { next } else { stop.index };
            self.view.stops.push(planned_stop(stop, index));
            return Some(index);
        }
        let name = &named.name;
        self.anomalies.push(Anomaly::of(
            raw,
            "no_such_stop",
            words!(
                "计划里没有「{name}」这一点,记录已保存,请主管核实。",
                "“{name}” is not in this run's plan; the record is kept, a supervisor looks at it."
            ),
        ));
        None
    }

    fn visited(&mut self, raw: &RawFact, stop: u16, proof: Proof) {
        let after_finish = self.causes.after_finish.contains(&raw.id);
        if raw.at < self.view.start.plus_minutes(-EARLY_MIN) {
            self.anomalies.push(Anomaly::of(
                raw,
                "early",
                words!(
                    "记录时间比应巡时间早很多,待核实设备时钟;记录照常有效。",
                    "The time is long before the run's; the device's clock wants checking. The record counts."
                ),
            ));
        }
        let by = PersonRef::from(&raw.by);
        self.visits.push(Visit { stop, fact: raw.id, at: raw.at, by, proof, after_finish });
    }

    fn close(mut self, doc: &RecordDoc) -> (PatrolRunView, Vec<Anomaly>) {
        self.settle_stops();
        self.settle_signatures();
        self.settle_notes();
        self.view.remarks = doc
            .facts
            .iter()
            .filter_map(|raw| match parse::<Common>(&raw.kind, &raw.body)? {
                Common::Noted { text } => Some(Remark { by: (&raw.by).into(), at: raw.at, text }),
                _ => None,
            })
            .collect();
        (self.view, self.anomalies)
    }

    fn settle_stops(&mut self) {
        for stop in &mut self.view.stops {
            let (closes, missed_at) = (stop.closes, stop.missed_at);
            let made_up = |visit: &Visit| visit.after_finish || visit.at > missed_at;
            // Best for the walker first: in time, then well proven, then early.
            let best = self
                .visits
                .iter()
                .filter(|visit| visit.stop == stop.index)
                .min_by_key(|visit| (made_up(visit), visit.at > closes, visit.proof, visit.at, visit.fact));
            if let Some(visit) = best {
                stop.visited_at = Some(visit.at);
                stop.visited_by = Some(visit.by.clone());
                stop.proof = Some(if made_up(visit) { Proof::D } else { visit.proof });
                if visit.at < stop.opens {
                    stop.notes.push(words!("早于应巡时段。", "Before its window."));
                }
            }
            settle_results(stop, &self.checks);
        }
    }

    fn settle_signatures(&mut self) {
        if let Some((raw, PatrolFact::Finished { note, signature, .. })) = self.finishes.first() {
            self.view.finished_at = Some(raw.at);
            self.view.finished_by = Some((&raw.by).into());
            self.view.finish_note = note.clone();
            self.view.signature = signature.clone();
        }
        self.view.state = if self.view.finished_at.is_some() {
            Progress::Finished
        } else if self.view.walkers.is_empty() {
            Progress::Planned
        } else {
            Progress::Open
        };
        for (raw, fact) in std::mem::take(&mut self.countersigns) {
            let PatrolFact::Countersigned { note, signature } = fact else { continue };
            // Making up a stop afterwards takes nothing back: what was signed is the walk as it was then.
            let theirs =
                |(fact, who): &(FactId, RecordId)| *who == raw.by.person && !self.causes.has_seen(*fact, raw.id);
            let walked = self.walked.iter().any(theirs)
                || self.view.finished_by.as_ref().is_some_and(|who| who.person == raw.by.person);
            if self.view.state != Progress::Finished {
                self.anomalies.push(Anomaly::of(
                    raw,
                    "not_legal_here",
                    words!("巡查人还没有签名,主管签名未生效。", "The walker has not signed yet; not in force."),
                ));
            } else if walked {
                self.anomalies.push(Anomaly::of(
                    raw,
                    "own_countersignature",
                    words!("主管签名须由另一人签,此项未生效。", "Somebody else has to countersign; not in force."),
                ));
            } else {
                self.view.countersigned.get_or_insert(Countersignature {
                    by: (&raw.by).into(),
                    at: raw.at,
                    note: note.clone(),
                    signature: signature.clone(),
                });
            }
        }
    }

    fn settle_notes(&mut self) {
        let mut apart: Vec<&str> = Vec::new();
        if let Some((first, rest)) = self.starts.split_first() {
            for (_, by) in rest.iter().filter(|(fact, _)| !self.causes.has_seen(*fact, first.0)) {
                for name in [first.1.name.as_str(), by.name.as_str()] {
                    if !apart.contains(&name) {
                        apart.push(name);
                    }
                }
            }
        }
        if !apart.is_empty() {
            let (zh, en) = (apart.join("、"), apart.join(", "));
            self.view.notes.push(words!(
                "{zh}在不同设备上开始了同一次巡查,已合为一次。",
                "{en} began this run on different devices; it is one run."
            ));
        }
        if self.plans.windows(2).any(|pair| pair[0].stops != pair[1].stops) {
            self.view.notes.push(words!(
                "路线在巡查前后有改动,以最先开始时的计划为准。",
                "The route was changed meanwhile; the plan of the first start counts."
            ));
        }
        for (raw, _) in self.finishes.iter().skip(1) {
            let name = &raw.by.name;
            self.view.notes.push(words!("{name}也签了完成。", "{name} signed the end as well."));
        }
    }
}

/// Puts together the items of one stop. Of results written without seeing each other the worse is shown.
fn settle_results(stop: &mut StopView, checks: &[Check]) {
    let mut keys: Vec<&str> = stop.checklist.iter().map(|item| item.key.as_str()).collect();
    let mine = || checks.iter().filter(|check| check.stop == stop.index);
    for check in mine() {
        if !keys.contains(&check.result.key.as_str()) {
            keys.push(&check.result.key);
        }
    }
    let mut results = Vec::new();
    let mut notes = Vec::new();
    for key in keys {
        let standing: Vec<&ItemResult> =
            mine().filter(|check| check.result.key == key).map(|check| &check.result).collect();
        let Some(worst) = standing.iter().copied().max_by_key(|result| result.outcome) else { continue };
        if standing.iter().any(|result| result.outcome != worst.outcome) {
            let (name, words) = (&worst.name, worst.outcome.words());
            let (zh, en) = (words.zh, words.en);
            notes.push(words!(
                "「{name}」有两处检查结果不同,先按{zh}列出。",
                "“{name}” was found differently by two people; shown as {en} for now."
            ));
        }
        results.push(worst.clone());
    }
    stop.results = results;
    stop.notes.extend(notes);
}

/// Who had seen what.
struct Causes<'a> {
    /// Fact → its place in causal order, and what its writer had seen last.
    facts: HashMap<FactId, (usize, &'a [FactId])>,
    /// Facts whose writer knew that the run was signed.
    after_finish: HashSet<FactId>,
}

impl<'a> Causes<'a> {
    fn of(story: &'a Story<'_, PatrolFact>) -> Self {
        let order = story.doc.facts.iter().enumerate();
        let facts = order.map(|(at, fact)| (fact.id, (at, fact.after.as_slice()))).collect();
        let finishes: HashSet<FactId> = story
            .in_force()
            .filter(|(raw, fact)| matches!(fact, PatrolFact::Finished { .. }) && may(fact, raw.by.role))
            .map(|(raw, _)| raw.id)
            .collect();
        let mut after_finish = HashSet::new();
        for fact in &story.doc.facts {
            if fact.after.iter().any(|id| finishes.contains(id) || after_finish.contains(id)) {
                after_finish.insert(fact.id);
            }
        }
        Self { facts, after_finish }
    }

    /// Whether the writer of `later` had seen `earlier`, or they are the same.
    fn has_seen(&self, later: FactId, earlier: FactId) -> bool {
        let Some((floor, _)) = self.facts.get(&earlier) else { return false };
        let mut open = vec![later];
        let mut seen = HashSet::new();
        while let Some(id) = open.pop() {
            if id == earlier {
                return true;
            }
            if let Some((at, after)) = self.facts.get(&id) {
                // What stands before `earlier` cannot have seen it.
                if at > floor && seen.insert(id) {
                    open.extend(*after);
                }
            }
        }
        false
    }
}
