//! The fold over an application, and the one table that says what is legal when.

use serde::{Deserialize, Serialize};

use super::facts::{AbsenceFact, Application};
use crate::engine::{Anomaly, Card, Tone};
use crate::ids::{FactId, RecordId};
use crate::record::{RawFact, Story};
use crate::role::{PersonRef, Signer};
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where an application stands (请假/调班: 申请 → 代班接受 → 批准/驳回 → 生效 → 销假).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AbsenceState {
    /// 待代班人接受.
    #[default]
    AwaitingCover,
    /// 待批准.
    AwaitingApproval,
    /// 已批准, in force in the roster.
    Approved,
    /// Approved and rejected by two who did not see each other.
    TwoDecisions,
    /// 代班人不能接.
    CoverDeclined,
    /// 驳回.
    Rejected,
    /// 撤回.
    Withdrawn,
    /// 已销假.
    Ended,
}

impl AbsenceState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::AwaitingCover,
        Self::AwaitingApproval,
        Self::Approved,
        Self::TwoDecisions,
        Self::CoverDeclined,
        Self::Rejected,
        Self::Withdrawn,
        Self::Ended,
    ];

    /// The stable word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AwaitingCover => "awaiting_cover",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Approved => "approved",
            Self::TwoDecisions => "two_decisions",
            Self::CoverDeclined => "cover_declined",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Ended => "ended",
        }
    }

    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::AwaitingCover => words!("待代班人接受", "the cover has to accept"),
            Self::AwaitingApproval => words!("待批准", "to be approved"),
            Self::Approved => words!("已批准", "approved"),
            Self::TwoDecisions => words!("批准与驳回并存,待选定", "approved and rejected, to be settled"),
            Self::CoverDeclined => words!("代班人不能接", "the cover cannot"),
            Self::Rejected => words!("驳回", "rejected"),
            Self::Withdrawn => words!("撤回", "withdrawn"),
            Self::Ended => words!("已销假", "ended"),
        }
    }

    /// Whether it still waits for somebody.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, Self::AwaitingCover | Self::AwaitingApproval | Self::TwoDecisions)
    }

    fn tone(self) -> Tone {
        match self {
            Self::AwaitingCover | Self::AwaitingApproval => Tone::Waiting,
            Self::TwoDecisions => Tone::Alert,
            Self::Approved => Tone::Active,
            Self::Ended => Tone::Done,
            Self::CoverDeclined | Self::Rejected | Self::Withdrawn => Tone::Off,
        }
    }
}

/// What can be done, and what was: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    CoverAccepted,
    CoverDeclined,
    Approved,
    Rejected,
    Withdrawn,
    Ended,
}

impl Event {
    pub(super) const ALL: [Self; 6] =
        [Self::CoverAccepted, Self::Approved, Self::Ended, Self::Withdrawn, Self::CoverDeclined, Self::Rejected];
}

/// The table: what follows, or nothing where it is not legal.
pub(super) fn then(state: AbsenceState, event: Event) -> Option<AbsenceState> {
    use AbsenceState::{
        Approved, AwaitingApproval, AwaitingCover, CoverDeclined, Ended, Rejected, TwoDecisions, Withdrawn,
    };
    Some(match (event, state) {
        (Event::CoverAccepted, AwaitingCover) => AwaitingApproval,
        (Event::CoverDeclined, AwaitingCover) => CoverDeclined,
        (Event::Approved, AwaitingApproval | TwoDecisions) => Approved,
        (Event::Rejected, AwaitingCover | AwaitingApproval | TwoDecisions) => Rejected,
        (Event::Withdrawn, AwaitingCover | AwaitingApproval) => Withdrawn,
        (Event::Ended, Approved) => Ended,
        _ => return None,
    })
}

/// Whether this person may do it, wherever the application stands. Nobody approves what they take part in (D1.2.3).
pub(super) fn person_may(view: &AbsenceView, event: Event, who: &Signer) -> bool {
    let is = |person: &Option<PersonRef>| person.as_ref().is_some_and(|person| person.person == who.person);
    let takes_part = is(&view.applicant) || is(&view.cover);
    match event {
        Event::CoverAccepted | Event::CoverDeclined => is(&view.cover),
        Event::Withdrawn => is(&view.applicant),
        Event::Approved | Event::Rejected | Event::Ended => who.role.supervises() && !takes_part,
    }
}

/// An application, with the three signatures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct AbsenceView {
    /// 单号.
    pub number: Option<String>,
    /// 申请人.
    pub applicant: Option<PersonRef>,
    /// 申请人签名, 申请时间.
    pub applied: Option<Stamp>,
    /// What was applied for.
    pub said: Option<Application>,
    /// 代班人.
    pub cover: Option<PersonRef>,
    /// 代班人签名.
    pub accepted: Option<Stamp>,
    /// 审批人签名: more than one when several decided without seeing each other.
    pub decisions: Vec<Decision>,
    /// 销假: from which day.
    pub ended_from: Option<Day>,
    /// Why it did not come about.
    pub reason: String,
    /// Where it stands.
    pub state: AbsenceState,
    /// The same as read.
    pub state_words: Words,
    /// The heading of the printed form.
    pub form_words: Words,
    /// When it was applied for.
    pub born: Timestamp,
}

/// 审批人意见.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Decision {
    /// Who and when.
    pub stamp: Stamp,
    /// Whether it was approved.
    pub approved: bool,
    /// 意见.
    pub opinion: String,
}

impl AbsenceView {
    /// Whether somebody has a part in it.
    #[must_use]
    pub fn concerns(&self, person: RecordId) -> bool {
        [&self.applicant, &self.cover].into_iter().flatten().any(|one| one.person == person)
    }

    pub(super) fn card(&self) -> Card {
        let name = self.applicant.as_ref().map(|person| person.name.as_str()).unwrap_or_default();
        let (what, days) =
            self.said.as_ref().map_or_else(Default::default, |said| (said.form.words().zh, said.form.days()));
        let next = match self.state {
            _ if self.said.is_none() => None,
            AbsenceState::AwaitingCover => Some(words!("接受代班", "accept")),
            AbsenceState::AwaitingApproval => Some(words!("批准", "approve")),
            AbsenceState::TwoDecisions => Some(words!("选定", "settle")),
            _ => None,
        };
        Card {
            number: self.number.clone(),
            title: format!("{what} {days} · {name}"),
            place: None,
            state: self.state.name().into(),
            state_words: self.state_words.clone(),
            tone: if self.said.is_none() { Tone::Off } else { self.state.tone() },
            open: self.said.is_some() && self.state.waits(),
            urgency: None,
            // Whose turn it is, while it is one person's.
            responsible: self.cover.iter().filter(|_| self.state == AbsenceState::AwaitingCover).cloned().collect(),
            next,
            born: self.born,
        }
    }
}

/// Folds the facts of an application.
pub(super) fn fold(story: &Story<'_, AbsenceFact>) -> (AbsenceView, Vec<Anomaly>) {
    let mut view = AbsenceView { number: story.doc.number().map(Into::into), ..AbsenceView::default() };
    let mut anomalies = Vec::new();
    for (raw, fact) in story.in_force() {
        match fact {
            AbsenceFact::Applied(said) if view.said.is_none() => {
                view.applicant = Some((&raw.by).into());
                view.applied = Some(raw.into());
                view.cover = said.cover.clone();
                view.born = raw.at;
                view.form_words = said.form.words();
                view.state =
                    if said.cover.is_some() { AbsenceState::AwaitingCover } else { AbsenceState::AwaitingApproval };
                view.said = Some(said.clone());
            }
            AbsenceFact::Applied(_) => anomalies.push(not_in_force(raw)),
            AbsenceFact::CoverAccepted => step(&mut view, &mut anomalies, raw, Event::CoverAccepted, ""),
            AbsenceFact::CoverDeclined { reason } => step(&mut view, &mut anomalies, raw, Event::CoverDeclined, reason),
            AbsenceFact::Withdrawn { reason } => step(&mut view, &mut anomalies, raw, Event::Withdrawn, reason),
            AbsenceFact::Ended { from } => {
                if view.state == AbsenceState::Approved && person_may(&view, Event::Ended, &raw.by) {
                    view.ended_from = Some(*from);
                }
                step(&mut view, &mut anomalies, raw, Event::Ended, "");
            }
            AbsenceFact::Approved { opinion } => decide(story, &mut view, &mut anomalies, raw, true, opinion),
            AbsenceFact::Rejected { reason } => decide(story, &mut view, &mut anomalies, raw, false, reason),
        }
    }
    view.state_words = view.state.words();
    if view.state == AbsenceState::TwoDecisions {
        anomalies.push(Anomaly {
            fact: view.decisions.last().map(|decision| decision.stamp.fact),
            code: "side_by_side".into(),
            words: words!(
                "一处批准、一处驳回,请客服主任选定。",
                "It was approved in one place and rejected in another; the supervisor settles it."
            ),
        });
    }
    (view, anomalies)
}

fn step(view: &mut AbsenceView, anomalies: &mut Vec<Anomaly>, raw: &RawFact, event: Event, reason: &str) {
    let Some(next) = then(view.state, event).filter(|_| view.said.is_some() && person_may(view, event, &raw.by)) else {
        return anomalies.push(not_in_force(raw));
    };
    view.state = next;
    if event == Event::CoverAccepted {
        view.accepted = Some(raw.into());
    }
    if !reason.is_empty() {
        reason.clone_into(&mut view.reason);
    }
}

/// Approvals and rejections: those that no later one has seen stand, and two unlike ones stand side by side.
fn decide(
    story: &Story<'_, AbsenceFact>,
    view: &mut AbsenceView,
    anomalies: &mut Vec<Anomaly>,
    raw: &RawFact,
    approved: bool,
    opinion: &str,
) {
    let event = if approved { Event::Approved } else { Event::Rejected };
    let legal = then(view.state, event).is_some();
    let ids: Vec<FactId> = view.decisions.iter().map(|it| it.stamp.fact).chain([raw.id]).collect();
    // Beside a decision its writer had not seen, this one stands though the application is decided already.
    let beside = !view.decisions.is_empty() && story.doc.latest_of(&ids).len() > 1;
    if view.said.is_none() || !person_may(view, event, &raw.by) || !(legal || beside) {
        return anomalies.push(not_in_force(raw));
    }
    view.decisions.push(Decision { stamp: raw.into(), approved, opinion: opinion.into() });
    let latest = story.doc.latest_of(&ids);
    view.decisions.retain(|decision| latest.contains(&decision.stamp.fact));
    let unlike = view.decisions.iter().any(|decision| decision.approved != approved);
    view.state = match (unlike, approved) {
        (true, _) => AbsenceState::TwoDecisions,
        (false, true) => AbsenceState::Approved,
        (false, false) => AbsenceState::Rejected,
    };
    if !approved {
        opinion.clone_into(&mut view.reason);
    }
}

fn not_in_force(raw: &RawFact) -> Anomaly {
    let name = &raw.by.name;
    Anomaly::of(
        raw,
        "not_legal_here",
        words!("{name}的这一步没有生效,待核实。", "This step of {name} is not in force, to be verified."),
    )
}
