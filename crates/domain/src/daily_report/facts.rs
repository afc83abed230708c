//! What is signed of a day, and what people can do with its report.

use serde::{Deserialize, Serialize};

use super::numbers::DayNumbers;
use crate::known::Known;

/// The typed part of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Narrative {
    /// 天气.
    pub weather: String,
    /// ⑩ 次日安排.
    pub tomorrow: String,
    /// 说明.
    pub remark: String,
}

/// The report as it was signed. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SignedReport {
    /// The numbers as they were then.
    pub numbers: DayNumbers,
    /// The words as they were then.
    pub narrative: Narrative,
    /// How much of the book was known then.
    pub known: Known,
}

/// Facts of a daily report. The narrative before the signature is text that several people may edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ReportFact {
    /// 值班员签名.
    Signed(Box<SignedReport>),
    /// 接班人签名.
    TakenOver,
    /// 主管审阅.
    Reviewed {
        /// 意见.
        #[serde(default)]
        opinion: String,
    },
}

/// What people can do with a daily report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ReportAction {
    /// Keeps the narrative as it stands; what is left out stays as it was.
    Write {
        /// 天气.
        #[serde(default)]
        weather: Option<String>,
        /// 次日安排.
        #[serde(default)]
        tomorrow: Option<String>,
        /// 说明.
        #[serde(default)]
        remark: Option<String>,
    },
    /// 签名: freezes numbers and words, over everything this device knows.
    Sign,
    /// 签新版: the same again after more has arrived. The earlier version stays.
    SignAnew,
    /// 接班人签名.
    TakeOver,
    /// 主管审阅.
    Review {
        /// 意见.
        #[serde(default)]
        opinion: String,
    },
}
