//! Where a manager looks instead of reading (D5): rounds by point and hour, open work by state and age, response times,
//! complaints and calls of the last days, each as plain numbers.
//!
//! Invariants
//! - A pure function of the book, the site, the days and one moment, so every device that holds the same book shows the
//!   same figures, and a chart can be checked against the records it was made of.
//! - A figure that nobody could have reached is not held against anybody: stops whose time was over before their route
//!   began, exempted ones, and those whose window is still open do not count as owed.

use std::collections::BTreeMap;

use chrono::Timelike;
use serde::{Deserialize, Serialize};

use crate::complaint::{Complaint, ComplaintView};
use crate::contact_record::{ContactRecord, ContactView, Way};
use crate::engine::{Book, Kind, Urgency};
use crate::ids::RecordId;
use crate::patrol_run::{VisitOutcome, outcome, runs_on};
use crate::role::PersonRef;
use crate::site::Site;
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::{State, WorkOrder, WorkOrderView};

/// How many orders are named that have waited for longest.
const MOST_WAITING: usize = 8;

/// The ages by which open work is counted: less than so many minutes each, and everything older last.
const AGES_MIN: [i64; 4] = [60, 4 * 60, 24 * 60, 3 * 24 * 60];

/// What the last days amount to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Overview {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The moment it is about.
    pub as_of: Timestamp,
    /// Patrol compliance: one row for each checkpoint that was owed, in the order of the rounds.
    pub patrol: Vec<PointRow>,
    /// Open work: one row for each state in which an order stands, in the order of an order's life.
    pub work: Vec<WorkRow>,
    /// The headings of [`WorkRow::by_age`].
    pub ages: Vec<Words>,
    /// The orders that have been open for longest, the oldest first; eight at most.
    pub waiting: Vec<Waiting>,
    /// Response times of the orders reported on these days; only what was measured at least once.
    pub response: Vec<ResponseRow>,
    /// Day by day.
    pub days: Vec<DayRow>,
    /// Complaints that are open now, by where they stand.
    pub complaints: Vec<CountOf>,
    /// What the complaints of these days were about (类别), the most frequent first.
    pub topics: Vec<CountOf>,
}

/// An order that has waited long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Waiting {
    /// The order.
    pub record: RecordId,
    /// 单号.
    pub number: Option<String>,
    /// What it is about, and where.
    pub title: String,
    /// The state as read.
    pub state_words: Words,
    /// 责任人.
    pub responsible: Vec<PersonRef>,
    /// When it was reported.
    pub reported: Timestamp,
    /// The clock that ends first.
    pub due: Option<Timestamp>,
}

/// A checkpoint with its hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PointRow {
    /// The checkpoint.
    pub checkpoint: RecordId,
    /// Its name.
    pub name: String,
    /// The place's name.
    pub place_name: String,
    /// Whether it is a key area (重点部位).
    pub key_area: bool,
    /// The hours in which something was owed, in order.
    pub hours: Vec<HourCell>,
}

/// What was owed at a point in one hour of the day, all days together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct HourCell {
    /// The hour of the day in which the windows opened, 0 to 23.
    pub hour: u8,
    /// 应巡.
    pub owed: u32,
    /// Of those, in time.
    pub on_time: u32,
    /// 迟, made-up visits (补巡) among them.
    pub late: u32,
    /// 漏.
    pub missed: u32,
    /// 异常.
    pub abnormal: u32,
}

/// The open orders in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct WorkRow {
    /// The state.
    pub state: State,
    /// The state as read.
    pub words: Words,
    /// How many, by how long ago they were reported.
    pub by_age: Vec<u32>,
    /// Of those, how many have let a clock run out.
    pub overdue: u32,
}

/// Which way of an order is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// From the dispatch to the acceptance.
    Accept,
    /// From the acceptance to the arrival.
    Arrive,
    /// From the report to the completion.
    Finish,
}

/// How long one way took, for orders of one urgency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ResponseRow {
    /// How urgent.
    pub urgency: Urgency,
    /// How urgent, as read.
    pub urgency_words: Words,
    /// Which way.
    pub leg: Leg,
    /// Which way, as read.
    pub leg_words: Words,
    /// How many orders went it.
    pub count: u32,
    /// Half of them took no longer, in minutes.
    pub median_min: u32,
    /// Nine of ten took no longer, in minutes.
    pub p90_min: u32,
    /// What the site allows, in minutes, where there is a limit that holds for all of them.
    pub limit_min: Option<u16>,
    /// How many kept to it.
    pub within: Option<u32>,
}

/// One day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DayRow {
    /// The day.
    pub day: Day,
    /// 来电.
    pub calls: u32,
    /// 来访.
    pub visits: u32,
    /// Calls of which it is known how often it rang.
    pub rings_counted: u32,
    /// Of those, answered within three rings (D2.7.2).
    pub within_three_rings: u32,
    /// Orders reported.
    pub orders: u32,
    /// Orders finished.
    pub finished: u32,
    /// Complaints made.
    pub complaints: u32,
    /// Complaints closed.
    pub complaints_closed: u32,
}

/// How many of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CountOf {
    /// What.
    pub words: Words,
    /// How many.
    pub count: u32,
}

/// The overview of the days `from` to `to`, both included, as the book tells it at `now`.
#[must_use]
pub fn overview(book: &dyn Book, site: &Site, (from, to): (Day, Day), now: Timestamp) -> Overview {
    let span = Span { from, to, site };
    let orders = orders(book, &span);
    let complaints = complaints(book, &span);
    Overview {
        from,
        to,
        as_of: now,
        patrol: patrol(book, &span, now),
        work: work(&orders, site, now),
        ages: ages(),
        waiting: waiting(&orders, site),
        response: response(&orders, &span),
        days: days(book, &span, &orders, &complaints),
        complaints: standing(&complaints),
        topics: topics(&complaints, &span),
    }
}

struct Span<'a> {
    from: Day,
    to: Day,
    site: &'a Site,
}

impl Span<'_> {
    fn begins(&self) -> Timestamp {
        self.from.at(0, self.site.settings.zone)
    }

    fn ends(&self) -> Timestamp {
        self.to.after().at(0, self.site.settings.zone)
    }

    fn contains(&self, at: Timestamp) -> bool {
        (self.begins()..self.ends()).contains(&at)
    }

    fn days(&self) -> impl Iterator<Item = Day> + use<> {
        let to = self.to;
        std::iter::successors(Some(self.from), move |day| (*day < to).then(|| day.after()))
            .take_while(move |day| *day <= to)
    }
}

fn patrol(book: &dyn Book, span: &Span<'_>, now: Timestamp) -> Vec<PointRow> {
    let zone = span.site.settings.zone;
    let mut rows: Vec<PointRow> = Vec::new();
    let mut at: BTreeMap<RecordId, usize> = BTreeMap::new();
    let runs = span.days().flat_map(|day| runs_on(book, span.site, day));
    for stop in runs.flat_map(|(_, run)| run.stops) {
        let Some(outcome) = outcome(&stop, now) else { continue };
        let row = *at.entry(stop.checkpoint).or_insert_with(|| {
            rows.push(PointRow {
                checkpoint: stop.checkpoint,
                name: stop.name.clone(),
                place_name: stop.place_name.clone(),
                key_area: stop.key_area,
                hours: Vec::new(),
            });
            rows.len() - 1
        });
        let hour = u8::try_from(stop.opens.local(zone).hour()).unwrap_or_default();
        let hours = &mut rows[row].hours;
        let cell = match hours.binary_search_by_key(&hour, |cell| cell.hour) {
            Ok(found) => &mut hours[found],
            Err(place) => {
                hours.insert(place, HourCell { hour, ..HourCell::default() });
                &mut hours[place]
            }
        };
        cell.owed += 1;
        cell.abnormal += u32::from(stop.abnormal());
        match outcome {
            VisitOutcome::OnTime => cell.on_time += 1,
            VisitOutcome::Late => cell.late += 1,
            VisitOutcome::Missed => cell.missed += 1,
        }
    }
    rows
}

/// The orders that are open, and those of these days.
fn orders(book: &dyn Book, span: &Span<'_>) -> Vec<(RecordId, WorkOrderView)> {
    let found = book.open_or_touched(WorkOrder::NAME, span.begins());
    let read = found.iter().filter_map(|it| Some((it.record, it.read::<WorkOrder>()?)));
    read.filter(|(_, order)| order.state != State::Voided).collect()
}

fn ages() -> Vec<Words> {
    vec![
        words!("1 小时内", "under 1 h"),
        words!("1–4 小时", "1–4 h"),
        words!("4–24 小时", "4–24 h"),
        words!("1–3 天", "1–3 days"),
        words!("3 天以上", "over 3 days"),
    ]
}

fn reported_at(order: &WorkOrderView) -> Timestamp {
    order.reported.as_ref().map_or(order.born, |stamp| stamp.at)
}

fn waiting(orders: &[(RecordId, WorkOrderView)], site: &Site) -> Vec<Waiting> {
    let mut open: Vec<_> = orders.iter().filter(|(_, order)| order.state.open()).collect();
    open.sort_by_key(|(record, order)| (reported_at(order), *record));
    let named = |(record, order): &(RecordId, WorkOrderView)| Waiting {
        record: *record,
        number: order.number.clone(),
        title: [order.where_(), order.title.clone()].join(" ").trim().to_owned(),
        state_words: order.state_words.clone(),
        responsible: order.responsible.iter().map(|it| it.person.clone()).collect(),
        reported: reported_at(order),
        due: WorkOrder::deadlines(order, &site.settings).into_iter().map(|deadline| deadline.due).min(),
    };
    open.into_iter().take(MOST_WAITING).map(named).collect()
}

fn work(orders: &[(RecordId, WorkOrderView)], site: &Site, now: Timestamp) -> Vec<WorkRow> {
    let row = |state: State| {
        let mut row = WorkRow { state, words: state.words(), by_age: vec![0; AGES_MIN.len() + 1], overdue: 0 };
        for (_, order) in orders.iter().filter(|(_, order)| order.state == state) {
            let age = minutes(reported_at(order), now);
            row.by_age[AGES_MIN.iter().position(|limit| age < *limit).unwrap_or(AGES_MIN.len())] += 1;
            let overdue = WorkOrder::deadlines(order, &site.settings).iter().any(|deadline| deadline.due < now);
            row.overdue += u32::from(overdue);
        }
        row
    };
    let open = State::ALL.into_iter().filter(|state| state.open());
    open.map(row).filter(|row| row.by_age.iter().any(|count| *count > 0)).collect()
}

/// Whole minutes from one instant to another; never below nothing, also where two clocks disagreed.
fn minutes(from: Timestamp, to: Timestamp) -> i64 {
    to.0.saturating_sub(from.0).max(0) / 60_000
}

fn response(orders: &[(RecordId, WorkOrderView)], span: &Span<'_>) -> Vec<ResponseRow> {
    let timers = &span.site.settings.timers;
    let mut taken: BTreeMap<(Urgency, Leg), Vec<i64>> = BTreeMap::new();
    let reported = |order: &&WorkOrderView| order.reported.as_ref().is_some_and(|stamp| span.contains(stamp.at));
    for order in orders.iter().map(|(_, order)| order).filter(reported) {
        let at = |stamp: &Option<crate::work_order::Stamp>| stamp.as_ref().map(|stamp| stamp.at);
        let dispatched = order.dispatched.as_ref().map(|it| it.stamp.at);
        let legs = [
            (Leg::Accept, dispatched, at(&order.accepted)),
            (Leg::Arrive, at(&order.accepted), at(&order.arrived)),
            (Leg::Finish, at(&order.reported), at(&order.finished)),
        ];
        for (leg, from, to) in legs {
            // Sent out again after the acceptance: the first answer belongs to another dispatch.
            if let (Some(from), Some(to)) = (from, to)
                && from <= to
            {
                taken.entry((order.urgency, leg)).or_default().push(minutes(from, to));
            }
        }
    }
    let row = |((urgency, leg), mut took): ((Urgency, Leg), Vec<i64>)| {
        took.sort_unstable();
        let limit_min = match (leg, urgency) {
            (Leg::Accept, _) => Some(timers.accept_min),
            (Leg::Arrive, Urgency::Critical) => Some(timers.arrive_critical_min),
            (Leg::Arrive, Urgency::Urgent) => Some(timers.arrive_urgent_min),
            // 一般 and 计划 go by the appointment, 完成 has no limit in the regulations.
            _ => None,
        };
        ResponseRow {
            urgency,
            urgency_words: urgency.words(),
            leg,
            leg_words: match leg {
                Leg::Accept => words!("派工→接单", "dispatch → acceptance"),
                Leg::Arrive => words!("接单→到场", "acceptance → arrival"),
                Leg::Finish => words!("报修→完成", "report → completion"),
            },
            count: small(took.len()),
            median_min: quantile(&took, 50),
            p90_min: quantile(&took, 90),
            limit_min,
            within: limit_min.map(|limit| small(took.iter().filter(|it| **it <= i64::from(limit)).count())),
        }
    };
    taken.into_iter().map(row).collect()
}

/// The smallest of the sorted values that at least `percent` of them do not exceed; 0 of nothing.
fn quantile(sorted: &[i64], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0, |it| u32::try_from(*it).unwrap_or(u32::MAX))
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The complaints that are open, and those of these days.
fn complaints(book: &dyn Book, span: &Span<'_>) -> Vec<ComplaintView> {
    let found = book.open_or_touched(Complaint::NAME, span.begins());
    found.iter().filter_map(|it| it.read::<Complaint>()).filter(|it| it.lodged.is_some()).collect()
}

fn standing(complaints: &[ComplaintView]) -> Vec<CountOf> {
    let open = complaints.iter().filter(|it| it.closed.is_none());
    let mut by_state = BTreeMap::new();
    for complaint in open {
        *by_state.entry(complaint.state).or_insert(0) += 1;
    }
    by_state.into_iter().map(|(state, count)| CountOf { words: state.words(), count }).collect()
}

fn topics(complaints: &[ComplaintView], span: &Span<'_>) -> Vec<CountOf> {
    let mut by_topic: BTreeMap<&str, u32> = BTreeMap::new();
    for complaint in complaints.iter().filter(|it| span.contains(it.at)) {
        *by_topic.entry(&complaint.topic).or_default() += 1;
    }
    let words = |topic: &str| match topic {
        "" => words!("未分类", "no category"),
        topic => Words::same(topic),
    };
    let mut topics: Vec<CountOf> =
        by_topic.into_iter().map(|(topic, count)| CountOf { words: words(topic), count }).collect();
    topics.sort_by_key(|it| std::cmp::Reverse(it.count));
    topics
}

fn days(
    book: &dyn Book,
    span: &Span<'_>,
    orders: &[(RecordId, WorkOrderView)],
    complaints: &[ComplaintView],
) -> Vec<DayRow> {
    let zone = span.site.settings.zone;
    let mut days: Vec<DayRow> = span.days().map(|day| DayRow { day, ..DayRow::default() }).collect();
    let mut count = |at: Option<Timestamp>, of: &dyn Fn(&mut DayRow)| {
        let day = at.filter(|at| span.contains(*at)).map(|at| at.day(zone));
        if let Some(row) = days.iter_mut().find(|row| Some(row.day) == day) {
            of(row);
        }
    };
    for found in book.born(ContactRecord::NAME, span.begins(), span.ends()) {
        let Some(contact): Option<ContactView> = found.read::<ContactRecord>() else { continue };
        let within = contact.within_three_rings;
        count(contact.received.as_ref().map(|_| found.card.born), &|row| {
            match contact.way {
                Way::Call => row.calls += 1,
                Way::Visit => row.visits += 1,
            }
            row.rings_counted += u32::from(within.is_some());
            row.within_three_rings += u32::from(within == Some(true));
        });
    }
    for (_, order) in orders {
        count(order.reported.as_ref().map(|stamp| stamp.at), &|row| row.orders += 1);
        count(order.finished.as_ref().map(|stamp| stamp.at), &|row| row.finished += 1);
    }
    for complaint in complaints {
        count(Some(complaint.at), &|row| row.complaints += 1);
        count(complaint.closed.as_ref().map(|it| it.stamp.at), &|row| row.complaints_closed += 1);
    }
    days
}
