//! One value, one encoding.

use dutybook_log::{
    AppendError, AuthorId, ChangeHash, Class, DecodeError, DeviceKey, DeviceSecret, DocId, Entry, EntryError,
    EntryHash, Frontier, Head, HeadError, LocalWriter, Month, Opening, Position, Recorded, SealedEntry, SignError,
    SiteCode, VolumeId, WriterId, book_digest, limits,
};
use proptest::prelude::*;

use crate::support::{Device, doc_id, doc_in, draft, encode_entry, one_change, volume};

fn volumes() -> impl Strategy<Value = VolumeId> {
    ("[a-z0-9-]{1,32}", 1000u16..=9999, 1u8..=12, 0usize..3).prop_map(|(site, year, month, class)| {
        let class = Class::ALL[class];
        let month = class.has_month().then(|| Month::new(year, month).unwrap());
        VolumeId { site: site.parse().unwrap(), class, month }
    })
}

prop_compose! {
    fn entries()(
        volume in volumes(),
        writer: [u8; 16],
        seq in prop_oneof![1u64..40, Just(u64::MAX), any::<u64>().prop_map(|n| n.max(1))],
        prev: [u8; 32],
        witness: Option<[u8; 32]>,
        author: [u8; 16],
        wall_ms: i64,
        boot: [u8; 16],
        monotonic_ms: u64,
        doc: [u8; 16],
        change in prop::collection::vec(any::<u8>(), 0..600),
    ) -> Entry {
        Entry {
            volume,
            writer: WriterId(writer),
            seq,
            prev: EntryHash(prev),
            witness: witness.map(EntryHash),
            author: AuthorId(author),
            recorded: Recorded { wall_ms, boot, monotonic_ms },
            doc: DocId(doc),
            change,
        }
    }
}

prop_compose! {
    fn frontiers()(positions in prop::collection::btree_map(any::<[u8; 16]>(), (1u64.., any::<[u8; 32]>()), 0..40)) -> Frontier {
        positions
            .into_iter()
            .map(|(writer, (seq, hash))| (WriterId(writer), Position { seq, hash: EntryHash(hash) }))
            .collect()
    }
}

fn heads() -> impl Strategy<Value = Head> {
    (volumes(), any::<[u8; 32]>(), any::<[u8; 16]>(), 1u64.., any::<[u8; 32]>()).prop_map(
        |(volume, secret, nonce, seq, hash)| {
            let secret = DeviceSecret::from_bytes(secret);
            let opening = Opening { volume, device: secret.public(), nonce };
            let position = Position { seq, hash: EntryHash(hash) };
            LocalWriter::resume(opening, position).head(&secret).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn an_entry_is_read_back_as_it_was_written(entry in entries()) {
        let bytes = encode_entry(&entry);
        let sealed = SealedEntry::parse(&bytes[..]).unwrap();
        prop_assert_eq!(sealed.entry(), &entry);
        prop_assert_eq!(sealed.bytes(), &bytes[..]);
        prop_assert_eq!(sealed.clone().into_bytes(), bytes);
    }

    /// Whatever happens to the bytes: it is refused, or it is another entry's only encoding.
    #[test]
    fn damaged_bytes_are_another_entry_or_none(
        entry in entries(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let original = encode_entry(&entry);
        let mut bytes = original.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(sealed) = SealedEntry::parse(&bytes[..]) {
            prop_assert_eq!(encode_entry(sealed.entry()), bytes.clone());
            prop_assert_eq!(bytes == original, sealed.entry() == &entry);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = SealedEntry::parse(&bytes[..]);
        let _ = Head::decode(&bytes);
        let _ = Frontier::decode(&bytes);
    }

    #[test]
    fn heads_and_frontiers_are_read_back_and_only_from_their_one_encoding(
        head in heads(),
        frontier in frontiers(),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        prop_assert_eq!(Head::decode(&head.encode()).unwrap(), head);
        prop_assert_eq!(head.verify(), Ok(()));
        prop_assert_eq!(Frontier::decode(&frontier.encode()).unwrap(), frontier.clone());

        let mut bytes = head.encode();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if let Ok(other) = Head::decode(&bytes) {
            prop_assert_eq!(other.encode(), bytes);
            prop_assert_eq!(other.verify().is_ok(), other == head);
        }
        let mut bytes = frontier.encode();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if let Ok(other) = Frontier::decode(&bytes) {
            prop_assert_eq!(other.encode(), bytes);
            prop_assert_eq!(other.digest() == frontier.digest(), other == frontier);
        }
    }

    #[test]
    fn volumes_are_read_back_from_their_text(volume in volumes()) {
        prop_assert_eq!(volume.to_string().parse::<VolumeId>().unwrap(), volume);
    }

    #[test]
    fn merging_frontiers_takes_the_furthest_of_both(a in frontiers(), b in frontiers()) {
        let mut merged = a.clone();
        merged.merge(&b);
        for (writer, position) in a.iter().chain(&b) {
            prop_assert!(merged.covers(writer, position.seq));
        }
        for (writer, position) in &merged {
            prop_assert!(a.get(writer) == Some(*position) || b.get(writer) == Some(*position));
        }
        let mut again = merged.clone();
        again.merge(&b);
        prop_assert_eq!(again, merged);
    }
}

fn sample() -> Vec<u8> {
    Device::new(1).write(doc_id(1), one_change(1)).into_bytes()
}

#[test]
fn other_ways_to_write_the_same_entry_are_refused() {
    let good = sample();
    assert!(SealedEntry::parse(&good[..]).is_ok());
    let refusal = |bytes: Vec<u8>| match SealedEntry::parse(bytes) {
        Err(EntryError::Encoding(error)) => error,
        other => panic!("{other:?}"),
    };

    let mut trailing = good.clone();
    trailing.push(0);
    assert_eq!(refusal(trailing), DecodeError::NotCanonical);

    // The array's head in a longer form, and without a length.
    assert_eq!(good[0], 0x8a);
    assert_eq!(refusal([&[0x98, 10], &good[1..]].concat()), DecodeError::NotCanonical);
    assert!(matches!(refusal([&[0x9f], &good[1..], &[0xff]].concat()), DecodeError::Malformed(_)));

    // The version, and the number of the entry, in a longer form.
    assert_eq!(good[1], 1);
    assert_eq!(refusal([&good[..1], &[0x18, 1], &good[2..]].concat()), DecodeError::NotCanonical);
    let seq_at = 2 + 1 + "demo/duty/2026-11".len() + 17;
    assert_eq!(good[seq_at], 1);
    assert_eq!(refusal([&good[..seq_at], &[0x19, 0, 1], &good[seq_at + 1..]].concat()), DecodeError::NotCanonical);

    // A byte string in pieces.
    let writer_at = seq_at - 17;
    assert_eq!(good[writer_at], 0x50);
    let pieces = [&good[..writer_at], &[0x5f], &good[writer_at..seq_at], &[0xff], &good[seq_at..]].concat();
    assert!(matches!(refusal(pieces), DecodeError::Malformed(_)));

    // Undefined where null stands for "no witness".
    let mut unwitnessed = draft(doc_id(1), one_change(1));
    unwitnessed.witness = None;
    let bytes = Device::new(1).writer.append(unwitnessed).unwrap().into_bytes();
    let null_at = seq_at + 1 + 34;
    assert_eq!(bytes[null_at], 0xf6);
    let mut undefined = bytes.clone();
    undefined[null_at] = 0xf7;
    assert!(matches!(refusal(undefined), DecodeError::Malformed(_)));
}

#[test]
fn a_newer_format_is_told_apart_from_nonsense() {
    let mut newer = sample();
    newer[1] = 2;
    // A later format may have more to say.
    newer[0] = 0x8b;
    newer.push(0);
    let error = SealedEntry::parse(newer).unwrap_err();
    assert_eq!(error, EntryError::Encoding(DecodeError::NewerVersion(2)));
    assert_eq!(error.code(), "newer_version");
    assert!(error.to_string().contains("newer than this program"), "{error}");

    let mut device = Device::new(1);
    device.write(doc_id(1), one_change(1));
    let mut newer = device.head().encode();
    newer[1] = 3;
    assert_eq!(Head::decode(&newer), Err(DecodeError::NewerVersion(3)));

    let mut older = sample();
    older[1] = 0;
    assert_eq!(SealedEntry::parse(older).unwrap_err().code(), "bad_encoding");
}

#[test]
fn entry_zero_and_oversized_entries_are_refused() {
    let sealed = SealedEntry::parse(sample()).unwrap();
    let zero = Entry { seq: 0, ..sealed.entry().clone() };
    assert_eq!(SealedEntry::parse(encode_entry(&zero)), Err(EntryError::SeqZero));
    let large = vec![0; limits::ENTRY + 1];
    assert!(matches!(SealedEntry::parse(large), Err(EntryError::Encoding(DecodeError::TooLarge { .. }))));
    assert!(matches!(Head::decode(&[0; 600]), Err(DecodeError::TooLarge { .. })));
}

/// The largest change there may be, in the longest-named volume, with the largest numbers.
#[test]
fn the_largest_entry_has_room() {
    let site: SiteCode = "s".repeat(SiteCode::MAX_LEN).parse().unwrap();
    let entry = Entry {
        volume: VolumeId::personnel(site, Month::new(9999, 12).unwrap()),
        writer: WriterId([0xff; 16]),
        seq: u64::MAX,
        prev: EntryHash([0xff; 32]),
        witness: Some(EntryHash([0xff; 32])),
        author: AuthorId([0xff; 16]),
        recorded: Recorded { wall_ms: i64::MIN, boot: [0xff; 16], monotonic_ms: u64::MAX },
        doc: DocId([0xff; 16]),
        change: vec![0xff; limits::CHANGE],
    };
    assert_eq!(SealedEntry::parse(encode_entry(&entry)).unwrap().entry(), &entry);
}

#[test]
fn frontiers_out_of_order_or_at_zero_are_refused() {
    let position = |seq: u8| [&[0x82, seq, 0x58, 32][..], &[9; 32]].concat();
    let writer = |n: u8| [&[0x50][..], &[n; 16]].concat();
    let sorted = [&[0xa2][..], &writer(1), &position(1), &writer(2), &position(2)].concat();
    assert_eq!(Frontier::decode(&sorted).unwrap().len(), 2);
    for (what, bytes) in [
        ("unsorted", [&[0xa2][..], &writer(2), &position(1), &writer(1), &position(2)].concat()),
        ("twice", [&[0xa2][..], &writer(1), &position(1), &writer(1), &position(2)].concat()),
        ("zero", [&[0xa1][..], &writer(1), &position(0)].concat()),
        ("indefinite", [&[0xbf][..], &writer(1), &position(1), &[0xff]].concat()),
        ("promises more", [&[0xbb, 0xff, 0, 0, 0, 0, 0, 0, 0][..], &writer(1), &position(1)].concat()),
    ] {
        assert!(Frontier::decode(&bytes).is_err(), "{what}");
    }
}

#[test]
fn a_frontier_has_no_place_before_the_first_entry() {
    let mut frontier = Frontier::new();
    let opening = *Device::new(1).writer.opening();
    frontier.set(opening.writer(), opening.start());
    assert!(frontier.is_empty());
    assert!(frontier.covers(&opening.writer(), 0) && !frontier.covers(&opening.writer(), 1));
    frontier.set(opening.writer(), Position { seq: 3, hash: EntryHash([1; 32]) });
    assert!(frontier.covers(&opening.writer(), 3) && !frontier.covers(&opening.writer(), 4));
    frontier.set(opening.writer(), opening.start());
    assert!(frontier.is_empty());
}

#[test]
fn a_book_is_the_same_whatever_the_order_and_the_empty_volumes() {
    let one: Frontier = [(WriterId([1; 16]), Position { seq: 1, hash: EntryHash([1; 32]) })].into_iter().collect();
    let two: Frontier = [(WriterId([2; 16]), Position { seq: 2, hash: EntryHash([2; 32]) })].into_iter().collect();
    let empty = Frontier::new();
    let (a, b, c): (VolumeId, VolumeId, VolumeId) =
        ("demo/standing".parse().unwrap(), "demo/duty/2026-10".parse().unwrap(), volume());
    let book = book_digest([(&a, &one), (&b, &two)].into_iter());
    assert_eq!(book, book_digest([(&c, &empty), (&b, &two), (&a, &one)].into_iter()));
    assert_ne!(book, book_digest([(&a, &two), (&b, &one)].into_iter()));
    assert_ne!(book, book_digest([(&a, &one)].into_iter()));
    assert_ne!(book, book_digest([(&a, &one), (&c, &two)].into_iter()));
}

#[test]
fn only_proper_names_are_volumes() {
    for good in ["demo/standing", "demo/duty/2026-11", "a-1/personnel/1999-01"] {
        assert_eq!(good.parse::<VolumeId>().unwrap().to_string(), good);
    }
    for bad in [
        "",
        "demo",
        "demo/",
        "demo/duty",
        "demo/personnel",
        "demo/standing/2026-11",
        "demo/duty/2026-13",
        "demo/duty/2026-00",
        "demo/duty/0026-11",
        "demo/duty/2026-1",
        "demo/duty/2026-011",
        "demo/duty/2026-11/",
        "demo/duty/+026-11",
        "Demo/standing",
        "/standing",
        "demo/other",
        "de_mo/standing",
        "值班/standing",
        "demo/duty/２０26-11",
        " demo/standing",
        "demo//2026-11",
    ] {
        assert!(bad.parse::<VolumeId>().is_err(), "{bad}");
    }
    assert!("a".repeat(32).parse::<SiteCode>().is_ok());
    assert!("a".repeat(33).parse::<SiteCode>().is_err());
    let mut hand_made = volume();
    hand_made.month = None;
    assert!(!hand_made.is_well_formed());
    let mut device = Device::in_volume(1, 0, hand_made);
    assert_eq!(device.writer.append(draft(doc_id(1), one_change(1))), Err(AppendError::Volume));
}

#[test]
fn a_record_id_names_its_volume() {
    let site: SiteCode = "demo".parse().unwrap();
    for (place, volume) in [
        (0x0000, Some("demo/standing")),
        (0x1001, Some("demo/duty/1970-01")),
        (0x100c, Some("demo/duty/1970-12")),
        (0x100d, Some("demo/duty/1971-01")),
        (0x12ab, Some("demo/duty/2026-11")),
        (0x12ac, Some("demo/duty/2026-12")),
        (0x12ad, Some("demo/duty/2027-01")),
        (0x1fff, Some("demo/duty/2311-03")),
        (0x22ab, Some("demo/personnel/2026-11")),
        (0x2001, Some("demo/personnel/1970-01")),
        (0x2fff, Some("demo/personnel/2311-03")),
        // What stands for years has no month, everything else has one, and there are three classes.
        (0x0001, None),
        (0x02ab, None),
        (0x0fff, None),
        (0x1000, None),
        (0x2000, None),
        (0x3000, None),
        (0x32ab, None),
        (0xffff, None),
    ] {
        let place: u16 = place;
        for rest in [0, 0xff] {
            let mut id = [rest; 16];
            id[..2].copy_from_slice(&place.to_be_bytes());
            let home = DocId(id).home(site);
            assert_eq!(home, volume.map(|volume| volume.parse().unwrap()), "{place:04x}");
            assert!(home.is_none_or(|home| doc_in(&home, rest) == DocId(id)), "{place:04x}");
        }
    }
}

#[test]
fn ids_have_one_text() {
    let doc = DocId([0xab; 16]);
    assert_eq!(doc.to_string(), "abababab-abab-abab-abab-abababababab");
    assert_eq!(doc.to_string().parse(), Ok(doc));
    assert_eq!(DocId::from(uuid::Uuid::from(doc)), doc);
    for other in ["ABABABAB-abab-abab-abab-abababababab", "abababababababababababababababab", ""] {
        assert!(other.parse::<DocId>().is_err(), "{other}");
    }
    let hash = EntryHash([0x0f; 32]);
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert!(hash.to_string().to_uppercase().parse::<EntryHash>().is_err());
    assert!("0f0f".parse::<EntryHash>().is_err());
    assert_eq!(ChangeHash::try_from(&[1u8; 32][..]), Ok(ChangeHash([1; 32])));
    assert!(ChangeHash::try_from(&[1u8; 31][..]).is_err());
    assert!(AuthorId::DEVICE.is_device() && !AuthorId([1; 16]).is_device());
    assert_eq!(format!("{hash:?}"), "EntryHash(0f0f0f0f)");
}

#[test]
fn a_secret_does_not_show_itself() {
    let secret = DeviceSecret::from_bytes([0xab; 32]);
    assert!(!format!("{secret:?}").contains("abab"));
    assert_eq!(secret.to_bytes(), [0xab; 32]);
    let mut device = Device::new(0xab);
    device.write(doc_id(1), one_change(1));
    assert!(!format!("{device:?}").contains("abababab"));
}

#[test]
fn a_signature_is_worth_nothing_in_another_context() {
    let secret = DeviceSecret::from_bytes([1; 32]);
    let key = secret.public();
    let signature = secret.sign(b"one", b"message");
    assert!(key.verify(b"one", b"message", &signature));
    assert!(!key.verify(b"two", b"message", &signature));
    assert!(!key.verify(b"one", b"massage", &signature));
    assert!(!key.verify(b"onem", b"essage", &signature));
    assert!(!key.verify(b"", b"onemessage", &signature));
    assert!(!DeviceSecret::from_bytes([2; 32]).public().verify(b"one", b"message", &signature));
    // A key of small order, for which anything verifies in the loose sense.
    let mut weak = [0; 32];
    weak[0] = 1;
    assert!(!DeviceKey(weak).verify(b"one", b"message", &signature));
    let mut forged = [0; 64];
    forged[0] = 1;
    assert!(!DeviceKey(weak).verify(b"one", b"message", &forged));
}

#[test]
fn only_the_writer_s_own_device_signs_and_only_what_is_there() {
    let mut device = Device::new(1);
    assert_eq!(device.writer.head(&device.secret), Err(SignError::NothingWritten));
    device.write(doc_id(1), one_change(1));
    assert_eq!(device.writer.head(&DeviceSecret::from_bytes([2; 32])), Err(SignError::OtherDevice));

    let mut nothing = device.head();
    nothing.position.seq = 0;
    assert_eq!(nothing.verify(), Err(HeadError::Empty));
    let mut elsewhere = device.head();
    elsewhere.opening.nonce[0] ^= 1;
    assert_eq!(elsewhere.verify(), Err(HeadError::Signature));
}

#[test]
fn a_writer_goes_on_where_it_was_and_takes_nothing_that_others_refuse() {
    let mut device = Device::new(1);
    let first = device.write(doc_id(1), one_change(1));
    assert_eq!(first.entry().prev, device.writer.opening().genesis());
    assert_eq!(device.writer.writer().0, device.writer.opening().genesis().0[..16]);
    let mut resumed = LocalWriter::resume(*device.writer.opening(), device.writer.position());
    assert_eq!(resumed, device.writer);
    let before = resumed.clone();
    assert!(matches!(resumed.append(draft(doc_id(1), b"no change".to_vec())), Err(AppendError::Change(_))));
    assert_eq!(resumed, before);
    let second = resumed.append(draft(doc_id(1), one_change(2))).unwrap();
    assert_eq!((second.entry().seq, second.entry().prev), (2, first.hash()));
    assert_eq!(SealedEntry::parse(second.bytes()).unwrap(), second);
}
