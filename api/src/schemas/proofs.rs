//! Proofs: asked for, made, and as they travel.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_core::circuit::CircuitPin;
use zapiki_core::envelope::{EnvelopeVersion, KeyDigest, ProofBytes, ProofEnvelope, Prover};
use zapiki_core::ids::ProofId;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Nullifier, Scope};
use zapiki_core::state::ProofState;
use zapiki_core::statement::Statement;
use zapiki_core::suites::IssuerKey;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::Witness;

use super::credentials::WitnessSchema;
use super::examples;
use super::statements::{IssuerKeySchema, StatementSchema};
use crate::forms::{As, CircuitIdText, Text};

/// A proof to be made.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProofRequest {
    /// What is to be shown.
    pub(crate) statement: As<Statement, StatementSchema>,
    /// The proof system; default `groth16`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<Text<ProofSystem>>,
    /// The circuit; default the newest one of the statement.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) circuit: Option<Text<CircuitPin>>,
    /// Whose credential it must be. You must trust this key: POST /v1/issuers.
    pub(crate) issuer: As<IssuerKey, IssuerKeySchema>,
    /// The verifier's challenge: POST /v1/challenges makes one.
    pub(crate) challenge: Text<Challenge>,
    /// Where the nullifier is comparable.
    pub(crate) scope: Text<Scope>,
    /// Whether the proof system may be an experimental one; default false.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_experimental: Option<bool>,
    /// The private input.
    pub(crate) witness: As<Witness, WitnessSchema>,
}

/// All public inputs of a proof.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "PublicInputs", example)]
pub(crate) struct PublicInputsSchema {
    /// What is shown.
    statement: StatementSchema,
    /// Whose credential it is.
    issuer: IssuerKeySchema,
    /// The verifier's challenge.
    challenge: Text<Challenge>,
    /// Where the nullifier is comparable.
    scope: Text<Scope>,
    /// The same for the same holder within one scope, unlinkable across scopes.
    nullifier: Text<Nullifier>,
}

/// A proof with all that is needed to verify it, but for the verifying key that it names.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "ProofEnvelope", example)]
pub(crate) struct EnvelopeSchema {
    /// The form of this document.
    version: Text<EnvelopeVersion>,
    /// The proof system.
    system: Text<ProofSystem>,
    /// The circuit, with its exact version.
    circuit: Text<CircuitIdText>,
    /// The verifying key.
    verifying_key: Text<KeyDigest>,
    /// Who saw the witness.
    prover: Text<Prover>,
    /// Whether the system hides the witness.
    zero_knowledge: bool,
    /// What the proof is about.
    public_inputs: PublicInputsSchema,
    /// The proof.
    proof: Text<ProofBytes>,
}

/// A proof, made or on its way.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Proof {
    /// Its id, and that of its job.
    pub(crate) id: Text<ProofId>,
    /// Where it stands.
    pub(crate) state: Text<ProofState>,
    /// What it shows.
    pub(crate) statement: As<Statement, StatementSchema>,
    /// The proof system.
    pub(crate) system: Text<ProofSystem>,
    /// The circuit.
    pub(crate) circuit: Text<CircuitIdText>,
    /// When it was accepted.
    pub(crate) accepted_at: DateTime<Utc>,
    /// When it was settled.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settled_at: Option<DateTime<Utc>>,
    /// True if the proof shows that the holder is not on the list of the statement. It is never false: who is on the list gets
    /// no proof.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_sanctioned: Option<bool>,
    /// The proof itself, once `state` is `completed`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<As<ProofEnvelope, EnvelopeSchema>>,
    /// Why there is none: `rejected` and `dead_lettered` have a code.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Text<ProblemCode>>,
    /// Why retries were spent in vain, in words.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// A page of proofs, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct ProofPage {
    /// The proofs.
    pub(crate) proofs: Vec<Proof>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

const PROOF: &str = r#"{"id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","state":"completed","statement":"@statement",
    "system":"groth16","circuit":"age_over@1.0.0","accepted_at":"2026-11-24T10:00:00Z",
    "settled_at":"2026-11-24T10:00:00.250Z","proof":"@envelope"}"#;

examples! {
    NewProofRequest => r#"{"statement":"@statement","system":"groth16","circuit":"age_over@1","issuer":"@issuer",
        "challenge":"@challenge","scope":"shop.example/sign-up","witness":"@witness"}"#;
    PublicInputsSchema => "\"@public_inputs\"";
    EnvelopeSchema => "\"@envelope\"";
    Proof => PROOF;
    ProofPage => &format!(r#"{{"proofs":[{PROOF}],"next_cursor":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e"}}"#);
}
