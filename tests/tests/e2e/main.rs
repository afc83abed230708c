//! The real apps end to end. Needs `cargo build --workspace` first; `cargo xtask test` sees to it.

mod complaint;
mod daily_report;
mod first_screens;
mod handover;
mod incident;
mod killed;
mod offline;
mod overview;
mod pages;
mod people;
mod picture;
mod side_by_side;
mod stick;
mod together;
mod views;
