//! Who works on what, and whose turn it is: queues of their own, and a fair share for each tenant.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use zapiki_activities::Role;
use zapiki_core::ids::TenantId;
use zapiki_core::plan::Plan;
use zapiki_core::state::ProofState;
use zapiki_workflows::client::JobEventKind;
use zapiki_workflows::testing::{readable, workflow_history_json};
use zapiki_workflows::wire::ProofJob;

use crate::support::{BIRTH_DATE, Behaviour, Pipeline, TestBackend, eventually};
use crate::{job_view, steps};

impl Pipeline {
    /// Starts a proof, and waits until it waits for a prover.
    async fn queued(&self, tenant: TenantId) -> ProofJob {
        let job = self.accept_of(tenant, BIRTH_DATE).await;
        self.client.start(&job).await.unwrap();
        eventually(async || {
            let view = job_view(self, &job).await;
            steps(&view).contains(&JobEventKind::Queued).then_some(())
        })
        .await;
        job
    }

    async fn another_tenant(&self) -> TenantId {
        let admin = &self.db.admin;
        let tenant = admin.create_tenant("other", Plan::Starter, Utc::now());
        tenant.await.unwrap().id
    }

    async fn settled_at(&self, job: &ProofJob) -> DateTime<Utc> {
        eventually(async || {
            let record = self.record(job).await;
            (record.state == ProofState::Completed).then_some(record.settled_at)?
        })
        .await
    }
}

/// The pipeline and the provers are workers of their own: neither does what is the other's.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_works_on_its_queues_and_no_others() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let _keeper = pipeline.worker_of(backend.clone(), &[Role::Pipeline]);
    let job = pipeline.queued(pipeline.db.tenant.id).await;
    let _elsewhere = pipeline.worker_of(backend.clone(), &[Role::Plonk, Role::Stark]);
    assert_eq!(backend.calls(), 0);
    let _prover = pipeline.worker_of(backend.clone(), &[Role::Groth16]);
    pipeline.settled_at(&job).await;
    assert_eq!(backend.calls(), 1);
}

/// One asks for twenty proofs, then another for two: who comes second does not wait for all twenty.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_who_asks_for_much_does_not_hold_up_another() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let _keeper = pipeline.worker_of(backend.clone(), &[Role::Pipeline]);
    let (greedy, modest) = (pipeline.db.tenant.id, pipeline.another_tenant().await);
    let mut many = Vec::new();
    for _ in 0..20 {
        many.push(pipeline.queued(greedy).await);
    }
    let few = [pipeline.queued(modest).await, pipeline.queued(modest).await];

    let _prover = pipeline.worker_of(backend, &[Role::Groth16]);
    let mut order = Vec::new();
    for job in many.iter().chain(&few) {
        order.push((pipeline.settled_at(job).await, job.proof.tenant_id));
    }
    order.sort();
    let last_of_few = order.iter().rposition(|(_, tenant)| *tenant == modest);
    let before = last_of_few.unwrap();
    assert!(before < 12, "{before} of 20 came first");
}

/// Nor do the items of a batch come before a single proof, whoever asked first.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_proof_comes_before_the_items_of_a_batch() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let _keeper = pipeline.worker_of(backend.clone(), &[Role::Pipeline]);
    let batch = pipeline.accept_batch(&[BIRTH_DATE; 60]).await;
    pipeline.client.start_batch(batch.batch).await.unwrap();
    let id = batch.batch.batch_id.to_string();
    eventually(async || {
        let history = readable(workflow_history_json(&pipeline.client, &id).await);
        history.contains("ActivityTaskScheduled").then_some(())
    })
    .await;
    let job = pipeline.queued(pipeline.db.tenant.id).await;

    let _prover = pipeline.worker_of(backend, &[Role::Groth16]);
    let single = pipeline.settled_at(&job).await;
    let made = eventually(async || {
        let record = pipeline.batch_record(&batch).await;
        record.finished_at.is_some().then_some(batch.proofs.clone())
    })
    .await;
    let mut before = 0;
    for proof in made {
        let record = pipeline.db.store.proof(pipeline.db.tenant.id, proof).await;
        let settled_at = record.unwrap().unwrap().settled_at;
        before += usize::from(settled_at.is_some_and(|at| at < single));
    }
    // A chunk that was handed out before the priorities were compared is not called back.
    assert!(before <= 20, "{before} items came first");
}
