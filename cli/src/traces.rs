//! Traces: what a request caused, from the call to the activities, sent to a collector by OTLP over HTTP.
//!
//! On when a standard variable says where a collector is (`OTEL_EXPORTER_OTLP_ENDPOINT`, or `…_TRACES_ENDPOINT`); otherwise nothing is
//! recorded. The spans of requests are made in `api`, those of workflows and activities by a plugin of Temporal's SDK.
//!
//! What leaves the process is a list of attributes that are known to be harmless. Everything else is dropped, whoever recorded it: the
//! texts of errors, events, and whatever a library adds one day. No span has a private input.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use opentelemetry::trace::Status;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanEvents, SpanLinks};
use temporalio_sdk::opentelemetry::{OpenTelemetryPlugin, WorkflowIdGenerator};
use zapiki_workflows::client::PipelineClient;

/// The variables that say where a collector is.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
/// The variables that say how it is spoken to.
const PROTOCOLS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
/// The one way in which we do.
const HTTP_PROTOBUF: &str = "http/protobuf";
/// How long the last spans may take on their way out.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// The attributes that leave. None has more than an id or a name of ours.
const ATTRIBUTES: [&str; 7] = [
    "http.request.method",
    "http.response.status_code",
    "zapiki.operation",
    "temporalWorkflowID",
    "temporalRunID",
    "temporalActivityID",
    "temporalActivityType",
];

/// Traces that are recorded, until [`Traces::end`].
#[derive(Debug)]
pub(crate) struct Traces(SdkTracerProvider);

/// Records traces from now on, if there is a collector.
pub(crate) fn start(service: &'static str) -> Result<Option<Traces>> {
    let set = |names: [&str; 2]| {
        let mut values = names
            .into_iter()
            .filter_map(|name| std::env::var(name).ok());
        values.find(|value| !value.is_empty())
    };
    if set(ENDPOINTS).is_none() {
        return Ok(None);
    }
    let protocol = set(PROTOCOLS).unwrap_or_else(|| HTTP_PROTOBUF.to_owned());
    ensure!(
        protocol == HTTP_PROTOBUF,
        "traces are sent as `{HTTP_PROTOBUF}` alone: give OTEL_EXPORTER_OTLP_PROTOCOL this value, and the collector's HTTP port"
    );
    // Its client resolves how to do TLS from the process default. Another part may have said so before, which is as well.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .build()
        .context("traces cannot be sent; see the variables OTEL_EXPORTER_OTLP_…")?;
    let resource = Resource::builder()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(Harmless(exporter))
        // The ids of a workflow's spans are the same whenever it is replayed.
        .with_id_generator(WorkflowIdGenerator::default())
        .with_resource(resource)
        .build();
    global::set_tracer_provider(provider.clone());
    global::set_text_map_propagator(TraceContextPropagator::new());
    tracing::info!("traces are recorded");
    Ok(Some(Traces(provider)))
}

/// The pipeline, whose calls and workers belong to the traces, if there are any.
pub(crate) fn joined(pipeline: PipelineClient, traces: Option<&Traces>) -> PipelineClient {
    if traces.is_none() {
        return pipeline;
    }
    // Without baggage, which is whatever a caller likes.
    let plugin = OpenTelemetryPlugin::builder()
        .propagator(TraceContextPropagator::new())
        .build();
    pipeline.with_plugin(plugin)
}

impl Traces {
    /// Sends what was not sent yet.
    pub(crate) async fn end(self) {
        // Waits for a thread, which waits for the network.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(FLUSH_MAX));
        if let Ok(Err(error)) = ended.await {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Sends of each span what is known to be harmless.
#[derive(Debug)]
struct Harmless<E>(E);

impl<E: opentelemetry_sdk::trace::SpanExporter> opentelemetry_sdk::trace::SpanExporter
    for Harmless<E>
{
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        self.0.export(batch.into_iter().map(harmless).collect())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn harmless(mut span: SpanData) -> SpanData {
    span.attributes
        .retain(|attribute| ATTRIBUTES.contains(&attribute.key.as_str()));
    span.events = SpanEvents::default();
    span.links = SpanLinks::default();
    // That it failed, not why: the text is a library's.
    if let Status::Error { .. } = span.status {
        span.status = Status::error("");
    }
    span
}

#[cfg(test)]
mod tests {
    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind};

    use super::*;

    #[test]
    fn what_is_not_known_to_be_harmless_does_not_leave() {
        let now = std::time::SystemTime::UNIX_EPOCH;
        let mut events = SpanEvents::default();
        events
            .events
            .push(Event::new("exception", now, Vec::new(), 0));
        let span = SpanData {
            span_context: SpanContext::NONE,
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "RunActivity:prove".into(),
            start_time: now,
            end_time: now,
            attributes: vec![
                KeyValue::new("temporalWorkflowID", "proof_1"),
                KeyValue::new("birth_date", "1987-03-14"),
            ],
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: Status::error("born on 1987-03-14"),
            instrumentation_scope: InstrumentationScope::default(),
        };
        let left = harmless(span);
        assert_eq!(
            left.attributes,
            [KeyValue::new("temporalWorkflowID", "proof_1")]
        );
        assert_eq!(left.status, Status::error(""));
        assert!(!format!("{left:?}").contains("1987"));
        assert!(left.events.is_empty());
    }
}
