//! Gate 2: what gets into a document, and what leaves it alone.

use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ROOT, ReadDoc};
use dutybook_log::{ApplyRefusal, apply, inspect};
use proptest::prelude::*;

use crate::change::{acts, play};
use crate::support::{RawChange, add_fact, document, fix_checksum, one_change};

fn slices(changes: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    changes.iter().map(Vec::as_slice)
}

/// Three changes, each building on the one before.
fn three() -> (Automerge, Vec<Vec<u8>>) {
    let mut doc = document(1);
    let changes = (1..=3).map(|n| add_fact(&mut doc, &format!("fact/{n}"), "note")).collect();
    (doc, changes)
}

#[test]
fn changes_in_order_are_applied_and_what_is_saved_is_the_document() {
    let (theirs, changes) = three();
    let mut mine = Automerge::new();
    let applied = apply(&mut mine, slices(&changes));
    assert_eq!(applied.applied, [0, 1, 2]);
    assert!(applied.waiting.is_empty() && applied.rejected.is_empty());
    assert_eq!(mine.get_heads(), theirs.get_heads());
    let loaded = Automerge::load(&applied.saved.unwrap()).unwrap();
    assert_eq!(loaded.get_heads(), theirs.get_heads());
    assert_eq!(mine.get_missing_deps(&[]), []);
}

#[test]
fn order_does_not_matter_and_repeats_do_nothing() {
    let (theirs, mut changes) = three();
    changes.reverse();
    changes.push(changes[1].clone());
    let mut mine = Automerge::new();
    let applied = apply(&mut mine, slices(&changes));
    assert_eq!(applied.applied, [2, 1, 0, 3]);
    assert_eq!(mine.get_heads(), theirs.get_heads());

    let again = apply(&mut mine, slices(&changes));
    assert_eq!(again.applied, [0, 1, 2, 3]);
    assert_eq!(again.saved, None);
}

#[test]
fn what_depends_on_something_unknown_waits_and_is_not_in_the_document() {
    let (theirs, changes) = three();
    let mut mine = Automerge::new();
    let applied = apply(&mut mine, slices(&changes[1..]));
    assert_eq!(applied.waiting, [0, 1]);
    assert_eq!(applied.saved, None);
    assert!(mine.is_empty());
    assert_eq!(mine.get_missing_deps(&[]), [], "nothing waits inside Automerge");

    let applied = apply(&mut mine, slices(&changes));
    assert_eq!(applied.applied, [0, 1, 2]);
    assert_eq!(mine.get_heads(), theirs.get_heads());
}

/// Two changes by one actor with the same number: Automerge refuses the second.
fn colliding() -> (Vec<u8>, Vec<u8>) {
    let bytes = |key| add_fact(&mut document(9), key, "x");
    (bytes("fact/a"), bytes("fact/b"))
}

#[test]
fn one_bad_change_costs_no_good_one() {
    let (_, good) = three();
    let (first, second) = colliding();
    let changes =
        vec![good[0].clone(), first, good[1].clone(), second, b"nothing like a change".to_vec(), good[2].clone()];
    let mut mine = Automerge::new();
    let applied = apply(&mut mine, slices(&changes));
    let mut places = applied.applied.clone();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2, 5]);
    assert!(matches!(&applied.rejected[..], [(3, ApplyRefusal::Refused(_)), (4, ApplyRefusal::Change(_))]));
    assert_eq!(Automerge::load(&applied.saved.unwrap()).unwrap().get_heads(), mine.get_heads());
}

#[test]
fn what_builds_on_a_rejected_change_waits() {
    let (first, second) = colliding();
    let mut theirs = document(9);
    add_fact(&mut theirs, "fact/b", "x");
    let mut theirs = theirs.with_actor(vec![8].into());
    let behind = add_fact(&mut theirs, "fact/c", "x");
    let mut mine = Automerge::new();
    let applied = apply(&mut mine, slices(&[first, second, behind]));
    assert_eq!(applied.applied, [0]);
    assert_eq!(applied.rejected.len(), 1);
    assert_eq!(applied.waiting, [2]);
}

#[test]
fn a_document_with_its_own_unshared_work_keeps_it() {
    let (_, changes) = three();
    let mut mine = document(2);
    let mut transaction = mine.transaction();
    transaction.put(ROOT, "field/mine", 1).unwrap();
    transaction.commit();
    let actor = mine.get_actor().clone();
    apply(&mut mine, slices(&changes));
    assert!(mine.get(ROOT, "field/mine").unwrap().is_some());
    assert_eq!(mine.get_actor(), &actor);
}

#[test]
fn a_bomb_does_not_get_here_either() {
    let mut mine = Automerge::new();
    let applied = apply(&mut mine, [&RawChange::sets(10_000_000).bytes()[..]].into_iter());
    assert!(matches!(applied.rejected[..], [(0, ApplyRefusal::Change(_))]));
}

/// A change whose operations begin far ahead would take all numbers from those after it.
#[test]
fn operations_must_be_numbered_right_behind_what_they_build_on() {
    let (_, changes) = three();
    let behind = |start_op| {
        let dep = inspect(&changes[2]).unwrap().hash.0;
        RawChange { deps: vec![dep], actor: vec![5; 16], start_op, ..RawChange::sets(2) }.bytes()
    };
    let mut mine = Automerge::new();
    apply(&mut mine, slices(&changes));
    for wrong in [1, 12, 14, u64::from(u32::MAX) - 10] {
        let applied = apply(&mut mine, [&behind(wrong)[..]].into_iter());
        assert_eq!(applied.rejected, [(0, ApplyRefusal::Misnumbered { found: wrong, expected: 13 })]);
    }
    assert_eq!(apply(&mut mine, [&behind(13)[..]].into_iter()).applied, [0]);
}

/// Damages the body of changes, makes the checksum right again, and looks at what both gates
/// say. Returns how many got through both.
fn attack(acts: &[(usize, crate::change::Act)], damage: &[(prop::sample::Index, u8)]) -> usize {
    let (_, changes) = play(acts);
    let (last, before) = changes.split_last().unwrap();
    let mut good = Automerge::new();
    apply(&mut good, slices(before));
    let heads = good.get_heads();

    let mut bytes = last.clone();
    for (at, byte) in damage {
        let at = 10 + at.index(bytes.len() - 10);
        bytes[at] = *byte;
    }
    fix_checksum(&mut bytes);
    let mut doc = good.clone();
    let applied = apply(&mut doc, [&bytes[..]].into_iter());
    if applied.applied.is_empty() {
        assert_eq!(doc.get_heads(), heads, "the document stays at its last good state");
        return 0;
    }
    // What got in can be read, saved and loaded, and written on.
    assert!(inspect(&bytes).is_ok());
    assert!(Change::try_from(&bytes[..]).is_ok());
    let saved = doc.save();
    let mut loaded = Automerge::load(&saved).unwrap();
    assert_eq!(loaded.get_heads(), doc.get_heads());
    assert_eq!(loaded.hydrate(None), doc.hydrate(None));
    let more = add_fact(&mut loaded, "fact/after", "goes on");
    assert_eq!(apply(&mut doc, [&more[..]].into_iter()).applied, [0]);
    1
}

proptest! {
    #[test]
    fn everything_that_automerge_writes_can_be_applied_in_any_order(
        acts in acts(),
        order in any::<u64>(),
    ) {
        let (docs, mut changes) = play(&acts);
        let mut expected = docs[0].clone();
        for mut doc in docs {
            expected.merge(&mut doc).unwrap();
        }
        // Any permutation, from a number.
        let n = changes.len() as u64;
        changes.sort_by_cached_key(|bytes| {
            bytes.iter().fold(order | 1, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(*b))) % (n * 7 + 1)
        });
        let mut mine = Automerge::new();
        let applied = apply(&mut mine, slices(&changes));
        prop_assert_eq!(applied.applied.len(), changes.len(), "{:?}", applied.rejected);
        prop_assert_eq!(mine.get_heads(), expected.get_heads());
        prop_assert_eq!(mine.hydrate(None), expected.hydrate(None));
    }

    #[test]
    fn a_damaged_change_with_a_right_checksum_breaks_nothing(
        acts in acts(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        attack(&acts, &damage);
    }
}

#[test]
fn a_change_made_by_hand_goes_in() {
    let mut mine = Automerge::new();
    let changes = [RawChange::sets(2).bytes(), one_change(2)];
    let applied = apply(&mut mine, slices(&changes));
    assert_eq!(applied.applied, [0, 1], "{:?}", applied.rejected);
}
