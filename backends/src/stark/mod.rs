//! STARKs (Ben-Sasson, Bentov, Horesh and Riabzev, ePrint 2018/046) with winterfell. Experimental.
//!
//! | file | subject |
//! | --- | --- |
//! | [`layout`] | columns, rows and selectors of the trace |
//! | [`public`] | the public inputs as the AIR has them |
//! | [`air`] | the constraints |
//! | [`rescue`] | the constants of the hash |
//! | [`trace`] | the trace, and what is random in it |
//! | [`params`] | parameters and estimates of security |
//! | [`prover`] | winterfell's prover, put together |
//! | [`describe`] | the digest that names a circuit |
//! | [`structure`] | the lengths of a proof, checked before the library reads it |
//! | [`proof`] | the bytes of a proof |
//! | [`backend`] | the whole, as a [`ProofBackend`](crate::ProofBackend) |
//!
//! The proofs are *not zero-knowledge*, and say so wherever they go: see `docs/circuits/stark.md` for what a proof tells.
//! Proving is not constant-time. The library holds copies of the trace that it does not wipe; the witness's own are.

mod air;
mod backend;
mod describe;
mod layout;
mod params;
mod proof;
mod prover;
mod public;
mod rescue;
mod structure;
mod trace;

#[cfg(test)]
mod tests;

pub use backend::{StarkBackend, StarkError};
