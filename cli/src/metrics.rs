//! Metrics: what services measure, as Prometheus scrapes it, from a listener that is theirs alone.
//!
//! The API's own address never serves them: they are for operators. Without `--metrics-listen` nothing is measured. What is measured is
//! defined where it happens, in `store`, `api` and `activities`; docs/OPERATIONS.md lists it. No metric has a private input, an id or a
//! tenant.

use anyhow::{Context as _, Result};
use clap::Args;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use poem::http::StatusCode;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::web::Data;
use poem::{EndpointExt as _, Response, Route, Server, get, handler};
use prometheus::{Encoder as _, Registry, TextEncoder};
use tokio::task::JoinHandle;
use zapiki_store::Store;
use zapiki_workflows::client::PipelineClient;

// Where metrics are served. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metrics")]
pub(crate) struct MetricsArgs {
    /// Where Prometheus finds metrics, at /metrics, such as 127.0.0.1:9464. Default: nowhere. Let nobody else reach it: it has no
    /// authentication
    #[arg(long, value_name = "ADDRESS", env = "ZAPIKI_METRICS_LISTEN")]
    metrics_listen: Option<String>,
}

/// Metrics that are served, until this is dropped.
#[derive(Debug)]
pub(crate) struct Metrics {
    provider: SdkMeterProvider,
    server: JoinHandle<()>,
}

impl MetricsArgs {
    /// Serves metrics from now on, if they are wanted. Comes before whatever measures: an instrument that is made earlier measures
    /// nothing.
    pub(crate) async fn start(&self) -> Result<Option<Metrics>> {
        let Some(listen) = &self.metrics_listen else {
            return Ok(None);
        };
        let registry = Registry::new();
        // Names are written as Prometheus has them, so that what is in the code is found there.
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_counter_suffixes()
            .without_units()
            .without_scope_info()
            .without_target_info()
            .build()
            .context("metrics cannot be set up")?;
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        global::set_meter_provider(provider.clone());

        let acceptor = TcpListener::bind(listen.clone()).into_acceptor().await;
        let acceptor = acceptor.with_context(|| {
            format!("cannot serve metrics on {listen}: choose another --metrics-listen")
        })?;
        let address = acceptor.local_addr().first().map(ToString::to_string);
        let address = address.unwrap_or_default();
        let routes = Route::new().at("/metrics", get(scrape).data(registry));
        let server = tokio::spawn(async move {
            if let Err(error) = Server::new_with_acceptor(acceptor).run(routes).await {
                tracing::error!(%error, "metrics are served no more");
            }
        });
        let address = address.trim_start_matches("socket://");
        tracing::info!(address, "metrics are served");
        let metrics = Metrics { provider, server };
        metrics.show_build();
        Ok(Some(metrics))
    }
}

impl Metrics {
    /// Where others may measure too.
    pub(crate) fn meter(&self) -> Meter {
        self.provider.meter("zapiki")
    }

    /// The pipeline, whose calls to Temporal are measured.
    pub(crate) fn measured(&self, pipeline: PipelineClient) -> PipelineClient {
        pipeline.with_meter(zapiki_activities::client_meter(self.meter()))
    }

    fn show_build(&self) {
        let build = self
            .meter()
            .u64_gauge("zapiki_build_info")
            .with_description("Always 1; says which release runs")
            .build();
        build.record(1, &[KeyValue::new("version", env!("CARGO_PKG_VERSION"))]);
    }

    /// Shows how many connections to the database are used.
    pub(crate) fn show_connections(&self, store: &Store) {
        let meter = self.meter();
        let (open, most) = (store.clone(), store.clone());
        meter
            .u64_observable_gauge("zapiki_database_connections")
            .with_description("Open connections to PostgreSQL")
            .with_callback(move |observer| {
                let connections = open.connections();
                observer.observe(connections.in_use, &[KeyValue::new("state", "in_use")]);
                observer.observe(connections.idle, &[KeyValue::new("state", "idle")]);
            })
            .build();
        meter
            .u64_observable_gauge("zapiki_database_connections_max")
            .with_description("The most connections to PostgreSQL that are open at a time")
            .with_callback(move |observer| observer.observe(most.connections().max, &[]))
            .build();
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[handler]
fn scrape(Data(registry): Data<&Registry>) -> Response {
    let (encoder, mut text) = (TextEncoder::new(), Vec::new());
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => Response::builder()
            .content_type(encoder.format_type())
            .body(text),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into()
        }
    }
}
