//! `kill -9` between two steps: the process dies at a fail point, another takes over.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Instant;

use nix::sys::signal::Signal;
use zapiki_core::ids::ProofId;
use zapiki_failpoints::Point;

use super::load::{Load, accepted_proofs};
use crate::aftermath::{Recovery, recovered, wrongs};
use crate::client::ok;
use crate::client::types::{ProofState, RedriveRequest, WebhookEvent};
use crate::people::proof_id;
use crate::receiver::Receiver;
use crate::stack::{Stack, StackBuilder};
use crate::wait::eventually;

/// How many true claims are under way.
const PROOFS: usize = 3;
/// How many true claims are in a batch: with the one that is not true, two chunks.
const ITEMS: usize = 12;

/// Has whoever gets there die there, and checks what becomes of it.
pub async fn at(point: Point) -> Recovery {
    match point {
        Point::AcceptAfter | Point::StartAfter => {
            api_dies_unheard(Stack::builder().behind_proxies(), point, || ()).await
        }
        Point::ResolveBefore | Point::ResolveAfter => decided_at(point).await,
        Point::ValidateBefore
        | Point::ValidateAfter
        | Point::ProveBefore
        | Point::ProveAfter
        | Point::PersistBefore
        | Point::PersistAfter
        | Point::MeterBefore
        | Point::MeterAfter
        | Point::AuditBefore
        | Point::AuditAfter => worker_at(point).await,
        Point::ConcludeBefore | Point::ConcludeAfter | Point::HandOverAfter => {
            batch_at(point).await
        }
        Point::DeliverBefore | Point::DeliverSent => message_at(point).await,
    }
}

fn assert_killed(status: ExitStatus) {
    assert_eq!(status.signal(), Some(Signal::SIGKILL as i32), "{status:?}");
}

async fn worker_at(point: Point) -> Recovery {
    let stack = Stack::builder()
        .without_worker()
        .behind_proxies()
        .start()
        .await;
    let load = Load::prepare(&stack).await;
    let mut worker = stack.start_worker_dying_at(point).await;
    let ids = load.order_all(&stack, PROOFS).await;
    assert_killed(worker.ended().await);

    let since = Instant::now();
    let _next = stack.start_worker().await;
    let recovery = recovered(&stack, &ids, since).await;
    assert_eq!(
        recovery.completed, PROOFS,
        "nothing is given up because a worker died"
    );
    recovery
}

/// The API dies while it takes an order, and nobody orders again: what was committed is made all the same. `mend` is called
/// before the API starts again.
pub(super) async fn api_dies_unheard(
    builder: StackBuilder,
    point: Point,
    mend: impl FnOnce(),
) -> Recovery {
    let mut stack = builder.api_dying_at(point).start().await;
    let load = Load::prepare(&stack).await;
    let key = "the-order-that-kills".parse().expect("a key");
    let order = async |stack: &Stack| {
        let client = &stack.tenant.client;
        client
            .create_proof(Some(&key), Some("respond-async"), load.truth())
            .await
    };
    assert!(order(&stack).await.is_err(), "nobody was left to answer");
    assert_killed(stack.api.ended().await);
    mend();
    let since = Instant::now();
    let committed = stack
        .database
        .text("SELECT id::text AS text FROM proofs")
        .await;
    let id = ProofId::from_uuid(committed.expect("one row").parse().expect("an id"));
    stack.restart_api().await;
    let recovery = recovered(&stack, &[id], since).await;
    assert_eq!(recovery.completed, 1);
    let again = ok(std::future::ready(order(&stack).await)).await;
    assert_eq!(proof_id(&again.id), id, "one key, one proof");
    assert_eq!(wrongs(&stack, &[id]).await, [""; 0]);
    recovery
}

/// A worker dies over a batch.
async fn batch_at(point: Point) -> Recovery {
    let stack = Stack::builder()
        .without_worker()
        .behind_proxies()
        .start()
        .await;
    let load = Load::prepare(&stack).await;
    let mut worker = match point {
        // Only what a chunk cannot make is handed over.
        Point::HandOverAfter => stack.start_worker_without_age_over_dying_at(point).await,
        _ => stack.start_worker_dying_at(point).await,
    };
    let (_batch, ids) = load.order_batch(&stack, ITEMS).await;
    assert_killed(worker.ended().await);

    let since = Instant::now();
    let _next = stack.start_worker().await;
    let recovery = recovered(&stack, &ids, since).await;
    assert_eq!(
        recovery.completed, ITEMS,
        "nothing is given up because a worker died"
    );
    recovery
}

/// A worker dies over a message to a webhook: the receiver gets it, twice at worst, and knows it by its id.
async fn message_at(point: Point) -> Recovery {
    let builder = Stack::builder().without_worker().behind_proxies();
    let stack = builder.with_webhooks_anywhere().start().await;
    let receiver = Receiver::start().await;
    let events = vec![WebhookEvent::ProofCompleted, WebhookEvent::ProofRejected];
    let secret = stack.tenant.webhook(&receiver, events).await;
    let load = Load::prepare(&stack).await;
    let mut worker = stack.start_worker_dying_at(point).await;
    let ids = load.order_all(&stack, PROOFS).await;
    assert_killed(worker.ended().await);

    let since = Instant::now();
    let _next = stack.start_worker().await;
    let mut recovery = recovered(&stack, &ids, since).await;
    let pending =
        "SELECT count(*)::text AS text FROM webhook_deliveries WHERE delivered_at IS NULL";
    eventually("every message arrived", async || {
        let pending = stack.database.text(pending).await.ok()?;
        (pending == "0").then_some(())
    })
    .await;
    recovery.quiet = since.elapsed();

    let messages = receiver.verified(&secret);
    let mut told: Vec<_> = messages.iter().map(|message| message.id.clone()).collect();
    let sent = told.len();
    told.sort();
    told.dedup();
    assert_eq!(
        told.len(),
        ids.len(),
        "one message per outcome: {messages:?}"
    );
    match point {
        Point::DeliverSent => assert!(sent > told.len(), "nobody knew of one that was sent"),
        _ => assert_eq!(sent, told.len()),
    }
    recovery
}

/// The API dies while it takes a batch, and nobody orders again: what was committed is made all the same.
pub async fn api_dies_with_a_batch(point: Point) -> Recovery {
    let builder = Stack::builder().behind_proxies();
    let mut stack = builder.api_dying_at(point).start().await;
    let load = Load::prepare(&stack).await;
    let key = "the-batch-that-kills".parse().expect("a key");
    let request = load.batch(ITEMS);
    let ordered = stack.tenant.client.create_batch(Some(&key), &request).await;
    assert!(ordered.is_err(), "nobody was left to answer");
    assert_killed(stack.api.ended().await);
    let since = Instant::now();
    let committed = "SELECT json_agg('proof_' || replace(proof_id::text, '-', '') ORDER BY position)::text AS text \
                     FROM batch_items";
    let committed = stack.database.text(committed).await.expect("the items");
    let ids: Vec<ProofId> = serde_json::from_str(&committed).expect("ids");
    assert_eq!(ids.len(), ITEMS + 1);
    stack.restart_api().await;
    let recovery = recovered(&stack, &ids, since).await;
    assert_eq!(recovery.completed, ITEMS);
    let again = ok(stack.tenant.client.create_batch(Some(&key), &request)).await;
    assert_eq!(accepted_proofs(&again), ids, "one key, one batch");
    assert_eq!(wrongs(&stack, &ids).await, [""; 0]);
    recovery
}

/// Two proofs that could not be made, one to be tried again, the other given up.
async fn decided_at(point: Point) -> Recovery {
    let stack = Stack::builder()
        .without_worker()
        .behind_proxies()
        .start()
        .await;
    let load = Load::prepare(&stack).await;
    let poor = stack.start_worker_without_age_over().await;
    let ids = [load.order(&stack).await, load.order(&stack).await];
    let public = ids.map(|id: ProofId| id.to_string().parse().expect("an id"));
    for id in &public {
        eventually("it failed for good", async || {
            let state = stack.tenant.proof(id).await.state;
            (state == ProofState::DeadLettered).then_some(())
        })
        .await;
    }
    for id in ids {
        // Only one that waits has a decision to resolve: before that it would simply be tried again.
        stack.parked(id).await;
    }
    drop(poor);

    let mut worker = stack.start_worker_dying_at(point).await;
    let [again, given_up] = &public;
    let redrive = RedriveRequest { circuit: None };
    ok(stack.tenant.client.redrive_failure(again, &redrive)).await;
    ok(stack.tenant.client.discard_failure(given_up)).await;
    assert_killed(worker.ended().await);

    let since = Instant::now();
    let _next = stack.start_worker().await;
    let recovery = recovered(&stack, &ids, since).await;
    assert_eq!(stack.tenant.proof(again).await.state, ProofState::Completed);
    assert_eq!(
        stack.tenant.proof(given_up).await.state,
        ProofState::Cancelled
    );
    recovery
}
