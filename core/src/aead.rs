//! Authenticated encryption, the one way in which this program does it: XChaCha20-Poly1305 (RFC 8439,
//! draft-irtf-cfrg-xchacha-03) under a 256-bit key, with a random nonce of 192 bits in front of the ciphertext.
//!
//! So large a nonce may be drawn at random for every message that a key will ever see. What a ciphertext is for stands in the
//! associated data of whoever seals, so that none can be moved to where it means something else.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How long a key is, in bytes.
pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// A key. Wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; KEY_BYTES]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Not sealed under this key, not for this purpose, or changed since. Nothing tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it does not open")]
pub struct OpenError;

impl Key {
    /// A fresh key.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut key = Self([0; KEY_BYTES]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// The key of these bytes; `None` if there are more of them, or fewer.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The key that `fill` writes.
    pub(crate) fn written<E>(
        fill: impl FnOnce(&mut [u8; KEY_BYTES]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut key = Self([0; KEY_BYTES]);
        fill(&mut key.0)?;
        Ok(key)
    }

    /// The bytes, to be sealed or written where keys are kept.
    #[must_use]
    pub const fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// Seals a message: nonce and ciphertext.
///
/// # Errors
/// The message is longer than the cipher can take, which is 256 GiB.
pub fn seal(
    rng: &mut (impl RngCore + CryptoRng),
    key: &Key,
    msg: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let ciphertext = XChaCha20Poly1305::new((&key.0).into())
        .encrypt(XNonce::from_slice(&nonce), Payload { msg, aad })
        .map_err(|_| OpenError)?;
    Ok([&nonce[..], &ciphertext].concat())
}

/// Opens what [`seal`] made. The caller wipes what it gets, if it is secret.
///
/// # Errors
/// It was not sealed under this key with these associated data, or was changed since.
pub fn open(key: &Key, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, OpenError> {
    let (nonce, msg) = sealed.split_at_checked(NONCE_BYTES).ok_or(OpenError)?;
    XChaCha20Poly1305::new((&key.0).into())
        .decrypt(XNonce::from_slice(nonce), Payload { msg, aad })
        .map_err(|_| OpenError)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// draft-irtf-cfrg-xchacha-03, A.3.1.
    #[test]
    fn the_vector_of_the_draft_opens() {
        let key = (0x80..=0x9f).collect::<Vec<u8>>();
        let key = Key::from_slice(&key).unwrap();
        let aad = hex::decode("50515253c0c1c2c3c4c5c6c7").unwrap();
        let sealed = hex::decode(concat!(
            "404142434445464748494a4b4c4d4e4f5051525354555657",
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb",
            "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452",
            "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9",
            "21f9664c97637da9768812f615c68b13b52e",
            "c0875924c1c7987947deafd8780acf49",
        ))
        .unwrap();
        let message = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                       sunscreen would be it.";
        assert_eq!(open(&key, &sealed, &aad).unwrap(), message.as_bytes());
        assert_eq!(open(&key, &sealed, &aad[1..]), Err(OpenError));
        assert_eq!(open(&key, &sealed[1..], &aad), Err(OpenError));
        assert_eq!(open(&key, &[], &aad), Err(OpenError));
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = Key::from_slice(&[0xab; KEY_BYTES]).unwrap();
        assert_eq!(format!("{key:?}"), "Key(…)");
        assert!(Key::from_slice(&[0; KEY_BYTES + 1]).is_none());
    }
}
