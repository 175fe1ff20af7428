//! Histories: read for leaks, and recorded for the replay tests.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zapiki_workflows::wire::ProofJob;

use super::Pipeline;

async fn history_json(pipeline: &Pipeline, job: &ProofJob) -> Vec<u8> {
    let history = pipeline.client.history(job.proof.proof_id).await.unwrap();
    history.to_json().await.unwrap()
}

/// All that the history holds as text: its JSON, and every payload decoded.
pub(crate) async fn readable(pipeline: &Pipeline, job: &ProofJob) -> String {
    let json = history_json(pipeline, job).await;
    let mut text = String::from_utf8(json.clone()).unwrap();
    decode(&serde_json::from_slice(&json).unwrap(), &mut text);
    text
}

fn decode(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => {
            if let Ok(bytes) = STANDARD.decode(string) {
                text.push_str(&String::from_utf8_lossy(&bytes));
                text.push('\n');
            }
        }
        // A payload's bytes as numbers.
        Value::Array(items) if items.iter().all(Value::is_u64) => {
            let bytes: Vec<u8> = items
                .iter()
                .filter_map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()))
                .collect();
            text.push_str(&String::from_utf8_lossy(&bytes));
            text.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| decode(item, text)),
        Value::Object(fields) => fields.values().for_each(|field| decode(field, text)),
        _ => {}
    }
}

/// Writes the history to `$ZAPIKI_RECORD_HISTORIES/<name>.json`, if that variable is set. See
/// `workflows/tests/histories/README.md`.
pub(crate) async fn record(pipeline: &Pipeline, job: &ProofJob, name: &str) {
    let Some(folder) = std::env::var_os("ZAPIKI_RECORD_HISTORIES") else {
        return;
    };
    let json: Value = serde_json::from_slice(&history_json(pipeline, job).await).unwrap();
    let path = PathBuf::from(folder).join(format!("{name}.json"));
    std::fs::write(path, format!("{json:#}\n")).unwrap();
}
