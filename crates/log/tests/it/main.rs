//! What the log promises to whoever builds on it.
//!
//! Everything here runs on real entries with real Automerge changes and real signatures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail right there")]

mod admission;
mod apply;
mod change;
mod encoding;
mod replicas;
mod support;
mod vectors;
