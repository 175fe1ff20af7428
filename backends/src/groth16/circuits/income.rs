//! `income_at_least@1.0.0` and `income_in_range@1.0.0`: minimum ≤ amount, and amount ≤ maximum.
//!
//! Currency and period are public inputs that stand in the credential's hash themselves: there is no witness for them that
//! could differ, and no row to compare. The bounds are below 2⁶⁴ by type, the amount by what issuers can encode, or
//! 2¹²⁸ if there is none. So amount − minimum is in the range exactly when it is not negative: a negative one is q less at most
//! 2⁶⁴, and 2¹²⁸ less a bound is far above. Maximum − amount likewise; for an absent amount it is q less about 2¹²⁸.
//!
//! `docs/circuits/income.md` has the counts and their reasons.

use ark_bn254::Fr;
use zapiki_core::credential::Slot;
use zapiki_core::statement::Statement;
use zapiki_core::statements::income::{AMOUNT_BITS, IncomeUnit};

use super::relation::{Filled, PrivateInputs, Relation, Slots};
use crate::groth16::gadgets::range;
use crate::groth16::r1cs::{Builder, Num};

/// Public inputs of its own: currency, period, minimum.
pub(crate) const INCOME_AT_LEAST: Relation = Relation {
    statement_inputs: 3,
    inputs: |claim| match &claim.statement {
        Statement::IncomeAtLeast(s) => Some(inputs(s.unit(), &[s.minimum_minor()])),
        _ => None,
    },
    fill,
    enforce: |b, inputs, slots, _| enforce_minimum(b, inputs, slots),
};

/// Public inputs of its own: currency, period, minimum, maximum.
pub(crate) const INCOME_IN_RANGE: Relation = Relation {
    statement_inputs: 4,
    inputs: |claim| match &claim.statement {
        Statement::IncomeInRange(s) => {
            Some(inputs(s.unit(), &[s.minimum_minor(), s.maximum_minor()]))
        }
        _ => None,
    },
    fill,
    enforce: |b, inputs, slots, _| {
        enforce_minimum(b, inputs, slots);
        b.part("income: maximum");
        let amount = &slots[Slot::IncomeAmount as usize];
        range::enforce_below_power_of_two::<AMOUNT_BITS>(b, &inputs[3].minus(amount));
    },
};

fn inputs(unit: IncomeUnit, bounds: &[u64]) -> Vec<Fr> {
    let mut inputs = vec![
        Fr::from(unit.currency.number()),
        Fr::from(unit.period.number()),
    ];
    inputs.extend(bounds.iter().map(|bound| Fr::from(*bound)));
    inputs
}

fn fill(_: &mut Builder, inputs: &[Num], _: &PrivateInputs) -> Filled {
    vec![
        (Slot::IncomeCurrency, inputs[0].clone()),
        (Slot::IncomePeriod, inputs[1].clone()),
    ]
}

fn enforce_minimum(b: &mut Builder, inputs: &[Num], slots: &Slots) {
    b.part("income: minimum");
    let amount = &slots[Slot::IncomeAmount as usize];
    range::enforce_below_power_of_two::<AMOUNT_BITS>(b, &amount.minus(&inputs[2]));
}
