//! Proofs: accepted with their sealed input, settled once, listed, deleted.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Int4, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;
use zapiki_core::audit::{AuditEvent, AuditKind};
use zapiki_core::circuit::{CircuitId, CircuitPin};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::ids::{BatchId, ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::Claim;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::Witness;

use crate::counts::Count;
use crate::error::StoreError;
use crate::failures::{self, NewDeadLetter};
use crate::inputs;
use crate::requests::{self, EarlierRequest, Idempotency, Made};
use crate::schema::proofs;
use crate::sealed::Sealed;
use crate::tenant_tx::TenantTx;
use crate::{Page, Store, audit, connection, micros};

/// A proof to accept.
#[derive(Debug, Clone, Copy)]
pub struct NewProof<'a> {
    /// Its id from now on.
    pub id: ProofId,
    /// What it is to show.
    pub claim: &'a Claim,
    /// How.
    pub system: ProofSystem,
    /// With which circuit.
    pub circuit: CircuitId,
    /// The private input: sealed before it is sent anywhere.
    pub witness: &'a Witness,
}

/// What came of accepting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// A new proof is on its way.
    New(ProofRecord),
    /// The same request came before.
    Earlier(EarlierRequest),
}

/// The proof was not accepted.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// The idempotency key names another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a proof ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// With a proof.
    Completed(Box<ProofEnvelope>),
    /// The credential does not satisfy the claim.
    Rejected(ProblemCode),
    /// Retries are spent.
    DeadLettered(NewDeadLetter),
    /// Its owner gave it up.
    Cancelled,
}

/// Why there is no proof, though there should be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The stable code.
    pub code: ProblemCode,
    /// In our own words. Nothing private.
    pub reason: String,
}

/// What came of settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The state that the proof has now.
    pub state: ProofState,
    /// Whether this call brought it there. The first outcome stays.
    pub changed: bool,
}

/// What came of deleting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It was settled, in this state; it is gone, and what was kept for another try with it.
    Deleted(ProofState),
    /// It was on its way; it is cancelled, and its input shredded.
    Cancelled,
    /// There was none.
    NotFound,
}

/// What came of cancelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancellation {
    /// It was on its way; it is cancelled, and its input shredded.
    Done(Box<ProofRecord>),
    /// It was settled before, in this state.
    Settled(ProofState),
    /// There was none.
    NotFound,
}

/// A proof as the database knows it. Nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRecord {
    /// Its id.
    pub id: ProofId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where it stands.
    pub state: ProofState,
    /// What it shows.
    pub claim: Claim,
    /// How.
    pub system: ProofSystem,
    /// With which circuit.
    pub circuit: CircuitId,
    /// The proof, when there is one.
    pub envelope: Option<ProofEnvelope>,
    /// Why the credential does not satisfy the claim.
    pub rejection: Option<ProblemCode>,
    /// Why retries were spent in vain.
    pub dead_letter: Option<DeadLetter>,
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// When its workflow was started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
    /// The batch that it was asked for with.
    pub batch: Option<BatchId>,
}

/// Which proofs to list. Fields that are `None` admit all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProofFilter {
    /// In this state.
    pub state: Option<ProofState>,
    /// Of this statement.
    pub statement: Option<StatementKind>,
    /// In this system.
    pub system: Option<ProofSystem>,
}

/// An accepted proof whose workflow nobody is known to have started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnstartedProof {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: ProofId,
    /// Its statement.
    pub statement: StatementKind,
    /// Its system.
    pub system: ProofSystem,
    /// Whether it failed before and is to be tried again.
    pub is_redriven: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = proofs)]
pub(crate) struct ProofRow {
    id: Uuid,
    tenant_id: Uuid,
    state: String,
    system: String,
    circuit: String,
    claim: Value,
    envelope: Option<Value>,
    code: Option<String>,
    reason: Option<String>,
    accepted_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    batch_id: Option<Uuid>,
}

const CORRUPT: StoreError = StoreError::Corrupt("a proof");

impl TryFrom<ProofRow> for ProofRecord {
    type Error = StoreError;
    fn try_from(row: ProofRow) -> Result<Self, StoreError> {
        let code = row
            .code
            .map(|code| code.parse())
            .transpose()
            .map_err(|_| CORRUPT)?;
        let (rejection, dead_letter) = match (code, row.reason) {
            (Some(code), Some(reason)) => (None, Some(DeadLetter { code, reason })),
            (code, _) => (code, None),
        };
        let Ok(CircuitPin::Exact(circuit)) = row.circuit.parse() else {
            return Err(CORRUPT);
        };
        Ok(Self {
            id: ProofId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            state: row.state.parse().map_err(|_| CORRUPT)?,
            claim: serde_json::from_value(row.claim).map_err(|_| CORRUPT)?,
            system: row.system.parse().map_err(|_| CORRUPT)?,
            circuit,
            envelope: row
                .envelope
                .map(serde_json::from_value)
                .transpose()
                .map_err(|_| CORRUPT)?,
            rejection,
            dead_letter,
            accepted_at: row.accepted_at,
            started_at: row.started_at,
            settled_at: row.settled_at,
            batch: row.batch_id.map(BatchId::from_uuid),
        })
    }
}

fn json(value: &impl serde::Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|_| StoreError::Corrupt("a value has no JSON form"))
}

impl Store {
    /// Accepts a proof: its row, its sealed input and its idempotency key in one transaction.
    ///
    /// Idempotent under an idempotency key, also when the same request comes twice at once: the database lets one in, and
    /// the other waits for it and finds its request.
    ///
    /// # Errors
    /// The key names another request, or the database did not do it. Then nothing was written.
    pub async fn accept_proof(
        &self,
        tenant: TenantId,
        proof: NewProof<'_>,
        idempotency: Option<Idempotency<'_>>,
        now: DateTime<Utc>,
    ) -> Result<Acceptance, AcceptError> {
        let sealed = self.seal_witness(tenant, proof.id, proof.witness)?;
        let accepted_at = micros(now);

        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let made = Made::Proof(proof.id);
        if let Some(idempotency) = &idempotency
            && let Some(known) =
                requests::claim(&mut tx, tenant, made, idempotency, accepted_at).await?
        {
            let earlier = requests::of_proof(&mut tx, tenant, known).await?;
            tx.rollback().await?;
            return Ok(Acceptance::Earlier(earlier));
        }
        insert(&mut tx, tenant, None, &[(proof, sealed)], accepted_at).await?;
        tx.commit().await?;
        Ok(Acceptance::New(ProofRecord {
            id: proof.id,
            tenant_id: tenant,
            state: ProofState::Accepted,
            claim: proof.claim.clone(),
            system: proof.system,
            circuit: proof.circuit,
            envelope: None,
            rejection: None,
            dead_letter: None,
            accepted_at,
            started_at: None,
            settled_at: None,
            batch: None,
        }))
    }

    /// One proof.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn proof(
        &self,
        tenant: TenantId,
        id: ProofId,
    ) -> Result<Option<ProofRecord>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let record = load(&mut tx, tenant, id.as_uuid()).await?;
        tx.commit().await?;
        Ok(record)
    }

    /// The tenant's proofs, newest first, from the one after `after`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn proofs(
        &self,
        tenant: TenantId,
        filter: &ProofFilter,
        after: Option<ProofId>,
        limit: u32,
    ) -> Result<Page<ProofRecord>, StoreError> {
        let mut query = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .order(proofs::id.desc())
            .limit(i64::from(limit) + 1)
            .select(ProofRow::as_select())
            .into_boxed();
        if let Some(state) = filter.state {
            query = query.filter(proofs::state.eq(state.as_str()));
        }
        if let Some(statement) = filter.statement {
            query = query.filter(proofs::statement.eq(statement.as_str()));
        }
        if let Some(system) = filter.system {
            query = query.filter(proofs::system.eq(system.as_str()));
        }
        if let Some(after) = after {
            query = query.filter(proofs::id.lt(after.as_uuid()));
        }
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<ProofRow> = query.load(&mut *tx).await?;
        tx.commit().await?;
        let items = rows
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, _>>()?;
        Ok(Page::of(items, limit))
    }

    /// Notes that the proof's workflow runs, and says how many dead letters the proof has. Idempotent: the first time stays.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn mark_started(
        &self,
        tenant: TenantId,
        id: ProofId,
        now: DateTime<Utc>,
    ) -> Result<u32, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let unstarted = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq(id.as_uuid()))
            .filter(proofs::started_at.is_null());
        diesel::update(unstarted)
            .set(proofs::started_at.eq(micros(now)))
            .execute(&mut *tx)
            .await?;
        let rounds = failures::rounds(&mut tx, tenant, id).await?;
        tx.commit().await?;
        Ok(rounds)
    }

    /// Stores how a proof ended and shreds its input, unless it is dead-lettered, in one transaction. Idempotent: the first outcome stays, and a
    /// later one is told what it is.
    ///
    /// `None` if there is no such proof.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn settle_proof(
        &self,
        tenant: TenantId,
        id: ProofId,
        settlement: &Settlement,
        now: DateTime<Utc>,
    ) -> Result<Option<Settled>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let settled = settle(&mut tx, tenant, id, settlement, micros(now)).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// Gives up a proof that is on its way, shreds its input and says so in the audit log. The first outcome stays.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn cancel_proof(
        &self,
        tenant: TenantId,
        id: ProofId,
        now: DateTime<Utc>,
    ) -> Result<Cancellation, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let settled = cancel(&mut tx, tenant, id, micros(now)).await?;
        let record = match settled {
            Some(_) => load(&mut tx, tenant, id.as_uuid()).await?,
            None => None,
        };
        tx.commit().await?;
        Ok(match (settled, record) {
            (Some(Settled { changed: true, .. }), Some(record)) => {
                Cancellation::Done(Box::new(record))
            }
            (Some(Settled { state, .. }), _) => Cancellation::Settled(state),
            (None, _) => Cancellation::NotFound,
        })
    }

    /// Deletes a settled proof, or cancels one that is on its way and says so in the audit log. Usage and audit stay: they
    /// are books.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn delete_proof(
        &self,
        tenant: TenantId,
        id: ProofId,
        now: DateTime<Utc>,
    ) -> Result<Deletion, StoreError> {
        let now = micros(now);
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let settled = cancel(&mut tx, tenant, id, now).await?;
        let this = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq(id.as_uuid()));
        let deletion = match settled {
            None => Deletion::NotFound,
            Some(Settled { changed: true, .. }) => Deletion::Cancelled,
            Some(Settled {
                changed: false,
                state,
            }) => {
                diesel::delete(this).execute(&mut *tx).await?;
                Deletion::Deleted(state)
            }
        };
        tx.commit().await?;
        Ok(deletion)
    }

    /// Accepted proofs of all tenants that wait for their workflow, oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn unstarted_proofs(
        &self,
        accepted_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UnstartedProof>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let rows: Vec<UnstartedRow> = sql_query("SELECT * FROM zapiki_unstarted_proofs($1, $2)")
            .bind::<Timestamptz, _>(accepted_before)
            .bind::<Int4, _>(i32::try_from(limit).unwrap_or(i32::MAX))
            .load(&mut connection)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(UnstartedProof {
                    tenant_id: TenantId::from_uuid(row.tenant_id),
                    id: ProofId::from_uuid(row.id),
                    statement: row.statement.parse().map_err(|_| CORRUPT)?,
                    system: row.system.parse().map_err(|_| CORRUPT)?,
                    is_redriven: row.is_redriven,
                })
            })
            .collect()
    }
}

#[derive(QueryableByName)]
struct UnstartedRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    statement: String,
    #[diesel(sql_type = Text)]
    system: String,
    #[diesel(sql_type = Bool)]
    is_redriven: bool,
}

/// Writes accepted proofs with their sealed inputs.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: Option<BatchId>,
    accepted: &[(NewProof<'_>, Sealed)],
    accepted_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = accepted
        .iter()
        .map(|(proof, _)| {
            Ok((
                proofs::id.eq(proof.id.as_uuid()),
                proofs::tenant_id.eq(tenant.as_uuid()),
                proofs::state.eq(ProofState::Accepted.as_str()),
                proofs::statement.eq(proof.claim.statement.kind().as_str()),
                proofs::system.eq(proof.system.as_str()),
                proofs::circuit.eq(proof.circuit.to_string()),
                proofs::claim.eq(json(proof.claim)?),
                proofs::accepted_at.eq(accepted_at),
                proofs::batch_id.eq(batch.map(BatchId::as_uuid)),
            ))
        })
        .collect::<Result<_, StoreError>>()?;
    diesel::insert_into(proofs::table)
        .values(rows)
        .execute(&mut **tx)
        .await?;
    for (proof, _) in accepted {
        tx.count(Count::Accepted(proof.claim.statement.kind(), proof.system));
    }
    let sealed: Vec<_> = accepted
        .iter()
        .map(|(proof, sealed)| (proof.id, sealed))
        .collect();
    inputs::insert(tx, tenant, &sealed).await
}

pub(crate) async fn load(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<ProofRecord>, StoreError> {
    let row: Option<ProofRow> = proofs::table
        .filter(proofs::tenant_id.eq(tenant.as_uuid()))
        .filter(proofs::id.eq(id))
        .select(ProofRow::as_select())
        .first(&mut **tx)
        .await
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

/// What a proof is about and how it is made, as its row says.
pub(crate) fn kind_and_system(
    statement: &str,
    system: &str,
) -> Result<(StatementKind, ProofSystem), StoreError> {
    let statement = statement.parse().map_err(|_| CORRUPT)?;
    Ok((statement, system.parse().map_err(|_| CORRUPT)?))
}

/// Gives up an accepted proof, and says so; leaves a settled one alone.
async fn cancel(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: ProofId,
    now: DateTime<Utc>,
) -> Result<Option<Settled>, StoreError> {
    let settled = settle(tx, tenant, id, &Settlement::Cancelled, now).await?;
    if settled.is_some_and(|settled| settled.changed) {
        tell(tx, tenant, id, AuditKind::ProofCancelled, None, now).await?;
    }
    Ok(settled)
}

/// Says what happened to a proof, in the transaction in which it happens.
async fn tell(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: ProofId,
    kind: AuditKind,
    code: Option<ProblemCode>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (statement, system): (String, String) = proofs::table
        .filter(proofs::tenant_id.eq(tenant.as_uuid()))
        .filter(proofs::id.eq(id.as_uuid()))
        .select((proofs::statement, proofs::system))
        .first(&mut **tx)
        .await?;
    let (statement, system) = kind_and_system(&statement, &system)?;
    let event = AuditEvent {
        kind,
        proof_id: id,
        statement,
        system,
        code,
    };
    audit::append(tx, tenant, &event, now).await?;
    Ok(())
}

/// Moves an accepted proof to its outcome; leaves a settled one alone.
pub(crate) async fn settle(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: ProofId,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<Option<Settled>, StoreError> {
    let (state, envelope, code, reason) = match settlement {
        Settlement::Completed(envelope) => {
            (ProofState::Completed, Some(json(envelope)?), None, None)
        }
        Settlement::Rejected(code) => (ProofState::Rejected, None, Some(*code), None),
        Settlement::DeadLettered(letter) => (
            ProofState::DeadLettered,
            None,
            Some(letter.failure.code()),
            Some(letter.failure.reason()),
        ),
        Settlement::Cancelled => (ProofState::Cancelled, None, None, None),
    };
    let this = proofs::table
        .filter(proofs::tenant_id.eq(tenant.as_uuid()))
        .filter(proofs::id.eq(id.as_uuid()));
    let changed: Option<(String, String)> =
        diesel::update(this.filter(proofs::state.eq(ProofState::Accepted.as_str())))
            .set((
                proofs::state.eq(state.as_str()),
                proofs::envelope.eq(envelope),
                proofs::code.eq(code.map(|code| code.as_str())),
                proofs::reason.eq(reason),
                proofs::settled_at.eq(now),
            ))
            .returning((proofs::statement, proofs::system))
            .get_result(&mut **tx)
            .await
            .optional()?;
    let Some((statement, system)) = changed else {
        let state: Option<String> = this
            .select(proofs::state)
            .first(&mut **tx)
            .await
            .optional()?;
        let Some(state) = state else {
            return Ok(None);
        };
        return Ok(Some(Settled {
            state: state.parse().map_err(|_| CORRUPT)?,
            changed: false,
        }));
    };
    let (statement, system) = kind_and_system(&statement, &system)?;
    tx.count(Count::Settled(state, statement, system));
    match settlement {
        // What cannot be made today may be made tomorrow: the input stays until somebody decides.
        // Told at once: whoever decides about it may be quicker than a step of the workflow, which would then see the
        // decision alone.
        Settlement::DeadLettered(letter) => {
            failures::write(tx, tenant, id, letter, now).await?;
            tell(tx, tenant, id, AuditKind::ProofDeadLettered, code, now).await?;
        }
        _ => inputs::shred(tx, tenant, &[id]).await?,
    }
    Ok(Some(Settled {
        state,
        changed: true,
    }))
}
