//! Suite `bjj-poseidon-bn254`: Poseidon and EdDSA over Baby Jubjub, as circomlib and iden3 have them.
//!
//! The base field of the signature curve is the scalar field of BN254, so a Groth16 circuit checks a signature with
//! native arithmetic.

mod curve;
mod eddsa;
mod hash_to_field;
mod holder;
mod poseidon;

pub use ark_bn254::Fr;

pub use curve::{BabyJubjub, Point, Scalar, base8};
pub use eddsa::{KeyError, PublicKey, SecretKey, Signature, SignatureError, sign, verify};
pub(crate) use hash_to_field::expand_message_xmd;
pub use hash_to_field::hash_to_field;
pub use holder::{HOLDER_TAG, NULLIFIER_TAG, holder_commitment, nullifier};
pub use poseidon::{POSEIDON_INPUTS_MAX, poseidon, poseidon_parameters};

use ark_ff::{BigInteger, PrimeField};
use thiserror::Error;

/// The text is not the canonical form of a field element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a canonical field element")]
pub struct FieldError;

/// `0x` and 64 lower-case hex digits, big-endian.
#[must_use]
pub fn fr_to_hex(element: &Fr) -> String {
    format!("0x{}", hex::encode(fr_to_be_bytes(element)))
}

/// 32 bytes, big-endian.
#[must_use]
pub fn fr_to_be_bytes(element: &Fr) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&element.into_bigint().to_bytes_be());
    bytes
}

/// Reads what [`fr_to_be_bytes`] writes; `None` for a number that is not below the modulus.
#[must_use]
pub fn fr_from_be_bytes(bytes: &[u8; 32]) -> Option<Fr> {
    let mut bytes = *bytes;
    bytes.reverse();
    fr_from_le_bytes(&bytes)
}

/// Reads what [`fr_to_hex`] writes.
///
/// # Errors
/// Another form, or a number that is not below the modulus: an element has one text.
pub fn fr_from_hex(text: &str) -> Result<Fr, FieldError> {
    let digits = text.strip_prefix("0x").ok_or(FieldError)?;
    if digits.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(FieldError);
    }
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| FieldError)?;
    fr_from_be_bytes(&bytes).ok_or(FieldError)
}

/// The element with these canonical little-endian bytes.
fn fr_from_le_bytes(bytes: &[u8; 32]) -> Option<Fr> {
    use ark_serialize::CanonicalDeserialize;
    Fr::deserialize_compressed(&bytes[..]).ok()
}
