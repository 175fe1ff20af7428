//! The protocol over real HTTP: who may, who may not, and what comes back.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use tokio::sync::oneshot;
use zapiki_core::key_ring::KeyRing;

use super::*;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const UI: &str = "http://localhost:8233";

struct Running {
    base: String,
    client: Client,
    payloads: SealedPayloads,
    _stop: oneshot::Sender<()>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Running {
    async fn start() -> Self {
        let ring = KeyRing::parse(&format!("1:{}", "7".repeat(64))).unwrap();
        let payloads = SealedPayloads::new(ring.payload_keys());
        let server = CodecServer {
            payloads: payloads.clone(),
            namespace: "proofs".to_owned(),
            ui_origin: Some(UI.to_owned()),
            token: Token::parse(TOKEN).unwrap(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel();
        tokio::spawn(async move {
            let told = |address: &str| ready.send(format!("http://{address}")).unwrap();
            serve(server, "127.0.0.1:0", told, async {
                let _dropped = stopped.await;
            })
            .await
            .unwrap();
        });
        Self {
            base: is_ready.await.unwrap(),
            client: Client::builder().no_proxy().build().unwrap(),
            payloads,
            _stop: stop,
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    fn decode(&self) -> RequestBuilder {
        let sealed = json!({"payloads": [wire(&self.payloads.seal(&plain()).unwrap())]});
        self.request(Method::POST, "/decode").json(&sealed)
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    assert!(!text.contains(TOKEN), "the token is repeated");
    Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}

/// A refusal is a problem document, whose code it returns.
async fn refused(request: RequestBuilder, status: u16) -> String {
    let answer = answer(request).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.body["status"], status);
    let challenges = answer.headers.get_all("www-authenticate").iter().count();
    assert_eq!(challenges > 0, status == 401);
    answer.body["code"].as_str().unwrap().to_owned()
}

fn plain() -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: br#"{"a":"text"}"#.to_vec(),
        external_payloads: Vec::new(),
    }
}

fn wire(payload: &Payload) -> Value {
    serde_json::to_value(WirePayload::written(payload)).unwrap()
}

#[tokio::test]
async fn what_is_encoded_is_sealed_and_decodes_to_what_it_was() {
    let server = Running::start().await;
    let sent = json!({"payloads": [wire(&plain()), wire(&Payload::default())]});
    let call = |path, body: &Value| {
        let call = server.request(Method::POST, path).bearer_auth(TOKEN);
        answer(call.header("X-Namespace", "proofs").json(body))
    };
    let encoded = call("/encode", &sent).await;
    assert_eq!(encoded.status, 200);
    assert_eq!(encoded.headers["content-type"], "application/json");
    assert_eq!(encoded.headers["cache-control"], "no-store");
    let metadata = &encoded.body["payloads"][0]["metadata"];
    assert_eq!(
        metadata["encoding"],
        BASE64_STANDARD.encode("binary/encrypted")
    );
    assert_eq!(metadata["encryption-key-id"], BASE64_STANDARD.encode("1"));
    assert!(
        !encoded
            .body
            .to_string()
            .contains(&BASE64_STANDARD.encode(&plain().data))
    );
    assert_eq!(call("/decode", &encoded.body).await.body, sent);
    // What was never sealed is what it is.
    assert_eq!(call("/decode", &sent).await.body, sent);
    assert_eq!(
        call("/decode", &json!({})).await.body,
        json!({"payloads": []})
    );
}

#[tokio::test]
async fn nobody_reads_without_the_token() {
    let server = Running::start().await;
    let longer = format!("{TOKEN}0");
    let other = TOKEN.replace('0', "1");
    for wrong in ["", &TOKEN[1..], &longer, &other] {
        let call = server.decode().bearer_auth(wrong);
        assert_eq!(refused(call, 401).await, "token_invalid");
        let call = server.decode().basic_auth("ana", Some(wrong));
        assert_eq!(refused(call, 401).await, "token_invalid");
    }
    assert_eq!(refused(server.decode(), 401).await, "token_invalid");
    for malformed in [
        TOKEN.to_owned(),
        format!("Token {TOKEN}"),
        format!("Basic {TOKEN}"),
    ] {
        let call = server.decode().header("Authorization", malformed);
        assert_eq!(refused(call, 401).await, "token_invalid");
    }
    for path in ["/", "/nowhere"] {
        let call = server.request(Method::GET, path);
        assert_eq!(refused(call, 401).await, "token_invalid");
    }
    assert_eq!(answer(server.decode().bearer_auth(TOKEN)).await.status, 200);
    let by_browser = server.decode().basic_auth("ana", Some(TOKEN));
    assert_eq!(answer(by_browser).await.status, 200);
    let page = server
        .request(Method::GET, "/")
        .basic_auth("ana", Some(TOKEN));
    assert_eq!(answer(page).await.status, 200);
}

#[tokio::test]
async fn pages_of_the_ui_may_call_and_no_others() {
    let server = Running::start().await;
    let preflight = |origin: &str| {
        server
            .request(Method::OPTIONS, "/decode")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "authorization,content-type,x-namespace",
            )
    };
    // A browser asks without the token.
    let allowed = answer(preflight(UI)).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.headers["access-control-allow-origin"], UI);
    let headers = allowed.headers["access-control-allow-headers"]
        .to_str()
        .unwrap();
    for name in ["authorization", "content-type", "x-namespace"] {
        assert!(headers.contains(name), "{headers}");
    }
    let answered = answer(server.decode().header("Origin", UI).bearer_auth(TOKEN)).await;
    assert_eq!(answered.headers["access-control-allow-origin"], UI);
    // The page must be able to read why not.
    let unknown = answer(server.decode().header("Origin", UI)).await;
    assert_eq!(unknown.status, 401);
    assert_eq!(unknown.headers["access-control-allow-origin"], UI);

    for other in [
        "http://localhost:8234",
        "http://evil.example",
        "null",
        "http://localhost:82330",
    ] {
        assert_eq!(refused(preflight(other), 403).await, "origin_not_allowed");
        let call = server.decode().header("Origin", other).bearer_auth(TOKEN);
        assert_eq!(refused(call, 403).await, "origin_not_allowed");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_a_problem_that_says_why() {
    let server = Running::start().await;
    let call = server
        .decode()
        .bearer_auth(TOKEN)
        .header("X-Namespace", "other");
    assert_eq!(refused(call, 403).await, "namespace_not_served");
    let post = |body: String| {
        let call = server.request(Method::POST, "/decode").bearer_auth(TOKEN);
        call.body(body)
    };
    for malformed in [
        "",
        "[]",
        r#"{"payloads": 1}"#,
        r#"{"payloads": [{"data": "?"}]}"#,
        r#"{"payloads": [{"metadata": {"encoding": 1}}]}"#,
        r#"{"payloads": [{"externalPayloads": []}]}"#,
    ] {
        let code = refused(post(malformed.to_owned()), 400).await;
        assert_eq!(code, "malformed_payloads", "{malformed}");
    }
    let large = format!("{{\"payloads\": []{}}}", " ".repeat(BODY_BYTES_MAX));
    assert_eq!(refused(post(large), 413).await, "body_too_large");

    let mut sealed = server.payloads.seal(&plain()).unwrap();
    sealed
        .metadata
        .insert("encryption-key-id".to_owned(), b"9".to_vec());
    let lost = answer(post(json!({"payloads": [wire(&sealed)]}).to_string())).await;
    assert_eq!(lost.status, 422);
    assert!(lost.body["detail"].as_str().unwrap().contains("key 9"));

    let call = server.request(Method::GET, "/decode").bearer_auth(TOKEN);
    assert_eq!(refused(call, 405).await, "method_not_allowed");
    let call = server.request(Method::POST, "/nowhere").bearer_auth(TOKEN);
    assert_eq!(refused(call, 404).await, "route_not_found");
}

#[test]
fn a_token_that_can_be_guessed_is_refused_and_none_is_shown() {
    for weak in [
        "",
        "short",
        &"a".repeat(31),
        &format!("{TOKEN} {TOKEN}"),
        "ü".repeat(32).as_str(),
    ] {
        assert!(Token::parse(weak).is_err(), "{weak}");
    }
    let token = Token::parse(&format!("{TOKEN}\n")).unwrap();
    assert!(!format!("{token:?}").contains(TOKEN));
}
