//! Requests that are sent again: the first answer is theirs, and no second proof.

use poem::http::Method;
use serde_json::json;
use zapiki_core::problem::ProblemCode;
use zapiki_store::Settlement;

use crate::harness::{Answer, Api};
use crate::proofs::{age_request, completed};
use crate::sample::{ENVELOPE, proof_request};

impl Api {
    /// As if whoever was to answer had died before the answer was kept.
    pub(crate) async fn lose_answers(&self) {
        let lose = "SET session_replication_role = replica; \
                    UPDATE idempotency_keys SET answer = NULL, answered_at = NULL";
        self.database.execute(lose).await.unwrap();
    }
}

fn is_replayed(answer: &Answer) -> bool {
    match answer.header("Idempotent-Replayed") {
        None => false,
        Some("true") => true,
        Some(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_the_same_proof() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let first = api.post_proof(&proof_request(), "order-7").await;
    let second = api.post_proof(&proof_request(), "order-7").await;
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.json(), second.json());
    assert_eq!(first.header("Location"), second.header("Location"));
    assert_eq!((is_replayed(&first), is_replayed(&second)), (false, true));
    let other = api.post_proof(&proof_request(), "order-8").await;
    assert_ne!(first.json()["id"], other.json()["id"]);

    let mut changed = proof_request();
    changed["scope"] = json!("elsewhere");
    let answer = api.post_proof(&changed, "order-7").await;
    answer.problem(ProblemCode::IdempotencyKeyReused);
    // Another tenant's `order-7` is another.
    let key = api.other_tenant().await;
    let issuer = api.call_with(Method::POST, "/v1/issuers", &key);
    issuer
        .json(&crate::sample::issuer_request("Theirs"))
        .expect(200)
        .await;
    let theirs = api.call_with(Method::POST, "/v1/proofs", &key);
    let theirs = theirs.header("Idempotency-Key", "order-7").json(&changed);
    assert_ne!(theirs.expect(202).await["id"], first.json()["id"]);
}

#[tokio::test]
async fn the_first_answer_stays_whatever_becomes_of_the_proof() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let first = api.post_proof(&proof_request(), "order-7").await;
    let accepted = first.json();
    api.settle(accepted["id"].as_str().unwrap(), completed())
        .await;
    let again = api.post_proof(&proof_request(), "order-7").await;
    assert_eq!((again.status, again.json()), (202, accepted));
    assert!(is_replayed(&again));
}

#[tokio::test]
async fn requests_at_once_under_one_key_are_one_proof() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let request = proof_request();
    let send = || api.post_proof(&request, "order-7");
    let answers: [Answer; 4] = tokio::join!(send(), send(), send(), send()).into();
    let first = answers
        .iter()
        .filter(|a| a.status == 202 && !is_replayed(a));
    assert_eq!(first.count(), 1, "{answers:?}");
    for answer in &answers {
        if answer.status != 202 {
            answer.problem(ProblemCode::IdempotencyKeyInFlight);
            assert!(answer.header("Retry-After").is_some());
        }
    }
    let list = api.get("/v1/proofs").expect(200).await;
    assert_eq!(list["proofs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_in_flight_is_told_from_one_whose_answer_was_lost() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let first = api.post_proof(&proof_request(), "order-7").await.json();
    api.lose_answers().await;
    let early = api.post_proof(&proof_request(), "order-7").await;
    let problem = early.problem(ProblemCode::IdempotencyKeyInFlight);
    assert_eq!(problem["field"], "Idempotency-Key");
    assert_eq!(early.header("Retry-After"), Some("1"));

    // Nobody waits as long as that.
    let age = "UPDATE idempotency_keys SET created_at = created_at - interval '1 minute'";
    api.database.execute(age).await.unwrap();
    let late = api.post_proof(&proof_request(), "order-7").await;
    assert_eq!((late.status, late.json()), (202, first));
    assert!(is_replayed(&late));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_in_the_row_and_kept() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let accepted = api.post_proof(&proof_request(), "done").await.json();
    let id = accepted["id"].as_str().unwrap();
    api.lose_answers().await;
    api.settle(id, completed()).await;
    for _ in 0..2 {
        let repeated = api.post_proof(&proof_request(), "done").await;
        assert_eq!(repeated.status, 200, "{repeated:?}");
        assert_eq!(repeated.json()["state"], "completed");
        assert_eq!(
            repeated.json()["proof"],
            serde_json::to_value(&*ENVELOPE).unwrap()
        );
        assert!(is_replayed(&repeated));
    }

    let accepted = api.post_proof(&proof_request(), "false").await.json();
    let id = accepted["id"].as_str().unwrap();
    api.lose_answers().await;
    let outcome = Settlement::Rejected(ProblemCode::StatementNotSatisfied);
    api.settle(id, outcome).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let repeated = api.post_proof(&proof_request(), "false").await;
        let mut problem = repeated.problem(ProblemCode::StatementNotSatisfied);
        assert_eq!(problem["proof_id"], id);
        assert!(is_replayed(&repeated));
        // Names the request, not the answer.
        problem["request_id"] = json!(null);
        told.push(problem);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn what_was_refused_is_not_kept() {
    let api = Api::new().await;
    // The caller mends what was wrong, and needs no new key.
    let refused = api.post_proof(&proof_request(), "order-7").await;
    refused.problem(ProblemCode::IssuerNotTrusted);
    let mut malformed = proof_request();
    malformed["scope"] = json!(7);
    let refused = api.post_proof(&malformed, "order-7").await;
    refused.problem(ProblemCode::InvalidField);
    api.trust_issuer().await;
    let accepted = api.post_proof(&proof_request(), "order-7").await;
    assert_eq!((accepted.status, is_replayed(&accepted)), (202, false));
}

#[tokio::test]
async fn a_retry_finds_its_proof_though_it_would_be_refused_by_now() {
    let api = Api::new().await;
    let issuer = api.trust_issuer().await;
    let first = api.post_proof(&proof_request(), "order-7").await.json();
    let gone = api.delete(format!("/v1/issuers/{issuer}")).send().await;
    assert_eq!(gone.status, 204);
    let retry = api.post_proof(&proof_request(), "order-7").await;
    assert_eq!((retry.status, retry.json()), (202, first.clone()));

    let refused = api.post_proof(&proof_request(), "order-8").await;
    refused.problem(ProblemCode::IssuerNotTrusted);
    // Gone with its proof, so the key is free, and nothing is found any more.
    let path = format!("/v1/proofs/{}", first["id"].as_str().unwrap());
    for _ in ["cancel", "erase"] {
        assert_eq!(api.delete(&path).send().await.status, 204);
    }
    let refused = api.post_proof(&proof_request(), "order-7").await;
    refused.problem(ProblemCode::IssuerNotTrusted);
}

#[tokio::test]
async fn the_short_forms_take_a_key_too() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let send = async || {
        let call = api.post("/v1/aml/age-verification", &age_request());
        call.header("Idempotency-Key", "k").expect(202).await
    };
    assert_eq!(send().await["id"], send().await["id"]);
}
