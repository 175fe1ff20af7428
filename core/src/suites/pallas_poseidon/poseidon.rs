//! Poseidon over Pallas' base field (Grassi et al., USENIX Security 2021) in Zcash's instance `P128Pow5T3`, by `halo2_poseidon`.
//!
//! x⁵ S-boxes, width 3, 8 full and 56 partial rounds. A sponge of rate 2 whose capacity starts as the number of inputs times 2⁶⁴:
//! hashes of different numbers of inputs are in different domains.

use halo2_poseidon::{ConstantLength, Hash, P128Pow5T3};
use pasta_curves::pallas::Base;

/// The hash of `N` elements.
#[must_use]
pub fn poseidon<const N: usize>(inputs: [Base; N]) -> Base {
    Hash::<_, P128Pow5T3, ConstantLength<N>, 3, 2>::init().hash(inputs)
}
