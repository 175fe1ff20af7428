//! The activities that run beside the workflow of a batch. Each is a database transaction, or a call to Temporal for each proof.

#![expect(
    missing_docs,
    reason = "the macro leaves the docs out of what it makes"
)]

use std::sync::Arc;

use chrono::Utc;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use zapiki_core::failure::FailureKind;
use zapiki_core::system::ProofSystem;
use zapiki_failpoints::{Point, reach};
use zapiki_store::{OpenItem, Store};
use zapiki_workflows::batch::{
    self, BatchPlan, BatchRef, Chunk, PlanRequest, ProofsRef, chunk_items_max,
};
use zapiki_workflows::client::PipelineClient;
use zapiki_workflows::wire::{ProofJob, ProofRef};

use crate::failures::{batch_store_kind, failed, store_kind};

/// plan, hand over, give up.
#[derive(Debug)]
pub struct BatchActivities {
    store: Store,
    pipeline: PipelineClient,
}

impl BatchActivities {
    /// Over this store; proofs that are handed over are started in this pipeline.
    #[must_use]
    pub const fn new(store: Store, pipeline: PipelineClient) -> Self {
        Self { store, pipeline }
    }

    async fn plan_now(&self, request: PlanRequest) -> Result<BatchPlan, FailureKind> {
        let PlanRequest {
            batch,
            after,
            items_max,
        } = request;
        let items = self
            .store
            .open_items(
                batch.tenant_id,
                batch.batch_id,
                after,
                items_max,
                Utc::now(),
            )
            .await
            .map_err(|error| batch_store_kind(batch, &error))?;
        let is_full = u32::try_from(items.len()).is_ok_and(|count| count == items_max);
        Ok(BatchPlan {
            next_after: items.last().map(|item| item.position).filter(|_| is_full),
            chunks: chunks(&items),
        })
    }

    async fn hand_over_now(&self, proofs: ProofsRef) -> Result<(), FailureKind> {
        let ProofsRef { tenant_id, proofs } = proofs;
        let Some(&first) = proofs.first() else {
            return Ok(());
        };
        // For the log.
        let first = ProofRef {
            tenant_id,
            proof_id: first,
        };
        let accepted = self.store.accepted_among(tenant_id, &proofs).await;
        for proof in accepted.map_err(|error| store_kind(first, &error))? {
            let proof_id = proof.id;
            let job = ProofJob {
                proof: ProofRef {
                    tenant_id,
                    proof_id,
                },
                statement: proof.statement,
                system: proof.system,
            };
            if let Err(error) = self.pipeline.start(&job).await {
                tracing::warn!(%proof_id, %error, "a proof of a batch cannot be handed over yet");
                return Err(FailureKind::Unclassified);
            }
            tracing::info!(%proof_id, "a proof of a batch is made by itself");
        }
        Ok(())
    }
}

/// Items of one system together, in their order.
fn chunks(items: &[OpenItem]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    for system in ProofSystem::ALL {
        let proofs: Vec<_> = items
            .iter()
            .filter(|item| item.system == *system)
            .map(|item| item.proof)
            .collect();
        chunks.extend(proofs.chunks(chunk_items_max(*system)).map(|proofs| Chunk {
            system: *system,
            proofs: proofs.to_vec(),
        }));
    }
    chunks
}

#[activities]
impl BatchActivities {
    /// Reads only, but for noting that the workflow runs; again answers what the rows say then.
    #[activity(definition = batch::PlanBatch)]
    pub async fn plan_batch(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: PlanRequest,
    ) -> Result<BatchPlan, ActivityError> {
        let planned = self.plan_now(request).await;
        planned.map_err(|kind| failed(kind, ctx.info().attempt))
    }

    /// A workflow's id is its proof's: again starts nothing.
    #[activity(definition = batch::HandOver)]
    pub async fn hand_over(
        self: Arc<Self>,
        ctx: ActivityContext,
        proofs: ProofsRef,
    ) -> Result<(), ActivityError> {
        let handed_over = self.hand_over_now(proofs).await;
        reach(Point::HandOverAfter);
        handed_over.map_err(|kind| failed(kind, ctx.info().attempt))
    }

    /// What is given up stays so; again finds nothing to give up.
    #[activity(definition = batch::GiveUpBatch)]
    pub async fn give_up_batch(
        self: Arc<Self>,
        ctx: ActivityContext,
        batch: BatchRef,
    ) -> Result<(), ActivityError> {
        let given_up = self
            .store
            .cancel_batch(batch.tenant_id, batch.batch_id, Utc::now())
            .await;
        given_up
            .map(|_cancellation| ())
            .map_err(|error| failed(batch_store_kind(batch, &error), ctx.info().attempt))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use zapiki_core::ids::ProofId;

    use super::*;

    #[test]
    fn chunks_hold_one_system_each_and_every_item_once() {
        let item = |position: u32, system| OpenItem {
            position,
            proof: ProofId::from_uuid(Uuid::from_u128(position.into())),
            system,
        };
        let systems = [
            ProofSystem::Plonk,
            ProofSystem::Groth16,
            ProofSystem::Groth16,
        ];
        let items: Vec<_> = (0..33)
            .map(|position| item(position, systems[position as usize % 3]))
            .collect();
        let chunks = chunks(&items);
        for chunk in &chunks {
            assert!((1..=chunk_items_max(chunk.system)).contains(&chunk.proofs.len()));
            for proof in &chunk.proofs {
                let of_item = items.iter().find(|item| item.proof == *proof).unwrap();
                assert_eq!(of_item.system, chunk.system);
            }
        }
        let mut proofs: Vec<_> = chunks.into_iter().flat_map(|chunk| chunk.proofs).collect();
        proofs.sort_unstable();
        assert!(proofs.iter().eq(items.iter().map(|item| &item.proof)));
    }
}
