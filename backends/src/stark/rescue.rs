//! The constants of the permutation, as the AIR has them: those of winter-crypto's `Rp64_256`.

use winterfell::crypto::hashers::Rp64_256;
use winterfell::math::FieldElement as _;
use winterfell::math::fields::f64::BaseElement;
use zapiki_core::suites::rescue_merkle::STATE_WIDTH;

use super::layout::CYCLE;

pub(crate) const MDS: [[BaseElement; STATE_WIDTH]; STATE_WIDTH] = Rp64_256::MDS;
pub(crate) const INVERSE_MDS: [[BaseElement; STATE_WIDTH]; STATE_WIDTH] = Rp64_256::INV_MDS;

/// Periodic columns of both halves of a round; zero in the row where no round begins.
pub(crate) fn constants() -> Vec<Vec<BaseElement>> {
    let column = |constants: &[[BaseElement; STATE_WIDTH]], i: usize| {
        let mut column: Vec<_> = constants.iter().map(|round| round[i]).collect();
        column.resize(CYCLE, BaseElement::ZERO);
        column
    };
    let halves = [Rp64_256::ARK1, Rp64_256::ARK2];
    halves
        .iter()
        .flat_map(|half| (0..STATE_WIDTH).map(|i| column(half, i)))
        .collect()
}

/// One round.
pub(crate) fn apply_round(state: &mut [BaseElement; STATE_WIDTH], round: usize) {
    Rp64_256::apply_round(state, round);
}
