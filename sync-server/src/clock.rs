//! The edge where time and randomness come in; everything below takes them as arguments.

use std::time::Instant;

use dutybook_log::Recorded;

/// The machine's clocks.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    boot: [u8; 16],
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), boot: random() }
    }

    /// Milliseconds that only go forward, since the program started.
    pub(crate) fn forward_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// When something is written down.
    pub(crate) fn recorded(&self) -> Recorded {
        Recorded { wall_ms: wall_ms(), boot: self.boot, monotonic_ms: self.forward_ms() }
    }
}

/// Milliseconds since 1970 UTC.
#[expect(clippy::disallowed_methods, reason = "this is the edge where the clock is read")]
pub(crate) fn wall_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Fills with bytes from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) {
    // Keys and challenges made without randomness would be worth nothing, and no system that runs this is without.
    #[expect(clippy::expect_used, reason = "see above")]
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
