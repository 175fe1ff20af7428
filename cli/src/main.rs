//! `zapiki`: the one binary. Services, the issuer's and the holder's tools, the offline verifier, benchmarks.
//!
//! Each subcommand is a file under [`commands`]. Exit codes: 0 done and holds, 1 failed or refused, 2 wrong usage.
//! Results go to stdout, logs and notes to stderr. Nothing private is printed unless it is asked for by name.

mod attributes;
mod backends;
mod ceremony_dir;
mod codec;
mod commands;
mod commitments;
mod database;
mod exit;
mod files;
mod holder_file;
mod issuer_key;
mod issuer_secret;
mod issuing;
mod kek;
mod keys_dir;
mod lists;
mod memory_dumps;
mod metrics;
mod out;
mod passphrase;
mod sample;
mod screening;
mod shutdown;
mod telemetry;
mod temporal;
mod traces;
mod webhooks;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::commands::{
    api, audit, bench, ceremony, circuits, codec_server, dev, holder, issuer, keys, list, migrate,
    openapi, verify, worker,
};
use crate::exit::Outcome;
use crate::telemetry::LogArgs;

const ABOUT: &str = "\
Zero-knowledge proofs about signed credentials.

An issuer signs a credential, its holder proves a statement about it, a verifier learns that the statement holds and \
nothing else.";

const AFTER_HELP: &str = "\
Try it, offline:
  zapiki issuer keygen --out issuer.key        an issuer
  zapiki holder keygen --out ana.holder        a holder; prints the commitment that goes into a credential
  zapiki issuer issue --help                   how to sign a credential
  zapiki verify --help                         how to check a proof that somebody gave you

Run it:
  zapiki migrate                               creates the tables
  zapiki circuits setup --dir keys             creates the circuits' keys, for development
  zapiki ceremony --help                       how keys for real decisions are made
  zapiki api                                   the HTTP API
  zapiki worker                                proves what the API accepted
  zapiki codec-server --help                   how to read what it keeps in Temporal

Each option with an [env: …] note can stand in the environment. Exit codes: 0 done and holds, 1 failed or refused, \
2 wrong usage.";

#[derive(Debug, Parser)]
#[command(name = "zapiki", version, about = ABOUT, after_help = AFTER_HELP, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Issuers: make a signing key, sign credentials, inspect them
    #[command(subcommand)]
    Issuer(issuer::IssuerCommand),
    /// Holders: make the secret that a credential is bound to
    #[command(subcommand)]
    Holder(holder::HolderCommand),
    /// Check a proof offline, with nothing but the proof and the verifying key
    Verify(verify::VerifyArgs),
    /// Audit logs: check an export offline
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Sanctions lists: make their roots and keys, have them refreshed, show them
    #[command(subcommand)]
    List(list::ListCommand),
    /// Circuits: make their keys, list them
    #[command(subcommand)]
    Circuits(circuits::CircuitsCommand),
    /// Ceremonies: make keys that nobody can forge proofs under, take part, check one
    #[command(subcommand)]
    Ceremony(ceremony::CeremonyCommand),
    /// Serve the HTTP API, until it is asked to stop
    Api(api::ApiArgs),
    /// Print the OpenAPI document that the API serves
    Openapi,
    /// Prove what the API accepted, until it is asked to stop
    Worker(worker::WorkerArgs),
    /// Open Temporal's payloads for operators who may read them, in the Temporal UI and on the command line
    CodecServer(codec_server::CodecServerArgs),
    /// Bring the database up to date
    Migrate(migrate::MigrateArgs),
    /// Key-encryption keys: what seals private input, and how it is rotated
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Development: keys and tenants for a stack of your own
    #[command(subcommand)]
    Dev(dev::DevCommand),
    /// Measure: prints a table, and writes the figures as JSON if you want
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

fn main() -> ExitCode {
    // Usage errors end here, with code 2.
    let cli = Cli::parse();
    let ended = telemetry::init(&cli.log).and_then(|()| run(cli.command));
    out::flush();
    match ended {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            out::note(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<Outcome> {
    match command {
        Command::Issuer(command) => issuer::run(command),
        Command::Holder(command) => holder::run(command),
        Command::Verify(args) => verify::run(&args),
        Command::Audit(command) => audit::run(command),
        Command::List(command) => match list::run_offline(&command) {
            Some(done) => done,
            None => runtime()?.block_on(list::run(command)),
        },
        Command::Circuits(command) => circuits::run(command),
        Command::Ceremony(command) => ceremony::run(command),
        Command::Migrate(args) => runtime()?.block_on(migrate::run(&args)),
        Command::Api(args) => runtime()?.block_on(api::run(args)),
        Command::Openapi => Ok(openapi::run()),
        Command::CodecServer(args) => runtime()?.block_on(codec_server::run(args)),
        Command::Worker(args) => runtime()?.block_on(worker::run(args)),
        Command::Keys(command) => runtime()?.block_on(keys::run(command)),
        Command::Dev(command) => runtime()?.block_on(dev::run(command)),
        Command::Bench(command) => runtime()?.block_on(bench::run(command)),
    }
}

/// Threads for a command that waits for others.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads cannot be started")
}
