//! Questions about who is on duty: rosters, attendance, leave. Plan and records are put side by side here; what they
//! amount to is the domain's.

use std::collections::BTreeMap;

use dutybook_domain::absence::{Absence, AbsenceView};
use dutybook_domain::attendance::plan::planned_lately;
use dutybook_domain::attendance::{
    Attendance, AttendanceView, AwayState, DutyNow, DutyState, MonthSheet, month_sheet, on_now, shifts_of,
};
use dutybook_domain::engine::{Kind, Offer, Planned};
use dutybook_domain::role::Role;
use dutybook_domain::roster::{
    Assigned, CalendarMonth, RosterCheck, RosterSheet, RosterView, assigned, checks, record_of,
};
use dutybook_domain::site::{Person, Site};
use dutybook_domain::{Day, RecordId, TimeOfDay, Timestamp, Words, words};
use dutybook_store::RecordFilter;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::shown::RecordShown;

/// How many days of one's own shifts are shown ahead.
const AHEAD_DAYS: usize = 14;
/// Over how many days back something still to be verified is listed.
const BACK_DAYS: i64 = 62;

/// Somebody who can stand on a roster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterPerson {
    /// Who.
    pub person: RecordId,
    /// Their name.
    pub name: String,
    /// 部门.
    pub team: String,
    /// Their usual role.
    pub role_words: Words,
}

/// A shift as the grid explains it (班次说明).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ShiftMark {
    /// The shift.
    pub shift: RecordId,
    /// Its name.
    pub name: String,
    /// Its mark.
    pub mark: String,
    /// Begins.
    pub from: TimeOfDay,
    /// Ends.
    pub to: TimeOfDay,
}

/// A month's roster with everything the page needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterMonth {
    /// Its record.
    pub record: RecordId,
    /// The roster.
    pub view: RosterView,
    /// How it stands, as read.
    pub state_words: Words,
    /// Everybody of the site, in the order of the grid: desk first.
    pub people: Vec<RosterPerson>,
    /// 班次说明.
    pub shifts: Vec<ShiftMark>,
    /// The month's days.
    pub days: Vec<Day>,
    /// What is open in the draft.
    pub checks: Vec<RosterCheck>,
    /// What the person signed in may do.
    pub offers: Vec<Offer>,
}

/// A shift on the board with what may be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DutyShown {
    /// How it stands.
    pub duty: DutyNow,
    /// What the person signed in may do.
    pub offers: Vec<Offer>,
}

/// Today's board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DutyBoard {
    /// Shifts around now, by urgency.
    pub now: Vec<DutyShown>,
    /// Shifts of the last two months on which a person still has to decide, newest first.
    pub to_decide: Vec<DutyShown>,
    /// Next month's roster is not published yet: how it stands, in words.
    pub roster_reminder: Option<Words>,
}

/// One of one's own next shifts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct NextShift {
    /// Its record.
    pub record: RecordId,
    /// The day.
    pub day: Day,
    /// 班次.
    pub shift_name: String,
    /// Its mark.
    pub mark: String,
    /// Begins.
    pub from: Timestamp,
    /// Ends.
    pub to: Timestamp,
}

/// What the person signed in has to do with the roster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MyDuty {
    /// One's shift that is on, or can be signed in for.
    pub shift: Option<DutyShown>,
    /// One's next shifts.
    pub next: Vec<NextShift>,
    /// Somebody asks to be covered at their post, now.
    pub posts_to_cover: Vec<DutyShown>,
    /// One's applications, and those that name oneself as cover or wait for one's decision; those that wait first.
    pub absences: Vec<RecordShown>,
    /// Rosters one has not confirmed having read.
    pub unread: Vec<RosterMonth>,
}

/// A shift of the last two months to which nobody has written: it opens like any other, to be decided on.
pub(crate) fn shift_long_ago(id: RecordId, site: &Site, today: Day) -> Option<Planned> {
    let view = id.is_of_kind(Attendance::NAME).then(|| planned_lately(site, id, today)).flatten()?;
    let card = Attendance::card(&view);
    Some(Planned { record: id, card, view: serde_json::to_value(&view).ok()? })
}

impl Client {
    /// The shifts of a month by the version in force, everybody's or one person's, and which version that is.
    #[must_use]
    pub fn shifts_of(&self, month: CalendarMonth, person: Option<RecordId>) -> (u16, Vec<Assigned>) {
        let now = self.site_now();
        let version = now.site.sheets.get(&month).map_or(0, |sheet| sheet.version);
        let all = month.days().flat_map(|day| assigned(&now.site, day));
        (version, all.filter(|it| person.is_none_or(|person| it.person.person == person)).collect())
    }

    /// A month's roster.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn roster(&self, month: CalendarMonth) -> Result<RosterMonth, Error> {
        let now = self.site_now();
        let site = &now.site;
        let view = site.sheets.get(&month).cloned().unwrap_or_else(|| RosterView::untouched(site, month));
        // Teams that keep the desk come first, and everybody stands with their team.
        let keeps_the_desk = |team: &str| {
            let theirs = |person: &&Person| person.team == team;
            site.people.values().filter(theirs).any(|person| person.roles.first() == Some(&Role::DutyOfficer))
        };
        let mut people: Vec<(bool, Role, RosterPerson)> = site
            .people
            .iter()
            .filter_map(|(id, person)| {
                let role = *person.roles.first()?;
                let (name, team) = (person.name.clone(), person.team.clone());
                let shown = RosterPerson { person: *id, name, team, role_words: role.words() };
                Some((!keeps_the_desk(&person.team), role, shown))
            })
            .collect();
        people.sort_by(|a, b| (a.0, &a.2.team, a.1, &a.2.name).cmp(&(b.0, &b.2.team, b.1, &b.2.name)));
        let mut shifts: Vec<ShiftMark> = site
            .shifts
            .iter()
            .map(|(id, shift)| ShiftMark {
                shift: *id,
                name: shift.name.clone(),
                mark: shift.mark.clone(),
                from: shift.from,
                to: shift.to,
            })
            .collect();
        shifts.sort_by(|a, b| (a.from, a.to, &a.name).cmp(&(b.from, b.to, &b.name)));
        let offers = self.signer().map(|who| RosterSheet::offers(Some(&view), &who, site)).unwrap_or_default();
        Ok(RosterMonth {
            record: record_of(month),
            state_words: RosterSheet::card(&view).state_words,
            people: people.into_iter().map(|(_, _, person)| person).collect(),
            shifts,
            days: month.days().collect(),
            checks: checks(site, month, &view.draft()),
            offers,
            view,
        })
    }

    /// Attendance records that were begun, from some days back on.
    fn begun(&self, from: Timestamp) -> Result<BTreeMap<RecordId, AttendanceView>, Error> {
        let filter = RecordFilter { kind: Some(Attendance::NAME), born_from: Some(from), ..RecordFilter::default() };
        let rows = self.inner.store.records(&filter)?;
        Ok(rows.into_iter().filter_map(|row| Some((row.id, read(row.view)?))).collect())
    }

    fn offered(&self, site: &Site, duty: DutyNow) -> DutyShown {
        let offers = self.signer().map(|who| Attendance::offers(Some(&duty.view), &who, site)).unwrap_or_default();
        DutyShown { duty, offers }
    }

    /// Who is on duty, late, missing or away now, and what is to be decided (D1.1.1, D1.2.2).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn duty_board(&self) -> Result<DutyBoard, Error> {
        let site = self.site_now();
        let (site, now) = (&site.site, self.now());
        let begun = self.begun(now.plus_minutes(-BACK_DAYS * 24 * 60))?;
        let board = on_now(site, now, &begun);
        let mut to_decide: Vec<DutyNow> = Vec::new();
        let today = self.today();
        // Nobody wrote to a shift on which nobody came; so it is looked for in the roster.
        let mut day = today;
        let mut untouched: BTreeMap<RecordId, AttendanceView> = BTreeMap::new();
        for _ in 0..BACK_DAYS {
            untouched.extend(shifts_of(site, day).into_iter().filter(|(id, _)| !begun.contains_key(id)));
            day = day.before();
        }
        for (record, view) in untouched.into_iter().chain(begun.iter().map(|(id, view)| (*id, view.clone()))) {
            let duty = dutybook_domain::attendance::duty_at(record, view, now, &site.settings.timers);
            if duty.to_verify {
                to_decide.push(duty);
            }
        }
        to_decide.sort_by_key(|duty| (std::cmp::Reverse(duty.view.born), duty.record));
        Ok(DutyBoard {
            now: board.into_iter().map(|duty| self.offered(site, duty)).collect(),
            to_decide: to_decide.into_iter().map(|duty| self.offered(site, duty)).collect(),
            roster_reminder: self.roster_reminder(site),
        })
    }

    /// 7, 3 and 1 days before the month ends, and from then on until it is published (D2.4.2).
    fn roster_reminder(&self, site: &Site) -> Option<Words> {
        let today = self.today();
        let next = CalendarMonth::of(today).next();
        let view = site.sheets.get(&next).cloned().unwrap_or_else(|| RosterView::untouched(site, next));
        if view.published() || site.people.is_empty() {
            return None;
        }
        let timers = &site.settings.timers;
        let left = (next.first().0 - today.0).num_days() - 1;
        let reached =
            [timers.roster_remind_first_days, timers.roster_remind_second_days, timers.roster_remind_last_days]
                .into_iter()
                .filter(|days| left <= i64::from(*days))
                .min()?;
        let urgent = reached <= timers.roster_remind_last_days;
        Some(if left <= 0 {
            words!("{next} 排班表今天必须发布", "The roster of {next} has to be published today")
        } else if urgent {
            words!(
                "{next} 排班表还未发布,明天是最后一天",
                "The roster of {next} is not published; tomorrow is the last day"
            )
        } else {
            words!(
                "{next} 排班表还未发布,还有 {left} 天",
                "The roster of {next} is not published; {left} days are left"
            )
        })
    }

    /// 《考勤表》 of a month.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn month_sheet(&self, month: CalendarMonth) -> Result<MonthSheet, Error> {
        let site = self.site_now();
        let zone = site.site.settings.zone;
        let begun = self.begun(month.first().at(0, zone))?;
        Ok(month_sheet(&site.site, month, self.now(), &begun))
    }

    /// What the person signed in has to do with the roster; nothing while nobody is.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn my_duty(&self) -> Result<MyDuty, Error> {
        let now = self.now();
        let site = self.site_now();
        let site = &site.site;
        let nothing = || MyDuty {
            shift: None,
            next: Vec::new(),
            posts_to_cover: Vec::new(),
            absences: Vec::new(),
            unread: Vec::new(),
        };
        let Some(who) = self.signer() else { return Ok(nothing()) };
        let begun = self.begun(now.plus_minutes(-3 * 24 * 60))?;
        let board = on_now(site, now, &begun);
        let opens = |duty: &DutyNow| {
            let plan = duty.view.plan.as_ref();
            plan.is_some_and(|plan| plan.from.plus_minutes(-i64::from(site.settings.timers.shift_sign_in_min)) <= now)
        };
        let present =
            |duty: &&DutyNow| matches!(duty.state, DutyState::OnDuty | DutyState::Away | DutyState::Unrostered);
        let mine: Vec<&DutyNow> = board.iter().filter(|duty| duty.view.is_of(who.person)).collect();
        let waiting = |duty: &&DutyNow| {
            let over = duty.view.plan.as_ref().is_none_or(|plan| plan.to <= now);
            duty.view.signed_in.is_none() && opens(duty) && !over && duty.state != DutyState::Settled
        };
        let shift = mine.iter().copied().find(present).or_else(|| mine.iter().copied().find(waiting));
        let asked = |duty: &&DutyNow| {
            let away = duty.view.away_now();
            away.is_some_and(|away| away.state == AwayState::Asked && away.said.cover.person == who.person)
        };
        let posts_to_cover = board.iter().filter(asked).map(|duty| self.offered(site, duty.clone())).collect();
        let mut next = Vec::new();
        let mut day = self.today();
        for _ in 0..AHEAD_DAYS {
            next.extend(assigned(site, day).into_iter().filter(|it| it.person.person == who.person).map(|it| {
                NextShift {
                    record: dutybook_domain::attendance::record_of(it.person.person, it.day, &it.mark),
                    day: it.day,
                    shift_name: it.shift_name,
                    mark: it.mark,
                    from: it.from,
                    to: it.to,
                }
            }));
            day = day.after();
        }
        next.retain(|it| it.to > now);
        Ok(MyDuty {
            shift: shift.map(|duty| self.offered(site, duty.clone())),
            next,
            posts_to_cover,
            absences: self.my_absences(who.person)?,
            unread: self.unread_rosters(who.person)?,
        })
    }

    fn my_absences(&self, person: RecordId) -> Result<Vec<RecordShown>, Error> {
        let asked = crate::RecordsAsked { kind: Some(Absence::NAME.into()), limit: 100, ..Default::default() };
        let shown = self.records(&asked)?;
        let mut mine = Vec::new();
        for row in shown {
            let concerns = !row.offers.is_empty() || {
                let stored = self.inner.store.record(row.id)?;
                stored.and_then(|row| read::<AbsenceView>(row.view)).is_some_and(|view| view.concerns(person))
            };
            if concerns {
                mine.push(row);
            }
        }
        mine.sort_by_key(|row| (row.offers.is_empty(), !row.card.open, std::cmp::Reverse(row.card.born)));
        Ok(mine)
    }

    fn unread_rosters(&self, person: RecordId) -> Result<Vec<RosterMonth>, Error> {
        let this = CalendarMonth::of(self.today());
        let site = self.site_now();
        [this, this.next()]
            .into_iter()
            .filter(|month| site.site.sheets.get(month).is_some_and(|view| view.unread_by(person)))
            .map(|month| self.roster(month))
            .collect()
    }
}

fn read<V: serde::de::DeserializeOwned>(view: Value) -> Option<V> {
    serde_json::from_value(view).ok()
}
