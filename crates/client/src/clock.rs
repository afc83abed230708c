//! The edge where time and randomness come in; everything below takes them as arguments.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use dutybook_domain::{FactId, Timestamp};
use dutybook_log::DeviceKey;

/// The clocks of a device.
pub trait Clock: Send + Sync {
    /// The wall clock; people may set it wrong.
    fn wall(&self) -> Timestamp;
    /// Milliseconds that only ever grow while the device runs.
    fn monotonic_ms(&self) -> u64;
    /// Which run of the device the monotonic clock belongs to.
    fn boot(&self) -> [u8; 16];
}

/// The operating system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    boot: [u8; 16],
}

impl SystemClock {
    /// Reads which boot this is; where the system does not say, every start counts as one.
    #[must_use]
    pub fn new() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()
            .and_then(|text| uuid::Uuid::parse_str(text.trim()).ok())
            .map_or_else(random, uuid::Uuid::into_bytes);
        Self { started: Instant::now(), boot }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge where the clock is read")]
    fn wall(&self) -> Timestamp {
        Timestamp(chrono::Utc::now().timestamp_millis())
    }

    fn monotonic_ms(&self) -> u64 {
        // Uptime is the same for all processes of one boot, an Instant's origin is not.
        std::fs::read_to_string("/proc/uptime")
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
            .map_or_else(|| self.started.elapsed().as_millis() as u64, |seconds| (seconds * 1000.0) as u64)
    }

    fn boot(&self) -> [u8; 16] {
        self.boot
    }
}

/// A clock that somebody else turns: scenarios and tests walk through a whole shift in a moment.
#[derive(Debug)]
pub struct SetClock {
    wall: AtomicI64,
    monotonic: AtomicU64,
    boot: [u8; 16],
}

impl SetClock {
    /// Starts at `wall`.
    #[must_use]
    pub fn at(wall: Timestamp) -> Self {
        Self { wall: AtomicI64::new(wall.0), monotonic: AtomicU64::new(0), boot: random() }
    }

    /// Moves both clocks on.
    pub fn advance_minutes(&self, minutes: u32) {
        let ms = i64::from(minutes) * 60_000;
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.monotonic.fetch_add(ms.unsigned_abs(), Ordering::SeqCst);
    }

    /// Sets the wall clock, as somebody with the settings open would.
    pub fn set_wall(&self, wall: Timestamp) {
        self.wall.store(wall.0, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn wall(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> u64 {
        self.monotonic.load(Ordering::SeqCst)
    }

    fn boot(&self) -> [u8; 16] {
        self.boot
    }
}

/// `N` random bytes.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    fill(&mut bytes);
    bytes
}

/// Fills with bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give: keys and ids made without it would be worth nothing, and no system that
/// can run this program is without.
pub(crate) fn fill(bytes: &mut [u8]) {
    #[expect(clippy::expect_used, reason = "see above")]
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// A new fact's id on `device` at `now`. Of two made in the same millisecond the later one sorts last, so that what one
/// action wrote keeps its order in lists.
#[must_use]
pub fn new_fact_id(device: &DeviceKey, now: Timestamp) -> FactId {
    static LAST: Mutex<(i64, u16)> = Mutex::new((0, 0));
    let mut bytes = random::<4>();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let drawn = u16::from_be_bytes([bytes[0], bytes[1]]);
    // Twelve bits stand before the rest. They begin in the lower half, so there is room to count.
    let count = if last.0 == now.0 { last.1.wrapping_add(1) & 0x0fff } else { drawn & 0x07ff };
    *last = (now.0, count);
    [bytes[0], bytes[1]] = count.to_be_bytes();
    FactId::new(device.as_bytes(), now, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_millisecond_keep_their_order() {
        let device = DeviceKey([7; 32]);
        let ids: Vec<FactId> = (0..1_000).map(|_| new_fact_id(&device, Timestamp(1_780_000_000_000))).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.is_of(&[7; 32])));
    }
}
