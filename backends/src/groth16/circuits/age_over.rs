//! `age_over@1.0.0`: birth_date ≤ cutoff.
//!
//! The cutoff is the calendar's, computed outside the circuit from public values (`AgeOver::birth_cutoff`). Both sides are
//! day numbers below 2²⁰: the cutoff by type, the birth date by what issuers can encode.
//!
//! `docs/circuits/age_over.md` has the counts and their reasons.

use ark_bn254::Fr;
use zapiki_core::credential::Slot;
use zapiki_core::day::DAY_BITS;
use zapiki_core::statement::Statement;

use super::relation::Relation;
use crate::groth16::gadgets::range;

/// One public input of its own: the cutoff day.
pub(crate) const AGE_OVER: Relation = Relation {
    statement_inputs: 1,
    inputs: |claim| match &claim.statement {
        Statement::AgeOver(statement) => Some(vec![Fr::from(statement.birth_cutoff().number())]),
        _ => None,
    },
    fill: |_, _, _| Vec::new(),
    enforce: |b, inputs, slots, _| {
        b.part("birth date");
        let birth_date = &slots[Slot::BirthDate as usize];
        range::enforce_below_power_of_two::<DAY_BITS>(b, &inputs[0].minus(birth_date));
    },
};
