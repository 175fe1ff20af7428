//! `zapiki bench sync`: what a synchronous caller waits for, and how much of it is not the proof.
//!
//! Each round makes one proof over HTTP and one with the bare prover of this process, so that whatever slows the machine
//! down slows both. The overhead is the difference of the two medians: HTTP, database and Temporal. It means something only
//! if service and bench run on one machine that does nothing else, with as many prover threads here as there.
//!
//! The proofs are real: the service stores, counts and audits them. The issuer's trust is taken back at the end.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;

use super::BenchArgs;
use super::bare::{BareProver, blocking};
use super::harness::{Figures, Samples, progress};
use super::service::Service;
use super::service::ServiceArgs;
use crate::out;
use crate::sample::Sample;

const HELP: &str = "\
Examples:
  ZAPIKI_API_KEY=zk_… zapiki bench sync --json figures.json

Measures a service that runs on this machine; `cargo xtask dev` starts one and prints an API key, `cargo xtask bench sync` \
starts a throw-away one and measures it. The proofs are real: the tenant's books count them.";

/// Rounds before anything is measured: connections, pools, caches and threads are ready after them.
const WARM_UP_ROUNDS: u32 = 3;

/// Options of `bench sync`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    service: ServiceArgs,
    /// Threads of the bare prover, as many as the worker has; default: one per core
    #[arg(long, value_name = "N", env = "ZAPIKI_PROVER_THREADS")]
    prover_threads: Option<NonZeroUsize>,
    #[command(flatten)]
    bench: BenchArgs,
}

/// Measures and publishes.
pub(crate) async fn run(args: &SyncArgs) -> Result<()> {
    let sample = Sample::new(StatementKind::AgeOver, SuiteId::BjjPoseidonBn254)?;
    let service = args.service.open()?;
    let issuer = service.trust(&sample.claim.issuer).await?;
    let measured = tokio::select! {
        measured = measure(&service, sample, args) => measured,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("cannot listen for Ctrl-C").and_then(|()| bail!("interrupted"))
        }
    };
    if let Err(error) = service.distrust(issuer).await {
        out::note(format!("the tenant still trusts {issuer}: {error:#}"));
    }
    measured?.publish(args.bench.json.as_deref())
}

async fn measure(service: &Service, sample: Sample, args: &SyncArgs) -> Result<Figures> {
    let request = service.proof_request(&sample)?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = args.prover_threads.unwrap_or(cores);
    let bare = blocking(move || BareProver::new(sample, threads)).await?;
    let bare = Arc::new(bare);

    for _ in 0..WARM_UP_ROUNDS {
        let (served, _time) = service.prove(&request).await?;
        ensure!(
            served.circuit == bare.circuit,
            "the service proves with {}, the bare prover with {}: they cannot be compared",
            served.circuit,
            bare.circuit
        );
        let bare = Arc::clone(&bare);
        blocking(move || bare.prove()).await?;
    }

    let (mut sync, mut alone) = (Samples::default(), Samples::default());
    let rounds = args.bench.rounds as usize;
    let bar = progress("prove over HTTP, then alone", rounds)?;
    for _ in 0..rounds {
        let (_served, time) = service.prove(&request).await?;
        sync.push(time);
        let bare = Arc::clone(&bare);
        alone.push(blocking(move || bare.prove()).await?);
        bar.inc(1);
    }
    bar.finish();

    let (sync_p50, alone_p50) = (sync.percentile_ms(50)?, alone.percentile_ms(50)?);
    let mut figures = Figures::default();
    figures.ms("sync.p50_ms", sync_p50)?;
    figures.ms("sync.p95_ms", sync.percentile_ms(95)?)?;
    figures.ms("sync.bare_prove_ms_p50", alone_p50)?;
    figures.ms("sync.overhead_ms_p50", sync_p50 - alone_p50)?;
    Ok(figures)
}
