//! Suites: the hash, curve and signature scheme that one proof system checks cheaply.
//!
//! Each suite is a standard construction with its source named and its vectors from independent code. An issuer signs
//! a credential once per suite that it enables.

pub mod bjj_poseidon;

/// A suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuiteId {
    /// Poseidon and EdDSA over Baby Jubjub, as circomlib and iden3 have them; field of BN254.
    BjjPoseidonBn254,
}

crate::named_variants!(SuiteId, UnknownSuite, "suite", {
    BjjPoseidonBn254 => "bjj-poseidon-bn254",
});
