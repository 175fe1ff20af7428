//! Proofs that earlier builds made, and verifiers that hold them for true.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use zapiki_backends::groth16::{CircuitKeys, Groth16Backend};
use zapiki_backends::plonk::PlonkBackend;
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{ProofBackend as _, Verdict, VerifyingKeyDocument};
use zapiki_core::envelope::ProofEnvelope;

fn envelope(text: &str) -> ProofEnvelope {
    serde_json::from_str(text).expect("a golden envelope")
}

/// A proof of `age_over` on Groth16.
pub(crate) static GROTH16_PROOF: LazyLock<ProofEnvelope> = LazyLock::new(|| {
    let proof = envelope(include_str!(
        "../../backends/tests/golden/age_over@1.0.0.json"
    ));
    assert_eq!(GROTH16.verify(&proof), Ok(Verdict::Valid));
    proof
});

/// A proof of `age_over` on PLONK.
pub(crate) static PLONK_PROOF: LazyLock<ProofEnvelope> = LazyLock::new(|| {
    let proof = envelope(include_str!(
        "../../backends/tests/golden/plonk/age_over@1.0.0.json"
    ));
    assert_eq!(PLONK.verify(&proof), Ok(Verdict::Valid));
    proof
});

/// A proof of `age_over` on STARKs.
pub(crate) static STARK_PROOF: LazyLock<ProofEnvelope> = LazyLock::new(|| {
    let proof = envelope(include_str!(
        "../../backends/tests/golden/stark/age_over@1.0.0.json"
    ));
    assert_eq!(STARK.verify(&proof), Ok(Verdict::Valid));
    proof
});

/// The key of `age_over` on Groth16.
pub(crate) static GROTH16_KEY: LazyLock<VerifyingKeyDocument> = LazyLock::new(|| {
    let text = include_str!("../../api/src/examples/verifying_key.json");
    serde_json::from_str(text).expect("a verifying key")
});

/// The verifier with this key.
pub(crate) fn groth16(document: VerifyingKeyDocument) -> Option<Groth16Backend> {
    let keys = CircuitKeys {
        document,
        proving_key: None,
    };
    Groth16Backend::new(vec![keys], NonZeroUsize::MIN).ok()
}

/// The verifier of Groth16 proofs.
pub(crate) static GROTH16: LazyLock<Groth16Backend> =
    LazyLock::new(|| groth16(GROTH16_KEY.clone()).expect("the key is whole"));

/// The verifier of PLONK proofs.
pub(crate) static PLONK: LazyLock<PlonkBackend> =
    LazyLock::new(|| PlonkBackend::new(NonZeroUsize::MIN).expect("there is nothing to load"));

/// The verifier of STARK proofs.
pub(crate) static STARK: LazyLock<StarkBackend> =
    LazyLock::new(|| StarkBackend::new(NonZeroUsize::MIN).expect("there is nothing to load"));
