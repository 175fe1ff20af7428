//! Scalars in signed digits.
//!
//! A scalar s is taken as s or −(r − s), whichever is smaller in magnitude, so that −1 is as short as 1. The magnitude is
//! written in windows of w bits with digits from −2ʷ⁻¹ + 1 to 2ʷ⁻¹: half as many buckets as unsigned digits need
//! (Booth, 1951), since −P costs nothing on a curve. Most digits of a bit or a small number are zero, and are not visited.

use ark_bn254::Fr;
use ark_ff::{BigInteger as _, PrimeField as _};
use zeroize::Zeroize;

/// Bits of the longest magnitude, (r − 1) / 2.
const MAGNITUDE_BITS: u32 = Fr::MODULUS_BIT_SIZE - 1;

/// A scalar by sign and magnitude.
#[derive(Clone, Copy)]
pub(super) struct SignedScalar {
    magnitude: [u64; 4],
    is_negative: bool,
}

impl From<Fr> for SignedScalar {
    fn from(scalar: Fr) -> Self {
        let mut magnitude = scalar.into_bigint();
        let is_negative = magnitude > Fr::MODULUS_MINUS_ONE_DIV_TWO;
        if is_negative {
            let mut complement = Fr::MODULUS;
            complement.sub_with_borrow(&magnitude);
            magnitude = complement;
        }
        Self {
            magnitude: magnitude.0,
            is_negative,
        }
    }
}

impl Zeroize for SignedScalar {
    fn zeroize(&mut self) {
        self.magnitude.zeroize();
        self.is_negative.zeroize();
    }
}

/// A digit that is not zero: which window, from the lowest; its magnitude, from 1 to 2ʷ⁻¹; its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digit {
    pub(super) window: usize,
    pub(super) magnitude: usize,
    pub(super) is_negative: bool,
}

/// How many windows of this many bits a scalar has. One bit more than the magnitude's, so that the top digit has room for a
/// carry.
pub(super) const fn window_count(width: u32) -> usize {
    (MAGNITUDE_BITS + 1).div_ceil(width) as usize
}

impl SignedScalar {
    /// Visits the digits that are not zero. The width is at most 32.
    pub(super) fn for_each_digit(&self, width: u32, mut visit: impl FnMut(Digit)) {
        let half = 1u64 << (width - 1);
        let bits = ark_ff::BigInt(self.magnitude).num_bits();
        let mut carry = 0;
        let mut at = 0;
        let mut window = 0;
        // At `at == bits` there may be a carry.
        while at <= bits {
            let digit = self.bits(at, width) + carry;
            let (magnitude, is_minus) = if digit > half {
                carry = 1;
                (2 * half - digit, true)
            } else {
                carry = 0;
                (digit, false)
            };
            if magnitude != 0 {
                visit(Digit {
                    window,
                    magnitude: magnitude as usize,
                    is_negative: is_minus != self.is_negative,
                });
            }
            at += width;
            window += 1;
        }
    }

    /// `width` bits of the magnitude from bit `at`, zeros above it.
    fn bits(&self, at: u32, width: u32) -> u64 {
        let (limb, shift) = ((at / 64) as usize, at % 64);
        let limb_at = |limb: usize| self.magnitude.get(limb).copied().unwrap_or(0);
        let mut bits = limb_at(limb) >> shift;
        if shift + width > 64 {
            bits |= limb_at(limb + 1) << (64 - shift);
        }
        bits & ((1 << width) - 1)
    }
}

#[cfg(test)]
mod tests {
    use ark_ff::{AdditiveGroup as _, Field as _, One as _, UniformRand as _, Zero as _};
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn digits(scalar: Fr, width: u32) -> Vec<Digit> {
        let mut digits = Vec::new();
        SignedScalar::from(scalar).for_each_digit(width, |digit| digits.push(digit));
        digits
    }

    #[test]
    fn digits_spell_the_scalar_in_every_width() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let half = Fr::from(Fr::MODULUS_MINUS_ONE_DIV_TWO);
        let mut scalars = vec![Fr::zero(), half, half + Fr::one(), half - Fr::one()];
        for power in [1u64, 7, 8, 63, 64, 65, 128, 252, 253] {
            let power = Fr::from(2u8).pow([power]);
            scalars.extend([power, power - Fr::one(), power + Fr::one()]);
        }
        scalars.extend((0..50).map(|_| Fr::rand(&mut rng)));
        scalars.extend(scalars.clone().into_iter().map(|scalar| -scalar));
        for width in 2..=18 {
            let half = 1usize << (width - 1);
            for scalar in &scalars {
                let mut sum = Fr::zero();
                for digit in digits(*scalar, width) {
                    assert!((1..=half).contains(&digit.magnitude));
                    assert!(digit.window < window_count(width));
                    let mut term = Fr::from(digit.magnitude as u64);
                    for _ in 0..digit.window * width as usize {
                        term.double_in_place();
                    }
                    sum += if digit.is_negative { -term } else { term };
                }
                assert_eq!(sum, *scalar, "width {width}");
            }
        }
    }

    #[test]
    fn short_scalars_have_few_digits() {
        for (scalar, count) in [(0i64, 0), (1, 1), (-1, 1), (100, 1), (-100, 1), (3000, 2)] {
            assert_eq!(digits(Fr::from(scalar), 12).len(), count, "{scalar}");
        }
    }
}
