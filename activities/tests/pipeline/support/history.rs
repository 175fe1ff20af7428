//! Histories: read for leaks, and recorded for the replay tests.

use std::path::PathBuf;

use serde_json::Value;
use zapiki_workflows::testing::{readable_history, workflow_history_json};
use zapiki_workflows::wire::ProofJob;

use super::Pipeline;

/// All that the history holds as text.
pub(crate) async fn readable(pipeline: &Pipeline, job: &ProofJob) -> String {
    readable_history(&pipeline.client, job.proof.proof_id).await
}

/// Writes the history to `$ZAPIKI_RECORD_HISTORIES/<name>.json`, if that variable is set. See
/// `workflows/tests/histories/README.md`.
pub(crate) async fn record(pipeline: &Pipeline, job: &ProofJob, name: &str) {
    record_history(pipeline, &job.proof.proof_id.to_string(), name).await;
}

/// The same of any workflow: of its last run.
pub(crate) async fn record_history(pipeline: &Pipeline, workflow: &str, name: &str) {
    record_json(
        &workflow_history_json(&pipeline.client, workflow).await,
        name,
    );
}

/// The same of a history that was read.
pub(crate) fn record_json(history: &[u8], name: &str) {
    let Some(folder) = std::env::var_os("ZAPIKI_RECORD_HISTORIES") else {
        return;
    };
    let json: Value = serde_json::from_slice(history).unwrap();
    let path = PathBuf::from(folder).join(format!("{name}.json"));
    std::fs::write(path, format!("{json:#}\n")).unwrap();
}
