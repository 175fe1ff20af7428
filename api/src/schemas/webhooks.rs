//! Webhooks, the messages to them, and what became of these.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_core::ids::{BatchId, DeliveryId, ProofId, WebhookId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_core::webhook::{DeliveryFailure, WebhookEvent};
use zapiki_store::DeliveryStatus;

use super::examples;
use crate::forms::{CircuitIdText, Text};

/// A webhook to be made.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhookRequest {
    /// Where messages are sent, by POST: an `https` URL on the public internet, without user, password and fragment.
    #[oai(validator(min_length = 1, max_length = 2048))]
    pub(crate) url: String,
    /// What it is told of. A test comes unasked.
    #[oai(validator(min_items = 1, max_items = 10))]
    pub(crate) events: Vec<Text<WebhookEvent>>,
}

/// A webhook.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Webhook {
    /// Its id.
    pub(crate) id: Text<WebhookId>,
    /// Where messages are sent.
    pub(crate) url: String,
    /// What it is told of.
    pub(crate) events: Vec<Text<WebhookEvent>>,
    /// Since when it is there.
    pub(crate) created_at: DateTime<Utc>,
    /// Since when it is told nothing: you disabled it, or it answered 410.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disabled_at: Option<DateTime<Utc>>,
}

/// Your webhooks, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct WebhookPage {
    /// The webhooks.
    pub(crate) webhooks: Vec<Webhook>,
}

/// A webhook that was just made, with what its messages are signed with.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct CreatedWebhook {
    /// The webhook.
    pub(crate) webhook: Webhook,
    /// The secret that signs its messages, and that you verify them with. It is shown this once.
    pub(crate) secret: String,
}

/// The secret that signs from now on.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct WebhookSecret {
    /// The secret. It is shown this once.
    pub(crate) secret: String,
    /// Until when messages are signed with the one before it, too.
    pub(crate) old_until: DateTime<Utc>,
}

/// A message, and what became of it.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Delivery {
    /// Its id, which it has in the header `webhook-id`: the same each time it is sent.
    pub(crate) id: Text<DeliveryId>,
    /// What it tells of.
    pub(crate) event: Text<WebhookEvent>,
    /// The proof that it is about.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof_id: Option<Text<ProofId>>,
    /// When that happened.
    pub(crate) occurred_at: DateTime<Utc>,
    /// How far it is.
    pub(crate) status: Text<DeliveryStatus>,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// When it was sent last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempted_at: Option<DateTime<Utc>>,
    /// When it is sent again.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    /// The HTTP status that your server answered last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status_code: Option<u16>,
    /// Why it did not arrive, the last time.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Text<DeliveryFailure>>,
}

/// A page of messages to a webhook, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct DeliveryPage {
    /// The messages.
    pub(crate) deliveries: Vec<Delivery>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// What a webhook is told. It names what happened; read the rest with your key.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct WebhookMessage {
    /// What happened.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub(crate) event: Text<WebhookEvent>,
    /// When it happened.
    pub(crate) timestamp: DateTime<Utc>,
    /// To what.
    pub(crate) data: WebhookMessageData,
}

/// What a message is about.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct WebhookMessageData {
    /// The proof.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof_id: Option<Text<ProofId>>,
    /// The batch that it belongs to.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) batch_id: Option<Text<BatchId>>,
    /// The state that it came to. It may be another by now: a proof that failed can be tried again.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<Text<ProofState>>,
    /// What it shows, or was to show.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<Text<StatementKind>>,
    /// The proof system.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<Text<ProofSystem>>,
    /// The circuit.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) circuit: Option<Text<CircuitIdText>>,
    /// Why it was rejected or failed.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Text<ProblemCode>>,
    /// Of a test: the webhook.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_id: Option<Text<WebhookId>>,
}

const WEBHOOK: &str = r#"{"id":"webhook_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","url":"https://hooks.example.com/zapiki",
    "events":["proof.dead_lettered"],"created_at":"2026-11-26T09:00:00Z"}"#;
const DELIVERY: &str = r#"{"id":"delivery_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","event":"proof.dead_lettered",
    "proof_id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","occurred_at":"2026-11-26T09:05:00Z","status":"pending","attempts":1,
    "attempted_at":"2026-11-26T09:05:01Z","next_attempt_at":"2026-11-26T09:05:06Z","status_code":503,
    "failure":"status_refused"}"#;
const DATA: &str = r#"{"proof_id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","state":"dead_lettered","statement":"age_over",
    "system":"groth16","circuit":"age_over@1.0.0","code":"proof_dead_lettered"}"#;
// Of the example in the standard: nobody's.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

examples! {
    NewWebhookRequest => r#"{"url":"https://hooks.example.com/zapiki","events":["proof.dead_lettered"]}"#;
    Webhook => WEBHOOK;
    WebhookPage => &format!(r#"{{"webhooks":[{WEBHOOK}]}}"#);
    CreatedWebhook => &format!(r#"{{"webhook":{WEBHOOK},"secret":"{SECRET}"}}"#);
    WebhookSecret => &format!(r#"{{"secret":"{SECRET}","old_until":"2026-11-27T09:00:00Z"}}"#);
    Delivery => DELIVERY;
    DeliveryPage => &format!(r#"{{"deliveries":[{DELIVERY}]}}"#);
    WebhookMessage => &format!(
        r#"{{"type":"proof.dead_lettered","timestamp":"2026-11-26T09:05:00Z","data":{DATA}}}"#
    );
    WebhookMessageData => DATA;
}
