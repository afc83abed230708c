//! What can happen to an application for leave or a swap, and what people can do with it.

use serde::{Deserialize, Serialize};

use crate::role::PersonRef;
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;

/// What kind of leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum LeaveKind {
    /// 事假.
    #[default]
    Personal,
    /// 病假.
    Sick,
    /// 年假.
    Annual,
    /// 补休.
    InLieu,
    /// 其他.
    Other,
}

impl LeaveKind {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Personal => words!("事假", "personal leave"),
            Self::Sick => words!("病假", "sick leave"),
            Self::Annual => words!("年假", "annual leave"),
            Self::InLieu => words!("补休", "time off in lieu"),
            Self::Other => words!("其他假", "other leave"),
        }
    }
}

/// Which of the two forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum AbsenceForm {
    /// 《请假单》.
    Leave {
        /// What kind.
        leave: LeaveKind,
        /// First day.
        from: Day,
        /// Last day.
        to: Day,
    },
    /// 《调班申请单》.
    Swap {
        /// The day whose shift the other one takes.
        day: Day,
        /// The day that is taken in return.
        #[serde(default)]
        back: Option<Day>,
    },
}

impl AbsenceForm {
    /// The form's name.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Leave { leave, .. } => leave.words(),
            Self::Swap { .. } => words!("调班", "swap"),
        }
    }

    /// The days as read, such as `06-12–06-14`.
    #[must_use]
    pub fn days(&self) -> String {
        let short = |day: &Day| day.0.format("%m-%d").to_string();
        match self {
            Self::Leave { from, to, .. } if from == to => short(from),
            Self::Leave { from, to, .. } => format!("{}–{}", short(from), short(to)),
            Self::Swap { day, back: None } => short(day),
            Self::Swap { day, back: Some(back) } => format!("{} ⇄ {}", short(day), short(back)),
        }
    }
}

/// One cell of the roster that changes once it is approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DayChange {
    /// Whose.
    pub person: PersonRef,
    /// Which day.
    pub day: Day,
    /// The mark when it was applied for.
    pub was: String,
    /// The mark it gets.
    pub mark: String,
}

/// What was applied for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Application {
    /// Which form.
    #[serde(flatten)]
    pub form: AbsenceForm,
    /// 代班人.
    #[serde(default)]
    pub cover: Option<PersonRef>,
    /// 事由.
    pub reason: String,
    /// What it changes in the roster.
    pub changes: Vec<DayChange>,
    /// When the first of it begins.
    pub begins: Timestamp,
}

/// Facts of an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AbsenceFact {
    /// 申请.
    Applied(Application),
    /// 代班人接受.
    CoverAccepted,
    /// 代班人不能接.
    CoverDeclined {
        /// Why.
        reason: String,
    },
    /// 批准.
    Approved {
        /// 意见.
        #[serde(default)]
        opinion: String,
    },
    /// 驳回.
    Rejected {
        /// Why.
        reason: String,
    },
    /// 撤回.
    Withdrawn {
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 销假.
    Ended {
        /// The first day that counts as before again.
        from: Day,
    },
}

/// What people can do with an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum AbsenceAction {
    /// 申请.
    Apply {
        /// Which form.
        form: AbsenceForm,
        /// 代班人.
        #[serde(default)]
        cover: Option<PersonRef>,
        /// 事由.
        reason: String,
    },
    /// 接受代班.
    AcceptCover,
    /// 不能代班.
    DeclineCover {
        /// Why.
        reason: String,
    },
    /// 批准.
    Approve {
        /// 意见.
        #[serde(default)]
        opinion: String,
    },
    /// 驳回.
    Reject {
        /// Why.
        reason: String,
    },
    /// 撤回.
    Withdraw {
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// 销假.
    End {
        /// The first day that counts as before again.
        from: Day,
    },
}
