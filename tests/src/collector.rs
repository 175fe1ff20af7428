//! A collector of traces: takes OTLP over HTTP, refuses what does not decode, keeps the bytes and the spans.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use poem::http::StatusCode;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::web::Data;
use poem::{Body, EndpointExt as _, Response, Route, Server, handler, post};
use prost::Message as _;
use tokio::task::JoinHandle;

/// A span, and who sent it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The service's name.
    pub service: String,
    /// The span.
    pub span: Span,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    spans: Vec<Sent>,
    refused: usize,
}

/// The collector. It ends when it is dropped.
#[derive(Debug)]
pub struct Collector {
    url: String,
    kept: Arc<Mutex<Kept>>,
    server: JoinHandle<()>,
}

impl Collector {
    /// One that listens.
    pub async fn start() -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await;
        let acceptor = acceptor.expect("a free port");
        let address = acceptor.local_addr()[0].to_string();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let routes = Route::new().at("/v1/traces", post(take).data(kept.clone()));
        let server = tokio::spawn(async move {
            Server::new_with_acceptor(acceptor)
                .run(routes)
                .await
                .expect("it goes on");
        });
        Self {
            url: address.replace("socket://", "http://"),
            kept,
            server,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All bytes that it was sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.kept.lock().unwrap().bytes.clone()
    }

    /// All spans that it was sent. Nothing that it was sent may have been refused.
    #[must_use]
    pub fn spans(&self) -> Vec<Sent> {
        let kept = self.kept.lock().unwrap();
        assert_eq!(kept.refused, 0, "what was sent is no OTLP");
        kept.spans.clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An attribute's text.
fn text(value: Option<any_value::Value>) -> Option<String> {
    match value? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[handler]
async fn take(Data(kept): Data<&Arc<Mutex<Kept>>>, body: Body) -> Response {
    let bytes = body.into_vec().await.expect("a whole request");
    let decoded = ExportTraceServiceRequest::decode(&*bytes);
    let mut kept = kept.lock().unwrap();
    kept.bytes.extend(&bytes);
    let Ok(request) = decoded else {
        kept.refused += 1;
        return StatusCode::BAD_REQUEST.into();
    };
    for of_service in request.resource_spans {
        let attributes = of_service.resource.unwrap_or_default().attributes;
        let mut names = attributes
            .into_iter()
            .filter(|pair| pair.key == "service.name");
        let service = names.next().and_then(|pair| text(pair.value?.value));
        let service = service.expect("a service has a name");
        for span in of_service
            .scope_spans
            .into_iter()
            .flat_map(|scope| scope.spans)
        {
            let service = service.clone();
            kept.spans.push(Sent { service, span });
        }
    }
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    Response::builder()
        .content_type("application/x-protobuf")
        .body(answer)
}
