//! `BatchWorkflow`: proofs that were asked for at once.
//!
//! ```text
//! plan_batch (local) → prove_chunk × n (on the queues of their systems, a few at a time) → continue as new, or the end
//!                        └─ what was not made: hand_over (local) → a ProofWorkflow of its own for each
//! ```
//!
//! A workflow for each item would cost more than some proofs do, so a chunk of items is proved and concluded by one activity. That
//! path is for what goes well or is plainly untrue. An item that fails otherwise is handed over to the workflow that every single
//! proof has, with its retries and its dead letter. No id is carried from run to run but the last position: which proofs are on their
//! way, the rows say.
//!
//! Deterministic: no clock, no randomness, no I/O. A change of the steps must be patched, or fails the replay tests.

#![expect(
    clippy::unimplemented,
    missing_docs,
    reason = "the macros want this body, never run it, and leave the docs out of what they make"
)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_common::error::ActivityExecutionError;
use temporalio_common::{ActivityError, RetryPolicy};
use temporalio_macros::{activity_definitions, workflow, workflow_methods};
use temporalio_workflow::workflows::join_all;
use temporalio_workflow::{ActivityOptions, ContinueAsNewOptions, WorkflowContext, WorkflowResult};
use zapiki_core::failure::FailureKind;
use zapiki_core::ids::{BatchId, ProofId, TenantId};
use zapiki_core::system::ProofSystem;

// What an implementation names: `#[activity(definition = batch::ProveChunk)]`.
pub use batches::{GiveUpBatch, HandOver, PlanBatch};
pub use chunks::ProveChunk;

use crate::definitions::{HEARTBEAT_TIMEOUT, PROVE_TIMEOUT, detached_local_options, local_options};
use crate::failure::{StepFailure, ended};
use crate::names::{Queues, batch_priority};

/// How many chunks of a batch are in the queues at a time: enough that no prover waits for the next, few enough that whoever comes
/// later is not behind all of them.
const CHUNKS_AT_ONCE: usize = 4;
/// How many items one run sees to: their chunks make some hundred events.
const ITEMS_PER_RUN: u32 = 500;
/// How often a chunk is tried before its items are handed over.
const CHUNK_ATTEMPTS_MAX: u32 = 3;

/// The most items of a chunk: together they take about a second, the pause within which a cancellation is heard and another tenant's
/// proof is taken.
#[must_use]
pub const fn chunk_items_max(system: ProofSystem) -> usize {
    match system {
        ProofSystem::Groth16 => 10,
        ProofSystem::Stark => 20,
        ProofSystem::Plonk => 2,
    }
}

/// Names a batch, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRef {
    /// The owner.
    pub tenant_id: TenantId,
    /// The batch. Its text form is the workflow id.
    pub batch_id: BatchId,
}

/// The input of the workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchInput {
    /// The batch to be made.
    pub batch: BatchRef,
    /// The task queues: part of the input, so that a replay schedules where the first run did.
    pub queues: Queues,
    /// The last position that an earlier run has seen to.
    #[serde(default)]
    pub after: Option<u32>,
    /// How many items each run sees to.
    #[serde(default = "items_per_run")]
    pub items_per_run: u32,
}

impl BatchInput {
    /// The whole batch, from its beginning.
    #[must_use]
    pub const fn new(batch: BatchRef, queues: Queues) -> Self {
        Self {
            batch,
            queues,
            after: None,
            items_per_run: ITEMS_PER_RUN,
        }
    }
}

const fn items_per_run() -> u32 {
    ITEMS_PER_RUN
}

/// What `plan_batch` is to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// In which batch.
    pub batch: BatchRef,
    /// After which position.
    pub after: Option<u32>,
    /// At most how many items.
    pub items_max: u32,
}

/// Items that are proved together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Their system.
    pub system: ProofSystem,
    /// The proofs.
    pub proofs: Vec<ProofId>,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPlan {
    /// The chunks.
    pub chunks: Vec<Chunk>,
    /// The last position that they see to, if others may follow.
    pub next_after: Option<u32>,
}

/// Proofs of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofsRef {
    /// The owner.
    pub tenant_id: TenantId,
    /// Which ones.
    pub proofs: Vec<ProofId>,
}

/// What became of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkDone {
    /// Proofs that are still on their way: they need what a single proof gets.
    pub left: Vec<ProofId>,
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchOutcome {
    /// Each item has its outcome, or a workflow of its own.
    Finished,
    /// It was given up.
    Cancelled,
}

/// What runs beside the workflow, as local activities.
#[derive(Debug)]
pub struct Batches;

#[activity_definitions]
impl Batches {
    /// Reads which items are on their way, and forms chunks of them.
    #[activity(name = "plan_batch")]
    pub fn plan_batch(request: PlanRequest) -> Result<BatchPlan, ActivityError> {
        unimplemented!()
    }

    /// Starts a workflow for each of these proofs that is still on its way.
    #[activity(name = "hand_over")]
    pub fn hand_over(proofs: ProofsRef) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Gives up what of the batch is on its way.
    #[activity(name = "give_up_batch")]
    pub fn give_up_batch(batch: BatchRef) -> Result<(), ActivityError> {
        unimplemented!()
    }
}

/// What runs on the workers of a proof system.
#[derive(Debug)]
pub struct Chunks;

#[activity_definitions]
impl Chunks {
    /// Proves these items and writes their outcomes and books, in one transaction at the end.
    #[activity(name = "prove_chunk")]
    pub fn prove_chunk(proofs: ProofsRef) -> Result<ChunkDone, ActivityError> {
        unimplemented!()
    }
}

/// How a chunk runs: as a single proof does, with the tenant's share of the queue and after single proofs.
fn chunk_options(queue: &str, tenant: TenantId) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(PROVE_TIMEOUT)
        .task_queue(queue)
        .heartbeat_timeout(HEARTBEAT_TIMEOUT)
        .priority(batch_priority(tenant))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(500))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(10))
                .maximum_attempts(CHUNK_ATTEMPTS_MAX)
                .non_retryable_error_types(FailureKind::non_retryable_types())
                .build(),
        )
        .build()
}

/// One batch. The workflow id is the batch id.
#[workflow]
#[derive(Debug, Default)]
pub struct BatchWorkflow;

#[workflow_methods]
impl BatchWorkflow {
    /// Sees to each item once.
    #[run(name = "BatchWorkflow")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: BatchInput,
    ) -> WorkflowResult<BatchOutcome> {
        let next_after = match part(ctx, &input).await {
            Ok(next_after) => next_after,
            // Given up; whoever did so from the Temporal UI has not told the rows.
            Err(error) if StepFailure::of(&error).is_none() => {
                ctx.execute_local_activity(
                    Batches::give_up_batch,
                    input.batch,
                    detached_local_options(),
                )
                .await
                .map_err(|error| ended(&error))?;
                return Ok(BatchOutcome::Cancelled);
            }
            Err(error) => return Err(ended(&error)),
        };
        let Some(after) = next_after else {
            return Ok(BatchOutcome::Finished);
        };
        let input = BatchInput {
            after: Some(after),
            ..input
        };
        match ctx.continue_as_new(input, ContinueAsNewOptions::default())? {}
    }
}

/// Sees to the next items, and says where the others begin.
async fn part(
    ctx: &WorkflowContext<BatchWorkflow>,
    input: &BatchInput,
) -> Result<Option<u32>, ActivityExecutionError> {
    let request = PlanRequest {
        batch: input.batch,
        after: input.after,
        items_max: input.items_per_run,
    };
    let plan = ctx
        .execute_local_activity(Batches::plan_batch, request, local_options())
        .await?;
    let waiting = RefCell::new(VecDeque::from(plan.chunks));
    let lanes = (0..CHUNKS_AT_ONCE).map(|_| lane(ctx, input, &waiting));
    let ended: Result<Vec<()>, _> = join_all(lanes).await.into_iter().collect();
    ended?;
    Ok(plan.next_after)
}

/// One chunk after the other, until there are no more.
async fn lane(
    ctx: &WorkflowContext<BatchWorkflow>,
    input: &BatchInput,
    waiting: &RefCell<VecDeque<Chunk>>,
) -> Result<(), ActivityExecutionError> {
    let tenant_id = input.batch.tenant_id;
    loop {
        // The borrow ends here: nobody waits while holding it.
        let chunk = waiting.borrow_mut().pop_front();
        let Some(chunk) = chunk else {
            return Ok(());
        };
        let proofs = ProofsRef {
            tenant_id,
            proofs: chunk.proofs,
        };
        let options = chunk_options(input.queues.prover(chunk.system), tenant_id);
        let proved = ctx
            .execute_activity(Chunks::prove_chunk, proofs.clone(), options)
            .await;
        let left = match proved {
            Ok(done) => done.left,
            Err(error) if StepFailure::of(&error).is_none() => return Err(error),
            // Whichever of them it was: each is tried by itself.
            Err(_) => proofs.proofs,
        };
        if !left.is_empty() {
            let left = ProofsRef {
                tenant_id,
                proofs: left,
            };
            ctx.execute_local_activity(Batches::hand_over, left, local_options())
                .await?;
        }
    }
}
