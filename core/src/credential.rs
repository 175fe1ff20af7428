//! Credentials: typed attributes that an issuer signs about one holder.
//!
//! The attributes are encoded as [`ATTRIBUTE_COUNT`] field elements in a fixed order, hashed to one, and signed once
//! per suite. An attribute that the issuer left out is encoded as [`ABSENT`], which lies outside the width of
//! every range check and is no code of anything: nothing can be proved about it.
//!
//! Everything in a credential but its schema and suites is private: `Debug` shows neither attributes nor signatures.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroize;

use crate::day::Day;
use crate::suites::bjj_poseidon::{
    self, Fr, PublicKey, SecretKey, Signature, SignatureError, fr_from_hex, fr_to_hex,
};
use crate::suites::pallas_poseidon::{self, CredentialSignature, Element};
use crate::suites::rescue_merkle::{self, Digest, LeafSignature, Member};
use crate::suites::{IssuerKey, SuiteId};

/// How many field elements a credential has.
pub const ATTRIBUTE_COUNT: usize = 12;

/// The largest integer that every reader of JSON keeps: many, JavaScript's first, take numbers for doubles (RFC 7493, section
/// 2.2). A credential that passes through one of them must still be the one that was signed.
pub const JSON_INTEGER_MAX: u64 = (1 << 53) - 1;

/// The encoding of an attribute that the credential does not have: 2^128.
pub static ABSENT: LazyLock<Fr> = LazyLock::new(|| Fr::from(u128::MAX) + Fr::from(1u8));

/// The field element of the one schema there is: `zapiki.person.v1`, hashed to the field.
pub static SCHEMA_PERSON_V1: LazyLock<Fr> =
    LazyLock::new(|| bjj_poseidon::hash_to_field(SCHEMA_DST, b"zapiki.person.v1"));

const SCHEMA_DST: &[u8] = b"ZAPIKI-V1-CREDENTIAL-SCHEMA";

/// Places of the attributes in the encoding. The order is part of the schema and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Slot {
    /// The schema's field element.
    Schema = 0,
    /// The holder's commitment to a secret that only the holder knows.
    HolderCommitment = 1,
    /// Day number.
    BirthDate = 2,
    /// Minor units.
    IncomeAmount = 3,
    /// ISO 4217 code as a 24-bit integer, first letter most significant.
    IncomeCurrency = 4,
    /// 1 month, 2 year.
    IncomePeriod = 5,
    /// ISO 3166 alpha-2 code as a 16-bit integer, first letter most significant.
    Country = 6,
    /// Hash of the identity that is screened against lists.
    ScreeningId = 7,
    /// Day number.
    IssuedAt = 8,
    /// Day number.
    ExpiresAt = 9,
    /// The issuer's number for this credential.
    RevocationId = 10,
    /// Zero.
    Reserved = 11,
}

/// The schema of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// A natural person.
    PersonV1,
}

crate::named_variants!(Schema, UnknownSchema, "credential schema", {
    PersonV1 => "zapiki.person.v1",
});

/// A field element in its text form: `0x` and 64 lower-case hex digits, big-endian, below the modulus.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FieldElement(pub Fr);

impl fmt::Display for FieldElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&fr_to_hex(&self.0))
    }
}

impl fmt::Debug for FieldElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for FieldElement {
    type Err = NotAFieldElement;
    fn from_str(text: &str) -> Result<Self, NotAFieldElement> {
        fr_from_hex(text).map(Self).map_err(|_| NotAFieldElement)
    }
}

crate::string_form!(FieldElement);

/// The text is no canonical field element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a field element: `0x` and 64 lower-case hex digits, below the modulus of BN254's scalar field"
)]
pub struct NotAFieldElement;

/// A code of `N` upper-case ASCII letters, such as a currency (3) or a country (2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterCode<const N: usize>([u8; N]);

/// The text is not a code of that many upper-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a code of the right number of upper-case letters")]
pub struct LetterCodeError;

impl<const N: usize> LetterCode<N> {
    /// The letters as one integer, first letter most significant.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0.iter().fold(0, |n, &b| n << 8 | u32::from(b))
    }

    /// The letters, each as its place in the alphabet from 0.
    #[must_use]
    pub fn letters(self) -> [u8; N] {
        self.0.map(|letter| letter - b'A')
    }
}

impl<const N: usize> fmt::Display for LetterCode<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|&b| write!(f, "{}", char::from(b)))
    }
}

/// Shows the code: attributes, which are private, have a `Debug` of their own that shows none.
impl<const N: usize> fmt::Debug for LetterCode<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> std::str::FromStr for LetterCode<N> {
    type Err = LetterCodeError;
    fn from_str(text: &str) -> Result<Self, LetterCodeError> {
        let letters: [u8; N] = text.as_bytes().try_into().map_err(|_| LetterCodeError)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(letters))
        } else {
            Err(LetterCodeError)
        }
    }
}

/// ISO 4217.
pub type CurrencyCode = LetterCode<3>;
/// ISO 3166-1 alpha-2.
pub type CountryCode = LetterCode<2>;

crate::string_form!(CurrencyCode);
crate::string_form!(CountryCode);

/// What an income is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncomePeriod {
    /// A month's income.
    Month,
    /// A year's income.
    Year,
}

crate::named_variants!(IncomePeriod, UnknownIncomePeriod, "income period", {
    Month => "month",
    Year => "year",
});

impl IncomePeriod {
    /// The period as an integer.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Year => 2,
        }
    }
}

/// An income: an amount with its currency and period.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Income {
    /// Minor units (cents). Never a float.
    pub amount_minor: u64,
    /// ISO 4217.
    pub currency: CurrencyCode,
    /// What the amount is counted by.
    pub period: IncomePeriod,
}

/// What an issuer says of a holder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// See [`holder_commitment`](bjj_poseidon::holder_commitment).
    pub holder_commitment: FieldElement,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Day>,
    /// Income.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub income: Option<Income>,
    /// Country of residence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_of_residence: Option<CountryCode>,
    /// Hash of the identity that is screened against lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screening_id: Option<FieldElement>,
    /// First day of validity.
    pub issued_at: Day,
    /// Last day of validity.
    pub expires_at: Day,
    /// The issuer's number for this credential.
    pub revocation_id: u64,
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attributes([private])")
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // Dates and codes are `Copy` values of foreign types; overwriting the options is what can be done for them.
        self.holder_commitment.0.zeroize();
        self.birth_date = None;
        if let Some(income) = &mut self.income {
            income.amount_minor.zeroize();
        }
        self.income = None;
        self.country_of_residence = None;
        if let Some(id) = &mut self.screening_id {
            id.0.zeroize();
        }
        self.revocation_id.zeroize();
    }
}

impl Attributes {
    /// The attributes as the field elements that are hashed and signed, by [`Slot`].
    #[must_use]
    pub fn encode(&self) -> [Fr; ATTRIBUTE_COUNT] {
        let day = |day: Day| Fr::from(day.number());
        let mut slots = [*ABSENT; ATTRIBUTE_COUNT];
        slots[Slot::Schema as usize] = *SCHEMA_PERSON_V1;
        slots[Slot::HolderCommitment as usize] = self.holder_commitment.0;
        if let Some(birth_date) = self.birth_date {
            slots[Slot::BirthDate as usize] = day(birth_date);
        }
        if let Some(income) = &self.income {
            slots[Slot::IncomeAmount as usize] = Fr::from(income.amount_minor);
            slots[Slot::IncomeCurrency as usize] = Fr::from(income.currency.number());
            slots[Slot::IncomePeriod as usize] = Fr::from(income.period.number());
        }
        if let Some(country) = self.country_of_residence {
            slots[Slot::Country as usize] = Fr::from(country.number());
        }
        if let Some(id) = self.screening_id {
            slots[Slot::ScreeningId as usize] = id.0;
        }
        slots[Slot::IssuedAt as usize] = day(self.issued_at);
        slots[Slot::ExpiresAt as usize] = day(self.expires_at);
        slots[Slot::RevocationId as usize] = Fr::from(self.revocation_id);
        slots[Slot::Reserved as usize] = Fr::from(0u8);
        slots
    }

    /// The message that the issuer signs: Poseidon of the encoding.
    #[must_use]
    pub fn digest(&self) -> Fr {
        let mut slots = self.encode();
        let digest = bjj_poseidon::poseidon(&slots);
        slots.iter_mut().for_each(Zeroize::zeroize);
        digest
    }
}

/// One issuer's signature under one suite.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSignature {
    /// The issuer's public key.
    pub issuer_key: PublicKey,
    /// The signature over [`Attributes::digest`].
    pub signature: Signature,
}

impl fmt::Debug for IssuerSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A signature identifies the credential: as private as its attributes.
        f.write_str("IssuerSignature([private])")
    }
}

/// A signed credential, as the holder keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Which attributes there are and how they are encoded.
    pub schema: Schema,
    /// What the issuer says of the holder.
    pub attributes: Attributes,
    /// One signature per suite that the issuer enabled.
    pub signatures: Signatures,
}

/// The issuer's signatures, by suite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatures {
    /// Suite `bjj-poseidon-bn254`.
    #[serde(
        rename = "bjj-poseidon-bn254",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub bjj_poseidon_bn254: Option<IssuerSignature>,
    /// Suite `rescue-merkle-ed25519`.
    #[serde(
        rename = "rescue-merkle-ed25519",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub rescue_merkle_ed25519: Option<LeafSignature>,
    /// Suite `pallas-poseidon`.
    #[serde(
        rename = "pallas-poseidon",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub pallas_poseidon: Option<CredentialSignature>,
}

impl Signatures {
    /// Who signed under the suite, if anybody did. Says nothing about whether the signature holds.
    #[must_use]
    pub fn issuer(&self, suite: SuiteId) -> Option<IssuerKey> {
        match suite {
            SuiteId::BjjPoseidonBn254 => self
                .bjj_poseidon_bn254
                .as_ref()
                .map(|signed| IssuerKey::BjjPoseidonBn254(signed.issuer_key)),
            SuiteId::RescueMerkleEd25519 => self
                .rescue_merkle_ed25519
                .as_ref()
                .map(|signed| IssuerKey::RescueMerkleEd25519(signed.issuer_key)),
            SuiteId::PallasPoseidon => self
                .pallas_poseidon
                .as_ref()
                .map(|signed| IssuerKey::PallasPoseidon(signed.issuer_key)),
        }
    }

    /// Who signed under each suite.
    pub fn issuers(&self) -> impl Iterator<Item = IssuerKey> {
        SuiteId::ALL.iter().filter_map(|suite| self.issuer(*suite))
    }
}

/// A credential that cannot be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IssueError {
    /// The last day of validity comes before the first.
    #[error("`expires_at` lies before `issued_at`")]
    ValidityPeriod,
    /// The birth date lies after the day of issue.
    #[error("`birth_date` lies after `issued_at`")]
    BornAfterIssue,
    /// A number above [`JSON_INTEGER_MAX`].
    #[error("`{0}` is above {JSON_INTEGER_MAX}, and many readers of JSON would change it")]
    NumberTooLarge(&'static str),
    /// No credential in a batch, or more than a tree has room for.
    #[error("a batch holds 1 to {} credentials", 1 << rescue_merkle::DEPTH)]
    BatchSize,
}

impl Credential {
    /// A credential that nobody signed yet.
    ///
    /// # Errors
    /// The attributes contradict one another.
    pub fn unsigned(attributes: Attributes) -> Result<Self, IssueError> {
        if attributes.expires_at < attributes.issued_at {
            return Err(IssueError::ValidityPeriod);
        }
        if attributes
            .birth_date
            .is_some_and(|birth_date| birth_date > attributes.issued_at)
        {
            return Err(IssueError::BornAfterIssue);
        }
        let amount = attributes.income.as_ref().map(|income| income.amount_minor);
        for (name, number) in [
            ("revocation_id", Some(attributes.revocation_id)),
            ("income.amount_minor", amount),
        ] {
            if number.is_some_and(|number| number > JSON_INTEGER_MAX) {
                return Err(IssueError::NumberTooLarge(name));
            }
        }
        Ok(Self {
            schema: Schema::PersonV1,
            attributes,
            signatures: Signatures::default(),
        })
    }

    /// Signs `attributes` with `key`, under `bjj-poseidon-bn254`.
    ///
    /// # Errors
    /// The attributes contradict one another.
    pub fn issue(attributes: Attributes, key: &SecretKey) -> Result<Self, IssueError> {
        let mut credential = Self::unsigned(attributes)?;
        credential.signatures.bjj_poseidon_bn254 = Some(IssuerSignature {
            issuer_key: key.public_key(),
            signature: bjj_poseidon::sign(key, &credential.attributes.digest()),
        });
        Ok(credential)
    }

    /// Signs credentials together under `rescue-merkle-ed25519`: one tree, one signature over its root. Each stands beside
    /// its holder's commitment under that suite. What other suites signed stays.
    ///
    /// # Errors
    /// The batch is empty or too large, or a credential holds what none is issued with.
    pub fn sign_batch(
        batch: &mut [(Self, Digest)],
        key: &rescue_merkle::SecretKey,
        signed_on: Day,
        rng: &mut (impl rand::RngCore + rand::CryptoRng),
    ) -> Result<(), IssueError> {
        let members: Vec<_> = batch
            .iter()
            .map(|(credential, commitment)| Member {
                attributes: &credential.attributes,
                holder_commitment: *commitment,
            })
            .collect();
        let signed = rescue_merkle::issue(&members, key, signed_on, rng)?;
        for ((credential, _), signature) in batch.iter_mut().zip(signed) {
            credential.signatures.rescue_merkle_ed25519 = Some(signature);
        }
        Ok(())
    }

    /// Signs the credential under `pallas-poseidon`, with the holder's commitment under that suite. What other suites signed stays.
    pub fn sign_pallas(&mut self, commitment: Element, key: &pallas_poseidon::SecretKey) {
        let signed = CredentialSignature::sign(&self.attributes, commitment, key);
        self.signatures.pallas_poseidon = Some(signed);
    }

    /// Checks the signature of a suite against the attributes. `None` if there is no such signature.
    #[must_use]
    pub fn check_signature(&self, suite: SuiteId) -> Option<Result<(), SignatureError>> {
        match suite {
            SuiteId::BjjPoseidonBn254 => {
                self.signatures.bjj_poseidon_bn254.as_ref().map(|signed| {
                    bjj_poseidon::verify(
                        &signed.issuer_key,
                        &self.attributes.digest(),
                        &signed.signature,
                    )
                })
            }
            SuiteId::RescueMerkleEd25519 => self
                .signatures
                .rescue_merkle_ed25519
                .as_ref()
                .map(|signed| signed.verify(&self.attributes).map_err(|_| SignatureError)),
            SuiteId::PallasPoseidon => self
                .signatures
                .pallas_poseidon
                .as_ref()
                .map(|signed| signed.verify(&self.attributes).map_err(|_| SignatureError)),
        }
    }
}
