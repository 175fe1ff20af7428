//! What the service offers: systems, circuits, verifying keys.

use zapiki_backends::{CircuitStatus, ProofBackend as _, VerifyingKeyDocument};
use zapiki_core::problem::ProblemCode;

use crate::harness::{Api, BACKEND};
use crate::sample::circuit;

#[tokio::test]
async fn each_system_says_what_it_can_and_cannot_do() {
    let api = Api::new().await;
    let systems = api.get("/v1/systems").expect(200).await;
    let systems = systems["systems"].as_array().unwrap();
    assert_eq!(systems.len(), 1);
    let groth16 = &systems[0];
    assert_eq!(groth16["system"], "groth16");
    assert_eq!(groth16["trusted_setup"], true);
    assert_eq!(groth16["zero_knowledge"], true);
    assert_eq!(groth16["post_quantum"], false);
    assert_eq!(groth16["maturity"], "stable");
    assert_eq!(groth16["summary"], BACKEND.capabilities().summary);
}

#[tokio::test]
async fn each_circuit_names_its_key_and_where_it_comes_from() {
    let api = Api::new().await;
    let info = &BACKEND.circuits()[0];
    let circuits = api.get("/v1/circuits").expect(200).await;
    let circuit = &circuits["circuits"][0];
    assert_eq!(circuit["id"], info.id.to_string());
    assert_eq!(circuit["system"], "groth16");
    assert_eq!(circuit["status"], CircuitStatus::Active.as_str());
    assert_eq!(
        circuit["size"],
        serde_json::json!({"unit": "constraints", "count": info.size.count()})
    );
    assert_eq!(circuit["public_inputs"], info.public_inputs);
    assert_eq!(circuit["verifying_key"], info.verifying_key.to_string());
    assert_eq!(circuit["provenance"], "dev");
}

#[tokio::test]
async fn the_verifying_key_that_is_downloaded_is_the_one_that_verifies() {
    let api = Api::new().await;
    let path = format!("/v1/circuits/{}/verifying-key", circuit());
    let answer = api.get(&path).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let document: VerifyingKeyDocument = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(Some(&document), BACKEND.verifying_key(circuit()));
    let disposition = answer.header("Content-Disposition").unwrap();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    // `@` may be escaped in a path.
    let escaped = path.replace('@', "%40");
    assert_eq!(api.get(escaped).expect(200).await, answer.json());
}

#[tokio::test]
async fn an_unknown_circuit_has_no_key() {
    let api = Api::new().await;
    let call = api.get("/v1/circuits/age_over@9.9.9/verifying-key");
    call.expect_problem(ProblemCode::NotFound).await;
    for name in ["age_over", "age_over@1", "x@1.0.0"] {
        let call = api.get(format!("/v1/circuits/{name}/verifying-key"));
        call.expect_problem(ProblemCode::NotFound).await;
    }
}
