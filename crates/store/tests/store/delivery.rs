//! Who holds what, which devices belong to the site, enrolment tokens.

use dutybook_log::{DeviceSecret, EntryHash, Frontier, Position};
use dutybook_store::{Holders, Token};

use crate::support::{empty, fleet};

#[test]
fn what_the_server_has_acknowledged_counts_as_delivered() {
    let mut desks = fleet(2);
    let server = desks[0].key();
    let order = desks[1].order("三栋跑水");
    let [s, a, b] = &mut desks[..] else { unreachable!() };
    // The devices' records came from the server, which has not said that it holds them.
    let before = a.store.undelivered(server).unwrap();
    assert!(!a.store.is_delivered(order, server).unwrap());
    assert!(a.store.undelivered_records(server).unwrap().contains(&order));
    assert_eq!(a.store.holders(order).unwrap(), Holders { server: false, devices: 0 });

    s.pull(a);
    assert_eq!(a.store.undelivered(server).unwrap(), before - 1);
    assert!(a.store.is_delivered(order, server).unwrap());
    assert!(!a.store.undelivered_records(server).unwrap().contains(&order));
    b.pull(a);
    assert_eq!(a.store.holders(order).unwrap(), Holders { server: true, devices: 1 });

    a.tell(order, "accepted", empty());
    assert!(!a.store.is_delivered(order, server).unwrap());
    assert_eq!(a.store.holders(order).unwrap(), Holders { server: false, devices: 0 });
    a.store.set_peer_frontier(server, &s.store.frontiers().unwrap()).unwrap();
    assert_eq!(a.store.undelivered(server).unwrap(), 1, "only what was written since");
    let frontier = a.store.peer_frontier(server).unwrap();
    assert_eq!(frontier, s.store.frontiers().unwrap());
    a.store.forget_peer_frontier(server).unwrap();
    assert_eq!(a.store.undelivered(server).unwrap(), before + 1);
}

#[test]
fn a_number_without_the_right_hash_proves_nothing() {
    let mut desks = fleet(1);
    let server = desks[0].key();
    let order = desks[1].order("三栋跑水");
    let a = &desks[1];
    let (volume, frontier) = a.store.frontiers().unwrap().pop().unwrap();
    let (writer, position) = frontier.iter().next().unwrap();
    let claim = |seq, hash| {
        let frontier: Frontier = [(*writer, Position { seq, hash })].into_iter().collect();
        a.store.set_peer_frontier(server, &[(volume, frontier)]).unwrap();
        a.store.is_delivered(order, server).unwrap()
    };
    assert!(!claim(position.seq, EntryHash([1; 32])));
    assert!(claim(position.seq, position.hash));
    assert!(claim(position.seq + 5, EntryHash([1; 32])), "what it holds beyond us cannot be compared");
}

#[test]
fn a_server_put_back_from_a_backup_holds_less() {
    let mut desks = fleet(1);
    let server = desks[0].key();
    let order = desks[1].order("三栋跑水");
    let (volume, before) = desks[1].store.frontiers().unwrap().pop().unwrap();
    desks[1].tell(order, "accepted", empty());
    let now = desks[1].store.frontiers().unwrap();
    let a = &desks[1].store;
    a.set_peer_frontier(server, &now).unwrap();
    assert!(a.is_delivered(order, server).unwrap());
    a.set_peer_frontier(server, &[(volume, before)]).unwrap();
    assert!(!a.is_delivered(order, server).unwrap());
    assert_eq!(a.undelivered(server).unwrap(), 1);
}

#[test]
fn devices_are_whom_the_server_took_in() {
    let mut desks = fleet(2);
    let tablet = desks[1].key();
    let record = dutybook_domain::device::record_of("demo", &tablet.to_string());
    assert_eq!(desks[1].store.counts().unwrap().devices, 2);
    let device = desks[0].store.device(tablet).unwrap().unwrap();
    assert_eq!((device.prefix.as_str(), device.role.as_str(), device.revoked), ("T1", "tablet", false));
    assert_eq!(device.last_contact_ms, None);
    desks[0].store.set_last_contact(tablet, 42).unwrap();
    desks[0].revoke(record);
    let devices = desks[0].store.devices().unwrap();
    assert_eq!(devices.iter().map(|device| device.prefix.as_str()).collect::<Vec<_>>(), ["T1", "T2"]);
    assert_eq!((devices[0].revoked, devices[0].last_contact_ms), (true, Some(42)));
    let stranger = DeviceSecret::from_bytes([9; 32]).public();
    assert_eq!(desks[0].store.device(stranger).unwrap(), None);
}

#[test]
fn a_token_enrols_one_device_once() {
    let desks = fleet(0);
    let store = &desks[0].store;
    let token = Token { role: "tablet".into(), name: "夜班平板".into() };
    let (one, two) = (DeviceSecret::from_bytes([1; 32]).public(), DeviceSecret::from_bytes([2; 32]).public());
    store.put_token([7; 32], &token, 1_000).unwrap();
    assert_eq!(store.take_token([8; 32], 0, one).unwrap(), None, "no such token");
    assert_eq!(store.take_token([7; 32], 1_000, one).unwrap(), None, "too late");
    assert_eq!(store.take_token([7; 32], 999, one).unwrap(), Some(token.clone()));
    assert_eq!(store.take_token([7; 32], 999, two).unwrap(), None, "used by another");
    assert_eq!(store.take_token([7; 32], 5_000, one).unwrap(), Some(token), "its answer was lost on the way");
}
