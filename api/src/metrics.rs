//! What the API measures of its requests, for operators: how many, how they ended, how long they took.
//!
//! By operation, method and status alone, all of which have few values: never by a path, which has ids, nor by tenant. Names are what
//! docs/OPERATIONS.md lists; while nobody asks for metrics, measuring does nothing.

use std::sync::LazyLock;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use poem::http::{Method, StatusCode};

/// From an answer out of memory to the longest wait for a proof, in seconds.
const REQUEST_S: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0,
];
/// What stands for an operation or method that the API does not have.
const OTHER: &str = "other";

struct Metrics {
    requests: Counter<u64>,
    duration: Histogram<f64>,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let meter = global::meter("zapiki");
    Metrics {
        requests: meter
            .u64_counter("zapiki_http_requests_total")
            .with_description("Requests that were answered")
            .build(),
        duration: meter
            .f64_histogram("zapiki_http_request_duration_seconds")
            .with_description("Time until the head of the answer, waits for proofs included")
            .with_boundaries(REQUEST_S.to_vec())
            .build(),
    }
});

/// A request was answered.
pub(crate) fn answered(
    operation: Option<&str>,
    method: &'static str,
    status: StatusCode,
    took: Duration,
) {
    let [operation, method] = [
        KeyValue::new("operation", operation.unwrap_or(OTHER).to_owned()),
        KeyValue::new("method", method),
    ];
    let by = [operation.clone(), method.clone()];
    METRICS.duration.record(took.as_secs_f64(), &by);
    let status = KeyValue::new("status", i64::from(status.as_u16()));
    METRICS.requests.add(1, &[operation, method, status]);
}

/// A method under its name. Callers may invent methods; a metric has few.
pub(crate) fn known(method: &Method) -> &'static str {
    match *method {
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_method_makes_no_series_of_its_own() {
        assert_eq!(known(&Method::GET), "GET");
        assert_eq!(known(&Method::from_bytes(b"BREW").unwrap()), OTHER);
    }
}
