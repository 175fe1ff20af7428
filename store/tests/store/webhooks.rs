//! Webhooks: what is written for whom, and what becomes of it.

use zapiki_core::failure::FailureKind;
use zapiki_core::ids::WebhookId;
use zapiki_core::webhook::{DeliveryFailure, MessageData, SigningSecret, WebhookEvent};
use zapiki_store::{Attempt, Delivery, DeliveryStatus, KeyUse, Resending, WEBHOOKS_MAX, Webhook};

use super::*;

const URL: &str = "https://hooks.example.com/zapiki";

fn secret(byte: u8) -> SigningSecret {
    SigningSecret::from_slice(&[byte; 32]).unwrap()
}

pub(crate) async fn webhook(db: &TestDatabase, events: &[WebhookEvent]) -> Webhook {
    let (store, tenant) = (&db.store, db.tenant.id);
    let secret = secret(1);
    let made = store.create_webhook(tenant, URL, events, &secret, now());
    made.await.unwrap().unwrap()
}

async fn deliveries(db: &TestDatabase, webhook: WebhookId) -> Vec<Delivery> {
    let page = db.store.deliveries(db.tenant.id, webhook, None, None, 100);
    page.await.unwrap().unwrap().items
}

fn told(deliveries: &[Delivery]) -> Vec<(WebhookEvent, Option<ProofId>)> {
    let of = |delivery: &Delivery| match &delivery.message.data {
        MessageData::Proof(news) => Some(news.proof_id),
        MessageData::Webhook(_) => None,
    };
    deliveries
        .iter()
        .map(|delivery| (delivery.message.event, of(delivery)))
        .collect()
}

const FAILED: Attempt = Attempt {
    status_code: Some(500),
    failure: Some(DeliveryFailure::StatusRefused),
    next_attempt_at: None,
};
const TAKEN: Attempt = Attempt {
    status_code: Some(204),
    failure: None,
    next_attempt_at: None,
};

/// Each move of a proof is told to who wants to hear of it, once, and to nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_is_told_to_those_who_asked() {
    use WebhookEvent::{ProofCancelled, ProofCompleted, ProofDeadLettered, ProofRejected};
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let all = webhook(
        &db,
        &[
            ProofCompleted,
            ProofRejected,
            ProofDeadLettered,
            ProofCancelled,
        ],
    );
    let all = all.await;
    let failures_only = webhook(&db, &[ProofDeadLettered]).await;
    let disabled = webhook(&db, &[ProofDeadLettered]).await;
    let off = store
        .enable_webhook(tenant, disabled.id, false, now())
        .await;
    assert_eq!(off.unwrap().unwrap().disabled_at, Some(now()));

    let mut expected = Vec::new();
    for (settlement, event) in [
        (Settlement::Completed(Box::new(envelope())), ProofCompleted),
        (
            Settlement::Rejected(ProblemCode::StatementNotSatisfied),
            ProofRejected,
        ),
        (Settlement::Cancelled, ProofCancelled),
        (
            Settlement::DeadLettered(failures::letter()),
            ProofDeadLettered,
        ),
    ] {
        let id = accepted(&db).await;
        for is_first in [true, false] {
            let settled = store.settle_proof(tenant, id, &settlement, now()).await;
            assert_eq!(settled.unwrap().unwrap().changed, is_first);
        }
        expected.insert(0, (event, Some(id)));
    }
    let (_, failed) = expected[0];
    let failed = failed.unwrap();
    assert_eq!(told(&deliveries(&db, all.id).await), expected);
    assert_eq!(
        told(&deliveries(&db, failures_only.id).await),
        expected[..1]
    );
    assert_eq!(deliveries(&db, disabled.id).await, []);

    let [newest] = &deliveries(&db, failures_only.id).await[..] else {
        panic!("one message");
    };
    let MessageData::Proof(news) = &newest.message.data else {
        panic!("of a proof");
    };
    assert_eq!(news.code, Some(FailureKind::ProverFailed.code()));
    assert_eq!(news.circuit, CIRCUIT);
    assert_eq!(newest.message.timestamp, now());
    assert_eq!(newest.status, DeliveryStatus::Pending);

    // Tried again is nothing to tell; failed again is.
    store.redrive(tenant, failed, None, now()).await.unwrap();
    assert_eq!(deliveries(&db, failures_only.id).await.len(), 1);
    let again = Settlement::DeadLettered(failures::letter());
    store
        .settle_proof(tenant, failed, &again, now())
        .await
        .unwrap();
    assert_eq!(deliveries(&db, failures_only.id).await.len(), 2);
    store.discard(tenant, failed, now()).await.unwrap();
    assert_eq!(
        told(&deliveries(&db, all.id).await)[0],
        (ProofCancelled, Some(failed))
    );

    // Somebody else's proofs are not told of here, nor are our webhooks theirs.
    let other = db.admin.create_tenant("other", Plan::Starter, now());
    let other = other.await.unwrap().id;
    let Acceptance::New(theirs) = accept(store, other, None).await.unwrap() else {
        panic!("a new proof");
    };
    let before = deliveries(&db, all.id).await.len();
    store
        .settle_proof(other, theirs.id, &again, now())
        .await
        .unwrap();
    assert_eq!(deliveries(&db, all.id).await.len(), before);
    assert_eq!(store.webhooks(other).await.unwrap(), []);
    assert_eq!(store.webhook(other, all.id).await.unwrap(), None);
    let page = store.deliveries(other, all.id, None, None, 10).await;
    assert!(page.unwrap().is_none());
    let test = store.test_webhook(other, all.id, now()).await;
    assert!(test.unwrap().is_none());
    let resent = store.resend(other, failures_only.id, newest.id).await;
    assert_eq!(resent.unwrap(), Resending::NotFound);
    assert!(
        store
            .dispatch(other, newest.id, now())
            .await
            .unwrap()
            .is_none()
    );
    let newer = secret(2);
    let rotated = store.rotate_webhook_secret(other, all.id, &newer, now(), now());
    assert!(!rotated.await.unwrap());
    assert!(!store.delete_webhook(other, all.id).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_until_it_ends_and_only_then_again() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let webhook = webhook(&db, &[WebhookEvent::ProofCompleted]).await;
    let test = store.test_webhook(tenant, webhook.id, now()).await;
    let id = test.unwrap().unwrap().id;
    let waiting = async || store.unstarted_deliveries(10).await.unwrap().len();
    assert_eq!(waiting().await, 1);
    let resent = async || store.resend(tenant, webhook.id, id).await.unwrap();
    assert_eq!(resent().await, Resending::OnItsWay);

    let dispatch = store.dispatch(tenant, id, now()).await.unwrap().unwrap();
    assert_eq!((dispatch.url.as_str(), dispatch.is_disabled), (URL, false));
    assert_eq!(dispatch.secrets, [secret(1)]);
    assert_eq!(waiting().await, 0, "its workflow runs");

    let later = now() + Duration::seconds(5);
    let retried = Attempt {
        next_attempt_at: Some(later),
        ..FAILED
    };
    store
        .note_attempt(tenant, id, &retried, now())
        .await
        .unwrap();
    let [delivery] = &deliveries(&db, webhook.id).await[..] else {
        panic!("one message");
    };
    assert_eq!(delivery.status, DeliveryStatus::Pending);
    assert_eq!(
        (delivery.attempts, delivery.next_attempt_at),
        (1, Some(later))
    );
    assert_eq!(delivery.failure, Some(DeliveryFailure::StatusRefused));
    store.note_attempt(tenant, id, &TAKEN, later).await.unwrap();
    // What comes late from a worker that was taken for dead changes nothing.
    store
        .note_attempt(tenant, id, &FAILED, later)
        .await
        .unwrap();
    let [delivery] = &deliveries(&db, webhook.id).await[..] else {
        panic!("one message");
    };
    assert_eq!(delivery.status, DeliveryStatus::Delivered);
    assert_eq!((delivery.attempts, delivery.failure), (2, None));
    assert!(store.dispatch(tenant, id, now()).await.unwrap().is_none());

    assert!(matches!(resent().await, Resending::Pending(_)));
    assert_eq!(waiting().await, 1, "it gets a workflow of its own");
    assert_eq!(resent().await, Resending::OnItsWay);
    store
        .note_attempt(tenant, id, &FAILED, now())
        .await
        .unwrap();
    let status = async |status| {
        let page = store.deliveries(tenant, webhook.id, Some(status), None, 10);
        page.await.unwrap().unwrap().items.len()
    };
    assert_eq!(status(DeliveryStatus::GivenUp).await, 1);
    assert_eq!(status(DeliveryStatus::Delivered).await, 0);
    assert_eq!(status(DeliveryStatus::Pending).await, 0);

    let pending = store.test_webhook(tenant, webhook.id, now()).await;
    let pending = pending.unwrap().unwrap().id;
    assert_eq!(store.forget_deliveries(now(), 10).await.unwrap(), 0);
    assert_eq!(store.forget_deliveries(later, 10).await.unwrap(), 1);
    let left: Vec<_> = deliveries(&db, webhook.id)
        .await
        .iter()
        .map(|d| d.id)
        .collect();
    assert_eq!(left, [pending], "what waits is not forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_sealed_replaced_and_moved_to_new_keys() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let webhook = webhook(&db, &[WebhookEvent::ProofCompleted]).await;
    let until = now() + Duration::hours(24);
    let newer = secret(2);
    let rotated = store.rotate_webhook_secret(tenant, webhook.id, &newer, until, now());
    assert!(rotated.await.unwrap());
    let test = store.test_webhook(tenant, webhook.id, now()).await;
    let id = test.unwrap().unwrap().id;
    let signing = async |store: &Store, at| {
        let dispatch = store.dispatch(tenant, id, at).await?;
        Ok::<_, StoreError>(dispatch.unwrap().secrets)
    };
    let both = signing(store, until - Duration::seconds(1)).await;
    assert_eq!(both.unwrap(), [secret(2), secret(1)]);
    assert_eq!(signing(store, until).await.unwrap(), [secret(2)]);
    // No plain secret in any column.
    let plain = "SELECT count(*)::text AS text FROM webhook_secrets \
                 WHERE position(decode(repeat('02', 16), 'hex') IN ciphertext || wrapped_key) > 0";
    assert_eq!(db.text(plain).await.unwrap(), "0");

    let text = KeyRing::with_next_key(&db.key_ring_text, &mut rand::rngs::OsRng).unwrap();
    let promoted = KeyRing::with_all_promoted(&text).unwrap();
    let open = |text: &str| {
        Store::connect(StoreConfig {
            database_url: db.app_url.clone(),
            pool_size_max: 2,
            keys: KeyRing::parse(text).unwrap(),
        })
        .unwrap()
    };
    let new = open(&KeyRing::with_retired(&promoted, 1).unwrap());
    assert!(signing(&new, now()).await.is_err());
    let in_use = |kek_version| {
        vec![KeyUse {
            kek_version,
            inputs: 0,
            webhook_secrets: 2,
        }]
    };
    assert_eq!(store.keys_in_use().await.unwrap(), in_use(1));
    assert_eq!(open(&promoted).rewrap(10).await.unwrap(), 2);
    assert_eq!(store.keys_in_use().await.unwrap(), in_use(2));
    assert_eq!(signing(&new, until).await.unwrap(), [secret(2)]);
    assert!(signing(store, until).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_so_many_webhooks_and_no_more() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let first = webhook(&db, &[WebhookEvent::ProofCompleted]).await;
    for _ in 1..WEBHOOKS_MAX {
        webhook(&db, &[WebhookEvent::ProofCompleted]).await;
    }
    let one_more = async || {
        let events = [WebhookEvent::ProofCompleted];
        let secret = secret(1);
        let made = store.create_webhook(tenant, URL, &events, &secret, now());
        made.await.unwrap()
    };
    assert_eq!(one_more().await, None);
    assert!(store.delete_webhook(tenant, first.id).await.unwrap());
    assert!(!store.delete_webhook(tenant, first.id).await.unwrap());
    assert!(one_more().await.is_some());
    // With the webhook went its secrets.
    let secrets = "SELECT count(*)::text AS text FROM webhook_secrets";
    assert_eq!(db.text(secrets).await.unwrap(), WEBHOOKS_MAX.to_string());
}
