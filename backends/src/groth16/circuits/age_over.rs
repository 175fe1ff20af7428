//! `age_over@1.0.0`: a trusted issuer says that this holder was born on or before the cutoff.
//!
//! In words: I know a credential and a holder secret such that
//! - the issuer signed the credential's attributes, whose holder commitment is that of the secret;
//! - issued_at ≤ as_of ≤ expires_at and birth_date ≤ cutoff;
//! - the nullifier is that of the secret in the scope; and I say so to this challenge.
//!
//! All field elements that a verifier feeds in come from the typed [`PublicInputs`] here, in [`public_inputs`]: dates are day
//! numbers below 2²⁰ by type, the cutoff is the calendar's (`AgeOver::birth_cutoff`), the issuer's key is a point of the prime
//! subgroup by type. The credential's days are the issuer's word; an absent birth date is 2¹²⁸, out of every range.
//!
//! `docs/circuits/age_over.md` has the counts and their reasons.

use ark_bn254::Fr;
use ark_ff::Zero as _;
use zapiki_core::credential::{ATTRIBUTE_COUNT, SCHEMA_PERSON_V1, Slot};
use zapiki_core::day::{DAY_BITS, Day};
use zapiki_core::public_inputs::PublicInputs;
use zapiki_core::statement::Statement;
use zapiki_core::suites::SuiteId;
use zapiki_core::suites::bjj_poseidon::{HOLDER_TAG, NULLIFIER_TAG, Signature};
use zapiki_core::witness::Witness;
use zeroize::Zeroize as _;

use crate::groth16::gadgets::eddsa::{IssuerNums, enforce_signature};
use crate::groth16::gadgets::montgomery::Point;
use crate::groth16::gadgets::scalar_mul::public_base;
use crate::groth16::gadgets::{poseidon, range};
use crate::groth16::r1cs::{Builder, Mode, Num, Shape};

/// How many field elements a verifier feeds in.
pub(crate) const PUBLIC_INPUT_COUNT: usize = 11;

/// The public inputs as the circuit has them, in order: issuer key A (x, y); its base and start points in Montgomery form
/// (u, v each); as-of day; cutoff day; challenge; scope; nullifier.
///
/// `None` never happens: see [`public_base`].
pub(crate) fn public_inputs(inputs: &PublicInputs) -> Option<[Fr; PUBLIC_INPUT_COUNT]> {
    let claim = &inputs.claim;
    let Statement::AgeOver(statement) = &claim.statement;
    let key = &claim.issuer.key;
    let [base_u, base_v, start_u, start_v] = public_base(key)?;
    let day = |day: Day| Fr::from(day.number());
    Some([
        key.x(),
        key.y(),
        base_u,
        base_v,
        start_u,
        start_v,
        day(statement.as_of()),
        day(statement.birth_cutoff()),
        claim.challenge.to_field(),
        claim.scope.to_field(),
        inputs.nullifier.0,
    ])
}

/// The private inputs as the circuit has them. Wiped on drop.
pub(crate) struct PrivateInputs {
    pub(crate) slots: [Fr; ATTRIBUTE_COUNT],
    pub(crate) holder_secret: Fr,
    pub(crate) signature: Signature,
}

impl Drop for PrivateInputs {
    fn drop(&mut self) {
        self.slots.zeroize();
        self.holder_secret.zeroize();
    }
}

impl PrivateInputs {
    /// `None` if the credential has no signature of the suite.
    pub(crate) fn new(witness: &Witness) -> Option<Self> {
        let signed = witness
            .credential
            .signatures
            .get(&SuiteId::BjjPoseidonBn254)?;
        Some(Self {
            slots: witness.credential.attributes.encode(),
            holder_secret: *witness.holder_secret.expose(),
            signature: signed.signature.clone(),
        })
    }
}

/// Builds the circuit over these inputs, true or not.
pub(crate) fn build(
    mode: Mode,
    public: &[Fr; PUBLIC_INPUT_COUNT],
    private: &PrivateInputs,
) -> Builder {
    let (mut builder, public) = Builder::new(mode, public);
    let b = &mut builder;
    let [
        x,
        y,
        base_u,
        base_v,
        start_u,
        start_v,
        as_of,
        cutoff,
        challenge,
        scope,
        nullifier,
    ] = public;

    b.part("holder binding");
    let secret = b.witness(private.holder_secret);
    let commitment = poseidon::hash(b, &[Num::constant(*HOLDER_TAG), secret.clone()]);

    // The commitment stands in the credential as computed, so there is nothing to compare.
    let slots: [Num; ATTRIBUTE_COUNT] = std::array::from_fn(|slot| {
        if slot == Slot::Schema as usize {
            Num::constant(*SCHEMA_PERSON_V1)
        } else if slot == Slot::Reserved as usize {
            Num::constant(Fr::zero())
        } else if slot == Slot::HolderCommitment as usize {
            commitment.clone()
        } else {
            b.witness(private.slots[slot])
        }
    });

    b.part("credential hash");
    let digest = poseidon::hash(b, &slots);

    let issuer = IssuerNums {
        x,
        y,
        base: Point {
            u: base_u,
            v: base_v,
        },
        start: Point {
            u: start_u,
            v: start_v,
        },
    };
    enforce_signature(b, &issuer, &digest, &private.signature);

    b.part("birth date");
    let birth_date = &slots[Slot::BirthDate as usize];
    range::enforce_below_power_of_two::<DAY_BITS>(b, &cutoff.minus(birth_date));

    b.part("validity: from");
    let issued_at = &slots[Slot::IssuedAt as usize];
    range::enforce_below_power_of_two::<DAY_BITS>(b, &as_of.minus(issued_at));

    b.part("validity: until");
    let expires_at = &slots[Slot::ExpiresAt as usize];
    range::enforce_below_power_of_two::<DAY_BITS>(b, &expires_at.minus(&as_of));

    b.part("nullifier");
    let tagged = [Num::constant(*NULLIFIER_TAG), secret, scope];
    let computed = poseidon::hash(b, &tagged);
    b.enforce_equal(&computed, &nullifier);

    // A public input in no row is bound by the verifying key's extra rows alone. The square makes it part of the relation.
    b.part("challenge");
    let _ = b.multiply(&challenge, &challenge);

    builder
}

/// The rows. They do not depend on any value, so any inputs will do.
pub(crate) fn shape() -> Shape {
    let inputs = PrivateInputs {
        slots: [Fr::zero(); ATTRIBUTE_COUNT],
        holder_secret: Fr::zero(),
        signature: Signature {
            r8: Default::default(),
            s: Default::default(),
        },
    };
    build(Mode::Shape, &[Fr::zero(); PUBLIC_INPUT_COUNT], &inputs).into_shape()
}

#[cfg(test)]
mod tests;
