//! The fixed sets of words that a site file may use, in Chinese or by their English identifiers.

use super::read::Choice;
use crate::engine::Urgency;
use crate::escalation::Level;
use crate::role::Role;
use crate::site::{ContactCategory, Family, IncidentCategory, RouteKind};

macro_rules! choices {
    ($($zh:literal $id:literal $value:expr),+ $(,)?) => {
        &[$(Choice { zh: $zh, id: $id, value: $value }),+]
    };
}

pub(super) const ROLES: &[Choice<Role>] = choices![
    "秩序维护员" "guard" Role::Guard,
    "保安" "guard" Role::Guard,
    "维修员" "worker" Role::Worker,
    "保洁员" "worker" Role::Worker,
    "值班员" "duty_officer" Role::DutyOfficer,
    "部门主任" "dept_head" Role::DeptHead,
    "客服主任" "cs_supervisor" Role::CsSupervisor,
    "客服部经理" "cs_manager" Role::CsManager,
    "总值班员" "duty_manager" Role::DutyManager,
    "项目经理" "project_manager" Role::ProjectManager,
    "公司值班领导" "company_oncall" Role::CompanyOncall,
    "档案员" "archivist" Role::Archivist,
    "系统管理员" "admin" Role::Admin,
];

pub(super) const FAMILIES: &[Choice<Family>] = choices![
    "防盗" "theft" Family::Theft,
    "防火" "fire" Family::Fire,
    "防灾" "disaster" Family::Disaster,
    "安防" "security" Family::Security,
    "水电" "water_power" Family::WaterPower,
    "设施设备" "equipment" Family::Equipment,
    "环境" "environment" Family::Environment,
];

pub(super) const URGENCIES: &[Choice<Urgency>] = choices![
    "特急" "critical" Urgency::Critical,
    "紧急" "urgent" Urgency::Urgent,
    "一般" "normal" Urgency::Normal,
    "计划" "planned" Urgency::Planned,
];

pub(super) const ROUTE_KINDS: &[Choice<RouteKind>] = choices![
    "巡更" "guard_tour" RouteKind::GuardTour,
    "防火巡查" "fire" RouteKind::Fire,
    "下班前全面巡检" "before_closing" RouteKind::BeforeClosing,
];

pub(super) const CATEGORIES: &[Choice<ContactCategory>] = choices![
    "派出所" "police" ContactCategory::Police,
    "消防" "fire_brigade" ContactCategory::FireBrigade,
    "医院" "hospital" ContactCategory::Hospital,
    "供水" "water" ContactCategory::Water,
    "供气" "gas" ContactCategory::Gas,
    "供电" "power" ContactCategory::Power,
    "电梯维保" "lift" ContactCategory::Lift,
    "居委会" "neighbourhood" ContactCategory::Neighbourhood,
    "防汛" "flood" ContactCategory::Flood,
    "物业内部" "internal" ContactCategory::Internal,
];

pub(super) const LEVELS: &[Choice<Level>] = choices![
    "一般" "ordinary" Level::Ordinary,
    "疑难" "difficult" Level::Difficult,
    "重大" "major" Level::Major,
    "突发" "sudden" Level::Sudden,
];

pub(super) const INCIDENTS: &[Choice<IncidentCategory>] = choices![
    "火灾" "fire" IncidentCategory::Fire,
    "水浸" "flood" IncidentCategory::Flood,
    "电梯困人" "lift" IncidentCategory::Lift,
    "停电" "power" IncidentCategory::Power,
    "燃气泄漏" "gas" IncidentCategory::Gas,
    "盗窃" "theft" IncidentCategory::Theft,
    "打架斗殴" "fight" IncidentCategory::Fight,
    "人员伤病" "medical" IncidentCategory::Medical,
    "其他" "other" IncidentCategory::Other,
];
