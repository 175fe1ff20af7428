//! `income_at_least` and `income_in_range`: the holder's income, in the stated currency and period, meets the bound or bounds.
//!
//! Public: the bounds, the currency, the period, the day. Private: the amount. Amounts are whole minor units (cents), never
//! floats, and nothing is converted: an income in another currency or period does not satisfy the statement, whatever it is
//! worth.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::credential::{CurrencyCode, IncomePeriod, JSON_INTEGER_MAX};
use crate::day::Day;

/// The width of an amount, in bits.
pub const AMOUNT_BITS: usize = 64;

/// The bounds are outside their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IncomeError {
    /// A minimum of 0, which every income meets.
    #[error("`minimum_minor` must be at least 1: every income is at least 0")]
    Minimum,
    /// A bound that some readers of JSON would change: see [`JSON_INTEGER_MAX`].
    #[error(
        "an amount must not be above {JSON_INTEGER_MAX}, since many readers of JSON would change it"
    )]
    TooLarge,
    /// A range that no amount lies in.
    #[error("`maximum_minor` must not be below `minimum_minor`")]
    EmptyRange,
}

/// What an income is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncomeUnit {
    /// ISO 4217.
    pub currency: CurrencyCode,
    /// What the amount is counted by.
    pub period: IncomePeriod,
}

/// The holder's income is at least the minimum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AtLeastParameters", into = "AtLeastParameters")]
pub struct IncomeAtLeast {
    minimum_minor: u64,
    unit: IncomeUnit,
    as_of: Day,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AtLeastParameters {
    minimum_minor: u64,
    currency: CurrencyCode,
    period: IncomePeriod,
    as_of: Day,
}

/// The holder's income lies between the bounds, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RangeParameters", into = "RangeParameters")]
pub struct IncomeInRange {
    minimum_minor: u64,
    maximum_minor: u64,
    unit: IncomeUnit,
    as_of: Day,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeParameters {
    minimum_minor: u64,
    maximum_minor: u64,
    currency: CurrencyCode,
    period: IncomePeriod,
    as_of: Day,
}

impl IncomeAtLeast {
    /// The statement with these parameters.
    ///
    /// # Errors
    /// The minimum is 0, or too large.
    pub const fn new(
        minimum_minor: u64,
        unit: IncomeUnit,
        as_of: Day,
    ) -> Result<Self, IncomeError> {
        if minimum_minor == 0 {
            return Err(IncomeError::Minimum);
        }
        if minimum_minor > JSON_INTEGER_MAX {
            return Err(IncomeError::TooLarge);
        }
        Ok(Self {
            minimum_minor,
            unit,
            as_of,
        })
    }

    /// The least amount that satisfies it.
    #[must_use]
    pub const fn minimum_minor(&self) -> u64 {
        self.minimum_minor
    }

    /// What it is counted in.
    #[must_use]
    pub const fn unit(&self) -> IncomeUnit {
        self.unit
    }

    /// The day on which the credential must be valid.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        self.as_of
    }
}

impl IncomeInRange {
    /// The statement with these parameters.
    ///
    /// # Errors
    /// The range is empty, or the maximum too large.
    pub const fn new(
        minimum_minor: u64,
        maximum_minor: u64,
        unit: IncomeUnit,
        as_of: Day,
    ) -> Result<Self, IncomeError> {
        if maximum_minor < minimum_minor {
            return Err(IncomeError::EmptyRange);
        }
        if maximum_minor > JSON_INTEGER_MAX {
            return Err(IncomeError::TooLarge);
        }
        Ok(Self {
            minimum_minor,
            maximum_minor,
            unit,
            as_of,
        })
    }

    /// The least amount that satisfies it.
    #[must_use]
    pub const fn minimum_minor(&self) -> u64 {
        self.minimum_minor
    }

    /// The greatest amount that satisfies it.
    #[must_use]
    pub const fn maximum_minor(&self) -> u64 {
        self.maximum_minor
    }

    /// What it is counted in.
    #[must_use]
    pub const fn unit(&self) -> IncomeUnit {
        self.unit
    }

    /// The day on which the credential must be valid.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        self.as_of
    }
}

impl TryFrom<AtLeastParameters> for IncomeAtLeast {
    type Error = IncomeError;
    fn try_from(p: AtLeastParameters) -> Result<Self, IncomeError> {
        let unit = IncomeUnit {
            currency: p.currency,
            period: p.period,
        };
        Self::new(p.minimum_minor, unit, p.as_of)
    }
}

impl From<IncomeAtLeast> for AtLeastParameters {
    fn from(s: IncomeAtLeast) -> Self {
        Self {
            minimum_minor: s.minimum_minor,
            currency: s.unit.currency,
            period: s.unit.period,
            as_of: s.as_of,
        }
    }
}

impl TryFrom<RangeParameters> for IncomeInRange {
    type Error = IncomeError;
    fn try_from(p: RangeParameters) -> Result<Self, IncomeError> {
        let unit = IncomeUnit {
            currency: p.currency,
            period: p.period,
        };
        Self::new(p.minimum_minor, p.maximum_minor, unit, p.as_of)
    }
}

impl From<IncomeInRange> for RangeParameters {
    fn from(s: IncomeInRange) -> Self {
        Self {
            minimum_minor: s.minimum_minor,
            maximum_minor: s.maximum_minor,
            currency: s.unit.currency,
            period: s.unit.period,
            as_of: s.as_of,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::statement::Statement;

    const AT_LEAST: &str = r#"{"type":"income_at_least","minimum_minor":250000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#;
    const IN_RANGE: &str = r#"{"type":"income_in_range","minimum_minor":0,"maximum_minor":9007199254740991,"currency":"EUR","period":"year","as_of":"2026-11-24"}"#;

    #[test]
    fn the_form_is_what_is_read_and_written() {
        for text in [AT_LEAST, IN_RANGE] {
            let statement: Statement = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&statement).unwrap(), text);
        }
    }

    #[test]
    fn limits_hold_in_json_too() {
        for (text, from, to) in [
            (AT_LEAST, "250000", "0"),
            (AT_LEAST, "250000", "-1"),
            (AT_LEAST, "250000", "2500.00"),
            (AT_LEAST, "250000", "9007199254740992"),
            (AT_LEAST, "EUR", "eur"),
            (AT_LEAST, "month", "week"),
            (AT_LEAST, "\"as_of\"", "\"maximum_minor\":9,\"as_of\""),
            (
                IN_RANGE,
                "\"minimum_minor\":0,\"maximum_minor\":9007199254740991",
                "\"minimum_minor\":2,\"maximum_minor\":1",
            ),
            (IN_RANGE, "\"maximum_minor\":9007199254740991,", ""),
        ] {
            let bad = text.replace(from, to);
            assert_ne!(bad, text);
            assert!(serde_json::from_str::<Statement>(&bad).is_err(), "{bad}");
        }
    }
}
