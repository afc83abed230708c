//! Spot checks (值班抽查, D2.3.1, D1.2.1–D1.2.7): a month's times drawn by lot, and what was found at each.
//!
//! Invariants
//! - No time that is still to come stands anywhere in the book, in the clear or so that it could be worked out: the plan
//!   holds hashes of nonces that only the device that drew them can compute.
//! - A time that was revealed can be checked by everybody: the nonce fits the hash that was there before, and the time
//!   follows from the nonce.
//! - A check is in force for the person checked when they have signed; what they say against it stands beside it.

mod check;
pub mod draw;
pub(crate) mod form;
mod plan;

pub use check::{
    CheckSignature, Checked, DrawnFrom, Looked, SpotCheck, SpotCheckAction, SpotCheckFact, SpotCheckView, Verdict,
};
pub use plan::{
    Commitment, DrawView, SlotView, SpotDue, SpotPlan, SpotPlanAction, SpotPlanFact, SpotPlanView, due, plan_of,
};
