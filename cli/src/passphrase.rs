//! Secrets encrypted under a passphrase: argon2id to stretch it, XChaCha20-Poly1305 to seal with.
//!
//! The parameters of the stretching travel with the ciphertext and are authenticated with it, so that they can be
//! raised later. What is read is bounded before memory is spent on it: a file is untrusted input.

use anyhow::{Result, anyhow, bail};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngCore as _;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// RFC 9106, second recommended option: 64 MiB, three passes, four lanes.
const RECOMMENDED: Stretching = Stretching {
    memory_kib: 64 * 1024,
    passes: 3,
    lanes: 4,
};

const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;
const PASSPHRASE_BYTES_MIN: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretching {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A sealed secret with all that is needed to open it but the passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    argon2id: Stretching,
    salt: String,
    nonce: String,
    ciphertext: String,
}

/// Seals a secret. `context` is authenticated and must be the same on opening.
pub(crate) fn seal(passphrase: &[u8], context: &[u8], secret: &[u8]) -> Result<Sealed> {
    if passphrase.len() < PASSPHRASE_BYTES_MIN {
        bail!("the passphrase has fewer than {PASSPHRASE_BYTES_MIN} bytes; choose a longer one");
    }
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    OsRng.fill_bytes(&mut salt);
    OsRng.fill_bytes(&mut nonce);
    let key = stretch(passphrase, &salt, RECOMMENDED)?;
    let aad = authenticated(context, RECOMMENDED);
    let ciphertext = XChaCha20Poly1305::new_from_slice(key.as_slice())
        .map_err(|_| anyhow!("the derived key has the wrong length"))?
        .encrypt(
            XNonce::from_slice(&nonce),
            Payload {
                msg: secret,
                aad: &aad,
            },
        )
        .map_err(|_| anyhow!("the secret is too long to seal"))?;
    Ok(Sealed {
        argon2id: RECOMMENDED,
        salt: hex::encode(salt),
        nonce: hex::encode(nonce),
        ciphertext: hex::encode(ciphertext),
    })
}

/// Opens what [`seal`] sealed. Does not say which of passphrase, context and ciphertext is wrong: it cannot know.
pub(crate) fn open(
    passphrase: &[u8],
    context: &[u8],
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>> {
    let damaged =
        || anyhow!("the sealed secret is damaged: salt, nonce or ciphertext is not of its form");
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    hex::decode_to_slice(&sealed.salt, &mut salt).map_err(|_| damaged())?;
    hex::decode_to_slice(&sealed.nonce, &mut nonce).map_err(|_| damaged())?;
    let ciphertext = hex::decode(&sealed.ciphertext).map_err(|_| damaged())?;
    let key = stretch(passphrase, &salt, sealed.argon2id)?;
    let aad = authenticated(context, sealed.argon2id);
    XChaCha20Poly1305::new_from_slice(key.as_slice())
        .map_err(|_| damaged())?
        .decrypt(
            XNonce::from_slice(&nonce),
            Payload {
                msg: &ciphertext,
                aad: &aad,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| anyhow!("the passphrase does not open this file, or the file was changed"))
}

fn stretch(passphrase: &[u8], salt: &[u8], cost: Stretching) -> Result<Zeroizing<[u8; 32]>> {
    if cost.memory_kib > MEMORY_KIB_MAX || cost.passes > PASSES_MAX || cost.lanes > LANES_MAX {
        bail!(
            "the file asks for more memory or time to open it than is allowed: it is damaged or hostile"
        );
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|error| anyhow!("the file's argon2id parameters are not usable: {error}"))?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, key.as_mut())
        .map_err(|error| anyhow!("argon2id failed: {error}"))?;
    Ok(key)
}

fn authenticated(context: &[u8], cost: Stretching) -> Vec<u8> {
    let mut aad = b"ZAPIKI-V1-PASSPHRASE-SEALED".to_vec();
    for number in [cost.memory_kib, cost.passes, cost.lanes] {
        aad.extend(number.to_be_bytes());
    }
    aad.extend(context);
    aad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_in_its_context_opens() {
        let sealed = seal(b"correct horse", b"key 1", b"the secret").unwrap();
        assert_eq!(
            open(b"correct horse", b"key 1", &sealed)
                .unwrap()
                .as_slice(),
            b"the secret"
        );
        assert!(open(b"wrong horse", b"key 1", &sealed).is_err());
        assert!(open(b"correct horse", b"key 2", &sealed).is_err());
        assert!(
            !serde_json::to_string(&sealed)
                .unwrap()
                .contains(&hex::encode(b"the secret"))
        );
    }

    #[test]
    fn a_changed_file_does_not_open() {
        let sealed = seal(b"correct horse", b"key 1", b"the secret").unwrap();
        let mut weaker = sealed.clone();
        weaker.argon2id.passes -= 1;
        assert!(open(b"correct horse", b"key 1", &weaker).is_err());
        let mut flipped = sealed;
        let tail = if flipped.ciphertext.ends_with('0') {
            "1"
        } else {
            "0"
        };
        flipped
            .ciphertext
            .replace_range(flipped.ciphertext.len() - 1.., tail);
        assert!(open(b"correct horse", b"key 1", &flipped).is_err());
    }

    #[test]
    fn a_hostile_file_costs_no_memory() {
        let mut sealed = seal(b"correct horse", b"", b"x").unwrap();
        sealed.argon2id.memory_kib = u32::MAX;
        let refused = open(b"correct horse", b"", &sealed)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("hostile"), "{refused}");
    }

    #[test]
    fn a_short_passphrase_is_refused() {
        assert!(seal(b"1234567", b"", b"x").is_err());
    }
}
