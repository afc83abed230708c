//! A connection costs one window, however much there is to send.

use dutybook_log::limits;
use dutybook_sync::{FRAME_BYTES, TARGET_BYTES, WINDOW_BYTES, WINDOW_MESSAGES};

use crate::network::Network;
use crate::replica::duty;

/// A sender with far more than a window to send, at a receiver that reads and never stores.
fn stuck(commits: usize, changes: usize, bytes: usize) -> Network {
    let mut network = Network::new(2);
    for _ in 0..commits {
        network.replicas[0].commit(duty(11), changes, bytes);
    }
    let connection = network.connect(0, 1);
    loop {
        let mut moved = network.work(connection, 0);
        moved |= network.deliver(connection, 0);
        // The receiver authorises, and keeps every batch waiting.
        if network.connections[connection].ends[1].session.peer().is_none() {
            moved |= network.deliver(connection, 1) | network.work(connection, 1);
        }
        if !moved {
            return network;
        }
    }
}

#[test]
fn a_receiver_that_does_not_answer_stops_the_sender() {
    let mut network = stuck(400, 2, 8_000);
    let waiting: usize = network.connections[0].ends[1].inbox.iter().map(bytes::Bytes::len).sum();
    let unacknowledged = network.connections[0].ends[0].session.unacknowledged_bytes();
    assert!(unacknowledged >= WINDOW_BYTES, "{unacknowledged}");
    assert!(waiting < WINDOW_BYTES + 2 * TARGET_BYTES, "{waiting}");
    assert!(network.replicas[0].largest_read < TARGET_BYTES + limits::ENTRY);
    // What is written meanwhile waits in the log.
    for _ in 0..100 {
        network.replicas[0].commit(duty(11), 1, 8_000);
    }
    network.committed(0);
    assert_eq!(network.connections[0].ends[0].session.unacknowledged_bytes(), unacknowledged);
    network.settle();
    network.assert_equal();
}

#[test]
fn many_small_commits_wait_for_a_slow_receiver_and_then_go_together() {
    let mut network = Network::new(2);
    let connection = network.connect(0, 1);
    network.settle();
    network.record = true;
    for _ in 0..200 {
        network.replicas[0].commit(duty(11), 1, 10);
        network.committed(0);
        network.work(connection, 0);
    }
    assert_eq!(network.sent.len(), WINDOW_MESSAGES);
    network.settle();
    network.assert_equal();
    let entries = network.sent.iter().filter(|(_, side, frame)| *side == 0 && frame.get(1) == Some(&3)).count();
    assert!(entries < WINDOW_MESSAGES + 40, "{entries} messages for 200 commits");
}

#[test]
fn a_commit_larger_than_a_message_goes_as_one_message() {
    let mut network = Network::new(2);
    network.replicas[0].commit(duty(11), 1, 100);
    network.replicas[0].commit(duty(11), 12, 120_000);
    network.replicas[0].commit(duty(11), 1, 100);
    network.record = true;
    network.connect(0, 1);
    network.settle();
    network.assert_equal();
    let largest = network.sent.iter().map(|(_, _, frame)| frame.len()).max().unwrap();
    assert!(largest > 12 * 120_000 && largest < FRAME_BYTES, "{largest}");
}

#[test]
fn a_flood_beyond_the_window_ends_the_connection() {
    let mut network = stuck(400, 2, 8_000);
    // A sender that ignores the window: the same messages over and over, never stored.
    let frames: Vec<_> = network.connections[0].ends[1].inbox.iter().cloned().collect();
    let mut delivered = 0;
    'flood: for _ in 0..100 {
        for frame in &frames {
            network.event(0, 1, dutybook_sync::Event::Received(frame.clone()));
            delivered += frame.len();
            if network.connections[0].ends[1].closed.is_some() {
                break 'flood;
            }
        }
    }
    let (goodbye, by_peer) = network.connections[0].ends[1].closed.clone().unwrap();
    assert_eq!((goodbye.code, by_peer), (dutybook_sync::GoodbyeCode::WindowExceeded, false));
    assert!(delivered < 2 * WINDOW_BYTES + 2 * FRAME_BYTES);
}
