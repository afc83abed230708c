//! What happens to a case file (案卷).

use serde::{Deserialize, Serialize};

use crate::month_seal::Month;
use crate::time::{Day, Timestamp};

/// One line of 《归档清单》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Listing {
    /// 案卷号.
    pub case_no: String,
    /// 名称.
    pub name: String,
    /// The retention rule it falls under.
    pub rule: String,
    /// The month whose papers these are.
    pub month: Month,
    /// 起.
    pub from: Day,
    /// 止.
    pub to: Day,
    /// 条数.
    pub lines: u32,
    /// 根哈希: the month's.
    pub root: String,
    /// 保管期 in years; none for 长期.
    pub years: Option<u16>,
    /// The first instant at which it may be destroyed; none for 长期.
    pub keep_until: Option<Timestamp>,
}

/// Facts of an item of the archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ArchiveFact {
    /// 移交: listed by whoever sealed the month.
    Listed(Listing),
    /// 接收, and where it is kept (存放).
    Received {
        /// 存放.
        place: String,
    },
    /// Kept somewhere else from now on.
    Moved {
        /// 存放.
        place: String,
    },
    /// 销毁: the first signature.
    DestructionProposed {
        /// 销毁依据.
        basis: String,
    },
    /// 销毁: the second signature.
    DestructionConfirmed,
    /// The proposal is taken back.
    DestructionWithdrawn {
        /// Why.
        reason: String,
    },
}

/// What people can do with an item of the archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ArchiveAction {
    /// 接收.
    Receive {
        /// 存放.
        place: String,
    },
    /// 移库.
    Move {
        /// 存放.
        place: String,
    },
    /// 提请销毁.
    ProposeDestruction {
        /// 销毁依据.
        basis: String,
    },
    /// 确认销毁.
    ConfirmDestruction,
    /// 撤回.
    WithdrawDestruction {
        /// Why.
        reason: String,
    },
}
