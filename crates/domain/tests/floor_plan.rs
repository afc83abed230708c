//! The plans of the site: what stands at each pin is what the book says of that place.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, signer};
use dutybook_domain::Zone;
use dutybook_domain::engine::Tone;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{PinNow, PinOf, file, plans_now};
use serde_json::json;

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn device() -> Device {
    let site = file::parse(include_str!("../../../demo/site.toml")).unwrap().site;
    Device::of(1, site, officer(), MORNING)
}

fn pin(device: &Device, name: &str) -> PinNow {
    let plans = plans_now(device, &device.site, device.now);
    plans.into_iter().flat_map(|plan| plan.pins).find(|pin| pin.name == name).unwrap()
}

#[test]
fn every_checkpoint_of_a_round_has_its_place_on_a_plan() {
    let device = device();
    let plans = plans_now(&device, &device.site, device.now);
    assert_eq!(plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>(), ["总平面", "地下一层"]);
    let pinned: Vec<&PinOf> = plans.iter().flat_map(|plan| &plan.pins).map(|pin| &pin.of).collect();
    let tour = device.site.routes.values().filter(|route| route.name.starts_with("日间巡更"));
    for stop in tour.flat_map(|route| &route.stops) {
        assert!(pinned.contains(&&PinOf::Checkpoint(stop.checkpoint)), "{}", stop.checkpoint);
    }
    assert!(plans[0].pins.iter().any(|pin| pin.name == "A座") && plans[0].pins.iter().any(|pin| pin.name == "3栋"));
}

#[test]
fn open_work_stands_at_its_building_and_what_is_done_no_longer() {
    let mut device = device();
    let quiet = pin(&device, "3栋");
    assert_eq!((quiet.tone, quiet.open.len(), quiet.patrol), (Tone::Calm, 0, None));
    let call = json!({ "do": "register", "way": "call", "rings": 2, "category": "repair", "unit_label": "3-2-1502",
        "name": "陈女士", "phone": "13800138000", "summary": "厨房跑水", "urgency": "normal", "make_order": true });
    device.start(&officer(), "contact_record", call).unwrap();
    let busy = pin(&device, "3栋");
    assert_eq!((busy.tone, busy.open.len()), (Tone::Waiting, 1));
    assert!(busy.open[0].title.contains("3-2-1502"), "{:?}", busy.open);
    assert!(pin(&device, "1栋").open.is_empty(), "the neighbour has nothing to do with it");
    let order = busy.open[0].record;
    device.perform(&officer(), "work_order", order, json!({ "do": "void", "reason": "重复" })).unwrap();
    assert!(pin(&device, "3栋").open.is_empty());
}

#[test]
fn a_missed_point_is_seen_where_it_is() {
    let mut device = device();
    let gate = pin(&device, "南大门岗");
    assert!(gate.key_area && gate.patrol.is_some());
    device.at(MORNING.day(Zone::default()).after().at(-1, Zone::default()));
    let gate = pin(&device, "南大门岗");
    let patrol = gate.patrol.unwrap();
    assert_eq!((gate.tone, patrol.done, patrol.last), (Tone::Alert, 0, None));
    assert!(patrol.missed > 0 && patrol.missed <= patrol.owed);
}
