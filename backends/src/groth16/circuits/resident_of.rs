//! `resident_of@1.0.0`: the table of the allowed countries has a 1 at the country's two letters.
//!
//! The whole set is public: a row of 26 bits per first letter, 26 numbers below 2²⁶ by type. The circuit looks the country up
//! in it, which takes 131 rows; a path in a Merkle tree over the set would take some 1,900, and a root that
//! everybody has to compute again.
//!
//! *Letters.* Each of the two is a list of 26 bits of which exactly one is set: 25 variables, and the last is what they leave
//! over of 1. All are bits, so at most one of the 25 is set (a sum of 25 bits does not wrap around), and the last is
//! set exactly when none is. The country's code in the credential's hash is made of these bits, so there is no witness for it
//! that could differ. A code that is not two letters, or none at all (2¹²⁸), has no bits.
//!
//! *Lookup.* The row is Σ firstᵢ·rowᵢ, one of the public numbers. It has one set of 26 bits. Σ secondⱼ·bitⱼ is the one bit
//! that the second letter picks, and must be 1.
//!
//! `docs/circuits/resident_of.md` has the counts and their reasons.

use ark_bn254::Fr;
use ark_ff::{BigInteger as _, One as _, PrimeField as _};
use zapiki_core::credential::Slot;
use zapiki_core::statement::Statement;
use zapiki_core::statements::resident_of::LETTERS;

use super::relation::{PrivateInputs, Relation};
use crate::groth16::gadgets::range;
use crate::groth16::r1cs::{Builder, Num};

/// Public inputs of its own: the 26 rows of the table.
pub(crate) const RESIDENT_OF: Relation = Relation {
    statement_inputs: LETTERS,
    inputs: |claim| match &claim.statement {
        Statement::ResidentOf(statement) => Some(statement.table().map(Fr::from).to_vec()),
        _ => None,
    },
    fill: |b, table, private| vec![(Slot::Country, look_up(b, table, private))],
    enforce: |_, _, _, _| {},
};

/// Demands that the table has the country of these letters, and gives its code.
pub(crate) fn look_up(b: &mut Builder, table: &[Num], private: &PrivateInputs) -> Num {
    b.part("country: letters");
    let code = private.slots[Slot::Country as usize].into_bigint();
    let letter = |byte: usize| {
        // Of an absent or wrong code whatever comes: the signature will not fit.
        let bytes = code.to_bytes_le();
        usize::from(bytes[byte].wrapping_sub(b'A')) % LETTERS
    };
    let first = one_of(b, letter(1));
    let second = one_of(b, letter(0));
    let place = |letters: &[Num; LETTERS]| {
        let places = (0u32..).map(Fr::from);
        Num::sum(places.zip(letters)).plus_constant(Fr::from(b'A'))
    };
    let code = Num::sum([
        (Fr::from(1u32 << 8), &place(&first)),
        (Fr::one(), &place(&second)),
    ]);

    b.part("country: lookup");
    let row = pick(b, &first, table);
    let bits = range::to_bits::<LETTERS>(b, &row);
    let allowed = pick(b, &second, &bits);
    b.enforce_equal(&allowed, &Num::constant(Fr::one()));

    code
}

/// 26 bits of which the one at `place` is set: a row per bit.
fn one_of(b: &mut Builder, place: usize) -> [Num; LETTERS] {
    let mut last = Num::constant(Fr::one());
    std::array::from_fn(|i| {
        let bit = if i + 1 < LETTERS {
            let bit = b.witness(Fr::from(i == place));
            last = last.minus(&bit);
            bit
        } else {
            last.clone()
        };
        b.enforce_bit(&bit);
        bit
    })
}

/// Σ bitᵢ·numberᵢ: a row per bit.
fn pick(b: &mut Builder, bits: &[Num; LETTERS], numbers: &[Num]) -> Num {
    let products: Vec<Num> = bits
        .iter()
        .zip(numbers)
        .map(|(bit, number)| b.multiply(bit, number))
        .collect();
    Num::sum(products.iter().map(|product| (Fr::one(), product)))
}
