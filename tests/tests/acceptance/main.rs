//! What the regulations ask for, with several devices and a real server.

mod airplane_mode;
mod bad_input;
mod merging;
mod patrol;
