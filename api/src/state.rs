//! What every operation works with.

use std::time::Duration;

use poem::{FromRequest, Request, RequestBody};
use zapiki_backends::Registry;
use zapiki_core::webhook::Reach;
use zapiki_store::Store;
use zapiki_workflows::client::PipelineClient;

/// How much a request may hold, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A whole JSON body.
    pub body_bytes_max: usize,
    /// What of an order for a proof is public: the claim, as JSON, without the witness.
    pub public_input_bytes_max: usize,
}

impl Default for Limits {
    /// More than any request needs.
    fn default() -> Self {
        Self {
            body_bytes_max: 512 * 1024,
            public_input_bytes_max: 64 * 1024,
        }
    }
}

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
    /// How much a request may hold.
    pub limits: Limits,
    /// Where webhooks may be.
    pub webhook_reach: Reach,
}

impl<'a> FromRequest<'a> for &'a Api {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        <poem::web::Data<&Api> as FromRequest>::from_request_without_body(request)
            .await
            .map(|data| data.0)
    }
}
