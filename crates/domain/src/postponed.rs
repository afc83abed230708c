//! A matter put off (改期) when it was handed over: its clocks ring at the time that was agreed, on every kind of record
//! (D1.1.2).
//!
//! Invariants
//! - Only clocks that ran when it was put off are moved, and only later; a step taken since has a clock of its own.
//! - What was put off in two places at once is due at the earlier of the two: nobody waits longer than somebody agreed.
//! - The facts keep their times: what is measured against the regulations is measured from them, not from here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::Deadline;
use crate::record::{Common, RecordDoc, parse};
use crate::time::Timestamp;

/// The member of a stored view in which it stands, beside the kind's own fields.
pub(crate) const MEMBER: &str = "postponed";

/// Until when, and since when that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Postponed {
    /// When it was put off.
    pub(crate) at: Timestamp,
    /// Until when.
    pub(crate) until: Timestamp,
}

/// The last word about it, if there is one.
pub(crate) fn fold(doc: &RecordDoc) -> Option<Postponed> {
    let said: Vec<_> = doc
        .facts
        .iter()
        .filter(|raw| raw.by.role.works_orders())
        .filter_map(|raw| match parse(&raw.kind, &raw.body) {
            Some(Common::Postponed { until, .. }) => Some((raw.id, Postponed { at: raw.at, until })),
            _ => None,
        })
        .collect();
    let latest = doc.latest_of(&said.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let standing = said.into_iter().filter(|(id, _)| latest.contains(id)).map(|(_, postponed)| postponed);
    standing.min_by_key(|postponed| (postponed.until, postponed.at))
}

/// What stands in a stored view of any kind.
pub(crate) fn stored(view: &Value) -> Option<Postponed> {
    serde_json::from_value(view.get(MEMBER)?.clone()).ok()
}

impl Postponed {
    /// Moves a clock that ran when it was put off.
    pub(crate) fn applies(self, clock: &mut Deadline) {
        if clock.since <= self.at {
            clock.due = clock.due.max(self.until);
        }
    }
}
