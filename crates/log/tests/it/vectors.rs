//! Known answers. A change here is a change of the format on the wire and on disk: it needs a
//! new version number, and old entries must still be readable.

use data_encoding::HEXLOWER;
use dutybook_log::{Carried, Frontier, Head, SealedEntry, VolumeId, book_digest, inspect};
use sha2::{Digest, Sha256};

use crate::support::{Device, RawChange, doc_id, draft, one_change, volume};

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// An entry, put together by hand as somebody would who has only the description.
#[test]
fn entry_by_hand() {
    let mut device = Device::new(1);
    let change = RawChange::sets(1).bytes();
    let sealed = device.write(doc_id(5), change.clone());
    let genesis =
        Sha256::digest([&b"dutybook/writer/1"[..], b"demo/duty/2026-11", &device.secret.public().0, &[0; 16]].concat());
    let by_hand = [
        &[0x8a, 0x01][..],
        &[0x71],
        b"demo/duty/2026-11",
        &[0x50],
        &genesis[..16],
        &[0x01],
        &[0x58, 32],
        &genesis[..],
        &[0x58, 32],
        &[3; 32],
        &[0x50],
        &[7; 16],
        &[0x83, 0x1b],
        &1_793_500_000_000_u64.to_be_bytes(),
        &[0x50],
        &[9; 16],
        &[0x19],
        &12_345_u16.to_be_bytes(),
        &[0x50],
        // Duty, and the 683rd month since December 1969.
        &[0x12, 0xab],
        &[5; 14],
        &[0x58, u8::try_from(change.len()).unwrap()],
        &change,
    ]
    .concat();
    assert_eq!(hex(sealed.bytes()), hex(&by_hand));
    assert_eq!(hex(&sealed.hash().0), hex(&Sha256::digest(&by_hand)));
}

/// A head's signature, checked with nothing but Ed25519 and the description.
#[test]
fn head_by_hand() {
    let mut device = Device::new(1);
    let sealed = device.write(doc_id(5), RawChange::sets(1).bytes());
    let head = device.head();
    let signed = [
        &15_u64.to_be_bytes()[..],
        b"dutybook/head/1",
        &[0x83, 0x01],
        &[0x83, 0x71],
        b"demo/duty/2026-11",
        &[0x58, 32],
        &device.secret.public().0,
        &[0x50],
        &[0; 16],
        &[0x82, 0x01],
        &[0x58, 32],
        &sealed.hash().0,
    ]
    .concat();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&device.secret.public().0).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(&head.signature);
    key.verify_strict(&signed, &signature).unwrap();
    let encoded = [&[0x84][..], &signed[8 + 15 + 1..], &[0x58, 64], &head.signature].concat();
    assert_eq!(hex(&head.encode()), hex(&encoded));
}

#[test]
fn known_answers() {
    let mut device = Device::new(1);
    let opening = *device.writer.opening();
    let first = device.write(doc_id(5), RawChange::sets(1).bytes());
    let mut without_witness = draft(doc_id(6), one_change(1));
    without_witness.witness = None;
    without_witness.recorded.wall_ms = -1;
    let second = device.writer.append(without_witness).unwrap();
    let head = device.head();
    let mut other = Device::in_volume(2, 1, volume());
    other.write(doc_id(5), RawChange::sets(2).bytes());
    let carried = Carried { opening, entry: second.clone(), signature: Some(head.signature) };
    let handed_on = other.clone().writer.append(carried.draft()).unwrap();
    let frontier: Frontier = [&device, &other].map(|d| (d.writer.writer(), d.writer.position())).into_iter().collect();
    let standing: VolumeId = "demo/standing".parse().unwrap();
    let book = book_digest([(&volume(), &frontier), (&standing, &frontier)].into_iter());

    let lines = [
        ("device secret", hex(&device.secret.to_bytes())),
        ("device key", device.secret.public().to_string()),
        ("opening genesis", opening.genesis().to_string()),
        ("opening writer", opening.writer().to_string()),
        ("change 1", hex(&first.entry().change)),
        ("change 1 hash", inspect(&first.entry().change).unwrap().hash.to_string()),
        ("entry 1", hex(first.bytes())),
        ("entry 1 hash", first.hash().to_string()),
        ("entry 2", hex(second.bytes())),
        ("entry 2 hash", second.hash().to_string()),
        ("head", hex(&head.encode())),
        ("entry 2 and its head, handed on", hex(handed_on.bytes())),
        ("frontier", hex(&frontier.encode())),
        ("frontier digest", hex(&frontier.digest())),
        ("empty frontier digest", hex(&Frontier::new().digest())),
        ("book digest", hex(&book)),
        ("empty book digest", hex(&book_digest(std::iter::empty()))),
    ];
    let text: Vec<_> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    insta::assert_snapshot!(text.join("\n"));

    // What was written down once is read for ever.
    assert_eq!(SealedEntry::parse(first.bytes()).unwrap(), first);
    assert_eq!(SealedEntry::parse(handed_on.bytes()).unwrap().carried(), Some(&carried));
    assert_eq!(Head::decode(&head.encode()).unwrap().verify(), Ok(()));
}
