//! Roles and the person who signs a fact (regulations' chains of command unified, see `docs/domain.md`).

use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
use crate::words::Words;

/// What somebody is on duty as. One person may have several; a fact is signed in one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 秩序维护员: walks the rounds.
    Guard,
    /// 维修 / 保洁: carries out work orders.
    Worker,
    /// 值班员: takes calls, dispatches, keeps the book.
    DutyOfficer,
    /// 部门主任: head of security, engineering, cleaning.
    DeptHead,
    /// 客服主任: roster, spot checks, approvals.
    CsSupervisor,
    /// 客服部经理.
    CsManager,
    /// 总值班员.
    DutyManager,
    /// 项目经理 / 物业部经理.
    ProjectManager,
    /// 公司值班领导.
    CompanyOncall,
    /// 档案员.
    Archivist,
    /// Keeps the site's data and devices.
    Admin,
    /// 本机: the device itself, when SOS is held and nobody is signed in. No person ever has this role.
    Device,
}

impl Role {
    /// The title in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Guard => ("秩序维护员", "guard"),
            Self::Worker => ("维修员", "worker"),
            Self::DutyOfficer => ("值班员", "duty officer"),
            Self::DeptHead => ("部门主任", "department head"),
            Self::CsSupervisor => ("客服主任", "customer-service supervisor"),
            Self::CsManager => ("客服部经理", "customer-service manager"),
            Self::DutyManager => ("总值班员", "duty manager"),
            Self::ProjectManager => ("项目经理", "project manager"),
            Self::CompanyOncall => ("公司值班领导", "company on-call executive"),
            Self::Archivist => ("档案员", "archivist"),
            Self::Admin => ("系统管理员", "administrator"),
            Self::Device => ("本机", "this device"),
        };
        Words { zh: zh.into(), en: en.into() }
    }

    /// Dispatches, registers, closes: the desk's work (D1.1.3, D2.5, D3.2).
    #[must_use]
    pub fn runs_the_desk(self) -> bool {
        matches!(self, Self::DutyOfficer) || self.supervises()
    }

    /// Decides between two values, voids, approves (D2.3.1, A6).
    #[must_use]
    pub fn supervises(self) -> bool {
        matches!(
            self,
            Self::CsSupervisor | Self::CsManager | Self::DutyManager | Self::ProjectManager | Self::CompanyOncall
        )
    }

    /// Carries out what was dispatched: workers, guards, and the desk itself when nobody else is there.
    #[must_use]
    pub fn works_orders(self) -> bool {
        matches!(self, Self::Worker | Self::Guard | Self::DeptHead) || self.runs_the_desk()
    }

    /// Walks rounds.
    #[must_use]
    pub fn patrols(self) -> bool {
        matches!(self, Self::Guard | Self::DeptHead) || self.runs_the_desk()
    }
}

/// The person who signed a fact, as they were then: the name and role stay readable when the roster has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Signer {
    /// Whose record this is in the standing volume.
    pub person: PersonId,
    /// Name as written on the day.
    pub name: String,
    /// The role they acted in.
    pub role: Role,
}

/// Somebody named in a fact (a responsible person, a cover), with the name as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
pub struct PersonRef {
    /// The person.
    pub person: PersonId,
    /// Name as written on the day.
    pub name: String,
}

impl From<&Signer> for PersonRef {
    fn from(signer: &Signer) -> Self {
        Self { person: signer.person, name: signer.name.clone() }
    }
}
