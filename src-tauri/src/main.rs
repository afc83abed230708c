//! The desktop program; Android starts at [`dutybook_app::run`] too.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    dutybook_app::run()
}
