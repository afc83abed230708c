//! Bytes from anybody: no panic, and a reason.

use std::sync::OnceLock;

use bytes::Bytes;
use dutybook_sync::{Effect, Event, Session};
use proptest::prelude::*;

use crate::network::Network;
use crate::replica::{Memory, duty, standing};

/// Every kind of frame from a real conversation, with the side that receives it.
fn conversation() -> &'static Vec<(usize, Bytes)> {
    static FRAMES: OnceLock<Vec<(usize, Bytes)>> = OnceLock::new();
    FRAMES.get_or_init(|| {
        let mut network = Network::new(2);
        network.replicas[0].commit(duty(11), 2, 20);
        network.replicas[1].commit(standing(), 1, 20);
        let poison = network.replicas[0].commit(standing(), 1, 20);
        network.replicas[1].refuses.insert(poison);
        network.record = true;
        let connection = network.connect(0, 1);
        network.settle();
        let bye =
            dutybook_sync::Goodbye::new(dutybook_sync::GoodbyeCode::ShuttingDown, "the server is being restarted");
        network.event(connection, 1, Event::End(bye));
        let frames: Vec<_> = network.sent.iter().map(|(_, side, frame)| (1 - side, frame.clone())).collect();
        let kinds: std::collections::BTreeSet<u8> = frames.iter().filter_map(|(_, f)| f.get(1).copied()).collect();
        assert_eq!(kinds, (0..6).collect(), "every kind of message");
        frames
    })
}

/// Two sessions brought to the point where `frame` of the conversation would be received, and given `bytes` instead.
fn receive_instead(index: usize, bytes: Bytes) -> (Vec<Effect>, bool) {
    let frames = conversation();
    let side = frames[index].0;
    let mut network = Network::new(2);
    network.replicas[0].commit(duty(11), 2, 20);
    network.replicas[1].commit(standing(), 1, 20);
    let poison = network.replicas[0].commit(standing(), 1, 20);
    network.replicas[1].refuses.insert(poison);
    let connection = network.connect(0, 1);
    for (receiver, _) in &frames[..index] {
        while !network.deliver(connection, *receiver) {
            assert!(network.work(connection, 0) | network.work(connection, 1));
        }
    }
    let session = &mut network.connections[connection].ends[side].session;
    let effects = session.handle(Event::Received(bytes));
    let closed = effects.iter().any(|effect| matches!(effect, Effect::Close { .. }));
    if let Some(Effect::Store(batch)) = effects.iter().find(|effect| matches!(effect, Effect::Store(_))) {
        // The store survives it, too, and the parts never reach outside the frame.
        let mut memory = Memory::new(1, 2);
        memory.ingest(batch);
        assert!(batch.parts().flat_map(|part| part.entries()).map(<[u8]>::len).sum::<usize>() <= batch.frame_bytes());
    }
    (effects, closed)
}

#[test]
fn every_truncation_of_every_frame_closes_with_a_reason() {
    for (index, (_, frame)) in conversation().iter().enumerate() {
        let steps = frame.len().div_ceil(60);
        for len in (0..frame.len()).step_by(steps) {
            let (effects, closed) = receive_instead(index, frame.slice(..len));
            assert!(closed, "frame {index} cut to {len}");
            let Some(Effect::Close { goodbye, by_peer: false }) = effects.last() else {
                panic!("{effects:?}");
            };
            assert!(!goodbye.text.is_empty());
            assert!(matches!(effects[0], Effect::Send(_)), "the other side is told");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_frames_never_panic(
        index in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        grow in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let frames = conversation();
        let index = index.index(frames.len());
        let mut bytes = frames[index].1.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.extend(grow);
        receive_instead(index, bytes.into());
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut session = Session::answer(Memory::new(1, 2).replica(), [1; 32]);
        session.handle(Event::Opened);
        session.handle(Event::Received(bytes.into()));
    }
}

#[test]
fn claimed_lengths_reserve_nothing() {
    // [3, array of 2^40], [2, array of 2^62], [4, 0, array of 2^40]
    for frame in [
        &b"\x82\x03\x9b\x00\x00\x01\x00\x00\x00\x00\x00"[..],
        b"\x82\x02\x9b\x40\x00\x00\x00\x00\x00\x00\x00",
        b"\x84\x04\x00\x9b\x00\x00\x01\x00\x00\x00\x00\x00\x80",
    ] {
        let (effects, closed) = receive_instead(conversation().len() - 1, Bytes::copy_from_slice(frame));
        assert!(closed, "{effects:?}");
    }
}

#[test]
fn an_acknowledgement_for_what_was_never_sent_is_not_believed() {
    // [4, 99, [], []]
    let (effects, closed) = receive_instead(conversation().len() - 1, Bytes::from_static(b"\x84\x04\x18\x63\x80\x80"));
    assert!(closed, "{effects:?}");
}

/// Refusals of writers that were never sent anything of: what is remembered of a connection stays bounded.
#[test]
fn refusals_without_end_are_too_many() {
    let mut network = Network::new(2);
    let connection = network.connect(0, 1);
    network.settle();
    let session = &mut network.connections[connection].ends[1].session;
    let each: u32 = 50_000;
    let mut rounds = 0;
    let goodbye = loop {
        // [4, 0, [], [[volume, writer, 1, "", ""], …]]
        let mut frame = [&b"\x84\x04\x00\x80\x9a"[..], &each.to_be_bytes()].concat();
        for number in 0..each {
            frame.extend(b"\x85\x6ddemo/standing\x50\0\0\0\0\0\0\0\0");
            frame.extend((rounds * each + number).to_be_bytes());
            frame.extend(b"\0\0\0\0\x01\x60\x60");
        }
        let effects = session.handle(Event::Received(frame.into()));
        if let Some(Effect::Close { goodbye, .. }) = effects.last() {
            break goodbye.clone();
        }
        rounds += 1;
        assert!(rounds < 20, "a million writers are remembered");
    };
    assert_eq!(goodbye.code, dutybook_sync::GoodbyeCode::Malformed, "{goodbye}");
}

#[test]
fn a_closed_session_does_nothing_more() {
    let mut session = Session::answer(Memory::new(1, 2).replica(), [1; 32]);
    session.handle(Event::Opened);
    session.handle(Event::Received(Bytes::from_static(b"noise")));
    assert!(session.handle(Event::Committed { arrival: 5 }).is_empty());
    assert!(session.handle(Event::Received(Bytes::from_static(b"noise"))).is_empty());
}
