//! The worker: workflows and their local activities on one queue, provers on theirs, lists on theirs, and the relay, in one
//! process.

use std::future::Future;
use std::num::NonZeroUsize;
use std::time::Duration;

use temporalio_client::Client;
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use zapiki_backends::Registry;
use zapiki_store::Store;
use zapiki_workflows::client::PipelineClient;
use zapiki_workflows::lists::RefreshListWorkflow;
use zapiki_workflows::proof::ProofWorkflow;

use crate::lists::{ListActivities, ListTrees, ListsConfig, SourceReader, schedule};
use crate::pipeline::PipelineActivities;
use crate::proving::{HEARTBEAT, ProvingActivities};
use crate::relay;

/// How long running activities get to end after the wish to stop. Proofs take less; what takes longer is tried elsewhere.
const GRACE: Duration = Duration::from_secs(10);
/// The pause between two attempts to reach Temporal.
const RECONNECT: Duration = Duration::from_secs(2);
/// Slots of tasks that wait for the database more than they compute.
const LIGHT_SLOTS: usize = 100;

/// What a worker works with.
#[derive(Debug)]
pub struct WorkerConfig {
    /// The database.
    pub store: Store,
    /// The backends, with proving keys.
    pub registry: Registry,
    /// Temporal: where it is, which queues to work on.
    pub pipeline: PipelineClient,
    /// How many proofs it makes at a time. Others wait in the queue, where another worker may take them.
    pub prover_slots: NonZeroUsize,
    /// The sanctions lists that it reads, if it has any.
    pub lists: Option<ListsConfig>,
}

/// The worker cannot go on.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// Temporal's SDK could not be set up: a bug, or a namespace that does not exist.
    #[error("the worker cannot be set up: {0}")]
    Setup(String),
    /// A worker ended although nobody asked it to.
    #[error("the worker stopped: {0}")]
    Run(String),
}

/// Runs until `shutdown` resolves, then lets running activities end. Waits for Temporal if it is away at the start.
///
/// # Errors
/// The worker cannot be set up, or ended without being asked.
pub async fn run_worker(
    config: WorkerConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), WorkerError> {
    tokio::pin!(shutdown);
    let pipeline_client = config.pipeline;
    let queues = pipeline_client.queues().clone();
    let client = tokio::select! {
        client = connected(&pipeline_client) => client,
        () = &mut shutdown => return Ok(()),
    };
    let setup = |error: &dyn std::fmt::Display| WorkerError::Setup(error.to_string());
    let runtime = Runtime::from_current_tokio(Default::default()).map_err(|error| setup(&error))?;

    let trees = ListTrees::new(config.store.clone());
    let pipeline_options = WorkerOptions::new(queues.pipeline.clone())
        .register_workflow::<ProofWorkflow>()
        .map_err(|error| setup(&error))?
        .register_activities(PipelineActivities::new(config.store.clone(), trees.clone()))
        .graceful_shutdown_period(GRACE)
        .build();
    let mut pipeline =
        Worker::new(&runtime, client.clone(), pipeline_options).map_err(|error| setup(&error))?;

    let mut provers = Vec::new();
    for backend in config.registry.backends() {
        let options = WorkerOptions::new(queues.prover(backend.system()))
            .register_activities(ProvingActivities::new(
                config.store.clone(),
                config.registry.clone(),
                trees.clone(),
            ))
            .tuner(slots(config.prover_slots))
            // The answer to a heartbeat tells of a cancellation: no later than this.
            .max_heartbeat_throttle_interval(HEARTBEAT)
            .graceful_shutdown_period(GRACE)
            .build();
        provers
            .push(Worker::new(&runtime, client.clone(), options).map_err(|error| setup(&error))?);
    }

    let stop_rounds = CancellationToken::new();
    let mut readers = Vec::new();
    let mut schedules = None;
    if let Some(lists) = config.lists {
        let names = lists.sources.0.iter().map(|source| source.name.clone());
        schedules = Some(schedule::keep(
            config.store.clone(),
            pipeline_client.clone(),
            names.collect(),
            lists.every,
            stop_rounds.clone(),
        ));
        let reader = SourceReader::new();
        let activities =
            ListActivities::new(config.store.clone(), lists.sources, reader, lists.key);
        let options = WorkerOptions::new(queues.lists.clone())
            .register_workflow::<RefreshListWorkflow>()
            .map_err(|error| setup(&error))?
            .register_activities(activities)
            .graceful_shutdown_period(GRACE)
            .build();
        readers
            .push(Worker::new(&runtime, client.clone(), options).map_err(|error| setup(&error))?);
    }

    let stops: Vec<Box<dyn Fn()>> = std::iter::once(&pipeline)
        .chain(&provers)
        .chain(&readers)
        .map(|worker| Box::new(worker.shutdown_handle()) as Box<dyn Fn()>)
        .collect();
    let relay = relay::run(config.store, pipeline_client, stop_rounds.clone());

    tracing::info!(queue = queues.pipeline, "the worker is ready");
    let workers = async {
        let others = provers.iter_mut().chain(&mut readers).map(Worker::run);
        let others = futures::future::try_join_all(others);
        futures::future::try_join(pipeline.run(), others)
            .await
            .map_err(|error| WorkerError::Run(error.to_string()))
    };
    let stopper = async {
        shutdown.await;
        tracing::info!("the worker stops: running activities may end");
        stop_rounds.cancel();
        stops.iter().for_each(|stop| stop());
    };
    // The workers end when they are stopped; until then an end is an error, which ends the others.
    let ((), (), (), _ended) = futures::try_join!(
        async {
            stopper.await;
            Ok::<(), WorkerError>(())
        },
        async {
            relay.await;
            Ok(())
        },
        async {
            if let Some(schedules) = schedules {
                schedules.await;
            }
            Ok(())
        },
        workers,
    )?;
    Ok(())
}

fn slots(prover_slots: NonZeroUsize) -> TunerHolder {
    TunerHolder::builder()
        .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(LIGHT_SLOTS))
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(prover_slots.get()))
        .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(LIGHT_SLOTS))
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(LIGHT_SLOTS))
        .build()
}

/// Connects, however long Temporal is away.
async fn connected(client: &PipelineClient) -> Client {
    loop {
        match client.connected().await {
            Ok(client) => return client,
            Err(error) => {
                tracing::warn!(%error, "Temporal is away; trying again");
                tokio::time::sleep(RECONNECT).await;
            }
        }
    }
}
