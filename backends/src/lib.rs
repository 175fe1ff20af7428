//! Proof backends: what can turn a claim and a witness into a proof, and check one.
//!
//! A backend is one folder here and one line where the binary builds its [`Registry`]. It computes and nothing else: no
//! files, no database, no network, no clock. Keys come in as bytes. Calls block, for up to seconds; callers keep them
//! off their async threads.

mod backend;
pub mod groth16;
mod registry;

pub use backend::{
    CircuitInfo, CircuitStatus, InvalidReason, ProofBackend, ProveError, Provenance, Verdict,
    VerifyError,
};
pub use groth16::VerifyingKeyDocument;
pub use registry::{Registry, ResolveError};
