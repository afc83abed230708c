#![no_main]

libfuzzer_sys::fuzz_target!(init: dutybook_fuzz::quiet_panics(), |data: &[u8]| dutybook_fuzz::site_file::site_file(data));
