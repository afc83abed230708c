//! Devices that were cloned or put back from an old copy: nothing is lost, everybody ends with the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dutybook_domain::{FactId, RecordId};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::json;

use crate::support::{Desk, derived, empty, exchange, fleet};

/// Copies a device's folder as somebody with a disk image would: database, log, key and marker.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

fn replace_folder(from: &Path, to: &Path) {
    for file in fs::read_dir(to).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    copy_folder(from, to);
}

/// Everybody takes from everybody until nothing moves.
fn gossip(desks: &[Desk]) {
    for _ in 0..6 {
        for a in desks {
            for b in desks {
                if a.folder != b.folder {
                    a.greet(b);
                    a.pull(b);
                    a.settle();
                }
            }
        }
    }
}

fn facts(desk: &Desk, order: RecordId) -> usize {
    desk.store.doc(order).unwrap().map_or(0, |doc| doc.facts.len())
}

#[test]
fn a_database_put_back_without_its_marker_goes_on_in_new_writers() {
    let mut desks = fleet(1);
    let old = tempfile::TempDir::new().unwrap();
    let order = desks[1].order("三栋跑水");
    exchange(&desks[0], &desks[1]);
    desks[1].store.checkpoint().unwrap();
    fs::copy(desks[1].folder.join("book.sqlite"), old.path().join("book.sqlite")).unwrap();
    desks[1].tell(order, "accepted", empty());
    desks[1].tell(order, "arrived", empty());
    exchange(&desks[0], &desks[1]);

    // The administrator puts the old file back.
    let tablet = desks.pop().unwrap();
    let Desk { folder, store, _home, now, .. } = tablet;
    drop(store);
    for file in ["book.sqlite-wal", "book.sqlite-shm"] {
        let _ = fs::remove_file(folder.join(file));
    }
    fs::copy(old.path().join("book.sqlite"), folder.join("book.sqlite")).unwrap();
    let mut tablet = Desk::open(&folder, 500).unwrap();
    tablet.now = now;
    assert_eq!(facts(&tablet, order), 1, "it is the old file");
    tablet.tell(order, "noted", json!({ "text": "wieder da" }));

    let server = &desks[0];
    let receipt = server.pull(&tablet);
    assert!(receipt.refused.is_empty(), "no number is used twice: {receipt:?}");
    exchange(server, &tablet);
    assert_eq!(facts(&tablet, order), 4, "what was lost came back, what is new arrived");
    assert_eq!(derived(server), derived(&tablet));
    // The next entry still does not go into the writer that came back.
    tablet.tell(order, "started", empty());
    assert!(server.pull(&tablet).refused.is_empty());
    tablet.assert_sound();
    server.assert_sound();
}

#[test]
fn own_entries_that_come_back_are_recognised() {
    let mut desks = fleet(1);
    let old = tempfile::TempDir::new().unwrap();
    let order = desks[1].order("三栋跑水");
    desks[1].store.checkpoint().unwrap();
    copy_folder(&desks[1].folder, old.path());
    desks[1].tell(order, "accepted", empty());
    exchange(&desks[0], &desks[1]);
    let tablet = desks.pop().unwrap();
    let Desk { folder, store, _home, now, .. } = tablet;
    drop(store);
    // Marker and all: nothing here shows that it is an old copy.
    replace_folder(old.path(), &folder);
    let mut tablet = Desk::open(&folder, 501).unwrap();
    tablet.now = now;
    // It hears of its own later entries before it writes anything.
    let receipt = tablet.pull(&desks[0]);
    assert!(receipt.accepted > 0 && receipt.refused.is_empty(), "{receipt:?}");
    tablet.settle();
    tablet.tell(order, "arrived", empty());
    let duty: Vec<usize> = tablet
        .store
        .frontiers()
        .unwrap()
        .iter()
        .filter(|(volume, _)| volume.month.is_some())
        .map(|(_, frontier)| frontier.len())
        .collect();
    assert_eq!(duty, [2], "it went on in a new writer");
    assert!(desks[0].pull(&tablet).refused.is_empty());
    exchange(&desks[0], &tablet);
    assert_eq!(facts(&desks[0], order), 3);
    tablet.assert_sound();
}

#[test]
fn a_branch_nobody_else_has_is_entered_again() {
    for known_to_server in [false, true] {
        let mut desks = fleet(2);
        let old = tempfile::TempDir::new().unwrap();
        let order = desks[1].order("三栋跑水");
        if known_to_server {
            exchange(&desks[0], &desks[1]);
        }
        desks[1].store.checkpoint().unwrap();
        copy_folder(&desks[1].folder, old.path());
        desks[1].tell(order, "accepted", empty());
        desks[1].tell(order, "arrived", empty());
        desks[1].tell(order, "started", empty());
        exchange(&desks[0], &desks[1]);
        exchange(&desks[0], &desks[2]);

        let tablet = desks.remove(1);
        let Desk { folder, store, _home, now, .. } = tablet;
        drop(store);
        replace_folder(old.path(), &folder);
        let mut tablet = Desk::open(&folder, 502).unwrap();
        tablet.now = now;
        // It writes before it hears of anything: the same numbers again.
        tablet.tell(order, "noted", json!({ "text": "一" }));
        tablet.tell(order, "noted", json!({ "text": "二" }));
        let receipt = tablet.pull(&desks[0]);
        assert!(receipt.restate, "it gave its branch up: {receipt:?}");
        desks.push(tablet);
        gossip(&desks);
        for desk in &desks {
            assert_eq!(facts(desk, order), 6, "both branches are in the record everywhere");
            assert_eq!(derived(desk), derived(&desks[0]));
            assert_eq!(desk.store.book_digest().unwrap(), desks[0].store.book_digest().unwrap());
            desk.assert_sound();
        }
        let aside = desks[2].store.quarantine().unwrap();
        assert!(aside.iter().any(|entry| entry.code == "given_up"), "the bytes are kept, too");
    }
}

#[test]
fn a_branch_longer_than_what_the_server_holds_is_given_up_when_the_server_refuses_it() {
    let mut desks = fleet(1);
    let old = tempfile::TempDir::new().unwrap();
    let order = desks[1].order("三栋跑水");
    desks[1].store.checkpoint().unwrap();
    copy_folder(&desks[1].folder, old.path());
    desks[1].tell(order, "accepted", empty());
    exchange(&desks[0], &desks[1]);
    let tablet = desks.remove(1);
    let Desk { folder, store, _home, now, .. } = tablet;
    drop(store);
    replace_folder(old.path(), &folder);
    let mut tablet = Desk::open(&folder, 503).unwrap();
    tablet.now = now;
    for text in ["一", "二", "三"] {
        tablet.tell(order, "noted", json!({ "text": text }));
    }
    let server = &desks[0];
    // The server has nothing that the tablet does not seem to have, so only its refusal tells.
    assert!(!tablet.pull(server).restate);
    let receipt = server.store.ingest(&tablet.offer(server)).unwrap();
    let writer = receipt.refused.iter().find(|entry| entry.code == "fork").unwrap().writer;
    let kept = server.store.quarantine().unwrap();
    assert!(kept.iter().all(|entry| entry.code == "fork" && entry.peer == Some(tablet.key())), "{kept:?}");
    assert!(tablet.store.refused_as_fork(server.key(), &writer).unwrap());
    assert!(!tablet.store.refused_as_fork(server.key(), &writer).unwrap(), "once is enough");
    exchange(server, &tablet);
    assert_eq!(facts(&tablet, order), 5);
    assert_eq!(derived(server), derived(&tablet));
    tablet.assert_sound();
    server.assert_sound();
}

#[test]
fn two_clones_of_a_device_lose_nothing() {
    let mut desks = fleet(2);
    let order = desks[1].order("三栋跑水");
    exchange(&desks[0], &desks[1]);
    exchange(&desks[0], &desks[2]);
    let home = tempfile::TempDir::new().unwrap();
    desks[1].store.checkpoint().unwrap();
    copy_folder(&desks[1].folder, home.path());
    let mut clone = Desk::open(home.path(), 504).unwrap();
    clone.now = desks[1].now;
    for round in 0..3 {
        clone.tell(order, "noted", json!({ "text": format!("clone {round}") }));
        desks[1].tell(order, "noted", json!({ "text": format!("first {round}") }));
        desks[1].order(&format!("单 {round}"));
    }
    // One branch reaches the server, the other another tablet.
    desks[0].pull(&desks[1]);
    desks[2].pull(&clone);
    desks.push(clone);
    gossip(&desks);
    for desk in &desks {
        assert_eq!(facts(desk, order), 7, "{:?}", desk.folder);
        assert_eq!(derived(desk), derived(&desks[0]));
        desk.assert_sound();
    }
}

#[test]
fn branches_of_equal_length_are_noticed_when_both_say_what_they_hold() {
    let mut desks = fleet(1);
    let old = tempfile::TempDir::new().unwrap();
    let order = desks[1].order("三栋跑水");
    desks[1].store.checkpoint().unwrap();
    copy_folder(&desks[1].folder, old.path());
    desks[1].tell(order, "accepted", empty());
    exchange(&desks[0], &desks[1]);
    let tablet = desks.remove(1);
    let Desk { folder, store, _home, now, .. } = tablet;
    drop(store);
    replace_folder(old.path(), &folder);
    let mut tablet = Desk::open(&folder, 505).unwrap();
    tablet.now = now;
    tablet.tell(order, "noted", json!({ "text": "一" }));
    tablet.greet(&desks[0]);
    exchange(&desks[0], &tablet);
    assert_eq!(facts(&tablet, order), 3);
    assert_eq!(derived(&desks[0]), derived(&tablet));
    tablet.assert_sound();
}

#[test]
fn a_server_put_back_from_an_old_copy_loses_nothing_either() {
    let mut desks = fleet(2);
    let order = desks[0].order("服务器上的单");
    exchange(&desks[0], &desks[1]);
    let old = tempfile::TempDir::new().unwrap();
    desks[0].store.checkpoint().unwrap();
    copy_folder(&desks[0].folder, old.path());
    desks[0].tell(order, "accepted", empty());
    desks[0].tell(order, "arrived", empty());
    exchange(&desks[0], &desks[1]);

    let server = desks.remove(0);
    let Desk { folder, store, _home, now, .. } = server;
    drop(store);
    replace_folder(old.path(), &folder);
    let mut server = Desk::open(&folder, 506).unwrap();
    server.now = now;
    for text in ["一", "二", "三"] {
        server.tell(order, "noted", json!({ "text": text }));
    }
    desks.push(server);
    gossip(&desks);
    for desk in &desks {
        assert_eq!(facts(desk, order), 6, "{:?}", desk.folder);
        assert_eq!(derived(desk), derived(&desks[0]));
        assert_eq!(desk.store.book_digest().unwrap(), desks[0].store.book_digest().unwrap());
        desk.assert_sound();
    }
}

#[test]
fn nobody_gives_up_what_is_not_his_to_give_up() {
    let mut desks = fleet(2);
    desks[1].order("三栋跑水");
    exchange(&desks[0], &desks[1]);
    exchange(&desks[0], &desks[2]);
    let (_, frontier) = desks[1].store.frontiers().unwrap().pop().unwrap();
    let writer = *frontier.iter().next().unwrap().0;
    let before = desks[0].store.book_digest().unwrap();
    let (server, tablet, other) = (desks[0].key(), desks[1].key(), desks[2].key());
    assert!(!desks[0].store.refused_as_fork(tablet, &writer).unwrap(), "the server does not give way");
    assert!(!desks[2].store.refused_as_fork(tablet, &writer).unwrap(), "nor does a third to anybody but the server");
    desks[1].store.set_peer_frontier(server, &desks[0].store.frontiers().unwrap()).unwrap();
    assert!(!desks[1].store.refused_as_fork(other, &writer).unwrap(), "what the server holds stays");
    assert!(!desks[2].store.refused_as_fork(server, &dutybook_log::WriterId([9; 16])).unwrap());
    for desk in &desks {
        assert_eq!(desk.store.book_digest().unwrap(), before);
    }
}

/// What happens to a device of the property test.
#[derive(Clone, Debug)]
enum Fate {
    NewOrder,
    Tell {
        order: usize,
    },
    Meet {
        other: usize,
    },
    /// Somebody makes an image of its disk.
    Image,
    /// Somebody puts the image back, with the marker or without.
    PutBack {
        marker: bool,
    },
}

fn fate() -> impl Strategy<Value = (usize, Fate)> {
    let fate = prop_oneof![
        2 => Just(Fate::NewOrder),
        6 => (0..6usize).prop_map(|order| Fate::Tell { order }),
        5 => (0..3usize).prop_map(|other| Fate::Meet { other }),
        2 => Just(Fate::Image),
        2 => any::<bool>().prop_map(|marker| Fate::PutBack { marker }),
    ];
    (0..3usize, fate)
}

fn all_facts(desk: &Desk) -> BTreeSet<FactId> {
    let records = desk.store.records(&dutybook_store::RecordFilter::default()).unwrap();
    records.iter().flat_map(|row| desk.store.doc(row.id).unwrap().unwrap().facts).map(|fact| fact.id).collect()
}

fn put_back(desk: Desk, image: &Path, marker: bool, seed: u64) -> Desk {
    let Desk { folder, store, _home, now, .. } = desk;
    drop(store);
    let kept = fs::read(folder.join("book.instance")).unwrap();
    replace_folder(image, &folder);
    if !marker {
        fs::write(folder.join("book.instance"), kept).unwrap();
    }
    let mut desk = Desk::open(&folder, seed).unwrap();
    desk.now = now;
    desk._home = _home;
    desk
}

/// Lets it all happen, then lets everybody meet everybody.
fn live(fates: &[(usize, Fate)]) -> Result<(), TestCaseError> {
    let mut desks = fleet(2);
    let images: Vec<tempfile::TempDir> = desks.iter().map(|_| tempfile::TempDir::new().unwrap()).collect();
    for (desk, image) in desks.iter().zip(&images) {
        desk.store.checkpoint().unwrap();
        copy_folder(&desk.folder, image.path());
    }
    let mut orders: Vec<RecordId> = Vec::new();
    for (round, (who, fate)) in fates.iter().enumerate() {
        match fate {
            Fate::NewOrder => orders.push(desks[*who].order("一单")),
            Fate::Tell { order } => {
                let order = orders.get(order % orders.len().max(1)).copied();
                if let Some(order) = order.filter(|order| desks[*who].store.doc(*order).unwrap().is_some()) {
                    desks[*who].tell(order, "noted", json!({ "text": format!("第 {round} 次") }));
                }
            }
            Fate::Meet { other } if other != who => {
                desks[*who].greet(&desks[*other]);
                desks[*who].pull(&desks[*other]);
                desks[*other].pull(&desks[*who]);
            }
            Fate::Meet { .. } => {}
            Fate::Image => {
                desks[*who].store.checkpoint().unwrap();
                fs::remove_dir_all(images[*who].path()).unwrap();
                copy_folder(&desks[*who].folder, images[*who].path());
            }
            Fate::PutBack { marker } => {
                let desk = desks.remove(*who);
                desks.insert(*who, put_back(desk, images[*who].path(), *marker, 2_000 + round as u64));
            }
        }
    }
    let before: BTreeSet<FactId> = desks
        .iter()
        .flat_map(|desk| {
            desk.settle();
            all_facts(desk)
        })
        .collect();
    gossip(&desks);
    let digest = desks[0].store.book_digest().unwrap();
    for desk in &desks {
        let report = desk.store.check().unwrap();
        prop_assert!(report.ok, "{:#?}", report.problems);
        let after = all_facts(desk);
        prop_assert!(before.is_subset(&after), "{} facts are missing", before.difference(&after).count());
        prop_assert_eq!(derived(desk), derived(&desks[0]));
        prop_assert_eq!(desk.store.book_digest().unwrap(), digest);
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::support::few_cases())]

    /// Whatever disks are put back, unnoticed or not, on tablets or the server: what anybody still holds is held by
    /// everybody in the end, and all books are equal.
    #[test]
    fn whatever_is_put_back_nothing_that_is_still_somewhere_gets_lost(fates in proptest::collection::vec(fate(), 1..50)) {
        live(&fates)?;
    }
}

#[test]
fn a_fact_is_attributed_to_the_entry_that_stays() {
    // Two tablets hold a branch that the server lost; both enter it again, and each then holds it twice.
    live(&[
        (0, Fate::NewOrder),
        (0, Fate::Image),
        (0, Fate::NewOrder),
        (1, Fate::Meet { other: 0 }),
        (0, Fate::PutBack { marker: true }),
        (0, Fate::NewOrder),
        (1, Fate::Meet { other: 2 }),
        (1, Fate::Meet { other: 0 }),
    ])
    .unwrap();
}

#[test]
fn what_only_one_tablet_still_holds_of_the_server_stays_in_force() {
    // The facts bear the server's name, so the tablet hands them on with the server's signature.
    live(&[
        (0, Fate::NewOrder),
        (0, Fate::Image),
        (0, Fate::NewOrder),
        (1, Fate::Meet { other: 0 }),
        (0, Fate::PutBack { marker: true }),
        (0, Fate::NewOrder),
        (1, Fate::Meet { other: 0 }),
    ])
    .unwrap();
}

#[test]
fn what_only_a_third_still_holds_stays_in_force() {
    // A tablet and the server are put back; another tablet has what both lost, and the server holds other entries under
    // the same numbers.
    live(&[
        (1, Fate::NewOrder),
        (0, Fate::Meet { other: 1 }),
        (0, Fate::Image),
        (1, Fate::Image),
        (1, Fate::NewOrder),
        (0, Fate::Meet { other: 1 }),
        (2, Fate::Meet { other: 0 }),
        (0, Fate::PutBack { marker: true }),
        (1, Fate::PutBack { marker: true }),
        (1, Fate::NewOrder),
        (0, Fate::Meet { other: 1 }),
        (2, Fate::Meet { other: 0 }),
        (0, Fate::Meet { other: 2 }),
    ])
    .unwrap();
}
