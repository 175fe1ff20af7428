//! Batches: each item ends once, whatever happens to its neighbours.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use temporalio_client::{
    Client, WorkflowFetchHistoryOptions, WorkflowGetResultOptions, WorkflowHistory,
    WorkflowStartOptions,
};
use temporalio_common::protos::temporal::api::history::v1::History;
use temporalio_workflow::workflows::WorkflowImplementation;
use uuid::Uuid;
use zapiki_core::audit::AuditKind;
use zapiki_core::ids::{BatchId, ProofId};
use zapiki_core::public_inputs::Claim;
use zapiki_core::state::ProofState;
use zapiki_core::system::ProofSystem;
use zapiki_store::{BatchRecord, NewItem, NewProof, Recorded};
use zapiki_workflows::batch::{BatchInput, BatchOutcome, BatchRef, BatchWorkflow};
use zapiki_workflows::testing::{readable, workflow_history_json};

use crate::support::{
    BIRTH_DATE, BIRTH_DATE_OF_A_CHILD, Behaviour, CIRCUIT, PATIENCE, Pipeline, TestBackend,
    canaries, claim, eventually, record_history, record_json, witness,
};

/// A batch that is accepted, and its proofs.
pub(crate) struct Batch {
    pub(crate) batch: BatchRef,
    pub(crate) proofs: Vec<ProofId>,
}

impl Pipeline {
    /// Accepts a batch of people who were born on these days.
    pub(crate) async fn accept_batch(&self, birth_dates: &[&str]) -> Batch {
        let claim: Claim = claim();
        let witnesses: Vec<_> = birth_dates.iter().map(|day| witness(day)).collect();
        let proofs: Vec<_> = witnesses
            .iter()
            .map(|_| ProofId::from_uuid(Uuid::now_v7()))
            .collect();
        let items = witnesses.iter().zip(&proofs).map(|(witness, id)| {
            NewItem::Proof(NewProof {
                id: *id,
                claim: &claim,
                system: ProofSystem::Groth16,
                circuit: CIRCUIT,
                witness,
            })
        });
        let (tenant_id, batch_id) = (self.db.tenant.id, BatchId::from_uuid(Uuid::now_v7()));
        let accepted = self
            .db
            .store
            .accept_batch(tenant_id, batch_id, items.collect(), None, Utc::now())
            .await;
        accepted.unwrap();
        Batch {
            batch: BatchRef {
                tenant_id,
                batch_id,
            },
            proofs,
        }
    }

    pub(crate) async fn batch_record(&self, batch: &Batch) -> BatchRecord {
        let BatchRef {
            tenant_id,
            batch_id,
        } = batch.batch;
        let record = self.db.store.batch(tenant_id, batch_id).await;
        record.unwrap().expect("the batch's row")
    }

    /// The end of its workflow, of the last run if it went on as new.
    async fn end_of_batch(&self, batch: &Batch) -> BatchOutcome {
        let client: Client = self.client.connected().await.unwrap();
        let handle = client.get_workflow_handle::<<BatchWorkflow as WorkflowImplementation>::Run>(
            batch.batch.batch_id.to_string(),
        );
        let options = WorkflowGetResultOptions::default();
        let end = tokio::time::timeout(PATIENCE, handle.get_result(options)).await;
        end.unwrap().unwrap()
    }

    async fn made(&self, batch: &Batch) -> BatchOutcome {
        self.client.start_batch(batch.batch).await.unwrap();
        self.end_of_batch(batch).await
    }

    async fn sealed_inputs(&self) -> String {
        let count = "SELECT count(*)::text AS text FROM sealed_inputs";
        self.db.text(count).await.unwrap()
    }

    /// How often the audit log says what.
    async fn told_kinds(&self) -> BTreeMap<&'static str, usize> {
        let mut kinds = BTreeMap::new();
        for (kind, _) in self.audit().await {
            *kinds.entry(kind.as_str()).or_default() += 1;
        }
        kinds
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_item_is_made_or_found_untrue_counted_and_told_once() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let mut born = vec![BIRTH_DATE; 23];
    born[7] = BIRTH_DATE_OF_A_CHILD;
    let batch = pipeline.accept_batch(&born).await;
    assert_eq!(pipeline.made(&batch).await, BatchOutcome::Finished);

    let record = pipeline.batch_record(&batch).await;
    assert_eq!(record.count(ProofState::Completed), 22);
    assert_eq!(record.count(ProofState::Rejected), 1);
    let untrue = pipeline
        .db
        .store
        .proof(batch.batch.tenant_id, batch.proofs[7]);
    assert_eq!(untrue.await.unwrap().unwrap().state, ProofState::Rejected);
    assert_eq!(pipeline.proofs_used().await, 22);
    assert_eq!(pipeline.sealed_inputs().await, "0");
    let kinds = pipeline.told_kinds().await;
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            (AuditKind::ProofCompleted.as_str(), 22),
            (AuditKind::ProofRejected.as_str(), 1)
        ]
    );

    let id = batch.batch.batch_id.to_string();
    let text = readable(workflow_history_json(&pipeline.client, &id).await);
    assert!(
        text.contains(&batch.proofs[22].to_string()),
        "the search is blind"
    );
    for canary in canaries() {
        assert!(!text.contains(&canary), "{canary} is in the history");
    }
    record_history(&pipeline, &id, "batch_finished").await;

    // Started again, it is the one that was.
    pipeline.client.start_batch(batch.batch).await.unwrap();
    assert_eq!(pipeline.end_of_batch(&batch).await, BatchOutcome::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_fails_gets_a_workflow_of_its_own_and_its_neighbours_do_not_wait() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::FailFirst(1)).await;
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 3]).await;
    assert_eq!(pipeline.made(&batch).await, BatchOutcome::Finished);
    let done = eventually(async || {
        let record = pipeline.batch_record(&batch).await;
        record.finished_at.is_some().then_some(record)
    })
    .await;
    assert_eq!(done.count(ProofState::Completed), 3);
    // Its books come after its outcome.
    eventually(async || (pipeline.audit().await.len() == 3).then_some(())).await;
    assert_eq!(pipeline.proofs_used().await, 3);
    let job = pipeline.client.job(batch.proofs[0]).await.unwrap();
    assert!(job.is_some(), "the first was handed over");
    assert_eq!(pipeline.client.job(batch.proofs[1]).await.unwrap(), None);
    let id = batch.batch.batch_id.to_string();
    record_history(&pipeline, &id, "batch_handed_over").await;
}

/// A row that cannot be read fails by itself: not its chunk, nor the batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_item_does_not_take_its_neighbours_along() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 13]).await;
    let damage = format!(
        "UPDATE proofs SET claim = '{{}}' WHERE id = '{}'",
        batch.proofs[1].as_uuid()
    );
    pipeline.db.execute(&damage).await.unwrap();
    assert_eq!(pipeline.made(&batch).await, BatchOutcome::Finished);
    let done = eventually(async || {
        let record = pipeline.batch_record(&batch).await;
        record.finished_at.is_some().then_some(record)
    })
    .await;
    assert_eq!(done.count(ProofState::Completed), 12);
    assert_eq!(done.count(ProofState::DeadLettered), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_cannot_be_made_are_dead_lettered_each() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::RefuseCircuit).await;
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 2]).await;
    assert_eq!(pipeline.made(&batch).await, BatchOutcome::Finished);
    eventually(async || {
        let record = pipeline.batch_record(&batch).await;
        (record.count(ProofState::DeadLettered) == 2).then_some(())
    })
    .await;
    assert_eq!(pipeline.sealed_inputs().await, "2", "kept for a decision");
    assert_eq!(pipeline.proofs_used().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_batch_goes_on_as_new_and_misses_no_item() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 9]).await;
    let input = BatchInput {
        items_per_run: 4,
        ..BatchInput::new(batch.batch, pipeline.queues.clone())
    };
    let id = batch.batch.batch_id.to_string();
    let client: Client = pipeline.client.connected().await.unwrap();
    let options = WorkflowStartOptions::new(&pipeline.queues.pipeline, &id).build();
    let starting = client.start_workflow(BatchWorkflow::run, input, options);
    let first = starting.await.unwrap();
    assert_eq!(pipeline.end_of_batch(&batch).await, BatchOutcome::Finished);
    let record = pipeline.batch_record(&batch).await;
    assert_eq!(record.count(ProofState::Completed), 9);
    assert_eq!(pipeline.proofs_used().await, 9);
    // The last run of three: it began where the one before ended.
    let text = readable(workflow_history_json(&pipeline.client, &id).await);
    assert!(text.contains("\"after\":7"), "{text}");

    let options = WorkflowFetchHistoryOptions::builder().build();
    let events = first.fetch_history(options).into_events().await.unwrap();
    let mut history = History { events };
    pipeline.payloads.open_history(&mut history).await.unwrap();
    let json = WorkflowHistory::from(history).to_json().await.unwrap();
    let text = String::from_utf8(json).unwrap();
    assert!(text.contains("WorkflowExecutionContinuedAsNewEventAttributes"));
    record_json(text.as_bytes(), "batch_continued");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_given_up_while_it_is_made_makes_no_more() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::WaitToBeLetGo));
    let _worker = pipeline.worker(backend.clone());
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 30]).await;
    pipeline.client.start_batch(batch.batch).await.unwrap();
    eventually(async || (backend.calls() == 2).then_some(())).await;

    // As by the Temporal UI: only the workflow is told.
    let id = batch.batch.batch_id;
    pipeline.client.cancel_batch(id).await.unwrap();
    assert_eq!(pipeline.end_of_batch(&batch).await, BatchOutcome::Cancelled);
    let record = pipeline.batch_record(&batch).await;
    assert_eq!(record.count(ProofState::Cancelled), 30);
    assert_eq!(pipeline.sealed_inputs().await, "0");
    backend.let_go();
    assert_eq!(backend.calls(), 2, "of both chunks the first item alone");
    assert_eq!(pipeline.proofs_used().await, 0);
    record_history(&pipeline, &id.to_string(), "batch_cancelled").await;
}

/// Told twice or made twice, an item is counted once: here its own workflow was quicker.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_made_already_is_left_alone() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 2]).await;
    let job = zapiki_workflows::wire::ProofJob {
        proof: zapiki_workflows::wire::ProofRef {
            tenant_id: batch.batch.tenant_id,
            proof_id: batch.proofs[0],
        },
        statement: claim().statement.kind(),
        system: ProofSystem::Groth16,
    };
    pipeline.outcome(&job).await;
    pipeline.end_of(&job).await;
    assert_eq!(pipeline.made(&batch).await, BatchOutcome::Finished);
    assert_eq!(pipeline.proofs_used().await, 2);
    assert_eq!(pipeline.audit().await.len(), 2);
    let again = pipeline.db.store.record_usage(
        batch.batch.tenant_id,
        batch.proofs[1],
        job.statement,
        job.system,
        Utc::now(),
    );
    assert_eq!(again.await.unwrap(), Recorded::Repeated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_nobody_started_is_started_by_the_relay() {
    let pipeline = Pipeline::create().await;
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 2]).await;
    let long_ago = "UPDATE batches SET accepted_at = accepted_at - interval '1 minute'";
    pipeline.db.execute(long_ago).await.unwrap();
    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::Prove)));
    eventually(async || {
        let record = pipeline.batch_record(&batch).await;
        (record.count(ProofState::Completed) == 2).then_some(())
    })
    .await;
}
