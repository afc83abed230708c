//! What a site is made of: the definitions that stand in the standing volume, one record each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::emergency::{EscalationRoute, ManagerOncall, ResponsePlan};
use super::retention::Retention;
use super::work_category::WorkCategory;
use crate::complaint::ComplaintTopics;
use crate::engine::Urgency;
use crate::ids::RecordId;
use crate::role::Role;
use crate::telephone::PhoneLines;
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
    /// How long records are kept.
    pub retention: Retention,
    /// The telephone lines (D2.7.3).
    pub lines: PhoneLines,
    /// What complaints are about (类别), in the site's own words.
    pub complaint_topics: ComplaintTopics,
    /// Which team usually does which work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub work_categories: Vec<WorkCategory>,
    /// Spot checks (D2.3.1).
    pub spot_checks: SpotChecks,
    /// Public holidays: the managers' reachability is tested on them (D1.1.9).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Day>,
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
    /// Before a shift's end the outgoing person begins to prepare the handover.
    pub handover_prepare_min: u16,
    /// After a shift's begin yesterday's report is read, and every carried-over item taken (D1.1.2).
    pub handover_read_min: u16,
    /// Days after which an emergency number wants verifying again.
    pub contact_verify_days: u16,
    /// From the end of a day to when its report 《服务中心日报表》 is to be signed.
    pub report_sign_min: u16,
    /// From the beginning of a month to when the month before is to be sealed (D2.8.5).
    pub month_seal_min: u16,
    /// From a missed call to the call back (D2.7.2).
    pub call_back_min: u16,
    /// From a call or visit to the next contact, where nobody said when (D2.5.6).
    pub next_contact_min: u16,
    /// From a question to a department to its answer; then its head is asked (D2.8.3).
    pub chase_answer_min: u16,
    /// From a complaint to its notice to the customer-service manager (D3.4).
    pub complaint_notify_min: u16,
    /// From a complaint to its resolution plan, 重大.
    pub complaint_plan_major_min: u16,
    /// From a complaint to its resolution plan, all others.
    pub complaint_plan_min: u16,
    /// From the plan to the feedback to the complainant.
    pub complaint_feedback_min: u16,
    /// How many days back a call of the same unit or number counts as perhaps the same matter.
    pub repeat_days: u16,
    /// From a written instruction to its acknowledgement (D3.7).
    pub instruction_ack_min: u16,
    /// From a contact sheet to the department's acknowledgement (D2.8.1).
    pub contact_sheet_ack_min: u16,
    /// From a contact sheet to the department's reply.
    pub contact_sheet_reply_min: u16,
    /// From a department head's remark to the answer (D3.0).
    pub remark_answer_min: u16,
    /// From a regulation's publication until everybody has read it (D2.1).
    pub regulation_read_min: u16,
    /// From a document or minutes until everybody has signed (D3.9).
    pub document_sign_min: u16,
    /// From the request to see a recording until somebody allows it (D2.8.2).
    pub video_allow_min: u16,
    /// How long an outsider may stay before the row is shown as late (D1.2.6).
    pub visitor_stay_min: u16,
    /// From the begin of a shift at the desk to the test of its telephone lines (D2.7.3).
    pub line_test_min: u16,
    /// Without any action on a shift, after which one is asked whether one is there (D2.7.1).
    pub silence_min: u16,
    /// After which a manager's declared whereabouts are grey (D3.6).
    pub whereabouts_stale_min: u16,
    /// From a report to its ringing again, where its route does not say (D1.1.8).
    pub escalation_repeat_min: u16,
    /// From a report to calling the next one as well, likewise.
    pub escalation_next_min: u16,
    /// From an incident's first tap to the report (D1.1.8 迅速报告).
    pub incident_report_min: u16,
    /// From giving a department a task to its acknowledgement (D2.5.4).
    pub incident_task_ack_min: u16,
    /// From an incident's discovery to the written report, one department.
    pub incident_written_one_min: u16,
    /// The same with several departments.
    pub incident_written_many_min: u16,
    /// How long a reachability test waits for an answer (D1.1.9).
    pub reach_test_min: u16,
    /// How long before a shift one may sign in.
    pub shift_sign_in_min: u16,
    /// How long before a shift one is reminded of it (D1.1.1).
    pub shift_remind_min: u16,
    /// How long after a shift's start somebody who has not signed in is called, and the one before stays (D1.1.1);
    /// 0 rings never.
    pub shift_call_min: u16,
    /// How long after a shift's start the supervisor picks a cover (D1.1.1); 0 rings never.
    pub shift_cover_min: u16,
    /// How long one may leave the post with a cover and without approval (D1.2.4).
    pub away_free_min: u16,
    /// How long after the expected return the desk rings.
    pub away_desk_min: u16,
    /// How long after the expected return the supervisor is told.
    pub away_supervisor_min: u16,
    /// On the last day of a month: minutes after midnight by which the next month's roster is published (D2.4.2).
    pub roster_due_min: u16,
    /// Days before that: first reminder.
    pub roster_remind_first_days: u16,
    /// Days before that: second reminder.
    pub roster_remind_second_days: u16,
    /// Days before that: last reminder.
    pub roster_remind_last_days: u16,
    /// Rest between two shifts of one person, in minutes.
    pub roster_rest_min: u16,
    /// Days one may work in a row.
    pub roster_days_in_row: u16,
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
            handover_prepare_min: 15,
            handover_read_min: 30,
            contact_verify_days: 90,
            report_sign_min: 60,
            month_seal_min: 12 * 60,
            call_back_min: 5,
            next_contact_min: 120,
            chase_answer_min: 15,
            complaint_notify_min: 10,
            complaint_plan_major_min: 120,
            complaint_plan_min: 24 * 60,
            complaint_feedback_min: 24 * 60,
            repeat_days: 7,
            instruction_ack_min: 30,
            contact_sheet_ack_min: 10,
            contact_sheet_reply_min: 30,
            remark_answer_min: 24 * 60,
            regulation_read_min: 3 * 24 * 60,
            document_sign_min: 24 * 60,
            video_allow_min: 60,
            visitor_stay_min: 120,
            line_test_min: 60,
            silence_min: 60,
            whereabouts_stale_min: 120,
            escalation_repeat_min: 3,
            escalation_next_min: 5,
            incident_report_min: 3,
            incident_task_ack_min: 5,
            incident_written_one_min: 12 * 60,
            incident_written_many_min: 48 * 60,
            reach_test_min: 10,
            shift_sign_in_min: 60,
            shift_remind_min: 15,
            shift_call_min: 5,
            shift_cover_min: 15,
            away_free_min: 30,
            away_desk_min: 10,
            away_supervisor_min: 20,
            roster_due_min: 17 * 60 + 30,
            roster_remind_first_days: 7,
            roster_remind_second_days: 3,
            roster_remind_last_days: 1,
            roster_rest_min: 11 * 60,
            roster_days_in_row: 6,
        }
    }
}

/// How spot checks (值班抽查) are drawn and what they look at (D2.3.1; all of it the site's own).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct SpotChecks {
    /// How many a month, at least.
    pub per_month: u16,
    /// How many of them at night.
    pub at_night: u16,
    /// How many of them on a holiday or a weekend.
    pub on_holidays: u16,
    /// When the night begins.
    pub night_from: TimeOfDay,
    /// When it ends; 24:00 and beyond belong to the following day.
    pub night_to: TimeOfDay,
    /// Holidays besides Saturdays and Sundays.
    pub holidays: Vec<Day>,
    /// What is looked at, in the order of 《值班抽查记录表》.
    pub items: Vec<String>,
}

impl Default for SpotChecks {
    fn default() -> Self {
        let items = ["到岗", "着装", "工牌", "台帐", "巡视", "三声接听", "卫生", "公物", "无外人", "无违纪"];
        Self {
            per_month: 4,
            at_night: 1,
            on_holidays: 1,
            night_from: TimeOfDay(22 * 60),
            night_to: TimeOfDay(30 * 60),
            holidays: Vec::new(),
            items: items.map(Into::into).into(),
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
    /// 联系人.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub person: String,
    /// 核验日期.
    #[serde(default)]
    pub verified_on: Option<Day>,
    /// 核验人.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verified_by: String,
}
definition!(EmergencyContact, "emergency_contact", "应急电话", "emergency contact", |it| it.name.clone());

definition!(EscalationRoute, "escalation_route", "上报路线", "route of reports", |it| it.level.words().zh);
definition!(ManagerOncall, "manager_oncall", "值班联络", "manager on call", |it| it.post.clone());
definition!(ResponsePlan, "response_plan", "应急预案", "response plan", |it| it.name.clone());

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
    /// The posts it takes over when it begins: each a handover.
    #[serde(default)]
    pub posts: Vec<RecordId>,
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
