//! Credentials, statements and signed roots as JSON. See `zapiki_fuzz::credential`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zapiki_fuzz::credential::check(data));
