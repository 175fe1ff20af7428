//! What cannot be answered is refused with a code of its own, over real HTTP: by the API at once, or by the pipeline when it
//! has looked into the credential. Never a 500.

use chrono::{Days, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use zapiki_core::problem::ProblemCode;
use zapiki_tests::client::types::ProofState;
use zapiki_tests::people::{Holder, Issuer, today};
use zapiki_tests::stack::Stack;

/// Any id that nobody has.
const NOBODYS_ID: &str = "proof_01a20edb5b9b756ca24e41531e0328bf";

/// A request that is good, to be spoiled.
async fn good_request(stack: &Stack, bank: &Issuer<'_>, holder: &Holder) -> Value {
    let challenge = stack.tenant.challenge().await;
    serde_json::to_value(holder.proof_request(18, &bank.key, &challenge)).unwrap()
}

fn with(request: &Value, pointer: &str, value: Value) -> Value {
    let mut request = request.clone();
    *request.pointer_mut(pointer).expect(pointer) = value;
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_does_not_fit_is_refused_for_what_it_is() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let (bank, other) = (Issuer::new(desk, "bank"), Issuer::new(desk, "other"));
    shop.trust(&bank).await;
    let born = json!("2001-05-17");
    let day = |days: i64| {
        let day = if days < 0 {
            today() - Days::new(days.unsigned_abs())
        } else {
            today() + Days::new(days.unsigned_abs())
        };
        day.to_string()
    };
    let ana = bank.issue("ana", &json!({"birth_date": born}));
    let ben = bank.issue("ben", &json!({"birth_date": born}));
    let of_other = other.issue("of-other", &json!({"birth_date": born}));
    let expired = bank.issue(
        "expired",
        &json!({"birth_date": born, "issued_at": day(-30), "expires_at": day(-1)}),
    );
    let early = bank.issue(
        "early",
        &json!({"birth_date": born, "issued_at": day(1), "expires_at": day(30)}),
    );
    let nameless = bank.issue("nameless", &json!({"country_of_residence": "PT"}));

    let good = good_request(&stack, &bank, &ana).await;
    let of = |holder: &Holder| {
        let witness = json!({"credential": holder.credential, "holder_secret": holder.secret});
        with(&good, "/witness", witness)
    };
    // Ben makes himself older, or borrows Ana's credential.
    let older = with(
        &of(&ben),
        "/witness/credential/attributes/birth_date",
        json!("1990-01-01"),
    );
    let borrowed = with(&good, "/witness/holder_secret", json!(ben.secret));
    for (name, request, code) in [
        ("forged", older, ProblemCode::CredentialSignatureInvalid),
        ("borrowed", borrowed, ProblemCode::CredentialForeignHolder),
        (
            "of another issuer",
            of(&of_other),
            ProblemCode::CredentialForeignIssuer,
        ),
        ("expired", of(&expired), ProblemCode::CredentialExpired),
        ("early", of(&early), ProblemCode::CredentialNotYetValid),
        (
            "without a birth date",
            of(&nameless),
            ProblemCode::CredentialAttributeMissing,
        ),
    ] {
        let problem = shop.http.post("/v1/proofs", request).refused(code).await;
        let id = problem["proof_id"].as_str().expect(name).parse().unwrap();
        shop.finished(&id).await;
        let proof = shop.proof(&id).await;
        assert_eq!(proof.state, ProofState::Rejected, "{name}");
        assert!(proof.proof.is_none(), "{name}");
    }
    assert_eq!(shop.proofs_used().await, 0);

    // An issuer that nobody trusts is refused before anything is made.
    let foreign = with(&good, "/issuer", json!(other.key));
    let refused = shop.http.post("/v1/proofs", foreign);
    refused.refused(ProblemCode::IssuerNotTrusted).await;
    // And the good request was good.
    let made = shop.http.post("/v1/proofs", &good).send().await.json(200);
    assert_eq!(made["state"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_none_is_refused_at_the_door() {
    let stack = Stack::builder().without_worker().start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    shop.trust(&bank).await;
    let ana = bank.issue_born("ana", "2001-05-17");
    let good = good_request(&stack, &bank, &ana).await;
    let post = |body: Value| shop.http.post("/v1/proofs", body);

    let cut_off = good.to_string()[..100].to_owned();
    let refused = shop.http.post("/v1/proofs", cut_off);
    refused.refused(ProblemCode::MalformedJson).await;
    for (pointer, value, code, field) in [
        (
            "/statement/min_age",
            json!("18"),
            ProblemCode::InvalidField,
            "statement",
        ),
        (
            "/statement/type",
            json!("age_under"),
            ProblemCode::UnknownStatement,
            "statement.type",
        ),
        (
            "/challenge",
            json!(7),
            ProblemCode::InvalidField,
            "challenge",
        ),
        ("/witness", json!([]), ProblemCode::InvalidField, "witness"),
    ] {
        let problem = post(with(&good, pointer, value)).refused(code).await;
        assert_eq!(problem["field"], field);
    }
    let with_system = |system: &str| {
        let mut request = good.clone();
        request["system"] = json!(system);
        request
    };
    post(with_system("snark9000"))
        .refused(ProblemCode::UnknownSystem)
        .await;
    let huge = format!("{good}{}", " ".repeat(1 << 20));
    let refused = shop.http.post("/v1/proofs", huge);
    refused.refused(ProblemCode::BodyTooLarge).await;
    let as_text = shop.http.call(Method::POST, "/v1/proofs");
    let as_text = as_text.header("Content-Type", "text/plain").body(&good);
    as_text.refused(ProblemCode::UnsupportedMediaType).await;
    for (path, code) in [
        ("/v1/proof", ProblemCode::RouteNotFound),
        (&*format!("/v1/proofs/{NOBODYS_ID}"), ProblemCode::NotFound),
        ("/v1/proofs/7", ProblemCode::NotFound),
    ] {
        shop.http.get(path).refused(code).await;
    }
    // Nothing of it was accepted.
    let list = shop.http.get("/v1/proofs").send().await.json(200);
    assert_eq!(list["proofs"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_ones_own_things_and_only_as_long_as_it_is_good() {
    let stack = Stack::builder().without_worker().start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    shop.trust(&bank).await;
    let ana = bank.issue_born("ana", "2001-05-17");
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let path = format!("/v1/proofs/{}", shop.order(&request).await.as_str());
    shop.http.get(&path).send().await.json(200);

    let rival = stack.another_tenant().await;
    rival.http.get(&path).refused(ProblemCode::NotFound).await;
    rival
        .http
        .delete(&path)
        .refused(ProblemCode::NotFound)
        .await;
    shop.http.get(&path).send().await.json(200);

    let refused = |key: Option<&str>, path: &str, code| {
        let call = stack.stranger(key).get(path);
        call.refused(code)
    };
    refused(None, &path, ProblemCode::ApiKeyMissing).await;
    let unknown = format!("zk_{}", "A".repeat(43));
    refused(Some(&unknown), &path, ProblemCode::ApiKeyInvalid).await;
    let in_url = format!("{path}?api_key={}", shop.key);
    refused(None, &in_url, ProblemCode::ApiKeyMisplaced).await;

    let (admin, now) = (&stack.database.admin, Utc::now());
    let made = admin.create_api_key(shop.id, "spare", now).await;
    let (id, spare) = made.unwrap();
    let with_spare = stack.stranger(Some(spare.expose()));
    with_spare.get(&path).send().await.json(200);
    assert!(admin.revoke_api_key(shop.id, id, now).await.unwrap());
    with_spare
        .get(&path)
        .refused(ProblemCode::ApiKeyRevoked)
        .await;
}
