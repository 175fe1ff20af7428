//! Poseidon: the suite's hash, by the library's gadget.

use halo2_gadgets::poseidon::primitives::{ConstantLength, P128Pow5T3};
use halo2_gadgets::poseidon::{Hash, Pow5Chip};
use halo2_proofs::circuit::Layouter;
use halo2_proofs::plonk::Error;
use pasta_curves::pallas::Base;

use crate::plonk::config::{Config, Number};

/// The cell of the hash of `N` numbers: a permutation for each two.
pub(crate) fn hash<const N: usize>(
    config: &Config,
    mut layouter: impl Layouter<Base>,
    inputs: [Number; N],
) -> Result<Number, Error> {
    let chip = Pow5Chip::construct(config.poseidon.clone());
    let hash =
        Hash::<_, _, P128Pow5T3, ConstantLength<N>, 3, 2>::init(chip, layouter.namespace(|| ""))?;
    hash.hash(layouter.namespace(|| ""), inputs)
}
