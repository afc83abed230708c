//! The fold over a complaint's facts. Total, and the same for the same facts.

use super::facts::{ComplaintDuty, ComplaintFact, Grade, Lodged, NoticeMethod, Validity};
use super::table::{Event, decides, rule};
use super::view::{
    ComplaintClosing, ComplaintComment, ComplaintFollowUp, ComplaintInformed, ComplaintPlan, ComplaintReopening,
    ComplaintSaid, ComplaintState, ComplaintView, Judgement, OpinionOf, ToldBack,
};
use crate::chase::{self, Chasing};
use crate::engine::Anomaly;
use crate::ids::FactId;
use crate::record::{RawFact, RecordDoc, Story};
use crate::role::{PersonRef, Role};
use crate::words;
use crate::words::Words;

/// Folds the facts of a complaint.
pub(super) fn fold(story: &Story<'_, ComplaintFact>) -> (ComplaintView, Vec<Anomaly>) {
    let mut fold = Fold {
        doc: story.doc,
        view: ComplaintView { number: story.doc.number().map(Into::into), ..ComplaintView::default() },
        anomalies: Vec::new(),
        grades: Vec::new(),
        validities: Vec::new(),
        duties: Vec::new(),
    };
    for (raw, fact) in story.in_force() {
        fold.take(raw, fact);
    }
    fold.end()
}

struct Fold<'a> {
    doc: &'a RecordDoc,
    view: ComplaintView,
    anomalies: Vec<Anomaly>,
    grades: Vec<Judgement<Grade>>,
    validities: Vec<Judgement<Validity>>,
    duties: Vec<Judgement<ComplaintDuty>>,
}

impl Fold<'_> {
    fn take(&mut self, raw: &RawFact, fact: &ComplaintFact) {
        let event = fact.event();
        if !event.role_may(raw.by.role) || (decided(fact) && !decides(raw.by.role)) {
            return self.no_role(raw, event);
        }
        match (fact, rule(self.view.state, event), self.view.lodged.is_some()) {
            (ComplaintFact::Lodged(lodged), _, false) => self.lodged(raw, lodged),
            // The same call was made a complaint in two places: it is one, under one number.
            (ComplaintFact::Lodged(lodged), _, true)
                if lodged.contact.is_some() && lodged.contact == self.view.contact => {}
            (_, Some(rule), true) => {
                let before = self.view.state;
                if self.apply(raw, fact, event) && rule.then != before {
                    self.view.state = rule.then;
                    self.view.state_since = raw.at;
                }
            }
            _ => self.not_legal(raw, event),
        }
    }

    fn lodged(&mut self, raw: &RawFact, lodged: &Lodged) {
        let (view, lodged) = (&mut self.view, lodged.clone());
        view.at = lodged.at_start.unwrap_or(raw.at);
        view.way = lodged.way;
        view.contact = lodged.contact;
        view.name = lodged.name;
        view.unit = lodged.unit;
        view.unit_label = lodged.unit_label;
        view.phone = lodged.phone;
        view.summary = lodged.summary;
        view.topic = lodged.topic;
        view.grade = lodged.grade;
        view.graded_at = raw.at;
        view.lodged = Some(raw.into());
        view.state_since = raw.at;
        view.born = raw.at;
        self.knows(raw);
    }

    /// A manager who acts on a complaint knows of it.
    fn knows(&mut self, raw: &RawFact) {
        let by_hand = || ComplaintInformed { stamp: raw.into(), person: PersonRef::from(&raw.by), method: None };
        match raw.by.role {
            Role::CsManager => {
                self.view.manager.get_or_insert_with(by_hand);
                if self.view.state == ComplaintState::Lodged {
                    self.view.state = ComplaintState::Notified;
                    self.view.state_since = raw.at;
                }
            }
            Role::ProjectManager => {
                self.view.project_manager.get_or_insert_with(by_hand);
            }
            _ => {}
        }
    }

    /// Whether the fact is in force.
    fn apply(&mut self, raw: &RawFact, fact: &ComplaintFact, event: Event) -> bool {
        let told = |to: &PersonRef, method: NoticeMethod| ComplaintInformed {
            stamp: raw.into(),
            person: to.clone(),
            method: Some(method),
        };
        let view = &mut self.view;
        match fact {
            ComplaintFact::Lodged(_) => {}
            ComplaintFact::Acknowledged => {
                self.knows(raw);
                // The project manager's reading is not the customer-service manager's.
                return raw.by.role == Role::CsManager;
            }
            ComplaintFact::Notified { to, method } => {
                view.manager.get_or_insert_with(|| told(to, *method));
            }
            ComplaintFact::Reported { to, method } => {
                view.project_manager.get_or_insert_with(|| told(to, *method));
            }
            ComplaintFact::Assigned { duty, reason, .. } => self.duties.push(judged(raw, duty.clone(), reason)),
            ComplaintFact::Graded { grade, reason, .. } => self.grades.push(judged(raw, *grade, reason)),
            ComplaintFact::Judged { validity, reason, .. } => self.validities.push(judged(raw, *validity, reason)),
            ComplaintFact::Planned { plan, by } => {
                view.plans.push(ComplaintPlan { stamp: raw.into(), plan: plan.clone(), by: *by });
            }
            ComplaintFact::ToldBack { method, said, next_contact, .. } => {
                view.told_back.push(ToldBack { stamp: raw.into(), method: *method, said: said.clone() });
                view.next_contact = Some(*next_contact);
            }
            ComplaintFact::Worked { process, next_contact } => {
                view.work.push(ComplaintSaid { stamp: raw.into(), text: process.clone() });
                view.next_contact = next_contact.or(view.next_contact);
            }
            ComplaintFact::Settled { result } => {
                view.results.push(ComplaintSaid { stamp: raw.into(), text: result.clone() });
            }
            ComplaintFact::OpinionTaken { opinion, words, method, .. } => {
                let (opinion, method, words) = (*opinion, *method, words.clone());
                view.opinions.push(OpinionOf { stamp: raw.into(), opinion, words: words.clone(), method });
                view.next_contact = None;
                if event == Event::Displeased && rule(view.state, event).is_some_and(|rule| rule.then != view.state) {
                    view.closed = None;
                    view.reopened.push(ComplaintReopening { stamp: raw.into(), reason: words });
                }
            }
            ComplaintFact::NotReached { reason } => {
                view.not_reached.push(ComplaintSaid { stamp: raw.into(), text: reason.clone() });
                view.next_contact = None;
            }
            ComplaintFact::FollowedUp(said) => {
                view.follow_ups.push(ComplaintFollowUp { stamp: raw.into(), said: said.clone() });
            }
            ComplaintFact::Closed { without_followup_reason } => return self.closed(raw, without_followup_reason),
            ComplaintFact::Reopened { reason } => {
                if rule(view.state, event).is_some_and(|rule| rule.then != view.state) {
                    view.closed = None;
                    view.reopened.push(ComplaintReopening { stamp: raw.into(), reason: reason.clone() });
                }
            }
            ComplaintFact::Commented { text } => {
                view.comments.push(ComplaintComment { stamp: raw.into(), text: text.clone() });
            }
            ComplaintFact::NextContactSet { next_contact, .. } => view.next_contact = Some(*next_contact),
            ComplaintFact::Chased { department, text } => view.chases.push(Chasing::new(raw, text, department)),
            ComplaintFact::ChaseAnswered { chase, text } => {
                if !chase::answered(&mut view.chases, raw, *chase, text) {
                    self.not_legal(raw, event);
                    return false;
                }
            }
        }
        self.knows(raw);
        true
    }

    fn closed(&mut self, raw: &RawFact, reason: &Option<String>) -> bool {
        if self.view.state == ComplaintState::Closed {
            return false;
        }
        let reason = reason.clone().filter(|reason| !reason.trim().is_empty());
        if reason.is_none() && self.view.state != ComplaintState::FollowedUp {
            self.anomalies.push(Anomaly::of(
                raw,
                "reason_missing",
                words!(
                    "未回访而关闭要写原因;此次关闭未生效,请核实。",
                    "ComplaintClosing without a follow-up needs a reason; this closing is not in force, please check."
                ),
            ));
            return false;
        }
        self.view.closed = Some(ComplaintClosing { stamp: raw.into(), without_followup_reason: reason });
        self.knows(raw);
        true
    }

    fn no_role(&mut self, raw: &RawFact, event: Event) {
        let (name, role, event) = (&raw.by.name, raw.by.role.words(), event.past());
        let (zh, en, role_zh, role_en) = (event.zh, event.en, role.zh, role.en);
        self.anomalies.push(Anomaly::of(
            raw,
            "no_role",
            words!(
                "{name}({role_zh})不办「{zh}」,此项未生效,请客服部经理核实。",
                "“{en}” is not in the role of {name} ({role_en}); it is not in force, the customer-service manager checks."
            ),
        ));
    }

    fn not_legal(&mut self, raw: &RawFact, event: Event) {
        let (event, state) = (event.past(), self.view.state.words());
        let (zh, en, state_zh, state_en) = (event.zh, event.en, state.zh, state.en);
        self.anomalies.push(Anomaly::of(
            raw,
            "not_legal_here",
            words!(
                "「{zh}」时投诉是「{state_zh}」,此项未生效,请核实。",
                "“{en}” does not follow “{state_en}”; it is not in force, please check."
            ),
        ));
    }

    fn end(mut self) -> (ComplaintView, Vec<Anomaly>) {
        let grades = standing(self.doc, self.grades);
        if let Some(gravest) = grades.iter().min_by_key(|it| it.value) {
            if gravest.value != self.view.grade {
                self.view.graded_at = gravest.at;
            }
            self.view.grade = gravest.value;
        }
        self.view.validity = standing(self.doc, self.validities);
        self.view.duty = standing(self.doc, self.duties);
        self.view.grade_side_by_side = if grades.len() > 1 { grades } else { Vec::new() };
        self.view.state_words = self.view.state.words();
        let view = &self.view;
        let two = [
            two_values(&words!("性质", "grade"), view.grade_side_by_side.iter().map(|it| it.value.words())),
            two_values(&words!("有效/无效", "justification"), view.validity.iter().map(|it| it.value.words())),
            two_values(
                &words!("责任部门/人", "person who answers for it"),
                view.duty.iter().map(|it| Words::same(it.value.text())),
            ),
        ];
        self.anomalies.extend(two.into_iter().flatten());
        (self.view, self.anomalies)
    }
}

fn decided(fact: &ComplaintFact) -> bool {
    matches!(
        fact,
        ComplaintFact::Assigned { decided: true, .. }
            | ComplaintFact::Graded { decided: true, .. }
            | ComplaintFact::Judged { decided: true, .. }
    )
}

fn judged<V>(raw: &RawFact, value: V, reason: &str) -> Judgement<V> {
    Judgement { fact: raw.id, value, by: raw.by.clone(), at: raw.at, reason: reason.to_owned() }
}

/// The values that nobody who set another had seen, each once.
fn standing<V: PartialEq>(doc: &RecordDoc, all: Vec<Judgement<V>>) -> Vec<Judgement<V>> {
    let ids: Vec<FactId> = all.iter().map(|it| it.fact).collect();
    let latest = doc.latest_of(&ids);
    let mut standing: Vec<Judgement<V>> = Vec::new();
    for one in all.into_iter().filter(|it| latest.contains(&it.fact)) {
        if standing.iter().all(|other| other.value != one.value) {
            standing.push(one);
        }
    }
    standing
}

fn two_values(what: &Words, values: impl Iterator<Item = Words>) -> Option<Anomaly> {
    let values: Vec<Words> = values.collect();
    if values.len() < 2 {
        return None;
    }
    let join = |pick: fn(&Words) -> &str, by: &str| values.iter().map(pick).collect::<Vec<_>>().join(by);
    let (zh, en) = (join(|it| &it.zh, "、"), join(|it| &it.en, ", "));
    let (what_zh, what_en) = (&what.zh, &what.en);
    Some(Anomaly {
        fact: None,
        code: "side_by_side".into(),
        words: words!(
            "{what_zh}有两个说法({zh}),请客服部经理选定。",
            "The {what_en} was set twice at the same time ({en}); the customer-service manager decides."
        ),
    })
}
