//! What rings: missed checkpoints, clocks that ran out, reports that call somebody. Computed from the local book at any
//! moment, so that it rings at the desk though the tablet be dead (A8 h).

use std::collections::HashSet;

use dutybook_domain::attendance::{Attendance, AttendanceView, DutyPresence};
use dutybook_domain::device::AppRole;
use dutybook_domain::engine::{Deadline, Kind, days_around};
use dutybook_domain::role::Role;
use dutybook_domain::{RecordId, Timestamp};
use dutybook_domain::{escalation, kinds, words};
use dutybook_store::{LedgerFilter, RecordFilter, RecordRow};
use serde_json::json;

use crate::client::{Client, Target};
use crate::error::Error;
use crate::queries::PATROL;
use crate::shown::{Alarm, AlarmWhat};

const TEST: &str = "reach_test";

impl Client {
    /// Everything that rings, the latest first; what somebody has seen comes last.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn alarms(&self) -> Result<Vec<Alarm>, Error> {
        let site = self.site_now();
        let undelivered = self.undelivered_records()?;
        let mut alarms = self.of_rounds()?;
        for row in self.open_and_owed()? {
            self.calls_of(&row, &undelivered, &mut alarms);
            alarms.extend(self.silence(&row)?);
            // A round's missed checkpoints have rung already.
            let Some(kind) = kinds::find(&row.kind).filter(|kind| kind.name() != PATROL) else { continue };
            for deadline in kind.deadlines(&row.view, &site.site.settings) {
                alarms.extend(self.ringing(&row, &deadline, !undelivered.contains(&row.id)));
            }
        }
        alarms.extend(self.spot_alarms()?);
        let mut seen = self.inner.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.retain(|id| alarms.iter().any(|alarm| alarm.id == *id));
        for alarm in &mut alarms {
            alarm.seen = seen.contains(&alarm.id);
        }
        let rank = |alarm: &Alarm| match alarm.what {
            AlarmWhat::Sos => 0,
            AlarmWhat::Called => 1,
            AlarmWhat::Missed | AlarmWhat::Overdue => 2,
            AlarmWhat::Soon | AlarmWhat::Here => 3,
        };
        alarms.sort_by_key(|alarm| (alarm.seen, rank(alarm), std::cmp::Reverse(alarm.since)));
        Ok(alarms)
    }

    /// Missed checkpoints, for the desk; and for whoever walks a round, that the window of their next point closes soon
    /// (`patrol_nudge_min`, D1.1.5).
    fn of_rounds(&self) -> Result<Vec<Alarm>, Error> {
        let mut alarms = Vec::new();
        let (now, site, who) = (self.now(), self.site_now(), self.signer());
        let nudge = i64::from(site.site.settings.timers.patrol_nudge_min);
        for run in self.monitor()? {
            let walks = who.as_ref().is_some_and(|who| run.walkers.iter().any(|one| one.person == who.person));
            let next = run.next.as_ref().filter(|next| walks && (next.opens..next.closes).contains(&now));
            if let Some(next) = next.filter(|next| next.closes.plus_minutes(-nudge) <= now) {
                let (route, name, by) = (&run.route_name, &next.name, next.closes.clock(site.site.settings.zone));
                alarms.push(Alarm {
                    id: format!("{}/{}/soon", run.record, next.stop),
                    record: run.record,
                    kind: PATROL.into(),
                    words: words!("{name} {by} 前到 · {route}", "{name} before {by} · {route}"),
                    at_once: true,
                    delivered: true,
                    since: next.opens.max(next.closes.plus_minutes(-nudge)),
                    seen: false,
                    what: AlarmWhat::Soon,
                    report: None,
                    for_me: true,
                });
            }
            for missed in &run.alarms {
                let (route, name) = (&run.route_name, &missed.name);
                alarms.push(Alarm {
                    id: format!("{}/{}", run.record, missed.stop),
                    record: run.record,
                    kind: PATROL.into(),
                    words: words!("漏巡:{route} · {name}", "missed checkpoint: {route} · {name}"),
                    at_once: false,
                    delivered: true,
                    since: missed.since,
                    seen: false,
                    what: AlarmWhat::Missed,
                    report: None,
                    for_me: false,
                });
            }
        }
        Ok(alarms)
    }

    /// What somebody still has to do something about, and what is owed whether or not anybody has begun it.
    fn open_and_owed(&self) -> Result<Vec<RecordRow>, Error> {
        let site = self.site_now();
        let mut open = self.rows(&RecordFilter { open: Some(true), ..RecordFilter::default() })?;
        // What is owed on several days, such as a month's roster, is owed once.
        let mut owed: HashSet<RecordId> = open.iter().map(|row| row.id).collect();
        for kind in kinds::ALL {
            for planned in days_around(self.today()).into_iter().flat_map(|day| kind.planned(&site.site, day)) {
                if owed.insert(planned.record) && self.inner.store.record(planned.record)?.is_none() {
                    open.extend(self.untouched(*kind, planned));
                }
            }
        }
        Ok(open)
    }

    fn ringing(&self, row: &RecordRow, deadline: &Deadline, delivered: bool) -> Option<Alarm> {
        let mine = self.signer().is_some_and(|who| row.card.responsible.iter().any(|one| one.person == who.person));
        // A test of reachability calls who is tested at once; the desk only when it was not answered.
        let tested = row.kind == TEST && deadline.code == "answer" && mine;
        if !deadline.rings || !(deadline.due <= self.now() || tested) {
            return None;
        }
        // What is due the moment it happens is not late, it is for now.
        let at_once = deadline.due == deadline.since;
        let title = &row.card.title;
        let (zh, en) = (&deadline.words.zh, &deadline.words.en);
        let (what, words) = if deadline.code == "sos" {
            let place = row.card.place.as_deref().unwrap_or_default();
            let by = row.view["found"]["by"]["name"].as_str().unwrap_or_default();
            (AlarmWhat::Sos, words!("SOS:{place} · {by}", "SOS: {place} · {by}"))
        } else if tested {
            (AlarmWhat::Called, words!("通联测试,请应答。", "Reachability test: please answer."))
        } else if at_once {
            (AlarmWhat::Overdue, words!("{zh}:{title}", "{en}: {title}"))
        } else {
            (AlarmWhat::Overdue, words!("超时:{title} · {zh}", "overdue: {title} · {en}"))
        };
        Some(Alarm {
            id: format!("{}/{}", row.id, deadline.code),
            record: row.id,
            kind: row.kind.clone(),
            words,
            at_once,
            delivered,
            since: if tested { deadline.since } else { deadline.due },
            seen: false,
            what,
            report: None,
            for_me: tested,
        })
    }

    /// Whether the person signed in, on this shift of theirs, is asked whether they are there: nothing was written by
    /// them for `silence_min` (D2.7.1). A scan, a call taken down, a step of an order count as much as the answer.
    fn silence(&self, row: &RecordRow) -> Result<Option<Alarm>, Error> {
        if row.kind != Attendance::NAME {
            return Ok(None);
        }
        let minutes = i64::from(self.site_now().site.settings.timers.silence_min);
        let Some(who) = self.signer().filter(|who| minutes > 0 && matches!(who.role, Role::DutyOfficer | Role::Guard))
        else {
            return Ok(None);
        };
        let shift: Option<AttendanceView> = serde_json::from_value(row.view.clone()).ok();
        let Some(shift) = shift.filter(|it| it.is_of(who.person) && it.presence == DutyPresence::OnDuty) else {
            return Ok(None);
        };
        let now = self.now();
        let silent_since = now.plus_minutes(-minutes);
        let over = shift.plan.as_ref().is_none_or(|plan| now >= plan.to);
        let Some(last) = shift.last_here().filter(|last| *last <= silent_since && !over) else { return Ok(None) };
        let lately = LedgerFilter {
            from: Some(Timestamp(silent_since.0 + 1)),
            person: Some(who.person),
            limit: 1,
            ..LedgerFilter::default()
        };
        if !self.inner.store.ledger(&lately)?.is_empty() {
            return Ok(None);
        }
        Ok(Some(Alarm {
            id: format!("{}/here/{}", row.id, last.0),
            record: row.id,
            kind: row.kind.clone(),
            words: words!(
                "{minutes} 分钟没有操作,请确认在岗。",
                "Nothing for {minutes} min: please confirm that you are here."
            ),
            at_once: false,
            delivered: true,
            since: last.plus_minutes(minutes),
            seen: false,
            what: AlarmWhat::Here,
            report: None,
            for_me: true,
        }))
    }

    /// What rings for people of a record's reports: on the devices of those who are called now, and at the desk.
    fn calls_of(&self, row: &RecordRow, undelivered: &HashSet<RecordId>, alarms: &mut Vec<Alarm>) {
        let now = self.now();
        let who = self.signer().map(|who| who.person);
        for report in escalation::stored(&row.view).into_iter().filter(escalation::Escalation::waiting) {
            let called = report.called_now(now);
            let for_me = who.is_some_and(|who| called.iter().any(|one| one.person.person == who));
            if !for_me && self.role() == AppRole::Tablet {
                continue;
            }
            let title = &row.card.title;
            let level = report.level.words();
            let (zh, en) = (&level.zh, &level.en);
            let names = called.iter().map(|one| one.person.name.as_str()).collect::<Vec<_>>().join("、");
            let said = if report.words.is_empty() { title } else { &report.words };
            let by = &report.by.name;
            let words = if for_me {
                words!("{zh}上报,请您确认:{said}({by})", "{en} report for you to acknowledge: {said} ({by})")
            } else {
                words!(
                    "{zh}上报待确认:{said} · 正呼叫{names}",
                    "{en} report not acknowledged: {said} · calling {names}"
                )
            };
            alarms.push(Alarm {
                // A new round rings anew, also where the last one was quieted.
                id: format!("{}/{}/{}", row.id, report.fact, report.round(now)),
                record: row.id,
                kind: row.kind.clone(),
                words,
                at_once: true,
                delivered: !undelivered.contains(&row.id),
                since: report.at,
                seen: false,
                what: AlarmWhat::Called,
                report: Some(report.fact),
                for_me,
            });
        }
    }

    /// Notes for whoever is signed in that the reports which call them were shown to them here (已送达), each once.
    /// `true` when there was one.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn receive_calls(&self) -> Result<bool, Error> {
        let Some(who) = self.signer() else { return Ok(false) };
        let open = self.rows(&RecordFilter { open: Some(true), ..RecordFilter::default() })?;
        let mut received = Vec::new();
        for row in open {
            for report in escalation::stored(&row.view) {
                let mut mine = report.lines.iter().flat_map(|line| &line.people);
                if report.waiting() && mine.any(|one| one.person.person == who.person && one.received.is_none()) {
                    let target = Target { kind: row.kind.clone(), record: Some(row.id) };
                    received.push((target, json!({ "do": "receive_escalation", "of": report.fact })));
                }
            }
        }
        if received.is_empty() {
            return Ok(false);
        }
        self.act_all(received)?;
        Ok(true)
    }

    /// Quiets one alarm on this device; it stays on the screen until it is dealt with.
    pub fn alarm_seen(&self, id: &str) {
        self.inner.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(id.into());
    }
}
