//! `zapiki api`: the HTTP server.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use zapiki_api::{Api, Limits, serve};
use zapiki_backends::Registry;

use crate::backends::KeysArgs;
use crate::database::StoreArgs;
use crate::exit::Outcome;
use crate::files;
use crate::kek::KekArgs;
use crate::keys_dir::Halves;
use crate::memory_dumps;
use crate::metrics::MetricsArgs;
use crate::shutdown::{self, ShutdownArgs};
use crate::temporal::TemporalArgs;
use crate::traces;
use crate::webhooks::WebhooksArgs;

const HELP: &str = "\
Documentation is at /docs, the OpenAPI document at /openapi.json. /health/live says whether the process lives, /health/ready
whether it can work. On SIGTERM it takes no more requests and lets those that are under way end.";

/// The longest file of circuit notices that is read, in bytes.
const NOTICES_BYTES_MAX: u64 = 1024 * 1024;

/// Options of `api`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ApiArgs {
    /// Where to listen
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ZAPIKI_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    listen: String,
    /// The longest that a synchronous call waits for its proof; then it gets 202
    #[arg(
        long,
        value_name = "MS",
        env = "ZAPIKI_SYNC_WAIT_MS_MAX",
        default_value_t = 20_000
    )]
    sync_wait_ms_max: u64,
    /// The longest JSON body that is read, in bytes
    #[arg(
        long,
        value_name = "N",
        env = "ZAPIKI_MAX_INPUT_BYTES",
        default_value_t = Limits::default().body_bytes_max,
        value_parser = |text: &str| bytes(text, 16 * 1024 * 1024)
    )]
    max_input_bytes: usize,
    /// How long what a proof is to say in public may be, in bytes of JSON: statement, issuer, challenge, scope
    #[arg(
        long,
        value_name = "N",
        env = "ZAPIKI_MAX_PUBLIC_INPUT_BYTES",
        default_value_t = Limits::default().public_input_bytes_max,
        // A proof repeats it in a Temporal payload, which has 2 MiB at most.
        value_parser = |text: &str| bytes(text, 1024 * 1024)
    )]
    max_public_input_bytes: usize,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    kek: KekArgs,
    #[command(flatten)]
    temporal: TemporalArgs,
    #[command(flatten)]
    keys: KeysArgs,
    /// What is announced of circuits: a JSON file of those that are deprecated, since when, and from when on they make no new
    /// proofs. All APIs of a deployment have the same one
    #[arg(long, value_name = "FILE", env = "ZAPIKI_CIRCUIT_NOTICES")]
    circuit_notices: Option<PathBuf>,
    #[command(flatten)]
    metrics: MetricsArgs,
    #[command(flatten)]
    webhooks: WebhooksArgs,
    #[command(flatten)]
    shutdown: ShutdownArgs,
}

/// Runs it until it is asked to stop.
pub(crate) async fn run(args: ApiArgs) -> Result<Outcome> {
    memory_dumps::forbid()?;
    let metrics = args.metrics.start().await?;
    let traces = traces::start("zapiki-api")?;
    let keys = args.kek.key_ring().await?;
    let mut pipeline = traces::joined(args.temporal.pipeline(&keys), traces.as_ref());
    if let Some(metrics) = &metrics {
        pipeline = metrics.measured(pipeline);
    }
    let api = Api {
        pipeline,
        store: args.store.open(keys)?,
        // The API verifies, which is quick; it never proves.
        registry: announced(
            args.keys.registry(Halves::Verifying, NonZeroUsize::MIN)?,
            args.circuit_notices.as_deref(),
        )?,
        sync_wait_max: Duration::from_millis(args.sync_wait_ms_max),
        limits: Limits {
            body_bytes_max: args.max_input_bytes,
            public_input_bytes_max: args.max_public_input_bytes,
        },
        webhook_reach: args.webhooks.reach(),
    };
    if let Some(metrics) = &metrics {
        metrics.show_connections(&api.store);
    }
    let (wish, heard) = shutdown::listen(args.shutdown);
    let ready = |address: &str| tracing::info!(address, "the API is ready");
    serve(api, &args.listen, ready, wish).await?;
    heard.await?;
    if let Some(traces) = traces {
        traces.end().await;
    }
    Ok(Outcome::Success)
}

/// A limit: enough for the smallest request that means something, and not more than `most`.
fn bytes(text: &str, most: usize) -> Result<usize> {
    const LEAST: usize = 1024;
    let bytes: usize = text.parse().context("no number of bytes")?;
    ensure!(
        (LEAST..=most).contains(&bytes),
        "the limit can be {LEAST} to {most} bytes"
    );
    Ok(bytes)
}

/// The registry with the notices of a file, if there is one.
fn announced(registry: Registry, path: Option<&Path>) -> Result<Registry> {
    let Some(path) = path else {
        return Ok(registry);
    };
    let what = || format!("the circuit notices in {}", path.display());
    let bytes = files::read(path, NOTICES_BYTES_MAX)?;
    let notices = serde_json::from_slice(&bytes).with_context(what)?;
    registry.with_notices(notices).with_context(what)
}
