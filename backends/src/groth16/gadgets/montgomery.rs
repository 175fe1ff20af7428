//! Baby Jubjub in Montgomery form, v² = u³ + 168698·u² + u, where an addition takes three rows.
//!
//! The formulas are incomplete: they say nothing about P + P, P − P and the identity. Every caller argues why its
//! operands never are such a pair, or asks for [`Point::add_guarded`]. All points here lie in the prime subgroup, whose
//! order is odd, so none has v = 0.

use ark_bn254::Fr;
use ark_ec::AffineRepr as _;
use ark_ec::twisted_edwards::{MontCurveConfig, Projective};
use ark_ff::{Field, One, batch_inversion_and_mul};
use zapiki_core::suites::bjj_poseidon::{self, BabyJubjub};
use zeroize::Zeroize as _;

use crate::groth16::r1cs::{Builder, Num};

const A: Fr = <BabyJubjub as MontCurveConfig>::COEFF_A;

/// A point of the prime subgroup other than the identity, by value. u = (1 + y) / (1 − y), v = u / x.
///
/// `None` for the identity, which has no such coordinates.
pub(crate) fn coordinates(point: &bjj_poseidon::Point) -> Option<(Fr, Fr)> {
    if point.is_zero() {
        return None;
    }
    let u = (Fr::one() + point.y) * (Fr::one() - point.y).inverse()?;
    Some((u, u * point.x.inverse()?))
}

/// A point in Edwards form, where additions are complete and need no inversion.
pub(crate) type Edwards = Projective<BabyJubjub>;

/// A point in Edwards form, by value: x = u / v and y = (u − 1) / (u + 1), over one denominator.
pub(crate) fn edwards(u: Fr, v: Fr) -> Edwards {
    let (below, above) = (u - Fr::one(), u + Fr::one());
    Edwards::new_unchecked(u * above, v * below, u * below, v * above)
}

/// What a chain of additions will divide by: differences of u, found ahead and inverted together.
///
/// u = (Z + Y) / (Z − Y), thus 1 / (u − u') = (Z − Y)·(Z' − Y') / 2(Y·Z' − Z·Y').
pub(crate) struct Divisors {
    halves: Vec<Fr>,
    factors: Vec<Fr>,
}

impl Divisors {
    /// For so many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self {
            halves: Vec::with_capacity(count),
            factors: Vec::with_capacity(count),
        }
    }

    /// The next division is by p.u − q.u.
    pub(crate) fn push(&mut self, p: &Edwards, q: &Edwards) {
        self.halves.push(p.y * q.z - p.z * q.y);
        self.factors.push((p.z - p.y) * (q.z - q.y));
    }

    /// Their inverses; zero has zero.
    pub(crate) fn into_inverses(mut self) -> Vec<Fr> {
        let mut inverses = std::mem::take(&mut self.halves);
        let half = Fr::from(2u8).inverse().unwrap_or_default();
        batch_inversion_and_mul(&mut inverses, &half);
        for (inverse, factor) in inverses.iter_mut().zip(&self.factors) {
            *inverse *= factor;
        }
        inverses
    }
}

impl Drop for Divisors {
    fn drop(&mut self) {
        self.halves.zeroize();
        self.factors.zeroize();
    }
}

/// A point in the circuit.
#[derive(Clone)]
pub(crate) struct Point {
    pub(crate) u: Num,
    pub(crate) v: Num,
}

impl Point {
    /// Self + other: three rows. The operands must have different u.
    pub(crate) fn add(&self, builder: &mut Builder, other: &Self) -> Self {
        let slope = builder.divide(&other.v.minus(&self.v), &other.u.minus(&self.u));
        let u = third_u(builder, &slope, &self.u, &other.u);
        let v = third_v(builder, &slope, self, &u);
        Self { u, v }
    }

    /// Self + other, with one row more that refuses operands with the same u.
    pub(crate) fn add_guarded(&self, builder: &mut Builder, other: &Self) -> Self {
        builder.enforce_non_zero(&other.u.minus(&self.u));
        self.add(builder, other)
    }

    /// (Self + other) + self: five rows, as the Orchard circuit has it (Zcash protocol specification, section 5.4.9.6,
    /// and the Halo 2 book, "Variable-base scalar multiplication").
    ///
    /// The slope of the second addition is 2v / (u − u') − slope, so the sum's v is never computed. Self and other must
    /// have different u. If self + other were −self, the third row would demand 0 = 2v, which no point here has: such
    /// a step cannot be proved, so it needs no guard.
    pub(crate) fn double_and_add(&self, builder: &mut Builder, other: &Self) -> Self {
        let first = builder.divide(&self.v.minus(&other.v), &self.u.minus(&other.u));
        let middle_u = third_u(builder, &first, &self.u, &other.u);
        let slopes = builder.divide(&self.v.times(Fr::from(2u8)), &self.u.minus(&middle_u));
        let second = slopes.minus(&first);
        let u = third_u(builder, &second, &middle_u, &self.u);
        let v = third_v(builder, &second, self, &u);
        Self { u, v }
    }

    /// The Edwards coordinates: x = u / v, y = (u − 1) / (u + 1), as given. Two rows.
    ///
    /// v = 0 has no point of odd order. u = −1 would need v² = A − 2 = 168696, which is no square.
    pub(crate) fn enforce_edwards(&self, builder: &mut Builder, x: &Num, y: &Num) {
        builder.enforce(x, &self.v, &self.u);
        builder.enforce(
            y,
            &self.u.plus_constant(Fr::one()),
            &self.u.plus_constant(-Fr::one()),
        );
    }
}

/// slope² = u + A + u₁ + u₂.
fn third_u(builder: &mut Builder, slope: &Num, u1: &Num, u2: &Num) -> Num {
    let others = u1.plus(u2).plus_constant(A);
    let u = builder.witness(slope.value().square() - others.value());
    builder.enforce(slope, slope, &u.plus(&others));
    u
}

/// slope·(u₁ − u) = v + v₁.
fn third_v(builder: &mut Builder, slope: &Num, on_line: &Point, u: &Num) -> Num {
    let step = on_line.u.minus(u);
    let v = builder.witness(slope.value() * step.value() - on_line.v.value());
    builder.enforce(slope, &step, &v.plus(&on_line.v));
    v
}

#[cfg(test)]
mod tests {
    use ark_ec::CurveGroup as _;
    use ark_ff::Zero as _;
    use zapiki_core::suites::bjj_poseidon::{Scalar, base8};

    use super::*;
    use crate::groth16::r1cs::Mode;

    fn multiple(factor: u64) -> (Fr, Fr) {
        coordinates(&(base8() * Scalar::from(factor)).into_affine()).unwrap()
    }

    /// Runs `f` on two multiples of the base and returns (its value, the parts with broken rows).
    fn run(
        factors: [u64; 2],
        f: impl Fn(&mut Builder, &Point, &Point) -> Point,
    ) -> ((Fr, Fr), Vec<&'static str>) {
        let [(u1, v1), (u2, v2)] = factors.map(multiple);
        let both = [Mode::Solve, Mode::Shape].map(|mode| {
            let (mut builder, [u1, v1, u2, v2]) = Builder::new(mode, &[u1, v1, u2, v2]);
            builder.part("addition");
            let sum = f(
                &mut builder,
                &Point { u: u1, v: v1 },
                &Point { u: u2, v: v2 },
            );
            ((sum.u.value(), sum.v.value()), builder)
        });
        let [(sum, solved), (_, shape)] = both;
        let assignment = solved.into_assignment();
        (sum, shape.into_shape().broken_parts(&assignment.0))
    }

    #[test]
    fn additions_agree_with_the_curve() {
        let none = Vec::<&str>::new();
        assert_eq!(
            run([5, 7], |b, p, q| p.add(b, q)),
            (multiple(12), none.clone())
        );
        assert_eq!(
            run([5, 7], |b, p, q| p.add_guarded(b, q)),
            (multiple(12), none.clone())
        );
        assert_eq!(
            run([5, 7], |b, p, q| p.double_and_add(b, q)),
            (multiple(17), none)
        );
    }

    /// Why the guard is there: without it, P + P is satisfied by any slope that the prover likes.
    #[test]
    fn equal_operands_are_refused_by_the_guard_alone() {
        assert_eq!(run([5, 5], |b, p, q| p.add(b, q)).1, [""; 0]);
        assert_eq!(run([5, 5], |b, p, q| p.add_guarded(b, q)).1, ["addition"]);
    }

    /// Why the middle of `double_and_add` needs no guard: (P + Q) = −P cannot be continued.
    #[test]
    fn a_sum_that_mirrors_its_operand_is_refused() {
        // Q = −2P.
        let minus_ten = -(base8() * Scalar::from(10u8));
        let (u, v) = coordinates(&minus_ten.into_affine()).unwrap();
        let (_, broken) = run([5, 5], |b, p, _| {
            let q = Point {
                u: Num::constant(u),
                v: Num::constant(v),
            };
            p.double_and_add(b, &q)
        });
        assert_eq!(broken, ["addition"]);
    }

    #[test]
    fn the_identity_has_no_coordinates() {
        assert!(coordinates(&(base8() * Scalar::zero()).into_affine()).is_none());
    }

    #[test]
    fn edwards_coordinates_are_forced() {
        let point = (base8() * Scalar::from(5u8)).into_affine();
        for (x, y, is_right) in [
            (point.x, point.y, true),
            (-point.x, point.y, false),
            (point.x, -point.y, false),
        ] {
            let (_, broken) = run([5, 7], |b, p, _| {
                p.enforce_edwards(b, &Num::constant(x), &Num::constant(y));
                p.clone()
            });
            assert_eq!(broken.is_empty(), is_right);
        }
    }
}
