//! Four field elements: what a hash gives, 256 bits less a hair.
//!
//! Bytes are those of winter-crypto's `ElementDigest`: each element as eight little-endian bytes, below the modulus
//! p = 2⁶⁴ − 2³² + 1. Text is `0x` and 64 lower-case hex digits of these bytes.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use winter_math::StarkField as _;
use winter_math::fields::f64::BaseElement;

/// A digest, or anything else of four field elements. `Debug` shows it: what holds a private one hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [BaseElement; 4]);

/// The bytes or text are no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a digest: `0x` and 64 lower-case hex digits, four little-endian integers below 2^64 - 2^32 + 1"
)]
pub struct DigestError;

impl Digest {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, element) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&element.as_int().to_le_bytes());
        }
        bytes
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// An integer is not below the modulus: one digest has one form.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, DigestError> {
        let mut elements = [BaseElement::default(); 4];
        for (element, chunk) in elements.iter_mut().zip(bytes.chunks_exact(8)) {
            let mut limb = [0; 8];
            limb.copy_from_slice(chunk);
            let limb = u64::from_le_bytes(limb);
            if limb >= BaseElement::MODULUS {
                return Err(DigestError);
            }
            *element = BaseElement::new(limb);
        }
        Ok(Self(elements))
    }

    /// Four uniform field elements.
    #[must_use]
    pub fn random(rng: &mut (impl rand::RngCore + rand::CryptoRng)) -> Self {
        Self(std::array::from_fn(|_| random_element(rng)))
    }
}

/// A uniform field element, by rejection: one draw in 2³² is drawn again.
fn random_element(rng: &mut (impl rand::RngCore + rand::CryptoRng)) -> BaseElement {
    loop {
        let drawn = rng.next_u64();
        if drawn < BaseElement::MODULUS {
            return BaseElement::new(drawn);
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text.strip_prefix("0x").ok_or(DigestError)?;
        if digits.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(DigestError);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| DigestError)?;
        Self::from_bytes(&bytes)
    }
}

crate::string_form!(Digest);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_spelling_is_refused() {
        let top = BaseElement::MODULUS - 1;
        let digest = Digest([BaseElement::new(top); 4]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for at in 0..4 {
            let mut bytes = digest.to_bytes();
            // The modulus is zero once more.
            bytes[8 * at..][..8].copy_from_slice(&BaseElement::MODULUS.to_le_bytes());
            assert_eq!(Digest::from_bytes(&bytes), Err(DigestError));
        }
        let upper = format!("0x{}", "AB".repeat(32));
        for text in [upper.as_str(), "", "0x", &digest.to_string()[2..]] {
            assert_eq!(text.parse::<Digest>(), Err(DigestError), "{text}");
        }
    }
}
