//! What a verifier can ask of a credential: one variant per statement, each in its own file under
//! [`statements`](crate::statements).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credential::IncomePeriod;
use crate::day::Day;
use crate::signed_root::SignedRoot;
use crate::statements::age_over::AgeOver;
use crate::statements::all_of::AllOf;
use crate::statements::income::{IncomeAtLeast, IncomeInRange, IncomeUnit};
use crate::statements::listed::{NotRevoked, NotSanctioned};
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
    /// See [`NotSanctioned`].
    NotSanctioned,
    /// See [`NotRevoked`].
    NotRevoked,
    /// See [`AllOf`], without a part about a list.
    AllOf,
    /// See [`AllOf`], with a part about a list: its circuits are larger.
    AllOfListed,
}

crate::named_variants!(StatementKind, UnknownStatement, "statement", {
    AgeOver => "age_over",
    IncomeAtLeast => "income_at_least",
    IncomeInRange => "income_in_range",
    ResidentOf => "resident_of",
    NotSanctioned => "not_sanctioned",
    NotRevoked => "not_revoked",
    AllOf => "all_of",
    AllOfListed => "all_of_listed",
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
    /// The holder is not on a list.
    NotSanctioned(NotSanctioned),
    /// The issuer has not revoked the credential.
    NotRevoked(NotRevoked),
    /// Several at once.
    AllOf(AllOf),
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
            Self::NotSanctioned(s) => {
                let (list, as_of) = (s.list(), s.as_of());
                write!(
                    f,
                    "not on the list {} of {} with {} entries, credential valid on {as_of}",
                    list.name, list.dated, list.entries
                )
            }
            Self::NotRevoked(s) => write!(
                f,
                "not revoked by its issuer as of {}, credential valid on {}",
                s.list().dated,
                s.as_of()
            ),
            Self::AllOf(s) => {
                let parts: Vec<_> = s.statements().iter().map(ToString::to_string).collect();
                f.write_str(&parts.join("; and "))
            }
        }
    }
}

impl Statement {
    /// The kind of this statement.
    #[must_use]
    pub fn kind(&self) -> StatementKind {
        match self {
            Self::AgeOver(_) => StatementKind::AgeOver,
            Self::IncomeAtLeast(_) => StatementKind::IncomeAtLeast,
            Self::IncomeInRange(_) => StatementKind::IncomeInRange,
            Self::ResidentOf(_) => StatementKind::ResidentOf,
            Self::NotSanctioned(_) => StatementKind::NotSanctioned,
            Self::NotRevoked(_) => StatementKind::NotRevoked,
            Self::AllOf(all) if all.is_listed() => StatementKind::AllOfListed,
            Self::AllOf(_) => StatementKind::AllOf,
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
            Self::NotSanctioned(statement) => statement.as_of(),
            Self::NotRevoked(statement) => statement.as_of(),
            Self::AllOf(statement) => statement.as_of(),
        }
    }

    /// The statements that this one is made of: its parts, or itself.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::AllOf(all) => all.statements(),
            one => std::slice::from_ref(one),
        }
    }

    /// The list that the statement itself is about. Parts are asked one by one: see [`Self::lists`].
    #[must_use]
    pub const fn own_list(&self) -> Option<&SignedRoot> {
        match self {
            Self::NotSanctioned(statement) => Some(statement.list()),
            Self::NotRevoked(statement) => Some(statement.list()),
            _ => None,
        }
    }

    /// The lists that the statement and its parts are about.
    pub fn lists(&self) -> impl Iterator<Item = &SignedRoot> {
        self.parts().iter().filter_map(Self::own_list)
    }
}
