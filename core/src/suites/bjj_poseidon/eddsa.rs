//! EdDSA over Baby Jubjub with Poseidon, as circomlib's `EdDSAPoseidonVerifier` checks it.
//!
//! Public key A = a·B8. Signature (R8, S) with R8 = r·B8, h = Poseidon(R8.x, R8.y, A.x, A.y, M), S = r + h·8·a mod l;
//! it holds when S·B8 = R8 + h·8·A. Encodings are circomlib's `packPoint` and `packSignature`.
//!
//! Key and nonce are derived from 32 secret bytes as RFC 8032 does (SHA-512; deterministic nonce), under domain tags of
//! ours. circomlibjs derives them with BLAKE-512, which has no kept-up crate; the derivation is the signer's own affair
//! and no verifier sees it.
//!
//! arkworks' scalar multiplication is not constant-time. An issuer signs offline with its own key, so there is no remote
//! observer to time it; do not move signing into a shared service without changing that.

use std::fmt;
use std::str::FromStr;

use ark_bn254::Fr;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField, Zero};
use ark_serialize::CanonicalDeserialize;
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha512};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::curve::{Point, Scalar, base8};
use super::{fr_from_le_bytes, poseidon};

const KEY_TAG: &[u8] = b"ZAPIKI-V1-BJJ-EDDSA-KEY";
const NONCE_TAG: &[u8] = b"ZAPIKI-V1-BJJ-EDDSA-NONCE";

/// The bytes or text are no key or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not lower-case hex digits of the right number.
    #[error("not lower-case hex digits of the right length")]
    Form,
    /// A coordinate or scalar that is not below its modulus, or a sign without meaning.
    #[error("not a canonical encoding")]
    NotCanonical,
    /// No point of the curve has this encoding.
    #[error("not a point of the curve")]
    NotOnCurve,
    /// The point is the identity or outside the prime subgroup.
    #[error("not a point of the prime subgroup")]
    NotInSubgroup,
}

/// The signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature does not match the message and key")]
pub struct SignatureError;

/// y in 32 little-endian bytes, the sign of x (x > (q−1)/2) in the top bit.
fn pack(point: &Point) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&point.y.into_bigint().to_bytes_le());
    if point.x.into_bigint() > Fr::MODULUS_MINUS_ONE_DIV_TWO {
        bytes[31] |= 0x80;
    }
    bytes
}

fn unpack(bytes: &[u8; 32]) -> Result<Point, KeyError> {
    let mut y_bytes = *bytes;
    let is_negative = y_bytes[31] & 0x80 != 0;
    y_bytes[31] &= 0x7f;
    let y = fr_from_le_bytes(&y_bytes).ok_or(KeyError::NotCanonical)?;
    let point = Point::get_point_from_y_unchecked(y, is_negative).ok_or(KeyError::NotOnCurve)?;
    // x = 0 has one sign only; re-encoding catches that and any other second spelling.
    if pack(&point) == *bytes {
        Ok(point)
    } else {
        Err(KeyError::NotCanonical)
    }
}

fn decode_hex<const N: usize>(text: &str) -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    if text.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(KeyError::Form);
    }
    hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::Form)?;
    Ok(bytes)
}

/// An issuer's public key: a point of the prime subgroup other than the identity, by construction.
/// Text form: 64 lower-case hex digits, circomlib's packed point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(Point);

impl PublicKey {
    /// Reads the packed form.
    ///
    /// # Errors
    /// The bytes are no canonical encoding of a point of the prime subgroup, or are the identity's.
    pub fn from_compressed(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = unpack(bytes)?;
        if point.is_zero() || !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(KeyError::NotInSubgroup);
        }
        Ok(Self(point))
    }

    /// The packed form.
    #[must_use]
    pub fn to_compressed(&self) -> [u8; 32] {
        pack(&self.0)
    }

    /// The point.
    pub const fn point(&self) -> &Point {
        &self.0
    }

    /// First coordinate.
    #[must_use]
    pub const fn x(&self) -> Fr {
        self.0.x
    }

    /// Second coordinate.
    #[must_use]
    pub const fn y(&self) -> Fr {
        self.0.y
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_compressed()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_compressed(&decode_hex(text)?)
    }
}

crate::string_form!(PublicKey);

/// An issuer's private key: 32 secret bytes. Wiped on drop, never shown.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([secret])")
    }
}

impl SecretKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the issuer's own file.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 512 bits reduced modulo l: no measurable bias.
    fn scalar(&self) -> Zeroizing<Scalar> {
        derive(&[KEY_TAG, &*self.0])
    }

    /// A = a·B8.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey((base8() * *self.scalar()).into_affine())
    }
}

fn derive(parts: &[&[u8]]) -> Zeroizing<Scalar> {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    let wide: Zeroizing<[u8; 64]> = Zeroizing::new(hash.finalize().into());
    Zeroizing::new(Scalar::from_le_bytes_mod_order(&*wide))
}

/// A signature: R8 on the curve, S below l. Text form: 128 lower-case hex digits, circomlib's packed signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    /// The nonce's point.
    pub r8: Point,
    /// The response.
    pub s: Scalar,
}

impl Signature {
    /// Reads the packed form.
    ///
    /// # Errors
    /// R8 is no canonical point of the curve, or S is not below l.
    pub fn from_compressed(bytes: &[u8; 64]) -> Result<Self, KeyError> {
        let mut r8_bytes = [0; 32];
        r8_bytes.copy_from_slice(&bytes[..32]);
        Ok(Self {
            r8: unpack(&r8_bytes)?,
            s: Scalar::deserialize_compressed(&bytes[32..]).map_err(|_| KeyError::NotCanonical)?,
        })
    }

    /// The packed form.
    #[must_use]
    pub fn to_compressed(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&pack(&self.r8));
        bytes[32..].copy_from_slice(&self.s.into_bigint().to_bytes_le());
        bytes
    }
}

impl Drop for Signature {
    fn drop(&mut self) {
        // Unlike a key, a credential's signature identifies its holder.
        self.r8.x.zeroize();
        self.r8.y.zeroize();
        self.s.zeroize();
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_compressed()))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature([private])")
    }
}

impl FromStr for Signature {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_compressed(&decode_hex(text)?)
    }
}

crate::string_form!(Signature);

/// h, as a scalar. It is a field element below q; l is smaller, so it is reduced, as both sides of the equation do.
fn challenge(r8: &Point, key: &PublicKey, message: &Fr) -> Scalar {
    let h = poseidon(&[r8.x, r8.y, key.x(), key.y(), *message]);
    Scalar::from_le_bytes_mod_order(&h.into_bigint().to_bytes_le())
}

/// Signs a field element.
#[must_use]
pub fn sign(key: &SecretKey, message: &Fr) -> Signature {
    let a = key.scalar();
    let message_bytes = Zeroizing::new(message.into_bigint().to_bytes_le());
    let r = derive(&[NONCE_TAG, &*key.0, &message_bytes]);
    let r8 = (base8() * *r).into_affine();
    let h = challenge(&r8, &key.public_key(), message);
    let s = *r + h * Scalar::from(8u8) * *a;
    Signature { r8, s }
}

/// Checks S·B8 = R8 + h·8·A.
///
/// # Errors
/// It does not hold.
pub fn verify(key: &PublicKey, message: &Fr, signature: &Signature) -> Result<(), SignatureError> {
    if !signature.r8.is_on_curve() {
        return Err(SignatureError);
    }
    let h = challenge(&signature.r8, key, message);
    let difference = base8() * signature.s
        - key.0.into_group() * (h * Scalar::from(8u8))
        - signature.r8.into_group();
    if difference.is_zero() {
        Ok(())
    } else {
        Err(SignatureError)
    }
}
