//! What the facts of a complaint amount to: 《投诉处理记录》 in its order.

use serde::{Deserialize, Serialize};

use super::facts::{ComplaintContact, ComplaintDuty, ComplaintWay, Grade, NoticeMethod, Validity};
use super::table::Event;
use crate::chase::Chasing;
use crate::engine::{Card, Tone};
use crate::ids::{FactId, RecordId};
use crate::role::{PersonRef, Signer};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{FollowUp, FollowUpMethod, Opinion, Stamp};

/// Where a complaint stands (A4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintState {
    /// 登记: the customer-service manager does not know yet.
    #[default]
    Lodged,
    /// 已通知经理,方案中.
    Notified,
    /// 方案已出.
    Planned,
    /// 已反馈.
    ToldBack,
    /// 处理中.
    Handling,
    /// 征求意见.
    Settled,
    /// 待回访.
    Answered,
    /// 已回访.
    FollowedUp,
    /// 关闭.
    Closed,
}

impl ComplaintState {
    /// All states, in the order of a usual complaint's life.
    pub const ALL: [Self; 9] = [
        Self::Lodged,
        Self::Notified,
        Self::Planned,
        Self::ToldBack,
        Self::Handling,
        Self::Settled,
        Self::Answered,
        Self::FollowedUp,
        Self::Closed,
    ];

    /// The stable word, as on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lodged => "lodged",
            Self::Notified => "notified",
            Self::Planned => "planned",
            Self::ToldBack => "told_back",
            Self::Handling => "handling",
            Self::Settled => "settled",
            Self::Answered => "answered",
            Self::FollowedUp => "followed_up",
            Self::Closed => "closed",
        }
    }

    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Lodged => words!("待通知经理", "manager to be told"),
            Self::Notified => words!("方案中", "plan to be made"),
            Self::Planned => words!("方案已出,待反馈", "planned, to be told"),
            Self::ToldBack => words!("已反馈", "complainant told"),
            Self::Handling => words!("处理中", "in progress"),
            Self::Settled => words!("征求意见", "opinion to be asked"),
            Self::Answered => words!("待回访", "to be followed up"),
            Self::FollowedUp => words!("已回访", "followed up"),
            Self::Closed => words!("关闭", "closed"),
        }
    }
}

/// One value that people judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Judgement<V> {
    /// The fact that says so.
    pub fact: FactId,
    /// The value.
    pub value: V,
    /// Who said so.
    pub by: Signer,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A manager who knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintInformed {
    /// Who noted it, and when.
    pub stamp: Stamp,
    /// The manager.
    pub person: PersonRef,
    /// How they were told; none when they read it themselves.
    pub method: Option<NoticeMethod>,
}

/// A plan (处理方案).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintPlan {
    /// Who made it, and 方案时间.
    pub stamp: Stamp,
    /// What will be done.
    pub plan: String,
    /// By when.
    pub by: Option<Timestamp>,
}

/// What the complainant was told (反馈).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ToldBack {
    /// Who, and 反馈时间.
    pub stamp: Stamp,
    /// How.
    pub method: FollowUpMethod,
    /// What was said.
    pub said: String,
}

/// A line of 处理过程, 处理结果.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintSaid {
    /// Who and when.
    pub stamp: Stamp,
    /// What.
    pub text: String,
}

/// What the complainant thinks (投诉人意见).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OpinionOf {
    /// Who asked, and when.
    pub stamp: Stamp,
    /// The opinion.
    pub opinion: Opinion,
    /// In their words.
    pub words: String,
    /// How they were asked.
    pub method: FollowUpMethod,
}

/// A follow-up (回访).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintFollowUp {
    /// 回访人, 回访时间.
    pub stamp: Stamp,
    /// One line of 《回访记录表》.
    pub said: FollowUp,
}

/// How it was closed (关闭人).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintClosing {
    /// Who and when.
    pub stamp: Stamp,
    /// Why nobody was asked afterwards.
    pub without_followup_reason: Option<String>,
}

/// How it was opened again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintReopening {
    /// Who and when.
    pub stamp: Stamp,
    /// Why.
    pub reason: String,
}

/// What a manager wrote (经理意见).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintComment {
    /// Who and when.
    pub stamp: Stamp,
    /// The opinion.
    pub text: String,
}

/// A complaint as its facts say. The fields up to `comments` follow the printed form 《投诉处理记录》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintView {
    /// 编号: that of the call or visit.
    pub number: Option<String>,
    /// 投诉时间.
    pub at: Timestamp,
    /// 方式.
    pub way: ComplaintWay,
    /// 投诉人.
    pub name: String,
    /// The unit.
    pub unit: Option<RecordId>,
    /// 房号.
    pub unit_label: String,
    /// 电话.
    pub phone: String,
    /// 投诉内容.
    pub summary: String,
    /// 类别.
    pub topic: String,
    /// 性质(有效/无效): empty while nobody has judged; more than one while values stand side by side.
    pub validity: Vec<Judgement<Validity>>,
    /// 性质(一般/重要/重大): of several side by side, the graver counts.
    pub grade: Grade,
    /// Since when it is as grave as it is.
    pub graded_at: Timestamp,
    /// Values of the grade set without seeing each other; empty when there is only one.
    pub grade_side_by_side: Vec<Judgement<Grade>>,
    /// 受理人, and when it was written down.
    pub lodged: Option<Stamp>,
    /// 通知客服经理时间.
    pub manager: Option<ComplaintInformed>,
    /// 报项目经理.
    pub project_manager: Option<ComplaintInformed>,
    /// 责任部门/人: more than one while values stand side by side.
    pub duty: Vec<Judgement<ComplaintDuty>>,
    /// 处理方案, 方案时间: the latest counts.
    pub plans: Vec<ComplaintPlan>,
    /// 反馈时间.
    pub told_back: Vec<ToldBack>,
    /// 处理过程.
    pub work: Vec<ComplaintSaid>,
    /// 处理结果, 完成时间: the latest counts.
    pub results: Vec<ComplaintSaid>,
    /// 投诉人意见: the latest counts.
    pub opinions: Vec<OpinionOf>,
    /// Why they could not be told, or asked.
    pub not_reached: Vec<ComplaintSaid>,
    /// 回访.
    pub follow_ups: Vec<ComplaintFollowUp>,
    /// 关闭人.
    pub closed: Option<ComplaintClosing>,
    /// 经理意见.
    pub comments: Vec<ComplaintComment>,
    /// The call or visit it was.
    pub contact: Option<ComplaintContact>,
    /// When the complainant will hear from us next.
    pub next_contact: Option<Timestamp>,
    /// Every time it was opened again.
    pub reopened: Vec<ComplaintReopening>,
    /// 催办 / 询办.
    pub chases: Vec<Chasing>,
    /// Where it stands.
    pub state: ComplaintState,
    /// Where it stands, as read.
    pub state_words: Words,
    /// Since when it has stood there.
    pub state_since: Timestamp,
    /// When it was born.
    pub born: Timestamp,
}

impl ComplaintView {
    /// Whether the project manager has still to be told.
    #[must_use]
    pub fn wants_project_manager(&self) -> bool {
        self.open() && self.grade == Grade::Major && self.project_manager.is_none()
    }

    pub(super) fn open(&self) -> bool {
        self.lodged.is_some() && self.state != ComplaintState::Closed
    }

    /// Whether what they said last leaves nothing to do.
    pub(super) fn content(&self) -> bool {
        self.follow_ups.last().is_none_or(|it| it.said.satisfied)
    }

    /// Who the next step waits for: whoever answers for it, else the manager who knows, else who took it in.
    fn responsible(&self) -> Vec<PersonRef> {
        let named: Vec<PersonRef> = self.duty.iter().filter_map(|it| it.value.person.clone()).collect();
        if !named.is_empty() {
            return named;
        }
        let manager = self.manager.as_ref().map(|it| it.person.clone());
        manager.or_else(|| self.lodged.as_ref().map(|stamp| PersonRef::from(&stamp.by))).into_iter().collect()
    }

    pub(super) fn card(&self) -> Card {
        let about = if self.summary.trim().is_empty() { &self.topic } else { &self.summary };
        let tone = match self.state {
            _ if self.lodged.is_none() => Tone::Off,
            ComplaintState::Closed => Tone::Done,
            _ if self.wants_project_manager() || !self.content() => Tone::Alert,
            ComplaintState::Lodged | ComplaintState::Notified | ComplaintState::Planned => Tone::Waiting,
            ComplaintState::ToldBack | ComplaintState::Handling => Tone::Active,
            ComplaintState::Settled | ComplaintState::Answered | ComplaintState::FollowedUp => Tone::Calm,
        };
        Card {
            number: self.number.clone(),
            title: format!("投诉:{about}"),
            place: Some(self.unit_label.clone()).filter(|place| !place.is_empty()),
            state: self.state.name().into(),
            state_words: self.state_words.clone(),
            tone,
            open: self.open(),
            urgency: Some(self.grade.urgency()),
            responsible: self.responsible(),
            next: self.expected().filter(|_| self.lodged.is_some()).map(Event::words),
            born: self.born,
        }
    }
}
