//! What every circuit proves, whatever its statement: a trusted issuer signed a credential of this holder, it is valid on
//! the day, and the holder says so to this challenge.
//!
//! In words: I know a credential and a holder secret such that
//! - the issuer signed the credential's attributes, whose holder commitment is that of the secret;
//! - issued_at ≤ as_of ≤ expires_at;
//! - the nullifier is that of the secret in the scope; and I say so to this challenge;
//! - and what the circuit's own file says of the attributes.
//!
//! All field elements that a verifier feeds in come from the typed [`PublicInputs`] here, in [`Relation::public_inputs`]: dates
//! are day numbers below 2²⁰ by type, the issuer's key is a point of the prime subgroup by type. The credential's
//! attributes are the issuer's word; an absent one is 2¹²⁸, out of every range.

use ark_bn254::Fr;
use ark_ff::Zero as _;
use zapiki_core::credential::{ATTRIBUTE_COUNT, SCHEMA_PERSON_V1, Slot};
use zapiki_core::day::DAY_BITS;
use zapiki_core::gap_tree::Absence;
use zapiki_core::public_inputs::{Claim, PublicInputs};
use zapiki_core::statement::Statement;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{HOLDER_TAG, NULLIFIER_TAG, Signature};
use zapiki_core::witness::Witness;
use zeroize::Zeroize as _;

use crate::groth16::gadgets::eddsa::{IssuerNums, enforce_signature};
use crate::groth16::gadgets::montgomery::Point;
use crate::groth16::gadgets::scalar_mul::public_base;
use crate::groth16::gadgets::{poseidon, range};
use crate::groth16::r1cs::{Builder, Mode, Num, Shape};

/// The attributes in the circuit, by [`Slot`].
pub(crate) type Slots = [Num; ATTRIBUTE_COUNT];

/// Slots with what stands in them.
pub(crate) type Filled = Vec<(Slot, Num)>;

/// The relation of one statement: what is its own.
pub(crate) struct Relation {
    /// How many public inputs the statement has.
    pub(crate) statement_inputs: usize,
    /// The statement's public inputs; `None` if the claim is of another statement.
    pub(crate) inputs: fn(&Claim) -> Option<Vec<Fr>>,
    /// The slots that hold what the statement says instead of a witness of their own. The credential's hash binds them.
    pub(crate) fill: fn(&mut Builder, &[Num], &PrivateInputs) -> Filled,
    /// Demands of the other slots what the statement says of them.
    pub(crate) enforce: fn(&mut Builder, &[Num], &Slots, &PrivateInputs),
}

/// The public inputs before the statement's: issuer key A (x, y), its base and start points in Montgomery form (u, v each),
/// as-of day.
pub(crate) const INPUTS_BEFORE: usize = 7;
/// The public inputs after the statement's: challenge, scope, nullifier.
pub(crate) const INPUTS_AFTER: usize = 3;

/// The private inputs as the circuit has them. Wiped on drop.
pub(crate) struct PrivateInputs {
    pub(crate) slots: [Fr; ATTRIBUTE_COUNT],
    pub(crate) holder_secret: Fr,
    pub(crate) signature: Signature,
    /// Where the screening identity is absent from the list that the statement names.
    pub(crate) sanctions: Option<Absence>,
    /// Likewise for the revocation number.
    pub(crate) revocations: Option<Absence>,
}

impl Drop for PrivateInputs {
    fn drop(&mut self) {
        self.slots.zeroize();
        self.holder_secret.zeroize();
    }
}

impl PrivateInputs {
    /// `None` if the credential has no signature of the suite.
    pub(crate) fn new(statement: &Statement, witness: &Witness) -> Option<Self> {
        let signed = witness.credential.signatures.bjj_poseidon_bn254.as_ref()?;
        let absence = |is_about: fn(&Statement) -> bool| {
            let part = statement.parts().iter().find(|part| is_about(part))?;
            witness.absences.of(part.own_list()?).cloned()
        };
        Some(Self {
            slots: witness.credential.attributes.encode(),
            holder_secret: *witness.holder_secret.expose(),
            signature: signed.signature.clone(),
            sanctions: absence(|part| matches!(part, Statement::NotSanctioned(_))),
            revocations: absence(|part| matches!(part, Statement::NotRevoked(_))),
        })
    }
}

impl Relation {
    pub(crate) const fn input_count(&self) -> usize {
        INPUTS_BEFORE + self.statement_inputs + INPUTS_AFTER
    }

    /// The public inputs as the circuit has them, in order. `None` if they are of another statement.
    pub(crate) fn public_inputs(&self, inputs: &PublicInputs) -> Option<Vec<Fr>> {
        let claim = &inputs.claim;
        let IssuerKey::BjjPoseidonBn254(key) = &claim.issuer else {
            return None;
        };
        let mut elements = vec![key.x(), key.y()];
        elements.extend(public_base(key)?);
        elements.push(Fr::from(claim.statement.as_of().number()));
        elements.extend((self.inputs)(claim)?);
        elements.extend([
            claim.challenge.to_field(),
            claim.scope.to_field(),
            inputs.nullifier.to_bn254()?,
        ]);
        (elements.len() == self.input_count()).then_some(elements)
    }

    /// Builds the circuit over these inputs, true or not. There must be [`Self::input_count`] public ones.
    pub(crate) fn build(&self, mode: Mode, public: &[Fr], private: &PrivateInputs) -> Builder {
        let (mut builder, public) = Builder::over(mode, public);
        let b = &mut builder;
        let (before, rest) = public.split_at(INPUTS_BEFORE);
        let (statement, after) = rest.split_at(self.statement_inputs);
        let point = |at: usize| Point {
            u: before[at].clone(),
            v: before[at + 1].clone(),
        };
        let issuer = IssuerNums {
            x: before[0].clone(),
            y: before[1].clone(),
            base: point(2),
            start: point(4),
        };
        let as_of = &before[6];
        let (challenge, scope, nullifier) = (&after[0], &after[1], &after[2]);

        b.part("holder binding");
        let secret = b.witness(private.holder_secret);
        let commitment = poseidon::hash(b, &[Num::constant(*HOLDER_TAG), secret.clone()]);

        // The commitment stands in the credential as computed, so there is nothing to compare.
        let mut filled: [Option<Num>; ATTRIBUTE_COUNT] = Default::default();
        filled[Slot::Schema as usize] = Some(Num::constant(*SCHEMA_PERSON_V1));
        filled[Slot::Reserved as usize] = Some(Num::constant(Fr::zero()));
        filled[Slot::HolderCommitment as usize] = Some(commitment);
        for (slot, number) in (self.fill)(b, statement, private) {
            filled[slot as usize] = Some(number);
        }
        let slots: Slots = std::array::from_fn(|slot| {
            filled[slot]
                .take()
                .unwrap_or_else(|| b.witness(private.slots[slot]))
        });

        b.part("credential hash");
        let digest = poseidon::hash(b, &slots);
        enforce_signature(b, &issuer, &digest, &private.signature);

        (self.enforce)(b, statement, &slots, private);

        b.part("validity: from");
        let issued_at = &slots[Slot::IssuedAt as usize];
        range::enforce_below_power_of_two::<DAY_BITS>(b, &as_of.minus(issued_at));

        b.part("validity: until");
        let expires_at = &slots[Slot::ExpiresAt as usize];
        range::enforce_below_power_of_two::<DAY_BITS>(b, &expires_at.minus(as_of));

        b.part("nullifier");
        let tagged = [Num::constant(*NULLIFIER_TAG), secret, scope.clone()];
        let computed = poseidon::hash(b, &tagged);
        b.enforce_equal(&computed, nullifier);

        // A public input in no row is bound by the verifying key's extra rows alone. The square makes it part of the relation.
        b.part("challenge");
        let _ = b.multiply(challenge, challenge);

        builder
    }

    /// The rows. They do not depend on any value, so any inputs will do.
    pub(crate) fn shape(&self) -> Shape {
        let private = PrivateInputs {
            slots: [Fr::zero(); ATTRIBUTE_COUNT],
            holder_secret: Fr::zero(),
            signature: Signature {
                r8: Default::default(),
                s: Default::default(),
            },
            sanctions: None,
            revocations: None,
        };
        let public = vec![Fr::zero(); self.input_count()];
        self.build(Mode::Shape, &public, &private).into_shape()
    }
}
