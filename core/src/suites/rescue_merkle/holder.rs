//! What a holder's secret is used for in this suite: the commitment in a credential, and nullifiers.
//!
//! The secret's 32 bytes are expanded to four field elements, and the scope hashed to four, by RFC 9380's `hash_to_field`
//! (`expand_message_xmd`, SHA-256; m = 1, L = ⌈(64 + 128) / 8⌉ = 24, count = 4) in domains of their own. What a circuit knows is the
//! four elements: they are as hard to guess as the secret.

use winter_math::StarkField as _;
use winter_math::fields::f64::BaseElement;
use zeroize::Zeroizing;

use super::Digest;
use super::rescue::{Domain, hash};
use crate::suites::bjj_poseidon::expand_message_xmd;

const KEY_DST: &[u8] = b"ZAPIKI-V1-RESCUE-HOLDER-KEY";
const SCOPE_DST: &[u8] = b"ZAPIKI-V1-RESCUE-NULLIFIER-SCOPE";

/// L of RFC 9380 for this field.
const L: usize = 24;

/// A holder's secret as this suite has it: four integers below the modulus. Wiped on drop.
pub struct HolderKey(Zeroizing<[u64; 4]>);

impl HolderKey {
    /// Expands the canonical 32 bytes of a holder secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        let expanded = Zeroizing::new(expand_message_xmd::<{ 4 * L }>(KEY_DST, secret));
        Self(Zeroizing::new(reduce(&expanded)))
    }

    /// The four elements, for hashing.
    #[must_use]
    pub fn expose(&self) -> [BaseElement; 4] {
        self.0.map(BaseElement::new)
    }
}

impl std::fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HolderKey([private])")
    }
}

/// The scope of a nullifier as a circuit sees it.
#[must_use]
pub fn scope_elements(scope: &str) -> [BaseElement; 4] {
    reduce(&expand_message_xmd::<{ 4 * L }>(
        SCOPE_DST,
        scope.as_bytes(),
    ))
    .map(BaseElement::new)
}

/// Each 24 bytes, big-endian, modulo p.
fn reduce(bytes: &[u8; 4 * L]) -> [u64; 4] {
    let modulus = u128::from(BaseElement::MODULUS);
    std::array::from_fn(|i| {
        let wide = &bytes[L * i..L * (i + 1)];
        let reduced = wide
            .iter()
            .fold(0u128, |sum, byte| (sum << 8 | u128::from(*byte)) % modulus);
        // Below p, which is below 2⁶⁴.
        reduced as u64
    })
}

/// The commitment that an issuer puts into a credential. Hiding because the key is uniform, binding because the hash is
/// collision-resistant.
#[must_use]
pub fn holder_commitment(key: &HolderKey) -> Digest {
    hash(Domain::HolderCommitment, &key.expose())
}

/// Hash of key and scope: the same within a scope, unlinkable across scopes.
#[must_use]
pub fn nullifier(key: &HolderKey, scope: &str) -> Digest {
    let ([a, b, c, d], [e, f, g, h]) = (key.expose(), scope_elements(scope));
    hash(Domain::Nullifier, &[a, b, c, d, e, f, g, h])
}
