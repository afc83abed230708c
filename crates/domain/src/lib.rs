//! The duty regulations as software: records, facts, views, rules, deadlines, plans, ledger lines.
//!
//! Pure: time, ids and randomness are arguments; nothing here knows of SQLite, the network or windows. Automerge is
//! touched by [`mod@doc`] alone.

pub mod absence;
mod acting;
pub mod archive_item;
pub mod attendance;
pub mod carried;
pub mod chase;
pub mod complaint;
pub mod contact_record;
pub mod daily_report;
pub mod device;
pub mod doc;
pub mod engine;
pub mod escalation;
pub mod file;
pub mod follow_up;
pub mod form;
pub mod handover;
pub mod ids;
pub mod incident;
pub mod journal;
pub mod kinds;
pub mod known;
pub mod month_seal;
pub mod overview;
pub mod patrol_run;
mod postponed;
pub mod reach_test;
pub mod record;
pub mod register;
pub mod role;
pub mod roster;
pub mod site;
pub mod spot_check;
pub mod strengthened;
pub mod telephone;
pub mod time;
pub mod whereabouts;
pub mod words;
pub mod work_log;
pub mod work_order;

pub use ids::{FactId, PersonId, RecordId};
pub use time::{Day, TimeOfDay, Timestamp, Zone};
pub use words::Words;
