//! What may be done with a work order: offers, actions, clocks.

use super::WorkOrder;
use super::facts::{Dispatch, Report, Source, WorkOrderAction, WorkOrderFact};
use super::table::{Event, Right, rule};
use super::view::{State, WorkOrderView};
use crate::chase;
use crate::contact_record::{self, Afterwards};
use crate::engine::{Acting, Deadline, Kind, Offer, Refusal, Step, Urgency, Weight};
use crate::ids::{FactId, RecordId};
use crate::record::Write;
use crate::role::{PersonRef, Role, Signer};
use crate::site::Timers;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// Events in the order they are offered; `Reported` makes a record and is never offered on one.
const OFFERED: [Event; 20] = [
    Event::Dispatched,
    Event::Accepted,
    Event::Departed,
    Event::Arrived,
    Event::Started,
    Event::Resumed,
    Event::Finished,
    Event::Confirmed,
    Event::FollowedUp,
    Event::Closed,
    Event::Paused,
    Event::MaterialUsed,
    Event::Photo,
    Event::Transferred,
    Event::Chased,
    Event::ChaseAnswered,
    Event::UrgencySet,
    Event::ResponsibleSet,
    Event::Refused,
    Event::Voided,
];

impl WorkOrderView {
    /// Whether somebody has accepted and is still on it.
    pub(super) fn taken(&self) -> bool {
        self.crew.iter().any(|member| !member.left)
    }

    /// Whether somebody is at it, from the acceptance to the completion.
    pub(super) fn going_on(&self) -> bool {
        matches!(self.state, State::Accepted | State::EnRoute | State::Arrived | State::Working | State::Paused)
    }

    /// Whether this person has accepted and is still on it.
    pub(super) fn on_it(&self, person: RecordId) -> bool {
        self.crew.iter().any(|member| !member.left && member.person.person == person)
    }

    /// Whether this person is asked to come.
    pub(super) fn asked(&self, person: RecordId) -> bool {
        self.awaited.iter().any(|asked| asked.person == person)
    }

    /// Whether `role` may decide between values that stand side by side: the duty officer for normal orders, a
    /// supervisor for critical ones.
    pub(super) fn may_be_decided_by(&self, role: Role) -> bool {
        if self.urgency == Urgency::Critical { role.supervises() } else { role.runs_the_desk() }
    }

    /// The expected next step, whoever takes it.
    pub(super) fn expected(&self) -> Option<Event> {
        Some(match self.state {
            State::Pending => Event::Dispatched,
            State::Dispatched => Event::Accepted,
            State::Accepted => Event::Departed,
            State::EnRoute => Event::Arrived,
            State::Arrived => Event::Started,
            State::Working => Event::Finished,
            State::Paused => Event::Resumed,
            State::Finished => Event::Confirmed,
            State::AwaitingFollowup => Event::FollowedUp,
            State::FollowedUp if self.satisfied() => Event::Closed,
            State::FollowedUp => Event::Dispatched,
            State::Closed | State::Voided => return None,
        })
    }

    fn satisfied(&self) -> bool {
        self.follow_ups.last().is_none_or(|follow_up| follow_up.said.satisfied)
    }

    fn expected_of(&self, who: &Signer) -> Option<Event> {
        let event = self.expected()?;
        let desk = who.role.runs_the_desk();
        match event {
            Event::Dispatched if desk => Some(event),
            Event::Dispatched if self.state == State::Pending => Some(Event::Accepted),
            Event::Accepted if desk && !self.asked(who.person) => None,
            Event::Confirmed if desk && !self.on_it(who.person) => Some(Event::FollowedUp),
            _ if rule(self.state, event).is_some_and(|rule| rule.right == Right::Crew) && !self.on_it(who.person) => {
                None
            }
            _ => Some(event),
        }
    }

    fn oldest_question(&self) -> Option<FactId> {
        chase::unanswered(&self.chases).next().map(|it| it.stamp.fact)
    }

    fn label(&self, event: Event) -> Words {
        match (event, self.state) {
            (Event::Dispatched, State::Finished | State::AwaitingFollowup | State::FollowedUp) => {
                words!("返工派工", "send again")
            }
            (Event::Dispatched, state) if state != State::Pending => words!("加派", "send more people"),
            (Event::Accepted, State::Pending) => words!("抢单", "take it"),
            (Event::Refused, State::Accepted | State::EnRoute) => words!("退单", "give back"),
            (Event::Closed, State::Finished | State::AwaitingFollowup) => {
                words!("免回访关闭", "close without follow-up")
            }
            (Event::UrgencySet, _) if !self.urgency_side_by_side.is_empty() => {
                words!("选定紧急程度", "decide the urgency")
            }
            _ => event.words(),
        }
    }

    fn offers_event(&self, event: Event, who: &Signer) -> bool {
        let offered = rule(self.state, event).is_some_and(|rule| rule.offered && rule.right.person_may(self, who));
        offered
            && match event {
                Event::ChaseAnswered => self.oldest_question().is_some(),
                Event::UrgencySet if !self.urgency_side_by_side.is_empty() => self.may_be_decided_by(who.role),
                Event::ResponsibleSet if self.responsible.len() > 1 => self.may_be_decided_by(who.role),
                _ => true,
            }
    }
}

pub(super) fn offers(view: Option<&WorkOrderView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else {
        let may = Right::Anyone.role_may(who.role);
        return may.then(|| Offer::new("report", Weight::Primary, Event::Reported.words())).into_iter().collect();
    };
    if view.reported.is_none() {
        return Vec::new();
    }
    let mut offers = Vec::new();
    let deciding = view.responsible.len() > 1 && view.offers_event(Event::ResponsibleSet, who);
    if deciding {
        offers.push(Offer::new(
            "decide_responsible",
            Weight::Primary,
            words!("选定责任人", "decide who is responsible"),
        ));
    }
    let expected = view.expected_of(who).filter(|_| !deciding);
    for event in OFFERED.into_iter().filter(|event| view.offers_event(*event, who)) {
        let weight = match event {
            _ if expected == Some(event) => Weight::Primary,
            Event::Voided | Event::Refused => Weight::Grave,
            Event::Closed if view.state != State::FollowedUp => Weight::Grave,
            _ => Weight::Normal,
        };
        offers.push(Offer::new(event.action(), weight, view.label(event)));
    }
    offers.sort_by_key(|offer| match offer.weight {
        Weight::Primary => 0,
        Weight::Normal => 1,
        Weight::Grave => 2,
    });
    offers
}

/// An order that another record made.
pub struct Made {
    /// The order.
    pub record: RecordId,
    /// 派工单号.
    pub number: String,
    /// What makes it, in the same transaction as what it was made of.
    pub step: Step,
}

/// A new order for what another record reports, sent at once (存并派) where somebody is named.
///
/// # Errors
/// [`Refusal`] when the role may not, or nothing is said to be done.
pub fn made(cx: &mut Acting<'_>, report: Report, dispatch_to: Vec<PersonRef>) -> Result<Made, Refusal> {
    let record = cx.new_record::<WorkOrder>();
    let (number, mut step) = report_into(cx, record, report)?;
    if !dispatch_to.is_empty() {
        if !Right::Desk.role_may(cx.who.role) {
            return Err(no_role());
        }
        step.writes.extend(dispatch_on(cx, None, Dispatch { to: dispatch_to, ..Dispatch::default() })?);
    }
    Ok(Made { record, number, step })
}

fn report_into(cx: &mut Acting<'_>, record: RecordId, mut report: Report) -> Result<(String, Step), Refusal> {
    if !Right::Anyone.role_may(cx.who.role) {
        return Err(no_role());
    }
    report.title = report.title.trim().to_owned();
    if report.title.is_empty() {
        report.title = report.description.trim().lines().next().unwrap_or_default().chars().take(40).collect();
    }
    if report.title.is_empty() {
        return Err(Refusal::missing(&words!("服务内容", "what is to be done")));
    }
    if let Some(at) = report.appointment {
        cx.thinkable(at, &words!("预约时间", "appointment"))?;
    }
    let day = cx.today();
    let number = cx.names.number(day);
    let mut writes = cx.birth::<WorkOrder>(Some(&number));
    writes.push(cx.fact(&WorkOrderFact::Reported(report))?.1);
    Ok((number, Step { record, kind: WorkOrder::NAME, writes }))
}

fn dispatch_on(
    cx: &mut Acting<'_>,
    view: Option<&WorkOrderView>,
    mut dispatch: Dispatch,
) -> Result<Vec<Write>, Refusal> {
    one_of_each(&mut dispatch.to);
    if dispatch.to.is_empty() && dispatch.team.trim().is_empty() {
        return Err(whom());
    }
    // More people for work that goes on (加派) do not change who is responsible.
    let joins = view.is_some_and(|view| view.going_on() && !view.responsible.is_empty());
    let leads = !dispatch.to.is_empty() && !joins;
    let (fact, write) = cx.fact(&WorkOrderFact::Dispatched(dispatch))?;
    let mut writes = vec![write];
    if leads {
        writes.push(Write::Field { name: "responsible", fact });
    }
    Ok(writes)
}

fn one_of_each(people: &mut Vec<PersonRef>) {
    let mut seen = Vec::new();
    people.retain(|one| {
        let first = !seen.contains(&one.person);
        seen.push(one.person);
        first
    });
}

fn whom() -> Refusal {
    Refusal::missing(&words!("派给谁", "whom to send"))
}

fn no_role() -> Refusal {
    Refusal::new(
        "no_role",
        words!(
            "您的岗位不办这一项,请交值班员或主管。",
            "This is not in your role; ask the duty officer or a supervisor."
        ),
    )
}

/// What usually has to be minded at such work (注意事项, D3.2), as suggestions to choose from. `category` may be any words
/// about the work, `place` any words about where; a unit's label such as `3-2-1502` means somebody's home.
#[must_use]
pub fn precautions(category: &str, place: &str) -> Vec<Words> {
    let text = format!("{category} {place}").to_lowercase();
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    let is_unit = |word: &str| {
        word.contains('-')
            && word.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()))
            && word.contains(|c: char| c.is_ascii_digit())
    };
    let in_home =
        has(&["入户", "室内", "业户家", "厨", "卧室", "客厅", "indoor"]) || place.split_whitespace().any(is_unit);
    let mut found = Vec::new();
    if has(&["电", "灯", "闸", "插座", "开关", "light", "power", "electric", "socket"]) {
        found.push(words!("先断电、挂牌、验电,再作业", "switch off, tag and test before work"));
    }
    if has(&["灯", "登高", "高空", "顶", "天台", "外墙", "屋面", "light", "roof", "ceiling", "facade"]) {
        found.push(words!("登高系安全带,扶梯有人监护", "harness above ground, somebody holds the ladder"));
    }
    if in_home {
        found
            .push(words!("入户穿鞋套,先说明来意、出示工牌", "shoe covers indoors; say who you are and show the badge"));
    }
    if in_home || has(&["宠物", "狗", "犬", "猫", "pet", "dog"]) {
        found.push(words!("进门前问有无宠物,请业户看管", "ask about pets before entering; the occupant holds them"));
    }
    found
}

pub(super) fn act(
    view: Option<&WorkOrderView>,
    action: WorkOrderAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let Some(view) = view else {
        let WorkOrderAction::Report(report) = action else {
            return Err(Refusal::new("no_such_record", words!("没有这张工单。", "There is no such order.")));
        };
        let record = cx.record;
        return Ok(vec![report_into(cx, record, report)?.1]);
    };
    if matches!(action, WorkOrderAction::DecideResponsible { .. }) && view.responsible.len() < 2 {
        return Err(Refusal::not_offered(&view.state_words));
    }
    permit(view, action.event(), &cx.who)?;
    let told = match &action {
        WorkOrderAction::FollowUp(said) => Some(Afterwards::FollowedUp(said.method, said.opinion.clone())),
        WorkOrderAction::Close { .. } => Some(Afterwards::Closed),
        _ => None,
    };
    let mut step = cx.step::<WorkOrder>(&[])?;
    step.writes = writes(view, action, cx)?;
    let mut steps = vec![step];
    if let (Some(told), Source::Contact { record, .. }) = (told, &view.source) {
        steps.extend(contact_record::afterwards(cx, *record, told)?);
    }
    Ok(steps)
}

/// Refuses what is not offered, and says which of the reasons it is.
fn permit(view: &WorkOrderView, event: Event, who: &Signer) -> Result<(), Refusal> {
    if view.reported.is_some() && view.offers_event(event, who) {
        return Ok(());
    }
    let Some(rule) = rule(view.state, event).filter(|rule| rule.offered) else {
        return Err(Refusal::not_offered(&view.state_words));
    };
    if matches!(rule.right, Right::Asked | Right::Theirs | Right::Crew) && rule.right.role_may(who.role) {
        if rule.right == Right::Asked && view.on_it(who.person) {
            return Err(Refusal::not_offered(&view.state_words));
        }
        let names = view.people_on_it();
        return Err(Refusal::new(
            "not_yours",
            words!(
                "这张单由{names}办理;需要参加请找值班员加派或转派。",
                "{names} has this order; ask the duty officer to add you or transfer it."
            ),
        ));
    }
    Err(no_role())
}

impl WorkOrderView {
    fn people_on_it(&self) -> String {
        let crew = self.crew.iter().filter(|member| !member.left).map(|member| member.person.name.as_str());
        let names: Vec<&str> = crew.chain(self.awaited.iter().map(|person| person.name.as_str())).collect();
        if names.is_empty() { self.team.clone() } else { names.join("、") }
    }
}

fn given(text: &str, what: &Words) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::missing(what)) } else { Ok(()) }
}

fn writes(view: &WorkOrderView, action: WorkOrderAction, cx: &mut Acting<'_>) -> Result<Vec<Write>, Refusal> {
    let reason_words = words!("原因", "a reason");
    let fact = match action {
        WorkOrderAction::Report(_) => return Err(Refusal::not_offered(&view.state_words)),
        WorkOrderAction::Dispatch(dispatch) => return dispatch_on(cx, Some(view), dispatch),
        WorkOrderAction::Transfer { mut to, reason } => {
            one_of_each(&mut to);
            given(&reason, &reason_words)?;
            if to.is_empty() {
                return Err(whom());
            }
            return field(cx, "responsible", &WorkOrderFact::Transferred { to, reason });
        }
        WorkOrderAction::SetUrgency { urgency, reason } => {
            return field(cx, "urgency", &WorkOrderFact::UrgencySet { urgency, reason });
        }
        WorkOrderAction::SetResponsible { person, reason } => {
            let decided = view.responsible.len() > 1;
            return field(cx, "responsible", &WorkOrderFact::ResponsibleSet { person, reason, decided });
        }
        WorkOrderAction::DecideResponsible { fact, reason } => {
            let Some(chosen) = view.responsible.iter().find(|version| version.fact == fact) else {
                return Err(Refusal::new(
                    "no_such_value",
                    words!(
                        "这个人选已不在其中,请重新选定。",
                        "This is no longer one of the values; please choose again."
                    ),
                ));
            };
            let person = chosen.person.clone();
            return field(cx, "responsible", &WorkOrderFact::ResponsibleSet { person, reason, decided: true });
        }
        WorkOrderAction::Accept => WorkOrderFact::Accepted,
        WorkOrderAction::Refuse { reason } => {
            given(&reason, &reason_words)?;
            WorkOrderFact::Refused { reason }
        }
        WorkOrderAction::Depart => WorkOrderFact::Departed,
        WorkOrderAction::Arrive => WorkOrderFact::Arrived,
        WorkOrderAction::Start => WorkOrderFact::Started,
        WorkOrderAction::Pause { why, note } => WorkOrderFact::Paused { why, note },
        WorkOrderAction::Resume => WorkOrderFact::Resumed,
        WorkOrderAction::Finish(finish) => {
            given(&finish.process, &words!("处理过程", "what was done"))?;
            WorkOrderFact::Finished(finish)
        }
        WorkOrderAction::UseMaterial(material) => {
            given(&material.name, &words!("材料名称", "the material's name"))?;
            if material.quantity_milli == 0 {
                return Err(Refusal::missing(&words!("数量", "the quantity")));
            }
            WorkOrderFact::MaterialUsed(material)
        }
        WorkOrderAction::Confirm(confirm) => WorkOrderFact::Confirmed(confirm),
        WorkOrderAction::FollowUp(follow_up) => {
            follow_up.outgoing.permit(&cx.site.settings)?;
            WorkOrderFact::FollowedUp(follow_up)
        }
        WorkOrderAction::Close { without_followup_reason } => {
            let followed_up = view.state == State::FollowedUp;
            let reason = without_followup_reason.filter(|reason| !followed_up && !reason.trim().is_empty());
            if reason.is_none() && !followed_up {
                return Err(Refusal::missing(&words!("不回访的原因", "the reason for closing without a follow-up")));
            }
            WorkOrderFact::Closed { without_followup_reason: reason }
        }
        WorkOrderAction::Void { reason } => {
            given(&reason, &reason_words)?;
            WorkOrderFact::Voided { reason }
        }
        WorkOrderAction::Chase { text, department } => {
            given(&text, &words!("催办内容", "what to ask"))?;
            WorkOrderFact::Chased { text, department }
        }
        WorkOrderAction::AnswerChase { text } => {
            given(&text, &words!("答复", "the answer"))?;
            let chase = view.oldest_question().ok_or_else(|| Refusal::not_offered(&view.state_words))?;
            WorkOrderFact::ChaseAnswered { chase, text }
        }
        WorkOrderAction::Photo { phase, caption, photo, original } => {
            WorkOrderFact::PhotoPlaceholder { phase, caption, photo, original }
        }
    };
    Ok(vec![cx.fact(&fact)?.1])
}

/// A fact and the field that points at it.
fn field(cx: &mut Acting<'_>, name: &'static str, fact: &WorkOrderFact) -> Result<Vec<Write>, Refusal> {
    let (fact, write) = cx.fact(fact)?;
    Ok(vec![write, Write::Field { name, fact }])
}

/// The clocks (A4). Each runs in its own states only.
pub(super) fn deadlines(view: &WorkOrderView, timers: &Timers) -> Vec<Deadline> {
    let critical = view.urgency == Urgency::Critical;
    let either = |critical_min: u16, min: u16| i64::from(if critical { critical_min } else { min });
    let clock = |code: &str, words: Words, since: Timestamp, due: Timestamp| {
        vec![Deadline { code: code.into(), words, since, due, rings: critical }]
    };
    let since = view.state_since;
    let mut clocks = match view.state {
        State::Pending if view.reported.is_some() => {
            let due = since.plus_minutes(either(timers.dispatch_critical_min, timers.dispatch_min));
            clock("dispatch", words!("派工", "dispatch"), since, due)
        }
        State::Dispatched => {
            let due = since.plus_minutes(i64::from(timers.accept_min));
            clock("accept", words!("接单", "acceptance"), since, due)
        }
        State::Accepted | State::EnRoute => {
            let since = view.accepted.as_ref().map_or(since, |stamp| stamp.at);
            let within = |minutes: u16| Some(since.plus_minutes(i64::from(minutes)));
            let due = match view.urgency {
                Urgency::Critical => within(timers.arrive_critical_min),
                Urgency::Urgent => within(timers.arrive_urgent_min),
                Urgency::Normal => view.appointment.or_else(|| within(timers.arrive_normal_min)),
                // Planned work without an appointment has no hour to be there.
                Urgency::Planned => view.appointment,
            };
            due.map(|due| clock("arrive", words!("到场", "arrival"), since, due)).unwrap_or_default()
        }
        State::Finished | State::AwaitingFollowup => {
            let since = view.finished.as_ref().map_or(since, |stamp| stamp.at);
            let due = since.plus_minutes(either(timers.followup_critical_min, timers.followup_min));
            clock("follow_up", words!("回访", "follow-up"), since, due)
        }
        _ => Vec::new(),
    };
    if rule(view.state, Event::ChaseAnswered).is_some_and(|rule| rule.offered) {
        clocks.extend(chase::deadline(&view.chases, timers));
    }
    clocks
}
