//! Schnorr signatures (Schnorr, Journal of Cryptology 1991) on Pallas with Poseidon, in EdDSA's form: the challenge is the hash of nonce
//! point, key and message, and a signature is the nonce point with the response.
//!
//! Public key A = a·G. Signature (R, S) with R = r·G, e = Poseidon(tag, R.x, R.y, A.x, A.y, M), S = r + e·a mod q; it holds when
//! S·G = R + e·A. Pallas has prime order q: every point other than the identity generates the group, and there are no small
//! subgroups.
//!
//! *Two fields.* The challenge is an element of the base field, an integer below p; so is S, because a circuit multiplies points by
//! base-field elements. p is less than q by about 2¹²⁶: a response of p or more comes once in 2¹²⁸ signatures, and the signer then
//! takes the next nonce. Verifiers refuse it. Since e and S are below p, and p below q, neither has a second spelling modulo q.
//!
//! Key and nonce are derived from 32 secret bytes as RFC 8032 does (SHA-512; deterministic nonce, from the secret and the whole message),
//! under domain tags of ours. `pasta_curves` multiplies in constant time; square roots and printing are not needed to sign.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use ff::{FromUniformBytes as _, PrimeField as _};
use group::{Curve as _, CurveAffine as _, Group as _};
use pasta_curves::pallas::{Affine, Base, Scalar};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha512};
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use super::holder::TAG_DST;
use super::point::{KeyError, Point, decode_hex};
use super::{hash_to_field, poseidon};

const KEY_TAG: &[u8] = b"ZAPIKI-V1-PALLAS-SCHNORR-KEY";
const NONCE_TAG: &[u8] = b"ZAPIKI-V1-PALLAS-SCHNORR-NONCE";

/// First input of a signature's challenge.
pub static SIGNATURE_TAG: LazyLock<Base> = LazyLock::new(|| hash_to_field(TAG_DST, b"signature"));

/// The signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature does not match the message and key")]
pub struct SignatureError;

/// An issuer's public key: a point other than the identity, by construction.
/// Text form: 64 lower-case hex digits, Zcash's encoding of points.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(Point);

impl PublicKey {
    /// Reads Zcash's encoding.
    ///
    /// # Errors
    /// The bytes are no canonical encoding of a point, or are the identity's.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        Point::from_bytes(bytes).map(Self)
    }

    /// Zcash's encoding.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The point.
    #[must_use]
    pub const fn point(&self) -> &Point {
        &self.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
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
        Self::from_bytes(&decode_hex(text)?)
    }
}

crate::string_form!(PublicKey);

/// An issuer's private key: 32 secret bytes. Wiped on drop, never shown.
#[derive(Clone)]
pub struct SecretKey {
    bytes: Zeroizing<[u8; 32]>,
    scalar: Zeroizing<Scalar>,
    public: PublicKey,
}

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
        loop {
            rng.fill_bytes(&mut *bytes);
            // That the scalar is zero has a probability of 2⁻²⁵⁴.
            if let Ok(key) = Self::from_bytes(*bytes) {
                return key;
            }
        }
    }

    /// The key with these bytes.
    ///
    /// # Errors
    /// Their scalar is zero. Nobody will find such bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes);
        let scalar = derive(&[KEY_TAG, &*bytes]);
        let public = multiple_of_generator(&scalar).ok_or(KeyError::Identity)?;
        Ok(Self {
            bytes,
            scalar,
            public: PublicKey(public),
        })
    }

    /// The bytes, for the issuer's own file.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// A = a·G.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }
}

/// 512 bits reduced modulo q: no measurable bias.
fn derive(parts: &[&[u8]]) -> Zeroizing<Scalar> {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    let wide: Zeroizing<[u8; 64]> = Zeroizing::new(hash.finalize().into());
    Zeroizing::new(Scalar::from_uniform_bytes(&wide))
}

/// `None` of zero.
fn multiple_of_generator(scalar: &Scalar) -> Option<Point> {
    Point::new((Affine::generator() * scalar).to_affine()).ok()
}

/// A signature: R a point other than the identity, S below p. Text form: 128 lower-case hex digits, R's encoding and S in 32
/// little-endian bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    /// The nonce's point.
    pub r: Point,
    /// The response.
    pub s: Base,
}

impl Signature {
    /// Reads the 64 bytes.
    ///
    /// # Errors
    /// R is no canonical point other than the identity, or S is not below p.
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self, KeyError> {
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&bytes[..32]);
        s.copy_from_slice(&bytes[32..]);
        let s: Option<Base> = Base::from_repr(s).into();
        Ok(Self {
            r: Point::from_bytes(&r)?,
            s: s.ok_or(KeyError::Response)?,
        })
    }

    /// R's encoding, then S.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&self.r.to_bytes());
        bytes[32..].copy_from_slice(&self.s.to_repr());
        bytes
    }
}

impl Drop for Signature {
    fn drop(&mut self) {
        // Unlike a key, a credential's signature identifies its holder.
        self.r = Point::generator();
        self.s.zeroize();
        std::hint::black_box(&self.r);
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
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
        Self::from_bytes(&decode_hex(text)?)
    }
}

crate::string_form!(Signature);

/// e, an element of the base field.
#[must_use]
pub fn challenge(r: &Point, key: &PublicKey, message: &Base) -> Base {
    let a = key.point();
    poseidon([*SIGNATURE_TAG, r.x(), r.y(), a.x(), a.y(), *message])
}

/// The integer of a base-field element as a scalar: p is below q.
fn as_scalar(element: &Base) -> Option<Scalar> {
    Scalar::from_repr(element.to_repr()).into()
}

/// The signature with this nonce. `None` if the nonce will not do: R is the identity, or S is not below p.
fn sign_with(key: &SecretKey, message: &Base, nonce: &Scalar) -> Option<Signature> {
    let r = multiple_of_generator(nonce)?;
    let e = as_scalar(&challenge(&r, &key.public, message))?;
    let response = Zeroizing::new(*nonce + e * *key.scalar);
    let s: Option<Base> = Base::from_repr(response.to_repr()).into();
    Some(Signature { r, s: s? })
}

/// Signs a field element.
#[must_use]
pub fn sign(key: &SecretKey, message: &Base) -> Signature {
    let message_bytes = Zeroizing::new(message.to_repr());
    let mut count = 0u8;
    loop {
        let nonce = derive(&[NONCE_TAG, &*key.bytes, &*message_bytes, &[count]]);
        if let Some(signature) = sign_with(key, message, &nonce) {
            return signature;
        }
        count = count.wrapping_add(1);
    }
}

/// Checks S·G = R + e·A.
///
/// # Errors
/// It does not hold.
pub fn verify(
    key: &PublicKey,
    message: &Base,
    signature: &Signature,
) -> Result<(), SignatureError> {
    let e = as_scalar(&challenge(&signature.r, key, message)).ok_or(SignatureError)?;
    let s = as_scalar(&signature.s).ok_or(SignatureError)?;
    let difference =
        Affine::generator() * s - key.point().affine() * e - signature.r.affine().to_curve();
    if bool::from(difference.is_identity()) {
        Ok(())
    } else {
        Err(SignatureError)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// A response of p or more is a fit scalar all the same. Found by choosing the nonce after the challenge, which only who
    /// has the key can: r = S − e·a needs e, which needs R. So the boundary is shown on the conversion itself.
    #[test]
    fn a_response_is_below_p_or_none() {
        let largest = -Base::one();
        let as_scalar = as_scalar(&largest).unwrap();
        assert_eq!(as_scalar.to_repr(), largest.to_repr());
        let next = (as_scalar + Scalar::one()).to_repr();
        assert!(bool::from(Base::from_repr(next).is_none()));
        let mut bytes = sign(&SecretKey::from_bytes([1; 32]).unwrap(), &largest).to_bytes();
        bytes[32..].copy_from_slice(&next);
        assert_eq!(Signature::from_bytes(&bytes), Err(KeyError::Response));
    }

    #[test]
    fn a_nonce_of_zero_is_not_used() {
        let key = SecretKey::from_bytes([1; 32]).unwrap();
        assert_eq!(sign_with(&key, &Base::one(), &Scalar::zero()), None);
    }
}
