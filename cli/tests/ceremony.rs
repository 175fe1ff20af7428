//! `zapiki ceremony` from the first command to the last, as people type it; and what becomes of development keys.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use zapiki_backends::groth16::ceremony::{Powers, write_powers};

/// What a command answered.
struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Answer {
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The command failed, and said this on one of its two ways.
    fn refused(self, says: &str) {
        assert_eq!(self.code, 1, "{}\n{}", self.stdout, self.stderr);
        let said = format!("{}{}", self.stdout, self.stderr);
        assert!(said.contains(says), "{said}");
    }
}

/// Runs `zapiki` in a folder. Words are separated by spaces; `~` stands for a space within one.
fn zapiki(folder: &Path, words: &str) -> Answer {
    Command::new(env!("CARGO_BIN_EXE_zapiki"))
        .args(words.split_whitespace().map(|word| word.replace('~', " ")))
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
        .into()
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Changes the transcript for the time of one look at it.
fn with_transcript(folder: &Path, change: impl FnOnce(&mut Value), look: impl FnOnce()) {
    let path = folder.join("age-over/transcript.json");
    let honest = fs::read(&path).unwrap();
    let mut transcript = read_json(&path);
    change(&mut transcript);
    fs::write(&path, transcript.to_string()).unwrap();
    look();
    fs::write(&path, honest).unwrap();
}

#[test]
fn a_ceremony_is_held_verified_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |words: &str| zapiki(folder, words);
    // Powers whose secrets come from a seed that is no rehearsal's: so the keys count as a ceremony's.
    let mut ptau = Vec::new();
    write_powers(&Powers::from_seed(&[7; 32], 12), &mut ptau).unwrap();
    fs::write(folder.join("powers.ptau"), &ptau).unwrap();

    let begun = run("ceremony new --circuit age_over@1.0.0 --ptau powers.ptau --out age-over").ok();
    assert!(begun.contains("blake2b:"), "{begun}");
    run("ceremony new --circuit age_over@1.0.0 --ptau powers.ptau --out age-over")
        .refused("choose another folder");

    let export = "ceremony export --dir age-over --ptau powers.ptau --out keys";
    run(export).refused("zapiki ceremony contribute --help");
    fs::write(folder.join("dice.txt"), "3 1 4 1 5 9 2 6").unwrap();
    let entropy = "--entropy-file dice.txt";
    let mine = run(&format!(
        "ceremony contribute --dir age-over --name Ana~of~Example~Bank {entropy}"
    ))
    .ok();
    let digest = mine.split_whitespace().last().unwrap().to_owned();
    assert!(digest.starts_with("blake2b:"), "{mine}");
    assert!(!mine.contains("3 1 4 1"));
    run(export).refused("zapiki ceremony beacon --help");
    run("ceremony beacon --dir age-over --value 00c0ffee").ok();
    run("ceremony contribute --dir age-over --name Late").refused("closed");

    // The keys go into the folder that services read, and are the ones that verifying makes.
    let exported = run(export).ok();
    assert!(exported.contains("ceremony"), "{exported}");
    let listed = run("circuits list --dir keys").ok();
    assert!(listed.contains("ceremony of 1 contributions"), "{listed}");
    let index = read_json(&folder.join("keys/index.json"));
    let key = index["verifying_keys"][0].as_str().unwrap();
    let key = format!("keys/{}.vk.json", key.strip_prefix("sha256:").unwrap());
    let verify = "ceremony verify --dir age-over --ptau powers.ptau";
    let answer = run(&format!("{verify} --vk {key}"));
    assert!(
        answer
            .stderr
            .contains("held: the H query was divided by delta")
    );
    let verified = answer.ok();
    assert!(
        verified.contains("HOLDS: the ceremony is closed"),
        "{verified}"
    );
    assert!(verified.contains(&digest), "{verified}");
    let mut boasting = read_json(&folder.join(&key));
    boasting["ceremony"]["contributions"] = json!(100);
    fs::write(folder.join("boasting.json"), boasting.to_string()).unwrap();
    run(&format!("{verify} --vk boasting.json")).refused("does not come out of this ceremony");

    // What is changed is found, in words.
    let edited = |t: &mut Value| t["contributions"][0]["name"] = json!("Anna");
    with_transcript(folder, edited, || {
        run(verify).refused("BROKEN: contribution 1 (Anna): it does not follow");
    });
    let swapped = |t: &mut Value| t["contributions"].as_array_mut().unwrap().swap(0, 1);
    with_transcript(folder, swapped, || run(verify).refused("BROKEN"));
    let foreign = |t: &mut Value| t["circuit"] = json!("income_at_least@1.0.0");
    with_transcript(folder, foreign, || run(verify).refused("another edition"));
    let unknown = |t: &mut Value| t["extra"] = json!(1);
    with_transcript(folder, unknown, || run(verify).refused("is no transcript"));
    fs::write(folder.join("other.ptau"), {
        let mut other = Vec::new();
        write_powers(&Powers::from_seed(&[8; 32], 12), &mut other).unwrap();
        other
    })
    .unwrap();
    run("ceremony verify --dir age-over --ptau other.ptau")
        .refused("not the one that the ceremony");
    fs::write(folder.join("short.ptau"), &ptau[..ptau.len() / 2]).unwrap();
    run("ceremony verify --dir age-over --ptau short.ptau").refused("truncated");
}

#[test]
fn a_rehearsal_is_told_from_a_ceremony() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |words: &str| zapiki(folder, words);
    run("ceremony rehearsal-powers --power 12 --out powers.ptau").ok();
    run("ceremony rehearsal-powers --power 12 --out powers.ptau").refused("exists already");
    run("ceremony new --circuit age_over@1.0.0 --ptau powers.ptau --out age-over").ok();
    run("ceremony contribute --dir age-over --name Ana").ok();
    run("ceremony beacon --dir age-over --value 00c0ffee").ok();
    let exported = run("ceremony export --dir age-over --ptau powers.ptau --out keys");
    assert!(exported.stderr.contains("rehearsal"), "{}", exported.stderr);
    let exported = exported.ok();
    assert!(exported.contains("dev"), "{exported}");

    // In production they are refused by name.
    run("dev kek --out kek").ok();
    let worker =
        "worker --keys-dir keys --kek-file kek --database-url postgres://nobody@127.0.0.1:1/x";
    run(&format!("{worker} --production")).refused("production refuses development keys");
}

#[test]
fn files_that_are_none_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |words: &str| zapiki(folder, words);
    fs::write(folder.join("no.ptau"), "PK\u{3}\u{4} something else").unwrap();
    let new = "ceremony new --circuit age_over@1.0.0 --out age-over --ptau";
    run(&format!("{new} no.ptau")).refused("not a .ptau file");
    run(&format!("{new} missing.ptau")).refused("cannot open missing.ptau");
    run("ceremony rehearsal-powers --power 4 --out small.ptau").ok();
    run(&format!("{new} small.ptau")).refused("take a file of power 12 or more");
    run("ceremony new --circuit age_over@9.9.9 --ptau small.ptau --out age-over")
        .refused("no Groth16 circuit age_over@9.9.9");
    run("ceremony contribute --dir nowhere --name Ana").refused("there is no ceremony in nowhere");
    let usage = run("ceremony beacon --dir nowhere --value xyz");
    assert_eq!(usage.code, 2, "{}", usage.stderr);
    assert!(!folder.join("age-over").exists());
}
