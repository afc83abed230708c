//! Days of a busy site made at random: five devices, cut off from each other now and then, do whatever the kinds offer
//! to whoever holds them.
//!
//! Whatever happens, everybody reads the same in the end; what is not in force is explained by something that its
//! writer had not seen; and a device that is never cut off has nothing that is not in force at all.
//!
//! `DUTYBOOK_ACTIONS=100000 cargo nextest run -p dutybook-domain random_days` for many.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use common::{Device, MORNING};
use dutybook_domain::engine::{AnyKind, Class, days_around};
use dutybook_domain::record::RecordDoc;
use dutybook_domain::role::{PersonRef, Signer};
use dutybook_domain::site::Site;
use dutybook_domain::site::file::parse;
use dutybook_domain::{FactId, RecordId, kinds};
use serde_json::{Value, json};

const DEMO: &str = include_str!("../../../demo/site.toml");
const DEVICES: usize = 5;
/// Actions until everybody meets and is compared, and a new day begins.
const ACTIONS_A_DAY: usize = 1_000;

/// A small generator of our own, so that a seed says everything.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides.max(1) as u64).unwrap()
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.roll(of.len())])
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }
}

/// What was offered, and how often it was done.
type Done = BTreeMap<(String, String), usize>;

struct Day {
    dice: Dice,
    devices: Vec<Device>,
    people: Vec<Signer>,
    cut_off: bool,
    offered: BTreeSet<(String, String)>,
    done: Done,
    refused: BTreeMap<String, usize>,
}

fn site() -> Site {
    parse(DEMO).map_err(|problems| problems.len()).expect("the demo site is without errors").site
}

fn people(site: &Site) -> Vec<Signer> {
    let each = |(id, person): (&RecordId, &dutybook_domain::site::Person)| {
        Some(Signer { person: *id, name: person.name.clone(), role: *person.roles.first()? })
    };
    site.people.iter().filter_map(each).collect()
}

/// Kinds of daily work; the site's own data has no part in a day.
fn daily() -> Vec<&'static dyn AnyKind> {
    kinds::ALL.iter().copied().filter(|kind| kind.class() != Class::Standing).collect()
}

impl Day {
    fn new(seed: u64, cut_off: bool) -> Self {
        let site = site();
        let people = people(&site);
        let devices = (0..DEVICES)
            .map(|at| Device::of(u8::try_from(at).unwrap() + 1, site.clone(), people[0].clone(), MORNING))
            .collect();
        Self {
            dice: Dice(seed),
            devices,
            people,
            cut_off,
            offered: BTreeSet::new(),
            done: Done::new(),
            refused: BTreeMap::new(),
        }
    }

    fn play(&mut self, actions: usize) {
        let mut groups = vec![0; DEVICES];
        for turn in 0..actions {
            if self.cut_off && turn % 100 == 0 {
                groups = (0..DEVICES).map(|_| self.dice.roll(3)).collect();
            }
            let at = self.dice.roll(DEVICES);
            if self.dice.chance(3) {
                let other = self.dice.roll(DEVICES);
                if other != at && groups[other] == groups[at] {
                    self.meet(at, other);
                }
            }
            if !self.cut_off {
                // Nobody acts before having heard of everything: as on one device.
                self.act_on(0);
                continue;
            }
            self.act_on(at);
        }
    }

    fn meet(&mut self, one: usize, other: usize) {
        let theirs = self.devices[other].clone();
        self.devices[one].hear(&theirs);
        let ours = self.devices[one].clone();
        self.devices[other].hear(&ours);
    }

    fn act_on(&mut self, at: usize) {
        let minutes = i64::try_from(self.dice.roll(4)).unwrap();
        self.devices[at].later(minutes);
        let who = self.dice.one_of(&self.people).expect("a site with people").clone();
        let (kind, record) = self.choose(at);
        let device = &self.devices[at];
        let view = device.read(record).map(|doc| kinds::project(&doc).view);
        let planned = || {
            let today = device.now.day(device.site.settings.zone);
            let near = days_around(today).into_iter().flat_map(|day| kind.planned(&device.site, day));
            near.into_iter().find(|planned| planned.record == record).map(|planned| planned.view)
        };
        let shown = view.clone().or_else(planned);
        let offers = kind.offers(shown.as_ref(), &who, &device.site);
        let name = kind.name().to_owned();
        self.offered.extend(offers.iter().map(|offer| (name.clone(), offer.action.clone())));
        // The first offer is what people usually do; the rest has to happen too.
        let picked = if self.dice.chance(40) { offers.first() } else { self.dice.one_of(&offers) };
        let Some(offer) = picked.cloned() else { return };
        let action = self.filled(at, &name, &offer.action, shown.as_ref());
        let before = view.as_ref().map(|_| self.devices[at].read(record));
        match self.devices[at].perform(&who, &name, record, action) {
            Ok(_) => *self.done.entry((name, offer.action)).or_default() += 1,
            Err(refusal) => {
                assert_ne!(refusal.code, "program_error", "{name} {}: {refusal}", offer.action);
                let after = view.as_ref().map(|_| self.devices[at].read(record));
                assert_eq!(before, after, "{name} {}: what is refused writes nothing", offer.action);
                *self.refused.entry(format!("{name} {} {}", offer.action, refusal.code)).or_default() += 1;
            }
        }
    }

    /// A record to do something with: one that is there, one that is owed, or a new one.
    fn choose(&mut self, at: usize) -> (&'static dyn AnyKind, RecordId) {
        let daily = daily();
        let device = &self.devices[at];
        let held: Vec<RecordId> = device.docs.keys().copied().collect();
        if held.len() > 60 || (!held.is_empty() && self.dice.chance(70)) {
            let record = held[self.dice.roll(held.len())];
            if let Some(kind) = daily.iter().find(|kind| record.is_of_kind(kind.name())) {
                return (*kind, record);
            }
        }
        let kind = daily[self.dice.roll(daily.len())];
        let today = device.now.day(device.site.settings.zone);
        let owed: Vec<RecordId> = kind.planned(&device.site, today).into_iter().map(|planned| planned.record).collect();
        match self.dice.one_of(&owed) {
            // A handful of them is enough to meet on.
            Some(_) => (kind, owed[self.dice.roll(owed.len().min(4))]),
            None => {
                let home = dutybook_domain::ids::Home { class: kind.class(), day: today, kind: kind.name() };
                let mut random = [0; 16];
                random.fill_with(|| u8::try_from(self.dice.roll(256)).unwrap());
                (kind, RecordId::fresh(&home, random))
            }
        }
    }

    /// The action with every field that any action asks for: each takes what it knows.
    fn filled(&mut self, at: usize, kind: &str, action: &str, view: Option<&Value>) -> Value {
        let now = self.devices[at].now;
        let person = |signer: &Signer| json!(PersonRef::from(signer));
        let one = person(&self.people[self.dice.roll(self.people.len())]);
        let two = person(&self.people[self.dice.roll(self.people.len())]);
        let stop = self.dice.roll(6);
        let facts = view.map(facts_in).unwrap_or_default();
        let fact = self.dice.one_of(&facts).cloned().unwrap_or_default();
        let urgency = ["critical", "urgent", "normal", "planned"][self.dice.roll(4)];
        let mut filled = json!({
            "do": action, "reason": "业户要求", "note": "说明", "text": "现在到哪一步了", "title": "楼道灯不亮",
            "description": "三层楼道灯不亮", "summary": "厨房水管漏水", "result": "已解答", "process": "已更换",
            "opinion": "satisfied", "comment": "好", "signer_name": "业户", "urgency": urgency, "to": [one, two],
            "person": one, "fact": fact, "minutes": 20, "name": "灯泡", "why": "material", "phase": "before",
            "method": "phone", "way": "call", "category": "repair", "stop": stop, "item_key": "", "item": "",
            "make_order": self.dice.chance(50), "code": "", "until": now.plus_minutes(60), "at": now,
            "satisfied": self.dice.chance(80), "without_followup_reason": "公共区域",
        });
        overrides(kind, action, view, &mut self.dice, &mut filled);
        filled
    }

    /// Everybody meets everybody.
    fn everybody_meets(&mut self) {
        for other in 1..DEVICES {
            self.meet(0, other);
        }
        for other in 1..DEVICES {
            self.meet(0, other);
        }
    }

    fn check(&self, seed: u64) {
        let first = &self.devices[0];
        for record in first.docs.keys() {
            let ours = first.project(*record);
            for other in &self.devices[1..] {
                if self.cut_off {
                    assert_eq!(other.project(*record), ours, "seed {seed}: {record} reads differently");
                }
            }
            let doc = first.read(*record).expect("it is there");
            if ours.known {
                let kind = kinds::find(&ours.kind).expect("a known kind");
                // A stored view is the same as one made anew, also after it went through JSON.
                let again: Value = serde_json::from_str(&ours.view.to_string()).expect("views are JSON");
                assert_eq!(again, ours.view, "seed {seed}: {record}");
                let _ = kind.deadlines(&ours.view, &first.site.settings);
            }
            for anomaly in &ours.anomalies {
                let what = format!("seed {seed}: {} {record}: {} {}", ours.kind, anomaly.code, anomaly.words.en);
                assert!(self.cut_off, "{what}: nobody was cut off");
                let explained = match anomaly.fact {
                    Some(fact) => has_unseen(&doc, fact),
                    None => doc.facts.iter().any(|fact| has_unseen(&doc, fact.id)),
                };
                assert!(explained, "{what}: its writer had seen everything");
            }
            for line in &ours.lines {
                assert!(!line.subject.zh.is_empty(), "seed {seed}: {} has a line without words", ours.kind);
            }
        }
    }
}

/// Whether there is a fact that did not see this one and that this one did not see.
fn has_unseen(doc: &RecordDoc, fact: FactId) -> bool {
    let after: HashMap<FactId, &[FactId]> = doc.facts.iter().map(|fact| (fact.id, fact.after.as_slice())).collect();
    let before = |from: FactId| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            for earlier in after.get(&id).copied().unwrap_or_default() {
                if seen.insert(*earlier) {
                    open.push(*earlier);
                }
            }
        }
        seen
    };
    let earlier = before(fact);
    doc.facts.iter().any(|other| other.id != fact && !earlier.contains(&other.id) && !before(other.id).contains(&fact))
}

/// Ids of facts that stand in a view, for actions that point at one.
fn facts_in(view: &Value) -> Vec<String> {
    match view {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str().filter(|_| name == "fact") {
                Some(fact) => vec![fact.to_owned()],
                None => facts_in(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(facts_in).collect(),
        _ => Vec::new(),
    }
}

/// What some actions want to be asked differently.
fn overrides(kind: &str, action: &str, view: Option<&Value>, dice: &mut Dice, filled: &mut Value) {
    match (kind, action) {
        ("work_order", "follow_up") => {
            for field in ["attitude", "timeliness", "quality"] {
                filled[field] = json!("satisfied");
            }
            filled["opinion"] = json!("很及时");
        }
        ("work_order", "use_material") => filled["quantity_milli"] = json!(1500),
        ("work_order", "decide_responsible") => {
            let values = view.and_then(|view| view.get("responsible")).and_then(Value::as_array);
            if let Some(value) = values.and_then(|values| dice.one_of(values)) {
                filled["fact"] = value["fact"].clone();
            }
        }
        ("contact_record", "follow_up") => filled["opinion"] = json!("好"),
        ("contact_record", "complete") => {
            *filled = json!({ "do": "complete" });
            for field in ["unit_label", "name", "phone", "summary", "handling"] {
                if view.and_then(|view| view.get(field)).and_then(Value::as_str).is_some_and(str::is_empty) {
                    filled[field] = json!("补");
                }
            }
        }
        ("contact_record", "mark_repeat") => {
            let home = dutybook_domain::ids::Home::standing("contact_record");
            filled["record"] = json!(RecordId::fresh(&home, [u8::try_from(dice.roll(200)).unwrap(); 16]));
        }
        ("patrol_run", _) => {
            let stops = view.and_then(|view| view.get("stops")).and_then(Value::as_array).cloned().unwrap_or_default();
            let stop = dice.one_of(&stops).cloned().unwrap_or(Value::Null);
            filled["stop"] = stop.get("index").cloned().unwrap_or(json!(0));
            filled["code"] = stop.get("code").cloned().unwrap_or(json!(""));
            filled["method"] = json!("qr");
            for (field, empty) in [("route", json!("")), ("day", json!("")), ("slot", json!(0))] {
                filled[field] = view.and_then(|view| view.get(field)).cloned().unwrap_or(empty);
            }
            filled["reason"] = match action {
                "cannot_scan" => json!("code_damaged"),
                "explain_missed" => json!("weather"),
                _ => json!("施工"),
            };
            if let Some(items) = stop.get("checklist").and_then(Value::as_array)
                && let Some(item) = dice.one_of(items)
            {
                filled["item_key"] = item["key"].clone();
                filled["results"] = json!([{ "key": item["key"], "name": item["name"], "outcome": "normal" }]);
            }
        }
        _ => {}
    }
}

fn seeds() -> Vec<u64> {
    let actions: usize = std::env::var("DUTYBOOK_ACTIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000);
    (1..=actions.div_ceil(ACTIONS_A_DAY) as u64).collect()
}

#[test]
fn devices_that_were_cut_off_read_the_same_and_what_is_not_in_force_is_explained() {
    let (mut offered, mut done, mut refused) = (BTreeSet::new(), Done::new(), BTreeMap::<String, usize>::new());
    for seed in seeds() {
        let mut day = Day::new(seed, true);
        day.play(ACTIONS_A_DAY);
        day.everybody_meets();
        day.check(seed);
        offered.append(&mut day.offered);
        for (what, count) in day.done {
            *done.entry(what).or_default() += count;
        }
        for (what, count) in day.refused {
            *refused.entry(what).or_default() += count;
        }
    }
    // Of these every action is asked for as it should be; of the others whatever can be done without being asked.
    let asked = |kind: &str| matches!(kind, "work_order" | "contact_record" | "patrol_run");
    let never: Vec<_> = offered.iter().filter(|what| asked(&what.0) && !done.contains_key(*what)).collect();
    println!("done: {done:#?}\nrefused: {refused:#?}");
    // Rare ones may be missed by a few days; none may be missed by all of them.
    let most = if seeds().len() < 10 { 12 } else { 0 };
    assert!(never.len() <= most, "offered and never done: {never:?}\nrefused: {refused:#?}");
}

#[test]
fn who_is_never_cut_off_has_nothing_that_is_not_in_force() {
    for seed in seeds().into_iter().take(3) {
        let mut day = Day::new(seed + 1_000, false);
        day.play(ACTIONS_A_DAY / 2);
        day.check(seed);
    }
}
