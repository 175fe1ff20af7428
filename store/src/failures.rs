//! Dead letters: proofs that could not be made, why, and what was decided about them.
//!
//! A letter is open until its proof is redriven or discarded, or the letter expires. Until then the private input stays,
//! sealed: it is what would be tried again. A proof that is redriven keeps its id, so its usage and audit stay unique; should
//! it fail again, it gets a letter of the next round.
//!
//! Each decision is one transaction and taken once: whoever comes second is told what was decided.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use zapiki_core::audit::{AuditEvent, AuditKind};
use zapiki_core::circuit::{CircuitId, CircuitPin};
use zapiki_core::failure::FailureKind;
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;

use crate::counts::Count;
use crate::error::StoreError;
use crate::inputs;
use crate::proofs::{ProofRecord, Settlement, kind_and_system, load, settle};
use crate::schema::{dead_letters, proofs};
use crate::tenant_tx::TenantTx;
use crate::{Page, Store, audit, micros};

/// Why a proof could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeadLetter {
    /// How the last try failed.
    pub failure: FailureKind,
    /// How often it was tried, if that is known.
    pub attempts: Option<u32>,
    /// The last failure and those behind it, newest first.
    pub chain: Vec<FailureKind>,
    /// When the letter expires and the private input is shredded.
    pub expires_at: DateTime<Utc>,
}

/// What was decided about a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// It was tried again.
    Redriven,
    /// It was given up, and its private input shredded.
    Discarded,
    /// Nobody decided in time; its private input is shredded.
    Expired,
}

zapiki_core::named_variants!(Resolution, UnknownResolution, "resolution", {
    Redriven => "redriven",
    Discarded => "discarded",
    Expired => "expired",
});

/// A dead letter as the database has it. Nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterRecord {
    /// Of which proof.
    pub proof_id: ProofId,
    /// The how-manieth of this proof, from 1.
    pub round: u32,
    /// What was to be shown.
    pub statement: StatementKind,
    /// How.
    pub system: ProofSystem,
    /// With which circuit.
    pub circuit: CircuitId,
    /// Why it could not be made, when it expires.
    pub letter: NewDeadLetter,
    /// When it failed.
    pub failed_at: DateTime<Utc>,
    /// What was decided, and when.
    pub resolution: Option<(Resolution, DateTime<Utc>)>,
}

/// Which dead letters. Fields that are `None` admit all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailureFilter {
    /// Whether it waits for a decision.
    pub is_open: Option<bool>,
    /// Of this statement.
    pub statement: Option<StatementKind>,
    /// In this system.
    pub system: Option<ProofSystem>,
    /// With this circuit.
    pub circuit: Option<CircuitId>,
    /// That failed like this.
    pub failure: Option<FailureKind>,
}

/// What came of a decision about a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It is done; the proof is this now.
    Done(Box<ProofRecord>),
    /// There is no such proof, or it never failed.
    NotFound,
    /// Nothing waits for a decision: the proof has this state.
    NotOpen(ProofState),
}

/// What came of dead-lettering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLettering {
    /// The letter is written.
    Written,
    /// The try had its letter before, which says this, and the proof was redriven since: it is on its way, and stays so.
    Redriven(FailureKind),
    /// The proof has its outcome, or there is none.
    Settled,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = dead_letters)]
struct Row {
    proof_id: Uuid,
    round: i32,
    statement: String,
    system: String,
    circuit: String,
    failure: String,
    attempts: Option<i32>,
    chain: Value,
    failed_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    resolution: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
}

const CORRUPT: StoreError = StoreError::Corrupt("a dead letter");

impl TryFrom<Row> for DeadLetterRecord {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let resolution = row
            .resolution
            .map(|name| name.parse())
            .transpose()
            .map_err(|_| CORRUPT)?;
        let Ok(CircuitPin::Exact(circuit)) = row.circuit.parse() else {
            return Err(CORRUPT);
        };
        let attempts = row.attempts.map(u32::try_from).transpose();
        Ok(Self {
            proof_id: ProofId::from_uuid(row.proof_id),
            round: u32::try_from(row.round).map_err(|_| CORRUPT)?,
            statement: row.statement.parse().map_err(|_| CORRUPT)?,
            system: row.system.parse().map_err(|_| CORRUPT)?,
            circuit,
            letter: NewDeadLetter {
                failure: row.failure.parse().map_err(|_| CORRUPT)?,
                attempts: attempts.map_err(|_| CORRUPT)?,
                chain: serde_json::from_value(row.chain).map_err(|_| CORRUPT)?,
                expires_at: row.expires_at,
            },
            failed_at: row.failed_at,
            resolution: resolution.zip(row.resolved_at),
        })
    }
}

impl Store {
    /// The newest dead letter of each of the tenant's proofs that has one, newest proof first, from the one after `after`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn failures(
        &self,
        tenant: TenantId,
        filter: &FailureFilter,
        after: Option<ProofId>,
        limit: u32,
    ) -> Result<Page<DeadLetterRecord>, StoreError> {
        let newer = diesel::alias!(dead_letters as newer);
        let later_round = newer
            .filter(
                newer
                    .field(dead_letters::proof_id)
                    .eq(dead_letters::proof_id),
            )
            .filter(newer.field(dead_letters::round).gt(dead_letters::round));
        let mut query = dead_letters::table
            .filter(dead_letters::tenant_id.eq(tenant.as_uuid()))
            .filter(not(exists(later_round)))
            .order(dead_letters::proof_id.desc())
            .limit(i64::from(limit) + 1)
            .select(Row::as_select())
            .into_boxed();
        if let Some(is_open) = filter.is_open {
            query = if is_open {
                query.filter(dead_letters::resolution.is_null())
            } else {
                query.filter(dead_letters::resolution.is_not_null())
            };
        }
        if let Some(statement) = filter.statement {
            query = query.filter(dead_letters::statement.eq(statement.as_str()));
        }
        if let Some(system) = filter.system {
            query = query.filter(dead_letters::system.eq(system.as_str()));
        }
        if let Some(circuit) = filter.circuit {
            query = query.filter(dead_letters::circuit.eq(circuit.to_string()));
        }
        if let Some(failure) = filter.failure {
            query = query.filter(dead_letters::failure.eq(failure.as_str()));
        }
        if let Some(after) = after {
            query = query.filter(dead_letters::proof_id.lt(after.as_uuid()));
        }
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<Row> = query.load(&mut *tx).await?;
        tx.commit().await?;
        let items = rows
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, _>>()?;
        Ok(Page::of(items, limit))
    }

    /// All dead letters of a proof, newest first; none if it never failed, or is not the tenant's.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn failures_of(
        &self,
        tenant: TenantId,
        proof: ProofId,
    ) -> Result<Vec<DeadLetterRecord>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<Row> = dead_letters::table
            .filter(dead_letters::tenant_id.eq(tenant.as_uuid()))
            .filter(dead_letters::proof_id.eq(proof.as_uuid()))
            .order(dead_letters::round.desc())
            .select(Row::as_select())
            .load(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Dead-letters a proof whose tries are spent, once per try: `rounds` is how many letters it had when the try began. A worker that
    /// died after it had written the letter comes with it again, and the proof may have been redriven in between.
    ///
    /// Without the number a proof that failed before and was not begun since is one that was redriven.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn dead_letter(
        &self,
        tenant: TenantId,
        proof: ProofId,
        letter: &NewDeadLetter,
        rounds: Option<u32>,
        now: DateTime<Utc>,
    ) -> Result<DeadLettering, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        // Held from here on: nobody redrives between the look and the letter.
        let started: Option<Option<DateTime<Utc>>> = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq(proof.as_uuid()))
            .filter(proofs::state.eq(ProofState::Accepted.as_str()))
            .select(proofs::started_at)
            .for_update()
            .first(&mut *tx)
            .await
            .optional()?;
        let Some(started) = started else {
            tx.rollback().await?;
            return Ok(DeadLettering::Settled);
        };
        let letters: Vec<(i32, String)> = dead_letters::table
            .filter(dead_letters::tenant_id.eq(tenant.as_uuid()))
            .filter(dead_letters::proof_id.eq(proof.as_uuid()))
            .order(dead_letters::round.desc())
            .select((dead_letters::round, dead_letters::failure))
            .load(&mut *tx)
            .await?;
        let is_of_this_try = |round: i32| match rounds {
            Some(rounds) => u32::try_from(round).ok() == rounds.checked_add(1),
            None => started.is_none(),
        };
        let of_this_try = letters.iter().find(|(round, _)| is_of_this_try(*round));
        if let Some((_, failure)) = of_this_try {
            let failure = failure.parse().map_err(|_| CORRUPT)?;
            tx.rollback().await?;
            return Ok(DeadLettering::Redriven(failure));
        }
        let settlement = Settlement::DeadLettered(letter.clone());
        settle(&mut tx, tenant, proof, &settlement, micros(now)).await?;
        tx.commit().await?;
        Ok(DeadLettering::Written)
    }

    /// Has a dead-lettered proof tried again, by another circuit if one is named. The proof is accepted anew; whoever calls
    /// tells its workflow, and the relay does if nobody can.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn redrive(
        &self,
        tenant: TenantId,
        proof: ProofId,
        circuit: Option<CircuitId>,
        now: DateTime<Utc>,
    ) -> Result<Decided, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        if let Some(refusal) = resolve(&mut tx, tenant, proof, Resolution::Redriven, now).await? {
            tx.rollback().await?;
            return Ok(refusal);
        }
        let this = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq(proof.as_uuid()));
        diesel::update(this)
            .set((
                proofs::state.eq(ProofState::Accepted.as_str()),
                proofs::code.eq(None::<String>),
                proofs::reason.eq(None::<String>),
                proofs::settled_at.eq(None::<DateTime<Utc>>),
                proofs::started_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(&mut *tx)
            .await?;
        if let Some(circuit) = circuit {
            diesel::update(this)
                .set(proofs::circuit.eq(circuit.to_string()))
                .execute(&mut *tx)
                .await?;
        }
        finish(tx, tenant, proof).await
    }

    /// Gives a dead-lettered proof up: its private input is shredded, and the audit log says so.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn discard(
        &self,
        tenant: TenantId,
        proof: ProofId,
        now: DateTime<Utc>,
    ) -> Result<Decided, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        if let Some(refusal) = resolve(&mut tx, tenant, proof, Resolution::Discarded, now).await? {
            tx.rollback().await?;
            return Ok(refusal);
        }
        let this = proofs::table
            .filter(proofs::tenant_id.eq(tenant.as_uuid()))
            .filter(proofs::id.eq(proof.as_uuid()));
        let (statement, system): (String, String) = diesel::update(this)
            .set((
                proofs::state.eq(ProofState::Cancelled.as_str()),
                proofs::code.eq(None::<String>),
                proofs::reason.eq(None::<String>),
                proofs::settled_at.eq(micros(now)),
            ))
            .returning((proofs::statement, proofs::system))
            .get_result(&mut *tx)
            .await?;
        inputs::shred(&mut tx, tenant, &[proof]).await?;
        let (statement, system) = kind_and_system(&statement, &system)?;
        let event = AuditEvent {
            kind: AuditKind::ProofCancelled,
            proof_id: proof,
            statement,
            system,
            code: None,
        };
        audit::append(&mut tx, tenant, &event, micros(now)).await?;
        finish(tx, tenant, proof).await
    }

    /// Closes a dead letter that nobody decided about, and shreds the private input. The proof stays dead-lettered.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn expire_failure(
        &self,
        tenant: TenantId,
        proof: ProofId,
        now: DateTime<Utc>,
    ) -> Result<Decided, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        if let Some(refusal) = resolve(&mut tx, tenant, proof, Resolution::Expired, now).await? {
            tx.rollback().await?;
            return Ok(refusal);
        }
        inputs::shred(&mut tx, tenant, &[proof]).await?;
        finish(tx, tenant, proof).await
    }
}

/// How many letters a proof has.
pub(crate) async fn rounds(
    tx: &mut TenantTx,
    tenant: TenantId,
    proof: ProofId,
) -> Result<u32, StoreError> {
    let rounds: i64 = dead_letters::table
        .filter(dead_letters::tenant_id.eq(tenant.as_uuid()))
        .filter(dead_letters::proof_id.eq(proof.as_uuid()))
        .count()
        .get_result(&mut **tx)
        .await?;
    u32::try_from(rounds).map_err(|_| CORRUPT)
}

/// Writes the letter of a proof that is dead-lettered in the same transaction.
pub(crate) async fn write(
    tx: &mut TenantTx,
    tenant: TenantId,
    proof: ProofId,
    letter: &NewDeadLetter,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (statement, system, circuit): (String, String, String) = proofs::table
        .filter(proofs::tenant_id.eq(tenant.as_uuid()))
        .filter(proofs::id.eq(proof.as_uuid()))
        .select((proofs::statement, proofs::system, proofs::circuit))
        .first(&mut **tx)
        .await?;
    let rounds = rounds(tx, tenant, proof).await?;
    let attempts = letter.attempts.map(i32::try_from).transpose();
    diesel::insert_into(dead_letters::table)
        .values((
            dead_letters::proof_id.eq(proof.as_uuid()),
            dead_letters::tenant_id.eq(tenant.as_uuid()),
            dead_letters::round.eq(i32::try_from(rounds + 1).map_err(|_| CORRUPT)?),
            dead_letters::statement.eq(statement),
            dead_letters::system.eq(system),
            dead_letters::circuit.eq(circuit),
            dead_letters::failure.eq(letter.failure.as_str()),
            dead_letters::attempts.eq(attempts.map_err(|_| CORRUPT)?),
            dead_letters::chain.eq(serde_json::to_value(&letter.chain).map_err(|_| CORRUPT)?),
            dead_letters::failed_at.eq(now),
            dead_letters::expires_at.eq(micros(letter.expires_at)),
        ))
        .execute(&mut **tx)
        .await?;
    tx.count(Count::DeadLetter(letter.failure));
    Ok(())
}

/// Closes the open letter of a dead-lettered proof; if there is none, says why not. Holds the proof's row from here on, so that
/// two who decide at once take turns.
async fn resolve(
    tx: &mut TenantTx,
    tenant: TenantId,
    proof: ProofId,
    resolution: Resolution,
    now: DateTime<Utc>,
) -> Result<Option<Decided>, StoreError> {
    let state: Option<String> = proofs::table
        .filter(proofs::tenant_id.eq(tenant.as_uuid()))
        .filter(proofs::id.eq(proof.as_uuid()))
        .select(proofs::state)
        .for_update()
        .first(&mut **tx)
        .await
        .optional()?;
    let Some(state) = state else {
        return Ok(Some(Decided::NotFound));
    };
    let state: ProofState = state.parse().map_err(|_| CORRUPT)?;
    let letters = dead_letters::table
        .filter(dead_letters::tenant_id.eq(tenant.as_uuid()))
        .filter(dead_letters::proof_id.eq(proof.as_uuid()));
    let closed = diesel::update(letters.filter(dead_letters::resolution.is_null()))
        .set((
            dead_letters::resolution.eq(resolution.as_str()),
            dead_letters::resolved_at.eq(micros(now)),
        ))
        .execute(&mut **tx)
        .await?;
    if closed == 1 {
        tx.count(Count::Resolved(resolution));
        return Ok(None);
    }
    let failed_once: i64 = letters.count().get_result(&mut **tx).await?;
    Ok(Some(if failed_once == 0 {
        Decided::NotFound
    } else {
        Decided::NotOpen(state)
    }))
}

async fn finish(mut tx: TenantTx, tenant: TenantId, proof: ProofId) -> Result<Decided, StoreError> {
    let record = load(&mut tx, tenant, proof.as_uuid()).await?;
    tx.commit().await?;
    Ok(record.map_or(Decided::NotFound, |record| Decided::Done(Box::new(record))))
}
