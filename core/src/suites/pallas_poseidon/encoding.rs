//! A credential as field elements, and an issuer's signature over it.
//!
//! The elements are those of the other suite over a large field, by [`Slot`], but that the schema's number and the holder's commitment are
//! of this suite. The screening id is an integer below BN254's modulus, which is smaller than Pallas', so it stays what it is.

use std::fmt;
use std::sync::LazyLock;

use ff::PrimeField as _;
use pasta_curves::pallas::Base;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::schnorr::{PublicKey, SecretKey, Signature, SignatureError, sign, verify};
use super::{Element, hash_to_field, poseidon};
use crate::credential::{ATTRIBUTE_COUNT, Attributes, FieldElement, Slot};
use crate::day::Day;
use crate::suites::bjj_poseidon::fr_to_be_bytes;

/// The encoding of an attribute that the credential does not have: 2^128.
pub static ABSENT: LazyLock<Base> = LazyLock::new(|| Base::from_u128(u128::MAX) + Base::one());

/// The field element of the one schema there is: `zapiki.person.v1`, hashed to the field.
pub static SCHEMA_PERSON_V1: LazyLock<Base> =
    LazyLock::new(|| hash_to_field(b"ZAPIKI-V1-PALLAS-CREDENTIAL-SCHEMA", b"zapiki.person.v1"));

/// The attributes as the field elements that are hashed and signed, by [`Slot`].
#[must_use]
pub fn encode(attributes: &Attributes, holder_commitment: &Base) -> [Base; ATTRIBUTE_COUNT] {
    let small = |number: u32| Base::from(u64::from(number));
    let day = |day: Day| small(day.number());
    let mut slots = [*ABSENT; ATTRIBUTE_COUNT];
    let mut put = |slot: Slot, element: Base| slots[slot as usize] = element;
    put(Slot::Schema, *SCHEMA_PERSON_V1);
    put(Slot::HolderCommitment, *holder_commitment);
    if let Some(birth_date) = attributes.birth_date {
        put(Slot::BirthDate, day(birth_date));
    }
    if let Some(income) = &attributes.income {
        put(Slot::IncomeAmount, Base::from(income.amount_minor));
        put(Slot::IncomeCurrency, small(income.currency.number()));
        put(Slot::IncomePeriod, small(income.period.number().into()));
    }
    if let Some(country) = attributes.country_of_residence {
        put(Slot::Country, small(country.number()));
    }
    if let Some(id) = &attributes.screening_id {
        put(Slot::ScreeningId, same_integer(id));
    }
    put(Slot::IssuedAt, day(attributes.issued_at));
    put(Slot::ExpiresAt, day(attributes.expires_at));
    put(Slot::RevocationId, Base::from(attributes.revocation_id));
    put(Slot::Reserved, Base::zero());
    slots
}

/// The integer of a smaller field's element, in four limbs: below 2²⁵⁴, which is below the modulus.
fn same_integer(id: &FieldElement) -> Base {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(fr_to_be_bytes(&id.0).chunks(8)) {
        *limb = chunk
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    }
    Base::from_raw(limbs)
}

/// The message that the issuer signs: Poseidon of the encoding.
#[must_use]
pub fn digest(attributes: &Attributes, holder_commitment: &Base) -> Base {
    let mut slots = encode(attributes, holder_commitment);
    let digest = poseidon(slots);
    slots.zeroize();
    digest
}

/// An issuer's signature over one credential under this suite.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSignature {
    /// The issuer's public key.
    pub issuer_key: PublicKey,
    /// Of the holder's secret, under this suite.
    pub holder_commitment: Element,
    /// The signature over [`digest`].
    pub signature: Signature,
}

impl fmt::Debug for CredentialSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A signature identifies the credential: as private as its attributes.
        f.write_str("CredentialSignature([private])")
    }
}

impl Drop for CredentialSignature {
    fn drop(&mut self) {
        self.holder_commitment.0.zeroize();
    }
}

impl CredentialSignature {
    /// Signs the attributes together with the holder's commitment.
    #[must_use]
    pub fn sign(attributes: &Attributes, holder_commitment: Element, key: &SecretKey) -> Self {
        Self {
            issuer_key: key.public_key(),
            holder_commitment,
            signature: sign(key, &digest(attributes, &holder_commitment.0)),
        }
    }

    /// Checks the signature against the attributes.
    ///
    /// # Errors
    /// It does not hold.
    pub fn verify(&self, attributes: &Attributes) -> Result<(), SignatureError> {
        let message = digest(attributes, &self.holder_commitment.0);
        verify(&self.issuer_key, &message, &self.signature)
    }
}
