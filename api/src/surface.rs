//! What the API offers, read from its own OpenAPI document: which methods a path has, and which query parameters each takes.
//!
//! From one table come answers that would otherwise be forgotten for some operation: the `Allow` of a 405 (RFC 9110, section
//! 15.5.6), the name under which a request is measured, and the refusal of a query parameter that nobody reads. A `?limt=5` that is
//! passed over gives the caller another page than it asked for, and no hint.

use std::collections::BTreeSet;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use poem::http::Method;
use poem::{Endpoint, Middleware, Request};
use serde_json::Value;
use zapiki_core::problem::ProblemCode;

use crate::problem::Problem;

/// The longest name of a parameter that a problem repeats, in bytes. All that are documented are shorter.
const NAME_BYTES_MAX: usize = 64;
/// The operation of a page that is beside the document.
const PAGE: &str = "page";

/// All paths with their methods. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Surface {
    /// Those with more literal segments first, which is what routing prefers.
    paths: Arc<[PathItem]>,
}

#[derive(Debug)]
struct PathItem {
    /// `None` is a parameter.
    segments: Vec<Option<String>>,
    operations: Vec<Operation>,
}

#[derive(Debug)]
struct Operation {
    method: Method,
    id: Option<String>,
    query: BTreeSet<String>,
}

impl PathItem {
    fn new(template: &str, operations: Vec<Operation>) -> Self {
        let segment = |text: &str| (!text.starts_with('{')).then(|| text.to_owned());
        Self {
            segments: template.split('/').map(segment).collect(),
            operations,
        }
    }

    fn has(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        let all = self.segments.iter().all(|own| {
            let segment = segments.next();
            segment.is_some_and(|given| own.as_ref().is_none_or(|own| own == given))
        });
        all && segments.next().is_none()
    }
}

impl Surface {
    /// What the document lists, and pages beside it that are only read.
    pub(crate) fn new(document: &str, pages: &[&str]) -> Result<Self, serde_json::Error> {
        let document: Value = serde_json::from_str(document)?;
        let documented = document["paths"].as_object().into_iter().flatten();
        let documented =
            documented.map(|(template, item)| PathItem::new(template, operations(item)));
        let pages = pages.iter().map(|page| {
            let read = Operation {
                method: Method::GET,
                id: Some(PAGE.to_owned()),
                query: BTreeSet::new(),
            };
            PathItem::new(page, vec![read])
        });
        let mut paths: Vec<_> = documented.chain(pages).collect();
        paths.sort_by_key(|item| item.segments.iter().filter(|own| own.is_none()).count());
        Ok(Self {
            paths: paths.into(),
        })
    }

    fn path(&self, path: &str) -> Option<&PathItem> {
        self.paths.iter().find(|item| item.has(path))
    }

    /// The methods of a path, as `Allow` lists them.
    pub(crate) fn allow(&self, path: &str) -> Option<String> {
        let item = self.path(path)?;
        let methods = item.operations.iter().map(|own| own.method.as_str());
        let mut methods: Vec<&str> = methods.collect();
        // Whatever can be read can be asked for without its body.
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        Some(methods.join(", "))
    }

    fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        let method = match *method {
            Method::HEAD => &Method::GET,
            ref method => method,
        };
        let mut operations = self.path(path)?.operations.iter();
        operations.find(|own| own.method == method)
    }

    /// The id of the operation that a request asks for, if there is one.
    pub(crate) fn operation(&self, method: &Method, path: &str) -> Option<&str> {
        self.find(method, path)?.id.as_deref()
    }

    /// Refuses a query parameter that the operation does not have, or that is there twice.
    fn check_query(&self, request: &Request) -> Result<(), Problem> {
        let uri = request.uri();
        let Some(query) = uri.query() else {
            return Ok(());
        };
        // What is no operation gets its 404 or 405 further in.
        let Some(Operation { query: known, .. }) = self.find(request.method(), uri.path()) else {
            return Ok(());
        };
        let mut seen = BTreeSet::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or_default();
            let name = name.replace('+', " ");
            let name = percent_decode_str(&name).decode_utf8_lossy().into_owned();
            if !known.contains(&name) {
                return Err(unknown(&name, known));
            }
            if !seen.insert(name.clone()) {
                let detail = "The parameter is there twice. Send it once.";
                return Err(Problem::new(ProblemCode::InvalidField, detail).at(name));
            }
        }
        Ok(())
    }
}

/// The operations of a path in the document, each with its query parameters.
fn operations(item: &Value) -> Vec<Operation> {
    let query = |operation: &Value| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|parameter| parameter["in"] == "query");
        let names = parameters.filter_map(|parameter| parameter["name"].as_str());
        names.map(str::to_owned).collect()
    };
    let operations = item.as_object().into_iter().flatten();
    operations
        .filter_map(|(method, operation)| {
            Some(Operation {
                method: method.to_ascii_uppercase().parse().ok()?,
                id: operation["operationId"].as_str().map(str::to_owned),
                query: query(operation),
            })
        })
        .collect()
}

fn unknown(name: &str, known: &BTreeSet<String>) -> Problem {
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    let detail = if known.is_empty() {
        "There is no such query parameter: the operation takes none.".to_owned()
    } else {
        format!(
            "There is no such query parameter; the operation takes {}.",
            known.join(", ")
        )
    };
    let problem = Problem::new(ProblemCode::InvalidField, detail);
    // A name, and not a text that somebody smuggles into an answer.
    let is_a_name = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.[]".contains(&b));
    if is_a_name { problem.at(name) } else { problem }
}

/// Refuses query parameters that an operation does not have.
pub(crate) struct KnownParameters(pub(crate) Surface);

impl<E: Endpoint> Middleware<E> for KnownParameters {
    type Output = KnownParametersEndpoint<E>;
    fn transform(&self, inner: E) -> KnownParametersEndpoint<E> {
        KnownParametersEndpoint {
            inner,
            surface: self.0.clone(),
        }
    }
}

/// An endpoint that sees no unknown query parameter.
pub(crate) struct KnownParametersEndpoint<E> {
    inner: E,
    surface: Surface,
}

impl<E: Endpoint> Endpoint for KnownParametersEndpoint<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> poem::Result<E::Output> {
        self.surface.check_query(&request)?;
        self.inner.call(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"paths": {
        "/v1/things/{id}": {"delete": {"operationId": "delete_thing"}, "get": {"operationId": "get_thing"}},
        "/v1/things/kinds": {"get": {"parameters": [{"in": "query", "name": "limit"}, {"in": "path", "name": "id"}]}},
        "/v1/things": {"post": {}}
    }}"#;

    fn surface() -> Surface {
        Surface::new(DOCUMENT, &["/", "/page"]).unwrap()
    }

    #[test]
    fn a_path_has_the_methods_of_its_operations() {
        let surface = surface();
        for (path, allow) in [
            ("/v1/things/7", Some("DELETE, GET, HEAD")),
            ("/v1/things/kinds", Some("GET, HEAD")),
            ("/v1/things", Some("POST")),
            ("/page", Some("GET, HEAD")),
            ("/", Some("GET, HEAD")),
            ("/v1/things/7/8", None),
            ("/v1", None),
            ("", None),
        ] {
            assert_eq!(surface.allow(path).as_deref(), allow, "{path}");
        }
    }

    #[test]
    fn a_request_is_measured_under_its_operation() {
        let surface = surface();
        for (method, path, operation) in [
            (Method::DELETE, "/v1/things/7", Some("delete_thing")),
            (Method::GET, "/v1/things/8", Some("get_thing")),
            (Method::HEAD, "/v1/things/8", Some("get_thing")),
            (Method::GET, "/page", Some("page")),
            (Method::POST, "/v1/things/7", None),
            (Method::GET, "/v1/nothing", None),
        ] {
            assert_eq!(surface.operation(&method, path), operation, "{path}");
        }
    }

    #[test]
    fn what_no_operation_reads_is_refused_by_name() {
        let surface = surface();
        let asked = |method: Method, uri: &str| {
            let request = Request::builder()
                .method(method)
                .uri(uri.parse().unwrap())
                .finish();
            surface.check_query(&request)
        };
        for uri in [
            "/v1/things/kinds",
            "/v1/things/kinds?",
            "/v1/things/kinds?&limit=5&",
            "/v1/things/kinds?%6cimit=5",
            "/v1/nothing?limt=5",
        ] {
            assert!(asked(Method::GET, uri).is_ok(), "{uri}");
        }
        for (uri, named) in [
            ("/v1/things/kinds?limt=5", "\"limt\""),
            ("/v1/things/kinds?limit=5&limit=6", "\"limit\""),
            ("/v1/things/kinds?Limit=5", "\"Limit\""),
            ("/v1/things/7?limit=5", "\"limit\""),
            ("/v1/things/kinds?id=5", "\"id\""),
            ("/v1/things/kinds?%3Cb%3E=5", "None"),
            ("/v1/things/kinds?=5", "None"),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let problem = asked(method, uri).unwrap_err();
                assert_eq!(problem.code(), ProblemCode::InvalidField);
                let problem = format!("{problem:?}");
                assert!(problem.contains(named), "{uri}: {problem}");
            }
        }
    }
}
