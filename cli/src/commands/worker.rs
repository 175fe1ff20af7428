//! `zapiki worker`: proves what the API accepted.

use std::num::NonZeroUsize;

use anyhow::{Result, bail};
use clap::Args;
use clap::builder::BoolishValueParser;
use zapiki_activities::{ProverSlots, Release, Role, WebhooksConfig, WorkerConfig, run_worker};

use crate::backends::KeysArgs;
use crate::database::StoreArgs;
use crate::exit::Outcome;
use crate::kek::KekArgs;
use crate::keys_dir::Halves;
use crate::lists::ListsArgs;
use crate::memory_dumps;
use crate::metrics::{Metrics, MetricsArgs};
use crate::shutdown::{self, ShutdownArgs};
use crate::temporal::TemporalArgs;
use crate::traces;
use crate::webhooks::WebhooksArgs;

const HELP: &str = "\
Run as many as you like, on any number of machines: Temporal hands each proof to one of them. On SIGTERM a worker takes no more
and lets what it has begun end; what does not end in time is proved by another.

Share the work out by queues, say one machine for the pipeline and two that prove:
  zapiki worker --queues pipeline,lists,webhooks
  zapiki worker --queues groth16,plonk
Each queue needs at least one worker: what waits in it waits until there is one. Only `webhooks` calls hosts that customers name.

Roll out a new release without a pause, by Temporal's worker versioning:
  zapiki worker --deployment zapiki --build-id 1.4.0        beside the workers of the old release
  temporal worker deployment set-current-version --deployment-name zapiki --build-id 1.4.0
  temporal worker deployment describe --name zapiki         until the old release is drained; then stop its workers";

/// Options of `worker`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    kek: KekArgs,
    #[command(flatten)]
    temporal: TemporalArgs,
    #[command(flatten)]
    keys: KeysArgs,
    /// Threads that all proofs of a system share; default: one per core
    #[arg(long, value_name = "N", env = "ZAPIKI_PROVER_THREADS")]
    prover_threads: Option<NonZeroUsize>,
    /// Proofs that this worker makes at a time, per system, sharing the same threads; default: one per core, and up to two while
    /// cores and memory are free
    #[arg(long, value_name = "N", env = "ZAPIKI_PROVER_SLOTS")]
    prover_slots: Option<NonZeroUsize>,
    /// The queues that it works on, separated by commas: pipeline, groth16, plonk, stark, lists, webhooks; default: all
    #[arg(
        long,
        value_name = "QUEUES",
        env = "ZAPIKI_QUEUES",
        value_delimiter = ','
    )]
    queues: Vec<Role>,
    /// The deployment that this worker belongs to; with it, Temporal tells workers of different releases apart
    #[arg(
        long,
        value_name = "NAME",
        env = "ZAPIKI_DEPLOYMENT",
        requires = "build_id"
    )]
    deployment: Option<String>,
    /// What tells this release from the others of its deployment
    #[arg(
        long,
        value_name = "ID",
        env = "ZAPIKI_BUILD_ID",
        requires = "deployment"
    )]
    build_id: Option<String>,
    /// Let each workflow end on the release that began it, and keep workers of that release until then. Without it a workflow goes
    /// on with the current release
    #[arg(long, env = "ZAPIKI_PIN_WORKFLOWS", requires = "deployment", value_parser = BoolishValueParser::new())]
    pin_workflows: bool,
    #[command(flatten)]
    lists: ListsArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
    #[command(flatten)]
    webhooks: WebhooksArgs,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Runs it until it is asked to stop.
pub(crate) async fn run(args: WorkerArgs) -> Result<Outcome> {
    memory_dumps::forbid()?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let lists = args.lists.open()?;
    if args.queues.contains(&Role::Lists) && lists.is_none() {
        bail!("a worker of the queue `lists` needs lists to read: pass --lists");
    }
    let release = args.deployment.zip(args.build_id);
    let metrics = args.metrics.start().await?;
    let traces = traces::start("zapiki-worker")?;
    let keys = args.kek.key_ring().await?;
    let mut pipeline = traces::joined(args.temporal.pipeline(&keys), traces.as_ref());
    if let Some(metrics) = &metrics {
        pipeline = metrics.measured(pipeline);
    }
    let config = WorkerConfig {
        pipeline,
        store: args.store.open(keys)?,
        registry: args
            .keys
            .registry(Halves::Both, args.prover_threads.unwrap_or(cores))?,
        roles: if args.queues.is_empty() {
            let has_lists = lists.is_some();
            let all = Role::ALL.iter().copied();
            all.filter(|role| has_lists || *role != Role::Lists)
                .collect()
        } else {
            args.queues
        },
        prover_slots: args
            .prover_slots
            .map_or(ProverSlots::ByResources, ProverSlots::Fixed),
        lists,
        webhooks: WebhooksConfig::new(args.webhooks.reach()),
        release: release.map(|(deployment, build_id)| Release {
            deployment,
            build_id,
            is_pinning: args.pin_workflows,
        }),
        meter: metrics.as_ref().map(Metrics::meter),
    };
    if let Some(metrics) = &metrics {
        metrics.show_connections(&config.store);
    }
    // A worker that cannot hear the wish to stop must not start.
    let (wish, heard) = shutdown::listen(args.shutdown);
    run_worker(config, wish).await?;
    heard.await?;
    if let Some(traces) = traces {
        traces.end().await;
    }
    Ok(Outcome::Success)
}
