//! The outermost layer: a request id in and out, every failure as a problem document, one line in the
//! log, one count in the metrics, one span in the trace.
//!
//! The log line has method, route, status and time; never a query string, a header or a body.

use std::borrow::Cow;
use std::time::Instant;

use opentelemetry::trace::FutureExt as _;
use percent_encoding::percent_decode_str;
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response};
use poem_openapi::error::{AuthorizationError, ContentTypeError, ParseParamError, ParsePathError};
use uuid::Uuid;
use zapiki_core::problem::ProblemCode;

use crate::body::{bytes_max, too_large};
use crate::metrics;
use crate::problem::Problem;
use crate::spans;
use crate::surface::Surface;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_CHARS_MAX: usize = 128;

/// What an API key begins with.
const KEY_PREFIX: &str = "zk_";
/// Under which names people put keys into queries.
const KEY_NAMES: [&str; 7] = [
    "api_key",
    "apikey",
    "api-key",
    "x-api-key",
    "key",
    "token",
    "access_token",
];

/// See the module.
pub(crate) struct Edge {
    /// What there is, for who asks for something else.
    pub(crate) surface: Surface,
    /// The longest body that is read.
    pub(crate) body_bytes_max: usize,
}

impl<E: Endpoint> Middleware<E> for Edge {
    type Output = EdgeEndpoint<E>;
    fn transform(&self, inner: E) -> EdgeEndpoint<E> {
        EdgeEndpoint {
            inner,
            surface: self.surface.clone(),
            body_bytes_max: self.body_bytes_max,
        }
    }
}

/// An endpoint behind the edge.
pub(crate) struct EdgeEndpoint<E> {
    inner: E,
    surface: Surface,
    body_bytes_max: usize,
}

impl<E: Endpoint> Endpoint for EdgeEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let started = Instant::now();
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let (request_id, refused) = match request_id(&request) {
            Ok(id) => (id, None),
            Err(problem) => (Uuid::now_v7().to_string(), Some(problem)),
        };
        let refused = refused.or_else(|| check(&request, self.body_bytes_max).err());
        let known = metrics::known(&method);
        let operation = self.surface.operation(&method, &path);
        let span = spans::begin(operation, known, request.headers());
        let answered = match refused {
            Some(problem) => Err(problem.into()),
            None => self.inner.call(request).with_context(span.clone()).await,
        };
        let mut response = match answered {
            Ok(response) => {
                let response = response.into_response();
                match response.extensions().get::<Problem>() {
                    Some(problem) => problem.response(&request_id),
                    None => response,
                }
            }
            Err(error) => problem_of(error).response(&request_id),
        };
        if response.status() == StatusCode::METHOD_NOT_ALLOWED
            && let Some(allow) = self.surface.allow(&path)
            && let Ok(allow) = HeaderValue::from_str(&allow)
        {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        // Answers are about one tenant, and often about one person.
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        let took = started.elapsed();
        metrics::answered(operation, known, response.status(), took);
        spans::end(&span, response.status());
        tracing::info!(
            %method,
            path = if decoded(&path).contains(KEY_PREFIX) { "(withheld)" } else { &path },
            status = response.status().as_u16(),
            duration_ms = took.as_millis() as u64,
            request_id,
            "request"
        );
        Ok(response)
    }
}

fn request_id(request: &Request) -> Result<String, Problem> {
    let Some(value) = request.headers().get(REQUEST_ID) else {
        return Ok(Uuid::now_v7().to_string());
    };
    value
        .to_str()
        .ok()
        .filter(|text| (1..=REQUEST_ID_CHARS_MAX).contains(&text.len()))
        .filter(|text| {
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
        .map(str::to_owned)
        .ok_or_else(|| {
            let detail = "A request id has 1 to 128 letters, digits, `-`, `_` or `.`.";
            Problem::new(ProblemCode::InvalidHeader, detail).at("X-Request-Id")
        })
}

/// A part of a URL without its escapes, under which a key could hide.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// What can be refused before anybody looks closer.
fn check(request: &Request, body_bytes_max: usize) -> Result<(), Problem> {
    // URLs end up in logs and histories.
    let uri = request.uri();
    let query = decoded(uri.query().unwrap_or_default());
    let names_a_key = query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        KEY_NAMES
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    });
    if names_a_key || query.contains(KEY_PREFIX) || decoded(uri.path()).contains(KEY_PREFIX) {
        let detail = "An API key does not belong into a URL, where logs keep it. Send it as `X-API-Key` or as a bearer \
                      token, and replace this one: it is no longer secret.";
        return Err(Problem::new(ProblemCode::ApiKeyMisplaced, detail));
    }
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let bytes_max = bytes_max(uri.path(), body_bytes_max);
    if declared
        .and_then(|text| text.parse::<usize>().ok())
        .is_some_and(|length| length > bytes_max)
    {
        return Err(too_large(bytes_max));
    }
    Ok(())
}

/// The problem that an error is, wherever it comes from.
fn problem_of(error: poem::Error) -> Problem {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return problem.clone();
    }
    if let Some(error) = error.downcast_ref::<ParseParamError>() {
        // The reason quotes the value.
        let detail = "The parameter is missing or not of the documented form. See /docs.";
        return Problem::new(ProblemCode::InvalidField, detail).at(error.name);
    }
    if error.is::<ParsePathError>() {
        return Problem::not_found("thing");
    }
    if error.is::<AuthorizationError>() {
        return key_missing();
    }
    if error.is::<ContentTypeError>() {
        return Problem::new(ProblemCode::UnsupportedMediaType, "The body must be JSON.");
    }
    if error.is::<NotFoundError>() || error.status() == StatusCode::NOT_FOUND {
        return Problem::new(
            ProblemCode::RouteNotFound,
            "There is no such route. /docs lists all of them.",
        );
    }
    if error.is::<MethodNotAllowedError>() || error.status() == StatusCode::METHOD_NOT_ALLOWED {
        return Problem::new(
            ProblemCode::MethodNotAllowed,
            "The route has no such method. `Allow` lists those it has.",
        );
    }
    if error.status().is_client_error() {
        return Problem::new(
            ProblemCode::InvalidField,
            "The request could not be understood. See /docs.",
        );
    }
    tracing::error!(%error, "an unexpected error");
    Problem::new(
        ProblemCode::Internal,
        "Something went wrong on our side. Report the request id if it persists.",
    )
}

/// No API key.
pub(crate) fn key_missing() -> Problem {
    let detail = "Send your API key as `X-API-Key: zk_…` or as `Authorization: Bearer zk_…`.";
    Problem::new(ProblemCode::ApiKeyMissing, detail)
}
