//! Documents of verifying keys. See `zapiki_fuzz::verifying_key`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zapiki_fuzz::verifying_key::check(data));
