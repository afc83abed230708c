//! What the screens and the command line ask. All of it is read from the local book; nothing waits for the network.

use std::collections::{BTreeMap, HashMap, HashSet};

use dutybook_domain::engine::{AnyKind, Deadline, HistoryFact, Planned, days_around};
use dutybook_domain::kinds::{self, AnyView};
use dutybook_domain::patrol_run::{self, PatrolRunView, RunStatus};
use dutybook_domain::record::RecordDoc;
use dutybook_domain::site::Site;
use dutybook_domain::site::units::UnitHit;
use dutybook_domain::{Day, RecordId, Timestamp, words};
use dutybook_log::{DocId, Frontier, VolumeId};
use dutybook_store::{Cursor, EntryRow, Identity, LedgerFilter, Order, RecordFilter, RecordRow};
use serde_json::{Value, json};

use crate::asked::{LedgerAsked, RecordsAsked};
use crate::client::{Client, SiteNow};
use crate::error::Error;
use crate::shown::{
    Alarm, AppState, DeviceShown, EmergencyShown, HistoryShown, LedgerShown, RecordOpened, RecordShown, RunNow,
};

const PATROL: &str = "patrol_run";
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
        })
    }

    fn shift_now(&self, site: &Site) -> Option<String> {
        let now = self.now();
        let today = now.day(site.settings.zone);
        site.shifts
            .values()
            .find(|shift| {
                [today, today.before()].iter().any(|day| {
                    let from = day.at(i64::from(shift.from.0), site.settings.zone);
                    let to = day.at(i64::from(shift.to.0), site.settings.zone);
                    (from..to).contains(&now)
                })
            })
            .map(|shift| format!("{} {}–{}", shift.name, shift.from, wrapped(shift.to.0)))
    }

    pub(crate) fn shift_of(&self, site: &Site, person: RecordId) -> Option<String> {
        use chrono::Datelike;
        let today = self.now().day(site.settings.zone);
        let (year, month) = today.month();
        let month = format!("{year:04}-{month:02}");
        let roster = site.rosters.values().find(|roster| roster.month == month)?;
        let mark = roster.rows.get(&person)?.chars().nth(today.0.day0() as usize)?.to_string();
        site.shifts.values().find(|shift| shift.mark == mark).map(|shift| shift.name.clone())
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

    fn rows(&self, filter: &RecordFilter<'_>) -> Result<Vec<RecordRow>, Error> {
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

    fn shown(&self, row: RecordRow, now: &SiteNow, undelivered: &HashSet<RecordId>) -> RecordShown {
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
        let row = match self.inner.store.record(id)? {
            Some(row) => row,
            None => self.planned_row(id, &now.site).ok_or_else(|| Error::Missing(id.to_string()))?,
        };
        let undelivered = self.undelivered_records()?;
        let deadlines: Vec<Deadline> =
            kinds::find(&row.kind).map(|kind| kind.deadlines(&row.view, &now.site.settings)).unwrap_or_default();
        let view: Option<AnyView> = serde_json::from_value(json!({ "kind": row.kind, "view": row.view.clone() })).ok();
        let anomalies = row.anomalies.clone();
        Ok(RecordOpened { shown: self.shown(row, &now, &undelivered), view, deadlines, anomalies })
    }

    fn planned_row(&self, id: RecordId, site: &Site) -> Option<RecordRow> {
        let kind = kinds::ALL.iter().find(|kind| id.is_of_kind(kind.name()))?;
        let near = days_around(self.today()).into_iter().flat_map(|day| kind.planned(site, day));
        let planned = near.into_iter().find(|planned| planned.record == id)?;
        self.untouched(*kind, planned)
    }

    /// A planned record as if it were stored.
    fn untouched(&self, kind: &dyn AnyKind, planned: Planned) -> Option<RecordRow> {
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
    fn around(&self, kind: &dyn AnyKind, days: &[Day]) -> Result<Vec<RecordRow>, Error> {
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

    /// How a patrol run stands at this moment.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such run.
    pub fn run_now(&self, id: RecordId) -> Result<RunNow, Error> {
        let now = self.now();
        let opened = self.record(id)?;
        let Some(AnyView::PatrolRun(view)) = opened.view else { return Err(Error::Missing(id.to_string())) };
        Ok(RunNow {
            state: patrol_run::run_state(&view, now),
            stops: view.stops.iter().map(|stop| patrol_run::stop_state(stop, now)).collect(),
            next: view.next_stop().map(|stop| stop.index),
        })
    }

    fn run_views(&self) -> Result<BTreeMap<RecordId, PatrolRunView>, Error> {
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

    /// Everything that rings: missed checkpoints, though the tablet be dead, and clocks that ran out.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn alarms(&self) -> Result<Vec<Alarm>, Error> {
        let now = self.now();
        let site = self.site_now();
        let mut alarms: Vec<Alarm> = Vec::new();
        for run in self.monitor()? {
            for missed in &run.alarms {
                let (route, name) = (&run.route_name, &missed.name);
                alarms.push(Alarm {
                    id: format!("{}/{}", run.record, missed.stop),
                    record: run.record,
                    kind: PATROL.into(),
                    words: words!("漏巡:{route} · {name}", "missed checkpoint: {route} · {name}"),
                    since: missed.since,
                    seen: false,
                });
            }
        }
        let mut open = self.rows(&RecordFilter { open: Some(true), ..RecordFilter::default() })?;
        // What was owed rings whether or not anybody has begun it.
        for kind in kinds::ALL {
            for planned in days_around(self.today()).into_iter().flat_map(|day| kind.planned(&site.site, day)) {
                if self.inner.store.record(planned.record)?.is_none() {
                    open.extend(self.untouched(*kind, planned));
                }
            }
        }
        for row in open {
            let Some(kind) = kinds::find(&row.kind).filter(|kind| kind.name() != PATROL) else { continue };
            for deadline in kind.deadlines(&row.view, &site.site.settings) {
                if deadline.rings && deadline.due <= now {
                    let (title, what) = (&row.card.title, &deadline.words);
                    let (zh, en) = (&what.zh, &what.en);
                    alarms.push(Alarm {
                        id: format!("{}/{}", row.id, deadline.code),
                        record: row.id,
                        kind: row.kind.clone(),
                        words: words!("超时:{title} · {zh}", "overdue: {title} · {en}"),
                        since: deadline.due,
                        seen: false,
                    });
                }
            }
        }
        let mut seen = self.inner.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.retain(|id| alarms.iter().any(|alarm| alarm.id == *id));
        for alarm in &mut alarms {
            alarm.seen = seen.contains(&alarm.id);
        }
        alarms.sort_by_key(|alarm| (alarm.seen, std::cmp::Reverse(alarm.since)));
        Ok(alarms)
    }

    /// Quiets one alarm on this device; it stays on the screen until it is dealt with.
    pub fn alarm_seen(&self, id: &str) {
        self.inner.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(id.into());
    }

    /// The ledger, newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn ledger(&self, asked: &LedgerAsked) -> Result<Vec<LedgerShown>, Error> {
        let zone = self.site_now().site.settings.zone;
        let filter = LedgerFilter {
            before: asked.before.as_deref().and_then(read_cursor),
            from: asked.day.map(|day| day.at(0, zone)),
            to: asked.day.map(|day| day.at(24 * 60, zone)),
            record: asked.record,
            text: asked.text.as_deref().filter(|text| !text.trim().is_empty()),
            limit: or_default(asked.limit, 100),
            ..LedgerFilter::default()
        };
        Ok(self
            .inner
            .store
            .ledger(&filter)?
            .into_iter()
            .map(|row| LedgerShown {
                cursor: format!("{}/{}", row.cursor.at.0, row.cursor.fact),
                record: row.record,
                kind: row.kind,
                number: Some(row.number).filter(|number| !number.is_empty()),
                title: row.title,
                line: row.line,
            })
            .collect())
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

    /// The emergency contacts, in the order of the regulations.
    #[must_use]
    pub fn emergency_contacts(&self) -> Vec<EmergencyShown> {
        let now = self.site_now();
        let today = self.today();
        let limit = i64::from(now.site.settings.timers.contact_verify_days);
        let mut shown: Vec<EmergencyShown> = now
            .site
            .contacts
            .iter()
            .map(|(id, contact)| EmergencyShown {
                id: *id,
                contact: contact.clone(),
                stale: contact.verified_on.is_none_or(|day| (today.0 - day.0).num_days() > limit),
            })
            .collect();
        shown.sort_by(|a, b| (a.contact.category, &a.contact.name).cmp(&(b.contact.category, &b.contact.name)));
        shown
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

/// A time of day beyond midnight as the clock on the wall shows it.
fn wrapped(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}
