//! What the fuzz targets share.

pub mod decoders;
#[cfg(feature = "site")]
pub mod site_file;

/// libFuzzer ends the process at every panic, also at one that is caught: gate 2 applies foreign changes under a guard,
/// because Automerge panics over some of them. A panic that nobody catches still ends the process.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
}
