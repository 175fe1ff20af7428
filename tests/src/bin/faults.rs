//! `zapiki-faults`: all fault scenarios one after the other, and a table of how long recovery took. `cargo xtask faults` builds
//! and runs it, with servers of its own.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of the tests, whose results are its output"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use comfy_table::Table;
use serde_json::{Value, json};
use zapiki_tests::aftermath::Recovery;
use zapiki_tests::faults::{Ending, Scenario};

/// Breaks what can break, on purpose, and checks what became of the proofs.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask faults")]
struct Args {
    /// Print the scenarios and end
    #[arg(long)]
    list: bool,
    /// Write the results as JSON too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only scenarios whose names contain one of these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// How a scenario ended.
enum Verdict {
    Held(Recovery),
    Failed,
    Skipped(String),
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let is_wanted =
        |name: &str| args.names.is_empty() || args.names.iter().any(|part| name.contains(part));
    let wanted = Scenario::all()
        .into_iter()
        .filter(|scenario| is_wanted(&scenario.name()));
    let wanted: Vec<_> = wanted.collect();
    if args.list {
        wanted
            .iter()
            .for_each(|scenario| println!("{}", scenario.name()));
        return ExitCode::SUCCESS;
    }
    if wanted.is_empty() {
        eprintln!("no scenario has such a name; --list prints them");
        return ExitCode::from(2);
    }
    let mut results = Vec::new();
    for scenario in wanted {
        let name = scenario.name();
        eprintln!("· {name}");
        let begun = Instant::now();
        // On a task of its own, so that a panic is a verdict and not the end.
        let local = tokio::task::LocalSet::new();
        let running = local.spawn_local(scenario.run());
        let verdict = match local.run_until(running).await {
            Ok(Ending::Held(recovery)) => Verdict::Held(recovery),
            Ok(Ending::Skipped(why)) => Verdict::Skipped(why),
            Err(_panic) => Verdict::Failed,
        };
        results.push((name, verdict, begun.elapsed()));
    }
    println!("{}", table(&results));
    for (name, verdict, _) in &results {
        if let Verdict::Skipped(why) = verdict {
            eprintln!("! NOT tried: {name}: {why}");
        }
    }
    if let Some(path) = &args.json {
        let document = json!({ "scenarios": results.iter().map(entry).collect::<Vec<_>>() });
        let text = serde_json::to_string_pretty(&document).expect("JSON");
        std::fs::write(path, text + "\n").expect("the file can be written");
    }
    let has_failed = results
        .iter()
        .any(|(_, verdict, _)| matches!(verdict, Verdict::Failed));
    if has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or("–".to_owned(), |time| {
        format!("{:.1}", time.as_secs_f64())
    })
}

fn table(results: &[(String, Verdict, Duration)]) -> Table {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "fault",
        "result",
        "completed",
        "first after (s)",
        "last after (s)",
        "quiet after (s)",
        "took (s)",
    ]);
    for (name, verdict, took) in results {
        let (result, recovery) = match verdict {
            Verdict::Held(recovery) => ("held", Some(recovery)),
            Verdict::Failed => ("FAILED", None),
            Verdict::Skipped(_) => ("NOT TRIED", None),
        };
        table.add_row([
            name.clone(),
            result.to_owned(),
            recovery.map_or("–".to_owned(), |r| {
                format!("{} of {}", r.completed, r.proofs)
            }),
            seconds(recovery.and_then(|r| r.first)),
            seconds(recovery.and_then(|r| r.last)),
            seconds(recovery.map(|r| r.quiet)),
            seconds(Some(*took)),
        ]);
    }
    table
}

fn entry((name, verdict, took): &(String, Verdict, Duration)) -> Value {
    let took_ms = took.as_millis();
    match verdict {
        Verdict::Held(recovery) => json!({
            "name": name,
            "result": "held",
            "proofs": recovery.proofs,
            "completed": recovery.completed,
            "first_ms": recovery.first.map(|time| time.as_millis()),
            "last_ms": recovery.last.map(|time| time.as_millis()),
            "quiet_ms": recovery.quiet.as_millis(),
            "took_ms": took_ms,
        }),
        Verdict::Failed => json!({ "name": name, "result": "failed", "took_ms": took_ms }),
        Verdict::Skipped(why) => json!({ "name": name, "result": "skipped", "why": why }),
    }
}
