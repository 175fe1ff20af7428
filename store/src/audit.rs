//! The audit log's rows; the chain itself is [`zapiki_core::audit`].

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use zapiki_core::audit::{AuditEntry, AuditEvent, AuditHash, entry_hash};
use zapiki_core::ids::{ProofId, TenantId};

use crate::error::StoreError;
use crate::schema::{audit_entries, audit_heads};
use crate::tenant_tx::TenantTx;
use crate::{Store, micros};

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
struct EntryRow {
    sequence: i64,
    recorded_at: DateTime<Utc>,
    kind: String,
    proof_id: Uuid,
    statement: String,
    system: String,
    code: Option<String>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl TryFrom<EntryRow> for AuditEntry {
    type Error = StoreError;
    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: sequence(row.sequence)?,
            recorded_at: row.recorded_at,
            event: AuditEvent {
                kind: row.kind.parse().map_err(|_| CORRUPT)?,
                proof_id: ProofId::from_uuid(row.proof_id),
                statement: row.statement.parse().map_err(|_| CORRUPT)?,
                system: row.system.parse().map_err(|_| CORRUPT)?,
                code: row
                    .code
                    .map(|code| code.parse())
                    .transpose()
                    .map_err(|_| CORRUPT)?,
            },
            previous_hash: link(&row.previous_hash)?,
            hash: link(&row.hash)?,
        })
    }
}

const CORRUPT: StoreError = StoreError::Corrupt("an audit entry");

fn sequence(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| CORRUPT)
}

fn link(bytes: &[u8]) -> Result<AuditHash, StoreError> {
    bytes.try_into().map(AuditHash).map_err(|_| CORRUPT)
}

impl Store {
    /// Adds an entry to the tenant's chain. Idempotent: an event of this kind about this proof is told once, and told
    /// again returns what was written the first time.
    ///
    /// The tenant's head is locked for the moment, so that two writers never fork the chain.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn append_audit(
        &self,
        tenant: TenantId,
        event: &AuditEvent,
        now: DateTime<Utc>,
    ) -> Result<AuditEntry, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let entry = append(&mut tx, tenant, event, micros(now)).await?;
        tx.commit().await?;
        Ok(entry)
    }

    /// The entries after a sequence number, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn audit_entries(
        &self,
        tenant: TenantId,
        after_sequence: u64,
        limit: u32,
    ) -> Result<crate::Page<AuditEntry>, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let rows: Vec<EntryRow> = audit_entries::table
            .filter(audit_entries::tenant_id.eq(tenant.as_uuid()))
            .filter(audit_entries::sequence.gt(i64::try_from(after_sequence).unwrap_or(i64::MAX)))
            .order(audit_entries::sequence)
            .limit(i64::from(limit) + 1)
            .select(EntryRow::as_select())
            .load(&mut *tx)
            .await?;
        tx.commit().await?;
        let items = rows
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, _>>()?;
        Ok(crate::Page::of(items, limit))
    }
}

/// Adds an entry in a transaction that may do more; an event that was told before is returned as it was told.
pub(crate) async fn append(
    tx: &mut TenantTx,
    tenant: TenantId,
    event: &AuditEvent,
    recorded_at: DateTime<Utc>,
) -> Result<AuditEntry, StoreError> {
    let entries = append_all(tx, tenant, std::slice::from_ref(event), recorded_at).await?;
    entries.into_iter().next().ok_or(CORRUPT)
}

/// Adds an entry for each event, in their order, as [`append`] does.
pub(crate) async fn append_all(
    tx: &mut TenantTx,
    tenant: TenantId,
    events: &[AuditEvent],
    recorded_at: DateTime<Utc>,
) -> Result<Vec<AuditEntry>, StoreError> {
    let (mut last, previous): (i64, Vec<u8>) = audit_heads::table
        .filter(audit_heads::tenant_id.eq(tenant.as_uuid()))
        .select((audit_heads::sequence, audit_heads::hash))
        .for_update()
        .first(&mut **tx)
        .await?;
    let proofs: Vec<Uuid> = events
        .iter()
        .map(|event| event.proof_id.as_uuid())
        .collect();
    let told: Vec<EntryRow> = audit_entries::table
        .filter(audit_entries::tenant_id.eq(tenant.as_uuid()))
        .filter(audit_entries::proof_id.eq_any(proofs))
        .select(EntryRow::as_select())
        .load(&mut **tx)
        .await?;
    let told: Vec<AuditEntry> = told
        .into_iter()
        .map(TryInto::try_into)
        .collect::<Result<_, _>>()?;

    let mut previous_hash = link(&previous)?;
    let mut entries: Vec<AuditEntry> = Vec::with_capacity(events.len());
    let mut rows = Vec::new();
    for event in events {
        let same = |entry: &&AuditEntry| {
            entry.event.proof_id == event.proof_id && entry.event.kind == event.kind
        };
        if let Some(entry) = told.iter().chain(&entries).find(same) {
            let entry = entry.clone();
            entries.push(entry);
            continue;
        }
        last += 1;
        let hash = entry_hash(tenant, sequence(last)?, recorded_at, event, previous_hash);
        rows.push((
            audit_entries::tenant_id.eq(tenant.as_uuid()),
            audit_entries::sequence.eq(last),
            audit_entries::recorded_at.eq(recorded_at),
            audit_entries::kind.eq(event.kind.as_str()),
            audit_entries::proof_id.eq(event.proof_id.as_uuid()),
            audit_entries::statement.eq(event.statement.as_str()),
            audit_entries::system.eq(event.system.as_str()),
            audit_entries::code.eq(event.code.map(|code| code.as_str())),
            audit_entries::previous_hash.eq(previous_hash.0.to_vec()),
            audit_entries::hash.eq(hash.0.to_vec()),
        ));
        entries.push(AuditEntry {
            sequence: sequence(last)?,
            recorded_at,
            event: event.clone(),
            previous_hash,
            hash,
        });
        previous_hash = hash;
    }
    if rows.is_empty() {
        return Ok(entries);
    }
    diesel::insert_into(audit_entries::table)
        .values(rows)
        .execute(&mut **tx)
        .await?;
    diesel::update(audit_heads::table.filter(audit_heads::tenant_id.eq(tenant.as_uuid())))
        .set((
            audit_heads::sequence.eq(last),
            audit_heads::hash.eq(previous_hash.0.as_slice()),
        ))
        .execute(&mut **tx)
        .await?;
    Ok(entries)
}
