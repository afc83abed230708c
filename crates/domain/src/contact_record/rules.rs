//! What may be done with a contact record: the table, offers, actions, clocks, ledger lines.

use super::ContactRecord;
use super::facts::{
    CalledBack, ComplaintTaken, Completed, ContactAction, ContactFact, ContactTopic, Earlier, Received, Registration,
    Way,
};
use super::view::{ContactState, ContactView};
use crate::chase;
use crate::complaint::{Complaint, ComplaintContact, ComplaintState, ComplaintView, ComplaintWay, Lodged, lodged_step};
use crate::engine::{Acting, Deadline, Kind, LineText, Offer, Refusal, Step, Urgency, Weight};
use crate::ids::{FactId, Home, RecordId};
use crate::role::{Role, Signer};
use crate::site::Timers;
use crate::telephone::Outgoing;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{FollowUpMethod, Report, Source, WorkOrderView, listed, made};

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Received,
    Completed,
    Converted,
    Complained,
    CalledBack,
    NextContactSet,
    Chased,
    ChaseAnswered,
    Answered,
    FollowedUp,
    Closed,
    Reopened,
    RepeatOf,
}

/// Events in the order they are offered.
const OFFERED: [Event; 12] = [
    Event::CalledBack,
    Event::Complained,
    Event::Converted,
    Event::Answered,
    Event::FollowedUp,
    Event::Closed,
    Event::Completed,
    Event::RepeatOf,
    Event::ChaseAnswered,
    Event::Chased,
    Event::NextContactSet,
    Event::Reopened,
];

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::Received => "register",
            Self::Completed => "complete",
            Self::Converted => "make_order",
            Self::Complained => "make_complaint",
            Self::CalledBack => "call_back",
            Self::NextContactSet => "set_next_contact",
            Self::Chased => "chase",
            Self::ChaseAnswered => "answer_chase",
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
            Self::Complained => words!("转投诉处理", "handle as a complaint"),
            Self::CalledBack => words!("回拨", "call back"),
            Self::NextContactSet => words!("改下次联系时间", "change the next contact"),
            Self::Chased => words!("催办/询办", "chase"),
            Self::ChaseAnswered => words!("记询办答复", "note the answer"),
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
            Self::Complained => words!("转投诉处理", "handled as a complaint"),
            Self::CalledBack => words!("回拨", "called back"),
            Self::NextContactSet => words!("下次联系时间", "next contact"),
            Self::Chased => words!("催办/询办", "chased"),
            Self::ChaseAnswered => words!("询办答复", "question answered"),
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
            Self::Received
            | Self::Completed
            | Self::Converted
            | Self::Complained
            | Self::RepeatOf
            | Self::ChaseAnswered => role.works_orders(),
            Self::Answered
            | Self::FollowedUp
            | Self::Closed
            | Self::Reopened
            | Self::CalledBack
            | Self::NextContactSet
            | Self::Chased => role.runs_the_desk(),
        }
    }
}

impl ContactFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Received(_) => Event::Received,
            Self::Completed(_) => Event::Completed,
            Self::Converted { .. } => Event::Converted,
            Self::Complained { .. } => Event::Complained,
            Self::CalledBack(_) => Event::CalledBack,
            Self::NextContactSet { .. } => Event::NextContactSet,
            Self::Chased { .. } => Event::Chased,
            Self::ChaseAnswered { .. } => Event::ChaseAnswered,
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
        // Two desks at once, or its order and somebody by hand.
        (Event::Closed, Closed) => (Closed, false),
        // 未接: nobody answers there either, or they have called again by themselves (ContactView::given_up).
        (Event::Closed, Open) => (Closed, true),
        (Event::Complained, Open | Converted | Answered) => (Converted, state == Open),
        (Event::Complained, Closed) => (Closed, false),
        (Event::CalledBack, Open) => (Open, true),
        (Event::CalledBack, state) => (state, false),
        (Event::NextContactSet | Event::Chased, Open) => (Open, true),
        (Event::ChaseAnswered, Open | Converted | Answered) => (state, true),
        (Event::NextContactSet | Event::Chased | Event::ChaseAnswered, state) => (state, false),
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
                Event::CalledBack => self.wants_call_back(),
                Event::Converted | Event::Answered if self.state == ContactState::Open => !self.wants_call_back(),
                Event::Complained => self.complaint.is_none() && self.category == ContactTopic::Complaint,
                Event::Closed if self.state == ContactState::Open => self.given_up(),
                Event::ChaseAnswered => self.oldest_question().is_some(),
                Event::RepeatOf => self.repeat_of.is_none(),
                _ => true,
            }
    }

    /// The expected next step.
    pub(super) fn expected(&self) -> Option<Event> {
        match self.state {
            ContactState::Open if self.wants_call_back() && self.repeat_of.is_some() => Some(Event::Closed),
            ContactState::Open if self.wants_call_back() => Some(Event::CalledBack),
            ContactState::Open if self.category == ContactTopic::Complaint && self.complaint.is_none() => {
                Some(Event::Complained)
            }
            ContactState::Open if wants_work(self.category) => Some(Event::Converted),
            ContactState::Open => Some(Event::Answered),
            ContactState::Converted if self.follow_ups.is_empty() => Some(Event::FollowedUp),
            ContactState::Converted | ContactState::Answered => Some(Event::Closed),
            ContactState::Closed => None,
        }
    }
}

impl ContactView {
    /// A missed call whose caller nobody has spoken to yet.
    pub(super) fn wants_call_back(&self) -> bool {
        self.missed && self.call_backs.iter().all(|call| !call.reached)
    }

    /// A missed call that may be left: nobody answered there either, or the matter is another record's.
    pub(super) fn given_up(&self) -> bool {
        self.wants_call_back() && (!self.call_backs.is_empty() || self.repeat_of.is_some())
    }

    fn oldest_question(&self) -> Option<FactId> {
        chase::unanswered(&self.chases).next().map(|it| it.stamp.fact)
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
        ContactAction::MakeComplaint(_) => Event::Complained,
        ContactAction::CallBack(_) => Event::CalledBack,
        ContactAction::SetNextContact { .. } => Event::NextContactSet,
        ContactAction::Chase { .. } => Event::Chased,
        ContactAction::AnswerChase { .. } => Event::ChaseAnswered,
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
            let order = made(cx, report, dispatch_to)?;
            let converted = ContactFact::Converted { order: order.record, number: order.number };
            return Ok(vec![cx.step::<ContactRecord>(&[converted])?, order.step]);
        }
        ContactAction::MakeComplaint(taken) => {
            let number = view.number.clone().unwrap_or_default();
            let received = view.as_received();
            let (complained, complaint) = make_complaint(cx, &number, &received, view.at, view.born, taken)?;
            return Ok(vec![cx.step::<ContactRecord>(&[complained])?, complaint]);
        }
        ContactAction::CallBack(called) => return call_back(view, called, cx),
        ContactAction::SetNextContact { next_contact, reason } => {
            cx.ahead(next_contact, &words!("下次联系时间", "next contact"))?;
            ContactFact::NextContactSet { next_contact, reason }
        }
        ContactAction::Chase { department, text } => {
            given(&text, &words!("催办内容", "what to ask"))?;
            ContactFact::Chased { department, text }
        }
        ContactAction::AnswerChase { text } => {
            given(&text, &words!("答复", "the answer"))?;
            let chase = view.oldest_question().ok_or_else(|| Refusal::not_offered(&view.state_words))?;
            ContactFact::ChaseAnswered { chase, text }
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
        ContactAction::FollowUp { method, opinion, outgoing } => {
            outgoing.permit(&cx.site.settings)?;
            ContactFact::FollowedUp { method, opinion, outgoing, of: None }
        }
        ContactAction::Close => ContactFact::Closed,
        ContactAction::Reopen { reason } => {
            given(&reason, &words!("原因", "a reason"))?;
            ContactFact::Reopened { reason }
        }
        ContactAction::MarkRepeat { record, number } => {
            not_itself(record, cx)?;
            ContactFact::RepeatOf { record, number }
        }
    };
    Ok(vec![cx.step::<ContactRecord>(&[fact])?])
}

fn given(text: &str, what: &Words) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::missing(what)) } else { Ok(()) }
}

fn not_itself(record: RecordId, cx: &Acting<'_>) -> Result<(), Refusal> {
    if record != cx.record {
        return Ok(());
    }
    Err(Refusal::new(
        "itself",
        words!("不能标记为自己的重复,请选较早的一条。", "A record does not repeat itself; choose the earlier one."),
    ))
}

/// 回拨. When they answer, the call is what any other call is, and a complaint at once if it is one.
fn call_back(view: &ContactView, mut called: CalledBack, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    called.outgoing.permit(&cx.site.settings)?;
    if !called.reached {
        called = CalledBack { outgoing: called.outgoing, ..CalledBack::default() };
        return Ok(vec![cx.step::<ContactRecord>(&[ContactFact::CalledBack(called)])?]);
    }
    let category = called.category.unwrap_or_default();
    if category == ContactTopic::Other {
        given(&called.summary, &words!("事项类别或内容摘要", "a category or a summary"))?;
    }
    let mut received = view.as_received();
    received.category = category;
    if received.summary.trim().is_empty() {
        received.summary.clone_from(&called.summary);
    }
    let mut facts = vec![ContactFact::CalledBack(called)];
    let mut steps = Vec::new();
    if category == ContactTopic::Complaint {
        let number = view.number.clone().unwrap_or_default();
        let taken = ComplaintTaken::default();
        let (complained, complaint) = make_complaint(cx, &number, &received, view.at, view.born, taken)?;
        facts.push(complained);
        steps.push(complaint);
    }
    steps.insert(0, cx.step::<ContactRecord>(&facts)?);
    Ok(steps)
}

/// The complaint that a call or visit is. Its record is the same wherever it is made from this call.
fn make_complaint(
    cx: &mut Acting<'_>,
    number: &str,
    received: &Received,
    at: Timestamp,
    born: Timestamp,
    taken: ComplaintTaken,
) -> Result<(ContactFact, Step), Refusal> {
    let home = Home { class: Complaint::CLASS, day: born.day(cx.site.settings.zone), kind: Complaint::NAME };
    let complaint = RecordId::derived(&home, &[&cx.record.to_string()]);
    let lodged = Lodged {
        way: match received.way {
            Way::Call => ComplaintWay::Call,
            Way::Visit => ComplaintWay::Visit,
        },
        at_start: Some(at),
        contact: Some(ComplaintContact { record: cx.record, number: number.into() }),
        name: received.name.clone(),
        unit: received.unit,
        unit_label: received.unit_label.clone(),
        phone: received.phone.clone(),
        summary: received.summary.clone(),
        topic: taken.topic,
        grade: taken.grade,
    };
    let step = lodged_step(cx, complaint, number, lodged)?;
    Ok((ContactFact::Complained { complaint }, step))
}

/// What becomes of a call when its order or its complaint moves.
pub(crate) enum Afterwards {
    /// They were asked how it was: how, and what they said.
    FollowedUp(FollowUpMethod, String),
    /// It was closed.
    Closed,
}

/// What the record `cx` acts on means for the call it came from: the column 回访 is filled, and the call is closed with
/// the last of its orders and its complaint. Nothing where this device does not have the call, or it stands elsewhere.
pub(crate) fn afterwards(cx: &mut Acting<'_>, call: RecordId, what: Afterwards) -> Result<Option<Step>, Refusal> {
    let view = cx.book.view(call).and_then(|view| serde_json::from_value::<ContactView>(view).ok());
    let Some(view) = view.filter(|view| view.received.is_some()) else { return Ok(None) };
    let (event, fact) = match what {
        Afterwards::FollowedUp(method, opinion) => (
            Event::FollowedUp,
            ContactFact::FollowedUp { method, opinion, outgoing: Outgoing::default(), of: Some(cx.record) },
        ),
        Afterwards::Closed => (Event::Closed, ContactFact::Closed),
    };
    if event == Event::Closed && !view.orders_and_complaint().filter(|it| *it != cx.record).all(|it| ended(cx, it)) {
        return Ok(None);
    }
    if !view.offers_event(event, &cx.who) {
        return Ok(None);
    }
    Ok(Some(cx.step_on::<ContactRecord>(call, &[fact])?))
}

/// Whether an order or a complaint is over, as far as this device knows.
fn ended(cx: &Acting<'_>, record: RecordId) -> bool {
    let Some(view) = cx.book.view(record) else { return false };
    if record.is_of_kind(Complaint::NAME) {
        serde_json::from_value::<ComplaintView>(view).is_ok_and(|view| view.state == ComplaintState::Closed)
    } else {
        serde_json::from_value::<WorkOrderView>(view).is_ok_and(|view| !view.state.open())
    }
}

/// 登记, and at once 存并派 or an answer on the spot: one transaction.
fn register(registration: Registration, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let Registration { received, make_order: order_too, dispatch_to, result, complaint, repeat_of } = registration;
    // A chip says enough for a ten-second record, except 其他, which says nothing.
    if received.category == ContactTopic::Other && !received.missed {
        given(&received.summary, &words!("事项类别或内容摘要", "a category or a summary"))?;
    }
    if received.missed && received.phone.trim().is_empty() && received.unit.is_none() && received.unit_label.is_empty()
    {
        return Err(Refusal::missing(&words!("来电号码或房号", "the caller’s number or unit")));
    }
    if let Some(next_contact) = received.next_contact {
        cx.ahead(next_contact, &words!("下次联系时间", "next contact"))?;
    }
    let day = cx.today();
    let number = cx.names.number(day);
    let began = received.at_start.unwrap_or(cx.now);
    let complaint = match received.category {
        ContactTopic::Complaint if !received.missed => {
            let born = cx.now;
            Some(make_complaint(cx, &number, &received, began, born, complaint)?)
        }
        _ => None,
    };
    let report = report(cx.record, &number, &received, None, None);
    let mut step = cx.step::<ContactRecord>(&[])?;
    step.writes = cx.birth::<ContactRecord>(Some(&number));
    step.writes.push(cx.fact(&ContactFact::Received(received))?.1);
    let mut steps = vec![];
    if let Some((complained, complaint)) = complaint {
        step.writes.push(cx.fact(&complained)?.1);
        steps.push(complaint);
    }
    if let Some(Earlier { record, number }) = repeat_of {
        not_itself(record, cx)?;
        step.writes.push(cx.fact(&ContactFact::RepeatOf { record, number })?.1);
    }
    if order_too || !dispatch_to.is_empty() {
        let order = made(cx, report, dispatch_to)?;
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
        report(record, self.number.as_deref().unwrap_or_default(), &self.as_received(), title, urgency)
    }

    fn orders_and_complaint(&self) -> impl Iterator<Item = RecordId> {
        let orders = self.orders.iter().map(|it| it.order);
        orders.chain(self.complaint.as_ref().map(|it| it.complaint))
    }

    /// As it would have been written down had all of it been said at once.
    fn as_received(&self) -> Received {
        Received {
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
            missed: false,
            next_contact: None,
        }
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

/// The clocks of a call nobody has dealt with: a missed one is called back (D2.7.2), one that wants somebody sent is
/// dispatched (派工下达), any other hears from us again (D2.5.6).
pub(super) fn deadlines(view: &ContactView, timers: &Timers) -> Vec<Deadline> {
    if view.received.is_none() {
        return Vec::new();
    }
    let clock = |code: &str, words: Words, since: Timestamp, due: Timestamp, rings: bool| Deadline {
        code: code.into(),
        words,
        since,
        due,
        rings,
    };
    let mut clocks = Vec::new();
    let again = || words!("联系业户", "contact with them");
    match view.state {
        ContactState::Open if view.wants_call_back() => {
            let since = view.call_backs.last().map_or(view.state_since, |it| it.stamp.at);
            let due = since.plus_minutes(i64::from(timers.call_back_min));
            clocks.push(clock("call_back", words!("回拨", "call back"), since, due, true));
        }
        ContactState::Open => {
            let since = view.waits_since();
            if wants_work(view.category) {
                let critical = view.urgency == Urgency::Critical;
                let minutes = if critical { timers.dispatch_critical_min } else { timers.dispatch_min };
                let due = since.plus_minutes(i64::from(minutes));
                clocks.push(clock("dispatch", words!("派工", "dispatch"), since, due, critical));
            }
            match view.next_contact {
                Some(due) => clocks.push(clock("next_contact", again(), since, due, true)),
                None if !wants_work(view.category) => {
                    let due = since.plus_minutes(i64::from(timers.next_contact_min));
                    clocks.push(clock("next_contact", again(), since, due, false));
                }
                None => {}
            }
            clocks.extend(chase::deadline(&view.chases, timers));
        }
        // What was promised is owed though an order was made of it.
        ContactState::Converted => {
            let promised = view.next_contact.filter(|_| view.answers.is_empty() && view.follow_ups.is_empty());
            clocks.extend(promised.map(|due| clock("next_contact", again(), view.state_since, due, true)));
        }
        ContactState::Answered | ContactState::Closed => {}
    }
    clocks
}

impl ContactView {
    /// Since when the matter is known and nobody has dealt with it.
    fn waits_since(&self) -> Timestamp {
        let spoken = self.call_backs.iter().find(|it| it.reached).map(|it| it.stamp.at);
        spoken.map_or(self.state_since, |at| at.max(self.state_since))
    }
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &ContactFact) -> LineText {
    let same = |text: &str| Words::same(text);
    let detail = match fact {
        ContactFact::Received(received) => listed([
            if received.missed { words!("未接来电", "missed call") } else { received.way.words() },
            same(&received.line),
            if received.missed { Words::default() } else { received.category.words() },
            same(&received.unit_label),
            same(&received.name),
            same(&received.summary),
            if received.missed { Words::default() } else { received.urgency.words() },
            same(&received.handling),
            if received.missed { same(&received.phone) } else { Words::default() },
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
        ContactFact::FollowedUp { method, opinion, outgoing, .. } => {
            listed([method.words(), same(opinion), outgoing.words()])
        }
        ContactFact::Complained { .. } => Words::default(),
        ContactFact::CalledBack(called) => listed([
            if called.reached { words!("已接通", "they answered") } else { words!("未接通", "nobody answered") },
            called.category.map(ContactTopic::words).unwrap_or_default(),
            same(&called.summary),
            called.outgoing.words(),
        ]),
        ContactFact::NextContactSet { reason, .. } => same(reason),
        ContactFact::Chased { department, text } => listed([same(department), same(text)]),
        ContactFact::ChaseAnswered { text, .. } => same(text),
        ContactFact::Closed => Words::default(),
        ContactFact::Reopened { reason } => same(reason),
        ContactFact::RepeatOf { number, .. } => words!("同 {number}", "same as {number}"),
    };
    LineText { subject: words!("来电/来访 ", "call or visit: ").then(fact.event().past()), detail }
}
