//! The finished programs, driven from outside: started, watched, stopped.
//!
//! `cargo xtask run` and the end-to-end tests stand on the same few pieces, so that what a person
//! sees when they try the product is what the tests have tried before.
//!
//! Invariants: no process started here outlives the value that owns it, nothing here knows what a
//! record is, and nothing here is fast or clever enough to need a heavy dependency.

pub mod command_line;
pub mod demo;
pub mod display;
pub mod process;
pub mod programs;
pub mod round;
pub mod server;
