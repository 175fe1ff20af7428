//! `cargo xtask`: every chore of the project, in Rust.
//!
//! One command sets a fresh machine up and runs the whole product. The crate is small on purpose: it is compiled
//! before anything else is, so it depends on no crate of the workspace and on no tool that it installs itself.
//!
//! | module | subject |
//! | --- | --- |
//! | [`setup`] | installs protoc, Temporal, PostgreSQL, Prometheus and Chromium where a machine has none |
//! | [`process`] | child processes that cannot outlive this one |
//! | [`stack`] | Postgres, Temporal, API and worker, started in order and waited for |
//! | [`dev`], [`demo`], [`test`], [`bench`], [`bench_snarkjs`], [`fuzz`], [`faults`], [`alerts`], [`ci`] | the commands |
//!
//! It never leaves a process running, never writes outside the checkout except where PostgreSQL refuses to run as
//! root (see [`paths`]), and never prints a database password.

mod alerts;
mod bench;
mod bench_snarkjs;
mod cargo;
mod ci;
mod cli;
mod demo;
mod dev;
mod faults;
mod file;
mod fuzz;
mod http;
mod identity;
mod paths;
mod process;
mod setup;
mod stack;
mod test;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if let cli::Command::Guard(launch) = cli.command {
        return process::guard::run(&launch);
    }
    match process::cleanup::catch_signals().and_then(|()| cli.run()) {
        Ok(code) => code,
        Err(error) => {
            // On Ctrl-C every wait fails; that is not news. The signal thread stops the rest and exits.
            process::cleanup::park_if_interrupted();
            ui::error(&error);
            ExitCode::FAILURE
        }
    }
}
