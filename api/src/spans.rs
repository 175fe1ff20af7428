//! The span of a request: what it asked for and how it ended, as a part of its caller's trace if the caller has one (W3C Trace Context).
//!
//! It has the operation, the method and the status: never a path, which has ids, never a header or a body. Of what a caller sends, the
//! trace's id alone goes on, to the workflow and its activities. While nobody collects traces, this does nothing.

use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, global};
use poem::http::{HeaderMap, StatusCode};

const PARENT: &str = "traceparent";

/// The one header that is read. `tracestate` and baggage are whatever a caller likes, and histories would keep them.
struct Parent<'a>(&'a HeaderMap);

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let is_parent = key.eq_ignore_ascii_case(PARENT);
        let value = is_parent.then(|| self.0.get(PARENT)).flatten()?;
        value.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT]
    }
}

/// Begins a request's span.
pub(crate) fn begin(operation: Option<&str>, method: &'static str, headers: &HeaderMap) -> Context {
    let parent = global::get_text_map_propagator(|known| {
        known.extract_with_context(&Context::new(), &Parent(headers))
    });
    let tracer = global::tracer("zapiki");
    let operation = operation.unwrap_or("other").to_owned();
    let span = tracer
        .span_builder(operation.clone())
        .with_kind(SpanKind::Server)
        .with_attributes([
            KeyValue::new("zapiki.operation", operation),
            KeyValue::new("http.request.method", method),
        ])
        .start_with_context(&tracer, &parent);
    parent.with_span(span)
}

/// Ends it.
pub(crate) fn end(context: &Context, status: StatusCode) {
    let span = context.span();
    span.set_attribute(KeyValue::new(
        "http.response.status_code",
        i64::from(status.as_u16()),
    ));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
    span.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_callers_headers_its_trace_alone_is_read() {
        let mut headers = HeaderMap::new();
        for name in ["traceparent", "tracestate", "baggage", "x-api-key"] {
            headers.insert(name, name.parse().unwrap());
        }
        let parent = Parent(&headers);
        assert_eq!(parent.get("TraceParent"), Some("traceparent"));
        for other in ["tracestate", "baggage", "x-api-key"] {
            assert_eq!(parent.get(other), None, "{other}");
        }
        assert_eq!(parent.keys(), ["traceparent"]);
    }
}
