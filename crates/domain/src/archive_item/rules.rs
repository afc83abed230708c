//! What may be done with an item of the archive: the table, offers, actions, ledger lines, and a month's list.

use std::collections::BTreeMap;

use super::ArchiveItem;
use super::facts::{ArchiveAction, ArchiveFact, Listing};
use super::view::{ArchiveItemView, ArchiveState, Kept};
use crate::engine::{Acting, Class, Kind, LineText, Offer, Refusal, Step, Weight};
use crate::ids::{Home, RecordId};
use crate::month_seal::Month;
use crate::role::{Role, Signer};
use crate::site::RetentionRule;
use crate::time::{Day, Timestamp, Zone};
use crate::words;
use crate::words::Words;

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Listed,
    Received,
    Moved,
    Proposed,
    Confirmed,
    Withdrawn,
}

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::Listed => "list",
            Self::Received => "receive",
            Self::Moved => "move",
            Self::Proposed => "propose_destruction",
            Self::Confirmed => "confirm_destruction",
            Self::Withdrawn => "withdraw_destruction",
        }
    }

    pub(super) fn words(self) -> Words {
        match self {
            Self::Listed => words!("移交", "hand over"),
            Self::Received => words!("接收", "receive"),
            Self::Moved => words!("移库", "move"),
            Self::Proposed => words!("提请销毁", "propose destruction"),
            Self::Confirmed => words!("第二人签名销毁", "sign the destruction as second person"),
            Self::Withdrawn => words!("撤回销毁", "withdraw the destruction"),
        }
    }

    pub(super) fn role_may(self, role: Role) -> bool {
        match self {
            Self::Listed => role.supervises(),
            _ => role == Role::Archivist || role.supervises(),
        }
    }
}

impl ArchiveFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Listed(_) => Event::Listed,
            Self::Received { .. } => Event::Received,
            Self::Moved { .. } => Event::Moved,
            Self::DestructionProposed { .. } => Event::Proposed,
            Self::DestructionConfirmed => Event::Confirmed,
            Self::DestructionWithdrawn { .. } => Event::Withdrawn,
        }
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) then: ArchiveState,
    offered: bool,
}

/// The table: which event is legal in which state, and what state follows.
pub(super) fn rule(state: ArchiveState, event: Event) -> Option<Rule> {
    use ArchiveState::{Destroyed, Kept, Listed, ToBeDestroyed};
    let (then, offered) = match (state, event) {
        (Listed, Event::Received) => (Kept, true),
        // Two people received it without seeing each other.
        (Kept, Event::Received) => (Kept, false),
        (Kept, Event::Moved) => (Kept, true),
        (Kept, Event::Proposed) => (ToBeDestroyed, true),
        (ToBeDestroyed, Event::Confirmed) => (Destroyed, true),
        (ToBeDestroyed, Event::Withdrawn) => (Kept, true),
        _ => return None,
    };
    Some(Rule { then, offered })
}

fn offered(view: &ArchiveItemView, event: Event, who: &Signer) -> bool {
    view.listed.is_some()
        && event.role_may(who.role)
        && rule(view.state, event).is_some_and(|rule| rule.offered)
        && match event {
            Event::Proposed => view.listing.keep_until.is_some(),
            Event::Confirmed => {
                view.destruction.as_ref().is_some_and(|proposal| proposal.proposed.by.person != who.person)
            }
            _ => true,
        }
}

pub(super) fn offers(view: &ArchiveItemView, who: &Signer) -> Vec<Offer> {
    let events = [Event::Received, Event::Confirmed, Event::Withdrawn, Event::Moved, Event::Proposed];
    let offers = events.into_iter().filter(|event| offered(view, *event, who));
    offers
        .map(|event| {
            let weight = match event {
                Event::Received => Weight::Primary,
                Event::Proposed | Event::Confirmed => Weight::Grave,
                _ => Weight::Normal,
            };
            Offer::new(event.action(), weight, event.words())
        })
        .collect()
}

pub(super) fn act(
    view: Option<&ArchiveItemView>,
    action: ArchiveAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let event = match &action {
        ArchiveAction::Receive { .. } => Event::Received,
        ArchiveAction::Move { .. } => Event::Moved,
        ArchiveAction::ProposeDestruction { .. } => Event::Proposed,
        ArchiveAction::ConfirmDestruction => Event::Confirmed,
        ArchiveAction::WithdrawDestruction { .. } => Event::Withdrawn,
    };
    if !event.role_may(cx.who.role) {
        return Err(Refusal::no_role());
    }
    let view = view.ok_or_else(Refusal::no_such_record)?;
    if !offered(view, event, &cx.who) {
        return Err(Refusal::not_offered(&view.state.words()));
    }
    let place_words = words!("存放位置", "where it is kept");
    let fact = match action {
        ArchiveAction::Receive { place } => {
            Refusal::unless_given(&place, &place_words)?;
            ArchiveFact::Received { place }
        }
        ArchiveAction::Move { place } => {
            Refusal::unless_given(&place, &place_words)?;
            ArchiveFact::Moved { place }
        }
        ArchiveAction::ProposeDestruction { basis } => {
            Refusal::unless_given(&basis, &words!("销毁依据", "the basis"))?;
            if let Some(Kept::Until(until)) = view.kept_at(cx.now) {
                let day = until.day(cx.site.settings.zone);
                return Err(Refusal::new(
                    "kept",
                    words!(
                        "保管期未满,{day} 起才可提请销毁。",
                        "It is kept until {day}; propose its destruction then."
                    ),
                ));
            }
            ArchiveFact::DestructionProposed { basis }
        }
        ArchiveAction::ConfirmDestruction => ArchiveFact::DestructionConfirmed,
        ArchiveAction::WithdrawDestruction { reason } => {
            Refusal::unless_given(&reason, &words!("原因", "a reason"))?;
            ArchiveFact::DestructionWithdrawn { reason }
        }
    };
    Ok(vec![cx.step::<ArchiveItem>(&[fact])?])
}

/// A month's list: one item for every retention rule under which lines of the month fall.
pub(crate) fn list_of<'a>(
    month: Month,
    root: &str,
    kinds: impl Iterator<Item = &'a str>,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let mut rules: BTreeMap<String, (RetentionRule, u32)> = BTreeMap::new();
    for kind in kinds {
        let rule = cx.site.settings.retention.rule_of(kind);
        rules.entry(rule.key.clone()).or_insert((rule, 0)).1 += 1;
    }
    let zone = cx.site.settings.zone;
    let mut steps = Vec::new();
    for (at, (rule, lines)) in rules.into_values().enumerate() {
        let number = at + 1;
        let listing = Listing {
            case_no: format!("{month}/{number:02}"),
            name: rule.name,
            rule: rule.key.clone(),
            month,
            from: month.first(),
            to: month.last(),
            lines,
            root: root.into(),
            years: rule.years,
            keep_until: rule.years.map(|years| kept_until(month, years, zone)),
        };
        let home = Home { class: Class::Duty, day: month.after().first(), kind: ArchiveItem::NAME };
        let record = RecordId::derived(&home, &[&month.to_string(), &rule.key]);
        let mut step = cx.step_on::<ArchiveItem>(record, &[ArchiveFact::Listed(listing)])?;
        step.writes.splice(0..0, cx.birth::<ArchiveItem>(None));
        steps.push(step);
    }
    Ok(steps)
}

/// So many years after the end of the month (D2.8.5).
fn kept_until(month: Month, years: u16, zone: Zone) -> Timestamp {
    let end = month.after().first();
    let later = end.0.checked_add_months(chrono::Months::new(u32::from(years) * 12)).unwrap_or(end.0);
    Day(later).at(0, zone)
}

/// What the ledger says of a fact.
pub(super) fn line(fact: &ArchiveFact) -> LineText {
    let subject = words!("归档 ", "archive: ").then(fact.event().words());
    let detail = match fact {
        ArchiveFact::Listed(listing) => {
            let Listing { case_no, name, lines, .. } = listing;
            words!("{case_no} {name},{lines} 条", "{case_no} {name}, {lines} lines")
        }
        ArchiveFact::Received { place } | ArchiveFact::Moved { place } => words!("存放 {place}", "kept at {place}"),
        ArchiveFact::DestructionProposed { basis } => Words::same(basis.clone()),
        ArchiveFact::DestructionConfirmed => Words::default(),
        ArchiveFact::DestructionWithdrawn { reason } => Words::same(reason.clone()),
    };
    LineText { subject, detail }
}
