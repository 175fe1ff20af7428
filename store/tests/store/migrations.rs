//! Migrations: repeated, undone.

use zapiki_store::testing::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn migrating_again_changes_nothing() {
    let db = TestDatabase::create().await;
    let report = zapiki_store::migrate(&db.admin_url, &"test".to_owned().into())
        .await
        .unwrap();
    assert!(report.applied.is_empty());
    db.store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_can_be_undone_and_done_again() {
    let db = TestDatabase::create().await;
    // Newest first.
    let down = [
        include_str!("../../../migrations/2026-11-26-020000_backlog/down.sql"),
        include_str!("../../../migrations/2026-11-26-000000_webhooks/down.sql"),
        include_str!("../../../migrations/2026-11-25-030000_batches/down.sql"),
        include_str!("../../../migrations/2026-11-25-020000_key_rotation/down.sql"),
        include_str!("../../../migrations/2026-11-25-010000_kept_answers/down.sql"),
        include_str!("../../../migrations/2026-11-25-000000_dead_letters/down.sql"),
        include_str!("../../../migrations/2026-11-24-120000_screening_lists/down.sql"),
        include_str!("../../../migrations/2026-11-24-000000_foundation/down.sql"),
    ];
    let undo = format!("{}; DELETE FROM __diesel_schema_migrations", down.concat());
    db.execute(&undo).await.unwrap();
    assert!(db.store.authenticate(&db.api_key).await.is_err());
    let report = zapiki_store::migrate(&db.admin_url, &"test".to_owned().into())
        .await
        .unwrap();
    assert_eq!(report.applied.len(), down.len());
    assert!(matches!(
        db.store.authenticate(&db.api_key).await,
        Err(zapiki_store::AuthenticateError::Unknown)
    ));
}

/// Several databases of one cluster share the role.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn databases_of_one_cluster_migrate_at_the_same_time() {
    let mut databases = Vec::new();
    for _ in 0..6 {
        databases.push(TestDatabase::create().await);
    }
    let migrating = databases.into_iter().map(|db| {
        tokio::spawn(async move {
            for _ in 0..5 {
                zapiki_store::migrate(&db.admin_url, &"test".to_owned().into())
                    .await
                    .unwrap();
            }
        })
    });
    for done in futures::future::join_all(migrating).await {
        done.unwrap();
    }
}
