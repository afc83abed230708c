//! The one table of work orders: which event is legal in which state, what follows, who may. The fold over the facts and
//! the offers to people both read it.

use super::facts::{WorkOrderAction, WorkOrderFact};
use super::view::{State, WorkOrderView};
use crate::role::{Role, Signer};
use crate::words;
use crate::words::Words;

/// What can happen, without its details: the table's columns. Each is the word of one fact and of one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Reported,
    Dispatched,
    Refused,
    Accepted,
    Departed,
    Arrived,
    Started,
    Paused,
    Resumed,
    Transferred,
    Finished,
    MaterialUsed,
    Confirmed,
    FollowedUp,
    Closed,
    Voided,
    UrgencySet,
    ResponsibleSet,
    Chased,
    ChaseAnswered,
    Photo,
}

impl Event {
    fn parts(self) -> (&'static str, &'static str, Words) {
        match self {
            Self::Reported => ("reported", "report", words!("报修", "report")),
            Self::Dispatched => ("dispatched", "dispatch", words!("派工", "dispatch")),
            Self::Refused => ("refused", "refuse", words!("拒接", "refuse")),
            Self::Accepted => ("accepted", "accept", words!("接单", "accept")),
            Self::Departed => ("departed", "depart", words!("出发", "set off")),
            Self::Arrived => ("arrived", "arrive", words!("到场", "arrive")),
            Self::Started => ("started", "start", words!("开始处理", "start work")),
            Self::Paused => ("paused", "pause", words!("暂停", "pause")),
            Self::Resumed => ("resumed", "resume", words!("继续处理", "resume work")),
            Self::Transferred => ("transferred", "transfer", words!("转派", "transfer")),
            Self::Finished => ("finished", "finish", words!("完成", "finish")),
            Self::MaterialUsed => ("material_used", "use_material", words!("用料", "note material")),
            Self::Confirmed => ("confirmed", "confirm", words!("业户确认", "occupant confirms")),
            Self::FollowedUp => ("followed_up", "follow_up", words!("回访", "follow up")),
            Self::Closed => ("closed", "close", words!("关闭", "close")),
            Self::Voided => ("voided", "void", words!("作废", "void")),
            Self::UrgencySet => ("urgency_set", "set_urgency", words!("调整紧急程度", "change urgency")),
            Self::ResponsibleSet => {
                ("responsible_set", "set_responsible", words!("指定责任人", "name who is responsible"))
            }
            Self::Chased => ("chased", "chase", words!("催办/询办", "chase")),
            Self::ChaseAnswered => ("chase_answered", "answer_chase", words!("答复询办", "answer the question")),
            Self::Photo => ("photo_placeholder", "photo", words!("拍照", "photo")),
        }
    }

    /// The fact's word.
    pub(super) fn fact(self) -> &'static str {
        self.parts().0
    }

    /// The action's word.
    pub(super) fn action(self) -> &'static str {
        self.parts().1
    }

    /// What people call it.
    pub(super) fn words(self) -> Words {
        self.parts().2
    }

    /// The event as something that happened; in Chinese the same word.
    pub(super) fn past(self) -> Words {
        let en = match self {
            Self::Reported => "reported",
            Self::Dispatched => "dispatched",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Departed => "set off",
            Self::Arrived => "arrived",
            Self::Started => "work started",
            Self::Paused => "paused",
            Self::Resumed => "work resumed",
            Self::Transferred => "transferred",
            Self::Finished => "finished",
            Self::MaterialUsed => "material used",
            Self::Confirmed => "confirmed by the occupant",
            Self::FollowedUp => "followed up",
            Self::Closed => "closed",
            Self::Voided => "voided",
            Self::UrgencySet => "urgency set",
            Self::ResponsibleSet => "responsible person named",
            Self::Chased => "chased",
            Self::ChaseAnswered => "question answered",
            Self::Photo => "photo taken",
        };
        Words { zh: self.words().zh, en: en.into() }
    }

    /// Steps of somebody's own work, which count in their hours even when they come too late for the order.
    pub(super) fn own_work(self) -> bool {
        matches!(self, Self::Accepted | Self::Departed | Self::Arrived | Self::Started | Self::Finished)
    }
}

impl WorkOrderFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Reported(_) => Event::Reported,
            Self::Dispatched(_) => Event::Dispatched,
            Self::Refused { .. } => Event::Refused,
            Self::Accepted => Event::Accepted,
            Self::Departed => Event::Departed,
            Self::Arrived => Event::Arrived,
            Self::Started => Event::Started,
            Self::Paused { .. } => Event::Paused,
            Self::Resumed => Event::Resumed,
            Self::Transferred { .. } => Event::Transferred,
            Self::Finished(_) => Event::Finished,
            Self::MaterialUsed(_) => Event::MaterialUsed,
            Self::Confirmed(_) => Event::Confirmed,
            Self::FollowedUp(_) => Event::FollowedUp,
            Self::Closed { .. } => Event::Closed,
            Self::Voided { .. } => Event::Voided,
            Self::UrgencySet { .. } => Event::UrgencySet,
            Self::ResponsibleSet { .. } => Event::ResponsibleSet,
            Self::Chased { .. } => Event::Chased,
            Self::ChaseAnswered { .. } => Event::ChaseAnswered,
            Self::PhotoPlaceholder { .. } => Event::Photo,
        }
    }
}

impl WorkOrderAction {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Report(_) => Event::Reported,
            Self::Dispatch(_) => Event::Dispatched,
            Self::Accept => Event::Accepted,
            Self::Refuse { .. } => Event::Refused,
            Self::Depart => Event::Departed,
            Self::Arrive => Event::Arrived,
            Self::Start => Event::Started,
            Self::Pause { .. } => Event::Paused,
            Self::Resume => Event::Resumed,
            Self::Transfer { .. } => Event::Transferred,
            Self::Finish(_) => Event::Finished,
            Self::UseMaterial(_) => Event::MaterialUsed,
            Self::Confirm(_) => Event::Confirmed,
            Self::FollowUp(_) => Event::FollowedUp,
            Self::Close { .. } => Event::Closed,
            Self::Void { .. } => Event::Voided,
            Self::SetUrgency { .. } => Event::UrgencySet,
            Self::SetResponsible { .. } | Self::DecideResponsible { .. } => Event::ResponsibleSet,
            Self::Chase { .. } => Event::Chased,
            Self::AnswerChase { .. } => Event::ChaseAnswered,
            Self::Photo { .. } => Event::Photo,
        }
    }
}

/// What a fact does to the order's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// It becomes this.
    To(State),
    /// It stays.
    Stay,
    /// It goes back to 待派, unless somebody is still on it or still asked.
    Back,
}

/// Who may do something. Roles alone decide whether a fact is in force; who exactly is asked decides what is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Everybody who carries out orders.
    Anyone,
    /// Whoever is asked, or anybody while nobody is (抢单); the desk for somebody who called in.
    Asked,
    /// Only whoever was asked or has accepted.
    Theirs,
    /// Whoever has accepted; the desk for somebody who called in.
    Crew,
    /// The desk.
    Desk,
    /// Those who supervise.
    Supervisor,
}

impl Right {
    /// Whether a fact signed in this role can be in force.
    pub(super) fn role_may(self, role: Role) -> bool {
        match self {
            Self::Anyone | Self::Asked | Self::Theirs | Self::Crew => role.works_orders(),
            Self::Desk => role.runs_the_desk(),
            Self::Supervisor => role.supervises(),
        }
    }

    /// Whether this is offered to `who` as things stand.
    pub(super) fn person_may(self, view: &WorkOrderView, who: &Signer) -> bool {
        let desk = who.role.runs_the_desk();
        let on_it = view.on_it(who.person);
        let asked = view.asked(who.person);
        self.role_may(who.role)
            && match self {
                Self::Anyone | Self::Desk | Self::Supervisor => true,
                Self::Asked if on_it => false,
                // Once somebody has it, only people who were asked by name come along.
                Self::Asked => asked || if view.awaited.is_empty() { !view.taken() } else { desk },
                Self::Theirs => asked || on_it,
                Self::Crew => on_it || (desk && view.taken()),
            }
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) then: Move,
    pub(super) right: Right,
    /// Whether it is offered. What is not is still in force when it arrives: somebody did it without knowing better.
    pub(super) offered: bool,
}

/// The table: which event is legal in which state, what follows, who may. Everything else is not legal there.
pub(super) fn rule(state: State, event: Event) -> Option<Rule> {
    use Move::{Back, Stay, To};
    use State::{
        Accepted, Arrived, AwaitingFollowup, Closed, Dispatched, EnRoute, Finished, FollowedUp, Paused, Pending,
        Voided, Working,
    };
    let (then, right, offered) = match (event, state) {
        (Event::Dispatched, Pending) => (To(Dispatched), Right::Desk, true),
        // Two desks that sent somebody without seeing each other.
        (Event::Dispatched, Dispatched) => (Stay, Right::Desk, false),
        // 加派: more people for the same order.
        (Event::Dispatched, Accepted | EnRoute | Arrived | Working | Paused) => (Stay, Right::Desk, true),
        // 返工.
        (Event::Dispatched, Finished | AwaitingFollowup | FollowedUp) => (To(Dispatched), Right::Desk, true),

        (Event::Accepted, Pending | Dispatched) => (To(Accepted), Right::Asked, true),
        (Event::Accepted, Accepted | EnRoute | Arrived | Working | Paused) => (Stay, Right::Asked, true),
        (Event::Refused, Dispatched | Accepted | EnRoute) => (Back, Right::Theirs, true),

        (Event::Departed, Accepted) => (To(EnRoute), Right::Crew, true),
        (Event::Arrived, Accepted | EnRoute) => (To(Arrived), Right::Crew, true),
        (Event::Started, Accepted | EnRoute | Arrived) => (To(Working), Right::Crew, true),
        (Event::Paused, Arrived | Working) => (To(Paused), Right::Crew, true),
        (Event::Resumed, Paused) => (To(Working), Right::Crew, true),
        (Event::Finished, Arrived | Working) => (To(Finished), Right::Crew, true),
        // One paused while another finished.
        (Event::Finished, Paused) => (To(Finished), Right::Crew, false),
        (Event::Transferred, Dispatched | Accepted | EnRoute | Arrived | Working | Paused) => {
            (To(Dispatched), Right::Desk, true)
        }
        (Event::MaterialUsed, Arrived | Working | Paused | Finished) => (Stay, Right::Crew, true),
        (Event::MaterialUsed, AwaitingFollowup | FollowedUp | Closed) => (Stay, Right::Crew, false),

        (Event::Confirmed, Finished) => (To(AwaitingFollowup), Right::Crew, true),
        // The signature was on a tablet while the desk already called.
        (Event::Confirmed, FollowedUp | Closed) => (Stay, Right::Crew, false),
        (Event::FollowedUp, Finished | AwaitingFollowup | FollowedUp) => (To(FollowedUp), Right::Desk, true),
        (Event::Closed, Finished | AwaitingFollowup | FollowedUp) => (To(Closed), Right::Desk, true),

        (Event::Voided, Pending | Dispatched) => (To(Voided), Right::Desk, true),
        (Event::Voided, Voided) => return None,
        (Event::Voided, _) => (To(Voided), Right::Supervisor, true),

        (Event::UrgencySet | Event::Chased, Pending | Dispatched | Accepted | EnRoute | Arrived | Working | Paused) => {
            (Stay, Right::Desk, true)
        }
        (
            Event::ResponsibleSet,
            Pending | Dispatched | Accepted | EnRoute | Arrived | Working | Paused | Finished | AwaitingFollowup
            | FollowedUp,
        ) => (Stay, Right::Desk, true),
        (Event::UrgencySet | Event::Chased | Event::ResponsibleSet, _) => (Stay, Right::Desk, false),
        // Whoever has the order answers, or the desk notes what a department said.
        (Event::ChaseAnswered, Pending | Dispatched | Accepted | EnRoute | Arrived | Working | Paused) => {
            (Stay, Right::Anyone, true)
        }
        (Event::ChaseAnswered, _) => (Stay, Right::Anyone, false),
        (Event::Photo, Closed | Voided) => (Stay, Right::Anyone, false),
        (Event::Photo, _) => (Stay, Right::Anyone, true),
        _ => return None,
    };
    Some(Rule { then, right, offered })
}
