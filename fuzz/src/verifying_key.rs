//! Documents of verifying keys: read, written, loaded.

use zapiki_backends::{ProofBackend as _, Verdict, VerifyingKeyDocument};
use zapiki_core::system::ProofSystem;

use crate::known::{GROTH16_KEY, GROTH16_PROOF, groth16};
use crate::read_twice;

/// A document reads back as what it is. Under a key that is loaded, the known proof verifies only if it is the proof's own.
pub fn check(data: &[u8]) {
    let Some(document) = read_twice::<VerifyingKeyDocument>(data) else {
        return;
    };
    // A key of another edition is refused before any of its points is looked at; so are most of what comes by here.
    if document.system != ProofSystem::Groth16 {
        return;
    }
    let is_known = document.circuit == GROTH16_KEY.circuit && document.key == GROTH16_KEY.key;
    let digest = document.digest;
    let Some(verifier) = groth16(document) else {
        return;
    };
    let verdict = verifier.verify(&GROTH16_PROOF);
    if verdict == Ok(Verdict::Valid) {
        assert!(is_known, "another key takes the proof");
        assert_eq!(digest, GROTH16_KEY.digest);
    }
}
