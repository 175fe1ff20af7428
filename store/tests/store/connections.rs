//! Connections that are away, that break, and that are left in the middle of something.

use std::time::Duration;

use zapiki_store::testing::TestDatabase;
use zapiki_store::{KeyRing, ProofFilter, Store, StoreConfig};

use crate::{accepted, new_id, now};

const DEADLINE: Duration = Duration::from_secs(10);

/// Waits until no session of the service on this database is as the predicate says.
async fn none_is_left(db: &TestDatabase, predicate: &str) {
    let count = format!(
        "SELECT count(*)::text AS text FROM pg_stat_activity \
         WHERE datname = current_database() AND usename = 'zapiki_app' AND {predicate}"
    );
    let gone = async { while db.text(&count).await.unwrap() != "0" {} };
    tokio::time::timeout(DEADLINE, gone)
        .await
        .unwrap_or_else(|_| panic!("sessions are left that are {predicate}"));
}

fn store(db: &TestDatabase, pool_size_max: usize) -> Store {
    Store::connect(StoreConfig {
        database_url: db.app_url.clone(),
        pool_size_max,
        keys: KeyRing::parse(&db.key_ring_text).unwrap(),
    })
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_leaves_no_transaction_open() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (store(&db, 1), db.tenant.id);
    // At whichever await the caller goes away.
    for polls in 1..6 {
        store.authenticate(&db.api_key).await.unwrap();
        let mut call = Box::pin(store.proof(tenant, new_id()));
        for _ in 0..polls {
            if futures::poll!(&mut call).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        // Needs no transaction, and would run in the one that was left open.
        store.authenticate(&db.api_key).await.unwrap();
        none_is_left(&db, "state LIKE 'idle in transaction%'").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_is_an_outage_and_is_replaced() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (store(&db, 2), db.tenant.id);
    accepted(&db).await;
    let filter = ProofFilter::default();
    let list = || store.proofs(tenant, &filter, None, 10);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND usename = 'zapiki_app'";
    for _ in 0..3 {
        assert_eq!(list().await.unwrap().items.len(), 1);
        db.execute(cut).await.unwrap();
        none_is_left(&db, "true").await;
        if let Err(error) = list().await {
            assert!(error.is_retryable(), "{error:?}");
        }
    }
}

/// While a statement waits, not between two.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_cut_off_is_an_outage() {
    let db = TestDatabase::create().await;
    let (store, tenant, id) = (store(&db, 1), db.tenant.id, accepted(&db).await);
    let lock = db.hold("LOCK TABLE proofs").await.unwrap();
    let cut = "SELECT count(pg_terminate_backend(pid))::text AS text FROM pg_stat_activity \
               WHERE datname = current_database() AND usename = 'zapiki_app' AND wait_event_type = 'Lock'";
    // Until it waits, there is none to cut.
    let cutting = async { while db.text(cut).await.unwrap() == "0" {} };
    let (marked, cutting) = tokio::join!(
        store.mark_started(tenant, id, now()),
        tokio::time::timeout(DEADLINE, cutting)
    );
    cutting.expect("the statement waits for the lock");
    let error = marked.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    drop(lock);
    store.mark_started(tenant, id, now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_said_to_be() {
    let keys = KeyRing::parse(&format!("1:{}", hex::encode([5; 32]))).unwrap();
    let database_url = "postgres://zapiki_app:hunter2@127.0.0.1:1/none"
        .to_owned()
        .into();
    let store = Store::connect(StoreConfig {
        database_url,
        pool_size_max: 1,
        keys,
    })
    .unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(error.is_retryable());
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
