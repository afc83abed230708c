//! Strengthened patrol (加强巡视, D1.1.5, D1.2.1): for a holiday, a storm or an event somebody orders the rounds to be
//! walked two or three times as often for a while.
//!
//! Invariants
//! - An order lives in the standing volume and is part of the site, so every device that has it plans the same further
//!   rounds, under the same record ids, without anybody creating them.
//! - Nothing is owed from before the order was written, nor after it was ended: what was already walked stays.

use serde::{Deserialize, Serialize};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Tone, Weight};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Route, RouteKind, Settings, Site};
use crate::time::{TimeOfDay, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::{Stamp, listed};

/// A round begins on a full five minutes.
const STEP_MIN: u16 = 5;
const DAY_MIN: u16 = 24 * 60;
/// Nobody strengthens for longer at once: what lasts is a route of its own.
const MOST_DAYS: i64 = 31;

/// The kind.
pub struct Strengthened;

/// What can happen to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StrengthenedFact {
    /// 加强.
    Ordered {
        /// From when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
        /// How many times as often: 2 or 3.
        times: u8,
        /// Why: 节日, 暴雨, 活动.
        reason: String,
    },
    /// 结束 before its time.
    Ended {
        /// Why.
        reason: String,
    },
}

/// What people can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum StrengthenedAction {
    /// 加强巡视.
    Order {
        /// From when; from now on when left out.
        #[serde(default)]
        from: Option<Timestamp>,
        /// Until when.
        until: Timestamp,
        /// How many times as often.
        times: u8,
        /// Why.
        reason: String,
    },
    /// 提前结束.
    End {
        /// Why.
        reason: String,
    },
}

/// An order as its facts say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StrengthenedView {
    /// Who ordered it, and when.
    pub ordered: Option<Stamp>,
    /// From when.
    pub from: Timestamp,
    /// Until when, as ordered.
    pub until: Timestamp,
    /// How many times as often.
    pub times: u8,
    /// Why.
    pub reason: String,
    /// Who ended it before its time, and when.
    pub ended: Option<Stamp>,
    /// Why it was ended.
    pub ended_reason: String,
}

impl StrengthenedView {
    /// When it ends: as ordered, or when somebody ended it.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.ended.as_ref().map_or(self.until, |stamp| stamp.at.min(self.until))
    }

    /// Whether a round that begins at `start` is walked because of it. Nothing is owed from before it was written.
    #[must_use]
    pub fn covers(&self, start: Timestamp) -> bool {
        let written = self.ordered.as_ref().map_or(Timestamp(i64::MAX), |stamp| stamp.at);
        start >= self.from.max(written) && start < self.ends()
    }
}

/// The further starts of a route on any day, strictly between its usual ones: they part every space, the night before
/// the next day's first among them, into equal parts.
pub(crate) fn further_starts(route: &Route, times: u8) -> Vec<TimeOfDay> {
    if route.kind == RouteKind::BeforeClosing || times < 2 {
        return Vec::new();
    }
    let mut starts: Vec<u16> = route.starts.iter().map(|start| start.0).collect();
    starts.sort_unstable();
    starts.dedup();
    let Some(first) = starts.first().copied() else { return Vec::new() };
    let next = starts.iter().copied().skip(1).chain([first.saturating_add(DAY_MIN)]);
    let between = |(from, to): (u16, u16)| {
        (1..u16::from(times)).filter_map(move |part| {
            let at = from + to.saturating_sub(from) / u16::from(times) * part;
            let at = at / STEP_MIN * STEP_MIN;
            (at > from && at < to).then_some(TimeOfDay(at))
        })
    };
    starts.iter().copied().zip(next).flat_map(between).collect()
}

impl Kind for Strengthened {
    const NAME: &'static str = "strengthened_patrol";
    const CLASS: Class = Class::Standing;
    type Fact = StrengthenedFact;
    type Action = StrengthenedAction;
    type View = StrengthenedView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        let mut view = StrengthenedView::default();
        let mut anomalies = Vec::new();
        for (raw, fact) in story.in_force() {
            let name = &raw.by.name;
            if !raw.by.role.supervises() {
                let words = words!(
                    "{name}无权加强巡视,这一条未生效。",
                    "{name} may not strengthen the rounds; this is not in force."
                );
                anomalies.push(Anomaly::of(raw, "no_role", words));
                continue;
            }
            match fact {
                StrengthenedFact::Ordered { from, until, times, reason } if view.ordered.is_none() => {
                    view.ordered = Some(Stamp::from(raw));
                    (view.from, view.until, view.times) = (*from, *until, (*times).clamp(2, 3));
                    view.reason.clone_from(reason);
                }
                StrengthenedFact::Ordered { .. } => {
                    let words = words!("{name}又写了一次,以第一次为准。", "{name} wrote it again; the first counts.");
                    anomalies.push(Anomaly::of(raw, "written_twice", words));
                }
                // The earlier end counts; another one said apart changes nothing.
                StrengthenedFact::Ended { reason } => {
                    let earlier = view.ended.as_ref().is_none_or(|stamp| raw.at < stamp.at);
                    if earlier {
                        view.ended = Some(Stamp::from(raw));
                        view.ended_reason.clone_from(reason);
                    }
                }
            }
        }
        (view, anomalies)
    }

    fn card(view: &Self::View) -> Card {
        let (state, state_words, tone) = match view.ended {
            Some(_) => ("ended", words!("已提前结束", "ended early"), Tone::Done),
            None => ("ordered", words!("加强巡视", "strengthened patrol"), Tone::Active),
        };
        Card {
            number: None,
            title: view.reason.clone(),
            place: None,
            state: state.into(),
            state_words,
            tone,
            // It ends by itself; nobody has to do anything about it.
            open: false,
            urgency: None,
            responsible: Vec::new(),
            next: None,
            born: view.ordered.as_ref().map_or_else(Timestamp::default, |stamp| stamp.at),
        }
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        if !who.role.supervises() {
            return Vec::new();
        }
        match view {
            None => vec![Offer::new("order", Weight::Primary, words!("加强巡视", "strengthen the rounds"))],
            Some(view) if view.ended.is_none() => {
                vec![Offer::new("end", Weight::Normal, words!("提前结束", "end it early"))]
            }
            Some(_) => Vec::new(),
        }
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        if !cx.who.role.supervises() {
            return Err(Refusal::no_role());
        }
        let needed = |reason: String| {
            let reason = reason.trim().to_owned();
            if reason.is_empty() { Err(Refusal::missing(&words!("原因", "the reason"))) } else { Ok(reason) }
        };
        match (view, action) {
            (None, StrengthenedAction::Order { from, until, times, reason }) => {
                // Nobody could have walked a round of the past.
                let from = from.map_or(cx.now, |from| from.max(cx.now));
                if !(2..=3).contains(&times) {
                    return Err(Refusal::new("times", words!("加强到 2 倍或 3 倍。", "Two or three times as often.")));
                }
                if until <= from || until > from.plus_minutes(MOST_DAYS * i64::from(DAY_MIN)) {
                    return Err(Refusal::new(
                        "until",
                        words!(
                            "结束时间要晚于开始,最长 31 天;长期加强请改路线。",
                            "It ends after it begins and within 31 days; for longer change the route."
                        ),
                    ));
                }
                let fact = StrengthenedFact::Ordered { from, until, times, reason: needed(reason)? };
                Ok(vec![cx.step::<Self>(&[fact])?.born_with(cx.birth::<Self>(None))])
            }
            (Some(view), StrengthenedAction::End { reason }) if view.ended.is_none() => {
                if cx.now >= view.until {
                    return Err(Refusal::new("over", words!("已经到期。", "It is over already.")));
                }
                Ok(vec![cx.step::<Self>(&[StrengthenedFact::Ended { reason: needed(reason)? }])?])
            }
            (Some(view), _) => Err(Refusal::not_offered(&Self::card(view).state_words)),
            (None, StrengthenedAction::End { .. }) => Err(Refusal::not_offered(&words!("未加强", "not ordered"))),
        }
    }

    fn deadlines(_: &Self::View, _: &Settings) -> Vec<Deadline> {
        Vec::new()
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(match fact {
            StrengthenedFact::Ordered { times, reason, .. } => {
                let how = words!("{times} 倍", "{times} times as often");
                LineText {
                    subject: words!("加强巡视", "patrol strengthened"),
                    detail: listed([how, Words::same(reason.as_str())]),
                }
            }
            StrengthenedFact::Ended { reason } => LineText {
                subject: words!("加强巡视 提前结束", "strengthened patrol ended early"),
                detail: Words::same(reason.as_str()),
            },
        })
    }
}

/// The rounds that are walked besides the usual ones: those of [`further_starts`] that an order covers.
pub(crate) fn started_besides(
    site: &Site,
    route: &Route,
    day_starts: impl Fn(TimeOfDay) -> Timestamp,
) -> Vec<TimeOfDay> {
    let mut starts: Vec<TimeOfDay> = site
        .strengthened
        .values()
        .flat_map(|order| further_starts(route, order.times).into_iter().map(move |start| (order, start)))
        .filter(|(order, start)| order.covers(day_starts(*start)))
        .map(|(_, start)| start)
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Orders by their record, as a site holds them.
pub type Orders = std::collections::BTreeMap<RecordId, StrengthenedView>;
