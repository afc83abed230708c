//! An incident as its facts say.

use serde::{Deserialize, Serialize};

use super::facts::{Evidence, IncidentGrade, Losses, OutsideCall, Presence, Task, Written};
use super::rules::Event;
use crate::engine::{Card, Tone, Urgency};
use crate::ids::{FactId, RecordId};
use crate::role::{PersonRef, Signer};
use crate::site::IncidentCategory;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{OrderRef, Stamp};

/// How far it is (A4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// 发现.
    #[default]
    Found,
    /// 控制中.
    Controlled,
    /// 已上报.
    Reported,
    /// 预案执行.
    InPlan,
    /// 解除.
    Cleared,
    /// 报告.
    Written,
    /// 复盘.
    Reviewed,
    /// 归档.
    Archived,
    /// 误报.
    FalseAlarm,
}

impl IncidentState {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Found,
        Self::Controlled,
        Self::Reported,
        Self::InPlan,
        Self::Cleared,
        Self::Written,
        Self::Reviewed,
        Self::Archived,
        Self::FalseAlarm,
    ];

    /// The stable word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Controlled => "controlled",
            Self::Reported => "reported",
            Self::InPlan => "in_plan",
            Self::Cleared => "cleared",
            Self::Written => "written",
            Self::Reviewed => "reviewed",
            Self::Archived => "archived",
            Self::FalseAlarm => "false_alarm",
        }
    }

    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Found => words!("发现", "found"),
            Self::Controlled => words!("控制中", "being controlled"),
            Self::Reported => words!("已上报", "reported"),
            Self::InPlan => words!("预案执行", "plan in action"),
            Self::Cleared => words!("已解除", "cleared"),
            Self::Written => words!("已报告", "written up"),
            Self::Reviewed => words!("已复盘", "reviewed"),
            Self::Archived => words!("归档", "filed"),
            Self::FalseAlarm => words!("误报", "false alarm"),
        }
    }

    /// Whether it still goes on out there.
    #[must_use]
    pub fn live(self) -> bool {
        self < Self::Cleared
    }
}

/// Something somebody wrote down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Noted {
    /// Who and when.
    pub stamp: Stamp,
    /// What.
    pub text: String,
}

/// A part of the form with who wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Stated<T> {
    /// Who and when.
    pub stamp: Stamp,
    /// What.
    pub said: T,
}

/// One value of how grave it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct GradeVersion {
    /// The fact that says so.
    pub fact: FactId,
    /// How grave.
    pub grade: IncidentGrade,
    /// Who said so.
    pub by: Signer,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// An action card at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PlanRun {
    /// Who started it, and when.
    pub stamp: Stamp,
    /// The plan.
    pub plan: RecordId,
    /// Its name then.
    pub name: String,
    /// Its steps.
    pub steps: Vec<StepRun>,
    /// What must not be done.
    pub never: Vec<String>,
}

/// One step of a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StepRun {
    /// What to do.
    pub text: String,
    /// Who did it first, and when.
    pub done: Option<Stamp>,
    /// How.
    pub note: String,
}

/// A department's task with what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct TaskView {
    /// Who gave it, and when.
    pub stamp: Stamp,
    /// What.
    pub task: Task,
    /// Who took it.
    pub acknowledged: Option<Noted>,
    /// Who finished it, and the result.
    pub done: Option<Noted>,
}

/// Somebody in the roll-call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Responder {
    /// Who.
    pub person: PersonRef,
    /// Where they are.
    pub presence: Presence,
    /// Minutes until they are there, counted from `since`.
    pub eta_min: Option<u16>,
    /// Since when.
    pub since: Timestamp,
    /// When they were there first (到场时间).
    pub arrived_at: Option<Timestamp>,
}

/// An incident as 《突发事件记录表》 reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct IncidentView {
    /// 编号.
    pub number: Option<String>,
    /// Set when SOS was held.
    pub sos: bool,
    /// 类别.
    pub category: IncidentCategory,
    /// 级别: of several side by side, the graver counts.
    pub grade: IncidentGrade,
    /// Grades set without seeing each other; empty when there is only one.
    pub grade_side_by_side: Vec<GradeVersion>,
    /// 地点.
    pub place: String,
    /// When the place was scanned, where it comes from the last scan.
    pub scanned_at: Option<Timestamp>,
    /// In a few words.
    pub words: String,
    /// 发生时间.
    pub happened_at: Option<Timestamp>,
    /// 发现时间, and who wrote it down.
    pub found: Option<Stamp>,
    /// 报告人.
    pub reporter: String,
    /// Who took an SOS first.
    pub taken: Option<Stamp>,
    /// 已采取控制措施.
    pub measures: Vec<Noted>,
    /// Whether it was reported up.
    pub reported: bool,
    /// Whether every report was acknowledged.
    pub report_acknowledged: bool,
    /// 启动预案.
    pub plans: Vec<PlanRun>,
    /// 部门任务.
    pub tasks: Vec<TaskView>,
    /// 派工单.
    pub orders: Vec<OrderRef>,
    /// 到场.
    pub responders: Vec<Responder>,
    /// 证据清单.
    pub evidence: Vec<Stated<Evidence>>,
    /// 外部通知.
    pub outside: Vec<Stated<OutsideCall>>,
    /// 伤亡损失, the latest count last.
    pub losses: Vec<Stated<Losses>>,
    /// 解除.
    pub cleared: Option<Noted>,
    /// 误报.
    pub false_alarm: Option<Noted>,
    /// 书面报告; the latest version last.
    pub written: Vec<Stated<Written>>,
    /// 复盘.
    pub reviewed: Vec<Noted>,
    /// 归档.
    pub archived: Option<Stamp>,
    /// What is still missing before it can be filed (D2.6.2, D2.6.3).
    pub gaps: Vec<Words>,
    /// How far it is.
    pub state: IncidentState,
    /// The one next step, by the action's tag.
    pub expected: Option<String>,
    /// When it was born.
    pub born: Timestamp,
}

impl IncidentView {
    /// The heading: what kind, and in a few words.
    #[must_use]
    pub fn title(&self) -> String {
        let kind = if self.sos && self.category == IncidentCategory::Other {
            "SOS 求助".to_owned()
        } else {
            self.category.words().zh
        };
        let first = self.words.lines().next().unwrap_or_default();
        if first.is_empty() { kind } else { format!("{kind}:{first}") }
    }

    /// Whether an SOS waits for somebody to take it.
    #[must_use]
    pub fn calls_for_help(&self) -> bool {
        self.sos && self.taken.is_none() && self.state.live()
    }

    pub(super) fn card(&self) -> Card {
        let tone = match self.state {
            _ if self.found.is_none() => Tone::Off,
            state if state.live() => Tone::Alert,
            IncidentState::Archived => Tone::Done,
            IncidentState::FalseAlarm => Tone::Off,
            _ => Tone::Waiting,
        };
        Card {
            number: self.number.clone(),
            title: self.title(),
            place: Some(self.place.clone()).filter(|place| !place.is_empty()),
            state: self.state.name().into(),
            state_words: self.state.words(),
            tone,
            open: self.found.is_some() && self.state < IncidentState::Archived,
            urgency: self.state.live().then_some(Urgency::Critical),
            responsible: self.taken.iter().map(|taken| PersonRef::from(&taken.by)).collect(),
            next: self.next().map(Event::words),
            born: self.born,
        }
    }
}
