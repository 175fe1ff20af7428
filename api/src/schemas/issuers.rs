//! Whom a tenant trusts, and the challenges that it makes.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_core::ids::{ChallengeId, IssuerId};
use zapiki_core::public_inputs::Challenge;
use zapiki_core::suites::IssuerKey;

use super::examples;
use super::statements::IssuerKeySchema;
use crate::forms::{As, Text};

/// A challenge to be made.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChallengeRequest {
    /// For how many seconds it is good, 1 to 86400; default 900.
    #[oai(
        skip_serializing_if_is_none,
        validator(minimum(value = "1"), maximum(value = "86400"))
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lifetime_s: Option<u32>,
}

/// A challenge: good for one verification.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "Challenge", example)]
pub(crate) struct ChallengeBody {
    /// Its id.
    pub(crate) id: Text<ChallengeId>,
    /// What goes into the proof request.
    pub(crate) challenge: Text<Challenge>,
    /// Until when it is good.
    pub(crate) expires_at: DateTime<Utc>,
}

/// An issuer key to be trusted.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIssuerRequest {
    /// What you call the issuer, 1 to 200 characters.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub(crate) name: String,
    /// The key, as `zapiki issuer keygen` printed it.
    pub(crate) key: As<IssuerKey, IssuerKeySchema>,
}

/// An issuer key that you trust.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Issuer {
    /// Its id.
    pub(crate) id: Text<IssuerId>,
    /// What you call the issuer.
    pub(crate) name: String,
    /// The key.
    pub(crate) key: As<IssuerKey, IssuerKeySchema>,
    /// Since when you trust it.
    pub(crate) trusted_at: DateTime<Utc>,
}

/// A page of issuers, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct IssuerPage {
    /// The issuers.
    pub(crate) issuers: Vec<Issuer>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

const ISSUER: &str = r#"{"id":"issuer_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","name":"Example Bank","key":"@issuer",
    "trusted_at":"2026-11-24T09:00:00Z"}"#;

examples! {
    NewChallengeRequest => r#"{"lifetime_s":900}"#;
    ChallengeBody => r#"{"id":"challenge_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","challenge":"@challenge",
        "expires_at":"2026-11-24T10:15:00Z"}"#;
    NewIssuerRequest => r#"{"name":"Example Bank","key":"@issuer"}"#;
    Issuer => ISSUER;
    IssuerPage => &format!(r#"{{"issuers":[{ISSUER}]}}"#);
}
