//! Emergencies as an app meets them: SOS, the numbers, the cards, the managers' call list. All of it works without
//! network, and all but the call list without anybody signed in.

use std::collections::{BTreeMap, HashMap};

use dutybook_domain::reach_test::{ReachTestView, Subject};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::EmergencyContact;
use dutybook_domain::{Day, RecordId, Timestamp};
use dutybook_store::RecordFilter;
use serde_json::json;
use uuid::Uuid;

use crate::client::{Client, Target};
use crate::error::Error;
use crate::shown::{Done, EmergencyShown, OncallShown, PlanShown, Touched};

const INCIDENT: &str = "incident";
const TEST: &str = "reach_test";
/// A second SOS of the same person within this time is the same one: the key was held twice.
const SAME_SOS_MIN: i64 = 1;
/// A scan that is older says nothing about where somebody is now.
const SCAN_COUNTS_MIN: i64 = 12 * 60;

impl Client {
    /// SOS: an incident, reported up in the same change, in the name of who is signed in, or of the device when nobody
    /// is. Its place is where they last scanned a checkpoint, otherwise the device.
    ///
    /// # Errors
    /// [`Error::Store`] when it cannot be written, [`Error::Refused`] for a role that is not on duty.
    pub fn sos(&self) -> Result<Done, Error> {
        let label = &self.identity().label;
        let who = self.signer().filter(|who| who.role.works_orders()).unwrap_or_else(|| Signer {
            person: RecordId(Uuid::nil()),
            name: format!("本机({label})"),
            role: Role::Device,
        });
        if let Some(record) = self.sos_just_now(&who)? {
            let touched = Touched { id: record, kind: INCIDENT.into(), number: None };
            return Ok(Done { record, records: vec![touched] });
        }
        let scan = self.last_scan(who.person)?;
        let action = match scan {
            Some((place, at)) => json!({ "do": "sos", "place": place, "scanned_at": at }),
            None => json!({ "do": "sos", "place": label }),
        };
        let record = self.record_of(&Target { kind: INCIDENT.into(), record: None })?;
        let target = Target { kind: INCIDENT.into(), record: Some(record) };
        let records = self.act_all_by(who, [(target, action)])?;
        Ok(Done { record, records })
    }

    fn sos_just_now(&self, who: &Signer) -> Result<Option<RecordId>, Error> {
        let from = self.now().plus_minutes(-SAME_SOS_MIN);
        let filter =
            RecordFilter { kind: Some(INCIDENT), open: Some(true), born_from: Some(from), ..RecordFilter::default() };
        let same = self.inner.store.records(&filter)?.into_iter().find(|row| {
            let view = &row.view;
            view["sos"] == true
                && view["found"]["by"]["person"] == json!(who.person)
                && view["found"]["by"]["name"] == who.name.as_str()
        });
        Ok(same.map(|row| row.id))
    }

    /// Where somebody was last seen to be, by their own scan.
    fn last_scan(&self, person: RecordId) -> Result<Option<(String, Timestamp)>, Error> {
        let since = self.now().plus_minutes(-SCAN_COUNTS_MIN);
        let runs = self.run_views()?;
        let stops = runs.values().flat_map(|run| &run.stops);
        let theirs = stops.filter(|stop| stop.visited_by.as_ref().is_some_and(|by| by.person == person));
        let latest = theirs
            .filter_map(|stop| Some((stop.visited_at.filter(|at| *at >= since)?, stop)))
            .max_by_key(|(at, _)| *at);
        Ok(latest.map(|(at, stop)| {
            let place = if stop.place_name == stop.name || stop.place_name.is_empty() {
                stop.name.clone()
            } else {
                format!("{} {}", stop.place_name, stop.name)
            };
            (place, at)
        }))
    }

    /// The emergency contacts, in the order of the regulations, with the latest call that somebody answered.
    #[must_use]
    pub fn emergency_contacts(&self) -> Vec<EmergencyShown> {
        let today = self.today();
        let limit = i64::from(self.site_now().site.settings.timers.contact_verify_days);
        let mut shown: Vec<EmergencyShown> = self
            .verified_contacts()
            .into_iter()
            .map(|(id, contact)| {
                let stale = contact.verified_on.is_none_or(|day| (today.0 - day.0).num_days() > limit);
                EmergencyShown { id, contact, stale }
            })
            .collect();
        shown.sort_by(|a, b| (a.contact.category, &a.contact.name).cmp(&(b.contact.category, &b.contact.name)));
        shown
    }

    /// The numbers, each with the latest call that was answered where that is later than what the site file says.
    pub(crate) fn verified_contacts(&self) -> BTreeMap<RecordId, EmergencyContact> {
        let mut contacts = self.site_now().site.contacts.clone();
        // The numbers are shown whatever else fails.
        for (id, (day, by)) in self.checked_numbers().unwrap_or_default() {
            let contact = contacts.get_mut(&id);
            if let Some(contact) = contact.filter(|contact| contact.verified_on.is_none_or(|own| own <= day)) {
                (contact.verified_on, contact.verified_by) = (Some(day), by);
            }
        }
        contacts
    }

    /// Contact → day and initials of the latest call that was answered.
    fn checked_numbers(&self) -> Result<HashMap<RecordId, (Day, String)>, Error> {
        let zone = self.site_now().site.settings.zone;
        let states = ["reached"];
        let filter = RecordFilter { kind: Some(TEST), states: &states, ..RecordFilter::default() };
        let mut latest: HashMap<RecordId, (Timestamp, String)> = HashMap::new();
        for row in self.inner.store.records(&filter)? {
            let Ok(view) = serde_json::from_value::<ReachTestView>(row.view) else { continue };
            let Some(Subject::Contact { contact, .. }) = view.subject else { continue };
            for answer in view.answers.into_iter().filter(|answer| answer.reached) {
                let entry = latest.entry(contact).or_default();
                if answer.stamp.at >= entry.0 {
                    *entry = (answer.stamp.at, answer.stamp.by.name);
                }
            }
        }
        Ok(latest.into_iter().map(|(contact, (at, by))| (contact, (at.day(zone), by))).collect())
    }

    /// The response plans with the numbers each wants called, by category.
    #[must_use]
    pub fn response_plans(&self) -> Vec<PlanShown> {
        let now = self.site_now();
        let mut plans: Vec<PlanShown> = now
            .site
            .plans
            .iter()
            .map(|(id, plan)| PlanShown {
                id: *id,
                category_words: plan.category.words(),
                call: plan.call.iter().filter_map(|contact| now.site.contacts.get(contact)).cloned().collect(),
                plan: plan.clone(),
            })
            .collect();
        plans.sort_by(|a, b| (a.plan.category, &a.plan.name).cmp(&(b.plan.category, &b.plan.name)));
        plans
    }

    /// 《管理人员值班联络表》 in calling order.
    #[must_use]
    pub fn oncall(&self) -> Vec<OncallShown> {
        let now = self.site_now();
        let mut lines: Vec<OncallShown> = now
            .site
            .oncall
            .iter()
            .filter_map(|(id, line)| {
                let person = now.site.people.get(&line.person)?;
                Some(OncallShown {
                    id: *id,
                    name: person.name.clone(),
                    phone: person.phone.clone(),
                    on_shift: now.site.on_shift(line.person, self.now()),
                    line: line.clone(),
                })
            })
            .collect();
        lines.sort_by(|a, b| (a.line.order, &a.name).cmp(&(b.line.order, &b.name)));
        lines
    }
}
