//! Groth16 as a verifier, a prover and an attacker meet it: real keys, real proofs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use ark_bn254::{Bn254, Fq, Fq2, G2Affine};
use ark_ff::{BigInt, BigInteger as _, PrimeField as _, UniformRand as _};
use ark_groth16::{Proof, VerifyingKey};
use ark_serialize::{CanonicalDeserialize as _, CanonicalSerialize as _};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use zapiki_backends::groth16::{CircuitKeys, Groth16Backend, KeysError, setup};
use zapiki_backends::{InvalidReason, ProofBackend, ProveError, Verdict, VerifyError};
use zapiki_core::circuit::CircuitId;
use zapiki_core::claim::ClaimError;
use zapiki_core::credential::{Attributes, Credential, FieldElement};
use zapiki_core::day::Day;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::Statement;
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{SecretKey, holder_commitment};
use zapiki_core::witness::{HolderSecret, Witness};

static KEYS: LazyLock<Vec<CircuitKeys>> = LazyLock::new(|| setup().unwrap());
static BACKEND: LazyLock<Groth16Backend> =
    LazyLock::new(|| Groth16Backend::new(KEYS.clone(), NonZeroUsize::MIN).unwrap());
static ENVELOPE: LazyLock<ProofEnvelope> = LazyLock::new(|| {
    let (claim, witness) = case();
    BACKEND.prove(circuit(), &claim, &witness).unwrap()
});

fn circuit() -> CircuitId {
    BACKEND.circuits()[0].id
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn age_over(min_age: u8, as_of: &str) -> Statement {
    Statement::AgeOver(AgeOver::new(min_age, day(as_of)).unwrap())
}

fn issuer(seed: u64) -> SecretKey {
    SecretKey::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

fn case() -> (Claim, Witness) {
    let secret = HolderSecret::generate(&mut ChaCha20Rng::seed_from_u64(1));
    let attributes = Attributes {
        holder_commitment: FieldElement(holder_commitment(secret.expose())),
        birth_date: Some(day("2001-05-17")),
        income: None,
        country_of_residence: None,
        screening_id: None,
        issued_at: day("2026-01-01"),
        expires_at: day("2027-01-01"),
        revocation_id: 1,
    };
    let claim = Claim {
        statement: age_over(18, "2026-11-24"),
        issuer: IssuerKey::BjjPoseidonBn254(issuer(2).public_key()),
        challenge: Challenge([3; 32]),
        scope: "tests".parse().unwrap(),
    };
    let credential = Credential::issue(attributes, &issuer(2)).unwrap();
    (claim, Witness::new(credential, secret))
}

fn verdict(envelope: &ProofEnvelope) -> Verdict {
    BACKEND.verify(envelope).unwrap()
}

#[test]
fn a_true_claim_is_proved_and_verifies_after_a_trip_through_json() {
    let text = serde_json::to_string(&*ENVELOPE).unwrap();
    let read: ProofEnvelope = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *ENVELOPE);
    assert_eq!(verdict(&read), Verdict::Valid);
    assert_eq!(read.proof.0.len(), 128);
    // What travels names no birth date.
    assert!(!text.contains("2001-05-17"));
}

#[test]
fn the_verifying_key_alone_is_enough_to_verify() {
    let keys = KEYS.iter().map(|keys| CircuitKeys {
        document: keys.document.clone(),
        proving_key: None,
    });
    let verifier = Groth16Backend::new(keys.collect(), NonZeroUsize::MIN).unwrap();
    assert_eq!(verifier.verify(&ENVELOPE), Ok(Verdict::Valid));
    let (claim, witness) = case();
    assert_eq!(
        verifier.prove(circuit(), &claim, &witness),
        Err(ProveError::NoProvingKey(circuit()))
    );
}

#[test]
fn proofs_of_one_witness_differ() {
    let (claim, witness) = case();
    let again = BACKEND.prove(circuit(), &claim, &witness).unwrap();
    assert_ne!(
        again.proof, ENVELOPE.proof,
        "fresh randomness hides the witness"
    );
    assert_eq!(again.public_inputs, ENVELOPE.public_inputs);
}

#[test]
fn every_typed_public_input_is_bound_by_the_proof() {
    type Change = fn(&mut ProofEnvelope);
    let changes: [(&str, Change); 6] = [
        ("min_age", |e| {
            e.public_inputs.claim.statement = age_over(19, "2026-11-24")
        }),
        ("as_of", |e| {
            e.public_inputs.claim.statement = age_over(18, "2026-11-25")
        }),
        ("issuer", |e| {
            e.public_inputs.claim.issuer = IssuerKey::BjjPoseidonBn254(issuer(9).public_key())
        }),
        ("challenge", |e| e.public_inputs.claim.challenge.0[31] ^= 1),
        ("scope", |e| {
            e.public_inputs.claim.scope = "test".parse().unwrap()
        }),
        ("nullifier", |e| {
            let one_more = e.public_inputs.nullifier.to_bn254().unwrap() + ark_bn254::Fr::from(1u8);
            e.public_inputs.nullifier = one_more.into();
        }),
    ];
    for (name, change) in changes {
        let mut tampered = ENVELOPE.clone();
        change(&mut tampered);
        assert_eq!(
            verdict(&tampered),
            Verdict::Invalid(InvalidReason::EquationFailed),
            "{name}"
        );
    }
}

#[test]
fn labels_must_be_true() {
    let mut relabelled = ENVELOPE.clone();
    relabelled.zero_knowledge = false;
    assert_eq!(
        verdict(&relabelled),
        Verdict::Invalid(InvalidReason::Mislabelled)
    );

    let mut other_key = ENVELOPE.clone();
    other_key.verifying_key.0[0] ^= 1;
    assert_eq!(
        verdict(&other_key),
        Verdict::Invalid(InvalidReason::VerifyingKeyMismatch)
    );

    let mut other_circuit = ENVELOPE.clone();
    other_circuit.circuit.version.minor += 1;
    let error = VerifyError::UnknownCircuit(other_circuit.circuit);
    assert_eq!(BACKEND.verify(&other_circuit), Err(error));
}

#[test]
fn no_flipped_bit_survives() {
    for byte in 0..128 {
        for bit in [0, 7] {
            let mut tampered = ENVELOPE.clone();
            tampered.proof.0[byte] ^= 1 << bit;
            assert_ne!(verdict(&tampered), Verdict::Valid, "byte {byte}, bit {bit}");
        }
    }
}

#[test]
fn malformed_proofs_are_told_from_wrong_ones() {
    let with = |bytes: Vec<u8>| {
        let mut envelope = ENVELOPE.clone();
        envelope.proof.0 = bytes;
        verdict(&envelope)
    };
    let honest = ENVELOPE.proof.0.clone();
    let malformed = Verdict::Invalid(InvalidReason::MalformedProof);

    assert_eq!(with(Vec::new()), malformed, "empty");
    assert_eq!(with(honest[..127].to_vec()), malformed, "short");
    assert_eq!(with([&honest[..], &[0]].concat()), malformed, "long");
    assert_eq!(with(vec![0xff; 128]), malformed, "not below the modulus");

    let mut flagged = honest.clone();
    flagged[31] |= 0b1100_0000;
    assert_eq!(with(flagged.clone()), malformed, "both flags");
    flagged[31] = 0b0100_0000;
    assert_eq!(with(flagged), malformed, "infinity with a coordinate");

    // A = (x, 2) for the small x = 1, a point, and for x = 4: 4³ + 3 is no square.
    let with_x = |x: BigInt<4>| {
        let mut bytes = honest.clone();
        bytes[..32].copy_from_slice(&x.to_bytes_le());
        with(bytes)
    };
    let other = Verdict::Invalid(InvalidReason::EquationFailed);
    assert_eq!(with_x(1u8.into()), other, "a point");
    assert_eq!(with_x(4u8.into()), malformed, "off the curve");
    let mut above = Fq::MODULUS;
    above.add_with_carry(&1u8.into());
    assert_eq!(with_x(above), malformed, "the same coordinate once more");

    // Zero points are well-formed and prove nothing.
    let zero = Proof::<Bn254>::default();
    let mut bytes = Vec::new();
    zero.serialize_compressed(&mut bytes).unwrap();
    assert_eq!(
        with(bytes),
        Verdict::Invalid(InvalidReason::EquationFailed),
        "identity"
    );

    // On the twist, outside the subgroup: a random point is, all but once in a cofactor.
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let outside = loop {
        if let Some(point) = G2Affine::get_point_from_x_unchecked(Fq2::rand(&mut rng), false) {
            break point;
        }
    };
    assert!(outside.is_on_curve() && !outside.is_in_correct_subgroup_assuming_on_curve());
    let mut proof = Proof::<Bn254>::deserialize_compressed(&honest[..]).unwrap();
    proof.b = outside;
    let mut bytes = Vec::new();
    proof.serialize_compressed(&mut bytes).unwrap();
    assert_eq!(with(bytes), malformed, "outside the subgroup");
}

#[test]
fn a_false_claim_is_refused_by_name() {
    let (mut claim, witness) = case();
    claim.statement = age_over(26, "2026-11-24");
    assert_eq!(
        BACKEND.prove(circuit(), &claim, &witness),
        Err(ProveError::Unsatisfied(ClaimError::NotSatisfied))
    );
}

#[test]
fn keys_that_are_not_what_they_say_are_refused() {
    let load = |change: &dyn Fn(&mut CircuitKeys)| {
        let mut keys = KEYS[0].clone();
        change(&mut keys);
        Groth16Backend::new(vec![keys], NonZeroUsize::MIN).err()
    };
    let circuit = circuit();
    assert_eq!(load(&|_| {}), None);
    assert_eq!(
        load(&|keys| keys.document.relation.0[0] ^= 1),
        Some(KeysError::RelationMismatch(circuit))
    );
    assert_eq!(
        load(&|keys| key_of(keys)[40] ^= 1),
        Some(KeysError::DigestMismatch {
            circuit,
            key: "verifying"
        })
    );
    assert_eq!(
        load(&|keys| keys.proving_key.as_mut().unwrap()[40] ^= 1),
        Some(KeysError::DigestMismatch {
            circuit,
            key: "proving"
        })
    );
    assert!(matches!(
        load(&|keys| keys.document.circuit.version.patch += 1),
        Some(KeysError::UnknownCircuit(_))
    ));
    // A digest that fits bytes that are no key.
    assert_eq!(
        load(&|keys| {
            key_of(keys).pop();
            keys.document.digest = sha256(key_of(keys));
        }),
        Some(KeysError::Malformed {
            circuit,
            key: "verifying"
        })
    );
    assert_eq!(
        load(&|keys| {
            key_of(keys).push(0);
            keys.document.digest = sha256(key_of(keys));
        }),
        Some(KeysError::Malformed {
            circuit,
            key: "verifying"
        })
    );
    // A document that names a key and has none.
    assert_eq!(
        load(&|keys| keys.document.key = None),
        Some(KeysError::Malformed {
            circuit,
            key: "verifying"
        })
    );
    // A key for one public input less: it would say nothing about the nullifier.
    assert_eq!(
        load(&|keys| {
            let mut key = VerifyingKey::<Bn254>::deserialize_compressed(&key_of(keys)[..]).unwrap();
            key.gamma_abc_g1.pop();
            key_of(keys).clear();
            key.serialize_compressed(key_of(keys)).unwrap();
            keys.document.digest = sha256(key_of(keys));
        }),
        Some(KeysError::Malformed {
            circuit,
            key: "verifying"
        })
    );
    type Change = fn(&mut Vec<u8>);
    let changes: [(&str, Change); 3] = [
        ("short", |bytes| bytes.truncate(bytes.len() - 1)),
        ("long", |bytes| bytes.push(0)),
        ("of another setup", |bytes| bytes[0] ^= 1),
    ];
    for (name, change) in changes {
        let error = load(&|keys| {
            let bytes = keys.proving_key.as_mut().unwrap();
            change(bytes);
            keys.document.proving_key = Some(sha256(bytes));
        });
        let malformed = KeysError::Malformed {
            circuit,
            key: "proving",
        };
        assert_eq!(error, Some(malformed), "{name}");
    }
}

fn key_of(keys: &mut CircuitKeys) -> &mut Vec<u8> {
    &mut keys.document.key.as_mut().unwrap().0
}

fn sha256(bytes: &[u8]) -> zapiki_core::envelope::KeyDigest {
    use sha2::Digest as _;
    zapiki_core::envelope::KeyDigest(sha2::Sha256::digest(bytes).into())
}
