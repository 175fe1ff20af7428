//! What can go wrong with the database.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use thiserror::Error;

/// How PostgreSQL's messages begin when it was going down, or a statement was in the way of another. diesel passes on no
/// SQLSTATE of these. A server that speaks another language than English has them taken for a refusal.
const PASSING: [&str; 4] = [
    "terminating connection due to ",
    "the database system is ",
    "canceling statement due to ",
    "deadlock detected",
];

/// How its messages end when its disk is full: somebody makes room, and it goes on.
const FULL: &str = "No space left on device";

/// Whether the same statement may succeed later, by PostgreSQL's message.
fn is_passing(message: &str) -> bool {
    PASSING.iter().any(|start| message.starts_with(start)) || message.ends_with(FULL)
}

/// The database did not do it. No variant holds a value of any row.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database is away, or all connections are busy. Trying again may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database refused a statement: a bug of ours, or a constraint doing its duty.
    #[error("the database refused a statement: {0}")]
    Refused(String),
    /// What is stored is not of a form that this version writes, or was tampered with.
    #[error("stored data cannot be used: {0}")]
    Corrupt(&'static str),
    /// The configuration cannot be used.
    #[error("the store cannot be configured: {0}")]
    Configuration(&'static str),
    /// A migration failed.
    #[error("the migration failed: {0}")]
    Migration(String),
}

impl StoreError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, info) => match kind {
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::UnableToSendCommand => {
                    Self::Unavailable(info.message().to_owned())
                }
                DatabaseErrorKind::Unknown if is_passing(info.message()) => {
                    Self::Unavailable(info.message().to_owned())
                }
                // The message names tables and constraints. The detail, which can quote a row, is left out.
                _ => Self::Refused(info.message().to_owned()),
            },
            DieselError::BrokenTransactionManager => {
                Self::Unavailable("the connection broke".to_owned())
            }
            DieselError::DeserializationError(_) => {
                Self::Corrupt("a column has an unexpected form")
            }
            _ => Self::Refused("the statement could not be run".to_owned()),
        }
    }
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for StoreError {
    fn from(_: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        // The cause can quote the URL, and with it a password.
        Self::Unavailable("no connection could be had".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_is_refused() {
        for message in [
            "the database system is shutting down",
            "terminating connection due to administrator command",
            "could not extend file \"base/16394/16516\": No space left on device",
            "could not extend file \"base/16394/16516\" with FileFallocate(): No space left on device",
            "could not write to file \"pg_wal/xlogtemp.9\": No space left on device",
        ] {
            assert!(is_passing(message), "{message}");
        }
        for message in [
            "a proof does not go from completed to rejected",
            "No space left on device? said a caller",
        ] {
            assert!(!is_passing(message), "{message}");
        }
    }
}
