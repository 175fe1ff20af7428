//! Usage: one event per completed proof, ever. What is billed.

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;

use crate::error::StoreError;
use crate::schema::usage_events::dsl;
use crate::tenant_tx::TenantTx;
use crate::{Store, micros};

/// Whether an event is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is.
    First,
    /// It was recorded before; nothing changed.
    Repeated,
}

/// How many proofs of one kind there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine {
    /// The statement.
    pub statement: StatementKind,
    /// The proof system.
    pub system: ProofSystem,
    /// How many.
    pub proofs: u64,
}

impl Store {
    /// Counts a proof. Idempotent: the proof's id is the key.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn record_usage(
        &self,
        tenant: TenantId,
        proof: ProofId,
        statement: StatementKind,
        system: ProofSystem,
        now: DateTime<Utc>,
    ) -> Result<Recorded, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let added = record(&mut tx, tenant, &[(proof, statement, system)], micros(now)).await?;
        tx.commit().await?;
        Ok(if added == 1 {
            Recorded::First
        } else {
            Recorded::Repeated
        })
    }

    /// The proofs that were completed from `from` on and before `to`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn usage(
        &self,
        tenant: TenantId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<UsageLine>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<(String, String, i64)> = dsl::usage_events
            .filter(dsl::tenant_id.eq(tenant.as_uuid()))
            .filter(dsl::occurred_at.ge(from))
            .filter(dsl::occurred_at.lt(to))
            .group_by((dsl::statement, dsl::system))
            .order((dsl::statement, dsl::system))
            .select((dsl::statement, dsl::system, count_star()))
            .load(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.into_iter()
            .map(|(statement, system, proofs)| {
                Ok(UsageLine {
                    statement: statement
                        .parse()
                        .map_err(|_| StoreError::Corrupt("the statement of a usage event"))?,
                    system: system
                        .parse()
                        .map_err(|_| StoreError::Corrupt("the system of a usage event"))?,
                    proofs: u64::try_from(proofs).unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// Counts proofs, and says how many of them are new.
pub(crate) async fn record(
    tx: &mut TenantTx,
    tenant: TenantId,
    proofs: &[(ProofId, StatementKind, ProofSystem)],
    occurred_at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let rows: Vec<_> = proofs
        .iter()
        .map(|(proof, statement, system)| {
            (
                dsl::proof_id.eq(proof.as_uuid()),
                dsl::tenant_id.eq(tenant.as_uuid()),
                dsl::statement.eq(statement.as_str()),
                dsl::system.eq(system.as_str()),
                dsl::occurred_at.eq(occurred_at),
            )
        })
        .collect();
    Ok(diesel::insert_into(dsl::usage_events)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(&mut **tx)
        .await?)
}
