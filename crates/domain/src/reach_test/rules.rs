//! What may be done with a reachability test.

use super::ReachTest;
use super::facts::{ReachTestAction, ReachTestFact, Subject};
use super::view::{ReachTestState, ReachTestView};
use crate::engine::{Acting, Deadline, LineText, Offer, Refusal, Step, Weight};
use crate::ids::RecordId;
use crate::role::{PersonRef, Signer};
use crate::site::Timers;
use crate::words;
use crate::words::Words;
use crate::work_order::listed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Verify,
    Ask,
    Answer,
    Telephone,
}

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Ask => "ask",
            Self::Answer => "answer",
            Self::Telephone => "telephone",
        }
    }

    pub(super) fn words(self) -> Words {
        match self {
            Self::Verify => words!("号码核验", "verify a number"),
            Self::Ask => words!("发起通联测试", "begin the test"),
            Self::Answer => words!("应答", "answer"),
            Self::Telephone => words!("电话测试", "test by telephone"),
        }
    }

    /// The table: whether it is offered.
    fn offered(self, view: Option<&ReachTestView>, who: &Signer) -> bool {
        let state = view.map(|view| view.state);
        let person = view.and_then(ReachTestView::person);
        match self {
            Self::Verify => view.is_none() && who.role.runs_the_desk(),
            Self::Ask => matches!(state, None | Some(ReachTestState::Owed)) && who.role.runs_the_desk(),
            Self::Answer => {
                matches!(state, Some(ReachTestState::Asked | ReachTestState::NotReached))
                    && person.is_some_and(|one| one.person == who.person)
            }
            Self::Telephone => {
                matches!(state, Some(ReachTestState::Owed | ReachTestState::Asked | ReachTestState::NotReached))
                    && person.is_some()
                    && who.role.runs_the_desk()
            }
        }
    }
}

const OFFERED: [Event; 4] = [Event::Answer, Event::Ask, Event::Telephone, Event::Verify];

pub(super) fn offers(view: Option<&ReachTestView>, who: &Signer) -> Vec<Offer> {
    let offered = OFFERED.into_iter().filter(|event| event.offered(view, who));
    offered
        .enumerate()
        .map(|(at, event)| {
            let weight = if at == 0 { Weight::Primary } else { Weight::Normal };
            Offer::new(event.action(), weight, event.words())
        })
        .collect()
}

pub(super) fn act(
    view: Option<&ReachTestView>,
    action: ReachTestAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let event = match &action {
        ReachTestAction::Verify { .. } => Event::Verify,
        ReachTestAction::Ask { .. } => Event::Ask,
        ReachTestAction::Answer => Event::Answer,
        ReachTestAction::Telephone { .. } => Event::Telephone,
    };
    // A planned test is there before anybody has written to it.
    let planned = if view.is_none() { cx.planned::<ReachTest>() } else { None };
    let born = view.is_some();
    let view = view.or(planned.as_ref());
    if !event.offered(view, &cx.who) {
        let state = view.map_or(ReachTestState::Owed, |view| view.state);
        return Err(Refusal::not_offered(&state.words()));
    }
    let fact = match action {
        ReachTestAction::Verify { contact, phone, reached, note } => {
            let found = cx.site.contacts.get(&contact).ok_or_else(no_such_line)?;
            if !found.phones.contains(&phone) {
                return Err(Refusal::new(
                    "other_number",
                    words!(
                        "表上没有这个号码,请先改站点资料。",
                        "This number is not on the list; change the site's data first."
                    ),
                ));
            }
            let subject = Subject::Contact { contact, name: found.name.clone() };
            ReachTestFact::Telephoned { subject, phone, reached, note: noted(reached, &note)? }
        }
        ReachTestAction::Ask { person } => ReachTestFact::Asked { subject: asked(view, person, cx)? },
        ReachTestAction::Answer => ReachTestFact::Answered,
        ReachTestAction::Telephone { reached, note } => {
            let person = view.and_then(ReachTestView::person).cloned().ok_or_else(no_such_line)?;
            let phone = cx.site.people.get(&person.person).map(|it| it.phone.clone()).unwrap_or_default();
            let subject = Subject::Person { person };
            ReachTestFact::Telephoned { subject, phone, reached, note: noted(reached, &note)? }
        }
    };
    let mut step = cx.step::<ReachTest>(&[fact])?;
    if !born {
        step = step.born_with(cx.birth::<ReachTest>(None));
    }
    Ok(vec![step])
}

fn asked(view: Option<&ReachTestView>, person: Option<RecordId>, cx: &Acting<'_>) -> Result<Subject, Refusal> {
    if let Some(subject) = view.and_then(|view| view.subject.clone()) {
        return Ok(subject);
    }
    let person = person.ok_or_else(|| Refusal::missing(&words!("测试谁", "whom to test")))?;
    let found = cx.site.people.get(&person).ok_or_else(no_such_line)?;
    Ok(Subject::Person { person: PersonRef { person, name: found.name.clone() } })
}

fn noted(reached: bool, note: &str) -> Result<String, Refusal> {
    let note = note.trim();
    if !reached && note.is_empty() {
        return Err(Refusal::missing(&words!("未接通的情况(空号、无人接……)", "why nobody was reached")));
    }
    Ok(note.to_owned())
}

fn no_such_line() -> Refusal {
    Refusal::new("no_such_line", words!("表上没有这一项。", "This is not on the list."))
}

/// A test that was owed, or asked, and not answered in time rings at the desk.
pub(super) fn deadlines(view: &ReachTestView, timers: &Timers) -> Vec<Deadline> {
    let since = view.asked.as_ref().map_or(view.born, |asked| asked.at);
    let (code, words) = match view.state {
        ReachTestState::Owed if view.subject.is_some() => ("ask", Event::Ask.words()),
        ReachTestState::Asked => ("answer", Event::Answer.words()),
        _ => return Vec::new(),
    };
    let due = since.plus_minutes(i64::from(timers.reach_test_min));
    vec![Deadline { code: code.into(), words, since, due, rings: true }]
}

/// What the ledger says.
pub(super) fn line(fact: &ReachTestFact) -> LineText {
    match fact {
        ReachTestFact::Asked { subject } => LineText {
            subject: words!("通联测试 发起", "reachability test"),
            detail: Words::same(subject.name()),
        },
        ReachTestFact::Answered => LineText {
            subject: words!("通联测试 已应答", "reachability test answered"),
            detail: Words::default(),
        },
        ReachTestFact::Telephoned { subject, phone, reached, note } => {
            let heading = match subject {
                Subject::Contact { .. } => words!("应急电话核验", "emergency number verified"),
                Subject::Person { .. } => words!("通联测试 电话", "reachability test by telephone"),
            };
            let who = Words::same([subject.name(), phone.as_str()].join(" ").trim());
            let how = if *reached { words!("已接通", "reached") } else { words!("未接通", "not reached") };
            LineText { subject: heading, detail: listed([who, how, Words::same(note.as_str())]) }
        }
    }
}
