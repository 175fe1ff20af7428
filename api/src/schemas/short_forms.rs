//! Proofs by what they are for: the short forms of a request for a proof.

use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_core::credential::{CountryCode, Credential, CurrencyCode, FieldElement, IncomePeriod};
use zapiki_core::day::Day;
use zapiki_core::public_inputs::{Challenge, Scope};
use zapiki_core::signed_root::ListName;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::HolderSecret;

use super::credentials::CredentialSchema;
use super::examples;
use crate::forms::{As, Text};

/// An age to be proved: the short form of a proof request.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgeVerificationRequest {
    /// Completed years of age, 1 to 120.
    #[oai(validator(minimum(value = "1"), maximum(value = "120")))]
    pub(crate) min_age: u8,
    /// The day on which the age must be reached; default today (UTC).
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<Text<Day>>,
    /// The verifier's challenge: POST /v1/challenges makes one.
    pub(crate) challenge: Text<Challenge>,
    /// Where the nullifier is comparable.
    pub(crate) scope: Text<Scope>,
    /// The proof system; default `groth16`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<Text<ProofSystem>>,
    /// Whether the proof system may be an experimental one; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_experimental: Option<bool>,
    /// The credential. Its issuer must be one that you trust.
    pub(crate) credential: As<Credential, CredentialSchema>,
    /// The secret behind the credential's holder commitment.
    pub(crate) holder_secret: As<HolderSecret, Text<FieldElement>>,
}

/// An income to be proved: the short form of a proof request.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncomeVerificationRequest {
    /// The least amount, in minor units such as cents; at least 1 if there is no greatest.
    #[oai(validator(maximum(value = "9007199254740991")))]
    pub(crate) minimum_minor: u64,
    /// The greatest amount, if there is one.
    #[oai(
        skip_serializing_if_is_none,
        validator(maximum(value = "9007199254740991"))
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_minor: Option<u64>,
    /// The currency of the amounts. Nothing is converted.
    pub(crate) currency: Text<CurrencyCode>,
    /// What the amounts are counted by.
    pub(crate) period: Text<IncomePeriod>,
    /// The day on which the credential must be valid; default today (UTC).
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<Text<Day>>,
    /// The verifier's challenge: POST /v1/challenges makes one.
    pub(crate) challenge: Text<Challenge>,
    /// Where the nullifier is comparable.
    pub(crate) scope: Text<Scope>,
    /// The proof system; default `groth16`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<Text<ProofSystem>>,
    /// Whether the proof system may be an experimental one; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_experimental: Option<bool>,
    /// The credential. Its issuer must be one that you trust.
    pub(crate) credential: As<Credential, CredentialSchema>,
    /// The secret behind the credential's holder commitment.
    pub(crate) holder_secret: As<HolderSecret, Text<FieldElement>>,
}

/// A residency to be proved: the short form of a proof request.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResidencyProofRequest {
    /// The countries of which it must be one. The proof does not say which.
    pub(crate) countries: Vec<Text<CountryCode>>,
    /// The day on which the credential must be valid; default today (UTC).
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<Text<Day>>,
    /// The verifier's challenge: POST /v1/challenges makes one.
    pub(crate) challenge: Text<Challenge>,
    /// Where the nullifier is comparable.
    pub(crate) scope: Text<Scope>,
    /// The proof system; default `groth16`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<Text<ProofSystem>>,
    /// Whether the proof system may be an experimental one; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_experimental: Option<bool>,
    /// The credential. Its issuer must be one that you trust.
    pub(crate) credential: As<Credential, CredentialSchema>,
    /// The secret behind the credential's holder commitment.
    pub(crate) holder_secret: As<HolderSecret, Text<FieldElement>>,
}

/// An absence from a sanctions list to be proved: the short form of a proof request.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct SanctionsCheckRequest {
    /// The list, of which the newest root is taken: GET /v1/lists names them.
    pub(crate) list: Text<ListName>,
    /// The day on which the credential must be valid; default today (UTC).
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<Text<Day>>,
    /// The verifier's challenge: POST /v1/challenges makes one.
    pub(crate) challenge: Text<Challenge>,
    /// Where the nullifier is comparable.
    pub(crate) scope: Text<Scope>,
    /// The credential, with a screening identity. Its issuer must be one that you trust.
    pub(crate) credential: As<Credential, CredentialSchema>,
    /// The secret behind the credential's holder commitment.
    pub(crate) holder_secret: As<HolderSecret, Text<FieldElement>>,
}

examples! {
    AgeVerificationRequest => r#"{"min_age":18,"as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    IncomeVerificationRequest => r#"{"minimum_minor":250000,"currency":"EUR","period":"month","as_of":"2026-11-24",
        "challenge":"@challenge","scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    ResidencyProofRequest => r#"{"countries":["ES","FR","PT"],"as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    SanctionsCheckRequest => r#"{"list":"ofac-sdn","as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
}
