//! What is served without a key: the document that this client was made from, pages to read, health.

use serde_json::json;
use zapiki_core::problem::ProblemCode;
use zapiki_tests::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn the_api_describes_itself_as_the_checked_in_document_does() {
    let stack = Stack::builder().without_worker().start().await;
    let anybody = stack.stranger(None);
    let document = anybody.get("/openapi.json").send().await;
    assert_eq!(document.header("Content-Type"), "application/json");
    let checked_in = include_str!("../../../docs/openapi.json");
    assert_eq!(
        document.json(200),
        serde_json::from_str::<serde_json::Value>(checked_in).unwrap()
    );

    for page in ["/docs", "/portal"] {
        let answer = anybody.get(page).send().await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("Content-Type").starts_with("text/html"));
        assert!(answer.text.contains("<html"), "{}", answer.text);
        // What is typed into a page goes to this service and nowhere else.
        let policy = answer.header("Content-Security-Policy");
        assert!(policy.contains("connect-src 'self';"), "{policy}");
        let rest = if page == "/portal" { "none" } else { "self" };
        let rest = format!("default-src '{rest}';");
        assert!(policy.contains(&rest), "{policy}");
    }
    let home = anybody.get("/").send().await;
    assert_eq!((home.status, home.header("Location")), (307, "/docs"));
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(
            anybody.get(path).send().await.json(200),
            json!({"status": "ok"})
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_cannot_work_says_so_and_lives() {
    let stack = Stack::builder()
        .without_worker()
        .api_cut_off_from_temporal()
        .start()
        .await;
    let anybody = stack.stranger(None);
    let problem = anybody
        .get("/health/ready")
        .refused(ProblemCode::Unavailable)
        .await;
    assert!(
        problem["detail"].as_str().unwrap().contains("Temporal"),
        "{problem}"
    );
    assert_eq!(anybody.get("/health/live").send().await.status, 200);
}
