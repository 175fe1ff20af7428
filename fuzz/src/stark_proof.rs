//! The bytes of a STARK proof, in an envelope that is otherwise true.

use std::sync::Once;

use zapiki_backends::{ProofBackend as _, Verdict};
use zapiki_core::envelope::ProofBytes;

use crate::edits::edited;
use crate::known::{STARK, STARK_PROOF};

/// No other bytes than the known proof's verify.
pub fn check(data: &[u8]) {
    // The backend turns the library's own assertions into a verdict; libFuzzer's hook would end the process before it can. A
    // failure of ours still ends it.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));

    let known = &*STARK_PROOF;
    let bytes = edited(&known.proof.0, data);
    let holds = bytes == known.proof.0;
    let mut altered = known.clone();
    altered.proof = ProofBytes(bytes);
    let verdict = STARK.verify(&altered).expect("its circuit is known");
    assert_eq!(verdict == Verdict::Valid, holds, "{verdict:?}");
}
