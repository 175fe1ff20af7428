//! Many proofs at once, as a customer asks for them: some are made, some are not true, some are refused, and one bill for each made.

use std::num::NonZeroU32;

use serde_json::json;
use zapiki_tests::client::types::{AuditKind, BatchState, NewBatchRequest, ProblemCode};
use zapiki_tests::client::{ok, problem};
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;
use zapiki_tests::wait::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_accepted_in_part_and_each_item_ends_once() {
    let mut stack = Stack::builder().without_worker().start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    // Old enough for all but the one of 99; the last asks for what the first asked for.
    let mut items = Vec::new();
    for age in [18, 19, 20, 21, 22, 99] {
        items.push(ana.proof_request(age, &bank.key, &shop.challenge().await));
    }
    items.push(items[0].clone());
    items[2].system = Some("stark".parse().unwrap());
    let request = NewBatchRequest { items };
    let key = "renewals".parse().unwrap();
    let accepted = ok(shop.client.create_batch(Some(&key), &request)).await;
    assert_eq!(accepted.status(), 202);
    let accepted = accepted.into_inner();
    assert_eq!((accepted.accepted, accepted.refused), (5, 2));
    let refused = |position: usize| accepted.items[position].problem.as_ref().unwrap().code;
    assert_eq!(refused(2), ProblemCode::ExperimentalNotAllowed);
    assert_eq!(refused(6), ProblemCode::DuplicateItem);

    stack.worker = Some(stack.start_worker().await);
    let done = eventually("the batch is finished", async || {
        let batch = ok(shop.client.get_batch(&accepted.id)).await.into_inner();
        (batch.state == BatchState::Finished).then_some(batch)
    })
    .await;
    assert_eq!((done.completed, done.rejected, done.refused), (4, 1, 2));
    assert_eq!(shop.proofs_used().await, 4);

    let all = NonZeroU32::new(100);
    let page = ok(shop.client.list_batch_items(&accepted.id, None, all)).await;
    for (item, told) in page.items.iter().zip(&accepted.items) {
        assert_eq!(item.proof_id, told.proof_id);
        let Some(proof) = &item.proof else { continue };
        let kinds = shop.audited(&proof.id).await;
        match &proof.proof {
            Some(envelope) => {
                assert!(shop.verify(envelope).await.policy_satisfied);
                assert_eq!(kinds, [AuditKind::ProofCompleted]);
            }
            None => {
                assert_eq!(proof.code, Some(ProblemCode::StatementNotSatisfied));
                assert_eq!(kinds, [AuditKind::ProofRejected]);
            }
        }
    }
    let inputs = "SELECT count(*)::text AS text FROM sealed_inputs";
    assert_eq!(stack.database.text(inputs).await.unwrap(), "0");

    // The same again is the same, and makes nothing.
    let again = ok(shop.client.create_batch(Some(&key), &request)).await;
    assert_eq!(json!(again.into_inner()), json!(accepted));
    assert_eq!(shop.proofs_used().await, 4);
    let late = problem(shop.client.cancel_batch(&accepted.id)).await;
    assert_eq!(late.code, ProblemCode::BatchFinished);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_cancelled_on_its_way_stops_and_is_shredded() {
    let stack = Stack::start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "1950-05-17");
    shop.trust(&bank).await;
    let challenge = shop.challenge().await;
    let ages = (0..60).map(|_| 18);
    let mut items: Vec<_> = ages
        .map(|age| ana.proof_request(age, &bank.key, &challenge))
        .collect();
    for (number, item) in items.iter_mut().enumerate() {
        item.scope = format!("shop.example/{number}").parse().unwrap();
    }
    let request = NewBatchRequest { items };
    let accepted = ok(shop.client.create_batch(None, &request)).await;
    let cancelled = ok(shop.client.cancel_batch(&accepted.id))
        .await
        .into_inner();
    assert_eq!(cancelled.state, BatchState::Cancelled);
    assert!(cancelled.cancelled > 0, "{cancelled:?}");
    let inputs = "SELECT count(*)::text AS text FROM sealed_inputs";
    assert_eq!(stack.database.text(inputs).await.unwrap(), "0");
    // A later proof is made, so the worker is free; and nothing of the batch came after.
    let proof =
        ok(shop
            .client
            .create_proof(None, None, &ana.proof_request(18, &bank.key, &challenge)))
        .await;
    shop.finished(&proof.id).await;
    let now = ok(shop.client.get_batch(&accepted.id)).await.into_inner();
    assert_eq!(
        (now.cancelled, now.completed),
        (cancelled.cancelled, cancelled.completed)
    );
    assert_eq!(shop.proofs_used().await, u64::from(now.completed) + 1);
}
