//! The store with real files: one binary for all its integration tests.

#![allow(clippy::unwrap_used, reason = "in a test, what does not work should end it")]

mod backup_and_copies;
mod delivery;
mod faulty_disk;
mod files;
mod forks;
mod merging;
mod powercut;
mod records;
mod schema;
mod simulation;
mod support;
