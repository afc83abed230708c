//! What may be done with a daily report: the table, offers, actions, clocks, ledger lines, the plan.

use super::DailyReport;
use super::facts::{Narrative, ReportAction, ReportFact, SignedReport};
use super::numbers;
use super::view::{DailyReportView, ReportState};
use crate::engine::{Acting, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Weight};
use crate::ids::{Home, RecordId};
use crate::record::Write;
use crate::role::{Role, Signer};
use crate::site::{Settings, Site};
use crate::time::Day;
use crate::words;
use crate::words::Words;

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Written,
    Signed,
    SignedAnew,
    TakenOver,
    Reviewed,
}

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::Written => "write",
            Self::Signed => "sign",
            Self::SignedAnew => "sign_anew",
            Self::TakenOver => "take_over",
            Self::Reviewed => "review",
        }
    }

    pub(super) fn words(self) -> Words {
        match self {
            Self::Written => words!("填写说明", "write"),
            Self::Signed => words!("值班员签名", "duty officer signs"),
            Self::SignedAnew => words!("签新版", "sign anew"),
            Self::TakenOver => words!("接班人签名", "incoming officer signs"),
            Self::Reviewed => words!("主管审阅", "supervisor reviews"),
        }
    }

    pub(super) fn role_may(self, role: Role) -> bool {
        match self {
            Self::Written | Self::Signed | Self::SignedAnew | Self::TakenOver => role.runs_the_desk(),
            Self::Reviewed => role.supervises(),
        }
    }
}

impl ReportFact {
    pub(super) fn event(&self, signed_before: bool) -> Event {
        match self {
            Self::Signed(_) if signed_before => Event::SignedAnew,
            Self::Signed(_) => Event::Signed,
            Self::TakenOver => Event::TakenOver,
            Self::Reviewed { .. } => Event::Reviewed,
        }
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) then: ReportState,
    offered: bool,
}

/// The table: which event is legal in which state, and what state follows.
pub(super) fn rule(state: ReportState, event: Event) -> Option<Rule> {
    use ReportState::{Draft, Reviewed, Signed};
    let (then, offered) = match (state, event) {
        (state, Event::Written) => (state, true),
        (Draft, Event::Signed) => (Signed, true),
        // What was reviewed and then signed anew wants looking at again.
        (Signed | Reviewed, Event::SignedAnew) => (Signed, true),
        (Signed, Event::TakenOver) => (Signed, true),
        // The incoming officer signed while the supervisor was already reading.
        (Reviewed, Event::TakenOver) => (Reviewed, true),
        (Signed, Event::Reviewed) => (Reviewed, true),
        (Reviewed, Event::Reviewed) => (Reviewed, false),
        _ => return None,
    };
    Some(Rule { then, offered })
}

fn offered(view: &DailyReportView, event: Event, who: &Signer) -> bool {
    event.role_may(who.role)
        && rule(view.state, event).is_some_and(|rule| rule.offered)
        && match event {
            Event::TakenOver => {
                view.taken_over.is_none() && view.versions.iter().all(|version| version.stamp.by.person != who.person)
            }
            _ => true,
        }
}

pub(super) fn offers(view: Option<&DailyReportView>, who: &Signer) -> Vec<Offer> {
    let untouched = DailyReportView::default();
    let view = view.unwrap_or(&untouched);
    let expected = match view.state {
        ReportState::Draft => Event::Signed,
        ReportState::Signed if offered(view, Event::Reviewed, who) => Event::Reviewed,
        _ => Event::TakenOver,
    };
    let order = [expected, Event::Signed, Event::TakenOver, Event::Reviewed, Event::Written, Event::SignedAnew];
    let mut events: Vec<Event> = Vec::new();
    for event in order {
        if offered(view, event, who) && !events.contains(&event) {
            events.push(event);
        }
    }
    let weight = |event| if event == expected { Weight::Primary } else { Weight::Normal };
    events.into_iter().map(|event| Offer::new(event.action(), weight(event), event.words())).collect()
}

pub(super) fn act(
    view: Option<&DailyReportView>,
    action: ReportAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let event = match &action {
        ReportAction::Write { .. } => Event::Written,
        ReportAction::Sign => Event::Signed,
        ReportAction::SignAnew => Event::SignedAnew,
        ReportAction::TakeOver => Event::TakenOver,
        ReportAction::Review { .. } => Event::Reviewed,
    };
    if !event.role_may(cx.who.role) {
        return Err(Refusal::no_role());
    }
    let untouched = view.is_none();
    let view = match view {
        Some(view) => view.clone(),
        None => cx.planned_within::<DailyReport>(OWED_DAYS).ok_or_else(Refusal::no_such_record)?,
    };
    if !offered(&view, event, &cx.who) {
        return Err(Refusal::not_offered(&view.state.words()));
    }
    let mut step = cx.step::<DailyReport>(&[])?;
    if untouched {
        step.writes = birth(&view, cx);
    }
    match action {
        ReportAction::Write { weather, tomorrow, remark } => {
            let typed = [("weather", weather), ("tomorrow", tomorrow), ("remark", remark)];
            let texts: Vec<Write> =
                typed.into_iter().filter_map(|(name, text)| text.map(|text| Write::Text { name, text })).collect();
            if texts.is_empty() {
                return Err(Refusal::missing(&words!("要写的内容", "what to write")));
            }
            step.writes.extend(texts);
        }
        ReportAction::Sign | ReportAction::SignAnew => {
            if cx.now < view.day.at(0, cx.site.settings.zone) {
                return Err(Refusal::new(
                    "not_yet",
                    words!("这一天还没有到,不能签。", "That day has not begun; it cannot be signed yet."),
                ));
            }
            let signed = SignedReport {
                numbers: numbers::of_day(cx.book, cx.site, view.day, cx.now),
                narrative: view.narrative.clone(),
                known: cx.book.known(Class::Duty),
            };
            step.writes.push(cx.fact(&ReportFact::Signed(Box::new(signed)))?.1);
        }
        ReportAction::TakeOver => step.writes.push(cx.fact(&ReportFact::TakenOver)?.1),
        ReportAction::Review { opinion } => step.writes.push(cx.fact(&ReportFact::Reviewed { opinion })?.1),
    }
    Ok(vec![step])
}

/// A day that nobody signed stays owed for so long.
const OWED_DAYS: usize = 366;

/// The creator's values, the same whoever begins the record.
fn birth(view: &DailyReportView, cx: &Acting<'_>) -> Vec<Write> {
    let mut writes = cx.birth::<DailyReport>(None);
    for write in &mut writes {
        if let Write::Meta { name: "created_at", value } = write {
            *value = view.born.0.into();
        }
    }
    writes.push(Write::Meta { name: "day", value: view.day.to_string().into() });
    writes
}

/// The record of a day's report.
#[must_use]
pub fn record_of(day: Day) -> RecordId {
    let home = Home { class: Class::Duty, day, kind: DailyReport::NAME };
    RecordId::derived(&home, &[&day.to_string()])
}

/// Every day since the site was set up has its report.
pub(super) fn planned(site: &Site, day: Day) -> Vec<(RecordId, DailyReportView)> {
    let zone = site.settings.zone;
    if day.after().at(0, zone) <= site.since {
        return Vec::new();
    }
    vec![(record_of(day), DailyReportView::untouched(day, day.at(0, zone)))]
}

/// The report is due some time after its day has ended. It is shown, and does not ring: nobody is in danger.
pub(super) fn deadlines(view: &DailyReportView, settings: &Settings) -> Vec<Deadline> {
    if view.state != ReportState::Draft {
        return Vec::new();
    }
    let minutes = 24 * 60 + i64::from(settings.timers.report_sign_min);
    vec![Deadline {
        code: "sign".into(),
        words: words!("日报签名", "signature of the report"),
        since: view.born,
        due: view.day.at(minutes, settings.zone),
        rings: false,
    }]
}

/// What was signed as a whole stays as it was signed.
pub(super) fn stands(fact: &ReportFact) -> bool {
    matches!(fact, ReportFact::Signed(_))
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &ReportFact) -> LineText {
    let (subject, detail) = match fact {
        ReportFact::Signed(signed) => {
            let SignedReport { numbers, narrative, known } = &**signed;
            let root: String = known.digest().chars().take(8).collect();
            let (calls, new, open) = (numbers.contacts.total, numbers.orders.new, numbers.orders.open);
            let detail = words!(
                "来电来访 {calls},派工新增 {new}、未完成 {open};摘要 {root}",
                "{calls} calls and visits, {new} new orders, {open} open; digest {root}"
            );
            let Narrative { remark, .. } = narrative;
            let remark = if remark.trim().is_empty() { Words::default() } else { words!(";{remark}", "; {remark}") };
            (Event::Signed.words(), detail.then(remark))
        }
        ReportFact::TakenOver => (Event::TakenOver.words(), Words::default()),
        ReportFact::Reviewed { opinion } => (Event::Reviewed.words(), Words::same(opinion.clone())),
    };
    LineText { subject: words!("日报表 ", "daily report: ").then(subject), detail }
}
