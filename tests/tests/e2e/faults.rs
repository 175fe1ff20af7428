//! What breaks on the way costs time, and neither a proof nor a second bill.

use nix::sys::signal::Signal;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{AuditKind, JobEventKind, PipelineState, ProofId, ProofState};
use zapiki_tests::people::Issuer;
use zapiki_tests::stack::Stack;
use zapiki_tests::tenant::Tenant;
use zapiki_tests::wait::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_accepted_while_temporal_is_away_is_made_later() {
    let stack = Stack::builder()
        .without_worker()
        .api_cut_off_from_temporal()
        .start()
        .await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;

    // A promise, to whoever wanted to wait too.
    let request = ana.age_request(18, &shop.challenge().await);
    let accepted = ok(shop.client.verify_age(None, None, &request)).await;
    assert_eq!(
        (accepted.status().as_u16(), accepted.state),
        (202, ProofState::Accepted)
    );

    let _worker = stack.start_worker().await;
    let made = eventually("the relay has it made", async || {
        let proof = shop.proof(&accepted.id).await;
        (proof.state != ProofState::Accepted).then_some(proof)
    })
    .await;
    assert!(
        shop.verify(&made.proof.expect("a proof"))
            .await
            .policy_satisfied
    );
    // The API cannot ask Temporal whether the books are written.
    eventually("the books are written", async || {
        (shop.audit().await.entries.len() == 1).then_some(())
    })
    .await;
    assert_eq!(shop.proofs_used().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_at_work_loses_nothing_and_doubles_nothing() {
    let mut stack = Stack::start().await;
    let mut worker = stack.worker.take().unwrap();
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.order(&request).await);
    }

    // Frozen, it can be looked at; then it dies without a word, in the middle of a proof.
    let interrupted = eventually("it is proving", async || {
        worker.signal(Signal::SIGSTOP);
        // A second look: what it had just sent has arrived by then.
        let at_work = match being_proved(shop, &ids).await {
            Some(id) => being_proved(shop, &[id]).await,
            None => None,
        };
        if at_work.is_none() {
            worker.signal(Signal::SIGCONT);
        }
        at_work
    })
    .await;
    worker.signal(Signal::SIGKILL);
    assert_eq!(worker.ended().await.code(), None);

    stack.worker = Some(stack.start_worker().await);
    for id in &ids {
        let job = shop.finished(id).await;
        assert_eq!(job.state, ProofState::Completed);
        assert_eq!(shop.audited(id).await, [AuditKind::ProofCompleted]);
        if *id == interrupted {
            assert!(job.attempts > 1, "{job:?}");
        }
    }
    assert_eq!(shop.proofs_used().await, 5);
    assert_eq!(shop.audit().await.entries.len(), 5);
}

/// A proof that has been begun, and is not ready.
async fn being_proved(shop: &Tenant, ids: &[ProofId]) -> Option<ProofId> {
    for id in ids {
        let job = shop.job(id).await;
        let is_proved = job
            .timeline
            .iter()
            .any(|event| event.event == JobEventKind::Proved);
        if job.pipeline == PipelineState::Running && job.attempts > 0 && !is_proved {
            return Some(id.clone());
        }
    }
    None
}
