//! What a failed activity says, read without its messages.

use serde::{Deserialize, Serialize};
use temporalio_common::error::{
    ActivityExecutionError, ActivityFailureError, ApplicationFailure, IncomingError,
};
use temporalio_workflow::WorkflowTermination;
use zapiki_core::failure::FailureKind;

/// What is known of a step that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailure {
    /// How the last try failed.
    pub kind: FailureKind,
    /// How often it was tried, as far as the last try said so: one that was lost says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// The last failure and those behind it, newest first: of a lost worker, how the try before had failed.
    #[serde(default)]
    pub chain: Vec<FailureKind>,
}

impl StepFailure {
    /// What a failed activity's error says; `None` for a cancelled one.
    #[must_use]
    pub fn of(error: &ActivityExecutionError) -> Option<Self> {
        match error {
            ActivityExecutionError::Cancelled(_) => None,
            ActivityExecutionError::Failed(failure) => Self::read(failure),
            _ => Some(Self::unclassified()),
        }
    }

    fn read(failure: &ActivityFailureError) -> Option<Self> {
        let mut chain = Vec::new();
        let mut attempts = None;
        let mut cause = failure.cause();
        while let Some(error) = cause {
            cause = match error {
                IncomingError::Cancelled(_) => return None,
                IncomingError::Timeout(timeout) => {
                    chain.push(FailureKind::WorkerLost);
                    timeout.cause()
                }
                IncomingError::Application(failure) => {
                    chain.push(
                        failure
                            .type_name()
                            .and_then(|name| name.parse().ok())
                            .unwrap_or(FailureKind::Unclassified),
                    );
                    // Without the details it is as good: nothing is decided by them.
                    let told: Option<u32> = failure.details().ok().flatten();
                    attempts = attempts.or(told);
                    failure.cause()
                }
                _ => None,
            };
        }
        let Some(&kind) = chain.first() else {
            return Some(Self::unclassified());
        };
        Some(Self {
            kind,
            attempts,
            chain,
        })
    }

    fn unclassified() -> Self {
        Self {
            kind: FailureKind::Unclassified,
            attempts: None,
            chain: vec![FailureKind::Unclassified],
        }
    }
}

/// The end of a workflow that cannot write what it must, whatever the retries.
pub(crate) fn ended(error: &ActivityExecutionError) -> WorkflowTermination {
    let kind = StepFailure::of(error).map_or(FailureKind::Unclassified, |failure| failure.kind);
    let failure = ApplicationFailure::builder(kind.reason())
        .type_name(kind.as_str().to_owned())
        .non_retryable(true)
        .build();
    WorkflowTermination::from(failure)
}
