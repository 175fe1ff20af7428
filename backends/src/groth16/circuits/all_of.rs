//! `all_of@1.0.0` and `all_of_listed@1.0.0`: several statements about one credential in one proof.
//!
//! One circuit serves every selection of statements. For each there is a public bit that says whether it is asked for, made by the
//! verifier from the typed statement; what a statement demands is multiplied by its bit before it is checked, and 0 passes every
//! check. So a statement that is not asked for demands nothing, not even that the attribute be there.
//!
//! The countries need no product: their table has every bit set if nothing is asked, and only the letters' agreement with the
//! credential is multiplied.
//!
//! `docs/circuits/all_of.md` has the counts and their reasons.

use ark_bn254::Fr;
use ark_ff::{One as _, Zero as _};
use zapiki_core::credential::Slot;
use zapiki_core::day::DAY_BITS;
use zapiki_core::public_inputs::Claim;
use zapiki_core::statement::Statement;
use zapiki_core::statements::income::AMOUNT_BITS;
use zapiki_core::statements::resident_of::LETTERS;

use super::listed::{enforce_not_revoked, enforce_not_sanctioned, revocations_root};
use super::relation::{PrivateInputs, Relation, Slots};
use super::resident_of::look_up;
use crate::groth16::gadgets::range;
use crate::groth16::r1cs::{Builder, Num};

/// Where the public inputs stand: each statement's bit before its parameters.
const AGE: usize = 0;
const INCOME: usize = 2;
const CAP: usize = 6;
const COUNTRY: usize = 8;
const ATTRIBUTE_INPUTS: usize = COUNTRY + 1 + LETTERS;
const SANCTIONS: usize = ATTRIBUTE_INPUTS;
const REVOCATION: usize = SANCTIONS + 2;
const LISTED_INPUTS: usize = REVOCATION + 2;

/// Public inputs of its own: see [`inputs`].
pub(crate) const ALL_OF: Relation = Relation {
    statement_inputs: ATTRIBUTE_INPUTS,
    inputs: |claim| match &claim.statement {
        Statement::AllOf(all) if !all.is_listed() => {
            inputs(claim).map(|inputs| inputs[..ATTRIBUTE_INPUTS].to_vec())
        }
        _ => None,
    },
    fill: |_, _, _| Vec::new(),
    enforce: enforce_attributes,
};

/// Public inputs of its own: those of [`ALL_OF`], and for each list its bit and its root.
pub(crate) const ALL_OF_LISTED: Relation = Relation {
    statement_inputs: LISTED_INPUTS,
    inputs: |claim| match &claim.statement {
        Statement::AllOf(all) if all.is_listed() => inputs(claim),
        _ => None,
    },
    fill: |_, _, _| Vec::new(),
    enforce: |b, inputs, slots, private| {
        enforce_attributes(b, inputs, slots, private);
        let (asked, root) = (&inputs[SANCTIONS], &inputs[SANCTIONS + 1]);
        enforce_not_sanctioned(b, asked, root, slots, private);
        let (asked, root) = (&inputs[REVOCATION], &inputs[REVOCATION + 1]);
        enforce_not_revoked(b, asked, root, slots, private);
    },
};

/// The public inputs, in order: age (bit, cutoff), income (bit, currency, period, minimum), its cap (bit, maximum), countries (bit,
/// table), sanctions (bit, root), revocation (bit, root).
fn inputs(claim: &Claim) -> Option<Vec<Fr>> {
    let mut inputs = vec![Fr::zero(); LISTED_INPUTS];
    // Without a question every country will do.
    let everywhere = Fr::from((1u32 << LETTERS) - 1);
    inputs[COUNTRY + 1..ATTRIBUTE_INPUTS].fill(everywhere);
    let mut set = |at: usize, parameters: &[Fr]| {
        inputs[at] = Fr::one();
        inputs[at + 1..][..parameters.len()].copy_from_slice(parameters);
    };
    for part in claim.statement.parts() {
        match part {
            Statement::AgeOver(s) => set(AGE, &[Fr::from(s.birth_cutoff().number())]),
            Statement::IncomeAtLeast(s) => {
                let (unit, minimum) = (s.unit(), s.minimum_minor());
                let unit = [unit.currency.number(), unit.period.number().into()].map(Fr::from);
                set(INCOME, &[unit[0], unit[1], Fr::from(minimum)]);
            }
            Statement::IncomeInRange(s) => {
                let (unit, minimum) = (s.unit(), s.minimum_minor());
                let unit = [unit.currency.number(), unit.period.number().into()].map(Fr::from);
                set(INCOME, &[unit[0], unit[1], Fr::from(minimum)]);
                set(CAP, &[Fr::from(s.maximum_minor())]);
            }
            Statement::ResidentOf(s) => set(COUNTRY, &s.table().map(Fr::from)),
            Statement::NotSanctioned(s) => set(SANCTIONS, &[s.list().root.0]),
            Statement::NotRevoked(s) => set(REVOCATION, &[revocations_root(claim, s.list())?]),
            Statement::AllOf(_) => return None,
        }
    }
    Some(inputs)
}

fn enforce_attributes(b: &mut Builder, inputs: &[Num], slots: &Slots, private: &PrivateInputs) {
    let slot = |slot: Slot| &slots[slot as usize];
    let zero = Num::constant(Fr::zero());

    b.part("all: birth date");
    let before_cutoff = inputs[AGE + 1].minus(slot(Slot::BirthDate));
    let before_cutoff = b.multiply(&inputs[AGE], &before_cutoff);
    range::enforce_below_power_of_two::<DAY_BITS>(b, &before_cutoff);

    b.part("all: income unit");
    for (at, slot) in [
        (INCOME + 1, slot(Slot::IncomeCurrency)),
        (INCOME + 2, slot(Slot::IncomePeriod)),
    ] {
        b.enforce(&inputs[INCOME], &inputs[at].minus(slot), &zero);
    }
    let amount = slot(Slot::IncomeAmount);
    b.part("all: income minimum");
    let above = b.multiply(&inputs[INCOME], &amount.minus(&inputs[INCOME + 3]));
    range::enforce_below_power_of_two::<AMOUNT_BITS>(b, &above);
    b.part("all: income maximum");
    let below = b.multiply(&inputs[CAP], &inputs[CAP + 1].minus(amount));
    range::enforce_below_power_of_two::<AMOUNT_BITS>(b, &below);

    let code = look_up(b, &inputs[COUNTRY + 1..ATTRIBUTE_INPUTS], private);
    b.part("all: country");
    b.enforce(&inputs[COUNTRY], &code.minus(slot(Slot::Country)), &zero);
}
