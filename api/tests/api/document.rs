//! The OpenAPI document: equal to the one in `docs/`, described throughout, with examples that hold, fit for generators.

use std::collections::BTreeSet;
use std::path::Path;

use poem::http::Method;
use serde_json::Value;

use crate::auth::filled_in;
use crate::contract::{DOCUMENT, check, operations};
use crate::harness::Api;

/// Every place in the document under which a `$ref` or a schema hangs, flattened.
fn visit<'a>(value: &'a Value, path: &str, seen: &mut impl FnMut(&str, &'a Value)) {
    seen(path, value);
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                visit(inner, &format!("{path}/{name}"), seen);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                visit(inner, &format!("{path}/{index}"), seen);
            }
        }
        _ => {}
    }
}

#[test]
fn the_document_in_docs_is_the_one_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let kept = std::fs::read_to_string(path).expect("docs/openapi.json");
    assert!(
        kept.trim_end() == zapiki_api::openapi_document().trim_end(),
        "docs/openapi.json is not what the code says: write it anew with `zapiki openapi`"
    );
}

#[test]
fn the_document_is_the_same_each_time() {
    assert_eq!(
        zapiki_api::openapi_document(),
        zapiki_api::openapi_document()
    );
    assert!(DOCUMENT["openapi"].as_str().unwrap().starts_with("3.0."));
}

#[tokio::test]
async fn the_server_serves_this_document() {
    let api = Api::new().await;
    let served = api
        .anonymous(Method::GET, "/openapi.json")
        .expect(200)
        .await;
    assert_eq!(served, *DOCUMENT);
}

#[test]
fn every_operation_says_what_it_does() {
    let mut ids = BTreeSet::new();
    let tags: BTreeSet<_> = DOCUMENT["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| {
            assert!(tag["description"].is_string(), "{tag}");
            tag["name"].as_str().unwrap()
        })
        .collect();
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        for text in ["summary", "description", "operationId"] {
            assert!(
                operation[text].as_str().is_some_and(|t| !t.is_empty()),
                "{name}: {text}"
            );
        }
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} twice");
        assert!(
            id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && id.contains('_'),
            "{id}"
        );
        let own = operation["tags"]
            .as_array()
            .unwrap_or_else(|| panic!("{name}: tags"));
        assert!(
            !own.is_empty() && own.iter().all(|tag| tags.contains(tag.as_str().unwrap())),
            "{name}"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
    }
}

/// Generators make one type of all successes and one of all problems.
#[test]
fn each_operation_has_one_success_and_one_problem() {
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        let (mut successes, mut problems) = (BTreeSet::new(), BTreeSet::new());
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(
                response["description"]
                    .as_str()
                    .is_some_and(|d| !d.is_empty()),
                "{name} {status}"
            );
            let is_success = status.starts_with('2');
            let Some(content) = response["content"]
                .as_object()
                .filter(|content| !content.is_empty())
            else {
                assert!(is_success, "{name} {status} has no document");
                successes.insert("(nothing)".to_owned());
                continue;
            };
            assert_eq!(content.len(), 1, "{name} {status}");
            let (media_type, body) = content.iter().next().unwrap();
            let schema = body["schema"].to_string();
            if is_success {
                successes.insert(schema);
            } else {
                assert_eq!(media_type, "application/problem+json", "{name} {status}");
                problems.insert(schema);
            }
        }
        assert_eq!(successes.len(), 1, "{name}: {successes:?}");
        assert_eq!(problems.len(), 1, "{name}: {problems:?}");
    }
}

#[test]
fn every_schema_and_every_field_is_described() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        for (field, inner) in schema["properties"].as_object().into_iter().flatten() {
            let by_reference = inner.get("$ref").is_some();
            let described = inner["description"].is_string();
            assert!(described || by_reference, "{name}.{field}");
        }
    }
    let mut unresolved = Vec::new();
    visit(&DOCUMENT, "", &mut |path, value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str)
            && DOCUMENT.pointer(target.trim_start_matches('#')).is_none()
        {
            unresolved.push(format!("{path}: {target}"));
        }
    });
    assert!(unresolved.is_empty(), "{unresolved:?}");
}

#[test]
fn every_schema_has_an_example_and_it_holds() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        if schema["enum"].is_array() {
            // Its values are its examples.
            continue;
        }
        let example = &schema["example"];
        assert!(!example.is_null(), "{name} has no example");
        check(schema, example, name);
    }
}

/// Each example of a request is a request that the service understands.
#[tokio::test]
async fn the_service_understands_every_example_of_a_request() {
    let api = Api::new().await;
    let mut bodies = 0;
    for (method, path, operation) in operations() {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(reference) = body["$ref"].as_str() else {
            continue;
        };
        bodies += 1;
        let schema = DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap();
        let answer = api
            .call(method, filled_in(path))
            .json(&schema["example"])
            .send()
            .await;
        // Whose issuer nobody trusts yet is a matter of the tenant, which lists there are one of the service, and whether
        // there is such a proof of both; not of the form.
        let of_another_day = ["issuer_not_trusted", "list_unknown", "not_found"];
        let is_understood = answer.status < 300
            || of_another_day
                .iter()
                .any(|code| answer.json()["code"] == *code);
        assert!(is_understood, "{path}: {}", answer.text);
    }
    assert!(bodies >= 5);
}

/// Who may call, what may go wrong, and where to find the request in a log: on every operation.
#[test]
fn every_operation_tells_how_it_fails() {
    for (method, path, operation) in operations() {
        let at = format!("{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        let has = |status: &str| responses.contains_key(status);
        assert!(has("400") && has("500") && has("503"), "{at}");
        let schemes: Vec<_> = operation["security"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let is_open = path.starts_with("/health/");
        assert_eq!(schemes.len(), if is_open { 0 } else { 2 }, "{at}");
        assert_eq!((has("401"), has("429")), (!is_open, !is_open), "{at}");
        assert_eq!(has("404"), path.contains('{'), "{at}");
        let has_body = operation["requestBody"].is_object();
        assert_eq!((has("413"), has("415")), (has_body, has_body), "{at}");
        for (status, response) in responses {
            let header = |name: &str| response["headers"][name].is_object();
            assert!(header("X-Request-Id"), "{at} {status}");
            let takes_a_key = operation["parameters"]
                .to_string()
                .contains("Idempotency-Key");
            assert_eq!(header("Idempotent-Replayed"), takes_a_key, "{at} {status}");
            let is_busy = ["429", "503"].contains(&status.as_str());
            let is_in_flight = takes_a_key && status == "409";
            assert_eq!(
                header("Retry-After"),
                is_busy || is_in_flight,
                "{at} {status}"
            );
            assert_eq!(header("WWW-Authenticate"), status == "401", "{at} {status}");
            assert_eq!(
                header("Location"),
                ["201", "202"].contains(&status.as_str()),
                "{at} {status}"
            );
        }
    }
    let schemes = &DOCUMENT["components"]["securitySchemes"];
    assert_eq!(schemes["ApiKey"]["name"], "X-API-Key");
    assert_eq!(schemes["Bearer"]["scheme"], "bearer");
}

/// A generator that wants a whole number drops the whole schema otherwise.
#[test]
fn bounds_of_integers_are_integers() {
    let mut bounds = 0;
    visit(&DOCUMENT, "", &mut |path, value| {
        if value["type"] == "integer" {
            for bound in ["minimum", "maximum"].map(|name| &value[name]) {
                assert!(bound.is_null() || bound.is_i64(), "{path}: {bound}");
                bounds += usize::from(!bound.is_null());
            }
        }
    });
    assert!(bounds > 4);
}

/// Of a list of parts generators make a type of its own; of one name, the type of that name.
#[test]
fn every_field_has_one_type() {
    visit(&DOCUMENT, "", &mut |path, value| {
        let parts = value.get("allOf").and_then(Value::as_array);
        assert!(parts.is_none_or(|parts| parts.len() == 1), "{path}");
    });
}
