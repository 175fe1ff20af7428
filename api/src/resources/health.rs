//! `/health`: for load balancers and supervisors. No key needed.

use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use zapiki_core::problem::ProblemCode;

use super::Tag;
use crate::problem::Problem;
use crate::schemas::Health;
use crate::state::Api;

pub(crate) struct HealthApi;

#[OpenApi(tag = "Tag::Health")]
impl HealthApi {
    /// Whether the process lives
    #[oai(path = "/health/live", method = "get", operation_id = "health_live")]
    async fn live(&self) -> Result<Json<Health>, Problem> {
        Ok(Json(Health {
            status: "ok".to_owned(),
        }))
    }

    /// Whether it can work: database and Temporal answer
    #[oai(path = "/health/ready", method = "get", operation_id = "health_ready")]
    async fn ready(&self, api: &Api) -> Result<Json<Health>, Problem> {
        let (store, pipeline) = tokio::join!(api.store.ping(), api.pipeline.ping());
        let away: Vec<&str> = [
            store.is_err().then_some("database"),
            pipeline.is_err().then_some("Temporal"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if away.is_empty() {
            return Ok(Json(Health {
                status: "ok".to_owned(),
            }));
        }
        Err(Problem::new(
            ProblemCode::Unavailable,
            format!("Away: {}.", away.join(", ")),
        )
        .retry_after(2))
    }
}
