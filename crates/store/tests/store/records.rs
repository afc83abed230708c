//! Writing and asking: transactions, numbers, filters, text search, ledger, history.

use dutybook_domain::doc::Unlawful;
use dutybook_domain::engine::{Book as _, Class, Found};
use dutybook_domain::known::{Known, Reached};
use dutybook_domain::record::Write;
use dutybook_domain::time::Zone;
use dutybook_domain::work_order::{State, WorkOrder};
use dutybook_domain::{Day, FactId, RecordId, Timestamp};
use dutybook_store::{Cursor, Error, LedgerFilter, Order, RecordFilter, Standing, Store};
use serde_json::{Value, json};

use crate::support::{Desk, MORNING, batch, birth, derived, empty, fleet, person};

fn desk() -> Desk {
    let desk = Desk::fresh(1);
    desk.identify(desk.key(), "KF", dutybook_domain::device::AppRole::Desk);
    desk
}

fn titles(desk: &Desk, filter: &RecordFilter<'_>) -> Vec<String> {
    let mut titles: Vec<String> =
        desk.store.records(filter).unwrap().into_iter().map(|record| record.card.title).collect();
    titles.sort();
    titles
}

#[test]
fn a_refusal_rolls_everything_back_numbers_too() {
    let mut desk = desk();
    desk.order("先有一单");
    let before = derived(&desk);
    let stamp = desk.stamp();
    let refused = desk
        .store
        .transact(stamp, |writing| {
            assert_eq!((writing.next_number("KF-1120"), writing.next_number("KF-1120")), (1, 2));
            Err::<Vec<_>, _>("not today")
        })
        .unwrap();
    assert_eq!(refused, Err("not today"));
    assert_eq!(derived(&desk), before);
    let given = std::cell::Cell::new(0);
    desk.store
        .transact(stamp, |writing| {
            given.set(writing.next_number("KF-1120"));
            Ok::<_, Error>(Vec::new())
        })
        .unwrap()
        .unwrap();
    assert_eq!(given.get(), 1, "the number came back");
    assert_eq!(desk.store.next_number("KF-1120").unwrap(), 2);
    assert_eq!(desk.store.next_number("other").unwrap(), 1);
}

#[test]
fn an_error_in_the_middle_leaves_nothing_behind_in_file_or_memory() {
    let mut desk = desk();
    let order = desk.order("三栋跑水");
    let before = (derived(&desk), desk.store.frontiers().unwrap(), desk.store.doc(order).unwrap());
    // The disk refuses the second of two records, after the log has taken both.
    desk.sql()
        .execute_batch(
            "CREATE TRIGGER broken BEFORE INSERT ON ledger_line WHEN NEW.line LIKE '%坏%'
             BEGIN SELECT RAISE(ABORT, 'the disk gave up'); END",
        )
        .unwrap();
    let mut good = Desk::step(order, "work_order");
    good.writes = vec![desk.fact("accepted", empty())];
    let record = desk.record("work_order");
    let mut bad = Desk::step(record, "work_order");
    bad.writes = birth("work_order", desk.now, None);
    bad.writes.push(desk.fact("reported", json!({ "title": "坏", "description": "坏" })));
    let refused = desk.try_write(vec![good.clone(), bad.clone()]).unwrap_err();
    assert!(refused.to_string().contains("the disk gave up"), "{refused}");
    assert_eq!((derived(&desk), desk.store.frontiers().unwrap(), desk.store.doc(order).unwrap()), before);
    assert_eq!(desk.store.record(record).unwrap(), None);

    desk.sql().execute_batch("DROP TRIGGER broken").unwrap();
    let changed = desk.write(vec![good, bad]);
    assert_eq!(changed.records, [(order, "work_order".to_owned()), (record, "work_order".to_owned())]);
    assert_eq!(changed.entries, 2);
    assert_eq!(desk.store.doc(order).unwrap().unwrap().facts.len(), 2);
    desk.assert_sound();
}

#[test]
fn one_action_is_one_change_for_each_record_and_one_signature_for_each_volume() {
    let mut desk = desk();
    let (order, call) = (desk.record("work_order"), desk.record("work_order"));
    let mut steps = Vec::new();
    for (record, kind) in [(order, "reported"), (call, "reported"), (order, "accepted")] {
        let mut step = Desk::step(record, "work_order");
        if kind == "reported" {
            step.writes = birth("work_order", desk.now, None);
        }
        step.writes.push(desk.fact(kind, json!({ "title": "两件事" })));
        steps.push(step);
    }
    let standing = desk.record("place");
    let mut step = Desk::step(standing, "place");
    step.writes = birth("place", desk.now, None);
    steps.push(step);
    let changed = desk.write(steps);
    assert_eq!(changed.entries, 3);
    let log = desk.store.read_log(0, usize::MAX, &|_, _| Some(0)).unwrap();
    assert_eq!(log.entries.iter().map(|entry| entry.head.is_some()).collect::<Vec<_>>(), [true, false, true]);
    assert!(log.entries.iter().filter_map(|entry| entry.head).all(|head| head.verify().is_ok()));
    assert_eq!(desk.store.entries_of(order).unwrap()[0].facts.len(), 2);
    desk.assert_sound();
}

#[test]
fn whoever_decides_sees_the_book_as_it_stands() {
    let mut desk = desk();
    let order = desk.order("三栋跑水");
    let stamp = desk.stamp();
    desk.store
        .transact(stamp, |writing| {
            assert_eq!(writing.doc(order).unwrap().facts.len(), 1);
            assert_eq!(writing.doc(RecordId(uuid::Uuid::nil())), None);
            assert_eq!(writing.view(RecordId(uuid::Uuid::nil())), None);
            assert!(writing.view(order).unwrap().is_object());
            Ok::<_, Error>(Vec::new())
        })
        .unwrap()
        .unwrap();
}

#[test]
fn an_action_finds_the_records_of_a_kind_with_all_that_has_arrived() {
    let mut desks = fleet(1);
    let [s, a] = &mut desks[..] else { unreachable!() };
    let done = a.order("已作废的单");
    let first = a.order("三栋跑水");
    let second = a.order("水泵房异响");
    a.tell(done, "voided", json!({ "reason": "误报" }));
    a.tell(first, "accepted", empty());
    // Nobody has looked at what arrived; the action itself does.
    s.pull(a);
    assert_eq!(s.store.record(first).unwrap(), None);
    let born = |order: RecordId| a.store.record(order).unwrap().unwrap().card.born;
    let other = s.record("place");
    let stamp = s.stamp();
    let changed = s
        .store
        .transact(stamp, |writing| {
            let records = |found: Vec<Found>| found.into_iter().map(|found| found.record).collect::<Vec<_>>();
            assert_eq!(records(writing.open("work_order")), [first, second], "the oldest first, what is settled not");
            assert_eq!(records(writing.open("patrol_run")), []);
            assert_eq!(records(writing.open("device")), [], "a record of another class is no work");
            let all = [done, first, second];
            for (from, to, expected) in [
                (born(done), born(second), &all[..2]),
                (born(done), born(second).plus_minutes(1), &all[..]),
                (born(first), born(second), &all[1..2]),
                (born(first), born(first), &[]),
                (born(second), born(done), &[]),
            ] {
                assert_eq!(records(writing.born("work_order", from, to)), expected, "{from:?} to {to:?}");
            }
            assert_eq!(records(writing.born("contact_record", Timestamp(0), Timestamp(i64::MAX))), []);
            let found = &writing.open("work_order")[0];
            assert_eq!((found.card.title.as_str(), found.card.born), ("三栋跑水", born(first)));
            assert_eq!(Some(&found.view), writing.view(first).as_ref());
            let view = found.read::<WorkOrder>().unwrap();
            assert_eq!(view.state, State::Accepted, "with what came after the report");
            let mut step = Desk::step(other, "place");
            step.writes = birth("place", MORNING, None);
            Ok::<_, Error>(vec![step])
        })
        .unwrap()
        .unwrap();
    // What was looked at on the way reads differently now, and whoever shows it has to hear of that.
    let mut touched: Vec<RecordId> = changed.records.iter().map(|(record, _)| *record).collect();
    let mut expected = vec![done, first, second, other];
    touched.sort_unstable();
    expected.sort_unstable();
    assert_eq!(touched, expected);
    assert_eq!(s.settle().records, []);
    s.assert_sound();
}

#[test]
fn what_an_action_looked_at_and_refused_is_looked_at_again() {
    let mut desks = fleet(1);
    let [s, a] = &mut desks[..] else { unreachable!() };
    let order = a.order("三栋跑水");
    s.pull(a);
    let stamp = s.stamp();
    let refused = s.store.transact(stamp, |writing| match writing.open("work_order").len() {
        1 => Err("not today"),
        _ => Ok(Vec::new()),
    });
    assert_eq!(refused.unwrap(), Err("not today"));
    assert_eq!(s.settle().records, [(order, "work_order".to_owned())]);
}

/// How far a desk knows its duty records, as somebody would sign it now.
fn known(desk: &Desk, class: Class) -> Known {
    let known = std::cell::RefCell::new(Known::default());
    desk.store
        .transact(Desk::stamp_at(desk.now), |writing| {
            *known.borrow_mut() = writing.known(class);
            Ok::<_, Error>(Vec::new())
        })
        .unwrap()
        .unwrap();
    known.into_inner()
}

#[test]
fn what_is_signed_covers_what_was_there_to_be_read() {
    let mut desks = fleet(2);
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    let order = a.order("三栋跑水");
    a.tell(order, "accepted", empty());
    let before = known(s, Class::Duty);
    assert_eq!(before, Known::default());
    // It has arrived and nobody has looked at it: it is known from the moment somebody signs, and stands in its record.
    s.pull(a);
    assert_eq!(s.store.counts().unwrap().dirty, 1);
    let signed = known(s, Class::Duty);
    assert_eq!(s.store.counts().unwrap().dirty, 0);
    assert_eq!(s.store.doc(order).unwrap().unwrap().facts.len(), 2);
    let (volume, frontier) = a.store.frontiers().unwrap().pop().unwrap();
    let (writer, position) = frontier.iter().next().unwrap();
    let reached = Reached { seq: position.seq, hash: position.hash.to_string() };
    let writers = [(writer.to_string(), reached)].into();
    assert_eq!(signed.volumes, [(volume.to_string(), writers)].into(), "duty records, and no standing ones");
    assert!(signed.covers(&volume.to_string(), &writer.to_string(), 2));
    // What waits for an earlier entry was not there to be read.
    b.order("别人的单");
    b.tell(order, "noted", json!({ "text": "补记" }));
    let log = b.store.read_log(0, usize::MAX, &|volume, _| volume.month.is_some().then_some(0)).unwrap();
    s.store.ingest(&batch(Some(b.key()), &log.entries[1..])).unwrap();
    assert_eq!((known(s, Class::Duty), s.store.counts().unwrap().parked), (signed.clone(), 1));
    s.pull(b);
    let later = known(s, Class::Duty);
    assert_eq!(later.volumes.values().map(|writers| writers.len()).sum::<usize>(), 2);
    assert_ne!(later.digest(), signed.digest());
    assert_eq!(known(s, Class::Personnel), Known::default());
    assert_eq!(known(s, Class::Standing).volumes.keys().collect::<Vec<_>>(), ["demo/standing"]);
}

#[test]
fn a_volume_is_signed_while_it_moves() {
    let mut desk = desk();
    let month =
        |desk: &mut Desk, text: &str| desk.now = Day(format!("{text}-15").parse().unwrap()).at(0, Zone::default());
    let mut old = Vec::new();
    for text in ["2026-06", "2026-08", "2026-10", "2026-11"] {
        month(&mut desk, text);
        let order = desk.order(text);
        if text != "2026-06" {
            desk.tell(order, "voided", json!({ "reason": "误报" }));
        } else {
            old.push(order);
        }
    }
    let signed = |desk: &Desk| -> Vec<String> {
        known(desk, Class::Duty).volumes.keys().map(|name| name.trim_start_matches("demo/duty/").to_owned()).collect()
    };
    // October was still written to in November; August is over; in June something is open.
    assert_eq!(signed(&desk), ["2026-06", "2026-10", "2026-11"]);
    desk.tell(old[0], "voided", json!({ "reason": "误报" }));
    assert_eq!(signed(&desk), ["2026-10", "2026-11"]);
    // A month without a record is a month all the same.
    month(&mut desk, "2026-12");
    assert_eq!(signed(&desk), ["2026-10", "2026-11"], "what is newest may still move");
    // Somebody's clock was far ahead: what he wrote puts nothing that moves aside.
    month(&mut desk, "2093-01");
    desk.order("远方");
    month(&mut desk, "2093-02");
    desk.order("远方");
    month(&mut desk, "2026-11");
    assert_eq!(signed(&desk), ["2026-10", "2026-11", "2093-01", "2093-02"]);
    // And who does not know the time signs everything.
    month(&mut desk, "1970-02");
    assert_eq!(signed(&desk).len(), 6);
}

#[test]
fn what_no_other_replica_would_take_is_not_written() {
    let mut desk = desk();
    let order = desk.order("三栋跑水");
    let before = desk.store.book_digest().unwrap();
    let mut step = Desk::step(order, "work_order");
    step.writes = vec![desk.fact("noted", json!({ "text": "长".repeat(100_000) }))];
    assert!(matches!(desk.try_write(vec![step]), Err(Error::Append(_))));
    let mut step = Desk::step(order, "work_order");
    step.writes = vec![Write::Meta { name: "number", value: "KF-0002".into() }];
    assert!(matches!(desk.try_write(vec![step]), Err(Error::Unlawful(_))));
    let mut step = Desk::step(order, "work_order");
    step.writes = vec![desk.fact("noted", json!({ "text": "别人的" }))];
    let Write::Fact { id, .. } = &mut step.writes[0] else { unreachable!() };
    *id = FactId::new(&[66; 32], desk.now, [1; 4]);
    assert!(matches!(desk.try_write(vec![step]), Err(Error::Unlawful(Unlawful::NotItsName(_)))));
    let mut step = Desk::step(desk.record("work_order"), "patrol_run");
    step.writes = birth("patrol_run", desk.now, None);
    assert!(matches!(desk.try_write(vec![step]), Err(Error::Unlawful(Unlawful::OtherKind(_)))));
    // No volume is called so.
    let mut step = Desk::step(RecordId(uuid::Uuid::max()), "work_order");
    step.writes = vec![desk.fact("noted", json!({ "text": "不该在这里" }))];
    assert!(matches!(desk.try_write(vec![step]), Err(Error::Homeless(_))));
    assert_eq!(desk.store.book_digest().unwrap(), before);
    desk.tell(order, "accepted", empty());
    desk.assert_sound();
}

#[test]
fn a_device_that_is_not_enrolled_writes_nothing() {
    let mut desk = Desk::fresh(1);
    let record = desk.record("work_order");
    let mut step = Desk::step(record, "work_order");
    step.writes = birth("work_order", MORNING, None);
    assert!(matches!(desk.try_write(vec![step]), Err(Error::NotEnrolled)));
}

#[test]
fn every_month_has_its_writer_and_a_record_stays_in_its_volume() {
    let mut desk = desk();
    let order = desk.order("十一月的单");
    desk.now = desk.now.plus_minutes(20 * 24 * 60);
    desk.tell(order, "accepted", empty());
    desk.order("十二月的单");
    desk.tell(order, "arrived", empty());
    let frontiers = desk.store.frontiers().unwrap();
    let shape: Vec<(String, Vec<u64>)> = frontiers
        .iter()
        .map(|(volume, frontier)| {
            let mut ends: Vec<u64> = frontier.iter().map(|(_, position)| position.seq).collect();
            ends.sort_unstable();
            (volume.to_string(), ends)
        })
        .collect();
    assert_eq!(shape, [("demo/duty/2026-11".to_owned(), vec![1, 2]), ("demo/duty/2026-12".to_owned(), vec![1])]);
    desk.assert_sound();
}

#[test]
fn records_are_found_by_what_stands_in_them() {
    let mut desk = desk();
    let pump = desk.order("水泵房异响");
    desk.order("三栋电梯停运 KF2");
    let door = desk.order("地下车库门坏");
    desk.tell(door, "voided", json!({ "reason": "重复" }));
    let all = RecordFilter::default();
    let text = |text| RecordFilter { text: Some(text), ..Default::default() };
    assert_eq!(titles(&desk, &all).len(), 3);
    assert_eq!(titles(&desk, &text("水泵")), ["三栋电梯停运 KF2", "地下车库门坏", "水泵房异响"], "the place says so");
    assert_eq!(titles(&desk, &text("水泵房异响")), ["水泵房异响"]);
    assert_eq!(titles(&desk, &text("电梯 ｋｆ２")), ["三栋电梯停运 KF2"]);
    assert_eq!(titles(&desk, &text("\"地下车库\" OR")), Vec::<String>::new());
    assert_eq!(titles(&desk, &text("车库门坏")), ["地下车库门坏"]);
    assert_eq!(titles(&desk, &text("%")), Vec::<String>::new());
    assert_eq!(titles(&desk, &RecordFilter { open: Some(true), ..all.clone() }).len(), 2);
    assert_eq!(titles(&desk, &RecordFilter { kind: Some("patrol_run"), ..all.clone() }).len(), 0);
    let volume = desk.store.record(pump).unwrap().unwrap().volume;
    assert_eq!(titles(&desk, &RecordFilter { volume: Some(volume), ..all.clone() }).len(), 3);
    let standing = dutybook_log::VolumeId::standing(volume.site);
    assert_eq!(titles(&desk, &RecordFilter { volume: Some(standing), ..all.clone() }).len(), 0);
    let state = desk.store.record(door).unwrap().unwrap().card.state;
    assert_eq!(titles(&desk, &RecordFilter { states: &[&state], ..all.clone() }), ["地下车库门坏"]);
    let number = desk.store.record(pump).unwrap().unwrap().card.number.unwrap();
    assert_eq!(titles(&desk, &RecordFilter { number: Some(&number), ..all.clone() }), ["水泵房异响"]);
    let born = desk.store.record(pump).unwrap().unwrap().card.born;
    assert_eq!(titles(&desk, &RecordFilter { born_from: Some(born.plus_minutes(1)), ..all.clone() }).len(), 2);
    assert_eq!(titles(&desk, &RecordFilter { born_to: Some(born), ..all.clone() }).len(), 0);
    for order in [Order::Touched, Order::Born, Order::Urgency] {
        let filter = RecordFilter { order, limit: 2, offset: 2, ..all.clone() };
        assert_eq!(desk.store.records(&filter).unwrap().len(), 1);
        assert_eq!(desk.store.count_records(&filter).unwrap(), 3);
    }
}

#[test]
fn responsible_people_find_their_records() {
    let mut desk = desk();
    let order = desk.order("水泵房异响");
    desk.order("不是他的");
    let zhang = json!({ "person": person("李四").0.to_string(), "name": "李四" });
    desk.tell(order, "dispatched", json!({ "to": [zhang], "team": "工程组" }));
    let mine = RecordFilter { responsible: Some(person("李四")), ..Default::default() };
    assert_eq!(titles(&desk, &mine), ["水泵房异响"]);
    assert_eq!(titles(&desk, &RecordFilter { responsible: Some(person("王五")), ..Default::default() }).len(), 0);
}

#[test]
fn the_ledger_is_read_page_by_page_in_both_directions() {
    let mut desk = desk();
    let order = desk.order("水泵房异响");
    for _ in 0..5 {
        desk.tell(order, "noted", json!({ "text": "已到现场" }));
    }
    desk.order("另一单");
    let all = desk.store.ledger(&LedgerFilter::default()).unwrap();
    assert_eq!(all.len(), 7);
    assert!(all.windows(2).all(|pair| pair[0].cursor > pair[1].cursor), "the latest first");
    let mut pages = Vec::new();
    let mut before: Option<Cursor> = None;
    loop {
        let page = desk.store.ledger(&LedgerFilter { before, limit: 3, ..Default::default() }).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.cursor);
        pages.extend(page);
    }
    assert_eq!(pages, all);
    let after = LedgerFilter { after: Some(all[2].cursor), ..Default::default() };
    assert_eq!(desk.store.ledger(&after).unwrap(), all[..2]);
    let of = LedgerFilter { record: Some(order), ..Default::default() };
    assert_eq!(desk.store.ledger(&of).unwrap().len(), 6);
    let day = LedgerFilter { from: Some(all[1].cursor.at), to: Some(all[0].cursor.at), ..Default::default() };
    assert_eq!(desk.store.ledger(&day).unwrap().len(), 1);
    let text = LedgerFilter { text: Some("另一单"), ..Default::default() };
    assert_eq!(desk.store.ledger(&text).unwrap().len(), 1);
    assert!(all.iter().all(|row| row.arrival > 0 && row.kind == "work_order" && !row.title.is_empty()));
    let none = LedgerFilter { to: Some(Timestamp(0)), ..Default::default() };
    assert_eq!(desk.store.ledger(&none).unwrap(), []);
}

#[test]
fn the_history_says_who_wrote_what() {
    let mut desk = desk();
    let order = desk.order("水泵房异响");
    desk.tell(order, "accepted", empty());
    let entries = desk.store.entries_of(order).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!((entries[0].seq, entries[1].seq), (1, 2));
    assert!(entries[0].keys.contains(&"meta/number".to_owned()), "{:?}", entries[0].keys);
    assert_eq!(entries[0].facts.len(), 1);
    assert_eq!(entries[1].keys, [format!("fact/{}", entries[1].facts[0])]);
    assert_eq!(entries[0].author.0, person("张三").0.into_bytes());
    assert_eq!(entries[0].device, desk.key());
    assert!(entries.iter().all(|entry| entry.standing == Standing::Applied));
    let bytes = desk.store.entry_bytes(entries[0].arrival).unwrap().unwrap();
    assert_eq!(dutybook_log::SealedEntry::parse(bytes).unwrap().hash(), entries[0].hash);
}

#[test]
fn kinds_and_facts_of_a_newer_program_are_kept_and_shown() {
    let mut desk = desk();
    let record = desk.record("weather");
    let mut step = Desk::step(record, "weather");
    step.writes = birth("weather", desk.now, Some("W-1"));
    step.writes.push(desk.fact("rained", json!({ "mm": 12 })));
    desk.write(vec![step]);
    let row = desk.store.record(record).unwrap().unwrap();
    assert!(!row.known);
    let unknown = RecordFilter { known: Some(false), ..Default::default() };
    assert_eq!(desk.store.records(&unknown).unwrap(), std::slice::from_ref(&row));
    assert_eq!((row.kind.as_str(), row.card.number.as_deref()), ("weather", Some("W-1")));
    assert_eq!(desk.store.doc(record).unwrap().unwrap().facts[0].body["mm"], 12);

    let order = desk.order("水泵房异响");
    desk.tell(order, "beamed_up", json!({ "how": "transporter" }));
    let row = desk.store.record(order).unwrap().unwrap();
    assert!(row.anomalies.iter().any(|anomaly| anomaly.code == "unknown_fact"), "{:?}", row.anomalies);
    let unclear = RecordFilter { unclear: Some(true), ..Default::default() };
    assert!(desk.store.records(&unclear).unwrap().iter().any(|row| row.id == order));
    desk.assert_sound();
}

#[test]
fn settings_are_kept() {
    let desk = desk();
    assert_eq!(desk.store.setting("mirror").unwrap(), None);
    desk.store.set_setting("mirror", Some("left")).unwrap();
    desk.store.set_setting("mirror", Some("right")).unwrap();
    let desk = desk.restart(2);
    assert_eq!(desk.store.setting("mirror").unwrap().as_deref(), Some("right"));
    desk.store.set_setting("mirror", None).unwrap();
    assert_eq!(desk.store.setting("mirror").unwrap(), None);
}

#[test]
fn the_check_names_what_was_changed() {
    let mut desk = desk();
    let order = desk.order("水泵房异响");
    desk.tell(order, "accepted", empty());
    desk.assert_sound();
    let problems = |desk: &Desk| desk.store.check().unwrap().problems.join("\n");
    let sql = desk.sql();
    sql.pragma_update(None, "foreign_keys", false).unwrap();
    let undo = |change: &str, back: &str, says: &str| {
        sql.execute_batch(change).unwrap();
        let found = problems(&desk);
        assert!(found.contains(says), "after {change}: {found}");
        sql.execute_batch(back).unwrap();
        desk.assert_sound();
    };
    // One byte of one entry: its hash no longer fits what was signed.
    undo(
        "CREATE TABLE kept AS SELECT * FROM entry;
         UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '水泵', '水表') AS BLOB) WHERE arrival = 1",
        "UPDATE entry SET bytes = (SELECT bytes FROM kept WHERE kept.arrival = entry.arrival)",
        "entry 1",
    );
    undo(
        "DELETE FROM entry WHERE arrival = 1",
        "INSERT INTO entry SELECT * FROM kept WHERE arrival = 1",
        "entries 1 to 1 are missing",
    );
    undo(
        "UPDATE entry SET signature = zeroblob(64) WHERE arrival = 2",
        "UPDATE entry SET signature = (SELECT signature FROM kept WHERE arrival = 2) WHERE arrival = 2",
        "the signature is not that of the device",
    );
    undo(
        "UPDATE writer SET seq = 3",
        "UPDATE writer SET seq = 2",
        "the frontier says entry 3, the log ends with entry 2",
    );
    undo("UPDATE record SET state = 'lost'", "UPDATE record SET state = 'accepted'", "the lists show something else");
    undo(
        "CREATE TABLE lines AS SELECT * FROM ledger_line; DELETE FROM ledger_line",
        "INSERT INTO ledger_line SELECT * FROM lines",
        "the ledger has other lines",
    );
    undo(
        "CREATE TABLE states AS SELECT * FROM document_state; UPDATE document_state SET heads = zeroblob(32)",
        "UPDATE document_state SET heads = (SELECT heads FROM states)",
        "its state is not what its entries give",
    );
    undo(
        "CREATE TABLE sources AS SELECT * FROM fact_source; UPDATE fact_source SET arrival = 1",
        "UPDATE fact_source SET arrival = (SELECT arrival FROM sources WHERE sources.fact = fact_source.fact)",
        "attributed to other entries",
    );
}

#[test]
fn many_threads_read_while_one_writes() {
    let mut desk = desk();
    let order = desk.order("水泵房异响");
    let store: &Store = &desk.store;
    let stamp = crate::support::Desk::stamp_at(MORNING);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let facts = store.doc(order).unwrap().unwrap().facts.len();
                    let entries = store.entries_of(order).unwrap().len();
                    assert!(facts <= entries, "entries never lag behind their document");
                }
            });
        }
        let device = store.device_key();
        for at in 0..40 {
            let step = dutybook_domain::engine::Step {
                record: order,
                kind: "work_order",
                writes: vec![Write::Fact {
                    id: FactId::new(device.as_bytes(), MORNING, [0, 0, 1, at]),
                    kind: "noted".into(),
                    at: MORNING,
                    by: crate::support::signer("张三"),
                    body: [("text".to_owned(), json!("看过"))].into_iter().collect(),
                }],
            };
            store.transact(stamp, |_| Ok::<_, Error>(vec![step])).unwrap().unwrap();
        }
    });
    assert_eq!(desk.store.doc(order).unwrap().unwrap().facts.len(), 41);
    desk.assert_sound();
}

/// Another build of the program may write the members of an object in another order.
#[test]
fn the_order_of_members_in_what_is_derived_is_no_fault() {
    let mut desk = desk();
    let order = desk.order("水泵房异响");
    desk.tell(order, "accepted", empty());
    let turned = |text: &str| -> String {
        let said: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
        let members: Vec<String> = said.iter().rev().map(|(name, value)| format!("{name:?}:{value}")).collect();
        format!("{{{}}}", members.join(","))
    };
    for (table, column) in [("record", "view"), ("record", "card"), ("ledger_line", "line")] {
        let (sql, read) = (desk.sql(), format!("SELECT {column} FROM {table} LIMIT 1"));
        let text: String = sql.query_row(&read, [], |row| row.get(0)).unwrap();
        let update = format!("UPDATE {table} SET {column} = ?1 WHERE {column} = ?2");
        assert_eq!(sql.execute(&update, [&turned(&text), &text]).unwrap(), 1);
        assert_ne!(turned(&text), text);
    }
    desk.assert_sound();
}
