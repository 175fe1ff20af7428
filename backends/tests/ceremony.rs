//! Keys from a ceremony, as the backend loads them: a real circuit, a real proof, and a document that says where they come from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::num::NonZeroUsize;

use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use zapiki_backends::groth16::ceremony::{
    Beacon, Ceremony, CeremonyCircuit, CeremonyError, Powers, PtauError, Secret, read_powers,
    write_powers,
};
use zapiki_backends::groth16::{CircuitKeys, Groth16Backend};
use zapiki_backends::{
    ProofBackend as _, Provenance, ProvenanceKind, Verdict, VerifyingKeyDocument,
};
use zapiki_core::circuit::CircuitId;
use zapiki_core::credential::{Attributes, Credential, FieldElement};
use zapiki_core::day::Day;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::Statement;
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{SecretKey, holder_commitment};
use zapiki_core::witness::{HolderSecret, Witness};

const CIRCUIT: &str = "age_over@1.0.0";

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn case() -> (Claim, Witness) {
    let secret = HolderSecret::generate(&mut rng());
    let issuer = SecretKey::generate(&mut rng());
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
        statement: Statement::AgeOver(AgeOver::new(18, day("2026-11-24")).unwrap()),
        issuer: IssuerKey::BjjPoseidonBn254(issuer.public_key()),
        challenge: Challenge([3; 32]),
        scope: "tests".parse().unwrap(),
    };
    let credential = Credential::issue(attributes, &issuer).unwrap();
    (claim, Witness::new(credential, secret))
}

#[test]
fn a_proof_under_keys_of_a_ceremony_verifies_with_either_prover() {
    let id: CircuitId = CIRCUIT.parse().unwrap();
    let circuit = CeremonyCircuit::find(id).unwrap();
    assert_eq!(circuit.power(), 12);
    let powers = Powers::from_seed(&[7; 32], 12);
    let mut ceremony = Ceremony::begin(&circuit, &powers, &mut rng()).unwrap();
    let secret = Secret::new(&[1; 64], b"dice");
    ceremony.contribute("Ana".parse().unwrap(), secret).unwrap();
    let beacon = Beacon {
        value: "00c0ffee".parse().unwrap(),
        iterations_log2: 10.try_into().unwrap(),
    };
    ceremony.close("beacon".parse().unwrap(), beacon).unwrap();
    let keys = ceremony
        .export(&circuit, &powers, &mut rng(), &mut |_| {})
        .unwrap();

    // The document says which ceremony, and is read as it was written.
    let text = serde_json::to_string(&keys.document).unwrap();
    let document: VerifyingKeyDocument = serde_json::from_str(&text).unwrap();
    assert_eq!(document, keys.document);
    let Provenance::Ceremony(record) = document.provenance else {
        panic!("{:?}", document.provenance);
    };
    assert_eq!(record.transcript, ceremony.transcript().digest());
    assert_eq!(record.contributions, 1);

    let (claim, witness) = case();
    let ours = Groth16Backend::new(vec![keys.clone()], NonZeroUsize::MIN).unwrap();
    let stock = Groth16Backend::with_stock_prover(vec![keys.clone()], NonZeroUsize::MIN).unwrap();
    let verifier = CircuitKeys {
        document,
        proving_key: None,
    };
    let verifier = Groth16Backend::new(vec![verifier], NonZeroUsize::MIN).unwrap();
    assert_eq!(verifier.circuits()[0].provenance, keys.document.provenance);
    for prover in [&ours, &stock] {
        let proof = prover.prove(id, &claim, &witness).unwrap();
        assert_eq!(verifier.verify(&proof), Ok(Verdict::Valid));
        let mut tampered = proof;
        tampered.public_inputs.claim.challenge = Challenge([4; 32]);
        assert_ne!(verifier.verify(&tampered), Ok(Verdict::Valid));
    }
}

#[test]
fn a_document_names_a_ceremony_if_and_only_if_it_comes_from_one() {
    let digest = "sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761";
    let powers = format!("blake2b:{}", "2f".repeat(64));
    let read = |provenance: &str, ceremony: &str| {
        serde_json::from_str::<VerifyingKeyDocument>(&format!(
            r#"{{"version":"zapiki.verifying-key.v1","system":"groth16","circuit":"{CIRCUIT}",
            "provenance":"{provenance}",{ceremony}"digest":"{digest}","relation":"{digest}"}}"#
        ))
    };
    let record =
        format!(r#""ceremony":{{"transcript":"{digest}","contributions":7,"powers":"{powers}"}},"#);
    let document = read("ceremony", &record).unwrap();
    assert_eq!(document.provenance.kind(), ProvenanceKind::Ceremony);
    assert_eq!(document.provenance.ceremony().unwrap().contributions, 7);
    assert_eq!(read("dev", "").unwrap().provenance, Provenance::Dev);
    for (provenance, ceremony) in [
        ("ceremony", ""),
        ("dev", &*record),
        ("transparent", &record),
    ] {
        let refused = read(provenance, ceremony).unwrap_err().to_string();
        assert!(refused.contains("`ceremony` must be there"), "{refused}");
    }
}

#[test]
fn unknown_circuits_and_small_files_are_told_apart() {
    let unknown = "age_over@9.9.9".parse().unwrap();
    assert_eq!(
        CeremonyCircuit::find(unknown).map(drop),
        Err(CeremonyError::UnknownCircuit(unknown))
    );
    let mut file = Vec::new();
    write_powers(&Powers::rehearsal(3), &mut file).unwrap();
    assert_eq!(
        read_powers(&file[..], 12).map(drop),
        Err(PtauError::TooSmall {
            power: 3,
            needed: 12
        })
    );
}
