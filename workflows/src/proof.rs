//! `ProofWorkflow`: one proof from its acceptance to its outcome.
//!
//! ```text
//! validate (local) → prove (on the system's queue) → persist (local) → answer the update → meter, audit (local)
//! ```
//!
//! Only `prove` costs a trip through a task queue; the local steps share one workflow task. The envelope stands in the
//! history once, as the result of `prove`: handing it to `persist` by its input costs nothing, since a local activity's
//! marker holds its result alone, and lets `persist` write proof, state and shredding in one transaction.
//!
//! The row has the last word. An outcome that was written first (its owner gave the proof up, an earlier run finished)
//! stands, and the books follow the row.
//!
//! Deterministic: no clock, no randomness, no I/O. A change of the steps must be patched, or fails the replay tests.

#![expect(
    missing_docs,
    reason = "the macros leave the docs out of what they make"
)]

use temporalio_common::error::{ActivityExecutionError, ApplicationFailure};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::workflows::join;
use temporalio_workflow::{
    WaitConditionOptions, WorkflowCancellationToken, WorkflowContext, WorkflowResult,
    WorkflowTermination,
};

use crate::definitions::{Pipeline, Proving, detached_local_options, local_options, prove_options};
use crate::failure::FailureKind;
use crate::names::STATE;
use crate::wire::{
    AuditRequest, PersistRequest, PipelineInput, ProofOutcome, SettlementRequest, Validated,
};

/// One proof. The workflow id is the proof id.
#[workflow]
#[derive(Debug, Default)]
pub struct ProofWorkflow {
    outcome: Option<ProofOutcome>,
}

/// What the steps before `persist` lead to.
enum Decision {
    Write(SettlementRequest),
    Written(ProofOutcome),
}

#[workflow_methods]
impl ProofWorkflow {
    /// Runs the steps. A proof that cannot be made is an outcome, not a failure of the workflow; the workflow fails only
    /// when its row is gone or cannot be read.
    #[run(name = "ProofWorkflow")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: PipelineInput,
    ) -> WorkflowResult<ProofOutcome> {
        let outcome = match decide(ctx, &input).await {
            Decision::Written(outcome) => outcome,
            Decision::Write(settlement) => {
                let request = PersistRequest {
                    proof: input.job.proof,
                    settlement,
                };
                ctx.execute_local_activity(Pipeline::persist, request, detached_local_options())
                    .await
                    .map_err(|error| failed(&error))?
            }
        };
        ctx.state_mut(|state| state.outcome = Some(outcome));

        // Two transactions that do not depend on each other.
        let meter = async {
            if outcome != ProofOutcome::Completed {
                return Ok(());
            }
            ctx.execute_local_activity(Pipeline::meter, input.job, detached_local_options())
                .await
        };
        let audit = ctx.execute_local_activity(
            Pipeline::audit,
            AuditRequest::new(&input.job, outcome),
            detached_local_options(),
        );
        let (metered, told) = join!(meter, audit);
        metered.and(told).map_err(|error| failed(&error))?;

        // In the same command batch as the completion: no further trip.
        ctx.upsert_search_attributes([STATE.value_set(outcome.state().as_str().to_owned())]);
        Ok(outcome)
    }

    /// Answers once the outcome is written; a cancellation does not stop it.
    ///
    /// The answer leaves with the workflow task that wrote the outcome, and with it the books: some milliseconds, where
    /// a task of its own would cost the server a round trip more. Should the books have to wait for the database, the
    /// task is cut and the answer leaves without them.
    #[update(name = "await_outcome")]
    pub async fn await_outcome(
        ctx: &mut WorkflowContext<Self>,
    ) -> Result<ProofOutcome, Box<dyn std::error::Error + Send + Sync>> {
        let options = WaitConditionOptions::builder()
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        ctx.wait_condition_with_options(|state| state.outcome.is_some(), options)
            .await?;
        Ok(ctx
            .state(|state| state.outcome)
            .unwrap_or(ProofOutcome::Cancelled))
    }
}

/// Validates and proves. Every way to end is a settlement.
async fn decide(ctx: &mut WorkflowContext<ProofWorkflow>, input: &PipelineInput) -> Decision {
    let validated = ctx
        .execute_local_activity(Pipeline::validate, input.job.proof, local_options())
        .await;
    match validated {
        Ok(Validated::Valid) => {}
        Ok(Validated::Rejected { code }) => {
            return Decision::Write(SettlementRequest::Rejected { code });
        }
        Ok(Validated::Settled { outcome }) => return Decision::Written(outcome),
        Err(error) => return Decision::Write(unmade(&error)),
    }
    let proved = ctx
        .execute_activity(
            Proving::prove,
            input.job.proof,
            prove_options(&input.prove_queue),
        )
        .await;
    Decision::Write(match proved {
        Ok(envelope) => SettlementRequest::Completed {
            envelope: Box::new(envelope),
        },
        Err(error) => unmade(&error),
    })
}

/// The settlement of a proof that was not made.
fn unmade(error: &ActivityExecutionError) -> SettlementRequest {
    match FailureKind::of(error) {
        None => SettlementRequest::Cancelled,
        Some(failure) => SettlementRequest::DeadLettered { failure },
    }
}

/// The end of a workflow whose outcome or books cannot be written, whatever the retries.
fn failed(error: &ActivityExecutionError) -> WorkflowTermination {
    let kind = FailureKind::of(error).unwrap_or(FailureKind::Unclassified);
    let failure = ApplicationFailure::builder(kind.reason())
        .type_name(kind.as_str().to_owned())
        .non_retryable(true)
        .build();
    WorkflowTermination::from(failure)
}
