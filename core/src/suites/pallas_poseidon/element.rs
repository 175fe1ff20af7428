//! Elements of Pallas' base field: their text form, and bytes hashed to them.

use std::fmt;
use std::str::FromStr;

use ff::{FromUniformBytes as _, PrimeField as _};
use pasta_curves::pallas::Base;
use thiserror::Error;

use crate::suites::bjj_poseidon::expand_message_xmd;

/// L of RFC 9380 for a modulus of 255 bits: ⌈(255 + 128) / 8⌉.
const L: usize = 48;

/// A field element in its text form: `0x` and 64 lower-case hex digits, big-endian, below the modulus. `Debug` shows it: what holds
/// a private one hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element(pub Base);

/// The bytes or text are no element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a field element: `0x` and 64 lower-case hex digits, below the modulus of Pallas' base field"
)]
pub struct ElementError;

impl Element {
    /// 32 bytes, big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = self.0.to_repr();
        bytes.reverse();
        bytes
    }

    /// Reads what [`Self::to_bytes`] writes.
    ///
    /// # Errors
    /// The number is not below the modulus: an element has one form.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, ElementError> {
        let mut bytes = *bytes;
        bytes.reverse();
        let element: Option<Base> = Base::from_repr(bytes).into();
        element.map(Self).ok_or(ElementError)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Element {
    type Err = ElementError;
    fn from_str(text: &str) -> Result<Self, ElementError> {
        let digits = text.strip_prefix("0x").ok_or(ElementError)?;
        if digits.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(ElementError);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| ElementError)?;
        Self::from_bytes(&bytes)
    }
}

crate::string_form!(Element);

/// Hashes `message` to the field, in the domain that `dst` names (1 to 255 bytes, one constant per use): RFC 9380's
/// `hash_to_field` with `expand_message_xmd` over SHA-256; m = 1, count = 1.
#[must_use]
pub fn hash_to_field(dst: &[u8], message: &[u8]) -> Base {
    let expanded = expand_message_xmd::<L>(dst, message);
    // The library reduces 64 little-endian bytes.
    let mut wide = [0; 64];
    for (place, byte) in wide.iter_mut().zip(expanded.iter().rev()) {
        *place = *byte;
    }
    Base::from_uniform_bytes(&wide)
}
