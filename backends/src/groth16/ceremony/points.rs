//! Points as bytes, in the two forms that snarkjs has, read strictly.
//!
//! Hashes, transcripts and parameters hold the uncompressed form: x and y, big-endian, of Fq² the coefficient of u first.
//! Files of powers hold [`Form::Montgomery`]: little-endian, each element times 2²⁵⁶, of Fq² the constant first.
//! In both the identity is all zeros. What is read is canonical, on the curve and in the subgroup.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr as _;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{BigInt, BigInteger as _, Field, PrimeField};
use thiserror::Error;

/// The bytes of an element of Fq.
const FQ_BYTES: usize = 32;

/// The bytes of a point of G1.
pub(super) const G1_BYTES: usize = 2 * FQ_BYTES;

/// The bytes of a point of G2.
pub(super) const G2_BYTES: usize = 4 * FQ_BYTES;

/// How a point is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Big-endian.
    Uncompressed,
    /// Little-endian, in Montgomery form.
    Montgomery,
}

/// 2²⁵⁶ in a field, and one over it.
pub(super) struct Radix<F> {
    to: F,
    from: F,
}

impl<F: PrimeField> Radix<F> {
    pub(super) fn new() -> Self {
        let to = F::from(2u8).pow([256]);
        Self {
            to,
            from: to.inverse().unwrap_or_default(),
        }
    }

    /// The element whose Montgomery form this is. `None` if it is not below the modulus.
    pub(super) fn element(&self, montgomery: F::BigInt) -> Option<F> {
        F::from_bigint(montgomery).map(|element| element * self.from)
    }
}

static RADIX: LazyLock<Radix<Fq>> = LazyLock::new(Radix::new);

/// A field of coordinates.
pub(super) trait Coordinate: Field {
    const BYTES: usize;

    fn write(&self, form: Form, bytes: &mut Vec<u8>);

    /// `None` if it is not the canonical form of an element. The slice is [`Self::BYTES`] long.
    fn read(form: Form, bytes: &[u8]) -> Option<Self>;
}

impl Coordinate for Fq {
    const BYTES: usize = FQ_BYTES;

    fn write(&self, form: Form, bytes: &mut Vec<u8>) {
        bytes.extend(match form {
            Form::Uncompressed => self.into_bigint().to_bytes_be(),
            Form::Montgomery => (*self * RADIX.to).into_bigint().to_bytes_le(),
        });
    }

    fn read(form: Form, bytes: &[u8]) -> Option<Self> {
        let mut limbs = [0u64; FQ_BYTES / 8];
        for (i, limb) in bytes.chunks_exact(8).enumerate() {
            let limb = limb.try_into().ok()?;
            match form {
                Form::Uncompressed => limbs[FQ_BYTES / 8 - 1 - i] = u64::from_be_bytes(limb),
                Form::Montgomery => limbs[i] = u64::from_le_bytes(limb),
            }
        }
        let integer = BigInt::new(limbs);
        match form {
            Form::Uncompressed => Self::from_bigint(integer),
            Form::Montgomery => RADIX.element(integer),
        }
    }
}

impl Coordinate for Fq2 {
    const BYTES: usize = 2 * FQ_BYTES;

    fn write(&self, form: Form, bytes: &mut Vec<u8>) {
        let (first, second) = match form {
            Form::Uncompressed => (self.c1, self.c0),
            Form::Montgomery => (self.c0, self.c1),
        };
        first.write(form, bytes);
        second.write(form, bytes);
    }

    fn read(form: Form, bytes: &[u8]) -> Option<Self> {
        let (first, second) = bytes.split_at(FQ_BYTES);
        let (first, second) = (Fq::read(form, first)?, Fq::read(form, second)?);
        Some(match form {
            Form::Uncompressed => Self::new(second, first),
            Form::Montgomery => Self::new(first, second),
        })
    }
}

/// Writes a point.
pub(super) fn write<P: SWCurveConfig>(point: &Affine<P>, form: Form, bytes: &mut Vec<u8>)
where
    P::BaseField: Coordinate,
{
    match point.xy() {
        Some((x, y)) => {
            x.write(form, bytes);
            y.write(form, bytes);
        }
        None => bytes.resize(bytes.len() + 2 * P::BaseField::BYTES, 0),
    }
}

/// The uncompressed form.
pub(super) fn to_bytes<P: SWCurveConfig>(point: &Affine<P>) -> Vec<u8>
where
    P::BaseField: Coordinate,
{
    let mut bytes = Vec::with_capacity(2 * P::BaseField::BYTES);
    write(point, Form::Uncompressed, &mut bytes);
    bytes
}

/// Reads a point, the identity too. `None` if it is not canonical, off the curve or outside the subgroup.
pub(super) fn read<P: SWCurveConfig>(form: Form, bytes: &[u8]) -> Option<Affine<P>>
where
    P::BaseField: Coordinate,
{
    if bytes.len() != 2 * P::BaseField::BYTES {
        return None;
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return Some(Affine::zero());
    }
    let (x, y) = bytes.split_at(P::BaseField::BYTES);
    let x = P::BaseField::read(form, x)?;
    let y = P::BaseField::read(form, y)?;
    let point = Affine::new_unchecked(x, y);
    (point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()).then_some(point)
}

/// The text is no point, or the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a point of the group other than the identity, in lower-case hex digits")]
pub struct PointError;

macro_rules! point_text {
    ($name:ident, $affine:ty, $bytes:expr, $what:literal) => {
        #[doc = $what]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub(super) $affine);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(to_bytes(&self.0)))
            }
        }

        impl FromStr for $name {
            type Err = PointError;
            fn from_str(text: &str) -> Result<Self, PointError> {
                if text.contains(|c: char| c.is_ascii_uppercase()) {
                    return Err(PointError);
                }
                let mut bytes = [0; $bytes];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| PointError)?;
                read(Form::Uncompressed, &bytes)
                    .filter(|point| !point.is_zero())
                    .map(Self)
                    .ok_or(PointError)
            }
        }

        zapiki_core::string_form!($name);
    };
}

point_text!(
    PointG1,
    G1Affine,
    G1_BYTES,
    "A point of G1 other than the identity. Text form: its uncompressed bytes in hex."
);
point_text!(
    PointG2,
    G2Affine,
    G2_BYTES,
    "A point of G2 other than the identity. Text form: its uncompressed bytes in hex."
);

#[cfg(test)]
mod tests {
    use ark_bn254::{g1, g2};
    use ark_ff::UniformRand as _;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn round_trips<P: SWCurveConfig>()
    where
        P::BaseField: Coordinate,
    {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for point in [
            Affine::<P>::zero(),
            Affine::generator(),
            Affine::rand(&mut rng),
        ] {
            for form in [Form::Uncompressed, Form::Montgomery] {
                let mut bytes = Vec::new();
                write(&point, form, &mut bytes);
                assert_eq!(read(form, &bytes), Some(point));
                assert_eq!(read::<P>(form, &bytes[1..]), None);
                if !point.is_zero() {
                    bytes[40] ^= 1;
                    assert_eq!(read::<P>(form, &bytes), None, "off the curve");
                }
                // Not below the modulus, though the same element of the field.
                assert_eq!(read::<P>(form, &vec![0xff; bytes.len()]), None);
            }
        }
    }

    #[test]
    fn points_round_trip_and_others_are_refused() {
        round_trips::<g1::Config>();
        round_trips::<g2::Config>();
    }

    #[test]
    fn points_outside_the_subgroup_are_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let outside = loop {
            if let Some(point) = G2Affine::get_point_from_x_unchecked(Fq2::rand(&mut rng), false) {
                break point;
            }
        };
        assert!(outside.is_on_curve());
        assert_eq!(
            read::<g2::Config>(Form::Uncompressed, &to_bytes(&outside)),
            None
        );
    }

    #[test]
    fn a_point_has_one_text() {
        let text = PointG1(G1Affine::generator()).to_string();
        assert_eq!(text, format!("{:064x}{:064x}", 1, 2));
        assert_eq!(text.parse(), Ok(PointG1(G1Affine::generator())));
        assert_eq!("0".repeat(128).parse::<PointG1>(), Err(PointError));
        let g2 = PointG2(G2Affine::generator()).to_string();
        assert_eq!(g2.to_uppercase().parse::<PointG2>(), Err(PointError));
        assert_eq!(g2.parse(), Ok(PointG2(G2Affine::generator())));
    }
}
