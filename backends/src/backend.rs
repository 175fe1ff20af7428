//! The trait that every proof system implements, and the words it answers with.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zapiki_core::circuit::CircuitId;
use zapiki_core::claim::ClaimError;
use zapiki_core::envelope::{KeyDigest, ProofEnvelope};
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::Claim;
use zapiki_core::suites::SuiteId;
use zapiki_core::system::{Capabilities, ProofSystem};
use zapiki_core::witness::Witness;

use crate::digest::Blake2bDigest;
use crate::keys::VerifyingKeyDocument;

/// A proof system with its circuits and their keys.
///
/// Calls block. `prove` takes as long as the system takes, `verify` milliseconds.
pub trait ProofBackend: Send + Sync {
    /// Which system this is.
    fn system(&self) -> ProofSystem;

    /// What the system can and cannot do.
    fn capabilities(&self) -> Capabilities;

    /// The circuits whose keys are loaded, oldest first.
    fn circuits(&self) -> &[CircuitInfo];

    /// Proves the claim.
    ///
    /// # Errors
    /// The witness does not satisfy the claim, the circuit is unknown or has no proving key here, or the prover failed.
    /// No error holds any part of the witness.
    fn prove(
        &self,
        circuit: CircuitId,
        claim: &Claim,
        witness: &Witness,
    ) -> Result<ProofEnvelope, ProveError>;

    /// Checks a proof against its own public inputs. Says nothing about policy: whose issuer, whose challenge, which day.
    ///
    /// # Errors
    /// The proof cannot be judged here: nobody loaded a key for its circuit.
    fn verify(&self, envelope: &ProofEnvelope) -> Result<Verdict, VerifyError>;

    /// [`verify`](Self::verify) for each of them, which may be cheaper together.
    fn verify_batch(&self, envelopes: &[&ProofEnvelope]) -> Vec<Result<Verdict, VerifyError>> {
        envelopes
            .iter()
            .map(|envelope| self.verify(envelope))
            .collect()
    }

    /// The verifying key of a circuit, for verifiers to keep.
    fn verifying_key(&self, circuit: CircuitId) -> Option<&VerifyingKeyDocument>;
}

/// Runs a backend's prover: no panic leaves it, and no proof that does not verify, which a fault in memory or in the prover
/// would make. `prove` only reads; nothing is left half-written.
pub(crate) fn guarded(
    backend: &impl ProofBackend,
    prove: impl FnOnce() -> Result<ProofEnvelope, ProveError>,
) -> Result<ProofEnvelope, ProveError> {
    let envelope = catch_unwind(AssertUnwindSafe(prove)).map_err(|_| ProveError::Panicked)??;
    match backend.verify(&envelope) {
        Ok(Verdict::Valid) => Ok(envelope),
        _ => Err(ProveError::Internal("the proof does not verify")),
    }
}

/// One circuit of one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitInfo {
    /// Name and version.
    pub id: CircuitId,
    /// Whether it may be used: active or withdrawn, as far as the backend knows.
    pub status: CircuitStatus,
    /// The suite of the issuer signatures that it checks.
    pub suite: SuiteId,
    /// How large it is.
    pub size: CircuitSize,
    /// The size of each part, in the circuit's order and the size's unit.
    pub parts: Vec<(&'static str, usize)>,
    /// Field elements that a verifier feeds in.
    pub public_inputs: usize,
    /// Names the verifying key.
    pub verifying_key: KeyDigest,
    /// Where the keys come from.
    pub provenance: Provenance,
}

/// How large a circuit is, in the unit of its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitSize {
    /// Rank-1 constraints.
    Constraints(usize),
    /// A table of 2^`k` rows.
    Rows {
        /// Logarithm of the table's length.
        k: u32,
        /// How many rows the circuit uses.
        rows: usize,
        /// How many columns it has, of every kind.
        columns: usize,
    },
    /// An execution trace.
    Trace {
        /// How many steps it has.
        length: usize,
        /// How many registers.
        columns: usize,
    },
}

/// What a circuit's size is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeUnit {
    /// Rank-1 constraints.
    Constraints,
    /// Rows of a table in use.
    Rows,
    /// Steps of a trace.
    TraceLength,
}

zapiki_core::named_variants!(SizeUnit, UnknownSizeUnit, "unit of size", {
    Constraints => "constraints",
    Rows => "rows",
    TraceLength => "trace_length",
});

impl CircuitSize {
    /// What is counted.
    #[must_use]
    pub const fn unit(self) -> SizeUnit {
        match self {
            Self::Constraints(_) => SizeUnit::Constraints,
            Self::Rows { .. } => SizeUnit::Rows,
            Self::Trace { .. } => SizeUnit::TraceLength,
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Constraints(count)
            | Self::Rows { rows: count, .. }
            | Self::Trace { length: count, .. } => count,
        }
    }

    /// How wide each of them is, if they are all equally wide.
    #[must_use]
    pub const fn columns(self) -> Option<usize> {
        match self {
            Self::Constraints(_) => None,
            Self::Rows { columns, .. } | Self::Trace { columns, .. } => Some(columns),
        }
    }
}

/// The size as a person reads it.
impl fmt::Display for CircuitSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constraints(count) => write!(f, "{count} constraints"),
            Self::Rows { k, rows, columns } => {
                write!(f, "{rows} rows of 2^{k}, {columns} columns")
            }
            Self::Trace { length, columns } => write!(f, "{length} steps, {columns} columns"),
        }
    }
}

/// Whether a circuit may be used. A backend knows which of its circuits are active and which are withdrawn; what is between is
/// announced by whoever runs the service: see [`Registry::status`](crate::Registry::status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitStatus {
    /// For new proofs.
    Active,
    /// For new proofs still, but its end is announced.
    Deprecated,
    /// Not for new proofs. Those made with it verify, and policy accepts them.
    Retired,
    /// Proofs made with it still verify; policy no longer accepts them.
    Withdrawn,
}

zapiki_core::named_variants!(CircuitStatus, UnknownCircuitStatus, "circuit status", {
    Active => "active",
    Deprecated => "deprecated",
    Retired => "retired",
    Withdrawn => "withdrawn",
});

/// Where the keys of a circuit come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// From a published seed: anybody can forge proofs. For development only.
    Dev,
    /// From a ceremony: nobody can forge proofs unless all who contributed worked together.
    Ceremony(CeremonyRecord),
    /// From the circuit alone: there is no setup, and no secret that somebody would have to forget.
    Transparent,
}

/// Which ceremony keys come from. Whoever has its transcript and the file of powers can check that it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyRecord {
    /// Names the transcript.
    pub transcript: KeyDigest,
    /// How many contributed, the beacon not counted.
    pub contributions: u32,
    /// Names the file of powers of tau: BLAKE2b-512 over it.
    pub powers: Blake2bDigest,
}

/// The kind of [`Provenance`], without particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvenanceKind {
    /// [`Provenance::Dev`].
    Dev,
    /// [`Provenance::Ceremony`].
    Ceremony,
    /// [`Provenance::Transparent`].
    Transparent,
}

zapiki_core::named_variants!(ProvenanceKind, UnknownProvenance, "provenance", {
    Dev => "dev",
    Ceremony => "ceremony",
    Transparent => "transparent",
});

impl Provenance {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ProvenanceKind {
        match self {
            Self::Dev => ProvenanceKind::Dev,
            Self::Ceremony(_) => ProvenanceKind::Ceremony,
            Self::Transparent => ProvenanceKind::Transparent,
        }
    }

    /// Which ceremony, if it was one.
    #[must_use]
    pub const fn ceremony(&self) -> Option<&CeremonyRecord> {
        match self {
            Self::Ceremony(record) => Some(record),
            Self::Dev | Self::Transparent => None,
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}

/// The judgement on a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The statement holds.
    Valid,
    /// The proof shows nothing.
    Invalid(InvalidReason),
}

/// Why a proof shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidReason {
    /// It names another verifying key than the circuit's.
    VerifyingKeyMismatch,
    /// The envelope says of the proof system what is not so.
    Mislabelled,
    /// The bytes are no proof of this system: wrong length, off the curve, outside the subgroup, not canonical.
    MalformedProof,
    /// A proof of another circuit's shape, or under other parameters than the circuit's: fewer queries, a smaller field.
    ParametersMismatch,
    /// What the proof is about was not signed by the issuer that it names.
    IssuerSignatureInvalid,
    /// A well-formed proof, but not of these public inputs.
    EquationFailed,
}

zapiki_core::named_variants!(InvalidReason, UnknownInvalidReason, "reason", {
    VerifyingKeyMismatch => "verifying_key_mismatch",
    Mislabelled => "mislabelled",
    MalformedProof => "malformed_proof",
    ParametersMismatch => "parameters_mismatch",
    IssuerSignatureInvalid => "issuer_signature_invalid",
    EquationFailed => "equation_failed",
});

/// A proof could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProveError {
    /// The witness does not satisfy the claim.
    #[error(transparent)]
    Unsatisfied(#[from] ClaimError),
    /// No keys for this circuit are loaded here.
    #[error("no keys are loaded for circuit {0}")]
    UnknownCircuit(CircuitId),
    /// Only the verifying key is here.
    #[error("no proving key is loaded for circuit {0}")]
    NoProvingKey(CircuitId),
    /// The circuit proves another statement than the claim's.
    #[error("circuit {0} does not prove the claimed statement")]
    WrongCircuit(CircuitId),
    /// The circuit checks issuer signatures of another suite than the claim's issuer key is of.
    #[error("circuit {0} checks another suite than the issuer key is of")]
    WrongSuite(CircuitId),
    /// The prover panicked. The message went to the log; it is not repeated, since it is not ours.
    #[error("the prover panicked")]
    Panicked,
    /// The prover failed, or made a proof that does not verify.
    #[error("the prover failed: {0}")]
    Internal(&'static str),
}

impl ProveError {
    /// Whether the same call may succeed later or elsewhere.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::UnknownCircuit(_) | Self::NoProvingKey(_) | Self::Panicked | Self::Internal(_)
        )
    }

    /// The stable code of the problem.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        match self {
            Self::Unsatisfied(error) => error.code(),
            Self::UnknownCircuit(_) | Self::NoProvingKey(_) => ProblemCode::Unavailable,
            Self::WrongCircuit(_) => ProblemCode::UnknownCircuit,
            Self::WrongSuite(_) => ProblemCode::CredentialSuiteMissing,
            Self::Panicked | Self::Internal(_) => ProblemCode::Internal,
        }
    }
}

/// A proof cannot be judged here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// It is of another system than this backend's.
    #[error("proof system {0} is not this backend's")]
    ForeignSystem(ProofSystem),
    /// No verifying key for its circuit is loaded.
    #[error("no verifying key is loaded for circuit {0}")]
    UnknownCircuit(CircuitId),
}
