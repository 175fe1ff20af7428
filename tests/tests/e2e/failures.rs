//! A proof that cannot be made is not lost: it waits for a decision, and can be made once the reason is gone.

use zapiki_tests::client::types::{AuditKind, FailureStatus, ProofState, RedriveRequest};
use zapiki_tests::client::{ok, problem, types::ProblemCode};
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;
use zapiki_tests::wait::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_no_worker_had_keys_for_is_made_when_one_has() {
    let mut stack = Stack::builder().without_worker().start().await;
    let poor = stack.start_worker_without_age_over().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let ids = [shop.order(&request).await, shop.order(&request).await];

    for id in &ids {
        let failed = eventually("it failed for good", async || {
            let proof = shop.proof(id).await;
            (proof.state == ProofState::DeadLettered).then_some(proof)
        })
        .await;
        assert!(
            failed.reason.unwrap().contains("keys"),
            "the reason is told"
        );
        let rounds = ok(shop.client.get_failure(id)).await.into_inner().rounds;
        assert_eq!(rounds[0].status, FailureStatus::Open);
        assert!(rounds[0].attempts.unwrap() > 1, "{rounds:?}");
    }
    assert_eq!(shop.proofs_used().await, 0);
    drop(poor);

    // One is tried again where there are keys, the other given up.
    stack.worker = Some(stack.start_worker().await);
    let (again, given_up) = (&ids[0], &ids[1]);
    let redrive = RedriveRequest { circuit: None };
    let accepted = ok(shop.client.redrive_failure(again, &redrive)).await;
    assert_eq!(accepted.state, ProofState::Accepted);
    let discarded = ok(shop.client.discard_failure(given_up)).await;
    assert_eq!(discarded.state, ProofState::Cancelled);
    for id in &ids {
        shop.finished(id).await;
    }
    let made = shop.proof(again).await;
    assert!(shop.verify(&made.proof.unwrap()).await.policy_satisfied);
    assert_eq!(shop.proofs_used().await, 1);
    assert_eq!(
        shop.audited(again).await,
        [AuditKind::ProofDeadLettered, AuditKind::ProofCompleted]
    );
    assert_eq!(
        shop.audited(given_up).await,
        [AuditKind::ProofDeadLettered, AuditKind::ProofCancelled]
    );
    let late = problem(shop.client.redrive_failure(again, &redrive)).await;
    assert_eq!(late.code, ProblemCode::FailureResolved);
    let inputs = "SELECT count(*)::text AS text FROM sealed_inputs";
    assert_eq!(stack.database.text(inputs).await.unwrap(), "0");
}
