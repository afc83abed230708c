//! Whatever the network does: in the end everybody has everything, once.

use dutybook_sync::Event;
use proptest::prelude::*;

use crate::network::Network;
use crate::replica::{duty, personnel, standing};

#[test]
fn two_replicas_exchange_what_each_lacks() {
    let mut network = Network::new(2);
    for _ in 0..20 {
        network.replicas[0].commit(duty(11), 3, 50);
        network.replicas[1].commit(duty(11), 2, 50);
        network.replicas[1].commit(standing(), 1, 50);
    }
    let connection = network.connect(0, 1);
    network.settle();
    network.assert_equal();
    for replica in &network.replicas {
        assert_eq!(replica.duplicates, 0, "nothing came back to who had sent it");
        assert_eq!(&replica.acked, replica.frontiers(), "everything is acknowledged");
    }
    assert!(network.connections[connection].ends.iter().all(|end| end.in_sync >= 1));
}

#[test]
fn a_commit_is_pushed_at_once_and_forwarded() {
    let mut network = Network::new(4);
    for spoke in 1..4 {
        network.connect(spoke, 0);
    }
    network.settle();
    network.replicas[2].commit(duty(11), 2, 30);
    network.committed(2);
    network.settle();
    network.assert_equal();
    for replica in &network.replicas {
        assert_eq!(replica.duplicates, 0);
        assert_eq!(&replica.acked, replica.frontiers(), "who sent an entry holds it");
    }
}

#[test]
fn acknowledgements_come_only_from_receipts() {
    let mut network = Network::new(2);
    network.replicas[0].commit(duty(11), 1, 10);
    let connection = network.connect(0, 1);
    // Hello, look-up, Welcome, the read, Frontiers and Entries: all delivered, nothing stored.
    assert!(network.deliver(connection, 1) && network.work(connection, 1) && network.deliver(connection, 0));
    assert!(network.work(connection, 0));
    assert!(network.deliver(connection, 1) && network.deliver(connection, 1));
    assert!(!network.deliver(connection, 0), "no acknowledgement yet");
    assert!(!network.replicas[0].acked.contains_key(&duty(11)));
    assert!(network.work(connection, 1), "now it is stored");
    assert!(network.deliver(connection, 0));
    assert_eq!(&network.replicas[0].acked, network.replicas[0].frontiers());
}

#[test]
fn a_cut_after_the_commit_and_before_the_acknowledgement_sends_nothing_twice() {
    let mut network = Network::new(2);
    network.replicas[0].commit(duty(11), 1, 10);
    let connection = network.connect(0, 1);
    while network.replicas[1].len() == 0 {
        let moved = network.deliver(connection, 1)
            | network.work(connection, 1)
            | (network.replicas[1].len() == 0 && network.deliver(connection, 0))
            | network.work(connection, 0);
        assert!(moved);
    }
    assert!(!network.replicas[0].acked.contains_key(&duty(11)));
    network.cut(connection);
    network.connect(0, 1);
    network.settle();
    network.assert_equal();
    assert_eq!(network.replicas[1].duplicates, 0);
    assert_eq!(&network.replicas[0].acked, network.replicas[0].frontiers());
}

#[test]
fn a_refused_entry_is_reported_once_and_not_sent_again_on_the_connection() {
    let mut network = Network::new(2);
    let poison = network.replicas[0].commit(duty(11), 1, 10);
    network.replicas[0].commit(standing(), 1, 10);
    network.replicas[1].refuses.insert(poison);
    let connection = network.connect(0, 1);
    network.settle();
    assert_eq!(network.replicas[0].refused.len(), 1);
    assert_eq!((network.replicas[0].refused[0].seq, &*network.replicas[0].refused[0].code), (1, "poison"));
    assert_eq!(network.replicas[1].len(), 1, "another writer's entries are not held up");
    // What comes after it would only wait there.
    network.record = true;
    network.replicas[0].commit(duty(11), 1, 10);
    network.committed(0);
    network.settle();
    assert!(network.sent.is_empty());
    assert_eq!(network.replicas[1].quarantined, 1);
    assert!(network.connections[connection].ends.iter().all(|end| end.closed.is_none()));
    // A new connection tries again: the receiver may have been updated.
    network.replicas[1].refuses.clear();
    network.cut(connection);
    network.connect(0, 1);
    network.settle();
    network.assert_equal();
}

#[test]
fn entries_that_had_to_wait_come_again_when_the_receiver_says_where_it_stands() {
    let mut network = Network::new(3);
    let stranger = network.replicas[2].key();
    network.replicas[1].forget(&stranger);
    network.replicas[2].commit(duty(11), 2, 10);
    network.connect(2, 0);
    network.settle();
    network.replicas[0].acked.clear();
    network.connect(0, 1);
    network.settle();
    assert_eq!(network.replicas[1].len(), 0);
    assert_eq!(network.replicas[1].parked(), 2);
    let acked = network.replicas[0].acked.get(&duty(11));
    assert!(acked.is_none_or(dutybook_log::Frontier::is_empty), "what waits is not acknowledged");
    network.replicas[1].learn(stranger);
    let held: Vec<_> = [(duty(11), dutybook_log::Frontier::default())].into();
    network.event(1, 1, Event::Restate(held));
    network.settle();
    network.assert_equal();
}

#[test]
fn entries_that_had_to_wait_are_acknowledged_when_they_are_taken_after_all() {
    let mut network = Network::new(3);
    let stranger = network.replicas[2].key();
    network.replicas[1].forget(&stranger);
    network.replicas[2].commit(duty(11), 2, 10);
    network.connect(2, 0);
    network.connect(0, 1);
    network.settle();
    network.replicas[0].acked.clear();
    network.replicas[1].acked.clear();
    // The device becomes known, and what was parked is taken, without the sender.
    network.replicas[1].learn(stranger);
    network.replicas[1].release();
    let held: Vec<_> = network.replicas[1].frontiers().clone().into_iter().collect();
    network.record = true;
    network.event(1, 1, Event::Restate(held));
    network.settle();
    network.assert_equal();
    assert_eq!(network.sent.len(), 1, "nothing was sent again");
    for replica in [0, 1] {
        assert_eq!(&network.replicas[replica].acked, network.replicas[replica].frontiers(), "replica {replica}");
    }
}

#[test]
fn a_cloned_device_is_noticed_and_holds_up_nobody_else() {
    let mut network = Network::new(3);
    network.replicas[0].commit(duty(11), 1, 10);
    let twin = network.replicas[0].cloned();
    network.replicas[0].commit(duty(11), 1, 10);
    network.replicas.push(twin);
    network.replicas[3].commit(duty(11), 1, 12);
    network.connect(0, 1);
    network.settle();
    network.connect(3, 1);
    network.settle();
    assert_eq!((network.replicas[3].forks, network.replicas[1].forks), (1, 1));
    // The twin opens a new writer and goes on; the others go on as before.
    network.replicas[3].renew_writer(duty(11));
    network.replicas[3].commit(duty(11), 1, 10);
    network.replicas[0].commit(duty(11), 1, 10);
    network.replicas[2].commit(duty(11), 1, 10);
    network.connect(2, 1);
    network.committed(3);
    network.committed(0);
    network.settle();
    assert_eq!(network.replicas[1].frontiers()[&duty(11)].len(), 3);
    assert_eq!(network.replicas[2].frontiers(), network.replicas[1].frontiers());
    assert_eq!(network.replicas[0].frontiers(), network.replicas[1].frontiers());
}

#[test]
fn a_server_restored_from_an_old_copy_is_filled_by_whoever_comes() {
    let mut network = Network::new(3);
    network.replicas[0].commit(standing(), 1, 10);
    network.connect(1, 0);
    network.connect(2, 0);
    network.settle();
    let backup = network.replicas[0].cloned();
    for _ in 0..5 {
        network.replicas[1].commit(duty(11), 2, 10);
        network.replicas[2].commit(personnel(11), 2, 10);
    }
    network.committed(1);
    network.committed(2);
    network.settle();
    network.assert_equal();
    network.connections.clear();
    network.replicas[0] = backup;
    // Tablet 1 never comes back: tablet 2 delivers for both.
    network.connect(2, 0);
    network.settle();
    network.assert_equal();
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Write { replica: usize, volume: usize, changes: usize },
    Connect { edge: usize },
    Deliver { connection: usize, side: usize, frames: usize },
    Work { connection: usize, side: usize },
    Cut { connection: usize },
    Repeat { connection: usize, side: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..5usize, 0..4usize, 1..4usize)
            .prop_map(|(replica, volume, changes)| Step::Write { replica, volume, changes }),
        3 => (0..8usize).prop_map(|edge| Step::Connect { edge }),
        8 => (any::<usize>(), 0..2usize, 1..4usize)
            .prop_map(|(connection, side, frames)| Step::Deliver { connection, side, frames }),
        8 => (any::<usize>(), 0..2usize).prop_map(|(connection, side)| Step::Work { connection, side }),
        1 => any::<usize>().prop_map(|connection| Step::Cut { connection }),
        1 => (any::<usize>(), 0..2usize).prop_map(|(connection, side)| Step::Repeat { connection, side }),
    ]
}

/// Who dials whom. Edges may be dialled any number of times, so a step's number is taken modulo.
fn topologies() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop_oneof![
        Just(vec![(1, 0), (2, 0), (3, 0), (4, 0)]),
        Just(vec![(0, 1), (1, 2), (3, 2), (3, 4)]),
        Just(vec![(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn everybody_ends_with_everything(
        edges in topologies(),
        steps in proptest::collection::vec(step(), 1..160),
    ) {
        let mut network = Network::new(5);
        let volumes = [standing(), duty(10), duty(11), personnel(11)];
        for step in steps {
            let open = network.connections.len();
            match step {
                Step::Write { replica, volume, changes } => {
                    network.replicas[replica].commit(volumes[volume], changes, 30);
                    network.committed(replica);
                }
                Step::Connect { edge } => {
                    let (a, b) = edges[edge % edges.len()];
                    network.connect(a, b);
                }
                _ if open == 0 => {}
                Step::Deliver { connection, side, frames } => {
                    for _ in 0..frames {
                        network.deliver(connection % open, side);
                    }
                }
                Step::Work { connection, side } => {
                    network.work(connection % open, side);
                }
                Step::Cut { connection } => network.cut(connection % open),
                Step::Repeat { connection, side } => {
                    let inbox = &mut network.connections[connection % open].ends[side].inbox;
                    if let Some(frame) = inbox.front().cloned() {
                        inbox.push_front(frame);
                    }
                }
            }
        }
        // The network heals: old connections are gone, every edge is dialled once more.
        network.connections.clear();
        for (a, b) in &edges {
            network.connect(*a, *b);
        }
        network.settle();
        network.assert_equal();
        for connection in &network.connections {
            for end in &connection.ends {
                prop_assert!(end.closed.is_none());
                prop_assert!(end.in_sync >= 1);
                prop_assert_eq!(end.session.unacknowledged_bytes(), 0);
                prop_assert_eq!(end.session.unstored_bytes(), 0);
            }
        }
        for replica in &network.replicas {
            prop_assert_eq!((replica.quarantined, replica.parked(), replica.forks), (0, 0, 0));
        }
    }
}
