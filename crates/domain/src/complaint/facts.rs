//! What can happen to a complaint, and what people can do with it.

use serde::{Deserialize, Serialize};

use crate::engine::Urgency;
use crate::ids::{FactId, RecordId};
use crate::role::PersonRef;
use crate::telephone::Outgoing;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{FollowUp, FollowUpMethod, Opinion};

/// How a complaint came to us (方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintWay {
    /// 来电.
    #[default]
    Call,
    /// 来访.
    Visit,
    /// 来函.
    Letter,
    /// 其他.
    Other,
}

impl ComplaintWay {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Call => words!("来电", "call"),
            Self::Visit => words!("来访", "visit"),
            Self::Letter => words!("来函", "letter"),
            Self::Other => words!("其他", "other"),
        }
    }
}

/// How grave it is (性质), gravest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// 重大: the project manager is told at once.
    Major,
    /// 重要.
    Important,
    /// 一般.
    #[default]
    General,
}

impl Grade {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Major => words!("重大", "major"),
            Self::Important => words!("重要", "important"),
            Self::General => words!("一般", "general"),
        }
    }

    /// Where a list of mixed records puts it.
    #[must_use]
    pub fn urgency(self) -> Urgency {
        match self {
            Self::Major => Urgency::Critical,
            Self::Important => Urgency::Urgent,
            Self::General => Urgency::Normal,
        }
    }
}

/// Whether it is justified (有效/无效投诉).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// 有效.
    #[default]
    Valid,
    /// 无效.
    Invalid,
}

impl Validity {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Valid => words!("有效投诉", "justified"),
            Self::Invalid => words!("无效投诉", "not justified"),
        }
    }
}

/// How a manager was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum NoticeMethod {
    /// 电话.
    #[default]
    Phone,
    /// 当面.
    InPerson,
    /// 短信/微信.
    Message,
}

impl NoticeMethod {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Phone => words!("电话", "by telephone"),
            Self::InPerson => words!("当面", "in person"),
            Self::Message => words!("短信/微信", "by message"),
        }
    }
}

/// What complaints are about (类别): the site's own list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct ComplaintTopics(pub Vec<String>);

impl Default for ComplaintTopics {
    /// What a site has that has not said otherwise.
    fn default() -> Self {
        Self(["服务态度", "维修", "保洁", "秩序", "噪声", "收费", "其他"].map(String::from).to_vec())
    }
}

/// The call or visit that a complaint was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ComplaintContact {
    /// The contact record.
    pub record: RecordId,
    /// Its number, which is the complaint's too.
    pub number: String,
}

/// What was written down when it was taken in (登记); the upper part of 《投诉处理记录》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Lodged {
    /// 方式.
    pub way: ComplaintWay,
    /// 投诉时间, where that was not when it was written down.
    pub at_start: Option<Timestamp>,
    /// The call or visit it was; none for a letter.
    pub contact: Option<ComplaintContact>,
    /// 投诉人.
    pub name: String,
    /// The unit, where it is known to the site.
    pub unit: Option<RecordId>,
    /// 房号 as written.
    pub unit_label: String,
    /// 电话.
    pub phone: String,
    /// 投诉内容.
    pub summary: String,
    /// 类别.
    pub topic: String,
    /// 性质 as it looked then.
    pub grade: Grade,
}

/// Who answers for it (责任部门/人).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct ComplaintDuty {
    /// 责任部门.
    pub department: String,
    /// 责任人.
    pub person: Option<PersonRef>,
}

impl ComplaintDuty {
    /// As one line.
    #[must_use]
    pub fn text(&self) -> String {
        let person = self.person.as_ref().map_or("", |person| person.name.as_str());
        [self.department.as_str(), person].join(" ").trim().to_owned()
    }
}

/// Facts of a complaint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ComplaintFact {
    /// 登记.
    Lodged(Lodged),
    /// 通知客服经理.
    Notified {
        /// Who was told.
        to: PersonRef,
        /// How.
        #[serde(default)]
        method: NoticeMethod,
    },
    /// 报项目经理.
    Reported {
        /// Who was told.
        to: PersonRef,
        /// How.
        #[serde(default)]
        method: NoticeMethod,
    },
    /// 已阅, by the manager's own hand.
    Acknowledged,
    /// 责任部门/人.
    Assigned {
        /// Who answers for it.
        duty: ComplaintDuty,
        /// Why.
        #[serde(default)]
        reason: String,
        /// Whether this decides between values that stood side by side.
        #[serde(default)]
        decided: bool,
    },
    /// 性质: 一般/重要/重大.
    Graded {
        /// How grave.
        grade: Grade,
        /// Why.
        #[serde(default)]
        reason: String,
        /// As above.
        #[serde(default)]
        decided: bool,
    },
    /// 性质: 有效/无效.
    Judged {
        /// Whether it is justified.
        validity: Validity,
        /// Why.
        #[serde(default)]
        reason: String,
        /// As above.
        #[serde(default)]
        decided: bool,
    },
    /// 处理方案.
    Planned {
        /// What will be done.
        plan: String,
        /// By when.
        #[serde(default)]
        by: Option<Timestamp>,
    },
    /// 反馈投诉人.
    ToldBack {
        /// How.
        method: FollowUpMethod,
        /// What they were told, and said.
        said: String,
        /// When they will hear from us again (D2.5.6).
        next_contact: Timestamp,
        /// The line it was called from.
        #[serde(default)]
        outgoing: Outgoing,
    },
    /// 处理过程.
    Worked {
        /// What was done.
        process: String,
        /// When they will hear from us again, where that is new.
        #[serde(default)]
        next_contact: Option<Timestamp>,
    },
    /// 处理结果.
    Settled {
        /// The result.
        result: String,
    },
    /// 投诉人意见.
    OpinionTaken {
        /// What they think of it.
        opinion: Opinion,
        /// In their words.
        #[serde(default)]
        words: String,
        /// How they were asked.
        #[serde(default)]
        method: FollowUpMethod,
        /// The line they were called from.
        #[serde(default)]
        outgoing: Outgoing,
    },
    /// 无法联系投诉人: told, or asked, they could not be.
    NotReached {
        /// Why: 匿名, 空号.
        reason: String,
    },
    /// 回访.
    FollowedUp(FollowUp),
    /// 关闭.
    Closed {
        /// Why nobody was asked afterwards (D1.1.4).
        #[serde(default)]
        without_followup_reason: Option<String>,
    },
    /// 重新打开: the number stays.
    Reopened {
        /// Why.
        reason: String,
    },
    /// 经理意见.
    Commented {
        /// What the manager says.
        text: String,
    },
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
}

/// What people can do with a complaint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ComplaintAction {
    /// 登记: makes a new complaint that was no call or visit (来函).
    Lodge(Lodged),
    /// 通知客服经理.
    Notify {
        /// Who was told; whoever the site has in that role when left out.
        #[serde(default)]
        to: Option<PersonRef>,
        /// How.
        #[serde(default)]
        method: NoticeMethod,
    },
    /// 报项目经理.
    Report {
        /// Who was told; whoever the site has in that role when left out.
        #[serde(default)]
        to: Option<PersonRef>,
        /// How.
        #[serde(default)]
        method: NoticeMethod,
    },
    /// 已阅.
    Acknowledge,
    /// 指定责任部门/人.
    Assign {
        /// 责任部门.
        #[serde(default)]
        department: String,
        /// 责任人.
        #[serde(default)]
        person: Option<PersonRef>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 定性质: 一般/重要/重大.
    Grade {
        /// How grave.
        grade: Grade,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 判定有效/无效.
    Judge {
        /// Whether it is justified.
        validity: Validity,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Decides between values that stand side by side.
    Decide {
        /// The fact whose value it shall be.
        fact: FactId,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 出方案, or another one.
    Plan {
        /// What will be done.
        plan: String,
        /// By when.
        #[serde(default)]
        by: Option<Timestamp>,
    },
    /// 反馈投诉人.
    TellBack {
        /// How.
        method: FollowUpMethod,
        /// What they were told, and said.
        said: String,
        /// When they will hear from us again.
        next_contact: Timestamp,
        /// The line it was called from.
        #[serde(default)]
        outgoing: Outgoing,
    },
    /// 记处理过程.
    Work {
        /// What was done.
        process: String,
        /// When they will hear from us again, where that is new.
        #[serde(default)]
        next_contact: Option<Timestamp>,
    },
    /// 记处理结果.
    Settle {
        /// The result.
        result: String,
    },
    /// 征求意见.
    TakeOpinion {
        /// What they think of it.
        opinion: Opinion,
        /// In their words.
        #[serde(default)]
        words: String,
        /// How they were asked.
        #[serde(default)]
        method: FollowUpMethod,
        /// The line they were called from.
        #[serde(default)]
        outgoing: Outgoing,
    },
    /// 无法联系投诉人.
    #[serde(rename = "not_reached")]
    NotReach {
        /// Why.
        reason: String,
    },
    /// 回访.
    FollowUp(FollowUp),
    /// 关闭.
    Close {
        /// Why nobody was asked afterwards; needed when nobody was.
        #[serde(default)]
        without_followup_reason: Option<String>,
    },
    /// 重新打开.
    Reopen {
        /// Why.
        reason: String,
    },
    /// 经理意见.
    Comment {
        /// What the manager says.
        text: String,
    },
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
}
