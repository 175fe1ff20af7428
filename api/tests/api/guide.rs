//! `docs/API.md` says what is so: its table of problems, its list of operations and its `curl` lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use zapiki_core::problem::ProblemCode;

use crate::contract::{is_of, operations};
use crate::harness::Api;

fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/API.md");
    std::fs::read_to_string(path).expect("docs/API.md")
}

/// The rows of the table between two marks, as lists of cells.
fn table<'a>(guide: &'a str, name: &str) -> Vec<Vec<&'a str>> {
    let (_, rest) = guide
        .split_once(&format!("<!-- {name} -->\n"))
        .expect("a mark");
    let (table, _) = rest
        .split_once(&format!("<!-- /{name} -->"))
        .expect("an end mark");
    let rows = table.lines().skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// Every operation of the document as `GET /v1/proofs`.
fn listed_operations() -> BTreeSet<String> {
    operations()
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect()
}

#[test]
fn every_problem_is_in_the_table_with_its_status() {
    let guide = guide();
    let rows = table(&guide, "problems");
    let mut expected = String::new();
    let mut found = String::new();
    for code in ProblemCode::ALL {
        writeln!(expected, "`{code}` {} {}", code.status(), code.title()).unwrap();
    }
    for row in rows {
        let [code, status, title, advice] = row[..] else {
            panic!("four cells in {row:?}");
        };
        assert!(!advice.is_empty(), "{code}: what is a caller to do?");
        writeln!(found, "{code} {status} {title}").unwrap();
    }
    assert!(found == expected, "the table should be:\n{expected}");
}

#[test]
fn every_operation_is_in_the_list() {
    let guide = guide();
    let listed: BTreeSet<String> = table(&guide, "operations")
        .iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    assert_eq!(listed, listed_operations());
}

#[test]
fn every_curl_line_calls_an_operation_that_exists() {
    let guide = guide().replace("\\\n", " ");
    let known = listed_operations();
    let mut calls = 0;
    for line in guide.lines().filter(|line| line.contains("curl ")) {
        let Some((_, rest)) = line.split_once("$ZAPIKI/") else {
            continue;
        };
        calls += 1;
        let end = rest.find(|c: char| c.is_whitespace() || "\"'?)".contains(c));
        let path = format!("/{}", &rest[..end.unwrap_or(rest.len())]);
        let words: Vec<&str> = line.split_whitespace().collect();
        let explicit = words
            .iter()
            .position(|word| *word == "-X")
            .map(|at| words[at + 1]);
        let has_body = words
            .iter()
            .any(|word| word.starts_with("--json") || *word == "-d");
        let method = explicit.unwrap_or(if has_body { "POST" } else { "GET" });
        let exists = known.iter().any(|operation| {
            let (known_method, template) = operation.split_once(' ').unwrap();
            known_method == method && is_of(&path, template)
        });
        assert!(exists, "{method} {path}");
        // A body that stands there in full is JSON.
        if let Some((_, body)) = line.split_once("--json '")
            && let Some((body, _)) = body.split_once('\'')
        {
            assert!(serde_json::from_str::<Value>(body).is_ok(), "{body}");
        }
    }
    assert!(calls >= 8, "{calls}");
}

/// The problem that the guide shows is the one that its request gets.
#[tokio::test]
async fn the_problem_in_the_guide_is_real() {
    let guide = guide();
    let (_, rest) = guide.split_once("## Problems").expect("a chapter");
    let (_, rest) = rest.split_once("```json\n").expect("an example");
    let mut shown: Value = serde_json::from_str(rest.split("```").next().unwrap()).unwrap();
    let api = Api::new().await;
    let call = api.post("/v1/challenges", &json!({"lifetime_s": 0}));
    let mut problem = call.expect_problem(ProblemCode::InvalidField).await;
    for document in [&mut shown, &mut problem] {
        assert!(document["request_id"].take().is_string());
    }
    assert_eq!(shown, problem);
}
