//! Poseidon, one row per multiplication: three per S-box, none for constants and matrices.
//!
//! Additions and the MDS matrix are linear, so they ride along in the combinations. A lane that holds a constant (the
//! capacity element, a domain tag, a schema id) passes its first S-box for nothing. The last round's unused outputs
//! cost nothing either.
//!
//! Sound because each S-box is x² = a, a² = b, b·x = y with the values of x, a, b fixed one after the other: the digest
//! is a function of the inputs.

use ark_bn254::Fr;
use ark_ff::Zero;
use zapiki_core::suites::bjj_poseidon::poseidon_parameters;

use crate::groth16::r1cs::{Builder, Num};

/// The digest of 1 to 12 numbers; agrees with [`zapiki_core::suites::bjj_poseidon::poseidon`].
pub(crate) fn hash(builder: &mut Builder, inputs: &[Num]) -> Num {
    let parameters = poseidon_parameters(inputs.len());
    let width = parameters.width;
    let half = parameters.full_rounds / 2;

    let mut state = vec![Num::constant(Fr::zero())];
    state.extend_from_slice(inputs);
    for (round, constants) in parameters.ark.chunks(width).enumerate() {
        for (element, constant) in state.iter_mut().zip(constants) {
            *element = element.plus_constant(*constant);
        }
        let is_full = round < half || round >= half + parameters.partial_rounds;
        let boxes = if is_full { width } else { 1 };
        for element in &mut state[..boxes] {
            let square = builder.multiply(element, element);
            let fourth = builder.multiply(&square, &square);
            *element = builder.multiply(&fourth, element);
        }
        state = parameters
            .mds
            .iter()
            .map(|row| Num::sum(row.iter().copied().zip(&state)))
            .collect();
    }
    state.swap_remove(0)
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand as _;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;
    use zapiki_core::suites::bjj_poseidon;

    use super::*;
    use crate::groth16::r1cs::Mode;

    #[test]
    fn agrees_with_the_native_hash_at_every_width() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        for inputs in 1..=bjj_poseidon::POSEIDON_INPUTS_MAX {
            let values: Vec<Fr> = (0..inputs).map(|_| Fr::rand(&mut rng)).collect();
            let (mut builder, []) = Builder::new(Mode::Solve, &[]);
            let numbers: Vec<Num> = values.iter().map(|value| builder.witness(*value)).collect();
            assert_eq!(
                hash(&mut builder, &numbers).value(),
                bjj_poseidon::poseidon(&values)
            );
        }
    }
}
