//! prove and prove_chunk: open inputs and hand them to the backend, on a thread of its own.

#![expect(
    missing_docs,
    reason = "the macro leaves the docs out of what it makes"
)]

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use tokio::time::{Instant, timeout};
use zapiki_backends::Registry;
use zapiki_core::claim::check_claim;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::failure::FailureKind;
use zapiki_core::problem::ProblemCode;
use zapiki_core::witness::Witness;
use zapiki_failpoints::{Point, reach};
use zapiki_store::{Conclusion, ProofRecord, Store, StoreError};
use zapiki_workflows::batch::{self, ChunkDone, ProofsRef};
use zapiki_workflows::definitions::{self, PROVE_TIMEOUT};
use zapiki_workflows::wire::ProofRef;

use crate::failures::{failed, prover_kind, store_kind};
use crate::lists::{ListTrees, absences};
use crate::metrics::Proving;

/// How often a prover gives a sign of life, and hears whether its proof is still wanted: many times within the heartbeat
/// timeout.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(500);

/// How long an attempt waits for a database that is away. While it is, no other attempt would do better, and a proof must not be given
/// up for it; so the wait takes most of the attempt.
const STORE_PATIENCE: Duration = PROVE_TIMEOUT.saturating_sub(Duration::from_secs(20));

/// How long the database gets for one answer: a network that drops packets tells nobody.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// prove, prove_chunk.
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

/// One attempt, as Temporal sees it.
struct Attempt<'a> {
    ctx: &'a ActivityContext,
    started: Instant,
}

impl<'a> Attempt<'a> {
    fn new(ctx: &'a ActivityContext) -> Self {
        Self {
            ctx,
            started: Instant::now(),
        }
    }

    /// Gives signs of life until the work is done or not wanted any more.
    async fn alive<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::pin!(work);
        // Not at once: most work is done before the first.
        let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                () = self.ctx.cancelled() => return Err(Stop::Cancelled),
                _ = heartbeat.tick() => {
                    // Fails for details without a form alone, and there are none.
                    let _sent = self.ctx.record_heartbeat(()).await;
                }
            }
        }
    }

    /// Asks for what the database has until it is there, and as long as there is time.
    async fn patiently<'f, T>(
        &self,
        ask: impl Fn() -> BoxFuture<'f, Result<T, FailureKind>>,
    ) -> Result<T, Stop> {
        loop {
            let kind = match self.alive(ask()).await? {
                Ok(answer) => return Ok(answer),
                Err(kind) => kind,
            };
            let is_away = kind == FailureKind::StoreUnavailable;
            if !is_away || self.started.elapsed() > STORE_PATIENCE {
                return Err(kind.into());
            }
            self.alive(tokio::time::sleep(HEARTBEAT)).await?;
        }
    }

    fn told<T>(&self, result: Result<T, Stop>) -> Result<T, ActivityError> {
        result.map_err(|stop| match stop {
            Stop::Failed(kind) => failed(kind, self.ctx.info().attempt),
            Stop::Cancelled => ActivityError::cancelled(),
        })
    }
}

/// The database's answer about a proof, if there is one in time.
async fn answered<T>(
    proof: ProofRef,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, FailureKind> {
    let answer = timeout(ANSWER_MAX, answer).await.unwrap_or_else(|_| {
        let late = "it did not answer in time".to_owned();
        Err(StoreError::Unavailable(late))
    });
    answer.map_err(|error| store_kind(proof, &error))
}

impl ProvingActivities {
    async fn prove_now(
        &self,
        attempt: &Attempt<'_>,
        proof: ProofRef,
    ) -> Result<ProofEnvelope, Stop> {
        let (record, witness) = attempt.patiently(|| self.read(proof).boxed()).await?;
        self.compute(attempt, record, witness).await
    }

    /// The claim, and the input to prove it by. The trees of lists may have to be made, which takes seconds.
    async fn read(&self, proof: ProofRef) -> Result<(ProofRecord, Witness), FailureKind> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let record = self.store.proof(tenant_id, proof_id);
        let witness = self.store.unseal_witness(tenant_id, proof_id);
        let both = futures::future::try_join(record, witness);
        let (record, witness) = answered(proof, both).await?;
        let record = record.ok_or(FailureKind::ProofUnknown)?;
        let mut witness = witness.ok_or(FailureKind::InputGone)?;
        absences::gather(&self.trees, proof, &record.claim.statement, &mut witness).await?;
        Ok((record, witness))
    }

    /// The arithmetic. It cannot be interrupted: of an attempt that is not wanted any more it ends on its own, unheard.
    async fn compute(
        &self,
        attempt: &Attempt<'_>,
        record: ProofRecord,
        witness: Witness,
    ) -> Result<ProofEnvelope, Stop> {
        let backend = self.registry.get(record.system).cloned();
        let backend = backend.ok_or(FailureKind::CircuitUnavailable)?;
        let proof_id = record.id;
        let proving = tokio::task::spawn_blocking(move || {
            let _measured = Proving::start(record.claim.statement.kind(), record.system);
            backend.prove(record.circuit, &record.claim, &witness)
        });
        // Backends catch their panics; a task that ends without a result is one that escaped.
        let proved = attempt.alive(proving).await?;
        let proved = proved.map_err(|_| FailureKind::ProverPanicked)?;
        Ok(proved.map_err(|error| {
            tracing::warn!(%proof_id, %error, "the prover failed");
            prover_kind(&error)
        })?)
    }

    async fn prove_chunk_now(
        &self,
        attempt: &Attempt<'_>,
        chunk: ProofsRef,
    ) -> Result<ChunkDone, Stop> {
        let ProofsRef { tenant_id, proofs } = chunk;
        let Some(&first) = proofs.first() else {
            return Ok(ChunkDone { left: Vec::new() });
        };
        // For the log: the rows are read and written together.
        let first = ProofRef {
            tenant_id,
            proof_id: first,
        };
        let open = attempt
            .patiently(|| {
                let open = self.store.open_proofs(tenant_id, &proofs, Utc::now());
                answered(first, open).boxed()
            })
            .await?;
        let (mut conclusions, mut left) = (Vec::new(), Vec::new());
        for (record, witness) in open {
            let (proof, statement, system) =
                (record.id, record.claim.statement.kind(), record.system);
            match self.conclude(attempt, record, witness).await {
                Ok(outcome) => conclusions.push(Conclusion {
                    proof,
                    statement,
                    system,
                    outcome,
                }),
                // Its own workflow finds out, with more patience.
                Err(Stop::Failed(_)) => left.push(proof),
                Err(Stop::Cancelled) => return Err(Stop::Cancelled),
            }
        }
        reach(Point::ConcludeBefore);
        attempt
            .patiently(|| {
                let now = Utc::now();
                let concluding = self.store.conclude_proofs(tenant_id, &conclusions, now);
                answered(first, concluding).boxed()
            })
            .await?;
        reach(Point::ConcludeAfter);
        Ok(ChunkDone { left })
    }

    /// Checks and proves one item.
    async fn conclude(
        &self,
        attempt: &Attempt<'_>,
        record: ProofRecord,
        witness: Option<Witness>,
    ) -> Result<Result<Box<ProofEnvelope>, ProblemCode>, Stop> {
        let proof = ProofRef {
            tenant_id: record.tenant_id,
            proof_id: record.id,
        };
        let mut witness = witness.ok_or(FailureKind::InputGone)?;
        let gathering = absences::gather(&self.trees, proof, &record.claim.statement, &mut witness);
        attempt.alive(gathering).await??;
        if let Err(error) = check_claim(&record.claim, &witness) {
            return Ok(Err(error.code()));
        }
        let envelope = self.compute(attempt, record, witness).await?;
        Ok(Ok(Box::new(envelope)))
    }
}

#[activities]
impl ProvingActivities {
    /// Writes nothing: again makes another proof of the same, as good as the first, and `persist` keeps one.
    ///
    /// Heartbeats carry nothing. A cancelled attempt answers at once.
    #[activity(definition = definitions::Prove)]
    pub async fn prove(
        self: Arc<Self>,
        ctx: ActivityContext,
        proof: ProofRef,
    ) -> Result<ProofEnvelope, ActivityError> {
        let attempt = Attempt::new(&ctx);
        reach(Point::ProveBefore);
        let proved = self.prove_now(&attempt, proof).await;
        reach(Point::ProveAfter);
        attempt.told(proved)
    }

    /// Writes once, at the end, all of it or nothing; again finds the proofs concluded and does nothing.
    #[activity(definition = batch::ProveChunk)]
    pub async fn prove_chunk(
        self: Arc<Self>,
        ctx: ActivityContext,
        chunk: ProofsRef,
    ) -> Result<ChunkDone, ActivityError> {
        let attempt = Attempt::new(&ctx);
        attempt.told(self.prove_chunk_now(&attempt, chunk).await)
    }
}
