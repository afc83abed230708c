//! Sessions against each other over a network in memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bundle;
mod convergence;
mod handshake;
mod network;
mod replica;
mod robustness;
mod vectors;
mod window;
