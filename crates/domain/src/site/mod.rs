//! The site: people, posts, places, routes, units, contacts, settings, and what is looked up in them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::engine::Kind;
use crate::ids::RecordId;
use crate::roster::{CalendarMonth, RosterSheet, RosterView};
use crate::strengthened::{Orders, Strengthened, StrengthenedView};
use crate::time::Timestamp;

mod emergency;
pub mod file;
mod floor_plan;
pub(crate) mod form;
mod item;
pub mod items;
pub mod pin;
mod retention;
pub mod units;
mod work_category;

pub use emergency::{EscalationRoute, IncidentCategory, ManagerOncall, ResponsePlan};
pub use floor_plan::{DRAWING_MAX, FloorPlan, OpenHere, PatrolHere, PinNow, PinOf, PlanNow, PlanPin, plans_now};
pub use item::{Item, ItemAction, ItemFact, ItemVersion, ItemView};
pub use items::{
    Checklist, ChecklistItem, Checkpoint, ContactCategory, Definition, EmergencyContact, Family, InventoryItem,
    Occupant, Person, Place, Post, Roster, Route, RouteKind, Settings, Shift, SpotChecks, Stop, Timers, Unit,
};
pub use retention::{Retention, RetentionRule};
pub use work_category::{WorkCategory, teams_for};

/// Everything that stands in the standing volume and is in use, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// Names and clocks.
    pub settings: Settings,
    /// People.
    pub people: BTreeMap<RecordId, Person>,
    /// Posts.
    pub posts: BTreeMap<RecordId, Post>,
    /// Places.
    pub places: BTreeMap<RecordId, Place>,
    /// Checklists.
    pub checklists: BTreeMap<RecordId, Checklist>,
    /// Checkpoints.
    pub checkpoints: BTreeMap<RecordId, Checkpoint>,
    /// Routes.
    pub routes: BTreeMap<RecordId, Route>,
    /// Units.
    pub units: BTreeMap<RecordId, Unit>,
    /// Emergency contacts.
    pub contacts: BTreeMap<RecordId, EmergencyContact>,
    /// Whom reports go to.
    pub escalation_routes: BTreeMap<RecordId, EscalationRoute>,
    /// The managers' call list.
    pub oncall: BTreeMap<RecordId, ManagerOncall>,
    /// Response plans.
    pub plans: BTreeMap<RecordId, ResponsePlan>,
    /// Floor plans.
    pub floor_plans: BTreeMap<RecordId, FloorPlan>,
    /// Shifts.
    pub shifts: BTreeMap<RecordId, Shift>,
    /// Rosters of the site file; [`crate::roster::in_force`] says what counts.
    pub rosters: BTreeMap<RecordId, Roster>,
    /// When each of these was first defined: nobody owed what lay before.
    pub rosters_since: BTreeMap<RecordId, Timestamp>,
    /// Rosters begun in the program.
    pub sheets: BTreeMap<CalendarMonth, RosterView>,
    /// Orders to walk the rounds more often (加强巡视).
    pub strengthened: Orders,
    /// When each route was first defined: nobody owed what lay before.
    pub routes_since: BTreeMap<RecordId, Timestamp>,
    /// When the site itself was first defined: no paper is owed of what lay before.
    pub since: Timestamp,
}

impl Site {
    /// Takes in one standing item's stored view; kinds that are no site item are left alone. An item that was retired,
    /// or does not read, is not in use.
    pub fn take(&mut self, id: RecordId, kind: &str, view: &Value) {
        match kind {
            Settings::KIND => {
                self.settings = current(view).unwrap_or_default();
                let since = serde_json::from_value::<ItemView<Settings>>(view.clone()).map(|view| view.born);
                self.since = since.unwrap_or_default();
            }
            Person::KIND => put(&mut self.people, id, view),
            Post::KIND => put(&mut self.posts, id, view),
            Place::KIND => put(&mut self.places, id, view),
            Checklist::KIND => put(&mut self.checklists, id, view),
            Checkpoint::KIND => put(&mut self.checkpoints, id, view),
            Route::KIND => {
                put(&mut self.routes, id, view);
                let since = serde_json::from_value::<ItemView<Route>>(view.clone()).map(|view| view.born);
                self.routes_since.insert(id, since.unwrap_or_default());
            }
            Unit::KIND => put(&mut self.units, id, view),
            EmergencyContact::KIND => put(&mut self.contacts, id, view),
            EscalationRoute::KIND => put(&mut self.escalation_routes, id, view),
            ManagerOncall::KIND => put(&mut self.oncall, id, view),
            ResponsePlan::KIND => put(&mut self.plans, id, view),
            FloorPlan::KIND => put(&mut self.floor_plans, id, view),
            Shift::KIND => put(&mut self.shifts, id, view),
            Roster::KIND => {
                put(&mut self.rosters, id, view);
                let since = serde_json::from_value::<ItemView<Roster>>(view.clone()).map(|view| view.born);
                self.rosters_since.insert(id, since.unwrap_or_default());
            }
            Strengthened::NAME => {
                if let Ok(order) = serde_json::from_value::<StrengthenedView>(view.clone()) {
                    self.strengthened.insert(id, order);
                }
            }
            RosterSheet::NAME => {
                if let Ok(sheet) = serde_json::from_value::<RosterView>(view.clone()) {
                    self.sheets.insert(sheet.month, sheet);
                }
            }
            _ => {}
        }
    }

    /// The checkpoint a code belongs to.
    #[must_use]
    pub fn checkpoint_by_code(&self, code: &str) -> Option<(RecordId, &Checkpoint)> {
        let code = code.trim();
        self.checkpoints.iter().find(|(_, point)| point.code == code).map(|(id, point)| (*id, point))
    }
}

fn current<T: DeserializeOwned>(view: &Value) -> Option<T> {
    let view: ItemView<T> = serde_json::from_value(view.clone()).ok()?;
    view.current.filter(|_| !view.retired)
}

fn put<T: DeserializeOwned>(into: &mut BTreeMap<RecordId, T>, id: RecordId, view: &Value) {
    match current(view) {
        Some(item) => into.insert(id, item),
        None => into.remove(&id),
    };
}
