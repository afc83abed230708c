#![no_main]

libfuzzer_sys::fuzz_target!(init: dutybook_fuzz::quiet_panics(), |data: &[u8]| dutybook_fuzz::decoders::bundle_frames(data));
