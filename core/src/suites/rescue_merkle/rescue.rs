//! Rescue-Prime as a sponge: winter-crypto's `Rp64_256` with a domain in its capacity.
//!
//! Permutation: Rescue-XLIX (Szepieniec, Ashur and Dhooghe, "Rescue-Prime: a Standard Specification (SoK)", ePrint 2020/1143)
//! over p = 2⁶⁴ − 2³² + 1, width 12, α = 7, 7 rounds: the library's instance, whose round constants and circulant matrix are
//! its own. It has a round fewer than the paper's margin asks for (40 % instead of 50 %), as the library's documentation
//! says.
//!
//! Sponge: capacity in elements 0..4, rate in 4..12, inputs added to the rate, digest in 4..8. Element 0 starts as the number
//! of inputs, as the library has it, so a short input is not a long one with zeros. Element 1 starts as the [`Domain`], as
//! Polygon Miden's `merge_in_domain` has it; the library's own hash has zero there. So no two uses of the hash meet.
//!
//! Why this and not `RpJive64_256`: a Jive compression saves four of twelve columns in each level of the tree, but is the
//! newer construction (Bouvier et al., CRYPTO 2023), and leaf and nullifier need a sponge anyway. One permutation for all keeps
//! one round in the circuit.
//!
//! The permutation takes the same time for all inputs: field arithmetic of the library is branch-free but for carries.

use winter_crypto::hashers::Rp64_256;
use winter_math::FieldElement as _;
use winter_math::fields::f64::BaseElement;

use super::Digest;

/// Elements of the state.
pub const STATE_WIDTH: usize = Rp64_256::STATE_WIDTH;

/// Elements that one permutation absorbs.
pub const RATE: usize = 8;

/// What a hash is of. The numbers are part of the suite and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Domain {
    /// Secret and scope.
    Nullifier = 1,
    /// A holder's secret.
    HolderCommitment = 2,
    /// A credential.
    Leaf = 3,
    /// Two nodes of a tree.
    Node = 4,
}

impl Domain {
    /// The domain as a field element.
    #[must_use]
    pub const fn element(self) -> BaseElement {
        BaseElement::new(self as u64)
    }
}

/// The sponge's state before it absorbs `inputs` elements.
#[must_use]
pub fn initial_state(domain: Domain, inputs: usize) -> [BaseElement; STATE_WIDTH] {
    let mut state = [BaseElement::ZERO; STATE_WIDTH];
    state[0] = BaseElement::new(inputs as u64);
    state[1] = domain.element();
    state
}

/// The hash of the elements.
#[must_use]
pub fn hash(domain: Domain, inputs: &[BaseElement]) -> Digest {
    let mut state = initial_state(domain, inputs.len());
    for block in inputs.chunks(RATE) {
        for (element, input) in state[Rp64_256::RATE_RANGE].iter_mut().zip(block) {
            *element += *input;
        }
        Rp64_256::apply_permutation(&mut state);
    }
    let digest = std::array::from_fn(|i| state[Rp64_256::DIGEST_RANGE.start + i]);
    // Inputs can be private. Safe Rust cannot force this write; the state is on the stack and overwritten by what comes next.
    state = [BaseElement::ZERO; STATE_WIDTH];
    std::hint::black_box(&state);
    Digest(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the library's authors took from the paper's Sage code, so that nobody exchanges the permutation.
    #[test]
    fn the_permutation_is_the_published_one() {
        let mut state = std::array::from_fn(|i| BaseElement::new(i as u64));
        Rp64_256::apply_permutation(&mut state);
        let expected: [u64; STATE_WIDTH] = [
            11084501481526603421,
            6291559951628160880,
            13626645864671311919,
            18397438323058963117,
            7443014167353970324,
            17930833023906771425,
            4275355080008025761,
            7676681476902901785,
            3460534574143792217,
            11912731278641497187,
            8104899243369883110,
            674509706691634438,
        ];
        assert_eq!(state, expected.map(BaseElement::new));
    }

    #[test]
    fn domains_and_lengths_are_separate() {
        let inputs = [BaseElement::ONE, BaseElement::ZERO];
        let leaf = hash(Domain::Leaf, &inputs);
        assert_ne!(leaf, hash(Domain::Node, &inputs));
        assert_ne!(leaf, hash(Domain::Leaf, &inputs[..1]));
        // The library's own hash has the domain zero.
        use winter_crypto::ElementHasher as _;
        let own = Rp64_256::hash_elements(&inputs);
        assert_ne!(leaf.0, own.as_elements());
    }
}
