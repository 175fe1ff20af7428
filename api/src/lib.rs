//! The HTTP API: accepts, starts, waits, reads. It never proves and never writes how a proof ended.
//!
//! | file | subject |
//! | --- | --- |
//! | [`edge`] | request ids, problem documents, access log |
//! | [`auth`] | API keys and rate limits |
//! | [`body`], [`headers`], [`prefer`] | how requests are read |
//! | [`forms`], [`schemas`], [`document`] | what requests and answers look like |
//! | [`surface`] | which methods and parameters there are, and that there are no others |
//! | [`deprecation`] | circuits whose end is announced |
//! | [`templates`], [`parts`] | ready-made statements, and what they and the short forms come to |
//! | [`problem`] | what goes wrong, as RFC 9457 |
//! | [`resources`] | the operations, one file per resource |
//! | [`portal`] | the customer portal: static files, a client of the operations |
//!
//! The OpenAPI document is made from this code ([`openapi_document`]); `docs/openapi.json` is a copy that a test keeps equal.

mod auth;
mod body;
mod deprecation;
mod document;
mod edge;
mod forms;
mod headers;
mod metrics;
mod parts;
mod portal;
mod prefer;
mod problem;
mod resources;
mod schemas;
mod spans;
mod state;
mod surface;
mod templates;

use std::future::Future;
use std::time::Duration;

use poem::http::header;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::middleware::{CatchPanic, SetHeader};
use poem::web::Data;
use poem::{Endpoint, EndpointExt as _, Response, Route, Server, get, handler};
use poem_openapi::{LicenseObject, OpenApi, OpenApiService, Webhook};
use thiserror::Error;
use zapiki_core::problem::ProblemCode;

pub use state::{Api, Limits};

use auth::Authenticate;
use document::{Documented, DocumentedWebhooks};
use edge::Edge;
use problem::Problem;
use resources::aml::AmlApi;
use resources::batches::BatchesApi;
use resources::books::BooksApi;
use resources::challenges::ChallengesApi;
use resources::circuits::CircuitsApi;
use resources::failures::FailuresApi;
use resources::health::HealthApi;
use resources::issuers::IssuersApi;
use resources::jobs::JobsApi;
use resources::lists::ListsApi;
use resources::proofs::ProofsApi;
use resources::templates::TemplatesApi;
use resources::verifications::VerificationsApi;
use resources::webhooks::{Messages, WebhooksApi};
use surface::{KnownParameters, Surface};

/// How long requests that are under way get to end after the wish to stop.
const GRACE: Duration = Duration::from_secs(25);

const DESCRIPTION: &str = "\
Zero-knowledge proofs about signed credentials. An issuer signs a credential, its holder proves a statement about it, you \
learn that the statement holds and nothing else.

Authenticate with your API key, as `X-API-Key` or as a bearer token, never in a URL. Bodies are JSON objects of at most 512 \
KiB (of a batch 16 MiB), unless the operator chose other limits; a field that is not in their schema is refused. What goes wrong is an `application/problem+json` document (RFC 9457) \
with a stable `code`. Send an `X-Request-Id` of your own or find ours in the answer. Lists come in pages: `limit`, and the \
`next_cursor` of one page as the `cursor` of the next. What belongs to somebody else does not exist.";

/// The server cannot start, or stopped.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}; is another server running there?")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// It stopped.
    #[error("the server stopped: {0}")]
    Stopped(#[source] std::io::Error),
}

fn tenant_operations() -> impl OpenApi {
    (
        ProofsApi,
        BatchesApi,
        AmlApi,
        TemplatesApi,
        JobsApi,
        FailuresApi,
        WebhooksApi,
        VerificationsApi,
        ChallengesApi,
        IssuersApi,
        ListsApi,
        CircuitsApi,
        BooksApi,
    )
}

/// All operations, to be described.
fn described() -> OpenApiService<impl OpenApi, impl Webhook> {
    let operations = Documented((tenant_operations(), HealthApi));
    OpenApiService::new(operations, "Zapiki", env!("CARGO_PKG_VERSION"))
        .webhooks::<DocumentedWebhooks<&'static dyn Messages>>()
        .description(DESCRIPTION)
        .license(
            LicenseObject::new("Apache-2.0").url("https://www.apache.org/licenses/LICENSE-2.0"),
        )
}

/// The OpenAPI document, as `/openapi.json` serves it.
#[must_use]
pub fn openapi_document() -> String {
    let spec = described().spec();
    let mut document = String::with_capacity(spec.len() + 1);
    for line in spec.lines() {
        document.push_str(&document::with_whole_bounds(line));
        document.push('\n');
    }
    document
}

/// All routes. Every answer that is not a success is a problem document.
pub fn routes(api: Api) -> impl Endpoint<Output = Response> {
    let pages = described();
    let document = openapi_document();
    let surface = surface_of(&document);
    let known = || KnownParameters(surface.clone());
    let body_bytes_max = api.limits.body_bytes_max;
    // Who calls comes first; what of the request is unknown, second.
    let tenants = OpenApiService::new(tenant_operations(), "", "")
        .with(known())
        .with(Authenticate {
            store: api.store.clone(),
        });
    let health = OpenApiService::new(HealthApi, "", "").with(known());
    let mut routes = Route::new();
    for file in portal::FILES {
        let file_headers = portal::headers();
        routes = routes.at(file.path, get(file.served()).with(file_headers));
    }
    routes
        .nest_no_strip("/v1", tenants)
        .nest_no_strip("/health", health)
        .at("/openapi.json", get(openapi).data(Document(document)))
        .nest("/docs", pages.scalar().with(page_headers()))
        .at("/", get(home))
        .data(api)
        .with(CatchPanic::new().with_handler(panicked))
        .with(Edge {
            surface,
            body_bytes_max,
        })
}

/// What the document and the pages beside it offer.
#[expect(
    clippy::expect_used,
    reason = "we wrote the document ourselves just now, and a test reads it"
)]
fn surface_of(document: &str) -> Surface {
    let files = portal::FILES.iter().map(|file| file.path);
    let pages: Vec<_> = files.chain(["/", "/openapi.json"]).collect();
    Surface::new(document, &pages).expect("the document is JSON")
}

/// Keeps the page of the document to itself: it loads nothing from elsewhere and sends nothing there, and no other site
/// frames it. It would otherwise pass what a developer tries through a proxy of its makers, API key and all.
fn page_headers() -> SetHeader {
    const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' \
                          'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; \
                          frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    SetHeader::new()
        .overriding(header::CONTENT_SECURITY_POLICY, POLICY)
        .overriding(header::REFERRER_POLICY, "no-referrer")
        .overriding(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// Listens until `shutdown` resolves, then lets requests that are under way end. `ready` is called with the address.
///
/// # Errors
/// The address cannot be had, or the server stopped by itself.
pub async fn serve(
    api: Api,
    listen: &str,
    ready: impl FnOnce(&str),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let acceptor = TcpListener::bind(listen.to_owned())
        .into_acceptor()
        .await
        .map_err(|source| ServeError::Listen {
            address: listen.to_owned(),
            source,
        })?;
    let address = acceptor
        .local_addr()
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    ready(address.trim_start_matches("socket://"));
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(routes(api), shutdown, Some(GRACE))
        .await
        .map_err(ServeError::Stopped)
}

/// What a caller sees of a panic: nothing of it. The panic itself went to the log.
fn panicked(_payload: Box<dyn std::any::Any + Send>) -> Problem {
    Problem::new(
        ProblemCode::Internal,
        "Something went wrong on our side. Report the request id if it persists.",
    )
}

/// The document, written once.
#[derive(Clone)]
struct Document(String);

#[handler]
fn openapi(Data(document): Data<&Document>) -> Response {
    Response::builder()
        .content_type("application/json")
        .body(document.0.clone())
}

#[handler]
fn home() -> poem::web::Redirect {
    poem::web::Redirect::temporary("/docs")
}
