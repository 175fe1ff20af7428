//! Templates: listed with what they take, and each example of them proved.

use serde_json::{Value, json};
use zapiki_backends::{ProofBackend as _, Verdict};
use zapiki_core::credential::{Attributes, Credential, FieldElement, Income, IncomePeriod};
use zapiki_core::gap_tree::GapTree;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::revocation::RevocationList;
use zapiki_core::screening::ScreeningKey;
use zapiki_core::signed_root::SignedRoot;
use zapiki_core::statement::Statement;
use zapiki_core::suites::bjj_poseidon::holder_commitment;
use zapiki_core::witness::{Absences, Witness};

use crate::harness::{Api, BACKEND};
use crate::lists::{listed_person, publish};
use crate::sample::{holder_secret, issuer, issuer_key, today};

/// Somebody of whom every example is true.
fn attributes() -> Attributes {
    let screening = ScreeningKey::name_and_birth_year("Somebody Else", 1987).unwrap();
    Attributes {
        holder_commitment: FieldElement(holder_commitment(holder_secret().expose())),
        birth_date: Some("1987-03-19".parse().unwrap()),
        income: Some(Income {
            amount_minor: 345_000,
            currency: "EUR".parse().unwrap(),
            period: IncomePeriod::Month,
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: Some(FieldElement(screening.to_field())),
        issued_at: "2020-01-01".parse().unwrap(),
        expires_at: "2990-01-01".parse().unwrap(),
        revocation_id: 1,
    }
}

fn credential() -> Credential {
    Credential::issue(attributes(), &issuer()).unwrap()
}

fn request(inputs: &Value, challenge: Challenge) -> Value {
    json!({"inputs": inputs, "challenge": challenge, "scope": "tests", "credential": credential(),
        "holder_secret": holder_secret()})
}

fn revoked() -> RevocationList {
    RevocationList::sign(&issuer(), [7].into(), today()).unwrap()
}

/// A service whose tenant trusts the issuer, with the list `sample` and what the issuer revoked.
async fn service() -> Api {
    let api = Api::new().await;
    api.trust_issuer().await;
    publish(&api, "sample", &today().to_string()).await;
    let published = api.post("/v1/revocations", &json!(revoked()));
    published.expect(200).await;
    api
}

/// The proof that a worker would make of what was accepted.
fn prove(accepted: &Value, challenge: Challenge) -> zapiki_core::envelope::ProofEnvelope {
    let statement: Statement = serde_json::from_value(accepted["statement"].clone()).unwrap();
    let trees = [
        GapTree::new([listed_person().to_field()]).unwrap(),
        revoked().check().unwrap(),
    ];
    let tree_of = |list: &SignedRoot| trees.iter().find(|tree| tree.root() == list.root.0);
    let absences = Absences::gather(&statement, &attributes(), tree_of).unwrap();
    let mut witness = Witness::new(credential(), holder_secret());
    witness.absences = absences;
    let claim = Claim {
        statement,
        issuer: issuer_key(&issuer()),
        challenge,
        scope: "tests".parse().unwrap(),
    };
    let circuit = accepted["circuit"].as_str().unwrap().parse().unwrap();
    BACKEND.prove(circuit, &claim, &witness).unwrap()
}

/// Every template's own example, from the request to the verdict.
#[tokio::test]
async fn every_example_is_accepted_proved_and_verified() {
    let api = service().await;
    let templates = api.get("/v1/templates").expect(200).await;
    let templates = templates["templates"].as_array().unwrap();
    assert!(templates.len() >= 8);
    for template in templates {
        let id = template["id"].as_str().unwrap();
        let challenge = api.challenge().await;
        let body = request(&template["example"], challenge);
        let call = api.post(format!("/v1/templates/{id}/proofs"), &body);
        let accepted = call.expect(202).await;
        let kind = template["statement"].as_str().unwrap();
        assert!(
            accepted["circuit"]
                .as_str()
                .unwrap()
                .starts_with(&format!("{kind}@")),
            "{id}: {accepted}"
        );
        assert_eq!(template["systems"], json!(["groth16"]));

        let envelope = prove(&accepted, challenge);
        assert_eq!(BACKEND.verify(&envelope), Ok(Verdict::Valid), "{id}");
        let judged = api.post("/v1/verifications", &json!({"proof": envelope}));
        let judged = judged.expect(200).await;
        assert_eq!(judged["policy_satisfied"], true, "{id}: {judged}");

        let read = api.get(format!("/v1/templates/{id}")).expect(200).await;
        assert_eq!(&read, template);
    }
}

#[tokio::test]
async fn templates_are_found_by_category() {
    let api = Api::new().await;
    let categories = api.get("/v1/templates/categories").expect(200).await;
    let mut found = Vec::new();
    for category in categories["categories"].as_array().unwrap() {
        let id = category["id"].as_str().unwrap();
        let own = api
            .get(format!("/v1/templates?category={id}"))
            .expect(200)
            .await;
        let own = own["templates"].as_array().unwrap();
        let ids: Vec<_> = own.iter().map(|template| template["id"].clone()).collect();
        assert_eq!(category["templates"], json!(ids));
        assert!(own.iter().all(|template| template["category"] == id));
        found.extend(ids);
    }
    let all = api.get("/v1/templates").expect(200).await;
    let all = all["templates"].as_array().unwrap().iter();
    assert_eq!(
        found,
        all.map(|template| template["id"].clone())
            .collect::<Vec<_>>()
    );
    let call = api.get("/v1/templates?category=height");
    call.expect_problem(ProblemCode::InvalidField).await;
}

#[tokio::test]
async fn a_template_goes_the_way_of_every_request_for_a_proof() {
    let api = service().await;
    let path = "/v1/templates/age-over-18/proofs";
    let body = request(&json!({}), Challenge([3; 32]));
    let call = |path: &str| {
        let call = api.post(path, &body).header("Idempotency-Key", "order-1");
        call.header("Prefer", "respond-async")
    };
    let first = call(path).send().await;
    assert_eq!(first.status, 202, "{first:?}");
    assert_eq!(first.header("Preference-Applied"), Some("respond-async"));
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(first.header("Location"), Some(&*format!("/v1/proofs/{id}")));
    assert_eq!(first.json()["statement"]["min_age"], 18);
    assert_eq!(first.json()["statement"]["as_of"], today().to_string());
    assert_eq!(call(path).expect(202).await["id"], *id);
    // The same words to another template are another request.
    let other = call("/v1/templates/age-over-21/proofs");
    other
        .expect_problem(ProblemCode::IdempotencyKeyReused)
        .await;

    // Inputs are as good as none, if there is nothing to say.
    let mut bare = body.clone();
    bare.as_object_mut().unwrap().remove("inputs");
    bare["circuit"] = json!("age_over@1");
    bare["template_version"] = json!("1.0.0");
    api.post(path, &bare).expect(202).await;
}

/// What is wrong with a request by a template: the template, what is wrong, the code and the field.
const MISTAKES: &[(&str, &str, ProblemCode, Option<&str>)] = &[
    ("age-over-99", "{}", ProblemCode::NotFound, None),
    (
        "age-over",
        r#"{"inputs":{}}"#,
        ProblemCode::InvalidField,
        Some("inputs.min_age"),
    ),
    (
        "age-over",
        r#"{"inputs":{"min_age":0}}"#,
        ProblemCode::InvalidField,
        Some("inputs.min_age"),
    ),
    (
        "age-over",
        r#"{"inputs":{"min_age":null}}"#,
        ProblemCode::InvalidField,
        Some("inputs.min_age"),
    ),
    (
        "age-over-18",
        r#"{"inputs":{"min_age":18}}"#,
        ProblemCode::InvalidField,
        Some("inputs.min_age"),
    ),
    (
        "age-over-18",
        r#"{"inputs":[]}"#,
        ProblemCode::InvalidField,
        Some("inputs"),
    ),
    (
        "age-over-18",
        r#"{"input":{}}"#,
        ProblemCode::InvalidField,
        Some("input"),
    ),
    (
        "age-over-18",
        r#"{"inputs":{"as_of":"2026-02-29"}}"#,
        ProblemCode::InvalidField,
        Some("inputs.as_of"),
    ),
    (
        "resident-of",
        r#"{"inputs":{"countries":["PT","XX"]}}"#,
        ProblemCode::InvalidField,
        Some("inputs.countries"),
    ),
    (
        "not-sanctioned",
        r#"{"inputs":{"list":"nowhere"}}"#,
        ProblemCode::ListUnknown,
        Some("inputs.list"),
    ),
    (
        "age-over-18",
        r#"{"template_version":"2.0.0"}"#,
        ProblemCode::InvalidField,
        Some("template_version"),
    ),
    (
        "age-over-18",
        r#"{"circuit":"age_over@2"}"#,
        ProblemCode::UnknownCircuit,
        Some("circuit"),
    ),
    (
        "age-over-18",
        r#"{"circuit":"resident_of@1"}"#,
        ProblemCode::UnknownCircuit,
        Some("circuit"),
    ),
    (
        "age-over-18",
        r#"{"system":"stark"}"#,
        ProblemCode::UnknownSystem,
        Some("system"),
    ),
    (
        "age-over-18",
        r#"{"credential":{}}"#,
        ProblemCode::InvalidField,
        Some("credential"),
    ),
];

#[tokio::test]
async fn each_mistake_has_its_code_and_field() {
    let api = service().await;
    for (template, change, code, field) in MISTAKES {
        let mut body = request(&json!({}), Challenge([3; 32]));
        let change: Value = serde_json::from_str(change).unwrap();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let call = api.post(format!("/v1/templates/{template}/proofs"), &body);
        let problem = call.expect_problem(*code).await;
        assert_eq!(
            problem["field"].as_str(),
            *field,
            "{template} {change}: {problem}"
        );
    }
    let list = api.get("/v1/proofs").expect(200).await;
    assert_eq!(list["proofs"], json!([]), "none of them was accepted");
    for id in ["age-over-99", "AGE-OVER-18", "age-over-18@1"] {
        let call = api.get(format!("/v1/templates/{id}"));
        call.expect_problem(ProblemCode::NotFound).await;
    }
}

/// Who published nothing has not said that nothing is revoked.
#[tokio::test]
async fn revocations_that_nobody_published_are_no_empty_list() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let body = request(&json!({}), Challenge([3; 32]));
    let call = api.post("/v1/templates/not-revoked/proofs", &body);
    let problem = call.expect_problem(ProblemCode::ListUnknown).await;
    assert_eq!(problem["field"], "credential");
}
