//! Failures: proofs that could not be made, and decisions about them.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use zapiki_core::circuit::CircuitPin;
use zapiki_core::failure::FailureKind;
use zapiki_core::ids::ProofId;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_store::Resolution;

use crate::forms::{CircuitIdText, Text};

/// What became of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailureStatus {
    /// It waits for a decision.
    Open,
    /// The proof was tried again.
    Redriven,
    /// The proof was given up.
    Discarded,
    /// Nobody decided in time.
    Expired,
}

impl From<Resolution> for FailureStatus {
    fn from(resolution: Resolution) -> Self {
        match resolution {
            Resolution::Redriven => Self::Redriven,
            Resolution::Discarded => Self::Discarded,
            Resolution::Expired => Self::Expired,
        }
    }
}

/// Why a proof could not be made.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Failure {
    /// The id of the proof.
    pub(crate) id: Text<ProofId>,
    /// What became of it.
    pub(crate) status: FailureStatus,
    /// The how-manieth failure of this proof, from 1.
    pub(crate) round: u32,
    /// What was to be shown.
    pub(crate) statement: Text<StatementKind>,
    /// The proof system.
    pub(crate) system: Text<ProofSystem>,
    /// The circuit.
    pub(crate) circuit: Text<CircuitIdText>,
    /// How the last try failed.
    pub(crate) failure: Text<FailureKind>,
    /// The same in words.
    pub(crate) reason: String,
    /// Whether the same could succeed later or elsewhere without a change.
    pub(crate) is_retryable: bool,
    /// How often it was tried; absent if the last try was lost and could not say.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    /// The last failure and those behind it, newest first.
    pub(crate) chain: Vec<Text<FailureKind>>,
    /// When it failed.
    pub(crate) failed_at: DateTime<Utc>,
    /// When the private input is shredded if nobody decides.
    pub(crate) expires_at: DateTime<Utc>,
    /// When it was decided.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resolved_at: Option<DateTime<Utc>>,
}

/// A page of failures, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct FailurePage {
    /// The failures.
    pub(crate) failures: Vec<Failure>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// All failures of one proof.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct FailureRounds {
    /// Newest first.
    pub(crate) rounds: Vec<Failure>,
}

/// How a proof is to be tried again.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedriveRequest {
    /// With this circuit instead: by name and version, or name and major version.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) circuit: Option<Text<CircuitPin>>,
}

/// Which failures a decision is about. Fields that are absent admit all.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRequest {
    /// Only proofs of this statement.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<Text<StatementKind>>,
    /// Only proofs of this system.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<Text<ProofSystem>>,
    /// Only proofs of this circuit, by name and version.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) circuit: Option<Text<CircuitIdText>>,
    /// Only those that failed for this reason.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Text<FailureKind>>,
}

/// What was decided in bulk.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct BulkDecision {
    /// The ids of the proofs.
    pub(crate) ids: Vec<Text<ProofId>>,
    /// Whether more failures match.
    pub(crate) has_more: bool,
}

const FAILURE: &str = r#"{"id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","status":"open","round":1,"statement":"age_over",
    "system":"groth16","circuit":"age_over@1.0.0","failure":"WorkerLost","reason":"the worker was lost or took too long",
    "is_retryable":true,"chain":["WorkerLost","ProverFailed"],"failed_at":"2026-11-24T10:00:00.500Z",
    "expires_at":"2026-12-08T10:00:00.500Z"}"#;

super::examples! {
    Failure => FAILURE;
    FailurePage => &format!(r#"{{"failures":[{FAILURE}]}}"#);
    FailureRounds => &format!(r#"{{"rounds":[{FAILURE}]}}"#);
    RedriveRequest => r#"{"circuit":"age_over@1"}"#;
    BulkRequest => r#"{"system":"groth16","failure":"WorkerLost"}"#;
    BulkDecision => r#"{"ids":["proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e"],"has_more":false}"#;
}
