//! Problems: everything that goes wrong for a caller, as RFC 9457 documents with a stable `code`.
//!
//! A problem holds what the caller can act on, and nothing private: no part of a request's private input is ever in one.

use poem::error::ResponseError;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;
use zapiki_backends::ResolveError;
use zapiki_core::ids::ProofId;
use zapiki_core::problem::ProblemCode;
use zapiki_store::{AcceptError, AuthenticateError, StoreError};
use zapiki_workflows::client::PipelineError;

use crate::forms::Text;

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// The header that tells a repeated answer from a first one.
const IDEMPOTENT_REPLAYED: &str = "idempotent-replayed";

/// A problem on its way to the caller.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: ProblemCode,
    detail: String,
    field: Option<String>,
    proof_id: Option<ProofId>,
    retry_after_s: Option<u64>,
    is_replayed: bool,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem of this kind; the detail says what happened and what to do.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            proof_id: None,
            retry_after_s: None,
            is_replayed: false,
        }
    }

    /// Nothing here, or not the caller's.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            ProblemCode::NotFound,
            format!("There is no such {what}, or it is not yours."),
        )
    }

    /// The field at fault.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The proof that it is about.
    pub(crate) const fn about(mut self, proof: ProofId) -> Self {
        self.proof_id = Some(proof);
        self
    }

    /// When to come back.
    pub(crate) const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// It was the answer to an earlier request, and is given again.
    pub(crate) const fn replayed(mut self) -> Self {
        self.is_replayed = true;
        self
    }

    /// What happened, and what to do.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The field at fault.
    pub(crate) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The proof that it is about.
    pub(crate) const fn proof_id(&self) -> Option<ProofId> {
        self.proof_id
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> ProblemCode {
        self.code
    }

    /// The document, for this request.
    pub(crate) fn response(&self, request_id: &str) -> Response {
        let document = ProblemDocument {
            type_: format!("urn:zapiki:problem:{}", self.code),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            detail: self.detail.clone(),
            code: Text(self.code),
            field: self.field.clone(),
            proof_id: self.proof_id.map(Text),
            request_id: request_id.to_owned(),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::builder()
            .status(self.status())
            .content_type(PROBLEM_JSON)
            .body(body);
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.is_replayed {
            response
                .headers_mut()
                .insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        if self.code.status() == 401 {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// What went wrong (RFC 9457). Switch on `code`: it never changes its meaning.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Problem", example)]
pub(crate) struct ProblemDocument {
    /// Names the kind of problem.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    type_: String,
    /// The kind of problem in a few words, the same for every occurrence.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened this time, and what to do.
    detail: String,
    /// The stable code of the kind of problem.
    code: Text<ProblemCode>,
    /// The field at fault, as a path into the body, or the name of a parameter or header.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The proof that it is about.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    proof_id: Option<Text<ProofId>>,
    /// Names the request in our logs.
    request_id: String,
}

impl poem_openapi::types::Example for ProblemDocument {
    fn example() -> Self {
        let code = ProblemCode::InvalidField;
        Self {
            type_: format!("urn:zapiki:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            detail: "A challenge lives 1 to 86400 seconds.".to_owned(),
            code: Text(code),
            field: Some("lifetime_s".to_owned()),
            proof_id: None,
            request_id: "0192f0c1-7b5e-7c3a-9d2e-5f6a7b8c9d0e".to_owned(),
        }
    }
}

/// Which problems an operation can answer with is for [`document`](crate::document) to say: it depends on the operation.
impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: Vec::new(),
        }
    }

    fn register(_registry: &mut Registry) {}
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // The edge writes the document anew: it knows the request.
        let mut response = self.response("");
        response.extensions_mut().insert(self);
        response
    }
}

/// A fault of ours: the log has the cause, the caller the request id.
fn internal() -> Problem {
    Problem::new(
        ProblemCode::Internal,
        "Something went wrong on our side. Report the request id if it persists.",
    )
}

fn unavailable() -> Problem {
    Problem::new(
        ProblemCode::Unavailable,
        "A part that this request needs is away. Try again in a moment.",
    )
    .retry_after(2)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        if error.is_retryable() {
            unavailable()
        } else {
            internal()
        }
    }
}

impl From<PipelineError> for Problem {
    fn from(error: PipelineError) -> Self {
        tracing::error!(%error, "the pipeline failed");
        unavailable()
    }
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::KeyReused => Self::new(
                ProblemCode::IdempotencyKeyReused,
                "This Idempotency-Key was used with another request. Use a fresh key for a new request.",
            )
            .at("Idempotency-Key"),
            AcceptError::Store(error) => error.into(),
        }
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Unknown => {
                Self::new(ProblemCode::ApiKeyInvalid, "The API key is unknown.")
            }
            AuthenticateError::Revoked => Self::new(
                ProblemCode::ApiKeyRevoked,
                "The API key was revoked. Use another one.",
            ),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Self {
        let (code, field) = match error {
            ResolveError::UnknownSystem(_) => (ProblemCode::UnknownSystem, "system"),
            ResolveError::NotOffered(..) => (ProblemCode::UnknownCircuit, "system"),
            ResolveError::WrongStatement(..)
            | ResolveError::UnknownVersion(..)
            | ResolveError::Withdrawn(_) => (ProblemCode::UnknownCircuit, "circuit"),
            ResolveError::Retired(..) => (ProblemCode::CircuitRetired, "circuit"),
        };
        let advice = match error {
            ResolveError::UnknownSystem(_) => "GET /v1/systems lists what there is.".to_owned(),
            ResolveError::NotOffered(..) | ResolveError::WrongStatement(..) => {
                "GET /v1/circuits lists what there is.".to_owned()
            }
            ResolveError::UnknownVersion(_, pin) => format!(
                "GET /v1/circuits/{}/versions lists those there are; without a pin you get the newest.",
                pin.statement()
            ),
            ResolveError::Withdrawn(circuit) | ResolveError::Retired(circuit, _) => format!(
                "GET /v1/circuits/{}/versions lists the others.",
                circuit.statement
            ),
        };
        Self::new(
            code,
            format!("{}. {advice}", capitalised(&error.to_string())),
        )
        .at(field)
    }
}

/// A sentence from an error's text.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
