//! Sanctions lists, and what issuers revoked.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_core::day::Day;
use zapiki_core::screening::{ListReport, SourceDigest};
use zapiki_core::signed_root::SignedRoot;

use super::examples;
use super::statements::SIGNED_ROOT;
use super::statements::SignedRootSchema;
use crate::forms::{As, Text};

/// A list in numbers: what of it can be screened for, and what cannot.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "ListReport", example)]
pub(crate) struct ListReportSchema {
    /// The day of publication that the source itself names.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published: Option<Text<Day>>,
    /// All entries.
    entries: u64,
    /// Those that are persons.
    persons: u64,
    /// Those that are none, by kind. There are no keys for them.
    not_persons: BTreeMap<String, u64>,
    /// Keys, by kind.
    keys: BTreeMap<String, u64>,
    /// Persons that the list says too little of: neither a document with a country nor a name with a birth.
    persons_without_keys: u64,
    /// The first of them, by the list's own number or line.
    unscreened: Vec<String>,
    /// Births that could not be read.
    births_unreadable: u64,
    /// Names without a letter, or too long.
    names_unusable: u64,
    /// Document numbers without a letter or digit, or too long.
    documents_unusable: u64,
    /// Documents of which neither a country nor a nationality of the person is known.
    documents_without_country: u64,
    /// Particulars that are no identity document, by kind.
    not_documents: BTreeMap<String, u64>,
    /// Other names whose entry is not there: the files are of two editions.
    aliases_without_entry: u64,
    /// Names of countries that stand for none.
    countries_unknown: BTreeMap<String, u64>,
}

/// A sanctions list as it was read on a day.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct List {
    /// Its root, signed.
    pub(crate) signed_root: As<SignedRoot, SignedRootSchema>,
    /// What was read.
    pub(crate) source: Text<SourceDigest>,
    /// What of it can be screened for, and what cannot.
    pub(crate) report: As<ListReport, ListReportSchema>,
    /// When it was first read.
    pub(crate) signed_at: DateTime<Utc>,
    /// When it was last read on that day, unchanged.
    pub(crate) refreshed_at: DateTime<Utc>,
}

/// What an issuer revoked, as it signed it: `zapiki issuer revoke` writes it.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevocationList {
    /// The signed root.
    pub(crate) list: As<SignedRoot, SignedRootSchema>,
    /// The revocation numbers.
    pub(crate) revoked: Vec<u64>,
}

/// The sanctions lists, by name.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct ListPage {
    /// Each as it was read last.
    pub(crate) lists: Vec<List>,
}

/// A page of a list's roots, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct ListRootPage {
    /// The list as it was read each time.
    pub(crate) roots: Vec<List>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

pub(super) const LIST_REPORT: &str = r#"{"published":"2026-11-20","entries":6,"persons":3,"not_persons":{"entity":1,"vessel":2},
    "keys":{"document":6,"name_and_birth_date":3,"name_and_birth_year":9},"persons_without_keys":1,"unscreened":["900003"],
    "births_unreadable":1,"names_unusable":0,"documents_unusable":0,"documents_without_country":0,
    "not_documents":{"Gender":1},"aliases_without_entry":0,"countries_unknown":{}}"#;

/// A list with the examples above.
fn list_example() -> String {
    format!(
        r#"{{"signed_root":{SIGNED_ROOT},"source":"sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761",
        "report":{LIST_REPORT},"signed_at":"2026-11-24T10:00:00Z","refreshed_at":"2026-11-24T12:00:00Z"}}"#
    )
}

examples! {
    ListReportSchema => LIST_REPORT;
    List => &list_example();
    RevocationList => include_str!("../examples/revocations.json");
    ListPage => &format!(r#"{{"lists":[{}]}}"#, list_example());
    ListRootPage => &format!(r#"{{"roots":[{}],"next_cursor":"17"}}"#, list_example());
}
