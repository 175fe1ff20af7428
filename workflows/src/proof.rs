//! `ProofWorkflow`: one proof from its acceptance to its outcome.
//!
//! ```text
//! validate (local) → prove (on the system's queue) → persist (local) → answer the update → meter, audit (local)
//!     ▲                                                 │ retries spent
//!     └───────────── redrive ─── resolve (local) ◀── parked ── discard, or nobody decides in time ──▶ the end
//! ```
//!
//! Only `prove` costs a trip through a task queue; the local steps share one workflow task. The envelope stands in the
//! history once, as the result of `prove`: handing it to `persist` by its input costs nothing, since a local activity's
//! marker holds its result alone, and lets `persist` write proof, state and shredding in one transaction.
//!
//! The row has the last word. An outcome that was written first (its owner gave the proof up, an earlier run finished)
//! stands, and the books follow the row. A decision about a dead letter is a row's too: the API writes it and then signals;
//! a signal that comes from elsewhere, the Temporal UI say, has it written by `resolve`.
//!
//! Deterministic: no clock, no randomness, no I/O. A change of the steps must be patched, or fails the replay tests; see
//! `workflows/tests/histories/README.md`.

#![expect(
    missing_docs,
    reason = "the macros leave the docs out of what they make"
)]

use std::time::Duration;

use temporalio_common::error::ActivityExecutionError;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::workflows::{join, select};
use temporalio_workflow::{
    SyncWorkflowContext, TimerOptions, TimerResult, WaitConditionOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination,
};
use zapiki_core::state::ProofState;

use crate::definitions::{Pipeline, Proving, detached_local_options, local_options, prove_options};
use crate::failure::{StepFailure, ended};
use crate::names::STATE;
use crate::wire::{
    AuditRequest, Decision, PersistRequest, PipelineInput, ProofOutcome, ResolveRequest,
    SettlementRequest, Validated,
};

/// The patch since which a dead-lettered proof waits for a decision. Before, its workflow ended.
const PARKS: &str = "dead-letters-are-parked";

/// One proof. The workflow id is the proof id.
#[workflow]
#[derive(Debug, Default)]
pub struct ProofWorkflow {
    outcome: Option<ProofOutcome>,
    decision: Option<Decision>,
}

/// What the steps before `persist` lead to.
enum Tried {
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
        // Nothing was shown that a completed proof would belie.
        let mut is_ordinary = input.shows_exceptions_only;
        loop {
            let outcome = settle(ctx, &input).await?;
            write_books(ctx, &input, outcome).await?;
            // In the same command batch as what follows: no further trip.
            if !is_ordinary || outcome != ProofOutcome::Completed {
                show(ctx, outcome.state());
            }
            is_ordinary = false;
            if !matches!(outcome, ProofOutcome::DeadLettered { .. }) || !ctx.patched(PARKS) {
                return Ok(outcome);
            }
            let decision = park(ctx, Duration::from_secs(input.dead_letter_keep_s)).await;
            let request = ResolveRequest {
                proof: input.job.proof,
                decision,
            };
            let resolved = ctx
                .execute_local_activity(Pipeline::resolve, request, detached_local_options())
                .await
                .map_err(|error| ended(&error))?;
            ctx.state_mut(|state| state.outcome = resolved.outcome);
            match resolved.outcome {
                None => show(ctx, ProofState::Accepted),
                Some(outcome) => {
                    show(ctx, outcome.state());
                    return Ok(outcome);
                }
            }
        }
    }

    /// Has a parked proof tried again. Takes no input, so that the Temporal UI can send it; ignored while the proof is tried.
    #[signal(name = "redrive")]
    pub fn redrive(&mut self, _ctx: &mut SyncWorkflowContext<Self>) {
        self.decision = Some(Decision::Redrive);
    }

    /// Gives a parked proof up, as a cancellation does.
    #[signal(name = "discard")]
    pub fn discard(&mut self, _ctx: &mut SyncWorkflowContext<Self>) {
        self.decision = Some(Decision::Discard);
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

/// Tries the proof and has its outcome written.
async fn settle(
    ctx: &mut WorkflowContext<ProofWorkflow>,
    input: &PipelineInput,
) -> Result<ProofOutcome, WorkflowTermination> {
    let tried = try_to_prove(ctx, input).await;
    // Only what comes once it has failed decides about the failure: a signal that came earlier was for another, or for none.
    ctx.state_mut(|state| state.decision = None);
    let outcome = match tried {
        Tried::Written(outcome) => outcome,
        Tried::Write(settlement) => {
            let request = PersistRequest {
                proof: input.job.proof,
                settlement,
            };
            ctx.execute_local_activity(Pipeline::persist, request, detached_local_options())
                .await
                .map_err(|error| ended(&error))?
        }
    };
    ctx.state_mut(|state| state.outcome = Some(outcome));
    Ok(outcome)
}

/// Validates and proves. Every way to end is a settlement.
async fn try_to_prove(ctx: &mut WorkflowContext<ProofWorkflow>, input: &PipelineInput) -> Tried {
    let validated = ctx
        .execute_local_activity(Pipeline::validate, input.job.proof, local_options())
        .await;
    let rounds = match validated {
        Ok(Validated::Valid { rounds }) => rounds,
        Ok(Validated::Rejected { code }) => {
            return Tried::Write(SettlementRequest::Rejected { code });
        }
        Ok(Validated::Settled { outcome }) => return Tried::Written(outcome),
        // The store finds out by itself, as well as it can.
        Err(error) => return Tried::Write(unmade(&error, input, None)),
    };
    let proved = ctx
        .execute_activity(
            Proving::prove,
            input.job.proof,
            prove_options(&input.prove_queue),
        )
        .await;
    Tried::Write(match proved {
        Ok(envelope) => SettlementRequest::Completed {
            envelope: Box::new(envelope),
        },
        Err(error) => unmade(&error, input, rounds),
    })
}

/// The settlement of a proof that was not made.
fn unmade(
    error: &ActivityExecutionError,
    input: &PipelineInput,
    rounds: Option<u32>,
) -> SettlementRequest {
    match StepFailure::of(error) {
        None => SettlementRequest::Cancelled,
        Some(failure) => SettlementRequest::DeadLettered {
            failure,
            keep_s: input.dead_letter_keep_s,
            rounds,
        },
    }
}

/// Two transactions that do not depend on each other.
async fn write_books(
    ctx: &mut WorkflowContext<ProofWorkflow>,
    input: &PipelineInput,
    outcome: ProofOutcome,
) -> Result<(), WorkflowTermination> {
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
    metered.and(told).map_err(|error| ended(&error))
}

/// Waits until somebody decides, at most for `keep`. Whoever cancels the workflow gives the proof up.
async fn park(ctx: &mut WorkflowContext<ProofWorkflow>, keep: Duration) -> Decision {
    // Of its own, so that it ends with the wait and not with the workflow.
    let timer_token = ctx.cancellation_token().child_token();
    let options = TimerOptions::builder(keep)
        .cancellation_token(timer_token.clone())
        .summary("expiry of the dead letter".to_owned())
        .build();
    let decision = {
        let decided = ctx.wait_condition(|state| state.decision.is_some());
        let expired = ctx.timer(options);
        futures::pin_mut!(decided, expired);
        select! {
            decided = decided => match decided {
                Ok(()) => None,
                Err(_) => Some(Decision::Discard),
            },
            expired = expired => match expired {
                TimerResult::Fired => Some(Decision::Expire),
                TimerResult::Cancelled => Some(Decision::Discard),
            },
        }
    };
    timer_token.cancel();
    decision
        .or_else(|| ctx.state(|state| state.decision))
        .unwrap_or(Decision::Discard)
}

/// Shows the state in the Temporal UI.
fn show(ctx: &WorkflowContext<ProofWorkflow>, state: ProofState) {
    ctx.upsert_search_attributes([STATE.value_set(state.as_str().to_owned())]);
}
