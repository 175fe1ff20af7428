//! A request that is sent again is the same request.

use zapiki_tests::client::types::{CreateProofIdempotencyKey, ProblemCode, Proof};
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
    let send = async || match shop.client.create_proof(Some(&key), None, &request).await {
        Ok(answer) => Ok(answer.into_inner()),
        Err(error) => Err(problem::<()>(std::future::ready(Err(error))).await.code),
    };

    // A nervous client, four times at once: one is answered, the others are told to wait or have the same answer.
    let answers = tokio::join!(send(), send(), send(), send());
    let answers: [_; 4] = answers.into();
    let mut made = answers.iter().filter_map(|answer| answer.as_ref().ok());
    let one = made.next().expect("one that was answered").clone();
    for answer in &answers {
        match answer {
            Ok(other) => assert_eq!(other.id, one.id),
            Err(code) => assert_eq!(*code, ProblemCode::IdempotencyKeyInFlight),
        }
    }
    // And once more, when all is done.
    let five = ok(shop.client.create_proof(Some(&key), None, &request)).await;
    let replayed = five.headers().get("Idempotent-Replayed");
    assert_eq!(replayed.map(|value| value.as_bytes()), Some(&b"true"[..]));
    let envelope = |proof: &Proof| proof.proof.as_ref().map(|e| e.proof.clone());
    assert!(envelope(&one).is_some());
    assert_eq!((&five.id, envelope(&five)), (&one.id, envelope(&one)));
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
