//! The bytes of a proof: the signed root, and winterfell's own.
//!
//! Two big-endian bytes say how long the first part is: 100. Then the root (32), the day of signing as a day number (4,
//! big-endian), the issuer's Ed25519 signature (64). The rest is the STARK, to the last byte.

use zapiki_core::day::Day;
use zapiki_core::envelope::{PROOF_BYTES_MAX, ProofBytes};
use zapiki_core::suites::rescue_merkle::{BatchRoot, Digest, RootSignature};

const ROOT_BYTES: usize = 32;
const DAY_BYTES: usize = 4;
const SIGNATURE_BYTES: usize = 64;
const HEADER_BYTES: usize = ROOT_BYTES + DAY_BYTES + SIGNATURE_BYTES;

/// The bytes of a proof.
pub(crate) fn to_bytes(root: &BatchRoot, stark: &[u8]) -> ProofBytes {
    let mut bytes = Vec::with_capacity(2 + HEADER_BYTES + stark.len());
    bytes.extend_from_slice(&(HEADER_BYTES as u16).to_be_bytes());
    bytes.extend_from_slice(&root.root.to_bytes());
    bytes.extend_from_slice(&root.signed_on.number().to_be_bytes());
    bytes.extend_from_slice(&root.signature.0);
    bytes.extend_from_slice(stark);
    ProofBytes(bytes)
}

/// The two parts; `None` unless the first is canonical.
pub(crate) fn from_bytes(bytes: &ProofBytes) -> Option<(BatchRoot, &[u8])> {
    let bytes = &bytes.0[..];
    if bytes.len() > PROOF_BYTES_MAX {
        return None;
    }
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    if usize::from(u16::from_be_bytes(*length)) != HEADER_BYTES {
        return None;
    }
    let (root, rest) = rest.split_first_chunk::<ROOT_BYTES>()?;
    let (day, rest) = rest.split_first_chunk::<DAY_BYTES>()?;
    let (signature, stark) = rest.split_first_chunk::<SIGNATURE_BYTES>()?;
    let root = BatchRoot {
        root: Digest::from_bytes(root).ok()?,
        signed_on: Day::from_number(u32::from_be_bytes(*day)).ok()?,
        signature: RootSignature(*signature),
    };
    Some((root, stark))
}
