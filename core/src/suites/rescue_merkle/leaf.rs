//! A credential as field elements: what is hashed to a leaf.
//!
//! [`LEAF_ELEMENTS`] elements in three blocks of the sponge, each attribute in a [`Place`] of its own, so the encoding is
//! injective as soon as each attribute's is:
//!
//! | block | elements |
//! | --- | --- |
//! | 0 | holder commitment (4), salt (4) |
//! | 1 | schema, country, revocation id, screening id (5) |
//! | 2 | birth date, amount, currency, period, issued at, expires at, 0, 0 |
//!
//! | attribute | integer | bound |
//! | --- | --- | --- |
//! | days | days since 1900-01-01 | below 2²⁰, by type |
//! | amount, revocation id | as it is | below 2⁵³: what JSON keeps, and what an issuer may sign |
//! | currency, country, period | as in the other suites | below 2²⁴ |
//! | screening id | its 32 bytes in five limbs of 7, 7, 7, 7 and 4, big-endian | below 2⁵⁶ |
//! | any, if the issuer left it out | [`ABSENT`] = 2⁶³, in each of its elements | |
//!
//! 2⁶³ is the value of no attribute. And it is out of every range check: for a bound b below 2⁵⁴ both 2⁶³ − b and b − 2⁶³ = b + p − 2⁶³
//! are above 2⁶².
//!
//! The salt is 256 random bits of the issuer's. It keeps the leaf hidden from whoever sees it as a neighbour in a path
//! and can guess the attributes.

use winter_math::FieldElement as _;
use winter_math::fields::f64::BaseElement;

use super::Digest;
use crate::credential::{Attributes, IssueError, JSON_INTEGER_MAX};
use crate::day::Day;
use crate::suites::bjj_poseidon::fr_to_be_bytes;

/// How many elements a leaf is the hash of.
pub const LEAF_ELEMENTS: usize = 24;

/// The encoding of an attribute that the credential does not have: 2⁶³.
pub const ABSENT: BaseElement = BaseElement::new(1 << 63);

/// The encoding of the one schema there is, `zapiki.person.v1`.
pub const SCHEMA_PERSON_V1: BaseElement = BaseElement::ONE;

/// Limbs of a screening id.
const SCREENING_LIMBS: usize = 5;
/// Bytes of a limb: any seven are below the modulus.
const LIMB_BYTES: usize = 7;

/// Where an attribute stands among the elements. The order is part of the suite and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Place {
    /// Four elements.
    HolderCommitment = 0,
    /// Four elements.
    Salt = 4,
    /// [`SCHEMA_PERSON_V1`].
    Schema = 8,
    /// ISO 3166 alpha-2 code.
    Country = 9,
    /// The issuer's number for the credential.
    RevocationId = 10,
    /// Five elements.
    ScreeningId = 11,
    /// Day number.
    BirthDate = 16,
    /// Minor units.
    IncomeAmount = 17,
    /// ISO 4217 code.
    IncomeCurrency = 18,
    /// 1 month, 2 year.
    IncomePeriod = 19,
    /// Day number.
    IssuedAt = 20,
    /// Day number.
    ExpiresAt = 21,
    /// Two zeros.
    Reserved = 22,
}

/// The elements of a credential.
///
/// # Errors
/// A number is above [`JSON_INTEGER_MAX`]: no issuer signs such a credential.
pub fn leaf_elements(
    attributes: &Attributes,
    holder_commitment: &Digest,
    salt: &Digest,
) -> Result<[BaseElement; LEAF_ELEMENTS], IssueError> {
    let mut elements = [ABSENT; LEAF_ELEMENTS];
    let mut put = |place: Place, values: &[BaseElement]| {
        elements[place as usize..][..values.len()].copy_from_slice(values);
    };
    put(Place::HolderCommitment, &holder_commitment.0);
    put(Place::Salt, &salt.0);
    put(Place::Schema, &[SCHEMA_PERSON_V1]);
    if let Some(country) = attributes.country_of_residence {
        put(Place::Country, &[BaseElement::from(country.number())]);
    }
    put(
        Place::RevocationId,
        &[bounded("revocation_id", attributes.revocation_id)?],
    );
    if let Some(id) = &attributes.screening_id {
        put(Place::ScreeningId, &limbs(&fr_to_be_bytes(&id.0)));
    }
    let day = |day: Day| BaseElement::from(day.number());
    if let Some(birth_date) = attributes.birth_date {
        put(Place::BirthDate, &[day(birth_date)]);
    }
    if let Some(income) = &attributes.income {
        let amount = bounded("income.amount_minor", income.amount_minor)?;
        put(Place::IncomeAmount, &[amount]);
        put(
            Place::IncomeCurrency,
            &[BaseElement::from(income.currency.number())],
        );
        put(
            Place::IncomePeriod,
            &[BaseElement::from(income.period.number())],
        );
    }
    put(Place::IssuedAt, &[day(attributes.issued_at)]);
    put(Place::ExpiresAt, &[day(attributes.expires_at)]);
    put(Place::Reserved, &[BaseElement::ZERO; 2]);
    Ok(elements)
}

fn bounded(name: &'static str, number: u64) -> Result<BaseElement, IssueError> {
    if number > JSON_INTEGER_MAX {
        return Err(IssueError::NumberTooLarge(name));
    }
    Ok(BaseElement::new(number))
}

fn limbs(bytes: &[u8; 32]) -> [BaseElement; SCREENING_LIMBS] {
    let mut limbs = [BaseElement::ZERO; SCREENING_LIMBS];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks(LIMB_BYTES)) {
        let number = chunk
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        *limb = BaseElement::new(number);
    }
    limbs
}
