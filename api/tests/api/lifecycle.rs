//! Versions of circuits: pinned, deprecated, retired. What is proved verifies for ever.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use zapiki_core::lifecycle::Notice;
use zapiki_core::problem::ProblemCode;
use zapiki_core::system::ProofSystem;

use crate::harness::{Answer, Api};
use crate::sample::{circuit, claim_on, proof_request, prove, today};

const LINK: &str = "https://example.com/circuits/age-over-2";

fn notice(deprecated_at: DateTime<Utc>, sunset_at: Option<DateTime<Utc>>) -> Notice {
    Notice {
        system: ProofSystem::Groth16,
        circuit: circuit(),
        deprecated_at,
        sunset_at,
        link: LINK.to_owned(),
    }
}

/// Deprecated since yesterday, until tomorrow.
fn deprecated() -> Notice {
    let now = Utc::now();
    notice(now - TimeDelta::days(1), Some(now + TimeDelta::days(1)))
}

/// Retired since a minute.
fn retired() -> Notice {
    let now = Utc::now();
    notice(now - TimeDelta::days(1), Some(now - TimeDelta::minutes(1)))
}

/// Whether the answer announces the end of the circuit, in full or not at all.
#[track_caller]
fn announces(answer: &Answer, notice: &Notice) -> bool {
    let names = ["Deprecation", "Sunset", "Link"];
    let [deprecation, sunset, link] = names.map(|name| answer.header(name));
    let Some(deprecation) = deprecation else {
        assert_eq!((sunset, link), (None, None));
        return false;
    };
    assert_eq!(
        deprecation,
        format!("@{}", notice.deprecated_at.timestamp())
    );
    let at = sunset.expect("a sunset");
    assert!(at.ends_with(" GMT") && at.len() == 29, "{at}");
    let at = DateTime::parse_from_rfc2822(at).unwrap();
    assert_eq!(at.timestamp(), notice.sunset_at.unwrap().timestamp());
    let link = link.expect("a link");
    assert!(
        link.contains(&format!("<{LINK}>; rel=\"deprecation\"")),
        "{link}"
    );
    true
}

fn versions(answer: &Value) -> Vec<(&str, &str, &str)> {
    answer["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            let field = |name: &str| version[name].as_str().unwrap();
            (field("system"), field("id"), field("status"))
        })
        .collect()
}

#[tokio::test]
async fn a_circuit_lists_its_versions_and_what_becomes_of_them() {
    let mut api = Api::new().await;
    let path = "/v1/circuits/age_over/versions";
    let answer = api.get(path).expect(200).await;
    assert_eq!(answer["circuit"], "age_over");
    let only = [("groth16", "age_over@1.0.0", "active")];
    assert_eq!(versions(&answer), only);
    assert!(answer["versions"][0].get("deprecated_at").is_none());
    let of_system = api.get(format!("{path}?system=groth16")).expect(200).await;
    assert_eq!(of_system, answer);
    for path in [
        "/v1/circuits/taller_than/versions",
        "/v1/circuits/age_over@1/versions",
        "/v1/circuits/age_over/versions?system=stark",
    ] {
        api.get(path).expect_problem(ProblemCode::NotFound).await;
    }

    let now = Utc::now();
    let ahead = notice(now + TimeDelta::days(1), None);
    for (notice, status) in [
        (ahead, "active"),
        (deprecated(), "deprecated"),
        (retired(), "retired"),
    ] {
        api.announce(vec![notice.clone()]);
        let answer = api.get(path).expect(200).await;
        let only = [("groth16", "age_over@1.0.0", status)];
        assert_eq!(versions(&answer), only);
        let version = &answer["versions"][0];
        assert!(version["deprecated_at"].is_string());
        assert_eq!(version["sunset_at"].is_string(), notice.sunset_at.is_some());
        assert_eq!(version["deprecation_link"], LINK);
        let circuits = api.get("/v1/circuits").expect(200).await;
        assert_eq!(circuits["circuits"][0]["status"], status);
        assert_eq!(circuits["circuits"][1]["status"], "active");
    }
}

#[tokio::test]
async fn answers_about_a_deprecated_circuit_say_so_in_their_headers() {
    let mut api = Api::new().await;
    api.trust_issuer().await;
    let notice = deprecated();
    let before = api.post("/v1/proofs", &proof_request()).send().await;
    assert!(!announces(&before, &notice));

    api.announce(vec![notice.clone()]);
    let made = api.post("/v1/proofs", &proof_request()).send().await;
    assert_eq!(made.status, 202, "it makes proofs still");
    assert!(announces(&made, &notice));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let read = api.get(format!("/v1/proofs/{id}")).send().await;
    assert!(announces(&read, &notice));
    let key = api.get("/v1/circuits/age_over@1.0.0/verifying-key");
    assert!(announces(&key.send().await, &notice));
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let judged = api.post("/v1/verifications", &json!({"proof": envelope}));
    assert!(announces(&judged.send().await, &notice));

    // What is about many circuits, or about another, says nothing of this one.
    for path in [
        "/v1/circuits",
        "/v1/circuits/age_over/versions",
        "/v1/proofs",
        "/v1/circuits/resident_of@1.0.0/verifying-key",
    ] {
        let answer = api.get(path).send().await;
        assert_eq!(answer.status, 200);
        assert!(!announces(&answer, &notice), "{path}");
    }
}

#[tokio::test]
async fn a_retired_circuit_makes_no_new_proofs_and_its_old_ones_hold() {
    let mut api = Api::new().await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let request = api_request(None);
    let accepted = api
        .post("/v1/proofs", &request)
        .header("Idempotency-Key", "before")
        .expect(202)
        .await;

    let notice = retired();
    api.announce(vec![notice.clone()]);
    for pin in [None, Some("age_over@1"), Some("age_over@1.0.0")] {
        let call = api.post("/v1/proofs", &api_request(pin));
        let problem = call.expect_problem(ProblemCode::CircuitRetired).await;
        assert_eq!(problem["field"], "circuit");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("/v1/circuits/age_over/versions"),
            "{detail}"
        );
    }
    // What was accepted stays accepted, and can be asked for again.
    let again = api
        .post("/v1/proofs", &request)
        .header("Idempotency-Key", "before")
        .expect(202)
        .await;
    assert_eq!(again["id"], accepted["id"]);

    let judged = api.post("/v1/verifications", &json!({"proof": envelope}));
    let judged = judged.send().await;
    assert!(announces(&judged, &notice));
    let judged = judged.json();
    assert_eq!(judged["proof_valid"], true, "{judged}");
    assert_eq!(judged["policy_satisfied"], true, "{judged}");
}

fn api_request(pin: Option<&str>) -> Value {
    let mut request = proof_request();
    if let Some(pin) = pin {
        request["circuit"] = json!(pin);
    }
    request
}

#[tokio::test]
async fn a_pin_takes_the_version_that_it_names_or_none() {
    let api = Api::new().await;
    api.trust_issuer().await;
    for pin in ["age_over@1", "age_over@1.0.0"] {
        let accepted = api.post("/v1/proofs", &api_request(Some(pin)));
        assert_eq!(accepted.expect(202).await["circuit"], "age_over@1.0.0");
    }
    for (pin, field, words) in [
        ("age_over@2", "circuit", "no circuit `age_over@2`"),
        (
            "age_over@1.0.1",
            "circuit",
            "/v1/circuits/age_over/versions",
        ),
        (
            "resident_of@1",
            "circuit",
            "does not prove the requested statement, which is `age_over`",
        ),
    ] {
        let call = api.post("/v1/proofs", &api_request(Some(pin)));
        let problem = call.expect_problem(ProblemCode::UnknownCircuit).await;
        assert_eq!(problem["field"], field, "{pin}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{pin}: {detail}");
    }
}
