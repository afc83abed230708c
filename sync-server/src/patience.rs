//! Who sends what has to be refused waits, and nobody else waits for them.
//!
//! Looking through entries that are refused takes the writing thread's time, which is everybody's. An honest device has a
//! few of them at most and does not notice; one that sends nothing else comes to a few hundred milliseconds of that time
//! a minute.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dutybook_log::DeviceKey;

/// What each refused entry costs: nothing more is taken in from its sender for so long.
const ENTRY: Duration = Duration::from_millis(5);
/// The longest that anybody is made to wait. Below what a session waits for an acknowledgement.
const LONGEST: Duration = Duration::from_secs(20);

/// Until when nothing is taken in from whom.
#[derive(Debug, Default)]
pub(crate) struct Patience(BTreeMap<DeviceKey, Instant>);

impl Patience {
    /// Entries that this device sent were refused.
    pub(crate) fn refused(&mut self, device: DeviceKey, entries: usize, now: Instant) {
        self.0.retain(|_, until| *until > now);
        let until = self.0.entry(device).or_insert(now);
        let more = ENTRY.saturating_mul(u32::try_from(entries).unwrap_or(u32::MAX));
        *until = until.checked_add(more).unwrap_or(now + LONGEST).min(now + LONGEST);
    }

    /// How long nothing is taken in from this device.
    pub(crate) fn waits(&self, device: DeviceKey, now: Instant) -> Option<Duration> {
        self.0.get(&device)?.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_entries_cost_their_sender_time_and_nobody_else() {
        let (rogue, honest, now) = (DeviceKey([1; 32]), DeviceKey([2; 32]), Instant::now());
        let mut patience = Patience::default();
        assert_eq!(patience.waits(rogue, now), None);
        patience.refused(rogue, 10, now);
        patience.refused(rogue, 10, now);
        assert_eq!(patience.waits(rogue, now), Some(ENTRY * 20), "also over several connections");
        assert_eq!(patience.waits(honest, now), None);
        assert_eq!(patience.waits(rogue, now + ENTRY * 20), None, "it passes");
        patience.refused(rogue, usize::MAX, now);
        assert_eq!(patience.waits(rogue, now), Some(LONGEST));
        patience.refused(honest, 1, now + LONGEST * 2);
        assert_eq!(patience.0.len(), 1, "what has passed is forgotten");
    }
}
