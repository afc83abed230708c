//! The one list of commands and events; TypeScript's side of it is generated from here and committed.

use specta_typescript::Typescript;
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::commands;

/// Where the generated file stands, from this crate's folder.
pub const FILE: &str = "../ui/src/ipc/bindings.ts";

/// All commands and events.
#[must_use]
pub fn builder() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .disable_serde_phases()
        .commands(collect_commands![
            commands::app_state,
            commands::enrol,
            commands::people,
            commands::people_for,
            commands::sign_in,
            commands::sign_out,
            commands::sync_shown,
            commands::sync_now,
            commands::carry_places,
            commands::bundles_found,
            commands::write_bundle,
            commands::read_bundle,
            commands::keep_picture,
            commands::picture,
            commands::near,
            commands::set_near,
            commands::meet,
            commands::meet_found,
            commands::search_units,
            commands::emergency_contacts,
            commands::response_plans,
            commands::oncall,
            commands::sos,
            commands::receive_calls,
            commands::act,
            commands::act_as,
            commands::act_common,
            commands::records,
            commands::record,
            commands::record_at,
            commands::on_day,
            commands::history,
            commands::monitor,
            commands::run_now,
            commands::alarms,
            commands::alarm_seen,
            commands::ledger,
            commands::day_report,
            commands::overview,
            commands::floor_plans,
            commands::day_log,
            commands::work_log_draft,
            commands::export_work_log,
            commands::verify_month,
            commands::follow_ups,
            commands::follow_ups_due,
            commands::repeats,
            commands::registers,
            commands::entries,
            commands::my_entries,
            commands::spot_due,
            commands::spot_items,
            commands::forms_of,
            commands::print_form,
            commands::roster_calendar,
            commands::roster,
            commands::duty_board,
            commands::month_sheet,
            commands::my_duty,
            commands::carried_over,
            commands::before_shift,
            commands::handover_sheet,
        ])
        .events(collect_events![commands::BookChangedEvent, commands::SyncChangedEvent])
}

/// The TypeScript text of [`builder`].
///
/// # Errors
/// When a type cannot be expressed in TypeScript.
pub fn typescript() -> Result<String, String> {
    let dir = std::env::temp_dir().join(format!("dutybook-bindings-{}", std::process::id()));
    std::fs::create_dir_all(&dir).map_err(|error| error.to_string())?;
    let file = dir.join("bindings.ts");
    let exported = builder().export(Typescript::default(), &file).map_err(|error| error.to_string());
    let text = exported.and_then(|()| std::fs::read_to_string(&file).map_err(|error| error.to_string()));
    let _ = std::fs::remove_dir_all(&dir);
    text
}

#[cfg(test)]
mod tests {
    /// `DUTYBOOK_WRITE_BINDINGS=1 cargo test -p dutybook-app bindings` writes the file anew.
    #[test]
    fn bindings_are_not_stale() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(super::FILE);
        let fresh = super::typescript().unwrap();
        if std::env::var_os("DUTYBOOK_WRITE_BINDINGS").is_some() {
            std::fs::write(&file, &fresh).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == fresh, "ui/src/ipc/bindings.ts is stale; run `cargo xtask bindings`");
    }
}
