//! Whoever gives a proof up before it is made gets none, later neither.

use zapiki_core::problem::ProblemCode;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{AuditKind, ProofState};
use zapiki_tests::people::{Issuer, proof_id};
use zapiki_tests::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_was_given_up_is_never_made() {
    let stack = Stack::builder().without_worker().start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let sealed = async |id| {
        let input = stack
            .database
            .store
            .unseal_witness(shop.id, proof_id(id))
            .await;
        input.unwrap().is_some()
    };

    let (given_up, erased) = (shop.order(&request).await, shop.order(&request).await);
    assert!(sealed(&given_up).await);
    for id in [&given_up, &erased] {
        assert_eq!(ok(shop.client.delete_proof(id)).await.status(), 204);
        assert_eq!(shop.proof(id).await.state, ProofState::Cancelled);
        assert!(!sealed(id).await);
    }
    // A second time erases what is settled.
    ok(shop.client.delete_proof(&erased)).await;
    let path = format!("/v1/proofs/{}", erased.as_str());
    shop.http.get(&path).refused(ProblemCode::NotFound).await;
    shop.http.delete(&path).refused(ProblemCode::NotFound).await;

    let _worker = stack.start_worker().await;
    let job = shop.finished(&given_up).await;
    assert_eq!((job.state, job.attempts), (ProofState::Cancelled, 0));
    // A later one is made, so the worker is at work.
    let made = ok(shop.client.create_proof(None, None, &request)).await;
    shop.finished(&made.id).await;
    assert_eq!(shop.proof(&given_up).await.state, ProofState::Cancelled);
    assert_eq!(shop.proofs_used().await, 1);
    for id in [&given_up, &erased] {
        assert_eq!(shop.audited(id).await, [AuditKind::ProofCancelled]);
    }
}
