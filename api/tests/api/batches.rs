//! Many proofs at once: judged one by one, accepted together.

use poem::http::Method;
use serde_json::{Value, json};
use zapiki_core::problem::ProblemCode;

use crate::harness::{Answer, Api, BODY_BYTES_MAX};
use crate::proofs::completed;
use crate::sample::{issuer_request, proof_request};

const BATCH: &str = "/v1/proofs/batch";

/// So many items, no two of which are the same.
fn items(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| {
            let mut item = proof_request();
            item["scope"] = json!(format!("shop.example/{number}"));
            item
        })
        .collect()
}

fn batch(items: Vec<Value>) -> Value {
    json!({ "items": items })
}

impl Api {
    async fn post_batch(&self, request: &Value, key: &str) -> Answer {
        let call = self.post(BATCH, request).header("Idempotency-Key", key);
        call.send().await
    }

    /// Has a batch accepted that nobody makes.
    async fn accept_batch(&self, count: usize) -> Value {
        self.post(BATCH, &batch(items(count))).expect(202).await
    }

    async fn batch_at(&self, accepted: &Value) -> Value {
        let path = format!("/v1/batches/{}", accepted["id"].as_str().unwrap());
        self.get(path).expect(200).await
    }
}

fn problem_of(item: &Value) -> (&str, u64, Option<&str>) {
    let problem = &item["problem"];
    (
        problem["code"].as_str().unwrap(),
        problem["status"].as_u64().unwrap(),
        problem["field"].as_str(),
    )
}

#[tokio::test]
async fn what_passes_is_accepted_and_what_does_not_is_told_why() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let mut items = items(8);
    items[1]["statement"]["min_age"] = json!("CANARY");
    items[2]["system"] = json!("plonk");
    items[3] = items[0].clone();
    items[4]["witness"]["credential"] = json!({"birth_date": "CANARY"});
    items[5]["issuer"]["key"] = json!("00".repeat(32));
    items[6] = json!({"scope": "CANARY"});
    let answer = api.post(BATCH, &batch(items)).send().await;
    assert_eq!(answer.status, 202);
    assert!(!answer.text.contains("CANARY"), "{}", answer.text);
    let accepted = answer.json();
    assert_eq!(
        (&accepted["accepted"], &accepted["refused"]),
        (&json!(2), &json!(6))
    );
    let told = accepted["items"].as_array().unwrap();
    for (position, item) in told.iter().enumerate() {
        assert_eq!(item["position"], json!(position));
        assert_eq!(item["proof_id"].is_null(), ![0, 7].contains(&position));
    }
    assert_eq!(
        problem_of(&told[1]),
        ("invalid_field", 400, Some("statement"))
    );
    assert_eq!(problem_of(&told[2]).0, "unknown_system");
    assert_eq!(problem_of(&told[3]), ("duplicate_item", 422, None));
    assert_eq!(
        problem_of(&told[4]),
        ("invalid_field", 400, Some("witness"))
    );
    assert_eq!(problem_of(&told[5]).2, Some("issuer"));
    assert_eq!(
        problem_of(&told[6]),
        ("invalid_field", 400, Some("statement"))
    );

    // Read back: the same of each, and how they stand.
    let record = api.batch_at(&accepted).await;
    assert_eq!(
        (
            &record["state"],
            &record["items"],
            &record["refused"],
            &record["running"]
        ),
        (&json!("running"), &json!(8), &json!(6), &json!(2))
    );
    let location = answer.header("Location").unwrap().to_owned();
    let path = format!("{location}/items?limit=5");
    let first = api.get(&path).expect(200).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = api.get(format!("{path}&cursor={cursor}")).expect(200).await;
    assert_eq!(rest["next_cursor"], Value::Null);
    let pages = [&first, &rest].map(|page| page["items"].as_array().unwrap().clone());
    for (item, told) in pages.concat().iter().zip(told) {
        for field in ["position", "proof_id", "problem"] {
            assert_eq!(item[field], told[field]);
        }
    }
    assert_eq!(first["items"][0]["proof"]["state"], json!("accepted"));
}

#[tokio::test]
async fn a_batch_has_1_to_1000_items() {
    let api = Api::new().await;
    api.trust_issuer().await;
    for count in [0, 1_001] {
        let refused = api.post(BATCH, &batch(items(count)));
        let problem = refused.expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], json!("items"));
    }
    let full = batch(items(1_000));
    assert!(
        full.to_string().len() > BODY_BYTES_MAX,
        "longer than others may be"
    );
    let accepted = api.post(BATCH, &full).expect(202).await;
    assert_eq!(accepted["accepted"], json!(1_000));
    for (body, field) in [
        (json!({}), "items"),
        (json!({"items": "x"}), "items"),
        (json!({"items": [[]]}), "items[0]"),
        (json!({"items": [proof_request()], "extra": 1}), "extra"),
    ] {
        let refused = api.post(BATCH, &body);
        let problem = refused.expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], json!(field), "{problem}");
    }
}

#[tokio::test]
async fn a_batch_of_which_nothing_passes_is_refused_and_can_be_mended() {
    let api = Api::new().await;
    let request = batch(items(2));
    let refused = api.post_batch(&request, "order-7").await;
    refused.problem(ProblemCode::IssuerNotTrusted);
    assert_eq!(refused.json()["field"], json!("items[0].issuer"));
    api.trust_issuer().await;
    let accepted = api.post_batch(&request, "order-7").await;
    assert_eq!(
        (accepted.status, accepted.header("Idempotent-Replayed")),
        (202, None)
    );
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_the_same_batch() {
    let api = Api::new().await;
    let issuer = api.trust_issuer().await;
    let mut asked = items(3);
    asked[1]["system"] = json!("none");
    let request = batch(asked);
    let first = api.post_batch(&request, "order-7").await;
    // What was accepted once stays so, though the issuer is not trusted any more and a proof is made.
    let id = first.json()["items"][0]["proof_id"].clone();
    api.settle(id.as_str().unwrap(), completed()).await;
    api.delete(format!("/v1/issuers/{issuer}")).send().await;
    let again = api.post_batch(&request, "order-7").await;
    assert_eq!((again.status, again.json()), (202, first.json()));
    assert_eq!(again.header("Location"), first.header("Location"));
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));

    let other = api.post_batch(&batch(items(1)), "order-7").await;
    other.problem(ProblemCode::IdempotencyKeyReused);
    let proof = api.post_proof(&proof_request(), "order-7").await;
    proof.problem(ProblemCode::IdempotencyKeyReused);
    let malformed = api.post(BATCH, &request).header("Idempotency-Key", "a b");
    malformed.expect_problem(ProblemCode::InvalidHeader).await;
}

#[tokio::test]
async fn what_is_on_its_way_can_be_given_up_once() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let accepted = api.accept_batch(3).await;
    let made = accepted["items"][1]["proof_id"].as_str().unwrap();
    api.settle(made, completed()).await;
    let path = format!("/v1/batches/{}/cancel", accepted["id"].as_str().unwrap());
    let cancel = || api.call(Method::POST, &path);
    let cancelled = cancel().expect(200).await;
    assert_eq!(
        (
            &cancelled["state"],
            &cancelled["completed"],
            &cancelled["cancelled"]
        ),
        (&json!("cancelled"), &json!(1), &json!(2))
    );
    cancel().expect_problem(ProblemCode::BatchFinished).await;
    let inputs = "SELECT count(*)::text AS text FROM sealed_inputs";
    assert_eq!(api.database.text(inputs).await.unwrap(), "0");

    let finished = api.accept_batch(1).await;
    let proof = finished["items"][0]["proof_id"].as_str().unwrap();
    api.settle(proof, completed()).await;
    assert_eq!(api.batch_at(&finished).await["state"], json!("finished"));
    let path = format!("/v1/batches/{}/cancel", finished["id"].as_str().unwrap());
    let late = api.call(Method::POST, path);
    late.expect_problem(ProblemCode::BatchFinished).await;
}

#[tokio::test]
async fn somebody_elses_batch_does_not_exist() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let accepted = api.accept_batch(1).await;
    let id = accepted["id"].as_str().unwrap();
    let other = api.other_tenant().await;
    let issuer = api.call_with(Method::POST, "/v1/issuers", &other);
    issuer.json(&issuer_request("Theirs")).expect(200).await;
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/items"),
        (Method::POST, "/cancel"),
    ] {
        for id in [id, &format!("batch_{}", "0".repeat(32))] {
            let call = api.call_with(method.clone(), format!("/v1/batches/{id}{path}"), &other);
            call.expect_problem(ProblemCode::NotFound).await;
        }
    }
    let malformed = api.get("/v1/batches/batch_1");
    malformed.expect_problem(ProblemCode::NotFound).await;
    let record = api.batch_at(&accepted).await;
    assert_eq!(record["running"], json!(1), "nobody else gave it up");
    let theirs = api.call_with(Method::GET, "/v1/batches", &other);
    assert_eq!(theirs.expect(200).await, json!({"batches": []}));
}

#[tokio::test]
async fn batches_are_listed_newest_first_as_each_is_alone() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let mut alone = Vec::new();
    for count in 1..=3 {
        alone.push(api.accept_batch(count).await);
    }
    let first = api.get("/v1/batches?limit=2").expect(200).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = api.get(format!("/v1/batches?limit=2&cursor={cursor}"));
    let rest = rest.expect(200).await;
    assert_eq!(rest["next_cursor"], Value::Null);
    let pages = [&first, &rest].map(|page| page["batches"].as_array().unwrap().clone());
    let listed = pages.concat();
    assert_eq!(listed.len(), 3);
    for (record, accepted) in listed.iter().zip(alone.iter().rev()) {
        assert_eq!(record, &api.batch_at(accepted).await);
    }
    let malformed = api.get("/v1/batches?cursor=proof_1");
    let problem = malformed.expect_problem(ProblemCode::InvalidField).await;
    assert_eq!(problem["field"], json!("cursor"));
}
