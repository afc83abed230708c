//! What happens on a run: its facts, and the small types they are made of.
//!
//! Invariants
//! - Every fact about a stop names the checkpoint too, so that it finds its stop whichever version of the route the
//!   writer had, and stays readable by itself in the ledger.
//! - The plan stands whole in the first fact: names, windows, checklists and codes as they were that day.

use serde::{Deserialize, Serialize};

use super::plan::{PlannedRun, PlannedStop};
use crate::engine::Urgency;
use crate::file::FileHash;
use crate::ids::RecordId;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// A stop, as a fact names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRef {
    /// Its place in the route.
    pub stop: u16,
    /// The checkpoint.
    pub checkpoint: RecordId,
    /// The checkpoint's name as it was.
    pub name: String,
}

impl From<&PlannedStop> for StopRef {
    fn from(stop: &PlannedStop) -> Self {
        Self { stop: stop.index, checkpoint: stop.checkpoint, name: stop.name.clone() }
    }
}

/// Facts of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PatrolFact {
    /// Somebody set out.
    Started {
        /// The run as it was planned then.
        plan: PlannedRun,
    },
    /// Something was put on record about a run that nobody has set out on; it only remembers the plan.
    Planned {
        /// The run as it was planned then.
        plan: PlannedRun,
    },
    /// A checkpoint of this run was scanned.
    Scanned {
        /// Which stop.
        #[serde(flatten)]
        at_stop: StopRef,
        /// How.
        method: ScanMethod,
        /// What the code said.
        code: String,
        /// The stop that was open on the screen, when it was another one.
        #[serde(default)]
        expected: Option<u16>,
        /// That stop's name.
        #[serde(default)]
        expected_name: Option<String>,
    },
    /// What was looked at, and how it was.
    Checked {
        /// Which stop.
        #[serde(flatten)]
        at_stop: StopRef,
        /// Item by item.
        results: Vec<ItemResult>,
        /// Whether every item was normal.
        all_normal: bool,
    },
    /// A checkpoint that is no stop of this run was scanned.
    WrongPoint {
        /// The stop that was open on the screen.
        #[serde(default)]
        expected_stop: Option<u16>,
        /// The checkpoint scanned.
        scanned_checkpoint: RecordId,
        /// Its name as it was.
        scanned_name: String,
    },
    /// The walker was there, but could not scan.
    CannotScan {
        /// Which stop.
        #[serde(flatten)]
        at_stop: StopRef,
        /// Why.
        reason: CannotScanReason,
        /// More about it.
        #[serde(default)]
        note: String,
        /// A photograph taken there.
        #[serde(default)]
        photo: Option<PhotoPlaceholder>,
    },
    /// Something is not as it should be (异常, 隐患).
    Finding {
        /// Where.
        #[serde(flatten)]
        at_stop: StopRef,
        /// The checklist item, where it is one.
        #[serde(default)]
        item_key: String,
        /// The item's name as it was.
        #[serde(default)]
        item_name: String,
        /// What it is.
        description: String,
        /// How pressing.
        urgency: Urgency,
        /// A photograph.
        #[serde(default)]
        photo: Option<PhotoPlaceholder>,
        /// The work order made from it.
        #[serde(default)]
        order: Option<RecordId>,
        /// That order's number.
        #[serde(default)]
        order_number: Option<String>,
    },
    /// Why a stop was not visited.
    MissedBecause {
        /// Which stop.
        #[serde(flatten)]
        at_stop: StopRef,
        /// Why.
        reason: MissedReason,
        /// More about it.
        #[serde(default)]
        note: String,
    },
    /// A supervisor lets the stop be left out (免巡).
    Exempted {
        /// Which stop.
        #[serde(flatten)]
        at_stop: StopRef,
        /// Why.
        reason: String,
    },
    /// The walker ends the run and signs.
    Finished {
        /// Stops without a visit, by name, as the walker saw it.
        #[serde(default)]
        left_out: Vec<String>,
        /// A remark.
        #[serde(default)]
        note: String,
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
    },
    /// The supervisor signs too; fire patrols need both signatures (A3 《巡查(巡视)记录表》).
    Countersigned {
        /// A remark.
        #[serde(default)]
        note: String,
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
    },
}

/// How a checkpoint was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ScanMethod {
    /// The QR code.
    Qr,
    /// The tag.
    Nfc,
    /// The code was typed in.
    ManualCode,
}

impl ScanMethod {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Qr => words!("扫码", "QR code"),
            Self::Nfc => words!("碰一碰", "tag"),
            Self::ManualCode => words!("手输编码", "code typed in"),
        }
    }
}

/// How one checklist item was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 不适用; says why in the note (D1.1.7).
    NotApplicable,
    /// 正常.
    Normal,
    /// 异常.
    Abnormal,
}

impl Outcome {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::NotApplicable => words!("不适用", "not applicable"),
            Self::Normal => words!("正常", "normal"),
            Self::Abnormal => words!("异常", "abnormal"),
        }
    }
}

/// The result of one checklist item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ItemResult {
    /// The item's key in its checklist.
    pub key: String,
    /// The item's name as it was.
    pub name: String,
    /// How it was.
    pub outcome: Outcome,
    /// What the instrument showed, as written.
    #[serde(default)]
    pub reading: Option<String>,
    /// A remark; required when not applicable.
    #[serde(default)]
    pub note: String,
}

/// Why a checkpoint could not be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CannotScanReason {
    /// 码损坏.
    CodeDamaged,
    /// 到不了码的位置.
    CannotReach,
    /// 设备故障.
    DeviceFault,
    /// 其他; says what in the note.
    Other,
}

impl CannotScanReason {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::CodeDamaged => words!("码损坏", "code damaged"),
            Self::CannotReach => words!("够不到码", "code out of reach"),
            Self::DeviceFault => words!("设备故障", "device fault"),
            Self::Other => words!("其他", "other"),
        }
    }
}

/// Why a stop was not visited: the chips of the finish page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum MissedReason {
    /// 处置突发: an incident came first.
    Incident,
    /// 临时任务: sent elsewhere.
    CalledAway,
    /// 无法进入: locked, closed off.
    NoAccess,
    /// 天气原因.
    Weather,
    /// 人手不足.
    ShortStaffed,
    /// 设备故障: was there, could not record it.
    DeviceFault,
    /// 其他; says what in the note.
    Other,
}

impl MissedReason {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Incident => words!("处置突发", "an incident came first"),
            Self::CalledAway => words!("临时任务", "called away"),
            Self::NoAccess => words!("无法进入", "no access"),
            Self::Weather => words!("天气原因", "weather"),
            Self::ShortStaffed => words!("人手不足", "short of staff"),
            Self::DeviceFault => words!("设备故障", "device fault"),
            Self::Other => words!("其他", "other"),
        }
    }
}

/// A photograph that was taken; the picture itself is kept outside the record and travels on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PhotoPlaceholder {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// What it shows.
    #[serde(default)]
    pub caption: String,
    /// The picture as it travels, where it was kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileHash>,
    /// What the camera had made of it, so that it can be shown to be this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<FileHash>,
}
