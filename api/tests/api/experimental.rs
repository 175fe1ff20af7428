//! Experimental proof systems: for those who ask for them, and for nobody else.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use zapiki_backends::ProofBackend;
use zapiki_backends::stark::StarkBackend;
use zapiki_core::credential::Credential;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::rescue_merkle::{HolderKey, SecretKey, holder_commitment};
use zapiki_core::witness::Witness;

use crate::harness::{Api, BACKEND};
use crate::sample::{claim_on, today, witness};

static STARK: LazyLock<Arc<StarkBackend>> =
    LazyLock::new(|| Arc::new(StarkBackend::new(NonZeroUsize::MIN).unwrap()));

fn issuer() -> SecretKey {
    SecretKey::from_bytes(&[7; 32])
}

/// The sample's credential, signed under both suites.
fn both_suites() -> Witness {
    let sample = witness();
    let commitment = holder_commitment(&HolderKey::derive(&sample.holder_secret.to_bytes()));
    let mut batch = [(sample.credential, commitment)];
    let mut rng = StdRng::seed_from_u64(1);
    Credential::sign_batch(&mut batch, &issuer(), today(), &mut rng).unwrap();
    let [(credential, _)] = batch;
    Witness::new(credential, sample.holder_secret)
}

fn claim(challenge: Challenge) -> Claim {
    Claim {
        issuer: IssuerKey::RescueMerkleEd25519(issuer().public_key()),
        ..claim_on(today(), challenge)
    }
}

fn prove(challenge: Challenge) -> ProofEnvelope {
    let circuit = STARK.circuits()[0].id;
    STARK
        .prove(circuit, &claim(challenge), &both_suites())
        .unwrap()
}

fn proof_request() -> Value {
    let claim = claim(Challenge([3; 32]));
    json!({
        "statement": claim.statement,
        "system": "stark",
        "issuer": claim.issuer,
        "challenge": claim.challenge,
        "scope": claim.scope,
        "witness": both_suites(),
    })
}

/// Both systems, and an issuer of both suites who is trusted.
async fn service() -> Api {
    let backends: [Arc<dyn ProofBackend>; 2] = [BACKEND.clone(), STARK.clone()];
    let api = Api::with_all(backends.into()).await;
    api.trust_issuer().await;
    let key = IssuerKey::RescueMerkleEd25519(issuer().public_key());
    let request = json!({"name": "Example Bank, batches", "key": key});
    let trusted = api.post("/v1/issuers", &request).expect(200).await;
    assert_eq!(trusted["key"]["suite"], "rescue-merkle-ed25519");
    api
}

/// What a request can say of it: yes alone is yes.
const NO: [Value; 2] = [Value::Null, Value::Bool(false)];

fn with(mut request: Value, allow: &Value) -> Value {
    if !allow.is_null() {
        request["allow_experimental"] = allow.clone();
    }
    request
}

#[tokio::test]
async fn a_request_for_a_proof_must_opt_in() {
    let api = service().await;
    for allow in &NO {
        let request = with(proof_request(), allow);
        let call = api.post("/v1/proofs", &request);
        let problem = call
            .expect_problem(ProblemCode::ExperimentalNotAllowed)
            .await;
        assert_eq!(problem["field"], "allow_experimental");
    }
    let request = with(proof_request(), &json!(true));
    let accepted = api.post("/v1/proofs", &request).expect(202).await;
    assert_eq!(accepted["system"], "stark");
    assert_eq!(accepted["circuit"], "age_over@1.0.0");
    // Whoever opts in for nothing gets a stable proof.
    let request = with(crate::sample::proof_request(), &json!(true));
    let accepted = api.post("/v1/proofs", &request).expect(202).await;
    assert_eq!(accepted["system"], "groth16");
}

#[tokio::test]
async fn a_short_form_must_opt_in_too() {
    let api = service().await;
    let Witness {
        credential,
        holder_secret,
        ..
    } = both_suites();
    let request = json!({"min_age": 18, "challenge": Challenge([3; 32]), "scope": "tests", "system": "stark",
        "credential": credential, "holder_secret": holder_secret});
    for allow in &NO {
        let call = api.post("/v1/aml/age-verification", &with(request.clone(), allow));
        let problem = call
            .expect_problem(ProblemCode::ExperimentalNotAllowed)
            .await;
        assert_eq!(problem["field"], "allow_experimental");
    }
    let request = with(request, &json!(true));
    let accepted = api.post("/v1/aml/age-verification", &request);
    assert_eq!(accepted.expect(202).await["system"], "stark");
    // Other short forms have no circuit there, and opting in does not make one.
    let Witness {
        credential,
        holder_secret,
        ..
    } = both_suites();
    let request = json!({"countries": ["PT"], "challenge": Challenge([3; 32]), "scope": "tests", "system": "stark",
        "allow_experimental": true, "credential": credential, "holder_secret": holder_secret});
    let call = api.post("/v1/aml/residency-proof", &request);
    call.expect_problem(ProblemCode::UnknownCircuit).await;
}

#[tokio::test]
async fn the_issuer_key_must_be_of_the_suite_of_the_circuit() {
    let api = service().await;
    let mut request = with(proof_request(), &json!(true));
    request["issuer"] = json!(claim_on(today(), Challenge([3; 32])).issuer);
    let call = api.post("/v1/proofs", &request);
    let problem = call.expect_problem(ProblemCode::InvalidField).await;
    assert_eq!(problem["field"], "issuer");
    request["system"] = json!("groth16");
    api.post("/v1/proofs", &request).expect(202).await;
}

#[tokio::test]
async fn a_verification_must_opt_in_and_uses_nothing_up_until_it_does() {
    let api = service().await;
    let envelope = prove(api.challenge().await);
    for allow in &NO {
        let request = with(json!({"proof": envelope}), allow);
        let call = api.post("/v1/verifications", &request);
        let problem = call
            .expect_problem(ProblemCode::ExperimentalNotAllowed)
            .await;
        assert_eq!(problem["field"], "proof.system");
        let request = with(
            json!({"proofs": [&*crate::sample::ENVELOPE, &envelope]}),
            allow,
        );
        let call = api.post("/v1/verifications/batch", &request);
        let problem = call
            .expect_problem(ProblemCode::ExperimentalNotAllowed)
            .await;
        assert_eq!(problem["field"], "proofs[1].system");
    }
    let request = with(json!({"proof": envelope}), &json!(true));
    let verified = api.post("/v1/verifications", &request).expect(200).await;
    assert_eq!(verified["proof_valid"], true, "{verified}");
    assert_eq!(verified["policy_satisfied"], true, "{verified}");

    let mut forged = envelope.clone();
    forged.public_inputs.claim.challenge.0[0] ^= 1;
    let request = json!({"proofs": [forged, envelope], "allow_experimental": true});
    let judged = api
        .post("/v1/verifications/batch", &request)
        .expect(200)
        .await;
    let valid = |index: usize| judged["verifications"][index]["proof_valid"].as_bool();
    assert_eq!([valid(0), valid(1)], [Some(false), Some(true)]);
    // Used up by now.
    assert_eq!(judged["satisfied"], 0);
}

#[tokio::test]
async fn what_is_experimental_says_so() {
    let api = service().await;
    let systems = api.get("/v1/systems").expect(200).await;
    let systems = systems["systems"].as_array().unwrap();
    let stark = systems.iter().find(|s| s["system"] == "stark").unwrap();
    assert_eq!(stark["maturity"], "experimental");
    assert_eq!(stark["zero_knowledge"], false);
    assert_eq!(stark["trusted_setup"], false);
    assert_eq!(stark["post_quantum"], true);
    let circuits = api.get("/v1/circuits").expect(200).await;
    let circuits = circuits["circuits"].as_array().unwrap();
    let own = circuits.iter().filter(|c| c["system"] == "stark");
    for circuit in own.clone() {
        assert_eq!(circuit["suite"], "rescue-merkle-ed25519");
        assert_eq!(circuit["provenance"], "transparent");
        assert_eq!(circuit["size"]["unit"], "trace_length");
    }
    assert_eq!(own.count(), 2);
}

#[tokio::test]
async fn each_system_has_a_key_of_its_own_under_one_name() {
    let api = service().await;
    for (query, system) in [
        ("", "groth16"),
        ("?system=groth16", "groth16"),
        ("?system=stark", "stark"),
    ] {
        let path = format!("/v1/circuits/age_over@1.0.0/verifying-key{query}");
        assert_eq!(api.get(path).expect(200).await["system"], system);
    }
    let missing = api.get("/v1/circuits/resident_of@1.0.0/verifying-key?system=stark");
    missing.expect_problem(ProblemCode::NotFound).await;
}
