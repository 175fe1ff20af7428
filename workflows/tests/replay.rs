//! The workflow against histories of real proofs: proofs that are under way survive a new version of the program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use temporalio_client::WorkflowHistory;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::opentelemetry::OpenTelemetryPlugin;
use temporalio_sdk::workflow_replayer::{
    WorkflowReplayError, WorkflowReplayer, WorkflowReplayerOptions,
};
use temporalio_workflow::workflows::WorkflowImplementation;
use temporalio_workflow::{WorkflowContext, WorkflowResult};
use zapiki_workflows::batch::BatchWorkflow;
use zapiki_workflows::definitions::{Pipeline, Proving, local_options, prove_options};
use zapiki_workflows::lists::RefreshListWorkflow;
use zapiki_workflows::proof::ProofWorkflow;
use zapiki_workflows::webhooks::DeliveryWorkflow;
use zapiki_workflows::wire::{PipelineInput, ProofOutcome};

const COMPLETED: &str = include_str!("histories/completed.json");
const COMPLETED_ORDINARY: &str = include_str!("histories/completed_ordinary.json");
const REJECTED: &str = include_str!("histories/rejected.json");
const DEAD_LETTERED: &str = include_str!("histories/dead_lettered.json");
const CANCELLED: &str = include_str!("histories/cancelled.json");
const REDRIVEN: &str = include_str!("histories/redriven.json");
const REDRIVEN_ORDINARY: &str = include_str!("histories/redriven_ordinary.json");
const DISCARDED: &str = include_str!("histories/discarded.json");
const EXPIRED: &str = include_str!("histories/expired.json");
const BATCH_FINISHED: &str = include_str!("histories/batch_finished.json");
const BATCH_HANDED_OVER: &str = include_str!("histories/batch_handed_over.json");
const BATCH_CONTINUED: &str = include_str!("histories/batch_continued.json");
const BATCH_CANCELLED: &str = include_str!("histories/batch_cancelled.json");
const LIST_REFRESHED: &str = include_str!("histories/list_refreshed.json");
const LIST_REFUSED: &str = include_str!("histories/list_refused.json");
const MESSAGE_DELIVERED: &str = include_str!("histories/message_delivered.json");
const MESSAGE_GIVEN_UP: &str = include_str!("histories/message_given_up.json");

async fn replay<W>(history: &str) -> Result<(), WorkflowReplayError>
where
    W: WorkflowImplementation,
    <W::Run as temporalio_common::WorkflowDefinition>::Input: Send,
{
    // With and without traces: what was recorded with one goes on with the other.
    let traced =
        WorkflowReplayerOptions::new().worker_plugin(OpenTelemetryPlugin::builder().build());
    for options in [WorkflowReplayerOptions::new(), traced] {
        let options = options.register_workflow::<W>().unwrap().build();
        let history = WorkflowHistory::from_json(history.as_bytes()).unwrap();
        let replayer = WorkflowReplayer::new(options).unwrap();
        replayer.replay_workflow(history).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_outcome_replays() {
    // What is `ordinary` shows no state of an ordinary proof; the others were recorded before that.
    // `dead_lettered` is of the time before dead letters were parked: the patch leads it to the end that it had.
    for (name, history) in [
        ("completed", COMPLETED),
        ("completed_ordinary", COMPLETED_ORDINARY),
        ("redriven_ordinary", REDRIVEN_ORDINARY),
        ("rejected", REJECTED),
        ("dead_lettered", DEAD_LETTERED),
        ("cancelled", CANCELLED),
        ("redriven", REDRIVEN),
        ("discarded", DISCARDED),
        ("expired", EXPIRED),
    ] {
        if let Err(error) = replay::<ProofWorkflow>(history).await {
            panic!("{name}: {error}");
        }
    }
}

#[tokio::test]
async fn every_end_of_a_batch_replays() {
    for (name, history) in [
        ("finished", BATCH_FINISHED),
        ("handed_over", BATCH_HANDED_OVER),
        ("continued", BATCH_CONTINUED),
        ("cancelled", BATCH_CANCELLED),
    ] {
        if let Err(error) = replay::<BatchWorkflow>(history).await {
            panic!("{name}: {error}");
        }
        let other = history.replace(r#""name": "prove_chunk""#, r#""name": "prove_elsewhere""#);
        assert_ne!(other, history);
        let replayed = replay::<BatchWorkflow>(&other).await;
        assert!(
            matches!(replayed, Err(WorkflowReplayError::Replay(_))),
            "{name}: {replayed:?}"
        );
    }
}

#[tokio::test]
async fn every_end_of_a_refresh_replays() {
    for (name, history) in [("refreshed", LIST_REFRESHED), ("refused", LIST_REFUSED)] {
        if let Err(error) = replay::<RefreshListWorkflow>(history).await {
            panic!("{name}: {error}");
        }
        let other = history.replace(
            r#""name": "refresh_list""#,
            r#""name": "refresh_elsewhere""#,
        );
        assert_ne!(other, history);
        let replayed = replay::<RefreshListWorkflow>(&other).await;
        assert!(
            matches!(replayed, Err(WorkflowReplayError::Replay(_))),
            "{name}: {replayed:?}"
        );
    }
}

#[tokio::test]
async fn every_end_of_a_message_replays() {
    for (name, history) in [
        ("delivered", MESSAGE_DELIVERED),
        ("given_up", MESSAGE_GIVEN_UP),
    ] {
        if let Err(error) = replay::<DeliveryWorkflow>(history).await {
            panic!("{name}: {error}");
        }
        let other = history.replace(r#""name": "deliver""#, r#""name": "deliver_elsewhere""#);
        assert_ne!(other, history);
        let replayed = replay::<DeliveryWorkflow>(&other).await;
        assert!(
            matches!(replayed, Err(WorkflowReplayError::Replay(_))),
            "{name}: {replayed:?}"
        );
    }
}

/// The workflow as somebody might change it: it proves first.
#[workflow]
#[derive(Default)]
struct ChangedWorkflow;

#[workflow_methods]
impl ChangedWorkflow {
    #[run(name = "ProofWorkflow")]
    async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: PipelineInput,
    ) -> WorkflowResult<ProofOutcome> {
        let options = prove_options(&input.prove_queue);
        ctx.execute_activity(Proving::prove, input.job.proof, options)
            .await?;
        ctx.execute_local_activity(Pipeline::validate, input.job.proof, local_options())
            .await?;
        Ok(ProofOutcome::Completed)
    }
}

#[tokio::test]
async fn a_workflow_with_other_steps_does_not() {
    let replayed = replay::<ChangedWorkflow>(COMPLETED).await;
    assert!(
        matches!(replayed, Err(WorkflowReplayError::Replay(_))),
        "{replayed:?}"
    );
}

#[tokio::test]
async fn nor_does_a_history_with_other_steps() {
    // The same proof, as if it had been proved by an activity of another name.
    let other = COMPLETED.replace(r#""name": "prove""#, r#""name": "prove_elsewhere""#);
    assert_ne!(other, COMPLETED);
    let replayed = replay::<ProofWorkflow>(&other).await;
    assert!(
        matches!(replayed, Err(WorkflowReplayError::Replay(_))),
        "{replayed:?}"
    );
}
