//! Groth16 over BN254 (Groth, "On the Size of Pairing-based Non-interactive Arguments", EUROCRYPT 2016), with arkworks.
//!
//! | file | subject |
//! | --- | --- |
//! | [`r1cs`] | how a circuit is described: rows for the keys, values for a proof |
//! | [`gadgets`] | Poseidon, bits, curve arithmetic, the signature check |
//! | [`circuits`] | one file per statement |
//! | [`keys`] | setup, files, digests, provenance |
//! | [`ceremony`] | a setup of many parties |
//! | [`prover`] | the proof itself, over a key that is prepared once |
//! | [`stock`] | arkworks' prover, to compare with |
//! | [`proof`] | the 128 bytes of a proof |
//! | [`batch`] | many proofs checked together |
//! | [`backend`] | the whole, as a [`ProofBackend`](crate::ProofBackend) |
//!
//! Proving is not constant-time: multi-scalar multiplication takes longer for some witnesses than for others.
//! The prover is a server that answers after many other steps, and the witness is fresh in each proof.
//! What is derived from a witness in memory is wiped: assignment, digits, partial sums. Single values on the stack are not.

mod backend;
mod batch;
pub mod ceremony;
mod circuits;
mod gadgets;
mod keys;
mod proof;
mod prover;
mod r1cs;
mod stock;

pub use backend::Groth16Backend;
pub use keys::{CircuitKeys, KeysError, setup};
