//! Sealing of private input: envelope encryption with XChaCha20-Poly1305 (RFC 8439, draft-irtf-cfrg-xchacha-03).
//!
//! Each proof has a fresh 256-bit data key. The witness is encrypted under it, and it under a key-encryption key (KEK)
//! that the operator holds and rotates. Nonces are random, 192 bits. Associated data bind each ciphertext to the domain,
//! tenant, proof and column that it is for, so that none can be moved. Both the plaintext and the keys are wiped.

use std::collections::BTreeMap;
use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::{CryptoRng, RngCore};
use thiserror::Error;
use zapiki_core::ids::{ProofId, TenantId};
use zeroize::Zeroizing;

const DOMAIN: &[u8] = b"zapiki.seal.v1";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// The key-encryption keys by version. New input is sealed under the newest; the others still open what they sealed.
pub struct KeyRing {
    keys: BTreeMap<u32, Zeroizing<[u8; KEY_BYTES]>>,
    newest: u32,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(newest: {})", self.newest)
    }
}

/// The text is no key ring. Says where, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyRingError {
    /// No key at all.
    #[error("there is no key in it")]
    Empty,
    /// A line of another form.
    #[error("line {0} is not of the form `<version>:<64 hex digits>`")]
    Line(usize),
    /// Two keys of one version.
    #[error("line {0} repeats a version")]
    Repeated(usize),
}

impl KeyRing {
    /// Reads the text of a key file: one `<version>:<64 hex digits>` per line.
    ///
    /// # Errors
    /// The text is of another form.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let place = index + 1;
            if line.trim().is_empty() {
                continue;
            }
            let (version, digits) = line
                .trim()
                .split_once(':')
                .ok_or(KeyRingError::Line(place))?;
            let version: u32 = version.parse().map_err(|_| KeyRingError::Line(place))?;
            // The column is a signed integer.
            i32::try_from(version).map_err(|_| KeyRingError::Line(place))?;
            let mut key = Zeroizing::new([0; KEY_BYTES]);
            hex::decode_to_slice(digits, &mut *key).map_err(|_| KeyRingError::Line(place))?;
            if keys.insert(version, key).is_some() {
                return Err(KeyRingError::Repeated(place));
            }
        }
        let newest = *keys.keys().next_back().ok_or(KeyRingError::Empty)?;
        Ok(Self { keys, newest })
    }

    /// The text of a new key file with one fresh key.
    #[must_use]
    pub fn generate_text(rng: &mut (impl RngCore + CryptoRng)) -> Zeroizing<String> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        rng.fill_bytes(&mut *key);
        let digits = Zeroizing::new(hex::encode(*key));
        // Room for all of it: a string that grows leaves its old buffers behind unwiped.
        let mut text = Zeroizing::new(String::with_capacity(digits.len() + 3));
        text.push_str("1:");
        text.push_str(&digits);
        text.push('\n');
        text
    }
}

/// What a ciphertext is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    pub(crate) proof: ProofId,
}

impl Place {
    fn associated_data(self, column: &str, kek_version: u32) -> Vec<u8> {
        let mut data = DOMAIN.to_vec();
        data.extend_from_slice(self.tenant.as_uuid().as_bytes());
        data.extend_from_slice(self.proof.as_uuid().as_bytes());
        data.extend_from_slice(&kek_version.to_be_bytes());
        data.extend_from_slice(column.as_bytes());
        data
    }
}

/// Sealed input, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) kek_version: u32,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

/// It was not sealed under these keys, not for this place, or was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the sealed input does not open")]
pub(crate) struct OpenError;

impl KeyRing {
    /// Seals `plaintext`.
    pub(crate) fn seal(
        &self,
        rng: &mut (impl RngCore + CryptoRng),
        place: Place,
        plaintext: &[u8],
    ) -> Result<Sealed, OpenError> {
        let kek_version = self.newest;
        let kek = self.keys.get(&kek_version).ok_or(OpenError)?;
        let mut data_key = Zeroizing::new([0; KEY_BYTES]);
        rng.fill_bytes(&mut *data_key);
        let data = |column| place.associated_data(column, kek_version);
        Ok(Sealed {
            kek_version,
            wrapped_key: encrypt(rng, kek, &*data_key, &data("wrapped_key"))?,
            ciphertext: encrypt(rng, &data_key, plaintext, &data("ciphertext"))?,
        })
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(
        &self,
        place: Place,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let kek = self.keys.get(&sealed.kek_version).ok_or(OpenError)?;
        let data = |column| place.associated_data(column, sealed.kek_version);
        let data_key = decrypt(kek, &sealed.wrapped_key, &data("wrapped_key"))?;
        let data_key: &[u8; KEY_BYTES] = data_key.as_slice().try_into().map_err(|_| OpenError)?;
        decrypt(data_key, &sealed.ciphertext, &data("ciphertext"))
    }
}

/// Nonce and ciphertext.
fn encrypt(
    rng: &mut (impl RngCore + CryptoRng),
    key: &[u8; KEY_BYTES],
    msg: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let cipher = XChaCha20Poly1305::new(Key::from_slice(key));
    let ciphertext = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg, aad })
        .map_err(|_| OpenError)?;
    Ok([&nonce[..], &ciphertext].concat())
}

fn decrypt(
    key: &[u8; KEY_BYTES],
    sealed: &[u8],
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (nonce, msg) = sealed.split_at_checked(NONCE_BYTES).ok_or(OpenError)?;
    let cipher = XChaCha20Poly1305::new(Key::from_slice(key));
    let opened = cipher.decrypt(XNonce::from_slice(nonce), Payload { msg, aad });
    opened.map(Zeroizing::new).map_err(|_| OpenError)
}

#[cfg(test)]
mod tests {
    use rand::rngs::OsRng;
    use uuid::Uuid;

    use super::*;

    fn ring(text: &str) -> KeyRing {
        KeyRing::parse(text).unwrap()
    }

    fn place(tenant: u128, proof: u128) -> Place {
        Place {
            tenant: TenantId::from_uuid(Uuid::from_u128(tenant)),
            proof: ProofId::from_uuid(Uuid::from_u128(proof)),
        }
    }

    fn line(version: u32, byte: u8) -> String {
        format!("{version}:{}\n", hex::encode([byte; 32]))
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let ring = ring(&KeyRing::generate_text(&mut OsRng));
        let sealed = ring
            .seal(&mut OsRng, place(1, 2), b"born 2001-05-17")
            .unwrap();
        assert_eq!(
            **ring.open(place(1, 2), &sealed).unwrap(),
            *b"born 2001-05-17"
        );
        assert!(!sealed.ciphertext.windows(4).any(|w| w == b"2001"));
        for elsewhere in [place(1, 3), place(2, 2), place(2, 1)] {
            assert_eq!(ring.open(elsewhere, &sealed), Err(OpenError));
        }
    }

    #[test]
    fn any_change_is_noticed() {
        let ring = ring(&line(1, 7));
        let sealed = ring.seal(&mut OsRng, place(1, 2), b"secret").unwrap();
        let mut versions = sealed.clone();
        versions.kek_version = 2;
        assert_eq!(ring.open(place(1, 2), &versions), Err(OpenError));
        for at in 0..sealed.ciphertext.len() {
            let mut changed = sealed.clone();
            changed.ciphertext[at] ^= 1;
            assert_eq!(ring.open(place(1, 2), &changed), Err(OpenError));
        }
        for at in 0..sealed.wrapped_key.len() {
            let mut changed = sealed.clone();
            changed.wrapped_key[at] ^= 1;
            assert_eq!(ring.open(place(1, 2), &changed), Err(OpenError));
        }
        let swapped = Sealed {
            ciphertext: sealed.wrapped_key.clone(),
            ..sealed.clone()
        };
        assert_eq!(ring.open(place(1, 2), &swapped), Err(OpenError));
        let empty = Sealed {
            ciphertext: Vec::new(),
            ..sealed
        };
        assert_eq!(ring.open(place(1, 2), &empty), Err(OpenError));
    }

    /// Where the key alone would let it pass: one key under two versions, one key for both columns.
    #[test]
    fn version_and_column_are_bound() {
        let ring = ring(&(line(1, 7) + &line(2, 7)));
        let mut sealed = ring.seal(&mut OsRng, place(1, 2), b"secret").unwrap();
        sealed.kek_version = 1;
        assert_eq!(ring.open(place(1, 2), &sealed), Err(OpenError));

        let [wrapped_key, ciphertext] =
            ["wrapped_key", "ciphertext"].map(|column| place(1, 2).associated_data(column, 1));
        let sealed = encrypt(&mut OsRng, &[7; 32], b"secret", &wrapped_key).unwrap();
        assert!(decrypt(&[7; 32], &sealed, &wrapped_key).is_ok());
        assert_eq!(decrypt(&[7; 32], &sealed, &ciphertext), Err(OpenError));
    }

    #[test]
    fn sealing_twice_shows_no_pattern() {
        let ring = ring(&line(1, 7));
        let [a, b] = [0; 2].map(|_| ring.seal(&mut OsRng, place(1, 2), b"secret").unwrap());
        assert_ne!(a.ciphertext, b.ciphertext);
        assert_ne!(a.wrapped_key, b.wrapped_key);
    }

    #[test]
    fn a_rotated_key_opens_what_it_sealed_and_a_lost_one_does_not() {
        let sealed = ring(&line(1, 7))
            .seal(&mut OsRng, place(1, 2), b"secret")
            .unwrap();
        let rotated = ring(&(line(1, 7) + &line(2, 8)));
        assert_eq!(**rotated.open(place(1, 2), &sealed).unwrap(), *b"secret");
        assert_eq!(
            rotated
                .seal(&mut OsRng, place(1, 2), b"secret")
                .unwrap()
                .kek_version,
            2
        );
        assert_eq!(ring(&line(2, 8)).open(place(1, 2), &sealed), Err(OpenError));
        assert_eq!(ring(&line(1, 9)).open(place(1, 2), &sealed), Err(OpenError));
    }

    #[test]
    fn a_key_file_is_parsed_strictly_and_never_quoted() {
        assert_eq!(KeyRing::parse("\n").err(), Some(KeyRingError::Empty));
        for bad in [
            "7",
            "x:00",
            "1:zz",
            &format!("1:{}", "0".repeat(62)),
            &format!("-1:{}", "0".repeat(64)),
        ] {
            assert_eq!(
                KeyRing::parse(bad).err(),
                Some(KeyRingError::Line(1)),
                "{bad}"
            );
        }
        assert_eq!(
            KeyRing::parse(&(line(1, 1) + &line(1, 2))).err(),
            Some(KeyRingError::Repeated(2))
        );
        assert_eq!(format!("{:?}", ring(&line(3, 1))), "KeyRing(newest: 3)");
    }
}
