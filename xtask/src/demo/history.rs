//! A workflow's history as Temporal's own tool exports it: told event by event, and searched for what must not be there. The tool
//! has the codec server open the payloads; the same history without it shows that they are sealed.

use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{process::Launch, setup::Kit};

/// A history, with all its payloads made readable.
#[derive(Debug)]
pub(super) struct History {
    document: Value,
    readable: String,
}

/// Who opens payloads: where, and for which token.
pub(super) struct Codec<'a> {
    pub(super) url: &'a str,
    pub(super) token: &'a str,
}

/// Exports the history of a workflow, its payloads opened if there is somebody to do it.
pub(super) fn read(
    kit: &Kit,
    address: &str,
    workflow: &str,
    codec: Option<&Codec<'_>>,
    log: &Path,
) -> anyhow::Result<History> {
    let mut show = Launch::new("temporal workflow show", &kit.temporal)
        .args([
            "workflow",
            "show",
            "--address",
            address,
            "--workflow-id",
            workflow,
            "--output",
            "json",
        ])
        // Payloads as they are stored, not as the tool would pretty-print those that it understands.
        .arg("--no-json-shorthand-payloads")
        .errors_to(log);
    if let Some(codec) = codec {
        show = show
            .args(["--codec-endpoint", codec.url])
            .args(["--codec-auth", &format!("Bearer {}", codec.token)]);
    }
    History::parse(&show.read()?)
}

impl History {
    fn parse(json: &str) -> anyhow::Result<Self> {
        let document: Value =
            serde_json::from_str(json).context("Temporal's history is not JSON")?;
        let mut readable = json.to_owned();
        decode(&document, &mut readable);
        Ok(Self { document, readable })
    }

    /// The search is not blind: this is found in a payload, as the proof that it is about.
    pub(super) fn ensure_shows(&self, proof: &str) -> anyhow::Result<()> {
        ensure!(
            self.readable.contains(&in_payload(proof)),
            "{proof} is not in a payload of the history"
        );
        Ok(())
    }

    /// Payloads are there, and nobody reads them.
    pub(super) fn ensure_is_sealed(&self, proof: &str) -> anyhow::Result<()> {
        ensure!(
            self.readable.contains("binary/encrypted")
                && !self.readable.contains(&in_payload(proof)),
            "payloads of the history are not sealed"
        );
        Ok(())
    }

    /// This is not found.
    pub(super) fn ensure_hides(&self, private: &str) -> anyhow::Result<()> {
        // Not quoted: whoever reads this is not to see it either.
        ensure!(
            !self.readable.contains(private),
            "a private value is in the history"
        );
        Ok(())
    }

    /// A line per event.
    pub(super) fn events(&self) -> anyhow::Result<Vec<String>> {
        let events = self.document["events"]
            .as_array()
            .context("the history has no events")?;
        ensure!(!events.is_empty(), "the history has no events");
        Ok(events.iter().map(line).collect())
    }
}

/// How a payload names a proof.
fn in_payload(proof: &str) -> String {
    format!("\"proof_id\":\"{proof}\"")
}

fn line(event: &Value) -> String {
    let kind = event["eventType"]
        .as_str()
        .unwrap_or_default()
        .trim_start_matches("EVENT_TYPE_");
    // 2026-11-24T18:12:24.889123Z
    let time = event["eventTime"]
        .as_str()
        .and_then(|time| time.get(11..23))
        .unwrap_or_default();
    let number = event["eventId"].as_str().unwrap_or_default();
    format!(
        "{number:>3}  {time}  {}",
        kind.to_ascii_lowercase().replace('_', " ")
    )
}

/// Appends what every string decodes to.
fn decode(value: &Value, readable: &mut String) {
    match value {
        Value::String(string) => {
            if let Ok(bytes) = STANDARD.decode(string) {
                readable.push_str(&String::from_utf8_lossy(&bytes));
                readable.push('\n');
            }
        }
        Value::Array(items) => items.iter().for_each(|item| decode(item, readable)),
        Value::Object(fields) => fields.values().for_each(|field| decode(field, readable)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payload_is_searched_through_its_encoding() {
        let payload = STANDARD.encode(r#"{"proof_id":"p1","birth_date":"2001-05-17"}"#);
        let document = json!({"events": [{
            "eventId": "1", "eventTime": "2026-11-24T18:12:24.889123Z", "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
            "workflowExecutionStartedEventAttributes": {"input": {"payloads": [{"data": payload}]}},
        }]});
        let history = History::parse(&document.to_string()).unwrap();
        history.ensure_shows("p1").unwrap();
        assert!(history.ensure_shows("p2").is_err());
        assert!(history.ensure_hides("2001-05-17").is_err());
        history.ensure_hides("2001-05-18").unwrap();
        assert_eq!(
            history.events().unwrap(),
            ["  1  18:12:24.889  workflow execution started"]
        );
    }

    #[test]
    fn an_empty_history_tells_nothing_and_is_refused() {
        assert!(
            History::parse(r#"{"events": []}"#)
                .unwrap()
                .events()
                .is_err()
        );
        assert!(History::parse("").is_err());
    }
}
