//! `zapiki bench sync`: what a synchronous caller waits for, and how much of it is not the proof.
//!
//! Each round makes one proof over HTTP and one with the bare prover of this process, so that whatever slows the machine
//! down slows both. The overhead is the difference of the two medians: HTTP, database and Temporal. It means something only
//! if service and bench run on one machine that does nothing else, with as many prover threads here as there.
//!
//! The proofs are real: the service stores, counts and audits them. The issuer's trust is taken back at the end.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::Args;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;
use zapiki_backends::ProofBackend as _;
use zapiki_backends::groth16::{self, Groth16Backend};
use zapiki_core::circuit::CircuitId;
use zapiki_core::envelope::{ENVELOPE_BYTES_MAX, ProofEnvelope};
use zapiki_core::ids::IssuerId;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::{IssuerKey, SuiteId};

use super::BenchArgs;
use super::harness::{Figures, Samples, progress};
use crate::out;
use crate::sample::Sample;

const HELP: &str = "\
Examples:
  ZAPIKI_API_KEY=zk_… zapiki bench sync --json figures.json

Measures a service that runs on this machine; `cargo xtask dev` starts one and prints an API key, `cargo xtask bench sync` \
starts a throw-away one and measures it. The proofs are real: the tenant's books count them.";

/// How long the service is asked to wait for a proof.
const WAIT_S: u64 = 20;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take: the wait, and time to spare.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(WAIT_S + 10);
/// The longest answer that is read, in bytes: an envelope, and room for what is around it.
const ANSWER_BYTES_MAX: usize = ENVELOPE_BYTES_MAX + 64 * 1024;
/// Rounds before anything is measured: connections, pools, caches and threads are ready after them.
const WARM_UP_ROUNDS: u32 = 3;

/// Options of `bench sync`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct SyncArgs {
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
    /// Threads of the bare prover, as many as the worker has; default: one per core
    #[arg(long, value_name = "N", env = "ZAPIKI_PROVER_THREADS")]
    prover_threads: Option<NonZeroUsize>,
    #[command(flatten)]
    bench: BenchArgs,
}

/// Measures and publishes.
pub(crate) async fn run(args: &SyncArgs) -> Result<()> {
    let sample = Sample::new(StatementKind::AgeOver, SuiteId::BjjPoseidonBn254)?;
    let service = Service::new(&args.url, &args.api_key)?;
    let issuer = service.trust(&sample.claim.issuer).await?;
    let measured = tokio::select! {
        measured = measure(&service, sample, args) => measured,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("cannot listen for Ctrl-C").and_then(|()| bail!("interrupted"))
        }
    };
    if let Err(error) = service.distrust(issuer).await {
        out::note(format!("the tenant still trusts {issuer}: {error:#}"));
    }
    measured?.publish(args.bench.json.as_deref())
}

async fn measure(service: &Service, sample: Sample, args: &SyncArgs) -> Result<Figures> {
    let request = service.proof_request(&sample)?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = args.prover_threads.unwrap_or(cores);
    let bare = blocking(move || BareProver::new(sample, threads)).await?;
    let bare = Arc::new(bare);

    for _ in 0..WARM_UP_ROUNDS {
        let (served, _time) = service.prove(&request).await?;
        ensure!(
            served.circuit == bare.circuit,
            "the service proves with {}, the bare prover with {}: they cannot be compared",
            served.circuit,
            bare.circuit
        );
        let bare = Arc::clone(&bare);
        blocking(move || bare.prove()).await?;
    }

    let (mut sync, mut alone) = (Samples::default(), Samples::default());
    let rounds = args.bench.rounds as usize;
    let bar = progress("prove over HTTP, then alone", rounds)?;
    for _ in 0..rounds {
        let (_served, time) = service.prove(&request).await?;
        sync.push(time);
        let bare = Arc::clone(&bare);
        alone.push(blocking(move || bare.prove()).await?);
        bar.inc(1);
    }
    bar.finish();

    let (sync_p50, alone_p50) = (sync.percentile_ms(50)?, alone.percentile_ms(50)?);
    let mut figures = Figures::default();
    figures.ms("sync.p50_ms", sync_p50)?;
    figures.ms("sync.p95_ms", sync.percentile_ms(95)?)?;
    figures.ms("sync.bare_prove_ms_p50", alone_p50)?;
    figures.ms("sync.overhead_ms_p50", sync_p50 - alone_p50)?;
    Ok(figures)
}

/// Does arithmetic apart from the threads that listen for answers and for Ctrl-C.
async fn blocking<T: Send + 'static>(
    thing: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(thing).await?
}

/// The prover without a service around it.
struct BareProver {
    backend: Groth16Backend,
    circuit: CircuitId,
    sample: Sample,
}

impl BareProver {
    fn new(sample: Sample, threads: NonZeroUsize) -> Result<Self> {
        let backend = Groth16Backend::new(groth16::setup()?, threads)?;
        let kind = sample.claim.statement.kind();
        let circuit = backend
            .circuits()
            .iter()
            .find(|circuit| circuit.id.statement == kind)
            .context("no circuit has keys")?
            .id;
        Ok(Self {
            backend,
            circuit,
            sample,
        })
    }

    /// How long one proof takes.
    fn prove(&self) -> Result<Duration> {
        let started = Instant::now();
        self.backend
            .prove(self.circuit, &self.sample.claim, &self.sample.witness)
            .context("the sample cannot be proved")?;
        Ok(started.elapsed())
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
struct Service {
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

    async fn trust(&self, key: &IssuerKey) -> Result<IssuerId> {
        let request = self
            .client
            .post(format!("{}/v1/issuers", self.base))
            .json(&json!({"name": "zapiki bench sync", "key": key}));
        let body = send(request, StatusCode::OK).await?;
        Ok(read::<Trusted>(&body)?.id)
    }

    async fn distrust(&self, issuer: IssuerId) -> Result<()> {
        let request = self
            .client
            .delete(format!("{}/v1/issuers/{issuer}", self.base));
        send(request, StatusCode::NO_CONTENT).await?;
        Ok(())
    }

    /// The request for a proof, made once: writing it is not the service's work.
    fn proof_request(&self, sample: &Sample) -> Result<RequestBuilder> {
        let claim = &sample.claim;
        let body = serde_json::to_vec(&json!({
            "statement": claim.statement,
            "issuer": claim.issuer,
            "challenge": claim.challenge,
            "scope": claim.scope,
            "witness": sample.witness,
        }))?;
        Ok(self
            .client
            .post(format!("{}/v1/proofs", self.base))
            .header(CONTENT_TYPE, "application/json")
            .header("Prefer", format!("wait={WAIT_S}"))
            .body(body))
    }

    /// One proof, and the time from the first byte out to the last byte in.
    async fn prove(&self, request: &RequestBuilder) -> Result<(ProofEnvelope, Duration)> {
        let request = request.try_clone().context("the request is no constant")?;
        let started = Instant::now();
        let body = send(request, StatusCode::OK).await?;
        let time = started.elapsed();
        Ok((read::<Made>(&body)?.proof, time))
    }
}

/// Sends a request and reads the whole answer, which must have this status.
async fn send(request: RequestBuilder, wanted: StatusCode) -> Result<Vec<u8>> {
    let mut response = request.send().await.map_err(explain)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(explain)? {
        ensure!(
            body.len() + chunk.len() <= ANSWER_BYTES_MAX,
            "the answer has more than {ANSWER_BYTES_MAX} bytes: not an answer of this service"
        );
        body.extend_from_slice(&chunk);
    }
    if status == wanted {
        return Ok(body);
    }
    Err(refusal(status, &body))
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

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body)
        .context("the answer is not of the form that this version of zapiki reads")
}

#[cfg(test)]
mod tests {
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
