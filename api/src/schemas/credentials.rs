//! Private input: credentials with their signatures, and the holder's secret.

use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zapiki_core::credential::{CountryCode, CurrencyCode, FieldElement, IncomePeriod, Schema};
use zapiki_core::day::Day;
use zapiki_core::suites::bjj_poseidon::{PublicKey, Signature};
use zapiki_core::suites::pallas_poseidon::{self, Element};
use zapiki_core::suites::rescue_merkle;
use zapiki_core::suites::rescue_merkle::{Digest, RootSignature};

use super::{LEAF_SIGNATURE, PALLAS_SIGNATURE, example, examples};
use crate::forms::Text;

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

/// An issuer's signature under `pallas-poseidon`, with the holder's commitment under that suite. As private as the credential.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "PallasCredentialSignature", example)]
pub(crate) struct PallasSignatureSchema {
    /// The key that signed.
    issuer_key: Text<pallas_poseidon::PublicKey>,
    /// The holder's commitment under this suite.
    holder_commitment: Text<Element>,
    /// The signature.
    signature: Text<pallas_poseidon::Signature>,
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
    /// Under the suite `pallas-poseidon`.
    #[oai(rename = "pallas-poseidon", skip_serializing_if_is_none)]
    #[serde(
        rename = "pallas-poseidon",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pallas_poseidon: Option<PallasSignatureSchema>,
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

examples! {
    IncomeSchema => r#"{"amount_minor":345000,"currency":"EUR","period":"month"}"#;
    AttributesSchema => "\"@attributes\"";
    IssuerSignatureSchema => &example::<Value>("\"@signatures\"")["bjj-poseidon-bn254"].to_string();
    PathSchema => &example::<Value>(LEAF_SIGNATURE)["path"].to_string();
    BatchRootSchema => &example::<Value>(LEAF_SIGNATURE)["root"].to_string();
    LeafSignatureSchema => LEAF_SIGNATURE;
    PallasSignatureSchema => PALLAS_SIGNATURE;
    SignaturesSchema => "\"@signatures\"";
    CredentialSchema => "\"@credential\"";
    WitnessSchema => "\"@witness\"";
}
