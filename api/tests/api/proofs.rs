//! Proofs as a caller sees them: accepted, repeated, listed, read, deleted. The pipeline is away, so a test settles them.

use std::collections::BTreeSet;

use chrono::{Duration, Utc};
use serde_json::{Value, json};
use zapiki_core::failure::FailureKind;
use zapiki_core::ids::ProofId;
use zapiki_core::problem::ProblemCode;
use zapiki_store::{NewDeadLetter, Settlement};

use crate::harness::{Answer, Api};
use crate::sample::{BIRTH_DATE, ENVELOPE, issuer, issuer_key, proof_request, today, witness};

impl Api {
    pub(crate) async fn settle(&self, proof: &str, settlement: Settlement) {
        let id: ProofId = proof.parse().unwrap();
        let (store, tenant) = (&self.database.store, self.database.tenant.id);
        let settled = store
            .settle_proof(tenant, id, &settlement, Utc::now())
            .await;
        assert!(settled.unwrap().unwrap().changed);
    }

    pub(crate) async fn post_proof(&self, request: &Value, key: &str) -> Answer {
        let call = self.post("/v1/proofs", request);
        call.header("Idempotency-Key", key).send().await
    }
}

pub(crate) fn completed() -> Settlement {
    Settlement::Completed(Box::new(ENVELOPE.clone()))
}

#[tokio::test]
async fn a_proof_is_accepted_while_the_pipeline_is_away() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let answer = api.post("/v1/proofs", &proof_request()).send().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let proof = answer.json();
    let path = format!("/v1/proofs/{}", proof["id"].as_str().unwrap());
    assert_eq!(answer.header("Location"), Some(path.as_str()));
    assert_eq!(proof["state"], "accepted");
    assert_eq!(proof["statement"], proof_request()["statement"]);
    assert_eq!(proof["circuit"], "age_over@1.0.0");
    assert_eq!(api.get(&path).expect(200).await["id"], proof["id"]);
    // The caller's secret is nowhere but in the sealed row.
    assert!(!answer.text.contains(BIRTH_DATE));
    assert!(!api.database.dump().await.unwrap().contains(BIRTH_DATE));
}

#[tokio::test]
async fn a_preference_that_was_honoured_is_named() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let call = || api.post("/v1/proofs", &proof_request());
    let answer = call().header("Prefer", "respond-async").send().await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("Preference-Applied"), Some("respond-async"));
    // A wait ends in a 202, so beside it `respond-async` changes nothing.
    for (prefer, applied) in [
        ("wait=1", "wait=1"),
        ("WAIT = \"1\"", "wait=1"),
        ("wait=0", "wait=0"),
        ("respond-async, wait=1", "wait=1"),
        ("return=minimal, wait=1; x=y, wait=0", "wait=1"),
        ("wait=99999999999999999999", "wait=1"),
    ] {
        let answer = call().header("Prefer", prefer).send().await;
        assert_eq!(
            answer.header("Preference-Applied"),
            Some(applied),
            "{prefer}"
        );
    }
    // Several lines are one list.
    let answer = call()
        .header("Prefer", "return=minimal")
        .header("Prefer", "respond-async");
    assert_eq!(
        answer.send().await.header("Preference-Applied"),
        Some("respond-async")
    );
    // Unknown preferences are to be ignored (RFC 7240).
    let answer = call()
        .header("Prefer", "return=minimal; x=\"y\"")
        .send()
        .await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("Preference-Applied"), None);
}

#[tokio::test]
async fn every_way_to_end_is_told_to_a_sync_caller_by_its_code() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let letter = NewDeadLetter {
        failure: FailureKind::ProverFailed,
        attempts: Some(4),
        chain: vec![FailureKind::ProverFailed],
        expires_at: Utc::now() + Duration::days(14),
    };
    let mut endings = vec![
        (Settlement::Cancelled, ProblemCode::ProofCancelled),
        (
            Settlement::DeadLettered(letter),
            ProblemCode::ProofDeadLettered,
        ),
        (
            Settlement::Rejected(ProblemCode::StatementNotSatisfied),
            ProblemCode::StatementNotSatisfied,
        ),
    ];
    for code in ProblemCode::ALL
        .iter()
        .filter(|code| code.as_str().starts_with("credential_"))
    {
        endings.push((Settlement::Rejected(*code), *code));
    }
    assert!(endings.len() > 8);
    let mut details = BTreeSet::new();
    for (settlement, code) in endings {
        let key = code.as_str();
        let accepted = api.post_proof(&proof_request(), key).await.json();
        let id = accepted["id"].as_str().unwrap();
        api.lose_answers().await;
        api.settle(id, settlement).await;
        let problem = api.post_proof(&proof_request(), key).await.problem(code);
        assert_eq!(problem["proof_id"], id);
        assert!(
            details.insert(problem["detail"].as_str().unwrap().to_owned()),
            "{problem}"
        );
        // Who reads the proof itself gets the proof, with its state.
        let read = api.get(format!("/v1/proofs/{id}")).expect(200).await;
        assert_ne!(read["state"], "accepted");
        assert!(read["proof"].is_null());
    }
}

#[tokio::test]
async fn proofs_are_filtered_and_walked_newest_first() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, api.accept_proof().await);
    }
    api.settle(&ids[1], completed()).await;
    let found = |page: &Value| -> Vec<String> {
        let items = page["proofs"].as_array().unwrap().iter();
        items
            .map(|proof| proof["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let list = async |query: &str| api.get(format!("/v1/proofs?{query}")).expect(200).await;

    assert_eq!(found(&list("").await), ids);
    assert_eq!(found(&list("state=completed").await), ids[1..2]);
    assert_eq!(found(&list("statement=age_over&system=groth16").await), ids);
    assert!(found(&list("state=rejected").await).is_empty());

    let first = list("limit=3").await;
    assert_eq!(found(&first), ids[..3]);
    let cursor = first["next_cursor"].as_str().unwrap();
    // One that comes meanwhile moves nothing.
    api.accept_proof().await;
    let second = list(&format!("limit=3&cursor={cursor}")).await;
    assert_eq!(found(&second), ids[3..]);
    assert!(second["next_cursor"].is_null());
}

#[tokio::test]
async fn a_proof_under_way_is_cancelled_and_a_settled_one_deleted() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.accept_proof().await;
    let path = format!("/v1/proofs/{id}");
    assert!(api.delete(&path).send().await.status < 300);
    let proof = api.get(&path).expect(200).await;
    assert_eq!(proof["state"], "cancelled");
    let audit = api.get("/v1/audit").expect(200).await;
    assert_eq!(audit["entries"][0]["kind"], "proof_cancelled");
    let (store, tenant) = (&api.database.store, api.database.tenant.id);
    let input = store
        .unseal_witness(tenant, id.parse().unwrap())
        .await
        .unwrap();
    assert!(input.is_none(), "its private input is shredded");

    assert_eq!(api.delete(&path).send().await.status, 204);
    api.get(&path).expect_problem(ProblemCode::NotFound).await;
    api.delete(&path)
        .expect_problem(ProblemCode::NotFound)
        .await;
}

#[tokio::test]
async fn a_job_that_the_pipeline_cannot_tell_of_is_not_lost() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.accept_proof().await;
    let call = api.get(format!("/v1/jobs/{id}"));
    call.expect_problem(ProblemCode::Unavailable).await;
    api.get(format!("/v1/proofs/{id}")).expect(200).await;
    let call = api.get("/v1/jobs/proof_00000000000000000000000000000001");
    call.expect_problem(ProblemCode::NotFound).await;
}

/// The body of the short cut.
pub(crate) fn age_request() -> Value {
    let witness = serde_json::to_value(witness()).unwrap();
    json!({
        "min_age": 18,
        "credential": witness["credential"],
        "holder_secret": witness["holder_secret"],
        "challenge": format!("0x{}", "03".repeat(32)),
        "scope": "tests",
    })
}

#[tokio::test]
async fn the_short_cut_asks_about_today_and_the_issuer_who_signed() {
    let api = Api::new().await;
    let refused = api.post("/v1/aml/age-verification", &age_request());
    let problem = refused.expect_problem(ProblemCode::IssuerNotTrusted).await;
    assert_eq!(problem["field"], "credential", "which names its issuer");
    let mut unsigned = age_request();
    unsigned["credential"]["signatures"] = json!({});
    let refused = api.post("/v1/aml/age-verification", &unsigned);
    refused
        .expect_problem(ProblemCode::CredentialSuiteMissing)
        .await;

    api.trust_issuer().await;
    let proof = api
        .post("/v1/aml/age-verification", &age_request())
        .expect(202)
        .await;
    assert_eq!(proof["statement"]["min_age"], 18);
    assert_eq!(proof["statement"]["as_of"], today().to_string());
    let id: ProofId = proof["id"].as_str().unwrap().parse().unwrap();
    let (store, tenant) = (&api.database.store, api.database.tenant.id);
    let record = store.proof(tenant, id).await.unwrap().unwrap();
    assert_eq!(record.claim.issuer, issuer_key(&issuer()));

    let mut before_any_age = age_request();
    before_any_age["as_of"] = json!("1910-01-01");
    let refused = api.post("/v1/aml/age-verification", &before_any_age);
    let problem = refused.expect_problem(ProblemCode::InvalidField).await;
    assert_eq!(problem["field"], "as_of");

    let mut earlier = age_request();
    earlier["as_of"] = json!("2026-01-31");
    let proof = api
        .post("/v1/aml/age-verification", &earlier)
        .expect(202)
        .await;
    assert_eq!(proof["statement"]["as_of"], "2026-01-31");
}
