//! Absence: Ana is on no list and shows it, Ben is on one and cannot; a credential that was taken back shows nothing.

use serde_json::{Value, json};
use zapiki_tests::client::types::{
    CheckName, CheckStatus, NewProofRequest, ProblemCode, SanctionsCheckRequest, Statement,
    StatementKind,
};
use zapiki_tests::client::{ok, problem};
use zapiki_tests::people::{Holder, Issuer, SCOPE, today};
use zapiki_tests::stack::{SAMPLE_LIST, Stack};
use zapiki_tests::tenant::Tenant;
use zapiki_tests::wait::eventually;

fn of_person(name: &str, born: &str, number: u64) -> Value {
    json!({
        "birth_date": born,
        "country_of_residence": "PT",
        "screening": {"name": name, "birth_date": born},
        "revocation_id": number,
    })
}

fn check_of(holder: &Holder, list: &str, challenge: &str) -> SanctionsCheckRequest {
    SanctionsCheckRequest {
        allow_experimental: None,
        system: None,
        as_of: None,
        challenge: challenge.parse().unwrap(),
        credential: holder.credential.clone(),
        holder_secret: holder.secret.clone(),
        list: list.parse().unwrap(),
        scope: SCOPE.parse().unwrap(),
    }
}

/// The long form, about a statement that is given as JSON.
async fn request(
    shop: &Tenant,
    bank: &Issuer<'_>,
    holder: &Holder,
    statement: Value,
) -> NewProofRequest {
    let challenge = shop.challenge().await;
    let mut request = holder.proof_request(18, &bank.key, &challenge);
    request.statement = serde_json::from_value::<Statement>(statement).unwrap();
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_no_list_shows_it_and_who_is_on_one_cannot() {
    let stack = Stack::builder().with_lists().start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    shop.trust(&bank).await;
    let list = eventually("the list is read", async || {
        shop.client
            .get_list(&SAMPLE_LIST.parse().unwrap())
            .await
            .ok()
    });
    let list = list.await.into_inner();
    assert!(list.signed_root.entries > 0);

    let ana = bank.issue("ana", &of_person("Ana Example", "2001-05-17", 1));
    let ben = bank.issue("ben", &of_person("Spécimen Testov", "1948-12-10", 2));

    let challenge = shop.challenge().await;
    let made = check_of(&ana, SAMPLE_LIST, challenge.as_str());
    let made = ok(shop.client.check_sanctions(None, None, &made)).await;
    let made = made.into_inner();
    assert_eq!(made.not_sanctioned, Some(true));
    let proof = made.proof.clone().expect("the proof itself");
    let named = proof.public_inputs.statement.list.clone().unwrap();
    assert_eq!(named.signature, list.signed_root.signature);
    let judged = shop.verify(&proof).await;
    assert!(judged.proof_valid && judged.policy_satisfied, "{judged:?}");
    let fresh = judged
        .checks
        .iter()
        .find(|c| c.name == CheckName::ListFresh);
    assert_eq!(fresh.unwrap().status, CheckStatus::Passed);

    // The auditor says whom to believe, and how old a list may be.
    let key = ok(shop.client.get_verifying_key(&proof.circuit, None)).await;
    desk.write("vk.json", &*key);
    desk.write("proof.json", &made);
    let signer = list.signed_root.signer.as_str();
    for (options, code) in [
        (format!("--list-signer {signer} --list-age-days-max 1"), 0),
        (format!("--list-signer {}", bank.key.key.as_str()), 1),
    ] {
        let ended = desk.zapiki(&format!("verify --proof proof.json --vk vk.json {options}"));
        assert_eq!(ended.code, code, "{ended:?}");
        assert!(ended.said.contains("sample of"), "{ended:?}");
    }

    // The same person under any spelling that the list's rules make one.
    let refused = check_of(&ben, SAMPLE_LIST, shop.challenge().await.as_str());
    let refused = problem(shop.client.check_sanctions(None, None, &refused)).await;
    assert_eq!(refused.code, ProblemCode::StatementNotSatisfied);

    let nowhere = check_of(&ana, "nowhere", shop.challenge().await.as_str());
    let refused = problem(shop.client.check_sanctions(None, None, &nowhere)).await;
    assert_eq!(refused.code, ProblemCode::ListUnknown);

    // Three statements, one proof.
    let as_of = today().to_string();
    let all = json!({"type": "all_of", "statements": [
        {"type": "age_over", "min_age": 18, "as_of": as_of},
        {"type": "resident_of", "countries": ["ES", "PT"], "as_of": as_of},
        {"type": "not_sanctioned", "list": list.signed_root, "as_of": as_of},
    ]});
    let order = request(shop, &bank, &ana, all.clone()).await;
    let made = ok(shop.client.create_proof(None, None, &order)).await;
    assert_eq!(made.circuit.as_str(), "all_of_listed@1.0.0");
    let proof = made.proof.clone().expect("the proof itself");
    let judged = shop.verify(&proof).await;
    assert!(judged.proof_valid && judged.policy_satisfied, "{judged:?}");
    let order = request(shop, &bank, &ben, all).await;
    let refused = problem(shop.client.create_proof(None, None, &order)).await;
    assert_eq!(refused.code, ProblemCode::StatementNotSatisfied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_was_taken_back_shows_nothing() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    shop.trust(&bank).await;
    let ana = bank.issue("ana", &of_person("Ana Example", "2001-05-17", 41));
    let ben = bank.issue("ben", &of_person("Ben Example", "2001-05-17", 42));

    let as_of = today().to_string();
    let statement = |list: &Value| json!({"type": "not_revoked", "list": list, "as_of": as_of});
    let revoke = |numbers: &str| -> Value {
        desk.zapiki_ok(&format!(
            "issuer revoke --key bank.key --list revoked.json {numbers}"
        ));
        desk.read("revoked.json")
    };

    // Nothing is proved against a list that nobody published.
    let empty = revoke("");
    let order = request(shop, &bank, &ana, statement(&empty["list"])).await;
    let refused = problem(shop.client.create_proof(None, None, &order)).await;
    assert_eq!(refused.code, ProblemCode::ListUnknown);

    let revoked = revoke("42 7");
    let published = serde_json::from_value(revoked.clone()).unwrap();
    ok(shop.client.publish_revocations(&published)).await;
    let order = request(shop, &bank, &ana, statement(&revoked["list"])).await;
    let made = ok(shop.client.create_proof(None, None, &order)).await;
    assert_eq!(made.statement.type_, StatementKind::NotRevoked);
    let judged = shop.verify(made.proof.as_ref().unwrap()).await;
    assert!(judged.proof_valid && judged.policy_satisfied, "{judged:?}");
    let order = request(shop, &bank, &ben, statement(&revoked["list"])).await;
    let refused = problem(shop.client.create_proof(None, None, &order)).await;
    assert_eq!(refused.code, ProblemCode::StatementNotSatisfied);

    // A number less than was signed, and the word of an issuer that the shop does not trust.
    let mut shortened = revoked.clone();
    shortened["revoked"] = json!([42]);
    let shortened = serde_json::from_value(shortened).unwrap();
    let refused = problem(shop.client.publish_revocations(&shortened)).await;
    assert_eq!(refused.code, ProblemCode::InvalidField);
    let _other = Issuer::new(desk, "other");
    desk.zapiki_ok("issuer revoke --key other.key --list others.json 41");
    let others: Value = desk.read("others.json");
    let foreign = serde_json::from_value(others).unwrap();
    let refused = problem(shop.client.publish_revocations(&foreign)).await;
    assert_eq!(refused.code, ProblemCode::IssuerNotTrusted);
}
