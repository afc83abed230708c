//! Handovers (D2.9.1–D2.9.3, D1.1.2): who may do what, what stands before a signature, and what a seal keeps.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, codes, just, meet, person, shuffled, signer};
use dutybook_domain::carried::carried;
use dutybook_domain::handover::{
    ArrivalPunctuality, Disposition, HandoverState, HandoverView, PlannedHandover, compose, handovers_of, record_of,
};
use dutybook_domain::ids::Home;
use dutybook_domain::kinds;
use dutybook_domain::role::{PersonRef, Role, Signer};
use dutybook_domain::site::{InventoryItem, Post, Shift, Site};
use dutybook_domain::{Day, RecordId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const KIND: &str = "handover";

fn day() -> Day {
    Day("2026-06-11".parse().unwrap())
}

fn item(kind: &str, key: &str) -> RecordId {
    RecordId::derived(&Home::standing(kind), &[key])
}

/// A desk with four radios and two extinguishers, manned early and late.
fn site() -> Site {
    let mut site = Site::default();
    let desk = item("post", "desk");
    let thing = |name: &str, unit: &str, expected| InventoryItem { name: name.into(), unit: unit.into(), expected };
    site.posts.insert(
        desk,
        Post {
            name: "服务中心前台".into(), inventory: vec![thing("对讲机", "台", 4), thing("灭火器", "具", 2)]
        },
    );
    site.posts.insert(item("post", "store"), Post { name: "库房".into(), inventory: Vec::new() });
    for (key, from, to) in [("早班", "08:30", "17:30"), ("晚班", "17:30", "22:00")] {
        let shift = Shift {
            name: key.into(),
            mark: key.chars().take(1).collect(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            posts: vec![desk],
        };
        site.shifts.insert(item("shift", key), shift);
    }
    site
}

fn evening() -> PlannedHandover {
    handovers_of(&site(), day()).pop().unwrap()
}

fn zhang() -> Signer {
    signer("张交班", Role::DutyOfficer)
}

fn li() -> Signer {
    signer("李接班", Role::DutyOfficer)
}

fn boss() -> Signer {
    signer("客服主任", Role::CsSupervisor)
}

/// A device at 17:20, ten minutes before the change.
fn device(rank: u8) -> Device {
    Device::of(rank, site(), zhang(), day().at(17 * 60 + 20, site().settings.zone))
}

fn ok(device: &mut Device, who: &Signer, action: Value) {
    device.perform(who, KIND, evening().record, action).unwrap();
}

fn refused(device: &mut Device, who: &Signer, action: Value) -> String {
    device.perform(who, KIND, evening().record, action).unwrap_err().code
}

fn view(device: &Device) -> HandoverView {
    device.view(evening().record)
}

fn prepare() -> Value {
    json!({ "do": "prepare", "summary": "全天平稳", "notices": "明早 9 点停水", "keys": "钥匙 12 串", "area": "" })
}

fn count(radios: u16, extinguishers: u16) -> Value {
    json!({ "do": "count", "counts": [
        { "name": "对讲机", "expected": 4, "actual": radios, "condition": if radios < 4 { "missing" } else { "intact" } },
        { "name": "灭火器", "expected": 2, "actual": extinguishers, "condition": "intact" },
    ] })
}

/// Both have done everything but sign.
fn ready(device: &mut Device) {
    ok(device, &zhang(), prepare());
    ok(device, &li(), just("arrive"));
    ok(device, &li(), just("read"));
    ok(device, &li(), count(4, 2));
    ok(device, &li(), just("read_instructions"));
}

fn seal(device: &mut Device) {
    ok(device, &zhang(), json!({ "do": "sign", "signature": "张" }));
    ok(device, &li(), json!({ "do": "seal", "signature": "李" }));
}

#[test]
fn a_handover_is_planned_wherever_a_shift_begins_at_a_post() {
    let planned = handovers_of(&site(), day());
    let slots: Vec<(u16, &str, &str)> =
        planned.iter().map(|plan| (plan.slot, plan.outgoing_shift.as_str(), plan.incoming_shift.as_str())).collect();
    assert_eq!(
        slots,
        [(510, "晚班", "早班"), (1050, "早班", "晚班")],
        "the morning takes over from yesterday's late shift"
    );
    let (morning, evening) = (&planned[0], &planned[1]);
    let zone = site().settings.zone;
    assert_eq!(morning.since, day().before().at(1050, zone));
    assert_eq!((evening.since, evening.at), (day().at(510, zone), day().at(1050, zone)));
    assert_eq!(evening.record, record_of(evening.post, day(), 1050), "the same on every replica");
    let mut other = site();
    other.shifts.values_mut().for_each(|shift| shift.name.push('!'));
    assert_eq!(handovers_of(&other, day())[1].record, evening.record, "a new name does not move it");
    assert!(handovers_of(&Site::default(), day()).is_empty());
}

#[test]
fn five_minutes_early_is_on_time_and_the_start_is_late() {
    let change = evening().at;
    for (at, expected) in [
        (change.plus_minutes(-30), ArrivalPunctuality::Early),
        (change.plus_minutes(-5), ArrivalPunctuality::Early),
        (Timestamp(change.plus_minutes(-5).0 + 1), ArrivalPunctuality::NotEarly),
        (Timestamp(change.0 - 1), ArrivalPunctuality::NotEarly),
        (change, ArrivalPunctuality::Late),
        (change.plus_minutes(20), ArrivalPunctuality::Late),
    ] {
        let mut desk = device(1);
        desk.at(at);
        ok(&mut desk, &li(), just("arrive"));
        assert_eq!(view(&desk).arrival.unwrap().punctuality, expected, "{at:?}");
    }
    // Whoever comes again after a refusal was there when they first came.
    let mut desk = device(1);
    ok(&mut desk, &li(), just("arrive"));
    ok(&mut desk, &li(), json!({ "do": "refuse", "reason": "not_prepared" }));
    desk.at(change.plus_minutes(30));
    ok(&mut desk, &li(), just("arrive"));
    assert_eq!(view(&desk).arrival.unwrap().punctuality, ArrivalPunctuality::Early);
}

#[test]
fn everything_but_the_signatures_leads_to_a_sealed_sheet() {
    let mut desk = device(1);
    ready(&mut desk);
    assert!(view(&desk).gaps.is_empty());
    assert_eq!(view(&desk).state, HandoverState::UnderWay);
    seal(&mut desk);
    let sealed = view(&desk);
    assert_eq!(sealed.state, HandoverState::Sealed);
    let seal = &sealed.seals[0];
    assert_eq!(
        (seal.outgoing.as_ref().unwrap().by.name.as_str(), seal.incoming.by.name.as_str()),
        ("张交班", "李接班")
    );
    assert_eq!(seal.sheet.preparation.notices, "明早 9 点停水");
    assert_eq!(seal.sheet.counts.len(), 2);
    assert!(seal.sheet.gaps.is_empty());
    assert!(!desk.project(evening().record).card.open);
    // From now on nothing but the review is offered, and everything else is refused.
    assert!(desk.offered(&li(), evening().record).is_empty());
    assert_eq!(desk.offered(&boss(), evening().record), ["review"]);
    for action in
        [prepare(), count(3, 2), just("arrive"), just("read"), json!({ "do": "sign" }), json!({ "do": "seal" })]
    {
        assert_eq!(refused(&mut desk, &li(), action.clone()), "not_offered", "{action}");
    }
    ok(&mut desk, &boss(), json!({ "do": "review", "opinion": "阅" }));
    assert_eq!(view(&desk).state, HandoverState::Reviewed);
}

#[test]
fn a_missing_radio_blocks_both_signatures_until_the_outgoing_person_explains() {
    let mut desk = device(1);
    ready(&mut desk);
    ok(&mut desk, &li(), count(3, 2));
    assert_eq!(view(&desk).gaps[0].code, "difference_unanswered");
    assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "sign" })), "difference_unanswered");
    let answer =
        |whereabouts: &str| json!({ "do": "answer", "name": "对讲机", "whereabouts": whereabouts, "reason": "借出" });
    assert_eq!(
        refused(&mut desk, &li(), answer("在工程部")),
        "not_outgoing",
        "the incoming person cannot answer for it"
    );
    assert_eq!(refused(&mut desk, &zhang(), answer("  ")), "missing");
    assert_eq!(
        refused(&mut desk, &zhang(), json!({ "do": "answer", "name": "灭火器", "whereabouts": "x" })),
        "no_difference"
    );
    ok(&mut desk, &zhang(), answer("在工程部"));
    assert!(view(&desk).gaps.is_empty());
    // The answer holds for that count only.
    ok(&mut desk, &li(), count(2, 2));
    assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "sign" })), "difference_unanswered");
    ok(&mut desk, &li(), count(3, 2));
    seal(&mut desk);
    let sealed = view(&desk);
    let line = &sealed.seals[0].sheet.counts[0];
    assert_eq!((line.expected, line.actual), (4, Some(3)));
    assert_eq!(line.answer.as_ref().unwrap().explanation.whereabouts, "在工程部");
}

#[test]
fn damage_is_a_difference_though_the_number_is_right() {
    let mut desk = device(1);
    ready(&mut desk);
    let damaged =
        json!({ "do": "count", "counts": [{ "name": "灭火器", "expected": 2, "actual": 2, "condition": "damaged" }] });
    ok(&mut desk, &zhang(), damaged);
    assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "sign" })), "difference_unanswered");
}

#[test]
fn every_gap_stands_before_the_signature_in_the_order_of_the_steps() {
    let mut desk = device(1);
    let gap = |desk: &mut Device| refused(desk, &zhang(), json!({ "do": "sign" }));
    ok(&mut desk, &li(), just("arrive"));
    assert_eq!(gap(&mut desk), "not_prepared");
    ok(&mut desk, &zhang(), prepare());
    assert_eq!(gap(&mut desk), "not_read");
    ok(&mut desk, &li(), just("read"));
    assert_eq!(gap(&mut desk), "not_counted");
    ok(&mut desk, &li(), count(4, 2));
    assert_eq!(gap(&mut desk), "instructions_unread");
    ok(&mut desk, &li(), just("read_instructions"));
    assert_eq!(refused(&mut desk, &li(), json!({ "do": "seal" })), "not_offered", "the outgoing person signs first");
    ok(&mut desk, &zhang(), json!({ "do": "sign" }));
    // What is written after the first signature is not what was signed.
    ok(&mut desk, &zhang(), prepare());
    assert_eq!(refused(&mut desk, &li(), json!({ "do": "seal" })), "instructions_unread");
}

#[test]
fn nobody_signs_for_the_other() {
    let guard = signer("秩序维护员", Role::Guard);
    let archivist = signer("档案员", Role::Archivist);
    let mut desk = device(1);
    ready(&mut desk);
    for (who, action, code) in [
        (&zhang(), just("read"), "not_incoming"),
        (&zhang(), just("read_instructions"), "not_incoming"),
        (&zhang(), just("arrive"), "same_person"),
        (&li(), prepare(), "same_person"),
        (&li(), json!({ "do": "sign" }), "not_outgoing"),
        (&li(), json!({ "do": "explain_inspection", "reason": "x" }), "not_outgoing"),
        (&guard, count(4, 2), "not_of_this_handover"),
        (&guard, prepare(), "not_outgoing"),
        (&archivist, just("arrive"), "no_role"),
        (&li(), json!({ "do": "release", "reason": "x" }), "no_role"),
        (&boss(), json!({ "do": "release", "reason": " " }), "missing"),
        (&zhang(), json!({ "do": "review" }), "not_offered"),
    ] {
        assert_eq!(refused(&mut desk, who, action.clone()), code, "{} {action}", who.name);
    }
    ok(&mut desk, &zhang(), json!({ "do": "sign" }));
    assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "seal" })), "not_incoming", "one person does not sign twice");
}

#[test]
fn what_is_offered_is_done_and_what_is_not_offered_is_refused() {
    let actions = [
        ("prepare", prepare()),
        ("arrive", just("arrive")),
        ("read", just("read")),
        ("count", count(4, 2)),
        ("answer", json!({ "do": "answer", "name": "对讲机", "whereabouts": "维修" })),
        ("read_instructions", just("read_instructions")),
        ("explain_inspection", json!({ "do": "explain_inspection", "reason": "抢险" })),
        ("sign", json!({ "do": "sign" })),
        ("seal", json!({ "do": "seal" })),
        ("release", json!({ "do": "release", "reason": "同意" })),
        ("refuse", json!({ "do": "refuse", "reason": "incoming_unfit" })),
        ("review", json!({ "do": "review" })),
    ];
    let mut stages: Vec<Device> = Vec::new();
    let mut desk = device(1);
    ok(&mut desk, &zhang(), prepare());
    stages.push(desk.clone());
    ok(&mut desk, &li(), just("arrive"));
    stages.push(desk.clone());
    ok(&mut desk, &li(), count(3, 2));
    stages.push(desk.clone());
    let mut refusing = desk.clone();
    ok(&mut refusing, &li(), json!({ "do": "refuse", "reason": "difference_unexplained" }));
    stages.push(refusing);
    let mut whole = device(2);
    ready(&mut whole);
    stages.push(whole.clone());
    ok(&mut whole, &zhang(), json!({ "do": "sign" }));
    stages.push(whole.clone());
    ok(&mut whole, &li(), json!({ "do": "seal" }));
    stages.push(whole);
    for (stage, device) in stages.iter().enumerate() {
        for who in [zhang(), li(), boss(), signer("档案员", Role::Archivist)] {
            let offered = device.offered(&who, evening().record);
            for (name, action) in &actions {
                let done = device.clone().perform(&who, KIND, evening().record, action.clone()).is_ok();
                assert_eq!(done, offered.contains(&(*name).to_owned()), "stage {stage}, {}, {name}", who.name);
            }
        }
    }
}

#[test]
fn items_are_taken_rescheduled_or_passed_on_and_come_again_until_closed() {
    let mut desk = device(1);
    let report = |title: &str, urgency: &str| {
        json!({ "do": "report", "source": { "from": "desk" }, "title": title, "description": title, "place": "3栋",
            "reporter_name": "", "reporter_phone": "", "category": "electric", "urgency": urgency })
    };
    let lamp = desk.start(&zhang(), "work_order", report("楼道灯", "normal")).unwrap();
    let door = desk.start(&zhang(), "work_order", report("门禁", "urgent")).unwrap();
    ready(&mut desk);
    assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "sign" })), "items_open");
    let one = |record, how: Value, note: &str| {
        let mut item = json!({ "record": record, "note": note });
        item.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        json!({ "do": "take", "items": [item] })
    };
    let later = json!({ "how": "rescheduled", "until": desk.now.plus_minutes(600) });
    let past = json!({ "how": "rescheduled", "until": desk.now.plus_minutes(-1) });
    assert_eq!(refused(&mut desk, &li(), one(lamp, past, "等料")), "in_the_past");
    assert_eq!(refused(&mut desk, &li(), one(lamp, later.clone(), "")), "missing", "putting off has a reason");
    assert_eq!(refused(&mut desk, &li(), one(evening().record, json!({ "how": "taken" }), "")), "not_carried");
    let never = json!({ "how": "rescheduled", "until": desk.now.plus_minutes(60 * 24 * 4000) });
    assert_eq!(refused(&mut desk, &li(), one(lamp, never, "等料")), "no_such_time");
    ok(&mut desk, &li(), one(lamp, later, "等料"));
    // What was agreed is what rings: the clock that ran is moved, in the order itself, with the reason in its history.
    let clock = |desk: &Device, record| {
        let kind = kinds::find("work_order").unwrap();
        kind.deadlines(&desk.project(record).view, &desk.site.settings).into_iter().map(|it| it.due).min().unwrap()
    };
    assert_eq!(clock(&desk, lamp), desk.now.plus_minutes(600));
    assert!(desk.project(lamp).lines.iter().any(|line| line.subject.zh == "改期" && line.detail.zh.ends_with("等料")));
    ok(&mut desk, &li(), just("take_all"));
    assert_eq!(refused(&mut desk, &li(), just("take_all")), "nothing");
    let taken = view(&desk).taken;
    assert_eq!(taken.len(), 2);
    assert!(matches!(
        taken.iter().find(|item| item.record == lamp).unwrap().disposition,
        Disposition::Rescheduled { .. }
    ));
    assert_eq!(taken.iter().find(|item| item.record == door).unwrap().disposition, Disposition::Taken);
    seal(&mut desk);
    let sheet = view(&desk).seals[0].sheet.clone();
    assert_eq!(
        sheet.items.iter().map(|item| item.item.record).collect::<Vec<_>>(),
        [door, lamp],
        "the urgent one first"
    );
    assert_eq!(sheet.forms.orders_new, 2);
    // Tomorrow's morning finds both again.
    desk.at(day().after().at(8 * 60, desk.site.settings.zone));
    let morning = handovers_of(&desk.site, day().after()).swap_remove(0);
    desk.perform(&li(), KIND, morning.record, prepare()).unwrap();
    let next = compose(&desk.view(morning.record), &desk.site, desk.now, &desk);
    assert_eq!(next.items.len(), 2);
    assert!(next.items.iter().all(|item| item.taken.is_none()));
    // A step taken since has a clock of its own.
    let put_off = clock(&desk, lamp);
    let sent = json!({ "do": "dispatch", "to": [PersonRef::from(&zhang())] });
    desk.later(20).perform(&zhang(), "work_order", lamp, sent).unwrap();
    assert!(clock(&desk, lamp) > put_off);
}

#[test]
fn nobody_hands_over_while_something_critical_is_being_handled_unless_a_supervisor_allows_it() {
    let mut desk = device(1);
    let flood = json!({ "do": "report", "source": { "from": "desk" }, "title": "跑水", "description": "跑水", "place": "3栋",
        "reporter_name": "", "reporter_phone": "", "category": "water", "urgency": "critical" });
    desk.start(&zhang(), "work_order", flood).unwrap();
    ready(&mut desk);
    let record = carried(&desk, &desk.site.settings)[0].record;
    let later = json!([{ "record": record, "how": "rescheduled", "until": desk.now.plus_minutes(60), "note": "等料" }]);
    assert_eq!(refused(&mut desk, &li(), json!({ "do": "take", "items": later })), "critical");
    ok(&mut desk, &li(), just("take_all"));
    assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "sign" })), "critical_open");
    ok(&mut desk, &boss(), json!({ "do": "release", "reason": "工程主任已到场接管" }));
    seal(&mut desk);
    assert_eq!(view(&desk).seals[0].sheet.released.as_deref(), Some("工程主任已到场接管"));
}

#[test]
fn a_guard_passes_on_only_what_is_theirs() {
    let mut desk = device(1);
    let guard = signer("秩序维护员甲", Role::Guard);
    let report = json!({ "do": "report", "source": { "from": "desk" }, "title": "道闸", "description": "道闸", "place": "",
        "reporter_name": "", "reporter_phone": "", "category": "gate", "urgency": "normal" });
    let mine = desk.start(&zhang(), "work_order", report.clone()).unwrap();
    desk.start(&zhang(), "work_order", report).unwrap();
    let to = json!({ "do": "dispatch", "to": [person("秩序维护员甲")] });
    desk.perform(&zhang(), "work_order", mine, to).unwrap();
    desk.perform(&guard, "work_order", mine, just("accept")).unwrap();
    ok(&mut desk, &guard, prepare());
    let sheet = compose(&view(&desk), &desk.site, desk.now, &desk);
    assert_eq!(sheet.items.iter().map(|item| item.item.record).collect::<Vec<_>>(), [mine]);
}

#[test]
fn a_refusal_has_a_reason_and_the_handover_goes_on_after_it() {
    for reason in ["incident_under_way", "not_prepared", "difference_unexplained", "incoming_unfit", "incoming_absent"]
    {
        let mut desk = device(1);
        ok(&mut desk, &zhang(), prepare());
        ok(&mut desk, &zhang(), json!({ "do": "refuse", "reason": reason, "note": "已报总值班" }));
        let after = view(&desk);
        assert_eq!(after.state, HandoverState::Refused);
        assert_eq!(after.refusals.len(), 1);
        assert!(!after.refusals[0].words.zh.is_empty());
        assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "sign" })), "not_arrived");
        ready(&mut desk);
        seal(&mut desk);
        assert_eq!(view(&desk).refusals.len(), 1, "it stays on the record");
    }
}

#[test]
fn what_arrives_after_the_seal_changes_neither_sheet_nor_state() {
    let mut desk = device(1);
    ready(&mut desk);
    let mut tablet = device(2);
    tablet.hear(&desk);
    seal(&mut desk);
    // The tablet, which was out of reach, counts again without knowing of the seal.
    ok(&mut tablet, &li(), count(3, 2));
    let before = view(&desk);
    meet(&mut desk, &mut tablet);
    for device in [&desk, &tablet] {
        let after = view(device);
        assert_eq!(after.seals, before.seals, "the sheet is as it was signed");
        assert_eq!(after.counts, before.counts);
        assert_eq!(after.state, HandoverState::Sealed);
        assert_eq!(codes(&device.project(evening().record)), ["after_seal"]);
    }
}

#[test]
fn two_counts_that_did_not_see_each_other_stand_side_by_side() {
    let mut desk = device(1);
    ready(&mut desk);
    let mut tablet = device(2);
    tablet.hear(&desk);
    ok(&mut desk, &li(), count(4, 1));
    ok(&mut tablet, &zhang(), count(4, 2));
    meet(&mut desk, &mut tablet);
    for device in [&desk, &tablet] {
        assert_eq!(codes(&device.project(evening().record)), ["counts_differ"]);
        let lines = view(device).counts;
        assert!(lines[0].counted.is_some(), "both counted four radios");
        assert_eq!((lines[1].counted.is_none(), lines[1].side_by_side.len()), (true, 2));
    }
    assert_eq!(refused(&mut desk, &zhang(), json!({ "do": "sign" })), "not_counted");
    ok(&mut desk, &li(), count(4, 2));
    assert!(view(&desk).gaps.is_empty());
}

#[test]
fn a_sheet_sealed_on_two_devices_keeps_both() {
    let mut desk = device(1);
    ready(&mut desk);
    ok(&mut desk, &zhang(), json!({ "do": "sign" }));
    let mut tablet = device(2);
    tablet.hear(&desk);
    ok(&mut desk, &li(), json!({ "do": "seal", "signature": "前台" }));
    ok(&mut tablet, &li(), json!({ "do": "seal", "signature": "平板" }));
    meet(&mut desk, &mut tablet);
    assert_eq!(view(&desk), view(&tablet));
    assert_eq!(view(&desk).seals.len(), 2);
    assert_eq!(codes(&desk.project(evening().record)), ["sealed_twice"]);
}

#[test]
fn a_seal_without_the_other_signature_is_to_be_verified() {
    let mut desk = device(1);
    ready(&mut desk);
    ok(&mut desk, &zhang(), json!({ "do": "sign" }));
    let sheet = serde_json::to_value(compose(&view(&desk), &desk.site, desk.now, &desk)).unwrap();
    // A changed program lets the outgoing person seal their own sheet.
    let body = json!({ "outgoing": view(&desk).signed.unwrap().fact, "sheet": sheet, "known": {} });
    desk.write_raw(evening().record, "sealed", body.as_object().unwrap().clone(), &[]);
    assert_eq!(codes(&desk.project(evening().record)), ["one_signature"]);
}

#[test]
fn the_ledger_reads_in_both_languages() {
    let mut desk = device(1);
    ready(&mut desk);
    ok(&mut desk, &li(), count(3, 2));
    ok(
        &mut desk,
        &zhang(),
        json!({ "do": "answer", "name": "对讲机", "whereabouts": "在工程部", "responsible": "王工" }),
    );
    ok(&mut desk, &zhang(), json!({ "do": "explain_inspection", "reason": "抢险" }));
    seal(&mut desk);
    ok(&mut desk, &boss(), json!({ "do": "review", "opinion": "阅" }));
    let lines = desk.project(evening().record).lines;
    let read: Vec<String> = lines
        .iter()
        .map(|line| format!("{} {} | {} {}", line.subject.zh, line.detail.zh, line.subject.en, line.detail.en))
        .collect();
    insta::assert_snapshot!(read.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever order two devices' facts are found in, the handover reads the same.
    #[test]
    fn any_order_of_facts_gives_the_same_view(order in proptest::collection::vec(0usize..40, 40), split in 0usize..5) {
        let mut desk = device(1);
        ready(&mut desk);
        let mut tablet = device(2);
        tablet.hear(&desk);
        let steps: [(Signer, Value); 5] = [
            (li(), count(3, 2)),
            (zhang(), json!({ "do": "answer", "name": "对讲机", "whereabouts": "维修" })),
            (li(), count(4, 2)),
            (zhang(), json!({ "do": "sign" })),
            (li(), json!({ "do": "seal" })),
        ];
        for (at, (who, action)) in steps.into_iter().enumerate() {
            let device = if at < split { &mut tablet } else { &mut desk };
            let _ = device.perform(&who, KIND, evening().record, action);
        }
        meet(&mut desk, &mut tablet);
        let straight = kinds::project(&desk.read(evening().record).unwrap());
        let other = kinds::project(&shuffled(&tablet.read(evening().record).unwrap(), &order));
        prop_assert_eq!(straight.view, other.view);
        prop_assert_eq!(straight.anomalies, other.anomalies);
    }
}
