//! What may be done with a free entry: the table, offers, actions, ledger lines.

use super::Journal;
use super::facts::{Entry, JournalAction, JournalFact};
use super::view::{JournalState, JournalView};
use crate::engine::{Acting, LineText, Offer, Refusal, Step, Weight};
use crate::role::{Role, Signer};
use crate::words;
use crate::words::Words;
use crate::work_order::listed;

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Entered,
    Continued,
    Settled,
}

impl Event {
    pub(super) fn words(self) -> Words {
        match self {
            Self::Entered => words!("记事", "enter"),
            Self::Continued => words!("续记", "continue"),
            Self::Settled => words!("办结", "settle"),
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Entered => "enter",
            Self::Continued => "continue",
            Self::Settled => "settle",
        }
    }

    /// Whoever is on duty writes into the book; what came of a matter, the desk says.
    pub(super) fn role_may(self, role: Role) -> bool {
        match self {
            Self::Entered | Self::Continued => role.works_orders(),
            Self::Settled => role.runs_the_desk(),
        }
    }
}

impl JournalFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Entered(_) => Event::Entered,
            Self::Continued { .. } => Event::Continued,
            Self::Settled { .. } => Event::Settled,
        }
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) then: JournalState,
    /// Whether it is offered; what is not is still in force when it arrives.
    pub(super) offered: bool,
}

/// The table: which event is legal in which state, and what state follows.
pub(super) fn rule(state: JournalState, event: Event) -> Option<Rule> {
    use JournalState::{Following, Settled};
    let (then, offered) = match (state, event) {
        (state, Event::Continued) => (state, true),
        (Following, Event::Settled) => (Settled, true),
        // Two people said what came of it without seeing each other: both stand.
        (Settled, Event::Settled) => (Settled, false),
        (_, Event::Entered) => return None,
    };
    Some(Rule { then, offered })
}

fn offered(view: &JournalView, event: Event, who: &Signer) -> bool {
    view.entered.is_some() && event.role_may(who.role) && rule(view.state, event).is_some_and(|rule| rule.offered)
}

pub(super) fn offers(view: Option<&JournalView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else {
        let may = Event::Entered.role_may(who.role);
        return may.then(|| Offer::new("enter", Weight::Primary, Event::Entered.words())).into_iter().collect();
    };
    let offers = [Event::Settled, Event::Continued].into_iter().filter(|event| offered(view, *event, who));
    offers
        .map(|event| {
            let weight = if event == Event::Settled { Weight::Primary } else { Weight::Normal };
            Offer::new(event.action(), weight, event.words())
        })
        .collect()
}

pub(super) fn act(
    view: Option<&JournalView>,
    action: JournalAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let event = match &action {
        JournalAction::Enter(_) => Event::Entered,
        JournalAction::Continue { .. } => Event::Continued,
        JournalAction::Settle { .. } => Event::Settled,
    };
    if !event.role_may(cx.who.role) {
        return Err(Refusal::no_role());
    }
    match (view, action) {
        (None, JournalAction::Enter(entry)) => {
            Refusal::unless_given(&entry.subject, &words!("事项", "what it is about"))?;
            let day = cx.today();
            let number = cx.names.number(day);
            let mut step = cx.step::<Journal>(&[JournalFact::Entered(entry)])?;
            step.writes.splice(0..0, cx.birth::<Journal>(Some(&number)));
            Ok(vec![step])
        }
        (None, _) => Err(Refusal::no_such_record()),
        (Some(view), action) => {
            if !offered(view, event, &cx.who) {
                return Err(Refusal::not_offered(&view.state.words()));
            }
            let fact = match action {
                JournalAction::Continue { process } => {
                    Refusal::unless_given(&process, &words!("处理过程", "what went on"))?;
                    JournalFact::Continued { process }
                }
                JournalAction::Settle { result } => {
                    Refusal::unless_given(&result, &words!("处理结果", "the result"))?;
                    JournalFact::Settled { result }
                }
                JournalAction::Enter(_) => return Err(Refusal::not_offered(&view.state.words())),
            };
            Ok(vec![cx.step::<Journal>(&[fact])?])
        }
    }
}

/// What the ledger says: the entry's own words are the line.
pub(super) fn line(fact: &JournalFact) -> LineText {
    match fact {
        JournalFact::Entered(Entry { subject, process, result, follower }) => {
            let follower = follower.as_ref().map(|person| {
                let name = &person.name;
                words!("跟进人 {name}", "followed up by {name}")
            });
            let parts = [Words::same(process.clone()), Words::same(result.clone())];
            LineText { subject: Words::same(subject.clone()), detail: listed(parts.into_iter().chain(follower)) }
        }
        JournalFact::Continued { process } => {
            LineText { subject: words!("续记", "continued"), detail: Words::same(process.clone()) }
        }
        JournalFact::Settled { result } => {
            LineText { subject: words!("办结", "settled"), detail: Words::same(result.clone()) }
        }
    }
}
