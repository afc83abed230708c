//! The walk over one file: settings, people, posts, places, checklists, checkpoints, contacts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use super::choices::{CATEGORIES, FAMILIES, ROLES, URGENCIES};
use super::read::{Fields, Keys, Node, Problems};
use super::{FirstPin, SiteFile, item_id, units};
use crate::complaint::ComplaintTopics;
use crate::ids::RecordId;
use crate::site::items::Definition;
use crate::site::{
    Checklist, ChecklistItem, Checkpoint, ContactCategory, EmergencyContact, Family, InventoryItem, Person, Place,
    Post, Retention, RetentionRule, Site, SpotChecks, Timers, WorkCategory, pin,
};
use crate::telephone::{PhoneLine, PhoneLines};
use crate::time::{TimeOfDay, Zone};
use crate::words;

/// The six that D1.1.6 names.
const NAMED_BY_THE_REGULATIONS: [ContactCategory; 6] = [
    ContactCategory::Police,
    ContactCategory::FireBrigade,
    ContactCategory::Hospital,
    ContactCategory::Water,
    ContactCategory::Gas,
    ContactCategory::Power,
];

/// The walk over one file.
pub(super) struct Reading<'a, 'i> {
    pub(super) root: Fields<'a, 'i>,
    pub(super) file: SiteFile,
    pub(super) people: Keys,
    pub(super) posts: Keys,
    pub(super) places: Keys,
    pub(super) checklists: Keys,
    pub(super) checkpoints: Keys,
}

impl<'a, 'i> Reading<'a, 'i> {
    pub(super) fn new(root: Fields<'a, 'i>) -> Self {
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

    pub(super) fn read(mut self, p: &mut Problems<'_>) -> SiteFile {
        self.settings(p);
        self.retention(p);
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
        self.work_categories(p);
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
        let contacts = self.contacts(p, &code);
        self.emergency(p, &code, &contacts);
        self.floor_plans(p, &code);
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
            if let Some(node) = it.get("lines") {
                self.file.site.settings.lines = lines(&node, p);
            }
            if let Some(node) = it.get("complaint_topics") {
                let topics = node.list(p).into_iter().map(|node| node.text(p)).filter(|topic| !topic.is_empty());
                self.file.site.settings.complaint_topics = ComplaintTopics(topics.collect());
            }
            let holidays = it.list_or_empty(p, "holidays");
            self.file.site.settings.holidays = holidays.iter().filter_map(|node| node.day(p)).collect();
            it.finish(p);
        }
        if let Some(mut it) = self.root.get("timers").and_then(|node| node.table(p)) {
            self.file.site.settings.timers = timers(&mut it, p);
            it.finish(p);
        }
        if let Some(mut it) = self.root.get("spot_checks").and_then(|node| node.table(p)) {
            self.file.site.settings.spot_checks = spot_checks(&mut it, p);
            it.finish(p);
        }
    }

    /// `[[retention]]`: with any of them the file's table is the whole table.
    fn retention(&mut self, p: &mut Problems<'_>) {
        let mut rules: Vec<RetentionRule> = Vec::new();
        for (key, mut it) in keyed(&mut self.root, p, "retention") {
            let kinds = it.required(p, "kinds").map(|node| node.one_or_more(p)).unwrap_or_default();
            let mut named = Vec::new();
            for node in kinds {
                let kind = node.text(p);
                if node.as_text().is_some() && crate::kinds::find(&kind).is_none() {
                    let words = words!("没有「{kind}」这种记录。", "There is no kind of record called “{kind}”.");
                    p.error(&node.span(), &node.path, words, None);
                }
                named.push(kind);
            }
            let for_ever = it.flag_or_no(p, "for_ever");
            let years = it.get("years").map(|node| node.whole(p, 1, 100));
            if for_ever == years.is_some() {
                p.error(
                    &it.at,
                    &it.path,
                    words!(
                        "years 与 for_ever 要写一个,只写一个。",
                        "Give either years or for_ever, and only one of them."
                    ),
                    Some(words!("years = 3,或长期保管 for_ever = true。", "years = 3, or for_ever = true.")),
                );
            }
            rules.push(RetentionRule { key, name: it.text(p, "name"), kinds: named, years });
            it.finish(p);
        }
        if !rules.is_empty() {
            self.file.site.settings.retention = Retention(rules);
        }
    }

    /// `[[work_category]]`, after the people: a team is one that somebody is of.
    fn work_categories(&mut self, p: &mut Problems<'_>) {
        for (key, mut it) in keyed(&mut self.root, p, "work_category") {
            let name = it.text(p, "name");
            let team = it.required(p, "team").map(|node| (node.text(p), node));
            if let Some((team, node)) = &team
                && !team.is_empty()
                && !self.file.site.people.values().any(|person| person.team == *team)
            {
                p.error(
                    &node.span(),
                    &node.path,
                    words!("没有人在「{team}」。", "Nobody is of the team “{team}”."),
                    Some(words!("写 [[person]] 里 team 的同一个名称。", "Use a team as some [[person]] has it.")),
                );
            }
            let signs = it.required(p, "signs").map(|node| node.one_or_more(p)).unwrap_or_default();
            let signs = signs.into_iter().map(|node| node.text(p)).filter(|sign| !sign.is_empty()).collect();
            let team = team.map(|(team, _)| team).unwrap_or_default();
            self.file.site.settings.work_categories.push(WorkCategory { key, name, team, signs });
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

    fn contacts(&mut self, p: &mut Problems<'_>, code: &str) -> Keys {
        let mut present = BTreeSet::new();
        let mut keys = Keys::default();
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
                person: it.text_or_empty(p, "person"),
                verified_on: it.get("verified_on").and_then(|node| node.day(p)),
                verified_by: it.text_or_empty(p, "verified_by"),
            };
            let id = item_id(code, EmergencyContact::KIND, &key);
            keys.insert(key, id);
            self.file.site.contacts.insert(id, contact);
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
        keys
    }
}

/// The `[[kind]]` tables with their keys; keys that are missing, malformed or taken are reported.
pub(super) fn keyed<'a, 'i>(
    root: &mut Fields<'a, 'i>,
    p: &mut Problems<'_>,
    kind: &str,
) -> Vec<(String, Fields<'a, 'i>)> {
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

/// The telephone lines; one that may be called from must be among them.
fn lines(node: &Node<'_, '_>, p: &mut Problems<'_>) -> PhoneLines {
    let mut lines: Vec<PhoneLine> = Vec::new();
    for node in node.list(p) {
        let Some(mut it) = node.table(p) else { continue };
        lines.push(PhoneLine {
            name: it.text(p, "name"),
            phone: it.get("phone").map(|node| phone(&node, p)).unwrap_or_default(),
            inbound_only: it.flag_or_no(p, "inbound_only"),
        });
        it.finish(p);
    }
    if lines.iter().all(|line| line.inbound_only) {
        p.error(
            &node.span(),
            &node.path,
            words!("没有可以拨出的线路。", "There is no line to call from."),
            Some(words!(
                "热线只接不拨(篇2 7.3),再写一条不带 inbound_only 的线路供回访用。",
                "The hotline is only answered (D2.7.3); add a line without inbound_only to call back from."
            )),
        );
    }
    PhoneLines(lines)
}

/// How spot checks are drawn; what is left out keeps its default.
fn spot_checks(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> SpotChecks {
    let mut checks = SpotChecks::default();
    for (name, count) in [
        ("per_month", &mut checks.per_month),
        ("at_night", &mut checks.at_night),
        ("on_holidays", &mut checks.on_holidays),
    ] {
        if let Some(node) = it.get(name) {
            *count = node.whole(p, 0, 60);
        }
    }
    for (name, time) in [("night_from", &mut checks.night_from), ("night_to", &mut checks.night_to)] {
        if let Some(node) = it.get(name) {
            *time = node.time(p);
        }
    }
    checks.holidays = it.list_or_empty(p, "holidays").iter().filter_map(|node| node.day(p)).collect();
    if let Some(node) = it.get("items") {
        checks.items = node.list(p).iter().map(|node| node.text(p)).filter(|item| !item.is_empty()).collect();
    }
    if checks.night_from >= checks.night_to {
        checks.night_to = TimeOfDay(checks.night_from.0 + 60);
    }
    checks
}

/// Digits, grouped as people write them, and an extension: `0551-5550 1234 转 801`.
pub(super) fn phone(node: &Node<'_, '_>, p: &mut Problems<'_>) -> String {
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

pub(super) fn is_phone(text: &str) -> bool {
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
