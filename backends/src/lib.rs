//! Proof backends: what can turn a claim and a witness into a proof, and check one.
//!
//! A backend is one folder here and one line where the binary builds its [`Registry`]. It computes and nothing else: no
//! files, no database, no network, no clock. Keys come in as bytes. Calls block, for up to seconds; callers keep them
//! off their async threads.

mod backend;
mod digest;
pub mod groth16;
mod keys;
pub mod plonk;
mod registry;
pub mod stark;

pub use backend::{
    CeremonyRecord, CircuitInfo, CircuitSize, CircuitStatus, InvalidReason, ProofBackend,
    ProveError, Provenance, ProvenanceKind, SizeUnit, Verdict, VerifyError,
};
pub use digest::{Blake2bDigest, Blake2bDigestError};
pub use keys::{KeyBytes, KeyBytesError, KeyDocumentVersion, VerifyingKeyDocument};
pub use registry::{Registry, ResolveError, UnknownNotice};
