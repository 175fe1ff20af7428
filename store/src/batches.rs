//! Batches: proofs that are accepted, concluded and given up many at a time.
//!
//! An item of a batch is a proof or a refusal, in the order in which they were asked for. Accepting is one transaction, whatever the
//! number. So is concluding: outcome, shredding, usage and audit of some proofs that were made together. What becomes of a proof that
//! could not be made along with others is the matter of its own workflow, as of any proof.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Int4, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use zapiki_core::audit::{AuditEvent, AuditKind};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::ids::{BatchId, ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::Witness;

use crate::counts::Count;
use crate::error::StoreError;
use crate::proofs::{
    AcceptError, NewProof, ProofRecord, ProofRow, Settlement, insert, kind_and_system, settle,
};
use crate::requests::{self, Idempotency, Made};
use crate::schema::{batch_items, batches, proofs};
use crate::tenant_tx::TenantTx;
use crate::{Page, Store, audit, connection, inputs, micros, usage};

/// What is asked for with others.
#[derive(Debug)]
pub enum NewItem<'a> {
    /// A proof.
    Proof(NewProof<'a>),
    /// Nothing: the problem that the caller is told. Nothing private.
    Refused(Value),
}

/// An item of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// Its place in the request, from 0.
    pub position: u32,
    /// What came of asking for it.
    pub answer: ItemAnswer,
}

/// What came of asking for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemAnswer {
    /// A proof, which may have been deleted since.
    Proof(ProofId),
    /// The problem that the caller was told.
    Refused(Value),
}

/// What came of accepting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchAcceptance {
    /// A new batch is on its way.
    New,
    /// The same request came before, and made this one.
    Earlier(BatchId),
}

/// A batch, and how many of its items stand where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRecord {
    /// Its id.
    pub id: BatchId,
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// When it was given up.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// When the last of its proofs was settled, if all are.
    pub finished_at: Option<DateTime<Utc>>,
    /// Items that were refused.
    pub refused: u32,
    /// Proofs that were deleted since.
    pub deleted: u32,
    /// Its proofs by their states; states without a proof are left out.
    pub proofs: HashMap<ProofState, u32>,
}

impl BatchRecord {
    /// How many of its proofs are in this state.
    #[must_use]
    pub fn count(&self, state: ProofState) -> u32 {
        self.proofs.get(&state).copied().unwrap_or(0)
    }
}

/// What came of giving a batch up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchCancellation {
    /// What was on its way is cancelled, and its inputs shredded.
    Done,
    /// Nothing of it was on its way any more.
    Finished,
    /// There was none.
    NotFound,
}

/// A batch whose workflow nobody is known to have started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnstartedBatch {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: BatchId,
}

/// An item that is to be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenItem {
    /// Its place in the request, from 0.
    pub position: u32,
    /// The proof.
    pub proof: ProofId,
    /// Its system.
    pub system: ProofSystem,
}

/// A proof that is on its way, by its names alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedProof {
    /// Its id.
    pub id: ProofId,
    /// What it is about.
    pub statement: StatementKind,
    /// How it is to be proved.
    pub system: ProofSystem,
}

/// How a proof ends that was made along with others.
#[derive(Debug)]
pub struct Conclusion {
    /// The proof.
    pub proof: ProofId,
    /// What it is about.
    pub statement: StatementKind,
    /// How it was to be proved.
    pub system: ProofSystem,
    /// Proved, or not true.
    pub outcome: Result<Box<ProofEnvelope>, ProblemCode>,
}

const CORRUPT: StoreError = StoreError::Corrupt("a batch");

impl Store {
    /// Accepts a batch: its items, the rows and sealed inputs of its proofs and its idempotency key in one transaction.
    ///
    /// Idempotent under an idempotency key, as accepting a proof is.
    ///
    /// # Errors
    /// The key names another request, or the database did not do it. Then nothing was written.
    pub async fn accept_batch(
        &self,
        tenant: TenantId,
        batch: BatchId,
        items: Vec<NewItem<'_>>,
        idempotency: Option<Idempotency<'_>>,
        now: DateTime<Utc>,
    ) -> Result<BatchAcceptance, AcceptError> {
        let mut accepted = Vec::new();
        let mut rows = Vec::new();
        for (position, item) in (0_i32..).zip(items) {
            let (proof, refusal) = match item {
                NewItem::Refused(problem) => (None, Some(problem)),
                NewItem::Proof(proof) => {
                    let sealed = self.seal_witness(tenant, proof.id, proof.witness)?;
                    accepted.push((proof, sealed));
                    (Some(proof.id.as_uuid()), None)
                }
            };
            rows.push((
                batch_items::batch_id.eq(batch.as_uuid()),
                batch_items::tenant_id.eq(tenant.as_uuid()),
                batch_items::position.eq(position),
                batch_items::proof_id.eq(proof),
                batch_items::refusal.eq(refusal),
            ));
        }
        let accepted_at = micros(now);

        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let made = Made::Batch(batch);
        if let Some(idempotency) = &idempotency
            && let Some(known) =
                requests::claim(&mut tx, tenant, made, idempotency, accepted_at).await?
        {
            tx.rollback().await?;
            return match known.made {
                Made::Batch(batch) => Ok(BatchAcceptance::Earlier(batch)),
                Made::Proof(_) => Err(AcceptError::KeyReused),
            };
        }
        let write = async |tx: &mut TenantTx| -> Result<(), StoreError> {
            diesel::insert_into(batches::table)
                .values((
                    batches::id.eq(batch.as_uuid()),
                    batches::tenant_id.eq(tenant.as_uuid()),
                    batches::accepted_at.eq(accepted_at),
                ))
                .execute(&mut **tx)
                .await?;
            diesel::insert_into(batch_items::table)
                .values(rows)
                .execute(&mut **tx)
                .await?;
            insert(tx, tenant, Some(batch), &accepted, accepted_at).await
        };
        write(&mut tx).await?;
        tx.commit().await?;
        Ok(BatchAcceptance::New)
    }

    /// The batch that the earlier request of this name made; `None` if there was none.
    ///
    /// # Errors
    /// The name belongs to another request, or the database did not answer.
    pub async fn earlier_batch(
        &self,
        tenant: TenantId,
        idempotency: &Idempotency<'_>,
    ) -> Result<Option<BatchId>, AcceptError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let known = requests::known(&mut tx, tenant, idempotency).await?;
        tx.commit().await?;
        match known.map(|known| known.made) {
            None => Ok(None),
            Some(Made::Batch(batch)) => Ok(Some(batch)),
            Some(Made::Proof(_)) => Err(AcceptError::KeyReused),
        }
    }

    /// One batch.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn batch(
        &self,
        tenant: TenantId,
        id: BatchId,
    ) -> Result<Option<BatchRecord>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let record = record(&mut tx, tenant, id).await?;
        tx.commit().await?;
        Ok(record)
    }

    /// A tenant's batches, newest first, from the one after `after`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn batches(
        &self,
        tenant: TenantId,
        after: Option<BatchId>,
        limit: u32,
    ) -> Result<Page<BatchRecord>, StoreError> {
        let mut query = batches::table
            .filter(batches::tenant_id.eq(tenant.as_uuid()))
            // Ids rise with time.
            .order(batches::id.desc())
            .limit(i64::from(limit) + 1)
            .select((batches::id, batches::accepted_at, batches::cancelled_at))
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(batches::id.lt(after.as_uuid()));
        }
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let page = Page::of(query.load::<BatchRow>(&mut *tx).await?, limit);
        let items = counted(&mut tx, tenant, page.items).await?;
        tx.commit().await?;
        Ok(Page {
            items,
            has_more: page.has_more,
        })
    }

    /// The items of a batch in their order, from the one after `after`, with their proofs as they stand.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn batch_items(
        &self,
        tenant: TenantId,
        id: BatchId,
        after: Option<u32>,
        limit: u32,
    ) -> Result<Page<(BatchItem, Option<ProofRecord>)>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<(i32, Option<Uuid>, Option<Value>)> = batch_items::table
            .filter(batch_items::tenant_id.eq(tenant.as_uuid()))
            .filter(batch_items::batch_id.eq(id.as_uuid()))
            .filter(batch_items::position.gt(position_after(after)?))
            .order(batch_items::position)
            .limit(i64::from(limit) + 1)
            .select((
                batch_items::position,
                batch_items::proof_id,
                batch_items::refusal,
            ))
            .load(&mut *tx)
            .await?;
        let page = Page::of(rows, limit);
        let ids: Vec<Uuid> = page.items.iter().filter_map(|(_, id, _)| *id).collect();
        let found: Vec<ProofRow> = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq_any(ids))
            .select(ProofRow::as_select())
            .load(&mut *tx)
            .await?;
        tx.commit().await?;
        let mut records = HashMap::new();
        for row in found {
            let record = ProofRecord::try_from(row)?;
            records.insert(record.id, record);
        }
        let items = page
            .items
            .into_iter()
            .map(|(position, proof, refusal)| {
                let position = u32::try_from(position).map_err(|_| CORRUPT)?;
                let proof = proof.map(ProofId::from_uuid);
                let record = proof.and_then(|id| records.remove(&id));
                let answer = match (proof, refusal) {
                    (Some(id), None) => ItemAnswer::Proof(id),
                    (None, Some(problem)) => ItemAnswer::Refused(problem),
                    _ => return Err(CORRUPT),
                };
                Ok((BatchItem { position, answer }, record))
            })
            .collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            has_more: page.has_more,
        })
    }

    /// Gives up what of a batch is on its way, shreds its inputs and says so in the audit log, all in one transaction. Proofs that are
    /// settled stay as they are.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn cancel_batch(
        &self,
        tenant: TenantId,
        id: BatchId,
        now: DateTime<Utc>,
    ) -> Result<BatchCancellation, StoreError> {
        let now = micros(now);
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let this = batches::table
            .filter(batches::tenant_id.eq(tenant.as_uuid()))
            .filter(batches::id.eq(id.as_uuid()));
        let known: i64 = this.count().get_result(&mut *tx).await?;
        if known == 0 {
            tx.rollback().await?;
            return Ok(BatchCancellation::NotFound);
        }
        let open = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::batch_id.eq(id.as_uuid()))
            .filter(proofs::state.eq(ProofState::Accepted.as_str()));
        let given_up: Vec<(Uuid, String, String)> = diesel::update(open)
            .set((
                proofs::state.eq(ProofState::Cancelled.as_str()),
                proofs::settled_at.eq(now),
            ))
            .returning((proofs::id, proofs::statement, proofs::system))
            .get_results(&mut *tx)
            .await?;
        if given_up.is_empty() {
            tx.rollback().await?;
            return Ok(BatchCancellation::Finished);
        }
        diesel::update(this.filter(batches::cancelled_at.is_null()))
            .set(batches::cancelled_at.eq(now))
            .execute(&mut *tx)
            .await?;
        let ids: Vec<ProofId> = given_up
            .iter()
            .map(|(id, ..)| ProofId::from_uuid(*id))
            .collect();
        inputs::shred(&mut tx, tenant, &ids).await?;
        let events = given_up
            .iter()
            .map(|(id, statement, system)| {
                let (statement, system) = kind_and_system(statement, system)?;
                tx.count(Count::Settled(ProofState::Cancelled, statement, system));
                Ok(AuditEvent {
                    kind: AuditKind::ProofCancelled,
                    proof_id: ProofId::from_uuid(*id),
                    statement,
                    system,
                    code: None,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        audit::append_all(&mut tx, tenant, &events, now).await?;
        tx.commit().await?;
        Ok(BatchCancellation::Done)
    }

    /// Batches of all tenants that wait for their workflow, oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn unstarted_batches(
        &self,
        accepted_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UnstartedBatch>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let rows: Vec<UnstartedRow> = sql_query("SELECT * FROM zapiki_unstarted_batches($1, $2)")
            .bind::<Timestamptz, _>(accepted_before)
            .bind::<Int4, _>(i32::try_from(limit).unwrap_or(i32::MAX))
            .load(&mut connection)
            .await?;
        let unstarted = rows.into_iter().map(|row| UnstartedBatch {
            tenant_id: TenantId::from_uuid(row.tenant_id),
            id: BatchId::from_uuid(row.id),
        });
        Ok(unstarted.collect())
    }

    /// The items of a batch whose proofs are on their way, in their order, from the one after `after`; notes that its workflow runs.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn open_items(
        &self,
        tenant: TenantId,
        id: BatchId,
        after: Option<u32>,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<Vec<OpenItem>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let unstarted = batches::table
            .filter(batches::tenant_id.eq(tenant.as_uuid()))
            .filter(batches::id.eq(id.as_uuid()))
            .filter(batches::started_at.is_null());
        diesel::update(unstarted)
            .set(batches::started_at.eq(micros(now)))
            .execute(&mut *tx)
            .await?;
        let rows: Vec<(i32, Uuid, String)> = batch_items::table
            .inner_join(proofs::table.on(proofs::id.nullable().eq(batch_items::proof_id)))
            .filter(batch_items::tenant_id.eq(tenant.as_uuid()))
            .filter(batch_items::batch_id.eq(id.as_uuid()))
            .filter(batch_items::position.gt(position_after(after)?))
            .filter(proofs::state.eq(ProofState::Accepted.as_str()))
            .order(batch_items::position)
            .limit(i64::from(limit))
            .select((batch_items::position, proofs::id, proofs::system))
            .load(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.into_iter()
            .map(|(position, proof, system)| {
                Ok(OpenItem {
                    position: u32::try_from(position).map_err(|_| CORRUPT)?,
                    proof: ProofId::from_uuid(proof),
                    system: system.parse().map_err(|_| CORRUPT)?,
                })
            })
            .collect()
    }

    /// Those of these proofs that are on their way. Of a row only its names are read, so that one whose claim is damaged is
    /// handed to its own workflow as well, which says so.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn accepted_among(
        &self,
        tenant: TenantId,
        ids: &[ProofId],
    ) -> Result<Vec<AcceptedProof>, StoreError> {
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<(Uuid, String, String)> = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq_any(uuids))
            .filter(proofs::state.eq(ProofState::Accepted.as_str()))
            .order(proofs::id)
            .select((proofs::id, proofs::statement, proofs::system))
            .load(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.into_iter()
            .map(|(id, statement, system)| {
                let (statement, system) = kind_and_system(&statement, &system)?;
                Ok(AcceptedProof {
                    id: ProofId::from_uuid(id),
                    statement,
                    system,
                })
            })
            .collect()
    }

    /// Those of these proofs that are on their way, in order of their ids, with their private inputs (`None`: shredded); notes that they
    /// are being made.
    ///
    /// # Errors
    /// An input does not open, or the database did not answer.
    pub async fn open_proofs(
        &self,
        tenant: TenantId,
        ids: &[ProofId],
        now: DateTime<Utc>,
    ) -> Result<Vec<(ProofRecord, Option<Witness>)>, StoreError> {
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let open = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq_any(uuids))
            .filter(proofs::state.eq(ProofState::Accepted.as_str()));
        diesel::update(open.clone().filter(proofs::started_at.is_null()))
            .set(proofs::started_at.eq(micros(now)))
            .execute(&mut *tx)
            .await?;
        let rows: Vec<ProofRow> = open
            .order(proofs::id)
            .select(ProofRow::as_select())
            .load(&mut *tx)
            .await?;
        let mut sealed = inputs::load(&mut tx, tenant, ids).await?;
        tx.commit().await?;
        rows.into_iter()
            .map(|row| {
                let record = ProofRecord::try_from(row)?;
                let witness = sealed
                    .remove(&record.id)
                    .map(|sealed| self.open_witness(tenant, record.id, &sealed))
                    .transpose()?;
                Ok((record, witness))
            })
            .collect()
    }

    /// Stores how these proofs ended, shreds their inputs, counts those that were made and tells the audit log, all in one
    /// transaction. Idempotent: a proof that has its outcome keeps it, and nothing is written about it.
    ///
    /// # Errors
    /// The database did not do it. Then nothing was written.
    pub async fn conclude_proofs(
        &self,
        tenant: TenantId,
        conclusions: &[Conclusion],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let now = micros(now);
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let (mut events, mut made) = (Vec::new(), Vec::new());
        for conclusion in conclusions {
            let Conclusion {
                proof,
                statement,
                system,
                ref outcome,
            } = *conclusion;
            let (kind, code, settlement) = match outcome {
                Ok(envelope) => (
                    AuditKind::ProofCompleted,
                    None,
                    Settlement::Completed(envelope.clone()),
                ),
                Err(code) => (
                    AuditKind::ProofRejected,
                    Some(*code),
                    Settlement::Rejected(*code),
                ),
            };
            let settled = settle(&mut tx, tenant, proof, &settlement, now).await?;
            if !settled.is_some_and(|settled| settled.changed) {
                continue;
            }
            if code.is_none() {
                made.push((proof, statement, system));
            }
            events.push(AuditEvent {
                kind,
                proof_id: proof,
                statement,
                system,
                code,
            });
        }
        if !events.is_empty() {
            usage::record(&mut tx, tenant, &made, now).await?;
            audit::append_all(&mut tx, tenant, &events, now).await?;
        }
        tx.commit().await
    }
}

#[derive(QueryableByName)]
struct UnstartedRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The position that all wanted ones are greater than.
fn position_after(after: Option<u32>) -> Result<i32, StoreError> {
    after.map_or(Ok(-1), |after| i32::try_from(after).map_err(|_| CORRUPT))
}

/// What the table of batches knows of one.
type BatchRow = (Uuid, DateTime<Utc>, Option<DateTime<Utc>>);

async fn record(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: BatchId,
) -> Result<Option<BatchRecord>, StoreError> {
    let batch: Option<BatchRow> = batches::table
        .filter(batches::tenant_id.eq(tenant.as_uuid()))
        .filter(batches::id.eq(id.as_uuid()))
        .select((batches::id, batches::accepted_at, batches::cancelled_at))
        .first(&mut **tx)
        .await
        .optional()?;
    let mut records = counted(tx, tenant, batch.into_iter().collect()).await?;
    Ok(records.pop())
}

/// These batches, with how many of their items stand where.
async fn counted(
    tx: &mut TenantTx,
    tenant: TenantId,
    rows: Vec<BatchRow>,
) -> Result<Vec<BatchRecord>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|(id, ..)| *id).collect();
    // A refusal has no proof; neither has an item whose proof was deleted.
    let counts: Vec<CountRow> = sql_query(
        "SELECT i.batch_id, i.refusal IS NOT NULL AS is_refused, p.state, count(*) AS items, \
         max(p.settled_at) AS settled_at \
         FROM batch_items i LEFT JOIN proofs p ON p.id = i.proof_id \
         WHERE i.tenant_id = $1 AND i.batch_id = ANY($2) GROUP BY 1, 2, 3",
    )
    .bind::<SqlUuid, _>(tenant.as_uuid())
    .bind::<Array<SqlUuid>, _>(ids)
    .load(&mut **tx)
    .await?;
    let mut by_batch: HashMap<Uuid, Vec<CountRow>> = HashMap::new();
    for count in counts {
        by_batch.entry(count.batch_id).or_default().push(count);
    }
    rows.into_iter()
        .map(|row| {
            let counts = by_batch.remove(&row.0).unwrap_or_default();
            record_of(row, &counts)
        })
        .collect()
}

fn record_of(
    (id, accepted_at, cancelled_at): BatchRow,
    counts: &[CountRow],
) -> Result<BatchRecord, StoreError> {
    let mut record = BatchRecord {
        id: BatchId::from_uuid(id),
        accepted_at,
        cancelled_at,
        finished_at: None,
        refused: 0,
        deleted: 0,
        proofs: HashMap::new(),
    };
    for row in counts {
        let items = u32::try_from(row.items).map_err(|_| CORRUPT)?;
        match (&row.state, row.is_refused) {
            (Some(state), _) => {
                let state: ProofState = state.parse().map_err(|_| CORRUPT)?;
                record.proofs.insert(state, items);
            }
            (None, true) => record.refused = items,
            (None, false) => record.deleted = items,
        }
    }
    if record.count(ProofState::Accepted) == 0 {
        let last = counts.iter().filter_map(|row| row.settled_at).max();
        record.finished_at = Some(last.unwrap_or(accepted_at));
    }
    Ok(record)
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = SqlUuid)]
    batch_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    is_refused: bool,
    #[diesel(sql_type = Nullable<diesel::sql_types::Text>)]
    state: Option<String>,
    #[diesel(sql_type = BigInt)]
    items: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    settled_at: Option<DateTime<Utc>>,
}
