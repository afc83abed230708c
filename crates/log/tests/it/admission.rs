//! What a replica takes from a batch, case by case.

use dutybook_log::{
    Admission, AppendError, Carried, ChangeRefusal, DeviceKey, DocId, EntryHash, Frontier, Head, Known, ParkReason,
    Position, QuarantineReason, SealedEntry, WriterId, admit,
};

use crate::support::{Device, RawChange, doc_id, doc_in, draft, entry_of, one_change, volume};

/// A receiver that holds some entries already and knows every device but those told.
#[derive(Default)]
struct Receiver {
    held: Vec<SealedEntry>,
    unknown: Vec<DeviceKey>,
}

impl Receiver {
    fn holding(held: &[SealedEntry]) -> Self {
        Self { held: held.to_vec(), unknown: vec![] }
    }

    fn frontier(&self) -> Frontier {
        self.held
            .iter()
            .map(|held| (held.entry().writer, Position { seq: held.entry().seq, hash: held.hash() }))
            .collect()
    }

    fn stored(&self, writer: &WriterId, seq: u64) -> Option<EntryHash> {
        let same = |held: &&SealedEntry| held.entry().writer == *writer && held.entry().seq == seq;
        self.held.iter().find(same).map(SealedEntry::hash)
    }

    fn admit(&self, entries: &[SealedEntry], heads: &[Head]) -> Admission {
        admit(
            &Known {
                volume: &volume(),
                frontier: &self.frontier(),
                device: &|device| !self.unknown.contains(device),
                stored: &|writer, seq| self.stored(writer, seq),
            },
            entries,
            heads,
        )
    }
}

fn accepted(admission: &Admission) -> Vec<usize> {
    admission.accepted.iter().map(|accepted| accepted.index).collect()
}

fn parked(admission: &Admission, reason: ParkReason) -> Vec<usize> {
    admission.parked.iter().filter(|(_, why)| *why == reason).map(|(n, _)| *n).collect()
}

fn quarantined(admission: &Admission, reason: &QuarantineReason) -> Vec<usize> {
    admission.quarantined.iter().filter(|(_, why)| why == reason).map(|(n, _)| *n).collect()
}

#[test]
fn one_head_at_the_end_covers_everything() {
    let mut device = Device::new(1);
    let entries = device.write_many(5);
    let head = device.head();
    let admission = Receiver::default().admit(&entries, &[head]);
    assert_eq!(accepted(&admission), [0, 1, 2, 3, 4]);
    assert_eq!(admission.frontier.get(&device.writer.writer()), Some(device.writer.position()));
    let signatures: Vec<_> = admission.accepted.iter().map(|a| a.signature).collect();
    assert_eq!(signatures, [None, None, None, None, Some(head.signature)]);
    assert!(admission.accepted.iter().all(|a| a.opening == head.opening && a.facts.ops == 4));
    assert!(admission.parked.is_empty() && admission.quarantined.is_empty());
}

#[test]
fn an_empty_batch_changes_nothing() {
    let mut device = Device::new(1);
    let held = device.write_many(2);
    let receiver = Receiver::holding(&held);
    let admission = receiver.admit(&[], &[device.head()]);
    assert_eq!(admission.frontier, receiver.frontier());
    assert!(admission.accepted.is_empty());
}

#[test]
fn several_writers_keep_the_order_of_the_batch() {
    let (mut a, mut b) = (Device::new(1), Device::new(2));
    let entries: Vec<_> = (0..3u8)
        .flat_map(|n| [a.write(doc_id(n), one_change(n)), b.write(doc_id(n + 10), one_change(n + 10))])
        .collect();
    let admission = Receiver::default().admit(&entries, &[a.head(), b.head()]);
    assert_eq!(accepted(&admission), [0, 1, 2, 3, 4, 5]);
    assert_eq!(admission.frontier.len(), 2);
}

#[test]
fn what_no_head_covers_is_parked() {
    let mut device = Device::new(1);
    let mut entries = device.write_many(2);
    let head = device.head();
    entries.push(device.write(doc_id(9), one_change(9)));
    let admission = Receiver::default().admit(&entries, &[head]);
    assert_eq!(accepted(&admission), [0, 1]);
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [2]);
    assert_eq!(admission.frontier.get(&head.writer()), Some(head.position));

    let admission = Receiver::default().admit(&entries, &[]);
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [0, 1, 2]);
}

#[test]
fn a_gap_is_parked() {
    let mut device = Device::new(1);
    let entries = device.write_many(5);
    let head = device.head();
    let receiver = Receiver::holding(&entries[..1]);
    let admission = receiver.admit(&entries[2..], &[head]);
    assert_eq!(parked(&admission, ParkReason::Gap), [0, 1, 2]);
    assert_eq!(admission.frontier, receiver.frontier());

    // A hole in the middle of the batch; before it nothing is proven.
    let mut holed = entries.clone();
    holed.remove(2);
    let admission = receiver.admit(&holed, &[head]);
    assert_eq!(admission.duplicates, 1);
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [1]);
    assert_eq!(parked(&admission, ParkReason::Gap), [2, 3]);
}

#[test]
fn order_within_a_writer_is_put_right() {
    let mut device = Device::new(1);
    let mut entries = device.write_many(4);
    entries.reverse();
    let admission = Receiver::default().admit(&entries, &[device.head()]);
    assert_eq!(accepted(&admission), [3, 2, 1, 0]);
}

#[test]
fn repeats_are_counted_and_nothing_else() {
    let mut device = Device::new(1);
    let entries = device.write_many(3);
    let receiver = Receiver::holding(&entries);
    let admission = receiver.admit(&entries, &[device.head()]);
    assert_eq!(admission.duplicates, 3);
    assert!(admission.accepted.is_empty() && admission.parked.is_empty() && admission.quarantined.is_empty());

    let more = device.write(doc_id(7), one_change(7));
    let batch = [entries[1].clone(), more.clone(), entries[2].clone(), more];
    let admission = receiver.admit(&batch, &[device.head()]);
    assert_eq!(admission.duplicates, 3);
    assert_eq!(accepted(&admission), [1]);
}

#[test]
fn an_unknown_device_is_parked() {
    let mut device = Device::new(1);
    let entries = device.write_many(2);
    let receiver = Receiver { unknown: vec![device.secret.public()], ..Receiver::default() };
    let admission = receiver.admit(&entries, &[device.head()]);
    assert_eq!(parked(&admission, ParkReason::UnknownDevice), [0, 1]);
    assert!(admission.frontier.is_empty());
}

#[test]
fn a_bad_signature_is_quarantined_and_a_good_one_beside_it_counts() {
    let mut device = Device::new(1);
    let mut entries = device.write_many(2);
    let good = device.head();
    entries.push(device.write(doc_id(8), one_change(8)));
    let mut bad = device.head();
    bad.signature[5] ^= 1;

    let admission = Receiver::default().admit(&entries, &[bad]);
    assert_eq!(quarantined(&admission, &QuarantineReason::BadSignature), [0, 1, 2]);
    let admission = Receiver::default().admit(&entries, &[bad, good]);
    assert_eq!(accepted(&admission), [0, 1]);
    assert_eq!(admission.accepted[1].signature, Some(good.signature));
    assert_eq!(quarantined(&admission, &QuarantineReason::BadSignature), [2]);
    let admission = Receiver::default().admit(&entries, &[bad, device.head()]);
    assert_eq!(accepted(&admission), [0, 1, 2]);
}

/// Somebody signs, with a key of his own that is known here, what another device wrote.
#[test]
fn a_writer_cannot_be_claimed_by_another_device() {
    let (mut device, thief) = (Device::new(1), Device::new(2));
    let entries = device.write_many(2);
    let mut opening = *device.writer.opening();
    opening.device = thief.secret.public();
    let claimed = dutybook_log::LocalWriter::resume(opening, device.writer.position());
    let head = claimed.head(&thief.secret).unwrap();
    head.verify().unwrap();
    let admission = Receiver::default().admit(&entries, &[head]);
    assert!(admission.accepted.is_empty());
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [0, 1]);
}

/// Entries that the device never wrote, under its writer's name, beside the real ones.
#[test]
fn forged_entries_do_not_stand_in_the_way_of_real_ones() {
    let mut device = Device::new(1);
    let real = device.write_many(3);
    let mut forger = Device::new(1);
    let forged: Vec<_> = (0..3).map(|n| forger.write(doc_id(n), one_change(n + 50))).collect();
    let batch: Vec<_> = forged.into_iter().chain(real).collect();
    let admission = Receiver::default().admit(&batch, &[device.head()]);
    assert_eq!(accepted(&admission), [3, 4, 5]);
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [0, 1, 2]);
}

type Branch = (Device, Vec<SealedEntry>);

fn cloned_device() -> (Vec<SealedEntry>, Branch, Branch) {
    let mut device = Device::new(1);
    let common = device.write_many(2);
    let mut clone = device.clone();
    let ours = (10..13).map(|n| device.write(doc_id(n), one_change(n))).collect();
    let theirs = (20..22).map(|n| clone.write(doc_id(n), one_change(n))).collect();
    (common, (device, ours), (clone, theirs))
}

#[test]
fn a_fork_is_quarantined_and_the_stored_branch_stays() {
    let (common, (device, ours), (clone, theirs)) = cloned_device();
    let long: Vec<_> = common.iter().chain(&ours).cloned().collect();
    let short: Vec<_> = common.iter().chain(&theirs).cloned().collect();

    let at_long = Receiver::holding(&long);
    let admission = at_long.admit(&short, &[clone.head()]);
    assert_eq!(admission.duplicates, 2);
    assert_eq!(quarantined(&admission, &QuarantineReason::Fork), [2, 3]);
    assert_eq!(admission.frontier, at_long.frontier());

    let at_short = Receiver::holding(&short);
    let admission = at_short.admit(&long, &[device.head()]);
    assert_eq!(admission.duplicates, 2);
    assert_eq!(quarantined(&admission, &QuarantineReason::Fork), [2, 3, 4]);
    assert_eq!(admission.frontier, at_short.frontier());

    // Only what lies behind the receiver's own end: it does not follow what is stored.
    let admission = at_short.admit(&ours[2..], &[device.head()]);
    assert_eq!(quarantined(&admission, &QuarantineReason::Fork), [0]);
    // Without a signature nobody is accused of a fork.
    let admission = at_long.admit(&theirs, &[]);
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [0, 1]);
}

#[test]
fn of_two_new_branches_the_longer_is_taken() {
    let (common, (device, ours), (clone, theirs)) = cloned_device();
    let batch: Vec<_> = common.iter().chain(&theirs).chain(&ours).cloned().collect();
    let admission = Receiver::default().admit(&batch, &[clone.head(), device.head()]);
    assert_eq!(accepted(&admission), [0, 1, 4, 5, 6]);
    assert_eq!(quarantined(&admission, &QuarantineReason::Fork), [2, 3]);
    assert_eq!(admission.frontier.get(&device.writer.writer()), Some(device.writer.position()));
}

#[test]
fn another_volume_is_quarantined() {
    let mut elsewhere = Device::in_volume(1, 0, "demo/duty/2026-12".parse().unwrap());
    let mut device = Device::new(1);
    let mut entries = elsewhere.write_many(2);
    entries.extend(device.write_many(1));
    let admission = Receiver::default().admit(&entries, &[elsewhere.head(), device.head()]);
    assert_eq!(quarantined(&admission, &QuarantineReason::WrongVolume), [0, 1]);
    assert_eq!(accepted(&admission), [2]);
}

/// Signs entries whose records, changes or numbers a `LocalWriter` would never let through.
struct Rogue {
    device: Device,
    position: Position,
}

impl Rogue {
    fn new() -> Self {
        let device = Device::new(1);
        Self { position: device.writer.position(), device }
    }

    fn write(&mut self, change: Vec<u8>) -> SealedEntry {
        self.write_at(self.position.seq + 1, change)
    }

    fn write_at(&mut self, seq: u64, change: Vec<u8>) -> SealedEntry {
        self.write_on(seq, doc_id(1), change)
    }

    fn write_on(&mut self, seq: u64, doc: DocId, change: Vec<u8>) -> SealedEntry {
        let entry = entry_of(self.device.writer.opening(), seq, self.position.hash, doc, change);
        self.position = Position { seq, hash: entry.hash() };
        entry
    }

    fn head(&self) -> Head {
        dutybook_log::LocalWriter::resume(*self.device.writer.opening(), self.position)
            .head(&self.device.secret)
            .unwrap()
    }
}

#[test]
fn a_refused_change_stops_its_writer_at_the_last_signed_place_before_it() {
    let mut rogue = Rogue::new();
    let mut batch = vec![rogue.write(one_change(1)), rogue.write(one_change(2))];
    let signed = rogue.head();
    batch.push(rogue.write(one_change(3)));
    batch.push(rogue.write(RawChange::sets(10_000_000).bytes()));
    batch.push(rogue.write(one_change(4)));
    let last = rogue.head();
    let mut honest = Device::new(2);
    batch.extend(honest.write_many(1));

    let bomb = QuarantineReason::Change(ChangeRefusal::TooManyOps);
    let behind = QuarantineReason::BehindRefused { seq: 4 };
    let admission = Receiver::default().admit(&batch, &[signed, last, honest.head()]);
    assert_eq!(accepted(&admission), [0, 1, 5]);
    assert_eq!(admission.accepted[1].signature, Some(signed.signature));
    assert_eq!(quarantined(&admission, &bomb), [3]);
    assert_eq!(quarantined(&admission, &behind), [2, 4]);
    assert_eq!(admission.frontier.get(&signed.writer()), Some(signed.position));

    // Signed as one: nothing of it can be proven without the bomb.
    let admission = Receiver::default().admit(&batch, &[last]);
    assert_eq!(quarantined(&admission, &bomb), [3]);
    assert_eq!(quarantined(&admission, &behind), [0, 1, 2, 4]);
    assert!(admission.frontier.is_empty());

    // A lower head that is not good does not help.
    let mut bad = signed;
    bad.signature[0] ^= 1;
    let admission = Receiver::default().admit(&batch, &[bad, last]);
    assert_eq!(quarantined(&admission, &behind), [0, 1, 2, 4]);
}

/// A record is written to in the volume that its id names and in no other, whichever of the two the receiver heard of
/// first.
#[test]
fn a_record_in_a_volume_that_is_not_its_own_is_misplaced() {
    let home = |text: &str, n| doc_in(&text.parse().unwrap(), n);
    for (what, doc, misplaced) in [
        ("its own volume", doc_id(7), false),
        ("its own volume, another record", doc_id(8), false),
        ("the month before", home("demo/duty/2026-10", 7), true),
        ("the same month of another year", home("demo/duty/2027-11", 7), true),
        ("another class", home("demo/personnel/2026-11", 7), true),
        ("what stands for years", home("demo/standing", 7), true),
        ("a class that nobody knows", DocId([0xff; 16]), true),
        ("duty without a month", DocId([0x10, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]), true),
    ] {
        let mut rogue = Rogue::new();
        let mut batch = vec![rogue.write(one_change(1))];
        let signed = rogue.head();
        batch.push(rogue.write_on(2, doc, one_change(2)));
        batch.push(rogue.write(one_change(3)));
        let admission = Receiver::default().admit(&batch, &[signed, rogue.head()]);
        let set_aside = |reason| quarantined(&admission, &reason);
        if misplaced {
            assert_eq!(accepted(&admission), [0], "{what}: what was proven before it stays");
            assert_eq!(set_aside(QuarantineReason::Misplaced), [1], "{what}");
            assert_eq!(set_aside(QuarantineReason::BehindRefused { seq: 2 }), [2], "{what}");
            assert_eq!(admission.frontier.get(&signed.writer()), Some(signed.position), "{what}");
        } else {
            assert_eq!((accepted(&admission), admission.quarantined), (vec![0, 1, 2], vec![]), "{what}");
        }
        // And nobody writes what others refuse.
        let mut honest = Device::new(2);
        let appended = honest.writer.append(draft(doc, one_change(2)));
        assert_eq!(appended.err(), misplaced.then_some(AppendError::Misplaced), "{what}");
    }
    // Of another site, whose volumes are called otherwise, the same id is at home there.
    let elsewhere = "lakeside/duty/2026-11".parse().unwrap();
    let mut device = Device::in_volume(1, 0, elsewhere);
    let known = Known { volume: &elsewhere, frontier: &Frontier::new(), device: &|_| true, stored: &|_, _| None };
    let entries = [device.write(doc_id(7), one_change(1))];
    assert_eq!(accepted(&admit(&known, &entries, &[device.head()])), [0]);
}

/// What a device wrote as one action, and the entries by which another hands it on.
fn handed_on(device: &mut Device, count: u8) -> Vec<Carried> {
    let entries = device.write_many(count);
    let head = device.head();
    let last = entries.len() - 1;
    let carried = entries.into_iter().enumerate().map(|(at, entry)| Carried {
        opening: head.opening,
        entry,
        signature: (at == last).then_some(head.signature),
    });
    carried.collect()
}

#[test]
fn what_another_device_wrote_is_handed_on_with_its_signature() {
    let whole = || handed_on(&mut Device::new(1), 3);
    let but = |edit: &dyn Fn(&mut Vec<Carried>)| {
        let mut carried = whole();
        edit(&mut carried);
        carried
    };
    let signature = whole()[2].signature;
    for (what, carried, proven) in [
        ("as it was", whole(), true),
        ("without the first, which what follows does not need", but(&|carried| drop(carried.remove(0))), true),
        ("without the one in the middle", but(&|carried| drop(carried.remove(1))), false),
        ("without the last, which alone is signed", but(&|carried| drop(carried.remove(2))), false),
        ("without a signature", but(&|carried| carried[2].signature = None), false),
        ("with a signature that is nobody's", but(&|carried| carried[2].signature = Some([7; 64])), false),
        ("with a signature over another entry", but(&|carried| carried[0].signature = signature), false),
        ("the other way round", but(&|carried| carried.reverse()), false),
    ] {
        let mut other = Device::new(2);
        let mut batch = vec![other.write(doc_id(20), one_change(20))];
        let signed = other.head();
        batch.extend(carried.iter().map(|carried| other.writer.append(carried.draft()).unwrap()));
        batch.push(other.write(doc_id(21), one_change(21)));
        let admission = Receiver::default().admit(&batch, &[signed, other.head()]);
        if proven {
            assert_eq!(accepted(&admission), (0..batch.len()).collect::<Vec<_>>(), "{what}");
        } else {
            assert_eq!(accepted(&admission), [0], "{what}: what was proven before it stays");
            let refused = quarantined(&admission, &QuarantineReason::Unproven);
            assert_eq!(refused.len(), 1, "{what}");
            assert_eq!(admission.frontier.get(&signed.writer()), Some(signed.position), "{what}");
        }
        let (first, other) = (Device::new(1).secret.public(), other.secret.public());
        for (entry, carried) in batch[1..].iter().zip(&carried) {
            assert_eq!((entry.change(), entry.written_by(other)), (carried.entry.change(), first), "{what}");
        }
        assert_eq!(batch[0].written_by(other), other);
        for entry in &batch {
            assert_eq!(SealedEntry::parse(entry.bytes()).unwrap(), *entry, "{what}");
        }
    }
}

#[test]
fn what_is_put_around_an_entry_is_what_stands_in_it() {
    let carried = handed_on(&mut Device::new(1), 1).remove(0);
    let mut not_its_writer = carried.clone();
    not_its_writer.opening.device = Device::new(3).secret.public();
    let mut other_record = carried.draft();
    other_record.doc = doc_id(9);
    let mut other_person = carried.draft();
    other_person.author = dutybook_log::AuthorId::DEVICE;
    let mut other_time = carried.draft();
    other_time.recorded.wall_ms += 1;
    let mut longer = carried.draft();
    longer.change.push(0);
    let nobody = Carried { entry: Device::new(2).write(doc_id(0), one_change(0)), ..carried.clone() };
    for (what, draft) in [
        ("another device's writer", not_its_writer.draft()),
        ("another writer's entry", nobody.draft()),
        ("another record", other_record),
        ("another person", other_person),
        ("another time", other_time),
        ("more than an entry", longer),
    ] {
        let appended = Device::new(2).writer.append(draft);
        assert!(matches!(appended, Err(AppendError::Change(_))), "{what}: {appended:?}");
    }
    let mut elsewhere = Device::in_volume(2, 0, "demo/duty/2026-12".parse().unwrap());
    assert_eq!(elsewhere.writer.append(carried.draft()).err(), Some(AppendError::Misplaced));
}

/// The one who hands something on may be given up as well, and everybody on the way has to have signed.
#[test]
fn what_was_handed_on_can_be_handed_on_again_a_few_times() {
    let mut carried = handed_on(&mut Device::new(1), 2);
    for by in 2..8 {
        let mut device = Device::new(by);
        let entries: Vec<_> = carried.iter().map(|carried| device.writer.append(carried.draft())).collect();
        if by == 6 {
            assert!(entries.iter().all(|entry| matches!(entry, Err(AppendError::Change(_)))), "not for ever");
            break;
        }
        let entries: Vec<SealedEntry> = entries.into_iter().map(Result::unwrap).collect();
        let admission = Receiver::default().admit(&entries, &[device.head()]);
        assert_eq!(accepted(&admission), [0, 1], "{by}");
        let first = Device::new(1).secret.public();
        assert!(entries.iter().all(|entry| entry.written_by(device.secret.public()) == first));
        let head = device.head();
        carried = vec![
            Carried { opening: head.opening, entry: entries[0].clone(), signature: None },
            Carried { opening: head.opening, entry: entries[1].clone(), signature: Some(head.signature) },
        ];
    }

    // Somebody in the middle who never had the first one's signature.
    let mut forged = handed_on(&mut Device::new(1), 1);
    forged[0].signature = Some([7; 64]);
    let mut middle = Device::new(2);
    let entry = middle.writer.append(forged[0].draft()).unwrap();
    let head = middle.head();
    let again = Carried { opening: head.opening, entry, signature: Some(head.signature) };
    let mut last = Device::new(3);
    let entries = [last.writer.append(again.draft()).unwrap()];
    let admission = Receiver::default().admit(&entries, &[last.head()]);
    assert_eq!(quarantined(&admission, &QuarantineReason::Unproven), [0]);
}

#[test]
fn numbers_that_do_not_follow_are_a_broken_chain() {
    let mut rogue = Rogue::new();
    let batch = vec![rogue.write(one_change(1)), rogue.write_at(5, one_change(2)), rogue.write(one_change(3))];
    let admission = Receiver::default().admit(&batch, &[rogue.head()]);
    assert_eq!(quarantined(&admission, &QuarantineReason::BrokenChain), [1, 2]);
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [0]);

    // A first entry that does not begin at the writer's opening.
    let mut rogue = Rogue::new();
    rogue.position.hash = EntryHash([1; 32]);
    let batch = vec![rogue.write_at(1, one_change(1))];
    let admission = Receiver::default().admit(&batch, &[rogue.head()]);
    assert_eq!(quarantined(&admission, &QuarantineReason::BrokenChain), [0]);

    // The highest number there is.
    let mut rogue = Rogue::new();
    let batch = vec![rogue.write_at(u64::MAX, one_change(1)), rogue.write_at(1, one_change(2))];
    let admission = Receiver::default().admit(&batch, &[rogue.head()]);
    assert!(admission.accepted.is_empty());
}

#[test]
fn a_head_must_name_the_entry_by_number_too() {
    let mut rogue = Rogue::new();
    let batch = vec![rogue.write(one_change(1))];
    rogue.position.seq = 2;
    let admission = Receiver::default().admit(&batch, &[rogue.head()]);
    assert_eq!(parked(&admission, ParkReason::NotYetSigned), [0]);
}

#[test]
fn every_reason_has_a_text_and_a_code() {
    let reasons = [
        QuarantineReason::WrongVolume,
        QuarantineReason::Misplaced,
        QuarantineReason::Fork,
        QuarantineReason::BadSignature,
        QuarantineReason::BrokenChain,
        QuarantineReason::Unproven,
        QuarantineReason::Change(ChangeRefusal::TooManyOps),
        QuarantineReason::BehindRefused { seq: 4 },
        QuarantineReason::from(SealedEntry::parse(&b"x"[..]).unwrap_err()),
    ];
    let codes: std::collections::BTreeSet<_> = reasons.iter().map(QuarantineReason::code).collect();
    assert_eq!(codes.len(), reasons.len());
    let texts: Vec<_> = reasons.iter().map(|reason| format!("{}: {reason}", reason.code())).collect();
    insta::assert_snapshot!(texts.join("\n"));
}
