//! The worker: workflows and their local activities on one queue, provers on theirs, lists on theirs, and the relay, in one
//! process or in several that share the [roles](Role).

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::Meter;
use temporalio_client::Client;
use temporalio_common::telemetry::TelemetryOptions;
use temporalio_common::telemetry::metrics::CoreMeter;
use temporalio_common::worker::{
    VersioningBehavior, WorkerDeploymentOptions, WorkerDeploymentVersion,
};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::runtime::worker_tuner::{
    FixedSizeSlotSupplier, ResourceBasedController, ResourceBasedSlotOptions,
    ResourceBasedSlotsForType, ResourceBasedTunerOptions, SlotSupplier, TunerHolder,
};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use zapiki_backends::Registry;
use zapiki_core::system::ProofSystem;
use zapiki_store::Store;
use zapiki_workflows::batch::BatchWorkflow;
use zapiki_workflows::client::PipelineClient;
use zapiki_workflows::lists::RefreshListWorkflow;
use zapiki_workflows::proof::ProofWorkflow;
use zapiki_workflows::webhooks::DeliveryWorkflow;

use crate::batches::BatchActivities;
use crate::lists::{ListActivities, ListTrees, ListsConfig, SourceReader, schedule};
use crate::pipeline::PipelineActivities;
use crate::proving::{HEARTBEAT, ProvingActivities};
use crate::sdk_meter::SdkMeter;
use crate::webhooks::{WebhookActivities, WebhooksConfig};
use crate::{metrics, relay};

/// How long running activities get to end after the wish to stop. Proofs take less; what takes longer is tried elsewhere.
const GRACE: Duration = Duration::from_secs(10);
/// The pause between two attempts to reach Temporal.
const RECONNECT: Duration = Duration::from_secs(2);
/// Slots of tasks that wait for the database more than they compute.
const LIGHT_SLOTS: usize = 100;

/// How full memory may be before a prover takes no further proof.
const MEMORY_SHARE_MAX: f64 = 0.8;
/// How busy the cores may be before a prover takes more proofs than there are cores.
const CPU_SHARE_MAX: f64 = 0.9;

/// A share of the work, each with a task queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Workflows and their steps in the database; and the relay.
    Pipeline,
    /// Groth16 proofs.
    Groth16,
    /// PLONK proofs.
    Plonk,
    /// STARK proofs.
    Stark,
    /// Sanctions lists.
    Lists,
    /// Messages to webhooks: the one role that calls whom customers name.
    Webhooks,
}

zapiki_core::named_variants!(Role, UnknownRole, "queue", {
    Pipeline => "pipeline",
    Groth16 => "groth16",
    Plonk => "plonk",
    Stark => "stark",
    Lists => "lists",
    Webhooks => "webhooks",
});

impl Role {
    /// Who proves in this system.
    #[must_use]
    pub const fn prover(system: ProofSystem) -> Self {
        match system {
            ProofSystem::Groth16 => Self::Groth16,
            ProofSystem::Plonk => Self::Plonk,
            ProofSystem::Stark => Self::Stark,
        }
    }
}

/// How many proofs of a system a worker makes at a time. Others wait in the queue, where another worker may take them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProverSlots {
    /// So many.
    Fixed(NonZeroUsize),
    /// As many as there are cores, and up to twice as many while cores and memory are free.
    ByResources,
}

/// The release that a worker is of, by which Temporal tells workers of several releases apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The name of the deployment, the same for all its releases.
    pub deployment: String,
    /// What tells this release from others.
    pub build_id: String,
    /// Whether a workflow stays with the release that began it. Otherwise it goes on with the current one, as recorded histories
    /// are tested to do.
    pub is_pinning: bool,
}

/// What a worker works with.
#[derive(Debug)]
pub struct WorkerConfig {
    /// The database.
    pub store: Store,
    /// The backends, with proving keys.
    pub registry: Registry,
    /// Temporal: where it is, which queues to work on.
    pub pipeline: PipelineClient,
    /// What it does.
    pub roles: Vec<Role>,
    /// How many proofs of each system it makes at a time.
    pub prover_slots: ProverSlots,
    /// The sanctions lists that it reads, if it has any.
    pub lists: Option<ListsConfig>,
    /// How it sends messages to webhooks.
    pub webhooks: WebhooksConfig,
    /// The release that it is of, if the deployment tells releases apart.
    pub release: Option<Release>,
    /// Where Temporal's SDK is to record what it measures. Without it nobody asks for metrics, and the backlog is not read.
    pub meter: Option<Meter>,
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
    metrics::begin();
    let has_metrics = config.meter.is_some();
    let runtime = runtime(config.meter)?;
    let worker = |options: WorkerOptions| {
        Worker::new(&runtime, client.clone(), options).map_err(|error| setup(&error))
    };
    let deployment = || config.release.as_ref().map(deployment);
    let has = |role: Role| config.roles.contains(&role);

    let trees = ListTrees::new(config.store.clone());
    let mut workers = Vec::new();
    if has(Role::Pipeline) {
        let options = WorkerOptions::new(queues.pipeline.clone())
            .register_workflow::<ProofWorkflow>()
            .map_err(|error| setup(&error))?
            .register_workflow::<BatchWorkflow>()
            .map_err(|error| setup(&error))?
            .register_activities(PipelineActivities::new(config.store.clone(), trees.clone()))
            .register_activities(BatchActivities::new(
                config.store.clone(),
                pipeline_client.clone(),
            ))
            .maybe_deployment_options(deployment())
            .graceful_shutdown_period(GRACE)
            .build();
        workers.push(worker(options)?);
    }
    let slots = Slots::new(config.prover_slots);
    let systems = config.registry.backends().map(|backend| backend.system());
    for system in systems.filter(|system| has(Role::prover(*system))) {
        let options = WorkerOptions::new(queues.prover(system))
            .register_activities(ProvingActivities::new(
                config.store.clone(),
                config.registry.clone(),
                trees.clone(),
            ))
            .tuner(slots.tuner())
            // The answer to a heartbeat tells of a cancellation: no later than this.
            .max_heartbeat_throttle_interval(HEARTBEAT)
            .maybe_deployment_options(deployment())
            .graceful_shutdown_period(GRACE)
            .build();
        workers.push(worker(options)?);
    }

    let stop_rounds = CancellationToken::new();
    let mut schedules = None;
    if let Some(lists) = config.lists.filter(|_| config.roles.contains(&Role::Lists)) {
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
            .maybe_deployment_options(config.release.as_ref().map(self::deployment))
            .graceful_shutdown_period(GRACE)
            .build();
        workers.push(worker(options)?);
    }

    if config.roles.contains(&Role::Webhooks) {
        let activities = WebhookActivities::new(config.store.clone(), config.webhooks);
        let options = WorkerOptions::new(queues.webhooks.clone())
            .register_workflow::<DeliveryWorkflow>()
            .map_err(|error| setup(&error))?
            .register_activities(activities)
            .maybe_deployment_options(config.release.as_ref().map(self::deployment))
            .graceful_shutdown_period(GRACE)
            .build();
        workers.push(worker(options)?);
    }

    let stops: Vec<Box<dyn Fn()>> = workers
        .iter()
        .map(|worker| Box::new(worker.shutdown_handle()) as Box<dyn Fn()>)
        .collect();
    let relay = config
        .roles
        .contains(&Role::Pipeline)
        .then(|| relay::run(config.store.clone(), pipeline_client, stop_rounds.clone()));
    let backlog = (has_metrics && config.roles.contains(&Role::Pipeline))
        .then(|| metrics::watch_backlog(config.store, stop_rounds.clone()));

    let roles: Vec<_> = config.roles.iter().map(|role| role.as_str()).collect();
    tracing::info!(queues = roles.join(","), "the worker is ready");
    let workers = async {
        let running = futures::future::try_join_all(workers.iter_mut().map(Worker::run));
        running
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
    let ((), (), (), (), _ended) = futures::try_join!(
        async {
            stopper.await;
            Ok::<(), WorkerError>(())
        },
        async {
            if let Some(relay) = relay {
                relay.await;
            }
            Ok(())
        },
        async {
            if let Some(backlog) = backlog {
                backlog.await;
            }
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

fn runtime(meter: Option<Meter>) -> Result<Runtime, WorkerError> {
    let meter = meter.map(|meter| Arc::new(SdkMeter(meter)) as Arc<dyn CoreMeter>);
    let telemetry = TelemetryOptions::builder()
        .maybe_metrics(meter)
        .attach_service_name(false)
        .build();
    let options = RuntimeOptions::builder()
        .telemetry_options(telemetry)
        .build()
        .map_err(WorkerError::Setup)?;
    Runtime::from_current_tokio(options).map_err(|error| WorkerError::Setup(error.to_string()))
}

fn deployment(release: &Release) -> WorkerDeploymentOptions {
    let version = WorkerDeploymentVersion::builder()
        .deployment_name(release.deployment.clone())
        .build_id(release.build_id.clone())
        .build();
    let behavior = if release.is_pinning {
        VersioningBehavior::Pinned
    } else {
        VersioningBehavior::AutoUpgrade
    };
    WorkerDeploymentOptions::new(version)
        .use_worker_versioning(true)
        .default_versioning_behavior(behavior)
        .build()
}

/// The slots of the provers of one process. Together they look at its machine.
struct Slots(SlotSupplier);

impl Slots {
    fn new(wanted: ProverSlots) -> Self {
        let cores = match wanted {
            ProverSlots::Fixed(slots) => {
                return Self(FixedSizeSlotSupplier::new(slots.get()).into());
            }
            ProverSlots::ByResources => std::thread::available_parallelism()
                .unwrap_or(NonZeroUsize::MIN)
                .get(),
        };
        let targets = ResourceBasedTunerOptions::builder()
            .target_memory_usage(MEMORY_SHARE_MAX)
            .target_cpu_usage(CPU_SHARE_MAX)
            .build();
        let bounds = ResourceBasedSlotOptions::builder()
            .minimum_slots(cores)
            .maximum_slots(2 * cores)
            .build();
        let controller = ResourceBasedController::new(targets);
        Self(ResourceBasedSlotsForType::with_controller(controller, bounds).into())
    }

    fn tuner(&self) -> TunerHolder {
        TunerHolder::builder()
            .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(LIGHT_SLOTS))
            .activity_task_slot_supplier(self.0.clone())
            .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(LIGHT_SLOTS))
            .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(LIGHT_SLOTS))
            .build()
    }
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
