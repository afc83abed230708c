//! The site file: everything a site is made of, in one text that its people write by hand (`docs/site-file.md`).
//!
//! Invariants
//! - Items refer to each other by `key`. An item's record id is computed from the site's code, its kind and its key, so
//!   taking in the same file again, or on two devices that have not met, makes the same records.
//! - A file with an error is refused whole, with everything that is wrong and where it stands; nothing is half taken.
//! - Taking in a file changes what differs and retires nothing: what is gone from the file is reported.
//! - A person's plain PIN is a first PIN. It never replaces one that the person already has.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use toml::de::DeTable;

use super::items::Definition;
use super::pin::{self, PinError};
use super::{ItemAction, Person, Roster, Settings, Site, Unit};
use crate::ids::{Home, RecordId};
use crate::words;
use crate::words::Words;

mod choices;
mod emergency;
mod floor;
mod items;
mod plan;
mod read;
mod units;

use items::Reading;
use read::{Fields, Problems};

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The file is taken in; somebody should look.
    Warning,
    /// The file is refused.
    Error,
}

/// One thing that is wrong in a site file, and where.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// How much it matters.
    pub level: Level,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The way to the value, such as `person[duty-a].phone`.
    pub path: String,
    /// What is wrong.
    pub words: Words,
    /// What to do instead, where that can be said.
    pub hint: Option<Words>,
}

/// A site file that was read and found in order.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteFile {
    /// The site's code: part of every id, never changed once in use.
    pub code: String,
    /// What the file says. People with a plain PIN have no `pin_hash` here yet.
    pub site: Site,
    /// What somebody should look at.
    pub warnings: Vec<Problem>,
    /// Plain first PINs.
    pins: BTreeMap<RecordId, FirstPin>,
    /// Units that only a range names: of their occupants the file says nothing.
    by_range: BTreeSet<RecordId>,
}

#[derive(Clone, PartialEq)]
struct FirstPin(String);

impl std::fmt::Debug for FirstPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FirstPin(…)")
    }
}

/// Record, kind, and the action that defines it, ready for the kind's `act`.
pub type DefineAction = (RecordId, &'static str, Value);

/// What a file changes at a site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Items to define, new or anew.
    pub define: Vec<Change>,
    /// Items that came from a site file once and are no longer in it. They stay in use until somebody retires them.
    /// Rosters are left out: a month that is over leaves the file in the normal course.
    pub gone: Vec<Gone>,
    /// People whose own PIN stays although the file says another one.
    pub kept_pins: Vec<(RecordId, String)>,
    /// How many items are as the file says.
    pub unchanged: usize,
}

/// An item to define.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its record.
    pub record: RecordId,
    /// Its kind.
    pub kind: &'static str,
    /// What it is called.
    pub title: String,
    /// Whether the site does not have it yet.
    pub new: bool,
    /// The action that defines it.
    pub action: Value,
}

/// An item that is no longer in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Gone {
    /// Its record.
    pub record: RecordId,
    /// Its kind.
    pub kind: &'static str,
    /// What it is called.
    pub title: String,
}

/// Why a file that is in order could still not be turned into actions.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A PIN could not be hashed.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// A definition could not be written as JSON.
    #[error("an item of the site file could not be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The record of an item of a site file; units are called by their label, rosters by their month, and the settings by
/// `settings`.
#[must_use]
pub fn item_id(site_code: &str, kind: &str, key: &str) -> RecordId {
    RecordId::derived(&Home::standing(kind), &[site_code, key])
}

/// Reads a site file.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text, warnings among it. A text that is no TOML is judged for
/// that alone: of what could be guessed from the rest, too much would be wrong.
pub fn parse(text: &str) -> Result<SiteFile, Vec<Problem>> {
    let mut p = Problems::new(text);
    let (table, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        let message = error.message();
        let at = error.span().unwrap_or(0..0);
        p.error(&at, "", words!("TOML 语法不对:{message}", "This is not TOML: {message}"), None);
    }
    if p.any_error() {
        return Err(p.finish());
    }
    let mut file = Reading::new(Fields::root(&table)).read(&mut p);
    if p.any_error() {
        return Err(p.finish());
    }
    file.warnings = p.finish();
    Ok(file)
}

impl SiteFile {
    /// Every item as the action that defines it, those that others refer to first.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn items(&self) -> Result<Vec<DefineAction>, FileError> {
        Ok(self
            .changes(&Site::default())?
            .define
            .into_iter()
            .map(|change| (change.record, change.kind, change.action))
            .collect())
    }

    /// What differs between the file and the site as it stands.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn changes(&self, current: &Site) -> Result<Changes, FileError> {
        let mut changes = Changes::default();
        let settings = BTreeMap::from([(item_id(&self.code, Settings::KIND, "settings"), self.site.settings.clone())]);
        let current_settings: BTreeMap<_, _> = settings
            .keys()
            .filter(|_| current.settings != Settings::default())
            .map(|id| (*id, current.settings.clone()))
            .collect();
        let people = self.people(current, &mut changes)?;
        changes.kind(&settings, &current_settings)?;
        changes.kind(&people, &current.people)?;
        changes.kind(&self.site.posts, &current.posts)?;
        changes.kind(&self.site.places, &current.places)?;
        changes.kind(&self.site.checklists, &current.checklists)?;
        changes.kind(&self.site.checkpoints, &current.checkpoints)?;
        changes.kind(&self.site.routes, &current.routes)?;
        changes.kind(&self.units(current), &current.units)?;
        changes.kind(&self.site.contacts, &current.contacts)?;
        changes.kind(&self.site.escalation_routes, &current.escalation_routes)?;
        changes.kind(&self.site.oncall, &current.oncall)?;
        changes.kind(&self.site.plans, &current.plans)?;
        changes.kind(&self.site.floor_plans, &current.floor_plans)?;
        changes.kind(&self.site.shifts, &current.shifts)?;
        changes.kind(&self.site.rosters, &current.rosters)?;
        changes.gone.retain(|gone| gone.kind != Roster::KIND);
        Ok(changes)
    }

    /// The people with the PIN hashes they should have.
    fn people(&self, current: &Site, changes: &mut Changes) -> Result<BTreeMap<RecordId, Person>, FileError> {
        let mut people = self.site.people.clone();
        for (id, person) in &mut people {
            let own = current.people.get(id).map(|person| person.pin_hash.as_str()).unwrap_or_default();
            match self.pins.get(id) {
                Some(FirstPin(pin)) if own.is_empty() => {
                    // Derived, not drawn: two devices that take in the same file before they meet must come to the same
                    // definition, or every person would stand side by side with themselves. A salt is no secret; that
                    // it differs from person to person and site to site is what it is for.
                    let salt = RecordId::derived(&Home::standing("pin salt"), &[&id.to_string()]).0.into_bytes();
                    person.pin_hash = pin::hash(pin, &salt)?;
                }
                Some(FirstPin(pin)) => {
                    if !pin::verify(pin, own) {
                        changes.kept_pins.push((*id, person.name.clone()));
                    }
                    person.pin_hash = own.to_owned();
                }
                None if person.pin_hash.is_empty() => person.pin_hash = own.to_owned(),
                None => {}
            }
        }
        Ok(people)
    }

    /// The units; one that only a range names keeps what the site knows of it.
    fn units(&self, current: &Site) -> BTreeMap<RecordId, Unit> {
        let known = |id: &RecordId| self.by_range.contains(id).then(|| current.units.get(id)).flatten();
        self.site.units.iter().map(|(id, unit)| (*id, known(id).unwrap_or(unit).clone())).collect()
    }
}

impl Changes {
    fn kind<T: Definition>(
        &mut self,
        file: &BTreeMap<RecordId, T>,
        current: &BTreeMap<RecordId, T>,
    ) -> Result<(), FileError> {
        for (id, item) in file {
            let known = current.get(id);
            if known == Some(item) {
                self.unchanged += 1;
                continue;
            }
            let action = serde_json::to_value(ItemAction::Define { definition: item.clone() })?;
            let new = known.is_none();
            self.define.push(Change { record: *id, kind: T::KIND, title: item.title(), new, action });
        }
        // What was added by hand since has an id that was drawn, and is not the file's.
        self.gone.extend(
            current.iter().filter(|(id, _)| !file.contains_key(id) && id.is_derived()).map(|(id, item)| Gone {
                record: *id,
                kind: T::KIND,
                title: item.title(),
            }),
        );
        Ok(())
    }
}
