//! What the facts of an item of the archive amount to.

use serde::{Deserialize, Serialize};

use super::facts::{ArchiveFact, Listing};
use super::rules::{Event, rule};
use crate::engine::{Anomaly, Card, Tone};
use crate::record::Story;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where an item stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveState {
    /// 待接收.
    #[default]
    Listed,
    /// 在库.
    Kept,
    /// 待第二人签名销毁.
    ToBeDestroyed,
    /// 已销毁.
    Destroyed,
}

impl ArchiveState {
    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Listed => words!("待接收", "to be received"),
            Self::Kept => words!("在库", "kept"),
            Self::ToBeDestroyed => words!("销毁待第二人签名", "destruction to be signed by a second person"),
            Self::Destroyed => words!("已登记销毁", "destroyed"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Kept => "kept",
            Self::ToBeDestroyed => "to_be_destroyed",
            Self::Destroyed => "destroyed",
        }
    }
}

/// One line of 《销毁清册》.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Destruction {
    /// 销毁依据.
    pub basis: String,
    /// The first signature.
    pub proposed: Stamp,
    /// The second one, by somebody else.
    pub confirmed: Option<Stamp>,
}

/// An item of the archive as its facts say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ArchiveItemView {
    /// The line of 《归档清单》.
    pub listing: Listing,
    /// 移交.
    pub listed: Option<Stamp>,
    /// 接收.
    pub received: Option<Stamp>,
    /// 存放.
    pub place: String,
    /// The line of 《销毁清册》, while there is one.
    pub destruction: Option<Destruction>,
    /// Where it stands.
    pub state: ArchiveState,
    /// When it was listed.
    pub born: Timestamp,
}

impl ArchiveItemView {
    pub(super) fn card(&self) -> Card {
        let next = match self.state {
            ArchiveState::Listed => Some(Event::Received.words()),
            ArchiveState::ToBeDestroyed => Some(Event::Confirmed.words()),
            ArchiveState::Kept | ArchiveState::Destroyed => None,
        };
        Card {
            number: Some(self.listing.case_no.clone()).filter(|number| !number.is_empty()),
            title: format!("{} {}", self.listing.month, self.listing.name),
            place: Some(self.place.clone()).filter(|place| !place.is_empty()),
            state: self.state.name().into(),
            state_words: self.state.words(),
            tone: match self.state {
                ArchiveState::Listed => Tone::Waiting,
                ArchiveState::Kept => Tone::Done,
                ArchiveState::ToBeDestroyed => Tone::Alert,
                ArchiveState::Destroyed => Tone::Off,
            },
            open: self.listed.is_some() && next.is_some(),
            urgency: None,
            responsible: Vec::new(),
            next: next.filter(|_| self.listed.is_some()),
            born: self.born,
        }
    }

    /// Why it may not be destroyed at an instant; `None` when it may.
    pub(super) fn kept_at(&self, at: Timestamp) -> Option<Kept> {
        match self.listing.keep_until {
            None => Some(Kept::ForEver),
            Some(until) if at < until => Some(Kept::Until(until)),
            Some(_) => None,
        }
    }
}

/// Why something may not be destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    ForEver,
    Until(Timestamp),
}

pub(super) fn fold(story: &Story<'_, ArchiveFact>) -> (ArchiveItemView, Vec<Anomaly>) {
    let mut view = ArchiveItemView {
        born: story.doc.facts.first().map_or_else(Timestamp::default, |fact| fact.at),
        ..ArchiveItemView::default()
    };
    let mut anomalies = Vec::new();
    for (raw, fact) in story.in_force() {
        let event = fact.event();
        if !event.role_may(raw.by.role) {
            anomalies.push(Anomaly::no_role(raw, &event.words()));
            continue;
        }
        let legal = match (event, view.listed.is_some()) {
            // Two people sealed the month without seeing each other: the first list counts, and both say the same of
            // what both had.
            (Event::Listed, true) => continue,
            (Event::Listed, false) => Some(ArchiveState::Listed),
            (_, true) => rule(view.state, event).map(|rule| rule.then),
            (_, false) => None,
        };
        let Some(then) = legal else {
            anomalies.push(Anomaly::not_legal_here(raw, &event.words(), &view.state.words()));
            continue;
        };
        match fact {
            ArchiveFact::Listed(listing) => {
                view.listing = listing.clone();
                view.listed = Some(raw.into());
            }
            ArchiveFact::Received { place } => {
                view.received = Some(raw.into());
                view.place.clone_from(place);
            }
            ArchiveFact::Moved { place } => view.place.clone_from(place),
            ArchiveFact::DestructionProposed { basis } => {
                if view.kept_at(raw.at).is_some() {
                    anomalies.push(Anomaly::of(
                        raw,
                        "kept",
                        words!(
                            "提请销毁时保管期未满(或为长期),未生效。",
                            "Its retention had not ended when its destruction was proposed; not in force."
                        ),
                    ));
                    continue;
                }
                view.destruction = Some(Destruction { basis: basis.clone(), proposed: raw.into(), confirmed: None });
            }
            ArchiveFact::DestructionConfirmed => {
                let Some(destruction) = &mut view.destruction else { continue };
                if destruction.proposed.by.person == raw.by.person {
                    anomalies.push(Anomaly::of(
                        raw,
                        "same_person",
                        words!(
                            "销毁须两人签名,同一人的第二次签名未生效。",
                            "Destruction takes two people; not in force."
                        ),
                    ));
                    continue;
                }
                destruction.confirmed = Some(raw.into());
            }
            ArchiveFact::DestructionWithdrawn { .. } => view.destruction = None,
        }
        view.state = then;
    }
    (view, anomalies)
}
