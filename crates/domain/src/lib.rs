//! The duty regulations as software: records, facts, views, rules, deadlines, plans, ledger lines.
//!
//! Pure: time, ids and randomness are arguments; nothing here knows of SQLite, the network or windows. Automerge is
//! touched by [`mod@doc`] alone.

mod acting;
pub mod contact_record;
pub mod device;
pub mod doc;
pub mod engine;
pub mod ids;
pub mod kinds;
pub mod known;
pub mod patrol_run;
pub mod record;
pub mod role;
pub mod site;
pub mod time;
pub mod words;
pub mod work_order;

pub use ids::{FactId, PersonId, RecordId};
pub use time::{Day, TimeOfDay, Timestamp, Zone};
pub use words::Words;
