//! Handovers as posts and shifts plan them: wherever a shift begins at a post, somebody hands over to somebody. The same
//! on every replica, with no job that creates them.
//!
//! Invariant: a handover's id comes from its post, its day and the minute the shift begins. Renaming the shift, or a
//! change of the inventory in the middle of the day, does not move it; one that has begun remembers its own plan.

use serde::{Deserialize, Serialize};

use super::Handover;
use crate::engine::Kind;
use crate::ids::{Home, RecordId};
use crate::site::{InventoryItem, Shift, Site};
use crate::time::{Day, Timestamp};

/// A change of shift at a post, as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PlannedHandover {
    /// Its record, whether or not anybody has written to it.
    pub record: RecordId,
    /// The post.
    pub post: RecordId,
    /// The post's name.
    pub post_name: String,
    /// The day on which the shift begins.
    pub day: Day,
    /// When it begins, in minutes after the day's midnight.
    pub slot: u16,
    /// When the shift begins that takes over.
    pub at: Timestamp,
    /// Since when the shift runs that hands over.
    pub since: Timestamp,
    /// The shift that hands over; empty where none is known.
    pub outgoing_shift: String,
    /// The shift that takes over.
    pub incoming_shift: String,
    /// What belongs to the post (公物).
    pub inventory: Vec<InventoryItem>,
    /// Until when the incoming person is early enough (D2.9.1).
    pub early_until: Timestamp,
    /// Until when yesterday's report and the items are to be read and taken (D1.1.2).
    pub read_until: Timestamp,
    /// From when the outgoing person prepares (A5 10.1).
    pub prepare_from: Timestamp,
}

/// The record of a handover.
#[must_use]
pub fn record_of(post: RecordId, day: Day, slot: u16) -> RecordId {
    let home = Home { class: Handover::CLASS, day, kind: Handover::NAME };
    RecordId::derived(&home, &[&post.to_string(), &day.to_string(), &slot.to_string()])
}

/// All handovers of a day, by time, then by post.
#[must_use]
pub fn handovers_of(site: &Site, day: Day) -> Vec<PlannedHandover> {
    let mut planned: Vec<PlannedHandover> = site
        .posts
        .keys()
        .flat_map(|post| {
            let mut starts: Vec<&Shift> = site.shifts.values().filter(|shift| shift.posts.contains(post)).collect();
            // Two shifts that begin together are one change.
            starts.sort_by_key(|shift| (shift.from, &shift.name));
            starts.dedup_by_key(|shift| shift.from);
            starts.into_iter().filter_map(move |shift| planned(site, *post, day, shift))
        })
        .collect();
    planned.sort_by_key(|planned| (planned.at, planned.post_name.clone(), planned.record));
    planned
}

fn planned(site: &Site, id: RecordId, day: Day, incoming: &Shift) -> Option<PlannedHandover> {
    let post = site.posts.get(&id)?;
    let (zone, timers) = (site.settings.zone, &site.settings.timers);
    let slot = incoming.from.0;
    let at = day.at(i64::from(slot), zone);
    // Whoever began last before this hands over: shifts may overlap, or leave a gap.
    let earlier = site.shifts.values().filter(|shift| shift.posts.contains(&id)).flat_map(|shift| {
        [day.before().before(), day.before(), day].map(|day| (day.at(i64::from(shift.from.0), zone), shift))
    });
    let outgoing = earlier.filter(|(began, _)| *began < at).max_by_key(|(began, shift)| (*began, &shift.name));
    Some(PlannedHandover {
        record: record_of(id, day, slot),
        post: id,
        post_name: post.name.clone(),
        day,
        slot,
        at,
        since: outgoing.map_or_else(|| at.plus_minutes(-24 * 60), |(began, _)| began),
        outgoing_shift: outgoing.map(|(_, shift)| shift.name.clone()).unwrap_or_default(),
        incoming_shift: incoming.name.clone(),
        inventory: post.inventory.clone(),
        early_until: at.plus_minutes(-i64::from(timers.shift_early_min)),
        read_until: at.plus_minutes(i64::from(timers.handover_read_min)),
        prepare_from: at.plus_minutes(-i64::from(timers.handover_prepare_min)),
    })
}
