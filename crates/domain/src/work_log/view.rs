//! What the facts of a work log amount to.

use serde::{Deserialize, Serialize};

use super::facts::LogFact;
use super::rules::{Event, record_of, rule, stands};
use crate::engine::{Anomaly, Card, Tone};
use crate::record::Story;
use crate::role::PersonRef;
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where a work log stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum LogState {
    /// 草稿.
    #[default]
    Draft,
    /// 待发.
    Queued,
    /// 已导出.
    Exported,
    /// 已回执.
    Receipted,
}

impl LogState {
    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Draft => words!("草稿", "draft"),
            Self::Queued => words!("待发", "to be sent"),
            Self::Exported => words!("已导出,待回执", "exported, to be receipted"),
            Self::Receipted => words!("已回执", "receipted"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Queued => "queued",
            Self::Exported => "exported",
            Self::Receipted => "receipted",
        }
    }
}

/// The log as it was signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SignedLog {
    /// 记录人, and when.
    pub stamp: Stamp,
    /// The text.
    pub text: String,
}

/// One package that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Export {
    /// Who and when.
    pub stamp: Stamp,
    /// The package's file.
    pub file: String,
    /// SHA-256 of the package, hex.
    pub sha256: String,
    /// How many telephone numbers were masked.
    pub masked: u32,
}

/// What the site answered (发布回执).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Receipt {
    /// Who and when.
    pub stamp: Stamp,
    /// What it said.
    pub receipt: String,
}

/// A work log as its facts say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct WorkLogView {
    /// The day.
    pub day: Day,
    /// The text as it stands before the signature.
    pub draft: String,
    /// As it was signed. More than one when two people signed without seeing each other; the first is published.
    pub signed: Vec<SignedLog>,
    /// Packages written.
    pub exports: Vec<Export>,
    /// 发布回执.
    pub receipts: Vec<Receipt>,
    /// Where it stands.
    pub state: LogState,
    /// The beginning of the day at the site.
    pub born: Timestamp,
}

impl WorkLogView {
    pub(super) fn untouched(day: Day, born: Timestamp) -> Self {
        Self { day, born, ..Self::default() }
    }

    pub(super) fn card(&self) -> Card {
        let day = self.day;
        let next = match self.state {
            LogState::Draft => Some(Event::Signed),
            LogState::Queued => Some(Event::Exported),
            LogState::Exported => Some(Event::Receipted),
            LogState::Receipted => None,
        };
        Card {
            number: None,
            title: format!("工作日志 {day}"),
            place: None,
            state: self.state.name().into(),
            state_words: self.state.words(),
            tone: match self.state {
                LogState::Draft => Tone::Active,
                LogState::Queued | LogState::Exported => Tone::Waiting,
                LogState::Receipted => Tone::Done,
            },
            open: next.is_some(),
            urgency: None,
            responsible: self.signed.first().map(|log| PersonRef::from(&log.stamp.by)).into_iter().collect(),
            next: next.map(Event::words),
            born: self.born,
        }
    }
}

pub(super) fn fold(story: &Story<'_, LogFact>) -> (WorkLogView, Vec<Anomaly>) {
    let mut view = WorkLogView {
        draft: story.doc.texts.get("text").cloned().unwrap_or_default(),
        born: Timestamp(story.doc.meta.get("created_at").and_then(serde_json::Value::as_i64).unwrap_or_default()),
        ..WorkLogView::default()
    };
    let mut anomalies = Vec::new();
    match story.doc.meta.get("day").and_then(|day| serde_json::from_value::<Day>(day.clone()).ok()) {
        Some(day) if record_of(day) == story.doc.id => view.day = day,
        _ => anomalies.push(Anomaly {
            fact: None,
            code: "not_its_day".into(),
            words: words!("这份日志没有写明是哪一天的。", "This log does not say which day it is about."),
        }),
    }
    anomalies.extend(Anomaly::signed_stays(story, stands));
    for (raw, fact) in story.in_force_or_signed(stands) {
        let event = fact.event();
        if !event.role_may(raw.by.role) {
            anomalies.push(Anomaly::no_role(raw, &event.words()));
            continue;
        }
        let Some(rule) = rule(view.state, event) else {
            anomalies.push(Anomaly::not_legal_here(raw, &event.words(), &view.state.words()));
            continue;
        };
        match fact {
            LogFact::Signed { text } => {
                if !view.signed.is_empty() {
                    anomalies.push(Anomaly::of(
                        raw,
                        "signed_apart",
                        words!(
                            "两处各自签了这份日志:发布第一份,另一份保留。",
                            "This log was signed in two places: the first is published, the other one stays."
                        ),
                    ));
                }
                view.signed.push(SignedLog { stamp: raw.into(), text });
            }
            LogFact::Exported { file, sha256, masked } => {
                view.exports.push(Export { stamp: raw.into(), file, sha256, masked });
            }
            LogFact::Receipted { receipt } => {
                view.receipts.push(Receipt { stamp: raw.into(), receipt });
            }
        }
        view.state = rule.then;
    }
    (view, anomalies)
}
