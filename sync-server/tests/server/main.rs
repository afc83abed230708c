//! The real server on a port of its own, with real devices: their stores, sessions and sockets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod enrolment;
mod harness;
mod life;
mod load;
mod strangers;
mod syncing;
