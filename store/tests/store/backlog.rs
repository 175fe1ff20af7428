//! The backlog: of all tenants, and never more than counts and times.

use zapiki_store::{Backlog, Waiting};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_counted_over_all_tenants() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let backlog = async || store.backlog().await.unwrap();
    assert_eq!(backlog().await, Backlog::default());

    let failing = accepted(&db).await;
    let other = db.admin.create_tenant("other", Plan::Starter, now()).await;
    accept(store, other.unwrap().id, None).await.unwrap();
    let (_, items) = batches::accepted(&db, 3).await;
    batches::accepted(&db, 2).await;
    let outcome = Settlement::DeadLettered(failures::letter());
    for id in [failing, items[0]] {
        let settled = store.settle_proof(tenant, id, &outcome, now()).await;
        assert!(settled.unwrap().unwrap().changed);
    }
    let since = Some(now());
    let expected = Backlog {
        singles: Waiting { proofs: 1, since },
        items: Waiting { proofs: 4, since },
        batches: 2,
        dead_letters: 2,
        soonest_expiry: Some(failures::letter().expires_at),
    };
    assert_eq!(backlog().await, expected);

    // What is tried again waits from then on, however long ago it was accepted; a letter that is closed expires no more.
    for item in &items[1..] {
        store.delete_proof(tenant, *item, now()).await.unwrap();
    }
    let later = now() + Duration::hours(7);
    let redriven = store.redrive(tenant, items[0], None, later).await;
    redriven.unwrap();
    let last = store.discard(tenant, failing, later).await;
    last.unwrap();
    let now = backlog().await;
    assert_eq!((now.dead_letters, now.soonest_expiry), (0, None));
    assert_eq!((now.items.proofs, now.batches), (3, 2));
    let others =
        "DELETE FROM proofs WHERE batch_id <> (SELECT batch_id FROM batch_items WHERE proof_id = ";
    let others = format!("{others}'{}')", items[0].as_uuid());
    db.execute(&others).await.unwrap();
    let alone = backlog().await.items;
    assert_eq!((alone.proofs, alone.since), (1, Some(later)));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_counted() {
    let db = TestDatabase::create().await;
    db.store.ping().await.unwrap();
    let connections = db.store.connections();
    assert_eq!((connections.in_use, connections.idle), (0, 1));
    assert!(connections.max >= 1);
}
