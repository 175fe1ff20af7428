//! Sealing of what is secret: envelope encryption with the cipher of [`zapiki_core::aead`].
//!
//! Each secret has a fresh 256-bit data key. It is encrypted under that, and that under a key-encryption key (KEK)
//! that the operator holds and rotates. Associated data bind each ciphertext to the domain,
//! tenant, row and column that it is for, so that none can be moved, and a wrapped data key to the version of the key that
//! wraps it. Rotation wraps the data key anew and leaves the rest. Both the plaintext and the keys are wiped.

use rand::{CryptoRng, RngCore};
use uuid::Uuid;
use zapiki_core::aead::{Key, OpenError, open, seal};
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::key_ring::KeyRing;
use zeroize::Zeroizing;

const DOMAIN: &[u8] = b"zapiki.seal.v2";

/// What a ciphertext is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    row: Row,
}

/// A row with something sealed.
#[derive(Debug, Clone, Copy)]
enum Row {
    /// The private input of a proof.
    Input(ProofId),
    /// A secret that webhooks are signed with.
    WebhookSecret(Uuid),
}

impl Place {
    pub(crate) const fn of_input(tenant: TenantId, proof: ProofId) -> Self {
        Self {
            tenant,
            row: Row::Input(proof),
        }
    }

    pub(crate) const fn of_webhook_secret(tenant: TenantId, id: Uuid) -> Self {
        Self {
            tenant,
            row: Row::WebhookSecret(id),
        }
    }

    /// What the content is bound to.
    fn of_content(self) -> Vec<u8> {
        self.of_column(match self.row {
            Row::Input(_) => "ciphertext",
            Row::WebhookSecret(_) => "webhook_secrets.ciphertext",
        })
    }

    /// What its data key is bound to.
    fn of_key(self, kek_version: u32) -> Vec<u8> {
        let mut data = self.of_column(match self.row {
            Row::Input(_) => "wrapped_key",
            Row::WebhookSecret(_) => "webhook_secrets.wrapped_key",
        });
        data.extend_from_slice(&kek_version.to_be_bytes());
        data
    }

    fn of_column(self, column: &str) -> Vec<u8> {
        let row = match self.row {
            Row::Input(proof) => proof.as_uuid(),
            Row::WebhookSecret(id) => id,
        };
        let mut data = DOMAIN.to_vec();
        data.extend_from_slice(self.tenant.as_uuid().as_bytes());
        data.extend_from_slice(row.as_bytes());
        data.extend_from_slice(column.as_bytes());
        data
    }
}

/// Something sealed, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) kek_version: u32,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

impl Sealed {
    /// What the columns of a row have; `None` if no version of ours is such a number.
    pub(crate) fn of_row(
        kek_version: i32,
        wrapped_key: Vec<u8>,
        ciphertext: Vec<u8>,
    ) -> Option<Self> {
        Some(Self {
            kek_version: u32::try_from(kek_version).ok()?,
            wrapped_key,
            ciphertext,
        })
    }
}

/// Seals `plaintext`.
pub(crate) fn seal_in(
    keys: &KeyRing,
    rng: &mut (impl RngCore + CryptoRng),
    place: Place,
    plaintext: &[u8],
) -> Result<Sealed, OpenError> {
    let data_key = Key::generate(rng);
    let ciphertext = seal(rng, &data_key, plaintext, &place.of_content())?;
    wrap(keys, rng, place, &data_key, ciphertext)
}

/// The same, whose data key is wrapped under the key that seals now.
pub(crate) fn rewrap(
    keys: &KeyRing,
    rng: &mut (impl RngCore + CryptoRng),
    place: Place,
    sealed: &Sealed,
) -> Result<Sealed, OpenError> {
    let data_key = unwrap(keys, place, sealed)?;
    wrap(keys, rng, place, &data_key, sealed.ciphertext.clone())
}

/// Opens what was sealed for this place.
pub(crate) fn open_from(
    keys: &KeyRing,
    place: Place,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let data_key = unwrap(keys, place, sealed)?;
    open(&data_key, &sealed.ciphertext, &place.of_content()).map(Zeroizing::new)
}

fn wrap(
    keys: &KeyRing,
    rng: &mut (impl RngCore + CryptoRng),
    place: Place,
    data_key: &Key,
    ciphertext: Vec<u8>,
) -> Result<Sealed, OpenError> {
    let kek_version = keys.current();
    let kek = keys.key(kek_version).ok_or(OpenError)?;
    Ok(Sealed {
        kek_version,
        wrapped_key: seal(rng, kek, data_key.expose(), &place.of_key(kek_version))?,
        ciphertext,
    })
}

fn unwrap(keys: &KeyRing, place: Place, sealed: &Sealed) -> Result<Key, OpenError> {
    let kek = keys.key(sealed.kek_version).ok_or(OpenError)?;
    let data_key = open(kek, &sealed.wrapped_key, &place.of_key(sealed.kek_version))?;
    Key::from_slice(&Zeroizing::new(data_key)).ok_or(OpenError)
}

#[cfg(test)]
mod tests {
    use rand::rngs::OsRng;

    use super::*;

    fn ring(text: &str) -> KeyRing {
        KeyRing::parse(text).unwrap()
    }

    fn place(tenant: u128, proof: u128) -> Place {
        Place::of_input(
            TenantId::from_uuid(Uuid::from_u128(tenant)),
            ProofId::from_uuid(Uuid::from_u128(proof)),
        )
    }

    fn line(version: u32, byte: u8) -> String {
        format!("{version}:{}\n", hex::encode([byte; 32]))
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let ring = ring(&KeyRing::generate_text(&mut OsRng));
        let sealed = seal_in(&ring, &mut OsRng, place(1, 2), b"born 2001-05-17").unwrap();
        assert_eq!(
            **open_from(&ring, place(1, 2), &sealed).unwrap(),
            *b"born 2001-05-17"
        );
        assert!(!sealed.ciphertext.windows(4).any(|w| w == b"2001"));
        let of_a_webhook = Place::of_webhook_secret(place(1, 2).tenant, Uuid::from_u128(2));
        for elsewhere in [place(1, 3), place(2, 2), place(2, 1), of_a_webhook] {
            assert_eq!(open_from(&ring, elsewhere, &sealed), Err(OpenError));
        }
        // Nor what was sealed before with its data key.
        assert_ne!(of_a_webhook.of_content(), place(1, 2).of_content());
        assert_ne!(of_a_webhook.of_key(1), place(1, 2).of_key(1));
    }

    #[test]
    fn any_change_is_noticed() {
        let ring = ring(&line(1, 7));
        let sealed = seal_in(&ring, &mut OsRng, place(1, 2), b"secret").unwrap();
        let mut versions = sealed.clone();
        versions.kek_version = 2;
        assert_eq!(open_from(&ring, place(1, 2), &versions), Err(OpenError));
        for at in 0..sealed.ciphertext.len() {
            let mut changed = sealed.clone();
            changed.ciphertext[at] ^= 1;
            assert_eq!(open_from(&ring, place(1, 2), &changed), Err(OpenError));
        }
        for at in 0..sealed.wrapped_key.len() {
            let mut changed = sealed.clone();
            changed.wrapped_key[at] ^= 1;
            assert_eq!(open_from(&ring, place(1, 2), &changed), Err(OpenError));
        }
        let swapped = Sealed {
            ciphertext: sealed.wrapped_key.clone(),
            ..sealed.clone()
        };
        assert_eq!(open_from(&ring, place(1, 2), &swapped), Err(OpenError));
        let empty = Sealed {
            ciphertext: Vec::new(),
            ..sealed
        };
        assert_eq!(open_from(&ring, place(1, 2), &empty), Err(OpenError));
    }

    /// Where the key alone would let it pass: one key under two versions, one key for both columns.
    #[test]
    fn version_and_column_are_bound() {
        let ring = ring(&(line(1, 7) + &line(2, 7)));
        let mut sealed = seal_in(&ring, &mut OsRng, place(1, 2), b"secret").unwrap();
        sealed.kek_version = 1;
        assert_eq!(open_from(&ring, place(1, 2), &sealed), Err(OpenError));

        let (wrapped_key, ciphertext) = (place(1, 2).of_key(1), place(1, 2).of_content());
        let key = ring.key(1).unwrap();
        let sealed = seal(&mut OsRng, key, b"secret", &wrapped_key).unwrap();
        assert!(open(key, &sealed, &wrapped_key).is_ok());
        assert_eq!(open(key, &sealed, &ciphertext), Err(OpenError));
    }

    #[test]
    fn sealing_twice_shows_no_pattern() {
        let ring = ring(&line(1, 7));
        let [a, b] = [0; 2].map(|_| seal_in(&ring, &mut OsRng, place(1, 2), b"secret").unwrap());
        assert_ne!(a.ciphertext, b.ciphertext);
        assert_ne!(a.wrapped_key, b.wrapped_key);
    }

    #[test]
    fn a_rotated_key_opens_what_it_sealed_and_a_lost_one_does_not() {
        let sealed = seal_in(&ring(&line(1, 7)), &mut OsRng, place(1, 2), b"secret").unwrap();
        let rotated = ring(&(line(1, 7) + &line(2, 8)));
        assert_eq!(
            **open_from(&rotated, place(1, 2), &sealed).unwrap(),
            *b"secret"
        );
        assert_eq!(
            seal_in(&rotated, &mut OsRng, place(1, 2), b"secret")
                .unwrap()
                .kek_version,
            2
        );
        let retired = KeyRing::with_retired(&(line(1, 7) + &line(2, 8)), 1).unwrap();
        for without in [&line(2, 8), &line(1, 9), &*retired] {
            let opened = open_from(&ring(without), place(1, 2), &sealed);
            assert_eq!(opened, Err(OpenError));
        }
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
        let seal = |ring: &KeyRing| seal_in(ring, &mut OsRng, place(1, 2), b"secret").unwrap();
        // Whoever runs beside whom during a rollout.
        for (sealing, opening) in [
            (&old, &added),
            (&added, &old),
            (&added, &promoted),
            (&promoted, &added),
        ] {
            let sealed = seal(sealing);
            assert_eq!(
                **open_from(opening, place(1, 2), &sealed).unwrap(),
                *b"secret"
            );
        }
        let sealed = seal(&old);
        let again = rewrap(&promoted, &mut OsRng, place(1, 2), &sealed).unwrap();
        assert_eq!(
            (again.kek_version, &again.ciphertext),
            (2, &sealed.ciphertext)
        );
        assert_eq!(open_from(&old, place(1, 2), &again), Err(OpenError));
        // Not into another place.
        assert!(rewrap(&promoted, &mut OsRng, place(1, 3), &sealed).is_err());
    }
}
