//! Generates what the app is built with.

fn main() {
    tauri_build::build()
}
