//! An API with a database of its own, and calls to it that are told in one line.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use poem::Body;
use poem::endpoint::{BoxEndpoint, EndpointExt as _};
use poem::http::{HeaderMap, HeaderValue, Method};
use poem::test::TestClient;
use rand::rngs::OsRng;
use serde_json::Value;
use url::Url;
use zapiki_api::Limits;
use zapiki_backends::groth16::{CircuitKeys, Groth16Backend, setup};
use zapiki_backends::{ProofBackend, Registry};
use zapiki_core::key_ring::KeyRing;
use zapiki_core::lifecycle::{Notice, Notices};
use zapiki_core::problem::ProblemCode;
use zapiki_core::webhook::Reach;
use zapiki_store::testing::TestDatabase;
use zapiki_workflows::client::{PipelineClient, SealedPayloads};
use zapiki_workflows::names::Queues;

use crate::contract;

/// The largest body that the service reads.
pub(crate) const BODY_BYTES_MAX: usize = 512 * 1024;

/// A prover with its keys; one for all tests, since setup takes its time.
pub(crate) static BACKEND: LazyLock<Arc<Groth16Backend>> = LazyLock::new(|| {
    let keys: Vec<CircuitKeys> = setup().unwrap();
    Arc::new(Groth16Backend::new(keys, std::num::NonZeroUsize::MIN).unwrap())
});

/// A pipeline whose server is away: nobody listens on port 1.
pub(crate) fn no_pipeline() -> PipelineClient {
    let url = Url::parse("http://127.0.0.1:1").unwrap();
    let keys = KeyRing::parse(&KeyRing::generate_text(&mut OsRng)).unwrap();
    let payloads = SealedPayloads::new(keys.payload_keys());
    PipelineClient::connect_lazily(url, "default", Queues::default(), payloads)
}

/// The service under test.
pub(crate) struct Api {
    pub(crate) database: TestDatabase,
    client: TestClient<BoxEndpoint<'static>>,
    registry: Registry,
}

impl Api {
    /// The service, with a tenant and its key.
    pub(crate) async fn new() -> Self {
        Self::with(BACKEND.clone()).await
    }

    /// The service with another backend.
    pub(crate) async fn with(backend: Arc<dyn ProofBackend>) -> Self {
        Self::with_all(vec![backend]).await
    }

    /// The service with several backends.
    pub(crate) async fn with_all(backends: Vec<Arc<dyn ProofBackend>>) -> Self {
        let database = TestDatabase::create().await;
        let registry = Registry::new(backends);
        Self {
            client: client(&database, registry.clone(), Limits::default()),
            database,
            registry,
        }
    }

    /// The same service, started anew with these notices of its circuits.
    pub(crate) fn announce(&mut self, notices: Vec<Notice>) {
        let notices = Notices::new(notices).unwrap();
        let registry = self.registry.clone().with_notices(notices).unwrap();
        self.client = client(&self.database, registry, Limits::default());
    }

    /// The same service, started anew with these limits.
    pub(crate) fn limit(&mut self, limits: Limits) {
        self.client = client(&self.database, self.registry.clone(), limits);
    }

    /// A call with the tenant's key.
    pub(crate) fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        self.call_with(method, path, self.database.api_key.expose())
    }

    /// A call with another key.
    pub(crate) fn call_with(&self, method: Method, path: impl Into<String>, key: &str) -> Call<'_> {
        self.anonymous(method, path).header("X-API-Key", key)
    }

    /// A call without a key.
    pub(crate) fn anonymous(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call {
            client: &self.client,
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Body::empty(),
            may_fail: false,
        }
    }

    pub(crate) fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub(crate) fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    pub(crate) fn post(&self, path: impl Into<String>, body: &Value) -> Call<'_> {
        self.call(Method::POST, path).json(body)
    }

    /// A second tenant's key.
    pub(crate) async fn other_tenant(&self) -> String {
        let admin = &self.database.admin;
        let now = chrono::Utc::now();
        let plan = zapiki_core::plan::Plan::Starter;
        let tenant = admin.create_tenant("others", plan, now).await.unwrap();
        let (_, key) = admin
            .create_api_key(tenant.id, "others", now)
            .await
            .unwrap();
        key.expose().to_owned()
    }
}

fn client(
    database: &TestDatabase,
    registry: Registry,
    limits: Limits,
) -> TestClient<BoxEndpoint<'static>> {
    let service = zapiki_api::Api {
        store: database.store.clone(),
        registry,
        pipeline: no_pipeline(),
        sync_wait_max: Duration::from_secs(1),
        limits,
        webhook_reach: Reach::Public,
    };
    TestClient::new(zapiki_api::routes(service).boxed())
}

/// A call that is being put together.
#[must_use]
pub(crate) struct Call<'a> {
    client: &'a TestClient<BoxEndpoint<'static>>,
    method: Method,
    path: String,
    headers: Vec<(String, HeaderValue)>,
    body: Body,
    may_fail: bool,
}

impl Call<'_> {
    /// Adds a header; a second one of the same name is a second line.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        // Bytes, since text of a header is ASCII.
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        self.headers.push((name.to_owned(), value));
        self
    }

    /// A fault of the service is what this call is about.
    pub(crate) const fn may_fail(mut self) -> Self {
        self.may_fail = true;
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn raw(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body(Body::from_vec(body.into()))
            .header("Content-Type", content_type)
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = self.client.request(self.method.clone(), &self.path);
        for (name, value) in &self.headers {
            request = request.header(name.as_str(), value);
        }
        let response = request.body(self.body).send().await;
        let (parts, body) = response.0.into_parts();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: body.into_string().await.unwrap(),
        };
        contract::hold(&self.method, &self.path, &answer);
        // No caller can bring that about.
        let is_our_fault = answer.status >= 500 && answer.json()["code"] == "internal";
        assert!(
            self.may_fail || !is_our_fault,
            "{} {}: {}",
            self.method,
            self.path,
            answer.text
        );
        answer
    }

    /// Sends it and expects this status and a JSON body.
    pub(crate) async fn expect(self, status: u16) -> Value {
        let (method, path) = (self.method.clone(), self.path.clone());
        let answer = self.send().await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        answer.json()
    }

    /// Sends it and expects this problem.
    pub(crate) async fn expect_problem(self, code: ProblemCode) -> Value {
        self.send().await.problem(code)
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The problem document, when it is this one and whole.
    #[track_caller]
    pub(crate) fn problem(&self, code: ProblemCode) -> Value {
        let problem = self.json();
        assert_eq!(problem["code"], code.as_str(), "{}", self.text);
        assert_eq!(self.status, code.status(), "{}", self.text);
        assert_eq!(problem["status"], code.status());
        assert_eq!(problem["title"], code.title());
        assert_eq!(
            self.header("Content-Type"),
            Some("application/problem+json")
        );
        let kind = problem["type"].as_str().expect("a type");
        assert!(
            Url::parse(kind).is_ok() && kind.ends_with(code.as_str()),
            "{kind}"
        );
        assert!(!problem["detail"].as_str().expect("a detail").is_empty());
        let request_id = problem["request_id"].as_str().expect("a request id");
        assert_eq!(
            self.header("X-Request-Id"),
            Some(request_id),
            "{}",
            self.text
        );
        assert!(!request_id.is_empty());
        problem
    }
}
