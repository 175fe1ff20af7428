//! What Temporal stores is sealed; what it stored before that goes on; and a key that is missing stops nothing for ever.

use std::sync::Arc;

use temporalio_client::{
    Client, ClientOptions, UntypedWorkflow, WorkflowFetchHistoryOptions, WorkflowStartOptions,
};
use zapiki_activities::Role;
use zapiki_core::failure::FailureKind;
use zapiki_core::key_ring::KeyRing;
use zapiki_core::system::ProofSystem;
use zapiki_workflows::client::{PipelineClient, SealedPayloads};
use zapiki_workflows::proof::ProofWorkflow;
use zapiki_workflows::testing;
use zapiki_workflows::wire::{DEAD_LETTER_KEEP_S, PipelineInput, ProofJob, ProofOutcome};

use crate::support::{BIRTH_DATE, Behaviour, Pipeline, TestBackend, eventually, readable};

/// The history as Temporal has it, as text.
async fn stored(pipeline: &Pipeline, job: &ProofJob) -> String {
    let client: Client = pipeline.client.connected().await.unwrap();
    let handle = client.get_workflow_handle::<UntypedWorkflow>(job.proof.proof_id.to_string());
    let history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
    testing::readable(history.to_json().await.unwrap())
}

/// Texts that stand in payloads and in failures, and nowhere else.
fn of_payloads() -> [&'static str; 5] {
    [
        "\"proof_id\":",
        "\"nullifier\":",
        "\"prove_queue\":",
        "\"dead_letter_keep_s\":",
        FailureKind::ProverFailed.reason(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_payload_or_of_a_message_is_plain_in_temporal() {
    let (pipeline, _worker) = Pipeline::running(Behaviour::FailFirst(1)).await;
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.outcome(&job).await;
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
    let (stored, opened) = (
        stored(&pipeline, &job).await,
        readable(&pipeline, &job).await,
    );
    for text in of_payloads() {
        assert!(!stored.contains(text), "{text} is plain in Temporal");
        assert!(opened.contains(text), "the search for {text} is blind");
    }
    assert!(stored.contains("binary/encrypted") && stored.contains("encryption-key-id"));
    assert!(!opened.contains("binary/encrypted"));
    // What the server searches, and what failures are told apart by.
    for text in [
        ProofSystem::Groth16.as_str(),
        FailureKind::ProverFailed.as_str(),
    ] {
        assert!(stored.contains(text), "{text} is not to be found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_began_before_there_was_a_codec_goes_on() {
    let pipeline = Pipeline::create().await;
    let job = pipeline.accept(BIRTH_DATE).await;
    let sealing = pipeline.client.connected().await.unwrap();
    let plain = ClientOptions::new("default").build();
    let plain = Client::new(sealing.connection().clone(), plain).unwrap();
    let input = PipelineInput {
        job,
        prove_queue: pipeline.queues.prover(job.system).to_owned(),
        dead_letter_keep_s: DEAD_LETTER_KEEP_S,
        shows_exceptions_only: false,
    };
    let id = job.proof.proof_id.to_string();
    let options = WorkflowStartOptions::new(&pipeline.queues.pipeline, id).build();
    let started = plain
        .start_workflow(ProofWorkflow::run, input, options)
        .await;
    started.unwrap();
    assert!(stored(&pipeline, &job).await.contains("\"proof_id\":"));

    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::Prove)));
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_the_key_leaves_the_proof_to_one_that_has_it() {
    let pipeline = Pipeline::create().await;
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.client.start(&job).await.unwrap();

    let others = KeyRing::parse(&format!("1:{}", "5".repeat(64))).unwrap();
    let stranger = PipelineClient::connect_lazily(
        pipeline.url.clone(),
        "default",
        pipeline.queues.clone(),
        SealedPayloads::new(others.payload_keys()),
    );
    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let worker = pipeline.start(stranger, vec![backend.clone()], None, Role::ALL);
    eventually(async || {
        let stored = stored(&pipeline, &job).await;
        stored.contains("Failed decoding activation").then_some(())
    })
    .await;
    drop(worker);
    assert_eq!(backend.calls(), 0);

    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::Prove)));
    assert_eq!(pipeline.end_of(&job).await, ProofOutcome::Completed);
}
