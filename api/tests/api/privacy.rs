//! Nothing private comes back: not in an answer, not in a problem, not in a log line, whatever was wrong with the request.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use zapiki_core::problem::ProblemCode;
use zapiki_store::Settlement;

use crate::harness::Api;
use crate::sample::{BIRTH_DATE, ENVELOPE, proof_request, witness};

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

const CANARY: &str = "canary-1904-06-16";

/// Puts the canary in the place of every value below this one, one at a time.
fn planted(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (name, inner) in fields {
                for changed in planted(inner) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), changed);
                    all.push(Value::Object(fields));
                }
            }
            // As the name of a field, too.
            let mut extra = fields.clone();
            extra.insert(CANARY.to_owned(), json!(1));
            all.push(Value::Object(extra));
            all.push(json!(CANARY));
            all
        }
        _ => vec![json!(CANARY), json!([CANARY]), json!({CANARY: CANARY})],
    }
}

#[tokio::test]
async fn no_private_value_comes_back_or_is_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let subscriber = subscriber
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // The test's runtime has one thread, so this hears all of it and nothing of other tests.
    let _guard = tracing::subscriber::set_default(subscriber);

    let api = Api::new().await;
    api.trust_issuer().await;
    let private = serde_json::to_value(witness()).unwrap();
    let variants = planted(&private);
    assert!(variants.len() > 20);
    for variant in variants {
        let mut request = proof_request();
        request["witness"] = variant.clone();
        let answer = api.post("/v1/proofs", &request).send().await;
        answer.problem(ProblemCode::InvalidField);
        assert!(!answer.text.contains(CANARY), "{}", answer.text);

        let mut request =
            json!({"min_age": 18, "scope": "tests", "challenge": proof_request()["challenge"]});
        request["credential"] = variant.get("credential").cloned().unwrap_or_default();
        request["holder_secret"] = variant.get("holder_secret").cloned().unwrap_or_default();
        let answer = api.post("/v1/aml/age-verification", &request).send().await;
        assert!(!answer.text.contains(CANARY), "{}", answer.text);
    }
    // Fields that callers put beside the place where they belong.
    for (name, value) in [
        ("birth_date", BIRTH_DATE),
        ("holder_secret", CANARY),
        ("credential", CANARY),
    ] {
        let mut request = proof_request();
        request[name] = json!(value);
        let answer = api.post("/v1/proofs", &request).send().await;
        answer.problem(ProblemCode::InvalidField);
        assert!(!answer.text.contains(value), "{}", answer.text);
    }
    // Text that is no JSON, and a request that is good.
    let text = proof_request().to_string();
    let broken = api.call(poem::http::Method::POST, "/v1/proofs");
    let broken = broken.raw("application/json", &text.as_bytes()[..text.len() - 1]);
    let answer = broken.send().await;
    answer.problem(ProblemCode::MalformedJson);
    assert!(!answer.text.contains(BIRTH_DATE));
    let good = api.post("/v1/proofs", &proof_request()).send().await;
    assert!(good.status < 300 && !good.text.contains(BIRTH_DATE));

    let log = log.text();
    assert!(log.contains("/v1/proofs"), "the log is read");
    let secret = private["holder_secret"].as_str().unwrap();
    let commitment = private["credential"]["attributes"]["holder_commitment"]
        .as_str()
        .unwrap();
    let key = &api.database.api_key.expose()[3..];
    for private in [CANARY, BIRTH_DATE, secret, commitment, key] {
        assert!(!log.contains(private), "{private} is in the log");
    }
    assert!(!good.text.contains(secret) && !good.text.contains(commitment));
}

#[tokio::test]
async fn a_query_is_not_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let subscriber = subscriber
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let api = Api::new().await;
    let key = api.database.api_key.expose();
    for path in [
        format!("/v1/proofs?cursor={CANARY}"),
        format!("/v1/proofs?api_key={key}"),
        format!("/v1/proofs/{key}"),
    ] {
        api.get(path).send().await;
    }
    let log = log.text();
    assert!(log.contains("/v1/proofs"), "the log is read");
    assert!(!log.contains(CANARY) && !log.contains(&key[3..]), "{log}");
}

#[tokio::test]
async fn what_is_kept_of_a_proof_has_nothing_private() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let first = api.accept_proof().await;
    let second = api.accept_proof().await;
    let (store, tenant) = (&api.database.store, api.database.tenant.id);
    for (id, settlement) in [
        (&first, Settlement::Completed(Box::new(ENVELOPE.clone()))),
        (
            &second,
            Settlement::Rejected(ProblemCode::CredentialExpired),
        ),
    ] {
        let id = id.parse().unwrap();
        store
            .settle_proof(tenant, id, &settlement, chrono::Utc::now())
            .await
            .unwrap();
    }
    let verification = json!({"proof": &*ENVELOPE});
    let answers = [
        api.get(format!("/v1/proofs/{first}")).send().await,
        api.get(format!("/v1/proofs/{second}")).send().await,
        api.get(format!("/v1/jobs/{first}")).send().await,
        api.get("/v1/proofs").send().await,
        api.get("/v1/audit").send().await,
        api.get("/v1/usage").send().await,
        api.post("/v1/verifications", &verification).send().await,
    ];
    let mut private = vec![
        BIRTH_DATE.to_owned(),
        api.database.api_key.expose()[3..].to_owned(),
    ];
    let witness = serde_json::to_value(witness()).unwrap();
    for place in [
        "/holder_secret",
        "/credential/attributes/holder_commitment",
        "/credential/signatures/bjj-poseidon-bn254/signature",
    ] {
        private.push(witness.pointer(place).unwrap().as_str().unwrap().to_owned());
    }
    let kept = api.database.dump().await.unwrap();
    for secret in private {
        assert!(
            answers.iter().all(|answer| !answer.text.contains(&secret)),
            "{secret}"
        );
        assert!(!kept.contains(&secret), "{secret} is in the database");
    }
}
