//! One table of what callers get wrong, and the code that each gets. Nothing in it is a fault of ours.

use poem::http::Method;
use serde_json::{Value, json};
use zapiki_core::problem::ProblemCode;

use crate::harness::Api;
use crate::sample::{issuer_request, proof_request};

type Change = fn(&mut Value);

fn income_at_least(minimum_minor: Value, currency: &str) -> Value {
    json!({"type": "income_at_least", "minimum_minor": minimum_minor, "currency": currency, "period": "month",
        "as_of": "2026-11-24"})
}

fn resident_of(countries: Value) -> Value {
    json!({"type": "resident_of", "countries": countries, "as_of": "2026-11-24"})
}

/// What is wrong with a request for a proof, its code, and the field that it is about.
const PROOF_REQUESTS: &[(&str, Change, ProblemCode, &str)] = &[
    (
        "no statement",
        |r| remove(r, "statement"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "no issuer",
        |r| remove(r, "issuer"),
        ProblemCode::InvalidField,
        "issuer",
    ),
    (
        "no challenge",
        |r| remove(r, "challenge"),
        ProblemCode::InvalidField,
        "challenge",
    ),
    (
        "no witness",
        |r| remove(r, "witness"),
        ProblemCode::InvalidField,
        "witness",
    ),
    (
        "an unknown field",
        |r| r["extra"] = json!(1),
        ProblemCode::InvalidField,
        "extra",
    ),
    (
        "a statement of text",
        |r| r["statement"] = json!("age_over"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "an unknown statement",
        |r| r["statement"]["type"] = json!("taller_than"),
        ProblemCode::UnknownStatement,
        "statement",
    ),
    (
        "an income of at least nothing",
        |r| r["statement"] = income_at_least(json!(0), "EUR"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a fraction of a cent",
        |r| r["statement"] = income_at_least(json!(2500.5), "EUR"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a currency of two letters",
        |r| r["statement"] = income_at_least(json!(1), "EU"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a range that nothing lies in",
        |r| {
            r["statement"] = income_at_least(json!(2), "EUR");
            r["statement"]["type"] = json!("income_in_range");
            r["statement"]["maximum_minor"] = json!(1);
        },
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a field of another statement",
        |r| r["statement"]["countries"] = json!(["PT"]),
        ProblemCode::InvalidField,
        "statement.countries",
    ),
    (
        "no country",
        |r| r["statement"] = resident_of(json!([])),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a code that is no country's",
        |r| r["statement"] = resident_of(json!(["PT", "XK"])),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a country twice",
        |r| r["statement"] = resident_of(json!(["PT", "PT"])),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a country that is a list",
        |r| r["statement"] = resident_of(json!([["PT"]])),
        ProblemCode::InvalidField,
        "statement.countries[0]",
    ),
    (
        "age zero",
        |r| r["statement"]["min_age"] = json!(0),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "age 121",
        |r| r["statement"]["min_age"] = json!(121),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a negative age",
        |r| r["statement"]["min_age"] = json!(-1),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "an age of text",
        |r| r["statement"]["min_age"] = json!("18"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "29 February 2026",
        |r| r["statement"]["as_of"] = json!("2026-02-29"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "a far future",
        |r| r["statement"]["as_of"] = json!("3000-01-01"),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "an unknown parameter",
        |r| r["statement"]["max_age"] = json!(9),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "an unknown suite",
        |r| r["issuer"]["suite"] = json!("rsa"),
        ProblemCode::InvalidField,
        "issuer",
    ),
    (
        "an issuer key off the curve",
        |r| r["issuer"]["key"] = json!("01".repeat(32)),
        ProblemCode::InvalidField,
        "issuer",
    ),
    (
        "an issuer key outside the subgroup",
        |r| r["issuer"]["key"] = json!("04".repeat(32)),
        ProblemCode::InvalidField,
        "issuer",
    ),
    (
        "an upper-case issuer key",
        upper_case_key,
        ProblemCode::InvalidField,
        "issuer",
    ),
    (
        "a short challenge",
        |r| r["challenge"] = json!("0x00"),
        ProblemCode::InvalidField,
        "challenge",
    ),
    (
        "a challenge that is null",
        |r| r["challenge"] = Value::Null,
        ProblemCode::InvalidField,
        "challenge",
    ),
    (
        "a scope with a space",
        |r| r["scope"] = json!("a b"),
        ProblemCode::InvalidField,
        "scope",
    ),
    (
        "a long scope",
        |r| r["scope"] = json!("x".repeat(129)),
        ProblemCode::InvalidField,
        "scope",
    ),
    (
        "an unknown system",
        |r| r["system"] = json!("stark"),
        ProblemCode::UnknownSystem,
        "system",
    ),
    (
        "a system of numbers",
        |r| r["system"] = json!(1),
        ProblemCode::InvalidField,
        "system",
    ),
    (
        "an unknown circuit",
        |r| r["circuit"] = json!("age_over@9"),
        ProblemCode::UnknownCircuit,
        "circuit",
    ),
    (
        "no circuit at all",
        |r| r["circuit"] = json!("age_over"),
        ProblemCode::InvalidField,
        "circuit",
    ),
    (
        "a credential of text",
        |r| r["witness"]["credential"] = json!("x"),
        ProblemCode::InvalidField,
        "witness",
    ),
    (
        "an unknown schema",
        |r| r["witness"]["credential"]["schema"] = json!("x"),
        ProblemCode::InvalidField,
        "witness",
    ),
    (
        "a secret above the modulus",
        secret_above_the_modulus,
        ProblemCode::InvalidField,
        "witness",
    ),
    (
        "a statement as a list",
        |r| r["statement"] = json!(["age_over", 18, "2026-11-24"]),
        ProblemCode::InvalidField,
        "statement",
    ),
    (
        "an issuer as a list",
        |r| r["issuer"] = json!([r["issuer"]["suite"], r["issuer"]["key"]]),
        ProblemCode::InvalidField,
        "issuer",
    ),
    (
        "a witness as a list",
        |r| r["witness"] = json!([r["witness"]["credential"], r["witness"]["holder_secret"]]),
        ProblemCode::InvalidField,
        "witness",
    ),
    (
        "a witness too long",
        long_witness,
        ProblemCode::InvalidField,
        "witness",
    ),
];

fn remove(request: &mut Value, field: &str) {
    request.as_object_mut().unwrap().remove(field).unwrap();
}

fn upper_case_key(request: &mut Value) {
    let key = request["issuer"]["key"].as_str().unwrap().to_uppercase();
    request["issuer"]["key"] = json!(key);
}

fn secret_above_the_modulus(request: &mut Value) {
    request["witness"]["holder_secret"] = json!(format!("0x{}", "ff".repeat(32)));
}

fn long_witness(request: &mut Value) {
    request["witness"]["credential"]["extra"] = json!("x".repeat(20 * 1024));
}

#[tokio::test]
async fn each_mistake_in_a_request_for_a_proof_has_its_code_and_field() {
    let api = Api::new().await;
    api.trust_issuer().await;
    for (what, change, code, field) in PROOF_REQUESTS {
        let mut request = proof_request();
        change(&mut request);
        let answer = api.post("/v1/proofs", &request).send().await;
        assert_eq!(
            answer.json()["code"],
            code.as_str(),
            "{what}: {}",
            answer.text
        );
        let problem = answer.problem(*code);
        let at = problem["field"].as_str().unwrap_or_default();
        assert!(
            at == *field || at.starts_with(&format!("{field}.")),
            "{what}: {}",
            answer.text
        );
    }
    let list = api.get("/v1/proofs").expect(200).await;
    assert_eq!(list["proofs"], json!([]), "none of them was accepted");
}

#[tokio::test]
async fn a_body_that_is_no_object_is_told_so() {
    let api = Api::new().await;
    let posts = [
        "/v1/proofs",
        "/v1/verifications",
        "/v1/challenges",
        "/v1/issuers",
        "/v1/aml/age-verification",
    ];
    for path in posts {
        for text in ["", "{", "nonsense", "{\"a\":1}}", "\u{feff}{}"] {
            let call = api.call(Method::POST, path).raw("application/json", text);
            call.expect_problem(ProblemCode::MalformedJson).await;
        }
        for text in ["null", "[]", "[60]", "7", "\"text\"", "{\"unheard_of\":1}"] {
            let call = api.call(Method::POST, path).raw("application/json", text);
            call.expect_problem(ProblemCode::InvalidField).await;
        }
        let no_text = api
            .call(Method::POST, path)
            .raw("application/json", vec![0xff, 0xfe]);
        no_text.expect_problem(ProblemCode::MalformedJson).await;
        let deep = "[".repeat(5000);
        let call = api.call(Method::POST, path).raw("application/json", deep);
        let answer = call.send().await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

#[tokio::test]
async fn a_field_that_comes_twice_is_refused() {
    let api = Api::new().await;
    let text = r#"{"lifetime_s":60,"lifetime_s":61}"#;
    let call = api
        .call(Method::POST, "/v1/challenges")
        .raw("application/json", text);
    call.expect_problem(ProblemCode::InvalidField).await;
}

#[tokio::test]
async fn each_mistake_in_an_issuer_has_its_field() {
    let api = Api::new().await;
    let changes: [(Change, &str); 7] = [
        (|r| r["name"] = json!(""), "name"),
        (|r| r["name"] = json!("x".repeat(1000)), "name"),
        (|r| r["name"] = json!("a\u{0}b"), "name"),
        (|r| remove(r, "name"), "name"),
        (|r| r["key"]["suite"] = json!("rsa"), "key"),
        (|r| r["key"]["key"] = json!("00".repeat(32)), "key"),
        (|r| r["key"] = json!("zz"), "key"),
    ];
    for (change, field) in changes {
        let mut request = issuer_request("Example Bank");
        change(&mut request);
        let problem = api.post("/v1/issuers", &request);
        let problem = problem.expect_problem(ProblemCode::InvalidField).await;
        let at = problem["field"].as_str().unwrap_or_default();
        assert!(
            at == field || at.starts_with(&format!("{field}.")),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn an_id_of_the_wrong_kind_names_nothing() {
    let api = Api::new().await;
    let issuer = "issuer_00000000000000000000000000000001";
    let ids = [
        "x",
        "0",
        "proof_",
        issuer,
        "proof_0000000000000000000000000000000G",
        "%00",
        "..%2F..",
    ];
    for id in ids {
        for (method, resource) in [
            (Method::GET, "proofs"),
            (Method::DELETE, "proofs"),
            (Method::GET, "jobs"),
        ] {
            let answer = api
                .call(method, format!("/v1/{resource}/{id}"))
                .send()
                .await;
            let code = answer.json()["code"].as_str().unwrap().to_owned();
            assert!(
                ["not_found", "route_not_found"].contains(&code.as_str()),
                "{id}: {answer:?}"
            );
            answer.problem(code.parse().unwrap());
        }
    }
}

#[tokio::test]
async fn each_mistake_in_a_query_has_its_field() {
    let api = Api::new().await;
    for (query, field) in [
        ("state=done", "state"),
        ("statement=taller_than", "statement"),
        ("system=snark", "system"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=101", "limit"),
        ("limit=4294967297", "limit"),
        ("limit=many", "limit"),
        ("limit=", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%00", "cursor"),
    ] {
        let answer = api.get(format!("/v1/proofs?{query}")).send().await;
        assert_eq!(answer.status / 100, 4, "{query}: {answer:?}");
        assert_eq!(answer.json()["field"], field, "{query}: {answer:?}");
    }
    for (path, field) in [
        ("/v1/issuers?cursor=nonsense", "cursor"),
        ("/v1/issuers?limit=0", "limit"),
        ("/v1/audit?after=nonsense", "after"),
        ("/v1/audit?after=-1", "after"),
        ("/v1/audit?limit=100000", "limit"),
        ("/v1/usage?from=yesterday", "from"),
        ("/v1/usage?from=-4800-01-01T00:00:00Z", "from"),
        ("/v1/usage?to=%2B262142-01-01T00:00:00Z", "to"),
    ] {
        let problem = api
            .get(path)
            .expect_problem(ProblemCode::InvalidField)
            .await;
        assert_eq!(problem["field"], field);
    }
}

#[tokio::test]
async fn each_mistake_in_a_header_has_its_field() {
    let api = Api::new().await;
    api.trust_issuer().await;
    let long = "x".repeat(256);
    for (name, value) in [
        ("Idempotency-Key", ""),
        ("Idempotency-Key", long.as_str()),
        ("Idempotency-Key", "two words"),
        ("Idempotency-Key", "caf\u{e9}"),
        ("Prefer", "wait=soon"),
        ("Prefer", "caf\u{e9}"),
        ("Prefer", "wait=-1"),
    ] {
        let call = api.post("/v1/proofs", &proof_request()).header(name, value);
        let problem = call.expect_problem(ProblemCode::InvalidHeader).await;
        assert_eq!(problem["field"], name, "{problem}");
    }
    let call = api.post("/v1/proofs", &proof_request());
    let call = call
        .header("Idempotency-Key", "one")
        .header("Idempotency-Key", "two");
    call.expect_problem(ProblemCode::InvalidHeader).await;
    let list = api.get("/v1/proofs").expect(200).await;
    assert_eq!(list["proofs"], json!([]), "none of them was accepted");
}

#[tokio::test]
async fn the_last_page_is_not_beyond_the_largest_number() {
    let api = Api::new().await;
    let page = api
        .get(format!("/v1/audit?after={}", u64::MAX))
        .expect(200)
        .await;
    assert_eq!(page["entries"], json!([]));
}

#[tokio::test]
async fn a_name_of_a_field_is_not_repeated_at_length() {
    let api = Api::new().await;
    let name = "x".repeat(100_000);
    let answer = api.post("/v1/challenges", &json!({name: 1})).send().await;
    answer.problem(ProblemCode::InvalidField);
    assert!(answer.text.len() < 1000, "{} bytes", answer.text.len());
}

#[tokio::test]
async fn each_mistake_in_a_short_form_has_its_field() {
    let api = Api::new().await;
    let long = proof_request();
    let common = json!({
        "challenge": long["challenge"], "scope": long["scope"],
        "credential": long["witness"]["credential"], "holder_secret": long["witness"]["holder_secret"],
    });
    let with = |own: Value| {
        let mut request = common.clone();
        for (name, value) in own.as_object().unwrap() {
            request[name] = value.clone();
        }
        request
    };
    let income = json!({"minimum_minor": 1, "currency": "EUR", "period": "month"});
    let changed = |name: &str, value: Value| {
        let mut own = income.clone();
        own[name] = value;
        own
    };
    for (path, own, field) in [
        (
            "income-verification",
            changed("minimum_minor", json!(0)),
            "minimum_minor",
        ),
        (
            "income-verification",
            changed("minimum_minor", json!(1u64 << 53)),
            "minimum_minor",
        ),
        (
            "income-verification",
            changed("maximum_minor", json!(1u64 << 53)),
            "maximum_minor",
        ),
        (
            "income-verification",
            changed("maximum_minor", json!(0)),
            "maximum_minor",
        ),
        (
            "income-verification",
            changed("minimum_minor", json!("1")),
            "minimum_minor",
        ),
        (
            "income-verification",
            changed("currency", json!("euro")),
            "currency",
        ),
        (
            "income-verification",
            changed("period", json!("day")),
            "period",
        ),
        (
            "income-verification",
            changed("as_of", json!("today")),
            "as_of",
        ),
        ("residency-proof", json!({"countries": []}), "countries"),
        (
            "residency-proof",
            json!({"countries": ["PT", "ZZ"]}),
            "countries",
        ),
        (
            "residency-proof",
            json!({"countries": ["PT", "pt"]}),
            "countries[1]",
        ),
        ("residency-proof", json!({"countries": "PT"}), "countries"),
        ("residency-proof", json!({}), "countries"),
        ("age-verification", json!({"min_age": 0}), "min_age"),
    ] {
        let call = api.post(format!("/v1/aml/{path}"), &with(own.clone()));
        let problem = call.expect_problem(ProblemCode::InvalidField).await;
        assert_eq!(problem["field"], field, "{path}: {own}");
    }
}
