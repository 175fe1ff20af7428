//! `/v1/proofs`: make proofs, read them, give them up.
//!
//! Accepting is one transaction; then the workflow starts. A synchronous caller waits for the outcome, at most for its wait; an
//! asynchronous one, or one whose wait is over, or one who comes while Temporal is away, gets 202 and a place to look.

use std::time::Duration;

use chrono::Utc;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use uuid::Uuid;
use zapiki_core::circuit::{CircuitId, CircuitPin};
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::Claim;
use zapiki_core::signed_root::SignedRoot;
use zapiki_core::state::ProofState;
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::suites::IssuerKey;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::Witness;
use zapiki_failpoints::{Point, reach};
use zapiki_store::{
    Acceptance, Deletion, EarlierRequest, Idempotency, NewProof, ProofFilter, ProofRecord,
};
use zapiki_workflows::wire::{ProofJob, ProofRef};

use super::issuers::Gone;
use super::replay::{keep, replay};
use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::body::Body;
use crate::deprecation::Noted;
use crate::forms::{CircuitIdText, Text};
use crate::headers::IdempotencyKey;
use crate::prefer::{Prefer, Preference};
use crate::problem::Problem;
use crate::schemas::{NewProofRequest, Proof, ProofPage};
use crate::state::Api;

pub(crate) struct ProofsApi;

/// A proof, or the promise of one.
#[derive(ApiResponse)]
pub(crate) enum ProofAnswer {
    /// The proof is made.
    #[oai(status = 200)]
    Made(
        Json<Proof>,
        /// Which of your preferences was followed, if you sent one.
        #[oai(header = "Preference-Applied")]
        Option<String>,
        /// `true` if this is the answer to an earlier request under the same `Idempotency-Key`.
        #[oai(header = "Idempotent-Replayed")]
        Option<bool>,
    ),
    /// The proof is on its way: look at `Location`.
    #[oai(status = 202)]
    OnItsWay(
        Json<Proof>,
        /// Where the proof will be.
        #[oai(header = "Location")]
        String,
        /// Which of your preferences was followed, if you sent one.
        #[oai(header = "Preference-Applied")]
        Option<String>,
        /// `true` if this is the answer to an earlier request under the same `Idempotency-Key`.
        #[oai(header = "Idempotent-Replayed")]
        Option<bool>,
    ),
}

/// What becomes of an order that was accepted, as far as it is known by the end of the wait.
pub(super) enum Outcome {
    Made(Box<Proof>),
    OnItsWay(Box<Proof>),
}

impl From<ProofRecord> for Proof {
    fn from(record: ProofRecord) -> Self {
        let shows_absence = record.state == ProofState::Completed
            && (record.claim.statement.parts().iter())
                .any(|part| matches!(part, Statement::NotSanctioned(_)));
        let (code, reason) = match record.dead_letter {
            Some(letter) => (Some(letter.code), Some(letter.reason)),
            None => (record.rejection, None),
        };
        Self {
            id: Text(record.id),
            state: Text(record.state),
            statement: record.claim.statement.into(),
            system: Text(record.system),
            circuit: Text(CircuitIdText(record.circuit)),
            accepted_at: record.accepted_at,
            settled_at: record.settled_at,
            not_sanctioned: shows_absence.then_some(true),
            proof: record.envelope.map(Into::into),
            code: code.map(Text),
            reason,
        }
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Proofs")]
impl ProofsApi {
    /// Make a proof
    ///
    /// Waits for the proof and answers 200, unless you prefer otherwise: `Prefer: respond-async` answers 202 at once,
    /// `Prefer: wait=5` waits at most 5 seconds. A credential that does not satisfy the claim is a 422 whose `code` says why.
    /// Send an `Idempotency-Key` to retry without making a second proof.
    #[oai(path = "/proofs", method = "post", operation_id = "create_proof")]
    async fn create(
        &self,
        api: &Api,
        auth: Auth,
        /// Your name for this request: the same key and body make one proof.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: IdempotencyKey,
        /// `respond-async`, or `wait=` and seconds (RFC 7240). Others are ignored.
        #[oai(name = "Prefer")]
        prefer: Prefer,
        request: Body<NewProofRequest>,
    ) -> Result<Noted<ProofAnswer>, Problem> {
        let digest = request.digest();
        let order = request.into_inner().into();
        make(api, &auth, order, digest, idempotency_key, prefer).await
    }

    /// List your proofs
    ///
    /// Newest first, in pages: while there is a `next_cursor`, pass it on as `cursor`.
    #[oai(path = "/proofs", method = "get", operation_id = "list_proofs")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the operation"
    )]
    async fn list(
        &self,
        api: &Api,
        auth: Auth,
        /// Only proofs in this state.
        state: Query<Option<Text<ProofState>>>,
        /// Only proofs of this statement.
        statement: Query<Option<Text<StatementKind>>>,
        /// Only proofs of this system.
        system: Query<Option<Text<ProofSystem>>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<ProofPage>, Problem> {
        let filter = ProofFilter {
            state: state.0.map(|text| text.0),
            statement: statement.0.map(|text| text.0),
            system: system.0.map(|text| text.0),
        };
        let after = self::cursor::<ProofId>(cursor.0)?;
        let page = api
            .store
            .proofs(
                auth.tenant(),
                &filter,
                after,
                limit.0.unwrap_or(PAGE_DEFAULT),
            )
            .await?;
        let last = page.items.last().map(|record| record.id.to_string());
        Ok(Json(ProofPage {
            next_cursor: last.filter(|_| page.has_more),
            proofs: page.items.into_iter().map(Into::into).collect(),
        }))
    }

    /// Read a proof
    ///
    /// However it ended: `state` says so, and `code` why there is no proof. Poll it until `state` is no longer `accepted`.
    #[oai(path = "/proofs/:id", method = "get", operation_id = "get_proof")]
    async fn get(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
    ) -> Result<Noted<Json<Proof>>, Problem> {
        let record = api.store.proof(auth.tenant(), id.0.0).await?;
        let record = record.ok_or_else(|| Problem::not_found("proof"))?;
        let (system, circuit) = (record.system, record.circuit);
        Ok(Noted::new(api, system, circuit, Json(record.into())))
    }

    /// Delete a proof
    ///
    /// One that is on its way is cancelled and its private input shredded; one that is settled is erased. Usage and audit
    /// entries stay.
    #[oai(path = "/proofs/:id", method = "delete", operation_id = "delete_proof")]
    async fn delete(
        &self,
        api: &Api,
        auth: Auth,
        /// The proof's id.
        id: Path<Text<ProofId>>,
    ) -> Result<Gone, Problem> {
        let Text(id) = id.0;
        match api
            .store
            .delete_proof(auth.tenant(), id, Utc::now())
            .await?
        {
            Deletion::NotFound => Err(Problem::not_found("proof")),
            // A workflow is parked for a dead-lettered proof alone.
            Deletion::Deleted(state) if state != ProofState::DeadLettered => Ok(Gone::Done),
            Deletion::Deleted(_) | Deletion::Cancelled => {
                // The row is settled: a workflow that is not told finds that out by itself.
                if let Err(error) = api.pipeline.cancel(id).await {
                    tracing::warn!(proof_id = %id, %error, "the workflow could not be told of its cancellation");
                }
                Ok(Gone::Done)
            }
        }
    }
}

/// What was ordered, in whichever form.
pub(super) struct Order {
    pub(super) claim: Claim,
    pub(super) system: ProofSystem,
    pub(super) pin: Option<CircuitPin>,
    pub(super) allow_experimental: bool,
    pub(super) witness: Witness,
    /// Where the caller named the issuer.
    pub(super) issuer_field: &'static str,
}

impl From<NewProofRequest> for Order {
    fn from(request: NewProofRequest) -> Self {
        Self {
            claim: Claim {
                statement: request.statement.value,
                issuer: request.issuer.value,
                challenge: request.challenge.0,
                scope: request.scope.0,
            },
            system: request
                .system
                .map_or(ProofSystem::Groth16, |system| system.0),
            pin: request.circuit.map(|pin| pin.0),
            allow_experimental: request.allow_experimental.unwrap_or(false),
            witness: request.witness.value,
            issuer_field: "issuer",
        }
    }
}

pub(super) async fn make(
    api: &Api,
    auth: &Auth,
    order: Order,
    digest: [u8; 32],
    idempotency_key: IdempotencyKey,
    prefer: Prefer,
) -> Result<Noted<ProofAnswer>, Problem> {
    let preference = prefer.within(api.sync_wait_max);
    let idempotency = idempotency_key.0.as_deref().map(|key| Idempotency {
        key,
        request_hash: digest,
    });
    let tenant = auth.tenant();
    let system = order.system;
    let checked = Desk::new(api, tenant).check(&order).await;
    let circuit = match (checked, &idempotency) {
        (Ok(circuit), _) => circuit,
        (Err(problem), None) => return Err(problem),
        // What was accepted once stays accepted, though it would not be today.
        (Err(problem), Some(idempotency)) => {
            let earlier = api.store.earlier_request(tenant, idempotency).await?;
            let earlier = earlier.ok_or(problem)?;
            return repeat(api, idempotency.key, earlier, preference).await;
        }
    };

    let proof = NewProof {
        id: ProofId::from_uuid(Uuid::now_v7()),
        claim: &order.claim,
        system: order.system,
        circuit,
        witness: &order.witness,
    };
    let accepting = api
        .store
        .accept_proof(tenant, proof, idempotency, Utc::now());
    let record = match accepting.await? {
        Acceptance::New(record) => {
            tracing::info!(
                proof_id = %record.id,
                tenant_id = %tenant,
                key_id = %auth.caller().key_id,
                statement = %record.claim.statement.kind(),
                system = %record.system,
                "accepted a proof"
            );
            record
        }
        Acceptance::Earlier(earlier) => {
            let key = idempotency_key.0.as_deref().unwrap_or_default();
            return repeat(api, key, earlier, preference).await;
        }
    };
    reach(Point::AcceptAfter);
    // Not needed any more, and private.
    drop(order.witness);
    let answer = follow(api, record, preference).await;
    if let Some(key) = &idempotency_key.0 {
        keep(api, tenant, key, &answer).await;
    }
    Ok(Noted::new(
        api,
        system,
        circuit,
        answer?.answer(preference, None),
    ))
}

/// Answers a repeated request.
async fn repeat(
    api: &Api,
    key: &str,
    earlier: EarlierRequest,
    preference: Preference,
) -> Result<Noted<ProofAnswer>, Problem> {
    let (tenant, system, circuit) = (
        earlier.proof.tenant_id,
        earlier.proof.system,
        earlier.proof.circuit,
    );
    let outcome = replay(api, tenant, key, earlier).await?;
    let answer = outcome.answer(preference, Some(true));
    Ok(Noted::new(api, system, circuit, answer))
}

impl Outcome {
    fn answer(self, preference: Preference, replayed: Option<bool>) -> ProofAnswer {
        match self {
            Self::Made(proof) => ProofAnswer::Made(Json(*proof), preference.applied(), replayed),
            Self::OnItsWay(proof) => {
                let location = format!("/v1/proofs/{}", proof.id.0);
                ProofAnswer::OnItsWay(Json(*proof), location, preference.applied(), replayed)
            }
        }
    }
}

/// Checks a tenant's orders. What many orders of one request have in common is asked for once.
pub(super) struct Desk<'a> {
    api: &'a Api,
    tenant: TenantId,
    issuers: Vec<(IssuerKey, bool)>,
    lists: Vec<(SignedRoot, bool)>,
}

impl<'a> Desk<'a> {
    pub(super) const fn new(api: &'a Api, tenant: TenantId) -> Self {
        Self {
            api,
            tenant,
            issuers: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Whether a new proof may be made of this order, and by which circuit.
    pub(super) async fn check(&mut self, order: &Order) -> Result<CircuitId, Problem> {
        check_size(&order.claim, self.api.limits.public_input_bytes_max)?;
        let registry = &self.api.registry;
        let statement = order.claim.statement.kind();
        let circuit = registry
            .resolve(order.system, order.pin, statement, Utc::now())
            .map_err(Problem::from)?;
        if !order.allow_experimental && registry.is_experimental(order.system) {
            return Err(experimental(order.system).at("allow_experimental"));
        }
        let suite = order.claim.issuer.suite();
        if suite != circuit.suite {
            let detail = format!(
                "The issuer key is of the suite `{suite}`; {} proofs are about keys of `{}`.",
                order.system, circuit.suite
            );
            return Err(Problem::new(ProblemCode::InvalidField, detail).at(order.issuer_field));
        }
        if !self.trusts(&order.claim.issuer).await? {
            let detail = "You do not trust this issuer key. POST /v1/issuers adds it.";
            return Err(Problem::new(ProblemCode::IssuerNotTrusted, detail).at(order.issuer_field));
        }
        for list in order.claim.statement.lists() {
            if !self.knows(list).await? {
                let detail = format!(
                    "There is no list `{}` with this root here. GET /v1/lists/{} has the roots; an issuer's revocations are sent \
                     to POST /v1/revocations.",
                    list.name, list.name
                );
                return Err(Problem::new(ProblemCode::ListUnknown, detail).at("statement"));
            }
        }
        Ok(circuit.id)
    }

    async fn trusts(&mut self, key: &IssuerKey) -> Result<bool, Problem> {
        if let Some((_, is_trusted)) = self.issuers.iter().find(|(known, _)| known == key) {
            return Ok(*is_trusted);
        }
        let issuer = self.api.store.issuer_by_key(self.tenant, key).await?;
        self.issuers.push((key.clone(), issuer.is_some()));
        Ok(issuer.is_some())
    }

    async fn knows(&mut self, list: &SignedRoot) -> Result<bool, Problem> {
        if let Some((_, is_known)) = self.lists.iter().find(|(known, _)| known == list) {
            return Ok(*is_known);
        }
        let stored = self
            .api
            .store
            .list_with_root(&list.name, &list.root)
            .await?;
        self.lists.push((list.clone(), stored.is_some()));
        Ok(stored.is_some())
    }
}

/// Whether what the proof is to say in public is short enough: it is stored, sent through Temporal and served for as long as
/// there is the proof.
fn check_size(claim: &Claim, bytes_max: usize) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(claim).map_or(usize::MAX, |json| json.len());
    if bytes <= bytes_max {
        return Ok(());
    }
    let detail = format!(
        "Statement, issuer, challenge and scope have {bytes} bytes as JSON; {bytes_max} are allowed."
    );
    Err(Problem::new(ProblemCode::PublicInputTooLarge, detail))
}

/// A system that the request must opt in to, and did not.
pub(super) fn experimental(system: ProofSystem) -> Problem {
    let detail = format!(
        "The proof system `{system}` is experimental. GET /v1/systems says what that means; `allow_experimental` accepts it."
    );
    Problem::new(ProblemCode::ExperimentalNotAllowed, detail)
}

/// A proof as the pipeline knows it.
pub(super) fn job_of(record: &ProofRecord) -> ProofJob {
    ProofJob {
        proof: ProofRef {
            tenant_id: record.tenant_id,
            proof_id: record.id,
        },
        statement: record.claim.statement.kind(),
        system: record.system,
    }
}

/// Starts the proof if it is not, waits as the caller prefers, and says how it stands.
async fn follow(
    api: &Api,
    record: ProofRecord,
    preference: Preference,
) -> Result<Outcome, Problem> {
    let (tenant, id) = (record.tenant_id, record.id);
    let job = job_of(&record);
    let started = match preference.wait() {
        Duration::ZERO => api.pipeline.start(&job).await,
        wait => api
            .pipeline
            .start_and_wait(&job, wait)
            .await
            .map(|_waited| ()),
    };
    reach(Point::StartAfter);
    if let Err(error) = started {
        // The row is safe, and the relay starts it.
        tracing::warn!(proof_id = %id, %error, "the workflow could not be started now");
        return outcome_of_row(record);
    }
    if preference.wait() == Duration::ZERO {
        return outcome_of_row(record);
    }
    // The row has the last word, and the proof.
    let record = api.store.proof(tenant, id).await?;
    let record = record.ok_or_else(|| {
        Problem::new(
            ProblemCode::ProofCancelled,
            "The proof was deleted meanwhile.",
        )
        .about(id)
    })?;
    outcome_of_row(record)
}

/// How a proof stands, by its row.
pub(super) fn outcome_of_row(record: ProofRecord) -> Result<Outcome, Problem> {
    let id = record.id;
    match record.state {
        ProofState::Completed => Ok(Outcome::Made(Box::new(record.into()))),
        ProofState::Accepted => Ok(Outcome::OnItsWay(Box::new(record.into()))),
        ProofState::Rejected => {
            let code = record.rejection.unwrap_or(ProblemCode::Internal);
            Err(Problem::new(code, rejection_detail(code)).about(id))
        }
        ProofState::DeadLettered => {
            let reason = record
                .dead_letter
                .map(|letter| letter.reason)
                .unwrap_or_default();
            let detail = format!(
                "The proof could not be made: {reason}. Nothing was billed. GET /v1/failures/{id} says more; it can be tried again."
            );
            Err(Problem::new(ProblemCode::ProofDeadLettered, detail).about(id))
        }
        ProofState::Cancelled => Err(Problem::new(
            ProblemCode::ProofCancelled,
            "The proof was deleted before it was made.",
        )
        .about(id)),
    }
}

/// What to do about a credential that does not satisfy the claim. Says nothing of its contents.
const fn rejection_detail(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::CredentialSuiteMissing => {
            "The credential carries no signature of the claimed suite."
        }
        ProblemCode::CredentialForeignIssuer => {
            "The credential was signed by another key than the claimed issuer's."
        }
        ProblemCode::CredentialSignatureInvalid => {
            "The issuer's signature does not match the credential: it was changed, or is not the issuer's."
        }
        ProblemCode::CredentialNotYetValid => "The credential is not yet valid on the as-of date.",
        ProblemCode::CredentialExpired => {
            "The credential has expired on the as-of date. Ask the issuer for a new one."
        }
        ProblemCode::CredentialForeignHolder => {
            "The holder secret does not belong to this credential."
        }
        ProblemCode::CredentialAttributeMissing => {
            "The credential lacks the attribute that the statement is about."
        }
        ProblemCode::CredentialCurrencyDiffers => {
            "The credential's income is in another currency than the statement's. Nothing is converted."
        }
        ProblemCode::CredentialPeriodDiffers => {
            "The credential's income is counted by another period than the statement's."
        }
        ProblemCode::RevocationsForeignIssuer => {
            "The list of revocations was signed by another key than the claimed issuer's."
        }
        ProblemCode::StatementNotSatisfied => {
            "The credential is in order, and the statement is not true of it."
        }
        _ => "The credential does not satisfy the claim.",
    }
}
