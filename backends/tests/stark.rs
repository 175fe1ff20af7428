//! STARKs as a verifier, a prover and an attacker meet them: real proofs, through the backend alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod golden;

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{
    CircuitSize, InvalidReason, ProofBackend as _, ProveError, Provenance, Verdict, VerifyError,
};
use zapiki_core::claim::ClaimError;
use zapiki_core::credential::{Attributes, Credential, FieldElement, Income, IncomePeriod};
use zapiki_core::day::Day;
use zapiki_core::envelope::{ENVELOPE_BYTES_MAX, PROOF_BYTES_MAX, ProofEnvelope};
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::Statement;
use zapiki_core::suites::rescue_merkle::{
    BatchRoot, Digest, HolderKey, SecretKey, holder_commitment,
};
use zapiki_core::suites::{IssuerKey, SuiteId, bjj_poseidon};
use zapiki_core::system::{Maturity, ProofSystem};
use zapiki_core::witness::{HolderSecret, Witness};

static BACKEND: LazyLock<StarkBackend> =
    LazyLock::new(|| StarkBackend::new(NonZeroUsize::MIN).unwrap());

/// A true statement, statements that are false, and the error that each gets.
struct Row {
    holds: &'static str,
    fails: &'static [(&'static str, ClaimError)],
}

/// Ana was born on 2001-05-17 and earns 3,450.00 EUR a month.
const TABLE: [Row; 2] = [
    Row {
        holds: r#"{"type":"age_over","min_age":25,"as_of":"2026-11-24"}"#,
        fails: &[
            (
                r#"{"type":"age_over","min_age":26,"as_of":"2026-11-24"}"#,
                ClaimError::NotSatisfied,
            ),
            (
                r#"{"type":"age_over","min_age":25,"as_of":"2025-12-31"}"#,
                ClaimError::NotYetValid,
            ),
            (
                r#"{"type":"age_over","min_age":25,"as_of":"2027-01-02"}"#,
                ClaimError::Expired,
            ),
        ],
    },
    Row {
        holds: r#"{"type":"income_at_least","minimum_minor":345000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#,
        fails: &[
            (
                r#"{"type":"income_at_least","minimum_minor":345001,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#,
                ClaimError::NotSatisfied,
            ),
            (
                r#"{"type":"income_at_least","minimum_minor":1,"currency":"USD","period":"month","as_of":"2026-11-24"}"#,
                ClaimError::CurrencyDiffers,
            ),
            (
                r#"{"type":"income_at_least","minimum_minor":1,"currency":"EUR","period":"year","as_of":"2026-11-24"}"#,
                ClaimError::PeriodDiffers,
            ),
        ],
    },
];

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn issuer() -> SecretKey {
    SecretKey::from_bytes(&[2; 32])
}

fn witness() -> Witness {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let secret = HolderSecret::generate(&mut rng);
    let attributes = Attributes {
        holder_commitment: FieldElement(bjj_poseidon::holder_commitment(secret.expose())),
        birth_date: Some(day("2001-05-17")),
        income: Some(Income {
            amount_minor: 345_000,
            currency: "EUR".parse().unwrap(),
            period: IncomePeriod::Month,
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: Some(FieldElement(7u8.into())),
        issued_at: day("2026-01-01"),
        expires_at: day("2027-01-01"),
        revocation_id: 1,
    };
    let commitment = holder_commitment(&HolderKey::derive(&secret.to_bytes()));
    let mut batch = vec![(Credential::unsigned(attributes).unwrap(), commitment); 4];
    Credential::sign_batch(&mut batch, &issuer(), day("2026-01-02"), &mut rng).unwrap();
    Witness::new(batch.remove(2).0, secret)
}

fn claim(statement: &str) -> Claim {
    Claim {
        statement: serde_json::from_str(statement).unwrap(),
        issuer: IssuerKey::RescueMerkleEd25519(issuer().public_key()),
        challenge: Challenge([3; 32]),
        scope: "tests".parse().unwrap(),
    }
}

static ENVELOPES: LazyLock<Vec<ProofEnvelope>> = LazyLock::new(|| {
    let witness = witness();
    let circuits = BACKEND.circuits().iter().zip(&TABLE);
    circuits
        .map(|(circuit, row)| {
            let claim = claim(row.holds);
            BACKEND.prove(circuit.id, &claim, &witness).unwrap()
        })
        .collect()
});

fn verdict(envelope: &ProofEnvelope) -> Verdict {
    BACKEND.verify(envelope).unwrap()
}

fn invalid(reason: InvalidReason) -> Verdict {
    Verdict::Invalid(reason)
}

#[test]
fn the_capabilities_promise_nothing_that_is_not_so() {
    let capabilities = BACKEND.capabilities();
    assert!(!capabilities.zero_knowledge);
    assert!(!capabilities.trusted_setup);
    assert_eq!(capabilities.maturity, Maturity::Experimental);
    for circuit in BACKEND.circuits() {
        assert_eq!(circuit.suite, SuiteId::RescueMerkleEd25519);
        assert_eq!(circuit.provenance, Provenance::Transparent);
        let steps: usize = circuit.parts.iter().map(|(_, steps)| steps).sum();
        assert_eq!(
            circuit.size,
            CircuitSize::Trace {
                length: steps,
                columns: 23
            }
        );
        let document = BACKEND.verifying_key(circuit.id).unwrap();
        assert_eq!(document.digest, circuit.verifying_key);
        assert!(document.key.is_none() && document.proving_key.is_none());
    }
}

#[test]
fn true_claims_are_proved_and_verify_after_a_trip_through_json() {
    for envelope in ENVELOPES.iter() {
        let text = serde_json::to_string(envelope).unwrap();
        assert!(text.len() < ENVELOPE_BYTES_MAX && envelope.proof.0.len() < PROOF_BYTES_MAX);
        let read: ProofEnvelope = serde_json::from_str(&text).unwrap();
        assert_eq!(read, *envelope);
        assert_eq!(verdict(&read), Verdict::Valid);
        assert!(text.contains(r#""zero_knowledge":false"#));
        assert!(!text.contains("2001-05-17"));
    }
}

#[test]
fn false_claims_are_refused_by_name() {
    for (circuit, row) in BACKEND.circuits().iter().zip(&TABLE) {
        for (statement, error) in row.fails {
            assert_eq!(
                BACKEND.prove(circuit.id, &claim(statement), &witness()),
                Err(ProveError::Unsatisfied(*error)),
                "{statement}"
            );
        }
    }
}

#[test]
fn other_peoples_credentials_are_refused_by_name() {
    let circuit = BACKEND.circuits()[0].id;
    let claim = claim(TABLE[0].holds);
    let prove = |claim: &Claim, change: fn(&mut Witness)| {
        let mut witness = witness();
        change(&mut witness);
        BACKEND.prove(circuit, claim, &witness).map(|_| ())
    };
    let unsatisfied = |error| Err(ProveError::Unsatisfied(error));
    assert_eq!(
        prove(&claim, |w| w.holder_secret =
            HolderSecret::from(bjj_poseidon::Fr::from(5u8))),
        unsatisfied(ClaimError::ForeignHolder)
    );
    assert_eq!(
        prove(&claim, |w| w.credential.attributes.birth_date =
            Some(day("1950-01-01"))),
        unsatisfied(ClaimError::ForgedSignature)
    );
    assert_eq!(
        prove(&claim, |w| w.credential.signatures.rescue_merkle_ed25519 =
            None),
        unsatisfied(ClaimError::SuiteMissing)
    );
    let mut other = claim.clone();
    other.issuer = IssuerKey::RescueMerkleEd25519(SecretKey::from_bytes(&[9; 32]).public_key());
    assert_eq!(
        prove(&other, |_| ()),
        unsatisfied(ClaimError::ForeignIssuer)
    );
    let bjj = bjj_poseidon::SecretKey::from_bytes([1; 32]).public_key();
    other.issuer = IssuerKey::BjjPoseidonBn254(bjj);
    assert_eq!(prove(&other, |_| ()), Err(ProveError::WrongSuite(circuit)));
}

#[test]
fn proofs_of_one_witness_differ_all_over() {
    let own = &ENVELOPES[0];
    let claim = &own.public_inputs.claim;
    let again = BACKEND.prove(own.circuit, claim, &witness()).unwrap();
    assert_eq!(again.public_inputs, own.public_inputs);
    // The signed root is the same. From the commitments on nothing is.
    let differing = own.proof.0.iter().zip(&again.proof.0);
    let differing = differing.skip(200).filter(|(one, other)| one != other);
    assert!(differing.count() > 40_000);
}

#[test]
fn every_typed_public_input_is_bound_by_the_proof() {
    type Change = fn(&mut ProofEnvelope);
    let changes: [(&str, Change); 4] = [
        ("challenge", |e| e.public_inputs.claim.challenge.0[31] ^= 1),
        ("scope", |e| {
            e.public_inputs.claim.scope = "test".parse().unwrap()
        }),
        ("nullifier", |e| e.public_inputs.nullifier.0[0] ^= 1),
        ("another suite's issuer", |e| {
            let key = bjj_poseidon::SecretKey::from_bytes([1; 32]).public_key();
            e.public_inputs.claim.issuer = IssuerKey::BjjPoseidonBn254(key);
        }),
    ];
    for (name, change) in changes {
        for envelope in ENVELOPES.iter() {
            let mut tampered = envelope.clone();
            change(&mut tampered);
            let reason = InvalidReason::EquationFailed;
            assert_eq!(verdict(&tampered), invalid(reason), "{name}");
        }
    }
    for (envelope, row) in ENVELOPES.iter().zip(&TABLE) {
        for (statement, _) in row.fails {
            let mut tampered = envelope.clone();
            tampered.public_inputs.claim.statement = serde_json::from_str(statement).unwrap();
            let reason = InvalidReason::EquationFailed;
            assert_eq!(verdict(&tampered), invalid(reason), "{statement}");
        }
    }
}

/// The root stands before the STARK: 2 bytes of length, 32 of the root, 4 of the day, 64 of the signature.
#[test]
fn the_root_is_the_issuers() {
    let own = &ENVELOPES[0];
    let with = |change: &dyn Fn(&mut ProofEnvelope)| {
        let mut envelope = own.clone();
        change(&mut envelope);
        verdict(&envelope)
    };
    let unsigned = invalid(InvalidReason::IssuerSignatureInvalid);
    assert_eq!(with(&|e| e.proof.0[2] ^= 1), unsigned, "root");
    assert_eq!(with(&|e| e.proof.0[37] ^= 1), unsigned, "day");
    assert_eq!(with(&|e| e.proof.0[40] ^= 1), unsigned, "signature");
    let other = SecretKey::from_bytes(&[9; 32]);
    let claimed = IssuerKey::RescueMerkleEd25519(other.public_key());
    assert_eq!(
        with(&|e| e.public_inputs.claim.issuer = claimed.clone()),
        unsigned,
        "another issuer"
    );
    // Another issuer who signs this very root has not made the proof his: the transcript knows the issuer.
    let signed = witness().credential.signatures.rescue_merkle_ed25519;
    let root = signed.as_ref().unwrap().root;
    let again = BatchRoot::sign(&other, root.root, root.signed_on);
    let stolen = with(&|e| {
        e.public_inputs.claim.issuer = claimed.clone();
        e.proof.0[38..102].copy_from_slice(&again.signature.0);
    });
    assert_eq!(stolen, invalid(InvalidReason::EquationFailed));
    // And the issuer's word on another day or root does not carry over.
    for (root, signed_on) in [
        (root.root, day("2026-01-03")),
        (Digest([1u32, 2, 3, 4].map(Into::into)), root.signed_on),
    ] {
        let resigned = BatchRoot::sign(&issuer(), root, signed_on);
        let moved = with(&|e| {
            e.proof.0[2..34].copy_from_slice(&resigned.root.to_bytes());
            e.proof.0[34..38].copy_from_slice(&signed_on.number().to_be_bytes());
            e.proof.0[38..102].copy_from_slice(&resigned.signature.0);
        });
        assert_eq!(moved, invalid(InvalidReason::EquationFailed));
    }
}

#[test]
fn labels_must_be_true() {
    let own = &ENVELOPES[0];
    let mut relabelled = own.clone();
    relabelled.zero_knowledge = true;
    let mislabelled = invalid(InvalidReason::Mislabelled);
    assert_eq!(verdict(&relabelled), mislabelled);

    let mut other_key = own.clone();
    other_key.verifying_key.0[0] ^= 1;
    let mismatch = invalid(InvalidReason::VerifyingKeyMismatch);
    assert_eq!(verdict(&other_key), mismatch);

    let mut other_circuit = own.clone();
    other_circuit.circuit.version.minor += 1;
    let error = VerifyError::UnknownCircuit(other_circuit.circuit);
    assert_eq!(BACKEND.verify(&other_circuit), Err(error));

    let mut foreign = own.clone();
    foreign.system = ProofSystem::Groth16;
    let error = VerifyError::ForeignSystem(ProofSystem::Groth16);
    assert_eq!(BACKEND.verify(&foreign), Err(error));
}

/// Every pair: the proof of one circuit under the name, the key, the statement of another.
#[test]
fn a_proof_of_one_circuit_is_none_of_another() {
    for (i, own) in ENVELOPES.iter().enumerate() {
        for (j, other) in ENVELOPES.iter().enumerate() {
            if i == j {
                continue;
            }
            let mut named = own.clone();
            named.circuit = other.circuit;
            let mismatch = invalid(InvalidReason::VerifyingKeyMismatch);
            assert_eq!(verdict(&named), mismatch);
            named.verifying_key = other.verifying_key;
            assert_eq!(verdict(&named), invalid(InvalidReason::Mislabelled));
            // The number of constraints is in a proof's first bytes.
            named.public_inputs = other.public_inputs.clone();
            let parameters = invalid(InvalidReason::ParametersMismatch);
            assert_eq!(verdict(&named), parameters);
            let claim = &other.public_inputs.claim;
            assert_eq!(
                BACKEND.prove(own.circuit, claim, &witness()),
                Err(ProveError::WrongCircuit(own.circuit))
            );
        }
    }
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
    assert_eq!(with(honest[..101].to_vec()), malformed, "half a root");
    assert_eq!(with([&honest[..], &[0]].concat()), malformed, "long");
    let short = honest[..honest.len() - 1].to_vec();
    assert_eq!(with(short), malformed, "short");
    assert_eq!(with(vec![0xff; honest.len()]), malformed);
    assert_eq!(with(vec![0; PROOF_BYTES_MAX + 1]), malformed, "too long");
    let mut length = honest.clone();
    length[1] += 1;
    assert_eq!(with(length), malformed, "another length of the first part");
    let mut day = honest.clone();
    day[34] = 0xff;
    assert_eq!(with(day), malformed, "no day");
    let mut root = honest.clone();
    root[2..10].fill(0xff);
    assert_eq!(with(root), malformed, "not below the modulus");
    let mut context = honest.clone();
    context[102] ^= 1;
    let parameters = invalid(InvalidReason::ParametersMismatch);
    assert_eq!(with(context), parameters, "another width");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is done to the bytes of a proof, it neither holds nor ends the process.
    #[test]
    fn no_altered_proof_holds(
        circuit in 0..2usize,
        at in any::<prop::sample::Index>(),
        change in 1u8..,
        more in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        inserted in prop::collection::vec(any::<u8>(), 0..9),
    ) {
        let mut envelope = ENVELOPES[circuit].clone();
        let honest = envelope.proof.0.clone();
        let bytes = &mut envelope.proof.0;
        let length = bytes.len();
        bytes[at.index(length)] ^= change;
        for (at, value) in more {
            bytes[at.index(length)] = value;
        }
        if let Some(cut) = cut {
            let cut = cut.index(length);
            bytes.splice(cut..(cut + 3).min(length), inserted);
        }
        prop_assume!(*bytes != honest);
        prop_assert_ne!(verdict(&envelope), Verdict::Valid);
    }

    /// Near the front, where lengths are, and in what is no proof at all.
    #[test]
    fn no_other_bytes_hold(start in 0..400usize, bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut envelope = ENVELOPES[0].clone();
        let end = start + bytes.len();
        prop_assume!(envelope.proof.0[start..end] != bytes);
        envelope.proof.0[start..end].copy_from_slice(&bytes);
        prop_assert_ne!(verdict(&envelope), Verdict::Valid);
        envelope.proof.0 = bytes;
        prop_assert_ne!(verdict(&envelope), Verdict::Valid);
    }
}

#[test]
fn the_envelopes_of_every_published_circuit_still_verify() {
    golden::hold(
        &*BACKEND,
        "stark",
        &ENVELOPES[..],
        &[
            include_str!("golden/stark/age_over@1.0.0.json"),
            include_str!("golden/stark/income_at_least@1.0.0.json"),
        ],
    );
}

/// Statements that have no circuit here.
#[test]
fn other_statements_have_no_circuit() {
    let statement: Statement =
        serde_json::from_str(r#"{"type":"resident_of","countries":["PT"],"as_of":"2026-11-24"}"#)
            .unwrap();
    let mut claim = claim(TABLE[0].holds);
    claim.statement = statement;
    let circuit = BACKEND.circuits()[0].id;
    assert_eq!(
        BACKEND.prove(circuit, &claim, &witness()),
        Err(ProveError::WrongCircuit(circuit))
    );
}
