//! prove: opens the input and hands it to the backend, on a thread of its own.

#![expect(
    missing_docs,
    reason = "the macro leaves the docs out of what it makes"
)]

use std::sync::Arc;
use std::time::Duration;

use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use zapiki_backends::Registry;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::failure::FailureKind;
use zapiki_store::Store;
use zapiki_workflows::definitions;
use zapiki_workflows::wire::ProofRef;

use crate::failures::{failed, prover_kind, store_kind};
use crate::lists::{ListTrees, absences};

/// How often a prover gives a sign of life, and hears whether its proof is still wanted: many times within the heartbeat
/// timeout.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(500);

/// prove.
#[derive(Debug)]
pub struct ProvingActivities {
    store: Store,
    registry: Registry,
    trees: ListTrees,
}

impl ProvingActivities {
    /// Over this store, these backends and these lists.
    #[must_use]
    pub const fn new(store: Store, registry: Registry, trees: ListTrees) -> Self {
        Self {
            store,
            registry,
            trees,
        }
    }
}

/// Why there is no proof.
enum Stop {
    Failed(FailureKind),
    Cancelled,
}

impl From<FailureKind> for Stop {
    fn from(kind: FailureKind) -> Self {
        Self::Failed(kind)
    }
}

impl ProvingActivities {
    async fn prove_now(
        &self,
        ctx: &ActivityContext,
        proof: ProofRef,
    ) -> Result<ProofEnvelope, Stop> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let (record, witness) = tokio::join!(
            self.store.proof(tenant_id, proof_id),
            self.store.unseal_witness(tenant_id, proof_id)
        );
        let kind = |error| store_kind(proof, &error);
        let record = record.map_err(kind)?.ok_or(FailureKind::ProofUnknown)?;
        let mut witness = witness.map_err(kind)?.ok_or(FailureKind::InputGone)?;
        absences::gather(&self.trees, proof, &record.claim.statement, &mut witness).await?;
        let backend = self.registry.get(record.system).cloned();
        let backend = backend.ok_or(FailureKind::CircuitUnavailable)?;

        let mut proving = tokio::task::spawn_blocking(move || {
            backend.prove(record.circuit, &record.claim, &witness)
        });
        // Not at once: most proofs are done before the first.
        let first = tokio::time::Instant::now() + HEARTBEAT;
        let mut heartbeat = tokio::time::interval_at(first, HEARTBEAT);
        let proved = loop {
            tokio::select! {
                proved = &mut proving => break proved,
                () = ctx.cancelled() => return Err(Stop::Cancelled),
                _ = heartbeat.tick() => {
                    // Fails for details without a form alone, and there are none.
                    let _sent = ctx.record_heartbeat(()).await;
                }
            }
        };
        // Backends catch their panics; a task that ends without a result is one that escaped.
        let proved = proved.map_err(|_| FailureKind::ProverPanicked)?;
        Ok(proved.map_err(|error| {
            tracing::warn!(%proof_id, %error, "the prover failed");
            prover_kind(&error)
        })?)
    }
}

#[activities]
impl ProvingActivities {
    /// Writes nothing: again makes another proof of the same, as good as the first, and `persist` keeps one.
    ///
    /// Heartbeats carry nothing. A cancelled attempt answers at once; its arithmetic cannot be interrupted and ends on its
    /// own, unheard.
    #[activity(definition = definitions::Prove)]
    pub async fn prove(
        self: Arc<Self>,
        ctx: ActivityContext,
        proof: ProofRef,
    ) -> Result<ProofEnvelope, ActivityError> {
        self.prove_now(&ctx, proof)
            .await
            .map_err(|stop| match stop {
                Stop::Failed(kind) => failed(kind, ctx.info().attempt),
                Stop::Cancelled => ActivityError::cancelled(),
            })
    }
}
