//! What a site prepares for emergencies: whom a report goes to, in which order managers are called, and the response
//! plans with their action cards.

use serde::{Deserialize, Serialize};

use super::Site;
use super::items::Timers;
use crate::escalation::Level;
use crate::ids::{PersonId, RecordId};
use crate::role::Role;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// Whom a report of a level goes to (D1.2.5, D2.7.2, A6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EscalationRoute {
    /// Which level.
    pub level: Level,
    /// Lines that are called at the same time; in each the roles in calling order.
    pub lines: Vec<Vec<Role>>,
    /// Rings again after so many minutes.
    pub repeat_min: u16,
    /// Calls the next one of a line as well after so many minutes.
    pub next_min: u16,
}

impl EscalationRoute {
    /// The route of a site that has none of its own for a level.
    #[must_use]
    pub fn usual(level: Level, timers: &Timers) -> Self {
        use Role::{CompanyOncall, CsManager, CsSupervisor, DutyManager, DutyOfficer, ProjectManager};
        let lines = match level {
            Level::Ordinary => vec![vec![DutyOfficer]],
            Level::Difficult => vec![vec![CsSupervisor, CsManager]],
            Level::Major => vec![vec![CsSupervisor, CsManager], vec![ProjectManager, DutyManager]],
            Level::Sudden => vec![vec![DutyManager, ProjectManager], vec![CompanyOncall]],
        };
        let (repeat_min, next_min) = (timers.escalation_repeat_min, timers.escalation_next_min);
        Self { level, lines, repeat_min, next_min }
    }
}

/// One line of 《管理人员值班联络表》 (D2.8.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ManagerOncall {
    /// Who; name and mobile number stand with the person.
    pub person: RecordId,
    /// 职务.
    pub post: String,
    /// 备用电话.
    #[serde(default)]
    pub backup: String,
    /// 分管事项.
    #[serde(default)]
    pub topics: String,
    /// 呼叫顺序, the lowest first.
    pub order: u16,
}

/// What kind of emergency (突发事件类别).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum IncidentCategory {
    /// 火灾.
    Fire,
    /// 水浸.
    Flood,
    /// 电梯困人.
    Lift,
    /// 停电.
    Power,
    /// 燃气泄漏.
    Gas,
    /// 盗窃.
    Theft,
    /// 打架斗殴.
    Fight,
    /// 人员伤病.
    Medical,
    /// 其他.
    #[default]
    Other,
}

impl IncidentCategory {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Fire,
        Self::Flood,
        Self::Lift,
        Self::Power,
        Self::Gas,
        Self::Theft,
        Self::Fight,
        Self::Medical,
        Self::Other,
    ];

    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Fire => words!("火灾", "fire"),
            Self::Flood => words!("水浸", "flooding"),
            Self::Lift => words!("电梯困人", "people in a lift"),
            Self::Power => words!("停电", "power cut"),
            Self::Gas => words!("燃气泄漏", "gas leak"),
            Self::Theft => words!("盗窃", "theft"),
            Self::Fight => words!("打架斗殴", "fight"),
            Self::Medical => words!("人员伤病", "injury or illness"),
            Self::Other => words!("其他", "other"),
        }
    }
}

/// A response plan (应急预案) with its action card (应急处置卡): short steps that can be ticked in the dark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ResponsePlan {
    /// Name.
    pub name: String,
    /// For what.
    pub category: IncidentCategory,
    /// Steps in order, each one sentence.
    pub steps: Vec<String>,
    /// What must not be done (禁止).
    #[serde(default)]
    pub never: Vec<String>,
    /// Emergency contacts to call, in order.
    #[serde(default)]
    pub call: Vec<RecordId>,
}

impl Site {
    /// Whom a report of this level goes to.
    #[must_use]
    pub fn escalation_route(&self, level: Level) -> EscalationRoute {
        let own = self.escalation_routes.values().find(|route| route.level == level);
        own.cloned().unwrap_or_else(|| EscalationRoute::usual(level, &self.settings.timers))
    }

    /// Where somebody stands in the managers' call list; who is not on it comes last.
    #[must_use]
    pub fn call_order(&self, person: PersonId) -> u16 {
        let lines = self.oncall.values().filter(|line| line.person == person);
        lines.map(|line| line.order).min().unwrap_or(u16::MAX)
    }

    /// Whether the roster has somebody on shift at this moment.
    #[must_use]
    pub fn on_shift(&self, person: PersonId, at: Timestamp) -> bool {
        let zone = self.settings.zone;
        let today = at.day(zone);
        [today, today.before()].into_iter().any(|day| {
            let (year, month) = day.month();
            let month = format!("{year:04}-{month:02}");
            let rosters = self.rosters.values().filter(|roster| roster.month == month);
            rosters.filter_map(|roster| roster.rows.get(&person)).any(|row| {
                use chrono::Datelike;
                let mark = row.chars().nth(day.0.day0() as usize).map(String::from);
                self.shifts.values().filter(|shift| Some(&shift.mark) == mark.as_ref()).any(|shift| {
                    let (from, to) = (day.at(i64::from(shift.from.0), zone), day.at(i64::from(shift.to.0), zone));
                    (from..to).contains(&at)
                })
            })
        })
    }
}
