//! Releases: workers of two at once, and what becomes of proofs that are under way when the current release changes.

use std::sync::Arc;

use chrono::Utc;
use uuid::Uuid;
use zapiki_activities::{Release, Role};
use zapiki_store::Decided;
use zapiki_workflows::testing::set_current_release;
use zapiki_workflows::wire::ProofOutcome;

use crate::job_view;
use crate::parked::redrive_row;
use crate::support::{BIRTH_DATE, Behaviour, Pipeline, RunningWorker, TestBackend, eventually};

/// A deployment of one's own: Temporal knows them by name, in all tests.
struct Deployment {
    pipeline: Pipeline,
    name: String,
    is_pinning: bool,
}

impl Deployment {
    async fn create(is_pinning: bool) -> Self {
        Self {
            pipeline: Pipeline::create().await,
            name: format!("test-{}", Uuid::now_v7().simple()),
            is_pinning,
        }
    }

    /// A worker of a release, which becomes the current one.
    async fn roll_out(
        &self,
        build_id: &str,
        backend: &Arc<TestBackend>,
        roles: &[Role],
    ) -> RunningWorker {
        let release = Release {
            deployment: self.name.clone(),
            build_id: build_id.to_owned(),
            is_pinning: self.is_pinning,
        };
        let worker = self
            .pipeline
            .worker_of_release(backend.clone(), roles, release);
        set_current_release(&self.pipeline.client, &self.name, build_id).await;
        worker
    }
}

async fn stopped(worker: RunningWorker) {
    let stopping = tokio::task::spawn_blocking(move || worker.join());
    stopping.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_proof_goes_on_with_the_new_release_and_new_ones_begin_there() {
    let deployment = Deployment::create(false).await;
    let pipeline = &deployment.pipeline;
    let old = Arc::new(TestBackend::new(Behaviour::RefuseCircuit));
    let old_worker = deployment.roll_out("1", &old, Role::ALL).await;
    let parked = pipeline.accept(BIRTH_DATE).await;
    let outcome = pipeline.outcome(&parked).await;
    assert!(matches!(outcome, ProofOutcome::DeadLettered { .. }));
    pipeline.parked(&parked).await;
    assert_eq!(old.calls(), 1);

    let new = Arc::new(TestBackend::new(Behaviour::Prove));
    let _new_worker = deployment.roll_out("2", &new, Role::ALL).await;
    // Workers of both are there: only the release decides.
    for made in 1..=3 {
        let job = pipeline.accept(BIRTH_DATE).await;
        assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
        assert_eq!((old.calls(), new.calls()), (1, made));
    }
    stopped(old_worker).await;
    // Connections that the old worker opened ended with it, and say so once each.
    let (tenant, proof) = (parked.proof.tenant_id, parked.proof.proof_id);
    let redriven = eventually(async || {
        let redriving = pipeline.db.store.redrive(tenant, proof, None, Utc::now());
        redriving.await.ok()
    });
    assert!(matches!(redriven.await, Decided::Done(_)));
    pipeline.client.redrive(&parked).await.unwrap();
    assert_eq!(pipeline.end_of(&parked).await, ProofOutcome::Completed);
    assert_eq!((old.calls(), new.calls()), (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_waits_for_a_prover_is_made_by_the_new_release() {
    let deployment = Deployment::create(false).await;
    let pipeline = &deployment.pipeline;
    let old = Arc::new(TestBackend::new(Behaviour::Prove));
    let old_worker = deployment.roll_out("1", &old, &[Role::Pipeline]).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();
    eventually(async || {
        let view = job_view(pipeline, &job).await;
        view.pending_activity.map(|_| ())
    })
    .await;

    let new = Arc::new(TestBackend::new(Behaviour::Prove));
    let _new_worker = deployment.roll_out("2", &new, Role::ALL).await;
    stopped(old_worker).await;
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    assert_eq!((old.calls(), new.calls()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_proof_ends_with_the_release_that_began_it() {
    let deployment = Deployment::create(true).await;
    let pipeline = &deployment.pipeline;
    // It fails for good, and then would prove.
    let old = Arc::new(TestBackend::new(Behaviour::FailFirst(4)));
    let _old_worker = deployment.roll_out("1", &old, Role::ALL).await;
    let parked = pipeline.accept(BIRTH_DATE).await;
    let outcome = pipeline.outcome(&parked).await;
    assert!(matches!(outcome, ProofOutcome::DeadLettered { .. }));
    pipeline.parked(&parked).await;

    let new = Arc::new(TestBackend::new(Behaviour::Prove));
    let _new_worker = deployment.roll_out("2", &new, Role::ALL).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    assert_eq!(pipeline.outcome(&job).await, ProofOutcome::Completed);
    redrive_row(pipeline, &parked).await;
    pipeline.client.redrive(&parked).await.unwrap();
    assert_eq!(pipeline.end_of(&parked).await, ProofOutcome::Completed);
    assert_eq!((old.calls(), new.calls()), (5, 1));
}
