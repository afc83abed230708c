//! What happens at a handover: its facts, and what people can do.

use serde::{Deserialize, Serialize};

use super::plan::PlannedHandover;
use super::sheet::HandoverSheet;
use crate::ids::{FactId, RecordId};
use crate::known::Known;
use crate::role::PersonRef;
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;

/// How a thing of the post is (状态).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ItemCondition {
    /// 完好.
    #[default]
    Intact,
    /// 损坏.
    Damaged,
    /// 缺失.
    Missing,
}

impl ItemCondition {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Intact => words!("完好", "intact"),
            Self::Damaged => words!("损坏", "damaged"),
            Self::Missing => words!("缺失", "missing"),
        }
    }
}

/// One thing as it was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ItemCount {
    /// 品名.
    pub name: String,
    /// 应有.
    pub expected: u16,
    /// 实有.
    pub actual: u16,
    /// 状态.
    pub condition: ItemCondition,
}

impl ItemCount {
    /// Whether somebody has to say where it went or what happened to it (D2.9.2).
    #[must_use]
    pub fn differs(&self) -> bool {
        self.actual != self.expected || self.condition != ItemCondition::Intact
    }
}

/// What becomes of a carried-over item (D1.1.2: 接收/改期/转派).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Disposition {
    /// 接收.
    Taken,
    /// 改期.
    Rescheduled {
        /// Until when.
        until: Timestamp,
    },
    /// 转派.
    PassedOn {
        /// To whom.
        to: PersonRef,
    },
}

/// One item, and what the incoming person says becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TakenItem {
    /// The record.
    pub record: RecordId,
    /// 编号.
    #[serde(default)]
    pub number: String,
    /// 内容.
    #[serde(default)]
    pub title: String,
    /// What becomes of it.
    #[serde(flatten)]
    pub disposition: Disposition,
    /// Why, or what to mind.
    #[serde(default)]
    pub note: String,
}

/// Why a handover is refused (A5 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HandoverRefusalReason {
    /// 重大/紧急事件处置中.
    IncidentUnderWay,
    /// 交接准备未完成.
    NotPrepared,
    /// 公物、现金不符未说明.
    DifferenceUnexplained,
    /// 接班人状态不适.
    IncomingUnfit,
    /// 接班人未到.
    IncomingAbsent,
}

impl HandoverRefusalReason {
    /// The words in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::IncidentUnderWay => words!("重大事件处置中", "a major event is being handled"),
            Self::NotPrepared => words!("交接准备未完成", "the handover is not prepared"),
            Self::DifferenceUnexplained => words!("公物不符未说明", "a difference in the inventory is not explained"),
            Self::IncomingUnfit => words!("接班人状态不适", "the incoming person is unfit"),
            Self::IncomingAbsent => words!("接班人未到", "the incoming person has not come"),
        }
    }
}

/// What the outgoing person leaves in writing (A5 10.3: 不得只口头交接).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct HandoverPreparation {
    /// 本班概况.
    pub summary: String,
    /// 重要通知/上级指示.
    pub notices: String,
    /// 钥匙/文件/现金.
    pub keys: String,
    /// 区域异常及说明.
    pub area: String,
}

/// Where a thing went, why, and who answers for it (D2.9.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DifferenceExplanation {
    /// 去向.
    pub whereabouts: String,
    /// 原因.
    #[serde(default)]
    pub reason: String,
    /// 责任.
    #[serde(default)]
    pub responsible: String,
}

/// Facts of a handover.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HandoverFact {
    /// Somebody began it; remembers the plan as it was then.
    Planned {
        /// The plan.
        plan: PlannedHandover,
    },
    /// 交班准备, by the outgoing person.
    Prepared {
        /// What is left in writing.
        preparation: HandoverPreparation,
    },
    /// 接班到岗, by the incoming person.
    Arrived,
    /// 班前阅读: yesterday's daily report and contact records, and the three forms of the shift (D1.1.2).
    Read {
        /// Whose day.
        day: Day,
        /// How many daily reports there were.
        reports: u16,
        /// How many calls and visits.
        contacts: u16,
    },
    /// 遗留确认.
    Took {
        /// Item by item.
        items: Vec<TakenItem>,
    },
    /// 公物清点.
    Counted {
        /// Thing by thing.
        counts: Vec<ItemCount>,
    },
    /// The outgoing person answers for a difference. It answers this count; another one asks again.
    Answered {
        /// What was counted.
        count: ItemCount,
        /// The answer.
        explanation: DifferenceExplanation,
    },
    /// The incoming person has read the notices and instructions.
    InstructionsRead,
    /// 缺检说明: why the inspection before closing was not done (D1.1.7).
    InspectionExplained {
        /// Why.
        reason: String,
    },
    /// A supervisor allows the handover although a critical matter goes on.
    Released {
        /// Why.
        reason: String,
    },
    /// 拒接.
    Refused {
        /// Why.
        reason: HandoverRefusalReason,
        /// More about it.
        #[serde(default)]
        note: String,
    },
    /// The outgoing person signs (交班人签名).
    Signed {
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
    },
    /// The incoming person signs (接班人签名): the sheet as both saw it, and how far the book was known then. From
    /// this instant the incoming person is responsible.
    Sealed {
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
        /// The outgoing person's signature it answers.
        outgoing: FactId,
        /// The sheet 《交接班记录表》.
        sheet: Box<HandoverSheet>,
        /// The frontier that is signed.
        known: Known,
    },
    /// 主管审阅.
    Reviewed {
        /// 意见.
        #[serde(default)]
        opinion: String,
    },
}

/// What people can do at a handover.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum HandoverAction {
    /// 交班准备.
    Prepare(HandoverPreparation),
    /// 接班到岗.
    Arrive,
    /// 班前阅读.
    Read,
    /// 遗留确认: those named here.
    Take {
        /// Item by item.
        items: Vec<TakenItem>,
    },
    /// 全部接收: every item that nothing was said about yet.
    TakeAll,
    /// 公物清点: those named here.
    Count {
        /// Thing by thing.
        counts: Vec<ItemCount>,
    },
    /// 说明去向.
    Answer {
        /// 品名.
        name: String,
        /// The answer.
        #[serde(flatten)]
        explanation: DifferenceExplanation,
    },
    /// 通知与指示已阅.
    ReadInstructions,
    /// 缺检说明.
    ExplainInspection {
        /// Why.
        reason: String,
    },
    /// 准予交接.
    Release {
        /// Why.
        reason: String,
    },
    /// 拒接.
    Refuse {
        /// Why.
        reason: HandoverRefusalReason,
        /// More about it.
        #[serde(default)]
        note: String,
    },
    /// 交班人签名.
    Sign {
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
    },
    /// 接班人签名, which seals the sheet.
    Seal {
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
    },
    /// 审阅.
    Review {
        /// 意见.
        #[serde(default)]
        opinion: String,
    },
}
