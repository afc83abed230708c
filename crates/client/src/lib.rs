//! What an app does with a book: sign in, act, ask, sync, ring. Usable without windows: tests and the command line do
//! exactly what the apps do.
//!
//! Invariants
//! - [`Client::act`] is the only way anything is written; what it wrote is durable when it returns.
//! - Nothing here waits for the network but enrolment and sync itself.
//! - Changes are told in domain words; who shows something asks again.

mod alarms;
mod asked;
mod bundle;
mod client;
mod clock;
pub mod duty;
mod emergency;
mod enrol;
mod error;
mod files;
mod forms;
mod gaps;
mod near;
mod overview;
mod papers;
mod pictures;
mod queries;
mod reading;
mod registers;
mod shift;
pub mod shown;
mod sync;

pub use asked::{LedgerAsked, RecordsAsked};
pub use bundle::BUNDLE_ENDING;
pub use client::{Client, Target};
pub use clock::{Clock, SetClock, SystemClock, new_fact_id, random};
pub use enrol::enrol;
pub use error::Error;
pub use forms::{FormAsked, FormName};
pub use near::Meeting;
pub use shift::BeforeShift;
pub use sync::Link;
