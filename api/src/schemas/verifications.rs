//! Proofs to be judged, and the judgements.

use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use zapiki_backends::ProvenanceKind;
use zapiki_core::envelope::ProofEnvelope;

use super::examples;
use super::proofs::EnvelopeSchema;
use crate::forms::{As, Text};

/// A proof to be judged.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVerificationRequest {
    /// The proof.
    pub(crate) proof: As<ProofEnvelope, EnvelopeSchema>,
    /// How many days the as-of date may lie back; default 1.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_of_age_days_max: Option<u16>,
    /// How many days a list may be old that the statement is about; default 7.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) list_age_days_max: Option<u16>,
    /// Whether its proof system may be an experimental one; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_experimental: Option<bool>,
    /// Whether its circuit's keys must be ones that nobody can forge proofs under, so not of provenance `dev`; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) require_ceremony: Option<bool>,
}

/// Proofs to be judged.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerificationBatchRequest {
    /// The proofs, 1 to 100.
    pub(crate) proofs: Vec<As<ProofEnvelope, EnvelopeSchema>>,
    /// How many days each as-of date may lie back; default 1.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_of_age_days_max: Option<u16>,
    /// How many days a list may be old that a statement is about; default 7.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) list_age_days_max: Option<u16>,
    /// Whether their proof systems may be experimental ones; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_experimental: Option<bool>,
    /// Whether their circuits' keys must be ones that nobody can forge proofs under, so not of provenance `dev`; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) require_ceremony: Option<bool>,
}

/// The judgements on proofs.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct VerificationBatch {
    /// How many of them are to be accepted: those with `policy_satisfied`.
    pub(crate) satisfied: u64,
    /// One for each proof, in the order of the request.
    pub(crate) verifications: Vec<Verification>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckStatus {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// Not looked at, because the proof itself is not valid.
    Skipped,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckName {
    /// You trust the issuer key that the proof names.
    IssuerTrusted,
    /// The challenge is one that you asked for, in time, for the first time. A passed check uses it up.
    ChallengeFresh,
    /// The as-of date is neither in the future nor too long ago.
    AsOfFresh,
    /// The circuit is not withdrawn.
    CircuitActive,
    /// The list that the statement is about was published here, or by the issuer if it is one of revocations, and not too
    /// long ago. Looked at if the statement is about a list.
    ListFresh,
    /// The circuit's keys come from a ceremony, or from a proof system without a setup. Looked at if the request says
    /// `require_ceremony`.
    KeyProvenance,
}

/// One part of your policy.
#[derive(Debug, Clone, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct PolicyCheck {
    /// What it is about.
    pub(crate) name: CheckName,
    /// How it ended.
    pub(crate) status: CheckStatus,
    /// Why.
    pub(crate) reason: String,
}

/// The judgement on a proof. Accept it only if both answers are true.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Verification {
    /// Whether the mathematics hold: the statement is true of a credential of the issuer that the proof names.
    pub(crate) proof_valid: bool,
    /// Whether it is a proof for you, now: every check passed.
    pub(crate) policy_satisfied: bool,
    /// Why the proof is valid or not.
    pub(crate) reason: String,
    /// Where the circuit's keys come from: under keys of provenance `dev` anybody can make a valid proof.
    pub(crate) provenance: Text<ProvenanceKind>,
    /// The parts of the policy.
    pub(crate) checks: Vec<PolicyCheck>,
}

examples! {
    NewVerificationRequest => r#"{"proof":"@envelope","as_of_age_days_max":1}"#;
    VerificationBatchRequest => r#"{"proofs":["@envelope"],"as_of_age_days_max":1}"#;
    VerificationBatch => r#"{"satisfied":1,"verifications":[{"proof_valid":true,"policy_satisfied":true,
        "reason":"The proof holds.","provenance":"ceremony","checks":[
        {"name":"issuer_trusted","status":"passed","reason":"You trust this issuer as `Example Bank`."}]}]}"#;
    PolicyCheck => r#"{"name":"issuer_trusted","status":"passed","reason":"You trust this issuer as `Example Bank`."}"#;
    Verification => r#"{"proof_valid":true,"policy_satisfied":true,"reason":"The proof holds.","provenance":"ceremony","checks":[
        {"name":"issuer_trusted","status":"passed","reason":"You trust this issuer as `Example Bank`."}]}"#;
}
