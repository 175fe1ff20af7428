//! `/v1/jobs`: how proofs fare in the pipeline, and how to stop one. `/v1/proofs/{id}/events`: the same, told as it happens.

use std::time::Duration;

use chrono::Utc;
use futures::stream::{self, BoxStream, StreamExt as _};
use poem::web::sse::Event;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{EventStream, Json};
use poem_openapi::types::ToJSON as _;
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_store::{Cancellation, ProofFilter, ProofRecord};
use zapiki_workflows::client::JobStatus;

use super::proofs::job_of;
use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{Job, JobEvent, JobPage, JobSummary, PipelineState, Proof};
use crate::state::Api;

/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long a stream waits for an outcome before it looks at the row again.
const LOOK: Duration = Duration::from_secs(20);
/// The pause before it looks again while the pipeline is away, or the row is behind it.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(crate) struct JobsApi;

fn summary(api: &Api, record: &ProofRecord) -> JobSummary {
    JobSummary {
        id: Text(record.id),
        state: Text(record.state),
        statement: Text(record.claim.statement.kind()),
        system: Text(record.system),
        queue: queue(api, record.system),
        accepted_at: record.accepted_at,
        started_at: record.started_at,
        settled_at: record.settled_at,
    }
}

fn queue(api: &Api, system: ProofSystem) -> String {
    api.pipeline.queues().prover(system).to_owned()
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Proofs")]
impl JobsApi {
    /// List your jobs
    ///
    /// Newest first, in pages: while there is a `next_cursor`, pass it on as `cursor`. Each job has the id of its proof.
    #[oai(path = "/jobs", method = "get", operation_id = "list_jobs")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the operation"
    )]
    async fn list(
        &self,
        api: &Api,
        auth: Auth,
        /// Only jobs whose proof is in this state.
        state: Query<Option<Text<ProofState>>>,
        /// Only jobs of this statement.
        statement: Query<Option<Text<StatementKind>>>,
        /// Only jobs of this system.
        system: Query<Option<Text<ProofSystem>>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<JobPage>, Problem> {
        let filter = ProofFilter {
            state: state.0.map(|text| text.0),
            statement: statement.0.map(|text| text.0),
            system: system.0.map(|text| text.0),
        };
        let after = self::cursor::<ProofId>(cursor.0)?;
        let limit = limit.0.unwrap_or(PAGE_DEFAULT);
        let page = api
            .store
            .proofs(auth.tenant(), &filter, after, limit)
            .await?;
        let last = page.items.last().map(|record| record.id.to_string());
        Ok(Json(JobPage {
            next_cursor: last.filter(|_| page.has_more),
            jobs: page
                .items
                .iter()
                .map(|record| summary(api, record))
                .collect(),
        }))
    }

    /// Follow a proof through the pipeline
    ///
    /// A job has the id of its proof. For support and curiosity: whether there is a proof, the proof itself says.
    #[oai(path = "/jobs/:id", method = "get", operation_id = "get_job")]
    async fn get(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
    ) -> Result<Json<Job>, Problem> {
        let missing = || Problem::not_found("job");
        let Text(id) = id.0;
        // The pipeline knows no tenants: first whether it is the caller's.
        let read = || api.store.proof(auth.tenant(), id);
        let mut record = read().await?.ok_or_else(missing)?;
        let view = api.pipeline.job(id).await?;
        if record.state == ProofState::Accepted {
            // The pipeline may have settled it meanwhile: no job is finished and accepted at once.
            record = read().await?.ok_or_else(missing)?;
        }
        let queue = queue(api, record.system);
        let job = match view {
            None => Job {
                id: Text(id),
                state: Text(record.state),
                pipeline: PipelineState::NotFound,
                queue,
                attempts: 0,
                next_try_at: None,
                last_failure: None,
                timeline: Vec::new(),
            },
            Some(view) => Job {
                id: Text(id),
                state: Text(record.state),
                pipeline: match view.status {
                    JobStatus::Running => PipelineState::Running,
                    JobStatus::Finished => PipelineState::Finished,
                    JobStatus::Broken => PipelineState::Broken,
                },
                queue,
                attempts: view.attempts,
                next_try_at: view.next_try_at,
                last_failure: view.last_failure.map(|failure| failure.reason().to_owned()),
                timeline: view
                    .timeline
                    .into_iter()
                    .map(|event| JobEvent {
                        at: event.at,
                        event: Text(event.what),
                    })
                    .collect(),
            },
        };
        Ok(Json(job))
    }

    /// Stop a job
    ///
    /// The proof is cancelled and its private input shredded when this answers; a prover that is at it hears so within a second.
    /// Once the proof is settled there is nothing to stop.
    #[oai(
        path = "/jobs/:id/cancel",
        method = "post",
        operation_id = "cancel_job"
    )]
    async fn cancel(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
    ) -> Result<Json<Proof>, Problem> {
        let Text(id) = id.0;
        let cancelled = api.store.cancel_proof(auth.tenant(), id, Utc::now());
        match cancelled.await? {
            Cancellation::NotFound => Err(Problem::not_found("job")),
            Cancellation::Settled(state) => Err(finished(id, state)),
            Cancellation::Done(record) => {
                // The row is settled: a workflow that is not told finds that out by itself.
                if let Err(error) = api.pipeline.cancel(id).await {
                    tracing::warn!(proof_id = %id, %error, "the workflow could not be told of its cancellation");
                }
                Ok(Json((*record).into()))
            }
        }
    }

    /// Follow a proof by server-sent events
    ///
    /// The proof as it stands, at once and whenever its `state` changes: an event of type `proof` each time. The stream ends with
    /// the event whose `state` is no longer `accepted`; reconnecting is safe at any time.
    #[oai(
        path = "/proofs/:id/events",
        method = "get",
        operation_id = "follow_proof"
    )]
    async fn events(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
    ) -> Result<EventStream<BoxStream<'static, Proof>>, Problem> {
        let (tenant, id) = (auth.tenant(), id.0.0);
        let first = api.store.proof(tenant, id).await?;
        let first = first.ok_or_else(|| Problem::not_found("proof"))?;
        let told = told(api.clone(), tenant, first);
        let events = EventStream::new(told).keep_alive(KEEP_ALIVE);
        Ok(events.to_event(|proof| Event::message(proof.to_json_string()).event_type("proof")))
    }
}

/// There is nothing to stop any more.
fn finished(id: ProofId, state: ProofState) -> Problem {
    let detail = match state {
        ProofState::Completed => format!("The proof is made. DELETE /v1/proofs/{id} erases it."),
        ProofState::DeadLettered => {
            format!("The proof could not be made. POST /v1/failures/{id}/discard gives it up.")
        }
        ProofState::Rejected => "The statement was found not to be true.".to_owned(),
        ProofState::Cancelled => "The proof was given up before.".to_owned(),
        ProofState::Accepted => "The proof is on its way again.".to_owned(),
    };
    Problem::new(ProblemCode::JobFinished, detail).about(id)
}

/// Where a stream stands.
enum Told {
    Nothing(Box<ProofRecord>),
    Accepted(Box<ProofRecord>),
    End,
}

/// The proof as it stands, and then its outcome.
fn told(api: Api, tenant: TenantId, first: ProofRecord) -> BoxStream<'static, Proof> {
    stream::unfold(Told::Nothing(Box::new(first)), move |told| {
        let api = api.clone();
        async move {
            let record = match told {
                Told::End => return None,
                Told::Nothing(record) => record,
                Told::Accepted(record) => settled(&api, tenant, *record).await?,
            };
            let next = if record.state == ProofState::Accepted {
                Told::Accepted(record.clone())
            } else {
                Told::End
            };
            Some(((*record).into(), next))
        }
    })
    .boxed()
}

/// Waits for the outcome, however long it takes; `None` if the proof was deleted. The pipeline tells when, the row tells what.
async fn settled(api: &Api, tenant: TenantId, record: ProofRecord) -> Option<Box<ProofRecord>> {
    let job = job_of(&record);
    loop {
        // A proof of a batch is made along with others: it has no workflow to wait for, and must not get one for being looked at.
        if record.batch.is_some() || api.pipeline.start_and_wait(&job, LOOK).await.is_err() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        match api.store.proof(tenant, record.id).await {
            Ok(None) => return None,
            Ok(Some(now)) if now.state != ProofState::Accepted => return Some(Box::new(now)),
            // A proof that is tried again: its update has answered, and its row is accepted.
            Ok(Some(_)) => tokio::time::sleep(LOOK_AGAIN).await,
            Err(error) => {
                tracing::warn!(proof_id = %record.id, %error, "a stream of events cannot read its proof");
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}
