//! Days of a busy site made at random: five devices, cut off from each other now and then, do whatever the kinds offer
//! to whoever holds them.
//!
//! Whatever happens, everybody reads the same in the end; what is not in force is explained by something that its
//! writer had not seen; and a device that is never cut off has nothing that is not in force at all.
//!
//! `DUTYBOOK_ACTIONS=100000 cargo test -p dutybook-domain --test random_days` for many (a quarter of an hour).

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

#[path = "common/answers.rs"]
mod answers;
mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use answers::{Asked, Dice};
use common::Device;
use dutybook_domain::engine::{AnyKind, Class, days_around};
use dutybook_domain::record::RecordDoc;
use dutybook_domain::role::{PersonRef, Signer};
use dutybook_domain::site::Site;
use dutybook_domain::site::file::parse;
use dutybook_domain::{FactId, RecordId, Timestamp, kinds};
use serde_json::Value;

const DEMO: &str = include_str!("../../../demo/site.toml");
const DEVICES: usize = 5;
/// 08:00 at the site on 2026-11-24, a day of its roster, and on 2026-12-02, when a month is over and can be sealed.
const MORNINGS: [Timestamp; 2] = [Timestamp(1_795_478_400_000), Timestamp(1_796_169_600_000)];
/// Actions until everybody meets and is compared, and a new day begins.
const ACTIONS_A_DAY: usize = 1_000;

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
        let morning = MORNINGS[usize::try_from(seed).unwrap() % MORNINGS.len()];
        let devices = (0..DEVICES)
            .map(|at| Device::of(u8::try_from(at).unwrap() + 1, site.clone(), people[0].clone(), morning))
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
        let (kind, record) = self.choose(at);
        let device = &self.devices[at];
        let view = device.read(record).map(|doc| kinds::project(&doc).view);
        let planned = || {
            let today = device.now.day(device.site.settings.zone);
            let near = days_around(today).into_iter().flat_map(|day| kind.planned(&device.site, day));
            near.into_iter().find(|planned| planned.record == record).map(|planned| planned.view)
        };
        let shown = view.clone().or_else(planned);
        // Whoever holds the device: a few are asked, since most have no part in most records.
        let (mut who, mut offers) = (None, Vec::new());
        for _ in 0..4 {
            let asked = self.dice.one_of(&self.people).expect("a site with people").clone();
            offers = kind.offers(shown.as_ref(), &asked, &device.site);
            who = Some(asked);
            if !offers.is_empty() {
                break;
            }
        }
        let Some(who) = who else { return };
        let name = kind.name().to_owned();
        self.offered.extend(offers.iter().map(|offer| (name.clone(), offer.action.clone())));
        // The first offer is what people usually do; the rest has to happen too.
        let picked = if self.dice.chance(40) { offers.first() } else { self.dice.one_of(&offers) };
        let Some(offer) = picked.cloned() else { return };
        let people = [0, 1].map(|_| PersonRef::from(&self.people[self.dice.roll(self.people.len())]));
        let device = &self.devices[at];
        let (site, now) = (&device.site, device.now);
        let asked = Asked { kind: &name, action: &offer.action, view: shown.as_ref(), site, now, people };
        let action = asked.answer(&mut self.dice);
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
    println!("done: {done:#?}\nrefused: {refused:#?}");
    let never: Vec<_> = offered.iter().filter(|what| !done.contains_key(*what) && !elsewhere(what)).collect();
    let kinds: BTreeSet<&str> = done.keys().map(|(kind, _)| kind.as_str()).collect();
    // What is archived are the lines of a sealed month, which these days do not have.
    let begun = |kind: &&str| kinds.contains(kind) || *kind == "archive_item";
    let idle: Vec<_> = daily().into_iter().map(AnyKind::name).filter(|kind| !begun(kind)).collect();
    // A few days leave out what is rare; a hundred leave out next to nothing.
    let most = if seeds().len() < 50 { offered.len() / 4 } else { 2 };
    assert!(idle.is_empty(), "nothing was ever done with {idle:?}\nrefused: {refused:#?}");
    assert!(never.len() <= most, "offered and never done: {never:?}\nrefused: {refused:#?}");
}

/// What wants something from outside of its record that these days do not have; other tests do it.
fn elsewhere((kind, action): &(String, String)) -> bool {
    matches!(
        (kind.as_str(), action.as_str()),
        // Lines that arrive after the seal, and items that are carried into the shift.
        ("month_seal", "supplement") | ("handover", "take")
    )
}

#[test]
fn who_is_never_cut_off_has_nothing_that_is_not_in_force() {
    for seed in seeds().into_iter().take(3) {
        let mut day = Day::new(seed + 1_000, false);
        day.play(ACTIONS_A_DAY / 2);
        day.check(seed);
    }
}
