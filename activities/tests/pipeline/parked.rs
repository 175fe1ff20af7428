//! Proofs that could not be made: they wait for a decision, and each decision does what it says.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use temporalio_client::{Client, WorkflowSignalOptions};
use zapiki_core::audit::AuditKind;
use zapiki_core::failure::FailureKind;
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_store::{Decided, Resolution};
use zapiki_workflows::client::{JobEventKind, JobStatus};
use zapiki_workflows::proof::ProofWorkflow;
use zapiki_workflows::wire::{ProofJob, ProofOutcome};

use crate::support::{BIRTH_DATE, Behaviour, Pipeline, TestBackend, eventually, record};
use crate::{assert_nothing_private, job_view, steps};

const FAILED: ProofOutcome = ProofOutcome::DeadLettered {
    code: ProblemCode::Internal,
};

/// A proof that failed for good, whose workflow waits. The backend fails so often, and then would prove.
async fn parked(fails: Behaviour) -> (Pipeline, ProofJob, impl Sized) {
    let pipeline = Pipeline::create().await;
    let worker = pipeline.worker(Arc::new(TestBackend::new(fails)));
    let job = pipeline.accept(BIRTH_DATE).await;
    assert!(matches!(
        pipeline.outcome(&job).await,
        ProofOutcome::DeadLettered { .. }
    ));
    pipeline.parked(&job).await;
    (pipeline, job, worker)
}

pub(crate) async fn redrive_row(pipeline: &Pipeline, job: &ProofJob) {
    let (tenant, proof) = (job.proof.tenant_id, job.proof.proof_id);
    let decided = pipeline.db.store.redrive(tenant, proof, None, Utc::now());
    assert!(matches!(decided.await.unwrap(), Decided::Done(_)));
}

/// The last decision about each failure, newest first.
async fn resolutions(pipeline: &Pipeline, job: &ProofJob) -> Vec<Option<Resolution>> {
    let letters = pipeline.failures(job).await;
    letters
        .iter()
        .map(|letter| letter.resolution.map(|(resolution, _)| resolution))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_proof_is_made_counted_and_told_once() {
    // Four tries and four tries, and then one that succeeds.
    let (pipeline, job, _worker) = parked(Behaviour::FailFirst(8)).await;

    redrive_row(&pipeline, &job).await;
    pipeline.client.redrive(&job).await.unwrap();
    eventually(async || (pipeline.failures(&job).await.len() == 2).then_some(())).await;
    pipeline.parked(&job).await;
    assert_eq!(
        resolutions(&pipeline, &job).await,
        [None, Some(Resolution::Redriven)]
    );

    redrive_row(&pipeline, &job).await;
    pipeline.client.redrive(&job).await.unwrap();
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!(pipeline.record(&job).await.state, ProofState::Completed);
    assert!(pipeline.is_shredded(&job).await);
    assert_eq!(
        resolutions(&pipeline, &job).await,
        [Some(Resolution::Redriven); 2]
    );
    assert_eq!(pipeline.proofs_used().await, 1);
    // That it failed is told once, however often it did.
    assert_eq!(
        pipeline.audit().await,
        [
            (AuditKind::ProofDeadLettered, Some(ProblemCode::Internal)),
            (AuditKind::ProofCompleted, None)
        ]
    );
    assert_nothing_private(&pipeline, &job).await;
    record(&pipeline, &job, "redriven").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_of_the_temporal_ui_is_enough() {
    let (pipeline, job, _worker) = parked(Behaviour::FailFirst(4)).await;
    signal(&pipeline, &job, "redrive").await;
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!(
        resolutions(&pipeline, &job).await,
        [Some(Resolution::Redriven)]
    );

    let (pipeline, job, _worker) = parked(Behaviour::RefuseCircuit).await;
    signal(&pipeline, &job, "discard").await;
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Cancelled);
    assert_eq!(pipeline.record(&job).await.state, ProofState::Cancelled);
    assert!(pipeline.is_shredded(&job).await);
    assert_eq!(
        resolutions(&pipeline, &job).await,
        [Some(Resolution::Discarded)]
    );
    let told = pipeline.audit().await;
    assert_eq!(told.last(), Some(&(AuditKind::ProofCancelled, None)));
    let view = job_view(&pipeline, &job).await;
    assert_eq!(view.status, JobStatus::Finished);
    assert!(steps(&view).contains(&JobEventKind::Resolved));
    record(&pipeline, &job, "discarded").await;
}

/// As the UI sends it: by its name, without input.
async fn signal(pipeline: &Pipeline, job: &ProofJob, name: &str) {
    let client: Client = pipeline.client.connected().await.unwrap();
    let id = job.proof.proof_id.to_string();
    let handle = client.get_workflow_handle::<<ProofWorkflow as temporalio_workflow::workflows::WorkflowImplementation>::Run>(id);
    let options = WorkflowSignalOptions::default();
    let sent = match name {
        "redrive" => handle.signal(ProofWorkflow::redrive, (), options).await,
        _ => handle.signal(ProofWorkflow::discard, (), options).await,
    };
    sent.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_the_workflow_was_not_told_of_is_found_in_the_row() {
    // Redriven, and Temporal was away: the relay tells the workflow.
    let (pipeline, job, _worker) = parked(Behaviour::FailFirst(4)).await;
    redrive_row(&pipeline, &job).await;
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!(pipeline.proofs_used().await, 1);

    // Discarded likewise: whatever the workflow hears next, it finds that there is nothing left to do.
    let (pipeline, job, _worker) = parked(Behaviour::RefuseCircuit).await;
    let (tenant, proof) = (job.proof.tenant_id, job.proof.proof_id);
    let decided = pipeline.db.store.discard(tenant, proof, Utc::now());
    assert!(matches!(decided.await.unwrap(), Decided::Done(_)));
    signal(&pipeline, &job, "redrive").await;
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Cancelled);
    assert_eq!(
        resolutions(&pipeline, &job).await,
        [Some(Resolution::Discarded)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_gone_is_started_anew_by_a_redrive() {
    let (pipeline, job, _worker) = parked(Behaviour::FailFirst(4)).await;
    let client: Client = pipeline.client.connected().await.unwrap();
    let id = job.proof.proof_id.to_string();
    let handle = client.get_workflow_handle::<<ProofWorkflow as temporalio_workflow::workflows::WorkflowImplementation>::Run>(id);
    handle.terminate(Default::default()).await.unwrap();

    redrive_row(&pipeline, &job).await;
    pipeline.client.redrive(&job).await.unwrap();
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!(pipeline.proofs_used().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_and_the_letter_expires() {
    let pipeline = Pipeline::create().await;
    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::RefuseCircuit)));
    let hasty = pipeline
        .client_at(pipeline.url.clone(), "default")
        .keeping_dead_letters(Duration::from_secs(1));
    let job = pipeline.accept(BIRTH_DATE).await;
    hasty.start(&job).await.unwrap();

    let code = FailureKind::WrongCircuit.code();
    assert_eq!(
        pipeline.end_of(&job).await,
        ProofOutcome::DeadLettered { code }
    );
    assert!(pipeline.is_shredded(&job).await);
    assert_eq!(pipeline.record(&job).await.state, ProofState::DeadLettered);
    assert_eq!(
        resolutions(&pipeline, &job).await,
        [Some(Resolution::Expired)]
    );
    record(&pipeline, &job, "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_a_parked_workflow_gives_its_proof_up() {
    let (pipeline, job, _worker) = parked(Behaviour::RefuseCircuit).await;
    pipeline.client.cancel(job.proof.proof_id).await.unwrap();
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Cancelled);
    assert!(pipeline.is_shredded(&job).await);
    assert_eq!(
        resolutions(&pipeline, &job).await,
        [Some(Resolution::Discarded)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_a_proof_that_is_not_parked_changes_nothing() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
    pipeline.end_of(&job).await;
    pipeline.client.discard(job.proof.proof_id).await.unwrap();
    // Started anew by the signal, it finds its row settled.
    pipeline.client.redrive(&job).await.unwrap();
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!(pipeline.proofs_used().await, 1);
    assert_ne!(pipeline.record(&job).await.state, FAILED.state());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_comes_before_the_failure_is_not_about_it() {
    // It would succeed if it were tried again.
    let pipeline = Pipeline::create().await;
    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::FailFirst(4))));
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();
    eventually(async || (job_view(&pipeline, &job).await.attempts > 0).then_some(())).await;
    signal(&pipeline, &job, "redrive").await;

    assert!(matches!(
        pipeline.outcome(&job).await,
        ProofOutcome::DeadLettered { .. }
    ));
    pipeline.parked(&job).await;
    assert_eq!(resolutions(&pipeline, &job).await, [None]);
}
