//! Holds answers against the OpenAPI document: whatever a test asks for, what comes back is what the document says.

use std::sync::LazyLock;

use poem::http::Method;
use regex::Regex;
use serde_json::Value;

use crate::harness::Answer;

/// The document.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&zapiki_api::openapi_document()).unwrap());

/// Every operation: its method, its path as a template, itself.
pub(crate) fn operations() -> Vec<(Method, &'static str, &'static Value)> {
    let mut operations = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            operations.push((method, path.as_str(), operation));
        }
    }
    assert!(operations.len() > 10);
    operations
}

/// Whether the path is one of the template's.
pub(crate) fn is_of(path: &str, template: &str) -> bool {
    let (mut parts, mut pattern) = (path.split('/'), template.split('/'));
    loop {
        match (parts.next(), pattern.next()) {
            (None, None) => return true,
            (Some(part), Some(want)) if part == want || want.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// Fails if the operation that was called does not promise such an answer.
pub(crate) fn hold(method: &Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap();
    let mut called = operations().into_iter();
    let called = called.find(|(known, template, _)| known == method && is_of(path, template));
    let Some((_, template, operation)) = called else {
        assert!(
            !path.starts_with("/v1") || answer.status >= 400,
            "{method} {path} is not in the document, and answers"
        );
        return;
    };
    let at = format!("{method} {template} {}", answer.status);
    let promised = &operation["responses"][answer.status.to_string()];
    assert!(
        promised.is_object(),
        "{at} is not in the document: {}",
        answer.text
    );

    for (name, header) in promised["headers"].as_object().into_iter().flatten() {
        let is_there = answer.header(name).is_some();
        assert!(is_there || header["required"] != true, "{at} lacks {name}");
    }
    let Some((media_type, body)) = promised["content"]
        .as_object()
        .and_then(|c| c.iter().next())
    else {
        assert_eq!(answer.text, "", "{at}");
        return;
    };
    let sent = answer.header("Content-Type").unwrap_or_default();
    assert_eq!(sent.split(';').next().unwrap(), media_type, "{at}");
    // Events are a schema's one by one; whoever asks for them reads them.
    if media_type == "text/event-stream" {
        return;
    }
    check(&body["schema"], &answer.json(), &at);
    if let Some(code) = answer.json()["code"].as_str()
        && answer.status >= 400
    {
        let description = promised["description"].as_str().unwrap();
        assert!(
            description.contains(&format!("`{code}`")),
            "{at}: {code} is not mentioned"
        );
    }
}

/// Whether a value is of a schema: the part of JSON Schema that the document uses.
pub(crate) fn check(schema: &Value, value: &Value, at: &str) {
    if let Some(target) = schema["$ref"].as_str() {
        let target = DOCUMENT
            .pointer(target.trim_start_matches('#'))
            .expect("a schema");
        return check(target, value, at);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(part, value, at);
    }
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{at}: {value}");
    }
    match schema["type"].as_str() {
        Some("object") => {
            let fields = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    fields.contains_key(required.as_str().unwrap()),
                    "{at}: no {required}"
                );
            }
            for (name, inner) in fields {
                let named = &schema["properties"][name];
                let schema = if named.is_null() {
                    &schema["additionalProperties"]
                } else {
                    named
                };
                assert!(!schema.is_null(), "{at}.{name} is in no schema");
                check(schema, inner, &format!("{at}.{name}"));
            }
        }
        Some("array") => {
            let items = value.as_array().unwrap_or_else(|| panic!("{at}: {value}"));
            for item in items {
                check(&schema["items"], item, &format!("{at}[]"));
            }
        }
        Some("string") => {
            let text = value.as_str().unwrap_or_else(|| panic!("{at}: {value}"));
            if schema["format"] == "date-time" {
                let time = text.parse::<chrono::DateTime<chrono::Utc>>();
                assert!(time.is_ok(), "{at}: {text}");
            }
            if let Some(pattern) = schema["pattern"].as_str() {
                assert!(
                    Regex::new(pattern).unwrap().is_match(text),
                    "{at}: {text} {pattern}"
                );
            }
        }
        Some("integer") => {
            let number = value.as_i64().unwrap_or_else(|| panic!("{at}: {value}"));
            if let Some(least) = schema["minimum"].as_f64() {
                assert!(number as f64 >= least, "{at}: {number}");
            }
            if let Some(most) = schema["maximum"].as_f64() {
                assert!(number as f64 <= most, "{at}: {number}");
            }
        }
        Some("boolean") => assert!(value.is_boolean(), "{at}: {value}"),
        None => {}
        other => panic!("{at}: {other:?} is new here"),
    }
}
