//! Challenges: random, for a while.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use zapiki_core::problem::ProblemCode;

use crate::harness::Api;

#[tokio::test]
async fn each_challenge_is_new_and_expires_when_it_was_asked_to() {
    let api = Api::new().await;
    let before = Utc::now();
    let request = json!({"lifetime_s": 60});
    let first = api.post("/v1/challenges", &request).expect(200).await;
    let second = api.post("/v1/challenges", &request).expect(200).await;
    let after = Utc::now();
    assert_ne!(first["challenge"], second["challenge"]);
    assert_ne!(first["id"], second["id"]);
    let expires_at: DateTime<Utc> = first["expires_at"].as_str().unwrap().parse().unwrap();
    let minute = TimeDelta::seconds(60);
    let slack = TimeDelta::milliseconds(1);
    assert!((before + minute - slack..=after + minute).contains(&expires_at));
}

#[tokio::test]
async fn a_lifetime_has_limits() {
    let api = Api::new().await;
    for lifetime_s in [
        json!(0),
        json!(-1),
        json!(1_000_000_000),
        json!("60"),
        json!(1.5),
    ] {
        let call = api.post("/v1/challenges", &json!({"lifetime_s": lifetime_s}));
        let problem = call.expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], "lifetime_s");
    }
}
