//! 《交接班记录表》 as it reads at a moment: what the handover's own facts say, and what the rest of the book says beside
//! it. It is computed while people work at it, and kept whole in the fact that seals it; from then on nothing changes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::{Disposition, HandoverPreparation, ItemCondition};
use super::view::{ArrivalPunctuality, DifferenceAnswer, HandoverView};
use crate::carried::{CarriedItem, carried};
use crate::contact_record::{ContactRecord, ContactTopic, ContactView};
use crate::engine::{Book, Kind};
use crate::ids::RecordId;
use crate::patrol_run::{PatrolRun, RunState, RunStatus, runs_between};
use crate::role::{PersonRef, Role};
use crate::site::{RouteKind, Site};
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::WorkOrder;

/// The sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HandoverSheet {
    /// The post.
    pub post_name: String,
    /// 日期.
    pub day: Day,
    /// The shift that hands over.
    pub outgoing_shift: String,
    /// The shift that takes over.
    pub incoming_shift: String,
    /// What the sheet covers: since when,
    pub since: Timestamp,
    /// until when.
    pub until: Timestamp,
    /// 交班人.
    pub outgoing: Option<PersonRef>,
    /// 接班人.
    pub incoming: Option<PersonRef>,
    /// 接班到岗时间.
    pub arrived_at: Option<Timestamp>,
    /// How that stands to the rule of five minutes (D2.9.1).
    pub punctuality: Option<ArrivalPunctuality>,
    /// 本班概况, 通知, 钥匙, 区域异常, as the outgoing person wrote them.
    pub preparation: HandoverPreparation,
    /// The three forms in numbers.
    pub forms: ShiftForms,
    /// The inspection before closing, in words (A8 l); none where none fell into the shift.
    pub inspections: Vec<ClosingCheck>,
    /// 未完成事项.
    pub items: Vec<SheetItem>,
    /// 公物清点.
    pub counts: Vec<SheetCount>,
    /// Why a supervisor let the handover go on with a critical matter open.
    pub released: Option<String>,
    /// What still stands before a plain signature; empty on a sealed sheet.
    pub gaps: Vec<HandoverGap>,
}

/// The three forms of the shift in numbers (D1.1.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ShiftForms {
    /// 来电/来访, all.
    pub contacts: u32,
    /// By category.
    pub by_category: Vec<CategoryCount>,
    /// 派工: new in the shift.
    pub orders_new: u32,
    /// Finished in the shift, whenever they began.
    pub orders_finished: u32,
    /// Still open.
    pub orders_open: u32,
    /// Open, and a clock has run out.
    pub orders_overdue: u32,
    /// 巡视: stops that were owed.
    pub stops_owed: u32,
    /// Visited.
    pub stops_done: u32,
    /// Late.
    pub stops_late: u32,
    /// Missed.
    pub stops_missed: u32,
    /// 异常.
    pub findings: u32,
}

/// Calls and visits of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CategoryCount {
    /// The category.
    pub category: ContactTopic,
    /// The category as read.
    pub words: Words,
    /// How many.
    pub count: u32,
}

/// The inspection before closing of one route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ClosingCheck {
    /// The run.
    pub record: RecordId,
    /// Whether it was done.
    pub done: bool,
    /// How it went, in a sentence.
    pub words: Words,
    /// 缺检说明.
    pub explained: Option<String>,
}

/// An item of the sheet with what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SheetItem {
    /// The item as it stood.
    #[serde(flatten)]
    pub item: CarriedItem,
    /// What the incoming person says becomes of it.
    pub taken: Option<Disposition>,
    /// What to mind.
    pub note: String,
}

/// A line of 《岗位公物清点表》.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SheetCount {
    /// 品名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// 应有.
    pub expected: u16,
    /// 实有; none while it is not counted.
    pub actual: Option<u16>,
    /// 状态.
    pub condition: ItemCondition,
    /// 去向或原因.
    pub answer: Option<DifferenceAnswer>,
}

/// The five steps (D5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HandoverStep {
    /// 三表.
    Forms,
    /// 遗留.
    Items,
    /// 公物.
    Inventory,
    /// 指示.
    Instructions,
    /// 双签.
    Signatures,
}

/// Something that still stands before a plain signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct HandoverGap {
    /// Stable word, such as `difference_unanswered`.
    pub code: String,
    /// In which step it is dealt with.
    pub step: HandoverStep,
    /// What is missing and what to do.
    pub words: Words,
}

impl HandoverGap {
    pub(super) fn new(code: &str, step: HandoverStep, words: Words) -> Self {
        Self { code: code.into(), step, words }
    }
}

/// The items that this handover passes on: the desk's are everybody's, other posts pass on what their own person is
/// responsible for.
#[must_use]
pub fn items_of(view: &HandoverView, site: &Site, book: &dyn Book) -> Vec<CarriedItem> {
    let mut items = carried(book, &site.settings);
    if let Some(outgoing) = view.prepared.as_ref().filter(|prepared| !prepared.by.role.runs_the_desk()) {
        let person = outgoing.by.person;
        items.retain(|item| item.responsible.iter().any(|responsible| responsible.person == person));
    }
    items
}

/// The sheet as it reads now.
#[must_use]
pub fn compose(view: &HandoverView, site: &Site, now: Timestamp, book: &dyn Book) -> HandoverSheet {
    let plan = &view.plan;
    let items = items_of(view, site, book);
    let runs = runs_of_shift(view, site, now, book);
    let inspections = inspections(view, &runs);
    let mut gaps = view.gaps.clone();
    let untaken = items.iter().filter(|item| view.taken_item(item.record).is_none()).count();
    if untaken > 0 {
        gaps.push(HandoverGap::new(
            "items_open",
            HandoverStep::Items,
            words!(
                "还有{untaken}项遗留没有说明由谁接、何时办。",
                "{untaken} carried-over items are neither taken, rescheduled nor passed on."
            ),
        ));
    }
    if inspections.iter().any(|inspection| !inspection.done && inspection.explained.is_none()) {
        gaps.push(HandoverGap::new(
            "inspection_unexplained",
            HandoverStep::Forms,
            words!(
                "下班前全面巡检没有做完,请先补检,或由交班人写缺检说明。",
                "The inspection before closing is not done: do it, or the outgoing person says why not."
            ),
        ));
    }
    if view.released.is_none() {
        gaps.extend(items.iter().filter(|item| item.being_fought()).map(|item| {
            let what = item.number.as_deref().unwrap_or(&item.title);
            HandoverGap::new(
                "critical_open",
                HandoverStep::Items,
                words!(
                    "{what} 是特急,还在处置中:不得交接,由当值人坚守并上报。",
                    "{what} is critical and being handled: no handover now; whoever is on duty stays and reports."
                ),
            )
        }));
    }
    gaps.sort_by_key(|gap| gap.step);
    HandoverSheet {
        post_name: plan.post_name.clone(),
        day: plan.day,
        outgoing_shift: plan.outgoing_shift.clone(),
        incoming_shift: plan.incoming_shift.clone(),
        since: plan.since,
        until: now,
        outgoing: view.prepared.as_ref().map(|prepared| (&prepared.by).into()),
        incoming: view.arrival.as_ref().map(|arrival| (&arrival.by).into()),
        arrived_at: view.arrival.as_ref().map(|arrival| arrival.at),
        punctuality: view.arrival.as_ref().map(|arrival| arrival.punctuality),
        preparation: view.prepared.as_ref().map(|prepared| prepared.preparation.clone()).unwrap_or_default(),
        forms: forms(plan.since, now, site, book, &runs),
        inspections,
        items: items
            .into_iter()
            .map(|item| {
                let taken = view.taken_item(item.record);
                let note = taken.map(|taken| taken.note.clone()).unwrap_or_default();
                SheetItem { taken: taken.map(|taken| taken.disposition.clone()), note, item }
            })
            .collect(),
        counts: view
            .counts
            .iter()
            .map(|line| SheetCount {
                name: line.name.clone(),
                unit: line.unit.clone(),
                expected: line.expected,
                actual: line.counted.as_ref().map(|counted| counted.actual),
                condition: line.counted.as_ref().map(|counted| counted.condition).unwrap_or_default(),
                answer: line.answer.clone(),
            })
            .collect(),
        released: view.released.as_ref().map(|released| released.text.clone()),
        gaps,
    }
}

/// The runs that began in the shift, started or not.
fn runs_of_shift(view: &HandoverView, site: &Site, now: Timestamp, book: &dyn Book) -> Vec<RunStatus> {
    let (since, until) = (view.plan.since, view.plan.at.max(now));
    let begun = book.born(PatrolRun::NAME, since.plus_minutes(-24 * 60), until.plus_minutes(24 * 60));
    let begun: BTreeMap<_, _> =
        begun.into_iter().filter_map(|found| Some((found.record, found.read::<PatrolRun>()?))).collect();
    runs_between(site, now, since, until.min(Timestamp(now.0 + 1)), &begun)
}

fn inspections(view: &HandoverView, runs: &[RunStatus]) -> Vec<ClosingCheck> {
    let of_the_post = |run: &&RunStatus| run.kind == RouteKind::BeforeClosing && run.post == view.plan.post;
    runs.iter()
        .filter(of_the_post)
        .map(|run| {
            let (name, total, done, found) = (&run.route_name, run.stops_total, run.done, run.findings);
            let complete = matches!(run.state, RunState::Done);
            let words = if complete {
                words!(
                    "{name}已完成:{total}处全部检查,异常{found}项。",
                    "{name} is done: all {total} points were looked at, {found} findings."
                )
            } else if done == 0 {
                words!("{name}未做:应检{total}处,一处未检。", "{name} was not done: none of {total} points.")
            } else {
                words!(
                    "{name}未做完:应检{total}处,已检{done}处,异常{found}项。",
                    "{name} is not finished: {done} of {total} points, {found} findings."
                )
            };
            let explained = view.inspection_explained.as_ref().map(|said| said.text.clone()).filter(|_| !complete);
            ClosingCheck { record: run.record, done: complete, words, explained }
        })
        .collect()
}

fn forms(since: Timestamp, now: Timestamp, site: &Site, book: &dyn Book, runs: &[RunStatus]) -> ShiftForms {
    let contacts: Vec<ContactView> = book
        .born(ContactRecord::NAME, since, Timestamp(now.0 + 1))
        .into_iter()
        .filter_map(|found| found.read::<ContactRecord>())
        .collect();
    let mut categories: BTreeMap<ContactTopic, u32> = BTreeMap::new();
    for contact in &contacts {
        *categories.entry(contact.category).or_default() += 1;
    }
    // An order that takes longer than a month is finished in no shift's numbers, and stays among what is open.
    let orders = book.born(WorkOrder::NAME, since.plus_minutes(-31 * 24 * 60), Timestamp(now.0 + 1));
    let finished = orders.iter().filter_map(|found| found.read::<WorkOrder>()).filter(|order| {
        order.finished.as_ref().is_some_and(|stamp| (since..=now).contains(&stamp.at)) && order.voided.is_none()
    });
    let open = book.open(WorkOrder::NAME);
    let overdue = open
        .iter()
        .filter_map(|found| found.read::<WorkOrder>())
        .filter(|order| WorkOrder::deadlines(order, &site.settings).iter().any(|deadline| deadline.due <= now));
    let sum = |of: fn(&RunStatus) -> u16| runs.iter().map(|run| u32::from(of(run))).sum();
    ShiftForms {
        contacts: small(contacts.len()),
        by_category: categories
            .into_iter()
            .map(|(category, count)| CategoryCount { category, words: category.words(), count })
            .collect(),
        orders_new: small(orders.iter().filter(|found| found.card.born >= since).count()),
        orders_finished: small(finished.count()),
        orders_overdue: small(overdue.count()),
        orders_open: small(open.len()),
        stops_owed: sum(|run| run.stops_total),
        stops_done: sum(|run| run.done),
        stops_late: sum(|run| run.late),
        stops_missed: sum(|run| run.missed),
        findings: sum(|run| run.findings),
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether somebody in this role hands over and takes over: everybody who works at a post.
pub(super) fn stands_at_a_post(role: Role) -> bool {
    role.works_orders()
}
