//! What the product is for: Ana is of age and shows it, Ben is not and cannot.

use std::num::NonZeroU8;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Months;
use serde_json::json;
use zapiki_tests::client::types::{
    AuditKind, CheckName, CheckStatus, IncomePeriod, IncomeVerificationRequest, JobEventKind,
    ProblemCode, Proof, ProofEnvelope, ProofState, ResidencyProofRequest, Verification,
};
use zapiki_tests::client::{ok, problem};
use zapiki_tests::people::{Issuer, SCOPE, today};
use zapiki_tests::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn ana_shows_that_she_is_of_age_and_nothing_else() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    let inspected = desk.zapiki_ok("issuer inspect ana.credential");
    assert!(
        inspected.contains("holds over the attributes"),
        "{inspected}"
    );
    assert!(!inspected.contains("2001-05-17"), "{inspected}");

    shop.trust(&bank).await;
    let challenge = shop.challenge().await;
    let request = ana.age_request(18, &challenge);
    let made = ok(shop.client.verify_age(None, None, &request)).await;
    assert_eq!(made.status(), 200);
    let made = made.into_inner();
    assert_eq!(made.state, ProofState::Completed);
    let proof = made.proof.clone().expect("the proof itself");
    assert_eq!(proof.public_inputs.challenge, challenge);
    assert_eq!(proof.public_inputs.issuer.key, bank.key.key);

    // What was tampered with is no proof, and does not cost the shop its challenge.
    for tampered in tampered(&proof) {
        let judged = shop.verify(&tampered).await;
        assert!(
            !judged.proof_valid && !judged.policy_satisfied,
            "{judged:?}"
        );
        assert!(
            judged
                .checks
                .iter()
                .all(|check| check.status == CheckStatus::Skipped)
        );
    }
    let judged = shop.verify(&proof).await;
    assert!(judged.proof_valid && judged.policy_satisfied, "{judged:?}");
    // Shown a second time it is as true as before, and not for the shop any more.
    let judged = shop.verify(&proof).await;
    assert!(judged.proof_valid && !judged.policy_satisfied, "{judged:?}");
    assert_eq!(failed(&judged), [CheckName::ChallengeFresh]);

    // The auditor asks nobody.
    let key = ok(shop.client.get_verifying_key(&proof.circuit, None)).await;
    desk.write("vk.json", &*key);
    let verify = |proof: &Proof, options: &str| {
        desk.write("proof.json", proof);
        desk.zapiki(&format!("verify --proof proof.json --vk vk.json {options}"))
    };
    let (issuer, challenge) = (bank.key.key.as_str(), challenge.as_str());
    let options = format!("--challenge {challenge} --issuer {issuer}");
    let ended = verify(&made, &options);
    assert!(ended.code == 0 && ended.said.contains("VALID"), "{ended:?}");
    let of_another = shop.challenge().await;
    let ended = verify(&made, &format!("--challenge {}", of_another.as_str()));
    assert_eq!(ended.code, 1, "{ended:?}");
    for tampered in tampered(&proof) {
        let tampered = Proof {
            proof: Some(tampered),
            ..made.clone()
        };
        let ended = verify(&tampered, "");
        assert!(
            ended.code == 1 && ended.said.contains("INVALID"),
            "{ended:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_does_not_wait_comes_back_for_its_proof() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(21, &bank.key, &shop.challenge().await);

    let accepted = ok(shop
        .client
        .create_proof(None, Some("respond-async"), &request))
    .await;
    assert_eq!(accepted.status(), 202);
    assert_eq!(accepted.headers()["Preference-Applied"], "respond-async");
    let location = accepted.headers()["Location"].to_str().unwrap();
    assert_eq!(location, format!("/v1/proofs/{}", accepted.id.as_str()));

    let job = shop.finished(&accepted.id).await;
    let proof: Proof =
        serde_json::from_value(shop.http.get(location).send().await.json(200)).unwrap();
    assert_eq!(
        (proof.state, job.state),
        (ProofState::Completed, ProofState::Completed)
    );
    assert!(shop.verify(&proof.proof.unwrap()).await.policy_satisfied);

    assert_eq!(job.attempts, 1);
    assert!(job.timeline.is_sorted_by_key(|event| event.at), "{job:?}");
    let mut events: Vec<_> = job.timeline.iter().map(|event| event.event).collect();
    // Both books are written at once.
    events[6..8].sort_by_key(ToString::to_string);
    assert_eq!(
        events,
        [
            JobEventKind::Started,
            JobEventKind::Validated,
            JobEventKind::Queued,
            JobEventKind::Proving,
            JobEventKind::Proved,
            JobEventKind::Persisted,
            JobEventKind::Audited,
            JobEventKind::Metered,
            JobEventKind::Finished,
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ana_shows_what_she_earns_at_least_and_that_she_lives_in_the_union() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    let ana = bank.issue(
        "ana",
        &json!({
            "income": {"amount_minor": 345_000, "currency": "EUR", "period": "month"},
            "country_of_residence": "PT",
        }),
    );
    shop.trust(&bank).await;

    let income =
        |minimum_minor, maximum_minor, currency: &str, challenge| IncomeVerificationRequest {
            allow_experimental: None,
            system: None,
            as_of: None,
            challenge,
            credential: ana.credential.clone(),
            currency: currency.parse().unwrap(),
            holder_secret: ana.secret.clone(),
            maximum_minor,
            minimum_minor,
            period: IncomePeriod::Month,
            scope: SCOPE.parse().unwrap(),
        };
    let residency = |countries: &[&str], challenge| ResidencyProofRequest {
        allow_experimental: None,
        system: None,
        as_of: None,
        challenge,
        countries: countries.iter().map(|c| c.parse().unwrap()).collect(),
        credential: ana.credential.clone(),
        holder_secret: ana.secret.clone(),
        scope: SCOPE.parse().unwrap(),
    };
    let call = &shop.client;
    let at_least = income(300_000, None, "EUR", shop.challenge().await);
    let in_range = income(300_000, Some(400_000), "EUR", shop.challenge().await);
    let resident = residency(&["PT", "ES", "FR"], shop.challenge().await);
    for made in [
        ok(call.verify_income(None, None, &at_least)).await,
        ok(call.verify_income(None, None, &in_range)).await,
        ok(call.prove_residency(None, None, &resident)).await,
    ] {
        assert_eq!(made.status(), 200);
        let proof = made.proof.clone().expect("the proof itself");
        let judged = shop.verify(&proof).await;
        assert!(judged.proof_valid && judged.policy_satisfied, "{judged:?}");
        // Neither the amount nor the one country is in what she sends.
        let text = serde_json::to_string(&proof).unwrap();
        assert!(!text.contains("345000"), "{text}");
        let key = ok(call.get_verifying_key(&proof.circuit, None)).await;
        desk.write("vk.json", &*key);
        desk.write("proof.json", &made.into_inner());
        let said = desk.zapiki_ok("verify --proof proof.json --vk vk.json");
        assert!(said.contains("VALID"), "{said}");
    }
    let said = desk.zapiki_ok("verify --proof proof.json --vk vk.json");
    assert!(said.contains("resident of one of ES, FR, PT"), "{said}");

    let challenge = shop.challenge().await;
    let more = income(345_001, None, "EUR", challenge.clone());
    let dollars = income(1, None, "USD", challenge.clone());
    let elsewhere = residency(&["ES", "FR"], challenge);
    for (refused, code) in [
        (
            problem(call.verify_income(None, None, &more)).await,
            ProblemCode::StatementNotSatisfied,
        ),
        (
            problem(call.verify_income(None, None, &dollars)).await,
            ProblemCode::CredentialCurrencyDiffers,
        ),
        (
            problem(call.prove_residency(None, None, &elsewhere)).await,
            ProblemCode::StatementNotSatisfied,
        ),
    ] {
        assert_eq!((refused.code, refused.status), (code, 422));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ben_is_seventeen_and_gets_no_proof_and_no_bill() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    let birth_date = today() - Months::new(17 * 12);
    let ben = bank.issue_born("ben", &birth_date.to_string());
    shop.trust(&bank).await;

    let request = ben.age_request(18, &shop.challenge().await);
    let refused = problem(shop.client.verify_age(None, None, &request)).await;
    assert_eq!(refused.code, ProblemCode::StatementNotSatisfied);
    assert_eq!(refused.status, 422);

    let id = refused.proof_id.expect("the proof that it is about");
    shop.finished(&id).await;
    let proof = shop.proof(&id).await;
    assert_eq!(proof.state, ProofState::Rejected);
    assert_eq!(proof.code, Some(ProblemCode::StatementNotSatisfied));
    assert!(proof.proof.is_none());
    assert_eq!(shop.proofs_used().await, 0);
    assert_eq!(shop.audited(&id).await, [AuditKind::ProofRejected]);

    // He is seventeen, and that he can show.
    let request = ben.age_request(17, &shop.challenge().await);
    let made = ok(shop.client.verify_age(None, None, &request)).await;
    assert_eq!(made.state, ProofState::Completed);
}

/// The proof with each of the things changed that somebody might like to change.
fn tampered(proof: &ProofEnvelope) -> Vec<ProofEnvelope> {
    let changed = |change: fn(&mut ProofEnvelope)| {
        let mut proof = proof.clone();
        change(&mut proof);
        proof
    };
    vec![
        changed(|proof| proof.public_inputs.statement.min_age = NonZeroU8::new(21)),
        changed(|proof| {
            let tomorrow = today().succ_opt().unwrap().to_string();
            proof.public_inputs.statement.as_of = Some(tomorrow.parse().unwrap());
        }),
        changed(|proof| proof.public_inputs.scope = "elsewhere".parse().unwrap()),
        changed(|proof| {
            let other = format!("0x{}", "7".repeat(64));
            proof.public_inputs.challenge = other.parse().unwrap();
        }),
        changed(|proof| {
            let other = format!("0x{}", "0".repeat(64));
            proof.public_inputs.nullifier = other.parse().unwrap();
        }),
        flipped(proof, |bytes| bytes[0] ^= 1),
        flipped(proof, |bytes| *bytes.last_mut().unwrap() ^= 1),
    ]
}

fn flipped(proof: &ProofEnvelope, flip: fn(&mut [u8])) -> ProofEnvelope {
    let mut bytes = URL_SAFE_NO_PAD.decode(proof.proof.as_str()).unwrap();
    flip(&mut bytes);
    let mut proof = proof.clone();
    proof.proof = URL_SAFE_NO_PAD.encode(bytes).parse().unwrap();
    proof
}

fn failed(judged: &Verification) -> Vec<CheckName> {
    let failed = judged
        .checks
        .iter()
        .filter(|check| check.status == CheckStatus::Failed);
    failed.map(|check| check.name).collect()
}
