//! The types of a template's inputs: each reads a value and describes, as JSON Schema, exactly the values that it reads.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, Visitor};
use serde_json::{Value, json};
use zapiki_core::countries;
use zapiki_core::credential::{CountryCode, CurrencyCode, IncomePeriod};
use zapiki_core::day::Day;
use zapiki_core::signed_root::{LIST_NAME_BYTES_MAX, ListName, REVOCATIONS};

/// A type of inputs.
pub(super) trait Form: DeserializeOwned {
    /// What it reads, and nothing else.
    fn schema() -> Value;
}

/// A whole number from `MIN` to `MAX`, which a double holds.
///
/// JSON has one kind of number: `18.0` is 18, to JSON Schema and to most clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole<const MIN: u64, const MAX: u64>(pub(super) u64);

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number<const MIN: u64, const MAX: u64>;

        impl<const MIN: u64, const MAX: u64> Number<MIN, MAX> {
            fn within<E: Error>(&self, number: Option<u64>) -> Result<Whole<MIN, MAX>, E> {
                let within = number.filter(|number| (MIN..=MAX).contains(number));
                let expected =
                    || E::custom(format_args!("expected a whole number from {MIN} to {MAX}"));
                within.map(Whole).ok_or_else(expected)
            }
        }

        impl<const MIN: u64, const MAX: u64> Visitor<'_> for Number<MIN, MAX> {
            type Value = Whole<MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                self.within(Some(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                self.within(u64::try_from(number).ok())
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                // MAX is at most 2^53 - 1, so what lies within the bounds is exact in both types.
                let is_whole = number.fract() == 0.0 && (0.0..=MAX as f64).contains(&number);
                self.within(is_whole.then_some(number as u64))
            }
        }

        deserializer.deserialize_any(Number::<MIN, MAX>)
    }
}

impl<const MIN: u64, const MAX: u64> Form for Whole<MIN, MAX> {
    fn schema() -> Value {
        json!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

impl Form for CurrencyCode {
    fn schema() -> Value {
        json!({"type": "string", "pattern": "^[A-Z]{3}$"})
    }
}

impl Form for IncomePeriod {
    fn schema() -> Value {
        json!({"type": "string", "enum": Self::ALL})
    }
}

/// Countries, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Countries(pub(super) Vec<CountryCode>);

impl<'de> Deserialize<'de> for Countries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let countries = Vec::<CountryCode>::deserialize(deserializer)?;
        let is_assigned = |code: &CountryCode| countries::is_assigned(*code);
        if countries.is_empty() {
            return Err(D::Error::custom("expected at least one country"));
        }
        if !countries.iter().all(is_assigned) {
            let error = "expected codes that ISO 3166-1 assigns to a country";
            return Err(D::Error::custom(error));
        }
        if countries.iter().collect::<BTreeSet<_>>().len() < countries.len() {
            return Err(D::Error::custom("expected each country once"));
        }
        Ok(Self(countries))
    }
}

impl Form for Countries {
    fn schema() -> Value {
        let codes: Vec<_> = countries::codes().collect();
        json!({"type": "array", "items": {"type": "string", "enum": codes}, "minItems": 1, "uniqueItems": true})
    }
}

/// The name of a sanctions list. What issuers revoked is no such list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SanctionsList(pub(super) ListName);

impl<'de> Deserialize<'de> for SanctionsList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = ListName::deserialize(deserializer)?;
        if name.is_of_revocations() {
            let error = "expected a list of persons, not of revocations";
            return Err(D::Error::custom(error));
        }
        Ok(Self(name))
    }
}

impl Form for SanctionsList {
    fn schema() -> Value {
        let pattern = format!("^[a-z0-9-]{{1,{LIST_NAME_BYTES_MAX}}}$");
        json!({"type": "string", "pattern": pattern, "not": {"pattern": format!("^{REVOCATIONS}")}})
    }
}

/// The first year of an [`AsOf`]: the oldest age that can be asked for began after 1900 on each of its days.
const AS_OF_YEAR_MIN: i32 = 2020;

/// The calendar from 2020 to 2999 as a regular expression: months of 31 and of 30 days, February, and its 29th in leap years.
const CALENDAR: &str = "^((20[2-9][0-9]|2[1-9][0-9]{2})-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])\
                        |(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
                        |(20(2[048]|[468][048]|[3579][26])|2[1-9](0[48]|[2468][048]|[13579][26])|2[48]00)-02-29)$";

/// The day on which a statement is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AsOf(pub(super) Day);

impl<'de> Deserialize<'de> for AsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use chrono::Datelike as _;

        let day = Day::deserialize(deserializer)?;
        if day.as_naive_date().year() < AS_OF_YEAR_MIN {
            let error = format_args!("expected a day from {AS_OF_YEAR_MIN}-01-01 on");
            return Err(D::Error::custom(error));
        }
        Ok(Self(day))
    }
}

impl Form for AsOf {
    fn schema() -> Value {
        json!({"type": "string", "format": "date", "pattern": CALENDAR})
    }
}

/// Reads an input that may be left out; `null` is no way to leave it out.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use regex::Regex;

    use super::*;

    /// Every day of the calendar and every string of its shape that is none, over all kinds of years.
    #[test]
    fn the_pattern_is_the_calendar() {
        let pattern = Regex::new(CALENDAR).unwrap();
        let years = [
            1999, 2019, 2020, 2021, 2096, 2100, 2104, 2200, 2400, 2800, 2900, 2999, 3000,
        ];
        for year in years.into_iter().chain(2020..2130) {
            for month in 0..=13 {
                for day in 0..=32 {
                    let text = format!("{year}-{month:02}-{day:02}");
                    let is_day = NaiveDate::from_ymd_opt(year, month, day).is_some()
                        && (2020..3000).contains(&year);
                    assert_eq!(pattern.is_match(&text), is_day, "{text}");
                    let read = serde_json::from_value::<AsOf>(json!(text));
                    assert_eq!(read.is_ok(), is_day, "{text}");
                }
            }
        }
    }
}
