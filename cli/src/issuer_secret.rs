//! The private half of an issuer's key, under whichever suite.

use anyhow::{Context as _, Result};
use rand::rngs::OsRng;
use zapiki_core::suites::{IssuerKey, SuiteId, bjj_poseidon, pallas_poseidon, rescue_merkle};

/// A secret key. Wiped on drop, never shown.
#[derive(Debug)]
pub(crate) enum IssuerSecret {
    /// Under `bjj-poseidon-bn254`.
    BjjPoseidonBn254(bjj_poseidon::SecretKey),
    /// Under `rescue-merkle-ed25519`.
    RescueMerkleEd25519(Box<rescue_merkle::SecretKey>),
    /// Under `pallas-poseidon`.
    PallasPoseidon(Box<pallas_poseidon::SecretKey>),
}

impl IssuerSecret {
    /// A fresh key.
    pub(crate) fn generate(suite: SuiteId) -> Self {
        match suite {
            SuiteId::BjjPoseidonBn254 => {
                Self::BjjPoseidonBn254(bjj_poseidon::SecretKey::generate(&mut OsRng))
            }
            SuiteId::RescueMerkleEd25519 => {
                let key = rescue_merkle::SecretKey::generate(&mut OsRng);
                Self::RescueMerkleEd25519(Box::new(key))
            }
            SuiteId::PallasPoseidon => {
                let key = pallas_poseidon::SecretKey::generate(&mut OsRng);
                Self::PallasPoseidon(Box::new(key))
            }
        }
    }

    /// The key with these bytes.
    pub(crate) fn from_bytes(suite: SuiteId, bytes: &[u8; 32]) -> Result<Self> {
        Ok(match suite {
            SuiteId::BjjPoseidonBn254 => {
                Self::BjjPoseidonBn254(bjj_poseidon::SecretKey::from_bytes(*bytes))
            }
            SuiteId::RescueMerkleEd25519 => {
                let key = rescue_merkle::SecretKey::from_bytes(bytes);
                Self::RescueMerkleEd25519(Box::new(key))
            }
            SuiteId::PallasPoseidon => {
                let key = pallas_poseidon::SecretKey::from_bytes(*bytes)
                    .context("the key file is damaged: its private half is no key")?;
                Self::PallasPoseidon(Box::new(key))
            }
        })
    }

    /// The bytes, for the issuer's own file.
    pub(crate) fn expose_bytes(&self) -> &[u8; 32] {
        match self {
            Self::BjjPoseidonBn254(key) => key.expose_bytes(),
            Self::RescueMerkleEd25519(key) => key.expose_bytes(),
            Self::PallasPoseidon(key) => key.expose_bytes(),
        }
    }

    /// The public half.
    pub(crate) fn issuer(&self) -> IssuerKey {
        match self {
            Self::BjjPoseidonBn254(key) => IssuerKey::BjjPoseidonBn254(key.public_key()),
            Self::RescueMerkleEd25519(key) => IssuerKey::RescueMerkleEd25519(key.public_key()),
            Self::PallasPoseidon(key) => IssuerKey::PallasPoseidon(key.public_key()),
        }
    }
}
