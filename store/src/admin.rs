//! What operators do: tenants and their keys. Needs the operator's role; no service has it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use diesel_async::RunQueryDsl;
use diesel_async::pooled_connection::deadpool::Pool;
use rand::rngs::OsRng;
use secrecy::SecretString;
use uuid::Uuid;
use zapiki_core::ids::{ApiKeyId, TenantId};
use zapiki_core::plan::Plan;

use crate::api_keys::{ApiKey, Tenant, tenant};
use crate::error::StoreError;
use crate::schema::{api_keys, audit_heads, tenants};
use crate::tenant_tx::TenantTx;
use crate::{connection, micros, pool};

/// The database, as operators use it.
pub struct Admin {
    pool: Pool<AsyncPgConnection>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Admin")
    }
}

#[derive(QueryableByName)]
struct TenantRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    plan: String,
}

impl Admin {
    /// Prepares to connect with the operator's URL.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn connect(admin_url: &SecretString) -> Result<Self, StoreError> {
        Ok(Self {
            pool: pool(admin_url, 2)?,
        })
    }

    /// Makes a tenant. Names are unique.
    ///
    /// # Errors
    /// The name is taken, or the database did not answer.
    pub async fn create_tenant(
        &self,
        name: &str,
        plan: Plan,
        now: DateTime<Utc>,
    ) -> Result<Tenant, StoreError> {
        let id = TenantId::from_uuid(Uuid::now_v7());
        let mut tx = TenantTx::begin(&self.pool, id).await?;
        diesel::insert_into(tenants::table)
            .values((
                tenants::id.eq(id.as_uuid()),
                tenants::name.eq(name),
                tenants::plan.eq(plan.as_str()),
                tenants::created_at.eq(micros(now)),
            ))
            .execute(&mut *tx)
            .await?;
        diesel::insert_into(audit_heads::table)
            .values((
                audit_heads::tenant_id.eq(id.as_uuid()),
                audit_heads::sequence.eq(0),
                audit_heads::hash.eq(zapiki_core::audit::CHAIN_START.0.as_slice()),
            ))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Tenant {
            id,
            name: name.to_owned(),
            plan,
        })
    }

    /// The tenant of this name.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn tenant_by_name(&self, name: &str) -> Result<Option<Tenant>, StoreError> {
        let mut connection = connection(&self.pool).await?;
        let row: Option<TenantRow> = sql_query("SELECT * FROM zapiki_tenant_by_name($1)")
            .bind::<Text, _>(name)
            .get_result(&mut connection)
            .await
            .optional()?;
        row.map(|row| tenant(row.id, row.name, &row.plan))
            .transpose()
    }

    /// Makes an API key. What is returned is the only copy.
    ///
    /// # Errors
    /// There is no such tenant, or the database did not answer.
    pub async fn create_api_key(
        &self,
        tenant: TenantId,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<(ApiKeyId, ApiKey), StoreError> {
        let id = ApiKeyId::from_uuid(Uuid::now_v7());
        let key = ApiKey::generate(&mut OsRng);
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        diesel::insert_into(api_keys::table)
            .values((
                api_keys::id.eq(id.as_uuid()),
                api_keys::tenant_id.eq(tenant.as_uuid()),
                api_keys::name.eq(name),
                api_keys::digest.eq(key.digest().as_slice()),
                api_keys::created_at.eq(micros(now)),
            ))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok((id, key))
    }

    /// Takes a key back; says whether it was good until now.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn revoke_api_key(
        &self,
        tenant: TenantId,
        id: ApiKeyId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut tx = TenantTx::begin(&self.pool, tenant).await?;
        let good = api_keys::table
            .filter(api_keys::id.eq(id.as_uuid()))
            .filter(api_keys::tenant_id.eq(tenant.as_uuid()))
            .filter(api_keys::revoked_at.is_null());
        let revoked = diesel::update(good)
            .set(api_keys::revoked_at.eq(micros(now)))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(revoked == 1)
    }
}
