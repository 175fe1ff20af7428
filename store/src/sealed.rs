//! Sealing of private input: envelope encryption with XChaCha20-Poly1305 (RFC 8439, draft-irtf-cfrg-xchacha-03).
//!
//! Each proof has a fresh 256-bit data key. The witness is encrypted under it, and it under a key-encryption key (KEK)
//! that the operator holds and rotates. Nonces are random, 192 bits. Associated data bind each ciphertext to the domain,
//! tenant, proof and column that it is for, so that none can be moved, and a wrapped data key to the version of the key that
//! wraps it. Rotation wraps the data key anew and leaves the rest. Both the plaintext and the keys are wiped.

use std::collections::BTreeMap;
use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::{CryptoRng, RngCore};
use thiserror::Error;
use zapiki_core::ids::{ProofId, TenantId};
use zeroize::Zeroizing;

const DOMAIN: &[u8] = b"zapiki.seal.v2";
/// What a key is marked by that opens and does not seal yet.
const NEXT: &str = "next";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// The key-encryption keys by version. New input is sealed under the current one: the newest that is not marked `next`. All of
/// them open what they sealed.
///
/// A key is marked `next` until every service knows it: one that sealed earlier would seal what others cannot open.
pub struct KeyRing {
    keys: BTreeMap<u32, Zeroizing<[u8; KEY_BYTES]>>,
    current: u32,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(current: {})", self.current)
    }
}

/// The text is no key ring. Says where, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyRingError {
    /// No key at all.
    #[error("there is no key in it")]
    Empty,
    /// No key but such as are marked `next`.
    #[error("no key seals: all are marked `next`")]
    NoneSeals,
    /// A line of another form.
    #[error(
        "line {0} is not of the form `<version>:<64 hex digits>`, with `:next` behind it or not"
    )]
    Line(usize),
    /// Two keys of one version.
    #[error("line {0} repeats a version")]
    Repeated(usize),
}

impl KeyRing {
    /// Reads the text of a key file: one `<version>:<64 hex digits>` per line, with `:next` behind it while the key is not to
    /// seal yet.
    ///
    /// # Errors
    /// The text is of another form.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys = BTreeMap::new();
        let mut current = None;
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
            let (digits, mark) = match digits.split_once(':') {
                None => (digits, None),
                Some((digits, mark)) => (digits, Some(mark)),
            };
            match mark {
                None => current = current.max(Some(version)),
                Some(NEXT) => {}
                Some(_) => return Err(KeyRingError::Line(place)),
            }
            hex::decode_to_slice(digits, &mut *key).map_err(|_| KeyRingError::Line(place))?;
            if keys.insert(version, key).is_some() {
                return Err(KeyRingError::Repeated(place));
            }
        }
        if keys.is_empty() {
            return Err(KeyRingError::Empty);
        }
        let current = current.ok_or(KeyRingError::NoneSeals)?;
        Ok(Self { keys, current })
    }

    /// The version of the key that seals.
    #[must_use]
    pub const fn current(&self) -> u32 {
        self.current
    }

    /// Every version, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.keys.keys().copied()
    }

    /// The text of a key file with one more fresh key, marked `next`. The file must be one that [`Self::parse`] reads.
    ///
    /// # Errors
    /// It is not.
    pub fn with_next_key(
        text: &str,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Zeroizing<String>, KeyRingError> {
        let newest = Self::parse(text)?.versions().max();
        let version = newest.unwrap_or(0).checked_add(1);
        let version = version.ok_or(KeyRingError::Empty)?;
        Ok(edited(text, Some(&line(version, NEXT, rng)), |line| {
            Some(line)
        }))
    }

    /// The text of a key file in which every key seals: the newest is the current one.
    ///
    /// # Errors
    /// The text is no key file.
    pub fn with_all_promoted(text: &str) -> Result<Zeroizing<String>, KeyRingError> {
        Self::parse(text)?;
        let mark = format!(":{NEXT}");
        Ok(edited(text, None, |line| {
            Some(line.strip_suffix(mark.as_str()).unwrap_or(line))
        }))
    }

    /// The text of a key file without this version.
    ///
    /// # Errors
    /// The text is no key file, or would be none without it.
    pub fn without(text: &str, version: u32) -> Result<Zeroizing<String>, KeyRingError> {
        Self::parse(text)?;
        let start = format!("{version}:");
        let rest = edited(text, None, |line| {
            (!line.starts_with(start.as_str())).then_some(line)
        });
        Self::parse(&rest)?;
        Ok(rest)
    }

    /// The text of a new key file with one fresh key.
    #[must_use]
    pub fn generate_text(rng: &mut (impl RngCore + CryptoRng)) -> Zeroizing<String> {
        edited("", Some(&line(1, "", rng)), |line| Some(line))
    }
}

/// A fresh key's line.
fn line(version: u32, mark: &str, rng: &mut (impl RngCore + CryptoRng)) -> Zeroizing<String> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    rng.fill_bytes(&mut *key);
    let digits = Zeroizing::new(hex::encode(*key));
    let version = version.to_string();
    // Room for all of it: a string that grows leaves its old buffers behind unwiped.
    let room = version.len() + digits.len() + mark.len() + 2;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(&version);
    text.push(':');
    text.push_str(&digits);
    if !mark.is_empty() {
        text.push(':');
        text.push_str(mark);
    }
    text
}

/// The lines of a key file, each as `edit` leaves it, and one more.
fn edited(
    text: &str,
    more: Option<&str>,
    edit: impl for<'a> Fn(&'a str) -> Option<&'a str>,
) -> Zeroizing<String> {
    let room = text.len() + more.map_or(0, str::len) + 2;
    let mut lines = Zeroizing::new(String::with_capacity(room));
    let kept = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in kept.filter_map(edit).chain(more) {
        lines.push_str(line);
        lines.push('\n');
    }
    lines
}

/// What a ciphertext is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    pub(crate) proof: ProofId,
}

impl Place {
    /// What the content is bound to.
    fn of_content(self) -> Vec<u8> {
        let mut data = DOMAIN.to_vec();
        data.extend_from_slice(self.tenant.as_uuid().as_bytes());
        data.extend_from_slice(self.proof.as_uuid().as_bytes());
        data.extend_from_slice(b"ciphertext");
        data
    }

    /// What its data key is bound to.
    fn of_key(self, kek_version: u32) -> Vec<u8> {
        let mut data = DOMAIN.to_vec();
        data.extend_from_slice(self.tenant.as_uuid().as_bytes());
        data.extend_from_slice(self.proof.as_uuid().as_bytes());
        data.extend_from_slice(b"wrapped_key");
        data.extend_from_slice(&kek_version.to_be_bytes());
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
        let mut data_key = Zeroizing::new([0; KEY_BYTES]);
        rng.fill_bytes(&mut *data_key);
        let ciphertext = encrypt(rng, &data_key, plaintext, &place.of_content())?;
        self.wrap(rng, place, &data_key, ciphertext)
    }

    fn wrap(
        &self,
        rng: &mut (impl RngCore + CryptoRng),
        place: Place,
        data_key: &[u8; KEY_BYTES],
        ciphertext: Vec<u8>,
    ) -> Result<Sealed, OpenError> {
        let kek_version = self.current;
        let kek = self.keys.get(&kek_version).ok_or(OpenError)?;
        Ok(Sealed {
            kek_version,
            wrapped_key: encrypt(rng, kek, data_key, &place.of_key(kek_version))?,
            ciphertext,
        })
    }

    fn unwrap(
        &self,
        place: Place,
        sealed: &Sealed,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, OpenError> {
        let kek = self.keys.get(&sealed.kek_version).ok_or(OpenError)?;
        let data_key = decrypt(kek, &sealed.wrapped_key, &place.of_key(sealed.kek_version))?;
        let data_key: &[u8; KEY_BYTES] = data_key.as_slice().try_into().map_err(|_| OpenError)?;
        Ok(Zeroizing::new(*data_key))
    }

    /// The same input, whose data key is wrapped under the key that seals now.
    pub(crate) fn rewrap(
        &self,
        rng: &mut (impl RngCore + CryptoRng),
        place: Place,
        sealed: &Sealed,
    ) -> Result<Sealed, OpenError> {
        let data_key = self.unwrap(place, sealed)?;
        self.wrap(rng, place, &data_key, sealed.ciphertext.clone())
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(
        &self,
        place: Place,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let data_key = self.unwrap(place, sealed)?;
        decrypt(&data_key, &sealed.ciphertext, &place.of_content())
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

        let (wrapped_key, ciphertext) = (place(1, 2).of_key(1), place(1, 2).of_content());
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
        assert_eq!(format!("{:?}", ring(&line(3, 1))), "KeyRing(current: 3)");
        let key = "0".repeat(64);
        for bad in [
            &format!("1:{key}:later"),
            &format!("1:{key}:next:next"),
            &format!("1:{key}:"),
        ] {
            assert_eq!(
                KeyRing::parse(bad).err(),
                Some(KeyRingError::Line(1)),
                "{bad}"
            );
        }
        let unready = format!("1:{key}:next");
        assert_eq!(
            KeyRing::parse(&unready).err(),
            Some(KeyRingError::NoneSeals)
        );
    }

    /// The steps of a rotation, and what each service can open during them.
    #[test]
    fn a_key_is_known_before_it_seals_and_seals_until_it_is_known_no_more() {
        let old = KeyRing::generate_text(&mut OsRng);
        let added = KeyRing::with_next_key(&old, &mut OsRng).unwrap();
        let promoted = KeyRing::with_all_promoted(&added).unwrap();
        let [old, added, promoted] = [&old, &added, &promoted].map(|text| ring(text));
        assert_eq!(
            [old.current(), added.current(), promoted.current()],
            [1, 1, 2]
        );
        let seal = |ring: &KeyRing| ring.seal(&mut OsRng, place(1, 2), b"secret").unwrap();
        // Whoever runs beside whom during a rollout.
        for (sealing, opening) in [
            (&old, &added),
            (&added, &old),
            (&added, &promoted),
            (&promoted, &added),
        ] {
            let sealed = seal(sealing);
            assert_eq!(**opening.open(place(1, 2), &sealed).unwrap(), *b"secret");
        }
        let sealed = seal(&old);
        let again = promoted.rewrap(&mut OsRng, place(1, 2), &sealed).unwrap();
        assert_eq!(
            (again.kek_version, &again.ciphertext),
            (2, &sealed.ciphertext)
        );
        assert_eq!(old.open(place(1, 2), &again), Err(OpenError));
        // Not into another place.
        assert!(promoted.rewrap(&mut OsRng, place(1, 3), &sealed).is_err());
    }

    #[test]
    fn the_text_of_a_key_file_is_edited_line_by_line() {
        let two = line(1, 7) + &line(2, 8);
        assert_eq!(**KeyRing::without(&two, 1).unwrap(), line(2, 8));
        assert_eq!(
            KeyRing::without(&line(1, 7), 1).err(),
            Some(KeyRingError::Empty)
        );
        assert!(KeyRing::without("x", 1).is_err());
        let three = KeyRing::with_next_key(&two, &mut OsRng).unwrap();
        assert!(three.starts_with(&two) && three.ends_with(":next\n"));
        assert!(KeyRing::with_next_key("x", &mut OsRng).is_err());
    }
}
