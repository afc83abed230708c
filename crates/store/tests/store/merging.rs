//! Taking in what others wrote: parked, quarantined, marked, waiting, merged.

use automerge::transaction::Transactable as _;
use automerge::{ActorId, Automerge, ROOT};
use dutybook_domain::RecordId;
use dutybook_log::{
    AuthorId, Carried, DeviceSecret, DocId, Draft, Entry, LocalWriter, Opening, Position, Recorded, SealedEntry,
    VolumeId,
};
use dutybook_store::{IncomingBatch, IncomingPart, RecordFilter, Standing};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Desk, MORNING, batch, derived, empty, exchange, fleet, record_at, site};

/// A device that does not use our store: it signs whatever it is given.
struct Rogue {
    secret: DeviceSecret,
    writer: LocalWriter,
}

impl Rogue {
    fn new(secret: DeviceSecret, volume: VolumeId, nonce: u8) -> Self {
        let opening = Opening { volume, device: secret.public(), nonce: [nonce; 16] };
        Self { secret, writer: LocalWriter::open(opening) }
    }

    fn seal(&mut self, doc: RecordId, change: Vec<u8>) -> SealedEntry {
        let recorded = Recorded { wall_ms: MORNING.0, boot: [0; 16], monotonic_ms: 0 };
        let draft = Draft { author: AuthorId::DEVICE, recorded, witness: None, doc: DocId::from(doc.0), change };
        self.writer.append(draft).unwrap()
    }

    /// An entry that no `LocalWriter` would write.
    fn seal_misplaced(&mut self, doc: RecordId, change: Vec<u8>) -> SealedEntry {
        let opening = *self.writer.opening();
        let Position { seq, hash: prev } = self.writer.position();
        let recorded = Recorded { wall_ms: MORNING.0, boot: [0; 16], monotonic_ms: 0 };
        let entry = Entry {
            volume: opening.volume,
            writer: opening.writer(),
            seq: seq + 1,
            prev,
            witness: None,
            author: AuthorId::DEVICE,
            recorded,
            doc: DocId::from(doc.0),
            change,
        };
        let sealed = SealedEntry::parse(minicbor::to_vec(entry).unwrap()).unwrap();
        self.writer = LocalWriter::resume(opening, Position { seq: seq + 1, hash: sealed.hash() });
        sealed
    }

    fn part(&self, entries: &[SealedEntry]) -> IncomingPart {
        let head = self.writer.head(&self.secret).unwrap();
        IncomingPart::read(self.writer.opening().volume, &[head], entries.iter().map(SealedEntry::bytes))
    }

    fn batch(&self, entries: &[SealedEntry]) -> IncomingBatch {
        IncomingBatch { from: None, received_ms: MORNING.0, parts: vec![self.part(entries)] }
    }
}

fn november() -> VolumeId {
    VolumeId::duty(site(), "2026-11".parse().unwrap())
}

/// One raw change made with Automerge itself.
fn change(doc: &mut Automerge, actor: u8, edit: impl FnOnce(&mut automerge::transaction::Transaction<'_>)) -> Vec<u8> {
    doc.set_actor(ActorId::from([actor; 16]));
    let mut tx = doc.transaction();
    edit(&mut tx);
    tx.commit();
    doc.get_last_local_change().unwrap().raw_bytes().to_vec()
}

#[test]
fn what_one_wrote_and_another_merged_reads_the_same() {
    let mut desks = fleet(2);
    let order = desks[1].order("三栋跑水");
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    exchange(s, a);
    exchange(s, b);
    // Both go on without seeing each other.
    a.tell(order, "dispatched", json!({ "team": "工程组" }));
    b.tell(order, "noted", json!({ "text": "我也看到了" }));
    b.tell(order, "voided", json!({ "reason": "误报" }));
    exchange(s, a);
    exchange(s, b);
    exchange(s, a);
    assert_eq!(derived(a), derived(b));
    assert_eq!(derived(a), derived(s));
    assert_eq!(a.store.doc(order).unwrap().unwrap().facts.len(), 4);
    for desk in [s, a, b] {
        desk.assert_sound();
    }
}

#[test]
fn the_receipt_says_what_is_durable_and_a_repeat_changes_nothing() {
    let mut desks = fleet(1);
    let order = desks[1].order("三栋跑水");
    desks[1].tell(order, "accepted", empty());
    let [s, a] = &desks[..] else { unreachable!() };
    let offer = a.offer(s);
    let receipt = s.store.ingest(&offer).unwrap();
    assert_eq!((receipt.accepted, receipt.duplicates, receipt.parked, receipt.dropped), (2, 0, 0, 0));
    assert_eq!(receipt.arrival, s.store.last_arrival().unwrap());
    let mine = a.store.frontiers().unwrap().into_iter().find(|(volume, _)| *volume == november()).unwrap();
    assert_eq!(receipt.held, [mine]);
    assert_eq!(s.store.counts().unwrap().dirty, 1, "no document was opened on the way");
    let again = s.store.ingest(&offer).unwrap();
    assert_eq!((again.accepted, again.duplicates, again.held), (0, 2, receipt.held));
    let changed = s.settle();
    assert_eq!(changed.records, [(order, "work_order".to_owned())]);
    assert_eq!(s.settle().records, []);
    s.assert_sound();
}

#[test]
fn batches_of_several_senders_are_one_transaction_with_a_receipt_each() {
    let mut desks = fleet(3);
    for desk in &mut desks[1..] {
        desk.order("一单");
    }
    let (server, tablets) = desks.split_first().unwrap();
    let offers: Vec<IncomingBatch> = tablets.iter().map(|tablet| tablet.offer(server)).collect();
    let receipts = server.store.ingest_many(&offers).unwrap();
    assert_eq!(receipts.iter().map(|receipt| receipt.accepted).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(receipts.windows(2).all(|pair| pair[0].held != pair[1].held));
    // One of them cannot be stored: none is.
    for desk in &mut desks[1..] {
        desk.order("又一单");
    }
    let (server, tablets) = desks.split_first().unwrap();
    let offers: Vec<IncomingBatch> = tablets.iter().map(|tablet| tablet.offer(server)).collect();
    let before = server.store.frontiers().unwrap();
    server
        .sql()
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON entry WHEN NEW.arrival > (SELECT max(arrival) FROM entry) AND
             (SELECT count(*) FROM dirty) >= 2 BEGIN SELECT RAISE(ABORT, 'full'); END; DELETE FROM dirty",
        )
        .unwrap();
    let stopped = server.store.ingest_many(&offers);
    server.sql().execute_batch("DROP TRIGGER full").unwrap();
    assert!(stopped.is_err());
    assert_eq!(server.store.frontiers().unwrap(), before);
    assert_eq!(server.store.ingest_many(&offers).unwrap().len(), 3);
}

#[test]
fn entries_after_a_gap_wait_for_it_to_close() {
    let mut desks = fleet(1);
    let order = desks[1].order("三栋跑水");
    for _ in 0..3 {
        desks[1].tell(order, "noted", json!({ "text": "在看" }));
    }
    let [s, a] = &desks[..] else { unreachable!() };
    let log = a.store.read_log(0, usize::MAX, &|volume, _| (*volume == november()).then_some(0)).unwrap();
    let late = s.store.ingest(&batch(Some(a.key()), &log.entries[2..])).unwrap();
    assert_eq!((late.accepted, late.parked), (0, 2));
    assert!(late.held[0].1.is_empty(), "nothing is acknowledged that is not in the log");
    let parked = s.store.parked().unwrap();
    assert_eq!(
        parked.iter().map(|entry| (entry.seq, entry.code.as_str())).collect::<Vec<_>>(),
        [(3, "gap"), (4, "gap")]
    );
    let again = s.store.ingest(&batch(Some(a.key()), &log.entries[2..])).unwrap();
    assert_eq!(s.store.parked().unwrap().len(), 2, "the same entries make no more rows: {again:?}");

    let closing = s.store.ingest(&batch(Some(a.key()), &log.entries[..2])).unwrap();
    assert_eq!(closing.accepted, 4);
    assert_eq!(closing.held[0].1.iter().next().unwrap().1.seq, 4);
    assert_eq!(s.store.parked().unwrap(), []);
    s.settle();
    assert_eq!(s.store.doc(order).unwrap().unwrap().facts.len(), 4);
    s.assert_sound();
}

#[test]
fn entries_of_a_device_wait_until_the_server_has_taken_it_in() {
    let mut desks = fleet(1);
    let new = Desk::fresh(50);
    new.identify(desks[0].key(), "T9", dutybook_domain::device::AppRole::Tablet);
    let mut new = new;
    let order = new.order("新平板的第一单");
    let [s, a] = &mut desks[..] else { unreachable!() };
    let receipt = a.pull(&new);
    assert_eq!((receipt.accepted, receipt.parked), (0, 1));
    assert_eq!(a.store.parked().unwrap()[0].code, "unknown_device");
    // The server takes it in, and with it what it had sent before.
    assert_eq!(s.pull(&new).parked, 1);
    s.enrol(new.key(), "T9");
    assert_eq!(s.store.counts().unwrap().parked, 0);
    assert!(s.settle().records.iter().any(|(record, _)| *record == order));
    // Word of the enrolment reaches the tablet, and nothing else.
    let news = s.store.read_log(0, usize::MAX, &|volume, _| volume.month.is_none().then_some(0)).unwrap();
    a.store.ingest(&batch(Some(s.key()), &news.entries)).unwrap();
    assert_eq!(a.store.counts().unwrap().parked, 1, "known only once the document was read");
    let changed = a.settle();
    assert_eq!(changed.entries, 1, "and then taken in at once");
    assert_eq!(a.store.counts().unwrap().parked, 0);
    assert!(changed.records.iter().any(|(record, _)| *record == order), "{:?}", changed.records);
    a.assert_sound();
}

#[test]
fn what_was_written_before_a_device_was_sent_away_still_counts_through_the_server() {
    let mut desks = fleet(2);
    let order = desks[1].order("丢失前的单");
    let record = dutybook_domain::device::record_of("demo", &desks[1].key().to_string());
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    exchange(s, a);
    s.revoke(record);
    let late = a.order("丢失后的单");
    // A third party may not vouch for it, the server may.
    let receipt = s.pull(a);
    assert_eq!((receipt.accepted, receipt.parked), (0, 1), "after the revocation nothing more of it is taken");
    b.pull(s);
    b.settle();
    assert!(b.store.record(order).unwrap().is_some());
    assert_eq!(s.store.release_parked_of(a.key()).unwrap(), 1, "somebody looked at it and let it in");
    s.settle();
    assert!(s.store.record(late).unwrap().is_some());
    b.pull(s);
    b.settle();
    assert!(b.store.record(late).unwrap().is_some());
    s.assert_sound();
    b.assert_sound();
}

#[test]
fn only_the_server_says_which_devices_belong_to_the_site() {
    let mut desks = fleet(2);
    let stranger = DeviceSecret::from_bytes([66; 32]).public();
    let record = dutybook_domain::device::record_of("demo", &stranger.to_string());
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    // A tablet takes in a friend.
    a.enrol(stranger, "T66");
    exchange(s, a);
    exchange(s, b);
    for desk in [&s, &a, &b] {
        assert_eq!(desk.store.device(stranger).unwrap(), None);
        assert_eq!(desk.store.record(record).unwrap().unwrap().kind, "device", "shown, but it counts for nothing");
    }
    // The server sends that tablet away; the tablet claims the revocation's id and the record's kind for itself.
    let own = dutybook_domain::device::record_of("demo", &a.key().to_string());
    s.revoke(own);
    let revocation = s.store.doc(own).unwrap().unwrap().facts[1].id;
    let mut copy = Automerge::new();
    let mut rogue = Rogue::new(a.store.secret().clone(), VolumeId::standing(site()), 1);
    let hostile = change(&mut copy, 200, |tx| {
        let fact = tx.put_object(ROOT, format!("fact/{revocation}"), automerge::ObjType::Map).unwrap();
        tx.put(&fact, "type", "noted").unwrap();
        tx.put(ROOT, "meta/kind", "zzz").unwrap();
    });
    let entry = rogue.seal(own, hostile);
    b.store.ingest(&rogue.batch(&[entry])).unwrap();
    b.settle();
    let aside = b.store.marked().unwrap();
    assert!(
        matches!(&aside[..], [one] if matches!(&one.standing, Standing::Marked { code, .. } if code == "unlawful"))
    );
    b.pull(s);
    b.settle();
    assert!(b.store.device(a.key()).unwrap().unwrap().revoked);
    b.store.rebuild_projections().unwrap();
    assert!(b.store.device(a.key()).unwrap().unwrap().revoked);
    b.assert_sound();
}

/// The server's own words, handed on by somebody else, are read in the record and change nothing about who belongs.
#[test]
fn an_enrolment_that_is_handed_on_lets_nobody_in_again() {
    let mut desks = fleet(2);
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    let record = dutybook_domain::device::record_of("demo", &a.key().to_string());
    let log = s.store.read_log(0, usize::MAX, &|_, _| Some(0)).unwrap();
    let enrolment = log.entries.iter().find(|entry| {
        let sealed = SealedEntry::parse(entry.bytes.clone()).unwrap();
        sealed.entry().doc == DocId::from(record.0)
    });
    let enrolment = enrolment.unwrap();
    let head = enrolment.head.unwrap();
    let carried = Carried {
        opening: head.opening,
        entry: SealedEntry::parse(enrolment.bytes.clone()).unwrap(),
        signature: Some(head.signature),
    };
    s.revoke(record);
    b.pull(s);
    b.settle();
    let mut rogue = Rogue::new(b.store.secret().clone(), VolumeId::standing(site()), 1);
    let entry = rogue.writer.append(carried.draft()).unwrap();
    for desk in [&s, &b] {
        assert_eq!(desk.store.ingest(&rogue.batch(std::slice::from_ref(&entry))).unwrap().accepted, 1);
        desk.settle();
        assert!(desk.store.device(a.key()).unwrap().unwrap().revoked);
        desk.store.rebuild_projections().unwrap();
        assert!(desk.store.device(a.key()).unwrap().unwrap().revoked);
        let standing: Vec<_> = desk.store.entries_of(record).unwrap().into_iter().map(|row| row.standing).collect();
        assert_eq!(standing, vec![Standing::Applied; 3], "nothing new stands in it");
        desk.assert_sound();
    }
}

#[test]
fn what_is_no_entry_is_kept_with_a_reason() {
    let desks = fleet(1);
    let s = &desks[0];
    let part = IncomingPart::read(november(), &[], [b"nonsense".as_slice(), b"nonsense".as_slice()]);
    let from = Some(desks[1].key());
    let receipt = s.store.ingest(&IncomingBatch { from, received_ms: 5, parts: vec![part] }).unwrap();
    assert_eq!(receipt.refused.len(), 2);
    assert_eq!(receipt.refused[0].code, "bad_encoding");
    let kept = s.store.quarantine().unwrap();
    assert_eq!(kept.len(), 1, "the same bytes are kept once");
    assert_eq!((kept[0].len, kept[0].peer, kept[0].at_ms), (8, from, 5));
    assert_eq!(s.store.quarantined_bytes(kept[0].id).unwrap().unwrap(), b"nonsense");
    assert!(!kept[0].reason.is_empty());
}

#[test]
fn another_sites_entries_are_not_taken() {
    let mut desks = fleet(0);
    let other = VolumeId::duty("other".parse().unwrap(), "2026-11".parse().unwrap());
    let mut rogue = Rogue::new(DeviceSecret::from_bytes([5; 32]), other, 1);
    let mut doc = Automerge::new();
    let entry = rogue.seal(desks[0].record("x"), change(&mut doc, 1, |tx| tx.put(ROOT, "meta/kind", "x").unwrap()));
    let receipt = desks[0].store.ingest(&rogue.batch(&[entry])).unwrap();
    assert_eq!((receipt.accepted, receipt.refused[0].code), (0, "other_site"));
    assert_eq!(desks[0].store.quarantine().unwrap()[0].code, "other_site");
}

#[test]
fn a_change_that_breaks_the_rules_is_marked_and_the_record_stays_as_it_was() {
    let mut desks = fleet(1);
    let order = desks[1].order("三栋跑水");
    let [s, a] = &mut desks[..] else { unreachable!() };
    exchange(s, a);
    let before = derived(s);
    // The tablet's key signs a change that deletes the report.
    let fact = s.store.doc(order).unwrap().unwrap().facts[0].id;
    let log = s.store.read_log(0, usize::MAX, &|volume, _| (*volume == november()).then_some(0)).unwrap();
    let mut doc = Automerge::new();
    for entry in &log.entries {
        let sealed = SealedEntry::parse(entry.bytes.clone()).unwrap();
        doc.apply_changes([automerge::Change::from_bytes(sealed.entry().change.clone()).unwrap()]).unwrap();
    }
    let mut rogue = Rogue::new(a.store.secret().clone(), november(), 1);
    let deletes = change(&mut doc, 200, |tx| tx.delete(ROOT, format!("fact/{fact}")).unwrap());
    // What builds on it has to wait; what does not goes in.
    let builds_on_it = change(&mut doc, 201, |tx| tx.put(ROOT, "field/level", fact.to_string()).unwrap());
    let entries = [rogue.seal(order, deletes), rogue.seal(order, builds_on_it)];
    assert_eq!(s.store.ingest(&rogue.batch(&entries)).unwrap().accepted, 2, "the log takes it: it is signed and whole");
    assert_eq!(s.settle().records, []);
    assert_eq!(derived(s), before);
    let standing: Vec<Standing> = s.store.entries_of(order).unwrap().into_iter().map(|entry| entry.standing).collect();
    assert_eq!(standing[0], Standing::Applied);
    assert!(
        matches!(&standing[1], Standing::Marked { code, reason } if code == "unlawful" && reason.contains("deletes"))
    );
    assert_eq!(standing[2], Standing::Waiting);
    assert_eq!(s.store.marked().unwrap().len(), 2);
    assert_eq!((s.store.counts().unwrap().marked, s.store.counts().unwrap().waiting), (1, 1));
    a.tell(order, "accepted", empty());
    exchange(s, a);
    assert_eq!(derived(s), derived(a));
    assert_eq!(s.store.doc(order).unwrap().unwrap().facts.len(), 2);
    s.assert_sound();
}

#[test]
fn a_change_whose_cause_comes_later_waits_for_it() {
    let mut desks = fleet(1);
    let [s, a] = &mut desks[..] else { unreachable!() };
    let order = a.record("work_order");
    let mut doc = Automerge::new();
    let first = change(&mut doc, 1, |tx| tx.put(ROOT, "meta/kind", "work_order").unwrap());
    let second = change(&mut doc, 2, |tx| tx.put(ROOT, "field/level", "x").unwrap());
    let mut rogue = Rogue::new(a.store.secret().clone(), november(), 1);
    let early = rogue.seal(order, second);
    s.store.ingest(&rogue.batch(&[early])).unwrap();
    assert_eq!(s.settle().records, []);
    assert_eq!(s.store.record(order).unwrap(), None, "an empty record is not listed");
    assert_eq!(s.store.marked().unwrap()[0].standing, Standing::Waiting);
    s.assert_sound();
    let late = rogue.seal(order, first);
    s.store.ingest(&rogue.batch(&[late])).unwrap();
    assert_eq!(s.settle().records, [(order, "work_order".to_owned())]);
    assert_eq!(s.store.marked().unwrap(), []);
    assert_eq!(s.store.doc(order).unwrap().unwrap().fields["level"], ["x"]);
    s.assert_sound();
}

#[test]
fn a_record_lives_in_one_volume() {
    let mut desks = fleet(2);
    let order = desks[1].order("三栋跑水");
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    exchange(s, a);
    let before = derived(s);
    let mut doc = Automerge::new();
    let elsewhere = VolumeId::personnel(site(), "2026-11".parse().unwrap());
    let mut rogue = Rogue::new(a.store.secret().clone(), elsewhere, 1);
    let said = change(&mut doc, 1, |tx| tx.put(ROOT, "field/level", "x").unwrap());
    let behind = change(&mut doc, 1, |tx| tx.put(ROOT, "field/level", "y").unwrap());
    let entries = [rogue.seal_misplaced(order, said), rogue.seal_misplaced(order, behind)];
    let offer = rogue.batch(&entries);
    // The one has the record, the other hears of it in this way first; both come to the same opinion.
    for desk in [&s, &b] {
        let receipt = desk.store.ingest(&offer).unwrap();
        assert_eq!((receipt.accepted, receipt.parked), (0, 0));
        let codes: Vec<_> = receipt.refused.iter().map(|refused| refused.code).collect();
        assert_eq!(codes, ["misplaced", "behind_refused"]);
        assert_eq!(desk.settle().records, []);
        let kept: Vec<_> = desk.store.quarantine().unwrap().into_iter().map(|aside| aside.code).collect();
        assert_eq!(kept, ["behind_refused", "misplaced"], "the latest first");
    }
    assert_eq!(derived(s), before);
    assert_eq!(b.store.record(order).unwrap(), None);
    exchange(s, b);
    assert_eq!(derived(b), derived(s));
    s.assert_sound();
    b.assert_sound();
}

#[test]
fn a_local_action_takes_in_what_has_arrived_first() {
    let mut desks = fleet(2);
    let order = desks[1].order("三栋跑水");
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    exchange(s, a);
    b.pull(s);
    // Nobody has looked at what arrived; the action itself does.
    b.tell(order, "accepted", empty());
    let doc = b.store.doc(order).unwrap().unwrap();
    assert_eq!(doc.facts.len(), 2);
    assert_eq!(doc.facts[1].after, [doc.facts[0].id], "written in knowledge of the report");
    b.settle();
    b.assert_sound();
}

#[test]
fn reading_one_by_one_and_reading_on_find_the_same() {
    let mut desks = fleet(2);
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    for at in 0..60 {
        a.order(&format!("第 {at} 单"));
        if at % 20 == 7 {
            b.order("别人的单");
        }
        if at % 13 == 0 {
            s.pull(a);
            s.pull(b);
        }
    }
    s.pull(a);
    s.pull(b);
    let all = s.store.read_log(0, usize::MAX, &|_, _| Some(0)).unwrap();
    let (b_key, last) = (b.key(), all.through);
    let of_b = all.entries.iter().find(|entry| entry.head.is_some_and(|head| head.opening.device == b_key)).unwrap();
    let writer = of_b.writer;
    for after in [0, 10, 30, last - 1, last] {
        for wanted_from in 0..4 {
            let sparse = |_: &VolumeId, of: &dutybook_log::WriterId| (*of == writer).then_some(wanted_from);
            let found = s.store.read_log(after, usize::MAX, &sparse).unwrap();
            let expected: Vec<_> = all
                .entries
                .iter()
                .filter(|entry| entry.arrival > after && entry.writer == writer && entry.seq > wanted_from)
                .cloned()
                .collect();
            assert_eq!(found.entries, expected, "after {after}, from {wanted_from}");
            assert_eq!((found.through, found.end), (last, true));
            let first = s.store.first_missing_arrival(&sparse).unwrap();
            assert_eq!(
                first,
                all.entries.iter().find(|e| e.writer == writer && e.seq > wanted_from).map(|e| e.arrival)
            );
        }
    }
    // In small pieces it is the same, too.
    for wanted in [None, Some(writer)] {
        let wants = |_: &VolumeId, of: &dutybook_log::WriterId| wanted.is_none_or(|only| only == *of).then_some(0);
        let whole = s.store.read_log(0, usize::MAX, &wants).unwrap();
        let (mut pieces, mut after) = (Vec::new(), 0);
        loop {
            let piece = s.store.read_log(after, 600, &wants).unwrap();
            assert!(piece.through > after || piece.end);
            after = piece.through;
            pieces.extend(piece.entries);
            if piece.end {
                break;
            }
        }
        assert_eq!(pieces, whole.entries);
    }
    assert_eq!(s.store.first_missing_arrival(&|_, _| None).unwrap(), None);
    assert!(all.entries.iter().filter_map(|entry| entry.head).all(|head| head.verify().is_ok()));
}

#[test]
fn equal_books_have_equal_digests() {
    let mut desks = fleet(1);
    let [s, a] = &mut desks[..] else { unreachable!() };
    assert_eq!(s.store.book_digest().unwrap(), a.store.book_digest().unwrap());
    a.order("三栋跑水");
    assert_ne!(s.store.book_digest().unwrap(), a.store.book_digest().unwrap());
    exchange(s, a);
    let (book, arrival) = s.store.book(&|volume| volume.class == dutybook_log::Class::Duty).unwrap();
    assert_eq!(book.keys().map(ToString::to_string).collect::<Vec<_>>(), ["demo/duty/2026-11"]);
    assert_eq!(arrival, s.store.last_arrival().unwrap());
}

#[test]
fn what_waits_is_bounded_and_stays_with_the_sender() {
    let desks = fleet(0);
    let s = &desks[0];
    let mut rogue = Rogue::new(DeviceSecret::from_bytes([5; 32]), november(), 1);
    let mut doc = Automerge::new();
    let small = change(&mut doc, 1, |tx| tx.put(ROOT, "meta/kind", "x").unwrap());
    let record = |at: u32| record_at(MORNING, "x", u128::from(at).to_be_bytes());
    let entries: Vec<SealedEntry> = (0..10_050).map(|at| rogue.seal(record(at), small.clone())).collect();
    let receipt = s.store.ingest(&rogue.batch(&entries)).unwrap();
    assert_eq!((receipt.parked, receipt.dropped), (10_000, 50));
    assert_eq!(s.store.counts().unwrap().parked, 10_000);
    assert_eq!(s.store.release_parked_of(rogue.secret.public()).unwrap(), 0, "its signature was over all of them");
    let again = s.store.ingest(&rogue.batch(&entries)).unwrap();
    assert_eq!((again.dropped, s.store.counts().unwrap().parked), (50, 10_000));
}

/// What a device of the property test does next.
#[derive(Clone, Debug)]
enum Deed {
    NewOrder,
    Tell { order: usize, kind: usize },
    Point { order: usize },
    Text { order: usize },
    Pull { from: usize },
    Settle,
    Restart,
}

fn deed() -> impl Strategy<Value = (usize, Deed)> {
    let deed = prop_oneof![
        2 => Just(Deed::NewOrder),
        6 => (0..8usize, 0..6usize).prop_map(|(order, kind)| Deed::Tell { order, kind }),
        2 => (0..8usize).prop_map(|order| Deed::Point { order }),
        1 => (0..8usize).prop_map(|order| Deed::Text { order }),
        6 => (0..3usize).prop_map(|from| Deed::Pull { from }),
        3 => Just(Deed::Settle),
        1 => Just(Deed::Restart),
    ];
    (0..3usize, deed)
}

const TELLABLE: [&str; 6] = ["dispatched", "accepted", "refused", "noted", "closed", "from_the_future"];

fn perform(desks: &mut Vec<Desk>, orders: &mut Vec<RecordId>, who: usize, deed: &Deed, round: u64) {
    let known = |desk: &Desk, order: usize| {
        let order = *orders.get(order % orders.len().max(1))?;
        desk.store.doc(order).unwrap().map(|_| order)
    };
    match deed {
        Deed::NewOrder => orders.push(desks[who].order("一单")),
        Deed::Tell { order, kind } => {
            if let Some(order) = known(&desks[who], *order) {
                let body = json!({ "text": "看过", "reason": "没空", "team": "工程组", "to": [] });
                desks[who].tell(order, TELLABLE[*kind], body);
            }
        }
        Deed::Point { order } => {
            if let Some(order) = known(&desks[who], *order) {
                let fact = desks[who].fact("urgency_set", json!({ "urgency": "critical", "reason": "水漫" }));
                let dutybook_domain::record::Write::Fact { id, .. } = &fact else { unreachable!() };
                let field = dutybook_domain::record::Write::Field { name: "urgency", fact: *id };
                let mut step = Desk::step(order, "work_order");
                step.writes = vec![fact, field];
                desks[who].write(vec![step]);
            }
        }
        Deed::Text { order } => {
            if let Some(order) = known(&desks[who], *order) {
                let mut step = Desk::step(order, "work_order");
                let text = format!("第 {round} 次写");
                step.writes = vec![dutybook_domain::record::Write::Text { name: "report", text }];
                desks[who].write(vec![step]);
            }
        }
        Deed::Pull { from } if *from != who => {
            let receipt = {
                let offer = desks[*from].offer(&desks[who]);
                desks[who].store.ingest(&offer).unwrap()
            };
            assert!(receipt.refused.is_empty(), "{receipt:?}");
        }
        Deed::Pull { .. } => {}
        Deed::Settle => drop(desks[who].settle()),
        Deed::Restart => {
            let desk = desks.remove(who);
            desks.insert(who, desk.restart(1000 + round));
        }
    }
}

proptest! {
    #![proptest_config(crate::support::few_cases())]

    /// Whatever order things were written, exchanged and looked at in: in the end all devices derive the same, and
    /// deriving it all anew gives the same again.
    #[test]
    fn all_devices_derive_the_same(deeds in proptest::collection::vec(deed(), 1..60)) {
        let mut desks = fleet(2);
        let mut orders = Vec::new();
        for (round, (who, deed)) in deeds.iter().enumerate() {
            perform(&mut desks, &mut orders, *who, deed, round as u64);
        }
        let [s, a, b] = &desks[..] else { unreachable!() };
        exchange(s, a);
        exchange(s, b);
        exchange(s, a);
        let expected = derived(s);
        for desk in &desks {
            prop_assert_eq!(derived(desk), expected.clone());
            let report = desk.store.check().unwrap();
            prop_assert!(report.ok, "{:#?}", report.problems);
            desk.store.rebuild_projections().unwrap();
            prop_assert_eq!(derived(desk), expected.clone());
        }
        let open = RecordFilter { kind: Some("work_order"), ..RecordFilter::default() };
        prop_assert_eq!(desks[0].store.records(&open).unwrap().len(), orders.len());
    }
}

#[test]
fn quarantine_is_bounded() {
    let desks = fleet(0);
    let s = &desks[0];
    let rubbish: Vec<Vec<u8>> = (0..10_010u32).map(|at| at.to_be_bytes().to_vec()).collect();
    let part = IncomingPart::read(november(), &[], rubbish.iter().map(Vec::as_slice));
    let receipt = s.store.ingest(&IncomingBatch { from: None, received_ms: 5, parts: vec![part] }).unwrap();
    assert_eq!(receipt.refused.len(), 10_010, "all of it is refused");
    assert_eq!(s.store.counts().unwrap().quarantined, 10_000, "and some of it kept");
}
