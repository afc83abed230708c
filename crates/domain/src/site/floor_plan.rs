//! Floor plans (平面图): a drawing of the site or of a floor with where its points and buildings are, and how things stand
//! at each of them now.
//!
//! Invariant: a pin's place is a part of the drawing's width and height, so a drawing may be scaled to any screen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::items::Definition;
use crate::engine::{Book, Kind, Tone};
use crate::ids::RecordId;
use crate::patrol_run::{StopState, runs_on, stop_state};
use crate::site::{Site, Unit};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{Source, WorkOrder, WorkOrderView};

/// Bytes of a drawing at most: it has to fit into one entry.
pub const DRAWING_MAX: usize = 128 * 1024;

/// A plan of the site or of a floor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct FloorPlan {
    /// Name: 总平面, 地下一层.
    pub name: String,
    /// Where it stands among the plans.
    pub order: u16,
    /// An SVG as text, or an image as `data:image/…;base64,…`; shown as a picture only, so nothing in it can run.
    pub drawing: String,
    /// What is where.
    pub pins: Vec<PlanPin>,
}

impl Definition for FloorPlan {
    const KIND: &'static str = "floor_plan";

    fn kind_words() -> Words {
        words!("平面图", "floor plan")
    }

    fn title(&self) -> String {
        self.name.clone()
    }
}

/// Something on a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PlanPin {
    /// What it is.
    pub of: PinOf,
    /// Thousandths of the drawing's width, from the left.
    pub x: u16,
    /// Thousandths of the drawing's height, from the top.
    pub y: u16,
}

/// What a pin stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum PinOf {
    /// A checkpoint.
    Checkpoint(RecordId),
    /// A building (栋), as units are called by it.
    Building(String),
}

/// A plan as it stands now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PlanNow {
    /// The plan.
    pub plan: RecordId,
    /// Its name.
    pub name: String,
    /// Its drawing.
    pub drawing: String,
    /// Its pins, in the plan's order.
    pub pins: Vec<PinNow>,
}

/// A pin as it stands now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PinNow {
    /// What it is.
    pub of: PinOf,
    /// Its name.
    pub name: String,
    /// Whether it is a key area (重点部位).
    pub key_area: bool,
    /// Thousandths of the drawing's width.
    pub x: u16,
    /// Thousandths of the drawing's height.
    pub y: u16,
    /// How it looks: what is worst about it.
    pub tone: Tone,
    /// How today's rounds stand here; none for a building, and where nothing is owed today.
    pub patrol: Option<PatrolHere>,
    /// Work that is open here, the oldest first.
    pub open: Vec<OpenHere>,
}

/// Today's rounds at a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PatrolHere {
    /// Visits so far.
    pub done: u32,
    /// Visits of the whole day, exempted ones not counted.
    pub owed: u32,
    /// 漏.
    pub missed: u32,
    /// When somebody was there last, today.
    pub last: Option<Timestamp>,
    /// The run that goes by here next, or went last.
    pub run: RecordId,
}

/// Open work at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OpenHere {
    /// The order.
    pub record: RecordId,
    /// 单号.
    pub number: Option<String>,
    /// Where exactly, and what.
    pub title: String,
    /// The state as read.
    pub state_words: Words,
    /// How it looks.
    pub tone: Tone,
}

/// Every plan as it stands at `now`, in the plans' order.
#[must_use]
pub fn plans_now(book: &dyn Book, site: &Site, now: Timestamp) -> Vec<PlanNow> {
    let patrol = patrol_today(book, site, now);
    let mut open: BTreeMap<PinOf, Vec<OpenHere>> = BTreeMap::new();
    for found in book.open(WorkOrder::NAME) {
        let Some(order) = found.read::<WorkOrder>() else { continue };
        let Some(place) = place_of(&order, site) else { continue };
        open.entry(place).or_default().push(OpenHere {
            record: found.record,
            number: order.number.clone(),
            title: [order.where_(), order.title.clone()].join(" ").trim().to_owned(),
            state_words: order.state_words.clone(),
            tone: found.card.tone,
        });
    }
    let pin_now = |pin: &PlanPin| {
        let (name, key_area) = named(&pin.of, site)?;
        let open = open.get(&pin.of).cloned().unwrap_or_default();
        let patrol = match &pin.of {
            PinOf::Checkpoint(point) => patrol.get(point).cloned(),
            PinOf::Building(_) => None,
        };
        let (of, x, y) = (pin.of.clone(), pin.x, pin.y);
        Some(PinNow { of, name, key_area, x, y, tone: tone(patrol.as_ref(), &open), patrol, open })
    };
    let mut plans: Vec<_> = site.floor_plans.iter().collect();
    plans.sort_by_key(|(id, plan)| (plan.order, **id));
    plans
        .into_iter()
        .map(|(id, plan)| PlanNow {
            plan: *id,
            name: plan.name.clone(),
            drawing: plan.drawing.clone(),
            pins: plan.pins.iter().filter_map(pin_now).collect(),
        })
        .collect()
}

/// A pin's name, and whether it is a key area; none when what it stands for is no longer in use.
fn named(of: &PinOf, site: &Site) -> Option<(String, bool)> {
    match of {
        PinOf::Checkpoint(id) => {
            let point = site.checkpoints.get(id)?;
            Some((point.name.clone(), site.places.get(&point.place).is_some_and(|place| place.key_area)))
        }
        // 3栋, A座; what has a name of its own keeps it.
        PinOf::Building(building) => {
            let all = |kind: fn(&char) -> bool| building.chars().all(|c| kind(&c));
            let suffix = if all(char::is_ascii_digit) {
                "栋"
            } else if all(char::is_ascii_alphabetic) {
                "座"
            } else {
                ""
            };
            Some((format!("{building}{suffix}"), false))
        }
    }
}

/// Where on a plan an order belongs: to the point where it was found, else to the building of its unit.
fn place_of(order: &WorkOrderView, site: &Site) -> Option<PinOf> {
    if let Source::Patrol { stop, .. } = &order.source {
        return Some(PinOf::Checkpoint(*stop));
    }
    let unit = order.unit.and_then(|unit| site.units.get(&unit));
    let unit = unit.or_else(|| site.units.values().find(|unit| Unit::label(unit) == order.unit_label));
    unit.map(|unit| PinOf::Building(unit.building.clone()))
}

fn tone(patrol: Option<&PatrolHere>, open: &[OpenHere]) -> Tone {
    if patrol.is_some_and(|it| it.missed > 0) || open.iter().any(|it| it.tone == Tone::Alert) {
        return Tone::Alert;
    }
    if !open.is_empty() {
        return Tone::Waiting;
    }
    match patrol {
        Some(it) if it.done == it.owed => Tone::Done,
        Some(it) if it.done > 0 => Tone::Active,
        _ => Tone::Calm,
    }
}

fn patrol_today(book: &dyn Book, site: &Site, now: Timestamp) -> BTreeMap<RecordId, PatrolHere> {
    let today = now.day(site.settings.zone);
    let mut here: BTreeMap<RecordId, PatrolHere> = BTreeMap::new();
    for (run, view) in runs_on(book, site, today) {
        for stop in view.stops.iter().filter(|stop| stop.exempted.is_none()) {
            let point = here.entry(stop.checkpoint).or_insert_with(|| PatrolHere {
                done: 0,
                owed: 0,
                missed: 0,
                last: None,
                run,
            });
            // Runs come by start: the latest that has begun, before that the first.
            if view.start <= now {
                point.run = run;
            }
            point.owed += 1;
            point.done += u32::from(stop.visited_at.is_some());
            point.missed += u32::from(stop_state(stop, now) == StopState::Missed);
            point.last = point.last.max(stop.visited_at);
        }
    }
    here
}
