//! Trust in issuers: given, listed, taken back.

use serde_json::json;
use zapiki_core::problem::ProblemCode;
use zapiki_core::suites::bjj_poseidon::SecretKey;

use crate::harness::Api;
use crate::sample::{issuer_key, issuer_request, proof_request};

#[tokio::test]
async fn an_issuer_is_trusted_once_found_and_let_go() {
    let api = Api::new().await;
    let request = issuer_request("Example Bank");
    let answer = api.post("/v1/issuers", &request).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let issuer = answer.json();
    let path = format!("/v1/issuers/{}", issuer["id"].as_str().unwrap());
    assert_eq!(issuer["name"], "Example Bank");
    assert_eq!(issuer["key"], request["key"]);
    assert!(issuer["trusted_at"].is_string());
    assert_eq!(api.get(&path).expect(200).await, issuer);

    let again = api.post("/v1/issuers", &request);
    let problem = again.expect_problem(ProblemCode::IssuerExists).await;
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains(issuer["id"].as_str().unwrap())
    );

    assert_eq!(api.delete(&path).send().await.status, 204);
    api.get(&path).expect_problem(ProblemCode::NotFound).await;
    api.delete(&path)
        .expect_problem(ProblemCode::NotFound)
        .await;
    // A new trust is a new thing.
    let renewed = api.post("/v1/issuers", &request).expect(200).await;
    assert_ne!(renewed["id"], issuer["id"]);
}

#[tokio::test]
async fn a_list_is_walked_page_by_page() {
    let api = Api::new().await;
    for number in 1..=5u8 {
        let key = issuer_key(&SecretKey::from_bytes([number; 32]));
        let request = json!({"name": format!("Issuer {number}"), "key": key});
        api.post("/v1/issuers", &request).expect(200).await;
    }
    let mut names = Vec::new();
    let mut path = "/v1/issuers?limit=2".to_owned();
    for items in [2, 2, 1] {
        let page = api.get(&path).expect(200).await;
        let found = page["issuers"].as_array().unwrap();
        assert_eq!(found.len(), items);
        names.extend(
            found
                .iter()
                .map(|issuer| issuer["name"].as_str().unwrap().to_owned()),
        );
        if let Some(cursor) = page["next_cursor"].as_str() {
            path = format!("/v1/issuers?limit=2&cursor={cursor}");
        } else {
            assert_eq!(items, 1, "the last page has no cursor");
        }
    }
    assert_eq!(
        names,
        ["Issuer 5", "Issuer 4", "Issuer 3", "Issuer 2", "Issuer 1"]
    );
}

#[tokio::test]
async fn nothing_is_proved_about_an_issuer_that_the_tenant_does_not_trust() {
    let api = Api::new().await;
    let problem = api.post("/v1/proofs", &proof_request());
    let problem = problem.expect_problem(ProblemCode::IssuerNotTrusted).await;
    assert_eq!(problem["field"], "issuer");
    let issuer = api.trust_issuer().await;
    api.accept_proof().await;
    let path = format!("/v1/issuers/{issuer}");
    assert_eq!(api.delete(path).send().await.status, 204);
    let refused = api.post("/v1/proofs", &proof_request());
    refused.expect_problem(ProblemCode::IssuerNotTrusted).await;
    let list = api.get("/v1/proofs").expect(200).await;
    assert_eq!(list["proofs"].as_array().unwrap().len(), 1);
}
