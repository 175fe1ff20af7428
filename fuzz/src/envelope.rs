//! Proof envelopes as JSON: read, written, judged.

use zapiki_backends::{ProofBackend as _, Verdict};
use zapiki_core::envelope::{ENVELOPE_BYTES_MAX, ProofEnvelope};
use zapiki_core::system::ProofSystem;

use crate::known::{GROTH16, GROTH16_PROOF, PLONK, PLONK_PROOF, STARK, STARK_PROOF};
use crate::read_twice;

/// An envelope reads back as what it is. It is valid only if it says what a known proof says.
pub fn check(data: &[u8]) {
    if data.len() > ENVELOPE_BYTES_MAX {
        return;
    }
    let Some(envelope) = read_twice::<ProofEnvelope>(data) else {
        return;
    };
    let (verdict, known) = match envelope.system {
        ProofSystem::Groth16 => (GROTH16.verify(&envelope), &*GROTH16_PROOF),
        ProofSystem::Plonk => (PLONK.verify(&envelope), &*PLONK_PROOF),
        ProofSystem::Stark => (STARK.verify(&envelope), &*STARK_PROOF),
    };
    if verdict == Ok(Verdict::Valid) {
        assert_eq!(
            envelope.public_inputs, known.public_inputs,
            "a proof of something else"
        );
        assert_eq!(
            (
                envelope.circuit,
                envelope.verifying_key,
                envelope.zero_knowledge
            ),
            (known.circuit, known.verifying_key, known.zero_knowledge)
        );
    }
}
