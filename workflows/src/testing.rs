//! Histories made readable, to search them for what must not be there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt as _;
use serde_json::Value;
use temporalio_client::{WorkflowListOptions, WorkflowTerminateOptions};
use temporalio_common::UntypedWorkflow;
use zapiki_core::ids::{ProofId, TenantId};

use crate::client::PipelineClient;

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

/// The proofs of a tenant whose workflows run.
///
/// # Panics
/// As [`history_json`].
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn running(client: &PipelineClient, tenant: TenantId) -> Vec<ProofId> {
    let connected = client.connected().await.expect("Temporal");
    let query = format!("ZapikiTenant = '{tenant}' AND ExecutionStatus = 'Running'");
    let found = connected.list_workflows(query, WorkflowListOptions::default());
    let found: Vec<_> = found.try_collect().await.expect("a list of workflows");
    let ids = found
        .iter()
        .map(|workflow| workflow.id().parse().expect("a proof's id"));
    ids.collect()
}

/// Ends the workflow of a proof from outside, as an operator can: no step of it runs any more.
///
/// # Panics
/// As [`history_json`], or there is none.
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn terminate(client: &PipelineClient, proof: ProofId) {
    let connected = client.connected().await.expect("Temporal");
    let handle = connected.get_workflow_handle::<UntypedWorkflow>(proof.to_string());
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
