//! The activities that run beside the workflow. Each is one or two database transactions.

#![expect(
    missing_docs,
    reason = "the macro leaves the docs out of what it makes"
)]

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use zapiki_core::claim::check_claim;
use zapiki_core::failure::FailureKind;
use zapiki_core::state::ProofState;
use zapiki_failpoints::{Point, reach};
use zapiki_store::{DeadLettering, NewDeadLetter, ProofRecord, Settlement, Store};
use zapiki_workflows::definitions;
use zapiki_workflows::wire::{
    AuditRequest, Decision, PersistRequest, ProofJob, ProofOutcome, ProofRef, ResolveRequest,
    Resolved, SettlementRequest, Validated,
};

use crate::failures::{failed, store_kind};
use crate::lists::{ListTrees, absences};

/// validate, persist, resolve, meter, audit.
#[derive(Debug)]
pub struct PipelineActivities {
    store: Store,
    trees: ListTrees,
}

impl PipelineActivities {
    /// Over this store and these lists.
    #[must_use]
    pub const fn new(store: Store, trees: ListTrees) -> Self {
        Self { store, trees }
    }
}

impl PipelineActivities {
    async fn validate_now(&self, proof: ProofRef) -> Result<Validated, FailureKind> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let (record, witness, marked) = tokio::join!(
            self.store.proof(tenant_id, proof_id),
            self.store.unseal_witness(tenant_id, proof_id),
            self.store.mark_started(tenant_id, proof_id, Utc::now()),
        );
        let kind = |error| store_kind(proof, &error);
        let rounds = marked.map_err(kind)?;
        if let Some(outcome) = outcome_of(record.as_ref().ok().and_then(Option::as_ref)) {
            return Ok(Validated::Settled { outcome });
        }
        let record = record.map_err(kind)?;
        // Deleted before it began: its owner gave it up.
        let Some(record) = record else {
            return Ok(Validated::Settled {
                outcome: ProofOutcome::Cancelled,
            });
        };
        let mut witness = witness.map_err(kind)?.ok_or(FailureKind::InputGone)?;
        absences::gather(&self.trees, proof, &record.claim.statement, &mut witness).await?;
        Ok(match check_claim(&record.claim, &witness) {
            Ok(_nullifier) => Validated::Valid {
                rounds: Some(rounds),
            },
            Err(error) => Validated::Rejected { code: error.code() },
        })
    }

    async fn persist_now(&self, request: PersistRequest) -> Result<ProofOutcome, FailureKind> {
        let PersistRequest { proof, settlement } = request;
        let now = Utc::now();
        let (settlement, wanted) = match settlement {
            SettlementRequest::Completed { envelope } => {
                (Settlement::Completed(envelope), ProofOutcome::Completed)
            }
            SettlementRequest::Rejected { code } => {
                (Settlement::Rejected(code), ProofOutcome::Rejected { code })
            }
            SettlementRequest::DeadLettered {
                failure,
                keep_s,
                rounds,
            } => {
                let letter = NewDeadLetter {
                    failure: failure.kind,
                    attempts: failure.attempts,
                    chain: failure.chain,
                    expires_at: now + Duration::from_secs(keep_s),
                };
                return self.dead_letter_now(proof, &letter, rounds, now).await;
            }
            SettlementRequest::Cancelled => (Settlement::Cancelled, ProofOutcome::Cancelled),
        };
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let settled = self
            .store
            .settle_proof(tenant_id, proof_id, &settlement, now)
            .await
            .map_err(|error| store_kind(proof, &error))?;
        if settled.is_some_and(|settled| settled.changed) {
            return Ok(wanted);
        }
        self.outcome_now(proof).await
    }

    /// A try that has its letter is not written again, though the proof is on its way again: the workflow is to park, and hears
    /// of the redrive there.
    async fn dead_letter_now(
        &self,
        proof: ProofRef,
        letter: &NewDeadLetter,
        rounds: Option<u32>,
        now: DateTime<Utc>,
    ) -> Result<ProofOutcome, FailureKind> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let written = self
            .store
            .dead_letter(tenant_id, proof_id, letter, rounds, now)
            .await;
        let failure = match written.map_err(|error| store_kind(proof, &error))? {
            DeadLettering::Written => {
                // What an alert goes by: somebody has to decide.
                tracing::error!(%proof_id, failure = %letter.failure, "a proof was dead-lettered");
                letter.failure
            }
            DeadLettering::Redriven(failure) => failure,
            DeadLettering::Settled => return self.outcome_now(proof).await,
        };
        Ok(ProofOutcome::DeadLettered {
            code: failure.code(),
        })
    }

    /// The outcome that the row has.
    async fn outcome_now(&self, proof: ProofRef) -> Result<ProofOutcome, FailureKind> {
        let record = self.store.proof(proof.tenant_id, proof.proof_id).await;
        let record = record.map_err(|error| store_kind(proof, &error))?;
        // No row: its owner deleted it.
        Ok(outcome_of(record.as_ref()).unwrap_or(ProofOutcome::Cancelled))
    }

    async fn resolve_now(&self, request: ResolveRequest) -> Result<Resolved, FailureKind> {
        let ResolveRequest { proof, decision } = request;
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let now = Utc::now();
        let decided = match decision {
            Decision::Redrive => self.store.redrive(tenant_id, proof_id, None, now).await,
            Decision::Discard => self.store.discard(tenant_id, proof_id, now).await,
            Decision::Expire => self.store.expire_failure(tenant_id, proof_id, now).await,
        };
        // Whoever decided first, decided: the row says what.
        decided.map_err(|error| store_kind(proof, &error))?;
        let record = self.store.proof(tenant_id, proof_id).await;
        let record = record.map_err(|error| store_kind(proof, &error))?;
        Ok(Resolved {
            outcome: match record {
                // Its owner deleted it.
                None => Some(ProofOutcome::Cancelled),
                Some(record) => outcome_of(Some(&record)),
            },
        })
    }
}

#[activities]
impl PipelineActivities {
    /// Reads only, but for noting that the workflow runs; again is as good as once.
    #[activity(definition = definitions::Validate)]
    pub async fn validate(
        self: Arc<Self>,
        ctx: ActivityContext,
        proof: ProofRef,
    ) -> Result<Validated, ActivityError> {
        reach(Point::ValidateBefore);
        let result = self.validate_now(proof).await;
        reach(Point::ValidateAfter);
        named(&ctx, result)
    }

    /// The first outcome stays; again answers what the row has, or the letter that the same try had.
    #[activity(definition = definitions::Persist)]
    pub async fn persist(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: PersistRequest,
    ) -> Result<ProofOutcome, ActivityError> {
        reach(Point::PersistBefore);
        let result = self.persist_now(request).await;
        reach(Point::PersistAfter);
        named(&ctx, result)
    }

    /// The first decision stands; again answers what the row has.
    #[activity(definition = definitions::Resolve)]
    pub async fn resolve(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: ResolveRequest,
    ) -> Result<Resolved, ActivityError> {
        reach(Point::ResolveBefore);
        let result = self.resolve_now(request).await;
        reach(Point::ResolveAfter);
        named(&ctx, result)
    }

    /// The proof's id is the key of its usage event; again changes nothing.
    #[activity(definition = definitions::Meter)]
    pub async fn meter(
        self: Arc<Self>,
        ctx: ActivityContext,
        job: ProofJob,
    ) -> Result<(), ActivityError> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = job.proof;
        reach(Point::MeterBefore);
        let recorded = self
            .store
            .record_usage(tenant_id, proof_id, job.statement, job.system, Utc::now())
            .await
            .map(|_recorded| ())
            .map_err(|error| store_kind(job.proof, &error));
        reach(Point::MeterAfter);
        named(&ctx, recorded)
    }

    /// One entry per proof and kind of event; again changes nothing.
    #[activity(definition = definitions::Audit)]
    pub async fn audit(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: AuditRequest,
    ) -> Result<(), ActivityError> {
        let proof = ProofRef {
            tenant_id: request.tenant_id,
            proof_id: request.event.proof_id,
        };
        reach(Point::AuditBefore);
        let told = self
            .store
            .append_audit(request.tenant_id, &request.event, Utc::now())
            .await
            .map(|_entry| ())
            .map_err(|error| store_kind(proof, &error));
        reach(Point::AuditAfter);
        named(&ctx, told)
    }
}

/// The failure as Temporal is told it.
fn named<T>(ctx: &ActivityContext, result: Result<T, FailureKind>) -> Result<T, ActivityError> {
    result.map_err(|kind| failed(kind, ctx.info().attempt))
}

/// The outcome that a row has; `None` if there is no row, or none yet.
fn outcome_of(record: Option<&ProofRecord>) -> Option<ProofOutcome> {
    let record = record?;
    match record.state {
        ProofState::Accepted => None,
        ProofState::Completed => Some(ProofOutcome::Completed),
        ProofState::Cancelled => Some(ProofOutcome::Cancelled),
        // The database keeps a code with both.
        ProofState::Rejected => record.rejection.map(|code| ProofOutcome::Rejected { code }),
        ProofState::DeadLettered => record
            .dead_letter
            .as_ref()
            .map(|letter| ProofOutcome::DeadLettered { code: letter.code }),
    }
}
