//! What a worker measures, for operators: proving, the relay, messages to webhooks, the backlog.
//!
//! By kinds alone: no id, no tenant. Names are what docs/OPERATIONS.md lists; while nobody asks for metrics, measuring does nothing.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use opentelemetry::metrics::{Counter, Histogram, Meter, UpDownCounter};
use opentelemetry::{KeyValue, global};
use tokio_util::sync::CancellationToken;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_core::webhook::DeliveryFailure;
use zapiki_store::{Backlog, Store, Waiting};

/// How often the backlog is read.
const BACKLOG_PERIOD: Duration = Duration::from_secs(5);
/// How long a reading is shown: what was read longer ago says nothing of now, and a series that ends shows that.
const BACKLOG_FRESH: Duration = Duration::from_secs(60);
/// From small circuits on one core to the largest, in seconds.
const PROVING_S: [f64; 12] = [
    0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0,
];

/// What the relay starts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Started {
    Proof,
    Batch,
}

/// What the relay could not do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failed {
    /// Read what waits.
    Read,
    /// Start a workflow.
    Start,
    /// Forget old requests and messages.
    Forget,
    /// Read the backlog.
    Backlog,
}

zapiki_core::named_variants!(Started, UnknownStarted, "start", {
    Proof => "proof",
    Batch => "batch",
});

zapiki_core::named_variants!(Failed, UnknownFailed, "step of the relay", {
    Read => "read",
    Start => "start",
    Forget => "forget",
    Backlog => "backlog",
});

struct Metrics {
    proving: Histogram<f64>,
    in_progress: UpDownCounter<i64>,
    starts: Counter<u64>,
    failures: Counter<u64>,
    attempts: Counter<u64>,
}

fn meter() -> Meter {
    global::meter("zapiki")
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let meter = meter();
    let counter = |name, description| {
        meter
            .u64_counter(name)
            .with_description(description)
            .build()
    };
    Metrics {
        proving: meter
            .f64_histogram("zapiki_proving_duration_seconds")
            .with_description("Time that the arithmetic of a proof took")
            .with_boundaries(PROVING_S.to_vec())
            .build(),
        in_progress: meter
            .i64_up_down_counter("zapiki_proofs_in_progress")
            .with_description("Proofs whose arithmetic runs at the moment")
            .build(),
        starts: counter(
            "zapiki_relay_starts_total",
            "Workflows that the relay started because the API could not",
        ),
        failures: counter(
            "zapiki_relay_failures_total",
            "Steps of the relay that failed and are tried again",
        ),
        attempts: counter(
            "zapiki_webhook_attempts_total",
            "Messages that were sent to webhooks, each as often as it was sent",
        ),
    }
});

/// Has the counts begin at zero: a series that begins at one hides its first event.
pub(crate) fn begin() {
    for system in ProofSystem::ALL {
        METRICS.in_progress.add(0, &[by_system(*system)]);
    }
    for started in Started::ALL {
        METRICS.starts.add(0, &[by_started(*started)]);
    }
    for step in Failed::ALL {
        METRICS.failures.add(0, &[by_step(*step)]);
    }
    let failures = DeliveryFailure::ALL.iter().copied();
    let failures = failures.filter(|failure| *failure != DeliveryFailure::WebhookDisabled);
    for failure in failures.map(Some).chain([None]) {
        METRICS.attempts.add(0, &[by_result(failure)]);
    }
}

fn by_system(system: ProofSystem) -> KeyValue {
    KeyValue::new("system", system.as_str())
}

fn by_started(started: Started) -> KeyValue {
    KeyValue::new("what", started.as_str())
}

fn by_step(step: Failed) -> KeyValue {
    KeyValue::new("step", step.as_str())
}

fn by_result(failure: Option<DeliveryFailure>) -> KeyValue {
    KeyValue::new(
        "result",
        failure.map_or("delivered", DeliveryFailure::as_str),
    )
}

/// A message to a webhook was sent, or could not be.
pub(crate) fn attempted(failure: Option<DeliveryFailure>) {
    METRICS.attempts.add(1, &[by_result(failure)]);
}

/// The relay started something.
pub(crate) fn relay_started(started: Started) {
    METRICS.starts.add(1, &[by_started(started)]);
}

/// The relay could not do something.
pub(crate) fn relay_failed(step: Failed) {
    METRICS.failures.add(1, &[by_step(step)]);
}

/// The arithmetic of one proof, from its start to its end, however it ends.
pub(crate) struct Proving {
    statement: StatementKind,
    system: ProofSystem,
    started: Instant,
}

impl Proving {
    /// It starts.
    pub(crate) fn start(statement: StatementKind, system: ProofSystem) -> Self {
        METRICS.in_progress.add(1, &[by_system(system)]);
        Self {
            statement,
            system,
            started: Instant::now(),
        }
    }
}

impl Drop for Proving {
    fn drop(&mut self) {
        METRICS.in_progress.add(-1, &[by_system(self.system)]);
        let by = [
            KeyValue::new("statement", self.statement.as_str()),
            by_system(self.system),
        ];
        METRICS
            .proving
            .record(self.started.elapsed().as_secs_f64(), &by);
    }
}

/// The last reading of the backlog, and when it was taken.
type Reading = Arc<Mutex<Option<(Instant, Backlog)>>>;

/// Reads the backlog again and again until it is told to stop, and shows what it read.
pub(crate) async fn watch_backlog(store: Store, stop: CancellationToken) {
    let reading = Reading::default();
    show_backlog(&reading);
    let mut tick = tokio::time::interval(BACKLOG_PERIOD);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        match store.backlog().await {
            Ok(backlog) => {
                let mut shown = reading.lock().unwrap_or_else(PoisonError::into_inner);
                *shown = Some((Instant::now(), backlog));
            }
            Err(error) => {
                tracing::warn!(%error, "the backlog cannot be read");
                relay_failed(Failed::Backlog);
            }
        }
    }
}

/// The values of a gauge, each with what tells it from the others. One that is not there is not shown.
type Values = Vec<(Option<f64>, Option<KeyValue>)>;

/// Has the gauges show a reading as long as it is fresh.
fn show_backlog(reading: &Reading) {
    let gauge = |name, description, values: fn(&Backlog) -> Values| {
        let reading = reading.clone();
        meter()
            .f64_observable_gauge(name)
            .with_description(description)
            .with_callback(move |observer| {
                for (value, by) in fresh(&reading).iter().flat_map(values) {
                    if let Some(value) = value {
                        observer.observe(value, by.as_slice());
                    }
                }
            })
            .build();
    };
    gauge(
        "zapiki_proofs_waiting",
        "Accepted proofs without an outcome, of all tenants",
        |backlog| by_kind(backlog, |waiting| Some(count(waiting.proofs))),
    );
    gauge(
        "zapiki_proofs_waiting_since_timestamp_seconds",
        "Since when the first of the waiting proofs has waited; absent if none waits",
        |backlog| by_kind(backlog, |waiting| waiting.since.map(seconds)),
    );
    gauge(
        "zapiki_batches_running",
        "Batches with proofs without an outcome, of all tenants",
        |backlog| vec![(Some(count(backlog.batches)), None)],
    );
    gauge(
        "zapiki_dead_letters_open",
        "Dead letters that wait for a decision, of all tenants",
        |backlog| vec![(Some(count(backlog.dead_letters)), None)],
    );
    gauge(
        "zapiki_dead_letters_expiry_timestamp_seconds",
        "When the first open dead letter expires; absent if none is open",
        |backlog| vec![(backlog.soonest_expiry.map(seconds), None)],
    );
}

fn fresh(reading: &Reading) -> Option<Backlog> {
    let reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
    let (taken, backlog) = (*reading)?;
    (taken.elapsed() <= BACKLOG_FRESH).then_some(backlog)
}

fn by_kind(backlog: &Backlog, value: fn(&Waiting) -> Option<f64>) -> Values {
    [("single", &backlog.singles), ("batch_item", &backlog.items)]
        .map(|(kind, waiting)| (value(waiting), Some(KeyValue::new("kind", kind))))
        .into()
}

#[expect(clippy::cast_precision_loss, reason = "no database has so many rows")]
const fn count(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of this century have their place in a double"
)]
fn seconds(time: DateTime<Utc>) -> f64 {
    time.timestamp_millis() as f64 / 1000.0
}
