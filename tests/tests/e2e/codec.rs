//! An operator reads what Temporal keeps: with a token, and with keys that open payloads and no private input.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use serde_json::{Value, json};
use zapiki_tests::stack::{Stack, write_private};
use zapiki_workflows::client::{Payload, SealedPayloads};

const TOKEN: &str = "a-token-of-thirty-two-characters";

#[tokio::test(flavor = "multi_thread")]
async fn the_codec_server_opens_what_the_deployment_sealed() {
    let stack = Stack::builder().without_worker().start().await;
    write_private(&stack.desk.path("token"), TOKEN);
    stack
        .desk
        .zapiki_ok("keys payloads --kek-file kek --out payloads.keys");
    let again = stack
        .desk
        .zapiki("keys payloads --kek-file kek --out payloads.keys");
    assert!(
        again.code != 0 && again.said.contains("--force"),
        "{again:?}"
    );
    // The file is of no use to a service.
    let database = "--database-url postgres://nobody@127.0.0.1:1/x";
    let status = format!("keys status --kek-file payloads.keys {database}");
    let refused = stack.desk.zapiki(&status);
    assert!(refused.said.contains("no key seals"), "{refused:?}");

    let plain = Payload {
        data: br#"{"proof_id":"some"}"#.to_vec(),
        ..Payload::default()
    };
    let sealed = SealedPayloads::new(stack.database.payload_keys());
    let sealed = sealed.seal(&plain).unwrap();
    let metadata = sealed.metadata.iter();
    let metadata = metadata.map(|(name, value)| (name.clone(), json!(STANDARD.encode(value))));
    let metadata: serde_json::Map<_, _> = metadata.collect();
    let body = json!({"payloads": [{"metadata": metadata, "data": STANDARD.encode(&sealed.data)}]});

    // With the whole key file as with the one for payloads.
    for keys in ["payloads.keys", "kek"] {
        let (server, base) = stack.start_codec_server(keys, "token").await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let decode = || client.post(format!("{base}/decode")).json(&body);
        let unknown = decode().send().await.unwrap();
        assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
        let opened = decode().bearer_auth(TOKEN).send().await.unwrap();
        let opened: Value = opened.json().await.unwrap();
        let data = opened["payloads"][0]["data"].as_str().unwrap();
        assert_eq!(STANDARD.decode(data).unwrap(), plain.data);
        assert!(!server.log().contains(TOKEN) && !server.log().contains(data));
    }
}
