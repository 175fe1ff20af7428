//! Bits: decompositions and range checks.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup as _, BigInteger, Field, One, PrimeField};

use crate::groth16::r1cs::{Builder, Num};

/// The number as `WIDTH` bits, least significant first: one row per bit and none for the sum, since the top bit is what
/// the others leave over.
///
/// With `WIDTH` at most 253 the bits are the number's only ones, and the number is below 2^`WIDTH`. With 254 a number
/// below 2^254 − q has a second set of bits, those of number + q: see the caller's argument.
pub(crate) fn to_bits<const WIDTH: usize>(builder: &mut Builder, number: &Num) -> [Num; WIDTH] {
    let bits = number.value().into_bigint();
    let mut rest = number.clone();
    let mut place = Fr::one();
    std::array::from_fn(|i| {
        let bit = if i + 1 < WIDTH {
            let bit = builder.witness(Fr::from(bits.get_bit(i)));
            rest = Num::sum([(Fr::one(), &rest), (-place, &bit)]);
            place.double_in_place();
            bit
        } else {
            // A power of two is never zero in a field of odd order.
            rest.times(place.inverse().unwrap_or_default())
        };
        builder.enforce_bit(&bit);
        bit
    })
}

/// Demands 0 ≤ number < 2^`WIDTH`: `WIDTH` rows.
///
/// For a ≤ b with both below 2^`WIDTH`, check b − a: a negative difference is q less at most 2^`WIDTH`, far above the
/// range, as long as `WIDTH` is at most 252.
pub(crate) fn enforce_below_power_of_two<const WIDTH: usize>(builder: &mut Builder, number: &Num) {
    const { assert!(WIDTH <= 252) };
    let _ = to_bits::<WIDTH>(builder, number);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groth16::r1cs::Mode;

    /// The bits of a number and whether the rows hold.
    fn bits_of<const WIDTH: usize>(number: Fr) -> (Vec<Fr>, bool) {
        let build = |mode| {
            let (mut builder, [number]) = Builder::new(mode, &[number]);
            builder.part("bits");
            let bits = to_bits::<WIDTH>(&mut builder, &number);
            (bits.map(|bit| bit.value()).to_vec(), builder)
        };
        let (bits, solved) = build(Mode::Solve);
        let shape = build(Mode::Shape).1.into_shape();
        assert_eq!(shape.rows.len(), WIDTH, "a row per bit");
        (
            bits,
            shape.broken_parts(&solved.into_assignment().0).is_empty(),
        )
    }

    #[test]
    fn the_width_is_the_bound() {
        for (number, fits) in [
            (Fr::from(0u8), true),
            (Fr::from(255u8), true),
            (Fr::from(256u16), false),
            (-Fr::one(), false),
            (Fr::from(256u16) - Fr::from(1u8), true),
        ] {
            assert_eq!(bits_of::<8>(number).1, fits, "{number}");
        }
    }

    #[test]
    fn least_significant_comes_first() {
        let (bits, holds) = bits_of::<4>(Fr::from(0b1010u8));
        assert!(holds);
        assert_eq!(bits, [0u8, 1, 0, 1].map(Fr::from));
    }

    /// The claim on which the check of a signature rests: two sets of bits below 2²⁵⁴ − q, one from there on.
    #[test]
    fn only_a_number_below_the_rest_has_second_bits() {
        let modulus = Fr::MODULUS;
        let mut rest = <Fr as PrimeField>::BigInt::from(1u8);
        rest <<= 254;
        rest.sub_with_borrow(&modulus);
        let rest = Fr::from(rest);

        let (mut builder, [number]) = Builder::new(Mode::Shape, &[Fr::from(0u8)]);
        builder.part("bits");
        let _ = to_bits::<254>(&mut builder, &number);
        let shape = builder.into_shape();
        for (number, has_second) in [
            (Fr::from(0u8), true),
            (rest - Fr::one(), true),
            (rest, false),
            (-Fr::one(), false),
        ] {
            let mut shifted = number.into_bigint();
            shifted.add_with_carry(&modulus);
            // The top bit is no variable: it is what these leave over.
            let bits = (0..253).map(|i| Fr::from(shifted.get_bit(i)));
            let assignment: Vec<Fr> = [Fr::one(), number].into_iter().chain(bits).collect();
            assert_eq!(
                shape.broken_parts(&assignment).is_empty(),
                has_second,
                "{number}"
            );
        }
    }

    #[test]
    fn a_whole_field_element_has_254_bits() {
        assert!(bits_of::<254>(-Fr::one()).1);
        assert!(!bits_of::<253>(-Fr::one()).1);
    }
}
