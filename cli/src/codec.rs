//! Temporal's remote codec protocol over HTTP: payloads in, payloads out, opened or sealed.
//!
//! `POST /decode` and `POST /encode` take and give `{"payloads": […]}`, whose bytes are base64. A browser may call from one
//! origin alone, the Temporal UI's. Whoever calls shows a token: as a bearer token, or as the password of HTTP's basic scheme,
//! which is what a browser can be made to send on behalf of a page that knows no token; `GET /` has it ask for one. What goes wrong is
//! a problem document (RFC 9457). No payload and no token is ever logged or repeated.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use poem::error::ReadBodyError;
use poem::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::middleware::Cors;
use poem::web::Data;
use poem::{
    Body, Endpoint, EndpointExt as _, IntoResponse as _, Request, Response, Route, Server, get,
    handler, post,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;
use zapiki_workflows::client::{CodecError, Payload, SealedPayloads};
use zeroize::Zeroizing;

/// The longest body that is read. Temporal's own limit for one blob is 2 MiB; base64 and several payloads at once need more.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The shortest token that is taken: whoever guesses it reads every payload.
const TOKEN_CHARS_MIN: usize = 32;
const NAMESPACE: HeaderName = HeaderName::from_static("x-namespace");
/// How long requests that are under way get to end after the wish to stop.
const GRACE: Duration = Duration::from_secs(5);

/// As protobuf's JSON has bytes: padded or not.
const BASE64_LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a server works with. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct CodecServer {
    /// The codec that API and workers have.
    pub(crate) payloads: SealedPayloads,
    /// The namespace that it serves.
    pub(crate) namespace: String,
    /// Where the Temporal UI is, if a browser is to call.
    pub(crate) ui_origin: Option<String>,
    /// What callers show.
    pub(crate) token: Token,
}

/// What callers show.
#[derive(Debug, Clone)]
pub(crate) struct Token(Arc<SecretString>);

impl Token {
    /// Reads the text of a token file.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() < TOKEN_CHARS_MIN || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("a token has at least {TOKEN_CHARS_MIN} visible ASCII characters and no spaces");
        }
        Ok(Self(Arc::new(SecretString::from(text))))
    }

    /// Whether a request shows it. The time that this takes tells nothing of where two tokens differ.
    fn is_shown_by(&self, request: &Request) -> bool {
        let shown = request.headers().get(header::AUTHORIZATION);
        let shown = shown
            .and_then(|value| value.to_str().ok())
            .and_then(|value| {
                let (scheme, rest) = value.split_once(' ')?;
                let rest = Zeroizing::new(rest.trim().to_owned());
                if scheme.eq_ignore_ascii_case("bearer") {
                    return Some(Zeroizing::new(rest.as_bytes().to_vec()));
                }
                if !scheme.eq_ignore_ascii_case("basic") {
                    return None;
                }
                let pair = Zeroizing::new(BASE64_STANDARD.decode(rest.as_bytes()).ok()?);
                let colon = pair.iter().position(|byte| *byte == b':')?;
                Some(Zeroizing::new(pair.get(colon + 1..)?.to_vec()))
            });
        let known = self.0.expose_secret().as_bytes();
        shown.is_some_and(|shown| bool::from(shown.ct_eq(known)))
    }
}

/// What goes wrong for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    TokenMissing,
    OtherNamespace,
    OtherOrigin,
    NoRoute,
    NoMethod,
    TooLarge,
    Malformed,
    Codec(CodecError),
    Internal,
}

impl Problem {
    fn response(self) -> Response {
        let (status, code, title, detail) = match self {
            Self::TokenMissing => (
                StatusCode::UNAUTHORIZED,
                "token_invalid",
                "Token missing or unknown",
                "Send the token of this server as `Authorization: Bearer …`.".to_owned(),
            ),
            Self::OtherNamespace => (
                StatusCode::FORBIDDEN,
                "namespace_not_served",
                "Namespace not served",
                "This server has the keys of another namespace.".to_owned(),
            ),
            Self::OtherOrigin => (
                StatusCode::FORBIDDEN,
                "origin_not_allowed",
                "Origin not allowed",
                "Pages of this origin may not call: start the server with it as --ui-origin."
                    .to_owned(),
            ),
            Self::NoRoute => (
                StatusCode::NOT_FOUND,
                "route_not_found",
                "No such route",
                "There are POST /decode and POST /encode.".to_owned(),
            ),
            Self::NoMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "Method not allowed",
                "Payloads are sent by POST.".to_owned(),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "Body too large",
                format!("The body has more than {BODY_BYTES_MAX} bytes."),
            ),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed_payloads",
                "Not payloads",
                "The body is not of the form {\"payloads\": [{\"metadata\": {…}, \"data\": …}]} with bytes in base64."
                    .to_owned(),
            ),
            Self::Codec(error) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "payload_does_not_open",
                "Payload does not open",
                error.to_string(),
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
                "Something went wrong here.".to_owned(),
            ),
        };
        let document = json!({
            "type": format!("urn:zapiki:problem:{code}"), "title": title, "status": status.as_u16(), "detail": detail, "code": code,
        });
        let mut response = Response::builder()
            .status(status)
            .content_type("application/problem+json")
            .body(document.to_string());
        if self == Self::TokenMissing {
            let headers = response.headers_mut();
            for challenge in [
                "Bearer",
                "Basic realm=\"zapiki codec-server\", charset=\"UTF-8\"",
            ] {
                headers.append(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static(challenge),
                );
            }
        }
        response
    }

    /// The problem that an error of the framework is.
    fn of(error: &poem::Error) -> Self {
        if error.is::<poem::error::CorsError>() {
            return Self::OtherOrigin;
        }
        match error.status() {
            StatusCode::NOT_FOUND => Self::NoRoute,
            StatusCode::METHOD_NOT_ALLOWED => Self::NoMethod,
            _ => Self::Internal,
        }
    }
}

/// Payloads as they are sent.
#[derive(Deserialize, Serialize)]
struct WirePayloads {
    #[serde(default)]
    payloads: Vec<WirePayload>,
}

/// One of them. What else is said of it is kept, if it is not sealed.
#[derive(Deserialize, Serialize)]
struct WirePayload {
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default)]
    data: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl WirePayload {
    fn read(&self) -> Result<Payload, Problem> {
        let bytes = |text: &str| BASE64_LENIENT.decode(text).map_err(|_| Problem::Malformed);
        // A codec must not lose what it does not know.
        if !self.rest.is_empty() {
            return Err(Problem::Malformed);
        }
        let metadata = self.metadata.iter().map(|(name, value)| {
            let text = value.as_str().ok_or(Problem::Malformed)?;
            Ok((name.clone(), bytes(text)?))
        });
        Ok(Payload {
            metadata: metadata.collect::<Result<_, _>>()?,
            data: bytes(&self.data)?,
            external_payloads: Vec::new(),
        })
    }

    fn written(payload: &Payload) -> Self {
        let metadata = payload.metadata.iter();
        let metadata =
            metadata.map(|(name, value)| (name.clone(), BASE64_STANDARD.encode(value).into()));
        Self {
            metadata: metadata.collect(),
            data: BASE64_STANDARD.encode(&payload.data),
            rest: Map::new(),
        }
    }
}

/// All routes. Every answer that is not a success is a problem document.
pub(crate) fn routes(server: CodecServer) -> impl Endpoint<Output = Response> {
    let origin = server.ui_origin.clone();
    let cors = Cors::new()
        .allow_origins_fn(move |asks| Some(asks) == origin.as_deref())
        .allow_methods([Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, NAMESPACE])
        .allow_credentials(true);
    Route::new()
        .at("/", get(signed_in))
        .at("/decode", post(decode))
        .at("/encode", post(encode))
        .around(authorised)
        .data(server)
        .with(cors)
        .around(|endpoint, request| async move {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let mut response = match endpoint.call(request).await {
                Ok(response) => response.into_response(),
                Err(error) => Problem::of(&error).response(),
            };
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            tracing::info!(%method, path, status = response.status().as_u16(), "request");
            Ok(response)
        })
}

/// Lets nobody through without the token, or with another namespace.
async fn authorised<E: Endpoint>(endpoint: Arc<E>, request: Request) -> poem::Result<Response> {
    let Some(server) = request.data::<CodecServer>() else {
        return Ok(Problem::Internal.response());
    };
    if !server.token.is_shown_by(&request) {
        return Ok(Problem::TokenMissing.response());
    }
    let asked = request.headers().get(NAMESPACE);
    if asked.is_some_and(|asked| asked.as_bytes() != server.namespace.as_bytes()) {
        return Ok(Problem::OtherNamespace.response());
    }
    match endpoint.call(request).await {
        Ok(response) => Ok(response.into_response()),
        Err(error) => Ok(Problem::of(&error).response()),
    }
}

#[handler]
fn signed_in() -> &'static str {
    "Signed in. The Temporal UI can open payloads now, if it is told to send credentials to this server."
}

#[handler]
async fn decode(body: Body, Data(server): Data<&CodecServer>) -> Response {
    answered(body, |payload| server.payloads.open(payload)).await
}

#[handler]
async fn encode(body: Body, Data(server): Data<&CodecServer>) -> Response {
    answered(body, |payload| server.payloads.seal(&payload)).await
}

async fn answered(
    body: Body,
    convert: impl Fn(Payload) -> Result<Payload, CodecError>,
) -> Response {
    match converted(body, convert).await {
        Ok(body) => Response::builder()
            .content_type("application/json")
            .body(body),
        Err(problem) => problem.response(),
    }
}

async fn converted(
    body: Body,
    convert: impl Fn(Payload) -> Result<Payload, CodecError>,
) -> Result<Vec<u8>, Problem> {
    let bytes = body.into_bytes_limit(BODY_BYTES_MAX).await;
    let bytes = bytes.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => Problem::TooLarge,
        _ => Problem::Malformed,
    })?;
    // An object: serde would take a list for one.
    let sent: Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|_| Problem::Malformed)?;
    let sent: WirePayloads = serde_json::from_value(sent.into()).map_err(|_| Problem::Malformed)?;
    let payloads = sent.payloads.iter().map(|payload| {
        let converted = convert(payload.read()?).map_err(Problem::Codec)?;
        Ok(WirePayload::written(&converted))
    });
    let payloads = payloads.collect::<Result<_, Problem>>()?;
    serde_json::to_vec(&WirePayloads { payloads }).map_err(|_| Problem::Internal)
}

/// Listens until `shutdown` resolves. `ready` is called with the address.
pub(crate) async fn serve(
    server: CodecServer,
    listen: &str,
    ready: impl FnOnce(&str),
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let acceptor = TcpListener::bind(listen.to_owned()).into_acceptor().await;
    let acceptor = acceptor.with_context(|| format!("cannot listen on {listen}"))?;
    let address = acceptor.local_addr().first().map(ToString::to_string);
    ready(address.unwrap_or_default().trim_start_matches("socket://"));
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(routes(server), shutdown, Some(GRACE))
        .await
        .context("the server stopped")
}

#[cfg(test)]
mod tests;
