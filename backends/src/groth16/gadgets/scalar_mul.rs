//! The two multiplications of a signature check: S·B8 with a fixed base, −8h·A with a public one.
//!
//! Both write the scalar with digits that are never zero, so that every step is an addition of a point or its
//! negative, and no step has to handle the identity.

use std::sync::LazyLock;

use ark_bn254::Fr;
use ark_ec::CurveGroup as _;
use ark_ff::{AdditiveGroup as _, BigInteger as _, Field as _, One as _, PrimeField as _};
use zapiki_core::suites::bjj_poseidon::{PublicKey, Scalar, base8};

use super::montgomery::{Divisors, Edwards, Point, coordinates, edwards};
use crate::groth16::r1cs::{Builder, Num};

/// Bits of the public base's multiplier: those of a field element.
pub(crate) const H_BITS: usize = 254;

/// The first step whose operands a forger might make equal; see [`multiply_public_base`].
const GUARDED_FROM: usize = 250;

/// Full windows of the fixed base: three bits each.
const FULL_WINDOWS: usize = 83;
/// Bits in all: the last window has two.
const FIXED_BITS: usize = 3 * FULL_WINDOWS + 2;

/// The points that [`multiply_public_base`] takes, in Montgomery form: base T = −4A and start I = (1 − 2⁻²⁵⁴)·T, as
/// (T.u, T.v, I.u, I.v).
///
/// A function of the public key alone: prover and verifier both derive them, so they cost public inputs, which are
/// cheap, and no rows. `None` never happens for a [`PublicKey`], which is no identity and of prime order.
pub(crate) fn public_base(key: &PublicKey) -> Option<[Fr; 4]> {
    let base = -(*key.point() * Scalar::from(4u8));
    let two_to_the_n = Scalar::from(2u8).pow([H_BITS as u64]);
    let start = base * (Scalar::one() - two_to_the_n.inverse()?);
    let (base_u, base_v) = coordinates(&base.into_affine())?;
    let (start_u, start_v) = coordinates(&start.into_affine())?;
    Some([base_u, base_v, start_u, start_v])
}

/// −8h·A from the bits of h and the points of [`public_base`]: six rows per bit.
///
/// With digits s = 2·bit − 1 the sum Σ sᵢ2ⁱ over n bits is 2h − (2ⁿ − 1). So n steps Acc ← 2·Acc ± T from Acc = I end in
/// 2ⁿ·I + (2h − 2ⁿ + 1)·T = 2h·T, because 2ⁿ·I = (2ⁿ − 1)·T; and 2h·T = −8h·A.
///
/// *Incomplete additions.* A step is free to cheat only if Acc is the addend itself. No satisfied step leads there: if
/// 2·Acc + sT = ±T, then Acc was the identity or −sT, the mirror image of its addend. `double_and_add` has a row that fails
/// for the mirror image, and one that fails where the identity would come out; and I is neither the identity nor ±T.
///
/// The guards of the last four steps are a second line, by integers alone. Before step j, Acc = (2ʲ(1 − 2⁻ⁿ) + m)·T with
/// m odd (0 for j = 0) and |m| < 2ʲ. Acc = ±T, times 2ⁿ⁻ʲ, says N = 2ⁿ − 1 + 2ⁿ⁻ʲ·(m ∓ 1) ≡ 0 (mod l), with N odd and
/// −1 ≤ N < 2ⁿ⁺¹, thus N = k·l with 1 ≤ k ≤ 21; and since m ∓ 1 is even for j > 0, k·l ≡ −1 (mod 2ⁿ⁻ʲ⁺¹). For l as it
/// is, no such k exists before step 250 (`no_step_before_the_guards_is_incomplete` checks all), and 18 challenges reach one
/// from there on (`no_challenge_leads_to_an_incomplete_step` tries all). An honest prover with one of them is stopped.
pub(crate) fn multiply_public_base(
    builder: &mut Builder,
    bits: &[Num; H_BITS],
    base: &Point,
    start: &Point,
) -> Point {
    if builder.is_solving() {
        builder.foresee(public_base_divisors(bits, base, start));
    }
    let mut sum = start.clone();
    for (step, bit) in bits.iter().rev().enumerate() {
        let v = builder.multiply(&sign(bit), &base.v);
        let addend = Point {
            u: base.u.clone(),
            v,
        };
        if step >= GUARDED_FROM {
            builder.enforce_non_zero(&sum.u.minus(&addend.u));
        }
        sum = sum.double_and_add(builder, &addend);
    }
    sum
}

/// What the additions of [`multiply_public_base`] divide by, inverted.
fn public_base_divisors(bits: &[Num; H_BITS], base: &Point, start: &Point) -> Vec<Fr> {
    let base = edwards(base.u.value(), base.v.value());
    let mut sum = edwards(start.u.value(), start.v.value());
    let mut divisors = Divisors::with_capacity(2 * H_BITS);
    for bit in bits.iter().rev() {
        let middle = if bit.value().is_one() {
            sum + base
        } else {
            sum - base
        };
        divisors.push(&sum, &base);
        divisors.push(&sum, &middle);
        sum += middle;
    }
    divisors.into_inverses()
}

/// Tables of the fixed base: window w holds 1, 3, 5 and 7 times 8ʷ·B8/2, in Montgomery form.
static FIXED_TABLES: LazyLock<Vec<[(Fr, Fr); 4]>> = LazyLock::new(|| {
    let half = Scalar::from(2u8).inverse().unwrap_or_default();
    let mut window = base8() * half;
    (0..=FULL_WINDOWS)
        .map(|_| {
            let twice = window.double();
            let mut odd = window;
            let table = std::array::from_fn(|_| {
                let point = coordinates(&odd.into_affine()).unwrap_or_default();
                odd += twice;
                point
            });
            window = twice.double().double();
            table
        })
        .collect()
});

/// S·B8 for a private S: eight rows per three bits.
///
/// The digits d ∈ {±1, ±3, ±5, ±7} (±1, ±3 in the last window) of an odd D = Σ d·8ʷ below 2²⁵¹ in absolute value give D·(B8/2). Any
/// S < l is such a D, namely 2S − l. Nothing ties the digits to a canonical S: a signature's S is private and its only use is
/// this product, so another representative of the same class modulo l forges nothing.
///
/// *Incomplete additions.* Before window w the sum is D'·(B8/2) with |D'| < 8ʷ ≤ |d|·8ʷ, and |d|·8ʷ + |D'| < 8ʷ⁺¹ < l
/// for w < 83. So D' ≠ ±d·8ʷ modulo l, in every window but the last, which has a guard
/// (`a_forger_meets_the_guard_of_the_fixed_base` runs into it).
pub(crate) fn multiply_fixed_base(builder: &mut Builder, scalar: &Scalar) -> Point {
    let bits = fixed_bits(scalar);
    if builder.is_solving() {
        builder.foresee(fixed_base_divisors(&bits));
    }
    let mut sum: Option<Point> = None;
    for (window, table) in FIXED_TABLES.iter().enumerate() {
        let at = 3 * window;
        let is_last = window == FULL_WINDOWS;
        let top = if is_last { at + 1 } else { at + 2 };
        let sign_bit = bits[top];
        // A negative digit is the mirror image of a positive one.
        let digit_bit = |builder: &mut Builder, i: usize| {
            let bit = builder.witness(Fr::from(bits[i] == sign_bit));
            builder.enforce_bit(&bit);
            bit
        };
        let low = digit_bit(builder, at);
        let (u, absolute_v) = if is_last {
            (
                look_up_2(table.map(|p| p.0), &low),
                look_up_2(table.map(|p| p.1), &low),
            )
        } else {
            let high = digit_bit(builder, at + 1);
            let both = builder.multiply(&low, &high);
            let look_up = |entries| look_up_4(entries, &low, &high, &both);
            (look_up(table.map(|p| p.0)), look_up(table.map(|p| p.1)))
        };
        let is_positive = builder.witness(Fr::from(sign_bit));
        builder.enforce_bit(&is_positive);
        let v = builder.multiply(&sign(&is_positive), &absolute_v);
        let addend = Point { u, v };
        sum = Some(match sum {
            None => addend,
            Some(sum) if is_last => sum.add_guarded(builder, &addend),
            Some(sum) => sum.add(builder, &addend),
        });
    }
    sum.unwrap_or_else(|| unreachable!("there are {FULL_WINDOWS} windows"))
}

/// What the additions of [`multiply_fixed_base`] divide by, inverted.
fn fixed_base_divisors(bits: &[bool; FIXED_BITS]) -> Vec<Fr> {
    let mut sum: Option<Edwards> = None;
    let mut divisors = Divisors::with_capacity(FULL_WINDOWS);
    for (window, table) in FIXED_TABLES.iter().enumerate() {
        let at = 3 * window;
        let top = if window == FULL_WINDOWS {
            at + 1
        } else {
            at + 2
        };
        // As the digit's bits in the circuit.
        let bit = |i: usize| usize::from(i < top && bits[i] == bits[top]);
        let (u, v) = table[bit(at) + 2 * bit(at + 1)];
        let addend = edwards(u, if bits[top] { v } else { -v });
        sum = Some(match sum {
            None => addend,
            Some(sum) => {
                divisors.push(&addend, &sum);
                sum + addend
            }
        });
    }
    divisors.into_inverses()
}

/// The bits of E = S + (2²⁵¹ − 1 − l)/2: with digits 2·bit − 1 they spell D = 2S − l.
fn fixed_bits(scalar: &Scalar) -> [bool; FIXED_BITS] {
    let mut offset = <Scalar as ark_ff::PrimeField>::BigInt::from(1u8);
    offset <<= FIXED_BITS as u32;
    offset.sub_with_borrow(&1u8.into());
    offset.sub_with_borrow(&Scalar::MODULUS);
    offset >>= 1;
    let mut sum = scalar.into_bigint();
    sum.add_with_carry(&offset);
    std::array::from_fn(|i| sum.get_bit(i))
}

/// 1 for a set bit, −1 for a clear one.
fn sign(bit: &Num) -> Num {
    bit.times(Fr::from(2u8)).plus_constant(-Fr::one())
}

/// The entry that one bit chooses.
fn look_up_2(entries: [Fr; 4], low: &Num) -> Num {
    low.times(entries[1] - entries[0]).plus_constant(entries[0])
}

/// The entry that two bits choose, given their product.
fn look_up_4(entries: [Fr; 4], low: &Num, high: &Num, both: &Num) -> Num {
    let [t0, t1, t2, t3] = entries;
    Num::sum([(t1 - t0, low), (t2 - t0, high), (t3 - t2 - t1 + t0, both)]).plus_constant(t0)
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand as _;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;
    use zapiki_core::suites::bjj_poseidon::SecretKey;

    use super::super::range;
    use super::*;
    use crate::groth16::r1cs::{Mode, Row};

    type Wide = ark_ff::BigInt<8>;

    fn wide(limbs: &[u64]) -> Wide {
        let mut wide = Wide::default();
        wide.0[..limbs.len()].copy_from_slice(limbs);
        wide
    }

    #[test]
    fn public_base_multiplication_agrees_with_the_curve() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let key = SecretKey::generate(&mut rng).public_key();
        let [tu, tv, iu, iv] = public_base(&key).unwrap();
        for h in [Fr::rand(&mut rng), Fr::from(0u8) - Fr::one(), Fr::from(5u8)] {
            let (mut builder, [h_num, tu, tv, iu, iv]) =
                Builder::new(Mode::Solve, &[h, tu, tv, iu, iv]);
            let bits = range::to_bits::<H_BITS>(&mut builder, &h_num);
            let product = multiply_public_base(
                &mut builder,
                &bits,
                &Point { u: tu, v: tv },
                &Point { u: iu, v: iv },
            );
            let scalar =
                Scalar::from_le_bytes_mod_order(&h.into_bigint().to_bytes_le()) * Scalar::from(8u8);
            let expected = (-(*key.point() * scalar)).into_affine();
            assert_eq!(
                (product.u.value(), product.v.value()),
                coordinates(&expected).unwrap()
            );
        }
    }

    #[test]
    fn fixed_base_multiplication_agrees_with_the_curve() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        for scalar in [
            Scalar::rand(&mut rng),
            Scalar::from(1u8),
            -Scalar::from(1u8),
            Scalar::from(12345u32),
        ] {
            let (mut builder, []) = Builder::new(Mode::Solve, &[]);
            let product = multiply_fixed_base(&mut builder, &scalar);
            let expected = (base8() * scalar).into_affine();
            assert_eq!(
                (product.u.value(), product.v.value()),
                coordinates(&expected).unwrap()
            );
        }
    }

    /// Each foreseen inverse is that of a divisor, in the order of the divisions, and none is missing.
    #[test]
    fn divisors_are_foreseen() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let points = public_base(&SecretKey::generate(&mut rng).public_key()).unwrap();
        let h = Fr::rand(&mut rng);
        let (mut builder, []) = Builder::new(Mode::Solve, &[]);
        let bits: [Num; H_BITS] =
            std::array::from_fn(|i| builder.witness(Fr::from(h.into_bigint().get_bit(i))));
        let [tu, tv, iu, iv] = points.map(|value| builder.witness(value));
        let (base, start) = (Point { u: tu, v: tv }, Point { u: iu, v: iv });
        multiply_public_base(&mut builder, &bits, &base, &start);
        let of_public_base = builder.into_solution();

        let scalar = Scalar::rand(&mut rng);
        let (mut builder, []) = Builder::new(Mode::Solve, &[]);
        multiply_fixed_base(&mut builder, &scalar);
        let of_fixed_base = builder.into_solution();

        for (solution, inverses, count) in [
            (
                of_public_base,
                public_base_divisors(&bits, &base, &start),
                2 * H_BITS,
            ),
            (
                of_fixed_base,
                fixed_base_divisors(&fixed_bits(&scalar)),
                FULL_WINDOWS,
            ),
        ] {
            assert_eq!(inverses.len(), count);
            // A division's row has its divisor on the right.
            let mut divisors = solution.right.0.iter();
            for inverse in inverses {
                assert!(divisors.any(|divisor| (inverse * divisor).is_one()));
            }
        }
    }

    /// The computation behind the argument of `multiply_public_base`: all N = k·l, all steps.
    #[test]
    fn no_step_before_the_guards_is_incomplete() {
        let order = wide(&Scalar::MODULUS.0);
        let mut largest_n = Wide::from(1u8);
        largest_n <<= H_BITS as u32 + 1;
        largest_n.sub_with_borrow(&1u8.into());

        let mut multiples = Vec::new();
        let mut multiple = order;
        while multiple <= largest_n {
            multiples.push(multiple);
            multiple.add_with_carry(&order);
        }
        assert_eq!(multiples.len(), 21);

        // N ≡ −1 modulo 2^(n − j + 1): its lowest n − j + 1 bits are ones. For j = 0 the exponent is n, and stronger holds.
        let may_be_incomplete = |step: usize| {
            multiples
                .iter()
                .any(|n| (0..=(H_BITS - step).min(H_BITS - 1)).all(|bit| n.get_bit(bit)))
        };
        let first = (0..H_BITS).find(|&step| may_be_incomplete(step));
        assert_eq!(first, Some(GUARDED_FROM));
    }

    /// The rows of the circuit that `build` makes that do not hold.
    fn broken_rows(build: impl Fn(&mut Builder)) -> Vec<Row> {
        let [solved, shape] = [Mode::Solve, Mode::Shape].map(|mode| {
            let (mut builder, []) = Builder::new(mode, &[]);
            build(&mut builder);
            builder
        });
        let assignment = solved.into_assignment();
        let shape = shape.into_shape();
        shape
            .rows
            .into_iter()
            .filter(|row| !row.holds(&assignment.0))
            .collect()
    }

    /// Every set of bits that makes Acc = ±T by integers: rows fail on the way there, guards or no guards.
    #[test]
    fn no_challenge_leads_to_an_incomplete_step() {
        let points = public_base(&SecretKey::from_bytes([1; 32]).public_key()).unwrap();
        let order = wide(&Scalar::MODULUS.0);
        let mut met = 0;
        for step in GUARDED_FROM..H_BITS {
            let mut multiple = Wide::from(0u8);
            for _ in 1..=21 {
                multiple.add_with_carry(&order);
                // The digits so far are the bits of p = (k·l + 1) / 2^(n − j + 1) for Acc = T, of p − 1 for Acc = −T.
                let mut prefix = multiple;
                prefix.add_with_carry(&Wide::from(1u8));
                let is_exact = (0..=H_BITS - step).all(|bit| !prefix.get_bit(bit));
                prefix >>= (H_BITS - step + 1) as u32;
                if !is_exact || prefix.num_bits() as usize > step {
                    continue;
                }
                for sign in [1u8, 0] {
                    let mut h = prefix;
                    h.sub_with_borrow(&Wide::from(1 - sign));
                    h <<= 1;
                    h.add_with_carry(&Wide::from(sign));
                    h <<= (H_BITS - step - 1) as u32;
                    let broken = broken_rows(|builder| {
                        let bits = std::array::from_fn(|i| builder.witness(Fr::from(h.get_bit(i))));
                        let [tu, tv, iu, iv] = points.map(|value| builder.witness(value));
                        multiply_public_base(
                            builder,
                            &bits,
                            &Point { u: tu, v: tv },
                            &Point { u: iu, v: iv },
                        );
                    });
                    let is_guard = |row: &Row| row.c == [(0, Fr::one())];
                    assert!(!broken.iter().all(is_guard), "step {step}, sign {sign}");
                    met += 1;
                }
            }
        }
        assert_eq!(met, 18);
    }

    /// S = ±3·2²⁴⁹: before the last window the sum is the addend modulo l.
    #[test]
    fn a_forger_meets_the_guard_of_the_fixed_base() {
        let scalar = Scalar::from(3u8) * Scalar::from(2u8).pow([3 * FULL_WINDOWS as u64]);
        for scalar in [scalar, -scalar] {
            let broken = broken_rows(|builder| {
                multiply_fixed_base(builder, &scalar);
            });
            assert_eq!(broken.len(), 1);
        }
    }

    /// The bound behind the argument of `multiply_fixed_base`.
    #[test]
    fn only_the_last_window_exceeds_the_order() {
        let mut power = <Scalar as ark_ff::PrimeField>::BigInt::from(1u8);
        power <<= 3 * FULL_WINDOWS as u32;
        assert!(
            power < Scalar::MODULUS,
            "8^(w + 1) for the last full window"
        );
        power <<= 2;
        assert!(
            power > Scalar::MODULUS,
            "all windows together reach every scalar"
        );
    }

    /// `enforce_edwards` relies on it: u = −1 is no point.
    #[test]
    fn a_minus_two_is_no_square() {
        use ark_ff::LegendreSymbol;
        assert_eq!(
            Fr::from(168_696u32).legendre(),
            LegendreSymbol::QuadraticNonResidue
        );
    }
}
