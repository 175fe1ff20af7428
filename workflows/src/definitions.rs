//! The declarations of the pipeline's activities, and how each is retried and timed.
//!
//! Declarations only: the bodies are in `zapiki-activities`. A workflow can name an activity and cannot reach its code.
//! Every activity is idempotent by proof id, because Temporal promises at least one run, never exactly one.

#![expect(
    clippy::unimplemented,
    missing_docs,
    reason = "the macro wants this body, never runs it, and leaves the docs out of what it makes"
)]

use std::time::Duration;

use temporalio_common::{ActivityError, RetryPolicy};
use temporalio_macros::activity_definitions;
use temporalio_workflow::{ActivityOptions, LocalActivityOptions, WorkflowCancellationToken};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::failure::FailureKind;

// What an implementation names: `#[activity(definition = definitions::Validate)]`.
pub use pipeline::{Audit, Meter, Persist, Resolve, Validate};
pub use proving::Prove;

use crate::wire::{
    AuditRequest, PersistRequest, ProofJob, ProofOutcome, ProofRef, ResolveRequest, Resolved,
    Validated,
};

/// What runs beside the workflow, as local activities: short, bounded by one database transaction.
#[derive(Debug)]
pub struct Pipeline;

#[activity_definitions]
impl Pipeline {
    /// Unseals the private input and checks the claim against it.
    #[activity(name = "validate")]
    pub fn validate(proof: ProofRef) -> Result<Validated, ActivityError> {
        unimplemented!()
    }

    /// Writes the outcome and shreds the private input (a dead-lettered proof keeps it), in one transaction. The first outcome wins; the answer is the one
    /// that the row has.
    #[activity(name = "persist")]
    pub fn persist(request: PersistRequest) -> Result<ProofOutcome, ActivityError> {
        unimplemented!()
    }

    /// Writes what was decided about a dead-lettered proof. The first decision stands; the answer is what the row
    /// has.
    #[activity(name = "resolve")]
    pub fn resolve(request: ResolveRequest) -> Result<Resolved, ActivityError> {
        unimplemented!()
    }

    /// Writes the one usage event of a completed proof.
    #[activity(name = "meter")]
    pub fn meter(job: ProofJob) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Writes the one audit entry of an outcome.
    #[activity(name = "audit")]
    pub fn audit(request: AuditRequest) -> Result<(), ActivityError> {
        unimplemented!()
    }
}

/// What runs on the workers of a proof system.
#[derive(Debug)]
pub struct Proving;

#[activity_definitions]
impl Proving {
    /// Unseals the private input and proves the claim.
    #[activity(name = "prove")]
    pub fn prove(proof: ProofRef) -> Result<ProofEnvelope, ActivityError> {
        unimplemented!()
    }
}

/// The longest that one attempt at a proof may take.
pub const PROVE_TIMEOUT: Duration = Duration::from_secs(120);
/// The longest silence after which a proving worker counts as lost.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a proof is tried before it is dead-lettered.
pub const PROVE_ATTEMPTS_MAX: u32 = 4;
/// The longest that one attempt at a step in the database may take.
pub const LOCAL_TIMEOUT: Duration = Duration::from_secs(10);

/// How `prove` runs: on its system's queue, tried a few times with growing pauses. Waiting in the queue is not bounded: a
/// long queue is no failure of the proof.
#[must_use]
pub fn prove_options(queue: &str) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(PROVE_TIMEOUT)
        .task_queue(queue)
        .heartbeat_timeout(HEARTBEAT_TIMEOUT)
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(500))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(10))
                .maximum_attempts(PROVE_ATTEMPTS_MAX)
                .non_retryable_error_types(FailureKind::non_retryable_types())
                .build(),
        )
        .build()
}

/// How a step in the database runs: tried until the database is back. Short pauses are spent inside the workflow task,
/// longer ones as durable timers.
#[must_use]
pub fn local_options() -> LocalActivityOptions {
    local(None)
}

/// As [`local_options`], and not stopped by the cancellation of the workflow: outcomes and books are written all the same.
#[must_use]
pub fn detached_local_options() -> LocalActivityOptions {
    local(Some(WorkflowCancellationToken::new()))
}

fn local(cancellation: Option<WorkflowCancellationToken>) -> LocalActivityOptions {
    LocalActivityOptions::builder()
        .start_to_close_timeout(LOCAL_TIMEOUT)
        .timer_backoff_threshold(Duration::from_secs(2))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(100))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(30))
                .non_retryable_error_types(FailureKind::non_retryable_types())
                .build(),
        )
        .maybe_cancellation_token(cancellation)
        .build()
}
