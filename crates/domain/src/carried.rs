//! Carried-over items (遗留事项): whatever in the daily work somebody still has to do something about, each with the
//! person, the next step and the time it is due. They come again at every shift until they are closed (D1.1.2, D2.9.3).
//!
//! Computed from the records themselves, whatever their kind; nobody keeps a list beside them.

use serde::{Deserialize, Serialize};

use crate::engine::{Book, Card, Class, Found, Tone, Urgency};
use crate::handover::Handover;
use crate::ids::RecordId;
use crate::kinds;
use crate::role::PersonRef;
use crate::site::Settings;
use crate::time::Timestamp;
use crate::words::Words;

/// One matter that goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CarriedItem {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// 编号.
    pub number: Option<String>,
    /// 内容.
    pub title: String,
    /// Where.
    pub place: Option<String>,
    /// Stable word of the state.
    pub state: String,
    /// 进度.
    pub state_words: Words,
    /// How the state looks.
    pub tone: Tone,
    /// 紧急程度.
    pub urgency: Option<Urgency>,
    /// 责任人; more than one while two values stand side by side.
    pub responsible: Vec<PersonRef>,
    /// 下一步.
    pub next: Option<Words>,
    /// 时限: the clock that ends first.
    pub due: Option<Timestamp>,
    /// When it began.
    pub born: Timestamp,
}

impl CarriedItem {
    /// Whether it is so pressing that nobody may hand it over half done: critical, and still being dealt with.
    #[must_use]
    pub fn being_fought(&self) -> bool {
        self.urgency == Some(Urgency::Critical) && matches!(self.tone, Tone::Waiting | Tone::Active | Tone::Alert)
    }
}

/// Everything that is open in the daily work, the most urgent first, then what is due first.
#[must_use]
pub fn carried(book: &dyn Book, settings: &Settings) -> Vec<CarriedItem> {
    let mut items: Vec<CarriedItem> = kinds::ALL
        .iter()
        // A handover carries items and is none.
        .filter(|kind| kind.class() == Class::Duty && kind.name() != <Handover as crate::engine::Kind>::NAME)
        .flat_map(|kind| {
            let item = |found: Found| {
                let due = kind.deadlines(&found.view, settings).into_iter().map(|deadline| deadline.due).min();
                item_of(found.record, kind.name(), found.card, due)
            };
            book.open(kind.name()).into_iter().map(item)
        })
        .collect();
    items.sort_by_key(|item| {
        (item.urgency.unwrap_or(Urgency::Planned), item.due.map_or(i64::MAX, |due| due.0), item.born, item.record)
    });
    items
}

fn item_of(record: RecordId, kind: &str, card: Card, due: Option<Timestamp>) -> CarriedItem {
    CarriedItem {
        record,
        kind: kind.into(),
        number: card.number,
        title: card.title,
        place: card.place,
        state: card.state,
        state_words: card.state_words,
        tone: card.tone,
        urgency: card.urgency,
        responsible: card.responsible,
        next: card.next,
        due,
        born: card.born,
    }
}
