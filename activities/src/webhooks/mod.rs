//! deliver: one attempt to send a message to a webhook.
//!
//! At least once: a worker that dies between sending and noting sends again, and the receiver knows the message by its id. What
//! went wrong is told by name and by the receiver's status, never by what it answered or by its URL.

#![expect(
    missing_docs,
    reason = "the macro leaves the docs out of what it makes"
)]

mod sender;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use temporalio_common::ActivityError;
use temporalio_common::error::{ApplicationErrorCategory, ApplicationFailure};
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use zapiki_core::webhook::{DeliveryFailure, Reach, WebhookUrl};
use zapiki_failpoints::{Point, reach};
use zapiki_store::{Attempt, Dispatch, Store, StoreError};
use zapiki_workflows::webhooks::{self, Delivered, DeliveryRef};

use crate::metrics::attempted;
use sender::{Letter, Sender};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The pauses after the first attempts, in seconds: those of Standard Webhooks. With the last one three days are over, and the message
/// is given up.
const PAUSES_S: [u64; 9] = [
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

/// How a worker sends messages.
#[derive(Debug, Clone)]
pub struct WebhooksConfig {
    /// How far they go.
    pub reach: Reach,
    /// The pause after each failed attempt; after one that has none, the message is given up.
    pub pauses: Vec<Duration>,
}

impl WebhooksConfig {
    /// As far as this, with the pauses of Standard Webhooks.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            pauses: PAUSES_S.map(Duration::from_secs).to_vec(),
        }
    }
}

/// deliver.
#[derive(Debug)]
pub struct WebhookActivities {
    store: Store,
    sender: Sender,
    config: WebhooksConfig,
}

impl WebhookActivities {
    /// Over this store.
    #[must_use]
    pub fn new(store: Store, config: WebhooksConfig) -> Self {
        Self {
            store,
            sender: Sender::new(config.reach),
            config,
        }
    }
}

#[activities]
impl WebhookActivities {
    /// Again sends again, unless the message arrived or was given up.
    #[activity(definition = webhooks::Deliver)]
    pub async fn deliver(
        self: Arc<Self>,
        _ctx: ActivityContext,
        delivery: DeliveryRef,
    ) -> Result<Delivered, ActivityError> {
        let DeliveryRef {
            tenant_id,
            delivery_id,
        } = delivery;
        let failed = |error| store_failed(delivery, &error);
        let dispatch = self.store.dispatch(tenant_id, delivery_id, Utc::now());
        let Some(dispatch) = dispatch.await.map_err(failed)? else {
            return Ok(Delivered::NothingToDo);
        };
        reach(Point::DeliverBefore);
        let now = Utc::now();
        let attempts = dispatch.delivery.attempts;
        let webhook_id = dispatch.delivery.webhook_id;
        let (status_code, failure) = self.attempt(dispatch, now).await;
        reach(Point::DeliverSent);
        let pause = failure
            .filter(|failure| failure.is_retryable())
            .and_then(|_| {
                self.config
                    .pauses
                    .get(usize::try_from(attempts).ok()?)
                    .copied()
            });
        let attempt = Attempt {
            status_code,
            failure,
            next_attempt_at: pause.map(|pause| Utc::now() + pause),
        };
        let noted = self
            .store
            .note_attempt(tenant_id, delivery_id, &attempt, Utc::now());
        noted.await.map_err(failed)?;
        if failure != Some(DeliveryFailure::WebhookDisabled) {
            attempted(failure);
        }
        match (failure, pause) {
            (None, _) => Ok(Delivered::Delivered),
            (Some(failure), Some(pause)) => Err(again(failure, pause)),
            (Some(failure), None) => {
                tracing::warn!(%delivery_id, %webhook_id, %failure, "a message to a webhook was given up");
                Ok(Delivered::GivenUp)
            }
        }
    }
}

impl WebhookActivities {
    /// What the receiver answered, and why the message did not arrive.
    async fn attempt(
        &self,
        dispatch: Dispatch,
        now: DateTime<Utc>,
    ) -> (Option<u16>, Option<DeliveryFailure>) {
        if dispatch.is_disabled {
            return (None, Some(DeliveryFailure::WebhookDisabled));
        }
        // The reach may have been another when the webhook was made.
        let Ok(url) = WebhookUrl::parse(&dispatch.url, self.config.reach) else {
            return (None, Some(DeliveryFailure::AddressRefused));
        };
        let (id, timestamp_s) = (dispatch.delivery.id.to_string(), now.timestamp());
        let Ok(body) = dispatch.delivery.message.to_json() else {
            return (None, Some(DeliveryFailure::ConnectionBroken));
        };
        let signatures: Vec<_> = dispatch
            .secrets
            .iter()
            .map(|secret| secret.sign(&id, timestamp_s, &body))
            .collect();
        let letter = Letter {
            id,
            timestamp_s,
            signatures: signatures.join(" "),
            body,
        };
        let sender = self.sender.clone();
        let sending = tokio::task::spawn_blocking(move || sender.send(&url, &letter));
        match sending.await {
            Ok(Ok(status @ 200..=299)) => (Some(status), None),
            // RFC 9110, section 15.5.11.
            Ok(Ok(410)) => (Some(410), Some(DeliveryFailure::ReceiverGone)),
            Ok(Ok(status)) => (Some(status), Some(DeliveryFailure::StatusRefused)),
            Ok(Err(failure)) => (None, Some(failure)),
            Err(_) => (None, Some(DeliveryFailure::ConnectionBroken)),
        }
    }
}

/// The message is sent again after a pause. Nothing of ours is at fault.
fn again(failure: DeliveryFailure, pause: Duration) -> ActivityError {
    let told = ApplicationFailure::builder("the message did not arrive")
        .type_name(failure.as_str().to_owned())
        .next_retry_delay(pause)
        .category(ApplicationErrorCategory::Benign)
        .build();
    ActivityError::Application(Box::new(told))
}

fn store_failed(delivery: DeliveryRef, error: &StoreError) -> ActivityError {
    tracing::warn!(delivery_id = %delivery.delivery_id, %error, "the store failed");
    let told = ApplicationFailure::builder("the database was away or refused")
        .type_name("store_failed".to_owned())
        .build();
    ActivityError::Application(Box::new(told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_tried_for_three_days() {
        let total: u64 = PAUSES_S.iter().sum();
        assert_eq!(total / HOUR, 75);
        assert!(PAUSES_S.is_sorted());
    }
}
