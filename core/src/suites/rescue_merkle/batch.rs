//! Issuing: a batch of credentials becomes a tree, and each holder gets a path.

use std::fmt;

use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use winter_math::fields::f64::BaseElement;

use super::Digest;
use super::leaf::leaf_elements;
use super::rescue::{Domain, hash};
use super::root::{BatchRoot, PublicKey, RootSignatureError, SecretKey};
use super::tree::{self, Path};
use crate::credential::{Attributes, IssueError};
use crate::day::Day;

/// One credential of a batch, before it is signed.
pub struct Member<'a> {
    /// What the issuer says of the holder.
    pub attributes: &'a Attributes,
    /// Of the holder's secret, under this suite.
    pub holder_commitment: Digest,
}

/// An issuer's signature over one credential under this suite: a leaf's salt, its path, and the signed root.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafSignature {
    /// The issuer's public key.
    pub issuer_key: PublicKey,
    /// Of the holder's secret, under this suite.
    pub holder_commitment: Digest,
    /// Random; hides the leaf from those who see it in their own paths.
    pub salt: Digest,
    /// From the leaf to the root.
    pub path: Path,
    /// The root and the issuer's signature over it.
    pub root: BatchRoot,
}

impl fmt::Debug for LeafSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A signature identifies the credential: as private as its attributes.
        f.write_str("LeafSignature([private])")
    }
}

impl Drop for LeafSignature {
    fn drop(&mut self) {
        self.holder_commitment = Digest([BaseElement::default(); 4]);
        self.salt = Digest([BaseElement::default(); 4]);
        std::hint::black_box(&self.salt);
    }
}

/// Signs a batch: one signature for all.
///
/// # Errors
/// It is empty, larger than a tree, or has attributes without an encoding.
pub fn issue(
    members: &[Member<'_>],
    key: &SecretKey,
    signed_on: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<LeafSignature>, IssueError> {
    let salts: Vec<_> = members.iter().map(|_| Digest::random(rng)).collect();
    let leaves = members
        .iter()
        .zip(&salts)
        .map(|(member, salt)| leaf_of(member.attributes, &member.holder_commitment, salt))
        .collect::<Result<Vec<_>, _>>()?;
    let (root, paths) = tree::build(leaves, rng).ok_or(IssueError::BatchSize)?;
    let root = BatchRoot::sign(key, root, signed_on);
    let issuer_key = key.public_key();
    let signed = members.iter().zip(salts).zip(paths);
    Ok(signed
        .map(|((member, salt), path)| LeafSignature {
            issuer_key,
            holder_commitment: member.holder_commitment,
            salt,
            path,
            root,
        })
        .collect())
}

fn leaf_of(
    attributes: &Attributes,
    commitment: &Digest,
    salt: &Digest,
) -> Result<Digest, IssueError> {
    let elements = leaf_elements(attributes, commitment, salt)?;
    Ok(hash(Domain::Leaf, &elements))
}

impl LeafSignature {
    /// Checks that the attributes are under the root, and the root is the issuer's.
    ///
    /// # Errors
    /// One of the two does not hold.
    pub fn verify(&self, attributes: &Attributes) -> Result<(), RootSignatureError> {
        let leaf = leaf_of(attributes, &self.holder_commitment, &self.salt)
            .map_err(|_| RootSignatureError::Mismatch)?;
        if self.path.root(&leaf) != self.root.root {
            return Err(RootSignatureError::Mismatch);
        }
        self.root.verify(&self.issuer_key)
    }
}
