//! The numbers of a day, computed from the records: the ten parts of 《服务中心日报表》.
//!
//! Invariants
//! - A pure function of the book, the site, the day and one moment. What happened after the moment, or after the day, is
//!   left out of account, so that a report computed next week equals the one of that evening unless something arrived.
//! - Kinds are asked for by name where this module needs no more of them than their cards.

use serde::{Deserialize, Serialize};

use crate::contact_record::{ContactRecord, ContactTopic, ContactView, Way};
use crate::engine::{Book, Card, Deadline, Found, Kind};
use crate::ids::RecordId;
use crate::patrol_run::{Progress, StopView, VisitOutcome, outcome, runs_on};
use crate::role::PersonRef;
use crate::site::{RouteKind, Settings, Site};
use crate::time::{Day, Timestamp};
use crate::words::Words;
use crate::work_order::{State, WorkOrder, WorkOrderView};

/// Kinds whose unfinished records are carried over to the next day (⑨), besides work orders and calls.
const CARRIED: [&str; 4] = ["complaint", "incident", "instruction", "journal"];

/// A day in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DayNumbers {
    /// The moment they are about: the end of the day, or earlier while it lasts.
    pub as_of: Timestamp,
    /// ① 来电/来访.
    pub contacts: Contacts,
    /// ② 派工.
    pub orders: Orders,
    /// ③ 投诉.
    pub complaints: Complaints,
    /// ④ 巡视.
    pub rounds: Rounds,
    /// ⑤ 下班前巡检.
    pub closing: Vec<ClosingInspection>,
    /// ⑥ 突发事件.
    pub incidents: Vec<Mention>,
    /// ⑦ 上级指示与落实.
    pub instructions: Vec<Mention>,
    /// ⑧ 出勤.
    pub attendance: Vec<StateCount>,
    /// ⑨ 遗留事项.
    pub carried_over: Vec<CarriedOver>,
}

/// ① Calls and visits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Contacts {
    /// All of them.
    pub total: u32,
    /// 来电.
    pub calls: u32,
    /// 来访.
    pub visits: u32,
    /// By category; those without any are left out.
    pub topics: Vec<TopicCount>,
    /// Calls of which it is known how often it rang (D2.7.2).
    pub rings_counted: u32,
    /// Of those, answered within three rings.
    pub within_three_rings: u32,
}

/// How many of a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TopicCount {
    /// 事项类别.
    pub topic: ContactTopic,
    /// How many.
    pub count: u32,
}

/// ② Work orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Orders {
    /// 新增: reported on the day.
    pub new: u32,
    /// 完成: finished on the day.
    pub done: u32,
    /// 未完成: reported and not finished at the end of it.
    pub open: u32,
    /// 超时: of the open ones, those whose clock had run out.
    pub overdue: u32,
}

/// ③ Complaints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Complaints {
    /// 新增.
    pub new: u32,
    /// 在办.
    pub open: u32,
    /// 办结: of those made on the day.
    pub settled: u32,
}

/// ④ Rounds, the inspection before closing not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Rounds {
    /// 应巡: stops that were due by then, exempted ones not counted.
    pub owed: u32,
    /// 实巡.
    pub visited: u32,
    /// 迟.
    pub late: u32,
    /// 漏.
    pub missed: u32,
    /// 异常.
    pub abnormal: u32,
}

/// ⑤ One inspection before closing (D1.1.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ClosingInspection {
    /// The run.
    pub record: RecordId,
    /// Its route and time.
    pub title: String,
    /// Whether it was ended and signed.
    pub done: bool,
    /// Places looked at, and places to look at.
    pub visited: u32,
    /// See `visited`.
    pub owed: u32,
    /// Places where something was wrong.
    pub abnormal: u32,
    /// Who signed.
    pub signed_by: Option<PersonRef>,
}

/// A record that a report names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Mention {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: Option<String>,
    /// What it is about.
    pub title: String,
    /// Where it stood.
    pub state: Words,
    /// Who had it.
    pub responsible: Vec<PersonRef>,
}

/// How many are in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct StateCount {
    /// The state.
    pub state: Words,
    /// How many.
    pub count: u32,
}

/// ⑨ One matter that goes on (事项/责任人/时限/下一步).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CarriedOver {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: Option<String>,
    /// 事项.
    pub title: String,
    /// 责任人.
    pub responsible: Vec<PersonRef>,
    /// 时限: the clock that ends first.
    pub due: Option<Timestamp>,
    /// 下一步.
    pub next: Option<Words>,
}

/// The numbers of `day` as the book tells them at `now`.
#[must_use]
pub fn of_day(book: &dyn Book, site: &Site, day: Day, now: Timestamp) -> DayNumbers {
    let zone = site.settings.zone;
    let end = day.after().at(0, zone);
    // What was written at this very moment counts.
    let span = Span { from: day.at(0, zone), until: Timestamp(now.0.saturating_add(1)).min(end) };
    let orders = orders_of(book, &span);
    let contacts: Vec<(RecordId, ContactView)> =
        read::<ContactRecord>(book.born(ContactRecord::NAME, span.from, span.until));
    DayNumbers {
        as_of: now.min(end),
        contacts: count_contacts(contacts.iter().map(|(_, view)| view)),
        orders: count_orders(&orders, &span, &site.settings),
        complaints: count_complaints(book, &span),
        rounds: count_rounds(book, site, day, now),
        closing: closing(book, site, day),
        incidents: mentions(book.born("incident", span.from, span.until)),
        instructions: mentions(with_open(book, "instruction", &span)),
        attendance: attendance(book, &span),
        carried_over: carried_over(book, &orders, &span, &site.settings),
    }
}

/// From the day's beginning until just after the moment the numbers are about.
struct Span {
    from: Timestamp,
    until: Timestamp,
}

impl Span {
    fn contains(&self, at: Timestamp) -> bool {
        (self.from..self.until).contains(&at)
    }
}

fn read<K: Kind>(found: Vec<Found>) -> Vec<(RecordId, K::View)> {
    found.into_iter().filter_map(|found| Some((found.record, found.read::<K>()?))).collect()
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn count_contacts<'a>(contacts: impl Iterator<Item = &'a ContactView>) -> Contacts {
    let mut sum = Contacts::default();
    for view in contacts.filter(|view| view.received.is_some()) {
        sum.total += 1;
        match view.way {
            Way::Call => sum.calls += 1,
            Way::Visit => sum.visits += 1,
        }
        if let Some(within) = view.within_three_rings {
            sum.rings_counted += 1;
            sum.within_three_rings += u32::from(within);
        }
        match sum.topics.iter_mut().find(|one| one.topic == view.category) {
            Some(one) => one.count += 1,
            None => sum.topics.push(TopicCount { topic: view.category, count: 1 }),
        }
    }
    sum.topics.sort_by_key(|one| one.topic);
    sum
}

/// An order as it stood at the moment: what was done to it later is taken back.
struct OrderThen {
    record: RecordId,
    view: WorkOrderView,
    new: bool,
    done: bool,
}

impl OrderThen {
    fn card(&self) -> Card {
        WorkOrder::card(&self.view)
    }

    fn deadline(&self, settings: &Settings) -> Option<Deadline> {
        WorkOrder::deadlines(&self.view, settings).into_iter().min_by_key(|deadline| deadline.due)
    }

    /// Whether work is still owed: a finished one only waits for the follow-up call.
    fn unfinished(&self) -> bool {
        !matches!(
            self.view.state,
            State::Finished | State::AwaitingFollowup | State::FollowedUp | State::Closed | State::Voided
        )
    }
}

/// Every order that could have a part in the day: those somebody touched since it began, and those that are open.
fn orders_of(book: &dyn Book, span: &Span) -> Vec<OrderThen> {
    let mut orders: Vec<OrderThen> = read::<WorkOrder>(book.open_or_touched(WorkOrder::NAME, span.from))
        .into_iter()
        .filter(|(_, view)| view.reported.as_ref().is_some_and(|stamp| stamp.at < span.until))
        .map(|(record, view)| {
            let new = view.reported.as_ref().is_some_and(|stamp| span.contains(stamp.at));
            let done = view.finished.as_ref().is_some_and(|stamp| span.contains(stamp.at));
            OrderThen { record, view: then(view, span.until), new, done }
        })
        .collect();
    orders.sort_by_key(|order| (order.view.born, order.record));
    orders
}

fn then(mut view: WorkOrderView, until: Timestamp) -> WorkOrderView {
    if view.steps.iter().all(|step| step.stamp.at < until) {
        return view;
    }
    let steps: Vec<_> = view.steps.iter().filter(|step| step.stamp.at < until).cloned().collect();
    let (mut state, mut since) = (State::default(), view.born);
    for step in &steps {
        if step.state != state {
            (state, since) = (step.state, step.stamp.at);
        }
    }
    view.state = state;
    view.state_words = state.words();
    view.state_since = since;
    view.steps = steps;
    view
}

fn count_orders(orders: &[OrderThen], span: &Span, settings: &Settings) -> Orders {
    let count = |wanted: &dyn Fn(&OrderThen) -> bool| small(orders.iter().filter(|order| wanted(order)).count());
    Orders {
        new: count(&|order| order.new && order.view.state != State::Voided),
        done: count(&|order| order.done),
        open: count(&OrderThen::unfinished),
        overdue: count(&|order| {
            order.unfinished() && order.deadline(settings).is_some_and(|deadline| deadline.due < span.until)
        }),
    }
}

fn count_complaints(book: &dyn Book, span: &Span) -> Complaints {
    let born = book.born("complaint", span.from, span.until);
    let open = book.open("complaint").into_iter().filter(|found| found.card.born < span.until).count();
    Complaints {
        new: small(born.len()),
        open: small(open),
        settled: small(born.iter().filter(|found| !found.card.open).count()),
    }
}

fn count_rounds(book: &dyn Book, site: &Site, day: Day, now: Timestamp) -> Rounds {
    let mut sum = Rounds::default();
    let runs = runs_on(book, site, day);
    let rounds = runs.iter().filter(|(_, run)| run.kind != RouteKind::BeforeClosing);
    for stop in rounds.flat_map(|(_, run)| &run.stops) {
        // A round that began before midnight belongs to its day to the end, so it is judged at this moment.
        match outcome(stop, now) {
            None => continue,
            Some(VisitOutcome::OnTime) => sum.visited += 1,
            Some(VisitOutcome::Late) => {
                sum.visited += 1;
                sum.late += 1;
            }
            Some(VisitOutcome::Missed) => sum.missed += 1,
        }
        sum.owed += 1;
        sum.abnormal += u32::from(stop.abnormal());
    }
    sum
}

fn closing(book: &dyn Book, site: &Site, day: Day) -> Vec<ClosingInspection> {
    let runs = runs_on(book, site, day);
    runs.into_iter()
        .filter(|(_, run)| run.kind == RouteKind::BeforeClosing)
        .map(|(record, run)| ClosingInspection {
            record,
            title: run.title(),
            done: run.state == Progress::Finished,
            visited: small(run.stops.iter().filter(|stop| stop.visited_at.is_some()).count()),
            owed: small(run.stops.iter().filter(|stop| stop.exempted.is_none()).count()),
            abnormal: small(run.stops.iter().filter(|stop| StopView::abnormal(stop)).count()),
            signed_by: run.finished_by,
        })
        .collect()
}

fn mention(found: Found) -> Mention {
    Mention {
        kind: kind_of(&found),
        record: found.record,
        number: found.card.number,
        title: found.card.title,
        state: found.card.state_words,
        responsible: found.card.responsible,
    }
}

fn kind_of(found: &Found) -> String {
    let kind = crate::kinds::ALL.iter().find(|kind| found.record.is_of_kind(kind.name()));
    kind.map(|kind| kind.name().to_owned()).unwrap_or_default()
}

fn mentions(found: Vec<Found>) -> Vec<Mention> {
    found.into_iter().map(mention).collect()
}

/// The records of the day, and the earlier ones that are still open.
fn with_open(book: &dyn Book, kind: &str, span: &Span) -> Vec<Found> {
    let mut found: Vec<Found> = book.open(kind).into_iter().filter(|found| found.card.born < span.from).collect();
    found.extend(book.born(kind, span.from, span.until));
    found
}

fn attendance(book: &dyn Book, span: &Span) -> Vec<StateCount> {
    let mut counts: Vec<StateCount> = Vec::new();
    for found in book.born("attendance", span.from, span.until) {
        match counts.iter_mut().find(|one| one.state == found.card.state_words) {
            Some(one) => one.count += 1,
            None => counts.push(StateCount { state: found.card.state_words, count: 1 }),
        }
    }
    counts
}

fn carried_over(book: &dyn Book, orders: &[OrderThen], span: &Span, settings: &Settings) -> Vec<CarriedOver> {
    let mut carried: Vec<(Timestamp, CarriedOver)> = Vec::new();
    for order in orders.iter().filter(|order| order.view.state.open()) {
        let card = order.card();
        let due = order.deadline(settings).map(|deadline| deadline.due);
        carried.push((card.born, item(order.record, WorkOrder::NAME, card, due)));
    }
    let others = std::iter::once(ContactRecord::NAME).chain(CARRIED);
    for found in others.flat_map(|kind| book.open(kind)).filter(|found| found.card.born < span.until) {
        let kind = kind_of(&found);
        // A call whose order goes on is named by its order.
        if kind == ContactRecord::NAME && found.card.state == "converted" {
            continue;
        }
        let deadlines = crate::kinds::find(&kind).map(|kind| kind.deadlines(&found.view, settings));
        let due = deadlines.and_then(|all| all.into_iter().map(|deadline| deadline.due).min());
        carried.push((found.card.born, item(found.record, &kind, found.card, due)));
    }
    carried.sort_by_key(|(born, one)| (*born, one.record));
    carried.into_iter().map(|(_, one)| one).collect()
}

fn item(record: RecordId, kind: &str, card: Card, due: Option<Timestamp>) -> CarriedOver {
    CarriedOver {
        record,
        kind: kind.into(),
        number: card.number,
        title: [card.place.unwrap_or_default(), card.title].join(" ").trim().to_owned(),
        responsible: card.responsible,
        due,
        next: card.next,
    }
}
