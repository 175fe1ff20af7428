//! What every operation works with.

use std::time::Duration;

use poem::{FromRequest, Request, RequestBody};
use zapiki_backends::Registry;
use zapiki_store::Store;
use zapiki_workflows::client::PipelineClient;

/// The parts of the server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    /// The database.
    pub store: Store,
    /// The backends, to verify with. The API never proves.
    pub registry: Registry,
    /// The pipeline.
    pub pipeline: PipelineClient,
    /// The longest that a synchronous call waits for its proof.
    pub sync_wait_max: Duration,
}

impl<'a> FromRequest<'a> for &'a Api {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        <poem::web::Data<&Api> as FromRequest>::from_request_without_body(request)
            .await
            .map(|data| data.0)
    }
}
