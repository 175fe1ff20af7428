//! The relay: starts the workflow of each proof and batch that was accepted while Temporal was away, and of each message to a
//! webhook.
//!
//! The API commits a proof or a batch and then starts its workflow. If it dies or Temporal is away in between, the row waits. Several
//! relays at once do no harm: a workflow's id is its proof's, so the second start finds the first.
//!
//! How long a row waits is judged by the row's time and by how long this relay has seen it: the clock that wrote the row may be
//! ahead of ours, and a proof must not wait until ours has caught up.
//!
//! Messages are nobody else's to start: each waits for the next round.
//!
//! It also forgets requests that nobody repeats any more, and messages that nobody looks for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zapiki_core::ids::DeliveryId;
use zapiki_store::{Store, StoreError, UnstartedBatch, UnstartedDelivery, UnstartedProof};
use zapiki_workflows::batch::BatchRef;
use zapiki_workflows::client::PipelineClient;
use zapiki_workflows::webhooks::DeliveryRef;
use zapiki_workflows::wire::{ProofJob, ProofRef};

use crate::metrics::{Failed, Started, relay_failed, relay_started};

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(2);
/// How long a proof must have waited: before that it is the API's to start.
const WAIT_MIN: Duration = Duration::from_secs(5);
/// Further ahead than any clock is.
const EVER: TimeDelta = TimeDelta::weeks(5_000);
/// How many it starts at a time.
const BATCH: u32 = 100;
/// How many messages it looks at. More than a round starts: those that no worker took yet are among them.
const DELIVERIES: u32 = 1_000;
/// How long a request is known by its idempotency key.
const REQUESTS_KEPT_H: i64 = 48;
/// How long messages are known that arrived or were given up.
const DELIVERIES_KEPT_DAYS: i64 = 30;
/// How soon a message's workflow is started once more: if no worker took it, or if the run before it, whose message is to be sent again,
/// had not quite ended.
const DELIVERY_AGAIN: Duration = Duration::from_secs(15);
/// How often it forgets older ones, in rounds.
const FORGETTING_ROUNDS: u32 = 150;
/// How many it forgets at a time.
const FORGOTTEN_MAX: u32 = 10_000;

/// Runs until it is told to stop.
pub(crate) async fn run(store: Store, client: PipelineClient, stop: CancellationToken) {
    let mut tick = tokio::time::interval(PERIOD);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut round: u32 = 0;
    let (mut proofs, mut batches) = (Watch::default(), Watch::default());
    let mut begun = Begun::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        start_proofs(&store, &client, &mut proofs).await;
        start_batches(&store, &client, &mut batches).await;
        start_deliveries(&store, &client, &mut begun).await;
        if round.is_multiple_of(FORGETTING_ROUNDS) {
            forget_requests(&store).await;
            forget_deliveries(&store).await;
        }
        round = round.wrapping_add(1);
    }
}

async fn forget_requests(store: &Store) {
    let accepted_before = Utc::now() - chrono::Duration::hours(REQUESTS_KEPT_H);
    match store.forget_requests(accepted_before, FORGOTTEN_MAX).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "the relay forgot old requests"),
        Err(error) => {
            tracing::warn!(%error, "the relay cannot forget old requests");
            relay_failed(Failed::Forget);
        }
    }
}

async fn forget_deliveries(store: &Store) {
    let occurred_before = Utc::now() - chrono::Duration::days(DELIVERIES_KEPT_DAYS);
    match store
        .forget_deliveries(occurred_before, FORGOTTEN_MAX)
        .await
    {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "the relay forgot old messages to webhooks"),
        Err(error) => {
            relay_failed(Failed::Forget);
            tracing::warn!(%error, "the relay cannot forget old messages to webhooks");
        }
    }
}

/// Messages whose workflow was started, and when: until a worker takes them, their rows still wait.
#[derive(Debug, Default)]
struct Begun(HashMap<DeliveryId, Instant>);

impl Begun {
    /// Those of the unstarted that are to be started, once more if that was long ago. Forgets those that are not unstarted any more.
    fn due(&mut self, unstarted: Vec<UnstartedDelivery>, now: Instant) -> Vec<UnstartedDelivery> {
        let is_recent = |since: &Instant| now.duration_since(*since) < DELIVERY_AGAIN;
        let before = std::mem::take(&mut self.0);
        let known = |row: &UnstartedDelivery| before.get(&row.id).copied().filter(is_recent);
        self.0 = unstarted
            .iter()
            .filter_map(|row| Some((row.id, known(row)?)))
            .collect();
        unstarted
            .into_iter()
            .filter(|row| !self.0.contains_key(&row.id))
            .collect()
    }
}

async fn start_deliveries(store: &Store, client: &PipelineClient, begun: &mut Begun) {
    let unstarted = match store.unstarted_deliveries(DELIVERIES).await {
        Ok(unstarted) => unstarted,
        Err(error) => {
            relay_failed(Failed::Read);
            tracing::warn!(%error, "the relay cannot read which messages wait");
            return;
        }
    };
    for UnstartedDelivery { tenant_id, id } in begun.due(unstarted, Instant::now()) {
        let delivery = DeliveryRef {
            tenant_id,
            delivery_id: id,
        };
        if let Err(error) = client.start_delivery(delivery).await {
            // The next round tries again.
            relay_failed(Failed::Start);
            tracing::warn!(delivery_id = %id, %error, "the relay cannot start a message to a webhook");
            return;
        }
        begun.0.insert(id, Instant::now());
    }
}

/// Rows that were seen waiting, and since when, by a clock that nobody sets.
#[derive(Debug, Default)]
struct Watch(HashMap<Uuid, Instant>);

/// A row that waits for its workflow.
trait Waiting {
    fn id(&self) -> Uuid;
}

impl Waiting for UnstartedProof {
    fn id(&self) -> Uuid {
        self.id.as_uuid()
    }
}

impl Waiting for UnstartedBatch {
    fn id(&self) -> Uuid {
        self.id.as_uuid()
    }
}

impl Watch {
    /// Those of the unstarted that were seen for long enough. Forgets those that are not unstarted any more.
    fn overdue<T: Waiting>(&mut self, unstarted: Vec<T>, now: Instant) -> Vec<T> {
        let before = std::mem::take(&mut self.0);
        let since = |row: &T| before.get(&row.id()).copied().unwrap_or(now);
        self.0 = unstarted.iter().map(|row| (row.id(), since(row))).collect();
        let is_overdue = |row: &T| now.duration_since(since(row)) >= WAIT_MIN;
        unstarted.into_iter().filter(is_overdue).collect()
    }

    /// What waits for its workflow for too long, of the rows that were accepted before a time.
    async fn waiting<T: Waiting>(
        &mut self,
        unstarted: impl AsyncFn(DateTime<Utc>) -> Result<Vec<T>, StoreError>,
    ) -> Vec<T> {
        let look = async {
            let old = unstarted(Utc::now() - WAIT_MIN).await?;
            if !old.is_empty() {
                return Ok(old);
            }
            let any = unstarted(Utc::now() + EVER).await?;
            Ok(self.overdue(any, Instant::now()))
        };
        look.await.unwrap_or_else(|error: StoreError| {
            tracing::warn!(%error, "the relay cannot read what waits");
            relay_failed(Failed::Read);
            Vec::new()
        })
    }
}

async fn start_batches(store: &Store, client: &PipelineClient, watch: &mut Watch) {
    let unstarted = async |before| store.unstarted_batches(before, BATCH).await;
    for batch in watch.waiting(unstarted).await {
        let started = client
            .start_batch(BatchRef {
                tenant_id: batch.tenant_id,
                batch_id: batch.id,
            })
            .await;
        if let Err(error) = started {
            // The next round tries again.
            tracing::warn!(batch_id = %batch.id, %error, "the relay cannot start a batch");
            relay_failed(Failed::Start);
            return;
        }
        tracing::info!(batch_id = %batch.id, "the relay started a batch");
        relay_started(Started::Batch);
    }
}

async fn start_proofs(store: &Store, client: &PipelineClient, watch: &mut Watch) {
    let unstarted = async |before| store.unstarted_proofs(before, BATCH).await;
    for proof in watch.waiting(unstarted).await {
        let job = ProofJob {
            proof: ProofRef {
                tenant_id: proof.tenant_id,
                proof_id: proof.id,
            },
            statement: proof.statement,
            system: proof.system,
        };
        // One that failed before has a workflow that waits to be told.
        let started = if proof.is_redriven {
            client.redrive(&job).await
        } else {
            client.start(&job).await
        };
        if let Err(error) = started {
            // The next round tries again.
            tracing::warn!(proof_id = %proof.id, %error, "the relay cannot start a workflow");
            relay_failed(Failed::Start);
            return;
        }
        tracing::info!(proof_id = %proof.id, "the relay started a workflow");
        relay_started(Started::Proof);
    }
}

#[cfg(test)]
mod tests {
    use zapiki_core::ids::{ProofId, TenantId};
    use zapiki_core::statement::StatementKind;
    use zapiki_core::system::ProofSystem;

    use super::*;

    fn unstarted(number: u128) -> UnstartedProof {
        UnstartedProof {
            tenant_id: TenantId::from_uuid(Uuid::from_u128(1)),
            id: ProofId::from_uuid(Uuid::from_u128(number)),
            statement: StatementKind::AgeOver,
            system: ProofSystem::Groth16,
            is_redriven: false,
        }
    }

    #[test]
    fn what_is_seen_for_long_is_overdue_whatever_the_time_of_day() {
        let (mut watch, begin) = (Watch::default(), Instant::now());
        let mut overdue = |numbers: &[u128], s| {
            let rows = numbers.iter().copied().map(unstarted).collect();
            let overdue = watch.overdue(rows, begin + Duration::from_secs(s));
            overdue
                .into_iter()
                .map(|proof| proof.id.as_uuid().as_u128())
                .collect::<Vec<_>>()
        };
        assert_eq!(overdue(&[1], 0), [0; 0]);
        assert_eq!(overdue(&[1, 2], 4), [0; 0]);
        assert_eq!(overdue(&[1, 2], 5), [1]);
        // Started meanwhile, and then another row of that name: it begins anew.
        assert_eq!(overdue(&[2], 6), [0; 0]);
        assert_eq!(overdue(&[1, 2], 9), [2]);
    }

    #[test]
    fn a_message_is_started_once_until_a_worker_is_late() {
        let (mut begun, begin) = (Begun::default(), Instant::now());
        let mut to_start = |numbers: &[u128], s| {
            let now = begin + Duration::from_secs(s);
            let unstarted = numbers.iter().map(|number| UnstartedDelivery {
                tenant_id: TenantId::from_uuid(Uuid::from_u128(1)),
                id: DeliveryId::from_uuid(Uuid::from_u128(*number)),
            });
            let started = begun.due(unstarted.collect(), now);
            begun.0.extend(started.iter().map(|row| (row.id, now)));
            let ids = started.into_iter().map(|row| row.id.as_uuid().as_u128());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(to_start(&[1], 0), [1]);
        assert_eq!(to_start(&[1, 2], 2), [2]);
        assert_eq!(to_start(&[1, 2], 14), [0; 0]);
        assert_eq!(to_start(&[1, 2], 15), [1]);
        // Taken, and later to be sent once more.
        assert_eq!(to_start(&[1], 16), [0; 0]);
        assert_eq!(to_start(&[1, 2], 17), [2]);
    }
}
