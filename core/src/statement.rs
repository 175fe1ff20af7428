//! What a verifier can ask of a credential: one variant per statement, each in its own file under
//! [`statements`](crate::statements).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credential::IncomePeriod;
use crate::day::Day;
use crate::statements::age_over::AgeOver;
use crate::statements::income::{IncomeAtLeast, IncomeInRange, IncomeUnit};
use crate::statements::resident_of::ResidentOf;

/// The kind of a statement: the name of its circuits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatementKind {
    /// See [`AgeOver`].
    AgeOver,
    /// See [`IncomeAtLeast`].
    IncomeAtLeast,
    /// See [`IncomeInRange`].
    IncomeInRange,
    /// See [`ResidentOf`].
    ResidentOf,
}

crate::named_variants!(StatementKind, UnknownStatement, "statement", {
    AgeOver => "age_over",
    IncomeAtLeast => "income_at_least",
    IncomeInRange => "income_in_range",
    ResidentOf => "resident_of",
});

/// A statement with its public parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Statement {
    /// The holder has reached an age.
    AgeOver(AgeOver),
    /// The holder has an income.
    IncomeAtLeast(IncomeAtLeast),
    /// The holder has an income, and not more.
    IncomeInRange(IncomeInRange),
    /// The holder lives in one of some countries.
    ResidentOf(ResidentOf),
}

/// The statement as a verifier reads it.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let a_period = |unit: IncomeUnit| match unit.period {
            IncomePeriod::Month => "a month",
            IncomePeriod::Year => "a year",
        };
        match self {
            Self::AgeOver(s) => write!(f, "at least {} years old on {}", s.min_age(), s.as_of()),
            Self::IncomeAtLeast(s) => {
                let (unit, period) = (s.unit(), a_period(s.unit()));
                let (minimum, as_of) = (s.minimum_minor(), s.as_of());
                write!(
                    f,
                    "an income of at least {minimum} minor units of {} {period}, credential valid on {as_of}",
                    unit.currency
                )
            }
            Self::IncomeInRange(s) => {
                let (unit, period) = (s.unit(), a_period(s.unit()));
                let (minimum, maximum, as_of) = (s.minimum_minor(), s.maximum_minor(), s.as_of());
                write!(
                    f,
                    "an income of {minimum} to {maximum} minor units of {} {period}, credential valid on {as_of}",
                    unit.currency
                )
            }
            Self::ResidentOf(s) => {
                let countries: Vec<_> = s.countries().iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "resident of one of {}, credential valid on {}",
                    countries.join(", "),
                    s.as_of()
                )
            }
        }
    }
}

impl Statement {
    /// The kind of this statement.
    #[must_use]
    pub const fn kind(&self) -> StatementKind {
        match self {
            Self::AgeOver(_) => StatementKind::AgeOver,
            Self::IncomeAtLeast(_) => StatementKind::IncomeAtLeast,
            Self::IncomeInRange(_) => StatementKind::IncomeInRange,
            Self::ResidentOf(_) => StatementKind::ResidentOf,
        }
    }

    /// The day on which the statement is to hold and the credential to be valid.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        match self {
            Self::AgeOver(statement) => statement.as_of(),
            Self::IncomeAtLeast(statement) => statement.as_of(),
            Self::IncomeInRange(statement) => statement.as_of(),
            Self::ResidentOf(statement) => statement.as_of(),
        }
    }
}
