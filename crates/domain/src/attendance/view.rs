//! The fold over somebody's shift: when they came and went, where they were meanwhile, what it amounts to.
//!
//! Invariants
//! - What the times amount to is computed and stays 待核实; only a person decides, with a reason, and never on
//!   themselves. Two decisions made apart stand side by side.
//! - Whether somebody failed to come needs a clock and is therefore not here, see [`super::watch`].

use serde::{Deserialize, Serialize};

use super::facts::{AttendanceFact, DutyPlan, DutyVerdict, Leaving};
use crate::engine::{Anomaly, Card, Tone};
use crate::ids::{FactId, RecordId};
use crate::record::{RawFact, RecordDoc, Story};
use crate::role::Signer;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DutyPresence {
    /// 待签到.
    #[default]
    Expected,
    /// 在岗.
    OnDuty,
    /// 离岗, with a cover.
    Away,
    /// 已签退.
    Off,
}

impl DutyPresence {
    /// The stable word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::OnDuty => "on_duty",
            Self::Away => "away",
            Self::Off => "off",
        }
    }

    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Expected => words!("待签到", "expected"),
            Self::OnDuty => words!("在岗", "on duty"),
            Self::Away => words!("离岗", "away"),
            Self::Off => words!("已签退", "signed out"),
        }
    }
}

/// What the times and the self-check say, to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Finding {
    /// 未批准顶岗: not on the roster (D1.2.3).
    Unrostered,
    /// 未提前: in time, and not early enough for the handover (D2.9.1).
    NotEarly {
        /// How long before the start.
        minutes: u32,
    },
    /// 迟到.
    Late {
        /// How long after the start.
        minutes: u32,
    },
    /// 早退.
    EarlyLeave {
        /// How long before the end.
        minutes: u32,
    },
    /// 工装或工作牌未齐 (D1.2.1).
    Appearance,
}

impl Finding {
    /// The finding as read; calm.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Unrostered => words!("未批准顶岗", "on duty without being rostered"),
            Self::NotEarly { minutes } => {
                words!("未提前(早 {minutes} 分钟)", "not early enough ({minutes} min before)")
            }
            Self::Late { minutes } => words!("迟到 {minutes} 分钟", "{minutes} min late"),
            Self::EarlyLeave { minutes } => words!("早退 {minutes} 分钟", "left {minutes} min early"),
            Self::Appearance => words!("工装或工作牌未齐", "uniform or badge missing"),
        }
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct VerdictGiven {
    /// Who and when.
    pub stamp: Stamp,
    /// What.
    pub verdict: DutyVerdict,
    /// The same as read.
    pub words: Words,
    /// Why.
    pub reason: String,
}

/// 签到.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SignIn {
    /// Who and when.
    pub stamp: Stamp,
    /// 工装整齐.
    pub uniform: bool,
    /// 佩戴工作牌.
    pub badge: bool,
    /// 说明.
    pub note: String,
}

/// Where an absence from the post stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AwayState {
    /// 待顶岗人接受.
    Asked,
    /// 待批准.
    AwaitingApproval,
    /// 离岗中.
    Out,
    /// 已回岗.
    Back,
    /// 顶岗人不能接.
    Declined,
    /// 未准.
    Refused,
    /// 未离岗.
    Withdrawn,
}

impl AwayState {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Asked => words!("待顶岗人接受", "the cover has to accept"),
            Self::AwaitingApproval => words!("待批准", "to be approved"),
            Self::Out => words!("离岗中", "away"),
            Self::Back => words!("已回岗", "back"),
            Self::Declined => words!("顶岗人不能接", "the cover cannot"),
            Self::Refused => words!("未准", "not approved"),
            Self::Withdrawn => words!("未离岗", "withdrawn"),
        }
    }

    /// Whether it still goes on.
    #[must_use]
    pub fn open(self) -> bool {
        matches!(self, Self::Asked | Self::AwaitingApproval | Self::Out)
    }
}

/// One line of 《临时离岗登记表》.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Away {
    /// Its fact, and when it was registered.
    pub stamp: Stamp,
    /// What was registered.
    pub said: Leaving,
    /// Where it stands.
    pub state: AwayState,
    /// The same as read.
    pub state_words: Words,
    /// 顶岗人签名.
    pub accepted: Option<Stamp>,
    /// 审批人.
    pub approved: Option<Stamp>,
    /// 离岗时间: when the last of these was given.
    pub out_at: Option<Timestamp>,
    /// 实际返回.
    pub returned: Option<Stamp>,
    /// Why it did not come about.
    pub reason: String,
}

/// 说明 / 申诉.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ShiftExplanation {
    /// Who and when.
    pub stamp: Stamp,
    /// What they said.
    pub text: String,
}

/// Somebody's shift on one day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct AttendanceView {
    /// Whose shift and when; none in a record that does not say.
    pub plan: Option<DutyPlan>,
    /// Where they are.
    pub presence: DutyPresence,
    /// 签到.
    pub signed_in: Option<SignIn>,
    /// 签退.
    pub signed_out: Option<Stamp>,
    /// What it amounts to, to be verified.
    pub findings: Vec<Finding>,
    /// The same as read.
    pub finding_words: Vec<Words>,
    /// 说明 / 申诉.
    pub explanations: Vec<ShiftExplanation>,
    /// 认定: more than one while two stand side by side.
    pub verdicts: Vec<VerdictGiven>,
    /// 在岗确认, in causal order.
    #[serde(default)]
    pub confirmed: Vec<Timestamp>,
    /// 离岗.
    pub away: Vec<Away>,
    /// When the shift begins.
    pub born: Timestamp,
}

impl AttendanceView {
    /// As it looks before anybody has written to it.
    #[must_use]
    pub fn untouched(plan: DutyPlan) -> Self {
        Self { born: plan.from, plan: Some(plan), ..Self::default() }
    }

    /// Whether this is that person's shift.
    #[must_use]
    pub fn is_of(&self, person: RecordId) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.person.person == person)
    }

    /// What was decided, when one decision stands.
    #[must_use]
    pub fn verdict(&self) -> Option<DutyVerdict> {
        match self.verdicts.as_slice() {
            [one] => Some(one.verdict),
            _ => None,
        }
    }

    /// Whether something is still to be verified.
    #[must_use]
    pub fn to_verify(&self) -> bool {
        self.verdicts.len() > 1 || (self.verdicts.is_empty() && !self.findings.is_empty())
    }

    /// Whether they came without being on the roster, and nobody has decided about it.
    #[must_use]
    pub fn unapproved_cover(&self) -> bool {
        self.verdicts.is_empty() && self.findings.contains(&Finding::Unrostered)
    }

    /// When this record last shows them at the post: signed in, confirmed, or back from an absence.
    #[must_use]
    pub fn last_here(&self) -> Option<Timestamp> {
        let returned = self.away.iter().filter_map(|away| away.returned.as_ref()).map(|stamp| stamp.at);
        self.signed_in.iter().map(|sign| sign.stamp.at).chain(self.confirmed.iter().copied()).chain(returned).max()
    }

    /// The absence that goes on.
    #[must_use]
    pub fn away_now(&self) -> Option<&Away> {
        self.away.iter().rfind(|away| away.state.open())
    }

    pub(super) fn card(&self) -> Card {
        let (name, shift) = self.plan.as_ref().map_or(("", ""), |plan| (&plan.person.name, &plan.shift_name));
        let presence = self.presence.words();
        let findings = self.finding_words.iter().skip(usize::from(self.unapproved_cover()));
        let found = findings.fold(Words::default(), |all, one| {
            let sep = if all.zh.is_empty() { Words::default() } else { words!("、", ", ") };
            all.then(sep).then(one.clone())
        });
        let (state, state_words, tone) = if self.plan.is_none() {
            ("unreadable", words!("看不出是哪一班", "no shift"), Tone::Off)
        } else if self.unapproved_cover() {
            ("unrostered", words!("未批准顶岗,待核实", "not rostered, to be verified"), Tone::Alert)
        } else if self.verdicts.len() > 1 {
            ("two_verdicts", words!("两个认定,待选定", "two decisions, to be settled"), Tone::Waiting)
        } else if let [given] = self.verdicts.as_slice() {
            let tone = if self.presence == DutyPresence::OnDuty { Tone::Active } else { Tone::Done };
            ("decided", given.words.clone(), tone)
        } else if self.to_verify() {
            let (zh, en) = (found.zh, found.en);
            ("to_verify", words!("{zh},待核实", "{en}, to be verified"), Tone::Waiting)
        } else {
            let tone = match self.presence {
                DutyPresence::Expected | DutyPresence::Away => Tone::Waiting,
                DutyPresence::OnDuty => Tone::Active,
                DutyPresence::Off => Tone::Done,
            };
            (self.presence.name(), presence, tone)
        };
        let next = match self.presence {
            _ if self.plan.is_none() => None,
            DutyPresence::Expected if self.verdicts.is_empty() => Some(words!("签到", "sign in")),
            DutyPresence::Away => Some(words!("回岗", "return")),
            _ if self.to_verify() => Some(words!("认定", "decide")),
            DutyPresence::OnDuty => Some(words!("签退", "sign out")),
            _ => None,
        };
        Card {
            number: None,
            title: format!("{shift} · {name}"),
            place: None,
            state: state.into(),
            state_words,
            tone,
            open: self.plan.is_some()
                && (self.to_verify()
                    || matches!(self.presence, DutyPresence::OnDuty | DutyPresence::Away)
                    || (self.presence == DutyPresence::Expected && self.verdicts.is_empty())),
            urgency: None,
            responsible: self.plan.iter().map(|plan| plan.person.clone()).collect(),
            next,
            born: self.born,
        }
    }
}

/// Folds the facts of a shift.
pub(super) fn fold(story: &Story<'_, AttendanceFact>) -> (AttendanceView, Vec<Anomaly>) {
    let mut fold =
        Fold { doc: story.doc, view: AttendanceView::default(), anomalies: Vec::new(), verdicts: Vec::new() };
    fold.view.born = created_at(story.doc);
    for (raw, fact) in story.in_force() {
        fold.take(raw, fact);
    }
    fold.end()
}

fn created_at(doc: &RecordDoc) -> Timestamp {
    doc.meta.get("created_at").and_then(serde_json::Value::as_i64).map_or_else(Timestamp::default, Timestamp)
}

struct Fold<'a> {
    doc: &'a RecordDoc,
    view: AttendanceView,
    anomalies: Vec<Anomaly>,
    verdicts: Vec<VerdictGiven>,
}

impl Fold<'_> {
    fn take(&mut self, raw: &RawFact, fact: &AttendanceFact) {
        match fact {
            AttendanceFact::Planned { plan } => {
                self.view.plan.get_or_insert_with(|| plan.clone());
            }
            AttendanceFact::SignedIn { plan, uniform, badge, note } => {
                if plan.person.person != raw.by.person
                    || self.view.plan.as_ref().is_some_and(|it| it.person != plan.person)
                {
                    return self.not_theirs(raw);
                }
                self.view.plan.get_or_insert_with(|| plan.clone());
                let sign = SignIn { stamp: raw.into(), uniform: *uniform, badge: *badge, note: note.clone() };
                // Signed in on two devices that had not met: both are them, the earlier one is when they came.
                match &mut self.view.signed_in {
                    Some(first) if first.stamp.at <= raw.at => {}
                    there => *there = Some(sign),
                }
            }
            AttendanceFact::Decided { verdict, reason } => {
                if !raw.by.role.supervises() || self.view.is_of(raw.by.person) {
                    return self.no_role(raw);
                }
                let (stamp, words) = (raw.into(), verdict.words());
                self.verdicts.push(VerdictGiven { stamp, verdict: *verdict, words, reason: reason.clone() });
            }
            AttendanceFact::CoverAccepted { left } => self.answer(raw, *left, |away, raw| {
                (away.said.cover.person == raw.by.person && away.state == AwayState::Asked).then(|| {
                    away.accepted = Some(raw.into());
                    if away.said.needs_approval { AwayState::AwaitingApproval } else { AwayState::Out }
                })
            }),
            AttendanceFact::CoverDeclined { left, reason } => self.answer(raw, *left, |away, raw| {
                (away.said.cover.person == raw.by.person && away.state == AwayState::Asked).then(|| {
                    away.reason.clone_from(reason);
                    AwayState::Declined
                })
            }),
            AttendanceFact::AwayApproved { left } => {
                let own = self.view.is_of(raw.by.person);
                self.answer(raw, *left, |away, raw| {
                    (raw.by.role.supervises() && !own && away.state == AwayState::AwaitingApproval).then(|| {
                        away.approved = Some(raw.into());
                        AwayState::Out
                    })
                });
            }
            AttendanceFact::AwayRefused { left, reason } => self.answer(raw, *left, |away, raw| {
                (raw.by.role.supervises() && away.state == AwayState::AwaitingApproval).then(|| {
                    away.reason.clone_from(reason);
                    AwayState::Refused
                })
            }),
            AttendanceFact::SignedOut { .. }
            | AttendanceFact::Explained { .. }
            | AttendanceFact::PresenceConfirmed
            | AttendanceFact::LeaveAsked(_)
            | AttendanceFact::AwayWithdrawn { .. }
            | AttendanceFact::Returned { .. } => {
                if !self.view.is_of(raw.by.person) {
                    return self.not_theirs(raw);
                }
                self.own(raw, fact);
            }
        }
    }

    /// What only the person themselves can write.
    fn own(&mut self, raw: &RawFact, fact: &AttendanceFact) {
        match fact {
            AttendanceFact::SignedOut { .. } => self.view.signed_out = Some(raw.into()),
            AttendanceFact::PresenceConfirmed => self.view.confirmed.push(raw.at),
            AttendanceFact::Explained { text } => {
                self.view.explanations.push(ShiftExplanation { stamp: raw.into(), text: text.clone() });
            }
            AttendanceFact::LeaveAsked(said) => self.view.away.push(Away {
                stamp: raw.into(),
                said: said.clone(),
                state: AwayState::Asked,
                state_words: AwayState::Asked.words(),
                accepted: None,
                approved: None,
                out_at: None,
                returned: None,
                reason: String::new(),
            }),
            AttendanceFact::AwayWithdrawn { left } => self.answer(raw, *left, |away, _| {
                matches!(away.state, AwayState::Asked | AwayState::AwaitingApproval).then_some(AwayState::Withdrawn)
            }),
            AttendanceFact::Returned { left } => self.answer(raw, *left, |away, raw| {
                (away.state == AwayState::Out).then(|| {
                    away.returned = Some(raw.into());
                    AwayState::Back
                })
            }),
            _ => {}
        }
    }

    fn answer(&mut self, raw: &RawFact, left: FactId, then: impl FnOnce(&mut Away, &RawFact) -> Option<AwayState>) {
        let found = self.view.away.iter_mut().find(|away| away.stamp.fact == left);
        match found.and_then(|away| then(away, raw).map(|state| (away, state))) {
            Some((away, state)) => {
                away.state = state;
                away.state_words = state.words();
                if state == AwayState::Out {
                    away.out_at = Some(raw.at);
                }
            }
            None => self.anomalies.push(Anomaly::of(
                raw,
                "not_legal_here",
                words!(
                    "离岗登记的一笔没有生效,待核实。",
                    "An entry about leaving the post is not in force, to be verified."
                ),
            )),
        }
    }

    fn not_theirs(&mut self, raw: &RawFact) {
        let name = &raw.by.name;
        let words = words!(
            "{name}写在别人的班上,没有生效,待核实。",
            "{name} wrote on somebody else's shift; not in force, to be verified."
        );
        self.anomalies.push(Anomaly::of(raw, "not_theirs", words));
    }

    fn no_role(&mut self, raw: &RawFact) {
        let name = &raw.by.name;
        let words = words!(
            "{name}不能认定这一班,没有生效,待核实。",
            "{name} may not decide on this shift; not in force, to be verified."
        );
        self.anomalies.push(Anomaly::of(raw, "no_role", words));
    }

    fn end(mut self) -> (AttendanceView, Vec<Anomaly>) {
        let view = &mut self.view;
        let ids: Vec<FactId> = self.verdicts.iter().map(|given| given.stamp.fact).collect();
        let latest = self.doc.latest_of(&ids);
        self.verdicts.retain(|given| latest.contains(&given.stamp.fact));
        self.verdicts.dedup_by_key(|given| given.verdict);
        view.verdicts = self.verdicts;
        view.presence = match (&view.signed_in, &view.signed_out) {
            (_, Some(_)) => DutyPresence::Off,
            (Some(_), None) if view.away.iter().any(|away| away.state == AwayState::Out) => DutyPresence::Away,
            (Some(_), None) => DutyPresence::OnDuty,
            (None, None) => DutyPresence::Expected,
        };
        view.findings = findings(view);
        view.finding_words = view.findings.iter().map(|finding| finding.words()).collect();
        if let [first, second, ..] = view.verdicts.as_slice() {
            let (one, other) = (&first.words, &second.words);
            let (zh, en) = (format!("{}、{}", one.zh, other.zh), format!("{} and {}", one.en, other.en));
            self.anomalies.push(Anomaly {
                fact: Some(second.stamp.fact),
                code: "side_by_side".into(),
                words: words!(
                    "有两个认定({zh}),请客服主任选定。",
                    "There are two decisions ({en}); the supervisor settles it."
                ),
            });
        }
        (self.view, self.anomalies)
    }
}

/// What the times say of a shift (D1.2.2, D2.9.1).
fn findings(view: &AttendanceView) -> Vec<Finding> {
    let mut found = Vec::new();
    let (Some(plan), Some(sign)) = (&view.plan, &view.signed_in) else { return found };
    if !plan.rostered {
        found.push(Finding::Unrostered);
    } else if !plan.timed {
        // Nobody had been told when to come.
    } else if sign.stamp.at > plan.from {
        // A minute that was begun counts.
        let late = (sign.stamp.at.0 - plan.from.0 + 59_999) / 60_000;
        found.push(Finding::Late { minutes: whole(late) });
    } else if plan.from.minutes_since(sign.stamp.at) < i64::from(plan.early_min) {
        found.push(Finding::NotEarly { minutes: whole(plan.from.minutes_since(sign.stamp.at)) });
    }
    if let Some(out) = view.signed_out.as_ref().filter(|out| out.at < plan.to) {
        let early = (plan.to.0 - out.at.0 + 59_999) / 60_000;
        found.push(Finding::EarlyLeave { minutes: whole(early) });
    }
    if !(sign.uniform && sign.badge) {
        found.push(Finding::Appearance);
    }
    found
}

fn whole(minutes: i64) -> u32 {
    u32::try_from(minutes).unwrap_or_default()
}

/// Whether somebody may decide about this shift.
pub(super) fn may_decide(view: &AttendanceView, who: &Signer) -> bool {
    who.role.supervises() && !view.is_of(who.person)
}
