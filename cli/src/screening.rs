//! By what a person is screened, as it is written down: in an attributes document, or on the command line.
//!
//! ```json
//! {"name": "Ana Example", "birth_date": "2001-05-17"}
//! {"name": "Ana Example", "birth_year": 2001}
//! {"document_number": "X123456", "document_country": "PT"}
//! ```
//!
//! The key that is made of it goes into the credential; what it was made of goes nowhere.

use anyhow::{Result, bail};
use clap::Args;
use serde::Deserialize;
use zapiki_activities::lists::country;
use zapiki_core::credential::CountryCode;
use zapiki_core::day::Day;
use zapiki_core::screening::ScreeningKey;
use zeroize::Zeroize as _;

/// What it must look like.
pub(crate) const FORM: &str = "`name` with `birth_date`, `name` with `birth_year`, or `document_number` with `document_country`";

// A person's identity. (A doc comment here would become the help text of the subcommand.)
#[derive(Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// The full name, in any order of its words
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The day of birth
    #[arg(long, value_name = "YYYY-MM-DD", requires = "name")]
    birth_date: Option<Day>,
    /// The year of birth
    #[arg(long, value_name = "YYYY", requires = "name", conflicts_with = "birth_date", value_parser = clap::value_parser!(u16).range(1900..=2999))]
    birth_year: Option<u16>,
    /// The number of an identity document
    #[arg(long, value_name = "NUMBER", conflicts_with = "name")]
    document_number: Option<String>,
    /// The holder's nationality, ISO 3166-1 alpha-2: of a passport, the country that issued it
    #[arg(long, value_name = "XX", requires = "document_number")]
    document_country: Option<CountryCode>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity([private])")
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.name.zeroize();
        self.document_number.zeroize();
        self.birth_date = None;
        self.birth_year.zeroize();
    }
}

impl Identity {
    /// The key of this person. `born` is what the credential says of the birth, which must not be something else.
    pub(crate) fn key(&self, born: Option<Day>) -> Result<ScreeningKey> {
        let Self {
            name,
            birth_date,
            birth_year,
            document_number,
            document_country,
        } = self;
        match (
            name,
            birth_date,
            birth_year,
            document_number,
            document_country,
        ) {
            (Some(name), Some(day), None, None, None) => {
                if born.is_some_and(|born| born != *day) {
                    bail!("the screened `birth_date` is not the credential's");
                }
                Ok(ScreeningKey::name_and_birth_date(name, *day)?)
            }
            (Some(name), None, Some(year), None, None) => {
                if !(1900..=2999).contains(year) {
                    bail!("`birth_year` lies outside 1900 to 2999");
                }
                if born.is_some_and(|born| !born.to_string().starts_with(&format!("{year:04}"))) {
                    bail!(
                        "the screened `birth_year` is not the one of the credential's `birth_date`"
                    );
                }
                Ok(ScreeningKey::name_and_birth_year(name, *year)?)
            }
            (None, None, None, Some(number), Some(code)) => {
                if country(&code.to_string()).is_none() {
                    bail!("`document_country` has a code that stands for no country");
                }
                Ok(ScreeningKey::document(number, *code)?)
            }
            _ => bail!("a person is screened by {FORM}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(text: &str) -> Identity {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_kind_of_key_is_made() {
        let day: Day = "2001-05-17".parse().unwrap();
        for (text, key) in [
            (
                r#"{"name":"Ana Example","birth_date":"2001-05-17"}"#,
                ScreeningKey::name_and_birth_date("Ana Example", day),
            ),
            (
                r#"{"name":"Ana Example","birth_year":2001}"#,
                ScreeningKey::name_and_birth_year("Ana Example", 2001),
            ),
            (
                r#"{"document_number":"x-1","document_country":"PT"}"#,
                ScreeningKey::document("X1", "PT".parse().unwrap()),
            ),
        ] {
            assert_eq!(identity(text).key(Some(day)).unwrap(), key.unwrap());
        }
    }

    #[test]
    fn half_an_identity_and_two_are_none() {
        for text in [
            "{}",
            r#"{"name":"Ana Example"}"#,
            r#"{"birth_year":2001}"#,
            r#"{"name":"Ana Example","birth_year":2001,"birth_date":"2001-05-17"}"#,
            r#"{"document_number":"x-1"}"#,
            r#"{"document_country":"PT"}"#,
            r#"{"name":"Ana Example","birth_year":2001,"document_number":"x-1","document_country":"PT"}"#,
            r#"{"document_number":"x-1","document_country":"ZZ"}"#,
            r#"{"document_number":"--","document_country":"PT"}"#,
            r#"{"name":"...","birth_year":2001}"#,
            r#"{"name":"Ana Example","birth_year":99}"#,
        ] {
            assert!(identity(text).key(None).is_err(), "{text}");
        }
    }

    #[test]
    fn another_birth_than_the_credential_has_is_noticed() {
        let born = Some("2001-05-17".parse().unwrap());
        for text in [
            r#"{"name":"canary","birth_date":"2001-05-18"}"#,
            r#"{"name":"canary","birth_year":2002}"#,
        ] {
            let error = identity(text).key(born).unwrap_err().to_string();
            assert!(error.contains("is not the"), "{error}");
            assert!(!error.contains("canary"), "{error}");
            assert!(identity(text).key(None).is_ok());
        }
    }
}
