//! `resident_of`: the holder's country of residence is one of the verifier's.
//!
//! Public: the set of countries, the day. Private: which of them it is. The set itself is the public input: a table of 26 × 26
//! bits, a row per first letter, that everybody computes from the codes ([`ResidentOf::table`]). There is no commitment
//! to trust or to recompute.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::countries;
use crate::credential::CountryCode;
use crate::day::Day;

/// How many letters a code can begin or end with.
pub const LETTERS: usize = 26;

/// The set is none that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ResidentOfError {
    /// No country at all.
    #[error("`countries` must name at least one country")]
    Empty,
    /// A code that ISO 3166-1 assigns to no country.
    #[error("`countries` has the code {0}, which ISO 3166-1 assigns to no country")]
    Unknown(CountryCode),
    /// A code that is there twice.
    #[error("`countries` has the code {0} twice")]
    Repeated(CountryCode),
}

/// The holder lives in one of these countries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parameters", into = "Parameters")]
pub struct ResidentOf {
    countries: BTreeSet<CountryCode>,
    as_of: Day,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    countries: Vec<CountryCode>,
    as_of: Day,
}

impl ResidentOf {
    /// The statement about these countries, in any order.
    ///
    /// # Errors
    /// There are none, one is no country, or one is there twice.
    pub fn new(
        countries: impl IntoIterator<Item = CountryCode>,
        as_of: Day,
    ) -> Result<Self, ResidentOfError> {
        let mut set = BTreeSet::new();
        for country in countries {
            if !countries::is_assigned(country) {
                return Err(ResidentOfError::Unknown(country));
            }
            if !set.insert(country) {
                return Err(ResidentOfError::Repeated(country));
            }
        }
        if set.is_empty() {
            return Err(ResidentOfError::Empty);
        }
        Ok(Self {
            countries: set,
            as_of,
        })
    }

    /// The countries, in alphabetical order.
    #[must_use]
    pub const fn countries(&self) -> &BTreeSet<CountryCode> {
        &self.countries
    }

    /// The day on which the credential must be valid.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        self.as_of
    }

    /// The set as a circuit sees it: bit `j` of row `i` says whether the code of the `i`th and `j`th letter (from 0, bit 0
    /// least significant) is in it.
    #[must_use]
    pub fn table(&self) -> [u32; LETTERS] {
        let mut table = [0; LETTERS];
        for country in &self.countries {
            let [first, second] = country.letters();
            table[usize::from(first)] |= 1 << second;
        }
        table
    }
}

impl TryFrom<Parameters> for ResidentOf {
    type Error = ResidentOfError;
    fn try_from(p: Parameters) -> Result<Self, ResidentOfError> {
        Self::new(p.countries, p.as_of)
    }
}

impl From<ResidentOf> for Parameters {
    fn from(s: ResidentOf) -> Self {
        Self {
            countries: s.countries.into_iter().collect(),
            as_of: s.as_of,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Statement;

    fn parse(countries: &str) -> Result<Statement, serde_json::Error> {
        serde_json::from_str(&format!(
            r#"{{"type":"resident_of","countries":{countries},"as_of":"2026-11-24"}}"#
        ))
    }

    #[test]
    fn a_set_has_one_written_form() {
        let one = parse(r#"["PT","DE","ES"]"#).unwrap();
        assert_eq!(one, parse(r#"["ES","PT","DE"]"#).unwrap());
        let text = serde_json::to_string(&one).unwrap();
        assert!(text.contains(r#""countries":["DE","ES","PT"]"#), "{text}");
    }

    #[test]
    fn sets_that_say_nothing_or_something_else_are_refused() {
        for (countries, word) in [
            ("[]", "at least one"),
            (r#"["PT","XK"]"#, "XK"),
            (r#"["PT","PT"]"#, "twice"),
            (r#"["pt"]"#, "upper-case"),
            (r#""PT""#, ""),
        ] {
            let error = parse(countries).unwrap_err().to_string();
            assert!(error.contains(word), "{countries}: {error}");
        }
    }

    #[test]
    fn the_table_has_a_bit_per_country() {
        let codes = ["AD", "AZ", "PT", "ZW"].map(|code| code.parse().unwrap());
        let statement = ResidentOf::new(codes, "2026-11-24".parse().unwrap()).unwrap();
        let mut expected = [0; LETTERS];
        expected[0] = 1 << 3 | 1 << 25;
        expected[15] = 1 << 19;
        expected[25] = 1 << 22;
        assert_eq!(statement.table(), expected);
    }
}
