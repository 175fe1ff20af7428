//! The files of sanctions lists. See `zapiki_fuzz::lists`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zapiki_fuzz::lists::check(data));
