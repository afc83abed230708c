//! What the facts of a run amount to, and how it stands at a given moment.
//!
//! Invariants
//! - The view knows no clock: windows and the times of visits stand side by side, [`stop_state`] and [`run_state`]
//!   judge them at a given moment. Which grace applies was fixed when the run's plan was remembered, so changing the
//!   site's clocks later never turns an old 迟 into a 漏.

use serde::{Deserialize, Serialize};

use super::facts::{CannotScanReason, ItemResult, MissedReason, Outcome, PhotoPlaceholder, StopRef};
use super::plan::{EARLY_MIN, PlannedRun, PlannedStop};
use crate::engine::{Tone, Urgency};
use crate::ids::{FactId, RecordId};
use crate::role::PersonRef;
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

/// How an owed visit turned out: what compliance is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitOutcome {
    /// In time.
    OnTime,
    /// 迟, made-up visits (补巡) among them.
    Late,
    /// 漏.
    Missed,
}

/// How `stop` turned out by `now`; none while its time lasts, and where nobody owes it (免巡).
#[must_use]
pub fn outcome(stop: &StopView, now: Timestamp) -> Option<VisitOutcome> {
    match stop_state(stop, now) {
        StopState::NotYet | StopState::Open | StopState::Overdue | StopState::Exempted => None,
        StopState::OnTime => Some(VisitOutcome::OnTime),
        StopState::Late | StopState::MadeUp => Some(VisitOutcome::Late),
        StopState::Missed => Some(VisitOutcome::Missed),
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
pub(super) fn unplanned(record: RecordId) -> PatrolRunView {
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

pub(super) fn planned_stop(stop: &PlannedStop, index: u16) -> StopView {
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
