//! What a verifier can ask of a credential: one variant per statement, each in its own file under
//! [`statements`](crate::statements).

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::statements::age_over::AgeOver;

/// The kind of a statement: the name of its circuits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatementKind {
    /// See [`AgeOver`].
    AgeOver,
}

crate::named_variants!(StatementKind, UnknownStatement, "statement", {
    AgeOver => "age_over",
});

/// A statement with its public parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Statement {
    /// The holder has reached an age.
    AgeOver(AgeOver),
}

impl Statement {
    /// The kind of this statement.
    #[must_use]
    pub const fn kind(&self) -> StatementKind {
        match self {
            Self::AgeOver(_) => StatementKind::AgeOver,
        }
    }

    /// The day on which the statement is to hold and the credential to be valid.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        match self {
            Self::AgeOver(statement) => statement.as_of(),
        }
    }
}
