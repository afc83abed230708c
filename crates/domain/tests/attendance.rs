//! Attendance: signing in and out against the roster, what it amounts to, leaving the post, the watch, the month's sheet
//! (D1.1.1, D1.2.1–D1.2.4, D2.9.1, D3.5, A8 f).

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/duty.rs"]
mod duty;

use std::collections::BTreeMap;

use common::{Device, codes, just, lives_in, meet, person, shuffled, signer};
use duty::{at, day, month, rostered};
use dutybook_domain::attendance::{
    Attendance, AttendanceView, AwayState, DutyPresence, DutyState, DutyVerdict, Finding, SheetCode, month_sheet,
    on_now, record_of, shifts_of,
};
use dutybook_domain::engine::{Class, Kind};
use dutybook_domain::kinds;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::Site;
use dutybook_domain::{RecordId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const KIND: &str = "attendance";

/// The early shift of 甲 on Thursday, 11 June: 08:30–17:30.
fn shift() -> RecordId {
    record_of(person("甲").person, day("2026-06-11"), "早")
}

fn officer() -> Signer {
    signer("甲", Role::DutyOfficer)
}

fn supervisor() -> Signer {
    signer("主任", Role::CsSupervisor)
}

fn tablet(time: &str) -> Device {
    Device::of(1, rostered(), officer(), at(time))
}

fn sign_in() -> Value {
    json!({ "do": "sign_in", "uniform": true, "badge": true })
}

fn decide(verdict: &str) -> Value {
    json!({ "do": "decide", "verdict": verdict, "reason": "已核实" })
}

fn view(device: &Device, record: RecordId) -> AttendanceView {
    device.view(record)
}

fn begun(device: &Device) -> BTreeMap<RecordId, AttendanceView> {
    let ids = device.docs.keys().filter(|id| id.is_of_kind(KIND));
    ids.map(|id| (*id, view(device, *id))).collect()
}

#[test]
fn a_shift_of_the_roster_is_there_before_anybody_writes() {
    let site = rostered();
    let names = |text: &str| -> Vec<String> {
        shifts_of(&site, day(text)).into_iter().map(|(_, view)| Attendance::card(&view).title).collect()
    };
    assert_eq!(names("2026-06-11"), ["早班 · 甲", "早班 · 维修", "晚班 · 乙", "夜班 · 丙"]);
    assert_eq!(names("2026-06-14"), ["早班 · 维修", "晚班 · 乙", "夜班 · 丙"], "甲 is off");
    assert!(lives_in(shift(), Class::Duty, day("2026-06-11")) && shift().is_derived());
}

/// D1.1.1, D2.9.1: five minutes before is on time for the handover, later is not early, after the start is late.
#[test]
fn what_the_time_of_signing_in_amounts_to() {
    let table: [(&str, &[Finding]); 7] = [
        ("07:40", &[]),
        ("08:25", &[]),
        ("08:26", &[Finding::NotEarly { minutes: 4 }]),
        ("08:30", &[Finding::NotEarly { minutes: 0 }]),
        ("08:31", &[Finding::Late { minutes: 1 }]),
        ("08:45", &[Finding::Late { minutes: 15 }]),
        ("17:29", &[Finding::Late { minutes: 539 }]),
    ];
    for (time, findings) in table {
        let mut tablet = tablet(&format!("2026-06-11 {time}"));
        tablet.act(KIND, shift(), sign_in()).unwrap();
        let view = view(&tablet, shift());
        assert_eq!(view.findings, findings, "{time}");
        assert_eq!(view.to_verify(), !findings.is_empty(), "{time}");
        assert_eq!(view.presence, DutyPresence::OnDuty);
        // Nothing is ever called late before a person has said so.
        let card = tablet.project(shift()).card;
        assert_eq!(card.state_words.zh.ends_with("待核实"), !findings.is_empty(), "{time}");
    }
    // A second that was begun is a minute late.
    let mut late = tablet("2026-06-11 08:30");
    late.now = Timestamp(late.now.0 + 1_000);
    late.act(KIND, shift(), sign_in()).unwrap();
    assert_eq!(view(&late, shift()).findings, [Finding::Late { minutes: 1 }]);
}

#[test]
fn the_self_check_and_leaving_early_are_noted() {
    let mut tablet = tablet("2026-06-11 08:20");
    tablet
        .act(KIND, shift(), json!({ "do": "sign_in", "uniform": true, "badge": false, "note": "工作牌补办中" }))
        .unwrap();
    assert_eq!(view(&tablet, shift()).findings, [Finding::Appearance]);
    tablet.at(at("2026-06-11 17:10")).act(KIND, shift(), json!({ "do": "sign_out", "note": "" })).unwrap();
    let view = view(&tablet, shift());
    assert_eq!(view.findings, [Finding::EarlyLeave { minutes: 20 }, Finding::Appearance]);
    assert_eq!(view.presence, DutyPresence::Off);
    let mut other = self::tablet("2026-06-11 08:20");
    other.act(KIND, shift(), sign_in()).unwrap();
    other.at(at("2026-06-11 17:30")).act(KIND, shift(), just("sign_out")).unwrap();
    assert!(self::view(&other, shift()).findings.is_empty());
}

#[test]
fn what_is_refused_at_signing_in_and_out() {
    let table = [
        ("2026-06-11 07:29", officer(), sign_in(), "too_early"),
        ("2026-06-11 07:30", officer(), sign_in(), "ok"),
        ("2026-06-11 17:30", officer(), sign_in(), "shift_over"),
        ("2026-06-11 08:20", signer("乙", Role::DutyOfficer), sign_in(), "not_yours"),
        ("2026-06-11 08:20", supervisor(), sign_in(), "not_yours"),
        ("2026-06-11 08:20", officer(), just("sign_out"), "not_offered"),
        ("2026-06-11 08:20", officer(), just("return"), "not_offered"),
        ("2026-06-11 08:20", officer(), decide("regular"), "own"),
        ("2026-06-11 08:20", signer("乙", Role::DutyOfficer), decide("regular"), "no_role"),
        ("2026-06-11 08:20", supervisor(), decide("absent"), "not_begun"),
        ("2026-06-11 08:40", supervisor(), json!({ "do": "decide", "verdict": "late", "reason": " " }), "missing"),
        ("2026-06-11 08:40", supervisor(), decide("excused"), "ok"),
        ("2026-06-11 08:40", officer(), json!({ "do": "explain", "text": "" }), "missing"),
    ];
    for (time, who, action, code) in table {
        let mut device = Device::of(1, rostered(), who, at(time));
        assert_eq!(device.outcome(KIND, shift(), action.clone()), code, "{time} {action}");
        assert_eq!(device.docs.is_empty(), code != "ok");
    }
    let unknown = record_of(person("甲").person, day("2026-06-11"), "晚");
    assert_eq!(tablet("2026-06-11 08:20").outcome(KIND, unknown, sign_in()), "no_such_shift");
}

#[test]
fn only_somebody_above_decides_and_never_on_themselves() {
    let mut site = rostered();
    let rows = &mut site.rosters.values_mut().find(|it| it.month == "2026-06").unwrap().rows;
    rows.insert(person("主任").person, "早".repeat(30));
    let own = record_of(person("主任").person, day("2026-06-11"), "早");
    let mut desk = Device::of(1, site, supervisor(), at("2026-06-11 08:40"));
    desk.act(KIND, own, sign_in()).unwrap();
    assert!(!desk.offered(&supervisor(), own).contains(&"decide".into()));
    assert_eq!(desk.outcome(KIND, own, decide("regular")), "own");
    desk.signed_in(signer("经理", Role::CsManager)).act(KIND, own, decide("late")).unwrap();
    let card = desk.project(own).card;
    assert_eq!((card.state.as_str(), card.state_words.zh.as_str()), ("decided", "迟到"));
    // They may say what there is to say, also afterwards.
    desk.signed_in(supervisor()).act(KIND, own, json!({ "do": "explain", "text": "电梯困人,先去处理" })).unwrap();
    assert_eq!(view(&desk, own).explanations.len(), 1);

    // A decision on oneself that arrives all the same is kept and not in force.
    let body = json!({ "verdict": "regular", "reason": "自己说的" });
    desk.write_raw(own, "decided", body.as_object().unwrap().clone(), &[]);
    assert_eq!(view(&desk, own).verdict(), Some(DutyVerdict::Late));
    assert_eq!(codes(&desk.project(own)), ["no_role"]);
}

#[test]
fn an_absence_is_decided_long_after_its_day() {
    let mut desk = Device::of(1, rostered(), supervisor(), at("2026-07-01 09:00"));
    desk.act(KIND, shift(), decide("absent")).unwrap();
    let view = view(&desk, shift());
    assert_eq!((view.verdict(), view.presence), (Some(DutyVerdict::Absent), DutyPresence::Expected));
    assert_eq!(view.born, at("2026-06-11 08:30"), "it belongs to its day");
    assert!(!desk.project(shift()).card.open);
}

#[test]
fn two_decisions_made_apart_stand_side_by_side() {
    let mut desk = Device::of(1, rostered(), supervisor(), at("2026-06-11 12:00"));
    let mut office = Device::of(2, rostered(), signer("经理", Role::CsManager), at("2026-06-11 12:00"));
    desk.act(KIND, shift(), decide("absent")).unwrap();
    office.act(KIND, shift(), decide("excused")).unwrap();
    meet(&mut desk, &mut office);
    assert_eq!(desk.project(shift()).view, office.project(shift()).view);
    let two = view(&desk, shift());
    assert_eq!((two.verdicts.len(), two.verdict()), (2, None));
    assert_eq!(codes(&desk.project(shift())), ["side_by_side"]);
    desk.act(KIND, shift(), decide("excused")).unwrap();
    assert_eq!(view(&desk, shift()).verdict(), Some(DutyVerdict::Excused));
    assert!(codes(&desk.project(shift())).is_empty());
}

#[test]
fn signed_in_on_two_devices_is_once_and_the_earlier_counts() {
    let mut one = tablet("2026-06-11 08:33");
    let mut other = Device::of(2, rostered(), officer(), at("2026-06-11 08:20"));
    one.act(KIND, shift(), sign_in()).unwrap();
    other.act(KIND, shift(), sign_in()).unwrap();
    meet(&mut one, &mut other);
    assert!(view(&one, shift()).findings.is_empty());
    assert_eq!(view(&one, shift()).signed_in.unwrap().stamp.at, at("2026-06-11 08:20"));
    assert!(codes(&one.project(shift())).is_empty());
}

/// D1.2.3, A8 f.
#[test]
fn somebody_who_is_not_rostered_is_pointed_out_at_once() {
    let mut tablet = Device::of(1, rostered(), signer("乙", Role::DutyOfficer), at("2026-06-11 09:00"));
    let record = tablet.start(&tablet.who.clone(), KIND, sign_in()).unwrap();
    let view = view(&tablet, record);
    assert_eq!(view.findings, [Finding::Unrostered]);
    assert_eq!(view.plan.as_ref().unwrap().shift_name, "早班");
    let card = tablet.project(record).card;
    assert_eq!((card.state.as_str(), card.state_words.zh.as_str()), ("unrostered", "未批准顶岗,待核实"));
    let clocks = Attendance::deadlines(&view, &tablet.site.settings);
    let [clock] = clocks.as_slice() else { panic!("one clock") };
    assert_eq!((clock.code.as_str(), clock.due, clock.rings), ("unrostered", at("2026-06-11 09:00"), true));
    assert_eq!(tablet.start(&tablet.who.clone(), KIND, sign_in()).unwrap_err().code, "on_duty");
    assert_eq!(on_now(&tablet.site, tablet.now, &begun(&tablet))[0].state, DutyState::Unrostered);

    tablet.signed_in(supervisor()).act(KIND, record, decide("cover_allowed")).unwrap();
    assert!(Attendance::deadlines(&self::view(&tablet, record), &tablet.site.settings).is_empty());

    // Who is rostered signs in at their own shift.
    let mut own = self::tablet("2026-06-11 08:20");
    assert_eq!(own.start(&officer(), KIND, sign_in()).unwrap_err().code, "rostered");
    // And at an hour without any shift there is nothing to sign in for.
    let mut site = rostered();
    site.shifts.retain(|_, shift| shift.mark == "早");
    let mut night = Device::of(1, site, signer("乙", Role::DutyOfficer), at("2026-06-11 23:00"));
    assert_eq!(night.start(&signer("乙", Role::DutyOfficer), KIND, sign_in()).unwrap_err().code, "no_shift_now");
}

fn leave_post(minutes: i64) -> Value {
    let back = at("2026-06-11 10:00").plus_minutes(minutes);
    json!({ "do": "leave_post", "reason": "送文件", "cover": person("丙"), "back_at": back })
}

fn on_duty() -> Device {
    let mut tablet = tablet("2026-06-11 08:20");
    tablet.act(KIND, shift(), sign_in()).unwrap();
    tablet.at(at("2026-06-11 10:00"));
    tablet
}

/// D1.2.4: with a reason, a cover who accepts, and a time; longer than the site allows wants approval.
#[test]
fn leaving_the_post_with_a_cover() {
    let mut tablet = on_duty();
    let cover = signer("丙", Role::DutyOfficer);
    tablet.act(KIND, shift(), leave_post(30)).unwrap();
    assert_eq!(view(&tablet, shift()).presence, DutyPresence::OnDuty, "nobody has taken the post yet");
    assert_eq!(tablet.outcome(KIND, shift(), leave_post(30)), "not_offered");
    assert_eq!(tablet.outcome(KIND, shift(), just("accept_cover")), "not_yours");
    assert_eq!(tablet.outcome(KIND, shift(), just("return")), "not_offered");
    tablet.later(2).perform(&cover, KIND, shift(), just("accept_cover")).unwrap();
    let away = view(&tablet, shift());
    assert_eq!((away.presence, away.away[0].state), (DutyPresence::Away, AwayState::Out));
    assert_eq!(away.away[0].out_at, Some(at("2026-06-11 10:02")));
    assert_eq!(tablet.outcome(KIND, shift(), just("sign_out")), "not_offered", "first come back");

    let clocks = Attendance::deadlines(&away, &tablet.site.settings);
    let due: Vec<_> = clocks.iter().map(|clock| (clock.code.as_str(), clock.due, clock.rings)).collect();
    assert_eq!(
        due,
        [
            ("back", at("2026-06-11 10:30"), false),
            ("back_desk", at("2026-06-11 10:40"), true),
            ("back_supervisor", at("2026-06-11 10:50"), true),
        ]
    );
    tablet.later(20).act(KIND, shift(), just("return")).unwrap();
    let back = view(&tablet, shift());
    assert_eq!((back.presence, back.away[0].state), (DutyPresence::OnDuty, AwayState::Back));
    assert!(Attendance::deadlines(&back, &tablet.site.settings).is_empty());
    assert!(tablet.act(KIND, shift(), leave_post(60)).is_ok(), "another time");
}

#[test]
fn a_longer_absence_is_approved_first() {
    let mut tablet = on_duty();
    let cover = signer("丙", Role::DutyOfficer);
    tablet.act(KIND, shift(), leave_post(31)).unwrap();
    assert_eq!(tablet.perform(&supervisor(), KIND, shift(), just("approve_away")).unwrap_err().code, "not_offered");
    tablet.perform(&cover, KIND, shift(), just("accept_cover")).unwrap();
    assert_eq!(view(&tablet, shift()).away[0].state, AwayState::AwaitingApproval);
    assert_eq!(tablet.perform(&cover, KIND, shift(), just("approve_away")).unwrap_err().code, "no_role");
    let refuse = json!({ "do": "refuse_away", "reason": "人手不足" });
    let mut refused = tablet.clone();
    refused.perform(&supervisor(), KIND, shift(), refuse).unwrap();
    assert_eq!(view(&refused, shift()).away[0].state, AwayState::Refused);
    tablet.perform(&supervisor(), KIND, shift(), just("approve_away")).unwrap();
    assert_eq!(view(&tablet, shift()).presence, DutyPresence::Away);
}

#[test]
fn what_is_refused_at_leaving() {
    let me = json!({ "do": "leave_post", "reason": "x", "cover": person("甲"), "back_at": at("2026-06-11 10:20") });
    let stranger =
        json!({ "do": "leave_post", "reason": "x", "cover": person("路人"), "back_at": at("2026-06-11 10:20") });
    let past = json!({ "do": "leave_post", "reason": "x", "cover": person("丙"), "back_at": at("2026-06-11 10:00") });
    let why = json!({ "do": "leave_post", "reason": " ", "cover": person("丙"), "back_at": at("2026-06-11 10:20") });
    for action in [me, stranger, past, why] {
        assert_eq!(on_duty().outcome(KIND, shift(), action.clone()), "missing", "{action}");
    }
    let mut declined = on_duty();
    declined.act(KIND, shift(), leave_post(10)).unwrap();
    let no = json!({ "do": "decline_cover", "reason": "在处理来访" });
    declined.perform(&signer("丙", Role::DutyOfficer), KIND, shift(), no).unwrap();
    assert_eq!(view(&declined, shift()).away[0].state, AwayState::Declined);
    let mut withdrawn = on_duty();
    withdrawn.act(KIND, shift(), leave_post(10)).unwrap();
    withdrawn.act(KIND, shift(), just("withdraw_away")).unwrap();
    assert_eq!(view(&withdrawn, shift()).away[0].state, AwayState::Withdrawn);
}

/// A shift that was over before anybody had written a roster was decided by nobody.
#[test]
fn what_was_over_before_the_book_began_is_not_counted() {
    let mut site = rostered();
    let june = site.rosters.iter().find(|(_, roster)| roster.month == "2026-06").map(|(id, _)| *id).unwrap();
    site.rosters_since.insert(june, at("2026-06-11 20:00"));
    let state = |site: &Site, time: &str| -> DutyState {
        let board = on_now(site, at(time), &BTreeMap::new());
        board.iter().find(|duty| duty.record == shift()).unwrap().state
    };
    assert_eq!(state(&site, "2026-06-11 21:00"), DutyState::NotCounted);
    site.rosters_since.insert(june, at("2026-06-10 20:00"));
    assert_eq!(state(&site, "2026-06-11 21:00"), DutyState::NeverCame);
}

/// D1.1.1: −15 reminds, 0 is yellow, +5 calls and keeps the one before, +15 asks for a cover.
#[test]
fn the_watch_over_somebody_who_does_not_come() {
    let table = [
        ("08:14", DutyState::Later),
        ("08:15", DutyState::Soon),
        ("08:30", DutyState::Due),
        ("08:35", DutyState::Overdue),
        ("08:45", DutyState::Missing),
        ("17:30", DutyState::NeverCame),
    ];
    let site = rostered();
    for (time, state) in table {
        let now = at(&format!("2026-06-11 {time}"));
        let board = on_now(&site, now, &BTreeMap::new());
        let duty = board.iter().find(|duty| duty.record == shift()).unwrap();
        assert_eq!(duty.state, state, "{time}");
        assert_eq!(duty.to_verify, state == DutyState::NeverCame);
    }
    let view = shifts_of(&site, day("2026-06-11")).into_iter().find(|(id, _)| *id == shift()).unwrap().1;
    let rings = |view: &AttendanceView| -> Vec<(String, Timestamp)> {
        let clocks = Attendance::deadlines(view, &site.settings);
        clocks.into_iter().filter(|clock| clock.rings).map(|clock| (clock.code, clock.due)).collect()
    };
    assert_eq!(rings(&view), [("call".into(), at("2026-06-11 08:35")), ("cover".into(), at("2026-06-11 08:45"))]);
    let worker = record_of(person("维修").person, day("2026-06-11"), "早");
    let worker = shifts_of(&site, day("2026-06-11")).into_iter().find(|(id, _)| *id == worker).unwrap().1;
    assert!(rings(&worker).is_empty(), "the desk rings for those who keep a post");
}

#[test]
fn nobody_owed_a_shift_that_had_begun_before_there_was_a_roster() {
    let mut site = rostered();
    let june = site.rosters.iter().find(|(_, it)| it.month == "2026-06").map(|(id, _)| *id).unwrap();
    site.rosters_since.insert(june, at("2026-06-11 14:00"));
    let mut tablet = Device::of(1, site.clone(), officer(), at("2026-06-11 14:10"));
    let untouched = shifts_of(&site, day("2026-06-11")).into_iter().find(|(id, _)| *id == shift()).unwrap().1;
    assert!(Attendance::deadlines(&untouched, &site.settings).is_empty());
    tablet.act(KIND, shift(), sign_in()).unwrap();
    assert!(view(&tablet, shift()).findings.is_empty(), "it can be worked, and is not late");
    let sheet = month_sheet(&site, month("2026-06"), at("2026-06-12 00:00"), &BTreeMap::new());
    let row = sheet.rows.iter().find(|row| row.person == person("甲")).unwrap();
    assert!(row.cells[..11].iter().all(|cell| cell.code != SheetCode::ToVerify));
}

/// D3.5.
#[test]
fn the_month_sheet_in_codes_and_sums() {
    let mut desk = Device::of(1, rostered(), officer(), at("2026-06-11 08:20"));
    desk.act(KIND, shift(), sign_in()).unwrap();
    desk.at(at("2026-06-12 08:40"));
    let second = record_of(person("甲").person, day("2026-06-12"), "早");
    desk.act(KIND, second, sign_in()).unwrap();
    let sheet = month_sheet(&desk.site, month("2026-06"), at("2026-06-13 12:00"), &begun(&desk));
    let row = sheet.rows.iter().find(|row| row.person == person("甲")).unwrap();
    let marks: String = row.cells.iter().map(|cell| if cell.mark.is_empty() { "." } else { &cell.mark }).collect();
    assert_eq!(marks, "核核核核核核休核核核√核.休......休......休..");
    assert_eq!((row.sums.present, row.sums.to_verify, row.sums.late, row.sums.owed), (1, 10, 0, 26));

    desk.signed_in(supervisor());
    desk.act(KIND, second, decide("late")).unwrap();
    desk.act(KIND, record_of(person("甲").person, day("2026-06-10"), "早"), decide("absent")).unwrap();
    let sheet = month_sheet(&desk.site, month("2026-06"), at("2026-06-13 12:00"), &begun(&desk));
    let row = sheet.rows.iter().find(|row| row.person == person("甲")).unwrap();
    let marks: String =
        row.cells[8..13].iter().map(|cell| if cell.mark.is_empty() { "." } else { &cell.mark }).collect();
    assert_eq!(marks, "核旷√迟.");
    assert_eq!((row.sums.present, row.sums.to_verify, row.sums.late, row.sums.absent), (2, 8, 1, 1));
}

#[test]
fn the_ledger_reads_in_both_languages() {
    let mut tablet = on_duty();
    tablet.act(KIND, shift(), leave_post(40)).unwrap();
    tablet.perform(&signer("丙", Role::DutyOfficer), KIND, shift(), just("accept_cover")).unwrap();
    let lines: Vec<String> = tablet
        .project(shift())
        .lines
        .iter()
        .map(|line| format!("{} {} | {} {}", line.subject.zh, line.detail.zh, line.subject.en, line.detail.en))
        .collect();
    assert_eq!(
        lines,
        [
            "签到 早班;工装√ 工作牌√ | signed in 早班; uniform √ badge √",
            "离岗登记 送文件;顶岗:丙,须批准 | leaving the post 送文件; cover: 丙, to be approved",
            "接受顶岗  | cover accepted ",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// The order in which facts are found says nothing.
    #[test]
    fn any_order_gives_the_same_shift(order in proptest::collection::vec(0usize..64, 10), acts in proptest::collection::vec(0usize..7, 10)) {
        let mut one = on_duty();
        let mut other = Device::of(2, rostered(), supervisor(), one.now);
        other.hear(&one);
        for act in acts {
            let cover = signer("丙", Role::DutyOfficer);
            let (who, action) = match act {
                0 => (officer(), leave_post(40)),
                1 => (cover, just("accept_cover")),
                2 => (supervisor(), just("approve_away")),
                3 => (officer(), just("return")),
                4 => (supervisor(), decide("late")),
                5 => (officer(), json!({ "do": "explain", "text": "堵车" })),
                _ => { meet(&mut one, &mut other); continue; }
            };
            let device = if who == supervisor() { &mut other } else { &mut one };
            let _ = device.later(1).perform(&who, KIND, shift(), action);
        }
        meet(&mut one, &mut other);
        let record = one.read(shift()).unwrap();
        prop_assert_eq!(kinds::project(&shuffled(&record, &order)).view, one.project(shift()).view);
        prop_assert_eq!(one.project(shift()).view, other.project(shift()).view);
    }
}
