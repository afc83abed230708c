//! What the regulations ask for, with several devices and a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod airplane_mode;
mod bad_input;
mod hostile;
mod merging;
mod newer;
mod patrol;
mod restore;
mod rogue;
