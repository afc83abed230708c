//! Who is on duty at this moment: roster and records side by side, with the clock.
//!
//! Invariant: somebody whom the roster wants is watched though nobody has written to their record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::shifts_of;
use super::view::{AttendanceView, DutyPresence};
use crate::engine::Tone;
use crate::ids::RecordId;
use crate::site::{Site, Timers};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// How somebody stands at this moment (D1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DutyState {
    /// 未批准顶岗.
    Unrostered,
    /// 未到岗: past the time at which a cover is picked.
    Missing,
    /// 未签到: to be called.
    Overdue,
    /// 该签到了.
    Due,
    /// 离岗.
    Away,
    /// 在岗.
    OnDuty,
    /// 即将接班.
    Soon,
    /// 待班.
    Later,
    /// 已签退.
    Off,
    /// 整班未签到.
    NeverCame,
    /// Somebody has decided about it though they never signed in.
    Settled,
    /// 不计考勤: it was over before the book could say whose shift it was.
    NotCounted,
}

impl DutyState {
    fn words(self) -> Words {
        match self {
            Self::Unrostered => words!("未批准顶岗", "not rostered"),
            Self::Missing => words!("未到岗", "not there"),
            Self::Overdue => words!("未签到", "not signed in"),
            Self::Due => words!("该签到了", "due"),
            Self::Away => words!("离岗", "away"),
            Self::OnDuty => words!("在岗", "on duty"),
            Self::Soon => words!("即将接班", "about to come"),
            Self::Later => words!("待班", "later"),
            Self::Off => words!("已签退", "signed out"),
            Self::NeverCame => words!("未到,待核实", "did not come, to be verified"),
            Self::Settled => words!("已认定", "decided"),
            Self::NotCounted => words!("不计考勤", "not counted"),
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Unrostered | Self::Missing | Self::Overdue => Tone::Alert,
            Self::Due | Self::Away | Self::Soon | Self::NeverCame => Tone::Waiting,
            Self::OnDuty => Tone::Active,
            Self::Later | Self::NotCounted => Tone::Calm,
            Self::Off | Self::Settled => Tone::Done,
        }
    }
}

/// One shift as the desk sees it now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DutyNow {
    /// Its record, whether or not anybody has written to it.
    pub record: RecordId,
    /// How it stands.
    pub state: DutyState,
    /// The same as read.
    pub state_words: Words,
    /// How it looks.
    pub tone: Tone,
    /// What is to be verified.
    pub findings: Vec<Words>,
    /// Whether a person has to decide.
    pub to_verify: bool,
    /// All of it.
    pub view: AttendanceView,
}

/// The shifts of yesterday, today and tomorrow that are on, were over today, or can be signed in for; by urgency, then
/// start. `views` are the records that were begun.
#[must_use]
pub fn on_now(site: &Site, now: Timestamp, views: &BTreeMap<RecordId, AttendanceView>) -> Vec<DutyNow> {
    let zone = site.settings.zone;
    let today = now.day(zone);
    let (begins, ends) = (today.at(0, zone), today.at(24 * 60, zone));
    let soon = i64::from(site.settings.timers.shift_remind_min);
    let mut all: BTreeMap<RecordId, AttendanceView> =
        [today.before(), today, today.after()].into_iter().flat_map(|day| shifts_of(site, day)).collect();
    all.extend(views.iter().map(|(id, view)| (*id, view.clone())));
    let mut shown: Vec<DutyNow> = all
        .into_iter()
        .filter_map(|(record, view)| {
            let plan = view.plan.as_ref()?;
            let around = plan.to > begins && plan.from < ends;
            let next = plan.from.plus_minutes(-soon) <= now && plan.to > now;
            // A shift that was taken out of the roster and never begun is in nobody's plan any more.
            (around || next || view.unapproved_cover()).then(|| duty_at(record, view, now, &site.settings.timers))
        })
        .collect();
    shown.sort_by_key(|duty| (duty.state, duty.view.born, duty.record));
    shown
}

/// How one shift stands at `now`.
#[must_use]
pub fn duty_at(record: RecordId, view: AttendanceView, now: Timestamp, timers: &Timers) -> DutyNow {
    let state = state_of(&view, now, timers);
    DutyNow {
        record,
        state,
        state_words: state.words(),
        tone: state.tone(),
        findings: view.finding_words.clone(),
        to_verify: view.to_verify() || state == DutyState::NeverCame,
        view,
    }
}

fn state_of(view: &AttendanceView, now: Timestamp, timers: &Timers) -> DutyState {
    let Some(plan) = &view.plan else { return DutyState::Settled };
    let after = |minutes: u16| plan.from.plus_minutes(i64::from(minutes));
    match view.presence {
        _ if view.unapproved_cover() => DutyState::Unrostered,
        DutyPresence::OnDuty => DutyState::OnDuty,
        DutyPresence::Away => DutyState::Away,
        DutyPresence::Off => DutyState::Off,
        DutyPresence::Expected if !view.verdicts.is_empty() => DutyState::Settled,
        DutyPresence::Expected if !plan.timed && now >= plan.to => DutyState::NotCounted,
        DutyPresence::Expected if !plan.timed && now >= plan.from => DutyState::Due,
        DutyPresence::Expected if now >= plan.to => DutyState::NeverCame,
        DutyPresence::Expected if now >= after(timers.shift_cover_min) => DutyState::Missing,
        DutyPresence::Expected if now >= after(timers.shift_call_min) => DutyState::Overdue,
        DutyPresence::Expected if now >= plan.from => DutyState::Due,
        DutyPresence::Expected if now >= plan.from.plus_minutes(-i64::from(timers.shift_remind_min)) => DutyState::Soon,
        DutyPresence::Expected => DutyState::Later,
    }
}
