//! What may be done at a handover, by whom: the table that offers and refusals share, and what each action writes.
//!
//! Invariants
//! - Nobody signs for the other: the outgoing person prepares, answers and signs first; the incoming person reads,
//!   takes and seals. They are two people.
//! - What the rest of the book has against a signature (a critical matter, an item nobody took) cannot stand in a view;
//!   it is said when somebody signs, in the same words as on the sheet.

use super::Handover;
use super::facts::{Disposition, HandoverAction, HandoverFact, ItemCount, TakenItem};
use super::plan::PlannedHandover;
use super::sheet::{compose, items_of, stands_at_a_post};
use super::view::{HandoverState, HandoverView};
use crate::contact_record::ContactRecord;
use crate::engine::{Acting, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Urgency, Weight};
use crate::kinds;
use crate::record::{Common, Write};
use crate::role::Signer;
use crate::site::Settings;
use crate::words;
use crate::words::Words;
use crate::work_order::listed;

/// The longest signature taken, in bytes.
const SIGNATURE_MAX: usize = 64 * 1024;
/// How many items and things one action names at most: a page of a screen, and far below what one change may hold.
const MOST: usize = 500;

/// The actions without their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Prepare,
    Arrive,
    Read,
    Take,
    Count,
    Answer,
    ReadInstructions,
    ExplainInspection,
    Sign,
    Seal,
    Review,
    Release,
    Refuse,
}

/// In the order they are offered.
const ALL: [Verb; 13] = [
    Verb::Prepare,
    Verb::Arrive,
    Verb::Read,
    Verb::Take,
    Verb::Count,
    Verb::Answer,
    Verb::ExplainInspection,
    Verb::ReadInstructions,
    Verb::Sign,
    Verb::Seal,
    Verb::Review,
    Verb::Release,
    Verb::Refuse,
];

impl HandoverAction {
    fn verb(&self) -> Verb {
        match self {
            Self::Prepare(_) => Verb::Prepare,
            Self::Arrive => Verb::Arrive,
            Self::Read => Verb::Read,
            Self::Take { .. } | Self::TakeAll => Verb::Take,
            Self::Count { .. } => Verb::Count,
            Self::Answer { .. } => Verb::Answer,
            Self::ReadInstructions => Verb::ReadInstructions,
            Self::ExplainInspection { .. } => Verb::ExplainInspection,
            Self::Release { .. } => Verb::Release,
            Self::Refuse { .. } => Verb::Refuse,
            Self::Sign { .. } => Verb::Sign,
            Self::Seal { .. } => Verb::Seal,
            Self::Review { .. } => Verb::Review,
        }
    }
}

impl Verb {
    fn action(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Arrive => "arrive",
            Self::Read => "read",
            Self::Take => "take",
            Self::Count => "count",
            Self::Answer => "answer",
            Self::ReadInstructions => "read_instructions",
            Self::ExplainInspection => "explain_inspection",
            Self::Sign => "sign",
            Self::Seal => "seal",
            Self::Review => "review",
            Self::Release => "release",
            Self::Refuse => "refuse",
        }
    }

    fn words(self) -> Words {
        match self {
            Self::Prepare => words!("交班准备", "prepare"),
            Self::Arrive => words!("接班到岗", "arrive"),
            Self::Read => words!("班前阅读确认", "confirm the reading"),
            Self::Take => words!("遗留确认", "take the items over"),
            Self::Count => words!("公物清点", "count the inventory"),
            Self::Answer => words!("说明去向", "explain a difference"),
            Self::ReadInstructions => words!("通知与指示已阅", "confirm the instructions"),
            Self::ExplainInspection => words!("缺检说明", "explain the inspection"),
            Self::Sign => words!("交班人签名", "sign as outgoing"),
            Self::Seal => words!("接班人签名", "sign as incoming"),
            Self::Review => words!("审阅", "review"),
            Self::Release => words!("准予交接", "allow the handover"),
            Self::Refuse => words!("拒接", "refuse"),
        }
    }

    /// Whether `who` may do it as things stand, and if not, why.
    fn allowed(self, view: &HandoverView, who: &Signer) -> Result<(), Refusal> {
        if !matches!(self, Self::Review | Self::Release) && !stands_at_a_post(who.role) {
            return Err(no_role());
        }
        let sealed = view.state.sealed();
        let fits = match self {
            Self::Review => view.state == HandoverState::Sealed,
            Self::Arrive => !sealed && (!view.is_incoming(who) || view.state == HandoverState::Refused),
            Self::Read | Self::Take | Self::Count | Self::Answer | Self::ReadInstructions => {
                matches!(view.state, HandoverState::UnderWay | HandoverState::HalfSigned)
            }
            Self::Sign => view.state == HandoverState::UnderWay && view.gaps.is_empty(),
            Self::Seal => view.state == HandoverState::HalfSigned && view.gaps.is_empty(),
            Self::Release => !sealed && view.released.is_none(),
            Self::Prepare | Self::ExplainInspection => !sealed,
            Self::Refuse => !sealed && view.state != HandoverState::Refused,
        };
        if !fits {
            return Err(self.why_not(view));
        }
        match self {
            Self::Review | Self::Release if !who.role.supervises() => {
                Err(Refusal::new("no_role", words!("这一步由主管办理。", "A supervisor does this.")))
            }
            Self::Review if view.is_incoming(who) || view.is_outgoing(who) => Err(Refusal::new(
                "own_sheet",
                words!(
                    "自己签的交接单,请另一位主管审阅。",
                    "You signed this sheet yourself; another supervisor reviews it."
                ),
            )),
            Self::Arrive if view.is_outgoing(who) => Err(same_person()),
            Self::Prepare if view.is_incoming(who) => Err(same_person()),
            Self::Prepare | Self::Answer | Self::ExplainInspection | Self::Sign
                if view.prepared.is_some() && !view.is_outgoing(who) =>
            {
                let name = view.prepared.as_ref().map(|prepared| prepared.by.name.as_str()).unwrap_or_default();
                Err(Refusal::new(
                    "not_outgoing",
                    words!("这一步由交班人{name}办理。", "{name}, who hands over, does this."),
                ))
            }
            Self::Answer | Self::ExplainInspection if view.prepared.is_none() => Err(Refusal::new(
                "not_prepared",
                words!("请交班人先做交班准备。", "The outgoing person prepares the handover first."),
            )),
            Self::Read | Self::Take | Self::ReadInstructions | Self::Seal if !view.is_incoming(who) => {
                let name = view.arrival.as_ref().map(|arrival| arrival.by.name.as_str()).unwrap_or_default();
                Err(Refusal::new(
                    "not_incoming",
                    words!("这一步由接班人{name}确认。", "{name}, who takes over, confirms this."),
                ))
            }
            Self::Count if !view.is_incoming(who) && !view.is_outgoing(who) => Err(Refusal::new(
                "not_of_this_handover",
                words!("公物由交接双方清点。", "The two people of the handover count."),
            )),
            Self::Answer if !view.counts.iter().any(|line| line.differs) => Err(self.why_not(view)),
            _ => Ok(()),
        }
    }

    /// Why it does not fit: the first thing that stands before a signature, else where the handover stands.
    fn why_not(self, view: &HandoverView) -> Refusal {
        match view.gaps.first() {
            Some(gap) if matches!(self, Self::Sign | Self::Seal) && !view.state.sealed() => {
                Refusal::new(&gap.code, gap.words.clone())
            }
            _ => Refusal::not_offered(&view.state_words),
        }
    }
}

fn no_role() -> Refusal {
    Refusal::new("no_role", words!("您的岗位不办交接班。", "Handing over is not in your role."))
}

fn same_person() -> Refusal {
    Refusal::new(
        "same_person",
        words!("交班人和接班人不能是同一个人。", "Whoever hands over cannot take over from themselves."),
    )
}

fn no_such_handover() -> Refusal {
    Refusal::new("no_such_record", words!("没有这次交接班。", "There is no such handover."))
}

/// What `who` may do next. The expected one comes first.
pub(super) fn offers(view: Option<&HandoverView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else { return Vec::new() };
    let expected = expected(view, who);
    let mut offers: Vec<Offer> = ALL
        .into_iter()
        .filter(|verb| verb.allowed(view, who).is_ok())
        .map(|verb| {
            let weight = match verb {
                Verb::Refuse | Verb::Release => Weight::Grave,
                _ if expected == Some(verb) => Weight::Primary,
                _ => Weight::Normal,
            };
            Offer::new(verb.action(), weight, verb.words())
        })
        .collect();
    offers.sort_by_key(|offer| offer.weight != Weight::Primary);
    offers
}

/// The one next step for this person.
fn expected(view: &HandoverView, who: &Signer) -> Option<Verb> {
    let differs = view.counts.iter().any(|line| line.differs && line.answer.is_none());
    let uncounted = view.counts.iter().any(|line| line.counted.is_none());
    let wanted = [
        (view.prepared.is_none() && !view.is_incoming(who), Verb::Prepare),
        (view.arrival.is_none() || view.state == HandoverState::Refused, Verb::Arrive),
        (view.reading.is_none(), Verb::Read),
        (uncounted, Verb::Count),
        (differs, Verb::Answer),
        (view.instructions.is_none(), Verb::ReadInstructions),
        (true, Verb::Sign),
        (true, Verb::Seal),
        (true, Verb::Review),
    ];
    wanted.into_iter().find(|(due, verb)| *due && verb.allowed(view, who).is_ok()).map(|(_, verb)| verb)
}

/// What `action` writes.
pub(super) fn act(
    view: Option<&HandoverView>,
    action: HandoverAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    // A record whose plan cannot be read says nothing better than the plan.
    let known = view.filter(|view| !view.plan.post_name.is_empty());
    let handover = match known {
        Some(view) => view.clone(),
        None => cx.planned::<Handover>().ok_or_else(no_such_handover)?,
    };
    action.verb().allowed(&handover, &cx.who)?;
    let fact = fact_of(&handover, action, cx)?;
    let postponed = match &fact {
        HandoverFact::Took { items } => postponed(items, cx)?,
        _ => Vec::new(),
    };
    let mut facts = Vec::new();
    if known.is_none() {
        facts.push(HandoverFact::Planned { plan: handover.plan.clone() });
    }
    facts.push(fact);
    let mut step = cx.step::<Handover>(&facts)?;
    if view.is_none() {
        step = step.born_with(birth(&handover.plan, cx));
    }
    Ok([vec![step], postponed].concat())
}

/// What is put off is so in the record itself: its clocks ring when it was agreed.
fn postponed(items: &[TakenItem], cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    for item in items {
        if let Disposition::Rescheduled { until } = item.disposition
            && let Some(kind) = kinds::ALL.iter().find(|kind| item.record.is_of_kind(kind.name()))
        {
            let (_, write) = cx.fact(&Common::Postponed { until, reason: item.note.trim().to_owned() })?;
            steps.push(Step { record: item.record, kind: kind.name(), writes: vec![write] });
        }
    }
    Ok(steps)
}

fn fact_of(handover: &HandoverView, action: HandoverAction, cx: &mut Acting<'_>) -> Result<HandoverFact, Refusal> {
    Ok(match action {
        HandoverAction::Prepare(preparation) => HandoverFact::Prepared { preparation },
        HandoverAction::Arrive => HandoverFact::Arrived,
        HandoverAction::Read => {
            let zone = cx.site.settings.zone;
            let day = handover.plan.day.before();
            let (from, to) = (day.at(0, zone), day.at(24 * 60, zone));
            let born = |kind: &str| u16::try_from(cx.book.born(kind, from, to).len()).unwrap_or(u16::MAX);
            let reports = kinds::find(DAILY_REPORT).map_or(0, |kind| born(kind.name()));
            HandoverFact::Read { day, reports, contacts: born(ContactRecord::NAME) }
        }
        HandoverAction::Take { items } => HandoverFact::Took { items: taken(handover, items, cx)? },
        HandoverAction::TakeAll => {
            let items = items_of(handover, cx.site, cx.book)
                .into_iter()
                .filter(|item| handover.taken_item(item.record).is_none())
                .take(MOST)
                .map(|item| TakenItem {
                    record: item.record,
                    number: item.number.unwrap_or_default(),
                    title: item.title,
                    disposition: super::facts::Disposition::Taken,
                    note: String::new(),
                })
                .collect::<Vec<_>>();
            if items.is_empty() {
                return Err(Refusal::new("nothing", words!("没有待确认的遗留事项。", "No item is left to take.")));
            }
            HandoverFact::Took { items }
        }
        HandoverAction::Count { counts } => HandoverFact::Counted { counts: counted(handover, counts)? },
        HandoverAction::Answer { name, explanation } => {
            let line = handover.counts.iter().find(|line| line.name == name && line.differs);
            let Some((line, counted)) = line.and_then(|line| Some((line, line.counted.as_ref()?))) else {
                return Err(Refusal::new(
                    "no_difference",
                    words!("「{name}」没有不符,不用说明。", "“{name}” is as it should be; nothing to explain."),
                ));
            };
            given(&explanation.whereabouts, &words!("去向", "where it is"))?;
            let count =
                ItemCount { name, expected: line.expected, actual: counted.actual, condition: counted.condition };
            HandoverFact::Answered { count, explanation }
        }
        HandoverAction::ReadInstructions => HandoverFact::InstructionsRead,
        HandoverAction::ExplainInspection { reason } => {
            given(&reason, &words!("缺检说明", "why it was not done"))?;
            HandoverFact::InspectionExplained { reason }
        }
        HandoverAction::Release { reason } => {
            given(&reason, &words!("原因", "a reason"))?;
            HandoverFact::Released { reason }
        }
        HandoverAction::Refuse { reason, note } => HandoverFact::Refused { reason, note },
        HandoverAction::Sign { signature } => {
            fits(signature.as_deref())?;
            nothing_in_the_way(handover, cx)?;
            HandoverFact::Signed { signature }
        }
        HandoverAction::Seal { signature } => {
            fits(signature.as_deref())?;
            let sheet = nothing_in_the_way(handover, cx)?;
            let Some(signed) = &handover.signed else {
                return Err(Refusal::not_offered(&handover.state_words));
            };
            HandoverFact::Sealed {
                signature,
                outgoing: signed.fact,
                sheet: Box::new(sheet),
                known: cx.book.known(Class::Duty),
            }
        }
        HandoverAction::Review { opinion } => HandoverFact::Reviewed { opinion },
    })
}

/// The kind of yesterday's daily report.
pub(super) const DAILY_REPORT: &str = "daily_report";

/// The sheet, if nothing in the book stands before a signature under it.
fn nothing_in_the_way(handover: &HandoverView, cx: &Acting<'_>) -> Result<super::sheet::HandoverSheet, Refusal> {
    let sheet = compose(handover, cx.site, cx.now, cx.book);
    match sheet.gaps.first() {
        Some(gap) => Err(Refusal::new(&gap.code, gap.words.clone())),
        None => Ok(sheet),
    }
}

fn taken(handover: &HandoverView, items: Vec<TakenItem>, cx: &Acting<'_>) -> Result<Vec<TakenItem>, Refusal> {
    if items.is_empty() || items.len() > MOST {
        return Err(Refusal::missing(&words!("遗留事项", "the items")));
    }
    let open = items_of(handover, cx.site, cx.book);
    items
        .into_iter()
        .map(|mut item| {
            let Some(found) = open.iter().find(|open| open.record == item.record) else {
                return Err(Refusal::new(
                    "not_carried",
                    words!(
                        "这一项已经办结,或不属本岗位的遗留。",
                        "This item is closed, or not carried over at this post."
                    ),
                ));
            };
            match &item.disposition {
                Disposition::Rescheduled { .. } if found.urgency == Some(Urgency::Critical) => {
                    return Err(Refusal::new(
                        "critical",
                        words!(
                            "特急的事项不能改期,请接收或转派。",
                            "What is critical is not put off; take it or pass it on."
                        ),
                    ));
                }
                Disposition::Rescheduled { until } if *until <= cx.now => {
                    return Err(Refusal::new(
                        "in_the_past",
                        words!("改期要选以后的时间。", "A new time lies in the future."),
                    ));
                }
                // Whoever puts it off or gives it away says why: the next shift reads it.
                Disposition::Rescheduled { .. } | Disposition::PassedOn { .. } => {
                    if let Disposition::Rescheduled { until } = item.disposition {
                        cx.thinkable(until, &words!("改到什么时候", "the new time"))?;
                    }
                    given(&item.note, &words!("改期或转派的原因", "why it is rescheduled or passed on"))?;
                }
                Disposition::Taken => {}
            }
            (item.number, item.title) = (found.number.clone().unwrap_or_default(), found.title.clone());
            Ok(item)
        })
        .collect()
}

fn counted(handover: &HandoverView, counts: Vec<ItemCount>) -> Result<Vec<ItemCount>, Refusal> {
    if counts.is_empty() || counts.len() > MOST {
        return Err(Refusal::missing(&words!("清点结果", "what was counted")));
    }
    counts
        .into_iter()
        .map(|count| {
            let name = &count.name;
            let line = handover.counts.iter().find(|line| line.name == *name).ok_or_else(|| {
                Refusal::new(
                    "not_of_the_post",
                    words!("「{name}」不在本岗位公物清单里。", "“{name}” does not belong to this post."),
                )
            })?;
            // What is not there cannot be intact.
            if count.condition == super::facts::ItemCondition::Missing && count.actual >= line.expected {
                return Err(Refusal::new(
                    "missing_but_there",
                    words!("「{name}」一样不少,不能记「缺失」。", "None of “{name}” is missing."),
                ));
            }
            Ok(ItemCount { expected: line.expected, ..count })
        })
        .collect()
}

fn given(text: &str, what: &Words) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::missing(what)) } else { Ok(()) }
}

fn fits(signature: Option<&str>) -> Result<(), Refusal> {
    if signature.is_some_and(|strokes| strokes.len() > SIGNATURE_MAX) {
        return Err(Refusal::new(
            "signature_too_long",
            words!("签名太复杂,请清除后重签。", "The signature is too long; clear it and sign again."),
        ));
    }
    Ok(())
}

/// The creator's values. Whoever creates the record, the handover was born when it was due.
fn birth(plan: &PlannedHandover, cx: &Acting<'_>) -> Vec<Write> {
    let mut writes = cx.birth::<Handover>(None);
    for write in &mut writes {
        if let Write::Meta { name: "created_at", value } = write {
            *value = plan.at.0.into();
        }
    }
    writes
}

/// The clocks: preparation until the change, reading until some minutes after it. They are shown and do not ring: a
/// handover that does not happen is the supervisor's to see, and must not drown what is dangerous.
pub(super) fn deadlines(view: &HandoverView, _: &Settings) -> Vec<Deadline> {
    let plan = &view.plan;
    let clock = |code: &str, words, since, due| Deadline { code: code.into(), words, since, due, rings: false };
    match view.state {
        HandoverState::Planned => {
            vec![clock("prepare", words!("交班准备", "preparation"), plan.prepare_from, plan.at)]
        }
        HandoverState::Prepared => vec![clock("arrive", words!("接班到岗", "arrival"), plan.prepare_from, plan.at)],
        HandoverState::UnderWay | HandoverState::HalfSigned => {
            vec![clock("sign", words!("交接签名", "both signatures"), plan.at, plan.read_until)]
        }
        HandoverState::Refused | HandoverState::Sealed | HandoverState::Reviewed => Vec::new(),
    }
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &HandoverFact) -> LineText {
    let same = |text: &str| Words::same(text);
    let (subject, detail) = match fact {
        HandoverFact::Planned { plan } => {
            let (post, from, to) = (&plan.post_name, &plan.outgoing_shift, &plan.incoming_shift);
            (words!("开始", "begun"), words!("{post} {from}→{to}", "{post} {from} → {to}"))
        }
        HandoverFact::Prepared { preparation } => {
            let parts = [&preparation.summary, &preparation.notices, &preparation.keys, &preparation.area];
            (words!("交班准备", "prepared"), listed(parts.map(|text| same(text))))
        }
        HandoverFact::Arrived => (words!("接班到岗", "arrived"), Words::default()),
        HandoverFact::Read { day, reports, contacts } => (
            words!("班前阅读", "read"),
            words!(
                "{day} 日报{reports}份、来电来访{contacts}条已阅",
                "{day}: {reports} daily reports, {contacts} calls and visits"
            ),
        ),
        HandoverFact::Took { items } => (words!("遗留确认", "items taken over"), listed(items.iter().map(item_words))),
        HandoverFact::Counted { counts } => (words!("公物清点", "inventory counted"), counts_words(counts)),
        HandoverFact::Answered { count, explanation } => {
            let parts = [&explanation.whereabouts, &explanation.reason, &explanation.responsible];
            let said = listed(parts.map(|text| same(text)));
            (words!("公物说明", "difference explained"), listed([count_words(count), said]))
        }
        HandoverFact::InstructionsRead => (words!("通知与指示已阅", "instructions read"), Words::default()),
        HandoverFact::InspectionExplained { reason } => (words!("缺检说明", "inspection not done"), same(reason)),
        HandoverFact::Released { reason } => (words!("准予交接", "allowed"), same(reason)),
        HandoverFact::Refused { reason, note } => (words!("拒接", "refused"), listed([reason.words(), same(note)])),
        HandoverFact::Signed { .. } => (words!("交班人签名", "signed by the outgoing person"), Words::default()),
        HandoverFact::Sealed { sheet, known, .. } => {
            let (items, post) = (sheet.items.len(), &sheet.post_name);
            let digest: String = known.digest().chars().take(8).collect();
            (
                words!("接班人签名,责任转移", "signed by the incoming person, who is responsible from now on"),
                words!("{post},遗留{items}项,封存 {digest}", "{post}, {items} items carried over, seal {digest}"),
            )
        }
        HandoverFact::Reviewed { opinion } => (words!("主管审阅", "reviewed"), same(opinion)),
    };
    LineText { subject: words!("交接班 ", "handover: ").then(subject), detail }
}

fn item_words(item: &TakenItem) -> Words {
    let what = if item.number.is_empty() { &item.title } else { &item.number };
    let how = match &item.disposition {
        Disposition::Taken => words!("{what} 接收", "{what} taken"),
        Disposition::Rescheduled { .. } => words!("{what} 改期", "{what} rescheduled"),
        Disposition::PassedOn { to } => {
            let name = &to.name;
            words!("{what} 转派{name}", "{what} passed on to {name}")
        }
    };
    let note = &item.note;
    if note.is_empty() { how } else { how.then(words!("({note})", " ({note})")) }
}

fn count_words(count: &ItemCount) -> Words {
    let ItemCount { name, expected, actual, condition } = count;
    let Words { zh, en } = condition.words();
    words!("{name}应有{expected}实有{actual}({zh})", "{name} {actual} of {expected} ({en})")
}

/// What differs, else that all is there.
fn counts_words(counts: &[ItemCount]) -> Words {
    let differing: Vec<Words> = counts.iter().filter(|count| count.differs()).map(count_words).collect();
    let total = counts.len();
    if differing.is_empty() {
        words!("{total}样,数量相符、完好", "{total} things, all there and intact")
    } else {
        listed(differing)
    }
}
