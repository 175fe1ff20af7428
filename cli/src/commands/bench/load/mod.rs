//! `zapiki bench load`: how much a service bears, and that nothing is lost when it is too much.
//!
//! The phases, in this order, on one machine that does nothing else:
//!
//! 1. single proofs that callers wait for as fast as they come, single proofs that nobody waits for, one batch; before, between and
//!    after them the bare prover, so that the machine's drift hits all of them;
//! 2. half of that, for what a synchronous caller waits; twice that, for what becomes of requests;
//! 3. the only worker killed and started again, with proofs waiting;
//! 4. batches and single proofs until there are as many as were asked for, with the worker killed every so often.
//!
//! Then the books are compared with what was answered: each proof that was accepted is completed, counted once and told once. The
//! worker is this suite's own, since it must be killed; the service is whatever `--url` says, on the same database and queues.

mod books;
mod report;
mod traffic;
mod worker;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;

use self::books::Books;
use self::report::Report;
use self::traffic::{Answers, Depth, Traffic};
use self::worker::OwnWorker;
use super::bare::{BareProver, blocking};
use super::harness::{Figures, progress};
use super::service::ServiceArgs;
use crate::out;
use crate::sample::Sample;

const HELP: &str = "\
Examples:
  cargo xtask bench load --report report --json load.json
  cargo xtask bench load --proofs 500 --seconds 5

Starts and kills a worker of its own, from the environment that `zapiki worker` reads; `cargo xtask bench load` starts all the \
rest. No other worker may run on its queues. The proofs are real: the tenant's books count them.";

/// Callers that want proofs as fast as they come.
const CALLERS: usize = 12;
/// Items of the batch that is measured.
const BATCH_ITEMS: u32 = 1_000;
/// Items of the batches that are made while the worker is killed.
const CHAOS_BATCH_ITEMS: u32 = 500;
/// Callers of single proofs meanwhile.
const CHAOS_CALLERS: usize = 4;
/// How often the recovery is measured; the slowest is told.
const RECOVERIES: usize = 3;
/// How many proofs wait when the worker is killed.
const WAITING: usize = 30;
/// How long the last proofs may take to end.
const DRAIN_MAX: Duration = Duration::from_secs(600);

/// Options of `bench load`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    service: ServiceArgs,
    /// Threads of the bare prover, as many as the worker has; default: one per core
    #[arg(long, value_name = "N", env = "ZAPIKI_PROVER_THREADS")]
    prover_threads: Option<NonZeroUsize>,
    /// How long each throughput and each rate is held
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// How many proofs are made while the worker is killed
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    proofs: u32,
    /// How often it is killed
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    kill_every: u64,
    /// Write a report with a plot into this folder
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Write the figures to this file too, as one flat object
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Measures and publishes.
pub(crate) async fn run(args: &LoadArgs) -> Result<()> {
    let sample = Sample::new(StatementKind::AgeOver, SuiteId::BjjPoseidonBn254)?;
    let issuer_key = sample.claim.issuer.clone();
    let traffic = Traffic::new(args.service.open()?, &sample)?;
    let issuer = traffic.service.trust(&issuer_key).await?;
    let measured = tokio::select! {
        measured = measure(&traffic, sample, args) => measured,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("cannot listen for Ctrl-C").and_then(|()| bail!("interrupted"))
        }
    };
    if let Err(error) = traffic.service.distrust(issuer).await {
        out::note(format!("the tenant still trusts {issuer}: {error:#}"));
    }
    let (figures, report) = measured?;
    if let Some(folder) = &args.report {
        report.write(folder, &figures)?;
    }
    figures.publish(args.json.as_deref())
}

async fn measure(traffic: &Traffic, sample: Sample, args: &LoadArgs) -> Result<(Figures, Report)> {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = args.prover_threads.unwrap_or(cores);
    let hold = Duration::from_secs(args.seconds);
    let bare = Arc::new(blocking(move || BareProver::new(sample, threads)).await?);
    let before = Books::read(&traffic.service).await?;
    let mut worker = OwnWorker::start().await?;
    let (mut figures, mut report) = (Figures::default(), Report::default());
    let mut all = Answers::default();

    // Keys are prepared and connections made.
    all.add(
        traffic
            .as_fast_as_they_come(CALLERS, Duration::from_secs(3))
            .await?,
    );

    out::note("throughput, in turns with the bare prover");
    let mut alone = vec![bare_throughput(&bare, cores, hold).await?];
    let single = traffic.as_fast_as_they_come(CALLERS, hold).await?;
    let single_rate = single.per_second();
    all.add(single);
    alone.push(bare_throughput(&bare, cores, hold).await?);
    // About as many as callers who wait got, from callers who do not.
    let many = (single_rate * hold.as_secs_f64()).ceil() as usize;
    let queued = traffic.accepted_at_once(many).await?;
    traffic.drained(&queued, DRAIN_MAX).await?;
    let pipeline_rate = many as f64 / traffic.took(&queued).await?.as_secs_f64();
    all.accepted.extend(queued);
    alone.push(bare_throughput(&bare, cores, hold).await?);
    let batch = traffic.batch(BATCH_ITEMS).await?;
    let done = traffic.batch_done(&batch, DRAIN_MAX, |_| {}).await?;
    let batch_rate = f64::from(done.completed) / done.took()?.as_secs_f64();
    all.batches.push(batch);
    alone.push(bare_throughput(&bare, cores, hold).await?);
    let alone_rate = alone.iter().sum::<f64>() / alone.len() as f64;
    figures.per_second("load.bare_per_s", alone_rate)?;
    figures.per_second("load.pipeline_per_s", pipeline_rate)?;
    figures.per_second("load.sync_per_s", single_rate)?;
    figures.per_second("load.batch_per_s", batch_rate)?;
    figures.ratio("load.pipeline_ratio", pipeline_rate / alone_rate)?;
    figures.ratio("load.sync_ratio", single_rate / alone_rate)?;
    figures.ratio("load.batch_ratio", batch_rate / alone_rate)?;

    for (name, rate) in [("half", single_rate / 2.0), ("double", single_rate * 2.0)] {
        out::note(format!(
            "{name} of the saturation throughput: {rate:.1} requests a second"
        ));
        let answers = traffic.at_rate(rate, hold).await?;
        for (percent, key) in [(50, "p50"), (95, "p95"), (99, "p99")] {
            let ms = answers.times.percentile_ms(percent)?;
            figures.ms(format!("load.sync_{key}_ms_{name}_load"), ms)?;
        }
        figures.count(format!("load.answers_made_{name}_load"), answers.made)?;
        figures.count(
            format!("load.answers_accepted_{name}_load"),
            answers.accepted.len(),
        )?;
        figures.count(format!("load.answers_refused_{name}_load"), answers.refused)?;
        figures.count(format!("load.requests_lost_{name}_load"), answers.lost)?;
        all.add(answers);
        traffic.drained(&all.accepted, DRAIN_MAX).await?;
    }

    let mut recoveries = Vec::new();
    let bar = progress("kill the only worker", RECOVERIES)?;
    for _ in 0..RECOVERIES {
        let waiting = traffic.accepted_at_once(WAITING).await?;
        let (restarted, ms) = traffic.recovery(worker, &waiting).await?;
        worker = restarted;
        recoveries.push(ms);
        traffic.drained(&waiting, DRAIN_MAX).await?;
        all.accepted.extend(waiting);
        bar.inc(1);
    }
    bar.finish();
    let slowest = recoveries.iter().copied().fold(0.0, f64::max);
    figures.ms("load.recovery_ms", slowest)?;

    let chaos = chaos(traffic, &mut worker, args, &mut report).await?;
    figures.count("load.proofs", chaos.proofs)?;
    figures.count("load.kills", chaos.kills)?;
    figures.per_second(
        "load.chaos_per_s",
        chaos.proofs as f64 / chaos.took.as_secs_f64(),
    )?;
    figures.count("load.chaos_requests_lost", chaos.answers.lost)?;
    all.add(chaos.answers);

    out::note("comparing the books with what was answered");
    let after = Books::read(&traffic.service).await?;
    let ended = traffic.ended(&all, DRAIN_MAX).await?;
    worker.stop().await?;
    figures.ratio(
        "load.success_ratio",
        ended.completed as f64 / ended.accepted as f64,
    )?;
    figures.count("load.accepted", ended.accepted)?;
    figures.count(
        "load.duplicates",
        after.duplicates_since(&before, ended.completed),
    )?;
    let counted = after.counted_since(&before);
    ensure!(
        counted >= ended.completed,
        "{} proofs were made and {counted} counted; usage is by the month, and must not be read over its end",
        ended.completed
    );
    Ok((figures, report))
}

/// How many proofs a second the prover makes by itself, with as many at a time as a worker has slots.
async fn bare_throughput(
    bare: &Arc<BareProver>,
    slots: NonZeroUsize,
    hold: Duration,
) -> Result<f64> {
    let started = Instant::now();
    let provers = (0..slots.get()).map(|_| {
        let bare = Arc::clone(bare);
        blocking(move || {
            let mut made = 0_u32;
            while started.elapsed() < hold {
                bare.prove()?;
                made += 1;
            }
            Ok(made)
        })
    });
    let made = futures::future::try_join_all(provers).await?;
    Ok(f64::from(made.iter().sum::<u32>()) / started.elapsed().as_secs_f64())
}

/// What came of the proofs that were made while the worker was killed.
struct Chaos {
    proofs: usize,
    kills: usize,
    took: Duration,
    answers: Answers,
}

/// Batches and single proofs until there are enough, and the worker killed every so often.
async fn chaos(
    traffic: &Traffic,
    worker: &mut OwnWorker,
    args: &LoadArgs,
    report: &mut Report,
) -> Result<Chaos> {
    let bar = progress(
        "batches and single proofs, worker killed",
        args.proofs as usize,
    )?;
    let started = Instant::now();
    let depth = Depth::default();
    // Single proofs come first in the queues; batches take what is left.
    let batches = args.proofs.div_ceil(CHAOS_BATCH_ITEMS * 2).max(1);
    let singles = (args.proofs as usize).saturating_sub((batches * CHAOS_BATCH_ITEMS) as usize);

    let many = async {
        let mut answers = Answers::default();
        for _ in 0..batches {
            let batch = traffic.batch(CHAOS_BATCH_ITEMS).await?;
            traffic
                .batch_done(&batch, DRAIN_MAX, |running| depth.batch(running))
                .await?;
            bar.inc(u64::from(CHAOS_BATCH_ITEMS));
            answers.batches.push(batch);
        }
        anyhow::Ok(answers)
    };
    let one_by_one = traffic.so_many(CHAOS_CALLERS, singles, &depth, || bar.inc(1));
    let work = async { tokio::try_join!(many, one_by_one) };
    tokio::pin!(work);

    let mut kills = 0;
    let mut kill = tokio::time::interval(Duration::from_secs(args.kill_every));
    let mut look = tokio::time::interval(Duration::from_secs(1));
    kill.tick().await;
    let (many, mut answers) = loop {
        tokio::select! {
            done = &mut work => break done?,
            _ = kill.tick() => {
                worker.kill_and_restart().await?;
                kills += 1;
                report.killed(started.elapsed());
            }
            _ = look.tick() => report.waiting(started.elapsed(), depth.now()),
        }
    };
    traffic.drained(&answers.accepted, DRAIN_MAX).await?;
    bar.finish();
    answers.add(many);
    Ok(Chaos {
        proofs: singles + (batches * CHAOS_BATCH_ITEMS) as usize,
        kills,
        took: started.elapsed(),
        answers,
    })
}
