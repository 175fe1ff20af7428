//! `/v1/proofs/batch` and `/v1/batches`: many proofs at once.
//!
//! Each item is judged as a request of its own would be. Those that pass are accepted together, in one transaction; the others are
//! refused, each with its problem. The answer says both, and says the same to whoever repeats the request.

use std::collections::HashMap;

use chrono::Utc;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zapiki_core::circuit::CircuitId;
use zapiki_core::ids::{BatchId, ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_failpoints::{Point, reach};
use zapiki_store::{
    BatchAcceptance, BatchCancellation, BatchItem, BatchRecord, Idempotency, ItemAnswer, NewItem,
    NewProof,
};
use zapiki_workflows::batch::BatchRef;

use super::proofs::{Desk, Order};
use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::body::{Body, read_value};
use crate::forms::Text;
use crate::headers::IdempotencyKey;
use crate::problem::Problem;
use crate::schemas::{
    AcceptedBatch, AcceptedItem, Batch, BatchItemPage, BatchItemView, BatchPage, BatchState,
    ItemProblem, NewBatchRequest, NewProofRequest,
};
use crate::state::Api;

/// Where batches are sent to; their bodies are longer than others.
pub(crate) const BATCH_PATH: &str = "/v1/proofs/batch";
/// The most items of a batch.
const ITEMS_MAX: u32 = 1_000;

pub(crate) struct BatchesApi;

/// A batch that was accepted.
#[derive(ApiResponse)]
pub(crate) enum BatchAnswer {
    /// The accepted items are on their way: look at `Location`.
    #[oai(status = 202)]
    OnItsWay(
        Json<AcceptedBatch>,
        /// Where the batch can be followed.
        #[oai(header = "Location")]
        String,
        /// `true` if this is the answer to an earlier request under the same `Idempotency-Key`.
        #[oai(header = "Idempotent-Replayed")]
        Option<bool>,
    ),
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Batches")]
impl BatchesApi {
    /// Make many proofs
    ///
    /// 1 to 1,000 items, each as in POST /v1/proofs. Items are judged one by one: those that pass are accepted, the others refused,
    /// and the answer says which, in the order of the request. If none passes, nothing is made and the answer is the problem of the
    /// first. An item that stands in the batch twice is accepted once. Never waits: follow the batch, or its proofs.
    /// Send an `Idempotency-Key` to retry without making anything twice.
    #[oai(path = "/proofs/batch", method = "post", operation_id = "create_batch")]
    async fn create(
        &self,
        api: &Api,
        auth: Auth,
        /// Your name for this request: the same key and body make one batch.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: IdempotencyKey,
        request: Body<NewBatchRequest>,
    ) -> Result<BatchAnswer, Problem> {
        let tenant = auth.tenant();
        let request_hash = request.digest();
        let idempotency = idempotency_key
            .0
            .as_deref()
            .map(|key| Idempotency { key, request_hash });
        let items = request.into_inner().items;
        if !(1..=ITEMS_MAX as usize).contains(&items.len()) {
            let detail = format!(
                "A batch has 1 to {ITEMS_MAX} items; this one has {}.",
                items.len()
            );
            return Err(Problem::new(ProblemCode::InvalidField, detail).at("items"));
        }
        // What was accepted once stays accepted, though it would not be today.
        if let Some(idempotency) = &idempotency
            && let Some(earlier) = api.store.earlier_batch(tenant, idempotency).await?
        {
            return repeat(api, tenant, earlier).await;
        }
        let mut bench = Bench {
            desk: Desk::new(api, tenant),
            seen: HashMap::new(),
        };
        let mut judged = Vec::with_capacity(items.len());
        for (position, item) in items.into_iter().enumerate() {
            judged.push(bench.judge(position, item.value).await?);
        }
        if let Some(Err(first)) = judged.first()
            && judged.iter().all(Result::is_err)
        {
            return Err(of_item(first, 0));
        }

        let id = BatchId::from_uuid(Uuid::now_v7());
        let (new, items) = answers(&judged)?;
        let items = items.into_iter().map(told).collect::<Result<_, _>>()?;
        let accepting = api
            .store
            .accept_batch(tenant, id, new, idempotency, Utc::now());
        if let BatchAcceptance::Earlier(earlier) = accepting.await? {
            return repeat(api, tenant, earlier).await;
        }
        reach(Point::AcceptAfter);
        // Not needed any more, and private.
        drop(judged);
        let answer = accepted(id, items);
        tracing::info!(
            batch_id = %id,
            tenant_id = %tenant,
            key_id = %auth.caller().key_id,
            accepted = answer.accepted,
            refused = answer.refused,
            "accepted a batch"
        );
        let batch = BatchRef {
            tenant_id: tenant,
            batch_id: id,
        };
        let started = api.pipeline.start_batch(batch).await;
        reach(Point::StartAfter);
        if let Err(error) = started {
            // The rows are safe, and the relay starts it.
            tracing::warn!(batch_id = %id, %error, "the batch could not be started now");
        }
        Ok(on_its_way(answer, None))
    }

    /// List your batches
    ///
    /// Newest first, in pages: while there is a `next_cursor`, pass it on as `cursor`.
    #[oai(path = "/batches", method = "get", operation_id = "list_batches")]
    async fn list(
        &self,
        api: &Api,
        auth: Auth,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<BatchPage>, Problem> {
        let after = self::cursor::<BatchId>(cursor.0)?;
        let limit = limit.0.unwrap_or(PAGE_DEFAULT);
        let page = api.store.batches(auth.tenant(), after, limit).await?;
        let last = page.items.last().map(|record| record.id.to_string());
        Ok(Json(BatchPage {
            next_cursor: last.filter(|_| page.has_more),
            batches: page.items.into_iter().map(Into::into).collect(),
        }))
    }

    /// Follow a batch
    ///
    /// How many of its items stand where. Poll it until `state` is no longer `running`.
    #[oai(path = "/batches/:id", method = "get", operation_id = "get_batch")]
    async fn get(
        &self,
        api: &Api,
        auth: Auth,
        /// The batch's id.
        id: Path<Text<BatchId>>,
    ) -> Result<Json<Batch>, Problem> {
        let record = api.store.batch(auth.tenant(), id.0.0).await?;
        let record = record.ok_or_else(|| Problem::not_found("batch"))?;
        Ok(Json(record.into()))
    }

    /// Read the items of a batch
    ///
    /// In the order of the request, with their proofs as they stand, in pages: while there is a `next_cursor`, pass it on as `cursor`.
    #[oai(
        path = "/batches/:id/items",
        method = "get",
        operation_id = "list_batch_items"
    )]
    async fn items(
        &self,
        api: &Api,
        auth: Auth,
        /// The batch's id.
        id: Path<Text<BatchId>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<BatchItemPage>, Problem> {
        let (tenant, id) = (auth.tenant(), id.0.0);
        let after = self::cursor::<u32>(cursor.0)?;
        let limit = limit.0.unwrap_or(PAGE_DEFAULT);
        let page = api.store.batch_items(tenant, id, after, limit).await?;
        // A page that is empty may be one of nothing.
        if page.items.is_empty() && api.store.batch(tenant, id).await?.is_none() {
            return Err(Problem::not_found("batch"));
        }
        let last = page.items.last().map(|(item, _)| item.position.to_string());
        let items = page.items.into_iter().map(|(item, record)| {
            let told = told(item)?;
            Ok(BatchItemView {
                position: told.position,
                proof_id: told.proof_id,
                proof: record.map(Into::into),
                problem: told.problem,
            })
        });
        Ok(Json(BatchItemPage {
            next_cursor: last.filter(|_| page.has_more),
            items: items.collect::<Result<_, Problem>>()?,
        }))
    }

    /// Cancel a batch
    ///
    /// What is on its way is cancelled and its private input shredded when this answers. Items that have their outcome keep it; once
    /// all have, there is nothing to cancel.
    #[oai(
        path = "/batches/:id/cancel",
        method = "post",
        operation_id = "cancel_batch"
    )]
    async fn cancel(
        &self,
        api: &Api,
        auth: Auth,
        /// The batch's id.
        id: Path<Text<BatchId>>,
    ) -> Result<Json<Batch>, Problem> {
        let (tenant, id) = (auth.tenant(), id.0.0);
        match api.store.cancel_batch(tenant, id, Utc::now()).await? {
            BatchCancellation::NotFound => return Err(Problem::not_found("batch")),
            BatchCancellation::Finished => {
                let detail = format!(
                    "Every item has its outcome. GET /v1/batches/{id} says how many ended how."
                );
                return Err(Problem::new(ProblemCode::BatchFinished, detail));
            }
            BatchCancellation::Done => {}
        }
        // The rows are settled: a workflow that is not told finds that out by itself.
        if let Err(error) = api.pipeline.cancel_batch(id).await {
            tracing::warn!(batch_id = %id, %error, "the batch could not be told of its cancellation");
        }
        let record = api.store.batch(tenant, id).await?;
        let record = record.ok_or_else(|| Problem::not_found("batch"))?;
        Ok(Json(record.into()))
    }
}

/// An item that passed.
struct Passed {
    proof: ProofId,
    order: Order,
    circuit: CircuitId,
}

/// Where items are judged, one after the other.
struct Bench<'a> {
    desk: Desk<'a>,
    /// The items before, by their digests.
    seen: HashMap<[u8; 32], usize>,
}

impl Bench<'_> {
    /// Fails only if nothing can be judged at the moment.
    async fn judge(
        &mut self,
        position: usize,
        item: Value,
    ) -> Result<Result<Passed, Problem>, Problem> {
        let request: NewProofRequest = match read_value(item) {
            Ok(request) => request,
            Err(error) => return Ok(Err(error.at_top())),
        };
        // As we write it: however the caller did, the same is the same.
        let Ok(text) = serde_json::to_vec(&request) else {
            let detail = "The item has no JSON form.";
            return Ok(Err(Problem::new(ProblemCode::InvalidField, detail)));
        };
        let first = *self
            .seen
            .entry(Sha256::digest(text).into())
            .or_insert(position);
        if first != position {
            let detail =
                format!("Item {first} asks for the same. Ask once, or with another challenge.");
            return Ok(Err(Problem::new(ProblemCode::DuplicateItem, detail)));
        }
        let order = Order::from(request);
        match self.desk.check(&order).await {
            Ok(circuit) => Ok(Ok(Passed {
                proof: ProofId::from_uuid(Uuid::now_v7()),
                order,
                circuit,
            })),
            Err(problem) if problem.code().status() >= 500 => Err(problem),
            Err(problem) => Ok(Err(problem)),
        }
    }
}

/// What is to be written of the items, and what the caller is told of them.
fn answers(
    judged: &[Result<Passed, Problem>],
) -> Result<(Vec<NewItem<'_>>, Vec<BatchItem>), Problem> {
    let mut new = Vec::with_capacity(judged.len());
    let mut told = Vec::with_capacity(judged.len());
    for (position, item) in (0..).zip(judged) {
        let answer = match item {
            Ok(passed) => {
                new.push(NewItem::Proof(NewProof {
                    id: passed.proof,
                    claim: &passed.order.claim,
                    system: passed.order.system,
                    circuit: passed.circuit,
                    witness: &passed.order.witness,
                }));
                ItemAnswer::Proof(passed.proof)
            }
            Err(problem) => {
                let refusal = serde_json::to_value(item_problem(problem))
                    .map_err(|_| unreadable(position))?;
                new.push(NewItem::Refused(refusal.clone()));
                ItemAnswer::Refused(refusal)
            }
        };
        told.push(BatchItem { position, answer });
    }
    Ok((new, told))
}

fn item_problem(problem: &Problem) -> ItemProblem {
    ItemProblem {
        code: Text(problem.code()),
        status: problem.code().status(),
        detail: problem.detail().to_owned(),
        field: problem.field().map(str::to_owned),
    }
}

/// The problem of an item as one of the whole request.
fn of_item(problem: &Problem, position: usize) -> Problem {
    let detail = format!("No item was accepted. The first: {}", problem.detail());
    let field = match problem.field() {
        Some(field) => format!("items[{position}].{field}"),
        None => format!("items[{position}]"),
    };
    Problem::new(problem.code(), detail).at(field)
}

fn unreadable(position: u32) -> Problem {
    tracing::error!(position, "an item of a batch cannot be told");
    Problem::new(
        ProblemCode::Internal,
        "Something went wrong on our side. Report the request id if it persists.",
    )
}

/// An item as the caller is told of it.
fn told(item: BatchItem) -> Result<AcceptedItem, Problem> {
    let position = item.position;
    Ok(match item.answer {
        ItemAnswer::Proof(id) => AcceptedItem {
            position,
            proof_id: Some(Text(id)),
            problem: None,
        },
        ItemAnswer::Refused(problem) => AcceptedItem {
            position,
            proof_id: None,
            problem: Some(serde_json::from_value(problem).map_err(|_| unreadable(position))?),
        },
    })
}

fn accepted(id: BatchId, items: Vec<AcceptedItem>) -> AcceptedBatch {
    let refused = items.iter().filter(|item| item.problem.is_some()).count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    AcceptedBatch {
        id: Text(id),
        accepted: count(items.len() - refused),
        refused: count(refused),
        items,
    }
}

fn on_its_way(answer: AcceptedBatch, replayed: Option<bool>) -> BatchAnswer {
    let location = format!("/v1/batches/{}", answer.id.0);
    BatchAnswer::OnItsWay(Json(answer), location, replayed)
}

/// Answers a repeated request as the first was answered: what was accepted and refused does not change.
async fn repeat(api: &Api, tenant: TenantId, id: BatchId) -> Result<BatchAnswer, Problem> {
    let page = api.store.batch_items(tenant, id, None, ITEMS_MAX).await?;
    let items = page.items.into_iter().map(|(item, _)| told(item));
    let answer = accepted(id, items.collect::<Result<_, _>>()?);
    Ok(on_its_way(answer, Some(true)))
}

impl From<BatchRecord> for Batch {
    fn from(record: BatchRecord) -> Self {
        let count = |state| record.count(state);
        let on_items: u32 = record.proofs.values().sum();
        Self {
            id: Text(record.id),
            state: match (record.finished_at, record.cancelled_at) {
                (None, _) => BatchState::Running,
                (Some(_), None) => BatchState::Finished,
                (Some(_), Some(_)) => BatchState::Cancelled,
            },
            items: on_items + record.refused + record.deleted,
            refused: record.refused,
            running: count(ProofState::Accepted),
            completed: count(ProofState::Completed),
            rejected: count(ProofState::Rejected),
            dead_lettered: count(ProofState::DeadLettered),
            cancelled: count(ProofState::Cancelled),
            deleted: record.deleted,
            accepted_at: record.accepted_at,
            finished_at: record.finished_at,
            cancelled_at: record.cancelled_at,
        }
    }
}
