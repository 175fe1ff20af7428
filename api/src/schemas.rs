//! What requests and answers look like.
//!
//! Documents that zapiki-core reads and writes itself (claims, credentials, envelopes) are described here and parsed there;
//! the rest is parsed and written as it stands here. Every schema has an example that a test reads.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zapiki_backends::{CircuitStatus, Provenance, SizeUnit, VerifyingKeyDocument};
use zapiki_core::audit::{AuditHash, AuditKind};
use zapiki_core::circuit::CircuitPin;
use zapiki_core::credential::{
    CountryCode, Credential, CurrencyCode, FieldElement, IncomePeriod, Schema,
};
use zapiki_core::day::Day;
use zapiki_core::envelope::{EnvelopeVersion, KeyDigest, ProofBytes, ProofEnvelope, Prover};
use zapiki_core::ids::{ChallengeId, IssuerId, ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Nullifier, Scope};
use zapiki_core::screening::{ListReport, SourceDigest};
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::state::ProofState;
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::SuiteId;
use zapiki_core::suites::bjj_poseidon::{PublicKey, Signature};
use zapiki_core::suites::rescue_merkle::{self, Digest, RootSignature};
use zapiki_core::system::{Maturity, ProofSystem};
use zapiki_core::witness::{HolderSecret, Witness};
use zapiki_workflows::client::JobEventKind;

use crate::forms::{As, CircuitIdText, Text};

const WITNESS: &str = include_str!("examples/witness.json");
const ENVELOPE: &str = include_str!("examples/envelope.json");
const LEAF_SIGNATURE: &str = include_str!("examples/leaf_signature.json");
const VERIFYING_KEY: &str = include_str!("examples/verifying_key.json");

/// An example as JSON, with `"@witness"` and the like replaced by whole documents.
#[expect(
    clippy::expect_used,
    reason = "the text is a constant, and a test reads every example"
)]
fn example<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let document = |text: &str| serde_json::from_str::<Value>(text).expect("a constant");
    let witness = document(WITNESS);
    let envelope = document(ENVELOPE);
    let text = text
        .replace("\"@witness\"", &witness.to_string())
        .replace("\"@credential\"", &witness["credential"].to_string())
        .replace(
            "\"@attributes\"",
            &witness["credential"]["attributes"].to_string(),
        )
        .replace(
            "\"@signatures\"",
            &witness["credential"]["signatures"].to_string(),
        )
        .replace("\"@secret\"", &witness["holder_secret"].to_string())
        .replace("\"@envelope\"", &envelope.to_string())
        .replace("\"@public_inputs\"", &envelope["public_inputs"].to_string())
        .replace(
            "\"@statement\"",
            &envelope["public_inputs"]["statement"].to_string(),
        )
        .replace(
            "\"@issuer\"",
            &envelope["public_inputs"]["issuer"].to_string(),
        )
        .replace(
            "\"@challenge\"",
            &envelope["public_inputs"]["challenge"].to_string(),
        )
        .replace("\"@vk\"", &document(VERIFYING_KEY).to_string());
    serde_json::from_str(&text).expect("a constant")
}

macro_rules! examples {
    ($($type:ident => $text:expr;)+) => {
        $(impl Example for $type {
            fn example() -> Self {
                example($text)
            }
        })+

        /// Reads every example.
        #[cfg(test)]
        fn read_all() -> usize {
            $(let _ = <$type as Example>::example();)+
            [$(stringify!($type)),+].len()
        }
    };
}

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

/// An income.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Income", example)]
pub(crate) struct IncomeSchema {
    /// Minor units, such as cents.
    amount_minor: u64,
    /// The currency.
    currency: Text<CurrencyCode>,
    /// What the amount is counted by.
    period: Text<IncomePeriod>,
}

/// What an issuer says of a holder. Private.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "CredentialAttributes", example)]
pub(crate) struct AttributesSchema {
    /// The holder's commitment to a secret that only the holder knows.
    holder_commitment: Text<FieldElement>,
    /// Date of birth.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    birth_date: Option<Text<Day>>,
    /// Income.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    income: Option<IncomeSchema>,
    /// Country of residence.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country_of_residence: Option<Text<CountryCode>>,
    /// Hash of the identity that is screened against lists.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    screening_id: Option<Text<FieldElement>>,
    /// First day of validity.
    issued_at: Text<Day>,
    /// Last day of validity.
    expires_at: Text<Day>,
    /// The issuer's number for this credential.
    revocation_id: u64,
}

/// An issuer's signature over a credential. As private as the credential.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "IssuerSignature", example)]
pub(crate) struct IssuerSignatureSchema {
    /// The key that signed.
    issuer_key: Text<PublicKey>,
    /// The signature.
    signature: Text<Signature>,
}

/// The way from a credential's leaf to the root of its batch.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "MerklePath", example)]
pub(crate) struct PathSchema {
    /// The leaf's place.
    index: u16,
    /// The neighbours, from the bottom up: 16 of them.
    siblings: Vec<Text<Digest>>,
}

/// The root of a batch with the issuer's signature.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "BatchRoot", example)]
pub(crate) struct BatchRootSchema {
    /// The root.
    root: Text<Digest>,
    /// The day of signing.
    signed_on: Text<Day>,
    /// Over both.
    signature: Text<RootSignature>,
}

/// An issuer's signature over a batch, and a credential's place in it. As private as the credential.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "LeafSignature", example)]
pub(crate) struct LeafSignatureSchema {
    /// The key that signed.
    issuer_key: Text<rescue_merkle::PublicKey>,
    /// The holder's commitment under this suite.
    holder_commitment: Text<Digest>,
    /// Random: hides the leaf.
    salt: Text<Digest>,
    /// To the root.
    path: PathSchema,
    /// The root.
    root: BatchRootSchema,
}

/// The signatures of a credential, one per suite that the issuer enabled.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "CredentialSignatures", example)]
pub(crate) struct SignaturesSchema {
    /// Under the suite `bjj-poseidon-bn254`.
    #[oai(rename = "bjj-poseidon-bn254", skip_serializing_if_is_none)]
    #[serde(
        rename = "bjj-poseidon-bn254",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    bjj_poseidon_bn254: Option<IssuerSignatureSchema>,
    /// Under the suite `rescue-merkle-ed25519`.
    #[oai(rename = "rescue-merkle-ed25519", skip_serializing_if_is_none)]
    #[serde(
        rename = "rescue-merkle-ed25519",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    rescue_merkle_ed25519: Option<LeafSignatureSchema>,
}

/// A signed credential, as `zapiki issuer issue` writes it. Private.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Credential", example)]
pub(crate) struct CredentialSchema {
    /// Which attributes there are.
    schema: Text<Schema>,
    /// The attributes.
    attributes: AttributesSchema,
    /// The issuer's signatures.
    signatures: SignaturesSchema,
}

/// The private input of a proof. Sealed on arrival, opened only where the proof is made, shredded with its outcome.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Witness", example)]
pub(crate) struct WitnessSchema {
    /// The credential.
    credential: CredentialSchema,
    /// The secret behind the credential's holder commitment, as `zapiki holder keygen` made it.
    holder_secret: Text<FieldElement>,
}

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
    /// The parts of the policy.
    pub(crate) checks: Vec<PolicyCheck>,
}

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
    /// The suite of the issuer signatures that it checks.
    pub(crate) suite: Text<SuiteId>,
    /// How large it is.
    pub(crate) size: CircuitSize,
    /// Field elements that a verifier feeds in.
    pub(crate) public_inputs: u32,
    /// Names its verifying key.
    pub(crate) verifying_key: Text<KeyDigest>,
    /// Where its keys come from.
    pub(crate) provenance: Text<Provenance>,
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
    provenance: Text<Provenance>,
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

/// How the pipeline sees a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum PipelineState {
    /// Accepted; its workflow is not started yet, or so long ago that it is forgotten.
    NotFound,
    /// Under way.
    Running,
    /// It ended with an outcome.
    Finished,
    /// It ended without one.
    Broken,
}

/// Something that happened to a job.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct JobEvent {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// What.
    pub(crate) event: Text<JobEventKind>,
}

/// The way of a proof through the pipeline.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Job {
    /// The id of the proof.
    pub(crate) id: Text<ProofId>,
    /// Where the proof stands.
    pub(crate) state: Text<ProofState>,
    /// How the pipeline sees it.
    pub(crate) pipeline: PipelineState,
    /// How often proving was begun.
    pub(crate) attempts: u32,
    /// Why the last try at proving failed.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_failure: Option<String>,
    /// What happened, oldest first.
    pub(crate) timeline: Vec<JobEvent>,
}

/// How many proofs of one kind there were.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct UsageLine {
    /// The statement.
    pub(crate) statement: Text<StatementKind>,
    /// The proof system.
    pub(crate) system: Text<ProofSystem>,
    /// How many were completed.
    pub(crate) proofs: u64,
}

/// What you used.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Usage {
    /// From this moment on.
    pub(crate) from: DateTime<Utc>,
    /// Before this moment.
    pub(crate) to: DateTime<Utc>,
    /// By statement and system.
    pub(crate) lines: Vec<UsageLine>,
}

/// An entry of your audit log. `zapiki audit verify` checks an export.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "AuditEntry", example)]
pub(crate) struct AuditEntrySchema {
    /// From 1, without gaps.
    sequence: u64,
    /// When it was written.
    recorded_at: DateTime<Utc>,
    /// What happened.
    kind: Text<AuditKind>,
    /// To which proof.
    proof_id: Text<ProofId>,
    /// What it was about.
    statement: Text<StatementKind>,
    /// How it was to be proved.
    system: Text<ProofSystem>,
    /// Why there is no proof.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Text<ProblemCode>>,
    /// The hash of the entry before.
    previous_hash: Text<AuditHash>,
    /// The hash of this entry.
    hash: Text<AuditHash>,
}

/// A piece of your audit log, oldest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct AuditPage {
    /// Whose log it is: `zapiki audit verify` wants to know.
    pub(crate) tenant: Text<TenantId>,
    /// The entries.
    pub(crate) entries: Vec<As<zapiki_core::audit::AuditEntry, AuditEntrySchema>>,
    /// Give it as `after` to get the next piece; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_after: Option<u64>,
}

/// Whether the service can work.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Health {
    /// `ok`: whatever else there is to say comes as a problem.
    pub(crate) status: HealthStatus,
}

/// How the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthStatus {
    /// It works.
    Ok,
}

const AUDIT_ENTRY: &str = r#"{"sequence":1,"recorded_at":"2026-11-24T10:00:00.123456Z","kind":"proof_completed",
    "proof_id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","statement":"age_over","system":"groth16",
    "previous_hash":"sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "hash":"sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761"}"#;
const PROOF: &str = r#"{"id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","state":"completed","statement":"@statement",
    "system":"groth16","circuit":"age_over@1.0.0","accepted_at":"2026-11-24T10:00:00Z",
    "settled_at":"2026-11-24T10:00:00.250Z","proof":"@envelope"}"#;
const ISSUER: &str = r#"{"id":"issuer_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","name":"Example Bank","key":"@issuer",
    "trusted_at":"2026-11-24T09:00:00Z"}"#;
const CIRCUIT: &str = r#"{"id":"age_over@1.0.0","statement":"age_over","system":"groth16","status":"active",
    "suite":"bjj-poseidon-bn254","size":{"unit":"constraints","count":3832},"public_inputs":11,
    "verifying_key":"sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761","provenance":"dev"}"#;
const SYSTEM: &str = r#"{"system":"groth16","maturity":"stable","trusted_setup":true,"zero_knowledge":true,
    "post_quantum":false,"summary":"Groth16 over BN254: 128-byte proofs that verify in milliseconds."}"#;
const SIGNED_ROOT: &str = include_str!("examples/signed_root.json");
const LIST_REPORT: &str = r#"{"published":"2026-11-20","entries":6,"persons":3,"not_persons":{"entity":1,"vessel":2},
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
    StatementSchema => "\"@statement\"";
    IssuerKeySchema => "\"@issuer\"";
    IncomeSchema => r#"{"amount_minor":345000,"currency":"EUR","period":"month"}"#;
    AttributesSchema => "\"@attributes\"";
    IssuerSignatureSchema => &example::<Value>("\"@signatures\"")["bjj-poseidon-bn254"].to_string();
    PathSchema => &example::<Value>(LEAF_SIGNATURE)["path"].to_string();
    BatchRootSchema => &example::<Value>(LEAF_SIGNATURE)["root"].to_string();
    LeafSignatureSchema => LEAF_SIGNATURE;
    SignaturesSchema => "\"@signatures\"";
    CredentialSchema => "\"@credential\"";
    WitnessSchema => "\"@witness\"";
    NewProofRequest => r#"{"statement":"@statement","system":"groth16","circuit":"age_over@1","issuer":"@issuer",
        "challenge":"@challenge","scope":"shop.example/sign-up","witness":"@witness"}"#;
    AgeVerificationRequest => r#"{"min_age":18,"as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    IncomeVerificationRequest => r#"{"minimum_minor":250000,"currency":"EUR","period":"month","as_of":"2026-11-24",
        "challenge":"@challenge","scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    ResidencyProofRequest => r#"{"countries":["ES","FR","PT"],"as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    SanctionsCheckRequest => r#"{"list":"ofac-sdn","as_of":"2026-11-24","challenge":"@challenge",
        "scope":"shop.example/sign-up","credential":"@credential","holder_secret":"@secret"}"#;
    RevocationList => include_str!("examples/revocations.json");
    PublicInputsSchema => "\"@public_inputs\"";
    EnvelopeSchema => "\"@envelope\"";
    Proof => PROOF;
    ProofPage => &format!(r#"{{"proofs":[{PROOF}],"next_cursor":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e"}}"#);
    NewVerificationRequest => r#"{"proof":"@envelope","as_of_age_days_max":1}"#;
    PolicyCheck => r#"{"name":"issuer_trusted","status":"passed","reason":"You trust this issuer as `Example Bank`."}"#;
    Verification => r#"{"proof_valid":true,"policy_satisfied":true,"reason":"The proof holds.","checks":[
        {"name":"issuer_trusted","status":"passed","reason":"You trust this issuer as `Example Bank`."}]}"#;
    VerificationBatchRequest => r#"{"proofs":["@envelope"],"as_of_age_days_max":1}"#;
    VerificationBatch => r#"{"satisfied":1,"verifications":[{"proof_valid":true,"policy_satisfied":true,
        "reason":"The proof holds.","checks":[
        {"name":"issuer_trusted","status":"passed","reason":"You trust this issuer as `Example Bank`."}]}]}"#;
    NewChallengeRequest => r#"{"lifetime_s":900}"#;
    ChallengeBody => r#"{"id":"challenge_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","challenge":"@challenge",
        "expires_at":"2026-11-24T10:15:00Z"}"#;
    NewIssuerRequest => r#"{"name":"Example Bank","key":"@issuer"}"#;
    Issuer => ISSUER;
    IssuerPage => &format!(r#"{{"issuers":[{ISSUER}]}}"#);
    SignedRootSchema => SIGNED_ROOT;
    ListReportSchema => LIST_REPORT;
    List => &list_example();
    ListPage => &format!(r#"{{"lists":[{}]}}"#, list_example());
    ListRootPage => &format!(r#"{{"roots":[{}],"next_cursor":"17"}}"#, list_example());
    System => SYSTEM;
    Systems => &format!(r#"{{"systems":[{SYSTEM}]}}"#);
    Circuit => CIRCUIT;
    CircuitSize => r#"{"unit":"rows","count":2000,"columns":20}"#;
    Circuits => &format!(r#"{{"circuits":[{CIRCUIT}]}}"#);
    VerifyingKeySchema => "\"@vk\"";
    JobEvent => r#"{"at":"2026-11-24T10:00:00.100Z","event":"proved"}"#;
    Job => r#"{"id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","state":"completed","pipeline":"finished","attempts":1,
        "timeline":[{"at":"2026-11-24T10:00:00.100Z","event":"proved"}]}"#;
    UsageLine => r#"{"statement":"age_over","system":"groth16","proofs":42}"#;
    Usage => r#"{"from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z",
        "lines":[{"statement":"age_over","system":"groth16","proofs":42}]}"#;
    AuditEntrySchema => AUDIT_ENTRY;
    AuditPage => &format!(r#"{{"tenant":"tenant_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","entries":[{AUDIT_ENTRY}]}}"#);
    Health => r#"{"status":"ok"}"#;
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use zapiki_backends::groth16::{CircuitKeys, Groth16Backend};
    use zapiki_backends::{ProofBackend as _, Verdict};
    use zapiki_core::claim::check_claim;

    use super::*;

    #[test]
    fn every_example_is_read() {
        assert!(read_all() > 30);
    }

    /// The examples of the API's documentation are a true claim and a proof that verifies.
    #[test]
    fn the_examples_are_real() {
        let envelope: ProofEnvelope = serde_json::from_str(ENVELOPE).unwrap();
        let witness: Witness = serde_json::from_str(WITNESS).unwrap();
        let nullifier = check_claim(&envelope.public_inputs.claim, &witness).unwrap();
        assert_eq!(nullifier, envelope.public_inputs.nullifier);
        let document = serde_json::from_str(VERIFYING_KEY).unwrap();
        let keys = vec![CircuitKeys {
            document,
            proving_key: None,
        }];
        let verifier = Groth16Backend::new(keys, NonZeroUsize::MIN).unwrap();
        assert_eq!(verifier.verify(&envelope), Ok(Verdict::Valid));
    }

    /// What the schemas describe is what core reads and writes.
    #[test]
    fn schemas_and_core_agree_on_every_field() {
        let same = |core: Value, schema: Value| assert_eq!(core, schema);
        let envelope: ProofEnvelope = serde_json::from_str(ENVELOPE).unwrap();
        same(
            serde_json::to_value(&envelope).unwrap(),
            serde_json::to_value(EnvelopeSchema::example()).unwrap(),
        );
        let witness: Witness = serde_json::from_str(WITNESS).unwrap();
        same(
            serde_json::to_value(&witness).unwrap(),
            serde_json::to_value(WitnessSchema::example()).unwrap(),
        );
        let entry: zapiki_core::audit::AuditEntry = serde_json::from_str(AUDIT_ENTRY).unwrap();
        same(
            serde_json::to_value(&entry).unwrap(),
            serde_json::to_value(AuditEntrySchema::example()).unwrap(),
        );
        let signed: SignedRoot = serde_json::from_str(SIGNED_ROOT).unwrap();
        same(
            serde_json::to_value(&signed).unwrap(),
            serde_json::to_value(SignedRootSchema::example()).unwrap(),
        );
        let report: ListReport = serde_json::from_str(LIST_REPORT).unwrap();
        same(
            serde_json::to_value(&report).unwrap(),
            serde_json::to_value(ListReportSchema::example()).unwrap(),
        );
    }
}
