//! The site file: everything a site is made of, in one text that its people write by hand (`docs/site-file.md`).
//!
//! Invariants
//! - Items refer to each other by `key`. An item's record id is computed from the site's code, its kind and its key, so
//!   taking in the same file again, or on two devices that have not met, makes the same records.
//! - A file with an error is refused whole, with everything that is wrong and where it stands; nothing is half taken.
//! - Taking in a file changes what differs and retires nothing: what is gone from the file is reported.
//! - A person's plain PIN is a first PIN. It never replaces one that the person already has.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use serde_json::Value;
use toml::de::DeTable;
use uuid::Uuid;

use super::items::Definition;
use super::pin::{self, PinError};
use super::{
    Checklist, ChecklistItem, Checkpoint, ContactCategory, EmergencyContact, Family, InventoryItem, ItemAction,
    Occupant, Person, Place, Post, Roster, Route, RouteKind, Settings, Shift, Site, Stop, Timers, Unit,
};
use crate::engine::Urgency;
use crate::ids::RecordId;
use crate::role::Role;
use crate::time::{TimeOfDay, Zone};
use crate::words;
use crate::words::Words;

mod read;
mod units;

use read::{Choice, Fields, Keys, Node, Problems};

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
    RecordId::derived(&["site", site_code, kind, key])
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
                    let salt = RecordId::derived(&["pin salt", &id.to_string()]).0.into_bytes();
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
        // Ids computed from a key are UUIDs of version 5; what was added by hand since has others and is not the file's.
        let from_a_file = |id: &RecordId| id.0.get_version_num() == 5;
        self.gone.extend(
            current.iter().filter(|(id, _)| !file.contains_key(id) && from_a_file(id)).map(|(id, item)| Gone {
                record: *id,
                kind: T::KIND,
                title: item.title(),
            }),
        );
        Ok(())
    }
}

macro_rules! choices {
    ($($zh:literal $id:literal $value:expr),+ $(,)?) => {
        &[$(Choice { zh: $zh, id: $id, value: $value }),+]
    };
}

const ROLES: &[Choice<Role>] = choices![
    "秩序维护员" "guard" Role::Guard,
    "保安" "guard" Role::Guard,
    "维修员" "worker" Role::Worker,
    "保洁员" "worker" Role::Worker,
    "值班员" "duty_officer" Role::DutyOfficer,
    "部门主任" "dept_head" Role::DeptHead,
    "客服主任" "cs_supervisor" Role::CsSupervisor,
    "客服部经理" "cs_manager" Role::CsManager,
    "总值班员" "duty_manager" Role::DutyManager,
    "项目经理" "project_manager" Role::ProjectManager,
    "公司值班领导" "company_oncall" Role::CompanyOncall,
    "档案员" "archivist" Role::Archivist,
    "系统管理员" "admin" Role::Admin,
];

const FAMILIES: &[Choice<Family>] = choices![
    "防盗" "theft" Family::Theft,
    "防火" "fire" Family::Fire,
    "防灾" "disaster" Family::Disaster,
    "安防" "security" Family::Security,
    "水电" "water_power" Family::WaterPower,
    "设施设备" "equipment" Family::Equipment,
    "环境" "environment" Family::Environment,
];

const URGENCIES: &[Choice<Urgency>] = choices![
    "特急" "critical" Urgency::Critical,
    "紧急" "urgent" Urgency::Urgent,
    "一般" "normal" Urgency::Normal,
    "计划" "planned" Urgency::Planned,
];

const ROUTE_KINDS: &[Choice<RouteKind>] = choices![
    "巡更" "guard_tour" RouteKind::GuardTour,
    "防火巡查" "fire" RouteKind::Fire,
    "下班前全面巡检" "before_closing" RouteKind::BeforeClosing,
];

const CATEGORIES: &[Choice<ContactCategory>] = choices![
    "派出所" "police" ContactCategory::Police,
    "消防" "fire_brigade" ContactCategory::FireBrigade,
    "医院" "hospital" ContactCategory::Hospital,
    "供水" "water" ContactCategory::Water,
    "供气" "gas" ContactCategory::Gas,
    "供电" "power" ContactCategory::Power,
    "电梯维保" "lift" ContactCategory::Lift,
    "居委会" "neighbourhood" ContactCategory::Neighbourhood,
    "防汛" "flood" ContactCategory::Flood,
    "物业内部" "internal" ContactCategory::Internal,
];

/// The six that D1.1.6 names.
const NAMED_BY_THE_REGULATIONS: [ContactCategory; 6] = [
    ContactCategory::Police,
    ContactCategory::FireBrigade,
    ContactCategory::Hospital,
    ContactCategory::Water,
    ContactCategory::Gas,
    ContactCategory::Power,
];

/// Marks of a roster that are no shift: 休 is a day off, 假 is leave.
const NO_SHIFT: [char; 2] = ['休', '假'];

/// The walk over one file.
struct Reading<'a, 'i> {
    root: Fields<'a, 'i>,
    file: SiteFile,
    people: Keys,
    posts: Keys,
    places: Keys,
    checklists: Keys,
    checkpoints: Keys,
}

impl<'a, 'i> Reading<'a, 'i> {
    fn new(root: Fields<'a, 'i>) -> Self {
        let file = SiteFile {
            code: String::new(),
            site: Site::default(),
            warnings: Vec::new(),
            pins: BTreeMap::new(),
            by_range: BTreeSet::new(),
        };
        Self {
            root,
            file,
            people: Keys::default(),
            posts: Keys::default(),
            places: Keys::default(),
            checklists: Keys::default(),
            checkpoints: Keys::default(),
        }
    }

    fn read(mut self, p: &mut Problems<'_>) -> SiteFile {
        self.settings(p);
        let code = self.file.code.clone();
        // What others refer to is read first; among those, what refers to nothing.
        for (key, mut it) in keyed(&mut self.root, p, Person::KIND) {
            let id = item_id(&code, Person::KIND, &key);
            let (person, first_pin) = person(&mut it, p);
            self.people.insert(key, id);
            self.file.site.people.insert(id, person);
            self.file.pins.extend(first_pin.map(|pin| (id, pin)));
            it.finish(p);
        }
        for (key, mut it) in keyed(&mut self.root, p, Post::KIND) {
            let id = item_id(&code, Post::KIND, &key);
            self.posts.insert(key, id);
            self.file.site.posts.insert(id, post(&mut it, p));
            it.finish(p);
        }
        let mut key_areas = Vec::new();
        for (key, mut it) in keyed(&mut self.root, p, Place::KIND) {
            let id = item_id(&code, Place::KIND, &key);
            let place = place(&mut it, p);
            if place.key_area {
                key_areas.push((id, place.name.clone(), it.at.clone(), it.path.clone()));
            }
            self.places.insert(key, id);
            self.file.site.places.insert(id, place);
            it.finish(p);
        }
        for (key, mut it) in keyed(&mut self.root, p, Checklist::KIND) {
            let id = item_id(&code, Checklist::KIND, &key);
            self.checklists.insert(key, id);
            self.file.site.checklists.insert(id, checklist(&mut it, p));
            it.finish(p);
        }
        self.checkpoints(p, &code);
        for (id, name, at, path) in key_areas {
            if !self.file.site.checkpoints.values().any(|point| point.place == id) {
                p.warning(
                    &at,
                    &path,
                    words!("重点部位「{name}」没有巡查点。", "The key area “{name}” has no checkpoint."),
                    Some(words!("为它加一个 [[checkpoint]](篇1 一.5)。", "Add a [[checkpoint]] for it (D1.1.5).")),
                );
            }
        }
        self.routes(p, &code);
        units::read(&mut self.root, p, &mut self.file);
        self.contacts(p, &code);
        self.shifts_and_rosters(p, &code);
        self.root.finish(p);
        self.file
    }

    fn settings(&mut self, p: &mut Problems<'_>) {
        if let Some(mut it) = self.root.required(p, "site").and_then(|node| node.table(p)) {
            if let Some(node) = it.required(p, "code") {
                self.file.code = node.text(p);
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if node.as_text().is_some()
                    && !((1..=32).contains(&self.file.code.len()) && self.file.code.chars().all(plain))
                {
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("站点代码不对。", "This is not a site code."),
                        Some(words!(
                            "1–32 个小写字母、数字或 -,启用后不要再改。",
                            "1–32 of a–z, 0–9 and -; do not change it once in use."
                        )),
                    );
                }
            }
            self.file.site.settings.site_name = it.text(p, "name");
            self.file.site.settings.centre_name = it.text(p, "centre");
            if let Some(node) = it.get("zone") {
                self.file.site.settings.zone = zone(&node, p);
            }
            it.finish(p);
        }
        if let Some(mut it) = self.root.get("timers").and_then(|node| node.table(p)) {
            self.file.site.settings.timers = timers(&mut it, p);
            it.finish(p);
        }
    }

    fn checkpoints(&mut self, p: &mut Problems<'_>, code: &str) {
        let mut codes = BTreeSet::new();
        for (key, mut it) in keyed(&mut self.root, p, Checkpoint::KIND) {
            let id = item_id(code, Checkpoint::KIND, &key);
            let name = it.text(p, "name");
            let place = it.required(p, "place").map(|node| self.places.find(p, &node, Place::KIND));
            let list = it.required(p, "checklist").map(|node| self.checklists.find(p, &node, Checklist::KIND));
            let tag = it.text(p, "code");
            let fresh = tag.is_empty() || codes.insert(tag.clone());
            if let Some(node) = it.get("code").filter(|_| !fresh) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!("码「{tag}」已用于另一个巡查点。", "The code “{tag}” belongs to another checkpoint."),
                    None,
                );
            }
            let nil = RecordId(Uuid::nil());
            let point = Checkpoint { name, place: place.unwrap_or(nil), code: tag, checklist: list.unwrap_or(nil) };
            self.checkpoints.insert(key, id);
            self.file.site.checkpoints.insert(id, point);
            it.finish(p);
        }
    }

    fn routes(&mut self, p: &mut Problems<'_>, code: &str) {
        for (key, mut it) in keyed(&mut self.root, p, Route::KIND) {
            let route = Route {
                name: it.text(p, "name"),
                kind: it
                    .required(p, "kind")
                    .and_then(|node| node.choice(p, ROUTE_KINDS))
                    .unwrap_or(RouteKind::GuardTour),
                post: it
                    .required(p, "post")
                    .map_or(RecordId(Uuid::nil()), |node| self.posts.find(p, &node, Post::KIND)),
                starts: starts(&mut it, p),
                weekdays: weekdays(&mut it, p),
                stops: self.stops(&mut it, p),
            };
            self.file.site.routes.insert(item_id(code, Route::KIND, &key), route);
            it.finish(p);
        }
    }

    fn stops(&self, it: &mut Fields<'a, 'i>, p: &mut Problems<'_>) -> Vec<Stop> {
        let Some(list) = it.required(p, "stops") else { return Vec::new() };
        let nodes = list.list(p);
        if nodes.is_empty() {
            p.error(&list.span(), &list.path, words!("路线没有巡查点。", "The route has no stops."), None);
        }
        let mut seen = BTreeSet::new();
        let mut stops = Vec::new();
        for node in nodes {
            let Some(mut stop) = node.table(p) else { continue };
            let checkpoint = stop.required(p, "point").map(|node| {
                let id = self.checkpoints.find(p, &node, Checkpoint::KIND);
                if !id.0.is_nil() && !seen.insert(id) {
                    let key = node.text(p);
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("「{key}」在这条路线上已有。", "“{key}” is on this route already."),
                        Some(words!("一圈走两次的,分成两条路线。", "For two visits make two routes.")),
                    );
                }
                id
            });
            let minutes = 24 * 60;
            let from_min = stop.required(p, "from").map_or(0, |node| node.whole(p, 0, minutes));
            let to = stop.required(p, "to");
            let to_min = to.as_ref().map_or(from_min + 1, |node| node.whole(p, 0, minutes));
            if let Some(node) = to.filter(|_| to_min <= from_min) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!(
                        "时段在开始({from_min} 分)之前就结束({to_min} 分)。",
                        "The window ends ({to_min} min) before it begins ({from_min} min)."
                    ),
                    Some(words!("从出发起算的分钟数,to 大于 from。", "Minutes after the start; to is more than from.")),
                );
            }
            stop.finish(p);
            stops.push(Stop { checkpoint: checkpoint.unwrap_or(RecordId(Uuid::nil())), from_min, to_min });
        }
        stops
    }

    fn contacts(&mut self, p: &mut Problems<'_>, code: &str) {
        let mut present = BTreeSet::new();
        for (key, mut it) in keyed(&mut self.root, p, "contact") {
            let category = it.required(p, "category").and_then(|node| node.choice(p, CATEGORIES));
            present.extend(category);
            let name = it.text(p, "name");
            let phones = it
                .required(p, "phones")
                .map(|list| {
                    let nodes = list.one_or_more(p);
                    if nodes.is_empty() {
                        p.error(&list.span(), &list.path, words!("没有电话号码。", "There is no number."), None);
                    }
                    nodes.iter().map(|node| phone(node, p)).collect()
                })
                .unwrap_or_default();
            let contact = EmergencyContact {
                name,
                category: category.unwrap_or(ContactCategory::Internal),
                phones,
                when: it.text_or_empty(p, "when"),
                verified_on: it.get("verified_on").and_then(|node| node.day(p)),
            };
            self.file.site.contacts.insert(item_id(code, EmergencyContact::KIND, &key), contact);
            it.finish(p);
        }
        for category in NAMED_BY_THE_REGULATIONS {
            if !present.contains(&category) {
                let (zh, en) = CATEGORIES
                    .iter()
                    .find(|choice| choice.value == category)
                    .map_or(("", ""), |choice| (choice.zh, choice.id));
                p.warning(
                    &(0..0),
                    "contact",
                    words!("应急联系电话缺少「{zh}」。", "The emergency contacts lack {en}."),
                    Some(words!(
                        "篇1 一.6 要求六类齐全:加 [[contact]] category = \"{zh}\"。",
                        "D1.1.6 names six kinds: add a [[contact]] with category = \"{zh}\"."
                    )),
                );
            }
        }
    }

    fn shifts_and_rosters(&mut self, p: &mut Problems<'_>, code: &str) {
        let mut marks = BTreeSet::from(NO_SHIFT);
        for (key, mut it) in keyed(&mut self.root, p, Shift::KIND) {
            let shift = shift(&mut it, p, &mut marks);
            self.file.site.shifts.insert(item_id(code, Shift::KIND, &key), shift);
            it.finish(p);
        }
        let mut months = BTreeSet::new();
        for mut it in self.root.tables(p, Roster::KIND, "month") {
            let month = it.text(p, "month");
            let node = it.get("month").filter(|_| !month.is_empty());
            let days = days_in(&month);
            if let Some(node) = node {
                if days.is_none() {
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("「{month}」不是月份。", "“{month}” is not a month."),
                        Some(words!("写作 \"2026-11\"。", "Write \"2026-11\".")),
                    );
                } else if !months.insert(month.clone()) {
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("{month} 已有一张排班表。", "There is a roster for {month} already."),
                        None,
                    );
                }
            }
            let rows = it
                .required(p, "rows")
                .and_then(|node| node.table(p))
                .map(|rows| self.rows(&rows, p, days, &marks))
                .unwrap_or_default();
            let id = item_id(code, Roster::KIND, &month);
            self.file.site.rosters.insert(id, Roster { month, rows });
            it.finish(p);
        }
    }

    fn rows(
        &self,
        rows: &Fields<'a, 'i>,
        p: &mut Problems<'_>,
        days: Option<usize>,
        marks: &BTreeSet<char>,
    ) -> BTreeMap<RecordId, String> {
        let mut read = BTreeMap::new();
        for (key, at, node) in rows.all() {
            let person = self.people.named(p, &key, &at, &node.path, Person::KIND);
            // Blanks may part the weeks.
            let row: String = node.text(p).split_whitespace().collect();
            if node.as_text().is_none() {
                continue;
            }
            let count = row.chars().count();
            if let Some(days) = days.filter(|days| *days != count) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!(
                        "本月 {days} 天,这一行有 {count} 个字。",
                        "The month has {days} days, this row {count} marks."
                    ),
                    None,
                );
            }
            let strange: BTreeSet<char> = row.chars().filter(|mark| !marks.contains(mark)).collect();
            if !strange.is_empty() {
                let strange = strange.into_iter().collect::<String>();
                let known = marks.iter().map(char::to_string).collect::<Vec<_>>().join("、");
                p.error(
                    &node.span(),
                    &node.path,
                    words!("没有这样的班次:{strange}", "No shift has this mark: {strange}"),
                    Some(words!("可用:{known}。", "Known: {known}.")),
                );
            }
            read.insert(person, row);
        }
        read
    }
}

/// The `[[kind]]` tables with their keys; keys that are missing, malformed or taken are reported.
fn keyed<'a, 'i>(root: &mut Fields<'a, 'i>, p: &mut Problems<'_>, kind: &str) -> Vec<(String, Fields<'a, 'i>)> {
    let mut seen = Keys::default();
    let mut items = Vec::new();
    for mut it in root.tables(p, kind, "key") {
        let key = it.text(p, "key");
        if let Some(node) = it.get("key").filter(|_| !key.is_empty()) {
            if key.contains(|c: char| c.is_whitespace() || c.is_control()) {
                let words = words!("key 里不能有空格:「{key}」。", "A key has no blanks in it: “{key}”.");
                p.error(&node.span(), &node.path, words, None);
            }
            if seen.contains(&key) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!("key「{key}」已用于另一个 [[{kind}]]。", "The key “{key}” belongs to another [[{kind}]]."),
                    None,
                );
            }
            seen.insert(key.clone(), RecordId(Uuid::nil()));
        }
        items.push((key, it));
    }
    items
}

fn zone(node: &Node<'_, '_>, p: &mut Problems<'_>) -> Zone {
    let text = node.text(p);
    let read = text
        .strip_prefix('+')
        .map(|rest| (1, rest))
        .or_else(|| text.strip_prefix('-').map(|rest| (-1, rest)))
        .and_then(|(sign, rest)| Some(sign * i32::from(rest.parse::<TimeOfDay>().ok()?.0)))
        .filter(|minutes| minutes.abs() <= 14 * 60);
    if read.is_none() && node.as_text().is_some() {
        p.error(
            &node.span(),
            &node.path,
            words!("这不是时区。", "This is not an offset from UTC."),
            Some(words!("写作 \"+08:00\"。", "Write \"+08:00\".")),
        );
    }
    read.map(Zone).unwrap_or_default()
}

/// The clocks by their names in [`Timers`]: a new one needs nothing here.
fn timers(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Timers {
    let Ok(Value::Object(mut clocks)) = serde_json::to_value(Timers::default()) else { return Timers::default() };
    for (name, value) in &mut clocks {
        if let Some(node) = it.get(name) {
            *value = node.whole(p, 0, 60 * 24 * 31).into();
        }
    }
    serde_json::from_value(Value::Object(clocks)).unwrap_or_default()
}

/// Digits, grouped as people write them, and an extension: `0551-5550 1234 转 801`.
fn phone(node: &Node<'_, '_>, p: &mut Problems<'_>) -> String {
    let text = node.text(p);
    if node.as_text().is_some() && !is_phone(&text) {
        p.error(
            &node.span(),
            &node.path,
            words!("「{text}」不是电话号码。", "“{text}” is not a telephone number."),
            Some(words!(
                "3–15 位数字,可用空格或 - 分开,分机写「转801」。",
                "3–15 digits, parted by blanks or -; an extension as “转801”."
            )),
        );
    }
    text
}

fn is_phone(text: &str) -> bool {
    let (number, extension) =
        text.split_once(['转', '#']).map_or((text, "0"), |(number, extension)| (number, extension));
    let number = number.trim();
    let number = number.strip_prefix('+').unwrap_or(number);
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let extension = extension.trim();
    (3..=15).contains(&digits)
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ' ')
        && !extension.is_empty()
        && extension.chars().all(|c| c.is_ascii_digit())
}

fn person(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> (Person, Option<FirstPin>) {
    let name = it.text(p, "name");
    let mut roles = Vec::new();
    if let Some(node) = it.required(p, "roles") {
        let nodes = node.one_or_more(p);
        if nodes.is_empty() {
            p.error(&node.span(), &node.path, words!("至少要有一个角色。", "At least one role is needed."), None);
        }
        for role in nodes.iter().filter_map(|node| node.choice(p, ROLES)) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
    }
    let mut person = Person {
        name,
        roles,
        team: it.text_or_empty(p, "team"),
        phone: it.get("phone").map(|node| phone(&node, p)).unwrap_or_default(),
        pin_hash: String::new(),
    };
    let mut first = None;
    if let Some(node) = it.get("pin") {
        let pin = node.text(p);
        if pin::is_hash(&pin) {
            person.pin_hash = pin;
        } else if node.as_text().is_some() {
            match pin::check(&pin) {
                Ok(()) => first = Some(FirstPin(pin)),
                Err(error) => p.error(
                    &node.span(),
                    &node.path,
                    error.words(),
                    Some(words!(
                        "也可写已加密的密码($argon2id$…)。",
                        "A hashed PIN ($argon2id$…) can stand here as well."
                    )),
                ),
            }
        }
    }
    (person, first)
}

fn post(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Post {
    let name = it.text(p, "name");
    let mut inventory: Vec<InventoryItem> = Vec::new();
    for node in it.list_or_empty(p, "inventory") {
        let Some(mut thing) = node.table(p) else { continue };
        let item = InventoryItem {
            name: thing.text(p, "name"),
            unit: thing.text(p, "unit"),
            expected: thing.required(p, "expected").map_or(1, |node| node.whole(p, 1, 9_999)),
        };
        if inventory.iter().any(|other| other.name == item.name && !item.name.is_empty()) {
            let thing = &item.name;
            let words = words!("「{thing}」列了两次。", "“{thing}” is listed twice.");
            p.error(&node.span(), &node.path, words, None);
        }
        inventory.push(item);
        thing.finish(p);
    }
    Post { name, inventory }
}

fn place(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Place {
    Place {
        name: it.text(p, "name"),
        key_area: it.flag_or_no(p, "key_area"),
        area: it.text_or_empty(p, "area"),
        note: it.text_or_empty(p, "note"),
    }
}

fn checklist(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Checklist {
    let name = it.text(p, "name");
    let mut items: Vec<ChecklistItem> = Vec::new();
    let Some(list) = it.required(p, "items") else { return Checklist { name, items } };
    for node in list.list(p) {
        let Some(mut item) = node.table(p) else { continue };
        let read = ChecklistItem {
            key: item.text(p, "key"),
            name: item.text(p, "name"),
            standard: item.text_or_empty(p, "standard"),
            family: item.required(p, "family").and_then(|node| node.choice(p, FAMILIES)).unwrap_or(Family::Security),
            unit: item.get("unit").map(|node| node.text(p)).filter(|unit| !unit.is_empty()),
            order_urgency: item.get("urgency").and_then(|node| node.choice(p, URGENCIES)),
        };
        if items.iter().any(|other| other.key == read.key && !read.key.is_empty()) {
            let key = &read.key;
            let words = words!("检查项 key「{key}」用了两次。", "The item key “{key}” is used twice.");
            p.error(&node.span(), &node.path, words, None);
        }
        items.push(read);
        item.finish(p);
    }
    if items.is_empty() {
        p.error(&list.span(), &list.path, words!("检查表没有检查项。", "The checklist has no items."), None);
    }
    Checklist { name, items }
}

/// `"08:30"`, or `{ from = "08:00", to = "20:00", every_min = 120 }` with both ends.
fn starts(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Vec<TimeOfDay> {
    let Some(list) = it.required(p, "starts") else { return Vec::new() };
    let mut starts = BTreeSet::new();
    let nodes = list.one_or_more(p);
    if nodes.is_empty() {
        p.error(&list.span(), &list.path, words!("路线没有出发时刻。", "The route never starts."), None);
    }
    for node in nodes {
        let times = if node.is_table() { series(&node, p) } else { vec![node.time(p)] };
        for time in times {
            if !starts.insert(time) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!("出发时刻 {time} 写了两次。", "The start {time} is given twice."),
                    None,
                );
            }
        }
    }
    starts.into_iter().collect()
}

fn series(node: &Node<'_, '_>, p: &mut Problems<'_>) -> Vec<TimeOfDay> {
    let Some(mut it) = node.table(p) else { return Vec::new() };
    let from = it.required(p, "from").map_or(TimeOfDay(0), |node| node.time(p));
    let to = it.required(p, "to").map_or(from, |node| node.time(p));
    let every = it.required(p, "every_min").map_or(60, |node| node.whole(p, 5, 24 * 60));
    it.finish(p);
    if to < from {
        p.error(
            &node.span(),
            &node.path,
            words!("{to} 早于 {from}。", "{to} is before {from}."),
            Some(words!("过零点的,时刻加 24 小时。", "Past midnight, add 24 hours.")),
        );
    }
    (from.0..=to.0).step_by(usize::from(every.max(1))).map(TimeOfDay).collect()
}

fn weekdays(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Vec<u8> {
    let days: BTreeSet<u8> =
        it.list_or_empty(p, "weekdays").iter().filter_map(|node| u8::try_from(node.whole(p, 1, 7)).ok()).collect();
    days.into_iter().collect()
}

fn shift(it: &mut Fields<'_, '_>, p: &mut Problems<'_>, marks: &mut BTreeSet<char>) -> Shift {
    let name = it.text(p, "name");
    let mark = it.text(p, "mark");
    if let Some(node) = it.get("mark").filter(|_| !mark.is_empty()) {
        let mut chars = mark.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => {
                if !marks.insert(only) {
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("「{only}」已有别的意思。", "“{only}” means something else already."),
                        Some(words!("休 和 假 不是班次。", "休 and 假 are no shifts.")),
                    );
                }
            }
            _ => p.error(&node.span(), &node.path, words!("只能是一个字。", "One character, no more."), None),
        }
    }
    let from = it.required(p, "from").map_or(TimeOfDay(0), |node| node.time(p));
    let end = it.required(p, "to");
    let to = end.as_ref().map_or(from, |node| node.time(p));
    if let Some(node) = end {
        if to <= from {
            let next_day = TimeOfDay(to.0 + 24 * 60);
            p.error(
                &node.span(),
                &node.path,
                words!("班次在开始({from})之前就结束({to})。", "The shift ends ({to}) before it begins ({from})."),
                Some(words!(
                    "到次日的班次写作 to = \"{next_day}\"。",
                    "For a shift into the next day write to = \"{next_day}\"."
                )),
            );
        } else if to.0 - from.0 > 24 * 60 {
            let words = words!("班次超过 24 小时。", "The shift is longer than 24 hours.");
            p.error(&node.span(), &node.path, words, None);
        }
    }
    Shift { name, mark, from, to }
}

fn days_in(month: &str) -> Option<usize> {
    let (year, number) = month.split_once('-').filter(|(year, number)| year.len() == 4 && number.len() == 2)?;
    let first = NaiveDate::from_ymd_opt(year.parse().ok()?, number.parse().ok()?, 1)?;
    let next = first.checked_add_months(chrono::Months::new(1))?;
    next.pred_opt().and_then(|last| usize::try_from(last.day()).ok())
}

/// `"业户 5550-1502"` or `{ name = "业户", phone = "5550-1502" }`.
fn occupant(node: &Node<'_, '_>, p: &mut Problems<'_>) -> Occupant {
    if node.is_table() {
        let Some(mut it) = node.table(p) else { return Occupant { name: String::new(), phone: String::new() } };
        let occupant = Occupant {
            name: it.text(p, "name"),
            phone: it.get("phone").map(|node| phone(&node, p)).unwrap_or_default(),
        };
        it.finish(p);
        return occupant;
    }
    let text = node.text(p);
    if text.is_empty() && node.as_text().is_some() {
        p.error(&node.span(), &node.path, words!("业户没有名字。", "The occupant has no name."), None);
    }
    match text.rsplit_once(char::is_whitespace) {
        Some((name, phone)) if is_phone(phone) => Occupant { name: name.trim().to_owned(), phone: phone.to_owned() },
        _ => Occupant { name: text, phone: String::new() },
    }
}
