//! `/v1/failures`: proofs that could not be made, and what is to become of them.
//!
//! A failure has the id of its proof. Deciding is one transaction; then the parked workflow is told, and if it cannot be now, the
//! relay or the workflow's own end finds the decision in the row.

use chrono::Utc;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use zapiki_core::circuit::CircuitPin;
use zapiki_core::failure::FailureKind;
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_store::{DeadLetterRecord, Decided, FailureFilter, ProofRecord};

use super::proofs::job_of;
use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::body::Body;
use crate::forms::{CircuitIdText, Text};
use crate::problem::Problem;
use crate::schemas::{
    BulkDecision, BulkRequest, Failure, FailurePage, FailureRounds, FailureStatus, Proof,
    RedriveRequest,
};
use crate::state::Api;

/// The most proofs that one bulk decision is about.
const BULK_MAX: u32 = 100;

pub(crate) struct FailuresApi;

/// The proof is tried again.
#[derive(ApiResponse)]
pub(crate) enum Redriven {
    /// The proof is on its way again: look at `Location`.
    #[oai(status = 202)]
    OnItsWay(
        Json<Proof>,
        /// Where the proof will be.
        #[oai(header = "Location")]
        String,
    ),
}

impl From<DeadLetterRecord> for Failure {
    fn from(record: DeadLetterRecord) -> Self {
        let status = match record.resolution {
            None => FailureStatus::Open,
            Some((resolution, _)) => resolution.into(),
        };
        let failure = record.letter.failure;
        Self {
            id: Text(record.proof_id),
            status,
            round: record.round,
            statement: Text(record.statement),
            system: Text(record.system),
            circuit: Text(CircuitIdText(record.circuit)),
            failure: Text(failure),
            reason: failure.reason().to_owned(),
            is_retryable: failure.is_retryable(),
            attempts: record.letter.attempts,
            chain: record.letter.chain.into_iter().map(Text).collect(),
            failed_at: record.failed_at,
            expires_at: record.letter.expires_at,
            resolved_at: record.resolution.map(|(_, at)| at),
        }
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Failures")]
impl FailuresApi {
    /// List proofs that could not be made
    ///
    /// Newest first, in pages: while there is a `next_cursor`, pass it on as `cursor`. Of a proof that failed more than once, the
    /// newest failure.
    #[oai(path = "/failures", method = "get", operation_id = "list_failures")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the operation"
    )]
    async fn list(
        &self,
        api: &Api,
        auth: Auth,
        /// Only those that wait for a decision, or only those that do not.
        open: Query<Option<bool>>,
        /// Only proofs of this statement.
        statement: Query<Option<Text<StatementKind>>>,
        /// Only proofs of this system.
        system: Query<Option<Text<ProofSystem>>>,
        /// Only proofs of this circuit, by name and version.
        circuit: Query<Option<Text<CircuitIdText>>>,
        /// Only those that failed for this reason.
        failure: Query<Option<Text<FailureKind>>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<FailurePage>, Problem> {
        let filter = FailureFilter {
            is_open: open.0,
            statement: statement.0.map(|text| text.0),
            system: system.0.map(|text| text.0),
            circuit: circuit.0.map(|text| text.0.0),
            failure: failure.0.map(|text| text.0),
        };
        let after = self::cursor::<ProofId>(cursor.0)?;
        let limit = limit.0.unwrap_or(PAGE_DEFAULT);
        let page = api
            .store
            .failures(auth.tenant(), &filter, after, limit)
            .await?;
        let last = page.items.last().map(|record| record.proof_id.to_string());
        Ok(Json(FailurePage {
            next_cursor: last.filter(|_| page.has_more),
            failures: page.items.into_iter().map(Into::into).collect(),
        }))
    }

    /// Read why a proof could not be made
    ///
    /// All its failures, newest first: a proof that is tried again can fail again.
    #[oai(path = "/failures/:id", method = "get", operation_id = "get_failure")]
    async fn get(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
    ) -> Result<Json<FailureRounds>, Problem> {
        let rounds = api.store.failures_of(auth.tenant(), id.0.0).await?;
        if rounds.is_empty() {
            return Err(Problem::not_found("failure"));
        }
        Ok(Json(FailureRounds {
            rounds: rounds.into_iter().map(Into::into).collect(),
        }))
    }

    /// Try a proof again
    ///
    /// It keeps its id, and is billed and logged once. By default with the circuit that it failed with; `circuit` names another
    /// version. `{}` is enough.
    #[oai(
        path = "/failures/:id/redrive",
        method = "post",
        operation_id = "redrive_failure"
    )]
    async fn redrive(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
        request: Body<RedriveRequest>,
    ) -> Result<Redriven, Problem> {
        let Text(id) = id.0;
        let pin = request.into_inner().circuit.map(|pin| pin.0);
        let record = redrive(api, auth.tenant(), id, pin).await?;
        let location = format!("/v1/proofs/{id}");
        Ok(Redriven::OnItsWay(Json(record.into()), location))
    }

    /// Give a failed proof up
    ///
    /// Its private input is shredded now instead of when the failure expires.
    #[oai(
        path = "/failures/:id/discard",
        method = "post",
        operation_id = "discard_failure"
    )]
    async fn discard(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
    ) -> Result<Json<Proof>, Problem> {
        let record = discard(api, auth.tenant(), id.0.0).await?;
        Ok(Json(record.into()))
    }

    /// Try many proofs again
    ///
    /// The open failures that the filter admits, at most 100 at a time: repeat while `has_more` is true.
    #[oai(
        path = "/failures/redrive",
        method = "post",
        operation_id = "redrive_failures"
    )]
    async fn redrive_many(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<BulkRequest>,
    ) -> Result<Json<BulkDecision>, Problem> {
        decide_all(api, auth.tenant(), &request, Bulk::Redrive).await
    }

    /// Give many failed proofs up
    ///
    /// The open failures that the filter admits, at most 100 at a time: repeat while `has_more` is true.
    #[oai(
        path = "/failures/discard",
        method = "post",
        operation_id = "discard_failures"
    )]
    async fn discard_many(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<BulkRequest>,
    ) -> Result<Json<BulkDecision>, Problem> {
        decide_all(api, auth.tenant(), &request, Bulk::Discard).await
    }
}

async fn redrive(
    api: &Api,
    tenant: TenantId,
    id: ProofId,
    pin: Option<CircuitPin>,
) -> Result<ProofRecord, Problem> {
    let circuit = match pin {
        None => None,
        Some(pin) => {
            let record = api.store.proof(tenant, id).await?;
            let record = record.ok_or_else(|| Problem::not_found("failure"))?;
            let statement = record.claim.statement.kind();
            let circuit = api
                .registry
                .resolve(record.system, Some(pin), statement, Utc::now());
            Some(circuit.map_err(Problem::from)?.id)
        }
    };
    let decided = api.store.redrive(tenant, id, circuit, Utc::now()).await?;
    let record = done(id, decided)?;
    if let Err(error) = api.pipeline.redrive(&job_of(&record)).await {
        // The row is accepted, and the relay has it made.
        tracing::warn!(proof_id = %id, %error, "the workflow could not be told that its proof is redriven");
    }
    tracing::info!(proof_id = %id, tenant_id = %tenant, "a dead-lettered proof is redriven");
    Ok(record)
}

async fn discard(api: &Api, tenant: TenantId, id: ProofId) -> Result<ProofRecord, Problem> {
    let decided = api.store.discard(tenant, id, Utc::now()).await?;
    let record = done(id, decided)?;
    if let Err(error) = api.pipeline.discard(id).await {
        // The row is settled: a workflow that is not told finds that out by itself.
        tracing::warn!(proof_id = %id, %error, "the workflow could not be told that its proof is discarded");
    }
    tracing::info!(proof_id = %id, tenant_id = %tenant, "a dead-lettered proof is discarded");
    Ok(record)
}

fn done(id: ProofId, decided: Decided) -> Result<ProofRecord, Problem> {
    match decided {
        Decided::Done(record) => Ok(*record),
        Decided::NotFound => Err(Problem::not_found("failure")),
        Decided::NotOpen(state) => Err(resolved(id, state)),
    }
}

/// There is nothing to decide any more.
fn resolved(id: ProofId, state: ProofState) -> Problem {
    let detail = match state {
        ProofState::Accepted => "The proof is being tried again already.",
        ProofState::Completed => "The proof was made meanwhile.",
        ProofState::Rejected => "The proof was tried again, and its statement is not true.",
        ProofState::DeadLettered => {
            "The failure has expired, and with it the private input: order the proof anew."
        }
        ProofState::Cancelled => "The proof was given up, and its private input with it.",
    };
    Problem::new(ProblemCode::FailureResolved, detail).about(id)
}

/// What is decided about many.
#[derive(Clone, Copy)]
enum Bulk {
    Redrive,
    Discard,
}

/// Decides about each open failure that the filter admits. One that somebody else decided about meanwhile is passed over.
async fn decide_all(
    api: &Api,
    tenant: TenantId,
    request: &BulkRequest,
    bulk: Bulk,
) -> Result<Json<BulkDecision>, Problem> {
    let filter = FailureFilter {
        is_open: Some(true),
        statement: request.statement.map(|text| text.0),
        system: request.system.map(|text| text.0),
        circuit: request.circuit.map(|text| text.0.0),
        failure: request.failure.map(|text| text.0),
    };
    let page = api.store.failures(tenant, &filter, None, BULK_MAX).await?;
    let mut ids = Vec::new();
    for record in page.items {
        let id = record.proof_id;
        let decided = match bulk {
            Bulk::Redrive => redrive(api, tenant, id, None).await,
            Bulk::Discard => discard(api, tenant, id).await,
        };
        match decided {
            Ok(proof) => ids.push(Text(proof.id)),
            Err(problem)
                if matches!(
                    problem.code(),
                    ProblemCode::FailureResolved | ProblemCode::NotFound
                ) => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(Json(BulkDecision {
        ids,
        has_more: page.has_more,
    }))
}
