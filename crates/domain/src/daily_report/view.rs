//! What the facts of a daily report amount to.

use serde::{Deserialize, Serialize};

use super::facts::{Narrative, ReportFact, SignedReport};
use super::rules::{Event, record_of, rule, stands};
use crate::engine::{Anomaly, Card, Tone};
use crate::ids::FactId;
use crate::record::Story;
use crate::role::PersonRef;
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// Where a daily report stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// 待签.
    #[default]
    Draft,
    /// 已签,待审阅.
    Signed,
    /// 已审阅.
    Reviewed,
}

impl ReportState {
    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Draft => words!("待签", "to be signed"),
            Self::Signed => words!("已签,待审阅", "signed, to be reviewed"),
            Self::Reviewed => words!("已审阅", "reviewed"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Signed => "signed",
            Self::Reviewed => "reviewed",
        }
    }
}

/// One signed version of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ReportVersion {
    /// Its number, from 1.
    pub number: u16,
    /// 值班员, and when.
    pub stamp: Stamp,
    /// What was signed.
    pub signed: SignedReport,
    /// SHA-256 of the frontier it was signed over, hex.
    pub frontier: String,
}

/// The supervisor's review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Review {
    /// Who and when.
    pub stamp: Stamp,
    /// 意见.
    pub opinion: String,
}

/// A daily report as its facts say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DailyReportView {
    /// The day it is about.
    pub day: Day,
    /// The narrative as it stands; after a signature, what the next version would say.
    pub narrative: Narrative,
    /// Signed versions, the first one first.
    pub versions: Vec<ReportVersion>,
    /// 接班人.
    pub taken_over: Option<Stamp>,
    /// 主管审阅.
    pub reviewed: Option<Review>,
    /// Where it stands.
    pub state: ReportState,
    /// The beginning of the day at the site.
    pub born: Timestamp,
}

impl DailyReportView {
    /// The version that counts: the latest.
    #[must_use]
    pub fn latest(&self) -> Option<&ReportVersion> {
        self.versions.last()
    }

    pub(super) fn untouched(day: Day, born: Timestamp) -> Self {
        Self { day, born, ..Self::default() }
    }

    pub(super) fn card(&self) -> Card {
        let day = self.day;
        let next = match self.state {
            ReportState::Draft => Some(Event::Signed.words()),
            ReportState::Signed if self.taken_over.is_none() => Some(Event::TakenOver.words()),
            ReportState::Signed => Some(Event::Reviewed.words()),
            ReportState::Reviewed => None,
        };
        Card {
            number: None,
            title: format!("服务中心日报表 {day}"),
            place: None,
            state: self.state.name().into(),
            state_words: self.state.words(),
            tone: match self.state {
                ReportState::Draft => Tone::Active,
                ReportState::Signed => Tone::Waiting,
                ReportState::Reviewed => Tone::Done,
            },
            open: self.state != ReportState::Reviewed,
            urgency: None,
            responsible: self.latest().map(|version| PersonRef::from(&version.stamp.by)).into_iter().collect(),
            next,
            born: self.born,
        }
    }
}

pub(super) fn fold(story: &Story<'_, ReportFact>) -> (DailyReportView, Vec<Anomaly>) {
    let text = |name: &str| story.doc.texts.get(name).cloned().unwrap_or_default();
    let mut view = DailyReportView {
        narrative: Narrative { weather: text("weather"), tomorrow: text("tomorrow"), remark: text("remark") },
        born: Timestamp(story.doc.meta.get("created_at").and_then(serde_json::Value::as_i64).unwrap_or_default()),
        ..DailyReportView::default()
    };
    let mut anomalies = Vec::new();
    match story.doc.meta.get("day").and_then(|day| serde_json::from_value::<Day>(day.clone()).ok()) {
        // The id is computed from the day, so no writer can make one day's report another's.
        Some(day) if record_of(day) == story.doc.id => view.day = day,
        _ => anomalies.push(Anomaly {
            fact: None,
            code: "not_its_day".into(),
            words: words!("这份日报没有写明是哪一天的。", "This report does not say which day it is about."),
        }),
    }
    anomalies.extend(Anomaly::signed_stays(story, stands));
    for (raw, fact) in story.in_force_or_signed(stands) {
        let event = fact.event(!view.versions.is_empty());
        if !event.role_may(raw.by.role) {
            anomalies.push(Anomaly::no_role(raw, &event.words()));
            continue;
        }
        let Some(rule) = rule(view.state, event) else {
            anomalies.push(Anomaly::not_legal_here(raw, &event.words(), &view.state.words()));
            continue;
        };
        match fact {
            ReportFact::Signed(signed) => {
                let number = u16::try_from(view.versions.len() + 1).unwrap_or(u16::MAX);
                let frontier = signed.known.digest();
                view.versions.push(ReportVersion { number, stamp: raw.into(), signed: *signed, frontier });
            }
            ReportFact::TakenOver => {
                if view.versions.iter().any(|version| version.stamp.by.person == raw.by.person) {
                    anomalies.push(Anomaly::of(
                        raw,
                        "same_person",
                        words!(
                            "接班人与值班员是同一人,此签名未生效。",
                            "Signed twice by the same person; not in force."
                        ),
                    ));
                } else {
                    view.taken_over.get_or_insert(raw.into());
                }
            }
            ReportFact::Reviewed { opinion } => {
                view.reviewed = Some(Review { stamp: raw.into(), opinion });
            }
        }
        view.state = rule.then;
    }
    anomalies.extend(signed_apart(story, &view));
    (view, anomalies)
}

/// Two people signed without seeing each other: both versions stand, and somebody should know.
fn signed_apart(story: &Story<'_, ReportFact>, view: &DailyReportView) -> Option<Anomaly> {
    let signed: Vec<FactId> = view.versions.iter().map(|version| version.stamp.fact).collect();
    let latest = story.doc.latest_of(&signed);
    (latest.len() > 1).then(|| Anomaly {
        fact: latest.last().copied(),
        code: "signed_apart".into(),
        words: words!(
            "两处各自签了这份日报,两个版本都保留;请主管审阅时以较新的一版为准,必要时再签新版。",
            "This report was signed in two places; both versions stay. Sign it anew to bring them together."
        ),
    })
}
