//! `all_of`: several statements about one credential, shown by one proof.
//!
//! The credential's signature, which is most of a proof's cost, is checked once. The parts hold on the same day; of each kind there
//! is at most one, of the two about an income one of both.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::day::Day;
use crate::statement::{Statement, StatementKind};

/// The parts make no statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AllOfError {
    /// Fewer than two: the part alone is the statement.
    #[error("`statements` must have at least two statements; one alone needs no `all_of`")]
    TooFew,
    /// Two of one kind.
    #[error("`statements` has two statements about the same: {0} and {1}")]
    Repeated(StatementKind, StatementKind),
    /// The parts disagree on the day.
    #[error("`statements` must all have the same `as_of`")]
    Days,
    /// A part that is an `all_of`.
    #[error("`statements` cannot hold another `all_of`; write its parts here")]
    Nested,
}

/// All of these hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parameters", into = "Parameters")]
pub struct AllOf {
    /// In order of kind; at least two; none an `all_of`.
    statements: Vec<Statement>,
    as_of: Day,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    statements: Vec<Statement>,
}

impl AllOf {
    /// All of these, in any order.
    ///
    /// # Errors
    /// They make no statement together; the variant says why.
    pub fn new(mut statements: Vec<Statement>) -> Result<Self, AllOfError> {
        let [first, _, ..] = &statements[..] else {
            return Err(AllOfError::TooFew);
        };
        let as_of = first.as_of();
        if statements
            .iter()
            .any(|part| matches!(part, Statement::AllOf(_)))
        {
            return Err(AllOfError::Nested);
        }
        if statements.iter().any(|part| part.as_of() != as_of) {
            return Err(AllOfError::Days);
        }
        statements.sort_by_key(Statement::kind);
        for pair in statements.windows(2) {
            let [one, other] = [pair[0].kind(), pair[1].kind()];
            if subject(one) == subject(other) {
                return Err(AllOfError::Repeated(one, other));
            }
        }
        Ok(Self { statements, as_of })
    }

    /// The parts, in order of kind.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The day on which all of them must hold.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        self.as_of
    }

    /// Whether a part is about a list.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.statements.iter().any(|part| part.own_list().is_some())
    }
}

/// What a kind is about. The two about an income are neighbours in the order of kinds.
const fn subject(kind: StatementKind) -> StatementKind {
    match kind {
        StatementKind::IncomeInRange => StatementKind::IncomeAtLeast,
        kind => kind,
    }
}

impl TryFrom<Parameters> for AllOf {
    type Error = AllOfError;
    fn try_from(p: Parameters) -> Result<Self, AllOfError> {
        Self::new(p.statements)
    }
}

impl From<AllOf> for Parameters {
    fn from(s: AllOf) -> Self {
        Self {
            statements: s.statements,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: &str = r#"{"type":"age_over","min_age":18,"as_of":"2026-11-24"}"#;
    const INCOME: &str = r#"{"type":"income_at_least","minimum_minor":1,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#;
    const RANGE: &str = r#"{"type":"income_in_range","minimum_minor":1,"maximum_minor":2,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#;
    const COUNTRY: &str = r#"{"type":"resident_of","countries":["PT"],"as_of":"2026-11-24"}"#;

    fn read(parts: &[&str]) -> Result<Statement, String> {
        let text = format!(r#"{{"type":"all_of","statements":[{}]}}"#, parts.join(","));
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_order_of_the_parts_says_nothing() {
        let statement = read(&[COUNTRY, AGE, INCOME]).unwrap();
        assert_eq!(statement, read(&[AGE, INCOME, COUNTRY]).unwrap());
        assert_eq!(statement.kind(), StatementKind::AllOf);
        let text = serde_json::to_string(&statement).unwrap();
        assert_eq!(
            text,
            format!(r#"{{"type":"all_of","statements":[{AGE},{INCOME},{COUNTRY}]}}"#)
        );
        assert_eq!(serde_json::from_str::<Statement>(&text).unwrap(), statement);
    }

    #[test]
    fn what_makes_no_statement_is_refused() {
        let nested = format!(r#"{{"type":"all_of","statements":[{AGE},{COUNTRY}]}}"#);
        let later = AGE.replace("2026", "2027");
        for (parts, error) in [
            (&[][..], AllOfError::TooFew),
            (&[AGE], AllOfError::TooFew),
            (
                &[AGE, COUNTRY, AGE],
                AllOfError::Repeated(StatementKind::AgeOver, StatementKind::AgeOver),
            ),
            (
                &[RANGE, INCOME],
                AllOfError::Repeated(StatementKind::IncomeAtLeast, StatementKind::IncomeInRange),
            ),
            (&[&later, COUNTRY], AllOfError::Days),
            (&[AGE, &nested], AllOfError::Nested),
        ] {
            assert!(
                read(parts).unwrap_err().contains(&error.to_string()),
                "{error}"
            );
        }
    }
}
