//! Backups, putting them back, and numbers that are never given twice.

use std::fs;

use dutybook_domain::device::AppRole;
use dutybook_store::Error;

use crate::support::{Desk, derived, empty, exchange, fleet};

#[test]
fn a_backup_holds_everything_but_the_key() {
    let mut desks = fleet(1);
    let order = desks[1].order("三栋跑水");
    let to = tempfile::TempDir::new().unwrap();
    let file = to.path().join("2026-11-20.sqlite");
    desks[1].store.backup(&file).unwrap();
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1, "one file");
    let secret = desks[1].store.secret().to_bytes();
    assert!(!fs::read(&file).unwrap().windows(32).any(|bytes| bytes == secret));
    assert!(matches!(desks[1].store.backup(&file), Err(Error::Io { .. })), "an older backup is never overwritten");

    // The same device after its disk was replaced, with its key put back.
    let new = tempfile::TempDir::new().unwrap();
    fs::copy(&file, new.path().join("book.sqlite")).unwrap();
    assert!(matches!(Desk::open(new.path(), 9), Err(Error::KeyMissing(_))));
    fs::copy(desks[1].folder.join("device.key"), new.path().join("device.key")).unwrap();
    let mut again = Desk::open(new.path(), 9).unwrap();
    again.now = desks[1].now;
    assert_eq!(derived(&again), derived(&desks[1]));
    again.tell(order, "accepted", empty());
    let duty = again.store.frontiers().unwrap().into_iter().find(|(volume, _)| volume.month.is_some()).unwrap().1;
    assert_eq!(duty.len(), 2, "a copy goes on in a new writer");
    exchange(&desks[0], &again);
    again.assert_sound();
}

#[test]
fn a_backup_can_be_made_while_somebody_writes() {
    let mut desk = Desk::fresh(1);
    desk.identify(desk.key(), "S", AppRole::Admin);
    let order = desk.order("三栋跑水");
    let to = tempfile::TempDir::new().unwrap();
    let stamp = desk.stamp();
    let store = &desk.store;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for at in 0..50 {
                store.set_setting(&format!("s{at}"), Some("x")).unwrap();
            }
        });
        for at in 0..5 {
            store.backup(&to.path().join(format!("{at}.sqlite"))).unwrap();
        }
    });
    let _ = stamp;
    for at in 0..5 {
        let folder = to.path().join(format!("restored {at}"));
        fs::create_dir(&folder).unwrap();
        fs::copy(to.path().join(format!("{at}.sqlite")), folder.join("book.sqlite")).unwrap();
        fs::copy(desk.folder.join("device.key"), folder.join("device.key")).unwrap();
        let copy = Desk::open(&folder, 100 + at).unwrap();
        assert!(copy.store.record(order).unwrap().is_some());
        copy.assert_sound();
    }
}

#[test]
fn after_a_backup_was_put_back_no_number_is_given_twice() {
    let mut desks = fleet(1);
    let a = desks.pop().unwrap();
    for expected in 1..=3 {
        assert_eq!(a.store.next_number("KF-1120").unwrap(), expected);
    }
    let to = tempfile::TempDir::new().unwrap();
    let file = to.path().join("backup.sqlite");
    a.store.backup(&file).unwrap();
    for expected in 4..=8 {
        assert_eq!(a.store.next_number("KF-1120").unwrap(), expected);
    }
    assert_eq!(a.store.next_number("KF-1121").unwrap(), 1);
    let Desk { folder, store, _home, .. } = a;
    drop(store);
    for file in ["book.sqlite-wal", "book.sqlite-shm"] {
        let _ = fs::remove_file(folder.join(file));
    }
    fs::copy(&file, folder.join("book.sqlite")).unwrap();

    let again = Desk::open(&folder, 9).unwrap();
    assert!(again.store.next_number("KF-1120").unwrap() > 8);
    assert!(again.store.next_number("KF-1121").unwrap() > 1, "also where the copy knows nothing of the series");
    again.store.in_sync_with_server().unwrap();
    assert_eq!(again.store.next_number("KF-1122").unwrap(), 1, "new series begin at 1 once the server was heard");
}

#[test]
fn a_device_that_lost_its_database_is_refilled_and_stays_the_same_device() {
    let mut desks = fleet(1);
    let order = desks[1].order("三栋跑水");
    assert_eq!(desks[1].store.next_number("KF-1120").unwrap(), 1);
    exchange(&desks[0], &desks[1]);
    let a = desks.pop().unwrap();
    let key = a.key();
    let Desk { folder, store, _home, now, .. } = a;
    drop(store);
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        if file.file_name().unwrap().to_string_lossy().starts_with("book.sqlite") {
            fs::remove_file(file).unwrap();
        }
    }
    let mut again = Desk::open(&folder, 9).unwrap();
    again.now = now;
    assert_eq!(again.key(), key);
    assert_eq!(again.store.identity().unwrap(), None);
    again.identify(desks[0].key(), "T1", AppRole::Tablet);
    again.pull(&desks[0]);
    again.settle();
    assert!(again.store.record(order).unwrap().is_some());
    assert!(again.store.next_number("KF-1120").unwrap() > 1);
    again.tell(order, "accepted", empty());
    assert!(desks[0].pull(&again).refused.is_empty());
    again.assert_sound();
}

#[test]
fn a_power_cut_between_database_and_marker_is_no_copy() {
    let mut desk = Desk::fresh(1);
    desk.identify(desk.key(), "S", AppRole::Admin);
    let order = desk.order("三栋跑水");
    let marker = fs::read(desk.folder.join("book.instance")).unwrap();
    desk.tell(order, "accepted", empty());
    // The marker's last writes never reached the disk.
    fs::write(desk.folder.join("book.instance"), &marker).unwrap();
    let mut desk = desk.restart(2);
    desk.tell(order, "arrived", empty());
    assert_eq!(desk.store.frontiers().unwrap()[0].1.len(), 1, "the same writer goes on");
    // Torn, it counts as a copy.
    fs::write(desk.folder.join("book.instance"), &marker[..20]).unwrap();
    let mut desk = desk.restart(3);
    desk.tell(order, "started", empty());
    assert_eq!(desk.store.frontiers().unwrap()[0].1.len(), 2);
    desk.assert_sound();
}
