//! How a command ends, as scripts see it.

use std::process::ExitCode;

/// The end of a command that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It holds, it is done.
    Success,
    /// The question was answered, and the answer is no: a proof refused, a chain broken.
    Refused,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::SUCCESS,
            Outcome::Refused => Self::FAILURE,
        }
    }
}
