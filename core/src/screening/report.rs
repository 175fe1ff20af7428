//! What is told of a list beside its keys: how much of it can be screened for, and how much cannot.
//!
//! Counts, kinds and the list's own entry numbers. No name of a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::day::Day;

/// How many entries are named of those that cannot be screened for.
pub const UNSCREENED_SHOWN: usize = 20;
/// How many kinds are counted apart; the rest is counted as [`OTHERS`].
const KINDS_MAX: usize = 200;
/// The longest name of a kind, in characters.
const KIND_CHARS_MAX: usize = 100;
/// What is counted together.
const OTHERS: &str = "(others)";

/// A list in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListReport {
    /// The day of publication that the source itself names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Day>,
    /// All entries.
    pub entries: u64,
    /// Those that are persons.
    pub persons: u64,
    /// Those that are none, by kind. There are no keys for them.
    pub not_persons: BTreeMap<String, u64>,
    /// Keys, by kind; none is counted twice.
    pub keys: BTreeMap<String, u64>,
    /// Persons that the list says too little of: neither a document with a country nor a name with a birth.
    pub persons_without_keys: u64,
    /// The first of them, by the list's own number or line.
    pub unscreened: Vec<String>,
    /// Births that could not be read.
    pub births_unreadable: u64,
    /// Names without a letter, or too long.
    pub names_unusable: u64,
    /// Document numbers without a letter or digit, or too long.
    pub documents_unusable: u64,
    /// Documents of which neither a country nor a nationality of the person is known.
    pub documents_without_country: u64,
    /// Particulars that are no identity document, by kind.
    pub not_documents: BTreeMap<String, u64>,
    /// Other names whose entry is not there: the files are of two editions.
    pub aliases_without_entry: u64,
    /// Names of countries that stand for none.
    pub countries_unknown: BTreeMap<String, u64>,
}

impl ListReport {
    /// Counts something of this kind. What the source calls it is cut, and its variety bounded.
    pub fn count(counts: &mut BTreeMap<String, u64>, kind: &str) {
        let kind: String = kind.trim().chars().take(KIND_CHARS_MAX).collect();
        let kind = if counts.len() < KINDS_MAX || counts.contains_key(&kind) {
            kind
        } else {
            OTHERS.to_owned()
        };
        *counts.entry(kind).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_bounded_in_number_and_length() {
        let mut counts = BTreeMap::new();
        for index in 0..300 {
            ListReport::count(&mut counts, &format!("{index}{}", "x".repeat(200)));
        }
        ListReport::count(&mut counts, &format!("0{}", "x".repeat(200)));
        assert_eq!(counts.len(), KINDS_MAX + 1);
        assert_eq!(counts[OTHERS], 100);
        assert!(
            counts
                .keys()
                .all(|kind| kind.chars().count() <= KIND_CHARS_MAX)
        );
        assert_eq!(counts.values().sum::<u64>(), 301);
    }

    #[test]
    fn an_older_report_is_read() {
        let report: ListReport = serde_json::from_str(r#"{"entries":3,"persons":2}"#).unwrap();
        assert_eq!((report.entries, report.persons), (3, 2));
    }
}
