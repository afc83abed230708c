//! The papers, in the words of D1.1.3, D2.5.5, D2.8.5 and D3.8: free entries, daily report, month seal, archive, work log.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, MORNING, codes, just, meet, signer};
use dutybook_domain::archive_item::{ArchiveItemView, ArchiveState};
use dutybook_domain::daily_report::{self, DailyReportView, ReportState, differences};
use dutybook_domain::engine::Class;
use dutybook_domain::ids::Home;
use dutybook_domain::journal::{JournalState, JournalView};
use dutybook_domain::known::{Known, KnownLine, Reached};
use dutybook_domain::month_seal::{self, LineNumber, Month, MonthSealView, SealState, Sealing, numbered, root_of};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::{Retention, RetentionRule};
use dutybook_domain::work_log::{self, LogState, WorkLogView};
use dutybook_domain::{Day, FactId, RecordId, Timestamp, Zone};
use proptest::prelude::*;
use serde_json::{Value, json};

const DAY_MIN: i64 = 24 * 60;

fn officer() -> Signer {
    signer("王值班", Role::DutyOfficer)
}

fn next_officer() -> Signer {
    signer("李接班", Role::DutyOfficer)
}

fn supervisor() -> Signer {
    signer("赵主任", Role::CsSupervisor)
}

fn archivist() -> Signer {
    signer("孙档案", Role::Archivist)
}

fn today() -> Day {
    MORNING.day(Zone::default())
}

fn june() -> Month {
    Month::of(today())
}

fn call(device: &mut Device, category: &str) -> RecordId {
    let call = json!({ "do": "register", "way": "call", "rings": 2, "category": category, "unit_label": "3-2-1502",
                       "name": "陈女士", "phone": "13800138000", "summary": "厨房跑水", "urgency": "normal" });
    device.start(&officer(), "contact_record", call).unwrap()
}

fn report(device: &Device) -> DailyReportView {
    device.view(daily_report::record_of(today()))
}

fn on_report(device: &mut Device, who: &Signer, action: Value) -> String {
    let done = device.perform(who, "daily_report", daily_report::record_of(today()), action);
    done.map_or_else(|refusal| refusal.code, |_| "ok".into())
}

// ---- free entries ----------------------------------------------------------------------------------------------------

#[test]
fn an_entry_is_open_while_somebody_follows_it_up() {
    let follower = json!(common::person("钱师傅"));
    for (follower, result, open) in [
        (Value::Null, "", false),
        (follower.clone(), "", true),
        (follower.clone(), "已换", false),
        (Value::Null, "已换", false),
    ] {
        let mut device = Device::new("D1", 1);
        let entry = json!({ "do": "enter", "subject": "对讲机 2 号电池鼓包", "process": "已停用", "result": result, "follower": follower });
        let record = device.start(&officer(), "journal", entry).unwrap();
        assert_eq!(device.project(record).card.open, open);
        let expected = if open { vec!["settle", "continue"] } else { vec!["continue"] };
        assert_eq!(device.offered(&officer(), record), expected);
    }
}

#[test]
fn an_entry_is_continued_and_settled_and_never_altered() {
    let mut device = Device::new("D1", 1);
    let guard = signer("钱队员", Role::Guard);
    let entry = json!({ "do": "enter", "subject": "大堂门禁失灵", "process": "已报厂家", "follower": common::person("钱师傅") });
    let record = device.start(&guard, "journal", entry).unwrap();
    assert_eq!(device.offered(&guard, record), ["continue"], "what came of it, the desk says");
    device.perform(&guard, "journal", record, json!({ "do": "continue", "process": "厂家 14 时到" })).unwrap();
    assert_eq!(device.outcome("journal", record, json!({ "do": "settle", "result": " " })), "missing");
    assert_eq!(device.outcome("journal", record, json!({ "do": "settle", "result": "换读卡头" })), "ok");
    let view: JournalView = device.view(record);
    assert_eq!(view.state, JournalState::Settled);
    assert_eq!(view.later.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["厂家 14 时到", "换读卡头"]);
    assert_eq!(view.number.as_deref(), Some("D1-0611-001"));
    let lines: Vec<String> = device.project(record).lines.iter().map(|line| line.subject.zh.clone()).collect();
    assert_eq!(lines, ["大堂门禁失灵", "续记", "办结"], "every fact is a line by itself");
    for (action, code) in [
        (json!({ "do": "settle", "result": "又一次" }), "not_offered"),
        (json!({ "do": "enter", "subject": "改写" }), "not_offered"),
        (json!({ "do": "continue", "process": "" }), "missing"),
    ] {
        assert_eq!(device.outcome("journal", record, action.clone()), code, "{action}");
    }
    assert_eq!(
        device.start(&officer(), "journal", json!({ "do": "enter", "subject": "" })).unwrap_err().code,
        "missing"
    );
    assert_eq!(
        device.start(&archivist(), "journal", json!({ "do": "enter", "subject": "x" })).unwrap_err().code,
        "no_role"
    );
}

#[test]
fn two_results_said_apart_both_stand() {
    let mut one = Device::new("D1", 1);
    let entry = json!({ "do": "enter", "subject": "漏水", "follower": common::person("钱师傅") });
    let record = one.start(&officer(), "journal", entry).unwrap();
    let mut other = Device::new("D2", 2);
    meet(&mut one, &mut other);
    one.perform(&officer(), "journal", record, json!({ "do": "settle", "result": "已堵" })).unwrap();
    other.perform(&supervisor(), "journal", record, json!({ "do": "settle", "result": "已换管" })).unwrap();
    meet(&mut one, &mut other);
    let view: JournalView = one.view(record);
    assert_eq!(view.later.len(), 2);
    assert_eq!(one.project(record).view, other.project(record).view);
    assert!(codes(&one.project(record)).is_empty(), "nobody did anything wrong");
}

// ---- daily report ----------------------------------------------------------------------------------------------------

#[test]
fn a_report_fills_itself_and_freezes_at_the_signature() {
    let mut device = Device::new("D1", 1);
    call(&mut device, "repair");
    call(&mut device, "enquiry");
    let order = device
        .start(&officer(), "work_order", json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道灯", "description": "不亮",
            "place": "3栋", "reporter_name": "业户", "reporter_phone": "", "category": "electric", "urgency": "normal" }))
        .unwrap();
    assert_eq!(
        on_report(&mut device, &officer(), json!({ "do": "write", "weather": "晴", "tomorrow": "清洗水箱" })),
        "ok"
    );
    device.later(60);
    assert_eq!(on_report(&mut device, &officer(), just("sign")), "ok");
    let view = report(&device);
    assert_eq!((view.state, view.day, view.versions.len()), (ReportState::Signed, today(), 1));
    let signed = &view.versions[0].signed;
    assert_eq!((signed.numbers.contacts.total, signed.numbers.contacts.calls), (2, 2));
    assert_eq!((signed.numbers.orders.new, signed.numbers.orders.open, signed.numbers.orders.overdue), (1, 1, 1));
    assert_eq!((signed.narrative.weather.as_str(), signed.narrative.tomorrow.as_str()), ("晴", "清洗水箱"));
    let carried: Vec<_> = signed.numbers.carried_over.iter().map(|one| one.record).collect();
    assert_eq!(carried.len(), 3, "two calls nobody answered and the order");
    assert!(carried.contains(&order));

    // More happens, and somebody types on: the signed version is as it was.
    call(&mut device, "help");
    on_report(&mut device, &officer(), json!({ "do": "write", "weather": "雨" }));
    assert_eq!(report(&device).versions[0].signed, *signed);
    let now = daily_report::numbers::of_day(&device, &device.site, today(), device.now.plus_minutes(1));
    let said: Vec<String> = differences(&signed.numbers, &now).into_iter().map(|words| words.zh).collect();
    assert!(said.contains(&"来电 2 → 3".to_owned()) && said.contains(&"求助 0 → 1".to_owned()), "{said:?}");

    assert_eq!(on_report(&mut device, &officer(), just("sign_anew")), "ok");
    let view = report(&device);
    assert_eq!(view.versions.iter().map(|version| version.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(view.versions[1].signed.narrative.weather, "雨");
    assert!(codes(&device.project(daily_report::record_of(today()))).is_empty());
}

#[test]
fn the_evening_s_numbers_do_not_change_by_what_is_done_the_next_day() {
    let mut device = Device::new("D1", 1);
    let order = device
        .start(&officer(), "work_order", json!({ "do": "report", "source": { "from": "desk" }, "title": "楼道灯", "description": "不亮",
            "place": "3栋", "reporter_name": "业户", "reporter_phone": "", "category": "electric", "urgency": "normal" }))
        .unwrap();
    let evening = today().at(DAY_MIN, Zone::default());
    device.at(evening);
    let before = daily_report::numbers::of_day(&device, &device.site, today(), device.now);
    device.later(10 * 60);
    let worker = json!([common::person("钱师傅")]);
    device.perform(&officer(), "work_order", order, json!({ "do": "dispatch", "to": worker })).unwrap();
    let hand = signer("钱师傅", Role::Worker);
    for action in [just("accept"), just("arrive"), json!({ "do": "finish", "process": "换灯管" })] {
        device.later(10);
        device.perform(&hand, "work_order", order, action).unwrap();
    }
    let after = daily_report::numbers::of_day(&device, &device.site, today(), device.now);
    assert!(differences(&before, &after).is_empty(), "{:?}", differences(&before, &after));
    assert_eq!((after.orders.new, after.orders.done, after.orders.open), (1, 0, 1));
    let next = daily_report::numbers::of_day(&device, &device.site, today().after(), device.now);
    assert_eq!((next.orders.new, next.orders.done, next.orders.open), (0, 1, 0));
}

#[rustfmt::skip]
const REPORT: &[(&[&str], &str, &str)] = &[
    (&[], "desk", "sign write"),
    (&[], "supervisor", "sign write"),
    (&["sign"], "signer", "write sign_anew"),
    (&["sign"], "desk", "take_over write sign_anew"),
    (&["sign"], "supervisor", "review take_over write sign_anew"),
    (&["sign", "take_over"], "other", "write sign_anew"),
    (&["sign", "review"], "desk", "take_over write sign_anew"),
    (&["sign", "take_over", "review"], "supervisor", "write sign_anew"),
    (&["sign"], "guard", ""),
];

#[test]
fn the_report_s_table_says_who_may_do_what_where() {
    const ACTIONS: [&str; 5] = ["write", "sign", "sign_anew", "take_over", "review"];
    for (way, row, expected) in REPORT {
        let mut device = Device::new("D1", 1);
        for step in *way {
            let who = match *step {
                "sign" => officer(),
                "take_over" => next_officer(),
                _ => supervisor(),
            };
            assert_eq!(on_report(&mut device, &who, just(step)), "ok", "{way:?}");
        }
        let who = match *row {
            "signer" => officer(),
            "desk" => next_officer(),
            "other" => signer("周值班", Role::DutyOfficer),
            "supervisor" => supervisor(),
            _ => signer("钱队员", Role::Guard),
        };
        let expected: Vec<&str> = expected.split_whitespace().collect();
        let mut offered = device.offered(&who, daily_report::record_of(today()));
        assert_eq!(offered, expected, "{way:?} {row}");
        let mut done: Vec<String> = Vec::new();
        for action in ACTIONS {
            let mut copy = device.clone();
            let body = if action == "write" { json!({ "do": "write", "remark": "x" }) } else { just(action) };
            if on_report(&mut copy, &who, body) == "ok" {
                done.push(action.into());
            }
        }
        offered.sort();
        done.sort();
        assert_eq!(done, offered, "what is not offered is refused: {way:?} {row}");
    }
}

#[test]
fn nobody_signs_a_day_that_has_not_come_or_was_never_owed() {
    let mut device = Device::new("D1", 1);
    let tomorrow = daily_report::record_of(today().after());
    assert_eq!(device.outcome("daily_report", tomorrow, just("sign")), "not_yet");
    device.site.since = MORNING;
    let long_ago = daily_report::record_of(today().before());
    assert_eq!(device.outcome("daily_report", long_ago, just("sign")), "no_such_record");
    assert_eq!(device.outcome("daily_report", daily_report::record_of(today()), just("write")), "missing");
}

#[test]
fn two_signatures_apart_are_two_versions_and_a_text_typed_apart_is_not_lost() {
    let (mut one, mut other) = (Device::new("D1", 1), Device::new("D2", 2));
    on_report(&mut one, &officer(), json!({ "do": "write", "remark": "电梯年检" }));
    on_report(&mut other, &next_officer(), json!({ "do": "write", "remark": "3栋停水" }));
    meet(&mut one, &mut other);
    for device in [&one, &other] {
        let remark = report(device).narrative.remark;
        assert!(remark.contains("电梯年检") && remark.contains("3栋停水"), "{remark}");
    }
    assert_eq!(report(&one).narrative, report(&other).narrative);
    // Whoever writes next makes one text of it, and it stays one.
    on_report(&mut one, &officer(), json!({ "do": "write", "remark": "电梯年检;3栋停水" }));
    meet(&mut one, &mut other);
    assert_eq!(report(&other).narrative.remark, "电梯年检;3栋停水");
    on_report(&mut other, &next_officer(), json!({ "do": "write", "remark": "电梯年检;3栋停水,已通知" }));
    meet(&mut one, &mut other);
    assert_eq!(report(&one).narrative.remark, "电梯年检;3栋停水,已通知");

    on_report(&mut one, &officer(), just("sign"));
    on_report(&mut other, &next_officer(), just("sign"));
    meet(&mut one, &mut other);
    let project = one.project(daily_report::record_of(today()));
    assert_eq!(report(&one).versions.len(), 2);
    assert_eq!(codes(&project), ["signed_apart"]);
    assert_eq!(project.view, other.project(daily_report::record_of(today())).view);
}

#[test]
fn what_was_signed_is_neither_corrected_nor_voided() {
    let mut device = Device::new("D1", 1);
    let record = daily_report::record_of(today());
    on_report(&mut device, &officer(), json!({ "do": "write", "weather": "晴" }));
    on_report(&mut device, &officer(), just("sign"));
    let signed = report(&device).versions[0].clone();
    let of = signed.stamp.fact;
    let amend = json!({ "do": "amend", "of": of, "field": "narrative", "value": { "weather": "雨" }, "reason": "改" });
    assert_eq!(on_report(&mut device, &supervisor(), amend), "signed_stays");
    assert_eq!(
        on_report(&mut device, &supervisor(), json!({ "do": "void_fact", "of": of, "reason": "x" })),
        "signed_stays"
    );
    assert_eq!(on_report(&mut device, &officer(), json!({ "do": "note", "text": "当日停电一小时" })), "ok");
    // A program that does it nevertheless changes nothing.
    device.signed_in(supervisor());
    let body = json!({ "of": of, "field": "narrative", "value": { "weather": "雨" }, "reason": "改" });
    device.write_raw(record, "amended", body.as_object().unwrap().clone(), &[]);
    let body = json!({ "of": of, "reason": "改" });
    device.write_raw(record, "fact_voided", body.as_object().unwrap().clone(), &[]);
    assert_eq!(report(&device).versions, [signed]);
    assert_eq!(codes(&device.project(record)), ["signed_stays"]);
}

// ---- month seal --------------------------------------------------------------------------------------------------------

fn known_line(at: i64, writer: &str, seq: u64, kind: &str) -> KnownLine {
    let mut random = [0; 4];
    random[3] = u8::try_from(seq % 250).unwrap();
    let fact = FactId::new(&[writer.as_bytes()[0]; 32], Timestamp(at), random);
    let entry = Reached { seq, hash: format!("{writer}{seq}") };
    let volume = "demo/duty/2026-06".into();
    KnownLine { at: Timestamp(at), fact, kind: kind.into(), volume, writer: writer.into(), entry }
}

fn frontier(reached: &[(&str, u64)]) -> Known {
    let mut known = Known::default();
    for (writer, seq) in reached {
        known.reach("demo/duty/2026-06", writer, &Reached { seq: *seq, hash: format!("{writer}{seq}") });
    }
    known
}

#[test]
fn numbers_have_no_gaps_and_a_late_line_never_renumbers() {
    let lines = vec![
        known_line(1_000, "a", 1, "journal"),
        known_line(3_000, "a", 2, "journal"),
        known_line(2_000, "b", 1, "journal"),
        known_line(500, "b", 2, "journal"),
        known_line(100, "c", 1, "journal"),
    ];
    let (seal, supplement) = (frontier(&[("a", 2), ("b", 1)]), frontier(&[("a", 2), ("b", 2)]));
    let number = |seals: &[Sealing<'_>], writer: &str, seq: u64| {
        let found = numbered(lines.clone(), seals);
        found.into_iter().find(|one| one.line.writer == writer && one.line.entry.seq == seq).unwrap().number
    };
    let sealed = [Sealing { known: &seal }];
    for (writer, seq, expected) in [
        ("a", 1, LineNumber::Sealed { number: 1 }),
        ("b", 1, LineNumber::Sealed { number: 2 }),
        ("a", 2, LineNumber::Sealed { number: 3 }),
        // Written earlier by its clock, and not there when the month was sealed.
        ("b", 2, LineNumber::Unsealed),
        ("c", 1, LineNumber::Unsealed),
    ] {
        assert_eq!(number(&sealed, writer, seq), expected, "{writer}{seq}");
    }
    let both = [Sealing { known: &seal }, Sealing { known: &supplement }];
    for (writer, seq, expected) in [
        ("a", 1, LineNumber::Sealed { number: 1 }),
        ("a", 2, LineNumber::Sealed { number: 3 }),
        ("b", 2, LineNumber::Late { number: 1 }),
        ("c", 1, LineNumber::Unsealed),
    ] {
        assert_eq!(number(&both, writer, seq), expected, "{writer}{seq}");
    }
}

#[test]
fn the_root_says_when_anything_differs() {
    let known = frontier(&[("a", 2)]);
    let lines = [known_line(1_000, "a", 1, "journal"), known_line(2_000, "a", 2, "journal")];
    let root = |month, previous: &str, known: &Known, lines: &[KnownLine]| root_of(month, previous, known, lines);
    let right = root(june(), "", &known, &lines);
    assert_eq!(right.len(), 64);
    let mut changed = lines.clone();
    changed[0].entry.hash = "a1'".into();
    let mut moved = lines.clone();
    moved[1].at = Timestamp(2_001);
    for (what, other) in [
        ("month", root(june().after(), "", &known, &lines)),
        ("previous root", root(june(), "x", &known, &lines)),
        ("frontier", root(june(), "", &frontier(&[("a", 3)]), &lines)),
        ("an entry's bytes", root(june(), "", &known, &changed)),
        ("a time", root(june(), "", &known, &moved)),
        ("a line less", root(june(), "", &known, &lines[..1])),
    ] {
        assert_ne!(right, other, "{what}");
    }
}

proptest! {
    #[test]
    fn every_replica_numbers_alike_whatever_came_first(
        shuffled in Just((0..12u64).map(|seq| known_line(i64::try_from(seq * 7919 % 5000).unwrap(), if seq % 3 == 0 { "a" } else { "b" }, seq + 1, "journal")).collect::<Vec<_>>()).prop_shuffle(),
        a in 0..14u64, b in 0..14u64,
    ) {
        let known = frontier(&[("a", a), ("b", b)]);
        let mut sorted = shuffled.clone();
        sorted.sort_by_key(|line| (line.writer.clone(), line.entry.seq));
        let seals = [Sealing { known: &known }];
        prop_assert_eq!(numbered(shuffled, &seals), numbered(sorted.clone(), &seals));
        let count = numbered(sorted, &seals).iter().filter(|one| one.number != LineNumber::Unsealed).count();
        let numbers: Vec<_> = (1..=count).collect();
        let found: Vec<usize> = numbered(backwards(), &seals).iter().filter_map(|one| match one.number {
            LineNumber::Sealed { number } => Some(number as usize),
            _ => None,
        }).collect();
        prop_assert_eq!(found, numbers);
    }
}

fn backwards() -> Vec<KnownLine> {
    (0..12u64)
        .rev()
        .map(|seq| {
            let writer = if seq % 3 == 0 { "a" } else { "b" };
            known_line(i64::try_from(seq * 7919 % 5000).unwrap(), writer, seq + 1, "journal")
        })
        .collect()
}

#[test]
fn a_month_is_sealed_by_a_supervisor_when_it_is_over() {
    let mut device = Device::new("D1", 1);
    let record = month_seal::record_of(june());
    device.site.since = june().first().at(0, Zone::default());
    assert_eq!(
        device.perform(&supervisor(), "month_seal", record, just("seal")).unwrap_err().code,
        "no_such_record",
        "June is not over"
    );
    device.at(june().after().first().at(9 * 60, Zone::default()));
    assert_eq!(device.perform(&officer(), "month_seal", record, just("seal")).unwrap_err().code, "no_role");
    assert_eq!(
        device.perform(&supervisor(), "month_seal", record, just("supplement")).unwrap_err().code,
        "not_offered"
    );
    device.perform(&supervisor(), "month_seal", record, just("seal")).unwrap();
    let view: MonthSealView = device.view(record);
    assert_eq!((view.month, view.state, view.seals.len()), (june(), SealState::Sealed, 1));
    assert_eq!(view.seals[0].cover, format!("dutybook:seal:2026-06:0:{}", view.seals[0].seal.root));
    assert_eq!(device.perform(&supervisor(), "month_seal", record, just("seal")).unwrap_err().code, "not_offered");
    assert_eq!(
        device.perform(&supervisor(), "month_seal", record, just("supplement")).unwrap_err().code,
        "nothing_late"
    );
    let may = month_seal::record_of(june().before());
    assert_eq!(
        device.perform(&supervisor(), "month_seal", may, just("seal")).unwrap_err().code,
        "no_such_record",
        "before the site's time"
    );
}

#[test]
fn two_seals_made_apart_number_by_the_first_and_prove_both() {
    let (mut one, mut other) = (Device::new("D1", 1), Device::new("D2", 2));
    let record = month_seal::record_of(june());
    for device in [&mut one, &mut other] {
        device.at(june().after().first().at(9 * 60, Zone::default()));
    }
    one.perform(&supervisor(), "month_seal", record, just("seal")).unwrap();
    other.perform(&signer("钱经理", Role::CsManager), "month_seal", record, just("seal")).unwrap();
    meet(&mut one, &mut other);
    let view: MonthSealView = one.view(record);
    assert_eq!((view.seals.len(), view.beside.len()), (1, 1));
    assert_eq!(codes(&one.project(record)), ["sealed_twice"]);
    assert_eq!(one.project(record).view, other.project(record).view);
}

#[test]
fn months_follow_each_other() {
    for (month, before, after, last) in [
        ("2026-01", "2025-12", "2026-02", "2026-01-31"),
        ("2026-12", "2026-11", "2027-01", "2026-12-31"),
        ("2028-02", "2028-01", "2028-03", "2028-02-29"),
    ] {
        let month: Month = month.parse().unwrap();
        assert_eq!((month.before().to_string(), month.after().to_string()), (before.into(), after.into()));
        assert_eq!(month.last().to_string(), last);
    }
    assert!("2026-13".parse::<Month>().is_err() && "June".parse::<Month>().is_err());
}

// ---- archive -----------------------------------------------------------------------------------------------------------

/// An item of June as a seal lists it.
fn listed(device: &mut Device, years: Option<u16>) -> RecordId {
    let rule = |rule: &RetentionRule| RetentionRule { years, ..rule.clone() };
    device.site.settings.retention = Retention(Retention::default().0.iter().map(rule).collect());
    device.start(&officer(), "journal", json!({ "do": "enter", "subject": "更换灭火器" })).unwrap();
    device.at(june().after().first().at(9 * 60, Zone::default()));
    device.perform(&supervisor(), "month_seal", month_seal::record_of(june()), just("seal")).unwrap();
    let home = Home { class: Class::Duty, day: june().after().first(), kind: "archive_item" };
    RecordId::derived(&home, &["2026-06", "ledger"])
}

#[test]
fn a_seal_lists_what_it_holds_by_the_retention_it_falls_under() {
    let mut device = Device::new("D1", 1);
    call(&mut device, "enquiry");
    let item = listed(&mut device, Some(3));
    let items: Vec<ArchiveItemView> = device
        .docs
        .keys()
        .filter(|record| record.is_of_kind("archive_item"))
        .map(|record| device.view(*record))
        .collect();
    assert_eq!(items.len(), 2, "calls are one sort of papers, free entries another");
    let view: ArchiveItemView = device.view(item);
    let seal: MonthSealView = device.view(month_seal::record_of(june()));
    assert_eq!((view.listing.month, view.listing.years, view.state), (june(), Some(3), ArchiveState::Listed));
    assert_eq!(view.listing.root, seal.seals[0].seal.root);
    assert_eq!(items.iter().map(|item| item.listing.lines).sum::<u32>(), seal.seals[0].seal.lines);
    assert_eq!(view.listing.keep_until, Some(Day("2029-07-01".parse().unwrap()).at(0, Zone::default())));
}

#[test]
fn what_comes_late_is_numbered_by_a_supplement_behind_the_seal() {
    let mut device = Device::new("D1", 1);
    listed(&mut device, Some(1));
    let record = month_seal::record_of(june());
    assert_eq!(
        device.perform(&supervisor(), "month_seal", record, just("supplement")).unwrap_err().code,
        "nothing_late"
    );
    let sealed: MonthSealView = device.view(record);
    let july = device.now;
    device.at(MORNING);
    device.start(&officer(), "journal", json!({ "do": "enter", "subject": "平板上迟到的一条" })).unwrap();
    device.at(july);
    device.perform(&supervisor(), "month_seal", record, just("supplement")).unwrap();
    let view: MonthSealView = device.view(record);
    assert_eq!(view.seals[0], sealed.seals[0], "the seal is as it was");
    assert_eq!((view.seals.len(), view.seals[1].seal.lines), (2, 1));
    assert_ne!(view.seals[0].seal.root, view.seals[1].seal.root);
    assert_eq!(
        device.perform(&supervisor(), "month_seal", record, just("supplement")).unwrap_err().code,
        "nothing_late"
    );
    let amend = json!({ "do": "void_fact", "of": view.seals[0].stamp.fact, "reason": "重封" });
    assert_eq!(device.perform(&supervisor(), "month_seal", record, amend).unwrap_err().code, "signed_stays");
}

#[test]
fn destruction_takes_two_people_and_the_end_of_the_retention() {
    let mut device = Device::new("D1", 1);
    let item = listed(&mut device, Some(1));
    let act = |device: &mut Device, who: &Signer, action: Value| {
        device.perform(who, "archive_item", item, action).map_or_else(|refusal| refusal.code, |_| "ok".into())
    };
    let propose = json!({ "do": "propose_destruction", "basis": "保管期满" });
    assert_eq!(act(&mut device, &archivist(), propose.clone()), "not_offered", "nobody received it yet");
    assert_eq!(act(&mut device, &officer(), json!({ "do": "receive", "place": "B1" })), "no_role");
    assert_eq!(act(&mut device, &archivist(), json!({ "do": "receive", "place": "" })), "missing");
    assert_eq!(act(&mut device, &archivist(), json!({ "do": "receive", "place": "档案柜 2-3" })), "ok");
    assert_eq!(act(&mut device, &archivist(), propose.clone()), "kept");
    device.later(400 * DAY_MIN);
    assert_eq!(act(&mut device, &archivist(), propose.clone()), "ok");
    assert_eq!(act(&mut device, &archivist(), just("confirm_destruction")), "not_offered", "the same person");
    assert_eq!(act(&mut device, &supervisor(), json!({ "do": "withdraw_destruction", "reason": "有诉讼" })), "ok");
    assert_eq!(device.view::<ArchiveItemView>(item).state, ArchiveState::Kept);
    assert_eq!(act(&mut device, &archivist(), propose), "ok");
    assert_eq!(act(&mut device, &supervisor(), just("confirm_destruction")), "ok");
    let view: ArchiveItemView = device.view(item);
    assert_eq!(view.state, ArchiveState::Destroyed);
    let destruction = view.destruction.unwrap();
    assert_eq!(
        (destruction.proposed.by.name.as_str(), destruction.confirmed.unwrap().by.name.as_str()),
        ("孙档案", "赵主任")
    );
    assert!(device.offered(&supervisor(), item).is_empty(), "what is destroyed stays in the register");
}

#[test]
fn what_is_kept_for_ever_is_never_destroyed() {
    let mut device = Device::new("D1", 1);
    let item = listed(&mut device, None);
    device.perform(&archivist(), "archive_item", item, json!({ "do": "receive", "place": "档案室" })).unwrap();
    device.later(100 * 365 * DAY_MIN);
    assert!(!device.offered(&archivist(), item).contains(&"propose_destruction".to_owned()));
    // Written past the rules, it is not in force.
    device.signed_in(archivist());
    let basis = json!({ "basis": "柜子满了" });
    device.write_raw(item, "destruction_proposed", basis.as_object().unwrap().clone(), &[]);
    assert_eq!(codes(&device.project(item)), ["kept"]);
    assert_eq!(device.view::<ArchiveItemView>(item).state, ArchiveState::Kept);
}

#[test]
fn the_same_person_s_second_signature_is_not_in_force() {
    let mut device = Device::new("D1", 1);
    let item = listed(&mut device, Some(1));
    device.perform(&archivist(), "archive_item", item, json!({ "do": "receive", "place": "档案室" })).unwrap();
    device.later(400 * DAY_MIN);
    device
        .perform(&archivist(), "archive_item", item, json!({ "do": "propose_destruction", "basis": "期满" }))
        .unwrap();
    device.signed_in(archivist());
    device.write_raw(item, "destruction_confirmed", serde_json::Map::new(), &[]);
    assert_eq!(codes(&device.project(item)), ["same_person"]);
    assert_eq!(device.view::<ArchiveItemView>(item).state, ArchiveState::ToBeDestroyed);
}

// ---- work log ----------------------------------------------------------------------------------------------------------

#[test]
fn a_log_is_written_signed_sent_and_receipted() {
    let mut device = Device::new("D1", 1);
    let log = work_log::record_of(today());
    let export = json!({ "do": "note_export", "file": "demo-2026-06-11-work-log.json", "sha256": "00", "masked": 1 });
    let receipt = json!({ "do": "note_receipt", "receipt": "网站编号 881" });
    assert_eq!(device.outcome("work_log", log, just("sign")), "missing", "nothing was written");
    assert_eq!(device.outcome("work_log", log, export.clone()), "not_offered");
    for (action, state) in [
        (json!({ "do": "write", "text": "一、主要工作\n3-2-1502 跑水,电话 13800138000" }), LogState::Draft),
        (just("sign"), LogState::Queued),
        (export.clone(), LogState::Exported),
        (export, LogState::Exported),
        (receipt.clone(), LogState::Receipted),
    ] {
        assert_eq!(device.outcome("work_log", log, action.clone()), "ok", "{action}");
        assert_eq!(device.view::<WorkLogView>(log).state, state);
    }
    for action in [json!({ "do": "write", "text": "改" }), just("sign"), receipt] {
        assert_eq!(device.outcome("work_log", log, action.clone()), "not_offered", "{action}");
    }
    let view: WorkLogView = device.view(log);
    assert!(view.signed[0].text.contains("13800138000"), "what was signed stays whole");
    let package = work_log::package_of(&device.site, today(), &view.signed[0]);
    assert!(package.text.contains("138****8000") && package.text.contains("3-2-1502") && package.masked == 1);
    assert_eq!(
        device.perform(&signer("钱队员", Role::Guard), "work_log", log, just("sign")).unwrap_err().code,
        "no_role"
    );
}
