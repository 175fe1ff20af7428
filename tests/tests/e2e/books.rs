//! Usage and audit log: every proof stands in them once, and nobody can rewrite them unnoticed.

use std::num::NonZeroU32;

use zapiki_tests::client::types::{AuditEntry, AuditKind, AuditPage};
use zapiki_tests::client::{ok, problem};
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn the_books_hold_every_outcome_once_and_show_if_they_were_changed() {
    let stack = Stack::start().await;
    let (shop, desk) = (&stack.tenant, &stack.desk);
    let bank = Issuer::new(desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let challenge = shop.challenge().await;

    let mut ids = Vec::new();
    for min_age in [18, 21] {
        let request = ana.age_request(min_age, &challenge);
        ids.push(
            ok(shop.client.verify_age(None, None, &request))
                .await
                .into_inner()
                .id,
        );
    }
    let too_old = ana.age_request(99, &challenge);
    let rejected = problem(shop.client.verify_age(None, None, &too_old)).await;
    ids.push(rejected.proof_id.unwrap());
    for id in &ids {
        shop.finished(id).await;
    }

    let usage = ok(shop.client.get_usage(None, None)).await;
    assert_eq!(usage.lines.len(), 1);
    assert_eq!(shop.proofs_used().await, 2);
    let page = shop.audit().await;
    assert_eq!(page.entries.len(), 3);
    for (id, kind) in ids.iter().zip([
        AuditKind::ProofCompleted,
        AuditKind::ProofCompleted,
        AuditKind::ProofRejected,
    ]) {
        assert_eq!(shop.audited(id).await, [kind]);
    }
    // Erasing a proof erases nothing of the books.
    ok(shop.client.delete_proof(&ids[0])).await;
    assert_eq!(shop.proofs_used().await, 2);
    assert_eq!(shop.audit().await.entries.len(), 3);

    let tenant = page.tenant.as_str();
    assert_eq!(tenant, shop.id.to_string());
    let verify = |page: &AuditPage, options: &str| {
        desk.write("audit.json", page);
        desk.zapiki(&format!("audit verify --file audit.json {options}"))
    };
    let ended = verify(&page, &format!("--tenant {tenant}"));
    assert!(
        ended.code == 0 && ended.said.contains("HOLDS: 3 entries"),
        "{ended:?}"
    );
    // Another tenant's log is another chain.
    let rival = stack.another_tenant().await;
    assert_eq!(verify(&page, &format!("--tenant {}", rival.id)).code, 1);

    for change in [
        |entries: &mut Vec<AuditEntry>| drop(entries.remove(1)),
        |entries: &mut Vec<AuditEntry>| entries.swap(0, 1),
        |entries: &mut Vec<AuditEntry>| entries[0].proof_id = entries[1].proof_id.clone(),
        |entries: &mut Vec<AuditEntry>| entries[1].kind = AuditKind::ProofRejected,
    ] {
        let mut changed = page.clone();
        change(&mut changed.entries);
        let ended = verify(&changed, &format!("--tenant {tenant}"));
        assert!(
            ended.code == 1 && ended.said.contains("BROKEN"),
            "{ended:?}"
        );
    }

    // A log that is read in pieces is checked in pieces.
    let first = ok(shop.client.list_audit_entries(None, NonZeroU32::new(2))).await;
    let rest = ok(shop.client.list_audit_entries(first.next_after, None)).await;
    assert_eq!((rest.entries.len(), rest.next_after), (1, None));
    let before = first.entries[1].hash.as_str();
    let ended = verify(&rest, &format!("--tenant {tenant} --after {before}"));
    assert_eq!(ended.code, 0, "{ended:?}");
}
