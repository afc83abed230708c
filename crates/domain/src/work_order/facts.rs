//! What can happen to a work order, and what people can do with it.
//!
//! Money is in fen, quantities in thousandths, so that no sum is ever rounded twice.

use serde::{Deserialize, Serialize};

use crate::engine::Urgency;
use crate::file::FileHash;
use crate::ids::{FactId, RecordId};
use crate::role::PersonRef;
use crate::telephone::Outgoing;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// Where an order comes from (来源).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// A finding (异常) on a round.
    Patrol {
        /// The run.
        run: RecordId,
        /// The checkpoint.
        stop: RecordId,
        /// Name of the route, as it was then.
        route_name: String,
    },
    /// A call or a visit.
    Contact {
        /// The contact record.
        record: RecordId,
        /// Its number.
        number: String,
    },
    /// An incident: what it broke, and what is needed against it.
    Incident {
        /// The incident.
        record: RecordId,
        /// Its number.
        number: String,
    },
    /// Typed at the desk.
    #[default]
    Desk,
    /// Typed on a tablet.
    Tablet,
}

impl Source {
    /// The column 来源.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Patrol { route_name, .. } => words!("巡查({route_name})", "patrol ({route_name})"),
            Self::Contact { number, .. } => words!("来电/来访 {number}", "call or visit {number}"),
            Self::Incident { number, .. } => words!("突发事件 {number}", "incident {number}"),
            Self::Desk => words!("登记台", "duty desk"),
            Self::Tablet => words!("平板", "tablet"),
        }
    }
}

/// What is to be done, where and for whom; the upper part of 《服务派工单》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Report {
    /// 来源.
    pub source: Source,
    /// One line.
    pub title: String,
    /// 服务内容/故障描述.
    pub description: String,
    /// 地点部位.
    pub place: String,
    /// The unit, where it is known to the site.
    pub unit: Option<RecordId>,
    /// 房号 as written.
    pub unit_label: String,
    /// 报修人.
    pub reporter_name: String,
    /// 电话.
    pub reporter_phone: String,
    /// What kind of work (水, 电, 门窗 …), as written.
    pub category: String,
    /// 紧急程度.
    pub urgency: Urgency,
    /// 预约时间.
    pub appointment: Option<Timestamp>,
}

/// Who is sent (派工).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Dispatch {
    /// The people, the one who leads first. Empty when a whole team is asked and whoever is free takes it (抢单).
    pub to: Vec<PersonRef>,
    /// 班组.
    pub team: String,
    /// 注意事项.
    pub precautions: Vec<String>,
}

/// Why work rests (暂停).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum PauseWhy {
    /// 待料.
    Material,
    /// 待业户.
    Occupant,
    /// 待外修.
    Contractor,
    /// 待审批.
    Approval,
}

impl PauseWhy {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Material => words!("待料", "waiting for material"),
            Self::Occupant => words!("待业户", "waiting for the occupant"),
            Self::Contractor => words!("待外修", "waiting for a contractor"),
            Self::Approval => words!("待审批", "waiting for approval"),
        }
    }
}

/// One line of 使用材料.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Material {
    /// 名称.
    pub name: String,
    /// 规格.
    pub spec: String,
    /// 数量 in thousandths: 1500 is 1.5.
    pub quantity_milli: u32,
    /// Unit of the quantity.
    pub unit: String,
    /// 单价 in fen.
    pub price_fen: u32,
}

impl Material {
    /// 金额 in fen, half a fen rounded up; as much as fits when it does not.
    #[must_use]
    pub fn amount_fen(&self) -> u32 {
        let amount = (u64::from(self.quantity_milli) * u64::from(self.price_fen) + 500) / 1000;
        u32::try_from(amount).unwrap_or(u32::MAX)
    }

    /// The quantity as written, such as `1.5`.
    #[must_use]
    pub fn quantity(&self) -> String {
        let (whole, rest) = (self.quantity_milli / 1000, self.quantity_milli % 1000);
        if rest == 0 {
            return whole.to_string();
        }
        format!("{whole}.{rest:03}").trim_end_matches('0').to_owned()
    }
}

/// How the service is paid for (收费方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// 免费.
    #[default]
    Free,
    /// 现金.
    Cash,
    /// 转账/扫码.
    Transfer,
    /// 记账.
    Account,
}

impl Charge {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Free => words!("免费", "free of charge"),
            Self::Cash => words!("现金", "cash"),
            Self::Transfer => words!("转账/扫码", "transfer"),
            Self::Account => words!("记账", "on account"),
        }
    }
}

/// What was done (完成).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Finish {
    /// 处理过程.
    pub process: String,
    /// 使用材料, besides what was noted on the way.
    pub materials: Vec<Material>,
    /// 人工费 in fen.
    pub labour_fen: u32,
    /// Minutes worked.
    pub minutes: u32,
    /// 收费方式.
    pub charge: Charge,
}

/// What the occupant thinks (业户意见), and the grades of a follow-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// 满意.
    #[default]
    Satisfied,
    /// 基本满意.
    Basically,
    /// 不满意.
    Unsatisfied,
}

impl Opinion {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Satisfied => words!("满意", "satisfied"),
            Self::Basically => words!("基本满意", "basically satisfied"),
            Self::Unsatisfied => words!("不满意", "not satisfied"),
        }
    }
}

/// The occupant's opinion and signature (业户确认).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Confirm {
    /// 业户意见.
    pub opinion: Opinion,
    /// In their words.
    pub comment: String,
    /// 业户签名 as vector strokes.
    pub signature: Option<String>,
    /// Who signed.
    pub signer_name: String,
}

/// How somebody was asked afterwards (回访方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpMethod {
    /// 电话.
    #[default]
    Phone,
    /// 上门.
    Visit,
    /// 短信/微信.
    Message,
}

impl FollowUpMethod {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Phone => words!("电话", "by telephone"),
            Self::Visit => words!("上门", "by a visit"),
            Self::Message => words!("短信/微信", "by message"),
        }
    }
}

/// A follow-up (回访), one line of 《回访记录表》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct FollowUp {
    /// 回访方式.
    pub method: FollowUpMethod,
    /// 服务态度.
    pub attitude: Opinion,
    /// 及时性.
    pub timeliness: Opinion,
    /// 质量.
    pub quality: Opinion,
    /// 意见建议.
    pub opinion: String,
    /// Whether nothing is left to do for them.
    pub satisfied: bool,
    /// The line they were called from (D2.7.3).
    pub outgoing: Outgoing,
}

/// When a photo was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum PhotoPhase {
    /// Before the work.
    Before,
    /// During the work.
    During,
    /// After the work.
    After,
}

/// Facts of a work order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WorkOrderFact {
    /// 报修.
    Reported(Report),
    /// 派工.
    Dispatched(Dispatch),
    /// 拒接 / 退单.
    Refused {
        /// Why.
        reason: String,
    },
    /// 接单.
    Accepted,
    /// 出发.
    Departed,
    /// 到场.
    Arrived,
    /// 开始处理.
    Started,
    /// 暂停.
    Paused {
        /// What it waits for.
        why: PauseWhy,
        /// More about it.
        #[serde(default)]
        note: String,
    },
    /// 继续处理.
    Resumed,
    /// 转派.
    Transferred {
        /// The people who take over, the one who leads first.
        to: Vec<PersonRef>,
        /// Why.
        reason: String,
    },
    /// 完成.
    Finished(Finish),
    /// 用料.
    MaterialUsed(Material),
    /// 业户确认.
    Confirmed(Confirm),
    /// 回访.
    FollowedUp(FollowUp),
    /// 关闭.
    Closed {
        /// Why nobody was asked afterwards (D1.1.4).
        #[serde(default)]
        without_followup_reason: Option<String>,
    },
    /// 作废.
    Voided {
        /// Why.
        reason: String,
    },
    /// 紧急程度.
    UrgencySet {
        /// How urgent.
        urgency: Urgency,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 责任人.
    ResponsibleSet {
        /// Who.
        person: PersonRef,
        /// Why.
        #[serde(default)]
        reason: String,
        /// Whether this decides between values that stood side by side.
        #[serde(default)]
        decided: bool,
    },
    /// 催办 / 询办.
    Chased {
        /// What was asked.
        text: String,
        /// The department asked; empty when it was whoever has the order.
        #[serde(default)]
        department: String,
    },
    /// 询办答复.
    ChaseAnswered {
        /// The question.
        chase: FactId,
        /// The answer.
        text: String,
    },
    /// A photo was taken; the picture itself travels on its own.
    PhotoPlaceholder {
        /// When.
        phase: PhotoPhase,
        /// What it shows.
        #[serde(default)]
        caption: String,
        /// The picture as it travels, where it was kept.
        #[serde(default)]
        photo: Option<FileHash>,
        /// What the camera had made of it.
        #[serde(default)]
        original: Option<FileHash>,
    },
}

/// What people can do with a work order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum WorkOrderAction {
    /// 报修: makes a new order.
    Report(Report),
    /// 派工; while work goes on: sends more people (加派).
    Dispatch(Dispatch),
    /// 接单.
    Accept,
    /// 拒接 / 退单.
    Refuse {
        /// Why.
        reason: String,
    },
    /// 出发.
    Depart,
    /// 到场.
    Arrive,
    /// 开始处理.
    Start,
    /// 暂停.
    Pause {
        /// What it waits for.
        why: PauseWhy,
        /// More about it.
        #[serde(default)]
        note: String,
    },
    /// 继续处理.
    Resume,
    /// 转派.
    Transfer {
        /// The people who take over, the one who leads first.
        to: Vec<PersonRef>,
        /// Why.
        reason: String,
    },
    /// 完成.
    Finish(Finish),
    /// 用料.
    UseMaterial(Material),
    /// 业户确认.
    Confirm(Confirm),
    /// 回访.
    FollowUp(FollowUp),
    /// 关闭.
    Close {
        /// Why nobody was asked afterwards; needed when nobody was.
        #[serde(default)]
        without_followup_reason: Option<String>,
    },
    /// 作废.
    Void {
        /// Why.
        reason: String,
    },
    /// 调整紧急程度; also decides between two.
    SetUrgency {
        /// How urgent.
        urgency: Urgency,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 指定责任人.
    SetResponsible {
        /// Who.
        person: PersonRef,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 选定责任人: decides between values that stand side by side.
    DecideResponsible {
        /// The fact whose value it shall be.
        fact: FactId,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 催办 / 询办.
    Chase {
        /// What is asked.
        text: String,
        /// The department asked; empty when it is whoever has the order.
        #[serde(default)]
        department: String,
    },
    /// 答复询办: the oldest question without an answer.
    AnswerChase {
        /// The answer.
        text: String,
    },
    /// Notes that a photo was taken.
    Photo {
        /// When.
        phase: PhotoPhase,
        /// What it shows.
        #[serde(default)]
        caption: String,
        /// The picture as it travels, where it was kept.
        #[serde(default)]
        photo: Option<FileHash>,
        /// What the camera had made of it.
        #[serde(default)]
        original: Option<FileHash>,
    },
}
