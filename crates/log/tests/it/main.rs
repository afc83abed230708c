//! What the log promises to whoever builds on it.
//!
//! Everything here runs on real entries with real Automerge changes and real signatures.

mod admission;
mod apply;
mod change;
mod encoding;
mod replicas;
mod support;
mod vectors;
