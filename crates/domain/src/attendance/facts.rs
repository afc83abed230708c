//! What can happen on somebody's shift, and what people can do about it.

use serde::{Deserialize, Serialize};

use crate::ids::{FactId, RecordId};
use crate::role::PersonRef;
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;

/// A shift of one person on one day, as the roster had it, or as somebody took it without being rostered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DutyPlan {
    /// Who.
    pub person: PersonRef,
    /// The day it begins on.
    pub day: Day,
    /// 班次.
    pub shift: RecordId,
    /// Its name.
    pub shift_name: String,
    /// Its mark.
    pub mark: String,
    /// Begins.
    pub from: Timestamp,
    /// Ends.
    pub to: Timestamp,
    /// Whether the roster has it.
    pub rostered: bool,
    /// Whether the desk rings when nobody comes: duty officers.
    pub watched: bool,
    /// Whether coming late can be told: the roster was there before the shift began.
    pub timed: bool,
    /// Until how long before the start one is early enough for the handover, by the clock in force (D2.9.1).
    pub early_min: u16,
}

/// Leaving the post for a while 《临时离岗登记表》.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Leaving {
    /// 事由.
    pub reason: String,
    /// 顶岗人.
    pub cover: PersonRef,
    /// 预计返回.
    pub back_at: Timestamp,
    /// Whether a supervisor approves it: longer than the site allows without.
    pub needs_approval: bool,
}

/// What somebody decided that it was (待核实 → …).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DutyVerdict {
    /// 正常.
    Regular,
    /// 未提前.
    NotEarly,
    /// 迟到.
    Late,
    /// 早退.
    EarlyLeave,
    /// 旷工.
    Absent,
    /// 脱岗.
    Abandoned,
    /// 有因,不计.
    Excused,
    /// 认可顶岗.
    CoverAllowed,
    /// 擅自顶岗 (D1.2.3).
    CoverNotAllowed,
}

impl DutyVerdict {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Regular => words!("正常", "regular"),
            Self::NotEarly => words!("未提前到岗", "not early"),
            Self::Late => words!("迟到", "late"),
            Self::EarlyLeave => words!("早退", "left early"),
            Self::Absent => words!("旷工", "absent"),
            Self::Abandoned => words!("脱岗", "left the post"),
            Self::Excused => words!("有因不计", "excused"),
            Self::CoverAllowed => words!("认可顶岗", "cover approved"),
            Self::CoverNotAllowed => words!("擅自顶岗", "cover without approval"),
        }
    }
}

/// Facts of somebody's shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AttendanceFact {
    /// What was planned, written by whoever wrote here before the person signed in.
    Planned {
        /// The plan.
        plan: DutyPlan,
    },
    /// 签到, with the self-check (D1.2.1).
    SignedIn {
        /// The plan.
        plan: DutyPlan,
        /// 工装整齐.
        uniform: bool,
        /// 佩戴工作牌.
        badge: bool,
        /// 说明.
        #[serde(default)]
        note: String,
    },
    /// 签退.
    SignedOut {
        /// 说明.
        #[serde(default)]
        note: String,
    },
    /// 说明 / 申诉, by the person themselves.
    Explained {
        /// What they say.
        text: String,
    },
    /// 认定.
    Decided {
        /// What it was.
        verdict: DutyVerdict,
        /// Why.
        reason: String,
    },
    /// 在岗确认 after a while without any action (D2.7.1).
    PresenceConfirmed,
    /// 离岗登记.
    LeaveAsked(Leaving),
    /// 顶岗人接受.
    CoverAccepted {
        /// Which registration.
        left: FactId,
    },
    /// 顶岗人不能接.
    CoverDeclined {
        /// Which registration.
        left: FactId,
        /// Why.
        reason: String,
    },
    /// 准予离岗.
    AwayApproved {
        /// Which registration.
        left: FactId,
    },
    /// 不准离岗.
    AwayRefused {
        /// Which registration.
        left: FactId,
        /// Why.
        reason: String,
    },
    /// 不离岗了.
    AwayWithdrawn {
        /// Which registration.
        left: FactId,
    },
    /// 回岗.
    Returned {
        /// Which registration.
        left: FactId,
    },
}

/// What people can do about a shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum AttendanceAction {
    /// 签到; on a new record: a shift one is not rostered for.
    SignIn {
        /// 工装整齐.
        uniform: bool,
        /// 佩戴工作牌.
        badge: bool,
        /// 说明.
        #[serde(default)]
        note: String,
        /// Which shift, when not rostered; the one that is on now when left out.
        #[serde(default)]
        shift: Option<RecordId>,
    },
    /// 签退.
    SignOut {
        /// 说明.
        #[serde(default)]
        note: String,
    },
    /// 说明 / 申诉.
    Explain {
        /// What is to be said.
        text: String,
    },
    /// 认定.
    Decide {
        /// What it was.
        verdict: DutyVerdict,
        /// Why.
        reason: String,
    },
    /// 在岗确认.
    ConfirmPresence,
    /// 离岗.
    LeavePost {
        /// 事由.
        reason: String,
        /// 顶岗人.
        cover: PersonRef,
        /// 预计返回.
        back_at: Timestamp,
    },
    /// 接受顶岗.
    AcceptCover,
    /// 不能顶岗.
    DeclineCover {
        /// Why.
        reason: String,
    },
    /// 准予离岗.
    ApproveAway,
    /// 不准离岗.
    RefuseAway {
        /// Why.
        reason: String,
    },
    /// 不离岗了.
    WithdrawAway,
    /// 回岗.
    Return,
}
