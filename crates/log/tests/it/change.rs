//! Gate 1 against real changes, hand-made bombs and damaged bytes.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ObjType, ROOT, ReadDoc, ScalarValue};
use dutybook_log::{ChangeHash, ChangeRefusal, inspect, limits};
use proptest::prelude::*;

use crate::support::{RawChange, add_fact, chunk, document, fix_checksum, one_change, sleb, uleb};

/// What one actor does in one change.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Put(u8, ScalarValue),
    Delete(u8),
    Increment(u8, i64),
    Text(usize, usize, String),
    List(usize, i64),
    Nested(u8, String),
    Mark(usize, usize, bool),
    MergeFrom(usize),
    Empty,
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let value = prop_oneof![
        Just(ScalarValue::Null),
        any::<bool>().prop_map(ScalarValue::Boolean),
        any::<i64>().prop_map(ScalarValue::Int),
        any::<u64>().prop_map(ScalarValue::Uint),
        any::<i64>().prop_map(ScalarValue::Timestamp),
        any::<i32>().prop_map(|n| ScalarValue::counter(i64::from(n))),
        (-1e9..1e9f64).prop_map(ScalarValue::F64),
        "[a-z值班簿]{0,40}".prop_map(|s| ScalarValue::Str(s.into())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(ScalarValue::Bytes),
    ];
    let act = prop_oneof![
        4 => (0u8..5, value).prop_map(|(k, v)| Act::Put(k, v)),
        1 => (0u8..5).prop_map(Act::Delete),
        1 => (0u8..5, -5i64..5).prop_map(|(k, n)| Act::Increment(k, n)),
        3 => (0usize..50, 0usize..4, "[a-z值班簿😀]{0,12}").prop_map(|(at, del, s)| Act::Text(at, del, s)),
        2 => (0usize..10, any::<i64>()).prop_map(|(at, n)| Act::List(at, n)),
        2 => (0u8..5, "[a-z]{0,5}").prop_map(|(k, s)| Act::Nested(k, s)),
        1 => (0usize..20, 1usize..20, any::<bool>()).prop_map(|(from, len, bold)| Act::Mark(from, len, bold)),
        2 => (0usize..4).prop_map(Act::MergeFrom),
        1 => Just(Act::Empty),
    ];
    prop::collection::vec((0usize..4, act), 1..40)
}

/// Four replicas of one document, all with a text and a list; every change that anybody made,
/// in the order they were made in.
pub(crate) fn play(acts: &[(usize, Act)]) -> (Vec<Automerge>, Vec<Vec<u8>>) {
    let mut first = document(1);
    let mut changes = Vec::new();
    let mut transaction = first.transaction();
    let text = transaction.put_object(ROOT, "text/t", ObjType::Text).unwrap();
    let list = transaction.put_object(ROOT, "list", ObjType::List).unwrap();
    transaction.commit();
    changes.push(first.get_last_local_change().unwrap().raw_bytes().to_vec());
    let mut docs: Vec<Automerge> =
        (0..4u8).map(|n| first.clone().with_actor(ActorId::from([10 + 40 * n; 16]))).collect();

    for (who, act) in acts {
        if let Act::MergeFrom(other) = act {
            let mut other = docs[*other].clone();
            docs[*who].merge(&mut other).unwrap();
            continue;
        }
        let doc = &mut docs[*who];
        if let Act::Empty = act {
            doc.empty_commit(CommitOptions::default().with_message("gelesen"));
            changes.push(doc.get_last_local_change().unwrap().raw_bytes().to_vec());
            continue;
        }
        let mut t = doc.transaction();
        // An act that does not fit what is there, like counting up a text, does nothing.
        let _ = match act {
            Act::Put(k, v) => t.put(ROOT, format!("field/{k}"), v.clone()),
            Act::Delete(k) => t.delete(ROOT, format!("field/{k}")),
            Act::Increment(k, n) => t.increment(ROOT, format!("field/{k}"), *n),
            Act::Text(at, del, s) => {
                let at = (*at).min(t.length(&text));
                let del = (*del).min(t.length(&text) - at);
                t.splice_text(&text, at, del as isize, s)
            }
            Act::List(at, n) => {
                let at = (*at).min(t.length(&list));
                t.insert(&list, at, *n)
            }
            Act::Nested(k, s) => {
                t.put_object(ROOT, format!("fact/{k}"), ObjType::Map).and_then(|fact| t.put(&fact, "note", s.as_str()))
            }
            Act::Mark(from, len, bold) => {
                let from = (*from).min(t.length(&text));
                let to = (from + len).min(t.length(&text));
                t.mark(
                    &text,
                    automerge::marks::Mark::new("bold".into(), *bold, from, to),
                    automerge::marks::ExpandMark::Both,
                )
            }
            Act::MergeFrom(_) | Act::Empty => Ok(()),
        };
        if let (Some(_), _) = t.commit() {
            changes.push(doc.get_last_local_change().unwrap().raw_bytes().to_vec());
        }
    }
    (docs, changes)
}

proptest! {
    #[test]
    fn every_change_that_automerge_writes_passes_with_its_own_facts(acts in acts()) {
        let (_, changes) = play(&acts);
        for bytes in changes {
            let facts = inspect(&bytes).unwrap();
            let change = Change::try_from(&bytes[..]).unwrap();
            prop_assert_eq!(facts.hash, ChangeHash::from(change.hash()));
            prop_assert_eq!(
                facts.deps,
                change.deps().iter().map(|d| ChangeHash::from(*d)).collect::<Vec<_>>()
            );
            prop_assert_eq!(facts.ops as usize, change.len());
            prop_assert_eq!(facts.seq, change.seq());
            prop_assert_eq!(facts.start_op, change.start_op().get());
        }
    }

    /// A document's changes are the same after it was saved and loaded.
    #[test]
    fn changes_that_went_through_a_saved_document_pass_too(acts in acts()) {
        let (mut docs, changes) = play(&acts);
        let (first, rest) = docs.split_at_mut(1);
        for other in rest {
            first[0].merge(other).unwrap();
        }
        let loaded = Automerge::load(&first[0].save()).unwrap();
        let known: std::collections::HashSet<_> = changes.into_iter().collect();
        for change in loaded.get_changes(&[]) {
            prop_assert!(inspect(change.raw_bytes()).is_ok());
            prop_assert!(known.contains(change.raw_bytes()));
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(inspect(&bytes).is_err());
        prop_assert!(inspect(&chunk(1, &bytes)).is_err() || Change::try_from(&chunk(1, &bytes)[..]).is_ok());
    }

    #[test]
    fn a_damaged_change_is_refused(
        acts in acts(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4),
    ) {
        let (_, changes) = play(&acts);
        let original = changes.last().unwrap();
        let mut bytes = original.clone();
        for (at, bits) in &damage {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        prop_assume!(bytes != *original);
        prop_assert!(inspect(&bytes).is_err());
    }

    #[test]
    fn a_cut_or_lengthened_change_is_refused(n in 0u8.., cut in any::<prop::sample::Index>()) {
        let mut bytes = one_change(n);
        prop_assert!(inspect(&bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert_eq!(inspect(&bytes), Err(ChangeRefusal::Trailing));
    }
}

#[test]
fn an_ordinary_change_of_the_product_is_small() {
    let mut doc = document(1);
    add_fact(&mut doc, "fact/018f3d6e-0000-7000-8000-000000000001", "first");
    let bytes = add_fact(&mut doc, "fact/018f3d6e-0000-7000-8000-000000000002", "second");
    let facts = inspect(&bytes).unwrap();
    assert_eq!((facts.ops, facts.seq, facts.start_op, facts.deps.len()), (4, 2, 5, 1));
}

#[test]
fn the_hand_made_change_is_one_that_automerge_takes() {
    let bytes = RawChange::sets(3).bytes();
    assert_eq!(inspect(&bytes).unwrap().ops, 3);
    assert_eq!(Change::try_from(&bytes[..]).unwrap().len(), 3);
    let most = RawChange::sets(i64::from(limits::OPS)).bytes();
    assert_eq!(inspect(&most).unwrap().ops, limits::OPS);
}

/// Ten million operations in a hundred bytes. Automerge has nothing against it; with a hundred
/// thousand the test shows that without waiting.
#[test]
fn an_op_bomb_is_refused() {
    let small_bomb = RawChange::sets(100_000).bytes();
    assert_eq!(Change::try_from(&small_bomb[..]).unwrap().len(), 100_000);
    assert_eq!(inspect(&small_bomb), Err(ChangeRefusal::TooManyOps));

    let bomb = RawChange::sets(10_000_000).bytes();
    assert!(bomb.len() < 110, "{}", bomb.len());
    assert_eq!(inspect(&bomb), Err(ChangeRefusal::TooManyOps));
    assert_eq!(inspect(&RawChange::sets(i64::from(limits::OPS) + 1).bytes()), Err(ChangeRefusal::TooManyOps));
    for n in [i64::from(u32::MAX), i64::from(u32::MAX) + 2, i64::MAX] {
        assert_eq!(inspect(&RawChange::sets(n).bytes()), Err(ChangeRefusal::TooManyOps), "{n}");
    }
}

fn run(n: i64, value: &[u8]) -> Vec<u8> {
    let mut column = Vec::new();
    sleb(&mut column, n);
    column.extend_from_slice(value);
    column
}

/// Every other column as a bomb behind a harmless number of operations.
#[test]
fn a_bomb_in_any_column_is_refused() {
    const MANY: i64 = 10_000_000;
    let mut many = Vec::new();
    uleb(&mut many, MANY as u64);
    let mut nulls = vec![0];
    uleb(&mut nulls, MANY as u64);
    let literal_min = run(i64::MIN, &[0]);

    for specification in [0x01, 0x02, 0x11, 0x13, 0x15, 0x42, 0x56, 0x70, 0x71, 0x73, 0xa5] {
        for data in [run(MANY, &[0]), nulls.clone(), literal_min.clone(), run(i64::MAX, &[0])] {
            let bytes = RawChange::sets(2).column(specification, &data).bytes();
            assert!(
                matches!(inspect(&bytes), Err(ChangeRefusal::Rows(_) | ChangeRefusal::TooManyOps)),
                "{specification:#x} {data:?}: {:?}",
                inspect(&bytes)
            );
        }
    }
    for specification in [0x34, 0x94] {
        let bytes = RawChange::sets(2).column(specification, &many).bytes();
        assert_eq!(inspect(&bytes), Err(ChangeRefusal::Rows(specification)));
    }
    // Two operations with five million predecessors each.
    let mut count = Vec::new();
    uleb(&mut count, MANY as u64 / 2);
    let bytes = RawChange::sets(2)
        .column(0x70, &run(2, &count))
        .column(0x71, &run(MANY, &[0]))
        .column(0x73, &run(MANY, &[0]))
        .bytes();
    assert_eq!(inspect(&bytes), Err(ChangeRefusal::Expansion));
}

#[test]
fn a_long_key_many_times_is_refused() {
    let mut key = Vec::new();
    uleb(&mut key, 100_000);
    key.extend([b'k'; 100_000]);
    let bytes = RawChange::sets(5_000).column(0x15, &run(5_000, &key)).bytes();
    assert_eq!(inspect(&bytes), Err(ChangeRefusal::Expansion));
}

#[test]
fn only_plain_changes_are_taken() {
    let body = RawChange::sets(1).body();
    for chunk_type in [0, 2, 3, 4, 255] {
        assert_eq!(inspect(&chunk(chunk_type, &body)), Err(ChangeRefusal::ChunkType(chunk_type)));
    }
    let mut doc = document(1);
    add_fact(&mut doc, "fact/1", &"long ".repeat(200));
    assert_eq!(inspect(&doc.save()), Err(ChangeRefusal::ChunkType(0)));
    let mut change = doc.get_last_local_change().unwrap();
    assert_eq!(inspect(&change.bytes()), Err(ChangeRefusal::ChunkType(2)));
    assert!(inspect(change.raw_bytes()).is_ok());

    let mut two = one_change(1);
    two.extend(one_change(2));
    assert_eq!(inspect(&two), Err(ChangeRefusal::Trailing));
}

#[test]
fn size_is_limited() {
    let note = |len: usize| add_fact(&mut document(1), "fact/1", &"n".repeat(len));
    assert!(inspect(&note(limits::CHANGE - 1_000)).is_ok());
    let large = note(limits::CHANGE);
    assert_eq!(inspect(&large), Err(ChangeRefusal::TooLarge { len: large.len() }));
}

#[test]
fn columns_must_be_known_sorted_single_plain_and_filled() {
    let with = |columns: Vec<(u32, Vec<u8>)>| inspect(&RawChange { columns, ..RawChange::sets(1) }.bytes());
    let good = RawChange::sets(1).columns;
    assert!(with(good.clone()).is_ok());

    let mut unknown = good.clone();
    unknown.push((0xb2, vec![1, 1]));
    assert_eq!(with(unknown), Err(ChangeRefusal::Column(0xb2)));

    let mut twice = good.clone();
    twice.insert(0, good[0].clone());
    assert_eq!(with(twice), Err(ChangeRefusal::Column(0x15)));

    let mut unsorted = good.clone();
    unsorted.swap(0, 1);
    assert_eq!(with(unsorted), Err(ChangeRefusal::Column(0x15)));

    let mut deflated = good.clone();
    deflated[2].0 |= 0x08;
    assert_eq!(with(deflated), Err(ChangeRefusal::CompressedColumn(0x4a)));

    let mut empty = good.clone();
    empty.insert(0, (0x01, vec![]));
    assert_eq!(with(empty), Err(ChangeRefusal::Column(0x01)));

    let mut lone_value = good.clone();
    lone_value[3] = (0x57, vec![1]);
    assert_eq!(with(lone_value), Err(ChangeRefusal::Rows(0x56)));

    let many = (0..20).map(|n| (n, vec![1])).collect();
    assert!(matches!(with(many), Err(ChangeRefusal::Column(_))));
}

#[test]
fn the_parts_of_a_change_are_bounded() {
    let refusal = |change: RawChange| inspect(&change.bytes()).unwrap_err();
    let base = RawChange::default;
    use ChangeRefusal::{Actors, Counters, Deps, Text, Trailing, Value};

    assert_eq!(refusal(RawChange { extra: vec![0], ..base() }), Trailing);
    assert_eq!(refusal(RawChange { deps: vec![[5; 32]; 2], ..base() }), Deps);
    let many_deps = (0..=limits::DEPS).map(|n| [(n % 251) as u8; 32]).collect();
    assert_eq!(refusal(RawChange { deps: many_deps, ..base() }), Deps);

    assert_eq!(refusal(RawChange { actor: vec![], ..base() }), Actors);
    assert_eq!(refusal(RawChange { actor: vec![1; 65], ..base() }), Actors);
    assert_eq!(refusal(RawChange { others: vec![vec![2; 65]], ..base() }), Actors);
    assert_eq!(refusal(RawChange { others: vec![vec![]], ..base() }), Actors);
    assert_eq!(refusal(RawChange { others: vec![vec![3], vec![2]], ..base() }), Actors);
    assert_eq!(refusal(RawChange { others: vec![vec![2], vec![2]], ..base() }), Actors);
    assert_eq!(refusal(RawChange { others: vec![vec![1; 16]], ..base() }), Actors);
    let many_actors = (0..=limits::ACTORS as u16).map(|n| n.to_be_bytes().to_vec()).collect();
    assert_eq!(refusal(RawChange { others: many_actors, ..base() }), Actors);

    assert_eq!(refusal(RawChange { seq: 0, ..base() }), Counters);
    assert_eq!(refusal(RawChange { seq: u64::MAX, ..base() }), Counters);
    assert_eq!(refusal(RawChange { start_op: 0, ..base() }), Counters);
    assert_eq!(refusal(RawChange { start_op: u64::from(u32::MAX), ..base() }), Counters);
    assert_eq!(refusal(RawChange { start_op: u64::MAX, ..base() }), Counters);
    assert_eq!(refusal(RawChange { message: vec![0xff], ..base() }), Text);
    assert_eq!(refusal(base().column(0x15, &run(-1, &[1, 0xff]))), Text);

    // An action that does not exist; an actor that is not in the table; an operation of the
    // future; a value whose length cannot be.
    assert_eq!(refusal(base().column(0x42, &run(-1, &[8]))), Value(0x42));
    assert_eq!(refusal(base().column(0x01, &run(-1, &[1]))), Value(0x01));
    assert_eq!(refusal(base().column(0x02, &run(-1, &[2]))), Value(0x02));
    assert_eq!(refusal(base().column(0x13, &run(-1, &[2]))), Value(0x13));
    assert_eq!(refusal(base().column(0x13, &run(-1, &[0x7f]))), Value(0x13));
    assert_eq!(refusal(base().column(0x56, &run(-1, &[0x10]))), Value(0x56));
    assert_eq!(refusal(base().column(0x56, &run(-1, &[0x0a]))), Value(0x56));
    assert_eq!(refusal(base().column(0x42, &[0, 1])), Value(0x42));
    // Values that say they are longer than the column is.
    let mut meta = Vec::new();
    uleb(&mut meta, (u64::MAX >> 4 << 4) | 7);
    assert_eq!(refusal(base().column(0x56, &run(-1, &meta)).column(0x57, b"abc")), ChangeRefusal::Rows(0x57));
}

/// Numbers written longer than needed, or too big, anywhere in a change.
#[test]
fn numbers_must_be_in_their_shortest_form() {
    let body = RawChange::sets(1).body();
    let mut overlong = vec![0x80, 0x00];
    overlong.extend_from_slice(&body[1..]);
    assert_eq!(inspect(&chunk(1, &overlong)), Err(ChangeRefusal::Number));
    let mut huge = vec![0xff; 9];
    huge.push(0x7f);
    huge.extend_from_slice(&body[1..]);
    assert_eq!(inspect(&chunk(1, &huge)), Err(ChangeRefusal::Number));
    // A length of the chunk itself that is written longer.
    let plain = chunk(1, &body);
    let mut long_length = plain[..9].to_vec();
    long_length.extend([plain[9] | 0x80, 0x00]);
    long_length.extend_from_slice(&plain[10..]);
    fix_checksum(&mut long_length);
    assert_eq!(inspect(&long_length), Err(ChangeRefusal::Number));
    let overlong_signed = RawChange::sets(1).column(0x42, &[0x81, 0x00, 0x01]);
    assert_eq!(inspect(&overlong_signed.bytes()), Err(ChangeRefusal::Number));
}
