//! The bytes of a proof: A, B, C as arkworks compresses them, 32 + 64 + 32.

use ark_bn254::Bn254;
use ark_groth16::Proof;
use ark_serialize::{CanonicalDeserialize as _, CanonicalSerialize as _};
use zapiki_core::envelope::ProofBytes;

/// How long every proof is.
pub(crate) const PROOF_BYTES: usize = 128;

/// The bytes of a proof.
pub(crate) fn to_bytes(proof: &Proof<Bn254>) -> Option<ProofBytes> {
    let mut bytes = Vec::with_capacity(PROOF_BYTES);
    proof.serialize_compressed(&mut bytes).ok()?;
    Some(ProofBytes(bytes))
}

/// The proof with these bytes; `None` unless they are the canonical form of three points of the right subgroups.
pub(crate) fn from_bytes(bytes: &ProofBytes) -> Option<Proof<Bn254>> {
    if bytes.0.len() != PROOF_BYTES {
        return None;
    }
    // Checks curve and subgroup.
    let proof = Proof::<Bn254>::deserialize_compressed(&bytes.0[..]).ok()?;
    // One proof has one form: a flag bit that decoding ignores would make two.
    (to_bytes(&proof)? == *bytes).then_some(proof)
}
