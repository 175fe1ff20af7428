//! What can go wrong between a caller and the pipeline.

use temporalio_client::errors::{
    ClientConnectError, WorkflowGetResultError, WorkflowInteractionError,
};
use temporalio_client::tonic::{Code, Status};
use thiserror::Error;

/// The pipeline could not be asked, or did not answer. Texts are the server's and the transport's: nothing private gets
/// there.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// Temporal is away or overloaded. What was asked for may have happened; asking again is safe.
    #[error("Temporal is not available: {0}")]
    Unavailable(String),
    /// Temporal does not do it, now or later: wrong namespace, unregistered search attributes, no permission.
    #[error("Temporal refused: {0}")]
    Refused(String),
    /// The workflow ended without an outcome: it was terminated, or its row could not be written.
    #[error("the workflow ended without an outcome")]
    NoOutcome,
}

impl PipelineError {
    pub(super) fn refused(error: &dyn std::error::Error) -> Self {
        Self::Refused(error.to_string())
    }

    pub(super) fn connecting(error: &ClientConnectError) -> Self {
        match error {
            // These two quote the URL, and with it what may be a secret.
            ClientConnectError::InvalidUri(_) => Self::Refused("its URL cannot be used".into()),
            ClientConnectError::InvalidHeaders(_) => {
                Self::Refused("its headers cannot be used".into())
            }
            ClientConnectError::InvalidConfig(text) => Self::Refused(text.clone()),
            ClientConnectError::SystemInfoCallError(status) => Self::from(status.clone()),
            _ => Self::Unavailable("no connection".into()),
        }
    }
}

impl From<Status> for PipelineError {
    fn from(status: Status) -> Self {
        let text = status.message().to_owned();
        match status.code() {
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented => Self::Refused(text),
            _ => Self::Unavailable(text),
        }
    }
}

impl From<WorkflowInteractionError> for PipelineError {
    fn from(error: WorkflowInteractionError) -> Self {
        match error {
            WorkflowInteractionError::NotFound(status) | WorkflowInteractionError::Rpc(status) => {
                status.into()
            }
            other => Self::refused(&other),
        }
    }
}

impl From<WorkflowGetResultError> for PipelineError {
    fn from(error: WorkflowGetResultError) -> Self {
        match error {
            WorkflowGetResultError::Failed(_)
            | WorkflowGetResultError::Cancelled { .. }
            | WorkflowGetResultError::Terminated { .. }
            | WorkflowGetResultError::TimedOut
            | WorkflowGetResultError::ContinuedAsNew => Self::NoOutcome,
            WorkflowGetResultError::NotFound(status) | WorkflowGetResultError::Rpc(status) => {
                status.into()
            }
            other => Self::refused(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_counts_as_unavailable() {
        for code in [
            Code::Unavailable,
            Code::DeadlineExceeded,
            Code::ResourceExhausted,
            Code::Unknown,
        ] {
            let error = PipelineError::from(Status::new(code, "x"));
            assert!(matches!(error, PipelineError::Unavailable(_)), "{code:?}");
        }
        for code in [
            Code::InvalidArgument,
            Code::PermissionDenied,
            Code::NotFound,
        ] {
            let error = PipelineError::from(Status::new(code, "x"));
            assert!(matches!(error, PipelineError::Refused(_)), "{code:?}");
        }
    }
}
