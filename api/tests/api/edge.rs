//! What is true of every answer, whatever was asked: request ids, problems, limits, health, pages.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use poem::Body;
use poem::http::Method;
use serde_json::json;
use tokio::io::{AsyncRead, ReadBuf};
use zapiki_api::Limits;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::Claim;

use crate::auth::filled_in;
use crate::contract::operations;
use crate::harness::{Api, BODY_BYTES_MAX};
use crate::sample::proof_request;

#[tokio::test]
async fn a_request_id_comes_back_and_is_made_up_when_there_is_none() {
    let api = Api::new().await;
    let call = || api.anonymous(Method::GET, "/health/live");
    let given = call()
        .header("X-Request-Id", "order-7.retry_2")
        .send()
        .await;
    assert_eq!(given.header("X-Request-Id"), Some("order-7.retry_2"));
    let (first, second) = (call().send().await, call().send().await);
    assert!(
        first
            .header("X-Request-Id")
            .is_some_and(|id| id.len() >= 16)
    );
    assert_ne!(first.header("X-Request-Id"), second.header("X-Request-Id"));
}

#[tokio::test]
async fn a_request_id_that_could_spoil_a_log_is_not_taken() {
    let api = Api::new().await;
    let long = "x".repeat(129);
    for id in [
        "",
        "two words",
        "<script>",
        "a\tb",
        "caf\u{e9}",
        long.as_str(),
    ] {
        let call = api.anonymous(Method::GET, "/v1/systems");
        let answer = call.header("X-Request-Id", id).send().await;
        let returned = answer.header("X-Request-Id").unwrap();
        assert_ne!(returned, id);
        assert!(!answer.text.contains("<script>") && !answer.text.contains(&long));
        let problem = answer.problem(ProblemCode::InvalidHeader);
        assert_eq!(problem["field"], "X-Request-Id");
    }
}

#[tokio::test]
async fn an_unknown_route_and_an_unknown_method_are_problems() {
    let api = Api::new().await;
    for path in [
        "/v1",
        "/v1/nothing",
        "/v2/proofs",
        "/v1/proofs/x/y",
        "/%ff",
        "/v1//proofs",
    ] {
        api.get(path)
            .expect_problem(ProblemCode::RouteNotFound)
            .await;
    }
    for (method, path, allow) in [
        (Method::PUT, "/v1/proofs", "GET, HEAD, POST"),
        (Method::PATCH, "/v1/issuers", "GET, HEAD, POST"),
        (Method::DELETE, "/health/live", "GET, HEAD"),
        (Method::POST, "/v1/systems", "GET, HEAD"),
        (Method::GET, "/v1/aml/age-verification", "POST"),
        (Method::POST, "/openapi.json", "GET, HEAD"),
        (Method::PUT, "/portal", "GET, HEAD"),
    ] {
        let answer = api.call(method, path).send().await;
        answer.problem(ProblemCode::MethodNotAllowed);
        assert_eq!(answer.header("Allow"), Some(allow), "{path}");
    }
}

/// Every operation, with methods that its path lacks: `Allow` names those it has.
#[tokio::test]
async fn every_path_says_which_methods_it_has() {
    let api = Api::new().await;
    let operations = operations();
    for (_, template, _) in &operations {
        let mut own: BTreeSet<&str> = operations
            .iter()
            .filter(|(_, other, _)| other == template)
            .map(|(method, ..)| method.as_str())
            .collect();
        if own.contains("GET") {
            own.insert("HEAD");
        }
        let expected = own.iter().copied().collect::<Vec<_>>().join(", ");
        for method in [Method::PUT, Method::PATCH, Method::OPTIONS] {
            let answer = api.call(method, filled_in(template)).send().await;
            answer.problem(ProblemCode::MethodNotAllowed);
            assert_eq!(answer.header("Allow"), Some(&*expected), "{template}");
        }
    }
}

/// A typing error in a parameter's name is no request for something else.
#[tokio::test]
async fn no_operation_passes_over_a_query_parameter() {
    let api = Api::new().await;
    let mut with_parameters = 0;
    for (method, template, operation) in operations() {
        let path = filled_in(template);
        let call = api.call(method.clone(), format!("{path}?limt=CANARY"));
        let problem = call.expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], "limt", "{template}");
        assert!(!problem.to_string().contains("CANARY"), "{problem}");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            with_parameters += 1;
            let name = parameter["name"].as_str().unwrap();
            let detail = problem["detail"].as_str().unwrap();
            assert!(
                detail.contains(&format!("`{name}`")),
                "{template}: {detail}"
            );
            let call = api.call(method.clone(), format!("{path}?{name}=1&{name}=1"));
            let twice = call.expect_problem(ProblemCode::InvalidField).await;
            assert_eq!(twice["field"], name, "{template}");
        }
    }
    assert!(with_parameters > 10);
    // Who has no key learns nothing of it.
    let call = api.anonymous(Method::GET, "/v1/proofs?limt=5");
    call.expect_problem(ProblemCode::ApiKeyMissing).await;
}

#[tokio::test]
async fn a_body_has_a_size_and_a_media_type() {
    let api = Api::new().await;
    let post = || api.call(Method::POST, "/v1/challenges");
    let large = format!("{{\"lifetime_s\":{}60}}", " ".repeat(BODY_BYTES_MAX));
    let call = post().raw("application/json", large);
    call.expect_problem(ProblemCode::BodyTooLarge).await;
    for media_type in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "nonsense",
        "",
    ] {
        let call = post().raw(media_type, "{}");
        call.expect_problem(ProblemCode::UnsupportedMediaType).await;
    }
    let call = post().body(Body::from_string("{}".to_owned()));
    call.expect_problem(ProblemCode::UnsupportedMediaType).await;
    let call = post().raw("application/json; charset=utf-8", "{}");
    assert_eq!(call.send().await.status, 200);
}

/// A body that never ends, and counts how much of it was read.
struct Endless(Arc<AtomicUsize>);

impl AsyncRead for Endless {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let space = buffer.initialize_unfilled();
        space.fill(b' ');
        let bytes = space.len();
        buffer.advance(bytes);
        self.0.fetch_add(bytes, Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_body_is_not_read_to_find_that_it_is_too_large() {
    let api = Api::new().await;
    let post = |read: &Arc<AtomicUsize>| {
        let call = api
            .call(Method::POST, "/v1/proofs")
            .header("Content-Type", "application/json");
        call.body(Body::from_async_read(Endless(read.clone())))
    };
    let read = Arc::new(AtomicUsize::new(0));
    let call = post(&read).header("Content-Length", &(BODY_BYTES_MAX + 1).to_string());
    call.expect_problem(ProblemCode::BodyTooLarge).await;
    assert_eq!(read.load(Ordering::SeqCst), 0, "its length was declared");

    post(&read).expect_problem(ProblemCode::BodyTooLarge).await;
    let bytes = read.swap(0, Ordering::SeqCst);
    assert!(
        (BODY_BYTES_MAX..2 * BODY_BYTES_MAX).contains(&bytes),
        "{bytes}"
    );

    // Who has no key has nothing read at all.
    let call = api
        .anonymous(Method::POST, "/v1/proofs")
        .header("Content-Type", "application/json");
    let call = call.body(Body::from_async_read(Endless(read.clone())));
    call.expect_problem(ProblemCode::ApiKeyMissing).await;
    assert_eq!(read.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_service_lives_without_temporal_but_is_not_ready() {
    let api = Api::new().await;
    let live = api.anonymous(Method::GET, "/health/live").send().await;
    assert_eq!(live.status, 200);
    let ready = api.anonymous(Method::GET, "/health/ready").send().await;
    let problem = ready.problem(ProblemCode::Unavailable);
    let detail = problem["detail"].as_str().unwrap().to_lowercase();
    assert!(
        detail.contains("temporal") && !detail.contains("database"),
        "{detail}"
    );
}

#[tokio::test]
async fn the_pages_for_people_are_there() {
    let api = Api::new().await;
    for (path, words) in [("/docs", "openapi"), ("/portal", "Zapiki")] {
        let page = api.anonymous(Method::GET, path).send().await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.header("Content-Type")
                .unwrap()
                .starts_with("text/html")
        );
        assert!(page.text.contains(words), "{path}");
    }
    let document = api.anonymous(Method::GET, "/openapi.json").send().await;
    assert_eq!(document.status, 200);
    assert!(
        document.json()["openapi"]
            .as_str()
            .unwrap()
            .starts_with("3.0")
    );
}

/// Its files are the ones that the page names; what a browser has of them it may keep while they are the same.
#[tokio::test]
async fn the_portal_is_served_whole_and_under_a_strict_policy() {
    let api = Api::new().await;
    let page = api.anonymous(Method::GET, "/portal").send().await;
    for path in [
        "/portal",
        "/portal/main.js",
        "/portal/portal.css",
        "/portal/icon.svg",
    ] {
        let file = api.anonymous(Method::GET, path).send().await;
        assert_eq!(file.status, 200, "{path}");
        assert!(
            path == "/portal" || page.text.contains(&path[1..]),
            "{path}"
        );
        let policy = file.header("Content-Security-Policy").unwrap();
        for rule in [
            "default-src 'none';",
            "script-src 'self';",
            "style-src 'self';",
            "connect-src 'self';",
            "form-action 'none';",
            "frame-ancestors 'none';",
            "base-uri 'none';",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(file.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(file.header("Referrer-Policy"), Some("no-referrer"));
        assert_eq!(file.header("Cache-Control"), Some("no-cache"));

        let tag = file.header("ETag").unwrap().to_owned();
        let again = api.anonymous(Method::GET, path);
        let again = again.header("If-None-Match", &tag).send().await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("ETag"), Some(tag.as_str()));
        let other = api.anonymous(Method::GET, path);
        let other = other.header("If-None-Match", "\"other\"").send().await;
        assert_eq!(other.status, 200, "{path}");
    }
    api.anonymous(Method::GET, "/portal/nothing.js")
        .expect_problem(ProblemCode::RouteNotFound)
        .await;
}

#[tokio::test]
async fn a_tenant_that_asks_too_often_is_told_when_to_come_back() {
    let api = Api::new().await;
    let starter = api.other_tenant().await;
    // More than the plan's requests of a minute, faster than they come back.
    let plan = zapiki_core::plan::Plan::Starter;
    let mut refused = None;
    for _ in 0..=plan.requests_per_minute_max() * 2 {
        let answer = api
            .call_with(Method::GET, "/v1/systems", &starter)
            .send()
            .await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a limit");
    refused.problem(ProblemCode::RateLimited);
    let wait: u64 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    // Nobody else is held up.
    api.get("/v1/systems").expect(200).await;
}

#[tokio::test]
async fn a_database_that_is_away_is_not_the_callers_fault() {
    let api = Api::new().await;
    let cut = "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM zapiki_app;";
    api.database.execute(cut).await.unwrap();
    let answer = api
        .post("/v1/challenges", &json!({}))
        .may_fail()
        .send()
        .await;
    answer.problem(ProblemCode::Internal);
    // What the database said is for the log.
    for word in ["permission", "challenges", "relation", "table"] {
        assert!(!answer.text.contains(word), "{}", answer.text);
    }
}

#[tokio::test]
async fn limits_are_the_operators() {
    let mut api = Api::new().await;
    let default = Limits::default();
    assert_eq!(default.body_bytes_max, BODY_BYTES_MAX);
    api.trust_issuer().await;
    let order = proof_request();
    let (public, whole) = (public_input(&order).len(), order.to_string().len());
    assert!(public < whole);

    api.limit(Limits {
        body_bytes_max: whole - 1,
        ..default
    });
    let call = api.post("/v1/proofs", &order);
    let problem = call.expect_problem(ProblemCode::BodyTooLarge).await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&(whole - 1).to_string()), "{detail}");

    // The private part does not count towards the limit of the public one.
    for (public_input_bytes_max, code) in [
        (public - 1, Some(ProblemCode::PublicInputTooLarge)),
        (public, None),
    ] {
        api.limit(Limits {
            body_bytes_max: whole,
            public_input_bytes_max,
        });
        let answer = api.post("/v1/proofs", &order).send().await;
        match code {
            Some(code) => drop(answer.problem(code)),
            None => assert_eq!(answer.status, 202, "{answer:?}"),
        }
    }
}

/// What of an order is public, as the service writes it.
fn public_input(order: &serde_json::Value) -> String {
    let claim: Claim = serde_json::from_value(json!({
        "statement": order["statement"], "issuer": order["issuer"],
        "challenge": order["challenge"], "scope": order["scope"],
    }))
    .unwrap();
    serde_json::to_string(&claim).unwrap()
}
