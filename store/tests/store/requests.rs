//! Requests by their idempotency keys: the first answer stays, and is forgotten after a while.

use serde_json::json;

use super::*;

const REQUEST: Idempotency<'_> = Idempotency {
    key: "k",
    request_hash: [1; 32],
};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_stays() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let earlier = async || store.earlier_request(tenant, &REQUEST).await.unwrap();
    assert_eq!(earlier().await, None);
    accept(store, tenant, Some(("k", 1))).await.unwrap();
    assert_eq!(earlier().await.unwrap().answer, None);

    let keep = async |answer: &str| {
        let answer = json!(answer);
        store
            .keep_answer(tenant, "k", &answer, now())
            .await
            .unwrap();
    };
    keep("first").await;
    keep("second").await;
    assert_eq!(earlier().await.unwrap().answer, Some(json!("first")));
    // Not only because we are careful.
    let changed = db.execute("UPDATE idempotency_keys SET answer = '1'").await;
    assert!(changed.is_err(), "the database keeps the first answer");

    // Of another request, or of another tenant, nothing is told.
    let other = Idempotency {
        request_hash: [2; 32],
        ..REQUEST
    };
    assert!(matches!(
        store.earlier_request(tenant, &other).await,
        Err(AcceptError::KeyReused)
    ));
    let stranger = db.admin.create_tenant("other", Plan::Starter, now());
    let stranger = stranger.await.unwrap().id;
    store
        .keep_answer(stranger, "k", &json!(1), now())
        .await
        .unwrap();
    let theirs = store.earlier_request(stranger, &REQUEST).await.unwrap();
    assert_eq!(theirs, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_are_forgotten_and_their_proofs_are_not() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    for key in ["a", "b", "c"] {
        accept(store, tenant, Some((key, 1))).await.unwrap();
    }
    let later = now() + Duration::hours(1);
    assert_eq!(store.forget_requests(now(), 10).await.unwrap(), 0);
    assert_eq!(store.forget_requests(later, 2).await.unwrap(), 2);
    assert_eq!(store.forget_requests(later, 2).await.unwrap(), 1);
    assert_eq!(store.forget_requests(later, 2).await.unwrap(), 0);
    let all = ProofFilter::default();
    let page = store.proofs(tenant, &all, None, 10).await.unwrap();
    assert_eq!(page.items.len(), 3);
    // The name is free for another request.
    assert!(matches!(
        accept(store, tenant, Some(("a", 2))).await,
        Ok(Acceptance::New(_))
    ));
}
