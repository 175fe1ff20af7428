//! Radix-2 Fourier transforms over a domain that is kept with its roots.
//!
//! Interpolation goes from values in order to coefficients in bit-reversed order (Gentleman and Sande, 1966), evaluation from
//! there back to values in order (Cooley and Tukey, 1965). So nothing is ever permuted; see [`Domain::place`].
//! A transform runs on one thread: the prover has several to do at once.

use ark_bn254::Fr;
use ark_ff::{FftField as _, Field as _, One as _};

/// The n-th roots of unity, n a power of two, with what the transforms multiply by.
pub(super) struct Domain {
    size: usize,
    /// The powers of the 2ᵏ-th root, for k = 1, 2, …, log n: half of them each, one after the other.
    roots: Vec<Fr>,
    /// The same of the inverse root.
    inverse_roots: Vec<Fr>,
}

/// 1, x, x², …
pub(super) fn powers(x: Fr) -> impl Iterator<Item = Fr> {
    std::iter::successors(Some(Fr::one()), move |power| Some(*power * x))
}

impl Domain {
    /// `None` if there are no such roots: n is no power of two, or more than 2²⁸.
    pub(super) fn new(size: usize) -> Option<Self> {
        // The field has roots of orders 3 and 9 too.
        let root = Fr::get_root_of_unity(size as u64).filter(|_| size.is_power_of_two())?;
        let layers = |root: Fr| {
            let all: Vec<Fr> = powers(root).take(size / 2).collect();
            let mut layers = Vec::with_capacity(size);
            let mut half = 1;
            while half < size {
                layers.extend(all.iter().step_by(size / 2 / half));
                half *= 2;
            }
            layers
        };
        Some(Self {
            size,
            roots: layers(root),
            inverse_roots: layers(root.inverse()?),
        })
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Where coefficient i stands, and which coefficient stands at i.
    pub(super) const fn place(&self, i: usize) -> usize {
        match self.size.trailing_zeros() {
            0 => i,
            bits => i.reverse_bits() >> (usize::BITS - bits),
        }
    }

    /// Values on the domain to n times the coefficients.
    pub(super) fn interpolate(&self, values: &mut [Fr]) {
        let mut half = self.size / 2;
        while half > 1 {
            let roots = &self.inverse_roots[half - 1..2 * half - 1];
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for ((low, high), root) in low.iter_mut().zip(high).zip(roots) {
                    let difference = *low - *high;
                    *low += *high;
                    *high = difference * root;
                }
            }
            half /= 2;
        }
        add_and_subtract(values);
    }

    /// Coefficients to values on the domain.
    pub(super) fn evaluate(&self, coefficients: &mut [Fr]) {
        add_and_subtract(coefficients);
        let mut half = 2;
        while half < self.size {
            let roots = &self.roots[half - 1..2 * half - 1];
            for block in coefficients.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for ((low, high), root) in low.iter_mut().zip(high).zip(roots) {
                    let product = *high * root;
                    *high = *low - product;
                    *low += product;
                }
            }
            half *= 2;
        }
    }
}

/// The layer of neighbours, whose only root is one.
fn add_and_subtract(values: &mut [Fr]) {
    for pair in values.chunks_exact_mut(2) {
        (pair[0], pair[1]) = (pair[0] + pair[1], pair[0] - pair[1]);
    }
}

#[cfg(test)]
mod tests {
    use ark_ff::{UniformRand as _, Zero as _};
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    #[test]
    fn transforms_agree_with_evaluation_by_hand() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for size in [1usize, 2, 4, 8, 64] {
            let domain = Domain::new(size).unwrap();
            let root = Fr::get_root_of_unity(size as u64).unwrap();
            let polynomial: Vec<Fr> = (0..size).map(|_| Fr::rand(&mut rng)).collect();
            let value_at = |x: Fr| -> Fr {
                let terms = polynomial.iter().zip(powers(x));
                terms.map(|(coefficient, power)| power * coefficient).sum()
            };
            let values: Vec<Fr> = powers(root).take(size).map(value_at).collect();

            let mut transformed = values.clone();
            domain.interpolate(&mut transformed);
            let n = Fr::from(size as u64);
            for i in 0..size {
                assert_eq!(transformed[domain.place(i)], polynomial[i] * n);
            }
            domain.evaluate(&mut transformed);
            for (transformed, value) in transformed.iter().zip(values) {
                assert_eq!(*transformed, value * n);
            }
        }
    }

    #[test]
    fn a_domain_has_a_size_that_the_field_has_roots_for() {
        assert!(Domain::new(0).is_none() && Domain::new(3).is_none());
        assert!(!powers(Fr::from(2u8)).take(3).any(|power| power.is_zero()));
    }
}
