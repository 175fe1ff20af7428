//! Rotation of key-encryption keys: data keys move to the key that seals, of all tenants, and the inputs stay.

use zapiki_store::KeyUse;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn inputs_of_all_tenants_move_to_the_key_that_seals() {
    let db = TestDatabase::create().await;
    let (tenant, id) = (db.tenant.id, accepted(&db).await);
    let other = db.admin.create_tenant("other", Plan::Starter, now());
    let other = other.await.unwrap().id;
    for _ in 0..2 {
        accept(&db.store, other, None).await.unwrap();
    }
    let text = KeyRing::with_next_key(&db.key_ring_text, &mut rand::rngs::OsRng).unwrap();
    let promoted = KeyRing::with_all_promoted(&text).unwrap();
    let new = KeyRing::with_retired(&promoted, 1).unwrap();
    let open = |text: &str| {
        Store::connect(StoreConfig {
            database_url: db.app_url.clone(),
            pool_size_max: 2,
            keys: KeyRing::parse(text).unwrap(),
        })
        .unwrap()
    };
    let in_use = |kek_version, inputs| {
        vec![KeyUse {
            kek_version,
            inputs,
            webhook_secrets: 0,
        }]
    };
    let (both, new) = (open(&promoted), open(&new));
    assert_eq!(both.keys_in_use().await.unwrap(), in_use(1, 3));
    // Who lacks the old key moves nothing, and loses nothing.
    assert!(new.rewrap(10).await.is_err());
    assert!(new.unseal_witness(tenant, id).await.is_err());
    assert_eq!(both.keys_in_use().await.unwrap(), in_use(1, 3));

    assert_eq!(both.rewrap(2).await.unwrap(), 2);
    assert_eq!(both.rewrap(2).await.unwrap(), 1);
    assert_eq!(both.rewrap(2).await.unwrap(), 0);
    assert_eq!(both.keys_in_use().await.unwrap(), in_use(2, 3));
    let opened = new.unseal_witness(tenant, id).await.unwrap();
    assert_eq!(
        opened.unwrap().to_json().unwrap(),
        witness().to_json().unwrap()
    );
    assert!(db.store.unseal_witness(tenant, id).await.is_err());
}
