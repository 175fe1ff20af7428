//! `bench`: the program's own benchmarks, on a stack that is thrown away afterwards.

use std::process::ExitCode;

use crate::{
    cargo,
    process::Launch,
    setup::Kit,
    stack::{
        Services,
        app::{App, Program, Workers},
        place::Place,
        ports::Ports,
    },
};

/// The suites that talk to a running service.
const SUITES_WITH_SERVICE: [&str; 2] = ["sync", "load"];
/// The suite that starts and kills workers of its own.
const SUITE_WITH_WORKERS: &str = "load";

/// Runs `zapiki bench` with these arguments.
pub(crate) fn run(kit: &Kit, bench_args: &[String]) -> anyhow::Result<ExitCode> {
    let path = cargo::build_zapiki(kit)?;
    let wants_service = bench_args
        .iter()
        .any(|arg| SUITES_WITH_SERVICE.contains(&arg.as_str()));
    let wants_help = bench_args.iter().any(|arg| arg == "--help" || arg == "-h");
    if !wants_service || wants_help {
        return finish(Launch::new("zapiki bench", path), bench_args);
    }
    let services = Services::start(kit, Place::thrown_away(kit, "bench")?, Ports::free()?)?;
    let program = Program::prepare(kit, &services, path)?;
    let workers = if bench_args.iter().any(|arg| arg == SUITE_WITH_WORKERS) {
        Workers::None
    } else {
        Workers::One
    };
    let app = App::start(&services, program, workers)?;
    let launch = app
        .program
        .command("zapiki bench")
        .env(
            "ZAPIKI_URL",
            format!("http://127.0.0.1:{}", services.ports.api),
        )
        .env("ZAPIKI_API_KEY", &app.demo.api_key);
    finish(launch, bench_args)
}

fn finish(launch: Launch, bench_args: &[String]) -> anyhow::Result<ExitCode> {
    let status = launch.arg("bench").args(bench_args).start()?.wait()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
