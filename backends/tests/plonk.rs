//! PLONK alone: bytes, labels, batches, and envelopes of earlier builds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod golden;
mod people;

use std::sync::LazyLock;

use people::{PLONK, circuit_of, claim, prove, witness};
use proptest::prelude::*;
use zapiki_backends::{
    CircuitSize, InvalidReason, ProofBackend as _, ProveError, Provenance, Verdict, VerifyError,
};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::suites::SuiteId;
use zapiki_core::system::{Maturity, ProofSystem};

/// True of Ana, in the order of the circuits.
const TRUE: [&str; 4] = [
    r#"{"type":"age_over","min_age":25,"as_of":"2026-11-24"}"#,
    r#"{"type":"income_at_least","minimum_minor":345000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#,
    r#"{"type":"income_in_range","minimum_minor":345000,"maximum_minor":345000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#,
    r#"{"type":"resident_of","countries":["DE","PT"],"as_of":"2026-11-24"}"#,
];

const PROOF_BYTES: usize = 4_160;

static ENVELOPES: LazyLock<Vec<ProofEnvelope>> = LazyLock::new(|| {
    let proofs = TRUE.iter().map(|statement| prove(&*PLONK, statement));
    proofs.map(|proof| proof.unwrap().unwrap()).collect()
});

fn verdict(envelope: &ProofEnvelope) -> Verdict {
    PLONK.verify(envelope).unwrap()
}

fn invalid(reason: InvalidReason) -> Verdict {
    Verdict::Invalid(reason)
}

#[test]
fn the_capabilities_promise_nothing_that_is_not_so() {
    let capabilities = PLONK.capabilities();
    assert!(capabilities.zero_knowledge && !capabilities.trusted_setup);
    assert!(!capabilities.post_quantum);
    assert_eq!(capabilities.maturity, Maturity::Stable);
    assert_eq!(PLONK.circuits().len(), TRUE.len());
    for circuit in PLONK.circuits() {
        assert_eq!(circuit.suite, SuiteId::PallasPoseidon);
        assert_eq!(circuit.provenance, Provenance::Transparent);
        let CircuitSize::Rows { k, rows, .. } = circuit.size else {
            panic!("{:?}", circuit.size);
        };
        assert!(rows <= 1 << k);
        let document = PLONK.verifying_key(circuit.id).unwrap();
        assert_eq!(document.digest, circuit.verifying_key);
        assert!(document.key.is_none() && document.proving_key.is_none());
    }
}

#[test]
fn what_is_true_is_proved_and_says_nothing_private() {
    for envelope in ENVELOPES.iter() {
        let text = serde_json::to_string(envelope).unwrap();
        let read: ProofEnvelope = serde_json::from_str(&text).unwrap();
        assert_eq!(verdict(&read), Verdict::Valid);
        assert_eq!(read.proof.0.len(), PROOF_BYTES);
        assert!(read.zero_knowledge);
        assert!(!text.contains("2001-05-17") && !text.contains("345000\",\"c"));
    }
    assert!(PLONK.proving_key_bytes(ENVELOPES[0].circuit).is_some());
}

#[test]
fn proofs_of_one_witness_differ_all_over() {
    let own = &ENVELOPES[0];
    let again = prove(&*PLONK, TRUE[0]).unwrap().unwrap();
    assert_eq!(again.public_inputs, own.public_inputs);
    let differing = own.proof.0.iter().zip(&again.proof.0);
    let differing = differing.filter(|(one, other)| one != other).count();
    assert!(differing > PROOF_BYTES * 9 / 10, "{differing}");
}

#[test]
fn every_typed_public_input_is_bound_by_the_proof() {
    type Change = fn(&mut ProofEnvelope);
    let other_issuer = |e: &mut ProofEnvelope| {
        e.public_inputs.claim.issuer = people::Issuer::new(9).key(SuiteId::PallasPoseidon);
    };
    let other_suite = |e: &mut ProofEnvelope| {
        e.public_inputs.claim.issuer = people::Issuer::new(1).key(SuiteId::BjjPoseidonBn254);
    };
    let changes: [(&str, Change); 5] = [
        ("challenge", |e| e.public_inputs.claim.challenge.0[31] ^= 1),
        ("scope", |e| {
            e.public_inputs.claim.scope = "test".parse().unwrap()
        }),
        ("nullifier", |e| e.public_inputs.nullifier.0[31] ^= 1),
        ("issuer", other_issuer),
        ("another suite's issuer", other_suite),
    ];
    for (name, change) in changes {
        for envelope in ENVELOPES.iter() {
            let mut tampered = envelope.clone();
            change(&mut tampered);
            let reason = InvalidReason::EquationFailed;
            assert_eq!(verdict(&tampered), invalid(reason), "{name}");
        }
    }
    // A second spelling of the nullifier is none.
    let mut spelled = ENVELOPES[0].clone();
    spelled.public_inputs.nullifier.0 = [0xff; 32];
    assert_eq!(verdict(&spelled), invalid(InvalidReason::EquationFailed));
}

#[test]
fn labels_must_be_true() {
    let own = &ENVELOPES[0];
    let mut relabelled = own.clone();
    relabelled.zero_knowledge = false;
    assert_eq!(verdict(&relabelled), invalid(InvalidReason::Mislabelled));

    let mut other_key = own.clone();
    other_key.verifying_key.0[0] ^= 1;
    let mismatch = invalid(InvalidReason::VerifyingKeyMismatch);
    assert_eq!(verdict(&other_key), mismatch);

    let mut other_circuit = own.clone();
    other_circuit.circuit.version.minor += 1;
    let error = VerifyError::UnknownCircuit(other_circuit.circuit);
    assert_eq!(PLONK.verify(&other_circuit), Err(error));

    let mut foreign = own.clone();
    foreign.system = ProofSystem::Groth16;
    let error = VerifyError::ForeignSystem(ProofSystem::Groth16);
    assert_eq!(PLONK.verify(&foreign), Err(error));
}

#[test]
fn a_circuit_proves_its_statement_under_its_suite() {
    let circuit = circuit_of(&*PLONK, TRUE[0]).unwrap();
    let other = claim(TRUE[1], SuiteId::PallasPoseidon);
    let wrong = Err(ProveError::WrongCircuit(circuit.id));
    assert_eq!(PLONK.prove(circuit.id, &other, &witness()), wrong);
    let bjj = claim(TRUE[0], SuiteId::BjjPoseidonBn254);
    let wrong = Err(ProveError::WrongSuite(circuit.id));
    assert_eq!(PLONK.prove(circuit.id, &bjj, &witness()), wrong);
    let mut unknown = circuit.id;
    unknown.version.major += 1;
    let own = claim(TRUE[0], SuiteId::PallasPoseidon);
    let wrong = Err(ProveError::UnknownCircuit(unknown));
    assert_eq!(PLONK.prove(unknown, &own, &witness()), wrong);
}

#[test]
fn malformed_proofs_are_told_from_wrong_ones() {
    let own = &ENVELOPES[0];
    let with = |bytes: Vec<u8>| {
        let mut envelope = own.clone();
        envelope.proof.0 = bytes;
        verdict(&envelope)
    };
    let honest = &own.proof.0;
    let malformed = invalid(InvalidReason::MalformedProof);
    assert_eq!(with(Vec::new()), malformed, "empty");
    assert_eq!(with([&honest[..], &[0]].concat()), malformed, "long");
    assert_eq!(with(honest[1..].to_vec()), malformed, "short");
    assert_eq!(with(vec![0xff; PROOF_BYTES]), malformed, "no point");
    assert_eq!(with(vec![0; PROOF_BYTES]), malformed, "the identity");
    // The last 32 bytes are a number: the modulus is zero once more.
    let mut second = honest.clone();
    second[PROOF_BYTES - 32..].fill(0xff);
    assert_eq!(with(second), malformed, "a number from the modulus on");
    let mut other = honest.clone();
    other[PROOF_BYTES - 32] ^= 1;
    let failed = invalid(InvalidReason::EquationFailed);
    assert_eq!(with(other), failed, "another number");
    // Two points in each other's place are points.
    let mut swapped = honest.clone();
    swapped[..64].rotate_left(32);
    assert_eq!(with(swapped), failed, "another order");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever is done to the bytes of a proof, it neither holds nor ends the process.
    #[test]
    fn no_altered_proof_holds(
        circuit in 0..4usize,
        at in any::<prop::sample::Index>(),
        change in 1u8..,
        more in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut envelope = ENVELOPES[circuit].clone();
        let honest = envelope.proof.0.clone();
        let bytes = &mut envelope.proof.0;
        let length = bytes.len();
        bytes[at.index(length)] ^= change;
        for (at, value) in more {
            bytes[at.index(length)] = value;
        }
        prop_assume!(*bytes != honest);
        prop_assert_ne!(verdict(&envelope), Verdict::Valid);
    }
}

#[test]
fn a_batch_says_of_each_proof_what_the_proof_alone_says() {
    let honest = &*ENVELOPES;
    let forged = honest.iter().map(|envelope| {
        let mut forged = envelope.clone();
        forged.public_inputs.claim.challenge.0[0] ^= 1;
        forged
    });
    let mut malformed = honest[0].clone();
    malformed.proof.0.pop();
    let mut unknown = honest[1].clone();
    unknown.circuit.version.major += 1;
    let mut other_key = honest[2].clone();
    other_key.verifying_key.0[0] ^= 1;
    let mixed: Vec<ProofEnvelope> = [
        honest.to_vec(),
        forged.collect(),
        vec![malformed, unknown, other_key],
    ]
    .concat();
    // Two of one circuit that both hold, so that the sum is taken.
    let good = [honest.to_vec(), honest.to_vec()].concat();
    for envelopes in [mixed, good] {
        let alone: Vec<_> = envelopes.iter().map(|one| PLONK.verify(one)).collect();
        let together = PLONK.verify_batch(&envelopes.iter().collect::<Vec<_>>());
        assert_eq!(together, alone);
        let valid = alone.iter().filter(|v| **v == Ok(Verdict::Valid));
        assert!(valid.count() >= honest.len());
    }
    assert_eq!(PLONK.verify_batch(&[]), []);
}

#[test]
fn the_envelopes_of_every_published_circuit_still_verify() {
    golden::hold(
        &*PLONK,
        "plonk",
        &ENVELOPES[..],
        &[
            include_str!("golden/plonk/age_over@1.0.0.json"),
            include_str!("golden/plonk/income_at_least@1.0.0.json"),
            include_str!("golden/plonk/income_in_range@1.0.0.json"),
            include_str!("golden/plonk/resident_of@1.0.0.json"),
        ],
    );
}
