//! Revocation: the numbers of the credentials that an issuer has taken back, with the signed root of their tree.
//!
//! The document is public. It names credentials by the issuer's own numbers and says nothing else of them. Whoever proves needs all
//! of it, since the tree is made of all numbers; whoever verifies needs the root alone, which stands in the statement.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::credential::JSON_INTEGER_MAX;
use crate::day::Day;
use crate::gap_tree::{GapTree, GapTreeError};
use crate::signed_root::{ListName, SignedRoot};
use crate::statements::listed::revocation_value;
use crate::suites::bjj_poseidon::SecretKey;

/// What an issuer revoked, as it publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationList {
    /// The root, signed by the issuer.
    pub list: SignedRoot,
    /// The revocation numbers, in ascending order.
    pub revoked: BTreeSet<u64>,
}

/// The document is not what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RevocationError {
    /// The list is not named after its signer.
    #[error("the list is not named `revocations-` and the first 32 digits of its signer's key")]
    Name,
    /// The signature is not the signer's.
    #[error("the list's signature is not its signer's over name, root, entries and date")]
    Signature,
    /// The numbers do not have this root.
    #[error("the root or the count is not that of the revoked numbers")]
    Root,
    /// A number that a double does not hold.
    #[error("a revoked number is above {JSON_INTEGER_MAX}")]
    NumberTooLarge,
    /// There are too many of them.
    #[error(transparent)]
    Tree(#[from] GapTreeError),
}

impl RevocationList {
    /// Signs these numbers.
    ///
    /// # Errors
    /// A number is too large, or there are too many.
    pub fn sign(
        key: &SecretKey,
        revoked: BTreeSet<u64>,
        dated: Day,
    ) -> Result<Self, RevocationError> {
        let tree = tree(&revoked)?;
        let name = ListName::revocations_of(&key.public_key());
        let list = SignedRoot::sign(key, name, tree.root(), tree.len() as u64, dated);
        Ok(Self { list, revoked })
    }

    /// Checks name, signature and root, and gives the tree. Whether the signer is the issuer that is asked about is for the
    /// caller to judge.
    ///
    /// # Errors
    /// The document is not what it says.
    pub fn check(&self) -> Result<GapTree, RevocationError> {
        if self.list.name != ListName::revocations_of(&self.list.signer) {
            return Err(RevocationError::Name);
        }
        self.list.check().map_err(|_| RevocationError::Signature)?;
        let tree = tree(&self.revoked)?;
        if tree.root() != self.list.root.0 || tree.len() as u64 != self.list.entries {
            return Err(RevocationError::Root);
        }
        Ok(tree)
    }
}

fn tree(revoked: &BTreeSet<u64>) -> Result<GapTree, RevocationError> {
    if revoked.last().is_some_and(|last| *last > JSON_INTEGER_MAX) {
        return Err(RevocationError::NumberTooLarge);
    }
    Ok(GapTree::new(
        revoked.iter().map(|number| revocation_value(*number)),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> RevocationList {
        let key = SecretKey::from_bytes([1; 32]);
        let revoked = BTreeSet::from([0, 7, JSON_INTEGER_MAX]);
        RevocationList::sign(&key, revoked, "2026-11-24".parse().unwrap()).unwrap()
    }

    #[test]
    fn every_part_is_checked() {
        assert!(list().check().is_ok());
        let text = serde_json::to_string(&list()).unwrap();
        assert_eq!(
            serde_json::from_str::<RevocationList>(&text).unwrap(),
            list()
        );
        type Change = fn(&mut RevocationList);
        let changes: [(RevocationError, Change); 6] = [
            (RevocationError::Root, |l| assert!(l.revoked.remove(&7))),
            (RevocationError::Root, |l| assert!(l.revoked.insert(8))),
            (RevocationError::NumberTooLarge, |l| {
                assert!(l.revoked.insert(u64::MAX))
            }),
            (RevocationError::Signature, |l| l.list.entries += 1),
            (RevocationError::Name, |l| {
                l.list.name = "persons".parse().unwrap()
            }),
            (RevocationError::Name, |l| {
                let other = SecretKey::from_bytes([2; 32]);
                let (root, name) = (l.list.root.0, l.list.name.clone());
                l.list = SignedRoot::sign(&other, name, root, 3, l.list.dated);
            }),
        ];
        for (error, change) in changes {
            let mut changed = list();
            change(&mut changed);
            assert_eq!(changed.check().unwrap_err(), error);
        }
    }
}
