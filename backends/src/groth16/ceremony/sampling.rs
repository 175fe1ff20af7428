//! From 32 bytes to scalars and points, as snarkjs samples them: ffjavascript's `fromRng` over a ChaCha20 stream.
//!
//! The seed's bytes are eight big-endian words, which become ChaCha's little-endian key words; nonce and counter start at zero. An element is
//! 254 bits of the stream, drawn again until they are below the modulus, and they are its Montgomery form. A point is an x, drawn
//! again until it is on the curve, and a bit that says which of the two y; in G2 it is then multiplied by the cofactor.
//! So nobody knows the logarithm of a point that was hashed to G2, and snarkjs arrives at the same one.

use std::sync::LazyLock;

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine, g2};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ec::{AffineRepr as _, CurveConfig as _, CurveGroup as _};
use ark_ff::{BigInt, Field, PrimeField, Zero as _};
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::points::Radix;

static FQ_RADIX: LazyLock<Radix<Fq>> = LazyLock::new(Radix::new);
static FR_RADIX: LazyLock<Radix<Fr>> = LazyLock::new(Radix::new);

/// A stream to sample from. Wiped on drop, since secrets come from it.
pub(super) struct Stream(ChaCha20);

impl Stream {
    /// The stream of the first 32 bytes of a hash.
    pub(super) fn new(hash: &[u8; 32]) -> Self {
        let mut key = Zeroizing::new(*hash);
        for word in key.chunks_exact_mut(4) {
            word.reverse();
        }
        Self(ChaCha20::new((&*key).into(), &[0; 12].into()))
    }

    fn word(&mut self) -> u32 {
        let mut bytes = Zeroizing::new([0; 4]);
        self.0.apply_keystream(&mut *bytes);
        u32::from_le_bytes(*bytes)
    }

    fn element<F: PrimeField<BigInt = BigInt<4>>>(&mut self, radix: &Radix<F>) -> F {
        loop {
            let mut limbs = Zeroizing::new([0u64; 4]);
            for limb in limbs.iter_mut() {
                let high = u64::from(self.word());
                *limb = high << 32 | u64::from(self.word());
            }
            limbs[3] &= u64::MAX >> (256 - F::MODULUS_BIT_SIZE);
            let mut montgomery = BigInt::new(*limbs);
            let element = radix.element(montgomery);
            montgomery.zeroize();
            if let Some(element) = element {
                return element;
            }
        }
    }

    /// A scalar that is not zero.
    pub(super) fn scalar(&mut self) -> Fr {
        loop {
            let scalar = self.element(&FR_RADIX);
            if !scalar.is_zero() {
                return scalar;
            }
        }
    }

    fn coordinate(&mut self) -> Fq {
        self.element(&FQ_RADIX)
    }

    fn point<P: SWCurveConfig>(
        &mut self,
        coordinate: fn(&mut Self) -> P::BaseField,
        is_negative: fn(&P::BaseField) -> bool,
    ) -> Affine<P> {
        loop {
            let x = coordinate(self);
            let wants_negative = self.word() & 1 == 1;
            let square = x.square() * x + P::COEFF_B;
            if let Some(y) = square.sqrt() {
                let y = if is_negative(&y) == wants_negative {
                    y
                } else {
                    -y
                };
                return Affine::new_unchecked(x, y);
            }
        }
    }

    /// A point of G1.
    pub(super) fn g1(&mut self) -> G1Affine {
        self.point(Self::coordinate, is_negative)
    }

    /// A point of G2.
    pub(super) fn g2(&mut self) -> G2Affine {
        let coordinate = |stream: &mut Self| Fq2::new(stream.coordinate(), stream.coordinate());
        let is_negative = |y: &Fq2| {
            let leading = if y.c1.is_zero() { &y.c0 } else { &y.c1 };
            is_negative(leading)
        };
        let point = self.point::<g2::Config>(coordinate, is_negative);
        point.mul_bigint(g2::Config::COFACTOR).into_affine()
    }
}

/// Whether it is more than half the modulus.
fn is_negative(element: &Fq) -> bool {
    element.into_bigint() > Fq::MODULUS_MINUS_ONE_DIV_TWO
}

/// The point of G2 that a hash names.
pub(super) fn hash_to_g2(hash: &[u8; 64]) -> G2Affine {
    let mut seed = [0; 32];
    seed.copy_from_slice(&hash[..32]);
    Stream::new(&seed).g2()
}
