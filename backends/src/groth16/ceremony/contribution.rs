//! One contribution: a secret factor of δ, and the proof that whoever contributed knew it.
//!
//! The factor x is shown in the exponent of two points that nobody chose for the purpose: s·x for the contributor's own s, and r·x for an r
//! that is the hash of everything before and of s and s·x. e(s, r·x) = e(s·x, r) then shows that x was known (Bowe, Gabizon and Miers,
//! ePrint 2017/1050, section 3.1, under the knowledge-of-exponent assumption), and e(δ, r·x) = e(δ·x, r) that δ was multiplied by it. Hash and
//! encodings are those of snarkjs. What it leaves out of its hash, names and beacons, is in ours.

use std::fmt;
use std::str::FromStr;

use ark_bn254::{Fr, G1Affine};
use ark_ec::CurveGroup as _;
use blake2::{Blake2b512, Digest as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use super::beacon::Beacon;
use super::points::{self, PointG1, PointG2};
use super::powers::same_ratio;
use super::sampling::{Stream, hash_to_g2};
use crate::digest::Blake2bDigest;

/// Before everything else in the chain of hashes.
const DOMAIN: &[u8] = b"zapiki.ceremony.v1";

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Who contributed, in their own words. It is bound by the chain, and shows nothing of who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a name has 1 to {NAME_BYTES_MAX} bytes: letters, digits, spaces and any of . , - _ @ ( ) / ' + & # :"
)]
pub struct NameError;

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        // It is shown on terminals of strangers.
        let is_allowed = |c: char| c.is_alphanumeric() || " .,-_@()/'+&#:".contains(c);
        let fits = (1..=NAME_BYTES_MAX).contains(&text.len());
        (fits && text.trim() == text && text.chars().all(is_allowed))
            .then(|| Self(text.to_owned()))
            .ok_or(NameError)
    }
}

zapiki_core::string_form!(Name);

/// The factor that one contributor multiplies δ by. Wiped on drop.
pub struct Secret {
    pub(super) delta: Fr,
    s: G1Affine,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.delta.zeroize();
    }
}

impl Secret {
    /// From 64 random bytes of the operating system and whatever the contributor adds. Either of them is enough if it cannot be
    /// guessed, since both go through one hash.
    #[must_use]
    pub fn new(random: &[u8; 64], extra: &[u8]) -> Self {
        let mut hash = Blake2b512::new();
        hash.update(random);
        hash.update(extra);
        let mut digest: [u8; 64] = hash.finalize().into();
        let mut seed = Zeroizing::new([0; 32]);
        seed.copy_from_slice(&digest[..32]);
        digest.zeroize();
        Self::from_stream(Stream::new(&seed))
    }

    /// The one that everybody computes from a beacon.
    pub(super) fn of_beacon(beacon: &Beacon) -> Self {
        Self::from_stream(Stream::new(&beacon.evaluate()))
    }

    fn from_stream(mut stream: Stream) -> Self {
        let delta = stream.scalar();
        let s = stream.g1();
        Self { delta, s }
    }
}

/// One contribution, as the transcript has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// Who contributed.
    pub name: Name,
    /// What the factor comes from, if everybody can compute it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon: Option<Beacon>,
    /// δ after the contribution.
    pub delta: PointG1,
    /// A point of the contributor's choice.
    pub s: PointG1,
    /// The same, times the factor.
    pub s_delta: PointG1,
    /// A point that nobody chose, times the factor.
    pub r_delta: PointG2,
    /// The hash of everything before, which that point comes from.
    pub transcript: Blake2bDigest,
}

impl Contribution {
    /// Multiplies δ.
    pub(super) fn new(
        chain: &Chain,
        before: G1Affine,
        name: Name,
        beacon: Option<Beacon>,
        secret: &Secret,
    ) -> Self {
        let x = secret.delta;
        let s = PointG1(secret.s);
        let s_delta = PointG1((secret.s * x).into_affine());
        let transcript = chain.knowledge(&label(&name, beacon.as_ref()), &s, &s_delta);
        Self {
            name,
            beacon,
            delta: PointG1((before * x).into_affine()),
            s,
            s_delta,
            r_delta: PointG2((hash_to_g2(&transcript.0) * x).into_affine()),
            transcript,
        }
    }

    /// What a contributor publishes, so that everybody finds it in the transcript.
    #[must_use]
    pub fn digest(&self) -> Blake2bDigest {
        let mut hash = Blake2b512::new_with_prefix(DOMAIN);
        self.update(&mut hash);
        Blake2bDigest::of(hash)
    }

    fn update(&self, hash: &mut Blake2b512) {
        hash.update(label(&self.name, self.beacon.as_ref()));
        self.update_points(hash);
    }

    /// All that snarkjs hashes of a contribution.
    fn update_points(&self, hash: &mut Blake2b512) {
        hash.update(points::to_bytes(&self.delta.0));
        hash.update(points::to_bytes(&self.s.0));
        hash.update(points::to_bytes(&self.s_delta.0));
        hash.update(points::to_bytes(&self.r_delta.0));
        hash.update(self.transcript.0);
    }

    /// What is wrong with it, if it follows on these.
    pub(super) fn check(&self, chain: &Chain, before: G1Affine) -> Result<(), Flaw> {
        let label = label(&self.name, self.beacon.as_ref());
        if chain.knowledge(&label, &self.s, &self.s_delta) != self.transcript {
            return Err(Flaw::Transcript);
        }
        let r = (hash_to_g2(&self.transcript.0), self.r_delta.0);
        if !same_ratio((self.s.0, self.s_delta.0), r) {
            return Err(Flaw::Knowledge);
        }
        if !same_ratio((before, self.delta.0), r) {
            return Err(Flaw::Delta);
        }
        if let Some(beacon) = &self.beacon {
            let expected = Secret::of_beacon(beacon);
            let s_delta = (expected.s * expected.delta).into_affine();
            if self.s.0 != expected.s || self.s_delta.0 != s_delta {
                return Err(Flaw::Beacon);
            }
        }
        Ok(())
    }
}

/// What is wrong with one contribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It was made for another past, or was changed.
    #[error("it does not follow on what stands before it, or was changed afterwards")]
    Transcript,
    /// Nobody has shown to know the factor.
    #[error("its proof of knowledge does not hold")]
    Knowledge,
    /// δ is not the one before times the factor.
    #[error("delta was not multiplied by the factor that it shows")]
    Delta,
    /// The factor does not come from the beacon.
    #[error("its factor is not the one that comes from its beacon")]
    Beacon,
}

/// What the hash says of a contribution besides its points. Each part has its length before it.
fn label(name: &Name, beacon: Option<&Beacon>) -> Vec<u8> {
    let mut label = vec![name.0.len() as u8];
    label.extend(name.0.as_bytes());
    match beacon {
        None => label.push(0),
        Some(beacon) => {
            label.push(1);
            label.extend(beacon.to_bytes());
        }
    }
    label
}

/// The hash of everything so far.
#[derive(Clone)]
pub(super) struct Chain {
    hash: Blake2b512,
    dialect: Dialect,
}

/// Whose chain it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Zapiki,
    /// To check ours by.
    #[cfg(test)]
    Snarkjs,
}

impl Chain {
    /// Begins with the initial key.
    pub(super) fn new(initial_key: &Blake2bDigest) -> Self {
        let mut hash = Blake2b512::new_with_prefix(DOMAIN);
        hash.update(initial_key.0);
        Self {
            hash,
            dialect: Dialect::Zapiki,
        }
    }

    /// As snarkjs has it: no domain, no labels.
    #[cfg(test)]
    pub(super) fn of_snarkjs(initial_key: &Blake2bDigest) -> Self {
        Self {
            hash: Blake2b512::new_with_prefix(initial_key.0),
            dialect: Dialect::Snarkjs,
        }
    }

    /// What the next contribution's r is hashed from.
    fn knowledge(&self, label: &[u8], s: &PointG1, s_delta: &PointG1) -> Blake2bDigest {
        let mut hash = self.hash.clone();
        if self.dialect == Dialect::Zapiki {
            hash.update(label);
        }
        hash.update(points::to_bytes(&s.0));
        hash.update(points::to_bytes(&s_delta.0));
        Blake2bDigest::of(hash)
    }

    /// Goes on behind this contribution.
    pub(super) fn push(&mut self, contribution: &Contribution) {
        match self.dialect {
            Dialect::Zapiki => contribution.update(&mut self.hash),
            #[cfg(test)]
            Dialect::Snarkjs => contribution.update_points(&mut self.hash),
        }
    }

    /// Names everything so far.
    pub(super) fn digest(&self) -> Blake2bDigest {
        Blake2bDigest::of(self.hash.clone())
    }
}
