//! Baby Jubjub in the form of EIP-2494 and circomlib: 168700·x² + y² = 1 + 168696·x²y² over BN254's scalar field.
//!
//! arkworks' own `ark-ed-on-bn254` has the same curve rescaled to a = 1; coordinates differ, so signatures would too.
//! Only the parameters are ours, the arithmetic is arkworks'.

use ark_bn254::Fr as Fq;
use ark_ec::CurveConfig;
use ark_ec::twisted_edwards::{Affine, MontCurveConfig, Projective, TECurveConfig};
use ark_ff::MontFp;

/// An integer modulo l, the order of the prime subgroup.
pub use ark_ed_on_bn254::Fr as Scalar;

/// The curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BabyJubjub;

/// A point in affine coordinates.
pub type Point = Affine<BabyJubjub>;

impl CurveConfig for BabyJubjub {
    type BaseField = Fq;
    type ScalarField = Scalar;

    const COFACTOR: &'static [u64] = &[8];
    const COFACTOR_INV: Scalar =
        MontFp!("2394026564107420727433200628387514462817212225638746351800188703329891451411");
}

impl TECurveConfig for BabyJubjub {
    const COEFF_A: Fq = MontFp!("168700");
    const COEFF_D: Fq = MontFp!("168696");
    /// circomlib's Base8: the generator of the prime subgroup.
    const GENERATOR: Point = Point::new_unchecked(
        MontFp!("5299619240641551281634865583518297030282874472190772894086521144482721001553"),
        MontFp!("16950150798460657717958625567821834550301663161624707787222815936182638968203"),
    );
    type MontCurveConfig = Self;
}

impl MontCurveConfig for BabyJubjub {
    const COEFF_A: Fq = MontFp!("168698");
    const COEFF_B: Fq = MontFp!("1");
    type TECurveConfig = Self;
}

/// Base8, in projective coordinates for arithmetic.
pub fn base8() -> Projective<BabyJubjub> {
    BabyJubjub::GENERATOR.into()
}

#[cfg(test)]
mod tests {
    use ark_ff::{BigInteger as _, Field, PrimeField};

    use super::*;

    #[test]
    fn parameters_are_consistent() {
        assert!(BabyJubjub::GENERATOR.is_on_curve());
        assert!(BabyJubjub::GENERATOR.is_in_correct_subgroup_assuming_on_curve());
        assert_eq!(BabyJubjub::COFACTOR_INV * Scalar::from(8u8), Scalar::ONE);
        // The order has 251 bits: 2^250 < l < 2^251. Circuits rely on it.
        assert_eq!(Scalar::MODULUS.num_bits(), 251);
    }

    #[test]
    fn montgomery_form_is_birational() {
        let p = BabyJubjub::GENERATOR;
        let u = (Fq::ONE + p.y) / (Fq::ONE - p.y);
        let v = u / p.x;
        let a = <BabyJubjub as MontCurveConfig>::COEFF_A;
        assert_eq!(v * v, u * u * u + a * u * u + u);
    }
}
