//! What the screens and the command line ask. All of it is read from the local book; nothing waits for the network.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use dutybook_domain::contact_record::{self, ContactRecord, Repeat};
use dutybook_domain::engine::{AnyKind, Deadline, HistoryFact, Kind, LedgerLine, Planned, Projection, days_around};
use dutybook_domain::escalation;
use dutybook_domain::follow_up::{self, FollowUpRow};
use dutybook_domain::kinds::{self, AnyView};
use dutybook_domain::month_seal::LineNumber;
use dutybook_domain::patrol_run::{self, PatrolRunView, RunStatus};
use dutybook_domain::record::RecordDoc;
use dutybook_domain::roster;
use dutybook_domain::site::Site;
use dutybook_domain::site::units::UnitHit;
use dutybook_domain::{Day, FactId, RecordId, Timestamp, Words, Zone, words};
use dutybook_log::{DocId, Frontier, VolumeId};
use dutybook_store::{Cursor, EntryRow, Identity, LedgerFilter, LedgerRow, Order, RecordFilter, RecordRow};
use serde_json::{Value, json};

use crate::asked::{LedgerAsked, RecordsAsked};
use crate::client::{Client, SiteNow};
use crate::error::Error;
use crate::shown::{
    AppState, DeviceShown, EscalationShown, HistoryShown, LedgerRef, LedgerShown, RecordOpened, RecordShown,
    RecordThen, RunNow,
};

pub(crate) const PATROL: &str = "patrol_run";
const ORDER: &str = "work_order";

impl Client {
    /// What every screen needs to know.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn app_state(&self) -> Result<AppState, Error> {
        let now = self.site_now();
        let settings = &now.site.settings;
        let Identity { label, prefix, .. } = self.identity().clone();
        Ok(AppState {
            device: Some(DeviceShown { label, prefix, role: self.role() }),
            site_name: settings.site_name.clone(),
            centre_name: settings.centre_name.clone(),
            person: self.signed_in(),
            now: self.now(),
            zone: settings.zone,
            shift: self.shift_now(&now.site),
            lines: settings.lines.0.clone(),
            complaint_topics: settings.complaint_topics.0.clone(),
        })
    }

    /// The shift of the person signed in that is on now; of nobody's, the site's.
    fn shift_now(&self, site: &Site) -> Option<String> {
        let now = self.now();
        let zone = site.settings.zone;
        let today = now.day(zone);
        let early = i64::from(site.settings.timers.shift_sign_in_min);
        let said =
            |name: &str, from: Timestamp, to: Timestamp| format!("{name} {}–{}", from.clock(zone), to.clock(zone));
        if let Some(who) = self.signer() {
            let shifts = [today.before(), today].into_iter().flat_map(|day| roster::assigned(site, day));
            let theirs = shifts.filter(|it| it.person.person == who.person);
            let around = theirs.filter(|it| it.from.plus_minutes(-early) <= now && now < it.to);
            return around.max_by_key(|it| it.from).map(|it| said(&it.shift_name, it.from, it.to));
        }
        site.shifts
            .values()
            .flat_map(|shift| {
                let at = |day: Day, time: u16| day.at(i64::from(time), zone);
                [today, today.before()].map(|day| (shift, at(day, shift.from.0), at(day, shift.to.0)))
            })
            .find(|(_, from, to)| (*from..*to).contains(&now))
            .map(|(shift, from, to)| said(&shift.name, from, to))
    }

    pub(crate) fn shift_of(&self, site: &Site, person: RecordId) -> Option<String> {
        let today = self.now().day(site.settings.zone);
        let mark = roster::mark_of(site, person, today)?;
        roster::shift_by_mark(site, mark).map(|(_, shift)| shift.name.clone())
    }

    pub(crate) fn open_orders_by_person(&self) -> Result<HashMap<RecordId, u32>, Error> {
        let mut count = HashMap::new();
        for row in self.rows(&RecordFilter { kind: Some(ORDER), open: Some(true), ..RecordFilter::default() })? {
            for person in row.card.responsible {
                *count.entry(person.person).or_default() += 1;
            }
        }
        Ok(count)
    }

    pub(crate) fn rows(&self, filter: &RecordFilter<'_>) -> Result<Vec<RecordRow>, Error> {
        Ok(self.inner.store.records(filter)?)
    }

    /// A list of records, each with its nearest clock and what the person signed in may do next.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn records(&self, asked: &RecordsAsked) -> Result<Vec<RecordShown>, Error> {
        let undelivered = self.undelivered_records()?;
        let now = self.site_now();
        let states: Vec<&str> = asked.states.iter().map(String::as_str).collect();
        let filter = RecordFilter {
            kind: asked.kind.as_deref(),
            open: asked.open,
            states: &states,
            responsible: self.signer().filter(|_| asked.mine).map(|who| who.person),
            text: asked.text.as_deref().filter(|text| !text.trim().is_empty()),
            order: if asked.open == Some(true) { Order::Urgency } else { Order::Touched },
            limit: or_default(asked.limit, 200),
            offset: asked.offset as usize,
            ..RecordFilter::default()
        };
        Ok(self.rows(&filter)?.into_iter().map(|row| self.shown(row, &now, &undelivered)).collect())
    }

    pub(crate) fn undelivered_records(&self) -> Result<HashSet<RecordId>, Error> {
        Ok(self.inner.store.undelivered_records(self.identity().server)?)
    }

    pub(crate) fn shown(&self, row: RecordRow, now: &SiteNow, undelivered: &HashSet<RecordId>) -> RecordShown {
        let kind = kinds::find(&row.kind);
        let deadlines = kind.map(|kind| kind.deadlines(&row.view, &now.site.settings)).unwrap_or_default();
        let offers = match (kind, self.signer()) {
            (Some(kind), Some(who)) => kind.offers(Some(&row.view), &who, &now.site),
            _ => Vec::new(),
        };
        RecordShown {
            id: row.id,
            deadline: deadlines.into_iter().min_by_key(|deadline| deadline.due),
            anomalies: row.anomalies.len() as u32,
            delivered: !undelivered.contains(&row.id),
            offers,
            kind: row.kind,
            card: row.card,
        }
    }

    /// One record opened. A planned run that nobody has started yet opens too.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn record(&self, id: RecordId) -> Result<RecordOpened, Error> {
        let now = self.site_now();
        let row = self.row(id)?;
        let undelivered = self.undelivered_records()?;
        let deadlines: Vec<Deadline> =
            kinds::find(&row.kind).map(|kind| kind.deadlines(&row.view, &now.site.settings)).unwrap_or_default();
        let view: Option<AnyView> = serde_json::from_value(json!({ "kind": row.kind, "view": row.view.clone() })).ok();
        let anomalies = row.anomalies.clone();
        let escalations = self.escalations(&row)?;
        let begun = self.inner.store.record(id)?.is_some();
        let may_escalate = begun && self.signer().is_some_and(|who| escalation::may_report(who.role));
        let shown = self.shown(row, &now, &undelivered);
        Ok(RecordOpened { shown, view, deadlines, anomalies, escalations, may_escalate })
    }

    /// A record's reports, with how they stand now.
    fn escalations(&self, row: &RecordRow) -> Result<Vec<EscalationShown>, Error> {
        let reports = escalation::stored(&row.view);
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let who = self.signer();
        let history = self.history(row.id)?;
        let shown = |report: escalation::Escalation| EscalationShown {
            lines: report.lines.iter().map(|line| line.at(&report, now)).collect(),
            delivered: history.iter().any(|line| line.fact.fact == report.fact && line.delivered),
            for_me: who.as_ref().is_some_and(|who| report.awaits(who.person)),
            may_phone: who.as_ref().is_some_and(|who| escalation::may_report(who.role)) && report.withdrawn.is_none(),
            report,
        };
        Ok(reports.into_iter().map(shown).collect())
    }

    /// A record as it is stored, or as it was planned when nobody has written to it.
    pub(crate) fn row(&self, id: RecordId) -> Result<RecordRow, Error> {
        match self.inner.store.record(id)? {
            Some(row) => Ok(row),
            None => self.planned_row(id, &self.site_now().site).ok_or_else(|| Error::Missing(id.to_string())),
        }
    }

    fn planned_row(&self, id: RecordId, site: &Site) -> Option<RecordRow> {
        let kind = kinds::ALL.iter().find(|kind| id.is_of_kind(kind.name()))?;
        let near = days_around(self.today()).into_iter().flat_map(|day| kind.planned(site, day));
        let planned = near
            .into_iter()
            .find(|planned| planned.record == id)
            .or_else(|| crate::duty::shift_long_ago(id, site, self.today()))?;
        self.untouched(*kind, planned)
    }

    /// A planned record as if it were stored.
    pub(crate) fn untouched(&self, kind: &dyn AnyKind, planned: Planned) -> Option<RecordRow> {
        Some(RecordRow {
            id: planned.record,
            kind: kind.name().into(),
            known: true,
            volume: DocId::from(planned.record.0).home(self.identity().site)?,
            touched: planned.card.born,
            card: planned.card,
            view: planned.view,
            anomalies: Vec::new(),
        })
    }

    /// The records of a kind around a day: those that were planned and those that somebody began, each once; what
    /// nobody has written to stands there as planned. By birth.
    pub(crate) fn around(&self, kind: &dyn AnyKind, days: &[Day]) -> Result<Vec<RecordRow>, Error> {
        let site = self.site_now();
        let zone = site.site.settings.zone;
        let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else { return Ok(Vec::new()) };
        let filter = RecordFilter {
            kind: Some(kind.name()),
            born_from: Some(first.at(0, zone)),
            born_to: Some(last.after().at(0, zone)),
            ..RecordFilter::default()
        };
        let mut rows = self.rows(&filter)?;
        for planned in days.iter().flat_map(|day| kind.planned(&site.site, *day)) {
            if rows.iter().any(|row| row.id == planned.record) {
                continue;
            }
            let stored = self.inner.store.record(planned.record)?;
            rows.extend(stored.or_else(|| self.untouched(kind, planned)));
        }
        rows.sort_by_key(|row| (row.card.born, row.id));
        Ok(rows)
    }

    /// The records of a kind on a day, planned ones that nobody has written to among them.
    ///
    /// # Errors
    /// [`Error::Missing`] when this program does not know the kind.
    pub fn on_day(&self, kind: &str, day: Day) -> Result<Vec<RecordShown>, Error> {
        let kind = kinds::find(kind).ok_or_else(|| Error::Missing(kind.into()))?;
        let now = self.site_now();
        let undelivered = self.undelivered_records()?;
        let rows = self.around(kind, &[day])?;
        Ok(rows.into_iter().map(|row| self.shown(row, &now, &undelivered)).collect())
    }

    /// How a patrol run stands now, or how it stood at another moment.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such run.
    pub fn run_now(&self, id: RecordId, at: Option<Timestamp>) -> Result<RunNow, Error> {
        let view = match at {
            Some(at) => self.record_at(id, at)?.view,
            None => self.record(id)?.view,
        };
        let now = at.unwrap_or_else(|| self.now());
        let Some(AnyView::PatrolRun(view)) = view else { return Err(Error::Missing(id.to_string())) };
        Ok(RunNow {
            state: patrol_run::run_state(&view, now),
            stops: view.stops.iter().map(|stop| patrol_run::stop_state(stop, now)).collect(),
            next: view.next_stop().map(|stop| stop.index),
        })
    }

    /// A record as it was at a moment: what had been written by then, and what that was written upon, though a clock
    /// that was ahead say otherwise.
    ///
    /// # Errors
    /// [`Error::Missing`] when nothing of it had been written yet.
    pub fn record_at(&self, id: RecordId, at: Timestamp) -> Result<RecordThen, Error> {
        let missing = || Error::Missing(id.to_string());
        let store = self.store();
        let now = store.doc(id)?.ok_or_else(missing)?;
        let written: HashMap<FactId, Timestamp> = now.facts.iter().map(|fact| (fact.id, fact.at)).collect();
        let by_then = |entry: &EntryRow| {
            let facts = entry.facts.iter().filter_map(|fact| written.get(fact)).max();
            facts.copied().unwrap_or(Timestamp(entry.recorded.wall_ms)) <= at
        };
        let entries = store.entries_of(id)?.into_iter().filter(by_then).map(|entry| entry.change).collect();
        let then = store.doc_of(id, &entries)?.ok_or_else(missing)?;
        let Projection { kind, card, view, anomalies, .. } = kinds::project(&then);
        let facts: Vec<FactId> = then.facts.iter().map(|fact| fact.id).collect();
        Ok(RecordThen {
            at,
            later: u32::try_from(now.facts.len().saturating_sub(facts.len())).unwrap_or(u32::MAX),
            view: serde_json::from_value(json!({ "kind": kind, "view": view })).ok(),
            card,
            anomalies,
            facts,
        })
    }

    pub(crate) fn run_views(&self) -> Result<BTreeMap<RecordId, PatrolRunView>, Error> {
        let from = self.now().plus_minutes(-3 * 24 * 60);
        let filter = RecordFilter { kind: Some(PATROL), born_from: Some(from), ..RecordFilter::default() };
        Ok(self
            .rows(&filter)?
            .into_iter()
            .filter_map(|row| Some((row.id, serde_json::from_value(row.view).ok()?)))
            .collect())
    }

    /// The patrol monitor: every run of today and those of yesterday that reach into it, started or not.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn monitor(&self) -> Result<Vec<RunStatus>, Error> {
        let now = self.site_now();
        Ok(patrol_run::monitor(&now.site, self.now(), &self.run_views()?))
    }

    /// 《回访记录表》 of these days, both included, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn follow_ups(&self, from: Day, to: Day) -> Result<Vec<FollowUpRow>, Error> {
        let zone = self.site_now().site.settings.zone;
        let (from, to) = (from.at(0, zone), to.after().at(0, zone));
        let mut rows = Vec::new();
        for kind in follow_up::KINDS {
            // Nobody is asked about what has not happened yet; what they are asked about may be long ago.
            let filter = RecordFilter { kind: Some(kind), born_to: Some(to), ..RecordFilter::default() };
            for row in self.rows(&filter)?.into_iter().filter(|row| row.touched >= from) {
                rows.extend(follow_up::rows(row.id, &row.kind, &row.view, from, to));
            }
        }
        rows.sort_by_key(|row| (row.stamp.at, row.stamp.fact));
        Ok(rows)
    }

    /// What waits to be followed up, by when.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn follow_ups_due(&self) -> Result<Vec<RecordShown>, Error> {
        let (now, undelivered) = (self.site_now(), self.undelivered_records()?);
        let mut due = Vec::new();
        for (kind, states) in follow_up::DUE {
            let filter = RecordFilter { kind: Some(kind), states, ..RecordFilter::default() };
            due.extend(self.rows(&filter)?.into_iter().map(|row| self.shown(row, &now, &undelivered)));
        }
        due.sort_by_key(|shown| (shown.deadline.as_ref().map(|clock| clock.due), shown.id));
        Ok(due)
    }

    /// Calls of the last days from the same unit or telephone: perhaps the same matter.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn repeats(&self, unit_label: &str, phone: &str) -> Result<Vec<Repeat>, Error> {
        let days = i64::from(self.site_now().site.settings.timers.repeat_days);
        let born_from = Some(self.now().plus_minutes(-days * 24 * 60));
        let filter = RecordFilter { kind: Some(ContactRecord::NAME), born_from, ..RecordFilter::default() };
        let found = self.rows(&filter)?.into_iter();
        let found = found.filter_map(|row| Some((row.id, row.card, serde_json::from_value(row.view).ok()?)));
        Ok(contact_record::repeats(found, unit_label, phone))
    }

    /// The ledger, newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn ledger(&self, asked: &LedgerAsked) -> Result<Vec<LedgerShown>, Error> {
        let zone = self.site_now().site.settings.zone;
        let filter = LedgerFilter {
            before: asked.before.as_deref().and_then(read_cursor),
            from: asked.day.map(|day| day.at(0, zone)).max(asked.from),
            to: asked.day.map(|day| day.at(24 * 60, zone)).into_iter().chain(asked.to).min(),
            record: asked.record,
            kind: asked.kind.as_deref(),
            person: asked.person,
            beyond: asked.beyond.as_ref(),
            text: asked.text.as_deref().filter(|text| !text.trim().is_empty()),
            limit: or_default(asked.limit, 100),
            ..LedgerFilter::default()
        };
        let rows = self.inner.store.ledger(&filter)?;
        self.ledger_shown(rows, zone)
    }

    /// Lines with their numbers, and with what they correct or are corrected by.
    fn ledger_shown(&self, rows: Vec<LedgerRow>, zone: Zone) -> Result<Vec<LedgerShown>, Error> {
        let mut records: Vec<RecordId> = rows.iter().map(|row| row.record).collect();
        records.sort_unstable();
        records.dedup();
        let pointing = self.inner.store.pointing_lines(&records)?;
        let targets: Vec<(RecordId, FactId)> =
            rows.iter().filter_map(|row| Some((row.record, row.line.about?))).collect();
        let targets = self.inner.store.ledger_lines(&targets)?;
        let said = rows.iter().map(|row| &row.line).chain(pointing.iter().map(|one| &one.line)).chain(&targets);
        let days: BTreeSet<Day> = said.map(|line| line.at.day(zone)).collect();
        let numbers = self.line_numbers(&days.into_iter().collect::<Vec<_>>())?;
        let place = |fact: &FactId| numbers.get(fact).copied().unwrap_or(LineNumber::Unsealed);
        let led_to = |line: &LedgerLine| LedgerRef {
            fact: line.fact,
            at: line.at,
            by: line.by.name.clone(),
            words: line.subject.clone().then(Words::same(" ")).then(line.detail.clone()),
            place: place(&line.fact),
        };
        let shown = |row: LedgerRow| LedgerShown {
            cursor: format!("{}/{}", row.cursor.at.0, row.cursor.fact),
            record: row.record,
            kind: row.kind,
            number: Some(row.number).filter(|number| !number.is_empty()),
            title: row.title,
            place: place(&row.line.fact),
            about: row.line.about.and_then(|of| targets.iter().find(|line| line.fact == of)).map(led_to),
            amended_by: pointing
                .iter()
                .filter(|one| one.record == row.record && one.line.about == Some(row.line.fact))
                .map(|one| led_to(&one.line))
                .collect(),
            line: row.line,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Every fact of a record: who, when, on which device, and whether it has reached the server.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn history(&self, id: RecordId) -> Result<Vec<HistoryShown>, Error> {
        let doc = self.inner.store.doc(id)?.ok_or_else(|| Error::Missing(id.to_string()))?;
        let facts = kinds::find(doc.kind()).map_or_else(|| unknown_history(&doc), |kind| kind.history(&doc));
        let entries = self.inner.store.entries_of(id)?;
        let server: BTreeMap<VolumeId, Frontier> =
            self.inner.store.peer_frontier(self.identity().server)?.into_iter().collect();
        Ok(facts
            .into_iter()
            .map(|fact| {
                let entry = entries.iter().find(|entry| entry.facts.contains(&fact.fact));
                HistoryShown {
                    device: entry.map(device_name).unwrap_or_default(),
                    entry: entry.map(|entry| entry.hash.to_string().chars().take(8).collect()).unwrap_or_default(),
                    seq: entry.map_or(0, |entry| entry.seq as u32),
                    delivered: entry.is_some_and(|entry| {
                        server.get(&entry.volume).is_some_and(|frontier| frontier.covers(&entry.writer, entry.seq))
                    }),
                    fact,
                }
            })
            .collect())
    }

    /// Units as people type them ("3-2-1502", "3d2dy1502", "三栋二单元").
    #[must_use]
    pub fn search_units(&self, typed: &str, most: usize) -> Vec<UnitHit> {
        self.site_now().units.search(typed, most)
    }
}

/// The facts of a record whose kind only a newer program knows: who, when, and what stands there.
fn unknown_history(doc: &RecordDoc) -> Vec<HistoryFact> {
    let facts = doc.facts.iter().map(|raw| {
        let word = &raw.kind;
        HistoryFact {
            fact: raw.id,
            kind: raw.kind.clone(),
            at: raw.at,
            by: raw.by.clone(),
            words: words!("未识别({word})", "unknown ({word})"),
            body: Value::Object(raw.body.clone()),
            amended: Vec::new(),
            voided: None,
            known: false,
        }
    });
    facts.collect()
}

/// "夜班平板 T1"; the key's first digits for a device the server does not know.
fn device_name(entry: &EntryRow) -> String {
    if entry.device_label.is_empty() {
        return entry.device.to_string().chars().take(8).collect();
    }
    format!("{} {}", entry.device_label, entry.device_prefix)
}

fn or_default(asked: u32, default: usize) -> usize {
    if asked == 0 { default } else { asked as usize }
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let (at, fact) = text.split_once('/')?;
    Some(Cursor { at: Timestamp(at.parse().ok()?), fact: fact.parse().ok()? })
}
