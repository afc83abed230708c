//! What the regulations ask for, with several devices and a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod airplane_mode;
mod bad_input;
mod bundles;
mod direct;
mod duty;
mod frozen;
mod handover;
mod hostile;
mod incident;
mod merging;
mod newer;
mod papers;
mod patrol;
mod pictures;
mod printing;
mod registers;
mod restore;
mod service;
mod whole_day;
