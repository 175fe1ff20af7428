//! Signed roots: who says on which day that a set has this root.
//!
//! A root is a number; what it is worth depends on who published it and when. A signed root says both, travels in the statement
//! that uses it, and can be checked offline. The signature is the suite's own (EdDSA over Baby Jubjub), over the hash to
//! the field of an injective encoding: the name with its length, the root, the number of values, the day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::credential::FieldElement;
use crate::day::Day;
use crate::suites::bjj_poseidon::{
    self, Fr, PublicKey, SecretKey, Signature, SignatureError, fr_to_be_bytes,
};

const DST: &[u8] = b"ZAPIKI-V1-SIGNED-ROOT";

/// The longest name of a list, in bytes.
pub const LIST_NAME_BYTES_MAX: usize = 64;

/// How the names of lists of revocations begin.
pub const REVOCATIONS: &str = "revocations-";

/// The name of a list: 1 to [`LIST_NAME_BYTES_MAX`] lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListName(String);

/// The text is no name of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a list's name: 1 to {LIST_NAME_BYTES_MAX} lower-case letters, digits and hyphens, such as `ofac-sdn`"
)]
pub struct ListNameError;

impl ListName {
    /// The name under which the issuer with this key publishes what it revoked.
    #[must_use]
    pub fn revocations_of(issuer: &PublicKey) -> Self {
        // 128 bits of the key tell issuers apart; the signature is under all of it.
        let key = issuer.to_string();
        Self(format!("{REVOCATIONS}{}", &key[..32]))
    }

    /// Whether this is the name of some issuer's revocations.
    #[must_use]
    pub fn is_of_revocations(&self) -> bool {
        self.0.starts_with(REVOCATIONS)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ListName {
    type Err = ListNameError;
    fn from_str(text: &str) -> Result<Self, ListNameError> {
        let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=LIST_NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ListNameError)
        }
    }
}

crate::string_form!(ListName);

/// The root of a list on a day, with the signature of whoever says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRoot {
    /// Which list.
    pub name: ListName,
    /// The root of its [`GapTree`](crate::gap_tree::GapTree).
    pub root: FieldElement,
    /// How many values it has.
    pub entries: u64,
    /// The day on which it was read at its source.
    pub dated: Day,
    /// Who says so.
    pub signer: PublicKey,
    /// Over all of the above but the signer.
    pub signature: Signature,
}

impl SignedRoot {
    /// Signs the root.
    #[must_use]
    pub fn sign(key: &SecretKey, name: ListName, root: Fr, entries: u64, dated: Day) -> Self {
        let message = message(&name, &root, entries, dated);
        Self {
            name,
            root: FieldElement(root),
            entries,
            dated,
            signer: key.public_key(),
            signature: bjj_poseidon::sign(key, &message),
        }
    }

    /// Checks that the signer signed this. Whether the signer is to be trusted is for the caller to judge.
    ///
    /// # Errors
    /// It did not.
    pub fn check(&self) -> Result<(), SignatureError> {
        let message = message(&self.name, &self.root.0, self.entries, self.dated);
        bjj_poseidon::verify(&self.signer, &message, &self.signature)
    }

    /// Days from the root's day to another; 0 if the other comes first.
    #[must_use]
    pub fn age_on(&self, day: Day) -> u32 {
        day.number().saturating_sub(self.dated.number())
    }
}

fn message(name: &ListName, root: &Fr, entries: u64, dated: Day) -> Fr {
    let mut bytes = Vec::with_capacity(128);
    // A name has at most 64 bytes.
    bytes.push(name.0.len() as u8);
    bytes.extend_from_slice(name.0.as_bytes());
    bytes.extend_from_slice(&fr_to_be_bytes(root));
    bytes.extend_from_slice(&entries.to_be_bytes());
    bytes.extend_from_slice(&dated.number().to_be_bytes());
    bjj_poseidon::hash_to_field(DST, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_signed() {
        let key = SecretKey::from_bytes([1; 32]);
        let dated: Day = "2026-11-24".parse().unwrap();
        let name: ListName = "ofac-sdn".parse().unwrap();
        let signed = SignedRoot::sign(&key, name, Fr::from(7u8), 3, dated);
        assert_eq!(signed.check(), Ok(()));
        let json = serde_json::to_string(&signed).unwrap();
        assert_eq!(serde_json::from_str::<SignedRoot>(&json).unwrap(), signed);
        let changes: [fn(&mut SignedRoot); 5] = [
            |s| s.name = "ofac-sdm".parse().unwrap(),
            |s| s.root.0 += Fr::from(1u8),
            |s| s.entries += 1,
            |s| s.dated = s.dated.plus_days(1).unwrap(),
            |s| s.signer = SecretKey::from_bytes([2; 32]).public_key(),
        ];
        for (i, change) in changes.into_iter().enumerate() {
            let mut changed = signed.clone();
            change(&mut changed);
            assert_eq!(changed.check(), Err(SignatureError), "change {i}");
        }
        assert_eq!(signed.age_on("2026-12-01".parse().unwrap()), 7);
        assert_eq!(signed.age_on("2026-11-01".parse().unwrap()), 0);
    }

    #[test]
    fn names_have_one_spelling() {
        for text in ["", "OFAC", "ofac sdn", "ofac_sdn", &"a".repeat(65)] {
            assert!(text.parse::<ListName>().is_err(), "{text}");
        }
        let key = SecretKey::from_bytes([1; 32]).public_key();
        let name = ListName::revocations_of(&key);
        assert_eq!(name, name.to_string().parse().unwrap());
        assert!(name.is_of_revocations());
    }
}
