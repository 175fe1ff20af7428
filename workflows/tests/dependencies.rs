//! What workflow code can reach: a short list of crates, none of which does I/O. Who adds one says here why a replay is not
//! disturbed by it.
//!
//! Clippy's `disallowed_methods` see calls of what is in the standard library; this sees to it that there is little else to call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What workflow code is made of.
const OF_WORKFLOWS: [&str; 7] = [
    // Combinators. Not its `select!`, which polls in random order.
    "futures",
    "serde",
    "temporalio-common",
    "temporalio-macros",
    "temporalio-workflow",
    "thiserror",
    // No I/O, no clock; its randomness is an argument.
    "zapiki-core",
];

/// What the client and the helpers of tests have besides: optional, and named in no file of a workflow.
const OF_CLIENT: [&str; 9] = [
    "base64",
    "chrono",
    "prost",
    "rand",
    "serde_json",
    "temporalio-client",
    "tokio",
    "url",
    "zeroize",
];

fn package() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let this = packages.iter().find(|p| p["name"] == "zapiki-workflows");
    this.unwrap().clone()
}

/// The normal dependencies, on every platform: those for tests are not in what is built.
fn dependencies(package: &Value, are_optional: bool) -> BTreeSet<&str> {
    let all = package["dependencies"].as_array().unwrap();
    all.iter()
        .filter(|d| d["kind"].is_null() && d["optional"] == are_optional)
        .map(|d| d["name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_workflow_depends_on_a_short_list_and_on_nothing_else() {
    let package = package();
    for (are_optional, list) in [
        (false, BTreeSet::from(OF_WORKFLOWS)),
        (true, BTreeSet::from(OF_CLIENT)),
    ] {
        assert_eq!(
            dependencies(&package, are_optional),
            list,
            "the dependencies of zapiki-workflows are not those of the list: read the head of this file"
        );
    }
    let default = &package["features"]["default"];
    assert!(default.is_null(), "a feature that is always on: {default}");
    let builds = package["dependencies"].as_array().unwrap();
    let builds = builds.iter().filter(|d| d["kind"] == "build").count();
    assert_eq!(builds, 0, "a build script sees the machine");
}

/// In a build of the whole workspace the optional crates are there: nothing but this keeps a workflow from naming one.
#[test]
fn no_file_of_a_workflow_names_a_crate_of_the_client() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_of_workflows = |path: &PathBuf| {
        let name = path.file_name().unwrap();
        path.is_file() && name != "testing.rs"
    };
    let files = std::fs::read_dir(&folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(is_of_workflows).collect();
    assert!(files.iter().any(|path| path.ends_with("proof.rs")));
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for name in OF_CLIENT.map(|name| name.replace('-', "_")) {
            let named = format!("{name}::");
            assert!(!text.contains(&named), "{}: {named}", path.display());
        }
    }
}
