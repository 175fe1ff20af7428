//! A service that is asked to stop lets its work end, and ends.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use zapiki_tests::client::ok;
use zapiki_tests::client::types::{JobEventKind, ProofState};
use zapiki_tests::people::Issuer;
use zapiki_tests::service::Service;
use zapiki_tests::stack::Stack;
use zapiki_tests::wait::eventually;

/// Less than any supervisor waits before it kills.
const TIME_TO_STOP_MAX: Duration = Duration::from_secs(15);

async fn stops(service: &mut Service) {
    let asked = Instant::now();
    let status = service.ended().await;
    assert_eq!(status.code(), Some(0), "{status:?}");
    assert!(asked.elapsed() < TIME_TO_STOP_MAX, "{:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sigterm_what_is_under_way_ends_and_then_the_processes() {
    let mut stack = Stack::start().await;
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);

    // Somebody waits for a proof while the API is asked to stop. The answer comes all the same.
    let waiting = ok(shop.client.create_proof(None, None, &request));
    let stop = async {
        eventually("the request has come in", async || {
            let accepted = stack.api.log().contains("accepted a proof");
            accepted.then_some(())
        })
        .await;
        stack.api.signal(Signal::SIGTERM);
    };
    let (made, ()) = tokio::join!(waiting, stop);
    assert_eq!(
        (made.status().as_u16(), made.state),
        (200, ProofState::Completed)
    );
    stops(&mut stack.api).await;

    let mut worker = stack.worker.take().unwrap();
    worker.signal(Signal::SIGTERM);
    stops(&mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_hands_its_queue_over() {
    let mut stack = Stack::start().await;
    let mut worker = stack.worker.take().unwrap();
    let shop = &stack.tenant;
    let bank = Issuer::new(&stack.desk, "bank");
    let ana = bank.issue_born("ana", "2001-05-17");
    shop.trust(&bank).await;
    let request = ana.proof_request(18, &bank.key, &shop.challenge().await);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(shop.order(&request).await);
    }
    eventually("the first is begun", async || {
        (shop.job(&ids[0]).await.attempts > 0).then_some(())
    })
    .await;
    worker.signal(Signal::SIGTERM);
    stops(&mut worker).await;

    let _next = stack.start_worker().await;
    for id in &ids {
        let job = shop.finished(id).await;
        assert_eq!(
            (job.state, job.attempts),
            (ProofState::Completed, 1),
            "{job:?}"
        );
        assert!(
            job.timeline
                .iter()
                .any(|event| event.event == JobEventKind::Metered)
        );
    }
    assert_eq!(shop.proofs_used().await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_end_with_the_program_that_started_them() {
    let mut stack = Stack::start().await;
    let mut worker = stack.worker.take().unwrap();
    for service in [&mut stack.api, &mut worker] {
        service.close_stdin();
        stops(service).await;
    }
}
