//! Jobs as a caller sees them while the pipeline is away: listed, stopped, followed.

use poem::http::Method;
use serde_json::{Value, json};
use zapiki_core::failure::FailureKind;
use zapiki_core::problem::ProblemCode;

use crate::harness::Api;
use crate::proofs::completed;

#[tokio::test]
async fn jobs_are_listed_newest_first_and_filtered() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, api.accept_proof().await);
    }
    api.settle(&ids[2], completed()).await;
    let list = async |query: &str| {
        let page = api.get(format!("/v1/jobs?{query}")).expect(200).await;
        let jobs = page["jobs"].as_array().unwrap().iter();
        let ids: Vec<Value> = jobs.map(|job| job["id"].clone()).collect();
        (ids, page)
    };
    let (all, page) = list("").await;
    assert_eq!(all, ids);
    let job = &page["jobs"][0];
    assert_eq!(
        (&job["state"], &job["system"]),
        (&json!("accepted"), &json!("groth16"))
    );
    assert_eq!(job["queue"], "zapiki-groth16");
    assert_eq!(list("state=completed").await.0, ids[2..]);
    assert_eq!(list("statement=resident_of").await.0, Vec::<Value>::new());
    let (first, page) = list("limit=2").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let (rest, page) = list(&format!("cursor={cursor}")).await;
    assert_eq!([first, rest].concat(), ids);
    assert!(page["next_cursor"].is_null());
}

#[tokio::test]
async fn a_job_is_stopped_once_and_its_input_is_gone() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.accept_proof().await;
    let cancel = || api.call(Method::POST, format!("/v1/jobs/{id}/cancel"));
    assert_eq!(cancel().expect(200).await["state"], "cancelled");
    let inputs = "SELECT count(*)::text AS text FROM sealed_inputs";
    assert_eq!(api.database.text(inputs).await.unwrap(), "0");
    let log = api.get("/v1/audit").expect(200).await;
    assert_eq!(log["entries"][0]["kind"], "proof_cancelled");
    let again = cancel().expect_problem(ProblemCode::JobFinished).await;
    assert_eq!(again["proof_id"], id);
}

#[tokio::test]
async fn what_is_settled_cannot_be_stopped() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let made = api.accept_proof().await;
    api.settle(&made, completed()).await;
    let failed = api.failed_proof(FailureKind::ProverFailed).await;
    for (id, word) in [(&made, "DELETE"), (&failed, "discard")] {
        let call = api.call(Method::POST, format!("/v1/jobs/{id}/cancel"));
        let problem = call.expect_problem(ProblemCode::JobFinished).await;
        assert!(
            problem["detail"].as_str().unwrap().contains(word),
            "{problem}"
        );
    }
    let proof = api.get(format!("/v1/proofs/{made}")).expect(200).await;
    assert_eq!(proof["state"], "completed");
}

/// The data of each event of type `proof`.
fn events(text: &str) -> Vec<Value> {
    let events = text
        .split("\n\n")
        .filter(|event| event.contains("event: proof"));
    events
        .map(|event| {
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            serde_json::from_str(data.expect("data")).unwrap()
        })
        .collect()
}

#[tokio::test]
async fn events_tell_the_outcome_and_end() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let id = api.accept_proof().await;
    let path = format!("/v1/proofs/{id}/events");
    // The pipeline is away: the row is looked at again and again.
    let settle = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        api.settle(&id, completed()).await;
    };
    let (stream, ()) = tokio::join!(api.get(&path).send(), settle);
    assert_eq!(stream.status, 200);
    let told = events(&stream.text);
    let states: Vec<_> = told.iter().map(|proof| proof["state"].clone()).collect();
    assert_eq!(states, ["accepted", "completed"]);
    assert!(told[1]["proof"].is_object());
    assert_eq!(told[1]["id"], id);

    // Of what is settled there is nothing more to tell.
    let late = api.get(&path).send().await;
    assert_eq!(events(&late.text), told[1..]);
    let nobodys = api.get("/v1/proofs/proof_00000000000000000000000000000001/events");
    nobodys.expect_problem(ProblemCode::NotFound).await;
}
