//! Errors of store and prover as the named failures of the workflow.
//!
//! The name and our own sentence are all that leaves: no library's message, nothing private. What else there is to know goes
//! to the log, where ids name the proof.

use temporalio_common::ActivityError;
use temporalio_common::error::ApplicationFailure;
use zapiki_backends::ProveError;
use zapiki_core::failure::FailureKind;
use zapiki_store::StoreError;
use zapiki_workflows::batch::BatchRef;
use zapiki_workflows::wire::ProofRef;

/// A failed activity of this kind, and the how-manieth try it was, from 1.
pub(crate) fn failed(kind: FailureKind, attempt: u32) -> ActivityError {
    let failure = ApplicationFailure::builder(kind.reason())
        .type_name(kind.as_str().to_owned())
        .non_retryable(!kind.is_retryable())
        .details(attempt)
        .build();
    ActivityError::Application(Box::new(failure))
}

/// The kind that a store's error is.
pub(crate) fn store_kind(proof: ProofRef, error: &StoreError) -> FailureKind {
    tracing::warn!(proof_id = %proof.proof_id, %error, "the store failed");
    kind_of(error)
}

/// The same, of a batch.
pub(crate) fn batch_store_kind(batch: BatchRef, error: &StoreError) -> FailureKind {
    tracing::warn!(batch_id = %batch.batch_id, %error, "the store failed");
    kind_of(error)
}

const fn kind_of(error: &StoreError) -> FailureKind {
    match error {
        StoreError::Corrupt(_) => FailureKind::StoreCorrupt,
        // A bug or a constraint. It is retried, because giving up would lose the outcome.
        StoreError::Refused(_) => FailureKind::StoreRefused,
        StoreError::Unavailable(_) | StoreError::Configuration(_) | StoreError::Migration(_) => {
            FailureKind::StoreUnavailable
        }
    }
}

/// The kind that a prover's error is.
pub(crate) const fn prover_kind(error: &ProveError) -> FailureKind {
    match error {
        ProveError::Unsatisfied(_) => FailureKind::ProverDisagrees,
        ProveError::UnknownCircuit(_) | ProveError::NoProvingKey(_) => {
            FailureKind::CircuitUnavailable
        }
        ProveError::WrongCircuit(_) | ProveError::WrongSuite(_) => FailureKind::WrongCircuit,
        ProveError::Panicked => FailureKind::ProverPanicked,
        ProveError::Internal(_) => FailureKind::ProverFailed,
    }
}

#[cfg(test)]
mod tests {
    use zapiki_core::claim::ClaimError;

    use super::*;

    #[test]
    fn a_failure_carries_its_name_and_whether_to_retry() {
        for kind in FailureKind::ALL {
            let ActivityError::Application(failure) = failed(*kind, 3) else {
                panic!("an application failure");
            };
            assert_eq!(failure.type_name(), Some(kind.as_str()));
            assert_eq!(failure.is_non_retryable(), !kind.is_retryable());
        }
    }

    #[test]
    fn only_what_may_mend_is_retried() {
        assert!(!prover_kind(&ProveError::Unsatisfied(ClaimError::NotSatisfied)).is_retryable());
        for error in [ProveError::Panicked, ProveError::Internal("x")] {
            assert!(prover_kind(&error).is_retryable());
        }
    }
}
