//! Kills and power cuts: whatever prefix of the write-ahead log survives, the book is as it was after one of its transactions,
//! and nothing that was flushed before the cut is missing.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use dutybook_log::Frontier;
use dutybook_store::IncomingBatch;
use serde_json::json;

use crate::support::{Desk, Dice, MORNING, fleet, record_at};

/// What the book held when the log beside it had so many bytes.
struct Moment {
    wal_bytes: u64,
    entries: u64,
    facts: usize,
}

#[test]
fn any_prefix_of_the_log_is_a_whole_book() {
    let mut desks = fleet(2);
    let order = desks[0].order("三栋跑水");
    let extra = desks.pop().unwrap();
    let mut b = desks.pop().unwrap();
    let mut s = desks.pop().unwrap();
    b.pull(&s);
    b.settle();
    s.store.checkpoint().unwrap();
    let image = fs::read(s.folder.join("book.sqlite")).unwrap();
    let wal = s.folder.join("book.sqlite-wal");

    let measure = |desk: &Desk| Moment {
        wal_bytes: fs::metadata(&wal).map_or(0, |metadata| metadata.len()),
        entries: desk.store.counts().unwrap().entries,
        facts: desk.store.doc(order).unwrap().unwrap().facts.len(),
    };
    let mut moments = vec![measure(&s)];
    let mut offers: Vec<IncomingBatch> = Vec::new();
    for round in 0..12 {
        match round % 3 {
            0 => drop(s.tell(order, "noted", json!({ "text": "看过" }))),
            1 => {
                b.tell(order, "noted", json!({ "text": "也看过" }));
                let offer = b.offer(&s);
                s.store.ingest(&offer).unwrap();
                offers.push(offer);
            }
            _ => drop(s.settle()),
        }
        moments.push(measure(&s));
    }
    let log = fs::read(&wal).unwrap();
    assert!(
        moments.windows(2).all(|pair| pair[0].wal_bytes <= pair[1].wal_bytes),
        "nothing was checkpointed meanwhile"
    );

    let mut dice = Dice::new(7);
    let mut cuts: Vec<usize> = (0..40).map(|_| (dice.roll() % (log.len() as u64 + 1)) as usize).collect();
    cuts.extend([0, 1, 31, 32, 33, log.len() - 1, log.len()]);
    cuts.extend(moments.iter().map(|moment| moment.wal_bytes as usize));
    for (at, cut) in cuts.into_iter().enumerate() {
        for torn in [false, true] {
            let home = tempfile::TempDir::new().unwrap();
            fs::write(home.path().join("book.sqlite"), &image).unwrap();
            let mut rest = log[..cut].to_vec();
            if torn {
                // The sector that was being written holds rubbish.
                rest.extend((0..512).map(|_| dice.roll() as u8));
            }
            fs::write(home.path().join("book.sqlite-wal"), rest).unwrap();
            fs::copy(s.folder.join("device.key"), home.path().join("device.key")).unwrap();
            fs::copy(s.folder.join("book.instance"), home.path().join("book.instance")).unwrap();

            let desk = Desk::open(home.path(), 10_000 + at as u64).unwrap();
            let report = desk.store.check().unwrap();
            assert!(report.ok, "cut at {cut}: {:#?}", report.problems);
            let flushed = moments.iter().rev().find(|moment| moment.wal_bytes <= cut as u64).unwrap();
            let counts = desk.store.counts().unwrap();
            assert!(counts.entries >= flushed.entries, "cut at {cut}: entries that were acknowledged are gone");
            assert!(moments.iter().any(|moment| moment.entries == counts.entries), "cut at {cut}: half a transaction");
            let facts = desk.store.doc(order).unwrap().unwrap().facts.len();
            assert!(facts >= flushed.facts);

            // Everybody together still has everything, and nothing is refused: no number was used twice.
            let refilled = desk.pull(&s);
            assert!(refilled.refused.is_empty(), "cut at {cut}: {refilled:?}");
            desk.settle();
            let whole: Vec<Frontier> = s.store.frontiers().unwrap().into_iter().map(|(_, frontier)| frontier).collect();
            let again: Vec<Frontier> =
                desk.store.frontiers().unwrap().into_iter().map(|(_, frontier)| frontier).collect();
            assert_eq!(again, whole);
        }
    }
    drop(extra);
}

/// Where the killed program keeps its book; set only when this binary runs itself as that program.
const VICTIM: &str = "DUTYBOOK_STORE_VICTIM";

fn victims_order() -> RecordId {
    record_at(MORNING, "work_order", [42; 16])
}

/// The program that is killed: writes as fast as it can and says so after every commit.
#[test]
#[ignore = "run by the test below, which kills it"]
fn victim() {
    let Some(folder) = std::env::var_os(VICTIM) else { return };
    let round = fs::read_to_string(std::path::Path::new(&folder).join("round")).unwrap();
    let mut desk = Desk::open(folder.as_ref(), 1_000_000 + round.parse::<u64>().unwrap()).unwrap();
    let mut out = std::io::stdout().lock();
    loop {
        desk.tell(victims_order(), "noted", json!({ "text": "在写" }));
        desk.store.next_number("KF-1120").unwrap();
        writeln!(out, "saved").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_program_that_is_killed_again_and_again_loses_nothing_it_had_saved() {
    let mut desk = Desk::fresh(1);
    desk.identify(desk.key(), "S", AppRole::Admin);
    let mut step = Desk::step(victims_order(), "work_order");
    step.writes = crate::support::birth("work_order", desk.now, None);
    desk.write(vec![step]);
    let Desk { folder, store, _home, .. } = desk;
    drop(store);

    let mut dice = Dice::new(11);
    let mut saved = 0;
    let rounds: u64 = std::env::var("DUTYBOOK_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(15);
    for round in 0..rounds {
        fs::write(folder.join("round"), round.to_string()).unwrap();
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "powercut::victim", "--ignored", "--nocapture", "--test-threads", "1"])
            .env(VICTIM, &folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let wanted = 1 + (dice.roll() % 20) as usize;
        let heard = lines.filter(|line| line.as_ref().unwrap().ends_with("saved")).take(wanted).count();
        assert_eq!(heard, wanted, "round {round}: the program ended by itself");
        saved += heard;
        victim.kill().unwrap();
        victim.wait().unwrap();

        let desk = Desk::open(&folder, 2_000_000 + round).unwrap();
        let facts = desk.store.doc(victims_order()).unwrap().unwrap().facts.len();
        assert!(facts >= saved, "round {round}: {facts} of {saved} that were saved");
        desk.assert_sound();
        saved = facts;
        let duty = desk.store.frontiers().unwrap().pop().unwrap().1;
        assert_eq!(duty.len(), 1, "round {round}: no new writer was needed");
    }
    let desk = Desk::open(&folder, 900).unwrap();
    let number = desk.store.next_number("KF-1120").unwrap() as usize;
    assert!(number <= saved + 1 && number + rounds as usize > saved, "numbers have no gap: {number} after {saved}");
}
