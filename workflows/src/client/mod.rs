//! How API and relay reach the pipeline: start a proof, wait for it, look at it, give it up.
//!
//! The workflow id is the proof id, so starting twice is starting once. Every call has a deadline and fails fast when
//! Temporal is away: the caller has something better to do than to wait, since the accepted row is durable and the relay
//! starts it later.
//!
//! - [`PipelineClient::start`] only starts: it needs the server, and no worker.
//! - [`PipelineClient::start_and_wait`] is one Update-With-Start: start and wait in one request, atomic.
//!
//! There is no client without keys: what it sends is sealed ([`SealedPayloads`]), and so is what a worker sends that runs on it.

mod batch;
mod codec;
mod error;
mod job;
mod lists;
mod webhooks;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use temporalio_client::errors::{
    WorkflowInteractionError, WorkflowStartError, WorkflowUpdateWithStartError,
};
use temporalio_client::tonic::IntoRequest as _;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, ErasedClientPlugin, GrpcCompression,
    RetryOptions, RpcOptions, WorkflowCancelOptions, WorkflowDescribeOptions,
    WorkflowFetchHistoryOptions, WorkflowGetResultOptions, WorkflowHandle, WorkflowHistory,
    WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowSignalOptions, WorkflowStartOptions,
    WorkflowUpdateWithStartOptions,
};
use temporalio_common::UntypedWorkflow;
use temporalio_common::protos::temporal::api::history::v1::History;
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use temporalio_common::search_attributes::SearchAttributes;
use temporalio_common::telemetry::metrics::TemporalMeter;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use url::Url;
use zapiki_core::ids::ProofId;

pub use codec::{CodecError, SealedPayloads};
pub use error::PipelineError;
pub use job::{JobEvent, JobEventKind, JobStatus, JobView};
pub use lists::RefreshError;
/// What Temporal keeps of an input, a result or a detail.
pub use temporalio_common::protos::temporal::api::common::v1::Payload;

use crate::names::{AWAIT_OUTCOME, Queues, STATEMENT, SYSTEM, TENANT, proof_priority};
use crate::proof::ProofWorkflow;
use crate::wire::{DEAD_LETTER_KEEP_S, PipelineInput, ProofJob, ProofOutcome};

/// How long a call may take that only asks the server for something.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// What came of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// The proof has its outcome.
    Outcome(ProofOutcome),
    /// It is under way; the wait is over.
    StillRunning,
}

/// The pipeline, as its callers see it. Cheap to clone.
#[derive(Clone)]
pub struct PipelineClient {
    inner: Arc<Inner>,
}

struct Inner {
    url: Url,
    namespace: String,
    queues: Queues,
    payloads: SealedPayloads,
    dead_letter_keep: Duration,
    plugins: Vec<ErasedClientPlugin>,
    meter: Option<TemporalMeter>,
    client: OnceCell<Client>,
}

impl std::fmt::Debug for PipelineClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the URL: it may hold credentials.
        f.debug_struct("PipelineClient")
            .field("namespace", &self.inner.namespace)
            .field("queues", &self.inner.queues)
            .finish_non_exhaustive()
    }
}

impl PipelineClient {
    /// Prepares a client that connects when it is first used, and again whenever the connection is lost.
    #[must_use]
    pub fn connect_lazily(
        url: Url,
        namespace: impl Into<String>,
        queues: Queues,
        payloads: SealedPayloads,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                url,
                namespace: namespace.into(),
                queues,
                payloads,
                dead_letter_keep: Duration::from_secs(DEAD_LETTER_KEEP_S),
                plugins: Vec::new(),
                meter: None,
                client: OnceCell::new(),
            }),
        }
    }

    /// The same client, whose proofs are kept for so long for a decision when they cannot be made; two weeks if it is not said.
    /// Not connected yet.
    #[must_use]
    pub fn keeping_dead_letters(self, keep: Duration) -> Self {
        self.changed(|inner| inner.dead_letter_keep = keep)
    }

    /// The same client with a plugin of the SDK, which workers that run on it have as well. Not connected yet.
    #[must_use]
    pub fn with_plugin(self, plugin: impl Into<ErasedClientPlugin>) -> Self {
        self.changed(|inner| inner.plugins.push(plugin.into()))
    }

    /// The same client, whose calls are measured. Not connected yet.
    #[must_use]
    pub fn with_meter(self, meter: TemporalMeter) -> Self {
        self.changed(|inner| inner.meter = Some(meter))
    }

    fn changed(self, change: impl FnOnce(&mut Inner)) -> Self {
        let Inner {
            url,
            namespace,
            queues,
            payloads,
            dead_letter_keep,
            plugins,
            meter,
            client: _,
        } = &*self.inner;
        let mut inner = Inner {
            url: url.clone(),
            namespace: namespace.clone(),
            queues: queues.clone(),
            payloads: payloads.clone(),
            dead_letter_keep: *dead_letter_keep,
            plugins: plugins.clone(),
            meter: meter.clone(),
            client: OnceCell::new(),
        };
        change(&mut inner);
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The task queues that it uses.
    #[must_use]
    pub fn queues(&self) -> &Queues {
        &self.inner.queues
    }

    /// The connected client, for a worker to run on.
    ///
    /// # Errors
    /// Temporal is away.
    pub async fn connected(&self) -> Result<Client, PipelineError> {
        let inner = &self.inner;
        let connecting = inner.client.get_or_try_init(|| connect(inner));
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(client) => client.cloned(),
            Err(_) => Err(PipelineError::Unavailable(
                "connecting took too long".into(),
            )),
        }
    }

    /// Starts the proof. Idempotent: a proof that is under way or done is left alone.
    ///
    /// # Errors
    /// Temporal is away or refuses. After [`PipelineError::Unavailable`] the proof may have been started or not; starting
    /// it again is right in both cases.
    pub async fn start(&self, job: &ProofJob) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let options =
            WorkflowStartOptions::new(&self.inner.queues.pipeline, job.proof.proof_id.to_string())
                .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
                .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicateFailedOnly)
                .search_attributes(search_attributes(job))
                .static_summary(summary(job))
                .priority(proof_priority(job.proof.tenant_id))
                .rpc_options(single_call(CALL_TIMEOUT))
                .build();
        let starting = client.start_workflow(ProofWorkflow::run, self.input(job), options);
        match in_time(starting).await? {
            Ok(_) | Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(()),
            Err(WorkflowStartError::Rpc(status)) => Err(status.into()),
            Err(error) => Err(PipelineError::refused(&error)),
        }
    }

    /// Starts the proof and waits for its outcome, at most for `wait`. Idempotent like [`Self::start`]: several callers may
    /// wait for one proof.
    ///
    /// # Errors
    /// As [`Self::start`], or the workflow ended without an outcome. Once this has said [`Waited::StillRunning`] the proof
    /// is started for certain.
    pub async fn start_and_wait(
        &self,
        job: &ProofJob,
        wait: Duration,
    ) -> Result<Waited, PipelineError> {
        let client = self.connected().await?;
        let answer = timeout(wait, self.update_with_start(&client, job)).await;
        match answer {
            Ok(outcome) => outcome.map(Waited::Outcome),
            // Whether the request got through is unknown: nobody may have been there to take it.
            Err(_) => self.start(job).await.map(|()| Waited::StillRunning),
        }
    }

    async fn update_with_start(
        &self,
        client: &Client,
        job: &ProofJob,
    ) -> Result<ProofOutcome, PipelineError> {
        let id = job.proof.proof_id.to_string();
        let options = WorkflowUpdateWithStartOptions::new(
            &self.inner.queues.pipeline,
            &id,
            WorkflowIdConflictPolicy::UseExisting,
        )
        .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicateFailedOnly)
        .search_attributes(search_attributes(job))
        .static_summary(summary(job))
        .priority(proof_priority(job.proof.tenant_id))
        // One update per proof, however many wait: the server joins those that wait for the same.
        .update_id(AWAIT_OUTCOME)
        .rpc_options(
            RpcOptions::builder()
                .retry_options(RetryOptions::no_retries())
                .build(),
        )
        .build();
        let answer = client
            .execute_update_with_start_workflow(
                ProofWorkflow::run,
                self.input(job),
                ProofWorkflow::await_outcome,
                (),
                options,
            )
            .await;
        match answer {
            Ok(outcome) => Ok(outcome),
            // It is done already, or ended between the two halves of the request.
            Err(
                WorkflowUpdateWithStartError::Start(WorkflowStartError::AlreadyStarted { .. })
                | WorkflowUpdateWithStartError::Update(_),
            ) => Ok(self
                .handle(client, job.proof.proof_id)
                .get_result(WorkflowGetResultOptions::default())
                .await?),
            Err(
                WorkflowUpdateWithStartError::Rpc(status)
                | WorkflowUpdateWithStartError::Start(WorkflowStartError::Rpc(status)),
            ) => Err(status.into()),
            Err(error) => Err(PipelineError::refused(&error)),
        }
    }

    /// How the pipeline sees a proof; `None` if it was never started, or is forgotten.
    ///
    /// Does not know tenants: whoever asks has made sure that the proof is the caller's.
    ///
    /// # Errors
    /// Temporal is away.
    pub async fn job(&self, proof: ProofId) -> Result<Option<JobView>, PipelineError> {
        let client = self.connected().await?;
        let handle = self.handle(&client, proof);
        let options = WorkflowDescribeOptions::builder()
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        let description = match in_time(handle.describe(options)).await? {
            Ok(description) => description,
            Err(WorkflowInteractionError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let options = WorkflowFetchHistoryOptions::builder()
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        match in_time(handle.fetch_history(options).into_events()).await? {
            Ok(events) => Ok(Some(JobView::new(&description, &events))),
            Err(WorkflowInteractionError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The whole history of a workflow's last run, its payloads opened.
    ///
    /// # Errors
    /// Temporal is away, or a payload does not open.
    pub async fn history(&self, workflow_id: &str) -> Result<WorkflowHistory, PipelineError> {
        let client = self.connected().await?;
        let options = WorkflowFetchHistoryOptions::builder().build();
        let handle: WorkflowHandle<Client, UntypedWorkflow> =
            client.get_workflow_handle(workflow_id);
        let events = handle.fetch_history(options).into_events().await?;
        let mut history = History { events };
        let opened = self.inner.payloads.open_history(&mut history).await;
        opened.map_err(|error| PipelineError::refused(&error))?;
        Ok(history.into())
    }

    /// Tells the workflow of a dead-lettered proof that its row is accepted anew; starts a workflow if there is none. Idempotent: a
    /// proof that is not parked is left alone.
    ///
    /// # Errors
    /// Temporal is away or refuses.
    pub async fn redrive(&self, job: &ProofJob) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let options =
            WorkflowStartOptions::new(&self.inner.queues.pipeline, job.proof.proof_id.to_string())
                .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
                // An earlier run may have ended: the row says that there is something to do.
                .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
                .search_attributes(search_attributes(job))
                .static_summary(summary(job))
                .priority(proof_priority(job.proof.tenant_id))
                .rpc_options(single_call(CALL_TIMEOUT))
                .build();
        let signalling = client.signal_with_start_workflow(
            ProofWorkflow::run,
            self.input(job),
            ProofWorkflow::redrive,
            (),
            options,
        );
        match in_time(signalling).await? {
            Ok(_) => Ok(()),
            Err(WorkflowStartError::Rpc(status)) => Err(status.into()),
            Err(error) => Err(PipelineError::refused(&error)),
        }
    }

    /// Tells the workflow of a dead-lettered proof that it was given up. One that is gone needs not be told.
    ///
    /// # Errors
    /// Temporal is away.
    pub async fn discard(&self, proof: ProofId) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let options = WorkflowSignalOptions::builder()
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        let handle = self.handle(&client, proof);
        match in_time(handle.signal(ProofWorkflow::discard, (), options)).await? {
            Ok(()) | Err(WorkflowInteractionError::NotFound(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the workflow to give the proof up. A proof that is done stays done; one that was never started is left to its
    /// row.
    ///
    /// # Errors
    /// Temporal is away.
    pub async fn cancel(&self, proof: ProofId) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let options = WorkflowCancelOptions::builder()
            .reason("deleted by its owner".to_owned())
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        match in_time(self.handle(&client, proof).cancel(options)).await? {
            Ok(()) | Err(WorkflowInteractionError::NotFound(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether Temporal is there and knows the namespace.
    ///
    /// # Errors
    /// It is not.
    pub async fn ping(&self) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let mut request = DescribeNamespaceRequest {
            namespace: self.inner.namespace.clone(),
            ..Default::default()
        }
        .into_request();
        request.set_timeout(CALL_TIMEOUT);
        let mut service = client.connection().workflow_service();
        in_time(service.describe_namespace(request)).await??;
        Ok(())
    }

    fn handle(&self, client: &Client, proof: ProofId) -> WorkflowHandle<Client, Workflow> {
        client.get_workflow_handle(proof.to_string())
    }

    fn input(&self, job: &ProofJob) -> PipelineInput {
        PipelineInput {
            job: *job,
            prove_queue: self.inner.queues.prover(job.system).to_owned(),
            dead_letter_keep_s: self.inner.dead_letter_keep.as_secs(),
            shows_exceptions_only: true,
        }
    }
}

type Workflow = <ProofWorkflow as temporalio_workflow::workflows::WorkflowImplementation>::Run;

async fn connect(inner: &Inner) -> Result<Client, PipelineError> {
    let options = ConnectionOptions::new(inner.url.clone())
        .identity(format!("zapiki@{}", std::process::id()))
        .connect_timeout(CONNECT_TIMEOUT)
        .maybe_metrics_meter(inner.meter.clone())
        // Small messages to a server next door: compressing costs more than it saves.
        .grpc_compression(GrpcCompression::None)
        .build();
    let connection = Connection::connect(options)
        .await
        .map_err(|error| PipelineError::connecting(&error))?;
    let options = ClientOptions::new(&*inner.namespace)
        .data_converter(inner.payloads.converter())
        .plugins(inner.plugins.iter().cloned())
        .build();
    Client::new(connection, options).map_err(|error| PipelineError::refused(&error))
}

fn search_attributes(job: &ProofJob) -> SearchAttributes {
    SearchAttributes::new([
        TENANT.value_set(job.proof.tenant_id.to_string()),
        STATEMENT.value_set(job.statement.as_str().to_owned()),
        SYSTEM.value_set(job.system.as_str().to_owned()),
    ])
}

/// What the Temporal UI shows beside the workflow id.
fn summary(job: &ProofJob) -> String {
    format!("{} on {}", job.statement, job.system)
}

/// One try, with a deadline that the server knows of.
fn single_call(deadline: Duration) -> RpcOptions {
    RpcOptions::builder()
        .timeout(deadline)
        .retry_options(RetryOptions::no_retries())
        .build()
}

/// Bounds a call whose connection hangs.
async fn in_time<T>(call: impl Future<Output = T>) -> Result<T, PipelineError> {
    timeout(CALL_TIMEOUT, call)
        .await
        .map_err(|_| PipelineError::Unavailable("the server did not answer in time".into()))
}
