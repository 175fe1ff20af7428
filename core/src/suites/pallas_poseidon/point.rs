//! Points of Pallas other than the identity, in Zcash's encoding: x in 32 little-endian bytes, the lowest bit of y in the top bit.

use ff::Field as _;
use group::{CurveAffine as _, GroupEncoding as _};
use pasta_curves::arithmetic::{Coordinates, CurveAffine as _};
use pasta_curves::pallas::{Affine, Base};
use thiserror::Error;

/// The bytes or text are no key or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not lower-case hex digits of the right number.
    #[error("not lower-case hex digits of the right length")]
    Form,
    /// No point of the curve in its one encoding.
    #[error("not the canonical encoding of a point of the curve")]
    Point,
    /// The identity.
    #[error("the identity, which is nobody's point")]
    Identity,
    /// The response is not below the modulus of the base field.
    #[error("the response is not below the modulus of Pallas' base field")]
    Response,
}

/// A point other than the identity, with its coordinates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point {
    affine: Affine,
    x: Base,
    y: Base,
}

impl Point {
    /// The point, if it is not the identity.
    ///
    /// # Errors
    /// It is.
    pub fn new(affine: Affine) -> Result<Self, KeyError> {
        let coordinates: Option<Coordinates<Affine>> = affine.coordinates().into();
        let coordinates = coordinates.ok_or(KeyError::Identity)?;
        let (x, y) = (*coordinates.x(), *coordinates.y());
        Ok(Self { affine, x, y })
    }

    /// G: Zcash's generator of Pallas, (−1, 2).
    #[must_use]
    pub fn generator() -> Self {
        Self {
            affine: Affine::generator(),
            x: -Base::ONE,
            y: Base::ONE.double(),
        }
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// The bytes are no canonical encoding of a point, or are the identity's.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let affine: Option<Affine> = Affine::from_bytes(bytes).into();
        let point = Self::new(affine.ok_or(KeyError::Point)?)?;
        // The library refuses an x from the modulus on, and y is never 0. Should either change, encoding again tells.
        if point.to_bytes() == *bytes {
            Ok(point)
        } else {
            Err(KeyError::Point)
        }
    }

    /// The encoding.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.affine.to_bytes()
    }

    /// The point, for arithmetic.
    #[must_use]
    pub const fn affine(&self) -> &Affine {
        &self.affine
    }

    /// First coordinate.
    #[must_use]
    pub const fn x(&self) -> Base {
        self.x
    }

    /// Second coordinate.
    #[must_use]
    pub const fn y(&self) -> Base {
        self.y
    }
}

pub(super) fn decode_hex<const N: usize>(text: &str) -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    if text.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(KeyError::Form);
    }
    hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::Form)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_generator_has_the_coordinates_that_zcash_gives_it() {
        let generator = Point::generator();
        let same = Point::new(Affine::generator()).unwrap();
        assert!(generator == same);
    }

    #[test]
    fn a_point_has_one_encoding_and_the_identity_none() {
        let generator = Point::generator();
        let bytes = generator.to_bytes();
        assert!(Point::from_bytes(&bytes).is_ok_and(|point| point == generator));
        // x = p − 1, so p − 1 + p would be the other spelling: 256 bits, and the top one is the sign's.
        let refused = |bytes| Point::from_bytes(bytes).err();
        assert_eq!(refused(&[0; 32]), Some(KeyError::Identity));
        let mut signed = [0; 32];
        signed[31] = 0x80;
        assert_eq!(
            refused(&signed),
            Some(KeyError::Point),
            "minus the identity"
        );
        assert_eq!(refused(&[0xff; 32]), Some(KeyError::Point));
        // The modulus, and with it x = 0 in a second spelling.
        let modulus = "01000000ed302d991bf94c09fc98462200000000000000000000000000000040";
        let mut bytes = [0; 32];
        hex::decode_to_slice(modulus, &mut bytes).unwrap();
        assert_eq!(refused(&bytes), Some(KeyError::Point));
        // x³ + 5 is no square at x = 0; about half of all x have no point.
        let without = (1..20u8).filter(|x| {
            let mut bytes = [0; 32];
            bytes[0] = *x;
            Point::from_bytes(&bytes).is_err()
        });
        assert!((1..19).contains(&without.count()));
    }
}
