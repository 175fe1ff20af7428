//! Groth16 over BN254 (Groth, "On the Size of Pairing-based Non-interactive Arguments", EUROCRYPT 2016), with arkworks.
//!
//! | file | subject |
//! | --- | --- |
//! | [`r1cs`] | how a circuit is described: rows for the keys, values for a proof |
//! | [`gadgets`] | Poseidon, bits, curve arithmetic, the signature check |
//! | [`circuits`] | one file per statement |
//! | [`keys`] | setup, files, digests, provenance |
//! | [`proof`] | the 128 bytes of a proof |
//! | [`batch`] | many proofs checked together |
//! | [`backend`] | the whole, as a [`ProofBackend`](crate::ProofBackend) |
//!
//! Proving is not constant-time: arkworks' multi-scalar multiplication takes longer for some witnesses than for others.
//! The prover is a server that answers after many other steps, and the witness is fresh in each proof.
//! While it proves, arkworks holds copies of the assignment that it does not wipe; ours are wiped.

mod backend;
mod batch;
mod circuits;
mod gadgets;
mod keys;
mod proof;
mod r1cs;

pub use backend::Groth16Backend;
pub use keys::{CircuitKeys, KeysError, setup};
