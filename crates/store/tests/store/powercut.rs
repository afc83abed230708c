//! Power cuts: whatever prefix of the write-ahead log survives, the book is as it was after one of its transactions,
//! and nothing that was flushed before the cut is missing.

use std::fs;

use dutybook_log::Frontier;
use dutybook_store::IncomingBatch;
use serde_json::json;

use crate::support::{Desk, Dice, fleet};

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
