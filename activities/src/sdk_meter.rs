//! Metrics of Temporal's SDK (slots, polls, waits in queues, calls to the server), recorded beside ours.
//!
//! The SDK brings a recorder of its own for Prometheus, which wants a port of its own, and one that pushes. This one records where
//! ours go, under names as Prometheus has them: `_total` and `_seconds` at their ends.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use temporalio_common::telemetry::metrics::{
    CoreMeter, Counter, Gauge, GaugeF64, Histogram, HistogramDuration, HistogramDurationBase,
    HistogramF64, HistogramF64Base, MetricAttributable, MetricAttributes, MetricParameters,
    NewAttributes, TemporalMeter, UpDownCounter, default_buckets_for,
};
use temporalio_common::telemetry::{METRIC_PREFIX, TaskQueueLabelStrategy};

/// Records in OpenTelemetry what the SDK measures.
#[derive(Debug)]
pub(crate) struct SdkMeter(pub(crate) Meter);

/// Measures the calls of a client of Temporal in the same place.
#[must_use]
pub fn client_meter(meter: Meter) -> TemporalMeter {
    let strategy = TaskQueueLabelStrategy::UseNormal;
    TemporalMeter::new(
        Arc::new(SdkMeter(meter)),
        NewAttributes::default(),
        strategy,
    )
}

/// The whole name: workers say what it begins with, clients do not.
fn named(params: &MetricParameters, end: &str) -> String {
    let name = params.name.strip_prefix(METRIC_PREFIX);
    format!("{METRIC_PREFIX}{}{end}", name.unwrap_or(&params.name))
}

impl SdkMeter {
    fn seconds(&self, params: &MetricParameters) -> opentelemetry::metrics::Histogram<f64> {
        let name = params.name.strip_prefix(METRIC_PREFIX);
        let buckets = default_buckets_for(name.unwrap_or(&params.name), true);
        self.0
            .f64_histogram(named(params, "_seconds"))
            .with_description(params.description.clone())
            .with_boundaries(buckets.to_vec())
            .build()
    }
}

impl CoreMeter for SdkMeter {
    fn new_attributes(&self, attributes: NewAttributes) -> MetricAttributes {
        let kvs = attributes.attributes.into_iter().map(KeyValue::from);
        MetricAttributes::OTel {
            kvs: Arc::new(kvs.collect()),
        }
    }

    fn extend_attributes(
        &self,
        existing: MetricAttributes,
        attributes: NewAttributes,
    ) -> MetricAttributes {
        let MetricAttributes::OTel { mut kvs } = existing else {
            return self.new_attributes(attributes);
        };
        let more = attributes.attributes.into_iter().map(KeyValue::from);
        Arc::make_mut(&mut kvs).extend(more);
        MetricAttributes::OTel { kvs }
    }

    fn counter(&self, params: MetricParameters) -> Counter {
        let counter = self.0.u64_counter(named(&params, "_total"));
        Counter::new(Arc::new(
            counter.with_description(params.description).build(),
        ))
    }

    fn histogram(&self, params: MetricParameters) -> Histogram {
        let histogram = self.0.u64_histogram(named(&params, ""));
        Histogram::new(Arc::new(
            histogram.with_description(params.description).build(),
        ))
    }

    fn histogram_f64(&self, params: MetricParameters) -> HistogramF64 {
        let histogram = self.0.f64_histogram(named(&params, ""));
        HistogramF64::new(Arc::new(
            histogram.with_description(params.description).build(),
        ))
    }

    fn histogram_duration(&self, params: MetricParameters) -> HistogramDuration {
        HistogramDuration::new(Arc::new(Seconds(self.seconds(&params))))
    }

    fn gauge(&self, params: MetricParameters) -> Gauge {
        let gauge = self.0.u64_gauge(named(&params, ""));
        Gauge::new(Arc::new(gauge.with_description(params.description).build()))
    }

    fn gauge_f64(&self, params: MetricParameters) -> GaugeF64 {
        let gauge = self.0.f64_gauge(named(&params, ""));
        GaugeF64::new(Arc::new(gauge.with_description(params.description).build()))
    }

    fn up_down_counter(&self, params: MetricParameters) -> UpDownCounter {
        let counter = self.0.i64_up_down_counter(named(&params, ""));
        UpDownCounter::new(Arc::new(
            counter.with_description(params.description).build(),
        ))
    }
}

/// A histogram of seconds that takes durations.
struct Seconds(opentelemetry::metrics::Histogram<f64>);

/// The same, of one set of attributes.
struct BoundSeconds(Box<dyn HistogramF64Base>);

impl MetricAttributable<Box<dyn HistogramDurationBase>> for Seconds {
    fn with_attributes(
        &self,
        attributes: &MetricAttributes,
    ) -> Result<Box<dyn HistogramDurationBase>, Box<dyn std::error::Error>> {
        Ok(Box::new(BoundSeconds(self.0.with_attributes(attributes)?)))
    }
}

impl HistogramDurationBase for BoundSeconds {
    fn records(&self, value: Duration) {
        self.0.records(value.as_secs_f64());
    }
}
