//! `fuzz`: the targets of `fuzz/`, each for a while, from the seeds that are checked in.
//!
//! libFuzzer wants coverage counters in every crate. The compiler pass that puts them there is on stable, as a code generation
//! option; only the sanitizers would need nightly, and they look for what a workspace without `unsafe` does not have. The flags are
//! those of cargo-fuzz. The build has a folder of its own: with these flags no crate is the one of the main build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use crate::{cargo, cli::FuzzArgs, file, process::Launch, setup::Kit, ui};

/// Every target. `fuzz/Cargo.toml` has the same.
const TARGETS: [&str; 6] = [
    "envelope",
    "groth16_proof",
    "stark_proof",
    "verifying_key",
    "credential",
    "lists",
];

/// How long each target runs, unless told otherwise.
pub(crate) const SECONDS: u32 = 20;

/// What cargo-fuzz passes, but for the sanitizer. Two switches become one, and the counters are of libFuzzer's kind.
const FLAGS: &str = "-Cpasses=sancov-module \
                     -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// One input may take as long as this, and the process as much memory.
const INPUT_S_MAX: u32 = 10;
const MEMORY_MB_MAX: u32 = 2_048;
/// libFuzzer grows inputs up to this. A STARK proof has some 60 kilobytes.
const INPUT_BYTES_MAX: u32 = 128 * 1024;

/// Runs the targets that were asked for.
pub(crate) fn run(kit: &Kit, args: &FuzzArgs) -> anyhow::Result<ExitCode> {
    for name in &args.targets {
        let known = TARGETS.join(", ");
        ensure!(
            TARGETS.contains(&name.as_str()),
            "there is no target `{name}`; there are {known}"
        );
    }
    let wanted = |target: &&&str| {
        args.targets.is_empty() || args.targets.iter().any(|name| name == **target)
    };
    let folder = build(kit)?;
    let targets = TARGETS.iter().filter(wanted);
    for target in targets {
        fuzz(kit, &folder, target, args.seconds)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs all targets for the usual time.
pub(crate) fn gate(kit: &Kit) -> anyhow::Result<()> {
    let args = FuzzArgs {
        seconds: SECONDS,
        targets: Vec::new(),
    };
    run(kit, &args).map(|_code| ())
}

/// Builds all targets; the folder with the programs.
fn build(kit: &Kit) -> anyhow::Result<PathBuf> {
    let begun = Instant::now();
    let host = host(kit)?;
    let target_dir = work_dir(kit).join("target");
    // With a target that is named, build scripts and macros are built without these flags.
    cargo::command(kit, "cargo build (fuzz)")
        .args(["build", "--release", "--locked", "--bins"])
        .arg("--manifest-path")
        .arg(kit.paths.root.join("fuzz/Cargo.toml"))
        .args(["--target", &host])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("RUSTFLAGS", FLAGS)
        .without_env("CARGO_ENCODED_RUSTFLAGS")
        .run()?;
    ui::line(format_args!(
        "targets built in {}",
        ui::time(begun.elapsed())
    ));
    Ok(target_dir.join(host).join("release"))
}

/// The platform that rustc builds for.
fn host(kit: &Kit) -> anyhow::Result<String> {
    let version = Launch::new("rustc", "rustc")
        .directory(&kit.paths.root)
        .arg("-vV")
        .read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say for which host it builds")
}

/// Where builds, corpora and findings are kept.
fn work_dir(kit: &Kit) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| kit.paths.root.join("target"), PathBuf::from);
    kit.paths.root.join(target).join("fuzz")
}

/// Runs one target. What it finds is written down, and said.
fn fuzz(kit: &Kit, folder: &Path, target: &str, seconds: u32) -> anyhow::Result<()> {
    let seeds = kit.paths.root.join("fuzz/seeds").join(target);
    let corpus = work_dir(kit).join("corpus").join(target);
    let findings = work_dir(kit).join("findings").join(target);
    for dir in [&corpus, &findings] {
        file::make_dir(dir)?;
    }
    let log = kit.paths.logs.join(format!("fuzz-{target}.log"));
    let launch = Launch::new(&format!("fuzz target {target}"), folder.join(target))
        // New inputs go to the first folder; the second is only read.
        .arg(&corpus)
        .arg(&seeds)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_S_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"))
        .arg(format!("-max_len={INPUT_BYTES_MAX}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .arg("-print_final_stats=1")
        .env("RUST_BACKTRACE", "0")
        .log(&log);
    let begun = Instant::now();
    let held = launch.succeeds()?;
    let log_text =
        fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
    ensure!(
        held,
        "the target {target} found something; the input is in {}, the log is {}\n{}",
        findings.display(),
        log.display(),
        what_was_found(&log_text)
    );
    let summary = summary(&log_text, begun.elapsed());
    ui::line(format_args!("{target}: {summary}"));
    Ok(())
}

/// The assertion that failed, or what libFuzzer says of it.
fn what_was_found(log: &str) -> String {
    let is_said = |line: &&str| line.contains("panicked at") || line.contains("ERROR: libFuzzer");
    let mut lines = log.lines().skip_while(|line| !is_said(line));
    lines.by_ref().take(6).collect::<Vec<_>>().join("\n")
}

/// How much was tried.
fn summary(log: &str, time: Duration) -> String {
    let stat = |name: &str| {
        let line = log.lines().find_map(|line| line.strip_prefix(name));
        line.map_or("?", str::trim).to_owned()
    };
    format!(
        "{} inputs in {}, {} new",
        stat("stat::number_of_executed_units:"),
        ui::time(time),
        stat("stat::new_units_added:"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The crate of the targets is in no workspace that this one is tested with; its manifest can be read all the same.
    #[test]
    fn the_targets_are_those_of_the_manifest() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let bins = manifest.split("[[bin]]").skip(1);
        let names = bins.map(|bin| bin.split('"').nth(1).unwrap());
        assert_eq!(names.collect::<Vec<_>>(), TARGETS);
        for target in TARGETS {
            let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
            let seeds = fs::read_dir(seeds.join(target)).unwrap();
            assert!(seeds.count() > 0, "{target} has no seeds");
        }
    }

    #[test]
    fn what_was_tried_is_read_from_the_log() {
        let log = "x\nstat::number_of_executed_units: 1234\nstat::new_units_added:         56\n";
        let summary = summary(log, Duration::from_secs(2));
        assert!(
            summary.starts_with("1234 inputs") && summary.ends_with("56 new"),
            "{summary}"
        );
    }
}
