//! Proof systems, circuits and their keys.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use zapiki_backends::{
    Blake2bDigest, CeremonyRecord, CircuitStatus, ProvenanceKind, SizeUnit, VerifyingKeyDocument,
};
use zapiki_core::envelope::KeyDigest;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;
use zapiki_core::system::{Maturity, ProofSystem};

use super::examples;
use crate::forms::{As, CircuitIdText, Text};

/// A proof system and what it can and cannot do.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct System {
    /// Its name.
    pub(crate) system: Text<ProofSystem>,
    /// `stable`, or `experimental`: then a request must say `allow_experimental`.
    pub(crate) maturity: Text<Maturity>,
    /// Its keys come from a ceremony whose secret must be forgotten.
    pub(crate) trusted_setup: bool,
    /// A proof reveals nothing beyond its statement.
    pub(crate) zero_knowledge: bool,
    /// Believed sound against a quantum computer.
    pub(crate) post_quantum: bool,
    /// The same in words.
    pub(crate) summary: String,
}

/// The proof systems on offer.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Systems {
    /// All of them.
    pub(crate) systems: Vec<System>,
}

/// One edition of a circuit of one proof system.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Circuit {
    /// Its name and version.
    pub(crate) id: Text<CircuitIdText>,
    /// What it proves.
    pub(crate) statement: Text<StatementKind>,
    /// The proof system.
    pub(crate) system: Text<ProofSystem>,
    /// Whether it may be used for new proofs.
    pub(crate) status: Text<CircuitStatus>,
    /// Since when it is deprecated, or will be, if that is announced.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deprecated_at: Option<DateTime<Utc>>,
    /// From when on it makes no new proofs, if that is announced.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sunset_at: Option<DateTime<Utc>>,
    /// Where to read about the deprecation.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deprecation_link: Option<String>,
    /// The suite of the issuer signatures that it checks.
    pub(crate) suite: Text<SuiteId>,
    /// How large it is.
    pub(crate) size: CircuitSize,
    /// Field elements that a verifier feeds in.
    pub(crate) public_inputs: u32,
    /// Names its verifying key.
    pub(crate) verifying_key: Text<KeyDigest>,
    /// Where its keys come from.
    pub(crate) provenance: Text<ProvenanceKind>,
    /// Which ceremony they come from, if it was one.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ceremony: Option<Ceremony>,
}

/// The ceremony that keys come from. Its transcript and the file of powers show that they do: `zapiki ceremony verify`.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Ceremony {
    /// Names the transcript.
    pub(crate) transcript: Text<KeyDigest>,
    /// How many contributed, the beacon not counted.
    pub(crate) contributions: u32,
    /// Names the file of powers of tau.
    pub(crate) powers: Text<Blake2bDigest>,
}

impl From<CeremonyRecord> for Ceremony {
    fn from(record: CeremonyRecord) -> Self {
        Self {
            transcript: Text(record.transcript),
            contributions: record.contributions,
            powers: Text(record.powers),
        }
    }
}

/// How large a circuit is. The systems count in units of their own, so sizes of different units do not compare.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct CircuitSize {
    /// What is counted.
    pub(crate) unit: Text<SizeUnit>,
    /// How many there are.
    pub(crate) count: u32,
    /// How wide each of them is, in systems whose circuits are tables.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) columns: Option<u32>,
}

/// The circuits on offer.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Circuits {
    /// All of them.
    pub(crate) circuits: Vec<Circuit>,
}

/// The versions of a circuit.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct CircuitVersions {
    /// The circuit, without a version.
    pub(crate) circuit: Text<StatementKind>,
    /// Those of each proof system, newest first.
    pub(crate) versions: Vec<Circuit>,
}

/// A verifying key, for `zapiki verify --vk`.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "VerifyingKey", example)]
pub(crate) struct VerifyingKeySchema {
    /// The form of this document.
    version: String,
    /// The proof system.
    system: Text<ProofSystem>,
    /// The circuit.
    circuit: Text<CircuitIdText>,
    /// Where the key comes from.
    provenance: Text<ProvenanceKind>,
    /// Which ceremony it comes from, if it was one.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ceremony: Option<Ceremony>,
    /// Names the key: SHA-256 over its bytes, or over what it is derived from.
    digest: Text<KeyDigest>,
    /// Names the constraints.
    relation: Text<KeyDigest>,
    /// Names the proving key of the same setup. Systems without a setup have none.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proving_key: Option<Text<KeyDigest>>,
    /// The key: base64url without padding. Systems without a setup derive it from the circuit, and leave it out.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// The answer with a verifying key.
pub(crate) type VerifyingKey = As<VerifyingKeyDocument, VerifyingKeySchema>;

const CIRCUIT: &str = r#"{"id":"age_over@1.0.0","statement":"age_over","system":"groth16","status":"active",
    "suite":"bjj-poseidon-bn254","size":{"unit":"constraints","count":3832},"public_inputs":11,
    "verifying_key":"sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761","provenance":"dev"}"#;
const SYSTEM: &str = r#"{"system":"groth16","maturity":"stable","trusted_setup":true,"zero_knowledge":true,
    "post_quantum":false,"summary":"Groth16 over BN254: 128-byte proofs that verify in milliseconds."}"#;

const CEREMONY: &str = concat!(
    r#"{"transcript":"sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761","contributions":7,"#,
    r#""powers":"blake2b:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761"#,
    r#"2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761"}"#,
);

examples! {
    System => SYSTEM;
    Systems => &format!(r#"{{"systems":[{SYSTEM}]}}"#);
    Circuit => CIRCUIT;
    Ceremony => CEREMONY;
    CircuitSize => r#"{"unit":"rows","count":2000,"columns":20}"#;
    CircuitVersions => &format!(r#"{{"circuit":"age_over","versions":[{CIRCUIT}]}}"#);
    Circuits => &format!(r#"{{"circuits":[{CIRCUIT}]}}"#);
    VerifyingKeySchema => "\"@vk\"";
}
