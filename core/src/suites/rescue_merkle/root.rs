//! The issuer's key, and its signature over the root of a tree: Ed25519 (RFC 8032), by `ed25519-dalek`.
//!
//! The message is a domain tag, the tree's depth, the root's 32 bytes and the day of signing as four big-endian bytes: it has one
//! length, so it is read in one way. Signatures are checked strictly: no small-order key or R, S below the group's order.
//! Signing is constant-time, as the library's arithmetic is.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::Digest;
use super::tree::DEPTH;
use crate::day::Day;

const ROOT_DST: &[u8] = b"ZAPIKI-V1-RESCUE-MERKLE-ROOT";
const MESSAGE_BYTES: usize = ROOT_DST.len() + 1 + 32 + 4;

/// The bytes or text are no key or signature, or the signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RootSignatureError {
    /// Not lower-case hex digits of the right number.
    #[error("not lower-case hex digits of the right length")]
    Form,
    /// No point, one of small order, or one in a second spelling.
    #[error("not a canonical Ed25519 public key")]
    Key,
    /// The signature is not the key's over this root and day.
    #[error("the signature does not match the root, the day and the key")]
    Mismatch,
}

fn decode_hex<const N: usize>(text: &str) -> Result<[u8; N], RootSignatureError> {
    let mut bytes = [0; N];
    if text.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(RootSignatureError::Form);
    }
    hex::decode_to_slice(text, &mut bytes).map_err(|_| RootSignatureError::Form)?;
    Ok(bytes)
}

/// An issuer's public key: a canonical point that is not of small order, by construction.
/// Text form: 64 lower-case hex digits, RFC 8032's encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads RFC 8032's encoding.
    ///
    /// # Errors
    /// The bytes are no point, one of small order, or a second spelling of a point.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, RootSignatureError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| RootSignatureError::Key)?;
        if key.is_weak() || key.to_edwards().compress().as_bytes() != bytes {
            return Err(RootSignatureError::Key);
        }
        Ok(Self(key))
    }

    /// RFC 8032's encoding.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
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
    type Err = RootSignatureError;
    fn from_str(text: &str) -> Result<Self, RootSignatureError> {
        Self::from_bytes(&decode_hex(text)?)
    }
}

crate::string_form!(PublicKey);

/// An issuer's secret key: RFC 8032's 32 bytes. Wiped on drop.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self::from_bytes(&bytes)
    }

    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// The bytes, for the issuer's own file.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([private])")
    }
}

/// A signature over a root. Text form: 128 lower-case hex digits, RFC 8032's encoding.
///
/// `Debug` shows it: it is in every proof.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RootSignature(pub [u8; 64]);

impl fmt::Display for RootSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RootSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RootSignature {
    type Err = RootSignatureError;
    fn from_str(text: &str) -> Result<Self, RootSignatureError> {
        decode_hex(text).map(Self)
    }
}

crate::string_form!(RootSignature);

/// A root with the issuer's word on it. Public: it travels in every proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRoot {
    /// The root of the batch.
    pub root: Digest,
    /// The day on which the issuer signed it.
    pub signed_on: Day,
    /// The issuer's signature over both.
    pub signature: RootSignature,
}

impl BatchRoot {
    /// Signs a root.
    #[must_use]
    pub fn sign(key: &SecretKey, root: Digest, signed_on: Day) -> Self {
        let signature = key.0.sign(&message(&root, signed_on));
        Self {
            root,
            signed_on,
            signature: RootSignature(signature.to_bytes()),
        }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// It is not the key's over this root and day.
    pub fn verify(&self, key: &PublicKey) -> Result<(), RootSignatureError> {
        let signature = Signature::from_bytes(&self.signature.0);
        key.0
            .verify_strict(&message(&self.root, self.signed_on), &signature)
            .map_err(|_| RootSignatureError::Mismatch)
    }
}

fn message(root: &Digest, signed_on: Day) -> [u8; MESSAGE_BYTES] {
    let mut message = [0; MESSAGE_BYTES];
    let (tag, rest) = message.split_at_mut(ROOT_DST.len());
    tag.copy_from_slice(ROOT_DST);
    rest[0] = DEPTH as u8;
    rest[1..33].copy_from_slice(&root.to_bytes());
    rest[33..].copy_from_slice(&signed_on.number().to_be_bytes());
    message
}
