//! What a webhook is told. The form is a promise: fields are added, none changes its meaning.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::WebhookEvent;
use crate::circuit::CircuitId;
use crate::ids::{BatchId, ProofId, WebhookId};
use crate::problem::ProblemCode;
use crate::state::ProofState;
use crate::statement::StatementKind;
use crate::system::ProofSystem;

/// A message, as its JSON form has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// What happened.
    #[serde(rename = "type")]
    pub event: WebhookEvent,
    /// When, not when it is told.
    #[serde(serialize_with = "rfc3339")]
    pub timestamp: DateTime<Utc>,
    /// To what.
    pub data: MessageData,
}

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum MessageData {
    /// A proof.
    Proof(ProofNews),
    /// The webhook itself.
    Webhook(WebhookNews),
}

/// What is told of a proof: enough to know it again, and to ask for the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofNews {
    /// Which.
    pub proof_id: ProofId,
    /// The batch that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<BatchId>,
    /// The state that it came to.
    pub state: ProofState,
    /// What it shows, or was to show.
    pub statement: StatementKind,
    /// How.
    pub system: ProofSystem,
    /// With which circuit.
    pub circuit: CircuitId,
    /// Why it was rejected or dead-lettered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ProblemCode>,
}

/// What is told of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookNews {
    /// Which.
    pub webhook_id: WebhookId,
}

impl Message {
    /// The bytes that are signed and sent; the same each time.
    ///
    /// # Errors
    /// Never: it has no maps and no foreign types.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_form_of_a_message_stays() {
        let timestamp = DateTime::from_timestamp_micros(1_795_600_000_123_456).unwrap();
        let mut message = Message {
            event: WebhookEvent::ProofDeadLettered,
            timestamp,
            data: MessageData::Proof(ProofNews {
                proof_id: ProofId::from_uuid(Uuid::from_u128(1)),
                batch_id: None,
                state: ProofState::DeadLettered,
                statement: StatementKind::AgeOver,
                system: ProofSystem::Groth16,
                circuit: "age_over@1.0.0".parse().unwrap(),
                code: Some(ProblemCode::ProofDeadLettered),
            }),
        };
        let text = |message: &Message| String::from_utf8(message.to_json().unwrap()).unwrap();
        assert_eq!(
            text(&message),
            concat!(
                r#"{"type":"proof.dead_lettered","timestamp":"2026-11-25T09:46:40.123456Z","#,
                r#""data":{"proof_id":"proof_00000000000000000000000000000001","state":"dead_lettered","#,
                r#""statement":"age_over","system":"groth16","circuit":"age_over@1.0.0","code":"proof_dead_lettered"}}"#,
            )
        );
        message.event = WebhookEvent::WebhookTest;
        message.data = MessageData::Webhook(WebhookNews {
            webhook_id: WebhookId::from_uuid(Uuid::from_u128(2)),
        });
        assert_eq!(
            text(&message),
            concat!(
                r#"{"type":"webhook.test","timestamp":"2026-11-25T09:46:40.123456Z","#,
                r#""data":{"webhook_id":"webhook_00000000000000000000000000000002"}}"#,
            )
        );
    }
}
