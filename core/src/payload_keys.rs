//! What seals the payloads that lie in Temporal: a key per version of the key-encryption key, derived from it.
//!
//! HKDF-SHA-256 (RFC 5869) derives, under an `info` of its own, so neither kind of key opens what the other sealed, and nobody
//! gets from a derived key to the one it came from. Who may read histories needs no more than these. The associated data of
//! each payload name this use and the version. They do not name a workflow: a codec is not told which one it works for.

use std::collections::BTreeMap;
use std::fmt;

use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::Sha256;

use crate::aead::{self, Key, OpenError};

/// Separates these keys, and what they seal, from all others.
const DOMAIN: &[u8] = b"zapiki.payload.v1";

/// The keys by version. Payloads are sealed under the current one; all of them open.
pub struct PayloadKeys {
    keys: BTreeMap<u32, Key>,
    current: u32,
}

impl fmt::Debug for PayloadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PayloadKeys(current: {})", self.current)
    }
}

impl PayloadKeys {
    pub(crate) const fn new(keys: BTreeMap<u32, Key>, current: u32) -> Self {
        Self { keys, current }
    }

    /// The key for payloads that belongs to a key-encryption key.
    #[expect(
        clippy::expect_used,
        reason = "it fails for outputs of more than 255 hashes alone (RFC 5869, 2.3), and this is one"
    )]
    pub(crate) fn derive(kek: &Key) -> Key {
        let hkdf = Hkdf::<Sha256>::new(None, kek.expose());
        Key::written(|bytes| hkdf.expand(DOMAIN, bytes)).expect("HKDF gives up to 255 hashes")
    }

    pub(crate) fn key(&self, version: u32) -> Option<&Key> {
        self.keys.get(&version)
    }

    /// Seals a payload; says under which version.
    ///
    /// # Errors
    /// It is longer than the cipher can take.
    pub fn seal(
        &self,
        rng: &mut (impl RngCore + CryptoRng),
        payload: &[u8],
    ) -> Result<(u32, Vec<u8>), OpenError> {
        let key = self.key(self.current).ok_or(OpenError)?;
        let sealed = aead::seal(rng, key, payload, &associated(self.current))?;
        Ok((self.current, sealed))
    }

    /// Whether there is a key of this version.
    #[must_use]
    pub fn knows(&self, version: u32) -> bool {
        self.keys.contains_key(&version)
    }

    /// Opens a payload that was sealed under this version.
    ///
    /// # Errors
    /// There is no such key, or the payload was changed.
    pub fn open(&self, version: u32, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let key = self.key(version).ok_or(OpenError)?;
        aead::open(key, sealed, &associated(version))
    }
}

fn associated(version: u32) -> Vec<u8> {
    [DOMAIN, &version.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use rand::rngs::OsRng;

    use super::*;
    use crate::key_ring::KeyRing;

    fn ring(keys: &[(u32, u8)]) -> KeyRing {
        let line =
            |(version, byte): &(u32, u8)| format!("{version}:{}\n", hex::encode([*byte; 32]));
        KeyRing::parse(&keys.iter().map(line).collect::<String>()).unwrap()
    }

    /// From an HKDF written after the RFC, in another language.
    #[test]
    fn the_derived_key_is_that_of_the_rfc() {
        let kek = Key::from_slice(&[7; 32]).unwrap();
        let derived = hex::encode(PayloadKeys::derive(&kek).expose());
        assert_eq!(
            derived,
            "0ccdf35a493e394c821b0a1009d371a2be934ecb42142080b404bfaa415a325f"
        );
    }

    #[test]
    fn what_is_sealed_opens_under_its_version_alone() {
        let keys = ring(&[(1, 7), (2, 7)]).payload_keys();
        let (version, sealed) = keys.seal(&mut OsRng, b"payload").unwrap();
        assert_eq!(version, 2);
        assert_eq!(keys.open(2, &sealed).unwrap(), b"payload");
        // The same key under another version, and no key.
        assert_eq!(keys.open(1, &sealed), Err(OpenError));
        assert_eq!(keys.open(3, &sealed), Err(OpenError));
        assert!(keys.knows(1) && !keys.knows(3));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(keys.open(2, &changed), Err(OpenError));
        }
    }

    #[test]
    fn neither_kind_of_key_opens_what_the_other_sealed() {
        let ring = ring(&[(1, 7)]);
        let (_, sealed) = ring.payload_keys().seal(&mut OsRng, b"payload").unwrap();
        let kek = ring.key(1).unwrap();
        assert_eq!(aead::open(kek, &sealed, &associated(1)), Err(OpenError));
        let sealed = aead::seal(&mut OsRng, kek, b"input", &associated(1)).unwrap();
        assert_eq!(ring.payload_keys().open(1, &sealed), Err(OpenError));
    }
}
