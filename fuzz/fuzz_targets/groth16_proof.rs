//! The bytes of a Groth16 proof. See `zapiki_fuzz::groth16_proof`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zapiki_fuzz::groth16_proof::check(data));
