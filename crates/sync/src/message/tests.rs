use dutybook_log::{Class, DeviceSecret, EntryHash, Opening, Position, SiteCode};

use super::*;

fn site() -> SiteCode {
    "demo".parse().unwrap()
}

fn standing() -> VolumeId {
    VolumeId { site: site(), class: Class::Standing, month: None }
}

fn duty() -> VolumeId {
    "demo/duty/2026-11".parse().unwrap()
}

fn device() -> DeviceSecret {
    DeviceSecret::from_bytes([1; 32])
}

fn scope() -> Scope {
    Scope {
        classes: Classes::NONE.with(Class::Standing).with(Class::Duty),
        since: Some(Month::new(2026, 9).unwrap()),
        also: ["demo/duty/2026-03".parse().unwrap()].into(),
    }
}

fn position(seq: u64) -> Position {
    Position { seq, hash: EntryHash([seq as u8; 32]) }
}

fn held() -> Vec<Held> {
    vec![
        (duty(), [(WriterId([2; 16]), position(300)), (WriterId([1; 16]), position(1))].into_iter().collect()),
        (standing(), Frontier::new()),
    ]
}

fn head() -> Head {
    Head {
        opening: Opening { volume: duty(), device: device().public(), nonce: [4; 16] },
        position: position(2),
        signature: [5; 64],
    }
}

fn hello() -> Hello {
    Hello {
        site: "demo".to_owned(),
        device: device().public(),
        nonce: [6; 32],
        proof: [7; 64],
        scope: scope(),
        book: [8; 32],
    }
}

fn welcome(volumes: Option<Vec<Held>>) -> Welcome {
    Welcome { device: device().public(), proof: [9; 64], scope: Scope::everything(), volumes }
}

fn ack() -> Ack {
    let refusal = Refusal {
        volume: standing(),
        writer: WriterId([3; 16]),
        seq: 7,
        code: "fork".to_owned(),
        text: "the device wrote two different entries with the same number".to_owned(),
    };
    Ack { through: 1000, held: held(), refused: vec![refusal] }
}

fn goodbye() -> Goodbye {
    Goodbye::new(GoodbyeCode::WrongSite, "这是另一个项目的值班簿 (this is the book of another site)")
}

fn entries_frame() -> Bytes {
    let head = head();
    let parts = [
        OutgoingPart { volume: &duty(), heads: vec![&head], entries: vec![b"first entry", b"second"] },
        OutgoingPart { volume: &standing(), heads: vec![], entries: vec![] },
    ];
    encode_entries(&parts, 0)
}

fn frames() -> Vec<(&'static str, Bytes)> {
    let pairs = held();
    vec![
        ("hello", encode_hello(&hello())),
        ("welcome_equal", encode_welcome(&welcome(None))),
        ("welcome", encode_welcome(&welcome(Some(held())))),
        ("frontiers", encode_frontiers(pairs.iter().map(|(v, f)| (v, f)))),
        ("entries", entries_frame()),
        ("ack", encode_ack(&ack())),
        ("goodbye", encode_goodbye(&goodbye())),
    ]
}

#[test]
fn the_wire_does_not_change_unnoticed() {
    for (name, frame) in frames() {
        let hex = data_encoding::HEXLOWER.encode(&frame);
        let lines: Vec<&str> = hex.as_bytes().chunks(96).map(|line| str::from_utf8(line).unwrap()).collect();
        insta::assert_snapshot!(name, lines.join("\n"));
    }
}

#[test]
fn every_message_reads_back() {
    let expected = [
        Message::Hello(Box::new(hello())),
        Message::Welcome(Box::new(welcome(None))),
        Message::Welcome(Box::new(welcome(Some(held())))),
        Message::Frontiers(held()),
        Message::Ack(ack()),
        Message::Goodbye(goodbye()),
    ];
    let frames = frames().into_iter().filter(|(name, _)| *name != "entries");
    for ((name, frame), expected) in frames.zip(expected) {
        assert_eq!(decode(&frame).unwrap(), expected, "{name}");
    }
}

#[test]
fn entries_stay_in_the_frame() {
    let frame = entries_frame();
    let Message::Entries(parts) = decode(&frame).unwrap() else { panic!() };
    let batch = Batch { ticket: 1, frame: frame.clone(), parts };
    let parts: Vec<_> = batch.parts().collect();
    assert_eq!(parts.iter().map(|part| *part.volume()).collect::<Vec<_>>(), [duty(), standing()]);
    assert_eq!(parts[0].heads(), [head()]);
    assert_eq!(parts[0].entries().collect::<Vec<_>>(), [&b"first entry"[..], b"second"]);
    let inside = frame.as_ptr_range();
    assert!(parts[0].entries().all(|entry| inside.contains(&entry.as_ptr())));
    assert_eq!(parts[1].entries().len(), 0);
}

/// The message with one more field at its end: `{"x": [1, 2]}`.
fn grown(frame: &[u8], known: u64) -> Vec<u8> {
    let mut bytes = vec![0x80 | (known as u8 + 1)];
    bytes.extend(&frame[1..]);
    bytes.extend([0xa1, 0x61, b'x', 0x82, 1, 2]);
    bytes
}

#[test]
fn fields_of_a_newer_version_are_skipped() {
    for (name, frame) in frames() {
        let known = u64::from(frame[0] & 0x1f);
        assert_eq!(decode(&grown(&frame, known)).unwrap(), decode(&frame).unwrap(), "{name}");
    }
    // Inside: a part of entries with a fourth field, a pair of volume and frontier with a third, a refusal with a
    // sixth, a scope with a fourth.
    let duty = "demo/duty/2026-11";
    let mut e = Encoder::new(Vec::new());
    e.array(2).unwrap().u32(ENTRIES).unwrap().array(1).unwrap().array(4).unwrap().str(duty).unwrap();
    e.array(0).unwrap().array(1).unwrap().bytes(b"entry").unwrap().str("new").unwrap();
    assert!(matches!(decode(e.writer()).unwrap(), Message::Entries(parts) if parts[0].entries.len() == 1));
    let mut e = Encoder::new(Vec::new());
    e.array(2).unwrap().u32(FRONTIERS).unwrap().array(1).unwrap().array(3).unwrap().str(duty).unwrap();
    e.map(0).unwrap().null().unwrap();
    assert!(matches!(decode(e.writer()).unwrap(), Message::Frontiers(held) if held.len() == 1));
    let mut e = Encoder::new(Vec::new());
    e.array(4).unwrap().u32(ACK).unwrap().u64(1).unwrap().array(0).unwrap().array(1).unwrap().array(6).unwrap();
    e.str(duty).unwrap().bytes(&[1; 16]).unwrap().u64(3).unwrap().str("fork").unwrap().str("text").unwrap();
    e.bool(true).unwrap();
    assert!(matches!(decode(e.writer()).unwrap(), Message::Ack(ack) if ack.refused[0].seq == 3));
}

#[test]
fn a_kind_of_message_from_the_future_is_unknown_and_not_an_error() {
    assert_eq!(decode(&[0x82, 0x18, 200, 0xf6]).unwrap(), Message::Unknown);
}

#[test]
fn another_protocol_is_told_from_noise() {
    assert!(matches!(decode(&[0x82, 0, 2]), Err(FrameError::Protocol(2))));
    assert!(matches!(decode(&[0x81, 0]), Err(FrameError::Malformed(_))));
}

#[test]
fn a_volume_stands_once_in_a_frame_and_entries_are_counted() {
    let volume = duty();
    let part = || OutgoingPart { volume: &volume, heads: vec![], entries: vec![] };
    assert!(matches!(decode(&encode_entries(&[part(), part()], 0)), Err(FrameError::Malformed(_))));
    let many = |count| OutgoingPart { volume: &volume, heads: vec![], entries: vec![&b""[..]; count] };
    assert!(decode(&encode_entries(&[many(FRAME_ENTRIES)], 0)).is_ok());
    assert!(matches!(decode(&encode_entries(&[many(FRAME_ENTRIES + 1)], 0)), Err(FrameError::Malformed(_))));
}

#[test]
fn heads_are_counted_over_the_whole_frame() {
    let (duty, standing, head) = (duty(), standing(), head());
    let part = |volume, count| OutgoingPart { volume, heads: vec![&head; count], entries: vec![] };
    assert!(decode(&encode_entries(&[part(&duty, FRAME_HEADS - 1), part(&standing, 1)], 0)).is_ok());
    let too_many = encode_entries(&[part(&duty, FRAME_HEADS), part(&standing, 1)], 0);
    assert!(matches!(decode(&too_many), Err(FrameError::Malformed(text)) if text.contains("heads")));
}

/// A newer side that has a further class of volumes and asks for some of them by name.
#[test]
fn volumes_of_a_class_from_the_future_are_left_out_of_a_scope() {
    let mut frame = encode_hello(&hello()).to_vec();
    let name = b"demo/duty/2026-03";
    let at = frame.windows(name.len()).position(|window| window == name).unwrap();
    frame.splice(at - 2..at - 1, [0x82]);
    let later = [&[0x73][..], b"demo/drones/2026-11"].concat();
    frame.splice(at - 1..at - 1, later);
    let Message::Hello(read) = decode(&frame).unwrap() else { panic!() };
    assert_eq!(read.scope, scope());
}
