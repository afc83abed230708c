//! What the tests of the whole product stand on.
//!
//! - [`fleet`]: several devices and a real server in one process, for acceptance tests that read
//!   like the regulations.
//! - [`bench`]: what it costs, beside a floor of bare SQLite.
//! - [`peers`]: the work on which other sync servers are measured, as this book does it.
//! - [`pictures`]: what a camera makes.
//! - [`rogue`]: an enrolled device in the wrong hands. [`hostile`]: attacks on the server's own process.
//! - [`windows`]: the real apps on virtual screens, driven as a person would, for few journeys.
//!
//! Invariants: a test waits for conditions with a deadline, never for time; nothing a test started
//! outlives it; what a failed journey looked like is kept in `target/e2e/<journey>/`.

pub mod bench;
pub mod fleet;
pub mod hostile;
pub mod peers;
pub mod pictures;
pub mod rogue;
pub mod windows;
