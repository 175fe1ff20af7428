//! The relay: starts the workflow of each proof that was accepted while Temporal was away.
//!
//! The API commits a proof and then starts its workflow. If it dies or Temporal is away in between, the row waits. Several
//! relays at once do no harm: a workflow's id is its proof's, so the second start finds the first.

use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;
use zapiki_store::Store;
use zapiki_workflows::client::PipelineClient;
use zapiki_workflows::wire::{ProofJob, ProofRef};

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(2);
/// How old a proof must be: younger ones are the API's to start.
const AGE_S_MIN: i64 = 5;
/// How many it starts at a time.
const BATCH: u32 = 100;

/// Runs until it is told to stop.
pub(crate) async fn run(store: Store, client: PipelineClient, stop: CancellationToken) {
    let mut tick = tokio::time::interval(PERIOD);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        start_waiting(&store, &client).await;
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
