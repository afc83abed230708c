//! What can happen to a call or a visit, and what people can do with it.

use serde::{Deserialize, Serialize};

use crate::complaint::Grade;
use crate::engine::Urgency;
use crate::ids::{FactId, RecordId};
use crate::role::PersonRef;
use crate::telephone::Outgoing;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

use crate::work_order::FollowUpMethod;

/// How somebody came to us (方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// 来电.
    #[default]
    Call,
    /// 来访.
    Visit,
}

impl Way {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Call => words!("来电", "call"),
            Self::Visit => words!("来访", "visit"),
        }
    }
}

/// What it is about (事项类别).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ContactTopic {
    /// 咨询.
    Enquiry,
    /// 求助.
    Help,
    /// 报修.
    Repair,
    /// 投诉.
    Complaint,
    /// 建议.
    Suggestion,
    /// 其他.
    #[default]
    Other,
}

impl ContactTopic {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Enquiry => words!("咨询", "enquiry"),
            Self::Help => words!("求助", "call for help"),
            Self::Repair => words!("报修", "repair"),
            Self::Complaint => words!("投诉", "complaint"),
            Self::Suggestion => words!("建议", "suggestion"),
            Self::Other => words!("其他", "other"),
        }
    }
}

/// What was written down while they spoke. Only the way and the category are needed; the rest may follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Received {
    /// 方式.
    pub way: Way,
    /// 铃响次数: 1, 2, 3, and 4 for more than three (D2.7.2).
    #[serde(default)]
    pub rings: Option<u8>,
    /// Which line.
    #[serde(default)]
    pub line: String,
    /// When it began, where that was not when it was written down.
    #[serde(default)]
    pub at_start: Option<Timestamp>,
    /// The unit, where it is known to the site.
    #[serde(default)]
    pub unit: Option<RecordId>,
    /// 房号/单位 as written.
    #[serde(default)]
    pub unit_label: String,
    /// 业户姓名.
    #[serde(default)]
    pub name: String,
    /// 联系电话.
    #[serde(default)]
    pub phone: String,
    /// 事项类别.
    pub category: ContactTopic,
    /// 内容摘要.
    #[serde(default)]
    pub summary: String,
    /// 紧急程度.
    #[serde(default)]
    pub urgency: Urgency,
    /// 处理情况(转办部门).
    #[serde(default)]
    pub handling: String,
    /// 未接: nobody answered; somebody calls back (D2.7.2).
    #[serde(default)]
    pub missed: bool,
    /// 下次联系时间: when they will hear from us (D2.5.6).
    #[serde(default)]
    pub next_contact: Option<Timestamp>,
}

/// What was added later (补全): only what was still empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Completed {
    /// 铃响次数.
    pub rings: Option<u8>,
    /// Which line.
    pub line: Option<String>,
    /// The unit.
    pub unit: Option<RecordId>,
    /// 房号/单位.
    pub unit_label: Option<String>,
    /// 业户姓名.
    pub name: Option<String>,
    /// 联系电话.
    pub phone: Option<String>,
    /// 内容摘要.
    pub summary: Option<String>,
    /// 处理情况(转办部门).
    pub handling: Option<String>,
}

/// Facts of a contact record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContactFact {
    /// 接待.
    Received(Received),
    /// 补全.
    Completed(Completed),
    /// 转派工单.
    Converted {
        /// The work order.
        order: RecordId,
        /// 派工单号.
        number: String,
    },
    /// 答复.
    Answered {
        /// 处理结果.
        result: String,
    },
    /// 转投诉处理.
    Complained {
        /// The complaint.
        complaint: RecordId,
    },
    /// 回拨.
    CalledBack(CalledBack),
    /// 下次联系时间.
    NextContactSet {
        /// When.
        next_contact: Timestamp,
        /// Why then.
        #[serde(default)]
        reason: String,
    },
    /// 催办 / 询办.
    Chased {
        /// The department asked.
        #[serde(default)]
        department: String,
        /// What was asked.
        text: String,
    },
    /// 询办答复.
    ChaseAnswered {
        /// The question.
        chase: FactId,
        /// The answer.
        text: String,
    },
    /// 回访.
    FollowedUp {
        /// 方式.
        method: FollowUpMethod,
        /// 意见.
        #[serde(default)]
        opinion: String,
        /// The line they were called from.
        #[serde(default)]
        outgoing: Outgoing,
        /// The order or the complaint they were asked about, where it was one.
        #[serde(default)]
        of: Option<RecordId>,
    },
    /// 办结.
    Closed,
    /// 重新打开.
    Reopened {
        /// Why.
        reason: String,
    },
    /// The same matter as an earlier record (重复来电).
    RepeatOf {
        /// The earlier record.
        record: RecordId,
        /// Its number.
        #[serde(default)]
        number: String,
    },
}

/// A new contact record, and what happens with it at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Registration {
    /// What was written down.
    #[serde(flatten)]
    pub received: Received,
    /// Makes a work order from it.
    #[serde(default)]
    pub make_order: bool,
    /// 存并派: sends these people at once, the one who leads first. Makes an order too.
    #[serde(default)]
    pub dispatch_to: Vec<PersonRef>,
    /// Answered on the spot (D2.5.1): the result.
    #[serde(default)]
    pub result: String,
    /// 投诉: what it is about, in the site's words, and how grave.
    #[serde(default)]
    pub complaint: ComplaintTaken,
    /// The same matter as this earlier record (重复来电).
    #[serde(default)]
    pub repeat_of: Option<Earlier>,
}

/// What is asked besides when a call is a complaint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct ComplaintTaken {
    /// 类别.
    pub topic: String,
    /// 性质.
    pub grade: Grade,
}

/// An earlier record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Earlier {
    /// The record.
    pub record: RecordId,
    /// Its number.
    #[serde(default)]
    pub number: String,
}

/// A call back to somebody whose call was missed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct CalledBack {
    /// Which line; the hotline needs a reason (D2.7.3).
    pub outgoing: Outgoing,
    /// Whether they answered.
    pub reached: bool,
    /// 事项类别, when they answered.
    pub category: Option<ContactTopic>,
    /// 内容摘要, when they answered.
    pub summary: String,
    /// How urgent, when they answered.
    pub urgency: Option<Urgency>,
}

/// What people can do with a contact record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ContactAction {
    /// 登记.
    Register(Registration),
    /// 补全.
    Complete(Completed),
    /// 转派工单.
    MakeOrder {
        /// One line; the summary when left out.
        #[serde(default)]
        title: Option<String>,
        /// How urgent; as registered when left out.
        #[serde(default)]
        urgency: Option<Urgency>,
        /// Sends these people at once.
        #[serde(default)]
        dispatch_to: Vec<PersonRef>,
    },
    /// 答复.
    Answer {
        /// 处理结果.
        result: String,
    },
    /// 转投诉处理.
    MakeComplaint(ComplaintTaken),
    /// 回拨.
    CallBack(CalledBack),
    /// 改下次联系时间.
    SetNextContact {
        /// When.
        next_contact: Timestamp,
        /// Why then.
        #[serde(default)]
        reason: String,
    },
    /// 催办 / 询办.
    Chase {
        /// The department asked.
        #[serde(default)]
        department: String,
        /// What is asked.
        text: String,
    },
    /// 记询办答复: to the oldest question without one.
    AnswerChase {
        /// The answer.
        text: String,
    },
    /// 回访.
    FollowUp {
        /// 方式.
        method: FollowUpMethod,
        /// 意见.
        #[serde(default)]
        opinion: String,
        /// The line they were called from.
        #[serde(default)]
        outgoing: Outgoing,
    },
    /// 办结.
    Close,
    /// 重新打开.
    Reopen {
        /// Why.
        reason: String,
    },
    /// Marks it as the same matter as an earlier record.
    MarkRepeat {
        /// The earlier record.
        record: RecordId,
        /// Its number.
        #[serde(default)]
        number: String,
    },
}
