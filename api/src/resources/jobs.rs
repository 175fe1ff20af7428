//! `/v1/jobs`: how a proof fares in the pipeline.

use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use zapiki_core::ids::ProofId;
use zapiki_core::state::ProofState;
use zapiki_workflows::client::JobStatus;

use super::Tag;
use crate::auth::Auth;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{Job, JobEvent, PipelineState};
use crate::state::Api;

pub(crate) struct JobsApi;

#[OpenApi(prefix_path = "/v1", tag = "Tag::Proofs")]
impl JobsApi {
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
        let job = match view {
            None => Job {
                id: Text(id),
                state: Text(record.state),
                pipeline: PipelineState::NotFound,
                attempts: 0,
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
                attempts: view.attempts,
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
}
