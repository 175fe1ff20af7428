//! What is ordered while something breaks, by a caller who does not give up: each order has an idempotency key and is sent
//! until it is answered, as an integrator would.

use std::time::Duration;

use futures::future::join_all;
use uuid::Uuid;
use zapiki_core::ids::{BatchId, ProofId};

use crate::aftermath::QUIET_MAX;
use crate::client::{ok, types};
use crate::people::{Issuer, proof_id};
use crate::stack::Stack;

/// How long the caller waits for one answer before it sends the order again.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Orders of two persons: of one the claim is true, of the other it is not.
#[derive(Debug, Clone)]
pub struct Load {
    truth: types::NewProofRequest,
    lie: types::NewProofRequest,
}

impl Load {
    /// Makes the persons known.
    pub async fn prepare(stack: &Stack) -> Self {
        let bank = Issuer::new(&stack.desk, "bank");
        stack.tenant.trust(&bank).await;
        let challenge = stack.tenant.challenge().await;
        let born = |name, date: &str| {
            bank.issue_born(name, date)
                .proof_request(18, &bank.key, &challenge)
        };
        Self {
            truth: born("ana", "2001-05-17"),
            lie: born("child", "2019-08-23"),
        }
    }

    /// The order that is true, for who sends it otherwise.
    #[must_use]
    pub const fn truth(&self) -> &types::NewProofRequest {
        &self.truth
    }

    /// Orders a proof of the truth.
    pub async fn order(&self, stack: &Stack) -> ProofId {
        send(stack, &self.truth).await
    }

    /// Orders so many of the truth and one of the lie, all at once.
    pub async fn order_all(&self, stack: &Stack, truths: usize) -> Vec<ProofId> {
        let orders = std::iter::repeat_n(&self.truth, truths).chain([&self.lie]);
        join_all(orders.map(|order| send(stack, order))).await
    }

    /// So many of the truth and one of the lie in one order, none like another.
    #[must_use]
    pub fn batch(&self, truths: usize) -> types::NewBatchRequest {
        let orders = std::iter::repeat_n(&self.truth, truths).chain([&self.lie]);
        let items = orders
            .enumerate()
            .map(|(number, order)| types::NewProofRequest {
                scope: format!("shop.example/{number}").parse().expect("a scope"),
                ..order.clone()
            });
        types::NewBatchRequest {
            items: items.collect(),
        }
    }

    /// Orders such a batch.
    pub async fn order_batch(&self, stack: &Stack, truths: usize) -> (BatchId, Vec<ProofId>) {
        let request = self.batch(truths);
        let key = Uuid::now_v7().to_string().parse().expect("a key");
        let accepted = ok(stack.tenant.client.create_batch(Some(&key), &request)).await;
        let batch = accepted.id.parse().expect("an id");
        (batch, accepted_proofs(&accepted))
    }

    /// Orders one after the other until one is refused because the service cannot, and notes those that were taken.
    pub async fn order_until_refused(&self, stack: &Stack, ids: &mut Vec<ProofId>) -> Refused {
        loop {
            let key = key();
            let calling = stack
                .tenant
                .client
                .create_proof(Some(&key), Some(ASYNC), &self.truth);
            match calling.await {
                Ok(answer) => ids.push(proof_id(&answer.into_inner().id)),
                Err(error) => {
                    let status = error.status().expect("an answer").as_u16();
                    return Refused { key, status };
                }
            }
        }
    }

    /// Orders again what was refused.
    pub async fn order_again(&self, stack: &Stack, refused: &Refused) -> ProofId {
        send_under(stack, &refused.key, &self.truth).await
    }
}

/// The proofs of a batch whose items were all accepted.
#[must_use]
pub fn accepted_proofs(batch: &types::AcceptedBatch) -> Vec<ProofId> {
    let ids = batch.items.iter().map(|item| item.proof_id.as_ref());
    ids.map(|id| proof_id(id.expect("an item that was accepted")))
        .collect()
}

/// An order that was refused.
#[derive(Debug)]
pub struct Refused {
    key: types::CreateProofIdempotencyKey,
    /// With this status.
    pub status: u16,
}

/// What a caller prefers who does not wait.
const ASYNC: &str = "respond-async";

fn key() -> types::CreateProofIdempotencyKey {
    Uuid::now_v7().to_string().parse().expect("a key")
}

async fn send(stack: &Stack, request: &types::NewProofRequest) -> ProofId {
    send_under(stack, &key(), request).await
}

/// Sends it until somebody answers. One key: one proof.
async fn send_under(
    stack: &Stack,
    key: &types::CreateProofIdempotencyKey,
    request: &types::NewProofRequest,
) -> ProofId {
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    let sending = async {
        loop {
            pause.tick().await;
            let calling = stack
                .tenant
                .client
                .create_proof(Some(key), Some(ASYNC), request);
            if let Ok(Ok(answer)) = tokio::time::timeout(ANSWER_MAX, calling).await {
                return proof_id(&answer.into_inner().id);
            }
        }
    };
    let sent = tokio::time::timeout(QUIET_MAX, sending).await;
    sent.expect("somebody takes the order")
}
