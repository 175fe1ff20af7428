//! A pipeline of one's own per test: its own database, its own task queues, and a worker with a backend that does what the
//! test wants.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use temporalio_client::{Client, WorkflowGetResultOptions};
use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;
use zapiki_activities::lists::ListsConfig;
use zapiki_activities::{
    ProverSlots, Release, Role, WebhooksConfig, WorkerConfig, WorkerError, run_worker,
};
use zapiki_backends::{ProofBackend, Registry};
use zapiki_core::audit::{AuditKind, CHAIN_START, verify_chain};
use zapiki_core::circuit::{CircuitId, CircuitVersion};
use zapiki_core::credential::{Attributes, Credential, FieldElement};
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey, holder_commitment};
use zapiki_core::system::ProofSystem;
use zapiki_core::webhook::Reach;
use zapiki_core::witness::{HolderSecret, Witness};
use zapiki_store::testing::TestDatabase;
use zapiki_store::{Acceptance, DeadLetterRecord, NewProof, ProofRecord};
use zapiki_workflows::client::{PipelineClient, SealedPayloads, Waited};
use zapiki_workflows::names::Queues;
use zapiki_workflows::proof::ProofWorkflow;
use zapiki_workflows::testing::history_json;
use zapiki_workflows::wire::{ProofJob, ProofOutcome, ProofRef};

mod backend;
mod history;

pub(crate) use backend::{Behaviour, TestBackend};
pub(crate) use history::{readable, record, record_history, record_json};

/// Long enough for a busy machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const CIRCUIT: CircuitId = CircuitId {
    statement: StatementKind::AgeOver,
    version: CircuitVersion {
        major: 1,
        minor: 0,
        patch: 0,
    },
};

/// What must never be seen outside the sealed input.
pub(crate) const BIRTH_DATE: &str = "2001-05-17";
/// Born too late for the claim.
pub(crate) const BIRTH_DATE_OF_A_CHILD: &str = "2009-08-23";
const HOLDER_SECRET: u64 = 0xcafe_f00d_1234_5678;

/// The private values as they would look in a leak.
pub(crate) fn canaries() -> [String; 4] {
    [
        BIRTH_DATE.to_owned(),
        BIRTH_DATE_OF_A_CHILD.to_owned(),
        format!("{HOLDER_SECRET:x}"),
        HOLDER_SECRET.to_string(),
    ]
}

pub(crate) fn claim() -> Claim {
    Claim {
        statement: Statement::AgeOver(AgeOver::new(18, "2026-11-24".parse().unwrap()).unwrap()),
        issuer: IssuerKey::BjjPoseidonBn254(SecretKey::from_bytes([1; 32]).public_key()),
        challenge: Challenge([7; 32]),
        scope: "tests".parse().unwrap(),
    }
}

pub(crate) fn witness(birth_date: &str) -> Witness {
    let holder_secret = HolderSecret::from(Fr::from(HOLDER_SECRET));
    let attributes = Attributes {
        holder_commitment: FieldElement(holder_commitment(holder_secret.expose())),
        birth_date: Some(birth_date.parse().unwrap()),
        income: None,
        country_of_residence: None,
        screening_id: None,
        issued_at: "2026-01-01".parse().unwrap(),
        expires_at: "2027-01-01".parse().unwrap(),
        revocation_id: 1,
    };
    Witness::new(
        Credential::issue(attributes, &SecretKey::from_bytes([1; 32])).unwrap(),
        holder_secret,
    )
}

/// A running worker; stops when it is dropped.
pub(crate) struct RunningWorker {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), WorkerError>>>,
}

impl RunningWorker {
    /// Asks it to stop, without waiting.
    pub(crate) fn ask_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has stopped.
    pub(crate) fn join(mut self) -> Result<(), WorkerError> {
        self.ask_to_stop();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        self.ask_to_stop();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

pub(crate) struct Pipeline {
    pub(crate) db: TestDatabase,
    pub(crate) client: PipelineClient,
    pub(crate) queues: Queues,
    pub(crate) url: Url,
    pub(crate) payloads: SealedPayloads,
}

impl Pipeline {
    /// Without a worker.
    pub(crate) async fn create() -> Self {
        let url = std::env::var("ZAPIKI_TEST_TEMPORAL_URL").unwrap_or_else(|_| {
            panic!(
                "ZAPIKI_TEST_TEMPORAL_URL is not set: run the tests with `cargo xtask test`, which starts Temporal"
            )
        });
        let url: Url = url.parse().unwrap();
        let queues = Queues::with_prefix(&format!("test-{}", Uuid::now_v7().simple()));
        let db = TestDatabase::create().await;
        let payloads = SealedPayloads::new(db.payload_keys());
        let client = PipelineClient::connect_lazily(
            url.clone(),
            "default",
            queues.clone(),
            payloads.clone(),
        );
        Self {
            db,
            client,
            payloads,
            queues,
            url,
        }
    }

    /// With a worker.
    pub(crate) async fn running(behaviour: Behaviour) -> (Self, RunningWorker) {
        let pipeline = Self::create().await;
        let worker = pipeline.worker(Arc::new(TestBackend::new(behaviour)));
        (pipeline, worker)
    }

    /// Starts a worker on a thread of its own: a worker's future stays on its thread.
    pub(crate) fn worker(&self, backend: Arc<dyn ProofBackend>) -> RunningWorker {
        self.worker_at(self.url.clone(), vec![backend])
    }

    pub(crate) fn worker_at(
        &self,
        temporal_url: Url,
        backends: Vec<Arc<dyn ProofBackend>>,
    ) -> RunningWorker {
        let client = self.client_at(temporal_url, "default");
        self.start(client, backends, None, Role::ALL)
    }

    /// A worker of these queues alone, with one slot.
    pub(crate) fn worker_of(
        &self,
        backend: Arc<dyn ProofBackend>,
        roles: &[Role],
    ) -> RunningWorker {
        let client = self.client_at(self.url.clone(), "default");
        self.start(client, vec![backend], None, roles)
    }

    pub(crate) fn worker_with_lists(
        &self,
        backends: Vec<Arc<dyn ProofBackend>>,
        lists: Option<ListsConfig>,
    ) -> RunningWorker {
        let client = self.client_at(self.url.clone(), "default");
        self.start(client, backends, lists, Role::ALL)
    }

    /// A worker of that release.
    pub(crate) fn worker_of_release(
        &self,
        backend: Arc<dyn ProofBackend>,
        roles: &[Role],
        release: Release,
    ) -> RunningWorker {
        let client = self.client_at(self.url.clone(), "default");
        self.start_as(client, vec![backend], None, roles, Some(release))
    }

    /// Another client of the same pipeline.
    pub(crate) fn client_at(&self, temporal_url: Url, namespace: &str) -> PipelineClient {
        let (queues, payloads) = (self.queues.clone(), self.payloads.clone());
        PipelineClient::connect_lazily(temporal_url, namespace, queues, payloads)
    }

    pub(crate) fn start(
        &self,
        client: PipelineClient,
        backends: Vec<Arc<dyn ProofBackend>>,
        lists: Option<ListsConfig>,
        roles: &[Role],
    ) -> RunningWorker {
        self.start_as(client, backends, lists, roles, None)
    }

    fn start_as(
        &self,
        client: PipelineClient,
        backends: Vec<Arc<dyn ProofBackend>>,
        lists: Option<ListsConfig>,
        roles: &[Role],
        release: Option<Release>,
    ) -> RunningWorker {
        // One who shares the work out wants to see in which order it is done.
        let slots = if roles == Role::ALL { 2 } else { 1 };
        let config = WorkerConfig {
            store: self.db.store.clone(),
            registry: Registry::new(backends),
            pipeline: client,
            roles: roles.to_vec(),
            prover_slots: ProverSlots::Fixed(NonZeroUsize::new(slots).unwrap()),
            lists,
            webhooks: WebhooksConfig {
                reach: Reach::Anywhere,
                pauses: vec![Duration::from_millis(50); 2],
            },
            release,
            meter: None,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            let ended = runtime.block_on(run_worker(config, async {
                let _dropped = stopped.await;
            }));
            // A backend that was never let go holds a thread: a failed test must not wait for it.
            runtime.shutdown_background();
            ended
        });
        RunningWorker {
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) async fn accept(&self, birth_date: &str) -> ProofJob {
        self.accept_at(birth_date, Utc::now()).await
    }

    pub(crate) async fn accept_at(&self, birth_date: &str, now: DateTime<Utc>) -> ProofJob {
        self.accept_for(birth_date, CIRCUIT, now).await
    }

    pub(crate) async fn accept_for(
        &self,
        birth_date: &str,
        circuit: CircuitId,
        now: DateTime<Utc>,
    ) -> ProofJob {
        let tenant = self.db.tenant.id;
        self.accept_as(tenant, birth_date, circuit, now).await
    }

    /// Somebody else's.
    pub(crate) async fn accept_of(&self, tenant: TenantId, birth_date: &str) -> ProofJob {
        self.accept_as(tenant, birth_date, CIRCUIT, Utc::now())
            .await
    }

    async fn accept_as(
        &self,
        tenant_id: TenantId,
        birth_date: &str,
        circuit: CircuitId,
        now: DateTime<Utc>,
    ) -> ProofJob {
        let (claim, witness) = (claim(), witness(birth_date));
        let proof = NewProof {
            id: ProofId::from_uuid(Uuid::now_v7()),
            claim: &claim,
            system: ProofSystem::Groth16,
            circuit,
            witness: &witness,
        };
        let accepted = self
            .db
            .store
            .accept_proof(tenant_id, proof, None, now)
            .await;
        let Acceptance::New(record) = accepted.unwrap() else {
            panic!("a new proof");
        };
        ProofJob {
            proof: ProofRef {
                tenant_id,
                proof_id: record.id,
            },
            statement: StatementKind::AgeOver,
            system: ProofSystem::Groth16,
        }
    }

    pub(crate) async fn outcome(&self, job: &ProofJob) -> ProofOutcome {
        match self.client.start_and_wait(job, PATIENCE).await.unwrap() {
            Waited::Outcome(outcome) => outcome,
            Waited::StillRunning => panic!("no outcome in time"),
        }
    }

    /// Waits for the end of the workflow: the books are written after the update is answered.
    pub(crate) async fn end_of(&self, job: &ProofJob) -> ProofOutcome {
        let client: Client = self.client.connected().await.unwrap();
        let handle = client.get_workflow_handle::<<ProofWorkflow as temporalio_workflow::workflows::WorkflowImplementation>::Run>(
            job.proof.proof_id.to_string(),
        );
        tokio::time::timeout(
            PATIENCE,
            handle.get_result(WorkflowGetResultOptions::default()),
        )
        .await
        .unwrap()
        .unwrap()
    }

    pub(crate) async fn record(&self, job: &ProofJob) -> ProofRecord {
        let ProofRef {
            tenant_id,
            proof_id,
        } = job.proof;
        let record = self.db.store.proof(tenant_id, proof_id).await.unwrap();
        record.expect("the proof's row")
    }

    /// Its dead letters, newest first.
    pub(crate) async fn failures(&self, job: &ProofJob) -> Vec<DeadLetterRecord> {
        let ProofRef {
            tenant_id,
            proof_id,
        } = job.proof;
        let letters = self.db.store.failures_of(tenant_id, proof_id).await;
        letters.unwrap()
    }

    /// Waits until its workflow waits for a decision: it has told everything and set the timer of the expiry.
    pub(crate) async fn parked(&self, job: &ProofJob) {
        eventually(async || {
            let json = history_json(&self.client, job.proof.proof_id).await;
            let history: serde_json::Value = serde_json::from_slice(&json).unwrap();
            let events = history["events"].as_array().unwrap();
            let kinds = events.iter().filter_map(|event| {
                let attributes = event["attributes"].as_object()?;
                attributes.keys().next().map(String::as_str)
            });
            let mut timers = kinds.filter(|kind| kind.starts_with("Timer"));
            (timers.next_back() == Some("TimerStartedEventAttributes")).then_some(())
        })
        .await;
    }

    pub(crate) async fn is_shredded(&self, job: &ProofJob) -> bool {
        let ProofRef {
            tenant_id,
            proof_id,
        } = job.proof;
        let input = self.db.store.unseal_witness(tenant_id, proof_id).await;
        input.unwrap().is_none()
    }

    pub(crate) async fn proofs_used(&self) -> u64 {
        let (from, to) = (
            Utc::now() - chrono::Duration::days(1),
            Utc::now() + chrono::Duration::days(1),
        );
        let lines = self.db.store.usage(self.db.tenant.id, from, to).await;
        lines.unwrap().iter().map(|line| line.proofs).sum()
    }

    /// The audit log, in order, whose chain holds.
    pub(crate) async fn audit(&self) -> Vec<(AuditKind, Option<ProblemCode>)> {
        let tenant = self.db.tenant.id;
        let page = self.db.store.audit_entries(tenant, 0, 100).await.unwrap();
        assert_eq!(verify_chain(tenant, 0, CHAIN_START, &page.items), Ok(()));
        page.items
            .iter()
            .map(|entry| (entry.event.kind, entry.event.code))
            .collect()
    }
}

/// Looks again and again until it is so.
pub(crate) async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    let looking = async {
        loop {
            pause.tick().await;
            if let Some(seen) = look().await {
                return seen;
            }
        }
    };
    tokio::time::timeout(PATIENCE, looking)
        .await
        .expect("it never came to be so")
}
