//! What a holder's secret is used for: the commitment in a credential, and nullifiers.
//!
//! Both are Poseidon hashes with a tag as the first input, so that neither can pass for the other or for any other
//! hash in the suite.

use std::sync::LazyLock;

use ark_bn254::Fr;

use super::{hash_to_field, poseidon};

/// First input of a holder commitment.
pub static HOLDER_TAG: LazyLock<Fr> =
    LazyLock::new(|| hash_to_field(b"ZAPIKI-V1-TAG", b"holder-commitment"));

/// First input of a nullifier.
pub static NULLIFIER_TAG: LazyLock<Fr> =
    LazyLock::new(|| hash_to_field(b"ZAPIKI-V1-TAG", b"nullifier"));

/// The commitment that an issuer puts into a credential: Poseidon(tag, secret). Hiding because the secret is a
/// uniform field element, binding because Poseidon is collision-resistant.
#[must_use]
pub fn holder_commitment(secret: &Fr) -> Fr {
    poseidon(&[*HOLDER_TAG, *secret])
}

/// Poseidon(tag, secret, scope): the same within a scope, unlinkable across scopes.
#[must_use]
pub fn nullifier(secret: &Fr, scope: &Fr) -> Fr {
    poseidon(&[*NULLIFIER_TAG, *secret, *scope])
}
