//! What can happen to a month's roster, and what people can do with it.

use serde::{Deserialize, Serialize};

use super::month::CalendarMonth;
use crate::ids::RecordId;
use crate::role::PersonRef;
use crate::words;
use crate::words::Words;

/// The mark of a day about which nothing has been said.
pub const UNSET: char = '·';
/// 休.
pub const OFF: char = '休';
/// 假.
pub const LEAVE: char = '假';

/// One cell of the grid 姓名 × 日期.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RosterCell {
    /// Whose row.
    pub person: PersonRef,
    /// Day of the month, from 1.
    pub day: u8,
    /// One character: a shift's mark, 休 or 假; empty takes the mark away.
    pub mark: String,
}

/// One row of the grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RosterRow {
    /// Whose.
    pub person: PersonRef,
    /// One character a day, [`UNSET`] where nothing is said.
    pub marks: String,
}

/// Why a published roster changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum RosterCause {
    /// 请假 or 调班, approved.
    Absence {
        /// The application.
        record: RecordId,
        /// Its number.
        number: String,
    },
    /// 销假, or an approval taken back.
    Returned {
        /// The application.
        record: RecordId,
        /// Its number.
        number: String,
    },
    /// A supervisor decided between values that stood side by side, or changed a day on the spot.
    Decided {
        /// Why.
        reason: String,
    },
}

impl RosterCause {
    /// The cause as read.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Absence { number, .. } => words!("{number} 已批准", "{number} approved"),
            Self::Returned { number, .. } => words!("{number} 销假", "{number} ended"),
            Self::Decided { reason } => words!("主管选定:{reason}", "decided: {reason}"),
        }
    }
}

/// Facts of a month's roster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RosterFact {
    /// What the site file said of the month when somebody first wrote here.
    Seeded {
        /// The month.
        month: CalendarMonth,
        /// Its grid.
        rows: Vec<RosterRow>,
    },
    /// Cells of the draft (编制).
    CellsSet {
        /// The month.
        month: CalendarMonth,
        /// The cells.
        cells: Vec<RosterCell>,
    },
    /// 发布.
    Published {
        /// The month.
        month: CalendarMonth,
        /// 第几版.
        version: u16,
        /// The grid as published.
        rows: Vec<RosterRow>,
        /// How many checks were still open.
        open_checks: u16,
        /// 变更说明; why it was published with checks open.
        #[serde(default)]
        note: String,
    },
    /// What is in force at once, without a new version.
    Changed {
        /// The month.
        month: CalendarMonth,
        /// The cells.
        cells: Vec<RosterCell>,
        /// Why.
        cause: RosterCause,
    },
    /// 已阅.
    Read {
        /// Which version.
        version: u16,
    },
}

/// What people can do with a month's roster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum RosterAction {
    /// 编制: sets cells of the draft.
    Set {
        /// The cells.
        cells: Vec<RosterCell>,
    },
    /// 发布.
    Publish {
        /// 变更说明; needed while checks are open.
        #[serde(default)]
        note: String,
    },
    /// 选定: decides cells at once, also in the version in force.
    Decide {
        /// The cells.
        cells: Vec<RosterCell>,
        /// Why.
        reason: String,
    },
    /// 已阅: the version in force.
    Read,
}
