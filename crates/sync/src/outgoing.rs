//! Entries put together for sending, over a connection or into a file: whole signed commits, so that each message can be
//! admitted by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bytes::Bytes;
use dutybook_log::{Head, VolumeId, WriterId};

use crate::message::{self, OutgoingPart};
use crate::session::{LogEntry, MESSAGE_BYTES};

/// A head on the wire: two keys, a signature, positions.
const HEAD_BYTES: usize = 256;

/// What was read of the log, cut into messages.
pub(crate) struct Pieces {
    /// The messages, one after the other.
    pub(crate) ranges: Vec<Range<usize>>,
    /// Whether they hold all of it. Otherwise the last commit goes on in what is not read yet.
    pub(crate) whole: bool,
}

/// Cuts entries in arrival order into messages that end only where every writer in them ends at a signed head.
pub(crate) fn pieces(entries: &[&LogEntry]) -> Pieces {
    let mut open: BTreeSet<(&VolumeId, WriterId)> = BTreeSet::new();
    let mut ranges = Vec::new();
    // Bytes of the message begun, where it begins, and the last place in it where it may be cut.
    let (mut bytes, mut start, mut cut, mut cut_bytes) = (0, 0, 0, 0);
    for (index, entry) in entries.iter().enumerate() {
        bytes += entry.bytes.len();
        if entry.head.is_some() {
            bytes += HEAD_BYTES;
            open.remove(&(&entry.volume, entry.writer));
        } else {
            open.insert((&entry.volume, entry.writer));
        }
        if open.is_empty() {
            if bytes > MESSAGE_BYTES && cut > start {
                ranges.push(start..cut);
                bytes -= cut_bytes;
                start = cut;
            }
            (cut, cut_bytes) = (index + 1, bytes);
        }
    }
    if cut > start {
        ranges.push(start..cut);
    }
    Pieces { ranges, whole: open.is_empty() }
}

/// The `Entries` message of whole commits, and the bytes of its entries.
pub(crate) fn frame_of(entries: &[&LogEntry]) -> (Bytes, usize) {
    let mut parts: Vec<(OutgoingPart<'_>, BTreeMap<WriterId, &Head>)> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let same = parts.last().is_some_and(|(part, _)| *part.volume == entry.volume);
        let index = if same {
            parts.len() - 1
        } else if let Some(index) = parts.iter().position(|(part, _)| *part.volume == entry.volume) {
            index
        } else {
            let part = OutgoingPart { volume: &entry.volume, heads: Vec::new(), entries: Vec::new() };
            parts.push((part, BTreeMap::new()));
            parts.len() - 1
        };
        let (part, heads) = &mut parts[index];
        part.entries.push(&entry.bytes);
        // Through the chain the last head covers all before it.
        if let Some(head) = &entry.head {
            heads.insert(entry.writer, head);
        }
        bytes += entry.bytes.len();
    }
    let heads: usize = parts.iter().map(|(_, heads)| heads.len()).sum();
    let parts: Vec<_> =
        parts.into_iter().map(|(part, heads)| OutgoingPart { heads: heads.into_values().collect(), ..part }).collect();
    let capacity = bytes + heads * HEAD_BYTES + entries.len() * 5 + parts.len() * 80 + 16;
    (message::encode_entries(&parts, capacity), bytes)
}
