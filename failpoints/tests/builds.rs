//! A debug build dies where it is told to; a release build cannot be told.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use zapiki_failpoints::{Point, VARIABLE};

const KILLED: i32 = 9;

/// Builds the example and runs it, told to die at a point.
fn run(profile: &[&str], point: &str) -> (ExitStatus, String) {
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "zapiki-failpoints",
            "--example",
            "pass",
        ])
        .args(["--message-format", "json"])
        .args([
            "--target-dir",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/builds"),
        ])
        .args(profile)
        .output()
        .unwrap();
    let messages = String::from_utf8(built.stdout).unwrap();
    // The last message with an executable is of the example: it is what is built last.
    let (_, path) = messages.rsplit_once("\"executable\":\"").unwrap();
    let (path, _) = path.split_once('"').unwrap();
    let output = Command::new(path).env(VARIABLE, point).output().unwrap();
    (output.status, String::from_utf8(output.stdout).unwrap())
}

#[test]
fn only_a_debug_build_dies() {
    for point in [Point::ALL[0], Point::PersistAfter] {
        let (status, said) = run(&[], point.name());
        assert_eq!((status.signal(), &*said), (Some(KILLED), ""));
        let (status, said) = run(&["--release"], point.name());
        assert_eq!((status.code(), &*said), (Some(0), "passed\n"));
    }
    let (status, said) = run(&[], "nowhere");
    assert_eq!((status.code(), &*said), (Some(0), "passed\n"));
}

#[test]
fn names_differ() {
    let mut names: Vec<_> = Point::ALL.iter().map(|point| point.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Point::ALL.len());
}
