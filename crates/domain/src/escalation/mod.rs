//! Reporting up the chain of command (上报), possible on every record (D1.2.5, D1.1.8, D2.7.2).
//!
//! A report goes along lines at the same time; each line has its people in calling order and ends when one of them
//! acknowledges. Until then those called are rung again, and after a while the next one is called as well. The pattern
//! is ordered steps until acknowledged; the site's routes say whom and how often.
//!
//! Invariants
//! - A report keeps its own lines and clocks, as they were when it was made: a route changed since, or a roster,
//!   changes nothing about who had to be called.
//! - Who is called at a moment is a pure function of the facts and that moment ([`LineView::at`]), so every replica
//!   rings for the same people without asking anybody, and a partition's story can be told afterwards.
//! - Whoever sets out for the site (返场, D2.8.4) keeps the record open until they are there or need not come; the desk
//!   hears it when they are late.
//! - Delivered means shown on a device in that person's hands, and is a fact of its own; nothing is guessed.

mod facts;
mod rules;
mod view;

pub(crate) use facts::EscalationFact;
pub use facts::{Level, Line};
pub(crate) use rules::{act, line};
pub use rules::{may_report, raise};
pub(crate) use view::fold;
pub use view::{Acknowledged, CallMade, Called, Escalation, LineNow, LineView, MEMBER, ReturnEnded, Returning, stored};
