//! Webhooks as a caller sees them: made, looked at, tried out, replaced, somebody else's. Nothing is sent: no worker runs.

use chrono::Utc;
use poem::http::Method;
use serde_json::{Value, json};
use zapiki_core::failure::FailureKind;
use zapiki_core::problem::ProblemCode;
use zapiki_core::webhook::DeliveryFailure;
use zapiki_store::Attempt;

use crate::harness::Api;

const URL: &str = "https://hooks.example.com/zapiki?token=t";

fn request() -> Value {
    json!({ "url": URL, "events": ["proof.dead_lettered", "proof.completed"] })
}

impl Api {
    async fn webhook(&self) -> String {
        let made = self.post("/v1/webhooks", &request()).expect(201).await;
        made["webhook"]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_webhook_is_made_and_its_secret_shown_once() {
    let api = Api::new().await;
    let answer = api.post("/v1/webhooks", &request()).send().await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{secret}"
    );
    let id = made["webhook"]["id"].as_str().unwrap();
    let location = format!("/v1/webhooks/{id}");
    assert_eq!(answer.header("Location"), Some(location.as_str()));
    assert_eq!(made["webhook"]["url"], URL);
    assert_eq!(made["webhook"]["events"], request()["events"]);

    let read = api.get(location.clone()).expect(200).await;
    assert_eq!(read, made["webhook"]);
    let listed = api.get("/v1/webhooks").expect(200).await;
    assert_eq!(listed["webhooks"], json!([read]));
    assert!(!listed.to_string().contains("whsec"));

    let replaced = api
        .call(Method::POST, format!("{location}/secret"))
        .expect(200)
        .await;
    assert_ne!(replaced["secret"], *secret);
    assert!(replaced["old_until"].as_str().unwrap() > Utc::now().to_rfc3339().as_str());

    let off = api
        .call(Method::POST, format!("{location}/disable"))
        .expect(200)
        .await;
    let again = api
        .call(Method::POST, format!("{location}/disable"))
        .expect(200)
        .await;
    assert!(off["disabled_at"].is_string());
    assert_eq!(off, again, "twice is once");
    let on = api
        .call(Method::POST, format!("{location}/enable"))
        .expect(200)
        .await;
    assert_eq!(on, read);

    assert_eq!(api.delete(location.clone()).send().await.status, 204);
    api.delete(location.clone())
        .expect_problem(ProblemCode::NotFound)
        .await;
    api.get(location)
        .expect_problem(ProblemCode::NotFound)
        .await;
}

/// Nobody has us call what only we can reach.
#[tokio::test]
async fn a_webhook_is_on_the_public_internet_and_told_of_something() {
    let api = Api::new().await;
    for url in [
        "http://hooks.example.com/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:word@hooks.example.com/",
        "https://hooks.example.com/#x",
        "ftp://hooks.example.com/",
        "hooks.example.com",
        "",
    ] {
        let request = json!({ "url": url, "events": ["proof.completed"] });
        let call = api.post("/v1/webhooks", &request);
        let problem = call.expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], "url", "{url}: {problem}");
    }
    for events in [
        json!([]),
        json!(["webhook.test"]),
        json!(["proof.completed", "proof.completed"]),
        json!(["proof.imagined"]),
        json!("proof.completed"),
    ] {
        let call = api.post("/v1/webhooks", &json!({ "url": URL, "events": events }));
        let problem = call.expect_problem(ProblemCode::InvalidField).await;
        let field = problem["field"].as_str().unwrap();
        assert!(field.starts_with("events"), "{events}: {problem}");
    }
    for _ in 0..10 {
        api.webhook().await;
    }
    let call = api.post("/v1/webhooks", &request());
    call.expect_problem(ProblemCode::WebhookLimit).await;
}

#[tokio::test]
async fn what_a_webhook_was_told_is_listed_and_sent_again_when_asked() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.webhook().await;
    let proof = api.failed_proof(FailureKind::ProverPanicked).await;
    let deliveries = format!("/v1/webhooks/{id}/deliveries");
    let page = api.get(deliveries.clone()).expect(200).await;
    let message = &page["deliveries"][0];
    for (field, value) in [
        ("event", json!("proof.dead_lettered")),
        ("proof_id", json!(proof)),
        ("status", json!("pending")),
        ("attempts", json!(0)),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    let delivery = message["id"].as_str().unwrap().to_owned();
    let resend = || api.call(Method::POST, format!("{deliveries}/{delivery}/resend"));
    resend().expect_problem(ProblemCode::DeliveryPending).await;

    let attempt = Attempt {
        status_code: Some(503),
        failure: Some(DeliveryFailure::StatusRefused),
        next_attempt_at: None,
    };
    let (store, tenant) = (&api.database.store, api.database.tenant.id);
    let noted = store.note_attempt(tenant, delivery.parse().unwrap(), &attempt, Utc::now());
    noted.await.unwrap();
    let read = api
        .get(format!("{deliveries}?status=given_up"))
        .expect(200)
        .await;
    assert_eq!(read["deliveries"][0]["status_code"], 503);
    assert_eq!(read["deliveries"][0]["failure"], "status_refused");
    let resent = resend().expect(202).await;
    assert_eq!(
        (&resent["id"], &resent["status"]),
        (&json!(delivery), &json!("pending"))
    );

    let test = api
        .call(Method::POST, format!("/v1/webhooks/{id}/test"))
        .expect(202)
        .await;
    assert_eq!(test["event"], "webhook.test");
    assert_eq!(test.get("proof_id"), None);
    let first = api.get(format!("{deliveries}?limit=1")).expect(200).await;
    assert_eq!(first["deliveries"][0]["id"], test["id"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = api
        .get(format!("{deliveries}?limit=1&cursor={cursor}"))
        .expect(200)
        .await;
    assert_eq!(second["deliveries"][0]["id"], *delivery);
    assert_eq!(second.get("next_cursor"), None);
    let call = api.get(format!("{deliveries}?status=lost"));
    call.expect_problem(ProblemCode::InvalidField).await;
}

#[tokio::test]
async fn somebody_elses_webhook_does_not_exist() {
    let api = Api::new().await;
    let id = api.webhook().await;
    let test = api
        .call(Method::POST, format!("/v1/webhooks/{id}/test"))
        .expect(202)
        .await;
    let delivery = test["id"].as_str().unwrap();
    let key = api.other_tenant().await;
    for (method, path) in [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::POST, "/enable"),
        (Method::POST, "/disable"),
        (Method::POST, "/secret"),
        (Method::POST, "/test"),
        (Method::GET, "/deliveries"),
        (Method::POST, &format!("/deliveries/{delivery}/resend")),
    ] {
        let path = format!("/v1/webhooks/{id}{path}");
        let call = api.call_with(method, path, &key);
        call.expect_problem(ProblemCode::NotFound).await;
    }
    let theirs = api
        .call_with(Method::GET, "/v1/webhooks", &key)
        .expect(200)
        .await;
    assert_eq!(theirs["webhooks"], json!([]));
    // Nor does a message of another webhook.
    let other = api.webhook().await;
    let path = format!("/v1/webhooks/{other}/deliveries/{delivery}/resend");
    api.call(Method::POST, path)
        .expect_problem(ProblemCode::NotFound)
        .await;
}
