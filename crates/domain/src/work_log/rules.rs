//! What may be done with a work log: the table, offers, actions, ledger lines, the plan.

use super::WorkLog;
use super::facts::{LogAction, LogFact};
use super::view::{LogState, WorkLogView};
use crate::engine::{Acting, Class, Kind, LineText, Offer, Refusal, Step, Weight};
use crate::ids::{Home, RecordId};
use crate::record::Write;
use crate::role::{Role, Signer};
use crate::site::Site;
use crate::time::Day;
use crate::words;
use crate::words::Words;

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Written,
    Signed,
    Exported,
    Receipted,
}

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::Written => "write",
            Self::Signed => "sign",
            Self::Exported => "note_export",
            Self::Receipted => "note_receipt",
        }
    }

    pub(super) fn words(self) -> Words {
        match self {
            Self::Written => words!("编写", "write"),
            Self::Signed => words!("签名待发", "sign"),
            Self::Exported => words!("导出", "export"),
            Self::Receipted => words!("登记回执", "note the receipt"),
        }
    }

    /// 客服值班员 keeps it (D3.8).
    pub(super) fn role_may(self, role: Role) -> bool {
        role.runs_the_desk()
    }
}

impl LogFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Signed { .. } => Event::Signed,
            Self::Exported { .. } => Event::Exported,
            Self::Receipted { .. } => Event::Receipted,
        }
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) then: LogState,
    offered: bool,
}

/// The table: which event is legal in which state, and what state follows.
pub(super) fn rule(state: LogState, event: Event) -> Option<Rule> {
    use LogState::{Draft, Exported, Queued, Receipted};
    let (then, offered) = match (state, event) {
        (Draft, Event::Written) => (Draft, true),
        (Draft, Event::Signed) => (Queued, true),
        // Signed in two places without seeing each other.
        (state, Event::Signed) => (state, false),
        // A package may be written again, for a stick that was lost.
        (Queued | Exported, Event::Exported) => (Exported, true),
        (Receipted, Event::Exported) => (Receipted, false),
        (Exported, Event::Receipted) => (Receipted, true),
        (Receipted, Event::Receipted) => (Receipted, false),
        _ => return None,
    };
    Some(Rule { then, offered })
}

fn offered(view: &WorkLogView, event: Event, who: &Signer) -> bool {
    event.role_may(who.role) && rule(view.state, event).is_some_and(|rule| rule.offered)
}

pub(super) fn offers(view: Option<&WorkLogView>, who: &Signer) -> Vec<Offer> {
    let untouched = WorkLogView::default();
    let view = view.unwrap_or(&untouched);
    let events = [Event::Receipted, Event::Signed, Event::Exported, Event::Written];
    let mut first = true;
    let offers = events.into_iter().filter(|event| offered(view, *event, who));
    offers
        .map(|event| {
            let weight = if std::mem::take(&mut first) { Weight::Primary } else { Weight::Normal };
            Offer::new(event.action(), weight, event.words())
        })
        .collect()
}

pub(super) fn act(view: Option<&WorkLogView>, action: LogAction, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let event = match &action {
        LogAction::Write { .. } => Event::Written,
        LogAction::Sign => Event::Signed,
        LogAction::NoteExport { .. } => Event::Exported,
        LogAction::NoteReceipt { .. } => Event::Receipted,
    };
    if !event.role_may(cx.who.role) {
        return Err(Refusal::no_role());
    }
    let untouched = view.is_none();
    let view = match view {
        Some(view) => view.clone(),
        None => cx.planned_within::<WorkLog>(OWED_DAYS).ok_or_else(Refusal::no_such_record)?,
    };
    if !offered(&view, event, &cx.who) {
        return Err(Refusal::not_offered(&view.state.words()));
    }
    let mut step = cx.step::<WorkLog>(&[])?;
    if untouched {
        step.writes = birth(&view, cx);
    }
    match action {
        LogAction::Write { text } => step.writes.push(Write::Text { name: "text", text }),
        LogAction::Sign => {
            Refusal::unless_given(&view.draft, &words!("日志内容", "the log's text"))?;
            step.writes.push(cx.fact(&LogFact::Signed { text: view.draft.clone() })?.1);
        }
        LogAction::NoteExport { file, sha256, masked } => {
            Refusal::unless_given(&file, &words!("文件", "the file"))?;
            step.writes.push(cx.fact(&LogFact::Exported { file, sha256, masked })?.1);
        }
        LogAction::NoteReceipt { receipt } => {
            Refusal::unless_given(&receipt, &words!("回执", "the receipt"))?;
            step.writes.push(cx.fact(&LogFact::Receipted { receipt })?.1);
        }
    }
    Ok(vec![step])
}

/// A day that nobody signed stays owed for so long.
const OWED_DAYS: usize = 366;

fn birth(view: &WorkLogView, cx: &Acting<'_>) -> Vec<Write> {
    let mut writes = cx.birth::<WorkLog>(None);
    for write in &mut writes {
        if let Write::Meta { name: "created_at", value } = write {
            *value = view.born.0.into();
        }
    }
    writes.push(Write::Meta { name: "day", value: view.day.to_string().into() });
    writes
}

/// The record of a day's log.
#[must_use]
pub fn record_of(day: Day) -> RecordId {
    let home = Home { class: Class::Duty, day, kind: WorkLog::NAME };
    RecordId::derived(&home, &[&day.to_string()])
}

/// Every day since the site was set up has its log.
pub(super) fn planned(site: &Site, day: Day) -> Vec<(RecordId, WorkLogView)> {
    let zone = site.settings.zone;
    if day.after().at(0, zone) <= site.since {
        return Vec::new();
    }
    vec![(record_of(day), WorkLogView::untouched(day, day.at(0, zone)))]
}

/// What was signed as a whole stays as it was signed.
pub(super) fn stands(fact: &LogFact) -> bool {
    matches!(fact, LogFact::Signed { .. })
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &LogFact) -> LineText {
    let subject = words!("工作日志 ", "work log: ").then(fact.event().words());
    let detail = match fact {
        LogFact::Signed { .. } => Words::default(),
        LogFact::Exported { file, masked, .. } => {
            words!("{file},遮盖电话 {masked} 处", "{file}, {masked} telephone numbers masked")
        }
        LogFact::Receipted { receipt } => Words::same(receipt.clone()),
    };
    LineText { subject, detail }
}
