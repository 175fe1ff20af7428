//! Suites: the hash, curve and signature scheme that one proof system checks cheaply.
//!
//! Each suite is a standard construction with its source named and its vectors from independent code. An issuer signs
//! a credential once per suite that it enables.

pub mod bjj_poseidon;
pub mod pallas_poseidon;
pub mod rescue_merkle;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuiteId {
    /// Poseidon and EdDSA over Baby Jubjub, as circomlib and iden3 have them; field of BN254.
    BjjPoseidonBn254,
    /// Rescue-Prime over Goldilocks, a Merkle tree, Ed25519 over its root.
    RescueMerkleEd25519,
    /// Poseidon and Schnorr signatures over Pallas, as Zcash has curve and hash.
    PallasPoseidon,
}

crate::named_variants!(SuiteId, UnknownSuite, "suite", {
    BjjPoseidonBn254 => "bjj-poseidon-bn254",
    RescueMerkleEd25519 => "rescue-merkle-ed25519",
    PallasPoseidon => "pallas-poseidon",
});

/// An issuer's public key under its suite. JSON form: `{"suite": …, "key": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "IssuerKeyForm", into = "IssuerKeyForm")]
pub enum IssuerKey {
    /// A point of Baby Jubjub.
    BjjPoseidonBn254(bjj_poseidon::PublicKey),
    /// A point of edwards25519.
    RescueMerkleEd25519(rescue_merkle::PublicKey),
    /// A point of Pallas.
    PallasPoseidon(pallas_poseidon::PublicKey),
}

/// The text is no public key of the suite.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an issuer key of suite {suite}: {reason}")]
pub struct IssuerKeyError {
    suite: SuiteId,
    reason: String,
}

impl IssuerKey {
    /// Reads the text of a key of this suite.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(suite: SuiteId, key: &str) -> Result<Self, IssuerKeyError> {
        let error = |reason: &dyn std::fmt::Display| IssuerKeyError {
            suite,
            reason: reason.to_string(),
        };
        match suite {
            SuiteId::BjjPoseidonBn254 => key
                .parse()
                .map(Self::BjjPoseidonBn254)
                .map_err(|e| error(&e)),
            SuiteId::RescueMerkleEd25519 => key
                .parse()
                .map(Self::RescueMerkleEd25519)
                .map_err(|e| error(&e)),
            SuiteId::PallasPoseidon => key.parse().map(Self::PallasPoseidon).map_err(|e| error(&e)),
        }
    }

    /// Hash, curve and signature scheme.
    #[must_use]
    pub const fn suite(&self) -> SuiteId {
        match self {
            Self::BjjPoseidonBn254(_) => SuiteId::BjjPoseidonBn254,
            Self::RescueMerkleEd25519(_) => SuiteId::RescueMerkleEd25519,
            Self::PallasPoseidon(_) => SuiteId::PallasPoseidon,
        }
    }

    /// The key's text, without its suite: 64 lower-case hex digits.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::BjjPoseidonBn254(key) => key.to_string(),
            Self::RescueMerkleEd25519(key) => key.to_string(),
            Self::PallasPoseidon(key) => key.to_string(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerKeyForm {
    suite: SuiteId,
    key: String,
}

impl TryFrom<IssuerKeyForm> for IssuerKey {
    type Error = IssuerKeyError;
    fn try_from(form: IssuerKeyForm) -> Result<Self, IssuerKeyError> {
        Self::parse(form.suite, &form.key)
    }
}

impl From<IssuerKey> for IssuerKeyForm {
    fn from(issuer: IssuerKey) -> Self {
        Self {
            suite: issuer.suite(),
            key: issuer.key(),
        }
    }
}
