//! Requests by their idempotency keys: the first answer is kept, and given again to whoever repeats the request.
//!
//! As draft-ietf-httpapi-idempotency-key-header has it: a key belongs to one tenant and one body, a request that is in flight is
//! told from one that is answered, and keys are forgotten after a while. Here stands what the database does; what an answer is,
//! the API knows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Int4, Timestamptz};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use zapiki_core::ids::{BatchId, ProofId, TenantId};

use crate::error::StoreError;
use crate::proofs::{AcceptError, ProofRecord, load};
use crate::schema::idempotency_keys;
use crate::tenant_tx::TenantTx;
use crate::{Store, connection, micros};

/// A caller's name for a request.
#[derive(Debug, Clone, Copy)]
pub struct Idempotency<'a> {
    /// The name: 1 to 255 characters.
    pub key: &'a str,
    /// What tells this request from another under the same name.
    pub request_hash: [u8; 32],
}

/// A request that came before under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRequest {
    /// The proof that it made, as it is now.
    pub proof: ProofRecord,
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// What was answered; `None` while it is in flight, or if its answer was lost.
    pub answer: Option<Value>,
}

/// What a request made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Made {
    Proof(ProofId),
    Batch(BatchId),
}

/// A request that came before.
pub(crate) struct Known {
    pub(crate) made: Made,
    accepted_at: DateTime<Utc>,
    answer: Option<Value>,
}

type Row = (
    Option<Uuid>,
    Option<Uuid>,
    Vec<u8>,
    DateTime<Utc>,
    Option<Value>,
);

const CORRUPT: StoreError = StoreError::Corrupt("a request");

impl Store {
    /// The earlier request of this name; `None` if there was none.
    ///
    /// # Errors
    /// The name belongs to another request, or the database did not answer.
    pub async fn earlier_request(
        &self,
        tenant: TenantId,
        idempotency: &Idempotency<'_>,
    ) -> Result<Option<EarlierRequest>, AcceptError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let earlier = match known(&mut tx, tenant, idempotency).await? {
            None => None,
            Some(known) => Some(of_proof(&mut tx, tenant, known).await?),
        };
        tx.commit().await?;
        Ok(earlier)
    }

    /// Keeps the answer to the request of this name. Idempotent: the first answer stays. A request whose proof was deleted
    /// meanwhile is gone with it.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn keep_answer(
        &self,
        tenant: TenantId,
        key: &str,
        answer: &Value,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let unanswered = idempotency_keys::table
            .filter(idempotency_keys::tenant_id.eq(tenant.as_uuid()))
            .filter(idempotency_keys::key.eq(key))
            .filter(idempotency_keys::answer.is_null());
        diesel::update(unanswered)
            .set((
                idempotency_keys::answer.eq(answer),
                idempotency_keys::answered_at.eq(micros(now)),
            ))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Forgets the oldest requests of all tenants that were accepted before `accepted_before`, at most `count_max`, and says
    /// how many. Their proofs stay; their names are free again.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_requests(
        &self,
        accepted_before: DateTime<Utc>,
        count_max: u32,
    ) -> Result<u64, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let Count { count } = sql_query("SELECT zapiki_forget_requests($1, $2) AS count")
            .bind::<Timestamptz, _>(accepted_before)
            .bind::<Int4, _>(i32::try_from(count_max).unwrap_or(i32::MAX))
            .get_result(&mut connection)
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Takes the name for what is made in the same transaction; if it is taken, says by which request.
pub(crate) async fn claim(
    tx: &mut TenantTx,
    tenant: TenantId,
    made: Made,
    idempotency: &Idempotency<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Known>, AcceptError> {
    let (proof, batch) = match made {
        Made::Proof(id) => (Some(id.as_uuid()), None),
        Made::Batch(id) => (None, Some(id.as_uuid())),
    };
    // A rival that holds the key uncommitted makes this statement wait until it is through.
    let taken = diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::tenant_id.eq(tenant.as_uuid()),
            idempotency_keys::key.eq(idempotency.key),
            idempotency_keys::request_hash.eq(idempotency.request_hash.as_slice()),
            idempotency_keys::proof_id.eq(proof),
            idempotency_keys::batch_id.eq(batch),
            idempotency_keys::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(&mut **tx)
        .await
        .map_err(StoreError::from)?;
    if taken == 1 {
        return Ok(None);
    }
    let known = known(tx, tenant, idempotency).await?;
    Ok(Some(known.ok_or_else(deleted_meanwhile)?))
}

/// The request of this name, if there is one.
pub(crate) async fn known(
    tx: &mut TenantTx,
    tenant: TenantId,
    idempotency: &Idempotency<'_>,
) -> Result<Option<Known>, AcceptError> {
    let row: Option<Row> = idempotency_keys::table
        .filter(idempotency_keys::tenant_id.eq(tenant.as_uuid()))
        .filter(idempotency_keys::key.eq(idempotency.key))
        .select((
            idempotency_keys::proof_id,
            idempotency_keys::batch_id,
            idempotency_keys::request_hash,
            idempotency_keys::created_at,
            idempotency_keys::answer,
        ))
        .first(&mut **tx)
        .await
        .optional()
        .map_err(StoreError::from)?;
    let Some((proof, batch, request_hash, accepted_at, answer)) = row else {
        return Ok(None);
    };
    if request_hash != idempotency.request_hash {
        return Err(AcceptError::KeyReused);
    }
    let made = match (proof, batch) {
        (Some(id), None) => Made::Proof(ProofId::from_uuid(id)),
        (None, Some(id)) => Made::Batch(BatchId::from_uuid(id)),
        // The database keeps one of them.
        _ => return Err(CORRUPT.into()),
    };
    Ok(Some(Known {
        made,
        accepted_at,
        answer,
    }))
}

/// The request as its repetition is told, if it made a proof.
pub(crate) async fn of_proof(
    tx: &mut TenantTx,
    tenant: TenantId,
    known: Known,
) -> Result<EarlierRequest, AcceptError> {
    let Made::Proof(id) = known.made else {
        return Err(AcceptError::KeyReused);
    };
    let proof = load(tx, tenant, id.as_uuid()).await?;
    Ok(EarlierRequest {
        proof: proof.ok_or_else(deleted_meanwhile)?,
        accepted_at: known.accepted_at,
        answer: known.answer,
    })
}

/// A proof takes its idempotency key along when it is deleted, and this one was between two statements of ours. The next
/// attempt finds the key free.
fn deleted_meanwhile() -> StoreError {
    StoreError::Unavailable("the proof of this request was deleted at this moment".to_owned())
}
