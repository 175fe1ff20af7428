//! `ci`: every gate of a change. All of them run, and a table at the end says which held.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::ensure;

use crate::{alerts, cargo, file, fuzz, process::Launch, setup, setup::Kit, test, ui};

/// The OpenAPI document that is checked in.
const DOCUMENT: &str = "docs/openapi.json";

/// A gate: its name, and what it takes to pass.
type Gate = (&'static str, fn(&Kit) -> anyhow::Result<()>);

const GATES: [Gate; 8] = [
    ("format", format),
    ("clippy", clippy),
    ("alert rules", alerts::gate),
    ("tests", tests),
    ("OpenAPI document", document),
    ("fuzzing", fuzz::gate),
    ("licences, bans, sources", policies),
    ("advisories", advisories),
];

struct Verdict {
    name: &'static str,
    time: Duration,
    held: bool,
}

/// Runs all gates.
pub(crate) fn run(kit: &Kit) -> anyhow::Result<ExitCode> {
    let mut verdicts = Vec::new();
    for (name, gate) in GATES {
        ui::line(format_args!("\n── {}", ui::paint(ui::Colour::Bold, name)));
        let begun = Instant::now();
        let held = match gate(kit) {
            Ok(()) => true,
            Err(error) => {
                crate::process::cleanup::park_if_interrupted();
                ui::error(&error);
                false
            }
        };
        verdicts.push(Verdict {
            name,
            time: begun.elapsed(),
            held,
        });
    }
    let rows: Vec<_> = verdicts
        .iter()
        .map(|verdict| {
            let mark = if verdict.held {
                ui::paint(ui::Colour::Green, "held  ")
            } else {
                ui::paint(ui::Colour::Red, "FAILED")
            };
            (verdict.name, format!("{mark}  {}", ui::time(verdict.time)))
        })
        .collect();
    ui::summary_box("Gates", &rows);
    let all_held = verdicts.iter().all(|verdict| verdict.held);
    Ok(if all_held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn format(kit: &Kit) -> anyhow::Result<()> {
    cargo::command(kit, "cargo fmt")
        .args(["fmt", "--all", "--check"])
        .run()?;
    cargo::command(kit, "cargo fmt (fuzz)")
        .args(["fmt", "--check", "--manifest-path"])
        .arg(kit.paths.root.join("fuzz/Cargo.toml"))
        .run()
}

fn clippy(kit: &Kit) -> anyhow::Result<()> {
    let clippy = cargo::command(kit, "cargo clippy").args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
    ]);
    clippy.args(["--", "--deny", "warnings"]).run()
}

fn tests(kit: &Kit) -> anyhow::Result<()> {
    let (launch, _services) =
        test::prepare(kit, &["--locked".to_owned(), "--no-fail-fast".to_owned()])?;
    launch.run()
}

fn document(kit: &Kit) -> anyhow::Result<()> {
    let program = cargo::build_zapiki(kit)?;
    let of_code = Launch::new("zapiki openapi", program)
        .arg("openapi")
        .read()?;
    let of_docs = file::read_if_there(&kit.paths.root.join(DOCUMENT))?;
    ensure!(
        of_docs.as_ref() == Some(&of_code),
        "{DOCUMENT} is not what the code says; write it anew: cargo run --package zapiki -- openapi > {DOCUMENT}"
    );
    Ok(())
}

/// `cargo deny` with the rules in `deny.toml`. The program itself is run, so it wants no `deny` of its own first.
fn deny(kit: &Kit) -> anyhow::Result<Launch> {
    Ok(Launch::new("cargo deny", setup::cargo_deny(kit)?)
        .directory(&kit.paths.root)
        .arg("--locked"))
}

fn policies(kit: &Kit) -> anyhow::Result<()> {
    deny(kit)?
        .args(["check", "licenses", "bans", "sources"])
        .run()
}

/// The advisories are fetched from GitHub. A machine that cannot reach it cannot check them, and says so: a failed fetch and
/// a finding end with the same code, so they are asked for apart.
fn advisories(kit: &Kit) -> anyhow::Result<()> {
    let log = kit.paths.logs.join("advisories.log");
    if deny(kit)?.args(["fetch", "db"]).log(&log).succeeds()? {
        return deny(kit)?.args(["check", "advisories"]).run();
    }
    let why = file::last_lines(&log, 3);
    ui::warn(format_args!(
        "advisories were NOT checked: their database cannot be fetched here\n{why}"
    ));
    Ok(())
}
