//! Statements, and what they are about: issuers, signed roots.

use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_core::credential::{CountryCode, CurrencyCode, FieldElement, IncomePeriod};
use zapiki_core::day::Day;
use zapiki_core::signed_root::ListName;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;
use zapiki_core::suites::bjj_poseidon::{PublicKey, Signature};

use super::examples;
use crate::forms::Text;

/// What is to be shown about the credential. The other fields depend on `type`.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "Statement", example)]
pub(crate) struct StatementSchema {
    /// The kind of statement. (`all_of_listed` is what circuits and filters call an `all_of` with a part about a list; as a type it
    /// is unknown.)
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    type_: Text<StatementKind>,
    /// `age_over`: completed years of age, 1 to 120.
    #[oai(
        skip_serializing_if_is_none,
        validator(minimum(value = "1"), maximum(value = "120"))
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_age: Option<u8>,
    /// `income_at_least`, `income_in_range`: the least amount, in minor units such as cents.
    #[oai(
        skip_serializing_if_is_none,
        validator(maximum(value = "9007199254740991"))
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minimum_minor: Option<u64>,
    /// `income_in_range`: the greatest amount, in minor units.
    #[oai(
        skip_serializing_if_is_none,
        validator(maximum(value = "9007199254740991"))
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maximum_minor: Option<u64>,
    /// `income_at_least`, `income_in_range`: the currency of the amounts. Nothing is converted.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Text<CurrencyCode>>,
    /// `income_at_least`, `income_in_range`: what the amounts are counted by.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period: Option<Text<IncomePeriod>>,
    /// `resident_of`: the countries of which it must be one; in a proof, in alphabetical order.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    countries: Option<Vec<Text<CountryCode>>>,
    /// `not_sanctioned`, `not_revoked`: the list of which the holder must not be, as its publisher signed it.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list: Option<SignedRootSchema>,
    /// `all_of`: the statements, of which each must hold. At most one of a kind, all of the same day.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    statements: Option<Vec<StatementSchema>>,
    /// The day on which it must hold and the credential be valid. Every statement has one but `all_of`, whose parts do.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_of: Option<Text<Day>>,
}

/// The root of a list on a day, with the signature of whoever says so.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "SignedRoot", example)]
pub(crate) struct SignedRootSchema {
    /// Which list; `revocations` is what the signer revoked.
    name: Text<ListName>,
    /// The root of its tree.
    root: Text<FieldElement>,
    /// How many keys it has; a person may have several.
    entries: u64,
    /// The day on which it was read at its source.
    dated: Text<Day>,
    /// Who says so.
    signer: Text<PublicKey>,
    /// Over all of the above but the signer.
    signature: Text<Signature>,
}

/// An issuer's public key.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "IssuerKey", example)]
pub(crate) struct IssuerKeySchema {
    /// Hash, curve and signature scheme.
    suite: Text<SuiteId>,
    /// The key.
    key: Text<PublicKey>,
}

pub(super) const SIGNED_ROOT: &str = include_str!("../examples/signed_root.json");

examples! {
    StatementSchema => "\"@statement\"";
    SignedRootSchema => SIGNED_ROOT;
    IssuerKeySchema => "\"@issuer\"";
}
