//! The private input of a proof: the credential and the holder's secret.
//!
//! It exists in the holder's hands, sealed in the database, and in a worker's memory while it proves. It has no
//! useful `Debug`, is wiped on drop, and its parser never repeats what it was given.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::credential::{Attributes, Credential, FieldElement};
use crate::gap_tree::{Absence, GapTree};
use crate::signed_root::SignedRoot;
use crate::statement::Statement;
use crate::statements::listed::{revocation_value, screening_value};
use crate::suites::bjj_poseidon::{Fr, fr_to_be_bytes};

/// The longest serialised witness that is read, in bytes.
pub const WITNESS_BYTES_MAX: usize = 16 * 1024;

/// A field element that only the holder knows. Text form: `0x` and 64 lower-case hex digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HolderSecret(FieldElement);

impl HolderSecret {
    /// A fresh secret.
    #[must_use]
    pub fn generate(rng: &mut (impl rand::RngCore + rand::CryptoRng)) -> Self {
        Self(FieldElement(<Fr as ark_ff::UniformRand>::rand(rng)))
    }

    /// The secret, for hashing.
    #[must_use]
    pub const fn expose(&self) -> &Fr {
        &self.0.0
    }

    /// The canonical bytes, big-endian: what suites over other fields expand.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(fr_to_be_bytes(&self.0.0))
    }
}

impl From<Fr> for HolderSecret {
    fn from(secret: Fr) -> Self {
        Self(FieldElement(secret))
    }
}

impl Drop for HolderSecret {
    fn drop(&mut self) {
        self.0.0.zeroize();
    }
}

impl fmt::Debug for HolderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderSecret([private])")
    }
}

/// What only the prover may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// The signed credential.
    pub credential: Credential,
    /// The secret behind the credential's holder commitment.
    pub holder_secret: HolderSecret,
    /// What shows absence from lists. Not the holder's to give: whoever has the lists gathers it before proving.
    #[serde(skip)]
    pub absences: Absences,
}

/// What shows that something of the credential is absent from lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absences(BTreeMap<[u8; 32], Absence>);

impl Absences {
    /// Looks the credential up in every list that the statement is about. What is on a list gets nothing to show for it.
    ///
    /// # Errors
    /// A list that `tree_of` does not have.
    pub fn gather<T: AsRef<GapTree>>(
        statement: &Statement,
        attributes: &Attributes,
        tree_of: impl Fn(&SignedRoot) -> Option<T>,
    ) -> Result<Self, ListUnknown> {
        let mut absences = BTreeMap::new();
        for part in statement.parts() {
            let (list, value) = match part {
                Statement::NotSanctioned(part) => (part.list(), screening_value(attributes)),
                Statement::NotRevoked(part) => (
                    part.list(),
                    Some(revocation_value(attributes.revocation_id)),
                ),
                _ => continue,
            };
            let tree = tree_of(list).ok_or(ListUnknown)?;
            if let Some(absence) = value.and_then(|value| tree.as_ref().absence(&value)) {
                absences.insert(fr_to_be_bytes(&list.root.0), absence);
            }
        }
        Ok(Self(absences))
    }

    /// What shows absence from the list with this root.
    #[must_use]
    pub fn of(&self, list: &SignedRoot) -> Option<&Absence> {
        self.0.get(&fr_to_be_bytes(&list.root.0))
    }
}

/// Nobody here has the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the list that the statement is about is not known here")]
pub struct ListUnknown;

/// The text is no witness. Says where, never what.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WitnessError {
    /// Too long to be one.
    #[error("the witness has more than {WITNESS_BYTES_MAX} bytes")]
    TooLong,
    /// Not JSON, or not of the witness's form.
    #[error(
        "the witness is not a credential with its holder secret (line {line}, column {column})"
    )]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
}

impl Witness {
    /// A credential with its secret, before any list is consulted.
    #[must_use]
    pub fn new(credential: Credential, holder_secret: HolderSecret) -> Self {
        Self {
            credential,
            holder_secret,
            absences: Absences::default(),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The bytes are not a witness. The error holds a place, no part of the input: serde's own message would quote it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, WitnessError> {
        if bytes.len() > WITNESS_BYTES_MAX {
            return Err(WitnessError::TooLong);
        }
        serde_json::from_slice(bytes).map_err(|e| WitnessError::Malformed {
            line: e.line(),
            column: e.column(),
        })
    }

    /// The JSON form, wiped when dropped.
    ///
    /// # Errors
    /// None in practice: every part has a JSON form.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        // Room for all of it: a vector that grows leaves its old buffers behind unwiped.
        let mut json = Zeroizing::new(Vec::with_capacity(WITNESS_BYTES_MAX));
        serde_json::to_writer(&mut *json, self)?;
        Ok(json)
    }
}
