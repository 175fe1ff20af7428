//! Sanctions lists: roots stay, what is read again unchanged is no new root.

use std::collections::BTreeMap;

use chrono::Duration;
use zapiki_core::credential::FieldElement;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::screening::{ListReport, ScreeningKey, SourceDigest};
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey};
use zapiki_store::testing::TestDatabase;
use zapiki_store::{NewListRoot, Published};

use crate::now;

fn keys(numbers: impl IntoIterator<Item = u16>) -> Vec<ScreeningKey> {
    let key = |number| ScreeningKey::from_field(&Fr::from(number)).unwrap();
    numbers.into_iter().map(key).collect()
}

fn name(text: &str) -> ListName {
    text.parse().unwrap()
}

fn signed(list: &str, keys: &[ScreeningKey], dated: &str) -> SignedRoot {
    let tree = GapTree::new(keys.iter().map(|key| key.to_field())).unwrap();
    let key = SecretKey::from_bytes([1; 32]);
    SignedRoot::sign(
        &key,
        name(list),
        tree.root(),
        tree.len() as u64,
        dated.parse().unwrap(),
    )
}

fn report() -> ListReport {
    ListReport {
        entries: 7,
        keys: BTreeMap::from([("document".to_owned(), 3)]),
        ..ListReport::default()
    }
}

/// What the database holds beside the list is the same each time.
async fn publish(
    db: &TestDatabase,
    signed: &SignedRoot,
    keys: &[ScreeningKey],
    source: &str,
    later: i64,
) -> Published {
    let new = NewListRoot {
        signed,
        source: SourceDigest::of(&[source]),
        report: &report(),
        keys,
    };
    let now = now() + Duration::seconds(later);
    db.store.publish_list(new, now).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_as_it_was_published() {
    let db = TestDatabase::create().await;
    let ofac = name("ofac");
    assert_eq!(db.store.list(&ofac).await.unwrap(), None);
    let keys = keys([1, 2, 700]);
    let signed = signed("ofac", &keys, "2026-11-24");
    let Published::New(published) = publish(&db, &signed, &keys, "edition", 0).await else {
        panic!("a first root is new");
    };
    assert_eq!(published.signed, signed);
    assert_eq!(published.signed.check(), Ok(()));
    assert_eq!(published.report, report());
    assert_eq!(published.source, SourceDigest::of(&["edition"]));
    assert_eq!(
        (published.signed_at, published.refreshed_at),
        (now(), now())
    );

    let store = &db.store;
    assert_eq!(store.list(&ofac).await.unwrap().as_ref(), Some(&published));
    let by_root = store.list_with_root(&ofac, &signed.root).await.unwrap();
    assert_eq!(by_root.as_ref(), Some(&published));
    assert_eq!(store.list_keys(&signed.root).await.unwrap(), Some(keys));
    // Another list's root is not this one's.
    assert_eq!(
        store
            .list_with_root(&name("other"), &signed.root)
            .await
            .unwrap(),
        None
    );
    let unknown = FieldElement(Fr::from(5u8));
    assert_eq!(store.list_with_root(&ofac, &unknown).await.unwrap(), None);
    assert_eq!(store.list_keys(&unknown).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_says_something_else_is_a_new_root() {
    let db = TestDatabase::create().await;
    let (one, two) = (keys([1, 2]), keys([1, 2, 3]));
    let monday = signed("l", &one, "2026-11-23");
    let Published::New(first) = publish(&db, &monday, &one, "a", 0).await else {
        panic!("a first root is new");
    };
    let Published::Unchanged(again) = publish(&db, &monday, &one, "a", 60).await else {
        panic!("the same was read");
    };
    assert_eq!((again.id, again.signed_at), (first.id, first.signed_at));
    assert_eq!(
        again.refreshed_at,
        first.refreshed_at + Duration::seconds(60)
    );
    // A worker whose clock is behind.
    let Published::Unchanged(behind) = publish(&db, &monday, &one, "a", 30).await else {
        panic!("the same was read");
    };
    assert_eq!(behind.refreshed_at, again.refreshed_at);

    let by_another = SecretKey::from_bytes([2; 32]);
    let resigned = SignedRoot::sign(&by_another, name("l"), monday.root.0, 2, monday.dated);
    let changes = [
        (signed("l", &one, "2026-11-24"), &one, "a"),
        (signed("l", &one, "2026-11-24"), &one, "b"),
        (signed("l", &two, "2026-11-24"), &two, "b"),
        // Back to what it was.
        (monday.clone(), &one, "a"),
        (resigned, &one, "a"),
    ];
    for (later, (signed, keys, source)) in (100..).zip(changes) {
        let published = publish(&db, &signed, keys, source, later).await;
        assert!(matches!(published, Published::New(_)), "{source}");
    }
    let page = db.store.list_history(&name("l"), None, 4).await.unwrap();
    assert!(page.has_more && page.items.is_sorted_by(|newer, older| newer.id > older.id));
    let rest = db
        .store
        .list_history(&name("l"), Some(page.items[3].id), 4)
        .await
        .unwrap();
    assert_eq!((rest.items.len(), rest.has_more), (2, false));
    assert_eq!(rest.items[1].id, first.id);
    // Two sets of keys, whatever the number of roots.
    let sets = "SELECT count(*)::text AS text FROM screening_sets";
    assert_eq!(db.text(sets).await.unwrap(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_list_has_its_newest_root() {
    let db = TestDatabase::create().await;
    let none = keys([]);
    for (list, dated) in [
        ("b", "2026-11-23"),
        ("a", "2026-11-23"),
        ("b", "2026-11-24"),
    ] {
        publish(&db, &signed(list, &none, dated), &none, "x", 0).await;
    }
    let lists = db.store.lists().await.unwrap();
    let told: Vec<_> = lists
        .iter()
        .map(|list| (list.signed.name.as_str(), list.signed.dated.to_string()))
        .collect();
    assert_eq!(
        told,
        [
            ("a", "2026-11-23".to_owned()),
            ("b", "2026-11-24".to_owned())
        ]
    );
    assert_eq!(
        db.store.list_keys(&lists[0].signed.root).await.unwrap(),
        Some(none)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_same_time_is_once() {
    let db = TestDatabase::create().await;
    let keys = keys(1..=50);
    let signed = signed("l", &keys, "2026-11-24");
    let publishing = (0..6).map(|_| publish(&db, &signed, &keys, "x", 0));
    let published = futures::future::join_all(publishing).await;
    let new = published
        .iter()
        .filter(|one| matches!(one, Published::New(_)));
    assert_eq!(new.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_damaged_is_not_handed_out() {
    let db = TestDatabase::create().await;
    let keys = keys([1]);
    let signed = signed("l", &keys, "2026-11-24");
    publish(&db, &signed, &keys, "x", 0).await;
    db.execute("UPDATE screening_sets SET keys = decode(repeat('00', 31), 'hex')")
        .await
        .unwrap();
    assert!(
        db.store.list_keys(&signed.root).await.is_err(),
        "0 is no key"
    );
    db.execute("UPDATE screening_roots SET document = document - 'signature'")
        .await
        .unwrap();
    assert!(db.store.list(&name("l")).await.is_err());
}
