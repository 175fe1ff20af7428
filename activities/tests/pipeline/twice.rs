//! Each activity run twice has one effect: Temporal promises at least one run, and a worker can be lost after the effect and
//! before the answer.

use std::sync::Arc;
use std::time::Duration;

use temporalio_client::{WorkflowGetResultOptions, WorkflowStartOptions};
use temporalio_common::HasWorkflowDefinition;
use temporalio_common::error::ActivityExecutionError;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{Runtime, Worker, WorkerOptions, WorkflowContext, WorkflowResult};
use zapiki_activities::PipelineActivities;
use zapiki_activities::lists::ListTrees;
use zapiki_core::audit::AuditKind;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::failure::FailureKind;
use zapiki_core::state::ProofState;
use zapiki_workflows::definitions::{Pipeline as Steps, Proving, local_options, prove_options};
use zapiki_workflows::failure::StepFailure;
use zapiki_workflows::wire::{
    AuditRequest, DEAD_LETTER_KEEP_S, Decision, PersistRequest, PipelineInput, ProofJob,
    ProofOutcome, ProofRef, ResolveRequest, Resolved, SettlementRequest, Validated,
};

use crate::support::{BIRTH_DATE, Behaviour, PATIENCE, Pipeline, TestBackend};

/// What each run of an activity answered.
type Answers = (Vec<Validated>, Vec<ProofEnvelope>, Vec<ProofOutcome>);

/// The steps of a proof, each as if its first answer had been lost.
#[workflow]
#[derive(Default)]
pub(crate) struct TwiceWorkflow;

#[workflow_methods]
impl TwiceWorkflow {
    #[run]
    pub(crate) async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: PipelineInput,
    ) -> WorkflowResult<Answers> {
        let (job, proof) = (input.job, input.job.proof);
        let (mut validated, mut proved, mut persisted) = (vec![], vec![], vec![]);
        for _ in 0..2 {
            validated.push(local(ctx, Steps::validate, proof).await?);
        }
        for _ in 0..2 {
            let options = prove_options(&input.prove_queue);
            proved.push(ctx.execute_activity(Proving::prove, proof, options).await?);
        }
        // The second comes with the other proof, the third with another outcome.
        let envelope = |index: usize| Box::new(proved[index].clone());
        for settlement in [
            SettlementRequest::Completed {
                envelope: envelope(0),
            },
            SettlementRequest::Completed {
                envelope: envelope(1),
            },
            SettlementRequest::Cancelled,
        ] {
            let request = PersistRequest { proof, settlement };
            persisted.push(local(ctx, Steps::persist, request).await?);
        }
        validated.push(local(ctx, Steps::validate, proof).await?);
        // Nothing is left to decide about a proof that is made.
        for decision in [Decision::Redrive, Decision::Discard, Decision::Expire] {
            let request = ResolveRequest { proof, decision };
            let Resolved { outcome } = local(ctx, Steps::resolve, request).await?;
            persisted.extend(outcome);
        }
        for _ in 0..2 {
            local(ctx, Steps::meter, job).await?;
            let request = AuditRequest::new(&job, ProofOutcome::Completed);
            local(ctx, Steps::audit, request).await?;
        }
        Ok((validated, proved, persisted))
    }
}

/// A try that fails, and whose letter is told again after somebody had the proof tried again.
#[workflow]
#[derive(Default)]
pub(crate) struct LateWorkflow;

#[workflow_methods]
impl LateWorkflow {
    #[run]
    pub(crate) async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: PipelineInput,
    ) -> WorkflowResult<Answers> {
        let proof = input.job.proof;
        let (mut validated, mut persisted) = (vec![], vec![]);
        let first = |rounds| letter_of(proof, FailureKind::CircuitUnavailable, rounds);
        let other = |rounds| letter_of(proof, FailureKind::ProverFailed, rounds);

        validated.push(local(ctx, Steps::validate, proof).await?);
        persisted.push(local(ctx, Steps::persist, first(Some(0))).await?);
        let decision = Decision::Redrive;
        let request = ResolveRequest { proof, decision };
        let resolved = local(ctx, Steps::resolve, request).await?;
        persisted.extend(resolved.outcome);
        // What is told again cannot be another failure; here it is, to see whose words the answers have.
        for rounds in [Some(0), None] {
            persisted.push(local(ctx, Steps::persist, other(rounds)).await?);
        }
        // Begun anew, it is still no matter of the try before.
        validated.push(local(ctx, Steps::validate, proof).await?);
        persisted.push(local(ctx, Steps::persist, other(Some(0))).await?);
        validated.push(local(ctx, Steps::validate, proof).await?);
        persisted.push(local(ctx, Steps::persist, other(Some(1))).await?);
        Ok((validated, vec![], persisted))
    }
}

fn letter_of(proof: ProofRef, kind: FailureKind, rounds: Option<u32>) -> PersistRequest {
    let failure = StepFailure {
        kind,
        attempts: Some(1),
        chain: vec![kind],
    };
    PersistRequest {
        proof,
        settlement: SettlementRequest::DeadLettered {
            failure,
            keep_s: DEAD_LETTER_KEEP_S,
            rounds,
        },
    }
}

async fn local<W, A: temporalio_common::ActivityDefinition>(
    ctx: &mut WorkflowContext<W>,
    activity: A,
    input: A::Input,
) -> Result<A::Output, ActivityExecutionError> {
    ctx.execute_local_activity(activity, input, local_options())
        .await
}

/// Runs such a workflow on a worker of its own.
async fn answers<W>(pipeline: &Pipeline, job: ProofJob, run: W) -> Answers
where
    W: HasWorkflowDefinition<Input = PipelineInput, Output = Answers>,
{
    let client = pipeline.client.connected().await.unwrap();
    let queue = format!("{}-twice", pipeline.queues.pipeline);
    let options = WorkerOptions::new(queue.clone())
        .register_workflow::<TwiceWorkflow>()
        .unwrap()
        .register_workflow::<LateWorkflow>()
        .unwrap()
        .register_activities(PipelineActivities::new(
            pipeline.db.store.clone(),
            ListTrees::new(pipeline.db.store.clone()),
        ))
        .build();
    let runtime = Runtime::from_current_tokio(Default::default()).unwrap();
    let mut worker = Worker::new(&runtime, client.clone(), options).unwrap();
    let stop = worker.shutdown_handle();
    let input = PipelineInput {
        job,
        prove_queue: pipeline.queues.groth16.clone(),
        dead_letter_keep_s: DEAD_LETTER_KEEP_S,
        shows_exceptions_only: true,
    };
    let options = WorkflowStartOptions::new(queue, format!("twice-{}", job.proof.proof_id))
        .execution_timeout(Duration::from_secs(50))
        .build();
    let running = async {
        let handle = client.start_workflow(run, input, options).await.unwrap();
        let answers = handle.get_result(WorkflowGetResultOptions::default()).await;
        stop();
        answers.unwrap()
    };
    let both = async { tokio::join!(worker.run(), running) };
    let (stopped, answers) = tokio::time::timeout(PATIENCE, both).await.unwrap();
    stopped.unwrap();
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_told_again_leaves_a_proof_that_was_redriven_alone() {
    let pipeline = Pipeline::create().await;
    let job = pipeline.accept(BIRTH_DATE).await;
    let (validated, _, persisted) = answers(&pipeline, job, LateWorkflow::run).await;
    let valid = |rounds| Validated::Valid {
        rounds: Some(rounds),
    };
    assert_eq!(validated, [valid(0), valid(1), valid(1)]);
    let failed = |kind: FailureKind| ProofOutcome::DeadLettered { code: kind.code() };
    let (first, other) = (
        failed(FailureKind::CircuitUnavailable),
        failed(FailureKind::ProverFailed),
    );
    assert_ne!(first, other);
    assert_eq!(persisted, [first, first, first, first, other]);

    let letters = pipeline.failures(&job).await;
    let rounds: Vec<_> = letters
        .iter()
        .map(|l| (l.round, l.letter.failure))
        .collect();
    assert_eq!(
        rounds,
        [
            (2, FailureKind::ProverFailed),
            (1, FailureKind::CircuitUnavailable)
        ]
    );
    assert_eq!(pipeline.record(&job).await.state, ProofState::DeadLettered);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_done_twice_has_one_effect() {
    let pipeline = Pipeline::create().await;
    let backend = Arc::new(TestBackend::new(Behaviour::Prove));
    let _prover = pipeline.worker(backend.clone());
    let job = pipeline.accept(BIRTH_DATE).await;
    let (validated, proved, persisted) = answers(&pipeline, job, TwiceWorkflow::run).await;

    let outcome = ProofOutcome::Completed;
    assert_eq!(
        validated,
        [
            Validated::Valid { rounds: Some(0) },
            Validated::Valid { rounds: Some(0) },
            Validated::Settled { outcome }
        ]
    );
    assert_eq!((proved.len(), backend.calls()), (2, 2));
    // The first outcome stays, and everybody is told it.
    assert_eq!(persisted, [outcome; 6]);
    let row = pipeline.record(&job).await;
    assert_eq!(
        (row.state, row.envelope),
        (ProofState::Completed, Some(proved[0].clone()))
    );
    assert!(pipeline.is_shredded(&job).await);
    assert_eq!(pipeline.proofs_used().await, 1);
    assert_eq!(pipeline.audit().await, [(AuditKind::ProofCompleted, None)]);
}
