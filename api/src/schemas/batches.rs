//! Batches: asked for, accepted in part, followed.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zapiki_core::ids::{BatchId, ProofId};
use zapiki_core::problem::ProblemCode;

use super::examples;
use super::proofs::{NewProofRequest, Proof};
use crate::forms::{As, Text};

/// Proofs to be made.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBatchRequest {
    /// What is asked for, each as in a request of its own. An item that is not valid is refused, and the others are not.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub(crate) items: Vec<As<Value, NewProofRequest>>,
}

/// Why an item is refused.
#[derive(Debug, Clone, PartialEq, Eq, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct ItemProblem {
    /// The stable code of the kind of problem.
    pub(crate) code: Text<ProblemCode>,
    /// The HTTP status that a request of its own would have got.
    pub(crate) status: u16,
    /// What is wrong, and what to do.
    pub(crate) detail: String,
    /// The field at fault, as a path into the item.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
}

/// What comes of asking for an item: a proof or a problem.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct AcceptedItem {
    /// Its place in the request, from 0.
    pub(crate) position: u32,
    /// The proof that will be made.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof_id: Option<Text<ProofId>>,
    /// Why there will be none.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<ItemProblem>,
}

/// A batch as it was accepted.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct AcceptedBatch {
    /// Its id.
    pub(crate) id: Text<BatchId>,
    /// How many items were accepted.
    pub(crate) accepted: u32,
    /// How many were refused.
    pub(crate) refused: u32,
    /// All of them, in the order of the request.
    pub(crate) items: Vec<AcceptedItem>,
}

/// Whether something of a batch is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum BatchState {
    /// It is.
    Running,
    /// Every item has its outcome.
    Finished,
    /// It was cancelled. Items that had their outcome before keep it.
    Cancelled,
}

/// How a batch fares: of its items, how many stand where.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Batch {
    /// Its id.
    pub(crate) id: Text<BatchId>,
    /// Whether something is on its way.
    pub(crate) state: BatchState,
    /// How many items it has. The numbers below add up to it.
    pub(crate) items: u32,
    /// Refused when they were asked for.
    pub(crate) refused: u32,
    /// On their way.
    pub(crate) running: u32,
    /// Proved.
    pub(crate) completed: u32,
    /// Found not to be true.
    pub(crate) rejected: u32,
    /// Could not be proved: GET /v1/failures says more.
    pub(crate) dead_lettered: u32,
    /// Given up.
    pub(crate) cancelled: u32,
    /// Deleted after they had their outcome.
    pub(crate) deleted: u32,
    /// When it was accepted.
    pub(crate) accepted_at: DateTime<Utc>,
    /// When the last item got its outcome.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finished_at: Option<DateTime<Utc>>,
    /// When it was cancelled.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancelled_at: Option<DateTime<Utc>>,
}

/// A page of batches, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct BatchPage {
    /// The batches.
    pub(crate) batches: Vec<Batch>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// An item as it stands.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "BatchItem", example)]
pub(crate) struct BatchItemView {
    /// Its place in the request, from 0.
    pub(crate) position: u32,
    /// The proof's id.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof_id: Option<Text<ProofId>>,
    /// The proof, unless it was deleted.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<Proof>,
    /// Why there is none.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<ItemProblem>,
}

/// A page of items, in the order of the request.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct BatchItemPage {
    /// The items.
    pub(crate) items: Vec<BatchItemView>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

const PROBLEM: &str = r#"{"code":"issuer_not_trusted","status":422,
    "detail":"You do not trust this issuer key. POST /v1/issuers adds it.","field":"issuer"}"#;

const BATCH: &str = r#"{"id":"batch_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","state":"running","items":1000,"refused":1,"running":600,
    "completed":397,"rejected":2,"dead_lettered":0,"cancelled":0,"deleted":0,"accepted_at":"2026-11-24T10:00:00Z"}"#;

examples! {
    NewBatchRequest => r#"{"items":[{"statement":"@statement","issuer":"@issuer","challenge":"@challenge",
        "scope":"shop.example/sign-up","witness":"@witness"}]}"#;
    ItemProblem => PROBLEM;
    AcceptedItem => r#"{"position":0,"proof_id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e"}"#;
    BatchItemView => &format!(r#"{{"position":1,"problem":{PROBLEM}}}"#);
    AcceptedBatch => &format!(r#"{{"id":"batch_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","accepted":1,"refused":1,"items":[
        {{"position":0,"proof_id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e"}},{{"position":1,"problem":{PROBLEM}}}]}}"#);
    Batch => BATCH;
    BatchPage => &format!(r#"{{"batches":[{BATCH}],"next_cursor":"batch_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e"}}"#);
    BatchItemPage => &format!(r#"{{"items":[{{"position":1,"problem":{PROBLEM}}}],"next_cursor":"1"}}"#);
}
