//! Verification: whether a proof is valid, and whether it is what this tenant accepts, are two answers.

use std::sync::Arc;

use serde_json::{Value, json};
use zapiki_backends::{
    CircuitInfo, CircuitStatus, ProofBackend, ProveError, Verdict, VerifyError,
    VerifyingKeyDocument,
};
use zapiki_core::circuit::CircuitId;
use zapiki_core::day::Day;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::Statement;
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey};
use zapiki_core::system::{Capabilities, ProofSystem};
use zapiki_core::witness::Witness;

use crate::harness::{Api, BACKEND};
use crate::sample::{ENVELOPE, claim_on, issuer_key, proof_request, prove, today};

impl Api {
    async fn verify(&self, envelope: &ProofEnvelope) -> Value {
        self.verify_with(json!({"proof": envelope})).await
    }

    async fn verify_with(&self, request: Value) -> Value {
        self.post("/v1/verifications", &request).expect(200).await
    }
}

/// The status of a check.
#[track_caller]
fn check<'a>(verification: &'a Value, name: &str) -> &'a str {
    let checks = verification["checks"].as_array().unwrap();
    let mut found = checks.iter().filter(|check| check["name"] == name);
    let check = found
        .next()
        .unwrap_or_else(|| panic!("{name} is in {verification}"));
    assert!(found.next().is_none());
    assert!(!check["reason"].as_str().unwrap().is_empty());
    check["status"].as_str().unwrap()
}

/// Why it ended so.
#[track_caller]
fn reason<'a>(verification: &'a Value, name: &str) -> &'a str {
    let checks = verification["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    check["reason"].as_str().unwrap()
}

const CHECKS: [&str; 4] = [
    "issuer_trusted",
    "challenge_fresh",
    "as_of_fresh",
    "circuit_active",
];

#[tokio::test]
async fn a_good_proof_about_our_challenge_is_accepted_once() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let first = api.verify(&envelope).await;
    assert_eq!(first["proof_valid"], true, "{first}");
    assert_eq!(first["policy_satisfied"], true, "{first}");
    assert_eq!(CHECKS.map(|name| check(&first, name)), ["passed"; 4]);
    // A replay: as valid as before, and not accepted.
    let second = api.verify(&envelope).await;
    assert_eq!(second["proof_valid"], true);
    assert_eq!(second["policy_satisfied"], false);
    assert_eq!(check(&second, "challenge_fresh"), "failed");
    assert_eq!(check(&second, "issuer_trusted"), "passed");
}

#[tokio::test]
async fn of_two_verifications_at_once_one_gets_the_challenge() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let answers = tokio::join!(api.verify(&envelope), api.verify(&envelope));
    let accepted = [answers.0, answers.1].map(|answer| answer["policy_satisfied"].as_bool());
    assert!(accepted == [Some(true), Some(false)] || accepted == [Some(false), Some(true)]);
}

/// The keys of these tests are development keys.
#[tokio::test]
async fn who_requires_a_ceremony_gets_no_proof_under_development_keys() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let request = json!({"proof": envelope, "require_ceremony": true});
    let verification = api.verify_with(request).await;
    assert_eq!(verification["proof_valid"], true, "{verification}");
    assert_eq!(verification["provenance"], "dev");
    assert_eq!(verification["policy_satisfied"], false);
    assert_eq!(check(&verification, "key_provenance"), "failed");
    assert!(reason(&verification, "key_provenance").contains("anybody"));

    let mut broken = envelope;
    broken.public_inputs.claim.scope = "elsewhere".parse().unwrap();
    let request = json!({"proofs": [broken], "require_ceremony": true});
    let call = api.post("/v1/verifications/batch", &request);
    let verification = &call.expect(200).await["verifications"][0];
    assert_eq!(check(verification, "key_provenance"), "skipped");
}

type Breaking = fn(&mut ProofEnvelope);

/// What is done to a proof, and what its verification says of it.
const BROKEN: &[(&str, Breaking, &str)] = &[
    (
        "another age",
        |e| e.public_inputs.claim.statement = age_over(17, today()),
        "public inputs",
    ),
    (
        "another day",
        |e| e.public_inputs.claim.statement = age_over(18, days_ago(1)),
        "public inputs",
    ),
    (
        "another issuer",
        |e| e.public_inputs.claim.issuer = another_issuer(),
        "public inputs",
    ),
    (
        "another challenge",
        |e| e.public_inputs.claim.challenge.0[31] ^= 1,
        "public inputs",
    ),
    (
        "another scope",
        |e| e.public_inputs.claim.scope = "elsewhere".parse().unwrap(),
        "public inputs",
    ),
    (
        "another nullifier",
        |e| {
            let one_more = e.public_inputs.nullifier.to_bn254().unwrap() + Fr::from(1u8);
            e.public_inputs.nullifier = one_more.into();
        },
        "public inputs",
    ),
    (
        "another proof",
        |e| e.proof = ENVELOPE.proof.clone(),
        "public inputs",
    ),
    ("the first byte", |e| e.proof.0[0] ^= 1, ""),
    ("the last byte", |e| *e.proof.0.last_mut().unwrap() ^= 1, ""),
    (
        "a byte less",
        |e| assert!(e.proof.0.pop().is_some()),
        "no proof of this system",
    ),
    (
        "a byte more",
        |e| e.proof.0.push(0),
        "no proof of this system",
    ),
    ("no bytes", |e| e.proof.0.clear(), "no proof of this system"),
    ("zeros", |e| e.proof.0.fill(0), "no proof of this system"),
    ("ones", |e| e.proof.0.fill(0xff), "no proof of this system"),
    (
        "another label",
        |e| e.zero_knowledge = false,
        "what is not so",
    ),
    (
        "another key",
        |e| e.verifying_key.0[0] ^= 1,
        "verifying key",
    ),
];

fn age_over(min_age: u8, as_of: Day) -> Statement {
    Statement::AgeOver(AgeOver::new(min_age, as_of).unwrap())
}

fn days_ago(days: u32) -> Day {
    Day::from_number(today().number() - days).unwrap()
}

fn another_issuer() -> IssuerKey {
    issuer_key(&SecretKey::from_bytes([8; 32]))
}

#[tokio::test]
async fn a_proof_that_shows_nothing_does_not_use_the_challenge_up() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    for (what, change, reason) in BROKEN {
        let mut broken = envelope.clone();
        change(&mut broken);
        let answer = api.verify(&broken).await;
        assert!(
            answer["reason"].as_str().unwrap().contains(reason),
            "{what}: {answer}"
        );
        assert_eq!(answer["proof_valid"], false, "{answer}");
        assert_eq!(answer["policy_satisfied"], false, "{answer}");
        assert_eq!(check(&answer, "challenge_fresh"), "skipped", "{answer}");
    }
    assert_eq!(api.verify(&envelope).await["policy_satisfied"], true);
}

#[tokio::test]
async fn a_challenge_of_nobody_or_of_another_tenant_is_not_ours() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let answer = api.verify(&ENVELOPE).await;
    assert_eq!(answer["proof_valid"], true);
    assert_eq!(check(&answer, "challenge_fresh"), "failed");

    let envelope = prove(&claim_on(today(), api.challenge().await));
    let other = api.other_tenant().await;
    let call = api.call_with(poem::http::Method::POST, "/v1/verifications", &other);
    let theirs = call.json(&json!({"proof": envelope})).expect(200).await;
    assert_eq!(theirs["proof_valid"], true);
    assert_eq!(check(&theirs, "challenge_fresh"), "failed");
    assert_eq!(check(&theirs, "issuer_trusted"), "failed");
    assert_eq!(api.verify(&envelope).await["policy_satisfied"], true);
}

#[tokio::test]
async fn a_challenge_does_not_live_for_ever() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let past = "UPDATE challenges SET issued_at = now() - interval '2 days', \
                expires_at = now() - interval '1 day'";
    api.database.execute(past).await.unwrap();
    let answer = api.verify(&envelope).await;
    assert_eq!(answer["proof_valid"], true);
    assert_eq!(check(&answer, "challenge_fresh"), "failed");
}

#[tokio::test]
async fn an_issuer_that_is_not_trusted_fails_the_policy_alone() {
    let api = Api::new().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let answer = api.verify(&envelope).await;
    assert_eq!(answer["proof_valid"], true);
    assert_eq!(answer["policy_satisfied"], false);
    assert_eq!(check(&answer, "issuer_trusted"), "failed");
}

#[tokio::test]
async fn an_as_of_day_is_fresh_within_the_window_of_the_request() {
    let api = Api::new().await;
    api.trust_issuer().await;
    // What the default takes: today and, for whoever proves around midnight, yesterday.
    for (ago, max_days, status) in [
        (0, None, "passed"),
        (3, None, "failed"),
        (3, Some(3), "passed"),
        (3, Some(2), "failed"),
        (0, Some(0), "passed"),
    ] {
        let envelope = prove(&claim_on(days_ago(ago), api.challenge().await));
        let mut request = json!({"proof": envelope});
        if let Some(max_days) = max_days {
            request["as_of_age_days_max"] = json!(max_days);
        }
        let answer = api.verify_with(request).await;
        assert_eq!(
            check(&answer, "as_of_fresh"),
            status,
            "{ago} {max_days:?} {answer}"
        );
        assert_eq!(answer["policy_satisfied"], status == "passed");
    }
}

/// Whoever debugs an integration learns which of the three it was.
#[tokio::test]
async fn a_challenge_that_is_not_fresh_is_told_why() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    assert!(reason(&api.verify(&ENVELOPE).await, "challenge_fresh").contains("never asked"));
    api.database
        .execute("UPDATE challenges SET expires_at = now()")
        .await
        .unwrap();
    assert!(reason(&api.verify(&envelope).await, "challenge_fresh").contains("expired"));
    let later = "UPDATE challenges SET expires_at = now() + interval '1 hour'";
    api.database.execute(later).await.unwrap();
    assert!(reason(&api.verify(&envelope).await, "challenge_fresh").contains("unused"));
    assert!(reason(&api.verify(&envelope).await, "challenge_fresh").contains("before"));
}

#[tokio::test]
async fn a_challenge_is_used_up_whatever_the_other_checks_say() {
    let api = Api::new().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let first = api.verify(&envelope).await;
    assert_eq!(check(&first, "issuer_trusted"), "failed");
    assert_eq!(check(&first, "challenge_fresh"), "passed");
    api.trust_issuer().await;
    let second = api.verify(&envelope).await;
    assert_eq!(check(&second, "issuer_trusted"), "passed");
    assert_eq!(check(&second, "challenge_fresh"), "failed");
    assert_eq!(second["policy_satisfied"], false);
}

/// The backend, with all of its circuits withdrawn.
struct Withdrawn(Vec<CircuitInfo>);

impl Withdrawn {
    fn new() -> Self {
        let mut circuits = BACKEND.circuits().to_vec();
        circuits
            .iter_mut()
            .for_each(|circuit| circuit.status = CircuitStatus::Withdrawn);
        Self(circuits)
    }
}

impl ProofBackend for Withdrawn {
    fn system(&self) -> ProofSystem {
        BACKEND.system()
    }
    fn capabilities(&self) -> Capabilities {
        BACKEND.capabilities()
    }
    fn circuits(&self) -> &[CircuitInfo] {
        &self.0
    }
    fn prove(&self, _: CircuitId, _: &Claim, _: &Witness) -> Result<ProofEnvelope, ProveError> {
        panic!("the service proves nothing")
    }
    fn verify(&self, envelope: &ProofEnvelope) -> Result<Verdict, VerifyError> {
        BACKEND.verify(envelope)
    }
    fn verifying_key(&self, circuit: CircuitId) -> Option<&VerifyingKeyDocument> {
        BACKEND.verifying_key(circuit)
    }
}

#[tokio::test]
async fn a_withdrawn_circuit_makes_no_proofs_and_its_proofs_fail_the_policy_alone() {
    let api = Api::with(Arc::new(Withdrawn::new())).await;
    api.trust_issuer().await;
    let envelope = prove(&claim_on(today(), api.challenge().await));
    let answer = api.verify(&envelope).await;
    assert_eq!(answer["proof_valid"], true, "{answer}");
    assert_eq!(answer["policy_satisfied"], false);
    let statuses = CHECKS.map(|name| check(&answer, name));
    assert_eq!(statuses, ["passed", "passed", "passed", "failed"]);

    let refused = api.post("/v1/proofs", &proof_request());
    let problem = refused.expect_problem(ProblemCode::UnknownCircuit).await;
    assert!(
        problem["detail"].as_str().unwrap().contains("withdrawn"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_day_to_come_is_not_fresh() {
    let api = Api::new().await;
    api.trust_issuer().await;
    // Tomorrow has begun somewhere; the day after has not, nor after midnight here.
    let later = today().plus_days(3).unwrap();
    let mut request = json!({"proof": prove(&claim_on(later, api.challenge().await))});
    request["as_of_age_days_max"] = json!(u16::MAX);
    let answer = api.verify_with(request).await;
    assert_eq!(answer["proof_valid"], true);
    assert_eq!(answer["policy_satisfied"], false);
    assert_eq!(
        check(&answer, "as_of_fresh"),
        "failed",
        "nobody was that old yet"
    );
    assert!(reason(&answer, "as_of_fresh").contains("future"));
}

#[tokio::test]
async fn a_circuit_without_a_key_here_cannot_be_judged() {
    let api = Api::new().await;
    let mut unknown = ENVELOPE.clone();
    unknown.circuit = "age_over@9.0.0".parse().unwrap();
    let call = api.post("/v1/verifications", &json!({"proof": unknown}));
    call.expect_problem(ProblemCode::UnknownCircuit).await;
}

#[tokio::test]
async fn an_envelope_that_is_none_is_told_where() {
    let api = Api::new().await;
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 9] = [
        ("proof.circuit", |e| e["circuit"] = json!(7)),
        ("proof.version", |e| e["version"] = json!("zapiki.proof.v9")),
        ("proof.proof", |e| e["proof"] = json!("not base64!")),
        ("proof.extra", |e| e["extra"] = json!(1)),
        ("proof.public_inputs.nullifier", |e| {
            e["public_inputs"]["nullifier"] = json!("0x00")
        }),
        // What stands in an envelope must not look proved when it is not.
        ("proof.public_inputs.country", |e| {
            e["public_inputs"]["country"] = json!("PT")
        }),
        ("proof.public_inputs.statement", |e| {
            e["public_inputs"]["statement"]["max_age"] = json!(9)
        }),
        ("proof.public_inputs.issuer", |e| {
            e["public_inputs"]["issuer"] = json!([])
        }),
        ("proof.proof", |e| e["proof"] = json!("A".repeat(200_000))),
    ];
    for (field, change) in changes {
        let mut envelope = serde_json::to_value(&*ENVELOPE).unwrap();
        change(&mut envelope);
        let call = api.post("/v1/verifications", &json!({"proof": envelope}));
        let problem = call.expect_problem(ProblemCode::InvalidField).await;
        let at = problem["field"].as_str().unwrap();
        assert!(at.starts_with(field), "{field}: {at}");
    }
    for (place, code) in [
        (
            "/public_inputs/statement/type",
            ProblemCode::UnknownStatement,
        ),
        ("/system", ProblemCode::UnknownSystem),
    ] {
        let mut envelope = serde_json::to_value(&*ENVELOPE).unwrap();
        *envelope.pointer_mut(place).unwrap() = json!("unheard_of");
        let call = api.post("/v1/verifications", &json!({"proof": envelope}));
        let problem = call.expect_problem(code).await;
        assert_eq!(
            problem["field"],
            format!("proof{}", place.replace('/', "."))
        );
    }
    for days in [json!(-1), json!(65536), json!("1"), json!(0.5)] {
        let request = json!({"proof": &*ENVELOPE, "as_of_age_days_max": days});
        let call = api.post("/v1/verifications", &request);
        let problem = call.expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], "as_of_age_days_max");
    }
    let none = Challenge([0; 32]).to_string();
    let call = api.post("/v1/verifications", &json!({"proof": none}));
    call.expect_problem(ProblemCode::InvalidField).await;
}

#[tokio::test]
async fn a_batch_says_which_of_its_proofs_are_good() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let good = prove(&claim_on(today(), api.challenge().await));
    let of_nobody = prove(&claim_on(today(), Challenge([9; 32])));
    let mut tampered = good.clone();
    tampered.public_inputs.claim.statement = age_over(17, today());
    // The good one twice: a use and a replay.
    let request = json!({"proofs": [tampered, good, of_nobody, good]});
    let answer = api
        .post("/v1/verifications/batch", &request)
        .expect(200)
        .await;
    let verdicts: Vec<_> = answer["verifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (
                v["proof_valid"].as_bool().unwrap(),
                v["policy_satisfied"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        verdicts,
        [(false, false), (true, true), (true, false), (true, false)]
    );
    assert_eq!(answer["satisfied"], 1);
    assert_eq!(
        check(&answer["verifications"][3], "challenge_fresh"),
        "failed"
    );
    // As it says, the challenge is used up.
    assert_eq!(api.verify(&good).await["policy_satisfied"], false);
}

#[tokio::test]
async fn a_batch_that_cannot_be_judged_is_refused_whole() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let good = prove(&claim_on(today(), api.challenge().await));
    let mut unknown = good.clone();
    unknown.circuit.version.major = 9;
    let post = |proofs: Value| api.post("/v1/verifications/batch", &json!({"proofs": proofs}));
    let problem = post(json!([good, unknown]))
        .expect_problem(ProblemCode::UnknownCircuit)
        .await;
    assert_eq!(problem["field"], "proofs[1].circuit");
    for (proofs, field) in [
        (json!([]), "proofs"),
        (json!(vec![&good; 101]), "proofs"),
        (json!([good, 1]), "proofs[1]"),
        (json!([[good]]), "proofs[0]"),
        (json!(good), "proofs"),
    ] {
        let problem = post(proofs).expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], field);
    }
    // None of them used the challenge up.
    assert_eq!(api.verify(&good).await["policy_satisfied"], true);
}
