//! Spot checks (D2.3.1): drawn so that nobody knows beforehand and everybody can check afterwards; signed by both.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, just, meet, person, signer};
use dutybook_domain::engine::Kind;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::spot_check::draw::{MonthPart, Nonce};
use dutybook_domain::spot_check::{SpotCheckView, SpotDue, SpotPlan, SpotPlanView, due, plan_of};
use dutybook_domain::{Day, RecordId, Timestamp, Zone};
use serde_json::{Value, json};

fn supervisor() -> Signer {
    signer("客服主任", Role::CsSupervisor)
}

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

/// The last minute of June.
const END: Timestamp = MORNING.plus_minutes(20 * 24 * 60);

fn drawn() -> (Device, RecordId) {
    let mut device = Device::new("D1", 1);
    let plan = plan_of(MORNING.day(Zone::default()));
    device.perform(&supervisor(), "spot_plan", plan, just("draw")).unwrap();
    (device, plan)
}

fn come(device: &Device, plan: RecordId, now: Timestamp) -> Vec<SpotDue> {
    due(plan, &device.view(plan), &|label| device.secret(label), now)
}

fn check(due: Option<&SpotDue>, items: Value) -> Value {
    let drawn = due.map(|due| json!({ "plan": due.plan, "draw": due.draw, "slot": due.slot }));
    json!({ "do": "check", "drawn": drawn, "person": person("王值班"), "shift": "早班", "items": items })
}

fn good() -> Value {
    json!([{ "item": "到岗", "verdict": "good" }, { "item": "着装", "verdict": "good" }])
}

#[test]
fn a_plan_says_how_many_and_not_when() {
    let (device, plan) = drawn();
    let view: SpotPlanView = device.view(plan);
    let parts: Vec<MonthPart> = view.draws[0].slots.iter().map(|slot| slot.part).collect();
    assert_eq!(
        parts,
        [MonthPart::Night, MonthPart::Holiday, MonthPart::Any, MonthPart::Any],
        "four, one at night, one on a holiday"
    );
    assert!(view.draws[0].slots.iter().all(|slot| slot.at.is_none() && slot.nonce.is_none()));

    // All four times of the month are told once it is over, and none of them before its minute.
    let all = come(&device, plan, END);
    assert_eq!(all.len(), 4);
    for (at, one) in all.iter().enumerate() {
        assert_eq!(come(&device, plan, one.at).len(), at + 1);
        assert_eq!(come(&device, plan, one.at.plus_minutes(-1)).len(), at);
        assert!(one.at.day(Zone::default()) > MORNING.day(Zone::default()), "no time on the day of the draw");
        assert!(one.at.day(Zone::default()).month() == (2026, 6) || one.part.zh == "夜间");
    }
    // Nothing in the document lets anybody else work them out: another device computes other nonces.
    let mut other = Device::new("D2", 2);
    other.merge(&device);
    assert!(come(&other, plan, END).is_empty());
    let text = serde_json::to_string(&device.read(plan).unwrap().facts).unwrap();
    for one in &all {
        assert!(!text.contains(&one.at.0.to_string()), "a time stands in the book");
    }
}

#[test]
fn only_supervisors_draw_and_only_this_month() {
    let (mut device, plan) = drawn();
    let refused = device.perform(&officer(), "spot_plan", plan, just("draw")).unwrap_err();
    assert_eq!(refused.code, "no_role");
    for (action, code) in [
        (just("draw"), "not_offered"),
        (json!({ "do": "draw_again", "reason": " " }), "missing"),
        (json!({ "do": "draw_again", "reason": "主任电脑坏了" }), "ok"),
    ] {
        assert_eq!(device.signed_in(supervisor()).outcome("spot_plan", plan, action), code);
    }
    let view: SpotPlanView = device.view(plan);
    assert_eq!((view.draws.len(), view.draws[1].serial), (2, 1));
    assert_ne!(view.draws[0].slots[0].commitment, view.draws[1].slots[0].commitment);

    let next = plan_of(Day("2026-07-03".parse().unwrap()));
    assert_eq!(device.outcome("spot_plan", next, just("draw")), "other_month");
    let mut late = Device::new("D3", 3);
    late.at(Day("2026-06-30".parse().unwrap()).at(600, Zone::default())).signed_in(supervisor());
    assert_eq!(late.outcome("spot_plan", plan, just("draw")), "nothing_to_draw");
    assert_eq!(SpotPlan::planned(&late.site, late.now.day(Zone::default()))[0].0, plan);
}

#[test]
fn a_check_reveals_its_time_and_everybody_can_verify_it() {
    let (mut device, plan) = drawn();
    let first = come(&device, plan, END)[0].clone();
    device.signed_in(supervisor()).at(first.at.plus_minutes(-1));
    assert_eq!(device.start(&supervisor(), "spot_check", check(Some(&first), good())).unwrap_err().code, "too_early");
    device.at(first.at.plus_minutes(5));
    let record = device.start(&supervisor(), "spot_check", check(Some(&first), good())).unwrap();

    let view: SpotPlanView = device.view(plan);
    let slot = &view.draws[0].slots[usize::from(first.slot)];
    assert_eq!((slot.at, slot.check), (Some(first.at), Some(record)));
    // By hand, as an auditor would.
    let nonce = Nonce::read(slot.nonce.as_deref().unwrap()).unwrap();
    assert_eq!(nonce.commitment(), slot.commitment);
    assert_eq!(nonce.time(slot.part, &view.draws[0].urn), Some(first.at));

    assert_eq!(come(&device, plan, END).len(), 3, "it is made");
    let again = device.start(&supervisor(), "spot_check", check(Some(&first), good())).unwrap_err();
    assert_eq!(again.code, "already_made");
    let mut other = Device::new("D2", 2);
    other.hear(&device);
    other.at(END);
    let second = come(&device, plan, END)[0].clone();
    let refused = other.start(&supervisor(), "spot_check", check(Some(&second), good())).unwrap_err();
    assert_eq!(refused.code, "other_device");
}

#[test]
fn a_nonce_that_was_not_committed_to_is_not_believed() {
    let (mut device, plan) = drawn();
    let view: SpotPlanView = device.view(plan);
    let draw = view.draws[0].stamp.fact;
    device.signed_in(supervisor()).at(END);
    let body = json!({ "draw": draw, "slot": 0, "nonce": Nonce([9; 32]).hex(), "check": plan });
    device.write_raw(plan, "revealed", serde_json::from_value(body).unwrap(), &[]);
    assert_eq!(codes(&device.project(plan)), ["not_as_drawn"]);
    assert!(device.view::<SpotPlanView>(plan).draws[0].slots[0].nonce.is_none());
}

#[test]
fn both_sign_and_what_was_wrong_is_put_right() {
    let mut desk = Device::new("D1", 1);
    let poor = json!([{ "item": "到岗", "verdict": "good" }, { "item": "工牌", "verdict": "poor", "note": "未佩戴" }]);
    let mut sent = check(None, poor.clone());
    assert_eq!(desk.start(&supervisor(), "spot_check", sent.clone()).unwrap_err().code, "missing", "by when?");
    sent["rectify_by"] = json!(MORNING.plus_minutes(60));
    assert_eq!(desk.start(&officer(), "spot_check", sent.clone()).unwrap_err().code, "no_role");
    let record = desk.start(&supervisor(), "spot_check", sent.clone()).unwrap();
    let state = |device: &Device| device.project(record).card.state;

    let mut tablet = Device::new("T1", 2);
    meet(&mut desk, &mut tablet);
    assert_eq!(tablet.outcome("spot_check", record, json!({ "do": "rectify", "result": "戴上" })), "not_offered");
    let stranger = signer("老李", Role::Worker);
    assert!(tablet.offered(&stranger, record).is_empty());
    assert_eq!(tablet.perform(&stranger, "spot_check", record, just("sign")).unwrap_err().code, "not_offered");

    // Each on their own device, neither seeing the other.
    let objection = json!({ "do": "sign", "opinion": "工牌送去重做,已报备" });
    tablet.perform(&officer(), "spot_check", record, objection).unwrap();
    desk.perform(&supervisor(), "spot_check", record, just("sign")).unwrap();
    assert_eq!((state(&desk), state(&tablet)), ("signing".into(), "signing".into()));
    meet(&mut desk, &mut tablet);
    assert_eq!(desk.project(record), tablet.project(record));
    assert_eq!(state(&desk), "rectifying");
    let view: SpotCheckView = desk.view(record);
    assert_eq!(
        view.signed.as_ref().unwrap().opinion,
        "工牌送去重做,已报备",
        "what they say against it stands beside it"
    );
    assert!(!view.signed.unwrap().here);
    desk.perform(&officer(), "spot_check", record, json!({ "do": "rectify", "result": "已佩戴" })).unwrap();
    assert_eq!(state(&desk), "closed");
    assert!(codes(&desk.project(record)).is_empty());
    assert!(desk.project(record).lines.is_empty(), "discipline does not stand in the ledger that everybody reads");
}

#[test]
fn a_signature_on_the_supervisors_device_is_marked_and_their_own_counts_before_it() {
    let mut desk = Device::new("D1", 1);
    let record = desk.start(&supervisor(), "spot_check", check(None, good())).unwrap();
    let here = |signature: &str| json!({ "do": "sign_here", "signature": signature });
    assert_eq!(desk.perform(&officer(), "spot_check", record, here("M0 0")).unwrap_err().code, "not_offered");
    assert_eq!(desk.perform(&supervisor(), "spot_check", record, here(" ")).unwrap_err().code, "missing");
    let mut tablet = Device::new("T1", 2);
    meet(&mut desk, &mut tablet);
    desk.perform(&supervisor(), "spot_check", record, here("M0 0L9 9")).unwrap();
    assert!(desk.view::<SpotCheckView>(record).signed.unwrap().here);
    tablet.perform(&officer(), "spot_check", record, just("sign")).unwrap();
    meet(&mut desk, &mut tablet);
    let signed = desk.view::<SpotCheckView>(record).signed.unwrap();
    assert!(!signed.here && signed.stamp.by.name == "王值班");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let table = [
        (json!([]), "missing"),
        (json!([{ "item": " ", "verdict": "good" }]), "missing"),
        (json!([{ "item": "工牌", "verdict": "poor" }]), "missing"),
        (good(), "ok"),
    ];
    for (items, expected) in table {
        let mut device = Device::new("D1", 1);
        let done = device.start(&supervisor(), "spot_check", check(None, items.clone()));
        assert_eq!(done.as_ref().map_or_else(|refusal| refusal.code.as_str(), |_| "ok"), expected, "{items}");
    }
    let mut device = Device::new("D1", 1);
    let own = json!({ "do": "check", "person": person("客服主任"), "items": good() });
    assert_eq!(device.start(&supervisor(), "spot_check", own).unwrap_err().code, "itself");
}
