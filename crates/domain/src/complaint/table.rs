//! The one table of complaints: which event is legal in which state, what follows, who may. The fold over the facts and
//! the offers to people both read it.

use super::facts::{ComplaintAction, ComplaintFact};
use super::view::ComplaintState;
use crate::role::Role;
use crate::words;
use crate::words::Words;
use crate::work_order::Opinion;

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Lodged,
    Notified,
    Reported,
    Acknowledged,
    Assigned,
    Graded,
    Judged,
    Planned,
    ToldBack,
    Worked,
    Settled,
    Pleased,
    Displeased,
    NotReached,
    FollowedUp,
    Closed,
    Reopened,
    Commented,
    NextContactSet,
    Chased,
    ChaseAnswered,
}

impl Event {
    fn parts(self) -> (&'static str, Words, Words) {
        match self {
            Self::Lodged => ("lodge", words!("登记", "register"), words!("登记", "registered")),
            Self::Notified => (
                "notify",
                words!("通知客服部经理", "tell the customer-service manager"),
                words!("通知客服部经理", "customer-service manager told"),
            ),
            Self::Reported => (
                "report",
                words!("报项目经理", "tell the project manager"),
                words!("报项目经理", "project manager told"),
            ),
            Self::Acknowledged => ("acknowledge", words!("已阅", "I have read it"), words!("已阅", "read")),
            Self::Assigned => (
                "assign",
                words!("指定责任部门/人", "name who answers for it"),
                words!("责任部门/人", "who answers for it"),
            ),
            Self::Graded => ("grade", words!("定性质", "grade it"), words!("性质", "graded")),
            Self::Judged => ("judge", words!("判定有效/无效", "judge it"), words!("有效/无效", "judged")),
            Self::Planned => ("plan", words!("出处理方案", "make a plan"), words!("处理方案", "plan")),
            Self::ToldBack => {
                ("tell_back", words!("反馈投诉人", "tell the complainant"), words!("反馈投诉人", "complainant told"))
            }
            Self::Worked => ("work", words!("记处理过程", "note what was done"), words!("处理过程", "work noted")),
            Self::Settled => ("settle", words!("记处理结果", "note the result"), words!("处理结果", "result")),
            Self::Pleased | Self::Displeased => (
                "take_opinion",
                words!("征求投诉人意见", "ask for the complainant’s opinion"),
                words!("投诉人意见", "complainant’s opinion"),
            ),
            Self::NotReached => (
                "not_reached",
                words!("无法联系投诉人", "the complainant cannot be reached"),
                words!("无法联系投诉人", "complainant not to be reached"),
            ),
            Self::FollowedUp => ("follow_up", words!("回访", "follow up"), words!("回访", "followed up")),
            Self::Closed => ("close", words!("关闭", "close"), words!("关闭", "closed")),
            Self::Reopened => ("reopen", words!("重新打开", "open again"), words!("重新打开", "opened again")),
            Self::Commented => {
                ("comment", words!("写经理意见", "manager’s opinion"), words!("经理意见", "manager’s opinion"))
            }
            Self::NextContactSet => (
                "set_next_contact",
                words!("改下次联系时间", "change the next contact"),
                words!("下次联系时间", "next contact"),
            ),
            Self::Chased => ("chase", words!("催办/询办", "chase"), words!("催办/询办", "chased")),
            Self::ChaseAnswered => {
                ("answer_chase", words!("记询办答复", "note the answer"), words!("询办答复", "answered"))
            }
        }
    }

    /// The action's word.
    pub(super) fn action(self) -> &'static str {
        self.parts().0
    }

    /// The button.
    pub(super) fn words(self) -> Words {
        self.parts().1
    }

    /// The event as something that happened.
    pub(super) fn past(self) -> Words {
        self.parts().2
    }

    /// Whether a fact signed in this role can be in force.
    pub(super) fn role_may(self, role: Role) -> bool {
        match self {
            // Whoever is spoken to writes it down; whoever works on it says what was done.
            Self::Lodged | Self::Worked | Self::ChaseAnswered => role.works_orders(),
            Self::Planned | Self::Settled => role.runs_the_desk() || role == Role::DeptHead,
            Self::Acknowledged => matches!(role, Role::CsManager | Role::ProjectManager),
            // A letter without a name has nobody to tell or to ask; that it is so a manager answers for.
            Self::Commented | Self::NotReached => decides(role),
            _ => role.runs_the_desk(),
        }
    }
}

/// Whether `role` decides what a complaint is, and may plan before anybody was told: the customer-service manager and
/// whoever stands above.
pub(super) fn decides(role: Role) -> bool {
    matches!(role, Role::CsManager | Role::DutyManager | Role::ProjectManager | Role::CompanyOncall)
}

impl ComplaintFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Lodged(_) => Event::Lodged,
            Self::Notified { .. } => Event::Notified,
            Self::Reported { .. } => Event::Reported,
            Self::Acknowledged => Event::Acknowledged,
            Self::Assigned { .. } => Event::Assigned,
            Self::Graded { .. } => Event::Graded,
            Self::Judged { .. } => Event::Judged,
            Self::Planned { .. } => Event::Planned,
            Self::ToldBack { .. } => Event::ToldBack,
            Self::Worked { .. } => Event::Worked,
            Self::Settled { .. } => Event::Settled,
            Self::OpinionTaken { opinion: Opinion::Unsatisfied, .. } => Event::Displeased,
            Self::OpinionTaken { .. } => Event::Pleased,
            Self::NotReached { .. } => Event::NotReached,
            Self::FollowedUp(_) => Event::FollowedUp,
            Self::Closed { .. } => Event::Closed,
            Self::Reopened { .. } => Event::Reopened,
            Self::Commented { .. } => Event::Commented,
            Self::NextContactSet { .. } => Event::NextContactSet,
            Self::Chased { .. } => Event::Chased,
            Self::ChaseAnswered { .. } => Event::ChaseAnswered,
        }
    }
}

impl ComplaintAction {
    /// The event; none for a decision, which may be about any of three.
    pub(super) fn event(&self) -> Option<Event> {
        Some(match self {
            Self::Decide { .. } => return None,
            Self::Lodge(_) => Event::Lodged,
            Self::Notify { .. } => Event::Notified,
            Self::Report { .. } => Event::Reported,
            Self::Acknowledge => Event::Acknowledged,
            Self::Assign { .. } => Event::Assigned,
            Self::Grade { .. } => Event::Graded,
            Self::Judge { .. } => Event::Judged,
            Self::Plan { .. } => Event::Planned,
            Self::TellBack { .. } => Event::ToldBack,
            Self::Work { .. } => Event::Worked,
            Self::Settle { .. } => Event::Settled,
            Self::TakeOpinion { .. } => Event::Pleased,
            Self::NotReach { .. } => Event::NotReached,
            Self::FollowUp(_) => Event::FollowedUp,
            Self::Close { .. } => Event::Closed,
            Self::Reopen { .. } => Event::Reopened,
            Self::Comment { .. } => Event::Commented,
            Self::SetNextContact { .. } => Event::NextContactSet,
            Self::Chase { .. } => Event::Chased,
            Self::AnswerChase { .. } => Event::ChaseAnswered,
        })
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) then: ComplaintState,
    /// Whether it is offered. What is not is still in force when it arrives: somebody did it without knowing better.
    pub(super) offered: bool,
}

/// The table (D3.4). Everything that is not in it is not legal there.
pub(super) fn rule(state: ComplaintState, event: Event) -> Option<Rule> {
    use ComplaintState::{Answered, Closed, FollowedUp, Handling, Lodged, Notified, Planned, Settled, ToldBack};
    let (then, offered) = match (event, state) {
        (Event::Notified | Event::Acknowledged, Lodged) => (Notified, true),
        (Event::Notified, _) => (state, false),
        (Event::Reported | Event::Acknowledged, _) => (state, state != Closed),

        (Event::Assigned | Event::Graded | Event::Judged | Event::Chased, _) => (state, state != Closed),
        (Event::Commented, _) => (state, true),
        (Event::ChaseAnswered, _) => (state, state != Closed),
        (Event::NextContactSet, _) => (state, !matches!(state, Lodged | Closed)),

        (Event::Planned, Lodged | Notified) => (Planned, true),
        // Another plan wants telling again.
        (Event::Planned, Planned | ToldBack | Handling) => (Planned, true),
        (Event::Planned, _) => (state, false),

        (Event::ToldBack, Planned) => (ToldBack, true),
        // In between: how it goes.
        (Event::ToldBack, Notified | ToldBack | Handling) => (state, true),
        (Event::ToldBack, _) => (state, false),

        (Event::Worked, ToldBack | Handling) => (Handling, true),
        // What could not wait for the plan.
        (Event::Worked, Notified | Planned) => (state, true),
        (Event::Worked, _) => (state, false),

        (Event::Settled, ToldBack | Handling) => (Settled, true),
        // The plan was changed in another place meanwhile.
        (Event::Settled, Planned) => (Settled, false),
        (Event::Settled, _) => (state, false),

        (Event::Pleased, Settled) => (Answered, true),
        (Event::Pleased, _) => (state, false),
        // 不满意: it begins anew, whoever has heard something better meanwhile.
        (Event::Displeased, Settled | Answered | FollowedUp | Closed) => (Notified, false),
        (Event::Displeased, _) => (state, false),

        // In place of telling them, and of asking them.
        (Event::NotReached, Planned) => (ToldBack, true),
        (Event::NotReached, Settled) => (Answered, true),
        (Event::NotReached, _) => (state, false),

        (Event::FollowedUp, Answered | FollowedUp) => (FollowedUp, true),
        (Event::FollowedUp, _) => (state, false),
        (Event::Closed, Answered | FollowedUp) => (Closed, true),
        (Event::Closed, Closed) => (Closed, false),
        (Event::Closed, _) => return None,
        (Event::Reopened, Answered | FollowedUp | Closed) => (Notified, true),
        (Event::Reopened, _) => (state, false),
        (Event::Lodged, _) => return None,
    };
    Some(Rule { then, offered })
}
