//! What a site is made of: the definitions that stand in the standing volume, one record each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::Urgency;
use crate::ids::RecordId;
use crate::role::Role;
use crate::time::{Day, TimeOfDay, Zone};
use crate::words;
use crate::words::Words;

/// A definition: what one kind of standing item says.
pub trait Definition:
    Clone + PartialEq + Serialize + serde::de::DeserializeOwned + specta::Type + std::fmt::Debug + 'static
{
    /// The item's kind, as in `meta/kind`.
    const KIND: &'static str;
    /// The kind as people call it.
    fn kind_words() -> Words;
    /// What the item is called, for lists and the ledger.
    fn title(&self) -> String;
}

macro_rules! definition {
    ($name:ident, $kind:literal, $zh:literal, $en:literal, $title:expr) => {
        impl Definition for $name {
            const KIND: &'static str = $kind;
            fn kind_words() -> Words {
                words!($zh, $en)
            }
            fn title(&self) -> String {
                let title: fn(&Self) -> String = $title;
                title(self)
            }
        }
    };
}

/// The site itself: names and every default that the regulations leave open (`docs/domain.md` lists them).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Settings {
    /// Name of the property project.
    pub site_name: String,
    /// Name of the service centre, the heading of printed forms.
    pub centre_name: String,
    /// Offset from UTC in minutes.
    pub zone: Zone,
    /// The clocks.
    pub timers: Timers,
}

definition!(Settings, "settings", "站点", "site", |it| it.site_name.clone());

/// The clocks in minutes (defaults where the regulations are silent).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Timers {
    /// From report to dispatch, 特急.
    pub dispatch_critical_min: u16,
    /// From report to dispatch, all others.
    pub dispatch_min: u16,
    /// From dispatch to acceptance.
    pub accept_min: u16,
    /// From acceptance to arrival, 特急.
    pub arrive_critical_min: u16,
    /// From acceptance to arrival, 紧急.
    pub arrive_urgent_min: u16,
    /// From acceptance to arrival, 一般, when no appointment says otherwise.
    pub arrive_normal_min: u16,
    /// From completion to the follow-up call, 特急.
    pub followup_critical_min: u16,
    /// From completion to the follow-up call, all others.
    pub followup_min: u16,
    /// Nudge before a checkpoint's window ends.
    pub patrol_nudge_min: u16,
    /// From the window's end to the desk's alarm for a missed checkpoint.
    pub patrol_missed_min: u16,
    /// Signing in before a shift counts as early enough for the handover (D2.9.1).
    pub shift_early_min: u16,
    /// Days after which an emergency number wants verifying again.
    pub contact_verify_days: u16,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            dispatch_critical_min: 2,
            dispatch_min: 10,
            accept_min: 5,
            arrive_critical_min: 10,
            arrive_urgent_min: 30,
            arrive_normal_min: 120,
            followup_critical_min: 120,
            followup_min: 24 * 60,
            patrol_nudge_min: 10,
            patrol_missed_min: 15,
            shift_early_min: 5,
            contact_verify_days: 90,
        }
    }
}

/// Somebody who signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Person {
    /// Name, or title where the site does not give names.
    pub name: String,
    /// The roles they may act in; the first is the usual one.
    pub roles: Vec<Role>,
    /// Department or team.
    #[serde(default)]
    pub team: String,
    /// Telephone.
    #[serde(default)]
    pub phone: String,
    /// PIN as an Argon2id hash in PHC form; empty until one is set.
    #[serde(default)]
    pub pin_hash: String,
}
definition!(Person, "person", "人员", "person", |it| it.name.clone());

/// Where somebody is on duty (岗位), with the things that belong there (公物).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Post {
    /// Name.
    pub name: String,
    /// Things counted at every handover (D2.9.2).
    #[serde(default)]
    pub inventory: Vec<InventoryItem>,
}
definition!(Post, "post", "岗位", "post", |it| it.name.clone());

/// One thing of a post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct InventoryItem {
    /// 品名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// 应有.
    pub expected: u16,
}

/// A place; key areas (重点部位) are watched more closely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Place {
    /// Name.
    pub name: String,
    /// Whether it is a key area (D1.1.5).
    #[serde(default)]
    pub key_area: bool,
    /// Which floor or part of the site.
    #[serde(default)]
    pub area: String,
    /// What to mind there.
    #[serde(default)]
    pub note: String,
}
definition!(Place, "place", "部位", "place", |it| it.name.clone());

/// What a checklist item guards against or belongs to (D1.1.5 防盗/防火/防灾, D1.1.7 安防/水电/设施设备/环境).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// 防盗.
    Theft,
    /// 防火.
    Fire,
    /// 防灾.
    Disaster,
    /// 安防.
    Security,
    /// 水电.
    WaterPower,
    /// 设施设备.
    Equipment,
    /// 环境.
    Environment,
}

/// Things to look at, used by checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Checklist {
    /// Name.
    pub name: String,
    /// Items in the order they are walked.
    pub items: Vec<ChecklistItem>,
}
definition!(Checklist, "checklist", "检查表", "checklist", |it| it.name.clone());

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ChecklistItem {
    /// Stable key within the checklist.
    pub key: String,
    /// 检查项.
    pub name: String,
    /// 标准: what normal looks like.
    #[serde(default)]
    pub standard: String,
    /// Which family it belongs to.
    pub family: Family,
    /// Unit of a reading, such as MPa; none for a plain look.
    #[serde(default)]
    pub unit: Option<String>,
    /// What an order from this item usually is, to prefill it.
    #[serde(default)]
    pub order_urgency: Option<Urgency>,
}

/// A checkpoint (巡查点) with its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Checkpoint {
    /// Name.
    pub name: String,
    /// Where it is.
    pub place: RecordId,
    /// What its QR code or tag says.
    pub code: String,
    /// What to look at.
    pub checklist: RecordId,
}
definition!(Checkpoint, "checkpoint", "巡查点", "checkpoint", |it| it.name.clone());

/// What kind of rounds a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    /// 巡更: guard tour.
    GuardTour,
    /// 防火巡查.
    Fire,
    /// 下班前全面巡检 (D1.1.7).
    BeforeClosing,
}

/// A route: which checkpoints, in which windows, at which times of day. The plan that runs are made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Route {
    /// Name.
    pub name: String,
    /// What it is for.
    pub kind: RouteKind,
    /// The post that walks it.
    pub post: RecordId,
    /// Times of day at which a run begins. Each is one slot, called by its minutes after midnight.
    pub starts: Vec<TimeOfDay>,
    /// Days of the week, 1 = Monday; empty means every day.
    #[serde(default)]
    pub weekdays: Vec<u8>,
    /// Stops in the usual order.
    pub stops: Vec<Stop>,
}
definition!(Route, "route", "路线", "route", |it| it.name.clone());

/// One stop of a route, with its window counted from the run's start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Stop {
    /// The checkpoint.
    pub checkpoint: RecordId,
    /// Window opens, minutes after the start.
    pub from_min: u16,
    /// Window closes, minutes after the start.
    pub to_min: u16,
}

/// A flat, shop or office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Unit {
    /// Building (栋), as spoken: "3".
    pub building: String,
    /// Entrance (单元); empty where there is none.
    #[serde(default)]
    pub entrance: String,
    /// Room (房号): "1502".
    pub room: String,
    /// Who lives or works there.
    #[serde(default)]
    pub occupants: Vec<Occupant>,
    /// What to mind there (宠物, 老人独居 …).
    #[serde(default)]
    pub note: String,
}
definition!(Unit, "unit", "房号", "unit", Unit::label);

impl Unit {
    /// "3-2-1502", the short form that people type and that orders carry.
    #[must_use]
    pub fn label(&self) -> String {
        [&self.building, &self.entrance, &self.room]
            .into_iter()
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join("-")
    }
}

/// A resident or tenant (业户).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Occupant {
    /// 姓名 or 称呼.
    pub name: String,
    /// Telephone.
    #[serde(default)]
    pub phone: String,
}

/// The kinds of emergency contacts: the six of D1.1.6 and the usual others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ContactCategory {
    /// 派出所.
    Police,
    /// 消防.
    FireBrigade,
    /// 医院.
    Hospital,
    /// 供水.
    Water,
    /// 供气.
    Gas,
    /// 供电.
    Power,
    /// 电梯维保.
    Lift,
    /// 居委会.
    Neighbourhood,
    /// 防汛.
    Flood,
    /// 物业内部 (总值班, 公司值班).
    Internal,
}

/// One line of 《应急联系电话表》.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EmergencyContact {
    /// 单位.
    pub name: String,
    /// Which kind.
    pub category: ContactCategory,
    /// 电话, in the order to try.
    pub phones: Vec<String>,
    /// 适用事项.
    #[serde(default)]
    pub when: String,
    /// 核验日期.
    #[serde(default)]
    pub verified_on: Option<Day>,
}
definition!(EmergencyContact, "emergency_contact", "应急电话", "emergency contact", |it| it.name.clone());

/// A shift (班次).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Shift {
    /// 早班, 中班, 夜班.
    pub name: String,
    /// One character for the month grid.
    pub mark: String,
    /// Begins.
    pub from: TimeOfDay,
    /// Ends; 24:00 and beyond reach into the next day.
    pub to: TimeOfDay,
}
definition!(Shift, "shift", "班次", "shift", |it| it.name.clone());

/// A month's roster 《客服排班表》 as planned: who works which shift on which day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Roster {
    /// `YYYY-MM`.
    pub month: String,
    /// Person → marks of the month's days, one character a day (`早早中休…`).
    pub rows: BTreeMap<RecordId, String>,
}
definition!(Roster, "roster", "排班表", "roster", |it| it.month.clone());
