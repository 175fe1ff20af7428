//! Whoever a webhook leads to: an HTTP server that keeps what it is sent, and judges it as an integrator should.

use std::sync::{Arc, Mutex};

use poem::http::{HeaderMap, StatusCode};
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::web::Data;
use poem::{EndpointExt as _, Route, Server, handler, post};
use tokio::task::JoinHandle;

use crate::client::{ok, types};
use crate::tenant::Tenant;

/// What the URL of a receiver has in its query. Nobody logs it.
pub const TOKEN: &str = "a-token-in-the-url-of-a-receiver";

/// What came, as it came.
#[derive(Debug, Clone)]
struct Request {
    headers: HeaderMap,
    body: Vec<u8>,
}

#[derive(Debug, Default)]
struct Inner {
    requests: Mutex<Vec<Request>>,
    /// How many of the next requests are refused.
    refusals: Mutex<u32>,
}

/// A receiver; stops when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    inner: Arc<Inner>,
    url: String,
    server: JoinHandle<()>,
}

/// A message whose signature is right.
#[derive(Debug)]
pub struct Received {
    /// The header `webhook-id`.
    pub id: String,
    /// The body, of the form that the API's document promises.
    pub message: types::WebhookMessage,
}

#[handler]
async fn receive(headers: &HeaderMap, body: Vec<u8>, Data(inner): Data<&Arc<Inner>>) -> StatusCode {
    let headers = headers.clone();
    inner
        .requests
        .lock()
        .unwrap()
        .push(Request { headers, body });
    let mut refusals = inner.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::NO_CONTENT
}

impl Receiver {
    /// One that takes everything.
    pub async fn start() -> Self {
        Self::refusing(0).await
    }

    /// One that takes everything but the first so many requests.
    pub async fn refusing(refusals: u32) -> Self {
        let inner = Arc::new(Inner {
            refusals: Mutex::new(refusals),
            ..Inner::default()
        });
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await;
        let acceptor = acceptor.expect("a free port");
        let address = acceptor.local_addr().remove(0);
        let address = address.as_socket_addr().expect("an address").to_string();
        let routes = Route::new().at("/hook", post(receive)).data(inner.clone());
        let serving = Server::new_with_acceptor(acceptor).run(routes);
        Self {
            inner,
            // As many receivers have it: the URL is what opens the door.
            url: format!("http://{address}/hook?token={TOKEN}"),
            server: tokio::spawn(async move { serving.await.expect("it serves") }),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All that it was sent, as bytes.
    #[must_use]
    pub fn transcript(&self) -> Vec<u8> {
        let requests = self.inner.requests.lock().unwrap();
        let all = requests.iter().flat_map(|request| {
            let headers = format!("{:?}\n", request.headers).into_bytes();
            headers.into_iter().chain(request.body.clone())
        });
        all.collect()
    }

    /// What it was sent, by the reference implementation of Standard Webhooks.
    ///
    /// # Panics
    /// A signature is not right, or a message is not of the promised form.
    #[must_use]
    pub fn verified(&self, secret: &str) -> Vec<Received> {
        let judge = standardwebhooks::Webhook::new(secret).expect("a secret");
        let requests = self.inner.requests.lock().unwrap();
        let messages = requests.iter().map(|Request { headers, body }| {
            judge.verify(body, headers).expect("signed by us, just now");
            let id = headers["webhook-id"].to_str().expect("a text").to_owned();
            let message = serde_json::from_slice(body).expect("a message");
            Received { id, message }
        });
        messages.collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Tenant {
    /// Has a receiver told of these events, and says what the messages are signed with.
    pub async fn webhook(&self, receiver: &Receiver, events: Vec<types::WebhookEvent>) -> String {
        let request = types::NewWebhookRequest {
            url: receiver.url().parse().expect("a URL"),
            events,
        };
        ok(self.client.create_webhook(&request))
            .await
            .into_inner()
            .secret
    }
}
