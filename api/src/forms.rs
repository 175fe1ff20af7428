//! How the vocabulary of zapiki-core looks to OpenAPI: texts with a pattern, documents with a schema.
//!
//! A value is parsed and written by core's own serde, so the API cannot understand it differently. Only its description
//! is here.

use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use poem::http::HeaderValue;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{
    ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToHeader, ToJSON, Type,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zapiki_backends::{Blake2bDigest, CircuitStatus, ProvenanceKind, SizeUnit};
use zapiki_core::audit::{AuditHash, AuditKind};
use zapiki_core::circuit::{CircuitId, CircuitPin};
use zapiki_core::credential::{CountryCode, CurrencyCode, FieldElement, IncomePeriod, Schema};
use zapiki_core::day::Day;
use zapiki_core::envelope::{EnvelopeVersion, KeyDigest, ProofBytes, Prover};
use zapiki_core::failure::FailureKind;
use zapiki_core::ids::{BatchId, ChallengeId, DeliveryId, IssuerId, ProofId, TenantId, WebhookId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Nullifier, Scope};
use zapiki_core::screening::SourceDigest;
use zapiki_core::signed_root::ListName;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;
use zapiki_core::suites::bjj_poseidon::{PublicKey, Signature};
use zapiki_core::suites::pallas_poseidon::{self, Element};
use zapiki_core::suites::rescue_merkle::{self, Digest, RootSignature};
use zapiki_core::system::{Maturity, ProofSystem};
use zapiki_core::webhook::{DeliveryFailure, WebhookEvent};
use zapiki_store::DeliveryStatus;
use zapiki_workflows::client::JobEventKind;

use crate::document::kept;

/// What OpenAPI is told about a type whose form is a text.
pub(crate) trait TextForm: Display + FromStr + Send + Sync {
    /// A name without spaces.
    const NAME: &'static str;
    /// What it means.
    const DESCRIPTION: &'static str;
    /// A valid one.
    const EXAMPLE: &'static str;
    /// A regular expression, for types with countless values.
    const PATTERN: Option<&'static str> = None;
    /// All values, for types with few.
    fn values() -> Vec<Value> {
        Vec::new()
    }
}

/// A value whose form is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<T>(pub(crate) T);

fn sentence(words: &str) -> &'static str {
    let (first, rest) = words.split_at(1);
    kept(format!("{}{rest}.", first.to_ascii_uppercase()))
}

impl<T: TextForm> Type for Text<T> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }

    // By name, so that a generated client has one type for it wherever it stands.
    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(T::NAME.to_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(T::NAME.to_owned(), |_| MetaSchema {
            description: Some(sentence(T::DESCRIPTION)),
            example: Some(T::EXAMPLE.into()),
            pattern: T::PATTERN.map(str::to_owned),
            enum_items: T::values(),
            ..MetaSchema::new("string")
        });
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<T: TextForm> ParseFromJSON for Text<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::String(text)) => Self::parse_from_parameter(&text),
            other => Err(ParseError::expected_type(other.unwrap_or_default())),
        }
    }
}

impl<T: TextForm> ParseFromParameter for Text<T> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        value
            .parse()
            .map(Text)
            .map_err(|_| ParseError::custom(format!("expected {}", T::DESCRIPTION)))
    }
}

impl<T: TextForm> ToJSON for Text<T> {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.0.to_string()))
    }
}

impl<T: TextForm> ToHeader for Text<T> {
    fn to_header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0.to_string()).ok()
    }
}

/// A document that core reads and writes, with the schema of another type.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "T: Serialize + DeserializeOwned")]
pub(crate) struct As<T, S> {
    pub(crate) value: T,
    #[serde(skip)]
    schema: PhantomData<fn() -> S>,
}

impl<T: std::fmt::Debug, S> std::fmt::Debug for As<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Core's own, which hides what is private.
        self.value.fmt(f)
    }
}

impl<T, S> From<T> for As<T, S> {
    fn from(value: T) -> Self {
        Self {
            value,
            schema: PhantomData,
        }
    }
}

impl<T: Send + Sync, S: Type> Type for As<T, S> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        S::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        S::schema_ref()
    }

    fn register(registry: &mut Registry) {
        S::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<T: DeserializeOwned + Send + Sync, S: Type> ParseFromJSON for As<T, S> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        // serde's message can quote the value.
        serde_json::from_value::<T>(value.unwrap_or_default())
            .map(|value| Self {
                value,
                schema: PhantomData,
            })
            .map_err(|_| ParseError::custom(format!("expected {}", S::name())))
    }
}

impl<T: Serialize + Send + Sync, S: Type> ToJSON for As<T, S> {
    fn to_json(&self) -> Option<Value> {
        serde_json::to_value(&self.value).ok()
    }
}

macro_rules! text_forms {
    ($($type:ty, $name:literal, $description:literal, $example:literal, $pattern:expr;)+) => {
        $(impl TextForm for $type {
            const NAME: &'static str = $name;
            const DESCRIPTION: &'static str = $description;
            const EXAMPLE: &'static str = $example;
            const PATTERN: Option<&'static str> = Some($pattern);
        })+

        /// Every form with its example, for the test that reads them.
        #[cfg(test)]
        fn examples_of_texts() -> Vec<(&'static str, bool)> {
            vec![$(($example, $example.parse::<$type>().is_ok())),+]
        }
    };
}

text_forms! {
    TenantId, "TenantId", "the id of a tenant", "tenant_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e", "^tenant_[0-9a-f]{32}$";
    ProofId, "ProofId", "the id of a proof", "proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e", "^proof_[0-9a-f]{32}$";
    IssuerId, "IssuerId", "the id of a trusted issuer", "issuer_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e", "^issuer_[0-9a-f]{32}$";
    BatchId, "BatchId", "the id of a batch", "batch_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e", "^batch_[0-9a-f]{32}$";
    WebhookId, "WebhookId", "the id of a webhook", "webhook_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e", "^webhook_[0-9a-f]{32}$";
    DeliveryId, "DeliveryId", "the id of a message to a webhook", "delivery_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e", "^delivery_[0-9a-f]{32}$";
    ChallengeId, "ChallengeId", "the id of a challenge", "challenge_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e", "^challenge_[0-9a-f]{32}$";
    Day, "Day", "a calendar day between 1900-01-01 and 2999-12-31 in the form YYYY-MM-DD", "2026-11-24", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
    Challenge, "ChallengeValue", "32 bytes of the verifier's choice: `0x` and 64 lower-case hex digits", "0x9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a", "^0x[0-9a-f]{64}$";
    Scope, "Scope", "where nullifiers are comparable: 1 to 128 printable ASCII characters without spaces", "shop.example/sign-up", "^[!-~]{1,128}$";
    FieldElement, "FieldElement", "an element of BN254's scalar field: `0x` and 64 lower-case hex digits, big-endian, below the modulus", "0x29a63e1474b2245ecc539f7d1b615b590e5283087f8d7b6b3ce768a2ff30a858", "^0x[0-9a-f]{64}$";
    Nullifier, "Nullifier", "an element or elements of the field of the issuer key's suite: `0x` and 64 lower-case hex digits", "0x29a63e1474b2245ecc539f7d1b615b590e5283087f8d7b6b3ce768a2ff30a858", "^0x[0-9a-f]{64}$";
    Digest, "RescueDigest", "four elements of the Goldilocks field: `0x` and 64 lower-case hex digits, eight little-endian bytes each, below the modulus", "0x27c983751395ac647ce4db65ac7e82b779936e5ef133ad9c9da4617b6f2f6f87", "^0x[0-9a-f]{64}$";
    Element, "PallasElement", "an element of Pallas' base field: `0x` and 64 lower-case hex digits, big-endian, below the modulus", "0x07503b09a6855dc9db34562d53a3e01218860ba265756d63fb359b7637e637c3", "^0x[0-9a-f]{64}$";
    pallas_poseidon::PublicKey, "PallasPublicKey", "a point of Pallas in Zcash's encoding: 64 lower-case hex digits", "ad6c424f4a8b0550959d6035b737a70e6f58afaef375fc25e1838c92fae71909", "^[0-9a-f]{64}$";
    pallas_poseidon::Signature, "PallasSignature", "a Schnorr signature over Pallas: a point and a number below the modulus of its base field, 128 lower-case hex digits", "d3652d1e841abde4f5c6980318216677605333dac6c4702bb8a2f83d27847f11ebbbdb49e7b7842665ee6400fe33033d37ecd563f6ad23b105ec1dd3a2a06b3b", "^[0-9a-f]{128}$";
    rescue_merkle::PublicKey, "Ed25519PublicKey", "an Ed25519 public key (RFC 8032): 64 lower-case hex digits", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "^[0-9a-f]{64}$";
    RootSignature, "Ed25519Signature", "an Ed25519 signature (RFC 8032): 128 lower-case hex digits", "c67c6932f9eac29fdaf61f01d6d5ea4c75a834951868f767c6b784e4ec97b662c3c66775e67b9d77a07791d8814fee38f373fc5bc793e1504c4da313757cb505", "^[0-9a-f]{128}$";
    PublicKey, "PublicKey", "an issuer's public key in the form of its suite: 64 lower-case hex digits; under `bjj-poseidon-bn254` circomlib's packed point", "d6ad4ba93b22b50aa8fa36b9b883c81b1eed9123bfca0354ba281e9881e6f280", "^[0-9a-f]{64}$";
    Signature, "Signature", "an issuer's signature: circomlib's packed form, 128 lower-case hex digits", "7852a9557ef7c7643d879130dd8a69001d40f0f688d9b498494b302d89180eb04a35739454c1e533ada1efdd56f1df128455f1e8ee70a1a4e802e223cf21fd04", "^[0-9a-f]{128}$";
    KeyDigest, "KeyDigest", "SHA-256 over a verifying key", "sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761", "^sha256:[0-9a-f]{64}$";
    Blake2bDigest, "Blake2bDigest", "BLAKE2b-512 over a file", "blake2b:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e7612fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761", "^blake2b:[0-9a-f]{128}$";
    AuditHash, "AuditHash", "a link of the audit log's hash chain", "sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761", "^sha256:[0-9a-f]{64}$";
    ProofBytes, "ProofBytes", "the bytes of a proof: base64url without padding", "AAECAwQFBgcICQoLDA0ODw", "^[A-Za-z0-9_-]+$";
    CircuitPin, "CircuitPin", "a circuit: its newest edition of a major version, or exactly one", "age_over@1", "^[a-z_]+@[0-9]+([.][0-9]+[.][0-9]+)?$";
    CircuitIdText, "CircuitId", "one edition of a circuit", "age_over@1.0.0", "^[a-z_]+@[0-9]+[.][0-9]+[.][0-9]+$";
    CurrencyCode, "CurrencyCode", "a currency, ISO 4217", "EUR", "^[A-Z]{3}$";
    ListName, "ListName", "the name of a list: 1 to 64 lower-case letters, digits and hyphens", "ofac-sdn", "^[a-z0-9-]{1,64}$";
    SourceDigest, "SourceDigest", "SHA-256 over the file that a list was read from; of several files, over their digests", "sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761", "^sha256:[0-9a-f]{64}$";
    CountryCode, "CountryCode", "a country, ISO 3166-1 alpha-2", "PT", "^[A-Z]{2}$";
}

/// An exact circuit: core reads pins, of which this is one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CircuitIdText(pub(crate) CircuitId);

zapiki_core::string_form!(CircuitIdText);

impl Display for CircuitIdText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CircuitIdText {
    type Err = zapiki_core::circuit::CircuitNameError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse()? {
            CircuitPin::Exact(id) => Ok(Self(id)),
            CircuitPin::Major(..) => Err(zapiki_core::circuit::CircuitNameError),
        }
    }
}

macro_rules! named_forms {
    ($($type:ty, $name:literal, $description:literal, $example:literal;)+) => {
        $(impl TextForm for $type {
            const NAME: &'static str = $name;
            const DESCRIPTION: &'static str = $description;
            const EXAMPLE: &'static str = $example;
            fn values() -> Vec<Value> {
                <$type>::ALL.iter().map(|value| value.as_str().into()).collect()
            }
        })+

        #[cfg(test)]
        fn examples_of_names() -> Vec<(&'static str, bool)> {
            vec![$(($example, $example.parse::<$type>().is_ok())),+]
        }
    };
}

named_forms! {
    ProblemCode, "ProblemCode", "the stable code of a kind of problem", "invalid_field";
    ProofState, "ProofState", "where a proof stands", "completed";
    StatementKind, "StatementKind", "what is proved", "age_over";
    ProofSystem, "ProofSystem", "the proof system", "groth16";
    Maturity, "Maturity", "how far a proof system may be trusted with real decisions", "stable";
    SuiteId, "SuiteId", "hash, curve and signature scheme of an issuer key", "bjj-poseidon-bn254";
    Schema, "CredentialSchema", "which attributes a credential has", "zapiki.person.v1";
    IncomePeriod, "IncomePeriod", "what an income is counted by", "month";
    EnvelopeVersion, "EnvelopeVersion", "the form of a proof envelope", "zapiki.proof.v1";
    Prover, "Prover", "who saw the witness", "server";
    AuditKind, "AuditKind", "what happened", "proof_completed";
    CircuitStatus, "CircuitStatus", "whether a circuit may be used for new proofs", "active";
    ProvenanceKind, "Provenance", "where a circuit's keys come from; `dev` means that anybody can forge proofs", "dev";
    SizeUnit, "SizeUnit", "what a circuit's size is counted in", "constraints";
    FailureKind, "FailureKind", "a way in which a step of the pipeline can fail", "ProverFailed";
    WebhookEvent, "WebhookEvent", "what a webhook is told of", "proof.dead_lettered";
    DeliveryStatus, "DeliveryStatus", "how far a message to a webhook is", "delivered";
    DeliveryFailure, "DeliveryFailure", "why a message to a webhook did not arrive", "timed_out";
    JobEventKind, "JobEventKind", "what happened to a job", "proved";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_valid() {
        for (example, is_valid) in examples_of_texts().into_iter().chain(examples_of_names()) {
            assert!(is_valid, "{example}");
        }
    }
}
