//! What may lie in the folder, and what is left alone.

use std::fs;

use dutybook_store::{Error, Store};

use crate::support::{Desk, options};

#[test]
fn a_device_keeps_its_key_and_its_records_over_a_restart() {
    let mut desk = Desk::fresh(1);
    desk.identify(desk.key(), "S", dutybook_domain::device::AppRole::Admin);
    let order = desk.order("三栋跑水");
    let (key, digest) = (desk.key(), desk.store.book_digest().unwrap());

    let mut desk = desk.restart(2);
    assert_eq!(desk.key(), key);
    assert_eq!(desk.store.book_digest().unwrap(), digest);
    assert_eq!(desk.store.record(order).unwrap().unwrap().card.title, "三栋跑水");
    desk.tell(order, "accepted", crate::support::empty());
    assert_eq!(desk.store.frontiers().unwrap()[0].1.len(), 1, "the same writer goes on");
    desk.assert_sound();
}

#[test]
#[cfg(unix)]
fn only_this_user_reads_the_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::fresh(1);
    let mode = fs::metadata(desk.folder.join("device.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let database = fs::read(desk.folder.join("book.sqlite")).unwrap();
    let secret = desk.store.secret().to_bytes();
    assert!(!database.windows(32).any(|bytes| bytes == secret), "the secret is not in the database");
}

#[test]
fn without_its_key_a_book_does_not_open() {
    let desk = Desk::fresh(1);
    let key = desk.folder.join("device.key");
    fs::rename(&key, desk.folder.join("elsewhere")).unwrap();
    assert!(matches!(Store::open(&desk.folder, options(2)), Err(Error::KeyMissing(_))));
    assert!(!key.exists(), "no new key was made for an old book");
    fs::write(&key, [9; 32]).unwrap();
    assert!(matches!(Store::open(&desk.folder, options(2)), Err(Error::KeyWrong(_))));
}

#[test]
fn looking_for_a_book_makes_none() {
    let home = tempfile::TempDir::new().unwrap();
    assert!(!Store::exists(home.path()).unwrap());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn what_is_no_database_is_named_and_left_alone() {
    let home = tempfile::TempDir::new().unwrap();
    let path = home.path().join("book.sqlite");
    fs::write(&path, "值班簿".repeat(1000)).unwrap();
    let refused = Store::open(home.path(), options(1)).unwrap_err();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
    let text = refused.to_string();
    assert!(text.contains("book.sqlite") && text.contains("was not deleted") && text.contains("backup"), "{text}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "值班簿".repeat(1000));
    assert!(!home.path().join("device.key").exists());
}

#[test]
fn another_programs_database_is_left_alone() {
    let home = tempfile::TempDir::new().unwrap();
    let path = home.path().join("book.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(Store::open(home.path(), options(1)), Err(Error::Foreign(_))));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn damage_inside_the_file_is_found_and_named() {
    let mut desk = Desk::fresh(1);
    desk.identify(desk.key(), "S", dutybook_domain::device::AppRole::Admin);
    for at in 0..200 {
        desk.order(&format!("第 {at} 单"));
    }
    desk.store.checkpoint().unwrap();
    desk.store.quick_check().unwrap();
    let Desk { folder, store, _home, .. } = desk;
    drop(store);

    let path = folder.join("book.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 20_000] {
        *byte = 0x5a;
    }
    fs::write(&path, &bytes).unwrap();
    // Opening may still work, since nobody reads the middle for it; looking through the file does not.
    let found = match Store::open(&folder, options(2)) {
        Ok(store) => store.quick_check().unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(found, Error::Damaged { .. }), "{found}");
    assert_eq!(fs::read(&path).unwrap().len(), bytes.len(), "the file is still there");
}

#[test]
fn a_book_can_be_read_while_another_program_writes() {
    let mut desk = Desk::fresh(1);
    desk.identify(desk.key(), "S", dutybook_domain::device::AppRole::Admin);
    let order = desk.order("三栋跑水");
    // A second program on the same folder, such as the command line.
    let mut other = Desk::open(&desk.folder, 99).unwrap();
    other.now = desk.now;
    other.tell(order, "accepted", crate::support::empty());
    desk.tell(order, "arrived", crate::support::empty());
    other.tell(order, "started", crate::support::empty());
    assert_eq!(desk.store.entries_of(order).unwrap().len(), 4);
    assert_eq!(desk.store.doc(order).unwrap().unwrap().facts.len(), 4);
    assert_eq!(desk.store.frontiers().unwrap()[0].1.len(), 1, "both go on in one writer");
    desk.assert_sound();
}
