//! What a holder's secret is used for in this suite: the commitment in a credential, and nullifiers.
//!
//! The secret's 32 bytes are hashed to a field element of this suite's own, and so is the scope. What a circuit knows is that element:
//! it is as hard to guess as the secret. Both hashes take a tag as the first input, so that neither can pass for any other hash in
//! the suite.

use std::sync::LazyLock;

use pasta_curves::pallas::Base;
use zeroize::Zeroizing;

use super::{hash_to_field, poseidon};

const KEY_DST: &[u8] = b"ZAPIKI-V1-PALLAS-HOLDER-KEY";
const SCOPE_DST: &[u8] = b"ZAPIKI-V1-PALLAS-NULLIFIER-SCOPE";
pub(super) const TAG_DST: &[u8] = b"ZAPIKI-V1-PALLAS-TAG";

/// First input of a holder commitment.
pub static HOLDER_TAG: LazyLock<Base> =
    LazyLock::new(|| hash_to_field(TAG_DST, b"holder-commitment"));

/// First input of a nullifier.
pub static NULLIFIER_TAG: LazyLock<Base> = LazyLock::new(|| hash_to_field(TAG_DST, b"nullifier"));

/// A holder's secret as this suite has it. Wiped on drop.
pub struct HolderKey(Zeroizing<Base>);

impl HolderKey {
    /// Hashes the canonical 32 bytes of a holder secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        Self(Zeroizing::new(hash_to_field(KEY_DST, secret)))
    }

    /// The element, for hashing.
    #[must_use]
    pub fn expose(&self) -> Base {
        *self.0
    }
}

impl std::fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HolderKey([private])")
    }
}

/// The scope of a nullifier as a circuit sees it.
#[must_use]
pub fn scope_element(scope: &str) -> Base {
    hash_to_field(SCOPE_DST, scope.as_bytes())
}

/// The commitment that an issuer puts into a credential: Poseidon(tag, key). Hiding because the key is uniform, binding because
/// Poseidon is collision-resistant.
#[must_use]
pub fn holder_commitment(key: &HolderKey) -> Base {
    poseidon([*HOLDER_TAG, key.expose()])
}

/// Poseidon(tag, key, scope): the same within a scope, unlinkable across scopes.
#[must_use]
pub fn nullifier(key: &HolderKey, scope: &str) -> Base {
    poseidon([*NULLIFIER_TAG, key.expose(), scope_element(scope)])
}
