//! Calls to servers that this program started on 127.0.0.1: one connection each, with a limit on time and size.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use ureq::http;

const CONNECT_MS_MAX: u64 = 2_000;
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// What is asked of a server.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// The path, with its query.
    pub(crate) path: &'a str,
    /// Further headers.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub(crate) body: Option<&'a Value>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).context("the answer is not JSON")
    }

    /// A header, if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Asks a local server, and waits this long for its answer, whatever its status.
pub(crate) fn send(port: u16, request: &Request<'_>, wait: Duration) -> anyhow::Result<Response> {
    let Request {
        method,
        path,
        headers,
        body,
    } = request;
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(Duration::from_millis(CONNECT_MS_MAX)))
        .timeout_global(Some(wait))
        // Whatever the environment says: the server is on this machine.
        .proxy(None)
        .build()
        .new_agent();
    let mut call = http::Request::builder()
        .method(*method)
        .uri(format!("http://127.0.0.1:{port}{path}"));
    for (name, value) in *headers {
        call = call.header(*name, *value);
    }
    let answer = match body {
        None => agent.run(call.body(())?),
        Some(body) => {
            let call = call.header(http::header::CONTENT_TYPE, "application/json");
            agent.run(call.body(body.to_string())?)
        }
    };
    let answer = answer.with_context(|| format!("no answer on port {port} to {method} {path}"))?;
    let (parts, mut body) = answer.into_parts();
    let body = body
        .with_config()
        .limit(ANSWER_BYTES_MAX)
        .read_to_vec()
        .with_context(|| format!("no whole answer on port {port} to {method} {path}"))?;
    Ok(Response {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    })
}

/// Asks a local server for a path.
pub(crate) fn get(port: u16, path: &str, wait: Duration) -> anyhow::Result<Response> {
    let request = Request {
        method: "GET",
        path,
        headers: &[],
        body: None,
    };
    send(port, &request, wait)
}
