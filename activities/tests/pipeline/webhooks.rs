//! Messages to webhooks: sent once they are true, signed, tried again, given up.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use chrono::Utc;
use rand::rngs::OsRng;
use serde_json::Value;
use zapiki_core::ids::WebhookId;
use zapiki_core::webhook::{DeliveryFailure, SigningSecret, WebhookEvent};
use zapiki_store::{Delivery, DeliveryStatus, Resending, Webhook};

use crate::support::{
    BIRTH_DATE, Behaviour, PATIENCE, Pipeline, TestBackend, canaries, eventually, record_history,
};

/// A request as it came: its head in lower case, and its body.
type Got = (String, Vec<u8>);

/// A receiver that answers the first requests with these statuses, and then with the last of them.
fn receiver(statuses: &'static [u16]) -> (String, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?token=t", listener.local_addr().unwrap());
    let (sender, got) = channel();
    std::thread::spawn(move || {
        let mut statuses = statuses.iter().copied().peekable();
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let head = head.to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let status = match statuses.len() {
                1 => *statuses.peek().unwrap(),
                _ => statuses.next().unwrap(),
            };
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            if sender.send((head, body)).is_err() {
                return;
            }
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, got)
}

impl Pipeline {
    /// A webhook that is told of these events.
    async fn webhook(&self, url: &str, events: &[WebhookEvent]) -> (Webhook, SigningSecret) {
        let secret = SigningSecret::generate(&mut OsRng);
        let tenant = self.db.tenant.id;
        let made = self
            .db
            .store
            .create_webhook(tenant, url, events, &secret, Utc::now());
        (made.await.unwrap().unwrap(), secret)
    }

    async fn deliveries(&self, webhook: WebhookId) -> Vec<Delivery> {
        let (store, tenant) = (&self.db.store, self.db.tenant.id);
        let page = store.deliveries(tenant, webhook, None, None, 100).await;
        page.unwrap().unwrap().items
    }

    /// The newest message, once it has this status.
    async fn delivery(&self, webhook: WebhookId, status: DeliveryStatus) -> Delivery {
        eventually(async || {
            let mut newest = self.deliveries(webhook).await;
            newest.truncate(1);
            newest.pop().filter(|delivery| delivery.status == status)
        })
        .await
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines();
    let value = lines.find_map(|line| line.strip_prefix(&format!("{name}: ")));
    value.unwrap_or_else(|| panic!("{name} in {head}"))
}

/// The message, once its signature is found to be right under this secret.
fn verified((head, body): &Got, secret: &SigningSecret) -> Value {
    let (id, at) = (
        header(head, "webhook-id"),
        header(head, "webhook-timestamp"),
    );
    let theirs = standardwebhooks::Webhook::new(&secret.expose_text()).unwrap();
    // The head is in lower case, and signatures are not: all that we could mean are compared as it is.
    let signature = theirs
        .sign(id, at.parse().unwrap(), body)
        .unwrap()
        .to_lowercase();
    let signatures = header(head, "webhook-signature");
    assert!(
        signatures.split(' ').any(|one| one == signature),
        "{signatures}"
    );
    let age_s = Utc::now().timestamp() - at.parse::<i64>().unwrap();
    assert!((0..60).contains(&age_s), "signed when it was sent");
    serde_json::from_slice(body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_told_of_and_says_nothing_private() {
    let pipeline = Pipeline::create().await;
    let (url, got) = receiver(&[200]);
    let events = [
        WebhookEvent::ProofDeadLettered,
        WebhookEvent::ProofCompleted,
    ];
    let (webhook, secret) = pipeline.webhook(&url, &events).await;
    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::FailFirst(4))));
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.outcome(&job).await;

    let told = got.recv_timeout(PATIENCE).unwrap();
    let message = verified(&told, &secret);
    let proof_id = job.proof.proof_id.to_string();
    assert_eq!(message["type"], "proof.dead_lettered");
    assert_eq!(message["data"]["proof_id"], *proof_id);
    assert_eq!(message["data"]["state"], "dead_lettered");
    assert_eq!(message["data"]["code"], "internal");
    let delivery = pipeline
        .delivery(webhook.id, DeliveryStatus::Delivered)
        .await;
    assert_eq!(header(&told.0, "webhook-id"), delivery.id.to_string());
    assert_eq!((delivery.attempts, delivery.status_code), (1, Some(200)));

    // Tried again, it is made, and that is told too.
    pipeline.parked(&job).await;
    crate::parked::redrive_row(&pipeline, &job).await;
    pipeline.client.redrive(&job).await.unwrap();
    let told = got.recv_timeout(PATIENCE).unwrap();
    assert_eq!(verified(&told, &secret)["type"], "proof.completed");
    pipeline.end_of(&job).await;
    assert!(matches!(
        got.recv_timeout(Duration::from_secs(1)),
        Err(RecvTimeoutError::Timeout)
    ));
    let id = delivery.id.to_string();
    record_history(&pipeline, &id, "message_delivered").await;
    let history = zapiki_workflows::testing::workflow_history_json(&pipeline.client, &id).await;
    let history = String::from_utf8(history).unwrap();
    assert!(history.contains(&id), "the search is blind");
    for private in canaries().iter().map(String::as_str).chain(["token=t"]) {
        assert!(!history.contains(private), "{private} is in the history");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_until_it_is_taken_and_not_for_ever() {
    let pipeline = Pipeline::create().await;
    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::Prove)));
    let (store, tenant) = (&pipeline.db.store, pipeline.db.tenant.id);
    let test = async |webhook| {
        let test = store.test_webhook(tenant, webhook, Utc::now()).await;
        test.unwrap().unwrap()
    };

    let (url, got) = receiver(&[500, 302, 204]);
    let (webhook, secret) = pipeline
        .webhook(&url, &[WebhookEvent::ProofCompleted])
        .await;
    test(webhook.id).await;
    let taken = pipeline
        .delivery(webhook.id, DeliveryStatus::Delivered)
        .await;
    assert_eq!((taken.attempts, taken.failure), (3, None));
    let tries: Vec<_> = got.try_iter().collect();
    assert_eq!(tries.len(), 3);
    for sent in &tries {
        assert_eq!(
            verified(sent, &secret)["data"]["webhook_id"],
            *webhook.id.to_string()
        );
        assert_eq!(header(&sent.0, "webhook-id"), taken.id.to_string());
        assert_eq!(sent.1, tries[0].1, "the same bytes each time");
    }

    let (url, got) = receiver(&[503]);
    let (webhook, _) = pipeline
        .webhook(&url, &[WebhookEvent::ProofCompleted])
        .await;
    let id = test(webhook.id).await.id;
    let given_up = pipeline.delivery(webhook.id, DeliveryStatus::GivenUp).await;
    assert_eq!(given_up.attempts, 3, "two pauses, so three attempts");
    assert_eq!(given_up.status_code, Some(503));
    assert_eq!(given_up.failure, Some(DeliveryFailure::StatusRefused));
    assert_eq!(given_up.next_attempt_at, None);
    record_history(&pipeline, &id.to_string(), "message_given_up").await;
    assert_eq!(got.try_iter().count(), 3);
    // Its owner has mended the receiver, and wants it again.
    let resending = store.resend(tenant, webhook.id, id).await.unwrap();
    assert!(matches!(resending, Resending::Pending(_)), "{resending:?}");
    got.recv_timeout(PATIENCE).unwrap();
    let again = pipeline.delivery(webhook.id, DeliveryStatus::GivenUp).await;
    assert_eq!(again.attempts, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_told_nothing_more() {
    let pipeline = Pipeline::create().await;
    let (store, tenant) = (&pipeline.db.store, pipeline.db.tenant.id);
    let (url, got) = receiver(&[410]);
    let (webhook, _) = pipeline
        .webhook(&url, &[WebhookEvent::ProofCompleted])
        .await;
    let (deleted, _) = pipeline
        .webhook(&url, &[WebhookEvent::ProofCompleted])
        .await;
    for id in [webhook.id, deleted.id] {
        store.test_webhook(tenant, id, Utc::now()).await.unwrap();
    }
    // Its message goes with it, before anybody sends it.
    assert!(store.delete_webhook(tenant, deleted.id).await.unwrap());
    let _worker = pipeline.worker(Arc::new(TestBackend::new(Behaviour::Prove)));
    let given_up = pipeline.delivery(webhook.id, DeliveryStatus::GivenUp).await;
    assert_eq!(given_up.failure, Some(DeliveryFailure::ReceiverGone));
    assert_eq!(given_up.attempts, 1, "410 is for good");
    let told = store.webhook(tenant, webhook.id).await.unwrap().unwrap();
    assert!(told.disabled_at.is_some());

    // What happens from now on is not even written down; a test is, and is not sent.
    let job = pipeline.accept(BIRTH_DATE).await;
    pipeline.outcome(&job).await;
    store
        .test_webhook(tenant, webhook.id, Utc::now())
        .await
        .unwrap();
    let unsent = eventually(async || {
        let deliveries = pipeline.deliveries(webhook.id).await;
        let unsent = deliveries.into_iter().next().unwrap();
        (unsent.status == DeliveryStatus::GivenUp && unsent.id != given_up.id).then_some(unsent)
    })
    .await;
    assert_eq!(unsent.failure, Some(DeliveryFailure::WebhookDisabled));
    assert_eq!(unsent.attempts, 0);
    assert_eq!(pipeline.deliveries(webhook.id).await.len(), 2);
    assert_eq!(got.try_iter().count(), 1);
}
