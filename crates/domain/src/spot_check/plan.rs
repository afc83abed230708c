//! A month's plan of spot checks: commitments first, each time when it has come.

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::draw::{MonthPart, Nonce, Urn};
use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Tone, Weight};
use crate::ids::{FactId, Home, RecordId};
use crate::record::{RawFact, Story};
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// The kind.
pub struct SpotPlan;

/// One check as it was committed to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Commitment {
    /// Which part of the month it was drawn from.
    pub part: MonthPart,
    /// SHA-256 of the nonce, hex.
    pub commitment: String,
}

/// Facts of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SpotPlanFact {
    /// Drawn by lot.
    Drawn {
        /// `YYYY-MM`.
        month: String,
        /// When the month begins at the site.
        begins: Timestamp,
        /// Which draw of this plan it is: part of what the nonces are made from.
        serial: u16,
        /// What the times are drawn from.
        urn: Urn,
        /// The checks.
        checks: Vec<Commitment>,
        /// Why it was drawn again.
        #[serde(default)]
        reason: String,
    },
    /// The time of a check had come, and the nonce shows that it was this one.
    Revealed {
        /// The draw.
        draw: FactId,
        /// Which of its checks, from 0.
        slot: u16,
        /// The nonce, hex.
        nonce: String,
        /// The check that was made.
        check: RecordId,
    },
}

/// What people can do with a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum SpotPlanAction {
    /// Draws the month's times.
    Draw,
    /// Draws them again: the device that drew them is lost.
    DrawAgain {
        /// Why.
        reason: String,
    },
}

/// One check of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SlotView {
    /// Which part of the month it was drawn from.
    pub part: MonthPart,
    /// That part in words.
    pub part_words: Words,
    /// SHA-256 of the nonce, hex.
    pub commitment: String,
    /// The nonce, once its time had come.
    pub nonce: Option<String>,
    /// The time that follows from it; nothing before.
    pub at: Option<Timestamp>,
    /// The check that was made.
    pub check: Option<RecordId>,
    /// Who revealed it, and when.
    pub revealed: Option<Stamp>,
}

/// One draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DrawView {
    /// Who drew, and when.
    pub stamp: Stamp,
    /// Which draw.
    pub serial: u16,
    /// What the times are drawn from.
    pub urn: Urn,
    /// Why it was drawn again.
    pub reason: String,
    /// The checks.
    pub slots: Vec<SlotView>,
}

/// A plan as its facts say. No future time stands in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SpotPlanView {
    /// `YYYY-MM`.
    pub month: String,
    /// When the month begins.
    pub born: Timestamp,
    /// The draws, in causal order; usually one.
    pub draws: Vec<DrawView>,
}

/// The plan of a day's month.
#[must_use]
pub fn plan_of(day: Day) -> RecordId {
    let home = Home { class: SpotPlan::CLASS, day: first_of(day), kind: SpotPlan::NAME };
    RecordId::derived(&home, &[&month_of(day)])
}

fn first_of(day: Day) -> Day {
    Day(day.0.with_day(1).unwrap_or(day.0))
}

fn month_of(day: Day) -> String {
    let (year, month) = day.month();
    format!("{year:04}-{month:02}")
}

fn part_words(part: MonthPart) -> Words {
    match part {
        MonthPart::Any => words!("任意时段", "any hour"),
        MonthPart::Night => words!("夜间", "at night"),
        MonthPart::Holiday => words!("节假日", "on a holiday"),
    }
}

/// The label under which a device makes the nonces of a draw.
pub(super) fn label(record: RecordId, serial: u16, slot: usize) -> String {
    format!("spot_check/{record}/{serial}/{slot}")
}

/// A check whose time has come, as the device that drew it knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SpotDue {
    /// The plan.
    pub plan: RecordId,
    /// The draw.
    pub draw: FactId,
    /// Which of its checks.
    pub slot: u16,
    /// Which part of the month it was drawn from, in words.
    pub part: Words,
    /// The time that was drawn.
    pub at: Timestamp,
}

/// The checks of a plan whose time has come and that nobody has made: only the device that drew them can tell.
pub fn due(plan: RecordId, view: &SpotPlanView, secret: &dyn Fn(&str) -> [u8; 32], now: Timestamp) -> Vec<SpotDue> {
    let of_draw = |draw: &DrawView| {
        let slots = draw.slots.iter().enumerate().filter(|(_, slot)| slot.nonce.is_none());
        slots
            .filter_map(|(index, slot)| {
                let nonce = Nonce(secret(&label(plan, draw.serial, index)));
                let at = nonce.time(slot.part, &draw.urn).filter(|_| nonce.commitment() == slot.commitment)?;
                (at <= now).then(|| SpotDue {
                    plan,
                    draw: draw.stamp.fact,
                    slot: u16::try_from(index).unwrap_or(u16::MAX),
                    part: slot.part_words.clone(),
                    at,
                })
            })
            .collect::<Vec<_>>()
    };
    let mut due: Vec<SpotDue> = view.draws.iter().flat_map(of_draw).collect();
    due.sort_by_key(|due| due.at);
    due
}

impl Kind for SpotPlan {
    const NAME: &'static str = "spot_plan";
    const CLASS: Class = Class::Personnel;
    type Fact = SpotPlanFact;
    type Action = SpotPlanAction;
    type View = SpotPlanView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        let mut view = SpotPlanView::default();
        let mut anomalies = Vec::new();
        for (raw, fact) in story.in_force() {
            if !raw.by.role.supervises() {
                let name = &raw.by.name;
                anomalies.push(Anomaly::of(
                    raw,
                    "no_role",
                    words!(
                        "抽查由客服主任安排,{name}写的这一项未生效。",
                        "Spot checks are the supervisor's; what {name} wrote is not in force."
                    ),
                ));
                continue;
            }
            match fact {
                SpotPlanFact::Drawn { month, begins, serial, urn, checks, reason } => {
                    view.month.clone_from(month);
                    view.born = *begins;
                    view.draws.push(DrawView {
                        stamp: raw.into(),
                        serial: *serial,
                        urn: urn.clone(),
                        reason: reason.clone(),
                        slots: checks
                            .iter()
                            .map(|check| SlotView {
                                part: check.part,
                                part_words: part_words(check.part),
                                commitment: check.commitment.clone(),
                                nonce: None,
                                at: None,
                                check: None,
                                revealed: None,
                            })
                            .collect(),
                    });
                }
                SpotPlanFact::Revealed { draw, slot, nonce, check } => {
                    if let Err(anomaly) = view.reveal(raw, *draw, *slot, nonce, *check) {
                        anomalies.push(anomaly);
                    }
                }
            }
        }
        let draws: Vec<FactId> = view.draws.iter().map(|draw| draw.stamp.fact).collect();
        if story.doc.latest_of(&draws).len() > 1 {
            anomalies.push(Anomaly {
                fact: draws.last().copied(),
                code: "drawn_twice".into(),
                words: words!(
                    "两处同时抽取了本月的抽查,两份都有效,各自按时揭示。",
                    "The month was drawn in two places at once; both draws stand."
                ),
            });
        }
        (view, anomalies)
    }

    fn card(view: &Self::View) -> Card {
        let month = &view.month;
        let slots = || view.draws.iter().flat_map(|draw| &draw.slots);
        let done = slots().filter(|slot| slot.check.is_some()).count();
        let all = slots().count();
        let (state, state_words, tone) = match (view.draws.is_empty(), done >= all) {
            (true, _) => ("undrawn", words!("未抽取", "not drawn"), Tone::Waiting),
            (false, false) => ("drawn", words!("已抽取 {done}/{all}", "drawn, {done} of {all} made"), Tone::Active),
            (false, true) => ("done", words!("本月已完成", "all made"), Tone::Done),
        };
        Card {
            number: None,
            title: words!("值班抽查 {month}", "spot checks {month}").zh,
            place: None,
            state: state.into(),
            state_words,
            tone,
            open: !view.draws.is_empty() && done < all,
            urgency: None,
            responsible: view.draws.last().map(|draw| (&draw.stamp.by).into()).into_iter().collect(),
            next: view.draws.is_empty().then(|| words!("抽取本月", "draw the month")),
            born: view.born,
        }
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        if !who.role.supervises() {
            return Vec::new();
        }
        match view {
            Some(view) if view.draws.is_empty() => {
                vec![Offer::new("draw", Weight::Primary, words!("抽取本月抽查", "draw this month's checks"))]
            }
            Some(_) => vec![Offer::new("draw_again", Weight::Grave, words!("重新抽取", "draw again"))],
            None => Vec::new(),
        }
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        if !cx.who.role.supervises() {
            return Err(Refusal::new(
                "no_role",
                words!("抽查由客服主任安排。", "Spot checks are the supervisor's to arrange."),
            ));
        }
        let none = SpotPlanView::default();
        let drawn = view.unwrap_or(&none);
        let reason = match (&action, drawn.draws.is_empty()) {
            (SpotPlanAction::Draw, true) => String::new(),
            (SpotPlanAction::DrawAgain { reason }, false) if !reason.trim().is_empty() => reason.trim().into(),
            (SpotPlanAction::DrawAgain { .. }, false) => return Err(Refusal::missing(&words!("原因", "a reason"))),
            _ => return Err(Refusal::not_offered(&Self::card(drawn).state_words)),
        };
        let today = cx.today();
        if cx.record != plan_of(today) {
            return Err(Refusal::new(
                "other_month",
                words!("只能抽取本月的抽查。", "Only this month's checks can be drawn."),
            ));
        }
        let urn = urn(today, &cx.site.settings);
        let serial = u16::try_from(drawn.draws.len()).unwrap_or(u16::MAX);
        let record = cx.record;
        let checks: Vec<Commitment> = parts(&cx.site.settings, &urn)
            .into_iter()
            .enumerate()
            .map(|(slot, part)| Commitment {
                part,
                commitment: Nonce(cx.names.secret(&label(record, serial, slot))).commitment(),
            })
            .collect();
        if checks.is_empty() || urn.days.is_empty() {
            return Err(Refusal::new(
                "nothing_to_draw",
                words!("本月没有可抽的日子了,下月再抽。", "No day of this month is left; draw next month."),
            ));
        }
        let begins = first_of(today).at(0, cx.site.settings.zone);
        let month = month_of(today);
        let fact = SpotPlanFact::Drawn { month, begins, serial, urn, checks, reason };
        let mut step = cx.step::<Self>(&[fact])?;
        if view.is_none() {
            step = step.born_with(cx.birth::<Self>(None));
        }
        Ok(vec![step])
    }

    fn deadlines(_: &Self::View, _: &Settings) -> Vec<Deadline> {
        Vec::new()
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(match fact {
            SpotPlanFact::Drawn { checks, reason, .. } => {
                let count = checks.len();
                LineText {
                    subject: words!("抽查 抽取", "spot checks: drawn"),
                    detail: words!("{count} 次,时间到时揭示 {reason}", "{count}, revealed when due {reason}"),
                }
            }
            SpotPlanFact::Revealed { slot, nonce, .. } => {
                let number = slot + 1;
                LineText {
                    subject: words!("抽查 揭示", "spot checks: revealed"),
                    detail: words!("第 {number} 次,随机数 {nonce}", "no. {number}, nonce {nonce}"),
                }
            }
        })
    }

    fn planned(site: &Site, day: Day) -> Vec<(RecordId, Self::View)> {
        let born = first_of(day).at(0, site.settings.zone);
        vec![(plan_of(day), SpotPlanView { month: month_of(day), born, draws: Vec::new() })]
    }
}

/// The days from tomorrow to the month's end.
fn urn(today: Day, settings: &Settings) -> Urn {
    let checks = &settings.spot_checks;
    let days: Vec<Day> = std::iter::successors(Some(today.after()), |day| Some(day.after()))
        .take_while(|day| day.month() == today.month())
        .collect();
    let free = |day: &Day| day.0.weekday().number_from_monday() > 5 || checks.holidays.contains(day);
    Urn {
        holidays: days.iter().copied().filter(free).collect(),
        days,
        night_from_min: checks.night_from.0,
        night_to_min: checks.night_to.0,
        zone: settings.zone,
    }
}

/// The parts of the month that checks are drawn from: nights and holidays first, as many as the site wants; a month
/// without a holiday left gives that one to any day.
fn parts(settings: &Settings, urn: &Urn) -> Vec<MonthPart> {
    let checks = &settings.spot_checks;
    let holidays = if urn.holidays.is_empty() { 0 } else { checks.on_holidays };
    let fixed = std::iter::repeat_n(MonthPart::Night, usize::from(checks.at_night))
        .chain(std::iter::repeat_n(MonthPart::Holiday, usize::from(holidays)));
    let mut parts: Vec<MonthPart> = fixed.collect();
    parts.resize(parts.len().max(usize::from(checks.per_month)), MonthPart::Any);
    parts
}

impl SpotPlanView {
    fn reveal(&mut self, raw: &RawFact, draw: FactId, slot: u16, nonce: &str, check: RecordId) -> Result<(), Anomaly> {
        let wrong = || {
            Anomaly::of(
                raw,
                "not_as_drawn",
                words!(
                    "揭示的随机数与抽取时的承诺不符,请核实。",
                    "What was revealed does not fit what was committed to; please check."
                ),
            )
        };
        let draw = self.draws.iter_mut().find(|one| one.stamp.fact == draw).ok_or_else(wrong)?;
        let urn = draw.urn.clone();
        let found = draw.slots.get_mut(usize::from(slot)).ok_or_else(wrong)?;
        let read = Nonce::read(nonce).filter(|nonce| nonce.commitment() == found.commitment).ok_or_else(wrong)?;
        let at = read.time(found.part, &urn).ok_or_else(wrong)?;
        if found.nonce.is_some() {
            return Ok(());
        }
        found.nonce = Some(nonce.into());
        found.at = Some(at);
        found.check = Some(check);
        found.revealed = Some(raw.into());
        Ok(())
    }
}
