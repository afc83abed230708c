//! One function for everything that reads bytes from elsewhere: whatever the bytes, it must not panic, must not take
//! more memory than they are worth, and what it accepts must hold what the log promises.
//!
//! The fuzz targets call these with bytes that a fuzzer thinks up, tests/tests/decoders.rs with the committed corpora
//! and mutations of them.

use std::sync::Arc;

use automerge::{Automerge, ReadDoc as _};
use bytes::Bytes;
use dutybook_log::{
    DeviceSecret, Frontier, Head, SealedEntry, SiteCode, VolumeId, apply, book_digest, inspect, limits,
};
use dutybook_sync::{
    Book, BundleReader, Effect, EnrolAnswer, EnrolAsking, EnrolProblem, Event, FRAME_BYTES, LogChunk, Receipt, Replica,
    Scope, Session,
};
use sha2::{Digest as _, Sha256};

/// Takes any bytes.
pub type Decoder = fn(&[u8]);

/// Every decoder of the log and the wire by the name of its fuzz target and its corpus.
pub const ALL: [(&str, Decoder); 9] = [
    ("entry", entry),
    ("head", head),
    ("frontier", frontier),
    ("change", change),
    ("first_frame", first_frame),
    ("frame", frame),
    ("bundle", bundle),
    ("bundle_frames", bundle_frames),
    ("enrolment", enrolment),
];

/// An entry, alone and with another one in it.
pub fn entry(data: &[u8]) {
    let Ok(sealed) = SealedEntry::parse(data) else { return };
    assert_eq!(sealed.bytes(), data, "bytes are truth");
    assert_eq!(minicbor::to_vec(sealed.entry()).expect("into memory"), data, "an entry has one encoding");
    let hash: [u8; 32] = Sha256::digest(data).into();
    assert_eq!(sealed.hash().0, hash);
    assert!(data.len() <= limits::ENTRY && sealed.entry().seq > 0);
    if let Some(carried) = sealed.carried() {
        let (around, inner) = (sealed.entry(), carried.entry.entry());
        assert_eq!((around.volume, around.doc, around.author), (inner.volume, inner.doc, inner.author));
        assert_eq!(carried.draft().change, around.change, "what is carried has one encoding");
    }
    let _ = sealed.entry().doc.home(sealed.entry().volume.site);
    let _ = inspect(sealed.change());
}

/// A head.
pub fn head(data: &[u8]) {
    let Ok(head) = Head::decode(data) else { return };
    assert_eq!(head.encode(), data, "a head has one encoding");
    if head.verify().is_ok() {
        assert!(head.position.seq > 0);
    }
}

/// A frontier.
pub fn frontier(data: &[u8]) {
    let Ok(frontier) = Frontier::decode(data) else { return };
    assert_eq!(frontier.encode(), data, "a frontier has one encoding");
    assert!(frontier.iter().all(|(writer, position)| position.seq > 0 && frontier.covers(writer, position.seq)));
    let volume: VolumeId = "demo/standing".parse().expect("a volume");
    let mut merged = frontier.clone();
    merged.merge(&frontier);
    assert_eq!(book_digest([(&volume, &merged)].into_iter()), book_digest([(&volume, &frontier)].into_iter()));
}

/// A change, as it is and with its checksum put right, through both gates.
pub fn change(data: &[u8]) {
    let _ = inspect(data);
    let mut chunk = data.to_vec();
    if let Some((head, rest)) = chunk.split_at_mut_checked(8) {
        head[4..].copy_from_slice(&Sha256::digest(rest)[..4]);
    }
    let Ok(facts) = inspect(&chunk) else { return };
    assert!(facts.ops <= limits::OPS && facts.deps.len() <= limits::DEPS && chunk.len() <= limits::CHANGE);
    // Twice the same and once more: what passed is in the document, and the document loads.
    let mut doc = Automerge::new();
    let applied = apply(&mut doc, [chunk.as_slice(), &chunk].into_iter());
    if let Some(saved) = &applied.saved {
        let loaded = Automerge::load(saved).expect("what was applied can be loaded again");
        assert_eq!(loaded.get_heads(), doc.get_heads());
        assert!(doc.get_change_by_hash(&facts.hash.into()).is_some());
    } else {
        assert!(doc.get_heads().is_empty(), "a refused change leaves the document as it was");
    }
}

fn replica(number: u8) -> Replica {
    let site: SiteCode = "demo".parse().expect("a site");
    Replica { site, device: Arc::new(DeviceSecret::from_bytes([number; 32])) }
}

fn empty_book() -> Book {
    Book { scope: Scope::everything(), volumes: Default::default(), arrival: 0 }
}

/// Carries out what a session wants, as a host with an empty log does, and answers whether it has ended.
fn carry_out(session: &mut Session, event: Event, sent: &mut Vec<Bytes>) -> bool {
    let mut effects = session.handle(event);
    let mut over = false;
    while !effects.is_empty() {
        let mut next = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    assert!(frame.len() <= FRAME_BYTES);
                    sent.push(frame);
                }
                Effect::Authorise { .. } => next.extend(session.handle(Event::Authorised(empty_book()))),
                Effect::ReadLog(asked) => {
                    let chunk = LogChunk { after: asked.after, entries: Vec::new(), through: asked.after, end: true };
                    next.extend(session.handle(Event::LogRead(chunk)));
                }
                Effect::Store(batch) => {
                    let bytes: usize = batch.parts().flat_map(|part| part.entries()).map(<[u8]>::len).sum();
                    assert!(bytes <= batch.frame_bytes(), "entries stay in their frame");
                    let receipt = Receipt { ticket: batch.ticket(), ..Receipt::default() };
                    next.extend(session.handle(Event::Stored(receipt)));
                }
                Effect::Close { goodbye, .. } => {
                    assert!(goodbye.text.len() <= 600);
                    over = true;
                }
                _ => {}
            }
        }
        effects = next;
    }
    over
}

/// The first frame that an answering side hears.
pub fn first_frame(data: &[u8]) {
    let mut session = Session::answer(replica(2), [1; 32]);
    session.handle(Event::Opened);
    let mut sent = Vec::new();
    let over = carry_out(&mut session, Event::Received(Bytes::copy_from_slice(data)), &mut sent);
    assert!(!over || session.handle(Event::Committed { arrival: 1 }).is_empty(), "after the end nothing happens");
}

/// Frames after the handshake, on both sides: each a length of two bytes and so many bytes.
pub fn frame(data: &[u8]) {
    let server = DeviceSecret::from_bytes([2; 32]).public();
    let mut answering = Session::answer(replica(2), [1; 32]);
    let mut dialling = Session::dial(replica(1), server, [1; 32], [3; 32], empty_book());
    let (mut hello, mut welcome) = (Vec::new(), Vec::new());
    answering.handle(Event::Opened);
    carry_out(&mut dialling, Event::Opened, &mut hello);
    assert!(!carry_out(&mut answering, Event::Received(hello.remove(0)), &mut welcome));
    assert!(!carry_out(&mut dialling, Event::Received(welcome.remove(0)), &mut hello));
    for session in [&mut answering, &mut dialling] {
        let mut rest = data;
        while let Some((length, behind)) = rest.split_first_chunk::<2>() {
            let (frame, behind) = behind.split_at(behind.len().min(u16::from_be_bytes(*length).into()));
            rest = behind;
            let mut sent = Vec::new();
            if carry_out(session, Event::Received(Bytes::copy_from_slice(frame)), &mut sent) {
                break;
            }
        }
    }
}

/// A file that somebody calls a bundle.
pub fn bundle(data: &[u8]) {
    let Ok(mut reader) = BundleReader::open(data) else { return };
    while let Ok(Some(batch)) = reader.next_batch() {
        assert!(batch.parts().flat_map(|part| part.entries()).all(|entry| entry.len() <= batch.frame_bytes()));
        batch.parts().flat_map(|part| part.entries()).for_each(entry);
    }
    assert!(reader.count().entries <= data.len() as u64, "every entry took bytes of the file");
}

/// A bundle with right lengths and digests around frames of any content: each a length of two bytes and so many bytes.
pub fn bundle_frames(data: &[u8]) {
    let mut file = b"dutybook bundle 1\n".to_vec();
    let mut rest = data;
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (frame, behind) = behind.split_at(behind.len().min(u16::from_be_bytes(*length).into()));
        rest = behind;
        file.extend((frame.len() as u32).to_be_bytes());
        file.extend(Sha256::digest(frame));
        file.extend(frame);
    }
    bundle(&file);
}

/// The bodies of enrolment, in both directions.
pub fn enrolment(data: &[u8]) {
    if let Ok(asking) = EnrolAsking::read(data) {
        let _ = asking.device_key.parse::<dutybook_log::DeviceKey>();
    }
    if let Ok(answer) = EnrolAnswer::read(data) {
        let _ = answer.site.parse::<SiteCode>();
    }
    let _ = EnrolProblem::read(data);
}
