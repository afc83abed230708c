//! Connections in memory: what every message and every piece of a host's work waits for is the test's choice.

use std::collections::VecDeque;

use bytes::Bytes;
use dutybook_sync::{Effect, Event, Goodbye, Session};

use crate::replica::Memory;

/// One end of a connection.
pub(crate) struct End {
    pub(crate) replica: usize,
    pub(crate) session: Session,
    /// Frames on their way to this end.
    pub(crate) inbox: VecDeque<Bytes>,
    /// What the host has still to do for the session.
    work: VecDeque<Effect>,
    pub(crate) in_sync: usize,
    pub(crate) closed: Option<(Goodbye, bool)>,
}

/// A connection. A lost connection is removed; nothing tells the ends.
pub(crate) struct Connection {
    pub(crate) ends: [End; 2],
}

/// Several replicas and the connections between them.
pub(crate) struct Network {
    pub(crate) replicas: Vec<Memory>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) challenges: u8,
    /// Frames sent, with which end of the connection sent them: `(connection, end, frame)`.
    pub(crate) sent: Vec<(usize, usize, Bytes)>,
    pub(crate) record: bool,
}

impl Network {
    pub(crate) fn new(count: u8) -> Self {
        Self {
            replicas: (0..count).map(|number| Memory::new(number, count)).collect(),
            connections: Vec::new(),
            challenges: 0,
            sent: Vec::new(),
            record: false,
        }
    }

    /// `a` dials `b`.
    pub(crate) fn connect(&mut self, a: usize, b: usize) -> usize {
        self.challenges = self.challenges.wrapping_add(1);
        let challenge = [self.challenges; 32];
        let dialling = self.replicas[a].dial(self.replicas[b].key(), challenge);
        let answering = Session::answer(self.replicas[b].replica(), challenge);
        self.connect_sessions((a, dialling), (b, answering))
    }

    pub(crate) fn connect_sessions(&mut self, a: (usize, Session), b: (usize, Session)) -> usize {
        let end = |(replica, session)| End {
            replica,
            session,
            inbox: VecDeque::new(),
            work: VecDeque::new(),
            in_sync: 0,
            closed: None,
        };
        self.connections.push(Connection { ends: [end(a), end(b)] });
        let connection = self.connections.len() - 1;
        for side in 0..2 {
            self.event(connection, side, Event::Opened);
        }
        connection
    }

    /// Gives an event to one end and puts what it wants done where it waits.
    pub(crate) fn event(&mut self, connection: usize, side: usize, event: Event) {
        let Connection { ends } = &mut self.connections[connection];
        let (first, second) = ends.split_at_mut(1);
        let (end, other) = if side == 0 { (&mut first[0], &mut second[0]) } else { (&mut second[0], &mut first[0]) };
        for effect in end.session.handle(event) {
            let memory = &mut self.replicas[end.replica];
            match effect {
                Effect::Send(frame) => {
                    if self.record {
                        self.sent.push((connection, side, frame.clone()));
                    }
                    other.inbox.push_back(frame);
                }
                Effect::Stated(held) => memory.acked.extend(held),
                Effect::Acked(held) => {
                    for (volume, frontier) in held {
                        memory.acked.entry(volume).or_default().merge(&frontier);
                    }
                }
                Effect::Refused(refused) => memory.refused.extend(refused),
                Effect::Forked { .. } => memory.forks += 1,
                Effect::InSync => end.in_sync += 1,
                Effect::Close { goodbye, by_peer } => end.closed = Some((goodbye, by_peer)),
                work => end.work.push_back(work),
            }
        }
    }

    /// Delivers the next frame to one end. False if there is none.
    pub(crate) fn deliver(&mut self, connection: usize, side: usize) -> bool {
        let Some(frame) = self.connections[connection].ends[side].inbox.pop_front() else {
            return false;
        };
        self.event(connection, side, Event::Received(frame));
        true
    }

    /// Does the next piece of a host's work at one end. False if there is none.
    pub(crate) fn work(&mut self, connection: usize, side: usize) -> bool {
        let end = &mut self.connections[connection].ends[side];
        let replica = end.replica;
        let Some(effect) = end.work.pop_front() else {
            return false;
        };
        let memory = &mut self.replicas[replica];
        let event = match effect {
            Effect::Authorise { device, scope } => memory.authorise(&device, &scope),
            Effect::ReadLog(request) => Event::LogRead(memory.read(&request)),
            Effect::Store(batch) => {
                let before = memory.arrival();
                let receipt = memory.ingest(&batch);
                let grown = memory.arrival() > before;
                self.event(connection, side, Event::Stored(receipt));
                if grown {
                    self.committed(replica);
                }
                return true;
            }
            other => panic!("not work: {other:?}"),
        };
        self.event(connection, side, event);
        true
    }

    /// Tells every connection of a replica that its log has grown.
    pub(crate) fn committed(&mut self, replica: usize) {
        let arrival = self.replicas[replica].arrival();
        for connection in 0..self.connections.len() {
            for side in 0..2 {
                if self.connections[connection].ends[side].replica == replica {
                    self.event(connection, side, Event::Committed { arrival });
                }
            }
        }
    }

    /// Runs until nobody has anything to do.
    pub(crate) fn settle(&mut self) {
        let mut rounds = 0;
        loop {
            let mut moved = false;
            for connection in 0..self.connections.len() {
                for side in 0..2 {
                    moved |= self.deliver(connection, side);
                    moved |= self.work(connection, side);
                }
            }
            if !moved {
                return;
            }
            rounds += 1;
            assert!(rounds < 1_000_000, "the sessions go round in circles");
        }
    }

    /// Loses a connection with everything on its way.
    pub(crate) fn cut(&mut self, connection: usize) {
        self.connections.remove(connection);
    }

    pub(crate) fn assert_equal(&self) {
        for replica in &self.replicas {
            replica.assert_sound();
        }
        for pair in self.replicas.windows(2) {
            assert_eq!(pair[0].frontiers(), pair[1].frontiers());
            assert_eq!(pair[0].len(), pair[1].len());
        }
    }
}
