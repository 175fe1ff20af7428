//! `RefreshListWorkflow`: one list, read anew.
//!
//! ```text
//! refresh_list (on the queue of the workers that have lists)
//! ```
//!
//! A Temporal Schedule starts it again and again, an operator in between. All is done by one activity, which either stores a new
//! signed root or leaves the list as it was; the workflow retries it and keeps the reason when it gives up. Where a list comes from
//! is the worker's configuration: no location, which may hold a password, stands in a history.
//!
//! Deterministic: no clock, no randomness, no I/O. A change of the steps must be patched, or fails the replay tests.

#![expect(
    clippy::unimplemented,
    missing_docs,
    reason = "the macros want this body, never run it, and leave the docs out of what they make"
)]

use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_common::error::{ActivityExecutionError, ApplicationFailure, IncomingError};
use temporalio_common::{ActivityError, RetryPolicy};
use temporalio_macros::{activity_definitions, workflow, workflow_methods};
use temporalio_workflow::{ActivityOptions, WorkflowContext, WorkflowResult, WorkflowTermination};
use zapiki_core::credential::FieldElement;
use zapiki_core::day::Day;
use zapiki_core::signed_root::ListName;

// What an implementation names: `#[activity(definition = lists::RefreshList)]`.
pub use lists::RefreshList;

/// A list to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRequest {
    /// Which one.
    pub list: ListName,
    /// Take it though it has become much shorter.
    #[serde(default)]
    pub accept_shrink: bool,
}

/// A list that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// Which one.
    pub list: ListName,
    /// The root of its tree.
    pub root: FieldElement,
    /// How many keys it has.
    pub entries: u64,
    /// The day on which it was read.
    pub dated: Day,
    /// Whether there is a new signed root. There is none if the same was read before on that day.
    pub is_new: bool,
}

/// Why a list could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefreshFailure {
    /// The worker has no list of this name.
    ListNotConfigured,
    /// The source did not answer, or not with the list.
    SourceUnavailable,
    /// The source is larger than a list may be.
    SourceTooLarge,
    /// The source is not of its form.
    SourceMalformed,
    /// The list has become much shorter, or empty: whoever is missing would pass.
    ListShrank,
    /// The list has more keys than a tree holds.
    ListTooLong,
    /// The database is away, or refused.
    StoreFailed,
    /// The worker was lost, or took too long.
    WorkerLost,
    /// A failure without a name of ours.
    Unclassified,
}

zapiki_core::named_variants!(RefreshFailure, UnknownRefreshFailure, "failure", {
    ListNotConfigured => "ListNotConfigured",
    SourceUnavailable => "SourceUnavailable",
    SourceTooLarge => "SourceTooLarge",
    SourceMalformed => "SourceMalformed",
    ListShrank => "ListShrank",
    ListTooLong => "ListTooLong",
    StoreFailed => "StoreFailed",
    WorkerLost => "WorkerLost",
    Unclassified => "Unclassified",
});

impl RefreshFailure {
    /// Whether the same step may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::SourceUnavailable | Self::StoreFailed | Self::WorkerLost | Self::Unclassified => {
                true
            }
            Self::ListNotConfigured
            | Self::SourceTooLarge
            | Self::SourceMalformed
            | Self::ListShrank
            | Self::ListTooLong => false,
        }
    }

    /// The names that Temporal must not retry.
    #[must_use]
    pub fn non_retryable_types() -> Vec<&'static str> {
        Self::ALL
            .iter()
            .filter(|failure| !failure.is_retryable())
            .map(|failure| failure.as_str())
            .collect()
    }

    /// The name and the sentence in an error that came through Temporal.
    #[must_use]
    pub fn of(error: &IncomingError) -> (Self, String) {
        match error {
            IncomingError::Application(failure) => {
                let kind = failure.type_name().and_then(|name| name.parse().ok());
                (kind.unwrap_or(Self::Unclassified), failure.to_string())
            }
            IncomingError::Timeout(_) => (
                Self::WorkerLost,
                "the worker was lost or took too long".to_owned(),
            ),
            _ => (
                Self::Unclassified,
                "the refresh ended without naming the reason".to_owned(),
            ),
        }
    }
}

/// What runs on workers that have lists.
#[derive(Debug)]
pub struct Lists;

#[activity_definitions]
impl Lists {
    /// Reads the list at its source, makes its tree, signs its root and stores both.
    #[activity(name = "refresh_list")]
    pub fn refresh_list(request: RefreshRequest) -> Result<Refreshed, ActivityError> {
        unimplemented!()
    }
}

/// The longest that one attempt may take: a download, and a tree of a million keys.
pub const REFRESH_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// The longest silence after which the worker counts as lost.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(30);
/// How often it is tried. With the pauses between, an hour: then the next scheduled run is as good.
pub const REFRESH_ATTEMPTS_MAX: u32 = 8;

/// How `refresh_list` runs.
#[must_use]
pub fn refresh_options() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(REFRESH_TIMEOUT)
        .heartbeat_timeout(HEARTBEAT_TIMEOUT)
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_secs(5))
                .backoff_coefficient(3.0)
                .maximum_interval(Duration::from_secs(20 * 60))
                .maximum_attempts(REFRESH_ATTEMPTS_MAX)
                .non_retryable_error_types(RefreshFailure::non_retryable_types())
                .build(),
        )
        .build()
}

/// One list, read anew.
#[workflow]
#[derive(Debug, Default)]
pub struct RefreshListWorkflow;

#[workflow_methods]
impl RefreshListWorkflow {
    /// Runs the activity on the workflow's own queue. Fails with the activity's reason.
    #[run(name = "RefreshListWorkflow")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        request: RefreshRequest,
    ) -> WorkflowResult<Refreshed> {
        ctx.execute_activity(Lists::refresh_list, request, refresh_options())
            .await
            .map_err(|error| failed(&error))
    }
}

fn failed(error: &ActivityExecutionError) -> WorkflowTermination {
    let (kind, reason) = match error {
        ActivityExecutionError::Failed(failure) => match failure.cause() {
            Some(cause) => RefreshFailure::of(cause),
            None => (RefreshFailure::Unclassified, error.to_string()),
        },
        other => (RefreshFailure::Unclassified, other.to_string()),
    };
    let failure = ApplicationFailure::builder(reason)
        .type_name(kind.as_str().to_owned())
        .non_retryable(true)
        .build();
    WorkflowTermination::from(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_retry_can_mend_is_not_retried() {
        assert_eq!(
            RefreshFailure::non_retryable_types(),
            [
                "ListNotConfigured",
                "SourceTooLarge",
                "SourceMalformed",
                "ListShrank",
                "ListTooLong"
            ]
        );
    }
}
