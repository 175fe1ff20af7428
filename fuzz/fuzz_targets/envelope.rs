//! Proof envelopes as JSON. See `zapiki_fuzz::envelope`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zapiki_fuzz::envelope::check(data));
