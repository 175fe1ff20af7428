//! PLONK over HTTP: a stable proof system without a setup, for credentials of its own suite.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use zapiki_backends::ProofBackend;
use zapiki_backends::plonk::PlonkBackend;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::pallas_poseidon::{Element, HolderKey, SecretKey, holder_commitment};
use zapiki_core::witness::Witness;

use crate::harness::{Api, BACKEND};
use crate::sample::{claim_on, today, witness};

static PLONK: LazyLock<Arc<PlonkBackend>> =
    LazyLock::new(|| Arc::new(PlonkBackend::new(NonZeroUsize::MIN).unwrap()));

fn issuer() -> SecretKey {
    SecretKey::from_bytes([7; 32]).unwrap()
}

/// The sample's credential, signed under both suites.
fn both_suites() -> Witness {
    let mut sample = witness();
    let key = HolderKey::derive(&sample.holder_secret.to_bytes());
    let commitment = Element(holder_commitment(&key));
    sample.credential.sign_pallas(commitment, &issuer());
    sample
}

fn claim(challenge: Challenge) -> Claim {
    Claim {
        issuer: IssuerKey::PallasPoseidon(issuer().public_key()),
        ..claim_on(today(), challenge)
    }
}

fn prove(challenge: Challenge) -> ProofEnvelope {
    let circuit = PLONK.circuits()[0].id;
    PLONK
        .prove(circuit, &claim(challenge), &both_suites())
        .unwrap()
}

fn proof_request() -> Value {
    let claim = claim(Challenge([3; 32]));
    json!({
        "statement": claim.statement,
        "system": "plonk",
        "issuer": claim.issuer,
        "challenge": claim.challenge,
        "scope": claim.scope,
        "witness": both_suites(),
    })
}

/// Both systems, and an issuer of both suites who is trusted.
async fn service() -> Api {
    let backends: [Arc<dyn ProofBackend>; 2] = [BACKEND.clone(), PLONK.clone()];
    let api = Api::with_all(backends.into()).await;
    api.trust_issuer().await;
    let key = IssuerKey::PallasPoseidon(issuer().public_key());
    let request = json!({"name": "Example Bank, Pallas", "key": key});
    let trusted = api.post("/v1/issuers", &request).expect(200).await;
    assert_eq!(trusted["key"]["suite"], "pallas-poseidon");
    api
}

#[tokio::test]
async fn a_proof_is_asked_for_and_judged_without_opting_in() {
    let api = service().await;
    let accepted = api.post("/v1/proofs", &proof_request()).expect(202).await;
    assert_eq!(accepted["system"], "plonk");
    assert_eq!(accepted["circuit"], "age_over@1.0.0");

    let envelope = prove(api.challenge().await);
    let mut forged = envelope.clone();
    forged.public_inputs.claim.challenge.0[0] ^= 1;
    let request = json!({"proof": forged});
    let judged = api.post("/v1/verifications", &request).expect(200).await;
    assert_eq!(judged["proof_valid"], false, "{judged}");
    let request = json!({"proof": envelope});
    let judged = api.post("/v1/verifications", &request).expect(200).await;
    assert_eq!(judged["proof_valid"], true, "{judged}");
    assert_eq!(judged["policy_satisfied"], true, "{judged}");
}

#[tokio::test]
async fn the_issuer_key_must_be_of_the_suite_of_the_circuit() {
    let api = service().await;
    let mut request = proof_request();
    request["issuer"] = json!(claim_on(today(), Challenge([3; 32])).issuer);
    let call = api.post("/v1/proofs", &request);
    let problem = call.expect_problem(ProblemCode::InvalidField).await;
    assert_eq!(problem["field"], "issuer");
    // The same credential serves the other system as well.
    request["system"] = json!("groth16");
    api.post("/v1/proofs", &request).expect(202).await;
}

#[tokio::test]
async fn a_damaged_signature_is_refused_on_arrival() {
    let api = service().await;
    let mut request = proof_request();
    let at = "/witness/credential/signatures/pallas-poseidon/signature";
    *request.pointer_mut(at).unwrap() = json!("00".repeat(64));
    let call = api.post("/v1/proofs", &request);
    let problem = call.expect_problem(ProblemCode::InvalidField).await;
    // Which part of it is nothing that a log should know.
    assert_eq!(problem["field"], "witness", "{problem}");
}

#[tokio::test]
async fn what_needs_no_setup_says_so() {
    let api = service().await;
    let systems = api.get("/v1/systems").expect(200).await;
    let systems = systems["systems"].as_array().unwrap();
    let plonk = systems.iter().find(|s| s["system"] == "plonk").unwrap();
    assert_eq!(plonk["maturity"], "stable");
    assert_eq!(plonk["zero_knowledge"], true);
    assert_eq!(plonk["trusted_setup"], false);
    assert_eq!(plonk["post_quantum"], false);
    let circuits = api.get("/v1/circuits").expect(200).await;
    let circuits = circuits["circuits"].as_array().unwrap();
    let own = circuits.iter().filter(|c| c["system"] == "plonk");
    for circuit in own.clone() {
        assert_eq!(circuit["suite"], "pallas-poseidon");
        assert_eq!(circuit["provenance"], "transparent");
        assert_eq!(circuit["size"]["unit"], "rows");
    }
    assert_eq!(own.count(), 4);

    let path = "/v1/circuits/age_over@1.0.0/verifying-key?system=plonk";
    let document = api.get(path).expect(200).await;
    assert_eq!(document["provenance"], "transparent");
    assert!(document.get("key").is_none() && document.get("proving_key").is_none());
    let digest = &PLONK.circuits()[0].verifying_key;
    assert_eq!(document["digest"], digest.to_string());
}
