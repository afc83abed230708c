//! Calls that may be about the same matter (重复来电): suggested, never decided.

use serde::{Deserialize, Serialize};

use super::view::ContactView;
use crate::engine::Card;
use crate::ids::RecordId;

/// An earlier record of the same unit or telephone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Repeat {
    /// The record.
    pub record: RecordId,
    /// What lists show of it.
    pub card: Card,
    /// Whether it is the same unit.
    pub same_unit: bool,
    /// Whether it is the same telephone.
    pub same_phone: bool,
}

/// Of the records given, those of the same unit or telephone: open ones first, then the newest.
#[must_use]
pub fn repeats(
    records: impl IntoIterator<Item = (RecordId, Card, ContactView)>,
    unit_label: &str,
    phone: &str,
) -> Vec<Repeat> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (unit, number) = (unit_label.trim(), digits(phone));
    let mut found: Vec<Repeat> = records
        .into_iter()
        .map(|(record, card, view)| {
            let same_unit = !unit.is_empty() && view.unit_label.trim() == unit;
            // An extension or three digits are nobody's number.
            let same_phone = number.len() >= 5 && digits(&view.phone) == number;
            Repeat { record, card, same_unit, same_phone }
        })
        .filter(|it| it.same_unit || it.same_phone)
        .collect();
    found.sort_by_key(|it| (!it.card.open, std::cmp::Reverse(it.card.born)));
    found
}
