//! A disk that is full, cannot flush, or loses power: the real store writes through a library that is put before the
//! system's (`faulty_disk.c`).
//!
//! A power cut is played from the order in which the store wrote and flushed: what was flushed is there, of what was not
//! any part may be missing, and the last sector may be torn. `DUTYBOOK_CUTS` says how many cuts are played;
//! `cargo xtask faults` plays 10,000.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use serde_json::json;

use crate::support::{Desk, Dice, MORNING, record_at};

/// Where the program that writes keeps its book; set only when this binary runs itself as that program.
const FOLDER: &str = "DUTYBOOK_STORE_FAULTY";
/// How many things are saved in a recording.
const SAVED: usize = 60;
const SECTOR: usize = 512;

fn order() -> RecordId {
    record_at(MORNING, "work_order", [43; 16])
}

/// A book with one order, on the disk as a whole.
fn book(folder: &Path) {
    let mut desk = Desk::open(folder, 1).unwrap();
    desk.identify(desk.key(), "S", AppRole::Admin);
    let mut step = Desk::step(order(), "work_order");
    step.writes = crate::support::birth("work_order", desk.now, None);
    desk.write(vec![step]);
    desk.store.checkpoint().unwrap();
}

fn facts(desk: &Desk) -> usize {
    desk.store.doc(order()).unwrap().unwrap().facts.len()
}

/// The library, compiled once for this run.
fn library(home: &Path) -> PathBuf {
    let library = home.join("faulty_disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/faulty_disk.c");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(source).args(["-ldl"]).status();
    assert!(compiled.expect("a C compiler (cc) is needed, as for building SQLite").success());
    library
}

/// Runs `name` of this binary on the book in `folder`, with the disk as `how` says at first.
fn play(home: &Path, folder: &Path, name: &str, how: &str) {
    fs::write(home.join("disk"), how).unwrap();
    let played = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("faulty_disk::{name}"), "--ignored", "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .env("LD_PRELOAD", library(home))
        .env("DUTYBOOK_DISK", home.join("disk"))
        .env("DUTYBOOK_RECORD", home.join("recorded"))
        .env("DUTYBOOK_ACKS", home.join("acks"))
        .output()
        .unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
}

fn path_of(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn set_disk(how: &str) {
    fs::write(path_of("DUTYBOOK_DISK").unwrap(), how).unwrap();
}

// ---- full, and failing ----------------------------------------------------------------------------------------------

#[test]
#[ignore = "run by the test below, on the faulty disk"]
fn on_a_full_disk() {
    let Some(folder) = path_of(FOLDER) else { return };
    let mut desk = Desk::open(&folder, 2).unwrap();
    desk.tell(order(), "noted", json!({ "text": "还有空间" }));
    let before = facts(&desk);
    for how in ["f", "s"] {
        set_disk(how);
        for _ in 0..3 {
            let refused = desk.try_tell(order(), "noted", json!({ "text": "存不进" })).unwrap_err();
            let expected = if how == "f" { "disk_full" } else { "disk_failed" };
            assert_eq!(refused.code(), expected, "{refused}");
            assert_eq!(facts(&desk), before, "what could not be saved is not shown, and reading goes on");
        }
        set_disk("o");
    }
    // Space again: it goes on without being started again, and nothing of what was refused is there.
    desk.tell(order(), "noted", json!({ "text": "又有空间了" }));
    assert_eq!(facts(&desk), before + 1);
    desk.assert_sound();
}

#[test]
fn a_disk_that_is_full_or_fails_refuses_in_words_and_goes_on_by_itself() {
    let home = tempfile::TempDir::new().unwrap();
    let folder = home.path().join("desk");
    book(&folder);
    play(home.path(), &folder, "on_a_full_disk", "o");
    let desk = Desk::open(&folder, 3).unwrap();
    assert_eq!(facts(&desk), 2, "what was said to be saved is there after the program has ended");
    desk.assert_sound();
}

// ---- power cuts -----------------------------------------------------------------------------------------------------

#[test]
#[ignore = "run by the tests below, on the recording disk"]
fn recorded() {
    let Some(folder) = path_of(FOLDER) else { return };
    let mut desk = Desk::open(&folder, 2).unwrap();
    let mut acks = fs::File::create(path_of("DUTYBOOK_ACKS").unwrap()).unwrap();
    for number in 0..SAVED {
        desk.tell(order(), "noted", json!({ "text": format!("第{number}条") }));
        acks.write_all(b"saved").unwrap();
        if number % 13 == 12 {
            desk.store.checkpoint().unwrap();
        }
    }
}

/// One thing that happened to the disk.
enum Happened {
    Wrote { file: char, offset: usize, bytes: Vec<u8> },
    Flushed { file: char },
    Truncated { file: char, length: usize },
    Acknowledged,
}

fn recording(home: &Path) -> Vec<Happened> {
    let bytes = fs::read(home.join("recorded")).unwrap();
    let mut rest = &bytes[..];
    let mut happened = Vec::new();
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(14);
        let (op, file) = (head[0], char::from(head[1]));
        let offset = usize::try_from(u64::from_ne_bytes(head[2..10].try_into().unwrap())).unwrap();
        let (bytes, tail) = tail.split_at(u32::from_ne_bytes(head[10..14].try_into().unwrap()) as usize);
        happened.push(match op {
            b'w' => Happened::Wrote { file, offset, bytes: bytes.to_vec() },
            b's' => Happened::Flushed { file },
            b't' => Happened::Truncated { file, length: offset },
            _ => Happened::Acknowledged,
        });
        rest = tail;
    }
    happened
}

/// A file as the disk has it.
#[derive(Clone, Default)]
struct OnDisk(Vec<u8>);

impl OnDisk {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        if self.0.len() < offset + bytes.len() {
            self.0.resize(offset + bytes.len(), 0);
        }
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    fn take(&mut self, happened: &Happened) {
        match happened {
            Happened::Wrote { offset, bytes, .. } => self.write(*offset, bytes),
            Happened::Truncated { length, .. } => self.0.resize(*length, 0),
            Happened::Flushed { .. } | Happened::Acknowledged => {}
        }
    }
}

/// What is on the disk when the power goes after `upto` things have happened, and how many were acknowledged by then.
fn cut(image: &[u8], all: &[Happened], upto: usize, dice: &mut Dice) -> (BTreeMap<char, OnDisk>, usize) {
    let mut disk = BTreeMap::from([('b', OnDisk(image.to_vec())), ('l', OnDisk::default())]);
    let mut unflushed: BTreeMap<char, Vec<&Happened>> = BTreeMap::new();
    let mut acknowledged = 0;
    for happened in &all[..upto] {
        match happened {
            Happened::Wrote { file, .. } | Happened::Truncated { file, .. } => {
                unflushed.entry(*file).or_default().push(happened);
            }
            Happened::Flushed { file } => {
                for happened in unflushed.remove(file).unwrap_or_default() {
                    disk.entry(*file).or_default().take(happened);
                }
            }
            Happened::Acknowledged => acknowledged += 1,
        }
    }
    // The disk was free to write any of the rest, in any order.
    for (file, mut waiting) in unflushed {
        let on_disk = disk.entry(file).or_default();
        for at in (1..waiting.len()).rev() {
            waiting.swap(at, (dice.roll() % (at as u64 + 1)) as usize);
        }
        for happened in waiting {
            match (happened, dice.roll() % 4) {
                (_, 0) => {}
                (Happened::Wrote { offset, bytes, .. }, 1) => {
                    let sectors = bytes.len().div_ceil(SECTOR);
                    let kept = (dice.roll() as usize % (sectors + 1)) * SECTOR;
                    on_disk.write(*offset, &bytes[..kept.min(bytes.len())]);
                }
                (happened, _) => on_disk.take(happened),
            }
        }
    }
    (disk, acknowledged)
}

/// Plays cuts; answers how many of them lost something that had been acknowledged, or left a book that is not sound.
fn play_cuts(how: &str, cuts: usize) -> usize {
    let home = tempfile::TempDir::new().unwrap();
    let folder = home.path().join("desk");
    book(&folder);
    let image = fs::read(folder.join("book.sqlite")).unwrap();
    let beside: Vec<(String, Vec<u8>)> =
        ["device.key", "book.instance"].map(|name| (name.to_owned(), fs::read(folder.join(name)).unwrap())).into();
    play(home.path(), &folder, "recorded", how);
    let all = recording(home.path());
    assert_eq!(all.iter().filter(|one| matches!(one, Happened::Acknowledged)).count(), SAVED);
    let mut dice = Dice::new(19);
    let mut violations = 0;
    for at in 0..cuts {
        let upto = (dice.roll() % (all.len() as u64 + 1)) as usize;
        let (disk, acknowledged) = cut(&image, &all, upto, &mut dice);
        let after = tempfile::TempDir::new().unwrap();
        for (file, name) in [('b', "book.sqlite"), ('l', "book.sqlite-wal")] {
            fs::write(after.path().join(name), &disk[&file].0).unwrap();
        }
        for (name, bytes) in &beside {
            fs::write(after.path().join(name), bytes).unwrap();
        }
        let sound = Desk::open(after.path(), 100 + at as u64)
            .is_ok_and(|desk| desk.store.check().is_ok_and(|report| report.ok) && facts(&desk) >= acknowledged);
        violations += usize::from(!sound);
    }
    violations
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let cuts = std::env::var("DUTYBOOK_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(150);
    let violations = play_cuts("o", cuts);
    println!("{cuts} power cuts, {violations} that lost something");
    assert_eq!(violations, 0, "of {cuts} power cuts");
}

/// That the test above would notice.
#[test]
fn a_disk_that_lies_about_flushing_is_noticed() {
    assert!(play_cuts("l", 40) > 0);
}
