//! `not_sanctioned` and `not_revoked`: something of the credential is absent from a published list.
//!
//! Public: the list's signed root, the day. Private: where in the list it would stand. The root names the list, its signature
//! says who read it on which day; a verifier decides whom to believe and how old a root may be.
//!
//! - `not_sanctioned`: the credential's screening identity is not on the list.
//! - `not_revoked`: the credential's revocation number is not among those that its issuer revoked. The root must be signed by the
//!   issuer's own key.

use ark_ff::Field as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::credential::Attributes;
use crate::day::Day;
use crate::signed_root::{ListName, SignedRoot};
use crate::suites::bjj_poseidon::Fr;

/// The list is none that can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ListError {
    /// Its signer did not sign it.
    #[error("the list's signature is not its signer's over name, root, entries and date")]
    Signature,
    /// A list of revocations in place of a list of persons.
    #[error("the list is what an issuer revoked; ask about it with `not_revoked`")]
    Revocations,
    /// A list of persons in place of a list of revocations.
    #[error(
        "`not_revoked` is about the list that the credential's issuer signed and that is named after its key"
    )]
    NotRevocations,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    list: SignedRoot,
    as_of: Day,
}

macro_rules! listed {
    ($(#[$docs:meta])* $name:ident, $is_revocations:literal, $error:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "Parameters", into = "Parameters")]
        pub struct $name {
            list: SignedRoot,
            as_of: Day,
        }

        impl $name {
            /// The statement about this list.
            ///
            /// # Errors
            /// The list is of the other kind, or its signature does not hold.
            pub fn new(list: SignedRoot, as_of: Day) -> Result<Self, ListError> {
                let is_signers = list.name == ListName::revocations_of(&list.signer);
                if list.name.is_of_revocations() != $is_revocations || $is_revocations != is_signers {
                    return Err(ListError::$error);
                }
                list.check().map_err(|_| ListError::Signature)?;
                Ok(Self { list, as_of })
            }

            /// The list's signed root.
            #[must_use]
            pub const fn list(&self) -> &SignedRoot {
                &self.list
            }

            /// The day on which the credential must be valid.
            #[must_use]
            pub const fn as_of(&self) -> Day {
                self.as_of
            }
        }

        impl TryFrom<Parameters> for $name {
            type Error = ListError;
            fn try_from(p: Parameters) -> Result<Self, ListError> {
                Self::new(p.list, p.as_of)
            }
        }

        impl From<$name> for Parameters {
            fn from(s: $name) -> Self {
                Self {
                    list: s.list,
                    as_of: s.as_of,
                }
            }
        }
    };
}

listed! {
    /// The holder is not on this list.
    NotSanctioned, false, Revocations
}

listed! {
    /// The issuer has not revoked the credential.
    NotRevoked, true, NotRevocations
}

/// The value of a credential that is looked for in a list of persons. `None` if it has no screening identity.
#[must_use]
pub fn screening_value(attributes: &Attributes) -> Option<Fr> {
    attributes.screening_id.map(|id| id.0)
}

/// The value of a revocation number in a list of revocations: one more, since 0 is no value of a list.
#[must_use]
pub fn revocation_value(revocation_id: u64) -> Fr {
    Fr::from(revocation_id) + Fr::ONE
}
