//! What may be done with a complaint: offers, actions, clocks.

use super::Complaint;
use super::facts::{ComplaintAction, ComplaintDuty, ComplaintFact, Grade, Lodged};
use super::table::{Event, decides, rule};
use super::view::{ComplaintState, ComplaintView};
use crate::chase;
use crate::contact_record::{self, Afterwards};
use crate::engine::{Acting, Deadline, Kind, Offer, Refusal, Step, Weight};
use crate::ids::{FactId, RecordId};
use crate::record::Write;
use crate::role::{PersonRef, Role, Signer};
use crate::site::Timers;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// Events in the order they are offered; `Lodged` makes a record, and `Displeased` is an answer to the same question as
/// `Pleased`.
const OFFERED: [Event; 19] = [
    Event::Acknowledged,
    Event::Reported,
    Event::Notified,
    Event::Planned,
    Event::ToldBack,
    Event::Worked,
    Event::Settled,
    Event::Pleased,
    Event::NotReached,
    Event::FollowedUp,
    Event::Closed,
    Event::Assigned,
    Event::Judged,
    Event::Graded,
    Event::ChaseAnswered,
    Event::Chased,
    Event::NextContactSet,
    Event::Commented,
    Event::Reopened,
];

impl ComplaintView {
    /// The expected next step, whoever takes it.
    pub(super) fn expected(&self) -> Option<Event> {
        if self.wants_project_manager() {
            return Some(Event::Reported);
        }
        Some(match self.state {
            ComplaintState::Lodged => Event::Notified,
            ComplaintState::Notified => Event::Planned,
            ComplaintState::Planned => Event::ToldBack,
            ComplaintState::ToldBack => Event::Worked,
            ComplaintState::Handling => Event::Settled,
            ComplaintState::Settled => Event::Pleased,
            ComplaintState::Answered => Event::FollowedUp,
            ComplaintState::FollowedUp if self.content() => Event::Closed,
            ComplaintState::FollowedUp => Event::Reopened,
            ComplaintState::Closed => return None,
        })
    }

    fn expected_of(&self, who: &Signer) -> Option<Event> {
        if self.offers_event(Event::Acknowledged, who) { Some(Event::Acknowledged) } else { self.expected() }
    }

    fn oldest_question(&self) -> Option<FactId> {
        chase::unanswered(&self.chases).next().map(|it| it.stamp.fact)
    }

    fn label(&self, event: Event) -> Words {
        match (event, self.state) {
            (Event::Planned, ComplaintState::Planned | ComplaintState::ToldBack | ComplaintState::Handling) => {
                words!("调整方案", "change the plan")
            }
            (Event::ToldBack, state) if state != ComplaintState::Planned => words!("反馈进展", "tell them how it goes"),
            (Event::Closed, ComplaintState::Answered) => words!("免回访关闭", "close without follow-up"),
            _ => event.words(),
        }
    }

    fn offers_event(&self, event: Event, who: &Signer) -> bool {
        let manager = decides(who.role);
        self.lodged.is_some()
            && event.role_may(who.role)
            && rule(self.state, event).is_some_and(|rule| rule.offered)
            && match event {
                Event::Notified => self.manager.is_none() && who.role != Role::CsManager,
                Event::Reported => self.wants_project_manager() && who.role != Role::ProjectManager,
                Event::Acknowledged if who.role == Role::CsManager => self.manager.is_none(),
                Event::Acknowledged => self.wants_project_manager(),
                Event::Planned if self.state == ComplaintState::Lodged => manager,
                Event::Closed => self.content(),
                Event::ChaseAnswered => self.oldest_question().is_some(),
                // What is major does not become less by the desk's own hand.
                Event::Graded => manager || (self.grade_side_by_side.is_empty() && self.grade != Grade::Major),
                Event::Judged => manager || self.validity.len() < 2,
                Event::Assigned => manager || self.duty.len() < 2,
                _ => true,
            }
    }

    fn side_by_side(&self) -> bool {
        !self.grade_side_by_side.is_empty() || self.validity.len() > 1 || self.duty.len() > 1
    }

    fn offers_decision(&self, who: &Signer) -> bool {
        self.open() && self.side_by_side() && decides(who.role)
    }
}

pub(super) fn offers(view: Option<&ComplaintView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else {
        let may = Event::Lodged.role_may(who.role);
        return may.then(|| Offer::new("lodge", Weight::Primary, Event::Lodged.words())).into_iter().collect();
    };
    let expected = view.expected_of(who);
    let mut offers = Vec::new();
    for event in OFFERED.into_iter().filter(|event| view.offers_event(*event, who)) {
        let weight = match event {
            _ if expected == Some(event) => Weight::Primary,
            Event::NotReached => Weight::Grave,
            Event::Closed if view.state == ComplaintState::Answered => Weight::Grave,
            Event::Reopened => Weight::Grave,
            _ => Weight::Normal,
        };
        offers.push(Offer::new(event.action(), weight, view.label(event)));
    }
    if view.offers_decision(who) {
        offers.push(Offer::new("decide", Weight::Normal, words!("选定一个说法", "decide which it is")));
    }
    offers.sort_by_key(|offer| match offer.weight {
        Weight::Primary => 0,
        Weight::Normal => 1,
        Weight::Grave => 2,
    });
    offers
}

/// The complaint that a call or visit becomes, under its number: the step to put beside the caller's own.
///
/// # Errors
/// [`Refusal`] when the role may not take complaints in, or nothing says what it is about.
pub(crate) fn lodged_step(
    cx: &mut Acting<'_>,
    record: RecordId,
    number: &str,
    lodged: Lodged,
) -> Result<Step, Refusal> {
    if !Event::Lodged.role_may(cx.who.role) {
        return Err(no_role());
    }
    let mut writes = cx.birth::<Complaint>(Some(number));
    writes.push(cx.fact(&ComplaintFact::Lodged(lodged))?.1);
    Ok(Step { record, kind: Complaint::NAME, writes })
}

fn no_role() -> Refusal {
    Refusal::new(
        "no_role",
        words!(
            "您的岗位不办这一项,请交值班员或客服部经理。",
            "This is not in your role; ask the duty officer or the customer-service manager."
        ),
    )
}

fn given(text: &str, what: &Words) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::missing(what)) } else { Ok(()) }
}

pub(super) fn act(
    view: Option<&ComplaintView>,
    action: ComplaintAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let Some(view) = view else {
        let ComplaintAction::Lodge(lodged) = action else {
            return Err(Refusal::new("no_such_record", words!("没有这件投诉。", "There is no such complaint.")));
        };
        given(&lodged.summary, &words!("投诉内容", "what the complaint is about"))?;
        let (record, day) = (cx.record, cx.today());
        let number = cx.names.number(day);
        return Ok(vec![lodged_step(cx, record, &number, Lodged { contact: None, ..lodged })?]);
    };
    match action.event() {
        Some(event) => permit(view, event, &cx.who)?,
        None if view.offers_decision(&cx.who) => {}
        None if view.open() && view.side_by_side() => return Err(no_role()),
        None => return Err(Refusal::not_offered(&view.state_words)),
    }
    let afterwards = match &action {
        ComplaintAction::FollowUp(said) => Some(Afterwards::FollowedUp(said.method, said.opinion.clone())),
        ComplaintAction::Close { .. } => Some(Afterwards::Closed),
        _ => None,
    };
    let mut step = cx.step::<Complaint>(&[])?;
    step.writes = writes(view, action, cx)?;
    let mut steps = vec![step];
    if let (Some(afterwards), Some(contact)) = (afterwards, &view.contact) {
        steps.extend(contact_record::afterwards(cx, contact.record, afterwards)?);
    }
    Ok(steps)
}

fn permit(view: &ComplaintView, event: Event, who: &Signer) -> Result<(), Refusal> {
    if view.offers_event(event, who) {
        return Ok(());
    }
    let here = rule(view.state, event).is_some_and(|rule| rule.offered);
    match event {
        Event::Closed if !here && view.open() => Err(Refusal::new(
            "opinion_missing",
            words!(
                "投诉人意见还没有征求,不能关闭。请先办完并征求意见。",
                "The complainant has not been asked for an opinion, so it cannot be closed. Finish it and ask first."
            ),
        )),
        Event::Closed if here && event.role_may(who.role) => Err(Refusal::new(
            "not_content",
            words!(
                "回访时投诉人仍有要求,请重新打开再处理。",
                "The complainant still wanted something when followed up; open it again."
            ),
        )),
        _ if here && !event.role_may(who.role) => Err(no_role()),
        Event::Graded | Event::Judged | Event::Assigned if here => Err(no_role()),
        Event::Planned if here && view.state == ComplaintState::Lodged => Err(Refusal::not_offered(&view.state_words)),
        _ => Err(Refusal::not_offered(&view.state_words)),
    }
}

fn writes(view: &ComplaintView, action: ComplaintAction, cx: &mut Acting<'_>) -> Result<Vec<Write>, Refusal> {
    let reason_words = words!("原因", "a reason");
    let fact = match action {
        ComplaintAction::Lodge(_) => return Err(Refusal::not_offered(&view.state_words)),
        ComplaintAction::Decide { fact, reason } => return decide(view, fact, reason, cx),
        ComplaintAction::Assign { department, person, reason } => {
            let department = department.trim().to_owned();
            if department.is_empty() && person.is_none() {
                return Err(Refusal::missing(&words!("责任部门或责任人", "a department or a person")));
            }
            let decided = view.duty.len() > 1;
            let duty = ComplaintDuty { department, person };
            return field(cx, "duty", &ComplaintFact::Assigned { duty, reason, decided });
        }
        ComplaintAction::Grade { grade, reason } => {
            if view.grade == Grade::Major && grade != Grade::Major {
                given(&reason, &reason_words)?;
            }
            let decided = !view.grade_side_by_side.is_empty();
            return field(cx, "grade", &ComplaintFact::Graded { grade, reason, decided });
        }
        ComplaintAction::Judge { validity, reason } => {
            given(&reason, &reason_words)?;
            let decided = view.validity.len() > 1;
            return field(cx, "validity", &ComplaintFact::Judged { validity, reason, decided });
        }
        ComplaintAction::Notify { to, method } => {
            ComplaintFact::Notified { to: manager(to, Role::CsManager, cx)?, method }
        }
        ComplaintAction::Report { to, method } => {
            ComplaintFact::Reported { to: manager(to, Role::ProjectManager, cx)?, method }
        }
        ComplaintAction::Acknowledge => ComplaintFact::Acknowledged,
        ComplaintAction::Plan { plan, by } => {
            given(&plan, &words!("处理方案", "the plan"))?;
            ComplaintFact::Planned { plan, by }
        }
        ComplaintAction::TellBack { method, said, next_contact, outgoing } => {
            given(&said, &words!("反馈内容", "what they were told"))?;
            cx.ahead(next_contact, &words!("下次联系时间", "next contact"))?;
            outgoing.permit(&cx.site.settings)?;
            ComplaintFact::ToldBack { method, said, next_contact, outgoing }
        }
        ComplaintAction::Work { process, next_contact } => {
            given(&process, &words!("处理过程", "what was done"))?;
            if let Some(at) = next_contact {
                cx.ahead(at, &words!("下次联系时间", "next contact"))?;
            }
            ComplaintFact::Worked { process, next_contact }
        }
        ComplaintAction::Settle { result } => {
            given(&result, &words!("处理结果", "the result"))?;
            ComplaintFact::Settled { result }
        }
        ComplaintAction::TakeOpinion { opinion, words, method, outgoing } => {
            if opinion == crate::work_order::Opinion::Unsatisfied {
                given(&words, &words!("投诉人的意见", "what they are not satisfied with"))?;
            }
            outgoing.permit(&cx.site.settings)?;
            ComplaintFact::OpinionTaken { opinion, words, method, outgoing }
        }
        ComplaintAction::NotReach { reason } => {
            given(&reason, &words!("为什么联系不上(匿名、空号……)", "why they cannot be reached"))?;
            ComplaintFact::NotReached { reason }
        }
        ComplaintAction::FollowUp(said) => {
            said.outgoing.permit(&cx.site.settings)?;
            ComplaintFact::FollowedUp(said)
        }
        ComplaintAction::Close { without_followup_reason } => {
            let followed_up = view.state == ComplaintState::FollowedUp;
            let reason = without_followup_reason.filter(|reason| !followed_up && !reason.trim().is_empty());
            if reason.is_none() && !followed_up {
                return Err(Refusal::missing(&words!("不回访的原因", "the reason for closing without a follow-up")));
            }
            ComplaintFact::Closed { without_followup_reason: reason }
        }
        ComplaintAction::Reopen { reason } => {
            given(&reason, &reason_words)?;
            ComplaintFact::Reopened { reason }
        }
        ComplaintAction::Comment { text } => {
            given(&text, &words!("经理意见", "the opinion"))?;
            ComplaintFact::Commented { text }
        }
        ComplaintAction::SetNextContact { next_contact, reason } => {
            cx.ahead(next_contact, &words!("下次联系时间", "next contact"))?;
            ComplaintFact::NextContactSet { next_contact, reason }
        }
        ComplaintAction::Chase { department, text } => {
            given(&text, &words!("催办内容", "what to ask"))?;
            ComplaintFact::Chased { department, text }
        }
        ComplaintAction::AnswerChase { text } => {
            given(&text, &words!("答复", "the answer"))?;
            let chase = view.oldest_question().ok_or_else(|| Refusal::not_offered(&view.state_words))?;
            ComplaintFact::ChaseAnswered { chase, text }
        }
    };
    Ok(vec![cx.fact(&fact)?.1])
}

/// Who was told: the one named, or the one the site has in this role.
fn manager(named: Option<PersonRef>, role: Role, cx: &Acting<'_>) -> Result<PersonRef, Refusal> {
    let of_the_site = || {
        let mut people = cx.site.people.iter().filter(|(_, person)| person.roles.contains(&role));
        people.next().map(|(id, person)| PersonRef { person: *id, name: person.name.clone() })
    };
    named.or_else(of_the_site).ok_or_else(|| {
        let Words { zh, en } = role.words();
        Refusal::missing(&words!("通知了哪位{zh}", "which {en} was told"))
    })
}

/// One of the values that stand side by side, whichever judgement it belongs to.
fn decide(view: &ComplaintView, fact: FactId, reason: String, cx: &mut Acting<'_>) -> Result<Vec<Write>, Refusal> {
    let decided = true;
    if let Some(one) = view.grade_side_by_side.iter().find(|it| it.fact == fact) {
        return field(cx, "grade", &ComplaintFact::Graded { grade: one.value, reason, decided });
    }
    if let Some(one) = view.validity.iter().find(|it| it.fact == fact).filter(|_| view.validity.len() > 1) {
        return field(cx, "validity", &ComplaintFact::Judged { validity: one.value, reason, decided });
    }
    if let Some(one) = view.duty.iter().find(|it| it.fact == fact).filter(|_| view.duty.len() > 1) {
        return field(cx, "duty", &ComplaintFact::Assigned { duty: one.value.clone(), reason, decided });
    }
    Err(Refusal::new(
        "no_such_value",
        words!("这个说法已不在其中,请重新选定。", "This is no longer one of the values; please choose again."),
    ))
}

/// A fact and the field that points at it.
fn field(cx: &mut Acting<'_>, name: &'static str, fact: &ComplaintFact) -> Result<Vec<Write>, Refusal> {
    let (fact, write) = cx.fact(fact)?;
    Ok(vec![write, Write::Field { name, fact }])
}

/// The clocks (A4, D3.4). A major complaint that the project manager does not know of is due at once.
pub(super) fn deadlines(view: &ComplaintView, timers: &Timers) -> Vec<Deadline> {
    let Some(lodged) = view.lodged.as_ref().filter(|_| view.open()) else { return Vec::new() };
    let major = view.grade == Grade::Major;
    let clock = |code: &str, words: Words, since: Timestamp, minutes: u16| Deadline {
        code: code.into(),
        words,
        since,
        due: since.plus_minutes(i64::from(minutes)),
        rings: true,
    };
    let mut clocks = Vec::new();
    if view.wants_project_manager() {
        clocks.push(clock(
            "report",
            words!("重大投诉,即报项目经理", "major complaint, for the project manager at once"),
            view.graded_at,
            0,
        ));
    }
    if view.state == ComplaintState::Lodged {
        clocks.push(clock("notify", Event::Notified.words(), lodged.at, timers.complaint_notify_min));
    }
    match view.state {
        ComplaintState::Lodged | ComplaintState::Notified => {
            let since = view.reopened.last().map_or(lodged.at, |it| it.stamp.at);
            let minutes = if major { timers.complaint_plan_major_min } else { timers.complaint_plan_min };
            clocks.push(clock("plan", Event::Planned.words(), since, minutes));
        }
        ComplaintState::Planned => {
            clocks.push(clock("tell_back", Event::ToldBack.words(), view.state_since, timers.complaint_feedback_min));
        }
        ComplaintState::ToldBack | ComplaintState::Handling | ComplaintState::Settled => {
            clocks.extend(view.next_contact.map(|due| Deadline {
                code: "next_contact".into(),
                words: words!("联系投诉人", "contact with the complainant"),
                since: view.told_back.last().map_or(view.state_since, |it| it.stamp.at),
                due,
                rings: true,
            }));
        }
        ComplaintState::Answered => {
            let minutes = if major { timers.followup_critical_min } else { timers.followup_min };
            clocks.push(clock("follow_up", Event::FollowedUp.words(), view.state_since, minutes));
        }
        ComplaintState::FollowedUp | ComplaintState::Closed => {}
    }
    clocks.extend(chase::deadline(&view.chases, timers));
    clocks
}
