//! The bytes of a Groth16 proof, in an envelope that is otherwise true.

use zapiki_backends::{InvalidReason, ProofBackend as _, Verdict};
use zapiki_core::envelope::ProofBytes;

use crate::edits::edited;
use crate::known::{GROTH16, GROTH16_PROOF};

/// Where arkworks' compressed points say which of two square roots is meant: the top bit of A and of B.
const SIGN_OF_A: usize = 31;
const SIGN_OF_B: usize = 95;
const SIGN: u8 = 0x80;

/// No other bytes than the known proof's verify, but for one exception that Groth16 is known for: whoever has a proof can make
/// others of the same statement from it (Groth, EUROCRYPT 2016; Bowe and Gabizon, ePrint 2018/187). The one that is two bits away is
/// (-A, -B, C).
pub fn check(data: &[u8]) {
    let known = &*GROTH16_PROOF;
    let bytes = edited(&known.proof.0, data);
    let mut negated = known.proof.0.clone();
    negated[SIGN_OF_A] ^= SIGN;
    negated[SIGN_OF_B] ^= SIGN;
    let holds = bytes == known.proof.0 || bytes == negated;
    let has_length = bytes.len() == known.proof.0.len();

    let mut altered = known.clone();
    altered.proof = ProofBytes(bytes);
    let verdict = GROTH16.verify(&altered).expect("its circuit is known");
    assert_eq!(verdict == Verdict::Valid, holds, "{verdict:?}");
    if verdict == Verdict::Invalid(InvalidReason::MalformedProof) {
        return;
    }
    assert!(has_length, "a proof of another length is read");

    // Alone or in a batch, beside a true one: the same.
    let batch = GROTH16.verify_batch(&[known, &altered]);
    assert_eq!(batch, [Ok(Verdict::Valid), Ok(verdict)]);

    // And never of another statement.
    altered.public_inputs.claim.challenge.0[0] ^= 1;
    assert_ne!(GROTH16.verify(&altered), Ok(Verdict::Valid));
}
