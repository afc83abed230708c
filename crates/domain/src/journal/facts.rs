//! What is written into the ledger by hand.

use serde::{Deserialize, Serialize};

use crate::role::PersonRef;

/// One entry: the columns of 《客服工作台帐》 that a person fills.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Entry {
    /// 事项.
    pub subject: String,
    /// 处理过程.
    pub process: String,
    /// 处理结果.
    pub result: String,
    /// 跟进人; none where nothing is left to follow up.
    pub follower: Option<PersonRef>,
}

/// Facts of a free entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum JournalFact {
    /// 记事.
    Entered(Entry),
    /// 续记.
    Continued {
        /// What went on.
        process: String,
    },
    /// 办结.
    Settled {
        /// 处理结果.
        result: String,
    },
}

/// What people can do with a free entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum JournalAction {
    /// 记事.
    Enter(Entry),
    /// 续记.
    Continue {
        /// What went on.
        process: String,
    },
    /// 办结.
    Settle {
        /// 处理结果.
        result: String,
    },
}
