//! What can happen to an incident, and what people can do with it.

use serde::{Deserialize, Serialize};

use crate::engine::Urgency;
use crate::file::FileHash;
use crate::ids::{FactId, RecordId};
use crate::role::PersonRef;
use crate::site::IncidentCategory;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// How grave (级别).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum IncidentGrade {
    /// 一般.
    #[default]
    Ordinary,
    /// 较大.
    Serious,
    /// 重大.
    Grave,
}

impl IncidentGrade {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Ordinary => words!("一般", "ordinary"),
            Self::Serious => words!("较大", "serious"),
            Self::Grave => words!("重大", "grave"),
        }
    }
}

/// What was found (发现). Nothing of it has to be known at the first tap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Discovery {
    /// 类别.
    pub category: IncidentCategory,
    /// 级别.
    pub grade: IncidentGrade,
    /// 地点.
    pub place: String,
    /// When the place was scanned, where it comes from the last scan.
    pub scanned_at: Option<Timestamp>,
    /// In a few words.
    pub words: String,
    /// 发生时间, where it is known.
    pub happened_at: Option<Timestamp>,
    /// 报告人, where it is not who writes.
    pub reporter: String,
}

/// What serves as evidence (证据).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSort {
    /// 照片.
    #[default]
    Photo,
    /// 监控录像.
    Cctv,
    /// 录音录像.
    Recording,
    /// 证人.
    Witness,
    /// 物品.
    Thing,
    /// 文件.
    Document,
}

impl EvidenceSort {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Photo => words!("照片", "photograph"),
            Self::Cctv => words!("监控录像", "CCTV"),
            Self::Recording => words!("录音录像", "recording"),
            Self::Witness => words!("证人", "witness"),
            Self::Thing => words!("物品", "object"),
            Self::Document => words!("文件", "document"),
        }
    }
}

/// One line of the evidence list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Evidence {
    /// What it is.
    pub sort: EvidenceSort,
    /// What it shows, who the witness is.
    pub note: String,
    /// Where it is kept: camera and minutes, cupboard, telephone number.
    pub kept: String,
    /// The file's name, where it is one.
    pub file_name: String,
    /// The file's SHA-256 in hex, where one was chosen: the file can be proven to be this one.
    pub sha256: String,
    /// The picture as it travels, where the file is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<FileHash>,
}

/// A call to the outside (外部通知): police, fire brigade, suppliers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct OutsideCall {
    /// Who was called.
    pub whom: String,
    /// Their number.
    pub phone: String,
    /// Whether somebody answered.
    pub reached: bool,
    /// What they said.
    pub note: String,
}

/// Casualties and losses (伤亡损失); each count is what is known at that moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Losses {
    /// Injured people.
    pub injured: u16,
    /// Dead people.
    pub dead: u16,
    /// Damage in fen, where it can be estimated.
    pub damage_fen: u32,
    /// In words.
    pub note: String,
}

/// A task for a department (D2.5.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Task {
    /// 部门.
    pub department: String,
    /// Named people; empty when the department decides.
    pub to: Vec<PersonRef>,
    /// What to do.
    pub what: String,
}

/// Where a responder is (到场).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// 赶来.
    #[default]
    Coming,
    /// 到场.
    There,
    /// 撤离.
    Left,
}

impl Presence {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Coming => words!("赶来", "on the way"),
            Self::There => words!("到场", "there"),
            Self::Left => words!("撤离", "left"),
        }
    }
}

/// The written report 《突发事件报告》, as far as it is not on record already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Written {
    /// 经过.
    pub course: String,
    /// 原因.
    pub cause: String,
    /// 处理结果.
    pub result: String,
    /// 改进.
    pub improvement: String,
}

/// Facts of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum IncidentFact {
    /// 发现.
    Found(Discovery),
    /// SOS was held.
    SosHeld {
        /// 地点.
        #[serde(default)]
        place: String,
        /// When the place was scanned, where it comes from the last scan.
        #[serde(default)]
        scanned_at: Option<Timestamp>,
    },
    /// What is now known better than at the first tap (补全).
    Described(Discovery),
    /// 到场 / 赶来 / 撤离.
    Responded {
        /// Who.
        person: PersonRef,
        /// Where they are.
        presence: Presence,
        /// Minutes until they are there.
        #[serde(default)]
        eta_min: Option<u16>,
    },
    /// 已采取控制措施.
    Controlled {
        /// What was done.
        measure: String,
    },
    /// 启动预案.
    PlanStarted {
        /// The plan.
        plan: RecordId,
        /// Its name then.
        name: String,
        /// Its steps then.
        steps: Vec<String>,
        /// What must not be done.
        #[serde(default)]
        never: Vec<String>,
    },
    /// A step of a card was done.
    StepDone {
        /// The fact that started the card.
        card: FactId,
        /// Which step, from 0.
        step: u16,
        /// How.
        #[serde(default)]
        note: String,
    },
    /// 部门任务.
    TaskGiven(Task),
    /// A department took its task.
    TaskAcknowledged {
        /// The task.
        task: FactId,
        /// By radio, where somebody else noted it.
        #[serde(default)]
        note: String,
    },
    /// A task was carried out.
    TaskDone {
        /// The task.
        task: FactId,
        /// What came of it.
        #[serde(default)]
        result: String,
    },
    /// 派工: an order was made.
    OrderMade {
        /// The order.
        order: RecordId,
        /// 派工单号.
        number: String,
        /// What is to be done, in one line.
        title: String,
    },
    /// 取证.
    EvidenceKept(Evidence),
    /// 外部通知.
    OutsideCalled(OutsideCall),
    /// 伤亡损失.
    LossesNoted(Losses),
    /// 级别.
    GradeSet {
        /// How grave.
        grade: IncidentGrade,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 解除.
    Cleared {
        /// How it ended.
        words: String,
    },
    /// 误报: there was nothing.
    FalseAlarm {
        /// What was found instead.
        reason: String,
    },
    /// 书面报告.
    WrittenUp(Written),
    /// 复盘.
    Reviewed {
        /// What is to change.
        words: String,
    },
    /// 归档.
    Archived,
}

/// What people can do with an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum IncidentAction {
    /// 发现: makes a new incident.
    Start(Discovery),
    /// SOS: makes a new incident and reports it, in one change.
    Sos {
        /// 地点.
        #[serde(default)]
        place: String,
        /// When the place was scanned.
        #[serde(default)]
        scanned_at: Option<Timestamp>,
    },
    /// 补全: only what is given replaces what is empty.
    Describe(Discovery),
    /// 我来处理 / 到场 / 撤离.
    Respond {
        /// Where they are.
        presence: Presence,
        /// Minutes until they are there.
        #[serde(default)]
        eta_min: Option<u16>,
        /// Who, when it is called over the radio and noted by somebody else.
        #[serde(default)]
        person: Option<PersonRef>,
    },
    /// 控制.
    Control {
        /// What was done.
        measure: String,
    },
    /// 上报 (as 突发).
    Report {
        /// What is reported.
        #[serde(default)]
        words: String,
    },
    /// 启动预案.
    StartPlan {
        /// The plan.
        plan: RecordId,
    },
    /// Ticks a step of a card.
    Tick {
        /// The fact that started the card.
        card: FactId,
        /// Which step, from 0.
        step: u16,
        /// How.
        #[serde(default)]
        note: String,
    },
    /// 派任务.
    GiveTask(Task),
    /// 任务确认.
    AcknowledgeTask {
        /// The task.
        task: FactId,
        /// By radio, where somebody else notes it.
        #[serde(default)]
        note: String,
    },
    /// 任务完成.
    FinishTask {
        /// The task.
        task: FactId,
        /// What came of it.
        #[serde(default)]
        result: String,
    },
    /// 派工: makes an order, and sends somebody at once where they are named.
    MakeOrder {
        /// What is to be done.
        title: String,
        /// Where, where it is not the incident's own place.
        #[serde(default)]
        place: String,
        /// 紧急程度.
        #[serde(default)]
        urgency: Urgency,
        /// Who is sent at once.
        #[serde(default)]
        dispatch_to: Vec<PersonRef>,
    },
    /// 取证.
    KeepEvidence(Evidence),
    /// 外部通知.
    CallOutside(OutsideCall),
    /// 伤亡损失.
    NoteLosses(Losses),
    /// 定级; also decides between two.
    SetGrade {
        /// How grave.
        grade: IncidentGrade,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 解除.
    Clear {
        /// How it ended.
        words: String,
    },
    /// 误报.
    FalseAlarm {
        /// What was found instead.
        reason: String,
    },
    /// 书面报告.
    WriteUp(Written),
    /// 复盘.
    Review {
        /// What is to change.
        words: String,
    },
    /// 归档.
    Archive,
}
