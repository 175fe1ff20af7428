//! Answers about one circuit, whose end may be announced: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a `Link` to where
//! people read about it.
//!
//! Answers about many circuits (lists, pages, batches) have no such headers, which would speak of the answer as a whole: there
//! each circuit says it in the body, or in its list of versions.

use chrono::{DateTime, Utc};
use poem::http::header::LINK;
use poem::http::{HeaderName, HeaderValue};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaHeader, MetaResponses, MetaSchema, Registry};
use zapiki_core::circuit::CircuitId;
use zapiki_core::lifecycle::Notice;
use zapiki_core::system::ProofSystem;

use crate::document::header;
use crate::state::Api;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// An answer with what is announced of the circuit that it used or shows.
pub(crate) struct Noted<T> {
    answer: T,
    notice: Option<Notice>,
}

impl<T> Noted<T> {
    /// The answer, which used or shows this circuit.
    pub(crate) fn new(api: &Api, system: ProofSystem, circuit: CircuitId, answer: T) -> Self {
        Self {
            answer,
            notice: api.registry.notice(system, circuit).cloned(),
        }
    }
}

/// A date as RFC 9745 writes it: seconds since 1970 as a date of structured fields (RFC 9651).
fn structured_date(at: DateTime<Utc>) -> String {
    format!("@{}", at.timestamp())
}

/// A date as HTTP writes it (RFC 9110, section 5.6.7).
fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The headers of a notice.
fn headers(notice: &Notice) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let link = format!("<{}>; rel=\"deprecation\"; type=\"text/html\"", notice.link);
    let headers = [
        Some((DEPRECATION, structured_date(notice.deprecated_at))),
        notice.sunset_at.map(|at| (SUNSET, http_date(at))),
        Some((LINK, link)),
    ];
    let headers = headers.into_iter().flatten();
    headers.filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)))
}

impl<T: IntoResponse> IntoResponse for Noted<T> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        if let Some(notice) = &self.notice {
            response.headers_mut().extend(headers(notice));
        }
        response
    }
}

impl<T: ApiResponse> ApiResponse for Noted<T> {
    fn meta() -> MetaResponses {
        let mut meta = T::meta();
        for response in &mut meta.responses {
            response.headers.extend(described());
        }
        meta
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// The headers as the document describes them.
fn described() -> [MetaHeader; 3] {
    let text = || MetaSchema::new("string");
    [
        header(
            "Deprecation",
            "Since when the circuit is deprecated, if that is announced: `@` and Unix seconds (RFC 9745).",
            text(),
            false,
        ),
        header(
            "Sunset",
            "From when on the circuit makes no new proofs, if that is announced (RFC 8594).",
            text(),
            false,
        ),
        header(
            "Link",
            "Where to read about the deprecation (`rel=\"deprecation\"`), if there is one.",
            text(),
            false,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dates are those of the examples in RFC 9745, section 2.1, and RFC 8594, section 3 (which names a wrong weekday).
    #[test]
    fn dates_are_written_as_the_rfcs_write_them() {
        let deprecated = "2023-06-30T23:59:59Z".parse().unwrap();
        assert_eq!(structured_date(deprecated), "@1688169599");
        let sunset = "2018-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(http_date(sunset), "Mon, 31 Dec 2018 23:59:59 GMT");
    }

    #[test]
    fn a_notice_without_a_sunset_has_no_such_header() {
        let notice = Notice {
            system: ProofSystem::Groth16,
            circuit: "age_over@1.0.0".parse().unwrap(),
            deprecated_at: "2026-11-24T00:00:00Z".parse().unwrap(),
            sunset_at: None,
            link: "https://example.com/a?b=c".to_owned(),
        };
        let headers: Vec<_> = headers(&notice)
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        assert_eq!(
            headers,
            [
                "deprecation: @1795478400",
                "link: <https://example.com/a?b=c>; rel=\"deprecation\"; type=\"text/html\"",
            ]
        );
    }
}
