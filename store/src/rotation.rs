//! Rotation of key-encryption keys: data keys are wrapped anew, under the key that seals now. What they encrypt stays as it is.
//!
//! Services go on meanwhile. A row that is gone between two statements, since its proof was settled say, needs nothing.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bytea, Int4, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use zapiki_core::ids::{ProofId, TenantId};

use crate::error::StoreError;
use crate::sealed::{Place, Sealed, rewrap};
use crate::tenant_tx::TenantTx;
use crate::{Store, connection};

/// How much a key has sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's version.
    pub kek_version: u32,
    /// How many private inputs stand under it.
    pub inputs: u64,
    /// How many secrets of webhooks do.
    pub webhook_secrets: u64,
}

impl KeyUse {
    /// How much of whatever kind.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.inputs + self.webhook_secrets
    }
}

/// A kind of row with something sealed.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Input,
    WebhookSecret,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Input, Self::WebhookSecret];

    const fn by_key(self) -> &'static str {
        match self {
            Self::Input => "SELECT kek_version, inputs AS count FROM zapiki_sealed_inputs_by_key()",
            Self::WebhookSecret => {
                "SELECT kek_version, secrets AS count FROM zapiki_webhook_secrets_by_key()"
            }
        }
    }

    const fn under_others(self) -> &'static str {
        match self {
            Self::Input => {
                "SELECT tenant_id, proof_id AS id FROM zapiki_sealed_inputs_under_others($1, $2)"
            }
            Self::WebhookSecret => {
                "SELECT tenant_id, id FROM zapiki_webhook_secrets_under_others($1, $2)"
            }
        }
    }

    const fn read(self) -> &'static str {
        match self {
            Self::Input => {
                "SELECT kek_version, wrapped_key FROM sealed_inputs \
                 WHERE tenant_id = $1 AND proof_id = $2 FOR UPDATE"
            }
            Self::WebhookSecret => {
                "SELECT kek_version, wrapped_key FROM webhook_secrets \
                 WHERE tenant_id = $1 AND id = $2 FOR UPDATE"
            }
        }
    }

    const fn write(self) -> &'static str {
        match self {
            Self::Input => {
                "UPDATE sealed_inputs SET kek_version = $3, wrapped_key = $4 \
                 WHERE tenant_id = $1 AND proof_id = $2"
            }
            Self::WebhookSecret => {
                "UPDATE webhook_secrets SET kek_version = $3, wrapped_key = $4 \
                 WHERE tenant_id = $1 AND id = $2"
            }
        }
    }

    const fn place(self, tenant: TenantId, id: Uuid) -> Place {
        match self {
            Self::Input => Place::of_input(tenant, ProofId::from_uuid(id)),
            Self::WebhookSecret => Place::of_webhook_secret(tenant, id),
        }
    }
}

#[derive(QueryableByName)]
struct UseRow {
    #[diesel(sql_type = Int4)]
    kek_version: i32,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Int4)]
    kek_version: i32,
    #[diesel(sql_type = Bytea)]
    wrapped_key: Vec<u8>,
}

const CORRUPT: StoreError = StoreError::Corrupt("something sealed");

impl Store {
    /// Which keys have sealed what is there, oldest key first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn keys_in_use(&self) -> Result<Vec<KeyUse>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let mut in_use: BTreeMap<u32, KeyUse> = BTreeMap::new();
        for kind in Kind::ALL {
            let rows: Vec<UseRow> = sql_query(kind.by_key()).load(&mut connection).await?;
            for row in rows {
                let kek_version = u32::try_from(row.kek_version).map_err(|_| CORRUPT)?;
                let used = in_use.entry(kek_version).or_insert(KeyUse {
                    kek_version,
                    inputs: 0,
                    webhook_secrets: 0,
                });
                let count = u64::try_from(row.count).map_err(|_| CORRUPT)?;
                match kind {
                    Kind::Input => used.inputs = count,
                    Kind::WebhookSecret => used.webhook_secrets = count,
                }
            }
        }
        Ok(in_use.into_values().collect())
    }

    /// Wraps the data keys of at most `count_max` rows of each kind anew that stand under other keys than the one that seals now, and
    /// says how many it wrapped; 0 once none is left. Idempotent.
    ///
    /// # Errors
    /// One of them does not open under the keys that are known, or the database did not do it. What was wrapped before stays.
    pub async fn rewrap(&self, count_max: u32) -> Result<u64, StoreError> {
        let current = i32::try_from(self.keys.current()).map_err(|_| CORRUPT)?;
        let mut wrapped = 0;
        for kind in Kind::ALL {
            let rows: Vec<PlaceRow> = {
                let mut connection = connection(&self.pool).await?;
                sql_query(kind.under_others())
                    .bind::<Int4, _>(current)
                    .bind::<Int4, _>(i32::try_from(count_max).unwrap_or(i32::MAX))
                    .load(&mut connection)
                    .await?
            };
            for row in rows {
                let tenant = TenantId::from_uuid(row.tenant_id);
                wrapped += u64::from(self.rewrap_one(kind, tenant, row.id).await?);
            }
        }
        Ok(wrapped)
    }

    async fn rewrap_one(&self, kind: Kind, tenant: TenantId, id: Uuid) -> Result<bool, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let row: Option<KeyRow> = sql_query(kind.read())
            .bind::<SqlUuid, _>(tenant.as_uuid())
            .bind::<SqlUuid, _>(id)
            .get_result(&mut *tx)
            .await
            .optional()?;
        // Gone meanwhile.
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(false);
        };
        let sealed = Sealed::of_row(row.kek_version, row.wrapped_key, Vec::new());
        let sealed = sealed.ok_or(CORRUPT)?;
        let place = kind.place(tenant, id);
        let wrapped = rewrap(&self.keys, &mut rand::rngs::OsRng, place, &sealed).map_err(|_| {
            StoreError::Corrupt("a data key does not open under the keys of this service")
        })?;
        sql_query(kind.write())
            .bind::<SqlUuid, _>(tenant.as_uuid())
            .bind::<SqlUuid, _>(id)
            .bind::<Int4, _>(i32::try_from(wrapped.kek_version).map_err(|_| CORRUPT)?)
            .bind::<Bytea, _>(wrapped.wrapped_key)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}
