//! Screening keys against an independent implementation of `docs/SCREENING.md`: `vectors/screening.py`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde::Deserialize;
use zapiki_core::credential::{CountryCode, FieldElement};
use zapiki_core::day::Day;
use zapiki_core::screening::{ScreeningKey, UnusableText, normalise};

const VECTORS: &str = include_str!("vectors/screening.json");

#[derive(Deserialize)]
struct Vectors {
    documents: Vec<Document>,
    names: Vec<Name>,
}

#[derive(Deserialize)]
struct Document {
    number: String,
    country: CountryCode,
    normalised: String,
    key: FieldElement,
}

#[derive(Deserialize)]
struct Name {
    name: String,
    normalised: String,
    birth_date: Day,
    birth_year: u16,
    date_key: FieldElement,
    year_key: FieldElement,
}

fn element(key: Result<ScreeningKey, UnusableText>) -> FieldElement {
    key.unwrap().into()
}

#[test]
fn both_make_the_same_keys() {
    let vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.documents.len() >= 5 && vectors.names.len() >= 15);
    for of in vectors.documents {
        let normalised = normalise::document_number(&of.number).unwrap();
        assert_eq!(*normalised, of.normalised);
        let key = element(ScreeningKey::document(&of.number, of.country));
        assert_eq!(key, of.key, "{}", of.number);
    }
    for of in vectors.names {
        assert_eq!(*normalise::name(&of.name).unwrap(), of.normalised);
        let date_key = element(ScreeningKey::name_and_birth_date(&of.name, of.birth_date));
        let year_key = element(ScreeningKey::name_and_birth_year(&of.name, of.birth_year));
        assert_eq!(
            (date_key, year_key),
            (of.date_key, of.year_key),
            "{}",
            of.name
        );
    }
}
