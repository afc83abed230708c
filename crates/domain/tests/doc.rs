//! What a change may write, and how a record reads that two devices wrote without seeing each other.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

mod common;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ObjType, ROOT, ScalarValue};
use common::MORNING;
use dutybook_domain::doc::{Unlawful, lawful, read};
use dutybook_domain::engine::Class;
use dutybook_domain::ids::Home;
use dutybook_domain::{FactId, RecordId, kinds};
use serde_json::{Value, json};

const DEVICE: [u8; 32] = [7; 32];
const OTHER: [u8; 32] = [8; 32];

fn order() -> RecordId {
    let home = Home { class: Class::Duty, day: MORNING.day(Default::default()), kind: "work_order" };
    RecordId::fresh(&home, [1; 16])
}

/// What an actor writes, as one change.
fn change(doc: &mut Automerge, actor: u8, write: impl FnOnce(&mut automerge::transaction::Transaction<'_>)) -> Change {
    doc.set_actor(ActorId::from([actor; 16]));
    let mut tx = doc.transaction();
    write(&mut tx);
    tx.commit_with(CommitOptions::default().with_time(0));
    doc.get_last_local_change().unwrap()
}

#[test]
fn a_device_names_its_own_facts_and_the_kind_that_the_id_says() {
    let own = FactId::new(&DEVICE, MORNING, [1; 4]).to_string();
    let foreign = FactId::new(&OTHER, MORNING, [1; 4]).to_string();
    let drawn = "0192d3a0-0000-7000-8000-000000000001";
    let (shouted, bare) = (own.to_uppercase(), own.replace('-', ""));
    assert!(own != shouted && shouted.parse::<FactId>().is_ok() && bare.parse::<FactId>().is_ok());
    let not_its = |name: &str| Err(Unlawful::NotItsName(format!("fact/{name}")));
    for (what, name, expected) in [
        ("its own", own.as_str(), Ok(())),
        ("one that belongs to another device", &foreign, not_its(&foreign)),
        ("one that belongs to nobody", drawn, not_its(drawn)),
        ("its own, spelled in another way", &shouted, not_its(&shouted)),
        ("its own, spelled in a third way", &bare, not_its(&bare)),
        ("no name of a fact", "first", not_its("first")),
        ("none", "", not_its("")),
    ] {
        let written = change(&mut Automerge::new(), 1, |tx| {
            tx.put_object(ROOT, format!("fact/{name}"), ObjType::Map).unwrap();
        });
        assert_eq!(lawful(&written, order(), &DEVICE), expected, "{what}");
        // What is not even a fact takes no name away either.
        let written = change(&mut Automerge::new(), 1, |tx| tx.put(ROOT, format!("fact/{name}"), 1).unwrap());
        assert_eq!(lawful(&written, order(), &DEVICE), expected, "{what}");
    }
    let other_kind = |said: &str| Err(Unlawful::OtherKind(said.into()));
    for (said, expected) in [
        (ScalarValue::from("work_order"), Ok(())),
        (ScalarValue::from("patrol_run"), other_kind("patrol_run")),
        (ScalarValue::from("Work_Order"), other_kind("Work_Order")),
        (ScalarValue::from("from_the_future"), other_kind("from_the_future")),
        (ScalarValue::from(""), other_kind("")),
        (ScalarValue::from(1), other_kind("")),
        (ScalarValue::Null, other_kind("")),
    ] {
        let written = change(&mut Automerge::new(), 1, |tx| tx.put(ROOT, "meta/kind", said.clone()).unwrap());
        assert_eq!(lawful(&written, order(), &DEVICE), expected, "{said:?}");
    }
    let written = change(&mut Automerge::new(), 1, |tx| {
        let text = tx.put_object(ROOT, "meta/kind", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, "work_order").unwrap();
    });
    assert_eq!(lawful(&written, order(), &DEVICE), other_kind(""), "a text may be edited, a kind may not");
    // A kind that only a newer program knows has a name as well.
    let newer = RecordId::fresh(&Home::standing("from_the_future"), [1; 16]);
    let written = change(&mut Automerge::new(), 1, |tx| tx.put(ROOT, "meta/kind", "from_the_future").unwrap());
    assert_eq!(lawful(&written, newer, &DEVICE), Ok(()));
}

/// Two bytes tell the kinds apart; a new kind whose word falls on another's has to be called differently.
#[test]
fn no_two_kinds_share_a_mark() {
    for kind in kinds::ALL {
        let id = RecordId::fresh(&Home::standing(kind.name()), [0; 16]);
        let could_be: Vec<_> = kinds::ALL.iter().map(|kind| kind.name()).filter(|name| id.is_of_kind(name)).collect();
        assert_eq!(could_be, [kind.name()]);
    }
}

/// Whatever each of two devices wrote of a creator's value without seeing the other: both read the same, no third party
/// chooses by its actor's name, and where they differ it is said.
#[test]
fn two_who_wrote_a_creators_value_are_both_heard() {
    let cases: &[(&str, Value, Value, Option<Value>)] = &[
        ("number", json!("T1-0611-001"), json!("D1-0611-004"), Some(json!("D1-0611-004 / T1-0611-001"))),
        ("number", json!("T1-0611-001"), json!("T1-0611-001"), Some(json!("T1-0611-001"))),
        ("number", json!("T1-0611-001"), json!(5), Some(json!("T1-0611-001"))),
        ("created_at", json!(1_781_136_000_000_i64), json!(1_781_136_060_000_i64), Some(json!(1_781_136_000_000_i64))),
        ("created_at", json!(1_781_136_000_000_i64), json!("long ago"), Some(json!(1_781_136_000_000_i64))),
        ("created_at", json!("long ago"), json!(true), None),
        ("kind", json!("work_order"), json!("work_order"), Some(json!("work_order"))),
        // Gate 2 lets no second kind in; a reader that stands alone is not led astray either.
        ("kind", json!("work_order"), json!("patrol_run"), Some(json!("work_order"))),
        ("kind", json!("patrol_run"), json!("contact_record"), None),
    ];
    for (name, one, other, expected) in cases {
        // Actors decide which of two values Automerge calls the winner, so each side gets its turn.
        for (first, second) in [(1, 2), (2, 1)] {
            let mut docs = [(one, first), (other, second)].map(|(value, actor)| {
                let mut doc = Automerge::new();
                let key = format!("meta/{name}");
                change(&mut doc, actor, |tx| match value {
                    Value::String(text) => tx.put(ROOT, key, text.as_str()).unwrap(),
                    Value::Number(number) => tx.put(ROOT, key, number.as_i64().unwrap()).unwrap(),
                    flag => tx.put(ROOT, key, flag == &json!(true)).unwrap(),
                });
                doc
            });
            let [mine, theirs] = &mut docs;
            let mut back = theirs.clone();
            back.merge(mine).unwrap();
            mine.merge(theirs).unwrap();
            let record = read(mine, order());
            assert_eq!(record, read(&back, order()), "{name} {one} {other}");
            assert_eq!(record.meta.get(*name), expected.as_ref(), "{name} {one} {other}");
            let said = [(format!("meta/{name}"), "written twice, differently".to_owned())];
            assert_eq!(record.unknown, if one == other { &[][..] } else { &said[..] }, "{name} {one} {other}");
            let shown = kinds::project(&record).anomalies;
            // A record without a kind is shown as one that is not understood, as it stands.
            let known = record.kind() == "work_order";
            assert!(!known || one == other || shown.iter().any(|anomaly| anomaly.code == "unknown_part"));
        }
    }
}
