//! The bytes of a STARK proof. See `zapiki_fuzz::stark_proof`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zapiki_fuzz::stark_proof::check(data));
