//! The keys of the persons on a list: every document, and every name with every birth.
//!
//! A list is searched for one key per credential, of the kind that its issuer chose. So each listed person is there under
//! every key that the list's data allow.

use std::collections::{BTreeMap, BTreeSet};

use super::key::{KeyKind, ScreeningKey};
use super::report::{ListReport, UNSCREENED_SHOWN};
use crate::credential::CountryCode;
use crate::day::Day;

/// What a list says of a birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Birth {
    /// The day.
    On(Day),
    /// The year.
    In(u16),
}

/// An identity document of a listed person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// Its number, as the list has it.
    pub number: String,
    /// The country that issued it, if the list says so.
    pub country: Option<CountryCode>,
}

/// A person on a list, as the list has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedPerson {
    /// What the list calls the entry: a number, a line.
    pub reference: String,
    /// The primary name and all others.
    pub names: Vec<String>,
    /// All births that are given.
    pub births: Vec<Birth>,
    /// All identity documents.
    pub documents: Vec<ListedDocument>,
    /// All countries whose national the person is.
    pub nationalities: Vec<CountryCode>,
}

/// The keys of a list, and what is to be told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreeningList {
    /// In order, none twice.
    pub keys: Vec<ScreeningKey>,
    /// What was made into keys, and what was not.
    pub report: ListReport,
}

/// Makes a list's keys, person by person.
#[derive(Debug, Default)]
pub struct ListBuilder {
    keys: BTreeMap<ScreeningKey, KeyKind>,
    /// What parsers count beside the keys.
    pub report: ListReport,
}

impl ListBuilder {
    /// An entry that is no person.
    pub fn skip(&mut self, kind: &str) {
        self.report.entries += 1;
        ListReport::count(&mut self.report.not_persons, kind);
    }

    /// A person.
    pub fn add(&mut self, person: &ListedPerson) {
        self.report.entries += 1;
        self.report.persons += 1;
        let mut keys = self.document_keys(person);
        keys.extend(self.name_keys(person));
        if keys.is_empty() {
            self.report.persons_without_keys += 1;
            if self.report.unscreened.len() < UNSCREENED_SHOWN {
                self.report.unscreened.push(person.reference.clone());
            }
        }
        self.keys.extend(keys);
    }

    /// A document is looked for under the country that issued it and under the person's own: an issuer of credentials asks
    /// its customer for either.
    fn document_keys(&mut self, person: &ListedPerson) -> Vec<(ScreeningKey, KeyKind)> {
        let mut keys = Vec::new();
        for document in &person.documents {
            let countries: BTreeSet<CountryCode> = document
                .country
                .iter()
                .chain(&person.nationalities)
                .copied()
                .collect();
            if countries.is_empty() {
                self.report.documents_without_country += 1;
            }
            for country in countries {
                match ScreeningKey::document(&document.number, country) {
                    Ok(key) => keys.push((key, KeyKind::Document)),
                    Err(_) => {
                        self.report.documents_unusable += 1;
                        break;
                    }
                }
            }
        }
        keys
    }

    fn name_keys(&mut self, person: &ListedPerson) -> Vec<(ScreeningKey, KeyKind)> {
        let mut keys = Vec::new();
        for name in &person.names {
            for birth in &person.births {
                let of_day = match birth {
                    Birth::On(day) => Some(ScreeningKey::name_and_birth_date(name, *day)),
                    Birth::In(_) => None,
                };
                let of_year = Some(ScreeningKey::name_and_birth_year(name, birth.year()));
                let kinds = [KeyKind::NameAndBirthDate, KeyKind::NameAndBirthYear];
                for (key, kind) in [of_day, of_year].into_iter().zip(kinds) {
                    // A name that cannot be used is counted once, below.
                    keys.extend(key.and_then(Result::ok).map(|key| (key, kind)));
                }
            }
        }
        let unusable = |name: &&String| super::normalise::name(name).is_err();
        self.report.names_unusable += person.names.iter().filter(unusable).count() as u64;
        keys
    }

    /// The list.
    #[must_use]
    pub fn finish(mut self) -> ScreeningList {
        for kind in KeyKind::ALL {
            let count = self.keys.values().filter(|&of| of == kind).count() as u64;
            self.report.keys.insert(kind.as_str().to_owned(), count);
        }
        ScreeningList {
            keys: self.keys.into_keys().collect(),
            report: self.report,
        }
    }
}

impl Birth {
    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        use chrono::Datelike as _;
        match self {
            // A day's year has four digits.
            Self::On(day) => u16::try_from(day.as_naive_date().year()).unwrap_or_default(),
            Self::In(year) => year,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> ListedPerson {
        ListedPerson {
            reference: "9001".to_owned(),
            names: vec!["EXAMPLE, Ada".to_owned(), "Example, A.".to_owned()],
            births: vec![Birth::On("1970-02-03".parse().unwrap()), Birth::In(1971)],
            documents: vec![ListedDocument {
                number: "X 100".to_owned(),
                country: Some("PT".parse().unwrap()),
            }],
            nationalities: vec!["PT".parse().unwrap(), "ES".parse().unwrap()],
        }
    }

    fn list(person: &ListedPerson) -> ScreeningList {
        let mut builder = ListBuilder::default();
        builder.add(person);
        builder.finish()
    }

    #[test]
    fn a_person_is_listed_under_every_key_that_there_is() {
        let list = list(&person());
        let day: Day = "1970-02-03".parse().unwrap();
        let mut expected = vec![
            ScreeningKey::document("x100", "PT".parse().unwrap()).unwrap(),
            ScreeningKey::document("x100", "ES".parse().unwrap()).unwrap(),
        ];
        for name in ["Ada Example", "A Example"] {
            expected.push(ScreeningKey::name_and_birth_date(name, day).unwrap());
            for year in [1970, 1971] {
                expected.push(ScreeningKey::name_and_birth_year(name, year).unwrap());
            }
        }
        expected.sort();
        assert_eq!(list.keys, expected);
        let counts = [
            ("document", 2),
            ("name_and_birth_date", 2),
            ("name_and_birth_year", 4),
        ];
        for (kind, count) in counts {
            assert_eq!(list.report.keys[kind], count, "{kind}");
        }
        assert_eq!((list.report.entries, list.report.persons), (1, 1));
        assert_eq!(list.report.persons_without_keys, 0);
    }

    #[test]
    fn twice_is_once() {
        let mut builder = ListBuilder::default();
        builder.add(&person());
        builder.add(&person());
        let twice = builder.finish();
        assert_eq!(twice.keys, list(&person()).keys);
        assert_eq!(twice.report.persons, 2);
    }

    #[test]
    fn what_cannot_be_screened_is_told() {
        let nobody = ListedPerson {
            reference: "9002".to_owned(),
            names: vec!["EXAMPLE, Ada".to_owned(), "?".to_owned()],
            documents: vec![
                ListedDocument {
                    number: "X1".to_owned(),
                    country: None,
                },
                ListedDocument {
                    number: "-".to_owned(),
                    country: Some("PT".parse().unwrap()),
                },
            ],
            ..ListedPerson::default()
        };
        let mut builder = ListBuilder::default();
        builder.add(&nobody);
        builder.skip("vessel");
        let list = builder.finish();
        assert!(list.keys.is_empty());
        let report = list.report;
        assert_eq!(report.persons_without_keys, 1);
        assert_eq!(report.unscreened, ["9002"]);
        assert_eq!((report.names_unusable, report.documents_unusable), (1, 1));
        assert_eq!(report.documents_without_country, 1);
        assert_eq!((report.entries, report.not_persons["vessel"]), (2, 1));
    }
}
