//! The first words: equal books end in one round trip; a wrong partner is told why.

use bytes::Bytes;
use dutybook_sync::{Event, Goodbye, GoodbyeCode, Replica, Scope, Session};
use std::sync::Arc;

use crate::network::Network;
use crate::replica::{Memory, duty, personnel, secret, standing, tablet_scope};

/// Fills two replicas with the same `documents` records.
fn equal_books(documents: usize) -> Network {
    let mut network = Network::new(2);
    for _ in 0..documents {
        network.replicas[0].commit(duty(11), 2, 40);
    }
    network.replicas[1].commit(standing(), 1, 40);
    let connection = network.connect(0, 1);
    network.settle();
    network.cut(connection);
    network.assert_equal();
    assert_eq!(network.replicas[0].len(), 2 * documents + 1);
    network
}

#[test]
fn nothing_new_costs_one_round_trip_whatever_the_number_of_records() {
    let mut costs = Vec::new();
    for documents in [1, 30, 300] {
        let mut network = equal_books(documents);
        network.record = true;
        let connection = network.connect(1, 0);
        network.settle();
        let directions: Vec<usize> = network.sent.iter().map(|(_, side, _)| *side).collect();
        assert_eq!(directions, [0, 1], "one message there, one back");
        for end in &network.connections[connection].ends {
            assert_eq!(end.in_sync, 1);
            assert!(end.closed.is_none());
        }
        costs.push(network.sent.iter().map(|(_, _, frame)| frame.len()).sum::<usize>());
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0], costs[2]);
    assert!(costs[0] < 400, "{} bytes", costs[0]);
}

#[test]
fn both_sides_know_that_the_other_holds_everything() {
    let mut network = equal_books(3);
    for replica in &mut network.replicas {
        replica.acked.clear();
    }
    network.connect(0, 1);
    network.settle();
    for replica in &network.replicas {
        assert_eq!(&replica.acked, replica.frontiers());
    }
}

/// Runs a connection between two given sessions and returns why each end closed.
fn closes(network: &mut Network, a: (usize, Session), b: (usize, Session)) -> [Option<(Goodbye, bool)>; 2] {
    let connection = network.connect_sessions(a, b);
    network.settle();
    let ends = &network.connections[connection].ends;
    [ends[0].closed.clone(), ends[1].closed.clone()]
}

fn assert_told(closed: &[Option<(Goodbye, bool)>; 2], by: usize, code: &GoodbyeCode) {
    let (said, by_peer) = closed[by].as_ref().unwrap();
    assert_eq!((&said.code, by_peer), (code, &false));
    let (heard, by_peer) = closed[1 - by].as_ref().unwrap();
    assert_eq!((heard, by_peer), (said, &true), "the other side hears the same words");
    assert!(said.text.len() > 20, "a sentence for a person: {}", said.text);
}

#[test]
fn a_device_of_another_site_is_told_so() {
    let mut network = Network::new(2);
    let elsewhere = Replica { site: "elsewhere".parse().unwrap(), ..network.replicas[0].replica() };
    let dialling = Session::dial(elsewhere, network.replicas[1].key(), [1; 32], [2; 32], network.replicas[0].book());
    let answering = Session::answer(network.replicas[1].replica(), [1; 32]);
    let closed = closes(&mut network, (0, dialling), (1, answering));
    assert_told(&closed, 1, &GoodbyeCode::WrongSite);
}

#[test]
fn a_signature_over_another_challenge_or_for_another_server_is_worth_nothing() {
    for (challenge, peer) in [([9; 32], secret(1).public()), ([1; 32], secret(7).public())] {
        let mut network = Network::new(2);
        let dialling = network.replicas[0].dial(peer, challenge);
        let answering = Session::answer(network.replicas[1].replica(), [1; 32]);
        let closed = closes(&mut network, (0, dialling), (1, answering));
        assert_told(&closed, 1, &GoodbyeCode::BadProof);
        assert!(network.replicas[0].acked.is_empty());
    }
}

#[test]
fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
    // It knows the real server's public key and lets the hello pass unread.
    struct Impostor;
    impl dutybook_sync::Sign for Impostor {
        fn device(&self) -> dutybook_log::DeviceKey {
            secret(1).public()
        }
        fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64] {
            secret(9).sign(context, message)
        }
    }
    let mut network = Network::new(2);
    network.replicas[0].commit(duty(11), 1, 10);
    let dialling = network.replicas[0].dial(secret(1).public(), [1; 32]);
    let replica = Replica { device: Arc::new(Impostor), ..network.replicas[1].replica() };
    network.record = true;
    let closed = closes(&mut network, (0, dialling), (1, Session::answer(replica, [1; 32])));
    assert_told(&closed, 0, &GoodbyeCode::BadProof);
    assert_eq!(network.replicas[1].len(), 0);
    assert!(network.replicas[0].acked.is_empty(), "it acknowledged nothing");
    assert_eq!(network.sent.iter().filter(|(_, side, _)| *side == 0).count(), 2, "a hello and a goodbye");
}

#[test]
fn a_device_that_nobody_enrolled_is_told_so() {
    let mut network = Network::new(2);
    let key = network.replicas[0].key();
    network.replicas[1].forget(&key);
    let dialling = network.replicas[0].dial(network.replicas[1].key(), [1; 32]);
    let answering = Session::answer(network.replicas[1].replica(), [1; 32]);
    let closed = closes(&mut network, (0, dialling), (1, answering));
    assert_told(&closed, 1, &GoodbyeCode::UnknownDevice);
}

/// What an answering session says to one frame.
fn answer_to(frame: &[u8]) -> Goodbye {
    let mut session = Session::answer(Memory::new(1, 2).replica(), [1; 32]);
    session.handle(Event::Opened);
    let effects = session.handle(Event::Received(Bytes::copy_from_slice(frame)));
    match effects.last() {
        Some(dutybook_sync::Effect::Close { goodbye, by_peer: false }) => goodbye.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_version_of_the_protocol_is_named_even_if_nothing_else_can_be_read() {
    // [0, 2, {"what": "ever"}]
    let goodbye = answer_to(&[0x83, 0, 2, 0xa1, 0x61, b'w', 0x61, b'e']);
    assert_eq!(goodbye.code, GoodbyeCode::WrongProtocol);
    assert!(goodbye.text.contains("version 1") && goodbye.text.contains("version 2"), "{}", goodbye.text);
}

#[test]
fn a_stranger_cannot_make_a_side_hold_megabytes() {
    let goodbye = answer_to(&vec![0x80; dutybook_sync::HELLO_BYTES + 1]);
    assert_eq!(goodbye.code, GoodbyeCode::FrameTooLarge);
}

#[test]
fn what_is_no_message_is_malformed() {
    for frame in [&b"GET / HTTP/1.1\r\n"[..], b"", b"\x80", b"\x81\x00", b"{\"type\":\"sync\"}", b"\x9f\x00\xff"] {
        assert_eq!(answer_to(frame).code, GoodbyeCode::Malformed, "{frame:?}");
    }
    // A message that has its place later.
    assert_eq!(answer_to(&[0x82, 3, 0x80]).code, GoodbyeCode::Malformed);
}

#[test]
fn a_message_of_a_newer_kind_is_skipped() {
    let mut network = equal_books(1);
    let connection = network.connect(0, 1);
    network.settle();
    for side in 0..2 {
        network.event(connection, side, Event::Received(Bytes::from_static(&[0x82, 0x18, 99, 0x63, b'n', b'e', b'w'])));
        assert!(network.connections[connection].ends[side].closed.is_none());
    }
    network.replicas[0].commit(duty(11), 1, 10);
    network.committed(0);
    network.settle();
    network.assert_equal();
}

#[test]
fn silence_ends_in_a_timeout_and_a_slow_talk_does_not() {
    let mut session = Session::answer(Memory::new(1, 2).replica(), [1; 32]);
    session.handle(Event::Opened);
    assert!(session.handle(Event::Tick { now_ms: 1_000 }).is_empty());
    assert!(session.handle(Event::Tick { now_ms: 1_000 + dutybook_sync::HANDSHAKE_MS }).is_empty());
    let effects = session.handle(Event::Tick { now_ms: 1_001 + dutybook_sync::HANDSHAKE_MS });
    assert!(
        matches!(effects.last(), Some(dutybook_sync::Effect::Close { goodbye, .. }) if goodbye.code == GoodbyeCode::Timeout),
        "{effects:?}"
    );

    // Live and with nothing on the way a connection may be silent for ever.
    let mut network = equal_books(1);
    let connection = network.connect(0, 1);
    network.settle();
    for hour in 0..48 {
        network.event(connection, 0, Event::Tick { now_ms: hour * 3_600_000 });
    }
    assert!(network.connections[connection].ends[0].closed.is_none());
    // With something on the way it may not.
    network.replicas[0].commit(duty(11), 1, 10);
    network.committed(0);
    assert!(network.work(connection, 0));
    for now_ms in [200_000_000, 200_000_000 + dutybook_sync::STALL_MS + 1] {
        network.event(connection, 0, Event::Tick { now_ms });
    }
    let (goodbye, _) = network.connections[connection].ends[0].closed.clone().unwrap();
    assert_eq!(goodbye.code, GoodbyeCode::Timeout);
}

#[test]
fn a_tablet_neither_gets_nor_gives_what_it_has_no_access_to() {
    let mut network = Network::new(2);
    network.replicas[0].scope = tablet_scope();
    network.replicas[1].commit(personnel(11), 1, 10);
    network.replicas[1].commit(duty(11), 1, 10);
    let connection = network.connect(0, 1);
    network.settle();
    assert_eq!(network.replicas[0].frontiers().keys().copied().collect::<Vec<_>>(), [duty(11)]);
    // Both count as in sync: what lies outside is no business of this connection.
    assert_eq!(network.connections[connection].ends[0].in_sync, 1);
    // Live, too.
    network.replicas[1].commit(personnel(11), 1, 10);
    network.committed(1);
    network.settle();
    assert_eq!(network.replicas[0].len(), 1);
    // And again with nothing new it is one round trip.
    network.cut(connection);
    network.record = true;
    network.connect(0, 1);
    network.settle();
    assert_eq!(network.sent.len(), 2);
}

#[test]
fn entries_outside_the_access_are_refused_with_a_reason_and_not_stored() {
    // The tablet claims everything; the server grants it less.
    let mut network = Network::new(2);
    network.replicas[0].commit(personnel(11), 1, 10);
    network.replicas[0].commit(duty(11), 1, 10);
    let dialling = network.replicas[0].dial(network.replicas[1].key(), [1; 32]);
    let answering = Session::answer(network.replicas[1].replica(), [1; 32]);
    network.replicas[1].scope = tablet_scope();
    network.connect_sessions((0, dialling), (1, answering));
    network.settle();
    assert_eq!(network.replicas[1].len(), 1, "the tablet keeps to what was granted");

    // A tablet that does not keep to it.
    let mut liar = Network::new(2);
    liar.replicas[0].commit(personnel(11), 1, 10);
    liar.record = true;
    liar.connect(0, 1);
    liar.settle();
    let entries = liar.sent.iter().find(|(_, side, frame)| *side == 0 && frame.get(1) == Some(&3)).unwrap().2.clone();
    let mut network = Network::new(2);
    network.replicas[1].scope = tablet_scope();
    network.replicas[0].scope = Scope::everything();
    let connection = network.connect(0, 1);
    network.settle();
    network.event(connection, 1, Event::Received(entries));
    network.settle();
    assert_eq!(network.replicas[1].len(), 0);
    assert_eq!(network.replicas[1].quarantined, 0, "it was not even given to the store");
}

#[test]
fn volumes_older_than_wanted_are_left_alone_unless_named() {
    let mut network = Network::new(2);
    for month in 1..=11 {
        network.replicas[1].commit(duty(month), 1, 10);
    }
    network.replicas[0].scope =
        Scope { since: Some(dutybook_log::Month::new(2026, 9).unwrap()), also: [duty(3)].into(), ..tablet_scope() };
    network.connect(0, 1);
    network.settle();
    let months: Vec<_> = network.replicas[0].frontiers().keys().copied().collect();
    assert_eq!(months, [duty(3), duty(9), duty(10), duty(11)]);
}
