//! The relay: starts the workflow of each proof and batch that was accepted while Temporal was away.
//!
//! The API commits a proof or a batch and then starts its workflow. If it dies or Temporal is away in between, the row waits. Several
//! relays at once do no harm: a workflow's id is its proof's, so the second start finds the first.
//!
//! It also forgets requests that nobody repeats any more.

use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;
use zapiki_store::Store;
use zapiki_workflows::batch::BatchRef;
use zapiki_workflows::client::PipelineClient;
use zapiki_workflows::wire::{ProofJob, ProofRef};

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(2);
/// How old a proof must be: younger ones are the API's to start.
const AGE_S_MIN: i64 = 5;
/// How many it starts at a time.
const BATCH: u32 = 100;
/// How long a request is known by its idempotency key.
const REQUESTS_KEPT_H: i64 = 48;
/// How often it forgets older ones, in rounds.
const FORGETTING_ROUNDS: u32 = 150;
/// How many it forgets at a time.
const FORGOTTEN_MAX: u32 = 10_000;

/// Runs until it is told to stop.
pub(crate) async fn run(store: Store, client: PipelineClient, stop: CancellationToken) {
    let mut tick = tokio::time::interval(PERIOD);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut round: u32 = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        start_waiting(&store, &client).await;
        start_batches(&store, &client).await;
        if round.is_multiple_of(FORGETTING_ROUNDS) {
            forget_requests(&store).await;
        }
        round = round.wrapping_add(1);
    }
}

async fn forget_requests(store: &Store) {
    let accepted_before = Utc::now() - chrono::Duration::hours(REQUESTS_KEPT_H);
    match store.forget_requests(accepted_before, FORGOTTEN_MAX).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "the relay forgot old requests"),
        Err(error) => tracing::warn!(%error, "the relay cannot forget old requests"),
    }
}

async fn start_batches(store: &Store, client: &PipelineClient) {
    let accepted_before = Utc::now() - chrono::Duration::seconds(AGE_S_MIN);
    let waiting = match store.unstarted_batches(accepted_before, BATCH).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::warn!(%error, "the relay cannot read which batches wait");
            return;
        }
    };
    for batch in waiting {
        let started = client
            .start_batch(BatchRef {
                tenant_id: batch.tenant_id,
                batch_id: batch.id,
            })
            .await;
        if let Err(error) = started {
            // The next round tries again.
            tracing::warn!(batch_id = %batch.id, %error, "the relay cannot start a batch");
            return;
        }
        tracing::info!(batch_id = %batch.id, "the relay started a batch");
    }
}

async fn start_waiting(store: &Store, client: &PipelineClient) {
    let accepted_before = Utc::now() - chrono::Duration::seconds(AGE_S_MIN);
    let waiting = match store.unstarted_proofs(accepted_before, BATCH).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::warn!(%error, "the relay cannot read what waits");
            return;
        }
    };
    for proof in waiting {
        let job = ProofJob {
            proof: ProofRef {
                tenant_id: proof.tenant_id,
                proof_id: proof.id,
            },
            statement: proof.statement,
            system: proof.system,
        };
        // One that failed before has a workflow that waits to be told.
        let started = if proof.is_redriven {
            client.redrive(&job).await
        } else {
            client.start(&job).await
        };
        if let Err(error) = started {
            // The next round tries again.
            tracing::warn!(proof_id = %proof.id, %error, "the relay cannot start a workflow");
            return;
        }
        tracing::info!(proof_id = %proof.id, "the relay started a workflow");
    }
}
