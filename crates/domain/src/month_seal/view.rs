//! What the facts of a month's seal amount to.

use serde::{Deserialize, Serialize};

use super::facts::{Seal, SealFact};
use super::rules::{Event, Month, record_of, stands};
use crate::engine::{Anomaly, Card, Tone};
use crate::ids::FactId;
use crate::record::Story;
use crate::role::PersonRef;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where a month stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SealState {
    /// 待封存.
    #[default]
    Open,
    /// 已封存.
    Sealed,
}

impl SealState {
    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Open => words!("待封存", "to be sealed"),
            Self::Sealed => words!("已封存", "sealed"),
        }
    }
}

/// One seal or supplement in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SealVersion {
    /// Who and when.
    pub stamp: Stamp,
    /// What it covers.
    pub seal: Seal,
    /// What the cover's QR code says.
    pub cover: String,
}

/// A month's seal as its facts say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MonthSealView {
    /// The month.
    pub month: Month,
    /// The seal, and the supplements in their order.
    pub seals: Vec<SealVersion>,
    /// A second seal made without seeing the first: it proves what it covers and numbers nothing.
    pub beside: Vec<SealVersion>,
    /// Where it stands.
    pub state: SealState,
    /// The beginning of the month after.
    pub born: Timestamp,
}

impl MonthSealView {
    pub(super) fn card(&self) -> Card {
        let month = self.month;
        let sealed = self.state == SealState::Sealed;
        Card {
            number: None,
            title: format!("客服工作台帐 {month} 月封存"),
            place: None,
            state: if sealed { "sealed" } else { "open" }.into(),
            state_words: self.state.words(),
            tone: if sealed { Tone::Done } else { Tone::Waiting },
            open: !sealed,
            urgency: None,
            responsible: self.seals.first().map(|seal| PersonRef::from(&seal.stamp.by)).into_iter().collect(),
            next: (!sealed).then(|| Event::Sealed.words()),
            born: self.born,
        }
    }
}

pub(super) fn fold(story: &Story<'_, SealFact>) -> (MonthSealView, Vec<Anomaly>) {
    let mut view = MonthSealView {
        born: Timestamp(story.doc.meta.get("created_at").and_then(serde_json::Value::as_i64).unwrap_or_default()),
        ..MonthSealView::default()
    };
    let mut anomalies = Vec::new();
    match story.doc.meta.get("month").and_then(|month| month.as_str()?.parse::<Month>().ok()) {
        // The id is computed from the month, so no writer can make one month's seal another's.
        Some(month) if record_of(month) == story.doc.id => view.month = month,
        _ => anomalies.push(Anomaly {
            fact: None,
            code: "not_its_month".into(),
            words: words!("这份封存没有写明是哪个月的。", "This seal does not say which month it is about."),
        }),
    }
    anomalies.extend(Anomaly::signed_stays(story, stands));
    for (raw, fact) in story.in_force_or_signed(stands) {
        let event = fact.event();
        if !event.role_may(raw.by.role) {
            anomalies.push(Anomaly::no_role(raw, &event.words()));
            continue;
        }
        let seal = match fact {
            SealFact::Sealed(seal) | SealFact::Supplemented(seal) => seal,
        };
        let (month, root) = (view.month, &seal.root);
        let lines = seal.lines;
        let cover = format!("dutybook:seal:{month}:{lines}:{root}");
        let version = SealVersion { stamp: raw.into(), seal, cover };
        match (event, view.state) {
            (Event::Sealed, SealState::Open) => {
                view.state = SealState::Sealed;
                view.seals.push(version);
            }
            (Event::Sealed, SealState::Sealed) => {
                anomalies.push(Anomaly::of(
                    raw,
                    "sealed_twice",
                    words!(
                        "两处各自封存了这个月:编号以第一份为准,这一份的封面仍可核验。",
                        "This month was sealed in two places: the first one numbers the lines; this cover can still be verified."
                    ),
                ));
                view.beside.push(version);
            }
            (Event::Supplemented, SealState::Sealed) if follows(story, &view, raw.id) => view.seals.push(version),
            (Event::Supplemented, SealState::Sealed) => {
                anomalies.push(Anomaly::of(
                    raw,
                    "supplemented_twice",
                    words!(
                        "两处各自给补录编了号:以第一份为准,请再补一次。",
                        "Late lines were numbered in two places: the first one counts; please supplement once more."
                    ),
                ));
                view.beside.push(version);
            }
            (Event::Supplemented, SealState::Open) => {
                anomalies.push(Anomaly::not_legal_here(raw, &event.words(), &view.state.words()));
            }
        }
    }
    (view, anomalies)
}

/// Whether a supplement was written by somebody who had seen the last seal in force.
fn follows(story: &Story<'_, SealFact>, view: &MonthSealView, supplement: FactId) -> bool {
    let Some(last) = view.seals.last() else { return false };
    story.doc.latest_of(&[last.stamp.fact, supplement]) == [supplement]
}
