//! Sanctions lists: everybody reads them, page by page, and can check what is signed.

use chrono::Utc;
use zapiki_core::day::Day;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::problem::ProblemCode;
use zapiki_core::revocation::RevocationList;
use zapiki_core::screening::{ListReport, ScreeningKey, SourceDigest};
use zapiki_core::signed_root::SignedRoot;
use zapiki_core::suites::bjj_poseidon::SecretKey;
use zapiki_store::NewListRoot;

use crate::harness::Api;
use crate::sample::issuer;

/// Whom the lists of these tests are about.
pub(crate) fn listed_person() -> ScreeningKey {
    ScreeningKey::name_and_birth_year("Ana Example", 1970).unwrap()
}

/// A list of one person, as it was read on a day.
pub(crate) async fn publish(api: &Api, name: &str, dated: &str) -> SignedRoot {
    let keys = [listed_person()];
    let tree = GapTree::new([keys[0].to_field()]).unwrap();
    let signed = SignedRoot::sign(
        &SecretKey::from_bytes([3; 32]),
        name.parse().unwrap(),
        tree.root(),
        1,
        dated.parse().unwrap(),
    );
    let report = ListReport {
        entries: 1,
        persons: 1,
        ..ListReport::default()
    };
    let new = NewListRoot {
        signed: &signed,
        source: SourceDigest::of(&["source"]),
        report: &report,
        keys: &keys,
    };
    api.database
        .store
        .publish_list(new, Utc::now())
        .await
        .unwrap();
    signed
}

#[tokio::test]
async fn every_tenant_reads_the_lists_and_can_check_them() {
    let api = Api::new().await;
    let none = api.get("/v1/lists").expect(200).await;
    assert_eq!(none["lists"].as_array().unwrap().len(), 0);
    publish(&api, "b-list", "2026-11-23").await;
    let signed = publish(&api, "b-list", "2026-11-24").await;
    publish(&api, "a-list", "2026-11-22").await;

    let other = api.other_tenant().await;
    let lists = api.call_with(poem::http::Method::GET, "/v1/lists", &other);
    let lists = lists.expect(200).await;
    let lists = lists["lists"].as_array().unwrap();
    assert_eq!(lists.len(), 2);
    assert_eq!(lists[0]["signed_root"]["name"], "a-list");
    assert_eq!(lists[1]["signed_root"]["dated"], "2026-11-24");

    let list = api.get("/v1/lists/b-list").expect(200).await;
    let read: SignedRoot = serde_json::from_value(list["signed_root"].clone()).unwrap();
    assert_eq!(read, signed);
    assert_eq!(read.check(), Ok(()));
    assert_eq!(list["source"], SourceDigest::of(&["source"]).to_string());
    assert_eq!(list["report"]["persons"], 1);
}

#[tokio::test]
async fn the_roots_of_a_list_come_in_pages() {
    let api = Api::new().await;
    for day in 1..=5 {
        publish(&api, "l", &format!("2026-11-0{day}")).await;
        publish(&api, "other", &format!("2026-11-0{day}")).await;
    }
    let mut path = "/v1/lists/l/roots?limit=2".to_owned();
    let mut days = Vec::new();
    for items in [2, 2, 1] {
        let page = api.get(&path).expect(200).await;
        let roots = page["roots"].as_array().unwrap();
        assert_eq!(roots.len(), items);
        for root in roots {
            assert_eq!(root["signed_root"]["name"], "l");
            days.push(root["signed_root"]["dated"].as_str().unwrap().to_owned());
        }
        if let Some(cursor) = page["next_cursor"].as_str() {
            path = format!("/v1/lists/l/roots?limit=2&cursor={cursor}");
        } else {
            assert_eq!(items, 1, "the last page has no cursor");
        }
    }
    let expected = [5, 4, 3, 2, 1].map(|day| format!("2026-11-0{day}"));
    assert_eq!(days, expected);
}

#[tokio::test]
async fn what_is_no_list_is_not_found() {
    let api = Api::new().await;
    for path in [
        "/v1/lists/ofac-sdn",
        "/v1/lists/ofac-sdn/roots",
        "/v1/lists/NO%20NAME",
    ] {
        api.get(path).expect_problem(ProblemCode::NotFound).await;
    }
    publish(&api, "l", "2026-11-24").await;
    for query in ["cursor=x", "limit=0", "limit=101"] {
        let call = api.get(format!("/v1/lists/l/roots?{query}"));
        call.expect_problem(ProblemCode::InvalidField).await;
    }
}

/// What an issuer revoked: found under its own name, and among the sanctions lists not.
#[tokio::test]
async fn revocations_are_published_by_their_issuer_and_in_order_of_days() {
    let api = Api::new().await;
    let today = Day::try_from(Utc::now().date_naive()).unwrap();
    let yesterday = Day::from_number(today.number() - 1).unwrap();
    let list = |revoked: &[u64], dated| {
        let revoked = revoked.iter().copied().collect();
        RevocationList::sign(&issuer(), revoked, dated).unwrap()
    };
    let publish = |list: &RevocationList| api.post("/v1/revocations", &serde_json::json!(list));
    let first = list(&[7], today);
    let untrusted = publish(&first).expect_problem(ProblemCode::IssuerNotTrusted);
    assert_eq!(untrusted.await["field"], "list.signer");

    api.trust_issuer().await;
    publish(&first).expect(200).await;
    // Again is as good as once.
    publish(&first).expect(200).await;
    publish(&list(&[7, 8], today)).expect(200).await;
    let name = &first.list.name;
    let newest = api.get(format!("/v1/lists/{name}")).expect(200).await;
    assert_eq!(newest["signed_root"]["entries"], 2);
    let history = api.get(format!("/v1/lists/{name}/roots")).expect(200).await;
    assert_eq!(history["roots"].as_array().unwrap().len(), 2);
    let lists = api.get("/v1/lists").expect(200).await;
    assert_eq!(lists["lists"].as_array().unwrap().len(), 0);

    let mut shortened = first.clone();
    shortened.revoked.clear();
    let mut renamed = first.clone();
    renamed.list.name = "persons".parse().unwrap();
    let mut redated = first.clone();
    redated.list.dated = yesterday;
    let ahead = Day::from_number(today.number() + 2).unwrap();
    for (refused, field) in [
        (shortened, "revoked"),
        (renamed, "list"),
        (redated, "list"),
        (list(&[7], yesterday), "list.dated"),
        (list(&[7], ahead), "list.dated"),
    ] {
        let problem = publish(&refused).expect_problem(ProblemCode::InvalidField);
        assert_eq!(problem.await["field"], field);
    }
}
