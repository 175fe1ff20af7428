//! Who may call: every operation of the document but the few that are for everybody wants a key, in its place.

use chrono::Utc;
use poem::http::Method;
use serde_json::Value;
use zapiki_core::failure::FailureKind;
use zapiki_core::problem::ProblemCode;

use crate::contract::operations;
use crate::harness::Api;

/// Operations that need no key. This list only shrinks.
const OPEN: &[&str] = &["health_live", "health_ready"];

/// The path as it is called, with an id of the right form where one is wanted.
pub(crate) fn filled_in(template: &str) -> String {
    let Some((head, tail)) = template.split_once('{') else {
        return template.to_owned();
    };
    let rest = tail.split_once('}').unwrap().1;
    let id = match head.trim_end_matches('/').rsplit('/').next().unwrap() {
        "proofs" | "jobs" | "failures" => "proof_00000000000000000000000000000001",
        "batches" => "batch_00000000000000000000000000000001",
        "issuers" => "issuer_00000000000000000000000000000001",
        "webhooks" => "webhook_00000000000000000000000000000001",
        "deliveries" => "delivery_00000000000000000000000000000001",
        "templates" => "age-over-18",
        "lists" => "ofac-sdn",
        "circuits" => "age_over@1.0.0",
        other => panic!("an id for {other}?"),
    };
    format!("{head}{id}{}", filled_in(rest))
}

#[tokio::test]
async fn no_operation_answers_without_a_key() {
    let api = Api::new().await;
    for (method, path, operation) in operations() {
        let answer = api.anonymous(method, filled_in(path)).send().await;
        let operation = operation["operationId"].as_str().unwrap();
        if OPEN.contains(&operation) {
            assert!(
                matches!(answer.status, 200 | 503),
                "{operation}: {answer:?}"
            );
        } else {
            answer.problem(ProblemCode::ApiKeyMissing);
            assert!(answer.header("WWW-Authenticate").is_some(), "{operation}");
        }
    }
}

#[tokio::test]
async fn a_key_is_taken_from_either_header() {
    let api = Api::new().await;
    let key = api.database.api_key.expose();
    api.get("/v1/issuers").expect(200).await;
    for scheme in ["Bearer", "bearer"] {
        let call = api.anonymous(Method::GET, "/v1/issuers");
        let call = call.header("Authorization", &format!("{scheme} {key}"));
        call.expect(200).await;
    }
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_refused() {
    let api = Api::new().await;
    let unknown = format!("zk_{}", "A".repeat(43));
    for key in ["nonsense", "zk_", unknown.as_str(), ""] {
        let call = api.call_with(Method::GET, "/v1/issuers", key);
        let answer = call.send().await;
        let code = answer.json()["code"].clone();
        let expected = if key.is_empty() {
            [ProblemCode::ApiKeyInvalid, ProblemCode::ApiKeyMissing]
        } else {
            [ProblemCode::ApiKeyInvalid; 2]
        };
        assert!(
            expected.iter().any(|e| code == e.as_str()),
            "{key:?}: {answer:?}"
        );
        assert_eq!(answer.status, 401);
        // The key was somebody's secret, perhaps with a typing error.
        assert!(key.is_empty() || key == "zk_" || !answer.text.contains(key));
    }
    let basic = api.anonymous(Method::GET, "/v1/issuers");
    let basic = basic
        .header("Authorization", "Basic dXNlcjpwYXNz")
        .send()
        .await;
    assert_eq!(basic.status, 401, "{basic:?}");
}

#[tokio::test]
async fn a_revoked_key_says_so() {
    let api = Api::new().await;
    let (admin, tenant) = (&api.database.admin, api.database.tenant.id);
    let (id, key) = admin
        .create_api_key(tenant, "old", Utc::now())
        .await
        .unwrap();
    let call = || api.call_with(Method::GET, "/v1/issuers", key.expose());
    call().expect(200).await;
    assert!(admin.revoke_api_key(tenant, id, Utc::now()).await.unwrap());
    call().expect_problem(ProblemCode::ApiKeyRevoked).await;
}

#[tokio::test]
async fn two_keys_that_disagree_are_refused() {
    let api = Api::new().await;
    let other = api.other_tenant().await;
    for (header, key) in [
        ("Authorization", format!("Bearer {other}")),
        ("X-API-Key", other),
    ] {
        let call = api.get("/v1/issuers").header(header, &key);
        call.expect_problem(ProblemCode::ApiKeyInvalid).await;
    }
    // The same one twice is one.
    let key = api.database.api_key.expose();
    let call = api
        .get("/v1/issuers")
        .header("Authorization", &format!("Bearer {key}"));
    call.expect(200).await;
}

#[tokio::test]
async fn a_key_in_the_url_is_refused_even_beside_a_good_one() {
    let api = Api::new().await;
    let key = api.database.api_key.expose();
    let places = [
        format!("/v1/issuers?api_key={key}"),
        format!("/v1/issuers?limit=5&anything={key}"),
        format!("/v1/issuers/{key}"),
        format!("/v1/proofs?cursor={}", key.replace('_', "%5F")),
        format!("/v1/proofs/{}", key.replace('z', "%7a")),
        format!("/health/live?x={key}"),
        "/v1/issuers?api_key=short".to_owned(),
        "/v1/issuers?API%5Fkey=short".to_owned(),
    ];
    for path in places {
        let answer = api.get(&path).send().await;
        answer.problem(ProblemCode::ApiKeyMisplaced);
        assert!(!answer.text.contains(&key[3..]), "{}", answer.text);
        let answer = api.anonymous(Method::GET, &path).send().await;
        answer.problem(ProblemCode::ApiKeyMisplaced);
    }
}

#[tokio::test]
async fn what_is_somebody_elses_does_not_exist() {
    let api = Api::new().await;
    let issuer = api.trust_issuer().await;
    let proof = api.accept_proof().await;
    let failed = api.failed_proof(FailureKind::ProverFailed).await;
    let other = api.other_tenant().await;
    let paths = [
        (Method::GET, format!("/v1/issuers/{issuer}")),
        (Method::DELETE, format!("/v1/issuers/{issuer}")),
        (Method::GET, format!("/v1/proofs/{proof}")),
        (Method::GET, format!("/v1/jobs/{proof}")),
        (Method::GET, format!("/v1/failures/{failed}")),
        (Method::DELETE, format!("/v1/proofs/{proof}")),
    ];
    for (method, path) in paths {
        let call = api.call_with(method.clone(), &path, &other);
        let theirs = call.expect_problem(ProblemCode::NotFound).await;
        // Word for word what a thing gets that never was.
        let head = path.rsplit_once('_').unwrap().0;
        let nowhere = format!("{head}_{}", "0".repeat(32));
        let call = api.call_with(method, nowhere, &other);
        let nobodys = call.expect_problem(ProblemCode::NotFound).await;
        assert_eq!(theirs["detail"], nobodys["detail"]);
    }
    for list in ["issuers", "proofs"] {
        let call = api.call_with(Method::GET, format!("/v1/{list}"), &other);
        assert_eq!(call.expect(200).await[list], Value::Array(Vec::new()));
    }
    api.get(format!("/v1/proofs/{proof}")).expect(200).await;
    api.get(format!("/v1/issuers/{issuer}")).expect(200).await;
}
