//! The activities that run beside the workflow. Each is one or two database transactions.

#![expect(
    missing_docs,
    reason = "the macro leaves the docs out of what it makes"
)]

use std::sync::Arc;

use chrono::Utc;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use zapiki_core::claim::check_claim;
use zapiki_core::state::ProofState;
use zapiki_store::{DeadLetter, ProofRecord, Settlement, Store};
use zapiki_workflows::definitions;
use zapiki_workflows::failure::FailureKind;
use zapiki_workflows::wire::{
    AuditRequest, PersistRequest, ProofJob, ProofOutcome, ProofRef, SettlementRequest, Validated,
};

use crate::failures::{failed, store_failed};
use crate::lists::{ListTrees, absences};

/// validate, persist, meter, audit.
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

#[activities]
impl PipelineActivities {
    /// Reads only, but for noting that the workflow runs; again is as good as once.
    #[activity(definition = definitions::Validate)]
    pub async fn validate(
        self: Arc<Self>,
        _ctx: ActivityContext,
        proof: ProofRef,
    ) -> Result<Validated, ActivityError> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let (record, witness, marked) = tokio::join!(
            self.store.proof(tenant_id, proof_id),
            self.store.unseal_witness(tenant_id, proof_id),
            self.store.mark_started(tenant_id, proof_id, Utc::now()),
        );
        let failed_store = |error| store_failed(proof, &error);
        marked.map_err(failed_store)?;
        if let Some(outcome) = outcome_of(record.as_ref().ok().and_then(Option::as_ref)) {
            return Ok(Validated::Settled { outcome });
        }
        let record = record.map_err(failed_store)?;
        // Deleted before it began: its owner gave it up.
        let Some(record) = record else {
            return Ok(Validated::Settled {
                outcome: ProofOutcome::Cancelled,
            });
        };
        let mut witness = witness
            .map_err(failed_store)?
            .ok_or_else(|| failed(FailureKind::InputGone))?;
        absences::gather(&self.trees, proof, &record.claim.statement, &mut witness).await?;
        Ok(match check_claim(&record.claim, &witness) {
            Ok(_nullifier) => Validated::Valid,
            Err(error) => Validated::Rejected { code: error.code() },
        })
    }

    /// The first outcome stays; again answers what the row has.
    #[activity(definition = definitions::Persist)]
    pub async fn persist(
        self: Arc<Self>,
        _ctx: ActivityContext,
        request: PersistRequest,
    ) -> Result<ProofOutcome, ActivityError> {
        let PersistRequest { proof, settlement } = request;
        let (settlement, wanted) = match settlement {
            SettlementRequest::Completed { envelope } => {
                (Settlement::Completed(envelope), ProofOutcome::Completed)
            }
            SettlementRequest::Rejected { code } => {
                (Settlement::Rejected(code), ProofOutcome::Rejected { code })
            }
            SettlementRequest::DeadLettered { failure } => {
                let letter = DeadLetter {
                    code: failure.code(),
                    reason: failure.reason().to_owned(),
                };
                let outcome = ProofOutcome::DeadLettered { code: letter.code };
                (Settlement::DeadLettered(letter), outcome)
            }
            SettlementRequest::Cancelled => (Settlement::Cancelled, ProofOutcome::Cancelled),
        };
        let ProofRef {
            tenant_id,
            proof_id,
        } = proof;
        let failed_store = |error| store_failed(proof, &error);
        let settled = self
            .store
            .settle_proof(tenant_id, proof_id, &settlement, Utc::now())
            .await
            .map_err(failed_store)?;
        if settled.is_some_and(|settled| settled.changed) {
            return Ok(wanted);
        }
        let record = self
            .store
            .proof(tenant_id, proof_id)
            .await
            .map_err(failed_store)?;
        // No row: its owner deleted it.
        Ok(outcome_of(record.as_ref()).unwrap_or(ProofOutcome::Cancelled))
    }

    /// The proof's id is the key of its usage event; again changes nothing.
    #[activity(definition = definitions::Meter)]
    pub async fn meter(
        self: Arc<Self>,
        _ctx: ActivityContext,
        job: ProofJob,
    ) -> Result<(), ActivityError> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = job.proof;
        self.store
            .record_usage(tenant_id, proof_id, job.statement, job.system, Utc::now())
            .await
            .map(|_recorded| ())
            .map_err(|error| store_failed(job.proof, &error))
    }

    /// One entry per proof and kind of event; again changes nothing.
    #[activity(definition = definitions::Audit)]
    pub async fn audit(
        self: Arc<Self>,
        _ctx: ActivityContext,
        request: AuditRequest,
    ) -> Result<(), ActivityError> {
        let proof = ProofRef {
            tenant_id: request.tenant_id,
            proof_id: request.event.proof_id,
        };
        self.store
            .append_audit(request.tenant_id, &request.event, Utc::now())
            .await
            .map(|_entry| ())
            .map_err(|error| store_failed(proof, &error))
    }
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
