//! What may be done with a month's roster: offers, actions, clocks, lines.

use super::RosterSheet;
use super::checks::checks;
use super::facts::{LEAVE, OFF, RosterAction, RosterCause, RosterCell, RosterFact, UNSET};
use super::month::CalendarMonth;
use super::plan::{record_of, shift_by_mark};
use super::view::{RosterView, drafts};
use crate::engine::{Acting, Deadline, LineText, Offer, Refusal, Step, Weight};
use crate::record::Write;
use crate::role::Signer;
use crate::site::{Site, Timers};
use crate::words;
use crate::words::Words;

pub(super) fn offers(view: Option<&RosterView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else { return Vec::new() };
    let mut offers = Vec::new();
    if may(view, who, "read") {
        offers.push(Offer::new("read", Weight::Primary, words!("已阅", "read")));
    }
    if may(view, who, "decide") {
        let weight = if view.side_by_side.is_empty() { Weight::Normal } else { Weight::Primary };
        offers.push(Offer::new("decide", weight, words!("当即变更", "change at once")));
    }
    if may(view, who, "publish") {
        offers.push(Offer::new("publish", Weight::Primary, words!("发布", "publish")));
    }
    if may(view, who, "set") {
        offers.push(Offer::new("set", Weight::Normal, words!("编制", "draw up")));
    }
    offers.sort_by_key(|offer| offer.weight != Weight::Primary);
    offers
}

fn may(view: &RosterView, who: &Signer, action: &str) -> bool {
    match action {
        "set" => drafts(who.role),
        "publish" => {
            who.role.supervises()
                && view.side_by_side.is_empty()
                && (view.differs || !view.published())
                && has_rows(view)
        }
        "decide" => who.role.supervises() && (view.published() || !view.side_by_side.is_empty()),
        "read" => view.unread_by(who.person),
        _ => false,
    }
}

fn has_rows(view: &RosterView) -> bool {
    view.rows.iter().any(|row| row.marks.chars().any(|mark| mark != UNSET))
}

pub(super) fn act(view: Option<&RosterView>, action: RosterAction, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let sheet = match view.filter(|view| view.born.0 != 0) {
        Some(view) => view.clone(),
        None => month_meant(cx).map(|month| RosterView::untouched(cx.site, month)).ok_or_else(no_such_month)?,
    };
    let name = match &action {
        RosterAction::Set { .. } => "set",
        RosterAction::Publish { .. } => "publish",
        RosterAction::Decide { .. } => "decide",
        RosterAction::Read => "read",
    };
    if !may(&sheet, &cx.who, name) {
        return Err(refused(&sheet, &cx.who, name));
    }
    if name != "read" && sheet.month < CalendarMonth::of(cx.today()) {
        return Err(Refusal::new(
            "month_over",
            words!("这个月已经过去,排班不再改动。", "This month is over; its roster is not changed any more."),
        ));
    }
    let month = sheet.month;
    let fact = match action {
        RosterAction::Set { cells } => {
            if !cx.who.role.supervises() {
                let two = |cell: &RosterCell| {
                    sheet.side_by_side.iter().any(|it| it.person.person == cell.person.person && it.day == cell.day)
                };
                if cells.iter().any(two) {
                    return Err(Refusal::new(
                        "not_yours",
                        words!("这一格有两个值,请客服主任选定。", "This cell has two values; the supervisor decides."),
                    ));
                }
            }
            RosterFact::CellsSet { month, cells: known(cx.site, month, cells)? }
        }
        RosterAction::Publish { note } => {
            let open = checks(cx.site, month, &sheet.draft());
            let count = open.len();
            if count > 0 && note.trim().is_empty() {
                return Err(Refusal::new(
                    "checks_open",
                    words!(
                        "还有 {count} 处检查未过。可先改好;确需发布,请写明原因。",
                        "{count} checks are open. Put them right, or say why it is published all the same."
                    ),
                ));
            }
            let version = sheet.versions.iter().map(|it| it.version).max().unwrap_or_default().saturating_add(1);
            let open_checks = u16::try_from(count).unwrap_or(u16::MAX);
            RosterFact::Published { month, version, rows: sheet.rows.clone(), open_checks, note: note.trim().into() }
        }
        RosterAction::Decide { cells, reason } => {
            if reason.trim().is_empty() {
                return Err(Refusal::missing(&words!("原因", "a reason")));
            }
            let cells = known(cx.site, month, cells)?;
            RosterFact::Changed { month, cells, cause: RosterCause::Decided { reason: reason.trim().into() } }
        }
        RosterAction::Read => RosterFact::Read { version: sheet.version },
    };
    Ok(vec![step(&sheet, view.is_none(), fact, cx)?])
}

/// What an approval changes in the month's roster, to be put beside the caller's own step into one transaction. In a
/// month that is not published it changes the draft: whoever draws it up finds the leave there.
///
/// # Errors
/// [`Refusal`] when a mark is not known.
pub fn changed_step(
    cx: &mut Acting<'_>,
    month: CalendarMonth,
    cells: Vec<RosterCell>,
    cause: RosterCause,
) -> Result<Step, Refusal> {
    let stored = cx.book.view(record_of(month)).and_then(|view| serde_json::from_value::<RosterView>(view).ok());
    let fresh = stored.is_none();
    let sheet = stored.unwrap_or_else(|| RosterView::untouched(cx.site, month));
    let cells = known(cx.site, month, cells)?;
    let fact = if sheet.published() {
        RosterFact::Changed { month, cells, cause }
    } else {
        RosterFact::CellsSet { month, cells }
    };
    step(&sheet, fresh, fact, cx)
}

fn step(sheet: &RosterView, fresh: bool, fact: RosterFact, cx: &mut Acting<'_>) -> Result<Step, Refusal> {
    let mut facts = Vec::new();
    if fresh && sheet.from_file {
        facts.push(RosterFact::Seeded { month: sheet.month, rows: sheet.rows.clone() });
    }
    facts.push(fact);
    let mut step = cx.step_on::<RosterSheet>(record_of(sheet.month), &facts)?;
    if fresh {
        step = step.born_with(birth(sheet, cx));
    }
    Ok(step)
}

/// The creator's values: the same whoever creates it.
fn birth(sheet: &RosterView, cx: &Acting<'_>) -> Vec<Write> {
    let mut writes = cx.birth::<RosterSheet>(None);
    for write in &mut writes {
        if let Write::Meta { name: "created_at", value } = write {
            *value = sheet.born.0.into();
        }
    }
    writes.push(Write::Meta { name: "due", value: sheet.due.0.into() });
    writes
}

/// The month whose record is acted on, where nobody has written to it yet.
fn month_meant(cx: &Acting<'_>) -> Option<CalendarMonth> {
    let this = CalendarMonth::of(cx.today());
    [this, this.next(), this.next().next(), this.before()].into_iter().find(|month| record_of(*month) == cx.record)
}

fn no_such_month() -> Refusal {
    Refusal::new(
        "no_such_month",
        words!("只能编制本月和随后两个月的排班表。", "Rosters can be drawn up for this month and the two after it."),
    )
}

fn refused(view: &RosterView, who: &Signer, action: &str) -> Refusal {
    let state = view.card().state_words;
    let role = match action {
        "set" => drafts(who.role),
        "publish" | "decide" => who.role.supervises(),
        _ => true,
    };
    if !role {
        return Refusal::new(
            "no_role",
            words!("排班表由客服主任编制和发布。", "The supervisor draws up and publishes the roster."),
        );
    }
    if action == "publish" && !view.side_by_side.is_empty() {
        return Refusal::new(
            "two_values",
            words!("还有格子是两个值,请先选定再发布。", "Some cells have two values; decide them before publishing."),
        );
    }
    Refusal::not_offered(&state)
}

/// Cells of this month with marks the site knows.
fn known(site: &Site, month: CalendarMonth, cells: Vec<RosterCell>) -> Result<Vec<RosterCell>, Refusal> {
    if cells.is_empty() {
        return Err(Refusal::missing(&words!("要改的格子", "which cells")));
    }
    cells
        .into_iter()
        .map(|mut cell| {
            let day = cell.day;
            if day == 0 || u32::from(day) > month.length() {
                return Err(Refusal::new(
                    "no_such_day",
                    words!("{month} 没有 {day} 日。", "{month} has no day {day}."),
                ));
            }
            if !site.people.contains_key(&cell.person.person) {
                let name = &cell.person.name;
                return Err(Refusal::new(
                    "no_such_person",
                    words!("没有「{name}」这个人。", "There is nobody called {name}."),
                ));
            }
            let mark = cell.mark.trim().to_owned();
            let mut chars = mark.chars();
            let fits = match (chars.next(), chars.next()) {
                (None, _) => true,
                (Some(one), None) => [OFF, LEAVE, UNSET].contains(&one) || shift_by_mark(site, one).is_some(),
                _ => false,
            };
            if !fits {
                let marks: String = site.shifts.values().map(|shift| shift.mark.as_str()).collect();
                return Err(Refusal::new(
                    "no_such_mark",
                    words!(
                        "没有「{mark}」这个班次;可用:{marks}休假。",
                        "There is no shift “{mark}”; known: {marks}休假."
                    ),
                ));
            }
            cell.mark = mark;
            Ok(cell)
        })
        .collect()
}

pub(super) fn deadlines(view: &RosterView, timers: &Timers) -> Vec<Deadline> {
    let mut clocks = Vec::new();
    if !view.published() {
        let days = i64::from(timers.roster_remind_first_days.max(1));
        let since = view.due.plus_minutes(-days * 24 * 60);
        let words = words!("月底前发布排班表", "publish before the month begins");
        clocks.push(Deadline { code: "publish".into(), words, since, due: view.due, rings: true });
    }
    if let Some(choice) = view.side_by_side.iter().find(|choice| choice.in_force) {
        let at = choice.values.iter().map(|value| value.stamp.at).max().unwrap_or_default();
        let name = &choice.person.name;
        let words = words!("{name}的两次批准相冲突,请选定", "two approvals for {name} clash, to be decided");
        clocks.push(Deadline { code: "clash".into(), words, since: at, due: at, rings: true });
    }
    clocks
}

fn cells_words(cells: &[RosterCell]) -> String {
    let shown: Vec<String> = cells
        .iter()
        .take(6)
        .map(|cell| {
            let mark = if cell.mark.is_empty() { "·" } else { &cell.mark };
            format!("{} {} {mark}", cell.person.name, cell.day)
        })
        .collect();
    let more = cells.len().saturating_sub(6);
    if more == 0 { shown.join("、") } else { format!("{} … +{more}", shown.join("、")) }
}

pub(super) fn line(fact: &RosterFact) -> LineText {
    let (subject, detail): (Words, Words) = match fact {
        RosterFact::Seeded { month, .. } => {
            (words!("排班表取自站点资料", "roster taken from the site file"), Words::same(month.to_string()))
        }
        RosterFact::CellsSet { cells, .. } => (words!("排班编制", "roster drawn up"), Words::same(cells_words(cells))),
        RosterFact::Published { month, version, open_checks, note, .. } => {
            let open = (*open_checks > 0).then(|| words!(";{open_checks} 处检查未过", "; {open_checks} checks open"));
            let why = if note.is_empty() { Words::default() } else { words!(";{note}", "; {note}") };
            (
                words!("排班表发布", "roster published"),
                words!("{month} 第 {version} 版", "{month}, version {version}")
                    .then(open.unwrap_or_default())
                    .then(why),
            )
        }
        RosterFact::Changed { cells, cause, .. } => {
            let cells = cells_words(cells);
            (words!("排班变更", "roster changed"), words!("{cells};", "{cells}; ").then(cause.words()))
        }
        RosterFact::Read { version } => {
            (words!("排班表已阅", "roster read"), words!("第 {version} 版", "version {version}"))
        }
    };
    LineText { subject, detail }
}
