//! Envelopes that earlier builds made: old proofs verify for ever.

use std::path::Path;

use zapiki_backends::{ProofBackend, Verdict};
use zapiki_core::envelope::ProofEnvelope;

/// Holds the golden envelopes against a backend: each verifies, not so with another challenge, and every circuit has one.
///
/// `ZAPIKI_RECORD_ENVELOPES=DIR` writes one of `fresh` into the folder of that name below it for each circuit that has none there; a
/// published one is never replaced.
pub(crate) fn hold(
    backend: &dyn ProofBackend,
    folder: &str,
    fresh: &[ProofEnvelope],
    golden: &[&str],
) {
    if let Some(root) = std::env::var_os("ZAPIKI_RECORD_ENVELOPES") {
        let folder = Path::new(&root).join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        for envelope in fresh {
            let path = folder.join(format!("{}.json", envelope.circuit));
            if !path.exists() {
                let text = serde_json::to_string_pretty(envelope).unwrap();
                std::fs::write(path, text + "\n").unwrap();
            }
        }
    }
    let mut covered = Vec::new();
    for text in golden {
        let envelope: ProofEnvelope = serde_json::from_str(text).unwrap();
        assert_eq!(backend.verify(&envelope), Ok(Verdict::Valid));
        covered.push(envelope.circuit);
        let mut forged = envelope;
        forged.public_inputs.claim.challenge.0[0] ^= 1;
        let verdict = backend.verify(&forged);
        assert_ne!(verdict, Ok(Verdict::Valid), "the check can fail");
    }
    for circuit in backend.circuits() {
        assert!(covered.contains(&circuit.id), "{} has none", circuit.id);
    }
}
