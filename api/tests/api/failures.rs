//! Failures as a caller sees them: listed, read, decided once. The pipeline is away, so decisions stand in the rows.

use chrono::{Duration, Utc};
use poem::http::Method;
use serde_json::json;
use zapiki_core::failure::FailureKind;
use zapiki_core::ids::ProofId;
use zapiki_core::problem::ProblemCode;
use zapiki_store::{NewDeadLetter, Settlement};

use crate::harness::Api;

impl Api {
    /// A proof that could not be made.
    pub(crate) async fn failed_proof(&self, failure: FailureKind) -> String {
        let id = self.accept_proof().await;
        let proof: ProofId = id.parse().unwrap();
        let letter = NewDeadLetter {
            failure,
            attempts: Some(4),
            chain: vec![failure],
            expires_at: Utc::now() + Duration::days(14),
        };
        let (store, tenant) = (&self.database.store, self.database.tenant.id);
        let outcome = Settlement::DeadLettered(letter);
        let settled = store.settle_proof(tenant, proof, &outcome, Utc::now());
        assert!(settled.await.unwrap().unwrap().changed);
        id
    }
}

#[tokio::test]
async fn a_failure_says_why_and_until_when() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.failed_proof(FailureKind::ProverPanicked).await;
    let read = api.get(format!("/v1/failures/{id}")).expect(200).await;
    let failure = &read["rounds"][0];
    for (field, value) in [
        ("id", json!(id)),
        ("status", json!("open")),
        ("round", json!(1)),
        ("circuit", json!("age_over@1.0.0")),
        ("failure", json!("ProverPanicked")),
        ("reason", json!("the prover panicked")),
        ("attempts", json!(4)),
        ("is_retryable", json!(true)),
        ("chain", json!(["ProverPanicked"])),
    ] {
        assert_eq!(failure[field], value, "{field}");
    }
    assert!(failure["expires_at"].as_str() > failure["failed_at"].as_str());
    let page = api.get("/v1/failures").expect(200).await;
    assert_eq!(page["failures"], read["rounds"]);
    assert_eq!(page.get("next_cursor"), None);
}

#[tokio::test]
async fn a_failed_proof_is_tried_again_once() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.failed_proof(FailureKind::ProverFailed).await;
    let redrive = || api.post(format!("/v1/failures/{id}/redrive"), &json!({}));
    let answer = redrive().send().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let location = format!("/v1/proofs/{id}");
    assert_eq!(answer.header("Location"), Some(location.as_str()));
    assert_eq!(answer.json()["state"], "accepted");
    assert_eq!(api.get(location).expect(200).await["state"], "accepted");

    let again = redrive().expect_problem(ProblemCode::FailureResolved).await;
    assert_eq!(again["proof_id"], id);
    let call = api.call(Method::POST, format!("/v1/failures/{id}/discard"));
    call.expect_problem(ProblemCode::FailureResolved).await;
    let read = api.get(format!("/v1/failures/{id}")).expect(200).await;
    assert_eq!(read["rounds"][0]["status"], "redriven");
    assert!(read["rounds"][0]["resolved_at"].is_string());
}

#[tokio::test]
async fn a_circuit_to_try_again_with_must_prove_the_statement() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.failed_proof(FailureKind::ProverFailed).await;
    for pin in ["resident_of@1", "age_over@9", "age_over@1.9.9"] {
        let call = api.post(
            format!("/v1/failures/{id}/redrive"),
            &json!({ "circuit": pin }),
        );
        call.expect_problem(ProblemCode::UnknownCircuit).await;
    }
    let call = api.post(format!("/v1/failures/{id}/redrive"), &json!({"circuit": 1}));
    call.expect_problem(ProblemCode::InvalidField).await;
    // Nothing was decided by what was refused.
    let pinned = json!({"circuit": "age_over@1.0.0"});
    let call = api.post(format!("/v1/failures/{id}/redrive"), &pinned);
    assert_eq!(call.expect(202).await["circuit"], "age_over@1.0.0");
}

#[tokio::test]
async fn a_failed_proof_is_given_up_once_and_its_input_with_it() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.failed_proof(FailureKind::ProverFailed).await;
    let inputs = "SELECT count(*)::text AS text FROM sealed_inputs";
    assert_eq!(api.database.text(inputs).await.unwrap(), "1");
    let discard = || api.call(Method::POST, format!("/v1/failures/{id}/discard"));
    assert_eq!(discard().expect(200).await["state"], "cancelled");
    assert_eq!(api.database.text(inputs).await.unwrap(), "0");
    discard().expect_problem(ProblemCode::FailureResolved).await;
    let log = api.get("/v1/audit").expect(200).await;
    assert_eq!(log["entries"][0]["kind"], "proof_dead_lettered");
    assert_eq!(log["entries"][1]["kind"], "proof_cancelled");
}

#[tokio::test]
async fn a_proof_that_did_not_fail_has_no_failure() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.accept_proof().await;
    for call in [
        api.get(format!("/v1/failures/{id}")),
        api.post(format!("/v1/failures/{id}/redrive"), &json!({})),
        api.call(Method::POST, format!("/v1/failures/{id}/discard")),
    ] {
        call.expect_problem(ProblemCode::NotFound).await;
    }
    let proof = api.get(format!("/v1/proofs/{id}")).expect(200).await;
    assert_eq!(proof["state"], "accepted");
}

#[tokio::test]
async fn many_failures_are_decided_at_once_by_what_they_have_in_common() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let mut lost = Vec::new();
    for _ in 0..2 {
        lost.push(api.failed_proof(FailureKind::WorkerLost).await);
    }
    let panicked = api.failed_proof(FailureKind::ProverPanicked).await;
    lost.reverse();

    let none = json!({"statement": "resident_of"});
    let call = api.post("/v1/failures/redrive", &none);
    assert_eq!(
        call.expect(200).await,
        json!({"ids": [], "has_more": false})
    );
    let filter = json!({"failure": "WorkerLost", "system": "groth16", "circuit": "age_over@1.0.0"});
    let call = api.post("/v1/failures/redrive", &filter);
    assert_eq!(
        call.expect(200).await,
        json!({"ids": lost, "has_more": false})
    );
    let call = api.post("/v1/failures/discard", &json!({}));
    assert_eq!(
        call.expect(200).await,
        json!({"ids": [panicked], "has_more": false})
    );
    let open = api.get("/v1/failures?open=true").expect(200).await;
    assert_eq!(open["failures"], json!([]));
    let closed = api.get("/v1/failures?open=false&limit=2").expect(200).await;
    assert_eq!(closed["failures"].as_array().unwrap().len(), 2);
    let cursor = closed["next_cursor"].as_str().unwrap();
    let rest = api
        .get(format!("/v1/failures?cursor={cursor}"))
        .expect(200)
        .await;
    assert_eq!(rest["failures"].as_array().unwrap().len(), 1);
    let lost = api.get("/v1/failures?failure=WorkerLost").expect(200).await;
    assert_eq!(lost["failures"].as_array().unwrap().len(), 2);

    let call = api.post("/v1/failures/redrive", &json!({"failure": "BadLuck"}));
    let problem = call.expect_problem(ProblemCode::InvalidField).await;
    assert_eq!(problem["field"], "failure");
    let call = api.post("/v1/failures/discard", &json!({"faliure": "WorkerLost"}));
    call.expect_problem(ProblemCode::InvalidField).await;
}
