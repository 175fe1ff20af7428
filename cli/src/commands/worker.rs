//! `zapiki worker`: proves what the API accepted.

use std::num::NonZeroUsize;

use anyhow::Result;
use clap::Args;
use zapiki_activities::{WorkerConfig, run_worker};

use crate::backends::KeysArgs;
use crate::database::StoreArgs;
use crate::exit::Outcome;
use crate::keys_dir::Halves;
use crate::lists::ListsArgs;
use crate::shutdown::{self, ShutdownArgs};
use crate::temporal::TemporalArgs;

const HELP: &str = "\
Run as many as you like: Temporal hands each proof to one of them. On SIGTERM a worker takes no more and lets what it has
begun end; what does not end in time is proved by another.";

/// Options of `worker`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    temporal: TemporalArgs,
    #[command(flatten)]
    keys: KeysArgs,
    /// Threads that all proofs of a system share; default: one per core
    #[arg(long, value_name = "N", env = "ZAPIKI_PROVER_THREADS")]
    prover_threads: Option<NonZeroUsize>,
    /// Proofs that this worker makes at a time, per system; more of them share the same threads
    #[arg(
        long,
        value_name = "N",
        env = "ZAPIKI_PROVER_SLOTS",
        default_value = "2"
    )]
    prover_slots: NonZeroUsize,
    #[command(flatten)]
    lists: ListsArgs,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Runs it until it is asked to stop.
pub(crate) async fn run(args: WorkerArgs) -> Result<Outcome> {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let config = WorkerConfig {
        store: args.store.open()?,
        registry: args
            .keys
            .registry(Halves::Both, args.prover_threads.unwrap_or(cores))?,
        pipeline: args.temporal.pipeline(),
        prover_slots: args.prover_slots,
        lists: args.lists.open()?,
    };
    // A worker that cannot hear the wish to stop must not start.
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let listener = tokio::spawn(async move {
        let requested = shutdown::requested(args.shutdown).await;
        let _gone = stop.send(());
        requested
    });
    run_worker(config, async {
        let _gone = stopped.await;
    })
    .await?;
    listener.await??;
    Ok(Outcome::Success)
}
