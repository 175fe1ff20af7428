//! `zapiki bench`: measurements, one file per suite.

mod bare;
mod growth;
mod harness;
mod lists;
mod load;
mod prove;
mod service;
mod snarkjs;
mod sync;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::exit::Outcome;

const HELP: &str = "\
Examples:
  zapiki bench prove --json figures.json
  zapiki bench lists --rounds 3
  zapiki bench growth --rounds 10
  ZAPIKI_API_KEY=zk_… zapiki bench sync --url http://127.0.0.1:8080
  cargo xtask bench load --report report

Compare ratios within one run; absolute times belong to one machine.";

/// The suites.
#[derive(Debug, Subcommand)]
#[command(after_help = HELP)]
pub(crate) enum BenchCommand {
    /// How long one proof takes, on one thread and on two, and how long verifying takes; needs no services
    Prove(prove::ProveArgs),
    /// How long a sanctions list takes from its file to its root; needs no services
    Lists(lists::ListsArgs),
    /// How the cost of a proof grows with what it says and with the list that it is about; needs no services
    Growth(growth::GrowthArgs),
    /// How our Groth16 compares with snarkjs; set up and run by `cargo xtask bench-snarkjs`
    #[command(hide = true)]
    Snarkjs(snarkjs::SnarkjsArgs),
    /// How much a service bears: throughput beside the bare prover, twice what it can, and a worker killed again and again
    Load(load::LoadArgs),
    /// How long a synchronous proof takes over HTTP, and how much of it is not the proof; needs a running service
    Sync(sync::SyncArgs),
}

/// Options of every suite.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// How often each thing is measured
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
    /// Write the figures to this file too, as one flat object
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs one of them.
pub(crate) async fn run(command: BenchCommand) -> Result<Outcome> {
    match command {
        BenchCommand::Prove(args) => prove::run(&args)?,
        BenchCommand::Lists(args) => lists::run(&args)?,
        BenchCommand::Growth(args) => growth::run(&args)?,
        BenchCommand::Snarkjs(args) => snarkjs::run(&args)?,
        BenchCommand::Load(args) => load::run(&args).await?,
        BenchCommand::Sync(args) => sync::run(&args).await?,
    }
    Ok(Outcome::Success)
}
