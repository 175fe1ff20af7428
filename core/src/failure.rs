//! The named ways in which a step of the pipeline can fail, and which of them a retry may mend.
//!
//! A failed step gives one of these names; the workflow, the dead letter and the caller know nothing else of it. So no
//! message of a library, and nothing private, can travel from a failed step into a history, a row or a response.

use crate::problem::ProblemCode;

/// Why a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The database is away.
    StoreUnavailable,
    /// The database refused a statement. It may be on its way down, so a retry may help.
    StoreRefused,
    /// A stored value cannot be read: wrong key, or damaged.
    StoreCorrupt,
    /// There is no such proof.
    ProofUnknown,
    /// The private input is shredded already.
    InputGone,
    /// No list with the statement's root is stored, though there was one when the proof was accepted.
    ListUnknown,
    /// This worker has no keys for the circuit. Another one may.
    CircuitUnavailable,
    /// The circuit proves another statement.
    WrongCircuit,
    /// The prover rejects a witness that `validate` found good.
    ProverDisagrees,
    /// The prover panicked.
    ProverPanicked,
    /// The prover failed, or made a proof that does not verify.
    ProverFailed,
    /// The worker was lost, or took too long.
    WorkerLost,
    /// A failure without a name of ours.
    Unclassified,
}

crate::named_variants!(FailureKind, UnknownFailureKind, "failure", {
    StoreUnavailable => "StoreUnavailable",
    StoreRefused => "StoreRefused",
    StoreCorrupt => "StoreCorrupt",
    ProofUnknown => "ProofUnknown",
    InputGone => "InputGone",
    ListUnknown => "ListUnknown",
    CircuitUnavailable => "CircuitUnavailable",
    WrongCircuit => "WrongCircuit",
    ProverDisagrees => "ProverDisagrees",
    ProverPanicked => "ProverPanicked",
    ProverFailed => "ProverFailed",
    WorkerLost => "WorkerLost",
    Unclassified => "Unclassified",
});

impl FailureKind {
    /// Whether the same step may succeed later or elsewhere.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::StoreUnavailable
            | Self::StoreRefused
            | Self::ListUnknown
            | Self::CircuitUnavailable
            | Self::ProverPanicked
            | Self::ProverFailed
            | Self::WorkerLost
            | Self::Unclassified => true,
            Self::StoreCorrupt
            | Self::ProofUnknown
            | Self::InputGone
            | Self::WrongCircuit
            | Self::ProverDisagrees => false,
        }
    }

    /// The problem that a caller sees once retries are spent.
    #[must_use]
    pub const fn code(self) -> ProblemCode {
        match self {
            Self::StoreUnavailable
            | Self::ListUnknown
            | Self::CircuitUnavailable
            | Self::WorkerLost => ProblemCode::Unavailable,
            Self::WrongCircuit => ProblemCode::UnknownCircuit,
            Self::StoreRefused
            | Self::StoreCorrupt
            | Self::ProofUnknown
            | Self::InputGone
            | Self::ProverDisagrees
            | Self::ProverPanicked
            | Self::ProverFailed
            | Self::Unclassified => ProblemCode::Internal,
        }
    }

    /// The reason in a sentence, for the dead letter and the Temporal UI.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::StoreUnavailable => "the database was away",
            Self::StoreRefused => "the database refused a statement",
            Self::StoreCorrupt => "a stored value could not be read",
            Self::ProofUnknown => "there is no such proof",
            Self::InputGone => "the private input is shredded already",
            Self::ListUnknown => "the list that the statement is about is not stored here",
            Self::CircuitUnavailable => "no worker had the keys of the circuit",
            Self::WrongCircuit => "the circuit proves another statement",
            Self::ProverDisagrees => "the prover rejected a witness that had been found good",
            Self::ProverPanicked => "the prover panicked",
            Self::ProverFailed => "the prover failed",
            Self::WorkerLost => "the worker was lost or took too long",
            Self::Unclassified => "a step failed without naming the reason",
        }
    }

    /// The names that Temporal must not retry.
    #[must_use]
    pub fn non_retryable_types() -> Vec<&'static str> {
        Self::ALL
            .iter()
            .filter(|kind| !kind.is_retryable())
            .map(|kind| kind.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_retry_can_mend_is_not_retried() {
        assert_eq!(
            FailureKind::non_retryable_types(),
            [
                "StoreCorrupt",
                "ProofUnknown",
                "InputGone",
                "WrongCircuit",
                "ProverDisagrees"
            ]
        );
    }

    #[test]
    fn every_kind_has_a_reason_and_a_server_side_code() {
        for kind in FailureKind::ALL {
            assert!(!kind.reason().is_empty());
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            // A dead letter is never the caller's fault.
            assert!(matches!(
                kind.code(),
                ProblemCode::Unavailable | ProblemCode::Internal | ProblemCode::UnknownCircuit
            ));
        }
    }
}
