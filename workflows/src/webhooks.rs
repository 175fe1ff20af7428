//! `DeliveryWorkflow`: one message to one webhook, until it arrives or is given up.
//!
//! ```text
//! deliver (on the queue of the workers that reach the internet), tried for some days
//! ```
//!
//! One activity, and Temporal's own retries: each failed attempt says after which pause the next one comes, so that what is
//! pending, why and until when stands in the Temporal UI. The row has the message and its address; a history has neither.
//!
//! Deterministic: no clock, no randomness, no I/O. A change of the steps must be patched, or fails the replay tests.

#![expect(
    clippy::unimplemented,
    missing_docs,
    reason = "the macros want this body, never run it, and leave the docs out of what they make"
)]

use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_common::{ActivityError, RetryPolicy};
use temporalio_macros::{activity_definitions, workflow, workflow_methods};
use temporalio_workflow::{ActivityOptions, WorkflowContext, WorkflowResult};
use zapiki_core::ids::{DeliveryId, TenantId};

// What an implementation names: `#[activity(definition = webhooks::Deliver)]`.
pub use webhooks::Deliver;

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRef {
    /// Whose.
    pub tenant_id: TenantId,
    /// Which.
    pub delivery_id: DeliveryId,
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// The receiver took it.
    Delivered,
    /// It did not arrive, and is not sent any more.
    GivenUp,
    /// There was nothing to send: it had ended before, or its webhook was deleted.
    NothingToDo,
}

/// What runs on workers that reach the internet.
#[derive(Debug)]
pub struct Webhooks;

#[activity_definitions]
impl Webhooks {
    /// Sends the message and notes what became of it. Fails if it is to be sent again.
    #[activity(name = "deliver")]
    pub fn deliver(delivery: DeliveryRef) -> Result<Delivered, ActivityError> {
        unimplemented!()
    }
}

/// The longest that one attempt may take: sending, and two transactions.
pub const DELIVER_TIMEOUT: Duration = Duration::from_secs(20);

/// How `deliver` runs. It says itself how long to wait for the next attempt, and when the last one was; the pauses here are for a
/// database that is away and a worker that is lost.
#[must_use]
pub fn deliver_options() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(DELIVER_TIMEOUT)
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_secs(1))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(60))
                .build(),
        )
        .build()
}

/// One message to one webhook. The workflow id is the delivery's id.
#[workflow]
#[derive(Debug, Default)]
pub struct DeliveryWorkflow;

#[workflow_methods]
impl DeliveryWorkflow {
    /// Runs the activity on the workflow's own queue.
    #[run(name = "DeliveryWorkflow")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        delivery: DeliveryRef,
    ) -> WorkflowResult<Delivered> {
        Ok(ctx
            .execute_activity(Webhooks::deliver, delivery, deliver_options())
            .await?)
    }
}
