//! What breaks on the way costs time, and neither a proof nor a second bill.

use nix::sys::signal::Signal;
use zapiki_failpoints::Point;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{AuditKind, JobEventKind, PipelineState, ProofId, ProofState};
use zapiki_tests::faults::network::{Fault, Server};
use zapiki_tests::faults::{Ending, Scenario};
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

/// What is broken here, beside the other tests; `cargo xtask faults` breaks the rest too.
async fn holds(scenario: Scenario) {
    assert!(matches!(scenario.run().await, Ending::Held(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_dies_with_a_proof_that_temporal_does_not_know() {
    holds(Scenario::Kill(Point::ProveAfter)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_dies_with_an_outcome_that_temporal_does_not_know() {
    holds(Scenario::Kill(Point::PersistAfter)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_dies_with_a_decision_that_temporal_does_not_know() {
    holds(Scenario::Kill(Point::ResolveAfter)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_dies_with_half_of_the_books_written() {
    holds(Scenario::Kill(Point::MeterAfter)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_dies_between_accepting_and_starting() {
    holds(Scenario::Kill(Point::AcceptAfter)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_dies_with_items_of_a_batch_that_temporal_does_not_know() {
    holds(Scenario::Kill(Point::ConcludeAfter)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_cannot_be_reached_for_a_while() {
    holds(Scenario::Network(Server::Postgres, Fault::Cut)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_away_for_longer_than_a_proof_is_tried() {
    holds(Scenario::Network(Server::Postgres, Fault::Outage)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_the_database_are_reset() {
    holds(Scenario::Network(Server::Postgres, Fault::Reset)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn temporal_does_not_answer_and_does_not_say_so() {
    holds(Scenario::Network(Server::Temporal, Fault::Silent)).await;
}

/// No connection breaks: only that nothing comes back tells.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_says_that_it_cannot_work_while_the_database_is_silent() {
    let stack = Stack::builder()
        .without_worker()
        .behind_proxies()
        .start()
        .await;
    let ask = async || stack.tenant.http.get("/health/ready").send().await;
    ask().await.json(200);
    stack.network().postgres.silence();
    ask().await.json(503);
    stack.network().postgres.restore();
    eventually("it can work again", async || {
        (ask().await.status == 200).then_some(())
    })
    .await;
}
