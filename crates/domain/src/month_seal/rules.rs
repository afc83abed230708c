//! What may be done with a month: who seals it, what it says, when it is due, and which months are owed.

use serde::{Deserialize, Serialize};

use super::MonthSeal;
use super::facts::{Seal, SealAction, SealFact};
use super::numbering::{LineNumber, NumberedLine, Sealing, numbered, root_of};
use super::view::{MonthSealView, SealState};
use crate::archive_item;
use crate::engine::{Acting, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Weight};
use crate::ids::{Home, RecordId};
use crate::known::{Known, KnownLine};
use crate::record::Write;
use crate::role::{Role, Signer};
use crate::site::{Settings, Site};
use crate::time::{Day, Timestamp, Zone};
use crate::words;
use crate::words::Words;

/// A month of the site's calendar, `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, specta::Type)]
#[specta(type = String)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Default for Month {
    fn default() -> Self {
        Self { year: 1970, month: 1 }
    }
}

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Day) -> Self {
        let (year, month) = day.month();
        Self { year, month }
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Day {
        Day(chrono::NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default())
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> Day {
        self.after().first().before()
    }

    /// The month before.
    #[must_use]
    pub fn before(self) -> Self {
        Self::of(self.first().before())
    }

    /// The month after.
    #[must_use]
    pub fn after(self) -> Self {
        let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        Self { year, month }
    }

    /// From its first instant until before its last one.
    #[must_use]
    pub fn span(self, zone: Zone) -> (Timestamp, Timestamp) {
        (self.first().at(0, zone), self.after().first().at(0, zone))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl std::str::FromStr for Month {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("“{text}” is not a month; write YYYY-MM, such as 2026-11");
        format!("{text}-01").parse::<chrono::NaiveDate>().map(|day| Self::of(Day(day))).map_err(|_| wrong())
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What can happen, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Sealed,
    Supplemented,
}

impl Event {
    pub(super) fn words(self) -> Words {
        match self {
            Self::Sealed => words!("封存", "seal"),
            Self::Supplemented => words!("补录编号", "number what came late"),
        }
    }

    /// 客服主任 and above (D2.8.5: 部门统一保管).
    pub(super) fn role_may(self, role: Role) -> bool {
        role.supervises()
    }
}

impl SealFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Sealed(_) => Event::Sealed,
            Self::Supplemented(_) => Event::Supplemented,
        }
    }
}

/// The table: the one event that is offered in a state.
fn expected(state: SealState) -> Event {
    match state {
        SealState::Open => Event::Sealed,
        SealState::Sealed => Event::Supplemented,
    }
}

pub(super) fn offers(view: Option<&MonthSealView>, who: &Signer) -> Vec<Offer> {
    let event = expected(view.map(|view| view.state).unwrap_or_default());
    if !event.role_may(who.role) {
        return Vec::new();
    }
    vec![match event {
        Event::Sealed => Offer::new("seal", Weight::Primary, event.words()),
        Event::Supplemented => Offer::new("supplement", Weight::Normal, event.words()),
    }]
}

pub(super) fn act(view: Option<&MonthSealView>, action: SealAction, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let event = match action {
        SealAction::Seal => Event::Sealed,
        SealAction::Supplement => Event::Supplemented,
    };
    if !event.role_may(cx.who.role) {
        return Err(Refusal::no_role());
    }
    let untouched = view.is_none();
    let view = match view {
        Some(view) => view.clone(),
        None => cx.planned::<MonthSeal>().ok_or_else(Refusal::no_such_record)?,
    };
    if event != expected(view.state) {
        return Err(Refusal::not_offered(&view.state.words()));
    }
    let month = view.month;
    let (from, to) = month.span(cx.site.settings.zone);
    if cx.now < to {
        return Err(Refusal::new(
            "not_over",
            words!("{month} 还没有结束,到下月 1 日再封存。", "{month} is not over; seal it on the 1st."),
        ));
    }
    let lines = cx.book.lines(Class::Duty, from, to);
    let known = reaching(cx.book.known(Class::Duty), &lines);
    let mut seals: Vec<&Known> = view.seals.iter().map(|version| &version.seal.known).collect();
    seals.push(&known);
    let sealings: Vec<Sealing<'_>> = seals.iter().map(|known| Sealing { known }).collect();
    let last = sealings.len() - 1;
    let new = newest(numbered(lines, &sealings), &sealings, last);
    if event == Event::Supplemented && new.is_empty() {
        return Err(Refusal::new(
            "nothing_late",
            words!("没有补录,不需要编号。", "Nothing has come late; there is nothing to number."),
        ));
    }
    let previous = view.seals.last().map(|version| version.seal.root.as_str()).unwrap_or_default();
    let root = root_of(month, previous, &known, new.iter().map(|one| &one.line));
    let count = u32::try_from(new.len()).unwrap_or(u32::MAX);
    let seal = Seal { known, lines: count, root: root.clone() };
    let mut step = cx.step::<MonthSeal>(&[])?;
    if untouched {
        step.writes = birth(&view, cx);
    }
    let mut steps = Vec::new();
    if event == Event::Sealed {
        let kinds = new.iter().map(|one| one.line.kind.as_str());
        steps = archive_item::list_of(month, &root, kinds, cx)?;
    }
    let fact = match event {
        Event::Sealed => SealFact::Sealed(seal),
        Event::Supplemented => SealFact::Supplemented(seal),
    };
    step.writes.push(cx.fact(&fact)?.1);
    steps.insert(0, step);
    Ok(steps)
}

/// The lines that the last of the seals is the first to cover.
fn newest(lines: Vec<NumberedLine>, seals: &[Sealing<'_>], last: usize) -> Vec<NumberedLine> {
    let earlier = |line: &KnownLine| {
        seals[..last].iter().any(|seal| seal.known.covers(&line.volume, &line.writer, line.entry.seq))
    };
    lines.into_iter().filter(|one| one.number != LineNumber::Unsealed && !earlier(&one.line)).collect()
}

/// The frontier a seal signs: the volumes that still move, and any other in which a line of the month stands.
fn reaching(mut known: Known, lines: &[KnownLine]) -> Known {
    for line in lines {
        known.reach(&line.volume, &line.writer, &line.entry);
    }
    known
}

fn birth(view: &MonthSealView, cx: &Acting<'_>) -> Vec<Write> {
    let mut writes = cx.birth::<MonthSeal>(None);
    for write in &mut writes {
        if let Write::Meta { name: "created_at", value } = write {
            *value = view.born.0.into();
        }
    }
    writes.push(Write::Meta { name: "month", value: view.month.to_string().into() });
    writes
}

/// The record of a month's seal. It is born in the month after, so sealing a month writes nothing into it.
#[must_use]
pub fn record_of(month: Month) -> RecordId {
    let home = Home { class: Class::Duty, day: month.after().first(), kind: MonthSeal::NAME };
    RecordId::derived(&home, &[&month.to_string()])
}

/// A month that nobody sealed stays owed for so long.
const OWED_MONTHS: usize = 12;

/// On every day, the months before it are owed their seals, as far back as the site was in use.
pub(super) fn planned(site: &Site, day: Day) -> Vec<(RecordId, MonthSealView)> {
    let months = std::iter::successors(Some(Month::of(day).before()), |month| Some(month.before()));
    months
        .take(OWED_MONTHS)
        .map(|month| (month, month.span(site.settings.zone).1))
        .take_while(|(_, end)| *end > site.since)
        .map(|(month, end)| (record_of(month), MonthSealView { month, born: end, ..MonthSealView::default() }))
        .collect()
}

/// 每月底统一保管 (D2.8.5): due on the 1st.
pub(super) fn deadlines(view: &MonthSealView, settings: &Settings) -> Vec<Deadline> {
    if view.state == SealState::Sealed {
        return Vec::new();
    }
    let (_, end) = view.month.span(settings.zone);
    vec![Deadline {
        code: "seal".into(),
        words: words!("台帐月封存", "the month's seal"),
        since: end,
        due: end.plus_minutes(i64::from(settings.timers.month_seal_min)),
        rings: true,
    }]
}

/// What was signed as a whole stays as it was signed.
pub(super) fn stands(fact: &SealFact) -> bool {
    matches!(fact, SealFact::Sealed(_) | SealFact::Supplemented(_))
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &SealFact) -> LineText {
    let detail = |seal: &Seal| {
        let (lines, root) = (seal.lines, seal.root.chars().take(16).collect::<String>());
        words!("{lines} 条,根 {root}…", "{lines} lines, root {root}…")
    };
    match fact {
        SealFact::Sealed(seal) => LineText { subject: words!("台帐月封存", "month sealed"), detail: detail(seal) },
        SealFact::Supplemented(seal) => {
            LineText { subject: words!("补录编号", "late lines numbered"), detail: detail(seal) }
        }
    }
}
