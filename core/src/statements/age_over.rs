//! `age_over`: the holder is at least `min_age` years old on the day `as_of`.
//!
//! Public: both parameters. Private: the birth date. The circuit compares day numbers; the calendar is applied
//! here, on public values, by prover and verifier alike: see [`AgeOver::birth_cutoff`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::day::Day;

/// The oldest age that can be asked for.
pub const MIN_AGE_YEARS_MAX: u8 = 120;

/// The parameters are outside their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AgeOverError {
    /// `min_age` is 0 or above [`MIN_AGE_YEARS_MAX`].
    #[error("`min_age` must be between 1 and {MIN_AGE_YEARS_MAX} years")]
    MinAge,
    /// `as_of` less `min_age` years lies before 1900-01-01, the first day that a credential can hold.
    #[error("`as_of` less `min_age` years lies before 1900-01-01")]
    AsOf,
}

/// The holder is at least `min_age` years old on `as_of`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parameters", into = "Parameters")]
pub struct AgeOver {
    min_age: u8,
    as_of: Day,
    /// Derived from the two. None can be changed alone, so the statement and its cutoff agree.
    birth_cutoff: Day,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    min_age: u8,
    as_of: Day,
}

impl AgeOver {
    /// The statement with these parameters.
    ///
    /// # Errors
    /// A parameter is outside its limits.
    pub fn new(min_age: u8, as_of: Day) -> Result<Self, AgeOverError> {
        if !(1..=MIN_AGE_YEARS_MAX).contains(&min_age) {
            return Err(AgeOverError::MinAge);
        }
        let birth_cutoff = as_of
            .years_before(min_age)
            .map_err(|_| AgeOverError::AsOf)?;
        Ok(Self {
            min_age,
            as_of,
            birth_cutoff,
        })
    }

    /// Completed years of age.
    #[must_use]
    pub const fn min_age(&self) -> u8 {
        self.min_age
    }

    /// The day on which the age must be reached.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        self.as_of
    }

    /// The latest birth date of a holder who satisfies the statement.
    #[must_use]
    pub const fn birth_cutoff(&self) -> Day {
        self.birth_cutoff
    }
}

impl TryFrom<Parameters> for AgeOver {
    type Error = AgeOverError;
    fn try_from(p: Parameters) -> Result<Self, AgeOverError> {
        Self::new(p.min_age, p.as_of)
    }
}

impl From<AgeOver> for Parameters {
    fn from(s: AgeOver) -> Self {
        Self {
            min_age: s.min_age,
            as_of: s.as_of,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn limits_hold_in_json_too() {
        let parse = |text: &str| serde_json::from_str::<crate::statement::Statement>(text);
        let good = r#"{"type":"age_over","min_age":18,"as_of":"2026-11-24"}"#;
        let statement = parse(good).unwrap();
        assert_eq!(serde_json::to_string(&statement).unwrap(), good);
        for bad in [
            r#"{"type":"age_over","min_age":0,"as_of":"2026-11-24"}"#,
            r#"{"type":"age_over","min_age":121,"as_of":"2026-11-24"}"#,
            r#"{"type":"age_over","min_age":120,"as_of":"2019-01-01"}"#,
            r#"{"type":"age_over","min_age":18,"as_of":"2026-02-29"}"#,
            r#"{"type":"age_over","min_age":18,"as_of":"2026-11-24","extra":1}"#,
            r#"{"type":"age_under","min_age":18,"as_of":"2026-11-24"}"#,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
