//! The end of the log in memory, read once for all connections.
//!
//! Every commit is of interest to every connection at the same moment. Without this each of them would read the same
//! rows from the database.
//!
//! Invariants
//! - What is here is what the database holds: it is read from it after COMMIT, in arrival order, without gaps.
//! - Connections hear of a commit only once the tail has it, so the common case never touches the database.
//! - Bounded: the oldest entries go first. A connection that is further behind reads the database.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use dutybook_store::Store;
use dutybook_sync::{LogChunk, LogEntry, ReadLog};
use tokio::sync::watch;

use crate::intake::publish;

/// Bytes of entries kept.
const TAIL_BYTES: usize = 8 * 1024 * 1024;
/// Bytes read at once.
const READ_BYTES: usize = 1024 * 1024;
/// With fewer connections than this there is nothing to share.
const SHARED_BY: usize = 2;

/// The log as connections read it.
pub(crate) struct Log {
    store: Arc<Store>,
    tail: RwLock<Tail>,
    /// The last arrival that connections may read.
    committed: watch::Sender<u64>,
}

#[derive(Default)]
struct Tail {
    /// Everything after this arrival is in `entries`.
    after: u64,
    /// Everything up to this one is known.
    through: u64,
    entries: VecDeque<LogEntry>,
    bytes: usize,
}

impl Log {
    pub(crate) fn new(store: Arc<Store>, arrival: u64) -> Self {
        let tail = RwLock::new(Tail { after: arrival, through: arrival, ..Tail::default() });
        Self { store, tail, committed: watch::Sender::new(arrival) }
    }

    /// Hears of every commit after the tail has it.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// How many connections listen.
    pub(crate) fn listeners(&self) -> usize {
        self.committed.receiver_count()
    }

    /// The log has grown up to `arrival`. Blocks.
    pub(crate) fn grown(&self, arrival: u64) {
        if *self.committed.borrow() >= arrival {
            return;
        }
        if self.listeners() < SHARED_BY {
            self.tail.write().unwrap_or_else(PoisonError::into_inner).restart(arrival);
        } else if let Err(error) = self.read_on(arrival) {
            tracing::warn!(%error, "the end of the log could not be read ahead; connections read it themselves");
            self.tail.write().unwrap_or_else(PoisonError::into_inner).restart(arrival);
        }
        publish(&self.committed, arrival);
    }

    fn read_on(&self, arrival: u64) -> dutybook_store::Result<()> {
        loop {
            let through = self.tail.read().unwrap_or_else(PoisonError::into_inner).through;
            if through >= arrival {
                return Ok(());
            }
            let read = self.store.read_log(through, READ_BYTES, &|_, _| Some(0))?;
            let mut tail = self.tail.write().unwrap_or_else(PoisonError::into_inner);
            if read.through <= through {
                // Nothing where something should be: leave it to the connections.
                tail.restart(arrival);
                return Ok(());
            }
            tail.push(read.entries.into_iter().map(log_entry), read.through);
        }
    }

    /// Answers a session's request from memory, if it can.
    pub(crate) fn recent(&self, request: &ReadLog) -> Option<LogChunk> {
        let tail = self.tail.read().unwrap_or_else(PoisonError::into_inner);
        if request.after < tail.after || request.after > tail.through {
            return None;
        }
        let mut chunk = LogChunk { after: request.after, entries: Vec::new(), through: tail.through, end: true };
        let start = tail.entries.partition_point(|entry| entry.arrival <= request.after);
        let mut bytes = 0;
        for entry in tail.entries.range(start..) {
            if bytes >= request.limit_bytes {
                chunk.end = false;
                break;
            }
            chunk.through = entry.arrival;
            if request.coverage.wants(&entry.volume, &entry.writer, entry.seq) {
                bytes += entry.bytes.len();
                chunk.entries.push(entry.clone());
            }
        }
        if chunk.end {
            chunk.through = tail.through;
        }
        Some(chunk)
    }

    /// Answers a session's request from the database. Blocks.
    pub(crate) fn read(&self, request: &ReadLog) -> dutybook_store::Result<LogChunk> {
        let wanted_after = |volume: &_, writer: &_| request.coverage.wanted_after(volume, writer);
        let mut after = request.after;
        if after == 0 {
            // A catch-up begins: everything before the first entry wanted need not even be looked at.
            let Some(first) = self.store.first_missing_arrival(&wanted_after)? else {
                let through = self.store.last_arrival()?;
                return Ok(LogChunk { after: 0, entries: Vec::new(), through, end: true });
            };
            after = first.saturating_sub(1);
        }
        let read = self.store.read_log(after, request.limit_bytes, &wanted_after)?;
        let entries = read.entries.into_iter().map(log_entry).collect();
        Ok(LogChunk { after: request.after, entries, through: read.through, end: read.end })
    }
}

impl Tail {
    fn restart(&mut self, arrival: u64) {
        *self = Self { after: arrival, through: arrival, ..Self::default() };
    }

    fn push(&mut self, entries: impl Iterator<Item = LogEntry>, through: u64) {
        for entry in entries {
            self.bytes += entry.bytes.len();
            self.entries.push_back(entry);
        }
        self.through = through;
        while self.bytes > TAIL_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes.len();
            self.after = oldest.arrival;
        }
    }
}

fn log_entry(entry: dutybook_store::LogEntry) -> LogEntry {
    LogEntry {
        arrival: entry.arrival,
        volume: entry.volume,
        writer: entry.writer,
        seq: entry.seq,
        bytes: Bytes::from(entry.bytes),
        head: entry.head,
    }
}
