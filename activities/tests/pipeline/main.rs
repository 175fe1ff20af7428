//! The pipeline against a real Temporal and a real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod batches;
mod codec;
mod lists;
mod parked;
mod releases;
mod shares;
mod support;
mod twice;
mod webhooks;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use support::{
    BIRTH_DATE, BIRTH_DATE_OF_A_CHILD, Behaviour, PATIENCE, Pipeline, TestBackend, canaries,
    eventually, readable, record,
};
use zapiki_backends::groth16::{Groth16Backend, setup};
use zapiki_backends::{ProofBackend as _, Verdict};
use zapiki_core::audit::AuditKind;
use zapiki_core::failure::FailureKind;
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_store::Deletion;
use zapiki_workflows::client::{JobEventKind, JobStatus, JobView, PipelineError, Waited};
use zapiki_workflows::definitions::PROVE_ATTEMPTS_MAX;
use zapiki_workflows::wire::{ProofJob, ProofOutcome};

async fn job_view(pipeline: &Pipeline, job: &ProofJob) -> JobView {
    let view = pipeline.client.job(job.proof.proof_id).await.unwrap();
    view.expect("a workflow")
}

fn steps(view: &JobView) -> Vec<JobEventKind> {
    view.timeline.iter().map(|event| event.what).collect()
}

/// Nothing private is in the history; and the search sees what is there.
async fn assert_nothing_private(pipeline: &Pipeline, job: &ProofJob) {
    let text = readable(pipeline, job).await;
    let seen = format!("\"proof_id\":\"{}\"", job.proof.proof_id);
    assert!(text.contains(&seen), "the search is blind");
    for canary in canaries() {
        assert!(!text.contains(&canary), "{canary} is in the history");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_made_stored_counted_and_told() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    assert!(!pipeline.is_shredded(&job).await);

    assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
    // What the answer promises is there already.
    let row = pipeline.record(&job).await;
    assert_eq!(row.state, ProofState::Completed);
    assert_eq!(row.envelope.unwrap().public_inputs.claim, support::claim());
    assert!(row.started_at.is_some() && row.settled_at.is_some());
    assert!(pipeline.is_shredded(&job).await);

    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!(pipeline.proofs_used().await, 1);
    assert_eq!(pipeline.audit().await, [(AuditKind::ProofCompleted, None)]);

    let view = job_view(&pipeline, &job).await;
    assert_eq!(view.status, JobStatus::Finished);
    assert_eq!((view.attempts, view.last_failure), (1, None));
    assert_eq!(view.pending_activity, None);
    let mut steps = steps(&view);
    // Both books are written at once.
    steps[6..8].sort_by_key(|step| step.as_str());
    assert_eq!(
        steps,
        [
            JobEventKind::Started,
            JobEventKind::Validated,
            JobEventKind::Queued,
            JobEventKind::Proving,
            JobEventKind::Proved,
            JobEventKind::Persisted,
            JobEventKind::Audited,
            JobEventKind::Metered,
            JobEventKind::Finished,
        ]
    );
    assert!(view.timeline.is_sorted_by_key(|event| event.at));
    assert_nothing_private(&pipeline, &job).await;
    record(&pipeline, &job, "completed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_envelope_stands_in_the_history_once() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.outcome(&job).await;
    pipeline.end_of(&job).await;
    let text = readable(&pipeline, &job).await;
    assert_eq!(text.matches("\"nullifier\":").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn groth16_proves_through_the_pipeline() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(Groth16Backend::new(setup().unwrap(), NonZeroUsize::MIN).unwrap());
    let _worker = pipeline.worker(backend.clone());
    let circuit = backend.circuits()[0].id;
    let job = pipeline.accept_for(BIRTH_DATE, circuit, Utc::now()).await;
    assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
    let envelope = pipeline.record(&job).await.envelope.unwrap();
    assert_eq!(backend.verify(&envelope).unwrap(), Verdict::Valid);
    pipeline.end_of(&job).await;
    assert_nothing_private(&pipeline, &job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_does_not_hold_is_rejected_and_costs_nothing() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let _worker = pipeline.worker(backend.clone());
    let job = pipeline.accept(BIRTH_DATE_OF_A_CHILD).await;

    let code = ProblemCode::StatementNotSatisfied;
    assert_eq!(
        pipeline.outcome(&job).await,
        ProofOutcome::Rejected { code }
    );
    let row = pipeline.record(&job).await;
    assert_eq!(
        (row.state, row.rejection),
        (ProofState::Rejected, Some(code))
    );
    assert!(pipeline.is_shredded(&job).await);

    pipeline.end_of(&job).await;
    assert_eq!(backend.calls(), 0);
    assert_eq!(pipeline.proofs_used().await, 0);
    assert_eq!(
        pipeline.audit().await,
        [(AuditKind::ProofRejected, Some(code))]
    );
    assert_nothing_private(&pipeline, &job).await;
    record(&pipeline, &job, "rejected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prover_that_recovers_is_tried_again() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::FailFirst(1)).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
    pipeline.end_of(&job).await;
    let view = job_view(&pipeline, &job).await;
    assert_eq!(view.attempts, 2);
    assert_eq!(view.last_failure, Some(FailureKind::ProverFailed));
    assert_eq!(pipeline.proofs_used().await, 1);
}

/// A proof that cannot be made: what its row, its books and its history say.
async fn assert_dead_lettered(
    pipeline: &Pipeline,
    job: &ProofJob,
    failure: FailureKind,
    attempts: u32,
) {
    let code = failure.code();
    assert_eq!(
        pipeline.outcome(job).await,
        ProofOutcome::DeadLettered { code }
    );
    let row = pipeline.record(job).await;
    assert_eq!(row.state, ProofState::DeadLettered);
    let letter = row.dead_letter.unwrap();
    assert_eq!(
        (letter.code, letter.reason.as_str()),
        (code, failure.reason())
    );
    // Kept for another try, until somebody decides.
    assert!(!pipeline.is_shredded(job).await);
    let letters = pipeline.failures(job).await;
    let [letter] = &letters[..] else {
        panic!("one letter: {letters:?}");
    };
    assert_eq!(letter.letter.failure, failure);
    assert_eq!(letter.letter.chain.first(), Some(&failure));
    assert_eq!((letter.letter.attempts, letter.round), (Some(attempts), 1));
    assert_eq!(letter.resolution, None);

    pipeline.parked(job).await;
    assert_eq!(pipeline.proofs_used().await, 0);
    assert_eq!(
        pipeline.audit().await,
        [(AuditKind::ProofDeadLettered, Some(code))]
    );
    let view = job_view(pipeline, job).await;
    assert_eq!(view.status, JobStatus::Running);
    assert_eq!(
        (view.attempts, view.last_failure),
        (attempts, Some(failure))
    );
    assert_nothing_private(pipeline, job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prover_that_keeps_failing_ends_in_a_dead_letter() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::FailFirst(u32::MAX)).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    let failure = FailureKind::ProverFailed;
    assert_dead_lettered(&pipeline, &job, failure, PROVE_ATTEMPTS_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prover_that_panics_ends_in_a_dead_letter_that_does_not_repeat_its_words() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Panic).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    let failure = FailureKind::ProverPanicked;
    assert_dead_lettered(&pipeline, &job, failure, PROVE_ATTEMPTS_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_retry_can_mend_is_tried_once() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::RefuseCircuit).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    assert_dead_lettered(&pipeline, &job, FailureKind::WrongCircuit, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_workflow_gives_the_proof_up() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::WaitToBeLetGo));
    let _worker = pipeline.worker(backend.clone());
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();
    eventually(async || (backend.calls() == 1).then_some(())).await;

    pipeline.client.cancel(job.proof.proof_id).await.unwrap();
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Cancelled);
    assert_eq!(pipeline.record(&job).await.state, ProofState::Cancelled);
    assert!(pipeline.is_shredded(&job).await);
    assert_eq!(pipeline.proofs_used().await, 0);
    assert_eq!(pipeline.audit().await, [(AuditKind::ProofCancelled, None)]);
    record(&pipeline, &job, "cancelled").await;
    backend.let_go();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_its_owner_gave_up_meanwhile_is_not_stored_or_counted() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::WaitToBeLetGo));
    let _worker = pipeline.worker(backend.clone());
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();
    eventually(async || (backend.calls() == 1).then_some(())).await;

    let (tenant, proof) = (job.proof.tenant_id, job.proof.proof_id);
    let deletion = pipeline.db.store.delete_proof(tenant, proof, Utc::now());
    assert_eq!(deletion.await.unwrap(), Deletion::Cancelled);
    backend.let_go();

    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Cancelled);
    let row = pipeline.record(&job).await;
    assert_eq!((row.state, row.envelope), (ProofState::Cancelled, None));
    assert_eq!(pipeline.proofs_used().await, 0);
    // Told once: by whoever came first.
    assert_eq!(pipeline.audit().await, [(AuditKind::ProofCancelled, None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_cannot_be_written_are_written_later_and_delay_no_answer() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let withdraw = "REVOKE INSERT ON usage_events FROM zapiki_app";
    pipeline.db.execute(withdraw).await.unwrap();
    let job = pipeline.accept(BIRTH_DATE).await;

    assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
    let view = job_view(&pipeline, &job).await;
    assert_eq!(view.status, JobStatus::Running);
    assert!(!steps(&view).contains(&JobEventKind::Metered));
    assert_eq!(pipeline.record(&job).await.state, ProofState::Completed);
    assert_eq!(pipeline.proofs_used().await, 0);

    let grant = "GRANT INSERT ON usage_events TO zapiki_app";
    pipeline.db.execute(grant).await.unwrap();
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!(pipeline.proofs_used().await, 1);
    assert_eq!(pipeline.audit().await, [(AuditKind::ProofCompleted, None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_twice_is_starting_once() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();
    pipeline.client.start(&job).await.unwrap();
    let _worker = pipeline.worker(backend.clone());
    let (one, other) = tokio::join!(pipeline.outcome(&job), pipeline.outcome(&job));
    assert_eq!(
        (one, other),
        (ProofOutcome::Completed, ProofOutcome::Completed)
    );
    pipeline.end_of(&job).await;

    // And once it is done, it stays done.
    pipeline.client.start(&job).await.unwrap();
    assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
    assert_eq!(backend.calls(), 1);
    assert_eq!(pipeline.proofs_used().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_ends_leaves_the_proof_started() {
    let pipeline = Pipeline::create().await;
    let job = pipeline.accept(BIRTH_DATE).await;
    // Nobody is there to take it.
    let waited = pipeline
        .client
        .start_and_wait(&job, Duration::from_millis(200))
        .await;
    assert_eq!(waited.unwrap(), Waited::StillRunning);
    let view = job_view(&pipeline, &job).await;
    assert_eq!((view.status, view.attempts), (JobStatus::Running, 0));

    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::Prove)));
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_waits_for_its_prover() {
    let pipeline = Pipeline::create().await;
    let _no_prover = pipeline.worker_at(pipeline.url.clone(), vec![]);
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();
    let waiting = eventually(async || {
        let view = job_view(&pipeline, &job).await;
        view.pending_activity.is_some().then_some(view)
    })
    .await;
    assert_eq!(waiting.pending_activity.as_deref(), Some("prove"));
    assert_eq!((waiting.status, waiting.attempts), (JobStatus::Running, 0));

    let _prover = pipeline.worker(Arc::new(TestBackend::new(Behaviour::Prove)));
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_starts_what_nobody_started() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    let long_ago = Utc::now() - chrono::Duration::seconds(60);
    let orphan = pipeline.accept_at(BIRTH_DATE, long_ago).await;
    eventually(async || {
        (pipeline.record(&orphan).await.state == ProofState::Completed).then_some(())
    })
    .await;
    pipeline.end_of(&orphan).await;
    assert_eq!(pipeline.proofs_used().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_leaves_young_proofs_to_the_api() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::Prove).await;
    // Older than any other, by the clock of the test; but not by the relay's.
    let young = Utc::now() + chrono::Duration::seconds(60);
    let job = pipeline.accept_at(BIRTH_DATE, young).await;
    let old = Utc::now() - chrono::Duration::seconds(60);
    let orphan = pipeline.accept_at(BIRTH_DATE, old).await;
    eventually(async || {
        (pipeline.record(&orphan).await.state == ProofState::Completed).then_some(())
    })
    .await;
    let view = pipeline.client.job(job.proof.proof_id).await.unwrap();
    assert_eq!(view, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_lets_its_proof_end() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::WaitToBeLetGo));
    let mut worker = pipeline.worker(backend.clone());
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();
    eventually(async || (backend.calls() == 1).then_some(())).await;

    worker.ask_to_stop();
    backend.let_go();
    let stopping = tokio::task::spawn_blocking(move || worker.join());
    let stopped = tokio::time::timeout(PATIENCE, stopping).await.unwrap();
    stopped.unwrap().unwrap();
    // Whoever comes next finds the proof made, and does the rest.
    let next = Arc::new(TestBackend::new(Behaviour::Prove));
    let _worker = pipeline.worker(next.clone());
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!((backend.calls(), next.calls()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn temporal_away_is_told_quickly_and_does_not_stop_a_worker() {
    let pipeline = Pipeline::create().await;
    // Nobody listens: the port is reserved and refused.
    let away = "http://127.0.0.1:1".parse::<url::Url>().unwrap();
    let client = pipeline.client_at(away.clone(), "default");
    let job = pipeline.accept(BIRTH_DATE).await;
    for answer in [
        client.ping().await,
        client.start(&job).await,
        client
            .start_and_wait(&job, PATIENCE)
            .await
            .map(|_waited| ()),
    ] {
        assert!(matches!(answer, Err(PipelineError::Unavailable(_))));
    }

    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let worker = pipeline.worker_at(away, vec![backend]);
    tokio::task::spawn_blocking(move || worker.join())
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_tells_the_namespace_from_another() {
    let pipeline = Pipeline::create().await;
    pipeline.client.ping().await.unwrap();
    let other = pipeline.client_at(pipeline.url.clone(), "no-such");
    assert!(matches!(other.ping().await, Err(PipelineError::Refused(_))));
}
