//! What may be done with a contact record: the table, offers, actions, clocks, ledger lines.

use super::ContactRecord;
use super::facts::{Completed, ContactAction, ContactFact, ContactTopic, Received, Registration};
use super::view::{ContactState, ContactView};
use crate::engine::{Acting, Deadline, LineText, Offer, Refusal, Step, Urgency, Weight};
use crate::ids::RecordId;
use crate::record::Write;
use crate::role::{PersonRef, Role, Signer};
use crate::site::Timers;
use crate::words;
use crate::words::Words;
use crate::work_order::{Dispatch, Report, Source, dispatch_writes, listed, reported_steps};

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Received,
    Completed,
    Converted,
    Answered,
    FollowedUp,
    Closed,
    Reopened,
    RepeatOf,
}

/// Events in the order they are offered.
const OFFERED: [Event; 7] = [
    Event::Converted,
    Event::Answered,
    Event::FollowedUp,
    Event::Closed,
    Event::Completed,
    Event::RepeatOf,
    Event::Reopened,
];

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::Received => "register",
            Self::Completed => "complete",
            Self::Converted => "make_order",
            Self::Answered => "answer",
            Self::FollowedUp => "follow_up",
            Self::Closed => "close",
            Self::Reopened => "reopen",
            Self::RepeatOf => "mark_repeat",
        }
    }

    /// The button.
    pub(super) fn words(self) -> Words {
        match self {
            Self::Received => words!("登记", "register"),
            Self::Completed => words!("补全", "complete"),
            Self::Converted => words!("转派工单", "make a work order"),
            Self::Answered => words!("答复", "answer"),
            Self::FollowedUp => words!("回访", "follow up"),
            Self::Closed => words!("办结", "close"),
            Self::Reopened => words!("重新打开", "open again"),
            Self::RepeatOf => words!("标记重复", "mark as a repeat"),
        }
    }

    /// The event as something that happened.
    pub(super) fn past(self) -> Words {
        match self {
            Self::Received => words!("登记", "registered"),
            Self::Completed => words!("补全", "completed"),
            Self::Converted => words!("转派工单", "work order made"),
            Self::Answered => words!("答复", "answered"),
            Self::FollowedUp => words!("回访", "followed up"),
            Self::Closed => words!("办结", "closed"),
            Self::Reopened => words!("重新打开", "opened again"),
            Self::RepeatOf => words!("标记重复", "marked as a repeat"),
        }
    }

    pub(super) fn role_may(self, role: Role) -> bool {
        match self {
            // Whoever picks up the telephone or is spoken to on a round writes it down.
            Self::Received | Self::Completed | Self::Converted | Self::RepeatOf => role.works_orders(),
            Self::Answered | Self::FollowedUp | Self::Closed | Self::Reopened => role.runs_the_desk(),
        }
    }
}

impl ContactFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Received(_) => Event::Received,
            Self::Completed(_) => Event::Completed,
            Self::Converted { .. } => Event::Converted,
            Self::Answered { .. } => Event::Answered,
            Self::FollowedUp { .. } => Event::FollowedUp,
            Self::Closed => Event::Closed,
            Self::Reopened { .. } => Event::Reopened,
            Self::RepeatOf { .. } => Event::RepeatOf,
        }
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) then: ContactState,
    /// Whether it is offered; what is not is still in force when it arrives.
    offered: bool,
}

/// The table: which event is legal in which state, and what state follows.
pub(super) fn rule(state: ContactState, event: Event) -> Option<Rule> {
    use ContactState::{Answered, Closed, Converted, Open};
    let (then, offered) = match (event, state) {
        // What is still missing may follow to the end, also on a record that was settled on the spot.
        (Event::Completed, state) => (state, true),
        (Event::RepeatOf, Closed) => (Closed, false),
        (Event::RepeatOf, state) => (state, true),
        (Event::Converted, Open | Converted | Answered) => (Converted, true),
        // The order was made elsewhere while this was closed here.
        (Event::Converted, Closed) => (Closed, false),
        (Event::Answered, Open | Answered) => (Answered, true),
        // What the order brought, told to them.
        (Event::Answered, Converted) => (Answered, true),
        (Event::Answered | Event::FollowedUp, Closed) => (Closed, false),
        (Event::FollowedUp, Converted | Answered) => (state, true),
        (Event::Closed, Converted | Answered) => (Closed, true),
        (Event::Reopened, Closed) => (Open, true),
        _ => return None,
    };
    Some(Rule { then, offered })
}

impl ContactView {
    fn offers_event(&self, event: Event, who: &Signer) -> bool {
        self.received.is_some()
            && event.role_may(who.role)
            && rule(self.state, event).is_some_and(|rule| rule.offered)
            && match event {
                Event::Completed => !self.missing.is_empty(),
                Event::RepeatOf => self.repeat_of.is_none(),
                _ => true,
            }
    }

    /// The expected next step.
    pub(super) fn expected(&self) -> Option<Event> {
        match self.state {
            ContactState::Open if wants_work(self.category) => Some(Event::Converted),
            ContactState::Open => Some(Event::Answered),
            ContactState::Converted if self.follow_ups.is_empty() => Some(Event::FollowedUp),
            ContactState::Converted | ContactState::Answered => Some(Event::Closed),
            ContactState::Closed => None,
        }
    }
}

fn wants_work(category: ContactTopic) -> bool {
    matches!(category, ContactTopic::Repair | ContactTopic::Help)
}

pub(super) fn offers(view: Option<&ContactView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else {
        let may = Event::Received.role_may(who.role);
        return may.then(|| Offer::new("register", Weight::Primary, Event::Received.words())).into_iter().collect();
    };
    let expected = view.expected();
    let mut offers: Vec<Offer> = OFFERED
        .into_iter()
        .filter(|event| view.offers_event(*event, who))
        .map(|event| {
            let weight = if expected == Some(event) { Weight::Primary } else { Weight::Normal };
            let words = match event {
                Event::Converted if !view.orders.is_empty() => words!("再派一单", "make another work order"),
                _ => event.words(),
            };
            Offer::new(event.action(), weight, words)
        })
        .collect();
    offers.sort_by_key(|offer| offer.weight != Weight::Primary);
    offers
}

pub(super) fn act(
    view: Option<&ContactView>,
    action: ContactAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let event = match &action {
        ContactAction::Register(_) => Event::Received,
        ContactAction::Complete(_) => Event::Completed,
        ContactAction::MakeOrder { .. } => Event::Converted,
        ContactAction::Answer { .. } => Event::Answered,
        ContactAction::FollowUp { .. } => Event::FollowedUp,
        ContactAction::Close => Event::Closed,
        ContactAction::Reopen { .. } => Event::Reopened,
        ContactAction::MarkRepeat { .. } => Event::RepeatOf,
    };
    if !event.role_may(cx.who.role) {
        return Err(Refusal::new(
            "no_role",
            words!("您的岗位不办这一项,请交值班员。", "This is not in your role; ask the duty officer."),
        ));
    }
    let Some(view) = view else {
        let ContactAction::Register(registration) = action else {
            return Err(Refusal::new("no_such_record", words!("没有这条记录。", "There is no such record.")));
        };
        return register(registration, cx);
    };
    if !view.offers_event(event, &cx.who) {
        return Err(Refusal::not_offered(&view.state_words));
    }
    let fact = match action {
        ContactAction::Register(_) => return Err(Refusal::not_offered(&view.state_words)),
        ContactAction::MakeOrder { title, urgency, dispatch_to } => {
            let report = view.report(cx.record, title, urgency);
            let order = make_order(report, dispatch_to, cx)?;
            let converted = ContactFact::Converted { order: order.record, number: order.number };
            return Ok(vec![cx.step::<ContactRecord>(&[converted])?, order.step]);
        }
        ContactAction::Complete(completed) => {
            let completed = tidy(completed);
            if completed == Completed::default() {
                return Err(Refusal::missing(&words!("要补的内容", "what to add")));
            }
            view.only_what_is_empty(&completed)?;
            ContactFact::Completed(completed)
        }
        ContactAction::Answer { result } => {
            given(&result, &words!("处理结果", "the result"))?;
            ContactFact::Answered { result }
        }
        ContactAction::FollowUp { method, opinion } => ContactFact::FollowedUp { method, opinion },
        ContactAction::Close => ContactFact::Closed,
        ContactAction::Reopen { reason } => {
            given(&reason, &words!("原因", "a reason"))?;
            ContactFact::Reopened { reason }
        }
        ContactAction::MarkRepeat { record, number } => {
            if record == cx.record {
                return Err(Refusal::new(
                    "itself",
                    words!(
                        "不能标记为自己的重复,请选较早的一条。",
                        "A record does not repeat itself; choose the earlier one."
                    ),
                ));
            }
            ContactFact::RepeatOf { record, number }
        }
    };
    Ok(vec![cx.step::<ContactRecord>(&[fact])?])
}

fn given(text: &str, what: &Words) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::missing(what)) } else { Ok(()) }
}

/// 登记, and at once 存并派 or an answer on the spot: one transaction.
fn register(registration: Registration, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let Registration { received, make_order: order_too, dispatch_to, result } = registration;
    // A chip says enough for a ten-second record, except 其他, which says nothing.
    if received.category == ContactTopic::Other {
        given(&received.summary, &words!("事项类别或内容摘要", "a category or a summary"))?;
    }
    let day = cx.today();
    let number = cx.names.number(day);
    let report = report(cx.record, &number, &received, None, None);
    let mut step = cx.step::<ContactRecord>(&[])?;
    step.writes = cx.birth::<ContactRecord>(Some(&number));
    step.writes.push(cx.fact(&ContactFact::Received(received))?.1);
    let mut steps = vec![];
    if order_too || !dispatch_to.is_empty() {
        let order = make_order(report, dispatch_to, cx)?;
        let converted = ContactFact::Converted { order: order.record, number: order.number };
        step.writes.push(cx.fact(&converted)?.1);
        steps.push(order.step);
    }
    if !result.trim().is_empty() {
        if !Event::Answered.role_may(cx.who.role) {
            return Err(Refusal::new(
                "no_role",
                words!(
                    "答复由值班员登记;请先保存,不填结果。",
                    "The duty officer records answers; save without a result."
                ),
            ));
        }
        step.writes.push(cx.fact(&ContactFact::Answered { result })?.1);
    }
    steps.insert(0, step);
    Ok(steps)
}

struct Order {
    record: RecordId,
    number: String,
    step: Step,
}

fn make_order(report: Report, dispatch_to: Vec<PersonRef>, cx: &mut Acting<'_>) -> Result<Order, Refusal> {
    let (record, number, mut step) = reported_steps(cx, report)?;
    if !dispatch_to.is_empty() {
        let writes: Vec<Write> = dispatch_writes(cx, Dispatch { to: dispatch_to, ..Dispatch::default() })?;
        step.writes.extend(writes);
    }
    Ok(Order { record, number, step })
}

/// The order that a call becomes: nothing is typed twice.
fn report(
    record: RecordId,
    number: &str,
    received: &Received,
    title: Option<String>,
    urgency: Option<Urgency>,
) -> Report {
    let topic = received.category.words().zh;
    let title = title.filter(|title| !title.trim().is_empty());
    let first_line = received.summary.trim().lines().next().unwrap_or_default();
    let from_summary: String = first_line.chars().take(40).collect();
    Report {
        source: Source::Contact { record, number: number.into() },
        title: title.unwrap_or(if from_summary.is_empty() { topic.clone() } else { from_summary }),
        description: received.summary.clone(),
        place: String::new(),
        unit: received.unit,
        unit_label: received.unit_label.clone(),
        reporter_name: received.name.clone(),
        reporter_phone: received.phone.clone(),
        category: topic,
        urgency: urgency.unwrap_or(received.urgency),
        appointment: None,
    }
}

/// Leaves out what was sent empty.
fn tidy(completed: Completed) -> Completed {
    let some = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Completed {
        line: some(completed.line),
        unit_label: some(completed.unit_label),
        name: some(completed.name),
        phone: some(completed.phone),
        summary: some(completed.summary),
        handling: some(completed.handling),
        ..completed
    }
}

impl ContactView {
    fn report(&self, record: RecordId, title: Option<String>, urgency: Option<Urgency>) -> Report {
        let received = Received {
            way: self.way,
            rings: None,
            line: String::new(),
            at_start: None,
            unit: self.unit,
            unit_label: self.unit_label.clone(),
            name: self.name.clone(),
            phone: self.phone.clone(),
            category: self.category,
            summary: self.summary.clone(),
            urgency: self.urgency,
            handling: String::new(),
        };
        report(record, self.number.as_deref().unwrap_or_default(), &received, title, urgency)
    }

    fn only_what_is_empty(&self, completed: &Completed) -> Result<(), Refusal> {
        match self.clashes(completed).into_iter().next() {
            None => Ok(()),
            Some(Words { zh, en }) => Err(Refusal::new(
                "already_given",
                words!("{zh}已经填过;要改请用「更正」。", "Already given: {en}; use a correction to change it."),
            )),
        }
    }
}

/// The clock of a call that wants somebody sent (派工下达): it runs until there is an order or an answer.
pub(super) fn deadlines(view: &ContactView, timers: &Timers) -> Vec<Deadline> {
    if view.state != ContactState::Open || view.received.is_none() || !wants_work(view.category) {
        return Vec::new();
    }
    let critical = view.urgency == Urgency::Critical;
    let minutes = if critical { timers.dispatch_critical_min } else { timers.dispatch_min };
    vec![Deadline {
        code: "dispatch".into(),
        words: words!("派工", "dispatch"),
        since: view.state_since,
        due: view.state_since.plus_minutes(i64::from(minutes)),
        rings: critical,
    }]
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &ContactFact) -> LineText {
    let same = |text: &str| Words::same(text);
    let detail = match fact {
        ContactFact::Received(received) => listed([
            received.way.words(),
            received.category.words(),
            same(&received.unit_label),
            same(&received.name),
            same(&received.summary),
            received.urgency.words(),
            same(&received.handling),
        ]),
        ContactFact::Completed(completed) => {
            let parts = [
                &completed.unit_label,
                &completed.name,
                &completed.phone,
                &completed.summary,
                &completed.handling,
                &completed.line,
            ];
            listed(parts.into_iter().flatten().map(|text| same(text)))
        }
        ContactFact::Converted { number, .. } => words!("派工单 {number}", "work order {number}"),
        ContactFact::Answered { result } => same(result),
        ContactFact::FollowedUp { method, opinion } => listed([method.words(), same(opinion)]),
        ContactFact::Closed => Words::default(),
        ContactFact::Reopened { reason } => same(reason),
        ContactFact::RepeatOf { number, .. } => words!("同 {number}", "same as {number}"),
    };
    LineText { subject: words!("来电/来访 ", "call or visit: ").then(fact.event().past()), detail }
}
