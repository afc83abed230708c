//! What may be done with an entry, read off its sheet: offers, actions, clocks, ledger lines.

use serde_json::{Map, Value};

use super::EntryAction;
use super::entry::{EntryFact, EntryView, Link, cells};
use super::sheet::{Begins, By, Column, Sheet, Step as SheetStep, Until};
use super::value::{Values, take};
use crate::engine::{Acting, Deadline, LineText, Offer, Refusal, Step, Weight};
use crate::ids::{FactId, Home, RecordId};
use crate::record::Write;
use crate::role::Signer;
use crate::site::Timers;
use crate::time::Zone;
use crate::words;
use crate::words::Words;
use crate::work_order::listed;

fn may_write(sheet: &Sheet, who: &Signer) -> bool {
    sheet.writers.iter().any(|by| by.by_role(who.role) == Some(true))
}

fn may_step(view: &EntryView, step: &SheetStep, who: &Signer) -> bool {
    view.written.is_some()
        && step.moves.iter().any(|(from, _)| *from == view.state)
        && step.by.iter().any(|by| view.gives(*by, who))
}

fn may_decide(sheet: &Sheet, view: &EntryView, who: &Signer) -> bool {
    !view.undecided.is_empty() && sheet.decides.iter().any(|by| view.gives(*by, who))
}

pub(super) fn offers(sheet: &'static Sheet, view: Option<&EntryView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view.filter(|view| view.written.is_some() || view.due.is_none()) else {
        let offer = Offer::new("write", Weight::Primary, sheet.write.words());
        return may_write(sheet, who).then_some(offer).into_iter().collect();
    };
    let expected = sheet.state(&view.state).and_then(|state| state.next);
    let mut offers: Vec<Offer> = sheet
        .steps
        .iter()
        .filter(|step| may_step(view, step, who))
        .map(|step| {
            let weight = match step {
                step if Some(step.name) == expected => Weight::Primary,
                step if step.grave => Weight::Grave,
                _ => Weight::Normal,
            };
            Offer::new(step.name, weight, step.words.words())
        })
        .collect();
    if may_decide(sheet, view, who) {
        offers.insert(0, Offer::new("decide", Weight::Primary, words!("选定", "decide")));
    }
    offers.sort_by_key(|offer| match offer.weight {
        Weight::Primary => 0,
        Weight::Normal => 1,
        Weight::Grave => 2,
    });
    offers
}

fn no_role() -> Refusal {
    Refusal::new(
        "no_role",
        words!("这一项不由您的岗位办理,请交给有权的人。", "This is not for your role to do; ask somebody who may."),
    )
}

pub(super) fn act(
    sheet: &'static Sheet,
    view: Option<&EntryView>,
    action: EntryAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let EntryAction { name, mut values } = action;
    let Some(view) = view else {
        if name != "write" {
            return Err(Refusal::new("no_such_record", words!("没有这条记录。", "There is no such record.")));
        }
        if !may_write(sheet, &cx.who) {
            return Err(no_role());
        }
        let origin = values.remove("origin").map(|origin| {
            serde_json::from_value::<Link>(origin)
                .map_err(|_| Refusal::new("unreadable_value", words!("来源看不懂。", "The origin cannot be read.")))
        });
        let (step, _) = written(sheet, cx.record, &values, origin.transpose()?, cx)?;
        return Ok(vec![step]);
    };
    if name == "decide" {
        return decide(sheet, view, &values, cx);
    }
    let Some(step) = sheet.step(&name) else {
        return Err(Refusal::new(
            "unreadable_action",
            words!("看不懂的操作({name})。", "There is no such action: {name}."),
        ));
    };
    if !may_step(view, step, &cx.who) {
        let late = view.written.is_some() && step.by.iter().any(|by| view.gives(*by, &cx.who));
        return Err(if late { Refusal::not_offered(&view.state_words) } else { no_role() });
    }
    let asks: Vec<&Column> = step.asks.iter().collect();
    let values = take(&asks, &values, cx)?;
    let (began, more) = match step.begins {
        None => (None, None),
        Some(begins) => begin(sheet, view, begins, &values, cx).map(|(link, step)| (Some(link), Some(step)))?,
    };
    let zone = cx.site.settings.zone;
    let fact = EntryFact::Stepped { step: name, zone, began, values: values.clone() };
    let (id, write) = cx.fact(&fact)?;
    let mut writes = vec![write];
    writes.extend(judged(sheet, &values, id));
    let mut steps = vec![Step { record: cx.record, kind: sheet.kind, writes }];
    steps.extend(more);
    Ok(steps)
}

/// The fields of judged columns that `values` set.
fn judged(sheet: &Sheet, values: &Values, fact: FactId) -> Vec<Write> {
    let set = sheet.judged.iter().filter(|key| values.contains_key(**key));
    set.map(|name| Write::Field { name, fact }).collect()
}

/// A new entry, whoever begins it; answers its number too.
fn written(
    sheet: &'static Sheet,
    record: RecordId,
    sent: &Map<String, Value>,
    origin: Option<Link>,
    cx: &mut Acting<'_>,
) -> Result<(Step, String), Refusal> {
    let columns: Vec<&Column> = sheet.entry_columns().collect();
    let values = take(&columns, sent, cx)?;
    let day = cx.today();
    let number = cx.names.number(day);
    let zone = cx.site.settings.zone;
    let (id, write) = cx.fact(&EntryFact::Written { zone, origin, values: values.clone() })?;
    let mut writes = vec![
        Write::Meta { name: "kind", value: sheet.kind.into() },
        Write::Meta { name: "schema", value: 1.into() },
        Write::Meta { name: "created_at", value: cx.now.0.into() },
        Write::Meta { name: "number", value: number.as_str().into() },
        write,
    ];
    writes.extend(judged(sheet, &values, id));
    Ok((Step { record, kind: sheet.kind, writes }, number))
}

/// The entry of another register that a step begins.
fn begin(
    sheet: &Sheet,
    view: &EntryView,
    begins: &'static Begins,
    values: &Values,
    cx: &mut Acting<'_>,
) -> Result<(Link, Step), Refusal> {
    let there = begins.sheet;
    let carried: Map<String, Value> =
        begins.carry.iter().filter_map(|(from, to)| Some(((*to).to_owned(), values.get(*from)?.clone()))).collect();
    let home = Home { class: there.class, day: cx.today(), kind: there.kind };
    let record = RecordId::fresh(&home, cx.names.random());
    let origin = Link { record: cx.record, kind: sheet.kind.into(), number: view.number.clone().unwrap_or_default() };
    let (step, number) = written(there, record, &carried, Some(origin), cx)?;
    Ok((Link { record, kind: there.kind.into(), number }, step))
}

fn decide(
    sheet: &'static Sheet,
    view: &EntryView,
    sent: &Map<String, Value>,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    if !may_decide(sheet, view, &cx.who) {
        let right = sheet.decides.iter().any(|by| view.gives(*by, &cx.who));
        return Err(if right { Refusal::not_offered(&view.state_words) } else { no_role() });
    }
    let of: Option<FactId> = sent.get("of").and_then(|of| serde_json::from_value(of.clone()).ok());
    let chosen = of.and_then(|of| {
        let hit = |undecided: &&super::entry::Undecided| undecided.sides.iter().any(|side| side.stamp.fact == of);
        view.undecided.iter().find(hit).map(|undecided| (of, undecided))
    });
    let Some((of, undecided)) = chosen else {
        return Err(Refusal::missing(&words!("要选定的一个", "the value that counts")));
    };
    let reason = sent.get("reason").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    if reason.is_empty() {
        return Err(Refusal::missing(&words!("原因", "a reason")));
    }
    let Some(name) = sheet.judged.iter().find(|key| **key == undecided.column) else {
        return Err(Refusal::not_offered(&view.state_words));
    };
    // The field points at the decision, which says whose value counts: it is new, so nothing is taken away.
    let (fact, write) = cx.fact(&EntryFact::Decided { column: undecided.column.clone(), of, reason })?;
    Ok(vec![Step { record: cx.record, kind: sheet.kind, writes: vec![write, Write::Field { name, fact }] }])
}

pub(super) fn deadlines(sheet: &Sheet, view: &EntryView, timers: &Timers) -> Vec<Deadline> {
    let Some(written) = &view.written else {
        let owed =
            |due| Deadline { code: "owed".into(), words: sheet.write.words(), since: view.born, due, rings: true };
        return view.due.map(owed).into_iter().collect();
    };
    sheet
        .clocks
        .iter()
        .filter(|clock| clock.runs_in.contains(&view.state.as_str()))
        .filter_map(|clock| {
            let (since, due) = match clock.until {
                Until::AfterState(minutes) => {
                    (view.state_since, view.state_since.plus_minutes(i64::from(minutes(timers))))
                }
                Until::AfterWriting(minutes) => (written.at, written.at.plus_minutes(i64::from(minutes(timers)))),
                Until::Column(key) => (written.at, *view.moments.get(key)?),
            };
            Some(Deadline { code: clock.code.into(), words: clock.words.words(), since, due, rings: clock.rings })
        })
        .collect()
}

/// Whether a clock that leads back to the giver has run out.
pub(super) fn back_with_giver(sheet: &Sheet, view: &EntryView, timers: &Timers, now: crate::Timestamp) -> bool {
    let codes: Vec<&str> = sheet.clocks.iter().filter(|clock| clock.back_to_giver).map(|clock| clock.code).collect();
    deadlines(sheet, view, timers).iter().any(|clock| clock.due <= now && codes.contains(&clock.code.as_str()))
}

/// Whether this entry waits for `who` at `now`: it is theirs to do, or it has come back to them because its time ran
/// out.
pub(super) fn waits_for(sheet: &Sheet, view: &EntryView, timers: &Timers, who: &Signer, now: crate::Timestamp) -> bool {
    let open = view.written.is_some() && sheet.state(&view.state).is_some_and(|state| state.open);
    open && (view.waits_for(sheet).iter().any(|person| person.person == who.person)
        || (view.gives(By::Giver, who) && back_with_giver(sheet, view, timers, now)))
}

/// What the ledger says of a fact: the register, the step, and what was written.
pub(super) fn line(sheet: &'static Sheet, fact: &EntryFact) -> LineText {
    let said = |columns: Vec<&'static Column>, values: &Values, zone: Zone| {
        listed(cells(columns.into_iter(), values).into_iter().map(|cell| {
            let name = cell.words.then(words!(":", ": "));
            let values = cell.values.iter().map(|value| value.words(zone));
            values.fold(name, Words::then)
        }))
    };
    let spine = sheet.spine.words().then(words!(" ", ": "));
    match fact {
        EntryFact::Written { zone, values, .. } => LineText {
            subject: spine.then(sheet.write.words()),
            detail: said(sheet.entry_columns().collect(), values, *zone),
        },
        EntryFact::Stepped { step, zone, began, values } => {
            let Some(step) = sheet.step(step) else {
                return LineText { subject: spine.then(Words::same(step.clone())), detail: Words::default() };
            };
            let began = began.as_ref().map(|link| Words::same(link.number.clone()));
            LineText {
                subject: spine.then(step.words.words()),
                detail: listed([said(step.asks.iter().collect(), values, *zone)].into_iter().chain(began)),
            }
        }
        EntryFact::Decided { column, reason, .. } => {
            let column = sheet.column(column).map(|column| column.words.words()).unwrap_or_default();
            LineText {
                subject: spine.then(words!("选定", "decided")),
                detail: listed([column, Words::same(reason.clone())]),
            }
        }
    }
}
