//! A deployment of a test's own: a database, task queues, circuit keys, an API and a worker, as real processes.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::Utc;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use zapiki_core::ids::ProofId;
use zapiki_core::plan::Plan;
use zapiki_failpoints::Point;
use zapiki_store::testing::{TestDatabase, url_text};
use zapiki_workflows::client::{PipelineClient, SealedPayloads};
use zapiki_workflows::names::Queues;
use zapiki_workflows::testing::history_json;

use crate::canaries::Search;
use crate::client::Client;
use crate::collector::Collector;
use crate::desk::{self, Desk};
use crate::http::{Http, Transcript};
use crate::proxy::Proxy;
use crate::service::Service;
use crate::tenant::Tenant;
use crate::wait::{PATIENCE, eventually};
use crate::{
    POSTGRES_DATA_VARIABLE, PROGRAM_VARIABLE, TEMPORAL_UI_URL_VARIABLE, TEMPORAL_URL_VARIABLE, told,
};

/// Where no Temporal is: the port is reserved, and connecting is refused.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The list of a stack that has lists: the sample of the documentation.
pub const SAMPLE_LIST: &str = "sample";

/// What ends the metrics of one process.
pub const METRICS_END: &str = "# END\n";

/// What a stack is to be like.
#[derive(Debug, Default)]
#[must_use]
pub struct StackBuilder {
    has_no_worker: bool,
    is_api_cut_off: bool,
    has_lists: bool,
    log_filter: Option<&'static str>,
    is_behind_proxies: bool,
    api_dies_at: Option<Point>,
    more: Vec<(&'static str, String)>,
}

impl StackBuilder {
    /// Nobody proves, until [`Stack::start_worker`] is called.
    pub const fn without_worker(mut self) -> Self {
        self.has_no_worker = true;
        self
    }

    /// The API cannot reach Temporal; workers can.
    pub const fn api_cut_off_from_temporal(mut self) -> Self {
        self.is_api_cut_off = true;
        self
    }

    /// Its workers read the list [`SAMPLE_LIST`].
    pub const fn with_lists(mut self) -> Self {
        self.has_lists = true;
        self
    }

    /// What the processes log, instead of what they log by default.
    pub const fn logging(mut self, filter: &'static str) -> Self {
        self.log_filter = Some(filter);
        self
    }

    /// All processes serve metrics; see [`Service::metrics_address`].
    pub fn with_metrics(self) -> Self {
        self.with_variable("ZAPIKI_METRICS_LISTEN", "127.0.0.1:0")
    }

    /// All processes send traces there, at once.
    pub fn with_traces(self, collector: &Collector) -> Self {
        self.with_variable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
            .with_variable("OTEL_BSP_SCHEDULE_DELAY", "100")
    }

    /// API and workers reach PostgreSQL and Temporal through proxies; see [`Stack::network`].
    pub const fn behind_proxies(mut self) -> Self {
        self.is_behind_proxies = true;
        self
    }

    /// The API dies when it first gets there.
    pub const fn api_dying_at(mut self, point: Point) -> Self {
        self.api_dies_at = Some(point);
        self
    }

    /// All processes find this variable too.
    pub fn with_variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// Its webhooks may be on this machine, where tests have their receivers.
    pub fn with_webhooks_anywhere(self) -> Self {
        self.with_variable("ZAPIKI_WEBHOOKS_ANYWHERE", "true")
    }

    /// Starts it, and waits until its processes are ready.
    pub async fn start(self) -> Stack {
        let database = TestDatabase::create().await;
        let (desk, transcript) = (Desk::default(), Transcript::default());
        write_private(&desk.path("kek"), &database.key_ring_text);
        let queue_prefix = format!("e2e-{}", Uuid::now_v7().simple());
        let temporal_url = told(TEMPORAL_URL_VARIABLE);
        let network = match self.is_behind_proxies {
            true => Some(Network::before(url_text(&database.app_url), &temporal_url).await),
            false => None,
        };
        let seen = |url: &str, proxy: fn(&Network) -> &Proxy| match &network {
            Some(network) => through(url, proxy(network)),
            None => url.to_owned(),
        };
        let path = |path: &Path| path.to_str().expect("a path that is text").to_owned();
        let mut variables = vec![
            ("ZAPIKI_LOG_FORMAT", "json".to_owned()),
            (
                "ZAPIKI_DATABASE_URL",
                seen(url_text(&database.app_url), |network| &network.postgres),
            ),
            ("ZAPIKI_KEK_FILE", path(&desk.path("kek"))),
            ("ZAPIKI_KEYS_DIR", path(circuit_keys())),
            (
                "ZAPIKI_TEMPORAL_URL",
                seen(&temporal_url, |network| &network.temporal),
            ),
            ("ZAPIKI_QUEUE_PREFIX", queue_prefix.clone()),
        ];
        variables.extend(
            self.log_filter
                .map(|filter| ("ZAPIKI_LOG", filter.to_owned())),
        );

        variables.extend(self.more);

        if self.has_lists {
            desk.zapiki_ok("issuer keygen --out list.key");
            let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/samples/sdn.xml");
            variables.push(("ZAPIKI_LISTS", format!("{SAMPLE_LIST}=ofac-xml:{sample}")));
            variables.push(("ZAPIKI_LIST_KEY_FILE", path(&desk.path("list.key"))));
        }

        let mut api_variables = variables.clone();
        if self.is_api_cut_off {
            api_variables.push(("ZAPIKI_TEMPORAL_URL", NOWHERE.to_owned()));
        }
        let dying = self.api_dies_at.map(dying_at);
        let first_variables: Vec<_> = api_variables.iter().cloned().chain(dying).collect();
        let (api, address) = start_api("127.0.0.1:0", &first_variables).await;
        let base = format!("http://{address}");
        let client = http_client(Some(database.api_key.expose()));
        let tenant = Tenant {
            id: database.tenant.id,
            key: database.api_key.expose().to_owned(),
            client: Client::new_with_client(&base, client.clone()),
            http: Http {
                base,
                client,
                transcript,
            },
        };
        let mut stack = Stack {
            pipeline: PipelineClient::connect_lazily(
                temporal_url.parse().expect("a URL"),
                "default",
                Queues::with_prefix(&queue_prefix),
                SealedPayloads::new(database.payload_keys()),
            ),
            worker: None,
            api,
            tenant,
            desk,
            database,
            network,
            address,
            api_variables,
            variables,
        };
        if !self.has_no_worker {
            stack.worker = Some(stack.start_worker().await);
        }
        stack
    }
}

/// A running deployment. Its processes end when it is dropped; if the test failed, their logs are shown.
#[derive(Debug)]
pub struct Stack {
    /// The worker that was started with it.
    pub worker: Option<Service>,
    /// The API.
    pub api: Service,
    /// A customer.
    pub tenant: Tenant,
    /// A folder for issuers, holders and verifiers.
    pub desk: Desk,
    /// Its database, seen past the API.
    pub database: TestDatabase,
    /// Its pipeline, seen past the API.
    pub pipeline: PipelineClient,
    /// What is between its processes and the servers, if something is.
    pub network: Option<Network>,
    address: String,
    api_variables: Vec<(&'static str, String)>,
    variables: Vec<(&'static str, String)>,
}

impl Stack {
    /// A stack as it should be.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// One that is told to be different.
    pub fn builder() -> StackBuilder {
        StackBuilder::default()
    }

    /// One more worker, ready to work.
    pub async fn start_worker(&self) -> Service {
        self.start_worker_with(None).await
    }

    /// One more worker, of these queues alone.
    pub async fn start_worker_of(&self, queues: &str) -> Service {
        self.start_worker_with(Some(of(queues))).await
    }

    /// One more worker, which dies when it first gets there.
    pub async fn start_worker_dying_at(&self, point: Point) -> Service {
        self.start_worker_with(Some(dying_at(point))).await
    }

    async fn start_worker_with(&self, more: Option<(&'static str, String)>) -> Service {
        let variables: Vec<_> = self.variables.iter().cloned().chain(more).collect();
        // One slot: two would take turns on the same threads, and a test would not know which proof is being made.
        let mut worker = Service::start(&["worker", "--prover-slots", "1"], &variables);
        worker.logged("the worker is ready").await;
        worker
    }

    /// Where Temporal's UI shows the workflow of a proof.
    #[must_use]
    pub fn workflow_page(&self, proof: &str) -> String {
        let ui = told(TEMPORAL_UI_URL_VARIABLE);
        format!("{ui}/namespaces/default/workflows/{proof}")
    }

    /// A codec server with the keys of this file and this token, both on the desk; and where it is. Pages of Temporal's UI may
    /// call it.
    pub async fn start_codec_server(&self, keys: &str, token: &str) -> (Service, String) {
        let text = |name: &str| {
            let path = self.desk.path(name);
            path.to_str().expect("a path that is text").to_owned()
        };
        let mut variables = self.variables.clone();
        variables.push(("ZAPIKI_KEK_FILE", text(keys)));
        variables.push(("ZAPIKI_CODEC_TOKEN_FILE", text(token)));
        variables.push(("ZAPIKI_CODEC_LISTEN", "127.0.0.1:0".to_owned()));
        variables.push(("ZAPIKI_CODEC_UI_ORIGIN", told(TEMPORAL_UI_URL_VARIABLE)));
        let mut server = Service::start(&["codec-server"], &variables);
        let ready = server.logged("the codec server is ready").await;
        let base = format!("http://{}", ready["address"].as_str().expect("an address"));
        (server, base)
    }

    /// Starts the API again where it was, once it has ended.
    pub async fn restart_api(&mut self) {
        self.api.ended().await;
        (self.api, _) = start_api(&self.address, &self.api_variables).await;
    }

    /// What is between its processes and the servers.
    #[must_use]
    pub fn network(&self) -> &Network {
        self.network.as_ref().expect("a stack behind proxies")
    }

    /// A worker that lacks the keys of `age_over`, ready to fail.
    pub async fn start_worker_without_age_over(&self) -> Service {
        self.start_worker_without_age_over_with(None).await
    }

    /// Such a worker, of these queues alone.
    pub async fn start_worker_without_age_over_of(&self, queues: &str) -> Service {
        self.start_worker_without_age_over_with(Some(of(queues)))
            .await
    }

    /// Such a worker, which dies when it first gets there.
    pub async fn start_worker_without_age_over_dying_at(&self, point: Point) -> Service {
        self.start_worker_without_age_over_with(Some(dying_at(point)))
            .await
    }

    async fn start_worker_without_age_over_with(
        &self,
        more: Option<(&'static str, String)>,
    ) -> Service {
        let folder = self.desk.path("keys-of-others");
        std::fs::create_dir(&folder).unwrap();
        let read = |path: &Path| -> Value {
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
        };
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(circuit_keys()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().expect("a name").to_owned();
            std::fs::copy(&path, folder.join(&name)).unwrap();
            if name.to_string_lossy().ends_with(".vk.json") {
                let document = read(&path);
                let circuit = document["circuit"].as_str().expect("a circuit");
                if !circuit.starts_with("age_over@") {
                    kept.push(document["digest"].clone());
                }
            }
        }
        assert!(!kept.is_empty(), "other circuits stay");
        let index = serde_json::json!({ "verifying_keys": kept });
        std::fs::write(folder.join("index.json"), index.to_string()).unwrap();
        let mut variables = self.variables.clone();
        let folder = folder.to_str().expect("a path that is text").to_owned();
        variables.push(("ZAPIKI_KEYS_DIR", folder));
        variables.extend(more);
        let mut worker = Service::start(&["worker"], &variables);
        worker.logged("the worker is ready").await;
        worker
    }

    /// Whose canaries are in the files of the database server, write-ahead log included, once all that was written is there. Other
    /// databases of the server, which are other tests', are left out.
    pub async fn found_in_database_files(&self, search: &Search) -> BTreeSet<String> {
        self.database.execute("CHECKPOINT").await.unwrap();
        let oid = "SELECT oid::text AS text FROM pg_database WHERE datname = current_database()";
        let oid = self.database.text(oid).await.unwrap();
        let data = PathBuf::from(told(POSTGRES_DATA_VARIABLE));
        let databases = data.join("base");
        let is_ours = |path: &Path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let is_database = path.parent() == Some(&databases)
                && name
                    .as_ref()
                    .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
            !is_database || name.as_deref() == Some(&oid)
        };
        let found = search.found_below(&data, &is_ours).unwrap();
        found.into_iter().map(str::to_owned).collect()
    }

    /// What is served as metrics at these addresses, each text followed by a line `# END`.
    pub async fn metrics_of(&self, addresses: &[&str]) -> String {
        let mut all = String::new();
        for address in addresses {
            let call = self
                .tenant
                .http
                .client
                .get(format!("http://{address}/metrics"));
            let answer = call.send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            all += &answer.text().await.expect("a whole answer");
            all += METRICS_END;
        }
        all
    }

    /// Waits until the workflow of a proof that failed waits for a decision. A signal that comes before that is not heard.
    pub async fn parked(&self, id: ProofId) {
        eventually("it waits for a decision", async || {
            let history = history_json(&self.pipeline, id).await;
            let text = String::from_utf8(history).expect("JSON is text");
            text.contains("TimerStartedEventAttributes").then_some(())
        })
        .await;
    }

    /// Another customer.
    pub async fn another_tenant(&self) -> Tenant {
        let (admin, now) = (&self.database.admin, Utc::now());
        let tenant = admin
            .create_tenant("another", Plan::Starter, now)
            .await
            .unwrap();
        let (_, key) = admin
            .create_api_key(tenant.id, "another", now)
            .await
            .unwrap();
        let http = self.stranger(Some(key.expose()));
        Tenant {
            id: tenant.id,
            key: key.expose().to_owned(),
            client: Client::new_with_client(&http.base, http.client.clone()),
            http,
        }
    }

    /// Somebody who calls with this key, or without one.
    #[must_use]
    pub fn stranger(&self, key: Option<&str>) -> Http {
        Http {
            client: http_client(key),
            ..self.tenant.http.clone()
        }
    }

    /// All that the API answered to calls as bytes.
    #[must_use]
    pub fn answers(&self) -> String {
        self.tenant.http.transcript.lock().unwrap().clone()
    }
}

/// The network between the processes of a stack and the servers.
#[derive(Debug)]
pub struct Network {
    /// Before PostgreSQL.
    pub postgres: Proxy,
    /// Before Temporal.
    pub temporal: Proxy,
}

impl Network {
    async fn before(postgres: &str, temporal: &str) -> Self {
        Self {
            postgres: Proxy::before(&authority(postgres)).await,
            temporal: Proxy::before(&authority(temporal)).await,
        }
    }
}

/// `host:port` of a URL.
fn authority(url: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    let (host, port) = (url.host_str().expect("a host"), url.port().expect("a port"));
    format!("{host}:{port}")
}

/// The same URL, through a proxy.
fn through(url: &str, proxy: &Proxy) -> String {
    let mut url = Url::parse(url).expect("a URL");
    let address = proxy.address();
    url.set_host(Some(&address.ip().to_string()))
        .expect("a host");
    url.set_port(Some(address.port())).expect("a port");
    // A URL without a path gets one, which is no name of a server.
    url.as_str().trim_end_matches('/').to_owned()
}

/// The variable that has a worker work on these queues alone.
fn of(queues: &str) -> (&'static str, String) {
    ("ZAPIKI_QUEUES", queues.to_owned())
}

/// The variable that has a process die there.
fn dying_at(point: Point) -> (&'static str, String) {
    (zapiki_failpoints::VARIABLE, point.name().to_owned())
}

/// An API that is ready, and its address.
async fn start_api(listen: &str, variables: &[(&'static str, String)]) -> (Service, String) {
    let mut api = Service::start(&["api", "--listen", listen], variables);
    let ready = api.logged("the API is ready").await;
    let address = ready["address"].as_str().expect("an address").to_owned();
    (api, address)
}

fn http_client(key: Option<&str>) -> reqwest::Client {
    let header = |key| {
        let value = HeaderValue::from_str(key).expect("a key that is text");
        (HeaderName::from_static("x-api-key"), value)
    };
    reqwest::Client::builder()
        .default_headers(HeaderMap::from_iter(key.map(header)))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// The circuits' keys, made once per run. They are the same every time, so runs may share the folder.
fn circuit_keys() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let program = PathBuf::from(told(PROGRAM_VARIABLE));
        let folder = program.parent().expect("a folder");
        let made = desk::run(folder, "circuits setup --dir zapiki-test-keys");
        assert_eq!(made.code, 0, "{}", made.said);
        folder.join("zapiki-test-keys")
    })
}

/// Writes a file for its owner alone.
pub fn write_private(path: &Path, text: &str) {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
