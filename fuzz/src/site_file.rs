//! The file that a site's data is read in from. By itself, because the crate behind it is large.

use dutybook_domain::site::file;

/// Reads it, and makes of it what would be written.
pub fn site_file(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match file::parse(text) {
        Ok(file) => {
            let _ = file.items();
        }
        Err(problems) => assert!(!problems.is_empty(), "a refusal has a reason"),
    }
}
