//! What can happen to a call or a visit, and what people can do with it.

use serde::{Deserialize, Serialize};

use crate::engine::Urgency;
use crate::ids::RecordId;
use crate::role::PersonRef;
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
    /// 回访.
    FollowedUp {
        /// 方式.
        method: FollowUpMethod,
        /// 意见.
        #[serde(default)]
        opinion: String,
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
    /// 回访.
    FollowUp {
        /// 方式.
        method: FollowUpMethod,
        /// 意见.
        #[serde(default)]
        opinion: String,
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
