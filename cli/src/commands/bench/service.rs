//! A running service as the suites call it, and what they say when it does not answer.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Args;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;
use zapiki_core::envelope::{ENVELOPE_BYTES_MAX, ProofEnvelope};
use zapiki_core::ids::IssuerId;
use zapiki_core::suites::IssuerKey;

use crate::sample::Sample;

/// How long the service is asked to wait for a proof.
const WAIT_S: u64 = 20;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take: the wait, and time to spare.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(WAIT_S + 10);
/// The longest answer that is read, in bytes: an envelope, and room for what is around it.
const ANSWER_BYTES_MAX: usize = ENVELOPE_BYTES_MAX + 64 * 1024;
/// The longest page that is read, in bytes: a hundred proofs.
const PAGE_BYTES_MAX: usize = 100 * ANSWER_BYTES_MAX;

// Which service. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
pub(super) struct ServiceArgs {
    /// The service to measure, over plain HTTP
    #[arg(
        long,
        value_name = "URL",
        env = "ZAPIKI_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    url: Url,
    /// A key of the tenant that is to make the proofs
    #[arg(
        long,
        value_name = "KEY",
        env = "ZAPIKI_API_KEY",
        hide_env_values = true
    )]
    api_key: SecretString,
}

impl ServiceArgs {
    pub(super) fn open(&self) -> Result<Service> {
        Service::new(&self.url, &self.api_key)
    }
}

/// What this bench reads of the service's answers. They have more fields.
#[derive(Deserialize)]
struct Made {
    proof: ProofEnvelope,
}

#[derive(Deserialize)]
struct Trusted {
    id: IssuerId,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    request_id: String,
}

/// A running service.
pub(super) struct Service {
    client: Client,
    base: String,
}

impl Service {
    fn new(url: &Url, api_key: &SecretString) -> Result<Self> {
        ensure!(
            url.scheme() == "http",
            "--url must start with http://: what a TLS proxy adds is not measured here"
        );
        let mut key = HeaderValue::from_str(api_key.expose_secret())
            .map_err(|_| anyhow!("the API key has characters that no key has"))?;
        key.set_sensitive(true);
        let client = Client::builder()
            .default_headers(HeaderMap::from_iter([(
                reqwest::header::HeaderName::from_static("x-api-key"),
                key,
            )]))
            // Whatever the environment says: a proxy would be measured too.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .context("the HTTP client cannot be set up")?;
        Ok(Self {
            client,
            base: url.as_str().trim_end_matches('/').to_owned(),
        })
    }

    pub(super) async fn trust(&self, key: &IssuerKey) -> Result<IssuerId> {
        let request = self
            .client
            .post(format!("{}/v1/issuers", self.base))
            .json(&json!({"name": "zapiki bench", "key": key}));
        let body = send(request, StatusCode::OK).await?;
        Ok(read::<Trusted>(&body)?.id)
    }

    pub(super) async fn distrust(&self, issuer: IssuerId) -> Result<()> {
        let request = self
            .client
            .delete(format!("{}/v1/issuers/{issuer}", self.base));
        send(request, StatusCode::NO_CONTENT).await?;
        Ok(())
    }

    /// The request for a proof, made once: writing it is not the service's work.
    pub(super) fn proof_request(&self, sample: &Sample) -> Result<RequestBuilder> {
        self.single(sample, &format!("wait={WAIT_S}"))
    }

    /// The same from somebody who does not wait.
    pub(super) fn async_proof_request(&self, sample: &Sample) -> Result<RequestBuilder> {
        self.single(sample, "respond-async")
    }

    fn single(&self, sample: &Sample, prefer: &str) -> Result<RequestBuilder> {
        Ok(self
            .client
            .post(format!("{}/v1/proofs", self.base))
            .header(CONTENT_TYPE, "application/json")
            .header("Prefer", prefer)
            .body(serde_json::to_vec(&order(sample))?))
    }

    /// The request for so many of them at once. Each has a scope of its own: the same twice is refused.
    pub(super) fn batch_request(&self, sample: &Sample, items: u32) -> Result<RequestBuilder> {
        let items: Vec<Value> = (0..items)
            .map(|number| {
                let mut item = order(sample);
                item["scope"] = json!(format!("bench/{number}"));
                item
            })
            .collect();
        Ok(self
            .client
            .post(format!("{}/v1/proofs/batch", self.base))
            .header(CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(&json!({ "items": items }))?))
    }

    /// Reads a document.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let request = self.client.get(format!("{}{path}", self.base));
        read(&send(request, StatusCode::OK).await?)
    }

    /// One proof, and the time from the first byte out to the last byte in.
    pub(super) async fn prove(
        &self,
        request: &RequestBuilder,
    ) -> Result<(ProofEnvelope, Duration)> {
        let request = request.try_clone().context("the request is no constant")?;
        let started = Instant::now();
        let body = send(request, StatusCode::OK).await?;
        let time = started.elapsed();
        Ok((read::<Made>(&body)?.proof, time))
    }
}

/// What is asked for.
fn order(sample: &Sample) -> Value {
    let claim = &sample.claim;
    json!({
        "statement": claim.statement,
        "issuer": claim.issuer,
        "challenge": claim.challenge,
        "scope": claim.scope,
        "witness": sample.witness,
    })
}

/// Sends a request and reads the whole answer, which must have this status.
pub(super) async fn send(request: RequestBuilder, wanted: StatusCode) -> Result<Vec<u8>> {
    let (status, body) = answer(request).await?;
    if status == wanted {
        return Ok(body);
    }
    Err(refusal(status, &body))
}

/// Sends a request and reads the whole answer, whatever its status.
pub(super) async fn answer(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>)> {
    let mut response = request.send().await.map_err(explain)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(explain)? {
        ensure!(
            body.len() + chunk.len() <= PAGE_BYTES_MAX,
            "the answer has more than {PAGE_BYTES_MAX} bytes: not an answer of this service"
        );
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// Why there was no answer. Not the transport's whole words: they quote the URL, which may hold a password.
fn explain(error: reqwest::Error) -> anyhow::Error {
    if error.is_connect() {
        return anyhow!(
            "no service answers there. Start one with `cargo xtask dev` and pass its --url and --api-key, or let \
             `cargo xtask bench sync` start a throw-away one"
        );
    }
    if error.is_timeout() {
        return anyhow!(
            "the service did not answer within {} s",
            ANSWER_TIMEOUT.as_secs()
        );
    }
    anyhow::Error::new(error.without_url()).context("the service did not answer")
}

/// What an answer of another status says.
fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    if status == StatusCode::ACCEPTED {
        return anyhow!(
            "the service answered 202: the proof was not made within its wait. Does a worker run, on the queues of this \
             API?"
        );
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => anyhow!(
            "the service answered {} {}: {} (request {})",
            status.as_u16(),
            problem.code,
            problem.detail,
            problem.request_id
        ),
        Err(_) => anyhow!(
            "the service answered {} without a problem document: is it Zapiki?",
            status.as_u16()
        ),
    }
}

pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body)
        .context("the answer is not of the form that this version of zapiki reads")
}

#[cfg(test)]
mod tests {
    use zapiki_core::statement::StatementKind;
    use zapiki_core::suites::SuiteId;

    use super::*;

    #[test]
    fn a_refusal_says_what_the_problem_says() {
        let problem =
            br#"{"type":"x","title":"API key unknown","status":401,"code":"api_key_invalid",
            "detail":"There is no such key.","request_id":"r-1"}"#;
        assert_eq!(
            refusal(StatusCode::UNAUTHORIZED, problem).to_string(),
            "the service answered 401 api_key_invalid: There is no such key. (request r-1)"
        );
        let other = refusal(StatusCode::BAD_GATEWAY, b"<html>").to_string();
        assert!(other.contains("502"), "{other}");
        let late = refusal(StatusCode::ACCEPTED, b"{}").to_string();
        assert!(late.contains("worker"), "{late}");
    }

    #[tokio::test]
    async fn without_a_service_the_error_says_how_to_get_one() {
        // A port that was free a moment ago, and a URL with a secret in it.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let url = format!("http://user:canary@127.0.0.1:{port}")
            .parse()
            .unwrap();
        let service = Service::new(&url, &"zk_x".into()).unwrap();
        let sample = Sample::new(StatementKind::AgeOver, SuiteId::BjjPoseidonBn254).unwrap();
        let error = service.trust(&sample.claim.issuer).await.unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("cargo xtask dev"), "{text}");
        assert!(!text.contains("canary"), "{text}");
        assert!(Service::new(&"https://host".parse().unwrap(), &"zk_x".into()).is_err());
    }
}
