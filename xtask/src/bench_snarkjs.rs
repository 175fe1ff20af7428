//! `bench-snarkjs`: our Groth16 beside snarkjs, which proves the same relation, written in circom with circomlib.
//!
//! The peer comes from npm in the versions of `snarkjs/package-lock.json`. Its circuit is compiled and its keys are made once, which
//! takes minutes; they are kept in `target/snarkjs` until the circuit or a version changes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use crate::{cargo, file, process::Launch, setup::Kit, ui};

/// What npm is given.
const PACKAGE_FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
const CIRCUIT: &str = "age_over.circom";
const PEER: &str = "peer.mjs";
/// Says what the folder was made from.
const STAMP: &str = "made-from";
/// The circuit has 5,261 rows and 7 public inputs: a domain of 2^13.
const POWER: &str = "13";

/// Sets the peer up, if it is not, and measures.
pub(crate) fn run(kit: &Kit, bench_args: &[String]) -> anyhow::Result<ExitCode> {
    let source = kit.paths.root.join("xtask/snarkjs");
    let place = kit.paths.root.join("target/snarkjs");
    for tool in ["node", "npm"] {
        let found = Launch::new(tool, tool).arg("--version").read();
        found.with_context(|| format!("`{tool}` is needed: install Node.js 20 or later"))?;
    }
    let made_from = digest(&source)?;
    if file::read_if_there(&place.join(STAMP))?.as_deref() != Some(&made_from) {
        make(&source, &place)?;
        fs::write(place.join(STAMP), &made_from)
            .with_context(|| format!("cannot write into {}", place.display()))?;
    }
    let program = cargo::build_zapiki(kit)?;
    let status = Launch::new("zapiki bench snarkjs", program)
        .args(["bench", "snarkjs"])
        .arg("--peer")
        .arg(&place)
        .arg("--script")
        .arg(source.join(PEER))
        .args(bench_args)
        .start()?
        .wait()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Over everything that the peer's folder is made from.
fn digest(source: &Path) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    for name in PACKAGE_FILES.into_iter().chain([CIRCUIT]) {
        let path = source.join(name);
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    hash.update(POWER);
    Ok(hex::encode(hash.finalize()))
}

/// Installs the packages, compiles the circuit, makes the keys.
fn make(source: &Path, place: &Path) -> anyhow::Result<()> {
    file::remove_dir(place)?;
    file::make_dir(&place.join("build"))?;
    for name in PACKAGE_FILES.into_iter().chain([CIRCUIT]) {
        fs::copy(source.join(name), place.join(name))
            .with_context(|| format!("cannot copy {name} to {}", place.display()))?;
    }
    let step = |what: &str, program: &str, args: &[&str]| {
        ui::note(what);
        let log = place.join("log.txt");
        Launch::new(what, program)
            .args(args)
            .directory(place)
            .log(&log)
            .run()
    };
    // No package's script is run: none is needed.
    step(
        "install circom, circomlib and snarkjs from npm",
        "npm",
        &["ci", "--ignore-scripts"],
    )?;
    let circom = module(place, "circom2/cli.js")?;
    step(
        "compile the circuit",
        "node",
        &[
            &circom,
            CIRCUIT,
            "--r1cs",
            "--wasm",
            "--O2",
            "-l",
            "node_modules",
            "-o",
            "build",
        ],
    )?;
    let cli = module(place, "snarkjs/build/cli.cjs")?;
    let snarkjs = |what: &str, args: &[&str]| {
        let mut all = vec![cli.as_str()];
        all.extend(args);
        step(what, "node", &all)
    };
    // One contribution each, of random text: these keys prove nothing but how fast they are.
    let entropy = file::random_hex(32)?;
    snarkjs(
        "powers of tau",
        &["powersoftau", "new", "bn128", POWER, "0.ptau"],
    )?;
    snarkjs(
        "contribute to the powers",
        &[
            "powersoftau",
            "contribute",
            "0.ptau",
            "1.ptau",
            "-n=bench",
            &format!("-e={entropy}"),
        ],
    )?;
    snarkjs(
        "prepare the powers: some minutes",
        &["powersoftau", "prepare", "phase2", "1.ptau", "2.ptau"],
    )?;
    let r1cs = "build/age_over.r1cs";
    snarkjs(
        "make the key",
        &["groth16", "setup", r1cs, "2.ptau", "0.zkey"],
    )?;
    snarkjs(
        "contribute to the key",
        &[
            "zkey",
            "contribute",
            "0.zkey",
            "age_over.zkey",
            "-n=bench",
            &format!("-e={entropy}"),
        ],
    )?;
    snarkjs(
        "export the verifying key",
        &[
            "zkey",
            "export",
            "verificationkey",
            "age_over.zkey",
            "age_over.vkey.json",
        ],
    )
}

/// A program of a package, as an argument of node.
fn module(place: &Path, name: &str) -> anyhow::Result<String> {
    let path: PathBuf = place.join("node_modules").join(name);
    ensure!(path.exists(), "npm installed no {name}");
    let path = path.to_str().context("the checkout's path is no text")?;
    Ok(path.to_owned())
}
