//! A request that is sent again is the same request.

use zapiki_tests::client::types::{CreateProofIdempotencyKey, ProblemCode};
use zapiki_tests::client::{ok, problem};
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_are_one_proof_and_one_bill() {
    let stack = Stack::start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let key: CreateProofIdempotencyKey = "order-1".parse().unwrap();
    let send = async || {
        ok(shop.client.create_proof(Some(&key), None, &request))
            .await
            .into_inner()
    };

    // A nervous client, four times at once and then once more.
    let (one, two, three, four) = tokio::join!(send(), send(), send(), send());
    let five = send().await;
    let proof = one.proof.clone().expect("the proof itself").proof;
    for other in [&two, &three, &four, &five] {
        assert_eq!(other.id, one.id);
        assert_eq!(
            other.proof.as_ref().map(|envelope| &envelope.proof),
            Some(&proof)
        );
    }
    let list = ok(shop.client.list_proofs(None, None, None, None, None)).await;
    assert_eq!(list.proofs.len(), 1);
    assert_eq!(shop.finished(&one.id).await.attempts, 1);
    assert_eq!(shop.proofs_used().await, 1);
    assert_eq!(shop.audit().await.entries.len(), 1);

    // The key belongs to that body, and to that customer.
    let another = ana.proof_request(21, &bank.key, &shop.challenge().await);
    let reused = problem(shop.client.create_proof(Some(&key), None, &another)).await;
    assert_eq!(reused.code, ProblemCode::IdempotencyKeyReused);
    let rival = stack.another_tenant().await;
    rival.trust(&bank).await;
    let theirs = ok(rival.client.create_proof(Some(&key), None, &request)).await;
    assert_ne!(theirs.id, one.id);
}
