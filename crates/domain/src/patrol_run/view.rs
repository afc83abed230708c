//! What the facts of a run amount to, and how it stands at a given moment.
//!
//! Invariants
//! - The view knows no clock: windows and the times of visits stand side by side, [`stop_state`] and [`run_state`]
//!   judge them at a given moment. Which grace applies was fixed when the run's plan was remembered, so changing the
//!   site's clocks later never turns an old 迟 into a 漏.
//! - A visit that was recorded is never lost: after its time, or after the run was signed, it counts as 补巡; with
//!   another version of the route, at the checkpoint it names. Of several visits the one best for the walker counts.
//! - Results that were written without seeing each other never replace one another: 异常 is shown, the other noted.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::facts::{
    CannotScanReason, ItemResult, MissedReason, Outcome, PatrolFact, PhotoPlaceholder, ScanMethod, StopRef,
};
use super::plan::{EARLY_MIN, PlannedRun, PlannedStop, record_of};
use crate::engine::{Anomaly, Tone, Urgency};
use crate::ids::{FactId, RecordId};
use crate::record::{Common, RawFact, RecordDoc, Said, Story, parse};
use crate::role::{PersonRef, Role};
use crate::site::{ChecklistItem, RouteKind};
use crate::time::{Day, TimeOfDay, Timestamp};
use crate::words;
use crate::words::Words;

/// A run as its facts say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PatrolRunView {
    /// Its record.
    pub record: RecordId,
    /// The route.
    pub route: RecordId,
    /// The route's name as it was.
    pub route_name: String,
    /// What the route is for.
    pub kind: RouteKind,
    /// The post that walks it.
    pub post: RecordId,
    /// The day it belongs to.
    pub day: Day,
    /// Its start in minutes after the day's midnight.
    pub slot: u16,
    /// When it is to start.
    pub start: Timestamp,
    /// When its last window closes.
    pub end: Timestamp,
    /// How far it is.
    pub state: Progress,
    /// When somebody first set out.
    pub started_at: Option<Timestamp>,
    /// Who walked, in the order they joined.
    pub walkers: Vec<PersonRef>,
    /// Its stops in the usual order.
    pub stops: Vec<StopView>,
    /// Checkpoints scanned that are no stops of this run.
    pub wrong_points: Vec<WrongPoint>,
    /// What was scanned last, for the screen that scanned it.
    pub last_scan: Option<LastScan>,
    /// When it was ended and signed.
    pub finished_at: Option<Timestamp>,
    /// Who signed.
    pub finished_by: Option<PersonRef>,
    /// The walker's remark at the end.
    pub finish_note: String,
    /// The walker's signature as vector strokes.
    pub signature: Option<String>,
    /// The supervisor's signature.
    pub countersigned: Option<Countersignature>,
    /// Remarks (说明) in causal order.
    pub remarks: Vec<Remark>,
    /// What is worth knowing about the run and is nobody's fault.
    pub notes: Vec<Words>,
}

/// How far a run is, as far as its facts tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nobody has set out.
    Planned,
    /// Being walked.
    Open,
    /// Ended and signed.
    Finished,
}

/// One stop of a run as its facts say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StopView {
    /// Its number within this run.
    pub index: u16,
    /// The checkpoint.
    pub checkpoint: RecordId,
    /// The checkpoint's name as it was.
    pub name: String,
    /// The place.
    pub place: RecordId,
    /// The place's name as it was.
    pub place_name: String,
    /// Whether it is a key area (重点部位).
    pub key_area: bool,
    /// The window opens.
    pub opens: Timestamp,
    /// The window closes.
    pub closes: Timestamp,
    /// Unvisited after this, it is missed.
    pub missed_at: Timestamp,
    /// What its code said.
    pub code: String,
    /// What to look at.
    pub checklist: Vec<ChecklistItem>,
    /// When somebody was there.
    pub visited_at: Option<Timestamp>,
    /// Who was there.
    pub visited_by: Option<PersonRef>,
    /// How well it is proven.
    pub proof: Option<Proof>,
    /// Set when it could not be scanned.
    pub cannot_scan: Option<CannotScan>,
    /// How the items were; in the checklist's order.
    pub results: Vec<ItemResult>,
    /// When they were last looked at.
    pub checked_at: Option<Timestamp>,
    /// What was found.
    pub findings: Vec<FindingView>,
    /// Set when a supervisor let it be left out.
    pub exempted: Option<Exemption>,
    /// Why it was not visited, where somebody said so.
    pub missed_reason: Option<MissedExplanation>,
    /// What is worth knowing and is nobody's fault.
    pub notes: Vec<Words>,
}

/// How well a visit is proven; the walker is shown it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
pub enum Proof {
    /// A tag that signs every reading. No method of scanning in this version proves that much.
    A,
    /// A plain tag or QR code.
    B,
    /// A typed code, a photograph, or the checklist alone.
    C,
    /// A make-up visit (补巡) after its time.
    D,
}

impl Proof {
    /// What the grade means.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::A => words!("签名标签", "signed tag"),
            Self::B => words!("扫码或标签", "QR code or tag"),
            Self::C => words!("照片或手工登记", "photograph or entered by hand"),
            Self::D => words!("补巡", "make-up visit"),
        }
    }
}

/// A stop that was reached but could not be scanned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CannotScan {
    /// Why.
    pub reason: CannotScanReason,
    /// More about it.
    pub note: String,
    /// A photograph taken there.
    pub photo: Option<PhotoPlaceholder>,
}

/// Something found at a stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct FindingView {
    /// The fact.
    pub fact: FactId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonRef,
    /// The checklist item; empty for anything else.
    pub item_key: String,
    /// The item's name.
    pub item_name: String,
    /// What it is.
    pub description: String,
    /// How pressing.
    pub urgency: Urgency,
    /// A photograph.
    pub photo: Option<PhotoPlaceholder>,
    /// The work order made from it.
    pub order: Option<RecordId>,
    /// That order's number.
    pub order_number: Option<String>,
}

/// A supervisor's permission to leave a stop out (免巡).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Exemption {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Why a stop was not visited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MissedExplanation {
    /// Who says so.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: MissedReason,
    /// More about it.
    pub note: String,
}

/// A checkpoint scanned that is no stop of this run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct WrongPoint {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
    /// The stop that was open on the screen.
    pub expected_stop: Option<u16>,
    /// The checkpoint.
    pub checkpoint: RecordId,
    /// Its name as it was.
    pub name: String,
}

/// The latest scan of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct LastScan {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
    /// The stop it counts for; none when the checkpoint is no stop of this run.
    pub stop: Option<u16>,
    /// The checkpoint's name.
    pub name: String,
    /// The stop that was open on the screen, when it was another one.
    pub expected_stop: Option<u16>,
}

/// The supervisor's signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Countersignature {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
    /// A remark.
    pub note: String,
    /// The signature as vector strokes.
    pub signature: Option<String>,
}

/// A remark on the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Remark {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl StopView {
    /// Whether somebody still has to come by, say why not, or be exempted.
    #[must_use]
    pub fn owed(&self) -> bool {
        self.left_out() && self.missed_reason.is_none()
    }

    /// Whether it was neither visited nor exempted.
    #[must_use]
    pub fn left_out(&self) -> bool {
        self.visited_at.is_none() && self.exempted.is_none()
    }

    /// Whether any item is abnormal or something was found.
    #[must_use]
    pub fn abnormal(&self) -> bool {
        !self.findings.is_empty() || self.results.iter().any(|result| result.outcome == Outcome::Abnormal)
    }

    pub(super) fn as_ref(&self) -> StopRef {
        StopRef { stop: self.index, checkpoint: self.checkpoint, name: self.name.clone() }
    }
}

impl PatrolRunView {
    /// The stop with this number.
    #[must_use]
    pub fn stop(&self, index: u16) -> Option<&StopView> {
        self.stops.iter().find(|stop| stop.index == index)
    }

    /// The stop to go to next: of those still owed, the one whose window closes first.
    #[must_use]
    pub fn next_stop(&self) -> Option<&StopView> {
        self.stops.iter().filter(|stop| stop.owed()).min_by_key(|stop| (stop.closes, stop.index))
    }

    /// Whether a supervisor has to sign as well (fire patrols, A3).
    #[must_use]
    pub fn wants_countersignature(&self) -> bool {
        self.kind == RouteKind::Fire && self.state == Progress::Finished && self.countersigned.is_none()
    }

    /// "夜巡二线 22:00".
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.route_name, TimeOfDay(self.slot))
    }
}

/// How one stop stands at a given moment (A4: 待巡·准时·迟·漏·补巡·免巡).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum StopState {
    /// Its window has not opened.
    NotYet,
    /// 待巡: its window is open.
    Open,
    /// 迟, and nobody there yet: the window has closed, the grace has not.
    Overdue,
    /// 准时.
    OnTime,
    /// 迟: visited after the window, within the grace.
    Late,
    /// 漏.
    Missed,
    /// 补巡: visited after the grace, or after the run was signed.
    MadeUp,
    /// 免巡.
    Exempted,
}

impl StopState {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::NotYet => words!("未到时", "not yet"),
            Self::Open => words!("待巡", "due"),
            Self::Overdue => words!("迟,待巡", "late, still due"),
            Self::OnTime => words!("准时", "on time"),
            Self::Late => words!("迟", "late"),
            Self::Missed => words!("漏", "missed"),
            Self::MadeUp => words!("补巡", "made up"),
            Self::Exempted => words!("免巡", "exempted"),
        }
    }

    /// How it looks.
    #[must_use]
    pub fn tone(self) -> Tone {
        match self {
            Self::NotYet => Tone::Calm,
            Self::Open => Tone::Waiting,
            Self::Overdue | Self::Missed => Tone::Alert,
            Self::OnTime | Self::Late | Self::MadeUp => Tone::Done,
            Self::Exempted => Tone::Off,
        }
    }
}

/// How `stop` stands at `now`. Both ends of the window belong to it, and so does the last instant of the grace.
#[must_use]
pub fn stop_state(stop: &StopView, now: Timestamp) -> StopState {
    match (stop.visited_at, &stop.exempted) {
        (Some(_), _) if stop.proof == Some(Proof::D) => StopState::MadeUp,
        (Some(at), _) if at <= stop.closes => StopState::OnTime,
        (Some(at), _) if at <= stop.missed_at => StopState::Late,
        (Some(_), _) => StopState::MadeUp,
        (None, Some(_)) => StopState::Exempted,
        (None, None) if now < stop.opens => StopState::NotYet,
        (None, None) if now <= stop.closes => StopState::Open,
        (None, None) if now <= stop.missed_at => StopState::Overdue,
        (None, None) => StopState::Missed,
    }
}

/// How a run stands at a given moment (A4 巡视任务).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// 未到时.
    NotYet,
    /// 可开始.
    CanStart,
    /// 进行中.
    InProgress,
    /// 完成: every stop visited or exempted.
    Done,
    /// 部分完成.
    DoneInPart,
    /// 逾期: its time is over and stops are still owed.
    Overdue,
}

impl RunState {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::NotYet => words!("未到时", "not yet"),
            Self::CanStart => words!("可开始", "can start"),
            Self::InProgress => words!("进行中", "in progress"),
            Self::Done => words!("完成", "done"),
            Self::DoneInPart => words!("部分完成", "done in part"),
            Self::Overdue => words!("逾期", "overdue"),
        }
    }

    /// How it looks.
    #[must_use]
    pub fn tone(self) -> Tone {
        match self {
            Self::NotYet => Tone::Calm,
            Self::CanStart | Self::DoneInPart => Tone::Waiting,
            Self::InProgress => Tone::Active,
            Self::Done => Tone::Done,
            Self::Overdue => Tone::Alert,
        }
    }
}

/// How the run stands at `now`. A run nobody has set out on is overdue as soon as its first stop is missed; one that
/// is being walked, when the last of its stops is.
#[must_use]
pub fn run_state(view: &PatrolRunView, now: Timestamp) -> RunState {
    let whole = if view.stops.iter().any(StopView::left_out) { RunState::DoneInPart } else { RunState::Done };
    let owed = || view.stops.iter().filter(|stop| stop.owed()).map(|stop| stop.missed_at);
    match view.state {
        Progress::Finished => whole,
        Progress::Open => match owed().max() {
            Some(last) if now > last => RunState::Overdue,
            _ => RunState::InProgress,
        },
        // All its stops explained or exempted before anybody set out: there is nothing left to do.
        Progress::Planned => match owed().min() {
            None if !view.stops.is_empty() => whole,
            Some(first) if now > first => RunState::Overdue,
            _ if now < view.start.plus_minutes(-EARLY_MIN) => RunState::NotYet,
            _ => RunState::CanStart,
        },
    }
}

/// A run and its stops as they stand at one moment: what the patrol screen shows beside the view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RunNow {
    /// How the run stands.
    pub state: RunState,
    /// The state as read.
    pub words: Words,
    /// How it looks.
    pub tone: Tone,
    /// The stop to go to next.
    pub next: Option<u16>,
    /// The stops, in the view's order.
    pub stops: Vec<StopNow>,
}

/// One stop as it stands at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StopNow {
    /// Its number.
    pub index: u16,
    /// How it stands.
    pub state: StopState,
    /// The state as read.
    pub words: Words,
    /// How it looks.
    pub tone: Tone,
    /// While it is owed: minutes until its window closes, negative after that.
    pub minutes_left: Option<i32>,
}

/// The run at `now`.
#[must_use]
pub fn run_now(view: &PatrolRunView, now: Timestamp) -> RunNow {
    let state = run_state(view, now);
    let stops = view.stops.iter().map(|stop| {
        let state = stop_state(stop, now);
        let left = stop.closes.minutes_since(now);
        let minutes_left = stop.owed().then(|| i32::try_from(left).unwrap_or(i32::MAX));
        StopNow { index: stop.index, state, words: state.words(), tone: state.tone(), minutes_left }
    });
    RunNow {
        state,
        words: state.words(),
        tone: state.tone(),
        next: view.next_stop().map(|stop| stop.index),
        stops: stops.collect(),
    }
}

/// The view of a run that nobody has written to.
#[must_use]
pub fn planned_view(run: &PlannedRun) -> PatrolRunView {
    PatrolRunView {
        record: run.record,
        route: run.route,
        route_name: run.route_name.clone(),
        kind: run.kind,
        post: run.post,
        day: run.day,
        slot: run.slot,
        start: run.start,
        end: run.end,
        stops: run.stops.iter().map(|stop| planned_stop(stop, stop.index)).collect(),
        ..unplanned(run.record)
    }
}

/// A record whose plan is not known: only a foreign or newer program makes one.
fn unplanned(record: RecordId) -> PatrolRunView {
    let nobody = RecordId(uuid::Uuid::nil());
    PatrolRunView {
        record,
        route: nobody,
        route_name: String::new(),
        kind: RouteKind::GuardTour,
        post: nobody,
        day: Day(chrono::NaiveDate::default()),
        slot: 0,
        start: Timestamp::default(),
        end: Timestamp::default(),
        state: Progress::Planned,
        started_at: None,
        walkers: Vec::new(),
        stops: Vec::new(),
        wrong_points: Vec::new(),
        last_scan: None,
        finished_at: None,
        finished_by: None,
        finish_note: String::new(),
        signature: None,
        countersigned: None,
        remarks: Vec::new(),
        notes: Vec::new(),
    }
}

fn planned_stop(stop: &PlannedStop, index: u16) -> StopView {
    StopView {
        index,
        checkpoint: stop.checkpoint,
        name: stop.name.clone(),
        place: stop.place,
        place_name: stop.place_name.clone(),
        key_area: stop.key_area,
        opens: stop.opens,
        closes: stop.closes,
        missed_at: stop.missed_at,
        code: stop.code.clone(),
        checklist: stop.checklist.clone(),
        visited_at: None,
        visited_by: None,
        proof: None,
        cannot_scan: None,
        results: Vec::new(),
        checked_at: None,
        findings: Vec::new(),
        exempted: None,
        missed_reason: None,
        notes: Vec::new(),
    }
}

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
                    self.joins(by);
                }
            }
            PatrolFact::Planned { .. } => {}
            PatrolFact::Scanned { at_stop, method, expected, expected_name, .. } => {
                self.joins(by.clone());
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
                self.joins(by);
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
                self.joins(by.clone());
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
                self.joins(by);
                let Some(index) = self.stop_of(raw, at_stop) else { return };
                self.visited(raw, index, Proof::C);
                if let Some(stop) = self.stop_mut(index) {
                    stop.cannot_scan = Some(CannotScan { reason: *reason, note: note.clone(), photo: photo.clone() });
                }
            }
            PatrolFact::Finding { at_stop, item_key, item_name, description, urgency, photo, order, order_number } => {
                self.joins(by.clone());
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

    fn joins(&mut self, who: PersonRef) {
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
            let walked = self.view.walkers.iter().chain(&self.view.finished_by).any(|who| who.person == raw.by.person);
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
            let unseen = |other: &&(FactId, PersonRef)| !self.causes.has_seen(other.0, first.0);
            apart.extend(rest.iter().filter(unseen).map(|(_, by)| by.name.as_str()));
            if !apart.is_empty() {
                apart.insert(0, &first.1.name);
            }
        }
        if !apart.is_empty() {
            apart.dedup();
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
