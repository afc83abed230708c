//! What the facts of a work order amount to: the printed form in its order, the times of each step, who worked on it.

use serde::{Deserialize, Serialize};

use super::facts::{Charge, Confirm, FollowUp, Material, PauseWhy, PhotoPhase, Source};
use super::table::Event;
use crate::chase::Chasing;
use crate::engine::{Card, Tone, Urgency};
use crate::file::FileHash;
use crate::ids::{FactId, RecordId};
use crate::record::RawFact;
use crate::role::{PersonRef, Signer};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// Where an order stands (A4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 待派.
    #[default]
    Pending,
    /// 已派.
    Dispatched,
    /// 已接.
    Accepted,
    /// 在途.
    EnRoute,
    /// 已到场.
    Arrived,
    /// 处理中.
    Working,
    /// 暂停.
    Paused,
    /// 完成待验.
    Finished,
    /// 待回访: the occupant has confirmed (业户确认).
    AwaitingFollowup,
    /// 已回访,待关闭.
    FollowedUp,
    /// 关闭.
    Closed,
    /// 作废.
    Voided,
}

impl State {
    /// All states, in the order of a usual order's life.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Dispatched,
        Self::Accepted,
        Self::EnRoute,
        Self::Arrived,
        Self::Working,
        Self::Paused,
        Self::Finished,
        Self::AwaitingFollowup,
        Self::FollowedUp,
        Self::Closed,
        Self::Voided,
    ];

    /// The stable word, as on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::EnRoute => "en_route",
            Self::Arrived => "arrived",
            Self::Working => "working",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::AwaitingFollowup => "awaiting_followup",
            Self::FollowedUp => "followed_up",
            Self::Closed => "closed",
            Self::Voided => "voided",
        }
    }

    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Pending => words!("待派", "to be dispatched"),
            Self::Dispatched => words!("已派", "dispatched"),
            Self::Accepted => words!("已接", "accepted"),
            Self::EnRoute => words!("在途", "on the way"),
            Self::Arrived => words!("已到场", "on site"),
            Self::Working => words!("处理中", "in progress"),
            Self::Paused => words!("暂停", "paused"),
            Self::Finished => words!("完成待验", "done, to be confirmed"),
            Self::AwaitingFollowup => words!("待回访", "to be followed up"),
            Self::FollowedUp => words!("已回访", "followed up"),
            Self::Closed => words!("关闭", "closed"),
            Self::Voided => words!("作废", "void"),
        }
    }

    /// Whether anybody still has to do something.
    #[must_use]
    pub fn open(self) -> bool {
        !matches!(self, Self::Closed | Self::Voided)
    }

    pub(super) fn tone(self) -> Tone {
        match self {
            Self::Pending | Self::Dispatched | Self::Paused => Tone::Waiting,
            Self::Accepted | Self::EnRoute | Self::Arrived | Self::Working => Tone::Active,
            Self::Finished | Self::AwaitingFollowup | Self::FollowedUp => Tone::Calm,
            Self::Closed => Tone::Done,
            Self::Voided => Tone::Off,
        }
    }
}

/// Who did something when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Stamp {
    /// The fact.
    pub fact: FactId,
    /// When, by the writer's clock.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
}

/// A work order made from another record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OrderRef {
    /// Who and when.
    pub stamp: Stamp,
    /// The order.
    pub order: RecordId,
    /// 派工单号.
    pub number: String,
}

impl From<&RawFact> for Stamp {
    fn from(raw: &RawFact) -> Self {
        Self { fact: raw.id, at: raw.at, by: raw.by.clone() }
    }
}

/// A dispatch (派工) in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Dispatched {
    /// 派工人, 派工时间.
    pub stamp: Stamp,
    /// The people sent, the one who leads first.
    pub to: Vec<PersonRef>,
    /// 班组.
    pub team: String,
    /// 注意事项.
    pub precautions: Vec<String>,
}

/// A refusal (拒接 / 退单).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Refused {
    /// Who and when.
    pub stamp: Stamp,
    /// Why.
    pub reason: String,
}

/// A transfer (转派).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Transferred {
    /// Who and when.
    pub stamp: Stamp,
    /// The people who took over.
    pub to: Vec<PersonRef>,
    /// Why.
    pub reason: String,
}

/// A pause (暂停).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Pausing {
    /// Who and since when.
    pub stamp: Stamp,
    /// What it waited for.
    pub why: PauseWhy,
    /// More about it.
    pub note: String,
    /// Until when; none while it lasts.
    pub until: Option<Timestamp>,
}

/// Material used, with who noted it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MaterialLine {
    /// Who and when.
    pub stamp: Stamp,
    /// What and how much.
    pub material: Material,
    /// 金额 in fen.
    pub amount_fen: u32,
}

/// Somebody who took the order, with their own hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CrewMember {
    /// Who.
    pub person: PersonRef,
    /// Whether they lead; the others assist.
    pub lead: bool,
    /// Where they stand themselves, which may differ from the order.
    pub state: State,
    /// 接单时间.
    pub accepted_at: Option<Timestamp>,
    /// 到场时间.
    pub arrived_at: Option<Timestamp>,
    /// Began to work.
    pub started_at: Option<Timestamp>,
    /// Finished.
    pub finished_at: Option<Timestamp>,
    /// Minutes worked, as they said.
    pub minutes: u32,
    /// What they did, in their words.
    pub process: String,
    /// Set when the order went to others (refused after accepting, or transferred); the hours stay.
    pub left: bool,
}

/// The occupant's opinion (业户意见).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Confirmation {
    /// Who took it down, and when.
    pub stamp: Stamp,
    /// What they said and signed.
    pub said: Confirm,
}

/// A follow-up (回访).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct FollowedUp {
    /// 回访人, 回访时间.
    pub stamp: Stamp,
    /// 回访意见.
    pub said: FollowUp,
}

/// How it was closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Closing {
    /// Who and when.
    pub stamp: Stamp,
    /// Why nobody was asked afterwards.
    pub without_followup_reason: Option<String>,
}

/// How it was voided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Voided {
    /// Who and when.
    pub stamp: Stamp,
    /// Why.
    pub reason: String,
}

/// A photo that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PhotoNote {
    /// Who and when.
    pub stamp: Stamp,
    /// When in the work.
    pub phase: PhotoPhase,
    /// What it shows.
    pub caption: String,
    /// The picture as it travels.
    pub photo: Option<FileHash>,
    /// What the camera had made of it.
    pub original: Option<FileHash>,
}

/// One value of who is responsible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Version {
    /// The fact that says so.
    pub fact: FactId,
    /// Who is responsible.
    pub person: PersonRef,
    /// Who said so.
    pub by: Signer,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// One value of how urgent it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct UrgencyVersion {
    /// The fact that says so.
    pub fact: FactId,
    /// How urgent.
    pub urgency: Urgency,
    /// Who said so.
    pub by: Signer,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// One step in force, for the line of steps on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StepMark {
    /// Who and when.
    pub stamp: Stamp,
    /// The fact's word, such as `arrived`.
    pub step: String,
    /// What happened.
    pub words: Words,
    /// Where the order stood afterwards.
    pub state: State,
}

/// A work order as its facts say. The fields up to `follow_ups` follow the printed form 《服务派工单》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct WorkOrderView {
    /// 单号.
    pub number: Option<String>,
    /// 来源.
    pub source: Source,
    /// 来源 as read.
    pub source_words: Words,
    /// 报修人.
    pub reporter_name: String,
    /// The unit.
    pub unit: Option<RecordId>,
    /// 房号.
    pub unit_label: String,
    /// 电话.
    pub reporter_phone: String,
    /// 报修时间, and who wrote it down.
    pub reported: Option<Stamp>,
    /// 预约时间.
    pub appointment: Option<Timestamp>,
    /// 地点部位.
    pub place: String,
    /// One line.
    pub title: String,
    /// 服务内容/故障描述.
    pub description: String,
    /// What kind of work.
    pub category: String,
    /// 紧急程度: of several side by side, the more urgent counts.
    pub urgency: Urgency,
    /// Values of the urgency set without seeing each other; empty when there is only one.
    pub urgency_side_by_side: Vec<UrgencyVersion>,
    /// 注意事项.
    pub precautions: Vec<String>,
    /// What usually has to be minded at such work, to choose from (D3.2).
    pub suggested_precautions: Vec<Words>,
    /// 派工人, 派工时间: the latest dispatch.
    pub dispatched: Option<Dispatched>,
    /// Who is asked to come and has neither accepted nor refused.
    pub awaited: Vec<PersonRef>,
    /// 班组.
    pub team: String,
    /// 接单人 and whoever assists, the one who leads first.
    pub crew: Vec<CrewMember>,
    /// 接单时间.
    pub accepted: Option<Stamp>,
    /// 出发时间.
    pub departed: Option<Stamp>,
    /// 到场时间.
    pub arrived: Option<Stamp>,
    /// 开始时间.
    pub started: Option<Stamp>,
    /// 暂停.
    pub pauses: Vec<Pausing>,
    /// 处理过程.
    pub process: String,
    /// 使用材料.
    pub materials: Vec<MaterialLine>,
    /// 材料费 in fen.
    pub materials_fen: u32,
    /// 人工费 in fen.
    pub labour_fen: u32,
    /// 合计 in fen.
    pub total_fen: u32,
    /// 收费方式.
    pub charge: Charge,
    /// 工时: minutes worked, everybody's together.
    pub minutes: u32,
    /// 完成时间, 施工人签名.
    pub finished: Option<Stamp>,
    /// 业户意见, 业户签名.
    pub confirmation: Option<Confirmation>,
    /// 回访人, 回访时间, 回访意见.
    pub follow_ups: Vec<FollowedUp>,
    /// 关闭.
    pub closed: Option<Closing>,
    /// 作废.
    pub voided: Option<Voided>,
    /// Where it stands.
    pub state: State,
    /// Where it stands, as read; a pause says what it waits for.
    pub state_words: Words,
    /// Since when it has stood there.
    pub state_since: Timestamp,
    /// 责任人: more than one while two values stand side by side.
    pub responsible: Vec<Version>,
    /// 拒接 / 退单.
    pub refusals: Vec<Refused>,
    /// 转派.
    pub transfers: Vec<Transferred>,
    /// 催办 / 询办.
    pub chases: Vec<Chasing>,
    /// Photos.
    pub photos: Vec<PhotoNote>,
    /// Every step in force, in causal order.
    pub steps: Vec<StepMark>,
    /// When it was born.
    pub born: Timestamp,
}

impl WorkOrderView {
    /// 地点: the unit and the place, as one line.
    #[must_use]
    pub fn where_(&self) -> String {
        [self.unit_label.as_str(), self.place.as_str()].join(" ").trim().to_owned()
    }

    pub(super) fn card(&self) -> Card {
        let unanswered = matches!(self.state, State::Pending | State::Dispatched);
        let unhappy = self.state == State::FollowedUp && self.follow_ups.last().is_some_and(|it| !it.said.satisfied);
        Card {
            number: self.number.clone(),
            title: self.title.clone(),
            place: Some(self.where_()).filter(|place| !place.is_empty()),
            state: self.state.name().into(),
            state_words: self.state_words.clone(),
            // A report that was voided as a fact leaves nothing to do.
            tone: if self.reported.is_none() {
                Tone::Off
            } else if unhappy || (unanswered && self.urgency == Urgency::Critical) {
                Tone::Alert
            } else {
                self.state.tone()
            },
            open: self.reported.is_some() && self.state.open(),
            urgency: Some(self.urgency),
            responsible: self.responsible.iter().map(|version| version.person.clone()).collect(),
            next: self.expected().filter(|_| self.reported.is_some()).map(Event::words),
            born: self.born,
        }
    }
}
