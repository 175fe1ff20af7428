//! What tests ask Temporal, and what an operator would do there: histories made readable, to search them for what must not be
//! there; which workflows run; which release is the current one.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt as _;
use serde_json::Value;
use temporalio_client::errors::WorkflowInteractionError;
use temporalio_client::tonic::IntoRequest as _;
use temporalio_client::{
    NamespacedClient as _, WorkflowDescribeOptions, WorkflowExecutionStatus, WorkflowListOptions,
    WorkflowTerminateOptions,
};
use temporalio_common::UntypedWorkflow;
use temporalio_common::protos::temporal::api::workflowservice::v1::SetWorkerDeploymentCurrentVersionRequest;
use zapiki_core::ids::{BatchId, ProofId, TenantId};

use crate::client::{JobStatus, PipelineClient, PipelineError};

/// How often a release is asked for until its workers are known: for half a minute.
const TRIES_MAX: u32 = 150;

/// The history of a proof as JSON, as Temporal's tools export it, with its payloads opened.
///
/// # Panics
/// Temporal is away: a test that cannot read a history has failed.
pub async fn history_json(client: &PipelineClient, proof: ProofId) -> Vec<u8> {
    workflow_history_json(client, &proof.to_string()).await
}

/// The history of any workflow's last run, as [`history_json`].
///
/// # Panics
/// As [`history_json`].
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn workflow_history_json(client: &PipelineClient, workflow_id: &str) -> Vec<u8> {
    let history = client.history(workflow_id).await.expect("a history");
    history.to_json().await.expect("a history as JSON")
}

/// All that the history of a proof holds as text: its JSON, and every payload decoded.
///
/// # Panics
/// As [`history_json`].
pub async fn readable_history(client: &PipelineClient, proof: ProofId) -> String {
    readable(history_json(client, proof).await)
}

/// All that a history's JSON holds as text.
///
/// # Panics
/// It is no JSON.
#[must_use]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub fn readable(json: Vec<u8>) -> String {
    let document = serde_json::from_slice(&json).expect("JSON");
    let mut text = String::from_utf8(json).expect("JSON is text");
    decode(&document, &mut text);
    text
}

/// The proofs and batches of a tenant whose workflows run.
///
/// # Panics
/// As [`history_json`].
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn running(client: &PipelineClient, tenant: TenantId) -> (Vec<ProofId>, Vec<BatchId>) {
    let connected = client.connected().await.expect("Temporal");
    // Those of messages to webhooks run for as long as a receiver is away.
    let query = format!(
        "ZapikiTenant = '{tenant}' AND ExecutionStatus = 'Running' \
         AND WorkflowType != 'DeliveryWorkflow'"
    );
    let found = connected.list_workflows(query, WorkflowListOptions::default());
    let found: Vec<_> = found.try_collect().await.expect("a list of workflows");
    let (mut proofs, mut batches) = (Vec::new(), Vec::new());
    for workflow in &found {
        match workflow.id().parse() {
            Ok(proof) => proofs.push(proof),
            Err(_) => batches.push(workflow.id().parse().expect("the id of a proof or a batch")),
        }
    }
    (proofs, batches)
}

/// Where the workflow of a batch stands; `None` if it was never started.
///
/// # Errors
/// Temporal is away.
pub async fn batch_status(
    client: &PipelineClient,
    batch: BatchId,
) -> Result<Option<JobStatus>, PipelineError> {
    let connected = client.connected().await?;
    let handle = connected.get_workflow_handle::<UntypedWorkflow>(batch.to_string());
    match handle.describe(WorkflowDescribeOptions::default()).await {
        Ok(description) => Ok(Some(match description.status() {
            WorkflowExecutionStatus::Running => JobStatus::Running,
            WorkflowExecutionStatus::Completed => JobStatus::Finished,
            _ => JobStatus::Broken,
        })),
        Err(WorkflowInteractionError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Has workers of this release take new workflows, and go on with those that are not pinned. Waits until they are known.
///
/// # Panics
/// As [`history_json`], or there are no such workers.
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn set_current_release(client: &PipelineClient, deployment: &str, build_id: &str) {
    let connected = client.connected().await.expect("Temporal");
    let mut service = connected.connection().workflow_service();
    let mut pause = tokio::time::interval(Duration::from_millis(200));
    let mut answer = Ok(());
    for _ in 0..TRIES_MAX {
        pause.tick().await;
        let request = SetWorkerDeploymentCurrentVersionRequest {
            namespace: connected.namespace(),
            deployment_name: deployment.to_owned(),
            build_id: build_id.to_owned(),
            ..Default::default()
        };
        let asked = service.set_worker_deployment_current_version(request.into_request());
        answer = asked.await.map(|_answer| ());
        if answer.is_ok() {
            return;
        }
    }
    answer.expect("workers of the release");
}

/// Ends the workflow of a proof or a batch from outside, as an operator can: no step of it runs any more.
///
/// # Panics
/// As [`history_json`], or there is none.
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn terminate(client: &PipelineClient, id: impl ToString) {
    let connected = client.connected().await.expect("Temporal");
    let handle = connected.get_workflow_handle::<UntypedWorkflow>(id.to_string());
    let ended = handle.terminate(WorkflowTerminateOptions::default()).await;
    ended.expect("a workflow that runs");
}

fn decode(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => {
            if let Ok(bytes) = STANDARD.decode(string) {
                append(&bytes, text);
            }
        }
        // A payload's bytes as numbers.
        Value::Array(items) if items.iter().all(Value::is_u64) => {
            let bytes: Vec<u8> = items
                .iter()
                .filter_map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()))
                .collect();
            append(&bytes, text);
        }
        Value::Array(items) => items.iter().for_each(|item| decode(item, text)),
        Value::Object(fields) => fields.values().for_each(|field| decode(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn append(bytes: &[u8], text: &mut String) {
    text.push_str(&String::from_utf8_lossy(bytes));
    text.push('\n');
}
