//! `/health`: for load balancers and supervisors. No key needed.

use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use zapiki_core::problem::ProblemCode;

use super::Tag;
use crate::problem::Problem;
use crate::schemas::{Health, HealthStatus};
use crate::state::Api;

pub(crate) struct HealthApi;

#[OpenApi(tag = "Tag::Health")]
impl HealthApi {
    /// Ask whether the process lives
    ///
    /// It does if it answers. No key needed.
    #[oai(path = "/health/live", method = "get", operation_id = "health_live")]
    async fn live(&self) -> Result<Json<Health>, Problem> {
        Ok(Json(Health {
            status: HealthStatus::Ok,
        }))
    }

    /// Ask whether the service can work
    ///
    /// It can if database and Temporal answer. No key needed.
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
                status: HealthStatus::Ok,
            }));
        }
        Err(Problem::new(
            ProblemCode::Unavailable,
            format!("Away: {}.", away.join(", ")),
        )
        .retry_after(2))
    }
}
