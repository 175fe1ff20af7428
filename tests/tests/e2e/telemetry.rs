//! What operators see: metrics that Prometheus scrapes, alerts that fire, traces that join a request with the work that it caused.

use std::collections::BTreeMap;

use serde_json::json;
use zapiki_tests::client::types::ProofState;
use zapiki_tests::collector::Collector;
use zapiki_tests::people::Issuer;
use zapiki_tests::prometheus::{Metric, Prometheus, metrics};
use zapiki_tests::stack::{METRICS_END, Stack};
use zapiki_tests::wait::eventually;
use zapiki_workflows::testing::readable_history;

/// What docs/OPERATIONS.md says of our metrics.
fn documented() -> BTreeMap<String, Metric> {
    let text = include_str!("../../../docs/OPERATIONS.md");
    let rows = text.lines().filter(|line| line.starts_with("| `zapiki_"));
    let metric = |row: &str| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, help] = cells[..] else {
            panic!("four columns: {row}");
        };
        let bare = |text: &str| text.trim_matches('`').to_owned();
        let labels = labels.split(", ").map(bare);
        let metric = Metric {
            kind: kind.to_owned(),
            help: help.to_owned(),
            labels: labels.filter(|label| !label.is_empty()).collect(),
        };
        (bare(name), metric)
    };
    rows.map(metric).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_raises_the_alarm_and_what_is_measured_is_what_is_documented() {
    let mut stack = Stack::builder()
        .without_worker()
        .with_metrics()
        .start()
        .await;
    let api = stack.api.metrics_address().await;
    let mut pipeline = stack.start_worker_of("pipeline").await;
    let worker = pipeline.metrics_address().await;
    let targets = [("zapiki-api", &*api), ("zapiki-worker", &*worker)];
    let prometheus = Prometheus::scraping(&targets).await;
    assert_eq!(prometheus.values("count(up == 1) == 2").await, [2.0]);
    assert_eq!(
        prometheus.values("sum(zapiki_dead_letters_total)").await,
        [0.0]
    );
    assert_eq!(
        prometheus.firing().await.unwrap(),
        [] as [serde_json::Value; 0]
    );

    // A proof waits, since nobody proves; then somebody comes who lacks the keys.
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    shop.trust(&bank).await;
    let ana = bank.issue_born("ana", "2001-05-17");
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let failing = shop.order(&request).await;
    let waiting = r#"time() - zapiki_proofs_waiting_since_timestamp_seconds{kind="single"}"#;
    assert!(prometheus.values(waiting).await[0] < 60.0);
    let mut seen = stack.metrics_of(&[&api, &worker]).await;
    let poor = stack.start_worker_without_age_over_of("groth16").await;
    eventually("it failed for good", async || {
        let state = shop.proof(&failing).await.state;
        (state == ProofState::DeadLettered).then_some(())
    })
    .await;
    let alert = prometheus.fired("ZapikiDeadLetterWritten").await;
    assert_eq!(alert["failure"], "CircuitUnavailable", "{alert}");
    assert_eq!(alert["severity"], "critical");
    assert_eq!(
        prometheus.values("sum(zapiki_dead_letters_total)").await,
        [1.0]
    );
    drop(poor);

    // One is made, and measured by who made it.
    let mut prover = stack.start_worker_of("groth16").await;
    let prover_metrics = prover.metrics_address().await;
    let made = shop.order(&request).await;
    shop.finished(&made).await;
    // Neither a path that nobody has nor a method that somebody invents makes a series of its own.
    shop.http.get("/v1/nothing/4711").send().await;
    let invented = reqwest::Method::from_bytes(b"BREW").unwrap();
    shop.http.call(invented, "/v1/proofs").send().await;
    eventually("the backlog is read", async || {
        let text = stack.metrics_of(&[&worker]).await;
        text.contains("zapiki_dead_letters_open 1").then_some(())
    })
    .await;
    seen += &stack.metrics_of(&[&api, &worker, &prover_metrics]).await;
    for line in [
        r#"zapiki_http_requests_total{method="POST",operation="create_proof",status="202"} 2"#,
        r#"zapiki_http_requests_total{method="GET",operation="other",status="404"} 1"#,
        r#"zapiki_http_requests_total{method="other",operation="other",status="405"} 1"#,
        r#"zapiki_proofs_accepted_total{statement="age_over",system="groth16"} 2"#,
        r#"zapiki_proofs_settled_total{outcome="completed",statement="age_over",system="groth16"} 1"#,
        r#"zapiki_proofs_settled_total{outcome="dead_lettered",statement="age_over",system="groth16"} 1"#,
        r#"zapiki_proving_duration_seconds_count{statement="age_over",system="groth16"} 1"#,
        "zapiki_dead_letters_open 1",
    ] {
        assert!(seen.lines().any(|seen| seen == line), "{line} in {seen}");
    }
    for ours in ["4711", "BREW", &shop.id.to_string(), &shop.key] {
        assert!(!seen.contains(ours), "{ours}");
    }
    // Temporal's own, from the same address.
    for of_sdk in [
        "temporal_worker_task_slots_available{",
        "temporal_activity_schedule_to_start_latency_seconds_bucket{",
        "temporal_request_latency_seconds_bucket{",
        "temporal_long_request_total{",
    ] {
        assert!(seen.contains(of_sdk), "{of_sdk} in {seen}");
    }

    let mut measured = BTreeMap::new();
    for text in seen.split(METRICS_END) {
        for (name, metric) in metrics(text)
            .into_iter()
            .filter(|(name, _)| name.starts_with("zapiki_"))
        {
            let known: &mut Metric = measured.entry(name).or_default();
            known.labels.extend(metric.labels);
            (known.kind, known.help) = (metric.kind, metric.help);
        }
    }
    assert_eq!(
        measured,
        documented(),
        "docs/OPERATIONS.md lists what is measured"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_served_where_they_were_asked_for_and_nowhere_else() {
    let mut stack = Stack::builder()
        .without_worker()
        .with_metrics()
        .start()
        .await;
    let address = stack.api.metrics_address().await;
    assert!(!stack.tenant.http.url("").ends_with(&address));
    assert_eq!(stack.tenant.http.get("/metrics").send().await.status, 404);
    assert!(
        stack
            .metrics_of(&[&address])
            .await
            .contains("zapiki_build_info{version=")
    );
    let others = reqwest::get(format!("http://{address}/v1/proofs"))
        .await
        .unwrap();
    assert_eq!(others.status(), 404);
    // Unless they are asked for, there are none.
    let quiet = Stack::start().await;
    assert!(!quiet.api.log().contains("metrics"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_joins_a_request_its_workflow_and_its_activities() {
    let collector = Collector::start().await;
    let stack = Stack::builder().with_traces(&collector).start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    shop.trust(&bank).await;
    let ana = bank.issue_born("ana", "2001-05-17");
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let (trace, caller) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let call = shop.http.post("/v1/proofs", json!(request));
    let call = call
        .header("traceparent", &format!("00-{trace}-{caller}-01"))
        // What a caller likes to write here is nobody's business further in.
        .header("tracestate", "vendor=canary-state")
        .header("baggage", "who=canary-baggage");
    let made = call.send().await.json(200);
    shop.finished(&made["id"].as_str().unwrap().parse().unwrap())
        .await;

    let of_trace = || {
        let spans = collector.spans().into_iter();
        spans
            .filter(|sent| hex::encode(&sent.span.trace_id) == trace)
            .collect::<Vec<_>>()
    };
    let named = |name: &str| of_trace().into_iter().find(|sent| sent.span.name == name);
    // From the innermost outwards, each the child of the next, up to the caller.
    let mut chain = Vec::new();
    let innermost = eventually("the activity's span", async || named("RunActivity:prove")).await;
    let root = eventually("the request's span", async || named("create_proof")).await;
    eventually("the workflow's span", async || {
        named("RunWorkflow:ProofWorkflow")
    })
    .await;
    assert_eq!(hex::encode(&root.span.parent_span_id), caller);
    assert_eq!(
        (&*innermost.service, &*root.service),
        ("zapiki-worker", "zapiki-api")
    );
    let all = of_trace();
    let mut next = Some(innermost);
    while let Some(sent) = next {
        chain.push(sent.span.name.clone());
        next = all
            .iter()
            .find(|other| other.span.span_id == sent.span.parent_span_id)
            .cloned();
    }
    let [prove, start, run, call, request] = &chain[..] else {
        panic!("{chain:?} of {all:#?}");
    };
    assert_eq!(prove, "RunActivity:prove");
    assert_eq!(start, "StartActivity:prove");
    assert_eq!(run, "RunWorkflow:ProofWorkflow");
    assert!(call.ends_with("Workflow:ProofWorkflow"), "{call}");
    assert_eq!(request, "create_proof");
    let bytes = String::from_utf8_lossy(&collector.bytes()).into_owned();
    let history = readable_history(
        &stack.pipeline,
        made["id"].as_str().unwrap().parse().unwrap(),
    )
    .await;
    for place in [&bytes, &history] {
        assert!(!place.contains("canary-"), "{place}");
    }
    assert!(!bytes.contains(&shop.key));
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_sent_before_a_service_ends_and_none_are_made_without_a_collector() {
    let collector = Collector::start().await;
    // Longer than the test takes: what is sent, is sent because the service ends.
    let stack = Stack::builder()
        .without_worker()
        .with_traces(&collector)
        .with_variable("OTEL_BSP_SCHEDULE_DELAY", "600000");
    let mut stack = stack.start().await;
    stack.tenant.http.get("/v1/systems").send().await.json(200);
    assert!(collector.spans().is_empty());
    stack.api.close_stdin();
    assert!(stack.api.ended().await.success());
    let spans = collector.spans();
    assert!(
        spans.iter().any(|sent| sent.span.name == "list_systems"),
        "{spans:?}"
    );
    let quiet = Stack::start().await;
    assert!(!quiet.api.log().contains("traces"));
}
