//! Poseidon over BN254 (Grassi et al., USENIX Security 2021) with circomlib's constants.
//!
//! x⁵ S-boxes, 8 full rounds, partial rounds by width. The state starts as (0, inputs…); the digest is its first
//! element. The width separates the domains of hashes with different numbers of inputs.

use ark_bn254::Fr;
use ark_ff::{Field, Zero};
use light_poseidon::PoseidonParameters;
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;
use std::sync::LazyLock;
use zeroize::Zeroize;

/// The most inputs that one hash takes.
pub const POSEIDON_INPUTS_MAX: usize = 12;

static PARAMETERS: LazyLock<Vec<PoseidonParameters<Fr>>> = LazyLock::new(|| {
    (2..=POSEIDON_INPUTS_MAX + 1)
        .filter_map(|width| u8::try_from(width).ok())
        .filter_map(|width| get_poseidon_parameters::<Fr>(width).ok())
        .collect()
});

/// The constants of the hash of `inputs` elements, in the paper's notation: `ark` is t per round, `mds` t × t.
///
/// # Panics
/// `inputs` is not between 1 and [`POSEIDON_INPUTS_MAX`]: a programming error.
#[must_use]
pub fn poseidon_parameters(inputs: usize) -> &'static PoseidonParameters<Fr> {
    &PARAMETERS[inputs - 1]
}

/// The hash of 1 to [`POSEIDON_INPUTS_MAX`] elements.
///
/// # Panics
/// There are no inputs or too many: a programming error, since arity is part of what is hashed.
#[must_use]
pub fn poseidon(inputs: &[Fr]) -> Fr {
    let parameters = poseidon_parameters(inputs.len());
    let width = parameters.width;
    let half = parameters.full_rounds / 2;

    let mut state = Vec::with_capacity(width);
    state.push(Fr::zero());
    state.extend_from_slice(inputs);
    let mut next = vec![Fr::zero(); width];

    for (round, constants) in parameters.ark.chunks(width).enumerate() {
        for (element, constant) in state.iter_mut().zip(constants) {
            *element += constant;
        }
        let is_full = round < half || round >= half + parameters.partial_rounds;
        let boxes = if is_full { width } else { 1 };
        for element in &mut state[..boxes] {
            *element *= element.square().square();
        }
        for (sum, row) in next.iter_mut().zip(&parameters.mds) {
            *sum = row.iter().zip(&state).map(|(m, s)| *m * s).sum();
        }
        std::mem::swap(&mut state, &mut next);
    }

    let digest = state[0];
    // Inputs can be private: a credential's attributes, a holder's secret.
    state.zeroize();
    next.zeroize();
    digest
}
